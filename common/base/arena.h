/*
 * arena.h - memory that lives as long as one request. Not thread-safe: one owner.
 * Under GV_SANITIZE each piece is its own malloc, so that overruns show. PURE.
 */
#ifndef GV_ARENA_H
#define GV_ARENA_H

#include <stdbool.h>
#include <stddef.h>

typedef struct gv_arena gv_arena;

gv_arena *
gv_arena_new(size_t cap_bytes);      /* cap: gv_arena_alloc answers NULL past it. NULL: no memory */
void gv_arena_free(gv_arena *arena); /* NULL is fine */
void gv_arena_reset(gv_arena *arena);                     /* forget all pieces, keep the memory */
void gv_arena_set_cap(gv_arena *arena, size_t cap_bytes); /* of one that has no pieces */
void *gv_arena_alloc(gv_arena *arena,
                     size_t size); /* 16-byte aligned, not zeroed; NULL past the cap */
void *gv_arena_zalloc(gv_arena *arena, size_t size);
void *gv_arena_copy(gv_arena *arena, const void *data, size_t size);
char *gv_arena_strdup(gv_arena *arena, const char *s);
/* Since the last reset a piece was refused because there was no memory, not because of the cap. */
bool gv_arena_starved(const gv_arena *arena);
size_t gv_arena_used(const gv_arena *arena);

#endif
