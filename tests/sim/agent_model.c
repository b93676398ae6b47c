/* agent_model.c - the process giaoviec-agent: its loop (stands in for loop.c), its life and death.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent_model.h"
#include "fiber.h"

#define ARENA_CAP ((size_t)64 << 20)

struct agent agents[AGENTS_MAX];

/* ---- sys/loop.h: as much of it as units use ---- */

gv_err gv_loop_new(gv_loop **out)
{
    (void)out;
    return GV_EBUG; /* the model's own */
}

void gv_loop_free(gv_loop *loop)
{
    loop->timer_n = 0;
    loop->watch_n = 0;
}

gv_err gv_loop_watch(gv_loop *loop, int fd, unsigned events, gv_loop_fd_fn *fn, void *ctx)
{
    (void)events;
    assert(loop->watch_n < UNITS_MAX + 2);
    loop->watches[loop->watch_n].fd = fd;
    loop->watches[loop->watch_n].fn = fn;
    loop->watches[loop->watch_n++].ctx = ctx;
    return GV_OK;
}

void gv_loop_unwatch(gv_loop *loop, int fd)
{
    for (size_t i = 0; i < loop->watch_n; i++) {
        if (loop->watches[i].fd == fd) {
            loop->watches[i] = loop->watches[--loop->watch_n];
            return;
        }
    }
}

gv_err gv_loop_timer_add(gv_loop *loop, struct gv_timer *timer, gv_loop_timer_fn *fn, void *ctx)
{
    assert(loop->timer_n < UNITS_MAX + 2);
    *timer = (struct gv_timer){.due = {.at_ms = GV_NEVER_MS}, .fn = fn, .ctx = ctx};
    loop->timers[loop->timer_n++] = timer;
    return GV_OK;
}

void gv_loop_timer_set(gv_loop *loop, struct gv_timer *timer, int64_t due_ms)
{
    (void)loop;
    timer->due.at_ms = due_ms;
}

void gv_loop_timer_remove(gv_loop *loop, struct gv_timer *timer)
{
    for (size_t i = 0; i < loop->timer_n; i++) {
        if (loop->timers[i] == timer) {
            loop->timers[i] = loop->timers[--loop->timer_n];
            return;
        }
    }
}

gv_err gv_loop_signals(gv_loop *loop, gv_loop_signal_fn *fn, void *ctx)
{
    (void)loop;
    (void)fn;
    (void)ctx;
    return GV_OK;
}

int64_t gv_loop_now_ms(const gv_loop *loop)
{
    return process_mono_ms(&loop->agent->process);
}

gv_err gv_loop_turn(gv_loop *loop, int max_wait_ms)
{
    (void)loop;
    (void)max_wait_ms;
    return GV_EBUG;
}

gv_err gv_loop_run(gv_loop *loop)
{
    return gv_loop_turn(loop, 0);
}

void gv_loop_stop(gv_loop *loop)
{
    (void)loop; /* host.failed is looked at after each turn */
}

/* ---- turns ---- */

struct process *agent_process(uint32_t i)
{
    return &agents[i].process;
}

uint32_t agent_index(const struct agent *agent)
{
    return agent->index;
}

static void die(struct agent *agent);

static void set_timer(struct agent *agent)
{
    int64_t due_ms = GV_NEVER_MS, at_ms;

    for (size_t i = 0; i < agent->loop.timer_n; i++) {
        if (agent->loop.timers[i]->due.at_ms < due_ms)
            due_ms = agent->loop.timers[i]->due.at_ms;
    }
    if (due_ms == GV_NEVER_MS)
        return;
    at_ms = process_when_ms(&agent->process, due_ms);
    if (at_ms <= sim.now_ms)
        at_ms = sim.now_ms + 1;
    if (at_ms == agent->timer_ms)
        return;
    agent->timer_ms = at_ms;
    at(at_ms, EV_AGENT, agent, ++agent->timer_stamp);
}

/* What was reported so far is durable: whoever reported it has been told so. */
static void note_accepted(struct agent *agent)
{
    for (size_t i = 0; i < agent->host.unit_count; i++) {
        struct unit *unit = agent->host.units[i];
        struct spool_unit *disk = spool_unit_of(&agent->spool, unit->code.s);

        disk->accepted = unit->row.reports;
        if (unit->row.receipted.n > disk->receipted.n)
            disk->receipted = unit->row.receipted;
    }
}

/* The end of a turn of the loop; a process that failed ends. */
static void turn_end(struct agent *agent)
{
    host_turn_end(&agent->host);
    sim.current = NULL;
    if (agent->host.failed != GV_OK || agent->dying) {
        die(agent);
        return;
    }
    note_accepted(agent);
    set_timer(agent);
}

void agent_timer(struct agent *agent, uint64_t stamp)
{
    int64_t now_ms;

    if (!agent->process.up || stamp != agent->timer_stamp)
        return;
    agent->timer_ms = -1;
    if (process_stopped(&agent->process)) {
        at(agent->process.stopped_until_ms, EV_AGENT, agent, ++agent->timer_stamp);
        return;
    }
    sim.current = &agent->process;
    now_ms = process_mono_ms(&agent->process);
    for (size_t i = 0; i < agent->loop.timer_n; i++) {
        struct gv_timer *timer = agent->loop.timers[i];

        if (timer->due.at_ms > now_ms)
            continue;
        timer->due.at_ms = GV_NEVER_MS;
        timer->fn(timer->ctx, now_ms);
    }
    turn_end(agent);
}

void agent_drain(struct agent *agent, struct gv_link *link)
{
    if (!agent->process.up || agent->dying)
        return;
    for (size_t i = 0; i < agent->loop.watch_n; i++) {
        if (agent->loop.watches[i].fd != (int)link->id)
            continue;
        sim.current = &agent->process;
        agent->loop.watches[i].fn(agent->loop.watches[i].ctx, GV_LOOP_READ);
        turn_end(agent);
        return;
    }
}

/* ---- life ---- */

/* Our running hash after n, as far as the disk has it. */
static const gv_hash *hash_after(const struct spool_unit *disk, uint64_t n)
{
    if (n == disk->row.reports.n)
        return &disk->row.reports.h;
    if (n == disk->row.receipted.n)
        return &disk->row.receipted.h;
    return &disk->reports[n].h;
}

static void check_spool(struct agent *agent)
{
    for (size_t i = 0; i < agent->spool.unit_n; i++) {
        struct spool_unit *disk = &agent->spool.units[i];

        PROMISE(disk->accepted.n <= disk->row.reports.n,
                "%s: reports were called accepted up to %llu, the spool has %llu", disk->code.s,
                (unsigned long long)disk->accepted.n, (unsigned long long)disk->row.reports.n);
        PROMISE(disk->accepted.n == 0 || disk->accepted.n > disk->row.reports.n ||
                    gv_hash_eq(&disk->accepted.h, hash_after(disk, disk->accepted.n)),
                "%s: report %llu is another after a crash", disk->code.s,
                (unsigned long long)disk->accepted.n);
        PROMISE(disk->row.reports.n == disk->report_n && disk->row.orders.n == disk->order_n,
                "%s: the spool's cursors and logs differ after a crash", disk->code.s);
    }
}

void agent_start(struct agent *agent)
{
    struct gv_buf why;
    gv_err err = GV_OK;

    if (agent->process.up)
        return;
    process_start(&agent->process);
    check_spool(agent);
    sim.current = &agent->process;
    agent->dying = false;
    agent->timer_ms = -1;
    agent->loop = (struct gv_loop){.agent = agent};
    agent->host = (struct host){.config = &agent->config,
                                .loop = &agent->loop,
                                .spool = &agent->spool,
                                .message_arena = gv_arena_new(ARENA_CAP),
                                .work_arena = gv_arena_new(ARENA_CAP),
                                .lock_fd = -1};
    gv_buf_init(&why);
    err = gv_keyset_open((struct gv_slice){deployment.keyset.data, deployment.keyset.len}, NULL,
                         &agent->host.keyset);
    agent->host.units = calloc(agent->unit_n, sizeof(struct unit *));
    for (size_t i = 0; err == GV_OK && i < agent->unit_n; i++) {
        err = unit_new(&agent->host, &agent->units[i], &agent->host.units[i], &why);
        agent->host.unit_count += err == GV_OK;
    }
    if (err == GV_OK)
        err = host_begin(&agent->host, &why);
    PROMISE(err == GV_OK, "%s does not start: %s %s", agent->process.name, gv_err_name(err),
            why.len > 0 ? (const char *)why.data : "");
    gv_buf_fini(&why);
    say("%s starts", agent->process.name);
    turn_end(agent);
}

static void die(struct agent *agent)
{
    if (!agent->process.up)
        return;
    say("%s crashes", agent->process.name);
    sim.count.crashes += sim.faulty; /* not the end of the seed */
    agent->dying = true;
    host_fini(&agent->host);
    agent->host = (struct host){.lock_fd = -1};
    agent->process.up = false;
    agent->timer_stamp++;
    at(sim.now_ms + 20 + below(1500), EV_AGENT_START, agent, 0);
}

void agent_crash(uint32_t i)
{
    die(&agents[i]);
}

static struct db_unit *stored_unit(const struct agent *agent, size_t k)
{
    uint32_t u = 1;

    while (strcmp(db.units[u].code.s, agent->units[k].code.s) != 0)
        u++;
    return &db.units[u];
}

/* What is made in quarantine has not arrived: an image of that is the dear one. */
static bool is_outside(const struct agent *agent)
{
    for (size_t k = 0; k < agent->unit_n; k++) {
        if (stored_unit(agent, k)->log.quarantined)
            return true;
    }
    return false;
}

void agent_disk(uint32_t i)
{
    struct agent *agent = &agents[i];
    uint32_t what = is_outside(agent) ? 0 : below(4);
    bool image = agent->spool.image[0] != NULL;

    agent_crash(i);
    if (what == 0 || (what > 1 && !image)) {
        say("an image is made of the disk of %s", agent->process.name);
        spool_image(&agent->spool);
        return;
    }
    image = image && what > 1;
    say("%s %s", agent->process.name, image ? "gets its image back" : "loses its disk");
    sim.count.disks++;
    spool_restore(&agent->spool, image);
    for (size_t k = 0; k < agent->unit_n; k++) {
        stored_unit(agent, k)->disk_lost = true;
        if (!image && below(2) == 0)
            db_enrol_anew(agent->units[k].code.s);
    }
}

void agents_begin(void)
{
    uint32_t next = 0;

    for (uint32_t i = 0; i < sim.plan.agents; i++) {
        struct agent *agent = &agents[i];

        agent->index = i;
        agent->process = (struct process){.name = ""};
        snprintf(agent->process.name, sizeof agent->process.name, "agent%u", (unsigned)i + 1);
        agent->config = (struct config){.data = "/sim", .reconnect_window_ms = 300};
        agent->unit_n = 0;
        spool_begin(&agent->spool, agent);
        while (next < sim.plan.units &&
               (next < (i + 1) * sim.plan.units / sim.plan.agents || i + 1 == sim.plan.agents)) {
            agent->units[agent->unit_n] = (struct config_unit){
                .code = deployment.unit[next]->code, .person = below(4) == 0 ? NULL : "An"};
            spool_unit_of(&agent->spool, deployment.unit[next]->code.s)->row.enrolled = true;
            agent->unit_n++;
            next++;
        }
        agent->config.units = agent->units;
        agent->config.unit_count = agent->unit_n;
        agent_start(agent);
    }
}

struct agent *agent_of_unit(const char *code, struct unit **unit)
{
    for (uint32_t i = 0; i < sim.plan.agents; i++) {
        for (size_t k = 0; k < agents[i].unit_n; k++) {
            if (strcmp(agents[i].units[k].code.s, code) != 0)
                continue;
            if (unit != NULL)
                *unit = agents[i].process.up && agents[i].host.unit_count > k
                            ? agents[i].host.units[k]
                            : NULL;
            return &agents[i];
        }
    }
    return NULL;
}

/* ---- work ---- */

static const char *const reasons[] = {"không thuộc lĩnh vực", "trùng nhiệm vụ"};

/* 30 digits: here the database refuses what nobody before it does. */
#define TOO_LARGE "999999999999999999999999999999"

static void fill(struct gv_status_task *task, struct gv_status_value *value, char *text,
                 size_t text_size)
{
    uint32_t what = below(100);

    task->progress = -1;
    task->accept = true;
    snprintf(text, text_size, "%u", (unsigned)rnd());
    if (what < 8) {
        task->return_reason = reasons[below(2)];
        task->accept = false;
    } else if (what < 25) {
        task->submit = true;
        task->submit_narrative = text;
    } else if (what < 60) {
        *value = (struct gv_status_value){"SL", below(40) == 0 ? TOO_LARGE : text};
        task->values.list = value;
        task->values.count = 1;
    } else if (what < 90) {
        task->progress = (int)below(101);
        task->narrative = text;
    }
}

void agent_work(void)
{
    struct agent *agent = &agents[below(sim.plan.agents)];
    struct gv_work_result result;
    struct gv_status status = {.person = "Bình"};
    struct gv_status_task tasks[3] = {{0}};
    struct gv_status_value values[3];
    char texts[3][16];
    struct unit *unit;
    gv_err err;

    if (!agent->process.up || process_stopped(&agent->process))
        return;
    unit = agent->host.units[below((uint32_t)agent->host.unit_count)];
    if (unit->work.count == 0)
        return;
    status.unit = unit->code;
    status.tasks = tasks;
    status.task_count = 1 + below(3);
    for (size_t i = 0; i < status.task_count; i++) {
        const struct gv_work_item *item = &unit->work.items[below((uint32_t)unit->work.count)];

        tasks[i].task = item->number;
        tasks[i].has_assignment = true;
        tasks[i].assignment = item->id;
        fill(&tasks[i], &values[i], texts[i], sizeof texts[i]);
    }
    sim.current = &agent->process;
    gv_arena_reset(agent->host.work_arena);
    result = (struct gv_work_result){.arena = agent->host.work_arena};
    unit_touch(unit);
    err = unit_document(unit, "manual", false, &status, &result);
    if (err == GV_OK)
        sim.count.reports += result.entry_count;
    turn_end(agent);
}
