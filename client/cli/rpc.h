/*
 * rpc.h - a person's requests to the coordinators of the keyset: signed, over CURVE, answered by
 * in_reply_to and checked against the coordinator's key. Tries the coordinators in turn, waits as
 * BUSY says, within --timeout. Blocks; one owner thread.
 */
#ifndef GV_RPC_H
#define GV_RPC_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

#include "cli/home.h"
#include "cli/option.h"
#include "giaoviec/v1/act.pb-c.h"
#include "giaoviec/v1/query.pb-c.h"

typedef struct gv_rpc gv_rpc;

/* Opens HOME with the key of --as; connects when first asked. Prints its own error; exit status. */
GV_MUSTCHECK int rpc_open(const struct cli *cli, gv_rpc **out);
/* To change keysets: the coordinator has another one than HOME, and says by its own who may. */
GV_MUSTCHECK int rpc_open_keyset(const struct cli *cli, gv_rpc **out);
void rpc_close(gv_rpc *rpc); /* NULL is fine */
struct home *rpc_home(gv_rpc *rpc);
const struct cli *rpc_cli(const gv_rpc *rpc);

/*
 * One request and its answer, which lives in the arena. An answer ERROR gives its gv_err; a request
 * that may be repeated is sent again, with the same message, while time lasts. GV_EUNAVAILABLE:
 * nobody answered; GV_EDENIED: our key is not admitted; GV_EINTERRUPTED.
 */
GV_MUSTCHECK gv_err rpc_call(gv_rpc *rpc, uint32_t kind, const ProtobufCMessage *body,
                             uint32_t answer_kind, gv_arena *arena, ProtobufCMessage **answer);
/* The same for what takes its time: each try, and all of them, so much longer. */
GV_MUSTCHECK gv_err rpc_call_patient(gv_rpc *rpc, uint32_t kind, const ProtobufCMessage *body,
                                     uint32_t answer_kind, int64_t more_ms, gv_arena *arena,
                                     ProtobufCMessage **answer);
/* What the coordinator said of the last error, or which endpoints could not be reached. Never NULL.
 */
const char *rpc_text(const gv_rpc *rpc);
/* The last request was an act that failed, but may have taken effect: a try of it went out, and was
 * not answered for good (BUSY is: nothing of it is stored). */
bool rpc_doubtful(const gv_rpc *rpc);
/* Prints the error with rpc_text() and what to do; exit status. where may be NULL. */
int rpc_error(const gv_rpc *rpc, gv_err err, const char *where);

/* ---- queries ----------------------------------------------------------------------------------
 */

struct rpc_query {
    const char *name;
    const char *const *args; /* "key=value" */
    size_t arg_count;
    const char *after; /* "" or NULL: from the beginning */
    uint32_t limit;    /* rows in all; 0: all there are */
    uint32_t wait_ms;  /* feeds: wait so long for the first row */
};

/* The disk of the database, as the coordinator that answered sees it. */
struct rpc_storage {
    char coordinator[GV_CODE_MAX + 1];
    bool watched, is_short;
    uint64_t free_bytes, total_bytes, mark_bytes, ballast_bytes;
};

struct rpc_page {
    char next[512];      /* "": there is no more */
    int64_t business_us; /* of the first page */
    bool stepped, demonstration;
    size_t rows;                /* that were given to the callback */
    struct rpc_storage storage; /* of the last page */
};

struct rpc_row {
    const char *text; /* the JSON object as sent, on one line, not NUL-terminated */
    size_t len;
    json_t *json; /* borrowed: valid during the call */
};
/* Anything but GV_OK ends the query, which returns it. */
typedef gv_err rpc_row_fn(void *arg, const struct rpc_row *row);

/* All pages, until there is no more or limit is reached. page may be NULL. */
GV_MUSTCHECK gv_err rpc_query(gv_rpc *rpc, const struct rpc_query *query, rpc_row_fn *each,
                              void *arg, struct rpc_page *page);
/* One page only: for feeds, which always have a next. */
GV_MUSTCHECK gv_err rpc_query_page(gv_rpc *rpc, const struct rpc_query *query, rpc_row_fn *each,
                                   void *arg, struct rpc_page *page);

/* Fields of a row: "" or 0 or false where it is absent or null. Borrowed from the row. */
const char *row_text(const json_t *row, const char *key);
int64_t row_number(const json_t *row, const char *key);
bool row_flag(const json_t *row, const char *key);
bool row_has(const json_t *row, const char *key); /* there and not null */

/* ---- keysets, blobs and acts ------------------------------------------------------------------
 */

/* Asks for the newest keyset and keeps it in HOME when it is newer than ours. */
GV_MUSTCHECK gv_err rpc_keyset_get(gv_rpc *rpc, bool *newer);
GV_MUSTCHECK gv_err rpc_keyset_put(gv_rpc *rpc, struct gv_slice keyset);
/* Business time now, from the query "clock". */
GV_MUSTCHECK gv_err rpc_clock(gv_rpc *rpc, struct rpc_page *clock);
/* Sends a signed act; attachments past GV_RPC_INLINE_MAX go ahead in chunks. *result lives in the
 * arena. */
#define RPC_INLINE_MAX ((size_t)128 * 1024)
GV_MUSTCHECK gv_err rpc_submit(gv_rpc *rpc, struct gv_slice act, struct gv_slice attachment,
                               bool dry_run, gv_arena *arena, Giaoviec__V1__ActResult **result);

#endif
