/* cells.h - the six cells of the official count, in the order and words of its tables. Any thread.
 */
#ifndef GV_CLI_CELLS_H
#define GV_CLI_CELLS_H

#include <jansson.h>

#include "cli/table.h"

#define CELLS 6

/* Key in a row, short head of a column, full name. i < CELLS; CELLS: suspended, shown apart. */
const char *cells_key(size_t i);
const char *cells_head(size_t i);
const char *cells_name(size_t i);

/* Columns of the six, the suspended, total and the share done of the four with a due date. */
void cells_columns(struct table *table);
/* The same of a row that has the cells as members; both are added up in sum[CELLS + 1] (may be
 * NULL). */
void cells_row(struct table *table, const json_t *row, json_int_t *sum);
/* What the heads mean. */
void cells_legend(struct gv_buf *out);
void cells_sum(struct table *table, const json_int_t *sum);

#endif
