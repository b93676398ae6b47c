/* act_body.c - one check a kind: sizes, codes, numbers. What needs the database is decided there.
 */
#include "trust/act_body.h"

#include <string.h>

#include "trust/act.h"
#include "trust/entry.h"
#include "wire/pb_arena.h"

#define UNITS_MAX      5000
#define TEXT_MAX_BYTES 512

static bool is_code(const char *s)
{
    gv_code code;

    return gv_code_from_str(s, &code) == GV_OK;
}

static bool is_text(const char *s)
{
    return s[0] != '\0' && strlen(s) <= TEXT_MAX_BYTES;
}

static bool is_id(ProtobufCBinaryData data)
{
    gv_id id;

    return gv_id_from(gv_pb_slice(data), &id) == GV_OK && !gv_id_is_zero(&id);
}

static bool register_units_holds(const Giaoviec__V1__RegisterUnits *body)
{
    if (body->n_units == 0 || body->n_units > UNITS_MAX)
        return false;
    for (size_t i = 0; i < body->n_units; i++) {
        const Giaoviec__V1__UnitInfo *unit = body->units[i];

        if (!is_code(unit->code) || !is_text(unit->name_vi) ||
            strlen(unit->name_en) > TEXT_MAX_BYTES || strlen(unit->group) > TEXT_MAX_BYTES)
            return false;
        for (size_t j = 0; j < unit->n_fields; j++) {
            if (!is_text(unit->fields[j]))
                return false;
        }
    }
    return true;
}

static bool issue_tokens_holds(const Giaoviec__V1__IssueTokens *body)
{
    if (body->n_tokens == 0 || body->n_tokens > UNITS_MAX)
        return false;
    for (size_t i = 0; i < body->n_tokens; i++) {
        const Giaoviec__V1__TokenHash *token = body->tokens[i];

        if (!is_code(token->unit) || token->hash.len != sizeof(gv_hash) || token->expires_us <= 0)
            return false;
    }
    return true;
}

static gv_err body_entry_check(const Giaoviec__V1__BodyEntry *body, gv_arena *arena)
{
    struct gv_report report;

    if (!is_code(body->unit))
        return GV_EBADMSG;
    return gv_report_open(gv_pb_slice(body->entry), arena, &report);
}

static bool plain_body_holds(uint32_t kind, const ProtobufCMessage *message)
{
    switch (kind) {
    case GV_SIGNED_REGISTER_UNITS:
        return register_units_holds((const Giaoviec__V1__RegisterUnits *)message);
    case GV_SIGNED_ISSUE_TOKENS:
        return issue_tokens_holds((const Giaoviec__V1__IssueTokens *)message);
    case GV_SIGNED_APPROVE_BREAKDOWN: {
        const Giaoviec__V1__ApproveBreakdown *body = (const void *)message;

        return is_id(body->directive) && body->version > 0;
    }
    case GV_SIGNED_ISSUE: {
        const Giaoviec__V1__Issue *body = (const void *)message;

        return is_id(body->directive) && body->version > 0 &&
               body->breakdown_digest.len == sizeof(gv_hash);
    }
    case GV_SIGNED_REVOKE_KEY: {
        const Giaoviec__V1__RevokeKey *body = (const void *)message;

        return is_code(body->unit) && is_id(body->key_id);
    }
    case GV_SIGNED_CLOCK_STEP:
        return ((const Giaoviec__V1__ClockStep *)message)->to_us > 0;
    case GV_SIGNED_LIFT_QUARANTINE:
        return is_code(((const Giaoviec__V1__LiftQuarantine *)message)->unit);
    default:
        return true; /* Empty */
    }
}

gv_err gv_act_body(uint32_t kind, struct gv_slice bytes, gv_arena *arena, ProtobufCMessage **out)
{
    const struct gv_act_row *row = gv_act_row(kind);
    ProtobufCMessage *message;
    gv_err err = GV_OK;

    if (row == NULL)
        return GV_EUNSUPPORTED;
    message = gv_pb_unpack(row->body, bytes, arena);
    if (message == NULL)
        return gv_pb_fault(arena);
    if (kind == GV_SIGNED_BODY_ENTRY)
        err = body_entry_check((const Giaoviec__V1__BodyEntry *)message, arena);
    else if (!plain_body_holds(kind, message))
        err = GV_EBADMSG;
    if (err == GV_OK)
        *out = message;
    return err;
}

static bool moves(uint32_t kind)
{
    return kind == GV_SIGNED_TRANSFER || kind == GV_SIGNED_REISSUE;
}

static bool from_holds(uint32_t kind, const Giaoviec__V1__Item *item)
{
    if (!moves(kind))
        return item->from_unit[0] == '\0' && item->from_epoch == 0;
    return is_code(item->from_unit) && strcmp(item->from_unit, item->unit) != 0 &&
           item->from_epoch > 0 && item->epoch - 1 == item->from_epoch;
}

bool gv_item_holds(uint32_t act_kind, const Giaoviec__V1__Item *item)
{
    bool gives_task = act_kind == GV_SIGNED_ISSUE || moves(act_kind);

    if (item->salt.len != 16 || !is_id(item->assignment) || !is_code(item->unit) ||
        item->epoch == 0 || !from_holds(act_kind, item))
        return false;
    if (item->task_digest.len != sizeof(gv_hash) && (gives_task || item->task_digest.len != 0))
        return false;
    if (act_kind != GV_SIGNED_ISSUE)
        return item->role == GIAOVIEC__V1__ASSIGNMENT_ROLE__ASSIGNMENT_ROLE_NONE;
    return item->role >= GIAOVIEC__V1__ASSIGNMENT_ROLE__ASSIGNMENT_ROLE_LEAD &&
           item->role <= GIAOVIEC__V1__ASSIGNMENT_ROLE__ASSIGNMENT_ROLE_FOLLOW;
}
