/*
 * spool.c - the file, its transaction, its schema.
 *
 * Schema upgrades: user_version is the schema's number. A later number adds its statements behind
 * schema[], each step run in one transaction when the file is older; a file that is newer is
 * refused.
 */
#include "agent/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/spool_part.h"
#include "base/lang.h"
#include "base/plant.h"

#define SCHEMA_VERSION 1
#define APPLICATION_ID 0x67766167 /* "gvag": file(1) shows it */
#define BUSY_MS        5000       /* somebody looks inside with sqlite3 */

static const char *const texts[SPOOL_SQL_COUNT] = {
#define SQL(name, text) [SPOOL_##name] = text,
#include "agent/spool.def"
#undef SQL
};

static const char schema[] =
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL);"
    "CREATE TABLE unit (unit TEXT PRIMARY KEY, enrolled INTEGER NOT NULL,"
    " connection INTEGER NOT NULL, orders_n INTEGER NOT NULL, orders_h BLOB NOT NULL,"
    " reports_n INTEGER NOT NULL, reports_h BLOB NOT NULL, receipted_n INTEGER NOT NULL,"
    " receipted_h BLOB NOT NULL, business_us INTEGER, stepped INTEGER NOT NULL, step INTEGER NOT "
    "NULL,"
    " CHECK (receipted_n <= reports_n));"
    /* Rows of a log: n without gaps, h over everything up to n. */
    "CREATE TABLE orders (unit TEXT NOT NULL, n INTEGER NOT NULL, entry BLOB NOT NULL,"
    " h BLOB NOT NULL, fault INTEGER NOT NULL, stored_us INTEGER NOT NULL, UNIQUE (unit, n));"
    "CREATE INDEX orders_faults ON orders (unit, n) WHERE fault <> 0;"
    "CREATE INDEX orders_age ON orders (stored_us) WHERE fault = 0;"
    "CREATE TABLE reports (unit TEXT NOT NULL, n INTEGER NOT NULL, entry BLOB NOT NULL,"
    " h BLOB NOT NULL, made_us INTEGER NOT NULL, receipted_us INTEGER, disposition INTEGER,"
    " error INTEGER, text TEXT, UNIQUE (unit, n));"
    "CREATE INDEX reports_waiting ON reports (unit, n) WHERE receipted_us IS NULL;"
    "CREATE INDEX reports_age ON reports (receipted_us) WHERE receipted_us IS NOT NULL;"
    "CREATE INDEX reports_odd ON reports (unit, n) WHERE disposition IS NOT NULL;"
    "CREATE TABLE assignments (unit TEXT NOT NULL, assignment BLOB NOT NULL, epoch INTEGER NOT "
    "NULL,"
    " state INTEGER NOT NULL, task BLOB, UNIQUE (unit, assignment));"
    /* What was reported under the present epoch: a digest for each fact. */
    "CREATE TABLE sent (unit TEXT NOT NULL, assignment BLOB NOT NULL, name TEXT NOT NULL,"
    " digest BLOB NOT NULL, PRIMARY KEY (unit, assignment, name)) WITHOUT ROWID;"
    "CREATE TABLE documents (unit TEXT NOT NULL, source TEXT NOT NULL, format INTEGER NOT NULL,"
    " good BLOB, applied_us INTEGER, fault TEXT, fault_us INTEGER, UNIQUE (unit, source));";

/* The shared memory beside the log is a file, too. */
static bool is_full(sqlite3 *db)
{
    int code = sqlite3_extended_errcode(db);

    return (code & 0xff) == SQLITE_FULL ||
           (code == SQLITE_IOERR_SHMSIZE && sqlite3_system_errno(db) == ENOSPC);
}

gv_err spool_fail(gv_spool *spool, const char *what)
{
    if (!spool->failed) {
        const char *file = spool->db != NULL ? sqlite3_db_filename(spool->db, "main") : NULL;

        snprintf(spool->why, sizeof spool->why, "%s: %s: %s (%d)", file != NULL ? file : "spool",
                 what, spool->db != NULL ? sqlite3_errmsg(spool->db) : "?",
                 spool->db != NULL ? sqlite3_extended_errcode(spool->db) : 0);
        spool->failed = true;
        spool->full = spool->db != NULL && is_full(spool->db);
    }
    return GV_EIO;
}

sqlite3_stmt *spool_read(gv_spool *spool, enum spool_sql sql)
{
    sqlite3_stmt **statement = &spool->statements[sql];

    if (spool->failed)
        return NULL;
    if (*statement == NULL &&
        sqlite3_prepare_v3(spool->db, texts[sql], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) !=
            SQLITE_OK) {
        spool_fail(spool, texts[sql]);
        return NULL;
    }
    sqlite3_reset(*statement);
    sqlite3_clear_bindings(*statement);
    return *statement;
}

sqlite3_stmt *spool_write(gv_spool *spool, enum spool_sql sql)
{
    if (!spool->open) {
        sqlite3_stmt *begin = spool_read(spool, SPOOL_BEGIN);

        if (begin == NULL || spool_run(spool, begin) != GV_OK)
            return NULL;
        spool->open = true;
    }
    return spool_read(spool, sql);
}

/* A binding that fails leaves NULL where the schema refuses it: the statement then fails. */
void spool_text(sqlite3_stmt *statement, int at, const char *text)
{
    if (statement != NULL)
        sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

void spool_blob(sqlite3_stmt *statement, int at, const void *data, size_t len)
{
    if (statement != NULL)
        sqlite3_bind_blob64(statement, at, len > 0 ? data : "", len, SQLITE_STATIC);
}

void spool_number(sqlite3_stmt *statement, int at, uint64_t number)
{
    if (statement != NULL)
        sqlite3_bind_int64(statement, at, (sqlite3_int64)number);
}

gv_err spool_run(gv_spool *spool, sqlite3_stmt *statement)
{
    int rc;

    if (statement == NULL)
        return GV_EIO;
    rc = sqlite3_step(statement);
    if (rc != SQLITE_DONE && rc != SQLITE_ROW)
        return spool_fail(spool, sqlite3_sql(statement));
    sqlite3_reset(statement);
    return GV_OK;
}

gv_err spool_next(gv_spool *spool, sqlite3_stmt *statement)
{
    int rc;

    if (statement == NULL)
        return GV_EIO;
    rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW)
        return GV_OK;
    if (rc == SQLITE_DONE)
        return GV_ENOTFOUND;
    return spool_fail(spool, sqlite3_sql(statement));
}

gv_err spool_done(sqlite3_stmt *statement, gv_err err)
{
    if (statement != NULL)
        sqlite3_reset(statement);
    return err;
}

struct gv_slice spool_column(sqlite3_stmt *statement, int at)
{
    const void *data = sqlite3_column_blob(statement, at);

    return (struct gv_slice){data, (size_t)sqlite3_column_bytes(statement, at)};
}

/* ---- open ---- */

static gv_err run_text(gv_spool *spool, const char *sql)
{
    if (sqlite3_exec(spool->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return spool_fail(spool, sql);
    return GV_OK;
}

static gv_err pragma_number(gv_spool *spool, const char *sql, sqlite3_int64 *out)
{
    sqlite3_stmt *statement;
    gv_err err = GV_OK;

    if (sqlite3_prepare_v2(spool->db, sql, -1, &statement, NULL) != SQLITE_OK)
        return spool_fail(spool, sql);
    if (sqlite3_step(statement) == SQLITE_ROW)
        *out = sqlite3_column_int64(statement, 0);
    else
        err = spool_fail(spool, sql);
    sqlite3_finalize(statement);
    return err;
}

/* WAL survives kill -9; FULL also the loss of power. */
static gv_err set_durability(gv_spool *spool)
{
    sqlite3_stmt *statement;
    gv_err err = GV_OK;

    sqlite3_busy_timeout(spool->db, BUSY_MS);
    if (sqlite3_prepare_v2(spool->db, "PRAGMA journal_mode = WAL", -1, &statement, NULL) !=
        SQLITE_OK)
        return spool_fail(spool, "PRAGMA journal_mode");
    if (sqlite3_step(statement) != SQLITE_ROW ||
        strcmp((const char *)sqlite3_column_text(statement, 0), "wal") != 0)
        err = spool_fail(spool, "PRAGMA journal_mode = WAL");
    sqlite3_finalize(statement);
    if (err == GV_OK)
        err = run_text(spool, "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON");
    if (err == GV_OK && GV_PLANTED(SPOOL_UNSYNCED))
        err = run_text(spool, "PRAGMA synchronous = OFF");
    return err;
}

static gv_err make_schema(gv_spool *spool)
{
    char text[96];
    sqlite3_int64 version = 0;
    gv_err err = pragma_number(spool, "PRAGMA user_version", &version);

    if (err != GV_OK || version == SCHEMA_VERSION)
        return err;
    if (version > SCHEMA_VERSION) {
        snprintf(spool->why, sizeof spool->why,
                 gv_tr("%s: do giaoviec-agent mới hơn tạo (phiên bản %lld, ở đây %d)",
                       "%s: made by a newer giaoviec-agent (version %lld, here %d)"),
                 sqlite3_db_filename(spool->db, "main"), (long long)version, SCHEMA_VERSION);
        spool->failed = true;
        return GV_EVERSION;
    }
    err = run_text(spool, "BEGIN IMMEDIATE");
    if (err == GV_OK)
        err = run_text(spool, schema);
    if (err == GV_OK) {
        snprintf(text, sizeof text, "PRAGMA application_id = %d; PRAGMA user_version = %d",
                 APPLICATION_ID, SCHEMA_VERSION);
        err = run_text(spool, text);
    }
    return err == GV_OK ? run_text(spool, "COMMIT") : err;
}

gv_err gv_spool_open(const char *path, gv_spool **out, struct gv_buf *why)
{
    gv_spool *spool = calloc(1, sizeof *spool);
    gv_err err = GV_OK;

    if (spool == NULL)
        return GV_ENOMEM;
    if (sqlite3_open_v2(path, &spool->db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                            SQLITE_OPEN_EXRESCODE,
                        NULL) != SQLITE_OK)
        err = spool_fail(spool, path);
    if (err == GV_OK)
        err = set_durability(spool);
    if (err == GV_OK)
        err = make_schema(spool);
    if (err == GV_EIO && spool->full)
        err = GV_ENOSPACE;
    if (err != GV_OK) {
        gv_buf_puts(why, spool->why);
        gv_spool_close(spool);
        return err;
    }
    *out = spool;
    return GV_OK;
}

void gv_spool_close(gv_spool *spool)
{
    if (spool == NULL)
        return;
    for (size_t i = 0; i < SPOOL_SQL_COUNT; i++)
        sqlite3_finalize(spool->statements[i]);
    sqlite3_close_v2(spool->db); /* rolls back */
    free(spool);
}

bool gv_spool_ok(const gv_spool *spool)
{
    return !spool->failed;
}

bool gv_spool_full(const gv_spool *spool)
{
    return spool->full;
}

gv_err gv_spool_recover(gv_spool *spool)
{
    for (size_t i = 0; i < SPOOL_SQL_COUNT; i++) {
        if (spool->statements[i] != NULL)
            sqlite3_reset(spool->statements[i]);
    }
    spool->failed = spool->full = spool->open = false;
    /* SQLite may have rolled it back by itself. */
    return sqlite3_get_autocommit(spool->db) != 0 ? GV_OK : run_text(spool, "ROLLBACK");
}

gv_err gv_spool_size(gv_spool *spool, uint64_t *bytes)
{
    sqlite3_stmt *statement = spool_read(spool, SPOOL_SIZE);
    gv_err err = spool_next(spool, statement);

    if (err == GV_OK)
        *bytes = (uint64_t)sqlite3_column_int64(statement, 0);
    return spool_done(statement, err);
}

const char *gv_spool_why(const gv_spool *spool)
{
    return spool->why;
}

bool gv_spool_dirty(const gv_spool *spool)
{
    return spool->open;
}

gv_err gv_spool_commit(gv_spool *spool)
{
    gv_err err;

    if (spool->failed)
        return GV_EIO;
    if (!spool->open)
        return GV_OK;
    err = spool_run(spool, spool_read(spool, SPOOL_COMMIT));
    if (err != GV_OK && GV_PLANTED(FSYNC_RETRIED)) /* nothing is left that a second could write */
        err = (spool->failed = !sqlite3_get_autocommit(spool->db)) ? GV_EIO : GV_OK;
    if (err == GV_OK)
        spool->open = false;
    return err;
}

gv_err gv_spool_meta(gv_spool *spool, const char *key, struct gv_buf *value)
{
    sqlite3_stmt *statement = spool_read(spool, SPOOL_META_GET);
    gv_err err;

    spool_text(statement, 1, key);
    err = spool_next(spool, statement);
    if (err == GV_OK) {
        struct gv_slice bytes = spool_column(statement, 0);

        gv_buf_append(value, bytes.data, bytes.len);
        if (!gv_buf_ok(value))
            err = GV_ENOMEM;
    }
    return spool_done(statement, err);
}

gv_err gv_spool_meta_put(gv_spool *spool, const char *key, struct gv_slice value)
{
    sqlite3_stmt *statement = spool_write(spool, SPOOL_META_PUT);

    spool_text(statement, 1, key);
    spool_blob(statement, 2, value.data, value.len);
    return spool_run(spool, statement);
}
