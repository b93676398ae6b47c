/* act_unit.c - units, their tokens and keys. */
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

gv_err act_register_units(struct act *act)
{
    const Giaoviec__V1__RegisterUnits *body =
        (const Giaoviec__V1__RegisterUnits *)act->signed_act->body;
    struct gv_unit_new *units = gv_arena_zalloc(act->arena, (body->n_units + 1) * sizeof *units);
    size_t created = 0;
    gv_err err = GV_OK;

    if (body->n_units == 0 || body->n_units > UNITS_MAX)
        return GV_EBADMSG;
    if (units == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; err == GV_OK && i < body->n_units; i++)
        err = unit_from(act, body->units[i], &units[i]);
    if (err == GV_OK)
        err = gv_store_units_register(act->store, units, body->n_units, &act->signed_act->act_id,
                                      &created);
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
