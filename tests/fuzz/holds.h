/* holds.h - what is true of every message that was taken from the wire. */
#ifndef FUZZ_HOLDS_H
#define FUZZ_HOLDS_H

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>

/*
 * Asserts: all its strings are UTF-8 without NUL, nested ones too; it is packed, and what that
 * gives is read again. False: it holds unknown fields, which protobuf-c packs again as they were,
 * also those that it would not read then. Nothing of ours sends on what it has unpacked.
 */
bool message_holds(const ProtobufCMessage *message);

#endif
