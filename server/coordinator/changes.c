/* changes.c - growing lists in an arena. */
#include "coordinator/changes.h"

#include <string.h>

#include "base/plant.h"
#include "crypto/hash.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "wire/message.h"

void changes_init(struct changes *changes, gv_arena *arena, int64_t business_us)
{
    *changes = (struct changes){.arena = arena, .business_us = business_us};
}

bool changes_ok(const struct changes *changes)
{
    return !changes->failed;
}

/* Room for one more of size bytes; the list may move. False: no memory. */
static bool grow(struct changes *changes, void **list, size_t count, size_t *cap, size_t size)
{
    size_t more = *cap == 0 ? 64 : *cap * 2;
    void *moved;

    if (count < *cap)
        return true;
    moved = gv_arena_alloc(changes->arena, more * size);
    if (moved == NULL) {
        changes->failed = true;
        return false;
    }
    if (count > 0)
        memcpy(moved, *list, count * size);
    *list = moved;
    *cap = more;
    return true;
}

void changes_row(struct changes *changes, struct gv_assignment_row *row)
{
    if (!grow(changes, (void **)&changes->rows, changes->set.row_count, &changes->row_cap,
              sizeof row))
        return;
    changes->rows[changes->set.row_count++] = row;
    changes->set.rows = changes->rows;
}

void changes_event(struct changes *changes, const struct gv_event *event)
{
    if (!grow(changes, (void **)&changes->events, changes->set.event_count, &changes->event_cap,
              sizeof *event))
        return;
    changes->events[changes->set.event_count++] = *event;
    changes->set.events = changes->events;
}

void changes_evidence(struct changes *changes, const struct gv_evidence *evidence)
{
    if (!grow(changes, (void **)&changes->evidence, changes->set.evidence_count,
              &changes->evidence_cap, sizeof *evidence))
        return;
    changes->evidence[changes->set.evidence_count++] = *evidence;
    changes->set.evidence = changes->evidence;
}

void changes_key(struct changes *changes, const struct gv_unit_log *unit,
                 const struct gv_key_change *key)
{
    char *text = gv_arena_alloc(changes->arena, 2 * sizeof key->key_id.b + 1);
    struct gv_event event = {.kind = GV_EVENT_KEY,
                             .unit_id = unit->unit_id,
                             .entry_kind = key->takes_place ? 0 : GV_KIND_ROTATE_KEY,
                             .disposition = GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_APPLIED,
                             .text = text,
                             .business_us = changes->business_us,
                             .actor = unit->code.s};

    if (text == NULL || !grow(changes, (void **)&changes->keys, changes->set.key_count,
                              &changes->key_cap, sizeof *key)) {
        changes->failed = true;
        return;
    }
    gv_hex(key->key_id.b, sizeof key->key_id.b, text);
    changes->keys[changes->set.key_count++] = *key;
    changes->set.keys = changes->keys;
    changes_event(changes, &event);
}

void changes_order(struct changes *changes, struct gv_unit_log *unit,
                   const Giaoviec__V1__OrderEntry *entry)
{
    size_t len = giaoviec__v1__order_entry__get_packed_size(entry);
    uint8_t *bytes = gv_arena_alloc(changes->arena, len);
    struct gv_order_new order = {.unit_id = unit->unit_id, .epoch = entry->epoch};

    if (bytes == NULL || !grow(changes, (void **)&changes->orders, changes->set.order_count,
                               &changes->order_cap, sizeof order)) {
        changes->failed = true;
        return;
    }
    giaoviec__v1__order_entry__pack(entry, bytes);
    order.entry = (struct gv_slice){bytes, len};
    memcpy(order.assignment.b, entry->assignment.data, sizeof order.assignment.b);
    if (!GV_PLANTED(TWO_ORDERS_ONE_NUMBER) || unit->order_n == 0)
        unit->order_n++;
    gv_hash_chain(&unit->order_h, order.entry, &unit->order_h);
    unit->dirty = true;
    order.n = unit->order_n;
    order.h = unit->order_h;
    changes->orders[changes->set.order_count++] = order;
    changes->set.orders = changes->orders;
}

static bool has_left(enum gv_state state)
{
    return state == GV_STATE_TRANSFERRED || state == GV_STATE_REVOKED;
}

gv_err changes_decide(struct gv_assignment_row *row, const struct gv_act_facts *facts,
                      struct gv_event *event)
{
    struct gv_decision decision;
    gv_err err = gv_assignment_decide(&row->a, facts, &gv_policy_default, &decision);

    event->row = row;
    if (err == GV_ESTATE && has_left(row->a.state))
        err = GV_ESTALE;
    if (err != GV_OK)
        return err;
    event->changed = true;
    event->from = row->a.state;
    event->after = decision.after;
    event->text = decision.why;
    row->a = decision.after;
    return GV_OK;
}
