/* links: gv_fault gv_wire gv_crypto gv_base */
/* test_wire.c - envelopes: what is written is protobuf, what is read is bounded, what is changed is
 * refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/hash.h"
#include "crypto/sign.h"
#include "fault.h"
#include "giaoviec/v1/act.pb-c.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "giaoviec/v1/entry.pb-c.h"
#include "giaoviec/v1/envelope.pb-c.h"
#include "giaoviec/v1/query.pb-c.h"
#include "giaoviec/v1/task.pb-c.h"
#include "giaoviec/v1/trust.pb-c.h"
#include "wire/envelope.h"
#include "wire/pb_arena.h"

static const struct gv_slice payload = {(const uint8_t *)"payload", 7};

static struct gv_key *fixed_key(uint8_t seed)
{
    uint8_t sign[32], curve[32];
    struct gv_key *key = NULL;
    gv_code code;

    memset(sign, seed, sizeof sign);
    memset(curve, seed + 1, sizeof curve);
    assert_int_equal(gv_code_from_str("SO-YT", &code), GV_OK);
    assert_int_equal(gv_key_from_seeds(&code, sign, curve, &key), GV_OK);
    return key;
}

static void seal(const struct gv_key *const *keys, size_t count, struct gv_buf *out)
{
    gv_buf_init(out);
    assert_int_equal(gv_envelope_seal(GV_CTX_MESSAGE, payload, keys, count, out), GV_OK);
}

static void test_what_is_sealed_is_the_protobuf_message_and_reads_back(void **state)
{
    const struct gv_key *keys[2] = {fixed_key(1), fixed_key(2)};
    Giaoviec__V1__Envelope *pb;
    struct gv_envelope envelope;
    struct gv_buf bytes;

    (void)state;
    seal(keys, 2, &bytes);
    pb = giaoviec__v1__envelope__unpack(NULL, bytes.len, bytes.data);
    assert_non_null(pb);
    assert_int_equal(pb->n_signatures, 2);
    assert_int_equal(giaoviec__v1__envelope__get_packed_size(pb), bytes.len);
    giaoviec__v1__envelope__free_unpacked(pb, NULL);

    assert_int_equal(gv_envelope_read((struct gv_slice){bytes.data, bytes.len}, &envelope), GV_OK);
    assert_int_equal(envelope.payload.len, payload.len);
    assert_memory_equal(envelope.payload.data, payload.data, payload.len);
    for (int i = 0; i < 2; i++)
        assert_int_equal(gv_envelope_verify(&envelope, GV_CTX_MESSAGE, keys[i]->sign_pk), GV_OK);
    assert_int_equal(gv_envelope_verify(&envelope, GV_CTX_ACT, keys[0]->sign_pk), GV_ESIGNATURE);
    gv_buf_fini(&bytes);
    for (int i = 0; i < 2; i++)
        gv_key_free((struct gv_key *)(uintptr_t)keys[i]);
}

static void test_every_truncation_and_every_changed_byte_is_refused(void **state)
{
    struct gv_key *key = fixed_key(1);
    const struct gv_key *keys[1] = {key};
    struct gv_envelope envelope;
    struct gv_buf bytes;

    (void)state;
    seal(keys, 1, &bytes);
    for (size_t len = 0; len < bytes.len; len++) {
        gv_err err = gv_envelope_read((struct gv_slice){bytes.data, len}, &envelope);

        if (err == GV_OK) /* the payload alone is a whole, unsigned envelope */
            assert_int_equal(gv_envelope_verify(&envelope, GV_CTX_MESSAGE, key->sign_pk),
                             GV_ENOTFOUND);
    }
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.data[i] ^= 0x10;
        if (gv_envelope_read((struct gv_slice){bytes.data, bytes.len}, &envelope) == GV_OK)
            assert_int_not_equal(gv_envelope_verify(&envelope, GV_CTX_MESSAGE, key->sign_pk),
                                 GV_OK);
        bytes.data[i] ^= 0x10;
    }
    gv_buf_fini(&bytes);
    gv_key_free(key);
}

static void test_a_fifth_signature_is_refused_before_any_is_looked_at(void **state)
{
    struct gv_key *key = fixed_key(1);
    const struct gv_key *keys[5] = {key, key, key, key, key};
    struct gv_envelope envelope;
    struct gv_buf bytes;

    (void)state;
    seal(keys, 4, &bytes);
    assert_int_equal(gv_envelope_read((struct gv_slice){bytes.data, bytes.len}, &envelope), GV_OK);
    gv_buf_append(&bytes, "\x12\x00", 2);
    assert_int_equal(gv_envelope_read((struct gv_slice){bytes.data, bytes.len}, &envelope),
                     GV_ETOOBIG);
    assert_int_equal(gv_envelope_seal(GV_CTX_MESSAGE, payload, keys, 5, &bytes), GV_EUSAGE);
    gv_buf_fini(&bytes);
    gv_key_free(key);
}

static void test_nothing_is_sealed_without_a_payload_or_with_a_fifth_key(void **state)
{
    const struct gv_key *keys[GV_SIGNATURES_MAX + 1];
    const struct gv_key *key = fixed_key(1);
    struct gv_buf bytes;

    (void)state;
    for (size_t i = 0; i <= GV_SIGNATURES_MAX; i++)
        keys[i] = key;
    gv_buf_init(&bytes);
    assert_int_equal(gv_envelope_seal(GV_CTX_MESSAGE, (struct gv_slice){NULL, 0}, keys, 1, &bytes),
                     GV_EUSAGE);
    assert_int_equal(gv_envelope_seal(GV_CTX_MESSAGE, payload, keys, GV_SIGNATURES_MAX + 1, &bytes),
                     GV_EUSAGE);
    assert_int_equal(bytes.len, 0);
    assert_int_equal(gv_envelope_seal(GV_CTX_MESSAGE, payload, keys, GV_SIGNATURES_MAX, &bytes),
                     GV_OK);
    gv_buf_fini(&bytes);
    gv_key_free((struct gv_key *)(uintptr_t)key);
}

/* Whichever allocation fails: memory is what was missing, and the next try makes the same bytes. */
static void test_a_seal_without_memory_says_so(void **state)
{
    const struct gv_key *keys[1] = {fixed_key(1)};
    struct gv_buf whole, bytes;
    unsigned long failed = 0;
    gv_err err;

    (void)state;
    seal(keys, 1, &whole);
    do {
        gv_buf_init(&bytes);
        fault_arm(FAULT_ALLOCATION, ++failed);
        err = gv_envelope_seal(GV_CTX_MESSAGE, payload, keys, 1, &bytes);
        fault_disarm();
        if (err == GV_OK)
            assert_memory_equal(bytes.data, whole.data, whole.len);
        else
            assert_int_equal(err, GV_ENOMEM);
        gv_buf_fini(&bytes);
    } while (err != GV_OK);
    assert_true(failed > 2);
    gv_buf_fini(&whole);
    gv_key_free((struct gv_key *)(uintptr_t)keys[0]);
}

static void *unpack_goodbye(const char *bytes, size_t len, gv_arena *arena)
{
    return gv_pb_unpack(&giaoviec__v1__goodbye__descriptor,
                        (struct gv_slice){(const uint8_t *)bytes, len}, arena);
}

static void test_a_string_that_protobuf_would_cut_or_that_is_no_text_is_refused(void **state)
{
    gv_arena *arena = gv_arena_new(1 << 16);

    (void)state;
    assert_non_null(unpack_goodbye("\x12\x03"
                                   "abc",
                                   5, arena));
    assert_null(unpack_goodbye("\x12\x03"
                               "a\0c",
                               5, arena));
    assert_null(unpack_goodbye("\x12\x02"
                               "a\xff",
                               4, arena));
    gv_arena_free(arena);
}

static void test_many_empty_pieces_end_at_the_arena_cap(void **state)
{
    static uint8_t bytes[64 * 1024];
    gv_arena *arena = gv_arena_new(16 * sizeof bytes);

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i += 2)
        bytes[i] = 0x1a; /* Receipt.dispositions, empty */
    assert_null(gv_pb_unpack(&giaoviec__v1__receipt__descriptor,
                             (struct gv_slice){bytes, sizeof bytes}, arena));
    assert_true(gv_arena_used(arena) <= 16 * sizeof bytes);
    gv_arena_free(arena);
}

static int depth_of(const ProtobufCMessageDescriptor *message, int depth)
{
    int deepest = depth;

    assert_true(depth < 16); /* deeper than that is a cycle */
    for (unsigned i = 0; i < message->n_fields; i++) {
        if (message->fields[i].type == PROTOBUF_C_TYPE_MESSAGE) {
            int below = depth_of(message->fields[i].descriptor, depth + 1);

            deepest = below > deepest ? below : deepest;
        }
    }
    return deepest;
}

static void test_no_message_contains_itself(void **state)
{
    static const ProtobufCMessageDescriptor *const messages[] = {
        &giaoviec__v1__envelope__descriptor,    &giaoviec__v1__payload__descriptor,
        &giaoviec__v1__hello__descriptor,       &giaoviec__v1__welcome__descriptor,
        &giaoviec__v1__reports__descriptor,     &giaoviec__v1__receipt__descriptor,
        &giaoviec__v1__orders__descriptor,      &giaoviec__v1__keyset__descriptor,
        &giaoviec__v1__enrol__descriptor,       &giaoviec__v1__act_submit__descriptor,
        &giaoviec__v1__act__descriptor,         &giaoviec__v1__act_result__descriptor,
        &giaoviec__v1__breakdown__descriptor,   &giaoviec__v1__task__descriptor,
        &giaoviec__v1__order_entry__descriptor, &giaoviec__v1__report_entry__descriptor,
        &giaoviec__v1__status__descriptor,      &giaoviec__v1__attest__descriptor,
        &giaoviec__v1__query__descriptor,       &giaoviec__v1__query_result__descriptor,
    };

    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        assert_true(depth_of(messages[i], 0) <= 4);
}

static int init(void **state)
{
    (void)state;
    return gv_crypto_init() == GV_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_sealed_is_the_protobuf_message_and_reads_back),
        cmocka_unit_test(test_every_truncation_and_every_changed_byte_is_refused),
        cmocka_unit_test(test_a_fifth_signature_is_refused_before_any_is_looked_at),
        cmocka_unit_test(test_nothing_is_sealed_without_a_payload_or_with_a_fifth_key),
        cmocka_unit_test(test_a_seal_without_memory_says_so),
        cmocka_unit_test(test_a_string_that_protobuf_would_cut_or_that_is_no_text_is_refused),
        cmocka_unit_test(test_many_empty_pieces_end_at_the_arena_cap),
        cmocka_unit_test(test_no_message_contains_itself),
    };

    return cmocka_run_group_tests(tests, init, NULL);
}
