/*
 * enrol.h - the one-time token that a unit gets from an administrator, and the statement by which
 * it binds its two keys to its name.
 */
#ifndef GV_ENROL_H
#define GV_ENROL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "crypto/key.h"
#include "trust/keyset.h"

struct gv_token {
    gv_id deployment;
    char endpoint[128];    /* enrolment endpoint */
    uint8_t server_pk[32]; /* its CURVE key */
    gv_hash root_hash;
    gv_code unit;
    uint8_t secret[16];
};

/* "gv1." + base64url (no padding) of EnrolToken. */
GV_MUSTCHECK gv_err gv_token_format(const struct gv_token *token, struct gv_buf *out);
/* White space around it is ignored. GV_EBADMSG. */
GV_MUSTCHECK gv_err gv_token_parse(const char *s, size_t len, struct gv_token *out);
void gv_token_secret_hash(const uint8_t secret[16], gv_hash *out); /* what the database keeps */

/* Appends the signed EnrolStatement (envelope bytes). */
GV_MUSTCHECK gv_err gv_enrol_seal(const struct gv_token *token, const struct gv_key *key,
                                  int64_t now_us, struct gv_buf *out);

struct gv_enrol_statement {
    gv_code unit;
    uint8_t sign_pk[32];
    uint8_t curve_pk[32];
    gv_id key_id;
    gv_hash token_hash;
};
/* Signed by the key that it names, for this deployment. GV_EBADMSG, GV_ESIGNATURE, GV_ERECIPIENT.
 */
GV_MUSTCHECK gv_err gv_enrol_open(struct gv_slice bytes, const gv_id *deployment, gv_arena *arena,
                                  struct gv_enrol_statement *out);

/* What the enrolment endpoint answered. */
struct gv_enrol_answer {
    struct gv_keyset *keyset; /* the caller's; NULL with an error */
    gv_err error;             /* GV_OK: enrolled */
    uint32_t retry_after_ms;  /* BUSY */
    const char *text;         /* ERROR: in the arena; "" otherwise */
};
/*
 * ENROLLED: the keyset chains to the token's root, names a coordinator with the token's CURVE key,
 * and that one signed the answer. ERROR and BUSY are believed on the word of the CURVE connection
 * alone: they only say to try again, or not. GV_EBADMSG, GV_ESIGNATURE, GV_ERECIPIENT, GV_EDENIED
 * (another kind of message).
 */
GV_MUSTCHECK gv_err gv_enrol_answer(struct gv_slice frame, const struct gv_token *token,
                                    gv_arena *arena, struct gv_enrol_answer *out);

#endif
