/* table.c - columns for people. */
#include "cli/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define GAP 2

void table_init(struct table *table)
{
    memset(table, 0, sizeof *table);
}

void table_fini(struct table *table)
{
    gv_buf_fini(&table->cells);
    table_init(table);
}

void table_column(struct table *table, const char *head, enum table_align align, size_t max_width)
{
    assert(table->columns < TABLE_COLUMNS_MAX && table->cell_count == 0);
    table->heads[table->columns] = head;
    table->align[table->columns] = align;
    table->max_width[table->columns++] = max_width;
}

void table_cell(struct table *table, const char *text)
{
    for (const char *at = text != NULL ? text : ""; *at != '\0'; at++) {
        bool blank = *at == '\n' || *at == '\t' || *at == '\r';

        gv_buf_putc(&table->cells, blank                                    ? ' '
                                   : (unsigned char)*at < ' ' || *at == 127 ? '?'
                                                                            : *at);
    }
    gv_buf_putc(&table->cells, '\0');
    table->cell_count++;
}

void table_cellf(struct table *table, const char *fmt, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, fmt);
    if (vasprintf(&text, fmt, args) < 0) {
        text = NULL;
        table->cells.failed = true;
    }
    va_end(args);
    table_cell(table, text);
    free(text);
}

/* Bytes of s that fill at most width columns; ends at a blank where there is one. *columns: what
 * they fill. */
static size_t fit(const char *s, size_t width, size_t *columns)
{
    size_t len = strlen(s), at = 0, used = 0, blank_at = 0, blank_used = 0;

    while (at < len) {
        size_t step = gv_utf8_next(s + at, len - at, NULL);
        size_t more;

        if (step == 0)
            step = 1;
        more = gv_text_width(s + at, step);
        if (width > 0 && used + more > width)
            break;
        if (s[at] == ' ') {
            blank_at = at;
            blank_used = used;
        }
        at += step;
        used += more;
    }
    if (at < len && s[at] != ' ' && blank_at > 0) {
        at = blank_at;
        used = blank_used;
    }
    if (at == 0 && len > 0)
        at = gv_utf8_next(s, len, NULL) > 0 ? gv_utf8_next(s, len, NULL) : 1;
    *columns = used;
    return at;
}

static void put_spaces(struct gv_buf *out, size_t count)
{
    while (count-- > 0)
        gv_buf_putc(out, ' ');
}

static void put_rule(struct gv_buf *out, const size_t *widths, size_t columns)
{
    for (size_t c = 0; c < columns; c++) {
        put_spaces(out, c > 0 ? GAP : 0);
        for (size_t i = 0; i < widths[c]; i++)
            gv_buf_puts(out, "─");
    }
    gv_buf_putc(out, '\n');
}

static void trim(struct gv_buf *out)
{
    while (out->data != NULL && out->len > 0 && out->data[out->len - 1] == ' ')
        out->len--;
}

/* One row, over as many lines as its longest cell takes. */
static void put_row(const struct table *table, const char **cells, const size_t *widths,
                    struct gv_buf *out)
{
    bool more = true;

    while (more) {
        more = false;
        for (size_t c = 0; c < table->columns; c++) {
            size_t used = 0, take = fit(cells[c], widths[c], &used);
            size_t pad = widths[c] > used ? widths[c] - used : 0;

            put_spaces(out, c > 0 ? GAP : 0);
            put_spaces(out, table->align[c] == TABLE_RIGHT ? pad : 0);
            gv_buf_append(out, cells[c], take);
            put_spaces(out, table->align[c] == TABLE_LEFT ? pad : 0);
            cells[c] += take;
            cells[c] += strspn(cells[c], " ");
            more = more || *cells[c] != '\0';
        }
        trim(out);
        gv_buf_putc(out, '\n');
    }
}

static void find_widths(const struct table *table, size_t *widths)
{
    const char *cell = (const char *)table->cells.data;

    assert(table->columns > 0);
    for (size_t c = 0; c < table->columns; c++)
        widths[c] = gv_text_width(table->heads[c], strlen(table->heads[c]));
    for (size_t i = 0; i < table->cell_count; i++, cell += strlen(cell) + 1) {
        size_t c = i % table->columns;
        size_t width = gv_text_width(cell, strlen(cell));

        if (table->max_width[c] > 0 && width > table->max_width[c])
            width = table->max_width[c];
        if (width > widths[c])
            widths[c] = width;
    }
}

void table_put(const struct table *table, struct gv_buf *out)
{
    size_t widths[TABLE_COLUMNS_MAX] = {0};
    const char *cells[TABLE_COLUMNS_MAX];
    const char *cell = (const char *)table->cells.data;

    if (!gv_buf_ok(&table->cells)) {
        out->failed = true;
        return;
    }
    find_widths(table, widths);
    memcpy(cells, table->heads, sizeof cells);
    put_row(table, cells, widths, out);
    put_rule(out, widths, table->columns);
    for (size_t i = 0; i + table->columns <= table->cell_count; i += table->columns) {
        for (size_t c = 0; c < table->columns; c++) {
            cells[c] = cell;
            cell += strlen(cell) + 1;
        }
        put_row(table, cells, widths, out);
    }
}
