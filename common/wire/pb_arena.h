/*
 * pb_arena.h - protobuf-c's allocator on an arena: what a hostile message can make it allocate is
 * bounded by the arena's cap, and one reset frees it all.
 */
#ifndef GV_PB_ARENA_H
#define GV_PB_ARENA_H

#include <protobuf-c/protobuf-c.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"

ProtobufCAllocator gv_pb_allocator(gv_arena *arena);

/*
 * NULL: not a message of this descriptor, or past the arena's cap, or a string field that is not
 * UTF-8 or holds a NUL (protobuf-c would cut it there, and what is read would not be what was
 * signed).
 */
void *gv_pb_unpack(const ProtobufCMessageDescriptor *descriptor, struct gv_slice bytes,
                   gv_arena *arena);

/* Why gv_pb_unpack() answered NULL, or what it gave does not hold: GV_ENOMEM, where memory was
 * short: nothing is known of the message then; else GV_EBADMSG. */
GV_MUSTCHECK gv_err gv_pb_fault(const gv_arena *arena);

/* Appends the message's bytes. GV_EBUG: a required piece is NULL. */
GV_MUSTCHECK gv_err gv_pb_pack(const ProtobufCMessage *message, struct gv_buf *out);

/* Bytes fields as slices, and slices as bytes fields (borrowed both ways). */
struct gv_slice gv_pb_slice(ProtobufCBinaryData data);
ProtobufCBinaryData gv_pb_bytes(const void *data, size_t len);

#endif
