/* links: gv_delivery gv_base_pure */
/* test_delivery_agent.c - the agent's side of both logs: what it sends, receipts, stores. */
#include "delivery_agent_rig.h"

static void test_no_more_envelopes_in_flight_than_credits(void **state)
{
    struct rig rig;

    (void)state;
    for (uint32_t credits = 1; credits < 6; credits++) {
        uint64_t first = 1;
        uint32_t flying = 0;

        live(&rig, 0, 40, 0, credits);
        while (done(&rig, GV_AGENT_DO_SEND_REPORTS) != NULL) {
            assert_int_equal(done(&rig, GV_AGENT_DO_SEND_REPORTS)->first, first);
            step(&rig, sent(first, first + 1));
            first += 2;
            flying++;
        }
        assert_int_equal(flying, credits);
        step(&rig, receipt(2, false, credits));
        assert_int_equal(done(&rig, GV_AGENT_DO_RECEIPTED)->cursor.n, 2);
        assert_int_equal(done(&rig, GV_AGENT_DO_SEND_REPORTS)->first, first);
    }
}

static void test_an_envelope_names_at_most_256_entries(void **state)
{
    struct rig rig;

    (void)state;
    live(&rig, 0, 1000, 0, 1);
    assert_int_equal(done(&rig, GV_AGENT_DO_SEND_REPORTS)->max, 256);
    live(&rig, 0, 10, 3, 1);
    assert_int_equal(done(&rig, GV_AGENT_DO_SEND_REPORTS)->first, 4);
    assert_int_equal(done(&rig, GV_AGENT_DO_SEND_REPORTS)->max, 7);
}

static void test_what_is_not_receipted_is_sent_again_one_envelope_at_a_time(void **state)
{
    struct rig rig;
    int64_t before;

    (void)state;
    live(&rig, 0, 6, 0, 4);
    step(&rig, sent(1, 3));
    step(&rig, sent(4, 6));
    before = rig.now_ms;
    tick_at_deadline(&rig);
    assert_true(rig.now_ms >= before + 500);
    assert_int_equal(done(&rig, GV_AGENT_DO_SEND_REPORTS)->first, 1);
    step(&rig, sent(1, 1));
    assert_null(done(&rig, GV_AGENT_DO_SEND_REPORTS));
    step(&rig, receipt(6, false, 4)); /* the first ones had arrived */
    assert_int_equal(rig.side.receipted.n, 6);
    assert_null(done(&rig, GV_AGENT_DO_SEND_REPORTS));
    append_to(&rig, 10);
    step(&rig, sent(7, 8));
    assert_int_equal(done(&rig, GV_AGENT_DO_SEND_REPORTS)->first, 9); /* all credits again */
}

static void test_what_was_on_its_way_at_a_rewind_is_sent_again(void **state)
{
    struct rig rig;

    (void)state;
    live(&rig, 0, 30, 0, 4);
    step(&rig, sent(1, 10));
    assert_int_equal(done(&rig, GV_AGENT_DO_SEND_REPORTS)->first, 11);
    step(&rig, receipt(0, true, 4)); /* before the owner could say SENT */
    assert_null(done(&rig, GV_AGENT_DO_SEND_REPORTS));
    step(&rig, sent(11, 20));
    assert_int_equal(done(&rig, GV_AGENT_DO_SEND_REPORTS)->first, 1);
}

static void test_a_send_that_its_link_took_along_holds_up_nothing(void **state)
{
    struct rig rig;

    (void)state;
    live(&rig, 0, 30, 0, 4);
    assert_non_null(done(&rig, GV_AGENT_DO_SEND_REPORTS));
    step(&rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_DOWN});
    tick_at_deadline(&rig);
    step(&rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_UP});
    step(&rig, welcome(0, 0, 4));
    assert_int_equal(done(&rig, GV_AGENT_DO_SEND_REPORTS)->first, 1);
}

static void test_a_lane_that_never_answers_is_left(void **state)
{
    struct rig rig;
    int sends = 0;

    (void)state;
    live(&rig, 0, 1, 0, 4);
    while (done(&rig, GV_AGENT_DO_CLOSE_LINK) == NULL) {
        if (done(&rig, GV_AGENT_DO_SEND_REPORTS) != NULL) {
            sends++;
            step(&rig, sent(1, 1));
        }
        step(&rig, (struct gv_agent_event){.kind = GV_AGENT_SEEN}); /* heartbeats are answered */
        tick_at_deadline(&rig);
    }
    assert_true(sends >= 3 && sends < 20);
    assert_true(rig.now_ms < 30000);
}

static void test_a_gap_is_resumed_once(void **state)
{
    struct rig rig;

    (void)state;
    live(&rig, 0, 30, 0, 4);
    step(&rig, sent(1, 10));
    step(&rig, sent(11, 20));
    step(&rig, sent(21, 30));
    step(&rig, receipt(0, true, 4)); /* 1..10 were lost, this answers 11..20 */
    assert_int_equal(done(&rig, GV_AGENT_DO_SEND_REPORTS)->first, 1);
    step(&rig, sent(1, 10));
    step(&rig, receipt(0, true, 4)); /* and this 21..30 */
    assert_int_equal(rig.side.sent, 10);
}

static void test_busy_holds_reports_and_sends_from_the_refused_one(void **state)
{
    struct rig rig;
    int64_t before;

    (void)state;
    live(&rig, 0, 30, 0, 4);
    step(&rig, sent(1, 10));
    step(&rig, sent(11, 20));
    step(&rig, sent(21, 30));
    step(&rig, receipt(10, false, 4));
    step(&rig, busy(300, 11));
    assert_null(done(&rig, GV_AGENT_DO_SEND_REPORTS));
    before = rig.now_ms;
    tick_at_deadline(&rig);
    assert_true(rig.now_ms >= before + 300 && rig.now_ms < before + 400);
    assert_int_equal(done(&rig, GV_AGENT_DO_SEND_REPORTS)->first, 11);
    step(&rig, sent(11, 20));
    step(&rig, busy(100, 0)); /* whatever it was: from the receipted one */
    tick_at_deadline(&rig);
    assert_true(rig.now_ms < before + 600);
    assert_int_equal(done(&rig, GV_AGENT_DO_SEND_REPORTS)->first, 11);
}

static void test_without_credits_one_envelope_asks_after_a_while(void **state)
{
    struct rig rig;

    (void)state;
    live(&rig, 0, 5, 0, 0);
    assert_null(done(&rig, GV_AGENT_DO_SEND_REPORTS));
    tick_at_deadline(&rig);
    assert_non_null(done(&rig, GV_AGENT_DO_SEND_REPORTS));
}

static void test_a_full_link_is_tried_again_soon(void **state)
{
    struct rig rig;

    (void)state;
    live(&rig, 0, 5, 0, 2);
    step(&rig, sent(1, 0));
    assert_null(done(&rig, GV_AGENT_DO_SEND_REPORTS));
    assert_true(gv_agent_deadline_ms(&rig.side) - rig.now_ms <= 200);
    tick_at_deadline(&rig);
    assert_int_equal(done(&rig, GV_AGENT_DO_SEND_REPORTS)->first, 1);
}

static void test_a_receipt_is_honoured_only_with_our_own_hash(void **state)
{
    struct rig rig;
    struct gv_agent_event event = receipt(3, false, 4);

    (void)state;
    live(&rig, 0, 6, 0, 4);
    step(&rig, sent(1, 6));
    event.u.receipt.own_reports.known = false;
    step(&rig, event);
    assert_int_equal(rig.side.receipted.n, 0);
    event = receipt(3, false, 4);
    event.u.receipt.reports = other(3);
    step(&rig, event);
    assert_int_equal(done(&rig, GV_AGENT_DO_FREEZE)->freeze, GV_FREEZE_REPORTS_FORK);
    assert_int_equal(rig.side.receipted.n, 0);
    assert_int_equal(rig.side.phase, GV_AGENT_FROZEN);
}

static void test_a_receipt_for_more_than_we_made_freezes(void **state)
{
    struct rig rig;

    (void)state;
    live(&rig, 0, 6, 0, 4);
    step(&rig, receipt(7, false, 4));
    assert_int_equal(done(&rig, GV_AGENT_DO_FREEZE)->freeze, GV_FREEZE_REPORTS_AHEAD);
}

static void test_an_old_receipt_takes_nothing_back(void **state)
{
    struct rig rig;

    (void)state;
    live(&rig, 0, 6, 4, 4);
    step(&rig, receipt(2, false, 4));
    assert_int_equal(rig.side.receipted.n, 4);
    assert_int_equal(rig.side.phase, GV_AGENT_LIVE);
    step(&rig, receipt(2, true, 4)); /* it has less than it receipted: Hello will tell */
    assert_non_null(done(&rig, GV_AGENT_DO_CLOSE_LINK));
    assert_int_equal(rig.side.receipted.n, 4);
}

struct welcome_row {
    const char *what;
    unsigned reports, orders; /* as welcomed; +100: another hash */
    bool own_known;
    enum gv_freeze freeze;
    uint64_t receipted, first; /* afterwards; first report sent, 0: none */
    bool offered;
};

/* The agent holds 9 orders and 6 reports, of which 4 are receipted. */
static const struct welcome_row welcome_rows[] = {
    {"all agrees", 4, 9, true, GV_FREEZE_NONE, 4, 5, false},
    {"a receipt was lost", 6, 9, true, GV_FREEZE_NONE, 6, 0, false},
    {"in part", 5, 12, true, GV_FREEZE_NONE, 5, 6, false},
    {"it lost history", 2, 9, true, GV_FREEZE_NONE, 2, 3, true},
    {"it lost everything", 0, 9, true, GV_FREEZE_NONE, 0, 1, true},
    {"it lost more than we keep", 2, 9, false, GV_FREEZE_REPORTS_LOST, 4, 0, false},
    {"it holds more", 7, 9, true, GV_FREEZE_REPORTS_AHEAD, 4, 0, false},
    {"another report", 105, 9, true, GV_FREEZE_REPORTS_FORK, 4, 0, false},
    {"another report at the receipted one", 104, 9, false, GV_FREEZE_REPORTS_FORK, 4, 0, false},
    {"another report at the head", 106, 9, false, GV_FREEZE_REPORTS_FORK, 4, 0, false},
    {"another old report", 102, 9, true, GV_FREEZE_REPORTS_FORK, 4, 0, false},
    {"another order", 4, 109, true, GV_FREEZE_ORDERS_FORK, 4, 0, false},
    {"another order, our own head", 4, 109, false, GV_FREEZE_ORDERS_FORK, 4, 0, false},
    {"another old order", 4, 103, true, GV_FREEZE_ORDERS_FORK, 4, 0, false},
    {"fewer orders", 4, 8, true, GV_FREEZE_ORDERS_LOST, 4, 0, false},
};

static void test_a_welcome_settles_what_each_side_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(welcome_rows); i++) {
        const struct welcome_row *row = &welcome_rows[i];
        struct gv_agent_event event = welcome(4, 9, 4);
        const struct gv_agent_action *send;
        struct rig rig;

        greet(&rig, 9, 6, 4);
        event.u.welcome.reports = of(row->reports);
        event.u.welcome.own_reports =
            row->own_known ? known(row->reports % 100) : (struct gv_hash_at){0};
        event.u.welcome.orders = of(row->orders);
        event.u.welcome.own_orders =
            row->own_known ? known(row->orders % 100) : (struct gv_hash_at){0};
        step(&rig, event);
        send = done(&rig, GV_AGENT_DO_SEND_REPORTS);
        if (rig.side.freeze != row->freeze || rig.side.receipted.n != row->receipted ||
            (send == NULL ? 0 : send->first) != row->first ||
            (done(&rig, GV_AGENT_DO_OFFER_AGAIN) != NULL) != row->offered)
            fail_msg("%s: freeze %s, receipted %u, first %u", row->what,
                     gv_freeze_name(rig.side.freeze), (unsigned)rig.side.receipted.n,
                     send == NULL ? 0 : (unsigned)send->first);
        assert_int_equal(rig.side.phase == GV_AGENT_FROZEN, row->freeze != GV_FREEZE_NONE);
        if (row->freeze != GV_FREEZE_NONE)
            assert_true(gv_agent_deadline_ms(&rig.side) >= rig.now_ms + 5000);
    }
}

static void test_orders_are_stored_once_in_order_and_receipted(void **state)
{
    static const struct {
        uint64_t first, count;
        enum gv_overlap overlap;
        int skip; /* -1: nothing is stored, -2: frozen */
    } rows[] = {
        {10, 1, GV_OVERLAP_NONE, 0},    {10, 5, GV_OVERLAP_NONE, 0},
        {8, 5, GV_OVERLAP_AGREES, 2},   {9, 1, GV_OVERLAP_AGREES, -1},
        {1, 9, GV_OVERLAP_AGREES, -1},  {11, 3, GV_OVERLAP_NONE, -1},
        {8, 5, GV_OVERLAP_DIFFERS, -2}, {9, 1, GV_OVERLAP_DIFFERS, -2},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct gv_agent_event stored = {.kind = GV_AGENT_STORED};
        struct rig rig;

        live(&rig, 9, 0, 0, 4);
        step(&rig, orders(rows[i].first, rows[i].count, rows[i].overlap));
        if (rows[i].skip == -2) {
            assert_int_equal(rig.side.freeze, GV_FREEZE_ORDERS_FORK);
        } else if (rows[i].skip == -1) {
            assert_null(done(&rig, GV_AGENT_DO_STORE_ORDERS));
            assert_non_null(done(&rig, GV_AGENT_DO_SEND_ORDERS_RECEIPT));
            assert_int_equal(rig.side.orders.n, 9);
        } else {
            assert_int_equal(done(&rig, GV_AGENT_DO_STORE_ORDERS)->skip, rows[i].skip);
            assert_null(done(&rig, GV_AGENT_DO_SEND_ORDERS_RECEIPT)); /* not before it is durable */
            stored.u.stored = at(rows[i].first + rows[i].count - 1);
            step(&rig, stored);
            assert_non_null(done(&rig, GV_AGENT_DO_SEND_ORDERS_RECEIPT));
            assert_int_equal(rig.side.orders.n, rows[i].first + rows[i].count - 1);
        }
    }
}

/* A receipt that was lost with the last connection: what is reported of those orders would be
 * refused. */
static void test_orders_are_receipted_anew_before_anything_is_reported(void **state)
{
    const struct gv_agent_action *receipt, *reports;
    struct rig rig;

    (void)state;
    live(&rig, 3, 2, 0, 4);
    receipt = done(&rig, GV_AGENT_DO_SEND_ORDERS_RECEIPT);
    reports = done(&rig, GV_AGENT_DO_SEND_REPORTS);
    assert_non_null(receipt);
    assert_non_null(reports);
    assert_true(receipt < reports);
    live(&rig, 0, 2, 0, 4);
    assert_null(done(&rig, GV_AGENT_DO_SEND_ORDERS_RECEIPT));
}

static void test_a_day_is_finished_when_its_reports_are_receipted(void **state)
{
    struct gv_agent_event finished = {.kind = GV_AGENT_FINISHED_DAY};
    struct rig rig;

    (void)state;
    live(&rig, 0, 6, 0, 4);
    finished.u.finished.day = 19000;
    finished.u.finished.after = 6;
    step(&rig, sent(1, 6));
    step(&rig, finished);
    step(&rig, receipt(5, false, 4));
    assert_false(rig.side.finished_known);
    step(&rig, receipt(6, false, 4));
    assert_true(rig.side.finished_known);
    assert_int_equal(rig.side.finished_day, 19000);
    assert_non_null(done(&rig, GV_AGENT_DO_SEND_HEARTBEAT)); /* at once */
    finished.u.finished.day = 19001;
    step(&rig, finished);
    assert_int_equal(rig.side.finished_day, 19001);
}

static void test_nothing_but_time_moves_a_frozen_agent(void **state)
{
    struct rig rig;

    (void)state;
    live(&rig, 0, 6, 0, 4);
    step(&rig, receipt(7, false, 4));
    for (int kind = GV_AGENT_TICK; kind <= GV_AGENT_FINISHED_DAY; kind++) {
        step(&rig, (struct gv_agent_event){.kind = (enum gv_agent_event_kind)kind});
        assert_int_equal(rig.actions.count, 0);
        assert_int_equal(rig.side.phase, GV_AGENT_FROZEN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_more_envelopes_in_flight_than_credits),
        cmocka_unit_test(test_an_envelope_names_at_most_256_entries),
        cmocka_unit_test(test_what_is_not_receipted_is_sent_again_one_envelope_at_a_time),
        cmocka_unit_test(test_what_was_on_its_way_at_a_rewind_is_sent_again),
        cmocka_unit_test(test_a_send_that_its_link_took_along_holds_up_nothing),
        cmocka_unit_test(test_a_lane_that_never_answers_is_left),
        cmocka_unit_test(test_a_gap_is_resumed_once),
        cmocka_unit_test(test_busy_holds_reports_and_sends_from_the_refused_one),
        cmocka_unit_test(test_without_credits_one_envelope_asks_after_a_while),
        cmocka_unit_test(test_a_full_link_is_tried_again_soon),
        cmocka_unit_test(test_a_receipt_is_honoured_only_with_our_own_hash),
        cmocka_unit_test(test_a_receipt_for_more_than_we_made_freezes),
        cmocka_unit_test(test_an_old_receipt_takes_nothing_back),
        cmocka_unit_test(test_a_welcome_settles_what_each_side_holds),
        cmocka_unit_test(test_orders_are_stored_once_in_order_and_receipted),
        cmocka_unit_test(test_orders_are_receipted_anew_before_anything_is_reported),
        cmocka_unit_test(test_a_day_is_finished_when_its_reports_are_receipted),
        cmocka_unit_test(test_nothing_but_time_moves_a_frozen_agent),
    };

    return cmocka_run_group_tests_name("delivery agent", tests, NULL, NULL);
}
