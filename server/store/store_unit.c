/* store_unit.c - units: register, codes, the snapshot of keys, and the lock rows with both logs. */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "store/db.h"
#include "store/parts.h"
#include "store/store.h"

static void read_next_key(const PGresult *result, int row, struct gv_unit_key *out)
{
    struct gv_slice sign = gv_get_bytes(result, row, 12);
    struct gv_slice curve = gv_get_bytes(result, row, 13);

    if (sign.len != sizeof out->next_sign_key || curve.len != sizeof out->next_curve_key)
        return;
    out->has_next = true;
    gv_get_id(result, row, 11, &out->next_key_id);
    memcpy(out->next_sign_key, sign.data, sign.len);
    memcpy(out->next_curve_key, curve.data, curve.len);
}

static void read_key(const PGresult *result, int row, struct gv_unit_key *out)
{
    struct gv_slice sign = gv_get_bytes(result, row, 9);
    struct gv_slice curve = gv_get_bytes(result, row, 10);

    memset(out, 0, sizeof *out);
    out->unit_id = (int32_t)gv_get_int(result, row, 1);
    gv_get_code(result, row, 2, &out->code);
    out->body = gv_get_bool(result, row, 3);
    out->has_key = gv_get_bool(result, row, 4);
    out->revoked = gv_get_bool(result, row, 5);
    out->quarantined = gv_get_bool(result, row, 6);
    out->ended = gv_get_bool(result, row, 7);
    gv_get_id(result, row, 8, &out->key_id);
    if (sign.len == sizeof out->sign_key)
        memcpy(out->sign_key, sign.data, sign.len);
    if (curve.len == sizeof out->curve_key)
        memcpy(out->curve_key, curve.data, curve.len);
    read_next_key(result, row, out);
}

gv_err gv_store_keys(gv_store *store, gv_arena *arena, struct gv_unit_key **out, size_t *count,
                     uint64_t *keys_version)
{
    struct gv_args args;
    PGresult *result = NULL;
    struct gv_unit_key *keys = NULL;
    size_t n = 0;
    gv_err err;

    gv_args_init(&args, store, "keys");
    err = gv_db_exec(&args, &result);
    if (err != GV_OK)
        return err;
    keys = gv_arena_alloc(arena, (size_t)PQntuples(result) * sizeof *keys + 1);
    if (keys == NULL)
        err = gv_db_nomem(store, "no room for the keys");
    for (int i = 0; err == GV_OK && i < PQntuples(result); i++) {
        *keys_version = gv_get_u64(result, i, 0);
        if (!gv_get_null(result, i, 1))
            read_key(result, i, &keys[n++]);
    }
    PQclear(result);
    if (err == GV_OK) {
        *out = keys;
        *count = n;
    }
    return err;
}

gv_err gv_store_keys_version(gv_store *store, uint64_t *keys_version)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_err err;

    gv_args_init(&args, store, "keys_version");
    err = gv_db_exec(&args, &result);
    if (err == GV_OK && PQntuples(result) == 1)
        *keys_version = gv_get_u64(result, 0, 0);
    PQclear(result);
    return err;
}

static void put_fields(struct gv_args *args, const struct gv_unit_new *unit, struct gv_buf *joined)
{
    gv_buf_reset(joined);
    gv_buf_puts(joined, "");
    for (size_t i = 0; i < unit->field_count; i++) {
        if (i > 0)
            gv_buf_putc(joined, '\x1f');
        gv_buf_puts(joined, unit->fields[i]);
    }
    gv_put_text(args, gv_buf_ok(joined) ? (const char *)joined->data : NULL);
}

static gv_err register_units(gv_store *store, const struct gv_unit_new *units, size_t count,
                             const gv_id *act_id, size_t *created)
{
    struct gv_args args;
    struct gv_buf joined;
    PGresult *result = NULL;
    gv_err err;

    gv_buf_init(&joined);
    gv_args_init(&args, store, "units_register");
    gv_put_id(&args, act_id);
    for (size_t i = 0; i < count; i++) {
        gv_args_row(&args);
        gv_put_text(&args, units[i].code);
        gv_put_text(&args, units[i].name_vi);
        gv_put_text(&args, units[i].name_en != NULL ? units[i].name_en : "");
        gv_put_text(&args, units[i].group != NULL ? units[i].group : "");
        gv_put_text(&args, units[i].name_fold != NULL ? units[i].name_fold : "");
        put_fields(&args, &units[i], &joined);
        gv_put_bool(&args, units[i].body);
        gv_put_int(&args, units[i].valid_from_day);
    }
    err = gv_db_exec(&args, &result);
    if (err == GV_OK && created != NULL)
        *created = (size_t)gv_get_u64(result, 0, 0);
    PQclear(result);
    gv_buf_fini(&joined);
    return err;
}

gv_err gv_store_units_register(gv_store *store, const struct gv_unit_new *units, size_t count,
                               const gv_id *act_id, size_t *created)
{
    struct gv_args args;
    bool mine;
    size_t made = 0;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK)
        err = register_units(store, units, count, act_id, &made);
    if (err == GV_OK) {
        gv_args_init(&args, store, "unit_logs_new");
        for (size_t i = 0; i < count; i++) {
            gv_args_row(&args);
            gv_put_text(&args, units[i].code);
        }
        err = gv_db_exec(&args, NULL);
    }
    if (err == GV_OK)
        err = gv_db_run(store, "keys_bump");
    err = gv_db_leave(store, mine, err);
    if (err == GV_OK && created != NULL)
        *created = made;
    return err;
}

gv_err gv_store_units_resolve(gv_store *store, const char *const *codes, size_t count,
                              struct gv_unit_ref *out)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_err err;

    gv_args_init(&args, store, "units_resolve");
    gv_put_texts(&args, codes, count);
    err = gv_db_exec(&args, &result);
    if (err != GV_OK)
        return err;
    memset(out, 0, count * sizeof *out);
    for (int i = 0; i < PQntuples(result); i++) {
        struct gv_unit_ref *ref = &out[gv_get_int(result, i, 0) - 1];

        ref->unit_id = (int32_t)gv_get_int(result, i, 1);
        ref->body = gv_get_bool(result, i, 2);
        ref->ended = gv_get_bool(result, i, 3);
    }
    PQclear(result);
    return GV_OK;
}

/* ---- lock rows --------------------------------------------------------------------------------
 */

static void read_log(const PGresult *result, int row, struct gv_unit_log *out)
{
    struct gv_slice curve = gv_get_bytes(result, row, 19);

    memset(out, 0, sizeof *out);
    out->unit_id = (int32_t)gv_get_int(result, row, 0);
    gv_get_code(result, row, 1, &out->code);
    out->body = gv_get_bool(result, row, 2);
    out->has_key = gv_get_bool(result, row, 3);
    out->revoked = gv_get_bool(result, row, 4);
    out->quarantined = gv_get_bool(result, row, 5);
    out->ended = gv_get_bool(result, row, 6);
    gv_get_id(result, row, 7, &out->key_id);
    out->connection = gv_get_u64(result, row, 8);
    gv_get_code(result, row, 9, &out->coordinator);
    out->report_n = gv_get_u64(result, row, 10);
    gv_get_hash(result, row, 11, &out->report_h);
    out->order_n = gv_get_u64(result, row, 12);
    gv_get_hash(result, row, 13, &out->order_h);
    out->ack_n = gv_get_u64(result, row, 14);
    out->finished_known = !gv_get_null(result, row, 15);
    out->finished_day = (int32_t)gv_get_int(result, row, 15);
    out->last_report_us = gv_get_int(result, row, 16);
    out->readmit = gv_get_bool(result, row, 17);
    out->has_next = curve.len == sizeof out->next_curve_key;
    if (out->has_next) {
        gv_get_id(result, row, 18, &out->next_key_id);
        memcpy(out->next_curve_key, curve.data, curve.len);
    }
}

void gv_store_units_args(struct gv_args *args, gv_store *store, const int32_t *ids, size_t count,
                         enum gv_lock how)
{
    gv_args_init(args, store, how == GV_LOCK_SKIP ? "units_lock_skip" : "units_lock_wait");
    gv_put_ints(args, ids, count);
}

gv_err gv_store_units_read(gv_store *store, gv_arena *arena, const PGresult *result,
                           struct gv_unit_log **out, size_t *count)
{
    struct gv_unit_log *logs = gv_arena_alloc(arena, (size_t)PQntuples(result) * sizeof *logs + 1);

    if (logs == NULL)
        return gv_db_nomem(store, "no room for the units");
    for (int i = 0; i < PQntuples(result); i++)
        read_log(result, i, &logs[i]);
    *out = logs;
    *count = (size_t)PQntuples(result);
    return GV_OK;
}

gv_err gv_store_units_lock(gv_store *store, gv_arena *arena, const int32_t *ids, size_t count,
                           enum gv_lock how, struct gv_unit_log **out, size_t *out_count)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_err err;

    gv_store_units_args(&args, store, ids, count, how);
    err = gv_db_exec(&args, &result);
    if (err == GV_OK)
        err = gv_store_units_read(store, arena, result, out, out_count);
    PQclear(result);
    return err;
}

gv_err gv_store_unit_log(gv_store *store, int32_t unit_id, struct gv_unit_log *out)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_err err;

    gv_args_init(&args, store, "unit_log");
    gv_put_ints(&args, &unit_id, 1);
    err = gv_db_exec(&args, &result);
    if (err == GV_OK && PQntuples(result) == 0)
        err = gv_db_refuse(store, GV_ENOTFOUND, "no such unit");
    if (err == GV_OK)
        read_log(result, 0, out);
    PQclear(result);
    return err;
}

gv_err gv_store_unit_lock_code(gv_store *store, const char *code, struct gv_unit_log *out)
{
    struct gv_args args;
    PGresult *result = NULL;
    struct gv_unit_ref ref;
    gv_err err = gv_store_units_resolve(store, &code, 1, &ref);

    if (err != GV_OK)
        return err;
    if (ref.unit_id == 0)
        return gv_db_refuse(store, GV_ENOTFOUND, "no such unit");
    gv_args_init(&args, store, "units_lock_wait");
    gv_put_ints(&args, &ref.unit_id, 1);
    err = gv_db_exec(&args, &result);
    if (err == GV_OK && PQntuples(result) == 0)
        err = gv_db_refuse(store, GV_ENOTFOUND, "no such unit");
    if (err == GV_OK)
        read_log(result, 0, out);
    PQclear(result);
    return err;
}
