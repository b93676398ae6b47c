/*
 * front.h - the one thread that owns the ROUTER socket: frames in, frames out, nothing in between.
 * No signatures, no SQL.
 */
#ifndef GV_FRONT_H
#define GV_FRONT_H

#include "coordinator/coordinator.h"

/* socket is bound, and the thread's from now on (it closes it). ctx: struct front. Runs until
 * c->out is closed. */
struct front {
    struct coordinator *c;
    void *socket;
};
void front_run(void *front);

#endif
