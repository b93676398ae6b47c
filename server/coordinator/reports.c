/*
 * reports.c - natural batching: never waits for more than is there. A batch that the
 * database refuses is halved until the bad message stands alone, then its entries, until the bad
 * entry does; that one is stored as REFUSED. A message with many bad entries takes many
 * transactions: a few at a time, between the batches of all others.
 */
#include "coordinator/reports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/plant.h"
#include "coordinator/batch.h"
#include "coordinator/deliver.h"
#include "coordinator/lane.h"
#include "coordinator/reply.h"
#include "crypto/random.h"

#define ARENA_BYTES (4 * BATCH_BYTES)
#define JOBS_MAX    2048
#define ROWS_MAX    1024 /* of a transaction, and what its last message brings more */
#define BURST       32   /* jobs taken at once */
#define BACK_MAX    (JOBS_MAX / 2)
#define SKIP_TRIES  3   /* then the unit is waited for: alone, and not for long */
#define LOCK_MS     100 /* so long */
#define REST_TRIES                                                                                 \
    100 /* and not again before it was skipped so often: the others go on meanwhile */
#define BUSY_MS        1000
#define SHORT_MS       5000  /* while there is too little room; up to twice */
#define CARE_MS        10000 /* for what has a transaction of its own */
#define REFUSALS_PER_S 8     /* written down, by all lanes */
#define APART_MAX      2     /* messages that are looked through at a time, one a unit */
#define LOOKS_MAX      8     /* transactions for them all, until the others are served again */

_Static_assert(REFUSALS_PER_S >= REPORT_LANES_MAX, "each lane writes some down");

struct lane {
    struct coordinator *c;
    gv_queue *queue;
    int index;
    bool was_full; /* the last transaction: more may wait than one takes */
    struct batch batch;
    struct gv_admission refusals;
    owed_table *owed;
    struct item items[JOBS_MAX];
    struct item own[JOBS_MAX];     /* of the one unit that is waited for */
    struct item *newest[JOBS_MAX]; /* of each locked unit, while receipts are put together */
    bool held;                     /* it was not to be had */
    struct job *back[BACK_MAX];    /* put back, in order: they come first in the next batch */
    size_t back_count;
    struct item apart[APART_MAX]; /* looked through, whose turn it is first; not with the others */
    size_t apart_count;
    int looks; /* transactions left for them, until the next batch */
};

static void answer_busy(struct lane *lane, struct item *items, size_t n, uint32_t ms)
{
    for (size_t i = 0; i < n; i++) {
        struct job *job = items[i].job;
        uint64_t first = job->message.head.kind == GV_KIND_REPORTS && job->refused == GV_OK
                             ? ((const Giaoviec__V1__Reports *)job->message.body)->first
                             : 0;

        if (job->refused == GV_OK)
            reply_busy(lane->c, job, ms, first);
        job_free(job);
        items[i].job = NULL;
    }
}

/* Into the next batch. */
static void put_back(struct lane *lane, struct item *item)
{
    if (lane->back_count == BACK_MAX) {
        answer_busy(lane, item, 1, BUSY_MS);
        return;
    }
    lane->back[lane->back_count++] = item->job;
    item->job = NULL;
}

struct bad_unit {
    gv_store *store;
    int32_t unit_id;
    const char *why;
};

static gv_err quarantine_once(void *ctx)
{
    const struct bad_unit *bad = ctx;

    return gv_store_quarantine(bad->store, bad->unit_id, bad->why);
}

/* Outside any transaction: it has one of its own. */
static void quarantine(struct lane *lane, struct item *item)
{
    const char *code = item->job->who->code.s;
    struct bad_unit bad = {lane->batch.store, item->job->who->unit_id, item->why};
    gv_err err =
        lane_run(lane->c, bad.store, quarantine_once, &bad, gv_clock_mono_ms() + CARE_MS, NULL);

    if (err != GV_OK)
        log_error("quarantine-not-stored", "unit=%s error=%s", code, gv_err_name(err));
    log_error("unit-quarantined", "unit=%s why=\"%s\"", code, item->why);
    reply_error(lane->c, item->job, item->err, item->why);
    deliver_gone(lane->c, item->job->who->unit_id, 0);
    atomic_store(&lane->c->keys_changed, true);
}

static bool is_done_reports(const struct item *item)
{
    return item->outcome == OUTCOME_DONE && item->job->refused == GV_OK &&
           item->job->message.head.kind == GV_KIND_REPORTS;
}

/* All the envelopes of one unit that this batch answered: one receipt, one signature. */
static void join_reports(struct lane *lane, struct item *items, size_t n)
{
    memset(lane->newest, 0, lane->batch.unit_count * sizeof *lane->newest);
    for (size_t i = 0; i < n; i++) {
        struct item **newest;

        if (!is_done_reports(&items[i]))
            continue;
        newest = &lane->newest[items[i].unit - lane->batch.units];
        if (*newest != NULL)
            (*newest)->same = &items[i];
        *newest = &items[i];
    }
}

/* More of this unit is on its way here: its receipt will cover this one. */
static bool more_comes(const struct lane *lane, const struct item *first)
{
    size_t here = owed_jobs(lane->owed, first->unit->unit_id);

    for (const struct item *item = first; item != NULL; item = item->same)
        here++;
    return owed_may_wait(lane->owed, first->unit->unit_id) && jobs_of_sender(first->job) > here &&
           reports_nothing_told(&lane->batch, first);
}

/* Takes over all jobs of the unit. */
static void publish_reports(struct lane *lane, struct item *first)
{
    bool wait = more_comes(lane, first);

    if (!wait) {
        reports_receipt(&lane->batch, first);
        owed_drop(lane->owed, first->unit->unit_id);
    }
    for (struct item *item = first; item != NULL; item = item->same) {
        if (wait && item->same == NULL)
            owed_put(lane->owed, item->job, &item->cursor, lane->batch.business_us);
        else
            job_free(item->job);
        item->job = NULL;
    }
}

static void publish_owed(struct lane *lane, bool all)
{
    const struct owed *owed;

    while ((owed = owed_due(lane->owed, all)) != NULL)
        reports_receipt_owed(lane->c, owed);
}

static void publish_one(struct lane *lane, struct item *item)
{
    switch (item->outcome) {
    case OUTCOME_AGAIN:
        count(lane->c, COUNT_SKIPPED, 1);
        item->job->tries++;
        put_back(lane, item);
        return;
    case OUTCOME_QUARANTINE:
        quarantine(lane, item);
        break;
    case OUTCOME_REFUSED:
        log_warn("message-refused", "from=%s kind=%u error=%s", item->job->who->code.s,
                 (unsigned)item->job->message.head.kind, gv_err_name(item->err));
        reply_error(lane->c, item->job, item->err, item->why);
        break;
    default: /* DONE */
        if (is_done_reports(item))
            publish_reports(lane, item);
        else
            batch_handler(item)->publish(&lane->batch, item);
        break;
    }
    job_free(item->job);
    item->job = NULL;
}

static void publish(struct lane *lane, struct item *items, size_t n)
{
    join_reports(lane, items, n);
    for (size_t i = 0; i < n; i++) {
        if (items[i].job != NULL)
            publish_one(lane, &items[i]);
    }
}

static gv_err run_once(void *ctx)
{
    struct lane *lane = ctx;
    gv_err err = batch_run(&lane->batch);

    /* Receipts do not wait for a database that may come back without what they are for. */
    if (err == GV_EUNAVAILABLE || err == GV_EUNKNOWN || err == GV_EDB)
        publish_owed(lane, true);
    if (err != GV_ECONFLICT || lane->batch.lock != GV_LOCK_WAIT)
        return err;
    lane->held = true; /* not tried again here, while all the others wait */
    return GV_EAGAIN;
}

/* GV_OK; may_be_halved(): fewer may go; GV_EAGAIN, GV_ENOSPACE: no room, or stopping, or
 * held. */
static gv_err run_stubborn(struct lane *lane, struct item *items, size_t n)
{
    bool after_unknown = false;
    gv_err err;

    lane->batch.items = items;
    lane->batch.count = n;
    lane->batch.after_unknown = &after_unknown;
    lane->held = false;
    err = lane_run(lane->c, lane->batch.store, run_once, lane, FOR_EVER, &after_unknown);
    lane->batch.after_unknown = NULL;
    return err;
}

static bool may_be_halved(gv_err err)
{
    return err == GV_EBADMSG || err == GV_ENOMEM || err == GV_ETOOBIG || err == GV_EDB ||
           err == GV_EBUG;
}

/* The unit is held: its messages rest, in order, and are then skipped again for a while. */
static void let_rest(struct lane *lane, struct item *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        items[i].job->tries = SKIP_TRIES - REST_TRIES + 1;
        put_back(lane, &items[i]);
    }
}

static void not_storable(struct lane *lane, struct item *item)
{
    char text[512];

    log_error("message-not-storable", "from=%s text=%s", item->job->who->code.s,
              gv_log_escape(gv_store_error(lane->batch.store), text, sizeof text));
    if (item->job->refused == GV_OK)
        reply_error(lane->c, item->job, GV_EBUG, NULL);
    job_free(item->job);
    item->job = NULL;
}

static void settle(struct lane *lane, struct item *items, size_t n, gv_err err)
{
    if (err == GV_OK) {
        publish(lane, items, n);
    } else if (err == GV_EBADMSG || err == GV_EBUG || err == GV_ETOOBIG) {
        not_storable(lane, &items[0]);
    } else if (lane->held && !stopping(lane->c)) {
        let_rest(lane, items, n);
    } else {
        answer_busy(lane, items, n, BUSY_MS);
    }
}

/* ---- one message that the database refuses -------------------------------------------------- */

/*
 * What comes after a run that ended with err: where entries were refused, half as many, until the
 * bad one is alone and is stored as refused; after good ones, twice as many. A bad entry costs two
 * transactions among bad ones, and some logarithm of their number among good ones. False: nothing
 * comes.
 */
static bool goes_on(struct item *item, gv_err err)
{
    size_t tried = item->event_end - item->event_first;
    const Giaoviec__V1__Reports *body;

    if (item->job->refused != GV_OK || item->job->message.head.kind != GV_KIND_REPORTS)
        return false;
    body = (const Giaoviec__V1__Reports *)item->job->message.body;
    if (err == GV_EBADMSG && tried > 1) {
        item->limit = (tried + 1) / 2;
        return true;
    }
    if (err == GV_EBADMSG && tried == 1 && item->refuse_n != item->cursor.n) {
        item->limit = 1; /* alone; what a lost COMMIT stored is not asked again */
        item->refuse_n = item->cursor.n;
        return true;
    }
    if (err != GV_OK || item->outcome != OUTCOME_DONE || item->resume ||
        item->cursor.n >= body->first + body->n_entries - 1)
        return false; /* also where even "refused" is refused: a bug, told as such */
    if (item->refuse_n != item->cursor.n)
        item->limit *= 2; /* the next one may be bad as well */
    return true;
}

/* As long as the others may wait. True: it is settled. */
static bool look_through(struct lane *lane, struct item *item)
{
    while (lane->looks > 0) {
        gv_err err = run_stubborn(lane, item, 1);

        lane->looks--;
        if (!goes_on(item, err)) {
            settle(lane, item, 1, err);
            return true;
        }
    }
    return false;
}

static void set_apart(struct lane *lane, struct item *item)
{
    if (lane->apart_count == APART_MAX) {
        answer_busy(lane, item, 1, BUSY_MS);
        return;
    }
    lane->apart[lane->apart_count++] = *item;
    item->job = NULL;
}

/* In turn: who has had all that there was comes last the next time. */
static void look_on(struct lane *lane)
{
    if (stopping(lane->c)) {
        answer_busy(lane, lane->apart, lane->apart_count, BUSY_MS);
        lane->apart_count = 0;
    }
    for (size_t left = lane->apart_count; left > 0 && lane->looks > 0; left--) {
        struct item item = lane->apart[0];

        lane->apart_count--;
        memmove(&lane->apart[0], &lane->apart[1], lane->apart_count * sizeof item);
        if (!look_through(lane, &item))
            set_apart(lane, &item);
    }
}

static bool is_behind(const struct lane *lane, const struct item *item)
{
    for (size_t i = 0; i < lane->apart_count; i++) {
        if (lane->apart[i].job->who->unit_id == item->job->who->unit_id)
            return true;
    }
    return false;
}

/* What a unit says while a message of its is looked through comes after that: it would be a gap.
 * How many are left. */
static size_t hold_behind(struct lane *lane, struct item *items, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        if (is_behind(lane, &items[i]))
            put_back(lane, &items[i]);
        else
            items[kept++] = items[i];
    }
    return kept;
}

/* ---- shares ---------------------------------------------------------------------------------- */

static int share_of(const struct coordinator *c, int32_t unit_id)
{
    return (int)((uint32_t)unit_id % (uint32_t)c->config.report_lanes);
}

gv_queue *reports_queue(struct coordinator *c, int32_t unit_id)
{
    return c->reports[atomic_load(&c->share[share_of(c, unit_id)])];
}

bool reports_push(struct coordinator *c, struct job *job)
{
    bool pushed;

    pthread_mutex_lock(&c->share_lock);
    pushed = gv_queue_push(reports_queue(c, job->who->unit_id), job);
    pthread_mutex_unlock(&c->share_lock);
    return pushed;
}

/* Nothing of any share is in this lane but what its queue holds, in order: that goes with them. A
 * lane that was given one has emptied its queue before it gave it back, so there is room. */
static void give_shares(struct lane *lane)
{
    struct coordinator *c = lane->c;

    publish_owed(lane, true);
    pthread_mutex_lock(&c->share_lock);
    for (int i = 0; i < c->config.report_lanes; i++)
        atomic_store(&c->share[i], i);
    for (size_t left = gv_queue_len(lane->queue); left > 0; left--) {
        struct job *job = gv_queue_pop(lane->queue);

        if (!gv_queue_push(reports_queue(c, job->who->unit_id), job))
            job_free(job); /* closed, or never: its unit says it again */
    }
    pthread_mutex_unlock(&c->share_lock);
}

/* Nothing of it is in this lane: has nothing come meanwhile either? */
static void give_back_share(struct lane *lane)
{
    struct coordinator *c = lane->c;

    pthread_mutex_lock(&c->share_lock);
    if (gv_queue_len(lane->queue) == 0)
        atomic_store(&c->share[lane->index], 0);
    pthread_mutex_unlock(&c->share_lock);
}

/* There is nothing put back and nothing apart. */
static void share_out(struct lane *lane)
{
    size_t waits = gv_queue_len(lane->queue);

    if (lane->index == 0 && lane->was_full && waits > 0 && lane->c->config.report_lanes > 1 &&
        !stopping(lane->c))
        give_shares(lane);
    if (waits > 0)
        return;
    publish_owed(lane, true);
    if (lane->index > 0)
        give_back_share(lane);
}

/* ---- batches -------------------------------------------------------------------------------- */

static void run_items(struct lane *lane, struct item *items, size_t n)
{
    gv_err err;

    n = hold_behind(lane, items, n);
    if (n == 0)
        return;
    err = run_stubborn(lane, items, n);
    if (may_be_halved(err) && GV_PLANTED(BATCH_FAILS_WHOLE))
        err = GV_EAGAIN;
    if (may_be_halved(err) && n > 1) {
        count(lane->c, COUNT_BISECTED, 1);
        run_items(lane, items, n / 2);
        run_items(lane, items + n / 2, n - n / 2);
        return;
    }
    if (err != GV_EBADMSG || !goes_on(&items[0], err))
        settle(lane, items, n, err);
    else if (!look_through(lane, &items[0]))
        set_apart(lane, &items[0]);
}

/* Rows of the ledger that it comes to. */
static size_t rows_of(const struct job *job)
{
    if (job->refused != GV_OK || job->message.head.kind != GV_KIND_REPORTS)
        return 1;
    return ((const Giaoviec__V1__Reports *)job->message.body)->n_entries;
}

/* What waits, behind the first n. How many there are then. */
static size_t pop(struct lane *lane, size_t n, size_t max, size_t *rows)
{
    void *jobs[BURST];
    size_t got;

    while (n < max && *rows < ROWS_MAX) {
        got = gv_queue_pop_many(lane->queue, jobs, max - n < BURST ? max - n : BURST);
        if (got == 0)
            break;
        for (size_t i = 0; i < got; i++) {
            lane->items[n++] = (struct item){.job = jobs[i]};
            *rows += rows_of(jobs[i]);
        }
    }
    return n;
}

/* What was put back, then what waits. Waits for the first when there is nothing, and nothing to
 * look through. 0: closed and empty, or nothing else. */
static size_t take(struct lane *lane, size_t max)
{
    struct item *items = lane->items;
    size_t n = 0, rows = 0;

    for (; n < lane->back_count; n++)
        items[n] = (struct item){.job = lane->back[n]};
    if (n == 0 && lane->apart_count == 0) {
        struct job *job;

        share_out(lane);
        job = gv_queue_take(lane->queue, -1);
        if (job == NULL)
            return 0;
        items[n++] = (struct item){.job = job};
        rows = rows_of(job);
    } else if (n > 0) {
        lane_nap(2); /* whoever holds those units may finish */
    }
    max = n + max < JOBS_MAX ? n + max : JOBS_MAX; /* what was put back takes nobody's place */
    lane->back_count = 0;
    n = pop(lane, n, max, &rows);
    lane->was_full = n == max || rows >= ROWS_MAX;
    return n;
}

/*
 * While room is short units keep what they would report, and say it again later; refusals are not
 * written down. What tells a state is small, and is stored.
 */
static size_t keep_out(struct lane *lane, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++) {
        struct item *item = &lane->items[i];

        if (item->job->refused != GV_OK || (item->job->message.row->flags & GV_MSG_ROOM) != 0)
            answer_busy(lane, item, 1, SHORT_MS + gv_random_u32() % SHORT_MS);
        else
            lane->items[kept++] = *item;
    }
    answer_busy(lane, lane->apart, lane->apart_count, SHORT_MS + gv_random_u32() % SHORT_MS);
    lane->apart_count = 0;
    return kept;
}

/* The unit whose messages have been skipped too often; 0: none. */
static int32_t waited_for(const struct item *items, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (items[i].job->tries >= SKIP_TRIES)
            return items[i].job->who->unit_id;
    }
    return 0;
}

/* A busy unit stalls nobody: it is waited for in a transaction of its own. */
static void run_all(struct lane *lane, size_t n)
{
    int32_t unit_id = waited_for(lane->items, n);
    size_t own = 0, others = 0;

    lane->looks = LOOKS_MAX;
    for (size_t i = 0; i < n; i++) {
        if (unit_id != 0 && lane->items[i].job->who->unit_id == unit_id)
            lane->own[own++] = lane->items[i];
        else
            lane->items[others++] = lane->items[i];
    }
    lane->batch.lock = GV_LOCK_SKIP;
    if (others > 0)
        run_items(lane, lane->items, others);
    lane->batch.lock = GV_LOCK_WAIT;
    if (own > 0)
        run_items(lane, lane->own, own);
    lane->batch.lock = GV_LOCK_SKIP;
    look_on(lane);
    publish_owed(lane, false);
}

void reports_run(void *arg)
{
    struct lane *lane = calloc(1, sizeof *lane);
    const struct report_lane *from = arg;
    struct coordinator *c = from->c;
    uint32_t refusals = REFUSALS_PER_S / (uint32_t)c->config.report_lanes;
    size_t max = (size_t)c->config.batch_jobs;
    char name[24];
    size_t n;

    if (lane == NULL) {
        coordinator_fail(c, "no memory for a report lane");
        return;
    }
    lane->c = lane->batch.c = c;
    lane->queue = from->queue;
    lane->index = from->index;
    snprintf(name, sizeof name, "reports %d", from->index + 1);
    lane->batch.refusals = &lane->refusals;
    gv_admission_init(&lane->refusals, refusals, 8 * refusals, gv_clock_mono_ms());
    lane->batch.arena = gv_arena_new(ARENA_BYTES);
    if (lane->batch.arena == NULL || tasks_new(&lane->batch.tasks) != GV_OK ||
        owed_new(&lane->owed) != GV_OK)
        coordinator_fail(c, "no memory for a report lane");
    else if (coordinator_store(c, name, LOCK_MS, &lane->batch.store) == GV_OK) {
        while ((n = take(lane, max)) > 0 || lane->apart_count > 0)
            run_all(lane,
                    space_is_short(c->space) && !GV_PLANTED(SPACE_IGNORED) ? keep_out(lane, n) : n);
    }
    gv_store_close(lane->batch.store);
    owed_free(lane->owed);
    tasks_free(lane->batch.tasks);
    gv_arena_free(lane->batch.arena);
    free(lane);
}
