/*
 * keyset.h - who belongs to a deployment: coordinators and persons, signed by its root. Immutable
 * after opening; any thread may read it.
 */
#ifndef GV_KEYSET_H
#define GV_KEYSET_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "crypto/key.h"
#include "giaoviec/v1/trust.pb-c.h"

struct gv_keyset {
    gv_arena *arena;       /* owns everything below */
    struct gv_slice bytes; /* the envelope, as received */
    Giaoviec__V1__Keyset *set;
    gv_id deployment;
    uint64_t version;
    bool demonstration;
    const gv_id *person_keys; /* key ids, in the order of set->persons */
};

#define GV_KEYSET_MAX_BYTES 200000 /* fits into a WELCOME */

/* Signs a keyset by root: appends the envelope bytes. The deployment id must be gv_deployment_id()
 * of root and demonstration. */
GV_MUSTCHECK gv_err gv_keyset_seal(const Giaoviec__V1__Keyset *set, const struct gv_key *root,
                                   struct gv_buf *out);
/*
 * Opens and checks: the root's signature, that root_hash (NULL: not compared) is H(root key), that
 * the deployment id is the one that root key and the demonstration mark give (so a real deployment
 * cannot become a demonstration), sizes of keys, codes unique, roles known, no revoked key in use.
 * GV_EBADMSG, GV_ESIGNATURE. *out is the caller's: gv_keyset_free().
 */
GV_MUSTCHECK gv_err gv_keyset_open(struct gv_slice bytes, const gv_hash *root_hash,
                                   struct gv_keyset **out);
void gv_keyset_free(struct gv_keyset *keyset); /* NULL is fine */

/*
 * May offered take the place of have? GV_ERECIPIENT: another deployment. GV_EEXISTS: it is the
 * same. GV_EFORK: the same version with other bytes. GV_EVERSION: older.
 */
GV_MUSTCHECK gv_err gv_keyset_follows(const struct gv_keyset *have,
                                      const struct gv_keyset *offered);

/* First 16 bytes of H(giaoviec/v1/root, root key, "demonstration" or "real"). */
void gv_deployment_id(const uint8_t root_pk[32], bool demonstration, gv_id *out);
void gv_root_hash(const uint8_t root_pk[32], gv_hash *out);

/* NULL: not there. Borrowed. */
const Giaoviec__V1__CoordinatorInfo *gv_keyset_coordinator(const struct gv_keyset *keyset,
                                                           const char *code);
const Giaoviec__V1__PersonInfo *gv_keyset_person(const struct gv_keyset *keyset, const char *code);
const Giaoviec__V1__PersonInfo *gv_keyset_person_by_key(const struct gv_keyset *keyset,
                                                        const gv_id *key_id);
/* The same, or one who has left in good standing: whose past acts still hold. */
const Giaoviec__V1__PersonInfo *gv_keyset_past_signer(const struct gv_keyset *keyset,
                                                      const gv_id *key_id);
/* Role bits of message.h. */
uint32_t gv_person_roles(const Giaoviec__V1__PersonInfo *person);

#endif
