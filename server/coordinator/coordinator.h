/*
 * coordinator.h - what the threads of one giaoviecd share. Everything here is set before the first
 * thread starts and read-only afterwards, or is safe for any thread by itself.
 */
#ifndef GV_COORDINATOR_H
#define GV_COORDINATOR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "coordinator/guard.h"
#include "coordinator/job.h"
#include "coordinator/keyring.h"
#include "coordinator/limits.h"
#include "coordinator/presence.h"
#include "coordinator/space.h"
#include "crypto/key.h"
#include "delivery/coordinator_side.h"
#include "store/store.h"
#include "sys/work_queue.h"

#define VERIFIERS_MAX    16
#define REPORT_LANES_MAX 8

struct config {
    const char *conninfo;
    int verifiers;
    int report_lanes;    /* at least 1 */
    struct gv_pace pace; /* of few units; see coordinator_pace() */
    int heartbeat_rate;  /* of all units, a second */
    int redeliver_ms;
    int reconnect_rate; /* Hellos a second that are admitted */
    int reconnect_min_ms;
    int64_t key_grace_ms; /* a key that was named takes its place after so long */
    int enrol_rate;       /* enrolments a second that are looked at */
    int batch_jobs;       /* messages of one transaction, at most */
    size_t held_max;      /* running hashes that a re-admitted unit is told at once; 0: what fits */
    size_t backlog_bytes; /* of messages that wait or are in work, at most */
    struct limit_rate limits[LIMIT_END]; /* of one sender */
    struct gv_blob_bounds blobs;
};

enum counter {
    COUNT_FRAMES,
    COUNT_UNAUTHENTICATED, /* dropped: no sender, too many parts, too big */
    COUNT_BAD,             /* refused while verifying */
    COUNT_BUSY,
    COUNT_ENTRIES,
    COUNT_BATCHES,
    COUNT_RETRIES,
    COUNT_BISECTED,
    COUNT_SKIPPED,
    COUNT_END
};

/* The deployment's time as this process last saw it: for Clock and Welcome, never for a decision.
 */
struct business {
    bool stepped; /* else: the real time now */
    int64_t time_us;
    uint64_t step;
};

struct presence;

struct coordinator {
    struct config config;
    void *zmq;
    const struct gv_key *key;
    gv_code self;
    gv_id deployment;
    gv_hash root_hash;
    bool demonstration;
    keyring_holder *keys;
    pthread_mutex_t keys_lock;
    uint64_t keys_version; /* of the newest keyring; 0: none yet. Under keys_lock */
    struct presence *presence;
    guard *guard; /* NULL: nobody guards */
    limits *limits;
    space *space;                        /* NULL: nobody looks at the disk */
    gv_queue *verify[VERIFIERS_MAX];     /* struct job */
    gv_queue *reports[REPORT_LANES_MAX]; /* struct job: of each report lane */
    atomic_int share[REPORT_LANES_MAX];  /* whose lane has it now: see reports_push() */
    pthread_mutex_t share_lock;
    gv_queue *acts;         /* struct job: the lane of acts */
    gv_queue *reads;        /* struct job */
    gv_queue *deliver;      /* struct notice */
    gv_queue *out;          /* struct out: to the ROUTER's thread */
    atomic_ullong sequence; /* of messages that we write */
    atomic_ullong losses;   /* of the database, that delivery has come through */
    atomic_ullong counters[COUNT_END];
    atomic_bool stopping;
    atomic_bool failed;         /* see coordinator_fail() */
    atomic_bool keys_changed;   /* the keyring is to be made anew now */
    atomic_bool written;        /* a lane has committed since the ledger was last sealed */
    atomic_ullong keyset_heard; /* see keys_heard(); 0: none since the keys were looked at */
    pthread_mutex_t clock_lock;
    struct business clock; /* under clock_lock */
};

static inline void count(struct coordinator *c, enum counter which, uint64_t n)
{
    atomic_fetch_add_explicit(&c->counters[which], n, memory_order_relaxed);
}

static inline bool stopping(struct coordinator *c)
{
    return atomic_load_explicit(&c->stopping, memory_order_relaxed);
}

struct business coordinator_clock(struct coordinator *c);
/* True: it moved. */
bool coordinator_clock_set(struct coordinator *c, int64_t business_us, uint64_t step, bool stepped);

/* What agents are told in Welcome, as many as ring admits. */
struct gv_pace coordinator_pace(const struct coordinator *c, const keyring *ring);

/* What cannot be mended from here: says so, and the process ends in order, with an exit status. */
void coordinator_fail(struct coordinator *c, const char *why);
/*
 * Opens a connection for a thread: what it is called in pg_stat_activity, how long it waits for a
 * lock (0: the store's own time). Waits until the database is there. Otherwise it says why, and the
 * process ends: a lane that is missing would only be noticed by those who wait for it.
 */
GV_MUSTCHECK gv_err coordinator_store(struct coordinator *c, const char *lane, int lock_timeout_ms,
                                      gv_store **out);
/* After GV_EUNAVAILABLE, GV_EUNKNOWN, GV_EDB: connects again, waiting between tries. False:
 * stopping, or past until_ms (of gv_clock_mono_ms()): no try is begun then, and it is lost still.
 */
#define FOR_EVER INT64_MAX
bool coordinator_reconnect(struct coordinator *c, gv_store *store, int64_t until_ms);

#endif
