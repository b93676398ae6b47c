/* parts.h - inside server/store only: what one store_*.c needs of another. */
#ifndef GV_STORE_PARTS_H
#define GV_STORE_PARTS_H

#include <stddef.h>

#include "store/db.h"
#include "store/store.h"

/* About so many rows, or facts in rows, go into one statement: it has to end in its time. */
#define GV_STATEMENT_ROWS 100000

/* store_unit.c: locks one unit's row. GV_ENOTFOUND. */
GV_MUSTCHECK gv_err gv_store_unit_lock_code(gv_store *store, const char *code,
                                            struct gv_unit_log *out);

/* The halves of gv_store_units_lock(), gv_store_assignments_lock(), gv_store_clock(), and of what
 * gv_store_load() asks of orders: what is asked, and what was answered. args are the caller's to
 * send. */
void gv_store_units_args(struct gv_args *args, gv_store *store, const int32_t *ids, size_t count,
                         enum gv_lock how);
GV_MUSTCHECK gv_err gv_store_units_read(gv_store *store, gv_arena *arena, const PGresult *result,
                                        struct gv_unit_log **out, size_t *count);
void gv_store_assignments_args(struct gv_args *args, gv_store *store,
                               const struct gv_assignment_key *keys, size_t count,
                               const struct gv_order_span *spans, size_t span_count);
GV_MUSTCHECK gv_err gv_store_assignments_read(gv_store *store, gv_arena *arena,
                                              const PGresult *result,
                                              struct gv_assignment_row **out, size_t *count);
void gv_store_spans_args(struct gv_args *args, gv_store *store, const struct gv_order_span *spans,
                         size_t count);
GV_MUSTCHECK gv_err gv_store_spans_read(gv_store *store, gv_arena *arena, const PGresult *result,
                                        struct gv_order_span *spans, size_t count);
GV_MUSTCHECK gv_err gv_store_clock_read(gv_store *store, const PGresult *result,
                                        int64_t *business_us, uint64_t *step, bool *stepped);

/* store_ledger.c: the ledger rows of the events, in order; with queue, into the open pipeline. */
GV_MUSTCHECK gv_err gv_store_ledger_put(gv_store *store, const struct gv_event *events,
                                        size_t count, bool queue);

/* store_facts.c, into the open pipeline: what the applied events say of periods, indicators,
 * attestations. */
GV_MUSTCHECK gv_err gv_store_facts_queue(gv_store *store, const struct gv_event *events,
                                         size_t count);

/* Does what the event says take effect? */
static inline bool gv_event_applies(const struct gv_event *event)
{
    return event->disposition == 1 && event->row != NULL;
}

#endif
