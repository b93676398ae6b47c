/* links: gv_trust gv_wire gv_crypto gv_base */
/*
 * fuzz_act.c - first byte 0: the rest is a signed act, opened as it is and again signed by an
 * administrator. Otherwise it is a kind, and the rest is the list under an act that signs just this
 * list.
 */
#include <assert.h>

#include "../fixture/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fixture f;

static void try_open(struct gv_slice bytes, gv_arena *arena)
{
    struct gv_signed_act act;

    gv_arena_reset(arena);
    if (gv_act_open(bytes, f.keyset, 0, arena, &act) != GV_OK)
        return;
    assert(act.signer_count >= act.row->signer_count && act.signer_count <= GV_SIGNATURES_MAX);
    assert(act.body->descriptor == act.row->body);
    assert(strcmp(act.act->actor, act.signers[0]->code) == 0);
}

static void open_act(struct gv_slice bytes, gv_arena *arena)
{
    const struct gv_key *keys[1] = {f.admin};
    struct gv_envelope envelope;
    struct gv_buf again;

    try_open(bytes, arena);
    if (gv_envelope_read(bytes, &envelope) != GV_OK)
        return;
    gv_buf_init(&again);
    if (gv_envelope_seal(GV_CTX_ACT, envelope.payload, keys, 1, &again) == GV_OK)
        try_open(bytes_of(&again), arena);
    gv_buf_fini(&again);
}

/* Digest and root are made to fit, so that the items themselves are looked at. */
static void open_list(uint32_t kind, struct gv_slice list, gv_arena *arena)
{
    Giaoviec__V1__Act pb = GIAOVIEC__V1__ACT__INIT;
    struct gv_signed_act act = {.act = &pb, .row = gv_act_row(kind)};
    const Giaoviec__V1__ItemList *unpacked =
        gv_pb_unpack(&giaoviec__v1__item_list__descriptor, list, arena);
    gv_hash *nodes, digest, root = {{0}};
    Giaoviec__V1__Item **items;
    struct gv_slice *bytes;
    struct gv_tree tree;
    size_t count;

    if (act.row == NULL || unpacked == NULL)
        return;
    nodes = gv_arena_alloc(arena, GV_TREE_NODES(unpacked->n_items) * sizeof *nodes);
    if (nodes == NULL)
        return;
    for (size_t i = 0; i < unpacked->n_items; i++)
        gv_tree_leaf(gv_pb_slice(unpacked->items[i]), &nodes[i]);
    if (gv_tree_build(nodes, unpacked->n_items, &tree) == GV_OK)
        root = *gv_tree_root(&tree);
    gv_blob_digest(list, &digest);
    pb.kind = kind;
    pb.list_count = (uint32_t)unpacked->n_items;
    pb.list_root = gv_pb_bytes(root.b, 32);
    pb.attachment_digest = gv_pb_bytes(digest.b, 32);
    if (gv_act_items(&act, list, arena, &items, &bytes, &count) != GV_OK)
        return;
    assert(act.row->with == GV_WITH_LIST && count == pb.list_count);
    for (size_t i = 0; i < count; i++)
        assert(items[i]->epoch > 0 && items[i]->assignment.len == 16 && bytes[i].len > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gv_arena *arena;

    if (f.keyset == NULL)
        fixture_init(&f);
    arena = size > 0 ? gv_arena_new(64 * size + 8192) : NULL;
    if (arena == NULL)
        return 0;
    if (data[0] == 0)
        open_act((struct gv_slice){data + 1, size - 1}, arena);
    else
        open_list(data[0], (struct gv_slice){data + 1, size - 1}, arena);
    gv_arena_free(arena);
    return 0;
}
