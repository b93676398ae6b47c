/*
 * envelope.h - the outermost layer: payload bytes as sent, and who signed them. Verify before
 * unpacking; never re-serialise; keep what was received.
 */
#ifndef GV_ENVELOPE_H
#define GV_ENVELOPE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/id.h"
#include "crypto/key.h"

#define GV_SIGNATURES_MAX 4

struct gv_signature {
    gv_id key_id;
    uint8_t bytes[64];
};

struct gv_envelope {
    struct gv_slice payload; /* borrowed from the bytes opened */
    struct gv_signature signatures[GV_SIGNATURES_MAX];
    size_t signature_count;
};

/*
 * Reads the outer layer; verifies nothing. The payload borrows from bytes. GV_EBADMSG; GV_ETOOBIG:
 * more than GV_SIGNATURES_MAX signatures, counted before one is looked at.
 */
GV_MUSTCHECK gv_err gv_envelope_read(struct gv_slice bytes, struct gv_envelope *out);

/* GV_ENOTFOUND: no signature by this key. GV_ESIGNATURE: there is one, and it does not hold. */
GV_MUSTCHECK gv_err gv_envelope_verify(const struct gv_envelope *envelope, const char *context,
                                       const uint8_t sign_pk[32]);
/* The same where the key's id is known already: gv_key_id() of sign_pk. */
GV_MUSTCHECK gv_err gv_envelope_verify_by(const struct gv_envelope *envelope, const char *context,
                                          const gv_id *key_id, const uint8_t sign_pk[32]);

/* Appends the envelope of the payload, signed by each of the keys (0 to GV_SIGNATURES_MAX). */
GV_MUSTCHECK gv_err gv_envelope_seal(const char *context, struct gv_slice payload,
                                     const struct gv_key *const *keys, size_t key_count,
                                     struct gv_buf *out);

#endif
