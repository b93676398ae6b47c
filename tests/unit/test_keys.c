/*
 * test_keys.c - a keyset gives way to newer ones only, whatever the database has lost.
 */
/* links: gv_lane_rig gv_coordinator gv_trust gv_base */
#include "lane_rig.h"

#include <unistd.h>

#include "coordinator/keys.h"

/* The deployment's from now on: of this version, with so many of the four persons. */
static void publish(struct rig *rig, uint64_t version, size_t persons)
{
    struct gv_buf bytes;

    gv_buf_init(&bytes);
    rig->f.set.version = version;
    rig->f.set.n_persons = persons;
    assert_int_equal(gv_keyset_seal(&rig->f.set, rig->f.root, &bytes), GV_OK);
    db_keyset(&bytes, version);
    gv_buf_fini(&bytes);
}

static void assert_held(struct rig *rig, uint64_t version, bool viewer)
{
    keyring *ring = keyring_take(rig->c.keys);

    assert_int_equal(keyring_keyset(ring)->version, version);
    assert_int_equal(keyring_by_code(ring, rig->f.viewer->code.s) != NULL, viewer);
    keyring_unref(ring);
}

static void test_a_keyset_that_the_database_lost_goes_on_and_is_given_back(void **state)
{
    struct rig *rig = *state;
    struct gv_slice newest;

    publish(rig, 3, 3);
    assert_int_equal(keys_refresh(&rig->c, db_store()), GV_OK);
    assert_held(rig, 3, false);
    newest = db.keyset;
    publish(rig, 2, 4); /* it still had the viewer */
    db.fails[CALL_KEYSET_PUT].err = GV_EUNAVAILABLE;
    db.fails[CALL_KEYSET_PUT].times = 1;
    assert_int_equal(keys_refresh(&rig->c, db_store()), GV_EUNAVAILABLE);
    assert_held(rig, 3, false);
    assert_int_equal(keys_refresh(&rig->c, db_store()), GV_OK);
    assert_held(rig, 3, false);
    assert_int_equal(db.keyset_version, 3);
    assert_int_equal(db.keyset.len, newest.len);
    assert_memory_equal(db.keyset.data, newest.data, newest.len);
    assert_int_equal(keys_refresh(&rig->c, db_store()), GV_OK);
    assert_int_equal(db.calls[CALL_KEYSET_PUT], 2);
    publish(rig, 4, 4);
    assert_int_equal(keys_refresh(&rig->c, db_store()), GV_OK);
    assert_held(rig, 4, true);
    assert_int_equal(rig->failed, 0);
}

static void test_of_two_keysets_of_a_version_the_first_stays(void **state)
{
    struct rig *rig = *state;

    publish(rig, 3, 3);
    assert_int_equal(keys_refresh(&rig->c, db_store()), GV_OK);
    publish(rig, 3, 4);
    assert_int_equal(keys_refresh(&rig->c, db_store()), GV_OK);
    assert_held(rig, 3, false);
    assert_int_equal(db.calls[CALL_KEYSET_PUT], 0);
}

/* What is logged while the keys are looked at. */
static bool is_said(struct rig *rig, const char *words)
{
    char said[4096];
    FILE *file = tmpfile();
    int saved = dup(STDERR_FILENO);
    size_t len;

    assert_non_null(file);
    assert_true(saved >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
    assert_int_equal(keys_refresh(&rig->c, db_store()), GV_OK);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
    rewind(file);
    len = fread(said, 1, sizeof said - 1, file);
    said[len] = '\0';
    fclose(file);
    return strstr(said, words) != NULL;
}

static void test_a_newer_keyset_that_only_a_unit_has_is_an_alarm(void **state)
{
    struct rig *rig = *state;

    publish(rig, 2, 4);
    keys_heard(&rig->c, 2); /* of another coordinator, a moment ago */
    assert_false(is_said(rig, "keyset-older"));
    keys_heard(&rig->c, 5);
    keys_heard(&rig->c, 4);
    assert_true(is_said(rig, "keyset-older ours=2 heard=5"));
    assert_false(is_said(rig, "keyset-older"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)
    const struct CMUnitTest tests[] = {
        TEST(test_a_keyset_that_the_database_lost_goes_on_and_is_given_back),
        TEST(test_of_two_keysets_of_a_version_the_first_stays),
        TEST(test_a_newer_keyset_that_only_a_unit_has_is_an_alarm),
    };

    return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
