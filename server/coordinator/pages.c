/* pages.c - a sorted list of pages; what is asked for may be a part of one. */
#include "coordinator/pages.h"

#include <stdlib.h>

#define ARENA_BYTES  ((size_t)64 << 20) /* PAGES_MAX times what follows fits well */
#define PAGE_ENTRIES 256
#define PAGE_BYTES   ((size_t)64 * 1024)

struct order_pages {
    gv_arena *ahead, *alone;
    struct gv_order_page list[PAGES_MAX];
    size_t count;
};

gv_err pages_new(order_pages **out)
{
    order_pages *pages = calloc(1, sizeof *pages);

    if (pages == NULL)
        return GV_ENOMEM;
    pages->ahead = gv_arena_new(ARENA_BYTES);
    pages->alone = gv_arena_new(ARENA_BYTES);
    if (pages->ahead == NULL || pages->alone == NULL) {
        pages_free(pages);
        return GV_ENOMEM;
    }
    *out = pages;
    return GV_OK;
}

void pages_free(order_pages *pages)
{
    if (pages == NULL)
        return;
    gv_arena_free(pages->ahead);
    gv_arena_free(pages->alone);
    free(pages);
}

void pages_forget(order_pages *pages)
{
    pages->count = 0;
    gv_arena_reset(pages->ahead);
}

void pages_want(order_pages *pages, int32_t unit_id, uint64_t after)
{
    if (pages->count < PAGES_MAX)
        pages->list[pages->count++] = (struct gv_order_page){.unit_id = unit_id, .after = after};
}

static int by_unit(const void *a, const void *b)
{
    const struct gv_order_page *x = a, *y = b;

    return (x->unit_id > y->unit_id) - (x->unit_id < y->unit_id);
}

/* Of a unit that is wanted twice either may be what is asked for. */
static void sort(order_pages *pages)
{
    size_t kept = 0;

    qsort(pages->list, pages->count, sizeof pages->list[0], by_unit);
    for (size_t i = 0; i < pages->count; i++) {
        if (kept == 0 || pages->list[kept - 1].unit_id != pages->list[i].unit_id)
            pages->list[kept++] = pages->list[i];
    }
    pages->count = kept;
}

void pages_read(order_pages *pages, gv_store *store)
{
    sort(pages);
    if (pages->count < 2 || gv_store_orders(store, pages->ahead, pages->list, pages->count,
                                            PAGE_ENTRIES, PAGE_BYTES) != GV_OK)
        pages->count = 0;
}

/* As much of the page as was asked for. */
static size_t part_of(const struct gv_order_page *page, size_t max_entries, size_t max_bytes)
{
    size_t n = 0, bytes = 0;

    while (n < page->count && n < max_entries) {
        bytes += page->orders[n].entry.len;
        if (n > 0 && bytes > max_bytes)
            break;
        n++;
    }
    return n;
}

/* NULL: it was not read ahead. */
static const struct gv_order_page *find(const order_pages *pages, int32_t unit_id, uint64_t after)
{
    struct gv_order_page key = {.unit_id = unit_id};
    const struct gv_order_page *page =
        bsearch(&key, pages->list, pages->count, sizeof key, by_unit);

    return page != NULL && page->after == after ? page : NULL;
}

bool pages_have(const order_pages *pages, int32_t unit_id, uint64_t after)
{
    return find(pages, unit_id, after) != NULL;
}

gv_err pages_orders(order_pages *pages, gv_store *store, int32_t unit_id, uint64_t after,
                    size_t max_entries, size_t max_bytes, struct gv_order **orders, size_t *count)
{
    struct gv_order_page alone = {.unit_id = unit_id, .after = after};
    const struct gv_order_page *page = find(pages, unit_id, after);

    if (page == NULL) {
        gv_err err;

        gv_arena_reset(pages->alone);
        err = gv_store_orders(store, pages->alone, &alone, 1, max_entries, max_bytes);
        if (err != GV_OK)
            return err;
        page = &alone;
    }
    *orders = page->orders;
    *count = part_of(page, max_entries, max_bytes);
    return GV_OK;
}
