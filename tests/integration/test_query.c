/* links: gv_store gv_cli gv_domain gv_proto gv_base */
/*
 * test_query.c - the queries on a real cluster.
 */
#include "query_fixture.h"

#include "store/store_query_cut.h"

#define SQL_DIR GV_SOURCE_DIR "/server/store/sql/"

static void test_every_query_answers_rows_and_pages_join_without_a_seam(void **state)
{
    (void)state;
    for (size_t i = 0; gv_store_query_at(i) != NULL; i++) {
        const struct gv_query_info *info = gv_store_query_at(i);
        json_t *whole = ask(info->name, args_for(info->name), &everything, 0, 0);
        json_t *by_one = ask(info->name, args_for(info->name), &everything, 1, 0);
        json_t *by_bytes = ask(info->name, args_for(info->name), &everything, 0, 600);

        if (json_array_size(whole) == 0)
            fail_msg("%s answers nothing", info->name);
        /* What depends on the instant is left out. */
        if (strcmp(info->name, "seals") != 0 && strcmp(info->name, "summary-head") != 0) {
            assert_true(json_equal(whole, by_one));
            assert_true(json_equal(whole, by_bytes));
        }
        json_decref(whole);
        json_decref(by_one);
        json_decref(by_bytes);
        gv_arena_reset(arena);
    }
}

static void test_refusals_are_typed_and_leave_the_connection_usable(void **state)
{
    static const char *const none[] = {"nothing=1", NULL}, *const no_value[] = {"unit", NULL},
                             *const bad_int[] = {"item=-1", NULL},
                             *const bad_code[] = {"unit=../x", NULL},
                             *const bad_day[] = {"day=2024-02-30", NULL},
                             *const bad_hex[] = {"assignment=%", NULL};
    struct gv_scope unit = {.role = GIAOVIEC__V1__ROLE__ROLE_UNIT, .all_fields = true};
    struct gv_scope nobody = {0};
    struct gv_query_result out;

    (void)state;
    assert_int_equal(ask_page("no-such", NULL, "", 0, 0, &everything, &out), GV_EUNSUPPORTED);
    assert_int_equal(ask_page("settle", NULL, "", 0, 0, &unit, &out), GV_EDENIED);
    assert_int_equal(ask_page("units", NULL, "", 0, 0, &nobody, &out), GV_EDENIED);
    assert_int_equal(ask_page("units", none, "", 0, 0, &everything, &out), GV_EUSAGE);
    assert_int_equal(ask_page("units", no_value, "", 0, 0, &everything, &out), GV_EUSAGE);
    assert_int_equal(ask_page("units", bad_code, "", 0, 0, &everything, &out), GV_EUSAGE);
    assert_int_equal(ask_page("tasks", bad_int, "", 0, 0, &everything, &out), GV_EUSAGE);
    assert_int_equal(ask_page("settle", bad_day, "", 0, 0, &everything, &out), GV_EUSAGE);
    assert_int_equal(ask_page("assignment", bad_hex, "", 0, 0, &everything, &out), GV_EUSAGE);
    assert_int_equal(ask_page("units", NULL, "[\"x\"", 0, 0, &everything, &out), GV_EUSAGE);
    assert_int_equal(ask_page("units", NULL, "x", 0, 0, &everything, &out), GV_EUSAGE);
    assert_int_equal(ask_page("feed", NULL, "[1]", 0, 0, &everything, &out), GV_EUSAGE);
    assert_int_equal(ask_page("clock", NULL, "", 0, 0, &everything, &out), GV_OK);
    assert_true(out.demonstration && out.stepped);
    assert_true(out.business_us == INT64_C(1709226000000000));
}

static void test_all_six_cells_are_filled_and_add_up(void **state)
{
    static const char *const cells[] = {"done_on_time", "done_late",   "open_in_time",
                                        "open_overdue", "done_no_due", "open_no_due",
                                        "suspended"};
    static const int64_t want[] = {1, 1, 3, 2, 1, 6, 1};
    json_t *items = ask("summary-items", NULL, &everything, 0, 0),
           *units = ask("summary-units", NULL, &everything, 0, 0);

    (void)state;
    for (size_t c = 0; c < sizeof cells / sizeof cells[0]; c++) {
        int64_t by_item = 0, by_unit = 0;

        for (size_t i = 0; i < json_array_size(items); i++)
            by_item += number(json_array_get(items, i), cells[c]);
        for (size_t i = 0; i < json_array_size(units); i++)
            by_unit += number(json_array_get(units, i), cells[c]);
        if (by_item != want[c] || by_unit != want[c])
            fail_msg("%s: %lld by item, %lld by unit, %lld are right", cells[c], (long long)by_item,
                     (long long)by_unit, (long long)want[c]);
    }
    json_decref(items);
    json_decref(units);
}

static void test_the_time_of_classes_can_be_another(void **state)
{
    static const char *const early[] = {"at=1704200000000000",
                                        NULL}; /* 2 January: nothing is overdue yet */
    json_t *now = ask("summary-overdue", NULL, &everything, 0, 0),
           *then = ask("summary-overdue", early, &everything, 0, 0);

    (void)state;
    assert_int_equal(json_array_size(now), 2);
    assert_int_equal(number(row_where(now, "unit", "TU-DL"), "days"), 19);
    assert_int_equal(json_array_size(then), 0);
    json_decref(now);
    json_decref(then);
}

static void test_search_is_folded_and_names_are_in_vietnamese_order(void **state)
{
    static const char *const ha[] = {"search=HÀ", NULL}; /* not «Thành» */
    static const char *const want[] = {"CC-BTV", "HU-DH", "HU-LH", "SO-TC", "SO-YT", "TU-DL"};
    json_t *found = ask("units", ha, &everything, 0, 0),
           *all = ask("units", NULL, &everything, 0, 0);

    (void)state;
    assert_int_equal(json_array_size(found), 1);
    row_where(found, "unit", "HU-LH");
    assert_int_equal(json_array_size(all), sizeof want / sizeof want[0]);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        assert_string_equal(json_string_value(json_object_get(json_array_get(all, i), "unit")),
                            want[i]);
    json_decref(found);
    json_decref(all);
}

static void test_a_unit_sees_its_own_and_a_member_its_field(void **state)
{
    int32_t own = unit_id("TU-DL");
    const char *const fields[] = {"BUDGET"};
    struct gv_scope unit = {.role = GIAOVIEC__V1__ROLE__ROLE_UNIT,
                            .unit_ids = &own,
                            .unit_count = 1,
                            .all_fields = true};
    struct gv_scope member = {
        .role = GIAOVIEC__V1__ROLE__ROLE_MEMBER, .fields = fields, .field_count = 1};
    struct gv_scope nothing = {.role = GIAOVIEC__V1__ROLE__ROLE_UNIT};
    json_t *mine = ask("assignments", NULL, &unit, 0, 0),
           *field = ask("assignments", NULL, &member, 0, 0);
    json_t *items = ask("summary-items", NULL, &member, 0, 0),
           *feed = ask("feed", NULL, &unit, 0, 0);

    (void)state;
    assert_int_equal(json_array_size(mine), 2);
    for (size_t i = 0; i < json_array_size(mine); i++)
        assert_string_equal(json_string_value(json_object_get(json_array_get(mine, i), "unit")),
                            "TU-DL");
    assert_int_equal(json_array_size(field), 3);
    for (size_t i = 0; i < json_array_size(field); i++)
        assert_string_equal(json_string_value(json_object_get(json_array_get(field, i), "field")),
                            "BUDGET");
    assert_int_equal(json_array_size(items), 1);
    assert_int_equal(number(json_array_get(items, 0), "total"), 3);
    assert_true(json_array_size(feed) > 5);
    for (size_t i = 0; i < json_array_size(feed); i++)
        assert_string_equal(json_string_value(json_object_get(json_array_get(feed, i), "unit")),
                            "TU-DL");
    json_decref(mine);
    json_decref(field);
    json_decref(items);
    json_decref(feed);
    mine = ask("assignments", NULL, &nothing, 0, 0);
    assert_int_equal(json_array_size(mine), 0);
    json_decref(mine);
}

static void test_the_feed_has_every_position_once_and_always_a_next(void **state)
{
    struct gv_query_result page;
    json_t *rows = ask("feed", NULL, &everything, 7, 0);

    (void)state;
    assert_int_equal(json_array_size(rows), SEALED);
    for (size_t i = 0; i < SEALED; i++)
        assert_int_equal(number(json_array_get(rows, i), "position"), i + 1);
    json_decref(rows);
    assert_int_equal(ask_page("feed", NULL, "63", 0, 0, &everything, &page), GV_OK);
    assert_int_equal(page.count, 0);
    assert_string_equal(page.next, "63");
    rows = ask("seals", NULL, &everything, 0, 0);
    assert_int_equal(number(json_array_get(rows, 0), "waiting"), 2);
    assert_int_equal(number(json_array_get(rows, 0), "position"), SEALED);
    json_decref(rows);
}

static void test_a_transfer_shows_both_holders_and_the_late_report(void **state)
{
    static const char *const this_one[] = {"item=2", "directive=12-cv/tu", NULL};
    static const char *const others[][2] = {{"item=1", NULL}, {"directive=13-cv/tu", NULL}};
    json_t *parts = ask("assignment", args_for("assignment"), &everything, 0, 0),
           *late = ask("late-evidence", NULL, &everything, 0, 0);
    const json_t *first = json_array_get(parts, 0), *second = json_array_get(parts, 1);

    (void)state;
    assert_string_equal(json_string_value(json_object_get(first, "unit")), "TU-DL");
    assert_string_equal(json_string_value(json_object_get(first, "state")), "TRANSFERRED");
    assert_true(json_is_null(json_object_get(first, "cell")));
    assert_string_equal(json_string_value(json_object_get(second, "unit")), "HU-DH");
    assert_string_equal(json_string_value(json_object_get(second, "from_unit")), "TU-DL");
    row_where(parts, "disposition", "STALE");
    assert_int_equal(json_array_size(late), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(late, 0), "holder")),
                        "HU-DH");
    json_decref(late);
    late = ask("late-evidence", this_one, &everything, 0, 0);
    assert_int_equal(json_array_size(late), 1);
    json_decref(late);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        late = ask("late-evidence", others[i], &everything, 0, 0);
        assert_int_equal(json_array_size(late), 0);
        json_decref(late);
    }
    json_decref(parts);
}

static void test_a_task_shows_its_place_calendar_and_provenance(void **state)
{
    static const char *const args[] = {"task=1.1", "directive=12-cv/tu", NULL};
    json_t *rows = ask("task", args, &everything, 0, 0);
    const json_t *task = json_array_get(rows, 0);

    (void)state;
    assert_int_equal(json_array_size(rows), 1);
    assert_int_equal(number(json_object_get(task, "span"), "line"), 2);
    assert_string_equal(json_string_value(json_object_get(task, "due_origin")), "office");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(task, "calendar"), "cadence")), "WEEKLY");
    assert_string_equal(json_string_value(json_array_get(json_object_get(task, "lead_names"), 0)),
                        "mọi \"đơn vị\"");
    assert_string_equal(json_string_value(json_object_get(
                            json_array_get(json_object_get(task, "provenance"), 0), "by")),
                        "vp1");
    json_decref(rows);
}

static void test_names_of_acts_are_those_of_the_act_table(void **state)
{
    static const char *const names[] = {
#define SIGNED_ACT(name, number, signers, count, with, lifecycle, when, body) [number] = #name,
#include "trust/acts.def"
#undef SIGNED_ACT
    };

    (void)state;
    for (size_t i = 1; i < sizeof names / sizeof names[0]; i++) {
        char sql[64];
        PGresult *result;

        snprintf(sql, sizeof sql, "SELECT giaoviec.entry_name(3, %zu)", i);
        result = PQexec(owner, sql);
        assert_string_equal(PQgetvalue(result, 0, 0), names[i]);
        PQclear(result);
    }
}

/* cell_of is written out for PostgreSQL's sake: it must say what the rollups' outcome and cell say.
 */
static void test_the_cell_of_a_row_is_the_cell_of_its_outcome(void **state)
{
    PGresult *result = PQexec(
        owner,
        "WITH r AS (SELECT role, state, due, submitted, submit_due, now"
        " FROM generate_series(1, 3) role, generate_series(1, 12) state,"
        " unnest(ARRAY[NULL, 10, 20, 30]::bigint[]) due,"
        " unnest(ARRAY[NULL, 5, 10, 20, 25]::bigint[]) submitted,"
        " unnest(ARRAY[NULL, 10, 20]::bigint[]) submit_due,"
        " unnest(ARRAY[5, 10, 11, 20, 21, 40]::bigint[]) now),"
        " c AS (SELECT giaoviec.cell_of(role, state, due, submitted, submit_due, now) AS cell,"
        " giaoviec.outcome(role, state, due, submitted, submit_due) AS outcome, due, now FROM r)"
        "SELECT count(*), count(DISTINCT cell), count(*) FILTER (WHERE cell IS DISTINCT FROM"
        " CASE WHEN outcome IS NOT NULL THEN giaoviec.cell(outcome, coalesce(due, 0), now) END)"
        " FROM c");

    (void)state;
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    assert_string_equal(PQgetvalue(result, 0, 0), "12960");
    assert_string_equal(PQgetvalue(result, 0, 1), "7");
    assert_string_equal(PQgetvalue(result, 0, 2), "0");
    PQclear(result);
}

/* Rows of a table that the owner's transaction has read so far. */
static long long rows_read(const char *table)
{
    const char *const params[] = {table};
    PGresult *result = PQexecParams(owner,
                                    "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) "
                                    "FROM pg_stat_xact_user_tables WHERE relname = $1::text",
                                    1, NULL, params, NULL, NULL, 0);
    long long n;

    assert_int_equal(PQntuples(result), 1);
    n = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return n;
}

/* The statement itself, for somebody who sees everything. */
static int rows_of(const char *path, const char *args, const char *after)
{
    const char *const params[] = {args, NULL, NULL, after, "500", "0"};
    struct gv_buf sql;
    PGresult *result;
    int rows;

    gv_buf_init(&sql);
    assert_int_equal(gv_buf_read_file(&sql, path, 65536), GV_OK);
    result = PQexecParams(owner, (char *)sql.data, 6, NULL, params, NULL, NULL, 0);
    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s", PQerrorMessage(owner));
    rows = PQntuples(result);
    PQclear(result);
    gv_buf_fini(&sql);
    return rows;
}

/* Twenty thousand seals of one position each lie before those of the fixture. */
static void make_seals(void)
{
    run_sql("UPDATE giaoviec.seal SET first_position = first_position + 20000");
    run_sql("INSERT INTO giaoviec.seal (era, xid_from, xid_to, first_position, n) "
            "SELECT 0, '1'::xid8, '1'::xid8, i, 1 FROM generate_series(1, 20000) i");
    run_sql("ANALYZE giaoviec.seal");
}

static void test_a_feed_reads_no_more_seals_when_there_are_more(void **state)
{
    static const struct {
        const char *after;
        int rows;
    } asked[] = {{"20063", 0}, {"20062", 1}, {"20000", SEALED}, {"19998", SEALED}};

    (void)state;
    run_sql("BEGIN");
    make_seals();
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        long long before = rows_read("seal"), read;

        assert_int_equal(rows_of(SQL_DIR "query_feed.sql", "{}", asked[i].after), asked[i].rows);
        read = rows_read("seal") - before;
        if (read > 100)
            fail_msg("after %s: %lld seals are read", asked[i].after, read);
    }
    run_sql("ROLLBACK");
}

/* Four hundred tasks, each missed fifty times. */
static void make_tasks(void)
{
    run_sql("INSERT INTO giaoviec.task (directive, place, number, item, words, gloss, fold, kinds,"
            " field, supervisor, digest, bytes)"
            " SELECT t.directive, 1000 + i, 'n' || i, t.item, t.words, t.gloss, t.fold, t.kinds,"
            " t.field, t.supervisor, t.digest, t.bytes"
            " FROM (SELECT * FROM giaoviec.task ORDER BY task_id LIMIT 1) t,"
            " generate_series(1, 400) i");
    run_sql("INSERT INTO giaoviec.assignment (unit_id, assignment, epoch, directive, task_id, item,"
            " role, state, issued_us, act_id)"
            " SELECT (SELECT min(unit_id) FROM giaoviec.unit), gen_random_uuid(), 1, t.directive,"
            " t.task_id, t.item, 1, 9, 0, gen_random_uuid()"
            " FROM giaoviec.task t, generate_series(1, 50) WHERE t.place > 1000");
    run_sql("ANALYZE giaoviec.task, giaoviec.assignment, giaoviec.unit");
}

static void test_a_page_of_assignments_reads_its_tasks_only(void **state)
{
    static const char *const paths[] = {SQL_DIR "query_assignments.sql",
                                        SQL_DIR "query_summary_notmet.sql"};
    static const struct {
        const char *name;
        long long most; /* the units that rows came from and went to may be looked up by a scan */
    } tables[] = {{"assignment", 1500}, {"task", 1500}, {"unit", 8000}};
    char after[128];
    PGresult *result;

    (void)state;
    run_sql("BEGIN");
    make_tasks();
    result = PQexec(owner, "SELECT directive FROM giaoviec.task WHERE place = 1200");
    snprintf(after, sizeof after, "[\"%s\", 1200, \"\", \"%s\", 0]", PQgetvalue(result, 0, 0),
             PQgetvalue(result, 0, 0));
    PQclear(result);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        long long before[3];

        for (size_t k = 0; k < 3; k++)
            before[k] = rows_read(tables[k].name);
        assert_int_equal(rows_of(paths[i], "{}", after), 500);
        for (size_t k = 0; k < 3; k++) {
            long long read = rows_read(tables[k].name) - before[k];

            if (read > tables[k].most)
                fail_msg("%s: %lld rows of %s are read", paths[i], read, tables[k].name);
        }
    }
    run_sql("ROLLBACK");
}

static void test_how_far_it_is_sealed_is_read_from_one_seal(void **state)
{
    static const char *const paths[] = {SQL_DIR "query_summary_head.sql", SQL_DIR "query_seals.sql",
                                        SQL_DIR "query_settle.sql"};

    (void)state;
    run_sql("BEGIN");
    make_seals();
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        long long before = rows_read("seal"), read;

        assert_int_equal(rows_of(paths[i], "{}", NULL), 1);
        read = rows_read("seal") - before;
        if (read > 100)
            fail_msg("%s: %lld seals are read", paths[i], read);
    }
    run_sql("ROLLBACK");
}

static void test_an_assignment_is_found_by_the_start_of_its_id_among_many(void **state)
{
    static const struct {
        const char *path, *args;
    } asked[] = {
        {SQL_DIR "query_assignment.sql", "{\"assignment\": \"8f14e45fce\"}"},
        {SQL_DIR "query_assignments.sql", "{\"assignment\": \"8f14e45fce\", \"ended\": \"1\"}"},
    };

    (void)state;
    run_sql("BEGIN");
    run_sql(
        "INSERT INTO giaoviec.assignment (unit_id, assignment, epoch, directive, task_id, item,"
        " role, state, issued_us, act_id)"
        " SELECT u.unit_id, md5(i::text)::uuid, 1, t.directive, t.task_id, 1, 2, 12, 1, t.directive"
        " FROM generate_series(1, 20000) i, (SELECT min(unit_id) AS unit_id FROM giaoviec.unit) u,"
        " (SELECT * FROM giaoviec.task ORDER BY task_id LIMIT 1) t");
    run_sql("ANALYZE giaoviec.assignment");
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        long long before = rows_read("assignment"), read;

        assert_int_equal(rows_of(asked[i].path, asked[i].args, NULL), 1); /* md5 of "7" */
        read = rows_read("assignment") - before;
        if (read > 100)
            fail_msg("%s: %lld assignments are read", asked[i].path, read);
    }
    run_sql("ROLLBACK");
}

/* Of all pages, in bytes; *marks: how many rows of them have a text that was cut. */
static size_t longest_row(const char *name, size_t *marks)
{
    const char *after = "";
    size_t longest = 0;

    *marks = 0;
    do {
        struct gv_query_result page;

        assert_int_equal(ask_page(name, args_for(name), after, 0, 0, &everything, &page), GV_OK);
        for (size_t i = 0; i < page.count; i++) {
            json_t *row = parse(page.rows[i]);
            const char *words = json_string_value(json_object_get(row, "narrative"));
            size_t len = words != NULL ? strlen(words) : 0, end = strlen(GV_QUERY_CUT);

            *marks += len > end && strcmp(words + len - end, GV_QUERY_CUT) == 0;
            longest = page.rows[i].len > longest ? page.rows[i].len : longest;
            json_decref(row);
        }
        if (strcmp(after, page.next) == 0)
            break;
        after = page.next;
    } while (after[0] != '\0');
    return longest;
}

/* As it was stored before texts had a bound. It stays so: this test is the last one. */
static void test_a_row_that_fits_no_frame_is_cut_and_nobody_is_held_up_by_it(void **state)
{
    static const char *const names[] = {"feed", "late-evidence", "assignments", "assignment",
                                        "summary-overdue"};

    (void)state;
    run_sql("UPDATE giaoviec.ledger SET narrative = repeat('ê\"', 65000) "
            "WHERE id = 5 OR disposition = 2");
    run_sql("UPDATE giaoviec.assignment SET narrative = repeat('x', 261000)");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t marks, longest = longest_row(names[i], &marks);

        if (longest > (size_t)200 * 1024 || marks == 0)
            fail_msg("%s: %zu rows are cut, the longest has %zu bytes", names[i], marks, longest);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, fresh)
    const struct CMUnitTest tests[] = {
        TEST(test_every_query_answers_rows_and_pages_join_without_a_seam),
        TEST(test_refusals_are_typed_and_leave_the_connection_usable),
        TEST(test_all_six_cells_are_filled_and_add_up),
        TEST(test_the_time_of_classes_can_be_another),
        TEST(test_search_is_folded_and_names_are_in_vietnamese_order),
        TEST(test_a_unit_sees_its_own_and_a_member_its_field),
        TEST(test_the_feed_has_every_position_once_and_always_a_next),
        TEST(test_a_transfer_shows_both_holders_and_the_late_report),
        TEST(test_a_task_shows_its_place_calendar_and_provenance),
        TEST(test_names_of_acts_are_those_of_the_act_table),
        TEST(test_the_cell_of_a_row_is_the_cell_of_its_outcome),
        TEST(test_a_feed_reads_no_more_seals_when_there_are_more),
        TEST(test_a_page_of_assignments_reads_its_tasks_only),
        TEST(test_how_far_it_is_sealed_is_read_from_one_seal),
        TEST(test_an_assignment_is_found_by_the_start_of_its_id_among_many),
        TEST(test_a_row_that_fits_no_frame_is_cut_and_nobody_is_held_up_by_it),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
