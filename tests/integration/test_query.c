/* links: gv_store gv_cli gv_domain gv_proto gv_base */
/*
 * test_query.c - the queries on a real cluster, over invented rows in which all six cells are
 * filled; and the recount, which must find nothing, and must find what was tampered with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "cli/summary.h"
#include "giaoviec/v1/task.pb-c.h"
#include "giaoviec/v1/trust.pb-c.h"
#include "store/cluster.h"
#include "store/store.h"

#define ROWS      GV_SOURCE_DIR "/tests/data/query-rows.sql"
#define RECOUNT   GV_SOURCE_DIR "/deploy/data/recount.sql"
#define ARENA_CAP ((size_t)64 << 20)
#define SEALED    63 /* rows of the ledger with a position; two more wait */

static char dir[] = "/tmp/gv-test-query.XXXXXX";
static struct gv_cluster cluster;
static PGconn *owner;
static gv_store *store;
static gv_arena *arena;

static const struct gv_scope everything = {
    .role = GIAOVIEC__V1__ROLE__ROLE_ADMIN, .all_units = true, .all_fields = true};

/* ---- the cluster ------------------------------------------------------------------------------
 */

static void run_sql(const char *sql)
{
    PGresult *result = PQexec(owner, sql);

    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%.200s: %s", sql, PQerrorMessage(owner));
    PQclear(result);
}

static int32_t unit_id(const char *code)
{
    const char *const params[] = {code};
    PGresult *result = PQexecParams(owner, "SELECT unit_id FROM giaoviec.unit WHERE code = $1", 1,
                                    NULL, params, NULL, NULL, 0);
    int32_t id;

    assert_int_equal(PQntuples(result), 1);
    id = atoi(PQgetvalue(result, 0, 0));
    PQclear(result);
    return id;
}

/* By psql: each statement is a transaction of its own, as acts and reports are. */
static bool load_rows(void)
{
    char command[1024];

    snprintf(command, sizeof command, "psql '%s' -X -q -o /dev/null -v ON_ERROR_STOP=1 -f '%s'",
             cluster.owner, ROWS);
    return system(command) == 0;
}

/* Task 1.1 with what only its bytes say. */
static void give_bytes(void)
{
    Giaoviec__V1__Task task = GIAOVIEC__V1__TASK__INIT;
    Giaoviec__V1__Span span = GIAOVIEC__V1__SPAN__INIT;
    Giaoviec__V1__Due due = GIAOVIEC__V1__DUE__INIT;
    Giaoviec__V1__Calendar calendar = GIAOVIEC__V1__CALENDAR__INIT;
    Giaoviec__V1__Window window = GIAOVIEC__V1__WINDOW__INIT, *windows[] = {&window};
    Giaoviec__V1__Provenance provenance = GIAOVIEC__V1__PROVENANCE__INIT,
                             *provenances[] = {&provenance};
    char lead[] = "mọi \"đơn vị\"", *leads[] = {lead};
    uint8_t bytes[512];
    const char *params[] = {(const char *)bytes};
    const int formats[] = {1};
    int lengths[1];
    PGresult *result;

    task.number = (char *)"1.1";
    span.begin = 5;
    span.end = 12;
    span.line = 2;
    span.column = 3;
    task.span = &span;
    due.due_us = 1;
    due.origin = GIAOVIEC__V1__ORIGIN__ORIGIN_OFFICE;
    task.due = &due;
    window.name = (char *)"Tết";
    window.cadence = GIAOVIEC__V1__CADENCE__CADENCE_DAILY;
    calendar.cadence = GIAOVIEC__V1__CADENCE__CADENCE_WEEKLY;
    calendar.windows = windows;
    calendar.n_windows = 1;
    task.calendar = &calendar;
    task.leads = leads;
    task.n_leads = 1;
    provenance.field = (char *)"due";
    provenance.origin = GIAOVIEC__V1__ORIGIN__ORIGIN_OFFICE;
    provenance.by = (char *)"vp1";
    task.provenance = provenances;
    task.n_provenance = 1;
    assert_true(giaoviec__v1__task__get_packed_size(&task) <= sizeof bytes);
    lengths[0] = (int)giaoviec__v1__task__pack(&task, bytes);
    result = PQexecParams(owner, "UPDATE giaoviec.task SET bytes = $1 WHERE number = '1.1'", 1,
                          NULL, params, lengths, formats, 0);
    assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
}

static int stop(void **state)
{
    char why[512] = "", command[128];

    (void)state;
    gv_arena_free(arena);
    gv_store_close(store);
    PQfinish(owner);
    if (gv_cluster_stop(dir, false, why, sizeof why) != GV_OK)
        fprintf(stderr, "%s\n", why);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) == 0 ? 0 : -1;
}

static bool begin(char *why, size_t why_size)
{
    struct gv_store_options options = {.application = "test_query"};

    if (mkdtemp(dir) == NULL || chmod(dir, 0711) != 0)
        return false;
    if (gv_cluster_start(dir, &cluster, why, why_size) != GV_OK ||
        gv_store_migrate(cluster.owner, NULL, why, why_size) != GV_OK || !load_rows())
        return false;
    owner = PQconnectdb(cluster.owner);
    if (PQstatus(owner) != CONNECTION_OK)
        return false;
    give_bytes();
    options.conninfo = cluster.coordinator;
    arena = gv_arena_new(ARENA_CAP);
    return arena != NULL && gv_store_open(&options, &store, why, why_size) == GV_OK;
}

static int start(void **state)
{
    char why[512] = "";

    (void)state;
    if (begin(why, sizeof why))
        return 0;
    fprintf(stderr, "%s\n", why); /* stop() runs all the same */
    return -1;
}

static int fresh(void **state)
{
    (void)state;
    gv_arena_reset(arena);
    return 0;
}

/* ---- asking -----------------------------------------------------------------------------------
 */

static gv_err ask_page(const char *name, const char *const *args, const char *after, uint32_t limit,
                       size_t max_bytes, const struct gv_scope *scope, struct gv_query_result *out)
{
    struct gv_query query = {
        .name = name, .args = args, .after = after, .limit = limit, .max_bytes = max_bytes};

    while (args != NULL && args[query.arg_count] != NULL)
        query.arg_count++;
    return gv_store_query(store, arena, &query, scope, out);
}

static json_t *parse(struct gv_slice row)
{
    json_error_t bad;
    json_t *json = json_loadb((const char *)row.data, row.len, JSON_REJECT_DUPLICATES, &bad);

    if (json == NULL)
        fail_msg("%s: %.*s", bad.text, (int)row.len, (const char *)row.data);
    assert_true(json_is_object(json));
    return json;
}

/* All pages of at most limit rows, as an array. */
static json_t *ask(const char *name, const char *const *args, const struct gv_scope *scope,
                   uint32_t limit, size_t max_bytes)
{
    json_t *rows = json_array();
    const char *after = "";

    do {
        struct gv_query_result page;
        gv_err err = ask_page(name, args, after, limit, max_bytes, scope, &page);

        if (err != GV_OK)
            fail_msg("%s: %s: %s", name, gv_err_name(err), gv_store_error(store));
        for (size_t i = 0; i < page.count; i++)
            assert_int_equal(json_array_append_new(rows, parse(page.rows[i])), 0);
        if (strcmp(after, page.next) == 0)
            break;
        after = page.next;
    } while (after[0] != '\0');
    return rows;
}

/* Of what a query needs to answer rows. */
static const char *const *args_for(const char *name)
{
    static const char *const task[] = {"task=1.1", NULL}, *const unit[] = {"unit=SO-YT", NULL};
    static char assignment[64];
    static const char *const one[] = {assignment, NULL};
    PGresult *result;

    if (strcmp(name, "task") == 0)
        return task;
    if (strcmp(name, "unit") == 0)
        return unit;
    if (strcmp(name, "assignment") != 0)
        return NULL;
    result = PQexec(owner, "SELECT giaoviec.hex(t.id(22))");
    snprintf(assignment, sizeof assignment, "assignment=%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    return one;
}

static int64_t number(const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);

    if (!json_is_integer(value))
        fail_msg("%s is no number", key);
    return json_integer_value(value);
}

static const json_t *row_where(const json_t *rows, const char *key, const char *value)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *text = json_string_value(json_object_get(row, key));

        if (text != NULL && strcmp(text, value) == 0)
            return row;
    }
    fail_msg("no row where %s is %s", key, value);
    return NULL;
}

/* ---- tests ------------------------------------------------------------------------------------
 */

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
    json_decref(parts);
    json_decref(late);
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

/* ---- the recount ------------------------------------------------------------------------------
 */

static void load_section(struct summary *summary, enum summary_section section, const char *query)
{
    struct gv_query_result page;

    assert_int_equal(ask_page(query, NULL, "", 0, 0, &everything, &page), GV_OK);
    assert_string_equal(page.next, "");
    summary->rows[section] = json_array();
    for (size_t i = 0; i < page.count; i++) {
        gv_buf_puts(&summary->texts[section], i > 0 ? "," : "");
        gv_buf_append(&summary->texts[section], page.rows[i].data, page.rows[i].len);
        json_array_append_new(summary->rows[section], parse(page.rows[i]));
    }
}

/* summary.json, as the program writes it. */
static void write_summary(const char *path)
{
    static const char *const queries[SUMMARY_SECTIONS] = {
        "summary-items",        "summary-units",   "summary-indicators", "summary-periods",
        "summary-attestations", "summary-overdue", "summary-silent",     "summary-notmet"};
    struct gv_query_result head;
    struct summary summary;
    struct gv_buf out;

    summary_init(&summary);
    gv_buf_init(&out);
    summary.silent_after = 7;
    assert_int_equal(ask_page("summary-head", NULL, "", 0, 0, &everything, &head), GV_OK);
    summary.head = parse(head.rows[0]);
    gv_buf_append(&summary.head_text, head.rows[0].data, head.rows[0].len);
    for (int i = 0; i < SUMMARY_SECTIONS; i++)
        load_section(&summary, (enum summary_section)i, queries[i]);
    summary_put_json(&summary, &out);
    assert_true(gv_buf_ok(&out));
    assert_int_equal(gv_file_write(path, out.data, out.len, 0644), GV_OK);
    gv_buf_fini(&out);
    summary_fini(&summary);
}

/* Runs the shipped script as the reader; its exit status, its last line in last. */
static int recount(const char *json, char *last, size_t size)
{
    char command[1200], line[1024];
    FILE *pipe;
    int status;

    snprintf(command, sizeof command, "psql '%s' -X -q -v file='%s' -f '%s' 2>/dev/null",
             cluster.reader, json, RECOUNT);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    last[0] = '\0';
    while (fgets(line, sizeof line, pipe) != NULL)
        snprintf(last, size, "%.200s", line);
    status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_the_recount_finds_no_difference_and_finds_each_tampering(void **state)
{
    static const char *const tamper[][2] = {
        {"UPDATE giaoviec.rollup SET n = n + 1 WHERE outcome = 3",
         "UPDATE giaoviec.rollup SET n = n - 1 WHERE outcome = 3"},
        {"UPDATE giaoviec.indicator_value SET approved_value = approved_value + 1",
         "UPDATE giaoviec.indicator_value SET approved_value = approved_value - 1"},
        {"UPDATE giaoviec.occurrence SET done_us = done_us + 864000000000",
         "UPDATE giaoviec.occurrence SET done_us = done_us - 864000000000"},
        {"UPDATE giaoviec.attestation SET breaches = breaches + 1",
         "UPDATE giaoviec.attestation SET breaches = breaches - 1"},
        {"UPDATE giaoviec.assignment SET due_us = due_us - 864000000000 WHERE state = 5",
         "UPDATE giaoviec.assignment SET due_us = due_us + 864000000000 WHERE state = 5"},
        {"UPDATE giaoviec.unit_log SET last_report_us = last_report_us - 864000000000",
         "UPDATE giaoviec.unit_log SET last_report_us = last_report_us + 864000000000"},
    };
    char path[64], last[256];

    (void)state;
    snprintf(path, sizeof path, "%s/summary.json", dir);
    write_summary(path);
    assert_int_equal(recount(path, last, sizeof last), 0);
    assert_string_equal(last, "chênh lệch: 0\n");
    for (size_t i = 0; i < sizeof tamper / sizeof tamper[0]; i++) {
        run_sql(tamper[i][0]);
        write_summary(path);
        if (recount(path, last, sizeof last) != 3 || strncmp(last, "chênh lệch: ", 14) != 0 ||
            strcmp(last, "chênh lệch: 0\n") == 0)
            fail_msg("not found: %s: %s", tamper[i][0], last);
        run_sql(tamper[i][1]);
    }
    write_summary(path);
    assert_int_equal(recount(path, last, sizeof last), 0);
}

/* What is recorded after the summary's snapshot does not disturb its recount. */
static void test_the_recount_sees_the_ledger_as_the_summary_saw_it(void **state)
{
    char path[64], last[256];

    (void)state;
    snprintf(path, sizeof path, "%s/summary.json", dir);
    write_summary(path);
    run_sql("SELECT t.event('2024-02-29 10:00', 'SO-TC', 31, 1, 1, 4, 6)");
    assert_int_equal(recount(path, last, sizeof last), 0);
    assert_string_equal(last, "chênh lệch: 0\n");
    write_summary(path);
    assert_int_equal(recount(path, last, sizeof last), 0);
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
        TEST(test_the_recount_finds_no_difference_and_finds_each_tampering),
        TEST(test_the_recount_sees_the_ledger_as_the_summary_saw_it),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
