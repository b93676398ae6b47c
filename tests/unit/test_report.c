/* links: gv_trust gv_wire gv_crypto gv_base */
/*
 * test_report.c - entries of the report log: each kind holds what it asks; a decimal is digits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../fixture/trust.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "trust/entry.h"

static gv_arena *arena;

static gv_err open_report(uint32_t kind, const ProtobufCMessage *body, struct gv_report *out)
{
    static uint8_t assignment[16] = {1};
    Giaoviec__V1__ReportEntry entry = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    struct gv_buf body_bytes, bytes;
    gv_err err;

    gv_buf_init(&body_bytes);
    gv_buf_init(&bytes);
    assert_int_equal(gv_pb_pack(body, &body_bytes), GV_OK);
    entry.kind = kind;
    entry.time_us = FIXTURE_TIME_US;
    entry.assignment = gv_pb_bytes(assignment, 16);
    entry.epoch = 3;
    entry.body = gv_pb_bytes(body_bytes.data, body_bytes.len);
    assert_int_equal(gv_pb_pack(&entry.base, &bytes), GV_OK);
    gv_arena_reset(arena);
    err = gv_report_open(bytes_of(&bytes), arena, out);
    gv_buf_fini(&body_bytes);
    gv_buf_fini(&bytes);
    return err;
}

static void test_report_entries_hold_what_their_kind_asks(void **state)
{
    Giaoviec__V1__Return returned = GIAOVIEC__V1__RETURN__INIT;
    Giaoviec__V1__Status status = GIAOVIEC__V1__STATUS__INIT;
    Giaoviec__V1__IndicatorValue value = GIAOVIEC__V1__INDICATOR_VALUE__INIT;
    Giaoviec__V1__IndicatorValue *values[2] = {&value, &value};
    Giaoviec__V1__Accept accept = GIAOVIEC__V1__ACCEPT__INIT;
    Giaoviec__V1__Attest attest = GIAOVIEC__V1__ATTEST__INIT;
    Giaoviec__V1__AttestException breach = GIAOVIEC__V1__ATTEST_EXCEPTION__INIT;
    Giaoviec__V1__AttestException *breaches[1] = {&breach};
    struct gv_report report;

    (void)state;
    assert_int_equal(open_report(1, &accept.base, &report), GV_EBADMSG); /* nobody in charge */
    accept.person = text("Nguyễn Văn A");
    assert_int_equal(open_report(1, &accept.base, &report), GV_OK);
    attest.compliant = true;
    assert_int_equal(open_report(5, &attest.base, &report), GV_EBADMSG); /* nobody attests */
    attest.person = text("Nguyễn Văn A");
    assert_int_equal(open_report(5, &attest.base, &report), GV_OK);
    attest.breaches = breaches;
    attest.n_breaches = 1; /* and yet kept */
    assert_int_equal(open_report(5, &attest.base, &report), GV_EBADMSG);
    attest.compliant = false;
    assert_int_equal(open_report(5, &attest.base, &report), GV_OK);
    assert_int_equal(open_report(2, &returned.base, &report), GV_EBADMSG); /* no reason */
    assert_int_equal(report.epoch, 3); /* what could be read is there */
    returned.reason = text("không đúng thẩm quyền");
    assert_int_equal(open_report(2, &returned.base, &report), GV_OK);
    assert_string_equal(report.returned->reason, "không đúng thẩm quyền");
    assert_null(report.status);
    status.progress = 101;
    status.values = values;
    status.n_values = 1;
    value.code = text("INSPECTIONS");
    value.value = text("12.5");
    assert_int_equal(open_report(3, &status.base, &report), GV_OK);
    status.progress = 102;
    assert_int_equal(open_report(3, &status.base, &report), GV_EBADMSG);
    status.progress = 1;
    status.n_values = 2; /* the same indicator twice */
    assert_int_equal(open_report(3, &status.base, &report), GV_EBADMSG);
    status.n_values = 1;
    value.not_known = true; /* and yet a value */
    assert_int_equal(open_report(3, &status.base, &report), GV_EBADMSG);
    value.value = text("");
    assert_int_equal(open_report(3, &status.base, &report), GV_OK);
    value.not_known = false;
    assert_int_equal(open_report(3, &status.base, &report), GV_EBADMSG);
    assert_int_equal(open_report(0, &status.base, &report), GV_EBADMSG);
    assert_int_equal(open_report(6, &status.base, &report), GV_EUNSUPPORTED);
    assert_int_equal(report.kind, 6);
}

/* Each text of each kind, as long as it may be, and a byte longer. */
static void test_no_text_of_a_report_is_longer_than_allowed(void **state)
{
    static char most[GV_REPORT_TEXT_MAX + 1], more[GV_REPORT_TEXT_MAX + 2];
    Giaoviec__V1__Accept accept = GIAOVIEC__V1__ACCEPT__INIT;
    Giaoviec__V1__Return returned = GIAOVIEC__V1__RETURN__INIT;
    Giaoviec__V1__Status status = GIAOVIEC__V1__STATUS__INIT;
    Giaoviec__V1__PeriodDone period = GIAOVIEC__V1__PERIOD_DONE__INIT, *periods[] = {&period};
    Giaoviec__V1__Submit submit = GIAOVIEC__V1__SUBMIT__INIT;
    Giaoviec__V1__Attest attest = GIAOVIEC__V1__ATTEST__INIT;
    Giaoviec__V1__AttestException lines[3], *exceptions[] = {&lines[0]}, *permits[] = {&lines[1]},
                                            *breaches[] = {&lines[2]};
    const struct {
        uint32_t kind;
        const ProtobufCMessage *body;
        char **text;
    } rows[] = {
        {1, &accept.base, &accept.person},     {1, &accept.base, &accept.note},
        {2, &returned.base, &returned.reason}, {3, &status.base, &status.narrative},
        {3, &status.base, &period.note},       {4, &submit.base, &submit.narrative},
        {5, &attest.base, &attest.person},     {5, &attest.base, &lines[0].text},
        {5, &attest.base, &lines[1].text},     {5, &attest.base, &lines[2].text},
    };
    struct gv_report report;

    (void)state;
    memset(most, 'x', sizeof most - 1);
    memset(more, 'x', sizeof more - 1);
    for (int i = 0; i < 3; i++)
        giaoviec__v1__attest_exception__init(&lines[i]);
    status.periods = periods;
    attest.exceptions = exceptions;
    attest.permits = permits;
    attest.breaches = breaches;
    status.n_periods = attest.n_exceptions = attest.n_permits = attest.n_breaches = 1;
    accept.person = attest.person = returned.reason = text("x");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *before = *rows[i].text;

        *rows[i].text = most;
        assert_int_equal(open_report(rows[i].kind, rows[i].body, &report), GV_OK);
        *rows[i].text = more;
        assert_int_equal(open_report(rows[i].kind, rows[i].body, &report), GV_EBADMSG);
        *rows[i].text = before;
    }
}

static void test_a_decimal_is_digits(void **state)
{
    static const char *const good[] = {
        "0",
        "-1",
        "12.5",
        "007",
        "999999999999999999.999999",
        "999999999999999999999999999999.999999999", /* as large as it is stored */
        "-0000000009999999999999999999999999999.9"};
    static const char *const bad[] = {
        "",
        "-",
        ".",
        "1.",
        ".5",
        "1,5",
        "1e3",
        "+1",
        " 1",
        "1 ",
        "NaN",
        "--1",
        "1.2.3",
        "12345678901234567890123456789012345678901",
        "0.",
        "1000000000000000000000000000000", /* the database refuses it */
        "-1000000000000000000000000000000",
        "01000000000000000000000000000000.5"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(gv_decimal_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(gv_decimal_valid(bad[i]));
}

static int init(void **state)
{
    (void)state;
    arena = gv_arena_new(4 << 20);
    return arena != NULL ? 0 : -1;
}

static int fini(void **state)
{
    (void)state;
    gv_arena_free(arena);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_entries_hold_what_their_kind_asks),
        cmocka_unit_test(test_no_text_of_a_report_is_longer_than_allowed),
        cmocka_unit_test(test_a_decimal_is_digits),
    };

    return cmocka_run_group_tests(tests, init, fini);
}
