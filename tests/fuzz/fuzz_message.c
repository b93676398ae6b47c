/* links: gv_mutator gv_trust gv_wire gv_crypto gv_base */
/*
 * fuzz_message.c - any bytes as a frame from a unit; then what they hold as a payload, signed by
 * the unit as a hostile one would, from each role.
 */
#include <assert.h>

#include "../fixture/trust.h"
#include "holds.h"
#include "mutator.h"

static struct fixture f;

static struct shape shape(uint8_t first)
{
    (void)first;
    return shape_frame();
}

FUZZ_MUTATOR(0, shape);

/* What was opened can be sent on, and says the same. */
static void seal_again(const struct gv_message *message, const struct gv_sender *sender)
{
    struct gv_head head = message->head;
    struct gv_message again;
    struct gv_buf bytes;
    gv_arena *arena;
    gv_err err;

    gv_buf_init(&bytes);
    if (!message_holds(message->body) || gv_id_is_zero(&head.message_id) ||
        gv_id_is_zero(&head.deployment))
        return;
    err = gv_message_seal(&head, message->body, f.unit, &bytes);
    assert(err == GV_OK || err == GV_ETOOBIG);
    arena = gv_arena_new(64 * bytes.len + 65536);
    if (err == GV_OK && arena != NULL) {
        assert(gv_message_open(bytes_of(&bytes), sender, &f.deployment, &f.c1->code, arena,
                               &again) == GV_OK);
        assert(again.is_signed && again.head.kind == message->head.kind &&
               again.head.sequence == message->head.sequence &&
               gv_id_eq(&again.head.message_id, &message->head.message_id));
    }
    gv_arena_free(arena);
    gv_buf_fini(&bytes);
}

static void open_as(struct gv_slice frame, uint32_t roles)
{
    struct gv_sender sender = {.code = f.unit->code, .roles = roles};
    struct gv_message message;
    gv_arena *arena = gv_arena_new(16 * frame.len + 4096);

    if (arena == NULL)
        return;
    gv_sender_key(&sender, f.unit->sign_pk);
    if (gv_message_open(frame, &sender, &f.deployment, &f.c1->code, arena, &message) == GV_OK) {
        assert(message.row == gv_kind_row(message.head.kind));
        assert((message.row->senders & roles) != 0);
        assert(message.body->descriptor == message.row->body);
        assert(message.is_signed || (message.row->flags & GV_MSG_SIGNED) == 0);
        if (strcmp(message.head.sender.s, f.unit->code.s) == 0)
            seal_again(&message, &sender);
    }
    gv_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct gv_slice frame = {data, size};
    const struct gv_key *keys[1];
    struct gv_envelope envelope;
    struct gv_buf again;

    if (f.keyset == NULL)
        fixture_init(&f);
    keys[0] = f.unit;
    open_as(frame, GV_ROLE_UNIT);
    open_as(frame, GV_ROLE_NOBODY);
    if (gv_envelope_read(frame, &envelope) != GV_OK)
        return 0;
    gv_buf_init(&again);
    if (gv_envelope_seal(GV_CTX_MESSAGE, envelope.payload, keys, 1, &again) == GV_OK) {
        for (uint32_t role = GV_ROLE_UNIT; role <= GV_ROLE_COORDINATOR; role <<= 1)
            open_as(bytes_of(&again), role);
    }
    gv_buf_fini(&again);
    return 0;
}
