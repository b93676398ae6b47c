/*
 * failpoint.h - faults on purpose at the edges of failpoint.def. Builds without GV_FAILPOINTS have
 * none of it: each point is the constant false there. A point is passed with
 *
 *     if (GV_FAILPOINT(batch_decided)) err = GV_EDB;
 *
 * which crashes, sleeps or stops the process by itself, and is true for "error" alone. Any thread.
 * GV_FAILPOINT_WITH says how many reports, receipts and orders are at stake in this passing, so
 * that a point can wait for some: the first passings after a start are mostly about a Hello.
 */
#ifndef GV_FAILPOINT_H
#define GV_FAILPOINT_H

#include <stdbool.h>
#include <stddef.h>

#ifdef GV_FAILPOINTS

enum gv_failpoint {
#define FAILPOINT(name, program, where, error) GV_FAILPOINT_##name,
#include "base/failpoint.def"
#undef FAILPOINT
    GV_FAILPOINT_COUNT
};

#define GV_FAILPOINT(name) gv_failpoint(GV_FAILPOINT_##name, 0, 0, 0)
#define GV_FAILPOINT_WITH(name, reports, receipts, orders)                                         \
    gv_failpoint(GV_FAILPOINT_##name, reports, receipts, orders)

bool gv_failpoint(enum gv_failpoint point, size_t reports, size_t receipts, size_t orders);
/* One line each: name, where, what "error" does. */
void gv_failpoint_list(const char *program);

#else

#define GV_FAILPOINT(name)                                 false
#define GV_FAILPOINT_WITH(name, reports, receipts, orders) false

#endif

#endif
