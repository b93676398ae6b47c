/* pb_arena.c - unpacking with a budget, then a look at every string as it stood on the wire. */
#include "wire/pb_arena.h"

#include "base/text.h"

static void *pb_alloc(void *arena, size_t size)
{
    return gv_arena_alloc(arena, size);
}

static void pb_free(void *arena, void *piece)
{
    (void)arena;
    (void)piece; /* gv_arena_reset() frees all */
}

ProtobufCAllocator gv_pb_allocator(gv_arena *arena)
{
    return (ProtobufCAllocator){pb_alloc, pb_free, arena};
}

struct reader {
    const uint8_t *at;
    size_t left;
};

static bool take_varint(struct reader *r, uint64_t *out)
{
    uint64_t value = 0;

    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t byte;

        if (r->left == 0)
            return false;
        byte = *r->at++;
        r->left--;
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *out = value;
            return true;
        }
    }
    return false;
}

static bool skip(struct reader *r, uint64_t count)
{
    if (count > r->left)
        return false;
    r->at += count;
    r->left -= (size_t)count;
    return true;
}

static bool strings_hold(const ProtobufCMessageDescriptor *descriptor, struct gv_slice bytes,
                         int depth);

static bool field_holds(const ProtobufCFieldDescriptor *field, struct gv_slice value, int depth)
{
    if (field == NULL)
        return true; /* a field of a later release */
    if (field->type == PROTOBUF_C_TYPE_STRING)
        return gv_text_valid((const char *)value.data, value.len, NULL);
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return strings_hold(field->descriptor, value, depth + 1);
    return true;
}

static bool strings_hold(const ProtobufCMessageDescriptor *descriptor, struct gv_slice bytes,
                         int depth)
{
    struct reader r = {bytes.data, bytes.len};

    if (depth > 16)
        return false; /* our messages do not recurse */
    while (r.left > 0) {
        const ProtobufCFieldDescriptor *field;
        struct gv_slice value;
        uint64_t tag, len;

        if (!take_varint(&r, &tag))
            return false;
        field = protobuf_c_message_descriptor_get_field(descriptor, (unsigned)(tag >> 3));
        switch (tag & 7) {
        case 0:
            if (!take_varint(&r, &len))
                return false;
            break;
        case 1:
            if (!skip(&r, 8))
                return false;
            break;
        case 2:
            if (!take_varint(&r, &len))
                return false;
            value.data = r.at;
            value.len = (size_t)len;
            if (!skip(&r, len) || !field_holds(field, value, depth))
                return false;
            break;
        case 5:
            if (!skip(&r, 4))
                return false;
            break;
        default:
            return false;
        }
    }
    return true;
}

void *gv_pb_unpack(const ProtobufCMessageDescriptor *descriptor, struct gv_slice bytes,
                   gv_arena *arena)
{
    ProtobufCAllocator allocator = gv_pb_allocator(arena);

    if (!strings_hold(descriptor, bytes, 0))
        return NULL;
    return protobuf_c_message_unpack(descriptor, &allocator, bytes.len, bytes.data);
}

gv_err gv_pb_fault(const gv_arena *arena)
{
    return gv_arena_starved(arena) ? GV_ENOMEM : GV_EBADMSG;
}

gv_err gv_pb_pack(const ProtobufCMessage *message, struct gv_buf *out)
{
    uint8_t *room;

    if (!protobuf_c_message_check(message))
        return GV_EBUG;
    room = gv_buf_room(out, protobuf_c_message_get_packed_size(message));
    if (room == NULL)
        return GV_ENOMEM;
    protobuf_c_message_pack(message, room);
    return GV_OK;
}

struct gv_slice gv_pb_slice(ProtobufCBinaryData data)
{
    return (struct gv_slice){data.data, data.len};
}

ProtobufCBinaryData gv_pb_bytes(const void *data, size_t len)
{
    return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)data};
}
