/*
 * arena.c - bump allocation in blocks, each twice as large as the one before: whoever needs much
 * asks malloc seldom. One malloc a piece in sanitizer builds.
 */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/plant.h"

#define ALIGN       16
#define BLOCK_BYTES ((size_t)8192)    /* the first */
#define BLOCK_MAX   ((size_t)1 << 20) /* but for a piece that is larger */

struct block {
    struct block *next;
    size_t cap;
    size_t used;
    _Alignas(ALIGN) unsigned char data[];
};

struct gv_arena {
    struct block *blocks; /* newest first */
    size_t cap_bytes;
    size_t used_bytes;
    bool starved;
};

gv_arena *gv_arena_new(size_t cap_bytes)
{
    gv_arena *arena = calloc(1, sizeof *arena);

    if (arena != NULL)
        arena->cap_bytes = cap_bytes;
    return arena;
}

static void free_blocks(struct block *block)
{
    while (block != NULL) {
        struct block *next = block->next;

        free(block);
        block = next;
    }
}

void gv_arena_free(gv_arena *arena)
{
    if (arena == NULL)
        return;
    free_blocks(arena->blocks);
    free(arena);
}

#ifndef GV_SANITIZE
/* For what comes next; what was larger than any block has to be is given back. */
static void keep_largest(gv_arena *arena)
{
    struct block *kept = NULL;

    while (arena->blocks != NULL) {
        struct block *block = arena->blocks;

        arena->blocks = block->next;
        if (block->cap > BLOCK_MAX || (kept != NULL && kept->cap >= block->cap)) {
            free(block);
            continue;
        }
        free(kept);
        kept = block;
    }
    if (kept != NULL) {
        kept->next = NULL;
        kept->used = 0;
    }
    arena->blocks = kept;
}

/* Of the next block. */
static size_t block_bytes(const gv_arena *arena, size_t piece)
{
    size_t bytes = arena->blocks == NULL ? BLOCK_BYTES : 2 * arena->blocks->cap;

    if (bytes > BLOCK_MAX)
        bytes = BLOCK_MAX;
    return piece > bytes ? piece : bytes;
}
#endif

void gv_arena_reset(gv_arena *arena)
{
    arena->used_bytes = 0;
    arena->starved = false;
#ifdef GV_SANITIZE
    free_blocks(arena->blocks);
    arena->blocks = NULL;
#else
    keep_largest(arena);
#endif
}

void gv_arena_set_cap(gv_arena *arena, size_t cap_bytes)
{
    arena->cap_bytes = cap_bytes;
}

static struct block *add_block(gv_arena *arena, size_t size)
{
#ifdef GV_SANITIZE
    size_t cap = size;
#else
    size_t cap = block_bytes(arena, size);
#endif
    struct block *block = malloc(sizeof *block + cap);

    arena->starved |= block == NULL;
    if (block == NULL)
        return NULL;
    block->next = arena->blocks;
    block->cap = cap;
    block->used = 0;
    arena->blocks = block;
    return block;
}

void *gv_arena_alloc(gv_arena *arena, size_t size)
{
    struct block *block = arena->blocks;
    size_t rounded;
    void *piece;

    if (size > SIZE_MAX - ALIGN)
        return NULL;
    rounded = (size + ALIGN - 1) / ALIGN * ALIGN;
    if (rounded > arena->cap_bytes - arena->used_bytes && !GV_PLANTED(ARENA_UNBOUNDED))
        return NULL;
#ifdef GV_SANITIZE
    block = add_block(arena, size);
    if (block == NULL)
        return NULL;
    piece = block->data;
#else
    if (block == NULL || block->cap - block->used < rounded)
        block = add_block(arena, rounded);
    if (block == NULL)
        return NULL;
    piece = block->data + block->used;
    block->used += rounded;
#endif
    arena->used_bytes += rounded;
    return piece;
}

void *gv_arena_zalloc(gv_arena *arena, size_t size)
{
    void *piece = gv_arena_alloc(arena, size);

    if (piece != NULL)
        memset(piece, 0, size);
    return piece;
}

void *gv_arena_copy(gv_arena *arena, const void *data, size_t size)
{
    void *piece = gv_arena_alloc(arena, size);

    if (piece != NULL && size > 0)
        memcpy(piece, data, size);
    return piece;
}

char *gv_arena_strdup(gv_arena *arena, const char *s)
{
    return gv_arena_copy(arena, s, strlen(s) + 1);
}

bool gv_arena_starved(const gv_arena *arena)
{
    return arena->starved;
}

size_t gv_arena_used(const gv_arena *arena)
{
    return arena->used_bytes;
}
