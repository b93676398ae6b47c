/*
 * net.c - links between agents (or the office) and servers; stands in for link.c. An honest network
 * keeps the order of a connection and loses only its end; a hostile one does what it wants.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_model.h"
#include "fiber.h"

enum {
    LATENCY_MS = 12,
    REPLAYS = 64,
    STALL_MS = 40,
    GIVE_UP_MS = 25000,
};

struct transit {
    struct transit *next;
    struct gv_link *link;
    int direction;
    struct gv_slice frame;
    int64_t at_ms;
    bool in_order;
};

static struct gv_link *links[LINKS_MAX];
static size_t link_n;
static bool cuts[AGENTS_MAX + 1][SERVERS_MAX][2];
static struct replay {
    struct gv_slice frame;
    int direction;
    gv_code code;
} replays[REPLAYS];
static size_t replay_n;

void net_begin(void)
{
    link_n = 0;
    replay_n = 0;
    memset(cuts, 0, sizeof cuts);
}

bool *net_cut(uint32_t who, uint32_t server, int direction)
{
    return &cuts[who][server][direction];
}

static bool is_cut(const struct gv_link *link, int direction)
{
    return cuts[link->who][link->server][direction];
}

static struct process *receiver(const struct gv_link *link, int direction)
{
    if (direction == UP)
        return server_process(link->server);
    return link->agent != NULL ? agent_process(link->who) : NULL;
}

struct gv_link *net_open(struct agent *agent, const struct gv_key *key, uint32_t server)
{
    struct gv_link *link = keep_zero(sizeof *link);

    assert(link_n < LINKS_MAX);
    link->id = (uint32_t)link_n;
    link->server = server;
    link->agent = agent;
    link->who = agent != NULL ? agent_index(agent) : AGENTS_MAX;
    link->key = key;
    link->code = key->code;
    links[link_n++] = link;
    at(sim.now_ms + 1 + below(LATENCY_MS), EV_LINK, link, 0);
    return link;
}

struct gv_link *net_link(uint32_t id)
{
    return id < link_n ? links[id] : NULL;
}

static void inbox(struct gv_link *link, enum gv_link_event event, struct gv_slice frame)
{
    if (link->agent_closed)
        return;
    if (link->agent == NULL) {
        if (event == GV_LINK_MESSAGE)
            office_receive(link, frame);
        return;
    }
    if (link->len == link->room) {
        size_t room = link->room == 0 ? 16 : link->room * 2;
        void *more = keep_zero(room * sizeof *link->inbox);

        if (link->len > 0)
            memcpy(more, link->inbox, link->len * sizeof *link->inbox);
        link->inbox = more;
        link->room = room;
    }
    link->inbox[link->len].event = event;
    link->inbox[link->len++].frame = frame;
    agent_drain(link->agent, link);
}

/* The handshake is done, or is not. */
void net_connected(struct gv_link *link)
{
    if (link->up || link->agent_closed || link->server_knows)
        return;
    if (is_cut(link, UP) || is_cut(link, DOWN) || process_stopped(server_process(link->server))) {
        at(sim.now_ms + 200, EV_LINK, link, 0); /* SYN again */
        return;
    }
    if (!server_process(link->server)->up) {
        link->server_knows = true;
        inbox(link, GV_LINK_DOWN, (struct gv_slice){0});
        return;
    }
    link->up = server_admits(link->server, link->code.s);
    inbox(link, link->up ? GV_LINK_UP : GV_LINK_REFUSED, (struct gv_slice){0});
}

static void go(struct gv_link *link, int direction, struct gv_slice frame, int64_t delay_ms)
{
    struct transit *transit = keep_zero(sizeof *transit);

    *transit = (struct transit){.link = link,
                                .direction = direction,
                                .frame = frame,
                                .at_ms = sim.now_ms + delay_ms,
                                .in_order = !sim.plan.hostile || !sim.faulty};
    if (!transit->in_order) {
        at(transit->at_ms, EV_FRAME, transit, 0);
        return;
    }
    if (transit->at_ms < link->last_ms[direction])
        transit->at_ms = link->last_ms[direction];
    link->last_ms[direction] = transit->at_ms;
    if (link->first[direction] == NULL) {
        link->first[direction] = transit;
        at(transit->at_ms, EV_FRAME, transit, 0);
    } else {
        link->last[direction]->next = transit;
    }
    link->last[direction] = transit;
}

void net_send(struct gv_link *link, int direction, const void *frame, size_t len)
{
    struct gv_slice copy = {keep(frame, len), len};
    int64_t delay_ms = 1 + below(LATENCY_MS);

    sim.count.frames++;
    replays[replay_n++ % REPLAYS] = (struct replay){copy, direction, link->code};
    if (fault_percent(sim.plan.slow))
        delay_ms += below(10) == 0 ? below(8000) : below(600);
    if (sim.plan.hostile && fault_percent(sim.plan.drop))
        return;
    if (sim.plan.hostile && fault_percent(sim.plan.twice))
        go(link, direction, copy, delay_ms + below(2000));
    go(link, direction, copy, delay_ms);
}

static void deliver(const struct transit *transit)
{
    struct gv_link *link = transit->link;

    if (!link->up || link->server_knows)
        return;
    sim.digest = mixed(sim.digest, transit->frame.data, transit->frame.len);
    if (transit->direction == DOWN)
        inbox(link, GV_LINK_MESSAGE, transit->frame);
    else if (server_process(link->server)->up)
        server_receive(link->server, link, transit->frame);
}

void net_arrive(struct transit *transit)
{
    struct gv_link *link = transit->link;
    int direction = transit->direction;
    struct process *process = receiver(link, direction);

    if (process != NULL && process->up && process_stopped(process)) {
        at(process->stopped_until_ms, EV_FRAME, transit, 0);
        return;
    }
    if (is_cut(link, direction) && !link->server_knows) {
        if (transit
                ->in_order) /* sent again by TCP until it comes through, or the link is given up */
            at(sim.now_ms + STALL_MS + below(STALL_MS), EV_FRAME, transit, 0);
        return;
    }
    if (transit->in_order) {
        struct transit *next = transit->next;

        link->first[direction] = next;
        if (next != NULL)
            at(next->at_ms > sim.now_ms ? next->at_ms : sim.now_ms, EV_FRAME, next, 0);
    }
    deliver(transit);
}

/* Both ends learn of it, where the way is free. */
void net_reset(struct gv_link *link)
{
    if (link->server_knows)
        return;
    link->server_knows = true;
    server_lost(link->server, link);
    if (!is_cut(link, DOWN))
        inbox(link, GV_LINK_DOWN, (struct gv_slice){0});
}

void net_server_died(uint32_t server)
{
    for (size_t i = 0; i < link_n; i++) {
        if (links[i]->server == server)
            net_reset(links[i]);
    }
}

void net_replay(void)
{
    size_t i = below(REPLAYS);
    struct gv_link *link =
        link_n > 0 ? links[link_n - 1 - below(link_n < 8 ? (uint32_t)link_n : 8)] : NULL;

    if (link == NULL || i >= replay_n || link->agent == NULL || !link->up || link->agent_closed ||
        replays[i].frame.len == 0)
        return;
    if (strcmp(link->code.s, replays[i].code.s) == 0 || below(4) == 0)
        go(link, replays[i].direction, replays[i].frame, below(50));
}

/* ---- wire/link.h ---- */

gv_err gv_link_open(const struct gv_link_options *options, gv_link **out)
{
    uint32_t server = SERVERS_MAX;
    const struct gv_key *key = NULL;

    for (uint32_t i = 0; i < SERVERS_MAX; i++) {
        if (memcmp(deployment.server[i]->curve_pk, options->server_pk, 32) == 0)
            server = i;
    }
    for (uint32_t i = 0; i < UNITS_MAX; i++) {
        if (memcmp(deployment.unit[i]->curve_pk, options->curve_pk, 32) == 0)
            key = deployment.unit[i];
    }
    assert(server < SERVERS_MAX && key != NULL);
    *out = net_open(agent_of_unit(key->code.s, NULL), key, server);
    return GV_OK;
}

void gv_link_close(gv_link *link)
{
    if (link == NULL)
        return;
    link->agent_closed = true;
    if (is_cut(link, UP))
        return;
    link->server_knows = true;
    server_lost(link->server, link);
}

int gv_link_fd(const gv_link *link)
{
    return (int)link->id;
}

gv_err gv_link_send(gv_link *link, const void *frame, size_t len)
{
    struct agent *agent = link->agent;

    if (agent->dying || link->server_knows || !link->up)
        return agent->dying ? GV_EUNAVAILABLE : GV_EAGAIN;
    if (fault_percent(1))
        return GV_EAGAIN; /* its buffer is full */
    check_sent_by_agent(agent, link, (struct gv_slice){frame, len});
    net_send(link, UP, frame, len);
    if (fault_percent(1) && below(4) == 0) {
        say("%s dies after sending", agent->process.name);
        agent->dying = true;
        agent->spool.failed = true;
    }
    return GV_OK;
}

/* Of bytes nothing is modelled. */
uint64_t gv_link_unread(const gv_link *link)
{
    (void)link;
    return 0;
}

void gv_link_end(gv_link *link)
{
    (void)link;
}

enum gv_link_event gv_link_next(gv_link *link, struct gv_buf *frame)
{
    enum gv_link_event event;

    if (link->head == link->len)
        return GV_LINK_NONE;
    event = link->inbox[link->head].event;
    gv_buf_reset(frame);
    if (event == GV_LINK_MESSAGE)
        gv_buf_append(frame, link->inbox[link->head].frame.data, link->inbox[link->head].frame.len);
    link->head++;
    return event;
}
