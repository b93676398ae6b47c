/* rpc_send.c - what persons send: keysets, blobs in chunks, signed acts. */
#include <string.h>

#include "cli/rpc.h"
#include "giaoviec/v1/trust.pb-c.h"
#include "trust/act.h"
#include "wire/message.h"

#define BYTES_A_MS                                                                                 \
    128 /* of a list that a coordinator stores: some 7 MB of the largest act take 50 s */

gv_err rpc_keyset_get(gv_rpc *rpc, bool *newer)
{
    Giaoviec__V1__KeysetGet get = GIAOVIEC__V1__KEYSET_GET__INIT;
    struct home *home = rpc_home(rpc);
    const Giaoviec__V1__Enrolled *enrolled;
    ProtobufCMessage *answer = NULL;
    gv_arena *arena = gv_arena_new((size_t)8 << 20);
    gv_err err;

    if (arena == NULL)
        return GV_ENOMEM;
    err = rpc_call(rpc, GV_KIND_KEYSET_GET, &get.base, GV_KIND_KEYSET_RESULT, arena, &answer);
    if (err == GV_OK) {
        enrolled = (const Giaoviec__V1__Enrolled *)answer;
        err =
            home_keep_keyset(rpc_cli(rpc), home,
                             (struct gv_slice){enrolled->keyset.data, enrolled->keyset.len}, newer);
    }
    gv_arena_free(arena);
    return err;
}

gv_err rpc_keyset_put(gv_rpc *rpc, struct gv_slice keyset)
{
    Giaoviec__V1__KeysetPut put = GIAOVIEC__V1__KEYSET_PUT__INIT;
    ProtobufCMessage *answer = NULL;
    gv_arena *arena = gv_arena_new((size_t)8 << 20);
    gv_err err;

    if (arena == NULL)
        return GV_ENOMEM;
    put.keyset.data = (uint8_t *)keyset.data;
    put.keyset.len = keyset.len;
    err = rpc_call(rpc, GV_KIND_KEYSET_PUT, &put.base, GV_KIND_KEYSET_RESULT, arena, &answer);
    gv_arena_free(arena);
    return err;
}

static gv_err keep_clock(void *arg, const struct rpc_row *row)
{
    struct rpc_page *clock = arg;

    if (row_has(row->json, "business_us"))
        clock->business_us = row_number(row->json, "business_us");
    return GV_OK;
}

gv_err rpc_clock(gv_rpc *rpc, struct rpc_page *clock)
{
    struct rpc_query query = {.name = "clock"};
    struct rpc_page row = {0};
    gv_err err = rpc_query_page(rpc, &query, keep_clock, &row, clock);

    if (err == GV_OK && row.business_us != 0)
        clock->business_us = row.business_us;
    if (err == GV_OK && clock->business_us <= 0)
        return GV_EBADMSG;
    return err;
}

/* Chunks in order; the answer says what is held, so that what was sent before is not sent again. */
static gv_err put_blob(gv_rpc *rpc, struct gv_slice bytes, const gv_hash *digest)
{
    uint64_t at = 0;

    while (at < bytes.len) {
        Giaoviec__V1__BlobPut put = GIAOVIEC__V1__BLOB_PUT__INIT;
        size_t len = bytes.len - at < RPC_INLINE_MAX ? bytes.len - at : RPC_INLINE_MAX;
        gv_arena *arena = gv_arena_new((size_t)1 << 20);
        ProtobufCMessage *answer = NULL;
        uint64_t have;
        gv_err err;

        if (arena == NULL)
            return GV_ENOMEM;
        put.digest.data = (uint8_t *)digest->b;
        put.digest.len = sizeof digest->b;
        put.size = bytes.len;
        put.offset = at;
        put.data.data = (uint8_t *)bytes.data + at;
        put.data.len = len;
        err = rpc_call(rpc, GV_KIND_BLOB_PUT, &put.base, GV_KIND_BLOB_RESULT, arena, &answer);
        have = err == GV_OK ? ((const Giaoviec__V1__BlobResult *)answer)->have : 0;
        gv_arena_free(arena);
        if (err != GV_OK)
            return err;
        /* It holds something else than we said: less than before, or more than there is. */
        if (have <= at || have > bytes.len)
            return GV_EBADMSG;
        at = have;
    }
    return GV_OK;
}

gv_err rpc_submit(gv_rpc *rpc, struct gv_slice act, struct gv_slice attachment, bool dry_run,
                  gv_arena *arena, Giaoviec__V1__ActResult **result)
{
    Giaoviec__V1__ActSubmit submit = GIAOVIEC__V1__ACT_SUBMIT__INIT;
    ProtobufCMessage *answer = NULL;
    gv_hash digest;
    gv_err err = GV_OK;

    if (attachment.len > RPC_INLINE_MAX) {
        gv_blob_digest(attachment, &digest);
        err = put_blob(rpc, attachment, &digest);
    } else {
        submit.attachment.data = (uint8_t *)attachment.data;
        submit.attachment.len = attachment.len;
    }
    if (err != GV_OK)
        return err;
    submit.act.data = (uint8_t *)act.data;
    submit.act.len = act.len;
    submit.dry_run = dry_run;
    err = rpc_call_patient(rpc, GV_KIND_ACT_SUBMIT, &submit.base, GV_KIND_ACT_RESULT,
                           (int64_t)(attachment.len / BYTES_A_MS), arena, &answer);
    if (err == GV_OK)
        *result = (Giaoviec__V1__ActResult *)answer;
    return err;
}
