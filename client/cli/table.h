/*
 * table.h - columns for people: widths by what a terminal shows, long cells folded at blanks.
 */
#ifndef GV_TABLE_H
#define GV_TABLE_H

#include "base/buf.h"

#define TABLE_COLUMNS_MAX 16

enum table_align { TABLE_LEFT, TABLE_RIGHT };

struct table {
    size_t columns;
    const char *heads[TABLE_COLUMNS_MAX]; /* borrowed */
    enum table_align align[TABLE_COLUMNS_MAX];
    size_t max_width[TABLE_COLUMNS_MAX]; /* columns on the terminal; 0: as wide as it needs */
    struct gv_buf cells;                 /* NUL-terminated, row by row */
    size_t cell_count;
};

void table_init(struct table *table);
void table_fini(struct table *table);
/* Before the first cell. head is borrowed. */
void table_column(struct table *table, const char *head, enum table_align align, size_t max_width);
/* The next cell; text is copied, control characters shown as '?'. NULL: empty. */
void table_cell(struct table *table, const char *text);
void table_cellf(struct table *table, const char *fmt, ...) GV_PRINTF(2, 3);
/* Heads, a rule, rows. Appends to out; no memory: out->failed. */
void table_put(const struct table *table, struct gv_buf *out);

#endif
