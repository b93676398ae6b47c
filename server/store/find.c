/* find.c - looking up in what a lock has loaded: sorted, and in memory. */
#include "store/store.h"

struct gv_unit_log *gv_unit_log_find(struct gv_unit_log *logs, size_t count, int32_t unit_id)
{
    for (size_t low = 0, high = count; low < high;) {
        size_t middle = (low + high) / 2;

        if (logs[middle].unit_id == unit_id)
            return &logs[middle];
        if (unit_id < logs[middle].unit_id)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

struct gv_assignment_row *gv_assignment_row_find(struct gv_assignment_row *rows, size_t count,
                                                 int32_t unit_id, const gv_id *assignment)
{
    for (size_t low = 0, high = count; low < high;) {
        size_t middle = (low + high) / 2;
        struct gv_assignment_row *row = &rows[middle];
        int order = unit_id == row->unit_id  ? gv_id_cmp(assignment, &row->assignment)
                    : unit_id < row->unit_id ? -1
                                             : 1;

        if (order == 0)
            return row;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
