/* tree.c - level by level. */
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

gv_err gv_tree_build(gv_hash *nodes, size_t count, struct gv_tree *out)
{
    struct gv_tree tree = {.nodes = nodes};
    size_t begin = 0;

    if (count == 0)
        return GV_EBADMSG;
    for (;; tree.level_count++) {
        gv_hash *above = nodes + begin + count;

        if (tree.level_count > GV_TREE_MAX_DEPTH)
            return GV_ETOOBIG;
        tree.count[tree.level_count] = count;
        if (count == 1)
            break;
        for (size_t i = 0; i + 1 < count; i += 2)
            node_of(&nodes[begin + i], &nodes[begin + i + 1], &above[i / 2]);
        if (count % 2 == 1)
            above[count / 2] = nodes[begin + count - 1];
        begin += count;
        count = (count + 1) / 2;
    }
    tree.level_count++;
    *out = tree;
    return GV_OK;
}

const gv_hash *gv_tree_root(const struct gv_tree *tree)
{
    size_t begin = 0;

    for (size_t level = 0; level + 1 < tree->level_count; level++)
        begin += tree->count[level];
    return &tree->nodes[begin];
}

gv_err gv_tree_proof(const struct gv_tree *tree, size_t index, struct gv_proof *out)
{
    size_t begin = 0;

    if (index >= tree->count[0])
        return GV_ENOTFOUND;
    out->count = 0;
    for (size_t level = 0; level + 1 < tree->level_count; level++, index /= 2) {
        size_t sibling = index ^ 1;

        if (sibling < tree->count[level])
            out->hashes[out->count++] = tree->nodes[begin + sibling];
        begin += tree->count[level];
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
