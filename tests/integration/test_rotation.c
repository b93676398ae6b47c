/*
 * test_rotation.c - a unit's keys follow one another: named, used, ended, revoked. The
 * coordinator's side against a real database; what the statement itself must hold.
 */
/* links: gv_coordinator gv_store gv_trust gv_delivery gv_wire gv_sys gv_base */
#include "lanes_fixture.h"

#include "crypto/sign.h"
#include "trust/rotation.h"

/* U0's key stands among those that it has had. */
static void keep_key(struct rig *r)
{
    tell(&r->world,
         "INSERT INTO giaoviec.unit_key (unit_id, key_id, sign_key, curve_key, statement) "
         "SELECT unit_id, key_id, sign_key, curve_key, '' FROM giaoviec.unit_log");
}

static void rotate(struct rig *r, uint64_t connection, const struct gv_key *from,
                   const struct gv_key *to)
{
    Giaoviec__V1__RotateKey body = GIAOVIEC__V1__ROTATE_KEY__INIT;
    struct gv_buf statement;

    gv_buf_init(&statement);
    assert_int_equal(gv_rotation_seal(&r->f.deployment, from, to, 1, &statement), GV_OK);
    body.statement = gv_pb_bytes(statement.data, statement.len);
    say(r, 0, GV_KIND_ROTATE_KEY, connection, &body.base);
    gv_buf_fini(&statement);
}

static void is_rotated(struct rig *r, const struct gv_key *to)
{
    const Giaoviec__V1__KeyRotated *answer =
        (const Giaoviec__V1__KeyRotated *)hear(r, 0, GV_KIND_KEY_ROTATED, WAIT_MS);

    assert_non_null(answer);
    assert_int_equal(answer->key_id.len, 16);
    assert_memory_equal(answer->key_id.data, to->key_id.b, 16);
}

static void is_refused(struct rig *r, gv_err err)
{
    const Giaoviec__V1__Error *answer =
        (const Giaoviec__V1__Error *)hear(r, 0, GV_KIND_ERROR, WAIT_MS);

    assert_non_null(answer);
    assert_int_equal(answer->code, err);
}

static void greet(struct rig *r, uint64_t connection)
{
    hello(r, 0, connection, (struct gv_cursor){0});
}

static void is_welcome(struct rig *r)
{
    assert_non_null(hear(r, 0, GV_KIND_WELCOME, WAIT_MS));
}

/* U0 speaks by this key from now on. */
static struct gv_key *take_up(struct rig *r, struct gv_key *key)
{
    struct gv_key *before = r->key[0];

    r->key[0] = key;
    return before;
}

static long long in_force(struct rig *r, const struct gv_key *key)
{
    char id[33], sql[128];

    gv_hex(key->key_id.b, sizeof key->key_id.b, id);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM giaoviec.unit_log WHERE key_id = '%s'", id);
    return ask(&r->world, sql);
}

static void test_key_that_was_named_takes_the_place_of_the_other_once_it_is_used(void **state)
{
    struct rig *r = *state;
    struct gv_key *old, *next = fixture_key("U0", 0xc0);
    keyring *ring;

    keep_key(r);
    greet(r, 1);
    is_welcome(r);
    rotate(r, 1, r->key[0], next);
    is_rotated(r, next);
    rotate(r, 1, r->key[0], next); /* the answer was lost */
    is_rotated(r, next);
    assert_int_equal(ask(&r->world, "SELECT count(*) FROM giaoviec.unit_key"), 3);
    put_keyring(r);
    greet(r, 2); /* not used yet: the old one goes on */
    is_welcome(r);
    assert_int_equal(in_force(r, r->key[0]), 1);
    old = take_up(r, next);
    greet(r, 2); /* connections are counted on */
    is_refused(r, GV_EREPLAY);
    assert_int_equal(in_force(r, next), 0);
    greet(r, 3);
    is_welcome(r);
    assert_int_equal(in_force(r, next), 1);
    assert_int_equal(
        ask(&r->world, "SELECT count(*) FROM giaoviec.unit_key WHERE ended IS NOT NULL"), 1);
    take_up(r, old);
    greet(r, 4); /* this keyring still has it: refused under the lock */
    is_refused(r, GV_EDENIED);
    put_keyring(r);
    ring = keyring_take(r->c.keys);
    assert_null(keyring_by_key(ring, &old->key_id));
    keyring_unref(ring);
    gv_key_free(take_up(r, next));
}

/* What the database keeps proves by itself who followed whom. */
static void test_old_and_new_key_sign_what_is_kept(void **state)
{
    struct rig *r = *state;
    struct gv_key *next = fixture_key("U0", 0xc0);
    struct gv_rotation rotation;
    PGresult *result;
    struct gv_slice statement;
    size_t len;
    uint8_t *bytes;

    keep_key(r);
    greet(r, 1);
    is_welcome(r);
    rotate(r, 1, r->key[0], next);
    is_rotated(r, next);
    result =
        PQexec(r->world.admin, "SELECT statement FROM giaoviec.unit_key k JOIN giaoviec.unit_log "
                               "l USING (unit_id) WHERE k.follows = l.key_id");
    assert_int_equal(PQntuples(result), 1);
    bytes = PQunescapeBytea((const unsigned char *)PQgetvalue(result, 0, 0), &len);
    statement = (struct gv_slice){bytes, len};
    assert_int_equal(gv_rotation_open(statement, &r->f.deployment, &r->key[0]->code,
                                      r->key[0]->sign_pk, r->world.arena, &rotation),
                     GV_OK);
    assert_memory_equal(rotation.sign_pk, next->sign_pk, 32);
    assert_memory_equal(rotation.curve_pk, next->curve_pk, 32);
    PQfreemem(bytes);
    PQclear(result);
    gv_key_free(next);
}

static void test_key_that_is_not_used_takes_its_place_after_the_time_of_grace(void **state)
{
    struct rig *r = *state;
    struct gv_key *old, *next = fixture_key("U0", 0xc0);
    size_t count = 9;

    keep_key(r);
    greet(r, 1);
    is_welcome(r);
    r->c.config.key_grace_ms = 3600000;
    rotate(r, 1, r->key[0], next);
    is_rotated(r, next);
    world_must(&r->world, gv_store_keys_due(r->world.store, &count));
    assert_int_equal(count, 0);
    tell(&r->world,
         "UPDATE giaoviec.unit_log SET next_until = next_until - interval '1 hour' WHERE "
         "next_until IS NOT NULL");
    put_keyring(r);
    world_must(&r->world, gv_store_keys_due(r->world.store, &count));
    assert_int_equal(count, 1);
    assert_int_equal(in_force(r, next), 1);
    assert_int_equal(ask(&r->world, "SELECT count(*) FROM giaoviec.ledger WHERE kind = 9"), 2);
    rotate(r, 1, r->key[0], next); /* in a session that is older: denied, and yet it is admitted */
    is_refused(r, GV_EDENIED);
    greet(r, 2);
    is_refused(r, GV_EDENIED);
    old = take_up(r, next);
    greet(r, 2);
    is_welcome(r);
    gv_key_free(old);
}

static void test_key_of_somebody_else_is_not_taken(void **state)
{
    struct rig *r = *state;
    struct gv_key *next = fixture_key("U0", 0xc0), *used = fixture_key("U0", 0xd0);

    keep_key(r);
    greet(r, 1);
    is_welcome(r);
    rotate(r, 1, used, next); /* signed by a key that is not in force */
    is_refused(r, GV_ESIGNATURE);
    memcpy(next->curve_pk, r->key[1]->curve_pk, 32); /* U1 would be turned away, or taken for U0 */
    rotate(r, 1, r->key[0], next);
    is_refused(r, GV_EDENIED);
    memcpy(next->curve_pk, r->f.admin->curve_pk, 32);
    rotate(r, 1, r->key[0], next);
    is_refused(r, GV_EDENIED);
    rotate(r, 1, r->key[0], used);
    is_rotated(r, used);
    gv_key_free(next);
    next = fixture_key("U0", 0xe0);
    rotate(r, 1, r->key[0], next); /* the agent has lost the one before */
    is_rotated(r, next);
    rotate(r, 1, r->key[0], used); /* which does not come back */
    is_refused(r, GV_EDENIED);
    gv_key_free(next);
    gv_key_free(used);
}

static void test_revoked_key_takes_the_one_that_it_named_with_it(void **state)
{
    struct rig *r = *state;
    struct gv_key *old, *next = fixture_key("U0", 0xc0);
    gv_id act = make_id('r', 1);

    keep_key(r);
    greet(r, 1);
    is_welcome(r);
    rotate(r, 1, r->key[0], next);
    is_rotated(r, next);
    put_keyring(r);
    world_must(&r->world, gv_store_key_revoke(r->world.store, "U0", &r->key[0]->key_id, &act));
    old = take_up(r, next);
    greet(r, 2);
    is_refused(r, GV_EDENIED);
    assert_int_equal(
        ask(&r->world, "SELECT count(*) FROM giaoviec.unit_key WHERE revoked IS NOT NULL"), 2);
    gv_key_free(old);
}

/* Whoever has the first one made the others: he may have named one while the act was being signed.
 */
static void test_revoked_key_takes_those_with_it_that_took_its_place(void **state)
{
    struct rig *r = *state;
    struct gv_key *first = r->key[0], *second = fixture_key("U0", 0xc0),
                  *third = fixture_key("U0", 0xd0);
    gv_id act = make_id('r', 1);

    keep_key(r);
    greet(r, 1);
    is_welcome(r);
    rotate(r, 1, first, second);
    is_rotated(r, second);
    put_keyring(r);
    (void)take_up(r, second);
    greet(r, 2);
    is_welcome(r);
    rotate(r, 2, second, third);
    is_rotated(r, third);
    put_keyring(r);
    world_must(&r->world, gv_store_key_revoke(r->world.store, "U0", &first->key_id, &act));
    assert_int_equal(
        ask(&r->world, "SELECT count(*) FROM giaoviec.unit_key WHERE revoked IS NOT NULL"), 3);
    assert_int_equal(ask(&r->world, "SELECT count(*) FROM giaoviec.unit_log WHERE revoked"), 1);
    greet(r, 3);
    is_refused(r, GV_EDENIED);
    (void)take_up(r, third);
    greet(r, 3);
    is_refused(r, GV_EDENIED);
    gv_key_free(first);
    gv_key_free(second);
}

/* A token begins anew: what was revoked before it, or is now, is not its key's. */
static void test_revoked_key_leaves_the_one_of_a_new_token(void **state)
{
    struct rig *r = *state;
    struct gv_key *first = r->key[0], *enrolled = fixture_key("U0", 0xc0);
    gv_id act = make_id('r', 1);
    char sql[400], id[33];

    keep_key(r);
    gv_hex(enrolled->key_id.b, sizeof enrolled->key_id.b, id);
    snprintf(sql, sizeof sql,
             "INSERT INTO giaoviec.unit_key (unit_id, key_id, sign_key, curve_key, statement) "
             "SELECT unit_id, '%s', sign_key, curve_key, '' FROM giaoviec.unit_log "
             "WHERE unit_id = %d",
             id, r->world.unit[0]);
    tell(&r->world, sql);
    snprintf(sql, sizeof sql, "UPDATE giaoviec.unit_log SET key_id = '%s' WHERE unit_id = %d", id,
             r->world.unit[0]);
    tell(&r->world, sql);
    world_must(&r->world, gv_store_key_revoke(r->world.store, "U0", &first->key_id, &act));
    assert_int_equal(in_force(r, enrolled), 1);
    assert_int_equal(ask(&r->world, "SELECT count(*) FROM giaoviec.unit_log WHERE revoked"), 0);
    gv_key_free(enrolled);
}

static void test_revoked_next_key_leaves_the_one_in_force(void **state)
{
    struct rig *r = *state;
    struct gv_key *next = fixture_key("U0", 0xc0);
    gv_id act = make_id('r', 1);

    keep_key(r);
    greet(r, 1);
    is_welcome(r);
    rotate(r, 1, r->key[0], next);
    is_rotated(r, next);
    put_keyring(r);
    world_must(&r->world, gv_store_key_revoke(r->world.store, "U0", &next->key_id, &act));
    greet(r, 2);
    is_welcome(r);
    next = take_up(r, next);
    greet(r, 3);
    is_refused(r, GV_EDENIED);
    gv_key_free(take_up(r, next));
}

/* ---- the statement ---- */

struct draft {
    Giaoviec__V1__RotationStatement pb;
    const struct gv_key *signers[3];
    size_t count;
};

static gv_err open_draft(const struct rig *r, const struct draft *draft)
{
    struct gv_buf payload, bytes;
    struct gv_rotation rotation;
    gv_err err;

    gv_buf_init(&payload);
    gv_buf_init(&bytes);
    assert_int_equal(gv_pb_pack(&draft->pb.base, &payload), GV_OK);
    assert_int_equal(
        gv_envelope_seal(GV_CTX_ROTATION, bytes_of(&payload), draft->signers, draft->count, &bytes),
        GV_OK);
    err = gv_rotation_open(bytes_of(&bytes), &r->f.deployment, &r->key[0]->code, r->key[0]->sign_pk,
                           r->world.arena, &rotation);
    gv_buf_fini(&payload);
    gv_buf_fini(&bytes);
    return err;
}

static struct draft good_draft(struct rig *r, const struct gv_key *next)
{
    struct draft draft = {.signers = {r->key[0], next}, .count = 2};

    giaoviec__v1__rotation_statement__init(&draft.pb);
    draft.pb.deployment = gv_pb_bytes(r->f.deployment.b, 16);
    draft.pb.unit = r->key[0]->code.s;
    draft.pb.from = gv_pb_bytes(r->key[0]->key_id.b, 16);
    draft.pb.sign_key = gv_pb_bytes(next->sign_pk, 32);
    draft.pb.curve_key = gv_pb_bytes(next->curve_pk, 32);
    return draft;
}

static void test_statement_holds_only_as_it_was_meant(void **state)
{
    struct rig *r = *state;
    struct gv_key *next = fixture_key("U0", 0xc0), *third = fixture_key("U0", 0xd0);
    uint8_t zero[32] = {0}, other[16] = {1};
    struct draft draft = good_draft(r, next);

    assert_int_equal(open_draft(r, &draft), GV_OK);
    draft.count = 1; /* the new key did not sign */
    assert_int_equal(open_draft(r, &draft), GV_ESIGNATURE);
    draft = good_draft(r, next);
    draft.signers[1] = third;
    assert_int_equal(open_draft(r, &draft), GV_ESIGNATURE);
    draft.signers[0] = third; /* nor did the old one */
    draft.signers[1] = next;
    assert_int_equal(open_draft(r, &draft), GV_ESIGNATURE);
    draft = good_draft(r, next);
    draft.signers[2] = third;
    draft.count = 3;
    assert_int_equal(open_draft(r, &draft), GV_ESIGNATURE);
    draft = good_draft(r, next);
    draft.pb.deployment = gv_pb_bytes(other, 16);
    assert_int_equal(open_draft(r, &draft), GV_ERECIPIENT);
    draft = good_draft(r, next);
    draft.pb.unit = r->key[1]->code.s;
    assert_int_equal(open_draft(r, &draft), GV_EDENIED);
    draft = good_draft(r, next);
    draft.pb.from = gv_pb_bytes(other, 16); /* of a key before */
    assert_int_equal(open_draft(r, &draft), GV_EDENIED);
    draft = good_draft(r, next);
    draft.pb.curve_key = gv_pb_bytes(zero, 32);
    assert_int_equal(open_draft(r, &draft), GV_EBADMSG);
    draft.pb.curve_key = gv_pb_bytes(next->sign_pk, 32);
    assert_int_equal(open_draft(r, &draft), GV_EBADMSG);
    draft = good_draft(r, r->key[0]); /* itself */
    assert_int_equal(open_draft(r, &draft), GV_EBADMSG);
    gv_key_free(next);
    gv_key_free(third);
}

int main(void)
{
#define ROTATION_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        ROTATION_TEST(test_key_that_was_named_takes_the_place_of_the_other_once_it_is_used),
        ROTATION_TEST(test_old_and_new_key_sign_what_is_kept),
        ROTATION_TEST(test_key_that_is_not_used_takes_its_place_after_the_time_of_grace),
        ROTATION_TEST(test_key_of_somebody_else_is_not_taken),
        ROTATION_TEST(test_revoked_key_takes_the_one_that_it_named_with_it),
        ROTATION_TEST(test_revoked_key_takes_those_with_it_that_took_its_place),
        ROTATION_TEST(test_revoked_key_leaves_the_one_of_a_new_token),
        ROTATION_TEST(test_revoked_next_key_leaves_the_one_in_force),
        ROTATION_TEST(test_statement_holds_only_as_it_was_meant),
    };

    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
