/* links: gv_mutator gv_trust gv_wire gv_crypto gv_base */
/*
 * fuzz_order.c - any bytes as an order; then the same order with an act of one item that signs just
 * its item, for each kind of act that gives such an order (and for one that does not).
 */
#include <assert.h>

#include "../fixture/trust.h"
#include "mutator.h"

static struct fixture f;
static struct fixture_issue issue;

static struct shape shape(uint8_t first)
{
    (void)first;
    return shape_of(&giaoviec__v1__order_entry__descriptor);
}

FUZZ_MUTATOR(0, shape);

static void check(const Giaoviec__V1__OrderEntry *order, size_t size)
{
    Giaoviec__V1__Task *task = NULL;
    gv_arena *arena = gv_arena_new(64 * size + 65536);

    if (arena != NULL && gv_order_check(order, f.keyset, &f.unit->code, arena, &task) == GV_OK)
        assert((task != NULL) == (order->kind == GIAOVIEC__V1__ORDER_KIND__ORDER_ASSIGN));
    gv_arena_free(arena);
}

static void check_signed(Giaoviec__V1__OrderEntry *order, uint32_t kind, size_t size)
{
    const struct gv_key *keys[1] = {f.admin};
    gv_hash root;

    gv_tree_leaf(gv_pb_slice(order->item), &root);
    issue.act.kind = kind;
    issue.act.list_count = 1;
    issue.act.list_root = gv_pb_bytes(root.b, 32);
    issue.act.body = gv_pb_bytes(issue.body.data, kind == GV_SIGNED_ISSUE ? issue.body.len : 0);
    fixture_act(&issue, keys, 1);
    order->act = gv_pb_bytes(issue.act_bytes.data, issue.act_bytes.len);
    order->index = 0;
    order->n_proof = 0;
    check(order, size);
}

static bool gives(uint32_t act_kind, uint32_t order_kind)
{
    return order_kind != 0 && (gv_order_kind(act_kind, true) == order_kind ||
                               gv_order_kind(act_kind, false) == order_kind);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Giaoviec__V1__OrderEntry *order;
    gv_arena *arena;

    if (f.keyset == NULL) {
        fixture_init(&f);
        fixture_issue_init(&f, &issue);
    }
    arena = gv_arena_new(16 * size + 4096);
    order = arena != NULL ? gv_pb_unpack(&giaoviec__v1__order_entry__descriptor,
                                         (struct gv_slice){data, size}, arena)
                          : NULL;
    if (order != NULL) {
        check(order, size);
        for (uint32_t kind = 1; kind < GV_SIGNED_END; kind++) {
            if (gives(kind, order->kind) || kind == GV_SIGNED_UPHOLD)
                check_signed(order, kind, size);
        }
    }
    gv_arena_free(arena);
    return 0;
}
