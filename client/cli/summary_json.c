/* summary_json.c - the summary for other programs: one JSON document, and a long CSV table. */
#include <string.h>

#include "cli/summary.h"
#include "cli/viet.h"
#include "cli/words.h"

#define FORMAT_VERSION 1

void summary_put_json(const struct summary *summary, struct gv_buf *out)
{
    bool demonstration = row_flag(summary->head, "demonstration");

    gv_buf_printf(out, "{\"version\":%d,\"demonstration\":%s,\"remark\":", FORMAT_VERSION,
                  demonstration ? "true" : "false");
    if (demonstration)
        gv_buf_json_str(out, words_demonstration(), strlen(words_demonstration()));
    else
        gv_buf_puts(out, "null");
    gv_buf_printf(out, ",\"silent_after_days\":%d,\"moved\":%s,\"head\":\n  ",
                  summary->silent_after, summary->moved ? "true" : "false");
    gv_buf_append(out, summary->head_text.data, summary->head_text.len);
    for (int i = 0; i < SUMMARY_SECTIONS; i++) {
        gv_buf_printf(out, ",\n\"%s\":[", summary_key((enum summary_section)i));
        gv_buf_append(out, summary->texts[i].data, summary->texts[i].len);
        gv_buf_putc(out, ']');
    }
    gv_buf_puts(out, "}\n");
}

/* ---- CSV --------------------------------------------------------------------------------------
 */

static const char *const cell_figures[] = {
    "done_on_time", "done_late", "open_in_time", "open_overdue", "done_no_due",
    "open_no_due",  "suspended", "not_met",      "total",        NULL};
static const char *const indicator_figures[] = {"target",
                                                "target_high",
                                                "official",
                                                "official_as_of",
                                                "official_percent",
                                                "reported",
                                                "reported_as_of",
                                                "reported_percent",
                                                "met",
                                                "units",
                                                "official_units",
                                                "reported_units",
                                                "unknown_units",
                                                NULL};
static const char *const period_figures[] = {"on_time", "late", "missed", "pending", NULL};
static const char *const clause_figures[] = {"units",    "compliant", "not_compliant", "late",
                                             "missing",  "pending",   "exceptions",    "permits",
                                             "breaches", NULL};
static const char *const overdue_figures[] = {
    "days", "due", "due_original", "state", "progress", "last_report", NULL};
static const char *const silent_figures[] = {"days", "open", "never", "last_report", NULL};
static const char *const not_met_figures[] = {"state", "due", "ended", NULL};
static const char *const head_figures[] = {
    "units",     "leads", "received", "not_received", "not_accepted", "accepted",     "in_progress",
    "submitted", "done",  "returned", "not_met",      "suspended",    "not_reported", NULL};

static const char *const *const figures[SUMMARY_SECTIONS] = {
    [SUMMARY_ITEMS] = cell_figures,           [SUMMARY_UNITS] = cell_figures,
    [SUMMARY_INDICATORS] = indicator_figures, [SUMMARY_PERIODS] = period_figures,
    [SUMMARY_ATTESTATIONS] = clause_figures,  [SUMMARY_OVERDUE] = overdue_figures,
    [SUMMARY_SILENT] = silent_figures,        [SUMMARY_NOT_MET] = not_met_figures,
};

/* A cell: quoted where it must be; what a spreadsheet would take for a formula gets an apostrophe.
 */
static void put_cell(struct gv_buf *out, const char *text)
{
    bool formula = text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;

    if (!formula && strpbrk(text, ",\"\r\n") == NULL) {
        gv_buf_puts(out, text);
        return;
    }
    gv_buf_puts(out, formula ? "\"'" : "\"");
    for (; *text != '\0'; text++) {
        if (*text == '"')
            gv_buf_putc(out, '"');
        gv_buf_putc(out, *text);
    }
    gv_buf_putc(out, '"');
}

static void put_value(struct gv_buf *out, const json_t *value)
{
    if (json_is_string(value) && viet_is_decimal(json_string_value(value)))
        gv_buf_puts(out, json_string_value(value)); /* a decimal below nought is no formula */
    else if (json_is_string(value))
        put_cell(out, json_string_value(value));
    else if (json_is_boolean(value))
        gv_buf_puts(out, json_is_true(value) ? "true" : "false");
    else if (json_is_number(value))
        gv_buf_printf(out, "%.15g", json_number_value(value));
}

static void put_member(struct gv_buf *out, const json_t *row, const char *key)
{
    put_value(out, json_object_get(row, key));
    gv_buf_putc(out, ',');
}

static void put_row(struct gv_buf *out, const char *section, const json_t *row,
                    const char *const *keys)
{
    for (; *keys != NULL; keys++) {
        if (json_object_get(row, *keys) == NULL)
            continue;
        gv_buf_printf(out, "%s,", section);
        put_member(out, row, "notation");
        put_member(out, row, "item");
        put_member(out, row, "task");
        put_member(out, row, json_object_get(row, "indicator") != NULL ? "indicator" : "clause");
        put_member(out, row, "unit");
        put_member(out, row, "name");
        gv_buf_printf(out, "%s,", *keys);
        put_value(out, json_object_get(row, *keys));
        gv_buf_putc(out, '\n');
    }
}

void summary_put_csv(const struct summary *summary, struct gv_buf *out)
{
    gv_buf_puts(out, "section,notation,item,task,code,unit,name,figure,value\n");
    gv_buf_puts(out, "head,,,,,,,as_of,");
    put_value(out, json_object_get(summary->head, "at"));
    gv_buf_putc(out, '\n');
    if (row_flag(summary->head, "demonstration")) {
        gv_buf_puts(out, "head,,,,,,,remark,");
        put_cell(out, words_demonstration());
        gv_buf_putc(out, '\n');
    }
    gv_buf_printf(out, "head,,,,,,,moved,%s\n", summary->moved ? "true" : "false");
    put_row(out, "head", summary->head, head_figures);
    for (int i = 0; i < SUMMARY_SECTIONS; i++) {
        const json_t *row;
        size_t at = 0;

        while ((row = summary_next(summary, (enum summary_section)i, NULL, &at)) != NULL)
            put_row(out, summary_key((enum summary_section)i), row, figures[i]);
    }
}
