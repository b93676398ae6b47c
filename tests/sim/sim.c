/* sim.c - the heap of events, the clocks, and one seed from its begin to its end. */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fiber.h"
#include "world.h"

enum {
    EVENTS_MAX = 1 << 16,
    CHECK_MS = 200,
    CALM_END_MS = 20000,
    HEAL_SLACK_MS = 3000, /* drift of the clocks by which agents wait */
};

struct event {
    int64_t at_ms;
    uint64_t order;
    enum event_kind kind;
    void *ptr;
    uint64_t stamp;
};

struct sim sim;
static struct event heap[EVENTS_MAX];
static size_t heap_n;
static bool over;

/* ---- random ---- */

uint32_t rnd(void)
{
    sim.random += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = sim.random;

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)((z ^ (z >> 31)) >> 16);
}

static uint32_t next_byte(void)
{
    if (sim.bytes_left == 0)
        return 0;
    sim.bytes_left--;
    return *sim.bytes++;
}

uint32_t below(uint32_t bound)
{
    uint32_t chosen;

    if (bound == 0)
        return 0;
    if (sim.bytes_left == 0)
        return rnd() % bound;
    chosen = next_byte();
    if (bound > 256)
        chosen = chosen << 8 | next_byte();
    return chosen % bound;
}

bool percent(uint32_t p)
{
    return below(100) < p;
}

bool fault_percent(uint32_t p)
{
    return sim.faulty && !sim.plan.calm && percent(p);
}

/* ---- memory and words ---- */

void *keep_zero(size_t size)
{
    void *piece = gv_arena_zalloc(sim.keep, size > 0 ? size : 1);

    if (piece == NULL)
        abort();
    return piece;
}

void *keep(const void *data, size_t len)
{
    void *piece = keep_zero(len);

    if (len > 0)
        memcpy(piece, data, len);
    return piece;
}

void say(const char *fmt, ...)
{
    va_list args;

    if (!sim.verbose)
        return;
    printf("%7lld %-7s ", (long long)sim.now_ms, sim.current != NULL ? sim.current->name : "");
    va_start(args, fmt);
    vprintf(fmt, args);
    va_end(args);
    putchar('\n');
}

void broken(const char *fmt, ...)
{
    va_list args;
    int n;

    if (sim.failed)
        return;
    sim.failed = true;
    n = snprintf(sim.why, sizeof sim.why, "at %lld ms: ", (long long)sim.now_ms);
    va_start(args, fmt);
    vsnprintf(sim.why + n, sizeof sim.why - (size_t)n, fmt, args);
    va_end(args);
    say("BROKEN %s", sim.why);
}

/* ---- processes ---- */

int64_t process_mono_ms(const struct process *process)
{
    int64_t passed = sim.now_ms - process->mono_since_ms;

    return process->mono_base_ms + passed + passed * process->drift_ppm / 1000000;
}

int64_t process_when_ms(const struct process *process, int64_t mono_ms)
{
    int64_t wanted = mono_ms - process->mono_base_ms;
    int64_t passed = wanted * 1000000 / (1000000 + process->drift_ppm);

    while (passed + passed * process->drift_ppm / 1000000 < wanted)
        passed++;
    return process->mono_since_ms + passed;
}

void process_start(struct process *process)
{
    process->up = true;
    process->stopped_until_ms = 0;
    process->mono_base_ms = 1000 + below(1000000);
    process->mono_since_ms = sim.now_ms;
    process->drift_ppm = (int32_t)below(40000) - 20000;
}

bool process_stopped(const struct process *process)
{
    return process->stopped_until_ms > sim.now_ms;
}

/* ---- events ---- */

static bool before(const struct event *a, const struct event *b)
{
    return a->at_ms < b->at_ms || (a->at_ms == b->at_ms && a->order < b->order);
}

void at(int64_t at_ms, enum event_kind kind, void *ptr, uint64_t stamp)
{
    struct event event = {at_ms, sim.order++, kind, ptr, stamp};
    size_t i = heap_n++;

    if (heap_n > EVENTS_MAX)
        abort();
    for (; i > 0 && before(&event, &heap[(i - 1) / 2]); i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = event;
}

static struct event take(void)
{
    struct event first = heap[0], last = heap[--heap_n];
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= heap_n)
            break;
        if (child + 1 < heap_n && before(&heap[child + 1], &heap[child]))
            child++;
        if (!before(&heap[child], &last))
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return first;
}

static void go_on(struct fiber *fiber, uint64_t stamp)
{
    fiber_go_on(fiber, stamp);
    for (uint32_t i = 0; i < sim.plan.servers; i++)
        server_flush(i);
}

/* Does what an event of a fiber's process has to wait for come later? */
static bool postponed(const struct event *event)
{
    struct process *process = fiber_process(event->ptr);

    if (!process->up || !process_stopped(process))
        return false;
    at(process->stopped_until_ms, EV_FIBER, event->ptr, event->stamp);
    return true;
}

static void begin_end(void)
{
    sim.faulty = false;
    at(sim.now_ms + 1, EV_HEAL, NULL, 0);
    at(sim.now_ms + CHECK_MS, EV_CHECK, NULL, 0);
    say("faults end after %llu events", (unsigned long long)sim.events);
}

static void check(void)
{
    int64_t most_ms = sim.plan.disks ? 3 * HEAL_MS : HEAL_MS; /* persons have to look */
    const char *why = "";

    if (heal_done() && converged(&why)) {
        over = true;
        say("converged %lld ms after healing", (long long)(sim.now_ms - sim.healed_ms));
        return;
    }
    if (heal_done() && sim.now_ms > sim.healed_ms + most_ms + HEAL_SLACK_MS)
        broken("%lld ms after healing: %s", (long long)most_ms, why);
    at(sim.now_ms + CHECK_MS, EV_CHECK, NULL, 0);
}

static void start_server(uint32_t server)
{
    if (!heal_keeps_bad(server))
        server_start(server);
}

static void work(void)
{
    if (!sim.faulty)
        return;
    agent_work();
    at(sim.now_ms + 1 + below(sim.plan.work_every_ms), EV_WORK, NULL, 0);
}

static void fault(void *restore)
{
    if (restore != NULL) {
        fault_end(restore);
        return;
    }
    fault_turn();
    if (sim.faulty)
        at(sim.now_ms + 1 + below(sim.plan.fault_every_ms), EV_FAULT, NULL, 0);
}

static void handle(const struct event *event)
{
    switch (event->kind) {
    case EV_FIBER:
        if (!postponed(event))
            go_on(event->ptr, event->stamp);
        break;
    case EV_FRAME:
        net_arrive(event->ptr);
        break;
    case EV_LINK:
        net_connected(event->ptr);
        break;
    case EV_AGENT:
        agent_timer(event->ptr, event->stamp);
        break;
    case EV_AGENT_START:
        agent_start(event->ptr);
        break;
    case EV_SERVER_START:
        start_server((uint32_t)event->stamp);
        break;
    case EV_WORK:
        work();
        break;
    case EV_OFFICE:
        office_turn();
        at(sim.now_ms + 1 + below(sim.plan.office_every_ms), EV_OFFICE, NULL, 0);
        break;
    case EV_FAULT:
        fault(event->ptr);
        break;
    case EV_DATABASE:
        db.up = true;
        break;
    case EV_HEAL:
        heal_turn();
        break;
    case EV_CHECK:
        check();
        break;
    }
}

/* ---- a seed ---- */

static void make_plan(void)
{
    struct plan *plan = &sim.plan;
    uint32_t one = below(1701), other = below(1701);

    *plan = (struct plan){0};
    plan->servers = 1 + below(2);
    plan->units = 2 + below(UNITS_MAX - 1);
    plan->agents = 1 + below(plan->units);
    plan->events = 300 + (one < other ? one : other); /* more are short than long */
    plan->hostile = below(3) == 0;
    plan->loses = below(5) == 0;
    plan->calm = below(20) == 0;
    plan->drop = below(12);
    plan->twice = below(12);
    plan->slow = below(15);
    plan->db_ms = below(4) == 0 ? below(60) : below(8);
    plan->fault_every_ms = 100 + below(3000);
    plan->work_every_ms = 20 + below(300);
    plan->office_every_ms = 50 + below(800);
    plan->disks = sim.seed % 4 == 3;
    plan->report_lanes = sim.seed / 4 % 4 == 2 ? 2 : 1;
    if (sim.bytes != NULL) {
        plan->servers = plan->agents = 2;
        plan->calm = false;
        plan->fault_every_ms = 50 + plan->fault_every_ms / 4; /* bytes are dear */
        plan->disks = below(2) == 0;
    }
    say("plan: %u servers with %u report lanes, %u units at %u agents, %u events, %s%s%s%s",
        plan->servers, plan->report_lanes, plan->units, plan->agents, plan->events,
        plan->hostile ? "hostile" : "honest", plan->loses ? ", a failover loses" : "",
        plan->disks ? ", disks are lost" : "", plan->calm ? ", calm" : "");
}

static void begin(uint64_t seed, const uint8_t *bytes, size_t len, bool verbose)
{
    memset(&sim, 0, sizeof sim);
    sim.seed = seed;
    sim.bytes = bytes;
    sim.bytes_left = len;
    sim.random = seed * UINT64_C(0xd1342543de82ef95) + 1;
    sim.verbose = verbose;
    sim.faulty = true;
    sim.keep = gv_arena_new((size_t)2 << 30);
    heap_n = 0;
    over = false;
    make_plan();
    net_begin();
    db_begin();
    office_begin();
    servers_begin();
    agents_begin();
    at(1, EV_WORK, NULL, 0);
    at(1, EV_OFFICE, NULL, 0);
    at(500 + below(1000), EV_FAULT, NULL, 0);
}

static void end(void)
{
    sim.faulty = false;
    for (uint32_t i = 0; i < sim.plan.agents; i++)
        agent_crash(i);
    for (uint32_t i = 0; i < sim.plan.servers; i++)
        server_crash(i);
    fibers_forget();
    db_end();
    gv_arena_free(sim.keep);
    sim.keep = NULL;
}

static bool counts(const struct event *event)
{
    return event->kind != EV_FIBER && event->kind != EV_AGENT && event->kind != EV_CHECK;
}

static bool is_enough(void)
{
    return sim.events >= sim.plan.events || (sim.bytes != NULL && sim.bytes_left == 0);
}

static bool run(void)
{
    while (!over && !sim.failed) {
        struct event event = take();

        if (event.at_ms > sim.now_ms)
            sim.now_ms = event.at_ms;
        sim.digest = (sim.digest ^ (uint64_t)sim.now_ms ^ ((uint64_t)event.kind << 48)) *
                     UINT64_C(0x100000001b3);
        if (sim.faulty && counts(&event)) {
            sim.events++;
            if (is_enough())
                begin_end();
        }
        handle(&event);
    }
    if (!sim.failed)
        check_end();
    else
        check_tell();
    end();
    return !sim.failed;
}

bool sim_run(uint64_t seed, bool verbose)
{
    begin(seed, NULL, 0, verbose);
    return run();
}

bool sim_run_bytes(const uint8_t *bytes, size_t len, bool verbose)
{
    begin(1, bytes, len, verbose);
    return run();
}
