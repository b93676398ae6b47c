/* order.c - what a unit checks of an order before it believes it: a broken coordinator can delay an
 * order, and cannot make one. */
#include <string.h>

#include "crypto/tree.h"
#include "trust/act.h"
#include "trust/act_body.h"
#include "wire/pb_arena.h"

uint32_t gv_order_kind(uint32_t act_kind, bool to_holder_after)
{
    switch (act_kind) {
    case GV_SIGNED_ISSUE:
        return to_holder_after ? GIAOVIEC__V1__ORDER_KIND__ORDER_ASSIGN : 0;
    case GV_SIGNED_TRANSFER:
    case GV_SIGNED_REISSUE:
        return to_holder_after ? GIAOVIEC__V1__ORDER_KIND__ORDER_ASSIGN
                               : GIAOVIEC__V1__ORDER_KIND__ORDER_END;
    case GV_SIGNED_REVOKE:
        return to_holder_after ? 0 : GIAOVIEC__V1__ORDER_KIND__ORDER_END;
    case GV_SIGNED_REDO:
        return to_holder_after ? GIAOVIEC__V1__ORDER_KIND__ORDER_REDO : 0;
    case GV_SIGNED_APPROVE_RESULT:
        return to_holder_after ? GIAOVIEC__V1__ORDER_KIND__ORDER_APPROVED : 0;
    case GV_SIGNED_UPHOLD:
        return to_holder_after ? GIAOVIEC__V1__ORDER_KIND__ORDER_UPHELD : 0;
    default:
        return 0;
    }
}

/* The item stands at its place in the tree that the act signs. */
static gv_err check_leaf(const Giaoviec__V1__OrderEntry *order, const Giaoviec__V1__Act *act)
{
    gv_hash proof[GV_TREE_MAX_DEPTH], leaf, root;

    if (order->n_proof > GV_TREE_MAX_DEPTH)
        return GV_EBADMSG;
    for (size_t i = 0; i < order->n_proof; i++) {
        if (gv_hash_from(gv_pb_slice(order->proof[i]), &proof[i]) != GV_OK)
            return GV_EBADMSG;
    }
    if (gv_hash_from(gv_pb_slice(act->list_root), &root) != GV_OK)
        return GV_EBADMSG;
    gv_tree_leaf(gv_pb_slice(order->item), &leaf);
    return gv_tree_check(&root, act->list_count, order->index, &leaf, proof, order->n_proof);
}

/* The order says of the item what the act makes of it for this unit. */
static gv_err check_addressee(const Giaoviec__V1__OrderEntry *order, uint32_t act_kind,
                              const Giaoviec__V1__Item *item, const gv_code *unit)
{
    bool has_from = item->from_unit[0] != '\0';
    bool after = order->kind == gv_order_kind(act_kind, true);
    const char *holder = after || !has_from ? item->unit : item->from_unit;
    uint32_t epoch = after || !has_from ? item->epoch : item->from_epoch;

    if (!after && order->kind != gv_order_kind(act_kind, false))
        return GV_EDENIED;
    if (strcmp(holder, unit->s) != 0)
        return GV_ERECIPIENT;
    if (order->epoch != epoch || order->assignment.len != item->assignment.len ||
        memcmp(order->assignment.data, item->assignment.data, item->assignment.len) != 0)
        return GV_EBADMSG;
    return GV_OK;
}

static gv_err open_task(const Giaoviec__V1__OrderEntry *order, const Giaoviec__V1__Item *item,
                        gv_arena *arena, Giaoviec__V1__Task **out)
{
    gv_hash digest;

    if (order->kind != GIAOVIEC__V1__ORDER_KIND__ORDER_ASSIGN) {
        *out = NULL;
        return order->task.len == 0 ? GV_OK : GV_EBADMSG;
    }
    gv_blob_digest(gv_pb_slice(order->task), &digest);
    if (memcmp(digest.b, item->task_digest.data, sizeof digest.b) != 0)
        return GV_ESIGNATURE;
    *out = gv_pb_unpack(&giaoviec__v1__task__descriptor, gv_pb_slice(order->task), arena);
    return *out != NULL ? GV_OK : gv_pb_fault(arena);
}

gv_err gv_order_check(const Giaoviec__V1__OrderEntry *order, const struct gv_keyset *keyset,
                      const gv_code *unit, gv_arena *arena, Giaoviec__V1__Task **task)
{
    struct gv_signed_act act;
    Giaoviec__V1__Task *found = NULL;
    Giaoviec__V1__Item *item;
    gv_err err;

    if (order->kind == 0 || order->time_us <= 0)
        return GV_EBADMSG;
    err = gv_act_open(gv_pb_slice(order->act), keyset, true, arena, &act);
    if (err != GV_OK)
        return err;
    if (act.row->with != GV_WITH_LIST)
        return GV_EDENIED;
    err = check_leaf(order, act.act);
    if (err != GV_OK)
        return err;
    item = gv_pb_unpack(&giaoviec__v1__item__descriptor, gv_pb_slice(order->item), arena);
    if (item == NULL || !gv_item_holds(act.act->kind, item))
        return gv_pb_fault(arena);
    err = check_addressee(order, act.act->kind, item, unit);
    if (err == GV_OK)
        err = open_task(order, item, arena, &found);
    if (err == GV_OK && task != NULL)
        *task = found;
    return err;
}
