/*
 * guard.c - two monitors say which descriptors are connections; a sweep asks the kernel about them:
 * slowly all the time, and of all at once when the process has grown. Each monitor tells its own
 * door's events in order, but nothing orders one's after the other's: the end of a connection at
 * one door may be read after its number came to a new one at the other. So each door has its own
 * book.
 */
#include "coordinator/guard.h"

#include <malloc.h>
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
#include "coordinator/deliver.h"
#include "coordinator/zap.h"
#include "sys/memory.h"
#include "wire/link.h"
#include "wire/message.h"

#define FDS_MAX    1048576
#define TURN_MS    100
#define ROUND      300 /* turns in which each connection is looked at once */
#define LOOKS      50  /* a turn, at least */
#define GROWTH     ((int64_t)64 << 20)
#define ENDED      256   /* connections whose memory is worth going through the heaps */
#define TRIM_MS    10000 /* at least, from one time to the next */
#define NO_LIMIT   INT64_MAX
#define MAIN_BYTES (8 << 20)

/* Whole messages that nobody has read yet, the one that is coming in, what the kernel holds. */
_Static_assert((ZAP_MESSAGES + 1) * GV_ZMQ_MAXMSGSIZE + 2 * ZAP_RCVBUF < MAIN_BYTES,
               "who sends what he may while we are busy is no attacker");

/* More than this without a whole message; longer than this at all. */
static const struct {
    const char *name;
    uint64_t bytes;
    int64_t age_ms;
} doors[GUARD_DOORS] = {
    [GUARD_MAIN] = {"main", MAIN_BYTES, NO_LIMIT},
    [GUARD_ENROL] = {"enrolment", 64 << 10, 60000},
};

struct watched {
    bool is_open;
    uint32_t heard; /* at the last look */
    uint64_t base;  /* bytes received when something was heard last */
    int64_t since_ms;
    struct sockaddr_storage peer;
};

struct guard {
    void *zmq;
    void *monitors[GUARD_DOORS];
    struct watched **all[GUARD_DOORS]; /* by descriptor; what each door's own monitor says */
    atomic_uint *heard;                /* messages at the main door, by descriptor */
    atomic_int *units;                 /* whose; 0: not known */
    size_t cap;
    size_t open;
    int top;  /* no descriptor above */
    int next; /* looked at next */
    struct gv_memory memory;
    size_t ended;    /* since the heaps were gone through */
    int64_t trim_ms; /* not before */
};

size_t guard_looks(size_t open)
{
    size_t share = (open + ROUND - 1) / ROUND;

    return share > LOOKS ? share : LOOKS;
}

gv_err guard_new(void *zmq, guard **out)
{
    guard *g = calloc(1, sizeof *g);
    struct rlimit limit;

    if (g == NULL)
        return GV_ENOMEM;
    g->zmq = zmq;
    g->memory.statm = -1;
    g->cap = FDS_MAX;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < FDS_MAX)
        g->cap = (size_t)limit.rlim_cur;
    for (int door = 0; door < GUARD_DOORS; door++)
        g->all[door] = calloc(g->cap, sizeof(struct watched *));
    g->heard = calloc(g->cap, sizeof *g->heard);
    g->units = calloc(g->cap, sizeof *g->units);
    if (g->all[GUARD_MAIN] == NULL || g->all[GUARD_ENROL] == NULL || g->heard == NULL ||
        g->units == NULL || gv_memory_open(&g->memory) != GV_OK) {
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
        for (int fd = 0; g->all[door] != NULL && fd <= g->top; fd++)
            free(g->all[door][fd]);
        free(g->all[door]);
    }
    free(g->heard);
    free(g->units);
    gv_memory_close(&g->memory);
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

void guard_heard(guard *g, int fd, int32_t unit_id)
{
    if (g == NULL || fd < 0 || (size_t)fd >= g->cap)
        return;
    atomic_fetch_add_explicit(&g->heard[fd], 1, memory_order_relaxed);
    atomic_store_explicit(&g->units[fd], unit_id, memory_order_relaxed);
}

/* Whoever enrols has a bound for all that he says. */
static unsigned heard_at(const guard *g, enum guard_door door, int fd)
{
    return door == GUARD_MAIN ? atomic_load_explicit(&g->heard[fd], memory_order_relaxed) : 0;
}

static bool peer_of(int fd, struct sockaddr_storage *out)
{
    socklen_t len = sizeof *out;

    memset(out, 0, sizeof *out);
    return getpeername(fd, (struct sockaddr *)out, &len) == 0;
}

static void closed(guard *g, struct watched *w)
{
    g->open -= w->is_open;
    w->is_open = false;
}

static struct watched *watched_at(const guard *g, enum guard_door door, int fd)
{
    return fd >= 0 && (size_t)fd < g->cap ? g->all[door][fd] : NULL;
}

bool guard_watches(const guard *g, enum guard_door door, int fd)
{
    const struct watched *w = watched_at(g, door, fd);

    return w != NULL && w->is_open;
}

void guard_ended(struct coordinator *c, enum guard_door door, int fd)
{
    guard *g = c->guard;
    struct watched *w = watched_at(g, door, fd);
    int32_t unit_id = 0;

    if (w == NULL)
        return;
    closed(g, w);
    g->ended++;
    if (door == GUARD_MAIN) /* units come in by no other */
        unit_id = atomic_exchange_explicit(&g->units[fd], 0, memory_order_relaxed);
    if (unit_id > 0)
        deliver_doubt(c, unit_id);
}

void guard_opened(guard *g, enum guard_door door, int fd)
{
    struct watched *w;

    if (fd < 0 || (size_t)fd >= g->cap)
        return;
    if (g->all[door][fd] == NULL)
        g->all[door][fd] = calloc(1, sizeof *w);
    w = g->all[door][fd];
    if (w == NULL)
        return;
    closed(g, w);
    *w = (struct watched){.heard = heard_at(g, door, fd), .since_ms = gv_clock_mono_ms()};
    w->is_open = peer_of(fd, &w->peer);
    g->open += w->is_open;
    if (fd > g->top)
        g->top = fd;
}

/* One event: number and value in the first part, the endpoint in the second. False: none waits. */
static bool take_event(struct coordinator *c, enum guard_door door)
{
    guard *g = c->guard;
    uint8_t first[6], second[256];
    uint16_t event;
    int32_t fd;

    if (zmq_recv(g->monitors[door], first, sizeof first, ZMQ_DONTWAIT) != (int)sizeof first)
        return false;
    zmq_recv(g->monitors[door], second, sizeof second, ZMQ_DONTWAIT);
    memcpy(&event, first, sizeof event);
    memcpy(&fd, first + sizeof event, sizeof fd);
    if (event == ZMQ_EVENT_ACCEPTED)
        guard_opened(g, door, fd);
    else
        guard_ended(c, door, fd);
    return true;
}

/* The number may belong to somebody else by now: a copy of the descriptor stays what it is, and its
 * peer tells. */
static void shut(guard *g, struct watched *w, enum guard_door door, int fd, const char *why)
{
    int copy = dup(fd);
    struct sockaddr_storage peer;

    if (copy >= 0 && peer_of(copy, &peer) && memcmp(&peer, &w->peer, sizeof peer) == 0) {
        shutdown(copy, SHUT_RDWR);
        log_warn("connection-ended", "endpoint=%s why=\"%s\"", doors[door].name, why);
    }
    if (copy >= 0)
        close(copy);
    closed(g, w);
}

static void look_at(guard *g, enum guard_door door, int fd, int64_t now_ms)
{
    struct watched *w = g->all[door][fd];
    unsigned heard = heard_at(g, door, fd);
    uint64_t bytes;

    if (!gv_link_received(fd, &bytes)) {
        closed(g, w);
    } else if (doors[door].age_ms != NO_LIMIT && now_ms - w->since_ms > doors[door].age_ms) {
        shut(g, w, door, fd, "too long");
    } else if (heard != w->heard) {
        w->heard = heard;
        w->base = bytes;
    } else if (bytes > w->base && bytes - w->base > doors[door].bytes) {
        shut(g, w, door, fd, "too much without a message");
    }
}

/* All connections, or those whose turn it is. */
static void look_around(guard *g, int64_t now_ms)
{
    size_t most = gv_memory_has_grown(&g->memory, GROWTH) ? g->open : guard_looks(g->open);
    size_t looks = 0;

    for (int i = 0; i <= g->top && looks < most; i++) {
        if (g->next > g->top)
            g->next = 0;
        for (int door = 0; door < GUARD_DOORS; door++) {
            if (!guard_watches(g, (enum guard_door)door, g->next))
                continue;
            look_at(g, (enum guard_door)door, g->next, now_ms);
            looks++;
        }
        g->next++;
    }
}

/* libzmq frees what a connection had, piece by piece; the heaps keep it. */
static void give_back(guard *g, int64_t now_ms)
{
    if (g->ended < ENDED || now_ms < g->trim_ms)
        return;
    g->ended = 0;
    g->trim_ms = now_ms + TRIM_MS;
    malloc_trim(0);
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
            while (take_event(c, (enum guard_door)door))
                ;
        }
        now_ms = gv_clock_mono_ms();
        if (now_ms >= next_ms) {
            look_around(g, now_ms);
            give_back(g, now_ms);
            next_ms = now_ms + TURN_MS;
        }
    }
}
