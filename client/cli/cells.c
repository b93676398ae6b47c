/* cells.c - six cells, one table. */
#include "cli/cells.h"

#include <string.h>

#include "base/lang.h"
#include "cli/viet.h"

static const struct {
    const char *key;
    const char *head_vi, *head_en;
    const char *vi, *en;
} cells[CELLS + 1] = {
    {"done_on_time", "Đúng hạn", "On time", "hoàn thành đúng hạn", "done on time"},
    {"done_late", "Trễ hạn", "Late", "hoàn thành trễ hạn", "done late"},
    {"open_in_time", "Trong hạn", "In time", "chưa hoàn thành, trong hạn", "not done, in time"},
    {"open_overdue", "Quá hạn", "Overdue", "chưa hoàn thành, quá hạn", "not done, overdue"},
    {"done_no_due", "Xong*", "Done*", "không có thời hạn, đã hoàn thành", "no due date, done"},
    {"open_no_due", "Chưa xong*", "Open*", "không có thời hạn, chưa hoàn thành",
     "no due date, not done"},
    {"suspended", "Tạm dừng", "Suspended", "tạm dừng", "suspended"},
};

const char *cells_key(size_t i)
{
    return cells[i].key;
}

const char *cells_head(size_t i)
{
    return gv_tr(cells[i].head_vi, cells[i].head_en);
}

const char *cells_name(size_t i)
{
    return gv_tr(cells[i].vi, cells[i].en);
}

void cells_columns(struct table *table)
{
    for (size_t i = 0; i <= CELLS; i++)
        table_column(table, cells_head(i), TABLE_RIGHT, 0);
    table_column(table, gv_tr("Tổng", "Total"), TABLE_RIGHT, 0);
    table_column(table, gv_tr("Tỷ lệ", "Rate"), TABLE_RIGHT, 0);
}

void cells_legend(struct gv_buf *out)
{
    gv_buf_puts(out, gv_tr("(Đúng hạn, trễ hạn: đã hoàn thành. Trong hạn, quá hạn: chưa hoàn "
                           "thành. *: không có thời hạn. "
                           "Tỷ lệ: số đã hoàn thành trên số có thời hạn.)\n",
                           "(On time, late: done. In time, overdue: not done. *: no due date. "
                           "Rate: done of those with a "
                           "due date.)\n"));
}

void cells_sum(struct table *table, const json_int_t *sum)
{
    json_int_t total = 0;
    struct gv_buf percent;

    for (size_t i = 0; i <= CELLS; i++) {
        table_cellf(table, "%lld", (long long)sum[i]);
        total += sum[i];
    }
    table_cellf(table, "%lld", (long long)total);
    gv_buf_init(&percent);
    viet_percent(&percent, sum[0] + sum[1], sum[0] + sum[1] + sum[2] + sum[3]);
    table_cell(table, (const char *)percent.data);
    gv_buf_fini(&percent);
}

void cells_row(struct table *table, const json_t *row, json_int_t *sum)
{
    json_int_t own[CELLS + 1];

    for (size_t i = 0; i <= CELLS; i++) {
        own[i] = json_integer_value(json_object_get(row, cells[i].key));
        if (sum != NULL)
            sum[i] += own[i];
    }
    cells_sum(table, own);
}
