/* entropy.h - random bytes from the kernel. Any thread; cannot fail once the machine has booted. */
#ifndef GV_ENTROPY_H
#define GV_ENTROPY_H

#include <stddef.h>
#include <stdint.h>

void gv_random_bytes(void *out, size_t len);
uint32_t gv_random_u32(void);
uint32_t gv_random_below(uint32_t bound); /* uniform in 0 … bound - 1; bound > 0 */

#endif
