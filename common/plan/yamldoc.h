/*
 * yamldoc.h - a small YAML file that a person wrote, read strictly: one document, no aliases,
 * anchors or tags, bounded; mappings by a table of keys; every value NFC. What is wrong goes to the
 * list of problems, with its place, and reading goes on. Inside plan/ only.
 */
#ifndef GV_YAMLDOC_H
#define GV_YAMLDOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yaml.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "plan/problem.h"

#define GV_YAML_MAX_DEPTH  12
#define GV_YAML_MAX_NODES  60000
#define GV_YAML_MAX_SCALAR 8192

struct gv_yaml {
    yaml_document_t document;
    const char *path;
    gv_arena *arena;
    struct gv_problems *problems;
    bool no_memory; /* the arena is full: what was read is not to be used */
};

struct gv_yaml_key {
    const char *name;
    bool required;
};

/* GV_EBADMSG: *problems says why. GV_ENOMEM. */
GV_MUSTCHECK gv_err gv_yaml_open(struct gv_yaml *y, const char *path, struct gv_slice bytes,
                                 gv_arena *arena, struct gv_problems *problems);
void gv_yaml_close(struct gv_yaml *y); /* after a successful open */

yaml_node_t *gv_yaml_root(struct gv_yaml *y);
struct gv_mark gv_yaml_mark(const yaml_node_t *node); /* NULL: the file as a whole */
void gv_yaml_problem(struct gv_yaml *y, const yaml_node_t *node, const char *vi, const char *en,
                     ...) GV_PRINTF(3, 5) GV_PRINTF(4, 5);

/* values[i] is the value of keys[i], or NULL. false: not a mapping, or a key is unknown, doubled or
 * missing; what there is is in values even so. */
bool gv_yaml_map(struct gv_yaml *y, yaml_node_t *node, const struct gv_yaml_key *keys, size_t count,
                 yaml_node_t **values);
bool gv_yaml_is_map(const yaml_node_t *node);
bool gv_yaml_is_list(const yaml_node_t *node);
/* A sequence of 1..max, or, with `one`, a scalar that stands for a list of one. 0: a problem. */
size_t gv_yaml_list(struct gv_yaml *y, yaml_node_t *node, size_t max, bool one);
yaml_node_t *gv_yaml_item(struct gv_yaml *y, yaml_node_t *list, size_t i);
/* The i-th key and value of a mapping; false past its end. */
bool gv_yaml_pair(struct gv_yaml *y, yaml_node_t *map, size_t i, yaml_node_t **key,
                  yaml_node_t **value);

/* One line of text: NFC, white space folded, not empty, without control characters. "" with a
 * problem, or where node is NULL. Lives in the arena. */
const char *gv_yaml_text(struct gv_yaml *y, yaml_node_t *node, size_t max_bytes);
bool gv_yaml_day(struct gv_yaml *y, yaml_node_t *node, int32_t *out);
bool gv_yaml_number(struct gv_yaml *y, yaml_node_t *node, uint32_t min, uint32_t max,
                    uint32_t *out);
bool gv_yaml_bool(struct gv_yaml *y, yaml_node_t *node, bool *out);
/* The word's index in names. */
bool gv_yaml_word(struct gv_yaml *y, yaml_node_t *node, const char *const *names, size_t count,
                  uint32_t *out);
/* [A-Z][A-Z0-9-]*, at most 32: kinds, fields, indicators. "" with a problem. */
const char *gv_yaml_upper(struct gv_yaml *y, yaml_node_t *node);

/* From the arena, zeroed; NULL sets no_memory. */
void *gv_yaml_alloc(struct gv_yaml *y, size_t count, size_t size);

#endif
