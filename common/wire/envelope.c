/*
 * envelope.c - reads two known fields by hand: no allocation, no copy of the payload, and nothing
 * of protobuf-c between the socket and the signature. The bytes written are those that protobuf
 * writes.
 */
#include "wire/envelope.h"

#include <string.h>

#include "crypto/hash.h"
#include "crypto/sign.h"

#define TAG_BYTES(number) ((uint8_t)((number) << 3 | 2))

struct reader {
    const uint8_t *at;
    size_t left;
};

static bool take_length(struct reader *r, size_t *out)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 35; shift += 7) {
        uint8_t byte;

        if (r->left == 0)
            return false;
        byte = *r->at++;
        r->left--;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *out = (size_t)value;
            return value <= r->left;
        }
    }
    return false;
}

/* The next length-delimited field: its tag byte and its bytes. Every other wire type is refused. */
static bool take_field(struct reader *r, uint8_t *tag, struct gv_slice *value)
{
    if (r->left == 0)
        return false;
    *tag = *r->at++;
    r->left--;
    if (!take_length(r, &value->len))
        return false;
    value->data = r->at;
    r->at += value->len;
    r->left -= value->len;
    return true;
}

static gv_err read_signature(struct gv_slice bytes, struct gv_signature *out)
{
    struct reader r = {bytes.data, bytes.len};
    struct gv_slice key_id, signature;
    uint8_t tag;

    if (!take_field(&r, &tag, &key_id) || tag != TAG_BYTES(1) || key_id.len != sizeof out->key_id.b)
        return GV_EBADMSG;
    if (!take_field(&r, &tag, &signature) || tag != TAG_BYTES(2) ||
        signature.len != sizeof out->bytes)
        return GV_EBADMSG;
    if (r.left != 0)
        return GV_EBADMSG;
    memcpy(out->key_id.b, key_id.data, key_id.len);
    memcpy(out->bytes, signature.data, signature.len);
    return GV_OK;
}

gv_err gv_envelope_read(struct gv_slice bytes, struct gv_envelope *out)
{
    struct reader r = {bytes.data, bytes.len};
    struct gv_slice fields[GV_SIGNATURES_MAX] = {0};
    struct gv_envelope envelope = {0};
    uint8_t tag;

    if (!take_field(&r, &tag, &envelope.payload) || tag != TAG_BYTES(1) ||
        envelope.payload.len == 0)
        return GV_EBADMSG;
    while (r.left > 0) {
        struct gv_slice field;

        if (!take_field(&r, &tag, &field) || tag != TAG_BYTES(2))
            return GV_EBADMSG;
        if (envelope.signature_count == GV_SIGNATURES_MAX)
            return GV_ETOOBIG;
        fields[envelope.signature_count++] = field;
    }
    for (size_t i = 0; i < envelope.signature_count; i++) {
        gv_err err = read_signature(fields[i], &envelope.signatures[i]);

        if (err != GV_OK)
            return err;
    }
    *out = envelope;
    return GV_OK;
}

gv_err gv_envelope_verify_by(const struct gv_envelope *envelope, const char *context,
                             const gv_id *key_id, const uint8_t sign_pk[32])
{
    for (size_t i = 0; i < envelope->signature_count; i++) {
        if (gv_id_eq(&envelope->signatures[i].key_id, key_id))
            return gv_verify(context, envelope->payload, sign_pk, envelope->signatures[i].bytes);
    }
    return GV_ENOTFOUND;
}

gv_err gv_envelope_verify(const struct gv_envelope *envelope, const char *context,
                          const uint8_t sign_pk[32])
{
    gv_id key_id;

    gv_key_id(sign_pk, &key_id);
    return gv_envelope_verify_by(envelope, context, &key_id, sign_pk);
}

static void put_field(struct gv_buf *out, uint8_t tag, const void *data, size_t len)
{
    size_t rest = len;

    gv_buf_append(out, &tag, 1);
    while (rest >= 0x80) {
        gv_buf_putc(out, (char)(rest | 0x80));
        rest >>= 7;
    }
    gv_buf_putc(out, (char)rest);
    gv_buf_append(out, data, len);
}

gv_err gv_envelope_seal(const char *context, struct gv_slice payload,
                        const struct gv_key *const *keys, size_t key_count, struct gv_buf *out)
{
    if (key_count > GV_SIGNATURES_MAX || payload.len == 0)
        return GV_EUSAGE;
    put_field(out, TAG_BYTES(1), payload.data, payload.len);
    for (size_t i = 0; i < key_count; i++) {
        uint8_t field[2 + 16 + 2 + 64] = {TAG_BYTES(1), 16};
        gv_err err = gv_sign(context, payload, keys[i], field + 20);

        if (err != GV_OK)
            return err;
        memcpy(field + 2, keys[i]->key_id.b, 16);
        field[18] = TAG_BYTES(2);
        field[19] = 64;
        put_field(out, TAG_BYTES(2), field, sizeof field);
    }
    return gv_buf_ok(out) ? GV_OK : GV_ENOMEM;
}
