/* args.c - the parameters of one statement, in PostgreSQL's binary formats. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "store/connection.h"
#include "store/db.h"

/* Fixed for ever in PostgreSQL's catalogue. */
#define OID_BOOL  16
#define OID_BYTEA 17
#define OID_INT8  20
#define OID_INT4  23
#define OID_TEXT  25
#define OID_UUID  2950

#define SPARE_MAX ((size_t)1 << 20) /* what is kept for each parameter */

#define ARRAY_HEAD 20 /* dimensions, has-null flag, element type, length, lower bound */

static const struct {
    Oid array;
    Oid element;
} arrays[] = {
    {1000, OID_BOOL}, {1001, OID_BYTEA}, {1007, OID_INT4},
    {1009, OID_TEXT}, {1016, OID_INT8},  {2951, OID_UUID},
};

static void be32(uint8_t out[4], uint32_t v)
{
    out[0] = (uint8_t)(v >> 24);
    out[1] = (uint8_t)(v >> 16);
    out[2] = (uint8_t)(v >> 8);
    out[3] = (uint8_t)v;
}

static void slip(struct gv_args *args, gv_err err, const char *what)
{
    if (args->err != GV_OK)
        return;
    args->err = err;
    snprintf(args->what, sizeof args->what, "parameter %d: %s", args->next + 1, what);
}

static Oid element_of(Oid type)
{
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        if (arrays[i].array == type)
            return arrays[i].element;
    }
    return 0;
}

void gv_args_init(struct gv_args *args, gv_store *store, const char *name)
{
    memset(args, 0, sizeof *args);
    args->store = store;
    args->row_first = -1;
    args->statement = gv_store_statement(store, name);
    if (args->statement == NULL) {
        /* Lost connections have no statements: gv_db_exec() tells that first. */
        args->err = GV_EDB;
        snprintf(args->what, sizeof args->what, "no statement %s", name);
        return;
    }
    args->count = args->statement->params;
    for (int i = 0; i < args->count; i++) {
        args->arg[i].type = args->statement->types[i];
        args->arg[i].element = element_of(args->arg[i].type);
        args->arg[i].data = store->spare[i];
        gv_buf_init(&store->spare[i]);
        gv_buf_reset(&args->arg[i].data);
    }
}

/* The next statement's parameters go where these were. */
static void keep(gv_store *store, int i, struct gv_buf *data)
{
    struct gv_buf *spare = &store->spare[i];

    if (data->cap > spare->cap && data->cap <= SPARE_MAX && gv_buf_ok(data)) {
        struct gv_buf smaller = *spare;

        *spare = *data;
        *data = smaller;
    }
    gv_buf_fini(data);
}

void gv_args_fini(struct gv_args *args)
{
    for (int i = 0; i < args->count; i++)
        keep(args->store, i, &args->arg[i].data);
    args->count = 0;
}

void gv_args_row(struct gv_args *args)
{
    if (args->err != GV_OK)
        return;
    if (args->row_first < 0)
        args->row_first = args->next;
    else if (args->next != args->count)
        slip(args, GV_EDB, "the row before ended here");
    args->next = args->row_first;
    args->rows++;
}

static struct gv_arg *whole_array(struct gv_args *args)
{
    struct gv_arg *arg;

    if (args->err != GV_OK)
        return NULL;
    if (args->next >= args->count || args->row_first >= 0 || args->arg[args->next].element == 0) {
        slip(args, GV_EDB, "no array is expected");
        return NULL;
    }
    arg = &args->arg[args->next];
    arg->set = true;
    return arg;
}

/* Room for one value: a scalar's, or the next element's with its length before it. */
static uint8_t *room(struct gv_args *args, struct gv_arg *arg, size_t len)
{
    size_t head = arg->element != 0 ? 4 : 0;
    uint8_t *p;

    if (len > INT32_MAX / 2 || arg->data.len + len > INT32_MAX / 2) {
        slip(args, GV_ETOOBIG, "larger than the database takes");
        return NULL;
    }
    if (arg->element != 0) {
        if (arg->data.len == 0 && gv_buf_room(&arg->data, ARRAY_HEAD) == NULL) {
            slip(args, GV_ENOMEM, "no memory");
            return NULL;
        }
        arg->elements++;
    }
    arg->given = true;
    p = gv_buf_room(&arg->data, head + len);
    if (p == NULL) {
        if (!gv_buf_ok(&arg->data))
            slip(args, GV_ENOMEM, "no memory");
        return NULL;
    }
    if (head > 0)
        be32(p, (uint32_t)len);
    return p + head;
}

static void put_raw(struct gv_args *args, struct gv_arg *arg, const void *data, size_t len)
{
    uint8_t *p = room(args, arg, len);

    if (p != NULL && len > 0)
        memcpy(p, data, len);
}

/* The parameter that the next value belongs to, advanced past. */
static struct gv_arg *take(struct gv_args *args, Oid want, Oid or)
{
    struct gv_arg *arg;
    Oid type;

    if (args->err != GV_OK)
        return NULL;
    if (args->next >= args->count) {
        slip(args, GV_EDB, "there is none");
        return NULL;
    }
    arg = &args->arg[args->next];
    if ((arg->element != 0) != (args->row_first >= 0)) {
        slip(args, GV_EDB, arg->element != 0 ? "is an array" : "is no array");
        return NULL;
    }
    type = arg->element != 0 ? arg->element : arg->type;
    if (want != 0 && type != want && type != or) {
        slip(args, GV_EDB, "is of another type");
        return NULL;
    }
    arg->set = true;
    return arg;
}

void gv_put_null(struct gv_args *args)
{
    struct gv_arg *arg;
    uint8_t head[4];

    if (args->err == GV_OK && args->row_first < 0 && args->next < args->count) {
        arg = &args->arg[args->next++]; /* a scalar, or an array as a whole */
        arg->set = true;
        arg->null = true;
        return;
    }
    arg = take(args, 0, 0);
    if (arg == NULL)
        return;
    if (arg->data.len == 0 && gv_buf_room(&arg->data, ARRAY_HEAD) == NULL)
        slip(args, GV_ENOMEM, "no memory");
    be32(head, UINT32_MAX);
    gv_buf_append(&arg->data, head, sizeof head);
    arg->elements++;
    arg->has_null = true;
    args->next++;
}

void gv_put_bool(struct gv_args *args, bool v)
{
    struct gv_arg *arg = take(args, OID_BOOL, 0);
    uint8_t byte = v;

    if (arg == NULL)
        return;
    put_raw(args, arg, &byte, 1);
    args->next++;
}

static void put_int(struct gv_args *args, struct gv_arg *arg, int64_t v)
{
    uint8_t bytes[8];

    be32(bytes, (uint32_t)((uint64_t)v >> 32));
    be32(bytes + 4, (uint32_t)(uint64_t)v);
    if ((arg->element != 0 ? arg->element : arg->type) == OID_INT8) {
        put_raw(args, arg, bytes, 8);
    } else if (v < INT32_MIN || v > INT32_MAX) {
        slip(args, GV_EBADMSG, "the number is too large");
    } else {
        put_raw(args, arg, bytes + 4, 4);
    }
}

void gv_put_int(struct gv_args *args, int64_t v)
{
    struct gv_arg *arg = take(args, OID_INT4, OID_INT8);

    if (arg == NULL)
        return;
    put_int(args, arg, v);
    args->next++;
}

void gv_put_u64(struct gv_args *args, uint64_t v)
{
    if (v > INT64_MAX)
        slip(args, GV_EBADMSG, "the number is too large");
    gv_put_int(args, (int64_t)v);
}

void gv_put_text(struct gv_args *args, const char *s)
{
    struct gv_arg *arg;

    if (s == NULL) {
        gv_put_null(args);
        return;
    }
    arg = take(args, OID_TEXT, 0);
    if (arg == NULL)
        return;
    put_raw(args, arg, s, strlen(s));
    args->next++;
}

void gv_put_bytes(struct gv_args *args, struct gv_slice bytes)
{
    struct gv_arg *arg;

    if (bytes.data == NULL) {
        gv_put_null(args);
        return;
    }
    arg = take(args, OID_BYTEA, 0);
    if (arg == NULL)
        return;
    put_raw(args, arg, bytes.data, bytes.len);
    args->next++;
}

void gv_put_id(struct gv_args *args, const gv_id *id)
{
    struct gv_arg *arg;

    if (id == NULL) {
        gv_put_null(args);
        return;
    }
    arg = take(args, OID_UUID, 0);
    if (arg == NULL)
        return;
    put_raw(args, arg, id->b, sizeof id->b);
    args->next++;
}

void gv_put_hash(struct gv_args *args, const gv_hash *hash)
{
    struct gv_slice bytes = {NULL, 0};

    if (hash != NULL)
        bytes = (struct gv_slice){hash->b, sizeof hash->b};
    gv_put_bytes(args, bytes);
}

void gv_put_ints(struct gv_args *args, const int32_t *v, size_t n)
{
    struct gv_arg *arg = whole_array(args);

    if (arg == NULL)
        return;
    if (arg->element != OID_INT4 && arg->element != OID_INT8)
        slip(args, GV_EDB, "is of another type");
    for (size_t i = 0; i < n && args->err == GV_OK; i++)
        put_int(args, arg, v[i]);
    args->next++;
}

void gv_put_texts(struct gv_args *args, const char *const *v, size_t n)
{
    struct gv_arg *arg = whole_array(args);

    if (arg == NULL)
        return;
    if (arg->element != OID_TEXT)
        slip(args, GV_EDB, "is of another type");
    for (size_t i = 0; i < n && args->err == GV_OK; i++)
        put_raw(args, arg, v[i], strlen(v[i]));
    args->next++;
}

void gv_put_ids(struct gv_args *args, const gv_id *v, size_t n)
{
    struct gv_arg *arg = whole_array(args);

    if (arg == NULL)
        return;
    if (arg->element != OID_UUID)
        slip(args, GV_EDB, "is of another type");
    for (size_t i = 0; i < n && args->err == GV_OK; i++)
        put_raw(args, arg, v[i].b, sizeof v[i].b);
    args->next++;
}

/* What goes over the wire: of the one element of an array what stands behind its length. */
struct gv_slice gv_args_value(const struct gv_args *args, int i)
{
    static const uint8_t nothing[1];
    const struct gv_arg *arg = &args->arg[i];
    size_t skip = args->one_row && arg->element != 0 ? ARRAY_HEAD + 4 : 0;

    if (arg->null)
        return (struct gv_slice){NULL, 0};
    return arg->data.len > skip ? (struct gv_slice){arg->data.data + skip, arg->data.len - skip}
                                : (struct gv_slice){nothing, 0};
}

static void seal_array(struct gv_arg *arg)
{
    uint8_t *head = arg->data.data;
    uint8_t empty[12] = {0};

    if (arg->elements == 0) {
        be32(empty + 8, arg->element);
        gv_buf_append(&arg->data, empty, sizeof empty);
        return;
    }
    be32(head, 1);
    be32(head + 4, arg->has_null);
    be32(head + 8, arg->element);
    be32(head + 12, arg->elements);
    be32(head + 16, 1);
}

gv_err gv_args_seal(struct gv_args *args)
{
    if (args->err == GV_OK && args->row_first >= 0 && args->next != args->count &&
        args->next != args->row_first)
        slip(args, GV_EDB, "the last row ended here");
    args->one_row = args->rows == 1 && args->statement != NULL && args->statement->one[0] != '\0';
    for (int i = 0; i < args->count && args->err == GV_OK; i++) {
        struct gv_arg *arg = &args->arg[i];

        if (!arg->set && arg->element == 0) {
            args->next = i;
            slip(args, GV_EDB, "was not given");
        }
        /* Without a value it need not be sent: unnest() beside longer ones answers nulls. */
        if (args->row_first >= 0 && (i > args->row_first || args->one_row) && !arg->given &&
            arg->element != 0)
            arg->null = true;
        if (arg->element != 0 && !arg->null)
            seal_array(arg);
        if (!gv_buf_ok(&arg->data))
            slip(args, GV_ENOMEM, "no memory");
    }
    return args->err;
}
