/* keys.c - from the database to an immutable keyring. */
#include "coordinator/keys.h"

#include <pthread.h>
#include <string.h>

#include "base/log.h"

#define ARENA_BYTES ((size_t)256 << 20)

/* A keyset may take us out: then nobody shall listen to us any longer. */
static void check_self(struct coordinator *c, const struct gv_keyset *keyset)
{
    const Giaoviec__V1__CoordinatorInfo *info = gv_keyset_coordinator(keyset, c->self.s);

    if (info == NULL || memcmp(info->sign_key.data, c->key->sign_pk, 32) != 0 ||
        memcmp(info->curve_key.data, c->key->curve_pk, 32) != 0)
        coordinator_fail(c, "the keyset does not name this coordinator and its key any more");
}

static gv_err load(struct coordinator *c, gv_store *store, gv_arena *arena)
{
    struct gv_deployment deployment;
    struct gv_unit_key *units;
    struct gv_keyset *keyset = NULL;
    keyring *ring = NULL;
    size_t count = 0;
    uint64_t version = 0;
    gv_err err = gv_store_deployment(store, arena, &deployment);

    if (err == GV_OK)
        err = gv_store_keys(store, arena, &units, &count, &version);
    if (err == GV_OK)
        err = gv_keyset_open(deployment.keyset, &c->root_hash, &keyset);
    if (err == GV_OK && !gv_id_eq(&keyset->deployment, &c->deployment)) {
        gv_keyset_free(keyset);
        return GV_ERECIPIENT;
    }
    if (err == GV_OK)
        err = keyring_new(keyset, units, count, &ring);
    if (err != GV_OK)
        return err;
    log_info("keys", "version=%llu keyset=%llu units=%zu", (unsigned long long)version,
             (unsigned long long)deployment.keyset_version, keyring_units(ring));
    check_self(c, keyring_keyset(ring));
    keyring_put(c->keys, ring);
    return GV_OK;
}

gv_err keys_refresh(struct coordinator *c, gv_store *store)
{
    gv_arena *arena = NULL;
    uint64_t version = 0;
    gv_err err;

    pthread_mutex_lock(&c->keys_lock);
    err = gv_store_keys_version(store, &version);
    if (err == GV_OK && version != c->keys_version) {
        arena = gv_arena_new(ARENA_BYTES);
        err = arena != NULL ? load(c, store, arena) : GV_ENOMEM;
        if (err == GV_OK)
            c->keys_version = version; /* as before: what was changed meanwhile is read again */
    }
    pthread_mutex_unlock(&c->keys_lock);
    gv_arena_free(arena);
    return err;
}
