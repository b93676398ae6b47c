/* cmd_unit_read.c - unit list, unit show. */
#include <string.h>

#include "base/lang.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/read.h"
#include "cli/viet.h"
#include "cli/words.h"

static const char *connection_word(const json_t *row)
{
    if (row_has(row, "quarantine"))
        return gv_tr("cách ly", "quarantined");
    if (row_flag(row, "body"))
        return gv_tr("tập thể", "body");
    if (row_flag(row, "revoked"))
        return gv_tr("khóa đã thu hồi", "key revoked");
    if (!row_flag(row, "enrolled"))
        return gv_tr("chưa ghi danh", "not enrolled");
    return row_flag(row, "connected") ? gv_tr("kết nối", "connected")
                                      : gv_tr("mất kết nối", "away");
}

static gv_err add_unit(void *arg, const struct rpc_row *row)
{
    struct table *table = arg;

    table_cell(table, row_text(row->json, "unit"));
    table_cell(table, row_text(row->json, "name"));
    table_cell(table, connection_word(row->json));
    table_cellf(table, "%lld/%lld", (long long)row_number(row->json, "acks"),
                (long long)row_number(row->json, "orders"));
    table_cellf(table, "%lld", (long long)row_number(row->json, "reports"));
    read_day_cell(table, row->json, "last_report");
    if (row_has(row->json, "silent_days"))
        table_cellf(table, "%lld", (long long)row_number(row->json, "silent_days"));
    else
        table_cell(table, NULL);
    return GV_OK;
}

static int unit_list(const struct cli *cli)
{
    static const struct read_column columns[] = {
        {"Mã", "Code", TABLE_LEFT, 0},
        {"Đơn vị", "Unit", TABLE_LEFT, 48},
        {"Trạng thái", "State", TABLE_LEFT, 0},
        {"Đã nhận/lệnh", "Received/orders", TABLE_RIGHT, 0},
        {"Báo cáo", "Reports", TABLE_RIGHT, 0},
        {"Gần nhất", "Last", TABLE_LEFT, 0},
        {"Im lặng (ngày)", "Silent (days)", TABLE_RIGHT, 0},
    };
    static const struct read_list list = {
        .query = "units",
        .columns = columns,
        .column_count = sizeof columns / sizeof columns[0],
        .options = {"search", "group", "state"},
        .add = add_unit,
    };

    return read_list(cli, &list);
}

static void put_counts(struct gv_buf *out, const char *label, const json_t *counts,
                       const char *(*word)(const char *))
{
    const char *key, *comma = " ";
    json_t *value;

    if (json_object_size(counts) == 0)
        return;
    gv_buf_printf(out, "%s:", label);
    json_object_foreach((json_t *)counts, key, value)
    {
        gv_buf_printf(out, "%s%s %lld", comma, word(key), (long long)json_integer_value(value));
        comma = ", ";
    }
    gv_buf_putc(out, '\n');
}

static void put_fields(struct gv_buf *out, const json_t *fields)
{
    if (json_array_size(fields) == 0)
        return;
    gv_buf_printf(out, "%s:", gv_tr("Lĩnh vực", "Fields"));
    for (size_t i = 0; i < json_array_size(fields); i++)
        gv_buf_printf(out, "%s %s", i > 0 ? "," : "", json_string_value(json_array_get(fields, i)));
    gv_buf_putc(out, '\n');
}

static void put_keys(struct gv_buf *out, const json_t *keys)
{
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const json_t *key = json_array_get(keys, i);

        gv_buf_printf(out, "%s: %s, %s %s", gv_tr("Khóa", "Key"), row_text(key, "key_id"),
                      gv_tr("ghi danh", "enrolled"), row_text(key, "enrolled"));
        if (row_has(key, "revoked"))
            gv_buf_printf(out, ", %s %s", gv_tr("thu hồi", "revoked"), row_text(key, "revoked"));
        gv_buf_putc(out, '\n');
    }
}

static gv_err put_unit(void *arg, const struct rpc_row *row)
{
    struct gv_buf *out = arg;
    const json_t *u = row->json;

    gv_buf_printf(out, "%s  %s\n", row_text(u, "unit"), row_text(u, "name"));
    read_line(out, gv_tr("Tiếng Anh", "English"), row_text(u, "name_en"));
    read_line(out, gv_tr("Nhóm", "Group"), row_text(u, "group"));
    put_fields(out, json_object_get(u, "fields"));
    read_line(out, gv_tr("Trạng thái", "State"), connection_word(u));
    read_line(out, gv_tr("Cách ly vì", "Quarantined because"),
              gv_reason_say(row_text(u, "quarantine")));
    if (row_has(u, "readmit"))
        gv_buf_printf(out, "%s: %s\n", gv_tr("Đang tiếp nhận lại", "Being re-admitted"),
                      gv_reason_say(row_text(u, "readmit")));
    read_line(out, gv_tr("Máy chủ", "Server"), row_text(u, "coordinator"));
    read_line(out, gv_tr("Liên lạc gần nhất", "Last heard"), row_text(u, "last_seen"));
    read_line(out, gv_tr("Báo cáo gần nhất", "Last report"), row_text(u, "last_report"));
    gv_buf_printf(out,
                  gv_tr("Lệnh: %lld, đã nhận %lld. Báo cáo: %lld\n",
                        "Orders: %lld, received %lld. Reports: %lld\n"),
                  (long long)row_number(u, "orders"), (long long)row_number(u, "acks"),
                  (long long)row_number(u, "reports"));
    put_counts(out, gv_tr("Vai trò", "Roles"), json_object_get(u, "roles"), words_role);
    put_counts(out, gv_tr("Lượt giao", "Assignments"), json_object_get(u, "states"), words_state);
    put_keys(out, json_object_get(u, "keys"));
    return GV_OK;
}

static int unit_show(const struct cli *cli)
{
    struct read read;
    int status = read_open(cli, &read);

    if (status != 0)
        return status;
    read_arg(&read, "unit", cli->argv[0]);
    status = read_rows(&read, "unit", put_unit, &read.out);
    if (status == 0 && read.page.rows == 0)
        status = read_unknown("unit", cli->argv[0]);
    if (status == 0)
        status = read_end(&read);
    read_close(&read);
    return status;
}

static const struct option_row list_options[] = {
    {"search", OPTION_TEXT, "«…»", "\"…\"", "tìm theo tên, không phân biệt dấu",
     "by name, diacritics do not matter", NULL, 0, 0, false},
    {"group", OPTION_TEXT, "NHÓM", "GROUP", "chỉ một nhóm", "one group only", NULL, 0, 0, false},
    {"state", OPTION_CHOICE, "TRẠNG-THÁI", "STATE", "chỉ các đơn vị ở trạng thái này",
     "only units in this state", "connected|disconnected|enrolled|not-enrolled|quarantined|body", 0,
     0, false},
    {0},
};

const struct command commands_unit_read[] = {
    {"unit", "list", NULL, NULL, 0, 0, COMMAND_ASKS, list_options, unit_list,
     "các đơn vị: kết nối, lệnh đã nhận, báo cáo, số ngày im lặng",
     "units: connection, orders received, reports, silent days",
     "unit list --search ha\nunit list --state disconnected"},
    {"unit", "show", "MÃ", "CODE", 1, 1, COMMAND_ASKS, NULL, unit_show,
     "một đơn vị: khóa, kết nối, nhiệm vụ", "one unit: keys, connection, assignments",
     "unit show SO-YT"},
    {0},
};
