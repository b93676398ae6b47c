/*
 * acts.h - the lane of acts of persons: one signed document, one transaction. Its own connection:
 * what touches many units never waits behind reports, nor they behind it.
 */
#ifndef GV_ACTS_H
#define GV_ACTS_H

#include "coordinator/changes.h"
#include "coordinator/coordinator.h"
#include "coordinator/tasks.h"
#include "giaoviec/v1/act.pb-c.h"
#include "trust/act.h"

void acts_run(void *coordinator); /* until c->acts is closed and empty */

/* One act on its way. Made anew by each run of the transaction, but for the first five. */
struct act {
    struct coordinator *c;
    gv_store *store;
    gv_arena *arena; /* of this run */
    const keyring *ring;
    const struct gv_signed_act *signed_act;
    struct gv_slice attachment;

    int64_t business_us;
    struct changes changes;
    struct gv_unit_log *units; /* locked by the handler */
    size_t unit_count;

    /* The answer. */
    Giaoviec__V1__ItemResult **results;
    size_t result_count, result_cap;
    uint32_t done, refused;
    const char *text;  /* why the act as a whole was refused; NULL: the error's own */
    bool keys_changed; /* keys, quarantine or keyset: the keyring is made anew after COMMIT */
    bool clock_moved;
};

/* Runs inside the transaction, between begin and apply. GV_OK: stored with whatever items were
 * refused; else the whole act is refused, and nothing of it is stored but a line in the ledger. */
typedef gv_err act_fn(struct act *act);

act_fn act_register_units, act_issue_tokens, act_revoke_key, act_lift_quarantine; /* act_unit.c */
act_fn act_approve_breakdown; /* act_directive.c */
act_fn act_items;             /* act_items.c: every kind with a list */
act_fn act_body_entry;        /* act_body.c */
act_fn act_clock_step;        /* act_clock.c */

/* One line of the answer; err GV_OK: done. */
void act_result(struct act *act, const gv_id *assignment, const char *unit, uint32_t epoch,
                gv_err err, const char *text);
/* A ledger row of this act's, filled with what all have in common. */
struct gv_event act_event(const struct act *act, enum gv_event_kind kind);

#endif
