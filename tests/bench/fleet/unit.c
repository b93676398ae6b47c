/* unit.c - what one unit of the fleet says and hears. */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "fleet.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "trust/entry.h"
#include "wire/message.h"
#include "wire/pb_arena.h"

#define BACKOFF_MAX_MS 30000

static void bump(atomic_ullong *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

static void drop(atomic_ullong *counter, uint64_t n)
{
    atomic_fetch_sub_explicit(counter, n, memory_order_relaxed);
}

bool unit_open(struct worker *w, struct unit *unit)
{
    struct gv_link_options options = {.zmq = w->zmq};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = unit};
    gv_err err;

    options.endpoint = unit->enrolled ? w->coordinator->endpoint : unit->token.endpoint;
    memcpy(options.server_pk,
           unit->enrolled ? w->coordinator->curve_key.data : unit->token.server_pk, 32);
    memcpy(options.curve_pk, unit->key->curve_pk, 32);
    memcpy(options.curve_sk, unit->key->curve_sk, 32);
    options.handshake_ms = 30000; /* all at once is what is tried */
    unit->open_at_us = 0;
    err = gv_link_open(&options, &unit->link);
    if (err == GV_EAGAIN) { /* links that were closed still have their descriptors */
        unit->open_at_us = fleet_now_us() + 500000;
        return false;
    }
    if (err != GV_OK || epoll_ctl(w->epoll, EPOLL_CTL_ADD, gv_link_fd(unit->link), &event) != 0)
        fleet_die("no link", unit->token.unit.s);
    return true;
}

static void close_link(struct worker *w, struct unit *unit)
{
    epoll_ctl(w->epoll, EPOLL_CTL_DEL, gv_link_fd(unit->link), NULL);
    gv_link_close(unit->link);
    unit->link = NULL;
}

static bool send_message(struct unit *unit, enum gv_kind kind, const ProtobufCMessage *body)
{
    struct gv_head head = {.deployment = unit->token.deployment,
                           .sender = unit->token.unit,
                           .kind = kind,
                           .connection = kind == GV_KIND_ENROL ? 0 : unit->connection,
                           .sequence = ++unit->sequence,
                           .time_us = gv_clock_real_us()};
    const struct gv_key *key = (gv_kind_row(kind)->flags & GV_MSG_SIGNED) != 0 ? unit->key : NULL;
    struct gv_buf frame;
    gv_err err;

    gv_buf_init(&frame);
    err = gv_message_seal(&head, body, key, &frame);
    if (err == GV_OK)
        err = gv_link_send(unit->link, frame.data, frame.len);
    gv_buf_fini(&frame);
    return err == GV_OK;
}

static void say_enrol(struct unit *unit)
{
    Giaoviec__V1__Enrol body = GIAOVIEC__V1__ENROL__INIT;
    struct gv_buf statement;

    gv_buf_init(&statement);
    if (gv_enrol_seal(&unit->token, unit->key, gv_clock_real_us(), &statement) != GV_OK)
        fleet_die("no statement", unit->token.unit.s);
    body.statement = gv_pb_bytes(statement.data, statement.len);
    if (!send_message(unit, GV_KIND_ENROL, &body.base))
        fleet_die("cannot send", unit->token.unit.s);
    gv_buf_fini(&statement);
}

static void put_cursor(Giaoviec__V1__Cursor *out, struct gv_cursor *cursor)
{
    giaoviec__v1__cursor__init(out);
    out->number = cursor->n;
    out->hash = gv_pb_bytes(cursor->h.b, 32);
}

static void say_hello(struct worker *w, struct unit *unit)
{
    Giaoviec__V1__Hello body = GIAOVIEC__V1__HELLO__INIT;
    Giaoviec__V1__Cursor orders, reports, receipted;

    put_cursor(&orders, &unit->orders);
    put_cursor(&reports, &unit->reports);
    put_cursor(&receipted, &unit->receipted);
    body.orders = &orders;
    body.reports = &reports;
    body.receipted = &receipted;
    body.connection = ++unit->connection;
    body.keyset_version = w->keyset->version;
    unit->sequence = 0;
    send_message(unit, GV_KIND_HELLO, &body.base);
}

void unit_beat(struct worker *w, struct unit *unit)
{
    Giaoviec__V1__Heartbeat body = GIAOVIEC__V1__HEARTBEAT__INIT;

    (void)w;
    body.connection = unit->connection;
    body.orders_number = unit->orders.n;
    body.reports_number = unit->reports.n;
    send_message(unit, GV_KIND_HEARTBEAT, &body.base);
    unit->beat_at_us = fleet_now_us() + (int64_t)unit->heartbeat_ms * 1000;
}

static void owe_receipt(struct worker *w, struct unit *unit)
{
    if (!unit->owes)
        w->owing[w->owing_count++] = unit;
    unit->owes = true;
}

static void receipt_orders(struct unit *unit)
{
    Giaoviec__V1__OrdersReceipt body = GIAOVIEC__V1__ORDERS_RECEIPT__INIT;
    Giaoviec__V1__Cursor cursor;

    put_cursor(&cursor, &unit->orders);
    body.orders = &cursor;
    body.time_us = unit->stamp_us;
    send_message(unit, GV_KIND_ORDERS_RECEIPT, &body.base);
}

void unit_receipts(struct worker *w)
{
    if (gv_spool_commit(w->spool) != GV_OK)
        fleet_die("spool", gv_spool_why(w->spool));
    for (size_t i = 0; i < w->owing_count; i++) {
        w->owing[i]->owes = false;
        if (w->owing[i]->live)
            receipt_orders(w->owing[i]);
    }
    w->owing_count = 0;
}

static void add_duty(struct unit *unit, const Giaoviec__V1__OrderEntry *entry)
{
    struct duty *duty;

    unit->duties = realloc(unit->duties, (unit->duty_count + 1) * sizeof *duty);
    if (unit->duties == NULL)
        fleet_die("no memory", unit->token.unit.s);
    duty = &unit->duties[unit->duty_count];
    duty->epoch = entry->epoch;
    if (gv_id_from(gv_pb_slice(entry->assignment), &duty->assignment) == GV_OK)
        unit->duty_count++;
}

static void take_orders(struct worker *w, struct unit *unit, const Giaoviec__V1__Orders *orders)
{
    int64_t now_us = fleet_now_us();

    for (size_t i = 0; i < orders->n_entries; i++) {
        Giaoviec__V1__OrderEntry *entry;

        if (orders->first + i != unit->orders.n + 1)
            continue;
        unit->orders.n++;
        gv_hash_chain(&unit->orders.h, gv_pb_slice(orders->entries[i]), &unit->orders.h);
        if (gv_spool_order_put(w->spool, unit->token.unit.s, unit->orders.n,
                               gv_pb_slice(orders->entries[i]), &unit->orders.h, GV_OK,
                               gv_clock_real_us()) != GV_OK)
            fleet_die("spool", gv_spool_why(w->spool));
        entry = gv_pb_unpack(&giaoviec__v1__order_entry__descriptor,
                             gv_pb_slice(orders->entries[i]), w->arena);
        if (entry != NULL && unit->reports.n == 0)
            add_duty(unit, entry);
        if (w->tally->first_order_us == 0)
            w->tally->first_order_us = now_us;
        w->tally->last_order_us = now_us;
        bump(&w->tally->orders, 1);
    }
    owe_receipt(w, unit);
}

/* Each of its duties in turn: accepted first. The same number gives the same bytes: what is sent
 * again is what was sent. */
static void put_entry(const struct unit *unit, uint64_t n, struct gv_buf *out)
{
    Giaoviec__V1__ReportEntry entry = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    Giaoviec__V1__Accept accept = GIAOVIEC__V1__ACCEPT__INIT;
    Giaoviec__V1__Status status = GIAOVIEC__V1__STATUS__INIT;
    struct duty *duty = &unit->duties[(n - 1) % unit->duty_count];
    bool first = n <= unit->duty_count;
    struct gv_buf body;

    gv_buf_init(&body);
    accept.person = (char *)"Nguyễn Văn A";
    status.progress = (uint32_t)(n % 100) + 1;
    status.narrative = (char *)"đang triển khai theo kế hoạch, chưa phát sinh vướng mắc; số liệu "
                               "đến hết ngày báo cáo, có phụ lục kèm theo";
    if (gv_pb_pack(first ? &accept.base : &status.base, &body) != GV_OK)
        fleet_die("no memory", unit->token.unit.s);
    entry.kind =
        first ? GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT : GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS;
    entry.time_us = unit->stamp_us;
    entry.assignment = gv_pb_bytes(duty->assignment.b, 16);
    entry.epoch = duty->epoch;
    entry.body = gv_pb_bytes(body.data, body.len);
    if (gv_pb_pack(&entry.base, out) != GV_OK)
        fleet_die("no memory", unit->token.unit.s);
    gv_buf_fini(&body);
}

/* Entries reports.n + 1 … last as one envelope. */
static bool send_reports(struct unit *unit, uint64_t last)
{
    Giaoviec__V1__Reports body = GIAOVIEC__V1__REPORTS__INIT;
    ProtobufCBinaryData entries[ENTRIES_MAX];
    struct gv_buf bytes[ENTRIES_MAX];
    size_t count = (size_t)(last - unit->reports.n);
    bool ok;

    body.first = unit->reports.n + 1;
    for (size_t i = 0; i < count; i++) {
        gv_buf_init(&bytes[i]);
        put_entry(unit, body.first + i, &bytes[i]);
        entries[i] = gv_pb_bytes(bytes[i].data, bytes[i].len);
    }
    body.entries = entries;
    body.n_entries = count;
    ok = send_message(unit, GV_KIND_REPORTS, &body.base);
    for (size_t i = 0; i < count; i++) {
        if (ok)
            gv_hash_chain(&unit->reports.h, gv_pb_slice(entries[i]), &unit->reports.h);
        gv_buf_fini(&bytes[i]);
    }
    if (ok)
        unit->reports.n = last;
    return ok;
}

bool unit_can_begin(const struct worker *w, const struct unit *unit, size_t window)
{
    (void)w;
    if (unit->receipted.n == 0)
        window = 1; /* it accepts before it reports */
    else if (unit->credits < window)
        window = unit->credits > 0 ? unit->credits : 1;
    return unit->live && unit->send_at_us == 0 && unit->sent == unit->flying &&
           unit->duty_count > 0 && unit->flying < window && unit->flying < WINDOW_MAX;
}

bool unit_begin(struct worker *w, struct unit *unit, size_t entries, int64_t begun_us)
{
    uint64_t last = unit->reports.n + (unit->receipted.n == 0 ? 1 : entries);

    if (!send_reports(unit, last))
        return false;
    unit->flight[unit->flying++] = (struct flight){last, unit->reports.h, begun_us};
    unit->sent = unit->flying;
    bump(&w->tally->flying, 1);
    return true;
}

/* What was begun and is not stored: the same envelopes again, their time goes on. */
void unit_resend(struct unit *unit)
{
    unit->send_at_us = 0;
    while (unit->live && unit->sent < unit->flying) {
        if (!send_reports(unit, unit->flight[unit->sent].last))
            return;
        unit->sent++;
    }
}

static void take_cursor(struct worker *w, struct unit *unit, const Giaoviec__V1__Cursor *cursor)
{
    int64_t now_us = fleet_now_us();
    bool recording = atomic_load_explicit(&w->shared->say.recording, memory_order_relaxed);
    /* In a storm: of those who are back, from then on. */
    int64_t since_us = w->shared->say.phase == PHASE_STORM ? unit->live_us : 0;
    size_t done = 0;

    while (done < unit->flying && unit->flight[done].last <= cursor->number) {
        if (unit->flight[done].last == cursor->number &&
            memcmp(unit->flight[done].h.b, cursor->hash.data, 32) != 0)
            fleet_die("a receipt for what was not sent", unit->token.unit.s);
        if (recording && unit->flight[done].begun_us >= since_us)
            hist_add(&w->tally->report, (uint64_t)(now_us - unit->flight[done].begun_us));
        done++;
    }
    memmove(unit->flight, unit->flight + done, (unit->flying - done) * sizeof *unit->flight);
    unit->flying -= done;
    bump(&w->tally->envelopes, done);
    unit->sent = unit->sent > done ? unit->sent - done : 0;
    drop(&w->tally->flying, done);
    if (cursor->number <= unit->receipted.n)
        return;
    bump(&w->tally->receipted, cursor->number - unit->receipted.n);
    unit->receipted.n = cursor->number;
    memcpy(unit->receipted.h.b, cursor->hash.data, 32);
}

/* Everything after what is stored goes again. */
static void go_back(struct unit *unit)
{
    unit->reports = unit->receipted;
    unit->sent = 0;
}

static void take_receipt(struct worker *w, struct unit *unit, const Giaoviec__V1__Receipt *receipt)
{
    if (receipt->reports == NULL || receipt->reports->hash.len != 32 ||
        receipt->n_dispositions > 0) {
        bump(&w->tally->errors, 1);
        return;
    }
    unit->credits = receipt->credits;
    take_cursor(w, unit, receipt->reports);
    if (receipt->resume && unit->send_at_us == 0) {
        bump(&w->tally->resumes, 1);
        go_back(unit);
        unit_resend(unit);
    }
}

static void take_welcome(struct worker *w, struct unit *unit, const Giaoviec__V1__Welcome *welcome)
{
    int64_t now_us = fleet_now_us();

    if (welcome->business == NULL || welcome->reports == NULL)
        fleet_die("a Welcome without its parts", unit->token.unit.s);
    if (!unit->live)
        bump(&w->tally->live, 1);
    unit->live = true;
    unit->live_us = now_us;
    unit->failures = 0;
    if (unit->stamp_us == 0)
        unit->stamp_us = welcome->business->time_us;
    unit->credits = welcome->credits;
    unit->window_ms = welcome->reconnect_window_ms;
    if (unit->window_ms > w->tally->window_ms)
        w->tally->window_ms = unit->window_ms;
    unit->heartbeat_ms = welcome->heartbeat_ms > 0 ? welcome->heartbeat_ms : 5000;
    unit->beat_at_us = now_us + gv_random_u32() % unit->heartbeat_ms * 1000;
    if (unit->lost_us != 0)
        hist_add(&w->tally->back, (uint64_t)(now_us - unit->lost_us));
    unit->lost_us = 0;
    w->tally->last_live_us = now_us;
    owe_receipt(w, unit);
    take_cursor(w, unit, welcome->reports);
    go_back(unit);
    unit_resend(unit);
}

static void take_enrolled(struct worker *w, struct unit *unit, const struct gv_buf *frame)
{
    struct gv_enrol_answer answer = {0};

    if (gv_enrol_answer((struct gv_slice){frame->data, frame->len}, &unit->token, w->arena,
                        &answer) != GV_OK ||
        (answer.keyset == NULL && answer.retry_after_ms == 0))
        fleet_die("not enrolled", unit->token.unit.s);
    close_link(w, unit);
    unit->open_at_us = fleet_now_us() + (int64_t)answer.retry_after_ms * 1000;
    if (answer.keyset == NULL)
        return;
    unit->enrolled = true;
    bump(&w->tally->enrolled, 1);
    if (w->keyset == NULL) {
        w->keyset = answer.keyset;
        w->coordinator = w->keyset->set->coordinators[0];
    } else {
        gv_keyset_free(answer.keyset);
    }
}

static void take_busy(struct worker *w, struct unit *unit, const Giaoviec__V1__Busy *busy)
{
    bump(&w->tally->busy, 1);
    unit->send_at_us = fleet_now_us() + (int64_t)busy->retry_after_ms * 1000;
    if (unit->live)
        go_back(unit);
}

static void take_message(struct worker *w, struct unit *unit, const struct gv_buf *frame)
{
    struct gv_sender sender = {.roles = GV_ROLE_COORDINATOR};
    struct gv_message message = {0};

    if (!unit->enrolled) {
        take_enrolled(w, unit, frame);
        return;
    }
    gv_sender_key(&sender, w->coordinator->sign_key.data);
    if (gv_code_from_str(w->coordinator->code, &sender.code) != GV_OK ||
        gv_message_open((struct gv_slice){frame->data, frame->len}, &sender,
                        &unit->token.deployment, &unit->token.unit, w->arena, &message) != GV_OK) {
        bump(&w->tally->errors, 1);
        return;
    }
    switch (message.head.kind) {
    case GV_KIND_WELCOME:
        take_welcome(w, unit, (const Giaoviec__V1__Welcome *)message.body);
        break;
    case GV_KIND_ORDERS:
        take_orders(w, unit, (const Giaoviec__V1__Orders *)message.body);
        break;
    case GV_KIND_RECEIPT:
        take_receipt(w, unit, (const Giaoviec__V1__Receipt *)message.body);
        break;
    case GV_KIND_BUSY:
        take_busy(w, unit, (const Giaoviec__V1__Busy *)message.body);
        break;
    case GV_KIND_GOODBYE:
        unit->window_ms = ((Giaoviec__V1__Goodbye *)message.body)->reconnect_window_ms;
        break;
    case GV_KIND_CLOCK:
        if (((Giaoviec__V1__Clock *)message.body)->heartbeat_ms > unit->heartbeat_ms)
            unit->heartbeat_ms = ((Giaoviec__V1__Clock *)message.body)->heartbeat_ms;
        break;
    default:
        bump(&w->tally->errors, 1);
    }
}

/* As the agent waits: a random part of seven eighths of what was dictated, or of what failures made
 * of it. */
static void lost(struct worker *w, struct unit *unit)
{
    uint32_t shift = unit->failures < 7 ? unit->failures : 7;
    uint32_t grown = unit->failures == 0 ? 0 : 250u << shift;
    uint32_t window = grown > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : grown;
    int64_t now_us = fleet_now_us();

    if (unit->window_ms - unit->window_ms / 8 > window)
        window = unit->window_ms - unit->window_ms / 8;
    if (unit->live) {
        drop(&w->tally->live, 1);
        bump(&w->tally->lost, 1);
        unit->lost_us = now_us;
    }
    unit->live = false;
    unit->failures++;
    unit->send_at_us = 0;
    close_link(w, unit);
    unit->open_at_us = now_us + 100000 + (int64_t)(gv_random_u32() % (window + 1)) * 1000;
}

void unit_serve(struct worker *w, struct unit *unit)
{
    struct gv_buf frame;
    enum gv_link_event event;

    gv_buf_init(&frame);
    while (unit->link != NULL && (event = gv_link_next(unit->link, &frame)) != GV_LINK_NONE) {
        if (event == GV_LINK_DOWN || event == GV_LINK_REFUSED)
            lost(w, unit);
        else if (event == GV_LINK_UP && !unit->enrolled)
            say_enrol(unit);
        else if (event == GV_LINK_UP)
            say_hello(w, unit);
        else
            take_message(w, unit, &frame);
        gv_arena_reset(w->arena);
    }
    gv_buf_fini(&frame);
    if (unit->live && unit->send_at_us == 0)
        unit_resend(unit);
}
