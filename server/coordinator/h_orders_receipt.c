/* h_orders_receipt.c - ORDERS_RECEIPT: the unit holds orders durably. What was issued is delivered.
 */
#include "coordinator/batch.h"
#include "coordinator/deliver.h"

static bool cursor_of(const struct item *item, struct gv_cursor *out)
{
    const Giaoviec__V1__OrdersReceipt *body =
        (const Giaoviec__V1__OrdersReceipt *)item->job->message.body;

    if (body->orders == NULL)
        return false;
    out->n = body->orders->number;
    return gv_hash_from((struct gv_slice){body->orders->hash.data, body->orders->hash.len},
                        &out->h) == GV_OK;
}

static gv_err receipt_want(struct batch *batch, struct item *item)
{
    if (!cursor_of(item, &item->told))
        return GV_OK; /* load refuses it */
    return batch_want_orders(batch, item->job->who->unit_id, item->told.n);
}

static gv_err receipt_load(struct batch *batch, struct item *item)
{
    const struct gv_unit_log *unit = item->unit;
    const struct gv_order *orders;

    if (!cursor_of(item, &item->told)) {
        item->outcome = OUTCOME_REFUSED;
        item->err = GV_EBADMSG;
        return GV_OK;
    }
    if (item->told.n <= unit->ack_n || item->told.n > unit->order_n)
        return GV_OK;
    orders = batch_orders(batch, unit->unit_id, unit->ack_n + 1, item->told.n);
    if (orders == NULL)
        return GV_EBUG; /* the log is not what its head says */
    item->at[0] = (struct gv_hash_at){.known = true, .h = orders[item->told.n - unit->ack_n - 1].h};
    return GV_OK;
}

/* An order that gives no new task (an end, an approval) moves nothing: the lifecycle has no row for
 * it. */
static void deliver_one(struct batch *batch, struct item *item, const struct gv_order *key)
{
    struct gv_assignment_row *row = gv_assignment_row_find(batch->rows, batch->row_count,
                                                           item->unit->unit_id, &key->assignment);
    struct gv_act_facts facts = {.act = GV_ACT_DELIVER,
                                 .epoch = key->epoch,
                                 .signed_us = batch->business_us,
                                 .received_us = batch->business_us};
    struct gv_event event = {.kind = GV_EVENT_RECEIPT,
                             .unit_id = item->unit->unit_id,
                             .entry_kind = GV_KIND_ORDERS_RECEIPT,
                             .disposition = GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_APPLIED,
                             .has_assignment = true,
                             .assignment = key->assignment,
                             .epoch = key->epoch,
                             .business_us = batch->business_us,
                             .actor = item->unit->code.s};

    if (row != NULL && row->a.state == GV_STATE_ISSUED &&
        changes_decide(row, &facts, &event) == GV_OK)
        changes_event(&batch->changes, &event);
}

static void receipt_decide(struct batch *batch, struct item *item)
{
    struct gv_unit_log *unit = item->unit;
    const struct gv_cursor head = {unit->order_n, unit->order_h}, *told = &item->told;
    struct gv_evidence evidence = {.unit_id = unit->unit_id, .kind = GV_KIND_ORDERS_RECEIPT};

    item->outcome = OUTCOME_DONE;
    item->orders_held = told->n; /* perhaps fewer than it once held: it gets the rest again */
    switch (gv_receipt_judge(&head, unit->ack_n, told, &item->at[0])) {
    case GV_RECEIPT_REPEAT:
        return;
    case GV_RECEIPT_AHEAD:
    case GV_RECEIPT_FORK:
        item->outcome = OUTCOME_QUARANTINE;
        item->err = GV_EFORK;
        item->why = "orders: the unit's receipt is of another log";
        return;
    default: /* OK */
        break;
    }
    for (uint64_t n = unit->ack_n + 1; n <= told->n; n++)
        deliver_one(batch, item, batch_orders(batch, unit->unit_id, n, n));
    evidence.first = unit->ack_n + 1;
    evidence.last = told->n;
    evidence.envelope = (struct gv_slice){item->job->frame.data, item->job->frame.len};
    changes_evidence(&batch->changes, &evidence);
    unit->ack_n = told->n;
    unit->dirty = true;
}

static void receipt_publish(struct batch *batch, struct item *item)
{
    deliver_acked(batch->c, item->unit->unit_id, item->job->message.head.connection,
                  item->orders_held);
}

const struct handler h_orders_receipt = {receipt_want, receipt_load, receipt_decide,
                                         receipt_publish};
