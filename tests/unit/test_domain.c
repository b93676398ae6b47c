/* links: gv_domain gv_base */
/* test_domain.c - lifecycle, counting and calendars over whole tables; the golden file of every
 * state x act. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "domain/calendar.h"
#include "domain/count.h"
#include "domain/lifecycle.h"

#define GOLDEN GV_SOURCE_DIR "/tests/golden/lifecycle.txt"

static int32_t day(const char *s)
{
    int32_t out;

    assert_int_equal(gv_day_parse(s, &out), GV_OK);
    return out;
}

static void test_every_state_and_act_is_as_the_golden_file_says(void **state)
{
    struct gv_buf got, want;

    (void)state;
    gv_buf_init(&got);
    gv_buf_init(&want);
    for (int from = 1; from < GV_STATE_END; from++) {
        for (int act = 1; act < GV_ACT_END; act++) {
            enum gv_state to = GV_STATE_NONE;
            const char *why = gv_lifecycle_row((enum gv_state)from, (enum gv_act)act, &to);

            gv_buf_printf(&got, "%-11s %-14s -> %s%s%s\n", gv_state_name((enum gv_state)from),
                          gv_act_name((enum gv_act)act), why ? gv_state_name(to) : "-",
                          why ? ": " : "", why ? why : "");
        }
    }
    if (getenv("GV_GOLDEN_WRITE") != NULL)
        assert_int_equal(gv_file_write(GOLDEN, got.data, got.len, 0644), GV_OK);
    assert_int_equal(gv_buf_read_file(&want, GOLDEN, 1 << 20), GV_OK);
    assert_string_equal((char *)got.data, (char *)want.data);
    gv_buf_fini(&got);
    gv_buf_fini(&want);
}

static struct gv_assignment assignment(enum gv_state state)
{
    return (struct gv_assignment){.state = state,
                                  .epoch = 2,
                                  .has_due = true,
                                  .due_us = gv_day_end_us(day("2024-02-10")),
                                  .due_original_us = gv_day_end_us(day("2024-02-10")),
                                  .issued_us = gv_day_begin_us(day("2024-01-05"))};
}

static void test_an_older_epoch_is_stale_in_every_state_and_leaves_the_output_alone(void **state)
{
    (void)state;
    for (int from = 1; from < GV_STATE_END; from++) {
        for (int act = 1; act < GV_ACT_END; act++) {
            struct gv_assignment a = assignment((enum gv_state)from);
            struct gv_act_facts facts = {(enum gv_act)act, 1, 5, 5};
            struct gv_decision out, before;

            memset(&out, 0x5a, sizeof out);
            before = out;
            assert_int_equal(gv_assignment_decide(&a, &facts, &gv_policy_default, &out), GV_ESTALE);
            facts.epoch = 3;
            assert_int_equal(gv_assignment_decide(&a, &facts, &gv_policy_default, &out),
                             GV_ECONFLICT);
            assert_memory_equal(&out, &before, sizeof out);
        }
    }
}

static struct gv_assignment submitted(const char *signed_day, const char *received_day)
{
    struct gv_assignment a = assignment(GV_STATE_IN_PROGRESS);
    struct gv_act_facts facts = {GV_ACT_SUBMIT, 2, gv_day_begin_us(day(signed_day)),
                                 gv_day_begin_us(day(received_day))};
    struct gv_decision out;

    assert_int_equal(gv_assignment_decide(&a, &facts, &gv_policy_default, &out), GV_OK);
    assert_int_equal(out.after.state, GV_STATE_SUBMITTED);
    return out.after;
}

static void test_a_submission_counts_from_its_signing_within_the_backdate(void **state)
{
    struct gv_assignment a;

    (void)state;
    a = submitted("2024-02-09", "2024-02-12");
    assert_int_equal(a.submitted_us, gv_day_begin_us(day("2024-02-09")));
    assert_int_equal(a.submit_seen_us, gv_day_begin_us(day("2024-02-12")));
    a = submitted("2024-02-09", "2024-02-14"); /* five days: too long ago */
    assert_int_equal(a.submitted_us, gv_day_begin_us(day("2024-02-14")));
    a = submitted("2024-03-09", "2024-02-12"); /* signed in the future */
    assert_int_equal(a.submitted_us, gv_day_begin_us(day("2024-02-12")));
    a = submitted("2024-01-04", "2024-01-06"); /* signed before the order was issued */
    assert_int_equal(a.submitted_us, gv_day_begin_us(day("2024-01-06")));
}

static void test_a_due_date_ends_with_its_day_in_vietnam(void **state)
{
    struct gv_assignment a = assignment(GV_STATE_IN_PROGRESS);
    int64_t due;

    (void)state;
    assert_int_equal(gv_time_parse("2024-02-11T00:00:00+07:00", &due), GV_OK);
    assert_int_equal(a.due_us, due);
    assert_int_equal(gv_cell_of(&a, true, due), GV_CELL_OPEN_IN_TIME);
    assert_int_equal(gv_overdue_days(&a, due), 0);
    assert_int_equal(gv_cell_of(&a, true, due + 1), GV_CELL_OPEN_OVERDUE);
    assert_int_equal(gv_overdue_days(&a, due + 1), 1);
    assert_int_equal(gv_overdue_days(&a, due + GV_US_PER_DAY + 1), 2);
}

static void test_cells_follow_state_due_date_and_submission(void **state)
{
    static const enum gv_cell late[GV_STATE_END] = {
        [GV_STATE_DRAFT] = GV_CELL_UNCOUNTED,          [GV_STATE_ISSUED] = GV_CELL_OPEN_OVERDUE,
        [GV_STATE_DELIVERED] = GV_CELL_OPEN_OVERDUE,   [GV_STATE_ACCEPTED] = GV_CELL_OPEN_OVERDUE,
        [GV_STATE_IN_PROGRESS] = GV_CELL_OPEN_OVERDUE, [GV_STATE_SUBMITTED] = GV_CELL_OPEN_OVERDUE,
        [GV_STATE_COMPLETED] = GV_CELL_DONE_LATE,      [GV_STATE_RETURNED] = GV_CELL_OPEN_OVERDUE,
        [GV_STATE_NOT_MET] = GV_CELL_OPEN_OVERDUE,     [GV_STATE_SUSPENDED] = GV_CELL_APART,
        [GV_STATE_TRANSFERRED] = GV_CELL_UNCOUNTED,    [GV_STATE_REVOKED] = GV_CELL_UNCOUNTED,
    };
    int64_t now = gv_day_begin_us(day("2024-03-01"));
    struct gv_assignment a;

    (void)state;
    for (int s = 1; s < GV_STATE_END; s++) {
        a = assignment((enum gv_state)s);
        assert_int_equal(gv_cell_of(&a, true, now), late[s]);
        assert_int_equal(gv_cell_of(&a, false, now), GV_CELL_UNCOUNTED);
    }
    a = submitted("2024-02-09", "2024-02-09"); /* in time, awaiting approval */
    assert_int_equal(gv_cell_of(&a, true, now), GV_CELL_OPEN_IN_TIME);
    a.state = GV_STATE_COMPLETED;
    assert_int_equal(gv_cell_of(&a, true, now), GV_CELL_DONE_ON_TIME);
    a = submitted("2024-02-20", "2024-02-20");
    assert_int_equal(gv_cell_of(&a, true, now), GV_CELL_OPEN_OVERDUE);
    a.state = GV_STATE_COMPLETED;
    assert_int_equal(gv_cell_of(&a, true, now), GV_CELL_DONE_LATE);
    a.has_due = false;
    assert_int_equal(gv_cell_of(&a, true, now), GV_CELL_DONE_NO_DUE);
    a.state = GV_STATE_ACCEPTED;
    assert_int_equal(gv_cell_of(&a, true, now), GV_CELL_OPEN_NO_DUE);
}

static void test_on_time_is_judged_by_the_due_date_in_force_at_submission(void **state)
{
    struct gv_assignment a = submitted("2024-02-09", "2024-02-09");

    (void)state;
    a.state = GV_STATE_COMPLETED;
    a.due_us = gv_day_end_us(day("2024-02-01")); /* moved forward afterwards */
    assert_int_equal(gv_schedule_of(&a, a.due_us, &gv_policy_default), GV_SCHEDULE_DONE_ON_TIME);
}

static void test_redo_and_reopening_forget_the_submission(void **state)
{
    struct gv_assignment a = submitted("2024-02-09", "2024-02-09");
    struct gv_act_facts facts = {GV_ACT_REDO, 2, 0, gv_day_begin_us(day("2024-02-12"))};
    struct gv_decision out;

    (void)state;
    assert_int_equal(gv_assignment_decide(&a, &facts, &gv_policy_default, &out), GV_OK);
    assert_false(out.after.has_submitted);
    assert_int_equal(gv_cell_of(&out.after, true, facts.received_us), GV_CELL_OPEN_OVERDUE);
    a.state = GV_STATE_COMPLETED;
    facts.act = GV_ACT_REOPEN;
    assert_int_equal(gv_assignment_decide(&a, &facts, &gv_policy_default, &out), GV_OK);
    assert_false(out.after.has_submitted);
    assert_int_equal(out.after.state, GV_STATE_IN_PROGRESS);
}

static void test_due_soon_is_three_days(void **state)
{
    struct gv_assignment a = assignment(GV_STATE_ACCEPTED);

    (void)state;
    assert_int_equal(gv_schedule_of(&a, a.due_us - 3 * GV_US_PER_DAY, &gv_policy_default),
                     GV_SCHEDULE_DUE_SOON);
    assert_int_equal(gv_schedule_of(&a, a.due_us - 3 * GV_US_PER_DAY - 1, &gv_policy_default),
                     GV_SCHEDULE_NOT_DUE);
}

static void test_a_window_has_its_own_cadence_and_cuts_the_periods_around_it(void **state)
{
    struct gv_window tet = {day("2024-02-08"), day("2024-02-14"), GV_CADENCE_DAILY};
    struct gv_calendar calendar = {
        GV_CADENCE_WEEKLY, day("2024-01-29"), day("2024-02-25"), &tet, 1, 2};
    struct gv_occurrence out[16];
    size_t count;

    (void)state;
    assert_int_equal(gv_calendar_occurrences(&calendar, out, 16, &count), GV_OK);
    assert_int_equal(count, 11); /* 29/1-4/2, 5-7/2, seven days of Tet, 15-18/2, 19-25/2 */
    assert_int_equal(out[1].first_day, day("2024-02-05"));
    assert_int_equal(out[1].last_day, day("2024-02-07"));
    assert_int_equal(out[2].first_day, day("2024-02-08"));
    assert_int_equal(out[2].due_day, day("2024-02-10"));
    assert_int_equal(out[9].first_day, day("2024-02-15"));
    assert_int_equal(out[9].last_day, day("2024-02-18"));
    assert_int_equal(gv_calendar_occurrences(&calendar, out, 4, &count), GV_ETOOBIG);
    assert_int_equal(count, 11);
}

static size_t occurrences_of_2024(enum gv_cadence cadence)
{
    struct gv_calendar calendar = {cadence, day("2024-01-01"), day("2024-12-31"), NULL, 0, 0};
    struct gv_occurrence out[400];
    size_t count = 0;

    assert_int_equal(gv_calendar_occurrences(&calendar, out, 400, &count), GV_OK);
    for (size_t i = 1; i < count; i++)
        assert_int_equal(out[i].first_day, out[i - 1].last_day + 1);
    if (count > 0)
        assert_int_equal(out[count - 1].last_day, calendar.to_day);
    return count;
}

static void test_cadences_cover_a_leap_year_without_gap(void **state)
{
    (void)state;
    assert_int_equal(occurrences_of_2024(GV_CADENCE_NONE), 0);
    assert_int_equal(occurrences_of_2024(GV_CADENCE_ONCE), 1);
    assert_int_equal(occurrences_of_2024(GV_CADENCE_DAILY), 366);
    assert_int_equal(occurrences_of_2024(GV_CADENCE_WEEKLY), 53);
    assert_int_equal(occurrences_of_2024(GV_CADENCE_MONTHLY), 12);
    assert_int_equal(occurrences_of_2024(GV_CADENCE_QUARTERLY), 4);
    assert_int_equal(occurrences_of_2024(GV_CADENCE_HALF_YEARLY), 2);
    assert_int_equal(occurrences_of_2024(GV_CADENCE_YEARLY), 1);
}

static void test_a_calendar_that_makes_no_sense_is_refused(void **state)
{
    struct gv_window windows[2] = {{10, 20, GV_CADENCE_DAILY}, {20, 30, GV_CADENCE_DAILY}};
    struct gv_calendar calendar = {GV_CADENCE_WEEKLY, 0, 100, windows, 2, 0};

    (void)state;
    assert_int_equal(gv_calendar_check(&calendar), GV_EBADMSG); /* overlap */
    windows[1].from_day = 21;
    assert_int_equal(gv_calendar_check(&calendar), GV_OK);
    windows[1].to_day = 101;
    assert_int_equal(gv_calendar_check(&calendar), GV_EBADMSG); /* outside */
    windows[1].to_day = 30;
    calendar.to_day = -1;
    assert_int_equal(gv_calendar_check(&calendar), GV_EBADMSG); /* reversed */
    calendar.to_day = INT32_MAX;
    assert_int_equal(gv_calendar_check(&calendar), GV_EBADMSG); /* too long */
    calendar.to_day = 100;
    calendar.cadence = (enum gv_cadence)99;
    assert_int_equal(gv_calendar_check(&calendar), GV_EBADMSG);
}

/* What is no state and no act has no row and no name, whichever number says it. */
static void test_numbers_that_are_no_state_and_no_act_are_none(void **state)
{
    enum gv_state to = GV_STATE_DRAFT;

    (void)state;
    assert_null(gv_lifecycle_row((enum gv_state)GV_STATE_END, GV_ACT_ISSUE, &to));
    assert_null(gv_lifecycle_row(GV_STATE_DRAFT, (enum gv_act)GV_ACT_END, &to));
    assert_null(gv_lifecycle_row(GV_STATE_NONE, GV_ACT_ACCEPT, &to));
    assert_int_equal(to, GV_STATE_DRAFT);
    assert_non_null(gv_lifecycle_row(GV_STATE_DELIVERED, GV_ACT_ACCEPT, NULL));
    assert_string_equal(gv_state_name((enum gv_state)GV_STATE_END), "?");
    assert_string_equal(gv_state_name(GV_STATE_NONE), "?");
    assert_string_equal(gv_act_name((enum gv_act)GV_ACT_END), "?");
    assert_string_equal(gv_act_vi(GV_ACT_NONE), "?");
    assert_string_equal(gv_state_en((enum gv_state) - 1), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_state_and_act_is_as_the_golden_file_says),
        cmocka_unit_test(test_an_older_epoch_is_stale_in_every_state_and_leaves_the_output_alone),
        cmocka_unit_test(test_a_submission_counts_from_its_signing_within_the_backdate),
        cmocka_unit_test(test_a_due_date_ends_with_its_day_in_vietnam),
        cmocka_unit_test(test_cells_follow_state_due_date_and_submission),
        cmocka_unit_test(test_on_time_is_judged_by_the_due_date_in_force_at_submission),
        cmocka_unit_test(test_redo_and_reopening_forget_the_submission),
        cmocka_unit_test(test_due_soon_is_three_days),
        cmocka_unit_test(test_a_window_has_its_own_cadence_and_cuts_the_periods_around_it),
        cmocka_unit_test(test_cadences_cover_a_leap_year_without_gap),
        cmocka_unit_test(test_a_calendar_that_makes_no_sense_is_refused),
        cmocka_unit_test(test_numbers_that_are_no_state_and_no_act_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
