/* presence.c - pages of atomic stamps, made when first touched and never moved. */
#include "coordinator/presence.h"

#include <stdatomic.h>
#include <stdlib.h>

#define PAGE  1024
#define PAGES 1024

struct page {
    atomic_llong seen_ms[PAGE];
};

struct presence {
    _Atomic(struct page *) pages[PAGES];
};

gv_err presence_new(struct presence **out)
{
    *out = calloc(1, sizeof **out);
    return *out != NULL ? GV_OK : GV_ENOMEM;
}

void presence_free(struct presence *presence)
{
    if (presence == NULL)
        return;
    for (size_t i = 0; i < PAGES; i++)
        free(atomic_load(&presence->pages[i]));
    free(presence);
}

static struct page *page_of(struct presence *presence, int32_t unit_id)
{
    size_t i = (size_t)unit_id / PAGE;
    struct page *none = NULL, *page;

    if (unit_id <= 0 || i >= PAGES)
        return NULL;
    page = atomic_load(&presence->pages[i]);
    if (page != NULL)
        return page;
    page = calloc(1, sizeof *page);
    if (page != NULL && !atomic_compare_exchange_strong(&presence->pages[i], &none, page)) {
        free(page);
        page = none;
    }
    return page;
}

void presence_stamp(struct presence *presence, int32_t unit_id, int64_t now_ms)
{
    struct page *page = page_of(presence, unit_id);

    if (page != NULL)
        atomic_store_explicit(&page->seen_ms[unit_id % PAGE], now_ms, memory_order_relaxed);
}

int64_t presence_at(struct presence *presence, int32_t unit_id)
{
    struct page *page = page_of(presence, unit_id);

    return page != NULL ? atomic_load_explicit(&page->seen_ms[unit_id % PAGE], memory_order_relaxed)
                        : 0;
}
