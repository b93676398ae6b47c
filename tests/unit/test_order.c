/* links: gv_trust gv_wire gv_crypto gv_base */
/*
 * test_order.c - orders: each shows the act that it comes from; one that the act does not give
 * is refused.
 */
#include "../fixture/trust_group.h"
#include "giaoviec/v1/delivery.pb-c.h"

static gv_err check_order(const struct fixture_issue *i, const char *unit)
{
    Giaoviec__V1__Task *task = NULL;
    gv_code code;

    assert_int_equal(gv_code_from_str(unit, &code), GV_OK);
    gv_arena_reset(arena);
    return gv_order_check(&i->order, f.keyset, &code, arena, &task);
}

static void test_an_order_shows_the_act_that_it_comes_from(void **state)
{
    Giaoviec__V1__Task *task = NULL;
    struct fixture_issue i;

    (void)state;
    fixture_issue_init(&f, &i);
    gv_arena_reset(arena);
    assert_int_equal(gv_order_check(&i.order, f.keyset, &f.unit->code, arena, &task), GV_OK);
    assert_string_equal(task->number, "2.2");
    assert_int_equal(gv_order_check(&i.order, f.keyset, &f.unit->code, arena, NULL), GV_OK);
    fixture_issue_fini(&i);
}

/* Moves the administrator from the persons to those who have left, or to the revoked. */
static struct gv_keyset *keyset_without_admin(bool retired)
{
    Giaoviec__V1__PersonInfo *former[1] = {f.persons[0]};
    Giaoviec__V1__Keyset set = f.set;
    ProtobufCBinaryData revoked[1] = {gv_pb_bytes(f.admin->key_id.b, sizeof f.admin->key_id.b)};
    struct gv_keyset *keyset = NULL;
    struct gv_buf bytes;

    set.version++;
    set.persons = f.persons + 1;
    set.n_persons = f.set.n_persons - 1;
    if (retired) {
        set.former = former;
        set.n_former = 1;
    } else {
        set.revoked = revoked;
        set.n_revoked = 1;
    }
    gv_buf_init(&bytes);
    assert_int_equal(gv_keyset_seal(&set, f.root, &bytes), GV_OK);
    assert_int_equal(gv_keyset_open(bytes_of(&bytes), NULL, &keyset), GV_OK);
    gv_buf_fini(&bytes);
    return keyset;
}

static void test_who_has_left_signs_nothing_new_and_what_was_signed_holds(void **state)
{
    static const gv_err want_order[] = {GV_EDENIED, GV_OK};

    (void)state;
    for (int retired = 0; retired < 2; retired++) {
        struct gv_keyset *keyset = keyset_without_admin(retired);
        struct fixture_issue i;
        struct gv_signed_act act;

        fixture_issue_init(&f, &i);
        gv_arena_reset(arena);
        assert_int_equal(gv_order_check(&i.order, keyset, &f.unit->code, arena, NULL),
                         want_order[retired]);
        assert_int_equal(gv_act_open(bytes_of(&i.act_bytes), keyset, false, arena, &act),
                         GV_EDENIED);
        assert_null(gv_keyset_person(keyset, f.admin->code.s));
        fixture_issue_fini(&i);
        gv_keyset_free(keyset);
    }
}

static void test_an_order_that_the_act_does_not_give_is_refused(void **state)
{
    static uint8_t zeros[32];
    struct fixture_issue i;
    Giaoviec__V1__OrderEntry good;
    ProtobufCBinaryData longer[GV_TREE_MAX_DEPTH + 1];

    (void)state;
    fixture_issue_init(&f, &i);
    good = i.order;
#define ORDER(change, error)                                                                       \
    do {                                                                                           \
        change;                                                                                    \
        assert_int_equal(check_order(&i, "SO-YT"), error);                                         \
        i.order = good;                                                                            \
    } while (0)
    ORDER((void)0, GV_OK);
    assert_int_equal(check_order(&i, "SO-CT"), GV_ERECIPIENT); /* for another unit */
    ORDER(i.order.kind = 0, GV_EBADMSG);
    ORDER(i.order.kind = GIAOVIEC__V1__ORDER_KIND__ORDER_END, GV_EDENIED);
    ORDER(i.order.kind = GIAOVIEC__V1__ORDER_KIND__ORDER_APPROVED, GV_EDENIED);
    ORDER(i.order.kind = 99, GV_EDENIED);
    ORDER(i.order.time_us = 0, GV_EBADMSG);
    ORDER(i.order.assignment = gv_pb_bytes(i.assignment[1], 16), GV_EBADMSG);
    ORDER(i.order.assignment.len = 15, GV_EBADMSG);
    ORDER(i.order.epoch = 2, GV_EBADMSG);
    ORDER(i.order.index = 1, GV_ESIGNATURE);
    ORDER(i.order.index = FIXTURE_ITEMS, GV_ESIGNATURE);
    ORDER(i.order.n_proof--, GV_ESIGNATURE);
    i.hashes[i.proof.count] = gv_pb_bytes(zeros, 32);
    ORDER(i.order.n_proof++, GV_ESIGNATURE); /* a proof too long */
    for (size_t n = 0; n < GV_TREE_MAX_DEPTH + 1; n++)
        longer[n] = gv_pb_bytes(zeros, 32);
    ORDER((i.order.proof = longer, i.order.n_proof = GV_TREE_MAX_DEPTH + 1), GV_EBADMSG);
    i.hashes[0].len = 31;
    ORDER((void)0, GV_EBADMSG);
    i.hashes[0].len = 32;
    i.proof.hashes[0].b[0] ^= 1;
    ORDER((void)0, GV_ESIGNATURE);
    i.proof.hashes[0].b[0] ^= 1;
    ORDER(i.order.item = gv_pb_bytes(i.item_bytes[1].data, i.item_bytes[1].len), GV_ESIGNATURE);
    ORDER(i.order.item.len--, GV_ESIGNATURE); /* a tampered item */
    ORDER(i.order.task.len--, GV_ESIGNATURE); /* another task */
    ORDER(i.order.task.len = 0, GV_ESIGNATURE);
    ORDER(i.order.act.len--, GV_EBADMSG);
    ORDER(i.order.act.len = 0, GV_EBADMSG);
#undef ORDER
    i.act.not_after_us = 1; /* long ago: an order is evidence of the past */
    fixture_act(&i, (const struct gv_key *const[]){f.admin}, 1);
    assert_int_equal(check_order(&i, "SO-YT"), GV_OK);
    fixture_act(&i, (const struct gv_key *const[]){f.vp1}, 1);
    assert_int_equal(check_order(&i, "SO-YT"), GV_EDENIED);
    fixture_issue_fini(&i);
}

static void make_transfer(struct fixture_issue *i)
{
    i->act.kind = GV_SIGNED_TRANSFER;
    i->act.body.len = 0;
    for (int n = 0; n < FIXTURE_ITEMS; n++) {
        i->item[n].role = 0;
        i->item[n].from_unit = text("SO-XD");
        i->item[n].from_epoch = 4;
        i->item[n].epoch = 5;
    }
    fixture_issue_again(&f, i);
    i->order.epoch = 5;
}

static void test_a_transfer_ends_at_one_unit_and_begins_at_the_other(void **state)
{
    struct fixture_issue i;

    (void)state;
    fixture_issue_init(&f, &i);
    make_transfer(&i);
    assert_int_equal(check_order(&i, "SO-YT"), GV_OK);
    assert_int_equal(check_order(&i, "SO-XD"), GV_ERECIPIENT);
    i.order.epoch = 4;
    assert_int_equal(check_order(&i, "SO-YT"), GV_EBADMSG);
    i.order.kind = GIAOVIEC__V1__ORDER_KIND__ORDER_END;
    assert_int_equal(check_order(&i, "SO-YT"), GV_ERECIPIENT);
    assert_int_equal(check_order(&i, "SO-XD"), GV_EBADMSG); /* a task comes with it */
    i.order.task.len = 0;
    assert_int_equal(check_order(&i, "SO-XD"), GV_OK);
    i.order.epoch = 5;
    assert_int_equal(check_order(&i, "SO-XD"), GV_EBADMSG);
    fixture_issue_fini(&i);
}

static void test_the_other_acts_give_the_orders_of_the_table(void **state)
{
    static const struct {
        uint32_t act, order;
    } rows[] = {
        {GV_SIGNED_REVOKE, GIAOVIEC__V1__ORDER_KIND__ORDER_END},
        {GV_SIGNED_REDO, GIAOVIEC__V1__ORDER_KIND__ORDER_REDO},
        {GV_SIGNED_APPROVE_RESULT, GIAOVIEC__V1__ORDER_KIND__ORDER_APPROVED},
        {GV_SIGNED_UPHOLD, GIAOVIEC__V1__ORDER_KIND__ORDER_UPHELD},
    };
    struct fixture_issue i;

    (void)state;
    fixture_issue_init(&f, &i);
    i.act.body.len = 0;
    for (int n = 0; n < FIXTURE_ITEMS; n++)
        i.item[n].role = 0;
    i.order.task.len = 0;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        i.act.kind = rows[r].act;
        fixture_issue_again(&f, &i);
        for (uint32_t kind = 1; kind <= 6; kind++) {
            i.order.kind = kind;
            assert_int_equal(check_order(&i, "SO-YT"), kind == rows[r].order ? GV_OK : GV_EDENIED);
        }
    }
    for (uint32_t kind = 0; kind < GV_SIGNED_END + 1; kind++) {
        const struct gv_act_row *row = gv_act_row(kind);
        bool gives = gv_order_kind(kind, true) != 0 || gv_order_kind(kind, false) != 0;

        assert_int_equal(gives, row != NULL && row->with == GV_WITH_LIST);
    }
    fixture_issue_fini(&i);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_order_shows_the_act_that_it_comes_from),
        cmocka_unit_test(test_who_has_left_signs_nothing_new_and_what_was_signed_holds),
        cmocka_unit_test(test_an_order_that_the_act_does_not_give_is_refused),
        cmocka_unit_test(test_a_transfer_ends_at_one_unit_and_begins_at_the_other),
        cmocka_unit_test(test_the_other_acts_give_the_orders_of_the_table),
    };

    return cmocka_run_group_tests(tests, trust_setup, trust_teardown);
}
