/*
 * verify.h - a verifier: signature, unpacking, ranges, role and size by the message table, place in
 * the connection. All messages of a sender pass the same one, so their order stays.
 */
#ifndef GV_VERIFY_H
#define GV_VERIFY_H

#include "coordinator/coordinator.h"

struct verifier {
    struct coordinator *c;
    gv_queue *queue;
};

void verify_run(void *verifier); /* until its queue is closed and empty */

#endif
