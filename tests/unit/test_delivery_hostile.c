/* links: gv_delivery gv_base_pure */
/*
 * test_delivery_hostile.c - a coordinator that signs anything, against the agent's side: whatever
 * it says, no receipt is honoured but for our own log, nothing in it moves backwards but by an
 * alarm, and the agent neither spins nor falls silent for ever. GV_SEED=n runs one history.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "delivery/agent_side.h"
#include "delivery_rig.h"

enum { HISTORIES = 3000, EVENTS = 300, LONGEST_WAIT_MS = 3600000 + 5000 + 1000 };

struct rig {
    unsigned seed;
    uint64_t random;
    int64_t now_ms;
    struct gv_agent_side side;
    struct gv_agent_actions actions;
    bool froze;
};

#define CHECK(rig, condition)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("GV_SEED=%u: %s", (rig)->seed, #condition);                                   \
    } while (0)

static uint32_t rnd(struct rig *rig)
{
    rig->random ^= rig->random << 13;
    rig->random ^= rig->random >> 7;
    rig->random ^= rig->random << 17;
    return (uint32_t)(rig->random >> 16);
}

static uint32_t any_ms(struct rig *rig)
{
    static const uint32_t some[] = {0, 1, 49, 500, 30000, 3600000, UINT32_MAX};

    return some[rnd(rig) % ARRAY_LEN(some)];
}

/* Near what matters, or far away. */
static uint64_t any_number(struct rig *rig, uint64_t a, uint64_t b)
{
    const uint64_t some[] = {
        0, a, b, a + 1, b + 1, a > 0 ? a - 1 : 0, (a + b) / 2, UINT64_MAX, UINT64_MAX - 1};

    return some[rnd(rig) % ARRAY_LEN(some)];
}

static struct gv_cursor any_cursor(struct rig *rig, uint64_t a, uint64_t b)
{
    uint64_t n = any_number(rig, a, b);

    return rnd(rig) % 8 == 0 ? other(n) : at(n);
}

static bool is_ours(const struct gv_cursor *cursor)
{
    struct gv_cursor true_one = at(cursor->n);

    return gv_cursor_eq(cursor, &true_one);
}

static struct gv_hash_at own_hash(struct rig *rig, uint64_t n, uint64_t head)
{
    return n <= head && rnd(rig) % 8 != 0 ? known(n) : (struct gv_hash_at){0};
}

static void step(struct rig *rig, struct gv_agent_event event);

static void act(struct rig *rig, const struct gv_agent_action *action)
{
    struct gv_agent_event event = {.kind = GV_AGENT_SENT};

    switch (action->kind) {
    case GV_AGENT_DO_SEND_REPORTS:
        CHECK(rig, action->first > rig->side.receipted.n && action->max >= 1);
        CHECK(rig, action->first + action->max - 1 <= rig->side.reports.n);
        event.u.sent.first = action->first;
        event.u.sent.last = action->first - 1 + rnd(rig) % (action->max + 1);
        step(rig, event);
        break;
    case GV_AGENT_DO_STORE_ORDERS:
        event.kind = GV_AGENT_STORED;
        event.u.stored = at(rig->side.orders.n + 1 + rnd(rig) % 3);
        step(rig, event);
        break;
    case GV_AGENT_DO_RECEIPTED:
    case GV_AGENT_DO_OFFER_AGAIN:
        CHECK(rig, is_ours(&action->cursor));
        break;
    case GV_AGENT_DO_FREEZE:
        CHECK(rig, action->freeze != GV_FREEZE_NONE);
        rig->froze = true;
        break;
    case GV_AGENT_DO_ADOPT:
        event.kind = GV_AGENT_ADOPTED;
        event.u.adopted.receipted = action->cursor;
        event.u.adopted.reports = at(action->cursor.n + rnd(rig) % 5);
        event.u.adopted.orders = action->keep_orders ? rig->side.orders : at(0);
        step(rig, event);
        break;
    default:
        break;
    }
}

static bool does(const struct gv_agent_actions *actions, enum gv_agent_action_kind kind)
{
    for (size_t i = 0; i < actions->count; i++) {
        if (actions->list[i].kind == kind)
            return true;
    }
    return false;
}

static void step(struct rig *rig, struct gv_agent_event event)
{
    struct gv_agent_actions actions;
    struct gv_cursor before = rig->side.receipted;
    uint64_t connection = rig->side.connection;

    event.now_ms = rig->now_ms;
    event.random = rnd(rig);
    gv_agent_step(&rig->side, &event, &actions);
    CHECK(rig, rig->side.receipted.n <= rig->side.reports.n);
    CHECK(rig, rig->side.receipted.n >= before.n || does(&actions, GV_AGENT_DO_OFFER_AGAIN) ||
                   event.kind == GV_AGENT_ADOPTED);
    CHECK(rig, rig->side.phase != GV_AGENT_FROZEN || rig->side.freeze != GV_FREEZE_NONE);
    CHECK(rig, rig->side.phase != GV_AGENT_LIVE || rig->side.freeze == GV_FREEZE_NONE);
    CHECK(rig, rig->side.in_flight <= GV_AGENT_INFLIGHT_MAX);
    CHECK(rig, rig->side.connection >= connection);
    CHECK(rig, is_ours(&rig->side.receipted));
    for (size_t i = 0; i < actions.count; i++)
        act(rig, &actions.list[i]);
}

static void said(struct rig *rig)
{
    struct gv_agent_side *side = &rig->side;
    struct gv_agent_event event = {.kind = GV_AGENT_WELCOME + rnd(rig) % 4};

    if (rnd(rig) % 8 == 0)
        event.kind = GV_AGENT_CLOCK;

    switch (event.kind) {
    case GV_AGENT_WELCOME:
        event.u.welcome.reports = any_cursor(rig, side->receipted.n, side->reports.n);
        event.u.welcome.own_reports = own_hash(rig, event.u.welcome.reports.n, side->reports.n);
        event.u.welcome.orders = any_cursor(rig, side->orders.n, side->orders.n);
        event.u.welcome.own_orders = own_hash(rig, event.u.welcome.orders.n, side->orders.n);
        event.u.welcome.credits = any_ms(rig);
        event.u.welcome.heartbeat_ms = any_ms(rig);
        event.u.welcome.silence_ms = any_ms(rig);
        event.u.welcome.reconnect_window_ms = any_ms(rig);
        event.u.welcome.redeliver_ms = any_ms(rig);
        event.u.welcome.adopt = rnd(rig) % 8 == 0;
        if (event.u.welcome.adopt) {
            event.u.welcome.reports = at(rnd(rig) % (side->reports.n + 3));
            event.u.welcome.held.first = 1 + rnd(rig) % 4;
            event.u.welcome.held.count = rnd(rig) % (side->reports.n + 3);
            event.u.welcome.held.own = rnd(rig) % 8;
        }
        event.u.welcome.keep_orders = rnd(rig) % 2;
        break;
    case GV_AGENT_CLOCK:
        event.u.clock.heartbeat_ms = any_ms(rig);
        event.u.clock.silence_ms = any_ms(rig);
        break;
    case GV_AGENT_RECEIPT:
        event.u.receipt.reports = any_cursor(rig, side->receipted.n, side->reports.n);
        event.u.receipt.own_reports = own_hash(rig, event.u.receipt.reports.n, side->reports.n);
        event.u.receipt.resume = rnd(rig) % 2;
        event.u.receipt.credits = any_ms(rig);
        break;
    case GV_AGENT_BUSY:
        event.u.busy.retry_after_ms = any_ms(rig);
        event.u.busy.first = any_number(rig, side->receipted.n, side->sent);
        break;
    default:
        event.u.orders.first = any_number(rig, side->orders.n, side->orders.n);
        event.u.orders.count = any_number(rig, 1, 3);
        event.u.orders.overlap = rnd(rig) % 16 == 0 ? GV_OVERLAP_DIFFERS : GV_OVERLAP_AGREES;
        break;
    }
    step(rig, event);
}

static void something(struct rig *rig)
{
    struct gv_agent_event event = {.kind = GV_AGENT_TICK};

    switch (rnd(rig) % 12) {
    case 0:
        event.kind = GV_AGENT_APPENDED;
        event.u.appended = at(rig->side.reports.n + rnd(rig) % 5);
        break;
    case 1:
        event.kind = rnd(rig) % 2 ? GV_AGENT_LINK_DOWN : GV_AGENT_LINK_REFUSED;
        break;
    case 2:
        event.kind = GV_AGENT_ERROR;
        event.u.error.code = (gv_err)(rnd(rig) % 40);
        break;
    case 3:
        event.kind = GV_AGENT_GOODBYE;
        event.u.goodbye.reconnect_window_ms = any_ms(rig);
        break;
    case 4:
        event.kind = GV_AGENT_FINISHED_DAY;
        event.u.finished.after = any_number(rig, rig->side.receipted.n, rig->side.reports.n);
        break;
    case 5:
    case 6:
    case 7:
        event.kind = GV_AGENT_LINK_UP;
        break;
    default:
        said(rig);
        return;
    }
    step(rig, event);
}

/* The deadline comes, and moves on. */
static void wait_for_deadline(struct rig *rig)
{
    int64_t deadline_ms = gv_agent_deadline_ms(&rig->side);

    CHECK(rig, deadline_ms <= rig->now_ms + LONGEST_WAIT_MS);
    if (rig->now_ms < deadline_ms)
        rig->now_ms = deadline_ms;
    step(rig, (struct gv_agent_event){.kind = GV_AGENT_TICK});
    CHECK(rig, gv_agent_deadline_ms(&rig->side) > rig->now_ms);
}

static bool run_history(unsigned seed)
{
    struct gv_agent_params params = {.endpoint_count = 1 + seed % 3, .reconnect_window_ms = 500};
    struct gv_cursor orders = at(seed % 7), reports = at(20 + seed % 9), receipted = at(seed % 19);
    struct rig rig = {.seed = seed, .random = seed * UINT64_C(0x9e3779b97f4a7c15) | 1};

    gv_agent_init(&rig.side, &params, &orders, &reports, &receipted, seed, 0, rnd(&rig));
    for (int i = 0; i < EVENTS; i++) {
        if (rnd(&rig) % 3 == 0)
            wait_for_deadline(&rig);
        else
            something(&rig);
        rig.now_ms += rnd(&rig) % 50;
    }
    return rig.froze;
}

static void test_whatever_a_coordinator_says_the_agent_keeps_its_log(void **state)
{
    const char *given = getenv("GV_SEED");
    unsigned first = given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
    unsigned count = given != NULL ? 1 : HISTORIES, frozen = 0;

    (void)state;
    printf("seeds %u … %u\n", first, first + count - 1);
    for (unsigned i = 0; i < count; i++)
        frozen += run_history(first + i);
    printf("%u of them froze once\n", frozen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whatever_a_coordinator_says_the_agent_keeps_its_log),
    };

    return cmocka_run_group_tests_name("delivery hostile", tests, NULL, NULL);
}
