/* links: gv_delivery gv_base */
/*
 * test_delivery_limits.c - delivery at its edges, both sides: what comes too late, what cannot be,
 * what is longest; nothing of it moves a log.
 */
#include "delivery/coordinator_side.h"
#include "delivery_agent_rig.h"

static void step_without_time(struct rig *rig, enum gv_agent_event_kind kind, struct gv_cursor to)
{
    struct gv_agent_event event = {.kind = kind};

    if (kind == GV_AGENT_STORED)
        event.u.stored = to;
    else
        event.u.appended = to;
    step(rig, event);
}

/* ---- the agent ------------------------------------------------------------------------------ */

static void test_an_older_head_takes_nothing_back(void **state)
{
    struct rig rig;

    (void)state;
    live(&rig, 5, 9, 9, 4);
    step_without_time(&rig, GV_AGENT_STORED, at(4));
    assert_int_equal(rig.side.orders.n, 5);
    assert_null(done(&rig, GV_AGENT_DO_SEND_ORDERS_RECEIPT));
    step_without_time(&rig, GV_AGENT_APPENDED, at(8));
    assert_int_equal(rig.side.reports.n, 9);
    assert_null(done(&rig, GV_AGENT_DO_SEND_REPORTS));
}

static void test_orders_stored_after_the_link_was_lost_are_receipted_on_the_next(void **state)
{
    struct rig rig;

    (void)state;
    live(&rig, 5, 0, 0, 4);
    step(&rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_DOWN});
    step_without_time(&rig, GV_AGENT_STORED, at(7));
    assert_int_equal(rig.side.orders.n, 7);
    assert_null(done(&rig, GV_AGENT_DO_SEND_ORDERS_RECEIPT));
    tick_at_deadline(&rig);
    step(&rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_UP});
    step(&rig, welcome(0, 7, 4));
    assert_non_null(done(&rig, GV_AGENT_DO_SEND_ORDERS_RECEIPT));
}

static void test_an_envelope_past_our_own_log_is_not_in_flight(void **state)
{
    struct rig rig;

    (void)state;
    live(&rig, 0, 3, 0, 4);
    assert_non_null(done(&rig, GV_AGENT_DO_SEND_REPORTS));
    step(&rig, sent(1, 4));
    assert_int_equal(rig.side.in_flight, 0);
    assert_int_equal(rig.side.sent, 0);
    assert_non_null(done(&rig, GV_AGENT_DO_SEND_REPORTS)); /* and is sent again */
    step(&rig, sent(1, 3));
    step(&rig, sent(1, 3)); /* nobody asked a second time */
    assert_int_equal(rig.side.in_flight, 1);
}

static void test_parameters_that_are_given_are_kept(void **state)
{
    struct gv_agent_params params = {
        .endpoint_count = 1, .connect_timeout_ms = 700, .backoff_max_ms = 900};
    struct gv_cursor empty = {0};
    struct rig rig = {.now_ms = 0};

    (void)state;
    gv_agent_init(&rig.side, &params, &empty, &empty, &empty, 1, 0, 0);
    for (int failures = 0; failures < 12; failures++) {
        tick_at_deadline(&rig);
        assert_int_equal(rig.side.phase, GV_AGENT_CONNECTING);
        assert_true(gv_agent_deadline_ms(&rig.side) == rig.now_ms + 700);
        rig.now_ms += 700;
        step(&rig, (struct gv_agent_event){.kind = GV_AGENT_TICK, .random = UINT32_MAX});
        assert_int_equal(rig.side.phase, GV_AGENT_WAITING);
        assert_true(gv_agent_deadline_ms(&rig.side) <= rig.now_ms + 20 + 900);
    }
}

static void test_names_are_told_and_unknown_ones_are_none(void **state)
{
    (void)state;
    assert_string_equal(gv_freeze_name(GV_FREEZE_ORDERS_FORK), "orders-fork");
    assert_string_equal(gv_freeze_name((enum gv_freeze)99), "?");
    assert_string_equal(gv_agent_phase_name(GV_AGENT_GREETING), "greeting");
    assert_string_equal(gv_agent_phase_name((enum gv_agent_phase)99), "?");
}

/* ---- the coordinator ------------------------------------------------------------------------ */

static void test_an_empty_log_has_one_hash_whichever_cursor_names_it(void **state)
{
    const struct gv_cursor odd = {0, hash_of(1, 0)};
    const struct gv_hello good = {.connection = 2};
    struct gv_hello_facts facts = {.connection = 1};
    struct gv_hello_judgement out;

    (void)state;
    gv_hello_judge(&good, &facts, &out);
    assert_int_equal(out.verdict, GV_HELLO_OK);
    for (int i = 0; i < 3; i++) {
        struct gv_hello hello = {.connection = 2, .reports = at(i == 2 ? 4 : 0)};
        struct gv_cursor *cursors[] = {&hello.orders, &hello.reports, &hello.receipted};

        *cursors[i] = odd;
        gv_hello_judge(&hello, &facts, &out);
        assert_int_equal(out.verdict, GV_HELLO_BAD);
    }
}

static void test_reports_past_the_end_of_numbers_are_no_gap(void **state)
{
    struct gv_cursor stored = at(3);
    struct gv_reports_judgement out;

    (void)state;
    gv_reports_judge(&stored, 9, 0, NULL, NULL, &out);
    assert_int_equal(out.verdict, GV_REPORTS_BAD);
    gv_reports_judge(&stored, UINT64_MAX - 1, 5, NULL, NULL, &out);
    assert_int_equal(out.verdict, GV_REPORTS_BAD);
    gv_reports_judge(&stored, UINT64_MAX - 1, 2, NULL, NULL, &out);
    assert_int_equal(out.verdict, GV_REPORTS_GAP);
    assert_true(gv_cursor_eq(&out.head, &stored));
}

static const struct gv_session_params params = {
    .redeliver_ms = 1000, .silence_ms = 10000, .window_entries = 5};

static struct gv_session_action tell(struct gv_session *session, enum gv_session_event_kind kind,
                                     uint64_t n)
{
    struct gv_session_event event = {
        .kind = kind, .now_ms = 1, .connection = 3, .n = n, .head = 20, .bytes = 10};

    return gv_session_step(session, &event, &params);
}

static void test_a_send_that_nobody_waits_for_is_not_in_flight(void **state)
{
    struct gv_session session = {0};

    (void)state;
    assert_int_equal(tell(&session, GV_SESSION_HELLO_OK, 0).max_entries, 5);
    assert_int_equal(tell(&session, GV_SESSION_SENT, 5).kind, GV_SESSION_NONE);
    assert_int_equal(tell(&session, GV_SESSION_SENT, 6).kind, GV_SESSION_NONE);
    assert_int_equal(session.in_flight, 1);
    assert_int_equal(session.sent, 5);
}

/* Of orders that this coordinator has not heard of yet: what the unit holds counts, what was sent
 * does not. */
static void test_more_than_our_head_is_believed_of_the_unit_alone(void **state)
{
    struct gv_session session = {0};

    (void)state;
    (void)tell(&session, GV_SESSION_HELLO_OK, 0);
    assert_int_equal(tell(&session, GV_SESSION_SENT, 21).kind, GV_SESSION_NONE);
    assert_int_equal(session.in_flight, 0);
    (void)tell(&session, GV_SESSION_ACKED, 25);
    assert_int_equal(session.head, 25);
    assert_int_equal(session.acked, 25);
    assert_int_equal(session.sent, 25);
}

static void test_the_longest_wait_is_a_minute(void **state)
{
    struct gv_admission admission;
    uint32_t retry_ms = 0;

    (void)state;
    gv_admission_init(&admission, 1, 1, 0);
    assert_true(gv_admission_take(&admission, 0, 0, &retry_ms));
    for (int i = 0; i < 1000; i++) {
        assert_false(gv_admission_take(&admission, 0, 59899, &retry_ms));
        assert_true(retry_ms <= 60000);
    }
    assert_int_equal(retry_ms, 59999);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_older_head_takes_nothing_back),
        cmocka_unit_test(test_orders_stored_after_the_link_was_lost_are_receipted_on_the_next),
        cmocka_unit_test(test_an_envelope_past_our_own_log_is_not_in_flight),
        cmocka_unit_test(test_parameters_that_are_given_are_kept),
        cmocka_unit_test(test_names_are_told_and_unknown_ones_are_none),
        cmocka_unit_test(test_an_empty_log_has_one_hash_whichever_cursor_names_it),
        cmocka_unit_test(test_reports_past_the_end_of_numbers_are_no_gap),
        cmocka_unit_test(test_a_send_that_nobody_waits_for_is_not_in_flight),
        cmocka_unit_test(test_more_than_our_head_is_believed_of_the_unit_alone),
        cmocka_unit_test(test_the_longest_wait_is_a_minute),
    };

    return cmocka_run_group_tests_name("delivery at its limits", tests, NULL, NULL);
}
