/* links: gv_mutator gv_trust gv_wire gv_crypto gv_base */
/*
 * fuzz_token.c - the first byte says what the rest is: 't' a token as text, 'p' what a token string
 * carries, 's' an enrolment statement, opened as it is and signed by the unit, 'a' the answer to
 * one, as it is and with its keyset signed by the root and itself by the coordinator, 'r' a unit's
 * statement about its next key, as it is and signed by both. A token that can be read enrols the
 * unit that it names, and nobody else; a statement that holds names another key.
 */
#include <assert.h>

#include "../fixture/trust.h"
#include "base/base64.h"
#include "giaoviec/v1/envelope.pb-c.h"
#include "giaoviec/v1/trust.pb-c.h"
#include "mutator.h"
#include "trust/rotation.h"

static struct fixture f;

static struct shape shape(uint8_t first)
{
    return first == 'p'   ? shape_of(&giaoviec__v1__enrol_token__descriptor)
           : first == 's' ? shape_statement()
           : first == 'r' ? shape_rotation()
           : first == 'a' ? shape_frame()
                          : shape_of(NULL);
}

FUZZ_MUTATOR(1, shape);

/* What is stated with the token is what the statement says. */
static void state(const struct gv_token *token)
{
    struct gv_enrol_statement statement;
    struct gv_key key = *f.unit;
    struct gv_buf out;
    gv_arena *arena;

    gv_buf_init(&out);
    if (strcmp(token->unit.s, f.admin->code.s) != 0)
        assert(gv_enrol_seal(token, f.admin, FIXTURE_TIME_US, &out) == GV_EUSAGE && out.len == 0);
    key.code = token->unit;
    assert(gv_enrol_seal(token, &key, FIXTURE_TIME_US, &out) == GV_OK);
    arena = gv_arena_new(64 * out.len);
    assert(arena != NULL);
    assert(gv_enrol_open(bytes_of(&out), &token->deployment, arena, &statement) == GV_OK);
    assert(strcmp(statement.unit.s, token->unit.s) == 0);
    assert(gv_id_eq(&statement.key_id, &f.unit->key_id));
    gv_arena_free(arena);
    gv_buf_fini(&out);
}

static void parse(const char *s, size_t len)
{
    struct gv_token token, again;
    struct gv_buf out;

    if (gv_token_parse(s, len, &token) != GV_OK)
        return;
    gv_buf_init(&out);
    assert(gv_token_format(&token, &out) == GV_OK);
    assert(gv_token_parse((char *)out.data, out.len, &again) == GV_OK);
    assert(memcmp(&token, &again, sizeof token) == 0);
    state(&token);
    gv_buf_fini(&out);
}

static void parse_packed(struct gv_slice bytes)
{
    struct gv_buf string;

    gv_buf_init(&string);
    gv_buf_puts(&string, "gv1.");
    gv_base64url_put(&string, bytes.data, bytes.len);
    parse((char *)string.data, string.len);
    gv_buf_fini(&string);
}

static void open_statement(struct gv_slice bytes, gv_arena *arena)
{
    struct gv_enrol_statement statement;

    gv_arena_reset(arena);
    if (gv_enrol_open(bytes, &f.deployment, arena, &statement) == GV_OK)
        assert(statement.unit.s[0] != '\0' && !gv_id_is_zero(&statement.key_id));
}

static void open_answer(struct gv_slice bytes, gv_arena *arena)
{
    struct gv_enrol_answer answer;
    struct gv_token token;

    gv_arena_reset(arena);
    fixture_token(&f, &token);
    if (gv_enrol_answer(bytes, &token, arena, &answer) != GV_OK)
        return;
    assert((answer.keyset == NULL) == (answer.error != GV_OK));
    gv_keyset_free(answer.keyset);
}

/* The same key is named again by the unit, though not by anybody else, and not itself. */
static void name_again(const struct gv_rotation *rotation, gv_arena *arena)
{
    struct gv_key next = *f.other;
    struct gv_rotation again;
    struct gv_buf out;

    gv_buf_init(&out);
    assert(gv_rotation_seal(&f.deployment, f.unit, f.other, FIXTURE_TIME_US, &out) == GV_EUSAGE);
    assert(gv_rotation_seal(&f.deployment, f.unit, f.unit, FIXTURE_TIME_US, &out) == GV_EUSAGE);
    next.code = f.unit->code;
    assert(gv_rotation_seal(&f.deployment, f.unit, &next, FIXTURE_TIME_US, &out) == GV_OK);
    assert(gv_rotation_open(bytes_of(&out), &f.deployment, &f.unit->code, f.unit->sign_pk, arena,
                            &again) == GV_OK);
    assert(gv_id_eq(&again.key_id, &rotation->key_id));
    gv_buf_fini(&out);
}

static void open_rotation(struct gv_slice bytes, gv_arena *arena)
{
    struct gv_rotation rotation;

    gv_arena_reset(arena);
    if (gv_rotation_open(bytes, &f.deployment, &f.unit->code, f.unit->sign_pk, arena, &rotation) !=
        GV_OK)
        return;
    assert(!gv_id_eq(&rotation.key_id, &f.unit->key_id));
    assert(gv_id_eq(&rotation.key_id, &f.other->key_id)); /* nobody else's is here to sign */
    name_again(&rotation, arena);
}

static void seal(const char *context, struct gv_slice payload, const struct gv_key *key,
                 struct gv_buf *out)
{
    gv_buf_reset(out);
    MUST(gv_envelope_seal(context, payload, &key, 1, out) == GV_OK);
}

/* The answer's keyset signed by the root, the answer by the coordinator. */
static void open_signed_answer(struct gv_slice bytes, gv_arena *arena)
{
    struct gv_buf keyset, body, payload, frame;
    struct gv_envelope envelope, inner;
    Giaoviec__V1__Payload *pb;
    Giaoviec__V1__Enrolled *enrolled;

    gv_arena_reset(arena);
    if (gv_envelope_read(bytes, &envelope) != GV_OK)
        return;
    pb = gv_pb_unpack(&giaoviec__v1__payload__descriptor, envelope.payload, arena);
    if (pb == NULL)
        return;
    gv_buf_init(&keyset);
    gv_buf_init(&body);
    gv_buf_init(&payload);
    gv_buf_init(&frame);
    enrolled = gv_pb_unpack(&giaoviec__v1__enrolled__descriptor, gv_pb_slice(pb->body), arena);
    if (enrolled != NULL && gv_envelope_read(gv_pb_slice(enrolled->keyset), &inner) == GV_OK) {
        seal(GV_CTX_KEYSET, inner.payload, f.root, &keyset);
        enrolled->keyset = gv_pb_bytes(keyset.data, keyset.len);
        MUST(gv_pb_pack(&enrolled->base, &body) == GV_OK);
        pb->body = gv_pb_bytes(body.data, body.len);
    }
    MUST(gv_pb_pack(&pb->base, &payload) == GV_OK);
    if (payload.len > 0) {
        seal(GV_CTX_MESSAGE, bytes_of(&payload), f.c1, &frame);
        open_answer(bytes_of(&frame), arena);
    }
    gv_buf_fini(&keyset);
    gv_buf_fini(&body);
    gv_buf_fini(&payload);
    gv_buf_fini(&frame);
}

static void open_both(uint8_t what, struct gv_slice bytes, gv_arena *arena)
{
    const struct gv_key *const both[] = {f.unit, f.other}; /* in force, and next */
    struct gv_envelope envelope;
    struct gv_buf again;

    if (what == 'a') {
        open_answer(bytes, arena);
        open_signed_answer(bytes, arena);
        return;
    }
    (what == 'r' ? open_rotation : open_statement)(bytes, arena);
    if (gv_envelope_read(bytes, &envelope) != GV_OK)
        return;
    gv_buf_init(&again);
    if (what == 'r') {
        MUST(gv_envelope_seal(GV_CTX_ROTATION, envelope.payload, both, 2, &again) == GV_OK);
        open_rotation(bytes_of(&again), arena);
    } else {
        seal(GV_CTX_ENROLMENT, envelope.payload, f.unit, &again);
        open_statement(bytes_of(&again), arena);
    }
    gv_buf_fini(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gv_arena *arena;

    if (f.keyset == NULL)
        fixture_init(&f);
    if (size == 0)
        return 0;
    if (data[0] == 't')
        parse((const char *)data + 1, size - 1);
    else if (data[0] == 'p')
        parse_packed((struct gv_slice){data + 1, size - 1});
    arena = memchr("ars", data[0], 3) != NULL ? gv_arena_new(64 * size + 4096) : NULL;
    if (arena != NULL)
        open_both(data[0], (struct gv_slice){data + 1, size - 1}, arena);
    gv_arena_free(arena);
    return 0;
}
