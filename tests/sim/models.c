/*
 * models.c - stands in, at link time, for clock.c, random.c, sign.c, key.c and log.c. Signatures
 * are a keyed hash whose key is public: here nobody forges, and what is signed is compared all the
 * same.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/sign.h"
#include "fiber.h"

#define BEGIN_US INT64_C(1706000000000000)

/* ---- clock ---- */

int64_t gv_clock_mono_ms(void)
{
    return sim.current != NULL ? process_mono_ms(sim.current) : sim.now_ms;
}

int64_t gv_clock_real_us(void)
{
    return BEGIN_US + sim.now_ms * 1000 + (sim.current != NULL ? sim.current->real_off_us : 0);
}

void gv_clock_sleep_ms(int ms)
{
    fiber_wait(ms);
}

/* ---- random ---- */

void gv_random(void *out, size_t len)
{
    uint8_t *to = out;

    for (size_t i = 0; i < len; i++)
        to[i] = (uint8_t)rnd();
}

void gv_random_id(gv_id *out)
{
    for (size_t i = 0; i < sizeof out->b; i += 4) {
        uint32_t word = rnd();

        memcpy(out->b + i, &word, 4);
    }
}

uint32_t gv_random_u32(void)
{
    return rnd();
}

/* ---- hashes and signatures: sums that nobody here tries to forge, many times as fast ---- */

uint64_t mixed(uint64_t sum, const void *data, size_t len)
{
    const uint8_t *at = data;
    uint64_t word = 0;

    for (size_t n; len > 0; at += n, len -= n) {
        n = len < sizeof word ? len : sizeof word;
        memcpy(&word, at, n);
        sum = (sum ^ word) * 0x9e3779b97f4a7c15;
        sum ^= sum >> 29;
    }
    return sum;
}

static void spread(uint64_t sum, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i += sizeof sum) {
        memcpy(out + i, &sum, sizeof sum);
        sum = mixed(sum, &i, sizeof i);
    }
}

/* libsodium's, for crypto/hash.c alone: what is hashed comes in the same pieces every time. */
int crypto_hash_sha256_init(crypto_hash_sha256_state *state)
{
    state->count = 0;
    return 0;
}

int crypto_hash_sha256_update(crypto_hash_sha256_state *state, const unsigned char *in,
                              unsigned long long len)
{
    state->count = mixed(state->count + len, in, len);
    return 0;
}

int crypto_hash_sha256_final(crypto_hash_sha256_state *state, unsigned char *out)
{
    spread(state->count, out, crypto_hash_sha256_BYTES);
    return 0;
}

static void keyed(const char *context, struct gv_slice payload, const uint8_t sign_pk[32],
                  uint8_t out[64])
{
    uint64_t sum = mixed(payload.len, context, strlen(context));

    sum = mixed(sum, sign_pk, 32);
    spread(mixed(sum, payload.data, payload.len), out, 64);
}

gv_err gv_sign(const char *context, struct gv_slice payload, const struct gv_key *key,
               uint8_t signature[64])
{
    keyed(context, payload, key->sign_pk, signature);
    return GV_OK;
}

gv_err gv_verify(const char *context, struct gv_slice payload, const uint8_t sign_pk[32],
                 const uint8_t signature[64])
{
    uint8_t own[64];

    keyed(context, payload, sign_pk, own);
    return memcmp(own, signature, sizeof own) == 0 ? GV_OK : GV_ESIGNATURE;
}

gv_err gv_key_from_seeds(const gv_code *code, const uint8_t sign_seed[32],
                         const uint8_t curve_sk[32], struct gv_key **out)
{
    struct gv_key *key = calloc(1, sizeof *key);
    gv_hash hash;

    if (key == NULL)
        return GV_ENOMEM;
    key->code = *code;
    gv_hash_one("sim/sign", sign_seed, 32, &hash);
    memcpy(key->sign_pk, hash.b, 32);
    gv_hash_one("sim/curve", curve_sk, 32, &hash);
    memcpy(key->curve_pk, hash.b, 32);
    gv_key_id(key->sign_pk, &key->key_id);
    *out = key;
    return GV_OK;
}

static void seeds_of(const char *name, uint8_t seeds[2][32])
{
    for (int i = 0; i < 2; i++) {
        gv_hash hash;

        gv_hash_one(i == 0 ? "sim/sign-seed" : "sim/curve-seed", name, strlen(name), &hash);
        memcpy(seeds[i], hash.b, 32);
    }
}

gv_err gv_key_new(const gv_code *code, struct gv_key **out)
{
    uint8_t seeds[2][32];

    seeds_of(code->s, seeds);
    return gv_key_from_seeds(code, seeds[0], seeds[1], out);
}

/* DATA/keys/CODE.key: the key is made of the name. */
gv_err gv_key_load(const char *path, struct gv_key **out)
{
    const char *slash = strrchr(path, '/');
    char name[GV_CODE_MAX + 8];
    gv_code code;
    gv_err err;

    snprintf(name, sizeof name, "%s", slash != NULL ? slash + 1 : path);
    if (strstr(name, ".next") != NULL)
        return GV_ENOTFOUND; /* no unit changes its key here */
    if (strchr(name, '.') != NULL)
        *strchr(name, '.') = '\0';
    err = gv_code_from_str(name, &code);
    return err == GV_OK ? gv_key_new(&code, out) : err;
}

gv_err gv_key_save(const struct gv_key *key, const char *path)
{
    (void)key;
    (void)path;
    return GV_OK;
}

void gv_key_free(struct gv_key *key)
{
    free(key);
}

/* ---- log ---- */

void gv_log_init(const char *program, enum gv_log_level max)
{
    (void)program;
    (void)max;
}

void gv_log(enum gv_log_level level, const char *event, const char *fmt, ...)
{
    char line[1024];
    va_list args;

    if (!sim.verbose)
        return;
    va_start(args, fmt);
    vsnprintf(line, sizeof line, fmt, args);
    va_end(args);
    say("<%d> %s %s", (int)level, event, line);
}

const char *gv_log_escape(const char *s, char *out, size_t out_size)
{
    snprintf(out, out_size, "\"%s\"", s);
    return out;
}
