/* links: gv_trust gv_wire gv_crypto gv_base */
/*
 * test_trust.c - keysets, tokens, enrolment, acts, orders: what holds is taken, and every way in
 * which it might not hold is refused with its own error.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../fixture/trust.h"
#include "base/base64.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "trust/entry.h"

static struct fixture f;
static gv_arena *arena;

/* ---- keysets ------------------------------------------------------------------------------------
 */

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

/* ---- tokens and enrolment -----------------------------------------------------------------------
 */

static void test_a_token_survives_being_copied_by_hand(void **state)
{
    struct gv_token token, read;
    struct gv_buf s, spaced;

    (void)state;
    fixture_token(&f, &token);
    gv_buf_init(&s);
    gv_buf_init(&spaced);
    assert_int_equal(gv_token_format(&token, &s), GV_OK);
    assert_memory_equal(s.data, "gv1.", 4);
    gv_buf_printf(&spaced, " \t%s\r\n", (char *)s.data);
    memset(&read, 0xff, sizeof read);
    assert_int_equal(gv_token_parse((char *)spaced.data, spaced.len, &read), GV_OK);
    assert_memory_equal(&read, &token, sizeof token);
    gv_buf_fini(&s);
    gv_buf_fini(&spaced);
}

static void test_what_is_no_token_is_refused(void **state)
{
    struct gv_token token, read;
    struct gv_buf s;

    (void)state;
    fixture_token(&f, &token);
    gv_buf_init(&s);
    assert_int_equal(gv_token_format(&token, &s), GV_OK);
    for (size_t len = 0; len < s.len; len++)
        assert_int_equal(gv_token_parse((char *)s.data, len, &read), GV_EBADMSG);
    s.data[0] = 'G';
    assert_int_equal(gv_token_parse((char *)s.data, s.len, &read), GV_EBADMSG);
    s.data[0] = 'g';
    s.data[40] = '+';
    assert_int_equal(gv_token_parse((char *)s.data, s.len, &read), GV_EBADMSG);
    gv_buf_reset(&s);
    memset(token.secret, 0, sizeof token.secret);
    assert_int_equal(gv_token_format(&token, &s), GV_OK);
    assert_int_equal(gv_token_parse((char *)s.data, s.len, &read), GV_EBADMSG);
    gv_buf_fini(&s);
}

static void test_base64url_has_one_spelling_of_everything(void **state)
{
    static const char *const bad[] = {"A", "AB=", "A B", "AB", "AAC", "AAAAA", "+/+/"};
    struct gv_buf out;

    (void)state;
    gv_buf_init(&out);
    for (size_t len = 0; len <= 67; len++) {
        struct gv_buf letters;
        uint8_t bytes[67];

        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)(i * 37 + len);
        gv_buf_init(&letters);
        gv_base64url_put(&letters, bytes, len);
        assert_int_equal(letters.len, (len * 4 + 2) / 3);
        gv_buf_reset(&out);
        assert_int_equal(gv_base64url_get((char *)letters.data, letters.len, &out), GV_OK);
        assert_int_equal(out.len, len);
        if (len > 0)
            assert_memory_equal(out.data, bytes, len);
        gv_buf_fini(&letters);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(gv_base64url_get(bad[i], strlen(bad[i]), &out), GV_EBADMSG);
    gv_buf_fini(&out);
}

static void test_an_enrolment_statement_binds_both_keys_to_the_unit(void **state)
{
    struct gv_enrol_statement statement;
    struct gv_token token;
    struct gv_buf bytes;
    gv_hash hash;

    (void)state;
    fixture_token(&f, &token);
    gv_buf_init(&bytes);
    assert_int_equal(gv_enrol_seal(&token, f.other, FIXTURE_TIME_US, &bytes), GV_EUSAGE);
    assert_int_equal(gv_enrol_seal(&token, f.unit, FIXTURE_TIME_US, &bytes), GV_OK);
    gv_arena_reset(arena);
    assert_int_equal(gv_enrol_open(bytes_of(&bytes), &f.deployment, arena, &statement), GV_OK);
    assert_string_equal(statement.unit.s, "SO-YT");
    assert_memory_equal(statement.sign_pk, f.unit->sign_pk, 32);
    assert_memory_equal(statement.curve_pk, f.unit->curve_pk, 32);
    assert_true(gv_id_eq(&statement.key_id, &f.unit->key_id));
    gv_token_secret_hash(token.secret, &hash);
    assert_true(gv_hash_eq(&statement.token_hash, &hash));

    token.deployment.b[0] ^= 1;
    gv_buf_reset(&bytes);
    assert_int_equal(gv_enrol_seal(&token, f.unit, FIXTURE_TIME_US, &bytes), GV_OK);
    assert_int_equal(gv_enrol_open(bytes_of(&bytes), &f.deployment, arena, &statement),
                     GV_ERECIPIENT);
    gv_buf_fini(&bytes);
}

static gv_err open_statement(const struct gv_key *signer, const char *context,
                             Giaoviec__V1__EnrolStatement *pb)
{
    struct gv_enrol_statement statement;
    struct gv_buf bytes;
    gv_err err;

    gv_buf_init(&bytes);
    fixture_sign(&pb->base, context, &signer, 1, &bytes);
    gv_arena_reset(arena);
    err = gv_enrol_open(bytes_of(&bytes), &f.deployment, arena, &statement);
    gv_buf_fini(&bytes);
    return err;
}

static void test_an_enrolment_statement_of_another_hand_is_refused(void **state)
{
    static uint8_t secret[16] = {1}, zeros[32];
    Giaoviec__V1__EnrolStatement pb = GIAOVIEC__V1__ENROL_STATEMENT__INIT;

    (void)state;
    pb.deployment = gv_pb_bytes(f.deployment.b, 16);
    pb.unit = text("SO-YT");
    pb.sign_key = gv_pb_bytes(f.unit->sign_pk, 32);
    pb.curve_key = gv_pb_bytes(f.unit->curve_pk, 32);
    pb.secret = gv_pb_bytes(secret, 16);
    assert_int_equal(open_statement(f.unit, GV_CTX_ENROLMENT, &pb), GV_OK);
    assert_int_equal(open_statement(f.other, GV_CTX_ENROLMENT, &pb), GV_ESIGNATURE);
    assert_int_equal(open_statement(f.unit, GV_CTX_MESSAGE, &pb), GV_ESIGNATURE);
    pb.curve_key = gv_pb_bytes(f.unit->sign_pk, 32); /* two keys, not one twice */
    assert_int_equal(open_statement(f.unit, GV_CTX_ENROLMENT, &pb), GV_EBADMSG);
    pb.curve_key = gv_pb_bytes(zeros, 32);
    assert_int_equal(open_statement(f.unit, GV_CTX_ENROLMENT, &pb), GV_EBADMSG);
    pb.curve_key = gv_pb_bytes(f.unit->curve_pk, 31);
    assert_int_equal(open_statement(f.unit, GV_CTX_ENROLMENT, &pb), GV_EBADMSG);
    pb.curve_key = gv_pb_bytes(f.unit->curve_pk, 32);
    pb.secret.len = 15;
    assert_int_equal(open_statement(f.unit, GV_CTX_ENROLMENT, &pb), GV_EBADMSG);
    pb.secret.len = 16;
    pb.unit = text("Sở Y tế");
    assert_int_equal(open_statement(f.unit, GV_CTX_ENROLMENT, &pb), GV_EBADMSG);
}

static void seal_answer(uint32_t kind, const ProtobufCMessage *body, const struct gv_key *key,
                        struct gv_buf *out)
{
    struct gv_head head = {
        .deployment = f.deployment, .sender = f.c1->code, .recipient = f.unit->code, .kind = kind};

    gv_buf_reset(out);
    assert_int_equal(gv_message_seal(&head, body, key, out), GV_OK);
}

static void test_the_answer_to_an_enrolment_must_chain_to_the_token(void **state)
{
    Giaoviec__V1__Enrolled enrolled = GIAOVIEC__V1__ENROLLED__INIT;
    Giaoviec__V1__Error error = GIAOVIEC__V1__ERROR__INIT;
    Giaoviec__V1__Busy busy = GIAOVIEC__V1__BUSY__INIT;
    struct gv_enrol_answer answer;
    struct gv_token token, other;
    struct gv_buf frame;

    (void)state;
    fixture_token(&f, &token);
    gv_buf_init(&frame);
    enrolled.keyset = gv_pb_bytes(f.bytes.data, f.bytes.len);
    seal_answer(GV_KIND_ENROLLED, &enrolled.base, f.c1, &frame);
    gv_arena_reset(arena);
    assert_int_equal(gv_enrol_answer(bytes_of(&frame), &token, arena, &answer), GV_OK);
    assert_int_equal(answer.error, GV_OK);
    assert_int_equal(answer.keyset->version, 1);
    gv_keyset_free(answer.keyset);

    other = token;
    other.root_hash.b[0] ^= 1;
    assert_int_equal(gv_enrol_answer(bytes_of(&frame), &other, arena, &answer), GV_ESIGNATURE);
    other = token;
    other.server_pk[0] ^= 1;
    assert_int_equal(gv_enrol_answer(bytes_of(&frame), &other, arena, &answer), GV_EDENIED);
    other = token;
    other.deployment.b[0] ^= 1;
    assert_int_equal(gv_enrol_answer(bytes_of(&frame), &other, arena, &answer), GV_ERECIPIENT);
    other = token;
    other.unit = f.other->code;
    assert_int_equal(gv_enrol_answer(bytes_of(&frame), &other, arena, &answer), GV_ERECIPIENT);
    seal_answer(GV_KIND_ENROLLED, &enrolled.base, f.other, &frame);
    assert_int_equal(gv_enrol_answer(bytes_of(&frame), &token, arena, &answer), GV_ESIGNATURE);

    error.code = GV_EEXPIRED;
    error.text = text("mã đã hết hạn");
    seal_answer(GV_KIND_ERROR, &error.base, f.c1, &frame);
    assert_int_equal(gv_enrol_answer(bytes_of(&frame), &token, arena, &answer), GV_OK);
    assert_int_equal(answer.error, GV_EEXPIRED);
    assert_string_equal(answer.text, "mã đã hết hạn");
    busy.retry_after_ms = 700;
    seal_answer(GV_KIND_BUSY, &busy.base, NULL, &frame);
    assert_int_equal(gv_enrol_answer(bytes_of(&frame), &token, arena, &answer), GV_OK);
    assert_int_equal(answer.error, GV_EAGAIN);
    assert_int_equal(answer.retry_after_ms, 700);
    seal_answer(GV_KIND_KEYSET_RESULT, &enrolled.base, f.c1, &frame);
    assert_int_equal(gv_enrol_answer(bytes_of(&frame), &token, arena, &answer), GV_EDENIED);
    gv_buf_fini(&frame);
}

/* ---- acts ---------------------------------------------------------------------------------------
 */

static gv_err open_act(const struct fixture_issue *i, int64_t now_us, struct gv_signed_act *out)
{
    gv_arena_reset(arena);
    return gv_act_open(bytes_of(&i->act_bytes), f.keyset, now_us, arena, out);
}

static gv_err open_signed_by(struct fixture_issue *i, const struct gv_key *first,
                             const struct gv_key *second)
{
    const struct gv_key *keys[2] = {first, second};
    struct gv_signed_act act;

    fixture_act(i, keys, second != NULL ? 2 : 1);
    return open_act(i, FIXTURE_TIME_US, &act);
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
    assert_int_equal(open_act(&i, FIXTURE_TIME_US, &act), GV_OK);
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
    assert_int_equal(open_act(&i, 0, &act), GV_OK);
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

static void test_an_act_ends_at_its_date_except_as_evidence(void **state)
{
    struct gv_signed_act act;
    struct fixture_issue i;

    (void)state;
    fixture_issue_init(&f, &i);
    assert_int_equal(open_act(&i, i.act.not_after_us, &act), GV_OK);
    assert_int_equal(open_act(&i, i.act.not_after_us + 1, &act), GV_EEXPIRED);
    assert_int_equal(open_act(&i, 0, &act), GV_OK);
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
    assert_int_equal(open_act(&i, 0, &act), GV_ESIGNATURE);
    gv_buf_reset(&i.act_bytes);
    fixture_sign(&i.act.base, GV_CTX_MESSAGE, (const struct gv_key *const[]){f.admin}, 1,
                 &i.act_bytes);
    assert_int_equal(open_act(&i, 0, &act), GV_ESIGNATURE);
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
        assert_int_not_equal(open_act(&i, 0, &act), GV_OK);
    for (size_t n = 0; n < whole; n++) {
        i.act_bytes.data[n] ^= 1;
        assert_int_not_equal(open_act(&i, 0, &act), GV_OK);
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

    assert_int_equal(open_act(i, 0, &act), GV_OK);
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

/* ---- orders -------------------------------------------------------------------------------------
 */

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
        assert_int_equal(gv_act_open(bytes_of(&i.act_bytes), keyset, 1, arena, &act), GV_EDENIED);
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

/* ---- report entries -----------------------------------------------------------------------------
 */

static gv_err open_report(uint32_t kind, const ProtobufCMessage *body, struct gv_report *out)
{
    static uint8_t assignment[16] = {1};
    Giaoviec__V1__ReportEntry entry = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    struct gv_buf body_bytes, bytes;
    gv_err err;

    gv_buf_init(&body_bytes);
    gv_buf_init(&bytes);
    assert_int_equal(gv_pb_pack(body, &body_bytes), GV_OK);
    entry.kind = kind;
    entry.time_us = FIXTURE_TIME_US;
    entry.assignment = gv_pb_bytes(assignment, 16);
    entry.epoch = 3;
    entry.body = gv_pb_bytes(body_bytes.data, body_bytes.len);
    assert_int_equal(gv_pb_pack(&entry.base, &bytes), GV_OK);
    gv_arena_reset(arena);
    err = gv_report_open(bytes_of(&bytes), arena, out);
    gv_buf_fini(&body_bytes);
    gv_buf_fini(&bytes);
    return err;
}

static void test_report_entries_hold_what_their_kind_asks(void **state)
{
    Giaoviec__V1__Return returned = GIAOVIEC__V1__RETURN__INIT;
    Giaoviec__V1__Status status = GIAOVIEC__V1__STATUS__INIT;
    Giaoviec__V1__IndicatorValue value = GIAOVIEC__V1__INDICATOR_VALUE__INIT;
    Giaoviec__V1__IndicatorValue *values[2] = {&value, &value};
    Giaoviec__V1__Accept accept = GIAOVIEC__V1__ACCEPT__INIT;
    Giaoviec__V1__Attest attest = GIAOVIEC__V1__ATTEST__INIT;
    Giaoviec__V1__AttestException breach = GIAOVIEC__V1__ATTEST_EXCEPTION__INIT;
    Giaoviec__V1__AttestException *breaches[1] = {&breach};
    struct gv_report report;

    (void)state;
    assert_int_equal(open_report(1, &accept.base, &report), GV_EBADMSG); /* nobody in charge */
    accept.person = text("Nguyễn Văn A");
    assert_int_equal(open_report(1, &accept.base, &report), GV_OK);
    attest.compliant = true;
    assert_int_equal(open_report(5, &attest.base, &report), GV_EBADMSG); /* nobody attests */
    attest.person = text("Nguyễn Văn A");
    assert_int_equal(open_report(5, &attest.base, &report), GV_OK);
    attest.breaches = breaches;
    attest.n_breaches = 1; /* and yet kept */
    assert_int_equal(open_report(5, &attest.base, &report), GV_EBADMSG);
    attest.compliant = false;
    assert_int_equal(open_report(5, &attest.base, &report), GV_OK);
    assert_int_equal(open_report(2, &returned.base, &report), GV_EBADMSG); /* no reason */
    assert_int_equal(report.epoch, 3); /* what could be read is there */
    returned.reason = text("không đúng thẩm quyền");
    assert_int_equal(open_report(2, &returned.base, &report), GV_OK);
    assert_string_equal(report.returned->reason, "không đúng thẩm quyền");
    assert_null(report.status);
    status.progress = 101;
    status.values = values;
    status.n_values = 1;
    value.code = text("INSPECTIONS");
    value.value = text("12.5");
    assert_int_equal(open_report(3, &status.base, &report), GV_OK);
    status.progress = 102;
    assert_int_equal(open_report(3, &status.base, &report), GV_EBADMSG);
    status.progress = 1;
    status.n_values = 2; /* the same indicator twice */
    assert_int_equal(open_report(3, &status.base, &report), GV_EBADMSG);
    status.n_values = 1;
    value.not_known = true; /* and yet a value */
    assert_int_equal(open_report(3, &status.base, &report), GV_EBADMSG);
    value.value = text("");
    assert_int_equal(open_report(3, &status.base, &report), GV_OK);
    value.not_known = false;
    assert_int_equal(open_report(3, &status.base, &report), GV_EBADMSG);
    assert_int_equal(open_report(0, &status.base, &report), GV_EBADMSG);
    assert_int_equal(open_report(6, &status.base, &report), GV_EUNSUPPORTED);
    assert_int_equal(report.kind, 6);
}

static void test_a_decimal_is_digits(void **state)
{
    static const char *const good[] = {"0", "-1", "12.5", "007", "999999999999999999.999999"};
    static const char *const bad[] = {
        "",   "-",  ".",  "1.",  ".5",  "1,5",   "1e3",
        "+1", " 1", "1 ", "NaN", "--1", "1.2.3", "12345678901234567890123456789012345678901",
        "0."};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(gv_decimal_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(gv_decimal_valid(bad[i]));
}

static int init(void **state)
{
    (void)state;
    fixture_init(&f);
    arena = gv_arena_new(4 << 20);
    return arena != NULL ? 0 : -1;
}

static int fini(void **state)
{
    (void)state;
    gv_arena_free(arena);
    fixture_fini(&f);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_keyset_opens_and_finds_its_people),
        cmocka_unit_test(test_a_keyset_of_another_root_or_context_is_refused),
        cmocka_unit_test(test_a_real_deployment_cannot_become_a_demonstration_nor_back),
        cmocka_unit_test(test_only_a_newer_keyset_of_the_same_deployment_follows),
        cmocka_unit_test(test_a_keyset_that_is_not_well_formed_is_refused),
        cmocka_unit_test(test_every_truncation_and_change_of_a_keyset_is_refused),
        cmocka_unit_test(test_a_token_survives_being_copied_by_hand),
        cmocka_unit_test(test_what_is_no_token_is_refused),
        cmocka_unit_test(test_base64url_has_one_spelling_of_everything),
        cmocka_unit_test(test_an_enrolment_statement_binds_both_keys_to_the_unit),
        cmocka_unit_test(test_an_enrolment_statement_of_another_hand_is_refused),
        cmocka_unit_test(test_the_answer_to_an_enrolment_must_chain_to_the_token),
        cmocka_unit_test(test_an_act_opens_with_its_signers_and_its_list),
        cmocka_unit_test(test_sealing_fills_in_id_and_actor),
        cmocka_unit_test(test_an_act_ends_at_its_date_except_as_evidence),
        cmocka_unit_test(test_an_act_needs_signers_of_the_row),
        cmocka_unit_test(test_each_act_is_taken_from_each_role_as_its_row_says),
        cmocka_unit_test(test_an_act_that_is_not_well_formed_is_refused),
        cmocka_unit_test(test_every_truncation_and_change_of_an_act_is_refused),
        cmocka_unit_test(test_a_list_that_is_not_the_one_signed_is_refused),
        cmocka_unit_test(test_items_that_are_not_well_formed_are_refused),
        cmocka_unit_test(test_an_order_shows_the_act_that_it_comes_from),
        cmocka_unit_test(test_who_has_left_signs_nothing_new_and_what_was_signed_holds),
        cmocka_unit_test(test_an_order_that_the_act_does_not_give_is_refused),
        cmocka_unit_test(test_a_transfer_ends_at_one_unit_and_begins_at_the_other),
        cmocka_unit_test(test_the_other_acts_give_the_orders_of_the_table),
        cmocka_unit_test(test_report_entries_hold_what_their_kind_asks),
        cmocka_unit_test(test_a_decimal_is_digits),
    };

    return cmocka_run_group_tests(tests, init, fini);
}
