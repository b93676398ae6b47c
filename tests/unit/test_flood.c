/* test_flood.c - how much a link may bring without a message: alone, and with many others. */
/* links: gv_agent gv_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/flood.h"
#include "wire/link.h"

#define MIB ((uint64_t)1 << 20)

static void test_one_may_have_much_all_of_them_may_not(void **state)
{
    static const struct {
        uint64_t all;
        size_t links;
        uint64_t limit;
    } rows[] = {
        {0, 0, GV_LINK_UNREAD_BYTES},
        {23 * MIB, 1, GV_LINK_UNREAD_BYTES},
        {64 * MIB, 64, GV_LINK_UNREAD_BYTES}, /* as much as all may have */
        {76 * MIB, 76, MIB - 1},              /* all the same: all are ended */
        {65 * MIB, 1000, 65 * MIB / 1000 - 1},
        {900 * MIB, 10, GV_LINK_UNREAD_BYTES},
        {100 * MIB, 200 * MIB, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(flood_limit(rows[i].all, rows[i].links), rows[i].limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_may_have_much_all_of_them_may_not),
    };

    return cmocka_run_group_tests_name("flood", tests, NULL, NULL);
}
