/* usage.c - which command it is, and the help. */
#include <stdio.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/config.h"
#include "base/failpoint.h"
#include "base/lang.h"

static int help(void)
{
    struct gv_buf settings;

    printf(
        "%s",
        gv_tr(
            "Cách dùng: giaoviec-agent LỆNH [TÙY CHỌN]\n\n"
            "  run --config TỆP          phục vụ các đơn vị ghi trong TỆP cho đến khi nhận "
            "SIGTERM\n"
            "  status --config TỆP [--json]   các đơn vị đang thế nào\n"
            "  report --config TỆP [--unit MÃ] (--file TÀI-LIỆU | --task 2.2 …)   báo cáo bằng "
            "tay\n"
            "      --task SỐ [--assignment HEX] --accept --return «lý do» --progress 0..100\n"
            "      --narrative «…» --value MÃ=SỐ --period NGÀY --attest ĐIỀU=true|false\n"
            "      --submit «…» --submit-value MÃ=SỐ --person «…» --json\n"
            "      MÃ=? khi chưa đánh giá được; chỉ có một đơn vị thì không cần --unit\n"
            "  rotate-key --config TỆP [--unit MÃ] [--json]   thay khóa của một đơn vị\n"
            "  check TÀI-LIỆU…           kiểm tra tài liệu trạng thái (.json, .csv), không cần máy "
            "chủ\n"
            "      TÀI-LIỆU là - thì đọc từ đầu vào chuẩn, dạng JSON\n"
            "  sample                    in tệp cấu hình mẫu\n"
            "  --lang vi|en, --help, --version\n\n"
            "ví dụ: giaoviec-agent report --config agent.conf --unit SO-YT --task 2.2 --progress "
            "40\n\n"
            "Cấu hình:\n",
            "Usage: giaoviec-agent COMMAND [OPTIONS]\n\n"
            "  run --config FILE         serve the units named in FILE until SIGTERM\n"
            "  status --config FILE [--json]   how the units are\n"
            "  report --config FILE [--unit CODE] (--file DOCUMENT | --task 2.2 …)   report by "
            "hand\n"
            "      --task NUMBER [--assignment HEX] --accept --return \"reason\" --progress "
            "0..100\n"
            "      --narrative \"…\" --value CODE=NUMBER --period DAY --attest CLAUSE=true|false\n"
            "      --submit \"…\" --submit-value CODE=NUMBER --person \"…\" --json\n"
            "      CODE=? when it cannot be assessed yet; with one unit --unit is not needed\n"
            "  rotate-key --config FILE [--unit CODE] [--json]   change a unit's keys\n"
            "  check DOCUMENT…           check status documents (.json, .csv); needs no daemon\n"
            "      DOCUMENT - is standard input, as JSON\n"
            "  sample                    print a sample configuration\n"
            "  --lang vi|en, --help, --version\n\n"
            "example: giaoviec-agent report --config agent.conf --unit SO-YT --task 2.2 --progress "
            "40\n\n"
            "Settings:\n"));
    gv_buf_init(&settings);
    config_help(&settings);
    if (gv_buf_ok(&settings) && settings.len > 0)
        fwrite(settings.data, 1, settings.len, stdout);
    gv_buf_fini(&settings);
    printf(
        "%s",
        gv_tr("\nMã kết thúc: 0 xong, 64 sai cách dùng, 65 dữ liệu sai, 69 không kết nối được,\n"
              "70 lỗi của chương trình, 74 lỗi đọc ghi, 75 thử lại sau, 77 không được phép.\n",
              "\nExit status: 0 done, 64 usage, 65 bad data, 69 unavailable, 70 internal error,\n"
              "74 input or output, 75 try again, 77 not permitted.\n"));
    return fflush(stdout) == 0 ? 0 : gv_err_exit(GV_EIO);
}

static int run_command(int argc, char **argv)
{
    if (argc != 3 || strcmp(argv[1], "--config") != 0)
        return command_usage("run", gv_tr("chỉ nhận --config TỆP", "takes --config FILE alone"));
    return agent_run(argv[2]);
}

/* Takes "--lang xx" away wherever it stands. False: it has no language. */
static bool take_language(int *argc, char **argv)
{
    int kept = 1;
    bool good = true;

    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], "--lang") == 0 && i + 1 < *argc)
            good &= gv_lang_set(argv[++i]) == GV_OK;
        else
            argv[kept++] = argv[i];
    }
    *argc = kept;
    argv[kept] = NULL;
    return good;
}

/* What a command prints has arrived, or it has failed. */
static int printed(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    return status != 0 ? status : command_fail((int)GV_EIO, NULL, gv_err_say(GV_EIO));
}

int agent_main(int argc, char **argv)
{
    const char *command;

    if (gv_lang_set(NULL) != GV_OK)
        return command_usage("GIAOVIEC_LANG", "vi | en");
    if (!take_language(&argc, argv))
        return command_usage("--lang", "vi | en");
    command = argc > 1 ? argv[1] : "";
    if (strcmp(command, "--help") == 0 || strcmp(command, "-h") == 0 ||
        strcmp(command, "help") == 0)
        return help();
    if (strcmp(command, "--version") == 0)
        return printf("giaoviec-agent " GV_VERSION "\n") > 0 ? 0 : gv_err_exit(GV_EIO);
#ifdef GV_FAILPOINTS
    if (strcmp(command, "--list-failpoints") == 0) {
        gv_failpoint_list("giaoviec-agent");
        return 0;
    }
#endif
    if (strcmp(command, "run") == 0)
        return run_command(argc - 1, argv + 1);
    if (strcmp(command, "status") == 0)
        return printed(command_status(argc - 1, argv + 1));
    if (strcmp(command, "report") == 0)
        return printed(command_report(argc - 1, argv + 1));
    if (strcmp(command, "rotate-key") == 0)
        return printed(command_rotate_key(argc - 1, argv + 1));
    if (strcmp(command, "check") == 0)
        return printed(command_check(argc - 1, argv + 1));
    if (strcmp(command, "sample") == 0)
        return printed(command_sample());
    return command_usage(command[0] != '\0' ? command : NULL,
                         command[0] != '\0' ? gv_tr("không có lệnh này", "there is no such command")
                                            : gv_tr("thiếu LỆNH", "COMMAND is missing"));
}
