/*
 * due.h - what is due when, soonest first: a binary heap of entries in the caller's memory. An
 * entry is in it while its time is not GV_NEVER_MS. One thread.
 */
#ifndef GV_DUE_H
#define GV_DUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define GV_NEVER_MS INT64_MAX

struct gv_due {
    int64_t at_ms; /* GV_NEVER_MS: not set */
    size_t place;  /* the heap's */
};

struct gv_due_heap {
    struct gv_due **entries; /* only those that are set */
    size_t len, cap;
};

/* All zero is an empty heap. */
void gv_due_fini(struct gv_due_heap *heap);
/* Room for so many entries in all, so that setting cannot fail. */
GV_MUSTCHECK gv_err gv_due_reserve(struct gv_due_heap *heap, size_t count);
/* Of an entry that is in no heap. */
void gv_due_init(struct gv_due *due);
void gv_due_set(struct gv_due_heap *heap, struct gv_due *due, int64_t at_ms);
/* The soonest, still set; NULL: none. */
struct gv_due *gv_due_first(const struct gv_due_heap *heap);

#endif
