/* h_reports.c - REPORTS: entries of a unit's report log, stored in order, whatever is in them. */
#include "coordinator/batch.h"
#include "coordinator/reply.h"
#include "coordinator/reports.h"

#include <assert.h>
#include <string.h>

#include "crypto/hash.h"

#define ENTRIES_MAX 1024 /* of an envelope; agents send 256 */

enum { AT_BEFORE, AT_END };

static const Giaoviec__V1__Reports *body_of(const struct item *item)
{
    return (const Giaoviec__V1__Reports *)item->job->message.body;
}

static struct gv_cursor stored_of(const struct gv_unit_log *unit)
{
    return (struct gv_cursor){unit->report_n, unit->report_h};
}

/* Our hash after n, where the batch's begin does not already know it. */
static gv_err look_up(struct batch *batch, struct item *item, int which, uint64_t n)
{
    item->at[which].known = false;
    if (n == 0 || n >= item->unit->report_n)
        return GV_OK;
    item->at[which].known = true;
    return gv_store_report_hash(batch->store, item->unit->unit_id, n, &item->at[which].h);
}

static gv_err load_repeats(struct batch *batch, struct item *item, uint64_t first, uint64_t end)
{
    if (end < first)
        return GV_OK;
    return gv_store_reports(batch->store, batch->arena, item->unit->unit_id, first, end,
                            &item->stored, &item->stored_count);
}

static gv_err reports_want(struct batch *batch, struct item *item)
{
    const Giaoviec__V1__Reports *body = body_of(item);

    if (body->n_entries > ENTRIES_MAX)
        return GV_OK; /* load refuses it */
    item->entries = gv_arena_alloc(batch->arena, (body->n_entries + 1) * sizeof *item->entries);
    item->chain = gv_arena_alloc(batch->arena, (body->n_entries + 1) * sizeof *item->chain);
    if (item->entries == NULL || item->chain == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < body->n_entries; i++) {
        struct gv_slice bytes = {body->entries[i].data, body->entries[i].len};

        entry_read(bytes, batch->arena, &item->entries[i]);
        if (item->entries[i].err == GV_ENOMEM)
            return GV_ENOMEM; /* nothing is known of it: it must not be stored as refused */
        if (item->entries[i].named)
            batch_want(batch, item->job->who->unit_id, &item->entries[i].report.assignment);
    }
    return GV_OK;
}

static struct gv_assignment_row *row_of(struct batch *batch, const struct item *item,
                                        const struct entry *entry)
{
    if (!entry->named)
        return NULL;
    return gv_assignment_row_find(batch->rows, batch->row_count, item->unit->unit_id,
                                  &entry->report.assignment);
}

/* The tasks of what is reported on come into the cache. */
static gv_err load_tasks(struct batch *batch, const struct item *item)
{
    for (size_t i = 0; i < body_of(item)->n_entries; i++) {
        const struct gv_assignment_row *row = row_of(batch, item, &item->entries[i]);
        const struct task *task;
        gv_err err =
            row != NULL ? tasks_get(batch->tasks, batch->store, row->task_id, &task) : GV_OK;

        if (err != GV_OK)
            return err;
    }
    return GV_OK;
}

static gv_err reports_load(struct batch *batch, struct item *item)
{
    const Giaoviec__V1__Reports *body = body_of(item);
    struct gv_cursor stored = stored_of(item->unit);
    uint64_t before = 0, end = 0;
    gv_err err = GV_OK;

    if (body->n_entries > ENTRIES_MAX) {
        item->outcome = OUTCOME_REFUSED;
        item->err = GV_ETOOBIG;
        return GV_OK;
    }
    if (gv_reports_need(&stored, body->first, body->n_entries, &before, &end)) {
        err = look_up(batch, item, AT_BEFORE, before);
        if (err == GV_OK && end > before)
            err = look_up(batch, item, AT_END, end);
        if (err == GV_OK)
            err = load_repeats(batch, item, body->first, end);
    }
    return err == GV_OK ? load_tasks(batch, item) : err;
}

/* False: this number is stored by this very batch, or was not looked up. */
static bool hash_at(const struct item *item, const struct gv_cursor *stored, int which, uint64_t n,
                    gv_hash *out)
{
    if (n == 0)
        memset(out, 0, sizeof *out);
    else if (n == stored->n)
        *out = stored->h;
    else if (item->at[which].known) /* the same n: neither begin nor end of the envelope moves */
        *out = item->at[which].h;
    else
        return false;
    return true;
}

static void store_one(struct batch *batch, struct item *item, size_t i, uint64_t n)
{
    const struct entry *entry = &item->entries[i];
    struct gv_assignment_row *row = row_of(batch, item, entry);
    const struct task *task = NULL;
    gv_err err = row != NULL ? tasks_get(batch->tasks, batch->store, row->task_id, &task) : GV_OK;
    struct gv_event event = {.kind = GV_EVENT_REPORT,
                             .unit_id = item->unit->unit_id,
                             .report_n = n,
                             .report_h = item->chain[i],
                             .actor = item->unit->code.s};

    assert(err == GV_OK); /* load brought it */
    if (item->refuse_n == n)
        entry_refuse(entry, GV_EBADMSG, "the database refuses what this report says",
                     batch->business_us, &event);
    else
        entry_decide(entry, row, task, batch->business_us, batch->arena, &event);
    changes_event(&batch->changes, &event);
}

static void store_new(struct batch *batch, struct item *item, size_t skip, size_t end)
{
    const Giaoviec__V1__Reports *body = body_of(item);
    struct gv_unit_log *unit = item->unit;
    struct gv_evidence evidence = {
        .unit_id = unit->unit_id,
        .first = body->first + skip,
        .last = body->first + end - 1,
        .envelope = {item->job->frame.data, item->job->frame.len},
    };

    item->event_first = batch->changes.set.event_count;
    for (size_t i = skip; i < end; i++)
        store_one(batch, item, i, body->first + i);
    item->event_end = batch->changes.set.event_count;
    changes_evidence(&batch->changes, &evidence);
    unit->report_n = evidence.last;
    unit->report_h = item->chain[end - 1];
    unit->last_report_us = batch->business_us;
    unit->dirty = true;
    count(batch->c, COUNT_ENTRIES, end - skip);
}

static void reports_decide(struct batch *batch, struct item *item)
{
    const Giaoviec__V1__Reports *body = body_of(item);
    struct gv_cursor stored = stored_of(item->unit);
    struct gv_reports_judgement judged;
    uint64_t before = 0, end = 0;
    gv_hash at_end = {{0}}, hash = {{0}};

    if (gv_reports_need(&stored, body->first, body->n_entries, &before, &end)) {
        if (!hash_at(item, &stored, AT_BEFORE, before, &hash) ||
            (end > before && !hash_at(item, &stored, AT_END, end, &at_end))) {
            item->outcome = OUTCOME_AGAIN;
            return;
        }
        for (size_t i = 0; i < body->n_entries; i++) {
            struct gv_slice bytes = {body->entries[i].data, body->entries[i].len};

            gv_hash_chain(&hash, bytes, &hash);
            item->chain[i] = hash;
        }
    }
    gv_reports_judge(&stored, body->first, body->n_entries, item->chain, &at_end, &judged);
    item->outcome = OUTCOME_DONE;
    switch (judged.verdict) {
    case GV_REPORTS_STORE: {
        size_t stop = body->n_entries;

        if (item->limit > 0 && judged.skip + item->limit < stop)
            stop = (size_t)(judged.skip + item->limit);
        store_new(batch, item, (size_t)judged.skip, stop);
        break;
    }
    case GV_REPORTS_REPEAT:
        break;
    case GV_REPORTS_GAP:
        item->resume = true;
        break;
    case GV_REPORTS_FORK:
        item->outcome = OUTCOME_QUARANTINE;
        item->err = GV_EFORK;
        item->why = "reports: the same number with another hash";
        break;
    default: /* BAD */
        item->outcome = OUTCOME_REFUSED;
        item->err = GV_EBADMSG;
        break;
    }
    item->cursor = stored_of(item->unit);
}

static bool is_told(uint32_t disposition)
{
    return disposition != GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_APPLIED;
}

static size_t told_of(const struct batch *batch, const struct item *item)
{
    size_t n = 0;

    for (size_t i = 0; i < item->stored_count; i++)
        n += is_told(item->stored[i].disposition);
    for (size_t i = item->event_first; i < item->event_end; i++)
        n += is_told(batch->changes.events[i].disposition);
    return n;
}

/* What was not simply applied. */
struct dispositions {
    Giaoviec__V1__Disposition *all;
    Giaoviec__V1__Disposition **list;
    size_t count;
};

static void add(struct dispositions *d, uint64_t n, uint32_t code, gv_err err, const char *text)
{
    Giaoviec__V1__Disposition *one = &d->all[d->count];

    if (!is_told(code))
        return;
    giaoviec__v1__disposition__init(one);
    one->number = n;
    one->code = code;
    one->error = err;
    one->text = (char *)(uintptr_t)text;
    d->list[d->count++] = one;
}

static void add_item(const struct batch *batch, const struct item *item, struct dispositions *d)
{
    for (size_t i = 0; i < item->stored_count; i++)
        add(d, item->stored[i].n, item->stored[i].disposition, item->stored[i].error,
            item->stored[i].text);
    for (size_t i = item->event_first; i < item->event_end; i++) {
        const struct gv_event *event = &batch->changes.events[i];

        add(d, event->report_n, event->disposition, event->error, event->text);
    }
}

static void say(struct coordinator *c, const struct job *job, const struct gv_cursor *stored,
                const Giaoviec__V1__Receipt *told)
{
    Giaoviec__V1__Receipt body = *told;
    Giaoviec__V1__Cursor cursor = GIAOVIEC__V1__CURSOR__INIT;
    gv_queue *queue = reports_queue(c, job->who->unit_id);
    struct gv_cursor copy = *stored;

    cursor.number = copy.n;
    cursor.hash = (ProtobufCBinaryData){sizeof copy.h.b, copy.h.b};
    body.reports = &cursor;
    body.credits = gv_credits(gv_queue_len(queue), gv_queue_cap(queue));
    reply(c, job, GV_KIND_RECEIPT, &body.base);
}

void reports_receipt_owed(struct coordinator *c, const struct owed *owed)
{
    Giaoviec__V1__Receipt body = GIAOVIEC__V1__RECEIPT__INIT;

    body.time_us = owed->business_us;
    say(c, owed->job, &owed->cursor, &body);
}

bool reports_nothing_told(const struct batch *batch, const struct item *first)
{
    for (const struct item *item = first; item != NULL; item = item->same) {
        if (item->resume || told_of(batch, item) > 0)
            return false;
    }
    return true;
}

/* One receipt for first … last, which tells `told` dispositions. */
static void receipt(struct batch *batch, const struct item *first, const struct item *last,
                    size_t told)
{
    Giaoviec__V1__Receipt body = GIAOVIEC__V1__RECEIPT__INIT;
    struct dispositions d = {
        .all = gv_arena_alloc(batch->arena, (told + 1) * sizeof *d.all),
        .list = gv_arena_alloc(batch->arena, (told + 1) * sizeof(Giaoviec__V1__Disposition *)),
    };

    if (d.all == NULL || d.list == NULL)
        return; /* the unit sends again */
    for (const struct item *item = first;; item = item->same) {
        add_item(batch, item, &d);
        body.resume = body.resume || item->resume;
        if (item == last)
            break;
    }
    body.time_us = batch->business_us;
    body.dispositions = d.list;
    body.n_dispositions = d.count;
    say(batch->c, last->job, &last->cursor, &body);
}

/* Nothing that has to be told is left out: where it is too much for one receipt, there are several.
 */
void reports_receipt(struct batch *batch, const struct item *first)
{
    while (first != NULL) {
        const struct item *last = first;
        size_t told = told_of(batch, first);

        for (const struct item *next = last->same; next != NULL; next = last->same) {
            size_t more = told_of(batch, next);

            if (told + more > ENTRIES_MAX)
                break;
            told += more;
            last = next;
        }
        receipt(batch, first, last, told);
        first = last->same;
    }
}

static void reports_publish(struct batch *batch, struct item *item)
{
    reports_receipt(batch, item);
}

const struct handler h_reports = {reports_want, reports_load, reports_decide, reports_publish};
