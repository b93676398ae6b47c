/* links: gv_mutator gv_wire gv_crypto gv_base */
/* fuzz_envelope.c - frame to envelope to payload, as a coordinator reads it; then the same payload
 * in an envelope of our own. */
#include <assert.h>

#include "../fixture/trust.h"
#include "giaoviec/v1/envelope.pb-c.h"
#include "holds.h"
#include "mutator.h"

static struct shape shape(uint8_t first)
{
    (void)first;
    return shape_frame();
}

FUZZ_MUTATOR(0, shape);

/* Written by us, it is read as it was, and both signatures hold for this context alone. */
static void seal_again(const struct gv_envelope *envelope)
{
    static struct gv_key *keys[2];
    struct gv_envelope again;
    struct gv_buf bytes;

    if (keys[0] == NULL) {
        keys[0] = fixture_key("SO-YT", 0x01);
        keys[1] = fixture_key("c1", 0x20);
    }
    gv_buf_init(&bytes);
    assert(gv_envelope_seal(GV_CTX_MESSAGE, envelope->payload, (const struct gv_key **)keys, 2,
                            &bytes) == GV_OK);
    assert(gv_envelope_read(bytes_of(&bytes), &again) == GV_OK && again.signature_count == 2);
    assert(again.payload.len == envelope->payload.len &&
           memcmp(again.payload.data, envelope->payload.data, again.payload.len) == 0);
    assert(gv_envelope_verify(&again, GV_CTX_MESSAGE, keys[1]->sign_pk) == GV_OK);
    assert(gv_envelope_verify(&again, GV_CTX_ACT, keys[1]->sign_pk) == GV_ESIGNATURE);
    gv_buf_fini(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t nobody[32];
    const ProtobufCMessage *payload;
    struct gv_envelope envelope;
    gv_arena *arena;

    if (gv_crypto_init() != GV_OK ||
        gv_envelope_read((struct gv_slice){data, size}, &envelope) != GV_OK)
        return 0;
    assert(envelope.payload.len > 0 && envelope.payload.len < size);
    assert(gv_envelope_verify(&envelope, GV_CTX_MESSAGE, nobody) != GV_OK);
    seal_again(&envelope);
    arena = gv_arena_new(16 * size + 1024);
    payload = arena != NULL
                  ? gv_pb_unpack(&giaoviec__v1__payload__descriptor, envelope.payload, arena)
                  : NULL;
    if (payload != NULL)
        message_holds(payload);
    gv_arena_free(arena);
    return 0;
}
