/* links: gv_coordinator gv_store gv_cli gv_domain gv_proto gv_base */
/*
 * test_rests.c - lists of which more pages are asked, on a real cluster: each page is what the
 * database would answer anew, of the first page's snapshot, and nobody gets another's.
 */
#include "query_fixture.h"

#include "coordinator/rests.h"

#define PAGE_BYTES 600 /* a row or a few */

static const struct gv_scope unit_scope = {
    .role = GIAOVIEC__V1__ROLE__ROLE_UNIT, .unit_ids = (const int32_t[]){1}, .unit_count = 1};

static const gv_code reader = {"vp1"}, other_reader = {"vp2"};

static struct gv_query query_of(const char *name, const char *after)
{
    return (struct gv_query){.name = name, .after = after, .max_bytes = PAGE_BYTES};
}

/* The first page, with what is behind it kept. */
static struct gv_query_result begin_list(rests *list, const char *name, int64_t now_ms)
{
    struct gv_query query = query_of(name, "");
    struct gv_query_result page;
    struct gv_query_rest *rest;

    assert_int_equal(rests_page(list, arena, &reader, &query, &everything, now_ms, &page),
                     GV_ENOTFOUND);
    assert_int_equal(gv_store_query_rest(store, arena, &query, &everything, &page, &rest), GV_OK);
    assert_non_null(rest);
    rests_keep(list, &reader, &query, &everything, page.next, now_ms, rest);
    return page;
}

static int ask_count(const char *sql)
{
    PGresult *result = PQexec(owner, sql);
    int n = atoi(PQgetvalue(result, 0, 0));

    PQclear(result);
    return n;
}

static void assert_same_page(const struct gv_query_result *a, const struct gv_query_result *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->rows[i].len, b->rows[i].len);
        assert_memory_equal(a->rows[i].data, b->rows[i].data, a->rows[i].len);
    }
    assert_string_equal(a->next, b->next);
    assert_int_equal(a->business_us, b->business_us);
}

static void test_kept_pages_are_those_of_the_database(void **state)
{
    static const char *const names[] = {"units", "assignments", "board", "summary-units", "tasks"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        rests *list = rests_new();
        struct gv_query_result page = begin_list(list, names[i], 0);
        size_t pages = 1;

        for (; page.next[0] != '\0'; pages++) {
            struct gv_query query = query_of(names[i], page.next);
            struct gv_query_result kept, anew;

            assert_int_equal(rests_page(list, arena, &reader, &query, &everything, 0, &kept),
                             GV_OK);
            assert_int_equal(gv_store_query(store, arena, &query, &everything, &anew), GV_OK);
            assert_same_page(&kept, &anew);
            page = kept;
        }
        assert_true(pages > 2);
        rests_free(list);
    }
}

static void test_a_list_is_of_one_snapshot(void **state)
{
    rests *list = rests_new();
    struct gv_query_result page = begin_list(list, "units", 0);
    size_t changed = 0;

    (void)state;
    run_sql("UPDATE giaoviec.unit SET grp = 'changed'");
    while (page.next[0] != '\0') {
        struct gv_query query = query_of("units", page.next);

        assert_int_equal(rests_page(list, arena, &reader, &query, &everything, 0, &page), GV_OK);
        for (size_t i = 0; i < page.count; i++) {
            json_t *row = parse(page.rows[i]);

            changed += strcmp(json_string_value(json_object_get(row, "group")), "changed") == 0;
            json_decref(row);
        }
    }
    assert_int_equal(changed, 0);
    rests_free(list);
}

static void test_who_asks_late_or_for_something_else_is_answered_anew(void **state)
{
    static const char *const other_args[] = {"group=department"};
    rests *list = rests_new();
    struct gv_query_result page = begin_list(list, "units", 0), out;
    struct gv_query next = query_of("units", page.next), query;

    (void)state;
    assert_int_equal(rests_page(list, arena, &reader, &next, &unit_scope, 0, &out), GV_ENOTFOUND);
    assert_int_equal(rests_page(list, arena, &other_reader, &next, &everything, 0, &out),
                     GV_ENOTFOUND);
    query = next;
    query.args = other_args;
    query.arg_count = 1;
    assert_int_equal(rests_page(list, arena, &reader, &query, &everything, 0, &out), GV_ENOTFOUND);
    query = query_of("board", page.next);
    assert_int_equal(rests_page(list, arena, &reader, &query, &everything, 0, &out), GV_ENOTFOUND);
    query = query_of("units", "[\"x\", 1]");
    assert_int_equal(rests_page(list, arena, &reader, &query, &everything, 0, &out), GV_ENOTFOUND);
    assert_int_equal(rests_page(list, arena, &reader, &next, &everything, RESTS_KEPT_MS - 1, &out),
                     GV_OK);
    /* The same page once more: its place is behind it now. */
    assert_int_equal(rests_page(list, arena, &reader, &next, &everything, RESTS_KEPT_MS, &out),
                     GV_ENOTFOUND);
    page = begin_list(list, "units", 0);
    next = query_of("units", page.next);
    assert_int_equal(rests_page(list, arena, &reader, &next, &everything, RESTS_KEPT_MS, &out),
                     GV_ENOTFOUND);
    rests_free(list);
}

static void test_a_page_has_no_more_rows_than_are_asked(void **state)
{
    rests *list = rests_new();
    struct gv_query_result page = begin_list(list, "units", 0);
    struct gv_query query = query_of("units", page.next);
    size_t rows = page.count;

    (void)state;
    query.max_bytes = 0;
    query.limit = 1;
    assert_int_equal(rests_page(list, arena, &reader, &query, &everything, 0, &page), GV_OK);
    assert_int_equal(page.count, 1);
    query.after = page.next;
    query.limit = 0;
    assert_int_equal(rests_page(list, arena, &reader, &query, &everything, 0, &page), GV_OK);
    assert_string_equal(page.next, "");
    assert_int_equal(rows + 1 + page.count, ask_count("SELECT count(*) FROM giaoviec.unit"));
    rests_free(list);
}

/* What was kept of a list goes when it is begun anew, also if nothing is left of that. */
static void test_a_list_that_begins_anew_lets_the_former_go(void **state)
{
    rests *list = rests_new();
    struct gv_query_result page = begin_list(list, "units", 0), out;
    struct gv_query query = query_of("units", "");

    (void)state;
    rests_keep(list, &reader, &query, &everything, "", 0, NULL);
    query.after = page.next;
    assert_int_equal(rests_page(list, arena, &reader, &query, &everything, 0, &out), GV_ENOTFOUND);
    rests_free(list);
}

/* Sixteen others, each later: the first one's place is taken, not that of one that goes on. */
static void test_the_list_that_was_asked_longest_ago_makes_room(void **state)
{
    rests *list = rests_new();
    struct gv_query_result first = begin_list(list, "units", 0), going_on, out;
    struct gv_query query;

    (void)state;
    going_on = begin_list(list, "board", 1);
    for (int i = 0; i < RESTS_MAX - 1; i++) {
        char at[64];
        const char *args[] = {at};
        struct gv_query_rest *rest;

        if (i == 1) {
            query = query_of("board", going_on.next);
            assert_int_equal(rests_page(list, arena, &reader, &query, &everything, 100, &going_on),
                             GV_OK);
        }
        snprintf(at, sizeof at, "at=%d", i + 1);
        query = query_of("summary-units", "");
        query.args = args;
        query.arg_count = 1;
        assert_int_equal(gv_store_query_rest(store, arena, &query, &everything, &out, &rest),
                         GV_OK);
        assert_non_null(rest);
        rests_keep(list, &reader, &query, &everything, out.next, 2 + i, rest);
    }
    query = query_of("units", first.next);
    assert_int_equal(rests_page(list, arena, &reader, &query, &everything, 100, &out),
                     GV_ENOTFOUND);
    query = query_of("board", going_on.next);
    assert_int_equal(rests_page(list, arena, &reader, &query, &everything, 100, &out), GV_OK);
    rests_free(list);
}

#define TEST(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_kept_pages_are_those_of_the_database),
        TEST(test_who_asks_late_or_for_something_else_is_answered_anew),
        TEST(test_a_page_has_no_more_rows_than_are_asked),
        TEST(test_a_list_that_begins_anew_lets_the_former_go),
        TEST(test_the_list_that_was_asked_longest_ago_makes_room),
        TEST(test_a_list_is_of_one_snapshot),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
