/* cli.c - options, the command table, and the help that comes from it. */
#include "cli/cli.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/lang.h"
#include "cli/cmd_letter.h"
#include "cli/out.h"

static const struct command commands[] = {
    {"letter", "read", "FILE", 1, cmd_letter_read,
     "đọc công văn: từng thành phần, vị trí của nó, và các điểm cần xem lại",
     "read a letter: its parts, their places, and what looks wrong",
     "letter read deploy/examples/lam-dong-2024/3467-CV-TU.txt --json"},
    {"letter", "find", "FILE", 1, cmd_letter_find,
     "tìm vị trí của một đoạn nguyên văn trong công văn", "find the place of words in a letter",
     "letter find deploy/examples/lam-dong-2024/3467-CV-TU.txt --words 'giải ngân vốn đầu tư "
     "công'"},
};

#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

enum { OPT_LANG = 256, OPT_JSON, OPT_PHRASES, OPT_WORDS, OPT_VERSION, OPT_EXAMPLES };

static const struct option options[] = {
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPT_VERSION},
    {"lang", required_argument, NULL, OPT_LANG},
    {"json", no_argument, NULL, OPT_JSON},
    {"phrases", required_argument, NULL, OPT_PHRASES},
    {"words", required_argument, NULL, OPT_WORDS},
    {"examples", no_argument, NULL, OPT_EXAMPLES},
    {0},
};

static void put_help(struct gv_buf *out)
{
    gv_buf_puts(out, gv_tr("Cách dùng: giaoviec DANH-TỪ ĐỘNG-TỪ [TÙY CHỌN] …\n\n",
                           "Usage: giaoviec NOUN VERB [OPTIONS] …\n\n"));
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        gv_buf_printf(out, "  giaoviec %s %s %s\n      %s\n      %s giaoviec %s\n",
                      commands[i].noun, commands[i].verb, commands[i].operands,
                      gv_tr(commands[i].vi, commands[i].en), gv_tr("ví dụ:", "example:"),
                      commands[i].example);
    gv_buf_puts(
        out,
        gv_tr("\nTùy chọn:\n"
              "  --json           kết quả dạng JSON\n"
              "  --phrases TỆP    danh sách cụm từ chính thức (mặc định: danh sách kèm theo)\n"
              "  --words «…»      nguyên văn cần tìm\n"
              "  --lang vi|en     ngôn ngữ (mặc định: GIAOVIEC_LANG, rồi tiếng Việt)\n"
              "  --help, --version\n\n"
              "Mã kết thúc: 0 xong, 64 sai cách dùng, 65 dữ liệu sai, 69 không kết nối được,\n"
              "74 lỗi đọc ghi, 75 thử lại sau, 77 không được phép, 130 bị ngắt.\n",
              "\nOptions:\n"
              "  --json           results as JSON\n"
              "  --phrases FILE   list of official phrases (default: the shipped list)\n"
              "  --words \"…\"      the words to find\n"
              "  --lang vi|en     language (default: GIAOVIEC_LANG, then Vietnamese)\n"
              "  --help, --version\n\n"
              "Exit status: 0 done, 64 usage, 65 bad data, 69 unavailable, 74 input or output,\n"
              "75 try again, 77 not permitted, 130 interrupted.\n"));
}

/* One example a line: what the test of the help runs. */
static void put_examples(struct gv_buf *out)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        gv_buf_printf(out, "%s\n", commands[i].example);
}

static int print(void (*put)(struct gv_buf *))
{
    struct gv_buf out;
    int status;

    gv_buf_init(&out);
    put(&out);
    status = out_write(&out);
    gv_buf_fini(&out);
    return status;
}

static void put_version(struct gv_buf *out)
{
    gv_buf_puts(out, "giaoviec " GV_VERSION "\n");
}

static int see_help(const char *where)
{
    return out_error(GV_EUSAGE, where, gv_tr("xem giaoviec --help", "see giaoviec --help"));
}

static int run_command(struct cli *cli)
{
    const char *noun = cli->argc > 0 ? cli->argv[0] : "";
    const char *verb = cli->argc > 1 ? cli->argv[1] : "";

    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].noun, noun) != 0 || strcmp(commands[i].verb, verb) != 0)
            continue;
        cli->argc -= 2;
        cli->argv += 2;
        if (cli->argc != commands[i].operand_count)
            return see_help(commands[i].operands);
        return commands[i].run(cli);
    }
    return see_help(noun[0] != '\0' ? noun : NULL);
}

int gv_cli_run(int argc, char **argv)
{
    struct cli cli = {0};
    const char *lang = NULL;
    void (*put)(struct gv_buf *) = NULL;
    int option;

    if (gv_lang_set(NULL) != GV_OK)
        return out_error(GV_EUSAGE, "GIAOVIEC_LANG", "vi | en");
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        switch (option) {
        case 'h':
            put = put_help;
            break;
        case OPT_VERSION:
            put = put_version;
            break;
        case OPT_EXAMPLES:
            put = put_examples;
            break;
        case OPT_LANG:
            lang = optarg;
            break;
        case OPT_JSON:
            cli.json = true;
            break;
        case OPT_PHRASES:
            cli.phrases = optarg;
            break;
        case OPT_WORDS:
            cli.words = optarg;
            break;
        default:
            return see_help(NULL);
        }
    }
    if (lang != NULL && gv_lang_set(lang) != GV_OK)
        return out_error(GV_EUSAGE, "--lang", "vi | en");
    if (put != NULL)
        return print(put);
    cli.argc = argc - optind;
    cli.argv = argv + optind;
    return run_command(&cli);
}
