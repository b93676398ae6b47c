/*
 * test_reports_lane.c - the report lane over a database that refuses, holds, fails: what is bad
 * stands alone in the end, what is good is stored, and everybody is answered.
 */
/* links: gv_lane_rig gv_coordinator gv_trust gv_base */
#include "coordinator/reports.h"
#include "lane_rig.h"
#include "wire/pb_arena.h"

static void say_reports(struct rig *rig, int unit, uint64_t first, size_t count)
{
    Giaoviec__V1__Reports body = GIAOVIEC__V1__REPORTS__INIT;
    ProtobufCBinaryData entries[64];

    assert_true(count <= 64);
    rig_entries(unit, first, count, entries);
    body.first = first;
    body.entries = entries;
    body.n_entries = count;
    rig_say(rig, unit, GV_KIND_REPORTS, 1, &body.base);
}

static void say_hello(struct rig *rig, int unit, uint64_t connection)
{
    Giaoviec__V1__Hello body = GIAOVIEC__V1__HELLO__INIT;

    body.connection = connection;
    body.keyset_version = 99;
    rig_say(rig, unit, GV_KIND_HELLO, connection, &body.base);
}

static void say_refused(struct rig *rig, gv_err err)
{
    struct job *job = rig_job(rig, rig->key[2]->code.s, 3, "x", 1);

    job->refused = err;
    assert_true(gv_queue_push(rig->c.reports[0], job));
}

static void expect_receipt(struct rig *rig, uint64_t n, size_t dispositions)
{
    const Giaoviec__V1__Receipt *receipt =
        (const Giaoviec__V1__Receipt *)rig_expect(rig, GV_KIND_RECEIPT);

    assert_int_equal(receipt->reports->number, n);
    assert_int_equal(receipt->n_dispositions, dispositions);
}

static void fails(enum call call, gv_err err, int times)
{
    db.fails[call].err = err;
    db.fails[call].times = times;
}

/* ---- what is refused ------------------------------------------------------------------------ */

/* Number 3 of U0's log, under whatever envelope. */
static gv_err refuse_the_third(const struct gv_changes *changes)
{
    for (size_t i = 0; i < changes->event_count; i++) {
        const struct gv_event *event = &changes->events[i];

        if (event->report_n == 3 && event->unit_id == rig_unit_id(0) &&
            strcmp(event->text, "the database refuses what this report says") != 0)
            return GV_EBADMSG;
    }
    return GV_OK;
}

static void
test_one_report_that_the_database_refuses_is_found_and_all_others_are_stored(void **state)
{
    struct rig *rig = *state;

    db.refuses = refuse_the_third;
    say_reports(rig, 1, 1, 5);
    say_reports(rig, 0, 1, 9);
    say_reports(rig, 2, 1, 5);
    rig_lane(rig);
    assert_int_equal(db.units[0].report_n, 9);
    assert_int_equal(db.units[1].report_n, 5);
    assert_int_equal(db.units[2].report_n, 5);
    assert_int_equal(db.event_count, 19);
    for (int i = 0; i < 3; i++) {
        uint8_t to;
        const struct gv_message *message = rig_hear(rig, &to);

        assert_non_null(message);
        assert_int_equal(message->head.kind, GV_KIND_RECEIPT);
    }
    rig_expect_silence(rig);
    assert_true(atomic_load(&rig->c.counters[COUNT_BISECTED]) > 0);
}

static gv_err refuse_all_of_u0(const struct gv_changes *changes)
{
    for (size_t i = 0; i < changes->event_count; i++) {
        if (changes->events[i].unit_id == rig_unit_id(0))
            return GV_EBADMSG;
    }
    return GV_OK;
}

/* Even what says "refused" is refused: that is no report's fault, and is told as ours. */
static void test_what_cannot_be_stored_at_all_is_answered_as_our_own_fault(void **state)
{
    struct rig *rig = *state;

    db.refuses = refuse_all_of_u0;
    say_reports(rig, 0, 1, 2);
    say_reports(rig, 1, 1, 2);
    rig_lane(rig);
    assert_int_equal(db.units[0].report_n, 0);
    assert_int_equal(db.units[1].report_n, 2);
    rig_expect_error(rig, GV_EBUG);
    expect_receipt(rig, 2, 2);
    rig_expect_silence(rig);
}

static gv_err refuse_everything(const struct gv_changes *changes)
{
    (void)changes;
    return GV_EBADMSG;
}

static void test_a_hello_or_a_refusal_that_the_database_refuses_has_no_entries_to_try(void **state)
{
    struct rig *rig = *state;

    db.refuses = refuse_everything;
    say_hello(rig, 0, 2);
    say_refused(rig, GV_EREPLAY);
    rig_lane(rig);
    rig_expect_error(rig, GV_EBUG); /* to the greeting; the other was answered while verifying */
    rig_expect_silence(rig);
    assert_int_equal(db.calls[CALL_APPLY], 3); /* both, and each alone: once */
}

/* While the bad entry is looked for, another coordinator quarantines the unit … */
static gv_err refuse_once_and_quarantine(const struct gv_changes *changes)
{
    (void)changes;
    db.units[0].quarantined = true;
    return db.calls[CALL_APPLY] == 1 ? GV_EBADMSG : GV_OK;
}

/* … or a failover takes the tail of its log … */
static gv_err refuse_once_and_lose(const struct gv_changes *changes)
{
    (void)changes;
    if (db.calls[CALL_APPLY] > 1)
        return GV_OK;
    db.units[0].report_n = 1;
    db.units[0].report_h = db.reports[0][1];
    return GV_EBADMSG;
}

/* … or the database has no more room. */
static gv_err refuse_once_and_fill(const struct gv_changes *changes)
{
    (void)changes;
    return db.calls[CALL_APPLY] == 1 ? GV_EBADMSG : GV_EAGAIN;
}

static void test_whatever_happens_while_a_bad_entry_is_looked_for_is_answered(void **state)
{
    struct rig *rig = *state;

    rig_stored(0, 4);
    db.refuses = refuse_once_and_fill;
    say_reports(rig, 0, 5, 4);
    rig_lane(rig);
    assert_int_equal(((const Giaoviec__V1__Busy *)rig_expect(rig, GV_KIND_BUSY))->first, 5);
    db.calls[CALL_APPLY] = 0;
    db.refuses = refuse_once_and_lose;
    say_reports(rig, 0, 5, 4);
    rig_lane(rig);
    assert_true(((const Giaoviec__V1__Receipt *)rig_expect(rig, GV_KIND_RECEIPT))->resume);
    db.calls[CALL_APPLY] = 0;
    db.refuses = refuse_once_and_quarantine;
    say_reports(rig, 0, 2, 4);
    rig_lane(rig);
    rig_expect_error(rig, GV_EQUARANTINE);
    rig_expect_silence(rig);
}

static void test_a_conflict_is_tried_again_and_then_stored(void **state)
{
    struct rig *rig = *state;

    fails(CALL_COMMIT, GV_ECONFLICT, 3);
    say_reports(rig, 0, 1, 2);
    rig_lane(rig);
    expect_receipt(rig, 2, 2);
    assert_int_equal(db.calls[CALL_COMMIT], 4);
    assert_int_equal(db.event_count, 2);
}

/* What may have been stored is asked again, and answered once. */
static void test_an_unknown_commit_is_run_again_and_answered_once(void **state)
{
    struct rig *rig = *state;

    fails(CALL_COMMIT, GV_EUNKNOWN, 1);
    say_reports(rig, 0, 1, 2);
    say_hello(rig, 1, 2);
    rig_lane(rig);
    expect_receipt(rig, 2, 2);
    (void)rig_expect(rig, GV_KIND_WELCOME);
    rig_expect_silence(rig);
    assert_int_equal(db.units[0].report_n, 2);
    assert_int_equal(db.event_count, 2);
}

/* ---- what fails ----------------------------------------------------------------------------- */

static void test_each_failure_of_one_message_is_answered_as_what_it_is(void **state)
{
    static const struct {
        gv_err err;
        enum gv_kind answer;
        gv_err code;
    } rows[] = {
        {GV_ENOMEM, GV_KIND_BUSY, GV_OK},  {GV_EAGAIN, GV_KIND_BUSY, GV_OK},
        {GV_EDB, GV_KIND_BUSY, GV_OK},     {GV_ETOOBIG, GV_KIND_ERROR, GV_EBUG},
        {GV_EBUG, GV_KIND_ERROR, GV_EBUG},
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const ProtobufCMessage *body;

        rig->reconnects = 100;
        fails(CALL_APPLY, rows[i].err, 100);
        say_reports(rig, 0, 1, 2);
        rig_lane(rig);
        body = rig_expect(rig, rows[i].answer);
        if (rows[i].answer == GV_KIND_BUSY)
            assert_int_equal(((const Giaoviec__V1__Busy *)body)->first, 1);
        else
            assert_int_equal(((const Giaoviec__V1__Error *)body)->code, rows[i].code);
        rig_expect_silence(rig);
        assert_int_equal(db.units[0].report_n, 0);
    }
}

/* What was refused while verifying has had its answer: no second one, whatever becomes of it. */
static void test_a_refusal_that_is_not_written_down_is_not_answered_again(void **state)
{
    struct rig *rig = *state;
    static const gv_err errs[] = {GV_EBUG, GV_EAGAIN};

    for (size_t i = 0; i < 2; i++) {
        fails(CALL_APPLY, errs[i], 100);
        say_refused(rig, GV_EREPLAY);
        rig_lane(rig);
        rig_expect_silence(rig);
        assert_int_equal(db.event_count, 0);
    }
    fails(CALL_APPLY, GV_OK, 0);
    say_refused(rig, GV_EREPLAY);
    rig_lane(rig);
    rig_expect_silence(rig);
    assert_int_equal(db.event_count, 1);
}

static void test_whole_batches_that_fail_are_halved_until_what_is_good_is_stored(void **state)
{
    static const gv_err errs[] = {GV_ENOMEM, GV_ETOOBIG, GV_EDB, GV_EBUG, GV_EBADMSG};
    struct rig *rig = *state;

    for (size_t i = 0; i < sizeof errs / sizeof errs[0]; i++) {
        rig->reconnects = 100;
        /* GV_EDB is tried four times */
        fails(CALL_APPLY, errs[i], errs[i] == GV_EDB ? 4 : 1);
        for (int unit = 0; unit < 3; unit++)
            say_reports(rig, unit, i + 1, 1);
        rig_lane(rig);
        for (int unit = 0; unit < 3; unit++) {
            expect_receipt(rig, i + 1, 1);
            assert_int_equal(db.units[unit].report_n, i + 1);
        }
        rig_expect_silence(rig);
    }
}

/* Two bytes of an entry become a value of many: what is good must not be refused because a batch of
 * such entries fills the memory of a transaction. */
static void test_a_batch_that_grows_past_its_memory_is_halved_and_nothing_is_refused(void **state)
{
    enum { VALUES = 60000, ENVELOPES = 24 };

    struct rig *rig = *state;
    uint8_t *status = gv_arena_alloc(db.arena, 2 * VALUES);
    const gv_id assignment = {{0xaa}};
    Giaoviec__V1__ReportEntry entry = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    Giaoviec__V1__Reports body = GIAOVIEC__V1__REPORTS__INIT;
    Giaoviec__V1__Accept accept = GIAOVIEC__V1__ACCEPT__INIT;
    ProtobufCBinaryData one;
    struct gv_buf bytes, packed;

    for (size_t i = 0; i < VALUES; i++) { /* Status.values, empty */
        status[2 * i] = 3 << 3 | 2;
        status[2 * i + 1] = 0;
    }
    gv_buf_init(&bytes);
    gv_buf_init(&packed);
    entry.kind = GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS;
    entry.epoch = 1;
    entry.time_us = db.business_us;
    entry.assignment = gv_pb_bytes(assignment.b, 16);
    entry.body = gv_pb_bytes(status, 2 * VALUES);
    assert_int_equal(gv_pb_pack(&entry.base, &bytes), GV_OK);
    body.entries = &one;
    body.n_entries = 1;
    one = gv_pb_bytes(bytes.data, bytes.len);
    rig->c.config.batch_jobs = 512;
    for (uint64_t i = 1; i <= ENVELOPES; i++) {
        body.first = i;
        rig_say(rig, 0, GV_KIND_REPORTS, 1, &body.base);
    }
    db_row(1, &assignment, 1, GV_STATE_DELIVERED);
    accept.person = text("Trần Thị B");
    assert_int_equal(gv_pb_pack(&accept.base, &packed), GV_OK);
    entry.kind = GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT;
    entry.body = gv_pb_bytes(packed.data, packed.len);
    gv_buf_reset(&bytes);
    assert_int_equal(gv_pb_pack(&entry.base, &bytes), GV_OK);
    one = gv_pb_bytes(bytes.data, bytes.len);
    body.first = 1;
    rig_say(rig, 1, GV_KIND_REPORTS, 1, &body.base);
    rig_lane(rig);
    assert_int_equal(db.units[0].report_n, ENVELOPES);
    assert_int_equal(db.events[db.event_count - 1].unit_id, rig_unit_id(1));
    assert_int_equal(db.events[db.event_count - 1].error, GV_OK);
    assert_true(atomic_load(&rig->c.counters[COUNT_BISECTED]) > 0);
    gv_buf_fini(&packed);
    gv_buf_fini(&bytes);
}

/* A transaction has only so many rows: what is more waits for the next one. */
static void test_many_rows_are_more_than_one_transaction(void **state)
{
    struct rig *rig = *state;
    uint64_t stored = 0;
    uint8_t to;

    for (uint64_t i = 0; i < 40; i++)
        say_reports(rig, 0, 1 + i * 64, 64);
    rig_lane(rig);
    assert_int_equal(db.units[0].report_n, 2560);
    assert_int_equal(db.calls[CALL_COMMIT], 2);
    for (const struct gv_message *message; (message = rig_hear(rig, &to)) != NULL;)
        stored = ((const Giaoviec__V1__Receipt *)message->body)->reports->number;
    assert_int_equal(stored, 2560);
}

/* ---- what is held --------------------------------------------------------------------------- */

static gv_err let_go_after(const struct gv_changes *changes)
{
    (void)changes;
    if (db.calls[CALL_BEGIN] > 40)
        db.held[0] = false;
    return GV_OK;
}

static void
test_a_held_unit_rests_while_the_others_are_served_and_is_served_in_the_end(void **state)
{
    struct rig *rig = *state;

    db.held[0] = true;
    db.refuses = let_go_after;
    say_reports(rig, 0, 1, 3);
    say_reports(rig, 0, 4, 1);
    say_reports(rig, 1, 1, 2);
    rig_lane(rig);
    expect_receipt(rig, 2, 2);
    expect_receipt(rig, 4, 4); /* both envelopes, in order: one receipt */
    rig_expect_silence(rig);
    assert_int_equal(db.units[0].report_n, 4);
}

static struct rig *stops;

static gv_err stop_soon(const struct gv_changes *changes)
{
    (void)changes;
    if (db.calls[CALL_BEGIN] > 3)
        atomic_store(&stops->c.stopping, true);
    return GV_OK;
}

static void test_a_held_unit_is_told_to_come_back_when_the_lane_stops(void **state)
{
    struct rig *rig = *state;

    stops = rig;
    db.held[0] = true;
    db.refuses = stop_soon;
    say_reports(rig, 0, 1, 3);
    rig_lane(rig);
    assert_int_equal(((const Giaoviec__V1__Busy *)rig_expect(rig, GV_KIND_BUSY))->first, 1);
    rig_expect_silence(rig);
}

static void test_more_than_can_be_put_back_is_told_to_come_back(void **state)
{
    struct rig *rig = *state;
    int busy = 0;
    uint8_t to;

    stops = rig;
    db.held[0] = true;
    db.refuses = stop_soon;
    rig->c.config.batch_jobs = 2048;
    for (uint64_t i = 1; i <= 1100; i++)
        say_reports(rig, 0, i, 1);
    rig_lane(rig);
    for (const struct gv_message *message; (message = rig_hear(rig, &to)) != NULL; busy++)
        assert_int_equal(message->head.kind, GV_KIND_BUSY);
    assert_int_equal(busy, 1100); /* 76 at once, the others when it stopped */
    assert_int_equal(atomic_load(&rig->c.counters[COUNT_BUSY]), 1100);
}

/* ---- many that are refused ------------------------------------------------------------------ */

/* All that the unit reports, unless it is stored as refused. */
static gv_err refuse_each_of(const struct gv_changes *changes, int unit)
{
    for (size_t i = 0; i < changes->event_count; i++) {
        const struct gv_event *event = &changes->events[i];

        if (event->unit_id == rig_unit_id(unit) &&
            strcmp(event->text, "the database refuses what this report says") != 0)
            return GV_EBADMSG;
    }
    return GV_OK;
}

static gv_err refuse_each_of_u0(const struct gv_changes *changes)
{
    return refuse_each_of(changes, 0);
}

static void test_each_of_many_bad_reports_takes_two_transactions(void **state)
{
    struct rig *rig = *state;

    db.refuses = refuse_each_of_u0;
    say_reports(rig, 0, 1, 64);
    rig_lane(rig);
    expect_receipt(rig, 64, 64);
    rig_expect_silence(rig);
    assert_int_equal(db.units[0].report_n, 64);
    assert_true(db.calls[CALL_APPLY] <= 2 * 64 + 6); /* the first is found by halves */
}

static int served_at, longest; /* transactions: at U1's last one, and most between two of its */

static gv_err refuse_u0_and_watch_u1(const struct gv_changes *changes)
{
    gv_err err = refuse_each_of(changes, 0);

    if (err == GV_OK && changes->event_count > 0 && changes->events[0].unit_id == rig_unit_id(1)) {
        if (db.calls[CALL_APPLY] - served_at > longest)
            longest = db.calls[CALL_APPLY] - served_at;
        served_at = db.calls[CALL_APPLY];
    }
    return err;
}

static void test_others_are_served_while_a_message_of_bad_reports_is_looked_through(void **state)
{
    struct rig *rig = *state;

    served_at = longest = 0;
    rig->c.config.batch_jobs = 1;
    db.refuses = refuse_u0_and_watch_u1;
    say_reports(rig, 0, 1, 64);
    for (uint64_t n = 1; n <= 6; n++)
        say_reports(rig, 1, n, 1);
    rig_lane(rig);
    assert_true(longest <= 16);
    assert_int_equal(db.units[0].report_n, 64);
    assert_int_equal(db.units[1].report_n, 6);
    for (uint64_t n = 1; n <= 6; n++)
        expect_receipt(rig, n, 1);
    expect_receipt(rig, 64, 64); /* it was the last, though it came first */
    rig_expect_silence(rig);
}

static void test_what_follows_a_message_of_bad_reports_is_no_gap(void **state)
{
    struct rig *rig = *state;

    db.refuses = refuse_each_of_u0;
    say_reports(rig, 0, 1, 64);
    say_reports(rig, 0, 65, 3);
    say_reports(rig, 0, 68, 1);
    rig_lane(rig);
    expect_receipt(rig, 64, 64);
    expect_receipt(rig, 67, 3);
    expect_receipt(rig, 68, 1);
    rig_expect_silence(rig);
    assert_int_equal(db.units[0].report_n, 68);
}

static gv_err refuse_each(const struct gv_changes *changes)
{
    gv_err err = GV_OK;

    for (int unit = 0; err == GV_OK && unit < RIG_UNITS; unit++)
        err = refuse_each_of(changes, unit);
    return err;
}

static void test_of_many_messages_of_bad_reports_some_are_told_to_come_back(void **state)
{
    struct rig *rig = *state;

    db.refuses = refuse_each;
    for (int unit = 0; unit < 3; unit++)
        say_reports(rig, unit, 1, 64);
    rig_lane(rig);
    assert_int_equal(((const Giaoviec__V1__Busy *)rig_expect(rig, GV_KIND_BUSY))->first, 1);
    expect_receipt(rig, 64, 64);
    expect_receipt(rig, 64, 64);
    rig_expect_silence(rig);
    assert_int_equal(db.units[0].report_n, 64);
    assert_int_equal(db.units[1].report_n, 64);
    assert_int_equal(db.units[2].report_n, 0);
}

static gv_err refuse_whatever(const struct gv_changes *changes)
{
    (void)changes;
    return GV_EBADMSG;
}

/* Not what an entry says. */
static void test_a_repeat_that_the_database_refuses_is_told_as_a_bug(void **state)
{
    struct rig *rig = *state;

    rig_stored(0, 3);
    db.refuses = refuse_whatever;
    say_reports(rig, 0, 1, 3);
    rig_lane(rig);
    rig_expect_error(rig, GV_EBUG);
    rig_expect_silence(rig);
}

static gv_err refuse_u0_and_stop(const struct gv_changes *changes)
{
    if (db.calls[CALL_APPLY] > 5)
        atomic_store(&stops->c.stopping, true);
    return refuse_each_of(changes, 0);
}

static gv_err refuse_u1_and_fill(const struct gv_changes *changes)
{
    stops->is_short = db.calls[CALL_APPLY] > 5;
    return refuse_each_of(changes, 1);
}

static void test_what_is_looked_through_comes_back_after_a_stop_or_once_there_is_room(void **state)
{
    struct rig *rig = *state;

    stops = rig;
    for (int unit = 0; unit < 2; unit++) {
        atomic_store(&rig->c.stopping, false);
        db.calls[CALL_APPLY] = 0;
        db.refuses = unit == 0 ? refuse_u0_and_stop : refuse_u1_and_fill;
        say_reports(rig, unit, 1, 64);
        rig_lane(rig);
        assert_int_equal(((const Giaoviec__V1__Busy *)rig_expect(rig, GV_KIND_BUSY))->first, 1);
        rig_expect_silence(rig);
        assert_true(db.units[unit].report_n < 64);
    }
}

/* Reports wait at their units, refusals are not written down; what tells a state is stored. */
static void test_while_room_is_short_reports_wait_and_greetings_are_stored(void **state)
{
    struct rig *rig = *state;

    rig->is_short = true;
    say_reports(rig, 0, 7, 2);
    say_hello(rig, 1, 2);
    say_refused(rig, GV_EREPLAY);
    rig_lane(rig);
    assert_int_equal(((const Giaoviec__V1__Busy *)rig_expect(rig, GV_KIND_BUSY))->first, 7);
    (void)rig_expect(rig, GV_KIND_WELCOME);
    rig_expect_silence(rig);
    assert_int_equal(db.units[1].connection, 2);
    assert_int_equal(db.event_count, 0);
}

/* ---- a fork --------------------------------------------------------------------------------- */

static void test_a_fork_is_told_and_ends_the_session_even_where_it_cannot_be_stored(void **state)
{
    struct rig *rig = *state;

    for (int stored = 0; stored < 2; stored++) {
        rig->reconnects = 0;
        atomic_store(&rig->c.keys_changed, false);
        rig_stored(0, 2);
        if (stored == 0)
            fails(CALL_QUARANTINE, GV_EUNAVAILABLE, 1);
        db.units[0].report_h.b[0] ^= 1;
        say_reports(rig, 0, db.units[0].report_n, 1);
        rig_lane(rig);
        rig_expect_error(rig, GV_EFORK);
        assert_int_equal(rig->told[stored].kind, TOLD_GONE);
        assert_int_equal(rig->told[stored].unit_id, rig_unit_id(0));
        assert_true(atomic_load(&rig->c.keys_changed));
        assert_int_equal(db.units[0].quarantined, stored == 1);
        db.units[0].report_h.b[0] ^= 1;
    }
}

/* ---- receipts that wait --------------------------------------------------------------------- */

static const gv_id task_a = {{0xaa}};

/* One report of U0 that is simply applied; it is not yet in the lane. */
static struct job *progress(struct rig *rig, uint64_t n)
{
    Giaoviec__V1__ReportEntry entry = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    Giaoviec__V1__Reports body = GIAOVIEC__V1__REPORTS__INIT;
    ProtobufCBinaryData bytes;
    struct gv_buf packed;
    struct job *job;

    entry.kind = GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS;
    entry.time_us = db.business_us - 5;
    entry.assignment = gv_pb_bytes(task_a.b, sizeof task_a.b);
    entry.epoch = 1;
    gv_buf_init(&packed);
    assert_int_equal(gv_pb_pack(&entry.base, &packed), GV_OK);
    bytes = gv_pb_bytes(packed.data, packed.len);
    body.first = n;
    body.entries = &bytes;
    body.n_entries = 1;
    job = rig_message(rig, 0, GV_KIND_REPORTS, 1, &body.base);
    gv_buf_fini(&packed);
    return job;
}

static void say_progress(struct rig *rig, uint64_t first, uint64_t last)
{
    for (uint64_t n = first; n <= last; n++)
        assert_true(gv_queue_push(rig->c.reports[0], progress(rig, n)));
}

static void test_a_receipt_waits_for_what_follows_but_not_long(void **state)
{
    struct rig *rig = *state;

    rig->c.config.batch_jobs = 1; /* and the one that was waited for: two in a batch */
    db_row(0, &task_a, 1, GV_STATE_IN_PROGRESS);
    say_progress(rig, 1, 2 * (OWED_BATCHES + 3));
    rig_lane(rig);
    assert_int_equal(db.calls[CALL_COMMIT], OWED_BATCHES + 3);
    expect_receipt(rig, 2 * (OWED_BATCHES + 1), 0); /* it may not wait any longer … */
    expect_receipt(rig, 2 * (OWED_BATCHES + 3), 0); /* … and nothing follows */
    rig_expect_silence(rig);
}

static void test_a_receipt_does_not_wait_for_what_never_comes(void **state)
{
    struct rig *rig = *state;
    struct job *elsewhere;

    db_row(0, &task_a, 1, GV_STATE_IN_PROGRESS);
    say_progress(rig, 1, 2);
    elsewhere = progress(rig, 3); /* of the same unit, and it does not reach the lane */
    rig_lane(rig);
    expect_receipt(rig, 2, 0);
    rig_expect_silence(rig);
    job_free(elsewhere);
}

static struct rig *watched;
static int applied;

/* The second batch loses its database; then: has the first one's receipt left? */
static gv_err lose_the_second(const struct gv_changes *changes)
{
    (void)changes;
    if (++applied == 2 || applied == 3)
        assert_int_equal(gv_queue_len(watched->c.out), applied - 2);
    return applied == 2 ? GV_EUNAVAILABLE : GV_OK;
}

static void test_a_receipt_does_not_wait_for_the_database(void **state)
{
    struct rig *rig = watched = *state;

    rig->c.config.batch_jobs = 1;
    applied = 0;
    db.refuses = lose_the_second;
    db_row(0, &task_a, 1, GV_STATE_IN_PROGRESS);
    say_progress(rig, 1, 4);
    rig_lane(rig);
    assert_int_equal(applied, 3);
    expect_receipt(rig, 2, 0);
    expect_receipt(rig, 4, 0);
    rig_expect_silence(rig);
}

/* The first transaction of two messages was full, and more waits: the other lane gets its share. */
static gv_err end_the_first_lane(const struct gv_changes *changes)
{
    (void)changes;
    if (++applied == 2)
        gv_queue_close(watched->c.reports[0]);
    return GV_OK;
}

static void test_where_more_waits_than_a_transaction_takes_the_lanes_share(void **state)
{
    struct rig *rig = watched = *state;
    struct report_lane lanes[2];

    rig->c.config.batch_jobs = 3; /* and the one that was waited for */
    rig->c.config.report_lanes = 2;
    assert_int_equal(gv_queue_new(16, &rig->c.reports[1]), GV_OK);
    for (int i = 0; i < 2; i++)
        lanes[i] = (struct report_lane){&rig->c, rig->c.reports[i], i};
    applied = 0;
    db.refuses = end_the_first_lane;
    for (uint64_t n = 1; n <= 4; n++) {
        say_reports(rig, 0, n, 1); /* share 1 */
        say_reports(rig, 1, n, 1); /* share 0 */
    }
    reports_run(&lanes[0]);
    assert_int_equal(applied, 2);
    assert_int_equal(db.units[0].report_n, 2); /* of the first transaction */
    assert_int_equal(db.units[1].report_n, 4);
    assert_int_equal(gv_queue_len(rig->c.reports[1]), 2);
    assert_int_equal(atomic_load(&rig->c.share[1]), 1);
    gv_queue_close(rig->c.reports[1]);
    reports_run(&lanes[1]);
    assert_int_equal(db.units[0].report_n, 4);
    assert_int_equal(atomic_load(&rig->c.share[1]), 0); /* nothing to do: it gave it back */
    gv_queue_free(rig->c.reports[1]);
}

static void test_what_was_refused_is_told_at_once(void **state)
{
    struct rig *rig = *state;

    rig->c.config.batch_jobs = 1;
    db_row(0, &task_a, 1, GV_STATE_IN_PROGRESS);
    say_progress(rig, 1, 2);
    say_progress(rig, 3, 3);
    say_reports(rig, 0, 4, 1); /* no report at all */
    say_progress(rig, 5, 5);
    rig_lane(rig);
    expect_receipt(rig, 4, 1); /* covers the first two, which waited for it */
    expect_receipt(rig, 5, 0);
    rig_expect_silence(rig);
}

/* ---- its own life --------------------------------------------------------------------------- */

static void test_a_lane_without_memory_or_database_ends_the_program(void **state)
{
    struct rig *rig = *state;
    unsigned long failing = 0;

    for (bool runs = false; !runs;) {
        rig->failed = 0;
        db.calls[CALL_OPEN] = 0;
        fault_arm(FAULT_ALLOCATION, ++failing);
        rig_lane(rig);
        fault_disarm();
        runs = rig->failed == 0;
        assert_int_equal(db.calls[CALL_OPEN], runs ? 1 : 0);
    }
    /* The lane, its arena, the cache and its arena, what is owed; then it runs. */
    assert_int_equal(failing, 6);
    fails(CALL_OPEN, GV_EVERSION, 1);
    rig_lane(rig);
    assert_int_equal(db.calls[CALL_BEGIN], 0);
}

static void test_a_unit_with_a_newer_keyset_is_heard(void **state)
{
    struct rig *rig = *state;

    say_hello(rig, 0, 2);
    rig_lane(rig);
    (void)rig_expect(rig, GV_KIND_WELCOME);
    assert_int_equal(atomic_load(&rig->c.keyset_heard), 99);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)
    const struct CMUnitTest tests[] = {
        TEST(test_one_report_that_the_database_refuses_is_found_and_all_others_are_stored),
        TEST(test_what_cannot_be_stored_at_all_is_answered_as_our_own_fault),
        TEST(test_a_hello_or_a_refusal_that_the_database_refuses_has_no_entries_to_try),
        TEST(test_whatever_happens_while_a_bad_entry_is_looked_for_is_answered),
        TEST(test_a_conflict_is_tried_again_and_then_stored),
        TEST(test_an_unknown_commit_is_run_again_and_answered_once),
        TEST(test_each_failure_of_one_message_is_answered_as_what_it_is),
        TEST(test_a_refusal_that_is_not_written_down_is_not_answered_again),
        TEST(test_whole_batches_that_fail_are_halved_until_what_is_good_is_stored),
        TEST(test_a_batch_that_grows_past_its_memory_is_halved_and_nothing_is_refused),
        TEST(test_many_rows_are_more_than_one_transaction),
        TEST(test_a_held_unit_rests_while_the_others_are_served_and_is_served_in_the_end),
        TEST(test_a_held_unit_is_told_to_come_back_when_the_lane_stops),
        TEST(test_more_than_can_be_put_back_is_told_to_come_back),
        TEST(test_each_of_many_bad_reports_takes_two_transactions),
        TEST(test_others_are_served_while_a_message_of_bad_reports_is_looked_through),
        TEST(test_what_follows_a_message_of_bad_reports_is_no_gap),
        TEST(test_of_many_messages_of_bad_reports_some_are_told_to_come_back),
        TEST(test_a_repeat_that_the_database_refuses_is_told_as_a_bug),
        TEST(test_what_is_looked_through_comes_back_after_a_stop_or_once_there_is_room),
        TEST(test_while_room_is_short_reports_wait_and_greetings_are_stored),
        TEST(test_a_fork_is_told_and_ends_the_session_even_where_it_cannot_be_stored),
        TEST(test_a_receipt_waits_for_what_follows_but_not_long),
        TEST(test_a_receipt_does_not_wait_for_what_never_comes),
        TEST(test_a_receipt_does_not_wait_for_the_database),
        TEST(test_where_more_waits_than_a_transaction_takes_the_lanes_share),
        TEST(test_what_was_refused_is_told_at_once),
        TEST(test_a_lane_without_memory_or_database_ends_the_program),
        TEST(test_a_unit_with_a_newer_keyset_is_heard),
    };

    return cmocka_run_group_tests_name("report lane", tests, NULL, NULL);
}
