/*
 * limits.h - how much one sender may ask for: a token bucket each for acts, for questions, for
 * Hellos, and for what is written down of his refusals. Senders are those whom a key has
 * authenticated, so there are no more of them than principals. Any thread.
 */
#ifndef GV_LIMITS_H
#define GV_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"

typedef struct limits limits;

enum limit { LIMIT_ACTS, LIMIT_QUERIES, LIMIT_REFUSALS, LIMIT_HELLOS, LIMIT_END };

struct limit_rate {
    uint32_t per_s, burst; /* at least 1 */
};

/* rates: LIMIT_END of them, copied. *out is the caller's: limits_free(). */
GV_MUSTCHECK gv_err limits_new(const struct limit_rate *rates, limits **out);
void limits_free(limits *limits); /* NULL is fine */

/* False: too many of late; *retry_after_ms is when to come again. */
GV_MUSTCHECK bool limits_take(limits *limits, const gv_code *who, enum limit which, int64_t now_ms,
                              uint32_t *retry_after_ms);

#endif
