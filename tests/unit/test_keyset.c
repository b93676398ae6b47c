/* links: gv_trust gv_wire gv_crypto gv_base */
/*
 * test_keyset.c - keysets: whose keys hold, which set may follow which; every way in which one
 * might not hold is refused with its own error.
 */
#include "../fixture/trust_group.h"
#include "giaoviec/v1/delivery.pb-c.h"

/* What the set says, signed by key in a context without any check. */
static gv_err open_set(const struct gv_key *key, const char *context, const gv_hash *root_hash)
{
    struct gv_keyset *keyset = NULL;
    struct gv_buf bytes;
    gv_err err;

    gv_buf_init(&bytes);
    fixture_sign(&f.set.base, context, &key, 1, &bytes);
    err = gv_keyset_open(bytes_of(&bytes), root_hash, &keyset);
    assert_true((err == GV_OK) == (keyset != NULL));
    gv_keyset_free(keyset);
    gv_buf_fini(&bytes);
    return err;
}

static gv_err open_changed(void)
{
    gv_err err = open_set(f.root, GV_CTX_KEYSET, NULL);
    struct gv_buf bytes;

    gv_buf_init(&bytes); /* what is refused is not signed either */
    assert_int_equal(gv_keyset_seal(&f.set, f.root, &bytes), err);
    gv_buf_fini(&bytes);
    fixture_set(&f);
    return err;
}

static void test_a_keyset_opens_and_finds_its_people(void **state)
{
    gv_hash root_hash;

    (void)state;
    gv_root_hash(f.root->sign_pk, &root_hash);
    assert_int_equal(open_set(f.root, GV_CTX_KEYSET, &root_hash), GV_OK);
    assert_int_equal(f.keyset->version, 1);
    assert_true(f.keyset->demonstration);
    assert_string_equal(gv_keyset_coordinator(f.keyset, "c1")->endpoint, "tcp://127.0.0.1:5670");
    assert_null(gv_keyset_coordinator(f.keyset, "admin"));
    assert_string_equal(gv_keyset_person(f.keyset, "vp1")->name, "Trần Văn Phòng");
    assert_null(gv_keyset_person(f.keyset, "c1"));
    assert_ptr_equal(gv_keyset_person_by_key(f.keyset, &f.uv1->key_id),
                     gv_keyset_person(f.keyset, "uv1"));
    assert_null(gv_keyset_person_by_key(f.keyset, &f.unit->key_id));
    assert_int_equal(gv_person_roles(gv_keyset_person(f.keyset, "uv1")), GV_ROLE_MEMBER);
}

static void test_a_keyset_of_another_root_or_context_is_refused(void **state)
{
    gv_hash other;

    (void)state;
    gv_root_hash(f.other->sign_pk, &other);
    assert_int_equal(open_set(f.root, GV_CTX_KEYSET, &other), GV_ESIGNATURE);
    assert_int_equal(open_set(f.other, GV_CTX_KEYSET, NULL), GV_ESIGNATURE);
    assert_int_equal(open_set(f.root, GV_CTX_ACT, NULL), GV_ESIGNATURE);
    f.set.root_key =
        gv_pb_bytes(f.other->sign_pk, 32); /* signs itself, but is not the deployment's */
    assert_int_equal(open_set(f.other, GV_CTX_KEYSET, NULL), GV_EBADMSG);
    fixture_set(&f);
}

static void test_a_real_deployment_cannot_become_a_demonstration_nor_back(void **state)
{
    gv_id real;

    (void)state;
    f.set.demonstration = false;
    assert_int_equal(open_changed(), GV_EBADMSG);
    gv_deployment_id(f.root->sign_pk, false, &real);
    assert_false(gv_id_eq(&real, &f.deployment));
    f.set.deployment = gv_pb_bytes(real.b, sizeof real.b);
    assert_int_equal(open_changed(), GV_EBADMSG);
    f.set.deployment = gv_pb_bytes(real.b, sizeof real.b);
    f.set.demonstration = false;
    assert_int_equal(open_changed(), GV_OK); /* another deployment of the same root */
}

static void test_only_a_newer_keyset_of_the_same_deployment_follows(void **state)
{
    struct gv_keyset *newer = NULL, *other = NULL, *fork = NULL;
    const struct gv_key *root = f.root;
    struct gv_buf bytes;
    gv_id real;

    (void)state;
    gv_buf_init(&bytes);
    f.set.version = 2;
    assert_int_equal(gv_keyset_seal(&f.set, f.root, &bytes), GV_OK);
    assert_int_equal(gv_keyset_open(bytes_of(&bytes), NULL, &newer), GV_OK);
    gv_buf_reset(&bytes);
    f.set.version = 1;
    f.set.created_us++;
    assert_int_equal(gv_keyset_seal(&f.set, f.root, &bytes), GV_OK);
    assert_int_equal(gv_keyset_open(bytes_of(&bytes), NULL, &fork), GV_OK);
    gv_buf_reset(&bytes);
    gv_deployment_id(f.root->sign_pk, false, &real);
    f.set.version = 3;
    f.set.demonstration = false;
    f.set.deployment = gv_pb_bytes(real.b, sizeof real.b);
    fixture_sign(&f.set.base, GV_CTX_KEYSET, &root, 1, &bytes);
    assert_int_equal(gv_keyset_open(bytes_of(&bytes), NULL, &other), GV_OK);

    assert_int_equal(gv_keyset_follows(f.keyset, newer), GV_OK);
    assert_int_equal(gv_keyset_follows(newer, f.keyset), GV_EVERSION);
    assert_int_equal(gv_keyset_follows(f.keyset, f.keyset), GV_EEXISTS);
    assert_int_equal(gv_keyset_follows(f.keyset, fork), GV_EFORK);
    assert_int_equal(gv_keyset_follows(f.keyset, other), GV_ERECIPIENT);
    gv_keyset_free(newer);
    gv_keyset_free(other);
    gv_keyset_free(fork);
    gv_keyset_free(NULL);
    gv_buf_fini(&bytes);
    fixture_set(&f);
}

static void test_a_keyset_that_is_not_well_formed_is_refused(void **state)
{
    static uint8_t zeros[32];
    ProtobufCBinaryData revoked[1] = {gv_pb_bytes(f.vp1->key_id.b, 16)};
    uint32_t twice[2] = {GIAOVIEC__V1__ROLE__ROLE_ADMIN, GIAOVIEC__V1__ROLE__ROLE_ADMIN};

    (void)state;
#define REFUSED(change)                                                                            \
    do {                                                                                           \
        change;                                                                                    \
        assert_int_equal(open_changed(), GV_EBADMSG);                                              \
    } while (0)
    REFUSED(f.set.version = 0);
    REFUSED(f.set.created_us = 0);
    REFUSED(f.set.n_coordinators = 0);
    REFUSED(f.set.deployment.len = 15);
    REFUSED(f.coordinator.code = text("c 1"));
    REFUSED(f.coordinator.endpoint = text("http://127.0.0.1"));
    REFUSED(f.coordinator.enrol_endpoint = text(""));
    REFUSED(f.coordinator.curve_key.len = 31);
    REFUSED(f.coordinator.sign_key = gv_pb_bytes(zeros, 32));
    REFUSED(f.person[0].code = text(""));
    REFUSED(f.person[0].code = text("vp1"));
    REFUSED(f.person[0].code = text("c1"));
    REFUSED(f.person[0].name = text(""));
    REFUSED(f.person[0].sign_key.len = 0);
    REFUSED(f.person[0].sign_key = gv_pb_bytes(f.vp1->sign_pk, 32));
    REFUSED(f.person[0].sign_key = gv_pb_bytes(f.root->sign_pk, 32));
    REFUSED(f.person[0].curve_key = gv_pb_bytes(f.admin->sign_pk, 32));
    REFUSED(f.person[0].n_roles = 0);
    REFUSED(f.roles[0] = GIAOVIEC__V1__ROLE__ROLE_NONE);
    REFUSED(f.roles[0] = GIAOVIEC__V1__ROLE__ROLE_UNIT);
    REFUSED(f.roles[0] = GIAOVIEC__V1__ROLE__ROLE_COORDINATOR);
    REFUSED(f.roles[0] = 32);
    REFUSED((f.person[0].roles = twice, f.person[0].n_roles = 2));
    REFUSED(f.bodies[0] = text("BAN THƯỜNG VỤ"));
    REFUSED((f.set.revoked = revoked, f.set.n_revoked = 1));
    revoked[0].len = 8;
    REFUSED((f.set.revoked = revoked, f.set.n_revoked = 1));
    revoked[0] = gv_pb_bytes(f.other->key_id.b, 16);
    f.set.revoked = revoked;
    f.set.n_revoked = 1;
    assert_int_equal(open_changed(), GV_OK);
#undef REFUSED
}

/* A person's key before the present one stays among those who have left, under the same code. */
static void test_a_person_may_stand_among_the_former_by_another_key(void **state)
{
    Giaoviec__V1__PersonInfo before = f.person[1], *former[] = {&before};
    struct gv_keyset *keyset = NULL;
    struct gv_buf bytes;
    gv_id old_id;

    (void)state;
    before.sign_key = gv_pb_bytes(f.other->sign_pk, 32);
    before.curve_key = gv_pb_bytes(f.other->curve_pk, 32);
    f.set.former = former;
    f.set.n_former = 1;
    gv_buf_init(&bytes);
    assert_int_equal(gv_keyset_seal(&f.set, f.root, &bytes), GV_OK);
    assert_int_equal(gv_keyset_open(bytes_of(&bytes), NULL, &keyset), GV_OK);
    gv_key_id(f.other->sign_pk, &old_id);
    assert_null(gv_keyset_person_by_key(keyset, &old_id));
    assert_string_equal(gv_keyset_past_signer(keyset, &old_id)->code, "vp1");
    assert_string_equal(gv_keyset_person_by_key(keyset, &f.vp1->key_id)->code, "vp1");
    gv_keyset_free(keyset);
    gv_buf_fini(&bytes);
    before.sign_key = f.person[1].sign_key; /* the same key */
    assert_int_equal(open_set(f.root, GV_CTX_KEYSET, NULL), GV_EBADMSG);
    before.sign_key = gv_pb_bytes(f.other->sign_pk, 32);
    before.code = f.c1->code.s;
    assert_int_equal(open_set(f.root, GV_CTX_KEYSET, NULL), GV_EBADMSG);
    fixture_set(&f);
}

static void test_every_truncation_and_change_of_a_keyset_is_refused(void **state)
{
    struct gv_keyset *keyset = NULL;
    struct gv_buf bytes;

    (void)state;
    gv_buf_init(&bytes);
    gv_buf_append(&bytes, f.bytes.data, f.bytes.len);
    for (size_t len = 0; len < bytes.len; len++)
        assert_int_not_equal(gv_keyset_open((struct gv_slice){bytes.data, len}, NULL, &keyset),
                             GV_OK);
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.data[i] ^= 4;
        assert_int_not_equal(gv_keyset_open(bytes_of(&bytes), NULL, &keyset), GV_OK);
        bytes.data[i] ^= 4;
    }
    assert_null(keyset);
    gv_buf_fini(&bytes);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_keyset_opens_and_finds_its_people),
        cmocka_unit_test(test_a_keyset_of_another_root_or_context_is_refused),
        cmocka_unit_test(test_a_real_deployment_cannot_become_a_demonstration_nor_back),
        cmocka_unit_test(test_only_a_newer_keyset_of_the_same_deployment_follows),
        cmocka_unit_test(test_a_keyset_that_is_not_well_formed_is_refused),
        cmocka_unit_test(test_a_person_may_stand_among_the_former_by_another_key),
        cmocka_unit_test(test_every_truncation_and_change_of_a_keyset_is_refused),
    };

    return cmocka_run_group_tests(tests, trust_setup, trust_teardown);
}
