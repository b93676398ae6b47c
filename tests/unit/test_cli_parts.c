/* links: gv_cli gv_base */
/* test_cli_parts.c - persons and servers as words, and columns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/person.h"
#include "cli/table.h"

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
        "c1=tcp://a:1,",
    };
    Giaoviec__V1__CoordinatorInfo *info = NULL;
    const char *why = NULL;

    (void)state;
    assert_int_equal(
        coordinator_parse("c1=tcp://127.0.0.1:5700,tcp://[::1]:5701", arena, &info, &why), GV_OK);
    assert_string_equal(info->code, "c1");
    assert_string_equal(info->endpoint, "tcp://127.0.0.1:5700");
    assert_string_equal(info->enrol_endpoint, "tcp://[::1]:5701");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        info = NULL;
        if (coordinator_parse(bad[i], arena, &info, &why) != GV_EBADMSG)
            fail_msg("«%s»", bad[i]);
    }
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
        cmocka_unit_test(test_columns_fit_what_a_terminal_shows),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
