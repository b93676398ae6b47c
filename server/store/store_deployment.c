/* store_deployment.c - the one deployment of a database: who it is, its keyset, its business clock.
 */
#include <string.h>

#include "store/db.h"
#include "store/parts.h"
#include "store/store.h"

static gv_err read_deployment(gv_store *store, gv_arena *arena, const PGresult *result,
                              struct gv_deployment *out)
{
    struct gv_deployment d = {0};
    gv_err err;

    gv_get_id(result, 0, 0, &d.id);
    d.demonstration = gv_get_bool(result, 0, 1);
    d.stepped = gv_get_bool(result, 0, 2);
    d.business_us = gv_get_int(result, 0, 3);
    d.step = gv_get_u64(result, 0, 4);
    d.keyset_version = gv_get_u64(result, 0, 5);
    d.keys_version = gv_get_u64(result, 0, 8);
    d.real_us = gv_get_int(result, 0, 9);
    err = gv_get_bytes_dup(store, arena, result, 0, 6, &d.keyset);
    if (err == GV_OK)
        err = gv_get_bytes_dup(store, arena, result, 0, 7, &d.root_key);
    if (err == GV_OK)
        *out = d;
    return err;
}

gv_err gv_store_deployment(gv_store *store, gv_arena *arena, struct gv_deployment *out)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_err err;

    gv_args_init(&args, store, "deployment");
    err = gv_db_exec(&args, &result);
    if (err == GV_OK && PQntuples(result) == 0)
        err = gv_db_refuse(store, GV_ENOTFOUND, "no deployment lives in this database yet");
    if (err == GV_OK)
        err = read_deployment(store, arena, result, out);
    PQclear(result);
    return err;
}

static gv_err same_deployment(gv_store *store, const gv_id *id)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_id have;
    gv_err err;

    gv_args_init(&args, store, "deployment");
    err = gv_db_exec(&args, &result);
    if (err == GV_OK && PQntuples(result) == 1) {
        gv_get_id(result, 0, 0, &have);
        if (!gv_id_eq(&have, id))
            err = gv_db_refuse(store, GV_EEXISTS, "another deployment lives in this database");
    }
    PQclear(result);
    return err;
}

gv_err gv_store_deployment_init(gv_store *store, const struct gv_deployment *deployment)
{
    struct gv_args args;
    bool mine;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK) {
        gv_args_init(&args, store, "deployment_put");
        gv_put_id(&args, &deployment->id);
        gv_put_bool(&args, deployment->demonstration);
        gv_put_bool(&args, deployment->stepped);
        gv_put_int(&args, deployment->business_us);
        gv_put_u64(&args, deployment->keyset_version);
        gv_put_bytes(&args, deployment->keyset);
        gv_put_bytes(&args, deployment->root_key);
        err = gv_db_exec(&args, NULL);
    }
    if (err == GV_OK && gv_db_affected(store) == 0)
        err = same_deployment(store, &deployment->id);
    return gv_db_leave(store, mine, err);
}

gv_err gv_store_keyset_put(gv_store *store, uint64_t version, struct gv_slice keyset)
{
    struct gv_args args;
    bool mine;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK) {
        gv_args_init(&args, store, "keyset_put");
        gv_put_u64(&args, version);
        gv_put_bytes(&args, keyset);
        err = gv_db_exec(&args, NULL);
    }
    if (err == GV_OK && gv_db_affected(store) == 0)
        err = gv_db_refuse(store, GV_EVERSION, "a keyset as new as this one is stored");
    if (err == GV_OK)
        err = gv_db_run(store, "keys_bump");
    return gv_db_leave(store, mine, err);
}

gv_err gv_store_clock_read(gv_store *store, const PGresult *result, int64_t *business_us,
                           uint64_t *step, bool *stepped)
{
    if (PQntuples(result) == 0)
        return gv_db_refuse(store, GV_ENOTFOUND, "no deployment lives in this database yet");
    *business_us = gv_get_int(result, 0, 0);
    if (step != NULL)
        *step = gv_get_u64(result, 0, 1);
    if (stepped != NULL)
        *stepped = gv_get_bool(result, 0, 2);
    return GV_OK;
}

gv_err gv_store_clock(gv_store *store, int64_t *business_us, uint64_t *step, bool *stepped)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_err err;

    gv_args_init(&args, store, "clock");
    err = gv_db_exec(&args, &result);
    if (err == GV_OK)
        err = gv_store_clock_read(store, result, business_us, step, stepped);
    PQclear(result);
    return err;
}

static gv_err why_no_step(gv_store *store)
{
    int64_t now_us;
    bool stepped = false;
    gv_err err = gv_store_clock(store, &now_us, NULL, &stepped);

    if (err != GV_OK)
        return err;
    if (!stepped)
        return gv_db_refuse(store, GV_ESTATE, "this deployment's clock is the real one");
    return gv_db_refuse(store, GV_EVERSION, "the clock stands there or later");
}

gv_err gv_store_clock_step(gv_store *store, int64_t to_us, uint64_t *step)
{
    struct gv_args args;
    PGresult *result = NULL;
    bool mine;
    gv_err err = gv_db_enter(store, &mine);
    uint64_t stepped_to = 0;

    if (err == GV_OK) {
        gv_args_init(&args, store, "clock_step");
        gv_put_int(&args, to_us);
        err = gv_db_exec(&args, &result);
    }
    if (err == GV_OK && PQntuples(result) == 0)
        err = why_no_step(store);
    else if (err == GV_OK)
        stepped_to = gv_get_u64(result, 0, 0);
    PQclear(result);
    err = gv_db_leave(store, mine, err);
    if (err == GV_OK && step != NULL)
        *step = stepped_to;
    return err;
}
