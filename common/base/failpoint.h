/*
 * failpoint.h - faults on purpose at the edges of failpoint.def. Builds without GV_FAILPOINTS have
 * none of it: each point is the constant false there. A point is passed with
 *
 *     if (GV_FAILPOINT(batch_decided)) err = GV_EDB;
 *
 * which crashes, sleeps or stops the process by itself, and is true for "error" alone. Any thread.
 */
#ifndef GV_FAILPOINT_H
#define GV_FAILPOINT_H

#include <stdbool.h>

#ifdef GV_FAILPOINTS

enum gv_failpoint {
#define FAILPOINT(name, program, where, error) GV_FAILPOINT_##name,
#include "base/failpoint.def"
#undef FAILPOINT
    GV_FAILPOINT_COUNT
};

#define GV_FAILPOINT(name) gv_failpoint(GV_FAILPOINT_##name)

bool gv_failpoint(enum gv_failpoint point);
/* One line each: name, where, what "error" does. */
void gv_failpoint_list(const char *program);

#else

#define GV_FAILPOINT(name) false

#endif

#endif
