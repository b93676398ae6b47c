/* acts.c - opens the document, finds its handler in the table, stores act and effects together,
 * answers. */
#include "coordinator/acts.h"
#include "giaoviec/v1/delivery.pb-c.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/plant.h"
#include "coordinator/bounds.h"
#include "coordinator/deliver.h"
#include "coordinator/keys.h"
#include "coordinator/lane.h"
#include "coordinator/reply.h"
#include "wire/pb_arena.h"

#define ARENA_BYTES  ((size_t)512 << 20)
#define TRY_MS       8000 /* since it came; a COMMIT that was begun by then may take 10 s more */
#define BUSY_MS      1000
#define RING_TRIES   3                    /* a keyset that changes again and again */
#define RESULT_BYTES ((size_t)180 * 1024) /* of item results: what fits a frame */

static act_fn *const handlers[GV_SIGNED_END] = {
    [GV_SIGNED_REGISTER_UNITS] = act_register_units,
    [GV_SIGNED_ISSUE_TOKENS] = act_issue_tokens,
    [GV_SIGNED_APPROVE_BREAKDOWN] = act_approve_breakdown,
    [GV_SIGNED_ISSUE] = act_items,
    [GV_SIGNED_UPHOLD] = act_items,
    [GV_SIGNED_REISSUE] = act_items,
    [GV_SIGNED_APPROVE_RESULT] = act_items,
    [GV_SIGNED_REDO] = act_items,
    [GV_SIGNED_TRANSFER] = act_items,
    [GV_SIGNED_REVOKE] = act_items,
    [GV_SIGNED_REVOKE_KEY] = act_revoke_key,
    [GV_SIGNED_BODY_ENTRY] = act_body_entry,
    [GV_SIGNED_CLOCK_STEP] = act_clock_step,
    [GV_SIGNED_LIFT_QUARANTINE] = act_lift_quarantine,
};

struct lane {
    struct coordinator *c;
    gv_store *store;
    gv_arena *arena;
    struct job *job;
    struct act act;
    bool dry_run;
    bool repeated;
    bool ring_old; /* the database has another keyset than the act was checked against */
    bool unknown;  /* a COMMIT of it may stand */
    struct gv_blob_bounds bounds; /* BLOB_PUT */
    struct gv_slice answer;       /* ActResult bytes, in the arena */
};

void act_result(struct act *act, const gv_id *assignment, const char *unit, uint32_t epoch,
                gv_err err, const char *text)
{
    Giaoviec__V1__ItemResult *one = gv_arena_alloc(act->arena, sizeof *one);
    uint8_t *id = gv_arena_copy(act->arena, assignment->b, sizeof assignment->b);

    if (err == GV_OK)
        act->done++;
    else
        act->refused++;
    if (act->result_count == act->result_cap) {
        size_t cap = act->result_cap == 0 ? 256 : act->result_cap * 2;
        Giaoviec__V1__ItemResult **moved = gv_arena_alloc(act->arena, cap * sizeof(void *));

        if (moved == NULL)
            return;
        if (act->result_count > 0)
            memcpy(moved, act->results, act->result_count * sizeof(void *));
        act->results = moved;
        act->result_cap = cap;
    }
    if (one == NULL || id == NULL)
        return;
    giaoviec__v1__item_result__init(one);
    one->assignment = (ProtobufCBinaryData){sizeof assignment->b, id};
    one->unit = (char *)unit;
    one->epoch = epoch;
    one->error = err;
    one->text = (char *)(text != NULL ? text : err != GV_OK ? gv_err_text(err) : "");
    act->results[act->result_count++] = one;
}

struct gv_event act_event(const struct act *act, enum gv_event_kind kind)
{
    const Giaoviec__V1__Act *a = act->signed_act->act;

    return (struct gv_event){
        .kind = kind,
        .entry_kind = a->kind,
        .disposition = GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_APPLIED,
        .business_us = act->business_us,
        .signed_us = a->signed_at_us,
        .has_act = true,
        .act_id = act->signed_act->act_id,
        .actor = a->actor,
        .narrative = a->reason[0] != '\0' ? a->reason : NULL,
    };
}

static gv_err pack(const ProtobufCMessage *message, gv_arena *arena, struct gv_slice *out)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = gv_arena_alloc(arena, len + 1);

    if (bytes == NULL)
        return GV_ENOMEM;
    protobuf_c_message_pack(message, bytes);
    *out = (struct gv_slice){bytes, len};
    return GV_OK;
}

/* Every refused item, then done ones, as long as they fit the frame. */
static gv_err pack_result(struct lane *lane)
{
    struct act *act = &lane->act;
    Giaoviec__V1__ActResult body = GIAOVIEC__V1__ACT_RESULT__INIT;
    Giaoviec__V1__ItemResult **list =
        gv_arena_alloc(act->arena, (act->result_count + 1) * sizeof *list);
    size_t n = 0, bytes = 0;

    if (list == NULL)
        return GV_ENOMEM;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < act->result_count; i++) {
            size_t len = giaoviec__v1__item_result__get_packed_size(act->results[i]) + 4;

            if ((act->results[i]->error == 0) != (round == 1) || bytes + len > RESULT_BYTES)
                continue;
            list[n++] = act->results[i];
            bytes += len;
        }
    }
    body.act_id = (ProtobufCBinaryData){16, (uint8_t *)act->signed_act->act_id.b};
    body.dry_run = lane->dry_run;
    body.done = act->done;
    body.refused = act->refused;
    body.items = list;
    body.n_items = n;
    return pack(&body.base, act->arena, &lane->answer);
}

static gv_err attachment_of(struct lane *lane, const Giaoviec__V1__ActSubmit *body)
{
    const struct gv_signed_act *a = lane->act.signed_act;
    gv_hash digest;

    lane->act.attachment = (struct gv_slice){body->attachment.data, body->attachment.len};
    if (a->row->with == GV_WITH_PLAIN || body->attachment.len > 0)
        return GV_OK; /* whoever reads it compares the digest */
    if (gv_hash_from(
            (struct gv_slice){a->act->attachment_digest.data, a->act->attachment_digest.len},
            &digest) != GV_OK)
        return GV_EBADMSG;
    return gv_store_blob_use(lane->store, lane->act.arena, &digest, &lane->act.attachment);
}

/* Roles and revocations are those of the keyset that is in force when the act takes effect.
 * *now_us: by the database's clock, which all coordinators share. */
static gv_err check_keyset(struct lane *lane, int64_t *now_us)
{
    struct gv_deployment deployment;
    gv_err err = gv_store_deployment(lane->store, lane->act.arena, &deployment);

    if (err != GV_OK)
        return err;
    *now_us = deployment.real_us;
    lane->ring_old = deployment.keyset_version != keyring_keyset(lane->act.ring)->version;
    return lane->ring_old ? GV_EAGAIN : GV_OK;
}

/* However long it waited behind others, whoever sent it is told in time. */
static int64_t until_ms(const struct lane *lane)
{
    return lane->job->since_ms + TRY_MS;
}

static gv_err run(struct lane *lane, gv_err (*what)(void *ctx))
{
    return lane_run(lane->c, lane->store, what, lane, until_ms(lane), &lane->unknown);
}

static void answer_act(struct lane *lane)
{
    Giaoviec__V1__ActResult *body =
        gv_pb_unpack(&giaoviec__v1__act_result__descriptor, lane->answer, lane->arena);

    if (body == NULL) {
        reply_error(lane->c, lane->job, GV_EBUG, NULL);
        return;
    }
    body->repeated_act = lane->repeated;
    reply(lane->c, lane->job, GV_KIND_ACT_RESULT, &body->base);
}

static gv_err work(struct lane *lane)
{
    struct act *act = &lane->act;
    const struct gv_signed_act *a = act->signed_act;
    struct gv_act_new new_act = {.act_id = a->act_id,
                                 .kind = a->act->kind,
                                 .actor = a->act->actor,
                                 .envelope = a->bytes,
                                 .reason = a->act->reason[0] != '\0' ? a->act->reason : NULL};
    struct gv_event event;
    int64_t now_us = 0;
    gv_err err = gv_store_clock(lane->store, &act->business_us, NULL, NULL);

    if (err == GV_OK)
        err = check_keyset(lane, &now_us);
    if (err != GV_OK)
        return err;
    new_act.business_us = act->business_us;
    err = gv_store_act_put(lane->store, act->arena, &new_act, &lane->repeated, &lane->answer);
    if (err == GV_OK)
        lane->unknown = false; /* it is stored, or it is not */
    if (err != GV_OK || (lane->repeated && !GV_PLANTED(ACT_TWICE)))
        return err;
    if (now_us > a->act->not_after_us) /* what is stored was in time when it was */
        return GV_EEXPIRED;
    changes_init(&act->changes, act->arena, act->business_us);
    err = attachment_of(lane, (const Giaoviec__V1__ActSubmit *)lane->job->message.body);
    if (err == GV_OK)
        err = handlers[a->act->kind](act);
    if (err != GV_OK)
        return err;
    event = act_event(act, GV_EVENT_ACT);
    changes_event(&act->changes, &event);
    act->changes.set.units = act->units;
    act->changes.set.unit_count = act->unit_count;
    err = changes_ok(&act->changes) && !gv_arena_starved(act->arena)
              ? gv_store_apply(lane->store, &act->changes.set)
              : GV_ENOMEM;
    if (err == GV_OK && GV_FAILPOINT(act_result_storing))
        err = GV_EDB;
    if (err == GV_OK)
        err = pack_result(lane);
    if (err == GV_OK)
        err = gv_store_act_result(lane->store, &a->act_id, lane->answer);
    if (err == GV_OK && GV_PLANTED(ACT_BEFORE_COMMIT))
        answer_act(lane);
    if (err == GV_OK && GV_FAILPOINT(act_result_stored))
        err = GV_EDB;
    return err;
}

static gv_err once(void *ctx)
{
    struct lane *lane = ctx;
    struct act keep = lane->act;
    gv_err err;

    lane->act = (struct act){.c = lane->c,
                             .store = lane->store,
                             .arena = lane->arena,
                             .ring = keep.ring,
                             .signed_act = keep.signed_act};
    lane->repeated = false;
    gv_arena_reset(lane->arena);
    err = gv_store_begin(lane->store);
    if (err == GV_OK)
        err = work(lane);
    if (err == GV_OK && !lane->dry_run)
        err = gv_store_commit(lane->store);
    if (err == GV_OK && !lane->dry_run && GV_FAILPOINT(act_committed))
        err = GV_EUNKNOWN;
    if (err != GV_OK || lane->dry_run)
        gv_store_rollback(lane->store);
    return err;
}

static void tell_others(struct lane *lane)
{
    struct coordinator *c = lane->c;
    const struct act *act = &lane->act;

    for (size_t i = 0; i < act->unit_count; i++) {
        if (!act->units[i].body)
            deliver_head(c, act->units[i].unit_id, act->units[i].order_n);
    }
    if (act->keys_changed)
        atomic_store(&c->keys_changed, true);
    deliver_wake(c);
}

/* A refusal of something that was authenticated is a line in the ledger, in a transaction of its
 * own. */
static gv_err write_refusal(void *ctx)
{
    struct lane *lane = ctx;
    struct act *act = &lane->act;
    struct gv_event event = {.kind = GV_EVENT_REFUSAL,
                             .entry_kind = GV_KIND_ACT_SUBMIT,
                             .disposition = GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_REFUSED,
                             .actor = lane->job->who->code.s};
    uint64_t step;
    bool stepped;
    gv_err err;

    event.error = (gv_err)act->refused;
    event.text = act->text;
    gv_arena_reset(lane->arena);
    err = gv_store_begin(lane->store);
    if (err == GV_OK)
        err = gv_store_clock(lane->store, &event.business_us, &step, &stepped);
    changes_init(&act->changes, lane->arena, event.business_us);
    changes_event(&act->changes, &event);
    if (err == GV_OK)
        err = gv_store_apply(lane->store, &act->changes.set);
    if (err == GV_OK && GV_FAILPOINT(refusal_written))
        err = GV_EDB;
    if (err == GV_OK)
        err = gv_store_commit(lane->store);
    if (err != GV_OK)
        gv_store_rollback(lane->store);
    return err;
}

static void refuse(struct lane *lane, gv_err err, const char *text)
{
    char where[640];
    uint32_t wait_ms;

    if (err == GV_ENOSPACE) {
        space_say(lane->c->space, where, sizeof where);
        text = where;
    }
    log_warn("act-refused", "from=%s error=%s", lane->job->who->code.s, gv_err_name(err));
    reply_error(lane->c, lane->job, err, text);
    if (lane->dry_run || gv_err_retry(err) || space_is_short(lane->c->space) ||
        !limits_take(lane->c->limits, &lane->job->who->code, LIMIT_REFUSALS, gv_clock_mono_ms(),
                     &wait_ms))
        return;
    /* The text may live in the lane's arena, which every try resets. */
    text = gv_arena_strdup(lane->job->arena, text != NULL ? text : gv_err_text(err));
    lane->act = (struct act){.refused = (uint32_t)err, .text = text};
    err = lane_run(lane->c, lane->store, write_refusal, lane, until_ms(lane), NULL);
    if (err != GV_OK)
        log_error("refusal-not-stored", "error=%s", gv_err_name(err));
}

/* Checks the act against the newest keyring, and runs it. */
static gv_err try_act(struct lane *lane, struct gv_signed_act *signed_act)
{
    const Giaoviec__V1__ActSubmit *body = (const Giaoviec__V1__ActSubmit *)lane->job->message.body;
    struct gv_slice bytes = {body->act.data, body->act.len};
    gv_err err;

    lane->act = (struct act){0};
    lane->ring_old = false;
    if (!job_renew(lane->job, lane->c->keys)) /* the sender was revoked while it waited */
        return GV_EDENIED;
    err = gv_act_open(bytes, keyring_keyset(lane->job->ring), false, lane->job->arena, signed_act);
    if (err == GV_OK && handlers[signed_act->act->kind] == NULL)
        err = GV_EUNSUPPORTED;
    if (err == GV_OK && signed_act->row->when == GV_WHEN_WAITS && space_is_short(lane->c->space))
        err = GV_ENOSPACE;
    if (err == GV_OK && !time_holds(signed_act->act->signed_at_us))
        err = GV_EBADMSG;
    if (err != GV_OK)
        return err;
    lane->act = (struct act){.ring = lane->job->ring, .signed_act = signed_act};
    return run(lane, once);
}

static void serve_act(struct lane *lane)
{
    const Giaoviec__V1__ActSubmit *body = (const Giaoviec__V1__ActSubmit *)lane->job->message.body;
    struct gv_signed_act signed_act;
    gv_err err = GV_EAGAIN;

    lane->dry_run = body->dry_run;
    for (int i = 0; i < RING_TRIES; i++) {
        err = try_act(lane, &signed_act);
        if (!lane->ring_old || keys_refresh(lane->c, lane->store) != GV_OK)
            break;
    }
    if (err != GV_OK && lane->unknown) {
        refuse(lane, GV_EUNKNOWN, NULL);
        return;
    }
    if (err == GV_EAGAIN && lane->act.text == NULL) { /* nothing of it is stored */
        reply_busy(lane->c, lane->job, BUSY_MS, 0);
        return;
    }
    if (err != GV_OK) {
        refuse(lane, err, lane->act.text);
        return;
    }
    answer_act(lane);
    if (!lane->dry_run)
        tell_others(lane);
    log_info("act", "kind=%s actor=%s done=%u refused=%u%s%s", signed_act.row->name,
             signed_act.act->actor, (unsigned)lane->act.done, (unsigned)lane->act.refused,
             lane->dry_run ? " dry-run" : "", lane->repeated ? " repeated" : "");
}

/* ---- attachments that are larger than a frame ---- */

static const char over_text[] = "attachments that no act has used yet take all that is allowed";

static gv_err blob_once(void *ctx)
{
    struct lane *lane = ctx;
    const Giaoviec__V1__BlobPut *body = (const Giaoviec__V1__BlobPut *)lane->job->message.body;
    const char *actor = lane->job->who->code.s;
    struct gv_blob_chunk chunk = {.size = body->size,
                                  .offset = body->offset,
                                  .data = {body->data.data, body->data.len},
                                  .actor = actor};
    struct gv_slice whole = {NULL, 0};
    Giaoviec__V1__BlobResult result = GIAOVIEC__V1__BLOB_RESULT__INIT;
    gv_hash own;
    uint64_t have = 0;
    gv_err err =
        gv_hash_from((struct gv_slice){body->digest.data, body->digest.len}, &chunk.digest);

    lane->bounds = lane->c->config.blobs;

    gv_arena_reset(lane->arena);
    if (err == GV_OK)
        err = gv_store_blob_chunk(lane->store, lane->arena, &chunk, &lane->bounds, &have, &whole);
    if (err == GV_OK && whole.data != NULL) {
        gv_blob_digest(whole, &own);
        if (gv_hash_eq(&own, &chunk.digest)) {
            err = gv_store_blob_put(lane->store, &chunk.digest, actor, whole);
        } else {
            err = gv_store_blob_drop(lane->store, &chunk.digest);
            if (err == GV_OK)
                err = GV_EBADMSG;
        }
    }
    if (err == GV_OK && GV_FAILPOINT(blob_stored))
        err = GV_EUNKNOWN;
    if (err != GV_OK)
        return err;
    result.digest = body->digest;
    result.have = have;
    return pack(&result.base, lane->arena, &lane->answer);
}

static void serve_blob(struct lane *lane)
{
    Giaoviec__V1__BlobResult *body;
    gv_err err = space_is_short(lane->c->space) ? GV_ENOSPACE : run(lane, blob_once);

    if (err == GV_ENOSPACE) {
        refuse(lane, err, NULL);
        return;
    }
    if (err != GV_OK) {
        reply_error(lane->c, lane->job, err, lane->bounds.over ? over_text : NULL);
        return;
    }
    body = gv_pb_unpack(&giaoviec__v1__blob_result__descriptor, lane->answer, lane->arena);
    if (body != NULL)
        reply(lane->c, lane->job, GV_KIND_BLOB_RESULT, &body->base);
}

/* ---- keysets: root's signature is the authority ---- */

static gv_err keyset_once(void *ctx)
{
    struct lane *lane = ctx;
    const Giaoviec__V1__KeysetPut *body = (const Giaoviec__V1__KeysetPut *)lane->job->message.body;
    struct gv_slice bytes = {body->keyset.data, body->keyset.len};
    struct gv_keyset *keyset = NULL;
    gv_err err = gv_keyset_open(bytes, &lane->c->root_hash, &keyset);

    if (err == GV_OK && !gv_id_eq(&keyset->deployment, &lane->c->deployment))
        err = GV_ERECIPIENT; /* the same root's, of another one */
    if (err == GV_OK)
        err = gv_store_keyset_put(lane->store, keyset->version, bytes);
    if (err == GV_OK && GV_FAILPOINT(keyset_stored))
        err = GV_EUNKNOWN;
    gv_keyset_free(keyset);
    return err;
}

static void serve_keyset(struct lane *lane)
{
    const Giaoviec__V1__KeysetPut *put = (const Giaoviec__V1__KeysetPut *)lane->job->message.body;
    Giaoviec__V1__Enrolled body = GIAOVIEC__V1__ENROLLED__INIT;
    gv_err err = run(lane, keyset_once);

    if (err != GV_OK) {
        refuse(lane, err == GV_EAGAIN && lane->unknown ? GV_EUNKNOWN : err, NULL);
        return;
    }
    atomic_store(&lane->c->keys_changed, true);
    deliver_wake(lane->c);
    body.keyset = put->keyset;
    reply(lane->c, lane->job, GV_KIND_KEYSET_RESULT, &body.base);
}

void acts_run(void *arg)
{
    struct lane lane = {.c = arg};
    struct job *job;

    lane.arena = gv_arena_new(ARENA_BYTES);
    if (lane.arena == NULL || coordinator_store(lane.c, "acts", 0, &lane.store) != GV_OK)
        goto out;
    while ((job = gv_queue_take(lane.c->acts, -1)) != NULL) {
        lane.job = job;
        lane.dry_run = lane.unknown = false;
        if (job->message.head.kind == GV_KIND_ACT_SUBMIT)
            serve_act(&lane);
        else if (job->message.head.kind == GV_KIND_BLOB_PUT)
            serve_blob(&lane);
        else
            serve_keyset(&lane);
        job_free(job);
    }
out:
    gv_store_close(lane.store);
    gv_arena_free(lane.arena);
}
