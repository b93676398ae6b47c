/*
 * sign.h - Ed25519 over PAE(context, payload): what is signed in one context holds in no other.
 * Any thread.
 */
#ifndef GV_SIGN_H
#define GV_SIGN_H

#include "base/err.h"
#include "base/id.h"
#include "crypto/key.h"

#define GV_CTX_MESSAGE   "giaoviec/v1/message"
#define GV_CTX_ACT       "giaoviec/v1/act"
#define GV_CTX_KEYSET    "giaoviec/v1/keyset"
#define GV_CTX_ENROLMENT "giaoviec/v1/enrolment"
#define GV_CTX_ROTATION  "giaoviec/v1/rotation"

GV_MUSTCHECK gv_err gv_sign(const char *context, struct gv_slice payload, const struct gv_key *key,
                            uint8_t signature[64]);
/* GV_ESIGNATURE; GV_ENOMEM. */
GV_MUSTCHECK gv_err gv_verify(const char *context, struct gv_slice payload,
                              const uint8_t sign_pk[32], const uint8_t signature[64]);

#endif
