/* lane_database.c - stands in, by the linker's --wrap, for what the lanes call of the store. */
#include <string.h>

#include "crypto/hash.h"
#include "lane_rig.h"

struct database db;

static bool is_over(enum call call, gv_err *err)
{
    db.calls[call]++;
    if (db.fails[call].times == 0)
        return false;
    if (db.fails[call].after > 0) {
        db.fails[call].after--;
        return false;
    }
    db.fails[call].times--;
    *err = db.fails[call].err;
    return true;
}

void db_begin(void)
{
    memset(&db, 0, sizeof db);
    db.arena = gv_arena_new((size_t)64 << 20);
    db.business_us = db.real_us = INT64_C(1706000000000000);
    assert_non_null(db.arena);
}

void db_end(void)
{
    gv_arena_free(db.arena);
    db.arena = NULL;
}

gv_store *db_store(void)
{
    return (gv_store *)&db;
}

void db_order(int unit, const gv_id *assignment, uint32_t epoch)
{
    struct gv_unit_log *log = &db.units[unit];
    struct gv_order *order;

    assert_true(log->order_n + 1 < 8);
    order = &db.orders[unit][++log->order_n];
    order->n = log->order_n;
    order->assignment = *assignment;
    order->epoch = epoch;
    gv_hash_chain(&log->order_h, (struct gv_slice){assignment->b, sizeof assignment->b}, &order->h);
    log->order_h = order->h;
}

void db_row(int unit, const gv_id *assignment, uint32_t epoch, enum gv_state state)
{
    assert_true(db.row_count < 4);
    db.rows[db.row_count++] = (struct gv_assignment_row){
        .unit_id = db.units[unit].unit_id,
        .assignment = *assignment,
        .task_id = 1,
        .a = {.state = state, .epoch = epoch},
    };
}

void db_keyset(const struct gv_buf *bytes, uint64_t version)
{
    db.keyset = (struct gv_slice){gv_arena_copy(db.arena, bytes->data, bytes->len), bytes->len};
    db.keyset_version = version;
    db.keys_version++;
}

static int index_of(int32_t unit_id)
{
    for (int i = 0; i < RIG_UNITS; i++) {
        if (db.units[i].unit_id == unit_id)
            return i;
    }
    return -1;
}

/* ---- the connection ---- */

uint64_t __wrap_gv_store_connection(const gv_store *store);
const char *__wrap_gv_store_error(const gv_store *store);
void __wrap_gv_store_close(gv_store *store);
gv_err __wrap_gv_store_begin(gv_store *store);
gv_err __wrap_gv_store_commit(gv_store *store);
void __wrap_gv_store_rollback(gv_store *store);

gv_err __wrap_gv_store_reconnect(gv_store *store);
gv_err __wrap_gv_store_reconnect(gv_store *store)
{
    gv_err err = GV_OK;

    (void)store;
    (void)is_over(CALL_RECONNECT, &err);
    return err;
}

uint64_t __wrap_gv_store_connection(const gv_store *store)
{
    (void)store;
    return 1;
}

const char *__wrap_gv_store_error(const gv_store *store)
{
    (void)store;
    return "as the test says";
}

void __wrap_gv_store_close(gv_store *store)
{
    (void)store;
}

gv_err __wrap_gv_store_begin(gv_store *store)
{
    gv_err err = GV_OK;

    (void)store;
    db.applied = false;
    db.act_pending = (struct gv_slice){0};
    (void)is_over(CALL_BEGIN, &err);
    return err;
}

/* As unit_key_next.sql and unit_key_follow.sql have it. */
static void commit_key(const struct gv_key_change *key)
{
    struct gv_unit_log *log = &db.units[index_of(key->unit_id)];

    assert_true(db.key_count < sizeof db.keys / sizeof db.keys[0]);
    db.keys[db.key_count++] = *key;
    log->has_next = !key->takes_place;
    if (key->takes_place) {
        log->key_id = key->key_id;
    } else {
        log->next_key_id = key->key_id;
        memcpy(log->next_curve_key, key->curve_key, sizeof key->curve_key);
    }
}

gv_err __wrap_gv_store_commit(gv_store *store)
{
    gv_err err = GV_OK;

    (void)store;
    if (is_over(CALL_COMMIT, &err) && err != GV_EUNKNOWN)
        return err;
    assert_true(db.applied);
    for (size_t i = 0; i < db.changes.unit_count; i++) {
        if (db.changes.units[i].dirty)
            db.units[index_of(db.changes.units[i].unit_id)] = db.changes.units[i];
    }
    for (size_t i = 0; i < db.changes.event_count && db.event_count < RIG_EVENTS; i++) {
        const struct gv_event *event = &db.changes.events[i];

        db.events[db.event_count++] = *event;
        if (event->kind == GV_EVENT_REPORT && event->report_n < RIG_LOG)
            db.reports[index_of(event->unit_id)][event->report_n] = event->report_h;
    }
    db.evidence_count += db.changes.evidence_count;
    for (size_t i = 0; i < db.changes.key_count; i++)
        commit_key(&db.changes.keys[i]);
    for (size_t i = 0; i < db.row_count && i < db.changes.row_count; i++)
        db.rows[i].a = db.changes.rows[i]->a;
    if (db.act_pending.len > 0)
        db.act_result = db.act_pending;
    db.applied = false;
    return err;
}

void __wrap_gv_store_rollback(gv_store *store)
{
    (void)store;
    db.applied = false;
}

gv_err __wrap_gv_store_apply(gv_store *store, const struct gv_changes *changes);
gv_err __wrap_gv_store_apply(gv_store *store, const struct gv_changes *changes)
{
    gv_err err = GV_OK;

    (void)store;
    if (is_over(CALL_APPLY, &err))
        return err;
    err = db.refuses != NULL ? db.refuses(changes) : GV_OK;
    db.applied = err == GV_OK;
    db.changes = *changes;
    return err;
}

gv_err __wrap_gv_store_apply_commit(gv_store *store, const struct gv_changes *changes);
gv_err __wrap_gv_store_apply_commit(gv_store *store, const struct gv_changes *changes)
{
    gv_err err = __wrap_gv_store_apply(store, changes);

    return err == GV_OK ? __wrap_gv_store_commit(store) : err;
}

gv_err __wrap_gv_store_clock(gv_store *store, int64_t *business_us, uint64_t *step, bool *stepped);
gv_err __wrap_gv_store_clock(gv_store *store, int64_t *business_us, uint64_t *step, bool *stepped)
{
    gv_err err = GV_OK;

    (void)store;
    if (is_over(CALL_CLOCK, &err))
        return err;
    *business_us = db.business_us;
    if (step != NULL)
        *step = 0;
    if (stepped != NULL)
        *stepped = db.stepped;
    return GV_OK;
}

/* ---- rows ---- */

gv_err __wrap_gv_store_units_lock(gv_store *store, gv_arena *arena, const int32_t *ids,
                                  size_t count, enum gv_lock how, struct gv_unit_log **out,
                                  size_t *out_count);
gv_err __wrap_gv_store_units_lock(gv_store *store, gv_arena *arena, const int32_t *ids,
                                  size_t count, enum gv_lock how, struct gv_unit_log **out,
                                  size_t *out_count)
{
    struct gv_unit_log *logs;
    gv_err err = GV_OK;

    (void)store;
    *out = NULL;
    *out_count = 0;
    if (is_over(CALL_LOCK, &err))
        return err;
    logs = gv_arena_alloc(arena, RIG_UNITS * sizeof *logs);
    if (logs == NULL)
        return GV_ENOMEM;
    for (int u = 0; u < RIG_UNITS; u++) {
        bool named = false;

        for (size_t i = 0; i < count; i++)
            named = named || ids[i] == db.units[u].unit_id;
        if (!named || db.units[u].unit_id == 0)
            continue;
        if (db.held[u] && how == GV_LOCK_WAIT)
            return GV_ECONFLICT;
        if (!db.held[u])
            logs[(*out_count)++] = db.units[u];
    }
    *out = logs;
    return GV_OK;
}

gv_err __wrap_gv_store_assignments_lock(gv_store *store, gv_arena *arena,
                                        const struct gv_assignment_key *keys, size_t count,
                                        struct gv_assignment_row **out, size_t *out_count);
gv_err __wrap_gv_store_assignments_lock(gv_store *store, gv_arena *arena,
                                        const struct gv_assignment_key *keys, size_t count,
                                        struct gv_assignment_row **out, size_t *out_count)
{
    gv_err err = GV_OK;

    (void)store;
    (void)keys;
    *out = NULL;
    *out_count = 0;
    if (is_over(CALL_ROWS, &err) || count == 0)
        return err;
    *out = gv_arena_copy(arena, db.rows, sizeof db.rows);
    *out_count = db.row_count;
    return *out != NULL ? GV_OK : GV_ENOMEM;
}

/* Every row there is is answered in any case. */
static gv_err orders_told(gv_arena *arena, struct gv_order_span *span)
{
    int unit = index_of(span->unit_id);
    const struct gv_unit_log *log;
    uint64_t last;

    assert_true(unit >= 0 && span->last <= INT64_MAX);
    log = &db.units[unit];
    last = span->last < log->order_n ? span->last : log->order_n;
    span->count = 0;
    if (last <= log->ack_n || db.orders_lost)
        return GV_OK;
    span->count = (size_t)(last - log->ack_n);
    span->orders =
        gv_arena_copy(arena, &db.orders[unit][log->ack_n + 1], span->count * sizeof *span->orders);
    return span->orders != NULL ? GV_OK : GV_ENOMEM;
}

gv_err __wrap_gv_store_load(gv_store *store, gv_arena *arena, struct gv_load *load);
gv_err __wrap_gv_store_load(gv_store *store, gv_arena *arena, struct gv_load *load)
{
    gv_err err = __wrap_gv_store_units_lock(store, arena, load->unit_ids, load->unit_id_count,
                                            load->lock, &load->units, &load->unit_count);

    if (err == GV_OK)
        err = __wrap_gv_store_clock(store, &load->business_us, &load->step, &load->stepped);
    if (err == GV_OK && load->span_count > 0 && is_over(CALL_ORDERS_TOLD, &err))
        return err;
    for (size_t i = 0; err == GV_OK && i < load->span_count; i++)
        err = orders_told(arena, &load->spans[i]);
    return err == GV_OK ? __wrap_gv_store_assignments_lock(store, arena, load->keys,
                                                           load->key_count + load->span_count,
                                                           &load->rows, &load->row_count)
                        : err;
}

gv_err __wrap_gv_store_task(gv_store *store, gv_arena *arena, int32_t task_id,
                            struct gv_task_row *out);
gv_err __wrap_gv_store_task(gv_store *store, gv_arena *arena, int32_t task_id,
                            struct gv_task_row *out)
{
    gv_err err = GV_OK;

    (void)store;
    (void)arena;
    if (is_over(CALL_TASK, &err))
        return err;
    *out = (struct gv_task_row){.task_id = task_id, .bytes = db.task};
    return GV_OK;
}

gv_err __wrap_gv_store_quarantine(gv_store *store, int32_t unit_id, const char *why);
gv_err __wrap_gv_store_quarantine(gv_store *store, int32_t unit_id, const char *why)
{
    gv_err err = GV_OK;

    (void)store;
    assert_non_null(why);
    if (!is_over(CALL_QUARANTINE, &err))
        db.units[index_of(unit_id)].quarantined = true;
    return err;
}

/* ---- logs ---- */

gv_err __wrap_gv_store_order_hash(gv_store *store, int32_t unit_id, uint64_t n, gv_hash *out);
gv_err __wrap_gv_store_order_hash(gv_store *store, int32_t unit_id, uint64_t n, gv_hash *out)
{
    gv_err err = GV_OK;

    (void)store;
    if (!is_over(CALL_ORDER_HASH, &err))
        *out = db.orders[index_of(unit_id)][n].h;
    return err;
}

gv_err __wrap_gv_store_report_hash(gv_store *store, int32_t unit_id, uint64_t n, gv_hash *out);
gv_err __wrap_gv_store_report_hash(gv_store *store, int32_t unit_id, uint64_t n, gv_hash *out)
{
    gv_err err = GV_OK;

    (void)store;
    if (!is_over(CALL_REPORT_HASH, &err))
        *out = db.reports[index_of(unit_id)][n];
    return err;
}

gv_err __wrap_gv_store_reports(gv_store *store, gv_arena *arena, int32_t unit_id, uint64_t first,
                               uint64_t last, struct gv_report_stored **out, size_t *count);
gv_err __wrap_gv_store_reports(gv_store *store, gv_arena *arena, int32_t unit_id, uint64_t first,
                               uint64_t last, struct gv_report_stored **out, size_t *count)
{
    size_t n = (size_t)(last - first + 1);
    gv_err err = GV_OK;

    (void)store;
    if (is_over(CALL_REPORTS, &err))
        return err;
    *out = gv_arena_zalloc(arena, n * sizeof **out);
    if (*out == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < n; i++)
        (*out)[i] = (struct gv_report_stored){
            .n = first + i,
            .h = db.reports[index_of(unit_id)][first + i],
            .disposition = GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_REFUSED,
            .error = GV_EBADMSG,
            .text = db.stored_text != NULL ? db.stored_text : ""};
    *count = n;
    return GV_OK;
}

gv_err __wrap_gv_store_key_history(gv_store *store, int32_t unit_id, const gv_id *key_id,
                                   struct gv_key_history *out);
gv_err __wrap_gv_store_key_history(gv_store *store, int32_t unit_id, const gv_id *key_id,
                                   struct gv_key_history *out)
{
    gv_err err = GV_OK;

    (void)store;
    (void)unit_id;
    if (!is_over(CALL_KEY_HISTORY, &err))
        *out = (struct gv_key_history){gv_id_eq(&db.had, key_id), db.named};
    return err;
}

/* ---- an act ---- */

gv_err __wrap_gv_store_act_put(gv_store *store, gv_arena *arena, const struct gv_act_new *act,
                               bool *repeated, struct gv_slice *result);
gv_err __wrap_gv_store_act_put(gv_store *store, gv_arena *arena, const struct gv_act_new *act,
                               bool *repeated, struct gv_slice *result)
{
    (void)store;
    (void)arena;
    (void)act;
    *repeated = db.act_result.len > 0;
    *result = db.act_result;
    if (*repeated) { /* that is all there is to commit */
        db.changes = (struct gv_changes){0};
        db.applied = true;
    }
    return GV_OK;
}

gv_err __wrap_gv_store_act_result(gv_store *store, const gv_id *act_id, struct gv_slice result);
gv_err __wrap_gv_store_act_result(gv_store *store, const gv_id *act_id, struct gv_slice result)
{
    (void)store;
    (void)act_id;
    db.act_pending =
        (struct gv_slice){gv_arena_copy(db.arena, result.data, result.len), result.len};
    return GV_OK;
}

gv_err __wrap_gv_store_quarantine_lift(gv_store *store, const char *unit);
gv_err __wrap_gv_store_quarantine_lift(gv_store *store, const char *unit)
{
    (void)store;
    (void)unit;
    return GV_OK;
}

/* ---- the keyset: no unit has a key here ---- */

gv_err __wrap_gv_store_deployment(gv_store *store, gv_arena *arena, struct gv_deployment *out);
gv_err __wrap_gv_store_deployment(gv_store *store, gv_arena *arena, struct gv_deployment *out)
{
    (void)store;
    (void)arena;
    *out = (struct gv_deployment){.stepped = db.stepped,
                                  .business_us = db.business_us,
                                  .real_us = db.real_us,
                                  .keyset_version = db.keyset_version,
                                  .keyset = db.keyset,
                                  .keys_version = db.keys_version};
    return GV_OK;
}

gv_err __wrap_gv_store_keys(gv_store *store, gv_arena *arena, struct gv_unit_key **out,
                            size_t *count, uint64_t *keys_version);
gv_err __wrap_gv_store_keys(gv_store *store, gv_arena *arena, struct gv_unit_key **out,
                            size_t *count, uint64_t *keys_version)
{
    (void)store;
    (void)arena;
    *out = NULL;
    *count = 0;
    *keys_version = db.keys_version;
    return GV_OK;
}

gv_err __wrap_gv_store_keys_version(gv_store *store, uint64_t *keys_version);
gv_err __wrap_gv_store_keys_version(gv_store *store, uint64_t *keys_version)
{
    (void)store;
    *keys_version = db.keys_version;
    return GV_OK;
}

/* As keyset_put.sql has it. */
gv_err __wrap_gv_store_keyset_put(gv_store *store, uint64_t version, struct gv_slice keyset);
gv_err __wrap_gv_store_keyset_put(gv_store *store, uint64_t version, struct gv_slice keyset)
{
    struct gv_buf bytes = {.data = (uint8_t *)(uintptr_t)keyset.data, .len = keyset.len};
    gv_err err = GV_OK;

    (void)store;
    if (is_over(CALL_KEYSET_PUT, &err))
        return err;
    if (version <= db.keyset_version)
        return GV_EVERSION;
    db_keyset(&bytes, version);
    return GV_OK;
}

/* ---- questions ---- */

gv_err __wrap_gv_store_query_rest(gv_store *store, gv_arena *arena, const struct gv_query *query,
                                  const struct gv_scope *scope, struct gv_query_result *out,
                                  struct gv_query_rest **rest);
gv_err __wrap_gv_store_query_rest(gv_store *store, gv_arena *arena, const struct gv_query *query,
                                  const struct gv_scope *scope, struct gv_query_result *out,
                                  struct gv_query_rest **rest)
{
    gv_err err = GV_OK;

    (void)store;
    (void)arena;
    (void)scope;
    *rest = NULL;
    if (is_over(CALL_QUERY, &err))
        return err;
    *out = (struct gv_query_result){.next = "0", .business_us = db.business_us};
    return db.asked != NULL ? db.asked(query, out) : GV_OK;
}

/* ---- what opens it ---- */

gv_err __wrap_coordinator_store(struct coordinator *c, const char *lane, int lock_timeout_ms,
                                gv_store **out);
gv_err __wrap_coordinator_store(struct coordinator *c, const char *lane, int lock_timeout_ms,
                                gv_store **out)
{
    gv_err err = GV_OK;

    (void)c;
    (void)lane;
    (void)lock_timeout_ms;
    if (is_over(CALL_OPEN, &err))
        return err;
    *out = db_store();
    return GV_OK;
}
