/* tree.c - level by level, in place. */
#include "crypto/tree.h"

#include "crypto/hash.h"

static void node_of(const gv_hash *left, const gv_hash *right, gv_hash *out)
{
    struct gv_slice parts[2] = {{left->b, sizeof left->b}, {right->b, sizeof right->b}};

    gv_hash_of(GV_CTX_NODE, parts, 2, out);
}

void gv_tree_leaf(struct gv_slice item, gv_hash *out)
{
    gv_hash_of(GV_CTX_LEAF, &item, 1, out);
}

static size_t level_up(gv_hash *nodes, size_t count)
{
    for (size_t i = 0; i + 1 < count; i += 2)
        node_of(&nodes[i], &nodes[i + 1], &nodes[i / 2]);
    if (count % 2 == 1)
        nodes[count / 2] = nodes[count - 1];
    return (count + 1) / 2;
}

gv_err gv_tree_root(gv_hash *leaves, size_t count, gv_hash *out)
{
    if (count == 0)
        return GV_EBADMSG;
    while (count > 1)
        count = level_up(leaves, count);
    *out = leaves[0];
    return GV_OK;
}

gv_err gv_tree_proof(gv_hash *leaves, size_t count, size_t index, struct gv_proof *out)
{
    if (index >= count)
        return GV_ENOTFOUND;
    out->count = 0;
    while (count > 1) {
        size_t sibling = index ^ 1;

        if (sibling < count) {
            if (out->count == GV_TREE_MAX_DEPTH)
                return GV_ETOOBIG;
            out->hashes[out->count++] = leaves[sibling];
        }
        count = level_up(leaves, count);
        index /= 2;
    }
    return GV_OK;
}

gv_err gv_tree_check(const gv_hash *root, size_t count, size_t index, const gv_hash *leaf,
                     const gv_hash *proof, size_t proof_count)
{
    gv_hash node = *leaf;
    size_t used = 0;

    if (index >= count)
        return GV_ESIGNATURE;
    for (; count > 1; count = (count + 1) / 2, index /= 2) {
        if ((index ^ 1) >= count)
            continue; /* the odd last node moves up */
        if (used == proof_count)
            return GV_ESIGNATURE;
        if (index % 2 == 0)
            node_of(&node, &proof[used], &node);
        else
            node_of(&proof[used], &node, &node);
        used++;
    }
    return used == proof_count && gv_hash_eq(&node, root) ? GV_OK : GV_ESIGNATURE;
}
