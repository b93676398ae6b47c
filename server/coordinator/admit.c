/* admit.c - known, and not too large: to the verifier of the sender. */
#include "coordinator/admit.h"

#include "coordinator/reply.h"

#define BUSY_MS     500
#define SENDER_JOBS 128 /* many times the credits: one who floods stands in nobody's way */

static uint32_t hash_of(const char *s)
{
    uint32_t h = 2166136261u;

    for (; *s != '\0'; s++)
        h = (h ^ (uint8_t)*s) * 16777619u;
    return h;
}

/* Unsigned and cheap: what a full verifier can still afford. */
static void turn_away(struct coordinator *c, struct job *job)
{
    reply_busy(c, job, BUSY_MS, 0);
    job_free(job);
}

int32_t admit(struct coordinator *c, const struct route *route, const gv_id *key_id,
              const void *frame, size_t len, int64_t now_ms)
{
    keyring *ring = key_id != NULL ? keyring_take(c->keys) : NULL;
    const struct principal *who = ring != NULL ? keyring_by_key(ring, key_id) : NULL;
    int32_t unit_id;
    struct job *job;

    count(c, COUNT_FRAMES, 1);
    /* A key that was admitted when it connected may have been revoked since. */
    if (who == NULL || len > GV_FRAME_MAX_BYTES) {
        keyring_unref(ring);
        count(c, COUNT_UNAUTHENTICATED, 1);
        return 0;
    }
    unit_id = who->unit_id;
    presence_stamp(c->presence, unit_id, now_ms);
    job = job_new(route, ring, who, frame, len);
    if (job == NULL)
        return unit_id;
    if (jobs_held() > c->config.backlog_bytes || jobs_of_sender(job) > SENDER_JOBS ||
        !gv_queue_push(c->verify[hash_of(who->code.s) % (uint32_t)c->config.verifiers], job))
        turn_away(c, job);
    return unit_id;
}
