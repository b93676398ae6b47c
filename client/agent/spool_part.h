/* spool_part.h - statements and bindings, shared by the files of the spool only. */
#ifndef GV_SPOOL_PART_H
#define GV_SPOOL_PART_H

#include <sqlite3.h>

#include "agent/spool.h"

enum spool_sql {
#define SQL(name, text) SPOOL_##name,
#include "agent/spool.def"
#undef SQL
    SPOOL_SQL_COUNT
};

struct gv_spool {
    sqlite3 *db;
    sqlite3_stmt *statements[SPOOL_SQL_COUNT];
    bool open; /* a transaction */
    bool failed;
    bool full; /* and that because there was no room */
    char why[512];
};

/* The statement, prepared once, reset, nothing bound. NULL: failed (sticks). */
sqlite3_stmt *spool_read(gv_spool *spool, enum spool_sql sql);
/* The same within the transaction, which it begins. */
sqlite3_stmt *spool_write(gv_spool *spool, enum spool_sql sql);
void spool_text(sqlite3_stmt *statement, int at, const char *text);
void spool_blob(sqlite3_stmt *statement, int at, const void *data, size_t len);
void spool_number(sqlite3_stmt *statement, int at, uint64_t number);
/* For statements without rows. */
gv_err spool_run(gv_spool *spool, sqlite3_stmt *statement);
/* GV_OK: a row. GV_ENOTFOUND: no further one. */
gv_err spool_next(gv_spool *spool, sqlite3_stmt *statement);
/* Ends reading; answers err. */
gv_err spool_done(sqlite3_stmt *statement, gv_err err);
struct gv_slice spool_column(sqlite3_stmt *statement, int at);
gv_err spool_fail(gv_spool *spool, const char *what);

#endif
