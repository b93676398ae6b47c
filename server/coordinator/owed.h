/*
 * owed.h - receipts of what is stored, not sent yet because more of the same unit is on its way
 * through this coordinator: receipts are cumulative, and the next one covers this. One a unit, and
 * not for many batches. One owner thread.
 */
#ifndef GV_OWED_H
#define GV_OWED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "coordinator/job.h"
#include "delivery/cursor.h"

#define OWED_BATCHES 4 /* a receipt waits for at most so many */

struct owed {
    struct job *job; /* the newest message that it answers; NULL: a free place */
    struct gv_cursor cursor;
    int64_t business_us;
    int batches;
};

typedef struct owed_table owed_table;

GV_MUSTCHECK gv_err owed_new(owed_table **out);
void owed_free(owed_table *table); /* NULL is fine; with the jobs in it */

/* May this unit's receipt wait? No: it has waited long enough, or there is no place. */
bool owed_may_wait(const owed_table *table, int32_t unit_id);
/* Jobs of this unit that the table holds: 0 or 1. */
size_t owed_jobs(const owed_table *table, int32_t unit_id);
/* Takes job over; what was owed to its unit before is covered by it. owed_may_wait() said yes. */
void owed_put(owed_table *table, struct job *job, const struct gv_cursor *cursor,
              int64_t business_us);
/* A receipt that covers it is sent. */
void owed_drop(owed_table *table, int32_t unit_id);
/* After each batch. What must go now, one at a time; NULL: no more. `all`: whatever there is.
 * The answer is valid until the next call, which frees its job. */
const struct owed *owed_due(owed_table *table, bool all);

#endif
