/* delivery_agent.h - an agent of fuzz_delivery.c: carries out what its side says, and hears frames.
 */
#ifndef FUZZ_DELIVERY_AGENT_H
#define FUZZ_DELIVERY_AGENT_H

#include "delivery_world.h"

/* ---- an agent ------------------------------------------------------------------------------- */

static void agent_step(struct world *w, unsigned i, struct gv_agent_event event,
                       const struct frame *frame);

static void send_reports(struct world *w, unsigned i, const struct gv_agent_action *action)
{
    struct gv_agent_event event = {.kind = GV_AGENT_SENT};
    struct agent *agent = &w->agent[i];
    struct frame frame = up(w, i, REPORTS);
    uint64_t most = action->max < ENTRIES_MAX ? action->max : ENTRIES_MAX;

    assert(action->max > 0 && action->first > 0);
    assert(action->first + action->max - 1 <= agent->reports.n);
    frame.first = action->first;
    frame.count = take(w) % 16 == 15 ? 0 : most; /* the link is full */
    for (uint64_t k = 0; k < frame.count; k++)
        frame.entry[k] = agent->reports.entry[frame.first + k];
    if (frame.count > 0)
        send_frame(w, &frame);
    event.u.sent.first = frame.first;
    event.u.sent.last = frame.first + frame.count - 1;
    agent_step(w, i, event, NULL);
}

static void store_orders(struct world *w, unsigned i, const struct frame *frame, uint64_t skip)
{
    struct gv_agent_event event = {.kind = GV_AGENT_STORED};
    struct agent *agent = &w->agent[i];

    if (frame == NULL || take(w) % 16 == 15)
        return; /* a lie of ours has no entries; the disk is full */
    assert(frame->first + skip == agent->orders.n + 1 && skip < frame->count);
    for (uint64_t k = skip; k < frame->count; k++)
        append(&agent->orders, frame->entry[k]);
    event.u.stored = head(&agent->orders);
    agent_step(w, i, event, NULL);
}

static void receipted(struct world *w, unsigned i, const struct gv_cursor *to)
{
    struct agent *agent = &w->agent[i];
    const struct unit *unit = unit_of(w, i);

    assert(to->n > agent->receipted.n && to->n <= agent->reports.n);
    assert(gv_hash_eq(&to->h, &agent->reports.h[to->n]));
    assert((w->mode & LIARS) != 0 || unit->forgot || to->n <= unit->reports.n);
    agent->receipted = *to;
}

static void act(struct world *w, unsigned i, const struct gv_agent_action *action,
                const struct frame *frame)
{
    struct agent *agent = &w->agent[i];
    struct frame out;

    switch (action->kind) {
    case GV_AGENT_DO_OPEN_LINK:
        assert(agent->link == 0 && action->endpoint < COORDINATORS);
        agent->link = ++w->links;
        agent->link_to = action->endpoint;
        agent->link_up = false;
        break;
    case GV_AGENT_DO_CLOSE_LINK:
        agent->link = 0;
        break;
    case GV_AGENT_DO_SEND_HELLO:
        assert(agent->side.connection > agent->connection && agent->link != 0);
        agent->connection = agent->side.connection;
        out = up(w, i, HELLO);
        out.hello = (struct gv_hello){agent->connection, agent->side.orders, agent->side.reports,
                                      agent->side.receipted, agent->side.freeze != GV_FREEZE_NONE};
        send_frame(w, &out);
        break;
    case GV_AGENT_DO_SEND_REPORTS:
        send_reports(w, i, action);
        break;
    case GV_AGENT_DO_STORE_ORDERS:
        store_orders(w, i, frame, action->skip);
        break;
    case GV_AGENT_DO_SEND_ORDERS_RECEIPT:
        out = up(w, i, ORDERS_RECEIPT);
        out.orders = agent->side.orders;
        send_frame(w, &out);
        break;
    case GV_AGENT_DO_SEND_HEARTBEAT:
        out = up(w, i, HEARTBEAT);
        send_frame(w, &out);
        break;
    case GV_AGENT_DO_RECEIPTED:
        receipted(w, i, &action->cursor);
        break;
    case GV_AGENT_DO_OFFER_AGAIN:
        assert(unit_of(w, i)->forgot || !honest(w));
        assert(action->cursor.n < agent->receipted.n);
        agent->receipted = action->cursor;
        break;
    case GV_AGENT_DO_ADOPT: /* nobody re-admits it */
    case GV_AGENT_DO_FREEZE:
        assert(!honest(w));
        break;
    }
}

/* What is true of an agent's side after every event. */
static void check_side(const struct agent *agent)
{
    const struct gv_agent_side *side = &agent->side;

    assert(side->receipted.n <= side->reports.n && side->in_flight <= GV_AGENT_INFLIGHT_MAX);
    assert(side->sent >= side->receipted.n || side->phase != GV_AGENT_LIVE);
    assert(side->sent <= side->reports.n);
    assert((side->phase == GV_AGENT_WAITING || side->phase == GV_AGENT_FROZEN) ==
           (agent->link == 0));
    for (uint32_t i = 1; i < side->in_flight; i++)
        assert(side->flight[i - 1].last < side->flight[i].last);
    assert(gv_agent_phase_name(side->phase)[0] != '?' && gv_freeze_name(side->freeze)[0] != '?');
}

static void agent_step(struct world *w, unsigned i, struct gv_agent_event event,
                       const struct frame *frame)
{
    struct gv_agent_actions actions;

    event.now_ms = w->now_ms;
    event.random = (uint32_t)w->links * 7919 + take(w);
    gv_agent_step(&w->agent[i].side, &event, &actions);
    for (size_t k = 0; k < actions.count; k++)
        act(w, i, &actions.list[k], frame);
}

static void start_agent(struct world *w, unsigned i)
{
    const struct gv_agent_params params = {.endpoint_count = COORDINATORS,
                                           .reconnect_window_ms = 500};
    struct agent *agent = &w->agent[i];
    struct gv_cursor orders = head(&agent->orders), reports = head(&agent->reports);

    agent->link = 0;
    gv_agent_init(&agent->side, &params, &orders, &reports, &agent->receipted, agent->connection,
                  w->now_ms, take(w));
}

static enum gv_overlap overlap_of(const struct agent *agent, const struct frame *frame)
{
    if (frame->first > agent->orders.n)
        return GV_OVERLAP_NONE;
    for (uint64_t i = 0; i < frame->count && frame->first + i <= agent->orders.n; i++) {
        if (frame->entry[i] != agent->orders.entry[frame->first + i])
            return GV_OVERLAP_DIFFERS;
    }
    return GV_OVERLAP_AGREES;
}

static void fill_welcome(const struct agent *agent, const struct frame *frame,
                         struct gv_agent_event *event)
{
    event->kind = GV_AGENT_WELCOME;
    event->u.welcome.reports = frame->reports;
    event->u.welcome.own_reports = hash_at(&agent->reports, frame->reports.n);
    event->u.welcome.orders = frame->orders;
    event->u.welcome.own_orders = hash_at(&agent->orders, frame->orders.n);
    event->u.welcome.credits = frame->credits;
    event->u.welcome.heartbeat_ms = 1000;
    event->u.welcome.silence_ms = session_params.silence_ms;
    event->u.welcome.reconnect_window_ms = 500;
    event->u.welcome.redeliver_ms = 500;
}

static void agent_hears(struct world *w, const struct frame *frame)
{
    struct gv_agent_event event = {.kind = GV_AGENT_SEEN};
    struct agent *agent = &w->agent[frame->agent];

    if (frame->link != agent->link || !agent->link_up)
        return;
    switch (frame->kind) {
    case WELCOME:
        if (frame->connection == agent->connection)
            fill_welcome(agent, frame, &event);
        break;
    case RECEIPT:
        event.kind = GV_AGENT_RECEIPT;
        event.u.receipt.reports = frame->reports;
        event.u.receipt.own_reports = hash_at(&agent->reports, frame->reports.n);
        event.u.receipt.resume = frame->resume;
        event.u.receipt.credits = frame->credits;
        break;
    case ORDERS:
        event.kind = GV_AGENT_ORDERS;
        event.u.orders.first = frame->first;
        event.u.orders.count = frame->count;
        event.u.orders.overlap = overlap_of(agent, frame);
        break;
    case BUSY:
        event.kind = GV_AGENT_BUSY;
        event.u.busy.retry_after_ms = 200;
        event.u.busy.first = frame->first;
        break;
    case ERROR:
        event.kind = frame->connection == agent->connection ? GV_AGENT_ERROR : GV_AGENT_SEEN;
        event.u.error.code = GV_EREPLAY;
        break;
    default:
        break;
    }
    agent_step(w, frame->agent, event, frame);
}

#endif
