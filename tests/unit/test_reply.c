/* test_reply.c - what one thread tells many units goes out together, in order, and is not kept. */
/* links: gv_lane_rig gv_coordinator gv_trust gv_base */
#include "lane_rig.h"

#include "coordinator/reply.h"

static void tell_one(struct rig *rig, struct outbox *box, uint8_t to)
{
    Giaoviec__V1__Clock body = GIAOVIEC__V1__CLOCK__INIT;
    struct route route = {{to}, 1};

    tell(&rig->c, box, rig_unit_id(0), &route, &rig->key[0]->code, 1, GV_KIND_CLOCK, &body.base);
}

static void test_a_box_goes_out_when_it_is_full_or_sent(void **state)
{
    struct rig *rig = *state;
    struct outbox box = {0};
    size_t full = sizeof box.outs / sizeof box.outs[0];
    uint8_t to;

    for (size_t i = 0; i < full; i++) {
        assert_int_equal(gv_queue_len(rig->c.out), 0);
        tell_one(rig, &box, (uint8_t)i);
    }
    assert_int_equal(gv_queue_len(rig->c.out), full);
    tell_one(rig, &box, (uint8_t)full);
    assert_int_equal(gv_queue_len(rig->c.out), full);
    outbox_send(&rig->c, &box);
    outbox_send(&rig->c, &box);
    for (size_t i = 0; i <= full; i++) {
        assert_non_null(rig_hear(rig, &to));
        assert_int_equal(to, i);
    }
    rig_expect_silence(rig);
}

static void test_what_finds_no_way_out_is_dropped(void **state)
{
    struct rig *rig = *state;
    struct outbox box = {0};

    gv_queue_close(rig->c.out);
    tell_one(rig, &box, 1);
    outbox_send(&rig->c, &box);
    assert_int_equal(box.count, 0);
    rig_expect_silence(rig);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_begin, rig_end)
    const struct CMUnitTest tests[] = {
        TEST(test_a_box_goes_out_when_it_is_full_or_sent),
        TEST(test_what_finds_no_way_out_is_dropped),
    };

    return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
