/* sign.c - the encoding of hash.h, signed as a whole (never Ed25519ph). */
#include "crypto/sign.h"

#include <sodium.h>
#include <string.h>

#include "base/buf.h"

#define PAE_BYTES (6 + 3 * 8) /* beside context and payload */

static gv_err encode(const char *context, struct gv_slice payload, struct gv_buf *out)
{
    if (gv_buf_room(out, PAE_BYTES + strlen(context) + payload.len) == NULL)
        return GV_ENOMEM;
    gv_buf_reset(out); /* it keeps the room for all of it */
    gv_buf_append(out, "GVPAE1", 6);
    gv_buf_le64(out, 2);
    gv_buf_le64(out, strlen(context));
    gv_buf_puts(out, context);
    gv_buf_le64(out, payload.len);
    gv_buf_append(out, payload.data, payload.len);
    return gv_buf_ok(out) ? GV_OK : GV_ENOMEM;
}

gv_err gv_sign(const char *context, struct gv_slice payload, const struct gv_key *key,
               uint8_t signature[64])
{
    struct gv_buf pae;
    gv_err err;

    gv_buf_init(&pae);
    err = encode(context, payload, &pae);
    if (err == GV_OK && crypto_sign_detached(signature, NULL, pae.data, pae.len, key->sign_sk) != 0)
        err = GV_EBUG;
    gv_buf_fini(&pae);
    return err;
}

gv_err gv_verify(const char *context, struct gv_slice payload, const uint8_t sign_pk[32],
                 const uint8_t signature[64])
{
    struct gv_buf pae;
    gv_err err;

    gv_buf_init(&pae);
    err = encode(context, payload, &pae);
    if (err == GV_OK && crypto_sign_verify_detached(signature, pae.data, pae.len, sign_pk) != 0)
        err = GV_ESIGNATURE;
    gv_buf_fini(&pae);
    return err;
}
