/*
 * work_queue.h - a bounded queue of pointers between threads: any number may push and take. What is
 * in it belongs to the queue's user. Order is that of the pushes.
 */
#ifndef GV_WORK_QUEUE_H
#define GV_WORK_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

typedef struct gv_queue gv_queue;

GV_MUSTCHECK gv_err gv_queue_new(size_t cap, gv_queue **out);
/* NULL is fine. Nobody may use it any more; what is left in it is the caller's: gv_queue_pop()
 * first. */
void gv_queue_free(gv_queue *queue);

/* False: full, or closed; the item stays the caller's. item is not NULL. */
GV_MUSTCHECK bool gv_queue_push(gv_queue *queue, void *item);
/* The first of them, as many as there is room for: how many. Whoever polls is woken once. */
GV_MUSTCHECK size_t gv_queue_push_many(gv_queue *queue, void *const *items, size_t count);
void *gv_queue_pop(gv_queue *queue); /* NULL: empty */
size_t gv_queue_pop_many(gv_queue *queue, void **out, size_t max);
/* Waits for an item, at most timeout_ms (-1: no limit). NULL: none came, or closed and empty. */
void *gv_queue_take(gv_queue *queue, int timeout_ms);
/* The same, but also ends when another descriptor is readable (-1: none). The queue's only taker.
 */
void *gv_queue_take_or(gv_queue *queue, int other, int timeout_ms);
/* No more pushes; wakes everybody who waits. What is in it can still be taken. */
void gv_queue_close(gv_queue *queue);
bool gv_queue_closed(gv_queue *queue);
/* Readable while something is in it, or it is closed: for a loop. Only gv_queue_pop*() make it
 * unreadable. */
int gv_queue_fd(gv_queue *queue);
size_t gv_queue_len(gv_queue *queue);
size_t gv_queue_cap(const gv_queue *queue);

#endif
