/*
 * store_model.c - stands in for server/store: connections, transactions, row locks. A transaction
 * gathers what it will store and stores it at once in its COMMIT; what happens to a COMMIT whose
 * connection breaks is nobody's guess, as with a database.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fiber.h"
#include "store_model.h"

enum {
    LOCK_MS = 3000,
    STORES_MAX = 64,
};

struct database db;

static gv_store *stores[STORES_MAX];

/* ---- connections ---- */

static bool alive(const gv_store *store)
{
    return store->process->up && db.up && !store->lost && store->generation == db.generation &&
           db.reachable[store->server];
}

static void end_txn(gv_store *store)
{
    for (int i = 1; i <= UNITS_MAX; i++) {
        if (db.units[i].locked_by == store)
            db.units[i].locked_by = NULL;
    }
    for (uint32_t i = 0; i < DIRECTIVES_MAX; i++) {
        if (db.directive_locked[i] == store)
            db.directive_locked[i] = NULL;
    }
    store->in_txn = false;
    store->has_changes = store->act_new = store->act_seen = false;
    store->act_result = (struct gv_slice){0};
    store->lifted = NULL;
}

static gv_err fail(gv_store *store, gv_err err)
{
    if (err == GV_EUNAVAILABLE || err == GV_EUNKNOWN) {
        store->lost = true;
        end_txn(store);
    }
    store->sticky = err;
    return err;
}

static void take_time(uint32_t most_ms)
{
    if (fiber_self() != NULL && most_ms > 0 && below(3) > 0)
        fiber_wait(below(most_ms + 1));
}

gv_err store_step(gv_store *store)
{
    if (store->sticky != GV_OK)
        return store->sticky;
    take_time(store->in_txn ? sim.plan.db_ms : 0);
    store->active_ms = sim.now_ms;
    if (!alive(store)) {
        gv_err err = fail(store, GV_EUNAVAILABLE);

        if (!store->in_txn)
            store->sticky = GV_OK; /* outside a transaction it does not stick */
        return err;
    }
    return GV_OK;
}

gv_err gv_store_open(const struct gv_store_options *options, gv_store **out, char *why,
                     size_t why_size)
{
    uint32_t server = server_of(sim.current);
    gv_store *store;

    if (why != NULL && why_size > 0)
        why[0] = '\0';
    assert(server < SERVERS_MAX);
    take_time(3);
    if (!server_process(server)->up || !db.up || !db.reachable[server])
        return GV_EUNAVAILABLE;
    store = calloc(1, sizeof *store);
    if (store == NULL)
        return GV_ENOMEM;
    store->server = server;
    store->process = server_process(server);
    store->generation = db.generation;
    store->lock_ms = options->lock_timeout_ms > 0 ? options->lock_timeout_ms : LOCK_MS;
    for (size_t i = 0; i < STORES_MAX; i++) {
        if (stores[i] == NULL) {
            stores[i] = store;
            *out = store;
            return GV_OK;
        }
    }
    abort();
}

void gv_store_close(gv_store *store)
{
    if (store == NULL)
        return;
    end_txn(store);
    for (size_t i = 0; i < STORES_MAX; i++) {
        if (stores[i] == store)
            stores[i] = NULL;
    }
    free(store);
}

gv_err gv_store_reconnect(gv_store *store)
{
    end_txn(store);
    store->sticky = GV_OK;
    take_time(5);
    if (!store->process->up || !db.up || !db.reachable[store->server])
        return GV_EUNAVAILABLE;
    store->lost = false;
    store->generation = db.generation;
    return GV_OK;
}

uint64_t gv_store_connection(const gv_store *store)
{
    return store->generation + 1;
}

const char *gv_store_error(const gv_store *store)
{
    (void)store;
    return "";
}

/* What the database does to all its connections. */
void store_drop_all(uint32_t server)
{
    for (size_t i = 0; i < STORES_MAX; i++) {
        if (stores[i] == NULL || (server < SERVERS_MAX && stores[i]->server != server))
            continue;
        stores[i]->lost = true;
        end_txn(stores[i]);
    }
}

/* ---- transactions ---- */

gv_err gv_store_begin(gv_store *store)
{
    gv_err err = store_step(store);

    if (err != GV_OK)
        return err;
    assert(!store->in_txn);
    store->in_txn = true;
    return GV_OK;
}

void gv_store_rollback(gv_store *store)
{
    end_txn(store);
    store->sticky = GV_OK;
}

gv_err gv_store_failed(const gv_store *store)
{
    return store->sticky;
}

static gv_err unknown(gv_store *store)
{
    sim.count.unknown++;
    say("%s: COMMIT unknown", store->process->name);
    return fail(store, GV_EUNKNOWN);
}

gv_err gv_store_commit(gv_store *store)
{
    gv_err err = store_step(store);
    bool early = below(2) == 0;

    if (err != GV_OK)
        return err;
    assert(store->in_txn);
    if (fault_percent(2)) {
        if (early)
            db_store(store);
        return unknown(store);
    }
    if (early)
        db_store(store);
    take_time(sim.plan.db_ms); /* for the disk, for the standby */
    if (!alive(store))
        return unknown(store);
    if (!early)
        db_store(store);
    end_txn(store);
    return GV_OK;
}

/* ---- locks ---- */

/* A client that stands still inside a transaction does not hold its locks for ever. */
static void end_idle(void)
{
    for (size_t i = 0; i < STORES_MAX; i++) {
        if (stores[i] != NULL && stores[i]->in_txn && process_stopped(stores[i]->process) &&
            sim.now_ms > stores[i]->active_ms + GV_STORE_IDLE_MS) {
            stores[i]->lost = true;
            end_txn(stores[i]);
        }
    }
}

/* One turn of waiting for a lock. */
static gv_err wait_lock(gv_store *store, int64_t until_ms)
{
    end_idle();
    if (sim.now_ms >= until_ms || fiber_self() == NULL)
        return fail(store, GV_ECONFLICT);
    fiber_wait(1 + below(10));
    return alive(store) ? GV_OK : fail(store, GV_EUNAVAILABLE);
}

/* GV_EAGAIN: somebody else holds it (with skip). */
gv_err store_lock(gv_store *store, struct db_unit *unit, bool skip)
{
    int64_t until_ms = sim.now_ms + store->lock_ms;
    gv_err err;

    while (unit->locked_by != NULL && unit->locked_by != store) {
        if (skip)
            return GV_EAGAIN;
        err = wait_lock(store, until_ms);
        if (err != GV_OK)
            return err;
    }
    unit->locked_by = store;
    return GV_OK;
}

gv_err store_lock_directive(gv_store *store, uint32_t directive)
{
    const gv_store **holder = &db.directive_locked[directive];
    int64_t until_ms = sim.now_ms + store->lock_ms;

    while (*holder != NULL && *holder != store) {
        gv_err err = wait_lock(store, until_ms);

        if (err != GV_OK)
            return err;
    }
    *holder = store;
    return GV_OK;
}

static int by_number(const void *a, const void *b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

gv_err gv_store_units_lock(gv_store *store, gv_arena *arena, const int32_t *ids, size_t count,
                           enum gv_lock how, struct gv_unit_log **out, size_t *out_count)
{
    int32_t *sorted = gv_arena_copy(arena, ids, count * sizeof *ids);
    struct gv_unit_log *logs = gv_arena_alloc(arena, (count + 1) * sizeof *logs);
    gv_err err = store_step(store);
    size_t n = 0;

    assert(sorted != NULL && logs != NULL);
    qsort(sorted, count, sizeof *sorted, by_number);
    for (size_t i = 0; err == GV_OK && i < count; i++) {
        struct db_unit *unit = &db.units[sorted[i]];

        if (i > 0 && sorted[i] == sorted[i - 1])
            continue;
        err = store_lock(store, unit, how == GV_LOCK_SKIP);
        if (err == GV_EAGAIN) {
            err = GV_OK;
            continue;
        }
        if (err == GV_OK)
            logs[n++] = unit->log;
    }
    *out = logs;
    *out_count = n;
    return err;
}

gv_err gv_store_assignments_lock(gv_store *store, gv_arena *arena,
                                 const struct gv_assignment_key *keys, size_t count,
                                 struct gv_assignment_row **out, size_t *out_count)
{
    struct gv_assignment_row *rows = gv_arena_alloc(arena, (count + 1) * sizeof *rows);
    gv_err err = store_step(store);
    size_t n = 0;

    assert(rows != NULL);
    if (err != GV_OK)
        return err;
    for (size_t i = 0; i < count; i++) {
        const struct db_row *best = NULL;
        size_t place = 0;

        if (store_lock(store, &db.units[keys[i].unit_id], true) == GV_EAGAIN)
            continue; /* whoever locks an assignment has its unit */
        for (size_t k = 0; k < db.row_n; k++) {
            const struct gv_assignment_row *row = &db.rows[k].row;

            if (row->unit_id == keys[i].unit_id &&
                gv_id_eq(&row->assignment, &keys[i].assignment) &&
                (best == NULL || row->a.epoch > best->row.a.epoch))
                best = &db.rows[k];
        }
        while (best != NULL && place < n &&
               (rows[place].unit_id < best->row.unit_id ||
                (rows[place].unit_id == best->row.unit_id &&
                 gv_id_cmp(&rows[place].assignment, &best->row.assignment) < 0)))
            place++;
        if (best == NULL || (place < n && rows[place].unit_id == best->row.unit_id &&
                             gv_id_eq(&rows[place].assignment, &best->row.assignment)))
            continue;
        memmove(&rows[place + 1], &rows[place], (n - place) * sizeof *rows);
        rows[place] = best->row;
        rows[place].stored = best->row.a;
        n++;
    }
    *out = rows;
    *out_count = n;
    return GV_OK;
}

/* The orders that the spans name, and the keys with what these orders are about. */
static struct gv_assignment_key *keys_of(gv_arena *arena, struct gv_load *load, size_t *count)
{
    struct gv_assignment_key *keys;
    size_t n = load->key_count;

    for (size_t i = 0; i < load->span_count; i++) {
        struct gv_order_span *span = &load->spans[i];

        assert(i == 0 || load->spans[i - 1].unit_id < span->unit_id);
        db_orders_told(arena, span);
        n += span->count;
    }
    keys = gv_arena_alloc(arena, (n + 1) * sizeof *keys);
    assert(keys != NULL);
    if (load->key_count > 0)
        memcpy(keys, load->keys, load->key_count * sizeof *keys);
    *count = load->key_count;
    for (size_t i = 0; i < load->span_count; i++) {
        for (size_t k = 0; k < load->spans[i].count; k++)
            keys[(*count)++] = (struct gv_assignment_key){load->spans[i].unit_id,
                                                          load->spans[i].orders[k].assignment};
    }
    return keys;
}

gv_err gv_store_load(gv_store *store, gv_arena *arena, struct gv_load *load)
{
    gv_err err = gv_store_units_lock(store, arena, load->unit_ids, load->unit_id_count, load->lock,
                                     &load->units, &load->unit_count);
    const struct gv_assignment_key *keys;
    size_t count;

    if (err == GV_OK)
        err = gv_store_clock(store, &load->business_us, &load->step, &load->stepped);
    if (err != GV_OK)
        return err;
    keys = keys_of(arena, load, &count);
    return gv_store_assignments_lock(store, arena, keys, count, &load->rows, &load->row_count);
}

/* ---- applying ---- */

/* Whatever nobody before the database refuses: the largest values stand for it. */
static bool refuses(const struct gv_event *event)
{
    for (size_t i = 0; i < event->value_count; i++) {
        if (event->disposition == 1 && strspn(event->values[i].value, "0123456789") >= 30)
            return true;
    }
    return false;
}

gv_err gv_store_apply(gv_store *store, const struct gv_changes *changes)
{
    gv_err err = store_step(store);

    if (err != GV_OK)
        return err;
    assert(store->in_txn && !store->has_changes);
    if (fault_percent(2))
        return fail(store, below(4) == 0 ? GV_EAGAIN : GV_ECONFLICT);
    for (size_t i = 0; i < changes->event_count; i++) {
        if (refuses(&changes->events[i]))
            return fail(store, GV_EBADMSG);
    }
    store->has_changes = true;
    store->changes = *changes;
    store->notes = keep_zero((changes->row_count + 1) * sizeof *store->notes);
    store->dirty = keep_zero((changes->unit_count + 1) * sizeof *store->dirty);
    for (size_t i = 0; i < changes->row_count; i++) {
        struct gv_assignment_row *row = changes->rows[i];

        store->notes[i] = (struct row_note){row->is_new, row->stored};
        row->stored = row->a;
        row->is_new = false;
    }
    for (size_t i = 0; i < changes->unit_count; i++) {
        store->dirty[i] = changes->units[i].dirty;
        changes->units[i].dirty = false;
    }
    return GV_OK;
}

gv_err gv_store_apply_commit(gv_store *store, const struct gv_changes *changes)
{
    gv_err err = gv_store_apply(store, changes);

    return err == GV_OK ? gv_store_commit(store) : err;
}

/* ---- acts ---- */

gv_err gv_store_act_put(gv_store *store, gv_arena *arena, const struct gv_act_new *act,
                        bool *repeated, struct gv_slice *result)
{
    gv_err err = store_step(store);
    int64_t until_ms = sim.now_ms + store->lock_ms;
    struct db_act *known;
    gv_hash envelope;

    if (err != GV_OK)
        return err;
    for (size_t i = 0; i < STORES_MAX; i++) { /* another transaction inserts it: wait for its end */
        while (stores[i] != NULL && stores[i] != store && stores[i]->in_txn &&
               (stores[i]->act_new || stores[i]->act_seen) &&
               gv_id_eq(&stores[i]->act.act_id, &act->act_id)) {
            err = wait_lock(store, until_ms);
            if (err != GV_OK)
                return err;
        }
    }
    store->act = *act;
    known = db_act_of(&act->act_id);
    *repeated = known != NULL;
    *result = (struct gv_slice){0};
    gv_blob_digest(act->envelope, &envelope);
    if (known == NULL) {
        store->act_new = true;
        return GV_OK;
    }
    store->act_seen = true;
    if (!gv_hash_eq(&envelope, &known->envelope))
        return fail(store, GV_EREPLAY);
    result->data = gv_arena_copy(arena, known->result.data, known->result.len);
    result->len = known->result.len;
    return GV_OK;
}

gv_err gv_store_act_result(gv_store *store, const gv_id *act_id, struct gv_slice result)
{
    gv_err err = store_step(store);

    (void)act_id;
    if (err == GV_OK)
        store->act_result = (struct gv_slice){keep(result.data, result.len), result.len};
    return err;
}
