/*
 * store.h - the database: the only folder that knows libpq. Whatever is true is decided here by row
 * locks and predicates. One gv_store is one connection and belongs to one thread at a time.
 *
 * A transaction: begin, lock units, load assignments, decide (the caller, pure), apply, commit.
 * The first error sticks until gv_store_rollback(): a caller may check only the last call.
 *   GV_ECONFLICT     40001/40P01/55P03: roll back and run the whole transaction again
 *   GV_EBADMSG       22xxx/23xxx: data that the database refuses: bisect the batch
 *   GV_ENOSPACE      53100: its disk is full; GV_EAGAIN: another of its bounds. Answer Busy
 *   GV_EUNAVAILABLE  the connection is lost, nothing was committed: gv_store_reconnect()
 *   GV_EUNKNOWN      the connection was lost, or a warning came, in COMMIT: run again, answer
 * nothing GV_EDB           anything else (a bug): gv_store_error() Results live in the arena that
 * the caller gives. Times: microseconds since 1970 UTC.
 */
#ifndef GV_STORE_H
#define GV_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "domain/calendar.h"
#include "domain/lifecycle.h"
#include "giaoviec/v1/task.pb-c.h"

/* ---- connection -------------------------------------------------------------------------------
 */

typedef struct gv_store gv_store;

/* A transaction whose client does nothing for so long is ended by the database: somebody else may
 * want what it holds. */
#define GV_STORE_IDLE_MS 15000

struct gv_store_options {
    const char *conninfo;     /* libpq; multi-host allowed */
    const char *application;  /* application_name; "giaoviecd c1 reports 1" */
    int commit_timeout_ms;    /* 0: 10000. Past it the socket is closed: GV_EUNKNOWN */
    int statement_timeout_ms; /* 0: 15000 */
    int lock_timeout_ms;      /* 0: 3000; past it GV_ECONFLICT */
};

/* Connects, takes the role giaoviec_coordinator, checks the schema's version, prepares every
 * statement. GV_EUNAVAILABLE, GV_EVERSION (migrate first, or newer than this program). *out is NULL
 * on failure; why (may be NULL) gets a text of at most why_size bytes. */
GV_MUSTCHECK gv_err gv_store_open(const struct gv_store_options *options, gv_store **out, char *why,
                                  size_t why_size);
void gv_store_close(gv_store *store); /* NULL is fine */
GV_MUSTCHECK gv_err
gv_store_reconnect(gv_store *store); /* a new connection, everything prepared again */
/* Rises with every connection: what was kept from an older one may belong to a history that a
 * failover has lost. */
uint64_t gv_store_connection(const gv_store *store);
const char *gv_store_error(const gv_store *store);    /* text of the last error; never NULL */
const char *gv_store_sqlstate(const gv_store *store); /* "23505"; "" when there is none */

/* Creates or upgrades schema and roles; conninfo must be of the database's owner or a superuser.
 * GV_EVERSION: the schema is newer than this program. *applied (may be NULL): migrations run. */
GV_MUSTCHECK gv_err gv_store_migrate(const char *conninfo, int *applied, char *why,
                                     size_t why_size);

/* ---- transactions -----------------------------------------------------------------------------
 */

GV_MUSTCHECK gv_err gv_store_begin(gv_store *store);
GV_MUSTCHECK gv_err gv_store_commit(gv_store *store);
void gv_store_rollback(gv_store *store);       /* always allowed; clears the sticking error */
gv_err gv_store_failed(const gv_store *store); /* the sticking error or GV_OK */
/* Inside a transaction that failed on data a part may be tried alone: savepoints for acts by item.
 */
GV_MUSTCHECK gv_err gv_store_savepoint(gv_store *store);
GV_MUSTCHECK gv_err gv_store_savepoint_release(gv_store *store);
void gv_store_savepoint_rollback(
    gv_store *store); /* clears the sticking error when it was the data's */

/* Functions marked [own] are a transaction of their own and must not be called inside one; all
 * others may be called inside or outside one. */

/* ---- the deployment ---------------------------------------------------------------------------
 */

struct gv_deployment {
    gv_id id;
    bool demonstration;
    bool stepped;        /* a stepped clock (demonstrations only) */
    int64_t business_us; /* now, in business time: real time when not stepped */
    uint64_t step;
    uint64_t keyset_version;
    struct gv_slice keyset;   /* envelope bytes */
    struct gv_slice root_key; /* 32 bytes */
    uint64_t keys_version;    /* rises whenever a unit's key, revocation or quarantine changes */
    int64_t real_us;          /* the database's clock */
};

/* [own] GV_ENOTFOUND: not initialised yet. */
GV_MUSTCHECK gv_err gv_store_deployment(gv_store *store, gv_arena *arena,
                                        struct gv_deployment *out);
/* [own] id, demonstration, stepped, business_us, keyset_version, keyset, root_key are read.
 * GV_EEXISTS when another deployment lives here; the same one again is GV_OK and changes nothing.
 */
GV_MUSTCHECK gv_err gv_store_deployment_init(gv_store *store,
                                             const struct gv_deployment *deployment);
/* Compare and set: GV_EVERSION unless version is newer than the stored. */
GV_MUSTCHECK gv_err gv_store_keyset_put(gv_store *store, uint64_t version, struct gv_slice keyset);
/* GV_ESTATE: not stepped; GV_EVERSION: not after the present. In the transaction of the act. */
GV_MUSTCHECK gv_err gv_store_clock_step(gv_store *store, int64_t to_us, uint64_t *step);
/* Business time and step, cheap: one row. Inside a transaction: what its events are to be stamped
 * with. */
GV_MUSTCHECK gv_err gv_store_clock(gv_store *store, int64_t *business_us, uint64_t *step,
                                   bool *stepped);

/* ---- units ------------------------------------------------------------------------------------
 */

struct gv_unit_key { /* what ZAP and verify need: the snapshot holds every unit */
    int32_t unit_id;
    gv_code code;
    bool body; /* no agent */
    bool has_key;
    bool revoked; /* the key was revoked: refuse at the door */
    bool quarantined;
    bool ended; /* past valid_to */
    gv_id key_id;
    uint8_t sign_key[32];
    uint8_t curve_key[32];
    bool has_next; /* a key is to follow: admitted beside it */
    gv_id next_key_id;
    uint8_t next_sign_key[32];
    uint8_t next_curve_key[32];
};

GV_MUSTCHECK gv_err gv_store_keys(gv_store *store, gv_arena *arena, struct gv_unit_key **out,
                                  size_t *count, uint64_t *keys_version);
/* 0 and GV_OK when nothing changed since; cheap enough to poll each second. */
GV_MUSTCHECK gv_err gv_store_keys_version(gv_store *store, uint64_t *keys_version);

struct gv_unit_new {
    const char *code, *name_vi, *name_en, *group;
    const char *name_fold; /* gv_text_fold of both names and the code, joined by blanks */
    const char *const *fields;
    size_t field_count;
    bool body;
    int32_t valid_from_day; /* 0: as it stood */
};
/* Existing codes get all of it, but for `body` where the unit has a key or an assignment. *created
 * (may be NULL): how many were new. */
GV_MUSTCHECK gv_err gv_store_units_register(gv_store *store, const struct gv_unit_new *units,
                                            size_t count, const gv_id *act_id, size_t *created);

struct gv_token_new {
    const char *unit;
    gv_hash hash;
    int64_t expires_us; /* real time */
};
/* GV_ENOTFOUND: a unit is not known; *bad (may be NULL) is its index. A unit's older unused tokens
 * end. */
GV_MUSTCHECK gv_err gv_store_tokens_issue(gv_store *store, const struct gv_token_new *tokens,
                                          size_t count, const gv_id *act_id, size_t *bad);

struct gv_enrolment {
    const char *unit;
    gv_hash token_hash;
    uint8_t sign_key[32];
    uint8_t curve_key[32];
    gv_id key_id;
    struct gv_slice statement; /* envelope bytes: the evidence */
};
/* [own] Consumes the token and sets the keys. GV_EDENIED: no such token for the unit; GV_EEXPIRED;
 * GV_EREPLAY: used before (GV_OK when by the same keys: a lost answer). A ledger row is written.
 * *unit_id may be NULL. */
GV_MUSTCHECK gv_err gv_store_enrol(gv_store *store, const struct gv_enrolment *enrolment,
                                   int32_t *unit_id);
/* The key, and all that it has named, and those named: one of them may be in force by now.
 * GV_ENOTFOUND when the unit never had this key. */
GV_MUSTCHECK gv_err gv_store_key_revoke(gv_store *store, const char *unit, const gv_id *key_id,
                                        const gv_id *act_id);
struct gv_key_history {
    bool known;         /* the unit has had this key */
    uint64_t last_hour; /* keys that it enrolled with or named */
};
GV_MUSTCHECK gv_err gv_store_key_history(gv_store *store, int32_t unit_id, const gv_id *key_id,
                                         struct gv_key_history *out);
/* [own] Keys whose time of grace to be used first is over take their place all the same; *count:
 * how many did. Raises keys_version when any did. */
GV_MUSTCHECK gv_err gv_store_keys_due(gv_store *store, size_t *count);
/* [own] The same number with another hash. Raises keys_version. */
GV_MUSTCHECK gv_err gv_store_quarantine(gv_store *store, int32_t unit_id, const char *why);
/* The unit is re-admitted (gv_unit_log.readmit), as it is by a key that follows another one.
 * GV_ENOTFOUND: no such unit; GV_ESTATE: not quarantined. Raises keys_version. In the transaction
 * of the act. */
GV_MUSTCHECK gv_err gv_store_quarantine_lift(gv_store *store, const char *unit);

/* A unit's lock row: both logs and the session. */
struct gv_unit_log {
    int32_t unit_id;
    gv_code code;
    bool body, has_key, revoked, quarantined, ended;
    gv_id key_id;  /* valid with has_key: compare with the signer's under the lock */
    bool has_next; /* a key is to follow it: */
    gv_id next_key_id;
    uint8_t next_curve_key[32];
    uint64_t connection; /* of the newest Hello */
    gv_code coordinator; /* who delivers; "" when not connected */
    uint64_t report_n;
    gv_hash report_h;
    uint64_t order_n;
    gv_hash order_h;
    uint64_t ack_n; /* orders that the unit holds durably */
    bool finished_known;
    int32_t finished_day;
    int64_t last_report_us; /* business time of the newest stored report; 0: none */
    bool readmit; /* an act lets it adopt our logs; the caller may end it, never begin it */
    bool dirty;   /* the caller changed connection … finished_day: gv_store_apply() writes it */
};

enum gv_lock { GV_LOCK_WAIT, GV_LOCK_SKIP };

/* Locks the rows of the units FOR NO KEY UPDATE in order of id. ids need not be sorted or unique.
 * out is sorted by unit_id and holds only those that exist and, with SKIP, that nobody else holds.
 * Writes WAL: whatever is answered after the commit has waited for its synchronous standby. */
GV_MUSTCHECK gv_err gv_store_units_lock(gv_store *store, gv_arena *arena, const int32_t *ids,
                                        size_t count, enum gv_lock how, struct gv_unit_log **out,
                                        size_t *out_count);
/* Without locks, as it stood. */
GV_MUSTCHECK gv_err gv_store_unit_log(gv_store *store, int32_t unit_id, struct gv_unit_log *out);
struct gv_unit_log *gv_unit_log_find(struct gv_unit_log *logs, size_t count, int32_t unit_id);

/* ---- assignments ------------------------------------------------------------------------------
 */

enum gv_role_of { GV_ASSIGN_LEAD = 1, GV_ASSIGN_COORDINATE = 2, GV_ASSIGN_FOLLOW = 3 };

struct gv_assignment_row {
    int32_t unit_id;
    gv_id assignment;
    gv_id directive;
    int32_t task_id;      /* gv_task_row */
    uint32_t item;        /* of the letter */
    uint32_t role;        /* gv_role_of */
    int32_t from_unit_id; /* transferred here from; 0: none */
    uint32_t from_epoch;
    int32_t to_unit_id;          /* transferred to; 0: none */
    gv_id act_id;                /* the act that made this row */
    struct gv_assignment a;      /* the caller decides over this one, in place */
    bool is_new;                 /* set by the caller: to be inserted */
    struct gv_assignment stored; /* the store's: as loaded; state NONE for a new row */
};

struct gv_assignment_key {
    int32_t unit_id;
    gv_id assignment;
};

/* Locks (FOR NO KEY UPDATE, in order) and loads. Answers for each (unit, assignment) known the row
 * with the highest epoch that this unit holds or held; sorted by (unit_id, assignment). Lock the
 * units first. keys in any order. */
GV_MUSTCHECK gv_err gv_store_assignments_lock(gv_store *store, gv_arena *arena,
                                              const struct gv_assignment_key *keys, size_t count,
                                              struct gv_assignment_row **out, size_t *out_count);
/* The last order that a unit tells to hold. Answered with those that it did not tell before, as far
 * as the log goes, in order, the arena's, their entries empty. */
struct gv_order_span {
    int32_t unit_id;
    uint64_t last;
    struct gv_order *orders;
    size_t count;
};
/* What a batch needs, in one round trip (after gv_store_begin() in one with BEGIN): the units
 * locked as gv_store_units_lock() does, the clock, orders, and those assignments, locked, whose
 * unit was: the keys', and the orders' (for ISSUED -> DELIVERED; other orders name one too, the
 * lifecycle decides).
 */
struct gv_load {
    const int32_t *unit_ids;
    size_t unit_id_count;
    enum gv_lock lock;
    const struct gv_assignment_key *keys;
    size_t key_count;
    struct gv_order_span *spans; /* each unit once, in the order of unit_id */
    size_t span_count;
    /* answered, in the arena: */
    struct gv_unit_log *units;
    size_t unit_count;
    struct gv_assignment_row *rows;
    size_t row_count;
    int64_t business_us;
    uint64_t step;
    bool stepped;
};
GV_MUSTCHECK gv_err gv_store_load(gv_store *store, gv_arena *arena, struct gv_load *load);
struct gv_assignment_row *gv_assignment_row_find(struct gv_assignment_row *rows, size_t count,
                                                 int32_t unit_id, const gv_id *assignment);

/* A resolved code: for acts that name units by code. */
struct gv_unit_ref {
    int32_t unit_id; /* 0: not known */
    bool body, ended;
};
GV_MUSTCHECK gv_err gv_store_units_resolve(gv_store *store, const char *const *codes, size_t count,
                                           struct gv_unit_ref *out);

/* ---- applying ---------------------------------------------------------------------------------
 */

enum gv_event_kind {
    GV_EVENT_REPORT = 1,  /* an entry of a unit's report log: report_n is set */
    GV_EVENT_RECEIPT = 2, /* ORDERS_RECEIPT: delivery */
    GV_EVENT_ACT = 3,     /* an accepted act as a whole */
    GV_EVENT_ITEM = 4,    /* one line of an act */
    GV_EVENT_ENROL = 5,
    GV_EVENT_DUTY = 6,
    GV_EVENT_REFUSAL = 7, /* an authenticated message that was refused as a whole */
    GV_EVENT_SESSION = 8, /* quarantine and the like */
    GV_EVENT_KEY = 9,     /* a unit's next key was named, or took its place; text: its id */
};

struct gv_event_value {
    const char *code;
    const char *value; /* decimal, "" with not_known */
    bool not_known;
    int32_t as_of_day;
};

struct gv_event_attest {
    uint32_t clause; /* index in Task.attestations */
    const char *person;
    bool compliant;
    uint32_t exceptions, permits, breaches; /* how many */
};

/* One ledger row, and what follows from it in the typed tables. Zero the struct first. */
struct gv_event {
    enum gv_event_kind kind;
    int32_t unit_id;   /* 0: none */
    uint64_t report_n; /* with GV_EVENT_REPORT: the entry's number and running hash */
    gv_hash report_h;
    uint32_t entry_kind;  /* ReportKind, act kind, message kind: by kind */
    uint32_t disposition; /* DispositionCode; APPLIED for acts and duties that were done */
    gv_err error;
    const char *text;    /* why; NULL: none */
    bool has_assignment; /* as the sender named it, known or not */
    gv_id assignment;
    uint32_t epoch;
    struct gv_assignment_row *row; /* the row it concerns; NULL: not known or none */
    bool changed;                  /* the row's assignment moved: from -> after */
    enum gv_state from;
    struct gv_assignment after; /* valid with changed: a copy of row->a right after this event */
    int64_t business_us;        /* when it was stored, business time */
    int64_t signed_us;          /* when its author signed it, business time; 0: not said */
    bool has_act;
    gv_id act_id;
    const char *actor;     /* code of unit or person; NULL: none */
    const char *person;    /* who is in charge (ACCEPT); NULL */
    const char *narrative; /* note, reason, narrative; NULL */
    int32_t progress;      /* percent + 1; 0: not said */
    const struct gv_event_value *values;
    size_t value_count;
    const int32_t *periods; /* first days of the occurrences that this report fulfils */
    size_t period_count;
    const struct gv_event_attest *attest;    /* NULL: none */
    const struct gv_occurrence *occurrences; /* planned for row, when row->is_new */
    size_t occurrence_count;
};

struct gv_order_new { /* the caller moved order_n, order_h of the unit's log and set dirty */
    int32_t unit_id;
    uint64_t n;
    gv_hash h;
    struct gv_slice entry; /* OrderEntry bytes */
    gv_id assignment;
    uint32_t epoch;
};

struct gv_evidence { /* an envelope as received, that held new entries first..last */
    int32_t unit_id;
    uint32_t kind; /* 0: reports; else the message kind (ORDERS_RECEIPT): first..last are order
                      numbers */
    uint64_t first, last;
    struct gv_slice envelope;
};

/* A unit's next key is named (ROTATE_KEY), or takes the place of the one in force. */
struct gv_key_change {
    int32_t unit_id;
    gv_id key_id;
    bool takes_place; /* else it is named, and what follows is set: */
    gv_id from;       /* the key in force */
    uint8_t sign_key[32];
    uint8_t curve_key[32];
    struct gv_slice statement; /* envelope bytes: the evidence */
    int64_t grace_ms;          /* it takes its place after so long, used or not */
};

struct gv_changes {
    struct gv_unit_log *units; /* those that are dirty are written */
    size_t unit_count;
    struct gv_assignment_row *const
        *rows; /* every row that was loaded or made: new ones inserted, moved ones updated */
    size_t row_count;
    const struct gv_event *events;
    size_t event_count;
    const struct gv_order_new *orders;
    size_t order_count;
    const struct gv_evidence *evidence;
    size_t evidence_count;
    const struct gv_key_change *keys; /* raise keys_version */
    size_t key_count;
};

/* Everything a batch or an act changes, with one set-based statement a table: lock rows,
 * assignments, ledger, rollups, occurrences, indicators, attestations, orders, evidence; keys one
 * by one. Inside a transaction. */
GV_MUSTCHECK gv_err gv_store_apply(gv_store *store, const struct gv_changes *changes);
/* The same and COMMIT, in one round trip: answers as gv_store_commit() does, or as apply. */
GV_MUSTCHECK gv_err gv_store_apply_commit(gv_store *store, const struct gv_changes *changes);

/* What is stored of a unit's report log in first..last: for repeats. Sorted by n. */
struct gv_report_stored {
    uint64_t n;
    gv_hash h;
    uint32_t disposition;
    gv_err error;
    const char *text; /* "" : none */
};
GV_MUSTCHECK gv_err gv_store_reports(gv_store *store, gv_arena *arena, int32_t unit_id,
                                     uint64_t first, uint64_t last, struct gv_report_stored **out,
                                     size_t *count);
/* Running hash after report or order n; n == 0: zeros. GV_ENOTFOUND. */
GV_MUSTCHECK gv_err gv_store_report_hash(gv_store *store, int32_t unit_id, uint64_t n,
                                         gv_hash *out);
GV_MUSTCHECK gv_err gv_store_order_hash(gv_store *store, int32_t unit_id, uint64_t n, gv_hash *out);

/* ---- orders and sessions ----------------------------------------------------------------------
 */

struct gv_order {
    uint64_t n;
    gv_hash h;
    gv_id assignment;
    uint32_t epoch;
    struct gv_slice entry;
};
/* Asks for a unit's entries after + 1 …; answered with some of them in order, the arena's. */
struct gv_order_page {
    int32_t unit_id;
    uint64_t after;
    struct gv_order *orders;
    size_t count;
};
/* Each unit once, in the order of unit_id. Of each at most limit, stopping past max_bytes (at
 * least one). */
GV_MUSTCHECK gv_err gv_store_orders(gv_store *store, gv_arena *arena, struct gv_order_page *pages,
                                    size_t count, size_t limit, size_t max_bytes);
struct gv_pending { /* a unit whose orders run ahead of its receipt */
    int32_t unit_id;
    uint64_t order_n, ack_n;
};
/* What delivery asks for again and again, in one round trip: the clock (gv_store_clock()), and
 * units that this coordinator delivers to and that have orders not yet receipted. Orders up to
 * order_n have waited for their synchronous standby, whoever committed them: a wait that was
 * cancelled shows what a failover may forget. */
struct gv_poll {
    int64_t business_us;
    uint64_t step;
    bool stepped;
    struct gv_pending *pending; /* the arena's, in the order of unit_id */
    size_t pending_count;
};
/* [own] */
GV_MUSTCHECK gv_err gv_store_poll(gv_store *store, gv_arena *arena, const char *coordinator,
                                  struct gv_poll *out);

struct gv_heartbeat {
    int32_t unit_id;
    uint64_t connection; /* another connection's are ignored */
    bool finished_known;
    int32_t finished_day;
};
struct gv_session_end {
    int32_t unit_id;
    uint64_t connection;
};
/* [own] synchronous_commit off. A unit that somebody else holds is skipped; *taken: units that are
 * written. over: room for count; those beats whose unit has said Hello on another connection. */
GV_MUSTCHECK gv_err gv_store_heartbeats(gv_store *store, const char *coordinator,
                                        const struct gv_heartbeat *beats, size_t count,
                                        size_t *taken, struct gv_session_end *over,
                                        size_t *over_count);
/* [own] Those sessions that are still this coordinator's. */
GV_MUSTCHECK gv_err gv_store_sessions_end(gv_store *store, const char *coordinator,
                                          const struct gv_session_end *ends, size_t count);
/* [own] At start: whoever was connected to the former process of this coordinator is not any more.
 * A unit that somebody holds is skipped: gv_store_sessions_silent() finds it. */
GV_MUSTCHECK gv_err gv_store_sessions_clear(gv_store *store, const char *coordinator);
/* [own] Sessions that nobody has heard of for so long, whoever held them: their coordinator is
 * gone.
 */
GV_MUSTCHECK gv_err gv_store_sessions_silent(gv_store *store, int silent_ms, uint64_t *ended);

/* Wake-ups between coordinators: after the commit, debounced by the caller, with a poll behind it.
 */
GV_MUSTCHECK gv_err gv_store_notify(gv_store *store, const char *payload); /* [own] */
GV_MUSTCHECK gv_err gv_store_listen(gv_store *store); /* [own] on a connection kept for it */
int gv_store_socket(const gv_store *store);           /* to poll; -1: lost */
/* Takes what has arrived, never blocks; *woken: at least one. */
GV_MUSTCHECK gv_err gv_store_wakeups(gv_store *store, bool *woken);

/* ---- acts -------------------------------------------------------------------------------------
 */

struct gv_act_new {
    gv_id act_id;
    uint32_t kind;
    const char *actor;
    struct gv_slice envelope;
    int64_t business_us;
    const char *reason; /* NULL: none */
};
/* *repeated: the id was stored before, by the same bytes; *result (may be NULL) is then the stored
 * ActResult bytes. GV_EREPLAY: the same id with other bytes. Writes WAL in any case. */
GV_MUSTCHECK gv_err gv_store_act_put(gv_store *store, gv_arena *arena, const struct gv_act_new *act,
                                     bool *repeated, struct gv_slice *result);
/* In the same transaction, at its end. */
GV_MUSTCHECK gv_err gv_store_act_result(gv_store *store, const gv_id *act_id,
                                        struct gv_slice result);

/* Content-addressed bytes. actor: whose, until an act uses them. */
GV_MUSTCHECK gv_err gv_store_blob_put(gv_store *store, const gv_hash *digest, const char *actor,
                                      struct gv_slice data);
/* For an act, in its transaction: from then on they are kept. GV_ENOTFOUND when absent or not
 * complete. */
GV_MUSTCHECK gv_err gv_store_blob_use(gv_store *store, gv_arena *arena, const gv_hash *digest,
                                      struct gv_slice *data);

struct gv_blob_chunk {
    gv_hash digest; /* of the whole */
    uint64_t size;  /* of the whole */
    uint64_t offset;
    struct gv_slice data;
    const char *actor;
};
/* Of what waits for its act, in chunks or whole. */
struct gv_blob_bounds {
    uint64_t person_bytes, all_bytes;
    int64_t keep_ms; /* then it is deleted */
    bool over;       /* out: a bound was met (GV_EAGAIN) */
};
/* [own] One chunk. *have: bytes held in a row from 0 (== size: complete or ready to be checked). A
 * chunk that does not begin at *have is ignored. *assembled: not empty when all bytes are there and
 * not checked yet: check the digest, then gv_store_blob_put() or gv_store_blob_drop(). */
GV_MUSTCHECK gv_err gv_store_blob_chunk(gv_store *store, gv_arena *arena,
                                        const struct gv_blob_chunk *chunk,
                                        struct gv_blob_bounds *bounds, uint64_t *have,
                                        struct gv_slice *assembled);
GV_MUSTCHECK gv_err gv_store_blob_drop(gv_store *store, const gv_hash *digest);

/* ---- directives and tasks ---------------------------------------------------------------------
 */

struct gv_task_in {
    const Giaoviec__V1__Task *task;
    struct gv_slice bytes; /* as in the breakdown */
    gv_hash digest;
};
/* An approved breakdown: directive, tasks, indicators, clauses. GV_EEXISTS: this (directive,
 * version) is approved. words_fold of the tasks is made here. */
GV_MUSTCHECK gv_err gv_store_directive_put(gv_store *store,
                                           const Giaoviec__V1__Breakdown *breakdown,
                                           const gv_hash *breakdown_digest,
                                           const struct gv_task_in *tasks, size_t count,
                                           const gv_id *act_id, int64_t business_us);

struct gv_directive {
    gv_id id;
    uint32_t version;
    gv_hash breakdown_digest;
    gv_id act_id; /* that approved it */
    bool issued;
};
GV_MUSTCHECK gv_err gv_store_directive(gv_store *store, const gv_id *id,
                                       struct gv_directive *out); /* GV_ENOTFOUND */

struct gv_task_row {
    int32_t task_id;
    gv_hash digest;
    uint32_t item;
    const char *number;
    bool has_due;
    int64_t due_us;
    uint32_t clause_count;
    struct gv_slice bytes; /* Task */
};
/* All tasks of an approved directive, sorted by digest. */
GV_MUSTCHECK gv_err gv_store_tasks(gv_store *store, gv_arena *arena, const gv_id *directive,
                                   struct gv_task_row **out, size_t *count);
/* By task_id; GV_ENOTFOUND. For orders of transfers and for judging reports (cache it: tasks never
 * change). */
GV_MUSTCHECK gv_err gv_store_task(gv_store *store, gv_arena *arena, int32_t task_id,
                                  struct gv_task_row *out);
/* Assignment ids of a directive that exist already (a second ISSUE): *count of ids among those
 * given. */
GV_MUSTCHECK gv_err gv_store_assignments_exist(gv_store *store, const gv_id *ids, size_t count,
                                               size_t *existing);

/* ---- duties -----------------------------------------------------------------------------------
 */

/* [own] GV_OK and *epoch when held by holder for ttl_ms from now; GV_ECONFLICT: somebody else holds
 * it. */
GV_MUSTCHECK gv_err gv_store_lease_take(gv_store *store, const char *duty, const char *holder,
                                        int ttl_ms, uint64_t *epoch);
/* Inside a duty's transaction: GV_ESTALE when the lease has passed on. Locks the lease row. */
GV_MUSTCHECK gv_err gv_store_lease_check(gv_store *store, const char *duty, const char *holder,
                                         uint64_t epoch);
GV_MUSTCHECK gv_err gv_store_lease_drop(gv_store *store, const char *duty,
                                        const char *holder); /* [own] */

#define GV_SEAL_ROWS 10000 /* at once; of a transaction all */

struct gv_seal {
    uint64_t rows;     /* sealed now; GV_SEAL_ROWS or more: perhaps there are more */
    uint64_t position; /* positions given so far */
    uint64_t waiting;  /* ledger rows without a position, counted to GV_SEAL_ROWS */
    int64_t lag_us;    /* age of the oldest of them; 0: none */
};
/* [own] Seals the ledger rows below the snapshot horizon. Harmless when two run it. */
GV_MUSTCHECK gv_err gv_store_seal(gv_store *store, struct gv_seal *out);

/* What a step of the demonstration's clock waits for. */
struct gv_settle {
    uint64_t connected;  /* units that are connected now */
    uint64_t unfinished; /* of them: have not finished the day, or hold orders that they did not
                            receipt */
    uint64_t unsealed;   /* ledger rows that no feed shows yet */
};
GV_MUSTCHECK gv_err gv_store_settle(gv_store *store, int32_t day, struct gv_settle *out);

/* ---- queries ----------------------------------------------------------------------------------
 */

/* Who asks: NULL lists see all. */
struct gv_scope {
    uint32_t role;           /* Giaoviec__V1__Role, the strongest that the person has */
    const int32_t *unit_ids; /* see only these units' (unit, bodies of a member) */
    size_t unit_count;
    bool all_units;
    const char *const *fields; /* a member's fields */
    size_t field_count;
    bool all_fields; /* also when the reader has no field restriction */
};

struct gv_query {
    const char *name;
    const char *const *args; /* "key=value": see queries.def */
    size_t arg_count;
    const char *after; /* "" or NULL: from the beginning */
    uint32_t limit;    /* 0: a default */
    size_t max_bytes;  /* stop before; 0: 200 KiB. At least one row */
};

/* What was answered and fitted no page. It belongs to no connection. */
struct gv_query_rest;

struct gv_query_result {
    struct gv_slice *rows; /* JSON objects */
    size_t count;
    const char *next; /* "": there is no more (a feed always has one) */
    int64_t business_us;
    bool stepped, demonstration;
};

/* One row of queries.def: NULL when there is no such query. */
struct gv_query_info {
    const char *name;
    uint32_t roles; /* bits 1 << Role that may ask */
    bool feed;      /* always has a next: wait and ask again */
    const char *args;
    const char *what;
};
const struct gv_query_info *gv_store_query_info(const char *name);
const struct gv_query_info *gv_store_query_at(size_t i); /* NULL: past the end */

/* [own] A read-only snapshot. GV_EUNSUPPORTED: no such query; GV_EDENIED: not for this role;
 * GV_EUSAGE: a bad argument. */
GV_MUSTCHECK gv_err gv_store_query(gv_store *store, gv_arena *arena, const struct gv_query *query,
                                   const struct gv_scope *scope, struct gv_query_result *out);
/* The same; *rest is what did not fit, the caller's: gv_query_rest_free(). NULL: nothing. */
GV_MUSTCHECK gv_err gv_store_query_rest(gv_store *store, gv_arena *arena,
                                        const struct gv_query *query, const struct gv_scope *scope,
                                        struct gv_query_result *out, struct gv_query_rest **rest);
/* The next page of it, of query's limit and max_bytes: rows as of that snapshot. GV_ENOMEM;
 * GV_EBADMSG: a row that nobody can read. */
GV_MUSTCHECK gv_err gv_query_rest_page(struct gv_query_rest *rest, gv_arena *arena,
                                       const struct gv_query *query, struct gv_query_result *out);
bool gv_query_rest_ended(const struct gv_query_rest *rest);
void gv_query_rest_free(struct gv_query_rest *rest); /* NULL is fine */

#endif
