/*
 * test_batch_hello.c - HELLO in a transaction: cursors against what is stored, replays, and a unit
 * that is re-admitted.
 */
/* links: gv_lane_rig gv_coordinator gv_trust gv_base */
#include "lane_rig.h"

#define ARENA_BYTES ((size_t)64 << 20)

static const gv_id task_a = {{0xaa}}, task_b = {{0xbb}};
static const gv_hash strange = {{0x5a}};

/* ---- HELLO ---------------------------------------------------------------------------------- */

static struct item *run_hello(struct rig *rig, struct rig_batch *one, const struct rig_hello *g)
{
    return rig_batch_one(rig, one,
                         rig_message(rig, 0, GV_KIND_HELLO, g->body.connection, &g->body.base));
}

static void test_a_hello_without_cursors_is_of_empty_logs(void **state)
{
    struct rig *rig = *state;
    struct rig_hello g;
    struct rig_batch one;

    rig_greet(&g, 0, 2);
    g.body.orders = g.body.reports = g.body.receipted = NULL;
    assert_int_equal(run_hello(rig, &one, &g)->outcome, OUTCOME_DONE);
    assert_int_equal(db.units[0].connection, 2);
    assert_string_equal(db.units[0].coordinator.s, "c1");
    rig_batch_end(&one);
}

static void test_a_hello_that_cannot_be_read_is_refused_and_changes_nothing(void **state)
{
    struct rig *rig = *state;
    const struct gv_unit_log before = db.units[0];

    for (int wrong = 0; wrong < 6; wrong++) {
        struct rig_hello g;
        Giaoviec__V1__Cursor *cursors[] = {&g.orders, &g.reports, &g.receipted};
        uint64_t connection = wrong == 0 ? (uint64_t)INT64_MAX + 1 /* no column holds it */ : 2;
        struct item *item;
        struct rig_batch one;

        rig_greet(&g, 0, connection);
        if (wrong >= 1 && wrong <= 3) { /* a hash that is none */
            cursors[wrong - 1]->number = 1;
            cursors[wrong - 1]->hash = gv_pb_bytes(g.hash[0].b, 31);
        } else if (wrong == 4) { /* more receipted than made */
            rig_cursor(&g.receipted, &g.hash[2], 5, &strange);
        } else if (wrong == 5) { /* another connection than the head's */
            g.body.connection = 3;
        }
        item =
            rig_batch_one(rig, &one, rig_message(rig, 0, GV_KIND_HELLO, connection, &g.body.base));
        assert_int_equal(item->outcome, OUTCOME_REFUSED);
        assert_int_equal(item->err, GV_EBADMSG);
        assert_memory_equal(&db.units[0], &before, sizeof before);
        rig_batch_end(&one);
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
        struct rig_hello g;
        struct item *item;
        struct rig_batch one;

        rig_greet(&g, 0, 2);
        if (how == 0) {
            rig_cursor(&g.orders, &g.hash[0], 1, &strange);
        } else if (how == 1) {
            rig_cursor(&g.reports, &g.hash[1], 4, &strange);
            rig_cursor(&g.receipted, &g.hash[2], 3, &db.reports[0][3]);
        } else if (how == 2) {
            rig_cursor(&g.orders, &g.hash[0], 3, &strange);
        } else if (how == 3) {
            rig_cursor(&g.reports, &g.hash[1], 4, &db.reports[0][4]);
            rig_cursor(&g.receipted, &g.hash[2], 4, &db.reports[0][4]);
        } else {
            g.body.contradicts = true;
        }
        item = run_hello(rig, &one, &g);
        assert_int_equal(item->outcome, OUTCOME_QUARANTINE);
        assert_int_equal(item->err, GV_EFORK);
        assert_string_equal(item->why, why[how]);
        assert_int_equal(db.units[0].connection, 1);
        rig_batch_end(&one);
    }
}

static void test_a_database_that_fails_while_hashes_are_looked_up_ends_the_batch(void **state)
{
    struct rig *rig = *state;

    rig_stored(0, 5);
    db_order(0, &task_a, 1);
    db_order(0, &task_b, 1);
    for (int call = CALL_ORDER_HASH; call <= CALL_REPORT_HASH; call++) {
        struct rig_hello g;
        struct rig_batch one;

        rig_greet(&g, 0, 2);
        rig_cursor(&g.orders, &g.hash[0], 1, &db.orders[0][1].h);
        rig_cursor(&g.receipted, &g.hash[2], 4, &db.reports[0][4]);
        rig_cursor(&g.reports, &g.hash[1], 5, &db.reports[0][5]);
        db.fails[call].err = GV_EUNAVAILABLE;
        db.fails[call].times = 1;
        rig_batch_begin(rig, &one, ARENA_BYTES);
        rig_batch_add(&one, rig_message(rig, 0, GV_KIND_HELLO, 2, &g.body.base));
        assert_int_equal(batch_run(&one.batch), GV_EUNAVAILABLE);
        assert_int_equal(batch_run(&one.batch), GV_OK); /* again, whole */
        assert_int_equal(one.items[0].outcome, OUTCOME_DONE);
        db.units[0].connection = 1;
        rig_batch_end(&one);
    }
}

static void test_a_day_that_is_none_is_not_kept(void **state)
{
    struct rig *rig = *state;
    static const int32_t days[] = {19755, -1, INT32_MAX};

    for (size_t i = 0; i < 3; i++) {
        struct rig_hello g;
        struct rig_batch one;

        rig_greet(&g, 0, i + 2);
        g.body.finished_day_known = true;
        g.body.finished_day = days[i];
        assert_int_equal(run_hello(rig, &one, &g)->outcome, OUTCOME_DONE);
        assert_true(db.units[0].finished_known);
        assert_int_equal(db.units[0].finished_day, 19755);
        rig_batch_end(&one);
    }
}

/* Only a run after an unknown COMMIT may meet its own Hello. */
static void test_the_same_hello_again_is_a_replay_unless_its_commit_was_unknown(void **state)
{
    struct rig *rig = *state;
    static const bool no = false, yes = true;
    const bool *const after[] = {NULL, &no, &yes};

    for (size_t i = 0; i < 3; i++) {
        struct rig_hello g;
        struct rig_batch one;

        rig_greet(&g, 0, 1);
        rig_batch_begin(rig, &one, ARENA_BYTES);
        one.batch.after_unknown = after[i];
        rig_batch_add(&one, rig_message(rig, 0, GV_KIND_HELLO, 1, &g.body.base));
        assert_int_equal(batch_run(&one.batch), GV_OK);
        assert_int_equal(one.items[0].outcome, i == 2 ? OUTCOME_DONE : OUTCOME_REFUSED);
        assert_int_equal(one.items[0].err, i == 2 ? GV_OK : GV_EREPLAY);
        rig_batch_end(&one);
    }
}

static void test_an_older_keyset_is_answered_with_ours(void **state)
{
    struct rig *rig = *state;

    for (int knows = 0; knows < 2; knows++) {
        const Giaoviec__V1__Welcome *welcome;
        struct rig_hello g;
        struct item *item;
        struct rig_batch one;

        rig_greet(&g, 0, (uint64_t)knows + 2);
        g.body.keyset_version = (uint64_t)knows * rig->f.keyset->version;
        item = run_hello(rig, &one, &g);
        h_hello.publish(&one.batch, item);
        welcome = (const Giaoviec__V1__Welcome *)rig_expect(rig, GV_KIND_WELCOME);
        assert_int_equal(welcome->keyset.len, knows == 1 ? 0 : rig->f.keyset->bytes.len);
        assert_int_equal(rig->told[knows].kind, TOLD_HELLO);
        rig_batch_end(&one);
    }
}

/* ---- re-admission --------------------------------------------------------------------------- */

static const Giaoviec__V1__Welcome *welcome_to(struct rig *rig, struct rig_batch *one,
                                               struct item *item)
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
        struct rig_hello g;
        struct item *item;
        struct rig_batch one;

        db.units[0].readmit = true;
        rig_greet(&g, 0, i + 2);
        if (rows[i].orders > 0) /* more than there is, or another one */
            rig_cursor(&g.orders, &g.hash[0], rows[i].orders, &strange);
        rig_cursor(&g.reports, &g.hash[1], rows[i].made, &strange);
        rig_cursor(&g.receipted, &g.hash[2], rows[i].receipted,
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
        rig_batch_end(&one);
    }
}

/* It does not know enough yet: it asks for hashes from where it wants, as many as fit at once. */
static void test_a_readmitted_unit_is_told_hashes_from_where_it_asks(void **state)
{
    static const struct {
        uint64_t asks;
        size_t max;
        uint64_t first;
        size_t held;
    } rows[] = {{1, 0, 1, 5000},
                {101, 0, 101, 5000},
                {102, 0, 102, 4999},
                {5100, 0, 5100, 1},
                {5101, 0, 3977, 1124}, /* there is no such one */
                {UINT64_MAX, 0, 3977, 1124},
                {0, 24, 4995, 24},
                {17, 24, 17, 24},
                {1, 100000, 1, 5000}}; /* more does not fit */
    struct rig *rig = *state;

    rig_stored(0, 5100);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const Giaoviec__V1__Welcome *welcome;
        struct rig_hello g;
        struct rig_batch one;

        db.units[0].readmit = true;
        rig->c.config.held_max = rows[i].max;
        rig_greet(&g, 0, i + 2);
        rig_cursor(&g.reports, &g.hash[1], 5120, &strange);
        rig_cursor(&g.receipted, &g.hash[2], 5000, &db.reports[0][5000]);
        g.body.held_first = rows[i].asks;
        welcome = welcome_to(rig, &one, run_hello(rig, &one, &g));
        assert_true(welcome->adopt);
        assert_int_equal(welcome->held_first, rows[i].first);
        assert_int_equal(welcome->n_held, rows[i].held);
        for (size_t k = 0; k < welcome->n_held; k++)
            assert_memory_equal(welcome->held[k].data, db.reports[0][rows[i].first + k].b, 32);
        rig_batch_end(&one);
    }
}

/* It says Hello again right away: a newer keyset comes then. */
static void test_an_empty_log_is_adopted_without_hashes_and_without_a_keyset(void **state)
{
    struct rig *rig = *state;
    const Giaoviec__V1__Welcome *welcome;
    struct rig_hello g;
    struct item *item;
    struct rig_batch one;

    db_order(0, &task_a, 1);
    db.units[0].readmit = true;
    rig_greet(&g, 0, 2);
    rig_cursor(&g.orders, &g.hash[0], 3, &strange);
    g.body.keyset_version = 0;
    item = run_hello(rig, &one, &g);
    assert_true(item->adopt);
    welcome = welcome_to(rig, &one, item);
    assert_true(welcome->adopt);
    assert_int_equal(welcome->n_held, 0);
    assert_int_equal(welcome->held_first, 0);
    assert_int_equal(welcome->keyset.len, 0);
    rig_batch_end(&one);
}

static void test_a_readmission_ends_with_a_note_once_the_logs_agree(void **state)
{
    struct rig *rig = *state;
    const Giaoviec__V1__Welcome *welcome;
    struct rig_hello g;
    struct item *item;
    struct rig_batch one;

    rig_stored(0, 2);
    db.units[0].readmit = true;
    rig_greet(&g, 0, 2);
    item = run_hello(rig, &one, &g);
    assert_false(item->adopt || db.units[0].readmit);
    assert_int_equal(db.event_count, 1);
    assert_int_equal(db.events[0].kind, GV_EVENT_SESSION);
    welcome = welcome_to(rig, &one, item);
    assert_false(welcome->adopt);
    assert_int_equal(rig->told[0].kind, TOLD_HELLO);
    rig_batch_end(&one);
}

/* The Hello whose COMMIT was unknown, run again: the same answer, whichever it was. */
static void test_an_adoption_whose_commit_was_unknown_is_answered_alike(void **state)
{
    static const bool yes = true;
    struct rig *rig = *state;
    struct rig_hello g;
    struct rig_batch one;

    rig_stored(0, 2);
    db.units[0].readmit = true;
    db.units[0].connection = 2;
    rig_greet(&g, 0, 2);
    for (uint64_t receipted = 1; receipted <= 5; receipted += 4) { /* a fork; lost history */
        rig_cursor(&g.reports, &g.hash[1], receipted + 1, &strange);
        rig_cursor(&g.receipted, &g.hash[2], receipted,
                   receipted == 1 ? &db.reports[0][1] : &strange);
        rig_batch_begin(rig, &one, ARENA_BYTES);
        one.batch.after_unknown = &yes;
        rig_batch_add(&one, rig_message(rig, 0, GV_KIND_HELLO, 2, &g.body.base));
        assert_int_equal(batch_run(&one.batch), GV_OK);
        assert_true(one.items[0].adopt);
        rig_batch_end(&one);
    }
}

/* Nobody re-admits it: what it has receipts for is offered again, and that is an alarm. */
static void test_lost_history_is_welcomed_with_what_is_left(void **state)
{
    struct rig *rig = *state;
    struct rig_hello g;
    struct item *item;
    struct rig_batch one;

    rig_stored(0, 2);
    rig_greet(&g, 0, 2);
    rig_cursor(&g.reports, &g.hash[1], 6, &strange);
    rig_cursor(&g.receipted, &g.hash[2], 5, &strange);
    item = run_hello(rig, &one, &g);
    assert_int_equal(item->outcome, OUTCOME_DONE);
    assert_int_equal(item->cursor.n, 2);
    rig_batch_end(&one);
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
        TEST(test_a_readmitted_unit_is_told_hashes_from_where_it_asks),
        TEST(test_an_empty_log_is_adopted_without_hashes_and_without_a_keyset),
        TEST(test_a_readmission_ends_with_a_note_once_the_logs_agree),
        TEST(test_an_adoption_whose_commit_was_unknown_is_answered_alike),
        TEST(test_lost_history_is_welcomed_with_what_is_left),
    };

    return cmocka_run_group_tests_name("batch hello", tests, NULL, NULL);
}
