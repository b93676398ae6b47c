/*
 * reports.h - a report lane: takes whatever units' messages wait, stores them in one transaction,
 * answers after COMMIT. Each has a connection of its own, so that one decides while another waits
 * for the disk. Units are divided into as many shares as there are lanes. The first lane has them
 * all, because one large transaction costs less than two; only where more waits than that takes do
 * the others get theirs, and whoever has nothing left to do gives its own back. A share changes
 * hands when nothing of it is on its way: so a unit's messages are handled in their order.
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
/* Hands the job over to the lane that has its unit's share; false: no room. Any thread. */
GV_MUSTCHECK bool reports_push(struct coordinator *c, struct job *job);
/* The queue of that lane. unit_id 0: persons, whose refusals are written down. Any thread. */
gv_queue *reports_queue(struct coordinator *c, int32_t unit_id);

#endif
