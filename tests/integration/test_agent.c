/* links: gv_agent gv_trust gv_base */
/*
 * test_agent.c - an agent against a coordinator that this test plays, over real sockets: what it
 * believes, what it keeps, what it says, and when it stops saying anything.
 */
#include "agent_fixture.h"

#include "agent/reload.h"
#include "agent/rotation.h"

static void test_a_lost_answer_is_asked_for_again_with_the_same_keys(void **state)
{
    struct gv_enrol_statement first = wait_enrol(), second;

    (void)state;
    assert_string_equal(first.unit.s, "SO-YT");
    stop(); /* the answer is lost with the process */
    start();
    second = wait_enrol();
    assert_memory_equal(first.sign_pk, second.sign_pk, 32);
    assert_memory_equal(first.curve_pk, second.curve_pk, 32);
    answer_enrol(f.c1);
    greet(1);
    stop(); /* enrolled: no token is needed, and the connection number goes on */
    put_file("token", "", 0);
    start();
    greet(2);
}

static void test_an_answer_that_no_coordinator_signed_is_not_believed(void **state)
{
    (void)state;
    wait_enrol();
    answer_enrol(f.other);
    for (int i = 0; i < 60; i++)
        turn();
    assert_false(host.units[0]->row.enrolled);
    assert_null(host.keyset);
}

static void test_an_order_is_kept_receipted_accepted_and_reported(void **state)
{
    struct gv_report report;
    gv_id id;

    (void)state;
    enrol();
    greet(1);
    give_order();
    expect_orders_receipt();
    report = expect_report(1, GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT, 0);
    memcpy(id.b, issue.assignment[0], 16);
    assert_true(gv_id_eq(&report.assignment, &id));
    assert_int_equal(report.epoch, 1);
    assert_int_equal(report.time_us, NOON_US); /* the stepped clock's */
    assert_string_equal(report.accept->person, "A");
    wait_silence(100);
    assert_int_equal(host.units[0]->row.receipted.n, 1);
    stop(); /* what it holds outlives it */
    start();
    assert_int_equal(host.units[0]->work.count, 1);
    assert_int_equal(host.units[0]->work.items[0].state, GV_STATE_ACCEPTED);
    assert_int_equal(host.units[0]->row.orders.n, 1);
    assert_memory_equal(host.units[0]->row.orders.h.b, orders.h.b, 32);
    greet(2);
    expect_orders_receipt(); /* it might have been lost */
    wait_silence(100);       /* nothing is reported twice */
}

static void test_a_report_that_was_not_receipted_is_said_again(void **state)
{
    (void)state;
    enrol();
    greet(1);
    give_order();
    expect_orders_receipt();
    wait_for(GV_KIND_REPORTS); /* and no receipt */
    stop();
    start();
    greet(2);
    expect_orders_receipt(); /* first, or the report would be refused */
    expect_report(1, GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT, 0);
}

static void set_person(const char *line)
{
    char text_of_config[256];

    snprintf(text_of_config, sizeof text_of_config,
             "[agent]\ndata=data\nreconnect_window_ms=20\nlog=error\n[unit SO-YT]\ntoken=token\n%s",
             line);
    put_file("agent.conf", text_of_config, strlen(text_of_config));
}

/* The order came while nobody was in charge. */
static void hold_an_order_for_nobody(void)
{
    stop();
    set_person("");
    start();
    enrol();
    greet(1);
    give_order();
    expect_orders_receipt();
    wait_silence(100);
    assert_int_equal(host.units[0]->work.items[0].state, GV_STATE_DELIVERED);
    set_person("person=B\n");
}

static void test_a_person_who_is_named_later_accepts_what_waits(void **state)
{
    struct gv_report report;
    char path[96];

    (void)state;
    hold_an_order_for_nobody();
    snprintf(path, sizeof path, "%s/agent.conf", folder);
    reload(&host, path, "en", &config);
    report = expect_report(1, GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT, 0);
    assert_string_equal(report.accept->person, "B");
    wait_silence(100);
    reload(&host, path, "en", &config);
    wait_silence(100); /* once */
}

static void test_a_person_who_is_named_for_the_next_start_accepts_what_waits(void **state)
{
    (void)state;
    hold_an_order_for_nobody();
    stop();
    start();
    greet(2);
    expect_orders_receipt();
    expect_report(1, GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT, 0);
}

/* A newer connection with this unit's key is known: errors alone are no life. */
static void test_a_connection_that_is_not_the_newest_is_left(void **state)
{
    Giaoviec__V1__Error error = GIAOVIEC__V1__ERROR__INIT;

    (void)state;
    enrol();
    greet(1);
    wait_for(GV_KIND_HEARTBEAT);
    error.code = GV_ESTATE;
    reply(GV_KIND_ERROR, &error.base);
    wait_for(GV_KIND_HEARTBEAT);
    error.code = GV_EREPLAY;
    reply(GV_KIND_ERROR, &error.base);
    greet(4); /* it leaps, the further the more often */
    wait_for(GV_KIND_HEARTBEAT);
}

/* A coordinator that is too busy to read names no connection. */
static void test_whoever_is_turned_away_says_it_again_on_the_same_link(void **state)
{
    Giaoviec__V1__Busy busy = GIAOVIEC__V1__BUSY__INIT;
    char link[sizeof peer];

    (void)state;
    enrol();
    wait_for(GV_KIND_HELLO);
    memcpy(link, peer, sizeof link);
    busy.retry_after_ms = 20;
    message.head.connection = 0;
    reply(GV_KIND_BUSY, &busy.base);
    greet(2);
    assert_memory_equal(peer, link, sizeof link);
    give_order();
    expect_orders_receipt();
    wait_for(GV_KIND_REPORTS);
    message.head.connection = 0;
    reply(GV_KIND_BUSY, &busy.base);
    expect_report(1, GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT, 0);
    assert_int_equal(host.units[0]->side.slow, 0); /* not because it waited long enough */
}

/* The act is signed by somebody who is no administrator; … */
static void hold_a_faulty_order(void)
{
    const struct gv_key *keys[1] = {f.vp1};

    issue.act.actor = text("vp1");
    fixture_act(&issue, keys, 1);
    enrol();
    greet(1);
    give_order();
    wait_for(GV_KIND_KEYSET_GET); /* it asks whether there is something that it should know */
    expect_orders_receipt();      /* the log goes on all the same */
    assert_int_equal(host.units[0]->counts.order_faults, 1);
}

/* … a later keyset, in f.bytes, makes them one. */
static void newer_keyset(void)
{
    f.set.version = 2;
    f.roles[1] = GIAOVIEC__V1__ROLE__ROLE_ADMIN;
    reseal();
}

/* So that it connects when the agent starts. */
static void make_enrolled(const char *name)
{
    struct gv_spool_unit row = {.enrolled = true};
    struct gv_key *key = NULL;
    gv_spool *spool = NULL;
    char path[96];
    struct gv_buf why;
    gv_code code;

    assert_int_equal(gv_code_from_str(name, &code), GV_OK);
    assert_int_equal(gv_key_new(&code, &key), GV_OK);
    snprintf(path, sizeof path, "%s/data/keys/%s.key", folder, name);
    assert_int_equal(gv_key_save(key, path), GV_OK);
    gv_key_free(key);
    snprintf(path, sizeof path, "%s/data/spool.db", folder);
    gv_buf_init(&why);
    assert_int_equal(gv_spool_open(path, &spool, &why), GV_OK);
    assert_int_equal(gv_spool_unit_put(spool, name, &row), GV_OK);
    assert_int_equal(gv_spool_commit(spool), GV_OK);
    gv_spool_close(spool);
    gv_buf_fini(&why);
}

static void test_an_order_that_does_not_hold_is_kept_and_not_acted_on(void **state)
{
    Giaoviec__V1__Enrolled newer = GIAOVIEC__V1__ENROLLED__INIT;

    (void)state;
    hold_a_faulty_order();
    assert_int_equal(host.units[0]->work.count, 0);
    assert_int_equal(host.units[0]->row.reports.n, 0);
    newer_keyset();
    newer.keyset = gv_pb_bytes(f.bytes.data, f.bytes.len);
    reply(GV_KIND_KEYSET_RESULT, &newer.base);
    expect_report(1, GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT, 0);
    assert_int_equal(host.units[0]->counts.order_faults, 0);
    assert_int_equal(host.keyset->version, 2);
}

static void test_an_older_or_foreign_keyset_is_not_taken(void **state)
{
    Giaoviec__V1__Enrolled body = GIAOVIEC__V1__ENROLLED__INIT;

    (void)state;
    f.set.version = 5;
    reseal();
    enrol();
    greet(1);
    f.set.version = 4;
    reseal();
    body.keyset = gv_pb_bytes(f.bytes.data, f.bytes.len);
    reply(GV_KIND_KEYSET_RESULT, &body.base);
    f.set.version = 6;
    f.set.root_key = gv_pb_bytes(f.other->sign_pk, 32);
    gv_deployment_id(f.other->sign_pk, true, &f.deployment);
    gv_buf_reset(&f.bytes);
    assert_int_equal(gv_keyset_seal(&f.set, f.other, &f.bytes), GV_OK);
    gv_deployment_id(f.root->sign_pk, true, &f.deployment);
    body.keyset = gv_pb_bytes(f.bytes.data, f.bytes.len);
    reply(GV_KIND_KEYSET_RESULT, &body.base);
    wait_silence(200);
    assert_int_equal(host.keyset->version, 5);
}

static void test_orders_that_the_coordinator_did_not_sign_are_dropped(void **state)
{
    Giaoviec__V1__Orders body = GIAOVIEC__V1__ORDERS__INIT;
    ProtobufCBinaryData entry = gv_pb_bytes(issue.task.data, issue.task.len);

    (void)state;
    enrol();
    greet(1);
    body.first = 1;
    body.entries = &entry;
    body.n_entries = 1;
    send_as(f.other, GV_KIND_ORDERS, &body.base, router);
    wait_silence(200);
    assert_int_equal(host.units[0]->row.orders.n, 0);
}

/* Whoever forges a receipt would have the agent forget what nobody stored. */
static void test_a_receipt_that_the_coordinator_did_not_sign_is_none(void **state)
{
    Giaoviec__V1__Receipt receipt = GIAOVIEC__V1__RECEIPT__INIT;
    Giaoviec__V1__Cursor at;

    (void)state;
    enrol();
    greet(1);
    give_order();
    expect_orders_receipt();
    wait_for(GV_KIND_REPORTS);
    put_cursor(&at, &host.units[0]->side.reports);
    receipt.reports = &at;
    receipt.credits = 4;
    send_as(f.other, GV_KIND_RECEIPT, &receipt.base, router);
    wait_silence(200);
    assert_int_equal(host.units[0]->row.receipted.n, 0);
    stop();
    start();
    greet(2);
    expect_orders_receipt();
    expect_report(1, GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT, 0); /* it is still there */
}

static void test_a_refused_report_is_shown(void **state)
{
    struct gv_buf overview;

    (void)state;
    enrol();
    greet(1);
    give_order();
    expect_orders_receipt();
    expect_report(1, GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT,
                  GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_REFUSED);
    wait_silence(100);
    assert_int_equal(host.units[0]->row.receipted.n, 1);
    gv_buf_init(&overview);
    assert_int_equal(overview_json(&host, &overview), GV_OK);
    assert_non_null(strstr((const char *)overview.data, "\"refused\":1"));
    assert_non_null(strstr((const char *)overview.data,
                           "{\"n\":1,\"disposition\":\"REFUSED\",\"error\":\"STATE\""));
    gv_buf_fini(&overview);
}

static void test_another_history_of_orders_freezes_the_unit(void **state)
{
    (void)state;
    enrol();
    greet(1);
    give_order();
    expect_orders_receipt();
    expect_report(1, GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT, 0);
    memset(&orders, 0, sizeof orders); /* number 1 again, with other bytes */
    issue.order.time_us++;
    give_order();
    wait_silence(300);
    assert_int_equal(host.units[0]->side.phase, GV_AGENT_FROZEN);
    assert_int_equal(host.units[0]->side.freeze, GV_FREEZE_ORDERS_FORK);
    assert_int_equal(host.units[0]->row.orders.n, 1);
}

static void test_the_clock_steps_and_the_finished_day_is_told_at_once(void **state)
{
    Giaoviec__V1__Clock body = GIAOVIEC__V1__CLOCK__INIT;
    Giaoviec__V1__BusinessTime business = GIAOVIEC__V1__BUSINESS_TIME__INIT;
    int32_t day = gv_day_of(NOON_US);
    const Giaoviec__V1__Heartbeat *heartbeat;

    (void)state;
    enrol();
    greet(1);
    heartbeat = (const Giaoviec__V1__Heartbeat *)wait_for(GV_KIND_HEARTBEAT);
    assert_true(heartbeat->finished_day_known); /* without sources every day is finished */
    assert_int_equal(heartbeat->finished_day, day);
    business.time_us = NOON_US + GV_US_PER_DAY;
    business.stepped = true;
    business.step = 2;
    body.business = &business;
    reply(GV_KIND_CLOCK, &body.base);
    do
        heartbeat = (const Giaoviec__V1__Heartbeat *)wait_for(GV_KIND_HEARTBEAT);
    while (heartbeat->finished_day == day);
    assert_int_equal(heartbeat->finished_day, day + 1);
    business.time_us = NOON_US; /* an older step changes nothing */
    business.step = 1;
    reply(GV_KIND_CLOCK, &body.base);
    heartbeat = (const Giaoviec__V1__Heartbeat *)wait_for(GV_KIND_HEARTBEAT);
    assert_int_equal(heartbeat->finished_day, day + 1);
    stop();
    start();
    assert_int_equal(unit_business_us(host.units[0]), NOON_US + GV_US_PER_DAY);
}

/* The keyset's file is written before the commit of what it makes of the orders. */
static void test_an_order_that_holds_by_now_is_acted_on_at_the_start(void **state)
{
    (void)state;
    hold_a_faulty_order();
    stop();
    newer_keyset();
    put_file("data/keyset", f.bytes.data, f.bytes.len);
    start();
    assert_int_equal(host.keyset->version, 2);
    assert_int_equal(host.units[0]->counts.order_faults, 0);
    greet(2);
    expect_orders_receipt();
    expect_report(1, GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT, 0);
}

/* The end of one unit's turn takes the keyset by which another one's order holds; that one waits
 * for its own end in the same round. */
static void test_what_another_units_turn_changes_is_committed_before_it_is_sent(void **state)
{
    static const char two[] = "[agent]\ndata=data\nreconnect_window_ms=20\n"
                              "[unit SO-TC]\nperson=B\n[unit SO-YT]\nperson=A\n";
    Giaoviec__V1__Enrolled newer = GIAOVIEC__V1__ENROLLED__INIT;
    struct gv_spool_unit row;
    int64_t until;

    (void)state;
    hold_a_faulty_order();
    stop();
    make_enrolled("SO-TC");
    put_file("agent.conf", two, sizeof two - 1);
    start();
    memset(&orders, 0, sizeof orders);
    welcome((const Giaoviec__V1__Hello *)wait_for_by(host.units[0]->key->sign_pk, GV_KIND_HELLO));
    give_order();
    newer_keyset();
    newer.keyset = gv_pb_bytes(f.bytes.data, f.bytes.len);
    reply(GV_KIND_KEYSET_RESULT, &newer.base);
    gv_clock_sleep_ms(
        200); /* all of it is in the link: the keyset waits until the order is stored */
    until = gv_clock_mono_ms() + WAIT_MS;
    while (host.keyset->version < 2 && gv_clock_mono_ms() < until) {
        unit_touch(host.units[1]);
        turn();
    }
    assert_int_equal(host.keyset->version, 2);
    assert_int_equal(host.units[1]->row.reports.n, 1);
    assert_int_equal(gv_spool_unit(host.spool, "SO-YT", &row), GV_OK);
    assert_int_equal(row.reports.n, 1);
    assert_int_equal(host.units[1]->side.reports.n, 1);
}

/* As if the last look had been yesterday: the next one finds another day, and tells it. */
static void expect_a_new_day(int32_t day)
{
    const Giaoviec__V1__Heartbeat *heartbeat;

    do
        heartbeat = (const Giaoviec__V1__Heartbeat *)wait_for(GV_KIND_HEARTBEAT);
    while (heartbeat->finished_day != day);
    assert_int_equal(host.units[0]->day, day);
    host.units[0]->day = day - 1;
    host.units[0]->side.finished_day = day - 1;
    do
        heartbeat = (const Giaoviec__V1__Heartbeat *)wait_for(GV_KIND_HEARTBEAT);
    while (heartbeat->finished_day != day - 1);
}

/* In a real deployment no step says that a day begins. */
static void test_a_day_begins_by_the_units_own_clock_too(void **state)
{
    Giaoviec__V1__Clock body = GIAOVIEC__V1__CLOCK__INIT;
    Giaoviec__V1__BusinessTime business = GIAOVIEC__V1__BUSINESS_TIME__INIT;
    int32_t day = gv_day_of(gv_clock_real_us());

    (void)state;
    enrol();
    greet(1);
    wait_for(GV_KIND_HEARTBEAT);
    business.time_us = gv_clock_real_us();
    body.business = &business;
    reply(GV_KIND_CLOCK, &body.base);
    expect_a_new_day(day);
    reply(GV_KIND_CLOCK, &body.base); /* which answers a heartbeat */
    expect_a_new_day(day);
    gv_loop_timer_set(host.loop, &host.prune_timer, 0); /* without a coordinator */
    expect_a_new_day(day);
}

/* ---- re-admission --------------------------------------------------------------------------- */

/* Answers the Hello in message: the deployment holds six reports of another log; so many of its
 * running hashes from first on. */
static void readmit(uint64_t first, size_t count)
{
    Giaoviec__V1__Welcome body = GIAOVIEC__V1__WELCOME__INIT;
    Giaoviec__V1__Cursor reports = GIAOVIEC__V1__CURSOR__INIT, own;
    ProtobufCBinaryData list[6];
    gv_hash h[6];

    for (size_t i = 0; i < 6; i++)
        memset(&h[i], 0xa0 + (int)i, sizeof h[i]);
    for (size_t i = 0; i < count; i++)
        list[i] = gv_pb_bytes(h[first - 1 + i].b, sizeof h[0].b);
    reports.number = 6;
    reports.hash = gv_pb_bytes(h[5].b, sizeof h[5].b);
    put_cursor(&own, &orders);
    body.reports = &reports;
    body.orders = &own;
    body.adopt = true;
    body.held_first = first;
    body.held = list;
    body.n_held = count;
    reply(GV_KIND_WELCOME, &body.base);
}

static const Giaoviec__V1__Hello *hello_asks(uint64_t connection, uint64_t held_first)
{
    const Giaoviec__V1__Hello *hello = (const Giaoviec__V1__Hello *)wait_for(GV_KIND_HELLO);

    assert_int_equal(hello->connection, connection);
    assert_int_equal(hello->held_first, held_first);
    return hello;
}

static void test_a_readmitted_unit_asks_for_the_hashes_that_it_lacks(void **state)
{
    const Giaoviec__V1__Hello *hello;

    (void)state;
    enrol();
    hello_asks(1, 0);
    readmit(1, 2);
    hello_asks(2, 2);
    readmit(2, 5);
    hello = hello_asks(3, 0);
    assert_int_equal(hello->reports->number, 6);
    assert_int_equal(hello->receipted->number, 6);
    welcome(hello);
    wait_for(GV_KIND_HEARTBEAT);
    assert_int_equal(host.units[0]->row.receipted.n, 6);
}

/* ---- keys that follow one another ----------------------------------------------------------- */

struct pair {
    uint8_t old[32], next[32]; /* public */
};

/* Whoever was refused tries again at once. */
static void hasten(void)
{
    host.units[0]->side.params.backoff_max_ms = 20;
}

static void deny(void)
{
    Giaoviec__V1__Error error = GIAOVIEC__V1__ERROR__INIT;

    error.code = GV_EDENIED;
    reply(GV_KIND_ERROR, &error.base);
}

/* Connected by its key, the unit has offered another one, and that is denied. */
static void denied_offer(struct pair *pair)
{
    struct unit *unit = host.units[0];

    enrol();
    greet(1);
    wait_for(GV_KIND_HEARTBEAT);
    hasten();
    assert_int_equal(rotation_begin(unit), GV_OK);
    memcpy(pair->old, unit->key->sign_pk, 32);
    memcpy(pair->next, rotation_next(unit)->sign_pk, 32);
    wait_for(GV_KIND_ROTATE_KEY);
    deny();
}

static const Giaoviec__V1__Hello *hello_by(const uint8_t *sign_pk, uint64_t connection)
{
    const Giaoviec__V1__Hello *hello =
        (const Giaoviec__V1__Hello *)wait_for_by(sign_pk, GV_KIND_HELLO);

    assert_int_equal(hello->connection, connection);
    return hello;
}

/* The one file that is left is of this key, and so is what the unit speaks by. */
static void rests_with(const uint8_t *sign_pk)
{
    int64_t until = gv_clock_mono_ms() + WAIT_MS;
    char *path = host_path(&host, "keys/SO-YT.key"), *next = host_path(&host, "keys/SO-YT.next");
    struct gv_key *key = NULL;

    while (host.units[0]->rotation != NULL && gv_clock_mono_ms() < until)
        turn();
    assert_null(host.units[0]->rotation);
    assert_int_equal(gv_key_load(path, &key), GV_OK);
    assert_memory_equal(key->sign_pk, sign_pk, 32);
    assert_memory_equal(host.units[0]->key->sign_pk, sign_pk, 32);
    assert_int_equal(access(next, F_OK), -1);
    gv_key_free(key);
    free(path);
    free(next);
}

/* The time of grace was over since its Welcome: the key that it offers is the only one that is
 * admitted. */
static void test_a_key_that_is_denied_because_it_took_its_place_is_used(void **state)
{
    struct pair pair;

    (void)state;
    denied_offer(&pair);
    welcome(hello_by(pair.next, 2));
    rests_with(pair.next);
    wait_for_by(pair.next, GV_KIND_HEARTBEAT);
}

/* Both files outlive a process that ends in between, and a door that still admits the old key. */
static void test_nothing_but_a_welcome_settles_which_key_is_left(void **state)
{
    struct pair pair;

    (void)state;
    denied_offer(&pair);
    hello_by(pair.next, 2); /* its answer is lost with the process */
    stop();
    start();
    hasten();
    assert_non_null(rotation_next(host.units[0]));
    hello_by(pair.old, 3);
    deny();
    hello_by(pair.next, 4);
    deny();
    hello_by(pair.old, 5);
    deny();
    welcome(hello_by(pair.next, 6));
    rests_with(pair.next);
}

static void test_a_key_that_is_not_taken_is_forgotten_once_the_old_one_is_welcome(void **state)
{
    struct pair pair;

    (void)state;
    denied_offer(&pair);
    hello_by(pair.next, 2);
    assert_non_null(rotation_next(host.units[0]));
    deny();
    welcome(hello_by(pair.old, 3));
    rests_with(pair.old);
    assert_int_not_equal(host.units[0]->not_rotated_ms, 0);
    wait_silence(200); /* no other one is made yet */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_lost_answer_is_asked_for_again_with_the_same_keys),
        TEST(test_an_answer_that_no_coordinator_signed_is_not_believed),
        TEST(test_an_order_is_kept_receipted_accepted_and_reported),
        TEST(test_a_report_that_was_not_receipted_is_said_again),
        TEST(test_a_person_who_is_named_later_accepts_what_waits),
        TEST(test_a_person_who_is_named_for_the_next_start_accepts_what_waits),
        TEST(test_whoever_is_turned_away_says_it_again_on_the_same_link),
        TEST(test_a_connection_that_is_not_the_newest_is_left),
        TEST(test_an_order_that_does_not_hold_is_kept_and_not_acted_on),
        TEST(test_an_older_or_foreign_keyset_is_not_taken),
        TEST(test_orders_that_the_coordinator_did_not_sign_are_dropped),
        TEST(test_a_receipt_that_the_coordinator_did_not_sign_is_none),
        TEST(test_a_refused_report_is_shown),
        TEST(test_another_history_of_orders_freezes_the_unit),
        TEST(test_the_clock_steps_and_the_finished_day_is_told_at_once),
        TEST(test_an_order_that_holds_by_now_is_acted_on_at_the_start),
        TEST(test_what_another_units_turn_changes_is_committed_before_it_is_sent),
        TEST(test_a_day_begins_by_the_units_own_clock_too),
        TEST(test_a_readmitted_unit_asks_for_the_hashes_that_it_lacks),
        TEST(test_a_key_that_is_denied_because_it_took_its_place_is_used),
        TEST(test_nothing_but_a_welcome_settles_which_key_is_left),
        TEST(test_a_key_that_is_not_taken_is_forgotten_once_the_old_one_is_welcome),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
