/*
 * pages.h - orders on their way out: those of many units are read at once, before they go to one
 * unit after the other; what was not read ahead is read alone. One thread.
 */
#ifndef GV_PAGES_H
#define GV_PAGES_H

#include "store/store.h"

#define PAGES_MAX 256 /* units that are read at once */

typedef struct order_pages order_pages;

GV_MUSTCHECK gv_err pages_new(order_pages **out);
void pages_free(order_pages *pages); /* NULL is fine */
/* Entries after `after` will be asked for. What comes after PAGES_MAX is not read ahead. */
void pages_want(order_pages *pages, int32_t unit_id, uint64_t after);
/* Reads what was wanted. Where that fails each is read alone, and fails alone. */
void pages_read(order_pages *pages, gv_store *store);
void pages_forget(order_pages *pages); /* what was read: after a turn it may not last any more */
/* They were read ahead: pages_orders() will not ask the database. */
bool pages_have(const order_pages *pages, int32_t unit_id, uint64_t after);
/*
 * Entries after + 1 … in order: at most max_entries, and no more than max_bytes (one in any case).
 * They are the pages', until it is asked again.
 */
GV_MUSTCHECK gv_err pages_orders(order_pages *pages, gv_store *store, int32_t unit_id,
                                 uint64_t after, size_t max_entries, size_t max_bytes,
                                 struct gv_order **orders, size_t *count);

#endif
