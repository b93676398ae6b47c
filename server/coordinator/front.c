/* front.c - reads whatever has come, hands it to the verifier of its sender, writes whatever is to
 * go. */
#include "coordinator/front.h"

#include <errno.h>
#include <zmq.h>

#include "base/clock.h"
#include "coordinator/admit.h"
#include "coordinator/deliver.h"
#include "coordinator/parts.h"

#define READ_BURST  256 /* frames a turn, so that writing is not starved */
#define WRITE_BURST 1024

static void admit_parts(struct coordinator *c, struct parts *parts, int64_t now_ms)
{
    const char *user = zmq_msg_gets(&parts->frame, "User-Id");
    gv_id key_id;
    bool known = user != NULL && gv_unhex(user, key_id.b, sizeof key_id.b) == GV_OK;
    int32_t unit_id;

    unit_id = admit(c, &parts->route, parts->count == 2 && known ? &key_id : NULL,
                    zmq_msg_data(&parts->frame), zmq_msg_size(&parts->frame), now_ms);
    guard_heard(c->guard, zmq_msg_get(&parts->frame, ZMQ_SRCFD), unit_id);
}

static void read_burst(struct front *front)
{
    int64_t now_ms = gv_clock_mono_ms();
    struct parts parts;

    for (int i = 0; i < READ_BURST && parts_receive(front->socket, &parts); i++) {
        admit_parts(front->c, &parts, now_ms);
        parts_close(&parts);
    }
}

static void write_one(struct front *front, struct out *out)
{
    int n = zmq_send(front->socket, out->route.id, out->route.len, ZMQ_SNDMORE | ZMQ_DONTWAIT);

    if (n >= 0)
        n = zmq_send(front->socket, out->frame.data, out->frame.len, ZMQ_DONTWAIT);
    if (n < 0 && errno == EHOSTUNREACH)
        deliver_route_gone(front->c, out->unit_id, &out->route);
    out_free(out);
}

static void write_burst(struct front *front)
{
    struct out *outs[WRITE_BURST];
    size_t n = gv_queue_pop_many(front->c->out, (void **)outs, WRITE_BURST);

    for (size_t i = 0; i < n; i++)
        write_one(front, outs[i]);
}

void front_run(void *arg)
{
    struct front *front = arg;
    zmq_pollitem_t items[] = {{front->socket, 0, ZMQ_POLLIN, 0},
                              {NULL, gv_queue_fd(front->c->out), ZMQ_POLLIN, 0}};

    while (!gv_queue_closed(front->c->out) || gv_queue_len(front->c->out) > 0) {
        if (zmq_poll(items, 2, 1000) < 0 && errno != EINTR)
            break;
        if (items[0].revents != 0)
            read_burst(front);
        write_burst(front);
    }
    zmq_close(front->socket);
}
