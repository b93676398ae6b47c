/*
 * space.h - room on a volume, and the rule of when there is too little of it. The rule is pure.
 */
#ifndef GV_SPACE_H
#define GV_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct gv_space {
    uint64_t free_bytes; /* for those who are not root */
    uint64_t total_bytes;
};

/* Of the volume that the path is on. GV_ENOTFOUND, GV_EDENIED, GV_EIO. */
GV_MUSTCHECK gv_err gv_space_measure(const char *path, struct gv_space *out);

/* Room is short below the greater of both; 0 and 0: never. */
struct gv_space_mark {
    uint64_t bytes;
    uint32_t percent; /* of the volume */
};

/* The mark in bytes of this volume. */
uint64_t gv_space_floor(const struct gv_space *space, const struct gv_space_mark *mark);
/* What ends a shortage: an eighth above the mark, so that it does not come and go. */
uint64_t gv_space_enough(const struct gv_space *space, const struct gv_space_mark *mark);
bool gv_space_is_short(bool was_short, const struct gv_space *space,
                       const struct gv_space_mark *mark);

/*
 * A file that only takes room, so that there is some to give back: size bytes, really taken. Makes
 * it, or makes it as large as it is to be. GV_ENOSPACE: no room, and none is taken; GV_EDENIED,
 * GV_EIO.
 */
GV_MUSTCHECK gv_err gv_ballast_make(const char *path, uint64_t size);
/* *freed: what it took; 0: there was none. */
GV_MUSTCHECK gv_err gv_ballast_drop(const char *path, uint64_t *freed);
uint64_t gv_ballast_size(const char *path); /* 0: there is none */

#endif
