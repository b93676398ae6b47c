/*
 * test_batch_reports.c - REPORTS in a transaction: which entries are stored, once and in order,
 * what the receipt says of them, and what becomes of a batch that finds no memory.
 */
/* links: gv_lane_rig gv_coordinator gv_trust gv_base */
#include "lane_rig.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define ENTRIES     1100

static const gv_id task_a = {{0xaa}};

static struct job *reports(struct rig *rig, uint64_t first, ProtobufCBinaryData *entries,
                           size_t count)
{
    Giaoviec__V1__Reports body = GIAOVIEC__V1__REPORTS__INIT;

    body.first = first;
    body.entries = entries;
    body.n_entries = count;
    return rig_message(rig, 0, GV_KIND_REPORTS, 1, &body.base);
}

/* Entries "e<first>" …, as rig_stored() stores them. */
static struct job *plain_reports(struct rig *rig, uint64_t first, size_t count)
{
    static ProtobufCBinaryData entries[ENTRIES];

    assert_true(count <= ENTRIES);
    rig_entries(0, first, count, entries);
    return reports(rig, first, entries, count);
}

static ProtobufCBinaryData entry_of(uint32_t kind, const ProtobufCMessage *body)
{
    Giaoviec__V1__ReportEntry entry = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    struct gv_buf packed, bytes;
    ProtobufCBinaryData out;

    gv_buf_init(&packed);
    gv_buf_init(&bytes);
    assert_int_equal(gv_pb_pack(body, &packed), GV_OK);
    entry.kind = kind;
    entry.epoch = 1;
    entry.time_us = db.business_us - 5;
    entry.assignment = gv_pb_bytes(task_a.b, sizeof task_a.b);
    entry.body = gv_pb_bytes(packed.data, packed.len);
    assert_int_equal(gv_pb_pack(&entry.base, &bytes), GV_OK);
    out = gv_pb_bytes(gv_arena_copy(db.arena, bytes.data, bytes.len), bytes.len);
    assert_non_null(out.data);
    gv_buf_fini(&packed);
    gv_buf_fini(&bytes);
    return out;
}

/* ---- which are stored ----------------------------------------------------------------------- */

static void test_each_grouping_of_a_log_is_judged_as_it_overlaps(void **state)
{
    static const struct {
        uint64_t first;
        size_t count;
        enum outcome outcome;
        gv_err err;
        bool resume;
        uint64_t head;
    } rows[] = {
        {0, 1, OUTCOME_REFUSED, GV_EBADMSG, false, 5},
        {3, 0, OUTCOME_REFUSED, GV_EBADMSG, false, 5},
        {7, 1, OUTCOME_DONE, GV_OK, true, 5},
        {1, 5, OUTCOME_DONE, GV_OK, false, 5},
        {2, 2, OUTCOME_DONE, GV_OK, false, 5},
        {4, 4, OUTCOME_DONE, GV_OK, false, 7},
        {1, 8, OUTCOME_DONE, GV_OK, false, 8},
        {9, 1, OUTCOME_DONE, GV_OK, false, 9},
        {1, 1025, OUTCOME_REFUSED, GV_ETOOBIG, false, 9},
    };
    struct rig *rig = *state;

    rig_stored(0, 5);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct job *job = plain_reports(rig, rows[i].first, rows[i].count);
        struct rig_batch one;

        rig_batch_begin(rig, &one, ARENA_BYTES);
        one.items[0].job = job;
        one.batch.count = 1;
        assert_int_equal(batch_run(&one.batch), GV_OK);
        assert_int_equal(one.items[0].outcome, rows[i].outcome);
        assert_int_equal(one.items[0].err, rows[i].err);
        assert_int_equal(one.items[0].resume, rows[i].resume);
        assert_int_equal(db.units[0].report_n, rows[i].head);
        job_free(job);
        rig_batch_close(&one);
    }
    assert_int_equal(db.event_count, 4); /* 6, 7, 8, 9: once each */
}

static void test_the_same_number_with_another_entry_is_a_fork(void **state)
{
    struct rig *rig = *state;
    ProtobufCBinaryData entries[2];
    struct job *job;
    struct rig_batch one;

    rig_stored(0, 5);
    rig_entries(0, 77, 2, entries);
    job = reports(rig, 4, entries, 2);
    rig_batch_begin(rig, &one, ARENA_BYTES);
    one.items[0].job = job;
    one.batch.count = 1;
    assert_int_equal(batch_run(&one.batch), GV_OK);
    assert_int_equal(one.items[0].outcome, OUTCOME_QUARANTINE);
    assert_int_equal(one.items[0].err, GV_EFORK);
    assert_int_equal(db.units[0].report_n, 5);
    job_free(job);
    rig_batch_close(&one);
}

/* What overlaps an envelope of this very batch waits for the next one; what follows it does not. */
static void test_an_overlap_within_a_batch_waits_for_the_next(void **state)
{
    struct rig *rig = *state;
    struct job *jobs[3];
    struct rig_batch one;

    jobs[0] = plain_reports(rig, 1, 3);
    jobs[1] = plain_reports(rig, 2, 4);
    jobs[2] = plain_reports(rig, 4, 2);
    rig_batch_begin(rig, &one, ARENA_BYTES);
    for (int i = 0; i < 3; i++)
        one.items[i].job = jobs[i];
    one.batch.count = 3;
    assert_int_equal(batch_run(&one.batch), GV_OK);
    assert_int_equal(one.items[0].outcome, OUTCOME_DONE);
    assert_int_equal(one.items[1].outcome, OUTCOME_AGAIN);
    assert_int_equal(one.items[2].outcome, OUTCOME_DONE);
    assert_int_equal(db.units[0].report_n, 5);
    assert_int_equal(db.evidence_count, 2);
    for (int i = 0; i < 3; i++)
        job_free(jobs[i]);
    rig_batch_close(&one);
}

/* Begin known, end stored by this batch: it cannot be told whether they are the same. */
static void test_an_overlap_whose_end_is_not_known_waits_too(void **state)
{
    struct rig *rig = *state;
    struct job *jobs[2];
    struct rig_batch one;

    rig_stored(0, 2);
    jobs[0] = plain_reports(rig, 3, 4); /* 3 … 6 */
    jobs[1] = plain_reports(rig, 2, 3); /* 2 … 4 */
    rig_batch_begin(rig, &one, ARENA_BYTES);
    for (int i = 0; i < 2; i++)
        one.items[i].job = jobs[i];
    one.batch.count = 2;
    assert_int_equal(batch_run(&one.batch), GV_OK);
    assert_int_equal(one.items[1].outcome, OUTCOME_AGAIN);
    assert_int_equal(db.units[0].report_n, 6);
    for (int i = 0; i < 2; i++)
        job_free(jobs[i]);
    rig_batch_close(&one);
}

/* ---- what the receipt says ------------------------------------------------------------------ */

static const Giaoviec__V1__Receipt *receipt_of(struct rig *rig, struct rig_batch *one)
{
    h_reports.publish(&one->batch, &one->items[0]);
    return (const Giaoviec__V1__Receipt *)rig_expect(rig, GV_KIND_RECEIPT);
}

/* What is too much for one receipt is told in several; none is left out: it would count as applied.
 */
static void test_whatever_was_not_applied_is_told(void **state)
{
    static const uint64_t last[] = {700, 1701}; /* of each receipt, all of them told */
    struct rig *rig = *state;
    struct job *jobs[4];
    struct rig_batch one;

    rig_batch_begin(rig, &one, ARENA_BYTES);
    jobs[0] = plain_reports(rig, 1, 600); /* none of them is a report */
    jobs[1] = plain_reports(rig, 601, 100);
    jobs[2] = plain_reports(rig, 701, 1000);
    jobs[3] = plain_reports(rig, 1701, 1);
    for (int i = 0; i < 4; i++)
        one.items[i].job = jobs[i];
    one.batch.count = 4;
    assert_int_equal(batch_run(&one.batch), GV_OK);
    for (int i = 0; i < 3; i++)
        one.items[i].same = &one.items[i + 1];
    reports_receipt(&one.batch, &one.items[0]);
    for (size_t i = 0; i < 2; i++) {
        const Giaoviec__V1__Receipt *receipt =
            (const Giaoviec__V1__Receipt *)rig_expect(rig, GV_KIND_RECEIPT);

        assert_int_equal(receipt->reports->number, last[i]);
        assert_int_equal(receipt->n_dispositions, i == 0 ? last[0] : last[1] - last[0]);
        assert_int_equal(receipt->dispositions[0]->error, GV_EBADMSG);
        assert_int_equal(receipt->dispositions[receipt->n_dispositions - 1]->number, last[i]);
    }
    rig_expect_silence(rig);
    for (int i = 0; i < 4; i++)
        job_free(jobs[i]);
    rig_batch_close(&one);
}

static void test_a_repeat_is_answered_with_what_was_said_before(void **state)
{
    struct rig *rig = *state;
    const Giaoviec__V1__Receipt *receipt;
    struct job *job;
    struct rig_batch one;

    rig_stored(0, 5);
    db.stored_text = "as before";
    job = plain_reports(rig, 2, 3);
    rig_batch_begin(rig, &one, ARENA_BYTES);
    one.items[0].job = job;
    one.batch.count = 1;
    assert_int_equal(batch_run(&one.batch), GV_OK);
    receipt = receipt_of(rig, &one);
    assert_int_equal(receipt->reports->number, 5);
    assert_int_equal(receipt->n_dispositions, 3);
    assert_int_equal(receipt->dispositions[0]->number, 2);
    assert_string_equal(receipt->dispositions[2]->text, "as before");
    job_free(job);
    rig_batch_close(&one);
}

/* It is stored: the unit sends again, and hears it then. */
static void test_a_receipt_without_memory_is_not_sent(void **state)
{
    struct rig *rig = *state;
    struct job *job = plain_reports(rig, 1, 1);
    bool heard = false;
    uint8_t to;

    for (size_t room = 0; !heard; room += 16) {
        struct rig_batch one;

        rig_batch_begin(rig, &one, ARENA_BYTES);
        one.items[0].job = job;
        one.batch.count = 1;
        assert_int_equal(batch_run(&one.batch), GV_OK);
        assert_int_equal(db.units[0].report_n, 1);
        assert_non_null(
            gv_arena_alloc(one.batch.arena, ARENA_BYTES - gv_arena_used(one.batch.arena) - room));
        h_reports.publish(&one.batch, &one.items[0]);
        heard = rig_hear(rig, &to) != NULL;
        assert_true(heard ? room > 0 : room < 1024);
        rig_batch_close(&one);
    }
    job_free(job);
}

/* ---- what the database refuses -------------------------------------------------------------- */

static void test_the_one_entry_that_the_lane_names_is_refused(void **state)
{
    struct rig *rig = *state;
    struct job *job;
    struct rig_batch one;

    rig_stored(0, 2);
    job = plain_reports(rig, 2, 4); /* 2 is there, 3 … 5 are new */
    rig_batch_begin(rig, &one, ARENA_BYTES);
    one.items[0] = (struct item){.job = job, .refuse_n = 3, .limit = 2};
    one.batch.count = 1;
    assert_int_equal(batch_run(&one.batch), GV_OK);
    assert_int_equal(db.units[0].report_n, 4); /* no more than the limit */
    assert_int_equal(db.event_count, 2);
    assert_string_equal(db.events[0].text, "the database refuses what this report says");
    assert_string_not_equal(db.events[1].text, "the database refuses what this report says");
    job_free(job);
    rig_batch_close(&one);
}

static void test_a_database_that_fails_anywhere_stores_nothing(void **state)
{
    struct rig *rig = *state;
    static const enum call calls[] = {CALL_BEGIN,       CALL_LOCK,    CALL_CLOCK,
                                      CALL_REPORT_HASH, CALL_REPORTS, CALL_ROWS,
                                      CALL_TASK,        CALL_APPLY,   CALL_COMMIT};
    Giaoviec__V1__Accept accept = GIAOVIEC__V1__ACCEPT__INIT;
    ProtobufCBinaryData entries[5];
    struct job *job;

    rig_stored(0, 4);
    db_row(0, &task_a, 1, GV_STATE_DELIVERED);
    accept.person = text("Trần Thị B");
    rig_entries(0, 2, 3, entries);
    entries[3] = entry_of(GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT, &accept.base);
    job = reports(rig, 2, entries, 4);
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct rig_batch one;

        db.fails[calls[i]].err = GV_EUNAVAILABLE;
        db.fails[calls[i]].times = 1;
        rig_batch_begin(rig, &one, ARENA_BYTES);
        one.items[0].job = job;
        one.batch.count = 1;
        assert_int_equal(batch_run(&one.batch), GV_EUNAVAILABLE);
        assert_int_equal(db.fails[calls[i]].times, 0);
        assert_int_equal(db.units[0].report_n, 4);
        assert_int_equal(db.event_count + db.evidence_count, 0);
        assert_false(db.applied);
        rig_batch_close(&one);
    }
    job_free(job);
}

/* ---- memory --------------------------------------------------------------------------------- */

/* A batch of all kinds, over a row: an acceptance, a report with a value, an attestation; orders
 * receipted; a greeting. */
struct mixture {
    Giaoviec__V1__Task task;
    Giaoviec__V1__Indicator indicator, second;
    Giaoviec__V1__Indicator *indicators[2];
    Giaoviec__V1__Attestation clause;
    Giaoviec__V1__Attestation *clauses[1];
    struct gv_buf task_bytes;
    struct job *jobs[3];
};

static void make_task(struct mixture *m)
{
    giaoviec__v1__task__init(&m->task);
    giaoviec__v1__indicator__init(&m->indicator);
    giaoviec__v1__indicator__init(&m->second);
    giaoviec__v1__attestation__init(&m->clause);
    m->indicator.code = text("OTHER");
    m->second.code = text("CASES");
    m->indicators[0] = &m->indicator;
    m->indicators[1] = &m->second;
    m->clauses[0] = &m->clause;
    m->task.indicators = m->indicators;
    m->task.n_indicators = 2;
    m->task.attestations = m->clauses;
    m->task.n_attestations = 1;
    gv_buf_init(&m->task_bytes);
    assert_int_equal(gv_pb_pack(&m->task.base, &m->task_bytes), GV_OK);
    db.task = bytes_of(&m->task_bytes);
}

static void make_jobs(struct rig *rig, struct mixture *m)
{
    Giaoviec__V1__Accept accept = GIAOVIEC__V1__ACCEPT__INIT;
    Giaoviec__V1__Status status = GIAOVIEC__V1__STATUS__INIT;
    Giaoviec__V1__IndicatorValue value = GIAOVIEC__V1__INDICATOR_VALUE__INIT, *values[] = {&value};
    Giaoviec__V1__Attest attest = GIAOVIEC__V1__ATTEST__INIT;
    Giaoviec__V1__OrdersReceipt receipt = GIAOVIEC__V1__ORDERS_RECEIPT__INIT;
    Giaoviec__V1__Cursor cursor = GIAOVIEC__V1__CURSOR__INIT;
    Giaoviec__V1__Hello hello = GIAOVIEC__V1__HELLO__INIT;
    ProtobufCBinaryData entries[3];
    static char longest[9000];

    accept.person = attest.person = text("Trần Thị B");
    attest.compliant = true;
    value.code = text("CASES");
    value.value = text("3");
    memset(longest, 'x', sizeof longest - 1); /* larger than a block of an arena */
    status.narrative = longest;
    status.values = values;
    status.n_values = 1;
    entries[0] = entry_of(GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT, &accept.base);
    entries[1] = entry_of(GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS, &status.base);
    entries[2] = entry_of(GIAOVIEC__V1__REPORT_KIND__REPORT_ATTEST, &attest.base);
    m->jobs[0] = reports(rig, 1, entries, 3);
    cursor.number = 1;
    cursor.hash = gv_pb_bytes(db.units[1].order_h.b, 32);
    receipt.orders = &cursor;
    m->jobs[1] = rig_message(rig, 1, GV_KIND_ORDERS_RECEIPT, 1, &receipt.base);
    hello.connection = 2;
    m->jobs[2] = rig_message(rig, 2, GV_KIND_HELLO, 2, &hello.base);
}

static void mixture_begin(struct rig *rig, struct mixture *m)
{
    make_task(m);
    db_order(1, &task_a, 1);
    db_row(0, &task_a, 1, GV_STATE_DELIVERED);
    db_row(1, &task_a, 1, GV_STATE_ISSUED);
    make_jobs(rig, m);
}

static void mixture_end(struct mixture *m)
{
    for (int i = 0; i < 3; i++)
        job_free(m->jobs[i]);
    gv_buf_fini(&m->task_bytes);
}

static gv_err run_mixture(struct rig *rig, struct mixture *m, size_t arena_bytes,
                          unsigned long failing)
{
    struct rig_batch one;
    gv_err err;

    rig_batch_begin(rig, &one, arena_bytes);
    for (int i = 0; i < 3; i++)
        one.items[i].job = m->jobs[i];
    one.batch.count = 3;
    if (failing > 0)
        fault_arm(FAULT_ALLOCATION, failing);
    err = batch_run(&one.batch);
    fault_disarm();
    rig_batch_close(&one);
    return err;
}

static void assert_whole(void)
{
    assert_int_equal(db.event_count, 4); /* three reports, one delivery */
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(db.events[i].disposition,
                         GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_APPLIED);
        assert_true(db.events[i].changed);
    }
    assert_int_equal(db.evidence_count, 2);
    assert_int_equal(db.units[0].report_n, 3);
    assert_int_equal(db.units[1].ack_n, 1);
    assert_int_equal(db.units[2].connection, 2);
}

static void assert_nothing(void)
{
    assert_int_equal(db.event_count + db.evidence_count, 0);
    assert_int_equal(db.units[0].report_n + db.units[1].ack_n, 0);
    assert_int_equal(db.units[2].connection, 1);
}

/* Whichever allocation fails: no report is refused for it, and the next run stores all. */
static void test_a_batch_in_which_any_allocation_fails_stores_nothing(void **state)
{
    struct rig *rig = *state;
    unsigned long failing = 0;
    struct mixture m;

    mixture_begin(rig, &m);
    for (;;) {
        gv_err err = run_mixture(rig, &m, ARENA_BYTES, ++failing);

        if (err == GV_OK)
            break;
        assert_int_equal(err, GV_ENOMEM);
        assert_nothing();
    }
    assert_true(failing > 5);
    assert_whole();
    mixture_end(&m);
}

/* The arena's cap is no fault of the machine: a list that finds no room ends the batch, too. */
static void test_a_batch_past_its_arena_stores_nothing(void **state)
{
    struct rig *rig = *state;
    struct mixture m;
    size_t cap = 0;
    gv_err err;

    mixture_begin(rig, &m);
    while ((err = run_mixture(rig, &m, cap, 0)) != GV_OK && cap < ARENA_BYTES) {
        assert_int_equal(err, GV_ENOMEM);
        assert_nothing();
        cap += 32;
    }
    assert_true(cap > 1024);
    assert_int_equal(db.units[0].report_n, 3);
    mixture_end(&m);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)
    const struct CMUnitTest tests[] = {
        TEST(test_each_grouping_of_a_log_is_judged_as_it_overlaps),
        TEST(test_the_same_number_with_another_entry_is_a_fork),
        TEST(test_an_overlap_within_a_batch_waits_for_the_next),
        TEST(test_an_overlap_whose_end_is_not_known_waits_too),
        TEST(test_whatever_was_not_applied_is_told),
        TEST(test_a_repeat_is_answered_with_what_was_said_before),
        TEST(test_a_receipt_without_memory_is_not_sent),
        TEST(test_the_one_entry_that_the_lane_names_is_refused),
        TEST(test_a_database_that_fails_anywhere_stores_nothing),
        TEST(test_a_batch_in_which_any_allocation_fails_stores_nothing),
        TEST(test_a_batch_past_its_arena_stores_nothing),
    };

    return cmocka_run_group_tests_name("batch of reports", tests, NULL, NULL);
}
