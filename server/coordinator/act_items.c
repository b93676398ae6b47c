/*
 * act_items.c - every act over a list of assignments: issue, transfer, re-issue, revoke, approve,
 * redo, uphold. What differs is the act table's row; what is the same is here: lock, decide each
 * item, a ledger row and an order for each.
 */
#include <string.h>

#include "base/clock.h"
#include "base/plant.h"
#include "coordinator/acts.h"
#include "crypto/tree.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "wire/message.h"

#define PERIODS_MAX                                                                                \
    5000000 /* of an act: 65,536 units that report weekly for a year plan 3.4 million */

struct list {
    struct act *act;
    Giaoviec__V1__Item **items;
    struct gv_slice *bytes;
    size_t count;
    struct gv_tree tree;
    struct gv_unit_ref *to;   /* of each item: unit */
    struct gv_unit_ref *from; /* of each item: from_unit; unit_id 0 where it has none */
    struct gv_assignment_row *rows;
    size_t row_count;
    struct gv_task_row *tasks; /* ISSUE: of the directive, sorted by digest */
    size_t task_count;
    gv_id directive; /* ISSUE */
    struct tasks *cache;
    size_t periods; /* planned by it, of all items */
};

static bool moves(const struct list *l)
{
    return l->act->signed_act->row->lifecycle == GV_ACT_TRANSFER ||
           l->act->signed_act->row->lifecycle == GV_ACT_REISSUE;
}

static bool issues(const struct list *l)
{
    return l->act->signed_act->row->lifecycle == GV_ACT_ISSUE;
}

static gv_id id_of(const Giaoviec__V1__Item *item)
{
    gv_id id;

    memcpy(id.b, item->assignment.data, sizeof id.b); /* gv_act_items() has checked the size */
    return id;
}

static gv_err build_tree(struct list *l)
{
    gv_hash *nodes = gv_arena_alloc(l->act->arena, GV_TREE_NODES(l->count) * sizeof *nodes);

    if (nodes == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < l->count; i++)
        gv_tree_leaf(l->bytes[i], &nodes[i]);
    return gv_tree_build(nodes, l->count, &l->tree);
}

static gv_err resolve(struct list *l)
{
    gv_arena *arena = l->act->arena;
    const char **codes = gv_arena_alloc(arena, l->count * sizeof *codes);
    gv_err err;

    l->to = gv_arena_zalloc(arena, l->count * sizeof *l->to);
    l->from = gv_arena_zalloc(arena, l->count * sizeof *l->from);
    if (codes == NULL || l->to == NULL || l->from == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < l->count; i++)
        codes[i] = l->items[i]->unit;
    err = gv_store_units_resolve(l->act->store, codes, l->count, l->to);
    if (err != GV_OK || !moves(l))
        return err;
    for (size_t i = 0; i < l->count; i++)
        codes[i] = l->items[i]->from_unit;
    return gv_store_units_resolve(l->act->store, codes, l->count, l->from);
}

static gv_err lock(struct list *l)
{
    struct act *act = l->act;
    int32_t *ids = gv_arena_alloc(act->arena, (2 * l->count + 1) * sizeof *ids);
    struct gv_assignment_key *keys = gv_arena_alloc(act->arena, (2 * l->count + 1) * sizeof *keys);
    size_t id_count = 0, key_count = 0;
    gv_err err;

    if (ids == NULL || keys == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < l->count; i++) {
        int32_t units[2] = {l->to[i].unit_id, l->from[i].unit_id};

        for (int k = 0; k < 2; k++) {
            if (units[k] == 0)
                continue;
            ids[id_count++] = units[k];
            keys[key_count++] = (struct gv_assignment_key){units[k], id_of(l->items[i])};
        }
    }
    err = gv_store_units_lock(act->store, act->arena, ids, id_count, GV_LOCK_WAIT, &act->units,
                              &act->unit_count);
    if (err == GV_OK)
        err = gv_store_assignments_lock(act->store, act->arena, keys, key_count, &l->rows,
                                        &l->row_count);
    for (size_t i = 0; err == GV_OK && i < l->row_count; i++)
        changes_row(&act->changes, &l->rows[i]);
    return err;
}

/* An issue names the approved breakdown, and happens once. */
static gv_err load_issue(struct list *l)
{
    struct act *act = l->act;
    const Giaoviec__V1__Issue *body = (const Giaoviec__V1__Issue *)act->signed_act->body;
    struct gv_directive directive;
    gv_hash digest;
    gv_err err;

    if (gv_id_from((struct gv_slice){body->directive.data, body->directive.len}, &l->directive) !=
            GV_OK ||
        gv_hash_from((struct gv_slice){body->breakdown_digest.data, body->breakdown_digest.len},
                     &digest) != GV_OK)
        return GV_EBADMSG;
    err = gv_store_directive(act->store, &l->directive, &directive);
    if (err == GV_ENOTFOUND)
        act->text = "no breakdown of this directive is approved";
    if (err != GV_OK)
        return err;
    if (directive.version != body->version || !gv_hash_eq(&directive.breakdown_digest, &digest)) {
        act->text = "another breakdown was approved: read it again";
        return GV_EVERSION;
    }
    if (directive.issued) {
        act->text = "this directive was issued before";
        return GV_EEXISTS;
    }
    return gv_store_tasks(act->store, act->arena, &l->directive, &l->tasks, &l->task_count);
}

static const struct gv_task_row *task_by_digest(const struct list *l,
                                                const Giaoviec__V1__Item *item)
{
    size_t low = 0, high = l->task_count;

    while (low < high) {
        size_t mid = (low + high) / 2;
        int order = memcmp(l->tasks[mid].digest.b, item->task_digest.data, sizeof(gv_hash));

        if (order == 0)
            return &l->tasks[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

static struct gv_unit_log *unit_of(const struct list *l, int32_t unit_id)
{
    return gv_unit_log_find(l->act->units, l->act->unit_count, unit_id);
}

static void give_order(struct list *l, size_t i, struct gv_unit_log *unit, bool after,
                       uint32_t epoch, struct gv_slice task)
{
    struct act *act = l->act;
    const struct gv_signed_act *a = act->signed_act;
    Giaoviec__V1__OrderEntry entry = GIAOVIEC__V1__ORDER_ENTRY__INIT;
    ProtobufCBinaryData proof[GV_TREE_MAX_DEPTH];
    struct gv_proof p;

    entry.kind = gv_order_kind(a->act->kind, after);
    if (entry.kind == 0 || unit == NULL || unit->body)
        return;
    if (gv_tree_proof(&l->tree, i, &p) != GV_OK)
        return; /* cannot be: i is a leaf */
    for (size_t k = 0; k < p.count; k++)
        proof[k] = (ProtobufCBinaryData){sizeof p.hashes[k].b, p.hashes[k].b};
    entry.time_us = act->business_us;
    entry.assignment = l->items[i]->assignment;
    entry.epoch = epoch;
    entry.act = (ProtobufCBinaryData){a->bytes.len, (uint8_t *)a->bytes.data};
    entry.item = (ProtobufCBinaryData){l->bytes[i].len, (uint8_t *)l->bytes[i].data};
    entry.index = (uint32_t)i;
    entry.proof = proof;
    entry.n_proof = p.count;
    if (entry.kind == GIAOVIEC__V1__ORDER_KIND__ORDER_ASSIGN)
        entry.task = (ProtobufCBinaryData){task.len, (uint8_t *)task.data};
    changes_order(&act->changes, unit, &entry);
}

static struct gv_event event_of(const struct list *l, size_t i, int32_t unit_id, uint32_t epoch)
{
    struct gv_event event = act_event(l->act, GV_EVENT_ITEM);

    event.unit_id = unit_id;
    event.has_assignment = true;
    event.assignment = id_of(l->items[i]);
    event.epoch = epoch;
    return event;
}

static void refuse_item(struct list *l, size_t i, gv_err err, const char *text)
{
    const Giaoviec__V1__Item *item = l->items[i];
    struct gv_event event = event_of(l, i, l->to[i].unit_id, item->epoch);
    gv_id id = id_of(item);

    event.disposition = GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_REFUSED;
    event.error = err;
    event.text = text != NULL ? text : gv_err_text(err);
    changes_event(&l->act->changes, &event);
    act_result(l->act, &id, item->unit, item->epoch, err, text);
}

static gv_err decide_row(struct list *l, struct gv_assignment_row *row, enum gv_act act,
                         uint32_t epoch, struct gv_event *event)
{
    struct gv_act_facts facts = {.act = act,
                                 .epoch = epoch,
                                 .signed_us = l->act->signed_act->act->signed_at_us,
                                 .received_us = l->act->business_us};

    return changes_decide(row, &facts, event);
}

/* A body has no agent that could receive: what is issued to it is delivered by being issued. */
static gv_err settle_body(struct list *l, size_t i, struct gv_assignment_row *row)
{
    struct gv_unit_log *unit = unit_of(l, row->unit_id);
    struct gv_event event = event_of(l, i, row->unit_id, row->a.epoch);
    gv_err err;

    if (unit == NULL || !unit->body)
        return GV_OK;
    err = decide_row(l, row, GV_ACT_DELIVER, row->a.epoch, &event);
    if (err == GV_OK)
        changes_event(&l->act->changes, &event);
    return err;
}

/* A row that begins here: issued to its holder, with the occurrences that are still ahead. */
static gv_err begin_row(struct list *l, size_t i, struct gv_assignment_row *row,
                        const Giaoviec__V1__Task *task)
{
    struct gv_event event = event_of(l, i, row->unit_id, row->a.epoch);
    struct gv_occurrence *occurrences = NULL;
    gv_err err = GV_OK;

    row->is_new = true;
    row->act_id = l->act->signed_act->act_id;
    row->a.state = GV_STATE_DRAFT;
    if (row->role != GV_ASSIGN_FOLLOW) /* who follows watches, and owes no reports */
        err = task_occurrences(task, gv_day_of(l->act->business_us), l->act->arena, &occurrences,
                               &event.occurrence_count);
    if (err != GV_OK)
        return err;
    l->periods += event.occurrence_count;
    if (l->periods > PERIODS_MAX) {
        l->act->text =
            "it plans more than 5,000,000 reporting periods: divide the list (or the breakdown)";
        return GV_ETOOBIG;
    }
    event.occurrences = occurrences;
    changes_row(&l->act->changes, row);
    err = decide_row(l, row, GV_ACT_ISSUE, row->a.epoch, &event);
    if (err != GV_OK)
        return err;
    changes_event(&l->act->changes, &event);
    return settle_body(l, i, row);
}

static gv_err check_holder(const struct list *l, const struct gv_unit_ref *ref, const char **text)
{
    (void)l;
    if (ref->unit_id == 0)
        *text = "no such unit";
    else if (ref->ended)
        *text = "the unit has ended";
    else
        return GV_OK;
    return ref->unit_id == 0 ? GV_ENOTFOUND : GV_ESTATE;
}

static gv_err issue_one(struct list *l, size_t i, const char **text)
{
    const Giaoviec__V1__Item *item = l->items[i];
    const struct gv_task_row *task = task_by_digest(l, item);
    struct gv_assignment_row *row;
    const struct task *cached;
    gv_err err = check_holder(l, &l->to[i], text);

    if (err != GV_OK)
        return err;
    if (task == NULL) {
        *text = "not a task of the approved breakdown";
        return GV_ENOTFOUND;
    }
    if (item->epoch != 1)
        return GV_EBADMSG;
    err = tasks_get(l->cache, l->act->store, task->task_id, &cached);
    row = gv_arena_zalloc(l->act->arena, sizeof *row);
    if (err != GV_OK || row == NULL)
        return err != GV_OK ? err : GV_ENOMEM;
    row->unit_id = l->to[i].unit_id;
    row->assignment = id_of(item);
    row->directive = l->directive;
    row->task_id = task->task_id;
    row->item = task->item;
    row->role = item->role;
    row->a.epoch = 1;
    row->a.has_due = task->has_due;
    row->a.due_us = row->a.due_original_us = task->has_due ? task->due_us : 0;
    err = begin_row(l, i, row, cached->task);
    if (err == GV_OK)
        give_order(l, i, unit_of(l, row->unit_id), true, 1, task->bytes);
    return err;
}

/* The row ends at one unit, and the same assignment begins at another under the next epoch. */
static gv_err move_one(struct list *l, size_t i, const char **text)
{
    const Giaoviec__V1__Item *item = l->items[i];
    gv_id id = id_of(item);
    struct gv_assignment_row *from, *to;
    struct gv_event event;
    const struct task *task;
    gv_err err = check_holder(l, &l->to[i], text);

    if (err != GV_OK)
        return err;
    from = gv_assignment_row_find(l->rows, l->row_count, l->from[i].unit_id, &id);
    if (from == NULL)
        return GV_ENOTFOUND;
    err = tasks_get(l->cache, l->act->store, from->task_id, &task);
    to = gv_arena_zalloc(l->act->arena, sizeof *to);
    if (err != GV_OK || to == NULL)
        return err != GV_OK ? err : GV_ENOMEM;
    if (item->task_digest.len > 0 &&
        memcmp(item->task_digest.data, task->digest.b, sizeof task->digest.b) != 0)
        return GV_EVERSION;
    event = event_of(l, i, from->unit_id, item->from_epoch);
    err = decide_row(l, from, (enum gv_act)l->act->signed_act->row->lifecycle, item->from_epoch,
                     &event);
    if (err != GV_OK)
        return err;
    from->to_unit_id = l->to[i].unit_id;
    changes_event(&l->act->changes, &event);
    *to = (struct gv_assignment_row){
        .unit_id = l->to[i].unit_id,
        .assignment = from->assignment,
        .directive = from->directive,
        .task_id = from->task_id,
        .item = from->item,
        .role = from->role,
        .from_unit_id = from->unit_id,
        .from_epoch = item->from_epoch,
        .a = {.epoch = item->epoch - GV_PLANTED(TRANSFER_KEEPS_EPOCH),
              .has_due = from->a.has_due,
              .due_us = from->a.due_us,
              .due_original_us = from->a.due_original_us},
    };
    err = begin_row(l, i, to, task->task);
    if (err != GV_OK) /* half of the move is decided: not this item alone, all is refused */
        return err == GV_ENOMEM || err == GV_ETOOBIG ? err : GV_EBUG;
    give_order(l, i, unit_of(l, from->unit_id), false, item->from_epoch, (struct gv_slice){0});
    give_order(l, i, unit_of(l, to->unit_id), true, item->epoch, task->bytes);
    return GV_OK;
}

static gv_err act_on_one(struct list *l, size_t i, const char **text)
{
    const Giaoviec__V1__Item *item = l->items[i];
    gv_id id = id_of(item);
    struct gv_assignment_row *row;
    struct gv_event event;
    gv_err err;

    if (l->to[i].unit_id == 0) {
        *text = "no such unit";
        return GV_ENOTFOUND;
    }
    row = gv_assignment_row_find(l->rows, l->row_count, l->to[i].unit_id, &id);
    if (row == NULL)
        return GV_ENOTFOUND;
    event = event_of(l, i, row->unit_id, item->epoch);
    err = decide_row(l, row, (enum gv_act)l->act->signed_act->row->lifecycle, item->epoch, &event);
    if (err != GV_OK)
        return err;
    changes_event(&l->act->changes, &event);
    /* REVOKE ends at its holder; whatever else leaves the holder where it is. */
    give_order(l, i, unit_of(l, row->unit_id), l->act->signed_act->row->lifecycle != GV_ACT_REVOKE,
               item->epoch, (struct gv_slice){0});
    return GV_OK;
}

/* What only one item can be refused for; anything else refuses the act. */
static bool is_items_own(gv_err err)
{
    return err == GV_ENOTFOUND || err == GV_ESTATE || err == GV_ESTALE || err == GV_ECONFLICT ||
           err == GV_EBADMSG || err == GV_EVERSION;
}

static gv_err decide_all(struct list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        const char *text = NULL;
        gv_id id = id_of(l->items[i]);
        gv_err err = issues(l)  ? issue_one(l, i, &text)
                     : moves(l) ? move_one(l, i, &text)
                                : act_on_one(l, i, &text);

        if (err == GV_OK)
            act_result(l->act, &id, l->items[i]->unit, l->items[i]->epoch, GV_OK, NULL);
        else if (is_items_own(err))
            refuse_item(l, i, err, text);
        else
            return err;
    }
    return GV_OK;
}

gv_err act_items(struct act *act)
{
    struct list l = {.act = act};
    gv_err err =
        gv_act_items(act->signed_act, act->attachment, act->arena, &l.items, &l.bytes, &l.count);

    if (err == GV_OK)
        err = build_tree(&l);
    if (err == GV_OK)
        err = resolve(&l);
    if (err == GV_OK)
        err = lock(&l);
    if (err == GV_OK && issues(&l))
        err = load_issue(&l);
    if (err == GV_OK)
        err = tasks_new(&l.cache);
    if (err == GV_OK)
        err = decide_all(&l);
    tasks_free(l.cache);
    return err;
}
