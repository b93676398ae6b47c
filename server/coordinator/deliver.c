/*
 * deliver.c - sessions by unit. What is true is in the database; a session only says who is
 * reachable over which route and how far orders were sent. Lost notices and lost frames cost time,
 * nothing else.
 */
#include "coordinator/deliver.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "coordinator/news.h"
#include "coordinator/notice.h"
#include "coordinator/pages.h"
#include "coordinator/reply.h"
#include "delivery/coordinator_side.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "sys/due.h"

#define ARENA_BYTES  ((size_t)64 << 20)
#define NOTICES_MAX  PAGES_MAX /* a turn */
#define TURN_MS      50        /* what has become due is looked at */
#define DOUBT_MS     200       /* libzmq's own threads have noticed by then */
#define EARLY_MS     2000      /* a doubt may be told so long before the Hello of its connection */
#define POLL_MS      1000      /* behind every wake-up */
#define LOCK_MS      100       /* no unit that somebody holds keeps the others waiting */
#define ORDERS_MAX   256       /* of an envelope */
#define ORDERS_BYTES ((size_t)200 * 1024)

struct connected {
    struct gv_due due; /* first: the heap finds the unit by it */
    struct gv_session session;
    int32_t unit_id;
    gv_code code;
    gv_id key_id;            /* that said Hello */
    uint64_t keyset_version; /* that the unit has since its Hello */
    bool admitted;           /* by deliver.ring */
    int64_t doubt_ms;        /* its connection may be gone: to be tried then; 0: is not */
    bool clock_owed;         /* it has beaten: answered with the turn's others */
    bool finished_known;     /* as its beats say */
    int32_t finished_day;
    struct route route;
};

struct deliver {
    struct coordinator *c;
    gv_store *store;  /* reads orders, writes heartbeats */
    gv_store *listen; /* NULL while it cannot be had */
    gv_arena *arena;
    order_pages *pages;
    keyring *ring; /* that sessions were checked against last; a reference */
    struct connected **by_unit;
    size_t cap;
    int32_t *units; /* those with an entry in by_unit */
    size_t unit_count;
    struct gv_due_heap due;
    struct news news;
    struct outbox box; /* sent at the end of each step of a turn, and before the database is read */
    int64_t poll_ms;   /* next */
};

/* ---- sessions ---- */

static struct connected *session_of(struct deliver *d, int32_t unit_id)
{
    return unit_id > 0 && (size_t)unit_id < d->cap ? d->by_unit[unit_id] : NULL;
}

static struct connected *session_make(struct deliver *d, int32_t unit_id)
{
    size_t i = (size_t)unit_id;

    if (unit_id <= 0)
        return NULL;
    if (i >= d->cap) {
        size_t cap = d->cap == 0 ? 256 : d->cap;
        struct connected **moved;
        int32_t *units;

        while (cap <= i)
            cap *= 2;
        moved = realloc(d->by_unit, cap * sizeof(struct connected *));
        if (moved == NULL)
            return NULL;
        memset(moved + d->cap, 0, (cap - d->cap) * sizeof *moved);
        d->by_unit = moved;
        units = realloc(d->units, cap * sizeof *units);
        if (units == NULL)
            return NULL;
        d->units = units;
        if (gv_due_reserve(&d->due, cap) != GV_OK)
            return NULL;
        d->cap = cap;
    }
    if (d->by_unit[i] == NULL) {
        d->by_unit[i] = calloc(1, sizeof(struct connected));
        if (d->by_unit[i] == NULL)
            return NULL;
        gv_due_init(&d->by_unit[i]->due);
        d->by_unit[i]->unit_id = unit_id;
        d->units[d->unit_count++] = unit_id;
    }
    return d->by_unit[i];
}

/* Looked at again when something can have become due. */
static void settle(struct deliver *d, struct connected *u)
{
    int64_t at_ms = gv_session_deadline_ms(&u->session);

    if (u->session.connected && u->doubt_ms != 0 && u->doubt_ms < at_ms)
        at_ms = u->doubt_ms;
    if (u->session.connected && u->clock_owed)
        at_ms = 0;
    gv_due_set(&d->due, &u->due, at_ms);
}

static void forget(struct deliver *d, struct connected *u)
{
    u->session = (struct gv_session){0};
    u->clock_owed = false;
    settle(d, u);
}

static void ended(struct deliver *d, struct connected *u, uint64_t connection)
{
    news_end(&d->news, u->unit_id, connection);
    log_info("unit-gone", "unit=%s connection=%llu", u->code.s, (unsigned long long)connection);
    forget(d, u);
}

/* The agent closes the connection; whether it may come back is asked at the door. */
static void goodbye_one(struct deliver *d, const struct connected *u, const char *text)
{
    Giaoviec__V1__Goodbye body = GIAOVIEC__V1__GOODBYE__INIT;

    body.reconnect_window_ms =
        gv_reconnect_window_ms(d->unit_count, (uint32_t)d->c->config.reconnect_rate,
                               (uint32_t)d->c->config.reconnect_min_ms);
    body.text = (char *)text;
    tell(d->c, &d->box, u->unit_id, &u->route, &u->code, u->session.connection, GV_KIND_GOODBYE,
         &body.base);
}

static void say_goodbye(struct deliver *d, const char *text)
{
    for (size_t i = 0; i < d->unit_count; i++) {
        struct connected *u = session_of(d, d->units[i]);

        if (u->session.connected)
            goodbye_one(d, u, text);
        forget(d, u);
    }
    outbox_send(d->c, &d->box);
}

/* Under its own number: a later Hello that another lane has stored meanwhile stays. */
static void end_after_loss(struct deliver *d, struct connected *u, uint64_t connection)
{
    u->session.connection = connection;
    goodbye_one(d, u, "the database was away");
    news_end(&d->news, u->unit_id, connection);
    forget(d, u);
}

/*
 * The database was away. It may be another one now, which has lost the end of its history: every
 * unit says Hello again, so that the logs are compared. Also whose Hello was stored before, and is
 * told us only after this: see on_hello().
 */
static void reconnect(struct deliver *d)
{
    if (gv_store_reconnect(d->store) != GV_OK)
        return; /* the next turn tries again */
    atomic_fetch_add(&d->c->losses, 1);
    log_warn("database-back", "sessions=%zu", d->unit_count);
    for (size_t i = 0; i < d->unit_count; i++) {
        struct connected *u = session_of(d, d->units[i]);

        if (u->session.connected)
            end_after_loss(d, u, u->session.connection);
        else
            forget(d, u);
    }
    outbox_send(d->c, &d->box);
    news_hurry(&d->news);
}

/* A lock that was not to be had, or no memory, is no reason to end sessions. */
static void after_failure(struct deliver *d, gv_err err)
{
    char text[512];

    if (err == GV_OK || err == GV_ECONFLICT)
        return;
    if (err == GV_ENOSPACE) {
        space_refused(d->c->space); /* it tells, once */
        return;
    }
    log_warn("delivery-hindered", "error=%s text=%s", gv_err_name(err),
             gv_log_escape(gv_store_error(d->store), text, sizeof text));
    if (err == GV_EUNAVAILABLE || err == GV_EUNKNOWN || err == GV_EDB)
        reconnect(d);
}

/* One envelope of orders; *last is the last number in it, after when there is none. */
static uint32_t send_orders(struct deliver *d, struct connected *u,
                            const struct gv_session_action *action, uint64_t *last)
{
    Giaoviec__V1__Orders body = GIAOVIEC__V1__ORDERS__INIT;
    ProtobufCBinaryData entries[ORDERS_MAX];
    struct gv_order *orders;
    size_t count = 0;
    uint32_t bytes = 0;
    gv_err err;

    *last = action->after;
    if (!pages_have(d->pages, u->unit_id, action->after))
        outbox_send(d->c, &d->box);
    err = pages_orders(d->pages, d->store, u->unit_id, action->after,
                       action->max_entries < ORDERS_MAX ? action->max_entries : ORDERS_MAX,
                       action->max_bytes < ORDERS_BYTES ? action->max_bytes : ORDERS_BYTES, &orders,
                       &count);
    if (err != GV_OK || count == 0)
        return 0;
    body.first = action->after + 1;
    body.entries = entries;
    for (size_t i = 0; i < count; i++) {
        entries[i] = (ProtobufCBinaryData){orders[i].entry.len, (uint8_t *)orders[i].entry.data};
        bytes += (uint32_t)orders[i].entry.len;
    }
    if (GV_FAILPOINT_WITH(orders_sending, 0, 0, count))
        return 0;
    body.n_entries = count;
    *last = action->after + count;
    tell(d->c, &d->box, u->unit_id, &u->route, &u->code, u->session.connection, GV_KIND_ORDERS,
         &body.base);
    return bytes;
}

static void act_on(struct deliver *d, struct connected *u, struct gv_session_event event,
                   const struct gv_session_params *params)
{
    for (;;) {
        uint64_t connection = u->session.connection;
        struct gv_session_action action = gv_session_step(&u->session, &event, params);

        if (action.kind == GV_SESSION_DROP)
            ended(d, u, connection);
        if (action.kind != GV_SESSION_SEND_ORDERS)
            return;
        event = (struct gv_session_event){.kind = GV_SESSION_SENT, .now_ms = gv_clock_mono_ms()};
        event.bytes = send_orders(d, u, &action, &event.n);
    }
}

/* Frames are stamped where they arrive: what was heard since is told first. */
static void step(struct deliver *d, struct connected *u, struct gv_session_event event,
                 const struct gv_session_params *params)
{
    int64_t seen_ms = presence_at(d->c->presence, u->unit_id);

    if (u->session.connected && seen_ms > u->session.seen_ms)
        act_on(d, u,
               (struct gv_session_event){
                   .kind = GV_SESSION_SEEN, .now_ms = seen_ms, .connection = u->session.connection},
               NULL);
    act_on(d, u, event, params);
    settle(d, u);
}

/* Also the pace that is right now: a session that said Hello when we were few beats too often. */
static void tell_clock(struct deliver *d, struct connected *u, const struct business *now)
{
    struct gv_pace pace;
    Giaoviec__V1__Clock body = GIAOVIEC__V1__CLOCK__INIT;
    Giaoviec__V1__BusinessTime time = GIAOVIEC__V1__BUSINESS_TIME__INIT;

    u->clock_owed = false;
    pace = coordinator_pace(d->c, d->ring);
    if (pace.silence_ms > u->session.params.silence_ms)
        u->session.params.silence_ms = pace.silence_ms;
    time.time_us = now->time_us;
    time.stepped = now->stepped;
    time.step = now->step;
    body.business = &time;
    body.heartbeat_ms = pace.heartbeat_ms;
    body.silence_ms = pace.silence_ms;
    tell(d->c, &d->box, u->unit_id, &u->route, &u->code, u->session.connection, GV_KIND_CLOCK,
         &body.base);
}

static void announce_clock(struct deliver *d, const struct business *now)
{
    for (size_t i = 0; i < d->unit_count; i++) {
        struct connected *u = session_of(d, d->units[i]);

        if (u->session.connected)
            tell_clock(d, u, now);
    }
    outbox_send(d->c, &d->box);
}

/*
 * Answered only where the session lives: an agent that hears nothing says Hello again, and its logs
 * are compared anew. With the others of the turn: each answer alone wakes two threads.
 */
static void on_heartbeat(struct deliver *d, const struct notice *notice)
{
    const struct gv_heartbeat *beat = &notice->beat;
    struct connected *u = session_of(d, notice->unit_id);

    if (u == NULL || !u->session.connected || u->session.connection != beat->connection)
        return;
    news_beat(&d->news, beat,
              beat->finished_known &&
                  (!u->finished_known || u->finished_day != beat->finished_day));
    u->finished_known = beat->finished_known;
    u->finished_day = beat->finished_day;
    u->clock_owed = true;
    settle(d, u);
}

/* Whether a route is still there shows when something is sent over it. It may be the route of a
 * Hello that we are told of next. */
static void on_doubt(struct deliver *d, int32_t unit_id, int64_t now_ms)
{
    struct connected *u = session_make(d, unit_id);

    if (u == NULL)
        return;
    u->doubt_ms = now_ms + DOUBT_MS;
    if (u->session.connected && u->due.at_ms > u->doubt_ms)
        gv_due_set(&d->due, &u->due, u->doubt_ms);
}

static void on_hello(struct deliver *d, const struct notice *notice, int64_t now_ms)
{
    struct gv_session_params params = {.redeliver_ms = (uint32_t)d->c->config.redeliver_ms,
                                       .silence_ms = notice->silence_ms};
    struct connected *u = session_make(d, notice->unit_id);

    if (u == NULL)
        return;
    if (u->session.connected && !gv_id_eq(&u->key_id, &notice->key_id))
        u->session = (struct gv_session){0}; /* a key of a new token counts connections from 1 */
    if (u->session.connected && notice->connection < u->session.connection)
        return;
    if (u->doubt_ms + EARLY_MS <= now_ms)
        u->doubt_ms = 0; /* of an earlier connection */
    u->code = notice->code;
    u->key_id = notice->key_id;
    u->keyset_version = notice->keyset_version;
    u->admitted = false;
    u->route = notice->route;
    if (notice->losses != atomic_load(&d->c->losses)) {
        end_after_loss(d, u, notice->connection);
        news_hurry(&d->news);
        return;
    }
    log_info("unit-connected", "unit=%s connection=%llu orders=%llu of=%llu", u->code.s,
             (unsigned long long)notice->connection, (unsigned long long)notice->n,
             (unsigned long long)notice->head);
    step(d, u,
         (struct gv_session_event){.kind = GV_SESSION_HELLO_OK,
                                   .now_ms = now_ms,
                                   .connection = notice->connection,
                                   .n = notice->n,
                                   .head = notice->head},
         &params);
    gv_due_set(&d->due, &u->due, now_ms); /* is it admitted? */
}

static void on_route_gone(struct deliver *d, struct connected *u, const struct route *route,
                          int64_t now_ms)
{
    if (u != NULL && u->session.connected && route_eq(&u->route, route))
        step(d, u, (struct gv_session_event){.kind = GV_SESSION_GONE, .now_ms = now_ms}, NULL);
}

static void on_notice(struct deliver *d, const struct notice *notice, int64_t now_ms)
{
    static const enum gv_session_event_kind kinds[] = {
        [N_ACKED] = GV_SESSION_ACKED, [N_HEAD] = GV_SESSION_HEAD, [N_GONE] = GV_SESSION_GONE};
    struct connected *u = session_of(d, notice->unit_id);

    switch (notice->kind) {
    case N_HELLO:
        on_hello(d, notice, now_ms);
        break;
    case N_ROUTE_GONE:
        on_route_gone(d, u, &notice->route, now_ms);
        break;
    case N_DOUBT:
        on_doubt(d, notice->unit_id, now_ms);
        break;
    case N_HEARTBEAT:
        on_heartbeat(d, notice);
        break;
    case N_WAKE:
        d->news.wake_others = true;
        d->poll_ms = 0;
        break;
    case N_ACKED:
    case N_HEAD:
    case N_GONE:
        if (u != NULL && u->session.connected)
            step(d, u,
                 (struct gv_session_event){.kind = kinds[notice->kind],
                                           .now_ms = now_ms,
                                           .connection = notice->connection,
                                           .n = notice->n},
                 NULL);
        break;
    }
}

/* What will be sent because of it. */
static void want_orders(struct deliver *d, const struct notice *notice)
{
    const struct connected *u = session_of(d, notice->unit_id);
    uint64_t after = u != NULL ? u->session.sent : 0;
    uint64_t head = u != NULL ? u->session.head : 0;

    if (notice->kind == N_HELLO) {
        after = notice->n;
        head = notice->head;
    } else if (u == NULL || !u->session.connected) {
        return;
    } else if (notice->kind == N_HEAD) {
        head = notice->n;
    } else if (notice->kind != N_ACKED) {
        return;
    }
    if (after < head)
        pages_want(d->pages, notice->unit_id, after);
}

/* A key that was revoked gets no more orders. */
static bool still_admitted(const keyring *ring, const struct connected *u)
{
    const struct principal *who = keyring_by_key(ring, &u->key_id);

    return who != NULL && !who->quarantined && who->unit_id == u->unit_id;
}

/* Why the session may not go on, or NULL. Who has an older keyset could not check what the persons
 * of the new one order: it gets the new one with its next Welcome. */
static const char *why_not(const keyring *ring, const struct connected *u)
{
    if (ring == NULL)
        return NULL;
    if (!still_admitted(ring, u))
        return "this key is not admitted any more";
    if (u->keyset_version < keyring_keyset(ring)->version)
        return "there is a new keyset";
    return NULL;
}

/* False: the session has ended. */
static bool check_admitted(struct deliver *d, struct connected *u, const keyring *ring,
                           int64_t now_ms)
{
    const char *why = why_not(ring, u);

    u->admitted = why == NULL;
    if (why == NULL)
        return true;
    goodbye_one(d, u, why);
    step(d, u, (struct gv_session_event){.kind = GV_SESSION_GONE, .now_ms = now_ms}, NULL);
    return false;
}

static void check_all(struct deliver *d, const keyring *ring, int64_t now_ms)
{
    for (size_t i = 0; i < d->unit_count; i++) {
        struct connected *u = session_of(d, d->units[i]);

        if (u->session.connected)
            check_admitted(d, u, ring, now_ms);
    }
}

static void look_at(struct deliver *d, struct connected *u, const keyring *ring, int64_t now_ms)
{
    bool doubted = u->doubt_ms != 0 && u->doubt_ms <= now_ms;

    if (!u->admitted && !check_admitted(d, u, ring, now_ms))
        return;
    if (doubted)
        u->doubt_ms = 0;
    if (doubted || u->clock_owed) {
        struct business now = coordinator_clock(d->c);

        tell_clock(d, u, &now);
    }
    step(d, u, (struct gv_session_event){.kind = GV_SESSION_TICK, .now_ms = now_ms}, NULL);
}

/* Only those that are due: of many connected units hardly any ever is. */
static void look_at_sessions(struct deliver *d, int64_t now_ms)
{
    keyring *ring = keyring_take(d->c->keys);
    size_t budget = d->due.len;

    if (ring != d->ring)
        check_all(d, ring, now_ms);
    while (budget-- > 0) {
        struct gv_due *first = gv_due_first(&d->due);

        if (first == NULL || first->at_ms > now_ms)
            break;
        look_at(d, (struct connected *)first, ring, now_ms);
    }
    outbox_send(d->c, &d->box);
    keyring_unref(d->ring);
    d->ring = ring;
}

/* ---- the database's side ---- */

static void listen(struct deliver *d)
{
    if (d->listen == NULL && coordinator_store(d->c, "wake-ups", 0, &d->listen) != GV_OK) {
        d->listen = NULL;
        return;
    }
    if (gv_store_listen(d->listen) != GV_OK) {
        gv_store_close(d->listen);
        d->listen = NULL;
    }
}

static void hear(struct deliver *d)
{
    bool woken = false;

    if (d->listen == NULL || gv_store_wakeups(d->listen, &woken) != GV_OK) {
        gv_store_close(d->listen);
        d->listen = NULL;
    } else if (woken) {
        d->poll_ms = 0;
    }
}

/* At most PAGES_MAX units. */
static void send_pending(struct deliver *d, const struct gv_pending *pending, size_t count,
                         int64_t now_ms)
{
    for (size_t i = 0; i < count; i++) {
        const struct connected *u = session_of(d, pending[i].unit_id);

        if (u != NULL && u->session.connected && u->session.sent < pending[i].order_n)
            pages_want(d->pages, u->unit_id, u->session.sent);
    }
    pages_read(d->pages, d->store);
    for (size_t i = 0; i < count; i++) {
        struct connected *u = session_of(d, pending[i].unit_id);

        if (u != NULL && u->session.connected)
            step(d, u,
                 (struct gv_session_event){
                     .kind = GV_SESSION_HEAD, .now_ms = now_ms, .n = pending[i].order_n},
                 NULL);
    }
    outbox_send(d->c, &d->box);
    pages_forget(d->pages);
}

static void poll_database(struct deliver *d, int64_t now_ms)
{
    struct gv_poll poll;
    gv_err err;

    d->poll_ms = now_ms + POLL_MS;
    if (d->listen == NULL)
        listen(d);
    gv_arena_reset(d->arena);
    err = gv_store_poll(d->store, d->arena, d->c->self.s, &poll);
    if (err != GV_OK) {
        after_failure(d, err);
        return;
    }
    if (coordinator_clock_set(d->c, poll.business_us, poll.step, poll.stepped)) {
        struct business now = {poll.stepped, poll.business_us, poll.step};

        announce_clock(d, &now);
    }
    for (size_t i = 0; i < poll.pending_count; i += PAGES_MAX)
        send_pending(d, poll.pending + i,
                     poll.pending_count - i < PAGES_MAX ? poll.pending_count - i : PAGES_MAX,
                     now_ms);
}

static void take_notices(struct deliver *d)
{
    int wakeups = d->listen != NULL ? gv_store_socket(d->listen) : -1;
    struct notice *notices[NOTICES_MAX];
    size_t count = 1;
    int64_t now_ms;

    notices[0] = gv_queue_take_or(d->c->deliver, wakeups, TURN_MS);
    if (notices[0] == NULL)
        return;
    count += gv_queue_pop_many(d->c->deliver, (void **)(notices + 1), NOTICES_MAX - 1);
    now_ms = gv_clock_mono_ms();
    for (size_t i = 0; i < count; i++)
        want_orders(d, notices[i]);
    pages_read(d->pages, d->store);
    for (size_t i = 0; i < count; i++) {
        on_notice(d, notices[i], now_ms);
        free(notices[i]);
    }
    outbox_send(d->c, &d->box);
    pages_forget(d->pages);
}

/* Its unit has said Hello on another connection since, perhaps through another coordinator, and
 * perhaps in a former life: what a coordinator that stood still took late. Whoever is still on this
 * one must not take our answers for signs that all is well. */
static void end_former(struct deliver *d)
{
    for (size_t i = 0; i < d->news.over_count; i++) {
        const struct gv_session_end *over = &d->news.over[i];
        struct connected *u = session_of(d, over->unit_id);

        if (u == NULL || !u->session.connected || u->session.connection != over->connection)
            continue;
        goodbye_one(d, u, "the unit has another connection");
        ended(d, u, over->connection);
    }
    d->news.over_count = 0;
    outbox_send(d->c, &d->box);
}

static void run(struct deliver *d)
{
    int64_t next_look_ms = 0;

    while (!gv_queue_closed(d->c->deliver)) {
        int64_t now_ms;

        take_notices(d);
        now_ms = gv_clock_mono_ms();
        hear(d);
        if (now_ms >= d->poll_ms)
            poll_database(d, now_ms);
        after_failure(d, news_wake(&d->news, d->store, &d->c->self, now_ms));
        if (now_ms >= next_look_ms) {
            look_at_sessions(d, now_ms);
            after_failure(d, news_write(&d->news, d->store, &d->c->self, now_ms));
            end_former(d);
            next_look_ms = now_ms + TURN_MS;
        }
    }
}

void deliver_run(void *arg)
{
    struct deliver *d = calloc(1, sizeof *d);

    if (d == NULL)
        return;
    d->c = arg;
    d->arena = gv_arena_new(ARENA_BYTES);
    if (d->arena != NULL && pages_new(&d->pages) == GV_OK &&
        coordinator_store(d->c, "deliver", LOCK_MS, &d->store) == GV_OK) {
        run(d);
        say_goodbye(d, "the coordinator stops");
        if (gv_store_sessions_clear(d->store, d->c->self.s) != GV_OK)
            log_warn("sessions-not-cleared", "coordinator=%s", d->c->self.s);
    }
    gv_store_close(d->listen);
    gv_store_close(d->store);
    gv_arena_free(d->arena);
    pages_free(d->pages);
    keyring_unref(d->ring);
    for (size_t i = 0; i < d->unit_count; i++)
        free(session_of(d, d->units[i]));
    free(d->by_unit);
    gv_due_fini(&d->due);
    news_fini(&d->news);
    free(d->units);
    free(d);
}
