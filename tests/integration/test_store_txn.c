/* links: gv_store gv_base */
/* test_store_txn.c - batches: what is applied and counted, and what is refused. */
#include "giaoviec/v1/trust.pb-c.h"
#include "store_fixture.h"

#define DUE_DAY (DAY_0 + 5)

static void world_full(struct world *world, int units)
{
    world_begin(world);
    world_deploy(world);
    world_units(world, units);
    world_directive(world, gv_day_end_us(DUE_DAY));
    world_issue(world, units, gv_day_end_us(DUE_DAY));
}

/* ---- batches of reports -----------------------------------------------------------------------
 */

struct batch {
    struct gv_unit_log *logs;
    size_t log_count;
    struct gv_assignment_row *rows;
    size_t row_count;
    struct gv_assignment_row *all[UNITS_MAX];
    struct gv_event events[UNITS_MAX * 2];
    size_t event_count;
    struct gv_evidence evidence[UNITS_MAX * 2];
};

/* Locks and loads the first units and their assignments. */
static void load(struct world *world, struct batch *batch, int units)
{
    struct gv_assignment_key keys[UNITS_MAX];

    memset(batch, 0, sizeof *batch);
    for (int i = 0; i < units; i++)
        keys[i] = (struct gv_assignment_key){world->unit[i], make_id('a', (uint32_t)i)};
    must(world, gv_store_begin(world->store));
    must(world, gv_store_units_lock(world->store, world->arena, world->unit, (size_t)units,
                                    GV_LOCK_WAIT, &batch->logs, &batch->log_count));
    must(world, gv_store_assignments_lock(world->store, world->arena, keys, (size_t)units,
                                          &batch->rows, &batch->row_count));
    assert_int_equal(batch->row_count, units);
    for (size_t i = 0; i < batch->row_count; i++)
        batch->all[i] = &batch->rows[i];
}

/* The lifecycle decides; the event says what came of it. */
static struct gv_event *act(struct batch *batch, size_t i, enum gv_act kind, int64_t now_us)
{
    struct gv_assignment_row *row = &batch->rows[i];
    struct gv_act_facts facts = {kind, row->a.epoch, now_us, now_us};
    struct gv_event *event = &batch->events[batch->event_count++];
    struct gv_decision decision;

    *event = (struct gv_event){.kind = GV_EVENT_REPORT,
                               .unit_id = row->unit_id,
                               .entry_kind = 3,
                               .disposition = 1,
                               .has_assignment = true,
                               .assignment = row->assignment,
                               .epoch = row->a.epoch,
                               .row = row,
                               .from = row->a.state,
                               .business_us = now_us,
                               .signed_us = now_us,
                               .actor = "U"};
    if (gv_assignment_decide(&row->a, &facts, &gv_policy_default, &decision) != GV_OK) {
        event->disposition = 3;
        event->error = GV_ESTATE;
        return event;
    }
    row->a = decision.after;
    event->after = decision.after;
    event->changed = true;
    return event;
}

static void number(struct batch *batch, size_t i, struct gv_event *event)
{
    struct gv_unit_log *log = &batch->logs[i];

    log->report_n++;
    log->report_h.b[0] = (uint8_t)log->report_n;
    log->last_report_us = event->business_us;
    log->dirty = true;
    event->report_n = log->report_n;
    event->report_h = log->report_h;
}

static struct gv_changes changes_of(struct batch *batch)
{
    return (struct gv_changes){.units = batch->logs,
                               .unit_count = batch->log_count,
                               .rows = batch->all,
                               .row_count = batch->row_count,
                               .events = batch->events,
                               .event_count = batch->event_count};
}

static gv_err store_batch(struct world *world, struct batch *batch)
{
    struct gv_changes changes = changes_of(batch);

    return gv_store_apply(world->store, &changes);
}

/* Rollups against the newest ledger row of each assignment: 0 when they agree in every cell. */
static const char recount[] =
    "WITH last AS (SELECT DISTINCT ON (unit_id, assignment, epoch) * FROM giaoviec.ledger"
    "  WHERE state_to IS NOT NULL ORDER BY unit_id, assignment, epoch, id DESC),"
    " counted AS (SELECT unit_id, directive, item,"
    "    giaoviec.outcome(role, state_to, due_us, submitted_us, submit_due_us) AS outcome,"
    "    coalesce(due_us, 0) AS due_us, count(*) AS n FROM last GROUP BY 1, 2, 3, 4, 5)"
    " SELECT count(*) FROM (SELECT * FROM counted WHERE outcome IS NOT NULL) c"
    " FULL JOIN (SELECT * FROM giaoviec.rollup WHERE n <> 0) r"
    " USING (unit_id, directive, item, outcome, due_us) WHERE c.n IS DISTINCT FROM r.n";
static const char recount_rows[] =
    "SELECT count(*) FROM (SELECT unit_id, directive, item,"
    "    giaoviec.outcome(role, state, due_us, submitted_us, submit_due_us) AS outcome,"
    "    coalesce(due_us, 0) AS due_us, count(*) AS n FROM giaoviec.assignment GROUP BY 1, 2, 3, "
    "4, 5) c"
    " FULL JOIN (SELECT * FROM giaoviec.rollup WHERE n <> 0) r"
    " USING (unit_id, directive, item, outcome, due_us)"
    " WHERE c.outcome IS NOT NULL AND c.n IS DISTINCT FROM r.n";

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 16;
}

static void test_rollups_equal_a_recount_from_the_ledger(void **state)
{
    static const enum gv_act acts[] = {GV_ACT_REPORT,         GV_ACT_SUBMIT, GV_ACT_REDO,
                                       GV_ACT_APPROVE_RESULT, GV_ACT_REOPEN, GV_ACT_SUSPEND,
                                       GV_ACT_RESUME};
    struct world world;
    struct batch batch;
    uint32_t seed = 7;

    (void)state;
    world_full(&world, 12);
    for (int day = 0; day < 12; day++) {
        int64_t now_us = gv_day_begin_us(DAY_0 + day) + 1;

        load(&world, &batch, 12);
        for (size_t i = 0; i < 24; i++) {
            size_t unit = next_random(&seed) % 12;
            enum gv_act kind = acts[next_random(&seed) % 7];
            bool own = kind == GV_ACT_REPORT || kind == GV_ACT_SUBMIT;
            struct gv_event *event = act(&batch, unit, kind, now_us);

            if (own)
                number(&batch, unit, event);
            else
                event->kind = GV_EVENT_ITEM;
        }
        must(&world, store_batch(&world, &batch));
        must(&world, gv_store_commit(world.store));
        assert_int_equal(ask(&world, recount), 0);
        assert_int_equal(ask(&world, recount_rows), 0);
    }
    assert_true(ask(&world, "SELECT count(DISTINCT outcome) FROM giaoviec.rollup WHERE n > 0") > 2);
    world_end(&world);
}

/* How many of the item are overdue, as the summary says. */
static void overdue_is(struct world *world, const char *words)
{
    const struct gv_scope scope = {
        .role = GIAOVIEC__V1__ROLE__ROLE_ADMIN, .all_units = true, .all_fields = true};
    const struct gv_query query = {
        .name = "summary-items", .after = "", .limit = 10, .max_bytes = 65536};
    struct gv_query_result result;
    char row[1024];

    must(world, gv_store_query(world->store, world->arena, &query, &scope, &result));
    assert_int_equal(result.count, 1);
    snprintf(row, sizeof row, "%.*s", (int)result.rows[0].len, (const char *)result.rows[0].data);
    if (strstr(row, words) == NULL)
        fail_msg("%s is not in %s", words, row);
}

static void test_what_is_overdue_becomes_so_by_time_alone(void **state)
{
    struct world world;
    uint64_t step;

    (void)state;
    world_full(&world, 3);
    overdue_is(&world, "\"open_overdue\" : 0");
    overdue_is(&world, "\"open_in_time\" : 3");
    must(&world, gv_store_clock_step(world.store, gv_day_begin_us(DUE_DAY + 2), &step));
    overdue_is(&world, "\"open_overdue\" : 3");
    overdue_is(&world, "\"open_in_time\" : 0");
    world_end(&world);
}

static void test_periods_values_and_attestations_follow_applied_reports(void **state)
{
    struct gv_event_value values[] = {{"CASES", "12.5", false, DAY_0 + 1},
                                      {"CASES", "11", false, DAY_0}};
    struct gv_event_value older = {"CASES", "1", false, DAY_0};
    struct gv_event_attest attest = {
        .clause = 0, .person = "Nguyễn Văn A", .compliant = true, .exceptions = 2};
    int32_t periods[] = {DAY_0, DAY_0 + 99};
    int64_t now_us = gv_day_begin_us(DAY_0 + 1);
    struct world world;
    struct batch batch;
    struct gv_event *event;

    (void)state;
    world_full(&world, 1);
    load(&world, &batch, 1);
    event = act(&batch, 0, GV_ACT_REPORT, now_us);
    number(&batch, 0, event);
    event->signed_us = now_us - GV_US_PER_DAY;
    event->values = values;
    event->value_count = 2;
    event->periods = periods;
    event->period_count = 2;
    event->attest = &attest;
    event->narrative = "đã kiểm tra «12» vụ";
    event->progress = 41;
    must(&world, store_batch(&world, &batch));
    must(&world, gv_store_commit(world.store));
    load(&world, &batch, 1);
    event = act(&batch, 0, GV_ACT_SUBMIT, now_us + 5);
    number(&batch, 0, event);
    event->periods = periods; /* the period's first report stays */
    event->period_count = 1;
    event->values = &older; /* and the newest as-of day */
    event->value_count = 1;
    must(&world, store_batch(&world, &batch));
    must(&world, gv_store_commit(world.store));
    assert_int_equal(
        ask(&world, "SELECT done_us FROM giaoviec.occurrence ORDER BY first_day LIMIT 1"),
        now_us - GV_US_PER_DAY);
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.occurrence WHERE done_us IS NULL"),
                     1);
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.indicator_value WHERE value = 12.5"
                                 " AND approved_value IS NULL"),
                     1);
    assert_int_equal(ask(&world, "SELECT exceptions FROM giaoviec.attestation WHERE compliant"), 2);
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.assignment WHERE progress = 41"
                                 " AND narrative LIKE '%«12»%' AND state = 6"),
                     1);
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.ledger WHERE report_n = 1"
                                 " AND facts->'values'->0->>'value' = '12.5'"
                                 " AND jsonb_array_length(facts->'periods') = 2"
                                 " AND facts->'attest'->>'person' = 'Nguyễn Văn A'"),
                     1);
    load(&world, &batch, 1);
    event = act(&batch, 0, GV_ACT_APPROVE_RESULT, now_us + 9);
    event->kind = GV_EVENT_ITEM;
    must(&world, store_batch(&world, &batch));
    must(&world, gv_store_commit(world.store));
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.indicator_value"
                                 " WHERE approved_value = 12.5 AND approved_us IS NOT NULL"),
                     1);
    assert_int_equal(ask(&world, "SELECT ended_us FROM giaoviec.assignment"), now_us + 9);
    world_end(&world);
}

static void test_a_transfer_moves_the_count_and_an_epoch_has_one_holder(void **state)
{
    struct world world;
    struct batch batch;
    struct gv_assignment_row new;
    struct gv_assignment_row *rows[2];
    struct gv_event *event;
    struct gv_changes changes;

    (void)state;
    world_full(&world, 2);
    load(&world, &batch, 1);
    event = act(&batch, 0, GV_ACT_TRANSFER, gv_day_begin_us(DAY_0 + 1));
    event->kind = GV_EVENT_ITEM;
    batch.rows[0].to_unit_id = world.unit[1];
    new = batch.rows[0];
    new.unit_id = world.unit[1];
    new.from_unit_id = world.unit[0];
    new.from_epoch = 1;
    new.to_unit_id = 0;
    new.a = batch.rows[0].stored;
    new.a.state = GV_STATE_ISSUED;
    new.a.epoch = 2;
    new.is_new = true;
    rows[0] = &batch.rows[0];
    rows[1] = &new;
    batch.events[1] = *event;
    batch.events[1].unit_id = new.unit_id;
    batch.events[1].row = &new;
    batch.events[1].from = GV_STATE_DRAFT;
    batch.events[1].after = new.a;
    batch.events[1].epoch = 2;
    changes =
        (struct gv_changes){.rows = rows, .row_count = 2, .events = batch.events, .event_count = 2};
    must(&world, gv_store_apply(world.store, &changes));
    must(&world, gv_store_commit(world.store));
    assert_int_equal(ask(&world, recount), 0);
    assert_int_equal(ask(&world, "SELECT sum(n) FROM giaoviec.rollup"), 2);
    /* Somebody else's transfer of epoch 1 comes too late. */
    new.unit_id = world.unit[0];
    new.is_new = true;
    rows[0] = &new;
    batch.events[0] = batch.events[1];
    changes.row_count = 1;
    changes.event_count = 1;
    must(&world, gv_store_begin(world.store));
    assert_int_equal(gv_store_apply(world.store, &changes), GV_EBADMSG);
    assert_string_equal(gv_store_sqlstate(world.store), "23505");
    gv_store_rollback(world.store);
    assert_int_equal(ask(&world, recount), 0);
    world_end(&world);
}

static void test_a_row_that_moved_meanwhile_is_a_conflict(void **state)
{
    struct world world;
    struct batch batch;

    (void)state;
    world_full(&world, 1);
    load(&world, &batch, 1);
    act(&batch, 0, GV_ACT_REPORT, gv_day_begin_us(DAY_0 + 1))->kind = GV_EVENT_ITEM;
    batch.rows[0].stored.state = GV_STATE_SUBMITTED; /* as if it had been loaded so */
    assert_int_equal(store_batch(&world, &batch), GV_ECONFLICT);
    assert_int_equal(gv_store_commit(world.store), GV_ECONFLICT);
    gv_store_rollback(world.store);
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.ledger WHERE kind = 4"), 1);
    world_end(&world);
}

/* All in one round trip, yet a COMMIT behind something that failed is not reached. */
static void test_what_fails_before_its_commit_is_not_committed(void **state)
{
    struct world world;
    struct batch batch;
    struct gv_changes changes;

    (void)state;
    world_full(&world, 2);
    load(&world, &batch, 2);
    number(&batch, 0, act(&batch, 0, GV_ACT_REPORT, gv_day_begin_us(DAY_0 + 1)));
    number(&batch, 1, act(&batch, 1, GV_ACT_REPORT, gv_day_begin_us(DAY_0 + 1)));
    batch.rows[1].stored.state = GV_STATE_SUBMITTED; /* as if it had been loaded so */
    changes = changes_of(&batch);
    assert_int_equal(gv_store_apply_commit(world.store, &changes), GV_ECONFLICT);
    assert_non_null(strstr(gv_store_error(world.store), "1 rows instead of 2"));
    gv_store_rollback(world.store);
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.ledger WHERE report_n > 0"), 0);

    load(&world, &batch, 1);
    number(&batch, 0, act(&batch, 0, GV_ACT_REPORT, gv_day_begin_us(DAY_0 + 1)));
    batch.events[0].narrative = "\xff";
    changes = changes_of(&batch);
    assert_int_equal(gv_store_apply_commit(world.store, &changes), GV_EBADMSG);
    gv_store_rollback(world.store);
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.ledger WHERE report_n > 0"), 0);

    load(&world, &batch, 1);
    number(&batch, 0, act(&batch, 0, GV_ACT_REPORT, gv_day_begin_us(DAY_0 + 1)));
    changes = changes_of(&batch);
    must(&world, gv_store_apply_commit(world.store, &changes));
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.ledger WHERE report_n > 0"), 1);
    assert_int_equal(ask(&world, recount), 0);
    world_end(&world);
}

static void test_a_batch_loads_what_it_may_have_in_one_go(void **state)
{
    struct world world, second;
    struct gv_assignment_key keys[3];
    struct gv_load load = {.unit_id_count = 3, .lock = GV_LOCK_SKIP, .keys = keys, .key_count = 3};
    struct gv_unit_log *logs = NULL;
    size_t count = 0;

    (void)state;
    world_full(&world, 3);
    load.unit_ids = world.unit;
    for (uint32_t i = 0; i < 3; i++)
        keys[i] = (struct gv_assignment_key){world.unit[i], make_id('a', i)};
    second = world;
    second.store = open_store(&world, "second", 0);
    must(&second, gv_store_begin(second.store));
    must(&second, gv_store_units_lock(second.store, world.arena, &world.unit[1], 1, GV_LOCK_WAIT,
                                      &logs, &count));
    must(&world, gv_store_begin(world.store));
    must(&world, gv_store_load(world.store, world.arena, &load));
    assert_int_equal(load.unit_count, 2);
    assert_null(gv_unit_log_find(load.units, load.unit_count, world.unit[1]));
    assert_int_equal(load.row_count, 2); /* whoever holds the unit may hold its assignments */
    assert_null(
        gv_assignment_row_find(load.rows, load.row_count, world.unit[1], &keys[1].assignment));
    assert_true(load.business_us > 0);
    must(&second, gv_store_commit(second.store));
    load.lock = GV_LOCK_WAIT;
    must(&world, gv_store_load(world.store, world.arena, &load));
    assert_int_equal(load.unit_count, 3);
    assert_int_equal(load.row_count, 3);
    must(&world, gv_store_commit(world.store));
    gv_store_close(second.store);
    world_end(&world);
}

/* Units 0, 1, 2 have 4, 2, 2 orders and have told of 1, 0, 2 of them. They are about the unit's
 * assignment, but for one of unit 0. */
static void put_orders(struct world *world)
{
    static const int orders[] = {4, 2, 2}, told[] = {1, 0, 2};

    for (int i = 0; i < 3; i++) {
        char sql[512];

        snprintf(sql, sizeof sql,
                 "INSERT INTO giaoviec.order_log (unit_id, n, h, assignment, epoch, entry) "
                 "SELECT unit_id, n, decode(repeat('0' || n, 32), 'hex'), assignment, epoch, '' "
                 "FROM giaoviec.assignment, generate_series(1, %d) n WHERE unit_id = %d",
                 orders[i], (int)world->unit[i]);
        tell(world, sql);
        snprintf(sql, sizeof sql,
                 "UPDATE giaoviec.unit_log SET order_n = %d, ack_n = %d WHERE unit_id = %d",
                 orders[i], told[i], (int)world->unit[i]);
        tell(world, sql);
    }
    tell(world, "UPDATE giaoviec.order_log SET assignment = gen_random_uuid() WHERE n = 4");
}

/* One unit alone, and several: with a key, which is of the same assignment as an order, and
 * without.
 */
static void test_a_batch_loads_the_orders_that_receipts_tell_of(void **state)
{
    struct world world, second;
    struct gv_assignment_key key;
    struct gv_order_span spans[3];
    struct gv_load load = {.unit_id_count = 3, .keys = &key, .spans = spans};
    struct gv_unit_log *logs = NULL;
    size_t count = 0;

    (void)state;
    world_full(&world, 3);
    put_orders(&world);
    load.unit_ids = world.unit;
    key = (struct gv_assignment_key){world.unit[0], make_id('a', 0)};
    for (size_t i = 0; i < 3; i++)
        spans[i] = (struct gv_order_span){.unit_id = world.unit[i], .last = i == 0 ? 4 : 2};
    for (int run = 0; run < 4; run++) {
        load.lock = GV_LOCK_WAIT;
        load.span_count = run < 2 ? 1 : 3;
        load.key_count = run % 2;
        must(&world, gv_store_begin(world.store));
        must(&world, gv_store_load(world.store, world.arena, &load));
        assert_int_equal(spans[0].count, 3);
        assert_int_equal(spans[0].orders[0].n, 2);
        assert_int_equal(spans[0].orders[2].n, 4);
        assert_int_equal(spans[0].orders[2].h.b[31], 4);
        assert_int_equal(spans[0].orders[0].epoch, 1);
        assert_memory_equal(&spans[0].orders[1].assignment, &key.assignment, sizeof(gv_id));
        assert_int_equal(load.row_count, run < 2 ? 1 : 2);
        assert_non_null(
            gv_assignment_row_find(load.rows, load.row_count, key.unit_id, &key.assignment));
        gv_store_rollback(world.store);
    }
    assert_int_equal(spans[1].count, 2); /* it has told of none */
    assert_int_equal(spans[2].count, 0); /* of all */
    spans[0].last = INT64_MAX;
    second = world;
    second.store = open_store(&world, "second", 0);
    must(&second, gv_store_begin(second.store));
    must(&second, gv_store_units_lock(second.store, world.arena, &world.unit[1], 1, GV_LOCK_WAIT,
                                      &logs, &count));
    load.lock = GV_LOCK_SKIP;
    must(&world, gv_store_begin(world.store));
    must(&world, gv_store_load(world.store, world.arena, &load));
    assert_int_equal(spans[0].count, 3); /* there are no more */
    assert_int_equal(load.unit_count, 2);
    assert_int_equal(load.row_count, 1); /* whoever holds the unit may hold its assignments */
    gv_store_rollback(world.store);
    gv_store_close(second.store);
    tell(&world, "DELETE FROM giaoviec.order_log WHERE n = 3");
    must(&world, gv_store_begin(world.store));
    assert_int_equal(gv_store_load(world.store, world.arena, &load), GV_EBUG);
    gv_store_rollback(world.store);
    world_end(&world);
}

static void test_bad_data_spoils_a_part_only_between_savepoints(void **state)
{
    struct gv_event_value bad = {"CASES", "twelve", false, DAY_0};
    struct world world;
    struct batch batch;
    struct gv_event *event;

    (void)state;
    world_full(&world, 2);
    load(&world, &batch, 2);
    must(&world, gv_store_savepoint(world.store));
    event = act(&batch, 0, GV_ACT_REPORT, gv_day_begin_us(DAY_0 + 1));
    number(&batch, 0, event);
    event->values = &bad;
    event->value_count = 1;
    assert_int_equal(store_batch(&world, &batch), GV_EBADMSG);
    assert_int_equal(gv_store_failed(world.store), GV_EBADMSG);
    gv_store_savepoint_rollback(world.store);
    assert_int_equal(gv_store_failed(world.store), GV_OK);
    event->value_count = 0;
    must(&world, gv_store_savepoint(world.store));
    must(&world, store_batch(&world, &batch));
    must(&world, gv_store_savepoint_release(world.store));
    must(&world, gv_store_commit(world.store));
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.ledger WHERE report_n = 1"), 1);
    assert_int_equal(ask(&world, recount), 0);
    world_end(&world);
}

/* The last statement fails: what stood before it is not counted either. */
static void test_a_batch_that_fails_at_its_end_has_counted_nothing(void **state)
{
    struct world world;
    struct batch batch;
    struct gv_event *event;

    (void)state;
    world_full(&world, 2);
    load(&world, &batch, 2);
    event = act(&batch, 0, GV_ACT_SUBMIT, gv_day_begin_us(DAY_0 + 1));
    number(&batch, 0, event);
    batch.events[batch.event_count++] = *event; /* a second of the same number */
    assert_int_equal(store_batch(&world, &batch), GV_EBADMSG);
    gv_store_rollback(world.store);
    assert_int_equal(ask(&world, recount), 0);
    assert_int_equal(ask(&world, recount_rows), 0);
    assert_int_equal(ask(&world, "SELECT sum(report_n) FROM giaoviec.unit_log"), 0);
    world_end(&world);
}

static void test_reports_are_found_again_with_hash_and_disposition(void **state)
{
    struct world world;
    struct batch batch;
    struct gv_event *event;
    struct gv_report_stored *reports = NULL;
    gv_hash hash;
    size_t count = 0;

    (void)state;
    world_full(&world, 1);
    load(&world, &batch, 1);
    number(&batch, 0, act(&batch, 0, GV_ACT_REPORT, gv_day_begin_us(DAY_0 + 1)));
    event = act(&batch, 0, GV_ACT_REPORT, gv_day_begin_us(DAY_0 + 1));
    number(&batch, 0, event);
    event->disposition = 2;
    event->changed = false;
    event->error = GV_ESTALE;
    event->text = "an older epoch";
    event->epoch = UINT32_MAX; /* what a sender says need not be sensible */
    event->entry_kind = UINT32_MAX;
    must(&world, store_batch(&world, &batch));
    must(&world, gv_store_commit(world.store));
    must(&world, gv_store_reports(world.store, world.arena, world.unit[0], 1, 9, &reports, &count));
    assert_int_equal(count, 2);
    assert_int_equal(reports[0].disposition, 1);
    assert_int_equal(reports[1].disposition, 2);
    assert_int_equal(reports[1].error, GV_ESTALE);
    assert_string_equal(reports[1].text, "an older epoch");
    must(&world, gv_store_report_hash(world.store, world.unit[0], 2, &hash));
    assert_int_equal(hash.b[0], 2);
    must(&world, gv_store_report_hash(world.store, world.unit[0], 0, &hash));
    assert_int_equal(hash.b[0], 0);
    assert_int_equal(gv_store_report_hash(world.store, world.unit[0], 3, &hash), GV_ENOTFOUND);
    world_end(&world);
}

/* ---- positions --------------------------------------------------------------------------------
 */

static void put_note(struct world *world, gv_store *store, const char *text)
{
    struct gv_event event = {
        .kind = GV_EVENT_DUTY, .disposition = 1, .text = text, .business_us = 1};
    struct gv_changes changes = {.events = &event, .event_count = 1};

    (void)world;
    assert_int_equal(gv_store_apply(store, &changes), GV_OK);
}

/* Forty notes of a mebibyte: what comes behind them is a part of its own. */
static void test_what_is_too_large_for_one_part_is_stored_whole_or_not_at_all(void **state)
{
    static char text[(1 << 20) + 1];
    struct gv_event events[40];
    struct gv_evidence evidence[2];
    struct gv_changes changes = {
        .events = events, .event_count = 40, .evidence = evidence, .evidence_count = 2};
    struct world world;
    struct batch batch;

    (void)state;
    world_full(&world, 1);
    load(&world, &batch, 1);
    memset(text, 'x', sizeof text - 1);
    for (size_t i = 0; i < 40; i++)
        events[i] = (struct gv_event){
            .kind = GV_EVENT_DUTY, .disposition = 1, .text = text, .business_us = 1};
    for (size_t i = 0; i < 2; i++)
        evidence[i] = (struct gv_evidence){
            .unit_id = world.unit[0], .first = 1, .last = 1, .envelope = slice_of("signed")};
    assert_int_equal(gv_store_apply(world.store, &changes), GV_EBADMSG); /* both for report 1 */
    gv_store_rollback(world.store);
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.ledger WHERE kind = 6"), 0);
    evidence[1].first = evidence[1].last = 2;
    must(&world, gv_store_begin(world.store));
    must(&world, gv_store_apply_commit(world.store, &changes));
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.ledger WHERE kind = 6"), 40);
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.evidence WHERE kind = 0"), 2);
    world_end(&world);
}

static const char positions[] =
    "SELECT count(DISTINCT p) * 1000 + max(p) FROM (SELECT s.first_position - 1 + row_number()"
    " OVER (PARTITION BY s.first_position ORDER BY l.xid, l.id) AS p FROM giaoviec.seal s"
    " JOIN giaoviec.ledger l ON l.era = s.era AND l.xid BETWEEN s.xid_from AND s.xid_to) q";

/* Until so many rows have got a position: any transaction of the cluster, autovacuum's too, may
 * hold them back for a while. The last answer. */
static struct gv_seal seal_rows(struct world *world, uint64_t wanted)
{
    int64_t until = gv_clock_mono_ms() + 10000;
    struct gv_seal seal = {0};

    for (uint64_t rows = 0; rows < wanted; rows += seal.rows) {
        assert_true(gv_clock_mono_ms() < until);
        must(world, gv_store_seal(world->store, &seal));
        assert_true(rows + seal.rows <= wanted);
    }
    return seal;
}

static void test_positions_are_dense_and_wait_for_who_commits_late(void **state)
{
    struct world world;
    gv_store *late;
    struct gv_seal seal;

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    late = open_store(&world, "late", 0);
    put_note(&world, world.store, "before");
    seal_rows(&world, 1);
    assert_int_equal(gv_store_begin(late), GV_OK);
    put_note(&world, late, "early, but late to commit");
    put_note(&world, world.store, "after");
    put_note(&world, world.store, "after");
    must(&world, gv_store_seal(world.store, &seal));
    assert_int_equal(seal.rows, 0); /* a position now could be overtaken from below */
    assert_int_equal(seal.position, 1);
    assert_int_equal(seal.waiting, 2);
    assert_true(seal.lag_us > 0);
    assert_int_equal(gv_store_commit(late), GV_OK);
    seal = seal_rows(&world, 3);
    assert_int_equal(seal.position, 4);
    assert_int_equal(seal.waiting, 0);
    assert_int_equal(ask(&world, positions), 4004);
    gv_store_close(late);
    world_end(&world);
}

/* Of a former era, so that they are below the horizon: 8,500 transactions of three rows each. */
static void test_a_seal_takes_whole_transactions_and_not_everything(void **state)
{
    struct world world;
    struct gv_seal seal;

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    tell(&world, "INSERT INTO giaoviec.ledger"
                 " (era, xid, business_us, kind, entry_kind, disposition, error)"
                 " SELECT 0, (i / 3 + 1)::text::xid8, 1, 6, 0, 1, 0"
                 " FROM generate_series(0, 25499) i");
    must(&world, gv_store_seal(world.store, &seal));
    assert_int_equal(seal.rows, 10002);
    assert_int_equal(seal.position, 10002);
    assert_int_equal(seal.waiting, GV_SEAL_ROWS);
    must(&world, gv_store_seal(world.store, &seal));
    assert_int_equal(seal.rows, 10002);
    assert_int_equal(seal.waiting, 25500 - 2 * 10002);
    must(&world, gv_store_seal(world.store, &seal));
    assert_int_equal(seal.rows, 25500 - 2 * 10002);
    assert_int_equal(seal.waiting, 0);
    assert_int_equal(ask(&world, "SELECT max(n) FROM giaoviec.seal"), 10002);
    assert_int_equal(ask(&world, positions), 25500 * 1000 + 25500);
    world_end(&world);
}

static void test_a_restored_dump_begins_a_new_era_and_loses_no_row(void **state)
{
    struct world world;
    struct gv_store_options options = {0};
    gv_store *store = NULL;
    struct gv_seal seal;
    char why[256];

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    put_note(&world, world.store, "sealed");
    seal_rows(&world, 1);
    put_note(&world, world.store, "not sealed when the dump was made");
    /* As rows of a cluster that had come further than this one. */
    tell(&world, "UPDATE giaoviec.ledger SET xid = (xid::text::bigint + 1000000)::text::xid8");
    tell(&world,
         "UPDATE giaoviec.seal SET xid_from = (xid_from::text::bigint + 1000000)::text::xid8,"
         " xid_to = (xid_to::text::bigint + 1000000)::text::xid8");
    tell(&world, "UPDATE giaoviec.deployment SET system_id = 1");
    options.conninfo = world.coordinator;
    assert_int_equal(gv_store_open(&options, &store, why, sizeof why), GV_EVERSION);
    assert_non_null(strstr(why, "giaoviecd migrate"));
    assert_int_equal(gv_store_migrate(world.owner, NULL, why, sizeof why), GV_OK);
    put_note(&world, world.store, "after");
    seal = seal_rows(&world, 2);
    assert_int_equal(seal.position, 3);
    assert_int_equal(ask(&world, positions), 3003);
    assert_int_equal(ask(&world, "SELECT max(era) FROM giaoviec.ledger"), 2);
    world_end(&world);
}

/* ---- speed ------------------------------------------------------------------------------------
 */

static void test_two_hundred_reports_of_a_hundred_units_are_one_quick_transaction(void **state)
{
    struct world world;
    struct batch *batch = malloc(sizeof *batch);
    int64_t best_us = INT64_MAX;

    (void)state;
    world_full(&world, 100);
    for (int round = 0; round < 10; round++) {
        int64_t begun_us = gv_clock_real_us();
        int64_t took_us;

        load(&world, batch, 100);
        for (size_t i = 0; i < 200; i++)
            number(batch, i % 100, act(batch, i % 100, GV_ACT_REPORT, gv_day_begin_us(DAY_0 + 1)));
        must(&world, store_batch(&world, batch));
        must(&world, gv_store_commit(world.store));
        took_us = gv_clock_real_us() - begun_us;
        best_us = took_us < best_us ? took_us : best_us;
    }
    print_message("a batch of 200 reports of 100 units: best of ten %.1f ms\n",
                  (double)best_us / 1000);
    assert_true(best_us < 500000);
    assert_int_equal(ask(&world, "SELECT min(report_n) FROM giaoviec.unit_log"), 20);
    free(batch);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rollups_equal_a_recount_from_the_ledger),
        cmocka_unit_test(test_what_is_overdue_becomes_so_by_time_alone),
        cmocka_unit_test(test_periods_values_and_attestations_follow_applied_reports),
        cmocka_unit_test(test_a_transfer_moves_the_count_and_an_epoch_has_one_holder),
        cmocka_unit_test(test_a_row_that_moved_meanwhile_is_a_conflict),
        cmocka_unit_test(test_what_fails_before_its_commit_is_not_committed),
        cmocka_unit_test(test_a_batch_loads_what_it_may_have_in_one_go),
        cmocka_unit_test(test_a_batch_loads_the_orders_that_receipts_tell_of),
        cmocka_unit_test(test_bad_data_spoils_a_part_only_between_savepoints),
        cmocka_unit_test(test_a_batch_that_fails_at_its_end_has_counted_nothing),
        cmocka_unit_test(test_reports_are_found_again_with_hash_and_disposition),
        cmocka_unit_test(test_what_is_too_large_for_one_part_is_stored_whole_or_not_at_all),
        cmocka_unit_test(test_positions_are_dense_and_wait_for_who_commits_late),
        cmocka_unit_test(test_a_seal_takes_whole_transactions_and_not_everything),
        cmocka_unit_test(test_a_restored_dump_begins_a_new_era_and_loses_no_row),
        cmocka_unit_test(test_two_hundred_reports_of_a_hundred_units_are_one_quick_transaction),
    };

    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
