/* count.c - where an assignment stands in time, and in which cell it counts. */
#include "domain/count.h"

#include "base/clock.h"

static bool is_done(const struct gv_assignment *a)
{
    return a->state == GV_STATE_COMPLETED;
}

static bool submitted_in_time(const struct gv_assignment *a)
{
    return a->has_submitted && (!a->has_submit_due || a->submitted_us <= a->submit_due_us);
}

static bool is_overdue(const struct gv_assignment *a, int64_t now_us)
{
    if (a->state == GV_STATE_SUBMITTED && submitted_in_time(a))
        return false;
    return now_us > a->due_us;
}

enum gv_schedule gv_schedule_of(const struct gv_assignment *a, int64_t now_us,
                                const struct gv_policy *policy)
{
    if (!a->has_due)
        return is_done(a) ? GV_SCHEDULE_DONE_NO_DUE : GV_SCHEDULE_NO_DUE;
    if (is_done(a))
        return submitted_in_time(a) ? GV_SCHEDULE_DONE_ON_TIME : GV_SCHEDULE_DONE_LATE;
    if (is_overdue(a, now_us))
        return GV_SCHEDULE_OVERDUE;
    if (now_us <= a->due_us && a->due_us - now_us <= policy->due_soon_days * GV_US_PER_DAY)
        return GV_SCHEDULE_DUE_SOON;
    return GV_SCHEDULE_NOT_DUE;
}

enum gv_cell gv_cell_of(const struct gv_assignment *a, bool lead, int64_t now_us)
{
    if (!lead)
        return GV_CELL_UNCOUNTED;
    switch (a->state) {
    case GV_STATE_DRAFT:
    case GV_STATE_TRANSFERRED:
    case GV_STATE_REVOKED:
    case GV_STATE_NONE:
    case GV_STATE_END:
        return GV_CELL_UNCOUNTED;
    case GV_STATE_SUSPENDED:
        return GV_CELL_APART;
    default:
        break;
    }
    switch (gv_schedule_of(a, now_us, &gv_policy_default)) {
    case GV_SCHEDULE_DONE_ON_TIME:
        return GV_CELL_DONE_ON_TIME;
    case GV_SCHEDULE_DONE_LATE:
        return GV_CELL_DONE_LATE;
    case GV_SCHEDULE_DONE_NO_DUE:
        return GV_CELL_DONE_NO_DUE;
    case GV_SCHEDULE_OVERDUE:
        return GV_CELL_OPEN_OVERDUE;
    case GV_SCHEDULE_NO_DUE:
        return GV_CELL_OPEN_NO_DUE;
    case GV_SCHEDULE_NOT_DUE:
    case GV_SCHEDULE_DUE_SOON:
        break;
    }
    return GV_CELL_OPEN_IN_TIME;
}

int32_t gv_overdue_days(const struct gv_assignment *a, int64_t now_us)
{
    if (!a->has_due || is_done(a) || !is_overdue(a, now_us))
        return 0;
    return (int32_t)((now_us - a->due_us + GV_US_PER_DAY - 1) / GV_US_PER_DAY);
}
