/* store_act.c - acts of persons: the id is unique for ever, a repeat gets the first answer again.
 */
#include "store/db.h"
#include "store/store.h"

static gv_err read_act(gv_store *store, gv_arena *arena, const PGresult *result, bool *repeated,
                       struct gv_slice *answer)
{
    if (!gv_get_bool(result, 0, 1))
        return gv_db_refuse(store, GV_EREPLAY, "another act has this id");
    *repeated = gv_get_bool(result, 0, 0);
    if (answer == NULL)
        return GV_OK;
    *answer = (struct gv_slice){0};
    if (!*repeated || gv_get_null(result, 0, 2))
        return GV_OK;
    return gv_get_bytes_dup(store, arena, result, 0, 2, answer);
}

gv_err gv_store_act_put(gv_store *store, gv_arena *arena, const struct gv_act_new *act,
                        bool *repeated, struct gv_slice *result)
{
    struct gv_args args;
    PGresult *answer = NULL;
    bool mine;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK) {
        gv_args_init(&args, store, "act_put");
        gv_put_id(&args, &act->act_id);
        gv_put_int(&args, act->kind);
        gv_put_text(&args, act->actor);
        gv_put_bytes(&args, act->envelope);
        gv_put_text(&args, act->reason);
        gv_put_int(&args, act->business_us);
        err = gv_db_exec(&args, &answer);
    }
    if (err == GV_OK)
        err = read_act(store, arena, answer, repeated, result);
    PQclear(answer);
    return gv_db_leave(store, mine, err);
}

gv_err gv_store_act_result(gv_store *store, const gv_id *act_id, struct gv_slice result)
{
    struct gv_args args;
    bool mine;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK) {
        gv_args_init(&args, store, "act_result");
        gv_put_id(&args, act_id);
        gv_put_bytes(&args, result);
        err = gv_db_exec(&args, NULL);
    }
    return gv_db_leave(store, mine, err);
}
