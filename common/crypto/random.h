/* random.h - bytes that nobody can guess. Any thread after gv_crypto_init(). */
#ifndef GV_CRYPTO_RANDOM_H
#define GV_CRYPTO_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "base/id.h"

void gv_random(void *out, size_t len);
void gv_random_id(gv_id *out);
uint32_t gv_random_u32(void);

#endif
