/* help.c - --help of the program, a noun and a command. */
#include "cli/help.h"

#include <string.h>

#include "base/lang.h"
#include "base/text.h"
#include "cli/commands.h"

static void put_padded(struct gv_buf *out, const char *text, size_t width)
{
    size_t have = gv_text_width(text, strlen(text));

    gv_buf_puts(out, text);
    for (; have < width; have++)
        gv_buf_putc(out, ' ');
}

static void put_usage(struct gv_buf *out, const struct command *command)
{
    const char *operands = gv_tr(command->operands_vi, command->operands_en);

    gv_buf_printf(out, "giaoviec %s", command->noun);
    if (command->verb[0] != '\0')
        gv_buf_printf(out, " %s", command->verb);
    if (operands != NULL)
        gv_buf_printf(out, " %s", operands);
}

void help_put_option_text(struct gv_buf *out, const struct option_row *row, unsigned flags)
{
    const char *choices = row->choices != NULL ? row->choices : "";

    gv_buf_puts(out, gv_tr(row->vi, row->en));
    for (const char *at = choices; *at != '\0';) {
        size_t len = strcspn(at, "|");

        gv_buf_puts(out, at == choices ? ": " : ", ");
        gv_buf_append(out, at, len);
        at += len + (at[len] == '|');
    }
    if (option_needed(row, flags))
        gv_buf_puts(out, gv_tr(" (bắt buộc)", " (required)"));
}

static void put_option(struct gv_buf *out, const struct option_row *row, unsigned flags)
{
    const char *value = row->type == OPTION_FLAG ? NULL : gv_tr(row->value_vi, row->value_en);
    struct gv_buf left;

    gv_buf_init(&left);
    gv_buf_printf(&left, "  --%s%s%s%s", row->name, value != NULL ? " " : "",
                  value != NULL ? value : "", row->many ? " …" : "");
    if (!gv_buf_ok(&left)) {
        out->failed = true;
        return;
    }
    put_padded(out, (char *)left.data, 28);
    gv_buf_putc(out, ' ');
    help_put_option_text(out, row, flags);
    gv_buf_putc(out, '\n');
    gv_buf_fini(&left);
}

static void put_statuses(struct gv_buf *out)
{
    gv_buf_puts(
        out,
        gv_tr("\nMã kết thúc: 0 xong, 64 sai cách dùng, 65 dữ liệu sai, 69 không kết nối được,\n"
              "70 lỗi của chương trình, 74 lỗi đọc ghi, 75 thử lại sau, 77 không được phép,\n"
              "130 bị ngắt hoặc trả lời không.\n",
              "\nExit status: 0 done, 64 usage, 65 bad data, 69 unavailable, 70 internal error,\n"
              "74 input or output, 75 try again, 77 not permitted, 130 interrupted or answered "
              "no.\n"));
}

/* Two columns of lines: usage behind the noun, and what it does. */
static void put_verbs(struct gv_buf *out, const char *noun)
{
    const struct command *row;

    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        if (!command_shown(row) || strcmp(row->noun, noun) != 0)
            continue;
        gv_buf_puts(out, "  ");
        put_usage(out, row);
        gv_buf_printf(out, "\n      %s\n", gv_tr(row->vi, row->en));
    }
}

void help_put_program(struct gv_buf *out)
{
    const struct command *row;

    gv_buf_puts(out, gv_tr("Cách dùng: giaoviec DANH-TỪ ĐỘNG-TỪ [TÙY CHỌN] …\n",
                           "Usage: giaoviec NOUN VERB [OPTIONS] …\n"));
    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        if (!command_begins_noun(i))
            continue;
        gv_buf_printf(out, "\n%s: %s\n", row->noun, command_noun_text(row->noun));
        put_verbs(out, row->noun);
    }
    gv_buf_puts(out, gv_tr("\nTùy chọn chung:\n", "\nGlobal options:\n"));
    for (const struct option_row *option = option_globals; option->name != NULL; option++) {
        if (option->vi != NULL)
            put_option(out, option, 0);
    }
    gv_buf_puts(out, gv_tr("\nXem thêm: giaoviec DANH-TỪ --help, giaoviec DANH-TỪ ĐỘNG-TỪ --help\n",
                           "\nMore: giaoviec NOUN --help, giaoviec NOUN VERB --help\n"));
    put_statuses(out);
}

void help_put_noun(struct gv_buf *out, const char *noun)
{
    gv_buf_printf(out, "%s: %s\n\n", noun, command_noun_text(noun));
    put_verbs(out, noun);
    gv_buf_printf(
        out, gv_tr("\nXem thêm: giaoviec %s ĐỘNG-TỪ --help\n", "\nMore: giaoviec %s VERB --help\n"),
        noun);
}

/* Each line of the text as "  giaoviec LINE". */
static void put_example_lines(struct gv_buf *out, const char *examples, const char *before)
{
    while (*examples != '\0') {
        size_t len = strcspn(examples, "\n");

        gv_buf_puts(out, before);
        gv_buf_append(out, examples, len);
        gv_buf_putc(out, '\n');
        examples += len + (examples[len] == '\n');
    }
}

void help_put_command(struct gv_buf *out, const struct command *command)
{
    gv_buf_puts(out, gv_tr("Cách dùng: ", "Usage: "));
    put_usage(out, command);
    gv_buf_puts(out, gv_tr(" [TÙY CHỌN]\n", " [OPTIONS]\n"));
    gv_buf_printf(out, "  %s\n", gv_tr(command->vi, command->en));
    if (command->options != NULL && command->options->name != NULL) {
        gv_buf_puts(out, gv_tr("\nTùy chọn:\n", "\nOptions:\n"));
        for (const struct option_row *row = command->options; row->name != NULL; row++)
            put_option(out, row, command->flags);
    }
    gv_buf_puts(out, gv_tr("\nTùy chọn chung:\n", "\nGlobal options:\n"));
    for (const struct option_row *row = option_globals; row->name != NULL; row++) {
        if (option_global_shown(row, command->flags))
            put_option(out, row, command->flags);
    }
    gv_buf_puts(out, gv_tr("\nVí dụ:\n", "\nExamples:\n"));
    put_example_lines(out, command->examples, "  giaoviec ");
    put_statuses(out);
}

void help_put_examples(struct gv_buf *out, bool all)
{
    const struct command *row;

    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        bool alone = (row->flags & (COMMAND_HOME | COMMAND_ASKS | COMMAND_WRITES)) == 0 ||
                     (row->flags & COMMAND_ALONE) != 0;

        if (alone || all)
            put_example_lines(out, row->examples, "");
    }
}
