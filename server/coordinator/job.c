/* job.c - making and freeing what passes from thread to thread. */
#include "coordinator/job.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* What unpacking may allocate: amplification of a hostile message is bounded by its size. */
#define ARENA_FACTOR 24
#define ARENA_FLOOR  65536

#define SENDERS 65536 /* counts of jobs, by hash of the key that authenticated them */

static atomic_size_t held;
static atomic_size_t held_of[SENDERS];

static atomic_size_t *count_of(const struct job *job)
{
    return &held_of[job->sender % SENDERS];
}

/* What it may come to: the frame, what is unpacked of it, and the rest. */
static size_t size_of(const struct job *job)
{
    return sizeof *job + 2 * job->frame.len + 1024;
}

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
    job->sender = (uint32_t)who->key_id.b[0] << 8 | who->key_id.b[1];
    atomic_fetch_add(&held, size_of(job));
    atomic_fetch_add(count_of(job), 1);
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
    atomic_fetch_sub(&held, size_of(job));
    atomic_fetch_sub(count_of(job), 1);
    gv_buf_fini(&job->frame);
    gv_arena_free(job->arena);
    free(job);
}

size_t jobs_held(void)
{
    return atomic_load(&held);
}

size_t jobs_of_sender(const struct job *job)
{
    return atomic_load(count_of(job));
}

bool job_renew(struct job *job, keyring_holder *keys)
{
    keyring *ring = keyring_take(keys);
    const struct principal *who = ring != NULL ? keyring_by_code(ring, job->who->code.s) : NULL;

    if (who == NULL || !gv_id_eq(&who->key_id, &job->who->key_id) ||
        memcmp(who->curve_pk, job->who->curve_pk, sizeof who->curve_pk) != 0 ||
        who->roles != job->who->roles) {
        keyring_unref(ring);
        return false;
    }
    keyring_unref(job->ring);
    job->ring = ring;
    job->who = who;
    return true;
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
