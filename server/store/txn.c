/*
 * txn.c - transactions. What was committed is known only when COMMIT was answered without a
 * warning: a cancelled wait for a synchronous standby answers success with one. The wait for COMMIT
 * ends by closing the socket, never by a cancel.
 */
#include <string.h>

#include "base/failpoint.h"
#include "base/plant.h"
#include "store/connection.h"
#include "store/db.h"
#include "store/store.h"

#define ROLLBACK_TIMEOUT_MS 5000

static gv_err may_begin(gv_store *store)
{
    if (store->sticky != GV_OK)
        return store->sticky;
    if (store->in_txn)
        return gv_db_fail(store, GV_EBUG, "begin inside a transaction");
    if (store->conn == NULL)
        return gv_db_fail(store, GV_EUNAVAILABLE, "no connection to the database");
    return GV_OK;
}

/* BEGIN goes out with the first statement: one round trip less in each transaction. */
gv_err gv_store_begin(gv_store *store)
{
    gv_err err = may_begin(store);

    if (err != GV_OK)
        return err;
    store->begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
    store->in_txn = true;
    return GV_OK;
}

gv_err gv_db_begin_snapshot(gv_store *store)
{
    gv_err err = may_begin(store);

    if (err == GV_OK)
        err = gv_db_simple(
            store,
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;"
            "SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on;"
            "SET LOCAL enable_mergejoin = on; SET LOCAL plan_cache_mode = force_custom_plan",
            store->statement_timeout_ms);
    if (err == GV_OK)
        store->in_txn = true;
    return err;
}

void gv_db_commit_begins(gv_store *store)
{
    store->warned = false;
    store->committing = true;
}

gv_err gv_db_commit_ends(gv_store *store, gv_err err)
{
    store->committing = false;
    if (err == GV_OK && store->warned && !GV_PLANTED(WARNING_IGNORED)) {
        store->sticky = GV_EUNKNOWN;
        err = GV_EUNKNOWN;
    }
    if (err == GV_OK && strcmp(store->tag, "COMMIT") != 0)
        err = gv_db_fail(store, GV_EDB, "COMMIT was answered with a roll-back");
    if (err == GV_OK && GV_FAILPOINT(commit_unknown)) {
        gv_store_drop(store);
        store->sticky = err = GV_EUNKNOWN;
    }
    if (err == GV_EUNKNOWN && GV_PLANTED(LOST_IS_COMMITTED))
        store->sticky = err = GV_OK;
    /* On failure the error sticks, as of a transaction that is still open, until the roll-back. */
    if (err == GV_OK)
        store->in_txn = false;
    return err;
}

gv_err gv_store_commit(gv_store *store)
{
    gv_err err;

    if (store->sticky != GV_OK)
        return store->sticky;
    if (!store->in_txn)
        return gv_db_refuse(store, GV_EBUG, "commit outside a transaction");
    err = gv_db_begin_now(store);
    if (err != GV_OK)
        return err;
    gv_db_commit_begins(store);
    err = gv_db_simple(store, "COMMIT", store->commit_timeout_ms);
    return gv_db_commit_ends(store, err);
}

void gv_store_rollback(gv_store *store)
{
    store->sticky = GV_OK;
    store->in_txn = false;
    store->begin = NULL;
    if (store->conn == NULL)
        return;
    if (store->pipeline || PQpipelineStatus(store->conn) != PQ_PIPELINE_OFF) {
        gv_store_drop(store);
        return;
    }
    if (PQtransactionStatus(store->conn) == PQTRANS_IDLE)
        return;
    if (gv_db_simple(store, "ROLLBACK", ROLLBACK_TIMEOUT_MS) != GV_OK)
        gv_store_drop(store);
}

gv_err gv_store_failed(const gv_store *store)
{
    return store->sticky;
}

static gv_err part(gv_store *store, const char *sql)
{
    if (store->sticky != GV_OK)
        return store->sticky;
    if (!store->in_txn)
        return gv_db_refuse(store, GV_EBUG, "savepoint outside a transaction");
    return gv_db_simple(store, sql, store->statement_timeout_ms);
}

gv_err gv_store_savepoint(gv_store *store)
{
    return part(store, "SAVEPOINT part");
}

gv_err gv_store_savepoint_release(gv_store *store)
{
    return part(store, "RELEASE SAVEPOINT part");
}

void gv_store_savepoint_rollback(gv_store *store)
{
    gv_err was = store->sticky;

    if (was != GV_OK && was != GV_EBADMSG)
        return; /* the whole transaction has to run again */
    store->sticky = GV_OK;
    if (gv_db_simple(store, "ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part",
                     ROLLBACK_TIMEOUT_MS) != GV_OK &&
        store->sticky == GV_OK)
        store->sticky = GV_EDB;
}

gv_err gv_db_enter(gv_store *store, bool *mine)
{
    *mine = !store->in_txn;
    return *mine ? gv_store_begin(store) : store->sticky;
}

gv_err gv_db_leave(gv_store *store, bool mine, gv_err err)
{
    if (!mine)
        return err;
    if (err == GV_OK)
        err = gv_store_commit(store);
    if (err != GV_OK)
        gv_store_rollback(store);
    return err;
}
