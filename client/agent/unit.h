/*
 * unit.h - one unit: its two logs (delivery/agent_side.h), its link, its work. Owned by the host's
 * loop.
 */
#ifndef GV_AGENT_UNIT_H
#define GV_AGENT_UNIT_H

#include "agent/host.h"
#include "agent/work.h"
#include "crypto/key.h"
#include "delivery/agent_side.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "wire/link.h"
#include "wire/message.h"

struct enrolment;
struct rotation;
struct source;

/* What Welcomes that re-admit have said of the deployment's logs, one after the other. */
struct unit_held {
    uint64_t first;     /* of the report log, */
    struct gv_buf list; /* gv_hash: the running hashes after first, first + 1, … */
    bool *used;         /* being adopted: … and whether its entry was found to be one of ours */
    uint64_t own;       /* the newest number, listed or the head, whose hash is our own; 0: none */
    uint64_t orders_n;  /* head of the order log */
};

struct unit {
    struct host *host;
    const struct config_unit *config;
    gv_code code;
    struct gv_key *key;        /* NULL: not made yet */
    struct rotation *rotation; /* NULL: none under way */
    int64_t not_rotated_ms;    /* when a new key was refused; 0: never */
    struct gv_spool_unit row;  /* as in the spool, with what the running transaction adds */
    bool row_dirty;
    bool started; /* enrolled, and side is in use */
    struct gv_agent_side side;
    struct gv_work work;
    struct gv_timer timer;
    struct enrolment *enrolment; /* NULL: none under way */
    struct source *sources;      /* its own, linked by next_of_unit */

    uint32_t *order; /* endpoints of the keyset in this unit's own order */
    gv_link *link;
    struct gv_sender peer;   /* the coordinator at the other end */
    gv_id hello_id, sent_id; /* message ids: of the Hello, of the newest message */
    uint64_t sequence;
    const ProtobufCBinaryData *incoming; /* entries of the Orders message being handled */
    size_t incoming_count;
    struct unit_held held;   /* while it is being re-admitted */
    int64_t keyset_asked_ms; /* 0: never */
    bool has_day;            /* a business day has begun here: */
    int32_t day;             /* the last one */
    gv_err told;             /* why the coordinator does not admit it; GV_OK: it does */
    struct gv_buf frame;     /* received */
    struct gv_buf out;       /* to be sent */

    /* For the end of the turn. */
    struct unit *next_pending;
    bool is_pending;
    bool hello_waits;    /* its connection number is being stored */
    bool adopted_waits;  /* the deployment's logs are being adopted */
    bool stored_waits;   /* orders are being stored */
    bool appended_waits; /* reports are being stored */
    bool finished_waits; /* the sources' day is to be worked out */
    bool drain_waits;    /* frames were left in the link meanwhile */
    bool start_waits;    /* its enrolment is being stored */

    struct gv_spool_counts counts;
};

GV_MUSTCHECK gv_err unit_new(struct host *host, const struct config_unit *config, struct unit **out,
                             struct gv_buf *why);
void unit_free(struct unit *unit); /* NULL is fine */
/* Enrolled and with a keyset: connects from now on. */
GV_MUSTCHECK gv_err unit_start(struct unit *unit);
void unit_goodbye(struct unit *unit);
/* After the commit. */
void unit_turn_end(struct unit *unit);
/* Something of it waits for the end of the turn. */
void unit_touch(struct unit *unit);
/* The keyset is another now. */
void unit_keyset_changed(struct unit *unit);

bool unit_is_live(const struct unit *unit);
/* Business time for what is signed now: a stepped clock's last known step, else the real clock. */
int64_t unit_business_us(const struct unit *unit);
GV_MUSTCHECK bool unit_business_day(const struct unit *unit, int32_t *day);
/* Another day since the last look? Then its sources are asked. */
void unit_look_at_day(struct unit *unit);

/* ---- unit_link.c ---- */

/* Steps the state machine and carries out what it says. */
void unit_step(struct unit *unit, const struct gv_agent_event *event);
struct gv_agent_event unit_event(const struct unit *unit, enum gv_agent_event_kind kind);
/* Seals and sends; false: not sent. */
bool unit_send(struct unit *unit, uint32_t kind, const ProtobufCMessage *body);
void unit_send_hello(struct unit *unit);
void unit_drain(
    struct unit *unit); /* reads its link until nothing comes, or a commit is needed first */
void unit_close_link(struct unit *unit);
GV_MUSTCHECK gv_err unit_rank(struct unit *unit); /* its own order of the keyset's endpoints */

/* ---- unit_message.c ---- */

/* One frame that came over the link. */
void unit_message(struct unit *unit, struct gv_slice frame);

/* ---- unit_work.c ---- */

GV_MUSTCHECK gv_err unit_load_work(struct unit *unit);
/* Entries [skip …) of an Orders message: into the log, checked, acted on. */
void unit_store_orders(struct unit *unit, const ProtobufCBinaryData *entries, size_t count);
/* Orders that did not hold before: a newer keyset may know who signed them, a newer program may
 * know their kind. */
void unit_recheck_orders(struct unit *unit);
/* A document of a source; what it made, in result (work arena). */
GV_MUSTCHECK gv_err unit_document(struct unit *unit, const char *source, bool standing,
                                  const struct gv_status *status, struct gv_work_result *result);
/* All that is open is looked at again, now or once orders come: its documents tell everything anew.
 */
void unit_restate(struct unit *unit, bool now);
/* The settings may name a person in charge by now: what waits for one is accepted. */
void unit_accept(struct unit *unit);
/* A document's day is none that has not come. GV_EBADMSG with *fault filled. */
GV_MUSTCHECK gv_err unit_check_day(const struct unit *unit, const struct gv_status *status,
                                   struct gv_status_fault *fault);
/* A receipt's disposition of report n. is_new: the first time that we hear of it. */
void unit_disposition(struct unit *unit, uint64_t n, bool is_new,
                      const Giaoviec__V1__Disposition *disposition);

/* ---- unit_adopt.c ---- */

/* Into unit->held: what a Welcome says that re-admits, after what those before it said where its
 * hashes go on from theirs. reports: the deployment's head. GV_EBADMSG, GV_EIO, GV_ENOMEM. */
GV_MUSTCHECK gv_err unit_adopt_learn(struct unit *unit, const Giaoviec__V1__Welcome *body,
                                     const struct gv_cursor *reports, struct gv_held *out);
void unit_adopt_forget(struct unit *unit);
/* GV_AGENT_DO_ADOPT. */
void unit_adopt(struct unit *unit, const struct gv_agent_action *action);
/* Under which the spool remembers the last one, as JSON. */
void unit_adopt_note_key(const struct unit *unit, char *out, size_t out_size);

#endif
