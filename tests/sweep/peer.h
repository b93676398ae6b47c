/*
 * peer.h - the deployment as an agent sees it, in the agent's own process: a coordinator that
 * enrols one unit, orders one task, receipts reports; and a person who reports by hand. What they
 * were told is written to a file at once, so that a later run goes on from there, and judges
 * whether the agent still holds what it had called accepted.
 */
#ifndef SWEEP_PEER_H
#define SWEEP_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "delivery/cursor.h"
#include "wire/link.h"

enum peer_goal {
    PEER_ENROL, /* the unit is enrolled and welcome */
    PEER_TURN,  /* its order is held, and what it reports of it is receipted */
};

#define PEER_REPORTS 3 /* of a turn: accepted, a status, and one by hand */

/* In folder: "peer", which a run before may have left, and the agent's "data". */
void peer_begin(const char *folder, enum peer_goal goal);
void peer_end(void);

struct peer_memory {
    bool has_key;
    uint8_t sign_pk[32];
    uint64_t connection;
    struct gv_cursor reports; /* stored here */
    struct gv_cursor held;    /* of orders: what the agent receipted */
    bool answered;            /* the report by hand: accepted */
    int wrong;                /* what no agent may do, each a line "wrong …" in the file */
};
const struct peer_memory *peer_memory(void);

/* What the unit's token file says. */
void peer_token(struct gv_buf *out);

/* From link_model.c: a frame that the agent sends; peer_answer() puts one on its way back. */
void peer_take(gv_link *link, struct gv_slice frame);
void peer_answer(gv_link *link, const struct gv_buf *frame);

#endif
