/*
 * delivery_world.h - what fuzz_delivery.c plays in: two agents with their durable logs, the
 * database with a session of each unit at both coordinators, and the frames on their way.
 */
#ifndef FUZZ_DELIVERY_WORLD_H
#define FUZZ_DELIVERY_WORLD_H

#include <assert.h>
#include <string.h>

#include "delivery/agent_side.h"
#include "delivery/coordinator_side.h"

enum {
    UNITS = 2,
    COORDINATORS = 2,
    LOG_MAX = 96,
    FRAMES_MAX = 64,
    ENTRIES_MAX = 4, /* of a frame */
    HEAL_STEPS = 6000,
    INPUT_MAX = 2048,
};

enum mode { CLONED = 1, FORGETS = 2, LIARS = 4 };

enum kind { HELLO, WELCOME, REPORTS, RECEIPT, ORDERS, ORDERS_RECEIPT, HEARTBEAT, BUSY, ERROR };

struct log {
    uint64_t n;
    uint32_t entry[LOG_MAX + 1];
    gv_hash h[LOG_MAX + 1];
};

struct frame {
    bool up;
    enum kind kind;
    unsigned agent, coordinator;
    uint64_t link, connection;
    struct gv_hello hello;
    struct gv_cursor reports, orders;
    bool resume;
    uint32_t credits;
    uint64_t first, count;
    uint32_t entry[ENTRIES_MAX];
};

struct agent {
    struct gv_agent_side side;
    struct log reports, orders; /* durable, and so are the next two */
    struct gv_cursor receipted;
    uint64_t connection;
    uint64_t link; /* 0: none */
    unsigned link_to;
    bool link_up;
};

struct unit { /* as the database has it */
    struct log reports, orders;
    uint64_t connection, acked;
    bool quarantined;
    bool forgot;
    struct gv_session session[COORDINATORS];
    uint64_t link[COORDINATORS];
};

struct world {
    const uint8_t *at;
    size_t left;
    unsigned mode;
    bool healing;
    int64_t now_ms;
    uint64_t links;
    uint32_t entries;
    struct agent agent[UNITS];
    struct unit unit[UNITS];
    struct frame frames[FRAMES_MAX];
    size_t frame_count;
};

static const struct gv_session_params session_params = {
    .redeliver_ms = 500, .silence_ms = 3000, .window_entries = 8};

/* The next byte; zeros when there is none, and while the world heals. */
static uint8_t take(struct world *w)
{
    if (w->healing || w->left == 0)
        return 0;
    w->left--;
    return *w->at++;
}

/* ---- logs ----------------------------------------------------------------------------------- */

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

static void append(struct log *log, uint32_t entry)
{
    assert(log->n < LOG_MAX);
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

static struct unit *unit_of(struct world *w, unsigned agent)
{
    return &w->unit[(w->mode & CLONED) != 0 ? 0 : agent];
}

static bool honest(const struct world *w)
{
    return (w->mode & (CLONED | LIARS)) == 0;
}

/* ---- frames --------------------------------------------------------------------------------- */

static void send_frame(struct world *w, const struct frame *frame)
{
    if (w->frame_count < FRAMES_MAX)
        w->frames[w->frame_count++] = *frame; /* else it is lost */
}

static struct frame take_frame(struct world *w, size_t i)
{
    struct frame frame = w->frames[i];

    w->frame_count--;
    memmove(&w->frames[i], &w->frames[i + 1], (w->frame_count - i) * sizeof frame);
    return frame;
}

static struct frame up(const struct world *w, unsigned i, enum kind kind)
{
    const struct agent *agent = &w->agent[i];

    return (struct frame){.up = true,
                          .kind = kind,
                          .agent = i,
                          .coordinator = agent->link_to,
                          .link = agent->link,
                          .connection = agent->connection};
}

static struct frame answer(const struct frame *to, enum kind kind)
{
    return (struct frame){.kind = kind,
                          .agent = to->agent,
                          .coordinator = to->coordinator,
                          .link = to->link,
                          .connection = to->connection};
}

#endif
