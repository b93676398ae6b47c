/* links: gv_agent gv_trust gv_base */
/* test_work.c - what orders do to a unit's assignments, and which reports its documents make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/work.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/lang.h"
#include "trust/entry.h"

#define DAY 19761 /* 2024-02-08 */

static gv_arena *arena;
static struct gv_work work;
static struct gv_buf said;     /* the reports made, one a word */
static struct gv_slice newest; /* of them */
static const char *person = "Nguyễn Văn A";

static int set_up(void **state)
{
    (void)state;
    arena = gv_arena_new((size_t)64 << 20);
    gv_work_init(&work);
    gv_buf_init(&said);
    person = "Nguyễn Văn A";
    return arena == NULL || gv_lang_set("en") != GV_OK;
}

static int tear_down(void **state)
{
    (void)state;
    gv_work_fini(&work);
    gv_buf_fini(&said);
    gv_arena_free(arena);
    return 0;
}

static gv_id id_of(int n)
{
    gv_id id = {{0}};

    id.b[15] = (uint8_t)n;
    return id;
}

/* ---- orders ---- */

static void assign(int n, uint32_t epoch, const char *number, int directive)
{
    Giaoviec__V1__Task task = GIAOVIEC__V1__TASK__INIT;
    Giaoviec__V1__Indicator x = GIAOVIEC__V1__INDICATOR__INIT, y = GIAOVIEC__V1__INDICATOR__INIT;
    Giaoviec__V1__Indicator *indicators[2] = {&x, &y};
    Giaoviec__V1__Attestation clause = GIAOVIEC__V1__ATTESTATION__INIT;
    Giaoviec__V1__Attestation *clauses[1] = {&clause};
    gv_id directive_id = id_of(100 + directive);
    char notation[32];
    struct gv_work_order order = {.kind = GIAOVIEC__V1__ORDER_KIND__ORDER_ASSIGN,
                                  .assignment = id_of(n),
                                  .epoch = epoch,
                                  .task = &task};

    snprintf(notation, sizeof notation, "%d-CV/TU", directive);
    task.directive = (ProtobufCBinaryData){16, directive_id.b};
    task.notation = notation;
    task.number = (char *)number;
    x.code = (char *)"X";
    y.code = (char *)"Y";
    task.indicators = indicators;
    task.n_indicators = 2;
    task.attestations = clauses;
    task.n_attestations = 1;
    assert_int_equal(gv_work_order(&work, &order), GV_OK);
}

static gv_err order(uint32_t kind, int n, uint32_t epoch)
{
    struct gv_work_order o = {
        .kind = kind, .assignment = id_of(n), .epoch = epoch, .ended = GV_STATE_TRANSFERRED};

    return gv_work_order(&work, &o);
}

static enum gv_state state_of(int n)
{
    gv_id id = id_of(n);
    struct gv_work_item *item = gv_work_find(&work, &id);

    return item != NULL ? item->state : GV_STATE_NONE;
}

/* ---- documents ---- */

static void put_status(const Giaoviec__V1__Status *body)
{
    if (body->progress > 0)
        gv_buf_printf(&said, " progress=%u", (unsigned)body->progress - 1);
    if (body->narrative[0] != '\0')
        gv_buf_printf(&said, " narrative=%s", body->narrative);
    for (size_t i = 0; i < body->n_values; i++)
        gv_buf_printf(&said, " %s=%s@%d", body->values[i]->code,
                      body->values[i]->not_known ? "?" : body->values[i]->value,
                      (int)body->values[i]->as_of_day - DAY);
    for (size_t i = 0; i < body->n_periods; i++)
        gv_buf_printf(&said, " period=%d", (int)body->periods[i]->period_day - DAY);
}

/* Each entry is read back as the coordinator will read it. */
static void put_entry(const struct gv_work_entry *entry)
{
    struct gv_report report;

    newest = entry->bytes;
    assert_int_equal(gv_report_open(entry->bytes, arena, &report), GV_OK);
    assert_int_equal(report.kind, entry->kind);
    assert_int_equal(report.time_us, 12345);
    gv_buf_printf(&said, "%s%d.%u:", said.len > 0 ? " | " : "", report.assignment.b[15],
                  (unsigned)report.epoch);
    if (report.accept != NULL)
        gv_buf_printf(&said, "accept by %s", report.accept->person);
    if (report.returned != NULL)
        gv_buf_printf(&said, "return %s", report.returned->reason);
    if (report.status != NULL) {
        gv_buf_puts(&said, "status");
        put_status(report.status);
    }
    if (report.submit != NULL)
        gv_buf_printf(&said, "submit %s %zu", report.submit->narrative, report.submit->n_values);
    if (report.attest != NULL)
        gv_buf_printf(&said, "attest %u %s by %s %zu", (unsigned)report.attest->clause,
                      report.attest->compliant ? "yes" : "no", report.attest->person,
                      report.attest->n_exceptions);
}

static const char *put_result(const struct gv_work_result *result)
{
    gv_buf_reset(&said);
    for (size_t i = 0; i < result->entry_count; i++)
        put_entry(&result->entries[i]);
    for (size_t i = 0; i < result->note_count; i++)
        gv_buf_printf(&said, "%s(%s %s%s%s)", said.len > 0 ? " " : "", result->notes[i].task,
                      gv_work_why_name(result->notes[i].why),
                      result->notes[i].detail[0] != '\0' ? " " : "", result->notes[i].detail);
    gv_buf_puts(&said, "");
    return said.len > 0 ? (const char *)said.data : "";
}

static void parse(const char *text, struct gv_status *out)
{
    struct gv_status_fault fault;
    char why[640];

    if (gv_status_parse(GV_STATUS_JSON, text, strlen(text), arena, out, &fault) != GV_OK)
        fail_msg("%s", gv_status_fault_format(&fault, text, why, sizeof why));
}

static const char *document(const char *source, bool standing, const char *text)
{
    struct gv_work_result result = {.arena = arena};
    struct gv_work_now now = {12345, person};
    struct gv_status status;
    struct gv_work_document d = {source, standing, &status};

    parse(text, &status);
    assert_int_equal(gv_work_document(&work, &d, &now, &result), GV_OK);
    return put_result(&result);
}

static const char *orders_done(const char *standing)
{
    struct gv_work_result result = {.arena = arena};
    struct gv_work_now now = {12345, person};
    struct gv_status status;
    struct gv_work_document d = {"a", true, &status};

    if (standing != NULL)
        parse(standing, &status);
    assert_int_equal(gv_work_orders_done(&work, &d, standing != NULL ? 1 : 0, &now, &result),
                     GV_OK);
    return put_result(&result);
}

/* The coordinator refuses the newest report, or one like it of another epoch. */
static void refuse(uint32_t epoch, gv_err error)
{
    struct gv_report report;

    assert_int_equal(gv_report_open(newest, arena, &report), GV_OK);
    report.epoch = epoch;
    assert_int_equal(gv_work_refused(&work, &report, error, arena), GV_OK);
}

#define DOC(fields)                                                                                \
    "{\"unit\":\"A\",\"as_of\":\"2024-02-08\",\"tasks\":[{\"task\":\"2.2\"," fields "}]}"
#define ASSIGN   GIAOVIEC__V1__ORDER_KIND__ORDER_ASSIGN
#define END      GIAOVIEC__V1__ORDER_KIND__ORDER_END
#define REDO     GIAOVIEC__V1__ORDER_KIND__ORDER_REDO
#define APPROVED GIAOVIEC__V1__ORDER_KIND__ORDER_APPROVED
#define UPHELD   GIAOVIEC__V1__ORDER_KIND__ORDER_UPHELD

/* ---- tests ---- */

static void test_an_order_is_accepted_when_somebody_is_in_charge(void **state)
{
    (void)state;
    assign(1, 1, "2.2", 1);
    assert_string_equal(orders_done(NULL), "1.1:accept by Nguyễn Văn A");
    assert_int_equal(state_of(1), GV_STATE_ACCEPTED);
    assert_string_equal(orders_done(NULL), "");
    person = NULL;
    assign(2, 1, "3.1", 1);
    assert_string_equal(orders_done(NULL), "");
    assert_int_equal(state_of(2), GV_STATE_DELIVERED);
    assert_string_equal(document("a", true, "{\"unit\":\"A\",\"person\":\"B\"}"),
                        "2.1:accept by B");
}

static void test_only_what_changed_is_reported(void **state)
{
    (void)state;
    assign(1, 1, "2.2", 1);
    orders_done(NULL);
    assert_string_equal(
        document("a", true,
                 DOC("\"progress\":40,\"narrative\":\"x\",\"values\":{\"X\":\"1\",\"Y\":null},"
                     "\"periods\":[\"2024-02-08\",\"2024-02-08\"]")),
        "1.1:status progress=40 narrative=x X=1@0 Y=?@0 period=0");
    assert_int_equal(state_of(1), GV_STATE_IN_PROGRESS);
    assert_string_equal(
        document("a", true,
                 DOC("\"progress\":40,\"narrative\":\"x\",\"values\":{\"X\":\"1\",\"Y\":null},"
                     "\"periods\":[\"2024-02-08\"]")),
        "");
    assert_string_equal(document("a", true,
                                 DOC("\"progress\":50,\"values\":{\"X\":\"1\",\"Y\":\"2\"},"
                                     "\"periods\":[\"2024-02-08\",\"2024-02-09\"]")),
                        "1.1:status progress=50 Y=2@0 period=1");
    /* back to what was said before the last time is a change too */
    assert_string_equal(document("a", true, DOC("\"progress\":40")), "1.1:status progress=40");
}

static void test_two_sources_do_not_make_each_other_repeat(void **state)
{
    (void)state;
    assign(1, 1, "2.2", 1);
    orders_done(NULL);
    assert_string_equal(document("a", true, DOC("\"progress\":40")), "1.1:status progress=40");
    assert_string_equal(document("b", true, DOC("\"progress\":50")), "1.1:status progress=50");
    assert_string_equal(document("a", true, DOC("\"progress\":40")), "");
    assert_string_equal(document("b", true, DOC("\"progress\":50")), "");
}

static void test_a_correction_by_hand_is_reported_each_time(void **state)
{
    (void)state;
    assign(1, 1, "2.2", 1);
    orders_done(NULL);
    assert_string_equal(document("manual", false, DOC("\"progress\":40,\"values\":{\"X\":\"1\"}")),
                        "1.1:status progress=40 X=1@0");
    assert_string_equal(document("manual", false, DOC("\"progress\":40")), "");
    assert_string_equal(document("a", true, DOC("\"progress\":60")), "1.1:status progress=60");
    assert_string_equal(document("manual", false, DOC("\"progress\":40,\"values\":{\"X\":\"1\"}")),
                        "1.1:status progress=40");
    assert_string_equal(document("a", true, DOC("\"progress\":60")), "");
}

static void test_a_document_waits_for_the_order_that_it_is_about(void **state)
{
    (void)state;
    assert_string_equal(document("a", true, DOC("\"progress\":40")), "(2.2 unknown-task)");
    assign(1, 1, "2.2", 1);
    assert_string_equal(orders_done(DOC("\"progress\":40")),
                        "1.1:accept by Nguyễn Văn A | 1.1:status progress=40");
}

static void test_what_may_not_be_said_yet_is_said_later(void **state)
{
    (void)state;
    person = NULL;
    assign(1, 1, "2.2", 1);
    assert_string_equal(orders_done(DOC("\"progress\":40")), "(2.2 no-person)");
    person = "C";
    assert_string_equal(document("a", true, DOC("\"progress\":40")),
                        "1.1:accept by C | 1.1:status progress=40");
}

static void test_a_return_wins_over_acceptance(void **state)
{
    (void)state;
    assign(1, 1, "2.2", 1);
    assert_string_equal(orders_done(DOC("\"return\":\"không thuộc\",\"progress\":10")),
                        "1.1:return không thuộc");
    assert_int_equal(state_of(1), GV_STATE_RETURNED);
    assert_string_equal(document("a", true, DOC("\"return\":\"không thuộc\",\"progress\":10")), "");
    assert_string_equal(document("a", true, DOC("\"return\":\"lý do khác\"")), "(2.2 returned)");
}

static void test_an_upheld_return_is_accepted_when_the_document_gives_in(void **state)
{
    (void)state;
    assign(1, 1, "2.2", 1);
    orders_done(DOC("\"return\":\"không thuộc\""));
    assert_int_equal(order(UPHELD, 1, 1), GV_OK);
    assert_string_equal(orders_done(DOC("\"return\":\"không thuộc\"")), "");
    assert_int_equal(state_of(1), GV_STATE_DELIVERED);
    assert_string_equal(document("b", true, "{\"unit\":\"A\"}"), ""); /* not b's to give in */
    assert_string_equal(document("a", true, DOC("\"progress\":5")),
                        "1.1:accept by Nguyễn Văn A | 1.1:status progress=5");
}

static void test_a_return_by_hand_is_over_when_upheld(void **state)
{
    (void)state;
    assign(1, 1, "2.2", 1);
    orders_done(NULL);
    assert_string_equal(document("manual", false, DOC("\"return\":\"x\"")), "1.1:return x");
    assert_int_equal(order(UPHELD, 1, 1), GV_OK);
    assert_string_equal(orders_done(NULL), "1.1:accept by Nguyễn Văn A");
}

static void test_what_was_begun_cannot_be_returned(void **state)
{
    (void)state;
    assign(1, 1, "2.2", 1);
    orders_done(DOC("\"progress\":40"));
    assert_string_equal(document("a", true, DOC("\"return\":\"x\"")), "(2.2 begun)");
}

static void test_submission_redo_and_approval(void **state)
{
    (void)state;
    assign(1, 1, "2.2", 1);
    orders_done(NULL);
    assert_string_equal(document("a", true,
                                 DOC("\"progress\":100,\"submit\":{\"narrative\":\"xong\","
                                     "\"values\":{\"X\":\"13\"}}")),
                        "1.1:status progress=100 | 1.1:submit xong 1");
    assert_int_equal(state_of(1), GV_STATE_SUBMITTED);
    assert_string_equal(document("a", true, DOC("\"submit\":{\"narrative\":\"khác\"}")),
                        "(2.2 submitted)");
    assert_string_equal(document("a", true, DOC("\"progress\":99")), "1.1:status progress=99");
    assert_int_equal(order(REDO, 1, 1), GV_OK);
    /* the same result is not submitted again by itself */
    assert_string_equal(
        orders_done(DOC("\"submit\":{\"narrative\":\"xong\",\"values\":{\"X\":\"13\"}}")), "");
    assert_string_equal(document("a", true, DOC("\"submit\":{\"narrative\":\"làm lại\"}")),
                        "1.1:submit làm lại 0");
    assert_int_equal(order(APPROVED, 1, 1), GV_OK);
    assert_int_equal(state_of(1), GV_STATE_COMPLETED);
    assert_string_equal(document("a", true, DOC("\"progress\":1")), "(2.2 ended)");
}

static void test_a_refused_submission_may_be_made_anew(void **state)
{
    (void)state;
    assign(1, 1, "2.2", 1);
    orders_done(DOC("\"submit\":{\"narrative\":\"a\",\"values\":{\"X\":\"1\",\"Y\":null}}"));
    assert_int_equal(state_of(1), GV_STATE_SUBMITTED);
    refuse(7, GV_EBADMSG);
    assert_int_equal(state_of(1), GV_STATE_SUBMITTED);
    refuse(1, GV_EBADMSG);
    assert_int_equal(state_of(1), GV_STATE_IN_PROGRESS);
    assert_string_equal(
        document("a", true,
                 DOC("\"submit\":{\"narrative\":\"a\",\"values\":{\"X\":\"1\",\"Y\":null}}")),
        "1.1:submit a 2");
    refuse(1, GV_EBADMSG);
    assert_string_equal(document("a", true, DOC("\"submit\":{\"narrative\":\"b\"}")),
                        "1.1:submit b 0");
    /* the office has one already (this unit forgot it), and may ask for another */
    refuse(1, GV_ESTATE);
    assert_string_equal(document("a", true, DOC("\"submit\":{\"narrative\":\"b\"}")), "");
}

static void test_what_was_refused_is_told_again(void **state)
{
    static const char text[] = DOC("\"progress\":40,\"narrative\":\"x\",\"values\":{\"X\":\"1\","
                                   "\"Y\":null},\"periods\":[\"2024-02-08\"]");
    static const char attest[] = DOC("\"attest\":[{\"clause\":0,\"compliant\":true}]");

    (void)state;
    assign(1, 1, "2.2", 1);
    orders_done(NULL);
    assert_string_equal(document("b", true, DOC("\"progress\":30")), "1.1:status progress=30");
    for (int i = 0; i < 2; i++) {
        assert_string_equal(document("a", true, text),
                            "1.1:status progress=40 narrative=x X=1@0 Y=?@0 period=0");
        refuse(1, GV_EBADMSG);
    }
    document("a", true, text);
    assert_string_equal(document("a", true, text), "");
    assert_string_equal(document("b", true, DOC("\"progress\":30")), ""); /* that was not refused */
    document("a", true, attest);
    refuse(2, GV_EBADMSG);
    assert_string_equal(document("a", true, attest), "");
    refuse(1, GV_EBADMSG);
    assert_string_equal(document("a", true, attest), "1.1:attest 0 yes by Nguyễn Văn A 0");
}

/* A document that goes on to return would report nothing else. */
static void test_a_refused_return_is_not_repeated(void **state)
{
    (void)state;
    assign(1, 1, "2.2", 1);
    orders_done(DOC("\"return\":\"x\""));
    refuse(1, GV_EBADMSG);
    assert_int_equal(state_of(1), GV_STATE_ACCEPTED);
    assert_string_equal(document("a", true, DOC("\"return\":\"x\",\"progress\":5")),
                        "1.1:status progress=5");
}

static void test_attestations(void **state)
{
    (void)state;
    assign(1, 1, "2.2", 1);
    orders_done(NULL);
    assert_string_equal(document("a", true,
                                 DOC("\"attest\":[{\"clause\":0,\"compliant\":true,"
                                     "\"exceptions\":[{\"text\":\"x\"}]},"
                                     "{\"clause\":1,\"compliant\":true}]")),
                        "1.1:attest 0 yes by Nguyễn Văn A 1 (2.2 unknown-clause 1)");
    assert_string_equal(document("a", true,
                                 DOC("\"attest\":[{\"clause\":0,\"compliant\":true,"
                                     "\"exceptions\":[{\"text\":\"x\"}]}]")),
                        "");
    assert_string_equal(
        document("a", true,
                 DOC("\"attest\":[{\"clause\":0,\"compliant\":false,\"person\":\"B\"}]")),
        "1.1:attest 0 no by B 0");
}

/* It would stand in the log and never leave it, nor would anything behind it. */
static void test_a_report_that_no_frame_can_carry_is_not_made(void **state)
{
    static struct gv_status_note notes[GV_STATUS_NOTES_MAX];
    static char text[2048];
    struct gv_work_result result = {.arena = arena};
    struct gv_work_now now = {12345, person};
    struct gv_status status;
    struct gv_work_document d = {"a", true, &status};

    (void)state;
    assign(1, 1, "2.2", 1);
    orders_done(NULL);
    memset(text, 'x', sizeof text - 1);
    for (size_t i = 0; i < GV_STATUS_NOTES_MAX; i++)
        notes[i].text = text;
    parse(DOC("\"attest\":[{\"clause\":0,\"compliant\":true}]"), &status);
    status.tasks[0].attests[0].exceptions = (struct gv_status_notes){notes, GV_STATUS_NOTES_MAX};
    assert_int_equal(gv_work_document(&work, &d, &now, &result), GV_OK);
    assert_string_equal(put_result(&result), "(2.2 too-large)");
    assert_int_equal(state_of(1), GV_STATE_ACCEPTED);
    assert_string_equal(document("a", true, DOC("\"attest\":[{\"clause\":0,\"compliant\":true}]")),
                        "1.1:attest 0 yes by Nguyễn Văn A 0");
}

static void test_an_unknown_indicator_is_not_sent(void **state)
{
    (void)state;
    assign(1, 1, "2.2", 1);
    orders_done(NULL);
    assert_string_equal(document("a", true, DOC("\"values\":{\"Z\":\"1\"}")),
                        "(2.2 unknown-indicator Z)");
    assert_string_equal(document("a", true, DOC("\"values\":{\"Z\":\"1\",\"X\":\"2\"}")),
                        "1.1:status X=2@0 (2.2 unknown-indicator Z)");
}

static void test_an_ended_assignment_makes_no_new_reports(void **state)
{
    gv_id id = id_of(1);

    (void)state;
    assign(1, 1, "2.2", 1);
    orders_done(DOC("\"progress\":40"));
    assert_int_equal(order(END, 1, 1), GV_OK);
    assert_int_equal(state_of(1), GV_STATE_TRANSFERRED);
    assert_int_equal(gv_work_find(&work, &id)->sent_count, 0);
    assert_true(gv_work_find(&work, &id)->forget);
    assert_string_equal(document("a", true, DOC("\"progress\":50")), "(2.2 ended)");
}

static void test_a_later_epoch_begins_anew(void **state)
{
    gv_id id = id_of(1);

    (void)state;
    assign(1, 1, "2.2", 1);
    orders_done(DOC("\"progress\":40"));
    assert_int_equal(order(END, 1, 1), GV_OK);
    assign(1, 3, "2.2", 1);
    assert_true(gv_work_find(&work, &id)->forget);
    assert_string_equal(orders_done(DOC("\"progress\":40")),
                        "1.3:accept by Nguyễn Văn A | 1.3:status progress=40");
    assert_int_equal(order(END, 1, 1), GV_ESTALE);
    assert_int_equal(order(REDO, 1, 1), GV_ESTALE);
    assert_int_equal(state_of(1), GV_STATE_IN_PROGRESS);
}

static void test_an_end_that_comes_first_buries_the_assignment(void **state)
{
    struct gv_work_order late = {.kind = ASSIGN, .assignment = id_of(1), .epoch = 2};
    Giaoviec__V1__Task task = GIAOVIEC__V1__TASK__INIT;
    gv_id directive = id_of(100);

    (void)state;
    task.directive = (ProtobufCBinaryData){16, directive.b};
    late.task = &task;
    assert_int_equal(order(END, 1, 2), GV_OK);
    assert_int_equal(gv_work_order(&work, &late), GV_ESTALE);
    assert_string_equal(orders_done(NULL), "");
    assert_int_equal(order(REDO, 5, 1), GV_ENOTFOUND);
    assert_int_equal(order(77, 1, 1), GV_EUNSUPPORTED);
}

static void test_numbers_that_two_directives_share(void **state)
{
    (void)state;
    assign(1, 1, "2.2", 36);
    assign(2, 1, "2.2", 37);
    orders_done(NULL);
    assert_string_equal(document("a", true, DOC("\"progress\":40")), "(2.2 ambiguous-task)");
    assert_string_equal(
        document("a", true,
                 "{\"unit\":\"A\",\"tasks\":[{\"task\":\"37-CV/TU#2.2\",\"progress\":40}]}"),
        "2.1:status progress=40");
}

static void test_two_assignments_of_one_task(void **state)
{
    (void)state;
    assign(1, 1, "2.2", 1);
    assign(2, 2, "2.2", 1);
    orders_done(NULL);
    assert_string_equal(document("a", true, DOC("\"progress\":40")),
                        "1.1:status progress=40 | 2.2:status progress=40");
    assert_string_equal(
        document("a", true,
                 "{\"unit\":\"A\",\"tasks\":[{\"task\":\"2.2\",\"progress\":50},{\"task\":\"2.2\","
                 "\"assignment\":\"00000000000000000000000000000002\",\"progress\":60}]}"),
        "1.1:status progress=50 | 2.2:status progress=60");
}

static void test_what_was_sent_survives_a_restart(void **state)
{
    gv_id id = id_of(1);
    struct gv_work_item *item;
    struct gv_work before;

    (void)state;
    assign(1, 1, "2.2", 1);
    orders_done(DOC("\"progress\":40,\"values\":{\"X\":\"1\"}"));
    before = work;
    gv_work_init(&work);
    assign(1, 1, "2.2", 1);
    item = gv_work_find(&work, &id);
    item->state = GV_STATE_IN_PROGRESS;
    for (size_t i = 0; i < before.items[0].sent_count; i++) {
        const struct gv_sent *sent = &before.items[0].sent[i];

        assert_true(sent->dirty);
        assert_int_equal(gv_work_restore_sent(&work, &id, sent->name, &sent->digest), GV_OK);
    }
    gv_work_fini(&before);
    assert_string_equal(document("a", true, DOC("\"progress\":40,\"values\":{\"X\":\"1\"}")), "");
    assert_string_equal(document("a", true, DOC("\"progress\":41,\"values\":{\"X\":\"1\"}")),
                        "1.1:status progress=41");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_order_is_accepted_when_somebody_is_in_charge),
        TEST(test_only_what_changed_is_reported),
        TEST(test_two_sources_do_not_make_each_other_repeat),
        TEST(test_a_correction_by_hand_is_reported_each_time),
        TEST(test_a_document_waits_for_the_order_that_it_is_about),
        TEST(test_what_may_not_be_said_yet_is_said_later),
        TEST(test_a_return_wins_over_acceptance),
        TEST(test_an_upheld_return_is_accepted_when_the_document_gives_in),
        TEST(test_a_return_by_hand_is_over_when_upheld),
        TEST(test_what_was_begun_cannot_be_returned),
        TEST(test_submission_redo_and_approval),
        TEST(test_a_refused_submission_may_be_made_anew),
        TEST(test_what_was_refused_is_told_again),
        TEST(test_a_refused_return_is_not_repeated),
        TEST(test_attestations),
        TEST(test_a_report_that_no_frame_can_carry_is_not_made),
        TEST(test_an_unknown_indicator_is_not_sent),
        TEST(test_an_ended_assignment_makes_no_new_reports),
        TEST(test_a_later_epoch_begins_anew),
        TEST(test_an_end_that_comes_first_buries_the_assignment),
        TEST(test_numbers_that_two_directives_share),
        TEST(test_two_assignments_of_one_task),
        TEST(test_what_was_sent_survives_a_restart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
