/*
 * calendar.h - a reporting calendar and its occurrences. PURE. Days: int32_t since 1970-01-01,
 * +07:00. An occurrence is named by its first day; weeks begin on Monday. Inside a window the
 * window's cadence rules, outside it the calendar's. A period that a window or the range cuts ends
 * at the cut.
 */
#ifndef GV_CALENDAR_H
#define GV_CALENDAR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum gv_cadence { /* the numbers of the wire */
                  GV_CADENCE_NONE = 0,
                  GV_CADENCE_ONCE = 1,
                  GV_CADENCE_DAILY = 2,
                  GV_CADENCE_WEEKLY = 3,
                  GV_CADENCE_MONTHLY = 4,
                  GV_CADENCE_QUARTERLY = 5,
                  GV_CADENCE_HALF_YEARLY = 6,
                  GV_CADENCE_YEARLY = 7,
                  GV_CADENCE_END
};

struct gv_window {
    int32_t from_day; /* inclusive */
    int32_t to_day;   /* inclusive */
    enum gv_cadence cadence;
};

struct gv_calendar {
    enum gv_cadence cadence; /* outside the windows; NONE: only inside them */
    int32_t from_day;
    int32_t to_day;                  /* inclusive */
    const struct gv_window *windows; /* borrowed; in order of time, not overlapping */
    size_t window_count;
    int32_t grace_days;
};

struct gv_occurrence {
    int32_t first_day;
    int32_t last_day;
    int32_t due_day; /* a report until the end of this day is on time */
};

#define GV_CALENDAR_MAX_DAYS 3660 /* ten years: a longer range is a slip of the pen */

/* GV_EBADMSG: reversed or too long range, unknown cadence, windows out of order or outside the
 * range. */
GV_MUSTCHECK gv_err gv_calendar_check(const struct gv_calendar *calendar);

/*
 * Writes the occurrences in order of time to out[cap]; *count is how many there are. GV_ETOOBIG
 * when they do not fit (*count is then what is needed), else what gv_calendar_check() says.
 */
GV_MUSTCHECK gv_err gv_calendar_occurrences(const struct gv_calendar *calendar,
                                            struct gv_occurrence *out, size_t cap, size_t *count);

#endif
