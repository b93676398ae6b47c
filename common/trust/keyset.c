/*
 * keyset.c - opened once, then only read. The root key stands inside what it signs, so this is the
 * one document that is unpacked (with a budget) before its signature is verified.
 */
#include "trust/keyset.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "crypto/sign.h"
#include "wire/envelope.h"
#include "wire/message.h"
#include "wire/pb_arena.h"

#define COORDINATORS_MAX 64
#define PERSONS_MAX      2000
#define NAME_MAX_BYTES   256
#define ENDPOINT_MAX     127
#define ARENA_CAP        (32 * (size_t)GV_KEYSET_MAX_BYTES)

void gv_root_hash(const uint8_t root_pk[32], gv_hash *out)
{
    gv_hash_one(GV_CTX_ROOT, root_pk, 32, out);
}

void gv_deployment_id(const uint8_t root_pk[32], bool demonstration, gv_id *out)
{
    const char *mark = demonstration ? "demonstration" : "real";
    const struct gv_slice parts[2] = {{root_pk, 32}, {(const uint8_t *)mark, strlen(mark)}};
    gv_hash hash;

    gv_hash_of(GV_CTX_ROOT, parts, 2, &hash);
    memcpy(out->b, hash.b, sizeof out->b);
}

static bool is_code(const char *s)
{
    gv_code code;

    return gv_code_from_str(s, &code) == GV_OK;
}

static bool is_key(ProtobufCBinaryData key)
{
    static const uint8_t zero[32];

    return key.len == 32 && memcmp(key.data, zero, 32) != 0;
}

static bool is_endpoint(const char *s)
{
    return strncmp(s, "tcp://", 6) == 0 && s[6] != '\0' && strlen(s) <= ENDPOINT_MAX;
}

static bool coordinator_holds(const Giaoviec__V1__CoordinatorInfo *info)
{
    return is_code(info->code) && is_endpoint(info->endpoint) &&
           is_endpoint(info->enrol_endpoint) && is_key(info->curve_key) && is_key(info->sign_key);
}

static bool roles_hold(const Giaoviec__V1__PersonInfo *info)
{
    uint32_t seen = 0;

    for (size_t i = 0; i < info->n_roles; i++) {
        uint32_t bit = info->roles[i] < 32 ? 1u << info->roles[i] : 0;

        if ((bit & GV_ROLE_PERSON) == 0 || (bit & seen) != 0)
            return false;
        seen |= bit;
    }
    return seen != 0;
}

static bool person_holds(const Giaoviec__V1__PersonInfo *info)
{
    if (!is_code(info->code) || info->name[0] == '\0' || strlen(info->name) > NAME_MAX_BYTES ||
        !is_key(info->curve_key) || !is_key(info->sign_key) || !roles_hold(info))
        return false;
    for (size_t i = 0; i < info->n_bodies; i++) {
        if (!is_code(info->bodies[i]))
            return false;
    }
    for (size_t i = 0; i < info->n_fields; i++) {
        if (info->fields[i][0] == '\0' || strlen(info->fields[i]) > NAME_MAX_BYTES)
            return false;
    }
    return true;
}

static int compare_codes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_keys(const void *a, const void *b)
{
    return memcmp(*(const uint8_t *const *)a, *(const uint8_t *const *)b, 32);
}

static bool are_different(const void **items, size_t count,
                          int (*compare)(const void *, const void *))
{
    qsort(items, count, sizeof *items, compare);
    for (size_t i = 1; i < count; i++) {
        if (compare(&items[i - 1], &items[i]) == 0)
            return false;
    }
    return true;
}

/* Persons, then those who have left. */
static const Giaoviec__V1__PersonInfo *person_at(const Giaoviec__V1__Keyset *set, size_t i)
{
    return i < set->n_persons ? set->persons[i] : set->former[i - set->n_persons];
}

static bool is_coordinator(const Giaoviec__V1__Keyset *set, const char *code)
{
    for (size_t i = 0; i < set->n_coordinators; i++) {
        if (strcmp(set->coordinators[i]->code, code) == 0)
            return true;
    }
    return false;
}

/* Codes are unique (one who has left may stand again: a person's key before the present one), and
 * no key is in two hands, nor in one hand twice. */
static gv_err check_uniqueness(const Giaoviec__V1__Keyset *set, gv_arena *arena)
{
    size_t count = set->n_coordinators + set->n_persons + set->n_former, codes = 0, keys = 0;
    const void **code = gv_arena_alloc(arena, count * sizeof *code);
    const void **key = gv_arena_alloc(arena, (2 * count + 1) * sizeof *key);

    if (code == NULL || key == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < set->n_coordinators; i++) {
        code[codes++] = set->coordinators[i]->code;
        key[keys++] = set->coordinators[i]->sign_key.data;
        key[keys++] = set->coordinators[i]->curve_key.data;
    }
    for (size_t i = 0; i < set->n_persons + set->n_former; i++) {
        const Giaoviec__V1__PersonInfo *person = person_at(set, i);

        if (i < set->n_persons)
            code[codes++] = person->code;
        else if (is_coordinator(set, person->code))
            return GV_EBADMSG;
        key[keys++] = person->sign_key.data;
        key[keys++] = person->curve_key.data;
    }
    key[keys++] = set->root_key.data;
    return are_different(code, codes, compare_codes) && are_different(key, keys, compare_keys)
               ? GV_OK
               : GV_EBADMSG;
}

static bool is_revoked(const Giaoviec__V1__Keyset *set, const uint8_t *sign_pk)
{
    gv_id id;

    gv_key_id(sign_pk, &id);
    for (size_t i = 0; i < set->n_revoked; i++) {
        if (memcmp(set->revoked[i].data, id.b, sizeof id.b) == 0)
            return true;
    }
    return false;
}

static bool revocations_hold(const Giaoviec__V1__Keyset *set)
{
    for (size_t i = 0; i < set->n_revoked; i++) {
        if (set->revoked[i].len != sizeof(gv_id))
            return false;
    }
    if (set->n_revoked == 0)
        return true;
    for (size_t i = 0; i < set->n_coordinators; i++) {
        if (is_revoked(set, set->coordinators[i]->sign_key.data))
            return false;
    }
    for (size_t i = 0; i < set->n_persons + set->n_former; i++) {
        if (is_revoked(set, person_at(set, i)->sign_key.data))
            return false;
    }
    return true;
}

static bool deployment_holds(const Giaoviec__V1__Keyset *set)
{
    gv_id named, given;

    if (!is_key(set->root_key) || gv_id_from(gv_pb_slice(set->deployment), &named) != GV_OK)
        return false;
    gv_deployment_id(set->root_key.data, set->demonstration, &given);
    return gv_id_eq(&named, &given);
}

static gv_err check_set(const Giaoviec__V1__Keyset *set, gv_arena *arena)
{
    if (!deployment_holds(set) || set->version == 0 || set->version > INT64_MAX ||
        set->created_us <= 0 || set->n_coordinators == 0 ||
        set->n_coordinators > COORDINATORS_MAX || set->n_persons > PERSONS_MAX ||
        set->n_former > PERSONS_MAX)
        return GV_EBADMSG;
    for (size_t i = 0; i < set->n_coordinators; i++) {
        if (!coordinator_holds(set->coordinators[i]))
            return GV_EBADMSG;
    }
    for (size_t i = 0; i < set->n_persons + set->n_former; i++) {
        if (!person_holds(person_at(set, i)))
            return GV_EBADMSG;
    }
    if (!revocations_hold(set))
        return GV_EBADMSG;
    return check_uniqueness(set, arena);
}

gv_err gv_keyset_seal(const Giaoviec__V1__Keyset *set, const struct gv_key *root,
                      struct gv_buf *out)
{
    gv_arena *arena = gv_arena_new(ARENA_CAP);
    gv_err err = arena != NULL ? check_set(set, arena) : GV_ENOMEM;
    struct gv_buf payload;

    gv_buf_init(&payload);
    if (err == GV_OK && memcmp(set->root_key.data, root->sign_pk, 32) != 0)
        err = GV_EUSAGE;
    if (err == GV_OK)
        err = gv_pb_pack(&set->base, &payload);
    if (err == GV_OK && payload.len > GV_KEYSET_MAX_BYTES - 128)
        err = GV_ETOOBIG;
    if (err == GV_OK)
        err = gv_envelope_seal(GV_CTX_KEYSET, (struct gv_slice){payload.data, payload.len}, &root,
                               1, out);
    gv_buf_fini(&payload);
    gv_arena_free(arena);
    return err;
}

/* Signature first (by the key that the set itself names), then whether that key is the one
 * expected. */
static gv_err check_root(const struct gv_envelope *envelope, const Giaoviec__V1__Keyset *set,
                         const gv_hash *root_hash)
{
    gv_hash hash;
    gv_err err;

    if (envelope->signature_count != 1 || !is_key(set->root_key))
        return GV_EBADMSG;
    err = gv_envelope_verify(envelope, GV_CTX_KEYSET, set->root_key.data);
    if (err != GV_OK)
        return err == GV_ENOMEM ? err : GV_ESIGNATURE;
    gv_root_hash(set->root_key.data, &hash);
    return root_hash == NULL || gv_hash_eq(root_hash, &hash) ? GV_OK : GV_ESIGNATURE;
}

static gv_err fill(struct gv_keyset *keyset)
{
    const Giaoviec__V1__Keyset *set = keyset->set;
    size_t count = set->n_persons + set->n_former;
    gv_id *ids = gv_arena_alloc(keyset->arena, (count + 1) * sizeof *ids);

    if (ids == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < count; i++)
        gv_key_id(person_at(set, i)->sign_key.data, &ids[i]);
    keyset->person_keys = ids;
    keyset->version = set->version;
    keyset->demonstration = set->demonstration;
    return gv_id_from(gv_pb_slice(set->deployment), &keyset->deployment);
}

gv_err gv_keyset_open(struct gv_slice bytes, const gv_hash *root_hash, struct gv_keyset **out)
{
    gv_arena *arena = NULL;
    struct gv_envelope envelope;
    struct gv_keyset *keyset;
    gv_err err;

    if (bytes.len > GV_KEYSET_MAX_BYTES)
        return GV_EBADMSG;
    arena = gv_arena_new(ARENA_CAP);
    keyset = arena != NULL ? gv_arena_zalloc(arena, sizeof *keyset) : NULL;
    if (keyset == NULL) {
        err = GV_ENOMEM;
        goto out;
    }
    keyset->arena = arena;
    keyset->bytes = (struct gv_slice){gv_arena_copy(arena, bytes.data, bytes.len), bytes.len};
    if (keyset->bytes.data == NULL) {
        err = bytes.len == 0 ? GV_EBADMSG : GV_ENOMEM;
        goto out;
    }
    err = GV_EBADMSG;
    if (gv_envelope_read(keyset->bytes, &envelope) != GV_OK)
        goto out;
    keyset->set = gv_pb_unpack(&giaoviec__v1__keyset__descriptor, envelope.payload, arena);
    if (keyset->set == NULL) {
        err = gv_pb_fault(arena);
        goto out;
    }
    err = check_root(&envelope, keyset->set, root_hash);
    if (err == GV_OK)
        err = check_set(keyset->set, arena);
    if (err == GV_OK)
        err = fill(keyset);
    if (err != GV_OK)
        goto out;
    *out = keyset;
    arena = NULL; /* now the keyset's */
out:
    gv_arena_free(arena);
    return err;
}

void gv_keyset_free(struct gv_keyset *keyset)
{
    if (keyset != NULL)
        gv_arena_free(keyset->arena); /* the struct itself lives there */
}

gv_err gv_keyset_follows(const struct gv_keyset *have, const struct gv_keyset *offered)
{
    if (!gv_id_eq(&have->deployment, &offered->deployment))
        return GV_ERECIPIENT;
    if (offered->version > have->version)
        return GV_OK;
    if (offered->version < have->version)
        return GV_EVERSION;
    return offered->bytes.len == have->bytes.len &&
                   memcmp(offered->bytes.data, have->bytes.data, have->bytes.len) == 0
               ? GV_EEXISTS
               : GV_EFORK;
}

const Giaoviec__V1__CoordinatorInfo *gv_keyset_coordinator(const struct gv_keyset *keyset,
                                                           const char *code)
{
    for (size_t i = 0; i < keyset->set->n_coordinators; i++) {
        if (strcmp(keyset->set->coordinators[i]->code, code) == 0)
            return keyset->set->coordinators[i];
    }
    return NULL;
}

const Giaoviec__V1__PersonInfo *gv_keyset_person(const struct gv_keyset *keyset, const char *code)
{
    for (size_t i = 0; i < keyset->set->n_persons; i++) {
        if (strcmp(keyset->set->persons[i]->code, code) == 0)
            return keyset->set->persons[i];
    }
    return NULL;
}

static const Giaoviec__V1__PersonInfo *by_key(const struct gv_keyset *keyset, const gv_id *key_id,
                                              size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (gv_id_eq(&keyset->person_keys[i], key_id))
            return person_at(keyset->set, i);
    }
    return NULL;
}

const Giaoviec__V1__PersonInfo *gv_keyset_person_by_key(const struct gv_keyset *keyset,
                                                        const gv_id *key_id)
{
    return by_key(keyset, key_id, keyset->set->n_persons);
}

const Giaoviec__V1__PersonInfo *gv_keyset_past_signer(const struct gv_keyset *keyset,
                                                      const gv_id *key_id)
{
    return by_key(keyset, key_id, keyset->set->n_persons + keyset->set->n_former);
}

uint32_t gv_person_roles(const Giaoviec__V1__PersonInfo *person)
{
    uint32_t roles = 0;

    for (size_t i = 0; i < person->n_roles; i++)
        roles |= person->roles[i] < 32 ? 1u << person->roles[i] : 0;
    return roles & GV_ROLE_PERSON;
}
