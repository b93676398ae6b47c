/*
 * enrol.h - the enrolment endpoint: CURVE with any key, one kind of message, one answer. A thread
 * of its own, so that a flood there is a flood there.
 */
#ifndef GV_ENROL_LANE_H
#define GV_ENROL_LANE_H

#include "coordinator/coordinator.h"

struct enrol {
    struct coordinator *c;
    void *socket; /* bound; the thread closes it */
};
void enrol_run(void *enrol); /* until stopping */

#endif
