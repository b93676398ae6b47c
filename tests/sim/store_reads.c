/* store_reads.c - what needs no transaction of its own: reading, sessions, keys, duties. */
#include <assert.h>
#include <string.h>

#include "store_model.h"

/* ---- the deployment ---- */

gv_err gv_store_deployment(gv_store *store, gv_arena *arena, struct gv_deployment *out)
{
    (void)arena;
    *out = (struct gv_deployment){
        .id = deployment.opened->deployment,
        .business_us = db_business_us(),
        .keyset_version = 1,
        .keyset = {deployment.keyset.data, deployment.keyset.len},
        .root_key = {deployment.root->sign_pk, 32},
        .keys_version = db.keys_version,
        .real_us = db_business_us(),
    };
    return store_step(store);
}

gv_err gv_store_deployment_init(gv_store *store, const struct gv_deployment *d)
{
    (void)d;
    return store_step(store);
}

gv_err gv_store_keyset_put(gv_store *store, uint64_t version, struct gv_slice keyset)
{
    (void)version;
    (void)keyset;
    return store_step(store) == GV_OK ? GV_EVERSION : GV_EUNAVAILABLE;
}

gv_err gv_store_clock_step(gv_store *store, int64_t to_us, uint64_t *step)
{
    (void)to_us;
    (void)step;
    return store_step(store) == GV_OK ? GV_ESTATE : GV_EUNAVAILABLE;
}

gv_err gv_store_clock(gv_store *store, int64_t *business_us, uint64_t *step, bool *stepped)
{
    gv_err err = store_step(store);

    *business_us = db_business_us();
    if (step != NULL)
        *step = 0;
    if (stepped != NULL)
        *stepped = false;
    return err;
}

/* ---- keys ---- */

gv_err gv_store_keys(gv_store *store, gv_arena *arena, struct gv_unit_key **out, size_t *count,
                     uint64_t *keys_version)
{
    struct gv_unit_key *keys = gv_arena_zalloc(arena, (UNITS_MAX + 1) * sizeof *keys);
    gv_err err = store_step(store);

    assert(keys != NULL);
    for (uint32_t i = 0; i < sim.plan.units; i++) {
        const struct db_unit *unit = &db.units[i + 1];

        keys[i] = (struct gv_unit_key){.unit_id = unit->log.unit_id,
                                       .code = unit->code,
                                       .has_key = true,
                                       .quarantined = unit->log.quarantined,
                                       .key_id = unit->log.key_id};
        memcpy(keys[i].sign_key, deployment.unit[i]->sign_pk, 32);
        memcpy(keys[i].curve_key, deployment.unit[i]->curve_pk, 32);
    }
    *out = keys;
    *count = sim.plan.units;
    *keys_version = db.keys_version;
    return err;
}

gv_err gv_store_keys_version(gv_store *store, uint64_t *keys_version)
{
    *keys_version = db.keys_version;
    return store_step(store);
}

gv_err gv_store_units_register(gv_store *store, const struct gv_unit_new *units, size_t count,
                               const gv_id *act_id, size_t *created)
{
    (void)units;
    (void)count;
    (void)act_id;
    *created = 0;
    return store_step(store);
}

gv_err gv_store_tokens_issue(gv_store *store, const struct gv_token_new *tokens, size_t count,
                             const gv_id *act_id, size_t *bad)
{
    (void)tokens;
    (void)count;
    (void)act_id;
    (void)bad;
    return store_step(store);
}

gv_err gv_store_key_revoke(gv_store *store, const char *unit, const gv_id *key_id,
                           const gv_id *act_id)
{
    (void)unit;
    (void)key_id;
    (void)act_id;
    return store_step(store);
}

/* No unit changes its key here. */
gv_err gv_store_key_history(gv_store *store, int32_t unit_id, const gv_id *key_id,
                            struct gv_key_history *out)
{
    (void)unit_id;
    (void)key_id;
    *out = (struct gv_key_history){0};
    return store_step(store);
}

gv_err gv_store_keys_due(gv_store *store, size_t *count)
{
    *count = 0;
    return store_step(store);
}

gv_err gv_store_units_resolve(gv_store *store, const char *const *codes, size_t count,
                              struct gv_unit_ref *out)
{
    memset(out, 0, count * sizeof *out);
    for (size_t i = 0; i < count; i++) {
        for (int32_t k = 1; k <= (int32_t)sim.plan.units; k++) {
            if (strcmp(db.units[k].code.s, codes[i]) == 0)
                out[i].unit_id = k;
        }
    }
    return store_step(store);
}

/* One change of a unit's row as a transaction of its own. */
static gv_err alone(gv_store *store, struct db_unit *unit)
{
    gv_err err = store_lock(store, unit, false);

    if (err != GV_OK) {
        gv_store_rollback(store);
        return err;
    }
    DB_CHANGE(unit->log);
    return GV_OK;
}

void keys_changed(void)
{
    DB_CHANGE(db.keys_version);
    db.keys_version += 1 + db.generation; /* never a number that a lost history had */
}

gv_err gv_store_quarantine(gv_store *store, int32_t unit_id, const char *why)
{
    struct db_unit *unit = &db.units[unit_id];
    gv_err err = store_step(store);

    if (err == GV_OK)
        err = alone(store, unit);
    if (err != GV_OK)
        return err;
    PROMISE(db.lost || unit->disk_lost, "%s is put into quarantine: %s", unit->code.s, why);
    unit->log.quarantined = true;
    unit->log.readmit = false;
    unit->locked_by = NULL;
    keys_changed();
    db_committed();
    return GV_OK;
}

gv_err gv_store_quarantine_lift(gv_store *store, const char *unit)
{
    gv_err err = store_step(store);

    for (uint32_t i = 1; err == GV_OK && i <= sim.plan.units; i++) {
        if (strcmp(db.units[i].code.s, unit) != 0)
            continue;
        err = store_lock(store, &db.units[i], false);
        if (err == GV_OK && !db.units[i].log.quarantined)
            err = store->sticky = GV_ESTATE;
        if (err == GV_OK)
            store->lifted = &db.units[i];
        return err;
    }
    return err != GV_OK ? err : GV_ENOTFOUND;
}

/* Its key is the same here, so its connections are counted on: else what the network still has of
 * the old one would be the new one's. */
bool db_enrol_anew(const char *code)
{
    for (uint32_t i = 1; db.up && i <= sim.plan.units; i++) {
        struct db_unit *unit = &db.units[i];

        if (strcmp(unit->code.s, code) != 0 || unit->locked_by != NULL)
            continue;
        say("%s enrols anew", code);
        DB_CHANGE(unit->log);
        unit->log.quarantined = false;
        unit->log.readmit = true;
        unit->log.coordinator = (gv_code){{0}};
        keys_changed();
        db_committed();
        return true;
    }
    return false;
}

gv_err gv_store_unit_log(gv_store *store, int32_t unit_id, struct gv_unit_log *out)
{
    *out = db.units[unit_id].log;
    return store_step(store);
}

/* ---- both logs ---- */

gv_err gv_store_reports(gv_store *store, gv_arena *arena, int32_t unit_id, uint64_t first,
                        uint64_t last, struct gv_report_stored **out, size_t *count)
{
    gv_err err = store_step(store);
    struct gv_report_stored *list;
    size_t n = 0;

    if (err != GV_OK)
        return err;
    if (last > db.units[unit_id].log.report_n)
        last = db.units[unit_id].log.report_n;
    list = gv_arena_alloc(arena, (size_t)(last >= first ? last - first + 1 : 0) * sizeof *list + 1);
    assert(list != NULL);
    for (uint64_t i = first; i <= last; i++) {
        const struct db_report *r = &db.reports[unit_id][i];

        list[n++] = (struct gv_report_stored){i, r->h, r->disposition, r->error, r->text};
    }
    *out = list;
    *count = n;
    return GV_OK;
}

gv_err gv_store_report_hash(gv_store *store, int32_t unit_id, uint64_t n, gv_hash *out)
{
    gv_err err = store_step(store);

    if (err == GV_OK && n > db.units[unit_id].log.report_n)
        return GV_ENOTFOUND;
    if (err == GV_OK)
        *out = db.reports[unit_id][n].h;
    return err;
}

gv_err gv_store_order_hash(gv_store *store, int32_t unit_id, uint64_t n, gv_hash *out)
{
    gv_err err = store_step(store);

    if (err == GV_OK && n > db.units[unit_id].log.order_n)
        return GV_ENOTFOUND;
    if (err == GV_OK)
        *out = db.orders[unit_id][n].h;
    return err;
}

static void orders_of(gv_arena *arena, int32_t unit_id, uint64_t first, uint64_t last, bool entries,
                      struct gv_order **out, size_t *count)
{
    struct gv_order *list;
    size_t n = 0;

    if (last > db.units[unit_id].log.order_n)
        last = db.units[unit_id].log.order_n;
    list = gv_arena_alloc(arena, (size_t)(last >= first ? last - first + 1 : 0) * sizeof *list + 1);
    assert(list != NULL);
    for (uint64_t i = first; i <= last; i++) {
        const struct db_order *o = &db.orders[unit_id][i];

        list[n++] = (struct gv_order){i, o->h, o->assignment, o->epoch,
                                      entries ? o->entry : (struct gv_slice){0}};
    }
    *out = list;
    *count = n;
}

void db_orders_told(gv_arena *arena, struct gv_order_span *span)
{
    const struct gv_unit_log *log = &db.units[span->unit_id].log;

    span->count = 0;
    if (span->last > log->ack_n)
        orders_of(arena, span->unit_id, log->ack_n + 1, span->last, false, &span->orders,
                  &span->count);
}

gv_err gv_store_orders(gv_store *store, gv_arena *arena, struct gv_order_page *pages, size_t count,
                       size_t limit, size_t max_bytes)
{
    gv_err err = store_step(store);

    (void)max_bytes;
    for (size_t i = 0; err == GV_OK && i < count; i++) {
        /* many small envelopes find more than a few large ones */
        size_t n = limit > 3 ? 1 + below(3) : limit;

        assert(i == 0 || pages[i - 1].unit_id < pages[i].unit_id);
        orders_of(arena, pages[i].unit_id, pages[i].after + 1, pages[i].after + n, true,
                  &pages[i].orders, &pages[i].count);
    }
    return err;
}

static void pending_of(gv_arena *arena, const char *coordinator, struct gv_poll *out)
{
    struct gv_pending *list = gv_arena_alloc(arena, (UNITS_MAX + 1) * sizeof *list);
    size_t n = 0;

    assert(list != NULL);
    for (int32_t i = 1; i <= (int32_t)sim.plan.units; i++) {
        const struct gv_unit_log *log = &db.units[i].log;

        if (strcmp(log->coordinator.s, coordinator) == 0 && log->ack_n < log->order_n)
            list[n++] = (struct gv_pending){i, log->order_n, log->ack_n};
    }
    out->pending = list;
    out->pending_count = n;
}

gv_err gv_store_poll(gv_store *store, gv_arena *arena, const char *coordinator, struct gv_poll *out)
{
    gv_err err = gv_store_clock(store, &out->business_us, &out->step, &out->stepped);

    if (err == GV_OK)
        err = store_step(store);
    if (err == GV_OK)
        pending_of(arena, coordinator, out);
    return err;
}

/* ---- sessions ---- */

gv_err gv_store_heartbeats(gv_store *store, const char *coordinator,
                           const struct gv_heartbeat *beats, size_t count, size_t *taken,
                           struct gv_session_end *over, size_t *over_count)
{
    gv_err err = store_step(store);
    size_t rows = 0, others = 0;

    for (size_t i = 0; err == GV_OK && i < count; i++) {
        struct db_unit *unit = &db.units[beats[i].unit_id];

        if (unit->log.connection != beats[i].connection)
            over[others++] = (struct gv_session_end){beats[i].unit_id, beats[i].connection};
        if (unit->log.connection != beats[i].connection || unit->locked_by != NULL ||
            (unit->log.coordinator.s[0] != '\0' &&
             strcmp(unit->log.coordinator.s, coordinator) != 0))
            continue;
        err = alone(store, unit);
        if (err != GV_OK)
            return err;
        unit->seen_ms = sim.now_ms;
        err = gv_code_from_str(coordinator, &unit->log.coordinator);
        if (beats[i].finished_known) {
            unit->log.finished_known = true;
            unit->log.finished_day = beats[i].finished_day;
        }
        unit->locked_by = NULL;
        db_committed();
        rows++;
    }
    if (err == GV_OK) {
        *taken = rows;
        *over_count = others;
    }
    return err;
}

/* Whose session, and which (0: any), is looked at again once the lock is there. */
static gv_err leave(gv_store *store, struct db_unit *unit, const char *coordinator,
                    uint64_t connection)
{
    gv_err err = store_lock(store, unit, false);

    if (err != GV_OK) {
        gv_store_rollback(store);
        return err;
    }
    if (strcmp(unit->log.coordinator.s, coordinator) == 0 &&
        (connection == 0 || connection == unit->log.connection)) {
        DB_CHANGE(unit->log);
        unit->log.coordinator = (gv_code){0};
        db_committed();
    }
    unit->locked_by = NULL;
    return GV_OK;
}

gv_err gv_store_sessions_end(gv_store *store, const char *coordinator,
                             const struct gv_session_end *ends, size_t count)
{
    gv_err err = store_step(store);

    for (size_t i = 0; err == GV_OK && i < count; i++)
        err = leave(store, &db.units[ends[i].unit_id], coordinator, ends[i].connection);
    return err;
}

gv_err gv_store_sessions_clear(gv_store *store, const char *coordinator)
{
    gv_err err = store_step(store);

    for (uint32_t i = 1; err == GV_OK && i <= sim.plan.units; i++) {
        if (db.units[i].locked_by == NULL)
            err = leave(store, &db.units[i], coordinator, 0);
    }
    return err;
}

gv_err gv_store_sessions_silent(gv_store *store, int silent_ms, uint64_t *ended)
{
    gv_err err = store_step(store);

    *ended = 0;
    for (uint32_t i = 1; err == GV_OK && i <= sim.plan.units; i++) {
        struct db_unit *unit = &db.units[i];

        if (unit->log.coordinator.s[0] == '\0' || unit->locked_by != NULL ||
            unit->seen_ms >= sim.now_ms - silent_ms)
            continue;
        DB_CHANGE(unit->log);
        unit->log.coordinator = (gv_code){0};
        db_committed();
        *ended += 1;
    }
    return err;
}

gv_err gv_store_notify(gv_store *store, const char *payload)
{
    (void)payload;
    db.notified++;
    return store_step(store);
}

gv_err gv_store_listen(gv_store *store)
{
    return store_step(store);
}

int gv_store_socket(const gv_store *store)
{
    (void)store;
    return -1;
}

gv_err gv_store_wakeups(gv_store *store, bool *woken)
{
    uint64_t *seen = &db.notified_seen[store->server];

    *woken = *seen != db.notified && !fault_percent(30); /* a wake-up may be lost */
    *seen = db.notified;
    return store_step(store);
}

/* ---- directives and tasks ---- */

uint32_t directive_of(const gv_id *id)
{
    uint32_t i = 0;

    while (i < DIRECTIVES_MAX && !gv_id_eq(id, &deployment.directives[i]))
        i++;
    assert(i < DIRECTIVES_MAX);
    return i;
}

gv_err gv_store_directive(gv_store *store, const gv_id *id, struct gv_directive *out)
{
    gv_err err = store_step(store);

    if (err == GV_OK && store->in_txn)
        err = store_lock_directive(store, directive_of(id));
    *out = (struct gv_directive){.id = *id,
                                 .version = 1,
                                 .breakdown_digest = deployment.breakdown,
                                 .issued = db.issued[directive_of(id)]};
    return err;
}

static struct gv_task_row task_row(uint32_t i)
{
    struct gv_task_row row = {
        .task_id = (int32_t)i + 1,
        .digest = deployment.tasks[i].digest,
        .item = i % 3 + 1,
        .number = "1.1",
        .has_due = i % 2 == 0,
        .bytes = {deployment.tasks[i].bytes.data, deployment.tasks[i].bytes.len}};

    row.due_us = row.has_due ? INT64_C(1706000000000000) + (int64_t)i * 20000000 : 0;
    return row;
}

gv_err gv_store_tasks(gv_store *store, gv_arena *arena, const gv_id *directive,
                      struct gv_task_row **out, size_t *count)
{
    struct gv_task_row *list = gv_arena_alloc(arena, TASKS_MAX * sizeof *list);
    size_t n = 0;

    assert(list != NULL);
    for (uint32_t i = 0; i < TASKS_MAX; i++) {
        size_t place = n;

        if (!gv_id_eq(&deployment.tasks[i].directive, directive))
            continue;
        for (; place > 0 && memcmp(&list[place - 1].digest, &deployment.tasks[i].digest, 32) > 0;
             place--)
            list[place] = list[place - 1];
        list[place] = task_row(i);
        n++;
    }
    *out = list;
    *count = n;
    return store_step(store);
}

gv_err gv_store_task(gv_store *store, gv_arena *arena, int32_t task_id, struct gv_task_row *out)
{
    (void)arena;
    assert(task_id > 0 && task_id <= TASKS_MAX);
    *out = task_row((uint32_t)task_id - 1);
    return store_step(store);
}

gv_err gv_store_directive_put(gv_store *store, const Giaoviec__V1__Breakdown *breakdown,
                              const gv_hash *breakdown_digest, const struct gv_task_in *tasks,
                              size_t count, const gv_id *act_id, int64_t business_us)
{
    (void)breakdown;
    (void)breakdown_digest;
    (void)tasks;
    (void)count;
    (void)act_id;
    (void)business_us;
    return store_step(store);
}

/* ---- blobs: attachments here fit a frame ---- */

gv_err gv_store_blob_put(gv_store *store, const gv_hash *digest, const char *actor,
                         struct gv_slice data)
{
    (void)digest;
    (void)actor;
    (void)data;
    return store_step(store);
}

gv_err gv_store_blob_use(gv_store *store, gv_arena *arena, const gv_hash *digest,
                         struct gv_slice *data)
{
    (void)arena;
    (void)digest;
    (void)data;
    return store_step(store) == GV_OK ? GV_ENOTFOUND : GV_EUNAVAILABLE;
}

gv_err gv_store_blob_chunk(gv_store *store, gv_arena *arena, const struct gv_blob_chunk *chunk,
                           struct gv_blob_bounds *bounds, uint64_t *have,
                           struct gv_slice *assembled)
{
    (void)arena;
    (void)chunk;
    (void)bounds;
    (void)have;
    (void)assembled;
    return store_step(store) == GV_OK ? GV_EUNSUPPORTED : GV_EUNAVAILABLE;
}

gv_err gv_store_blob_drop(gv_store *store, const gv_hash *digest)
{
    (void)digest;
    return store_step(store);
}

/* ---- duties ---- */

gv_err gv_store_lease_take(gv_store *store, const char *duty, const char *holder, int ttl_ms,
                           uint64_t *epoch)
{
    (void)duty;
    (void)holder;
    (void)ttl_ms;
    *epoch = 1;
    return store_step(store);
}

gv_err gv_store_lease_check(gv_store *store, const char *duty, const char *holder, uint64_t epoch)
{
    (void)duty;
    (void)holder;
    (void)epoch;
    return store_step(store);
}

gv_err gv_store_lease_drop(gv_store *store, const char *duty, const char *holder)
{
    (void)duty;
    (void)holder;
    return store_step(store);
}

gv_err gv_store_seal(gv_store *store, struct gv_seal *out)
{
    *out = (struct gv_seal){0};
    return store_step(store);
}

gv_err gv_store_settle(gv_store *store, int32_t day, struct gv_settle *out)
{
    (void)day;
    *out = (struct gv_settle){0};
    return store_step(store);
}
