/*
 * delivery_peers.h - both sides in the world of delivery_world.h: an agent whose disk keeps what it
 * was told, and coordinators on one database.
 */
#ifndef DELIVERY_PEERS_H
#define DELIVERY_PEERS_H

#include "delivery_world.h"

/* ---- the agent ------------------------------------------------------------------------------ */

static inline void agent_step(struct world *w, struct gv_agent_event event);

static inline void close_link(struct world *w)
{
    w->link = 0;
    w->link_ready = w->mute_up = w->mute_down = false;
    w->link_event_ms = INT64_MAX;
}

static inline void open_link(struct world *w, unsigned endpoint)
{
    CHECK(w, w->link == 0 && endpoint < COORDINATORS);
    w->link = ++w->links;
    w->link_to = endpoint;
    w->link_event_ms = w->now_ms + 1 + below(w, 20);
    if (chance(w, 10))
        w->link_event_ms = INT64_MAX; /* a black hole */
}

static inline void say_hello(struct world *w)
{
    struct frame frame;

    CHECK(w, w->side.connection > w->connection);
    w->connection = w->side.connection; /* durable */
    frame = up(w, HELLO);
    frame.hello =
        (struct gv_hello){w->connection, w->side.orders, w->side.reports, w->side.receipted, false};
    send_frame(w, &frame);
}

static inline void send_reports(struct world *w, const struct gv_agent_action *action)
{
    struct gv_agent_event event = {.kind = GV_AGENT_SENT};
    struct frame frame = up(w, REPORTS);
    uint64_t most = action->max < FRAME_ENTRIES ? action->max : FRAME_ENTRIES;

    CHECK(w, w->side.in_flight < (w->side.credits == 0 ? 1 : w->side.credits));
    frame.first = action->first;
    frame.count = chance(w, 5) ? 0 : 1 + below(w, (uint32_t)most);
    for (uint64_t i = 0; i < frame.count; i++)
        frame.entry[i] = w->reports.entry[frame.first + i];
    if (frame.count > 0)
        send_frame(w, &frame);
    event.u.sent.first = frame.first;
    event.u.sent.last = frame.first + frame.count - 1;
    agent_step(w, event);
}

static inline void store_orders(struct world *w, const struct frame *frame, uint64_t skip)
{
    struct gv_agent_event event = {.kind = GV_AGENT_STORED};

    if (chance(w, 5))
        return; /* the disk is full */
    CHECK(w, frame != NULL && frame->first + skip == w->orders.n + 1 && skip < frame->count);
    for (uint64_t i = skip; i < frame->count; i++) {
        append(w, &w->orders, frame->entry[i]);
        CHECK(w, w->orders.entry[w->orders.n] == w->db_orders.entry[w->orders.n]);
    }
    event.u.stored = head(&w->orders);
    agent_step(w, event);
}

static inline void receipted(struct world *w, const struct gv_cursor *to)
{
    CHECK(w, to->n > w->receipted.n && to->n <= w->reports.n);
    CHECK(w, gv_hash_eq(&to->h, &w->reports.h[to->n]));
    CHECK(w, w->forgot || to->n <= w->db_reports.n);
    w->receipted = *to;
}

static inline void act(struct world *w, const struct gv_agent_action *action,
                       const struct frame *frame)
{
    struct frame out;

    switch (action->kind) {
    case GV_AGENT_DO_OPEN_LINK:
        open_link(w, action->endpoint);
        break;
    case GV_AGENT_DO_CLOSE_LINK:
        close_link(w);
        break;
    case GV_AGENT_DO_SEND_HELLO:
        say_hello(w);
        break;
    case GV_AGENT_DO_SEND_REPORTS:
        send_reports(w, action);
        break;
    case GV_AGENT_DO_STORE_ORDERS:
        store_orders(w, frame, action->skip);
        break;
    case GV_AGENT_DO_SEND_ORDERS_RECEIPT:
        out = up(w, ORDERS_RECEIPT);
        out.orders = w->side.orders;
        send_frame(w, &out);
        break;
    case GV_AGENT_DO_SEND_HEARTBEAT:
        out = up(w, HEARTBEAT);
        send_frame(w, &out);
        break;
    case GV_AGENT_DO_RECEIPTED:
        receipted(w, &action->cursor);
        break;
    case GV_AGENT_DO_OFFER_AGAIN:
        CHECK(w, w->forgot && action->cursor.n < w->receipted.n);
        w->receipted = action->cursor;
        break;
    case GV_AGENT_DO_ADOPT: /* nobody re-admitted it */
    case GV_AGENT_DO_FREEZE:
        fail_msg("GV_SEED=%u at %d ms: %s", w->seed, (int)w->now_ms,
                 gv_freeze_name(action->freeze));
        break;
    }
}

static inline void agent_step_frame(struct world *w, struct gv_agent_event event,
                                    const struct frame *frame)
{
    struct gv_agent_actions actions;

    event.now_ms = w->now_ms;
    event.random = rnd(w);
    gv_agent_step(&w->side, &event, &actions);
    for (size_t i = 0; i < actions.count; i++)
        act(w, &actions.list[i], frame);
}

static inline void agent_step(struct world *w, struct gv_agent_event event)
{
    agent_step_frame(w, event, NULL);
}

static inline void start_agent(struct world *w)
{
    struct gv_agent_params params = {.endpoint_count = COORDINATORS, .reconnect_window_ms = 500};
    struct gv_cursor orders = head(&w->orders), reports = head(&w->reports);

    w->running = true;
    gv_agent_init(&w->side, &params, &orders, &reports, &w->receipted, w->connection, w->now_ms,
                  rnd(w));
}

static inline enum gv_overlap overlap_of(const struct world *w, const struct frame *frame)
{
    if (frame->first > w->orders.n)
        return GV_OVERLAP_NONE;
    for (uint64_t i = 0; i < frame->count && frame->first + i <= w->orders.n; i++) {
        if (frame->entry[i] != w->orders.entry[frame->first + i])
            return GV_OVERLAP_DIFFERS;
    }
    return GV_OVERLAP_AGREES;
}

static inline void agent_hears(struct world *w, const struct frame *frame)
{
    struct gv_agent_event event = {.kind = GV_AGENT_SEEN};

    switch (frame->kind) {
    case WELCOME:
        if (frame->connection != w->connection)
            break; /* answers another Hello */
        event.kind = GV_AGENT_WELCOME;
        event.u.welcome.reports = frame->reports;
        event.u.welcome.own_reports = hash_at(&w->reports, frame->reports.n);
        event.u.welcome.orders = frame->orders;
        event.u.welcome.own_orders = hash_at(&w->orders, frame->orders.n);
        event.u.welcome.credits = frame->credits;
        event.u.welcome.heartbeat_ms = 1000;
        event.u.welcome.silence_ms = session_params.silence_ms;
        event.u.welcome.reconnect_window_ms = 500;
        event.u.welcome.redeliver_ms = 500;
        break;
    case RECEIPT:
        event.kind = GV_AGENT_RECEIPT;
        event.u.receipt.reports = frame->reports;
        event.u.receipt.own_reports = hash_at(&w->reports, frame->reports.n);
        event.u.receipt.resume = frame->resume;
        event.u.receipt.credits = frame->credits;
        break;
    case ORDERS:
        event.kind = GV_AGENT_ORDERS;
        event.u.orders.first = frame->first;
        event.u.orders.count = frame->count;
        event.u.orders.overlap = overlap_of(w, frame);
        break;
    case BUSY:
        event.kind = GV_AGENT_BUSY;
        event.u.busy.retry_after_ms = 100 + below(w, 400);
        event.u.busy.first = frame->first;
        break;
    case ERROR:
        if (frame->connection != w->connection)
            break;
        event.kind = GV_AGENT_ERROR;
        event.u.error.code = GV_EREPLAY;
        break;
    case GOODBYE:
        event.kind = GV_AGENT_GOODBYE;
        event.u.goodbye.reconnect_window_ms = 1000;
        break;
    default:
        break;
    }
    agent_step_frame(w, event, frame);
}

/* ---- a coordinator -------------------------------------------------------------------------- */

static inline struct gv_session_action send_orders(struct world *w, struct coordinator *c,
                                                   const struct gv_session_action *action)
{
    struct gv_session_event event = {
        .kind = GV_SESSION_SENT, .now_ms = w->now_ms, .connection = action->connection};
    struct frame frame = {.link = c->link,
                          .connection = action->connection,
                          .coordinator = (unsigned)(c - w->coordinator),
                          .kind = ORDERS,
                          .first = action->after + 1};
    uint64_t most = w->db_orders.n - action->after;

    CHECK(w, action->after < w->db_orders.n && action->max_entries > 0);
    most = most < action->max_entries ? most : action->max_entries;
    most = most < FRAME_ENTRIES ? most : FRAME_ENTRIES;
    frame.count = chance(w, 5) ? 0 : 1 + below(w, (uint32_t)most);
    for (uint64_t i = 0; i < frame.count; i++)
        frame.entry[i] = w->db_orders.entry[frame.first + i];
    if (frame.count > 0)
        send_frame(w, &frame);
    event.n = action->after + frame.count;
    event.bytes = 50;
    if (chance(w, 3))
        return (struct gv_session_action){.kind = GV_SESSION_NONE}; /* SENT is forgotten */
    return gv_session_step(&c->session, &event, NULL);
}

static inline void session_step(struct world *w, struct coordinator *c,
                                struct gv_session_event event)
{
    struct gv_session_action action;

    event.now_ms = w->now_ms;
    action = gv_session_step(&c->session, &event, &session_params);
    while (action.kind == GV_SESSION_SEND_ORDERS)
        action = send_orders(w, c, &action);
}

static inline void welcome(struct world *w, struct coordinator *c, const struct frame *hello)
{
    struct gv_session_event event = {.kind = GV_SESSION_HELLO_OK,
                                     .connection = hello->connection,
                                     .n = hello->hello.orders.n,
                                     .head = w->db_orders.n};
    struct frame out = answer(hello, WELCOME);

    out.reports = head(&w->db_reports);
    out.orders = head(&w->db_orders);
    out.credits = 1 + below(w, 4);
    send_frame(w, &out);
    c->link = hello->link;
    session_step(w, c, event);
}

static inline void on_hello(struct world *w, struct coordinator *c, const struct frame *frame)
{
    const struct gv_hello *hello = &frame->hello;
    struct gv_hello_facts facts = {w->db_connection,
                                   head(&w->db_reports),
                                   head(&w->db_orders),
                                   w->db_acked,
                                   hash_at(&w->db_orders, hello->orders.n),
                                   hash_at(&w->db_reports, hello->reports.n),
                                   hash_at(&w->db_reports, hello->receipted.n),
                                   false};
    struct gv_hello_judgement judgement;
    struct frame out;

    if (chance(w, 10)) {
        out = answer(frame, BUSY);
        send_frame(w, &out);
        return;
    }
    gv_hello_judge(hello, &facts, &judgement);
    switch (judgement.verdict) {
    case GV_HELLO_OK:
        w->db_connection = hello->connection;
        if (w->db_acked < hello->orders.n)
            w->db_acked = hello->orders.n;
        for (unsigned i = 0; i < COORDINATORS; i++) {
            struct gv_session_event gone = {.kind = GV_SESSION_GONE};

            if (&w->coordinator[i] != c && !chance(w, 50))
                session_step(w, &w->coordinator[i], gone);
        }
        welcome(w, c, frame);
        break;
    case GV_HELLO_SAME:
        break; /* a repeated frame: its answer went out */
    case GV_HELLO_OLD:
        out = answer(frame, ERROR);
        send_frame(w, &out);
        break;
    default:
        fail_msg("GV_SEED=%u: an honest Hello was judged %d", w->seed, judgement.verdict);
    }
    CHECK(w, !judgement.reports_lost || w->forgot);
}

static inline void on_reports(struct world *w, const struct frame *frame)
{
    struct frame out = answer(frame, RECEIPT);
    struct gv_cursor stored = head(&w->db_reports);
    struct gv_reports_judgement judgement;
    gv_hash hashes[FRAME_ENTRIES], before, at_end;
    uint64_t from = 0, end = 0;

    if (chance(w, 5)) {
        out.kind = BUSY;
        out.first = chance(w, 50) ? 0 : frame->first;
        send_frame(w, &out);
        return;
    }
    if (gv_reports_need(&stored, frame->first, frame->count, &from, &end)) {
        before = w->db_reports.h[from];
        for (uint64_t i = 0; i < frame->count; i++)
            hashes[i] = before = chain(&before, frame->entry[i]);
    }
    at_end = w->db_reports.h[end];
    gv_reports_judge(&stored, frame->first, frame->count, hashes, &at_end, &judgement);
    CHECK(w, judgement.verdict != GV_REPORTS_FORK && judgement.verdict != GV_REPORTS_BAD);
    if (judgement.verdict == GV_REPORTS_STORE) {
        for (uint64_t i = judgement.skip; i < frame->count; i++) {
            append(w, &w->db_reports, frame->entry[i]);
            CHECK(w, w->db_reports.entry[w->db_reports.n] == w->reports.entry[w->db_reports.n]);
        }
        stored = head(&w->db_reports);
        CHECK(w, gv_cursor_eq(&judgement.head, &stored));
    }
    out.reports = stored;
    out.resume = judgement.verdict == GV_REPORTS_GAP;
    out.credits = below(w, 5);
    send_frame(w, &out);
}

static inline void on_orders_receipt(struct world *w, struct coordinator *c,
                                     const struct frame *frame)
{
    struct gv_cursor orders = head(&w->db_orders);
    struct gv_hash_at own = hash_at(&w->db_orders, frame->orders.n);
    struct gv_session_event event = {
        .kind = GV_SESSION_ACKED, .connection = frame->connection, .n = frame->orders.n};

    switch (gv_receipt_judge(&orders, w->db_acked, &frame->orders, &own)) {
    case GV_RECEIPT_OK:
        w->db_acked = frame->orders.n;
        CHECK(w, w->db_acked <= w->orders.n); /* nothing is delivered that the agent has not */
        break;
    case GV_RECEIPT_REPEAT:
        break;
    default:
        fail_msg("GV_SEED=%u: an honest receipt was refused", w->seed);
    }
    session_step(w, c, event);
}

static inline void coordinator_hears(struct world *w, const struct frame *frame)
{
    struct coordinator *c = &w->coordinator[frame->coordinator];
    struct gv_session_event seen = {.kind = GV_SESSION_SEEN, .connection = frame->connection};
    struct frame out = answer(frame, CLOCK);

    if (!c->running)
        return;
    if (frame->kind == HELLO) {
        on_hello(w, c, frame);
        return;
    }
    session_step(w, c, seen);
    if (frame->kind == HEARTBEAT && c->session.connected &&
        c->session.connection == frame->connection)
        send_frame(w, &out); /* whoever has no session falls silent, and its agent comes back */
    if (frame->connection != w->db_connection)
        return; /* of an older connection */
    if (frame->kind == REPORTS)
        on_reports(w, frame);
    else if (frame->kind == ORDERS_RECEIPT)
        on_orders_receipt(w, c, frame);
}

#endif
