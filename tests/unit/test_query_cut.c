/* links: gv_store gv_base */
/* test_query_cut.c - rows that fit no frame: which strings are cut, where, and what stays JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/store_query_cut.h"

#define LONG ((size_t)20000)

/* What is made of {"key":"piece piece …","next":7}; the string is `pieces` of them. */
static void cut(const char *piece, size_t pieces, size_t max_bytes, struct gv_buf *out)
{
    struct gv_buf row;

    gv_buf_init(&row);
    gv_buf_puts(&row, "{\"key\":\"");
    for (size_t i = 0; i < pieces; i++)
        gv_buf_puts(&row, piece);
    gv_buf_puts(&row, "\",\"next\":7}");
    assert_true(gv_buf_ok(&row));
    gv_buf_init(out);
    gv_query_cut((struct gv_slice){row.data, row.len}, max_bytes, out);
    assert_true(gv_buf_ok(out));
    gv_buf_fini(&row);
}

/* As many pieces, then the mark, then all that follows. */
static void assert_kept(const char *piece, size_t pieces, size_t max_bytes, size_t kept)
{
    struct gv_buf out, want;

    cut(piece, pieces, max_bytes, &out);
    gv_buf_init(&want);
    gv_buf_puts(&want, "{\"key\":\"");
    for (size_t i = 0; i < kept; i++)
        gv_buf_puts(&want, piece);
    gv_buf_puts(&want, kept < pieces ? " […]\",\"next\":7}" : "\",\"next\":7}");
    assert_true(gv_buf_ok(&want));
    assert_string_equal((char *)out.data, (char *)want.data);
    gv_buf_fini(&want);
    gv_buf_fini(&out);
}

static void test_a_long_string_is_cut_between_letters_and_escapes(void **state)
{
    (void)state;
    assert_kept("x", LONG, LONG, 16384);
    assert_kept("ê", LONG, LONG, 16384 / 2);
    assert_kept("ậ", LONG, LONG, 16384 / 3);
    assert_kept("\xf0\x9f\x98\x80", LONG, LONG, 16384 / 4);
    assert_kept("\\u0001", LONG, LONG, 16384 / 6);
    assert_kept("\\\"", LONG, LONG, 16384 / 2); /* no end of the string */
    assert_kept("\\\\", LONG, LONG, 16384 / 2);
}

static void test_what_is_too_long_still_is_cut_to_less(void **state)
{
    (void)state;
    assert_kept("x", LONG, 5000, 4096);
    assert_kept("x", LONG, 2000, 1024);
    assert_kept("x", LONG, 300, 256);
    assert_kept("x", LONG, 100, 256); /* and no further */
}

static void test_what_is_short_stays_whole(void **state)
{
    (void)state;
    assert_kept("x", 256, 10, 256);
    assert_kept("\\n", 128, 10, 128);
    assert_kept("x", 16384, 16500, 16384);
}

/* Twenty strings of 16 KiB are more than a page: each of them is cut. */
static void test_many_strings_are_cut_alike(void **state)
{
    struct gv_buf row, out;
    size_t marks = 0;

    (void)state;
    gv_buf_init(&row);
    gv_buf_init(&out);
    gv_buf_puts(&row, "before"); /* what is there already stays */
    gv_buf_puts(&out, "before");
    for (int i = 0; i < 20; i++) {
        gv_buf_puts(&row, i == 0 ? "[\"" : ",\"");
        memset(gv_buf_room(&row, 16384), 'x', 16384);
        gv_buf_puts(&row, "\"");
    }
    gv_buf_puts(&row, "]");
    gv_query_cut((struct gv_slice){row.data + 6, row.len - 6}, (size_t)200 * 1024, &out);
    assert_true(gv_buf_ok(&out) && out.len < (size_t)200 * 1024);
    assert_memory_equal(out.data, "before[\"xxx", 11);
    for (const char *at = (char *)out.data; (at = strstr(at, GV_QUERY_CUT "\"")) != NULL; at++)
        marks++;
    assert_int_equal(marks, 20);
    assert_string_equal((char *)out.data + out.len - 2, "\"]");
    gv_buf_fini(&out);
    gv_buf_fini(&row);
}

/* PostgreSQL writes no such rows; whatever comes, nothing is read behind its end. */
static void test_a_row_that_ends_inside_a_string_ends_there(void **state)
{
    static const char *const rows[] = {"{\"", "{\"a", "{\"a\\", "{\"a\\u00", "{\"a\xc3", "\""};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gv_buf out;

        gv_buf_init(&out);
        gv_query_cut((struct gv_slice){(const uint8_t *)rows[i], strlen(rows[i])}, 1, &out);
        assert_string_equal((char *)out.data, rows[i]);
        gv_buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_long_string_is_cut_between_letters_and_escapes),
        cmocka_unit_test(test_what_is_too_long_still_is_cut_to_less),
        cmocka_unit_test(test_what_is_short_stays_whole),
        cmocka_unit_test(test_many_strings_are_cut_alike),
        cmocka_unit_test(test_a_row_that_ends_inside_a_string_ends_there),
    };

    return cmocka_run_group_tests_name("rows cut", tests, NULL, NULL);
}
