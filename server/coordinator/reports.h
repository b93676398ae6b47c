/*
 * reports.h - a report lane: takes whatever units' messages wait, stores them in one transaction,
 * answers after COMMIT. Each has a connection of its own: while one waits for the disk another
 * decides. A unit's messages all go to one lane (reports_queue()), so their order stays.
 */
#ifndef GV_REPORTS_LANE_H
#define GV_REPORTS_LANE_H

#include "coordinator/coordinator.h"

struct report_lane {
    struct coordinator *c;
    gv_queue *queue;
    int index; /* from 0: what its connection is called */
};

void reports_run(void *report_lane); /* until its queue is closed and empty */

#endif
