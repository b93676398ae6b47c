/* unit_message.c - a frame from the coordinator: verified, then told to the state machine as an
 * event. */
#include <stdlib.h>
#include <string.h>

#include "agent/rotation.h"
#include "agent/source.h"
#include "agent/unit.h"
#include "base/clock.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "giaoviec/v1/trust.pb-c.h"

#define TEXT_MAX 512

static gv_err read_cursor(const Giaoviec__V1__Cursor *in, struct gv_cursor *out)
{
    struct gv_slice hash;
    struct gv_cursor cursor;

    if (in == NULL)
        return GV_EBADMSG;
    hash = (struct gv_slice){in->hash.data, in->hash.len};
    cursor.n = in->number;
    if (cursor.n > INT64_MAX || gv_hash_from(hash, &cursor.h) != GV_OK || !gv_cursor_valid(&cursor))
        return GV_EBADMSG;
    *out = cursor;
    return GV_OK;
}

static bool answers_hello(const struct unit *unit, const struct gv_message *message)
{
    return !gv_id_is_zero(&unit->hello_id) && gv_id_eq(&message->head.in_reply_to, &unit->hello_id);
}

static void seen(struct unit *unit)
{
    struct gv_agent_event event = unit_event(unit, GV_AGENT_SEEN);

    unit_step(unit, &event);
}

/* ---- business time ---- */

/* A stepped clock never goes back here; of its own clock a unit is told once. */
static bool is_news(const struct gv_spool_unit *row, const Giaoviec__V1__BusinessTime *business)
{
    if (!row->has_business || row->stepped != (business->stepped != 0))
        return true;
    return row->stepped && business->step >= row->step && business->time_us > row->business_us;
}

static void take_business(struct unit *unit, const Giaoviec__V1__BusinessTime *business)
{
    struct gv_spool_unit *row = &unit->row;

    if (business == NULL || business->time_us <= 0 || !is_news(row, business))
        return;
    row->has_business = true;
    row->business_us = business->time_us;
    row->stepped = business->stepped != 0;
    row->step = business->step;
    unit->row_dirty = true;
    unit->finished_waits = true;
    unit_touch(unit);
}

/* ---- keysets ---- */

static void take_keyset(struct unit *unit, ProtobufCBinaryData bytes)
{
    gv_err err;

    if (bytes.len == 0)
        return;
    err = host_take_keyset(unit->host, (struct gv_slice){bytes.data, bytes.len}, NULL);
    if (err != GV_OK && err != GV_EVERSION)
        log_error("keyset-refused", "unit=%s coordinator=%s error=%s", unit->code.s,
                  unit->peer.code.s, gv_err_name(err));
}

/* ---- messages ---- */

static gv_err on_welcome(struct unit *unit, const struct gv_message *message)
{
    const Giaoviec__V1__Welcome *body = (const Giaoviec__V1__Welcome *)message->body;
    struct gv_agent_event event = unit_event(unit, GV_AGENT_WELCOME);
    gv_spool *spool = unit->host->spool;
    gv_err err;

    if (!answers_hello(unit, message)) {
        seen(unit);
        return GV_OK;
    }
    err = read_cursor(body->reports, &event.u.welcome.reports);
    if (err == GV_OK)
        err = read_cursor(body->orders, &event.u.welcome.orders);
    if (err != GV_OK)
        return err;
    if (gv_spool_report_hash(spool, unit->code.s, event.u.welcome.reports.n,
                             &event.u.welcome.own_reports) != GV_OK ||
        gv_spool_order_hash(spool, unit->code.s, event.u.welcome.orders.n,
                            &event.u.welcome.own_orders) != GV_OK) {
        host_fail(unit->host, GV_EIO, "spool");
        return GV_OK;
    }
    event.u.welcome.credits = body->credits;
    event.u.welcome.heartbeat_ms = body->heartbeat_ms;
    event.u.welcome.silence_ms = body->silence_ms;
    event.u.welcome.reconnect_window_ms = body->reconnect_window_ms;
    event.u.welcome.redeliver_ms = body->redeliver_ms;
    event.u.welcome.adopt = body->adopt;
    event.u.welcome.keep_orders = body->keep_orders;
    if (body->adopt)
        err = unit_adopt_learn(unit, body, &event.u.welcome.reports, &event.u.welcome.held);
    else
        unit_adopt_forget(unit);
    if (err == GV_EIO)
        host_fail(unit->host, err, "spool");
    if (err != GV_OK)
        return err;
    unit->told = GV_OK;
    take_business(unit, body->business);
    unit_look_at_day(unit);
    unit_step(unit, &event);
    rotation_welcome(unit);
    take_keyset(unit, body->keyset);
    return GV_OK;
}

/* before: what had been receipted before this receipt. */
static void take_dispositions(struct unit *unit, const Giaoviec__V1__Receipt *body, uint64_t before)
{
    for (size_t i = 0; i < body->n_dispositions; i++) {
        const Giaoviec__V1__Disposition *one = body->dispositions[i];

        if (one->number > 0 && one->number <= unit->row.receipted.n)
            unit_disposition(unit, one->number, one->number > before, one);
    }
}

static gv_err on_receipt(struct unit *unit, const struct gv_message *message)
{
    const Giaoviec__V1__Receipt *body = (const Giaoviec__V1__Receipt *)message->body;
    struct gv_agent_event event = unit_event(unit, GV_AGENT_RECEIPT);
    gv_err err = read_cursor(body->reports, &event.u.receipt.reports);
    uint64_t before;

    if (err != GV_OK)
        return err;
    if (gv_spool_report_hash(unit->host->spool, unit->code.s, event.u.receipt.reports.n,
                             &event.u.receipt.own_reports) != GV_OK) {
        host_fail(unit->host, GV_EIO, "spool");
        return GV_OK;
    }
    event.u.receipt.resume = body->resume;
    event.u.receipt.credits = body->credits;
    before = unit->row.receipted.n;
    unit_step(unit, &event);
    if (unit->side.phase == GV_AGENT_LIVE) /* else the receipt is of another history */
        take_dispositions(unit, body, before);
    return GV_OK;
}

/* Do the entries that we hold already carry the same running hash? What was pruned is not compared.
 */
static gv_err compare_overlap(struct unit *unit, const Giaoviec__V1__Orders *body,
                              enum gv_overlap *out)
{
    struct gv_hash_at at;
    gv_err err;

    *out = GV_OVERLAP_NONE;
    if (body->first == 0 || body->first > unit->side.orders.n)
        return GV_OK;
    *out = GV_OVERLAP_AGREES;
    err = gv_spool_order_hash(unit->host->spool, unit->code.s, body->first - 1, &at);
    for (size_t i = 0;
         err == GV_OK && i < body->n_entries && body->first + i <= unit->side.orders.n; i++) {
        struct gv_slice entry = {body->entries[i].data, body->entries[i].len};
        struct gv_hash_at own;
        gv_hash h;

        err = gv_spool_order_hash(unit->host->spool, unit->code.s, body->first + i, &own);
        if (err != GV_OK)
            break;
        if (at.known && own.known) {
            gv_hash_chain(&at.h, entry, &h);
            if (!gv_hash_eq(&h, &own.h))
                *out = GV_OVERLAP_DIFFERS;
        }
        at = own;
    }
    return err;
}

static gv_err on_orders(struct unit *unit, const struct gv_message *message)
{
    const Giaoviec__V1__Orders *body = (const Giaoviec__V1__Orders *)message->body;
    struct gv_agent_event event = unit_event(unit, GV_AGENT_ORDERS);

    if (body->first == 0 || body->first > INT64_MAX || body->n_entries == 0)
        return GV_EBADMSG;
    if (compare_overlap(unit, body, &event.u.orders.overlap) != GV_OK) {
        host_fail(unit->host, GV_EIO, "spool");
        return GV_OK;
    }
    event.u.orders.first = body->first;
    event.u.orders.count = body->n_entries;
    unit->incoming = body->entries;
    unit->incoming_count = body->n_entries;
    unit_step(unit, &event);
    unit->incoming = NULL;
    unit->incoming_count = 0;
    return GV_OK;
}

static gv_err on_busy(struct unit *unit, const struct gv_message *message)
{
    const Giaoviec__V1__Busy *body = (const Giaoviec__V1__Busy *)message->body;
    struct gv_agent_event event = unit_event(unit, GV_AGENT_BUSY);

    if (rotation_answer(unit, message)) {
        seen(unit);
        return GV_OK;
    }
    event.u.busy.retry_after_ms = body->retry_after_ms;
    event.u.busy.first = body->first;
    unit_step(unit, &event);
    return GV_OK;
}

static gv_err on_clock(struct unit *unit, const struct gv_message *message)
{
    const Giaoviec__V1__Clock *body = (const Giaoviec__V1__Clock *)message->body;
    struct gv_agent_event event = unit_event(unit, GV_AGENT_CLOCK);

    take_business(unit, body->business);
    unit_look_at_day(unit);
    event.u.clock.heartbeat_ms = body->heartbeat_ms;
    event.u.clock.silence_ms = body->silence_ms;
    unit_step(unit, &event);
    return GV_OK;
}

static gv_err on_error(struct unit *unit, const struct gv_message *message)
{
    const Giaoviec__V1__Error *body = (const Giaoviec__V1__Error *)message->body;
    struct gv_agent_event event = unit_event(unit, GV_AGENT_ERROR);
    char text[TEXT_MAX];

    log_warn("coordinator-error", "unit=%s coordinator=%s error=%s text=%s", unit->code.s,
             unit->peer.code.s, gv_err_name((gv_err)body->code),
             gv_log_escape(body->text, text, sizeof text));
    if (body->code == GV_EQUARANTINE)
        log_error("quarantined",
                  "unit=%s do=\"an administrator must look: giaoviec unit show %s, then unit "
                  "lift-quarantine %s\"",
                  unit->code.s, unit->code.s, unit->code.s);
    if (rotation_answer(unit, message) ||
        !(answers_hello(unit, message) ||
          (body->code == GV_EREPLAY && unit->side.phase == GV_AGENT_LIVE))) {
        seen(unit);
        return GV_OK;
    }
    unit->told = (gv_err)body->code;
    event.u.error.code = (gv_err)body->code;
    unit_step(unit, &event);
    if (body->code == GV_EDENIED && unit->link == NULL) /* a door that has not heard of it yet */
        rotation_refused(unit);
    return GV_OK;
}

static gv_err on_goodbye(struct unit *unit, const struct gv_message *message)
{
    struct gv_agent_event event = unit_event(unit, GV_AGENT_GOODBYE);

    event.u.goodbye.reconnect_window_ms =
        ((const Giaoviec__V1__Goodbye *)message->body)->reconnect_window_ms;
    unit_step(unit, &event);
    return GV_OK;
}

static gv_err on_keyset(struct unit *unit, const struct gv_message *message)
{
    seen(unit);
    take_keyset(unit, ((const Giaoviec__V1__Enrolled *)message->body)->keyset);
    return GV_OK;
}

static gv_err on_key_rotated(struct unit *unit, const struct gv_message *message)
{
    seen(unit);
    rotation_answer(unit, message);
    return GV_OK;
}

static const struct {
    uint32_t kind;
    gv_err (*handle)(struct unit *unit, const struct gv_message *message);
} handlers[] = {
    {GV_KIND_WELCOME, on_welcome},
    {GV_KIND_RECEIPT, on_receipt},
    {GV_KIND_ORDERS, on_orders},
    {GV_KIND_CLOCK, on_clock},
    {GV_KIND_BUSY, on_busy},
    {GV_KIND_ERROR, on_error},
    {GV_KIND_GOODBYE, on_goodbye},
    {GV_KIND_KEYSET_RESULT, on_keyset},
    {GV_KIND_KEY_ROTATED, on_key_rotated},
};

/* Of the session as it is now. A coordinator that is too busy to read says so of all that it got.
 */
static bool is_of_now(const struct unit *unit, const struct gv_head *head)
{
    return head->connection == unit->side.connection ||
           (head->kind == GV_KIND_BUSY && head->connection == 0);
}

void unit_message(struct unit *unit, struct gv_slice frame)
{
    struct host *host = unit->host;
    struct gv_message message;
    gv_err err;

    gv_arena_reset(host->message_arena);
    err = gv_message_open(frame, &unit->peer, &host->keyset->deployment, &unit->code,
                          host->message_arena, &message);
    if (err == GV_OK && !is_of_now(unit, &message.head))
        err = GV_EREPLAY; /* said to us in a session that is over */
    for (size_t i = 0; err == GV_OK && i < sizeof handlers / sizeof handlers[0]; i++) {
        if (handlers[i].kind == message.head.kind) {
            err = handlers[i].handle(unit, &message);
            if (err == GV_OK)
                return;
        }
    }
    log_warn("message-refused", "unit=%s coordinator=%s kind=%u error=%s", unit->code.s,
             unit->peer.code.s, (unsigned)message.head.kind,
             gv_err_name(err == GV_OK ? GV_EUNSUPPORTED : err));
}
