/* cmd_letter.c - letter read, letter find: need a file, no coordinator. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lang.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "letter/letter.h"

#ifndef GV_DATADIR
#define GV_DATADIR "/usr/share/giaoviec"
#endif

struct names {
    const char *vi;
    const char *en;
};

static const struct names part_names[GV_PART_COUNT] = {
    [GV_PART_NUMBER] = {"Số, ký hiệu", "Number"},
    [GV_PART_ABSTRACT] = {"Trích yếu", "Abstract"},
    [GV_PART_ADDRESSEE] = {"Kính gửi", "Addressee"},
    [GV_PART_ITEM] = {"Mục", "Item"},
    [GV_PART_RECIPIENT] = {"Nơi nhận", "Recipient"},
    [GV_PART_AUTHORITY] = {"Thẩm quyền ký", "Authority"},
    [GV_PART_TITLE] = {"Chức vụ", "Title"},
    [GV_PART_SIGNER] = {"Người ký", "Signer"},
};

static const struct names fault_names[GV_FAULT_COUNT] = {
    [GV_FAULT_NUMBER_BLANKS] = {"số, ký hiệu có khoảng trắng", "blanks inside the number"},
    [GV_FAULT_BROKEN_SENTENCE] = {"câu bị ngắt giữa chừng",
                                  "a sentence is broken by an empty line"},
    [GV_FAULT_DIACRITICS] = {"khác dấu so với cụm từ chính thức",
                             "differs from an official phrase in diacritics"},
    [GV_FAULT_MISSING] = {"thiếu thành phần", "a part is missing"},
    [GV_FAULT_ITEM_ORDER] = {"số của mục không liền số mục trước",
                             "an item's number does not follow on the one before"},
};

static void put_place_json(struct gv_buf *out, const struct gv_span *span)
{
    gv_buf_printf(out, "\"offset\":%zu,\"end\":%zu,\"line\":%u,\"column\":%u", span->at.offset,
                  span->end, (unsigned)span->at.line, (unsigned)span->at.column);
}

static void put_json_field(struct gv_buf *out, const char *name, const char *value)
{
    gv_buf_printf(out, ",\"%s\":", name);
    gv_buf_json_str(out, value, strlen(value));
}

static void put_json(struct gv_buf *out, const struct gv_letter *letter)
{
    gv_buf_puts(out, "{\"parts\":[");
    for (size_t i = 0; i < letter->part_count; i++) {
        const struct gv_part *part = &letter->parts[i];

        gv_buf_printf(out, "%s{\"part\":\"%s\",", i > 0 ? "," : "", gv_part_name(part->kind));
        put_place_json(out, &part->span);
        put_json_field(out, "text", part->text);
        gv_buf_putc(out, '}');
    }
    gv_buf_puts(out, "],\"faults\":[");
    for (size_t i = 0; i < letter->fault_count; i++) {
        const struct gv_fault *fault = &letter->faults[i];

        gv_buf_printf(out, "%s{\"fault\":\"%s\",", i > 0 ? "," : "", gv_fault_name(fault->kind));
        if (fault->span.end > 0) {
            put_place_json(out, &fault->span);
            gv_buf_putc(out, ',');
        }
        gv_buf_puts(out, "\"found\":");
        gv_buf_json_str(out, fault->found, strlen(fault->found));
        put_json_field(out, "expected", fault->expected);
        gv_buf_putc(out, '}');
    }
    gv_buf_puts(out, "]}\n");
}

/* As it stands, line ends shown as one blank. */
static void put_on_one_line(struct gv_buf *out, const char *s)
{
    bool blank = false;

    for (; *s != '\0'; s++) {
        bool now = *s == '\n' || *s == '\r' || *s == ' ';

        if (!now || !blank)
            gv_buf_putc(out, now ? ' ' : *s);
        blank = now;
    }
}

/* A part that is missing by its name, all else as it stands. */
static const char *expected_for_people(const struct gv_fault *fault)
{
    for (int kind = 0; fault->kind == GV_FAULT_MISSING && kind < GV_PART_COUNT; kind++) {
        if (strcmp(fault->expected, gv_part_name((enum gv_part_kind)kind)) == 0)
            return gv_tr(part_names[kind].vi, part_names[kind].en);
    }
    return fault->expected;
}

static void put_people(struct gv_buf *out, const char *path, const struct gv_letter *letter)
{
    for (size_t i = 0; i < letter->part_count; i++) {
        const struct gv_part *part = &letter->parts[i];
        const struct names *name = &part_names[part->kind];

        gv_buf_printf(out, "%s:%u:%u: %s: %s\n", path, (unsigned)part->span.at.line,
                      (unsigned)part->span.at.column, gv_tr(name->vi, name->en), part->text);
    }
    gv_buf_printf(out, "\n%s: %zu\n", gv_tr("Điểm cần xem lại", "To be looked at"),
                  letter->fault_count);
    for (size_t i = 0; i < letter->fault_count; i++) {
        const struct gv_fault *fault = &letter->faults[i];
        const struct names *name = &fault_names[fault->kind];

        gv_buf_puts(out, path);
        if (fault->kind != GV_FAULT_MISSING)
            gv_buf_printf(out, ":%u:%u", (unsigned)fault->span.at.line,
                          (unsigned)fault->span.at.column);
        gv_buf_printf(out, ": %s", gv_tr(name->vi, name->en));
        if (fault->found[0] != '\0') {
            gv_buf_puts(out, ": «");
            put_on_one_line(out, fault->found);
            gv_buf_puts(out, "»");
        }
        if (fault->expected[0] != '\0')
            gv_buf_printf(out, " → «%s»", expected_for_people(fault));
        gv_buf_putc(out, '\n');
    }
}

/* The list named by --phrases must be there; the shipped one may not be. */
static int load_phrases(const struct cli *cli, struct gv_buf *out)
{
    const char *folder = getenv("GIAOVIEC_DATA"), *phrases = cli_text(cli, "phrases");
    struct gv_buf path;
    gv_err err;

    if (phrases != NULL) {
        err = gv_buf_read_file(out, phrases, GV_LETTER_MAX_BYTES);
        return err == GV_OK ? 0 : out_error(err, phrases, NULL);
    }
    gv_buf_init(&path);
    gv_buf_printf(&path, "%s/phrases.vi.txt", folder != NULL ? folder : GV_DATADIR);
    err = gv_buf_ok(&path) ? gv_buf_read_file(out, (char *)path.data, GV_LETTER_MAX_BYTES)
                           : GV_ENOMEM;
    if (err != GV_OK)
        out_error(err, gv_buf_ok(&path) ? (char *)path.data : NULL,
                  gv_tr("không đối chiếu cụm từ chính thức; dùng --phrases TỆP",
                        "official phrases are not compared; use --phrases FILE"));
    gv_buf_fini(&path);
    return 0;
}

static int bad_place(gv_err err, const char *path, const struct gv_place *bad)
{
    struct gv_buf where;
    int status;

    if (err != GV_EBADMSG)
        return out_error(err, path, NULL);
    gv_buf_init(&where);
    gv_buf_printf(&where, "%s:%u:%u", path, (unsigned)bad->line, (unsigned)bad->column);
    status = out_error(err, gv_buf_ok(&where) ? (char *)where.data : path,
                       gv_tr("byte không phải UTF-8, hoặc NUL; hãy chuyển tệp sang UTF-8",
                             "a byte that is not UTF-8, or NUL; convert the file to UTF-8"));
    gv_buf_fini(&where);
    return status;
}

/* Reads the file into text and the letter into the arena; the exit status. */
static int read_letter(const struct cli *cli, const struct gv_buf *phrases, struct gv_buf *text,
                       struct gv_letter *out)
{
    struct gv_place bad = {0, 1, 1};
    gv_err err = gv_buf_read_file(text, cli->argv[0], GV_LETTER_MAX_BYTES);

    if (err != GV_OK)
        return out_error(err, cli->argv[0], NULL);
    err = gv_letter_read((char *)text->data, text->len, (char *)phrases->data, phrases->len,
                         cli->arena, out, &bad);
    return err == GV_OK ? 0 : bad_place(err, cli->argv[0], &bad);
}

static int run_read(const struct cli *cli)
{
    struct gv_buf phrases, text, out;
    struct gv_letter letter;
    int status;

    gv_buf_init(&phrases);
    gv_buf_init(&text);
    gv_buf_init(&out);
    status = load_phrases(cli, &phrases);
    if (status == 0)
        status = read_letter(cli, &phrases, &text, &letter);
    if (status == 0) {
        if (cli->json)
            put_json(&out, &letter);
        else
            put_people(&out, cli->argv[0], &letter);
        status = out_write(&out);
    }
    gv_buf_fini(&phrases);
    gv_buf_fini(&text);
    gv_buf_fini(&out);
    return status;
}

static int find(const struct cli *cli, const struct gv_letter *letter, struct gv_buf *out)
{
    struct gv_tokens words;
    struct gv_place bad = {0, 1, 1};
    struct gv_span span;
    const char *text = cli_text(cli, "words");
    gv_err err = gv_tokens_read(text, strlen(text), cli->arena, &words, &bad);

    if (err == GV_OK)
        err = gv_tokens_find(&letter->tokens, 0, &words, &span);
    if (err != GV_OK)
        return out_error(
            err, cli->argv[0],
            gv_tr("các từ này không có trong công văn", "these words are not in the letter"));
    if (cli->json) {
        gv_buf_putc(out, '{');
        put_place_json(out, &span);
        gv_buf_puts(out, "}\n");
    } else {
        gv_buf_printf(out, "%s:%u:%u: byte %zu–%zu\n", cli->argv[0], (unsigned)span.at.line,
                      (unsigned)span.at.column, span.at.offset, span.end);
    }
    return out_write(out);
}

static int run_find(const struct cli *cli)
{
    struct gv_buf none, text, out;
    struct gv_letter letter;
    int status;

    if (cli_text(cli, "words") == NULL)
        return out_error(GV_EUSAGE, "letter find",
                         gv_tr("thiếu --words «…»", "--words \"…\" is missing"));
    gv_buf_init(&none);
    gv_buf_init(&text);
    gv_buf_init(&out);
    status = read_letter(cli, &none, &text, &letter);
    if (status == 0)
        status = find(cli, &letter, &out);
    gv_buf_fini(&text);
    gv_buf_fini(&out);
    return status;
}

static const struct option_row read_options[] = {
    {"phrases", OPTION_FILE, "TỆP", "FILE",
     "danh sách cụm từ chính thức (mặc định: danh sách kèm theo)",
     "list of official phrases (default: the shipped list)", NULL, 0, 0, false},
    {0},
};

static const struct option_row find_options[] = {
    {"words", OPTION_TEXT, "«…»", "\"…\"", "nguyên văn cần tìm (bắt buộc)",
     "the words to find (required)", NULL, 0, 0, false},
    {0},
};

const struct command commands_letter[] = {
    {"letter", "read", "TỆP", "FILE", 1, 1, 0, read_options, run_read,
     "đọc công văn: từng thành phần, vị trí của nó, và các điểm cần xem lại",
     "read a letter: its parts, their places, and what looks wrong",
     "letter read deploy/examples/lam-dong-2024/3467-CV-TU.txt --json"},
    {"letter", "find", "TỆP", "FILE", 1, 1, 0, find_options, run_find,
     "tìm vị trí của một đoạn nguyên văn trong công văn", "find the place of words in a letter",
     "letter find deploy/examples/lam-dong-2024/3467-CV-TU.txt --words 'giải ngân vốn đầu tư "
     "công'"},
    {0},
};
