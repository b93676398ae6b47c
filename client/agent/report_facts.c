/*
 * report_facts.c - what a status document says of an assignment's work: status, attestations, a
 * result. Only what differs from what was reported before.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/work_part.h"
#include "base/clock.h"
#include "crypto/hash.h"

/* ---- values, shared by status and submission ---- */

static gv_err known_code(struct maker *m, const char *code, bool *known)
{
    *known = true;
    for (size_t i = 0; i < m->item->code_count; i++) {
        if (strcmp(m->item->codes[i], code) == 0)
            return GV_OK;
    }
    *known = false;
    return report_note(m, GV_WORK_UNKNOWN_INDICATOR, code);
}

static Giaoviec__V1__IndicatorValue *value_message(struct maker *m,
                                                   const struct gv_status_value *value)
{
    const struct gv_status *status = m->document->status;
    Giaoviec__V1__IndicatorValue *out = gv_arena_alloc(m->result->arena, sizeof *out);

    if (out == NULL)
        return NULL;
    giaoviec__v1__indicator_value__init(out);
    out->code = (char *)value->code;
    if (value->value != NULL)
        out->value = (char *)value->value;
    out->not_known = value->value == NULL;
    out->as_of_day = status->has_as_of ? status->as_of : gv_day_of(m->now->time_us);
    return out;
}

/* What tells one value of an indicator from another: not its day. */
static const char *value_text(const Giaoviec__V1__IndicatorValue *value)
{
    return value->not_known ? "null" : value->value;
}

/* ---- status ---- */

struct status_maker {
    struct maker *m;
    Giaoviec__V1__Status body;
    struct said *facts; /* room for everything that a document's task can hold */
    size_t fact_count;
};

static void remember(struct status_maker *s, const char *name, const gv_id *digest)
{
    struct said *fact = &s->facts[s->fact_count++];

    snprintf(fact->name, sizeof fact->name, "%s", name);
    fact->digest = *digest;
}

static void add_progress(struct status_maker *s)
{
    char name[SENT_NAME_MAX], text[16];
    const char *texts[1] = {text};
    gv_id digest;

    if (s->m->task->progress < 0)
        return;
    snprintf(text, sizeof text, "%d", s->m->task->progress);
    report_digest(texts, 1, &digest);
    if (report_was_sent(s->m->item, report_name(s->m, "progress", NULL, name, sizeof name),
                        &digest))
        return;
    s->body.progress = (uint32_t)s->m->task->progress + 1;
    remember(s, name, &digest);
}

static void add_narrative(struct status_maker *s)
{
    char name[SENT_NAME_MAX];
    gv_id digest;

    if (s->m->task->narrative == NULL)
        return;
    report_digest(&s->m->task->narrative, 1, &digest);
    if (report_was_sent(s->m->item, report_name(s->m, "narrative", NULL, name, sizeof name),
                        &digest))
        return;
    s->body.narrative = (char *)s->m->task->narrative;
    remember(s, name, &digest);
}

static gv_err add_values(struct status_maker *s)
{
    const struct gv_status_values *values = &s->m->task->values;

    if (values->count == 0)
        return GV_OK;
    s->body.values =
        gv_arena_alloc(s->m->result->arena, values->count * sizeof(Giaoviec__V1__IndicatorValue *));
    if (s->body.values == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < values->count; i++) {
        const struct gv_status_value *value = &values->list[i];
        const char *texts[1] = {value->value != NULL ? value->value : "null"};
        char name[SENT_NAME_MAX];
        gv_id digest;
        bool known;
        gv_err err = known_code(s->m, value->code, &known);

        if (err != GV_OK)
            return err;
        report_digest(texts, 1, &digest);
        report_name(s->m, "value", value->code, name, sizeof name);
        if (!known || report_was_sent(s->m->item, name, &digest))
            continue;
        s->body.values[s->body.n_values] = value_message(s->m, value);
        if (s->body.values[s->body.n_values++] == NULL)
            return GV_ENOMEM;
        remember(s, name, &digest);
    }
    return GV_OK;
}

static bool is_said(const struct status_maker *s, const char *name)
{
    for (size_t i = 0; i < s->fact_count; i++) {
        if (strcmp(s->facts[i].name, name) == 0)
            return true;
    }
    return false;
}

/* A period that was done stays done, whichever source said so. */
static gv_err add_periods(struct status_maker *s)
{
    const struct gv_status_task *task = s->m->task;
    static const char *const done[1] = {"done"};
    gv_id digest;

    if (task->period_count == 0)
        return GV_OK;
    s->body.periods = gv_arena_alloc(s->m->result->arena,
                                     task->period_count * sizeof(Giaoviec__V1__PeriodDone *));
    if (s->body.periods == NULL)
        return GV_ENOMEM;
    report_digest(done, 1, &digest);
    for (size_t i = 0; i < task->period_count; i++) {
        Giaoviec__V1__PeriodDone *period;
        char name[SENT_NAME_MAX];

        snprintf(name, sizeof name, "period/%" PRId32, task->periods[i]);
        if (report_was_sent(s->m->item, name, &digest) || is_said(s, name))
            continue;
        period = gv_arena_alloc(s->m->result->arena, sizeof *period);
        if (period == NULL)
            return GV_ENOMEM;
        giaoviec__v1__period_done__init(period);
        period->period_day = task->periods[i];
        s->body.periods[s->body.n_periods++] = period;
        remember(s, name, &digest);
    }
    return GV_OK;
}

static gv_err try_status(struct maker *m)
{
    struct status_maker s = {.m = m};
    gv_err err;

    giaoviec__v1__status__init(&s.body);
    s.facts = gv_arena_alloc(m->result->arena,
                             (2 + m->task->values.count + m->task->period_count) * sizeof *s.facts);
    if (s.facts == NULL)
        return GV_ENOMEM;
    add_progress(&s);
    add_narrative(&s);
    err = add_values(&s);
    if (err == GV_OK)
        err = add_periods(&s);
    if (err != GV_OK || s.fact_count == 0)
        return err;
    return report_add(m, GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS, GV_ACT_REPORT, &s.body.base,
                      s.facts, s.fact_count);
}

/* ---- attestations ---- */

static gv_err attest_notes(gv_arena *arena, const struct gv_status_notes *notes,
                           Giaoviec__V1__AttestException ***out, size_t *count)
{
    if (notes->count == 0)
        return GV_OK;
    *out = gv_arena_alloc(arena, notes->count * sizeof(Giaoviec__V1__AttestException *));
    if (*out == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < notes->count; i++) {
        Giaoviec__V1__AttestException *one = gv_arena_alloc(arena, sizeof *one);

        if (one == NULL)
            return GV_ENOMEM;
        giaoviec__v1__attest_exception__init(one);
        one->text = (char *)notes->list[i].text;
        one->day = notes->list[i].has_day ? notes->list[i].day : 0;
        (*out)[i] = one;
    }
    *count = notes->count;
    return GV_OK;
}

static gv_err attest_digest(const Giaoviec__V1__Attest *body, gv_arena *arena, gv_id *out)
{
    struct gv_slice packed;
    gv_hash hash;
    gv_err err = report_pack(arena, &body->base, &packed);

    if (err != GV_OK)
        return err;
    gv_hash_of(WORK_CTX_SENT, &packed, 1, &hash);
    memcpy(out->b, hash.b, sizeof out->b);
    return GV_OK;
}

static gv_err try_attest(struct maker *m, const struct gv_status_attest *attest)
{
    Giaoviec__V1__Attest body = GIAOVIEC__V1__ATTEST__INIT;
    const char *person = attest->person != NULL ? attest->person : report_person(m);
    gv_arena *arena = m->result->arena;
    struct said fact;
    char number[16];
    gv_err err;

    snprintf(number, sizeof number, "%" PRIu32, attest->clause);
    if (attest->clause >= m->item->clause_count) {
        char *which = gv_arena_strdup(arena, number);

        return which == NULL ? GV_ENOMEM : report_note(m, GV_WORK_UNKNOWN_CLAUSE, which);
    }
    if (person == NULL)
        return report_note(m, GV_WORK_NO_PERSON, "");
    body.clause = attest->clause;
    body.person = (char *)person;
    body.compliant = attest->compliant;
    err = attest_notes(arena, &attest->exceptions, &body.exceptions, &body.n_exceptions);
    if (err == GV_OK)
        err = attest_notes(arena, &attest->permits, &body.permits, &body.n_permits);
    if (err == GV_OK)
        err = attest_notes(arena, &attest->breaches, &body.breaches, &body.n_breaches);
    if (err == GV_OK)
        err = attest_digest(&body, arena, &fact.digest);
    if (err != GV_OK)
        return err;
    report_name(m, "attest", number, fact.name, sizeof fact.name);
    if (report_was_sent(m->item, fact.name, &fact.digest))
        return GV_OK;
    return report_add(m, GIAOVIEC__V1__REPORT_KIND__REPORT_ATTEST, GV_ACT_ATTEST, &body.base, &fact,
                      1);
}

/* ---- submission ---- */

/* Of what is submitted, without the day: the same result is not submitted twice. */
static gv_err submit_digest(const Giaoviec__V1__Submit *body, gv_arena *arena, gv_id *out)
{
    size_t count = 1 + 2 * body->n_values;
    struct gv_slice *parts = gv_arena_alloc(arena, count * sizeof *parts);
    gv_hash hash;

    if (parts == NULL)
        return GV_ENOMEM;
    parts[0] = (struct gv_slice){(const uint8_t *)body->narrative, strlen(body->narrative)};
    for (size_t i = 0; i < body->n_values; i++) {
        const char *code = body->values[i]->code, *text = value_text(body->values[i]);

        parts[1 + 2 * i] = (struct gv_slice){(const uint8_t *)code, strlen(code)};
        parts[2 + 2 * i] = (struct gv_slice){(const uint8_t *)text, strlen(text)};
    }
    gv_hash_of(WORK_CTX_SENT, parts, count, &hash);
    memcpy(out->b, hash.b, sizeof out->b);
    return GV_OK;
}

static gv_err submit_values(struct maker *m, Giaoviec__V1__Submit *body)
{
    const struct gv_status_values *values = &m->task->submit_values;

    body->values = gv_arena_alloc(m->result->arena,
                                  (values->count + 1) * sizeof(Giaoviec__V1__IndicatorValue *));
    if (body->values == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < values->count; i++) {
        bool known;
        gv_err err = known_code(m, values->list[i].code, &known);

        if (err != GV_OK)
            return err;
        if (!known)
            continue;
        body->values[body->n_values] = value_message(m, &values->list[i]);
        if (body->values[body->n_values++] == NULL)
            return GV_ENOMEM;
    }
    return GV_OK;
}

static gv_err try_submit(struct maker *m)
{
    Giaoviec__V1__Submit body = GIAOVIEC__V1__SUBMIT__INIT;
    struct said fact;
    gv_err err = submit_values(m, &body);

    if (err != GV_OK)
        return err;
    if (m->task->submit_narrative != NULL)
        body.narrative = (char *)m->task->submit_narrative;
    err = submit_digest(&body, m->result->arena, &fact.digest);
    report_name(m, "submit", NULL, fact.name, sizeof fact.name);
    if (err != GV_OK || report_was_sent(m->item, fact.name, &fact.digest))
        return err;
    if (!report_may(m->item, GV_ACT_SUBMIT))
        return report_note(m, GV_WORK_IS_SUBMITTED, "");
    return report_add(m, GIAOVIEC__V1__REPORT_KIND__REPORT_SUBMIT, GV_ACT_SUBMIT, &body.base, &fact,
                      1);
}

/* ---- what was refused ---- */

/* Whichever source said it; what it says by now has another digest. */
static void untell(struct gv_work_item *item, const char *what, const char *which,
                   const gv_id *digest)
{
    char name[SENT_NAME_MAX];

    snprintf(name, sizeof name, "/%s%s%s", what, which != NULL ? "/" : "",
             which != NULL ? which : "");
    for (size_t i = 0; i < item->sent_count; i++) {
        struct gv_sent *sent = &item->sent[i];
        const char *slash = strchr(sent->name, '/');

        if (slash != NULL && strcmp(slash, name) == 0 && gv_id_eq(&sent->digest, digest))
            sent->gone = true;
    }
}

static void untell_text(struct gv_work_item *item, const char *what, const char *which,
                        const char *text)
{
    gv_id digest;

    report_digest(&text, 1, &digest);
    untell(item, what, which, &digest);
}

static void untell_status(struct gv_work_item *item, const Giaoviec__V1__Status *status)
{
    char text[SENT_NAME_MAX];

    snprintf(text, sizeof text, "%" PRId64, (int64_t)status->progress - 1);
    untell_text(item, "progress", NULL, text);
    untell_text(item, "narrative", NULL, status->narrative);
    for (size_t i = 0; i < status->n_values; i++)
        untell_text(item, "value", status->values[i]->code, value_text(status->values[i]));
    for (size_t i = 0; i < status->n_periods; i++) {
        struct gv_sent *sent;

        snprintf(text, sizeof text, "period/%" PRId32, status->periods[i]->period_day);
        sent = work_sent_find(item, text);
        if (sent != NULL)
            sent->gone = true;
    }
}

gv_err report_untell(struct gv_work_item *item, const struct gv_report *report, gv_err error,
                     gv_arena *arena)
{
    gv_id digest;
    gv_err err = GV_OK;

    if (report->status != NULL)
        untell_status(item, report->status);
    if (report->submit != NULL && error != GV_ESTATE) {
        err = submit_digest(report->submit, arena, &digest);
        if (err == GV_OK)
            untell(item, "submit", NULL, &digest);
    }
    if (report->attest != NULL) {
        char clause[16];

        snprintf(clause, sizeof clause, "%" PRIu32, report->attest->clause);
        err = attest_digest(report->attest, arena, &digest);
        if (err == GV_OK)
            untell(item, "attest", clause, &digest);
    }
    return err;
}

/* ---- all of it ---- */

gv_err report_facts(struct maker *m)
{
    gv_err err;

    if (m->task == NULL || !report_may(m->item, GV_ACT_REPORT))
        return GV_OK; /* not accepted yet, or over */
    err = try_status(m);
    for (size_t i = 0; i < m->task->attest_count && err == GV_OK; i++)
        err = try_attest(m, &m->task->attests[i]);
    if (err == GV_OK && m->task->submit)
        err = try_submit(m);
    return err;
}
