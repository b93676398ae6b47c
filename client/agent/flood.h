/*
 * flood.h - ends links that take memory and give nothing. A coordinator that has turned can send a
 * message whose last part never comes, and libzmq keeps what it has of it: so where the process
 * grows, the links are asked what has come over them without a message. Owned by the host's loop.
 */
#ifndef GV_AGENT_FLOOD_H
#define GV_AGENT_FLOOD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sys/loop.h"
#include "sys/memory.h"

struct host;

struct flood {
    struct gv_timer timer;
    struct gv_memory memory;
    bool is_watched;
    bool has_ended; /* a link, a moment ago: its memory goes back */
};

/* Looks, and goes on looking. Where there is no /proc it says so, and nobody looks. */
GV_MUSTCHECK gv_err flood_begin(struct host *host);
void flood_end(struct host *host); /* of a zeroed host, too */
/* Links with more unread bytes than this are ended, where `links` of them have `all` together: one
 * may have much, all of them may not. */
uint64_t flood_limit(uint64_t all, size_t links);

#endif
