/* links: gv_agent gv_trust gv_crypto gv_base */
/*
 * test_spool_adopt.c - a unit's logs in the spool before and after it is re-admitted: what the
 * spool makes of an adoption, and what the unit adopts of a deployment that tells a few running
 * hashes at a time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/spool.h"
#include "agent/unit.h"
#include "base/buf.h"
#include "crypto/hash.h"
#include "wire/pb_arena.h"

#define UNIT  "SO-YT"
#define OTHER "SO-CT"

static gv_spool *spool;
static char folder[64], path[96];

static int set_up(void **state)
{
    struct gv_buf why;

    (void)state;
    strcpy(folder, "/tmp/gv-adopt-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/spool.db", folder);
    gv_buf_init(&why);
    if (gv_spool_open(path, &spool, &why) != GV_OK)
        return 1;
    gv_buf_fini(&why);
    return 0;
}

static int tear_down(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[128];

    (void)state;
    gv_spool_close(spool);
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    return rmdir(folder);
}

static struct gv_slice text(const char *s)
{
    return (struct gv_slice){(const uint8_t *)s, strlen(s)};
}

/* The unit made these, one letter an entry; some are receipted; two orders, one assignment. */
static void make(const char *unit, const char *letters, uint64_t receipted,
                 struct gv_spool_unit *row)
{
    gv_id id = {{7}};

    *row = (struct gv_spool_unit){.enrolled = true, .connection = 3};
    for (size_t i = 0; letters[i] != '\0'; i++) {
        struct gv_slice entry = {(const uint8_t *)letters + i, 1};

        gv_hash_chain(&row->reports.h, entry, &row->reports.h);
        row->reports.n++;
        assert_int_equal(
            gv_spool_report_put(spool, unit, row->reports.n, entry, &row->reports.h, 1000), GV_OK);
        if (row->reports.n <= receipted)
            row->receipted = row->reports;
    }
    assert_int_equal(gv_spool_receipted(spool, unit, receipted, 2000), GV_OK);
    for (uint64_t n = 1; n <= 2; n++) {
        gv_hash_chain(&row->orders.h, text("order"), &row->orders.h);
        row->orders.n = n;
        assert_int_equal(
            gv_spool_order_put(spool, unit, n, text("order"), &row->orders.h, GV_OK, 1000), GV_OK);
    }
    assert_int_equal(gv_spool_assignment_put(spool, unit, &id, 1, 5), GV_OK);
    assert_int_equal(gv_spool_sent_put(spool, unit, &id, "s/progress", &id), GV_OK);
    assert_int_equal(gv_spool_unit_put(spool, unit, row), GV_OK);
}

static struct gv_cursor log_of(const char *letters)
{
    struct gv_cursor at = {0};

    for (size_t i = 0; letters[i] != '\0'; i++) {
        gv_hash_chain(&at.h, (struct gv_slice){(const uint8_t *)letters + i, 1}, &at.h);
        at.n++;
    }
    return at;
}

struct seen {
    struct gv_cursor at;
    char letters[32];
};

static bool see(void *ctx, uint64_t n, struct gv_slice entry)
{
    struct seen *seen = ctx;

    assert_int_equal(n, seen->at.n + 1);
    assert_int_equal(entry.len, 1);
    seen->letters[strlen(seen->letters)] = (char)entry.data[0];
    seen->at.n = n;
    gv_hash_chain(&seen->at.h, entry, &seen->at.h);
    return true;
}

/* After `after` the log holds these and ends where the row says. */
static void expect_log(const char *unit, const struct gv_cursor *after, const char *letters)
{
    struct seen seen = {.at = *after};
    struct gv_spool_unit row;

    assert_int_equal(gv_spool_unit(spool, unit, &row), GV_OK);
    assert_int_equal(gv_spool_reports(spool, unit, after->n + 1, 1000, see, &seen), GV_OK);
    assert_string_equal(seen.letters, letters);
    assert_true(gv_cursor_eq(&seen.at, &row.reports));
}

/* ctx: the letters that are held. */
static bool is_held(void *ctx, struct gv_slice entry)
{
    return memchr(ctx, entry.data[0], strlen(ctx)) != NULL;
}

static uint64_t adopt(const char *unit, struct gv_cursor base, uint64_t first, const char *held,
                      bool keep_orders)
{
    struct gv_spool_adoption adoption = {base, first, is_held, (void *)(uintptr_t)held,
                                         keep_orders};
    struct gv_spool_unit row;
    uint64_t carried = 99;

    assert_int_equal(gv_spool_unit(spool, unit, &row), GV_OK);
    assert_int_equal(gv_spool_adopt(spool, unit, &adoption, &row, &carried), GV_OK);
    assert_int_equal(row.connection, 3);
    assert_true(gv_cursor_eq(&row.receipted, &base));
    assert_int_equal(gv_spool_commit(spool), GV_OK);
    return carried;
}

static gv_err count_assignment(void *ctx, const gv_id *id, uint32_t epoch, uint32_t state,
                               struct gv_slice task)
{
    (void)id;
    (void)epoch;
    (void)state;
    (void)task;
    ++*(unsigned *)ctx;
    return GV_OK;
}

static gv_err count_sent(void *ctx, const gv_id *id, const char *name, const gv_id *digest)
{
    (void)id;
    (void)name;
    (void)digest;
    ++*(unsigned *)ctx;
    return GV_OK;
}

static void expect_work(const char *unit, uint64_t order_n, unsigned assignments)
{
    struct gv_spool_unit row;
    struct gv_hash_at at;
    unsigned items = 0, sents = 0;

    assert_int_equal(gv_spool_unit(spool, unit, &row), GV_OK);
    assert_int_equal(row.orders.n, order_n);
    assert_int_equal(gv_spool_order_hash(spool, unit, 1, &at), GV_OK);
    assert_int_equal(at.known, order_n > 0);
    assert_int_equal(gv_spool_assignments(spool, unit, count_assignment, &items), GV_OK);
    assert_int_equal(gv_spool_sents(spool, unit, count_sent, &sents), GV_OK);
    assert_int_equal(items, assignments);
    assert_int_equal(sents, assignments);
}

static void test_an_old_image_gives_new_numbers_to_what_is_not_held(void **state)
{
    struct gv_cursor base = log_of("abcdXYZ");
    struct gv_spool_unit row;
    struct gv_hash_at at;

    (void)state;
    make(UNIT, "abcdef", 2, &row);
    make(OTHER, "pq", 1, &row);
    assert_int_equal(adopt(UNIT, base, 5, "", true), 2);
    expect_log(UNIT, &base, "ef");
    for (uint64_t n = 1; n <= base.n; n++) { /* of another log: not to be compared, nor offered */
        assert_int_equal(gv_spool_report_hash(spool, UNIT, n, &at), GV_OK);
        assert_false(at.known);
    }
    assert_int_equal(gv_spool_report_hash(spool, UNIT, 0, &at), GV_OK);
    assert_false(at.known);
    expect_work(UNIT, 2, 1);
    expect_log(OTHER, &(struct gv_cursor){0}, "pq");
    expect_work(OTHER, 2, 1);
}

static void test_what_is_held_under_another_number_is_not_sent_again(void **state)
{
    struct gv_cursor base = log_of("abXYeZ");
    struct gv_spool_unit row;

    (void)state;
    make(UNIT, "abcdefg", 2, &row);
    assert_int_equal(adopt(UNIT, base, 3, "eg", true), 3);
    expect_log(UNIT, &base, "cdf");
}

static void test_our_own_log_at_another_head_stays_whole(void **state)
{
    struct gv_cursor base = log_of("abc"), none = {0};
    struct gv_spool_unit row;

    (void)state;
    make(UNIT, "abcdef", 5, &row); /* the deployment lost two that it had receipted */
    assert_int_equal(adopt(UNIT, base, 4, "", false), 3);
    expect_log(UNIT, &none, "abcdef");
    expect_work(UNIT, 0, 0);
}

static void test_a_shorter_log_of_the_deployment_loses_nothing(void **state)
{
    struct gv_cursor base = log_of("aX");
    struct gv_spool_unit row;

    (void)state;
    make(UNIT, "abcdef", 5, &row);
    assert_int_equal(adopt(UNIT, base, 2, "", false), 5);
    expect_log(UNIT, &base, "bcdef");
}

static void test_an_empty_spool_takes_the_deployments_head(void **state)
{
    struct gv_cursor base = log_of("abcdef");
    struct gv_spool_unit row;

    (void)state;
    make(UNIT, "", 0, &row);
    assert_int_equal(adopt(UNIT, base, 7, "", false), 0);
    expect_log(UNIT, &base, "");
    expect_work(UNIT, 0, 0);
    assert_int_equal(adopt(UNIT, base, 7, "", false), 0); /* and once more */
    expect_log(UNIT, &base, "");
}

static void test_a_new_number_has_no_receipt_and_no_disposition(void **state)
{
    struct gv_cursor base = log_of("XYZ");
    struct gv_spool_unit row;
    struct gv_spool_counts counts;

    (void)state;
    make(UNIT, "abc", 3, &row);
    assert_int_equal(gv_spool_disposition(spool, UNIT, 2, 3, GV_ESTATE, "once", NULL), GV_OK);
    assert_int_equal(gv_spool_counts(spool, UNIT, &counts), GV_OK);
    assert_int_equal(counts.refused, 1);
    assert_int_equal(adopt(UNIT, base, 1, "", true), 3);
    assert_int_equal(gv_spool_counts(spool, UNIT, &counts), GV_OK);
    assert_int_equal(counts.refused, 0);
    expect_log(UNIT, &base, "abc");
}

static void test_what_was_not_committed_changes_nothing(void **state)
{
    struct gv_spool_adoption adoption = {log_of("XY"), 1, is_held, (void *)(uintptr_t) "", false};
    struct gv_spool_unit row;
    struct gv_cursor none = {0};
    struct gv_buf why;
    uint64_t carried;

    (void)state;
    make(UNIT, "abc", 1, &row);
    assert_int_equal(gv_spool_commit(spool), GV_OK);
    assert_int_equal(gv_spool_adopt(spool, UNIT, &adoption, &row, &carried), GV_OK);
    gv_spool_close(spool);
    gv_buf_init(&why);
    assert_int_equal(gv_spool_open(path, &spool, &why), GV_OK);
    gv_buf_fini(&why);
    expect_log(UNIT, &none, "abc");
    expect_work(UNIT, 2, 1);
}

/* ---- a unit that is re-admitted ------------------------------------------------------------- */

enum { MANY = 6010, ROUNDS_MAX = 64 };

/* What the deployment has stored of the unit's log, one letter an entry. */
struct stored {
    struct gv_cursor at[MANY + 1]; /* by number */
    uint64_t head;
    size_t at_once, before; /* running hashes that are told: all in all, and of what is receipted */
};

static struct host host;
static struct unit unit;
static struct gv_agent_actions actions;
static unsigned hellos; /* that were answered */

static void store(struct stored *stored, const char *letters, size_t count)
{
    assert_true(count <= MANY);
    stored->head = count;
    stored->at[0] = (struct gv_cursor){0};
    for (uint64_t n = 1; n <= count; n++) {
        struct gv_slice entry = {(const uint8_t *)letters + n - 1, 1};

        stored->at[n].n = n;
        gv_hash_chain(&stored->at[n - 1].h, entry, &stored->at[n].h);
    }
}

static const struct gv_agent_action *done(enum gv_agent_action_kind kind)
{
    for (size_t i = 0; i < actions.count; i++) {
        if (actions.list[i].kind == kind)
            return &actions.list[i];
    }
    return NULL;
}

static void step(struct gv_agent_event event)
{
    event.now_ms = 100000;
    gv_agent_step(&unit.side, &event, &actions);
}

static void put_cursor(Giaoviec__V1__Cursor *out, const struct gv_cursor *cursor)
{
    giaoviec__v1__cursor__init(out);
    out->number = cursor->n;
    out->hash = gv_pb_bytes(cursor->h.b, sizeof cursor->h.b);
}

/* The unit as its spool has it; it has said Hello. */
static void greet(void)
{
    struct gv_agent_params params = {.endpoint_count = 1};

    memset(&host, 0, sizeof host);
    memset(&unit, 0, sizeof unit);
    host.spool = spool;
    unit.host = &host;
    assert_int_equal(gv_code_from_str(UNIT, &unit.code), GV_OK);
    assert_int_equal(gv_spool_unit(spool, UNIT, &unit.row), GV_OK);
    gv_work_init(&unit.work);
    gv_agent_init(&unit.side, &params, &unit.row.orders, &unit.row.reports, &unit.row.receipted,
                  unit.row.connection, 0, 0);
    hellos = 0;
    step((struct gv_agent_event){.kind = GV_AGENT_TICK});
    step((struct gv_agent_event){.kind = GV_AGENT_LINK_UP});
    assert_non_null(done(GV_AGENT_DO_SEND_HELLO));
}

/* Answers the Hello that is out, as a coordinator does. */
static void tell(const struct stored *stored)
{
    ProtobufCBinaryData *list = calloc(stored->at_once, sizeof *list);
    Giaoviec__V1__Welcome body = GIAOVIEC__V1__WELCOME__INIT;
    Giaoviec__V1__Cursor orders;
    struct gv_agent_event event = {.kind = GV_AGENT_WELCOME};
    uint64_t both = unit.side.receipted.n < stored->head ? unit.side.receipted.n : stored->head;

    assert_non_null(list);
    body.held = list;
    body.held_first = both > stored->before ? both - stored->before + 1 : 1;
    if (unit.side.held_first != 0)
        body.held_first = unit.side.held_first;
    assert_in_range(body.held_first, 1, stored->head);
    for (uint64_t n = body.held_first; n <= stored->head && body.n_held < stored->at_once; n++)
        list[body.n_held++] = gv_pb_bytes(stored->at[n].h.b, sizeof stored->at[n].h.b);
    put_cursor(&orders, &unit.row.orders);
    body.orders = &orders;
    event.u.welcome.reports = stored->at[stored->head];
    event.u.welcome.adopt = true;
    assert_int_equal(
        unit_adopt_learn(&unit, &body, &event.u.welcome.reports, &event.u.welcome.held), GV_OK);
    free(list);
    hellos++;
    step(event);
}

/* It asks until it adopts: these of its own letters come after the deployment's log then. */
static void adopts(const struct stored *stored, const char *letters)
{
    const struct gv_cursor *head = &stored->at[stored->head];
    const struct gv_agent_action *adopt = NULL;

    greet();
    while (adopt == NULL && done(GV_AGENT_DO_SEND_HELLO) != NULL && hellos < ROUNDS_MAX) {
        tell(stored);
        adopt = done(GV_AGENT_DO_ADOPT);
    }
    assert_non_null(adopt);
    unit_adopt(&unit, adopt);
    assert_int_equal(host.failed, GV_OK);
    assert_int_equal(unit.held.list.len, 0);
    assert_true(gv_cursor_eq(&unit.row.receipted, head));
    assert_int_equal(unit.row.reports.n, head->n + strlen(letters));
    assert_int_equal(gv_spool_commit(spool), GV_OK);
    expect_log(UNIT, head, letters);
}

/* Days without a connection, and then the link was cut before the first receipt. */
static void test_what_is_stored_past_the_hashes_that_are_told_is_not_sent_again(void **state)
{
    static struct stored stored = {.at_once = 5000, .before = 1024};
    static char letters[MANY + 1];
    struct gv_spool_unit row;

    (void)state;
    for (size_t i = 0; i < MANY; i++)
        letters[i] = (char)('a' + i % 26);
    make(UNIT, letters, 0, &row);
    store(&stored, letters, 6000);
    adopts(&stored, letters + 6000);
    assert_int_equal(hellos, 1); /* the head itself is ours */
}

/* An image came back, and what is stored after it is another's: the head says nothing, and the
 * hashes that are told first end before the logs part. */
static void test_nor_is_it_where_the_logs_part_only_after_those(void **state)
{
    static struct stored stored = {.at_once = 4, .before = 1};
    struct gv_spool_unit row;

    (void)state;
    make(UNIT, "abcdefghijkl", 0, &row);
    store(&stored, "abcdefghiUVWXYZ", 15);
    adopts(&stored, "jkl");
    assert_int_equal(hellos, 5); /* 1-4, 4-7, 7-10, 10-13, 13-15 */
}

static void test_nor_is_what_is_held_under_other_numbers_further_on(void **state)
{
    static struct stored stored = {.at_once = 4, .before = 1};
    struct gv_spool_unit row;

    (void)state;
    make(UNIT, "abcdefg", 2, &row);
    store(&stored, "abSTUVWXYZceQdR", 15); /* a backup that is put back twice */
    adopts(&stored, "fg");
}

/* The deployment lost what it had receipted, and took another's reports since. */
static void test_nothing_is_lost_where_the_logs_parted_before_the_hashes(void **state)
{
    static struct stored stored = {.at_once = 4, .before = 1};
    struct gv_spool_unit row;

    (void)state;
    make(UNIT, "abcdefghijkl", 11, &row);
    store(&stored, "abcUVWXYZUVWXYZ", 15);
    adopts(&stored, "defghijkl");
}

static void test_nothing_is_lost_where_no_report_is_the_same(void **state)
{
    static struct stored stored = {.at_once = 4, .before = 1};
    struct gv_spool_unit row;

    (void)state;
    make(UNIT, "abcdef", 6, &row);
    store(&stored, "UVWXYZUVWXYZ", 12);
    adopts(&stored, "abcdef");
}

/* Within one step of a stepped clock a report can be the same, to the byte, as one before. */
static void test_a_report_like_one_that_is_stored_is_one_of_its_own(void **state)
{
    static struct stored stored = {.at_once = 5000, .before = 1024};
    struct gv_spool_unit row;

    (void)state;
    make(UNIT, "abab", 0, &row);
    store(&stored, "abX", 3);
    adopts(&stored, "ab");
}

static void test_another_history_since_is_looked_at_from_its_beginning(void **state)
{
    static struct stored before = {.at_once = 4, .before = 1}, stored = {.at_once = 4, .before = 1};
    struct gv_spool_unit row;

    (void)state;
    make(UNIT, "abcdefgh", 0, &row);
    store(&before, "abcdefUVWXYZ", 12);
    store(&stored, "abcUVWXYZUVWXYZ", 15); /* what it told of d, e, f is lost, and told no more */
    greet();
    tell(&before);
    tell(&before);
    assert_int_equal(unit.held.own, 6);
    assert_int_equal(unit.side.held_first, 7);
    tell(&stored);
    assert_int_equal(unit.held.own, 0);
    for (unsigned i = 0; i < ROUNDS_MAX && done(GV_AGENT_DO_ADOPT) == NULL; i++)
        tell(&stored);
    assert_int_equal(done(GV_AGENT_DO_ADOPT)->first, 4);
    unit_adopt_forget(&unit);
}

static void test_hashes_that_cannot_be_are_refused(void **state)
{
    static struct stored stored = {.at_once = 4, .before = 1};
    ProtobufCBinaryData list[2];
    struct gv_spool_unit row;

    (void)state;
    make(UNIT, "abc", 0, &row);
    store(&stored, "abX", 3);
    greet();
    for (int wrong = 0; wrong < 5; wrong++) {
        Giaoviec__V1__Welcome body = GIAOVIEC__V1__WELCOME__INIT;
        Giaoviec__V1__Cursor orders = GIAOVIEC__V1__CURSOR__INIT;
        struct gv_held held;

        list[0] = gv_pb_bytes(stored.at[1].h.b, 32);
        list[1] = gv_pb_bytes(stored.at[2].h.b, wrong == 0 ? 31 : 32);
        body.orders = &orders;
        body.held = list;
        body.n_held = wrong == 1 ? 0 : 2;
        body.held_first = wrong == 2 ? 0 : wrong == 3 ? 3 : wrong == 4 ? 4 : 1;
        assert_int_equal(unit_adopt_learn(&unit, &body, &stored.at[3], &held), GV_EBADMSG);
    }
    assert_int_equal(unit.held.list.len, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_old_image_gives_new_numbers_to_what_is_not_held),
        TEST(test_what_is_held_under_another_number_is_not_sent_again),
        TEST(test_our_own_log_at_another_head_stays_whole),
        TEST(test_a_shorter_log_of_the_deployment_loses_nothing),
        TEST(test_an_empty_spool_takes_the_deployments_head),
        TEST(test_a_new_number_has_no_receipt_and_no_disposition),
        TEST(test_what_was_not_committed_changes_nothing),
        TEST(test_what_is_stored_past_the_hashes_that_are_told_is_not_sent_again),
        TEST(test_nor_is_it_where_the_logs_part_only_after_those),
        TEST(test_nor_is_what_is_held_under_other_numbers_further_on),
        TEST(test_nothing_is_lost_where_the_logs_parted_before_the_hashes),
        TEST(test_nothing_is_lost_where_no_report_is_the_same),
        TEST(test_a_report_like_one_that_is_stored_is_one_of_its_own),
        TEST(test_another_history_since_is_looked_at_from_its_beginning),
        TEST(test_hashes_that_cannot_be_are_refused),
    };

    if (gv_crypto_init() != GV_OK)
        return 1;
    return cmocka_run_group_tests_name("spool adopt", tests, NULL, NULL);
}
