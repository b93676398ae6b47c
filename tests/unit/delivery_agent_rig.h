/*
 * delivery_agent_rig.h - one agent's side under test: told events, asked what it did; and the
 * events of a link on which all agrees.
 */
#ifndef DELIVERY_AGENT_RIG_H
#define DELIVERY_AGENT_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "delivery/agent_side.h"
#include "delivery_rig.h"

struct rig {
    struct gv_agent_side side;
    struct gv_agent_actions actions;
    int64_t now_ms;
};

static inline void step(struct rig *rig, struct gv_agent_event event)
{
    event.now_ms = rig->now_ms;
    gv_agent_step(&rig->side, &event, &rig->actions);
}

static inline const struct gv_agent_action *done(const struct rig *rig,
                                                 enum gv_agent_action_kind kind)
{
    for (size_t i = 0; i < rig->actions.count; i++) {
        if (rig->actions.list[i].kind == kind)
            return &rig->actions.list[i];
    }
    return NULL;
}

static inline void tick_at_deadline(struct rig *rig)
{
    int64_t deadline_ms = gv_agent_deadline_ms(&rig->side);

    assert_true(deadline_ms != INT64_MAX);
    if (rig->now_ms < deadline_ms)
        rig->now_ms = deadline_ms;
    step(rig, (struct gv_agent_event){.kind = GV_AGENT_TICK});
}

static inline struct gv_agent_event welcome(uint64_t reports, uint64_t orders, uint32_t credits)
{
    struct gv_agent_event event = {.kind = GV_AGENT_WELCOME};

    event.u.welcome.reports = at(reports);
    event.u.welcome.own_reports = known(reports);
    event.u.welcome.orders = at(orders);
    event.u.welcome.own_orders = known(orders);
    event.u.welcome.credits = credits;
    event.u.welcome.heartbeat_ms = 1000;
    event.u.welcome.silence_ms = 10000;
    event.u.welcome.reconnect_window_ms = 2000;
    event.u.welcome.redeliver_ms = 500;
    return event;
}

static inline struct gv_agent_event receipt(uint64_t n, bool resume, uint32_t credits)
{
    struct gv_agent_event event = {.kind = GV_AGENT_RECEIPT};

    event.u.receipt.reports = at(n);
    event.u.receipt.own_reports = known(n);
    event.u.receipt.resume = resume;
    event.u.receipt.credits = credits;
    return event;
}

static inline struct gv_agent_event sent(uint64_t first, uint64_t last)
{
    struct gv_agent_event event = {.kind = GV_AGENT_SENT};

    event.u.sent.first = first;
    event.u.sent.last = last;
    return event;
}

static inline struct gv_agent_event orders(uint64_t first, uint64_t count, enum gv_overlap overlap)
{
    struct gv_agent_event event = {.kind = GV_AGENT_ORDERS};

    event.u.orders.first = first;
    event.u.orders.count = count;
    event.u.orders.overlap = overlap;
    return event;
}

static inline struct gv_agent_event busy(uint32_t retry_after_ms, uint64_t first)
{
    struct gv_agent_event event = {.kind = GV_AGENT_BUSY};

    event.u.busy.retry_after_ms = retry_after_ms;
    event.u.busy.first = first;
    return event;
}

static inline void append_to(struct rig *rig, uint64_t n)
{
    struct gv_agent_event event = {.kind = GV_AGENT_APPENDED};

    event.u.appended = at(n);
    step(rig, event);
}

/* Holds `held` orders and `reports` reports, `receipted` of them receipted; said Hello. */
static inline void greet(struct rig *rig, uint64_t held, uint64_t reports, uint64_t receipted)
{
    struct gv_agent_params params = {.endpoint_count = 3, .reconnect_window_ms = 1000};
    struct gv_cursor o = at(held), r = at(reports), t = at(receipted);

    memset(rig, 0, sizeof *rig);
    gv_agent_init(&rig->side, &params, &o, &r, &t, 41, 0, 500);
    tick_at_deadline(rig);
    assert_non_null(done(rig, GV_AGENT_DO_OPEN_LINK));
    step(rig, (struct gv_agent_event){.kind = GV_AGENT_LINK_UP});
    assert_non_null(done(rig, GV_AGENT_DO_SEND_HELLO));
    assert_int_equal(rig->side.connection, 42);
}

static inline void live(struct rig *rig, uint64_t held, uint64_t reports, uint64_t receipted,
                        uint32_t credits)
{
    greet(rig, held, reports, receipted);
    step(rig, welcome(receipted, held, credits));
    assert_int_equal(rig->side.phase, GV_AGENT_LIVE);
}

#endif
