/*
 * db.h - inside server/store only: one connection, statements by the name of their .sql file, their
 * parameters, what they answer. Everything is binary on the wire; the types of the parameters
 * are asked of the server when the statement is prepared, so one gv_put_int() fits int4 and int8,
 * and a wrong type is found with the statement's name instead of as damaged data.
 *
 * Types used in .sql files: bool, int4, int8, text, bytea, uuid and arrays of them. Cast everything
 * else in the statement ($1::text::numeric, x::text), and each parameter once ($1::int4[]).
 *
 *     gv_args_init(&args, store, "unit_pending");       scalars and whole arrays, in order of $n
 *     gv_put_text(&args, coordinator);
 *     err = gv_db_exec(&args, &result);                 consumes args, failed or not
 *     for (i = 0; err == GV_OK && i < PQntuples(result); i++)
 *         n = gv_get_int(result, i, 0);
 *     PQclear(result);
 *
 * Set-based: after the scalars, gv_args_row() once a row, then one put for each array in order. One
 * row alone goes to the statement's form for one row, where it has one (one_row.h).
 * One thread a store, as in store.h.
 */
#ifndef GV_DB_H
#define GV_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "store/store.h"

/* ---- parameters -------------------------------------------------------------------------------
 */

#define GV_ARGS_MAX 40

struct gv_statement; /* a prepared one: db.c */

struct gv_arg {
    Oid type;    /* as the server says */
    Oid element; /* of an array; 0: a scalar */
    bool set;
    bool null;
    bool given;        /* an element is not null */
    bool has_null;     /* an element is */
    uint32_t elements; /* of an array */
    struct gv_buf data;
};

struct gv_args {
    gv_store *store;
    const struct gv_statement *statement; /* NULL: there is no such statement */
    struct gv_arg arg[GV_ARGS_MAX];
    int count;
    int next;      /* where the next put goes */
    int row_first; /* -1: before the first gv_args_row() */
    uint32_t rows; /* begun */
    bool one_row;  /* sealed: goes as scalars to the statement's form for one row */
    gv_err err;    /* the first slip: a wrong type, too many, out of range */
    char what[96];
};

void gv_args_init(struct gv_args *args, gv_store *store, const char *name);
void gv_args_fini(
    struct gv_args *args); /* only when gv_db_exec() and gv_db_queue() are not reached */
void gv_args_row(struct gv_args *args);
void gv_put_null(struct gv_args *args);
void gv_put_bool(struct gv_args *args, bool v);
void gv_put_int(struct gv_args *args,
                int64_t v); /* int4 or int8; GV_EBADMSG when it does not fit */
void gv_put_u64(struct gv_args *args, uint64_t v);
void gv_put_text(struct gv_args *args, const char *s);          /* NULL: null */
void gv_put_bytes(struct gv_args *args, struct gv_slice bytes); /* data NULL: null */
void gv_put_id(struct gv_args *args, const gv_id *id);          /* uuid; NULL: null */
void gv_put_hash(struct gv_args *args, const gv_hash *hash);    /* bytea; NULL: null */
/* Whole arrays; NULL with n == 0 is the empty array: gv_put_null() for null. */
void gv_put_ints(struct gv_args *args, const int32_t *v, size_t n);
void gv_put_texts(struct gv_args *args, const char *const *v, size_t n);
void gv_put_ids(struct gv_args *args, const gv_id *v, size_t n);

/* ---- statements -------------------------------------------------------------------------------
 */

/* Runs and waits. Consumes args in any case. *out (may be NULL) is the caller's: PQclear(); NULL on
 * failure. */
GV_MUSTCHECK gv_err gv_db_exec(struct gv_args *args, PGresult **out);
/* A statement without parameters whose answer does not matter. */
GV_MUSTCHECK gv_err gv_db_run(gv_store *store, const char *name);
/* Rows that the last gv_db_exec() changed or answered. */
int64_t gv_db_affected(const gv_store *store);

/*
 * Several statements for one round trip, inside a transaction: begin, queue…, end or commit. queue
 * consumes args; *out (out may be NULL) gets the statement's answer at the end, or once what was
 * queued is large, and is the caller's: PQclear(). When anything failed there need be none. Nothing
 * here counts rows: a compare-and-set says itself that it was lost (giaoviec.all_of()), so that a
 * COMMIT behind it is not reached.
 */
GV_MUSTCHECK gv_err gv_db_pipeline_begin(gv_store *store);
GV_MUSTCHECK gv_err gv_db_queue(struct gv_args *args, PGresult **out);
GV_MUSTCHECK gv_err gv_db_pipeline_end(gv_store *store);
/* The same, with COMMIT as the last statement: answers as gv_store_commit() does. */
GV_MUSTCHECK gv_err gv_db_pipeline_commit(gv_store *store);

/* ---- transactions inside functions of the store ------------------------------------------------
 */

/* For functions that may be called inside or outside a transaction: opens one when there is none.
 * leave: commits (err GV_OK) or rolls back what enter opened; answers err or what the commit said.
 */
GV_MUSTCHECK gv_err gv_db_enter(gv_store *store, bool *mine);
GV_MUSTCHECK gv_err gv_db_leave(gv_store *store, bool mine, gv_err err);
/* REPEATABLE READ, READ ONLY, with the planner's full choice: for the queries of readers. End it
 * with gv_store_rollback(). */
GV_MUSTCHECK gv_err gv_db_begin_snapshot(gv_store *store);
/* An error found on this side of the database (no memory, damaged row): sticks like the database's
 * own. Answers err. */
gv_err gv_db_fail(gv_store *store, gv_err err, const char *what);
/* The same for memory; a constant, so that analysers see the failure. */
static inline gv_err gv_db_nomem(gv_store *store, const char *what)
{
    gv_db_fail(store, GV_ENOMEM, what);
    return GV_ENOMEM;
}
/* A refusal that does not spoil the transaction: sets gv_store_error() only. Answers err. */
gv_err gv_db_refuse(gv_store *store, gv_err err, const char *what);

/* ---- answers ----------------------------------------------------------------------------------
 */

bool gv_get_null(const PGresult *result, int row, int col);
bool gv_get_bool(const PGresult *result, int row, int col);    /* null: false */
int64_t gv_get_int(const PGresult *result, int row, int col);  /* int2, int4, int8; null: 0 */
uint64_t gv_get_u64(const PGresult *result, int row, int col); /* null or negative: 0 */
const char *gv_get_text(const PGresult *result, int row,
                        int col); /* borrowed from result; null: "" */
struct gv_slice gv_get_bytes(const PGresult *result, int row,
                             int col); /* borrowed; any type's bytes */
void gv_get_id(const PGresult *result, int row, int col, gv_id *out); /* null: zeros */
void gv_get_hash(const PGresult *result, int row, int col,
                 gv_hash *out); /* null or of another size: zeros */
void gv_get_code(const PGresult *result, int row, int col, gv_code *out); /* null: "" */
/* Copies into the arena; GV_ENOMEM sticks. *out is untouched on failure. */
GV_MUSTCHECK gv_err gv_get_bytes_dup(gv_store *store, gv_arena *arena, const PGresult *result,
                                     int row, int col, struct gv_slice *out);
GV_MUSTCHECK gv_err gv_get_text_dup(gv_store *store, gv_arena *arena, const PGresult *result,
                                    int row, int col, const char **out);

#endif
