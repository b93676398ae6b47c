/* links: gv_delivery gv_base_pure */
/*
 * test_delivery_readmit.c - re-admission: what an act lets pass at the coordinator's side, and how
 * the agent's side adopts the deployment's logs, once it knows enough of them; how an agent that
 * found a contradiction says so.
 */
#include "delivery_agent_rig.h"

#include "delivery/coordinator_side.h"

/* ---- the coordinator's side ------------------------------------------------------------------ */

struct readmit_row {
    const char *what;
    uint64_t connection;
    unsigned orders, reports, receipted; /* +100: with another hash */
    bool contradicts;
    enum gv_hello_verdict without, with; /* an act */
    bool adopt, orders_agree;
};

/* Stored: connection 7, 5 reports, 9 orders of which 8 are receipted. */
static const struct readmit_row readmit_rows[] = {
    {"all agrees", 8, 9, 5, 5, false, GV_HELLO_OK, GV_HELLO_OK, false, true},
    {"a receipt was lost", 8, 9, 5, 3, false, GV_HELLO_OK, GV_HELLO_OK, false, true},
    {"its disk was lost", 8, 0, 0, 0, false, GV_HELLO_AHEAD, GV_HELLO_OK, true, true},
    {"an old backup", 8, 6, 4, 3, false, GV_HELLO_AHEAD, GV_HELLO_OK, true, true},
    {"an old backup that worked on", 8, 6, 5, 3, false, GV_HELLO_OK, GV_HELLO_OK, false, true},
    {"… to another report at our head", 8, 6, 105, 3, false, GV_HELLO_FORK, GV_HELLO_OK, true,
     true},
    {"… past our head: what lies between nobody sees", 8, 6, 108, 3, false, GV_HELLO_OK,
     GV_HELLO_OK, true, true},
    {"… but the agent saw it", 8, 6, 108, 3, true, GV_HELLO_DISPUTED, GV_HELLO_OK, true, true},
    {"another receipted report", 8, 9, 8, 103, false, GV_HELLO_FORK, GV_HELLO_OK, true, true},
    {"we lost reports", 8, 9, 9, 7, false, GV_HELLO_OK, GV_HELLO_OK, true, true},
    {"we lost orders", 8, 11, 5, 5, false, GV_HELLO_AHEAD, GV_HELLO_OK, true, false},
    {"another order", 8, 103, 5, 5, false, GV_HELLO_FORK, GV_HELLO_OK, true, false},
    {"an order fork that the agent saw", 8, 9, 5, 5, true, GV_HELLO_DISPUTED, GV_HELLO_OK, true,
     true},
    {"the same Hello, to be adopted", 7, 0, 0, 0, false, GV_HELLO_SAME, GV_HELLO_SAME, true, true},
    {"an older connection", 6, 0, 0, 0, false, GV_HELLO_OLD, GV_HELLO_OLD, false, false},
    {"it contradicts itself", 8, 9, 4, 5, true, GV_HELLO_BAD, GV_HELLO_BAD, false, false},
};

static void judge(const struct readmit_row *row, bool readmit, struct gv_hello_judgement *out)
{
    struct gv_hello hello = {row->connection, of(row->orders), of(row->reports), of(row->receipted),
                             row->contradicts};
    struct gv_hello_facts facts = {7,
                                   at(5),
                                   at(9),
                                   8,
                                   known(hello.orders.n),
                                   known(hello.reports.n),
                                   known(hello.receipted.n),
                                   readmit};

    gv_hello_judge(&hello, &facts, out);
}

static void test_an_act_lets_pass_what_else_is_quarantined_and_only_that(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(readmit_rows); i++) {
        const struct readmit_row *row = &readmit_rows[i];
        struct gv_hello_judgement out;

        judge(row, false, &out);
        if (out.verdict != row->without || out.adopt)
            fail_msg("%s, no act: verdict %d, adopt %d", row->what, out.verdict, out.adopt);
        judge(row, true, &out);
        if (out.verdict != row->with || out.adopt != row->adopt ||
            out.orders_agree != row->orders_agree)
            fail_msg("%s, an act: verdict %d, adopt %d, orders agree %d", row->what, out.verdict,
                     out.adopt, out.orders_agree);
    }
}

/* ---- the agent's side -------------------------------------------------------------------------
 */

/* The deployment has 20 reports of another log, all known, and 9 orders; reports before first are
 * ours. */
static struct gv_agent_event adopt_it(uint64_t first, bool keep_orders)
{
    struct gv_agent_event event = welcome(0, 9, 4);

    event.u.welcome.reports = other(20);
    event.u.welcome.own_reports.known = false;
    event.u.welcome.adopt = true;
    event.u.welcome.held = (struct gv_held){1, 20, first - 1};
    event.u.welcome.keep_orders = keep_orders;
    return event;
}

/* Two of ours came after base. */
static struct gv_agent_event adopted(uint64_t held_orders)
{
    struct gv_agent_event event = {.kind = GV_AGENT_ADOPTED};

    event.u.adopted.receipted = other(20);
    event.u.adopted.reports = other(22);
    event.u.adopted.orders = at(held_orders);
    return event;
}

static struct gv_agent_event refused(gv_err code)
{
    struct gv_agent_event event = {.kind = GV_AGENT_ERROR};

    event.u.error.code = code;
    return event;
}

static void adopts(struct rig *rig, bool keep_orders)
{
    const struct gv_agent_action *adopt;

    step(rig, adopt_it(5, keep_orders));
    adopt = done(rig, GV_AGENT_DO_ADOPT);
    assert_non_null(adopt);
    assert_int_equal(adopt->cursor.n, 20);
    assert_int_equal(adopt->first, 5);
    assert_int_equal(adopt->keep_orders, keep_orders);
    assert_null(done(rig, GV_AGENT_DO_SEND_REPORTS));
}

static void test_the_deployments_logs_are_adopted_and_then_hello_is_said_again(void **state)
{
    struct gv_agent_event event = welcome(0, 9, 4);
    struct rig rig;

    (void)state;
    greet(&rig, 6, 7, 4);
    adopts(&rig, true);
    step(&rig, adopt_it(5, true)); /* until it is durable nothing else counts */
    assert_int_equal(rig.actions.count, 0);
    step(&rig, adopted(6));
    assert_non_null(done(&rig, GV_AGENT_DO_SEND_HELLO));
    assert_int_equal(rig.side.connection, 43);
    assert_int_equal(rig.side.reports.n, 22);
    assert_int_equal(rig.side.receipted.n, 20);
    assert_int_equal(rig.side.orders.n, 6);
    event.u.welcome.reports = other(20);
    step(&rig, event);
    assert_int_equal(rig.side.phase, GV_AGENT_LIVE);
    assert_int_equal(done(&rig, GV_AGENT_DO_SEND_REPORTS)->first, 21);
}

static void test_a_lost_disk_adopts_everything(void **state)
{
    struct rig rig;

    (void)state;
    greet(&rig, 0, 0, 0);
    adopts(&rig, false);
    step(&rig, adopted(0));
    assert_int_equal(rig.side.orders.n, 0);
    assert_non_null(done(&rig, GV_AGENT_DO_SEND_HELLO));
}

static void test_a_link_that_goes_while_it_adopts_costs_nothing(void **state)
{
    struct rig rig;

    (void)state;
    greet(&rig, 6, 7, 4);
    adopts(&rig, true);
    step(&rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_DOWN});
    step(&rig, adopted(6));
    assert_null(done(&rig, GV_AGENT_DO_SEND_HELLO));
    assert_int_equal(rig.side.receipted.n, 20);
    tick_at_deadline(&rig);
    step(&rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_UP});
    assert_non_null(done(&rig, GV_AGENT_DO_SEND_HELLO));
}

static void test_adopted_that_nobody_asked_for_changes_nothing(void **state)
{
    struct rig rig;

    (void)state;
    live(&rig, 6, 7, 4, 4);
    step(&rig, adopted(0));
    assert_int_equal(rig.side.reports.n, 7);
    assert_int_equal(rig.side.orders.n, 6);
    assert_int_equal(rig.side.phase, GV_AGENT_LIVE);
}

static void test_who_is_overtaken_while_it_adopts_has_a_clone(void **state)
{
    struct rig rig;

    (void)state;
    greet(&rig, 6, 7, 4);
    adopts(&rig, true);
    step(&rig, adopted(6));
    step(&rig, refused(GV_EREPLAY));
    assert_int_equal(done(&rig, GV_AGENT_DO_FREEZE)->freeze, GV_FREEZE_CLONE);
    assert_int_equal(rig.side.phase, GV_AGENT_FROZEN);
}

static void test_who_adopts_again_and_again_has_a_clone(void **state)
{
    struct rig rig;

    (void)state;
    greet(&rig, 6, 7, 4);
    for (int i = 0; i < 3; i++) {
        adopts(&rig, true);
        step(&rig, adopted(6));
    }
    step(&rig, adopt_it(5, true));
    assert_null(done(&rig, GV_AGENT_DO_ADOPT));
    assert_int_equal(done(&rig, GV_AGENT_DO_FREEZE)->freeze, GV_FREEZE_CLONE);
}

/* ---- what must be known before anything is adopted --------------------------------------------
 */

/* The deployment re-admits us, and so much is known of its 20 reports. */
static struct gv_agent_event tell(uint64_t first, uint64_t count, uint64_t own)
{
    struct gv_agent_event event = adopt_it(1, true);

    event.u.welcome.held = (struct gv_held){first, count, own};
    return event;
}

struct held_row {
    const char *what;
    struct gv_held held;
    uint64_t asks, first; /* one of them */
};

static const struct held_row held_rows[] = {
    {"all is known", {1, 20, 7}, 0, 8},
    {"all of it, and none is ours", {1, 20, 0}, 0, 1},
    {"all from where the logs part on", {6, 15, 6}, 0, 7},
    {"all from where they may part on", {6, 15, 0}, 1, 0},
    {"its head is ours, far past what it tells", {1, 3, 20}, 0, 21},
    {"its head is ours, the last that it tells", {11, 10, 20}, 0, 21},
    {"all that it tells is ours", {1, 8, 8}, 8, 0},
    {"it does not tell its head", {1, 19, 4}, 19, 0},
    {"it tells too little, and none of it is ours", {1, 8, 0}, 8, 0},
    {"they parted before that", {18, 3, 0}, 15, 0},
    {"they parted before that, at the beginning or later", {4, 3, 0}, 1, 0},
    {"its last one alone", {20, 1, 0}, 19, 0},
};

static void test_nothing_is_adopted_before_all_is_known_from_where_the_logs_part_on(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(held_rows); i++) {
        const struct held_row *row = &held_rows[i];
        const struct gv_agent_action *adopt;
        struct rig rig;

        greet(&rig, 6, 7, 4);
        step(&rig, tell(row->held.first, row->held.count, row->held.own));
        adopt = done(&rig, GV_AGENT_DO_ADOPT);
        if ((done(&rig, GV_AGENT_DO_SEND_HELLO) != NULL) != (row->asks != 0) ||
            rig.side.held_first != row->asks || (adopt != NULL ? adopt->first : 0) != row->first)
            fail_msg("%s: asks for %u, adopts from %u", row->what, (unsigned)rig.side.held_first,
                     adopt != NULL ? (unsigned)adopt->first : 0);
        assert_int_equal(rig.side.phase, GV_AGENT_GREETING);
    }
}

static void test_an_empty_log_lacks_nothing(void **state)
{
    struct gv_agent_event event = tell(0, 0, 0);
    struct rig rig;

    (void)state;
    greet(&rig, 6, 7, 4);
    event.u.welcome.reports = at(0);
    step(&rig, event);
    assert_int_equal(done(&rig, GV_AGENT_DO_ADOPT)->first, 1);
}

static void test_it_asks_on_by_hellos_of_the_same_link_and_then_adopts(void **state)
{
    struct rig rig;

    (void)state;
    greet(&rig, 6, 7, 4);
    step(&rig, tell(1, 8, 5));
    assert_int_equal(rig.side.held_first, 8);
    assert_int_equal(rig.side.connection, 43);
    assert_null(done(&rig, GV_AGENT_DO_CLOSE_LINK));
    step(&rig, tell(1, 15, 5));
    assert_int_equal(rig.side.held_first, 15);
    assert_int_equal(rig.side.connection, 44);
    step(&rig, busy(50, 0)); /* the same Hello, later */
    tick_at_deadline(&rig);
    assert_non_null(done(&rig, GV_AGENT_DO_SEND_HELLO));
    assert_int_equal(rig.side.held_first, 15);
    assert_int_equal(rig.side.connection, 45);
    step(&rig, tell(1, 20, 5));
    assert_int_equal(done(&rig, GV_AGENT_DO_ADOPT)->first, 6);
    step(&rig, adopted(6));
    assert_non_null(done(&rig, GV_AGENT_DO_SEND_HELLO));
    assert_int_equal(rig.side.held_first, 0);
    assert_int_equal(rig.side.adoptions, 1);
}

static void test_who_does_not_tell_what_was_asked_is_left(void **state)
{
    struct rig rig;

    (void)state;
    greet(&rig, 6, 7, 4);
    step(&rig, tell(1, 8, 5));
    step(&rig, tell(1, 8, 5));
    assert_null(done(&rig, GV_AGENT_DO_ADOPT));
    assert_non_null(done(&rig, GV_AGENT_DO_CLOSE_LINK));
    assert_int_equal(rig.side.phase, GV_AGENT_WAITING);
    assert_int_equal(rig.side.held_first, 0); /* the next link begins anew */
    tick_at_deadline(&rig);
    step(&rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_UP});
    assert_non_null(done(&rig, GV_AGENT_DO_SEND_HELLO));
    assert_int_equal(rig.side.held_first, 0);
}

static void test_who_is_overtaken_while_it_asks_has_a_clone(void **state)
{
    struct rig rig;

    (void)state;
    greet(&rig, 6, 7, 4);
    step(&rig, tell(1, 8, 5));
    step(&rig, refused(GV_EREPLAY));
    assert_int_equal(done(&rig, GV_AGENT_DO_FREEZE)->freeze, GV_FREEZE_CLONE);
    assert_int_equal(rig.side.held_first, 0);
}

static void test_a_deployment_that_agrees_after_all_is_asked_no_more(void **state)
{
    struct rig rig;

    (void)state;
    greet(&rig, 6, 7, 4);
    step(&rig, tell(1, 8, 5));
    step(&rig, welcome(4, 9, 4));
    assert_int_equal(rig.side.phase, GV_AGENT_LIVE);
    assert_int_equal(rig.side.held_first, 0);
}

/* ---- what the agent found, the deployment is told ---------------------------------------------
 */

static void hello_again(struct rig *rig)
{
    tick_at_deadline(rig);
    assert_non_null(done(rig, GV_AGENT_DO_OPEN_LINK));
    step(rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_UP});
    assert_non_null(done(rig, GV_AGENT_DO_SEND_HELLO));
}

static void test_a_contradiction_is_told_until_it_is_over(void **state)
{
    struct gv_agent_event event = welcome(0, 9, 4);
    struct rig rig;

    (void)state;
    live(&rig, 6, 7, 4, 4);
    step(&rig, receipt(8, false, 4));
    assert_int_equal(rig.side.freeze, GV_FREEZE_REPORTS_AHEAD);
    append_to(&rig, 8); /* work goes on meanwhile */
    assert_int_equal(rig.side.reports.n, 8);
    for (int i = 0; i < 3; i++) {
        hello_again(&rig);
        assert_int_equal(rig.side.freeze, GV_FREEZE_REPORTS_AHEAD);
        step(&rig, refused(GV_EQUARANTINE));
        assert_int_equal(rig.side.phase, GV_AGENT_WAITING);
    }
    hello_again(&rig);
    adopts(&rig, true);
    step(&rig, adopted(6));
    assert_int_equal(rig.side.freeze, GV_FREEZE_NONE);
    event.u.welcome.reports = other(20);
    step(&rig, event);
    assert_int_equal(rig.side.phase, GV_AGENT_LIVE);
}

static void test_a_deployment_that_found_its_history_again_is_believed(void **state)
{
    struct gv_agent_event event = welcome(5, 6, 4);
    struct rig rig;

    (void)state;
    greet(&rig, 6, 7, 4);
    event.u.welcome.reports = other(5);
    step(&rig, event);
    assert_int_equal(rig.side.freeze, GV_FREEZE_REPORTS_FORK);
    hello_again(&rig);
    step(&rig, welcome(5, 6, 4));
    assert_int_equal(rig.side.phase, GV_AGENT_LIVE);
    assert_int_equal(rig.side.freeze, GV_FREEZE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_act_lets_pass_what_else_is_quarantined_and_only_that),
        cmocka_unit_test(test_the_deployments_logs_are_adopted_and_then_hello_is_said_again),
        cmocka_unit_test(test_a_lost_disk_adopts_everything),
        cmocka_unit_test(test_a_link_that_goes_while_it_adopts_costs_nothing),
        cmocka_unit_test(test_adopted_that_nobody_asked_for_changes_nothing),
        cmocka_unit_test(test_who_is_overtaken_while_it_adopts_has_a_clone),
        cmocka_unit_test(test_who_adopts_again_and_again_has_a_clone),
        cmocka_unit_test(test_nothing_is_adopted_before_all_is_known_from_where_the_logs_part_on),
        cmocka_unit_test(test_an_empty_log_lacks_nothing),
        cmocka_unit_test(test_it_asks_on_by_hellos_of_the_same_link_and_then_adopts),
        cmocka_unit_test(test_who_does_not_tell_what_was_asked_is_left),
        cmocka_unit_test(test_who_is_overtaken_while_it_asks_has_a_clone),
        cmocka_unit_test(test_a_deployment_that_agrees_after_all_is_asked_no_more),
        cmocka_unit_test(test_a_contradiction_is_told_until_it_is_over),
        cmocka_unit_test(test_a_deployment_that_found_its_history_again_is_believed),
    };

    return cmocka_run_group_tests_name("delivery readmit", tests, NULL, NULL);
}
