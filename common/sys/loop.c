/*
 * loop.c - epoll, timers, signalfd. A watch that is removed while its event waits in the
 * same turn is marked dead and freed when the turn ends, so no callback sees freed memory.
 */
#include "sys/loop.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"

#define EVENTS_A_TURN 64

struct watch {
    int fd; /* -1: dead */
    gv_loop_fd_fn *fn;
    void *ctx;
    struct watch *next; /* of the dead */
};

struct gv_loop {
    int epoll;
    int signals; /* -1: none */
    gv_loop_signal_fn *signal_fn;
    void *signal_ctx;
    struct watch **watches; /* by descriptor */
    size_t watch_cap;
    struct watch *dead;
    struct gv_due_heap due;
    size_t timers; /* added */
    int64_t now_ms;
    bool stopped;
};

/* ---- timers --------------------------------------------------------------------------------- */

gv_err gv_loop_timer_add(gv_loop *loop, struct gv_timer *timer, gv_loop_timer_fn *fn, void *ctx)
{
    gv_err err = gv_due_reserve(&loop->due, loop->timers + 1);

    if (err != GV_OK)
        return err;
    loop->timers++;
    gv_due_init(&timer->due);
    timer->fn = fn;
    timer->ctx = ctx;
    return GV_OK;
}

void gv_loop_timer_set(gv_loop *loop, struct gv_timer *timer, int64_t due_ms)
{
    gv_due_set(&loop->due, &timer->due, due_ms);
}

void gv_loop_timer_remove(gv_loop *loop, struct gv_timer *timer)
{
    gv_due_set(&loop->due, &timer->due, GV_NEVER_MS);
    assert(loop->timers > 0);
    loop->timers--;
}

/* Only what was due when the turn began: a timer that sets itself to now waits for the next turn.
 */
static void run_timers(gv_loop *loop)
{
    size_t budget = loop->due.len;

    while (budget-- > 0 && !loop->stopped) {
        struct gv_timer *timer = (struct gv_timer *)gv_due_first(&loop->due);

        if (timer == NULL || timer->due.at_ms > loop->now_ms)
            return;
        gv_due_set(&loop->due, &timer->due, GV_NEVER_MS);
        timer->fn(timer->ctx, loop->now_ms);
    }
}

/* ---- descriptors ---------------------------------------------------------------------------- */

static gv_err reserve(gv_loop *loop, int fd)
{
    size_t cap = loop->watch_cap;
    struct watch **watches;

    if ((size_t)fd < cap)
        return GV_OK;
    cap = ((size_t)fd + 1) * 2;
    watches = realloc(loop->watches, cap * sizeof(struct watch *));
    if (watches == NULL)
        return GV_ENOMEM;
    memset(watches + loop->watch_cap, 0, (cap - loop->watch_cap) * sizeof(struct watch *));
    loop->watches = watches;
    loop->watch_cap = cap;
    return GV_OK;
}

gv_err gv_loop_watch(gv_loop *loop, int fd, unsigned events, gv_loop_fd_fn *fn, void *ctx)
{
    struct epoll_event event = {.events = (events & GV_LOOP_READ ? EPOLLIN : 0u) |
                                          (events & GV_LOOP_WRITE ? EPOLLOUT : 0u)};
    struct watch *watch;
    bool is_new;
    gv_err err;

    assert(fd >= 0 && fn != NULL);
    err = reserve(loop, fd);
    if (err != GV_OK)
        return err;
    watch = loop->watches[fd];
    is_new = watch == NULL;
    if (is_new && (watch = calloc(1, sizeof *watch)) == NULL)
        return GV_ENOMEM;
    event.data.ptr = watch;
    if (epoll_ctl(loop->epoll, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event) != 0) {
        if (is_new)
            free(watch);
        return errno == ENOMEM || errno == ENOSPC ? GV_ENOMEM : GV_EIO;
    }
    watch->fd = fd;
    watch->fn = fn;
    watch->ctx = ctx;
    loop->watches[fd] = watch;
    return GV_OK;
}

void gv_loop_unwatch(gv_loop *loop, int fd)
{
    struct watch *watch;

    if (fd < 0 || (size_t)fd >= loop->watch_cap || (watch = loop->watches[fd]) == NULL)
        return;
    (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
    loop->watches[fd] = NULL;
    watch->fd = -1;
    watch->next = loop->dead;
    loop->dead = watch;
}

static void bury(gv_loop *loop)
{
    while (loop->dead != NULL) {
        struct watch *next = loop->dead->next;

        free(loop->dead);
        loop->dead = next;
    }
}

static unsigned events_of(uint32_t epoll_events)
{
    unsigned events = 0;

    if (epoll_events & (EPOLLIN | EPOLLERR | EPOLLHUP))
        events |= GV_LOOP_READ;
    if (epoll_events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
        events |= GV_LOOP_WRITE;
    return events;
}

/* ---- signals -------------------------------------------------------------------------------- */

static void on_signals(void *ctx, unsigned events)
{
    gv_loop *loop = ctx;
    struct signalfd_siginfo info;

    (void)events;
    while (!loop->stopped && read(loop->signals, &info, sizeof info) == (ssize_t)sizeof info)
        loop->signal_fn(loop->signal_ctx, (int)info.ssi_signo);
}

gv_err gv_loop_signals(gv_loop *loop, gv_loop_signal_fn *fn, void *ctx)
{
    sigset_t set;

    assert(loop->signals < 0);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0)
        return GV_EIO;
    loop->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (loop->signals < 0)
        return GV_EIO;
    loop->signal_fn = fn;
    loop->signal_ctx = ctx;
    return gv_loop_watch(loop, loop->signals, GV_LOOP_READ, on_signals, loop);
}

/* ---- turns ---------------------------------------------------------------------------------- */

gv_err gv_loop_new(gv_loop **out)
{
    gv_loop *loop = calloc(1, sizeof *loop);

    if (loop == NULL)
        return GV_ENOMEM;
    loop->signals = -1;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0) {
        free(loop);
        return GV_EIO;
    }
    loop->now_ms = gv_clock_mono_ms();
    *out = loop;
    return GV_OK;
}

void gv_loop_free(gv_loop *loop)
{
    if (loop == NULL)
        return;
    for (size_t fd = 0; fd < loop->watch_cap; fd++)
        free(loop->watches[fd]);
    bury(loop);
    if (loop->signals >= 0)
        close(loop->signals);
    close(loop->epoll);
    free(loop->watches);
    gv_due_fini(&loop->due);
    free(loop);
}

int64_t gv_loop_now_ms(const gv_loop *loop)
{
    return loop->now_ms;
}

static int wait_ms(const gv_loop *loop, int max_wait_ms)
{
    const struct gv_due *first = gv_due_first(&loop->due);
    int64_t wait;

    if (first == NULL)
        return max_wait_ms;
    wait = first->at_ms - gv_clock_mono_ms();
    if (wait < 0)
        wait = 0;
    if (max_wait_ms >= 0 && wait > max_wait_ms)
        wait = max_wait_ms;
    return wait > INT_MAX ? INT_MAX : (int)wait;
}

gv_err gv_loop_turn(gv_loop *loop, int max_wait_ms)
{
    struct epoll_event events[EVENTS_A_TURN];
    int count = epoll_wait(loop->epoll, events, EVENTS_A_TURN, wait_ms(loop, max_wait_ms));

    if (count < 0 && errno != EINTR)
        return GV_EIO;
    loop->now_ms = gv_clock_mono_ms();
    for (int i = 0; i < count && !loop->stopped; i++) {
        struct watch *watch = events[i].data.ptr;

        if (watch->fd >= 0)
            watch->fn(watch->ctx, events_of(events[i].events));
    }
    run_timers(loop);
    bury(loop);
    return GV_OK;
}

gv_err gv_loop_run(gv_loop *loop)
{
    gv_err err = GV_OK;

    while (err == GV_OK && !loop->stopped)
        err = gv_loop_turn(loop, -1);
    loop->stopped = false; /* may run again */
    return err;
}

void gv_loop_stop(gv_loop *loop)
{
    loop->stopped = true;
}
