/*
 * test_changes.c - what a transaction will store: lists that grow, orders that number themselves,
 * and a failure that sticks.
 */
/* links: gv_coordinator gv_store gv_trust gv_crypto gv_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "coordinator/changes.h"
#include "crypto/hash.h"

static const uint8_t assignment[16] = {7};

static Giaoviec__V1__OrderEntry order_of(uint32_t epoch)
{
    Giaoviec__V1__OrderEntry entry = GIAOVIEC__V1__ORDER_ENTRY__INIT;

    entry.epoch = epoch;
    entry.assignment = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)assignment};
    return entry;
}

static void test_orders_are_numbered_and_chained_however_many(void **state)
{
    gv_arena *arena = gv_arena_new((size_t)1 << 20);
    struct gv_unit_log unit = {.unit_id = 3, .order_n = 10};
    struct changes changes;
    gv_hash h = {{0}};

    (void)state;
    changes_init(&changes, arena, 0);
    for (uint32_t i = 1; i <= 200; i++) {
        Giaoviec__V1__OrderEntry entry = order_of(i);

        changes_order(&changes, &unit, &entry);
    }
    assert_true(changes_ok(&changes) && unit.dirty);
    assert_int_equal(unit.order_n, 210);
    assert_int_equal(changes.set.order_count, 200);
    for (uint32_t i = 0; i < 200; i++) {
        const struct gv_order_new *order = &changes.set.orders[i];

        gv_hash_chain(&h, order->entry, &h);
        assert_int_equal(order->n, 11 + i);
        assert_int_equal(order->epoch, i + 1);
        assert_true(gv_hash_eq(&order->h, &h));
        assert_memory_equal(order->assignment.b, assignment, 16);
    }
    assert_true(gv_hash_eq(&unit.order_h, &h));
    gv_arena_free(arena);
}

/* At whichever piece the memory ends: it is known, nothing is half there, and it stays known. */
static void test_a_list_that_finds_no_memory_fails_the_whole(void **state)
{
    const Giaoviec__V1__OrderEntry entry = order_of(1);
    bool failed = true;

    (void)state;
    for (size_t cap = 0; failed; cap += 64) {
        gv_arena *arena = gv_arena_new(cap);
        struct gv_unit_log unit = {.unit_id = 3};
        struct gv_assignment_row row = {0};
        struct gv_event event = {0};
        struct gv_evidence evidence = {0};
        struct gv_key_change key = {.unit_id = 3};
        struct changes changes;
        size_t told;

        changes_init(&changes, arena, 0);
        for (int i = 0; i < 70; i++) { /* past the first room of each */
            changes_order(&changes, &unit, &entry);
            changes_row(&changes, &row);
            changes_event(&changes, &event);
            changes_evidence(&changes, &evidence);
            told = changes.set.event_count;
            changes_key(&changes, &unit, &key);
            assert_true(changes.set.event_count - told <= changes.set.key_count);
        }
        failed = !changes_ok(&changes);
        assert_int_equal(changes.set.order_count, unit.order_n);
        assert_int_equal(failed, changes.set.order_count < 70 || changes.set.row_count < 70 ||
                                     changes.set.event_count < 140 || changes.set.key_count < 70 ||
                                     changes.set.evidence_count < 70);
        gv_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders_are_numbered_and_chained_however_many),
        cmocka_unit_test(test_a_list_that_finds_no_memory_fails_the_whole),
    };

    return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}
