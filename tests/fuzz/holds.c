/* holds.c - walks a message by its descriptor. */
#include "holds.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "wire/pb_arena.h"

static bool strings_hold(const ProtobufCMessage *message);

static bool value_holds(const ProtobufCFieldDescriptor *field, const void *at)
{
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *s = *(const char *const *)at;

        assert(s != NULL && gv_text_valid(s, strlen(s), NULL));
    } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        const ProtobufCMessage *nested = *(const ProtobufCMessage *const *)at;

        return nested == NULL || strings_hold(nested);
    }
    return true;
}

static bool strings_hold(const ProtobufCMessage *message)
{
    const char *base = (const char *)message;
    bool known = message->n_unknown_fields == 0;

    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        bool is_pointer =
            field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_MESSAGE;

        if (field->label != PROTOBUF_C_LABEL_REPEATED) {
            known &= value_holds(field, base + field->offset);
        } else if (is_pointer) {
            size_t count = *(const size_t *)(base + field->quantifier_offset);
            const void *const *list = *(const void *const *const *)(base + field->offset);

            for (size_t n = 0; n < count; n++)
                known &= value_holds(field, &list[n]);
        }
    }
    return known;
}

bool message_holds(const ProtobufCMessage *message)
{
    struct gv_buf bytes;
    bool known = strings_hold(message);
    gv_arena *arena;

    gv_buf_init(&bytes);
    assert(gv_pb_pack(message, &bytes) == GV_OK);
    arena = gv_arena_new(64 * bytes.len + 65536);
    assert(arena != NULL);
    if (known)
        assert(gv_pb_unpack(message->descriptor, (struct gv_slice){bytes.data, bytes.len}, arena) !=
               NULL);
    gv_arena_free(arena);
    gv_buf_fini(&bytes);
    return known;
}
