/* test_limits.c - what one sender may ask for, and that another's asking does not count. */
/* links: gv_coordinator gv_delivery gv_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "coordinator/limits.h"

static const struct limit_rate rates[LIMIT_END] = {[LIMIT_ACTS] = {10, 20},
                                                   [LIMIT_QUERIES] = {100, 100},
                                                   [LIMIT_REFUSALS] = {1, 5},
                                                   [LIMIT_HELLOS] = {2, 4}};

static gv_code code(const char *s)
{
    gv_code out;

    assert_int_equal(gv_code_from_str(s, &out), GV_OK);
    return out;
}

/* How many of `asked` at one moment are taken. */
static int taken(limits *l, const char *who, enum limit which, int64_t now_ms, int asked)
{
    gv_code sender = code(who);
    uint32_t wait;
    int n = 0;

    for (int i = 0; i < asked; i++)
        n += limits_take(l, &sender, which, now_ms, &wait);
    return n;
}

static void test_a_burst_then_the_rate(void **state)
{
    static const struct {
        enum limit which;
        int64_t at_ms;
        int asked, taken;
    } rows[] = {
        {LIMIT_ACTS, 0, 100, 20},    /* the burst */
        {LIMIT_ACTS, 50, 100, 0},    /* half of one */
        {LIMIT_ACTS, 100, 100, 1},   /* one */
        {LIMIT_ACTS, 1100, 100, 10}, /* a second's worth */
        {LIMIT_ACTS, 60000, 100, 20},
        {LIMIT_QUERIES, 60000, 300, 100}, /* of another kind: another bucket */
        {LIMIT_HELLOS, 60000, 9, 4},
        {LIMIT_REFUSALS, 60000, 9, 5},
        {LIMIT_REFUSALS, 63000, 9, 3},
        {LIMIT_REFUSALS, 62000, 9, 0}, /* a clock that stands or goes back gives nothing */
    };
    limits *l = NULL;

    (void)state;
    assert_int_equal(limits_new(rates, &l), GV_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(taken(l, "vp1", rows[i].which, rows[i].at_ms, rows[i].asked),
                         rows[i].taken);
    limits_free(l);
}

static void test_one_sender_does_not_use_up_anothers(void **state)
{
    limits *l = NULL;
    char name[16];

    (void)state;
    assert_int_equal(limits_new(rates, &l), GV_OK);
    assert_int_equal(taken(l, "flood", LIMIT_ACTS, 0, 1000), 20);
    for (int i = 0; i < 9000; i++) { /* more than places: some share one */
        snprintf(name, sizeof name, "u%d", i);
        assert_int_equal(taken(l, name, LIMIT_ACTS, 0, 21), 20);
    }
    assert_int_equal(taken(l, "flood", LIMIT_ACTS, 0, 1), 0);
    limits_free(l);
}

static void test_who_waits_as_told_gets_on(void **state)
{
    gv_code who = code("vp1");
    limits *l = NULL;
    int64_t now_ms = 0;
    uint32_t wait = 0;
    int turned = 0;

    (void)state;
    assert_int_equal(limits_new(rates, &l), GV_OK);
    for (int done = 0; done < 200;) {
        if (limits_take(l, &who, LIMIT_ACTS, now_ms, &wait)) {
            done++;
        } else {
            assert_in_range(wait, 1, 1000);
            now_ms += wait;
            turned++;
        }
    }
    assert_in_range(turned, 1, 200); /* nearly always at the first try after the wait */
    assert_in_range(now_ms, 17000, 30000);
    limits_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst_then_the_rate),
        cmocka_unit_test(test_one_sender_does_not_use_up_anothers),
        cmocka_unit_test(test_who_waits_as_told_gets_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
