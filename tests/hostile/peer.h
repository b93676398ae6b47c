/*
 * peer.h - somebody who speaks to a coordinator, in order or not: a deployment's folder with all
 * its keys, one connection, frames that no honest program would make, and a tap that keeps what was
 * said. One thread.
 */
#ifndef HOSTILE_PEER_H
#define HOSTILE_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "crypto/key.h"
#include "delivery/cursor.h"
#include "giaoviec/v1/act.pb-c.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "giaoviec/v1/query.pb-c.h"
#include "trust/act.h"
#include "trust/enrol.h"
#include "trust/keyset.h"
#include "wire/link.h"
#include "wire/message.h"
#include "wire/pb_arena.h"

struct world {
    const char *home;
    struct gv_keyset *keyset;
    const Giaoviec__V1__CoordinatorInfo *c1;
    void *zmq;
    gv_arena *arena; /* for the whole run */
    FILE *tap;       /* NULL: nothing is kept */
};

struct peer {
    struct world *world;
    const Giaoviec__V1__CoordinatorInfo *at; /* of the world's keyset, borrowed */
    struct gv_key *key;                      /* borrowed */
    uint32_t role;                           /* bit of message.h */
    gv_link *link;
    int patience_ms; /* with a link that takes no more */
    bool enrols, is_up, is_over, was_refused;
    uint64_t connection, sequence;
    struct gv_cursor orders, reports;
    uint64_t orders_seen, errors_seen;
    uint32_t credits;
    gv_arena *arena; /* of the last message */
    struct gv_buf frame;
    struct gv_message message; /* the last */
};

/* What a peer puts into a frame beside the usual. */
struct twist {
    const char *sender;        /* NULL: its own code */
    const char *recipient;     /* NULL: the deployment */
    const gv_id *deployment;   /* NULL: its own */
    const struct gv_key *sign; /* NULL: unsigned */
};

_Noreturn void die(const char *what, const char *who);
int64_t now_ms(void);

void world_open(struct world *world, const char *home);
void world_close(struct world *world);
void world_keyset(struct world *world); /* reads the folder's keyset anew */
/* Keys of persons and coordinators, and (made when missing) of units. The caller's. */
struct gv_key *world_key(const struct world *world, const char *folder, const char *code);
/* The same id in every run: 16 bytes from two words. */
void named_id(const char *a, const char *b, gv_id *out);
char *text(const char *s);

/* Opens and waits; false: refused or down. To c1. */
bool peer_open(struct peer *peer, struct world *world, struct gv_key *key, uint32_t role,
               bool enrols);
/* To a coordinator of the keyset. */
bool peer_open_at(struct peer *peer, struct world *world, const char *coordinator,
                  struct gv_key *key, uint32_t role, bool enrols);
/* The same for a key that is new: until the door has read it. */
bool peer_open_soon(struct peer *peer, struct world *world, const char *coordinator,
                    struct gv_key *key, uint32_t role);
void peer_close(struct peer *peer); /* a unit in session says goodbye */
/* A frame as told; *id is its message id. */
void peer_seal(struct peer *peer, uint32_t kind, const ProtobufCMessage *body,
               const struct twist *twist, gv_id *id, struct gv_buf *out);
bool peer_put(struct peer *peer, struct gv_slice frame); /* false: would not go in time */
/* The kind of the next message; 0: none in time. Orders are counted, not receipted. */
uint32_t peer_next(struct peer *peer, int64_t until_ms);
/* Sends an honest message. False: it would not go. */
bool peer_say(struct peer *peer, uint32_t kind, const ProtobufCMessage *body, gv_id *id);
/* Sends and waits for the answer: its kind, 0: none within wait_ms. */
uint32_t peer_ask(struct peer *peer, uint32_t kind, const ProtobufCMessage *body, int wait_ms);
/* Is the last message the answer to id, of the kind said? A Clock answers a heartbeat, and comes
 * unasked as well. */
bool peer_answers(const struct peer *peer, uint32_t said, const gv_id *id);
/* What came until a KEYSET_GET was answered: the kind of the answer to id, 0: nothing. *alive
 * false: the KEYSET_GET was not answered either. */
uint32_t peer_verdict(struct peer *peer, uint32_t said, const gv_id *id, bool *alive);
gv_err peer_error(const struct peer *peer); /* of the last ERROR */

/* A unit's session: Hello, Welcome. */
bool peer_say_hello(struct peer *peer);
bool peer_hello(struct peer *peer);
/* One entry about an assignment, appended to the log when it was receipted. The disposition; 0: no
 * receipt. */
uint32_t peer_report(struct peer *peer, uint32_t kind, const gv_id *assignment, uint32_t epoch);
void report_entry(uint32_t kind, const gv_id *assignment, uint32_t epoch, struct gv_buf *out);
#define REPORTS_MAX 256 /* of an envelope, as agents send them */
/* One entry as so many reports, from number first on, in one envelope. False: it would not go. */
bool peer_say_reports(struct peer *peer, uint64_t first, const struct gv_buf *entry, size_t count);
/* Receipts all orders there are. */
bool peer_take_orders(struct peer *peer, uint64_t head);
void unit_load(struct peer *peer); /* cursors, as this folder last saw them */
void unit_save(const struct peer *peer);

/* ---- acts ---- */

struct draft {
    uint32_t kind;
    struct gv_buf body, list;
    gv_hash root, digest;
    bool has_list, has_digest;
    uint32_t count;
};
void draft_init(struct draft *draft, uint32_t kind);
void draft_fini(struct draft *draft);
void draft_item(struct draft *draft, const char *unit, uint32_t epoch, const char *from,
                const gv_id *assignment, const gv_hash *task, uint32_t role);
/* Signs without asking whether it makes sense. actor NULL: the first signer. */
void draft_seal(const struct draft *draft, const gv_id *deployment, const char *actor,
                const struct gv_key *const *keys, size_t count, int64_t not_after_us,
                struct gv_buf *out);
/* Submits: ACT_RESULT, ERROR, BUSY or 0. */
uint32_t peer_submit(struct peer *peer, const struct draft *draft, struct gv_slice act,
                     bool dry_run);
/* Submits it under the peer's own signature, and waits for nothing. */
bool peer_say_act(struct peer *peer, const struct draft *draft);
/* An act of the admin's that must succeed. */
void must_act(struct peer *admin, const struct draft *draft);

/* The one directive of these deployments. */
struct directive {
    gv_id id;
    struct gv_buf breakdown;
    gv_hash digest;
    gv_hash task; /* digest of its task */
};
void directive_make(struct directive *directive, const char *name, uint32_t version);

/* ---- the parts: 0 when there was no violation ---- */

/* Units U1 to U4, H1 to H4 (honest), HR and HS (to be revoked), HQ (in quarantine); bodies B1, B2.
 */
int prepare_main(struct world *world);
/* Roles by kinds by targets by signatures; either those that the table refuses or the others. */
int matrix_main(struct world *world, bool allowed);
int acts_main(struct world *world, bool allowed);
/* A second coordinator, c2, comes into the folder's keyset, with persons who will be revoked. */
int join_main(struct world *world, const char *endpoint, const char *enrol);
/* Needs c2; takes it out again. */
int revoke_main(struct world *world);
int replay_main(struct world *world, const char *tap);
int renew_main(struct world *world); /* a new keyset, and U1 enrols anew with another key */
/* U1's next key: name (it is U1-next.key), use (it is U1.key, the one before U1-old.key). */
int rotate_main(struct world *world, const char *half);
/* What units report of others' assignments, and what they are shown of others. */
int targets_main(struct world *world);
int scopes_main(struct world *world);
/* Another deployment with the same people and the same keys under another root: its keyset. */
int second_main(struct world *world, const char *home, const char *endpoint, const char *enrol);
/* Until a line of its standard input says when the flood began and ended. */
int honest_main(struct world *world, const char *what);
/* As a coordinator that has turned: wrong-key, silent, garbage, replay, windows, receipts, hashes,
 * welcome-ahead, keyset, orders, endless, parts, again. Prints Hellos heard and frames said. */
int coordinator_main(struct world *world, const char *endpoint, const char *way, int seconds,
                     const char *tap);
/* A kind of flood.c's table. Its last line: SPAN, when it began and ended (monotonic ms), how much.
 */
int flood_main(struct world *world, const char *what, int seconds);

/* The directive DA, issued to one unit. */
int order_main(struct world *world, const char *unit);

/* Prints one row of the table. */
int row_of(const char *promise, unsigned tries, unsigned violations, const char *more);
/* A token of the admin's for the unit, used at once with the folder's key. */
void unit_enrol(struct peer *admin, const char *unit);
void unit_register(struct peer *admin, const char *const *units, size_t count, bool bodies);
void unit_register_draft(struct draft *draft, const char *const *units, size_t count, bool bodies);

#endif
