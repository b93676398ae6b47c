/* test_guard.c - how many connections are looked at: few always, many each within half a minute. */
/* links: gv_coordinator gv_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "coordinator/guard.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_connection_is_looked_at_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
