/* links: gv_delivery gv_base_pure */
/* test_delivery.c - the coordinator's side: judgements over whole tables, the session, load. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "delivery/coordinator_side.h"
#include "delivery_rig.h"

/* ---- Hello ---------------------------------------------------------------------------------- */

struct hello_row {
    const char *what;
    uint64_t connection;
    unsigned orders, reports, receipted; /* +100: with another hash */
    enum gv_hello_verdict verdict;
    enum gv_log_name log;
    uint64_t n;
    bool lost, again;
};

/* Stored: connection 7, 5 reports, 9 orders of which 8 are receipted. */
static const struct hello_row hello_rows[] = {
    {"all agrees", 8, 9, 5, 5, GV_HELLO_OK, 0, 0, false, false},
    {"more reports are on their way", 8, 9, 8, 5, GV_HELLO_OK, 0, 0, false, false},
    {"a receipt was lost", 8, 9, 8, 2, GV_HELLO_OK, 0, 0, false, false},
    {"orders wait", 8, 8, 5, 5, GV_HELLO_OK, 0, 0, false, false},
    {"its receipt for orders was lost", 8, 9, 5, 4, GV_HELLO_OK, 0, 0, false, false},
    {"a new unit that lost its folder: no orders", 8, 0, 5, 5, GV_HELLO_OK, 0, 0, false, true},
    {"the same Hello again", 7, 9, 5, 5, GV_HELLO_SAME, 0, 0, false, false},
    {"the same Hello, late: it named fewer", 7, 9, 4, 4, GV_HELLO_SAME, 0, 0, false, false},
    {"the same connection, but a clone's", 7, 9, 104, 3, GV_HELLO_FORK, GV_LOG_REPORTS, 4, false,
     false},
    {"an older connection", 6, 9, 5, 5, GV_HELLO_OLD, 0, 0, false, false},
    {"an older connection, whatever it holds", 6, 109, 105, 105, GV_HELLO_OLD, 0, 0, false, false},
    {"connection 0", 0, 9, 5, 5, GV_HELLO_BAD, 0, 0, false, false},
    {"receipts for more than it made", 8, 9, 4, 5, GV_HELLO_BAD, 0, 0, false, false},
    {"head and receipt at one number, two hashes", 8, 9, 5, 105, GV_HELLO_BAD, 0, 0, false, false},
    {"number 0 with a hash", 8, 100, 5, 5, GV_HELLO_BAD, 0, 0, false, false},
    {"we lost reports", 8, 9, 9, 7, GV_HELLO_OK, 0, 0, true, false},
    {"we lost reports, its newest was receipted", 8, 9, 7, 7, GV_HELLO_OK, 0, 0, true, false},
    {"another report at our head", 8, 9, 105, 3, GV_HELLO_FORK, GV_LOG_REPORTS, 5, false, false},
    {"another report below our head", 8, 9, 104, 3, GV_HELLO_FORK, GV_LOG_REPORTS, 4, false, false},
    {"another receipted report", 8, 9, 8, 103, GV_HELLO_FORK, GV_LOG_REPORTS, 3, false, false},
    {"a restored backup: fewer reports", 8, 9, 4, 4, GV_HELLO_AHEAD, GV_LOG_REPORTS, 4, false,
     false},
    {"a restored backup: none", 8, 0, 0, 0, GV_HELLO_AHEAD, GV_LOG_REPORTS, 0, false, false},
    {"another order at our head", 8, 109, 5, 5, GV_HELLO_FORK, GV_LOG_ORDERS, 9, false, false},
    {"another order below it", 8, 103, 5, 5, GV_HELLO_FORK, GV_LOG_ORDERS, 3, false, false},
    {"we lost orders", 8, 11, 5, 5, GV_HELLO_AHEAD, GV_LOG_ORDERS, 9, false, false},
    {"fewer orders than it receipted", 8, 6, 5, 5, GV_HELLO_OK, 0, 0, false, true},
};

static void test_a_hello_is_judged_by_its_numbers_and_hashes(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(hello_rows); i++) {
        const struct hello_row *row = &hello_rows[i];
        struct gv_hello hello = {row->connection, of(row->orders), of(row->reports),
                                 of(row->receipted), false};
        struct gv_hello_facts facts = {7,
                                       at(5),
                                       at(9),
                                       8,
                                       known(hello.orders.n),
                                       known(hello.reports.n),
                                       known(hello.receipted.n),
                                       false};
        struct gv_hello_judgement out;

        gv_hello_judge(&hello, &facts, &out);
        if (out.verdict != row->verdict || out.log != row->log || out.n != row->n ||
            out.reports_lost != row->lost || out.orders_again != row->again)
            fail_msg("%s: verdict %d, log %d, n %u, lost %d, again %d", row->what, out.verdict,
                     out.log, (unsigned)out.n, out.reports_lost, out.orders_again);
    }
}

static void test_what_is_not_known_any_more_is_no_conflict(void **state)
{
    struct gv_hello hello = {8, at(9), at(8), other(3), false};
    struct gv_hello_facts facts = {.connection = 7, .reports = at(5), .orders = at(9)};
    struct gv_hello_judgement out;

    (void)state;
    gv_hello_judge(&hello, &facts, &out);
    assert_int_equal(out.verdict, GV_HELLO_OK);
}

/* ---- Reports -------------------------------------------------------------------------------- */

/* Every (stored, first, count), with the unit's log parting from ours after each number or not at
 * all. */
static void judge_one(uint64_t stored_n, uint64_t first, uint64_t count, uint64_t fork_after)
{
    struct gv_cursor stored = at(stored_n);
    struct gv_reports_judgement out;
    gv_hash chain[8], at_end;
    uint64_t before = 99, end = 99, last = first + count - 1;
    bool need = gv_reports_need(&stored, first, count, &before, &end);
    bool bad = first == 0 || count == 0;
    bool gap = !bad && first > stored_n + 1;

    for (uint64_t i = 0; i < count; i++)
        chain[i] = hash_of(first + i, first + i > fork_after);
    assert_int_equal(need, !bad && !gap);
    if (need) {
        assert_int_equal(before, first - 1);
        assert_int_equal(end, last < stored_n ? last : stored_n);
    }
    at_end = hash_of(end, end == stored_n ? 7 : 0); /* there the stored one counts */
    gv_reports_judge(&stored, first, count, chain, &at_end, &out);
    if (bad) {
        assert_int_equal(out.verdict, GV_REPORTS_BAD);
    } else if (gap) {
        assert_int_equal(out.verdict, GV_REPORTS_GAP);
    } else if (first <= stored_n && end > fork_after && end >= first) {
        assert_int_equal(out.verdict, GV_REPORTS_FORK);
    } else if (last <= stored_n) {
        assert_int_equal(out.verdict, GV_REPORTS_REPEAT);
    } else {
        assert_int_equal(out.verdict, GV_REPORTS_STORE);
        assert_int_equal(out.skip, stored_n + 1 - first);
        assert_int_equal(out.head.n, last);
        assert_true(gv_hash_eq(&out.head.h, &chain[count - 1]));
        return;
    }
    assert_true(gv_cursor_eq(&out.head, &stored));
}

static void test_reports_are_stored_once_in_order_whatever_their_grouping(void **state)
{
    (void)state;
    for (uint64_t stored = 0; stored < 6; stored++)
        for (uint64_t first = 0; first < 9; first++)
            for (uint64_t count = 0; count < 7; count++)
                for (uint64_t fork = 0; fork < 10; fork++)
                    judge_one(stored, first, count, fork);
}

static void test_numbers_do_not_wrap_around(void **state)
{
    struct gv_cursor stored = {UINT64_MAX - 1, hash_of(3, 0)};
    struct gv_reports_judgement out;
    gv_hash chain[2] = {hash_of(1, 0), hash_of(2, 0)};
    uint64_t before, end;

    (void)state;
    assert_false(gv_reports_need(&stored, UINT64_MAX, 2, &before, &end));
    gv_reports_judge(&stored, UINT64_MAX, 2, chain, chain, &out);
    assert_int_equal(out.verdict, GV_REPORTS_BAD);
}

static void test_a_receipt_for_orders_needs_our_number_and_our_hash(void **state)
{
    struct gv_cursor head = at(9), told;
    struct gv_hash_at own;

    (void)state;
    for (uint64_t n = 0; n < 12; n++) {
        own = known(n);
        told = at(n);
        assert_int_equal(gv_receipt_judge(&head, 4, &told, &own), n > 9   ? GV_RECEIPT_AHEAD
                                                                  : n > 4 ? GV_RECEIPT_OK
                                                                          : GV_RECEIPT_REPEAT);
        told = other(n);
        assert_int_equal(gv_receipt_judge(&head, 4, &told, &own), n > 9    ? GV_RECEIPT_AHEAD
                                                                  : n == 0 ? GV_RECEIPT_REPEAT
                                                                           : GV_RECEIPT_FORK);
    }
    told = (struct gv_cursor){0, hash_of(1, 0)}; /* the empty log has one hash */
    own.known = false;
    assert_int_equal(gv_receipt_judge(&head, 4, &told, &own), GV_RECEIPT_FORK);
}

/* ---- sessions ------------------------------------------------------------------------------- */

static const struct gv_session_params params = {.redeliver_ms = 1000, .silence_ms = 10000};

static struct gv_session_action tell(struct gv_session *session, enum gv_session_event_kind kind,
                                     int64_t now_ms, uint64_t n)
{
    struct gv_session_event event = {
        .kind = kind, .now_ms = now_ms, .connection = session->connection, .n = n, .bytes = 100};

    return gv_session_step(session, &event, &params);
}

static struct gv_session_action hello(struct gv_session *session, uint64_t connection,
                                      uint64_t acked, uint64_t head)
{
    struct gv_session_event event = {
        .kind = GV_SESSION_HELLO_OK, .connection = connection, .n = acked, .head = head};

    return gv_session_step(session, &event, &params);
}

static void test_orders_go_out_after_hello_and_after_commits(void **state)
{
    struct gv_session session = {0};
    struct gv_session_action action;

    (void)state;
    action = hello(&session, 5, 3, 9);
    assert_int_equal(action.kind, GV_SESSION_SEND_ORDERS);
    assert_int_equal(action.after, 3);
    assert_int_equal(action.connection, 5);
    assert_int_equal(tell(&session, GV_SESSION_HEAD, 1, 10).kind,
                     GV_SESSION_NONE); /* one at a time */
    action = tell(&session, GV_SESSION_SENT, 2, 9);
    assert_int_equal(action.after, 9);
    assert_int_equal(tell(&session, GV_SESSION_SENT, 3, 10).kind, GV_SESSION_NONE);
    assert_int_equal(tell(&session, GV_SESSION_ACKED, 4, 10).kind, GV_SESSION_NONE);
    assert_int_equal(session.acked, 10);
    assert_int_equal(session.in_flight, 0);
    assert_int_equal(tell(&session, GV_SESSION_HEAD, 5, 11).after, 10);
}

static void test_unreceipted_orders_are_sent_again_from_the_receipted_one(void **state)
{
    struct gv_session session = {0};
    struct gv_session_action action;

    (void)state;
    (void)hello(&session, 5, 0, 9);
    (void)tell(&session, GV_SESSION_SENT, 10, 4);
    (void)tell(&session, GV_SESSION_SENT, 20, 9);
    (void)tell(&session, GV_SESSION_ACKED, 30, 2);
    assert_true(gv_session_deadline_ms(&session) <= 1030);
    assert_int_equal(tell(&session, GV_SESSION_TICK, 900, 0).kind, GV_SESSION_NONE);
    action = tell(&session, GV_SESSION_TICK, gv_session_deadline_ms(&session), 0);
    assert_int_equal(action.kind, GV_SESSION_SEND_ORDERS);
    assert_int_equal(action.after, 2);
    assert_int_equal(tell(&session, GV_SESSION_SENT, 1100, 3).kind, GV_SESSION_NONE); /* probing */
    assert_int_equal(tell(&session, GV_SESSION_ACKED, 1200, 9).kind, GV_SESSION_NONE);
    assert_int_equal(session.sent, 9);
    (void)tell(&session, GV_SESSION_HEAD, 1300, 20);
    assert_int_equal(tell(&session, GV_SESSION_SENT, 1300, 12).after,
                     12); /* the whole window again */
}

static void test_the_window_bounds_what_is_in_flight(void **state)
{
    struct gv_session_params small = params;
    struct gv_session_event event = {.kind = GV_SESSION_HELLO_OK, .connection = 1, .head = 10000};
    struct gv_session session = {0};
    struct gv_session_action action;

    (void)state;
    small.window_entries = 100;
    small.batch_entries = 30;
    action = gv_session_step(&session, &event, &small);
    while (action.kind == GV_SESSION_SEND_ORDERS)
        action = tell(&session, GV_SESSION_SENT, 1, action.after + action.max_entries);
    assert_int_equal(session.sent, 100);
    small.window_entries = 0;
    small.window_bytes = 350;
    event.connection = 2;
    action = gv_session_step(&session, &event, &small);
    while (action.kind == GV_SESSION_SEND_ORDERS) {
        assert_true(action.max_bytes <= 350);
        action = tell(&session, GV_SESSION_SENT, 1, action.after + 1);
    }
    assert_int_equal(session.sent, 4); /* 100 bytes each: the fourth passes it */
    action = tell(&session, GV_SESSION_ACKED, 2, 1);
    assert_int_equal(action.after, 4);
}

static void test_what_is_past_the_head_is_not_asked_for(void **state)
{
    struct gv_session session = {0};

    (void)state;
    assert_int_equal(hello(&session, 5, 3, 9).max_entries, 6);
    assert_int_equal(tell(&session, GV_SESSION_SENT, 0, 7).max_entries, 2);
    assert_int_equal(tell(&session, GV_SESSION_SENT, 0, 9).kind, GV_SESSION_NONE);
    assert_int_equal(tell(&session, GV_SESSION_HEAD, 0, 10).max_entries, 1);
}

static void test_a_send_that_did_not_go_out_is_tried_again(void **state)
{
    struct gv_session session = {0};

    (void)state;
    (void)hello(&session, 5, 3, 9);
    assert_int_equal(tell(&session, GV_SESSION_SENT, 0, 3).kind, GV_SESSION_NONE);
    assert_true(gv_session_deadline_ms(&session) <= 200);
    assert_int_equal(tell(&session, GV_SESSION_TICK, 200, 0).after, 3);
    /* and one that is never answered does not stop delivery for ever */
    assert_int_equal(tell(&session, GV_SESSION_TICK, 9000, 0).after, 3);
}

static void test_frames_of_another_connection_are_ignored(void **state)
{
    struct gv_session session = {0};
    struct gv_session_event event = {.kind = GV_SESSION_ACKED, .connection = 4, .n = 9};

    (void)state;
    (void)hello(&session, 5, 3, 9);
    (void)gv_session_step(&session, &event, NULL);
    assert_int_equal(session.acked, 3);
    event.kind = GV_SESSION_SENT;
    (void)gv_session_step(&session, &event, NULL);
    assert_true(session.waiting);
    (void)hello(&session, 4, 9, 9); /* an older Hello, late */
    assert_int_equal(session.connection, 5);
    event.kind = GV_SESSION_GONE;
    assert_int_equal(gv_session_step(&session, &event, NULL).kind, GV_SESSION_NONE);
    event.connection = 5;
    assert_int_equal(gv_session_step(&session, &event, NULL).kind, GV_SESSION_DROP);
    assert_true(gv_session_deadline_ms(&session) == INT64_MAX);
}

static void test_a_silent_unit_is_dropped(void **state)
{
    struct gv_session session = {0};

    (void)state;
    (void)hello(&session, 5, 9, 9);
    assert_int_equal(tell(&session, GV_SESSION_TICK, 14000, 0).kind, GV_SESSION_NONE);
    assert_int_equal(tell(&session, GV_SESSION_SEEN, 14000, 0).kind, GV_SESSION_NONE);
    assert_int_equal(tell(&session, GV_SESSION_TICK, 28000, 0).kind, GV_SESSION_NONE);
    assert_int_equal(gv_session_deadline_ms(&session), 29000);
    assert_int_equal(tell(&session, GV_SESSION_TICK, 29000, 0).kind, GV_SESSION_DROP);
    assert_false(session.connected);
}

/* ---- load ----------------------------------------------------------------------------------- */

static void test_credits_fall_with_the_queue_but_never_to_none(void **state)
{
    uint32_t before = 32;

    (void)state;
    assert_int_equal(gv_credits(0, 1000), 32);
    for (size_t queued = 0; queued <= 1100; queued += 10) {
        uint32_t credits = gv_credits(queued, 1000);

        assert_true(credits >= 1 && credits <= before);
        before = credits;
    }
    assert_int_equal(before, 1);
}

static void test_the_reconnect_window_grows_with_the_connected(void **state)
{
    (void)state;
    assert_int_equal(gv_reconnect_window_ms(0, 500, 200), 200);
    assert_int_equal(gv_reconnect_window_ms(20000, 500, 200), 50000);
    assert_int_equal(gv_reconnect_window_ms(UINT64_MAX, 500, 200), 150000);
}

static void test_heartbeats_keep_within_their_rate_however_many_units_there_are(void **state)
{
    static const struct gv_pace least = {5000, 18000};
    static const uint64_t units[] = {0, 1, 999, 1000, 1001, 2000, 20000, 60000, 119999};
    struct gv_pace pace, before = least;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        pace = gv_pace_for(units[i], 200, &least);
        assert_true(pace.heartbeat_ms >= before.heartbeat_ms);
        assert_true(pace.silence_ms >= before.silence_ms);
        assert_true(units[i] <= 1000 || units[i] * 1000 / pace.heartbeat_ms <= 200);
        assert_int_equal(pace.silence_ms / (pace.heartbeat_ms / 5), 18000 / 1000);
        before = pace;
    }
    pace = gv_pace_for(1000, 200, &least);
    assert_memory_equal(&pace, &least, sizeof pace);
    pace = gv_pace_for(20000, 200, &least);
    assert_int_equal(pace.heartbeat_ms, 100000);
    assert_int_equal(pace.silence_ms, 360000);
    pace = gv_pace_for(UINT64_MAX, 1, &least);
    assert_int_equal(pace.heartbeat_ms, 600000);
    assert_int_equal(pace.silence_ms, 2160000);
    pace = gv_pace_for(UINT64_MAX, 1, &(struct gv_pace){1000, 60000});
    assert_int_equal(pace.silence_ms, 3600000); /* no agent waits for longer */
    pace = gv_pace_for(UINT64_MAX, 1, &(struct gv_pace){700000, 900000});
    assert_int_equal(pace.heartbeat_ms, 700000); /* what was set stays */
}

static void test_a_storm_is_admitted_at_its_rate_and_told_when_to_come_back(void **state)
{
    struct gv_admission admission;
    struct {
        int64_t at_ms;
        bool in;
    } units[2000];
    uint32_t random = 12345, retry_ms = 0;
    int in_all = 0, tries = 0;
    int64_t now;

    (void)state;
    memset(units, 0, sizeof units);
    gv_admission_init(&admission, 200, 50, 0);
    for (now = 0; in_all < 2000 && now < 120000; now += 10) {
        int in_this = 0;

        for (size_t i = 0; i < ARRAY_LEN(units); i++) {
            if (units[i].in || units[i].at_ms > now)
                continue;
            random = random * 1103515245 + 12345;
            tries++;
            units[i].in = gv_admission_take(&admission, now, random >> 8, &retry_ms);
            if (!units[i].in) {
                assert_true(retry_ms >= 100 && retry_ms <= 60000);
                units[i].at_ms = now + retry_ms;
            }
            in_all += units[i].in;
            in_this += units[i].in;
        }
        assert_true(in_this <= 52);
    }
    assert_int_equal(in_all, 2000);
    assert_true(now >= 9000 && now < 40000); /* 10 s at 200/s; the tail is spread */
    assert_true(tries < 12000);
    for (now += 1000000, in_all = 0; gv_admission_take(&admission, now, 1, &retry_ms); in_all++)
        ;
    assert_int_equal(in_all, 50); /* an idle night buys no more than the burst */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_hello_is_judged_by_its_numbers_and_hashes),
        cmocka_unit_test(test_what_is_not_known_any_more_is_no_conflict),
        cmocka_unit_test(test_reports_are_stored_once_in_order_whatever_their_grouping),
        cmocka_unit_test(test_numbers_do_not_wrap_around),
        cmocka_unit_test(test_a_receipt_for_orders_needs_our_number_and_our_hash),
        cmocka_unit_test(test_orders_go_out_after_hello_and_after_commits),
        cmocka_unit_test(test_unreceipted_orders_are_sent_again_from_the_receipted_one),
        cmocka_unit_test(test_the_window_bounds_what_is_in_flight),
        cmocka_unit_test(test_what_is_past_the_head_is_not_asked_for),
        cmocka_unit_test(test_a_send_that_did_not_go_out_is_tried_again),
        cmocka_unit_test(test_frames_of_another_connection_are_ignored),
        cmocka_unit_test(test_a_silent_unit_is_dropped),
        cmocka_unit_test(test_credits_fall_with_the_queue_but_never_to_none),
        cmocka_unit_test(test_the_reconnect_window_grows_with_the_connected),
        cmocka_unit_test(test_heartbeats_keep_within_their_rate_however_many_units_there_are),
        cmocka_unit_test(test_a_storm_is_admitted_at_its_rate_and_told_when_to_come_back),
    };

    return cmocka_run_group_tests_name("delivery", tests, NULL, NULL);
}
