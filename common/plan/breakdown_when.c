/* breakdown_when.c - the dates of a task: due date, reporting calendar, attestation clauses. */
#include <string.h>

#include "base/clock.h"
#include "domain/calendar.h"
#include "plan/loader.h"

static const char *const cadences[GV_CADENCE_END] = {
    [GV_CADENCE_NONE] = "none",
    [GV_CADENCE_ONCE] = "once",
    [GV_CADENCE_DAILY] = "daily",
    [GV_CADENCE_WEEKLY] = "weekly",
    [GV_CADENCE_MONTHLY] = "monthly",
    [GV_CADENCE_QUARTERLY] = "quarterly",
    [GV_CADENCE_HALF_YEARLY] = "half-yearly",
    [GV_CADENCE_YEARLY] = "yearly",
};

/* Nothing is asked for a day before the letter. */
static bool check_not_before_letter(struct gv_loader *l, yaml_node_t *node, int32_t day)
{
    char letter[11];

    if (!l->letter_day_known || day >= l->letter_day)
        return true;
    gv_day_format(l->letter_day, letter);
    gv_yaml_problem(&l->y, node, "ngày này trước ngày của công văn (%s); hãy xem lại",
                    "this day is before the letter's (%s); look again", letter);
    return false;
}

void gv_load_due(struct gv_loader *l, yaml_node_t *node, uint32_t origin, Giaoviec__V1__Task *task)
{
    Giaoviec__V1__Due *due;
    int32_t day;

    if (!gv_yaml_day(&l->y, node, &day) || !check_not_before_letter(l, node, day))
        return;
    due = gv_yaml_alloc(&l->y, 1, sizeof *due);
    if (due == NULL)
        return;
    giaoviec__v1__due__init(due);
    due->due_us = gv_day_end_us(day);
    due->origin = origin;
    task->due = due;
}

/* from and to of a mapping. false: a problem was said. */
static bool load_range(struct gv_loader *l, yaml_node_t *from, yaml_node_t *to, int32_t *from_day,
                       int32_t *to_day)
{
    bool first = from != NULL && gv_yaml_day(&l->y, from, from_day);
    bool last = to != NULL && gv_yaml_day(&l->y, to, to_day);

    if (!first || !last)
        return false;
    if (*from_day > *to_day) {
        gv_yaml_problem(&l->y, to, "«to» trước «from»; hãy đổi chỗ",
                        "\"to\" is before \"from\"; change them round");
        return false;
    }
    if ((int64_t)*to_day - *from_day >= GV_CALENDAR_MAX_DAYS) {
        gv_yaml_problem(&l->y, to, "dài quá mười năm; hãy xem lại năm",
                        "longer than ten years; look at the year");
        return false;
    }
    return true;
}

static bool load_cadence(struct gv_loader *l, yaml_node_t *node, uint32_t *out)
{
    return node != NULL && gv_yaml_word(&l->y, node, cadences, GV_CADENCE_END, out);
}

/* ---- calendar ---------------------------------------------------------------------------------
 */

static bool load_window(struct gv_loader *l, yaml_node_t *node,
                        const Giaoviec__V1__Calendar *calendar, int32_t free_from,
                        Giaoviec__V1__Window *out)
{
    static const struct gv_yaml_key keys[] = {
        {"name", true}, {"from", true}, {"to", true}, {"cadence", true}};
    yaml_node_t *v[4];
    bool good = gv_yaml_map(&l->y, node, keys, 4, v);

    out->name = (char *)gv_yaml_text(&l->y, v[0], 200);
    good = load_range(l, v[1], v[2], &out->from_day, &out->to_day) && good;
    good = load_cadence(l, v[3], &out->cadence) && good;
    if (!good)
        return false;
    if (out->from_day < calendar->from_day || out->to_day > calendar->to_day) {
        gv_yaml_problem(&l->y, node, "đợt này nằm ngoài «from»–«to» của lịch; hãy sửa ngày",
                        "this window lies outside the calendar's from and to; correct the days");
        return false;
    }
    if (out->from_day < free_from) {
        gv_yaml_problem(
            &l->y, node,
            "đợt này trùng hoặc đứng trước đợt trên; hãy xếp theo ngày, không trùng nhau",
            "this window overlaps or precedes the one above; order them by date, apart");
        return false;
    }
    return true;
}

static bool load_windows(struct gv_loader *l, yaml_node_t *node, Giaoviec__V1__Calendar *calendar)
{
    size_t count = gv_yaml_list(&l->y, node, GV_BREAKDOWN_MAX_WINDOWS, false);
    Giaoviec__V1__Window **all = gv_yaml_alloc(&l->y, count, sizeof(void *));
    int32_t free_from = calendar->from_day;
    bool good = count > 0;

    for (size_t i = 0; all != NULL && i < count; i++) {
        all[i] = gv_yaml_alloc(&l->y, 1, sizeof **all);
        if (all[i] == NULL)
            return false;
        giaoviec__v1__window__init(all[i]);
        if (load_window(l, gv_yaml_item(&l->y, node, i), calendar, free_from, all[i]))
            free_from = all[i]->to_day + 1;
        else
            good = false;
    }
    calendar->windows = all;
    calendar->n_windows = all != NULL ? count : 0;
    return good;
}

/* The rules of domain/calendar.h, and that something is asked, but not too often. */
static void check_periods(struct gv_loader *l, yaml_node_t *node, const Giaoviec__V1__Calendar *in)
{
    static const size_t max = GV_BREAKDOWN_MAX_PERIODS;
    struct gv_window windows[GV_BREAKDOWN_MAX_WINDOWS];
    struct gv_calendar calendar = {
        (enum gv_cadence)in->cadence, in->from_day, in->to_day, windows, in->n_windows,
        (int32_t)in->grace_days};
    size_t count = 0;
    gv_err err;

    for (size_t i = 0; i < in->n_windows; i++)
        windows[i] = (struct gv_window){in->windows[i]->from_day, in->windows[i]->to_day,
                                        (enum gv_cadence)in->windows[i]->cadence};
    err = gv_calendar_occurrences(&calendar, NULL, 0, &count);
    if (err != GV_OK && err != GV_ETOOBIG)
        gv_yaml_problem(&l->y, node, "lịch không dùng được; hãy xem lại ngày và đợt",
                        "the calendar does not work; look at its days and windows");
    else if (count == 0)
        gv_yaml_problem(&l->y, node,
                        "lịch không có kỳ báo cáo nào; hãy đặt «cadence», hoặc thêm «windows»",
                        "the calendar has no period; set its cadence or add windows");
    else if (count > max)
        gv_yaml_problem(&l->y, node, "lịch có %zu kỳ báo cáo, tối đa %zu; hãy giãn ra",
                        "the calendar has %zu periods, at most %zu; make it sparser", count, max);
}

void gv_load_calendar(struct gv_loader *l, yaml_node_t *node, uint32_t origin,
                      Giaoviec__V1__Task *task)
{
    static const struct gv_yaml_key keys[] = {
        {"cadence", true}, {"from", true}, {"to", true}, {"grace_days", false}, {"windows", false}};
    Giaoviec__V1__Calendar *calendar = gv_yaml_alloc(&l->y, 1, sizeof *calendar);
    yaml_node_t *v[5];
    bool good;

    if (calendar == NULL)
        return;
    giaoviec__v1__calendar__init(calendar);
    good = gv_yaml_map(&l->y, node, keys, 5, v);
    good = load_cadence(l, v[0], &calendar->cadence) && good;
    good = load_range(l, v[1], v[2], &calendar->from_day, &calendar->to_day) && good;
    good = good && check_not_before_letter(l, v[1], calendar->from_day);
    if (v[3] != NULL)
        good = gv_yaml_number(&l->y, v[3], 0, 60, &calendar->grace_days) && good;
    if (good && v[4] != NULL)
        good = load_windows(l, v[4], calendar);
    if (good && calendar->cadence == GV_CADENCE_ONCE && calendar->n_windows > 0) {
        gv_yaml_problem(
            &l->y, v[0],
            "«once» không đi cùng «windows»: mỗi đợt sẽ cắt lịch làm hai kỳ; hãy dùng «none»",
            "\"once\" does not go with windows: each would cut it in two; use \"none\"");
        good = false;
    }
    if (!good)
        return;
    calendar->origin = origin;
    check_periods(l, node, calendar);
    task->calendar = calendar;
}

/* ---- attestation ------------------------------------------------------------------------------
 */

static void load_clause(struct gv_loader *l, yaml_node_t *node, uint32_t origin, uint32_t item,
                        Giaoviec__V1__Attestation *out)
{
    static const struct gv_yaml_key keys[] = {
        {"clause", true},      {"from", true},     {"to", true},      {"due", true},
        {"exceptions", false}, {"permits", false}, {"origin", false},
    };
    yaml_node_t *v[7];
    bool flag;

    (void)gv_yaml_map(&l->y, node, keys, 7, v);
    out->origin = gv_load_origin(l, v[6], origin);
    if (v[0] != NULL && out->origin == GIAOVIEC__V1__ORIGIN__ORIGIN_LETTER) {
        const char *words = gv_load_words(l, v[0], item, 0, NULL);

        out->clause = words != NULL ? (char *)words : (char *)"";
    } else {
        out->clause = (char *)gv_yaml_text(&l->y, v[0], 1000);
    }
    if (v[4] != NULL && gv_yaml_bool(&l->y, v[4], &flag))
        out->exceptions = flag;
    if (v[5] != NULL && gv_yaml_bool(&l->y, v[5], &flag))
        out->permits = flag;
    if (!load_range(l, v[1], v[2], &out->from_day, &out->to_day) ||
        !check_not_before_letter(l, v[1], out->from_day) || v[3] == NULL ||
        !gv_yaml_day(&l->y, v[3], &out->due_day))
        return;
    if (out->due_day < out->to_day)
        gv_yaml_problem(&l->y, v[3],
                        "hạn xác nhận trước khi hết thời gian phải chấp hành; hãy lùi hạn",
                        "attested before its time is over; set a later due");
}

void gv_load_attest(struct gv_loader *l, yaml_node_t *node, uint32_t origin,
                    Giaoviec__V1__Task *task)
{
    size_t count = gv_yaml_list(&l->y, node, GV_BREAKDOWN_MAX_ATTEST, false);
    Giaoviec__V1__Attestation **all = gv_yaml_alloc(&l->y, count, sizeof(void *));

    for (size_t i = 0; all != NULL && i < count; i++) {
        all[i] = gv_yaml_alloc(&l->y, 1, sizeof **all);
        if (all[i] == NULL)
            return;
        giaoviec__v1__attestation__init(all[i]);
        load_clause(l, gv_yaml_item(&l->y, node, i), origin, task->item, all[i]);
    }
    task->attestations = all;
    task->n_attestations = all != NULL ? count : 0;
}
