/*
 * link.c - libzmq's file descriptors are edge-triggered: each read or send may swallow the edge of
 * what is still waiting. So the link has an epoll of its own with, beside both sockets' descriptors
 * and a timer, an eventfd that stays armed until gv_link_next() has found nothing more.
 *
 * What the monitor says, and what it means (libzmq 4.3.4, tried):
 * - HANDSHAKE_SUCCEEDED: up.
 * - HANDSHAKE_FAILED_AUTH: ZAP said 400 or 500.
 * - HANDSHAKE_FAILED_NO_DETAIL: closed in the middle of the handshake. Our idea of the server's key
 *   is wrong; or ZAP said 300 (try later), which shows like this or, by chance, as silence until
 * the handshake's time is up.
 * - HANDSHAKE_FAILED_PROTOCOL: not a CURVE server.
 * - DISCONNECTED, CLOSED: gone, or nobody listens.
 * A name that does not resolve gives no event at all: hence the timer.
 *
 * Neither ZMQ_IMMEDIATE nor a ZMQ_RECONNECT_IVL of -1 is used: with either, libzmq throws away what
 * it has received and we have not yet read when the connection ends, and that may be the Goodbye or
 * an answer. Instead nothing is sent before UP, and libzmq would reconnect in a day, when the link
 * is long closed.
 */
#include "wire/link.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <zmq.h>

#include "base/clock.h"
#include "wire/message.h"

#define HWM_MESSAGES         64
#define RCVBUF_BYTES         (1 << 20) /* at most; the kernel takes twice that */
#define NEVER_MS             86400000
#define CONNECT_TIMEOUT_MS   10000
#define HANDSHAKE_TIMEOUT_MS 10000
#define UP_WITHIN_S          15 /* to connect and to resolve a name; the handshake comes on top */
#define PONG_WITHIN_MS       15000

_Static_assert((HWM_MESSAGES + 1) * GV_ZMQ_MAXMSGSIZE + 2 * RCVBUF_BYTES < GV_LINK_UNREAD_BYTES,
               "a coordinator that says what it may while we are busy is no attacker");

#define EVENTS                                                                                     \
    (ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED |                             \
     ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |                        \
     ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

struct gv_link {
    void *dealer;
    void *monitor;
    int epoll_fd;
    int kick_fd;  /* readable: something may be left to do */
    int timer_fd; /* fires when the link does not come up in time */
    bool is_kicked;
    int fd;        /* the connection's, as the monitor said; it may be closed by now */
    uint64_t base; /* bytes received when a message came last */
    int handshake_ms;
    int64_t connected_ms;         /* TCP was there; 0: not yet */
    bool is_up;                   /* UP was told */
    bool is_over;                 /* DOWN or REFUSED was told: nothing comes any more */
    bool came_up;                 /* to be told */
    enum gv_link_event came_down; /* DOWN or REFUSED: to be told after the last message */
};

static bool set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool set_options(const struct gv_link *link, const struct gv_link_options *options)
{
    void *dealer = link->dealer;
    const int64_t max_bytes = GV_ZMQ_MAXMSGSIZE;

    return set_int(dealer, ZMQ_LINGER, 0) && set_int(dealer, ZMQ_SNDHWM, HWM_MESSAGES) &&
           set_int(dealer, ZMQ_RCVHWM, HWM_MESSAGES) && set_int(dealer, ZMQ_RCVBUF, RCVBUF_BYTES) &&
           set_int(dealer, ZMQ_RECONNECT_IVL, NEVER_MS) &&
           set_int(dealer, ZMQ_CONNECT_TIMEOUT, CONNECT_TIMEOUT_MS) &&
           set_int(dealer, ZMQ_HANDSHAKE_IVL, link->handshake_ms) &&
           set_int(dealer, ZMQ_HEARTBEAT_IVL, GV_LINK_PING_MS) &&
           set_int(dealer, ZMQ_HEARTBEAT_TIMEOUT, PONG_WITHIN_MS) &&
           set_int(dealer, ZMQ_IPV6, strchr(options->endpoint, '[') != NULL) &&
           zmq_setsockopt(dealer, ZMQ_MAXMSGSIZE, &max_bytes, sizeof max_bytes) == 0 &&
           zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, options->server_pk, 32) == 0 &&
           zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, options->curve_pk, 32) == 0 &&
           zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, options->curve_sk, 32) == 0;
}

/* The monitor listens before the first thing can happen. */
static gv_err open_sockets(struct gv_link *link, const struct gv_link_options *options)
{
    static atomic_uint_fast64_t last;
    char name[64];

    link->dealer = zmq_socket(options->zmq, ZMQ_DEALER);
    link->monitor = zmq_socket(options->zmq, ZMQ_PAIR);
    if (link->dealer == NULL || link->monitor == NULL)
        return errno == EMFILE ? GV_EAGAIN : GV_EIO;
    snprintf(name, sizeof name, "inproc://gv-link-%llu",
             (unsigned long long)atomic_fetch_add(&last, 1));
    if (!set_options(link, options) || !set_int(link->monitor, ZMQ_LINGER, 0) ||
        zmq_socket_monitor(link->dealer, name, EVENTS) != 0 ||
        zmq_connect(link->monitor, name) != 0)
        return GV_EIO;
    return zmq_connect(link->dealer, options->endpoint) == 0 ? GV_OK : GV_EUSAGE;
}

static bool watch(const struct gv_link *link, int fd)
{
    struct epoll_event event = {.events = EPOLLIN};

    return epoll_ctl(link->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool watch_socket(const struct gv_link *link, void *socket)
{
    int fd;
    size_t size = sizeof fd;

    return zmq_getsockopt(socket, ZMQ_FD, &fd, &size) == 0 && watch(link, fd);
}

static gv_err open_fds(struct gv_link *link)
{
    const struct itimerspec limit = {
        .it_value = {.tv_sec = UP_WITHIN_S + link->handshake_ms / 1000}};

    link->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    link->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    link->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (link->epoll_fd < 0 || link->kick_fd < 0 || link->timer_fd < 0)
        return errno == EMFILE || errno == ENFILE ? GV_EAGAIN : GV_EIO;
    if (timerfd_settime(link->timer_fd, 0, &limit, NULL) != 0 || !watch(link, link->kick_fd) ||
        !watch(link, link->timer_fd) || !watch_socket(link, link->dealer) ||
        !watch_socket(link, link->monitor))
        return GV_EIO;
    return GV_OK;
}

static void kick(struct gv_link *link)
{
    const uint64_t one = 1;

    if (!link->is_kicked && write(link->kick_fd, &one, sizeof one) == (ssize_t)sizeof one)
        link->is_kicked = true;
}

static void unkick(struct gv_link *link)
{
    uint64_t count;

    if (link->is_kicked && read(link->kick_fd, &count, sizeof count) == (ssize_t)sizeof count)
        link->is_kicked = false;
}

gv_err gv_link_open(const struct gv_link_options *options, gv_link **out)
{
    struct gv_link *link = calloc(1, sizeof *link);
    gv_err err;

    if (link == NULL)
        return GV_ENOMEM;
    link->epoll_fd = link->kick_fd = link->timer_fd = link->fd = -1;
    link->handshake_ms = options->handshake_ms > 0 ? options->handshake_ms : HANDSHAKE_TIMEOUT_MS;
    err = open_sockets(link, options);
    if (err == GV_OK)
        err = open_fds(link);
    if (err != GV_OK) {
        gv_link_close(link);
        return err;
    }
    kick(link); /* an edge before the epoll was there is not lost */
    *out = link;
    return GV_OK;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

void gv_link_close(gv_link *link)
{
    if (link == NULL)
        return;
    close_fd(link->epoll_fd); /* before libzmq closes what it watches */
    close_fd(link->kick_fd);
    close_fd(link->timer_fd);
    if (link->dealer != NULL) {
        zmq_socket_monitor(link->dealer, NULL, 0);
        zmq_close(link->dealer);
    }
    if (link->monitor != NULL)
        zmq_close(link->monitor);
    free(link);
}

int gv_link_fd(const gv_link *link)
{
    return link->epoll_fd;
}

/* Asking makes libzmq work off its commands, and swallows the edge. */
static int events_of(void *socket)
{
    int events = 0;
    size_t size = sizeof events;

    while (zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size) != 0) {
        if (errno != EINTR)
            return 0;
    }
    return events;
}

gv_err gv_link_send(gv_link *link, const void *frame, size_t len)
{
    gv_err err = GV_OK;
    int rc;

    if (link->is_over || len > GV_FRAME_MAX_BYTES)
        return link->is_over ? GV_EUNAVAILABLE : GV_ETOOBIG;
    if (!link->is_up)
        return GV_EAGAIN;
    kick(link);
    if ((events_of(link->dealer) & ZMQ_POLLOUT) == 0)
        return GV_EAGAIN;
    do
        rc = zmq_send(link->dealer, frame, len, ZMQ_DONTWAIT);
    while (rc < 0 && errno == EINTR);
    if (rc < 0)
        err = errno == EAGAIN ? GV_EAGAIN : GV_EIO;
    return err;
}

static bool has_more(void *socket)
{
    int more = 0;
    size_t size = sizeof more;

    return zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) == 0 && more != 0;
}

/* One part; -1: nothing there. */
static int receive_part(void *socket, zmq_msg_t *part)
{
    int rc;

    do
        rc = zmq_msg_recv(part, socket, ZMQ_DONTWAIT);
    while (rc < 0 && errno == EINTR);
    return rc;
}

/* Parts after the first are taken and thrown away. False: nothing there. */
static bool receive(void *socket, zmq_msg_t *first, bool *is_single)
{
    if (receive_part(socket, first) < 0)
        return false;
    *is_single = true;
    while (has_more(socket)) {
        zmq_msg_t rest;

        *is_single = false;
        zmq_msg_init(&rest);
        if (receive_part(socket, &rest) < 0) {
            zmq_msg_close(&rest);
            break;
        }
        zmq_msg_close(&rest);
    }
    return true;
}

static void note_event(struct gv_link *link, uint16_t event, int32_t value)
{
    int64_t now_ms = gv_clock_mono_ms();
    bool in_time = link->connected_ms != 0 &&
                   now_ms - link->connected_ms < link->handshake_ms - link->handshake_ms / 20;

    if (event == ZMQ_EVENT_CONNECTED) {
        link->connected_ms = now_ms;
        link->fd = value;
    } else if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
        link->came_up = true;
    } else if (link->came_down != GV_LINK_NONE) {
        return; /* the first says why */
    } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) {
        link->came_down = in_time ? GV_LINK_REFUSED : GV_LINK_DOWN;
    } else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ||
               event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL) {
        link->came_down = GV_LINK_REFUSED;
    } else {
        link->came_down = GV_LINK_DOWN;
    }
}

static void drain_monitor(struct gv_link *link)
{
    for (;;) {
        zmq_msg_t first;
        bool is_single, found;

        zmq_msg_init(&first);
        found = receive(link->monitor, &first, &is_single);
        if (found && zmq_msg_size(&first) >= sizeof(uint16_t) + sizeof(int32_t)) {
            const char *data = zmq_msg_data(&first);
            uint16_t event;
            int32_t value;

            memcpy(&event, data, sizeof event);
            memcpy(&value, data + sizeof event, sizeof value);
            note_event(link, event, value);
        }
        zmq_msg_close(&first);
        if (!found)
            return;
    }
}

static void check_timer(struct gv_link *link)
{
    uint64_t count;

    if (read(link->timer_fd, &count, sizeof count) == (ssize_t)sizeof count && !link->is_up &&
        !link->came_up && link->came_down == GV_LINK_NONE)
        link->came_down = GV_LINK_DOWN;
}

/* The next single-part message into *frame; the others are dropped. */
static bool take_frame(struct gv_link *link, struct gv_buf *frame)
{
    bool is_single = false, found;

    do {
        zmq_msg_t first;

        zmq_msg_init(&first);
        found = receive(link->dealer, &first, &is_single);
        if (found && zmq_msg_size(&first) > GV_FRAME_MAX_BYTES)
            is_single = false;
        if (found && is_single) {
            gv_buf_reset(frame);
            gv_buf_append(frame, zmq_msg_data(&first), zmq_msg_size(&first));
            is_single = gv_buf_ok(frame); /* no memory: as if it had been lost on the way */
        }
        zmq_msg_close(&first);
    } while (found && !is_single);
    return found;
}

bool gv_link_received(int fd, uint64_t *bytes)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
        return false;
    *bytes = info.tcpi_bytes_received;
    return true;
}

/* Where the descriptor is another's by now, this link has ended anyway. */
uint64_t gv_link_unread(const gv_link *link)
{
    uint64_t bytes;

    if (!link->is_up || link->is_over || link->came_down != GV_LINK_NONE ||
        !gv_link_received(link->fd, &bytes))
        return 0;
    return bytes > link->base ? bytes - link->base : 0;
}

void gv_link_end(gv_link *link)
{
    if (link->came_down == GV_LINK_NONE)
        link->came_down = GV_LINK_DOWN;
    kick(link);
}

static enum gv_link_event next(struct gv_link *link, struct gv_buf *frame)
{
    if (link->is_over) {
        (void)events_of(link->dealer); /* takes the edge away */
        return GV_LINK_NONE;
    }
    if (link->came_up && !link->is_up) {
        link->is_up = true;
        return GV_LINK_UP;
    }
    if (link->is_up && take_frame(link, frame)) {
        if (!gv_link_received(link->fd, &link->base))
            link->base = 0; /* it has ended */
        return GV_LINK_MESSAGE;
    }
    if (!link->is_up)
        (void)events_of(link->dealer);
    if (link->came_down == GV_LINK_NONE)
        return GV_LINK_NONE;
    link->is_over = true;
    return link->came_down;
}

enum gv_link_event gv_link_next(gv_link *link, struct gv_buf *frame)
{
    enum gv_link_event event;

    drain_monitor(link);
    check_timer(link);
    event = next(link, frame);
    if (event == GV_LINK_NONE)
        unkick(link);
    else
        kick(link);
    return event;
}
