/*
 * link.h - a client's connection to a coordinator: one DEALER socket with CURVE, and its monitor.
 * Never blocks. One owner thread. The socket does not reconnect by itself: after DOWN or REFUSED
 * close the link and open another when the time has come (whoever owns the link knows when).
 */
#ifndef GV_LINK_H
#define GV_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"

typedef struct gv_link gv_link;

struct gv_link_options {
    void *zmq;             /* the process' one context */
    const char *endpoint;  /* tcp://host:port */
    uint8_t server_pk[32]; /* CURVE key of the coordinator */
    uint8_t curve_pk[32];  /* ours */
    uint8_t curve_sk[32];
    int handshake_ms; /* 0: 10000 */
};

enum gv_link_event {
    GV_LINK_NONE,    /* nothing more now */
    GV_LINK_UP,      /* the CURVE handshake is done: send now */
    GV_LINK_MESSAGE, /* a frame is in *frame */
    GV_LINK_DOWN, /* the connection could not be made (within 25 s) or is gone; comes after the last
                     message */
    GV_LINK_REFUSED, /* closed in the handshake: the key is not admitted, or the server's key is
                      * another (or, rarely, the coordinator stopped in that moment: so try again
                      * later, with patience) */
};

/* GV_EUSAGE: not an endpoint. GV_EAGAIN: no descriptors left. *out is the caller's:
 * gv_link_close(). */
GV_MUSTCHECK gv_err gv_link_open(const struct gv_link_options *options, gv_link **out);
void gv_link_close(gv_link *link); /* NULL is fine; linger 0 */
/* Level-triggered on an epoll fd of its own, so it may be polled or put into another epoll.
 * Readable: call gv_link_next() until NONE. */
int gv_link_fd(const gv_link *link);
/* GV_EAGAIN: would block (nothing was taken): try again when gv_link_fd() was readable and
 * gv_link_next() said NONE. GV_EUNAVAILABLE: after DOWN or REFUSED. That it was taken proves
 * nothing. */
GV_MUSTCHECK gv_err gv_link_send(gv_link *link, const void *frame, size_t len);
/* *frame is reset and filled with MESSAGE. Multipart or oversized messages are dropped. */
enum gv_link_event gv_link_next(gv_link *link, struct gv_buf *frame);

#endif
