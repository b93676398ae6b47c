/*
 * store_blob.c - content-addressed bytes, and the chunks that they arrive in. A chunk counts only
 * where the one before it ended; the digest is checked by the caller, who knows hashes.
 */
#include <string.h>

#include "store/advisory.h"
#include "store/db.h"
#include "store/store.h"

#define BLOB_MAX_BYTES (64u << 20)

static gv_err exec_digest(gv_store *store, const char *statement, const gv_hash *digest,
                          PGresult **out)
{
    struct gv_args args;

    gv_args_init(&args, store, statement);
    gv_put_hash(&args, digest);
    return gv_db_exec(&args, out);
}

gv_err gv_store_blob_put(gv_store *store, const gv_hash *digest, const char *actor,
                         struct gv_slice data)
{
    static const uint8_t nothing[1];
    struct gv_args args;
    bool mine;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK) {
        gv_args_init(&args, store, "blob_put");
        gv_put_hash(&args, digest);
        gv_put_bytes(&args, (struct gv_slice){data.len > 0 ? data.data : nothing, data.len});
        gv_put_text(&args, actor);
        err = gv_db_exec(&args, NULL);
    }
    if (err == GV_OK)
        err = exec_digest(store, "blob_drop", digest, NULL);
    return gv_db_leave(store, mine, err);
}

gv_err gv_store_blob_use(gv_store *store, gv_arena *arena, const gv_hash *digest,
                         struct gv_slice *data)
{
    PGresult *result = NULL;
    gv_err err = exec_digest(store, "blob_use", digest, &result);

    if (err == GV_OK && PQntuples(result) == 0)
        err = gv_db_refuse(store, GV_ENOTFOUND, "no such document");
    if (err == GV_OK)
        err = gv_get_bytes_dup(store, arena, result, 0, 0, data);
    PQclear(result);
    return err;
}

/* A number of bytes that one row answers; *found false: no row. */
static gv_err held(gv_store *store, const char *statement, const gv_hash *digest, bool *found,
                   uint64_t *bytes)
{
    PGresult *result = NULL;
    gv_err err = exec_digest(store, statement, digest, &result);

    if (err == GV_OK) {
        *found = PQntuples(result) > 0;
        *bytes = *found ? gv_get_u64(result, 0, 0) : 0;
    }
    PQclear(result);
    return err;
}

static gv_err add_chunk(gv_store *store, const struct gv_blob_chunk *chunk)
{
    struct gv_args args;

    gv_args_init(&args, store, "blob_chunk");
    gv_put_hash(&args, &chunk->digest);
    gv_put_u64(&args, chunk->offset);
    gv_put_u64(&args, chunk->size);
    gv_put_bytes(&args, chunk->data);
    gv_put_text(&args, chunk->actor);
    return gv_db_exec(&args, NULL);
}

static gv_err tidy(gv_store *store, const struct gv_blob_chunk *chunk, int64_t keep_ms)
{
    struct gv_args args;

    gv_args_init(&args, store, "blob_tidy");
    gv_put_hash(&args, &chunk->digest);
    gv_put_u64(&args, chunk->size);
    gv_put_u64(&args, (uint64_t)keep_ms);
    return gv_db_exec(&args, NULL);
}

static gv_err check_bounds(gv_store *store, const struct gv_blob_chunk *chunk,
                           struct gv_blob_bounds *bounds)
{
    PGresult *result = NULL;
    struct gv_args args;
    gv_err err;

    gv_args_init(&args, store, "blob_unused");
    gv_put_text(&args, chunk->actor);
    err = gv_db_exec(&args, &result);
    if (err == GV_OK) {
        bounds->over = gv_get_u64(result, 0, 0) + chunk->data.len > bounds->person_bytes ||
                       gv_get_u64(result, 0, 1) + chunk->data.len > bounds->all_bytes;
        if (bounds->over)
            err = gv_db_refuse(store, GV_EAGAIN, "too much waits for its act");
    }
    PQclear(result);
    return err;
}

static gv_err assemble(gv_store *store, gv_arena *arena, const gv_hash *digest, uint64_t size,
                       struct gv_slice *out)
{
    PGresult *result = NULL;
    uint8_t *bytes = gv_arena_alloc(arena, size > 0 ? (size_t)size : 1);
    size_t len = 0;
    gv_err err;

    if (bytes == NULL)
        return gv_db_nomem(store, "no room for a document");
    err = exec_digest(store, "blob_chunks", digest, &result);
    for (int i = 0; err == GV_OK && i < PQntuples(result); i++) {
        struct gv_slice chunk = gv_get_bytes(result, i, 1);

        if (gv_get_u64(result, i, 0) != len || chunk.len > size - len) {
            err = gv_db_fail(store, GV_EBUG, "chunks do not follow each other");
            break;
        }
        memcpy(bytes + len, chunk.data, chunk.len);
        len += chunk.len;
    }
    PQclear(result);
    if (err == GV_OK)
        *out = (struct gv_slice){bytes, len};
    return err;
}

static gv_err take_chunk(gv_store *store, gv_arena *arena, const struct gv_blob_chunk *chunk,
                         struct gv_blob_bounds *bounds, uint64_t *have, struct gv_slice *assembled)
{
    const gv_hash *digest = &chunk->digest;
    uint64_t size = chunk->size;
    struct gv_args args;
    bool complete;
    bool row;
    gv_err err;

    /* One at a time adds a chunk: they follow each other, and all of them have one bound. */
    gv_args_init(&args, store, "advisory_lock");
    gv_put_int(&args, GV_ADVISORY_BLOBS);
    err = gv_db_exec(&args, NULL);
    if (err == GV_OK)
        err = held(store, "blob_size", digest, &complete, have);
    if (err != GV_OK)
        return err;
    if (complete)
        return *have == size ? GV_OK
                             : gv_db_refuse(store, GV_EBADMSG, "the document has another size");
    err = tidy(store, chunk, bounds->keep_ms);
    if (err == GV_OK)
        err = held(store, "blob_have", digest, &row, have);
    if (err == GV_OK && chunk->offset == *have && chunk->data.len > 0 &&
        chunk->data.len <= size - *have) {
        err = check_bounds(store, chunk, bounds);
        if (err == GV_OK)
            err = add_chunk(store, chunk);
        *have += chunk->data.len;
    }
    if (err == GV_OK && *have == size)
        err = assemble(store, arena, digest, size, assembled);
    return err;
}

gv_err gv_store_blob_chunk(gv_store *store, gv_arena *arena, const struct gv_blob_chunk *chunk,
                           struct gv_blob_bounds *bounds, uint64_t *have,
                           struct gv_slice *assembled)
{
    bool mine;
    uint64_t held_now = 0;
    struct gv_slice whole = {0};
    gv_err err;

    bounds->over = false;
    if (chunk->size == 0 || chunk->size > BLOB_MAX_BYTES)
        return gv_db_refuse(store, chunk->size == 0 ? GV_EBADMSG : GV_ETOOBIG,
                            "the document's size");
    err = gv_db_enter(store, &mine);
    if (err == GV_OK)
        err = take_chunk(store, arena, chunk, bounds, &held_now, &whole);
    err = gv_db_leave(store, mine, err);
    if (err == GV_OK) {
        *have = held_now;
        *assembled = whole;
    }
    return err;
}

gv_err gv_store_blob_drop(gv_store *store, const gv_hash *digest)
{
    bool mine;
    gv_err err = gv_db_enter(store, &mine);

    if (err == GV_OK)
        err = exec_digest(store, "blob_drop", digest, NULL);
    return gv_db_leave(store, mine, err);
}
