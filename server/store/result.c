/* result.c - what a statement answered, out of PostgreSQL's binary formats. A wrong column is a
 * slip of ours. */
#include <assert.h>
#include <string.h>

#include "store/db.h"

bool gv_get_null(const PGresult *result, int row, int col)
{
    return PQgetisnull(result, row, col) != 0;
}

struct gv_slice gv_get_bytes(const PGresult *result, int row, int col)
{
    assert(row < PQntuples(result) && col < PQnfields(result));
    return (struct gv_slice){(const uint8_t *)PQgetvalue(result, row, col),
                             (size_t)PQgetlength(result, row, col)};
}

bool gv_get_bool(const PGresult *result, int row, int col)
{
    struct gv_slice bytes = gv_get_bytes(result, row, col);

    assert(PQftype(result, col) == 16);
    return bytes.len == 1 && bytes.data[0] != 0;
}

int64_t gv_get_int(const PGresult *result, int row, int col)
{
    struct gv_slice bytes = gv_get_bytes(result, row, col);
    Oid type = PQftype(result, col);
    uint64_t v = 0;

    assert(type == 20 || type == 21 || type == 23);
    if (bytes.len == 0)
        return 0;
    if ((bytes.data[0] & 0x80) != 0)
        v = UINT64_MAX;
    for (size_t i = 0; i < bytes.len; i++)
        v = v << 8 | bytes.data[i];
    return (int64_t)v;
}

uint64_t gv_get_u64(const PGresult *result, int row, int col)
{
    int64_t v = gv_get_int(result, row, col);

    return v < 0 ? 0 : (uint64_t)v;
}

const char *gv_get_text(const PGresult *result, int row, int col)
{
    assert(row < PQntuples(result) && col < PQnfields(result));
    return PQgetvalue(result, row, col); /* always terminated; null: "" */
}

void gv_get_id(const PGresult *result, int row, int col, gv_id *out)
{
    struct gv_slice bytes = gv_get_bytes(result, row, col);

    assert(PQftype(result, col) == 2950);
    memset(out, 0, sizeof *out);
    if (bytes.len == sizeof out->b)
        memcpy(out->b, bytes.data, sizeof out->b);
}

void gv_get_hash(const PGresult *result, int row, int col, gv_hash *out)
{
    struct gv_slice bytes = gv_get_bytes(result, row, col);

    assert(PQftype(result, col) == 17);
    memset(out, 0, sizeof *out);
    if (bytes.len == sizeof out->b)
        memcpy(out->b, bytes.data, sizeof out->b);
}

void gv_get_code(const PGresult *result, int row, int col, gv_code *out)
{
    struct gv_slice bytes = gv_get_bytes(result, row, col);

    memset(out, 0, sizeof *out);
    if (bytes.len < sizeof out->s)
        memcpy(out->s, bytes.data, bytes.len);
}

gv_err gv_get_bytes_dup(gv_store *store, gv_arena *arena, const PGresult *result, int row, int col,
                        struct gv_slice *out)
{
    struct gv_slice bytes = gv_get_bytes(result, row, col);
    uint8_t *copy = gv_arena_alloc(arena, bytes.len > 0 ? bytes.len : 1);

    if (copy == NULL)
        return gv_db_nomem(store, "no room for an answer");
    memcpy(copy, bytes.data, bytes.len);
    *out = (struct gv_slice){copy, bytes.len};
    return GV_OK;
}

gv_err gv_get_text_dup(gv_store *store, gv_arena *arena, const PGresult *result, int row, int col,
                       const char **out)
{
    char *copy = gv_arena_strdup(arena, gv_get_text(result, row, col));

    if (copy == NULL)
        return gv_db_nomem(store, "no room for an answer");
    *out = copy;
    return GV_OK;
}
