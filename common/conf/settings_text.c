/* settings_text.c - values as text and back; the sample file, the help, what is in force. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/lang.h"
#include "base/text.h"
#include "conf/settings_internal.h"

/* ---- values --------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    int64_t ms;
} duration_units[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
                      {"h", 3600000}, {"d", 86400000}, {"", 1}};

static const char *const words_true[] = {"yes", "true", "on", "1"};
static const char *const words_false[] = {"no", "false", "off", "0"};

/* Largest unit that divides it. */
void settings_duration(int64_t ms, struct gv_buf *out)
{
    size_t unit = 0;

    for (size_t i = 1; i < GV_COUNT(duration_units) - 1; i++) {
        if (ms != 0 && ms % duration_units[i].ms == 0)
            unit = i;
    }
    gv_buf_printf(out, "%" PRId64 "%s", ms / duration_units[unit].ms, duration_units[unit].name);
}

static bool one_of(const char *text, const char *const words[4])
{
    for (size_t i = 0; i < 4; i++) {
        if (strcmp(text, words[i]) == 0)
            return true;
    }
    return false;
}

/* Decimal digits with at most one '-' in front; *rest is what follows. */
static bool parse_int(const char *text, int64_t *out, const char **rest)
{
    char *end;
    long long value;

    if (text[0] != '-' && (text[0] < '0' || text[0] > '9'))
        return false;
    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno != 0 || end == text || (text[0] == '-' && (text[1] < '0' || text[1] > '9')))
        return false;
    *out = value;
    *rest = end;
    return true;
}

static bool parse_duration(const char *text, int64_t *out)
{
    const char *rest;
    int64_t value;

    if (!parse_int(text, &value, &rest) || value < 0)
        return false;
    for (size_t i = 0; i < GV_COUNT(duration_units); i++) {
        if (strcmp(rest, duration_units[i].name) == 0)
            return !__builtin_mul_overflow(value, duration_units[i].ms, out);
    }
    return false;
}

static void say_number(const struct gv_setting *row, int64_t value, struct gv_buf *out)
{
    if (row->type == GV_SETTING_DURATION)
        settings_duration(value, out);
    else
        gv_buf_printf(out, "%" PRId64, value);
}

static bool within(const struct gv_setting *row, int64_t value, struct gv_buf *why)
{
    if ((row->min == 0 && row->max == 0) || (value >= row->min && value <= row->max))
        return true;
    gv_buf_puts(why, row->type == GV_SETTING_STRING || row->type == GV_SETTING_PATH
                         ? gv_tr("độ dài phải từ ", "the length must be from ")
                         : gv_tr("phải từ ", "must be from "));
    say_number(row, row->min, why);
    gv_buf_puts(why, gv_tr(" đến ", " to "));
    say_number(row, row->max, why);
    return false;
}

bool settings_parse(const struct gv_setting *row, const char *text, int64_t *out,
                    struct gv_buf *why)
{
    const char *rest = "";

    switch (row->type) {
    case GV_SETTING_BOOL:
        *out = one_of(text, words_true);
        if (*out || one_of(text, words_false))
            return true;
        gv_buf_puts(why, gv_tr("phải là yes hoặc no", "must be yes or no"));
        return false;
    case GV_SETTING_INT:
        if (parse_int(text, out, &rest) && *rest == '\0')
            return within(row, *out, why);
        gv_buf_puts(why, gv_tr("phải là một số nguyên", "must be a whole number"));
        return false;
    case GV_SETTING_DURATION:
        if (parse_duration(text, out))
            return within(row, *out, why);
        gv_buf_puts(why, gv_tr("phải là một khoảng thời gian: 250ms, 5s, 2m, 1h, 7d",
                               "must be a duration: 250ms, 5s, 2m, 1h, 7d"));
        return false;
    case GV_SETTING_STRING:
    case GV_SETTING_PATH:
        break;
    }
    if (!gv_text_valid(text, strlen(text), NULL)) {
        gv_buf_puts(why, gv_tr("không phải chữ UTF-8", "not UTF-8 text"));
        return false;
    }
    return within(row, (int64_t)strlen(text), why);
}

/* ---- what is in force ----------------------------------------------------------------------- */

static void show_item(const struct group *group, const struct item *item, struct gv_buf *out)
{
    gv_buf_printf(out, "[%s%s%s]\n", group->section->name, item->label == NULL ? "" : " ",
                  item->label == NULL ? "" : item->label);
    for (size_t r = 0; r < group->section->row_count; r++) {
        const struct gv_setting *row = &group->section->rows[r];
        const struct given *given = &item->given[r];
        const char *text = given->text == NULL ? row->fallback : given->text;

        if (text == NULL)
            gv_buf_printf(out, "; %s: %s\n", row->name, gv_tr("chưa đặt", "not set"));
        else if (row->flags & GV_SETTING_HIDDEN)
            gv_buf_printf(out, "; %s: %s\n", row->name,
                          gv_tr("đã đặt, không hiện", "set, not shown"));
        else
            gv_buf_printf(out, "; %s\n%s=%s\n",
                          given->origin == NULL ? gv_tr("mặc định", "default") : given->origin,
                          row->name, text);
    }
    gv_buf_puts(out, "\n");
}

void gv_settings_show(const gv_settings *settings, struct gv_buf *out)
{
    for (size_t g = 0; g < settings->group_count; g++) {
        for (size_t i = 0; i < settings->groups[g].count; i++)
            show_item(&settings->groups[g], &settings->groups[g].items[i], out);
    }
}

/* ---- sample and help ------------------------------------------------------------------------ */

static const char *type_text(enum gv_setting_type type)
{
    switch (type) {
    case GV_SETTING_BOOL:
        return gv_tr("yes hoặc no", "yes or no");
    case GV_SETTING_INT:
        return gv_tr("số nguyên", "whole number");
    case GV_SETTING_DURATION:
        return gv_tr("thời gian", "duration");
    case GV_SETTING_STRING:
        return gv_tr("chữ", "text");
    case GV_SETTING_PATH:
        return gv_tr("đường dẫn", "path");
    }
    return "?";
}

/* "(duration, 100ms to 10m; default 30s)" */
static void say_kind(const struct gv_setting *row, struct gv_buf *out)
{
    gv_buf_printf(out, "(%s", type_text(row->type));
    if (row->min != 0 || row->max != 0) {
        gv_buf_puts(out, row->type == GV_SETTING_STRING || row->type == GV_SETTING_PATH
                             ? gv_tr(", số byte từ ", ", bytes from ")
                             : gv_tr(", từ ", ", from "));
        say_number(row, row->min, out);
        gv_buf_puts(out, gv_tr(" đến ", " to "));
        say_number(row, row->max, out);
    }
    if (row->fallback != NULL)
        gv_buf_printf(out, "; %s %s", gv_tr("mặc định", "default"), row->fallback);
    else if (row->flags & GV_SETTING_REQUIRED)
        gv_buf_printf(out, "; %s", gv_tr("bắt buộc", "required"));
    gv_buf_puts(out, ")");
}

static const char *label_word(const struct gv_section *section)
{
    return section->repeated ? gv_tr(" TÊN", " LABEL") : "";
}

void gv_settings_sample(const struct gv_section *sections, size_t count, struct gv_buf *out)
{
    for (size_t s = 0; s < count; s++) {
        const struct gv_section *section = &sections[s];

        gv_buf_printf(out, "%s; %s\n%s[%s%s]\n", s == 0 ? "" : "\n",
                      gv_tr(section->vi, section->en), section->repeated ? ";" : "", section->name,
                      label_word(section));
        for (size_t r = 0; r < section->row_count; r++) {
            const struct gv_setting *row = &section->rows[r];

            gv_buf_printf(out, "\n; %s\n; ", gv_tr(row->vi, row->en));
            say_kind(row, out);
            gv_buf_printf(out, "\n;%s=%s\n", row->name, row->fallback == NULL ? "" : row->fallback);
        }
    }
}

void gv_settings_help(const struct gv_section *sections, size_t count, struct gv_buf *out)
{
    for (size_t s = 0; s < count; s++) {
        const struct gv_section *section = &sections[s];

        gv_buf_printf(out, "[%s%s]  %s\n", section->name, label_word(section),
                      gv_tr(section->vi, section->en));
        for (size_t r = 0; r < section->row_count; r++) {
            gv_buf_printf(out, "  %s ", section->rows[r].name);
            say_kind(&section->rows[r], out);
            gv_buf_printf(out, "\n      %s\n", gv_tr(section->rows[r].vi, section->rows[r].en));
        }
    }
}
