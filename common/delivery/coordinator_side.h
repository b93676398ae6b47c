/*
 * coordinator_side.h - the coordinator's side of delivery: judgements of what a unit says, against
 * what is stored of its two logs, and the session of a connected unit. PURE: no I/O, clock, malloc
 * or log. Hashes are computed and looked up by the caller.
 */
#ifndef GV_COORDINATOR_SIDE_H
#define GV_COORDINATOR_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "delivery/cursor.h"

enum gv_log_name { GV_LOG_ORDERS, GV_LOG_REPORTS };

/* ---- Hello ---------------------------------------------------------------------------------- */

struct gv_hello {
    uint64_t connection;
    struct gv_cursor orders, reports, receipted;
    bool contradicts; /* the unit had found so in an answer of ours */
};

/* Read under the unit's lock. */
struct gv_hello_facts {
    uint64_t connection;              /* of the newest Hello accepted */
    struct gv_cursor reports, orders; /* both heads */
    uint64_t acked;                   /* orders that the unit has receipted */
    /* Our hashes at the numbers that the Hello names; not known where past our head. */
    struct gv_hash_at at_orders, at_reports, at_receipted;
    bool readmit; /* an administrator's act lets it adopt our logs */
};

enum gv_hello_verdict {
    GV_HELLO_OK,
    GV_HELLO_SAME,  /* this very Hello was accepted before: run again after an unknown COMMIT (the
                     * same  answer), or a replay (from any other message: refuse with GV_EREPLAY) */
    GV_HELLO_OLD,   /* an older connection number: GV_EREPLAY */
    GV_HELLO_BAD,   /* contradicts itself: GV_EBADMSG */
    GV_HELLO_FORK,  /* the same number with another hash: quarantine, GV_EFORK */
    GV_HELLO_AHEAD, /* REPORTS: we hold more than the unit made (a clone, a restored backup);
                     * ORDERS: the unit holds more than we have (we lost history). Quarantine,
                     * GV_EFORK */
    GV_HELLO_DISPUTED, /* the unit found that our logs contradict its own: quarantine, GV_EFORK */
};

struct gv_hello_judgement {
    enum gv_hello_verdict verdict;
    enum gv_log_name log; /* FORK, AHEAD: which */
    uint64_t n;           /* … at which number */
    bool is_fork;         /* … the same number with another hash */
    /* With OK and SAME, worth an alarm: */
    bool reports_lost; /* the unit holds receipts for more than we have: it offers them again */
    bool orders_again; /* the unit holds fewer orders than it had receipted: they are sent again */
    /* With OK and SAME of a unit that is being re-admitted: its logs contradict ours, and it is to
     * adopt ours. No session until it has, and says Hello again. */
    bool adopt;
    bool orders_agree; /* … and those that it holds are ours: it keeps them */
};

void gv_hello_judge(const struct gv_hello *hello, const struct gv_hello_facts *facts,
                    struct gv_hello_judgement *out);

/* ---- Reports -------------------------------------------------------------------------------- */

enum gv_reports_verdict {
    GV_REPORTS_STORE,  /* entries from `skip` on are new */
    GV_REPORTS_REPEAT, /* nothing is new: answer with the stored dispositions */
    GV_REPORTS_GAP,    /* answer with our cursor and resume */
    GV_REPORTS_FORK,   /* the same number with another hash: quarantine */
    GV_REPORTS_BAD,    /* no entries, number 0, or past the end of numbers */
};

struct gv_reports_judgement {
    enum gv_reports_verdict verdict;
    uint64_t skip;         /* STORE */
    struct gv_cursor head; /* of the report log afterwards; as stored unless STORE */
};

/*
 * Which of our hashes the judgement needs: *before is the number that the chain starts from (its
 * hash is the chain's h(first - 1)), *end the last number of the overlap. Where a number is
 * stored->n the hash is stored->h; where it is 0, zeros. False: none is needed (GAP, BAD).
 */
bool gv_reports_need(const struct gv_cursor *stored, uint64_t first, uint64_t count,
                     uint64_t *before, uint64_t *end);
/*
 * chain[i] is the running hash after entry first + i, begun with our own hash of first - 1; at_end
 * is our own hash at the overlap's end (gv_reports_need; ignored without an overlap).
 */
void gv_reports_judge(const struct gv_cursor *stored, uint64_t first, uint64_t count,
                      const gv_hash *chain, const gv_hash *at_end,
                      struct gv_reports_judgement *out);

/* ---- OrdersReceipt -------------------------------------------------------------------------- */

enum gv_receipt_verdict {
    GV_RECEIPT_OK,     /* orders acked + 1 … n are delivered */
    GV_RECEIPT_REPEAT, /* nothing new */
    GV_RECEIPT_AHEAD,  /* past our head: quarantine */
    GV_RECEIPT_FORK,   /* another hash: quarantine */
};

/* own: our hash after receipt->n (receipt->n <= head->n). */
enum gv_receipt_verdict gv_receipt_judge(const struct gv_cursor *head, uint64_t acked,
                                         const struct gv_cursor *receipt,
                                         const struct gv_hash_at *own);

/* ---- a connected unit ----------------------------------------------------------------------- */

#define GV_SESSION_FLIGHT_MAX 8

struct gv_session_params {
    uint32_t redeliver_ms;
    uint32_t silence_ms;     /* as told in Welcome; the session is dropped after one and a half */
    uint32_t window_entries; /* orders in flight. 0: 1024 */
    uint32_t window_bytes;   /* 0: 1 MiB */
    uint32_t batch_entries;  /* of an envelope. 0: 256 */
    uint32_t batch_bytes;    /* 0: 200 KiB */
};

struct gv_session_flight {
    uint64_t last;
    uint32_t entries, bytes;
};

/* Plain data. Zeroed: nobody is connected. */
struct gv_session {
    bool connected;
    struct gv_session_params params;
    uint64_t connection;
    uint64_t head;  /* of the order log */
    uint64_t acked; /* the unit holds these durably */
    uint64_t sent;
    struct gv_session_flight flight[GV_SESSION_FLIGHT_MAX];
    uint32_t in_flight; /* envelopes, oldest first */
    uint32_t flight_entries, flight_bytes;
    bool waiting;       /* SEND_ORDERS is out, SENT has not come */
    int64_t waiting_ms; /* since then */
    bool probing;
    uint32_t slow;
    int64_t retry_ms; /* a send did not go out: not before */
    int64_t seen_ms;
    int64_t redeliver_at_ms; /* INT64_MAX: nothing is in flight */
};

enum gv_session_event_kind {
    GV_SESSION_HELLO_OK, /* committed: n = orders that the unit holds, head */
    GV_SESSION_HEAD,     /* committed orders: n = head of the order log */
    GV_SESSION_ACKED,    /* a judged OrdersReceipt: n */
    GV_SESSION_SEEN,     /* any other frame of this connection */
    GV_SESSION_SENT,     /* answers SEND_ORDERS, always: n = last number sent, bytes. n == after:
                            nothing */
    GV_SESSION_TICK,
    GV_SESSION_GONE, /* Goodbye, a newer Hello elsewhere, a revoked key, the unit's quarantine */
};

struct gv_session_event {
    enum gv_session_event_kind kind;
    int64_t now_ms;
    uint64_t
        connection; /* HELLO_OK: the new one. Others: of the frame; another's than the session's
                     * is ignored. HEAD, TICK, SENT and GONE: 0 is the session's own */
    uint64_t n;
    uint64_t head;  /* HELLO_OK */
    uint32_t bytes; /* SENT */
};

enum gv_session_action_kind {
    GV_SESSION_NONE,
    GV_SESSION_SEND_ORDERS, /* after + 1 …: one envelope, at most max_entries and max_bytes (but at
                             * least one entry); then step SENT */
    GV_SESSION_DROP,        /* the session ended: forget it, tell the store */
};

struct gv_session_action {
    enum gv_session_action_kind kind;
    uint64_t connection; /* the session's: for SENT, when it comes from another thread */
    uint64_t after;
    uint32_t max_entries, max_bytes;
};

/* params are read with HELLO_OK only (else NULL is fine). */
struct gv_session_action gv_session_step(struct gv_session *session,
                                         const struct gv_session_event *event,
                                         const struct gv_session_params *params);
/* When the next TICK is due; INT64_MAX: never (not connected). */
int64_t gv_session_deadline_ms(const struct gv_session *session);

/* ---- load ----------------------------------------------------------------------------------- */

/* Report envelopes that a unit may have in flight: 8 when idle, never less than 1 (Busy says no).
 */
uint32_t gv_credits(size_t queued, size_t queue_cap);

/* The window to dictate, in which all of connected units come back: who comes in a bunch is not
 * turned away where at most rate_per_s are admitted. 150 s at most. */
uint32_t gv_reconnect_window_ms(uint64_t connected, uint32_t rate_per_s, uint32_t min_ms);

/* How often an agent says that it is alive, and after which silence a connection counts as lost. */
struct gv_pace {
    uint32_t heartbeat_ms, silence_ms;
};

/*
 * The pace to dictate: so that all units together beat no more than rate_per_s times a second, and
 * none more often than *least says. Silence grows with the interval: as many beats as before may be
 * lost. That a connection is gone is seen by other means, much sooner.
 */
struct gv_pace gv_pace_for(uint64_t units, uint32_t rate_per_s, const struct gv_pace *least);

/* Admission of Hellos: a token bucket. */
struct gv_admission {
    uint32_t rate_per_s;
    uint32_t burst;
    int64_t milli; /* tokens, thousandths */
    int64_t filled_ms;
    uint64_t turned; /* away, and not yet back: an estimate */
};

void gv_admission_init(struct gv_admission *admission, uint32_t rate_per_s, uint32_t burst,
                       int64_t now_ms);
/* False: answer Busy with *retry_after_ms, spread over the time that all who wait will take. */
bool gv_admission_take(struct gv_admission *admission, int64_t now_ms, uint32_t random,
                       uint32_t *retry_after_ms);

#endif
