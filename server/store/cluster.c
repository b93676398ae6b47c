/*
 * cluster.c - a private PostgreSQL cluster: made, started or adopted, asked whether anybody uses
 * it, stopped. Roles and databases are made here; tables are migrate.c's.
 */
#include "store/cluster.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "base/clock.h"
#include "base/lang.h"
#include "store/cluster_server.h"

#define DATABASE      "giaoviec"
#define READY_WAIT_MS 300000 /* a recovery after a crash reads much */
#define DEAD_AFTER_MS 10000  /* without any process by then it will not come */
#define STOP_WAIT_MS  60000

/* What each role may do is the migrations' to say; these logins only carry them. */
static const char roles[] =
    "DO $$ DECLARE name text; BEGIN"
    "  FOREACH name IN ARRAY ARRAY['giaoviec_owner', 'giaoviec_coordinator', 'giaoviec_reader'] "
    "LOOP"
    "    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN"
    "      EXECUTE format('CREATE ROLE %I NOLOGIN', name);"
    "    END IF;"
    "  END LOOP;"
    "  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'giaoviec_server') THEN"
    "    CREATE ROLE giaoviec_server LOGIN IN ROLE giaoviec_coordinator;"
    "  END IF;"
    "  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'giaoviec_view') THEN"
    "    CREATE ROLE giaoviec_view LOGIN IN ROLE giaoviec_reader;"
    "  END IF;"
    "END $$;"
    "ALTER ROLE giaoviec_server SET statement_timeout = '60s';"
    "ALTER ROLE giaoviec_server SET idle_in_transaction_session_timeout = '60s';"
    "ALTER ROLE giaoviec_view SET default_transaction_read_only = on;"
    "ALTER ROLE giaoviec_view SET statement_timeout = '60s';"
    "ALTER ROLE giaoviec_view SET idle_in_transaction_session_timeout = '60s';";

/* GV_ETOOBIG when it does not fit. The folder's name may hold blanks and quotes. */
static gv_err conninfo(const char *socket_dir, const char *database, const char *user, char *out,
                       size_t size)
{
    char host[300];
    size_t n = 0;
    int len;

    for (const char *p = socket_dir; *p != '\0' && n + 3 < sizeof host; p++) {
        if (*p == '\'' || *p == '\\')
            host[n++] = '\\';
        host[n++] = *p;
    }
    host[n] = '\0';
    len = snprintf(out, size, "host='%s' port=5432 dbname=%s user=%s", host, database, user);
    return len > 0 && (size_t)len < size ? GV_OK : GV_ETOOBIG;
}

static gv_err fill(const struct gv_server *server, struct gv_cluster *out)
{
    gv_err err;

    memset(out, 0, sizeof *out);
    snprintf(out->dir, sizeof out->dir, "%s", server->data);
    snprintf(out->socket_dir, sizeof out->socket_dir, "%s", server->socket_dir);
    err = conninfo(out->socket_dir, DATABASE, "postgres", out->owner, sizeof out->owner);
    if (err == GV_OK)
        err = conninfo(out->socket_dir, DATABASE, "giaoviec_server", out->coordinator,
                       sizeof out->coordinator);
    if (err == GV_OK)
        err = conninfo(out->socket_dir, DATABASE, "giaoviec_view", out->reader, sizeof out->reader);
    return err;
}

/* NULL: not reachable. The caller's: PQfinish(). */
static PGconn *connect_admin(const char *socket_dir)
{
    char info[512];
    const char *const names[] = {"dbname", "connect_timeout", "application_name", NULL};
    const char *const values[] = {info, "5", "giaoviecd db", NULL};
    PGconn *conn;

    if (conninfo(socket_dir, "postgres", "postgres", info, sizeof info) != GV_OK)
        return NULL;
    conn = PQconnectdbParams(names, values, 1);
    if (PQstatus(conn) == CONNECTION_OK)
        return conn;
    PQfinish(conn);
    return NULL;
}

static gv_err wait_ready(const struct gv_server *server)
{
    char info[512];
    char tail[720];
    const char *const names[] = {"dbname", "connect_timeout", NULL};
    const char *const values[] = {info, "2", NULL};
    int64_t begun_ms = gv_clock_mono_ms();
    bool seen = false;
    gv_err err = conninfo(server->socket_dir, "postgres", "postgres", info, sizeof info);

    while (err == GV_OK && PQpingParams(names, values, 1) != PQPING_OK) {
        int64_t waited_ms = gv_clock_mono_ms() - begun_ms;
        bool running = gv_server_pid(server) != 0;

        seen = seen || running;
        if ((!running && (seen || waited_ms > DEAD_AFTER_MS)) || waited_ms > READY_WAIT_MS) {
            gv_server_log_tail(server, tail, sizeof tail);
            return gv_server_say(server, GV_EUNAVAILABLE,
                                 gv_tr("PostgreSQL không khởi động; cuối tệp %s: %s",
                                       "PostgreSQL does not start; %s ends with: %s"),
                                 server->log, tail);
        }
        gv_server_pause(20);
    }
    return err;
}

static gv_err run_sql(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);
    ExecStatusType status = PQresultStatus(result);

    PQclear(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK ? GV_OK : GV_EDB;
}

static gv_err count_of(PGconn *conn, const char *sql, const char *arg, long *out)
{
    const char *const values[] = {arg};
    PGresult *result = PQexecParams(conn, sql, arg != NULL, NULL, values, NULL, NULL, 0);
    gv_err err = GV_EDB;

    if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1) {
        *out = strtol(PQgetvalue(result, 0, 0), NULL, 10);
        err = GV_OK;
    }
    PQclear(result);
    return err;
}

/* name: letters, digits and underscores; begins with a letter. */
static gv_err make_database(PGconn *conn, const char *name)
{
    char sql[256];
    long count = 0;
    gv_err err =
        count_of(conn, "SELECT count(*) FROM pg_database WHERE datname = $1", name, &count);

    if (err != GV_OK || count > 0)
        return err;
    snprintf(sql, sizeof sql,
             "CREATE DATABASE %s OWNER giaoviec_owner TEMPLATE template0 ENCODING 'UTF8'", name);
    err = run_sql(conn, sql);
    snprintf(sql, sizeof sql,
             "REVOKE ALL ON DATABASE %s FROM PUBLIC;"
             "GRANT CONNECT ON DATABASE %s TO giaoviec_coordinator, giaoviec_reader",
             name, name);
    return err == GV_OK ? run_sql(conn, sql) : err;
}

static gv_err make_roles(const struct gv_server *server)
{
    PGconn *conn = connect_admin(server->socket_dir);
    gv_err err;

    if (conn == NULL)
        return gv_server_say(
            server, GV_EUNAVAILABLE,
            gv_tr("%s: PostgreSQL không trả lời", "%s: PostgreSQL does not answer"),
            server->socket_dir);
    err = run_sql(conn, roles);
    if (err == GV_OK)
        err = make_database(conn, DATABASE);
    if (err != GV_OK)
        gv_server_say(server, err, gv_tr("vai trò và cơ sở dữ liệu: %s", "roles and database: %s"),
                      PQerrorMessage(conn));
    PQfinish(conn);
    return err;
}

static gv_err start_locked(struct gv_server *server, bool *started)
{
    gv_err err;

    if (gv_server_pid(server) != 0) {
        err = wait_ready(server);
        if (err == GV_OK || gv_server_pid(server) != 0)
            return err; /* adopted, or alive and in trouble */
    }
    err = gv_server_programs(server);
    if (err == GV_OK)
        err = gv_server_reach(server);
    if (err == GV_OK && !gv_server_has_data(server))
        err = gv_server_init(server);
    if (err == GV_OK)
        err = gv_server_configure(server);
    if (err == GV_OK)
        err = gv_server_spawn(server);
    if (err == GV_OK)
        err = wait_ready(server);
    *started = err == GV_OK;
    return err;
}

gv_err gv_cluster_start(const char *data_dir, struct gv_cluster *out, char *why, size_t why_size)
{
    struct gv_server server = {.why = why, .why_size = why_size};
    struct gv_cluster cluster;
    bool started = false;
    int lock = -1;
    gv_err err;

    if (why != NULL && why_size > 0)
        why[0] = '\0';
    err = gv_server_locate(&server, data_dir, true);
    if (err == GV_OK)
        err = gv_server_lock(&server, &lock);
    if (err == GV_OK)
        err = start_locked(&server, &started);
    if (err == GV_OK)
        err = make_roles(&server);
    if (err == GV_OK)
        err = fill(&server, &cluster);
    if (lock >= 0)
        close(lock);
    if (err != GV_OK)
        return err;
    cluster.started = started;
    *out = cluster;
    return GV_OK;
}

gv_err gv_cluster_find(const char *data_dir, struct gv_cluster *out)
{
    struct gv_server server = {0};
    struct gv_cluster cluster;
    gv_err err = gv_server_locate(&server, data_dir, false);

    if (err == GV_OK)
        err = fill(&server, &cluster);
    if (err != GV_OK)
        return err;
    *out = cluster;
    return gv_server_pid(&server) != 0 ? GV_OK : GV_ENOTFOUND;
}

static gv_err check_idle(const struct gv_server *server)
{
    PGconn *conn = connect_admin(server->socket_dir);
    long others = 0;
    gv_err err;

    if (conn == NULL)
        return gv_server_say(
            server, GV_EUNAVAILABLE,
            gv_tr("%s: PostgreSQL không trả lời", "%s: PostgreSQL does not answer"),
            server->socket_dir);
    err = count_of(conn,
                   "SELECT count(*) FROM pg_stat_activity"
                   " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()",
                   NULL, &others);
    PQfinish(conn);
    if (err == GV_OK && others > 0)
        err = gv_server_say(server, GV_ESTATE,
                            gv_tr("còn %ld kết nối khác", "%ld others are connected"), others);
    return err;
}

static gv_err stop_locked(const struct gv_server *server, bool if_idle)
{
    pid_t pid = gv_server_pid(server);
    gv_err err = GV_OK;

    if (pid == 0)
        return GV_OK;
    if (if_idle)
        err = check_idle(server);
    if (err != GV_OK)
        return err;
    /* Fast shutdown: sessions end, what is committed stays, nothing has to be recovered. */
    if (kill(pid, SIGINT) != 0 && gv_server_pid(server) != 0)
        return gv_server_say(
            server, GV_EDENIED,
            gv_tr("không gửi được tín hiệu cho tiến trình %ld", "process %ld cannot be signalled"),
            (long)pid);
    for (int waited = 0; gv_server_pid(server) == pid; waited += 20) {
        if (waited >= STOP_WAIT_MS)
            return gv_server_say(server, GV_EUNAVAILABLE,
                                 gv_tr("tiến trình %ld không kết thúc", "process %ld does not end"),
                                 (long)pid);
        gv_server_pause(20);
    }
    return GV_OK;
}

gv_err gv_cluster_stop(const char *data_dir, bool if_idle, char *why, size_t why_size)
{
    struct gv_server server = {.why = why, .why_size = why_size};
    int lock = -1;
    gv_err err;

    if (why != NULL && why_size > 0)
        why[0] = '\0';
    err = gv_server_locate(&server, data_dir, false);
    if (err == GV_ENOTFOUND)
        return GV_OK;
    if (err == GV_OK)
        err = gv_server_lock(&server, &lock);
    if (err == GV_OK)
        err = stop_locked(&server, if_idle);
    if (lock >= 0)
        close(lock);
    return err;
}

static bool name_ok(const char *name)
{
    size_t n = strlen(name);

    if (n == 0 || n > 48 || !islower((unsigned char)name[0]))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!islower((unsigned char)name[i]) && !isdigit((unsigned char)name[i]) && name[i] != '_')
            return false;
    }
    return true;
}

gv_err gv_cluster_database(const struct gv_cluster *cluster, const char *name, char *owner,
                           char *coordinator, char *reader, size_t size)
{
    PGconn *conn;
    gv_err err;

    if (!name_ok(name))
        return GV_EUSAGE;
    conn = connect_admin(cluster->socket_dir);
    if (conn == NULL)
        return GV_EUNAVAILABLE;
    err = make_database(conn, name);
    PQfinish(conn);
    if (err == GV_OK && owner != NULL)
        err = conninfo(cluster->socket_dir, name, "postgres", owner, size);
    if (err == GV_OK && coordinator != NULL)
        err = conninfo(cluster->socket_dir, name, "giaoviec_server", coordinator, size);
    if (err == GV_OK && reader != NULL)
        err = conninfo(cluster->socket_dir, name, "giaoviec_view", reader, size);
    return err;
}
