/*
 * h_rotate_key.c - ROTATE_KEY: the unit's key in force names the one that is to follow it. From the
 * answer on both are admitted; the next Hello that the new one signs ends the old one (h_hello.c),
 * or the time of grace does (duties.c).
 */
#include "base/log.h"
#include "coordinator/batch.h"
#include "coordinator/reply.h"
#include "trust/rotation.h"

#include <string.h>

#define KEYS_PER_HOUR 12 /* of one unit; it needs one a year */

static struct gv_slice statement_of(const struct item *item)
{
    const Giaoviec__V1__RotateKey *body = (const Giaoviec__V1__RotateKey *)item->job->message.body;

    return (struct gv_slice){body->statement.data, body->statement.len};
}

static void refuse(struct item *item, gv_err err, const char *why)
{
    item->outcome = OUTCOME_REFUSED;
    item->err = err;
    item->why = why;
}

static gv_err rotate_load(struct batch *batch, struct item *item)
{
    const struct principal *who = item->job->who;
    gv_err err = gv_rotation_open(statement_of(item), &batch->c->deployment, &who->code,
                                  who->sign_pk, batch->arena, &item->rotation);

    if (err == GV_ENOMEM)
        return err;
    if (err != GV_OK) {
        refuse(item, err, "the statement does not hold");
        return GV_OK;
    }
    return gv_store_key_history(batch->store, item->unit->unit_id, &item->rotation.key_id,
                                &item->history);
}

/* The answer was lost, or is on its way. */
static bool is_repeated(const struct item *item)
{
    const struct gv_unit_log *unit = item->unit;

    return unit->has_next && gv_id_eq(&unit->next_key_id, &item->rotation.key_id) &&
           memcmp(unit->next_curve_key, item->rotation.curve_pk, sizeof unit->next_curve_key) == 0;
}

/* Every key stays in the database; this batch may name some. */
static uint64_t named_of_late(const struct batch *batch, const struct item *item)
{
    uint64_t n = item->history.last_hour;

    for (size_t i = 0; i < batch->changes.set.key_count; i++)
        n += batch->changes.keys[i].unit_id == item->unit->unit_id;
    return n;
}

static void rotate_decide(struct batch *batch, struct item *item)
{
    struct gv_unit_log *unit = item->unit;
    struct gv_key_change key = {.unit_id = unit->unit_id,
                                .key_id = item->rotation.key_id,
                                .from = unit->key_id,
                                .statement = statement_of(item),
                                .grace_ms = batch->c->config.key_grace_ms};

    if (!batch_key_holds(item)) {
        refuse(item, GV_EDENIED, "this key is no longer the unit's");
        return;
    }
    if (!is_repeated(item)) {
        if (item->history.known || keyring_is_anothers(item->job->ring, &unit->code,
                                                       item->rotation.curve_pk, &key.key_id)) {
            refuse(item, GV_EDENIED, "these keys were used before: make new ones");
            return;
        }
        if (named_of_late(batch, item) >= KEYS_PER_HOUR) {
            refuse(item, GV_EAGAIN, "the unit has named too many keys within an hour");
            return;
        }
        memcpy(key.sign_key, item->rotation.sign_pk, sizeof key.sign_key);
        memcpy(key.curve_key, item->rotation.curve_pk, sizeof key.curve_key);
        changes_key(&batch->changes, unit, &key);
        unit->has_next = true;
        unit->next_key_id = key.key_id;
        memcpy(unit->next_curve_key, key.curve_key, sizeof unit->next_curve_key);
    }
    item->outcome = OUTCOME_DONE;
}

/* The other coordinators see the key within half a second (duties.c). */
static void rotate_publish(struct batch *batch, struct item *item)
{
    Giaoviec__V1__KeyRotated body = GIAOVIEC__V1__KEY_ROTATED__INIT;
    gv_id *key_id = &item->rotation.key_id;
    char id[33];

    atomic_store(&batch->c->keys_changed, true);
    gv_hex(key_id->b, sizeof key_id->b, id);
    gv_log(GV_LOG_NOTICE, "key-rotated", "unit=%s next=%s", item->unit->code.s, id);
    body.key_id = (ProtobufCBinaryData){sizeof key_id->b, key_id->b};
    reply(batch->c, item->job, GV_KIND_KEY_ROTATED, &body.base);
}

const struct handler h_rotate_key = {NULL, rotate_load, rotate_decide, rotate_publish};
