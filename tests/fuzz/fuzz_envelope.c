/* links: gv_wire gv_crypto gv_base */
/* fuzz_envelope.c - frame to envelope to payload, as a coordinator reads it. */
#include <assert.h>
#include <string.h>

#include "crypto/hash.h"
#include "crypto/sign.h"
#include "giaoviec/v1/envelope.pb-c.h"
#include "wire/envelope.h"
#include "wire/pb_arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t nobody[32];
    struct gv_envelope envelope;
    gv_arena *arena;

    if (gv_crypto_init() != GV_OK ||
        gv_envelope_read((struct gv_slice){data, size}, &envelope) != GV_OK)
        return 0;
    assert(gv_envelope_verify(&envelope, GV_CTX_MESSAGE, nobody) != GV_OK);
    arena = gv_arena_new(16 * size + 1024);
    if (arena != NULL)
        gv_pb_unpack(&giaoviec__v1__payload__descriptor, envelope.payload, arena);
    gv_arena_free(arena);
    return 0;
}
