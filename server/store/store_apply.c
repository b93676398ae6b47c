/*
 * store_apply.c - everything that a batch or an act changes: one set-based statement a table, all
 * in one round trip. The ledger, the rows and the rollups move together or not at all.
 */
#include <stdlib.h>
#include <string.h>

#include "base/plant.h"
#include "store/db.h"
#include "store/parts.h"
#include "store/store.h"

enum { /* the act table's numbers */
#define SIGNED_ACT(name, number, signers, count, with, lifecycle, when, body) ACT_##name = (number),
#include "trust/acts.def"
#undef SIGNED_ACT
};

/* What a row's events leave on it beside the lifecycle. */
struct fold {
    struct gv_assignment_row *row;
    int64_t stamp_us;
    const char *person;
    const char *narrative;
    int32_t progress;       /* percent + 1; 0: not said */
    int64_t last_report_us; /* 0: no report */
};

static int compare_folds(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)((const struct fold *)a)->row;
    uintptr_t y = (uintptr_t)((const struct fold *)b)->row;

    return x < y ? -1 : x > y;
}

static int compare_key(const void *key, const void *element)
{
    uintptr_t x = (uintptr_t)key;
    uintptr_t y = (uintptr_t)((const struct fold *)element)->row;

    return x < y ? -1 : x > y;
}

/* A report of whoever holds the assignment: a unit's own, or a member's for a body. */
static bool by_holder(const struct gv_event *event)
{
    return event->kind == GV_EVENT_REPORT ||
           (event->kind == GV_EVENT_ITEM && event->entry_kind == ACT_BODY_ENTRY);
}

static void fold_event(struct fold *fold, const struct gv_event *event)
{
    if (event->changed)
        fold->stamp_us = event->business_us;
    if (!gv_event_applies(event) || !by_holder(event))
        return;
    fold->last_report_us = event->business_us;
    if (event->person != NULL)
        fold->person = event->person;
    if (event->narrative != NULL && event->narrative[0] != '\0')
        fold->narrative = event->narrative;
    if (event->progress > 0)
        fold->progress = event->progress;
}

/* *out is the caller's: free(). */
static gv_err fold_rows(gv_store *store, const struct gv_changes *changes, struct fold **out)
{
    struct fold *folds = calloc(changes->row_count + 1, sizeof *folds);

    if (folds == NULL)
        return gv_db_nomem(store, "no memory for a batch");
    for (size_t i = 0; i < changes->row_count; i++)
        folds[i].row = changes->rows[i];
    qsort(folds, changes->row_count, sizeof *folds, compare_folds);
    for (size_t i = 0; i < changes->event_count; i++) {
        const struct gv_event *event = &changes->events[i];
        struct fold *fold;

        if (event->row == NULL)
            continue;
        fold = bsearch(event->row, folds, changes->row_count, sizeof *folds, compare_key);
        if (fold == NULL) {
            free(folds);
            gv_db_fail(store, GV_EBUG, "an event names a row that is not among the changes");
            return GV_EBUG;
        }
        fold_event(fold, event);
    }
    *out = folds;
    return GV_OK;
}

static bool moved(const struct gv_assignment_row *row)
{
    const struct gv_assignment *a = &row->a;
    const struct gv_assignment *b = &row->stored;

    return row->is_new || a->state != b->state || a->epoch != b->epoch ||
           a->has_due != b->has_due ||
           (a->has_due && (a->due_us != b->due_us || a->due_original_us != b->due_original_us)) ||
           a->issued_us != b->issued_us || a->has_submitted != b->has_submitted ||
           (a->has_submitted &&
            (a->submitted_us != b->submitted_us || a->submit_seen_us != b->submit_seen_us)) ||
           a->has_submit_due != b->has_submit_due ||
           (a->has_submit_due && a->submit_due_us != b->submit_due_us);
}

static bool touched(const struct fold *fold)
{
    return moved(fold->row) || fold->last_report_us != 0;
}

static void put_if(struct gv_args *args, bool given, int64_t v)
{
    if (given)
        gv_put_int(args, v);
    else
        gv_put_null(args);
}

/* due_us … submit_due_us: the same six columns in both statements. */
static void put_times(struct gv_args *args, const struct gv_assignment *a)
{
    put_if(args, a->has_due, a->due_us);
    put_if(args, a->has_due, a->due_original_us);
    gv_put_int(args, a->issued_us);
    put_if(args, a->has_submitted, a->submitted_us);
    put_if(args, a->has_submitted, a->submit_seen_us);
    put_if(args, a->has_submitted && a->has_submit_due, a->submit_due_us);
}

static void put_fold(struct gv_args *args, const struct fold *fold)
{
    gv_put_text(args, fold->person);
    gv_put_text(args, fold->narrative);
    put_if(args, fold->progress > 0, fold->progress);
    put_if(args, fold->last_report_us != 0, fold->last_report_us);
}

/* Consumes args. */
static gv_err queue_rows(struct gv_args *args, size_t rows)
{
    if (rows > 0)
        return gv_db_queue(args, NULL);
    gv_args_fini(args);
    return GV_OK;
}

static gv_err queue_new(gv_store *store, const struct fold *folds, size_t count)
{
    struct gv_args args;
    size_t rows = 0;

    gv_args_init(&args, store, "assignment_insert");
    for (size_t i = 0; i < count; i++) {
        const struct gv_assignment_row *row = folds[i].row;

        if (!row->is_new)
            continue;
        rows++;
        gv_args_row(&args);
        gv_put_int(&args, row->unit_id);
        gv_put_id(&args, &row->assignment);
        gv_put_int(&args, row->a.epoch);
        gv_put_id(&args, &row->directive);
        gv_put_int(&args, row->task_id);
        gv_put_int(&args, row->item);
        gv_put_int(&args, row->role);
        gv_put_int(&args, row->a.state);
        put_times(&args, &row->a);
        gv_put_int(&args, folds[i].stamp_us);
        put_if(&args, row->from_unit_id != 0, row->from_unit_id);
        put_if(&args, row->from_unit_id != 0, row->from_epoch);
        put_if(&args, row->to_unit_id != 0, row->to_unit_id);
        gv_put_id(&args, &row->act_id);
        put_fold(&args, &folds[i]);
    }
    return queue_rows(&args, rows);
}

static gv_err queue_moved(gv_store *store, const struct fold *folds, size_t count)
{
    struct gv_args args;
    size_t rows = 0;

    gv_args_init(&args, store, "assignment_update");
    for (size_t i = 0; i < count; i++) {
        const struct gv_assignment_row *row = folds[i].row;

        if (row->is_new || !touched(&folds[i]))
            continue;
        rows++;
        gv_args_row(&args);
        gv_put_int(&args, row->unit_id);
        gv_put_id(&args, &row->assignment);
        gv_put_int(&args, row->stored.epoch);
        gv_put_int(&args, row->stored.state);
        gv_put_int(&args, row->a.state);
        put_times(&args, &row->a);
        gv_put_int(&args, folds[i].stamp_us);
        put_if(&args, row->to_unit_id != 0, row->to_unit_id);
        put_fold(&args, &folds[i]);
    }
    return queue_rows(&args, rows);
}

static void put_outcome(struct gv_args *args, const struct gv_assignment *a, bool there)
{
    put_if(args, there, a->state);
    put_if(args, there && a->has_due, a->due_us);
    put_if(args, there && a->has_submitted, a->submitted_us);
    put_if(args, there && a->has_submitted && a->has_submit_due, a->submit_due_us);
}

/* Only leads are counted: see giaoviec.outcome(). */
static gv_err queue_rollups(gv_store *store, const struct fold *folds, size_t count)
{
    struct gv_args args;
    size_t rows = 0;

    gv_args_init(&args, store, "rollup_adjust");
    for (size_t i = 0; i < count; i++) {
        const struct gv_assignment_row *row = folds[i].row;

        if (!moved(row) || row->role != GV_ASSIGN_LEAD)
            continue;
        rows++;
        gv_args_row(&args);
        gv_put_int(&args, row->unit_id);
        gv_put_id(&args, &row->directive);
        gv_put_int(&args, row->item);
        gv_put_int(&args, row->role);
        put_outcome(&args, &row->stored, !row->is_new);
        put_outcome(&args, &row->a, true);
    }
    return queue_rows(&args, rows);
}

static gv_err queue_units(gv_store *store, const struct gv_unit_log *units, size_t count)
{
    struct gv_args args;
    size_t rows = 0;

    gv_args_init(&args, store, "unit_log_update");
    for (size_t i = 0; i < count; i++) {
        const struct gv_unit_log *unit = &units[i];

        if (!unit->dirty)
            continue;
        rows++;
        gv_args_row(&args);
        gv_put_int(&args, unit->unit_id);
        gv_put_u64(&args, unit->connection);
        gv_put_text(&args, unit->coordinator.s);
        gv_put_u64(&args, unit->report_n);
        gv_put_hash(&args, &unit->report_h);
        gv_put_u64(&args, unit->order_n);
        gv_put_hash(&args, &unit->order_h);
        gv_put_u64(&args, unit->ack_n);
        put_if(&args, unit->finished_known, unit->finished_day);
        gv_put_int(&args, unit->last_report_us);
        gv_put_bool(&args, unit->readmit);
    }
    return queue_rows(&args, rows);
}

static gv_err queue_orders(gv_store *store, const struct gv_order_new *orders, size_t count)
{
    struct gv_args args;

    if (count == 0)
        return GV_OK;
    gv_args_init(&args, store, "order_insert");
    for (size_t i = 0; i < count; i++) {
        gv_args_row(&args);
        gv_put_int(&args, orders[i].unit_id);
        gv_put_u64(&args, orders[i].n);
        gv_put_hash(&args, &orders[i].h);
        gv_put_id(&args, &orders[i].assignment);
        gv_put_int(&args, orders[i].epoch);
        gv_put_bytes(&args, orders[i].entry);
    }
    return gv_db_queue(&args, NULL);
}

static gv_err queue_evidence(gv_store *store, const struct gv_evidence *evidence, size_t count)
{
    struct gv_args args;

    if (count == 0)
        return GV_OK;
    gv_args_init(&args, store, "evidence_insert");
    for (size_t i = 0; i < count; i++) {
        gv_args_row(&args);
        gv_put_int(&args, evidence[i].unit_id);
        gv_put_int(&args, evidence[i].kind);
        gv_put_u64(&args, evidence[i].first);
        gv_put_u64(&args, evidence[i].last);
        gv_put_bytes(&args, evidence[i].envelope);
    }
    return gv_db_queue(&args, NULL);
}

/* Planted: what was counted so far is durable by itself. */
static gv_err commit_counts(gv_store *store)
{
    gv_err err = gv_db_pipeline_end(store);

    if (err == GV_OK)
        err = gv_store_commit(store);
    if (err == GV_OK)
        err = gv_store_begin(store);
    return err == GV_OK ? gv_db_pipeline_begin(store) : err;
}

static gv_err queue_key(gv_store *store, const struct gv_key_change *key)
{
    struct gv_args args;

    gv_args_init(&args, store, key->takes_place ? "unit_key_follow" : "unit_key_next");
    gv_put_int(&args, key->unit_id);
    gv_put_id(&args, &key->key_id);
    if (!key->takes_place) {
        gv_put_bytes(&args, (struct gv_slice){key->sign_key, sizeof key->sign_key});
        gv_put_bytes(&args, (struct gv_slice){key->curve_key, sizeof key->curve_key});
        gv_put_bytes(&args, key->statement);
        gv_put_id(&args, &key->from);
        gv_put_int(&args, key->grace_ms);
    }
    return gv_db_queue(&args, NULL);
}

static gv_err queue_keys(gv_store *store, const struct gv_key_change *keys, size_t count)
{
    struct gv_args args;
    gv_err err = GV_OK;

    for (size_t i = 0; i < count && err == GV_OK; i++)
        err = queue_key(store, &keys[i]);
    if (count == 0 || err != GV_OK)
        return err;
    gv_args_init(&args, store, "keys_bump");
    return gv_db_queue(&args, NULL);
}

static gv_err queue_all(gv_store *store, const struct gv_changes *changes, const struct fold *folds)
{
    gv_err err = queue_rollups(store, folds, changes->row_count);

    if (err == GV_OK && GV_PLANTED(ROLLUP_OUTSIDE))
        err = commit_counts(store);
    if (err == GV_OK)
        err = queue_units(store, changes->units, changes->unit_count);
    if (err == GV_OK)
        err = queue_moved(store, folds, changes->row_count);
    if (err == GV_OK)
        err = queue_new(store, folds, changes->row_count);
    if (err == GV_OK && changes->event_count > 0)
        err = gv_store_ledger_put(store, changes->events, changes->event_count, true);
    if (err == GV_OK)
        err = gv_store_facts_queue(store, changes->events, changes->event_count);
    if (err == GV_OK)
        err = queue_orders(store, changes->orders, changes->order_count);
    if (err == GV_OK)
        err = queue_evidence(store, changes->evidence, changes->evidence_count);
    if (err == GV_OK)
        err = queue_keys(store, changes->keys, changes->key_count);
    return err;
}

/* What was written is what is stored now: a further slice of the same act starts from it. */
static void settle_rows(const struct gv_changes *changes)
{
    for (size_t i = 0; i < changes->row_count; i++) {
        changes->rows[i]->stored = changes->rows[i]->a;
        changes->rows[i]->is_new = false;
    }
    for (size_t i = 0; i < changes->unit_count; i++)
        changes->units[i].dirty = false;
}

static gv_err run(gv_store *store, const struct gv_changes *changes, bool commit)
{
    struct fold *folds = NULL;
    gv_err err = fold_rows(store, changes, &folds);
    gv_err end;

    if (err == GV_OK)
        err = gv_db_pipeline_begin(store);
    if (err == GV_OK) {
        err = queue_all(store, changes, folds);
        end = commit && err == GV_OK ? gv_db_pipeline_commit(store) : gv_db_pipeline_end(store);
        if (err == GV_OK)
            err = end;
    }
    if (err == GV_OK)
        settle_rows(changes);
    free(folds);
    return err;
}

gv_err gv_store_apply(gv_store *store, const struct gv_changes *changes)
{
    return run(store, changes, false);
}

gv_err gv_store_apply_commit(gv_store *store, const struct gv_changes *changes)
{
    return run(store, changes, true);
}
