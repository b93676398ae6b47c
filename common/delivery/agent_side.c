/*
 * agent_side.c - the agent's side of delivery. Every event is handled in three strokes: what it
 * says (on_*), what time it is (on_time), what may be sent now (pump).
 */
#include "delivery/agent_side.h"

#include <assert.h>
#include <string.h>

#include "base/plant.h"
#include "delivery/agent_internal.h"

enum {
    CONNECT_TIMEOUT_MS = 6000,
    BACKOFF_BASE_MS = 250,
    BACKOFF_MAX_MS = 12000,
    BACKOFF_MIN_MS = 20,
    HEARTBEAT_MS = 15000,
    SILENCE_MS = 60000,
    REDELIVER_MS = 5000,
    DICTATED_MAX_MS = 3600000, /* nobody silences an agent for longer */
    BUSY_MAX_MS = 600000,
    PUT_OFF_MAX = 8,    /* Busys to Hellos before another endpoint is tried */
    SLOW_SHIFT_MAX = 2, /* redelivery slows down to four times */
    SLOW_MAX = 6,       /* redeliveries in a row without an answer: the link is deaf */
    ADOPTIONS_MAX = 3,  /* in a row, without being live in between */
    FROZEN_MS = 5000,   /* at least, before the deployment is told */
};

static const char *const freeze_names[] = {
    [GV_FREEZE_NONE] = "none",
    [GV_FREEZE_REPORTS_FORK] = "reports-fork",
    [GV_FREEZE_REPORTS_AHEAD] = "reports-ahead",
    [GV_FREEZE_REPORTS_LOST] = "reports-lost",
    [GV_FREEZE_ORDERS_FORK] = "orders-fork",
    [GV_FREEZE_ORDERS_LOST] = "orders-lost",
    [GV_FREEZE_CLONE] = "clone",
};

static const char *const phase_names[] = {
    [GV_AGENT_WAITING] = "waiting",   [GV_AGENT_CONNECTING] = "connecting",
    [GV_AGENT_GREETING] = "greeting", [GV_AGENT_LIVE] = "live",
    [GV_AGENT_FROZEN] = "frozen",
};

struct gv_agent_action *gv_agent_emit(struct gv_agent_turn *turn, enum gv_agent_action_kind kind)
{
    struct gv_agent_actions *actions = turn->actions;
    struct gv_agent_action *action;

    assert(actions->count < GV_AGENT_ACTIONS_MAX);
    action = &actions->list[actions->count++];
    memset(action, 0, sizeof *action);
    action->kind = kind;
    return action;
}

/* ---- connecting ----------------------------------------------------------------------------- */

/* A uniformly random part of the window: dictated, or grown by failures. Who has a dictated one is
 * to be back when it ends, so its last eighth is left for connecting. */
static int64_t reconnect_at(const struct gv_agent_side *side, int64_t now_ms, uint32_t random)
{
    uint32_t grown = BACKOFF_BASE_MS << gv_min_u32(side->failures, 12);
    uint32_t window = side->failures == 0 ? 0 : gv_min_u32(grown, side->params.backoff_max_ms);

    window = gv_max_u32(window, side->reconnect_window_ms - side->reconnect_window_ms / 8);
    return now_ms + BACKOFF_MIN_MS + random % ((int64_t)window + 1);
}

static void forget_connection(struct gv_agent_side *side)
{
    side->sent = side->receipted.n;
    side->in_flight = 0;
    side->sending = false;
    side->probing = false;
    side->slow = 0;
    side->resumed_ms = -1;
    side->hold_until_ms = 0;
    side->hello_at_ms = 0;
}

static void forget_readmission(struct gv_agent_side *side)
{
    side->readmitted = false;
    side->held_first = 0;
}

void gv_agent_wait(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;

    forget_connection(side);
    forget_readmission(side);
    side->phase = GV_AGENT_WAITING;
    side->wait_until_ms = reconnect_at(side, turn->now_ms, turn->event->random);
}

/* Closes the link and tries another endpoint next. */
static void give_up(struct gv_agent_turn *turn, uint32_t failures)
{
    struct gv_agent_side *side = turn->side;

    gv_agent_emit(turn, GV_AGENT_DO_CLOSE_LINK);
    side->failures = gv_min_u32(side->failures + failures, 1000);
    side->turn = (side->turn + 1) % side->params.endpoint_count;
    gv_agent_wait(turn);
}

static void say_hello(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;

    forget_connection(side);
    side->phase = GV_AGENT_GREETING;
    side->connection++;
    side->wait_until_ms = turn->now_ms + side->params.connect_timeout_ms;
    gv_agent_emit(turn, GV_AGENT_DO_SEND_HELLO);
}

void gv_agent_freeze(struct gv_agent_turn *turn, enum gv_freeze why)
{
    struct gv_agent_side *side = turn->side;

    gv_agent_emit(turn, GV_AGENT_DO_FREEZE)->freeze = why;
    gv_agent_emit(turn, GV_AGENT_DO_CLOSE_LINK);
    forget_connection(side);
    forget_readmission(side);
    side->adoptions = 0;
    side->failures = gv_min_u32(side->failures + 8, 1000);
    side->phase = GV_AGENT_FROZEN;
    side->freeze = why;
    side->wait_until_ms = reconnect_at(side, turn->now_ms + FROZEN_MS, turn->event->random);
}

static void on_link_lost(struct gv_agent_turn *turn, uint32_t failures)
{
    struct gv_agent_side *side = turn->side;

    if (side->phase == GV_AGENT_WAITING || side->phase == GV_AGENT_FROZEN)
        return;
    if (side->phase == GV_AGENT_LIVE) {
        side->turn = 0; /* the preferred one again, first */
    } else {
        side->failures = gv_min_u32(side->failures + failures, 1000);
        side->turn = (side->turn + 1) % side->params.endpoint_count;
    }
    gv_agent_wait(turn);
}

/* The deployment knows a newer connection than ours: we are older than we think. */
static void leap_ahead(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;

    side->too_old = gv_min_u32(side->too_old + 1, 40);
    side->connection += UINT64_C(1) << side->too_old;
    give_up(turn, 1);
}

static void on_error(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;
    gv_err code = turn->event->u.error.code;

    if (side->phase == GV_AGENT_LIVE && code == GV_EREPLAY) { /* nothing of ours counts any more */
        leap_ahead(turn);
        return;
    }
    if (side->phase != GV_AGENT_GREETING || side->hello_at_ms != 0)
        return;
    if (code == GV_EREPLAY && side->readmitted) { /* ours was the newest a moment ago */
        gv_agent_freeze(turn, GV_FREEZE_CLONE);
    } else if (code == GV_EREPLAY) {
        leap_ahead(turn);
    } else {
        give_up(turn, gv_err_retry(code) ? 1 : 8);
    }
}

static void on_goodbye(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;
    uint32_t window = turn->event->u.goodbye.reconnect_window_ms;

    if (side->phase != GV_AGENT_LIVE && side->phase != GV_AGENT_GREETING)
        return;
    if (window > 0)
        side->reconnect_window_ms = gv_min_u32(window, DICTATED_MAX_MS);
    give_up(turn, 0);
}

/* ---- welcome -------------------------------------------------------------------------------- */

static uint32_t or_default(uint32_t ms, uint32_t fallback)
{
    return ms == 0 ? fallback : ms < 50 ? 50 : gv_min_u32(ms, DICTATED_MAX_MS);
}

/* Else idle links would flap. */
static uint32_t heartbeat_within(uint32_t heartbeat_ms, uint32_t silence_ms)
{
    return gv_min_u32(heartbeat_ms, silence_ms / 3);
}

static void take_parameters(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;
    const struct gv_agent_event *event = turn->event;

    side->silence_ms = or_default(event->u.welcome.silence_ms, SILENCE_MS);
    side->heartbeat_every_ms =
        heartbeat_within(or_default(event->u.welcome.heartbeat_ms, HEARTBEAT_MS), side->silence_ms);
    side->redeliver_ms = or_default(event->u.welcome.redeliver_ms, REDELIVER_MS);
    side->reconnect_window_ms = gv_min_u32(event->u.welcome.reconnect_window_ms, 3600000);
    gv_agent_credits(turn, event->u.welcome.credits);
}

/* The crowd has grown. Only ever slower: the coordinator waits as long as it told last, and this
 * may not have come yet. */
static void on_clock(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;
    uint32_t heartbeat_ms = gv_min_u32(turn->event->u.clock.heartbeat_ms, DICTATED_MAX_MS);
    uint32_t silence_ms = gv_min_u32(turn->event->u.clock.silence_ms, DICTATED_MAX_MS);

    if (side->phase != GV_AGENT_LIVE)
        return;
    side->silence_ms = gv_max_u32(side->silence_ms, silence_ms);
    side->heartbeat_every_ms =
        heartbeat_within(gv_max_u32(side->heartbeat_every_ms, heartbeat_ms), side->silence_ms);
}

/* Compares the head of the order log. True: frozen. */
static bool compare_orders(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;
    const struct gv_cursor *orders = &turn->event->u.welcome.orders;
    struct gv_hash_at own = turn->event->u.welcome.own_orders;

    if (orders->n > side->orders.n)
        return false; /* they come */
    if (orders->n == side->orders.n)
        own = (struct gv_hash_at){true, side->orders.h};
    if (!gv_cursor_agrees(orders, &own)) {
        gv_agent_freeze(turn, GV_FREEZE_ORDERS_FORK);
        return true;
    }
    if (orders->n < side->orders.n) {
        gv_agent_freeze(turn, GV_FREEZE_ORDERS_LOST);
        return true;
    }
    return false;
}

/* The deployment holds less than it once receipted. True: frozen. */
static bool offer_again(struct gv_agent_turn *turn, const struct gv_cursor *reports)
{
    struct gv_agent_side *side = turn->side;

    if (!turn->event->u.welcome.own_reports.known) {
        gv_agent_freeze(turn, GV_FREEZE_REPORTS_LOST);
        return true;
    }
    side->receipted = *reports;
    gv_agent_emit(turn, GV_AGENT_DO_OFFER_AGAIN)->cursor = *reports;
    return false;
}

/*
 * Up to where the logs part, the deployment holds our entries under their own numbers; past that it
 * may hold them under any, or not at all. So that place must be known, and every running hash from
 * there to the head: what is not seen among them is reported again. The number from which on more
 * hashes are to be asked for; 0: enough is known.
 */
static uint64_t lacks(const struct gv_held *held, uint64_t head)
{
    if (held->own == head)
        return 0; /* all that it holds is ours, as we have it */
    if (held->own == 0 && held->first > 1)
        return held->first > held->count ? held->first - held->count : 1;
    return held->first + held->count <= head ? held->first + held->count - 1 : 0;
}

/* By another Hello on the same link. Whoever was asked and has not told is left. */
static void ask_held(struct gv_agent_turn *turn, uint64_t first)
{
    struct gv_agent_side *side = turn->side;

    if (first == side->held_first) {
        give_up(turn, 8);
        return;
    }
    side->held_first = first;
    side->readmitted = true;
    side->put_off = 0; /* it has its database */
    say_hello(turn);
}

/*
 * An administrator's act re-admits us although our logs contradict the deployment's: its logs are
 * taken, and what it does not hold of ours comes after them.
 */
static void adopt(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;
    const struct gv_agent_event *event = turn->event;
    uint64_t lacking = lacks(&event->u.welcome.held, event->u.welcome.reports.n);
    struct gv_agent_action *action;

    if (lacking != 0) {
        ask_held(turn, lacking);
        return;
    }
    side->held_first = 0;
    if (side->adoptions >= ADOPTIONS_MAX) {
        gv_agent_freeze(turn, GV_FREEZE_CLONE);
        return;
    }
    side->adoptions++;
    side->adopting = true;
    action = gv_agent_emit(turn, GV_AGENT_DO_ADOPT);
    action->cursor = event->u.welcome.reports;
    action->first = event->u.welcome.held.own + 1;
    action->keep_orders = event->u.welcome.keep_orders;
}

static void on_welcome(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;
    const struct gv_cursor *reports = &turn->event->u.welcome.reports;
    struct gv_hash_at own =
        gv_agent_own_hash(side, reports->n, &turn->event->u.welcome.own_reports);

    if (side->phase != GV_AGENT_GREETING || side->hello_at_ms != 0 || side->adopting)
        return;
    if (turn->event->u.welcome.adopt) {
        adopt(turn);
        return;
    }
    if (gv_agent_reports_freeze(turn, reports, &own) || compare_orders(turn))
        return;
    if (reports->n < side->receipted.n) {
        if (offer_again(turn, reports))
            return;
    } else if (reports->n > side->receipted.n) {
        if (!own.known) { /* the owner knows every hash of what it has not seen receipted */
            give_up(turn, 8);
            return;
        }
        gv_agent_advance(turn, reports);
    }
    forget_connection(side);
    side->phase = GV_AGENT_LIVE;
    side->failures = 0;
    side->too_old = 0;
    forget_readmission(side);
    side->adoptions = 0;
    side->freeze = GV_FREEZE_NONE;
    side->order_head = turn->event->u.welcome.orders.n;
    take_parameters(turn);
    side->heartbeat_ms = turn->now_ms + side->heartbeat_every_ms;
    /* Its receipt may have been lost. What is reported of an order comes after it: the order does
     * not count as delivered yet, and all but ACCEPT and RETURN would be refused. */
    if (side->orders.n > 0)
        gv_agent_emit(turn, GV_AGENT_DO_SEND_ORDERS_RECEIPT);
}

static void on_adopted(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;

    if (!side->adopting)
        return;
    side->adopting = false;
    side->reports = turn->event->u.adopted.reports;
    side->receipted = turn->event->u.adopted.receipted;
    side->orders = turn->event->u.adopted.orders;
    side->freeze = GV_FREEZE_NONE;
    side->finishing = side->finished_known = false; /* the owner tells it anew */
    side->sent = side->receipted.n;
    if (side->phase != GV_AGENT_GREETING)
        return;
    side->readmitted = true;
    say_hello(turn);
}

/* Again on the same link, whose handshake was the dear part; but this coordinator may be cut off
 * from its database, and another not. */
static void put_off_hello(struct gv_agent_turn *turn, int64_t until_ms)
{
    struct gv_agent_side *side = turn->side;

    if (side->hello_at_ms != 0)
        return;
    side->put_off++;
    if (side->put_off < PUT_OFF_MAX)
        side->hello_at_ms = until_ms;
    else
        give_up(turn, 1);
}

static void on_busy(struct gv_agent_turn *turn)
{
    uint32_t told_ms = gv_min_u32(turn->event->u.busy.retry_after_ms, BUSY_MAX_MS);
    uint32_t retry_ms = gv_max_u32(told_ms, BACKOFF_MIN_MS);
    int64_t at = turn->now_ms + retry_ms + turn->event->random % (retry_ms / 4 + 1);

    if (turn->side->phase == GV_AGENT_GREETING)
        put_off_hello(turn, at);
    else if (turn->side->phase == GV_AGENT_LIVE)
        gv_agent_on_busy_reports(turn, at);
}

/* ---- orders --------------------------------------------------------------------------------- */

static void on_orders(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;
    uint64_t first = turn->event->u.orders.first, count = turn->event->u.orders.count;
    uint64_t last = first + count - 1;

    if (side->phase != GV_AGENT_LIVE || first == 0 || count == 0 || last < first)
        return;
    if (first <= side->orders.n && turn->event->u.orders.overlap == GV_OVERLAP_DIFFERS) {
        gv_agent_freeze(turn, GV_FREEZE_ORDERS_FORK);
        return;
    }
    if (side->order_head < last)
        side->order_head = last;
    if (last <= side->orders.n && GV_PLANTED(REPEAT_UNRECEIPTED))
        return;
    if (first > side->orders.n + 1 || last <= side->orders.n)
        gv_agent_emit(turn,
                      GV_AGENT_DO_SEND_ORDERS_RECEIPT); /* this is what we hold: go on from there */
    else
        gv_agent_emit(turn, GV_AGENT_DO_STORE_ORDERS)->skip = side->orders.n + 1 - first;
}

static void on_stored(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;

    if (turn->event->u.stored.n < side->orders.n)
        return;
    side->orders = turn->event->u.stored;
    if (side->phase == GV_AGENT_LIVE)
        gv_agent_emit(turn, GV_AGENT_DO_SEND_ORDERS_RECEIPT);
}

/* ---- time ----------------------------------------------------------------------------------- */

static int64_t redeliver_at(const struct gv_agent_side *side)
{
    if (side->in_flight == 0)
        return INT64_MAX;
    return side->flight[0].sent_ms +
           ((int64_t)side->redeliver_ms << gv_min_u32(side->slow, SLOW_SHIFT_MAX));
}

static void on_time_live(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;

    if (turn->now_ms >= side->heard_ms + side->silence_ms) {
        give_up(turn, 1);
        return;
    }
    if (turn->now_ms >= redeliver_at(side)) {
        if (side->slow >= SLOW_MAX) {
            give_up(turn, 1);
            return;
        }
        gv_agent_rewind(side, side->receipted.n);
        side->probing = true;
        side->slow++;
    }
    if (turn->now_ms >= side->heartbeat_ms) {
        gv_agent_emit(turn, GV_AGENT_DO_SEND_HEARTBEAT);
        side->heartbeat_ms = turn->now_ms + side->heartbeat_every_ms;
    }
}

static void on_time(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;

    switch (side->phase) {
    case GV_AGENT_WAITING:
    case GV_AGENT_FROZEN:
        if (turn->now_ms < side->wait_until_ms)
            return;
        side->phase = GV_AGENT_CONNECTING;
        side->put_off = 0;
        side->wait_until_ms = turn->now_ms + side->params.connect_timeout_ms;
        gv_agent_emit(turn, GV_AGENT_DO_OPEN_LINK)->endpoint = side->turn;
        return;
    case GV_AGENT_CONNECTING:
        if (turn->now_ms >= side->wait_until_ms)
            give_up(turn, 1);
        return;
    case GV_AGENT_GREETING:
        if (side->hello_at_ms != 0 && turn->now_ms >= side->hello_at_ms)
            say_hello(turn);
        else if (side->hello_at_ms == 0 && turn->now_ms >= side->wait_until_ms)
            give_up(turn, 1);
        return;
    default: /* live */
        on_time_live(turn);
        return;
    }
}

/* ---- public --------------------------------------------------------------------------------- */

void gv_agent_init(struct gv_agent_side *side, const struct gv_agent_params *params,
                   const struct gv_cursor *orders, const struct gv_cursor *reports,
                   const struct gv_cursor *receipted, uint64_t connection, int64_t now_ms,
                   uint32_t random)
{
    assert(params->endpoint_count > 0);
    assert(receipted->n <= reports->n);
    memset(side, 0, sizeof *side);
    side->params = *params;
    if (side->params.connect_timeout_ms == 0)
        side->params.connect_timeout_ms = CONNECT_TIMEOUT_MS;
    if (side->params.backoff_max_ms == 0)
        side->params.backoff_max_ms = BACKOFF_MAX_MS;
    side->orders = *orders;
    side->reports = *reports;
    side->receipted = *receipted;
    side->connection = connection;
    side->silence_ms = SILENCE_MS;
    side->heartbeat_every_ms = HEARTBEAT_MS;
    side->redeliver_ms = REDELIVER_MS;
    side->reconnect_window_ms = params->reconnect_window_ms;
    forget_connection(side);
    side->phase = GV_AGENT_WAITING;
    side->wait_until_ms = reconnect_at(side, now_ms, random);
}

void gv_agent_endpoints(struct gv_agent_side *side, uint32_t count)
{
    assert(count > 0);
    side->params.endpoint_count = count;
    side->turn %= count;
}

static void on_linked_frame(struct gv_agent_turn *turn)
{
    switch (turn->event->kind) {
    case GV_AGENT_WELCOME:
        on_welcome(turn);
        break;
    case GV_AGENT_RECEIPT:
        gv_agent_on_receipt(turn);
        break;
    case GV_AGENT_BUSY:
        on_busy(turn);
        break;
    case GV_AGENT_ORDERS:
        on_orders(turn);
        break;
    case GV_AGENT_ERROR:
        on_error(turn);
        break;
    case GV_AGENT_GOODBYE:
        on_goodbye(turn);
        break;
    case GV_AGENT_CLOCK:
        on_clock(turn);
        break;
    default:
        break;
    }
}

static void on_event(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;

    switch (turn->event->kind) {
    case GV_AGENT_TICK:
        break;
    case GV_AGENT_LINK_UP:
        if (side->phase == GV_AGENT_CONNECTING)
            say_hello(turn);
        break;
    case GV_AGENT_LINK_DOWN:
        on_link_lost(turn, 1);
        break;
    case GV_AGENT_LINK_REFUSED:
        on_link_lost(turn, 4);
        break;
    case GV_AGENT_STORED:
        on_stored(turn);
        break;
    case GV_AGENT_APPENDED:
        if (turn->event->u.appended.n >= side->reports.n)
            side->reports = turn->event->u.appended;
        break;
    case GV_AGENT_SENT:
        gv_agent_on_sent(turn);
        break;
    case GV_AGENT_ADOPTED:
        on_adopted(turn);
        break;
    case GV_AGENT_FINISHED_DAY:
        side->finishing = true;
        side->finishing_day = turn->event->u.finished.day;
        side->finishing_after = turn->event->u.finished.after;
        gv_agent_finish_day(turn);
        break;
    default: /* any frame is a sign of life */
        side->heard_ms = turn->now_ms;
        on_linked_frame(turn);
        break;
    }
}

void gv_agent_step(struct gv_agent_side *side, const struct gv_agent_event *event,
                   struct gv_agent_actions *actions)
{
    struct gv_agent_turn turn = {side, event, actions, event->now_ms};

    actions->count = 0;
    on_event(&turn);
    on_time(&turn);
    gv_agent_pump(&turn);
}

int64_t gv_agent_deadline_ms(const struct gv_agent_side *side)
{
    int64_t at;

    switch (side->phase) {
    case GV_AGENT_GREETING:
        return side->hello_at_ms != 0 ? side->hello_at_ms : side->wait_until_ms;
    case GV_AGENT_LIVE:
        at = gv_min_i64(side->heard_ms + side->silence_ms, side->heartbeat_ms);
        at = gv_min_i64(at, redeliver_at(side));
        return gv_agent_may_send(side) ? gv_min_i64(at, side->hold_until_ms) : at;
    default:
        return side->wait_until_ms;
    }
}

void gv_agent_rank(const gv_hash *weights, uint32_t count, uint32_t *order)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t place = i;

        while (place > 0 &&
               memcmp(weights[order[place - 1]].b, weights[i].b, sizeof weights[i].b) < 0) {
            order[place] = order[place - 1];
            place--;
        }
        order[place] = i;
    }
}

const char *gv_freeze_name(enum gv_freeze why)
{
    size_t i = (size_t)why;

    return i < sizeof freeze_names / sizeof freeze_names[0] ? freeze_names[i] : "?";
}

const char *gv_agent_phase_name(enum gv_agent_phase phase)
{
    size_t i = (size_t)phase;

    return i < sizeof phase_names / sizeof phase_names[0] ? phase_names[i] : "?";
}
