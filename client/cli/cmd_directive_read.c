/* cmd_directive_read.c - directive list, directive show. */
#include "base/lang.h"
#include "cli/cells.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/read.h"
#include "cli/viet.h"

static gv_err add_directive(void *arg, const struct rpc_row *row)
{
    struct table *table = arg;

    table_cell(table, row_text(row->json, "notation"));
    table_cell(table, row_text(row->json, "abstract"));
    read_day_cell(table, row->json, "approved");
    read_day_cell(table, row->json, "issued_at");
    table_cellf(table, "%lld", (long long)row_number(row->json, "tasks"));
    table_cellf(table, "%lld", (long long)row_number(row->json, "assignments"));
    table_cellf(table, "%lld", (long long)row_number(row->json, "units"));
    return GV_OK;
}

static int directive_list(const struct cli *cli)
{
    static const struct read_column columns[] = {
        {"Số, ký hiệu", "Number", TABLE_LEFT, 0}, {"Trích yếu", "Abstract", TABLE_LEFT, 48},
        {"Phê duyệt", "Approved", TABLE_LEFT, 0}, {"Giao", "Issued", TABLE_LEFT, 0},
        {"Nhiệm vụ", "Tasks", TABLE_RIGHT, 0},    {"Lượt giao", "Assignments", TABLE_RIGHT, 0},
        {"Đơn vị", "Units", TABLE_RIGHT, 0},
    };
    static const struct read_list list = {
        .query = "directives",
        .columns = columns,
        .column_count = sizeof columns / sizeof columns[0],
        .add = add_directive,
    };

    return read_list(cli, &list);
}

static void put_items(struct gv_buf *out, const json_t *items)
{
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *item = json_array_get(items, i);
        const json_t *tasks = json_object_get(item, "tasks");

        gv_buf_printf(out, "%s %lld:", gv_tr("Mục", "Item"), (long long)row_number(item, "item"));
        for (size_t k = 0; k < json_array_size(tasks); k++)
            gv_buf_printf(out, " %s", json_string_value(json_array_get(tasks, k)));
        gv_buf_putc(out, '\n');
    }
}

static gv_err put_directive(void *arg, const struct rpc_row *row)
{
    struct gv_buf *out = arg;
    const json_t *d = row->json, *cells = json_object_get(d, "cells");

    gv_buf_printf(out, "%s %s\n", gv_tr("Số", "Number"), row_text(d, "notation"));
    read_line(out, gv_tr("Trích yếu", "Abstract"), row_text(d, "abstract"));
    read_line(out, gv_tr("Phê duyệt", "Approved"), row_text(d, "approved"));
    read_line(out, gv_tr("Giao", "Issued"), row_text(d, "issued_at"));
    read_line(out, gv_tr("Mã băm của công văn", "Digest of the letter"),
              row_text(d, "letter_digest"));
    gv_buf_printf(out,
                  gv_tr("%lld nhiệm vụ, %lld lượt giao, %lld đơn vị\n",
                        "%lld tasks, %lld assignments, %lld units\n"),
                  (long long)row_number(d, "tasks"), (long long)row_number(d, "assignments"),
                  (long long)row_number(d, "units"));
    for (size_t i = 0; i <= CELLS; i++)
        gv_buf_printf(out, "  %s: %lld\n", cells_name(i),
                      (long long)row_number(cells, cells_key(i)));
    put_items(out, json_object_get(d, "items"));
    return GV_OK;
}

static int directive_show(const struct cli *cli)
{
    struct read read;
    int status = read_open(cli, &read);

    if (status != 0)
        return status;
    read_arg(&read, "directive", cli->argc > 0 ? cli->argv[0] : NULL);
    status = read_rows(&read, "directive", put_directive, &read.out);
    if (status == 0 && read.page.rows == 0)
        status = read_unknown("directive", cli->argc > 0 ? cli->argv[0] : NULL);
    if (status == 0)
        status = read_end(&read);
    read_close(&read);
    return status;
}

const struct command commands_directive_read[] = {
    {"directive", "list", NULL, NULL, 0, 0, COMMAND_ASKS, NULL, directive_list,
     "các văn bản đã phê duyệt", "the approved directives", "directive list"},
    {"directive", "show", "[SỐ-KÝ-HIỆU]", "[NUMBER]", 0, 1, COMMAND_ASKS, NULL, directive_show,
     "một văn bản (mặc định: mới nhất) và các nhiệm vụ của nó",
     "one directive (default: the newest) and its tasks", "directive show 3467-CV/TU"},
    {0},
};
