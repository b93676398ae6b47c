/*
 * test_batch_key.c - a unit's keys in a transaction: ROTATE_KEY names the one that follows, a HELLO
 * that it signs ends the one before, and what each of them may say meanwhile.
 */
/* links: gv_lane_rig gv_coordinator gv_trust gv_base */
#include "lane_rig.h"

#include "trust/rotation.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define GRACE_MS    3600000

static const uint8_t seed_next = 0xc0;

/* ROTATE_KEY of U0 by its key in force, on its connection. */
static struct job *rotate(struct rig *rig, const struct gv_key *next)
{
    Giaoviec__V1__RotateKey body = GIAOVIEC__V1__ROTATE_KEY__INIT;
    struct gv_buf statement;
    struct job *job;

    gv_buf_init(&statement);
    assert_int_equal(gv_rotation_seal(&rig->f.deployment, rig->key[0], next, 1, &statement), GV_OK);
    body.statement = gv_pb_bytes(statement.data, statement.len);
    job = rig_message(rig, 0, GV_KIND_ROTATE_KEY, 1, &body.base);
    gv_buf_fini(&statement);
    rig->c.config.key_grace_ms = GRACE_MS;
    return job;
}

static struct job *hello_by(struct rig *rig, const struct gv_key *key, uint64_t connection)
{
    struct rig_hello g;

    rig_greet(&g, 0, connection);
    return rig_message_by(rig, key, GV_KIND_HELLO, connection, &g.body.base);
}

static void nothing_changed(void)
{
    assert_int_equal(db.key_count, 0);
    assert_int_equal(db.event_count, 0);
}

static void is_refused(const struct item *item, gv_err err, const char *why)
{
    assert_int_equal(item->outcome, OUTCOME_REFUSED);
    assert_int_equal(item->err, err);
    if (why != NULL)
        assert_string_equal(item->why, why);
}

static void is_named(const struct rig *rig, const struct gv_key *next)
{
    assert_true(db.units[0].has_next);
    assert_true(gv_id_eq(&db.units[0].next_key_id, &next->key_id));
    assert_memory_equal(db.units[0].next_curve_key, next->curve_pk, 32);
    assert_true(gv_id_eq(&db.units[0].key_id, &rig->key[0]->key_id));
}

/* ---- naming it ------------------------------------------------------------------------------ */

static void test_the_key_in_force_names_the_one_that_follows(void **state)
{
    struct rig *rig = *state;
    struct gv_key *next = fixture_key("U0", seed_next);
    const Giaoviec__V1__KeyRotated *answer;
    struct item *item;
    struct rig_batch one;

    item = rig_batch_one(rig, &one, rotate(rig, next));
    assert_int_equal(item->outcome, OUTCOME_DONE);
    is_named(rig, next);
    assert_int_equal(db.key_count, 1);
    assert_int_equal(db.keys[0].unit_id, rig_unit_id(0));
    assert_false(db.keys[0].takes_place);
    assert_true(gv_id_eq(&db.keys[0].key_id, &next->key_id));
    assert_true(gv_id_eq(&db.keys[0].from, &rig->key[0]->key_id));
    assert_memory_equal(db.keys[0].sign_key, next->sign_pk, 32);
    assert_memory_equal(db.keys[0].curve_key, next->curve_pk, 32);
    assert_int_equal(db.keys[0].grace_ms, GRACE_MS);
    assert_true(db.keys[0].statement.len > 0);
    assert_int_equal(db.event_count, 1);
    assert_int_equal(db.events[0].kind, GV_EVENT_KEY);
    assert_int_equal(db.events[0].entry_kind, GV_KIND_ROTATE_KEY);
    h_rotate_key.publish(&one.batch, item);
    answer = (const Giaoviec__V1__KeyRotated *)rig_expect(rig, GV_KIND_KEY_ROTATED);
    assert_int_equal(answer->key_id.len, 16);
    assert_memory_equal(answer->key_id.data, next->key_id.b, 16);
    rig_batch_end(&one);
    gv_key_free(next);
}

/* The answer was lost: the database has the key already, as the next one and among those it had. */
static void test_naming_it_again_is_answered_and_changes_nothing(void **state)
{
    struct rig *rig = *state;
    struct rig_batch one;

    rig_name_next(rig, fixture_key("U0", seed_next));
    db.had = rig->next->key_id;
    assert_int_equal(rig_batch_one(rig, &one, rotate(rig, rig->next))->outcome, OUTCOME_DONE);
    nothing_changed();
    is_named(rig, rig->next);
    rig_batch_end(&one);
}

/* The agent lost the key that it had named: another one follows, and only that. */
static void test_another_key_may_be_named_instead(void **state)
{
    struct rig *rig = *state;
    struct gv_key *another = fixture_key("U0", 0xd0);
    struct rig_batch one;

    rig_name_next(rig, fixture_key("U0", seed_next));
    assert_int_equal(rig_batch_one(rig, &one, rotate(rig, another))->outcome, OUTCOME_DONE);
    is_named(rig, another);
    assert_int_equal(db.key_count, 1);
    rig_batch_end(&one);
    gv_key_free(another);
}

static void test_the_key_that_was_named_keeps_its_curve_key(void **state)
{
    struct rig *rig = *state;
    struct gv_key *again = fixture_key("U0", seed_next), *other = fixture_key("U0", 0xd0);
    struct rig_batch one;

    rig_name_next(rig, fixture_key("U0", seed_next));
    db.had = rig->next->key_id;
    memcpy(again->curve_pk, other->curve_pk, 32);
    is_refused(rig_batch_one(rig, &one, rotate(rig, again)), GV_EDENIED,
               "these keys were used before: make new ones");
    assert_int_equal(db.key_count, 0);
    is_named(rig, rig->next);
    rig_batch_end(&one);
    gv_key_free(again);
    gv_key_free(other);
}

static void test_a_key_that_the_unit_has_had_does_not_come_back(void **state)
{
    struct rig *rig = *state;
    struct gv_key *had = fixture_key("U0", seed_next);
    struct rig_batch one;

    db.had = had->key_id;
    is_refused(rig_batch_one(rig, &one, rotate(rig, had)), GV_EDENIED,
               "these keys were used before: make new ones");
    assert_false(db.units[0].has_next);
    assert_int_equal(db.key_count, 0);
    rig_batch_end(&one);
    gv_key_free(had);
}

/* Each stays in the database: those of this batch count, too. */
static void test_a_unit_does_not_name_keys_without_end(void **state)
{
    struct rig *rig = *state;
    struct gv_key *next[2] = {fixture_key("U0", seed_next), fixture_key("U0", 0xd0)};
    struct rig_batch two;

    db.named = 11;
    rig_batch_begin(rig, &two, ARENA_BYTES);
    for (int i = 0; i < 2; i++)
        rig_batch_add(&two, rotate(rig, next[i]));
    assert_int_equal(batch_run(&two.batch), GV_OK);
    assert_int_equal(two.items[0].outcome, OUTCOME_DONE);
    is_refused(&two.items[1], GV_EAGAIN, "the unit has named too many keys within an hour");
    assert_int_equal(db.key_count, 1);
    is_named(rig, next[0]);
    rig_batch_end(&two);
    db.named = 12;
    db.had = next[0]->key_id; /* what is named already is answered all the same */
    assert_int_equal(rig_batch_one(rig, &two, rotate(rig, next[0]))->outcome, OUTCOME_DONE);
    rig_batch_end(&two);
    gv_key_free(next[0]);
    gv_key_free(next[1]);
}

/* Of each half somebody else's: a unit's, a person's. */
static void test_nobody_takes_the_keys_of_others(void **state)
{
    struct rig *rig = *state;
    struct gv_key *next[4];
    struct rig_batch one;

    for (int i = 0; i < 4; i++)
        next[i] = fixture_key("U0", seed_next);
    memcpy(next[0]->curve_pk, rig->key[1]->curve_pk, 32);
    memcpy(next[1]->curve_pk, rig->f.admin->curve_pk, 32);
    gv_key_free(next[2]);
    gv_key_free(next[3]);
    next[2] = fixture_key("U0", 0x90); /* as U1's, but for the CURVE key */
    next[3] = fixture_key("U0", 0x30); /* as the admin's */
    memset(next[2]->curve_pk, 0x77, 32);
    memset(next[3]->curve_pk, 0x78, 32);
    for (int i = 0; i < 4; i++) {
        is_refused(rig_batch_one(rig, &one, rotate(rig, next[i])), GV_EDENIED,
                   "these keys were used before: make new ones");
        assert_false(db.units[0].has_next);
        assert_int_equal(db.key_count, 0);
        rig_batch_end(&one);
        gv_key_free(next[i]);
    }
}

/* The keyring may know of a key what the database has forgotten since (an older backup of it). */
static void test_its_own_keys_are_nobody_elses(void **state)
{
    struct rig *rig = *state;
    struct rig_batch one;

    rig_name_next(rig, fixture_key("U0", seed_next));
    db.units[0].has_next = false;
    assert_int_equal(rig_batch_one(rig, &one, rotate(rig, rig->next))->outcome, OUTCOME_DONE);
    is_named(rig, rig->next);
    rig_batch_end(&one);
}

static void test_a_statement_that_does_not_hold_names_nothing(void **state)
{
    struct rig *rig = *state;
    struct gv_key *next = fixture_key("U0", seed_next), *other = fixture_key("U0", 0xd0);
    Giaoviec__V1__RotateKey body = GIAOVIEC__V1__ROTATE_KEY__INIT;
    struct gv_buf statement;
    struct rig_batch one;

    gv_buf_init(&statement);
    assert_int_equal(gv_rotation_seal(&rig->f.deployment, other, next, 1, &statement), GV_OK);
    body.statement = gv_pb_bytes(statement.data, statement.len);
    is_refused(rig_batch_one(rig, &one, rig_message(rig, 0, GV_KIND_ROTATE_KEY, 1, &body.base)),
               GV_ESIGNATURE, "the statement does not hold");
    assert_int_equal(db.calls[CALL_KEY_HISTORY], 0);
    assert_false(db.units[0].has_next);
    nothing_changed();
    rig_batch_end(&one);
    gv_buf_fini(&statement);
    gv_key_free(next);
    gv_key_free(other);
}

static void test_a_database_that_fails_while_keys_are_looked_up_ends_the_batch(void **state)
{
    struct rig *rig = *state;
    struct gv_key *next = fixture_key("U0", seed_next);
    struct rig_batch one;

    db.fails[CALL_KEY_HISTORY].err = GV_EUNAVAILABLE;
    db.fails[CALL_KEY_HISTORY].times = 1;
    rig_batch_begin(rig, &one, ARENA_BYTES);
    rig_batch_add(&one, rotate(rig, next));
    assert_int_equal(batch_run(&one.batch), GV_EUNAVAILABLE);
    nothing_changed();
    assert_int_equal(batch_run(&one.batch), GV_OK); /* again, whole */
    is_named(rig, next);
    rig_batch_end(&one);
    gv_key_free(next);
}

/* At whichever piece the memory ends, the whole batch fails: a statement that could not be read is
 * not refused, a key is not half named. */
static void test_without_memory_nothing_is_named_and_nothing_refused(void **state)
{
    struct rig *rig = *state;
    struct gv_key *next = fixture_key("U0", seed_next);
    size_t starved = 0;
    gv_err err;

    do {
        struct rig_batch one;

        rig_batch_begin(rig, &one, ARENA_BYTES);
        rig_batch_add(&one, rotate(rig, next));
        fault_arm(FAULT_ALLOCATION, ++starved);
        err = batch_run(&one.batch);
        fault_disarm();
        if (err != GV_OK) {
            assert_int_equal(err, GV_ENOMEM);
            nothing_changed();
            assert_false(db.units[0].has_next);
        }
        rig_batch_end(&one);
    } while (err != GV_OK);
    assert_true(starved > 1);
    is_named(rig, next);
    gv_key_free(next);
}

/* ---- using it ------------------------------------------------------------------------------- */

static void test_a_hello_by_the_next_key_ends_the_one_before(void **state)
{
    struct rig *rig = *state;
    struct rig_batch one;

    rig_name_next(rig, fixture_key("U0", seed_next));
    assert_int_equal(rig_batch_one(rig, &one, hello_by(rig, rig->next, 2))->outcome, OUTCOME_DONE);
    assert_true(gv_id_eq(&db.units[0].key_id, &rig->next->key_id));
    assert_false(db.units[0].has_next);
    assert_int_equal(db.units[0].connection, 2);
    assert_int_equal(db.key_count, 1);
    assert_true(db.keys[0].takes_place);
    assert_true(gv_id_eq(&db.keys[0].key_id, &rig->next->key_id));
    assert_int_equal(db.event_count, 1);
    assert_int_equal(db.events[0].kind, GV_EVENT_KEY);
    assert_int_equal(db.events[0].entry_kind, 0);
    rig_batch_end(&one);
}

static void test_until_then_the_one_in_force_goes_on(void **state)
{
    struct rig *rig = *state;
    struct rig_batch one;

    rig_name_next(rig, fixture_key("U0", seed_next));
    assert_int_equal(rig_batch_one(rig, &one, hello_by(rig, rig->key[0], 2))->outcome,
                     OUTCOME_DONE);
    is_named(rig, rig->next);
    nothing_changed();
    rig_batch_end(&one);
}

/* The keyring still knows the key; the row under the lock decides. */
static void test_a_key_that_is_not_the_next_one_any_more_is_refused(void **state)
{
    struct rig *rig = *state;
    struct rig_batch one;

    rig_name_next(rig, fixture_key("U0", seed_next));
    for (int another = 0; another < 2; another++) {
        db.units[0].has_next = another == 1;
        db.units[0].next_key_id.b[0] ^= (uint8_t)another;
        is_refused(rig_batch_one(rig, &one, hello_by(rig, rig->next, 2)), GV_EDENIED,
                   "this key is no longer the unit's");
        assert_true(gv_id_eq(&db.units[0].key_id, &rig->key[0]->key_id));
        assert_int_equal(db.units[0].connection, 1);
        rig_batch_end(&one);
    }
}

static void test_the_next_key_may_say_nothing_but_hello(void **state)
{
    struct rig *rig = *state;
    Giaoviec__V1__Reports body = GIAOVIEC__V1__REPORTS__INIT;
    ProtobufCBinaryData entry;
    struct rig_batch one;

    rig_name_next(rig, fixture_key("U0", seed_next));
    rig_entries(0, 1, 1, &entry);
    body.first = 1;
    body.entries = &entry;
    body.n_entries = 1;
    is_refused(
        rig_batch_one(rig, &one, rig_message_by(rig, rig->next, GV_KIND_REPORTS, 1, &body.base)),
        GV_EDENIED, "this key is no longer the unit's");
    assert_int_equal(db.units[0].report_n, 0);
    assert_int_equal(db.key_count, 0);
    rig_batch_end(&one);
}

/* In one batch the next key says Hello first: what the old one says after it comes too late. */
static void test_what_the_old_key_says_after_that_hello_is_refused(void **state)
{
    struct rig *rig = *state;
    struct gv_key *another = fixture_key("U0", 0xd0);
    struct rig_batch one;

    rig_name_next(rig, fixture_key("U0", seed_next));
    rig_batch_begin(rig, &one, ARENA_BYTES);
    rig_batch_add(&one, hello_by(rig, rig->next, 2));
    rig_batch_add(&one, hello_by(rig, rig->key[0], 3));
    rig_batch_add(&one, rotate(rig, another));
    assert_int_equal(batch_run(&one.batch), GV_OK);
    assert_int_equal(one.items[0].outcome, OUTCOME_DONE);
    is_refused(&one.items[1], GV_EDENIED, NULL);
    is_refused(&one.items[2], GV_EDENIED, "this key is no longer the unit's");
    assert_int_equal(db.units[0].connection, 2);
    assert_true(gv_id_eq(&db.units[0].key_id, &rig->next->key_id));
    assert_false(db.units[0].has_next);
    assert_int_equal(db.key_count, 1);
    rig_batch_end(&one);
    gv_key_free(another);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)
    const struct CMUnitTest tests[] = {
        TEST(test_the_key_in_force_names_the_one_that_follows),
        TEST(test_naming_it_again_is_answered_and_changes_nothing),
        TEST(test_another_key_may_be_named_instead),
        TEST(test_the_key_that_was_named_keeps_its_curve_key),
        TEST(test_a_key_that_the_unit_has_had_does_not_come_back),
        TEST(test_a_unit_does_not_name_keys_without_end),
        TEST(test_nobody_takes_the_keys_of_others),
        TEST(test_its_own_keys_are_nobody_elses),
        TEST(test_a_statement_that_does_not_hold_names_nothing),
        TEST(test_a_database_that_fails_while_keys_are_looked_up_ends_the_batch),
        TEST(test_without_memory_nothing_is_named_and_nothing_refused),
        TEST(test_a_hello_by_the_next_key_ends_the_one_before),
        TEST(test_until_then_the_one_in_force_goes_on),
        TEST(test_a_key_that_is_not_the_next_one_any_more_is_refused),
        TEST(test_the_next_key_may_say_nothing_but_hello),
        TEST(test_what_the_old_key_says_after_that_hello_is_refused),
    };

    return cmocka_run_group_tests_name("batch key", tests, NULL, NULL);
}
