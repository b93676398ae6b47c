/*
 * enrol.h - a unit's first contact: its keys are made and kept, then bound to its name by the
 * one-time token. A lost answer is repaired by asking again with the same keys. Owned by the host's
 * loop.
 */
#ifndef GV_AGENT_ENROL_H
#define GV_AGENT_ENROL_H

#include "agent/unit.h"

/* Begins, and tries again until it worked. GV_EUSAGE: the unit has neither keys admitted nor a
 * token file. */
GV_MUSTCHECK gv_err enrolment_begin(struct unit *unit);
gv_link *enrolment_link(const struct enrolment *enrolment); /* NULL: none; NULL is fine */
void enrolment_free(struct enrolment *enrolment);           /* NULL is fine */

#endif
