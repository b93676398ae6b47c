/* server_model.c - the process giaoviecd: what service.c sets up, with fibers for threads. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "coordinator/acts.h"
#include "coordinator/admit.h"
#include "coordinator/deliver.h"
#include "coordinator/duties.h"
#include "coordinator/keys.h"
#include "coordinator/reports.h"
#include "coordinator/verify.h"
#include "fiber.h"
#include "world.h"

enum { QUEUE = 64, BUFFER = 4096 };

struct server {
    struct process process;
    uint32_t index;
    struct coordinator c;
    struct verifier verifier;
    struct report_lane lanes[REPORT_LANES];
    struct fiber *fibers[FIBERS_OF_SERVER], *lane_fibers[REPORT_LANES];
};

static struct server servers[SERVERS_MAX];

struct process *server_process(uint32_t i)
{
    return &servers[i].process;
}

uint32_t server_of(const struct process *process)
{
    uint32_t i = 0;

    while (i < SERVERS_MAX && process != &servers[i].process)
        i++;
    return i;
}

bool server_admits(uint32_t i, const char *code)
{
    keyring *ring = keyring_take(servers[i].c.keys);
    bool admits = ring != NULL && keyring_by_code(ring, code) != NULL;

    keyring_unref(ring);
    return admits;
}

void servers_begin(void)
{
    for (uint32_t i = 0; i < SERVERS_MAX; i++) {
        struct server *server = &servers[i];

        memset(server, 0, sizeof *server);
        server->index = i;
        snprintf(server->process.name, sizeof server->process.name, "c%u", (unsigned)i + 1);
        if (i < sim.plan.servers)
            server_start(i);
    }
}

static void must(gv_err err)
{
    assert(err == GV_OK);
    (void)err;
}

static void configure(struct server *server)
{
    struct coordinator *c = &server->c;

    memset(c, 0, sizeof *c);
    c->config = (struct config){.verifiers = 1,
                                .report_lanes = (int)sim.plan.report_lanes,
                                .pace = {500, 3000},
                                .heartbeat_rate = 200,
                                .redeliver_ms = 500,
                                .reconnect_rate = 200,
                                .reconnect_min_ms = 200,
                                .batch_jobs = 1 + (int)below(12),
                                .held_max = 24, /* whoever is re-admitted has to ask on */
                                .backlog_bytes = (size_t)64 << 20,
                                .limits = {{20, 400}, {100, 1000}, {1, 20}, {2, 40}}};
    c->key = deployment.server[server->index];
    c->self = c->key->code;
    c->deployment = deployment.opened->deployment;
    gv_root_hash(deployment.root->sign_pk, &c->root_hash);
    pthread_mutex_init(&c->clock_lock, NULL);
    pthread_mutex_init(&c->share_lock, NULL);
    pthread_mutex_init(&c->keys_lock, NULL);
    must(keyring_holder_new(&c->keys));
    must(presence_new(&c->presence));
    must(limits_new(c->config.limits, &c->limits));
    must(gv_queue_new(QUEUE, &c->verify[0]));
    for (uint32_t i = 0; i < sim.plan.report_lanes; i++)
        must(gv_queue_new(QUEUE, &c->reports[i]));
    must(gv_queue_new(QUEUE, &c->acts));
    must(gv_queue_new(QUEUE, &c->reads));
    must(gv_queue_new(BUFFER, &c->deliver));
    must(gv_queue_new(BUFFER, &c->out));
}

static void drop_jobs(gv_queue *queue)
{
    struct job *job;

    while ((job = gv_queue_pop(queue)) != NULL)
        job_free(job);
    gv_queue_free(queue);
}

static void clean_up(struct server *server)
{
    struct coordinator *c = &server->c;
    void *item;

    drop_jobs(c->verify[0]);
    for (uint32_t i = 0; i < sim.plan.report_lanes; i++)
        drop_jobs(c->reports[i]);
    drop_jobs(c->acts);
    drop_jobs(c->reads);
    while ((item = gv_queue_pop(c->deliver)) != NULL)
        free(item);
    while ((item = gv_queue_pop(c->out)) != NULL)
        out_free(item);
    gv_queue_free(c->deliver);
    gv_queue_free(c->out);
    keyring_holder_free(c->keys);
    presence_free(c->presence);
    limits_free(c->limits);
    pthread_mutex_destroy(&c->clock_lock);
    pthread_mutex_destroy(&c->share_lock);
    pthread_mutex_destroy(&c->keys_lock);
}

/* What prepare_database() does. False: not now. */
static bool prepare(struct server *server)
{
    struct gv_store_options options = {0};
    gv_store *store = NULL;
    gv_err err = gv_store_open(&options, &store, NULL, 0);

    if (err == GV_OK)
        err = gv_store_sessions_clear(store, server->c.self.s);
    if (err == GV_OK)
        err = keys_refresh(&server->c, store);
    gv_store_close(store);
    return err == GV_OK;
}

void server_start(uint32_t i)
{
    struct server *server = &servers[i];
    struct coordinator *c = &server->c;

    if (server->process.up)
        return;
    process_start(&server->process);
    sim.current = &server->process;
    configure(server);
    if (!prepare(server)) {
        server->process.up = false;
        clean_up(server);
        sim.current = NULL;
        at(sim.now_ms + 300 + below(500), EV_SERVER_START, NULL, i);
        return;
    }
    server->verifier = (struct verifier){c, c->verify[0]};
    server->fibers[0] = fiber_start(&server->process, duties_run, c);
    server->fibers[1] = fiber_start(&server->process, deliver_run, c);
    for (uint32_t k = 0; k < sim.plan.report_lanes; k++) {
        server->lanes[k] = (struct report_lane){c, c->reports[k], (int)k};
        server->lane_fibers[k] = fiber_start(&server->process, reports_run, &server->lanes[k]);
    }
    server->fibers[2] = fiber_start(&server->process, acts_run, c);
    server->fibers[3] = fiber_start(&server->process, verify_run, &server->verifier);
    sim.current = NULL;
    say("%s starts", server->process.name);
}

/* Nothing of it is seen any more from here on; its fibers run to their ends. */
void server_crash(uint32_t i)
{
    struct server *server = &servers[i];
    struct coordinator *c = &server->c;

    if (!server->process.up)
        return;
    say("%s crashes", server->process.name);
    sim.count.crashes += sim.faulty;
    server->process.up = false;
    server->process.stopped_until_ms = 0;
    db_server_died(server->index);
    net_server_died(server->index);
    atomic_store(&c->stopping, true);
    gv_queue_close(c->out);
    gv_queue_close(c->verify[0]);
    fiber_finish(server->fibers[3]);
    for (uint32_t k = 0; k < sim.plan.report_lanes; k++) {
        gv_queue_close(c->reports[k]);
        fiber_finish(server->lane_fibers[k]);
    }
    gv_queue_close(c->acts);
    fiber_finish(server->fibers[2]);
    gv_queue_close(c->deliver);
    fiber_finish(server->fibers[1]);
    fiber_finish(server->fibers[0]);
    clean_up(server);
}

void server_receive(uint32_t i, struct gv_link *link, struct gv_slice frame)
{
    struct server *server = &servers[i];
    struct route route = {.len = 5};

    memcpy(route.id, &link->id, sizeof link->id);
    sim.current = &server->process;
    admit(&server->c, &route, &link->key->key_id, frame.data, frame.len, gv_clock_mono_ms());
    sim.current = NULL;
    server_flush(i);
}

void server_lost(uint32_t i, const struct gv_link *link)
{
    struct server *server = &servers[i];
    keyring *ring = server->process.up ? keyring_take(server->c.keys) : NULL;
    const struct principal *who = ring != NULL ? keyring_by_key(ring, &link->key->key_id) : NULL;
    struct process *before = sim.current;

    sim.current = &server->process;
    if (who != NULL)
        deliver_doubt(&server->c, who->unit_id);
    sim.current = before;
    keyring_unref(ring);
}

void server_flush(uint32_t i)
{
    struct server *server = &servers[i];
    struct out *out;

    if (!server->process.up)
        return;
    PROMISE(!atomic_load(&server->c.failed), "%s cannot go on", server->process.name);
    while ((out = gv_queue_pop(server->c.out)) != NULL) {
        struct gv_slice frame = {out->frame.data, out->frame.len};
        struct gv_link *link;
        uint32_t id;

        memcpy(&id, out->route.id, sizeof id);
        link = net_link(id);
        assert(link != NULL);
        check_sent_by_server(link, frame);
        if (link->server_knows)
            deliver_route_gone(&server->c, out->unit_id, &out->route);
        else
            net_send(link, DOWN, frame.data, frame.len);
        out_free(out);
    }
}
