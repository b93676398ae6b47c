/*
 * key.h - a principal's secrets: one Ed25519 signing key and, apart from it, one X25519 key for
 * CURVE. On disk one text file, mode 0600, five lines:
 *
 *     giaoviec-key 1
 *     code SO-YT
 *     sign <64 hex digits: the seed>
 *     curve <64 hex digits: the secret key>
 *     key-id <32 hex digits: information; must agree>
 *
 * In memory in sodium_malloc: guarded and locked.
 */
#ifndef GV_KEY_H
#define GV_KEY_H

#include "base/err.h"
#include "base/id.h"

struct gv_key {
    gv_code code;
    gv_id key_id;
    uint8_t sign_pk[32];
    uint8_t sign_sk[64]; /* seed, then public key */
    uint8_t curve_pk[32];
    uint8_t curve_sk[32];
};

/* *out is the caller's: gv_key_free(). */
GV_MUSTCHECK gv_err gv_key_new(const gv_code *code, struct gv_key **out);
/* From fixed seeds: test vectors. */
GV_MUSTCHECK gv_err gv_key_from_seeds(const gv_code *code, const uint8_t sign_seed[32],
                                      const uint8_t curve_sk[32], struct gv_key **out);
/* GV_EBADMSG: not a key file. GV_EDENIED: readable by group or others. */
GV_MUSTCHECK gv_err gv_key_load(const char *path, struct gv_key **out);
/* GV_EEXISTS: a key is never overwritten. */
GV_MUSTCHECK gv_err gv_key_save(const struct gv_key *key, const char *path);
void gv_key_free(struct gv_key *key); /* NULL is fine; wipes */

#endif
