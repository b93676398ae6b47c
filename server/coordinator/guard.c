/* guard.c - two monitors say which descriptors are connections; a sweep asks the kernel about them.
 */
#include "coordinator/guard.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/log.h"
#include "coordinator/coordinator.h"

#define FDS_MAX  1048576
#define TURN_MS  100
#define LOOKS    1000 /* connections looked at in a turn: of 20,000 each every two seconds */
#define NO_LIMIT INT64_MAX

/* More than this without a whole message; longer than this at all. */
static const struct {
    const char *name;
    uint64_t bytes;
    int64_t age_ms;
} doors[GUARD_DOORS] = {
    [GUARD_MAIN] = {"main", 8 << 20, NO_LIMIT}, /* what may wait in pipe and kernel is less */
    [GUARD_ENROL] = {"enrolment", 64 << 10, 60000},
};

struct watched {
    bool is_open;
    uint8_t door;
    uint32_t heard; /* at the last look */
    uint64_t base;  /* bytes received when something was heard last */
    int64_t since_ms;
    struct sockaddr_storage peer;
};

struct guard {
    void *zmq;
    void *monitors[GUARD_DOORS];
    struct watched **all; /* by descriptor */
    atomic_uint *heard;   /* messages, by descriptor */
    size_t cap;
    int top;  /* no descriptor above */
    int next; /* looked at next */
};

gv_err guard_new(void *zmq, guard **out)
{
    guard *g = calloc(1, sizeof *g);
    struct rlimit limit;

    if (g == NULL)
        return GV_ENOMEM;
    g->zmq = zmq;
    g->cap = FDS_MAX;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < FDS_MAX)
        g->cap = (size_t)limit.rlim_cur;
    g->all = calloc(g->cap, sizeof(struct watched *));
    g->heard = calloc(g->cap, sizeof *g->heard);
    if (g->all == NULL || g->heard == NULL) {
        guard_free(g);
        return GV_ENOMEM;
    }
    *out = g;
    return GV_OK;
}

void guard_free(guard *g)
{
    if (g == NULL)
        return;
    for (int door = 0; door < GUARD_DOORS; door++) {
        if (g->monitors[door] != NULL)
            zmq_close(g->monitors[door]);
    }
    for (int fd = 0; g->all != NULL && fd <= g->top; fd++)
        free(g->all[fd]);
    free(g->all);
    free(g->heard);
    free(g);
}

/* The reader's side has no high-water mark: libzmq's I/O thread never waits for us. */
gv_err guard_watch(guard *g, enum guard_door door, void *router)
{
    int none = 0;
    char name[48];

    snprintf(name, sizeof name, "inproc://guard-%s", doors[door].name);
    g->monitors[door] = zmq_socket(g->zmq, ZMQ_PAIR);
    if (g->monitors[door] == NULL ||
        zmq_setsockopt(g->monitors[door], ZMQ_RCVHWM, &none, sizeof none) != 0 ||
        zmq_setsockopt(g->monitors[door], ZMQ_LINGER, &none, sizeof none) != 0 ||
        zmq_socket_monitor(router, name, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED) != 0 ||
        zmq_connect(g->monitors[door], name) != 0)
        return GV_EIO;
    return GV_OK;
}

void guard_heard(guard *g, int fd)
{
    if (g != NULL && fd >= 0 && (size_t)fd < g->cap)
        atomic_fetch_add_explicit(&g->heard[fd], 1, memory_order_relaxed);
}

/* False: not a connection (any more). */
static bool received(int fd, uint64_t *bytes)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0)
        return false;
    *bytes = info.tcpi_bytes_received;
    return true;
}

static bool peer_of(int fd, struct sockaddr_storage *out)
{
    socklen_t len = sizeof *out;

    memset(out, 0, sizeof *out);
    return getpeername(fd, (struct sockaddr *)out, &len) == 0;
}

static void opened(guard *g, enum guard_door door, int fd)
{
    struct watched *w;

    if (fd < 0 || (size_t)fd >= g->cap)
        return;
    if (g->all[fd] == NULL)
        g->all[fd] = calloc(1, sizeof *w);
    w = g->all[fd];
    if (w == NULL)
        return;
    *w = (struct watched){.door = (uint8_t)door,
                          .heard = atomic_load_explicit(&g->heard[fd], memory_order_relaxed),
                          .since_ms = gv_clock_mono_ms()};
    w->is_open = peer_of(fd, &w->peer);
    if (fd > g->top)
        g->top = fd;
}

/* One event: number and value in the first part, the endpoint in the second. False: none waits. */
static bool take_event(guard *g, enum guard_door door)
{
    uint8_t first[6], second[256];
    uint16_t event;
    int32_t fd;

    if (zmq_recv(g->monitors[door], first, sizeof first, ZMQ_DONTWAIT) != (int)sizeof first)
        return false;
    zmq_recv(g->monitors[door], second, sizeof second, ZMQ_DONTWAIT);
    memcpy(&event, first, sizeof event);
    memcpy(&fd, first + sizeof event, sizeof fd);
    if (event == ZMQ_EVENT_ACCEPTED)
        opened(g, door, fd);
    else if (fd >= 0 && (size_t)fd < g->cap && g->all[fd] != NULL)
        g->all[fd]->is_open = false;
    return true;
}

/* The number may belong to somebody else by now: a copy of the descriptor stays what it is, and its
 * peer tells. */
static void shut(struct watched *w, int fd, const char *why)
{
    int copy = dup(fd);
    struct sockaddr_storage peer;

    if (copy >= 0 && peer_of(copy, &peer) && memcmp(&peer, &w->peer, sizeof peer) == 0) {
        shutdown(copy, SHUT_RDWR);
        log_warn("connection-ended", "endpoint=%s why=\"%s\"", doors[w->door].name, why);
    }
    if (copy >= 0)
        close(copy);
    w->is_open = false;
}

static void look_at(guard *g, int fd, int64_t now_ms)
{
    struct watched *w = g->all[fd];
    unsigned heard;
    uint64_t bytes;

    if (w == NULL || !w->is_open)
        return;
    heard = atomic_load_explicit(&g->heard[fd], memory_order_relaxed);
    if (!received(fd, &bytes)) {
        w->is_open = false;
    } else if (doors[w->door].age_ms != NO_LIMIT && now_ms - w->since_ms > doors[w->door].age_ms) {
        shut(w, fd, "too long");
    } else if (heard != w->heard) {
        w->heard = heard;
        w->base = bytes;
    } else if (bytes > w->base && bytes - w->base > doors[w->door].bytes) {
        shut(w, fd, "too much without a message");
    }
}

/* All connections, or those whose turn it is. */
static void look_around(guard *g, int64_t now_ms)
{
    int looks = 0;

    for (int i = 0; i <= g->top && looks < LOOKS; i++) {
        if (g->next > g->top)
            g->next = 0;
        looks += g->all[g->next] != NULL && g->all[g->next]->is_open;
        look_at(g, g->next++, now_ms);
    }
}

void guard_run(void *arg)
{
    struct coordinator *c = arg;
    guard *g = c->guard;
    zmq_pollitem_t items[GUARD_DOORS];
    int64_t next_ms = 0;

    for (int door = 0; door < GUARD_DOORS; door++)
        items[door] = (zmq_pollitem_t){g->monitors[door], 0, ZMQ_POLLIN, 0};
    while (!stopping(c)) {
        int64_t now_ms;

        if (zmq_poll(items, GUARD_DOORS, TURN_MS) < 0)
            gv_clock_sleep_ms(TURN_MS);
        for (int door = 0; door < GUARD_DOORS; door++) {
            while (take_event(g, (enum guard_door)door))
                ;
        }
        now_ms = gv_clock_mono_ms();
        if (now_ms >= next_ms) {
            look_around(g, now_ms);
            next_ms = now_ms + TURN_MS;
        }
    }
}
