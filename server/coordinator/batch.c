/* batch.c - the steps of a batch, for whatever messages are in it. */
#include "coordinator/batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/plant.h"

const struct handler *batch_handler(const struct item *item)
{
    if (item->job->refused != GV_OK)
        return &h_refused;
    switch (item->job->message.head.kind) {
    case GV_KIND_HELLO:
        return &h_hello;
    case GV_KIND_REPORTS:
        return &h_reports;
    case GV_KIND_ROTATE_KEY:
        return &h_rotate_key;
    default:
        return &h_orders_receipt; /* the message table lets nothing else into this lane */
    }
}

/* Keys that fall on one place are only wanted more often than they need be. */
static uint32_t *place_of(struct batch *batch, const gv_id *assignment)
{
    return &batch->seen[(assignment->b[0] | assignment->b[1] << 8) % BATCH_SEEN];
}

static bool is_key(const struct gv_assignment_key *key, int32_t unit_id, const gv_id *assignment)
{
    return key->unit_id == unit_id && gv_id_eq(&key->assignment, assignment);
}

void batch_want(struct batch *batch, int32_t unit_id, const gv_id *assignment)
{
    uint32_t *seen = place_of(batch, assignment);

    if (*seen > 0 && is_key(&batch->keys[*seen - 1], unit_id, assignment))
        return;
    if (batch->key_count == batch->key_cap) {
        size_t cap = batch->key_cap == 0 ? 256 : batch->key_cap * 2;
        struct gv_assignment_key *moved = gv_arena_alloc(batch->arena, cap * sizeof *moved);

        if (moved == NULL) {
            batch->changes.failed = true;
            return;
        }
        if (batch->key_count > 0)
            memcpy(moved, batch->keys, batch->key_count * sizeof *moved);
        batch->keys = moved;
        batch->key_cap = cap;
    }
    batch->keys[batch->key_count++] = (struct gv_assignment_key){unit_id, *assignment};
    *seen = (uint32_t)batch->key_count;
}

gv_err batch_want_orders(struct batch *batch, int32_t unit_id, uint64_t last)
{
    if (batch->spans == NULL)
        batch->spans = gv_arena_alloc(batch->arena, batch->count * sizeof *batch->spans);
    if (batch->spans == NULL)
        return GV_ENOMEM;
    batch->spans[batch->span_count++] =
        (struct gv_order_span){.unit_id = unit_id, .last = last < INT64_MAX ? last : INT64_MAX};
    return GV_OK;
}

static int compare_spans(const void *a, const void *b)
{
    const struct gv_order_span *x = a, *y = b;

    if (x->unit_id != y->unit_id)
        return x->unit_id < y->unit_id ? -1 : 1;
    return (x->last > y->last) - (x->last < y->last);
}

/* Of each unit that which goes farthest. */
static void sort_spans(struct batch *batch)
{
    size_t kept = 0;

    if (batch->span_count > 0)
        qsort(batch->spans, batch->span_count, sizeof batch->spans[0], compare_spans);
    for (size_t i = 0; i < batch->span_count; i++) {
        if (kept > 0 && batch->spans[kept - 1].unit_id == batch->spans[i].unit_id)
            kept--;
        batch->spans[kept++] = batch->spans[i];
    }
    batch->span_count = kept;
}

static int compare_unit(const void *key, const void *span)
{
    int32_t unit_id = *(const int32_t *)key;
    const struct gv_order_span *s = span;

    return (unit_id > s->unit_id) - (unit_id < s->unit_id);
}

const struct gv_order *batch_orders(const struct batch *batch, int32_t unit_id, uint64_t first,
                                    uint64_t last)
{
    const struct gv_order_span *span;

    assert(batch->span_count > 0 && first <= last);
    span = bsearch(&unit_id, batch->spans, batch->span_count, sizeof *span, compare_unit);
    assert(span != NULL);
    if (span->count == 0 || first < span->orders[0].n || last - span->orders[0].n >= span->count)
        return NULL;
    return &span->orders[first - span->orders[0].n];
}

static void refuse(struct item *item, gv_err err, const char *why)
{
    item->outcome = OUTCOME_REFUSED;
    item->err = err;
    item->why = why;
}

bool batch_key_holds(const struct item *item)
{
    const struct gv_unit_log *unit = item->unit;
    const gv_id *key_id = &item->job->who->key_id;

    if (!unit->has_key || unit->revoked || unit->ended)
        return false;
    return gv_id_eq(&unit->key_id, key_id) ||
           (unit->has_next && gv_id_eq(&unit->next_key_id, key_id) &&
            item->job->message.head.kind == GV_KIND_HELLO);
}

/* What holds for every message of a unit, again under its lock. */
static void check_unit(struct batch *batch, struct item *item)
{
    const struct principal *who = item->job->who;
    struct gv_unit_log *unit = gv_unit_log_find(batch->units, batch->unit_count, who->unit_id);
    const struct gv_head *head = &item->job->message.head;

    if (who->unit_id == 0 || item->job->refused != GV_OK)
        return;                                        /* nothing but a line in the ledger */
    if (unit == NULL && batch->lock == GV_LOCK_WAIT) { /* a database that has lost it */
        refuse(item, GV_EDENIED, "no such unit");
        return;
    }
    if (unit == NULL) {
        item->outcome = OUTCOME_AGAIN;
        return;
    }
    item->unit = unit;
    if (!batch_key_holds(item))
        refuse(item, GV_EDENIED, "this key is no longer the unit's");
    else if (unit->quarantined)
        refuse(item, GV_EQUARANTINE, NULL);
    else if (head->kind != GV_KIND_HELLO && head->connection != unit->connection)
        refuse(item, GV_EREPLAY, "the unit has connected anew since");
}

#ifdef GV_FAILPOINTS
/* What a batch is about: entries of reports, or messages of another kind. */
static size_t at_stake(const struct batch *batch, uint32_t kind)
{
    size_t n = 0;

    for (size_t i = 0; i < batch->count; i++) {
        const struct job *job = batch->items[i].job;

        if (job->refused == GV_OK && job->message.head.kind == kind)
            n += kind == GV_KIND_REPORTS
                     ? ((const Giaoviec__V1__Reports *)job->message.body)->n_entries
                     : 1;
    }
    return n;
}
#endif
#define BATCH_FAILPOINT(name, batch)                                                               \
    GV_FAILPOINT_WITH(name, at_stake(batch, GV_KIND_REPORTS),                                      \
                      at_stake(batch, GV_KIND_ORDERS_RECEIPT), 0)

/* Smaller ones, by halves: what found no room would be taken for malformed. */
static gv_err fits(const struct batch *batch)
{
    if (batch->changes.failed)
        return GV_ENOMEM;
    return batch->count > 1 && gv_arena_used(batch->arena) > BATCH_BYTES ? GV_ETOOBIG : GV_OK;
}

/* What can be known without the database: which units, of which assignments and orders. */
static gv_err want_all(struct batch *batch, struct gv_load *load)
{
    int32_t *ids = gv_arena_alloc(batch->arena, (batch->count + 1) * sizeof *ids);
    gv_err err = ids != NULL ? GV_OK : GV_ENOMEM;
    size_t n = 0;

    for (size_t i = 0; err == GV_OK && i < batch->count; i++) {
        struct item *item = &batch->items[i];

        if (item->job->who->unit_id != 0)
            ids[n++] = item->job->who->unit_id;
        if (batch_handler(item)->want != NULL)
            err = batch_handler(item)->want(batch, item);
        if (err == GV_OK)
            err = fits(batch);
    }
    sort_spans(batch);
    *load = (struct gv_load){.unit_ids = ids,
                             .unit_id_count = n,
                             .lock = batch->lock,
                             .keys = batch->keys,
                             .key_count = batch->key_count,
                             .spans = batch->spans,
                             .span_count = batch->span_count};
    return err;
}

/* One round trip, as long as nobody needs more than could be known before. */
static gv_err load_all(struct batch *batch)
{
    struct gv_load load;
    gv_err err = want_all(batch, &load);

    if (err == GV_OK)
        err = gv_store_load(batch->store, batch->arena, &load);
    if (err != GV_OK)
        return err;
    batch->units = load.units;
    batch->unit_count = load.unit_count;
    batch->rows = load.rows;
    batch->row_count = load.row_count;
    batch->business_us = load.business_us;
    batch->step = load.step;
    batch->stepped = load.stepped;
    changes_init(&batch->changes, batch->arena, batch->business_us);
    for (size_t i = 0; err == GV_OK && i < batch->count; i++) {
        struct item *item = &batch->items[i];

        check_unit(batch, item);
        if (item->outcome == OUTCOME_NONE)
            err = batch_handler(item)->load(batch, item);
        if (err == GV_OK)
            err = fits(batch);
    }
    return err;
}

/*
 * Who is not admitted any more, or quarantined, and speaks all the same is written down, though not
 * without end. What merely came out of order is only counted.
 */
static void write_down(struct batch *batch, const struct item *item)
{
    struct gv_event event = {.kind = GV_EVENT_REFUSAL,
                             .unit_id = item->job->who->unit_id,
                             .entry_kind = item->job->message.head.kind,
                             .disposition = GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_REFUSED,
                             .error = item->err,
                             .text = item->why != NULL ? item->why : gv_err_text(item->err),
                             .business_us = batch->business_us,
                             .actor = item->job->who->code.s};
    uint32_t wait;

    if (item->outcome == OUTCOME_REFUSED &&
        (item->err == GV_EDENIED || item->err == GV_EQUARANTINE) && item->unit != NULL &&
        !space_is_short(batch->c->space) &&
        gv_admission_take(batch->refusals, gv_clock_mono_ms(), 0, &wait))
        changes_event(&batch->changes, &event);
}

static void decide(struct batch *batch)
{
    for (size_t i = 0; i < batch->row_count; i++)
        changes_row(&batch->changes, &batch->rows[i]);
    for (size_t i = 0; i < batch->count; i++) {
        struct item *item = &batch->items[i];

        if (item->outcome == OUTCOME_NONE)
            batch_handler(item)->decide(batch, item);
        if (item->job->refused == GV_OK)
            write_down(batch, item);
    }
    batch->changes.set.units = batch->units;
    batch->changes.set.unit_count = batch->unit_count;
}

static void forget_run(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct item *item = &batch->items[i];

        *item = (struct item){.job = item->job, .limit = item->limit, .refuse_n = item->refuse_n};
    }
    batch->spans = NULL;
    batch->span_count = 0;
    batch->keys = NULL;
    batch->key_count = batch->key_cap = 0;
    memset(batch->seen, 0, sizeof batch->seen);
    batch->changes.failed = false;
    gv_arena_reset(batch->arena);
}

/* Planted: whoever waits is told before anything is durable. */
static void publish_early(struct batch *batch)
{
    for (size_t i = 0; GV_PLANTED(RECEIPT_BEFORE_COMMIT) && i < batch->count; i++) {
        if (batch->items[i].outcome == OUTCOME_DONE)
            batch_handler(&batch->items[i])->publish(batch, &batch->items[i]);
    }
}

static gv_err store_all(struct batch *batch)
{
    gv_err err;

    if (!changes_ok(&batch->changes) || gv_arena_starved(batch->arena))
        return GV_ENOMEM; /* what was decided without memory is no decision */
    publish_early(batch);
    err = gv_store_apply_commit(batch->store, &batch->changes.set);
    if (err == GV_EUNKNOWN && GV_PLANTED(UNKNOWN_IS_DONE)) {
        gv_store_rollback(batch->store);
        err = GV_OK;
    }
    return err == GV_OK && BATCH_FAILPOINT(batch_committed, batch) ? GV_EUNKNOWN : err;
}

gv_err batch_run(struct batch *batch)
{
    gv_err err;

    forget_run(batch);
    batch->losses = atomic_load(&batch->c->losses);
    tasks_begin(batch->tasks, batch->store);
    err = gv_store_begin(batch->store);
    if (err == GV_OK)
        err = load_all(batch);
    if (err == GV_OK && BATCH_FAILPOINT(batch_loaded, batch))
        err = GV_EDB;
    if (err == GV_OK)
        decide(batch);
    if (err == GV_OK && BATCH_FAILPOINT(batch_decided, batch))
        err = GV_EDB;
    if (err == GV_OK)
        err = store_all(batch);
    if (err != GV_OK) {
        gv_store_rollback(batch->store);
        return err;
    }
    count(batch->c, COUNT_BATCHES, 1);
    return GV_OK;
}
