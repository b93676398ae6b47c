/* keyring.c - three sorted indexes over one array of principals. */
#include "coordinator/keyring.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/plant.h"
#include "crypto/hash.h"
#include "wire/message.h"

struct keyring {
    atomic_int refs;
    struct gv_keyset *keyset;
    struct principal *all; /* units, persons, then the units' next keys */
    size_t count;
    size_t units;
    size_t named;                      /* units and persons */
    const struct principal **by_curve; /* each key once */
    size_t curves;
    const struct principal **by_key; /* each key once */
    size_t keys;
    const struct principal **by_code; /* those that are named */
};

struct keyring_holder {
    pthread_mutex_t lock;
    keyring *current;
};

static const struct principal *at(const void *place)
{
    return *(const struct principal *const *)place;
}

static int curve_order(const void *a, const void *b)
{
    return memcmp(at(a)->curve_pk, at(b)->curve_pk, 32);
}

static int code_order(const void *a, const void *b)
{
    return strcmp(at(a)->code.s, at(b)->code.s);
}

static int key_order(const void *a, const void *b)
{
    return memcmp(at(a)->key_id.b, at(b)->key_id.b, sizeof at(a)->key_id.b);
}

/* Of two with the same key: whose is it? */
static int rank_order(const void *a, const void *b)
{
    const struct principal *x = at(a), *y = at(b);

    if ((x->person != NULL) != (y->person != NULL))
        return x->person != NULL ? -1 : 1;
    return (x > y) - (x < y); /* both are in one array */
}

static int curve_rank_order(const void *a, const void *b)
{
    int order = curve_order(a, b);

    return order != 0 ? order : rank_order(a, b);
}

static int key_rank_order(const void *a, const void *b)
{
    int order = key_order(a, b);

    return order != 0 ? order : rank_order(a, b);
}

/* The first of those that are the same stays. */
static size_t unique(const struct principal **index, size_t count,
                     int (*order)(const void *, const void *))
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || order(&index[kept - 1], &index[i]) != 0)
            index[kept++] = index[i];
    }
    return kept;
}

static bool is_admitted(const struct gv_unit_key *unit)
{
    return unit->has_key && !unit->ended && (!unit->revoked || GV_PLANTED(REVOKED_LIVES));
}

static struct principal *add_unit(keyring *ring, const struct gv_unit_key *unit)
{
    struct principal *p = &ring->all[ring->count++];

    p->code = unit->code;
    p->roles = GV_ROLE_UNIT;
    p->unit_id = unit->unit_id;
    p->quarantined = unit->quarantined;
    return p;
}

static void add_units(keyring *ring, const struct gv_unit_key *units, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct principal *p = is_admitted(&units[i]) ? add_unit(ring, &units[i]) : NULL;

        if (p == NULL)
            continue;
        p->key_id = units[i].key_id;
        memcpy(p->sign_pk, units[i].sign_key, 32);
        memcpy(p->curve_pk, units[i].curve_key, 32);
    }
    ring->units = ring->count;
}

static void add_next_keys(keyring *ring, const struct gv_unit_key *units, size_t count)
{
    ring->named = ring->count;
    for (size_t i = 0; i < count; i++) {
        struct principal *p =
            is_admitted(&units[i]) && units[i].has_next ? add_unit(ring, &units[i]) : NULL;

        if (p == NULL)
            continue;
        p->key_id = units[i].next_key_id;
        memcpy(p->sign_pk, units[i].next_sign_key, 32);
        memcpy(p->curve_pk, units[i].next_curve_key, 32);
    }
}

/* gv_keyset_open() has checked codes and the sizes of keys. */
static gv_err add_persons(keyring *ring)
{
    const Giaoviec__V1__Keyset *set = ring->keyset->set;

    for (size_t i = 0; i < set->n_persons; i++) {
        struct principal *p = &ring->all[ring->count];
        const Giaoviec__V1__PersonInfo *person = set->persons[i];
        gv_err err = gv_code_from_str(person->code, &p->code);

        if (err != GV_OK)
            return err;
        p->roles = gv_person_roles(person);
        p->person = person;
        memcpy(p->sign_pk, person->sign_key.data, 32);
        memcpy(p->curve_pk, person->curve_key.data, 32);
        gv_key_id(p->sign_pk, &p->key_id);
        ring->count++;
    }
    return GV_OK;
}

static gv_err make_indexes(keyring *ring)
{
    size_t room = ring->count > 0 ? ring->count : 1;

    ring->by_curve = calloc(room, sizeof *ring->by_curve);
    ring->by_key = calloc(room, sizeof *ring->by_key);
    ring->by_code = calloc(room, sizeof *ring->by_code);
    if (ring->by_curve == NULL || ring->by_key == NULL || ring->by_code == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < ring->count; i++)
        ring->by_curve[i] = ring->by_key[i] = ring->by_code[i] = &ring->all[i];
    qsort(ring->by_curve, ring->count, sizeof *ring->by_curve, curve_rank_order);
    qsort(ring->by_key, ring->count, sizeof *ring->by_key, key_rank_order);
    ring->curves = unique(ring->by_curve, ring->count, curve_order);
    ring->keys = unique(ring->by_key, ring->count, key_order);
    qsort(ring->by_code, ring->named, sizeof *ring->by_code, code_order);
    return GV_OK;
}

gv_err keyring_new(struct gv_keyset *keyset, const struct gv_unit_key *units, size_t count,
                   keyring **out)
{
    keyring *ring = calloc(1, sizeof *ring);
    gv_err err = GV_ENOMEM;

    if (ring == NULL) {
        gv_keyset_free(keyset);
        return GV_ENOMEM;
    }
    atomic_init(&ring->refs, 1);
    ring->keyset = keyset;
    ring->all = calloc(2 * count + keyset->set->n_persons + 1, sizeof *ring->all);
    if (ring->all == NULL)
        goto out;
    add_units(ring, units, count);
    err = add_persons(ring);
    add_next_keys(ring, units, count);
    if (err == GV_OK)
        err = make_indexes(ring);
    if (err != GV_OK)
        goto out;
    *out = ring;
    ring = NULL;
out:
    keyring_unref(ring);
    return err;
}

void keyring_unref(keyring *ring)
{
    if (ring == NULL || atomic_fetch_sub(&ring->refs, 1) != 1)
        return;
    gv_keyset_free(ring->keyset);
    free(ring->by_curve);
    free(ring->by_code);
    free(ring->by_key);
    free(ring->all);
    free(ring);
}

const struct gv_keyset *keyring_keyset(const keyring *ring)
{
    return ring->keyset;
}

static const struct principal *find(const struct principal *const *index, size_t count,
                                    const struct principal *key,
                                    int (*order)(const void *, const void *))
{
    const struct principal *const *hit = bsearch(&key, index, count, sizeof *index, order);

    return hit != NULL ? *hit : NULL;
}

const struct principal *keyring_by_curve(const keyring *ring, const uint8_t curve_pk[32])
{
    struct principal key = {0};

    memcpy(key.curve_pk, curve_pk, 32);
    return find(ring->by_curve, ring->curves, &key, curve_order);
}

const struct principal *keyring_by_code(const keyring *ring, const char *code)
{
    struct principal key = {0};

    if (gv_code_from_str(code, &key.code) != GV_OK)
        return NULL;
    return find(ring->by_code, ring->named, &key, code_order);
}

const struct principal *keyring_by_key(const keyring *ring, const gv_id *key_id)
{
    struct principal key = {.key_id = *key_id};

    return find(ring->by_key, ring->keys, &key, key_order);
}

bool keyring_is_anothers(const keyring *ring, const gv_code *code, const uint8_t curve_pk[32],
                         const gv_id *key_id)
{
    const struct principal *of[2] = {keyring_by_curve(ring, curve_pk),
                                     keyring_by_key(ring, key_id)};

    for (size_t i = 0; i < 2; i++) {
        if (of[i] != NULL && strcmp(of[i]->code.s, code->s) != 0)
            return true;
    }
    return false;
}

size_t keyring_units(const keyring *ring)
{
    return ring->units;
}

gv_err keyring_holder_new(keyring_holder **out)
{
    keyring_holder *holder = calloc(1, sizeof *holder);

    if (holder == NULL)
        return GV_ENOMEM;
    if (pthread_mutex_init(&holder->lock, NULL) != 0) {
        free(holder);
        return GV_ENOMEM;
    }
    *out = holder;
    return GV_OK;
}

void keyring_holder_free(keyring_holder *holder)
{
    if (holder == NULL)
        return;
    keyring_unref(holder->current);
    pthread_mutex_destroy(&holder->lock);
    free(holder);
}

void keyring_put(keyring_holder *holder, keyring *ring)
{
    keyring *old;

    pthread_mutex_lock(&holder->lock);
    old = holder->current;
    holder->current = ring;
    pthread_mutex_unlock(&holder->lock);
    keyring_unref(old);
}

keyring *keyring_take(keyring_holder *holder)
{
    keyring *ring;

    pthread_mutex_lock(&holder->lock);
    ring = holder->current;
    if (ring != NULL)
        atomic_fetch_add(&ring->refs, 1);
    pthread_mutex_unlock(&holder->lock);
    return ring;
}
