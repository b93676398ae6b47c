/*
 * test_guard.c - how many connections are looked at: few always, many each within half a minute;
 * and that what one door's monitor says is never taken for the other's.
 */
/* links: gv_coordinator gv_sys gv_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "coordinator/coordinator.h"
#include "coordinator/guard.h"
#include "sys/work_queue.h"

#define TURNS_OF_HALF_A_MINUTE 300

static void test_each_connection_is_looked_at_in_time(void **state)
{
    (void)state;
    for (size_t open = 0; open <= 50; open++)
        assert_true(guard_looks(open) >= open);
    for (size_t open = 51; open < 200000; open += 997)
        assert_true(guard_looks(open) * TURNS_OF_HALF_A_MINUTE >= open);
    assert_in_range(guard_looks(20000), 67, 70); /* each costs a system call */
}

/* ---- two doors ------------------------------------------------------------------------------ */

static struct coordinator c;
static int ends[2]; /* of a connection that has come in at the main door; [0] is ours */

static int set_up(void **state)
{
    (void)state;
    c = (struct coordinator){0};
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 || gv_queue_new(4, &c.deliver) != GV_OK ||
           guard_new(NULL, &c.guard) != GV_OK;
}

static int tear_down(void **state)
{
    (void)state;
    guard_free(c.guard);
    gv_queue_free(c.deliver);
    close(ends[0]);
    close(ends[1]);
    return 0;
}

/* Units that are doubted now. */
static size_t doubts(void)
{
    size_t n = 0;
    void *notice;

    while ((notice = gv_queue_pop(c.deliver)) != NULL) {
        free(notice);
        n++;
    }
    return n;
}

/* Somebody had enrolled over the number that a unit's connection has now; the guard reads the main
 * door's events first. */
static void test_the_end_of_an_enrolment_leaves_the_connection_that_has_its_number(void **state)
{
    (void)state;
    guard_opened(c.guard, GUARD_ENROL, ends[0]);
    guard_opened(c.guard, GUARD_MAIN, ends[0]);
    guard_ended(&c, GUARD_ENROL, ends[0]);
    assert_true(guard_watches(c.guard, GUARD_MAIN, ends[0]));
    assert_false(guard_watches(c.guard, GUARD_ENROL, ends[0]));
    guard_ended(&c, GUARD_MAIN, ends[0]);
    assert_false(guard_watches(c.guard, GUARD_MAIN, ends[0]));
}

static void test_neither_does_an_enrolment_that_is_told_whole_only_then(void **state)
{
    (void)state;
    guard_opened(c.guard, GUARD_MAIN, ends[0]);
    guard_opened(c.guard, GUARD_ENROL, ends[0]);
    guard_ended(&c, GUARD_ENROL, ends[0]);
    assert_true(guard_watches(c.guard, GUARD_MAIN, ends[0]));
    assert_false(guard_watches(c.guard, GUARD_ENROL, ends[0]));
}

static void test_the_end_at_the_main_door_leaves_an_enrolment(void **state)
{
    (void)state;
    guard_opened(c.guard, GUARD_MAIN, ends[0]);
    guard_opened(c.guard, GUARD_ENROL, ends[0]);
    guard_ended(&c, GUARD_MAIN, ends[0]);
    assert_true(guard_watches(c.guard, GUARD_ENROL, ends[0]));
}

static void test_a_unit_is_doubted_for_the_end_of_its_own_connection_alone(void **state)
{
    (void)state;
    guard_opened(c.guard, GUARD_ENROL, ends[0]);
    guard_opened(c.guard, GUARD_MAIN, ends[0]);
    guard_heard(c.guard, ends[0], 7);
    guard_ended(&c, GUARD_ENROL, ends[0]);
    assert_int_equal(doubts(), 0);
    guard_ended(&c, GUARD_MAIN, ends[0]);
    assert_int_equal(doubts(), 1);
    guard_ended(&c, GUARD_MAIN, ends[0]);
    assert_int_equal(doubts(), 0);
}

static void test_what_is_no_connection_is_not_watched(void **state)
{
    int fd = dup(ends[0]);

    (void)state;
    close(fd);
    guard_opened(c.guard, GUARD_MAIN, fd); /* it has ended already: that is told next */
    assert_false(guard_watches(c.guard, GUARD_MAIN, fd));
    guard_ended(&c, GUARD_MAIN, fd);
    guard_opened(c.guard, GUARD_MAIN, -1);
    guard_ended(&c, GUARD_MAIN, -1);
    assert_false(guard_watches(c.guard, GUARD_MAIN, -1));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_connection_is_looked_at_in_time),
        TEST(test_the_end_of_an_enrolment_leaves_the_connection_that_has_its_number),
        TEST(test_neither_does_an_enrolment_that_is_told_whole_only_then),
        TEST(test_the_end_at_the_main_door_leaves_an_enrolment),
        TEST(test_a_unit_is_doubted_for_the_end_of_its_own_connection_alone),
        TEST(test_what_is_no_connection_is_not_watched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
