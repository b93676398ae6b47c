/*
 * mutator.h - mutations that know the messages: fields are deleted, doubled, swapped, spliced and
 * made wrong, and the lengths around them stay right (or are made wrong on purpose). What lies
 * packed inside a bytes field (an act in an order, a body in a payload) is entered like a message.
 *
 * Nothing here signs: a target that wants to be behind a signature takes the bytes apart and signs
 * what they hold with the fixture's keys.
 */
#ifndef FUZZ_MUTATOR_H
#define FUZZ_MUTATOR_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* What bytes are: a message; of an Envelope also what it carries. message NULL: only bytes. */
struct shape {
    const ProtobufCMessageDescriptor *message, *payload;
};

/* Shapes that targets name. */
struct shape shape_frame(void); /* Envelope of a Payload */
struct shape shape_act(void);   /* Envelope of an Act */
struct shape shape_keyset(void);
struct shape shape_statement(void);
struct shape shape_rotation(void);
struct shape shape_of(const ProtobufCMessageDescriptor *message);
/* What the field holds, in this message (the kind stands beside it). */
struct shape shape_inside(struct shape shape, struct gv_slice message, uint32_t number);

/* The first field of this number: its varint, or the bytes of it. False: there is none. */
bool wire_find(struct gv_slice message, uint32_t number, uint64_t *varint, struct gv_slice *bytes);

/* data is changed in place; the new size, at most max. The same seed gives the same change. */
size_t mutator_change(struct shape shape, uint8_t *data, size_t size, size_t max, unsigned seed);
/* A piece of b in the place of one of a. */
size_t mutator_cross(struct shape shape, struct gv_slice a, struct gv_slice b, uint8_t *out,
                     size_t max, unsigned seed);

/* libFuzzer's own mutations of plain bytes; replay.c has one that changes nothing. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* As above for inputs of `prefix` bytes (0 or 1), which say what shape the rest has. */
struct input_form {
    size_t prefix;
    struct shape (*shape)(uint8_t first);
};
size_t input_change(const struct input_form *form, uint8_t *data, size_t size, size_t max,
                    unsigned seed);
size_t input_cross(const struct input_form *form, struct gv_slice a, struct gv_slice b,
                   uint8_t *out, size_t max, unsigned seed);

/* Gives a target its mutations. */
#define FUZZ_MUTATOR(prefix_bytes, shape_by_first)                                                 \
    size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);         \
    size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)          \
    {                                                                                              \
        static const struct input_form form = {prefix_bytes, shape_by_first};                      \
                                                                                                   \
        return input_change(&form, data, size, max, seed);                                         \
    }                                                                                              \
    size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b,            \
                                     size_t b_size, uint8_t *out, size_t max, unsigned seed);      \
    size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t a_size, const uint8_t *b,            \
                                     size_t b_size, uint8_t *out, size_t max, unsigned seed)       \
    {                                                                                              \
        static const struct input_form form = {prefix_bytes, shape_by_first};                      \
                                                                                                   \
        return input_cross(&form, (struct gv_slice){a, a_size}, (struct gv_slice){b, b_size}, out, \
                           max, seed);                                                             \
    }                                                                                              \
    int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)

#endif
