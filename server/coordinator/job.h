/*
 * job.h - one message on its way through the coordinator, and one frame on its way out. A job
 * belongs to one thread at a time: front -> verify -> lane -> freed.
 */
#ifndef GV_JOB_H
#define GV_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "coordinator/keyring.h"
#include "wire/message.h"

#define ROUTE_MAX 16

/* libzmq's name of a connection. */
struct route {
    uint8_t id[ROUTE_MAX];
    uint8_t len;
};

bool route_eq(const struct route *a, const struct route *b);

struct job {
    struct job *next; /* free for whoever owns the job */
    struct route route;
    keyring *ring;               /* a reference */
    const struct principal *who; /* in ring: as the connection was authenticated */
    uint32_t sender;             /* its key's place among the counts */
    struct gv_buf frame;
    gv_arena *arena;
    struct gv_message message; /* after verify */
    gv_err refused;            /* not GV_OK: to be written down as refused, nothing else */
    int tries;
    int64_t since_ms; /* of gv_clock_mono_ms() */
};

/* who's code must be admitted by ring (a reference that the job takes over). NULL: no memory. */
struct job *job_new(const struct route *route, keyring *ring, const struct principal *who,
                    const void *frame, size_t len);
void job_free(struct job *job); /* NULL is fine */
/* Bytes of all jobs of the process that are not freed. */
size_t jobs_held(void);
/* How many of them its sender has, itself included (and whoever's key falls on the same place). */
size_t jobs_of_sender(const struct job *job);
/* Before the first job: nobody can make a key then that falls on another's place. */
void jobs_secret(const uint8_t key[16]);
/* Its sender as of now, in the newest keyring. False: that key is not admitted any more, or has
 * other roles. */
GV_MUSTCHECK bool job_renew(struct job *job, keyring_holder *keys);

struct out {
    int32_t unit_id; /* 0: to a person */
    struct route route;
    struct gv_buf frame;
};

struct out *out_new(int32_t unit_id, const struct route *route); /* NULL: no memory */
void out_free(struct out *out);                                  /* NULL is fine */

#endif
