/*
 * test_acts_lane.c - the lane of acts over a database that answers what the test says.
 */
/* links: gv_lane_rig gv_coordinator gv_trust gv_base */
#include "lane_rig.h"

#define NOT_AFTER_US (FIXTURE_TIME_US + 3600 * INT64_C(1000000))

/* The administrator lets U0 in again: always the same act. */
static void submit(struct rig *rig)
{
    Giaoviec__V1__ActSubmit body = GIAOVIEC__V1__ACT_SUBMIT__INIT;
    Giaoviec__V1__Act act = GIAOVIEC__V1__ACT__INIT;
    Giaoviec__V1__LiftQuarantine lift = GIAOVIEC__V1__LIFT_QUARANTINE__INIT;
    const struct gv_key *keys[1] = {rig->f.admin};
    uint8_t id[16] = {7};
    struct gv_buf bytes, sealed;

    gv_buf_init(&bytes);
    gv_buf_init(&sealed);
    lift.unit = rig->key[0]->code.s;
    assert_int_equal(gv_pb_pack(&lift.base, &bytes), GV_OK);
    act.act_id = gv_pb_bytes(id, sizeof id);
    act.deployment = gv_pb_bytes(rig->f.deployment.b, sizeof rig->f.deployment.b);
    act.kind = GV_SIGNED_LIFT_QUARANTINE;
    act.signed_at_us = FIXTURE_TIME_US;
    act.not_after_us = NOT_AFTER_US;
    act.reason = text("đã xem xét");
    act.body = gv_pb_bytes(bytes.data, bytes.len);
    assert_int_equal(gv_act_seal(&act, keys, 1, &sealed), GV_OK);
    body.act = gv_pb_bytes(sealed.data, sealed.len);
    assert_true(gv_queue_push(
        rig->c.acts, rig_message_by(rig, rig->f.admin, GV_KIND_ACT_SUBMIT, 0, &body.base)));
    gv_buf_fini(&sealed);
    gv_buf_fini(&bytes);
}

static void expect_done(struct rig *rig, bool repeated)
{
    const Giaoviec__V1__ActResult *result =
        (const Giaoviec__V1__ActResult *)rig_expect(rig, GV_KIND_ACT_RESULT);

    assert_int_equal(result->done, 1);
    assert_int_equal(result->repeated_act, repeated);
}

/* ---- expiry ---------------------------------------------------------------------------------- */

/* Ours is years ahead of it here. */
static void test_an_act_expires_by_the_databases_clock_alone(void **state)
{
    struct rig *rig = *state;

    db.real_us = NOT_AFTER_US;
    submit(rig);
    rig_acts(rig);
    expect_done(rig, false);
    rig_expect_silence(rig);
}

static void test_an_act_that_is_too_late_is_refused_whatever_business_time_it_is(void **state)
{
    struct rig *rig = *state;

    db.real_us = NOT_AFTER_US + 1;
    for (int stepped = 0; stepped < 2; stepped++) {
        db.stepped = stepped == 1;
        submit(rig);
        rig_acts(rig);
        rig_expect_error(rig, GV_EEXPIRED);
        assert_int_equal(db.act_result.len, 0);
        assert_int_equal(db.events[db.event_count - 1].error, GV_EEXPIRED);
    }
    rig_expect_silence(rig);
}

static void test_an_act_that_stands_is_answered_as_it_was_after_its_time(void **state)
{
    struct rig *rig = *state;

    submit(rig);
    rig_acts(rig);
    expect_done(rig, false);
    db.real_us = NOT_AFTER_US + 1;
    submit(rig);
    rig_acts(rig);
    expect_done(rig, true);
    rig_expect_silence(rig);
}

/* ---- a database that does not answer --------------------------------------------------------- */

static void fails(enum call call, gv_err err, int times)
{
    db.fails[call].err = err;
    db.fails[call].times = times;
}

static void test_acts_are_told_in_time_that_nothing_is_stored(void **state)
{
    struct rig *rig = *state;

    rig->waits = true;
    fails(CALL_BEGIN, GV_EUNAVAILABLE, 1000);
    fails(CALL_RECONNECT, GV_EUNAVAILABLE, 1000);
    for (int i = 0; i < 5; i++)
        submit(rig);
    rig_acts(rig);
    for (int i = 0; i < 5; i++)
        (void)rig_expect(rig, GV_KIND_BUSY);
    rig_expect_silence(rig);
    assert_true(rig->slept_ms >= 8000 && rig->slept_ms < 11000); /* all together */
    fails(CALL_BEGIN, GV_EUNAVAILABLE, 1);
    fails(CALL_RECONNECT, GV_EUNAVAILABLE, 3);
    submit(rig);
    rig_acts(rig);
    expect_done(rig, false);
}

static void test_an_act_that_somebody_holds_up_is_told_in_time(void **state)
{
    struct rig *rig = *state;

    rig->waits = true;
    fails(CALL_APPLY, GV_ECONFLICT, 1000);
    submit(rig);
    rig->slept_ms += 8000; /* behind others */
    rig_acts(rig);
    (void)rig_expect(rig, GV_KIND_BUSY);
    rig_expect_silence(rig);
    assert_int_equal(db.calls[CALL_APPLY], 1);
}

static void test_an_act_whose_commit_nobody_confirmed_is_told_as_unknown(void **state)
{
    struct rig *rig = *state;

    rig->waits = true;
    fails(CALL_COMMIT, GV_EUNKNOWN, 1);
    fails(CALL_RECONNECT, GV_EUNAVAILABLE, 1000);
    submit(rig);
    rig_acts(rig);
    rig_expect_error(rig, GV_EUNKNOWN);
    rig_expect_silence(rig);
    fails(CALL_RECONNECT, GV_EUNAVAILABLE, 0);
    submit(rig);
    rig_acts(rig);
    expect_done(rig, true);
}

static struct rig *his;

/* The administrator is out of the keyset while his act is in work. */
static gv_err revoke_him(const struct gv_changes *changes)
{
    struct gv_buf bytes;

    (void)changes;
    gv_buf_init(&bytes);
    his->f.set.version = 2;
    his->f.set.persons = his->f.persons + 1;
    his->f.set.n_persons = 3;
    assert_int_equal(gv_keyset_seal(&his->f.set, his->f.root, &bytes), GV_OK);
    db_keyset(&bytes, 2);
    gv_buf_fini(&bytes);
    return GV_OK;
}

static void test_an_act_that_may_stand_is_not_called_denied(void **state)
{
    struct rig *rig = *state;

    his = rig;
    db.refuses = revoke_him;
    fails(CALL_COMMIT, GV_EUNKNOWN, 1);
    submit(rig);
    rig_acts(rig);
    rig_expect_error(rig, GV_EUNKNOWN);
    rig_expect_silence(rig);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)
    const struct CMUnitTest tests[] = {
        TEST(test_an_act_expires_by_the_databases_clock_alone),
        TEST(test_an_act_that_is_too_late_is_refused_whatever_business_time_it_is),
        TEST(test_an_act_that_stands_is_answered_as_it_was_after_its_time),
        TEST(test_acts_are_told_in_time_that_nothing_is_stored),
        TEST(test_an_act_that_somebody_holds_up_is_told_in_time),
        TEST(test_an_act_whose_commit_nobody_confirmed_is_told_as_unknown),
        TEST(test_an_act_that_may_stand_is_not_called_denied),
    };

    return cmocka_run_group_tests_name("lane of acts", tests, NULL, NULL);
}
