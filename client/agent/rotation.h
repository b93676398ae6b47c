/*
 * rotation.h - a unit changes its keys, without a person: by age, or when it is told to. The new
 * key is kept as keys/CODE.next before it is offered, and takes the place of keys/CODE.key only
 * after a WELCOME to it; it is forgotten only after a WELCOME to the old one that came later than
 * its refusal. Whatever ends the program meanwhile, one of the two files is admitted.
 * Owned by the host's loop.
 */
#ifndef GV_AGENT_ROTATION_H
#define GV_AGENT_ROTATION_H

#include "agent/unit.h"

/* At birth: one that was under way goes on. Errors are said in why. */
GV_MUSTCHECK gv_err rotation_load(struct unit *unit, struct gv_buf *why);
void rotation_free(struct rotation *rotation); /* NULL is fine */

/* Makes the new key, and offers it as soon as the unit is connected. GV_EEXISTS: one is under way;
 * GV_ESTATE: the unit is not enrolled; GV_EIO. */
GV_MUSTCHECK gv_err rotation_begin(struct unit *unit);
/* Begins for units whose key is older than the setting says; a few at a time. */
void rotations_due(struct host *host);

/* What the link is opened with, and its messages are signed by. */
const struct gv_key *rotation_key(const struct unit *unit);
/* The door, or the answer to its Hello, refused that key: the other one may be in force. The link
 * is closed. */
void rotation_refused(struct unit *unit);
/* The unit is welcome: its new key takes the old one's place, or is offered. */
void rotation_welcome(struct unit *unit);
/* An answer to the offer: true, and the message is dealt with. */
bool rotation_answer(struct unit *unit, const struct gv_message *message);

/* For "giaoviec-agent status": the key that is to follow (NULL: none); when the file of the key in
 * force was made (real time; 0: not known). */
const struct gv_key *rotation_next(const struct unit *unit);
int64_t rotation_made_us(const struct unit *unit);

#endif
