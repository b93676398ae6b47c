/* links: gv_domain */
/* test_allocate.c - who is proposed, and when people must decide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/allocate.h"

static const char *const forest[] = {"FOREST", "AGRI"};
static const char *const agri[] = {"AGRI"};
static const char *const forest_fire[] = {"FOREST-FIRE"};

static void test_nobody_has_the_field(void **state)
{
    const struct gv_alloc_unit units[] = {{agri, 1, 0, true}, {forest_fire, 1, 0, true}};
    struct gv_allocation a;
    size_t candidates[2];

    (void)state;
    gv_allocate("FOREST", units, 2, candidates, &a);
    assert_int_equal(a.reason, GV_ALLOC_NOBODY);
    assert_true(a.lead == SIZE_MAX);
    assert_int_equal(a.fit, 0);
    gv_allocate("FOREST", units, 0, candidates, &a);
    assert_int_equal(a.reason, GV_ALLOC_NOBODY);
}

static void test_the_only_one_is_proposed_whatever_its_load(void **state)
{
    const struct gv_alloc_unit units[] = {{agri, 1, 0, true}, {forest, 2, 99, true}};
    struct gv_allocation a;
    size_t candidates[2];

    (void)state;
    gv_allocate("FOREST", units, 2, candidates, &a);
    assert_int_equal(a.reason, GV_ALLOC_ONLY);
    assert_int_equal(a.lead, 1);
    assert_int_equal(a.load, 99);
}

static void test_the_least_load_is_proposed_and_the_next_one_named(void **state)
{
    const struct gv_alloc_unit units[] = {
        {forest, 2, 7, true}, {forest, 2, 3, true}, {agri, 1, 0, true}, {forest, 2, 5, true}};
    struct gv_allocation a;
    size_t candidates[4];

    (void)state;
    gv_allocate("FOREST", units, 4, candidates, &a);
    assert_int_equal(a.reason, GV_ALLOC_LEAST_LOAD);
    assert_int_equal(a.lead, 1);
    assert_int_equal(a.fit, 3);
    assert_int_equal(a.tied, 1);
    assert_int_equal(a.load, 3);
    assert_int_equal(a.runner_up, 5);
    assert_int_equal(candidates[0], 1);
    assert_int_equal(candidates[1], 3);
    assert_int_equal(candidates[2], 0);
}

static void test_equal_loads_are_left_to_people_in_the_order_of_the_units(void **state)
{
    const struct gv_alloc_unit units[] = {
        {forest, 2, 4, true}, {forest, 2, 9, true}, {forest, 2, 4, true}, {forest, 2, 4, true}};
    struct gv_allocation a;
    size_t candidates[4];

    (void)state;
    gv_allocate("AGRI", units, 4, candidates, &a);
    assert_int_equal(a.reason, GV_ALLOC_TIE);
    assert_true(a.lead == SIZE_MAX);
    assert_int_equal(a.tied, 3);
    assert_int_equal(candidates[0], 0);
    assert_int_equal(candidates[1], 2);
    assert_int_equal(candidates[2], 3);
    assert_int_equal(candidates[3], 1);
}

static void test_who_is_not_eligible_is_not_seen(void **state)
{
    const struct gv_alloc_unit units[] = {{forest, 2, 0, false}, {forest, 2, 8, true}};
    struct gv_allocation a;
    size_t candidates[2];

    (void)state;
    gv_allocate("FOREST", units, 2, candidates, &a);
    assert_int_equal(a.reason, GV_ALLOC_ONLY);
    assert_int_equal(a.lead, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_has_the_field),
        cmocka_unit_test(test_the_only_one_is_proposed_whatever_its_load),
        cmocka_unit_test(test_the_least_load_is_proposed_and_the_next_one_named),
        cmocka_unit_test(test_equal_loads_are_left_to_people_in_the_order_of_the_units),
        cmocka_unit_test(test_who_is_not_eligible_is_not_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
