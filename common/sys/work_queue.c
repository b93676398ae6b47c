/* work_queue.c - a ring under a mutex; an eventfd that is readable exactly while there is something
 * to take. */
#include "sys/work_queue.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct gv_queue {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    int fd;
    bool watched; /* somebody asked for fd: until then it costs nothing */
    bool closed;
    size_t cap, len, first;
    void *items[];
};

gv_err gv_queue_new(size_t cap, gv_queue **out)
{
    gv_queue *queue;
    pthread_condattr_t attr;

    assert(cap > 0);
    if (cap > (SIZE_MAX - sizeof *queue) / sizeof queue->items[0])
        return GV_ENOMEM;
    queue = calloc(1, sizeof *queue + cap * sizeof queue->items[0]);
    if (queue == NULL)
        return GV_ENOMEM;
    queue->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (queue->fd < 0) {
        free(queue);
        return GV_EIO;
    }
    queue->cap = cap;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->filled, &attr);
    pthread_condattr_destroy(&attr);
    *out = queue;
    return GV_OK;
}

void gv_queue_free(gv_queue *queue)
{
    if (queue == NULL)
        return;
    close(queue->fd);
    pthread_cond_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

/* Under the lock. */
static void raise_fd(gv_queue *queue)
{
    uint64_t one = 1;
    ssize_t n = queue->watched ? write(queue->fd, &one, sizeof one) : 0;

    (void)n; /* it holds 0 or 1: there is always room */
}

static void lower_fd(gv_queue *queue)
{
    uint64_t value;
    ssize_t n;

    if (!queue->watched || queue->len > 0 || queue->closed)
        return;
    n = read(queue->fd, &value, sizeof value);
    (void)n; /* EAGAIN: it was low */
}

size_t gv_queue_push_many(gv_queue *queue, void *const *items, size_t count)
{
    size_t taken = 0;

    pthread_mutex_lock(&queue->lock);
    for (; !queue->closed && taken < count && queue->len < queue->cap; taken++) {
        assert(items[taken] != NULL);
        queue->items[(queue->first + queue->len) % queue->cap] = items[taken];
        if (queue->len++ == 0)
            raise_fd(queue);
    }
    pthread_mutex_unlock(&queue->lock);
    if (taken == 1) /* not before: whoever wakes needs the lock */
        pthread_cond_signal(&queue->filled);
    else if (taken > 1)
        pthread_cond_broadcast(&queue->filled);
    return taken;
}

bool gv_queue_push(gv_queue *queue, void *item)
{
    return gv_queue_push_many(queue, &item, 1) == 1;
}

static void *pop_locked(gv_queue *queue)
{
    void *item = queue->items[queue->first];

    queue->first = (queue->first + 1) % queue->cap;
    queue->len--;
    return item;
}

size_t gv_queue_pop_many(gv_queue *queue, void **out, size_t max)
{
    size_t count = 0;

    pthread_mutex_lock(&queue->lock);
    while (count < max && queue->len > 0)
        out[count++] = pop_locked(queue);
    lower_fd(queue);
    pthread_mutex_unlock(&queue->lock);
    return count;
}

void *gv_queue_pop(gv_queue *queue)
{
    void *item;

    return gv_queue_pop_many(queue, &item, 1) == 1 ? item : NULL;
}

static struct timespec in_ms(int timeout_ms)
{
    struct timespec at;

    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += timeout_ms / 1000;
    at.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

void *gv_queue_take(gv_queue *queue, int timeout_ms)
{
    struct timespec until = in_ms(timeout_ms < 0 ? 0 : timeout_ms);
    void *item = NULL;
    int rc = 0;

    pthread_mutex_lock(&queue->lock);
    while (queue->len == 0 && !queue->closed && rc != ETIMEDOUT) {
        if (timeout_ms < 0)
            pthread_cond_wait(&queue->filled, &queue->lock);
        else
            rc = pthread_cond_timedwait(&queue->filled, &queue->lock, &until);
    }
    if (queue->len > 0) {
        item = pop_locked(queue);
        lower_fd(queue);
    }
    pthread_mutex_unlock(&queue->lock);
    return item;
}

void *gv_queue_take_or(gv_queue *queue, int other, int timeout_ms)
{
    struct pollfd fds[2] = {{.fd = gv_queue_fd(queue), .events = POLLIN},
                            {.fd = other, .events = POLLIN}};
    int n = poll(fds, 2, timeout_ms);

    (void)n; /* whatever ended it: is there one? */
    return gv_queue_pop(queue);
}

void gv_queue_close(gv_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    if (!queue->closed) {
        queue->closed = true;
        raise_fd(queue);
    }
    pthread_cond_broadcast(&queue->filled);
    pthread_mutex_unlock(&queue->lock);
}

bool gv_queue_closed(gv_queue *queue)
{
    bool closed;

    pthread_mutex_lock(&queue->lock);
    closed = queue->closed;
    pthread_mutex_unlock(&queue->lock);
    return closed;
}

int gv_queue_fd(gv_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    if (!queue->watched) {
        queue->watched = true;
        if (queue->len > 0 || queue->closed)
            raise_fd(queue);
    }
    pthread_mutex_unlock(&queue->lock);
    return queue->fd;
}

size_t gv_queue_len(gv_queue *queue)
{
    size_t len;

    pthread_mutex_lock(&queue->lock);
    len = queue->len;
    pthread_mutex_unlock(&queue->lock);
    return len;
}

size_t gv_queue_cap(const gv_queue *queue)
{
    return queue->cap;
}
