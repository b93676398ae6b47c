/*
 * loop.h - an epoll loop: descriptors with callbacks, timers by deadline, signals. One owner
 * thread; no callback may block. Time is read once a turn. A callback may add, change and remove
 * anything, itself too.
 */
#ifndef GV_LOOP_H
#define GV_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sys/due.h"

enum {
    GV_LOOP_READ = 1,
    GV_LOOP_WRITE = 2
}; /* errors and hang-ups are told as whatever was asked for */

typedef struct gv_loop gv_loop;
typedef void gv_loop_fd_fn(void *ctx, unsigned events);
typedef void gv_loop_timer_fn(void *ctx, int64_t now_ms);
typedef void gv_loop_signal_fn(void *ctx, int signo);

GV_MUSTCHECK gv_err gv_loop_new(gv_loop **out);
void gv_loop_free(gv_loop *loop); /* NULL is fine; closes none of the caller's descriptors */

/* Level-triggered. Adds the descriptor or changes what it is watched for. */
GV_MUSTCHECK gv_err gv_loop_watch(gv_loop *loop, int fd, unsigned events, gv_loop_fd_fn *fn,
                                  void *ctx);
void gv_loop_unwatch(gv_loop *loop, int fd); /* before close(); unknown ones are fine */

/* In the caller's memory; one shot: set again to repeat. */
struct gv_timer {
    struct gv_due due; /* first: the loop finds the timer by it */
    gv_loop_timer_fn *fn;
    void *ctx;
};

/* Reserves its place, so that setting cannot fail. */
GV_MUSTCHECK gv_err gv_loop_timer_add(gv_loop *loop, struct gv_timer *timer, gv_loop_timer_fn *fn,
                                      void *ctx);
void gv_loop_timer_set(gv_loop *loop, struct gv_timer *timer,
                       int64_t due_ms); /* GV_NEVER_MS: clear */
void gv_loop_timer_remove(gv_loop *loop, struct gv_timer *timer);

/* SIGTERM, SIGINT, SIGHUP by signalfd; blocks them in the calling thread (start threads afterwards,
 * or by gv_thread_start). */
GV_MUSTCHECK gv_err gv_loop_signals(gv_loop *loop, gv_loop_signal_fn *fn, void *ctx);

/* Monotonic ms, as read at the begin of this turn. */
int64_t gv_loop_now_ms(const gv_loop *loop);
/* One turn: waits for the next deadline or descriptor, at most max_wait_ms (-1: no limit). */
GV_MUSTCHECK gv_err gv_loop_turn(gv_loop *loop, int max_wait_ms);
/* Turns until gv_loop_stop(). */
GV_MUSTCHECK gv_err gv_loop_run(gv_loop *loop);
void gv_loop_stop(gv_loop *loop); /* from a callback of this loop */

#endif
