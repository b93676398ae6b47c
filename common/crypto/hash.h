/*
 * hash.h - SHA-256 with domain separation, and the pre-authentication encoding that is hashed and
 * signed: PAE(p1 … pn) = "GVPAE1" || le64(n) || le64(len p1) || p1 || … || le64(len pn) || pn
 * H(context, parts…) = SHA-256(PAE(context, parts…)). Any thread after gv_crypto_init().
 */
#ifndef GV_HASH_H
#define GV_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"

#define GV_CTX_KEY   "giaoviec/v1/key"
#define GV_CTX_LOG   "giaoviec/v1/log"
#define GV_CTX_BLOB  "giaoviec/v1/blob"
#define GV_CTX_TOKEN "giaoviec/v1/token"
#define GV_CTX_ROOT  "giaoviec/v1/root"
#define GV_CTX_LEAF  "giaoviec/v1/leaf"
#define GV_CTX_NODE  "giaoviec/v1/node"

/* Once, before anything else of crypto/. GV_EBUG when libsodium cannot start. */
GV_MUSTCHECK gv_err gv_crypto_init(void);

void gv_hash_of(const char *context, const struct gv_slice *parts, size_t count, gv_hash *out);
void gv_hash_one(const char *context, const void *data, size_t len, gv_hash *out);
/* h(n) of a log: H(log, h(n-1), entry). The hash of the empty log is 32 zero bytes. */
void gv_hash_chain(const gv_hash *before, struct gv_slice entry, gv_hash *out);
/* For tables whose places nobody outside may choose: SipHash-2-4 under a secret key. */
uint64_t gv_hash_place(const uint8_t key[16], const void *data, size_t len);
/* First 16 bytes of H(key, Ed25519 public key). */
void gv_key_id(const uint8_t sign_pk[32], gv_id *out);
/* What somebody says are the public keys of a principal: 32 bytes each, neither zero, not the same
 * (GV_EBADMSG). *key_id is the signing key's. */
GV_MUSTCHECK gv_err gv_public_keys(struct gv_slice sign, struct gv_slice curve, uint8_t sign_pk[32],
                                   uint8_t curve_pk[32], gv_id *key_id);

#endif
