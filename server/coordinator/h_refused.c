/* h_refused.c - what was authenticated and refused while verifying: a line in the ledger, nothing
 * else. */
#include "coordinator/batch.h"

static gv_err refused_load(struct batch *batch, struct item *item)
{
    (void)batch;
    (void)item;
    return GV_OK;
}

static void refused_decide(struct batch *batch, struct item *item)
{
    struct gv_event event = {.kind = GV_EVENT_REFUSAL,
                             .unit_id = item->job->who->unit_id,
                             .entry_kind =
                                 item->job->message.row != NULL ? item->job->message.head.kind : 0,
                             .disposition = GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_REFUSED,
                             .error = item->job->refused,
                             .text = gv_err_text(item->job->refused),
                             .business_us = batch->business_us,
                             .actor = item->job->who->code.s};

    changes_event(&batch->changes, &event);
    item->outcome = OUTCOME_DONE;
}

static void refused_publish(struct batch *batch, struct item *item)
{
    (void)batch;
    (void)item;
}

const struct handler h_refused = {NULL, refused_load, refused_decide, refused_publish};
