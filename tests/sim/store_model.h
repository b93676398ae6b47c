/* store_model.h - shared by store_*.c only. */
#ifndef SIM_STORE_MODEL_H
#define SIM_STORE_MODEL_H

#include "crypto/hash.h"
#include "trust/act.h"
#include "world.h"

struct row_note { /* of a row of the changes, as it was before */
    bool is_new;
    struct gv_assignment stored;
};

struct gv_store {
    uint32_t server;
    struct process *process;
    uint64_t generation;
    int64_t active_ms, lock_ms;
    bool lost, in_txn;
    gv_err sticky;
    bool has_changes;
    struct gv_changes changes; /* the caller's, until COMMIT */
    struct row_note *notes;
    bool *dirty; /* of its units */
    bool act_new, act_seen;
    struct gv_act_new act;
    struct gv_slice act_result;
    struct db_unit *lifted; /* out of its quarantine */
};

gv_err store_step(gv_store *store);
gv_err store_lock(gv_store *store, struct db_unit *unit, bool skip);
gv_err store_lock_directive(gv_store *store, uint32_t directive);
void store_drop_all(uint32_t server); /* SERVERS_MAX: of all */

/* store_reads.c: what the span asks for. */
void db_orders_told(gv_arena *arena, struct gv_order_span *span);

/* store_rows.c: what a COMMIT stores, checked against all that must hold. */
void db_store(gv_store *store);
/* Before a change of *place, so that a failover can lose it. */
void db_change(void *place, size_t size);
#define DB_CHANGE(place) db_change(&(place), sizeof(place))
void db_committed(void);
void keys_changed(void);

#endif
