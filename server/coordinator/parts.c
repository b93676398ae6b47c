/* parts.c - a message has as many parts as its sender likes. */
#include "coordinator/parts.h"

#include <string.h>

/* False: the message ends here, or nothing waits. */
static bool take_part(void *socket, struct parts *out)
{
    zmq_msg_t part;
    bool more;

    zmq_msg_init(&part);
    if (zmq_msg_recv(&part, socket, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&part);
        return false;
    }
    more = zmq_msg_more(&part) != 0;
    if (out->count == 0 && zmq_msg_size(&part) <= ROUTE_MAX) {
        out->route.len = (uint8_t)zmq_msg_size(&part);
        memcpy(out->route.id, zmq_msg_data(&part), out->route.len);
    }
    if (out->count == 1)
        zmq_msg_move(&out->frame, &part);
    zmq_msg_close(&part);
    if (out->count < 3)
        out->count++;
    return more;
}

bool parts_receive(void *socket, struct parts *out)
{
    memset(out, 0, sizeof *out);
    zmq_msg_init(&out->frame);
    while (take_part(socket, out))
        continue;
    if (out->count > 0)
        return true;
    parts_close(out);
    return false;
}

void parts_close(struct parts *parts)
{
    zmq_msg_close(&parts->frame);
}
