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
/* Leaves are overwritten: they are the working memory. count > 0. */
GV_MUSTCHECK gv_err gv_tree_root(gv_hash *leaves, size_t count, gv_hash *out);
/* Leaves are overwritten. GV_ENOTFOUND: no such leaf. */
GV_MUSTCHECK gv_err gv_tree_proof(gv_hash *leaves, size_t count, size_t index,
                                  struct gv_proof *out);
/* GV_ESIGNATURE: the leaf is not at this place of a tree with this root and count. */
GV_MUSTCHECK gv_err gv_tree_check(const gv_hash *root, size_t count, size_t index,
                                  const gv_hash *leaf, const gv_hash *proof, size_t proof_count);

#endif
