/* enrol.c - token strings, enrolment statements, and what a new unit believes of the answer. */
#include "trust/enrol.h"

#include <string.h>

#include "base/base64.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "giaoviec/v1/envelope.pb-c.h"
#include "wire/envelope.h"
#include "wire/message.h"
#include "wire/pb_arena.h"

#define TOKEN_PREFIX    "gv1."
#define TOKEN_MAX_BYTES 1024
#define TOKEN_ARENA_CAP 16384
#define STATEMENT_MAX   4096

static bool is_zero(const uint8_t *bytes, size_t len)
{
    uint8_t all = 0;

    for (size_t i = 0; i < len; i++)
        all |= bytes[i];
    return all == 0;
}

gv_err gv_token_format(const struct gv_token *token, struct gv_buf *out)
{
    Giaoviec__V1__EnrolToken pb = GIAOVIEC__V1__ENROL_TOKEN__INIT;
    char endpoint[sizeof token->endpoint], unit[sizeof token->unit.s];
    struct gv_buf bytes;
    gv_err err;

    memcpy(endpoint, token->endpoint, sizeof endpoint);
    memcpy(unit, token->unit.s, sizeof unit);
    pb.deployment = gv_pb_bytes(token->deployment.b, sizeof token->deployment.b);
    pb.endpoint = endpoint;
    pb.server_key = gv_pb_bytes(token->server_pk, sizeof token->server_pk);
    pb.root_hash = gv_pb_bytes(token->root_hash.b, sizeof token->root_hash.b);
    pb.unit = unit;
    pb.secret = gv_pb_bytes(token->secret, sizeof token->secret);
    gv_buf_init(&bytes);
    err = gv_pb_pack(&pb.base, &bytes);
    if (err == GV_OK) {
        gv_buf_puts(out, TOKEN_PREFIX);
        gv_base64url_put(out, bytes.data, bytes.len);
        err = gv_buf_ok(out) ? GV_OK : GV_ENOMEM;
    }
    gv_buf_fini(&bytes);
    return err;
}

static gv_err token_from(const Giaoviec__V1__EnrolToken *pb, struct gv_token *out)
{
    struct gv_token token = {0};

    if (gv_id_from(gv_pb_slice(pb->deployment), &token.deployment) != GV_OK ||
        gv_hash_from(gv_pb_slice(pb->root_hash), &token.root_hash) != GV_OK ||
        gv_code_from_str(pb->unit, &token.unit) != GV_OK ||
        pb->server_key.len != sizeof token.server_pk || pb->secret.len != sizeof token.secret)
        return GV_EBADMSG;
    if (strncmp(pb->endpoint, "tcp://", 6) != 0 || strlen(pb->endpoint) >= sizeof token.endpoint)
        return GV_EBADMSG;
    memcpy(token.endpoint, pb->endpoint, strlen(pb->endpoint));
    memcpy(token.server_pk, pb->server_key.data, sizeof token.server_pk);
    memcpy(token.secret, pb->secret.data, sizeof token.secret);
    if (is_zero(token.secret, sizeof token.secret) ||
        is_zero(token.server_pk, sizeof token.server_pk))
        return GV_EBADMSG;
    *out = token;
    return GV_OK;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

gv_err gv_token_parse(const char *s, size_t len, struct gv_token *out)
{
    const size_t prefix = sizeof TOKEN_PREFIX - 1;
    const Giaoviec__V1__EnrolToken *pb;
    gv_arena *arena = NULL;
    struct gv_buf bytes;
    gv_err err = GV_EBADMSG;

    gv_buf_init(&bytes);
    while (len > 0 && is_space(s[0]))
        s++, len--;
    while (len > 0 && is_space(s[len - 1]))
        len--;
    if (len < prefix || len > TOKEN_MAX_BYTES || memcmp(s, TOKEN_PREFIX, prefix) != 0)
        goto out;
    err = gv_base64url_get(s + prefix, len - prefix, &bytes);
    if (err != GV_OK)
        goto out;
    arena = gv_arena_new(TOKEN_ARENA_CAP);
    if (arena == NULL) {
        err = GV_ENOMEM;
        goto out;
    }
    pb = gv_pb_unpack(&giaoviec__v1__enrol_token__descriptor,
                      (struct gv_slice){bytes.data, bytes.len}, arena);
    err = pb != NULL ? token_from(pb, out) : gv_pb_fault(arena);
out:
    gv_arena_free(arena);
    gv_buf_fini(&bytes);
    return err;
}

void gv_token_secret_hash(const uint8_t secret[16], gv_hash *out)
{
    gv_hash_one(GV_CTX_TOKEN, secret, 16, out);
}

gv_err gv_enrol_seal(const struct gv_token *token, const struct gv_key *key, int64_t now_us,
                     struct gv_buf *out)
{
    Giaoviec__V1__EnrolStatement pb = GIAOVIEC__V1__ENROL_STATEMENT__INIT;
    char unit[sizeof token->unit.s];
    struct gv_buf payload;
    gv_err err;

    if (strcmp(key->code.s, token->unit.s) != 0)
        return GV_EUSAGE;
    memcpy(unit, token->unit.s, sizeof unit);
    pb.deployment = gv_pb_bytes(token->deployment.b, sizeof token->deployment.b);
    pb.unit = unit;
    pb.sign_key = gv_pb_bytes(key->sign_pk, sizeof key->sign_pk);
    pb.curve_key = gv_pb_bytes(key->curve_pk, sizeof key->curve_pk);
    pb.secret = gv_pb_bytes(token->secret, sizeof token->secret);
    pb.time_us = now_us;
    gv_buf_init(&payload);
    err = gv_pb_pack(&pb.base, &payload);
    if (err == GV_OK)
        err = gv_envelope_seal(GV_CTX_ENROLMENT, (struct gv_slice){payload.data, payload.len}, &key,
                               1, out);
    gv_buf_fini(&payload);
    return err;
}

static gv_err statement_from(const Giaoviec__V1__EnrolStatement *pb, struct gv_enrol_statement *out)
{
    struct gv_enrol_statement statement;
    gv_err err;

    if (gv_code_from_str(pb->unit, &statement.unit) != GV_OK || pb->secret.len != 16)
        return GV_EBADMSG;
    err = gv_public_keys(gv_pb_slice(pb->sign_key), gv_pb_slice(pb->curve_key), statement.sign_pk,
                         statement.curve_pk, &statement.key_id);
    if (err != GV_OK)
        return err;
    gv_token_secret_hash(pb->secret.data, &statement.token_hash);
    *out = statement;
    return GV_OK;
}

/* The key stands inside what it signs: unpacked first, with a small budget, believed afterwards. */
gv_err gv_enrol_open(struct gv_slice bytes, const gv_id *deployment, gv_arena *arena,
                     struct gv_enrol_statement *out)
{
    const Giaoviec__V1__EnrolStatement *pb;
    struct gv_enrol_statement statement;
    struct gv_envelope envelope;
    gv_id named;
    gv_err err;

    if (bytes.len > STATEMENT_MAX || gv_envelope_read(bytes, &envelope) != GV_OK)
        return GV_EBADMSG;
    if (envelope.signature_count != 1)
        return envelope.signature_count == 0 ? GV_ESIGNATURE : GV_EBADMSG;
    pb = gv_pb_unpack(&giaoviec__v1__enrol_statement__descriptor, envelope.payload, arena);
    if (pb == NULL)
        return gv_pb_fault(arena);
    err = statement_from(pb, &statement);
    if (err != GV_OK)
        return err;
    err = gv_envelope_verify(&envelope, GV_CTX_ENROLMENT, statement.sign_pk);
    if (err != GV_OK)
        return err == GV_ENOMEM ? err : GV_ESIGNATURE;
    if (gv_id_from(gv_pb_slice(pb->deployment), &named) != GV_OK)
        return GV_EBADMSG;
    if (!gv_id_eq(&named, deployment))
        return GV_ERECIPIENT;
    *out = statement;
    return GV_OK;
}

/* ENROLLED brings the keyset that says whose signature it needs. */
static gv_err open_enrolled(struct gv_slice frame, const Giaoviec__V1__Payload *payload,
                            const struct gv_token *token, gv_arena *arena,
                            struct gv_enrol_answer *out)
{
    const Giaoviec__V1__CoordinatorInfo *info;
    const Giaoviec__V1__Enrolled *body;
    struct gv_keyset *keyset = NULL;
    struct gv_message message;
    struct gv_sender sender = {.roles = GV_ROLE_COORDINATOR};
    gv_err err;

    body = gv_pb_unpack(&giaoviec__v1__enrolled__descriptor, gv_pb_slice(payload->body), arena);
    if (body == NULL || gv_code_from(gv_pb_slice(payload->header->sender), &sender.code) != GV_OK) {
        err = gv_pb_fault(arena);
        goto out;
    }
    err = gv_keyset_open(gv_pb_slice(body->keyset), &token->root_hash, &keyset);
    if (err != GV_OK)
        goto out;
    err = GV_ERECIPIENT;
    if (!gv_id_eq(&keyset->deployment, &token->deployment))
        goto out;
    err = GV_EDENIED;
    info = gv_keyset_coordinator(keyset, sender.code.s);
    if (info == NULL || memcmp(info->curve_key.data, token->server_pk, 32) != 0)
        goto out;
    gv_sender_key(&sender, info->sign_key.data);
    err = gv_message_open(frame, &sender, &token->deployment, &token->unit, arena, &message);
    if (err != GV_OK)
        goto out;
    out->keyset = keyset;
    keyset = NULL; /* now the caller's */
out:
    gv_keyset_free(keyset);
    return err;
}

static gv_err open_refusal(const Giaoviec__V1__Payload *payload, gv_arena *arena,
                           struct gv_enrol_answer *out)
{
    if (payload->header->kind == GV_KIND_BUSY) {
        const Giaoviec__V1__Busy *busy =
            gv_pb_unpack(&giaoviec__v1__busy__descriptor, gv_pb_slice(payload->body), arena);

        if (busy == NULL)
            return gv_pb_fault(arena);
        out->error = GV_EAGAIN;
        out->retry_after_ms = busy->retry_after_ms;
    } else {
        const Giaoviec__V1__Error *error =
            gv_pb_unpack(&giaoviec__v1__error__descriptor, gv_pb_slice(payload->body), arena);

        if (error == NULL || error->code == 0)
            return gv_pb_fault(arena);
        out->error = (gv_err)error->code;
        out->text = error->text;
    }
    return GV_OK;
}

gv_err gv_enrol_answer(struct gv_slice frame, const struct gv_token *token, gv_arena *arena,
                       struct gv_enrol_answer *out)
{
    struct gv_enrol_answer answer = {.text = ""};
    const Giaoviec__V1__Payload *payload;
    struct gv_envelope envelope;
    gv_err err;

    if (frame.len > GV_FRAME_MAX_BYTES || gv_envelope_read(frame, &envelope) != GV_OK)
        return GV_EBADMSG;
    payload = gv_pb_unpack(&giaoviec__v1__payload__descriptor, envelope.payload, arena);
    if (payload == NULL || payload->header == NULL)
        return gv_pb_fault(arena);
    switch (payload->header->kind) {
    case GV_KIND_ENROLLED:
        err = open_enrolled(frame, payload, token, arena, &answer);
        break;
    case GV_KIND_ERROR:
    case GV_KIND_BUSY:
        err = open_refusal(payload, arena, &answer);
        break;
    default:
        return GV_EDENIED;
    }
    if (err == GV_OK)
        *out = answer;
    return err;
}
