/*
 * test_batch.c - one transaction of the report lane: what each message does to a unit's row, what
 * is refused and why, and that nothing is stored without memory.
 */
/* links: gv_lane_rig gv_coordinator gv_trust gv_base */
#include "lane_rig.h"

#include "base/clock.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define MANY        8

static const gv_id task_a = {{0xaa}}, task_b = {{0xbb}}, task_c = {{0xcc}};
static const gv_hash strange = {{0x5a}};

/* A batch over the rig, as the lane has one. */
struct one {
    struct batch batch;
    struct item items[MANY];
    struct gv_admission refusals;
};

static void one_begin(struct rig *rig, struct one *one, size_t arena_bytes)
{
    memset(one, 0, sizeof *one);
    gv_admission_init(&one->refusals, 1, 2, gv_clock_mono_ms());
    one->batch = (struct batch){.c = &rig->c,
                                .store = db_store(),
                                .arena = gv_arena_new(arena_bytes),
                                .items = one->items,
                                .lock = GV_LOCK_WAIT,
                                .refusals = &one->refusals};
    assert_non_null(one->batch.arena);
    assert_int_equal(tasks_new(&one->batch.tasks), GV_OK);
}

static void one_add(struct one *one, struct job *job)
{
    assert_true(one->batch.count < MANY);
    one->items[one->batch.count++].job = job;
}

static void one_end(struct one *one)
{
    for (size_t i = 0; i < one->batch.count; i++)
        job_free(one->items[i].job);
    tasks_free(one->batch.tasks);
    gv_arena_free(one->batch.arena);
}

/* Runs one message alone; the item is what came of it. Ends with one_end(). */
static struct item *run_one(struct rig *rig, struct one *one, struct job *job)
{
    one_begin(rig, one, ARENA_BYTES);
    one_add(one, job);
    assert_int_equal(batch_run(&one->batch), GV_OK);
    return &one->items[0];
}

/* ---- HELLO ---------------------------------------------------------------------------------- */

struct greeting {
    Giaoviec__V1__Hello body;
    Giaoviec__V1__Cursor orders, reports, receipted;
    gv_hash hash[3];
};

static void put_cursor(Giaoviec__V1__Cursor *out, gv_hash *h, uint64_t n, const gv_hash *hash)
{
    giaoviec__v1__cursor__init(out);
    *h = *hash;
    out->number = n;
    if (n > 0)
        out->hash = gv_pb_bytes(h->b, sizeof h->b);
}

/* Of a unit that agrees with all that is stored. */
static void greet(struct greeting *g, int unit, uint64_t connection)
{
    const struct gv_unit_log *log = &db.units[unit];

    giaoviec__v1__hello__init(&g->body);
    put_cursor(&g->orders, &g->hash[0], log->order_n, &log->order_h);
    put_cursor(&g->reports, &g->hash[1], log->report_n, &log->report_h);
    put_cursor(&g->receipted, &g->hash[2], log->report_n, &log->report_h);
    g->body.connection = connection;
    g->body.keyset_version = 99;
    g->body.orders = &g->orders;
    g->body.reports = &g->reports;
    g->body.receipted = &g->receipted;
}

static struct item *run_hello(struct rig *rig, struct one *one, const struct greeting *g)
{
    return run_one(rig, one, rig_message(rig, 0, GV_KIND_HELLO, g->body.connection, &g->body.base));
}

static void test_a_hello_without_cursors_is_of_empty_logs(void **state)
{
    struct rig *rig = *state;
    struct greeting g;
    struct one one;

    greet(&g, 0, 2);
    g.body.orders = g.body.reports = g.body.receipted = NULL;
    assert_int_equal(run_hello(rig, &one, &g)->outcome, OUTCOME_DONE);
    assert_int_equal(db.units[0].connection, 2);
    assert_string_equal(db.units[0].coordinator.s, "c1");
    one_end(&one);
}

static void test_a_hello_that_cannot_be_read_is_refused_and_changes_nothing(void **state)
{
    struct rig *rig = *state;
    const struct gv_unit_log before = db.units[0];

    for (int wrong = 0; wrong < 6; wrong++) {
        struct greeting g;
        Giaoviec__V1__Cursor *cursors[] = {&g.orders, &g.reports, &g.receipted};
        uint64_t connection = wrong == 0 ? (uint64_t)INT64_MAX + 1 /* no column holds it */ : 2;
        struct item *item;
        struct one one;

        greet(&g, 0, connection);
        if (wrong >= 1 && wrong <= 3) { /* a hash that is none */
            cursors[wrong - 1]->number = 1;
            cursors[wrong - 1]->hash = gv_pb_bytes(g.hash[0].b, 31);
        } else if (wrong == 4) { /* more receipted than made */
            put_cursor(&g.receipted, &g.hash[2], 5, &strange);
        } else if (wrong == 5) { /* another connection than the head's */
            g.body.connection = 3;
        }
        item = run_one(rig, &one, rig_message(rig, 0, GV_KIND_HELLO, connection, &g.body.base));
        assert_int_equal(item->outcome, OUTCOME_REFUSED);
        assert_int_equal(item->err, GV_EBADMSG);
        assert_memory_equal(&db.units[0], &before, sizeof before);
        one_end(&one);
    }
}

static void test_a_log_that_parted_from_ours_is_told_which_and_how(void **state)
{
    struct rig *rig = *state;

    rig_stored(0, 5);
    db_order(0, &task_a, 1);
    db_order(0, &task_b, 1);
    for (int how = 0; how < 5; how++) {
        static const char *const why[] = {"orders: the same number with another hash",
                                          "reports: the same number with another hash",
                                          "orders: the unit holds more than are stored",
                                          "reports: the unit knows fewer than are stored",
                                          "the unit found that the logs contradict each other"};
        struct greeting g;
        struct item *item;
        struct one one;

        greet(&g, 0, 2);
        if (how == 0) {
            put_cursor(&g.orders, &g.hash[0], 1, &strange);
        } else if (how == 1) {
            put_cursor(&g.reports, &g.hash[1], 4, &strange);
            put_cursor(&g.receipted, &g.hash[2], 3, &db.reports[0][3]);
        } else if (how == 2) {
            put_cursor(&g.orders, &g.hash[0], 3, &strange);
        } else if (how == 3) {
            put_cursor(&g.reports, &g.hash[1], 4, &db.reports[0][4]);
            put_cursor(&g.receipted, &g.hash[2], 4, &db.reports[0][4]);
        } else {
            g.body.contradicts = true;
        }
        item = run_hello(rig, &one, &g);
        assert_int_equal(item->outcome, OUTCOME_QUARANTINE);
        assert_int_equal(item->err, GV_EFORK);
        assert_string_equal(item->why, why[how]);
        assert_int_equal(db.units[0].connection, 1);
        one_end(&one);
    }
}

static void test_a_database_that_fails_while_hashes_are_looked_up_ends_the_batch(void **state)
{
    struct rig *rig = *state;

    rig_stored(0, 5);
    db_order(0, &task_a, 1);
    db_order(0, &task_b, 1);
    for (int call = CALL_ORDER_HASH; call <= CALL_REPORT_HASH; call++) {
        struct greeting g;
        struct one one;

        greet(&g, 0, 2);
        put_cursor(&g.orders, &g.hash[0], 1, &db.orders[0][1].h);
        put_cursor(&g.receipted, &g.hash[2], 4, &db.reports[0][4]);
        put_cursor(&g.reports, &g.hash[1], 5, &db.reports[0][5]);
        db.fails[call].err = GV_EUNAVAILABLE;
        db.fails[call].times = 1;
        one_begin(rig, &one, ARENA_BYTES);
        one_add(&one, rig_message(rig, 0, GV_KIND_HELLO, 2, &g.body.base));
        assert_int_equal(batch_run(&one.batch), GV_EUNAVAILABLE);
        assert_int_equal(batch_run(&one.batch), GV_OK); /* again, whole */
        assert_int_equal(one.items[0].outcome, OUTCOME_DONE);
        db.units[0].connection = 1;
        one_end(&one);
    }
}

static void test_a_day_that_is_none_is_not_kept(void **state)
{
    struct rig *rig = *state;
    static const int32_t days[] = {19755, -1, INT32_MAX};

    for (size_t i = 0; i < 3; i++) {
        struct greeting g;
        struct one one;

        greet(&g, 0, i + 2);
        g.body.finished_day_known = true;
        g.body.finished_day = days[i];
        assert_int_equal(run_hello(rig, &one, &g)->outcome, OUTCOME_DONE);
        assert_true(db.units[0].finished_known);
        assert_int_equal(db.units[0].finished_day, 19755);
        one_end(&one);
    }
}

/* Only a run after an unknown COMMIT may meet its own Hello. */
static void test_the_same_hello_again_is_a_replay_unless_its_commit_was_unknown(void **state)
{
    struct rig *rig = *state;
    static const bool no = false, yes = true;
    const bool *const after[] = {NULL, &no, &yes};

    for (size_t i = 0; i < 3; i++) {
        struct greeting g;
        struct one one;

        greet(&g, 0, 1);
        one_begin(rig, &one, ARENA_BYTES);
        one.batch.after_unknown = after[i];
        one_add(&one, rig_message(rig, 0, GV_KIND_HELLO, 1, &g.body.base));
        assert_int_equal(batch_run(&one.batch), GV_OK);
        assert_int_equal(one.items[0].outcome, i == 2 ? OUTCOME_DONE : OUTCOME_REFUSED);
        assert_int_equal(one.items[0].err, i == 2 ? GV_OK : GV_EREPLAY);
        one_end(&one);
    }
}

static void test_an_older_keyset_is_answered_with_ours(void **state)
{
    struct rig *rig = *state;

    for (int knows = 0; knows < 2; knows++) {
        const Giaoviec__V1__Welcome *welcome;
        struct greeting g;
        struct item *item;
        struct one one;

        greet(&g, 0, (uint64_t)knows + 2);
        g.body.keyset_version = (uint64_t)knows * rig->f.keyset->version;
        item = run_hello(rig, &one, &g);
        h_hello.publish(&one.batch, item);
        welcome = (const Giaoviec__V1__Welcome *)rig_expect(rig, GV_KIND_WELCOME);
        assert_int_equal(welcome->keyset.len, knows == 1 ? 0 : rig->f.keyset->bytes.len);
        assert_int_equal(rig->told[knows].kind, TOLD_HELLO);
        one_end(&one);
    }
}

/* ---- re-admission --------------------------------------------------------------------------- */

static const Giaoviec__V1__Welcome *welcome_to(struct rig *rig, struct one *one, struct item *item)
{
    h_hello.publish(&one->batch, item);
    return (const Giaoviec__V1__Welcome *)rig_expect(rig, GV_KIND_WELCOME);
}

/* An act lets a unit whose logs contradict ours adopt ours: no session, and it is told what is here
 * from before its newest receipt on, as much as fits. */
static void test_a_readmitted_unit_is_told_what_is_held_and_adopts_it(void **state)
{
    static const struct {
        uint64_t receipted, made, orders;
        uint64_t first;
        size_t held;
    } rows[] = {{0, 5100, 3, 1, 5000},
                {5090, 5150, 3, 4067, 1034},
                {5100, 5120, 3, 4077, 1024},
                {5120, 5120, 0, 4077, 1024},
                {5120, 5130, 1, 4077, 1024}};
    struct rig *rig = *state;

    rig_stored(0, 5100);
    db_order(0, &task_a, 1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const Giaoviec__V1__Welcome *welcome;
        struct greeting g;
        struct item *item;
        struct one one;

        db.units[0].readmit = true;
        greet(&g, 0, i + 2);
        if (rows[i].orders > 0) /* more than there is, or another one */
            put_cursor(&g.orders, &g.hash[0], rows[i].orders, &strange);
        put_cursor(&g.reports, &g.hash[1], rows[i].made, &strange);
        put_cursor(&g.receipted, &g.hash[2], rows[i].receipted,
                   rows[i].receipted <= 5100 ? &db.reports[0][rows[i].receipted] : &strange);
        item = run_hello(rig, &one, &g);
        assert_int_equal(item->outcome, OUTCOME_DONE);
        assert_true(item->adopt && db.units[0].readmit);
        assert_string_equal(db.units[0].coordinator.s, "");
        assert_int_equal(db.units[0].connection, i + 2);
        welcome = welcome_to(rig, &one, item);
        assert_true(welcome->adopt);
        assert_int_equal(welcome->n_held, rows[i].held);
        assert_int_equal(welcome->held_first, rows[i].first);
        assert_memory_equal(welcome->held[0].data, db.reports[0][rows[i].first].b, 32);
        assert_int_equal(welcome->keep_orders, rows[i].orders == 0);
        assert_int_equal(rig->told[i].kind, TOLD_GONE);
        one_end(&one);
    }
}

/* It says Hello again right away: a newer keyset comes then. */
static void test_an_empty_log_is_adopted_without_hashes_and_without_a_keyset(void **state)
{
    struct rig *rig = *state;
    const Giaoviec__V1__Welcome *welcome;
    struct greeting g;
    struct item *item;
    struct one one;

    db_order(0, &task_a, 1);
    db.units[0].readmit = true;
    greet(&g, 0, 2);
    put_cursor(&g.orders, &g.hash[0], 3, &strange);
    g.body.keyset_version = 0;
    item = run_hello(rig, &one, &g);
    assert_true(item->adopt);
    welcome = welcome_to(rig, &one, item);
    assert_true(welcome->adopt);
    assert_int_equal(welcome->n_held, 0);
    assert_int_equal(welcome->held_first, 0);
    assert_int_equal(welcome->keyset.len, 0);
    one_end(&one);
}

static void test_a_readmission_ends_with_a_note_once_the_logs_agree(void **state)
{
    struct rig *rig = *state;
    const Giaoviec__V1__Welcome *welcome;
    struct greeting g;
    struct item *item;
    struct one one;

    rig_stored(0, 2);
    db.units[0].readmit = true;
    greet(&g, 0, 2);
    item = run_hello(rig, &one, &g);
    assert_false(item->adopt || db.units[0].readmit);
    assert_int_equal(db.event_count, 1);
    assert_int_equal(db.events[0].kind, GV_EVENT_SESSION);
    welcome = welcome_to(rig, &one, item);
    assert_false(welcome->adopt);
    assert_int_equal(rig->told[0].kind, TOLD_HELLO);
    one_end(&one);
}

/* The Hello whose COMMIT was unknown, run again: the same answer, whichever it was. */
static void test_an_adoption_whose_commit_was_unknown_is_answered_alike(void **state)
{
    static const bool yes = true;
    struct rig *rig = *state;
    struct greeting g;
    struct one one;

    rig_stored(0, 2);
    db.units[0].readmit = true;
    db.units[0].connection = 2;
    greet(&g, 0, 2);
    for (uint64_t receipted = 1; receipted <= 5; receipted += 4) { /* a fork; lost history */
        put_cursor(&g.reports, &g.hash[1], receipted + 1, &strange);
        put_cursor(&g.receipted, &g.hash[2], receipted,
                   receipted == 1 ? &db.reports[0][1] : &strange);
        one_begin(rig, &one, ARENA_BYTES);
        one.batch.after_unknown = &yes;
        one_add(&one, rig_message(rig, 0, GV_KIND_HELLO, 2, &g.body.base));
        assert_int_equal(batch_run(&one.batch), GV_OK);
        assert_true(one.items[0].adopt);
        one_end(&one);
    }
}

/* Nobody re-admits it: what it has receipts for is offered again, and that is an alarm. */
static void test_lost_history_is_welcomed_with_what_is_left(void **state)
{
    struct rig *rig = *state;
    struct greeting g;
    struct item *item;
    struct one one;

    rig_stored(0, 2);
    greet(&g, 0, 2);
    put_cursor(&g.reports, &g.hash[1], 6, &strange);
    put_cursor(&g.receipted, &g.hash[2], 5, &strange);
    item = run_hello(rig, &one, &g);
    assert_int_equal(item->outcome, OUTCOME_DONE);
    assert_int_equal(item->cursor.n, 2);
    one_end(&one);
}

/* ---- ORDERS_RECEIPT ------------------------------------------------------------------------- */

static struct item *run_receipt(struct rig *rig, struct one *one, uint64_t n, const gv_hash *h,
                                size_t hash_len)
{
    Giaoviec__V1__OrdersReceipt body = GIAOVIEC__V1__ORDERS_RECEIPT__INIT;
    Giaoviec__V1__Cursor cursor = GIAOVIEC__V1__CURSOR__INIT;

    cursor.number = n;
    cursor.hash = gv_pb_bytes(h->b, hash_len);
    if (hash_len > 0)
        body.orders = &cursor;
    return run_one(rig, one, rig_message(rig, 0, GV_KIND_ORDERS_RECEIPT, 1, &body.base));
}

static void three_orders(void)
{
    db_order(0, &task_a, 1);
    db_order(0, &task_b, 1);
    db_order(0, &task_c, 1);
    db_row(0, &task_a, 1, GV_STATE_ISSUED);
    db_row(0, &task_b, 1, GV_STATE_ACCEPTED);
}

static void test_a_receipt_that_cannot_be_read_is_refused(void **state)
{
    struct rig *rig = *state;
    struct item *item;
    struct one one;

    three_orders();
    for (size_t len = 0; len < 32; len += 31) {
        item = run_receipt(rig, &one, 1, &db.orders[0][1].h, len);
        assert_int_equal(item->outcome, OUTCOME_REFUSED);
        assert_int_equal(item->err, GV_EBADMSG);
        one_end(&one);
    }
    assert_int_equal(db.units[0].ack_n, 0);
    assert_int_equal(db.evidence_count, 0);
}

/* Of three orders the first was issued, the second accepted long ago, the third is of a row that is
 * not there any more: only the first is delivered by this. */
static void test_a_receipt_delivers_what_was_issued_and_nothing_else(void **state)
{
    struct rig *rig = *state;
    struct item *item;
    struct one one;

    three_orders();
    item = run_receipt(rig, &one, 3, &db.units[0].order_h, 32);
    assert_int_equal(item->outcome, OUTCOME_DONE);
    assert_int_equal(db.units[0].ack_n, 3);
    assert_int_equal(db.event_count, 1);
    assert_int_equal(db.events[0].kind, GV_EVENT_RECEIPT);
    assert_int_equal(db.events[0].after.state, GV_STATE_DELIVERED);
    assert_int_equal(db.rows[0].a.state, GV_STATE_DELIVERED);
    assert_int_equal(db.rows[1].a.state, GV_STATE_ACCEPTED);
    assert_int_equal(db.evidence_count, 1);
    h_orders_receipt.publish(&one.batch, item);
    assert_int_equal(rig->told[0].kind, TOLD_ACKED);
    assert_int_equal(rig->told[0].n, 3);
    one_end(&one);
}

static void test_an_issued_row_of_another_epoch_is_not_delivered(void **state)
{
    struct rig *rig = *state;
    struct one one;

    db_order(0, &task_a, 1);
    db_row(0, &task_a, 2, GV_STATE_ISSUED);
    assert_int_equal(run_receipt(rig, &one, 1, &db.units[0].order_h, 32)->outcome, OUTCOME_DONE);
    assert_int_equal(db.rows[0].a.state, GV_STATE_ISSUED);
    assert_int_equal(db.event_count, 0);
    assert_int_equal(db.units[0].ack_n, 1);
    one_end(&one);
}

static void test_a_receipt_of_another_log_is_the_end_of_the_unit(void **state)
{
    struct rig *rig = *state;
    struct item *item;
    struct one one;

    three_orders();
    for (int ahead = 0; ahead < 2; ahead++) {
        item = run_receipt(rig, &one, ahead == 1 ? 4 : 2, &strange, 32);
        assert_int_equal(item->outcome, OUTCOME_QUARANTINE);
        assert_int_equal(item->err, GV_EFORK);
        assert_int_equal(db.units[0].ack_n, 0);
        one_end(&one);
    }
}

static void test_a_receipt_again_says_only_what_is_held_now(void **state)
{
    struct rig *rig = *state;
    struct item *item;
    struct one one;

    three_orders();
    db.units[0].ack_n = 2;
    item = run_receipt(rig, &one, 1, &db.orders[0][1].h, 32);
    assert_int_equal(item->outcome, OUTCOME_DONE);
    assert_int_equal(item->orders_held, 1);
    assert_int_equal(db.units[0].ack_n, 2);
    assert_int_equal(db.evidence_count, 0);
    one_end(&one);
}

/* ---- who may speak -------------------------------------------------------------------------- */

struct bar {
    const char *what;
    gv_err err;
    bool written; /* into the ledger */
};

static void put_bar(struct gv_unit_log *log, int bar)
{
    switch (bar) {
    case 0:
        log->has_key = false;
        break;
    case 1:
        log->revoked = true;
        break;
    case 2:
        log->ended = true;
        break;
    case 3:
        log->key_id.b[0] ^= 1;
        break;
    case 4:
        log->quarantined = true;
        break;
    case 5:
        log->connection = 2;
        break;
    default:
        log->unit_id = 7;
        break;
    }
}

static void test_whoever_is_barred_is_refused_under_the_lock_and_that_is_written_down(void **state)
{
    static const struct bar bars[] = {
        {"no key", GV_EDENIED, true},          {"revoked", GV_EDENIED, true},
        {"ended", GV_EDENIED, true},           {"another key", GV_EDENIED, true},
        {"quarantined", GV_EQUARANTINE, true}, {"an older connection", GV_EREPLAY, false},
        {"not known", GV_EDENIED, false},
    };
    struct rig *rig = *state;
    const struct gv_unit_log good = db.units[0];

    for (int i = 0; i < 7; i++) {
        Giaoviec__V1__Reports body = GIAOVIEC__V1__REPORTS__INIT;
        ProtobufCBinaryData entry;
        struct item *item;
        struct one one;

        db.units[0] = good;
        put_bar(&db.units[0], i);
        db.event_count = 0;
        rig_entries(0, 1, 1, &entry);
        body.first = 1;
        body.entries = &entry;
        body.n_entries = 1;
        item = run_one(rig, &one, rig_message(rig, 0, GV_KIND_REPORTS, 1, &body.base));
        assert_int_equal(item->outcome, OUTCOME_REFUSED);
        assert_int_equal(item->err, bars[i].err);
        assert_int_equal(db.event_count, bars[i].written ? 1 : 0);
        if (bars[i].written) {
            assert_int_equal(db.events[0].kind, GV_EVENT_REFUSAL);
            assert_int_equal(db.events[0].error, bars[i].err);
        }
        assert_int_equal(db.units[0].report_n, 0);
        one_end(&one);
    }
}

/* Who speaks on and on all the same does not fill the ledger; while room is short, nobody does. */
static void test_what_one_after_another_is_refused_is_not_all_written_down(void **state)
{
    struct rig *rig = *state;
    struct greeting g;
    struct one one;

    for (int is_short = 1; is_short >= 0; is_short--) {
        rig->is_short = is_short == 1;
        db.event_count = 0;
        db.units[0].revoked = true;
        greet(&g, 0, 2);
        one_begin(rig, &one, ARENA_BYTES);
        for (int i = 0; i < 5; i++)
            one_add(&one, rig_message(rig, 0, GV_KIND_HELLO, 2, &g.body.base));
        assert_int_equal(batch_run(&one.batch), GV_OK);
        for (int i = 0; i < 5; i++)
            assert_int_equal(one.items[i].outcome, OUTCOME_REFUSED);
        assert_int_equal(db.event_count, is_short == 1 ? 0 : 2);
        one_end(&one);
    }
}

static void test_a_unit_that_somebody_holds_is_tried_again_and_the_others_go_on(void **state)
{
    struct rig *rig = *state;
    struct greeting g[2];
    struct one one;

    db.held[0] = true;
    one_begin(rig, &one, ARENA_BYTES);
    one.batch.lock = GV_LOCK_SKIP;
    for (int i = 0; i < 2; i++) {
        greet(&g[i], i, 2);
        one_add(&one, rig_message(rig, i, GV_KIND_HELLO, 2, &g[i].body.base));
    }
    assert_int_equal(batch_run(&one.batch), GV_OK);
    assert_int_equal(one.items[0].outcome, OUTCOME_AGAIN);
    assert_int_equal(one.items[1].outcome, OUTCOME_DONE);
    assert_int_equal(db.units[0].connection, 1);
    assert_int_equal(db.units[1].connection, 2);
    one_end(&one);
}

static void test_what_was_refused_while_verifying_is_one_line_of_the_ledger(void **state)
{
    struct rig *rig = *state;
    struct greeting g;
    struct one one;

    one_begin(rig, &one, ARENA_BYTES);
    greet(&g, 0, 2);
    one_add(&one, rig_message(rig, 0, GV_KIND_HELLO, 2, &g.body.base));
    one_add(&one, rig_job(rig, "admin", 9, "x", 1)); /* nothing of it could be read */
    one.items[0].job->refused = GV_EREPLAY;
    one.items[1].job->refused = GV_EBADMSG;
    assert_int_equal(batch_run(&one.batch), GV_OK);
    assert_int_equal(db.event_count, 2);
    assert_int_equal(db.events[0].entry_kind, GV_KIND_HELLO);
    assert_int_equal(db.events[0].error, GV_EREPLAY);
    assert_int_equal(db.events[1].entry_kind, 0);
    assert_int_equal(db.events[1].unit_id, 0);
    assert_int_equal(db.units[0].connection, 1);
    h_refused.publish(&one.batch, &one.items[0]);
    rig_expect_silence(rig);
    one_end(&one);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)
    const struct CMUnitTest tests[] = {
        TEST(test_a_hello_without_cursors_is_of_empty_logs),
        TEST(test_a_hello_that_cannot_be_read_is_refused_and_changes_nothing),
        TEST(test_a_log_that_parted_from_ours_is_told_which_and_how),
        TEST(test_a_database_that_fails_while_hashes_are_looked_up_ends_the_batch),
        TEST(test_a_day_that_is_none_is_not_kept),
        TEST(test_the_same_hello_again_is_a_replay_unless_its_commit_was_unknown),
        TEST(test_an_older_keyset_is_answered_with_ours),
        TEST(test_a_readmitted_unit_is_told_what_is_held_and_adopts_it),
        TEST(test_an_empty_log_is_adopted_without_hashes_and_without_a_keyset),
        TEST(test_a_readmission_ends_with_a_note_once_the_logs_agree),
        TEST(test_an_adoption_whose_commit_was_unknown_is_answered_alike),
        TEST(test_lost_history_is_welcomed_with_what_is_left),
        TEST(test_a_receipt_that_cannot_be_read_is_refused),
        TEST(test_a_receipt_delivers_what_was_issued_and_nothing_else),
        TEST(test_an_issued_row_of_another_epoch_is_not_delivered),
        TEST(test_a_receipt_of_another_log_is_the_end_of_the_unit),
        TEST(test_a_receipt_again_says_only_what_is_held_now),
        TEST(test_whoever_is_barred_is_refused_under_the_lock_and_that_is_written_down),
        TEST(test_what_one_after_another_is_refused_is_not_all_written_down),
        TEST(test_a_unit_that_somebody_holds_is_tried_again_and_the_others_go_on),
        TEST(test_what_was_refused_while_verifying_is_one_line_of_the_ledger),
    };

    return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
