/* links: gv_delivery gv_base_pure */
/*
 * test_delivery_random.c - one unit's agent against two coordinators on one database, in one
 * process and in simulated time. Links lose, repeat, reorder and delay frames, are cut or go half
 * open; agent and coordinators stop and come back; the database forgets. GV_SEED=n runs one
 * history, else 2,000 from a printed seed.
 *
 * Always: what is stored of a log is the beginning of what its writer wrote; what is receipted is
 * stored. A minute after the faults stop, at the latest: both logs are whole on both sides, and
 * receipted.
 */
#include "delivery_peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SEEDS 2000

/* ---- the world ------------------------------------------------------------------------------ */

static void tell_heads(struct world *w, uint32_t percent)
{
    for (unsigned i = 0; i < COORDINATORS; i++) {
        struct gv_session_event event = {.kind = GV_SESSION_HEAD, .n = w->db_orders.n};

        if (w->coordinator[i].running && below(w, 100) < percent)
            session_step(w, &w->coordinator[i], event);
    }
}

static void work(struct world *w)
{
    uint32_t count = 1 + below(w, 4);

    w->work_ms = w->now_ms + 100 + below(w, 800);
    if (w->now_ms > FAULTS_UNTIL_MS)
        w->work_ms = INT64_MAX;
    if (below(w, 2) == 0) {
        for (; count > 0 && w->db_orders.n < LOG_MAX; count--)
            append(w, &w->db_orders, ++w->entries);
        tell_heads(w, 70);
    } else if (w->running) {
        struct gv_agent_event event = {.kind = GV_AGENT_APPENDED};

        for (; count > 0 && w->reports.n < LOG_MAX; count--)
            append(w, &w->reports, ++w->entries);
        event.u.appended = head(&w->reports);
        agent_step(w, event);
    }
}

static void lose_link(struct world *w)
{
    if (w->link == 0)
        return;
    close_link(w);
    agent_step(w, (struct gv_agent_event){.kind = below(w, 10) ? GV_AGENT_LINK_DOWN
                                                               : GV_AGENT_LINK_REFUSED});
}

static void stop_coordinator(struct world *w, unsigned i)
{
    w->coordinator[i].running = false;
    w->coordinator[i].back_ms = w->now_ms + below(w, 3000);
    memset(&w->coordinator[i].session, 0, sizeof w->coordinator[i].session);
    if (w->link_to == i && w->running && below(w, 3) > 0)
        lose_link(w); /* else it is not told */
}

static void forget(struct world *w)
{
    uint64_t lost = 1 + below(w, 6);

    if (!w->forgets || w->db_reports.n < lost)
        return;
    w->db_reports.n -= lost;
    w->forgot = true;
    for (unsigned i = 0; i < COORDINATORS; i++) /* a lost connection to the database ends them */
        session_step(w, &w->coordinator[i], (struct gv_session_event){.kind = GV_SESSION_GONE});
}

static void fault(struct world *w)
{
    struct frame out = {.link = w->link, .coordinator = w->link_to, .kind = GOODBYE};

    w->fault_ms = w->now_ms + below(w, 2500);
    switch (below(w, 8)) {
    case 0:
    case 1:
        if (w->running)
            lose_link(w);
        break;
    case 2:
        w->mute_up = w->link != 0;
        break;
    case 3:
        w->mute_down = w->link != 0;
        break;
    case 4:
        stop_coordinator(w, below(w, COORDINATORS));
        break;
    case 5:
        w->running = false;
        w->back_ms = w->now_ms + below(w, 2000);
        close_link(w);
        break;
    case 6:
        forget(w);
        break;
    case 7:
        send_frame(w, &out);
        break;
    }
}

static void link_event(struct world *w)
{
    w->link_event_ms = INT64_MAX;
    if (!w->coordinator[w->link_to].running) {
        lose_link(w);
        return;
    }
    w->link_ready = true;
    agent_step(w, (struct gv_agent_event){.kind = GV_AGENT_LINK_UP});
}

static void deliver(struct world *w, size_t i)
{
    struct frame frame = w->frames[i];

    w->frames[i] = w->frames[--w->frame_count];
    if (frame.up)
        coordinator_hears(w, &frame);
    else if (w->running && w->link_ready && frame.link == w->link)
        agent_hears(w, &frame);
}

static int64_t earliest(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static size_t next_frame(const struct world *w)
{
    size_t next = 0;

    for (size_t i = 1; i < w->frame_count; i++) {
        const struct frame *a = &w->frames[i], *b = &w->frames[next];

        if (a->at_ms < b->at_ms || (a->at_ms == b->at_ms && a->order < b->order))
            next = i;
    }
    return next;
}

static int64_t next_time(const struct world *w)
{
    int64_t at = earliest(w->work_ms, w->poll_ms);

    if (w->faults)
        at = earliest(at, w->fault_ms);
    if (w->frame_count > 0)
        at = earliest(at, w->frames[next_frame(w)].at_ms);
    at = earliest(at, w->running ? gv_agent_deadline_ms(&w->side) : w->back_ms);
    if (w->running)
        at = earliest(at, w->link_event_ms);
    for (unsigned i = 0; i < COORDINATORS; i++)
        at = earliest(at, w->coordinator[i].running
                              ? gv_session_deadline_ms(&w->coordinator[i].session)
                              : w->coordinator[i].back_ms);
    return at;
}

static void tick_coordinators(struct world *w)
{
    for (unsigned i = 0; i < COORDINATORS; i++) {
        struct coordinator *c = &w->coordinator[i];
        struct gv_session_event tick = {.kind = GV_SESSION_TICK};

        if (!c->running && c->back_ms <= w->now_ms)
            c->running = true;
        if (c->running && gv_session_deadline_ms(&c->session) <= w->now_ms) {
            session_step(w, c, tick);
            CHECK(w, gv_session_deadline_ms(&c->session) > w->now_ms);
        }
    }
}

static void turn(struct world *w)
{
    int64_t at = next_time(w);

    w->now_ms = at > w->now_ms ? at : w->now_ms;
    if (w->frame_count > 0) {
        size_t next = next_frame(w);

        if (w->frames[next].at_ms <= w->now_ms)
            deliver(w, next);
    }
    if (!w->running && w->back_ms <= w->now_ms)
        start_agent(w);
    if (w->running && w->link_event_ms <= w->now_ms)
        link_event(w);
    if (w->running && gv_agent_deadline_ms(&w->side) <= w->now_ms) {
        agent_step(w, (struct gv_agent_event){.kind = GV_AGENT_TICK});
        CHECK(w, gv_agent_deadline_ms(&w->side) > w->now_ms);
    }
    tick_coordinators(w);
    if (w->work_ms <= w->now_ms)
        work(w);
    if (w->faults && w->fault_ms <= w->now_ms)
        fault(w);
    if (w->poll_ms <= w->now_ms) {
        w->poll_ms = w->now_ms + POLL_MS;
        tell_heads(w, 100);
    }
}

static bool settled(const struct world *w)
{
    return w->running && w->receipted.n == w->reports.n && w->db_reports.n == w->reports.n &&
           w->orders.n == w->db_orders.n && w->db_acked == w->db_orders.n;
}

static void check_whole(const struct world *w)
{
    CHECK(w, memcmp(w->reports.entry, w->db_reports.entry, (w->reports.n + 1) * sizeof(uint32_t)) ==
                 0);
    CHECK(w,
          memcmp(w->orders.entry, w->db_orders.entry, (w->orders.n + 1) * sizeof(uint32_t)) == 0);
    CHECK(w, gv_hash_eq(&w->reports.h[w->reports.n], &w->db_reports.h[w->reports.n]));
}

/* How long it took to settle after the faults. */
static int64_t run_history(struct world *w, unsigned seed)
{
    memset(w, 0, sizeof *w);
    w->seed = seed;
    w->random = seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
    w->faults = true;
    w->forgets = below(w, 4) == 0;
    w->poll_ms = POLL_MS;
    for (unsigned i = 0; i < COORDINATORS; i++)
        w->coordinator[i].running = true;
    close_link(w);
    start_agent(w);
    while (w->now_ms < FAULTS_UNTIL_MS)
        turn(w);
    w->faults = false;
    while (w->now_ms < FAULTS_UNTIL_MS + 1000 || !settled(w)) {
        CHECK(w, w->now_ms < FAULTS_UNTIL_MS + HEALED_WITHIN_MS);
        turn(w);
    }
    check_whole(w);
    return w->now_ms - FAULTS_UNTIL_MS;
}

static void test_both_logs_survive_whatever_the_link_does(void **state)
{
    static struct world world;
    const char *given = getenv("GV_SEED");
    unsigned first = given != NULL ? (unsigned)strtoul(given, NULL, 10) : (unsigned)time(NULL);
    unsigned count = given != NULL ? 1 : SEEDS;
    int64_t worst = 0;
    uint64_t reports = 0, orders = 0;

    (void)state;
    printf("seeds %u … %u\n", first, first + count - 1);
    for (unsigned i = 0; i < count; i++) {
        int64_t took = run_history(&world, first + i);

        worst = took > worst ? took : worst;
        reports += world.reports.n;
        orders += world.orders.n;
    }
    printf("%llu reports, %llu orders; the slowest settled %d ms after the faults\n",
           (unsigned long long)reports, (unsigned long long)orders, (int)worst);
    assert_true(reports > 10 * count && orders > 10 * count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_logs_survive_whatever_the_link_does),
    };

    return cmocka_run_group_tests_name("delivery random", tests, NULL, NULL);
}
