/*
 * message.c - the table's rows, and the one way in and out of a frame. What a peer may make us do
 * before its signature is verified: read two fields by hand, and count.
 */
#include "wire/message.h"

#include <string.h>

#include "base/plant.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/sign.h"
#include "giaoviec/v1/act.pb-c.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "giaoviec/v1/envelope.pb-c.h"
#include "giaoviec/v1/query.pb-c.h"
#include "giaoviec/v1/trust.pb-c.h"
#include "wire/pb_arena.h"

/* The words of messages.def. */
enum {
    NOBODY = GV_ROLE_NOBODY,
    UNIT = GV_ROLE_UNIT,
    OFFICE = GV_ROLE_OFFICE,
    ADMIN = GV_ROLE_ADMIN,
    COORDINATOR = GV_ROLE_COORDINATOR,
    PERSON = GV_ROLE_PERSON,
    SIGNED = GV_MSG_SIGNED,
    SESSION = GV_MSG_SESSION,
    REPORTS = GV_MSG_REPORTS,
    ACTS = GV_MSG_ACTS,
    READS = GV_MSG_READS,
    ENROL = GV_MSG_ENROL,
    ROOM = GV_MSG_ROOM,
};

static const struct gv_kind_row rows[GV_KIND_END] = {
#define MSG(name, number, senders, max_bytes, flags, body)                                         \
    [number] = {#name, senders, max_bytes, flags, &giaoviec__v1__##body##__descriptor},
#include "wire/messages.def"
#undef MSG
};

#define MSG(name, number, senders, max_bytes, flags, body)                                         \
    _Static_assert((max_bytes) <= GV_FRAME_MAX_BYTES, #name " is larger than a frame");
#include "wire/messages.def"
#undef MSG

const struct gv_kind_row *gv_kind_row(uint32_t kind)
{
    return kind < GV_KIND_END && rows[kind].name != NULL ? &rows[kind] : NULL;
}

static gv_err pack_payload(const struct gv_head *head, const ProtobufCMessage *body,
                           struct gv_buf *out)
{
    Giaoviec__V1__Header header = GIAOVIEC__V1__HEADER__INIT;
    Giaoviec__V1__Payload payload = GIAOVIEC__V1__PAYLOAD__INIT;
    struct gv_buf bytes;
    gv_err err;

    header.deployment = gv_pb_bytes(head->deployment.b, sizeof head->deployment.b);
    header.sender = gv_pb_bytes(head->sender.s, strlen(head->sender.s));
    header.recipient = gv_pb_bytes(head->recipient.s, strlen(head->recipient.s));
    header.kind = head->kind;
    header.connection = head->connection;
    header.sequence = head->sequence;
    header.message_id = gv_pb_bytes(head->message_id.b, sizeof head->message_id.b);
    if (!gv_id_is_zero(&head->in_reply_to))
        header.in_reply_to = gv_pb_bytes(head->in_reply_to.b, sizeof head->in_reply_to.b);
    header.time_us = head->time_us;
    payload.header = &header;
    gv_buf_init(&bytes);
    err = gv_pb_pack(body, &bytes);
    if (err == GV_OK) {
        payload.body = gv_pb_bytes(bytes.data, bytes.len);
        err = gv_pb_pack(&payload.base, out);
    }
    gv_buf_fini(&bytes);
    return err;
}

gv_err gv_message_seal(struct gv_head *head, const ProtobufCMessage *body, const struct gv_key *key,
                       struct gv_buf *out)
{
    const struct gv_kind_row *row = gv_kind_row(head->kind);
    size_t before = out->len;
    struct gv_buf payload;
    gv_err err;

    if (row == NULL || body->descriptor != row->body || head->sender.s[0] == '\0' ||
        gv_id_is_zero(&head->deployment) || (key == NULL && (row->flags & GV_MSG_SIGNED) != 0))
        return GV_EBUG;
    if (gv_id_is_zero(&head->message_id))
        gv_random_id(&head->message_id);
    gv_buf_init(&payload);
    err = pack_payload(head, body, &payload);
    if (err == GV_OK)
        err = gv_envelope_seal(GV_CTX_MESSAGE, (struct gv_slice){payload.data, payload.len}, &key,
                               key != NULL, out);
    if (err == GV_OK && out->len - before > row->max_bytes)
        err = GV_ETOOBIG;
    if (err != GV_OK && gv_buf_ok(out))
        out->len = before;
    gv_buf_fini(&payload);
    return err;
}

static gv_err read_head(const Giaoviec__V1__Header *header, struct gv_head *out)
{
    struct gv_head head = {.kind = header->kind,
                           .connection = header->connection,
                           .sequence = header->sequence,
                           .time_us = header->time_us};

    if (header->kind == 0 ||
        gv_id_from(gv_pb_slice(header->deployment), &head.deployment) != GV_OK ||
        gv_code_from(gv_pb_slice(header->sender), &head.sender) != GV_OK ||
        gv_id_from(gv_pb_slice(header->message_id), &head.message_id) != GV_OK)
        return GV_EBADMSG;
    if (header->recipient.len > 0 &&
        gv_code_from(gv_pb_slice(header->recipient), &head.recipient) != GV_OK)
        return GV_EBADMSG;
    if (header->in_reply_to.len > 0 &&
        gv_id_from(gv_pb_slice(header->in_reply_to), &head.in_reply_to) != GV_OK)
        return GV_EBADMSG;
    *out = head;
    return GV_OK;
}

void gv_sender_key(struct gv_sender *sender, const uint8_t sign_pk[32])
{
    memcpy(sender->sign_pk, sign_pk, sizeof sender->sign_pk);
    gv_key_id(sign_pk, &sender->key_id);
}

/* A message has one signature at most, and it is its sender's. */
static gv_err check_signature(const struct gv_envelope *envelope, const struct gv_sender *sender,
                              bool *is_signed)
{
    gv_err err;

    if (envelope->signature_count == 0)
        return GV_OK;
    if (envelope->signature_count > 1)
        return GV_EBADMSG;
    err = gv_envelope_verify_by(envelope, GV_CTX_MESSAGE, &sender->key_id, sender->sign_pk);
    if (err != GV_OK && GV_PLANTED(FORGET_UNSIGNED))
        err = GV_OK;
    *is_signed = err == GV_OK;
    return err == GV_OK || err == GV_ENOMEM ? err : GV_ESIGNATURE;
}

/* Whoever has no name yet (the enrolment endpoint) may claim one: it gives him nothing. */
static bool is_sender(const struct gv_sender *sender, const gv_code *claimed)
{
    return sender->roles == GV_ROLE_NOBODY || strcmp(sender->code.s, claimed->s) == 0;
}

static gv_err check_head(const struct gv_head *head, const struct gv_sender *sender,
                         const gv_id *deployment, const gv_code *self)
{
    if (!gv_id_eq(&head->deployment, deployment) && !GV_PLANTED(ANY_DEPLOYMENT))
        return GV_ERECIPIENT;
    if (!is_sender(sender, &head->sender) && !GV_PLANTED(IDENTITY_FROM_FIELD))
        return GV_EDENIED;
    if (head->recipient.s[0] != '\0' && strcmp(head->recipient.s, self->s) != 0)
        return GV_ERECIPIENT;
    return GV_OK;
}

static gv_err check_row(const struct gv_message *message, const struct gv_sender *sender)
{
    const struct gv_kind_row *row = message->row;

    if (row == NULL)
        return GV_EUNSUPPORTED;
    if ((sender->roles & row->senders) == 0 &&
        !(GV_PLANTED(ROLE_UNCHECKED) && message->head.kind == GV_KIND_BLOB_PUT))
        return GV_EDENIED;
    if (message->frame.len > row->max_bytes)
        return GV_ETOOBIG;
    if ((row->flags & GV_MSG_SIGNED) != 0 && !message->is_signed)
        return GV_ESIGNATURE;
    if ((row->flags & GV_MSG_SESSION) != 0 && (sender->roles & GV_ROLE_UNIT) != 0 &&
        (message->head.connection == 0 || message->head.sequence == 0))
        return GV_EBADMSG;
    return GV_OK;
}

gv_err gv_message_open(struct gv_slice frame, const struct gv_sender *sender,
                       const gv_id *deployment, const gv_code *self, gv_arena *arena,
                       struct gv_message *out)
{
    Giaoviec__V1__Payload *payload;
    gv_err err;

    *out = (struct gv_message){.frame = frame};
    if (frame.len > GV_FRAME_MAX_BYTES)
        return GV_ETOOBIG;
    err = gv_envelope_read(frame, &out->envelope);
    if (err == GV_OK)
        err = check_signature(&out->envelope, sender, &out->is_signed);
    if (err != GV_OK)
        return err;
    payload = gv_pb_unpack(&giaoviec__v1__payload__descriptor, out->envelope.payload, arena);
    if (payload == NULL || payload->header == NULL)
        return gv_pb_fault(arena);
    err = read_head(payload->header, &out->head);
    if (err == GV_OK)
        err = check_head(&out->head, sender, deployment, self);
    if (err != GV_OK)
        return err;
    out->row = gv_kind_row(out->head.kind);
    err = check_row(out, sender);
    if (err != GV_OK)
        return err;
    out->body = gv_pb_unpack(out->row->body, gv_pb_slice(payload->body), arena);
    return out->body != NULL ? GV_OK : gv_pb_fault(arena);
}
