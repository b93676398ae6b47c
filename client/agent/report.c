/*
 * report.c - which reports a status document makes: what differs from what was reported before, and
 * is allowed in the assignment's state (domain/lifecycle.def). What is not allowed yet is not
 * forgotten: it is looked at again with the next document or order.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/work_part.h"
#include "base/buf.h"
#include "base/clock.h"
#include "crypto/hash.h"

#define CTX_SENT "giaoviec/agent/sent"

struct maker {
    struct gv_work_item *item;
    const struct gv_work_document *document; /* NULL: the agent itself (accept) */
    const struct gv_status_task *task;       /* NULL: the document does not name the item's task */
    const struct gv_work_now *now;
    struct gv_work_result *result;
};

/* ---- small helpers ---- */

/* Room for one more; capacity is the next power of two. */
static void *grow(gv_arena *arena, void *list, size_t *count, size_t size)
{
    size_t n = *count;

    if ((n & (n - 1)) == 0) {
        void *more = gv_arena_alloc(arena, (n == 0 ? 1 : 2 * n) * size);

        if (more == NULL)
            return NULL;
        if (n > 0)
            memcpy(more, list, n * size);
        list = more;
    }
    *count = n + 1;
    return list;
}

static gv_err add_note(struct gv_work_result *result, const char *task, enum gv_work_why why,
                       const char *detail)
{
    struct gv_work_note *notes =
        grow(result->arena, result->notes, &result->note_count, sizeof *notes);

    if (notes == NULL)
        return GV_ENOMEM;
    result->notes = notes;
    notes[result->note_count - 1] = (struct gv_work_note){why, task, detail};
    return GV_OK;
}

static gv_err note(struct maker *m, enum gv_work_why why, const char *detail)
{
    return add_note(m->result, m->task->task, why, detail);
}

static void digest_of(const char *const *texts, size_t count, gv_id *out)
{
    struct gv_slice parts[4];
    gv_hash hash;

    for (size_t i = 0; i < count; i++)
        parts[i] = (struct gv_slice){(const uint8_t *)texts[i], strlen(texts[i])};
    gv_hash_of(CTX_SENT, parts, count, &hash);
    memcpy(out->b, hash.b, sizeof out->b);
}

static bool was_sent(const struct gv_work_item *item, const char *name, const gv_id *digest)
{
    const struct gv_sent *sent = work_sent_find(item, name);

    return sent != NULL && !sent->gone && gv_id_eq(&sent->digest, digest);
}

/* "SOURCE/what" or "SOURCE/what/which". */
static const char *name_of(struct maker *m, const char *what, const char *which, char *out,
                           size_t out_size)
{
    snprintf(out, out_size, "%s/%s%s%s", m->document->source, what, which != NULL ? "/" : "",
             which != NULL ? which : "");
    return out;
}

#define NAME_MAX_BYTES 192

/* ---- entries ---- */

static gv_err pack(gv_arena *arena, const ProtobufCMessage *message, struct gv_slice *out)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *data = gv_arena_alloc(arena, len + 1);

    if (data == NULL)
        return GV_ENOMEM;
    protobuf_c_message_pack(message, data);
    *out = (struct gv_slice){data, len};
    return GV_OK;
}

/* Appends the report; the item moves as the lifecycle says (the caller asked may()). */
static gv_err add_entry(struct maker *m, uint32_t kind, enum gv_act act,
                        const ProtobufCMessage *body)
{
    Giaoviec__V1__ReportEntry entry = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    struct gv_work_result *result = m->result;
    struct gv_work_entry *entries;
    struct gv_slice packed;
    enum gv_state to;
    gv_err err = pack(result->arena, body, &packed);

    if (err != GV_OK)
        return err;
    entry.kind = kind;
    entry.time_us = m->now->time_us;
    entry.assignment = (ProtobufCBinaryData){sizeof m->item->id.b, m->item->id.b};
    entry.epoch = m->item->epoch;
    entry.body = (ProtobufCBinaryData){packed.len, (uint8_t *)packed.data};
    entries = grow(result->arena, result->entries, &result->entry_count, sizeof *entries);
    if (entries == NULL)
        return GV_ENOMEM;
    result->entries = entries;
    entries += result->entry_count - 1;
    *entries = (struct gv_work_entry){.kind = kind, .assignment = m->item->id};
    err = pack(result->arena, &entry.base, &entries->bytes);
    if (err != GV_OK) {
        result->entry_count--;
        return err;
    }
    if (gv_lifecycle_row(m->item->state, act, &to) != NULL && to != m->item->state) {
        m->item->state = to;
        m->item->dirty = true;
    }
    return GV_OK;
}

static bool may(const struct gv_work_item *item, enum gv_act act)
{
    return gv_lifecycle_row(item->state, act, NULL) != NULL;
}

/* ---- return and accept ---- */

static gv_err try_return(struct maker *m)
{
    Giaoviec__V1__Return body = GIAOVIEC__V1__RETURN__INIT;
    const char *reason = m->task->return_reason;
    char name[NAME_MAX_BYTES];
    gv_id digest;
    gv_err err;

    name_of(m, "return", NULL, name, sizeof name);
    digest_of(&reason, 1, &digest);
    if (was_sent(m->item, name, &digest))
        return GV_OK; /* returned before with these words */
    if (!may(m->item, GV_ACT_RETURN)) {
        if (m->item->state == GV_STATE_RETURNED)
            return note(m, GV_WORK_RETURNED, "");
        return note(m, m->item->state == GV_STATE_SUBMITTED ? GV_WORK_IS_SUBMITTED : GV_WORK_BEGUN,
                    "");
    }
    body.reason = (char *)reason;
    err = add_entry(m, GIAOVIEC__V1__REPORT_KIND__REPORT_RETURN, GV_ACT_RETURN, &body.base);
    return err != GV_OK ? err : work_sent_put(m->item, name, &digest);
}

/* Upheld by the office: it was returned, and is not. Whoever returned it has to stop saying so. */
static bool is_upheld(struct maker *m)
{
    char own[NAME_MAX_BYTES] = "";
    bool upheld = false;

    if (m->document != NULL)
        name_of(m, "return", NULL, own, sizeof own);
    for (size_t i = 0; i < m->item->sent_count; i++) {
        struct gv_sent *sent = &m->item->sent[i];
        const char *slash = strrchr(sent->name, '/');

        if (sent->gone || slash == NULL || strcmp(slash, "/return") != 0)
            continue;
        if (strcmp(sent->name, own) == 0 && (m->task == NULL || m->task->return_reason == NULL))
            sent->gone = true; /* its document no longer says so */
        else
            upheld = true;
    }
    return upheld;
}

static const char *person_of(struct maker *m)
{
    if (m->document != NULL && m->document->status->person != NULL)
        return m->document->status->person;
    return m->now->person;
}

static gv_err try_accept(struct maker *m)
{
    Giaoviec__V1__Accept body = GIAOVIEC__V1__ACCEPT__INIT;
    const char *person = person_of(m);
    bool asked = m->task != NULL && m->task->accept;

    if (!may(m->item, GV_ACT_ACCEPT))
        return GV_OK;
    if (is_upheld(m) && !asked)
        return GV_OK;
    if (person == NULL)
        return m->task != NULL ? note(m, GV_WORK_NO_PERSON, "") : GV_OK;
    body.person = (char *)person;
    return add_entry(m, GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT, GV_ACT_ACCEPT, &body.base);
}

/* ---- values, shared by status and submission ---- */

static gv_err known_code(struct maker *m, const char *code, bool *known)
{
    *known = true;
    for (size_t i = 0; i < m->item->code_count; i++) {
        if (strcmp(m->item->codes[i], code) == 0)
            return GV_OK;
    }
    *known = false;
    return note(m, GV_WORK_UNKNOWN_INDICATOR, code);
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

/* ---- status ---- */

struct pending { /* what goes into memory once the entry is made */
    char name[NAME_MAX_BYTES];
    gv_id digest;
};

struct status_maker {
    struct maker *m;
    Giaoviec__V1__Status body;
    struct pending *pending; /* room for everything that a document's task can hold */
    size_t pending_count;
};

static void remember(struct status_maker *s, const char *name, const gv_id *digest)
{
    struct pending *pending = &s->pending[s->pending_count++];

    snprintf(pending->name, sizeof pending->name, "%s", name);
    pending->digest = *digest;
}

static void add_progress(struct status_maker *s)
{
    char name[NAME_MAX_BYTES], text[16];
    const char *texts[1] = {text};
    gv_id digest;

    if (s->m->task->progress < 0)
        return;
    snprintf(text, sizeof text, "%d", s->m->task->progress);
    digest_of(texts, 1, &digest);
    if (was_sent(s->m->item, name_of(s->m, "progress", NULL, name, sizeof name), &digest))
        return;
    s->body.progress = (uint32_t)s->m->task->progress + 1;
    remember(s, name, &digest);
}

static void add_narrative(struct status_maker *s)
{
    char name[NAME_MAX_BYTES];
    gv_id digest;

    if (s->m->task->narrative == NULL)
        return;
    digest_of(&s->m->task->narrative, 1, &digest);
    if (was_sent(s->m->item, name_of(s->m, "narrative", NULL, name, sizeof name), &digest))
        return;
    s->body.narrative = (char *)s->m->task->narrative;
    remember(s, name, &digest);
}

static gv_err add_values(struct status_maker *s)
{
    const struct gv_status_values *values = &s->m->task->values;

    if (values->count == 0)
        return GV_OK;
    s->body.values = gv_arena_alloc(s->m->result->arena, values->count * sizeof *s->body.values);
    if (s->body.values == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < values->count; i++) {
        const struct gv_status_value *value = &values->list[i];
        const char *texts[1] = {value->value != NULL ? value->value : "null"};
        char name[NAME_MAX_BYTES];
        gv_id digest;
        bool known;
        gv_err err = known_code(s->m, value->code, &known);

        if (err != GV_OK)
            return err;
        digest_of(texts, 1, &digest);
        name_of(s->m, "value", value->code, name, sizeof name);
        if (!known || was_sent(s->m->item, name, &digest))
            continue;
        s->body.values[s->body.n_values] = value_message(s->m, value);
        if (s->body.values[s->body.n_values++] == NULL)
            return GV_ENOMEM;
        remember(s, name, &digest);
    }
    return GV_OK;
}

static bool is_pending(const struct status_maker *s, const char *name)
{
    for (size_t i = 0; i < s->pending_count; i++) {
        if (strcmp(s->pending[i].name, name) == 0)
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
    s->body.periods =
        gv_arena_alloc(s->m->result->arena, task->period_count * sizeof *s->body.periods);
    if (s->body.periods == NULL)
        return GV_ENOMEM;
    digest_of(done, 1, &digest);
    for (size_t i = 0; i < task->period_count; i++) {
        Giaoviec__V1__PeriodDone *period;
        char name[NAME_MAX_BYTES];

        snprintf(name, sizeof name, "period/%" PRId32, task->periods[i]);
        if (was_sent(s->m->item, name, &digest) || is_pending(s, name))
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
    s.pending = gv_arena_alloc(
        m->result->arena, (2 + m->task->values.count + m->task->period_count) * sizeof *s.pending);
    if (s.pending == NULL)
        return GV_ENOMEM;
    add_progress(&s);
    add_narrative(&s);
    err = add_values(&s);
    if (err == GV_OK)
        err = add_periods(&s);
    if (err != GV_OK || s.pending_count == 0)
        return err;
    err = add_entry(m, GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS, GV_ACT_REPORT, &s.body.base);
    for (size_t i = 0; i < s.pending_count && err == GV_OK; i++)
        err = work_sent_put(m->item, s.pending[i].name, &s.pending[i].digest);
    return err;
}

/* ---- attestations ---- */

static gv_err attest_notes(gv_arena *arena, const struct gv_status_notes *notes,
                           Giaoviec__V1__AttestException ***out, size_t *count)
{
    if (notes->count == 0)
        return GV_OK;
    *out = gv_arena_alloc(arena, notes->count * sizeof **out);
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

static gv_err try_attest(struct maker *m, const struct gv_status_attest *attest)
{
    Giaoviec__V1__Attest body = GIAOVIEC__V1__ATTEST__INIT;
    const char *person = attest->person != NULL ? attest->person : person_of(m);
    gv_arena *arena = m->result->arena;
    char name[NAME_MAX_BYTES], number[16];
    struct gv_slice packed;
    gv_hash hash;
    gv_id digest;
    gv_err err;

    snprintf(number, sizeof number, "%" PRIu32, attest->clause);
    if (attest->clause >= m->item->clause_count) {
        char *which = gv_arena_strdup(arena, number);

        return which == NULL ? GV_ENOMEM : note(m, GV_WORK_UNKNOWN_CLAUSE, which);
    }
    if (person == NULL)
        return note(m, GV_WORK_NO_PERSON, "");
    body.clause = attest->clause;
    body.person = (char *)person;
    body.compliant = attest->compliant;
    err = attest_notes(arena, &attest->exceptions, &body.exceptions, &body.n_exceptions);
    if (err == GV_OK)
        err = attest_notes(arena, &attest->permits, &body.permits, &body.n_permits);
    if (err == GV_OK)
        err = attest_notes(arena, &attest->breaches, &body.breaches, &body.n_breaches);
    if (err == GV_OK)
        err = pack(arena, &body.base, &packed);
    if (err != GV_OK)
        return err;
    gv_hash_of(CTX_SENT, &packed, 1, &hash);
    memcpy(digest.b, hash.b, sizeof digest.b);
    if (was_sent(m->item, name_of(m, "attest", number, name, sizeof name), &digest))
        return GV_OK;
    err = add_entry(m, GIAOVIEC__V1__REPORT_KIND__REPORT_ATTEST, GV_ACT_ATTEST, &body.base);
    return err != GV_OK ? err : work_sent_put(m->item, name, &digest);
}

/* ---- submission ---- */

/* Of what is submitted, without the day: the same result is not submitted twice. */
static gv_err submit_digest(struct maker *m, gv_id *out)
{
    const struct gv_status_values *values = &m->task->submit_values;
    const char *narrative = m->task->submit_narrative != NULL ? m->task->submit_narrative : "";
    size_t count = 1 + 2 * values->count;
    struct gv_slice *parts = gv_arena_alloc(m->result->arena, count * sizeof *parts);
    gv_hash hash;

    if (parts == NULL)
        return GV_ENOMEM;
    parts[0] = (struct gv_slice){(const uint8_t *)narrative, strlen(narrative)};
    for (size_t i = 0; i < values->count; i++) {
        const struct gv_status_value *value = &values->list[i];
        const char *text = value->value != NULL ? value->value : "null";

        parts[1 + 2 * i] = (struct gv_slice){(const uint8_t *)value->code, strlen(value->code)};
        parts[2 + 2 * i] = (struct gv_slice){(const uint8_t *)text, strlen(text)};
    }
    gv_hash_of(CTX_SENT, parts, count, &hash);
    memcpy(out->b, hash.b, sizeof out->b);
    return GV_OK;
}

static gv_err try_submit(struct maker *m)
{
    const struct gv_status_values *values = &m->task->submit_values;
    Giaoviec__V1__Submit body = GIAOVIEC__V1__SUBMIT__INIT;
    char name[NAME_MAX_BYTES];
    gv_id digest;
    gv_err err = submit_digest(m, &digest);

    if (err != GV_OK || was_sent(m->item, name_of(m, "submit", NULL, name, sizeof name), &digest))
        return err;
    if (!may(m->item, GV_ACT_SUBMIT))
        return note(m, GV_WORK_IS_SUBMITTED, "");
    if (m->task->submit_narrative != NULL)
        body.narrative = (char *)m->task->submit_narrative;
    body.values = gv_arena_alloc(m->result->arena, (values->count + 1) * sizeof *body.values);
    if (body.values == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < values->count; i++) {
        bool known;

        err = known_code(m, values->list[i].code, &known);
        if (err != GV_OK)
            return err;
        if (!known)
            continue;
        body.values[body.n_values] = value_message(m, &values->list[i]);
        if (body.values[body.n_values++] == NULL)
            return GV_ENOMEM;
    }
    err = add_entry(m, GIAOVIEC__V1__REPORT_KIND__REPORT_SUBMIT, GV_ACT_SUBMIT, &body.base);
    return err != GV_OK ? err : work_sent_put(m->item, name, &digest);
}

/* ---- one assignment under one document ---- */

/* Everything but return and accept. */
static gv_err apply_facts(struct maker *m)
{
    gv_err err;

    if (m->task == NULL || !may(m->item, GV_ACT_REPORT))
        return GV_OK; /* not accepted yet, or over */
    err = try_status(m);
    for (size_t i = 0; i < m->task->attest_count && err == GV_OK; i++)
        err = try_attest(m, &m->task->attests[i]);
    if (err == GV_OK && m->task->submit)
        err = try_submit(m);
    return err;
}

static bool names_item(const struct gv_status_task *task, const struct gv_work_item *item)
{
    const char *hash = strrchr(task->task, '#');

    if (item->number == NULL || item->number[0] == '\0')
        return false;
    if (task->has_assignment && !gv_id_eq(&task->assignment, &item->id))
        return false;
    if (hash == NULL)
        return strcmp(task->task, item->number) == 0;
    return strcmp(hash + 1, item->number) == 0 &&
           strlen(item->notation) == (size_t)(hash - task->task) &&
           strncmp(task->task, item->notation, (size_t)(hash - task->task)) == 0;
}

static bool is_ambiguous(const struct gv_work *work, const struct gv_status_task *task)
{
    const struct gv_work_item *first = NULL;

    for (size_t i = 0; i < work->count; i++) {
        const struct gv_work_item *item = &work->items[i];

        if (!gv_work_is_open(item) || !names_item(task, item))
            continue;
        if (first != NULL && !gv_id_eq(&first->directive, &item->directive))
            return true;
        first = item;
    }
    return false;
}

/* The entry of the document for the item; the one that names the assignment comes first. */
static const struct gv_status_task *task_for(const struct gv_status *status,
                                             const struct gv_work_item *item, const bool *skip)
{
    const struct gv_status_task *found = NULL;

    for (size_t i = 0; i < status->task_count; i++) {
        const struct gv_status_task *task = &status->tasks[i];

        if ((skip != NULL && skip[i]) || !names_item(task, item))
            continue;
        if (task->has_assignment)
            return task;
        if (found == NULL)
            found = task;
    }
    return found;
}

/* Notes about entries that reach no open assignment; marks the ambiguous ones. */
static gv_err look_for_strays(struct gv_work *work, const struct gv_status *status, bool *skip,
                              struct gv_work_result *result)
{
    for (size_t i = 0; i < status->task_count; i++) {
        const struct gv_status_task *task = &status->tasks[i];
        bool any = false, open = false;
        gv_err err = GV_OK;

        skip[i] = is_ambiguous(work, task);
        for (size_t k = 0; k < work->count; k++) {
            if (names_item(task, &work->items[k])) {
                any = true;
                open |= gv_work_is_open(&work->items[k]);
            }
        }
        if (skip[i])
            err = add_note(result, task->task, GV_WORK_AMBIGUOUS, "");
        else if (!open)
            err = add_note(result, task->task, any ? GV_WORK_ENDED : GV_WORK_UNKNOWN_TASK, "");
        if (err != GV_OK)
            return err;
    }
    return GV_OK;
}

gv_err gv_work_document(struct gv_work *work, const struct gv_work_document *document,
                        const struct gv_work_now *now, struct gv_work_result *result)
{
    bool *skip = gv_arena_zalloc(result->arena, document->status->task_count + 1);
    gv_err err;

    if (skip == NULL)
        return GV_ENOMEM;
    err = look_for_strays(work, document->status, skip, result);
    for (size_t i = 0; i < work->count && err == GV_OK; i++) {
        struct maker m = {&work->items[i], document, NULL, now, result};

        if (!gv_work_is_open(m.item))
            continue;
        m.task = task_for(document->status, m.item, skip);
        if (m.task == NULL && !document->standing)
            continue;
        if (m.task != NULL && m.task->return_reason != NULL)
            err = try_return(&m);
        if (err == GV_OK)
            err = try_accept(&m);
        if (err == GV_OK)
            err = apply_facts(&m);
    }
    return err;
}

/* What a standing document says about the item, when it is clear that it means it. */
static struct maker standing(const struct gv_work *work, struct gv_work_item *item,
                             const struct gv_work_document *document, const struct gv_work_now *now,
                             struct gv_work_result *result)
{
    struct maker m = {item, document, NULL, now, result};

    m.task = task_for(document->status, item, NULL);
    if (m.task != NULL && is_ambiguous(work, m.task))
        m.task = NULL;
    return m;
}

static gv_err look_again(const struct gv_work *work, struct gv_work_item *item,
                         const struct gv_work_document *documents, size_t count,
                         const struct gv_work_now *now, struct gv_work_result *result)
{
    struct maker alone = {item, NULL, NULL, now, result};
    gv_err err = GV_OK;

    for (size_t i = 0; i < count && err == GV_OK; i++) {
        struct maker m = standing(work, item, &documents[i], now, result);

        if (m.task != NULL && m.task->return_reason != NULL)
            err = try_return(&m);
    }
    for (size_t i = 0; i < count && err == GV_OK; i++) {
        struct maker m = standing(work, item, &documents[i], now, result);

        if (documents[i].status->person != NULL || m.task != NULL)
            err = try_accept(&m);
    }
    if (err == GV_OK)
        err = try_accept(&alone);
    for (size_t i = 0; i < count && err == GV_OK; i++) {
        struct maker m = standing(work, item, &documents[i], now, result);

        err = apply_facts(&m);
    }
    return err;
}

gv_err gv_work_orders_done(struct gv_work *work, const struct gv_work_document *documents,
                           size_t count, const struct gv_work_now *now,
                           struct gv_work_result *result)
{
    for (size_t i = 0; i < work->count; i++) {
        struct gv_work_item *item = &work->items[i];
        gv_err err;

        if (!item->fresh)
            continue;
        err = look_again(work, item, documents, count, now, result);
        if (err != GV_OK)
            return err;
        item->fresh = false;
    }
    return GV_OK;
}
