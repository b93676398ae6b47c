/*
 * test_batch.c - one transaction of the report lane: receipts of orders, who may speak, what is
 * refused and why.
 */
/* links: gv_lane_rig gv_coordinator gv_trust gv_base */
#include "lane_rig.h"

#define ARENA_BYTES ((size_t)64 << 20)

static const gv_id task_a = {{0xaa}}, task_b = {{0xbb}}, task_c = {{0xcc}};
static const gv_hash strange = {{0x5a}};

/* ---- ORDERS_RECEIPT ------------------------------------------------------------------------- */

static struct job *receipt_of(struct rig *rig, int unit, uint64_t n, const gv_hash *h,
                              size_t hash_len)
{
    Giaoviec__V1__OrdersReceipt body = GIAOVIEC__V1__ORDERS_RECEIPT__INIT;
    Giaoviec__V1__Cursor cursor = GIAOVIEC__V1__CURSOR__INIT;

    cursor.number = n;
    cursor.hash = gv_pb_bytes(h->b, hash_len);
    if (hash_len > 0)
        body.orders = &cursor;
    return rig_message(rig, unit, GV_KIND_ORDERS_RECEIPT, 1, &body.base);
}

static struct item *run_receipt(struct rig *rig, struct rig_batch *one, uint64_t n,
                                const gv_hash *h, size_t hash_len)
{
    return rig_batch_one(rig, one, receipt_of(rig, 0, n, h, hash_len));
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
    struct rig_batch one;

    three_orders();
    for (size_t len = 0; len < 32; len += 31) {
        item = run_receipt(rig, &one, 1, &db.orders[0][1].h, len);
        assert_int_equal(item->outcome, OUTCOME_REFUSED);
        assert_int_equal(item->err, GV_EBADMSG);
        rig_batch_end(&one);
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
    struct rig_batch one;

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
    rig_batch_end(&one);
}

static void test_an_issued_row_of_another_epoch_is_not_delivered(void **state)
{
    struct rig *rig = *state;
    struct rig_batch one;

    db_order(0, &task_a, 1);
    db_row(0, &task_a, 2, GV_STATE_ISSUED);
    assert_int_equal(run_receipt(rig, &one, 1, &db.units[0].order_h, 32)->outcome, OUTCOME_DONE);
    assert_int_equal(db.rows[0].a.state, GV_STATE_ISSUED);
    assert_int_equal(db.event_count, 0);
    assert_int_equal(db.units[0].ack_n, 1);
    rig_batch_end(&one);
}

static void test_a_receipt_of_another_log_is_the_end_of_the_unit(void **state)
{
    struct rig *rig = *state;
    struct item *item;
    struct rig_batch one;

    static const uint64_t told[] = {2, 4, UINT64_MAX}; /* forked, ahead */

    three_orders();
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        item = run_receipt(rig, &one, told[i], &strange, 32);
        assert_int_equal(item->outcome, OUTCOME_QUARANTINE);
        assert_int_equal(item->err, GV_EFORK);
        assert_int_equal(db.units[0].ack_n, 0);
        rig_batch_end(&one);
    }
}

static void test_a_receipt_again_says_only_what_is_held_now(void **state)
{
    struct rig *rig = *state;
    struct item *item;
    struct rig_batch one;

    three_orders();
    db.units[0].ack_n = 2;
    item = run_receipt(rig, &one, 1, &db.orders[0][1].h, 32);
    assert_int_equal(item->outcome, OUTCOME_DONE);
    assert_int_equal(item->orders_held, 1);
    assert_int_equal(db.units[0].ack_n, 2);
    assert_int_equal(db.evidence_count, 0);
    rig_batch_end(&one);
}

/* Receipts of units 0 and 2, that of the first said three times as it gets on. */
static void four_receipts(struct rig *rig, struct rig_batch *one)
{
    three_orders();
    db_order(2, &task_a, 1);
    db_row(2, &task_a, 1, GV_STATE_ISSUED);
    rig_batch_begin(rig, one, ARENA_BYTES);
    rig_batch_add(one, receipt_of(rig, 0, 2, &db.orders[0][2].h, 32));
    rig_batch_add(one, receipt_of(rig, 2, 1, &db.orders[2][1].h, 32));
    rig_batch_add(one, receipt_of(rig, 0, 3, &db.orders[0][3].h, 32));
    rig_batch_add(one, receipt_of(rig, 0, 1, &db.orders[0][1].h, 32));
}

static void test_the_orders_of_all_receipts_are_read_at_once(void **state)
{
    struct rig_batch one;

    four_receipts(*state, &one);
    assert_int_equal(batch_run(&one.batch), GV_OK);
    for (size_t i = 0; i < one.batch.count; i++)
        assert_int_equal(one.items[i].outcome, OUTCOME_DONE);
    assert_int_equal(db.calls[CALL_ORDERS_TOLD], 1);
    assert_int_equal(db.calls[CALL_ORDER_HASH], 0);
    assert_int_equal(db.units[0].ack_n, 3);
    assert_int_equal(db.units[2].ack_n, 1);
    assert_int_equal(db.evidence_count, 3); /* 1 and 2, 1, 3 */
    assert_int_equal(db.event_count, 2);
    assert_int_equal(db.rows[0].a.state, GV_STATE_DELIVERED);
    assert_int_equal(db.rows[2].a.state, GV_STATE_DELIVERED);
    rig_batch_end(&one);
}

static void test_receipts_whose_orders_cannot_be_read_change_nothing(void **state)
{
    struct rig_batch one;

    four_receipts(*state, &one);
    db.fails[CALL_ORDERS_TOLD].err = GV_EUNAVAILABLE;
    db.fails[CALL_ORDERS_TOLD].times = 1;
    assert_int_equal(batch_run(&one.batch), GV_EUNAVAILABLE);
    assert_int_equal(db.units[0].ack_n + db.units[2].ack_n, 0);
    assert_int_equal(db.event_count + db.evidence_count, 0);
    assert_int_equal(batch_run(&one.batch), GV_OK);
    assert_int_equal(db.units[0].ack_n, 3);
    rig_batch_end(&one);
}

/* The good one counts, and nothing is a bug. */
static void test_a_receipt_ahead_of_the_log_spoils_no_other_in_its_batch(void **state)
{
    struct rig_batch one;

    three_orders();
    rig_batch_begin(*state, &one, ARENA_BYTES);
    rig_batch_add(&one, receipt_of(*state, 0, 2, &db.orders[0][2].h, 32));
    rig_batch_add(&one, receipt_of(*state, 0, 99, &strange, 32));
    assert_int_equal(batch_run(&one.batch), GV_OK);
    assert_int_equal(one.items[0].outcome, OUTCOME_DONE);
    assert_int_equal(one.items[1].outcome, OUTCOME_QUARANTINE);
    assert_int_equal(db.units[0].ack_n, 2);
    rig_batch_end(&one);
}

static void test_of_orders_that_were_loaded_a_part_can_be_had(void **state)
{
    struct rig_batch one;
    int32_t unit_id = db.units[0].unit_id;

    four_receipts(*state, &one);
    db.units[0].ack_n = 1;
    assert_int_equal(batch_run(&one.batch), GV_OK);
    assert_int_equal(batch_orders(&one.batch, unit_id, 3, 3)->n, 3);
    assert_int_equal(batch_orders(&one.batch, unit_id, 2, 3)->n, 2);
    assert_null(batch_orders(&one.batch, unit_id, 1, 3)); /* it had been told before */
    assert_null(batch_orders(&one.batch, unit_id, 2, 4)); /* there is none */
    rig_batch_end(&one);
}

static void test_a_log_that_lacks_what_a_receipt_tells_of_is_a_bug_and_changes_nothing(void **state)
{
    struct rig_batch one;

    four_receipts(*state, &one);
    db.orders_lost = true;
    assert_int_equal(batch_run(&one.batch), GV_EBUG);
    assert_int_equal(db.units[0].ack_n + db.units[2].ack_n, 0);
    assert_int_equal(db.event_count + db.evidence_count, 0);
    rig_batch_end(&one);
}

/* ---- what is loaded -------------------------------------------------------------------------- */

static void test_an_assignment_that_is_wanted_again_is_asked_for_once(void **state)
{
    static const gv_id beside_a = {{[0] = 0xaa, [15] = 1}}; /* on the place of task_a */
    struct rig_batch one;

    rig_batch_begin(*state, &one, ARENA_BYTES);
    for (int i = 0; i < 300; i++) { /* the list grows in between */
        gv_id other = {{(uint8_t)i, (uint8_t)(i >> 8), 1}};

        batch_want(&one.batch, 1, &task_a);
        batch_want(&one.batch, 3, &other);
        batch_want(&one.batch, 3, &other);
    }
    assert_int_equal(one.batch.key_count, 302); /* one of the others pushed it from its place */
    batch_want(&one.batch, 1, &beside_a);
    batch_want(&one.batch, 2, &beside_a);
    batch_want(&one.batch, 2, &beside_a);
    assert_int_equal(one.batch.key_count, 304);
    assert_int_equal(one.batch.keys[303].unit_id, 2);
    assert_memory_equal(&one.batch.keys[303].assignment, &beside_a, sizeof beside_a);
    rig_batch_close(&one);
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
        struct rig_batch one;

        db.units[0] = good;
        put_bar(&db.units[0], i);
        db.event_count = 0;
        rig_entries(0, 1, 1, &entry);
        body.first = 1;
        body.entries = &entry;
        body.n_entries = 1;
        item = rig_batch_one(rig, &one, rig_message(rig, 0, GV_KIND_REPORTS, 1, &body.base));
        assert_int_equal(item->outcome, OUTCOME_REFUSED);
        assert_int_equal(item->err, bars[i].err);
        assert_int_equal(db.event_count, bars[i].written ? 1 : 0);
        if (bars[i].written) {
            assert_int_equal(db.events[0].kind, GV_EVENT_REFUSAL);
            assert_int_equal(db.events[0].error, bars[i].err);
        }
        assert_int_equal(db.units[0].report_n, 0);
        rig_batch_end(&one);
    }
}

/* Who speaks on and on all the same does not fill the ledger; while room is short, nobody does. */
static void test_what_one_after_another_is_refused_is_not_all_written_down(void **state)
{
    struct rig *rig = *state;
    struct rig_hello g;
    struct rig_batch one;

    for (int is_short = 1; is_short >= 0; is_short--) {
        rig->is_short = is_short == 1;
        db.event_count = 0;
        db.units[0].revoked = true;
        rig_greet(&g, 0, 2);
        rig_batch_begin(rig, &one, ARENA_BYTES);
        for (int i = 0; i < 5; i++)
            rig_batch_add(&one, rig_message(rig, 0, GV_KIND_HELLO, 2, &g.body.base));
        assert_int_equal(batch_run(&one.batch), GV_OK);
        for (int i = 0; i < 5; i++)
            assert_int_equal(one.items[i].outcome, OUTCOME_REFUSED);
        assert_int_equal(db.event_count, is_short == 1 ? 0 : 2);
        rig_batch_end(&one);
    }
}

static void test_a_unit_that_somebody_holds_is_tried_again_and_the_others_go_on(void **state)
{
    struct rig *rig = *state;
    struct rig_hello g[2];
    struct rig_batch one;

    db.held[0] = true;
    rig_batch_begin(rig, &one, ARENA_BYTES);
    one.batch.lock = GV_LOCK_SKIP;
    for (int i = 0; i < 2; i++) {
        rig_greet(&g[i], i, 2);
        rig_batch_add(&one, rig_message(rig, i, GV_KIND_HELLO, 2, &g[i].body.base));
    }
    assert_int_equal(batch_run(&one.batch), GV_OK);
    assert_int_equal(one.items[0].outcome, OUTCOME_AGAIN);
    assert_int_equal(one.items[1].outcome, OUTCOME_DONE);
    assert_int_equal(db.units[0].connection, 1);
    assert_int_equal(db.units[1].connection, 2);
    rig_batch_end(&one);
}

static void test_what_was_refused_while_verifying_is_one_line_of_the_ledger(void **state)
{
    struct rig *rig = *state;
    struct rig_hello g;
    struct rig_batch one;

    rig_batch_begin(rig, &one, ARENA_BYTES);
    rig_greet(&g, 0, 2);
    rig_batch_add(&one, rig_message(rig, 0, GV_KIND_HELLO, 2, &g.body.base));
    rig_batch_add(&one, rig_job(rig, "admin", 9, "x", 1)); /* nothing of it could be read */
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
    rig_batch_end(&one);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)
    const struct CMUnitTest tests[] = {
        TEST(test_a_receipt_that_cannot_be_read_is_refused),
        TEST(test_a_receipt_delivers_what_was_issued_and_nothing_else),
        TEST(test_an_issued_row_of_another_epoch_is_not_delivered),
        TEST(test_a_receipt_of_another_log_is_the_end_of_the_unit),
        TEST(test_a_receipt_again_says_only_what_is_held_now),
        TEST(test_the_orders_of_all_receipts_are_read_at_once),
        TEST(test_receipts_whose_orders_cannot_be_read_change_nothing),
        TEST(test_a_receipt_ahead_of_the_log_spoils_no_other_in_its_batch),
        TEST(test_of_orders_that_were_loaded_a_part_can_be_had),
        TEST(test_a_log_that_lacks_what_a_receipt_tells_of_is_a_bug_and_changes_nothing),
        TEST(test_an_assignment_that_is_wanted_again_is_asked_for_once),
        TEST(test_whoever_is_barred_is_refused_under_the_lock_and_that_is_written_down),
        TEST(test_what_one_after_another_is_refused_is_not_all_written_down),
        TEST(test_a_unit_that_somebody_holds_is_tried_again_and_the_others_go_on),
        TEST(test_what_was_refused_while_verifying_is_one_line_of_the_ledger),
    };

    return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
