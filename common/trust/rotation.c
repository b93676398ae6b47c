/* rotation.c - a unit's next key, named and signed. */
#include "trust/rotation.h"

#include <string.h>

#include "crypto/hash.h"
#include "crypto/sign.h"
#include "giaoviec/v1/trust.pb-c.h"
#include "wire/envelope.h"
#include "wire/pb_arena.h"

#define STATEMENT_MAX 4096
#define SIGNERS       2

gv_err gv_rotation_seal(const gv_id *deployment, const struct gv_key *from, const struct gv_key *to,
                        int64_t now_us, struct gv_buf *out)
{
    Giaoviec__V1__RotationStatement pb = GIAOVIEC__V1__ROTATION_STATEMENT__INIT;
    const struct gv_key *const signers[SIGNERS] = {from, to};
    char unit[sizeof from->code.s];
    struct gv_buf payload;
    gv_err err;

    if (strcmp(from->code.s, to->code.s) != 0 || gv_id_eq(&from->key_id, &to->key_id))
        return GV_EUSAGE;
    memcpy(unit, from->code.s, sizeof unit);
    pb.deployment = gv_pb_bytes(deployment->b, sizeof deployment->b);
    pb.unit = unit;
    pb.from = gv_pb_bytes(from->key_id.b, sizeof from->key_id.b);
    pb.sign_key = gv_pb_bytes(to->sign_pk, sizeof to->sign_pk);
    pb.curve_key = gv_pb_bytes(to->curve_pk, sizeof to->curve_pk);
    pb.time_us = now_us;
    gv_buf_init(&payload);
    err = gv_pb_pack(&pb.base, &payload);
    if (err == GV_OK)
        err = gv_envelope_seal(GV_CTX_ROTATION, (struct gv_slice){payload.data, payload.len},
                               signers, SIGNERS, out);
    gv_buf_fini(&payload);
    return err;
}

static gv_err verify(const struct gv_envelope *envelope, const uint8_t sign_pk[32])
{
    gv_err err = gv_envelope_verify(envelope, GV_CTX_ROTATION, sign_pk);

    return err == GV_OK || err == GV_ENOMEM ? err : GV_ESIGNATURE;
}

/* Is it about this deployment, this unit and this key, and another key that follows? */
static gv_err check_names(const Giaoviec__V1__RotationStatement *pb, const gv_id *deployment,
                          const gv_code *unit, const gv_id *from)
{
    gv_id named;

    if (gv_id_from(gv_pb_slice(pb->deployment), &named) != GV_OK)
        return GV_EBADMSG;
    if (!gv_id_eq(&named, deployment))
        return GV_ERECIPIENT;
    if (gv_id_from(gv_pb_slice(pb->from), &named) != GV_OK)
        return GV_EBADMSG;
    return strcmp(pb->unit, unit->s) == 0 && gv_id_eq(&named, from) ? GV_OK : GV_EDENIED;
}

gv_err gv_rotation_open(struct gv_slice bytes, const gv_id *deployment, const gv_code *unit,
                        const uint8_t from_pk[32], gv_arena *arena, struct gv_rotation *out)
{
    const Giaoviec__V1__RotationStatement *pb;
    struct gv_rotation rotation;
    struct gv_envelope envelope;
    gv_id from;
    gv_err err;

    if (bytes.len > STATEMENT_MAX || gv_envelope_read(bytes, &envelope) != GV_OK)
        return GV_EBADMSG;
    if (envelope.signature_count != SIGNERS)
        return GV_ESIGNATURE;
    err = verify(&envelope, from_pk);
    if (err != GV_OK)
        return err;
    pb = gv_pb_unpack(&giaoviec__v1__rotation_statement__descriptor, envelope.payload, arena);
    if (pb == NULL)
        return gv_pb_fault(arena);
    gv_key_id(from_pk, &from);
    err = gv_public_keys(gv_pb_slice(pb->sign_key), gv_pb_slice(pb->curve_key), rotation.sign_pk,
                         rotation.curve_pk, &rotation.key_id);
    if (err == GV_OK)
        err = check_names(pb, deployment, unit, &from);
    if (err == GV_OK && gv_id_eq(&rotation.key_id, &from))
        err = GV_EBADMSG;
    if (err == GV_OK)
        err = verify(&envelope, rotation.sign_pk);
    if (err == GV_OK)
        *out = rotation;
    return err;
}
