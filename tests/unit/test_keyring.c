/* test_keyring.c - whose a key is, and that nobody stands in another's place by naming his. */
/* links: gv_lane_rig gv_coordinator gv_trust gv_base */
#include "lane_rig.h"

#include "coordinator/job.h"

/* The rig's units, with a key or two changed, and its persons. */
static keyring *ring_of(struct rig *rig, struct gv_unit_key *units, size_t count)
{
    struct gv_keyset *keyset = NULL;
    keyring *ring = NULL;
    struct gv_slice bytes = {rig->f.bytes.data, rig->f.bytes.len};

    assert_int_equal(gv_keyset_open(bytes, NULL, &keyset), GV_OK);
    assert_int_equal(keyring_new(keyset, units, count, &ring), GV_OK);
    return ring;
}

static struct gv_unit_key unit_key(int32_t unit_id, const struct gv_key *key)
{
    struct gv_unit_key out = {
        .unit_id = unit_id, .code = key->code, .has_key = true, .key_id = key->key_id};

    memcpy(out.sign_key, key->sign_pk, 32);
    memcpy(out.curve_key, key->curve_pk, 32);
    return out;
}

static void test_a_key_that_two_have_is_the_persons_or_the_first_units(void **state)
{
    struct rig *rig = *state;
    const struct gv_key *admin = rig->f.admin;
    struct gv_unit_key units[3];
    keyring *ring;

    for (int i = 0; i < 3; i++)
        units[i] = unit_key(i + 1, rig->key[i]);
    memcpy(units[0].curve_key, admin->curve_pk, 32);
    units[1].key_id = admin->key_id;
    memcpy(units[2].curve_key, units[1].curve_key, 32);
    ring = ring_of(rig, units, 3);
    assert_string_equal(keyring_by_curve(ring, admin->curve_pk)->code.s, admin->code.s);
    assert_string_equal(keyring_by_key(ring, &admin->key_id)->code.s, admin->code.s);
    assert_string_equal(keyring_by_curve(ring, units[1].curve_key)->code.s, units[1].code.s);
    assert_string_equal(keyring_by_key(ring, &units[0].key_id)->code.s, units[0].code.s);
    assert_int_equal(keyring_units(ring), 3);
    keyring_unref(ring);
}

static void test_keys_are_anothers_where_either_is(void **state)
{
    struct rig *rig = *state;
    const struct gv_key *own = rig->key[0], *other = rig->key[1], *admin = rig->f.admin;
    struct gv_unit_key units[2] = {unit_key(1, own), unit_key(2, other)};
    keyring *ring = ring_of(rig, units, 2);
    const uint8_t new_curve[32] = {1};
    const gv_id new_id = {{1}};
    const struct {
        const uint8_t *curve;
        const gv_id *id;
        bool anothers;
    } rows[] = {
        {new_curve, &new_id, false},      {own->curve_pk, &own->key_id, false},
        {other->curve_pk, &new_id, true}, {new_curve, &other->key_id, true},
        {admin->curve_pk, &new_id, true}, {new_curve, &admin->key_id, true},
        {own->curve_pk, &new_id, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(keyring_is_anothers(ring, &own->code, rows[i].curve, rows[i].id),
                         rows[i].anothers);
    keyring_unref(ring);
}

/* A key whose id begins like another's, as anybody can make one. */
static void test_nobody_fills_the_place_of_another_by_the_look_of_his_key(void **state)
{
    const struct principal victim = {.code = {"vp1"}, .key_id = {{7, 8, 9}}};
    const struct principal flood = {.code = {"U1"}, .unit_id = 1, .key_id = {{7, 8, 1}}};
    const struct route route = {{1}, 1};
    const uint8_t secret[16] = {42};
    struct job *jobs[128], *job;

    (void)state;
    jobs_secret(secret);
    for (size_t i = 0; i < 128; i++)
        assert_non_null(jobs[i] = job_new(&route, NULL, &flood, "frame", 5));
    job = job_new(&route, NULL, &victim, "frame", 5);
    assert_non_null(job);
    assert_int_equal(jobs_of_sender(job), 1);
    assert_int_equal(jobs_of_sender(jobs[0]), 128);
    job_free(job);
    for (size_t i = 0; i < 128; i++)
        job_free(jobs[i]);
    assert_int_equal(jobs_held(), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)
    const struct CMUnitTest tests[] = {
        TEST(test_a_key_that_two_have_is_the_persons_or_the_first_units),
        TEST(test_keys_are_anothers_where_either_is),
        TEST(test_nobody_fills_the_place_of_another_by_the_look_of_his_key),
    };

    return cmocka_run_group_tests_name("keyring", tests, NULL, NULL);
}
