/*
 * sim.h - the world of one seed: processes, time, faults. Everything runs in one thread; what the
 * production code believes to be threads are fibers. The world is global because the models stand
 * in for functions that know no context.
 */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "crypto/key.h"

enum {
    AGENTS_MAX = 5,
    UNITS_MAX = 5,
    SERVERS_MAX = 2,
    HEAL_MS = 60000, /* everything has converged so long after the last link was restored */
};

/* A process: its own clocks, alive or not, perhaps stopped for a while (SIGSTOP). */
struct process {
    char name[16];
    bool up;
    int64_t stopped_until_ms;
    int64_t mono_base_ms, mono_since_ms; /* monotonic clock: base + drifted time since */
    int32_t drift_ppm;
    int64_t real_off_us;
};

enum event_kind {
    EV_FIBER, /* ptr: fiber */
    EV_FRAME, /* ptr: struct transit */
    EV_LINK,  /* ptr: link */
    EV_AGENT, /* ptr: agent; stamp: of its timer */
    EV_AGENT_START,
    EV_SERVER_START,
    EV_WORK,
    EV_OFFICE,
    EV_FAULT,
    EV_DATABASE, /* is back */
    EV_HEAL,
    EV_CHECK,
};

/* What a seed decides once. */
struct plan {
    uint32_t servers, agents, units;
    uint32_t events;            /* of the faulty phase */
    bool hostile;               /* frames one by one: dropped, doubled, reordered, replayed */
    bool loses;                 /* a failover loses what was not replicated, receipted or not */
    bool calm;                  /* no faults at all */
    uint32_t report_lanes;      /* of each server */
    bool disks;                 /* agents lose their disks, or get an old image back */
    uint32_t drop, twice, slow; /* percent */
    uint32_t db_ms;             /* slowest ordinary step of a transaction */
    uint32_t fault_every_ms, work_every_ms, office_every_ms;
};

struct sim {
    uint64_t seed, random;
    const uint8_t *bytes; /* NULL: the seed decides all */
    size_t bytes_left;
    bool verbose, failed, faulty, healing;
    char why[512];
    int64_t now_ms;
    uint64_t order, events; /* handed out; handled in the faulty phase */
    struct plan plan;
    struct process *current;
    gv_arena *keep; /* lives as long as the seed */
    int64_t healed_ms;
    uint64_t digest; /* of all that happened, frames byte for byte: two runs of a seed agree */
    struct {
        uint64_t reports, orders, acts, stale, refused, crashes, restarts, failovers, losses,
            unknown, frames, offered, jumps, disks, lifted;
    } count;
};
extern struct sim sim;

/* ---- sim.c ---- */

uint32_t rnd(void);             /* names and keys: the seed's */
uint32_t below(uint32_t bound); /* what happens, and when: the bytes', while there are any */
bool percent(uint32_t p);
bool fault_percent(uint32_t p); /* never when faults are frozen */
void *keep(const void *data, size_t len);
void *keep_zero(size_t size);
/* Queues an event. */
void at(int64_t at_ms, enum event_kind kind, void *ptr, uint64_t stamp);
/* The promise that was broken; the first one counts. */
void broken(const char *fmt, ...) GV_PRINTF(1, 2);
void say(const char *fmt, ...) GV_PRINTF(1, 2); /* with -v */
#define PROMISE(condition, ...)                                                                    \
    do {                                                                                           \
        if (!(condition))                                                                          \
            broken(__VA_ARGS__);                                                                   \
    } while (0)

int64_t process_mono_ms(const struct process *process);
int64_t process_when_ms(const struct process *process, int64_t mono_ms); /* simulated time of it */
void process_start(struct process *process);
bool process_stopped(const struct process *process);

/* A sum that goes on with more bytes: hashes, signatures, the digest (models.c). */
uint64_t mixed(uint64_t sum, const void *data, size_t len);

/* Runs a seed. False: a promise was broken, sim.why says which. */
bool sim_run(uint64_t seed, bool verbose);
/* The same for two agents and two servers whose faults and schedule the bytes choose: where they
 * end, the faults do. */
bool sim_run_bytes(const uint8_t *bytes, size_t len, bool verbose);

#endif
