/* lane.h - running one transaction until it is done, refused, or hopeless: the one place that tries
 * again. */
#ifndef GV_LANE_H
#define GV_LANE_H

#include "coordinator/coordinator.h"

/*
 * once() begins, works, commits, or rolls back. Runs it again after GV_ECONFLICT (bounded), and
 * after GV_EUNAVAILABLE, GV_EUNKNOWN and GV_EDB (a few times) on a new connection, until until_ms
 * (of gv_clock_mono_ms(); FOR_EVER: until stopping): what was begun by then may take its time, as
 * the first run may after it. after_unknown (may be NULL) is set once a COMMIT's outcome was
 * unknown. GV_EAGAIN: gave up; everything else is once()'s own (GV_ENOSPACE is noted as well).
 */
GV_MUSTCHECK gv_err lane_run(struct coordinator *c, gv_store *store, gv_err (*once)(void *ctx),
                             void *ctx, int64_t until_ms, bool *after_unknown);
void lane_nap(int ms);

#endif
