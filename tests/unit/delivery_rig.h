/* delivery_rig.h - cursors of a true log and of one that parted from it, for the tests of delivery.
 */
#ifndef DELIVERY_RIG_H
#define DELIVERY_RIG_H

#include <string.h>

#include "delivery/cursor.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof(a)[0])

/* Running hash after n: of the true log (branch 0) or of another one. */
static inline gv_hash hash_of(uint64_t n, unsigned branch)
{
    gv_hash h;

    memset(&h, 0, sizeof h);
    if (n > 0) {
        h.b[0] = (uint8_t)n;
        h.b[1] = (uint8_t)(n >> 8);
        h.b[2] = 1;
        h.b[31] = (uint8_t)branch;
    }
    return h;
}

static inline struct gv_cursor at(uint64_t n)
{
    return (struct gv_cursor){n, hash_of(n, 0)};
}

static inline struct gv_cursor other(uint64_t n)
{
    return (struct gv_cursor){n, hash_of(n, 1)};
}

static inline struct gv_hash_at known(uint64_t n)
{
    return (struct gv_hash_at){true, hash_of(n, 0)};
}

/* told, or with another hash told - 100. */
static inline struct gv_cursor of(unsigned told)
{
    return told >= 100 ? (struct gv_cursor){told - 100,
                                            told == 100 ? hash_of(1, 1) : hash_of(told - 100, 1)}
                       : at(told);
}

#endif
