/* shape.c - which message is packed inside which bytes field. */
#include <string.h>

#include "giaoviec/v1/delivery.pb-c.h"
#include "giaoviec/v1/envelope.pb-c.h"
#include "giaoviec/v1/trust.pb-c.h"
#include "mutator.h"
#include "trust/act.h"
#include "trust/entry.h"
#include "wire/message.h"

#define PB(name) &giaoviec__v1__##name##__descriptor

/* A bytes field that holds always the same. */
struct inside {
    const ProtobufCMessageDescriptor *outer;
    uint32_t number;
    struct shape shape;
};

static const struct inside insides[] = {
    {PB(act_submit), 1, {PB(envelope), PB(act)}},
    {PB(act_submit), 2, {PB(item_list), NULL}},
    {PB(item_list), 1, {PB(item), NULL}},
    {PB(body_entry), 2, {PB(report_entry), NULL}},
    {PB(reports), 2, {PB(report_entry), NULL}},
    {PB(orders), 2, {PB(order_entry), NULL}},
    {PB(order_entry), 5, {PB(envelope), PB(act)}},
    {PB(order_entry), 6, {PB(item), NULL}},
    {PB(order_entry), 9, {PB(task), NULL}},
    {PB(breakdown), 6, {PB(task), NULL}},
    {PB(enrol), 1, {PB(envelope), PB(enrol_statement)}},
    {PB(enrolled), 1, {PB(envelope), PB(keyset)}},
    {PB(keyset_put), 1, {PB(envelope), PB(keyset)}},
    {PB(rotate_key), 1, {PB(envelope), PB(rotation_statement)}},
    {PB(welcome), 9, {PB(envelope), PB(keyset)}},
};

struct shape shape_frame(void)
{
    return (struct shape){PB(envelope), PB(payload)};
}

struct shape shape_act(void)
{
    return (struct shape){PB(envelope), PB(act)};
}

struct shape shape_keyset(void)
{
    return (struct shape){PB(envelope), PB(keyset)};
}

struct shape shape_statement(void)
{
    return (struct shape){PB(envelope), PB(enrol_statement)};
}

struct shape shape_rotation(void)
{
    return (struct shape){PB(envelope), PB(rotation_statement)};
}

struct shape shape_of(const ProtobufCMessageDescriptor *message)
{
    return (struct shape){message, NULL};
}

static struct shape by_kind(const ProtobufCMessageDescriptor *outer, struct gv_slice message,
                            uint32_t number)
{
    struct gv_slice header;
    uint64_t kind = 0;

    if (outer == PB(payload) && number == 2 && wire_find(message, 1, NULL, &header) &&
        wire_find(header, 4, &kind, NULL) && kind <= UINT32_MAX &&
        gv_kind_row((uint32_t)kind) != NULL)
        return shape_of(gv_kind_row((uint32_t)kind)->body);
    if (outer == PB(act) && number == 8 && wire_find(message, 3, &kind, NULL) &&
        kind <= UINT32_MAX && gv_act_row((uint32_t)kind) != NULL)
        return shape_of(gv_act_row((uint32_t)kind)->body);
    if (outer == PB(report_entry) && number == 5 && wire_find(message, 1, &kind, NULL) &&
        kind <= UINT32_MAX)
        return shape_of(gv_report_body((uint32_t)kind));
    return shape_of(NULL);
}

struct shape shape_inside(struct shape shape, struct gv_slice message, uint32_t number)
{
    const ProtobufCFieldDescriptor *field;

    if (shape.message == NULL)
        return shape_of(NULL);
    if (shape.message == PB(envelope) && number == 1)
        return shape_of(shape.payload);
    field = protobuf_c_message_descriptor_get_field(shape.message, number);
    if (field != NULL && field->type == PROTOBUF_C_TYPE_MESSAGE)
        return shape_of(field->descriptor);
    for (size_t i = 0; i < sizeof insides / sizeof insides[0]; i++) {
        if (insides[i].outer == shape.message && insides[i].number == number)
            return insides[i].shape;
    }
    return by_kind(shape.message, message, number);
}
