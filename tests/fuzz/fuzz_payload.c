/* links: gv_mutator gv_trust gv_wire gv_crypto gv_base */
/*
 * fuzz_payload.c - the first byte says which message, the rest is its body: every body of the two
 * tables, and the documents inside them, unpacked with a budget and packed again.
 */
#include <assert.h>

#include "../fixture/trust.h"
#include "holds.h"
#include "mutator.h"
#include "trust/act_body.h"
#include "trust/entry.h"

#define ACTS    64
#define ENTRIES 128

static const ProtobufCMessageDescriptor *descriptor_of(uint8_t number)
{
    static const ProtobufCMessageDescriptor *const others[] = {
        &giaoviec__v1__report_entry__descriptor, &giaoviec__v1__order_entry__descriptor,
        &giaoviec__v1__task__descriptor,         &giaoviec__v1__breakdown__descriptor,
        &giaoviec__v1__item_list__descriptor,    &giaoviec__v1__item__descriptor,
        &giaoviec__v1__keyset__descriptor,       &giaoviec__v1__enrol_token__descriptor,
    };

    if (number >= ENTRIES + 16)
        return others[number % 8];
    if (number >= ENTRIES)
        return gv_report_body(number - ENTRIES);
    if (number >= ACTS)
        return gv_act_row(number - ACTS) != NULL ? gv_act_row(number - ACTS)->body : NULL;
    return gv_kind_row(number) != NULL ? gv_kind_row(number)->body : NULL;
}

static struct shape shape(uint8_t first)
{
    return shape_of(descriptor_of(first));
}

FUZZ_MUTATOR(1, shape);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ProtobufCMessageDescriptor *descriptor = size > 0 ? descriptor_of(data[0]) : NULL;
    struct gv_slice body;
    struct gv_report report;
    ProtobufCMessage *message;
    gv_arena *arena;

    if (descriptor == NULL)
        return 0;
    body = (struct gv_slice){data + 1, size - 1};
    arena = gv_arena_new(16 * size + 4096);
    if (arena == NULL)
        return 0;
    message = gv_pb_unpack(descriptor, body, arena);
    if (message != NULL)
        message_holds(message);
    assert(gv_arena_used(arena) <= 16 * size + 4096);
    gv_arena_reset(arena);
    if (data[0] >= ACTS && data[0] < ENTRIES &&
        gv_act_body(data[0] - ACTS, body, arena, &message) == GV_OK)
        message_holds(message);
    if (descriptor == &giaoviec__v1__report_entry__descriptor &&
        gv_report_open(body, arena, &report) == GV_OK)
        assert(report.epoch > 0 && report.time_us > 0 && gv_report_body(report.kind) != NULL);
    gv_arena_free(arena);
    return 0;
}
