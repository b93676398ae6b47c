/* agent_model.h - agents, their loops and spools. */
#ifndef SIM_AGENT_MODEL_H
#define SIM_AGENT_MODEL_H

#include "agent/host.h"
#include "agent/unit.h"
#include "world.h"

struct spool_report {
    struct gv_slice entry;
    gv_hash h;
    bool receipted;
    uint32_t disposition;
};
struct spool_order {
    struct gv_slice entry;
    gv_hash h;
    gv_err fault;
};
struct spool_item {
    gv_id id;
    uint32_t epoch, state;
    struct gv_slice task;
};
struct spool_sent {
    bool there;
    gv_id id;
    const char *name;
    gv_id digest;
};
enum { MADE_MAX = 2048 };
struct spool_made {
    struct gv_slice entry;
    bool lost; /* no disk has it any more */
    bool stored;
};
struct spool_unit {
    gv_code code;
    struct gv_spool_unit row;
    uint64_t report_n, order_n;
    size_t item_n, sent_n;
    struct spool_report reports[REPORTS_MAX + 1];
    struct spool_order orders[ORDERS_MAX + 1];
    struct spool_item items[ITEMS_MAX];
    struct spool_sent sents[SENTS_MAX];
    /* Every entry that was ever made here: whatever happens to the disk, it knows. */
    struct spool_made made[MADE_MAX];
    size_t made_n;
    /* What was called accepted: it must never go. Not the spool's. */
    struct gv_cursor accepted;
    struct gv_cursor receipted; /* the furthest that the agent held a receipt for */
    uint64_t connection;        /* the furthest that it said */
};

struct undo {
    void *at;
    size_t size;
    uint8_t *old;
};

struct gv_spool {
    struct agent *agent;
    bool open, failed;
    struct undo *undo;
    size_t undo_n, undo_room;
    struct spool_unit units[UNITS_MAX];
    size_t unit_n;
    struct spool_unit *image[UNITS_MAX]; /* of the disk, once */
};

void spool_begin(struct gv_spool *spool, struct agent *agent);
struct spool_unit *spool_unit_of(struct gv_spool *spool, const char *code);
/* The agent is down. */
void spool_image(struct gv_spool *spool);
void spool_restore(struct gv_spool *spool, bool image);
bool spool_durable(const struct gv_spool *spool, const void *at);
struct gv_spool_unit spool_durable_row(const struct gv_spool *spool, const struct spool_unit *unit);

struct gv_loop {
    struct agent *agent;
    struct gv_timer *timers[UNITS_MAX + 2];
    size_t timer_n;
    struct {
        int fd;
        gv_loop_fd_fn *fn;
        void *ctx;
    } watches[UNITS_MAX + 2];
    size_t watch_n;
};

struct agent {
    struct process process;
    uint32_t index;
    struct config config;
    struct config_unit units[UNITS_MAX];
    size_t unit_n;
    struct host host;
    struct gv_loop loop;
    struct gv_spool spool;
    bool dying; /* nothing it does from now on is seen or kept */
    uint64_t timer_stamp;
    int64_t timer_ms;
};
extern struct agent agents[AGENTS_MAX];
struct agent *agent_of_unit(const char *code, struct unit **unit); /* NULL unit: it is down */

#endif
