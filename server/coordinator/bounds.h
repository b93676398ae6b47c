/*
 * bounds.h - days and times that can be written as a date: what others may claim, the ledger keeps
 * for ever, and queries put into words. Outside of them PostgreSQL refuses the whole answer.
 */
#ifndef GV_BOUNDS_H
#define GV_BOUNDS_H

#include <stdbool.h>
#include <stdint.h>

#define DAY_LAST     2932896                     /* 9999-12-31 */
#define TIME_LAST_US INT64_C(253402275599999999) /* its end at +07:00 */

static inline bool day_holds(int32_t day)
{
    return day >= 0 && day <= DAY_LAST;
}

static inline bool time_holds(int64_t us)
{
    return us >= 0 && us <= TIME_LAST_US;
}

#endif
