/* cmd_task.c - task list, task show. */
#include <string.h>

#include "base/lang.h"
#include "cli/cells.h"
#include "cli/commands.h"
#include "cli/read.h"
#include "cli/viet.h"
#include "cli/words.h"

static gv_err add_task(void *arg, const struct rpc_row *row)
{
    struct table *table = arg;
    const json_t *t = row->json;

    table_cell(table, row_text(t, "task"));
    table_cell(table, row_text(t, "words"));
    read_day_cell(table, t, "due");
    table_cell(table, words_cadence(row_text(t, "cadence")));
    table_cellf(table, "%lld", (long long)row_number(t, "leads"));
    table_cellf(table, "%lld", (long long)row_number(t, "coordinators"));
    table_cellf(table, "%lld", (long long)row_number(t, "followers"));
    table_cell(table, row_text(t, "notation"));
    return GV_OK;
}

static int task_list(const struct cli *cli)
{
    static const struct read_column columns[] = {
        {"Số", "No.", TABLE_LEFT, 0},           {"Nội dung", "Words", TABLE_LEFT, 60},
        {"Hạn", "Due", TABLE_LEFT, 0},          {"Định kỳ", "Cadence", TABLE_LEFT, 0},
        {"Chủ trì", "Leads", TABLE_RIGHT, 0},   {"Phối hợp", "Co-ord.", TABLE_RIGHT, 0},
        {"Theo dõi", "Follow", TABLE_RIGHT, 0}, {"Văn bản", "Directive", TABLE_LEFT, 0},
    };
    static const struct read_list list = {
        .query = "tasks",
        .columns = columns,
        .column_count = sizeof columns / sizeof columns[0],
        .options = {"directive", "item", "search", "field", "=kind"},
        .add = add_task,
    };

    return read_list(cli, &list);
}

/* word NULL: as they are. */
static void put_strings(struct gv_buf *out, const char *label, const json_t *strings,
                        const char *(*word)(const char *))
{
    if (json_array_size(strings) == 0)
        return;
    gv_buf_printf(out, "%s:", label);
    for (size_t i = 0; i < json_array_size(strings); i++) {
        const char *text = json_string_value(json_array_get(strings, i));

        gv_buf_printf(out, "%s %s", i > 0 ? "," : "", word != NULL ? word(text) : text);
    }
    gv_buf_putc(out, '\n');
}

static void put_span(struct gv_buf *out, const json_t *span)
{
    if (json_is_object(span))
        gv_buf_printf(out,
                      gv_tr("Vị trí trong công văn: dòng %lld, cột %lld, byte %lld–%lld\n",
                            "Place in the letter: line %lld, column %lld, bytes %lld-%lld\n"),
                      (long long)row_number(span, "line"), (long long)row_number(span, "column"),
                      (long long)row_number(span, "offset"), (long long)row_number(span, "end"));
}

static void put_period(struct gv_buf *out, const json_t *of)
{
    viet_day_short(out, row_text(of, "from"));
    gv_buf_puts(out, " – ");
    viet_day_short(out, row_text(of, "to"));
}

static void put_calendar(struct gv_buf *out, const json_t *calendar)
{
    const json_t *windows = json_object_get(calendar, "windows");

    if (!json_is_object(calendar))
        return;
    gv_buf_printf(out, "%s: %s, ", gv_tr("Lịch báo cáo", "Reporting calendar"),
                  words_cadence(row_text(calendar, "cadence")));
    put_period(out, calendar);
    gv_buf_printf(out, gv_tr(", thêm %lld ngày (%s)\n", ", %lld days of grace (%s)\n"),
                  (long long)row_number(calendar, "grace_days"),
                  words_origin(row_text(calendar, "origin")));
    for (size_t i = 0; i < json_array_size(windows); i++) {
        const json_t *window = json_array_get(windows, i);

        gv_buf_printf(out, "  %s: %s, ", row_text(window, "name"),
                      words_cadence(row_text(window, "cadence")));
        put_period(out, window);
        gv_buf_putc(out, '\n');
    }
}

static void put_indicators(struct gv_buf *out, const json_t *indicators)
{
    for (size_t i = 0; i < json_array_size(indicators); i++) {
        const json_t *one = json_array_get(indicators, i);

        gv_buf_printf(out, "%s %s: %s", gv_tr("Chỉ tiêu", "Indicator"), row_text(one, "code"),
                      row_text(one, "name"));
        if (row_has(one, "target")) {
            gv_buf_printf(out, ", %s ", words_direction(row_text(one, "direction")));
            viet_decimal(out, row_text(one, "target"));
        }
        if (row_has(one, "target_high")) {
            gv_buf_puts(out, " – ");
            viet_decimal(out, row_text(one, "target_high"));
        }
        gv_buf_printf(out, row_has(one, "target") ? " %s\n" : " (%s)\n", row_text(one, "measure"));
    }
}

static void put_clauses(struct gv_buf *out, const json_t *clauses)
{
    for (size_t i = 0; i < json_array_size(clauses); i++) {
        const json_t *one = json_array_get(clauses, i);

        gv_buf_printf(out, "%s %lld: %s, ", gv_tr("Điều phải chấp hành", "Clause"),
                      (long long)row_number(one, "clause"), row_text(one, "words"));
        put_period(out, one);
        gv_buf_printf(out, ", %s ", gv_tr("hạn", "due"));
        viet_day_short(out, row_text(one, "due"));
        gv_buf_putc(out, '\n');
    }
}

static void put_provenance(struct gv_buf *out, const json_t *provenance)
{
    for (size_t i = 0; i < json_array_size(provenance); i++) {
        const json_t *one = json_array_get(provenance, i);

        gv_buf_printf(out, "  %s: %s%s%s\n", words_part(row_text(one, "field")),
                      words_origin(row_text(one, "origin")),
                      row_has(one, "by") && row_text(one, "by")[0] != '\0' ? ", " : "",
                      row_text(one, "by"));
    }
}

static gv_err put_task(void *arg, const struct rpc_row *row)
{
    struct gv_buf *out = arg;
    const json_t *t = row->json, *cells = json_object_get(t, "cells");

    if (out->len > 0)
        gv_buf_putc(out, '\n');
    gv_buf_printf(out, "%s %s (%s)\n«%s»\n", gv_tr("Nhiệm vụ", "Task"), row_text(t, "task"),
                  row_text(t, "notation"), row_text(t, "words"));
    read_line(out, gv_tr("Tiếng Anh", "English"), row_text(t, "gloss"));
    put_span(out, json_object_get(t, "span"));
    put_strings(out, gv_tr("Loại", "Kinds"), json_object_get(t, "kinds"), words_kind);
    read_line(out, gv_tr("Lĩnh vực", "Field"), row_text(t, "field"));
    read_line(out, gv_tr("Người theo dõi", "Supervisor"), row_text(t, "supervisor"));
    if (row_has(t, "due")) {
        gv_buf_printf(out, "%s: ", gv_tr("Hạn", "Due"));
        viet_day_text(out, row_text(t, "due"));
        gv_buf_printf(out, " (%s)\n", words_origin(row_text(t, "due_origin")));
    }
    put_calendar(out, json_object_get(t, "calendar"));
    put_strings(out, gv_tr("Chủ trì", "Leads"), json_object_get(t, "lead_names"), NULL);
    put_strings(out, gv_tr("Phối hợp", "Co-ordinators"), json_object_get(t, "coordinator_names"),
                NULL);
    put_strings(out, gv_tr("Theo dõi", "Followers"), json_object_get(t, "follower_names"), NULL);
    put_indicators(out, json_object_get(t, "indicators"));
    put_clauses(out, json_object_get(t, "clauses"));
    gv_buf_printf(out,
                  gv_tr("Đã giao: %lld chủ trì, %lld phối hợp, %lld theo dõi\n",
                        "Assigned: %lld leads, %lld co-ordinators, %lld followers\n"),
                  (long long)row_number(t, "leads"), (long long)row_number(t, "coordinators"),
                  (long long)row_number(t, "followers"));
    for (size_t i = 0; i <= CELLS; i++) {
        if (row_number(cells, cells_key(i)) > 0)
            gv_buf_printf(out, "  %s: %lld\n", cells_name(i),
                          (long long)row_number(cells, cells_key(i)));
    }
    if (json_array_size(json_object_get(t, "provenance")) > 0)
        gv_buf_printf(out, "%s:\n", gv_tr("Nguồn gốc", "Provenance"));
    put_provenance(out, json_object_get(t, "provenance"));
    return GV_OK;
}

static int task_show(const struct cli *cli)
{
    struct read read;
    int status = read_open(cli, &read);

    if (status != 0)
        return status;
    read_arg(&read, "task", cli->argv[0]);
    read_option(&read, "directive");
    status = read_named(read.rpc);
    if (status == 0)
        status = read_rows(&read, "task", put_task, &read.out);
    if (status == 0 && read.page.rows == 0)
        status = read_unknown("task", cli->argv[0]);
    if (status == 0)
        status = read_end(&read);
    read_close(&read);
    return status;
}

#define DIRECTIVE_OPTION                                                                           \
    {                                                                                              \
        "directive", OPTION_TEXT, "SỐ-KÝ-HIỆU", "NUMBER", "chỉ văn bản này",                       \
            "this directive only", NULL, 0, 0, false                                               \
    }

static const struct option_row list_options[] = {
    DIRECTIVE_OPTION,
    {"item", OPTION_NUMBER, "MỤC", "ITEM", "chỉ mục này của công văn",
     "this item of the letter only", NULL, 1, 999, false},
    {"search", OPTION_TEXT, "«…»", "\"…\"", "tìm trong nội dung, không phân biệt dấu",
     "words, diacritics do not matter", NULL, 0, 0, false},
    {"field", OPTION_TEXT, "LĨNH-VỰC", "FIELD", "chỉ lĩnh vực này", "this field only", NULL, 0, 0,
     false},
    {"kind", OPTION_TEXT, "LOẠI", "KIND", "chỉ loại này (INDICATOR, PROHIBITION, …)",
     "this kind only (INDICATOR, PROHIBITION, …)", NULL, 0, 0, false},
    {0},
};

static const struct option_row show_options[] = {DIRECTIVE_OPTION, {0}};

const struct command commands_task[] = {
    {"task", "list", NULL, NULL, 0, 0, COMMAND_ASKS, list_options, task_list,
     "các nhiệm vụ đã phân rã từ văn bản", "the tasks that directives were broken down into",
     "task list --item 2\ntask list --search 'an toan thuc pham'"},
    {"task", "show", "SỐ", "NUMBER", 1, 1, COMMAND_ASKS, show_options, task_show,
     "một nhiệm vụ: nguyên văn, vị trí, hạn, lịch, chỉ tiêu, nguồn gốc",
     "one task: words, place, due date, calendar, indicators, provenance", "task show 2.2"},
    {0},
};
