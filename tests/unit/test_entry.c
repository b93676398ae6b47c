/* test_entry.c - report entries over rows: what applies, what is kept as late evidence, what is
 * refused. */
/* links: gv_coordinator gv_store gv_trust gv_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "coordinator/entry.h"
#include "giaoviec/v1/delivery.pb-c.h"

#define NOW INT64_C(1707350400000000)

static gv_arena *arena;
static Giaoviec__V1__Task task_body = GIAOVIEC__V1__TASK__INIT;
static Giaoviec__V1__Indicator indicator = GIAOVIEC__V1__INDICATOR__INIT;
static Giaoviec__V1__Indicator *indicators[] = {&indicator};
static Giaoviec__V1__Attestation clause = GIAOVIEC__V1__ATTESTATION__INIT;
static Giaoviec__V1__Attestation *clauses[] = {&clause};
static struct task task = {.task_id = 1, .task = &task_body};
static const uint8_t assignment[16] = {7};

static struct gv_assignment_row row_in(enum gv_state state, uint32_t epoch)
{
    struct gv_assignment_row row = {.unit_id = 3, .task_id = 1, .role = 1};

    memcpy(row.assignment.b, assignment, 16);
    row.a.state = state;
    row.a.epoch = epoch;
    row.a.issued_us = NOW - GV_US_PER_DAY;
    return row;
}

static struct gv_slice entry_bytes(uint32_t kind, uint32_t epoch, const ProtobufCMessage *body)
{
    Giaoviec__V1__ReportEntry e = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    size_t len = protobuf_c_message_get_packed_size(body);
    uint8_t *packed = gv_arena_alloc(arena, len + 1), *bytes;

    protobuf_c_message_pack(body, packed);
    e.kind = kind;
    e.epoch = epoch;
    e.time_us = NOW - 5;
    e.assignment = (ProtobufCBinaryData){16, (uint8_t *)assignment};
    e.body = (ProtobufCBinaryData){len, packed};
    len = giaoviec__v1__report_entry__get_packed_size(&e);
    bytes = gv_arena_alloc(arena, len);
    giaoviec__v1__report_entry__pack(&e, bytes);
    return (struct gv_slice){bytes, len};
}

static struct gv_event decide(struct gv_slice bytes, struct gv_assignment_row *row)
{
    struct gv_event event = {0};
    struct entry entry;

    entry_read(bytes, arena, &entry);
    entry_decide(&entry, row, &task, NOW, arena, &event);
    return event;
}

static struct gv_slice status_bytes(uint32_t epoch, const char *code, const char *value)
{
    Giaoviec__V1__Status status = GIAOVIEC__V1__STATUS__INIT;
    Giaoviec__V1__IndicatorValue v = GIAOVIEC__V1__INDICATOR_VALUE__INIT, *list[] = {&v};

    v.code = (char *)code;
    v.value = (char *)value;
    status.values = list;
    status.n_values = 1;
    return entry_bytes(GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS, epoch, &status.base);
}

static void test_a_report_moves_its_row_and_brings_its_values(void **state)
{
    struct gv_assignment_row row = row_in(GV_STATE_ACCEPTED, 2);
    struct gv_event event = decide(status_bytes(2, "CASES", "12.5"), &row);

    (void)state;
    assert_int_equal(event.disposition, GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_APPLIED);
    assert_true(event.changed);
    assert_int_equal(event.from, GV_STATE_ACCEPTED);
    assert_int_equal(row.a.state, GV_STATE_IN_PROGRESS);
    assert_int_equal(event.value_count, 1);
    assert_string_equal(event.values[0].value, "12.5");
    assert_int_equal(event.signed_us, NOW - 5);
}

static void test_an_older_epoch_is_late_evidence_and_changes_nothing(void **state)
{
    struct gv_assignment_row row = row_in(GV_STATE_IN_PROGRESS, 3);
    struct gv_event event = decide(status_bytes(2, "CASES", "1"), &row);

    (void)state;
    assert_int_equal(event.disposition, GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_STALE);
    assert_false(event.changed);
    assert_int_equal(row.a.state, GV_STATE_IN_PROGRESS);
    assert_int_equal(event.epoch, 2);
}

static void test_a_row_that_moved_away_takes_no_reports(void **state)
{
    static const enum gv_state left[] = {GV_STATE_TRANSFERRED, GV_STATE_REVOKED};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct gv_assignment_row row = row_in(left[i], 1);
        struct gv_event event = decide(status_bytes(1, "CASES", "1"), &row);

        assert_int_equal(event.disposition, GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_STALE);
        assert_int_equal(row.a.state, left[i]);
    }
}

static void test_what_was_never_held_or_not_allowed_is_refused(void **state)
{
    struct gv_assignment_row row = row_in(GV_STATE_COMPLETED, 1);
    struct gv_event event = decide(status_bytes(1, "CASES", "1"), NULL);

    (void)state;
    assert_int_equal(event.disposition, GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_REFUSED);
    assert_int_equal(event.error, GV_ENOTFOUND);
    event = decide(status_bytes(1, "CASES", "1"), &row);
    assert_int_equal(event.error, GV_ESTATE);
    row = row_in(GV_STATE_ACCEPTED, 1);
    event = decide(status_bytes(2, "CASES", "1"), &row);
    assert_int_equal(event.error, GV_ECONFLICT);
    assert_int_equal(row.a.state, GV_STATE_ACCEPTED);
}

static void test_values_must_be_decimals_of_indicators_that_the_task_has(void **state)
{
    static const char *const bad[] = {"",
                                      "-",
                                      ".5",
                                      "5.",
                                      "1e3",
                                      "1,5",
                                      "0x1",
                                      "1.2.3",
                                      "NaN",
                                      "12345678901234567890123456789012345678901",
                                      "1000000000000000000000000000000"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct gv_assignment_row row = row_in(GV_STATE_ACCEPTED, 1);
        struct gv_event event = decide(status_bytes(1, "CASES", bad[i]), &row);

        assert_int_equal(event.error, GV_EBADMSG);
        assert_int_equal(row.a.state, GV_STATE_ACCEPTED);
    }
    for (int i = 0; i < 2; i++) {
        static const char *const good[] = {"-12.50", "0"};
        struct gv_assignment_row row = row_in(GV_STATE_ACCEPTED, 1);

        assert_int_equal(decide(status_bytes(1, "CASES", good[i]), &row).error, GV_OK);
        assert_int_equal(decide(status_bytes(1, "OTHER", good[i]), &row).error, GV_EBADMSG);
    }
}

/* A figure of a later day would hide those of all days before it. */
static void test_a_value_is_not_of_a_day_that_has_not_come(void **state)
{
    const struct {
        int32_t day;
        gv_err err;
    } days[] = {{gv_day_of(NOW), GV_OK},
                {gv_day_of(NOW) + 1, GV_OK}, /* by a clock that is a little ahead */
                {gv_day_of(NOW) + 2, GV_EBADMSG}};
    Giaoviec__V1__Status status = GIAOVIEC__V1__STATUS__INIT;
    Giaoviec__V1__Submit submit = GIAOVIEC__V1__SUBMIT__INIT;
    Giaoviec__V1__IndicatorValue value = GIAOVIEC__V1__INDICATOR_VALUE__INIT, *list[] = {&value};

    (void)state;
    value.code = (char *)"CASES";
    value.value = (char *)"1";
    status.values = submit.values = list;
    status.n_values = submit.n_values = 1;
    for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
        struct gv_assignment_row row = row_in(GV_STATE_ACCEPTED, 1);
        struct gv_event event;

        value.as_of_day = days[i].day;
        event =
            decide(entry_bytes(GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS, 1, &status.base), &row);
        assert_int_equal(event.error, days[i].err);
        event =
            decide(entry_bytes(GIAOVIEC__V1__REPORT_KIND__REPORT_SUBMIT, 1, &submit.base), &row);
        assert_int_equal(event.error, days[i].err);
    }
}

static void test_an_attestation_with_breaches_is_not_one_of_keeping(void **state)
{
    Giaoviec__V1__Attest attest = GIAOVIEC__V1__ATTEST__INIT;
    Giaoviec__V1__AttestException line = GIAOVIEC__V1__ATTEST_EXCEPTION__INIT, *lines[] = {&line};
    struct gv_assignment_row row = row_in(GV_STATE_ACCEPTED, 1);
    struct gv_event event;

    (void)state;
    attest.person = (char *)"Nguyễn Văn A";
    attest.compliant = true;
    attest.breaches = lines;
    attest.n_breaches = 1;
    event = decide(entry_bytes(GIAOVIEC__V1__REPORT_KIND__REPORT_ATTEST, 1, &attest.base), &row);
    assert_int_equal(event.error, GV_EBADMSG);
    attest.compliant = false;
    event = decide(entry_bytes(GIAOVIEC__V1__REPORT_KIND__REPORT_ATTEST, 1, &attest.base), &row);
    assert_int_equal(event.error, GV_OK);
    assert_int_equal(event.attest->breaches, 1);
    attest.clause = 1;
    event = decide(entry_bytes(GIAOVIEC__V1__REPORT_KIND__REPORT_ATTEST, 1, &attest.base), &row);
    assert_int_equal(event.error, GV_EBADMSG);
}

static void
test_bytes_that_are_no_entry_are_refused_and_kinds_of_tomorrow_are_unsupported(void **state)
{
    Giaoviec__V1__Accept accept = GIAOVIEC__V1__ACCEPT__INIT;
    struct gv_assignment_row row = row_in(GV_STATE_DELIVERED, 1);
    struct gv_event event = decide((struct gv_slice){(const uint8_t *)"\xff\xff", 2}, &row);

    (void)state;
    assert_int_equal(event.error, GV_EBADMSG);
    assert_false(event.has_assignment);
    event = decide(entry_bytes(99, 1, &accept.base), &row);
    assert_int_equal(event.disposition, GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_UNSUPPORTED);
    assert_true(event.has_assignment);
    event = decide(entry_bytes(GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT, 1, &accept.base), &row);
    assert_int_equal(event.error, GV_EBADMSG); /* nobody in charge */
    accept.person = (char *)"Trần Thị B";
    event = decide(entry_bytes(GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT, 1, &accept.base), &row);
    assert_int_equal(event.error, GV_OK);
    assert_string_equal(event.person, "Trần Thị B");
    assert_int_equal(row.a.state, GV_STATE_ACCEPTED);
    row = row_in(GV_STATE_ISSUED, 1); /* the unit's receipt for the order was lost: it holds it */
    event = decide(entry_bytes(GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT, 1, &accept.base), &row);
    assert_int_equal(event.error, GV_OK);
    assert_int_equal(row.a.state, GV_STATE_ACCEPTED);
}

/* The facts of an entry need room, too: without it the entry is refused, whatever its kind. */
static void test_facts_that_find_no_room_refuse_their_entry(void **state)
{
    Giaoviec__V1__Status status = GIAOVIEC__V1__STATUS__INIT;
    Giaoviec__V1__Submit submit = GIAOVIEC__V1__SUBMIT__INIT;
    Giaoviec__V1__Attest attest = GIAOVIEC__V1__ATTEST__INIT;
    struct gv_slice bytes[3];

    (void)state;
    attest.person = (char *)"Nguyễn Văn A";
    bytes[0] = entry_bytes(GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS, 1, &status.base);
    bytes[1] = entry_bytes(GIAOVIEC__V1__REPORT_KIND__REPORT_SUBMIT, 1, &submit.base);
    bytes[2] = entry_bytes(GIAOVIEC__V1__REPORT_KIND__REPORT_ATTEST, 1, &attest.base);
    for (int i = 0; i < 3; i++) {
        struct gv_assignment_row row = row_in(GV_STATE_ACCEPTED, 1);
        gv_arena *none = gv_arena_new(0);
        struct gv_event event = {0};
        struct entry entry;

        entry_read(bytes[i], arena, &entry);
        entry_decide(&entry, &row, &task, NOW, none, &event);
        assert_int_equal(event.disposition, GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_REFUSED);
        assert_int_equal(row.a.state, GV_STATE_ACCEPTED);
        gv_arena_free(none);
    }
}

/* A list of indicators is looked through as a whole. */
static void test_every_indicator_of_a_task_can_be_reported(void **state)
{
    Giaoviec__V1__Indicator second = GIAOVIEC__V1__INDICATOR__INIT;
    Giaoviec__V1__Indicator *both[] = {&second, &indicator};
    static const char *const codes[] = {"FIRST", "CASES"};

    (void)state;
    second.code = (char *)"FIRST";
    task_body.indicators = both;
    task_body.n_indicators = 2;
    for (int i = 0; i < 2; i++) {
        struct gv_assignment_row row = row_in(GV_STATE_ACCEPTED, 1);

        assert_int_equal(decide(status_bytes(1, codes[i], "1"), &row).error, GV_OK);
    }
    task_body.indicators = indicators;
    task_body.n_indicators = 1;
}

static int init(void **state)
{
    (void)state;
    arena = gv_arena_new((size_t)1 << 20);
    indicator.code = (char *)"CASES";
    task_body.indicators = indicators;
    task_body.n_indicators = 1;
    task_body.attestations = clauses;
    task_body.n_attestations = 1;
    return arena == NULL;
}

static int fini(void **state)
{
    (void)state;
    gv_arena_free(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_report_moves_its_row_and_brings_its_values),
        cmocka_unit_test(test_an_older_epoch_is_late_evidence_and_changes_nothing),
        cmocka_unit_test(test_a_row_that_moved_away_takes_no_reports),
        cmocka_unit_test(test_what_was_never_held_or_not_allowed_is_refused),
        cmocka_unit_test(test_values_must_be_decimals_of_indicators_that_the_task_has),
        cmocka_unit_test(test_a_value_is_not_of_a_day_that_has_not_come),
        cmocka_unit_test(test_an_attestation_with_breaches_is_not_one_of_keeping),
        cmocka_unit_test(
            test_bytes_that_are_no_entry_are_refused_and_kinds_of_tomorrow_are_unsupported),
        cmocka_unit_test(test_facts_that_find_no_room_refuse_their_entry),
        cmocka_unit_test(test_every_indicator_of_a_task_can_be_reported),
    };

    return cmocka_run_group_tests(tests, init, fini);
}
