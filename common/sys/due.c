/* due.c - an entry knows its place, so that it is moved or taken out without a search. */
#include "sys/due.h"

#include <assert.h>
#include <stdlib.h>

#define NO_PLACE SIZE_MAX

static void put(struct gv_due_heap *heap, size_t place, struct gv_due *due)
{
    heap->entries[place] = due;
    due->place = place;
}

static void sift_up(struct gv_due_heap *heap, size_t place, struct gv_due *due)
{
    while (place > 0 && heap->entries[(place - 1) / 2]->at_ms > due->at_ms) {
        put(heap, place, heap->entries[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(heap, place, due);
}

static void sift_down(struct gv_due_heap *heap, size_t place, struct gv_due *due)
{
    for (;;) {
        size_t child = 2 * place + 1;

        if (child + 1 < heap->len && heap->entries[child + 1]->at_ms < heap->entries[child]->at_ms)
            child++;
        if (child >= heap->len || heap->entries[child]->at_ms >= due->at_ms)
            break;
        put(heap, place, heap->entries[child]);
        place = child;
    }
    put(heap, place, due);
}

static void unset(struct gv_due_heap *heap, struct gv_due *due)
{
    size_t place = due->place;
    struct gv_due *last;

    if (place == NO_PLACE)
        return;
    gv_due_init(due);
    last = heap->entries[--heap->len];
    if (last == due)
        return;
    if (place > 0 && heap->entries[(place - 1) / 2]->at_ms > last->at_ms)
        sift_up(heap, place, last);
    else
        sift_down(heap, place, last);
}

void gv_due_fini(struct gv_due_heap *heap)
{
    free(heap->entries);
    *heap = (struct gv_due_heap){0};
}

gv_err gv_due_reserve(struct gv_due_heap *heap, size_t count)
{
    size_t cap = heap->cap * 2 + 16;
    struct gv_due **entries;

    if (count <= heap->cap)
        return GV_OK;
    if (cap < count)
        cap = count;
    entries = realloc(heap->entries, cap * sizeof(struct gv_due *));
    if (entries == NULL)
        return GV_ENOMEM;
    heap->entries = entries;
    heap->cap = cap;
    return GV_OK;
}

void gv_due_init(struct gv_due *due)
{
    *due = (struct gv_due){GV_NEVER_MS, NO_PLACE};
}

void gv_due_set(struct gv_due_heap *heap, struct gv_due *due, int64_t at_ms)
{
    if (due->at_ms == at_ms)
        return;
    unset(heap, due);
    if (at_ms == GV_NEVER_MS)
        return;
    assert(heap->len < heap->cap);
    due->at_ms = at_ms;
    sift_up(heap, heap->len++, due);
}

struct gv_due *gv_due_first(const struct gv_due_heap *heap)
{
    return heap->len > 0 ? heap->entries[0] : NULL;
}
