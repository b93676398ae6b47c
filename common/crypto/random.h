/* random.h - bytes that nobody can guess. Any thread after gv_crypto_init(). */
#ifndef GV_RANDOM_H
#define GV_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "base/id.h"

void gv_random(void *out, size_t len);
void gv_random_id(gv_id *out);
/* Uniform in [0, bound); bound 0: 0. */
uint32_t gv_random_below(uint32_t bound);

#endif
