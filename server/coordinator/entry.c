/* entry.c - the table of report kinds, and what each puts into its ledger row. */
#include "coordinator/entry.h"

#include <assert.h>
#include <string.h>

#include "base/clock.h"
#include "coordinator/bounds.h"

typedef Giaoviec__V1__IndicatorValue IndicatorValue;

struct entry_kind {
    enum gv_act act;
    /* What is wrong with it for this task, or NULL; puts its facts into the event. */
    const char *(*facts)(const struct gv_report *report, const Giaoviec__V1__Task *task,
                         gv_arena *arena, struct gv_event *event);
};

static const char *take_values(IndicatorValue *const *values, size_t count,
                               const Giaoviec__V1__Task *task, gv_arena *arena,
                               struct gv_event *event)
{
    struct gv_event_value *list = gv_arena_alloc(arena, (count + 1) * sizeof *list);
    int32_t today = gv_day_of(event->business_us);

    if (list == NULL)
        return "larger than allowed";
    for (size_t i = 0; i < count; i++) {
        bool known = false;

        for (size_t k = 0; k < task->n_indicators && !known; k++)
            known = strcmp(task->indicators[k]->code, values[i]->code) == 0;
        if (!known)
            return "an indicator that the task does not have";
        if (!day_holds(values[i]->as_of_day))
            return "no such day";
        if (values[i]->as_of_day > today + 1) /* it would stand before all figures until then */
            return "a day that has not come";
        list[i] = (struct gv_event_value){values[i]->code, values[i]->value, values[i]->not_known,
                                          values[i]->as_of_day};
    }
    event->values = list;
    event->value_count = count;
    return NULL;
}

static const char *accept_facts(const struct gv_report *report, const Giaoviec__V1__Task *task,
                                gv_arena *arena, struct gv_event *event)
{
    (void)task;
    (void)arena;
    event->person = report->accept->person;
    event->narrative = report->accept->note[0] != '\0' ? report->accept->note : NULL;
    return NULL;
}

static const char *return_facts(const struct gv_report *report, const Giaoviec__V1__Task *task,
                                gv_arena *arena, struct gv_event *event)
{
    (void)task;
    (void)arena;
    event->narrative = report->returned->reason;
    return NULL;
}

static const char *status_facts(const struct gv_report *report, const Giaoviec__V1__Task *task,
                                gv_arena *arena, struct gv_event *event)
{
    const Giaoviec__V1__Status *status = report->status;
    int32_t *days = gv_arena_alloc(arena, (status->n_periods + 1) * sizeof *days);

    if (days == NULL)
        return "larger than allowed";
    for (size_t i = 0; i < status->n_periods; i++) {
        days[i] = status->periods[i]->period_day;
        if (!day_holds(days[i]))
            return "no such day";
    }
    event->periods = days;
    event->period_count = status->n_periods;
    event->progress = (int32_t)status->progress;
    event->narrative = status->narrative[0] != '\0' ? status->narrative : NULL;
    return take_values(status->values, status->n_values, task, arena, event);
}

static const char *submit_facts(const struct gv_report *report, const Giaoviec__V1__Task *task,
                                gv_arena *arena, struct gv_event *event)
{
    const Giaoviec__V1__Submit *submit = report->submit;

    event->narrative = submit->narrative[0] != '\0' ? submit->narrative : NULL;
    return take_values(submit->values, submit->n_values, task, arena, event);
}

static const char *attest_facts(const struct gv_report *report, const Giaoviec__V1__Task *task,
                                gv_arena *arena, struct gv_event *event)
{
    const Giaoviec__V1__Attest *attest = report->attest;
    struct gv_event_attest *facts = gv_arena_alloc(arena, sizeof *facts);

    if (facts == NULL)
        return "larger than allowed";
    if (attest->clause >= task->n_attestations)
        return "a clause that the task does not have";
    *facts = (struct gv_event_attest){attest->clause,
                                      attest->person,
                                      attest->compliant,
                                      (uint32_t)attest->n_exceptions,
                                      (uint32_t)attest->n_permits,
                                      (uint32_t)attest->n_breaches};
    event->attest = facts;
    return NULL;
}

/* By ReportKind; gv_report_open() knows no other kinds. */
static const struct entry_kind kinds[] = {
    [GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT] = {GV_ACT_ACCEPT, accept_facts},
    [GIAOVIEC__V1__REPORT_KIND__REPORT_RETURN] = {GV_ACT_RETURN, return_facts},
    [GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS] = {GV_ACT_REPORT, status_facts},
    [GIAOVIEC__V1__REPORT_KIND__REPORT_SUBMIT] = {GV_ACT_SUBMIT, submit_facts},
    [GIAOVIEC__V1__REPORT_KIND__REPORT_ATTEST] = {GV_ACT_ATTEST, attest_facts},
};

void entry_read(struct gv_slice bytes, gv_arena *arena, struct entry *out)
{
    *out = (struct entry){.bytes = bytes};
    out->err = gv_report_open(bytes, arena, &out->report);
    out->named = out->report.epoch > 0 && out->report.epoch <= INT32_MAX &&
                 !gv_id_is_zero(&out->report.assignment);
    if (out->err == GV_OK && !time_holds(out->report.time_us))
        out->err = GV_EBADMSG;
    if (out->err != GV_OK)
        return;
    assert(out->report.kind < sizeof kinds / sizeof kinds[0]);
    out->kind = &kinds[out->report.kind];
}

static uint32_t disposition_of(gv_err err)
{
    switch (err) {
    case GV_OK:
        return GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_APPLIED;
    case GV_ESTALE:
        return GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_STALE;
    case GV_EUNSUPPORTED:
        return GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_UNSUPPORTED;
    default:
        return GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_REFUSED;
    }
}

void entry_refuse(const struct entry *entry, gv_err err, const char *text, int64_t business_us,
                  struct gv_event *event)
{
    event->business_us = business_us;
    event->disposition = disposition_of(err);
    event->error = err;
    event->text = text;
    /* What cannot be is left out: the entry itself stays as evidence. */
    event->entry_kind = entry->report.kind <= INT32_MAX ? entry->report.kind : 0;
    event->signed_us = time_holds(entry->report.time_us) ? entry->report.time_us : 0;
    if (entry->named) {
        event->has_assignment = true;
        event->assignment = entry->report.assignment;
        event->epoch = entry->report.epoch;
    }
}

void entry_decide(const struct entry *entry, struct gv_assignment_row *row, const struct task *task,
                  int64_t business_us, gv_arena *arena, struct gv_event *event)
{
    struct gv_act_facts facts = {.received_us = business_us};
    const char *wrong;
    gv_err err = entry->err;

    if (err == GV_OK && row == NULL)
        err = GV_ENOTFOUND;
    if (err != GV_OK) {
        entry_refuse(entry, err, gv_err_text(err), business_us, event);
        return;
    }
    entry_refuse(entry, GV_OK, NULL, business_us, event);
    event->row = row;
    wrong = entry->kind->facts(&entry->report, task->task, arena, event);
    if (wrong != NULL) {
        entry_refuse(entry, GV_EBADMSG, wrong, business_us, event);
        return;
    }
    facts.act = entry->kind->act;
    facts.epoch = entry->report.epoch;
    facts.signed_us = entry->report.time_us;
    err = changes_decide(row, &facts, event);
    if (err != GV_OK)
        entry_refuse(entry, err, gv_err_text(err), business_us, event);
}
