/* calendar.c - cuts the range at its windows, then each piece into periods of its cadence. */
#include "domain/calendar.h"

#include "base/clock.h"

struct sink {
    struct gv_occurrence *out;
    size_t cap;
    size_t count;
    int32_t grace_days;
};

static bool cadence_known(enum gv_cadence cadence)
{
    return (unsigned)cadence < GV_CADENCE_END;
}

gv_err gv_calendar_check(const struct gv_calendar *calendar)
{
    int32_t free_from = calendar->from_day;

    if (!cadence_known(calendar->cadence) || calendar->from_day > calendar->to_day ||
        (int64_t)calendar->to_day - calendar->from_day >= GV_CALENDAR_MAX_DAYS)
        return GV_EBADMSG;
    if (calendar->grace_days < 0 || calendar->grace_days > GV_CALENDAR_MAX_DAYS)
        return GV_EBADMSG;
    for (size_t i = 0; i < calendar->window_count; i++) {
        const struct gv_window *window = &calendar->windows[i];

        if (!cadence_known(window->cadence) || window->from_day > window->to_day ||
            window->from_day < free_from || window->to_day > calendar->to_day)
            return GV_EBADMSG;
        free_from = window->to_day + 1;
    }
    return GV_OK;
}

/* Last day of the calendar period of `months` months (1, 3, 6, 12) that holds the day. */
static int32_t month_period_end(int32_t day, int months)
{
    int year, month, mday, last;

    gv_day_to_ymd(day, &year, &month, &mday);
    last = (month - 1) / months * months + months;
    return last == 12 ? gv_day_from_ymd(year, 12, 31) : gv_day_from_ymd(year, last + 1, 1) - 1;
}

static int32_t period_end(enum gv_cadence cadence, int32_t day, int32_t piece_end)
{
    switch (cadence) {
    case GV_CADENCE_DAILY:
        return day;
    case GV_CADENCE_WEEKLY:
        return day + 6 - gv_day_weekday(day);
    case GV_CADENCE_MONTHLY:
        return month_period_end(day, 1);
    case GV_CADENCE_QUARTERLY:
        return month_period_end(day, 3);
    case GV_CADENCE_HALF_YEARLY:
        return month_period_end(day, 6);
    case GV_CADENCE_YEARLY:
        return month_period_end(day, 12);
    case GV_CADENCE_NONE:
    case GV_CADENCE_ONCE:
    case GV_CADENCE_END:
        break;
    }
    return piece_end;
}

static void add(struct sink *sink, int32_t first, int32_t last)
{
    if (sink->count < sink->cap)
        sink->out[sink->count] = (struct gv_occurrence){first, last, last + sink->grace_days};
    sink->count++;
}

static void cut_piece(struct sink *sink, enum gv_cadence cadence, int32_t from, int32_t to)
{
    if (cadence == GV_CADENCE_NONE)
        return;
    while (from <= to) {
        int32_t last = period_end(cadence, from, to);

        if (last > to)
            last = to;
        add(sink, from, last);
        from = last + 1;
    }
}

gv_err gv_calendar_occurrences(const struct gv_calendar *calendar, struct gv_occurrence *out,
                               size_t cap, size_t *count)
{
    struct sink sink = {out, cap, 0, calendar->grace_days};
    int32_t from = calendar->from_day;
    gv_err err = gv_calendar_check(calendar);

    if (err != GV_OK)
        return err;
    for (size_t i = 0; i < calendar->window_count; i++) {
        const struct gv_window *window = &calendar->windows[i];

        cut_piece(&sink, calendar->cadence, from, window->from_day - 1);
        cut_piece(&sink, window->cadence, window->from_day, window->to_day);
        from = window->to_day + 1;
    }
    cut_piece(&sink, calendar->cadence, from, calendar->to_day);
    *count = sink.count;
    return sink.count > cap ? GV_ETOOBIG : GV_OK;
}
