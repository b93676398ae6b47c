/*
 * store_fixture.h - a private cluster for a test program, a database of its own for each test, and
 * a small world in it: units U0 …, one directive, tasks, assignments.
 */
#ifndef GV_STORE_FIXTURE_H
#define GV_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "base/arena.h"
#include "base/clock.h"
#include "store/cluster.h"
#include "store/store.h"

#define DAY_0     19724 /* 2024-01-02 */
#define UNITS_MAX 128

struct world {
    char owner[256];
    char coordinator[256];
    char reader[256];
    gv_store *store;
    gv_arena *arena;
    PGconn *admin; /* superuser: looks at what the store did */
    int32_t unit[UNITS_MAX];
    gv_id directive;
};

static char fixture_dir[64];
static struct gv_cluster fixture_cluster;
static int fixture_databases;

static inline int fixture_setup(void **state)
{
    char why[512] = "";

    (void)state;
    snprintf(fixture_dir, sizeof fixture_dir, "/tmp/gv-test-XXXXXX");
    if (mkdtemp(fixture_dir) == NULL || chmod(fixture_dir, 0711) != 0)
        return -1;
    if (gv_cluster_start(fixture_dir, &fixture_cluster, why, sizeof why) != GV_OK) {
        fprintf(stderr, "cluster: %s\n", why);
        return -1;
    }
    return 0;
}

static inline int fixture_teardown(void **state)
{
    char command[128];
    char why[512] = "";

    (void)state;
    if (gv_cluster_stop(fixture_dir, false, why, sizeof why) != GV_OK) {
        fprintf(stderr, "cluster: %s\n", why);
        return -1;
    }
    snprintf(command, sizeof command, "rm -rf %s", fixture_dir);
    return system(command);
}

static inline gv_id make_id(uint32_t kind, uint32_t n)
{
    gv_id id = {{0}};

    memcpy(id.b, &kind, sizeof kind);
    memcpy(id.b + 8, &n, sizeof n);
    return id;
}

static inline struct gv_slice slice_of(const char *s)
{
    return (struct gv_slice){(const uint8_t *)s, strlen(s)};
}

/* One number that a query of the superuser answers. */
static inline long long ask(struct world *world, const char *sql)
{
    PGresult *result = PQexec(world->admin, sql);
    long long answer;

    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(world->admin));
    answer = PQntuples(result) == 0 ? -1 : strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    return answer;
}

static inline void tell(struct world *world, const char *sql)
{
    PGresult *result = PQexec(world->admin, sql);

    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(world->admin));
    PQclear(result);
}

static inline gv_store *open_store(struct world *world, const char *name, int commit_timeout_ms)
{
    struct gv_store_options options = {
        .conninfo = world->coordinator,
        .application = name,
        .commit_timeout_ms = commit_timeout_ms,
        .lock_timeout_ms = 300,
    };
    gv_store *store = NULL;
    char why[512] = "";

    if (gv_store_open(&options, &store, why, sizeof why) != GV_OK)
        fail_msg("open: %s", why);
    return store;
}

/* An empty database with the schema and an open store. */
static inline void world_begin(struct world *world)
{
    char name[32];
    char why[512] = "";

    memset(world, 0, sizeof *world);
    snprintf(name, sizeof name, "test_%d", fixture_databases++);
    assert_int_equal(gv_cluster_database(&fixture_cluster, name, world->owner, world->coordinator,
                                         world->reader, sizeof world->owner),
                     GV_OK);
    if (gv_store_migrate(world->owner, NULL, why, sizeof why) != GV_OK)
        fail_msg("migrate: %s", why);
    world->admin = PQconnectdb(world->owner);
    assert_int_equal(PQstatus(world->admin), CONNECTION_OK);
    world->store = open_store(world, "test", 0);
    world->arena = gv_arena_new(64u << 20);
    assert_non_null(world->arena);
}

static inline void world_end(struct world *world)
{
    gv_store_close(world->store);
    gv_arena_free(world->arena);
    PQfinish(world->admin);
}

static inline void must(struct world *world, gv_err err)
{
    if (err != GV_OK)
        fail_msg("%s: %s", gv_err_name(err), gv_store_error(world->store));
}

static inline void world_deploy(struct world *world)
{
    struct gv_deployment deployment = {
        .id = make_id('D', 1),
        .demonstration = true,
        .stepped = true,
        .business_us = gv_day_begin_us(DAY_0),
        .keyset_version = 1,
        .keyset = slice_of("keyset 1"),
        .root_key = slice_of("01234567890123456789012345678901"),
    };

    must(world, gv_store_deployment_init(world->store, &deployment));
}

static inline void world_units(struct world *world, int count)
{
    struct gv_unit_new units[UNITS_MAX] = {0};
    struct gv_unit_ref refs[UNITS_MAX];
    const char *codes[UNITS_MAX];
    const char *fields[] = {"an ninh", "y tế"};
    char text[UNITS_MAX][16];
    gv_id act = make_id('A', 1);

    for (int i = 0; i < count; i++) {
        snprintf(text[i], sizeof text[i], "U%d", i);
        codes[i] = text[i];
        units[i].code = text[i];
        units[i].name_vi = "Đơn vị";
        units[i].name_fold = "don vi";
        units[i].fields = fields;
        units[i].field_count = 2;
    }
    must(world, gv_store_units_register(world->store, units, (size_t)count, &act, NULL));
    must(world, gv_store_units_resolve(world->store, codes, (size_t)count, refs));
    for (int i = 0; i < count; i++)
        world->unit[i] = refs[i].unit_id;
}

/* One directive with one task that has a due date, an indicator and a clause. */
static inline gv_err put_directive(gv_store *store, const gv_id *id, int64_t due_us)
{
    Giaoviec__V1__Breakdown breakdown = GIAOVIEC__V1__BREAKDOWN__INIT;
    Giaoviec__V1__LetterMeta meta = GIAOVIEC__V1__LETTER_META__INIT;
    Giaoviec__V1__Task task = GIAOVIEC__V1__TASK__INIT;
    Giaoviec__V1__Due due = GIAOVIEC__V1__DUE__INIT;
    Giaoviec__V1__Indicator indicator = GIAOVIEC__V1__INDICATOR__INIT;
    Giaoviec__V1__Indicator *indicators[] = {&indicator};
    Giaoviec__V1__Attestation clause = GIAOVIEC__V1__ATTESTATION__INIT;
    Giaoviec__V1__Attestation *clauses[] = {&clause};
    char kind[] = "PLAN", number[] = "2.2", words[] = "Tăng cường kiểm tra", code[] = "CASES";
    char *kinds[] = {kind};
    struct gv_task_in in = {.task = &task, .bytes = slice_of("task bytes"), .digest = {{7}}};
    gv_hash digest = {{9}};
    gv_id act = make_id('A', 2);

    breakdown.directive.data = (uint8_t *)id->b;
    breakdown.directive.len = sizeof id->b;
    breakdown.version = 1;
    breakdown.letter_digest.data = digest.b;
    breakdown.letter_digest.len = sizeof digest.b;
    breakdown.meta = &meta;
    due.due_us = due_us;
    indicator.code = code;
    clause.clause = words;
    task.number = number;
    task.item = 2;
    task.words = words;
    task.kinds = kinds;
    task.n_kinds = 1;
    task.due = &due;
    task.indicators = indicators;
    task.n_indicators = 1;
    task.attestations = clauses;
    task.n_attestations = 1;
    return gv_store_directive_put(store, &breakdown, &digest, &in, 1, &act, gv_day_begin_us(DAY_0));
}

static inline void world_directive(struct world *world, int64_t due_us)
{
    world->directive = make_id('L', 1);
    must(world, put_directive(world->store, &world->directive, due_us));
}

static inline int32_t world_task(struct world *world)
{
    struct gv_task_row *tasks = NULL;
    size_t count = 0;

    must(world, gv_store_tasks(world->store, world->arena, &world->directive, &tasks, &count));
    assert_int_equal(count, 1);
    return tasks[0].task_id;
}

/* One lead assignment for each of the first units, issued on DAY_0, delivered and accepted; periods
 * of three days. */
static inline void world_issue(struct world *world, int count, int64_t due_us)
{
    static const struct gv_occurrence planned[] = {{DAY_0, DAY_0 + 2, DAY_0 + 3},
                                                   {DAY_0 + 3, DAY_0 + 5, DAY_0 + 6}};
    struct gv_assignment_row *rows = gv_arena_zalloc(world->arena, sizeof *rows * (size_t)count);
    struct gv_assignment_row *all[UNITS_MAX];
    struct gv_event *events = gv_arena_zalloc(world->arena, sizeof *events * (size_t)count);
    struct gv_changes changes = {
        .rows = all, .row_count = (size_t)count, .events = events, .event_count = (size_t)count};
    struct gv_unit_log *logs;
    size_t locked;
    int32_t task_id = world_task(world);

    for (int i = 0; i < count; i++) {
        struct gv_assignment a = {.state = GV_STATE_ACCEPTED,
                                  .epoch = 1,
                                  .has_due = true,
                                  .due_us = due_us,
                                  .due_original_us = due_us,
                                  .issued_us = gv_day_begin_us(DAY_0)};

        rows[i] = (struct gv_assignment_row){.unit_id = world->unit[i],
                                             .assignment = make_id('a', (uint32_t)i),
                                             .directive = world->directive,
                                             .task_id = task_id,
                                             .item = 2,
                                             .role = GV_ASSIGN_LEAD,
                                             .act_id = make_id('A', 3),
                                             .a = a,
                                             .is_new = true};
        all[i] = &rows[i];
        events[i] = (struct gv_event){.kind = GV_EVENT_ITEM,
                                      .entry_kind = 4,
                                      .unit_id = world->unit[i],
                                      .disposition = 1,
                                      .row = &rows[i],
                                      .changed = true,
                                      .from = GV_STATE_DRAFT,
                                      .after = a,
                                      .business_us = gv_day_begin_us(DAY_0),
                                      .occurrences = planned,
                                      .occurrence_count = 2};
    }
    must(world, gv_store_begin(world->store));
    must(world, gv_store_units_lock(world->store, world->arena, world->unit, (size_t)count,
                                    GV_LOCK_WAIT, &logs, &locked));
    must(world, gv_store_apply(world->store, &changes));
    must(world, gv_store_commit(world->store));
}

#endif
