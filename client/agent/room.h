/*
 * room.h - room for the spool, and what is not taken while there is too little. Below its mark the
 * agent takes no new documents and orders: they stay where they are, and it goes on to send what it
 * has. On a disk that is full to the last block it stands still until there is room. And a spool
 * that has grown past its bound, under a coordinator that gives orders without end, takes no more
 * of them. Owned by the host's loop.
 */
#ifndef GV_AGENT_ROOM_H
#define GV_AGENT_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sys/loop.h"
#include "sys/space.h"

struct host;

struct room {
    struct gv_timer timer;
    bool has_timer;
    bool known; /* the volume could be looked at */
    bool is_short;
    bool is_full; /* the spool could not be written */
    bool is_over; /* the spool is as large as it may be */
    struct gv_space space;
    uint64_t spool_bytes; /* when it was last asked */
    int64_t full_until_ms;
};

GV_MUSTCHECK gv_err room_begin(struct host *host); /* looks, and goes on looking */
void room_end(struct host *host);
void room_look(struct host *host);
/* The spool could not be written; its units are as the spool has them, and do not begin. */
void room_full(struct host *host);

bool room_for_documents(const struct host *host);
bool room_for_orders(struct host *host);

#endif
