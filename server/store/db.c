/*
 * db.c - runs statements and waits for their answers, never longer than a deadline: a half-open
 * connection is closed, not waited for. What the database says becomes a gv_err here and nowhere
 * else.
 */
#include "store/db.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/connection.h"

/* The server's own time-out comes first; this is for when nobody is there to say so. */
#define PATIENCE_MS 5000
#define PART_BYTES  ((size_t)16 << 20) /* of a pipeline: see gv_db_queue() */

static const struct {
    const char *sqlstate; /* whole or its class */
    gv_err err;
} meanings[] = {
    {"40001", GV_ECONFLICT},    {"40P01", GV_ECONFLICT}, {"55P03", GV_ECONFLICT},
    {"57014", GV_EAGAIN}, /* statement_timeout */
    {"57P", GV_EUNAVAILABLE},   {"08", GV_EUNAVAILABLE}, {"25006", GV_EUNAVAILABLE},
    {"25P03", GV_EUNAVAILABLE}, {"22", GV_EBADMSG},      {"23", GV_EBADMSG},
    {"53100", GV_ENOSPACE},     {"53", GV_EAGAIN},       {"54", GV_EBADMSG},
    {"58030", GV_EAGAIN},
};

static gv_err meaning_of(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (strncmp(sqlstate, meanings[i].sqlstate, strlen(meanings[i].sqlstate)) == 0)
            return meanings[i].err;
    }
    return GV_EDB;
}

static void set_sqlstate(gv_store *store, const char *sqlstate)
{
    snprintf(store->sqlstate, sizeof store->sqlstate, "%s", sqlstate != NULL ? sqlstate : "");
}

gv_err gv_db_refuse(gv_store *store, gv_err err, const char *what)
{
    snprintf(store->error, sizeof store->error, "%s", what);
    set_sqlstate(store, NULL);
    return err;
}

static gv_err stick(gv_store *store, gv_err err)
{
    if (store->in_txn && store->sticky == GV_OK)
        store->sticky = err;
    return err;
}

gv_err gv_db_fail(gv_store *store, gv_err err, const char *what)
{
    if (store->sticky != GV_OK)
        return store->sticky;
    gv_db_refuse(store, err, what);
    return stick(store, err);
}

static gv_err lost(gv_store *store, const char *what, const char *why)
{
    size_t len;

    snprintf(store->error, sizeof store->error, "%s: %s", what, why);
    for (len = strlen(store->error); len > 0 && store->error[len - 1] == '\n'; len--)
        store->error[len - 1] = '\0';
    set_sqlstate(store, NULL);
    gv_store_drop(store);
    return stick(store, store->committing ? GV_EUNKNOWN : GV_EUNAVAILABLE);
}

gv_err gv_db_result_error(gv_store *store, const char *what, const PGresult *result)
{
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);

    if (sqlstate == NULL)
        return lost(store, what, PQresultErrorMessage(result));
    if (severity != NULL && strcmp(severity, "ERROR") != 0)
        return lost(store, what, message != NULL ? message : severity);
    snprintf(store->error, sizeof store->error, "%s: %s %s%s%s", what, sqlstate,
             message != NULL ? message : "", detail != NULL ? ": " : "",
             detail != NULL ? detail : "");
    set_sqlstate(store, sqlstate);
    return stick(store, meaning_of(sqlstate));
}

/* Sends what is buffered and waits until a result can be taken without blocking. */
static gv_err await(gv_store *store, const char *what, int64_t deadline_ms)
{
    for (;;) {
        struct pollfd fd = {.fd = PQsocket(store->conn), .events = POLLIN};
        int flushed = PQflush(store->conn);
        int64_t left = deadline_ms - gv_clock_mono_ms();

        if (flushed < 0)
            return lost(store, what, PQerrorMessage(store->conn));
        if (flushed == 0 && !PQisBusy(store->conn))
            return GV_OK;
        if (left <= 0)
            return lost(store, what, "no answer in time");
        if (flushed > 0)
            fd.events |= POLLOUT;
        if (poll(&fd, 1, left > INT32_MAX ? INT32_MAX : (int)left) < 0 && errno != EINTR)
            return lost(store, what, strerror(errno));
        if ((fd.revents & ~POLLOUT) != 0 && !PQconsumeInput(store->conn))
            return lost(store, what, PQerrorMessage(store->conn));
    }
}

/* The result up to the next NULL. *out NULL: there was none (a connection in disorder). */
static gv_err take_result(gv_store *store, const char *what, int64_t deadline_ms, PGresult **out)
{
    PGresult *kept = NULL;

    for (;;) {
        gv_err err = await(store, what, deadline_ms);
        PGresult *result;

        if (err != GV_OK) {
            PQclear(kept);
            return err;
        }
        result = PQgetResult(store->conn);
        if (result == NULL)
            break;
        PQclear(kept);
        kept = result;
    }
    *out = kept;
    return GV_OK;
}

static gv_err check_result(gv_store *store, const char *what, const PGresult *result)
{
    switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        snprintf(store->tag, sizeof store->tag, "%s", PQcmdStatus((PGresult *)result));
        store->affected = strtoll(PQcmdTuples((PGresult *)result), NULL, 10);
        return GV_OK;
    case PGRES_FATAL_ERROR:
        return gv_db_result_error(store, what, result);
    default:
        return lost(store, what, "the connection is out of step");
    }
}

static gv_err finish(gv_store *store, const char *what, int64_t deadline_ms, PGresult **out)
{
    PGresult *result = NULL;
    gv_err err = take_result(store, what, deadline_ms, &result);

    if (err == GV_OK)
        err = check_result(store, what, result);
    if (err == GV_OK && out != NULL) {
        *out = result;
        result = NULL;
    }
    PQclear(result);
    return err;
}

static gv_err usable(gv_store *store)
{
    if (store->sticky != GV_OK)
        return store->sticky;
    if (store->conn == NULL)
        return gv_db_fail(store, GV_EUNAVAILABLE, "no connection to the database");
    return GV_OK;
}

gv_err gv_db_begin_now(gv_store *store)
{
    const char *sql = store->begin;

    store->begin = NULL;
    return sql != NULL ? gv_db_simple(store, sql, store->statement_timeout_ms) : GV_OK;
}

gv_err gv_db_simple(gv_store *store, const char *sql, int timeout_ms)
{
    gv_err err = gv_db_begin_now(store);

    if (err != GV_OK)
        return err;
    if (store->conn == NULL)
        return gv_db_fail(store, GV_EUNAVAILABLE, "no connection to the database");
    if (!PQsendQuery(store->conn, sql))
        return lost(store, sql, PQerrorMessage(store->conn));
    err = finish(store, sql, gv_clock_mono_ms() + timeout_ms, NULL);
    return err;
}

static gv_err send_args(struct gv_args *args)
{
    gv_store *store = args->store;
    const char *values[GV_ARGS_MAX];
    const char *name;
    int lengths[GV_ARGS_MAX];
    int formats[GV_ARGS_MAX];
    gv_err err = usable(store);

    if (err != GV_OK)
        return err;
    if (gv_args_seal(args) != GV_OK) {
        char what[192];

        snprintf(what, sizeof what, "%s: %s", args->statement != NULL ? args->statement->name : "?",
                 args->what);
        return gv_db_fail(store, args->err, what);
    }
    for (int i = 0; i < args->count; i++) {
        struct gv_slice value = gv_args_value(args, i);

        values[i] = (const char *)value.data;
        lengths[i] = (int)value.len;
        formats[i] = 1;
        store->queued_bytes += value.len;
    }
    name = args->one_row ? args->statement->one : args->statement->name;
    if (!PQsendQueryPrepared(store->conn, name, args->count, values, lengths, formats, 1))
        return lost(store, name, PQerrorMessage(store->conn));
    return GV_OK;
}

static int64_t deadline_of(const gv_store *store)
{
    return gv_clock_mono_ms() + store->statement_timeout_ms + PATIENCE_MS;
}

/* One round trip for both. */
static gv_err exec_with_begin(struct gv_args *args, PGresult **out)
{
    gv_store *store = args->store;
    gv_err err = gv_db_pipeline_begin(store);
    gv_err end;

    if (err != GV_OK) {
        gv_args_fini(args);
        return err;
    }
    err = gv_db_queue(args, out);
    end = gv_db_pipeline_end(store);
    return err != GV_OK ? err : end;
}

gv_err gv_db_exec(struct gv_args *args, PGresult **out)
{
    gv_store *store = args->store;
    gv_err err;

    if (out != NULL)
        *out = NULL;
    if (store->begin != NULL)
        return exec_with_begin(args, out);
    err = send_args(args);
    if (err == GV_OK)
        err = finish(store, args->statement->name, deadline_of(store), out);
    gv_args_fini(args);
    return err;
}

gv_err gv_db_run(gv_store *store, const char *name)
{
    struct gv_args args;

    gv_args_init(&args, store, name);
    return gv_db_exec(&args, NULL);
}

int64_t gv_db_affected(const gv_store *store)
{
    return store->affected;
}

static void note_queued(gv_store *store, const char *name, PGresult **out)
{
    store->queue_name[store->queued] = name;
    store->queue_out[store->queued++] = out;
}

static gv_err queue_text(gv_store *store, const char *sql)
{
    if (!PQsendQueryParams(store->conn, sql, 0, NULL, NULL, NULL, NULL, 1))
        return lost(store, sql, PQerrorMessage(store->conn));
    note_queued(store, sql, NULL);
    return GV_OK;
}

gv_err gv_db_pipeline_begin(gv_store *store)
{
    const char *begin = store->begin;
    gv_err err = usable(store);

    if (err != GV_OK)
        return err;
    if (!PQenterPipelineMode(store->conn))
        return lost(store, "pipeline", PQerrorMessage(store->conn));
    store->pipeline = true;
    store->queued = 0;
    store->queued_bytes = 0;
    store->begin = NULL;
    return begin != NULL ? queue_text(store, begin) : GV_OK;
}

/* What is large has its answers before the rest is sent: each part has its own time. */
static gv_err next_part(gv_store *store)
{
    gv_err err = gv_db_pipeline_end(store);

    return err == GV_OK ? gv_db_pipeline_begin(store) : err;
}

gv_err gv_db_queue(struct gv_args *args, PGresult **out)
{
    gv_store *store = args->store;
    gv_err err = usable(store);

    if (out != NULL)
        *out = NULL;
    if (err == GV_OK && store->pipeline && store->queued_bytes > PART_BYTES)
        err = next_part(store);
    if (err == GV_OK && (!store->pipeline || store->queued == GV_PIPELINE_MAX))
        err = gv_db_fail(store, GV_EBUG, "no pipeline, or a full one");
    if (err == GV_OK)
        err = send_args(args);
    if (err == GV_OK)
        note_queued(store, args->statement->name, out);
    gv_args_fini(args);
    return err;
}

/* One statement's answer within a pipeline. After a failure the others only say "aborted". */
static gv_err take_queued(gv_store *store, size_t i, int64_t deadline_ms, gv_err before)
{
    const char *name = store->queue_name[i];
    PGresult *result = NULL;
    gv_err err = take_result(store, name, deadline_ms, &result);

    if (err != GV_OK)
        return err;
    if (before != GV_OK) {
        PQclear(result);
        return before;
    }
    err = check_result(store, name, result);
    if (err == GV_OK && store->queue_out[i] != NULL) {
        *store->queue_out[i] = result;
        result = NULL;
    }
    PQclear(result);
    return err;
}

static gv_err take_sync(gv_store *store, int64_t deadline_ms)
{
    PGresult *result;
    ExecStatusType status;
    gv_err err = await(store, "pipeline", deadline_ms);

    if (err != GV_OK)
        return err;
    result = PQgetResult(store->conn);
    status = PQresultStatus(result);
    PQclear(result);
    if (status != PGRES_PIPELINE_SYNC || !PQexitPipelineMode(store->conn))
        return lost(store, "pipeline", "the connection is out of step");
    return GV_OK;
}

/* err: a slip while queueing; what was sent must still be taken. */
static gv_err take_all(gv_store *store, gv_err err, int64_t deadline_ms)
{
    gv_err sync;

    if (!PQpipelineSync(store->conn))
        return lost(store, "pipeline", PQerrorMessage(store->conn));
    for (size_t i = 0; i < store->queued && store->conn != NULL; i++) {
        if (store->committing && i + 1 == store->queued) /* its own time, as in gv_store_commit() */
            deadline_ms = gv_clock_mono_ms() + store->commit_timeout_ms;
        err = take_queued(store, i, deadline_ms, err);
    }
    if (store->conn == NULL)
        return err;
    sync = take_sync(store, deadline_ms);
    return err != GV_OK ? err : sync;
}

static void forget_answers(const gv_store *store)
{
    for (size_t i = 0; i < store->queued; i++) {
        if (store->queue_out[i] == NULL)
            continue;
        PQclear(*store->queue_out[i]);
        *store->queue_out[i] = NULL;
    }
}

gv_err gv_db_pipeline_end(gv_store *store)
{
    gv_err err = store->sticky;

    if (!store->pipeline)
        return err != GV_OK ? err : gv_db_fail(store, GV_EBUG, "no pipeline");
    store->pipeline = false;
    if (store->conn != NULL)
        err = take_all(store, err, deadline_of(store));
    else if (err == GV_OK)
        err = GV_EUNAVAILABLE;
    if (err != GV_OK)
        forget_answers(store);
    return err;
}

gv_err gv_db_pipeline_commit(gv_store *store)
{
    gv_err err = usable(store);
    gv_err end;

    if (err == GV_OK && (!store->pipeline || store->queued == GV_PIPELINE_MAX))
        err = gv_db_fail(store, GV_EBUG, "no pipeline, or a full one");
    if (err == GV_OK)
        err = queue_text(store, "COMMIT");
    if (err != GV_OK) {
        end = gv_db_pipeline_end(store);
        return end != GV_OK ? end : err;
    }
    gv_db_commit_begins(store);
    err = gv_db_pipeline_end(store);
    return gv_db_commit_ends(store, err);
}
