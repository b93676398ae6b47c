/* store_session.c - who is connected where, and how far each unit has come with its day. */
#include "store/connection.h"
#include "store/db.h"
#include "store/store.h"

/* The first row says how many beats are written. */
static void read_beats(const PGresult *result, size_t count, size_t *taken,
                       struct gv_session_end *over, size_t *over_count)
{
    *taken = (size_t)gv_get_int(result, 0, 1);
    *over_count = 0;
    for (int i = 1; i < PQntuples(result) && *over_count < count; i++)
        over[(*over_count)++] = (struct gv_session_end){
            .unit_id = (int32_t)gv_get_int(result, i, 0), .connection = gv_get_u64(result, i, 1)};
}

gv_err gv_store_heartbeats(gv_store *store, const char *coordinator,
                           const struct gv_heartbeat *beats, size_t count, size_t *taken,
                           struct gv_session_end *over, size_t *over_count)
{
    PGresult *result = NULL;
    struct gv_args args;
    bool mine;
    gv_err err = gv_db_enter(store, &mine);

    /* The next heartbeat says the same again: nothing is lost with the last moments of a crash. */
    if (err == GV_OK && mine)
        err =
            gv_db_simple(store, "SET LOCAL synchronous_commit = off", store->statement_timeout_ms);
    if (err == GV_OK) {
        gv_args_init(&args, store, "heartbeats");
        gv_put_text(&args, coordinator);
        for (size_t i = 0; i < count; i++) {
            gv_args_row(&args);
            gv_put_int(&args, beats[i].unit_id);
            gv_put_u64(&args, beats[i].connection);
            if (beats[i].finished_known)
                gv_put_int(&args, beats[i].finished_day);
            else
                gv_put_null(&args);
        }
        err = gv_db_exec(&args, &result);
    }
    err = gv_db_leave(store, mine, err);
    if (err == GV_OK)
        read_beats(result, count, taken, over, over_count);
    PQclear(result);
    return err;
}

gv_err gv_store_sessions_end(gv_store *store, const char *coordinator,
                             const struct gv_session_end *ends, size_t count)
{
    struct gv_args args;
    bool mine;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK) {
        gv_args_init(&args, store, "sessions_end");
        gv_put_text(&args, coordinator);
        for (size_t i = 0; i < count; i++) {
            gv_args_row(&args);
            gv_put_int(&args, ends[i].unit_id);
            gv_put_u64(&args, ends[i].connection);
        }
        err = gv_db_exec(&args, NULL);
    }
    return gv_db_leave(store, mine, err);
}

gv_err gv_store_sessions_clear(gv_store *store, const char *coordinator)
{
    struct gv_args args;
    bool mine;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK) {
        gv_args_init(&args, store, "sessions_clear");
        gv_put_text(&args, coordinator);
        err = gv_db_exec(&args, NULL);
    }
    return gv_db_leave(store, mine, err);
}

gv_err gv_store_sessions_silent(gv_store *store, int silent_ms, uint64_t *ended)
{
    struct gv_args args;
    bool mine;
    gv_err err = gv_db_enter(store, &mine);
    uint64_t rows = 0;

    if (err == GV_OK) {
        gv_args_init(&args, store, "sessions_silent");
        gv_put_int(&args, silent_ms);
        err = gv_db_exec(&args, NULL);
    }
    if (err == GV_OK)
        rows = (uint64_t)gv_db_affected(store);
    err = gv_db_leave(store, mine, err);
    if (err == GV_OK)
        *ended = rows;
    return err;
}
