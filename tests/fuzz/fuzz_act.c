/* links: gv_mutator gv_trust gv_wire gv_crypto gv_base */
/*
 * fuzz_act.c - first byte 0: the rest is a signed act, opened as it is, and again signed by the
 * person whom it names. Otherwise it is a kind, and the rest is the list under an act that signs
 * just this list.
 */
#include <assert.h>

#include "../fixture/trust.h"
#include "holds.h"
#include "mutator.h"

static struct fixture f;

static struct shape shape(uint8_t first)
{
    return first == 0 ? shape_act() : shape_of(&giaoviec__v1__item_list__descriptor);
}

FUZZ_MUTATOR(1, shape);

/* Who names himself as the actor, an administrator otherwise. */
static const struct gv_key *signer(struct gv_slice payload)
{
    const struct gv_key *const keys[] = {f.admin, f.vp1, f.uv1, f.viewer};
    struct gv_slice actor;

    if (!wire_find(payload, 4, NULL, &actor))
        return f.admin;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (strlen(keys[i]->code.s) == actor.len &&
            memcmp(keys[i]->code.s, actor.data, actor.len) == 0)
            return keys[i];
    }
    return f.admin;
}

/* Without an id and an actor it gets a new one, and is the first signer's; nobody signs twice. */
static void seal_anew(const struct gv_signed_act *act, const struct gv_key *key, gv_arena *arena)
{
    const struct gv_key *twice[2] = {key, key};
    struct gv_signed_act opened;
    Giaoviec__V1__Act blank = *act->act;
    struct gv_buf sealed;

    gv_buf_init(&sealed);
    assert(gv_act_seal(&blank, twice, 2, &sealed) == GV_EUSAGE && sealed.len == 0);
    blank.act_id = gv_pb_bytes(NULL, 0);
    blank.actor = text("");
    if (act->row->signer_count == 1 && gv_act_seal(&blank, &key, 1, &sealed) == GV_OK &&
        gv_act_open(bytes_of(&sealed), f.keyset, true, arena, &opened) == GV_OK)
        assert(strcmp(opened.act->actor, key->code.s) == 0 && opened.act->act_id.len == 16);
    gv_buf_fini(&sealed);
}

static void try_open(struct gv_slice bytes, const struct gv_key *key, gv_arena *arena)
{
    struct gv_signed_act act, again;
    struct gv_buf sealed;
    gv_err err;

    gv_arena_reset(arena);
    if (gv_act_open(bytes, f.keyset, true, arena, &act) != GV_OK)
        return;
    assert(act.signer_count >= act.row->signer_count && act.signer_count <= GV_SIGNATURES_MAX);
    assert(act.body->descriptor == act.row->body);
    assert(strcmp(act.act->actor, act.signers[0]->code) == 0);
    message_holds(&act.act->base);
    message_holds(act.body);
    err = gv_act_open(bytes, f.keyset, false, arena, &again); /* nobody has left */
    assert(err == GV_OK || err == GV_EBADMSG || err == GV_ENOMEM /* the arena's cap */);
    gv_buf_init(&sealed);
    assert(gv_act_seal(act.act, &key, 1, &sealed) == GV_OK ||
           strcmp(act.act->actor, key->code.s) != 0);
    gv_buf_fini(&sealed);
    seal_anew(&act, key, arena);
}

static void open_act(struct gv_slice bytes, gv_arena *arena)
{
    const struct gv_key *keys[4] = {f.admin, f.admin, f.vp1, f.other};
    struct gv_envelope envelope;
    struct gv_buf again;

    if (gv_envelope_read(bytes, &envelope) != GV_OK)
        return;
    keys[0] = signer(envelope.payload);
    try_open(bytes, keys[0], arena);
    gv_buf_init(&again);
    /* As many as signed it: of the same person twice, of somebody else, of nobody. */
    for (size_t count = 1; count <= envelope.signature_count || count == 1; count++) {
        gv_buf_reset(&again);
        if (gv_envelope_seal(GV_CTX_ACT, envelope.payload, keys, count, &again) == GV_OK)
            try_open(bytes_of(&again), keys[0], arena);
    }
    gv_buf_fini(&again);
}

static void pack_again(Giaoviec__V1__Item *const *items, size_t count)
{
    struct gv_buf bytes;
    gv_hash root;

    gv_buf_init(&bytes);
    assert(gv_items_pack((const Giaoviec__V1__Item *const *)items, 0, &bytes, &root) == GV_EUSAGE);
    assert(gv_items_pack((const Giaoviec__V1__Item *const *)items, count, &bytes, &root) == GV_OK);
    gv_buf_fini(&bytes);
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
    pack_again(items, count);
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
