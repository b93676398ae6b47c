/* links: gv_trust gv_wire gv_crypto gv_base */
/*
 * test_enrol.c - tokens and enrolment: what a person copies by hand, what binds a unit to its
 * keys, what the answer must chain to.
 */
#include "../fixture/trust_group.h"
#include "base/base64.h"
#include "giaoviec/v1/delivery.pb-c.h"

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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_token_survives_being_copied_by_hand),
        cmocka_unit_test(test_what_is_no_token_is_refused),
        cmocka_unit_test(test_base64url_has_one_spelling_of_everything),
        cmocka_unit_test(test_an_enrolment_statement_binds_both_keys_to_the_unit),
        cmocka_unit_test(test_an_enrolment_statement_of_another_hand_is_refused),
        cmocka_unit_test(test_the_answer_to_an_enrolment_must_chain_to_the_token),
    };

    return cmocka_run_group_tests(tests, trust_setup, trust_teardown);
}
