/*
 * agent_side.h - the agent's side of delivery, for one unit: when to connect, what to send, what a
 * receipt is worth. step(state, event) -> actions. PURE: no I/O, clock, malloc or log.
 *
 * The owner turns frames, timers and the spool's commits into events and carries the actions out in
 * their order. Only what was verified becomes an event: signature, deployment, recipient, range
 * checks; a WELCOME only when it answers the Hello that was sent last. Times are monotonic ms.
 */
#ifndef GV_AGENT_SIDE_H
#define GV_AGENT_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "delivery/cursor.h"

#define GV_AGENT_ACTIONS_MAX   16
#define GV_AGENT_INFLIGHT_MAX  32  /* credits above this are not used */
#define GV_REPORTS_MAX_ENTRIES 256 /* of an envelope */

enum gv_agent_phase {
    GV_AGENT_WAITING,    /* no link; one is opened at the deadline */
    GV_AGENT_CONNECTING, /* a link is open, its handshake is not done */
    GV_AGENT_GREETING,   /* Hello was sent, or waits for its time after a Busy */
    GV_AGENT_LIVE,
    GV_AGENT_FROZEN, /* the logs contradict each other: a person must look. After a while Hello says
                      * so (side->freeze): the deployment puts us into quarantine */
};

enum gv_freeze {
    GV_FREEZE_NONE,
    GV_FREEZE_REPORTS_FORK,  /* the same number of the report log with another hash */
    GV_FREEZE_REPORTS_AHEAD, /* the deployment holds more of our reports than we do: a clone, or a
                              * restored backup */
    GV_FREEZE_REPORTS_LOST,  /* it lost more of them than we still keep */
    GV_FREEZE_ORDERS_FORK,   /* the same number of the order log with another hash */
    GV_FREEZE_ORDERS_LOST,   /* we hold orders that the deployment no longer has */
    GV_FREEZE_CLONE,         /* while we were being re-admitted, another agent spoke with our key */
};

/* ---- events --------------------------------------------------------------------------------- */

/* What is known of the report log that the deployment has when it re-admits us. */
struct gv_held {
    uint64_t first, count; /* its running hashes after first, first + 1, … */
    uint64_t own; /* the newest number after which its running hash is our own; 0: none is known */
};

enum gv_agent_event_kind {
    GV_AGENT_TICK,         /* gv_agent_deadline_ms() has come; harmless at any time */
    GV_AGENT_LINK_UP,      /* the handshake is done */
    GV_AGENT_LINK_DOWN,    /* not made, or gone: the owner has closed the link */
    GV_AGENT_LINK_REFUSED, /* the key is not admitted: the owner has closed the link */
    GV_AGENT_WELCOME,
    GV_AGENT_RECEIPT,
    GV_AGENT_BUSY,
    GV_AGENT_ORDERS,
    GV_AGENT_STORED,   /* orders are durable: answers STORE_ORDERS */
    GV_AGENT_APPENDED, /* reports are durable in the spool */
    GV_AGENT_ADOPTED,  /* both logs are durable as ADOPT left them: answers it */
    GV_AGENT_SENT,     /* answers SEND_REPORTS, always */
    GV_AGENT_ERROR,    /* a signed Error that answers the Hello sent last */
    GV_AGENT_GOODBYE,
    GV_AGENT_CLOCK,
    GV_AGENT_SEEN, /* any other frame: Error, … */
    GV_AGENT_FINISHED_DAY,
};

/* Does what an Orders envelope repeats (numbers up to side->orders.n) agree with what is stored? */
enum gv_overlap { GV_OVERLAP_NONE, GV_OVERLAP_AGREES, GV_OVERLAP_DIFFERS };

struct gv_agent_event {
    enum gv_agent_event_kind kind;
    int64_t now_ms;
    uint32_t random; /* fresh for each event */
    union {
        struct {
            struct gv_cursor reports;      /* what the deployment holds of our report log */
            struct gv_hash_at own_reports; /* our running hash after reports.n; known only while the
                                            * spool still keeps every entry after it */
            struct gv_cursor orders;       /* head of the order log */
            struct gv_hash_at
                own_orders; /* our running hash after orders.n (when orders.n <= ours) */
            uint32_t credits, heartbeat_ms, silence_ms, reconnect_window_ms,
                redeliver_ms;    /* 0: a default */
            bool adopt;          /* an administrator's act re-admits us: our logs become the
                                  * deployment's */
            struct gv_held held; /* adopt: as far as this Welcome and those before it tell */
            bool keep_orders;    /* adopt: what we hold of the order log is the deployment's */
        } welcome;
        struct {
            struct gv_cursor reports;
            struct gv_hash_at own_reports; /* our running hash after reports.n */
            bool resume;
            uint32_t credits;
        } receipt;
        struct {
            uint32_t retry_after_ms;
            uint64_t first; /* of the Reports refused; 0: the Hello, or anything */
        } busy;
        struct {
            uint64_t first, count;
            enum gv_overlap overlap;
        } orders;
        struct gv_cursor stored;   /* the order log's durable head now */
        struct gv_cursor appended; /* the report log's durable head now */
        struct {
            struct gv_cursor reports;   /* the report log's durable head now */
            struct gv_cursor receipted; /* the cursor that was adopted */
            struct gv_cursor orders;    /* held of the order log now */
        } adopted;
        struct {
            uint64_t first, last; /* last == first - 1: the link would not take it */
        } sent;
        struct {
            gv_err code; /* GV_EREPLAY: there is a connection with a higher number */
        } error;
        struct {
            uint32_t reconnect_window_ms;
        } goodbye;
        struct {
            uint32_t heartbeat_ms, silence_ms; /* 0: as before */
        } clock;
        struct {
            int32_t day;    /* its sources are done … */
            uint64_t after; /* … once this report is receipted */
        } finished;
    } u;
};

/* ---- actions -------------------------------------------------------------------------------- */

enum gv_agent_action_kind {
    GV_AGENT_DO_OPEN_LINK,  /* to endpoint number `endpoint` of the unit's own order (gv_agent_rank)
                             */
    GV_AGENT_DO_CLOSE_LINK, /* its LINK_DOWN need not be told; if it is, it is ignored */
    GV_AGENT_DO_SEND_HELLO, /* persist side->connection first; Header.sequence begins at 1 again.
                             * Names side->{orders, reports, receipted, finished_*, held_first},
                             * and that there is a side->freeze */
    GV_AGENT_DO_SEND_REPORTS, /* one envelope: entries first … at most max of them, by size perhaps
                               * fewer, at least one. Then step SENT */
    GV_AGENT_DO_STORE_ORDERS,        /* all but the first `skip` of the envelope; durable; then step
                                      * STORED. Where        that fails, do nothing: they come again */
    GV_AGENT_DO_SEND_ORDERS_RECEIPT, /* names side->orders */
    GV_AGENT_DO_SEND_HEARTBEAT,
    GV_AGENT_DO_RECEIPTED,   /* mark `cursor` (= side->receipted) in the spool; keep the entries 30
                                days */
    GV_AGENT_DO_OFFER_AGAIN, /* the deployment lost history: alarm; set the spool's receipted cursor
                              * back to `cursor` (= side->receipted). They are sent again by
                              * SEND_REPORTS */
    GV_AGENT_DO_ADOPT,  /* alarm; in one transaction: the report log begins anew after `cursor`; of
                         * our entries `first` … those that the deployment does not hold come after
                         * it under new numbers, as not receipted; the order log is empty, unless
                         * keep_orders. Then step ADOPTED */
    GV_AGENT_DO_FREEZE, /* alarm */
};

struct gv_agent_action {
    enum gv_agent_action_kind kind;
    uint32_t endpoint;
    uint64_t first, max;
    uint64_t skip;
    struct gv_cursor cursor;
    bool keep_orders;
    enum gv_freeze freeze;
};

struct gv_agent_actions {
    struct gv_agent_action list[GV_AGENT_ACTIONS_MAX];
    size_t count;
};

/* ---- state ---------------------------------------------------------------------------------- */

struct gv_agent_params {
    uint32_t endpoint_count;      /* at least 1 */
    uint32_t reconnect_window_ms; /* until a Welcome dictates another */
    uint32_t connect_timeout_ms;  /* for the handshake, and for the Welcome. 0: 6000 */
    uint32_t backoff_max_ms;      /* the window grows up to this with each failure. 0: 12000 */
};

struct gv_agent_flight {
    uint64_t last;
    int64_t sent_ms;
};

/* Plain data: the owner may read all of it and writes none but through gv_agent_*. */
struct gv_agent_side {
    enum gv_agent_phase phase;
    enum gv_freeze freeze; /* why it froze; until the logs agree, or the deployment's are adopted */
    struct gv_agent_params params;

    /* Durable at the owner's: given to init, kept in step by actions and events. */
    struct gv_cursor orders;    /* what we hold of the order log */
    struct gv_cursor reports;   /* head of our report log */
    struct gv_cursor receipted; /* of it, the deployment holds this */
    uint64_t connection;        /* of the newest Hello */

    bool finished_known; /* what heartbeats and Hello name */
    int32_t finished_day;
    bool finishing; /* becomes finished_day when receipted.n reaches finishing_after */
    int32_t finishing_day;
    uint64_t finishing_after;

    /* This connection. */
    uint64_t order_head; /* as Welcome named it; 0 before */
    uint64_t sent;       /* newest report number sent */
    struct gv_agent_flight flight[GV_AGENT_INFLIGHT_MAX];
    uint32_t in_flight; /* envelopes, oldest first */
    uint32_t credits;
    bool sending;  /* SEND_REPORTS is out, SENT has not come */
    bool probing;  /* nothing came back in time: one envelope at a time until something does */
    uint32_t slow; /* doublings of redeliver_ms */
    uint64_t resumed_at; /* the resume that was last obeyed */
    int64_t resumed_ms;
    int64_t hold_until_ms; /* Busy: no reports before */
    int64_t heard_ms;      /* any frame */
    int64_t heartbeat_ms;  /* next one is due */

    /* From the newest Welcome. */
    uint32_t heartbeat_every_ms, silence_ms, reconnect_window_ms, redeliver_ms;

    /* Connecting. */
    int64_t wait_until_ms; /* WAITING, FROZEN: open; CONNECTING, GREETING: give up */
    uint32_t put_off;      /* Busys that this link's Hellos got */
    int64_t hello_at_ms;   /* GREETING after a Busy: say Hello again; 0: it is out */
    uint32_t failures;     /* since the last Welcome */
    uint32_t turn;         /* endpoint to try next */
    uint32_t too_old;      /* Hellos in a row whose connection number was too old */
    uint64_t held_first;   /* being re-admitted: from where on Hello asks for hashes; 0: anywhere */
    bool readmitted;       /* on this link, by the Welcome before the Hello that is out */
    bool adopting;         /* ADOPT is out, ADOPTED has not come */
    uint32_t adoptions;    /* since it was live */
};

/* Begins in WAITING, the first link within the reconnect window. Asserts that receipted.n <=
 * reports.n. */
void gv_agent_init(struct gv_agent_side *side, const struct gv_agent_params *params,
                   const struct gv_cursor *orders, const struct gv_cursor *reports,
                   const struct gv_cursor *receipted, uint64_t connection, int64_t now_ms,
                   uint32_t random);

/* The keyset has another list of endpoints; count at least 1. */
void gv_agent_endpoints(struct gv_agent_side *side, uint32_t count);

void gv_agent_step(struct gv_agent_side *side, const struct gv_agent_event *event,
                   struct gv_agent_actions *actions);

/* When the next TICK is due; INT64_MAX: never. */
int64_t gv_agent_deadline_ms(const struct gv_agent_side *side);

/*
 * Rendezvous hashing: given a hash of (unit, endpoint) for each endpoint, order[i] is the endpoint
 * to try as number i. Units spread evenly, and only those of an endpoint that goes away move.
 */
void gv_agent_rank(const gv_hash *weights, uint32_t count, uint32_t *order);

const char *gv_freeze_name(enum gv_freeze freeze); /* "reports-fork", … */
const char *gv_agent_phase_name(enum gv_agent_phase phase);

#endif
