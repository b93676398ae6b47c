/* fault_libpq.h - libpq behind the linker's --wrap: a lane's connection is lost at the n-th call.
 */
#ifndef SWEEP_FAULT_LIBPQ_H
#define SWEEP_FAULT_LIBPQ_H

#include "fault.h"

/* Arms at the next BEGIN: what comes before is not the batch's. */
void fault_arm_at_begin(enum fault_kind kind, unsigned long nth);

#endif
