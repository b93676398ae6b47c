/*
 * fleet.h - many units with real keys, CURVE connections and signatures in few processes. Orders go
 * to the agent's own spool, one a process, before their receipt; reports to none, as the
 * coordinator is what they measure. Every receipt's signature is verified.
 *
 * The parent reads commands and adds up; each worker owns every n-th unit and follows what the
 * shared memory says. Counters there are written by one worker each.
 */
#ifndef GV_BENCH_FLEET_H
#define GV_BENCH_FLEET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "agent/spool.h"
#include "delivery/cursor.h"
#include "hist.h"
#include "trust/enrol.h"
#include "trust/keyset.h"
#include "wire/link.h"

#define WORKERS_MAX 16
#define WINDOW_MAX  256
#define ENTRIES_MAX 256

enum phase {
    PHASE_QUIET,   /* answers what comes, begins nothing */
    PHASE_CONNECT, /* … and opens the links */
    PHASE_CLOSED,  /* window: the next envelope follows a receipt */
    PHASE_OPEN,    /* rate: the next envelope follows the clock, whatever has come back */
    PHASE_STORM,   /* the same of those who are connected, as long as somebody is */
    PHASE_TELL,    /* writes down which receipts it holds */
    PHASE_END,
};

/* What the workers are to do; written by the parent before it raises `turn`. */
struct orders_to_workers {
    atomic_uint turn;
    enum phase phase;
    uint32_t agents, window, entries;
    double rate; /* envelopes a second, of all workers together */
    atomic_bool recording;
    char path[256]; /* PHASE_TELL: the workers' files, .0, .1, … */
};

struct tally {
    atomic_ullong live, enrolled, receipted, envelopes, orders, flying, busy, resumes, lost, errors,
        told;
    _Atomic int64_t first_order_us, last_order_us; /* 0: none */
    _Atomic int64_t last_live_us;
    atomic_uint window_ms; /* the longest over which they were told to come back */
    struct hist report;    /* from the send (open loop: from when it was due) to the receipt */
    struct hist back;      /* from the loss of the connection to Welcome */
    struct hist late; /* open loop: how late it was sent, which is no fault of the coordinator */
};

struct shared {
    struct orders_to_workers say;
    struct tally tally[WORKERS_MAX];
};

struct flight {
    uint64_t last;
    gv_hash h; /* of the log up to there, as the unit has it */
    int64_t begun_us;
};

struct duty {
    gv_id assignment;
    uint32_t epoch;
};

struct unit {
    struct gv_token token;
    struct gv_key *key;
    gv_link *link;
    bool enrolled, live;
    uint64_t connection, sequence;
    struct gv_cursor orders, reports, receipted;
    struct duty *duties; /* what it was given until it first reported */
    size_t duty_count;
    bool owes; /* a receipt for its orders, once they are in the spool */
    uint32_t credits;
    int64_t stamp_us; /* business time on its reports: the same when they are sent again */
    struct flight flight[WINDOW_MAX];
    size_t flying, sent; /* flight[0 … sent) are on their way */
    int64_t open_at_us;  /* 0: no link is to be opened */
    int64_t send_at_us;  /* after a Busy */
    int64_t beat_at_us;
    int64_t lost_us; /* 0: not lost */
    int64_t live_us; /* since when */
    uint32_t window_ms, heartbeat_ms, failures;
};

/* One process' own. */
struct worker {
    struct shared *shared;
    struct tally *tally;
    unsigned index, workers;
    struct unit *units;
    size_t count;
    void *zmq;
    int epoll;
    gv_arena *arena;
    const char *spools; /* folder */
    gv_spool *spool;
    struct unit **owing;
    size_t owing_count;
    struct gv_keyset *keyset;
    const Giaoviec__V1__CoordinatorInfo *coordinator;
};

void fleet_die(const char *what, const char *who) __attribute__((noreturn));
int64_t fleet_now_us(void);

/* unit.c: what one unit says and hears. */
bool unit_open(struct worker *w, struct unit *unit); /* false: it is tried again later */
void unit_serve(struct worker *w, struct unit *unit);
void unit_beat(struct worker *w, struct unit *unit);
bool unit_can_begin(const struct worker *w, const struct unit *unit, size_t window);
/* One more envelope, measured from begun_us on. False: the link is full. */
bool unit_begin(struct worker *w, struct unit *unit, size_t entries, int64_t begun_us);
void unit_resend(struct unit *unit);
/* The orders of this turn become durable, and are receipted. */
void unit_receipts(struct worker *w);

/* worker.c */
void worker_run(struct worker *w) __attribute__((noreturn));

#endif
