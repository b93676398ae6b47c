/* act.c - the act table, signing, opening, and the lists under an act. */
#include "trust/act.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/sign.h"
#include "crypto/tree.h"
#include "domain/lifecycle.h"
#include "trust/act_body.h"
#include "wire/envelope.h"
#include "wire/message.h"
#include "wire/pb_arena.h"

#define REASON_MAX_BYTES 4096
#define SEAL_ARENA_CAP   ((size_t)64 << 20)

/* The words of acts.def. */
enum {
    OFFICE = GV_ROLE_OFFICE,
    ADMIN = GV_ROLE_ADMIN,
    MEMBER = GV_ROLE_MEMBER,
};

static const struct gv_act_row rows[GV_SIGNED_END] = {
#define SIGNED_ACT(name, number, signers, count, with, lifecycle, when, body)                      \
    [number] = {#name,                                                                             \
                signers,                                                                           \
                count,                                                                             \
                GV_WITH_##with,                                                                    \
                GV_ACT_##lifecycle,                                                                \
                GV_WHEN_##when,                                                                    \
                &giaoviec__v1__##body##__descriptor},
#include "trust/acts.def"
#undef SIGNED_ACT
};

const struct gv_act_row *gv_act_row(uint32_t kind)
{
    return kind < GV_SIGNED_END && rows[kind].name != NULL ? &rows[kind] : NULL;
}

void gv_blob_digest(struct gv_slice bytes, gv_hash *out)
{
    gv_hash_of(GV_CTX_BLOB, &bytes, 1, out);
}

static bool list_holds(const Giaoviec__V1__Act *act, const struct gv_act_row *row)
{
    size_t root = row->with == GV_WITH_LIST ? sizeof(gv_hash) : 0;
    size_t digest = row->with == GV_WITH_PLAIN ? 0 : sizeof(gv_hash);

    if (act->list_root.len != root || act->attachment_digest.len != digest)
        return false;
    return row->with == GV_WITH_LIST ? act->list_count > 0 && act->list_count <= GV_ITEMS_MAX
                                     : act->list_count == 0;
}

/* All that a document alone can show: no keys, no clock. */
static gv_err check_act(const Giaoviec__V1__Act *act, gv_arena *arena, ProtobufCMessage **body)
{
    const struct gv_act_row *row = gv_act_row(act->kind);
    gv_code actor;
    gv_id id;

    if (gv_id_from(gv_pb_slice(act->act_id), &id) != GV_OK || gv_id_is_zero(&id) ||
        gv_id_from(gv_pb_slice(act->deployment), &id) != GV_OK ||
        gv_code_from_str(act->actor, &actor) != GV_OK || act->signed_at_us <= 0 ||
        act->not_after_us <= 0 || strlen(act->reason) > REASON_MAX_BYTES)
        return GV_EBADMSG;
    if (row == NULL)
        return GV_EUNSUPPORTED;
    if (!list_holds(act, row))
        return GV_EBADMSG;
    return gv_act_body(act->kind, gv_pb_slice(act->body), arena, body);
}

/* Nobody signs twice, and there are as many as the row wants. */
static bool keys_hold(const Giaoviec__V1__Act *act, const struct gv_key *const *keys, size_t count)
{
    const struct gv_act_row *row = gv_act_row(act->kind);

    if (row == NULL || count < row->signer_count || count == 0 || count > GV_SIGNATURES_MAX ||
        strcmp(act->actor, keys[0]->code.s) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (gv_id_eq(&keys[i]->key_id, &keys[j]->key_id))
                return false;
        }
    }
    return true;
}

gv_err gv_act_seal(Giaoviec__V1__Act *act, const struct gv_key *const *keys, size_t key_count,
                   struct gv_buf *out)
{
    gv_arena *arena = gv_arena_new(SEAL_ARENA_CAP);
    gv_err err = arena != NULL ? GV_OK : GV_ENOMEM;
    Giaoviec__V1__Act whole = *act;
    ProtobufCMessage *body;
    struct gv_buf payload;
    char actor[GV_CODE_MAX + 1];
    gv_id act_id;

    gv_buf_init(&payload);
    if (whole.act_id.len == 0) {
        gv_random_id(&act_id);
        whole.act_id = gv_pb_bytes(act_id.b, sizeof act_id.b);
    }
    if (whole.actor[0] == '\0' && key_count > 0) {
        memcpy(actor, keys[0]->code.s, sizeof actor);
        whole.actor = actor;
    }
    if (err == GV_OK &&
        (!keys_hold(&whole, keys, key_count) || check_act(&whole, arena, &body) != GV_OK))
        err = GV_EUSAGE;
    if (err == GV_OK)
        err = gv_pb_pack(&whole.base, &payload);
    if (err == GV_OK)
        err = gv_envelope_seal(GV_CTX_ACT, (struct gv_slice){payload.data, payload.len}, keys,
                               key_count, out);
    gv_buf_fini(&payload);
    gv_arena_free(arena);
    return err;
}

/* Every signature is of a person of the keyset (of the past: perhaps one who has left), each
 * another, and holds. */
static gv_err check_signatures(const struct gv_envelope *envelope, const struct gv_keyset *keyset,
                               bool past, struct gv_signed_act *act)
{
    if (envelope->signature_count == 0)
        return GV_ESIGNATURE;
    for (size_t i = 0; i < envelope->signature_count; i++) {
        const struct gv_signature *signature = &envelope->signatures[i];
        const Giaoviec__V1__PersonInfo *person =
            past ? gv_keyset_past_signer(keyset, &signature->key_id)
                 : gv_keyset_person_by_key(keyset, &signature->key_id);
        gv_err err;

        if (person == NULL)
            return GV_EDENIED;
        for (size_t j = 0; j < i; j++) {
            if (act->signers[j] == person)
                return GV_EDENIED;
        }
        err = gv_verify(GV_CTX_ACT, envelope->payload, person->sign_key.data, signature->bytes);
        if (err != GV_OK)
            return err == GV_ENOMEM ? err : GV_ESIGNATURE;
        act->signers[i] = person;
    }
    act->signer_count = envelope->signature_count;
    return GV_OK;
}

static gv_err check_signers(const struct gv_signed_act *act)
{
    if (strcmp(act->act->actor, act->signers[0]->code) != 0 ||
        act->signer_count < act->row->signer_count)
        return GV_EDENIED;
    for (size_t i = 0; i < act->signer_count; i++) {
        if ((gv_person_roles(act->signers[i]) & act->row->signers) == 0)
            return GV_EDENIED;
    }
    return GV_OK;
}

/* A member acts for the bodies that the keyset gives him, and for no other. */
static gv_err check_body_of(const struct gv_signed_act *act)
{
    const Giaoviec__V1__BodyEntry *entry = (const Giaoviec__V1__BodyEntry *)act->body;

    if (act->act->kind != GV_SIGNED_BODY_ENTRY)
        return GV_OK;
    for (size_t i = 0; i < act->signers[0]->n_bodies; i++) {
        if (strcmp(act->signers[0]->bodies[i], entry->unit) == 0)
            return GV_OK;
    }
    return GV_EDENIED;
}

gv_err gv_act_open(struct gv_slice bytes, const struct gv_keyset *keyset, bool past,
                   gv_arena *arena, struct gv_signed_act *out)
{
    struct gv_signed_act act = {.bytes = bytes};
    struct gv_envelope envelope;
    gv_id deployment;
    gv_err err;

    err = gv_envelope_read(bytes, &envelope);
    if (err != GV_OK)
        return GV_EBADMSG;
    err = check_signatures(&envelope, keyset, past, &act);
    if (err != GV_OK)
        return err;
    act.act = gv_pb_unpack(&giaoviec__v1__act__descriptor, envelope.payload, arena);
    if (act.act == NULL || gv_id_from(gv_pb_slice(act.act->deployment), &deployment) != GV_OK)
        return gv_pb_fault(arena);
    if (!gv_id_eq(&deployment, &keyset->deployment))
        return GV_ERECIPIENT;
    err = check_act(act.act, arena, &act.body);
    if (err != GV_OK)
        return err;
    act.row = gv_act_row(act.act->kind);
    memcpy(act.act_id.b, act.act->act_id.data, sizeof act.act_id.b);
    err = check_signers(&act);
    if (err == GV_OK)
        err = check_body_of(&act);
    if (err == GV_OK)
        *out = act;
    return err;
}

gv_err gv_items_pack(const Giaoviec__V1__Item *const *items, size_t count, struct gv_buf *out,
                     gv_hash *root)
{
    Giaoviec__V1__ItemList list = GIAOVIEC__V1__ITEM_LIST__INIT;
    gv_hash *nodes = NULL;
    struct gv_tree tree;
    struct gv_buf bytes;
    gv_err err = GV_OK;

    gv_buf_init(&bytes);
    if (count == 0 || count > GV_ITEMS_MAX)
        return GV_EUSAGE;
    nodes = calloc(GV_TREE_NODES(count), sizeof *nodes);
    list.items = calloc(count, sizeof *list.items);
    list.n_items = count;
    if (nodes == NULL || list.items == NULL)
        err = GV_ENOMEM;
    for (size_t i = 0; err == GV_OK && i < count; i++) {
        list.items[i].len = protobuf_c_message_get_packed_size(&items[i]->base);
        err = gv_pb_pack(&items[i]->base, &bytes);
    }
    for (size_t i = 0, at = 0; err == GV_OK && i < count; i++) {
        list.items[i].data = bytes.data + at; /* bytes moves no more */
        at += list.items[i].len;
        gv_tree_leaf(gv_pb_slice(list.items[i]), &nodes[i]);
    }
    if (err == GV_OK)
        err = gv_tree_build(nodes, count, &tree);
    if (err == GV_OK)
        err = gv_pb_pack(&list.base, out);
    if (err == GV_OK)
        *root = *gv_tree_root(&tree);
    free(list.items);
    free(nodes);
    gv_buf_fini(&bytes);
    return err;
}

static int compare_assignments(const void *a, const void *b)
{
    const Giaoviec__V1__Item *const *left = a, *const *right = b;

    return memcmp((*left)->assignment.data, (*right)->assignment.data, sizeof(gv_id));
}

static gv_err check_assignments_differ(Giaoviec__V1__Item *const *items, size_t count,
                                       gv_arena *arena)
{
    const void **sorted = gv_arena_copy(arena, items, count * sizeof *items);

    if (sorted == NULL)
        return GV_ENOMEM;
    qsort(sorted, count, sizeof *sorted, compare_assignments);
    for (size_t i = 1; i < count; i++) {
        if (compare_assignments(&sorted[i - 1], &sorted[i]) == 0)
            return GV_EBADMSG;
    }
    return GV_OK;
}

static gv_err check_list_root(const struct gv_signed_act *act, const Giaoviec__V1__ItemList *list,
                              gv_arena *arena)
{
    gv_hash *nodes = gv_arena_alloc(arena, GV_TREE_NODES(list->n_items) * sizeof *nodes);
    struct gv_tree tree;
    gv_hash named;
    gv_err err;

    if (nodes == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < list->n_items; i++)
        gv_tree_leaf(gv_pb_slice(list->items[i]), &nodes[i]);
    err = gv_tree_build(nodes, list->n_items, &tree);
    if (err == GV_OK)
        err = gv_hash_from(gv_pb_slice(act->act->list_root), &named);
    if (err != GV_OK)
        return err;
    return gv_hash_eq(&named, gv_tree_root(&tree)) ? GV_OK : GV_ESIGNATURE;
}

gv_err gv_act_items(const struct gv_signed_act *act, struct gv_slice attachment, gv_arena *arena,
                    Giaoviec__V1__Item ***items, struct gv_slice **item_bytes, size_t *count)
{
    Giaoviec__V1__ItemList *list;
    Giaoviec__V1__Item **all;
    struct gv_slice *bytes;
    gv_hash digest;
    gv_err err;

    if (act->row->with != GV_WITH_LIST)
        return GV_EBADMSG;
    gv_blob_digest(attachment, &digest);
    if (memcmp(digest.b, act->act->attachment_digest.data, sizeof digest.b) != 0)
        return GV_ESIGNATURE;
    list = gv_pb_unpack(&giaoviec__v1__item_list__descriptor, attachment, arena);
    if (list == NULL || list->n_items != act->act->list_count)
        return gv_pb_fault(arena);
    err = check_list_root(act, list, arena);
    if (err != GV_OK)
        return err;
    all = gv_arena_alloc(arena, list->n_items * sizeof *all);
    bytes = gv_arena_alloc(arena, list->n_items * sizeof *bytes);
    if (all == NULL || bytes == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < list->n_items; i++) {
        bytes[i] = gv_pb_slice(list->items[i]);
        all[i] = gv_pb_unpack(&giaoviec__v1__item__descriptor, bytes[i], arena);
        if (all[i] == NULL || !gv_item_holds(act->act->kind, all[i]))
            return gv_pb_fault(arena);
    }
    err = check_assignments_differ(all, list->n_items, arena);
    if (err != GV_OK)
        return err;
    *items = all;
    *item_bytes = bytes;
    *count = list->n_items;
    return GV_OK;
}
