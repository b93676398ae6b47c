/* job.c - making and freeing what passes from thread to thread. */
#include "coordinator/job.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/hash.h"

/* What unpacking may allocate: amplification of a hostile message is bounded by its size. */
#define ARENA_FACTOR 24
#define ARENA_FLOOR  65536

/* Jobs that are kept with their memory for the next message; what a large one needed is given back.
 * Sanitizers are to see each end. */
#ifdef GV_SANITIZE
static const size_t spare_max = 0;
#else
static const size_t spare_max = 1024;
#endif
#define SPARE_FRAME 4096
#define SPARE_ARENA 8192

#define SENDERS 65536 /* counts of jobs, by the key that authenticated them */

static struct {
    pthread_mutex_t lock;
    struct job *first; /* by next */
    size_t count;
} spare = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint8_t secret[16]; /* of the places among the counts */
static atomic_size_t held;
static atomic_size_t held_of[SENDERS];

void jobs_secret(const uint8_t key[16])
{
    memcpy(secret, key, sizeof secret);
}

static atomic_size_t *count_of(const struct job *job)
{
    return &held_of[job->sender];
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

static struct job *take_spare(void)
{
    struct job *job;

    pthread_mutex_lock(&spare.lock);
    job = spare.first;
    if (job != NULL) {
        spare.first = job->next;
        spare.count--;
    }
    pthread_mutex_unlock(&spare.lock);
    if (job != NULL)
        *job = (struct job){.frame = job->frame, .arena = job->arena};
    return job != NULL ? job : calloc(1, sizeof *job);
}

/* False: there are enough, or this one is large. */
static bool put_spare(struct job *job)
{
    bool kept = false;

    if (job->arena == NULL || job->frame.cap > SPARE_FRAME || !gv_buf_ok(&job->frame) ||
        gv_arena_used(job->arena) > SPARE_ARENA)
        return false;
    gv_arena_reset(job->arena);
    gv_buf_reset(&job->frame);
    pthread_mutex_lock(&spare.lock);
    if (spare.count < spare_max) {
        job->next = spare.first;
        spare.first = job;
        spare.count++;
        kept = true;
    }
    pthread_mutex_unlock(&spare.lock);
    return kept;
}

struct job *job_new(const struct route *route, keyring *ring, const struct principal *who,
                    const void *frame, size_t len)
{
    size_t cap = ARENA_FLOOR + len * ARENA_FACTOR;
    struct job *job = take_spare();

    if (job == NULL) {
        keyring_unref(ring);
        return NULL;
    }
    job->route = *route;
    job->ring = ring;
    job->who = who;
    job->since_ms = gv_clock_mono_ms();
    gv_buf_append(&job->frame, frame, len);
    job->sender = (uint32_t)(gv_hash_place(secret, who->key_id.b, sizeof who->key_id.b) % SENDERS);
    atomic_fetch_add(&held, size_of(job));
    atomic_fetch_add(count_of(job), 1);
    if (job->arena != NULL)
        gv_arena_set_cap(job->arena, cap);
    else
        job->arena = gv_arena_new(cap);
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
    if (put_spare(job))
        return;
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
    const struct principal *who = ring != NULL ? keyring_by_key(ring, &job->who->key_id) : NULL;

    if (who == NULL || strcmp(who->code.s, job->who->code.s) != 0 ||
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

struct out *out_new(int32_t unit_id, const struct route *route)
{
    struct out *out = calloc(1, sizeof *out);

    if (out == NULL)
        return NULL;
    out->unit_id = unit_id;
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
