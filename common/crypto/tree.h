/*
 * tree.h - the tree that an act over many assignments signs: leaf = H(leaf, item), node = H(node,
 * left, right), an odd last node moves up unchanged. A proof is the sibling hashes from leaf to
 * root.
 */
#ifndef GV_TREE_H
#define GV_TREE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"

#define GV_TREE_MAX_DEPTH 32

struct gv_proof {
    gv_hash hashes[GV_TREE_MAX_DEPTH];
    size_t count;
};

void gv_tree_leaf(struct gv_slice item, gv_hash *out);

/* All levels of a tree, leaves first: the proofs of a long list cost one build. */
struct gv_tree {
    const gv_hash *nodes; /* borrowed from the caller's working memory */
    size_t level_count;
    size_t count[GV_TREE_MAX_DEPTH + 1]; /* nodes of each level */
};

#define GV_TREE_NODES(leaves) (2 * (leaves) + GV_TREE_MAX_DEPTH) /* what gv_tree_build() needs */

/* nodes holds the leaves and has room for GV_TREE_NODES(count). GV_EBADMSG: no leaf. GV_ETOOBIG. */
GV_MUSTCHECK gv_err gv_tree_build(gv_hash *nodes, size_t count, struct gv_tree *out);
const gv_hash *gv_tree_root(const struct gv_tree *tree);
/* GV_ENOTFOUND: no such leaf. */
GV_MUSTCHECK gv_err gv_tree_proof(const struct gv_tree *tree, size_t index, struct gv_proof *out);
/* GV_ESIGNATURE: the leaf is not at this place of a tree with this root and count. */
GV_MUSTCHECK gv_err gv_tree_check(const gv_hash *root, size_t count, size_t index,
                                  const gv_hash *leaf, const gv_hash *proof, size_t proof_count);

#endif
