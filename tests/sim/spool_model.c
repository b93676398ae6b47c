/*
 * spool_model.c - stands in for spool*.c: memory with a journal. What was not committed is undone
 * by a crash; a crash in the commit keeps all of it or nothing, as SQLite's WAL does.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "agent_model.h"
#include "crypto/hash.h"

void spool_begin(struct gv_spool *spool, struct agent *agent)
{
    struct undo *undo = spool->undo;
    size_t room = spool->undo_room;

    for (size_t i = 0; i < spool->undo_n; i++)
        free(undo[i].old);
    memset(spool, 0, sizeof *spool);
    spool->undo = undo;
    spool->undo_room = room;
    spool->agent = agent;
}

struct spool_unit *spool_unit_of(struct gv_spool *spool, const char *code)
{
    struct spool_unit *unit;

    for (size_t i = 0; i < spool->unit_n; i++) {
        if (strcmp(spool->units[i].code.s, code) == 0)
            return &spool->units[i];
    }
    assert(spool->unit_n < UNITS_MAX);
    unit = &spool->units[spool->unit_n++];
    if (gv_code_from_str(code, &unit->code) != GV_OK)
        abort();
    return unit;
}

static void forget(struct gv_spool *spool)
{
    for (size_t i = 0; i < spool->undo_n; i++)
        free(spool->undo[i].old);
    spool->undo_n = 0;
    spool->open = false;
}

static void roll_back(struct gv_spool *spool)
{
    for (size_t i = spool->undo_n; i-- > 0;)
        memcpy(spool->undo[i].at, spool->undo[i].old, spool->undo[i].size);
    forget(spool);
}

/* Before a change of *place. */
static void will_change(struct gv_spool *spool, void *place, size_t size)
{
    struct undo *undo;

    if (spool->undo_n == spool->undo_room) {
        spool->undo_room = spool->undo_room == 0 ? 64 : spool->undo_room * 2;
        spool->undo = realloc(spool->undo, spool->undo_room * sizeof *spool->undo);
        assert(spool->undo != NULL);
    }
    undo = &spool->undo[spool->undo_n++];
    *undo = (struct undo){place, size, malloc(size)};
    assert(undo->old != NULL);
    memcpy(undo->old, place, size);
    spool->open = true;
}
#define CHANGE(spool, place) will_change(spool, &(place), sizeof(place))

void spool_image(struct gv_spool *spool)
{
    for (size_t i = 0; i < spool->unit_n; i++)
        spool->image[i] = keep(&spool->units[i], sizeof spool->units[i]);
}

/* What was made and no disk has any more is lost, unless it was sent. */
void spool_restore(struct gv_spool *spool, bool image)
{
    for (size_t i = 0; i < spool->unit_n; i++) {
        struct spool_unit *unit = &spool->units[i];
        struct spool_unit *before = keep(unit, sizeof *unit);

        if (image)
            *unit = *spool->image[i];
        else
            *unit = (struct spool_unit){.code = unit->code, .row.enrolled = true};
        memcpy(&unit->made[unit->made_n], &before->made[unit->made_n],
               (before->made_n - unit->made_n) * sizeof unit->made[0]);
        for (; unit->made_n < before->made_n; unit->made_n++)
            unit->made[unit->made_n].lost = true;
        unit->accepted = unit->row.reports;
        unit->receipted = unit->row.receipted;
        unit->connection = unit->row.connection;
    }
}

bool spool_durable(const struct gv_spool *spool, const void *place)
{
    for (size_t i = 0; i < spool->undo_n; i++) {
        if (spool->undo[i].at == place)
            return false;
    }
    return true;
}

struct gv_spool_unit spool_durable_row(const struct gv_spool *spool, const struct spool_unit *unit)
{
    struct gv_spool_unit row = unit->row;

    for (size_t i = spool->undo_n; i-- > 0;) {
        if (spool->undo[i].at == &unit->row)
            memcpy(&row, spool->undo[i].old, sizeof row);
    }
    return row;
}

/* ---- the file ---- */

gv_err gv_spool_open(const char *path, gv_spool **out, struct gv_buf *why)
{
    (void)path;
    (void)out;
    (void)why;
    return GV_EBUG; /* the model's own */
}

void gv_spool_close(gv_spool *spool)
{
    roll_back(spool);
    spool->failed = false;
}

bool gv_spool_ok(const gv_spool *spool)
{
    return !spool->failed;
}

bool gv_spool_full(const gv_spool *spool)
{
    (void)spool;
    return false; /* here a disk that fails ends the process */
}

gv_err gv_spool_recover(gv_spool *spool)
{
    roll_back(spool);
    spool->failed = false;
    return GV_OK;
}

gv_err gv_spool_size(gv_spool *spool, uint64_t *bytes)
{
    *bytes = 0;
    return spool->failed ? GV_EIO : GV_OK;
}

const char *gv_spool_why(const gv_spool *spool)
{
    return spool->failed ? "the disk failed" : "";
}

bool gv_spool_dirty(const gv_spool *spool)
{
    return spool->open;
}

gv_err gv_spool_commit(gv_spool *spool)
{
    if (spool->failed)
        return GV_EIO;
    if (!spool->open)
        return GV_OK;
    if (fault_percent(1)) { /* EIO, or the power goes: before it was durable, or after */
        bool kept = below(2) == 0;

        say("%s fails in a commit that is %s", spool->agent->process.name, kept ? "kept" : "lost");
        if (kept)
            forget(spool);
        else
            roll_back(spool);
        spool->failed = true;
        return GV_EIO;
    }
    forget(spool);
    return GV_OK;
}

gv_err gv_spool_meta(gv_spool *spool, const char *key, struct gv_buf *value)
{
    (void)spool;
    (void)key;
    (void)value;
    return GV_ENOTFOUND;
}

gv_err gv_spool_meta_put(gv_spool *spool, const char *key, struct gv_slice value)
{
    (void)key;
    (void)value;
    return spool->failed ? GV_EIO : GV_OK;
}

/* ---- logs ---- */

gv_err gv_spool_unit(gv_spool *spool, const char *unit, struct gv_spool_unit *out)
{
    *out = spool_unit_of(spool, unit)->row;
    return GV_OK;
}

gv_err gv_spool_unit_put(gv_spool *spool, const char *code, const struct gv_spool_unit *row)
{
    struct spool_unit *unit = spool_unit_of(spool, code);

    if (spool->failed)
        return GV_EIO;
    CHANGE(spool, unit->row);
    unit->row = *row;
    return GV_OK;
}

/* has_first: nothing is missing at the log's beginning; h: NULL: no such row. */
static gv_err hash_at(bool has_first, const gv_hash *h, uint64_t n, struct gv_hash_at *out)
{
    *out = (struct gv_hash_at){.known = n == 0 && has_first};
    if (n > 0 && h != NULL)
        *out = (struct gv_hash_at){true, *h};
    return GV_OK;
}

gv_err gv_spool_order_put(gv_spool *spool, const char *code, uint64_t n, struct gv_slice entry,
                          const gv_hash *h, gv_err fault, int64_t real_us)
{
    struct spool_unit *unit = spool_unit_of(spool, code);

    (void)real_us;
    if (spool->failed)
        return GV_EIO;
    assert(n <= ORDERS_MAX);
    PROMISE(n == unit->order_n + 1, "%s stores order %llu after %llu", code, (unsigned long long)n,
            (unsigned long long)unit->order_n);
    PROMISE(fault == GV_OK, "%s: order %llu does not hold: %s", code, (unsigned long long)n,
            gv_err_name(fault));
    CHANGE(spool, unit->order_n);
    CHANGE(spool, unit->orders[n]);
    unit->order_n = n;
    unit->orders[n] = (struct spool_order){{keep(entry.data, entry.len), entry.len}, *h, fault};
    return GV_OK;
}

gv_err gv_spool_order_hash(gv_spool *spool, const char *code, uint64_t n, struct gv_hash_at *out)
{
    struct spool_unit *unit = spool_unit_of(spool, code);

    return hash_at(true, n <= unit->order_n ? &unit->orders[n].h : NULL, n, out);
}

gv_err gv_spool_order_fault(gv_spool *spool, const char *code, uint64_t n, gv_err fault)
{
    struct spool_unit *unit = spool_unit_of(spool, code);

    CHANGE(spool, unit->orders[n].fault);
    unit->orders[n].fault = fault;
    return GV_OK;
}

gv_err gv_spool_order_faulty(gv_spool *spool, const char *code, uint64_t *n, struct gv_buf *entry)
{
    struct spool_unit *unit = spool_unit_of(spool, code);

    if (spool->failed)
        return GV_EIO;
    for (uint64_t at = *n + 1; at <= unit->order_n; at++) {
        if (unit->orders[at].fault == GV_OK)
            continue;
        *n = at;
        gv_buf_append(entry, unit->orders[at].entry.data, unit->orders[at].entry.len);
        return GV_OK;
    }
    return GV_ENOTFOUND;
}

gv_err gv_spool_report_put(gv_spool *spool, const char *code, uint64_t n, struct gv_slice entry,
                           const gv_hash *h, int64_t real_us)
{
    struct spool_unit *unit = spool_unit_of(spool, code);

    (void)real_us;
    if (spool->failed)
        return GV_EIO;
    assert(n <= REPORTS_MAX);
    PROMISE(n == unit->report_n + 1, "%s makes report %llu after %llu", code, (unsigned long long)n,
            (unsigned long long)unit->report_n);
    CHANGE(spool, unit->report_n);
    CHANGE(spool, unit->reports[n]);
    unit->report_n = n;
    unit->reports[n] =
        (struct spool_report){.entry = {keep(entry.data, entry.len), entry.len}, .h = *h};
    assert(unit->made_n < MADE_MAX);
    CHANGE(spool, unit->made_n);
    unit->made[unit->made_n++] = (struct spool_made){.entry = unit->reports[n].entry};
    return GV_OK;
}

gv_err gv_spool_report_hash(gv_spool *spool, const char *code, uint64_t n, struct gv_hash_at *out)
{
    struct spool_unit *unit = spool_unit_of(spool, code);

    return hash_at(unit->report_n == 0 || unit->reports[1].entry.data != NULL,
                   n <= unit->report_n && unit->reports[n].entry.data != NULL ? &unit->reports[n].h
                                                                              : NULL,
                   n, out);
}

gv_err gv_spool_reports(gv_spool *spool, const char *code, uint64_t first, uint64_t max,
                        gv_spool_report_fn *fn, void *ctx)
{
    struct spool_unit *unit = spool_unit_of(spool, code);

    for (uint64_t n = first; n <= unit->report_n && n < first + max; n++) {
        if (!fn(ctx, n, unit->reports[n].entry))
            break;
    }
    return spool->failed ? GV_EIO : GV_OK;
}

gv_err gv_spool_receipted(gv_spool *spool, const char *code, uint64_t n, int64_t real_us)
{
    struct spool_unit *unit = spool_unit_of(spool, code);

    (void)real_us;
    for (uint64_t i = n; i > 0 && !unit->reports[i].receipted; i--) {
        CHANGE(spool, unit->reports[i].receipted);
        unit->reports[i].receipted = true;
    }
    return spool->failed ? GV_EIO : GV_OK;
}

gv_err gv_spool_unreceipted(gv_spool *spool, const char *code, uint64_t n)
{
    struct spool_unit *unit = spool_unit_of(spool, code);

    sim.count.offered++;
    for (uint64_t i = n + 1; i <= unit->report_n; i++) {
        CHANGE(spool, unit->reports[i].receipted);
        unit->reports[i].receipted = false;
    }
    return spool->failed ? GV_EIO : GV_OK;
}

gv_err gv_spool_disposition(gv_spool *spool, const char *code, uint64_t n, uint32_t disposition,
                            gv_err error, const char *text, struct gv_buf *entry)
{
    struct spool_unit *unit = spool_unit_of(spool, code);

    (void)error;
    (void)text;
    if (spool->failed)
        return GV_EIO;
    if (n == 0 || n > unit->report_n)
        return GV_ENOTFOUND;
    CHANGE(spool, unit->reports[n].disposition);
    unit->reports[n].disposition = disposition;
    if (entry != NULL)
        gv_buf_append(entry, unit->reports[n].entry.data, unit->reports[n].entry.len);
    return GV_OK;
}

gv_err gv_spool_dispositions(gv_spool *spool, const char *unit, size_t max,
                             gv_spool_disposition_fn *fn, void *ctx)
{
    (void)unit;
    (void)max;
    (void)fn;
    (void)ctx;
    return spool->failed ? GV_EIO : GV_OK;
}

/* As spool_log.c has it: what comes first or later follows base, unless it is held there; the rest
 * stays where base is ours. */
gv_err gv_spool_adopt(gv_spool *spool, const char *code, const struct gv_spool_adoption *adoption,
                      struct gv_spool_unit *row, uint64_t *carried)
{
    struct spool_unit *unit = spool_unit_of(spool, code);
    const struct gv_cursor *base = &adoption->base;
    size_t moved =
        unit->report_n >= adoption->first ? (size_t)(unit->report_n - adoption->first + 1) : 0;
    struct spool_report *kept = calloc(moved + 1, sizeof *kept);
    bool own = base->n == 0 ||
               (base->n <= unit->report_n && gv_hash_eq(&unit->reports[base->n].h, &base->h));
    struct gv_cursor head = *base;

    assert(kept != NULL && base->n + moved <= REPORTS_MAX);
    memcpy(kept, &unit->reports[adoption->first], moved * sizeof *kept);
    CHANGE(spool, unit->reports);
    memset(&unit->reports[own ? base->n + 1 : 1], 0,
           (size_t)(own ? REPORTS_MAX - base->n : REPORTS_MAX) * sizeof unit->reports[0]);
    for (size_t i = 0; i < moved; i++) {
        struct gv_cursor after = {head.n + 1, head.h};

        if (kept[i].entry.data == NULL || adoption->held(adoption->ctx, kept[i].entry))
            continue;
        gv_hash_chain(&head.h, kept[i].entry, &after.h);
        head = after;
        unit->reports[head.n] = (struct spool_report){.entry = kept[i].entry, .h = head.h};
    }
    free(kept);
    CHANGE(spool, unit->report_n);
    unit->report_n = head.n;
    CHANGE(spool, unit->accepted);
    unit->accepted = head;
    *carried = head.n - base->n;
    row->reports = head;
    row->receipted = *base;
    if (!adoption->keep_orders) {
        CHANGE(spool, unit->order_n);
        CHANGE(spool, unit->item_n);
        CHANGE(spool, unit->sent_n);
        unit->order_n = unit->item_n = unit->sent_n = 0;
        row->orders = (struct gv_cursor){0};
    }
    return gv_spool_unit_put(spool, code, row);
}

gv_err gv_spool_counts(gv_spool *spool, const char *unit, struct gv_spool_counts *out)
{
    (void)unit;
    *out = (struct gv_spool_counts){0};
    return spool->failed ? GV_EIO : GV_OK;
}

gv_err gv_spool_prune(gv_spool *spool, int64_t before_us, size_t max, size_t *deleted)
{
    (void)before_us;
    (void)max;
    *deleted = 0;
    return spool->failed ? GV_EIO : GV_OK;
}

/* ---- assignments ---- */

static struct spool_item *item_of(struct spool_unit *unit, const gv_id *id)
{
    for (size_t i = 0; i < unit->item_n; i++) {
        if (gv_id_eq(&unit->items[i].id, id))
            return &unit->items[i];
    }
    return NULL;
}

gv_err gv_spool_assignment_put(gv_spool *spool, const char *code, const gv_id *id, uint32_t epoch,
                               uint32_t state)
{
    struct spool_unit *unit = spool_unit_of(spool, code);
    struct spool_item *item = item_of(unit, id);

    if (spool->failed)
        return GV_EIO;
    if (item == NULL) {
        assert(unit->item_n < ITEMS_MAX);
        CHANGE(spool, unit->item_n);
        item = &unit->items[unit->item_n++];
        CHANGE(spool, *item);
        *item = (struct spool_item){.id = *id};
    } else {
        CHANGE(spool, *item);
    }
    item->epoch = epoch;
    item->state = state;
    return GV_OK;
}

gv_err gv_spool_assignment_task(gv_spool *spool, const char *code, const gv_id *id,
                                struct gv_slice task)
{
    struct spool_item *item = item_of(spool_unit_of(spool, code), id);

    if (spool->failed || item == NULL)
        return GV_EIO;
    CHANGE(spool, *item);
    item->task = (struct gv_slice){keep(task.data, task.len), task.len};
    return GV_OK;
}

gv_err gv_spool_assignments(gv_spool *spool, const char *code, gv_spool_assignment_fn *fn,
                            void *ctx)
{
    struct spool_unit *unit = spool_unit_of(spool, code);
    gv_err err = GV_OK;

    for (size_t i = 0; i < unit->item_n && err == GV_OK; i++)
        err = fn(ctx, &unit->items[i].id, unit->items[i].epoch, unit->items[i].state,
                 unit->items[i].task);
    return err;
}

gv_err gv_spool_sent_put(gv_spool *spool, const char *code, const gv_id *id, const char *name,
                         const gv_id *digest)
{
    struct spool_unit *unit = spool_unit_of(spool, code);
    struct spool_sent *sent = NULL;

    if (spool->failed)
        return GV_EIO;
    for (size_t i = 0; i < unit->sent_n && sent == NULL; i++) {
        if (unit->sents[i].there && gv_id_eq(&unit->sents[i].id, id) &&
            strcmp(unit->sents[i].name, name) == 0)
            sent = &unit->sents[i];
    }
    if (sent == NULL) {
        for (size_t i = 0; i < unit->sent_n && sent == NULL; i++)
            sent = unit->sents[i].there ? NULL : &unit->sents[i];
    }
    if (sent == NULL) {
        assert(unit->sent_n < SENTS_MAX);
        CHANGE(spool, unit->sent_n);
        sent = &unit->sents[unit->sent_n++];
    }
    CHANGE(spool, *sent);
    *sent = (struct spool_sent){true, *id, keep(name, strlen(name) + 1), *digest};
    return GV_OK;
}

gv_err gv_spool_sent_delete(gv_spool *spool, const char *code, const gv_id *id, const char *name)
{
    struct spool_unit *unit = spool_unit_of(spool, code);

    for (size_t i = 0; i < unit->sent_n; i++) {
        struct spool_sent *sent = &unit->sents[i];

        if (!sent->there || !gv_id_eq(&sent->id, id) ||
            (name != NULL && strcmp(sent->name, name) != 0))
            continue;
        CHANGE(spool, *sent);
        sent->there = false;
    }
    return spool->failed ? GV_EIO : GV_OK;
}

gv_err gv_spool_sents(gv_spool *spool, const char *code, gv_spool_sent_fn *fn, void *ctx)
{
    struct spool_unit *unit = spool_unit_of(spool, code);
    gv_err err = GV_OK;

    for (size_t i = 0; i < unit->sent_n && err == GV_OK; i++) {
        if (unit->sents[i].there)
            err = fn(ctx, &unit->sents[i].id, unit->sents[i].name, &unit->sents[i].digest);
    }
    return err;
}

/* ---- documents: what is reported here is reported by hand ---- */

gv_err gv_spool_document_put(gv_spool *spool, const char *unit, const char *source, uint32_t format,
                             struct gv_slice bytes, int64_t real_us)
{
    (void)unit;
    (void)source;
    (void)format;
    (void)bytes;
    (void)real_us;
    return spool->failed ? GV_EIO : GV_OK;
}

gv_err gv_spool_document_refused(gv_spool *spool, const char *unit, const char *source,
                                 const char *fault, int64_t real_us)
{
    (void)unit;
    (void)source;
    (void)fault;
    (void)real_us;
    return spool->failed ? GV_EIO : GV_OK;
}

gv_err gv_spool_document_again(gv_spool *spool, const char *unit, const char *source)
{
    (void)unit;
    (void)source;
    return spool->failed ? GV_EIO : GV_OK;
}

gv_err gv_spool_documents(gv_spool *spool, const char *unit, gv_spool_document_fn *fn, void *ctx)
{
    (void)unit;
    (void)fn;
    (void)ctx;
    return spool->failed ? GV_EIO : GV_OK;
}
