/* job.c - making and freeing what passes from thread to thread. */
#include "coordinator/job.h"

#include <stdlib.h>
#include <string.h>

/* What unpacking may allocate: amplification of a hostile message is bounded by its size. */
#define ARENA_FACTOR 24
#define ARENA_FLOOR  65536

bool route_eq(const struct route *a, const struct route *b)
{
    return a->len == b->len && memcmp(a->id, b->id, a->len) == 0;
}

struct job *job_new(const struct route *route, keyring *ring, const struct principal *who,
                    const void *frame, size_t len)
{
    struct job *job = calloc(1, sizeof *job);

    if (job == NULL) {
        keyring_unref(ring);
        return NULL;
    }
    job->route = *route;
    job->ring = ring;
    job->who = who;
    gv_buf_init(&job->frame);
    gv_buf_append(&job->frame, frame, len);
    job->arena = gv_arena_new(ARENA_FLOOR + len * ARENA_FACTOR);
    if (!gv_buf_ok(&job->frame) || job->arena == NULL) {
        job_free(job);
        return NULL;
    }
    return job;
}

void job_free(struct job *job)
{
    if (job == NULL)
        return;
    keyring_unref(job->ring);
    gv_buf_fini(&job->frame);
    gv_arena_free(job->arena);
    free(job);
}

struct out *out_new(const struct route *route)
{
    struct out *out = calloc(1, sizeof *out);

    if (out == NULL)
        return NULL;
    out->route = *route;
    gv_buf_init(&out->frame);
    return out;
}

void out_free(struct out *out)
{
    if (out == NULL)
        return;
    gv_buf_fini(&out->frame);
    free(out);
}
