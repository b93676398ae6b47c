/* queue_model.c - stands in for work_queue.c: whoever waits is a fiber. */
#include "fiber.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sys/work_queue.h"

#define FIRST 64

struct gv_queue {
    void **ring;
    size_t cap, room, head, len;
    bool closed;
    struct fiber *waits;
};

gv_err gv_queue_new(size_t cap, gv_queue **out)
{
    gv_queue *queue = calloc(1, sizeof *queue);

    if (queue == NULL)
        return GV_ENOMEM;
    queue->cap = cap;
    queue->room = cap < FIRST ? cap : FIRST;
    queue->ring = calloc(queue->room, sizeof(void *));
    *out = queue;
    return queue->ring != NULL ? GV_OK : GV_ENOMEM;
}

void gv_queue_free(gv_queue *queue)
{
    if (queue == NULL)
        return;
    free(queue->ring);
    free(queue);
}

static void grow(gv_queue *queue)
{
    void **ring = calloc(queue->room * 2, sizeof(void *));

    assert(ring != NULL);
    for (size_t i = 0; i < queue->len; i++)
        ring[i] = queue->ring[(queue->head + i) % queue->room];
    free(queue->ring);
    queue->ring = ring;
    queue->room *= 2;
    queue->head = 0;
}

static void wake(gv_queue *queue)
{
    struct fiber *fiber = queue->waits;

    queue->waits = NULL;
    if (fiber != NULL)
        fiber_wake(fiber);
}

bool gv_queue_push(gv_queue *queue, void *item)
{
    if (queue->closed || queue->len >= queue->cap)
        return false;
    if (queue->len == queue->room)
        grow(queue);
    queue->ring[(queue->head + queue->len++) % queue->room] = item;
    wake(queue);
    return true;
}

size_t gv_queue_push_many(gv_queue *queue, void *const *items, size_t count)
{
    size_t taken = 0;

    while (taken < count && gv_queue_push(queue, items[taken]))
        taken++;
    return taken;
}

void *gv_queue_pop(gv_queue *queue)
{
    void *item;

    if (queue->len == 0)
        return NULL;
    item = queue->ring[queue->head];
    queue->head = (queue->head + 1) % queue->room;
    queue->len--;
    return item;
}

size_t gv_queue_pop_many(gv_queue *queue, void **out, size_t max)
{
    size_t n = 0;

    while (n < max && queue->len > 0)
        out[n++] = gv_queue_pop(queue);
    return n;
}

void *gv_queue_take(gv_queue *queue, int timeout_ms)
{
    int64_t until = sim.now_ms + timeout_ms;

    while (queue->len == 0 && !queue->closed && (timeout_ms < 0 || sim.now_ms < until)) {
        queue->waits = fiber_self();
        fiber_wait(timeout_ms < 0 ? -1 : until - sim.now_ms);
        queue->waits = NULL;
    }
    return gv_queue_pop(queue);
}

void *gv_queue_take_or(gv_queue *queue, int other, int timeout_ms)
{
    (void)other; /* nothing wakes by it here: polling finds what it would tell */
    return gv_queue_take(queue, timeout_ms);
}

void gv_queue_close(gv_queue *queue)
{
    queue->closed = true;
    wake(queue);
}

bool gv_queue_closed(gv_queue *queue)
{
    return queue->closed;
}

int gv_queue_fd(gv_queue *queue)
{
    (void)queue;
    return -1;
}

size_t gv_queue_len(gv_queue *queue)
{
    return queue->len;
}

size_t gv_queue_cap(const gv_queue *queue)
{
    return queue->cap;
}
