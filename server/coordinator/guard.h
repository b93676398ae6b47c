/*
 * guard.h - ends connections that take memory and give nothing. libzmq bounds a message's parts,
 * not their number, and cannot close one peer's connection: somebody who never sends the last part
 * fills the memory, at the enrolment endpoint without any key of ours. So the guard looks at what
 * the kernel has received for each connection and shuts those down that bring more than a message
 * of ours can have without one having come of it. It is also who sees connections end: their units
 * are doubted at once, and the memory of many goes back.
 */
#ifndef GV_GUARD_H
#define GV_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct coordinator;
typedef struct guard guard;

enum guard_door { GUARD_MAIN, GUARD_ENROL, GUARD_DOORS };

/* *out is the caller's: guard_free(), when its thread has ended. */
GV_MUSTCHECK gv_err guard_new(void *zmq, guard **out);
void guard_free(guard *guard); /* NULL is fine */
/* A ROUTER that is not bound yet; before the thread starts. */
GV_MUSTCHECK gv_err guard_watch(guard *guard, enum guard_door door, void *router);
/* A whole message has come in at the main door over this descriptor; of this unit, or 0. The
 * ROUTER's thread; NULL is fine. */
void guard_heard(guard *guard, int fd, int32_t unit_id);
/* How many of the open connections are looked at in a turn: each of them every half minute, few of
 * them always. What takes memory is found sooner, because the memory itself is watched. */
size_t guard_looks(size_t open);

/* What a door's monitor says of a descriptor; it concerns that door alone. The guard's thread. */
void guard_opened(guard *guard, enum guard_door door, int fd);
void guard_ended(struct coordinator *c, enum guard_door door, int fd);
/* Is there a connection at that door, as far as its monitor was read? */
bool guard_watches(const guard *guard, enum guard_door door, int fd);

void guard_run(void *coordinator); /* until it stops */

#endif
