/* faults.c - what goes wrong, and how it heals: links fail one by one, and come back one by one, in
 * any order, and not all of them. */
#include <stdlib.h>
#include <string.h>

#include "world.h"

enum { US_PER_DAY_MS = 86400000 };

struct restore {
    bool *flag;
    bool value;
};

static struct path {
    uint32_t who, server;
} order[(AGENTS_MAX + 1) * SERVERS_MAX];
static size_t order_n, order_next;
static bool restoring;              /* all are cut: now they come back */
static bool keeps_bad[SERVERS_MAX]; /* this server stays as bad as it is */

static void later(int64_t ms, bool *flag, bool value)
{
    struct restore *restore = keep_zero(sizeof *restore);

    *restore = (struct restore){flag, value};
    at(sim.now_ms + ms, EV_FAULT, restore, 0);
}

static void stop(struct process *process, uint32_t most_ms)
{
    if (!process->up || process_stopped(process))
        return;
    process->stopped_until_ms = sim.now_ms + 100 + below(most_ms);
    say("%s stands still for %lld ms", process->name,
        (long long)(process->stopped_until_ms - sim.now_ms));
}

static void cut(void)
{
    uint32_t who = below(sim.plan.agents + 1), server = below(sim.plan.servers),
             ways = 1 + below(3);
    int64_t ms = 200 + below(below(4) == 0 ? 15000 : 3000);

    if (who == sim.plan.agents)
        who = AGENTS_MAX;
    for (int direction = UP; direction <= DOWN; direction++) {
        if ((ways & (1u << direction)) == 0)
            continue;
        *net_cut(who, server, direction) = true;
        later(ms, net_cut(who, server, direction), false);
    }
    say("cut %u-c%u, ways %u, %lld ms", (unsigned)who + 1, (unsigned)server + 1, (unsigned)ways,
        (long long)ms);
}

static void jump(void)
{
    sim.count.jumps++;
    static const int64_t days[] = {1, -1, 3650, -3650, -19000};
    uint32_t i = below(sim.plan.agents + sim.plan.servers);
    int64_t by_us = days[below(5)] * US_PER_DAY_MS * 1000;

    if (i < sim.plan.agents)
        agent_process(i)->real_off_us = by_us;
    else
        server_process(i - sim.plan.agents)->real_off_us = by_us;
    if (below(4) == 0)
        db.jump_us = below(2) == 0 ? days[below(5)] * US_PER_DAY_MS * 1000
                                   : (int64_t)below(3) * 20000000 - 20000000;
}

static void away(void)
{
    uint32_t server = below(sim.plan.servers);

    if (below(2) == 0) {
        db.reachable[server] = false;
        later(200 + below(5000), &db.reachable[server], true);
        return;
    }
    db_fail(below(2) == 0);
    at(sim.now_ms + 50 + below(2500), EV_DATABASE, NULL, 0);
}

void fault_turn(void)
{
    uint32_t what = below(100);

    if (!sim.faulty || sim.plan.calm)
        return;
    if (sim.plan.disks && below(5) == 0)
        agent_disk(below(sim.plan.agents));
    else if (what < 22)
        agent_crash(below(sim.plan.agents));
    else if (what < 34)
        server_crash(below(sim.plan.servers));
    else if (what < 60)
        cut();
    else if (what < 68)
        stop(server_process(below(sim.plan.servers)), below(3) == 0 ? 30000 : 2000);
    else if (what < 74)
        stop(agent_process(below(sim.plan.agents)), below(3) == 0 ? 30000 : 2000);
    else if (what < 82)
        away();
    else if (what < 86)
        jump();
    else if (what < 92)
        net_server_died(below(sim.plan.servers)); /* its connections, not it */
    else
        net_replay();
    for (uint32_t i = 0; i < sim.plan.servers; i++) {
        if (!server_process(i)->up)
            at(sim.now_ms + 20 + below(3000), EV_SERVER_START, NULL, i);
    }
}

/* ---- healing ---- */

/* A server that does not come back, in one of the ways in which that shows. */
static void spoil(uint32_t server)
{
    keeps_bad[server] = true;
    say("c%u stays bad", (unsigned)server + 1);
    switch (below(3)) {
    case 0:
        server_crash(server);
        break;
    case 1:
        server_process(server)->stopped_until_ms = INT64_MAX / 2;
        break;
    default:
        db.reachable[server] = false;
        break;
    }
}

static void shuffle(void)
{
    for (size_t i = order_n; i > 1; i--) {
        size_t k = below((uint32_t)i);
        struct path other = order[k];

        order[k] = order[i - 1];
        order[i - 1] = other;
    }
    order_next = 0;
}

static void begin_heal(void)
{
    uint32_t bad = sim.plan.servers == 2 && below(2) == 0 ? below(2) : SERVERS_MAX;

    sim.healing = true;
    restoring = false;
    db.up = true;
    order_n = 0;
    memset(keeps_bad, 0, sizeof keeps_bad);
    for (uint32_t s = 0; s < sim.plan.servers; s++) {
        db.reachable[s] = true;
        if (server_process(s)->stopped_until_ms > sim.now_ms)
            server_process(s)->stopped_until_ms = sim.now_ms;
        if (s == bad)
            spoil(s);
        else if (!server_process(s)->up)
            at(sim.now_ms + below(1000), EV_SERVER_START, NULL, s);
        for (uint32_t who = 0; who <= sim.plan.agents; who++)
            order[order_n++] = (struct path){who == sim.plan.agents ? AGENTS_MAX : who, s};
    }
    for (uint32_t i = 0; i < sim.plan.agents; i++) {
        if (agent_process(i)->stopped_until_ms > sim.now_ms)
            agent_process(i)->stopped_until_ms = sim.now_ms;
    }
    shuffle();
}

/* Of an agent that has another path, one may stay cut, in one way or both. */
static void begin_restore(void)
{
    bool all_servers = true;

    restoring = true;
    for (uint32_t s = 0; s < sim.plan.servers; s++)
        all_servers = all_servers && !keeps_bad[s];
    for (uint32_t i = 0; all_servers && sim.plan.servers == 2 && i < sim.plan.agents; i++) {
        uint32_t server = below(2), ways = 1 + below(3);

        if (below(2) == 0)
            continue;
        for (size_t k = 0; k < order_n; k++) {
            if (order[k].who == i && order[k].server == server)
                order[k] = order[--order_n];
        }
        *net_cut(i, server, UP) = (ways & 1u << UP) != 0;
        *net_cut(i, server, DOWN) = (ways & 1u << DOWN) != 0;
        say("a%u-c%u stays cut, ways %u", (unsigned)i + 1, (unsigned)server + 1, (unsigned)ways);
    }
    shuffle();
}

void heal_turn(void)
{
    const struct path *path;

    if (!sim.healing)
        begin_heal();
    if (order_next == order_n && !restoring)
        begin_restore();
    if (order_next == order_n)
        return;
    path = &order[order_next++];
    *net_cut(path->who, path->server, UP) = *net_cut(path->who, path->server, DOWN) = !restoring;
    sim.healed_ms = sim.now_ms;
    at(sim.now_ms + 1 + below(restoring ? 1200 : 400), EV_HEAL, NULL, 0);
}

bool heal_done(void)
{
    return sim.healing && restoring && order_next == order_n;
}

bool heal_keeps_bad(uint32_t server)
{
    return sim.healing && keeps_bad[server];
}

/* The timed end of a fault; once healing began, it has nothing to say. */
void fault_end(void *ptr)
{
    struct restore *restore = ptr;

    if (!sim.healing)
        *restore->flag = restore->value;
}
