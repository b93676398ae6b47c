/*
 * batch.h - a report lane's transaction: load, decide, store. Decide is pure over what load
 * brought, so a batch may run again whole. One handler a message kind (h_*.c).
 */
#ifndef GV_BATCH_H
#define GV_BATCH_H

#include "coordinator/changes.h"
#include "coordinator/coordinator.h"
#include "coordinator/entry.h"
#include "coordinator/owed.h"
#include "coordinator/tasks.h"
#include "delivery/coordinator_side.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "giaoviec/v1/trust.pb-c.h"
#include "trust/rotation.h"

#define BATCH_BYTES ((size_t)64 << 20) /* of its arena; more messages than fit are too many */
#define BATCH_SEEN  1024

enum outcome {
    OUTCOME_NONE,
    OUTCOME_DONE,
    OUTCOME_REFUSED,    /* err: answered with ERROR */
    OUTCOME_QUARANTINE, /* err, and the unit is put in quarantine for `why` */
    OUTCOME_AGAIN, /* somebody else holds the unit, or it touches what this batch stores: next batch
                    */
};

/* One message in a batch, and what came of it. All but job, limit, refuse_n is made anew by
 * each run. */
struct item {
    struct job *job;
    uint64_t limit;    /* REPORTS: store at most so many new entries; 0: all */
    uint64_t refuse_n; /* REPORTS: the entry that the database refuses; 0: none */

    enum outcome outcome;
    gv_err err;
    const char *why;
    struct gv_unit_log *unit; /* NULL: not locked */

    /* load */
    struct gv_hash_at
        at[3]; /* HELLO: orders, reports, receipted; REPORTS: before, end; ORDERS_RECEIPT: [0] */
    struct entry *entries; /* REPORTS */
    gv_hash *chain;        /* REPORTS: room for the running hashes */
    struct gv_hello hello; /* HELLO: as the unit says it */
    struct gv_cursor told; /* ORDERS_RECEIPT: as the unit says it */

    /* decide */
    bool resume;
    struct gv_cursor cursor; /* REPORTS, HELLO: of the report log afterwards */
    /* REPORTS, repeated: their dispositions. HELLO of a re-admitted unit: after what it has
     * receipted. */
    struct gv_report_stored *stored;
    size_t stored_count;
    size_t event_first, event_end; /* REPORTS: its rows in changes */
    struct item *same; /* REPORTS, after COMMIT: the unit's next that is answered with it */
    uint64_t order_head, orders_held; /* HELLO; ORDERS_RECEIPT: orders_held */
    struct gv_rotation rotation;      /* ROTATE_KEY */
    struct gv_key_history history;    /* that the unit has had */
    bool adopt;                       /* HELLO: the unit is to adopt our logs first, … */
    bool keep_orders;                 /* … but for the orders, which agree */
};

struct batch {
    struct coordinator *c;
    gv_store *store;
    struct tasks *tasks;
    gv_arena *arena; /* of this run */
    struct item *items;
    size_t count;
    enum gv_lock lock;
    struct gv_admission *refusals; /* those that are written down */
    const bool *after_unknown;     /* an earlier run's COMMIT may have happened */
    uint64_t losses;               /* c->losses when this run began */

    struct gv_unit_log *units;
    size_t unit_count;
    struct gv_order_span *spans; /* orders that are wanted; once loaded: by unit, each once */
    size_t span_count;
    struct gv_assignment_key *keys;
    size_t key_count, key_cap;
    uint32_t seen[BATCH_SEEN]; /* by place: 1 + the key that was wanted there last; 0: none */
    struct gv_assignment_row *rows;
    size_t row_count;
    struct changes changes;
    int64_t business_us;
    uint64_t step;
    bool stepped;
};

/*
 * Begins, loads, decides, stores, commits. GV_OK: each item's outcome says what came of it.
 * Otherwise nothing was stored (or, with GV_EUNKNOWN, perhaps all) and it was rolled back.
 */
GV_MUSTCHECK gv_err batch_run(struct batch *batch);

/* Was the message signed by the unit's key in force (a Hello: or by the one that is to follow it)?
 * The unit is locked. */
bool batch_key_holds(const struct item *item);

/* For the handlers' want: the assignment will be locked and loaded, where its unit is. What is
 * named again costs nothing. */
void batch_want(struct batch *batch, int32_t unit_id, const gv_id *assignment);

/* For the handlers' want: orders ack_n + 1 … last of the unit, with their assignments. */
GV_MUSTCHECK gv_err batch_want_orders(struct batch *batch, int32_t unit_id, uint64_t last);
/* Once loaded, of a unit whose orders were wanted: orders first … last; NULL: not all are there. */
const struct gv_order *batch_orders(const struct batch *batch, int32_t unit_id, uint64_t first,
                                    uint64_t last);

struct handler {
    gv_err (*want)(struct batch *batch, struct item *item); /* NULL: nothing. Pure: batch_want…() */
    /* SQL, where more must be known than what was wanted, which is there. */
    gv_err (*load)(struct batch *batch, struct item *item);
    void (*decide)(struct batch *batch, struct item *item); /* pure */
    /* After COMMIT. REPORTS of a unit are answered together: by the lane. */
    void (*publish)(struct batch *batch, struct item *item);
};
extern const struct handler h_hello, h_reports, h_orders_receipt, h_rotate_key, h_refused;
const struct handler *batch_handler(const struct item *item);

/* h_reports.c: one cumulative receipt for first and those that follow by `same`: all of one unit
 * and connection, done, in order. */
void reports_receipt(struct batch *batch, const struct item *first);
/* Its receipt would say no more than how far the log is stored. */
bool reports_nothing_told(const struct batch *batch, const struct item *first);
void reports_receipt_owed(struct coordinator *c, const struct owed *owed);

#endif
