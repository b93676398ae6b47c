/*
 * test_owed.c - receipts that wait for the next one of the same unit, and never for ever.
 * links: gv_coordinator
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "coordinator/owed.h"

static const struct route route = {{1}, 1};

static const struct principal unit_1 = {.code = {"U1"}, .unit_id = 1, .key_id = {{1}}};
static const struct principal unit_2 = {.code = {"U2"}, .unit_id = 2, .key_id = {{2}}};
/* Falls on the place of the first. */
static const struct principal unit_far = {.code = {"U3"}, .unit_id = 4097, .key_id = {{3}}};

static struct job *job_of(const struct principal *who)
{
    struct job *job = job_new(&route, NULL, who, "frame", 5);

    assert_non_null(job);
    return job;
}

static struct gv_cursor at(uint64_t n)
{
    return (struct gv_cursor){.n = n};
}

static void owe(owed_table *table, const struct principal *who, uint64_t n)
{
    struct gv_cursor cursor = at(n);

    assert_true(owed_may_wait(table, who->unit_id));
    owed_put(table, job_of(who), &cursor, (int64_t)n * 10);
    assert_int_equal(owed_jobs(table, who->unit_id), 1);
}

static int begin(void **state)
{
    owed_table *table;

    assert_int_equal(owed_new(&table), GV_OK);
    *state = table;
    return 0;
}

static int end(void **state)
{
    owed_free(*state);
    assert_int_equal(jobs_held(), 0);
    return 0;
}

static void test_goes_when_nothing_else_of_its_unit_is_here(void **state)
{
    const struct owed *due;

    owe(*state, &unit_1, 5);
    due = owed_due(*state, false);
    assert_non_null(due);
    assert_int_equal(due->cursor.n, 5);
    assert_int_equal(due->business_us, 50);
    assert_ptr_equal(due->job->who, &unit_1);
    assert_null(owed_due(*state, false));
    assert_int_equal(owed_jobs(*state, 1), 0);
    assert_int_equal(jobs_held(), 0);
}

static void test_waits_while_more_is_here_but_not_long(void **state)
{
    struct job *more = job_of(&unit_1);

    owe(*state, &unit_1, 5);
    for (int i = 0; i < OWED_BATCHES; i++)
        assert_null(owed_due(*state, false));
    assert_false(owed_may_wait(*state, 1));
    assert_non_null(owed_due(*state, false));
    assert_null(owed_due(*state, false));
    job_free(more);
}

static void test_a_newer_one_takes_its_place_and_its_age(void **state)
{
    struct job *more = job_of(&unit_1);
    const struct owed *due;

    owe(*state, &unit_1, 5);
    for (int i = 0; i < OWED_BATCHES - 1; i++)
        assert_null(owed_due(*state, false));
    owe(*state, &unit_1, 9);
    assert_null(owed_due(*state, false));
    due = owed_due(*state, false);
    assert_non_null(due);
    assert_int_equal(due->cursor.n, 9);
    assert_null(owed_due(*state, false));
    job_free(more);
}

static void test_what_was_sent_meanwhile_is_owed_no_more(void **state)
{
    owe(*state, &unit_1, 5);
    owe(*state, &unit_2, 7);
    owed_drop(*state, 1);
    owed_drop(*state, unit_far.unit_id); /* another unit's place stays */
    assert_int_equal(owed_jobs(*state, 1), 0);
    assert_int_equal(owed_due(*state, true)->cursor.n, 7);
    assert_null(owed_due(*state, true));
}

static void test_two_units_of_one_place(void **state)
{
    owe(*state, &unit_1, 5);
    assert_false(owed_may_wait(*state, unit_far.unit_id));
    assert_int_equal(owed_jobs(*state, unit_far.unit_id), 0);
    owed_drop(*state, unit_far.unit_id);
    assert_int_equal(owed_jobs(*state, 1), 1);
}

static void test_all_go_before_there_is_nothing_to_do(void **state)
{
    struct job *more[2] = {job_of(&unit_1), job_of(&unit_2)};
    size_t n = 0;

    owe(*state, &unit_1, 5);
    owe(*state, &unit_2, 7);
    assert_null(owed_due(*state, false));
    while (owed_due(*state, true) != NULL)
        n++;
    assert_int_equal(n, 2);
    job_free(more[0]);
    job_free(more[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_goes_when_nothing_else_of_its_unit_is_here, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_waits_while_more_is_here_but_not_long, begin, end),
        cmocka_unit_test_setup_teardown(test_a_newer_one_takes_its_place_and_its_age, begin, end),
        cmocka_unit_test_setup_teardown(test_what_was_sent_meanwhile_is_owed_no_more, begin, end),
        cmocka_unit_test_setup_teardown(test_two_units_of_one_place, begin, end),
        cmocka_unit_test_setup_teardown(test_all_go_before_there_is_nothing_to_do, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
