/* links: gv_delivery gv_base_pure */
/*
 * test_delivery_connect.c - the agent's side of a connection: when it opens a link and to whom,
 * when it leaves one, what a coordinator dictates.
 */
#include "delivery_agent_rig.h"

static void test_the_first_link_opens_with_an_eighth_of_the_window_left(void **state)
{
    struct gv_agent_params params = {.endpoint_count = 2, .reconnect_window_ms = 1000};
    struct gv_cursor none = at(0);
    struct gv_agent_side side;
    int64_t low = INT64_MAX, high = 0;

    (void)state;
    for (uint32_t random = 0; random < 1001; random++) {
        int64_t due;

        gv_agent_init(&side, &params, &none, &none, &none, 0, 5000, random);
        due = gv_agent_deadline_ms(&side);
        low = due < low ? due : low;
        high = due > high ? due : high;
    }
    assert_true(low >= 5000 && low < 5100);
    assert_true(high > 5800 && high <= 5900);
}

static void test_each_failure_tries_another_endpoint_and_waits_longer_up_to_a_bound(void **state)
{
    struct rig rig;
    uint32_t endpoint = 9;
    int64_t longest = 0;

    (void)state;
    greet(&rig, 0, 0, 0);
    for (int i = 0; i < 20; i++) {
        int64_t before;

        step(&rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_DOWN, .random = UINT32_MAX - 1});
        assert_int_equal(rig.side.phase, GV_AGENT_WAITING);
        before = rig.now_ms;
        tick_at_deadline(&rig);
        longest = rig.now_ms - before > longest ? rig.now_ms - before : longest;
        assert_non_null(done(&rig, GV_AGENT_DO_OPEN_LINK));
        assert_int_not_equal(done(&rig, GV_AGENT_DO_OPEN_LINK)->endpoint, endpoint);
        endpoint = done(&rig, GV_AGENT_DO_OPEN_LINK)->endpoint;
        assert_true(endpoint < 3);
    }
    assert_true(longest > 5000 && longest <= 20100);
}

static void test_after_a_live_link_the_preferred_endpoint_is_first_again(void **state)
{
    struct rig rig;

    (void)state;
    greet(&rig, 0, 0, 0);
    step(&rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_REFUSED});
    tick_at_deadline(&rig);
    assert_int_equal(done(&rig, GV_AGENT_DO_OPEN_LINK)->endpoint, 1);
    step(&rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_UP});
    step(&rig, welcome(0, 0, 4));
    step(&rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_DOWN});
    tick_at_deadline(&rig);
    assert_int_equal(done(&rig, GV_AGENT_DO_OPEN_LINK)->endpoint, 0);
}

static void test_the_dictated_window_is_obeyed(void **state)
{
    struct rig rig;
    int64_t high = 0;

    (void)state;
    for (uint32_t random = 0; random < 2001; random += 10) {
        live(&rig, 0, 0, 0, 4);
        step(&rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_DOWN, .random = random});
        high = gv_agent_deadline_ms(&rig.side) - rig.now_ms > high
                   ? gv_agent_deadline_ms(&rig.side) - rig.now_ms
                   : high;
    }
    assert_true(high > 1700 && high <= 1800);
}

static void test_goodbye_dictates_a_window_and_another_endpoint(void **state)
{
    struct rig rig;
    struct gv_agent_event goodbye = {.kind = GV_AGENT_GOODBYE, .random = 26250};

    (void)state;
    live(&rig, 0, 0, 0, 4);
    goodbye.u.goodbye.reconnect_window_ms = 30000;
    step(&rig, goodbye);
    assert_non_null(done(&rig, GV_AGENT_DO_CLOSE_LINK));
    assert_in_range(gv_agent_deadline_ms(&rig.side) - rig.now_ms, 26250, 26300);
    tick_at_deadline(&rig);
    assert_int_equal(done(&rig, GV_AGENT_DO_OPEN_LINK)->endpoint, 1);
}

static void test_a_link_that_says_nothing_is_torn_down(void **state)
{
    struct rig rig;
    int beats = 0;

    (void)state;
    live(&rig, 0, 0, 0, 4);
    while (rig.now_ms < 60000 && done(&rig, GV_AGENT_DO_CLOSE_LINK) == NULL) {
        tick_at_deadline(&rig);
        beats += done(&rig, GV_AGENT_DO_SEND_HEARTBEAT) != NULL;
    }
    assert_non_null(done(&rig, GV_AGENT_DO_CLOSE_LINK));
    assert_true(beats >= 8 && beats <= 10);
}

static void test_any_frame_is_a_sign_of_life(void **state)
{
    struct rig rig;

    (void)state;
    live(&rig, 0, 0, 0, 4);
    for (int i = 0; i < 50; i++) {
        rig.now_ms += 6000;
        step(&rig, (struct gv_agent_event){.kind = GV_AGENT_SEEN});
        assert_null(done(&rig, GV_AGENT_DO_CLOSE_LINK));
    }
}

static void test_heartbeats_come_in_time_whatever_was_dictated(void **state)
{
    struct rig rig;
    struct gv_agent_event event = welcome(0, 0, 4);

    (void)state;
    greet(&rig, 0, 0, 0);
    event.u.welcome.heartbeat_ms = 60000;
    event.u.welcome.silence_ms = 3000;
    step(&rig, event);
    tick_at_deadline(&rig);
    assert_non_null(done(&rig, GV_AGENT_DO_SEND_HEARTBEAT));
    assert_null(done(&rig, GV_AGENT_DO_CLOSE_LINK));
}

static void test_a_clock_makes_heartbeats_rarer_and_never_more_frequent(void **state)
{
    struct rig rig;
    struct gv_agent_event slower = {.kind = GV_AGENT_CLOCK, .u.clock = {5000, 50000}};
    struct gv_agent_event faster = {.kind = GV_AGENT_CLOCK, .u.clock = {100, 1000}};
    struct gv_agent_event silent = {.kind = GV_AGENT_CLOCK, .u.clock = {UINT32_MAX, 0}};
    struct gv_agent_event as_before = {.kind = GV_AGENT_CLOCK};

    (void)state;
    greet(&rig, 0, 0, 0);
    step(&rig, slower); /* not live yet: a Welcome says all that counts */
    step(&rig, welcome(0, 0, 4));
    assert_int_equal(rig.side.heartbeat_every_ms, 1000);
    step(&rig, slower);
    step(&rig, faster);
    step(&rig, as_before);
    assert_int_equal(rig.side.heartbeat_every_ms, 5000);
    assert_int_equal(rig.side.silence_ms, 50000);
    step(&rig, silent);
    assert_in_range(rig.side.heartbeat_every_ms, 5000, 50000 / 3); /* else it would flap */
}

static void test_no_welcome_means_another_endpoint_and_a_longer_wait(void **state)
{
    struct rig rig;

    (void)state;
    greet(&rig, 0, 0, 0);
    for (uint32_t i = 1; i < 5; i++) {
        tick_at_deadline(&rig);
        assert_non_null(done(&rig, GV_AGENT_DO_CLOSE_LINK));
        assert_int_equal(rig.side.phase, GV_AGENT_WAITING);
        assert_int_equal(rig.side.failures, i);
        tick_at_deadline(&rig);
        assert_int_equal(done(&rig, GV_AGENT_DO_OPEN_LINK)->endpoint, i % 3);
        step(&rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_UP});
    }
}

static void test_busy_at_hello_keeps_the_link_and_says_hello_again(void **state)
{
    struct rig rig;
    int64_t before;

    (void)state;
    greet(&rig, 0, 0, 0);
    before = rig.now_ms;
    step(&rig, busy(700, 0));
    assert_int_equal(rig.actions.count, 0);
    step(&rig, welcome(0, 0, 4)); /* answers nothing that waits */
    assert_int_equal(rig.side.phase, GV_AGENT_GREETING);
    tick_at_deadline(&rig);
    assert_true(rig.now_ms >= before + 700);
    assert_null(done(&rig, GV_AGENT_DO_CLOSE_LINK));
    assert_non_null(done(&rig, GV_AGENT_DO_SEND_HELLO));
    assert_int_equal(rig.side.connection, 43);
}

/* One that cannot reach its database says so for ever; another perhaps can. */
static void test_busy_again_and_again_means_another_endpoint(void **state)
{
    struct rig rig;
    uint32_t first;
    int busies;

    (void)state;
    greet(&rig, 0, 0, 0);
    first = rig.side.turn;
    for (busies = 1; busies < 100; busies++) {
        step(&rig, busy(700, 0));
        if (done(&rig, GV_AGENT_DO_CLOSE_LINK) != NULL)
            break;
        tick_at_deadline(&rig);
        assert_non_null(done(&rig, GV_AGENT_DO_SEND_HELLO));
    }
    assert_int_equal(busies, 8);
    assert_int_equal(rig.side.phase, GV_AGENT_WAITING);
    assert_int_not_equal(rig.side.turn, first);
    tick_at_deadline(&rig);
    assert_non_null(done(&rig, GV_AGENT_DO_OPEN_LINK));
    step(&rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_UP});
    step(&rig, busy(700, 0)); /* counts anew */
    assert_null(done(&rig, GV_AGENT_DO_CLOSE_LINK));
}

static void test_a_connection_number_that_is_too_old_leaps(void **state)
{
    struct rig rig;
    struct gv_agent_event error = {.kind = GV_AGENT_ERROR};
    uint64_t connection;
    int tries = 0;

    (void)state;
    greet(&rig, 0, 0, 0);
    error.u.error.code = GV_EREPLAY;
    for (connection = 42; connection < 1000000; tries++) {
        step(&rig, error);
        assert_non_null(done(&rig, GV_AGENT_DO_CLOSE_LINK));
        tick_at_deadline(&rig);
        step(&rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_UP});
        assert_true(rig.side.connection > connection);
        connection = rig.side.connection;
    }
    assert_true(tries < 25);
}

/* Somebody said Hello with a higher number of ours: errors alone would be signs of life for ever.
 */
static void test_a_live_connection_that_is_not_the_newest_says_hello_again(void **state)
{
    struct rig rig;
    struct gv_agent_event error = {.kind = GV_AGENT_ERROR};
    uint64_t connection;

    (void)state;
    live(&rig, 0, 0, 0, 4);
    connection = rig.side.connection;
    error.u.error.code = GV_ESTATE;
    step(&rig, error);
    assert_int_equal(rig.side.phase, GV_AGENT_LIVE);
    error.u.error.code = GV_EREPLAY;
    step(&rig, error);
    assert_non_null(done(&rig, GV_AGENT_DO_CLOSE_LINK));
    tick_at_deadline(&rig);
    assert_non_null(done(&rig, GV_AGENT_DO_OPEN_LINK));
    step(&rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_UP});
    assert_non_null(done(&rig, GV_AGENT_DO_SEND_HELLO));
    assert_true(rig.side.connection > connection + 1);
}

static void test_endpoints_are_ranked_and_only_those_of_a_lost_one_move(void **state)
{
    gv_hash weights[5];
    uint32_t order[5], without[4];

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        weights[i] = hash_of((i * 7 + 3) % 5 + 1, 0);
    gv_agent_rank(weights, 5, order);
    for (unsigned i = 1; i < 5; i++)
        assert_true(memcmp(weights[order[i - 1]].b, weights[order[i]].b, 32) > 0);
    gv_agent_rank(weights, 4, without);
    for (unsigned i = 0, k = 0; i < 5; i++) {
        if (order[i] != 4)
            assert_int_equal(order[i], without[k++]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_first_link_opens_with_an_eighth_of_the_window_left),
        cmocka_unit_test(test_each_failure_tries_another_endpoint_and_waits_longer_up_to_a_bound),
        cmocka_unit_test(test_after_a_live_link_the_preferred_endpoint_is_first_again),
        cmocka_unit_test(test_the_dictated_window_is_obeyed),
        cmocka_unit_test(test_goodbye_dictates_a_window_and_another_endpoint),
        cmocka_unit_test(test_a_link_that_says_nothing_is_torn_down),
        cmocka_unit_test(test_any_frame_is_a_sign_of_life),
        cmocka_unit_test(test_heartbeats_come_in_time_whatever_was_dictated),
        cmocka_unit_test(test_a_clock_makes_heartbeats_rarer_and_never_more_frequent),
        cmocka_unit_test(test_no_welcome_means_another_endpoint_and_a_longer_wait),
        cmocka_unit_test(test_busy_at_hello_keeps_the_link_and_says_hello_again),
        cmocka_unit_test(test_busy_again_and_again_means_another_endpoint),
        cmocka_unit_test(test_a_connection_number_that_is_too_old_leaps),
        cmocka_unit_test(test_a_live_connection_that_is_not_the_newest_says_hello_again),
        cmocka_unit_test(test_endpoints_are_ranked_and_only_those_of_a_lost_one_move),
    };

    return cmocka_run_group_tests_name("delivery connect", tests, NULL, NULL);
}
