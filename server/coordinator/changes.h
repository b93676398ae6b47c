/*
 * changes.h - what one transaction will store, gathered while it is decided. Everything lives in
 * the transaction's arena. The first failure sticks: check changes_ok() before gv_store_apply().
 */
#ifndef GV_CHANGES_H
#define GV_CHANGES_H

#include "base/arena.h"
#include "giaoviec/v1/entry.pb-c.h"
#include "store/store.h"

struct changes {
    gv_arena *arena;
    int64_t business_us;
    struct gv_changes set; /* units: the caller's; the rest grows here */
    struct gv_assignment_row **rows;
    struct gv_event *events;
    struct gv_order_new *orders;
    struct gv_evidence *evidence;
    struct gv_key_change *keys;
    size_t row_cap, event_cap, order_cap, evidence_cap, key_cap;
    bool failed; /* no memory */
};

void changes_init(struct changes *changes, gv_arena *arena, int64_t business_us);
bool changes_ok(const struct changes *changes);
/* Every row that was loaded or made, once. */
void changes_row(struct changes *changes, struct gv_assignment_row *row);
void changes_event(struct changes *changes, const struct gv_event *event);
void changes_evidence(struct changes *changes, const struct gv_evidence *evidence);
/* With a line in the ledger. */
void changes_key(struct changes *changes, const struct gv_unit_log *unit,
                 const struct gv_key_change *key);
/* Appends the entry to the unit's order log: number and running hash move, the unit is dirty. */
void changes_order(struct changes *changes, struct gv_unit_log *unit,
                   const Giaoviec__V1__OrderEntry *entry);

/*
 * Decides the act over the row. On success the row moves and event gets row, changed, from, after
 * and the table's reason; event's other fields are the caller's. What gv_assignment_decide() says
 * otherwise, but an act over a row that has moved away or was taken back is GV_ESTALE, whatever its
 * epoch.
 */
GV_MUSTCHECK gv_err changes_decide(struct gv_assignment_row *row, const struct gv_act_facts *facts,
                                   struct gv_event *event);

#endif
