/*
 * host.h - what all units of the process share: loop, spool, keyset. A turn of the loop gathers
 * writes; its end commits them once, and only then do the units send what depends on them. One
 * owner thread.
 */
#ifndef GV_AGENT_HOST_H
#define GV_AGENT_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/config.h"
#include "agent/flood.h"
#include "agent/room.h"
#include "agent/spool.h"
#include "base/arena.h"
#include "base/id.h"
#include "sys/loop.h"
#include "trust/keyset.h"

struct unit;
struct sources;
struct manual;

struct host {
    const struct config *config;
    gv_loop *loop;
    void *zmq;
    gv_spool *spool;
    gv_arena *message_arena;  /* one message: reset with each */
    gv_arena *work_arena;     /* one document, or the orders of one message */
    struct gv_keyset *keyset; /* NULL: no unit has enrolled yet */
    struct unit **units;      /* as in config.units */
    size_t unit_count;
    struct unit *pending; /* have something to do after the commit */
    struct sources *sources;
    struct manual *manual;
    struct gv_timer prune_timer;
    struct room room;
    struct flood flood;
    size_t enrolling, rotating;
    int lock_fd;
    bool stopping;
    gv_err failed; /* GV_OK, or why the process has to end */
};

/* Folders, lock, spool, keyset, units. Errors are said in why. */
GV_MUSTCHECK gv_err host_init(struct host *host, const struct config *config, struct gv_buf *why);
/* After GV_ENOSPACE: everything anew as the spool has it. The units begin when there is room. */
GV_MUSTCHECK gv_err host_restore(struct host *host, struct gv_buf *why);
/* Each unit goes on where it stands: connects, or enrols first. */
GV_MUSTCHECK gv_err host_begin(struct host *host, struct gv_buf *why);
void host_fini(struct host *host); /* zeroed is fine */

/* "DATA/name", malloc'd; NULL: no memory. */
char *host_path(const struct host *host, const char *name);

/*
 * Takes a keyset that is newer than ours, of our root (before the first one: of root_hash); writes
 * it to DATA/keyset and tells the units. GV_EVERSION: not newer, nothing happened. GV_EFORK: the
 * same version, other bytes. GV_EBADMSG, GV_ESIGNATURE, GV_ERECIPIENT: not ours.
 */
GV_MUSTCHECK gv_err host_take_keyset(struct host *host, struct gv_slice bytes,
                                     const gv_hash *root_hash);

/* The process has to end: an input or output error, no memory. The first one is told. Where the
 * spool has no room (GV_ENOSPACE) it stands still instead: host_restore(). */
void host_fail(struct host *host, gv_err err, const char *what);

/* Commits, then lets the units go on, until nobody has anything left to do. */
void host_turn_end(struct host *host);
struct unit *host_unit(const struct host *host, const char *code); /* NULL: not served here */

#endif
