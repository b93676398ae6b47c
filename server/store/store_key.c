/* store_key.c - how a unit comes by its key, changes and loses it: tokens, enrolment, rotation,
 * revocation, quarantine. */
#include <string.h>

#include "giaoviec/v1/delivery.pb-c.h"
#include "store/db.h"
#include "store/parts.h"
#include "store/store.h"

#define DUE_SLICE 64 /* of the keys that are due, in one transaction */

static gv_err check_units(gv_store *store, const struct gv_token_new *tokens, size_t count,
                          size_t *bad)
{
    gv_err err = GV_OK;

    for (size_t first = 0; first < count && err == GV_OK; first += 64) {
        const char *codes[64];
        struct gv_unit_ref refs[64];
        size_t n = count - first < 64 ? count - first : 64;

        for (size_t i = 0; i < n; i++)
            codes[i] = tokens[first + i].unit;
        err = gv_store_units_resolve(store, codes, n, refs);
        for (size_t i = 0; i < n && err == GV_OK; i++) {
            if (refs[i].unit_id != 0)
                continue;
            if (bad != NULL)
                *bad = first + i;
            err = gv_db_refuse(store, GV_ENOTFOUND, "no such unit");
        }
    }
    return err;
}

gv_err gv_store_tokens_issue(gv_store *store, const struct gv_token_new *tokens, size_t count,
                             const gv_id *act_id, size_t *bad)
{
    struct gv_args args;
    bool mine;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK)
        err = check_units(store, tokens, count, bad);
    if (err == GV_OK) {
        gv_args_init(&args, store, "tokens_end");
        for (size_t i = 0; i < count; i++) {
            gv_args_row(&args);
            gv_put_text(&args, tokens[i].unit);
        }
        err = gv_db_exec(&args, NULL);
    }
    if (err == GV_OK) {
        gv_args_init(&args, store, "tokens_issue");
        gv_put_id(&args, act_id);
        for (size_t i = 0; i < count; i++) {
            gv_args_row(&args);
            gv_put_text(&args, tokens[i].unit);
            gv_put_hash(&args, &tokens[i].hash);
            gv_put_int(&args, tokens[i].expires_us);
        }
        err = gv_db_exec(&args, NULL);
    }
    return gv_db_leave(store, mine, err);
}

/* ---- enrolment --------------------------------------------------------------------------------
 */

struct stored_key {
    bool known;
    bool same; /* both keys are those offered */
    bool revoked;
};

static gv_err find_key(gv_store *store, int32_t unit_id, const struct gv_enrolment *enrolment,
                       struct stored_key *out)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_err err;

    memset(out, 0, sizeof *out);
    gv_args_init(&args, store, "unit_key");
    gv_put_int(&args, unit_id);
    gv_put_id(&args, &enrolment->key_id);
    err = gv_db_exec(&args, &result);
    if (err == GV_OK && PQntuples(result) == 1) {
        struct gv_slice sign = gv_get_bytes(result, 0, 0);
        struct gv_slice curve = gv_get_bytes(result, 0, 1);

        out->known = true;
        out->same = sign.len == 32 && curve.len == 32 &&
                    memcmp(sign.data, enrolment->sign_key, 32) == 0 &&
                    memcmp(curve.data, enrolment->curve_key, 32) == 0;
        out->revoked = gv_get_bool(result, 0, 2);
    }
    PQclear(result);
    return err;
}

/* *again: the token was used by these very keys; the answer was lost. */
static gv_err check_token(gv_store *store, int32_t unit_id, const struct gv_enrolment *enrolment,
                          bool *again)
{
    struct gv_args args;
    PGresult *result = NULL;
    struct stored_key key;
    gv_id used_key;
    gv_err err = find_key(store, unit_id, enrolment, &key);

    *again = false;
    if (err != GV_OK)
        return err;
    gv_args_init(&args, store, "token");
    gv_put_hash(&args, &enrolment->token_hash);
    err = gv_db_exec(&args, &result);
    if (err != GV_OK)
        return err;
    if (PQntuples(result) == 0 || gv_get_int(result, 0, 0) != unit_id) {
        err = gv_db_refuse(store, GV_EDENIED, "no such token for this unit");
    } else if (gv_get_bool(result, 0, 3)) {
        gv_get_id(result, 0, 4, &used_key);
        *again = gv_id_eq(&used_key, &enrolment->key_id) && key.same && !key.revoked;
        if (!*again)
            err = gv_db_refuse(store, GV_EREPLAY, "the token was used");
    } else if (gv_get_bool(result, 0, 1)) {
        err = gv_db_refuse(store, GV_EDENIED, "a newer token took this one's place");
    } else if (gv_get_bool(result, 0, 2)) {
        err = gv_db_refuse(store, GV_EEXPIRED, "the token has expired");
    } else if (key.known) {
        err = gv_db_refuse(store, GV_EDENIED, "these keys were used before: make new ones");
    }
    PQclear(result);
    return err;
}

static gv_err set_keys(gv_store *store, int32_t unit_id, const struct gv_enrolment *enrolment)
{
    struct gv_slice sign = {enrolment->sign_key, sizeof enrolment->sign_key};
    struct gv_slice curve = {enrolment->curve_key, sizeof enrolment->curve_key};
    struct gv_args args;
    gv_err err;

    gv_args_init(&args, store, "token_use");
    gv_put_hash(&args, &enrolment->token_hash);
    gv_put_id(&args, &enrolment->key_id);
    err = gv_db_exec(&args, NULL);
    if (err != GV_OK)
        return err;
    gv_args_init(&args, store, "unit_key_put");
    gv_put_int(&args, unit_id);
    gv_put_id(&args, &enrolment->key_id);
    gv_put_bytes(&args, sign);
    gv_put_bytes(&args, curve);
    gv_put_bytes(&args, enrolment->statement);
    err = gv_db_exec(&args, NULL);
    if (err != GV_OK)
        return err;
    gv_args_init(&args, store, "unit_key_set");
    gv_put_int(&args, unit_id);
    gv_put_id(&args, &enrolment->key_id);
    gv_put_bytes(&args, sign);
    gv_put_bytes(&args, curve);
    return gv_db_exec(&args, NULL);
}

static gv_err note(gv_store *store, struct gv_event *event)
{
    gv_err err = gv_store_clock(store, &event->business_us, NULL, NULL);

    if (err != GV_OK)
        return err;
    return gv_store_ledger_put(store, event, 1, false);
}

static gv_err enrol(gv_store *store, const struct gv_enrolment *enrolment, int32_t *unit_id)
{
    struct gv_event event = {.kind = GV_EVENT_ENROL, .actor = enrolment->unit};
    struct gv_unit_log log;
    bool again;
    gv_err err = gv_store_unit_lock_code(store, enrolment->unit, &log);

    if (err == GV_ENOTFOUND) /* who has no token learns nothing of units */
        return gv_db_refuse(store, GV_EDENIED, "no such token for this unit");
    if (err != GV_OK)
        return err;
    err = check_token(store, log.unit_id, enrolment, &again);
    if (err != GV_OK)
        return err;
    *unit_id = log.unit_id;
    if (again)
        return GV_OK; /* the lock wrote: the answer waits for a standby all the same */
    err = set_keys(store, log.unit_id, enrolment);
    if (err != GV_OK)
        return err;
    event.unit_id = log.unit_id;
    event.disposition = GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_APPLIED;
    event.text = log.has_key ? "enrolled anew: it may adopt the deployment's logs" : NULL;
    err = note(store, &event);
    if (err != GV_OK)
        return err;
    return gv_db_run(store, "keys_bump");
}

gv_err gv_store_enrol(gv_store *store, const struct gv_enrolment *enrolment, int32_t *unit_id)
{
    bool mine;
    int32_t id = 0;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK)
        err = enrol(store, enrolment, &id);
    err = gv_db_leave(store, mine, err);
    if (err == GV_OK && unit_id != NULL)
        *unit_id = id;
    return err;
}

/* ---- rotation -------------------------------------------------------------------------------
 */

gv_err gv_store_key_history(gv_store *store, int32_t unit_id, const gv_id *key_id,
                            struct gv_key_history *out)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_err err;

    gv_args_init(&args, store, "key_history");
    gv_put_int(&args, unit_id);
    gv_put_id(&args, key_id);
    err = gv_db_exec(&args, &result);
    if (err == GV_OK)
        *out = (struct gv_key_history){gv_get_bool(result, 0, 0), gv_get_u64(result, 0, 1)};
    PQclear(result);
    return err;
}

static gv_err take_place(gv_store *store, const PGresult *due, int row)
{
    struct gv_event event = {.kind = GV_EVENT_KEY,
                             .disposition = GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_APPLIED};
    struct gv_args args;
    char text[33];
    gv_id key_id;
    gv_code code;
    gv_err err;

    event.unit_id = (int32_t)gv_get_int(due, row, 0);
    gv_get_code(due, row, 1, &code);
    gv_get_id(due, row, 2, &key_id);
    gv_hex(key_id.b, sizeof key_id.b, text);
    event.actor = code.s;
    event.text = text;
    gv_args_init(&args, store, "unit_key_follow");
    gv_put_int(&args, event.unit_id);
    gv_put_id(&args, &key_id);
    err = gv_db_exec(&args, NULL);
    return err == GV_OK ? note(store, &event) : err;
}

gv_err gv_store_keys_due(gv_store *store, size_t *count)
{
    struct gv_args args;
    PGresult *result = NULL;
    bool mine;
    size_t n = 0;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK) {
        gv_args_init(&args, store, "keys_due");
        gv_put_int(&args, DUE_SLICE);
        err = gv_db_exec(&args, &result);
    }
    for (int i = 0; err == GV_OK && i < PQntuples(result); i++, n++)
        err = take_place(store, result, i);
    if (err == GV_OK && n > 0)
        err = gv_db_run(store, "keys_bump");
    PQclear(result);
    err = gv_db_leave(store, mine, err);
    if (err == GV_OK)
        *count = n;
    return err;
}

/* ---- loss -------------------------------------------------------------------------------------
 */

static gv_err revoke(gv_store *store, const char *unit, const gv_id *key_id, const gv_id *act_id)
{
    struct gv_args args;
    struct gv_unit_log log;
    gv_err err = gv_store_unit_lock_code(store, unit, &log);

    if (err != GV_OK)
        return err;
    gv_args_init(&args, store, "unit_key_revoke");
    gv_put_int(&args, log.unit_id);
    gv_put_id(&args, key_id);
    gv_put_id(&args, act_id);
    err = gv_db_exec(&args, NULL);
    if (err != GV_OK)
        return err;
    if (gv_db_affected(store) == 0)
        return gv_db_refuse(store, GV_ENOTFOUND, "the unit has no such key");
    gv_args_init(&args, store, "unit_log_revoke");
    gv_put_int(&args, log.unit_id);
    err = gv_db_exec(&args, NULL);
    if (err != GV_OK)
        return err;
    return gv_db_run(store, "keys_bump");
}

gv_err gv_store_key_revoke(gv_store *store, const char *unit, const gv_id *key_id,
                           const gv_id *act_id)
{
    bool mine;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK)
        err = revoke(store, unit, key_id, act_id);
    return gv_db_leave(store, mine, err);
}

/* *changed: it was not so before. */
static gv_err set_quarantine(gv_store *store, int32_t unit_id, const char *why, bool *changed)
{
    struct gv_args args;
    gv_err err;

    gv_args_init(&args, store, "unit_quarantine");
    gv_put_int(&args, unit_id);
    gv_put_text(&args, why);
    err = gv_db_exec(&args, NULL);
    if (err != GV_OK)
        return err;
    *changed = gv_db_affected(store) > 0;
    return *changed ? gv_db_run(store, "keys_bump") : GV_OK;
}

gv_err gv_store_quarantine(gv_store *store, int32_t unit_id, const char *why)
{
    struct gv_event event = {
        .kind = GV_EVENT_SESSION,
        .unit_id = unit_id,
        .disposition = GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_REFUSED,
        .error = GV_EQUARANTINE,
        .text = why,
    };
    bool mine;
    bool changed = false;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK)
        err = set_quarantine(store, unit_id, why, &changed);
    if (err == GV_OK && changed)
        err = note(store, &event);
    return gv_db_leave(store, mine, err);
}

gv_err gv_store_quarantine_lift(gv_store *store, const char *unit)
{
    struct gv_event event = {
        .kind = GV_EVENT_SESSION,
        .disposition = GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_APPLIED,
        .text = "quarantine lifted: it may adopt the deployment's logs",
    };
    struct gv_unit_log log = {0};
    bool mine;
    bool changed = false;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK)
        err = gv_store_unit_lock_code(store, unit, &log);
    if (err == GV_OK)
        err = set_quarantine(store, log.unit_id, NULL, &changed);
    if (err == GV_OK && !changed)
        err = gv_db_refuse(store, GV_ESTATE, "the unit is not quarantined");
    event.unit_id = log.unit_id;
    if (err == GV_OK)
        err = note(store, &event);
    return gv_db_leave(store, mine, err);
}
