/*
 * reply.h - what the coordinator says: written, signed, and handed to the ROUTER's thread. Any
 * thread. A reply that finds the way out full is dropped and counted: whoever waits asks again.
 */
#ifndef GV_REPLY_H
#define GV_REPLY_H

#include "coordinator/coordinator.h"

/* To the sender of a job, as the answer to its message; ERROR(TOOBIG) where that fits no frame: who
 * asked does not wait in vain. */
void reply(struct coordinator *c, const struct job *job, enum gv_kind kind,
           const ProtobufCMessage *body);
/* ERROR; text NULL: the error's own. */
void reply_error(struct coordinator *c, const struct job *job, gv_err err, const char *text);
/* BUSY, unsigned; first: of the Reports refused, or 0. */
void reply_busy(struct coordinator *c, const struct job *job, uint32_t retry_after_ms,
                uint64_t first);

/* What one thread hands over together: the ROUTER's thread is woken once for all of it. Zeroed: it
 * is empty. */
struct outbox {
    void *outs[16]; /* struct out */
    size_t count;
};

/* To a unit, of our own accord: into the box, which is sent when it is full. */
void tell(struct coordinator *c, struct outbox *box, int32_t unit_id, const struct route *route,
          const gv_code *unit, uint64_t connection, enum gv_kind kind,
          const ProtobufCMessage *body);
/* Before whoever filled it waits for anything. */
void outbox_send(struct coordinator *c, struct outbox *box);

#endif
