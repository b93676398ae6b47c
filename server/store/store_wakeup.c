/* store_wakeup.c - coordinators wake each other; whoever misses it polls. */
#include <stdlib.h>

#include "store/connection.h"
#include "store/db.h"
#include "store/store.h"

gv_err gv_store_notify(gv_store *store, const char *payload)
{
    struct gv_args args;

    gv_args_init(&args, store, "notify");
    gv_put_text(&args, payload);
    return gv_db_exec(&args, NULL);
}

gv_err gv_store_listen(gv_store *store)
{
    gv_err err = gv_db_simple(store, "LISTEN giaoviec", store->statement_timeout_ms);

    if (err == GV_OK)
        store->listening = true;
    return err;
}

int gv_store_socket(const gv_store *store)
{
    return store->conn != NULL ? PQsocket(store->conn) : -1;
}

gv_err gv_store_wakeups(gv_store *store, bool *woken)
{
    PGnotify *notify;

    *woken = false;
    if (store->conn == NULL)
        return gv_db_fail(store, GV_EUNAVAILABLE, "no connection to the database");
    if (!PQconsumeInput(store->conn)) {
        gv_err err = gv_db_fail(store, GV_EUNAVAILABLE, PQerrorMessage(store->conn));

        gv_store_drop(store);
        return err;
    }
    while ((notify = PQnotifies(store->conn)) != NULL) {
        *woken = true;
        PQfreemem(notify);
    }
    return GV_OK;
}
