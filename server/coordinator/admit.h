/*
 * admit.h - the door behind the socket: a frame of somebody whom the transport has authenticated
 * becomes a job of his verifier. No crypto, no SQL. The ROUTER's thread.
 */
#ifndef GV_ADMIT_H
#define GV_ADMIT_H

#include "coordinator/coordinator.h"

/* key_id: of whom the transport has authenticated; NULL: nobody, or not one frame. Frames of nobody
 * are counted and dropped. The unit that spoke; 0: no unit. */
int32_t admit(struct coordinator *c, const struct route *route, const gv_id *key_id,
              const void *frame, size_t len, int64_t now_ms);

#endif
