/* notice.c - each notice in its own words. One that finds no room is dropped. */
#include "coordinator/notice.h"

#include <stdlib.h>

#include "coordinator/deliver.h"

static void notify(struct coordinator *c, const struct notice *notice)
{
    struct notice *copy = malloc(sizeof *copy);

    if (copy == NULL)
        return;
    *copy = *notice;
    if (!gv_queue_push(c->deliver, copy))
        free(copy);
}

void deliver_hello(struct coordinator *c, const struct job *job, uint64_t order_head,
                   uint64_t orders_held, uint64_t losses)
{
    struct notice notice = {.kind = N_HELLO,
                            .unit_id = job->who->unit_id,
                            .code = job->who->code,
                            .key_id = job->who->key_id,
                            .keyset_version = keyring_keyset(job->ring)->version,
                            .silence_ms = coordinator_pace(c, job->ring).silence_ms,
                            .route = job->route,
                            .connection = job->message.head.connection,
                            .n = orders_held,
                            .head = order_head,
                            .losses = losses};

    notify(c, &notice);
}

void deliver_acked(struct coordinator *c, int32_t unit_id, uint64_t connection, uint64_t n)
{
    notify(c,
           &(struct notice){.kind = N_ACKED, .unit_id = unit_id, .connection = connection, .n = n});
}

void deliver_head(struct coordinator *c, int32_t unit_id, uint64_t n)
{
    notify(c, &(struct notice){.kind = N_HEAD, .unit_id = unit_id, .n = n});
}

void deliver_gone(struct coordinator *c, int32_t unit_id, uint64_t connection)
{
    notify(c, &(struct notice){.kind = N_GONE, .unit_id = unit_id, .connection = connection});
}

void deliver_route_gone(struct coordinator *c, int32_t unit_id, const struct route *route)
{
    notify(c, &(struct notice){.kind = N_ROUTE_GONE, .unit_id = unit_id, .route = *route});
}

void deliver_doubt(struct coordinator *c, int32_t unit_id)
{
    notify(c, &(struct notice){.kind = N_DOUBT, .unit_id = unit_id});
}

void deliver_heartbeat(struct coordinator *c, const struct gv_heartbeat *beat)
{
    notify(c, &(struct notice){.kind = N_HEARTBEAT, .unit_id = beat->unit_id, .beat = *beat});
}

void deliver_wake(struct coordinator *c)
{
    notify(c, &(struct notice){.kind = N_WAKE});
}
