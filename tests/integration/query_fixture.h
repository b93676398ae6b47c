/*
 * query_fixture.h - a real cluster with invented rows in which all six cells are filled, and
 * questions to it.
 */
#ifndef GV_QUERY_FIXTURE_H
#define GV_QUERY_FIXTURE_H

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
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "giaoviec/v1/task.pb-c.h"
#include "giaoviec/v1/trust.pb-c.h"
#include "store/cluster.h"
#include "store/store.h"

#define ROWS      GV_SOURCE_DIR "/tests/data/query-rows.sql"
#define ARENA_CAP ((size_t)64 << 20)
#define SEALED    63 /* rows of the ledger with a position; two more wait */

static char dir[] = "/tmp/giaoviec-query.XXXXXX";
static struct gv_cluster cluster;
static PGconn *owner;
static gv_store *store;
static gv_arena *arena;

static const struct gv_scope everything = {
    .role = GIAOVIEC__V1__ROLE__ROLE_ADMIN, .all_units = true, .all_fields = true};

/* ---- the cluster ------------------------------------------------------------------------------
 */

static inline void run_sql(const char *sql)
{
    PGresult *result = PQexec(owner, sql);

    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%.200s: %s", sql, PQerrorMessage(owner));
    PQclear(result);
}

static inline int32_t unit_id(const char *code)
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
static inline bool load_rows(void)
{
    char command[1024];

    snprintf(command, sizeof command, "psql '%s' -X -q -o /dev/null -v ON_ERROR_STOP=1 -f '%s'",
             cluster.owner, ROWS);
    return system(command) == 0;
}

/* Task 1.1 with what only its bytes say. */
static inline void give_bytes(void)
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

static inline int stop(void **state)
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

static inline bool begin(char *why, size_t why_size)
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

static inline int start(void **state)
{
    char why[512] = "";

    (void)state;
    if (begin(why, sizeof why))
        return 0;
    fprintf(stderr, "%s\n", why); /* stop() runs all the same */
    return -1;
}

static inline int fresh(void **state)
{
    (void)state;
    gv_arena_reset(arena);
    return 0;
}

/* ---- asking -----------------------------------------------------------------------------------
 */

static inline gv_err ask_page(const char *name, const char *const *args, const char *after,
                              uint32_t limit, size_t max_bytes, const struct gv_scope *scope,
                              struct gv_query_result *out)
{
    struct gv_query query = {
        .name = name, .args = args, .after = after, .limit = limit, .max_bytes = max_bytes};

    while (args != NULL && args[query.arg_count] != NULL)
        query.arg_count++;
    return gv_store_query(store, arena, &query, scope, out);
}

static inline json_t *parse(struct gv_slice row)
{
    json_error_t bad;
    json_t *json = json_loadb((const char *)row.data, row.len, JSON_REJECT_DUPLICATES, &bad);

    if (json == NULL)
        fail_msg("%s: %.*s", bad.text, (int)row.len, (const char *)row.data);
    assert_true(json_is_object(json));
    return json;
}

/* All pages of at most limit rows, as an array. */
static inline json_t *ask(const char *name, const char *const *args, const struct gv_scope *scope,
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
static inline const char *const *args_for(const char *name)
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

static inline int64_t number(const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);

    if (!json_is_integer(value))
        fail_msg("%s is no number", key);
    return json_integer_value(value);
}

static inline const json_t *row_where(const json_t *rows, const char *key, const char *value)
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

#endif
