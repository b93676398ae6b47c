/* test_space.c - when room is short and when there is enough again; a file that takes room. */
/* links: gv_sys gv_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "sys/space.h"

#define MIB (UINT64_C(1) << 20)

static void test_the_mark_is_the_greater_of_both(void **state)
{
    static const struct {
        uint64_t total, bytes;
        uint32_t percent;
        uint64_t floor;
    } rows[] = {
        {1000 * MIB, 0, 0, 0},
        {1000 * MIB, 100 * MIB, 0, 100 * MIB},
        {1000 * MIB, 100 * MIB, 5, 100 * MIB},
        {1000 * MIB, 100 * MIB, 20, 200 * MIB},
        {0, 100 * MIB, 20, 100 * MIB}, /* a file system that does not say how large it is */
        {UINT64_MAX, 0, 100, UINT64_MAX / 100 * 100},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gv_space space = {.total_bytes = rows[i].total};
        struct gv_space_mark mark = {rows[i].bytes, rows[i].percent};

        assert_int_equal(gv_space_floor(&space, &mark), rows[i].floor);
    }
}

static void test_short_and_enough_again(void **state)
{
    static const struct {
        bool was_short;
        uint64_t free;
        bool is_short;
    } rows[] = {
        {false, 801, false}, {false, 800, false}, {false, 799, true}, {false, 0, true},
        {true, 800, true},   {true, 899, true},   {true, 900, false}, {true, 5000, false},
    };
    const struct gv_space_mark mark = {800 * MIB, 0}, none = {0, 0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gv_space space = {rows[i].free * MIB, 9000 * MIB};

        assert_int_equal(gv_space_is_short(rows[i].was_short, &space, &mark), rows[i].is_short);
        assert_false(gv_space_is_short(rows[i].was_short, &space, &none));
    }
}

static void test_it_measures_the_volume(void **state)
{
    struct gv_space space = {0};

    (void)state;
    assert_int_equal(gv_space_measure("/", &space), GV_OK);
    assert_true(space.total_bytes > 0 && space.free_bytes <= space.total_bytes);
    assert_int_equal(gv_space_measure("/no/such/folder", &space), GV_ENOTFOUND);
}

static void test_ballast_takes_room_and_gives_it_back(void **state)
{
    char folder[] = "/tmp/giaoviec-space.XXXXXX", path[64];
    uint64_t freed = 1;
    struct stat st;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/ballast", folder);
    assert_int_equal(gv_ballast_size(path), 0);
    assert_int_equal(gv_ballast_drop(path, &freed), GV_OK);
    assert_int_equal(freed, 0);
    assert_int_equal(gv_ballast_make(path, 3 * MIB), GV_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 3 * MIB);
    assert_true((uint64_t)st.st_blocks * 512 >= 3 * MIB); /* no hole */
    assert_int_equal(gv_ballast_make(path, 2 * MIB), GV_OK);
    assert_int_equal(gv_ballast_size(path), 2 * MIB);
    /* More than any disk has: nothing is left behind that takes room. */
    assert_int_not_equal(gv_ballast_make(path, (uint64_t)INT64_MAX / 2), GV_OK);
    assert_int_equal(gv_ballast_size(path), 0);
    assert_int_equal(gv_ballast_make(path, MIB), GV_OK);
    assert_int_equal(gv_ballast_drop(path, &freed), GV_OK);
    assert_int_equal(freed, MIB);
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_mark_is_the_greater_of_both),
        cmocka_unit_test(test_short_and_enough_again),
        cmocka_unit_test(test_it_measures_the_volume),
        cmocka_unit_test(test_ballast_takes_room_and_gives_it_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
