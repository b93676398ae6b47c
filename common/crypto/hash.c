/* hash.c - the encoding is fed to SHA-256 piece by piece: no copy. */
#include "crypto/hash.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(sizeof(gv_hash) == crypto_hash_sha256_BYTES, "a hash is SHA-256");

gv_err gv_crypto_init(void)
{
    return sodium_init() < 0 ? GV_EBUG : GV_OK;
}

static void feed_le64(crypto_hash_sha256_state *state, uint64_t v)
{
    uint8_t bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(v >> (8 * i));
    crypto_hash_sha256_update(state, bytes, sizeof bytes);
}

static void feed_part(crypto_hash_sha256_state *state, const void *data, size_t len)
{
    feed_le64(state, len);
    crypto_hash_sha256_update(state, data, len);
}

void gv_hash_of(const char *context, const struct gv_slice *parts, size_t count, gv_hash *out)
{
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)"GVPAE1", 6);
    feed_le64(&state, 1 + count);
    feed_part(&state, context, strlen(context));
    for (size_t i = 0; i < count; i++)
        feed_part(&state, parts[i].data, parts[i].len);
    crypto_hash_sha256_final(&state, out->b);
}

void gv_hash_one(const char *context, const void *data, size_t len, gv_hash *out)
{
    struct gv_slice part = {data, len};

    gv_hash_of(context, &part, 1, out);
}

void gv_hash_chain(const gv_hash *before, struct gv_slice entry, gv_hash *out)
{
    struct gv_slice parts[2] = {{before->b, sizeof before->b}, entry};

    gv_hash_of(GV_CTX_LOG, parts, 2, out);
}

uint64_t gv_hash_place(const uint8_t key[16], const void *data, size_t len)
{
    uint8_t hash[crypto_shorthash_BYTES];
    uint64_t place;

    crypto_shorthash(hash, data, len, key);
    memcpy(&place, hash, sizeof place);
    return place;
}

void gv_key_id(const uint8_t sign_pk[32], gv_id *out)
{
    gv_hash hash;

    gv_hash_one(GV_CTX_KEY, sign_pk, 32, &hash);
    memcpy(out->b, hash.b, sizeof out->b);
}

gv_err gv_public_keys(struct gv_slice sign, struct gv_slice curve, uint8_t sign_pk[32],
                      uint8_t curve_pk[32], gv_id *key_id)
{
    if (sign.len != 32 || curve.len != 32 || sodium_is_zero(sign.data, 32) ||
        sodium_is_zero(curve.data, 32) || memcmp(sign.data, curve.data, 32) == 0)
        return GV_EBADMSG;
    memcpy(sign_pk, sign.data, 32);
    memcpy(curve_pk, curve.data, 32);
    gv_key_id(sign_pk, key_id);
    return GV_OK;
}
