/*
 * mutator.c - a message is cut into its fields, one of them is changed (or a nested one, found by
 * walking down at random), and the whole is put together again with fitting lengths.
 */
#include "mutator.h"

#include <string.h>

enum {
    FIELDS_MAX = 400,
    DEPTH_MAX = 8,
    VARINT_MAX = 11, /* one byte more than any varint may have */
    VARINT = 0,
    FIXED64 = 1,
    BYTES = 2,
    FIXED32 = 5,
};

struct field {
    uint32_t number, wire;
    uint64_t varint;       /* VARINT */
    struct gv_slice value; /* without tag and length */
    struct gv_slice whole;
};

struct mutator {
    uint64_t random;
};

static uint32_t rnd(struct mutator *m)
{
    m->random ^= m->random << 13;
    m->random ^= m->random >> 7;
    m->random ^= m->random << 17;
    return (uint32_t)(m->random >> 16);
}

static uint32_t below(struct mutator *m, size_t bound)
{
    return bound == 0 ? 0 : rnd(m) % (uint32_t)bound;
}

static void begin(struct mutator *m, unsigned seed)
{
    m->random = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15);
    rnd(m);
}

/* ---- the wire ------------------------------------------------------------------------------- */

static bool take_varint(struct gv_slice *rest, uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; shift < 70 && rest->len > 0; shift += 7) {
        uint8_t byte = *rest->data;

        rest->data++;
        rest->len--;
        if (shift < 64)
            *out |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return true;
    }
    return false;
}

static bool take_field(struct gv_slice *rest, struct field *out)
{
    const uint8_t *begin_at = rest->data;
    uint64_t tag, len = 0;

    *out = (struct field){0};
    if (!take_varint(rest, &tag) || tag >> 3 > UINT32_MAX)
        return false;
    out->number = (uint32_t)(tag >> 3);
    out->wire = (uint32_t)(tag & 7);
    out->value.data = rest->data;
    if (out->wire == VARINT) {
        if (!take_varint(rest, &out->varint))
            return false;
        out->value.len = (size_t)(rest->data - out->value.data);
    } else {
        if (out->wire == BYTES && !take_varint(rest, &len))
            return false;
        if (out->wire == FIXED64 || out->wire == FIXED32)
            len = out->wire == FIXED64 ? 8 : 4;
        else if (out->wire != BYTES)
            return false;
        if (len > rest->len)
            return false;
        out->value = (struct gv_slice){rest->data, (size_t)len};
        rest->data += len;
        rest->len -= (size_t)len;
    }
    out->whole = (struct gv_slice){begin_at, (size_t)(rest->data - begin_at)};
    return true;
}

/* False: not a message, or one of too many fields. */
static bool cut(struct gv_slice message, struct field *fields, size_t *count)
{
    *count = 0;
    while (message.len > 0) {
        if (*count == FIELDS_MAX || !take_field(&message, &fields[*count]))
            return false;
        (*count)++;
    }
    return true;
}

bool wire_find(struct gv_slice message, uint32_t number, uint64_t *varint, struct gv_slice *bytes)
{
    struct field field;

    while (message.len > 0 && take_field(&message, &field)) {
        if (field.number != number || field.wire != (varint != NULL ? VARINT : BYTES))
            continue;
        if (varint != NULL)
            *varint = field.varint;
        else
            *bytes = field.value;
        return true;
    }
    return false;
}

/* pad: so many bytes more than are needed. */
static void put_varint(struct gv_buf *out, uint64_t value, unsigned pad)
{
    uint8_t bytes[VARINT_MAX + 1];
    size_t len = 0;

    do {
        bytes[len++] = (uint8_t)((value & 0x7f) | 0x80);
        value >>= 7;
    } while (value > 0);
    while (pad-- > 0 && len < VARINT_MAX)
        bytes[len++] = 0x80;
    bytes[len - 1] &= 0x7f;
    gv_buf_append(out, bytes, len);
}

static void put_tag(struct gv_buf *out, uint32_t number, uint32_t wire)
{
    put_varint(out, (uint64_t)number << 3 | wire, 0);
}

static void put_bytes(struct gv_buf *out, uint32_t number, struct gv_slice value)
{
    put_tag(out, number, BYTES);
    put_varint(out, value.len, 0);
    gv_buf_append(out, value.data, value.len);
}

static void put_whole(struct gv_buf *out, const struct field *field)
{
    gv_buf_append(out, field->whole.data, field->whole.len);
}

/* ---- values at the edges -------------------------------------------------------------------- */

static uint64_t number_edge(struct mutator *m)
{
    static const uint64_t edges[] = {0,          1,         2,          0x7f,       0x80,
                                     0x3fff,     0x4000,    INT32_MAX,  0x80000000, UINT32_MAX,
                                     1ULL << 32, INT64_MAX, 1ULL << 63, UINT64_MAX};

    switch (below(m, 4)) {
    case 0:
        return edges[below(m, sizeof edges / sizeof edges[0])];
    case 1:
        return (uint64_t)rnd(m) << 32 | rnd(m);
    default:
        return below(m, 40); /* kinds, roles, epochs */
    }
}

static void put_string_edge(struct mutator *m, struct gv_buf *out)
{
#define S(s)                                                                                       \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }
    static const struct gv_slice edges[] = {
        S(""),
        S("a\0b"),
        S("\xff"),
        S("\xc3"),
        S("\xc0\x80"),
        S("\xed\xa0\x80"),
        S("\xf4\x90\x80\x80"),
        S("\xe2\x80\xae"),
        S("-"),
        S("-0.5"),
        S("1e9"),
        S("0.00000000000000000000000000000000000001"),
        S("12345678901234567890123456789012345678901"),
        S("SO-YT"),
        S("CC-BTVTU"),
        S("admin"),
        S("vp1"),
        S("uv1"),
        S("c1"),
        S("tcp://127.0.0.1:5671"),
        S("DN_THANH_TRA"),
        S("\n\t"),
        S("0123456789012345678901234567890123456789012345678901234567890123456789"),
    };
#undef S
    const struct gv_slice *edge = &edges[below(m, sizeof edges / sizeof edges[0])];

    gv_buf_append(out, edge->data, edge->len);
}

static void put_bytes_edge(struct mutator *m, struct gv_buf *out)
{
    static const uint8_t lengths[] = {0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255};
    size_t len = lengths[below(m, sizeof lengths)];
    uint8_t fill = (uint8_t)(below(m, 3) == 0 ? 0 : rnd(m));

    for (size_t i = 0; i < len; i++)
        gv_buf_append(out, &fill, 1);
}

/* ---- a field anew --------------------------------------------------------------------------- */

static void put_new_fields(struct mutator *m, struct shape shape, struct gv_buf *out, int depth);

static void put_new_field(struct mutator *m, struct shape shape,
                          const ProtobufCFieldDescriptor *field, struct gv_buf *out, int depth)
{
    const struct gv_slice nothing = {NULL, 0};
    struct shape inside = shape_inside(shape, nothing, field->id);
    struct gv_buf value;

    if (field->type != PROTOBUF_C_TYPE_STRING && field->type != PROTOBUF_C_TYPE_BYTES &&
        field->type != PROTOBUF_C_TYPE_MESSAGE) { /* our schema has only varints */
        put_tag(out, field->id, VARINT);
        put_varint(out, number_edge(m), 0);
        return;
    }
    gv_buf_init(&value);
    if (inside.message != NULL && depth < DEPTH_MAX)
        put_new_fields(m, inside, &value, depth + 1);
    else if (field->type == PROTOBUF_C_TYPE_STRING)
        put_string_edge(m, &value);
    else
        put_bytes_edge(m, &value);
    put_bytes(out, field->id, (struct gv_slice){value.data, value.len});
    gv_buf_fini(&value);
}

/* Some of the fields that the message may have, in their order. */
static void put_new_fields(struct mutator *m, struct shape shape, struct gv_buf *out, int depth)
{
    for (unsigned i = 0; i < shape.message->n_fields && out->len < 4096; i++) {
        if (below(m, 3) > 0)
            put_new_field(m, shape, &shape.message->fields[i], out, depth);
    }
}

static void put_any_new(struct mutator *m, struct shape shape, struct gv_buf *out)
{
    if (shape.message == NULL || shape.message->n_fields == 0 || below(m, 8) == 0) { /* unknown */
        static const uint32_t numbers[] = {0, 15, 16, 100, 19000, 536870911};
        uint32_t number = numbers[below(m, sizeof numbers / sizeof numbers[0])];

        put_tag(out, number, VARINT);
        put_varint(out, number_edge(m), 0);
        return;
    }
    put_new_field(m, shape, &shape.message->fields[below(m, shape.message->n_fields)], out, 0);
}

/* ---- a field changed ------------------------------------------------------------------------ */

static void change(struct mutator *m, struct shape shape, struct gv_slice in, struct gv_buf *out,
                   int depth);

static void put_plain_change(struct mutator *m, struct gv_slice in, struct gv_buf *out)
{
    size_t before = out->len, room = in.len + 64;
    uint8_t *at;

    (void)m;
    at = gv_buf_room(out, room);
    if (at == NULL)
        return;
    if (in.len > 0)
        memcpy(at, in.data, in.len);
    out->len = before + LLVMFuzzerMutate(at, in.len, room);
}

static void put_value_changed(struct mutator *m, struct shape inside, const struct field *field,
                              bool is_string, struct gv_buf *out, int depth)
{
    struct gv_buf value;

    if (field->wire == VARINT) {
        uint64_t near = field->varint + below(m, 5) - 2;

        put_tag(out, field->number, VARINT);
        put_varint(out, below(m, 2) == 0 ? near : number_edge(m), 0);
        return;
    }
    gv_buf_init(&value);
    if (inside.message != NULL && depth < DEPTH_MAX && below(m, 12) > 0)
        change(m, inside, field->value, &value, depth + 1);
    else if (below(m, 2) == 0)
        put_plain_change(m, field->value, &value);
    else if (is_string)
        put_string_edge(m, &value);
    else
        put_bytes_edge(m, &value);
    put_bytes(out, field->number, (struct gv_slice){value.data, value.len});
    gv_buf_fini(&value);
}

/* The tag, the length or the number is written as nobody should. */
static void put_malformed(struct mutator *m, const struct field *field, struct gv_buf *out)
{
    static const uint64_t lengths[] = {0, 0x7fffffff, 0x80000000, 0xffffffff, UINT64_MAX};
    unsigned pad = 1 + below(m, VARINT_MAX - 1);
    uint64_t len = field->value.len;

    switch (below(m, 4)) {
    case 0: /* over-long tag */
        put_varint(out, (uint64_t)field->number << 3 | field->wire, pad);
        gv_buf_append(out, field->value.data, field->wire == VARINT ? field->value.len : 0);
        if (field->wire == BYTES) {
            put_varint(out, len, 0);
            gv_buf_append(out, field->value.data, field->value.len);
        }
        break;
    case 1: /* another wire type */
        put_tag(out, field->number, below(m, 8));
        gv_buf_append(out, field->value.data, field->value.len);
        break;
    case 2: /* over-long number or length */
        put_tag(out, field->number, field->wire);
        put_varint(out, field->wire == VARINT ? field->varint : len, pad);
        if (field->wire != VARINT)
            gv_buf_append(out, field->value.data, field->value.len);
        break;
    default: /* a length that does not fit */
        put_tag(out, field->number, BYTES);
        put_varint(out, below(m, 2) == 0 ? len + below(m, 5) - 2 : lengths[below(m, 5)], 0);
        gv_buf_append(out, field->value.data, field->value.len);
        break;
    }
}

static bool is_string(struct shape shape, uint32_t number)
{
    const ProtobufCFieldDescriptor *field =
        shape.message == NULL ? NULL
                              : protobuf_c_message_descriptor_get_field(shape.message, number);

    return field != NULL && field->type == PROTOBUF_C_TYPE_STRING;
}

enum op { VALUE, DELETE, DOUBLE, SWAP, MALFORM, ADD };

static enum op choose(struct mutator *m)
{
    static const enum op ops[16] = {VALUE,  VALUE,  VALUE, VALUE, VALUE,   VALUE, VALUE, DELETE,
                                    DELETE, DOUBLE, SWAP,  ADD,   MALFORM, ADD,   ADD,   VALUE};

    return ops[below(m, sizeof ops / sizeof ops[0])];
}

static void change(struct mutator *m, struct shape shape, struct gv_slice in, struct gv_buf *out,
                   int depth)
{
    struct field fields[FIELDS_MAX];
    size_t count, at, partner;
    enum op op = choose(m);

    if (shape.message == NULL || !cut(in, fields, &count) || below(m, 40) == 0) {
        put_plain_change(m, in, out);
        return;
    }
    if (count == 0)
        op = ADD;
    at = below(m, count);
    partner = below(m, count);
    for (size_t i = 0; i < count; i++) {
        const struct field *field = &fields[i];

        if (op == SWAP && (i == at || i == partner)) {
            put_whole(out, &fields[i == at ? partner : at]);
        } else if (i != at || op == ADD) {
            put_whole(out, field);
        } else if (op == VALUE) {
            put_value_changed(m, shape_inside(shape, in, field->number), field,
                              is_string(shape, field->number), out, depth);
        } else if (op == MALFORM) {
            put_malformed(m, field, out);
        } else if (op == DOUBLE) {
            for (uint32_t n = below(m, 8) == 0 ? 2 + below(m, 40) : 2; n > 0; n--)
                put_whole(out, field);
        }
        if (op == ADD && i == at)
            put_any_new(m, shape, out);
    }
    if (count == 0)
        put_any_new(m, shape, out);
}

/* ---- public --------------------------------------------------------------------------------- */

/* What does not fit is cut, as a peer's frame would be. */
static size_t take_out(struct gv_buf *from, uint8_t *to, size_t max)
{
    size_t len = from->len < max ? from->len : max;

    if (len > 0)
        memcpy(to, from->data, len);
    gv_buf_fini(from);
    return len;
}

size_t mutator_change(struct shape shape, uint8_t *data, size_t size, size_t max, unsigned seed)
{
    struct mutator m;
    struct gv_buf out;

    begin(&m, seed);
    gv_buf_init(&out);
    change(&m, shape, (struct gv_slice){data, size}, &out, 0);
    return take_out(&out, data, max);
}

/* The same field of both, entered as far as both have it; there b's fields come in. */
static void cross(struct mutator *m, struct shape shape, struct gv_slice a, struct gv_slice b,
                  struct gv_buf *out, int depth)
{
    struct field mine[FIELDS_MAX], theirs[FIELDS_MAX];
    size_t mine_n, theirs_n, at, from, upto;
    struct gv_slice other;
    struct shape inside;

    if (shape.message == NULL || !cut(a, mine, &mine_n) || !cut(b, theirs, &theirs_n) ||
        mine_n == 0 || theirs_n == 0) {
        gv_buf_append(out, b.data, b.len);
        return;
    }
    at = below(m, mine_n);
    inside = shape_inside(shape, a, mine[at].number);
    if (depth < DEPTH_MAX && mine[at].wire == BYTES && inside.message != NULL &&
        wire_find(b, mine[at].number, NULL, &other) && below(m, 5) > 0) {
        struct gv_buf value;

        gv_buf_init(&value);
        cross(m, inside, mine[at].value, other, &value, depth + 1);
        for (size_t i = 0; i < at; i++)
            put_whole(out, &mine[i]);
        put_bytes(out, mine[at].number, (struct gv_slice){value.data, value.len});
        gv_buf_fini(&value);
    } else {
        from = below(m, theirs_n);
        upto = from + 1 + below(m, theirs_n - from);
        for (size_t i = 0; i < at; i++)
            put_whole(out, &mine[i]);
        for (size_t i = from; i < upto; i++)
            put_whole(out, &theirs[i]);
        at -= below(m, 2) < at; /* the field at that place stays, or goes */
    }
    for (size_t i = at + 1; i < mine_n; i++)
        put_whole(out, &mine[i]);
}

size_t mutator_cross(struct shape shape, struct gv_slice a, struct gv_slice b, uint8_t *out,
                     size_t max, unsigned seed)
{
    struct mutator m;
    struct gv_buf buf;

    begin(&m, seed);
    gv_buf_init(&buf);
    cross(&m, shape, a, b, &buf, 0);
    return take_out(&buf, out, max);
}

size_t input_change(const struct input_form *form, uint8_t *data, size_t size, size_t max,
                    unsigned seed)
{
    if (size < form->prefix || max < form->prefix + 1 || (form->prefix > 0 && seed % 16 == 0))
        return LLVMFuzzerMutate(data, size, max);
    return form->prefix + mutator_change(form->shape(form->prefix > 0 ? data[0] : 0),
                                         data + form->prefix, size - form->prefix,
                                         max - form->prefix, seed / 16);
}

size_t input_cross(const struct input_form *form, struct gv_slice a, struct gv_slice b,
                   uint8_t *out, size_t max, unsigned seed)
{
    size_t prefix = form->prefix;

    if (a.len < prefix || b.len < prefix || max < prefix + 1)
        return 0;
    if (prefix > 0)
        out[0] = a.data[0];
    return prefix + mutator_cross(form->shape(prefix > 0 ? a.data[0] : 0),
                                  (struct gv_slice){a.data + prefix, a.len - prefix},
                                  (struct gv_slice){b.data + prefix, b.len - prefix}, out + prefix,
                                  max - prefix, seed);
}
