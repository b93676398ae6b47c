/*
 * connection.c - opens a connection, takes the coordinator's role, refuses a schema that this
 * program does not know, prepares every statement: a typo stops the start, not the hundredth hour.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/lang.h"
#include "store/advisory.h"
#include "store/connection.h"
#include "store/db.h"
#include "store/embedded.h"
#include "store/migrate.h"
#include "store/one_row.h"
#include "store/plant_sql.h"
#include "store/store.h"

#define OLDEST_SERVER 150000

static void warn(void *arg, const PGresult *result)
{
    gv_store *store = arg;
    const char *severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (!store->committing || severity == NULL || strcmp(severity, "WARNING") != 0)
        return;
    store->warned = true;
    snprintf(store->error, sizeof store->error, "COMMIT: %s", message != NULL ? message : severity);
}

static void say(gv_store *store, const char *fmt, ...) GV_PRINTF(2, 3);
static void say(gv_store *store, const char *fmt, ...)
{
    va_list ap;
    size_t len;

    va_start(ap, fmt);
    vsnprintf(store->error, sizeof store->error, fmt, ap);
    va_end(ap);
    for (len = strlen(store->error); len > 0 && store->error[len - 1] == '\n'; len--)
        store->error[len - 1] = '\0';
}

void gv_store_drop(gv_store *store)
{
    if (store->conn == NULL)
        return;
    /* First the socket: PQfinish() would still say goodbye through it, and could wait for that. */
    if (PQsocket(store->conn) >= 0)
        shutdown(PQsocket(store->conn), SHUT_RDWR);
    PQfinish(store->conn);
    store->conn = NULL;
    store->pipeline = false;
}

/*
 * Plans: every statement of the hot path finds its rows by key. Generic plans made while the tables
 * were small must not scan them for ever after, and planning each time costs more than running;
 * gv_db_begin_snapshot() gives readers the whole choice back. A commit that does not wait for
 * its own disk would make receipts lie, whatever the server's default is.
 */
static gv_err set_session(gv_store *store)
{
    struct gv_buf sql;
    PGresult *result = NULL;
    gv_err err = GV_OK;

    gv_buf_init(&sql);
    gv_buf_printf(
        &sql,
        "SET ROLE giaoviec_coordinator; SET search_path = pg_catalog; SET TimeZone = 'UTC';"
        "SET client_min_messages = warning; SET statement_timeout = %d; SET lock_timeout = %d;"
        "SET idle_in_transaction_session_timeout = %d; SET jit = off;"
        "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;"
        "SET plan_cache_mode = force_generic_plan;"
        "SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')"
        " WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END, false);",
        store->statement_timeout_ms, store->lock_timeout_ms, GV_STORE_IDLE_MS);
    if (!gv_buf_ok(&sql)) {
        err = GV_ENOMEM;
        goto out;
    }
    result = PQexec(store->conn, (const char *)sql.data);
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        say(store, "session: %s", PQerrorMessage(store->conn));
        err = PQstatus(store->conn) == CONNECTION_OK ? GV_EDENIED : GV_EUNAVAILABLE;
    }
out:
    PQclear(result);
    gv_buf_fini(&sql);
    return err;
}

static gv_err check_schema(gv_store *store)
{
    PGresult *result =
        PQexec(store->conn, "SELECT coalesce(max(version), 0) FROM giaoviec.schema_version");
    int newest = gv_migration_newest();
    int version;

    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        bool alive = PQstatus(store->conn) == CONNECTION_OK;

        say(store, "%s: %s",
            alive ? gv_tr("hãy chạy giaoviecd migrate trước", "run giaoviecd migrate first")
                  : gv_tr("lược đồ", "schema"),
            PQerrorMessage(store->conn));
        PQclear(result);
        return alive ? GV_EVERSION : GV_EUNAVAILABLE;
    }
    version = atoi(PQgetvalue(result, 0, 0));
    PQclear(result);
    if (version == newest)
        return GV_OK;
    say(store,
        version < newest ? gv_tr("lược đồ cơ sở dữ liệu ở phiên bản %d, chương trình này cần %d: "
                                 "hãy chạy giaoviecd migrate",
                                 "the database's schema is version %d, this program's %d: run "
                                 "giaoviecd migrate")
                         : gv_tr("lược đồ cơ sở dữ liệu ở phiên bản %d, chương trình này cần %d: "
                                 "hãy cài bản giaoviecd mới hơn",
                                 "the database's schema is version %d, this program's %d: a newer "
                                 "giaoviecd is needed"),
        version, newest);
    return GV_EVERSION;
}

/* A dump that was restored into another cluster: to migrate it begins a new era, without which the
 * old cluster's transaction ids would be taken for this one's. */
static gv_err check_cluster(gv_store *store)
{
    PGresult *result = PQexec(store->conn, "SELECT FROM giaoviec.deployment, pg_control_system() s"
                                           " WHERE system_id <> s.system_identifier");
    gv_err err = GV_OK;

    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        say(store, "schema: %s", PQerrorMessage(store->conn));
        err = PQstatus(store->conn) == CONNECTION_OK ? GV_EDB : GV_EUNAVAILABLE;
    } else if (PQntuples(result) > 0) {
        say(store, "%s",
            gv_tr("cơ sở dữ liệu này được phục hồi từ bản sao của một cụm khác: hãy chạy "
                  "giaoviecd migrate",
                  "this database was restored from another cluster: run giaoviecd migrate"));
        err = GV_EVERSION;
    }
    PQclear(result);
    return err;
}

static gv_err prepare(gv_store *store, const char *name, const char *text)
{
    PGresult *result = PQprepare(store->conn, name, text, 0, NULL);
    gv_err err = GV_OK;

    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        say(store, "statement %s: %s", name, PQerrorMessage(store->conn));
        err = PQstatus(store->conn) == CONNECTION_OK ? GV_EDB : GV_EUNAVAILABLE;
    }
    PQclear(result);
    return err;
}

static gv_err describe(gv_store *store, struct gv_statement *statement)
{
    PGresult *result = PQdescribePrepared(store->conn, statement->name);
    gv_err err = GV_OK;

    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        say(store, "statement %s: %s", statement->name, PQerrorMessage(store->conn));
        err = PQstatus(store->conn) == CONNECTION_OK ? GV_EDB : GV_EUNAVAILABLE;
        goto out;
    }
    if (PQnparams(result) > GV_ARGS_MAX) {
        say(store, "statement %s: more than %d parameters", statement->name, GV_ARGS_MAX);
        err = GV_EDB;
        goto out;
    }
    statement->params = PQnparams(result);
    for (int i = 0; i < statement->params; i++)
        statement->types[i] = PQparamtype(result, i);
out:
    PQclear(result);
    return err;
}

static gv_err prepare_one_row(gv_store *store, const char *text, struct gv_statement *statement)
{
    struct gv_buf one;
    gv_err err;

    gv_buf_init(&one);
    err = gv_one_row_sql(text, &one);
    if (err == GV_OK) {
        snprintf(statement->one, sizeof statement->one, "%s/1", statement->name);
        err = prepare(store, statement->one, (const char *)one.data);
    } else if (err == GV_ENOTFOUND) {
        err = GV_OK;
    } else {
        say(store, "statement %s has no form for one row", statement->name);
    }
    gv_buf_fini(&one);
    return err;
}

static gv_err prepare_both(gv_store *store, const struct gv_embedded *sql,
                           struct gv_statement *statement)
{
    const char *text = GV_PLANTED_SQL(sql->name, sql->text);
    gv_err err = prepare(store, sql->name, text);

    statement->name = sql->name;
    if (err == GV_OK)
        err = describe(store, statement);
    if (err == GV_OK)
        err = prepare_one_row(store, text, statement);
    return err;
}

static gv_err prepare_all(gv_store *store)
{
    size_t count = 0;
    gv_err err = GV_OK;

    while (gv_embedded_sql[count].name != NULL)
        count++;
    free(store->statements);
    store->statement_count = 0;
    store->statements = calloc(count + 1, sizeof *store->statements);
    if (store->statements == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < count && err == GV_OK; i++)
        err = prepare_both(store, &gv_embedded_sql[i], &store->statements[i]);
    if (err == GV_OK)
        store->statement_count = count;
    return err;
}

/*
 * What a server shows after a crash of its own may be on no standby yet: orders sent from it could
 * be orders that a promotion forgets. A commit that waits for its standby waits for all before it.
 * One at a time: without a standby each would leave a server process behind that waits for ever.
 */
static gv_err wait_for_standby(gv_store *store)
{
    static const char wait[] = "BEGIN; SELECT pg_advisory_xact_lock(" GV_ADVISORY_TEXT(
        GV_ADVISORY_STANDBY) "); SELECT pg_logical_emit_message(true, 'giaoviec', ''); COMMIT";
    gv_err err;

    store->warned = false;
    store->committing = true;
    err = gv_db_simple(store, wait, store->commit_timeout_ms);
    store->committing = false;
    return err == GV_OK && !store->warned ? GV_OK : GV_EUNAVAILABLE;
}

const struct gv_statement *gv_store_statement(const gv_store *store, const char *name)
{
    for (size_t low = 0, high = store->statement_count; low < high;) {
        size_t middle = (low + high) / 2;
        int order = strcmp(name, store->statements[middle].name);

        if (order == 0)
            return &store->statements[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* Defaults stand before the caller's text, which may say otherwise. */
static gv_err dial(gv_store *store)
{
    const char *const names[] = {"connect_timeout",     "keepalives_idle",
                                 "keepalives_interval", "keepalives_count",
                                 "tcp_user_timeout",    "target_session_attrs",
                                 "client_encoding",     "dbname",
                                 "application_name",    NULL};
    const char *const values[] = {
        "5", "10", "5", "3", "15000", "read-write", "UTF8", store->conninfo, store->application,
        NULL};

    store->conn = PQconnectdbParams(names, values, 1);
    if (store->conn == NULL)
        return GV_ENOMEM;
    if (PQstatus(store->conn) != CONNECTION_OK) {
        say(store, "%s", PQerrorMessage(store->conn));
        return GV_EUNAVAILABLE;
    }
    if (PQserverVersion(store->conn) < OLDEST_SERVER) {
        say(store,
            gv_tr("PostgreSQL %d quá cũ: cần PostgreSQL 15 trở lên",
                  "PostgreSQL %d is too old: 15 or newer is needed"),
            PQserverVersion(store->conn) / 10000);
        return GV_EUNSUPPORTED;
    }
    PQsetNoticeReceiver(store->conn, warn, store);
    return GV_OK;
}

gv_err gv_store_reconnect(gv_store *store)
{
    gv_err err;

    gv_store_drop(store);
    store->connection++;
    store->in_txn = false;
    store->committing = false;
    store->sticky = GV_OK;
    store->error[0] = '\0';
    store->sqlstate[0] = '\0';
    err = dial(store);
    if (err == GV_OK)
        err = set_session(store);
    if (err == GV_OK)
        err = check_schema(store);
    if (err == GV_OK)
        err = check_cluster(store);
    if (err == GV_OK)
        err = prepare_all(store);
    if (err == GV_OK && PQsetnonblocking(store->conn, 1) != 0)
        err = GV_EUNAVAILABLE;
    if (err == GV_OK)
        err = wait_for_standby(store);
    if (err == GV_OK && store->listening)
        err = gv_store_listen(store);
    if (err != GV_OK)
        gv_store_drop(store);
    return err;
}

uint64_t gv_store_connection(const gv_store *store)
{
    return store->connection;
}

gv_err gv_store_open(const struct gv_store_options *options, gv_store **out, char *why,
                     size_t why_size)
{
    gv_store *store = calloc(1, sizeof *store);
    gv_err err = GV_ENOMEM;

    *out = NULL;
    if (why != NULL && why_size > 0)
        why[0] = '\0';
    if (store == NULL)
        goto out;
    store->conninfo = strdup(options->conninfo);
    store->application = strdup(options->application != NULL ? options->application : "giaoviecd");
    store->commit_timeout_ms = options->commit_timeout_ms > 0 ? options->commit_timeout_ms : 10000;
    store->statement_timeout_ms =
        options->statement_timeout_ms > 0 ? options->statement_timeout_ms : 15000;
    store->lock_timeout_ms = options->lock_timeout_ms > 0 ? options->lock_timeout_ms : 3000;
    if (store->conninfo == NULL || store->application == NULL)
        goto out;
    err = gv_store_reconnect(store);
    if (err != GV_OK) {
        if (why != NULL && why_size > 0)
            snprintf(why, why_size, "%s", store->error);
        goto out;
    }
    *out = store;
    store = NULL;
out:
    gv_store_close(store);
    return err;
}

void gv_store_close(gv_store *store)
{
    if (store == NULL)
        return;
    PQfinish(store->conn);
    for (size_t i = 0; i < GV_ARGS_MAX; i++)
        gv_buf_fini(&store->spare[i]);
    free(store->statements);
    free(store->conninfo);
    free(store->application);
    free(store);
}

const char *gv_store_error(const gv_store *store)
{
    return store->error;
}

const char *gv_store_sqlstate(const gv_store *store)
{
    return store->sqlstate;
}
