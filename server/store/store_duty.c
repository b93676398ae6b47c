/* store_duty.c - who does a duty, the seals that give ledger rows their positions, and what a step
 * waits for. */
#include "store/advisory.h"
#include "store/db.h"
#include "store/store.h"

gv_err gv_store_lease_take(gv_store *store, const char *duty, const char *holder, int ttl_ms,
                           uint64_t *epoch)
{
    struct gv_args args;
    PGresult *result = NULL;
    bool mine;
    uint64_t taken = 0;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK) {
        gv_args_init(&args, store, "lease_take");
        gv_put_text(&args, duty);
        gv_put_text(&args, holder);
        gv_put_int(&args, ttl_ms);
        err = gv_db_exec(&args, &result);
    }
    if (err == GV_OK && PQntuples(result) == 0)
        err = gv_db_refuse(store, GV_ECONFLICT, "somebody else does this duty");
    else if (err == GV_OK)
        taken = gv_get_u64(result, 0, 0);
    PQclear(result);
    err = gv_db_leave(store, mine, err);
    if (err == GV_OK)
        *epoch = taken;
    return err;
}

gv_err gv_store_lease_check(gv_store *store, const char *duty, const char *holder, uint64_t epoch)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_err err;

    gv_args_init(&args, store, "lease_check");
    gv_put_text(&args, duty);
    gv_put_text(&args, holder);
    gv_put_u64(&args, epoch);
    err = gv_db_exec(&args, &result);
    if (err == GV_OK && PQntuples(result) == 0)
        err = gv_db_refuse(store, GV_ESTALE, "the duty has passed on");
    PQclear(result);
    return err;
}

gv_err gv_store_lease_drop(gv_store *store, const char *duty, const char *holder)
{
    struct gv_args args;
    bool mine;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK) {
        gv_args_init(&args, store, "lease_drop");
        gv_put_text(&args, duty);
        gv_put_text(&args, holder);
        err = gv_db_exec(&args, NULL);
    }
    return gv_db_leave(store, mine, err);
}

static gv_err seal(gv_store *store, uint64_t *rows)
{
    struct gv_args args;
    PGresult *result = NULL;
    bool first = false;
    gv_err err;

    gv_args_init(&args, store, "seal_queue");
    gv_put_int(&args, GV_ADVISORY_SEAL);
    err = gv_db_exec(&args, &result);
    if (err == GV_OK)
        first = gv_get_bool(result, 0, 0);
    PQclear(result);
    if (err != GV_OK || !first)
        return err;
    gv_args_init(&args, store, "seal");
    gv_put_int(&args, GV_SEAL_ROWS);
    result = NULL;
    err = gv_db_exec(&args, &result);
    for (int i = 0; err == GV_OK && i < PQntuples(result); i++)
        *rows += gv_get_u64(result, i, 0);
    PQclear(result);
    return err;
}

static gv_err seal_state(gv_store *store, struct gv_seal *out)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_err err;

    gv_args_init(&args, store, "seal_state");
    gv_put_int(&args, GV_SEAL_ROWS);
    err = gv_db_exec(&args, &result);
    if (err == GV_OK) {
        out->position = gv_get_u64(result, 0, 0);
        out->waiting = gv_get_u64(result, 0, 1);
        out->lag_us = gv_get_int(result, 0, 2);
    }
    PQclear(result);
    return err;
}

gv_err gv_store_seal(gv_store *store, struct gv_seal *out)
{
    struct gv_seal state = {0};
    bool mine;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK)
        err = seal(store, &state.rows);
    if (err == GV_OK)
        err = seal_state(store, &state);
    err = gv_db_leave(store, mine, err);
    if (err == GV_OK)
        *out = state;
    return err;
}

gv_err gv_store_settle(gv_store *store, int32_t day, struct gv_settle *out)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_err err;

    gv_args_init(&args, store, "settle");
    gv_put_int(&args, day);
    err = gv_db_exec(&args, &result);
    if (err == GV_OK) {
        out->connected = gv_get_u64(result, 0, 0);
        out->unfinished = gv_get_u64(result, 0, 1);
        out->unsealed = gv_get_u64(result, 0, 2);
    }
    PQclear(result);
    return err;
}
