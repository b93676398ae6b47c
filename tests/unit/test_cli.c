/* links: gv_cli gv_base */
/* test_cli.c - the command table: parsing, help, completion, manual page, and the files that are
 * shipped of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/lang.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/parse.h"

#define WORDS_MAX 64

static gv_arena *arena;
static char said[4096]; /* on standard error, by the last parse() */

/* Runs parse_line() over the words and keeps what it says. */
static int parse_words(int argc, char **argv, struct parsed *out)
{
    FILE *file = tmpfile();
    int saved, status;
    size_t len;

    assert_non_null(file);
    fflush(stderr);
    saved = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    status = parse_line(argc, argv, arena, out);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(file);
    len = fread(said, 1, sizeof said - 1, file);
    said[len] = '\0';
    fclose(file);
    return status;
}

/* Words as a shell splits them: blanks, single quotes. */
static int split(const char *line, char **argv)
{
    char *word = gv_arena_alloc(arena, strlen(line) + 2), *to = word;
    int argc = 1;
    bool quoted = false, inside = false;

    argv[0] = gv_arena_strdup(arena, "giaoviec");
    for (; *line != '\0'; line++) {
        if (*line == '\'') {
            quoted = !quoted;
            inside = true;
        } else if (*line == ' ' && !quoted) {
            if (inside) {
                *to++ = '\0';
                argv[argc++] = word;
                word = to;
            }
            inside = false;
        } else {
            *to++ = *line;
            inside = true;
        }
        assert_true(argc < WORDS_MAX);
    }
    *to = '\0';
    if (inside)
        argv[argc++] = word;
    argv[argc] = NULL;
    assert_false(quoted);
    return argc;
}

static int parse(const char *line, struct parsed *out)
{
    char *argv[WORDS_MAX + 1];
    int argc = split(line, argv);

    return parse_words(argc, argv, out);
}

static void assert_refused(const char *line, const char *words)
{
    struct parsed parsed;

    assert_int_equal(parse(line, &parsed), 64);
    if (strstr(said, words) == NULL)
        fail_msg("«%s»: wanted «%s» in «%s»", line, words, said);
}

static void test_options_may_stand_anywhere(void **state)
{
    struct parsed parsed;

    (void)state;
    assert_int_equal(parse("--home H unit --days 3 token --as admin SO-YT --out=T SO-XD", &parsed),
                     0);
    assert_string_equal(parsed.cli.command->verb, "token");
    assert_int_equal(parsed.cli.argc, 2);
    assert_string_equal(parsed.cli.argv[0], "SO-YT");
    assert_string_equal(parsed.cli.argv[1], "SO-XD");
    assert_int_equal(cli_number(&parsed.cli, "days", 0), 3);
    assert_string_equal(cli_text(&parsed.cli, "out"), "T");
    assert_string_equal(parsed.cli.home, "H");
    assert_string_equal(parsed.cli.as, "admin");
    assert_false(cli_flag(&parsed.cli, "all"));
    assert_int_equal(cli_number(&parsed.cli, "none", 7), 7);
}

static void test_two_dashes_end_the_options(void **state)
{
    struct parsed parsed;

    (void)state;
    assert_int_equal(parse("letter read -- --json", &parsed), 0);
    assert_string_equal(parsed.cli.argv[0], "--json");
    assert_false(parsed.cli.json);
}

static void test_unknown_words_name_the_nearest(void **state)
{
    (void)state;
    assert_refused("unit token --al", "--all");
    assert_refused("deployment step --dyr-run", "--dry-run");
    assert_refused("letter find --wrods x f", "--words");
    assert_refused("lettre read x", "«letter»");
    assert_refused("assignment transfre", "«transfer»");
    assert_refused("assignment trans", "«transfer»");
    assert_refused("qqqqqq", "giaoviec --help");
    assert_refused("unit qqqqqq", "token");
    assert_refused("unit", "register");
    assert_refused("", "giaoviec --help");
    assert_refused("letter read x --qqqqqq", "giaoviec letter read --help");
}

static void test_values_are_checked_by_their_rows(void **state)
{
    struct parsed parsed;

    (void)state;
    assert_refused("unit token --days 0", "1");
    assert_refused("unit token --days 3x", "365");
    assert_refused("unit token --days 99999999999999999999", "365");
    assert_refused("unit token --days", "--days");
    assert_refused("deployment step --to 2024-02-30", "2024-02-10");
    assert_refused("deployment step --to=", "2024-02-10");
    assert_refused("unit token --all=yes", "--all");
    assert_refused("unit token --out A --out B", "--out");
    assert_refused("--lang fr letter read x", "vi | en");
    assert_refused("letter find x --words ''", "--words");
    assert_int_equal(parse("deployment step --to 2024-02-29", &parsed), 0);
}

/* What no coordinator takes is told before anything is signed. */
static void test_words_of_a_report_have_a_bound(void **state)
{
    static char words[16384 + 2];
    char *argv[] = {(char *)"giaoviec",
                    (char *)"assignment",
                    (char *)"submit",
                    (char *)"--unit",
                    (char *)"CC-BTVTU",
                    (char *)"--narrative",
                    words,
                    NULL};
    struct parsed parsed;

    (void)state;
    memset(words, 'x', 16384);
    assert_int_equal(parse_words(7, argv, &parsed), 0);
    assert_int_equal(strlen(cli_text(&parsed.cli, "narrative")), 16384);
    words[16384] = 'x';
    assert_int_equal(parse_words(7, argv, &parsed), 64);
    assert_non_null(strstr(said, "16384"));
}

static void test_operands_and_reasons_are_demanded(void **state)
{
    struct parsed parsed;

    (void)state;
    assert_refused("letter read", "TỆP");
    assert_refused("letter read a b", "letter read");
    assert_refused("--lang en letter read", "FILE");
    assert_int_equal(gv_lang_set("vi"), GV_OK);
    assert_refused("assignment revoke 1a2b3c4d", "--reason");
    assert_int_equal(parse("assignment revoke 1a2b3c4d --reason x", &parsed), 0);
    assert_refused("letter read x --dry-run", "letter read");
    assert_refused("unit list --reason x", "unit list");
}

static void test_text_is_normalised_before_anybody_signs_it(void **state)
{
    struct parsed parsed;

    (void)state;
    assert_int_equal(parse("assignment revoke 1a2b3c4d --reason 'Huye\xcc\xa3\xcc\x82n'", &parsed),
                     0);
    assert_string_equal(parsed.cli.reason, "Huyện");
    assert_int_equal(parse("assignment revoke 1a2b3c4d --reason 'x\xff'", &parsed), 65);
}

static void test_help_and_version_demand_nothing(void **state)
{
    struct parsed parsed;

    (void)state;
    assert_int_equal(parse("--help", &parsed), 0);
    assert_true(parsed.help);
    assert_int_equal(parse("-h letter", &parsed), 0);
    assert_null(parsed.cli.command);
    assert_string_equal(parsed.noun, "letter");
    assert_int_equal(parse("letter read --help", &parsed), 0);
    assert_string_equal(parsed.cli.command->verb, "read");
    assert_int_equal(parse("--version", &parsed), 0);
    assert_true(parsed.version);
}

/* ---- the table --------------------------------------------------------------------------------
 */

static void assert_row_is_whole(const struct command *row)
{
    assert_non_null(row->verb);
    assert_non_null(row->run);
    assert_true(row->vi != NULL && row->vi[0] != '\0');
    assert_true(row->en != NULL && row->en[0] != '\0');
    assert_true(row->examples != NULL && row->examples[0] != '\0');
    assert_true((row->operands_vi == NULL) == (row->operands_en == NULL));
    assert_true((row->operands_vi == NULL) == (row->operands_max == 0));
    assert_true(row->operands_min <= row->operands_max);
    assert_ptr_equal(command_find(row->noun, row->verb), row);
    assert_string_not_equal(command_noun_text(row->noun), "");
    for (const struct option_row *option = row->options; option != NULL && option->name != NULL;
         option++) {
        const struct option_row *any = option_find(NULL, option->name, strlen(option->name));

        assert_true(option->vi != NULL && option->en != NULL);
        assert_true((option->type == OPTION_FLAG) == (option->value_vi == NULL));
        assert_true((option->type == OPTION_FLAG) == (option->value_en == NULL));
        assert_true((option->type == OPTION_CHOICE) == (option->choices != NULL));
        if (option->type == OPTION_NUMBER)
            assert_true(option->min < option->max);
        /* The command is found before its options are read: a name is a flag everywhere or nowhere.
         */
        assert_true((any->type == OPTION_FLAG) == (option->type == OPTION_FLAG));
        for (const struct option_row *global = option_globals; global->name != NULL; global++)
            assert_string_not_equal(global->name, option->name);
    }
}

static void test_every_row_is_whole(void **state)
{
    const struct command *row;
    size_t count = 0;

    (void)state;
    for (; (row = command_at(count)) != NULL; count++) {
        print_message("%s %s\n", row->noun, row->verb);
        assert_row_is_whole(row);
    }
    assert_true(count > 20);
}

static void test_every_example_is_a_line_of_its_command(void **state)
{
    const struct command *row;

    (void)state;
    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        char *lines = gv_arena_strdup(arena, row->examples), *next = NULL;

        for (char *line = strtok_r(lines, "\n", &next); line != NULL;
             line = strtok_r(NULL, "\n", &next)) {
            struct parsed parsed;

            if (parse(line, &parsed) != 0)
                fail_msg("«%s»: %s", line, said);
            assert_ptr_equal(parsed.cli.command, row);
        }
    }
}

static const char *text_of(struct gv_buf *buf)
{
    assert_true(gv_buf_ok(buf));
    return buf->data != NULL ? (char *)buf->data : "";
}

static void test_help_shows_every_command_and_example(void **state)
{
    const struct command *row;
    struct gv_buf all, one;

    (void)state;
    gv_buf_init(&all);
    gv_buf_init(&one);
    help_put_program(&all);
    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        gv_buf_reset(&one);
        help_put_command(&one, row);
        assert_non_null(strstr(text_of(&one), row->vi));
        assert_non_null(strstr(text_of(&one), "  giaoviec "));
        for (const struct option_row *option = row->options; option != NULL && option->name != NULL;
             option++) {
            char name[64];

            snprintf(name, sizeof name, "--%s", option->name);
            assert_non_null(strstr(text_of(&one), name));
        }
        if ((row->flags & COMMAND_HIDDEN) == 0)
            assert_non_null(strstr(text_of(&all), row->vi));
    }
    gv_buf_fini(&all);
    gv_buf_fini(&one);
}

static void test_help_and_page_say_what_an_option_takes_and_whether_it_is_demanded(void **state)
{
    struct gv_buf one, page;

    (void)state;
    gv_buf_init(&one);
    gv_buf_init(&page);
    help_put_command(&one, command_find("assignment", "transfer"));
    assert_non_null(strstr(text_of(&one), "chỉ vai trò này: lead, coordinate, follow\n"));
    assert_non_null(strstr(text_of(&one), "lý do, được ký và lưu cùng quyết định (bắt buộc)\n"));
    gv_buf_reset(&one);
    help_put_command(&one, command_find("assignment", "approve"));
    assert_non_null(strstr(text_of(&one), "lý do, được ký và lưu cùng quyết định\n"));
    help_put_man(&page);
    assert_non_null(strstr(text_of(&page), "chỉ vai trò này: lead, coordinate, follow\n"));
    assert_non_null(strstr(text_of(&page), "lý do, được ký và lưu cùng quyết định (bắt buộc)\n"));
    assert_non_null(strstr(text_of(&page), "\\-\\-period \\fINGÀY\\fR …\n"));
    gv_buf_fini(&one);
    gv_buf_fini(&page);
}

static void test_completion_lists_every_verb_and_option(void **state)
{
    const struct command *row;
    struct gv_buf bash;

    (void)state;
    gv_buf_init(&bash);
    help_put_bash(&bash);
    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        char words[128];
        const char *line, *end;

        if ((row->flags & COMMAND_HIDDEN) != 0)
            continue;
        snprintf(words, sizeof words, "    '%s %s') ", row->noun, row->verb);
        line = strstr(text_of(&bash), words);
        assert_non_null(line);
        end = strchr(line, '\n');
        for (const struct option_row *option = row->options; option != NULL && option->name != NULL;
             option++) {
            const char *at;

            snprintf(words, sizeof words, " --%s", option->name);
            at = strstr(line, words);
            if (at == NULL || at > end)
                at = strstr(line, words + 1);
            assert_true(at != NULL && at < end);
        }
    }
    gv_buf_fini(&bash);
}

static void assert_shipped(const char *path, const char *lang, void (*put)(struct gv_buf *))
{
    struct gv_buf made, file;

    gv_buf_init(&made);
    gv_buf_init(&file);
    assert_int_equal(gv_lang_set(lang), GV_OK);
    put(&made);
    assert_int_equal(gv_lang_set("vi"), GV_OK);
    assert_int_equal(gv_buf_read_file(&file, path, 1 << 20), GV_OK);
    if (strcmp(text_of(&made), text_of(&file)) != 0)
        fail_msg("%s is not what the program prints: run deploy/man/update", path);
    gv_buf_fini(&made);
    gv_buf_fini(&file);
}

static void test_shipped_files_are_what_the_program_prints(void **state)
{
    (void)state;
    assert_shipped(GV_SOURCE_DIR "/deploy/completion/giaoviec.bash", "vi", help_put_bash);
    assert_shipped(GV_SOURCE_DIR "/deploy/man/giaoviec.1", "en", help_put_man);
    assert_shipped(GV_SOURCE_DIR "/deploy/man/vi/giaoviec.1", "vi", help_put_man);
}

static int set_up(void **state)
{
    (void)state;
    unsetenv("GIAOVIEC_LANG");
    unsetenv("GIAOVIEC_HOME");
    unsetenv("GIAOVIEC_AS");
    arena = gv_arena_new((size_t)64 << 20);
    return arena != NULL && gv_lang_set("vi") == GV_OK ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    gv_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_may_stand_anywhere),
        cmocka_unit_test(test_two_dashes_end_the_options),
        cmocka_unit_test(test_unknown_words_name_the_nearest),
        cmocka_unit_test(test_values_are_checked_by_their_rows),
        cmocka_unit_test(test_words_of_a_report_have_a_bound),
        cmocka_unit_test(test_operands_and_reasons_are_demanded),
        cmocka_unit_test(test_text_is_normalised_before_anybody_signs_it),
        cmocka_unit_test(test_help_and_version_demand_nothing),
        cmocka_unit_test(test_every_row_is_whole),
        cmocka_unit_test(test_every_example_is_a_line_of_its_command),
        cmocka_unit_test(test_help_shows_every_command_and_example),
        cmocka_unit_test(test_help_and_page_say_what_an_option_takes_and_whether_it_is_demanded),
        cmocka_unit_test(test_completion_lists_every_verb_and_option),
        cmocka_unit_test(test_shipped_files_are_what_the_program_prints),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
