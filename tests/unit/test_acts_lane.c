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

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)
    const struct CMUnitTest tests[] = {
        TEST(test_an_act_expires_by_the_databases_clock_alone),
        TEST(test_an_act_that_is_too_late_is_refused_whatever_business_time_it_is),
        TEST(test_an_act_that_stands_is_answered_as_it_was_after_its_time),
    };

    return cmocka_run_group_tests_name("lane of acts", tests, NULL, NULL);
}
