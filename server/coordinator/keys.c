/* keys.c - from the database to an immutable keyring. */
#include "coordinator/keys.h"

#include <pthread.h>

#include "base/log.h"

#define ARENA_BYTES ((size_t)256 << 20)

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static uint64_t known_version; /* under one_at_a_time; 0: none yet */

static gv_err load(struct coordinator *c, gv_store *store, gv_arena *arena, uint64_t *version)
{
    struct gv_deployment deployment;
    struct gv_unit_key *units;
    struct gv_keyset *keyset = NULL;
    keyring *ring = NULL;
    size_t count = 0;
    gv_err err = gv_store_deployment(store, arena, &deployment);

    if (err == GV_OK)
        err = gv_store_keys(store, arena, &units, &count, version);
    if (err == GV_OK)
        err = gv_keyset_open(deployment.keyset, &c->root_hash, &keyset);
    if (err == GV_OK)
        err = keyring_new(keyset, units, count, &ring);
    if (err != GV_OK)
        return err;
    log_info("keys", "version=%llu keyset=%llu units=%zu", (unsigned long long)*version,
             (unsigned long long)deployment.keyset_version, keyring_units(ring));
    keyring_put(c->keys, ring);
    return GV_OK;
}

gv_err keys_refresh(struct coordinator *c, gv_store *store)
{
    gv_arena *arena = NULL;
    uint64_t version = 0;
    gv_err err;

    pthread_mutex_lock(&one_at_a_time);
    err = gv_store_keys_version(store, &version);
    if (err == GV_OK && version != known_version) {
        arena = gv_arena_new(ARENA_BYTES);
        err = arena != NULL ? load(c, store, arena, &version) : GV_ENOMEM;
        if (err == GV_OK)
            known_version = version;
    }
    pthread_mutex_unlock(&one_at_a_time);
    gv_arena_free(arena);
    return err;
}
