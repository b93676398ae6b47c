/* acts.c - acts, made without asking whether they make sense; and the one directive. */
#include "peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/random.h"
#include "crypto/sign.h"
#include "giaoviec/v1/trust.pb-c.h"

void draft_init(struct draft *draft, uint32_t kind)
{
    memset(draft, 0, sizeof *draft);
    draft->kind = kind;
    gv_buf_init(&draft->body);
    gv_buf_init(&draft->list);
}

void draft_fini(struct draft *draft)
{
    gv_buf_fini(&draft->body);
    gv_buf_fini(&draft->list);
}

void draft_item(struct draft *draft, const char *unit, uint32_t epoch, const char *from,
                const gv_id *assignment, const gv_hash *task, uint32_t role)
{
    Giaoviec__V1__Item item = GIAOVIEC__V1__ITEM__INIT;
    const Giaoviec__V1__Item *items[1] = {&item};
    uint8_t salt[16];

    gv_random(salt, sizeof salt);
    item.salt = gv_pb_bytes(salt, sizeof salt);
    item.assignment = gv_pb_bytes(assignment->b, 16);
    item.unit = text(unit);
    item.epoch = epoch;
    if (from != NULL) {
        item.from_unit = text(from);
        item.from_epoch = epoch - 1;
    }
    if (task != NULL)
        item.task_digest = gv_pb_bytes(task->b, 32);
    item.role = role;
    if (gv_items_pack(items, 1, &draft->list, &draft->root) != GV_OK)
        die("cannot pack", "items");
    gv_blob_digest((struct gv_slice){draft->list.data, draft->list.len}, &draft->digest);
    draft->has_list = draft->has_digest = true;
    draft->count = 1;
}

void draft_seal(const struct draft *draft, const gv_id *deployment, const char *actor,
                const struct gv_key *const *keys, size_t count, int64_t not_after_us,
                struct gv_buf *out)
{
    Giaoviec__V1__Act act = GIAOVIEC__V1__ACT__INIT;
    struct gv_buf bytes;
    gv_id id;

    gv_buf_init(&bytes);
    gv_random_id(&id);
    act.act_id = gv_pb_bytes(id.b, 16);
    act.deployment = gv_pb_bytes(deployment->b, 16);
    act.kind = draft->kind;
    act.actor = text(actor != NULL ? actor : count > 0 ? keys[0]->code.s : "admin");
    act.signed_at_us = INT64_C(1704157200000000);
    act.not_after_us = not_after_us;
    act.reason = text("thử");
    act.body = gv_pb_bytes(draft->body.data, draft->body.len);
    if (draft->has_list)
        act.list_root = gv_pb_bytes(draft->root.b, 32);
    act.list_count = draft->count;
    if (draft->has_digest)
        act.attachment_digest = gv_pb_bytes(draft->digest.b, 32);
    if (gv_pb_pack(&act.base, &bytes) != GV_OK ||
        gv_envelope_seal(GV_CTX_ACT, (struct gv_slice){bytes.data, bytes.len}, keys, count, out) !=
            GV_OK)
        die("cannot seal", "act");
    gv_buf_fini(&bytes);
}

uint32_t peer_submit(struct peer *peer, const struct draft *draft, struct gv_slice act,
                     bool dry_run)
{
    Giaoviec__V1__ActSubmit body = GIAOVIEC__V1__ACT_SUBMIT__INIT;
    uint32_t got = GV_KIND_BUSY;

    body.act = gv_pb_bytes(act.data, act.len);
    body.attachment = gv_pb_bytes(draft->list.data, draft->list.len);
    body.dry_run = dry_run;
    for (int i = 0; i < 30 && (got == GV_KIND_BUSY || peer_error(peer) == GV_EAGAIN); i++) {
        if (i > 0)
            gv_clock_sleep_ms(300);
        got = peer_ask(peer, GV_KIND_ACT_SUBMIT, &body.base, 15000);
    }
    return got;
}

static void seal_own(const struct peer *peer, const struct draft *draft, struct gv_buf *out)
{
    const struct gv_key *keys[1] = {peer->key};

    draft_seal(draft, &peer->world->keyset->deployment, NULL, keys, 1,
               gv_clock_real_us() + 600 * GV_US_PER_S, out);
}

bool peer_say_act(struct peer *peer, const struct draft *draft)
{
    Giaoviec__V1__ActSubmit body = GIAOVIEC__V1__ACT_SUBMIT__INIT;
    struct gv_buf act;
    bool said;

    gv_buf_init(&act);
    seal_own(peer, draft, &act);
    body.act = gv_pb_bytes(act.data, act.len);
    body.attachment = gv_pb_bytes(draft->list.data, draft->list.len);
    said = peer_say(peer, GV_KIND_ACT_SUBMIT, &body.base, NULL);
    gv_buf_fini(&act);
    return said;
}

void must_act(struct peer *admin, const struct draft *draft)
{
    const Giaoviec__V1__ActResult *result;
    struct gv_buf act;
    uint32_t got;

    gv_buf_init(&act);
    seal_own(admin, draft, &act);
    got = peer_submit(admin, draft, (struct gv_slice){act.data, act.len}, false);
    result = (const Giaoviec__V1__ActResult *)admin->message.body;
    if (got != GV_KIND_ACT_RESULT || result->refused > 0) {
        fprintf(stderr, "kind %u: answered by %u, error %s\n", (unsigned)draft->kind, (unsigned)got,
                gv_err_name(peer_error(admin)));
        die("an act that must succeed does not", gv_act_row(draft->kind)->name);
    }
    gv_buf_fini(&act);
}

void directive_make(struct directive *directive, const char *name, uint32_t version)
{
    Giaoviec__V1__Breakdown breakdown = GIAOVIEC__V1__BREAKDOWN__INIT;
    Giaoviec__V1__LetterMeta meta = GIAOVIEC__V1__LETTER_META__INIT;
    Giaoviec__V1__Task task = GIAOVIEC__V1__TASK__INIT;
    ProtobufCBinaryData tasks[1];
    struct gv_buf bytes;
    gv_hash letter;

    named_id("directive", name, &directive->id);
    gv_buf_init(&directive->breakdown);
    gv_buf_init(&bytes);
    task.directive = breakdown.directive = gv_pb_bytes(directive->id.b, 16);
    task.version = breakdown.version = version;
    task.notation = meta.notation = meta.notation_raw = text(name);
    task.number = text("1.1");
    task.item = 1;
    task.words = text("rà soát");
    if (gv_pb_pack(&task.base, &bytes) != GV_OK)
        die("cannot pack", name);
    gv_blob_digest((struct gv_slice){bytes.data, bytes.len}, &directive->task);
    tasks[0] = gv_pb_bytes(bytes.data, bytes.len);
    breakdown.letter = gv_pb_bytes(name, strlen(name));
    gv_blob_digest((struct gv_slice){(const uint8_t *)name, strlen(name)}, &letter);
    breakdown.letter_digest = gv_pb_bytes(letter.b, 32);
    meta.abstract = text("thử");
    breakdown.meta = &meta;
    breakdown.tasks = tasks;
    breakdown.n_tasks = 1;
    breakdown.author = text("admin");
    if (gv_pb_pack(&breakdown.base, &directive->breakdown) != GV_OK)
        die("cannot pack", name);
    gv_blob_digest((struct gv_slice){directive->breakdown.data, directive->breakdown.len},
                   &directive->digest);
    gv_buf_fini(&bytes);
}
