/*
 * test_coordinator_lanes.c - the report and delivery lanes against a real database: what a unit
 * sends is pushed into their queues as verified messages, what they say is taken from the way out.
 */
/* links: gv_coordinator gv_store gv_trust gv_delivery gv_wire gv_sys gv_base */
#include "lanes_fixture.h"

#include "coordinator/duties.h"
#include "coordinator/tasks.h"

/* An order that is in the log, as an act would have put it. */
static struct gv_cursor give_order(struct rig *r, int unit)
{
    struct gv_cursor cursor = {.n = 1};
    struct gv_slice entry = slice_of("order");
    struct gv_order_new order = {.unit_id = r->world.unit[unit],
                                 .n = 1,
                                 .assignment = make_id('a', 0),
                                 .epoch = 1,
                                 .entry = entry};
    struct gv_changes changes = {.orders = &order, .order_count = 1};
    size_t n;

    world_must(&r->world, gv_store_begin(r->world.store));
    world_must(&r->world, gv_store_units_lock(r->world.store, r->world.arena, &r->world.unit[unit],
                                              1, GV_LOCK_WAIT, &changes.units, &n));
    gv_hash_chain(&changes.units[0].order_h, entry, &cursor.h);
    order.h = changes.units[0].order_h = cursor.h;
    changes.units[0].order_n = 1;
    changes.units[0].dirty = true;
    changes.unit_count = 1;
    world_must(&r->world, gv_store_apply(r->world.store, &changes));
    world_must(&r->world, gv_store_commit(r->world.store));
    return cursor;
}

/* A receipt that was lost with the connection before leaves the order without one for ever, unless
 * it is asked for again. */
static void test_order_that_is_held_without_a_receipt_is_sent_again(void **state)
{
    struct rig *r = *state;
    struct gv_cursor held = give_order(r, 0);
    const Giaoviec__V1__Orders *orders;

    hello(r, 0, 1, held);
    assert_non_null(hear(r, 0, GV_KIND_WELCOME, WAIT_MS));
    orders = (const Giaoviec__V1__Orders *)hear(r, 0, GV_KIND_ORDERS, WAIT_MS);
    assert_non_null(orders);
    assert_int_equal(orders->first, 1);
}

/* The fixture's task, as bytes that can be read. */
static void put_task(struct rig *r)
{
    Giaoviec__V1__Task task = GIAOVIEC__V1__TASK__INIT;
    Giaoviec__V1__Indicator indicator = GIAOVIEC__V1__INDICATOR__INIT;
    Giaoviec__V1__Indicator *indicators[] = {&indicator};
    uint8_t bytes[128];
    char sql[512] = "UPDATE giaoviec.task SET bytes = '\\x";
    size_t n;

    indicator.code = text("CASES");
    task.indicators = indicators;
    task.n_indicators = 1;
    n = giaoviec__v1__task__pack(&task, bytes);
    for (size_t i = 0; i < n; i++)
        snprintf(sql + strlen(sql), 3, "%02x", bytes[i]);
    snprintf(sql + strlen(sql), 2, "'");
    tell(&r->world, sql);
}

static ProtobufCBinaryData entry_of(struct rig *r, uint32_t kind, uint32_t epoch, int64_t time_us,
                                    int32_t as_of_day)
{
    Giaoviec__V1__ReportEntry entry = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    Giaoviec__V1__Status status = GIAOVIEC__V1__STATUS__INIT;
    Giaoviec__V1__IndicatorValue value = GIAOVIEC__V1__INDICATOR_VALUE__INIT;
    Giaoviec__V1__IndicatorValue *values[] = {&value};
    gv_id id = make_id('a', 0);
    uint8_t body[256];
    ProtobufCBinaryData out;

    value.code = text("CASES");
    value.value = text("3");
    value.as_of_day = as_of_day;
    status.values = values;
    status.n_values = 1;
    entry.body = (ProtobufCBinaryData){giaoviec__v1__status__pack(&status, body), body};
    entry.kind = kind;
    entry.epoch = epoch;
    entry.time_us = time_us;
    entry.assignment = gv_pb_bytes(id.b, sizeof id.b);
    out.len = giaoviec__v1__report_entry__get_packed_size(&entry);
    out.data = gv_arena_alloc(r->world.arena, out.len);
    giaoviec__v1__report_entry__pack(&entry, out.data);
    return out;
}

/* Numbers that no column holds and no date says: stored as refused, and the log goes on. */
static void test_report_that_cannot_be_blocks_neither_the_log_nor_who_reads_it(void **state)
{
    struct rig *r = *state;
    int64_t now_us = gv_day_begin_us(DAY_0);
    Giaoviec__V1__Reports body = GIAOVIEC__V1__REPORTS__INIT;
    ProtobufCBinaryData entries[] = {
        entry_of(r, GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS, UINT32_MAX, now_us, DAY_0),
        entry_of(r, UINT32_MAX - 1, 1, now_us, DAY_0),
        entry_of(r, GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS, 1, INT64_MAX, DAY_0),
        entry_of(r, GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS, 1, now_us, INT32_MAX),
    };
    const Giaoviec__V1__Receipt *receipt;

    put_task(r);
    hello(r, 0, 1, (struct gv_cursor){0});
    assert_non_null(hear(r, 0, GV_KIND_WELCOME, WAIT_MS));
    body.first = 1;
    body.entries = entries;
    body.n_entries = 4;
    say(r, 0, GV_KIND_REPORTS, 1, &body.base);
    receipt = (const Giaoviec__V1__Receipt *)hear(r, 0, GV_KIND_RECEIPT, WAIT_MS);
    assert_non_null(receipt);
    assert_int_equal(receipt->reports->number, 4);
    assert_int_equal(receipt->n_dispositions, 4);
    assert_int_equal(ask(&r->world,
                         "SELECT count(giaoviec.time_text(nullif(signed_us, 0))) + count(*) "
                         "FROM giaoviec.ledger WHERE report_n IS NOT NULL"),
                     7); /* one has no time that could be written */
    assert_int_equal(ask(&r->world, "SELECT count(*) FROM giaoviec.indicator_value"), 0);
}

/* Somebody (another coordinator, stopped in the middle) holds U0: U1 is served all the same, no
 * session ends, and U0 is served once it is free. */
static void test_unit_that_is_held_stalls_nobody(void **state)
{
    struct rig *r = *state;
    char sql[128];
    int64_t begun;
    uint64_t connection = 2;

    hello(r, 1, 1, (struct gv_cursor){0});
    assert_non_null(hear(r, 1, GV_KIND_WELCOME, WAIT_MS));
    hello(r, 0, 1, (struct gv_cursor){0});
    assert_non_null(hear(r, 0, GV_KIND_WELCOME, WAIT_MS));
    snprintf(sql, sizeof sql, "BEGIN; SELECT FROM giaoviec.unit_log WHERE unit_id = %d FOR UPDATE",
             r->world.unit[0]);
    tell(&r->world, sql);
    hello(r, 0, 2, (struct gv_cursor){0});
    begun = gv_clock_mono_ms();
    for (; gv_clock_mono_ms() < begun + 5000; connection++) {
        struct gv_heartbeat beats[] = {{.unit_id = r->world.unit[0], .connection = 1},
                                       {.unit_id = r->world.unit[1], .connection = connection - 1}};

        deliver_heartbeat(&r->c, &beats[0]);
        deliver_heartbeat(&r->c, &beats[1]);
        hello(r, 1, connection, (struct gv_cursor){0});
        assert_non_null(hear(r, 1, GV_KIND_WELCOME, WAIT_MS));
    }
    assert_true(connection > 12); /* ten and more: none waited until the lock was free */
    assert_null(hear(r, 1, GV_KIND_GOODBYE, 100));
    tell(&r->world, "ROLLBACK");
    assert_non_null(hear(r, 0, GV_KIND_WELCOME, WAIT_MS));
}

static void test_quarantined_unit_that_speaks_is_written_down(void **state)
{
    struct rig *r = *state;
    const Giaoviec__V1__Error *error;

    world_must(&r->world, gv_store_quarantine(r->world.store, r->world.unit[0], "a test"));
    hello(r, 0, 1, (struct gv_cursor){0});
    error = (const Giaoviec__V1__Error *)hear(r, 0, GV_KIND_ERROR, WAIT_MS);
    assert_non_null(error);
    assert_int_equal(error->code, GV_EQUARANTINE);
    assert_int_equal(
        ask(&r->world,
            "SELECT count(*) FROM giaoviec.ledger l JOIN giaoviec.unit u USING (unit_id) "
            "WHERE u.code = 'U0' AND l.error = 21 AND l.actor = 'U0'"),
        1);
}

/* What a person was refused while verifying is a line in the ledger like a unit's. */
static void test_refusal_of_a_person_is_written_down(void **state)
{
    struct rig *r = *state;
    struct route route = {.len = 1, .id = {9}};
    keyring *ring = keyring_take(r->c.keys);
    struct job *job = job_new(&route, ring, keyring_by_code(ring, "xem"), "x", 1);

    job->refused = GV_EDENIED;
    assert_true(gv_queue_push(r->c.reports[0], job));
    hello(r, 0, 1, (struct gv_cursor){0}); /* behind it */
    assert_non_null(hear(r, 0, GV_KIND_WELCOME, WAIT_MS));
    assert_int_equal(ask(&r->world, "SELECT count(*) FROM giaoviec.ledger WHERE actor = 'xem' AND "
                                    "error = 9 AND unit_id IS NULL"),
                     1);
}

static int connected(struct rig *r)
{
    return (int)ask(&r->world, "SELECT count(*) FROM giaoviec.unit_log WHERE coordinator <> ''");
}

static bool ends_within(struct rig *r, int ms)
{
    int64_t until = gv_clock_mono_ms() + ms;

    while (connected(r) > 0 && gv_clock_mono_ms() < until)
        gv_clock_sleep_ms(20);
    return connected(r) == 0;
}

static void test_session_lasts_while_its_unit_is_heard(void **state)
{
    struct rig *r = *state;

    r->c.config.pace.silence_ms = 1000;
    hello(r, 0, 1, (struct gv_cursor){0});
    assert_non_null(hear(r, 0, GV_KIND_WELCOME, WAIT_MS));
    for (int i = 0; i < 20; i++) {
        presence_stamp(r->c.presence, r->world.unit[0], gv_clock_mono_ms());
        gv_clock_sleep_ms(100);
    }
    assert_int_equal(connected(r), 1);
    assert_true(ends_within(r, WAIT_MS));
}

/* With others, and with those of the same unit; of a connection that is not its session's none. */
static void test_beats_are_answered_once_a_turn(void **state)
{
    struct rig *r = *state;
    struct gv_heartbeat beat = {.unit_id = r->world.unit[0], .connection = 1};
    struct gv_heartbeat older = {.unit_id = r->world.unit[0], .connection = 7};
    int answers = 0;

    hello(r, 0, 1, (struct gv_cursor){0});
    assert_non_null(hear(r, 0, GV_KIND_WELCOME, WAIT_MS));
    while (hear(r, 0, GV_KIND_CLOCK, 300) != NULL) /* its first look at the database's clock */
        ;
    deliver_heartbeat(&r->c, &older);
    assert_null(hear(r, 0, GV_KIND_CLOCK, 300));
    for (int i = 0; i < 20; i++)
        deliver_heartbeat(&r->c, &beat);
    while (hear(r, 0, GV_KIND_CLOCK, 300) != NULL)
        answers++;
    assert_in_range(answers, 1, 3);
    deliver_heartbeat(&r->c, &beat);
    assert_non_null(hear(r, 0, GV_KIND_CLOCK, WAIT_MS));
}

/* Another coordinator, which had stood still, took a Hello of the unit's former life, whose
 * connections had higher numbers: this one learns it from the next beat, and ends its own. */
static void test_session_whose_unit_has_another_connection_ends_with_its_next_beat(void **state)
{
    struct rig *r = *state;
    struct gv_heartbeat beat = {.unit_id = r->world.unit[0], .connection = 1};

    hello(r, 0, 1, (struct gv_cursor){0});
    assert_non_null(hear(r, 0, GV_KIND_WELCOME, WAIT_MS));
    deliver_heartbeat(&r->c, &beat);
    assert_null(hear(r, 0, GV_KIND_GOODBYE, 1500)); /* beats are written once a second */
    tell(&r->world, "UPDATE giaoviec.unit_log SET connection_no = 4, coordinator = 'c2'");
    deliver_heartbeat(&r->c, &beat);
    assert_non_null(hear(r, 0, GV_KIND_GOODBYE, WAIT_MS));
    while (hear(r, 0, GV_KIND_CLOCK, 300) != NULL) /* what was owed before */
        ;
    deliver_heartbeat(&r->c, &beat);
    assert_null(hear(r, 0, GV_KIND_CLOCK, 300)); /* it says Hello again */
    assert_int_equal(
        ask(&r->world, "SELECT count(*) FROM giaoviec.unit_log WHERE coordinator = 'c2'"),
        2); /* the other's session stays */
}

/* Nobody waits for the silence: something is sent, and only if there is no way it ends. Whether we
 * hear of the end before the Hello or with other things does not matter. */
static void test_session_whose_connection_has_ended_is_tried_and_ends(void **state)
{
    struct rig *r = *state;
    struct route route = {.len = 1, .id = {1}}, older = {.len = 1, .id = {77}};

    deliver_doubt(&r->c, r->world.unit[1]); /* is not connected */
    deliver_doubt(&r->c, r->world.unit[0]);
    hello(r, 0, 1, (struct gv_cursor){0});
    assert_non_null(hear(r, 0, GV_KIND_WELCOME, WAIT_MS));
    assert_non_null(hear(r, 0, GV_KIND_CLOCK, WAIT_MS));
    deliver_route_gone(&r->c, r->world.unit[0], &older);
    deliver_doubt(&r->c, r->world.unit[0]);
    deliver_head(&r->c, r->world.unit[0], 0);
    assert_non_null(hear(r, 0, GV_KIND_CLOCK, WAIT_MS));
    assert_int_equal(connected(r), 1);
    deliver_route_gone(&r->c, r->world.unit[0], &route);
    assert_true(ends_within(r, WAIT_MS));
}

/* The database that stored it may have been another one, which is lost. */
static void test_hello_from_before_the_database_was_away_is_said_again(void **state)
{
    struct rig *r = *state;
    Giaoviec__V1__Hello body = GIAOVIEC__V1__HELLO__INIT;
    struct job *job = job_of(r, 0, GV_KIND_HELLO, 7, &body.base);

    atomic_store(&r->c.losses, 1);
    deliver_hello(&r->c, job, 0, 0, 0);
    assert_non_null(hear(r, 0, GV_KIND_GOODBYE, WAIT_MS));
    deliver_hello(&r->c, job, 0, 0, 1);
    assert_null(hear(r, 0, GV_KIND_GOODBYE, 300));
    job_free(job);
}

/* A coordinator that was killed leaves its units behind as connected. */
static void test_sessions_that_nobody_hears_of_end(void **state)
{
    struct rig *r = *state;
    uint64_t ended = 9;

    hello(r, 0, 1, (struct gv_cursor){0});
    hello(r, 1, 1, (struct gv_cursor){0});
    assert_non_null(hear(r, 1, GV_KIND_WELCOME, WAIT_MS));
    world_must(&r->world, gv_store_sessions_silent(r->world.store, 60000, &ended));
    assert_int_equal(ended, 0);
    tell(&r->world, "UPDATE giaoviec.unit_log SET last_seen = last_seen - interval '61 seconds' "
                    "WHERE unit_id = (SELECT min(unit_id) FROM giaoviec.unit_log)");
    world_must(&r->world, gv_store_sessions_silent(r->world.store, 60000, &ended));
    assert_int_equal(ended, 1);
    assert_int_equal(
        ask(&r->world, "SELECT count(*) FROM giaoviec.unit_log WHERE coordinator <> ''"), 1);
    tell(&r->world, "UPDATE giaoviec.unit_log SET last_seen = last_seen + interval '1 day'");
    world_must(&r->world, gv_store_sessions_silent(r->world.store, 60000, &ended));
    assert_int_equal(ended, 1);
}

/* U0 enrols anew: its key counts connections from 1, and what was the old key's session gets no
 * more. */
static void test_new_key_of_a_unit_ends_the_session_of_the_old_one(void **state)
{
    struct rig *r = *state;

    hello(r, 0, 40, (struct gv_cursor){0});
    assert_non_null(hear(r, 0, GV_KIND_WELCOME, WAIT_MS));
    gv_key_free(r->key[0]);
    r->key[0] = fixture_key("U0", 0xc0);
    put_key(r, 0);
    put_keyring(r);
    assert_non_null(hear(r, 0, GV_KIND_GOODBYE, WAIT_MS));
    give_order(r, 0);
    hello(r, 0, 1, (struct gv_cursor){0});
    assert_non_null(hear(r, 0, GV_KIND_WELCOME, WAIT_MS));
    assert_non_null(hear(r, 0, GV_KIND_ORDERS, WAIT_MS));
}

static void test_job_is_renewed_only_while_its_key_is_admitted(void **state)
{
    struct rig *r = *state;
    struct route route = {.len = 1, .id = {9}};
    keyring *ring = keyring_take(r->c.keys), *next = NULL;
    size_t before = jobs_held();
    struct job *job = job_new(&route, ring, keyring_by_code(ring, "admin"), "x", 1);
    struct gv_keyset *keyset = NULL;

    assert_true(jobs_held() > before);
    assert_true(job_renew(job, r->c.keys));
    r->f.set.version = 2;
    r->f.roles[0] = GIAOVIEC__V1__ROLE__ROLE_VIEWER; /* admin */
    r->f.bytes.len = 0;
    assert_int_equal(gv_keyset_seal(&r->f.set, r->f.root, &r->f.bytes), GV_OK);
    assert_int_equal(gv_keyset_open(bytes_of(&r->f.bytes), NULL, &keyset), GV_OK);
    assert_int_equal(keyring_new(keyset, NULL, 0, &next), GV_OK);
    keyring_put(r->c.keys, next);
    assert_false(job_renew(job, r->c.keys));
    job_free(job);
    assert_int_equal(jobs_held(), before);
}

/* A failover may have lost a task and given its number to another one. */
static void test_task_of_another_connection_is_forgotten(void **state)
{
    struct rig *r = *state;
    struct world *w = &r->world;
    int32_t id = world_task(w);
    const struct task *task;
    struct tasks *tasks;

    tell(w, "ALTER TABLE giaoviec.task DISABLE TRIGGER ALL");
    tell(w, "UPDATE giaoviec.task SET bytes = '\\x2802'");
    assert_int_equal(tasks_new(&tasks), GV_OK);
    tasks_begin(tasks, w->store);
    assert_int_equal(tasks_get(tasks, w->store, id, &task), GV_OK);
    assert_int_not_equal(task->digest.b[0], 0xab);
    tell(w, "UPDATE giaoviec.task SET digest = decode(repeat('ab', 32), 'hex')");
    tell(w, "ALTER TABLE giaoviec.task ENABLE TRIGGER ALL");
    tasks_begin(tasks, w->store);
    assert_int_equal(tasks_get(tasks, w->store, id, &task), GV_OK);
    assert_int_not_equal(task->digest.b[0], 0xab); /* the same connection: known already */
    world_must(w, gv_store_reconnect(w->store));
    tasks_begin(tasks, w->store);
    assert_int_equal(tasks_get(tasks, w->store, id, &task), GV_OK);
    assert_int_equal(task->digest.b[0], 0xab);
    tasks_free(tasks);
}

static void await_answer(struct rig *r, const char *sql, long long wanted)
{
    int64_t until = gv_clock_mono_ms() + WAIT_MS;

    while (ask(&r->world, sql) != wanted) {
        assert_true(gv_clock_mono_ms() < until);
        usleep(10000);
    }
}

static const char unsealed[] =
    "SELECT count(*) FROM giaoviec.ledger l WHERE NOT EXISTS (SELECT FROM giaoviec.seal s"
    " WHERE s.era = l.era AND l.xid BETWEEN s.xid_from AND s.xid_to)";

#define LEDGER_ROW                                                                                 \
    "INSERT INTO giaoviec.ledger (era, business_us, kind, entry_kind, disposition, error)"         \
    " VALUES (1, 1, 6, 0, 1, 0);"

static void start_duties(struct rig *r)
{
    world_must(&r->world, gv_store_keys_version(r->world.store, &r->c.keys_version));
    assert_int_equal(gv_thread_start("duties", duties_run, &r->c, &r->duties), GV_OK);
    await_answer(r, unsealed, 0);
}

static void test_seals_are_few_however_often_something_happens(void **state)
{
    static const char seals[] = "SELECT count(*) FROM giaoviec.seal";
    struct rig *r = *state;
    int64_t begun_ms, took_ms;
    long long before;

    tell(&r->world, "UPDATE giaoviec.deployment SET stepped = false");
    coordinator_clock_set(&r->c, 0, 0, false);
    start_duties(r);
    before = ask(&r->world, seals);
    begun_ms = gv_clock_mono_ms();
    for (int i = 0; i < 60; i++) {
        tell(&r->world, LEDGER_ROW);
        usleep(50000);
    }
    await_answer(r, unsealed, 0);
    took_ms = gv_clock_mono_ms() - begun_ms;
    assert_in_range(ask(&r->world, seals) - before, 1, took_ms / 1000 + 2);
}

/* Moments within two seconds at which the connection of the duties was seen to have done something.
 */
static int seen_at_work(struct rig *r)
{
    static const char last[] = "SELECT (extract(epoch FROM state_change) * 1000000)::int8"
                               " FROM pg_stat_activity WHERE datname = current_database()"
                               " AND application_name = 'giaoviecd c1 duties'";
    int64_t end_ms = gv_clock_mono_ms() + 2000;
    long long before = ask(&r->world, last);
    int seen = 0;

    for (; gv_clock_mono_ms() < end_ms; usleep(10000)) {
        long long now = ask(&r->world, last);

        seen += now != before;
        before = now;
    }
    return seen;
}

/* It finds what others wrote all the same. */
static void test_nobody_looks_for_what_to_seal_while_nothing_is_written(void **state)
{
    struct rig *r = *state;

    tell(&r->world, "UPDATE giaoviec.deployment SET stepped = false");
    coordinator_clock_set(&r->c, 0, 0, false);
    start_duties(r);
    usleep(1500000); /* the seal of the beginning */
    assert_in_range(seen_at_work(r), 1,
                    14); /* keys, seals, lease, silent units, keys that are due */
    tell(&r->world, LEDGER_ROW);
    await_answer(r, unsealed, 0);
}

/* Another takes the duty over while there is something to do, as after a stop of ours: what we do
 * before we look at the lease again is not done. */
static void test_duty_that_has_passed_on_is_not_done(void **state)
{
    static const char renewed[] =
        "SELECT (extract(epoch FROM until) * 1000)::int8 FROM giaoviec.lease WHERE holder = 'c1'";
    struct rig *r = *state;
    int64_t end_ms;
    long long before;

    start_duties(r);
    before = ask(&r->world, renewed);
    end_ms = gv_clock_mono_ms() + WAIT_MS;
    while (ask(&r->world, renewed) == before) { /* it looks again in a second and a half */
        assert_true(gv_clock_mono_ms() < end_ms);
        usleep(5000);
    }
    tell(&r->world, "BEGIN; UPDATE giaoviec.lease SET holder = 'c2', epoch = epoch + 1,"
                    " until = clock_timestamp() + interval '4 seconds';" LEDGER_ROW "COMMIT");
    for (end_ms = gv_clock_mono_ms() + 2000; gv_clock_mono_ms() < end_ms; usleep(50000))
        assert_int_equal(ask(&r->world, unsealed), 1);
    tell(&r->world, "UPDATE giaoviec.lease SET until = clock_timestamp()");
    await_answer(r, unsealed, 0);
    assert_int_equal(ask(&r->world, "SELECT count(*) FROM giaoviec.lease WHERE holder = 'c1'"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order_that_is_held_without_a_receipt_is_sent_again,
                                        begin, end),
        cmocka_unit_test_setup_teardown(
            test_report_that_cannot_be_blocks_neither_the_log_nor_who_reads_it, begin, end),
        cmocka_unit_test_setup_teardown(test_unit_that_is_held_stalls_nobody, begin, end),
        cmocka_unit_test_setup_teardown(test_quarantined_unit_that_speaks_is_written_down, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_new_key_of_a_unit_ends_the_session_of_the_old_one,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_refusal_of_a_person_is_written_down, begin, end),
        cmocka_unit_test_setup_teardown(test_session_lasts_while_its_unit_is_heard, begin, end),
        cmocka_unit_test_setup_teardown(test_beats_are_answered_once_a_turn, begin, end),
        cmocka_unit_test_setup_teardown(
            test_session_whose_unit_has_another_connection_ends_with_its_next_beat, begin, end),
        cmocka_unit_test_setup_teardown(test_session_whose_connection_has_ended_is_tried_and_ends,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_hello_from_before_the_database_was_away_is_said_again,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_sessions_that_nobody_hears_of_end, begin, end),
        cmocka_unit_test_setup_teardown(test_seals_are_few_however_often_something_happens, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_nobody_looks_for_what_to_seal_while_nothing_is_written,
                                        begin, end),
        cmocka_unit_test_setup_teardown(test_duty_that_has_passed_on_is_not_done, begin, end),
        cmocka_unit_test_setup_teardown(test_job_is_renewed_only_while_its_key_is_admitted, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_task_of_another_connection_is_forgotten, begin, end),
    };

    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
