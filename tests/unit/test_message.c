/* links: gv_fault gv_wire gv_crypto gv_base */
/*
 * test_message.c - every reason to refuse a message, and the whole table: each kind from each role
 * is taken or refused as its row says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/hash.h"
#include "crypto/sign.h"
#include "fault.h"
#include "giaoviec/v1/act.pb-c.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "giaoviec/v1/envelope.pb-c.h"
#include "wire/message.h"
#include "wire/pb_arena.h"

static struct gv_key *key, *other_key;
static gv_id deployment, other_deployment;
static gv_code unit, self, nobody;
static gv_arena *arena;

static struct gv_sender sender_with(uint32_t roles)
{
    struct gv_sender sender = {.code = unit, .roles = roles};

    gv_sender_key(&sender, key->sign_pk);
    return sender;
}

static struct gv_head head_of(uint32_t kind)
{
    return (struct gv_head){.deployment = deployment,
                            .sender = unit,
                            .recipient = nobody,
                            .kind = kind,
                            .connection = 7,
                            .sequence = 1,
                            .time_us = 1706000000000000};
}

static void seal_with(struct gv_head *head, const ProtobufCMessage *body,
                      const struct gv_key *signer, struct gv_buf *out)
{
    gv_buf_init(out);
    assert_int_equal(gv_message_seal(head, body, signer, out), GV_OK);
}

static gv_err open_as(const struct gv_buf *frame, uint32_t roles, struct gv_message *out)
{
    const struct gv_sender sender = sender_with(roles);

    gv_arena_reset(arena);
    return gv_message_open((struct gv_slice){frame->data, frame->len}, &sender, &deployment, &self,
                           arena, out);
}

static void assert_same_head(const struct gv_head *a, const struct gv_head *b)
{
    assert_true(gv_id_eq(&a->deployment, &b->deployment));
    assert_string_equal(a->sender.s, b->sender.s);
    assert_string_equal(a->recipient.s, b->recipient.s);
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->connection, b->connection);
    assert_int_equal(a->sequence, b->sequence);
    assert_true(gv_id_eq(&a->message_id, &b->message_id));
    assert_true(gv_id_eq(&a->in_reply_to, &b->in_reply_to));
    assert_int_equal(a->time_us, b->time_us);
}

/* A goodbye of the unit: signed, of a session. */
static void seal_goodbye(struct gv_head *head, const struct gv_key *signer, struct gv_buf *out)
{
    Giaoviec__V1__Goodbye body = GIAOVIEC__V1__GOODBYE__INIT;

    body.reconnect_window_ms = 1500;
    body.text = (char *)(uintptr_t) "hẹn gặp lại";
    seal_with(head, &body.base, signer, out);
}

static void test_what_is_sealed_opens_with_all_that_was_said(void **state)
{
    struct gv_head head = head_of(GV_KIND_GOODBYE);
    const Giaoviec__V1__Goodbye *body;
    struct gv_message message;
    struct gv_buf frame;

    (void)state;
    head.recipient = self;
    memset(head.in_reply_to.b, 9, sizeof head.in_reply_to.b);
    seal_goodbye(&head, key, &frame);
    assert_false(gv_id_is_zero(&head.message_id));
    assert_int_equal(open_as(&frame, GV_ROLE_UNIT, &message), GV_OK);
    assert_true(message.is_signed);
    assert_ptr_equal(message.row, gv_kind_row(GV_KIND_GOODBYE));
    assert_same_head(&message.head, &head);
    body = (const Giaoviec__V1__Goodbye *)message.body;
    assert_int_equal(body->reconnect_window_ms, 1500);
    assert_string_equal(body->text, "hẹn gặp lại");
    gv_buf_fini(&frame);
}

static void test_another_key_or_another_context_is_no_signature(void **state)
{
    struct gv_head head = head_of(GV_KIND_GOODBYE);
    struct gv_envelope envelope;
    const struct gv_key *keys[2] = {key, other_key};
    struct gv_message message;
    struct gv_buf frame, again;

    (void)state;
    seal_goodbye(&head, other_key, &frame);
    assert_int_equal(open_as(&frame, GV_ROLE_UNIT, &message), GV_ESIGNATURE);
    assert_int_equal(message.head.kind, 0); /* nothing of it was read */
    assert_int_equal(gv_envelope_read((struct gv_slice){frame.data, frame.len}, &envelope), GV_OK);
    gv_buf_init(&again);
    assert_int_equal(gv_envelope_seal(GV_CTX_ACT, envelope.payload, keys, 1, &again), GV_OK);
    assert_int_equal(open_as(&again, GV_ROLE_UNIT, &message), GV_ESIGNATURE);
    gv_buf_reset(&again);
    assert_int_equal(gv_envelope_seal(GV_CTX_MESSAGE, envelope.payload, keys, 2, &again), GV_OK);
    assert_int_equal(open_as(&again, GV_ROLE_UNIT, &message), GV_EBADMSG);
    gv_buf_reset(&again);
    assert_int_equal(gv_envelope_seal(GV_CTX_MESSAGE, envelope.payload, keys, 1, &again), GV_OK);
    assert_int_equal(open_as(&again, GV_ROLE_UNIT, &message), GV_OK);
    gv_buf_fini(&again);
    gv_buf_fini(&frame);
}

static void test_what_must_be_signed_and_is_not_is_refused_and_can_be_answered(void **state)
{
    struct gv_head head = head_of(GV_KIND_GOODBYE);
    struct gv_envelope envelope;
    struct gv_message message;
    struct gv_buf frame, bare;

    (void)state;
    seal_goodbye(&head, key, &frame);
    assert_int_equal(gv_envelope_read((struct gv_slice){frame.data, frame.len}, &envelope), GV_OK);
    gv_buf_init(&bare);
    assert_int_equal(gv_envelope_seal(GV_CTX_MESSAGE, envelope.payload, NULL, 0, &bare), GV_OK);
    assert_int_equal(open_as(&bare, GV_ROLE_UNIT, &message), GV_ESIGNATURE);
    assert_same_head(&message.head, &head);
    gv_buf_fini(&bare);
    gv_buf_fini(&frame);
}

static void test_a_message_for_another_deployment_or_recipient_is_refused(void **state)
{
    struct gv_head head = head_of(GV_KIND_GOODBYE);
    struct gv_message message;
    struct gv_buf frame;

    (void)state;
    head.deployment = other_deployment; /* replayed from there: the signature holds */
    seal_goodbye(&head, key, &frame);
    assert_int_equal(open_as(&frame, GV_ROLE_UNIT, &message), GV_ERECIPIENT);
    assert_int_equal(message.head.kind, GV_KIND_GOODBYE);
    gv_buf_fini(&frame);

    head = head_of(GV_KIND_GOODBYE);
    assert_int_equal(gv_code_from_str("c2", &head.recipient), GV_OK);
    seal_goodbye(&head, key, &frame);
    assert_int_equal(open_as(&frame, GV_ROLE_UNIT, &message), GV_ERECIPIENT);
    gv_buf_fini(&frame);
}

static void test_a_sender_that_is_not_who_the_key_is_is_refused(void **state)
{
    struct gv_head head = head_of(GV_KIND_GOODBYE);
    struct gv_message message;
    struct gv_buf frame;

    (void)state;
    assert_int_equal(gv_code_from_str("SO-XD", &head.sender), GV_OK);
    seal_goodbye(&head, key, &frame);
    assert_int_equal(open_as(&frame, GV_ROLE_UNIT, &message), GV_EDENIED);
    gv_buf_fini(&frame);
}

static void test_a_session_needs_a_connection_and_a_sequence(void **state)
{
    struct gv_head head = head_of(GV_KIND_GOODBYE);
    struct gv_message message;
    struct gv_buf frame;

    (void)state;
    head.connection = 0;
    seal_goodbye(&head, key, &frame);
    assert_int_equal(open_as(&frame, GV_ROLE_UNIT, &message), GV_EBADMSG);
    assert_int_equal(open_as(&frame, GV_ROLE_COORDINATOR, &message), GV_OK);
    gv_buf_fini(&frame);
    head = head_of(GV_KIND_GOODBYE);
    head.sequence = 0;
    seal_goodbye(&head, key, &frame);
    assert_int_equal(open_as(&frame, GV_ROLE_UNIT, &message), GV_EBADMSG);
    gv_buf_fini(&frame);
}

/* A payload of any header and body, signed by key. */
static void seal_raw(const Giaoviec__V1__Header *header, struct gv_slice body, struct gv_buf *out)
{
    Giaoviec__V1__Payload payload = GIAOVIEC__V1__PAYLOAD__INIT;
    const struct gv_key *keys[1] = {key};
    struct gv_buf bytes;

    gv_buf_init(&bytes);
    gv_buf_init(out);
    payload.header = (Giaoviec__V1__Header *)(uintptr_t)header;
    payload.body = gv_pb_bytes(body.data, body.len);
    assert_int_equal(gv_pb_pack(&payload.base, &bytes), GV_OK);
    assert_int_equal(
        gv_envelope_seal(GV_CTX_MESSAGE, (struct gv_slice){bytes.data, bytes.len}, keys, 1, out),
        GV_OK);
    gv_buf_fini(&bytes);
}

static Giaoviec__V1__Header header_of(uint32_t kind)
{
    Giaoviec__V1__Header header = GIAOVIEC__V1__HEADER__INIT;
    static const uint8_t message_id[16] = {1};

    header.deployment = gv_pb_bytes(deployment.b, sizeof deployment.b);
    header.sender = gv_pb_bytes(unit.s, strlen(unit.s));
    header.kind = kind;
    header.connection = 1;
    header.sequence = 1;
    header.message_id = gv_pb_bytes(message_id, sizeof message_id);
    return header;
}

static gv_err open_raw(const Giaoviec__V1__Header *header, struct gv_slice body)
{
    struct gv_message message;
    struct gv_buf frame;
    gv_err err;

    seal_raw(header, body, &frame);
    err = open_as(&frame, GV_ROLE_UNIT, &message);
    gv_buf_fini(&frame);
    return err;
}

static void test_an_unknown_kind_is_refused_whatever_its_number(void **state)
{
    const uint32_t kinds[] = {14, 19, 29, GV_KIND_END, 255, 1u << 31, UINT32_MAX};
    const struct gv_slice none = {(const uint8_t *)"", 0};

    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        Giaoviec__V1__Header header = header_of(kinds[i]);

        assert_null(gv_kind_row(kinds[i]));
        assert_int_equal(open_raw(&header, none), GV_EUNSUPPORTED);
    }
    assert_null(gv_kind_row(0));
}

static void test_header_fields_of_a_wrong_size_are_refused(void **state)
{
    const struct gv_slice none = {(const uint8_t *)"", 0};
    Giaoviec__V1__Header header = header_of(GV_KIND_GOODBYE);

    (void)state;
    assert_int_equal(open_raw(&header, none), GV_OK);
    header.deployment.len = 15;
    assert_int_equal(open_raw(&header, none), GV_EBADMSG);
    header = header_of(GV_KIND_GOODBYE);
    header.sender = gv_pb_bytes("SO YT", 5);
    assert_int_equal(open_raw(&header, none), GV_EBADMSG);
    header = header_of(GV_KIND_GOODBYE);
    header.sender.len = 0;
    assert_int_equal(open_raw(&header, none), GV_EBADMSG);
    header = header_of(GV_KIND_GOODBYE);
    header.message_id.len = 8;
    assert_int_equal(open_raw(&header, none), GV_EBADMSG);
    header = header_of(GV_KIND_GOODBYE);
    header.in_reply_to = gv_pb_bytes("abc", 3);
    assert_int_equal(open_raw(&header, none), GV_EBADMSG);
    header = header_of(GV_KIND_GOODBYE);
    header.recipient = gv_pb_bytes("c1\0", 3);
    assert_int_equal(open_raw(&header, none), GV_EBADMSG);
    header = header_of(0);
    assert_int_equal(open_raw(&header, none), GV_EBADMSG);
}

static void test_a_body_that_is_no_message_of_its_kind_is_refused(void **state)
{
    Giaoviec__V1__Header header = header_of(GV_KIND_GOODBYE);

    (void)state;
    assert_int_equal(open_raw(&header, (struct gv_slice){(const uint8_t *)"\x12\x05"
                                                                          "abc",
                                                         5}),
                     GV_EBADMSG);
    assert_int_equal(open_raw(&header, (struct gv_slice){(const uint8_t *)"\x12\x03"
                                                                          "a\0c",
                                                         5}),
                     GV_EBADMSG);
}

static void test_every_truncation_is_refused(void **state)
{
    struct gv_head head = head_of(GV_KIND_GOODBYE);
    struct gv_message message;
    struct gv_buf frame;
    size_t whole;

    (void)state;
    seal_goodbye(&head, key, &frame);
    whole = frame.len;
    for (frame.len = 0; frame.len < whole; frame.len++)
        assert_int_not_equal(open_as(&frame, GV_ROLE_UNIT, &message), GV_OK);
    for (size_t i = 0; i < whole; i++) {
        frame.data[i] ^= 1;
        assert_int_not_equal(open_as(&frame, GV_ROLE_UNIT, &message), GV_OK);
        frame.data[i] ^= 1;
    }
    assert_int_equal(open_as(&frame, GV_ROLE_UNIT, &message), GV_OK);
    gv_buf_fini(&frame);
}

static void test_a_frame_past_its_row_is_neither_made_nor_taken(void **state)
{
    static char text[2048];
    struct gv_head head = head_of(GV_KIND_GOODBYE);
    Giaoviec__V1__Goodbye body = GIAOVIEC__V1__GOODBYE__INIT;
    Giaoviec__V1__Header header = header_of(GV_KIND_GOODBYE);
    struct gv_buf frame, bytes;

    (void)state;
    memset(text, 'a', sizeof text - 1);
    body.text = text;
    gv_buf_init(&frame);
    gv_buf_puts(&frame, "before");
    assert_int_equal(gv_message_seal(&head, &body.base, key, &frame), GV_ETOOBIG);
    assert_int_equal(frame.len, 6); /* nothing of it is left */
    gv_buf_init(&bytes);
    assert_int_equal(gv_pb_pack(&body.base, &bytes), GV_OK);
    assert_int_equal(open_raw(&header, (struct gv_slice){bytes.data, bytes.len}), GV_ETOOBIG);
    gv_buf_fini(&bytes);
    gv_buf_fini(&frame);
}

static void test_sealing_what_the_table_does_not_allow_is_a_bug(void **state)
{
    struct gv_head head = head_of(GV_KIND_GOODBYE);
    Giaoviec__V1__Goodbye goodbye = GIAOVIEC__V1__GOODBYE__INIT;
    Giaoviec__V1__Busy busy = GIAOVIEC__V1__BUSY__INIT;
    struct gv_buf frame;

    (void)state;
    gv_buf_init(&frame);
    assert_int_equal(gv_message_seal(&head, &goodbye.base, NULL, &frame), GV_EBUG);
    assert_int_equal(gv_message_seal(&head, &busy.base, key, &frame), GV_EBUG);
    head.kind = GV_KIND_END;
    assert_int_equal(gv_message_seal(&head, &goodbye.base, key, &frame), GV_EBUG);
    head = head_of(GV_KIND_GOODBYE);
    head.sender = nobody;
    assert_int_equal(gv_message_seal(&head, &goodbye.base, key, &frame), GV_EBUG);
    head = head_of(GV_KIND_GOODBYE);
    head.deployment = (gv_id){{0}};
    assert_int_equal(gv_message_seal(&head, &goodbye.base, key, &frame), GV_EBUG);
    assert_int_equal(frame.len, 0);
    gv_buf_fini(&frame);
}

/* The empty body of a kind. */
static void seal_empty(uint32_t kind, const struct gv_key *signer, struct gv_buf *out)
{
    struct gv_head head = head_of(kind);
    const struct gv_kind_row *row = gv_kind_row(kind);
    ProtobufCMessage *body = calloc(1, row->body->sizeof_message);

    assert_non_null(body);
    row->body->message_init(body);
    seal_with(&head, body, signer, out);
    free(body);
}

static void test_each_kind_is_taken_from_each_role_as_its_row_says(void **state)
{
    int taken = 0, refused = 0;

    (void)state;
    for (uint32_t kind = 1; kind < GV_KIND_END; kind++) {
        const struct gv_kind_row *row = gv_kind_row(kind);

        if (row == NULL)
            continue;
        for (uint32_t role = GV_ROLE_UNIT; role <= GV_ROLE_COORDINATOR; role <<= 1) {
            bool may = (row->senders & role) != 0;
            struct gv_message message;
            struct gv_buf frame;

            seal_empty(kind, (row->flags & GV_MSG_SIGNED) != 0 ? key : NULL, &frame);
            assert_int_equal(open_as(&frame, role, &message), may ? GV_OK : GV_EDENIED);
            may ? taken++ : refused++;
            gv_buf_fini(&frame);
        }
    }
    assert_true(taken > 0 && refused > taken);
}

static void test_nobody_may_only_enrol_and_may_claim_a_name_for_it(void **state)
{
    (void)state;
    for (uint32_t kind = 1; kind < GV_KIND_END; kind++) {
        const struct gv_kind_row *row = gv_kind_row(kind);
        const struct gv_sender sender = {.roles = GV_ROLE_NOBODY};
        struct gv_message message;
        struct gv_buf frame;
        gv_err err;

        if (row == NULL)
            continue;
        seal_empty(kind, (row->flags & GV_MSG_SIGNED) != 0 ? key : NULL, &frame);
        gv_arena_reset(arena);
        err = gv_message_open((struct gv_slice){frame.data, frame.len}, &sender, &deployment, &self,
                              arena, &message);
        if (kind == GV_KIND_ENROL)
            assert_int_equal(err, GV_OK);
        else
            assert_true(err == GV_EDENIED || err == GV_ESIGNATURE);
        gv_buf_fini(&frame);
    }
}

static void test_the_rows_are_whole(void **state)
{
    (void)state;
    for (uint32_t kind = 1; kind < GV_KIND_END; kind++) {
        const struct gv_kind_row *row = gv_kind_row(kind);

        if (row == NULL)
            continue;
        assert_true(row->senders != 0 && row->max_bytes > 0);
        assert_true(row->max_bytes <= GV_FRAME_MAX_BYTES);
        assert_non_null(row->body);
        if ((row->senders & ~(uint32_t)(GV_ROLE_COORDINATOR | GV_ROLE_NOBODY)) != 0)
            assert_true((row->flags & (GV_MSG_SIGNED | GV_MSG_SESSION)) != 0);
    }
}

/* Whichever allocation fails, what stood in the buffer before stands there still. */
static void test_a_message_that_is_sealed_without_memory_leaves_nothing(void **state)
{
    Giaoviec__V1__Goodbye body = GIAOVIEC__V1__GOODBYE__INIT;
    unsigned long failed = 0;
    struct gv_buf frame;
    gv_err err;

    (void)state;
    body.text = (char *)(uintptr_t) "x";
    do {
        struct gv_head head = head_of(GV_KIND_GOODBYE);

        gv_buf_init(&frame);
        gv_buf_puts(&frame, "before");
        fault_arm(FAULT_ALLOCATION, ++failed);
        err = gv_message_seal(&head, &body.base, key, &frame);
        fault_disarm();
        if (err != GV_OK) {
            assert_int_equal(err, GV_ENOMEM);
            assert_true(!gv_buf_ok(&frame) || frame.len == 6);
        }
        gv_buf_fini(&frame);
    } while (err != GV_OK);
    assert_true(failed > 3);
}

/* Neither the right id with another key nor the right key under another id. */
static void test_a_signature_is_by_the_key_and_under_its_id(void **state)
{
    struct gv_head head = head_of(GV_KIND_GOODBYE);
    struct gv_message message;
    struct gv_buf frame;

    (void)state;
    seal_goodbye(&head, key, &frame);
    for (int wrong = 0; wrong < 3; wrong++) {
        struct gv_sender sender = sender_with(GV_ROLE_UNIT);

        if (wrong == 1)
            sender.key_id = other_key->key_id;
        if (wrong == 2)
            memcpy(sender.sign_pk, other_key->sign_pk, sizeof sender.sign_pk);
        gv_arena_reset(arena);
        assert_int_equal(gv_message_open((struct gv_slice){frame.data, frame.len}, &sender,
                                         &deployment, &self, arena, &message),
                         wrong == 0 ? GV_OK : GV_ESIGNATURE);
        assert_int_equal(message.is_signed, wrong == 0);
    }
    gv_buf_fini(&frame);
}

/* Too little memory is neither a bad signature nor a bad message: nobody is blamed for it. */
static void test_a_message_that_is_opened_without_memory_is_neither_bad_nor_forged(void **state)
{
    struct gv_head head = head_of(GV_KIND_GOODBYE);
    struct gv_message message;
    unsigned long failed = 0;
    struct gv_buf frame;
    gv_err err;

    (void)state;
    seal_goodbye(&head, key, &frame);
    do {
        gv_arena_free(arena);
        arena = gv_arena_new(1 << 20);
        assert_non_null(arena);
        fault_arm(FAULT_ALLOCATION, ++failed);
        err = open_as(&frame, GV_ROLE_UNIT, &message);
        fault_disarm();
        assert_true(err == GV_OK || err == GV_ENOMEM);
    } while (err != GV_OK);
    assert_true(failed > 1);
    gv_buf_fini(&frame);
}

static void test_a_frame_past_the_largest_is_not_looked_at(void **state)
{
    struct gv_head head = head_of(GV_KIND_GOODBYE);
    struct gv_message message;
    struct gv_buf frame;

    (void)state;
    seal_goodbye(&head, key, &frame);
    while (frame.len <= GV_FRAME_MAX_BYTES)
        gv_buf_putc(&frame, 0);
    assert_int_equal(open_as(&frame, GV_ROLE_UNIT, &message), GV_ETOOBIG);
    assert_int_equal(message.head.kind, 0);
    gv_buf_fini(&frame);
}

static int init(void **state)
{
    uint8_t sign[32], curve[32];

    (void)state;
    if (gv_crypto_init() != GV_OK || gv_code_from_str("SO-YT", &unit) != GV_OK ||
        gv_code_from_str("c1", &self) != GV_OK)
        return -1;
    memset(sign, 1, sizeof sign);
    memset(curve, 2, sizeof curve);
    memset(deployment.b, 3, sizeof deployment.b);
    memset(other_deployment.b, 4, sizeof other_deployment.b);
    arena = gv_arena_new(1 << 20);
    if (arena == NULL || gv_key_from_seeds(&unit, sign, curve, &key) != GV_OK)
        return -1;
    return gv_key_from_seeds(&unit, curve, sign, &other_key) == GV_OK ? 0 : -1;
}

static int fini(void **state)
{
    (void)state;
    gv_arena_free(arena);
    gv_key_free(key);
    gv_key_free(other_key);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_sealed_opens_with_all_that_was_said),
        cmocka_unit_test(test_another_key_or_another_context_is_no_signature),
        cmocka_unit_test(test_a_signature_is_by_the_key_and_under_its_id),
        cmocka_unit_test(test_what_must_be_signed_and_is_not_is_refused_and_can_be_answered),
        cmocka_unit_test(test_a_message_for_another_deployment_or_recipient_is_refused),
        cmocka_unit_test(test_a_sender_that_is_not_who_the_key_is_is_refused),
        cmocka_unit_test(test_a_session_needs_a_connection_and_a_sequence),
        cmocka_unit_test(test_an_unknown_kind_is_refused_whatever_its_number),
        cmocka_unit_test(test_header_fields_of_a_wrong_size_are_refused),
        cmocka_unit_test(test_a_body_that_is_no_message_of_its_kind_is_refused),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_a_frame_past_its_row_is_neither_made_nor_taken),
        cmocka_unit_test(test_sealing_what_the_table_does_not_allow_is_a_bug),
        cmocka_unit_test(test_each_kind_is_taken_from_each_role_as_its_row_says),
        cmocka_unit_test(test_nobody_may_only_enrol_and_may_claim_a_name_for_it),
        cmocka_unit_test(test_the_rows_are_whole),
        cmocka_unit_test(test_a_message_that_is_sealed_without_memory_leaves_nothing),
        cmocka_unit_test(test_a_message_that_is_opened_without_memory_is_neither_bad_nor_forged),
        cmocka_unit_test(test_a_frame_past_the_largest_is_not_looked_at),
    };

    return cmocka_run_group_tests(tests, init, fini);
}
