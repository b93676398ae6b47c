/*
 * count.h - schedule class and the six official cells, computed when read and never stored. PURE.
 * Source of the rules: the official categories (done on time, done late, not done in time, not done
 * overdue; work without a due date apart); lead assignments are counted, one per task and unit.
 */
#ifndef GV_COUNT_H
#define GV_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "domain/lifecycle.h"

enum gv_schedule {
    GV_SCHEDULE_NO_DUE,  /* not done, no due date */
    GV_SCHEDULE_NOT_DUE, /* not done, the due date is ahead */
    GV_SCHEDULE_DUE_SOON,
    GV_SCHEDULE_OVERDUE,
    GV_SCHEDULE_DONE_ON_TIME,
    GV_SCHEDULE_DONE_LATE,
    GV_SCHEDULE_DONE_NO_DUE,
};

enum gv_cell {
    GV_CELL_DONE_ON_TIME,
    GV_CELL_DONE_LATE,
    GV_CELL_OPEN_IN_TIME,
    GV_CELL_OPEN_OVERDUE,
    GV_CELL_DONE_NO_DUE,
    GV_CELL_OPEN_NO_DUE,
    GV_CELL_COUNT,
    GV_CELL_APART = GV_CELL_COUNT, /* suspended: shown beside the six */
    GV_CELL_UNCOUNTED,             /* draft, transferred, revoked, or not a lead */
};

/* A result submitted within its due date and awaiting approval is not overdue, however late it is
 * now. */
enum gv_schedule gv_schedule_of(const struct gv_assignment *a, int64_t now_us,
                                const struct gv_policy *policy);
enum gv_cell gv_cell_of(const struct gv_assignment *a, bool lead, int64_t now_us);

/* Whole days past the due date, from the first instant after it on: 1, 2, …; 0 when not overdue. */
int32_t gv_overdue_days(const struct gv_assignment *a, int64_t now_us);

#endif
