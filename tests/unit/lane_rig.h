/*
 * lane_rig.h - the verifier and the report lane as they ship, in the test's own thread, over a
 * database that answers what the test says and fails where it says. What the lane tells the
 * delivery thread, and whom it answers, can be asked for.
 */
#ifndef LANE_RIG_H
#define LANE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../fixture/trust.h"
#include "coordinator/batch.h"
#include "coordinator/coordinator.h"
#include "fault.h"

enum {
    RIG_UNITS = 3,
    RIG_LOG = 5200,    /* entries of a log, at most */
    RIG_EVENTS = 4096, /* that were committed */
    RIG_TOLD = 64,
};

/* ---- the database (lane_database.c) ---- */

enum call {
    CALL_OPEN,
    CALL_BEGIN,
    CALL_COMMIT,
    CALL_APPLY,
    CALL_CLOCK,
    CALL_LOCK,
    CALL_ROWS,
    CALL_ORDER_HASH,
    CALL_REPORT_HASH,
    CALL_REPORTS,
    CALL_ORDERS_TOLD,
    CALL_KEY_HISTORY,
    CALL_TASK,
    CALL_QUARANTINE,
    CALL_QUERY,
    CALL_KEYSET_PUT,
    CALL_RECONNECT,
    CALL_COUNT
};

struct database {
    struct gv_unit_log units[RIG_UNITS]; /* in order of unit_id */
    bool held[RIG_UNITS];                /* by somebody else */
    gv_hash reports[RIG_UNITS][RIG_LOG]; /* running hashes, by number */
    const char *stored_text;             /* of every report that is stored: REFUSED */
    struct gv_assignment_row rows[4];
    size_t row_count;
    struct gv_order orders[RIG_UNITS][8]; /* by number, from 1 */
    bool orders_lost;                     /* nobody gets to see them */
    gv_id had;                            /* every unit has had this key */
    uint64_t named;                       /* and so many of late */
    struct gv_slice task;                 /* every task is this one */
    int64_t business_us, real_us;
    bool stepped;
    struct gv_slice keyset; /* of the deployment */
    uint64_t keyset_version, keys_version;
    struct gv_slice act_result, act_pending; /* of the one act; pending: not committed */

    /* The call answers err, `times` times, after `after` that were good. */
    struct {
        gv_err err;
        int after, times;
    } fails[CALL_COUNT];
    int calls[CALL_COUNT];
    gv_err (*refuses)(const struct gv_changes *changes); /* what APPLY says; NULL: nothing */

    /* What is answered to a question; NULL: no row. */
    gv_err (*asked)(const struct gv_query *query, struct gv_query_result *out);

    /* After COMMIT. */
    struct gv_event events[RIG_EVENTS];
    size_t event_count, evidence_count;
    struct gv_key_change keys[4];
    size_t key_count;

    gv_arena *arena;
    struct gv_changes changes; /* applied, not committed */
    bool applied;
};
extern struct database db;

void db_begin(void);
void db_end(void);
/* Orders as an act would have put them; the unit's log moves. */
void db_order(int unit, const gv_id *assignment, uint32_t epoch);
/* The deployment's keyset from now on. */
void db_keyset(const struct gv_buf *bytes, uint64_t version);
void db_row(int unit, const gv_id *assignment, uint32_t epoch, enum gv_state state);
gv_store *db_store(void);

/* ---- what was told to the delivery thread ---- */

enum told_kind { TOLD_HELLO, TOLD_ACKED, TOLD_GONE, TOLD_HEARTBEAT };

struct told {
    enum told_kind kind;
    int32_t unit_id;
    uint64_t connection, n; /* n: orders held */
    struct gv_heartbeat beat;
};

/* ---- the rig ---- */

struct rig {
    struct fixture f;
    struct coordinator c;
    struct gv_key *key[RIG_UNITS]; /* of U0, U1, U2 */
    struct gv_key *next;           /* of U0: rig_name_next() */
    uint64_t sequence;
    gv_arena *arena; /* of what was heard */
    struct told told[RIG_TOLD];
    size_t told_count;
    int failed;     /* coordinator_fail() */
    int reconnects; /* that are still to be had; then it stops */
    bool waits;     /* instead: connects as the program does, by a clock that goes as it sleeps */
    int64_t slept_ms;
    bool is_short; /* of room for the database */
};

int rig_begin(void **state);
int rig_end(void **state);
int32_t rig_unit_id(int unit);

/* A message of the unit's, sealed with its next sequence. */
void rig_seal(struct rig *rig, int unit, enum gv_kind kind, uint64_t connection,
              const ProtobufCMessage *body, struct gv_buf *out);
/* code is anybody's whom the keyring knows; the frame is not looked at. */
struct job *rig_job(struct rig *rig, const char *code, uint8_t route, const void *frame,
                    size_t len);
/* As the verifier passes it on. */
struct job *rig_message(struct rig *rig, int unit, enum gv_kind kind, uint64_t connection,
                        const ProtobufCMessage *body);
/* Signed, and sent, by another key of U0's that the keyring knows. */
struct job *rig_message_by(struct rig *rig, const struct gv_key *key, enum gv_kind kind,
                           uint64_t connection, const ProtobufCMessage *body);
/* U0's key in force has named the one that follows: keyring and database know it. Takes it. */
void rig_name_next(struct rig *rig, struct gv_key *next);
void rig_say(struct rig *rig, int unit, enum gv_kind kind, uint64_t connection,
             const ProtobufCMessage *body);
/* Runs the report lane over what is in its queue, until that is empty. */
void rig_lane(struct rig *rig);
/* The same for the lane of questions; then those that still wait are dropped. */
void rig_reads(struct rig *rig);
/* The same for the lane of acts. */
void rig_acts(struct rig *rig);
/* The next message out, to whomever; NULL: none. *to: the first byte of the route. */
const struct gv_message *rig_hear(struct rig *rig, uint8_t *to);
/* The next one is of this kind. */
const ProtobufCMessage *rig_expect(struct rig *rig, enum gv_kind kind);
/* The next one is an ERROR of this code. */
void rig_expect_error(struct rig *rig, gv_err code);
void rig_expect_silence(struct rig *rig);

/* ---- one batch, as the lane has it ---- */

enum { RIG_BATCH = 8 };

struct rig_batch {
    struct batch batch;
    struct item items[RIG_BATCH];
    struct gv_admission refusals; /* written down: one a second, two at once */
};

void rig_batch_begin(struct rig *rig, struct rig_batch *one, size_t arena_bytes);
void rig_batch_add(struct rig_batch *one, struct job *job); /* takes job */
/* Begins, and runs one message alone; the item is what came of it. Ends with rig_batch_end(). */
struct item *rig_batch_one(struct rig *rig, struct rig_batch *one, struct job *job);
void rig_batch_end(struct rig_batch *one);   /* its jobs, too */
void rig_batch_close(struct rig_batch *one); /* its jobs stay the caller's */

/* A Hello and what it points to. */
struct rig_hello {
    Giaoviec__V1__Hello body;
    Giaoviec__V1__Cursor orders, reports, receipted;
    gv_hash hash[3];
};

void rig_cursor(Giaoviec__V1__Cursor *out, gv_hash *h, uint64_t n, const gv_hash *hash);
/* Of a unit that agrees with all that is stored. */
void rig_greet(struct rig_hello *g, int unit, uint64_t connection);

/* Entries "e1", "e2", …: what no report is; the log's hashes after them in the database's own log
 * when `store`. */
void rig_entries(int unit, uint64_t first, size_t count, ProtobufCBinaryData *out);
/* The unit's log holds them already. */
void rig_stored(int unit, size_t count);

#endif
