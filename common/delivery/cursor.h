/*
 * cursor.h - where a log stands: the number of its last entry and the running hash after it. The
 * empty log: number 0, 32 zero bytes. PURE.
 */
#ifndef GV_CURSOR_H
#define GV_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/id.h"

struct gv_cursor {
    uint64_t n;
    gv_hash h;
};

/* What somebody's own log has after entry n. Not known: older than what is kept, or past its head.
 */
struct gv_hash_at {
    bool known;
    gv_hash h;
};

static inline bool gv_cursor_eq(const struct gv_cursor *a, const struct gv_cursor *b)
{
    return a->n == b->n && gv_hash_eq(&a->h, &b->h);
}

/* Number 0 has the hash of the empty log, any other may have any. */
static inline bool gv_cursor_valid(const struct gv_cursor *cursor)
{
    static const gv_hash zero;

    return cursor->n != 0 || gv_hash_eq(&cursor->h, &zero);
}

/* Does the log, whose own hash after cursor->n is at, hold the same? What is not known is no
 * conflict. */
static inline bool gv_cursor_agrees(const struct gv_cursor *cursor, const struct gv_hash_at *at)
{
    static const gv_hash zero;

    if (cursor->n == 0)
        return gv_hash_eq(&cursor->h, &zero);
    return !at->known || gv_hash_eq(&cursor->h, &at->h);
}

#endif
