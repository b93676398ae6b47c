/*
 * reports.h - the report lane: takes whatever units' messages wait, stores them in one transaction,
 * answers after COMMIT. Any number of such threads may run, each with its connection; a unit's
 * messages all go to one.
 */
#ifndef GV_REPORTS_LANE_H
#define GV_REPORTS_LANE_H

#include "coordinator/coordinator.h"

void reports_run(void *coordinator); /* until c->reports is closed and empty */

#endif
