/*
 * test_reads_lane.c - the lane of questions over a database that answers what the test says:
 * whoever asks is answered.
 */
/* links: gv_lane_rig gv_coordinator gv_trust gv_base */
#include "lane_rig.h"

#include <unistd.h>

#include "coordinator/reads.h"
#include "giaoviec/v1/query.pb-c.h"

static void ask(struct rig *rig, int unit, const char *name, uint32_t wait_ms)
{
    Giaoviec__V1__Query body = GIAOVIEC__V1__QUERY__INIT;

    body.name = text(name);
    body.wait_ms = wait_ms;
    assert_true(gv_queue_push(rig->c.reads, rig_message(rig, unit, GV_KIND_QUERY, 0, &body.base)));
}

static uint8_t row_bytes[GV_FRAME_MAX_BYTES];
static struct gv_slice row = {row_bytes, 0};

static gv_err answer_one_row(const struct gv_query *query, struct gv_query_result *out)
{
    (void)query;
    out->rows = &row;
    out->count = 1;
    out->next = "1";
    return GV_OK;
}

static void test_an_answer_that_fits_no_frame_is_told_as_too_big(void **state)
{
    struct rig *rig = *state;
    const Giaoviec__V1__QueryResult *result;

    memset(row_bytes, 'x', sizeof row_bytes);
    db.asked = answer_one_row;
    row.len = sizeof row_bytes;
    ask(rig, 0, "units", 0);
    rig_reads(rig);
    rig_expect_error(rig, GV_ETOOBIG);
    row.len = (size_t)200 * 1024; /* a page */
    ask(rig, 0, "units", 0);
    rig_reads(rig);
    result = (const Giaoviec__V1__QueryResult *)rig_expect(rig, GV_KIND_QUERY_RESULT);
    assert_int_equal(result->n_rows, 1);
    assert_int_equal(result->rows[0].len, row.len);
    assert_string_equal(result->next, "1");
    rig_expect_silence(rig);
}

/* The lane ends while all that it has waits: who may not wait is told, nobody else hears. */
static void test_one_sender_has_few_questions_that_wait(void **state)
{
    struct rig *rig = *state;
    uint8_t to;

    for (int i = 0; i < 12; i++)
        ask(rig, 0, "feed", 30000);
    for (int i = 0; i < 3; i++)
        ask(rig, 1, "feed", 30000);
    rig_reads(rig);
    for (int i = 0; i < 4; i++) {
        const struct gv_message *message = rig_hear(rig, &to);

        assert_non_null(message);
        assert_int_equal(message->head.kind, GV_KIND_BUSY);
        assert_int_equal(to, 1); /* U0's route */
        assert_false(gv_id_is_zero(&message->head.in_reply_to));
    }
    rig_expect_silence(rig);
}

static void test_a_feed_that_may_not_wait_is_answered_with_nothing(void **state)
{
    struct rig *rig = *state;
    const Giaoviec__V1__QueryResult *result;

    ask(rig, 0, "feed", 0);
    rig_reads(rig);
    result = (const Giaoviec__V1__QueryResult *)rig_expect(rig, GV_KIND_QUERY_RESULT);
    assert_int_equal(result->n_rows, 0);
    assert_string_equal(result->next, "0");
    rig_expect_silence(rig);
}

static gv_err answer_nothing_but_more(const struct gv_query *query, struct gv_query_result *out)
{
    (void)query;
    out->next = "2000";
    return GV_OK;
}

static void test_a_page_without_rows_that_goes_on_does_not_wait(void **state)
{
    struct rig *rig = *state;
    const Giaoviec__V1__QueryResult *result;

    db.asked = answer_nothing_but_more;
    ask(rig, 0, "feed", 30000);
    rig_reads(rig);
    result = (const Giaoviec__V1__QueryResult *)rig_expect(rig, GV_KIND_QUERY_RESULT);
    assert_int_equal(result->n_rows, 0);
    assert_string_equal(result->next, "2000");
    rig_expect_silence(rig);
}

static int looks, asked;
static gv_queue *until_all_are_answered;

/* Nothing, until the fourth look at whether anything has moved. */
static gv_err answer_after_four_looks(const struct gv_query *query, struct gv_query_result *out)
{
    if (query->limit == 1)
        looks++;
    else if (++asked == 6)
        gv_queue_close(until_all_are_answered);
    row.len = 10;
    return looks < 4 ? GV_OK : answer_one_row(query, out);
}

static void test_those_who_wait_are_asked_for_once(void **state)
{
    struct rig *rig = *state;
    const struct gv_message *message;
    uint8_t to;

    looks = asked = 0;
    until_all_are_answered = rig->c.reads;
    db.asked = answer_after_four_looks;
    for (int i = 0; i < 3; i++)
        ask(rig, i, "feed", 30000);
    alarm(20);
    reads_run(&rig->c);
    alarm(0);
    assert_int_equal(looks, 4);
    for (int i = 0; i < 3; i++) {
        message = rig_hear(rig, &to);
        assert_non_null(message);
        assert_int_equal(message->head.kind, GV_KIND_QUERY_RESULT);
    }
    rig_expect_silence(rig);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)
    const struct CMUnitTest tests[] = {
        TEST(test_an_answer_that_fits_no_frame_is_told_as_too_big),
        TEST(test_one_sender_has_few_questions_that_wait),
        TEST(test_a_feed_that_may_not_wait_is_answered_with_nothing),
        TEST(test_those_who_wait_are_asked_for_once),
        TEST(test_a_page_without_rows_that_goes_on_does_not_wait),
    };

    return cmocka_run_group_tests_name("lane of questions", tests, NULL, NULL);
}
