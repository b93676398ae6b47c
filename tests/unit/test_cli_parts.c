/* links: gv_cli gv_base */
/* test_cli_parts.c - persons and servers as words, reasons and errors in both languages, columns,
 * the summary as text and CSV. */
#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/lang.h"
#include "cli/person.h"
#include "cli/summary.h"
#include "cli/table.h"
#include "cli/words.h"

static gv_arena *arena;

static Giaoviec__V1__PersonInfo *person_of(const char *text)
{
    Giaoviec__V1__PersonInfo *person = NULL;
    const char *why = NULL;

    assert_int_equal(person_parse(text, arena, &person, &why), GV_OK);
    return person;
}

static void test_a_person_has_roles_bodies_and_fields(void **state)
{
    Giaoviec__V1__PersonInfo *person =
        person_of("uv1=member+office:Trần Thị B:bodies=CC-A,CC-B,fields=ECON,BUDGET");

    (void)state;
    assert_string_equal(person->code, "uv1");
    assert_string_equal(person->name, "Trần Thị B");
    assert_int_equal(person->n_roles, 2);
    assert_string_equal(role_name(person->roles[0]), "member");
    assert_string_equal(role_name(person->roles[1]), "office");
    assert_int_equal(person->n_bodies, 2);
    assert_string_equal(person->bodies[1], "CC-B");
    assert_int_equal(person->n_fields, 2);
    assert_string_equal(person->fields[0], "ECON");
    assert_int_equal(person_of("a=admin:A")->n_bodies, 0);
}

static void test_what_is_no_person_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "a",
        "a=",
        "a=admin",
        "a=admin:",
        "=admin:A",
        "a b=admin:A",
        "a=king:A",
        "a=admin+:A",
        "a=unit:A",
        "a=coordinator:A",
        "a=member:A:x",
        "a=member:A:bodies=",
        "a=member:A:bodies=B,,C",
        "a=member:A:places=B",
        "ă=admin:A",
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        Giaoviec__V1__PersonInfo *person = NULL;
        const char *why = NULL;

        if (person_parse(bad[i], arena, &person, &why) != GV_EBADMSG)
            fail_msg("«%s»", bad[i]);
        assert_non_null(why);
        assert_null(person);
    }
}

static void test_a_server_has_two_endpoints(void **state)
{
    static const char *const bad[] = {
        "c1",
        "c1=tcp://a:1",
        "c1=tcp://a:1,tcp://a:1",
        "c1=tcp://a,tcp://a:2",
        "c1=ipc://a:1,tcp://a:2",
        "c1=tcp://:1,tcp://a:2",
        "c1=tcp://a:1x,tcp://a:2",
        "c1=tcp://a:0,tcp://a:2",
        "c1=tcp://a:65536,tcp://a:2",
        "c1=tcp://a:1,tcp://a:123456",
        "c1=tcp://a:1,",
    };
    Giaoviec__V1__CoordinatorInfo *info = NULL;
    const char *why = NULL;

    (void)state;
    assert_int_equal(
        coordinator_parse("c1=tcp://127.0.0.1:5700,tcp://[::1]:65535", arena, &info, &why), GV_OK);
    assert_string_equal(info->code, "c1");
    assert_string_equal(info->endpoint, "tcp://127.0.0.1:5700");
    assert_string_equal(info->enrol_endpoint, "tcp://[::1]:65535");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        info = NULL;
        if (coordinator_parse(bad[i], arena, &info, &why) != GV_EBADMSG)
            fail_msg("«%s»", bad[i]);
    }
}

/* ---- what coordinators say, in the language of the user ---------------------------------------
 */

static void test_every_error_has_words_in_both_languages(void **state)
{
    int count = 0;

    (void)state;
    for (int err = 1; strcmp(gv_err_name((gv_err)err), "?") != 0; err++, count++) {
        assert_int_equal(gv_lang_set("vi"), GV_OK);
        assert_string_not_equal(gv_err_say((gv_err)err), gv_err_text((gv_err)err));
        assert_string_equal(gv_err_say((gv_err)err), gv_reason_say(gv_err_text((gv_err)err)));
        assert_int_equal(gv_lang_set("en"), GV_OK);
        assert_string_equal(gv_err_say((gv_err)err), gv_err_text((gv_err)err));
    }
    assert_true(count > 20);
    assert_string_equal(gv_reason_say("a reason of tomorrow"), "a reason of tomorrow");
}

static void test_why_a_file_is_not_to_be_had_is_said_in_both_languages(void **state)
{
    (void)state;
    assert_int_equal(gv_lang_set("vi"), GV_OK);
    assert_string_equal(words_errno(ENOTDIR), "không phải thư mục");
    assert_string_equal(words_errno(ECHILD), strerror(ECHILD)); /* a file has no such fault */
    assert_int_equal(gv_lang_set("en"), GV_OK);
    assert_string_equal(words_errno(ENOTDIR), strerror(ENOTDIR));
}

/* A sentence on a line of C that is not for the log: what is said of a message or an act. */
static char *next_reason(char *line)
{
    char *from = line, *to;

    if (strstr(line, "log_") != NULL || strstr(line, "#include") != NULL)
        return NULL;
    while ((from = strchr(from, '"')) != NULL) {
        to = strchr(from + 1, '"');
        if (to == NULL)
            return NULL;
        *to = '\0';
        if (from[1] >= 'a' && from[1] <= 'z' && strchr(from + 1, ' ') != NULL &&
            strpbrk(from + 1, "%=\\") == NULL)
            return from + 1;
        from = to + 1;
    }
    return NULL;
}

static size_t check_reasons(const char *path)
{
    struct gv_buf text;
    size_t count = 0;
    char *rest, *line, *reason;

    gv_buf_init(&text);
    assert_int_equal(gv_buf_read_file(&text, path, 1 << 20), GV_OK);
    for (line = strtok_r((char *)text.data, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        reason = next_reason(line);
        if (reason == NULL)
            continue;
        count++;
        if (strcmp(gv_reason_say(reason), reason) == 0)
            fail_msg("%s: «%s» has no Vietnamese in base/reason.c", path, reason);
    }
    gv_buf_fini(&text);
    return count;
}

static void test_every_reason_of_a_coordinator_has_vietnamese(void **state)
{
    static const char *const patterns[] = {"act*.c", "entry.c", "h_*.c", "batch.c"};
    size_t count = 0;

    (void)state;
    assert_int_equal(gv_lang_set("vi"), GV_OK);
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        char pattern[512];
        glob_t found;

        snprintf(pattern, sizeof pattern, GV_SOURCE_DIR "/server/coordinator/%s", patterns[i]);
        assert_int_equal(glob(pattern, 0, NULL, &found), 0);
        for (size_t k = 0; k < found.gl_pathc; k++)
            count += check_reasons(found.gl_pathv[k]);
        globfree(&found);
    }
    assert_true(count > 25);
}

/* The names in a table of the breakdown's parser, "name = {" to "};": each has a word. */
static size_t check_names(const char *table, const char *(*word)(const char *))
{
    struct gv_buf text;
    char *at, *end;
    size_t count = 0;

    gv_buf_init(&text);
    assert_int_equal(
        gv_buf_read_file(&text, GV_SOURCE_DIR "/common/plan/breakdown_task.c", 1 << 20), GV_OK);
    at = strstr((char *)text.data, table);
    assert_non_null(at);
    end = strstr(at, "};");
    assert_non_null(end);
    *end = '\0';
    while ((at = strchr(at, '"')) != NULL) {
        end = strchr(at + 1, '"');
        assert_non_null(end);
        *end = '\0';
        count++;
        if (strcmp(word(at + 1), at + 1) == 0)
            fail_msg("«%s» has no Vietnamese in cli/words.c", at + 1);
        at = end + 1;
    }
    gv_buf_fini(&text);
    return count;
}

static void test_what_a_breakdown_names_has_vietnamese(void **state)
{
    (void)state;
    assert_int_equal(gv_lang_set("vi"), GV_OK);
    assert_true(check_names("const kinds[] = {", words_kind) > 10);
    assert_string_equal(words_part("due"), "hạn");
    assert_string_equal(words_part("later"), "later");
}

static void test_columns_fit_what_a_terminal_shows(void **state)
{
    struct table table;
    struct gv_buf out;

    (void)state;
    gv_buf_init(&out);
    table_init(&table);
    table_column(&table, "Tên", TABLE_LEFT, 9);
    table_column(&table, "Số", TABLE_RIGHT, 0);
    table_cell(&table, "Đạ Huoai một hai");
    table_cellf(&table, "%d", 7);
    table_cell(&table, NULL);
    table_cell(&table, "a\x1b[2Jb\n");
    table_put(&table, &out);
    assert_true(gv_buf_ok(&out));
    assert_string_equal((char *)out.data, "Tên             Số\n"
                                          "─────────  ───────\n"
                                          "Đạ Huoai         7\n"
                                          "một hai\n"
                                          "           a?[2Jb\n");
    table_fini(&table);
    gv_buf_fini(&out);
}

/* ---- the summary ------------------------------------------------------------------------------
 */

static json_t *json_of(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);

    assert_non_null(json);
    return json;
}

/* Two directives, each with a task 5.4. */
static void fill_summary(struct summary *summary)
{
    static const char *const rows[SUMMARY_SECTIONS] = {
        [SUMMARY_INDICATORS] = "[{\"task\":\"2.2\",\"indicator\":\"GROWTH\",\"name\":\"- Rate, "
                               "all\",\"target\":\"-1.5\"}]",
        [SUMMARY_ATTESTATIONS] =
            "[{\"by\":\"clause\",\"directive\":\"d1\",\"notation\":\"1-CV/TU\",\"task\":\"5.4\","
            "\"clause\":0,\"words\":\"no gifts\"},"
            "{\"by\":\"clause\",\"directive\":\"d2\",\"notation\":\"2-CV/TU\",\"task\":\"5.4\","
            "\"clause\":0,\"words\":\"no feasts\"},"
            "{\"by\":\"clause\",\"directive\":\"d2\",\"notation\":\"2-CV/TU\",\"task\":\"5.4\","
            "\"clause\":1,\"words\":\"no trips\"},"
            "{\"by\":\"unit\",\"directive\":\"d2\",\"notation\":\"2-CV/TU\",\"task\":\"5.4\","
            "\"clause\":1,\"unit\":\"U1\",\"name\":\"One\",\"person\":\"A\",\"compliant\":false,"
            "\"breaches\":2}]",
        [SUMMARY_NOT_MET] = "[{\"task\":\"5.4\",\"notation\":\"1-CV/TU\",\"name\":\"Two\"}]",
    };

    summary_init(summary);
    summary->head =
        json_of("{\"directives\":[{\"notation\":\"1-CV/TU\"},{\"notation\":\"2-CV/TU\"}]}");
    for (size_t i = 0; i < SUMMARY_SECTIONS; i++)
        summary->rows[i] = json_of(rows[i] != NULL ? rows[i] : "[]");
}

static void test_a_breach_names_its_directive_and_clause(void **state)
{
    struct summary summary;
    struct gv_buf out;

    (void)state;
    assert_int_equal(gv_lang_set("en"), GV_OK);
    fill_summary(&summary);
    gv_buf_init(&out);
    summary_put_text(&summary, &out);
    assert_true(gv_buf_ok(&out));
    assert_non_null(
        strstr((char *)out.data, "- One, task 5.4 (2-CV/TU), \"no trips\": 2 breaches"));
    assert_non_null(strstr((char *)out.data, "- Two, task 5.4 (1-CV/TU).\n"));
    gv_buf_fini(&out);
    summary_fini(&summary);
}

static void test_a_name_is_no_formula_and_a_decimal_no_name(void **state)
{
    struct summary summary;
    struct gv_buf out;

    (void)state;
    fill_summary(&summary);
    gv_buf_init(&out);
    summary_put_csv(&summary, &out);
    assert_true(gv_buf_ok(&out));
    assert_non_null(
        strstr((char *)out.data, "indicators,,,2.2,GROWTH,,\"'- Rate, all\",target,-1.5\n"));
    gv_buf_fini(&out);
    summary_fini(&summary);
}

static int set_up(void **state)
{
    (void)state;
    arena = gv_arena_new((size_t)1 << 20);
    return arena != NULL ? 0 : 1;
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
        cmocka_unit_test(test_a_person_has_roles_bodies_and_fields),
        cmocka_unit_test(test_what_is_no_person_is_refused),
        cmocka_unit_test(test_a_server_has_two_endpoints),
        cmocka_unit_test(test_every_error_has_words_in_both_languages),
        cmocka_unit_test(test_why_a_file_is_not_to_be_had_is_said_in_both_languages),
        cmocka_unit_test(test_every_reason_of_a_coordinator_has_vietnamese),
        cmocka_unit_test(test_what_a_breakdown_names_has_vietnamese),
        cmocka_unit_test(test_columns_fit_what_a_terminal_shows),
        cmocka_unit_test(test_a_breach_names_its_directive_and_clause),
        cmocka_unit_test(test_a_name_is_no_formula_and_a_decimal_no_name),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
