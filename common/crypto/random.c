/* random.c - libsodium's generator. */
#include "crypto/random.h"

#include <sodium.h>

void gv_random(void *out, size_t len)
{
    randombytes_buf(out, len);
}

void gv_random_id(gv_id *out)
{
    randombytes_buf(out->b, sizeof out->b);
}

uint32_t gv_random_u32(void)
{
    return randombytes_random();
}
