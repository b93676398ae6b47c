/* worker.c - one process' units: opens, beats, and paces what they send. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "fleet.h"

#define OPENING_MAX                                                                                \
    128 /* links of all workers on their way up at first: enrolment is not the storm */
#define TIMERS_US   20000
#define PATIENCE_US 10000

struct pace {
    unsigned turn; /* that was seen last */
    enum phase phase;
    size_t active; /* units of this worker that take part: the first so many */
    size_t next;   /* open loop: whose turn it is */
    double due_us, step_us;
    int64_t timers_us;
};

void fleet_die(const char *what, const char *who)
{
    fprintf(stderr, "fleet: %s: %s\n", what, who);
    _exit(1);
}

int64_t fleet_now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void fill(struct worker *w, const struct pace *pace, struct unit *unit)
{
    const struct orders_to_workers *say = &w->shared->say;

    if (pace->phase != PHASE_CLOSED || (size_t)(unit - w->units) >= pace->active)
        return;
    while (unit_can_begin(w, unit, say->window) &&
           unit_begin(w, unit, say->entries, fleet_now_us()))
        continue;
}

static bool is_paced(const struct pace *pace)
{
    return pace->phase == PHASE_OPEN || pace->phase == PHASE_STORM;
}

/* What has become due since: late or not, its time runs from when it was due. In a storm there may
 * be nobody to send it, and then nobody waits for it. */
static void send_due(struct worker *w, struct pace *pace)
{
    int64_t now_us = fleet_now_us();

    while (is_paced(pace) && pace->active > 0 && pace->due_us <= (double)now_us) {
        struct unit *unit = NULL;

        for (size_t i = 0; i < pace->active && unit == NULL; i++) {
            struct unit *one = &w->units[(pace->next + i) % pace->active];

            if (unit_can_begin(w, one, WINDOW_MAX)) {
                unit = one;
                pace->next = (pace->next + i + 1) % pace->active;
            }
        }
        if (unit == NULL && pace->phase == PHASE_STORM) {
            pace->due_us = (double)now_us + pace->step_us;
            return;
        }
        if (unit == NULL || !unit_begin(w, unit, w->shared->say.entries, (int64_t)pace->due_us))
            return;
        if (atomic_load_explicit(&w->shared->say.recording, memory_order_relaxed))
            hist_add(&w->tally->late, (uint64_t)((double)now_us - pace->due_us));
        pace->due_us += pace->step_us;
    }
}

/* unit, number and hash of the newest receipt: the hash stands for all before it. */
static void tell_receipts(struct worker *w)
{
    char path[288];
    FILE *file;

    snprintf(path, sizeof path, "%s.%u", w->shared->say.path, w->index);
    file = fopen(path, "w");
    if (file == NULL)
        fleet_die("cannot write", path);
    for (size_t i = 0; i < w->count; i++) {
        const struct unit *unit = &w->units[i];

        if (unit->receipted.n == 0)
            continue;
        fprintf(file, "%s\t%llu\t", unit->token.unit.s, (unsigned long long)unit->receipted.n);
        for (size_t k = 0; k < sizeof unit->receipted.h.b; k++)
            fprintf(file, "%02x", unit->receipted.h.b[k]);
        fputc('\n', file);
    }
    if (fclose(file) != 0)
        fleet_die("cannot write", path);
    atomic_fetch_add(&w->tally->told, 1);
}

static void take_turn(struct worker *w, struct pace *pace)
{
    const struct orders_to_workers *say = &w->shared->say;
    unsigned turn = atomic_load(&say->turn);

    if (turn == pace->turn)
        return;
    pace->turn = turn;
    pace->phase = say->phase;
    pace->active =
        say->agents > w->index ? (say->agents - w->index + w->workers - 1) / w->workers : 0;
    if (pace->active > w->count)
        pace->active = w->count;
    if (pace->phase == PHASE_END)
        _exit(0);
    if (pace->phase == PHASE_TELL)
        tell_receipts(w);
    if (is_paced(pace)) {
        pace->step_us = 1e6 / say->rate * (double)w->workers;
        pace->due_us =
            (double)fleet_now_us() + pace->step_us * (double)w->index / (double)w->workers;
    }
    if (pace->phase == PHASE_CONNECT) {
        for (size_t i = 0; i < pace->active; i++) {
            if (w->units[i].link == NULL && w->units[i].open_at_us == 0)
                w->units[i].open_at_us = 1;
        }
    }
    for (size_t i = 0; i < pace->active; i++)
        fill(w, pace, &w->units[i]);
}

static void run_timers(struct worker *w, struct pace *pace)
{
    int64_t now_us = fleet_now_us();
    size_t opening = 0;

    if (now_us < pace->timers_us)
        return;
    pace->timers_us = now_us + TIMERS_US;
    for (size_t i = 0; i < w->count; i++)
        opening += w->units[i].link != NULL && !w->units[i].live && w->units[i].lost_us == 0;
    for (size_t i = 0; i < w->count; i++) {
        struct unit *unit = &w->units[i];

        if (unit->link == NULL && unit->open_at_us != 0 && unit->open_at_us <= now_us &&
            (opening < OPENING_MAX / w->workers || unit->lost_us != 0))
            opening += unit_open(w, unit);
        if (unit->live && unit->beat_at_us <= now_us)
            unit_beat(w, unit);
        if (unit->live && unit->send_at_us != 0 && unit->send_at_us <= now_us) {
            unit_resend(unit);
            fill(w, pace, unit);
        }
    }
}

static struct timespec patience(const struct pace *pace)
{
    double wait_us = PATIENCE_US;

    if (is_paced(pace))
        wait_us = pace->due_us - (double)fleet_now_us();
    wait_us = wait_us < 0 ? 0 : wait_us > PATIENCE_US ? PATIENCE_US : wait_us;
    return (struct timespec){.tv_nsec = (long)(wait_us * 1000)};
}

void worker_run(struct worker *w)
{
    struct epoll_event events[256];
    struct pace pace = {0};
    struct gv_buf path, why;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    w->zmq = zmq_ctx_new();
    zmq_ctx_set(w->zmq, ZMQ_MAX_SOCKETS, (int)w->count * 8 + 64);
    w->epoll = epoll_create1(0);
    w->arena = gv_arena_new((size_t)16 << 20);
    w->owing = calloc(w->count, sizeof(struct unit *));
    if (w->zmq == NULL || w->epoll < 0 || w->arena == NULL || w->owing == NULL)
        fleet_die("no memory", "worker");
    gv_buf_init(&path);
    gv_buf_init(&why);
    gv_buf_printf(&path, "%s/fleet-%u.db", w->spools, w->index);
    if (gv_spool_open((char *)path.data, &w->spool, &why) != GV_OK)
        fleet_die("no spool", (char *)path.data);
    gv_buf_fini(&path);
    gv_buf_fini(&why);
    for (;;) {
        struct timespec wait = patience(&pace);
        int n = epoll_pwait2(w->epoll, events, 256, &wait, NULL);

        for (int i = 0; i < n; i++) {
            unit_serve(w, events[i].data.ptr);
            fill(w, &pace, events[i].data.ptr);
            send_due(w, &pace);
        }
        unit_receipts(w);
        take_turn(w, &pace);
        send_due(w, &pace);
        run_timers(w, &pace);
    }
}
