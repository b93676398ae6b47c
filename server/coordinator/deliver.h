/*
 * deliver.h - who is connected here, and the orders that they get: one thread, with a database
 * connection of its own to read orders that are committed. Also: heartbeats, wake-ups of other
 * coordinators, the clock.
 */
#ifndef GV_DELIVER_H
#define GV_DELIVER_H

#include "coordinator/coordinator.h"

/* Notices to the thread; any thread. One that finds no room is dropped: the poll behind it finds
 * out. losses: c->losses before the Hello's transaction began. */
void deliver_hello(struct coordinator *c, const struct job *job, uint64_t order_head,
                   uint64_t orders_held, uint64_t losses);
void deliver_acked(struct coordinator *c, int32_t unit_id, uint64_t connection, uint64_t n);
/* Orders were committed for this unit. */
void deliver_head(struct coordinator *c, int32_t unit_id, uint64_t n);
void deliver_gone(struct coordinator *c, int32_t unit_id,
                  uint64_t connection); /* 0: whatever connection */
void deliver_route_gone(struct coordinator *c, int32_t unit_id, const struct route *route);
/* A connection of this unit has ended; perhaps it has another. */
void deliver_doubt(struct coordinator *c, int32_t unit_id);
void deliver_heartbeat(struct coordinator *c, const struct gv_heartbeat *beat);
/* Something was committed that others must know soon: orders, a step of the clock, keys. */
void deliver_wake(struct coordinator *c);

void deliver_run(void *coordinator);

#endif
