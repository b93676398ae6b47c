/*
 * delivery_world.h - what the random test of delivery plays in: one unit's agent with its two
 * durable logs, two coordinators on one database, and the frames on their way.
 */
#ifndef DELIVERY_WORLD_H
#define DELIVERY_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "delivery/agent_side.h"
#include "delivery/coordinator_side.h"

enum {
    LOG_MAX = 400,
    FRAMES_MAX = 1024,
    FRAME_ENTRIES = 8,
    COORDINATORS = 2,
    FAULTS_UNTIL_MS = 20000,
    HEALED_WITHIN_MS = 60000, /* after that */
    POLL_MS = 2000,
};

enum kind {
    HELLO,
    WELCOME,
    REPORTS,
    RECEIPT,
    ORDERS,
    ORDERS_RECEIPT,
    HEARTBEAT,
    CLOCK,
    BUSY,
    ERROR,
    GOODBYE,
};

struct log {
    uint64_t n;
    uint32_t entry[LOG_MAX + 1];
    gv_hash h[LOG_MAX + 1];
};

struct frame {
    int64_t at_ms;
    uint64_t order; /* frames of one instant keep it */
    uint64_t link, connection;
    unsigned coordinator;
    bool up;
    enum kind kind;
    struct gv_hello hello;
    struct gv_cursor reports, orders;
    bool resume;
    uint32_t credits;
    uint64_t first, count;
    uint32_t entry[FRAME_ENTRIES];
};

struct coordinator {
    bool running;
    int64_t back_ms;
    struct gv_session session;
    uint64_t link; /* of the session */
};

struct world {
    unsigned seed;
    uint64_t random;
    int64_t now_ms;
    bool faults, forgets, forgot;
    /* the agent; both logs, receipted and connection are durable */
    struct log reports, orders;
    struct gv_cursor receipted;
    uint64_t connection;
    bool running;
    int64_t back_ms;
    struct gv_agent_side side;
    uint64_t link; /* 0: none */
    uint64_t links;
    unsigned link_to;
    int64_t link_event_ms; /* up or down then; INT64_MAX: nothing comes */
    bool link_ready, mute_up, mute_down;
    /* the database */
    struct log db_reports, db_orders;
    uint64_t db_connection, db_acked;
    struct coordinator coordinator[COORDINATORS];
    struct frame frames[FRAMES_MAX];
    size_t frame_count;
    uint64_t frame_order;
    int64_t work_ms, fault_ms, poll_ms;
    uint32_t entries; /* made so far: each is one of its kind */
};

static const struct gv_session_params session_params = {
    .redeliver_ms = 500, .silence_ms = 3000, .window_entries = 20};

#define CHECK(world, condition)                                                                    \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("GV_SEED=%u at %d ms: %s", (world)->seed, (int)(world)->now_ms, #condition);  \
    } while (0)

/* ---- small things --------------------------------------------------------------------------- */

static uint32_t rnd(struct world *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return (uint32_t)(w->random >> 16);
}

static uint32_t below(struct world *w, uint32_t bound)
{
    return rnd(w) % bound;
}

static bool chance(struct world *w, uint32_t percent)
{
    return w->faults && below(w, 100) < percent;
}

static gv_hash chain(const gv_hash *before, uint32_t entry)
{
    gv_hash h = *before;
    uint64_t mix = entry * UINT64_C(0x9e3779b97f4a7c15) + 1;

    for (size_t i = 0; i < sizeof h.b; i++) {
        mix = (mix ^ h.b[i]) * UINT64_C(0x100000001b3);
        h.b[i] = (uint8_t)(mix >> 40);
    }
    return h;
}

static void append(struct world *w, struct log *log, uint32_t entry)
{
    CHECK(w, log->n < LOG_MAX);
    log->n++;
    log->entry[log->n] = entry;
    log->h[log->n] = chain(&log->h[log->n - 1], entry);
}

static struct gv_cursor head(const struct log *log)
{
    return (struct gv_cursor){log->n, log->h[log->n]};
}

static struct gv_hash_at hash_at(const struct log *log, uint64_t n)
{
    struct gv_hash_at at = {.known = n <= log->n};

    if (at.known)
        at.h = log->h[n];
    return at;
}

/* ---- frames --------------------------------------------------------------------------------- */

static void put_frame(struct world *w, const struct frame *frame)
{
    struct frame *place;

    CHECK(w, w->frame_count < FRAMES_MAX);
    place = &w->frames[w->frame_count++];
    *place = *frame;
    place->at_ms = w->now_ms + 2;
    if (w->faults)
        place->at_ms += below(w, 100) < 5 ? 300 + below(w, 2000) : below(w, 30);
    place->order = ++w->frame_order;
}

static void send_frame(struct world *w, const struct frame *frame)
{
    if (chance(w, 6) || (frame->link == w->link && (frame->up ? w->mute_up : w->mute_down)))
        return;
    put_frame(w, frame);
    if (chance(w, 6))
        put_frame(w, frame);
}

static struct frame up(const struct world *w, enum kind kind)
{
    return (struct frame){.link = w->link,
                          .connection = w->connection,
                          .coordinator = w->link_to,
                          .up = true,
                          .kind = kind};
}

static struct frame answer(const struct frame *to, enum kind kind)
{
    return (struct frame){.link = to->link,
                          .connection = to->connection,
                          .coordinator = to->coordinator,
                          .kind = kind};
}

#endif
