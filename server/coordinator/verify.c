/* verify.c - opens each message and hands it to the lane that its row names. */
#include "coordinator/verify.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/plant.h"
#include "coordinator/bounds.h"
#include "coordinator/deliver.h"
#include "coordinator/reply.h"
#include "coordinator/reports.h"
#include "crypto/random.h"
#include "delivery/coordinator_side.h"
#include "giaoviec/v1/delivery.pb-c.h"

#define BUSY_MS 500
#define BURST   32 /* jobs taken at once */

/* What a unit has said on its newest connection, under this key. */
struct voice {
    gv_id key_id;
    uint64_t connection;
    uint64_t sequence;
    struct route route;
};

/* Of a unit's keys, the two that were heard last: while one follows the other, none of them stands
 * in the other's place. */
struct unit_voices {
    struct voice of[2];
    bool second; /* was heard last */
};

struct voices {
    struct unit_voices *all; /* by unit id */
    size_t cap;
};

struct state {
    struct coordinator *c;
    struct voices voices;
    struct gv_admission hellos;
};

/* A unit's. NULL: no memory. */
static struct unit_voices *voices_of(struct voices *voices, int32_t unit_id)
{
    size_t i = (size_t)unit_id;

    assert(unit_id > 0);
    if (i >= voices->cap) {
        size_t cap = voices->cap == 0 ? 256 : voices->cap;
        struct unit_voices *moved;

        while (cap <= i)
            cap *= 2;
        moved = realloc(voices->all, cap * sizeof *moved);
        if (moved == NULL)
            return NULL;
        memset(moved + voices->cap, 0, (cap - voices->cap) * sizeof *moved);
        voices->all = moved;
        voices->cap = cap;
    }
    return &voices->all[i];
}

/* A key that was not heard before counts its connections from where it wants. NULL: no memory. */
static struct voice *voice_of(struct voices *voices, const struct principal *who)
{
    struct unit_voices *unit = voices_of(voices, who->unit_id);
    size_t which = 0;

    if (unit == NULL)
        return NULL;
    while (which < 2 && !gv_id_eq(&unit->of[which].key_id, &who->key_id))
        which++;
    if (which == 2) {
        which = unit->second ? 0 : 1;
        unit->of[which] = (struct voice){.key_id = who->key_id};
    }
    unit->second = which == 1;
    return &unit->of[which];
}

/* Messages of a connection come in rising sequence, over the route of its Hello, after its Hello.
 */
static gv_err check_place(struct voice *voice, const struct job *job)
{
    const struct gv_head *head = &job->message.head;

    if (voice == NULL)
        return GV_ENOMEM;
    if (head->connection < voice->connection)
        return GV_EREPLAY;
    if (head->kind == GV_KIND_HELLO) {
        if (head->connection == voice->connection && head->sequence <= voice->sequence)
            return GV_EREPLAY;
        voice->connection = head->connection;
        voice->sequence = head->sequence;
        voice->route = job->route;
        return GV_OK;
    }
    if (head->connection != voice->connection || !route_eq(&voice->route, &job->route))
        return GV_ESTATE; /* say Hello first */
    if (head->sequence <= voice->sequence)
        return GV_EREPLAY;
    voice->sequence = head->sequence;
    return GV_OK;
}

static void heartbeat(struct coordinator *c, const struct job *job)
{
    const Giaoviec__V1__Heartbeat *body = (const Giaoviec__V1__Heartbeat *)job->message.body;
    struct gv_heartbeat beat = {.unit_id = job->who->unit_id,
                                .connection = job->message.head.connection,
                                .finished_known =
                                    body->finished_day_known && day_holds(body->finished_day),
                                .finished_day = body->finished_day};

    deliver_heartbeat(c, &beat);
}

/* Into the lane that the row names. False: no room. */
static bool push(struct coordinator *c, struct job *job)
{
    uint32_t flags = job->message.row->flags;

    if ((flags & GV_MSG_REPORTS) != 0)
        return reports_push(c, job);
    return gv_queue_push((flags & GV_MSG_ACTS) != 0 ? c->acts : c->reads, job);
}

static uint64_t first_of(const struct job *job)
{
    return job->message.head.kind == GV_KIND_REPORTS
               ? ((const Giaoviec__V1__Reports *)job->message.body)->first
               : 0;
}

/* What units report is bounded by their credits. */
static enum limit limit_of(const struct job *job)
{
    uint32_t flags = job->message.row->flags;

    if (job->message.head.kind == GV_KIND_HELLO)
        return LIMIT_HELLOS;
    return (flags & GV_MSG_ACTS) != 0    ? LIMIT_ACTS
           : (flags & GV_MSG_READS) != 0 ? LIMIT_QUERIES
                                         : LIMIT_END;
}

/* False: *wait_ms says when to come again. Whoever says Hello without end takes nobody's turn. */
static bool within_limits(struct state *state, const struct job *job, uint32_t *wait_ms)
{
    enum limit limit = limit_of(job);
    int64_t now_ms = gv_clock_mono_ms();

    if (limit != LIMIT_END &&
        !limits_take(state->c->limits, &job->who->code, limit, now_ms, wait_ms))
        return false;
    return limit != LIMIT_HELLOS ||
           gv_admission_take(&state->hellos, now_ms, gv_random_u32(), wait_ms);
}

/* Takes the job over. */
static void pass_on(struct coordinator *c, struct job *job)
{
    const uint32_t lanes = GV_MSG_REPORTS | GV_MSG_ACTS | GV_MSG_READS;

    if ((job->message.row->flags & lanes) != 0) {
        if (push(c, job))
            return;
        reply_busy(c, job, BUSY_MS, first_of(job));
    } else if (job->message.head.kind == GV_KIND_HEARTBEAT) {
        heartbeat(c, job);
    } else { /* GOODBYE: no other row of a unit's or a person's has no lane */
        deliver_gone(c, job->who->unit_id, job->message.head.connection);
    }
    job_free(job);
}

/* Says why; what was authenticated is written down by a report lane, though not without end. */
static void refuse(struct coordinator *c, struct job *job, gv_err err)
{
    uint32_t wait;

    count(c, COUNT_BAD, 1);
    if (job->message.head.kind != 0)
        reply_error(c, job, err, NULL);
    if (limits_take(c->limits, &job->who->code, LIMIT_REFUSALS, gv_clock_mono_ms(), &wait)) {
        log_warn("message-refused", "from=%s kind=%u error=%s", job->who->code.s,
                 (unsigned)job->message.head.kind, gv_err_name(err));
        job->refused = err;
        if (job->message.is_signed && reports_push(c, job))
            return;
    }
    job_free(job);
}

static void verify_one(struct state *state, struct job *job)
{
    struct coordinator *c = state->c;
    struct gv_slice frame = {job->frame.data, job->frame.len};
    struct gv_sender sender = {
        .code = job->who->code, .roles = job->who->roles, .key_id = job->who->key_id};
    uint32_t wait = 0;
    gv_err err;

    memcpy(sender.sign_pk, job->who->sign_pk, sizeof sender.sign_pk);
    err = gv_message_open(frame, &sender, &c->deployment, &c->self, job->arena, &job->message);
    if (err == GV_OK && !within_limits(state, job, &wait)) {
        reply_busy(c, job, wait, 0);
        job_free(job);
        return;
    }
    if (err == GV_OK && (job->message.row->flags & GV_MSG_SESSION) != 0 &&
        !GV_PLANTED(PLACE_UNCHECKED))
        err = check_place(voice_of(&state->voices, job->who), job);
    if (err != GV_OK)
        refuse(c, job, err);
    else
        pass_on(c, job);
}

void verify_run(void *arg)
{
    struct verifier *verifier = arg;
    struct state state = {.c = verifier->c};
    uint32_t rate = (uint32_t)(verifier->c->config.reconnect_rate / verifier->c->config.verifiers);
    void *jobs[BURST];

    gv_admission_init(&state.hellos, rate > 0 ? rate : 1, rate > 0 ? rate : 1, gv_clock_mono_ms());
    while ((jobs[0] = gv_queue_take(verifier->queue, -1)) != NULL) {
        size_t n = 1 + gv_queue_pop_many(verifier->queue, jobs + 1, BURST - 1);

        for (size_t i = 0; i < n; i++)
            verify_one(&state, jobs[i]);
    }
    free(state.voices.all);
}
