/* entry.c - the table of report kinds, and what each puts into its ledger row. */
#include "coordinator/entry.h"

#include <string.h>

#include "wire/pb_arena.h"

#define LIST_MAX    1000 /* values, periods, exceptions of one entry */
#define DECIMAL_MAX 40

typedef Giaoviec__V1__IndicatorValue IndicatorValue;

struct entry_kind {
    enum gv_act act;
    const ProtobufCMessageDescriptor *body;
    /* What is wrong with the body whatever the state, or NULL. */
    const char *(*check)(const ProtobufCMessage *body);
    /* What is wrong with it for this task, or NULL; puts its facts into the event. */
    const char *(*facts)(const ProtobufCMessage *body, const Giaoviec__V1__Task *task,
                         gv_arena *arena, struct gv_event *event);
};

static bool is_decimal(const char *s)
{
    size_t digits = 0, points = 0, len = strlen(s);

    if (len > DECIMAL_MAX)
        return false;
    for (size_t i = s[0] == '-' ? 1 : 0; i < len; i++) {
        if (s[i] >= '0' && s[i] <= '9')
            digits++;
        else if (s[i] == '.' && digits > 0 && i + 1 < len)
            points++;
        else
            return false;
    }
    return digits > 0 && points <= 1;
}

static const char *check_values(IndicatorValue *const *values, size_t count)
{
    if (count > LIST_MAX)
        return "too many values";
    for (size_t i = 0; i < count; i++) {
        if (values[i]->code[0] == '\0')
            return "a value without an indicator";
        if (values[i]->not_known ? values[i]->value[0] != '\0' : !is_decimal(values[i]->value))
            return "a value that is not a decimal number";
    }
    return NULL;
}

static const char *take_values(IndicatorValue *const *values, size_t count,
                               const Giaoviec__V1__Task *task, gv_arena *arena,
                               struct gv_event *event)
{
    struct gv_event_value *list = gv_arena_alloc(arena, (count + 1) * sizeof *list);

    if (list == NULL)
        return "larger than allowed";
    for (size_t i = 0; i < count; i++) {
        bool known = false;

        for (size_t k = 0; k < task->n_indicators && !known; k++)
            known = strcmp(task->indicators[k]->code, values[i]->code) == 0;
        if (!known)
            return "an indicator that the task does not have";
        for (size_t k = 0; k < i; k++) {
            if (strcmp(values[k]->code, values[i]->code) == 0)
                return "an indicator twice";
        }
        list[i] = (struct gv_event_value){values[i]->code, values[i]->value, values[i]->not_known,
                                          values[i]->as_of_day};
    }
    event->values = list;
    event->value_count = count;
    return NULL;
}

static const char *check_accept(const ProtobufCMessage *body)
{
    return ((const Giaoviec__V1__Accept *)body)->person[0] == '\0' ? "no person in charge is named"
                                                                   : NULL;
}

static const char *accept_facts(const ProtobufCMessage *body, const Giaoviec__V1__Task *task,
                                gv_arena *arena, struct gv_event *event)
{
    const Giaoviec__V1__Accept *accept = (const Giaoviec__V1__Accept *)body;

    (void)task;
    (void)arena;
    event->person = accept->person;
    event->narrative = accept->note[0] != '\0' ? accept->note : NULL;
    return NULL;
}

static const char *check_return(const ProtobufCMessage *body)
{
    return ((const Giaoviec__V1__Return *)body)->reason[0] == '\0' ? "no reason is given" : NULL;
}

static const char *return_facts(const ProtobufCMessage *body, const Giaoviec__V1__Task *task,
                                gv_arena *arena, struct gv_event *event)
{
    (void)task;
    (void)arena;
    event->narrative = ((const Giaoviec__V1__Return *)body)->reason;
    return NULL;
}

static const char *check_status(const ProtobufCMessage *body)
{
    const Giaoviec__V1__Status *status = (const Giaoviec__V1__Status *)body;

    if (status->progress > 101)
        return "progress is more than 100 percent";
    if (status->n_periods > LIST_MAX)
        return "too many periods";
    return check_values(status->values, status->n_values);
}

static const char *status_facts(const ProtobufCMessage *body, const Giaoviec__V1__Task *task,
                                gv_arena *arena, struct gv_event *event)
{
    const Giaoviec__V1__Status *status = (const Giaoviec__V1__Status *)body;
    int32_t *days = gv_arena_alloc(arena, (status->n_periods + 1) * sizeof *days);

    if (days == NULL)
        return "larger than allowed";
    for (size_t i = 0; i < status->n_periods; i++)
        days[i] = status->periods[i]->period_day;
    event->periods = days;
    event->period_count = status->n_periods;
    event->progress = (int32_t)status->progress;
    event->narrative = status->narrative[0] != '\0' ? status->narrative : NULL;
    return take_values(status->values, status->n_values, task, arena, event);
}

static const char *check_submit(const ProtobufCMessage *body)
{
    const Giaoviec__V1__Submit *submit = (const Giaoviec__V1__Submit *)body;

    return check_values(submit->values, submit->n_values);
}

static const char *submit_facts(const ProtobufCMessage *body, const Giaoviec__V1__Task *task,
                                gv_arena *arena, struct gv_event *event)
{
    const Giaoviec__V1__Submit *submit = (const Giaoviec__V1__Submit *)body;

    event->narrative = submit->narrative[0] != '\0' ? submit->narrative : NULL;
    return take_values(submit->values, submit->n_values, task, arena, event);
}

static const char *check_attest(const ProtobufCMessage *body)
{
    const Giaoviec__V1__Attest *attest = (const Giaoviec__V1__Attest *)body;

    if (attest->person[0] == '\0')
        return "no person attests";
    if (attest->n_exceptions > LIST_MAX || attest->n_permits > LIST_MAX ||
        attest->n_breaches > LIST_MAX)
        return "too many lines";
    if (attest->compliant && attest->n_breaches > 0)
        return "attested as kept, with breaches";
    return NULL;
}

static const char *attest_facts(const ProtobufCMessage *body, const Giaoviec__V1__Task *task,
                                gv_arena *arena, struct gv_event *event)
{
    const Giaoviec__V1__Attest *attest = (const Giaoviec__V1__Attest *)body;
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

static const struct entry_kind kinds[] = {
    [GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT] = {GV_ACT_ACCEPT, &giaoviec__v1__accept__descriptor,
                                                  check_accept, accept_facts},
    [GIAOVIEC__V1__REPORT_KIND__REPORT_RETURN] = {GV_ACT_RETURN, &giaoviec__v1__return__descriptor,
                                                  check_return, return_facts},
    [GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS] = {GV_ACT_REPORT, &giaoviec__v1__status__descriptor,
                                                  check_status, status_facts},
    [GIAOVIEC__V1__REPORT_KIND__REPORT_SUBMIT] = {GV_ACT_SUBMIT, &giaoviec__v1__submit__descriptor,
                                                  check_submit, submit_facts},
    [GIAOVIEC__V1__REPORT_KIND__REPORT_ATTEST] = {GV_ACT_ATTEST, &giaoviec__v1__attest__descriptor,
                                                  check_attest, attest_facts},
};

static void fail(struct entry *entry, gv_err err, const char *text)
{
    entry->err = err;
    entry->text = text;
}

void entry_read(struct gv_slice bytes, gv_arena *arena, struct entry *out)
{
    Giaoviec__V1__ReportEntry *e;

    *out = (struct entry){.bytes = bytes};
    e = gv_pb_unpack(&giaoviec__v1__report_entry__descriptor, bytes, arena);
    if (e == NULL) {
        fail(out, GV_EBADMSG, "not a report entry");
        return;
    }
    out->entry = e;
    if (e->time_us <= 0 || e->epoch == 0 || e->epoch > INT32_MAX ||
        gv_id_from((struct gv_slice){e->assignment.data, e->assignment.len}, &out->assignment) !=
            GV_OK) {
        fail(out, GV_EBADMSG, "time, epoch or assignment is missing");
        return;
    }
    out->named = true;
    if (e->kind >= sizeof kinds / sizeof kinds[0] || kinds[e->kind].body == NULL) {
        fail(out, GV_EUNSUPPORTED, "a kind of report that is not known here");
        return;
    }
    out->kind = &kinds[e->kind];
    out->body = gv_pb_unpack(out->kind->body, (struct gv_slice){e->body.data, e->body.len}, arena);
    if (out->body == NULL)
        fail(out, GV_EBADMSG, "the report's body is not readable");
    else if ((out->text = out->kind->check(out->body)) != NULL)
        out->err = GV_EBADMSG;
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
    if (entry->entry != NULL) {
        event->entry_kind = entry->entry->kind;
        event->signed_us = entry->entry->time_us;
    }
    if (entry->named) {
        event->has_assignment = true;
        event->assignment = entry->assignment;
        event->epoch = entry->entry->epoch;
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
        entry_refuse(entry, err, entry->text != NULL ? entry->text : gv_err_text(err), business_us,
                     event);
        return;
    }
    entry_refuse(entry, GV_OK, NULL, business_us, event);
    event->row = row;
    wrong = entry->kind->facts(entry->body, task->task, arena, event);
    if (wrong != NULL) {
        entry_refuse(entry, GV_EBADMSG, wrong, business_us, event);
        return;
    }
    facts.act = entry->kind->act;
    facts.epoch = entry->entry->epoch;
    facts.signed_us = entry->entry->time_us;
    err = changes_decide(row, &facts, event);
    if (err != GV_OK)
        entry_refuse(entry, err, gv_err_text(err), business_us, event);
}
