/* links: gv_trust gv_wire gv_crypto gv_base */
/*
 * test_act.c - acts of persons: signers, roles, dates and the list that was signed.
 */
#include "../fixture/trust_group.h"
#include "giaoviec/v1/delivery.pb-c.h"

static gv_err open_act(const struct fixture_issue *i, bool past, struct gv_signed_act *out)
{
    gv_arena_reset(arena);
    return gv_act_open(bytes_of(&i->act_bytes), f.keyset, past, arena, out);
}

static gv_err open_signed_by(struct fixture_issue *i, const struct gv_key *first,
                             const struct gv_key *second)
{
    const struct gv_key *keys[2] = {first, second};
    struct gv_signed_act act;

    fixture_act(i, keys, second != NULL ? 2 : 1);
    return open_act(i, false, &act);
}

static void test_an_act_opens_with_its_signers_and_its_list(void **state)
{
    struct gv_signed_act act;
    struct gv_slice *item_bytes;
    Giaoviec__V1__Item **items;
    struct fixture_issue i;
    struct gv_buf sealed;
    size_t count;

    (void)state;
    fixture_issue_init(&f, &i);
    assert_int_equal(open_act(&i, false, &act), GV_OK);
    assert_ptr_equal(act.row, gv_act_row(GV_SIGNED_ISSUE));
    assert_memory_equal(act.act_id.b, i.act_id, 16);
    assert_int_equal(act.signer_count, 1);
    assert_string_equal(act.signers[0]->code, "admin");
    assert_int_equal(((const Giaoviec__V1__Issue *)act.body)->version, 1);
    assert_int_equal(gv_act_items(&act, bytes_of(&i.list), arena, &items, &item_bytes, &count),
                     GV_OK);
    assert_int_equal(count, FIXTURE_ITEMS);
    assert_string_equal(items[2]->unit, "CATP-DL");
    assert_int_equal(item_bytes[0].len, i.item_bytes[0].len);

    gv_buf_init(&sealed); /* what the program seals is the same */
    assert_int_equal(gv_act_seal(&i.act, (const struct gv_key *const[]){f.admin}, 1, &sealed),
                     GV_OK);
    assert_int_equal(sealed.len, i.act_bytes.len);
    assert_memory_equal(sealed.data, i.act_bytes.data, sealed.len);
    gv_buf_fini(&sealed);
    fixture_issue_fini(&i);
}

static void test_sealing_fills_in_id_and_actor(void **state)
{
    const struct gv_key *keys[2] = {f.admin, f.admin};
    struct gv_signed_act act;
    struct fixture_issue i;

    (void)state;
    fixture_issue_init(&f, &i);
    i.act.act_id.len = 0;
    i.act.actor = text("");
    gv_buf_reset(&i.act_bytes);
    assert_int_equal(gv_act_seal(&i.act, keys, 1, &i.act_bytes), GV_OK);
    assert_int_equal(i.act.act_id.len, 0);
    assert_int_equal(open_act(&i, true, &act), GV_OK);
    assert_false(gv_id_is_zero(&act.act_id));
    assert_string_equal(act.act->actor, "admin");
    assert_int_equal(gv_act_seal(&i.act, keys, 0, &i.act_bytes), GV_EUSAGE);
    assert_int_equal(gv_act_seal(&i.act, keys, 2, &i.act_bytes), GV_EUSAGE);
    i.act.actor = text("vp1");
    assert_int_equal(gv_act_seal(&i.act, keys, 1, &i.act_bytes), GV_EUSAGE);
    i.act.actor = text("");
    i.act.not_after_us = 0;
    assert_int_equal(gv_act_seal(&i.act, keys, 1, &i.act_bytes), GV_EUSAGE);
    fixture_issue_fini(&i);
}

static void test_an_act_needs_signers_of_the_row(void **state)
{
    struct fixture_issue i;
    struct gv_signed_act act;

    (void)state;
    fixture_issue_init(&f, &i);
    assert_int_equal(open_signed_by(&i, f.other, NULL), GV_EDENIED); /* of nobody here */
    assert_int_equal(open_signed_by(&i, f.c1, NULL), GV_EDENIED);  /* a coordinator is no person */
    assert_int_equal(open_signed_by(&i, f.vp1, NULL), GV_EDENIED); /* not the actor */
    i.act.actor = text("vp1");
    assert_int_equal(open_signed_by(&i, f.vp1, NULL), GV_EDENIED); /* not an administrator */
    i.act.actor = text("admin");
    assert_int_equal(open_signed_by(&i, f.admin, f.admin), GV_EDENIED); /* the same person twice */
    assert_int_equal(open_signed_by(&i, f.admin, f.vp1), GV_EDENIED);   /* the second may not */
    assert_int_equal(open_signed_by(&i, f.admin, NULL), GV_OK);
    gv_buf_reset(&i.act_bytes);
    fixture_sign(&i.act.base, GV_CTX_ACT, NULL, 0, &i.act_bytes);
    assert_int_equal(open_act(&i, true, &act), GV_ESIGNATURE);
    gv_buf_reset(&i.act_bytes);
    fixture_sign(&i.act.base, GV_CTX_MESSAGE, (const struct gv_key *const[]){f.admin}, 1,
                 &i.act_bytes);
    assert_int_equal(open_act(&i, true, &act), GV_ESIGNATURE);
    fixture_issue_fini(&i);
}

/* A keyset in which each of the four has one role in turn, and every kind of act signed by each. */
static void test_each_act_is_taken_from_each_role_as_its_row_says(void **state)
{
    Giaoviec__V1__ReportEntry entry = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    Giaoviec__V1__BodyEntry body_entry = GIAOVIEC__V1__BODY_ENTRY__INIT;
    Giaoviec__V1__RevokeKey revoke = GIAOVIEC__V1__REVOKE_KEY__INIT;
    const struct gv_key *const signers[4] = {f.admin, f.vp1, f.uv1, f.viewer};
    struct fixture_issue i;
    struct gv_buf entry_bytes, body;
    int taken = 0;

    (void)state;
    fixture_issue_init(&f, &i);
    gv_buf_init(&entry_bytes);
    gv_buf_init(&body);
    entry.kind = GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT;
    entry.time_us = FIXTURE_TIME_US;
    entry.assignment = gv_pb_bytes(i.assignment[0], 16);
    entry.epoch = 1;
    entry.body = gv_pb_bytes("\x0a\x01x", 3); /* Accept.person */
    assert_int_equal(gv_pb_pack(&entry.base, &entry_bytes), GV_OK);
    body_entry.unit = text("CC-BTVTU");
    body_entry.entry = gv_pb_bytes(entry_bytes.data, entry_bytes.len);
    revoke.unit = text("SO-YT");
    revoke.key_id = gv_pb_bytes(f.unit->key_id.b, 16);
    for (uint32_t kind = 1; kind < GV_SIGNED_END; kind++) {
        const struct gv_act_row *row = gv_act_row(kind);
        const ProtobufCMessage *message = kind == GV_SIGNED_BODY_ENTRY   ? &body_entry.base
                                          : kind == GV_SIGNED_REVOKE_KEY ? &revoke.base
                                                                         : NULL;

        if (row == NULL || (row->with != GV_WITH_LIST && message == NULL))
            continue;
        i.act.kind = kind;
        i.act.list_count = row->with == GV_WITH_LIST ? FIXTURE_ITEMS : 0;
        i.act.list_root.len = row->with == GV_WITH_LIST ? 32 : 0;
        i.act.attachment_digest.len = row->with == GV_WITH_LIST ? 32 : 0;
        i.act.body = gv_pb_bytes(i.body.data, kind == GV_SIGNED_ISSUE ? i.body.len : 0);
        if (message != NULL) {
            gv_buf_reset(&body);
            assert_int_equal(gv_pb_pack(message, &body), GV_OK);
            i.act.body = gv_pb_bytes(body.data, body.len);
        }
        for (int s = 0; s < 4; s++) {
            bool may = (row->signers & 1u << f.roles[s]) != 0;

            i.act.actor = text(signers[s]->code.s);
            assert_int_equal(open_signed_by(&i, signers[s], NULL), may ? GV_OK : GV_EDENIED);
            taken += may;
        }
    }
    assert_int_equal(taken, 3 + 4 * 2 + 1 +
                                1);  /* ISSUE TRANSFER REVOKE; the office's four; a key; a body */
    body_entry.unit = text("SO-YT"); /* not a body of this member */
    gv_buf_reset(&body);
    assert_int_equal(gv_pb_pack(&body_entry.base, &body), GV_OK);
    i.act.kind = GV_SIGNED_BODY_ENTRY;
    i.act.list_count = 0;
    i.act.list_root.len = i.act.attachment_digest.len = 0;
    i.act.body = gv_pb_bytes(body.data, body.len);
    i.act.actor = text("uv1");
    assert_int_equal(open_signed_by(&i, f.uv1, NULL), GV_EDENIED);
    gv_buf_fini(&entry_bytes);
    gv_buf_fini(&body);
    fixture_issue_fini(&i);
}

static void test_an_act_that_is_not_well_formed_is_refused(void **state)
{
    static uint8_t zeros[16];
    struct fixture_issue i;
    Giaoviec__V1__Act good;

    (void)state;
    fixture_issue_init(&f, &i);
    good = i.act;
#define REFUSED(change, error)                                                                     \
    do {                                                                                           \
        change;                                                                                    \
        assert_int_equal(open_signed_by(&i, f.admin, NULL), error);                                \
        i.act = good;                                                                              \
    } while (0)
    REFUSED(i.act.act_id.len = 15, GV_EBADMSG);
    REFUSED(i.act.act_id = gv_pb_bytes(zeros, 16), GV_EBADMSG);
    REFUSED(i.act.deployment.len = 0, GV_EBADMSG);
    REFUSED(i.act.deployment = gv_pb_bytes(i.act_id, 16),
            GV_ERECIPIENT); /* of another deployment */
    REFUSED(i.act.kind = 0, GV_EUNSUPPORTED);
    REFUSED(i.act.kind = GV_SIGNED_END, GV_EUNSUPPORTED);
    REFUSED(i.act.kind = UINT32_MAX, GV_EUNSUPPORTED);
    REFUSED(i.act.actor = text("ad min"), GV_EBADMSG);
    REFUSED(i.act.signed_at_us = 0, GV_EBADMSG);
    REFUSED(i.act.not_after_us = 0, GV_EBADMSG);
    REFUSED(i.act.body.len = 0, GV_EBADMSG);
    REFUSED(i.act.body.len = 20, GV_EBADMSG);
    REFUSED(i.act.list_root.len = 31, GV_EBADMSG);
    REFUSED(i.act.list_root.len = 0, GV_EBADMSG);
    REFUSED(i.act.list_count = 0, GV_EBADMSG);
    REFUSED(i.act.list_count = GV_ITEMS_MAX + 1, GV_EBADMSG);
    REFUSED(i.act.attachment_digest.len = 0, GV_EBADMSG);
    REFUSED(i.act.kind = GV_SIGNED_CLOCK_STEP, GV_EBADMSG);
#undef REFUSED
    fixture_issue_fini(&i);
}

static void test_every_truncation_and_change_of_an_act_is_refused(void **state)
{
    struct gv_signed_act act;
    struct fixture_issue i;
    size_t whole;

    (void)state;
    fixture_issue_init(&f, &i);
    whole = i.act_bytes.len;
    for (i.act_bytes.len = 0; i.act_bytes.len < whole; i.act_bytes.len++)
        assert_int_not_equal(open_act(&i, true, &act), GV_OK);
    for (size_t n = 0; n < whole; n++) {
        i.act_bytes.data[n] ^= 1;
        assert_int_not_equal(open_act(&i, true, &act), GV_OK);
        i.act_bytes.data[n] ^= 1;
    }
    fixture_issue_fini(&i);
}

static gv_err check_items(struct fixture_issue *i)
{
    struct gv_signed_act act;
    struct gv_slice *item_bytes;
    Giaoviec__V1__Item **items;
    size_t count;

    assert_int_equal(open_act(i, true, &act), GV_OK);
    return gv_act_items(&act, bytes_of(&i->list), arena, &items, &item_bytes, &count);
}

static void test_a_list_that_is_not_the_one_signed_is_refused(void **state)
{
    struct fixture_issue i;

    (void)state;
    fixture_issue_init(&f, &i);
    i.list.data[i.list.len / 2] ^= 1; /* a tampered item */
    assert_int_equal(check_items(&i), GV_ESIGNATURE);
    i.list.data[i.list.len / 2] ^= 1;
    i.list.len--;
    assert_int_equal(check_items(&i), GV_ESIGNATURE);
    i.list.len++;
    assert_int_equal(check_items(&i), GV_OK);
    i.root.b[0] ^= 1; /* the digest holds, the root does not */
    fixture_act(&i, (const struct gv_key *const[]){f.admin}, 1);
    assert_int_equal(check_items(&i), GV_ESIGNATURE);
    i.root.b[0] ^= 1;
    i.act.list_count = 2;
    fixture_act(&i, (const struct gv_key *const[]){f.admin}, 1);
    assert_int_equal(check_items(&i), GV_EBADMSG);
    fixture_issue_fini(&i);
}

static void test_items_that_are_not_well_formed_are_refused(void **state)
{
    struct fixture_issue i;
    Giaoviec__V1__Item good;

    (void)state;
    fixture_issue_init(&f, &i);
    good = i.item[0];
#define ITEM(change, error)                                                                        \
    do {                                                                                           \
        change;                                                                                    \
        fixture_issue_again(&f, &i);                                                               \
        assert_int_equal(check_items(&i), error);                                                  \
        i.item[0] = good;                                                                          \
    } while (0)
    ITEM((void)0, GV_OK);
    ITEM(i.item[0].salt.len = 8, GV_EBADMSG);
    ITEM(i.item[0].assignment.len = 15, GV_EBADMSG);
    ITEM(i.item[0].assignment = gv_pb_bytes(i.assignment[1], 16), GV_EBADMSG); /* twice */
    ITEM(i.item[0].unit = text(""), GV_EBADMSG);
    ITEM(i.item[0].unit = text("Sở Y tế"), GV_EBADMSG);
    ITEM(i.item[0].unit = text("ABCDEFGHIJKLMNOPQRSTUVWXYZ-1234567"), GV_EBADMSG);
    ITEM(i.item[0].epoch = 0, GV_EBADMSG);
    ITEM(i.item[0].task_digest.len = 0, GV_EBADMSG);
    ITEM(i.item[0].role = 0, GV_EBADMSG);
    ITEM(i.item[0].role = 4, GV_EBADMSG);
    ITEM(i.item[0].from_unit = text("SO-XD"), GV_EBADMSG);
    ITEM(i.item[0].from_epoch = 1, GV_EBADMSG);

    i.act.kind = GV_SIGNED_TRANSFER;
    i.act.body.len = 0;
    for (int n = 0; n < FIXTURE_ITEMS; n++) {
        i.item[n].role = 0;
        i.item[n].from_unit = text("SO-XD");
        i.item[n].from_epoch = 1;
        i.item[n].epoch = 2;
    }
    good = i.item[0];
    ITEM((void)0, GV_OK);
    ITEM(i.item[0].role = 1, GV_EBADMSG);
    ITEM(i.item[0].from_unit = text(""), GV_EBADMSG);
    ITEM(i.item[0].from_unit = text("SO-YT"), GV_EBADMSG); /* to itself */
    ITEM(i.item[0].from_epoch = 0, GV_EBADMSG);
    ITEM((i.item[0].from_epoch = 0, i.item[0].epoch = 1), GV_EBADMSG);
    ITEM(i.item[0].from_epoch = 2, GV_EBADMSG);
    ITEM(i.item[0].epoch = 3, GV_EBADMSG);
    ITEM((i.item[0].from_epoch = UINT32_MAX, i.item[0].epoch = 0), GV_EBADMSG);

    i.act.kind = GV_SIGNED_REVOKE;
    for (int n = 0; n < FIXTURE_ITEMS; n++) {
        i.item[n].from_unit = text("");
        i.item[n].from_epoch = 0;
        i.item[n].task_digest.len = 0;
    }
    good = i.item[0];
    ITEM((void)0, GV_OK);
    ITEM(i.item[0].task_digest.len = 16, GV_EBADMSG);
    ITEM((i.item[0].from_unit = text("SO-XD"), i.item[0].from_epoch = 1), GV_EBADMSG);
#undef ITEM
    fixture_issue_fini(&i);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_act_opens_with_its_signers_and_its_list),
        cmocka_unit_test(test_sealing_fills_in_id_and_actor),
        cmocka_unit_test(test_an_act_needs_signers_of_the_row),
        cmocka_unit_test(test_each_act_is_taken_from_each_role_as_its_row_says),
        cmocka_unit_test(test_an_act_that_is_not_well_formed_is_refused),
        cmocka_unit_test(test_every_truncation_and_change_of_an_act_is_refused),
        cmocka_unit_test(test_a_list_that_is_not_the_one_signed_is_refused),
        cmocka_unit_test(test_items_that_are_not_well_formed_are_refused),
    };

    return cmocka_run_group_tests(tests, trust_setup, trust_teardown);
}
