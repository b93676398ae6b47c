/* act_unit.c - units, their tokens and keys. */
#include "base/clock.h"
#include "base/text.h"
#include "coordinator/acts.h"
#include "coordinator/bounds.h"

#include <string.h>

#define UNITS_MAX 10000

/* The search key of a unit: code and names, folded. */
static gv_err fold(gv_arena *arena, const Giaoviec__V1__UnitInfo *unit, const char **out)
{
    struct gv_buf text, folded;
    gv_err err;

    gv_buf_init(&text);
    gv_buf_init(&folded);
    gv_buf_printf(&text, "%s %s %s", unit->code, unit->name_vi, unit->name_en);
    err = gv_buf_ok(&text) ? gv_text_fold((char *)text.data, text.len, &folded) : GV_ENOMEM;
    if (err == GV_OK) {
        *out = gv_arena_strdup(arena, gv_buf_ok(&folded) ? (char *)folded.data : "");
        err = *out != NULL ? GV_OK : GV_ENOMEM;
    }
    gv_buf_fini(&text);
    gv_buf_fini(&folded);
    return err;
}

static gv_err unit_from(struct act *act, const Giaoviec__V1__UnitInfo *from,
                        struct gv_unit_new *out)
{
    gv_code code;

    if (gv_code_from_str(from->code, &code) != GV_OK || from->name_vi[0] == '\0') {
        act->text = "a unit needs a code and a name";
        return GV_EBADMSG;
    }
    if (keyring_by_code(act->ring, from->code) != NULL &&
        keyring_by_code(act->ring, from->code)->person != NULL) {
        act->text = "a person has this code";
        return GV_EEXISTS;
    }
    if (gv_keyset_coordinator(keyring_keyset(act->ring), from->code) != NULL) {
        act->text = "a coordinator has this code";
        return GV_EEXISTS;
    }
    if (!day_holds(from->valid_from_day)) {
        act->text = "no such day";
        return GV_EBADMSG;
    }
    *out = (struct gv_unit_new){.code = from->code,
                                .name_vi = from->name_vi,
                                .name_en = from->name_en,
                                .group = from->group,
                                .fields = (const char *const *)from->fields,
                                .field_count = from->n_fields,
                                .body = from->body,
                                .valid_from_day = from->valid_from_day};
    return fold(act->arena, from, &out->name_fold);
}

/* The units of one act, and what is stored of each. */
struct listed {
    struct gv_unit_new *units;
    struct gv_unit_ref *refs;
    const char **codes;
    size_t count;
};

static gv_err list_units(struct act *act, struct listed *l)
{
    const Giaoviec__V1__RegisterUnits *body =
        (const Giaoviec__V1__RegisterUnits *)act->signed_act->body;
    gv_err err = GV_OK;

    if (body->n_units == 0 || body->n_units > UNITS_MAX)
        return GV_EBADMSG;
    l->count = body->n_units;
    l->units = gv_arena_zalloc(act->arena, l->count * sizeof *l->units);
    l->refs = gv_arena_zalloc(act->arena, l->count * sizeof *l->refs);
    l->codes = gv_arena_zalloc(act->arena, l->count * sizeof *l->codes);
    if (l->units == NULL || l->refs == NULL || l->codes == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; err == GV_OK && i < l->count; i++) {
        err = unit_from(act, body->units[i], &l->units[i]);
        l->codes[i] = body->units[i]->code;
    }
    if (err == GV_OK)
        err = gv_store_units_resolve(act->store, l->codes, l->count, l->refs);
    for (size_t i = 0; err == GV_OK && i < l->count; i++) {
        if (l->refs[i].unit_id == 0 && l->units[i].valid_from_day == 0)
            l->units[i].valid_from_day = gv_day_of(act->business_us);
    }
    return err;
}

static bool changes_kind(const struct listed *l, size_t i)
{
    return l->refs[i].unit_id != 0 && l->refs[i].body != l->units[i].body;
}

/* Those that become a body, or are none any longer: nobody enrols them or gives them work
 * meanwhile. */
static gv_err lock_changing(struct act *act, const struct listed *l, size_t *count)
{
    int32_t *ids = gv_arena_alloc(act->arena, l->count * sizeof *ids);
    struct gv_unit_log *logs;
    size_t n;

    if (ids == NULL)
        return GV_ENOMEM;
    *count = 0;
    for (size_t i = 0; i < l->count; i++) {
        if (changes_kind(l, i))
            ids[(*count)++] = l->refs[i].unit_id;
    }
    return *count == 0
               ? GV_OK
               : gv_store_units_lock(act->store, act->arena, ids, *count, GV_LOCK_WAIT, &logs, &n);
}

/* What is stored of those now: who has a key or an assignment stayed what it was. */
static gv_err refuse_unchanged(struct act *act, struct listed *l)
{
    const gv_id none = {{0}};
    gv_err err = gv_store_units_resolve(act->store, l->codes, l->count, l->refs);

    for (size_t i = 0; err == GV_OK && i < l->count; i++) {
        if (changes_kind(l, i))
            act_result(act, &none, l->codes[i], 0, GV_ESTATE,
                       "the unit has a key or an assignment: whether it is a body stays");
    }
    return err;
}

gv_err act_register_units(struct act *act)
{
    struct listed l = {0};
    size_t created = 0, changing = 0;
    gv_err err = list_units(act, &l);

    if (err == GV_OK)
        err = lock_changing(act, &l, &changing);
    if (err == GV_OK)
        err = gv_store_units_register(act->store, l.units, l.count, &act->signed_act->act_id,
                                      &created);
    if (err == GV_OK && changing > 0)
        err = refuse_unchanged(act, &l);
    act->done = (uint32_t)created;
    act->keys_changed = true;
    return err;
}

gv_err act_issue_tokens(struct act *act)
{
    const Giaoviec__V1__IssueTokens *body =
        (const Giaoviec__V1__IssueTokens *)act->signed_act->body;
    struct gv_token_new *tokens =
        gv_arena_zalloc(act->arena, (body->n_tokens + 1) * sizeof *tokens);
    size_t bad = 0;
    gv_err err;

    if (body->n_tokens == 0 || body->n_tokens > UNITS_MAX)
        return GV_EBADMSG;
    if (tokens == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < body->n_tokens; i++) {
        const Giaoviec__V1__TokenHash *from = body->tokens[i];

        tokens[i].unit = from->unit;
        tokens[i].expires_us = from->expires_us;
        if (from->expires_us <= 0 ||
            gv_hash_from((struct gv_slice){from->hash.data, from->hash.len}, &tokens[i].hash) !=
                GV_OK)
            return GV_EBADMSG;
    }
    err = gv_store_tokens_issue(act->store, tokens, body->n_tokens, &act->signed_act->act_id, &bad);
    if (err == GV_ENOTFOUND)
        act->text = gv_arena_strdup(act->arena, body->tokens[bad]->unit);
    act->done = (uint32_t)body->n_tokens;
    return err;
}

gv_err act_revoke_key(struct act *act)
{
    const Giaoviec__V1__RevokeKey *body = (const Giaoviec__V1__RevokeKey *)act->signed_act->body;
    gv_id key_id;
    gv_err err = gv_id_from((struct gv_slice){body->key_id.data, body->key_id.len}, &key_id);

    if (err == GV_OK)
        err = gv_store_key_revoke(act->store, body->unit, &key_id, &act->signed_act->act_id);
    act->done = err == GV_OK;
    act->keys_changed = true;
    return err;
}

gv_err act_lift_quarantine(struct act *act)
{
    const Giaoviec__V1__LiftQuarantine *body =
        (const Giaoviec__V1__LiftQuarantine *)act->signed_act->body;
    gv_err err = gv_store_quarantine_lift(act->store, body->unit);

    act->done = err == GV_OK;
    act->keys_changed = true;
    return err;
}
