/* cmd_summary.c - the noun "summary": for the Standing Committee, and files that others can
 * recount. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/lang.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/read.h"
#include "cli/summary.h"
#include "cli/words.h"

#ifndef GV_DATADIR
#define GV_DATADIR "/usr/share/giaoviec"
#endif

#define SILENT_AFTER 7
#define RECOUNT_MAX  ((size_t)1 << 20)
#define FILE_MODE    0644
#define FOLDER_MODE  0755

/* ---- recount.sql ------------------------------------------------------------------------------
 */

/* The shipped script; prints its own error. */
static int read_recount(struct gv_buf *out)
{
    const char *folder = getenv("GIAOVIEC_DATA");
    struct gv_buf path;
    gv_err err;
    int status = 0;

    gv_buf_init(&path);
    gv_buf_printf(&path, "%s/recount.sql", folder != NULL ? folder : GV_DATADIR);
    err = gv_buf_ok(&path) ? gv_buf_read_file(out, (char *)path.data, RECOUNT_MAX) : GV_ENOMEM;
    if (err != GV_OK)
        status = out_error(err, gv_buf_ok(&path) ? (char *)path.data : NULL,
                           gv_tr("GIAOVIEC_DATA: thư mục dữ liệu kèm theo chương trình",
                                 "GIAOVIEC_DATA: the folder of the shipped data"));
    gv_buf_fini(&path);
    return status;
}

/* What it recounts goes into its first lines. */
static void put_recount(const struct summary *summary, const struct gv_buf *script,
                        struct gv_buf *out)
{
    const json_t *directives = json_object_get(summary->head, "directives");

    gv_buf_printf(out, "-- %s\n-- snapshot %s, position %" PRId64, row_text(summary->head, "at"),
                  row_text(summary->head, "snapshot"), row_number(summary->head, "position"));
    for (size_t i = 0; i < json_array_size(directives); i++) {
        const json_t *one = json_array_get(directives, i);

        gv_buf_puts(out, i > 0 ? ", " : "\n-- ");
        for (const char *at = row_text(one, "notation"); *at != '\0'; at++)
            gv_buf_putc(out, (unsigned char)*at < ' ' ? ' ' : *at); /* stays in its comment */
        gv_buf_printf(out, " %s", row_text(one, "directive"));
    }
    if (row_flag(summary->head, "demonstration"))
        gv_buf_printf(out, "\n-- %s", words_demonstration());
    gv_buf_puts(out, "\n\n");
    if (summary->moved)
        gv_buf_printf(out, "\\echo '%s'\n\n", words_moved());
    gv_buf_append(out, script->data, script->len);
}

/* ---- files ------------------------------------------------------------------------------------
 */

static int write_file(const char *folder, const char *name, const struct gv_buf *data)
{
    struct gv_buf path;
    gv_err err;
    int status = 0;

    gv_buf_init(&path);
    gv_buf_printf(&path, "%s/%s", folder, name);
    err = gv_buf_ok(&path) && gv_buf_ok(data)
              ? gv_file_write((char *)path.data, data->data, data->len, FILE_MODE)
              : GV_ENOMEM;
    if (err != GV_OK)
        status = out_error(err, gv_buf_ok(&path) ? (char *)path.data : name, words_errno(errno));
    gv_buf_fini(&path);
    return status;
}

static int write_all(const struct summary *summary, const char *folder)
{
    struct gv_buf text, script;
    int status;

    if (mkdir(folder, FOLDER_MODE) != 0 && errno != EEXIST)
        return out_error(GV_EIO, folder, words_errno(errno));
    gv_buf_init(&text);
    gv_buf_init(&script);
    status = read_recount(&script);
    if (status == 0) {
        summary_put_json(summary, &text);
        status = write_file(folder, "summary.json", &text);
        gv_buf_reset(&text);
    }
    if (status == 0) {
        summary_put_csv(summary, &text);
        status = write_file(folder, "summary.csv", &text);
        gv_buf_reset(&text);
    }
    if (status == 0) {
        put_recount(summary, &script, &text);
        status = write_file(folder, "recount.sql", &text);
    }
    if (status == 0)
        out_note(gv_tr("đã ghi %s/summary.json, summary.csv, recount.sql",
                       "written: %s/summary.json, summary.csv, recount.sql"),
                 folder);
    gv_buf_fini(&text);
    gv_buf_fini(&script);
    return status;
}

/* ---- the command ------------------------------------------------------------------------------
 */

static int print(const struct cli *cli, const struct summary *summary)
{
    struct gv_buf out, script;
    int status = 0;

    gv_buf_init(&out);
    gv_buf_init(&script);
    if (cli_flag(cli, "recount")) {
        status = read_recount(&script);
        put_recount(summary, &script, &out);
    } else if (cli->json) {
        summary_put_json(summary, &out);
    } else if (cli_flag(cli, "csv")) {
        summary_put_csv(summary, &out);
    } else {
        summary_put_text(summary, &out);
    }
    if (status == 0)
        status = out_write(&out);
    gv_buf_fini(&out);
    gv_buf_fini(&script);
    return status;
}

/* The report for people says itself that its tables may disagree; a program looks at the status. */
static bool is_for_programs(const struct cli *cli)
{
    return cli->json || cli_flag(cli, "csv") || cli_flag(cli, "recount") ||
           cli_text(cli, "out") != NULL;
}

static int summary_show(const struct cli *cli)
{
    const char *folder = cli_text(cli, "out");
    struct summary summary;
    gv_rpc *rpc = NULL;
    gv_err err;
    int status = rpc_open(cli, &rpc);

    if (status != 0)
        return status;
    summary_init(&summary);
    err = summary_load(rpc, cli_text(cli, "directive"),
                       (int)cli_number(cli, "silent-after", SILENT_AFTER), &summary);
    if (err == GV_ENOTFOUND)
        status = read_unknown("directive", cli_text(cli, "directive"));
    else if (err != GV_OK)
        status = rpc_error(rpc, err, "summary");
    if (status == 0 && summary.moved)
        out_note("%s", words_moved());
    if (status == 0 && folder != NULL)
        status = write_all(&summary, folder);
    if (status == 0)
        status = print(cli, &summary);
    if (status == 0 && summary.moved && is_for_programs(cli))
        status = gv_err_exit(GV_EAGAIN);
    summary_fini(&summary);
    rpc_close(rpc);
    return status;
}

static const struct option_row options[] = {
    {"directive", OPTION_TEXT, "SỐ-KÝ-HIỆU", "NUMBER", "chỉ văn bản này (mặc định: tất cả)",
     "this directive only (default: all)", NULL, 0, 0, false},
    {"csv", OPTION_FLAG, NULL, NULL, "kết quả dạng CSV", "results as CSV", NULL, 0, 0, false},
    {"recount", OPTION_FLAG, NULL, NULL, "in tệp SQL tính lại mọi con số từ sổ gốc",
     "print the SQL that recounts every figure from the ledger", NULL, 0, 0, false},
    {"out", OPTION_FOLDER, "THƯ-MỤC", "FOLDER",
     "ghi thêm summary.json, summary.csv, recount.sql vào thư mục; mã kết thúc 75, cũng như với "
     "--json, --csv, --recount: sổ gốc vẫn ghi, các bảng có thể lệch nhau, hãy lập lại",
     "also write summary.json, summary.csv, recount.sql there; exit status 75, as with --json, "
     "--csv and --recount: the ledger kept moving, tables may disagree, make it again",
     NULL, 0, 0, false},
    {"silent-after", OPTION_NUMBER, "NGÀY", "DAYS",
     "đơn vị không có tin từ bấy nhiêu ngày (mặc định: 7)",
     "units not heard of for so many days (default: 7)", NULL, 1, 3660, false},
    {0},
};

const struct command commands_summary[] = {
    {"summary", "", NULL, NULL, 0, 0, COMMAND_ASKS, options, summary_show,
     "báo cáo tổng hợp: sáu ô theo mục và đơn vị, chỉ tiêu, kỳ báo cáo, xác nhận chấp hành, quá "
     "hạn, im lặng",
     "the summary: six cells by item and unit, indicators, periods, attestations, overdue and "
     "silent units",
     "summary --out giaoviec-out\nsummary --json"},
    {0},
};
