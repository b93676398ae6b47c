/* test_coordinator_space.c - the disk as a coordinator sees it: short, not watched, refused by the
 * database; and when ballast is made. */
/* links: gv_coordinator gv_store gv_trust gv_delivery gv_wire gv_sys gv_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "coordinator/space.h"

#define MIB       (UINT64_C(1) << 20)
#define NO_VOLUME (UINT64_C(1) << 62) /* more room than any has */

static char folder[64], ballast[80];

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/giaoviec-space.XXXXXX");
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(ballast, sizeof ballast, "%s/ballast", folder);
    gv_log_init("test", GV_LOG_ERROR);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(ballast);
    return rmdir(folder);
}

static void test_what_is_seen_of_the_disk(void **state)
{
    const struct {
        const char *folders[2];
        uint64_t mark, ballast;
        bool refused;
        bool watched, is_short;
        uint64_t has_ballast;
    } rows[] = {
        {{folder, NULL}, 1, 2 * MIB, false, true, false, 2 * MIB},
        {{folder, folder}, 0, 2 * MIB, false, true, false, 2 * MIB},
        {{folder, NULL}, NO_VOLUME, 2 * MIB, false, true, true, 0}, /* none where room is short */
        {{folder, NULL}, 1, NO_VOLUME, false, true, false, 0}, /* nor where there is no room for it
                                                                */
        {{folder, NULL}, 1, 0, false, true, false, 0},
        {{"/no/such/folder", folder}, 1, MIB, false, true, false, MIB},
        {{"/no/such/folder", NULL}, NO_VOLUME, MIB, false, false, false, 0},
        {{NULL, NULL}, NO_VOLUME, MIB, false, false, false, 0},
        {{NULL, NULL}, 0, 0, true, false, true, 0}, /* the database's own word */
        {{folder, NULL}, 1, MIB, true, true, true, MIB},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct space_options options = {.folders = {rows[i].folders[0], rows[i].folders[1]},
                                        .mark = {rows[i].mark, 0},
                                        .ballast = ballast,
                                        .ballast_bytes = rows[i].ballast};
        struct space_now now;
        space *s = NULL;

        unlink(ballast);
        assert_int_equal(space_new(&options, &s), GV_OK);
        if (rows[i].refused)
            space_refused(s);
        space_look(s);
        space_get(s, &now);
        assert_int_equal(now.watched, rows[i].watched);
        assert_int_equal(now.is_short, rows[i].is_short);
        assert_int_equal(space_is_short(s), rows[i].is_short);
        assert_int_equal(now.ballast, rows[i].has_ballast);
        assert_int_equal(gv_ballast_size(ballast), rows[i].has_ballast);
        space_free(s);
    }
}

static void test_ballast_given_back_is_made_again_where_there_is_room(void **state)
{
    struct space_options options = {
        .folders = {folder, NULL}, .ballast = ballast, .ballast_bytes = MIB};
    uint64_t freed;
    space *s = NULL;

    (void)state;
    assert_int_equal(space_new(&options, &s), GV_OK);
    assert_int_equal(gv_ballast_drop(ballast, &freed), GV_OK);
    assert_int_equal(freed, MIB);
    space_look(s);
    assert_int_equal(gv_ballast_size(ballast), MIB);
    space_free(s);
    options.ballast_bytes = 0; /* the setting says: none any more */
    assert_int_equal(space_new(&options, &s), GV_OK);
    assert_int_equal(gv_ballast_size(ballast), 0);
    space_free(s);
}

static void test_it_says_where_and_how_much(void **state)
{
    struct space_options options = {.folders = {folder, NULL}, .mark = {NO_VOLUME, 0}};
    char text[640], begin[96];
    space *s = NULL;

    (void)state;
    assert_int_equal(space_new(&options, &s), GV_OK);
    space_say(s, text, sizeof text);
    snprintf(begin, sizeof begin, "%s: ", folder);
    assert_memory_equal(text, begin, strlen(begin));
    assert_non_null(strstr(text, " MiB < 4398046511104 MiB"));
    space_free(s);
    space_say(NULL, text, sizeof text);
    assert_string_equal(text, "PostgreSQL: disk full (53100)");
    assert_false(space_is_short(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_seen_of_the_disk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_ballast_given_back_is_made_again_where_there_is_room,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_it_says_where_and_how_much, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
