/* office.c - an administrator: signs acts that race with the units' reports, and submits each until
 * it is answered, sometimes to both servers at once. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/random.h"
#include "domain/lifecycle.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "trust/act.h"
#include "wire/message.h"
#include "wire/pb_arena.h"
#include "world.h"

enum {
    PENDING_MAX = 6,
    ITEMS_OF_ACT = 4,
    AGAIN_MS = 900,
    MESSAGES = 8,
};

struct pending {
    bool there;
    const char *lifts; /* the unit that it lets in again */
    gv_id id, messages[MESSAGES];
    size_t message_n;
    struct gv_slice act, attachment;
    int64_t next_ms;
};

static struct pending pending[PENDING_MAX];
static struct gv_link *links[SERVERS_MAX];
static uint64_t sequence;

void office_begin(void)
{
    memset(pending, 0, sizeof pending);
    memset(links, 0, sizeof links);
    sequence = 0;
}

bool office_done(void)
{
    for (size_t i = 0; i < PENDING_MAX; i++) {
        if (pending[i].there)
            return false;
    }
    return true;
}

/* ---- making ---- */

struct draft {
    uint32_t kind;
    Giaoviec__V1__Item items[ITEMS_OF_ACT], *list[ITEMS_OF_ACT];
    uint8_t salts[ITEMS_OF_ACT][16];
    gv_id ids[ITEMS_OF_ACT];
    size_t count;
    uint32_t directive;
};

static Giaoviec__V1__Item *add(struct draft *draft, const gv_id *id, const gv_code *unit,
                               uint32_t epoch)
{
    size_t i = draft->count++;
    Giaoviec__V1__Item *item = &draft->items[i];

    giaoviec__v1__item__init(item);
    gv_random(draft->salts[i], 16);
    draft->ids[i] = *id;
    draft->list[i] = item;
    item->salt = gv_pb_bytes(draft->salts[i], 16);
    item->assignment = gv_pb_bytes(draft->ids[i].b, 16);
    item->unit = (char *)(uintptr_t)unit->s;
    item->epoch = epoch;
    return item;
}

static const gv_code *some_unit(void)
{
    return &deployment.unit[below(sim.plan.units)]->code;
}

static bool draft_issue(struct draft *draft)
{
    draft->kind = GV_SIGNED_ISSUE;
    draft->directive = below(DIRECTIVES_MAX);
    if (db.issued[draft->directive] && below(8) > 0)
        return false;
    for (uint32_t i = 0; i < TASKS_MAX; i++) {
        uint32_t leads = 1 + below(2);

        if (i % DIRECTIVES_MAX != draft->directive)
            continue;
        for (uint32_t k = 0; k < leads && draft->count < ITEMS_OF_ACT; k++) {
            Giaoviec__V1__Item *item;
            gv_id id;

            gv_random_id(&id);
            item = add(draft, &id, some_unit(), 1);
            item->role = k == 0 ? GIAOVIEC__V1__ASSIGNMENT_ROLE__ASSIGNMENT_ROLE_LEAD
                                : GIAOVIEC__V1__ASSIGNMENT_ROLE__ASSIGNMENT_ROLE_COORDINATE;
            item->task_digest = gv_pb_bytes(deployment.tasks[i].digest.b, 32);
        }
    }
    return true;
}

/* Mostly what the row's state allows. */
static uint32_t kind_for(enum gv_state state)
{
    uint32_t any = below(100);

    if (any < 10)
        return GV_SIGNED_UPHOLD + below(6); /* whatever it is */
    if (any < 14)
        return GV_SIGNED_REVOKE;
    if (state == GV_STATE_RETURNED)
        return any < 60 ? GV_SIGNED_REISSUE : GV_SIGNED_UPHOLD;
    if (state == GV_STATE_SUBMITTED && any < 70)
        return any < 35 ? GV_SIGNED_REDO : GV_SIGNED_APPROVE_RESULT;
    return GV_SIGNED_TRANSFER;
}

/* Back to where it came from, more often than chance would have it. */
static const gv_code *next_holder(const struct gv_assignment_row *row)
{
    return row->from_unit_id != 0 && below(2) == 0 ? &db.units[row->from_unit_id].code
                                                   : some_unit();
}

static bool is_in(const struct draft *draft, const gv_id *id)
{
    for (size_t i = 0; i < draft->count; i++) {
        if (gv_id_eq(&draft->ids[i], id))
            return true;
    }
    return false;
}

static bool draft_items(struct draft *draft)
{
    uint32_t wanted = 1 + below(3);

    if (db.row_n == 0)
        return false;
    for (uint32_t i = 0; i < wanted; i++) {
        const struct gv_assignment_row *row = &db.rows[below((uint32_t)db.row_n)].row;
        uint32_t epoch = row->a.epoch;
        Giaoviec__V1__Item *item;

        if ((row->a.state == GV_STATE_TRANSFERRED || row->a.state == GV_STATE_REVOKED) &&
            below(6) > 0)
            continue;
        if (is_in(draft, &row->assignment))
            continue;
        if (draft->count == 0)
            draft->kind = kind_for(row->a.state);
        if (below(20) == 0 && epoch > 1)
            epoch--;
        if (draft->kind != GV_SIGNED_TRANSFER && draft->kind != GV_SIGNED_REISSUE) {
            add(draft, &row->assignment, &db.units[row->unit_id].code, epoch);
            continue;
        }
        item = add(draft, &row->assignment, next_holder(row), epoch + 1);
        item->from_unit = db.units[row->unit_id].code.s;
        item->from_epoch = epoch;
        item->task_digest = gv_pb_bytes(deployment.tasks[row->task_id - 1].digest.b, 32);
    }
    return draft->count > 0;
}

static void seal(struct draft *draft, struct pending *out)
{
    Giaoviec__V1__Act act = GIAOVIEC__V1__ACT__INIT;
    Giaoviec__V1__Issue issue = GIAOVIEC__V1__ISSUE__INIT;
    const struct gv_key *keys[1] = {deployment.admin};
    static char reason[] = "mô phỏng";
    Giaoviec__V1__LiftQuarantine lift = GIAOVIEC__V1__LIFT_QUARANTINE__INIT;
    struct gv_buf list, body, bytes;
    gv_hash root, digest;
    gv_err err = GV_OK;

    gv_buf_init(&list);
    gv_buf_init(&body);
    gv_buf_init(&bytes);
    if (draft->count > 0)
        err = gv_items_pack((const Giaoviec__V1__Item *const *)draft->list, draft->count, &list,
                            &root);
    gv_blob_digest((struct gv_slice){list.data, list.len}, &digest);
    issue.directive = gv_pb_bytes(&deployment.directives[draft->directive], 16);
    issue.version = 1;
    issue.breakdown_digest = gv_pb_bytes(deployment.breakdown.b, 32);
    if (err == GV_OK && draft->kind == GV_SIGNED_ISSUE)
        err = gv_pb_pack(&issue.base, &body);
    lift.unit = (char *)(uintptr_t)out->lifts;
    if (err == GV_OK && draft->kind == GV_SIGNED_LIFT_QUARANTINE)
        err = gv_pb_pack(&lift.base, &body);
    gv_random_id(&out->id);
    act.act_id = gv_pb_bytes(out->id.b, 16);
    act.deployment = gv_pb_bytes(deployment.opened->deployment.b, 16);
    act.kind = draft->kind;
    act.actor = deployment.admin->code.s;
    act.signed_at_us = db_business_us();
    act.not_after_us = INT64_C(4000000000000000);
    act.reason = reason;
    act.body = gv_pb_bytes(body.data, body.len);
    if (draft->count > 0) {
        act.list_root = gv_pb_bytes(root.b, 32);
        act.list_count = (uint32_t)draft->count;
        act.attachment_digest = gv_pb_bytes(digest.b, 32);
    }
    if (err == GV_OK)
        err = gv_act_seal(&act, keys, 1, &bytes);
    PROMISE(err == GV_OK, "an act cannot be signed: %s", gv_err_name(err));
    out->act = (struct gv_slice){keep(bytes.data, bytes.len), bytes.len};
    out->attachment = (struct gv_slice){keep(list.data, list.len), list.len};
    gv_buf_fini(&list);
    gv_buf_fini(&body);
    gv_buf_fini(&bytes);
}

/* Room for what follows: the tables of the model are small. */
static bool has_room(void)
{
    for (uint32_t i = 1; i <= sim.plan.units; i++) {
        if (db.units[i].log.order_n > ORDERS_MAX - 64)
            return false;
    }
    return db.row_n < ROWS_MAX - 64 && db.act_n < ACTS_MAX - 32;
}

static struct pending *some_room(void)
{
    struct pending *free_one = NULL;

    for (size_t i = 0; i < PENDING_MAX; i++)
        free_one = pending[i].there ? free_one : &pending[i];
    return free_one;
}

static bool is_being_lifted(const char *code)
{
    for (size_t i = 0; i < PENDING_MAX; i++) {
        if (pending[i].there && pending[i].lifts == code)
            return true;
    }
    return false;
}

/* Somebody looks at the units in quarantine, and lets them in again. */
static void lift(void)
{
    for (uint32_t i = 1; i <= sim.plan.units; i++) {
        struct db_unit *unit = &db.units[i];
        struct pending *free_one = some_room();
        struct draft *draft;

        if (!unit->log.quarantined || free_one == NULL || is_being_lifted(unit->code.s) ||
            (sim.faulty && below(6) > 0))
            continue;
        draft = keep_zero(sizeof *draft);
        draft->kind = GV_SIGNED_LIFT_QUARANTINE;
        *free_one = (struct pending){.there = true, .lifts = unit->code.s, .next_ms = sim.now_ms};
        seal(draft, free_one);
    }
}

static void make_one(void)
{
    struct draft *draft;
    struct pending *free_one = some_room();

    if (free_one == NULL || !has_room())
        return;
    draft = keep_zero(sizeof *draft);
    if (below(4) == 0 || db.row_n == 0 ? !draft_issue(draft) : !draft_items(draft))
        return;
    *free_one = (struct pending){.there = true, .next_ms = sim.now_ms};
    seal(draft, free_one);
}

/* ---- sending ---- */

static void send(struct pending *one, uint32_t server)
{
    Giaoviec__V1__ActSubmit body = GIAOVIEC__V1__ACT_SUBMIT__INIT;
    struct gv_head head = {.deployment = deployment.opened->deployment,
                           .sender = deployment.admin->code,
                           .kind = GV_KIND_ACT_SUBMIT,
                           .sequence = ++sequence,
                           .time_us = gv_clock_real_us()};
    struct gv_buf frame;

    if (links[server] == NULL || links[server]->server_knows) {
        links[server] = net_open(NULL, deployment.admin, server);
        return;
    }
    if (!links[server]->up)
        return;
    body.act = gv_pb_bytes(one->act.data, one->act.len);
    body.attachment = gv_pb_bytes(one->attachment.data, one->attachment.len);
    gv_buf_init(&frame);
    if (gv_message_seal(&head, &body.base, deployment.admin, &frame) == GV_OK) {
        one->messages[one->message_n++ % MESSAGES] = head.message_id;
        net_send(links[server], UP, frame.data, frame.len);
    }
    gv_buf_fini(&frame);
}

void office_turn(void)
{
    if (sim.faulty && below(2) == 0)
        make_one();
    if (sim.plan.disks)
        lift();
    for (size_t i = 0; i < PENDING_MAX; i++) {
        uint32_t server = below(sim.plan.servers);

        if (!pending[i].there || sim.now_ms < pending[i].next_ms)
            continue;
        pending[i].next_ms = sim.now_ms + AGAIN_MS + below(AGAIN_MS);
        send(&pending[i], server);
        if (below(5) == 0)
            send(&pending[i], sim.plan.servers - 1 - server);
    }
}

static struct pending *by_message(const gv_id *id)
{
    for (size_t i = 0; i < PENDING_MAX; i++) {
        for (size_t k = 0; pending[i].there && k < MESSAGES; k++) {
            if (!gv_id_is_zero(id) && gv_id_eq(&pending[i].messages[k], id))
                return &pending[i];
        }
    }
    return NULL;
}

void office_receive(struct gv_link *link, struct gv_slice frame)
{
    const struct gv_key *key = deployment.server[link->server];
    struct gv_sender sender = {.code = key->code, .roles = GV_ROLE_COORDINATOR};
    gv_arena *arena = gv_arena_new((size_t)8 << 20);
    struct gv_message message;
    struct pending *one;

    gv_sender_key(&sender, key->sign_pk);
    if (gv_message_open(frame, &sender, &deployment.opened->deployment, &deployment.admin->code,
                        arena, &message) == GV_OK &&
        (one = by_message(&message.head.in_reply_to)) != NULL) {
        const Giaoviec__V1__Error *error = (const Giaoviec__V1__Error *)message.body;

        if (message.head.kind == GV_KIND_ACT_RESULT ||
            (message.head.kind == GV_KIND_ERROR && !error->retry))
            one->there = false;
        PROMISE(message.head.kind != GV_KIND_ERROR || error->code != GV_EBUG,
                "an act was answered with GV_EBUG");
    }
    gv_arena_free(arena);
}
