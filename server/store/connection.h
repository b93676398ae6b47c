/*
 * connection.h - what a gv_store is made of: for connection.c, db.c, txn.c and args.c only.
 */
#ifndef GV_STORE_CONNECTION_H
#define GV_STORE_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/db.h"

#define GV_PIPELINE_MAX 32

struct gv_statement {
    const char *name; /* static: of the embedded text */
    char one[40];     /* the form for one row, prepared beside it; empty: there is none */
    int params;
    Oid types[GV_ARGS_MAX];
};

struct gv_store {
    PGconn *conn; /* NULL: lost, until gv_store_reconnect() */
    uint64_t connection;
    char *conninfo;
    char *application;
    int commit_timeout_ms;
    int statement_timeout_ms;
    int lock_timeout_ms;
    struct gv_statement *statements; /* in order of name */
    size_t statement_count;
    bool listening;
    bool in_txn;
    const char
        *begin; /* BEGIN that goes with the first statement; NULL: it is sent, or none is due */
    bool committing;
    bool warned; /* a WARNING came while committing */
    gv_err sticky;
    int64_t affected;
    char tag[16]; /* of the last command: "COMMIT" */
    bool pipeline;
    size_t queued;
    size_t queued_bytes; /* of parameters, since the pipeline began */
    const char *queue_name[GV_PIPELINE_MAX];
    PGresult **queue_out[GV_PIPELINE_MAX]; /* who wants the answer; NULL: nobody */
    struct gv_buf spare[GV_ARGS_MAX];      /* memory of earlier parameters */
    char error[512];
    char sqlstate[6];
};

/* connection.c */
const struct gv_statement *gv_store_statement(const gv_store *store, const char *name);
void gv_store_drop(gv_store *store); /* closes the socket without a word; keeps the error's text */

/* args.c: completes the arrays' heads. GV_OK or the first slip. */
gv_err gv_args_seal(struct gv_args *args);
/* Of a parameter that was sealed; data NULL: null. Valid as long as args. */
struct gv_slice gv_args_value(const struct gv_args *args, int i);

/* db.c */
/* Sends the BEGIN that is due, if one is. */
gv_err gv_db_begin_now(gv_store *store);
/* Text without parameters, waited for at most timeout_ms; after a BEGIN that is due. */
gv_err gv_db_simple(gv_store *store, const char *sql, int timeout_ms);
/* txn.c: around whatever sends a COMMIT. ends: what its answer means, with err as the wait ended.
 */
void gv_db_commit_begins(gv_store *store);
GV_MUSTCHECK gv_err gv_db_commit_ends(gv_store *store, gv_err err);
/* Remembers the error; sticks inside a transaction. */
gv_err gv_db_result_error(gv_store *store, const char *what, const PGresult *result);

#endif
