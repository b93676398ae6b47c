/*
 * unit_work.c - between the unit's work and its spool: orders in, reports out, all in the turn's
 * one transaction: an order, what it does here, and the reports that follow from it are durable
 * together.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/source.h"
#include "agent/unit.h"
#include "base/clock.h"
#include "base/lang.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "trust/act.h"
#include "trust/entry.h"
#include "wire/pb_arena.h"

#define KEYSET_ASK_MS 30000

/* ---- load ---- */

static gv_err load_assignment(void *ctx, const gv_id *id, uint32_t epoch, uint32_t state,
                              struct gv_slice bytes)
{
    struct unit *unit = ctx;
    Giaoviec__V1__Task *task = NULL;

    gv_arena_reset(unit->host->work_arena);
    if (bytes.len > 0) {
        task = gv_pb_unpack(&giaoviec__v1__task__descriptor, bytes, unit->host->work_arena);
        if (task == NULL)
            return gv_pb_fault(unit->host->work_arena);
    }
    return gv_work_restore(&unit->work, id, epoch, (enum gv_state)state, task);
}

static gv_err load_sent(void *ctx, const gv_id *id, const char *name, const gv_id *digest)
{
    struct unit *unit = ctx;
    gv_err err = gv_work_restore_sent(&unit->work, id, name, digest);

    return err == GV_ENOTFOUND ? GV_OK : err;
}

gv_err unit_load_work(struct unit *unit)
{
    gv_err err = gv_spool_assignments(unit->host->spool, unit->code.s, load_assignment, unit);

    return err != GV_OK ? err : gv_spool_sents(unit->host->spool, unit->code.s, load_sent, unit);
}

/* ---- store ---- */

static gv_err store_sent(struct unit *unit, struct gv_work_item *item)
{
    gv_spool *spool = unit->host->spool;
    size_t kept = 0;

    for (size_t i = 0; i < item->sent_count; i++) {
        struct gv_sent *sent = &item->sent[i];
        gv_err err = GV_OK;

        if (sent->gone)
            err = gv_spool_sent_delete(spool, unit->code.s, &item->id, sent->name);
        else if (sent->dirty)
            err = gv_spool_sent_put(spool, unit->code.s, &item->id, sent->name, &sent->digest);
        if (err != GV_OK)
            return err;
        sent->dirty = false;
        if (sent->gone)
            free(sent->name);
        else
            item->sent[kept++] = *sent;
    }
    item->sent_count = kept;
    return GV_OK;
}

static gv_err store_item(struct unit *unit, struct gv_work_item *item)
{
    gv_spool *spool = unit->host->spool;
    gv_err err = GV_OK;

    if (item->forget)
        err = gv_spool_sent_delete(spool, unit->code.s, &item->id, NULL);
    if (err == GV_OK && item->dirty)
        err = gv_spool_assignment_put(spool, unit->code.s, &item->id, item->epoch,
                                      (uint32_t)item->state);
    if (err == GV_OK)
        err = store_sent(unit, item);
    item->forget = item->dirty = false;
    return err;
}

static void store_work(struct unit *unit)
{
    for (size_t i = 0; i < unit->work.count; i++) {
        if (store_item(unit, &unit->work.items[i]) != GV_OK) {
            host_fail(unit->host, GV_EIO, "spool");
            return;
        }
    }
}

static void append(struct unit *unit, const struct gv_work_result *result)
{
    struct gv_cursor *head = &unit->row.reports;

    for (size_t i = 0; i < result->entry_count; i++) {
        const struct gv_work_entry *entry = &result->entries[i];
        char id[33];
        gv_hash h;

        gv_hash_chain(&head->h, entry->bytes, &h);
        if (gv_spool_report_put(unit->host->spool, unit->code.s, head->n + 1, entry->bytes, &h,
                                gv_clock_real_us()) != GV_OK) {
            host_fail(unit->host, GV_EIO, "spool");
            return;
        }
        *head = (struct gv_cursor){head->n + 1, h};
        gv_hex(entry->assignment.b, sizeof entry->assignment.b, id);
        log_info("report-made", "unit=%s n=%llu kind=%u assignment=%s", unit->code.s,
                 (unsigned long long)head->n, (unsigned)entry->kind, id);
    }
    if (result->entry_count > 0) {
        unit->row_dirty = true;
        unit->appended_waits = true;
    }
    unit->finished_waits = true;
    unit_touch(unit);
}

static struct gv_work_now now_of(const struct unit *unit)
{
    return (struct gv_work_now){unit_business_us(unit), unit->config->person};
}

/* ---- orders ---- */

/* What an END means depends on the act that it comes from. */
static gv_err ended_state(struct unit *unit, const Giaoviec__V1__OrderEntry *order,
                          enum gv_state *out)
{
    struct gv_slice bytes = {order->act.data, order->act.len};
    struct gv_signed_act act;
    gv_err err = gv_act_open(bytes, unit->host->keyset, true, unit->host->work_arena, &act);

    if (err == GV_OK)
        *out = act.act->kind == GV_SIGNED_REVOKE ? GV_STATE_REVOKED : GV_STATE_TRANSFERRED;
    return err;
}

/* GV_OK: it holds, and was acted on (or came too late to matter). Else why it does not hold. */
static gv_err act_on(struct unit *unit, uint64_t n, struct gv_slice entry)
{
    struct gv_work_order order = {0};
    Giaoviec__V1__OrderEntry *message;
    Giaoviec__V1__Task *task = NULL;
    char id[33];
    gv_err err;

    message = gv_pb_unpack(&giaoviec__v1__order_entry__descriptor, entry, unit->host->work_arena);
    if (message == NULL)
        return gv_pb_fault(unit->host->work_arena);
    err = gv_order_check(message, unit->host->keyset, &unit->code, unit->host->work_arena, &task);
    if (err == GV_OK)
        err = gv_id_from((struct gv_slice){message->assignment.data, message->assignment.len},
                         &order.assignment);
    if (err == GV_OK && message->kind == GIAOVIEC__V1__ORDER_KIND__ORDER_END)
        err = ended_state(unit, message, &order.ended);
    if (err != GV_OK)
        return err;
    order.kind = message->kind;
    order.epoch = message->epoch;
    order.task = task;
    err = gv_work_order(&unit->work, &order);
    gv_hex(order.assignment.b, sizeof order.assignment.b, id);
    log_info("order", "unit=%s n=%llu kind=%u assignment=%s epoch=%u task=%s result=%s",
             unit->code.s, (unsigned long long)n, (unsigned)order.kind, id, (unsigned)order.epoch,
             task != NULL ? task->number : "-", gv_err_name(err));
    if (err == GV_ESTALE || err == GV_ENOTFOUND)
        return GV_OK; /* it holds, and something newer is known */
    if (err != GV_OK || task == NULL)
        return err;
    err = gv_spool_assignment_put(unit->host->spool, unit->code.s, &order.assignment, order.epoch,
                                  GV_STATE_DELIVERED);
    return err != GV_OK
               ? err
               : gv_spool_assignment_task(unit->host->spool, unit->code.s, &order.assignment,
                                          (struct gv_slice){message->task.data, message->task.len});
}

/* Somebody that our keyset does not know may have signed: is there a newer one? */
static void ask_for_keyset(struct unit *unit)
{
    Giaoviec__V1__KeysetGet body = GIAOVIEC__V1__KEYSET_GET__INIT;
    int64_t now_ms = gv_loop_now_ms(unit->host->loop);

    if (unit->keyset_asked_ms != 0 && now_ms < unit->keyset_asked_ms + KEYSET_ASK_MS)
        return;
    if (unit_send(unit, GV_KIND_KEYSET_GET, &body.base))
        unit->keyset_asked_ms = now_ms;
}

/* What the standing documents say about assignments that orders just changed. */
static void orders_done(struct unit *unit)
{
    struct gv_work_result result = {.arena = unit->host->work_arena};
    struct gv_work_document *documents;
    struct gv_work_now now = now_of(unit);
    size_t count;
    gv_err err = sources_standing(unit, unit->host->work_arena, &documents, &count);

    if (err == GV_OK)
        err = gv_work_orders_done(&unit->work, documents, count, &now, &result);
    if (err != GV_OK) {
        host_fail(unit->host, err, "orders");
        return;
    }
    append(unit, &result);
    store_work(unit);
}

static void fault_found(struct unit *unit, uint64_t n, gv_err fault)
{
    unit->counts.order_faults++;
    log_error("order-does-not-hold",
              "unit=%s n=%llu error=%s coordinator=%s do=\"kept as evidence, not acted on: tell an "
              "administrator\"",
              unit->code.s, (unsigned long long)n, gv_err_name(fault), unit->peer.code.s);
    if (fault == GV_EDENIED || fault == GV_ESIGNATURE)
        ask_for_keyset(unit);
}

void unit_store_orders(struct unit *unit, const ProtobufCBinaryData *entries, size_t count)
{
    struct gv_cursor *head = &unit->row.orders;

    gv_arena_reset(unit->host->work_arena);
    for (size_t i = 0; i < count; i++) {
        struct gv_slice entry = {entries[i].data, entries[i].len};
        uint64_t n = head->n + 1;
        gv_hash h;
        gv_err fault = act_on(unit, n, entry);

        if (fault == GV_ENOMEM || fault == GV_EIO) {
            host_fail(unit->host, fault, "order");
            return;
        }
        gv_hash_chain(&head->h, entry, &h);
        if (gv_spool_order_put(unit->host->spool, unit->code.s, n, entry, &h, fault,
                               gv_clock_real_us()) != GV_OK) {
            host_fail(unit->host, GV_EIO, "spool");
            return;
        }
        *head = (struct gv_cursor){n, h};
        if (fault != GV_OK)
            fault_found(unit, n, fault);
    }
    unit->row_dirty = true;
    unit->stored_waits = true;
    unit_touch(unit);
    orders_done(unit);
}

void unit_restate(struct unit *unit, bool now)
{
    gv_arena_reset(unit->host->work_arena);
    gv_work_restate(&unit->work);
    if (now)
        orders_done(unit);
    else
        store_work(unit);
}

void unit_accept(struct unit *unit)
{
    if (unit->config->person == NULL || !gv_work_waits(&unit->work))
        return;
    gv_arena_reset(unit->host->work_arena);
    orders_done(unit);
}

/* ---- orders that did not hold ---- */

/* One at a time: there may be more of them than memory. */
void unit_recheck_orders(struct unit *unit)
{
    gv_spool *spool = unit->host->spool;
    struct gv_buf entry;
    uint64_t n = 0;
    bool any = false;
    gv_err err;

    gv_buf_init(&entry);
    while ((err = gv_spool_order_faulty(spool, unit->code.s, &n, &entry)) == GV_OK) {
        gv_err fault;

        gv_arena_reset(unit->host->work_arena);
        fault = act_on(unit, n, (struct gv_slice){entry.data, entry.len});
        gv_buf_reset(&entry);
        if (fault != GV_OK)
            continue;
        err = gv_spool_order_fault(spool, unit->code.s, n, GV_OK);
        if (err != GV_OK)
            break;
        unit->counts.order_faults -= unit->counts.order_faults > 0;
        log_info("order-holds-now", "unit=%s n=%llu", unit->code.s, (unsigned long long)n);
        any = true;
    }
    gv_buf_fini(&entry);
    if (err != GV_ENOTFOUND) {
        host_fail(unit->host, err, "spool");
        return;
    }
    if (any) {
        unit_touch(unit);
        gv_arena_reset(unit->host->work_arena);
        orders_done(unit);
    }
}

/* ---- documents ---- */

gv_err unit_document(struct unit *unit, const char *source, bool standing,
                     const struct gv_status *status, struct gv_work_result *result)
{
    struct gv_work_document document = {source, standing, status};
    struct gv_work_now now = now_of(unit);
    gv_err err = gv_work_document(&unit->work, &document, &now, result);

    if (err != GV_OK) {
        host_fail(unit->host, err, "document");
        return err;
    }
    append(unit, result);
    store_work(unit);
    return unit->host->failed;
}

/* Clocks may differ by a day. Of a stepped one only its last step is known here, and it may have
 * gone on: there the coordinator judges. */
gv_err unit_check_day(const struct unit *unit, const struct gv_status *status,
                      struct gv_status_fault *fault)
{
    int32_t today;
    char day[11];

    if (!status->has_as_of || unit->row.stepped || !unit_business_day(unit, &today) ||
        status->as_of <= today + 1)
        return GV_OK;
    gv_day_format(status->as_of, day);
    *fault = (struct gv_status_fault){.pointer = "/as_of"};
    snprintf(fault->why, sizeof fault->why,
             gv_tr("%s là ngày chưa đến", "%s is a day that has not come"), day);
    return GV_EBADMSG;
}

/* ---- dispositions ---- */

void unit_disposition(struct unit *unit, uint64_t n, bool is_new,
                      const Giaoviec__V1__Disposition *disposition)
{
    uint32_t code = disposition->code;
    gv_err error = (gv_err)disposition->error;
    const char *text = disposition->text;
    gv_arena *arena = unit->host->work_arena;
    struct gv_report report = {0};
    struct gv_buf entry;
    char escaped[512];
    gv_err err;

    gv_arena_reset(arena);
    gv_buf_init(&entry);
    err = gv_spool_disposition(unit->host->spool, unit->code.s, n, code, error, text, &entry);
    unit_touch(unit);
    if (err == GV_EIO || err == GV_ENOMEM)
        host_fail(unit->host, err, "spool");
    if (err != GV_OK || !is_new)
        goto out;
    /* What it names is wanted, not whether it is well-formed. */
    if (gv_report_open((struct gv_slice){entry.data, entry.len}, arena, &report) == GV_ENOMEM)
        goto out;
    if (code == GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_STALE) {
        unit->counts.stale++;
        log_warn("report-stale", "unit=%s n=%llu kind=%u epoch=%u text=%s", unit->code.s,
                 (unsigned long long)n, (unsigned)report.kind, (unsigned)report.epoch,
                 gv_log_escape(text, escaped, sizeof escaped));
        goto out;
    }
    if (code == GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_UNSUPPORTED)
        unit->counts.unsupported++;
    else
        unit->counts.refused++;
    log_error("report-refused", "unit=%s n=%llu kind=%u error=%s text=%s", unit->code.s,
              (unsigned long long)n, (unsigned)report.kind, gv_err_name(error),
              gv_log_escape(text, escaped, sizeof escaped));
    if (gv_work_refused(&unit->work, &report, error, arena) != GV_OK)
        host_fail(unit->host, GV_ENOMEM, "report");
    store_work(unit);
out:
    gv_buf_fini(&entry);
}
