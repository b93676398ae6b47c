/*
 * migrate.c - creates and upgrades the schema: numbered files, forward only, each in a transaction
 * of its own, one program at a time. Roles are the cluster's, not the database's: they may be there
 * already.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/lang.h"
#include "store/advisory.h"
#include "store/embedded.h"
#include "store/migrate.h"
#include "store/store.h"

#define OLDEST_SERVER 150000

static const char prologue[] =
    "SET client_min_messages = warning;"
    "SET lock_timeout = '60s';"
    "SET search_path = pg_catalog;"
    "SELECT pg_advisory_lock(" GV_ADVISORY_TEXT(GV_ADVISORY_MIGRATE) ");";

static const char roles[] =
    "DO $$ DECLARE name text; BEGIN"
    "  FOREACH name IN ARRAY ARRAY['giaoviec_owner', 'giaoviec_coordinator', 'giaoviec_reader'] "
    "LOOP"
    "    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN"
    "      BEGIN EXECUTE format('CREATE ROLE %I NOLOGIN', name);"
    "      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;"
    "    END IF;"
    "  END LOOP;"
    "  IF NOT pg_has_role(current_user, 'giaoviec_owner', 'MEMBER') THEN"
    "    EXECUTE format('GRANT giaoviec_owner TO %I', current_user);"
    "  END IF;"
    "  IF NOT has_database_privilege('giaoviec_owner', current_database(), 'CREATE') THEN"
    "    EXECUTE format('GRANT CREATE ON DATABASE %I TO giaoviec_owner', current_database());"
    "  END IF;"
    "END $$";

static const char ground[] = "SET ROLE giaoviec_owner;"
                             "CREATE SCHEMA IF NOT EXISTS giaoviec;"
                             "CREATE TABLE IF NOT EXISTS giaoviec.schema_version ("
                             "  version int PRIMARY KEY, name text NOT NULL,"
                             "  applied timestamptz NOT NULL DEFAULT clock_timestamp());";

/* A dump that was restored into another cluster: its transaction ids mean nothing there. */
static const char era[] =
    "UPDATE giaoviec.deployment SET era = era + 1, system_id = s.system_identifier"
    "  FROM pg_control_system() s WHERE system_id <> s.system_identifier";

static int number_of(const struct gv_embedded *migration)
{
    return atoi(migration->name);
}

int gv_migration_newest(void)
{
    int newest = 0;

    for (const struct gv_embedded *m = gv_embedded_migrations; m->name != NULL; m++)
        newest = number_of(m) > newest ? number_of(m) : newest;
    return newest;
}

static void say(char *why, size_t why_size, const char *what, const char *text)
{
    size_t len;

    if (why == NULL || why_size == 0)
        return;
    snprintf(why, why_size, "%s: %s", what, text);
    for (len = strlen(why); len > 0 && why[len - 1] == '\n'; len--)
        why[len - 1] = '\0';
}

struct migration_run {
    PGconn *conn;
    char *why;
    size_t why_size;
};

static gv_err run_sql(const struct migration_run *run, const char *what, const char *sql)
{
    PGresult *result = PQexec(run->conn, sql);
    ExecStatusType status = PQresultStatus(result);

    PQclear(result);
    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return GV_OK;
    say(run->why, run->why_size, what, PQerrorMessage(run->conn));
    return PQstatus(run->conn) == CONNECTION_OK ? GV_EDB : GV_EUNAVAILABLE;
}

static gv_err present_version(const struct migration_run *run, int *out)
{
    PGresult *result =
        PQexec(run->conn, "SELECT coalesce(max(version), 0) FROM giaoviec.schema_version");
    gv_err err = GV_OK;

    if (PQresultStatus(result) == PGRES_TUPLES_OK) {
        *out = atoi(PQgetvalue(result, 0, 0));
    } else {
        say(run->why, run->why_size, "schema", PQerrorMessage(run->conn));
        err = GV_EDB;
    }
    PQclear(result);
    return err;
}

static gv_err apply_one(const struct migration_run *run, const struct gv_embedded *migration)
{
    char sql[256];
    gv_err err;

    err = run_sql(run, migration->name, "BEGIN");
    if (err == GV_OK)
        err = run_sql(run, migration->name, migration->text);
    snprintf(sql, sizeof sql,
             "INSERT INTO giaoviec.schema_version (version, name) VALUES (%d, '%s')",
             number_of(migration), migration->name);
    if (err == GV_OK)
        err = run_sql(run, migration->name, sql);
    if (err == GV_OK)
        err = run_sql(run, migration->name, "COMMIT");
    return err;
}

static gv_err apply_newer(const struct migration_run *run, int *applied)
{
    int version = 0;
    gv_err err = present_version(run, &version);

    if (err != GV_OK)
        return err;
    if (version > gv_migration_newest()) {
        char text[160];

        snprintf(text, sizeof text,
                 gv_tr("phiên bản %d, chương trình này mới đến %d: hãy cài bản giaoviecd mới hơn",
                       "version %d, this program's is %d: a newer giaoviecd is needed"),
                 version, gv_migration_newest());
        say(run->why, run->why_size, gv_tr("lược đồ cơ sở dữ liệu", "the database's schema"), text);
        return GV_EVERSION;
    }
    for (const struct gv_embedded *m = gv_embedded_migrations; m->name != NULL; m++) {
        if (number_of(m) <= version)
            continue;
        err = apply_one(run, m);
        if (err != GV_OK)
            return err;
        if (applied != NULL)
            ++*applied;
    }
    return run_sql(run, "era", era);
}

gv_err gv_store_migrate(const char *conninfo, int *applied, char *why, size_t why_size)
{
    const char *const names[] = {"connect_timeout", "target_session_attrs", "client_encoding",
                                 "dbname",          "application_name",     NULL};
    const char *const values[] = {"5", "read-write", "UTF8", conninfo, "giaoviecd migrate", NULL};
    struct migration_run run = {.why = why, .why_size = why_size};
    gv_err err = GV_EUNAVAILABLE;

    if (applied != NULL)
        *applied = 0;
    if (why != NULL && why_size > 0)
        why[0] = '\0';
    run.conn = PQconnectdbParams(names, values, 1);
    if (run.conn == NULL)
        return GV_ENOMEM;
    if (PQstatus(run.conn) != CONNECTION_OK) {
        say(why, why_size, "connection", PQerrorMessage(run.conn));
        goto out;
    }
    if (PQserverVersion(run.conn) < OLDEST_SERVER) {
        say(why, why_size, "PostgreSQL",
            gv_tr("cần phiên bản 15 trở lên", "15 or newer is needed"));
        err = GV_EUNSUPPORTED;
        goto out;
    }
    err = run_sql(&run, "lock", prologue);
    if (err == GV_OK)
        err = run_sql(&run, "roles", roles);
    if (err == GV_OK)
        err = run_sql(&run, "schema", ground);
    if (err == GV_OK)
        err = apply_newer(&run, applied);
out:
    PQfinish(run.conn); /* the advisory lock goes with the session */
    return err;
}
