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

/* How often a link asks whether the other side is there. It is a good part of what idle agents cost
 * a coordinator: 19,800 bare connections that asked every 30 s took 2.6 % of a core (tests/bench,
 * idle). */
#define GV_LINK_PING_MS 60000

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
/* Bytes that have come since a message was taken last: libzmq bounds a message's parts, not their
 * number, and keeps them. An honest coordinator's are at most GV_LINK_UNREAD_BYTES: whole messages
 * that wait, the one that is coming in, what the kernel holds. 0: it is not up, or over. */
#define GV_LINK_UNREAD_BYTES ((uint64_t)24 << 20)
uint64_t gv_link_unread(const gv_link *link);
void gv_link_end(gv_link *link); /* it is over: DOWN comes */
/* Bytes that have come over this descriptor. False: not a connection (any more). Any thread. */
GV_MUSTCHECK bool gv_link_received(int fd, uint64_t *bytes);
/* *frame is reset and filled with MESSAGE. Multipart or oversized messages are dropped. */
enum gv_link_event gv_link_next(gv_link *link, struct gv_buf *frame);

#endif
