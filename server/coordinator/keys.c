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

/*
 * A keyset gives way to newer ones only. The database may have lost ours (a dump that was restored,
 * a failover that lost history): whoever was revoked since then stays out. *lost: it is to get it
 * back.
 */
static gv_err keep_newest(struct coordinator *c, struct gv_keyset **keyset, bool *lost)
{
    keyring *ring = keyring_take(c->keys);
    const struct gv_keyset *ours = ring != NULL ? keyring_keyset(ring) : NULL;
    gv_err order = ours != NULL ? gv_keyset_follows(ours, *keyset) : GV_OK;
    gv_err err = GV_OK;

    *lost = order == GV_EVERSION;
    if (order == GV_EVERSION || order == GV_EFORK) {
        log_error(*lost ? "keyset-older" : "keyset-forked", "database=%llu ours=%llu",
                  (unsigned long long)(*keyset)->version, (unsigned long long)ours->version);
        gv_keyset_free(*keyset);
        err = gv_keyset_open(ours->bytes, &c->root_hash, keyset);
    }
    keyring_unref(ring);
    return err;
}

static gv_err give_back(gv_store *store, const struct gv_keyset *keyset)
{
    gv_err err = gv_store_keyset_put(store, keyset->version, keyset->bytes);

    if (err == GV_OK)
        gv_log(GV_LOG_NOTICE, "keyset-given-back", "version=%llu",
               (unsigned long long)keyset->version);
    return err == GV_EVERSION ? GV_OK : err; /* it has a newer one by now: that is read next */
}

static gv_err load(struct coordinator *c, gv_store *store, gv_arena *arena)
{
    struct gv_deployment deployment;
    struct gv_unit_key *units;
    struct gv_keyset *keyset = NULL;
    keyring *ring = NULL;
    size_t count = 0;
    uint64_t version = 0;
    bool lost = false;
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
        err = keep_newest(c, &keyset, &lost);
    if (err == GV_OK)
        err = keyring_new(keyset, units, count, &ring);
    if (err != GV_OK)
        return err;
    log_info("keys", "version=%llu keyset=%llu units=%zu", (unsigned long long)version,
             (unsigned long long)keyset->version, keyring_units(ring));
    check_self(c, keyset);
    keyring_put(c->keys, ring); /* it stays there for as long as we hold keys_lock */
    return lost ? give_back(store, keyset) : GV_OK;
}

void keys_heard(struct coordinator *c, uint64_t version)
{
    unsigned long long newest = atomic_load(&c->keyset_heard);

    while (newest < version && !atomic_compare_exchange_weak(&c->keyset_heard, &newest, version))
        ;
}

/* Who has it got it from a coordinator, which had it from the database. */
static void compare_heard(struct coordinator *c, uint64_t heard)
{
    keyring *ring = keyring_take(c->keys);
    uint64_t ours = ring != NULL ? keyring_keyset(ring)->version : 0;

    if (ours < heard)
        log_error("keyset-older", "ours=%llu heard=%llu do=\"giaoviec keyset publish\"",
                  (unsigned long long)ours, (unsigned long long)heard);
    keyring_unref(ring);
}

gv_err keys_refresh(struct coordinator *c, gv_store *store)
{
    gv_arena *arena = NULL;
    uint64_t version = 0, heard = atomic_exchange(&c->keyset_heard, 0);
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
    if (err == GV_OK)
        compare_heard(c, heard);
    else
        keys_heard(c, heard);
    return err;
}
