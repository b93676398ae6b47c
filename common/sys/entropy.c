/* entropy.c - getrandom(2). */
#include "sys/entropy.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void gv_random_bytes(void *out, size_t len)
{
    uint8_t *at = out;

    while (len > 0) {
        ssize_t n = getrandom(at, len, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            abort(); /* a kernel without it: nothing here is safe */
        at += n;
        len -= (size_t)n;
    }
}

uint32_t gv_random_u32(void)
{
    uint32_t value;

    gv_random_bytes(&value, sizeof value);
    return value;
}

uint32_t gv_random_below(uint32_t bound)
{
    uint32_t value, skip;

    assert(bound > 0);
    skip = (UINT32_MAX - bound + 1) % bound; /* 2^32 mod bound */
    do {
        value = gv_random_u32();
    } while (value < skip);
    return value % bound;
}
