/*
 * parts.h - one multipart message of a ROUTER, read whole: the route and one frame; whatever else
 * comes with it is counted and dropped. The thread that owns the socket.
 */
#ifndef GV_PARTS_H
#define GV_PARTS_H

#include <zmq.h>

#include "coordinator/job.h"

struct parts {
    struct route route; /* empty: the first part was no route */
    zmq_msg_t frame;
    size_t count; /* of parts; more than 3 count as 3. What is meant for us has 2 */
};

/* False: nothing waits. True: *out is the caller's: parts_close(). */
bool parts_receive(void *socket, struct parts *out);
void parts_close(struct parts *parts);

#endif
