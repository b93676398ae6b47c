/* unit_link.c - the unit's state machine: events in, actions carried out, frames out. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "agent/rotation.h"
#include "agent/unit.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/plant.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "giaoviec/v1/delivery.pb-c.h"

#define CTX_RENDEZVOUS "giaoviec/agent/rendezvous"
#define EVENTS_MAX     64

struct gv_agent_event unit_event(const struct unit *unit, enum gv_agent_event_kind kind)
{
    return (struct gv_agent_event){
        .kind = kind, .now_ms = gv_loop_now_ms(unit->host->loop), .random = gv_random_u32()};
}

gv_err unit_rank(struct unit *unit)
{
    const Giaoviec__V1__Keyset *set = unit->host->keyset->set;
    gv_hash *weights = calloc(set->n_coordinators, sizeof *weights);
    uint32_t *order = calloc(set->n_coordinators, sizeof *order);

    if (weights == NULL || order == NULL) {
        free(weights);
        free(order);
        return GV_ENOMEM;
    }
    for (size_t i = 0; i < set->n_coordinators; i++) {
        const char *code = set->coordinators[i]->code;
        struct gv_slice parts[2] = {
            {(const uint8_t *)unit->code.s, strlen(unit->code.s)},
            {(const uint8_t *)code, strlen(code)},
        };

        gv_hash_of(CTX_RENDEZVOUS, parts, 2, &weights[i]);
    }
    gv_agent_rank(weights, (uint32_t)set->n_coordinators, order);
    free(weights);
    free(unit->order);
    unit->order = order;
    return GV_OK;
}

/* ---- the link ---- */

static void on_link(void *ctx, unsigned events)
{
    (void)events;
    unit_drain(ctx);
}

void unit_close_link(struct unit *unit)
{
    if (unit->link == NULL)
        return;
    gv_loop_unwatch(unit->host->loop, gv_link_fd(unit->link));
    gv_link_close(unit->link);
    unit->link = NULL;
    unit->hello_waits = false;
}

static const char *endpoint_of(const struct unit *unit, const Giaoviec__V1__CoordinatorInfo *info)
{
    const struct config *config = unit->host->config;

    for (size_t i = 0; i < config->override_count; i++) {
        if (strcmp(config->overrides[i].coordinator.s, info->code) == 0)
            return config->overrides[i].endpoint;
    }
    return info->endpoint;
}

static bool open_link(struct unit *unit, uint32_t endpoint)
{
    const Giaoviec__V1__Keyset *set = unit->host->keyset->set;
    const Giaoviec__V1__CoordinatorInfo *info =
        set->coordinators[unit->order[endpoint % set->n_coordinators]];
    struct gv_link_options options = {.zmq = unit->host->zmq, .endpoint = endpoint_of(unit, info)};
    gv_err err;

    unit_close_link(unit);
    memcpy(options.server_pk, info->curve_key.data, sizeof options.server_pk);
    memcpy(options.curve_pk, rotation_key(unit)->curve_pk, sizeof options.curve_pk);
    memcpy(options.curve_sk, rotation_key(unit)->curve_sk, sizeof options.curve_sk);
    unit->peer = (struct gv_sender){.roles = GV_ROLE_COORDINATOR};
    gv_sender_key(&unit->peer, info->sign_key.data);
    err = gv_code_from_str(info->code, &unit->peer.code);
    if (err == GV_OK)
        err = gv_link_open(&options, &unit->link);
    if (err == GV_OK)
        err = gv_loop_watch(unit->host->loop, gv_link_fd(unit->link), GV_LOOP_READ, on_link, unit);
    if (err != GV_OK) {
        log_error("link-failed", "unit=%s endpoint=%s error=%s", unit->code.s, options.endpoint,
                  gv_err_name(err));
        unit_close_link(unit);
        return false;
    }
    log_debug("link-opened", "unit=%s coordinator=%s endpoint=%s", unit->code.s, unit->peer.code.s,
              options.endpoint);
    return true;
}

void unit_drain(struct unit *unit)
{
    while (unit->link != NULL && unit->host->failed == GV_OK) {
        struct gv_agent_event event;

        if (unit->stored_waits || unit->hello_waits ||
            unit->adopted_waits) { /* first the commit, then the next frame */
            unit->drain_waits = true;
            unit_touch(unit);
            return;
        }
        switch (gv_link_next(unit->link, &unit->frame)) {
        case GV_LINK_NONE:
            return;
        case GV_LINK_MESSAGE:
            unit_message(unit, (struct gv_slice){unit->frame.data, unit->frame.len});
            continue;
        case GV_LINK_UP:
            event = unit_event(unit, GV_AGENT_LINK_UP);
            break;
        case GV_LINK_DOWN:
            log_info("link-down", "unit=%s coordinator=%s", unit->code.s, unit->peer.code.s);
            unit_close_link(unit);
            event = unit_event(unit, GV_AGENT_LINK_DOWN);
            break;
        default:
            log_warn("link-refused", "unit=%s coordinator=%s hint=key-revoked-or-unknown",
                     unit->code.s, unit->peer.code.s);
            unit->told = GV_EDENIED;
            unit_close_link(unit);
            rotation_refused(unit);
            event = unit_event(unit, GV_AGENT_LINK_REFUSED);
            break;
        }
        unit_step(unit, &event);
    }
}

/* ---- frames out ---- */

bool unit_send(struct unit *unit, uint32_t kind, const ProtobufCMessage *body)
{
    const struct gv_kind_row *row = gv_kind_row(kind);
    struct gv_head head = {.deployment = unit->host->keyset->deployment,
                           .sender = unit->code,
                           .kind = kind,
                           .connection = unit->side.connection,
                           .sequence = unit->sequence + 1,
                           .time_us = gv_clock_real_us()};
    gv_err err;

    if (unit->link == NULL)
        return false;
    gv_buf_reset(&unit->out);
    err = gv_message_seal(
        &head, body, (row->flags & GV_MSG_SIGNED) != 0 ? rotation_key(unit) : NULL, &unit->out);
    if (err == GV_OK)
        err = gv_link_send(unit->link, unit->out.data, unit->out.len);
    if (err != GV_OK) {
        if (err != GV_EAGAIN && err != GV_EUNAVAILABLE)
            log_error("send-failed", "unit=%s kind=%s error=%s", unit->code.s, row->name,
                      gv_err_name(err));
        return false;
    }
    unit->sequence++;
    unit->sent_id = head.message_id;
    if (kind == GV_KIND_HELLO)
        unit->hello_id = head.message_id;
    return true;
}

static void put_cursor(Giaoviec__V1__Cursor *out, const struct gv_cursor *cursor)
{
    giaoviec__v1__cursor__init(out);
    out->number = cursor->n;
    out->hash = (ProtobufCBinaryData){sizeof cursor->h.b, (uint8_t *)cursor->h.b};
}

void unit_send_hello(struct unit *unit)
{
    Giaoviec__V1__Hello body = GIAOVIEC__V1__HELLO__INIT;
    Giaoviec__V1__Cursor orders, reports, receipted;

    put_cursor(&orders, &unit->side.orders);
    put_cursor(&reports, &unit->side.reports);
    put_cursor(&receipted, &unit->side.receipted);
    body.connection = unit->side.connection;
    body.orders = &orders;
    body.reports = &reports;
    body.receipted = &receipted;
    body.agent_version = (char *)GV_VERSION;
    body.keyset_version = unit->host->keyset->version;
    body.finished_day = unit->side.finished_day;
    body.finished_day_known = unit->side.finished_known;
    body.held_first = unit->side.held_first;
    body.contradicts = unit->side.freeze != GV_FREEZE_NONE && !GV_PLANTED(CONTRADICTION_SILENT);
    unit->sequence = 0;
    unit->hello_id = (gv_id){0};
    unit_send(unit, GV_KIND_HELLO,
              &body.base); /* where that fails, no Welcome comes: the side tries again */
}

static bool send_orders_receipt(struct unit *unit)
{
    Giaoviec__V1__OrdersReceipt body = GIAOVIEC__V1__ORDERS_RECEIPT__INIT;
    Giaoviec__V1__Cursor orders;

    if (GV_FAILPOINT_WITH(orders_receipt_sending, 0, 1, 0))
        return false;
    put_cursor(&orders, &unit->side.orders);
    body.orders = &orders;
    body.time_us = unit_business_us(unit);
    return unit_send(unit, GV_KIND_ORDERS_RECEIPT, &body.base);
}

static void send_heartbeat(struct unit *unit)
{
    Giaoviec__V1__Heartbeat body = GIAOVIEC__V1__HEARTBEAT__INIT;

    body.connection = unit->side.connection;
    body.orders_number = unit->side.orders.n;
    body.reports_number = unit->side.reports.n;
    body.finished_day = unit->side.finished_day;
    body.finished_day_known = unit->side.finished_known;
    unit_send(unit, GV_KIND_HEARTBEAT, &body.base);
}

struct collect {
    gv_arena *arena;
    ProtobufCBinaryData *entries;
    size_t count, bytes;
    bool failed;
};

static bool collect_entry(void *ctx, uint64_t n, struct gv_slice entry)
{
    struct collect *c = ctx;
    uint8_t *copy;

    (void)n;
    if (c->count > 0 && c->bytes + entry.len > GV_WORK_ENTRIES_MAX_BYTES)
        return false;
    copy = gv_arena_copy(c->arena, entry.data, entry.len);
    c->failed = copy == NULL;
    if (c->failed)
        return false;
    c->entries[c->count++] = (ProtobufCBinaryData){entry.len, copy};
    c->bytes += entry.len + 8;
    return true;
}

/* The number of the last entry that went out; first - 1: none did. */
static uint64_t send_reports(struct unit *unit, uint64_t first, uint64_t max)
{
    Giaoviec__V1__Reports body = GIAOVIEC__V1__REPORTS__INIT;
    ProtobufCBinaryData entries[GV_REPORTS_MAX_ENTRIES];
    struct collect c = {.arena = gv_arena_new((size_t)1 << 20), .entries = entries};
    uint64_t last = first - 1;

    if (max > GV_REPORTS_MAX_ENTRIES)
        max = GV_REPORTS_MAX_ENTRIES;
    if (c.arena == NULL ||
        gv_spool_reports(unit->host->spool, unit->code.s, first, max, collect_entry, &c) != GV_OK) {
        host_fail(unit->host, gv_spool_ok(unit->host->spool) ? GV_ENOMEM : GV_EIO, "spool");
    } else if (c.count == 0 || c.failed) {
        log_error("reports-missing", "unit=%s first=%llu", unit->code.s, (unsigned long long)first);
    } else {
        body.first = first;
        body.entries = entries;
        body.n_entries = c.count;
        if (unit_send(unit, GV_KIND_REPORTS, &body.base)) {
            last = first + c.count - 1;
            log_info("reports-sent", "unit=%s first=%llu last=%llu", unit->code.s,
                     (unsigned long long)first, (unsigned long long)last);
        }
    }
    gv_arena_free(c.arena);
    return last;
}

/* ---- actions ---- */

static void freeze(struct unit *unit, enum gv_freeze why)
{
    log_error(
        "frozen",
        "unit=%s why=%s orders=%llu reports=%llu receipted=%llu "
        "do=\"no report is sent any more, and the deployment is told why: an administrator must "
        "compare this agent's spool with 'giaoviec unit show %s', then lift the quarantine or "
        "enrol the unit anew: either re-admits it\"",
        unit->code.s, gv_freeze_name(why), (unsigned long long)unit->side.orders.n,
        (unsigned long long)unit->side.reports.n, (unsigned long long)unit->side.receipted.n,
        unit->code.s);
}

static void receipted(struct unit *unit, const struct gv_cursor *cursor)
{
    char hash[2 * sizeof cursor->h.b + 1];

    gv_hex(cursor->h.b, sizeof cursor->h.b, hash);
    log_info("receipted", "unit=%s coordinator=%s n=%llu h=%s", unit->code.s, unit->peer.code.s,
             (unsigned long long)cursor->n, hash);
    unit->row.receipted = *cursor;
    unit->row_dirty = true;
    unit_touch(unit);
    if (GV_FAILPOINT_WITH(receipt_marking, 0, 1, 0) ||
        gv_spool_receipted(unit->host->spool, unit->code.s, cursor->n, gv_clock_real_us()) != GV_OK)
        host_fail(unit->host, GV_EIO, "spool");
}

static void offer_again(struct unit *unit, const struct gv_cursor *cursor)
{
    log_error("history-lost",
              "unit=%s deployment_has=%llu had=%llu do=\"the deployment lost reports that it had "
              "receipted; they are sent again\"",
              unit->code.s, (unsigned long long)cursor->n,
              (unsigned long long)unit->row.receipted.n);
    unit->row.receipted = *cursor;
    unit->row_dirty = true;
    unit_touch(unit);
    if (gv_spool_unreceipted(unit->host->spool, unit->code.s, cursor->n) != GV_OK)
        host_fail(unit->host, GV_EIO, "spool");
}

struct queue {
    struct gv_agent_event list[EVENTS_MAX];
    size_t head, count;
};

static void push(struct queue *queue, const struct gv_agent_event *event)
{
    if (queue->count < EVENTS_MAX) /* an action gives one event at most, and a step few actions */
        queue->list[(queue->head + queue->count++) % EVENTS_MAX] = *event;
}

static void carry_out(struct unit *unit, const struct gv_agent_action *action, struct queue *queue)
{
    struct gv_agent_event event;

    switch (action->kind) {
    case GV_AGENT_DO_OPEN_LINK:
        if (open_link(unit, action->endpoint))
            return;
        event = unit_event(unit, GV_AGENT_LINK_DOWN);
        push(queue, &event);
        return;
    case GV_AGENT_DO_CLOSE_LINK:
        unit_close_link(unit);
        return;
    case GV_AGENT_DO_SEND_HELLO:
        unit->row.connection = unit->side.connection;
        unit->row_dirty = true;
        unit->hello_waits = true;
        unit_touch(unit);
        return;
    case GV_AGENT_DO_SEND_REPORTS:
        event = unit_event(unit, GV_AGENT_SENT);
        event.u.sent.first = action->first;
        event.u.sent.last = send_reports(unit, action->first, action->max);
        push(queue, &event);
        return;
    case GV_AGENT_DO_STORE_ORDERS:
        assert(unit->incoming != NULL && action->skip < unit->incoming_count);
        if (!room_for_orders(unit->host))
            return; /* they stay with the coordinator, and come again */
        unit_store_orders(unit, unit->incoming + action->skip,
                          unit->incoming_count - (size_t)action->skip);
        if (GV_PLANTED(SEND_BEFORE_STORE)) {
            event = unit_event(unit, GV_AGENT_STORED);
            event.u.stored = unit->row.orders;
            push(queue, &event);
        }
        return;
    case GV_AGENT_DO_SEND_ORDERS_RECEIPT:
        if (send_orders_receipt(unit))
            return;
        /* Reports of those orders must not go before it. */
        unit_close_link(unit);
        event = unit_event(unit, GV_AGENT_LINK_DOWN);
        push(queue, &event);
        return;
    case GV_AGENT_DO_SEND_HEARTBEAT:
        send_heartbeat(unit);
        return;
    case GV_AGENT_DO_RECEIPTED:
        receipted(unit, &action->cursor);
        return;
    case GV_AGENT_DO_OFFER_AGAIN:
        offer_again(unit, &action->cursor);
        return;
    case GV_AGENT_DO_ADOPT:
        unit_adopt(unit, action);
        return;
    case GV_AGENT_DO_FREEZE:
        freeze(unit, action->freeze);
        return;
    }
}

void unit_step(struct unit *unit, const struct gv_agent_event *first)
{
    struct queue queue = {.count = 0};
    enum gv_agent_phase before = unit->side.phase;

    push(&queue, first);
    while (queue.count > 0 && unit->host->failed == GV_OK) {
        struct gv_agent_event event = queue.list[queue.head];
        struct gv_agent_actions actions = {.count = 0};

        queue.head = (queue.head + 1) % EVENTS_MAX;
        queue.count--;
        gv_agent_step(&unit->side, &event, &actions);
        for (size_t i = 0; i < actions.count; i++)
            carry_out(unit, &actions.list[i], &queue);
    }
    if (unit->side.phase != before)
        log_info("phase", "unit=%s phase=%s coordinator=%s connection=%llu", unit->code.s,
                 gv_agent_phase_name(unit->side.phase), unit->peer.code.s,
                 (unsigned long long)unit->side.connection);
    gv_loop_timer_set(unit->host->loop, &unit->timer, gv_agent_deadline_ms(&unit->side));
}
