/* links: gv_mutator gv_trust gv_wire gv_crypto gv_base */
/* fuzz_keyset.c - any bytes as a keyset; then what they hold, signed by the root. */
#include <assert.h>

#include "../fixture/trust.h"
#include "holds.h"
#include "mutator.h"

static struct fixture f;

static struct shape shape(uint8_t first)
{
    (void)first;
    return shape_keyset();
}

FUZZ_MUTATOR(0, shape);

/* What was believed can be published again. */
static void seal_again(const struct gv_keyset *keyset)
{
    struct gv_buf bytes;
    gv_err err;

    if (!message_holds(&keyset->set->base) || keyset->set->root_key.len != 32 ||
        memcmp(keyset->set->root_key.data, f.root->sign_pk, 32) != 0)
        return;
    gv_buf_init(&bytes);
    assert(gv_keyset_seal(keyset->set, f.admin, &bytes) == GV_EUSAGE && bytes.len == 0);
    err = gv_keyset_seal(keyset->set, f.root, &bytes);
    assert(err == GV_OK || err == GV_ETOOBIG);
    gv_buf_fini(&bytes);
    err = gv_keyset_follows(f.keyset, keyset);
    assert(err == GV_OK || keyset->version <= f.keyset->version ||
           !gv_id_eq(&keyset->deployment, &f.keyset->deployment));
    err = gv_keyset_follows(keyset, f.keyset);
    assert(!gv_id_eq(&keyset->deployment, &f.keyset->deployment) ? err == GV_ERECIPIENT
           : keyset->version > f.keyset->version                 ? err == GV_EVERSION
           : keyset->version < f.keyset->version                 ? err == GV_OK
                                                 : err == GV_EEXISTS || err == GV_EFORK);
}

/* What is opened can be relied on without a further look. */
static void try_open(struct gv_slice bytes, const gv_hash *root_hash)
{
    struct gv_keyset *keyset = NULL;

    if (gv_keyset_open(bytes, root_hash, &keyset) != GV_OK)
        return;
    assert(keyset->version > 0 && keyset->set->n_coordinators > 0);
    for (size_t i = 0; i < keyset->set->n_persons; i++) {
        const Giaoviec__V1__PersonInfo *person = keyset->set->persons[i];

        assert(gv_person_roles(person) != 0 && person->sign_key.len == 32);
        assert(gv_keyset_person(keyset, person->code) == person);
        assert(gv_keyset_person_by_key(keyset, &keyset->person_keys[i]) == person);
        assert(gv_keyset_coordinator(keyset, person->code) == NULL);
    }
    for (size_t i = 0; i < keyset->set->n_former; i++) {
        const gv_id *key_id = &keyset->person_keys[keyset->set->n_persons + i];

        assert(gv_keyset_person_by_key(keyset, key_id) == NULL);
        assert(gv_keyset_past_signer(keyset, key_id) == keyset->set->former[i]);
    }
    for (size_t i = 0; i < keyset->set->n_coordinators; i++)
        assert(gv_keyset_person(keyset, keyset->set->coordinators[i]->code) == NULL);
    assert(gv_keyset_follows(keyset, keyset) == GV_EEXISTS);
    seal_again(keyset);
    gv_keyset_free(keyset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct gv_slice bytes = {data, size};
    const struct gv_key *keys[1];
    struct gv_envelope envelope;
    struct gv_buf again;
    gv_hash root_hash;

    if (f.keyset == NULL)
        fixture_init(&f);
    keys[0] = f.root;
    gv_root_hash(f.root->sign_pk, &root_hash);
    try_open(bytes, NULL);
    if (gv_envelope_read(bytes, &envelope) != GV_OK)
        return 0;
    gv_buf_init(&again);
    if (gv_envelope_seal(GV_CTX_KEYSET, envelope.payload, keys, 1, &again) == GV_OK)
        try_open(bytes_of(&again), &root_hash);
    gv_buf_fini(&again);
    return 0;
}
