/* reads.c - answers from one snapshot each; a feed that has nothing yet is asked again until its
 * time is up. */
#include "coordinator/reads.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "coordinator/reply.h"
#include "coordinator/rests.h"
#include "giaoviec/v1/query.pb-c.h"
#include "giaoviec/v1/trust.pb-c.h"

#define ARENA_BYTES  ((size_t)64 << 20)
#define ROWS_BYTES   ((size_t)200 * 1024)
#define WAITERS_MAX  1024
#define WAITERS_EACH 8 /* of one sender: whoever has many makes all the others wait for them */
#define WAIT_MAX_MS  30000
#define ASK_AGAIN_MS 150
#define BUSY_MS      1000

struct waiter {
    struct job *job;
    int64_t until_ms;
};

struct reads {
    struct coordinator *c;
    gv_store *store;
    gv_arena *arena;
    rests *rests;
    struct waiter waiters[WAITERS_MAX];
    size_t waiter_count;
};

/* What the sender may see: their unit, their bodies and fields, or everything. */
static gv_err scope_of(struct reads *r, const struct principal *who, struct gv_scope *out)
{
    static const uint32_t see_all[] = {GV_ROLE_ADMIN, GV_ROLE_OFFICE, GV_ROLE_AUDITOR,
                                       GV_ROLE_VIEWER};
    const Giaoviec__V1__PersonInfo *person = who->person;
    struct gv_unit_ref *refs;
    int32_t *ids;
    gv_err err;

    *out = (struct gv_scope){0};
    for (size_t i = 0; i < sizeof see_all / sizeof see_all[0]; i++) {
        if ((who->roles & see_all[i]) != 0) {
            out->role = (uint32_t)__builtin_ctz(see_all[i]);
            out->all_units = out->all_fields = true;
            return GV_OK;
        }
    }
    if (person == NULL) {
        out->role = GIAOVIEC__V1__ROLE__ROLE_UNIT;
        out->unit_ids = &who->unit_id;
        out->unit_count = 1;
        out->all_fields = true;
        return GV_OK;
    }
    out->role = GIAOVIEC__V1__ROLE__ROLE_MEMBER;
    refs = gv_arena_zalloc(r->arena, (person->n_bodies + 1) * sizeof *refs);
    ids = gv_arena_alloc(r->arena, (person->n_bodies + 1) * sizeof *ids);
    if (refs == NULL || ids == NULL)
        return GV_ENOMEM;
    err = gv_store_units_resolve(r->store, (const char *const *)person->bodies, person->n_bodies,
                                 refs);
    for (size_t i = 0; i < person->n_bodies; i++) {
        if (refs[i].unit_id != 0)
            ids[out->unit_count++] = refs[i].unit_id;
    }
    out->unit_ids = ids;
    out->fields = (const char *const *)person->fields;
    out->field_count = person->n_fields;
    out->all_fields = person->n_fields == 0;
    return err;
}

static gv_err ask(struct reads *r, const struct job *job, struct gv_query_result *out)
{
    const Giaoviec__V1__Query *q = (const Giaoviec__V1__Query *)job->message.body;
    struct gv_query query = {.name = q->name,
                             .args = (const char *const *)q->args,
                             .arg_count = q->n_args,
                             .after = q->after,
                             .limit = q->limit,
                             .max_bytes = ROWS_BYTES};
    const gv_code *who = &job->who->code;
    struct gv_query_rest *rest;
    struct gv_scope scope;
    gv_err err;

    gv_arena_reset(r->arena);
    err = scope_of(r, job->who, &scope);
    if (err != GV_OK)
        return err;
    err = rests_page(r->rests, r->arena, who, &query, &scope, gv_clock_mono_ms(), out);
    if (err != GV_ENOTFOUND)
        return err;
    err = gv_store_query_rest(r->store, r->arena, &query, &scope, out, &rest);
    if (err == GV_OK)
        rests_keep(r->rests, who, &query, &scope, out->next, gv_clock_mono_ms(), rest);
    return err;
}

static void put_storage(struct coordinator *c, Giaoviec__V1__Storage *out)
{
    struct space_now now;

    space_get(c->space, &now);
    out->watched = now.watched;
    out->is_short = now.is_short;
    out->free_bytes = now.least.free_bytes;
    out->total_bytes = now.least.total_bytes;
    out->mark_bytes = now.floor;
    out->ballast_bytes = now.ballast;
}

static void answer(struct reads *r, const struct job *job, const struct gv_query_result *result)
{
    Giaoviec__V1__QueryResult body = GIAOVIEC__V1__QUERY_RESULT__INIT;
    Giaoviec__V1__BusinessClock clock = GIAOVIEC__V1__BUSINESS_CLOCK__INIT;
    Giaoviec__V1__Storage storage = GIAOVIEC__V1__STORAGE__INIT;
    ProtobufCBinaryData *rows = gv_arena_alloc(r->arena, (result->count + 1) * sizeof *rows);

    if (rows == NULL) {
        reply_error(r->c, job, GV_ENOMEM, NULL);
        return;
    }
    for (size_t i = 0; i < result->count; i++)
        rows[i] = (ProtobufCBinaryData){result->rows[i].len, (uint8_t *)result->rows[i].data};
    clock.business_us = result->business_us;
    clock.stepped = result->stepped;
    clock.demonstration = result->demonstration;
    body.rows = rows;
    body.n_rows = result->count;
    body.next = (char *)(result->next != NULL ? result->next : "");
    body.clock = &clock;
    if (job->who->person != NULL) {
        put_storage(r->c, &storage);
        body.storage = &storage;
    }
    reply(r->c, job, GV_KIND_QUERY_RESULT, &body.base);
}

static void answer_keyset(struct reads *r, const struct job *job)
{
    const struct gv_keyset *keyset = keyring_keyset(job->ring);
    Giaoviec__V1__Enrolled body = GIAOVIEC__V1__ENROLLED__INIT;

    body.keyset = (ProtobufCBinaryData){keyset->bytes.len, (uint8_t *)keyset->bytes.data};
    reply(r->c, job, GV_KIND_KEYSET_RESULT, &body.base);
}

/* At the end of a feed. Where a page has no rows that the asker may see, but goes on behind them,
 * it is answered at once. */
static bool wants_to_wait(const struct job *job, const struct gv_query_result *result)
{
    const Giaoviec__V1__Query *q = (const Giaoviec__V1__Query *)job->message.body;
    const struct gv_query_info *info = gv_store_query_info(q->name);

    return info != NULL && info->feed && result->count == 0 && q->wait_ms > 0 &&
           strcmp(result->next, q->after[0] != '\0' ? q->after : "0") == 0;
}

/* True: the job was answered and may be freed. may_wait: else it is answered with nothing. */
static bool serve(struct reads *r, struct job *job, bool may_wait)
{
    struct gv_query_result result = {0};
    char text[512];
    gv_err err;

    if (!job_renew(job, r->c->keys)) { /* revoked while it waited */
        reply_error(r->c, job, GV_EDENIED, NULL);
        return true;
    }

    if (job->message.head.kind == GV_KIND_KEYSET_GET) {
        answer_keyset(r, job);
        return true;
    }
    err = ask(r, job, &result);
    if (err == GV_OK && may_wait && wants_to_wait(job, &result))
        return false;
    switch (err) {
    case GV_OK:
        answer(r, job, &result);
        break;
    case GV_EUNAVAILABLE:
    case GV_EUNKNOWN:
    case GV_EDB:
        log_warn("query-failed", "from=%s error=%s text=%s", job->who->code.s, gv_err_name(err),
                 gv_log_escape(gv_store_error(r->store), text, sizeof text));
        reply_busy(r->c, job, BUSY_MS, 0);
        err = gv_store_reconnect(r->store);
        break;
    default:
        reply_error(r->c, job, err, NULL);
    }
    return true;
}

static size_t waiting_of(const struct reads *r, const struct principal *who)
{
    size_t n = 0;

    for (size_t i = 0; i < r->waiter_count; i++)
        n += strcmp(r->waiters[i].job->who->code.s, who->code.s) == 0;
    return n;
}

static void wait_for(struct reads *r, struct job *job)
{
    const Giaoviec__V1__Query *q = (const Giaoviec__V1__Query *)job->message.body;
    uint32_t wait_ms = q->wait_ms < WAIT_MAX_MS ? q->wait_ms : WAIT_MAX_MS;

    if (r->waiter_count == WAITERS_MAX || waiting_of(r, job->who) >= WAITERS_EACH) {
        reply_busy(r->c, job, BUSY_MS, 0);
        job_free(job);
        return;
    }
    r->waiters[r->waiter_count++] = (struct waiter){job, gv_clock_mono_ms() + wait_ms};
}

/* Where the first of those who wait stopped looking. */
static const char *first_end(const struct reads *r)
{
    const char *first = NULL;

    for (size_t i = 0; i < r->waiter_count; i++) {
        const char *after = ((const Giaoviec__V1__Query *)r->waiters[i].job->message.body)->after;

        if (first == NULL || strtoull(after, NULL, 10) < strtoull(first, NULL, 10))
            first = after;
    }
    return first;
}

/* Asked once for all who wait: is there anything behind the first one's end? */
static bool has_moved(struct reads *r)
{
    static const struct gv_scope everything = {
        .role = GIAOVIEC__V1__ROLE__ROLE_ADMIN, .all_units = true, .all_fields = true};
    struct gv_query query = {.name = "feed", .after = first_end(r), .limit = 1};
    struct gv_query_result result;
    struct gv_query_rest *rest;

    gv_arena_reset(r->arena);
    if (gv_store_query_rest(r->store, r->arena, &query, &everything, &result, &rest) != GV_OK)
        return true; /* each is told what ails the database */
    gv_query_rest_free(rest);
    return result.count > 0;
}

static void ask_again(struct reads *r)
{
    int64_t now_ms = gv_clock_mono_ms();
    bool moved = has_moved(r);
    size_t kept = 0;

    for (size_t i = 0; i < r->waiter_count; i++) {
        struct waiter *w = &r->waiters[i];

        if ((moved || now_ms >= w->until_ms) && serve(r, w->job, now_ms < w->until_ms))
            job_free(w->job);
        else
            r->waiters[kept++] = *w;
    }
    r->waiter_count = kept;
}

void reads_run(void *arg)
{
    struct reads *r = calloc(1, sizeof *r);
    int64_t again_ms = 0;

    if (r == NULL)
        return;
    r->c = arg;
    r->arena = gv_arena_new(ARENA_BYTES);
    r->rests = rests_new();
    if (r->arena == NULL || r->rests == NULL ||
        coordinator_store(r->c, "reads", 0, &r->store) != GV_OK)
        goto out;
    while (!gv_queue_closed(r->c->reads) || gv_queue_len(r->c->reads) > 0) {
        struct job *job = gv_queue_take(r->c->reads, r->waiter_count > 0 ? ASK_AGAIN_MS : 1000);

        if (job == NULL)
            rests_tidy(r->rests, gv_clock_mono_ms());

        if (job != NULL && serve(r, job, true))
            job_free(job);
        else if (job != NULL)
            wait_for(r, job);
        if (r->waiter_count > 0 && gv_clock_mono_ms() >= again_ms) {
            ask_again(r);
            again_ms = gv_clock_mono_ms() + ASK_AGAIN_MS;
        }
    }
out:
    for (size_t i = 0; i < r->waiter_count; i++)
        job_free(r->waiters[i].job);
    gv_store_close(r->store);
    gv_arena_free(r->arena);
    rests_free(r->rests);
    free(r);
}
