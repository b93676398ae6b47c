/*
 * batch.c - batches of the report lane, against a real database: every n-th allocation fails, every
 * call of libpq finds the connection cut, or fails. Two units say Hello, then report, then say
 * Hello again; one of them reports again, too. Then what was receipted is stored. What is not is
 * said again, as an agent would. In the end each report is there once, none refused, nothing leaks.
 * usage: sweep_batch STEP      every STEP-th allocation; prints rows of sweep/run's table
 */
#include "../fixture/trust.h"
#define must world_must
#include "../integration/store_fixture.h"

#include <signal.h>

#include "base/log.h"
#include "coordinator/coordinator.h"
#include "coordinator/reports.h"
#include "delivery/cursor.h"
#include "fault_libpq.h"

#define UNITS   2
#define ENTRIES 3

int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static struct rig {
    struct world world;
    struct fixture f;
    struct coordinator c;
    struct gv_key *key[UNITS]; /* of U0, U1 */
    uint64_t sequence, connection;
} r;

static unsigned long step = 1;
static int violations;

/* ---- the unit, its key, its task ---- */

static void put_hex(char *out, const void *bytes, size_t n)
{
    gv_hex(bytes, n, out);
}

static void put_key(int unit)
{
    char id[33], sign[65], curve[65], sql[512];

    put_hex(id, r.key[unit]->key_id.b, 16);
    put_hex(sign, r.key[unit]->sign_pk, 32);
    put_hex(curve, r.key[unit]->curve_pk, 32);
    snprintf(sql, sizeof sql,
             "UPDATE giaoviec.unit_log SET key_id = '%s', sign_key = '\\x%s', curve_key = '\\x%s' "
             "WHERE unit_id = %d",
             id, sign, curve, r.world.unit[unit]);
    tell(&r.world, sql);
}

/* The fixture's task, as bytes that can be read. */
static void put_task(void)
{
    Giaoviec__V1__Task task = GIAOVIEC__V1__TASK__INIT;
    Giaoviec__V1__Indicator indicator = GIAOVIEC__V1__INDICATOR__INIT;
    Giaoviec__V1__Indicator *indicators[] = {&indicator};
    uint8_t bytes[128];
    char hex[257], sql[512];

    indicator.code = text("CASES");
    task.indicators = indicators;
    task.n_indicators = 1;
    put_hex(hex, bytes, giaoviec__v1__task__pack(&task, bytes));
    snprintf(sql, sizeof sql, "UPDATE giaoviec.task SET bytes = '\\x%s'", hex);
    tell(&r.world, sql);
}

static void put_keyring(void)
{
    struct gv_unit_key *units = NULL;
    struct gv_keyset *keyset = NULL;
    uint64_t version;
    keyring *ring = NULL;
    size_t n = 0;

    world_must(&r.world, gv_store_keys(r.world.store, r.world.arena, &units, &n, &version));
    assert_int_equal(gv_keyset_open(bytes_of(&r.f.bytes), NULL, &keyset), GV_OK);
    assert_int_equal(keyring_new(keyset, units, n, &ring), GV_OK);
    keyring_put(r.c.keys, ring);
}

static void rig_begin(void)
{
    world_begin(&r.world);
    world_deploy(&r.world);
    world_units(&r.world, UNITS);
    world_directive(&r.world, gv_day_end_us(DAY_0 + 30));
    world_issue(&r.world, UNITS, gv_day_end_us(DAY_0 + 30));
    fixture_init(&r.f);
    r.c.config =
        (struct config){.conninfo = r.world.coordinator,
                        .report_lanes = 1,
                        .pace = {200, 20000},
                        .heartbeat_rate = 200,
                        .redeliver_ms = 500,
                        .reconnect_rate = 500,
                        .batch_jobs = 1, /* and the one that was waited for: two in a batch */
                        .backlog_bytes = (size_t)64 << 20};
    r.c.key = r.f.c1;
    r.c.self = r.f.c1->code;
    r.c.deployment = r.f.deployment;
    pthread_mutex_init(&r.c.clock_lock, NULL);
    pthread_mutex_init(&r.c.keys_lock, NULL);
    assert_int_equal(keyring_holder_new(&r.c.keys), GV_OK);
    assert_int_equal(presence_new(&r.c.presence), GV_OK);
    for (int i = 0; i < UNITS; i++) {
        r.key[i] = fixture_key(i == 0 ? "U0" : "U1", (uint8_t)(0x80 + 16 * i));
        put_key(i);
    }
    put_task();
    put_keyring();
}

static void rig_end(void)
{
    keyring_holder_free(r.c.keys);
    presence_free(r.c.presence);
    for (int i = 0; i < UNITS; i++)
        gv_key_free(r.key[i]);
    fixture_fini(&r.f);
    world_end(&r.world);
}

/* ---- what it says ---- */

static void say(int unit, enum gv_kind kind, const ProtobufCMessage *body)
{
    struct route route = {.len = 1, .id = {(uint8_t)(unit + 1)}};
    struct gv_head head = {.deployment = r.f.deployment,
                           .sender = r.key[unit]->code,
                           .kind = kind,
                           .connection = r.connection,
                           .sequence = ++r.sequence};
    keyring *ring = keyring_take(r.c.keys);
    const struct principal *who = keyring_by_code(ring, r.key[unit]->code.s);
    struct gv_sender sender = {.code = who->code, .roles = who->roles};
    struct gv_buf frame;
    struct job *job;

    gv_buf_init(&frame);
    assert_int_equal(gv_message_seal(&head, body, r.key[unit], &frame), GV_OK);
    job = job_new(&route, ring, who, frame.data, frame.len);
    assert_non_null(job);
    gv_sender_key(&sender, who->sign_pk);
    assert_int_equal(gv_message_open((struct gv_slice){job->frame.data, job->frame.len}, &sender,
                                     &r.c.deployment, &r.c.self, job->arena, &job->message),
                     GV_OK);
    gv_buf_fini(&frame);
    assert_true(gv_queue_push(r.c.reports[0], job));
}

static void hello(int unit, const struct gv_cursor *reports)
{
    Giaoviec__V1__Hello body = GIAOVIEC__V1__HELLO__INIT;
    Giaoviec__V1__Cursor none = GIAOVIEC__V1__CURSOR__INIT, head = GIAOVIEC__V1__CURSOR__INIT;

    body.connection = r.connection;
    body.keyset_version = 1;
    head.number = reports->n;
    head.hash = gv_pb_bytes(reports->h.b, sizeof reports->h.b);
    body.reports = &head;
    body.orders = body.receipted = &none;
    say(unit, GV_KIND_HELLO, &body.base);
}

static ProtobufCBinaryData entry_of(int unit, uint64_t n)
{
    Giaoviec__V1__ReportEntry entry = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    Giaoviec__V1__Status status = GIAOVIEC__V1__STATUS__INIT;
    Giaoviec__V1__IndicatorValue value = GIAOVIEC__V1__INDICATOR_VALUE__INIT;
    Giaoviec__V1__IndicatorValue *values[] = {&value};
    gv_id id = make_id('a', (uint32_t)unit);
    uint8_t body[256];
    char number[32];
    ProtobufCBinaryData out;

    snprintf(number, sizeof number, "%llu", (unsigned long long)n);
    value.code = text("CASES");
    value.value = number;
    value.as_of_day = DAY_0;
    status.values = values;
    status.n_values = 1;
    status.narrative = number;
    entry.body = (ProtobufCBinaryData){giaoviec__v1__status__pack(&status, body), body};
    entry.kind = GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS;
    entry.epoch = 1;
    entry.time_us = gv_day_begin_us(DAY_0);
    entry.assignment = gv_pb_bytes(id.b, sizeof id.b);
    out.len = giaoviec__v1__report_entry__get_packed_size(&entry);
    out.data = gv_arena_alloc(r.world.arena, out.len);
    giaoviec__v1__report_entry__pack(&entry, out.data);
    return out;
}

/* ---- what is in the database ---- */

static long long ask_of(int unit, const char *what)
{
    char sql[256];

    snprintf(sql, sizeof sql, "SELECT %s WHERE unit_id = %d", what, r.world.unit[unit]);
    return ask(&r.world, sql);
}

static struct gv_cursor stored(int unit)
{
    struct gv_cursor cursor = {.n = (uint64_t)ask_of(unit, "report_n FROM giaoviec.unit_log")};
    char sql[128];
    PGresult *result;

    snprintf(sql, sizeof sql,
             "SELECT encode(report_h, 'hex') FROM giaoviec.unit_log WHERE unit_id = %d",
             r.world.unit[unit]);
    result = PQexec(r.world.admin, sql);
    assert_int_equal(PQntuples(result), 1);
    assert_int_equal(gv_unhex(PQgetvalue(result, 0, 0), cursor.h.b, 32), GV_OK);
    PQclear(result);
    return cursor;
}

struct fault {
    enum fault_kind kind;
    unsigned long nth;
};

static void hold(bool is_true, struct fault fault, const char *what)
{
    if (is_true)
        return;
    violations++;
    printf("violation: batch %s nth=%lu %s\n", fault_names[fault.kind], fault.nth, what);
}

/* The highest number of each unit that was receipted; frees what went out. */
static void receipted(uint64_t most[UNITS])
{
    struct gv_sender sender = {.code = r.c.self, .roles = GV_ROLE_COORDINATOR};
    struct out *out;

    memset(most, 0, UNITS * sizeof *most);
    gv_sender_key(&sender, r.f.c1->sign_pk);
    while ((out = gv_queue_pop(r.c.out)) != NULL) {
        int unit = out->route.id[0] - 1;
        struct gv_message message;

        if (gv_message_open((struct gv_slice){out->frame.data, out->frame.len}, &sender,
                            &r.c.deployment, &r.key[unit]->code, r.world.arena,
                            &message) == GV_OK &&
            message.head.kind == GV_KIND_RECEIPT) {
            uint64_t n = ((const Giaoviec__V1__Receipt *)message.body)->reports->number;

            most[unit] = n > most[unit] ? n : most[unit];
        }
        out_free(out);
    }
}

static void check(struct fault fault, int unit, const struct gv_cursor *wanted)
{
    struct gv_cursor now = stored(unit);
    long long n = (long long)now.n;

    hold(now.n == wanted->n, fault, "not stored, though it was said again");
    hold(gv_hash_eq(&now.h, &wanted->h), fault, "another hash");
    hold(ask_of(unit, "count(report_n) FROM giaoviec.ledger") == n, fault,
         "not as many rows as reports");
    hold(ask_of(unit, "count(DISTINCT report_n) FROM giaoviec.ledger") == n, fault,
         "a report twice");
    hold(ask_of(unit, "count(report_n) FILTER (WHERE disposition <> 1) FROM giaoviec.ledger") == 0,
         fault, "a good report was refused");
}

/* ---- one try ---- */

struct said {
    Giaoviec__V1__Reports body;
    ProtobufCBinaryData entries[ENTRIES];
    struct gv_cursor wanted; /* afterwards */
};

static void prepare(int unit, struct said *said)
{
    said->wanted = stored(unit);
    giaoviec__v1__reports__init(&said->body);
    said->body.first = said->wanted.n + 1;
    said->body.entries = said->entries;
    said->body.n_entries = ENTRIES;
    for (int i = 0; i < ENTRIES; i++) {
        struct gv_cursor *head = &said->wanted;

        said->entries[i] = entry_of(unit, head->n + 1);
        gv_hash_chain(&head->h, gv_pb_slice(said->entries[i]), &head->h);
        head->n++;
    }
}

static void open_queues(void)
{
    assert_int_equal(gv_queue_new(64, &r.c.reports[0]), GV_OK);
    assert_int_equal(gv_queue_new(1024, &r.c.deliver), GV_OK);
    assert_int_equal(gv_queue_new(1024, &r.c.out), GV_OK);
}

/* Hellos are one batch, reports the next. Units before first only greet. */
static void say_all(struct said said[UNITS], int first)
{
    r.connection++;
    for (int unit = 0; unit < UNITS; unit++)
        hello(unit, &said[unit].wanted);
    for (int unit = first; unit < UNITS; unit++)
        say(unit, GV_KIND_REPORTS, &said[unit].body.base);
}

/* The lane takes all that was said, and ends. */
static void run_lane(struct fault fault)
{
    struct report_lane lane = {&r.c, r.c.reports[0], 0};
    uint64_t receipts[UNITS];
    void *item;

    gv_queue_close(lane.queue);
    reports_run(&lane);
    fault_disarm();
    hold(!atomic_load(&r.c.failed), fault, "the lane ended");
    atomic_store(&r.c.failed, false);
    receipted(receipts);
    for (int unit = 0; unit < UNITS; unit++)
        hold(receipts[unit] <= stored(unit).n, fault, "receipted and not stored");
    while ((item = gv_queue_pop(r.c.deliver)) != NULL)
        free(item);
    gv_queue_free(r.c.reports[0]);
    gv_queue_free(r.c.deliver);
    gv_queue_free(r.c.out);
}

static bool all_stored(const struct said said[UNITS])
{
    for (int unit = 0; unit < UNITS; unit++) {
        if (stored(unit).n < said[unit].wanted.n)
            return false;
    }
    return true;
}

static void try_one(struct fault fault)
{
    struct said said[UNITS];

    alarm(60);
    gv_arena_reset(r.world.arena);
    for (int unit = 0; unit < UNITS; unit++)
        prepare(unit, &said[unit]);
    open_queues();
    say_all(said, 0);
    say_all(said, 1); /* a receipt that the other was given too early is not made good by it */
    fault_arm_at_begin(fault.kind, fault.nth);
    run_lane(fault);
    if (!all_stored(said)) { /* it was told to say it again */
        open_queues();
        say_all(said, 0);
        run_lane(fault);
    }
    for (int unit = 0; unit < UNITS; unit++)
        check(fault, unit, &said[unit].wanted);
    alarm(0);
}

static void try_all(enum fault_kind kind, unsigned long each)
{
    unsigned long most, tries = 0;
    int before = violations;

    try_one((struct fault){kind, 0});
    most = fault_count(kind);
    for (unsigned long nth = 1; nth <= most; nth += each, tries++)
        try_one((struct fault){kind, nth});
    if (__lsan_do_recoverable_leak_check != NULL)
        hold(__lsan_do_recoverable_leak_check() == 0, (struct fault){kind, 0}, "something leaks");
    printf("row\tbatch\t%s\t%s\t%lu\t%d\n", kind == FAULT_ALLOCATION ? "memory" : "libpq",
           fault_names[kind], tries, violations - before);
}

static void test_every_fault_of_a_batch(void **state)
{
    (void)state;
    rig_begin();
    try_all(FAULT_CUT, 1);
    try_all(FAULT_CALL, 1);
    try_all(FAULT_ALLOCATION, step);
    rig_end();
    assert_int_equal(violations, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_fault_of_a_batch)};

    if (argc > 1 && atoi(argv[1]) > 0)
        step = (unsigned long)atoi(argv[1]);
    signal(SIGTERM, SIG_IGN); /* a lane that fails ends the program so: here it is seen otherwise */
    gv_log_init("sweep_batch", getenv("SWEEP_LOG") != NULL ? GV_LOG_DEBUG : GV_LOG_ERROR);
    cmocka_set_message_output(CM_OUTPUT_STDOUT);
    return cmocka_run_group_tests_name("sweep_batch", tests, fixture_setup, fixture_teardown);
}
