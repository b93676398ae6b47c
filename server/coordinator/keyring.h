/*
 * keyring.h - who may connect and speak, as of one moment: the persons of the keyset and the units'
 * keys of the database. A keyring is immutable; the holder swaps in a newer one. Any thread.
 */
#ifndef GV_KEYRING_H
#define GV_KEYRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"
#include "trust/keyset.h"

struct principal {
    gv_code code;
    uint32_t roles;  /* bits of wire/message.h */
    int32_t unit_id; /* 0: a person */
    bool quarantined;
    gv_id key_id;
    uint8_t sign_pk[32];
    uint8_t curve_pk[32];
    const Giaoviec__V1__PersonInfo *person; /* NULL: a unit. Lives as long as the keyring */
};

typedef struct keyring keyring;

/* Takes the keyset over (also on failure). Units without a key, revoked or ended are left out; one
 * whose next key is named is there with both keys. */
GV_MUSTCHECK gv_err keyring_new(struct gv_keyset *keyset, const struct gv_unit_key *units,
                                size_t count, keyring **out);
void keyring_unref(keyring *ring); /* NULL is fine */

const struct gv_keyset *keyring_keyset(const keyring *ring);
/* NULL when not there. Borrowed: as long as the reference. By code: with the key in force. A key
 * that two have is the person's, else that of the unit which was there first. */
const struct principal *keyring_by_curve(const keyring *ring, const uint8_t curve_pk[32]);
const struct principal *keyring_by_key(const keyring *ring, const gv_id *key_id);
const struct principal *keyring_by_code(const keyring *ring, const char *code);
/* Is one of the two somebody else's than the unit's of that code? Nobody may be turned away because
 * others name his keys. */
bool keyring_is_anothers(const keyring *ring, const gv_code *code, const uint8_t curve_pk[32],
                         const gv_id *key_id);
size_t keyring_units(const keyring *ring); /* how many units may connect */

/* The one place that holds the newest keyring. */
typedef struct keyring_holder keyring_holder;
GV_MUSTCHECK gv_err keyring_holder_new(keyring_holder **out);
void keyring_holder_free(keyring_holder *holder);        /* NULL is fine */
void keyring_put(keyring_holder *holder, keyring *ring); /* takes the reference over */
keyring *keyring_take(keyring_holder *holder); /* a reference of the caller's; NULL: none yet */

#endif
