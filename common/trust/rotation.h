/*
 * rotation.h - the statement by which a unit's key in force names the one that follows it. Both
 * sign it: the old one gives the authority, the new one shows that it is there. Any thread.
 */
#ifndef GV_ROTATION_H
#define GV_ROTATION_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "crypto/key.h"

/* Appends the signed RotationStatement (envelope bytes). GV_EUSAGE: the keys are of two units, or
 * the same. */
GV_MUSTCHECK gv_err gv_rotation_seal(const gv_id *deployment, const struct gv_key *from,
                                     const struct gv_key *to, int64_t now_us, struct gv_buf *out);

struct gv_rotation {
    gv_id key_id; /* of the key that follows */
    uint8_t sign_pk[32];
    uint8_t curve_pk[32];
};

/*
 * Signed by from_pk, the key in force of unit, and by the key that it names, for this deployment.
 * GV_EBADMSG, GV_ESIGNATURE, GV_EDENIED (another unit, or not from this key), GV_ERECIPIENT.
 */
GV_MUSTCHECK gv_err gv_rotation_open(struct gv_slice bytes, const gv_id *deployment,
                                     const gv_code *unit, const uint8_t from_pk[32],
                                     gv_arena *arena, struct gv_rotation *out);

#endif
