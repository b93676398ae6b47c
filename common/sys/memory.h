/*
 * memory.h - has this process grown? Asked a few times a second it finds out who fills the memory
 * before he has filled it. One owner thread.
 */
#ifndef GV_MEMORY_H
#define GV_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct gv_memory {
    int statm;
    int64_t usual; /* bytes resident when it had grown last, or less since */
};

GV_MUSTCHECK gv_err gv_memory_open(struct gv_memory *out); /* GV_EIO: no /proc */
void gv_memory_close(struct gv_memory *memory);
/* Does it hold more than `by` bytes beyond what is usual? Then that is usual from here on. */
bool gv_memory_has_grown(struct gv_memory *memory, int64_t by);

#endif
