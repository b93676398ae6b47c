/* world.h - agents, servers, links and the database as the models know them. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "base/buf.h"
#include "delivery/cursor.h"
#include "sim.h"
#include "store/store.h"
#include "trust/keyset.h"
#include "wire/link.h"

enum {
    REPORTS_MAX = 1024,
    ORDERS_MAX = 512,
    ITEMS_MAX = 64,
    SENTS_MAX = 512,
    ROWS_MAX = 512,
    ACTS_MAX = 512,
    ROLLUPS_MAX = 512,
    TASKS_MAX = 8,
    DIRECTIVES_MAX = 4,
    LINKS_MAX = 4096,
    FIBERS_OF_SERVER = 4, /* beside the report lanes */
    REPORT_LANES = 2,
};

/* ---- who there is: made once, the same for all seeds ---- */

struct deployment {
    struct gv_key *root, *admin, *server[SERVERS_MAX], *unit[UNITS_MAX];
    struct gv_buf keyset; /* envelope bytes; names both servers */
    struct gv_keyset *opened;
    struct {
        gv_id directive;
        gv_hash digest; /* of the Task bytes */
        struct gv_buf bytes;
    } tasks[TASKS_MAX];
    gv_id directives[DIRECTIVES_MAX];
    gv_hash breakdown;
};
extern struct deployment deployment;
void deployment_make(void);
void deployment_free(void);

/* ---- links ---- */

enum { UP, DOWN }; /* directions: to the server, from the server */

struct transit;

struct gv_link {
    uint32_t id, server;
    uint32_t who;        /* agent; AGENTS_MAX: the office */
    struct agent *agent; /* NULL: the office's */
    const struct gv_key *key;
    gv_code code;
    bool up, agent_closed, server_knows; /* server_knows: it is gone */
    struct {
        enum gv_link_event event;
        struct gv_slice frame;
    } * inbox;
    size_t head, len, room;
    struct transit *first[2], *last[2]; /* in order of time */
    int64_t last_ms[2];
};

void net_begin(void);
struct gv_link *net_open(struct agent *agent, const struct gv_key *key, uint32_t server);
void net_send(struct gv_link *link, int direction, const void *frame, size_t len);
void net_arrive(struct transit *transit);
void net_connected(struct gv_link *link);
void net_server_died(uint32_t server);
void net_reset(struct gv_link *link);
/* An old frame again, to whoever sits on that kind of link now. */
void net_replay(void);
struct gv_link *net_link(uint32_t id);
bool *net_cut(uint32_t who, uint32_t server, int direction); /* who: an agent; AGENTS_MAX: office */

/* ---- agents and servers: agent_model.h, server_model.h; neither knows the other's headers ---- */

struct agent;
struct process *agent_process(uint32_t i);
uint32_t agent_index(const struct agent *agent);
void agents_begin(void);
void agent_start(struct agent *agent);
void agent_crash(uint32_t i);
void agent_disk(uint32_t i); /* its disk is imaged, lost, or the image is put back */
void agent_timer(struct agent *agent, uint64_t stamp);
void agent_drain(struct agent *agent, struct gv_link *link); /* its inbox has something */
void agent_work(void);                                       /* somebody reports something */

struct process *server_process(uint32_t i);
uint32_t server_of(const struct process *process); /* SERVERS_MAX: of none */
void servers_begin(void);
void server_start(uint32_t i);
void server_crash(uint32_t i);
bool server_admits(uint32_t i, const char *code);
void server_receive(uint32_t i, struct gv_link *link, struct gv_slice frame);
void server_lost(uint32_t i, const struct gv_link *link); /* the link has ended at its end */
void server_flush(uint32_t i);                            /* what its fibers wrote goes out */

/* A person lets a unit enrol anew; false: not now. */
bool db_enrol_anew(const char *code);

/* ---- the office ---- */

void office_begin(void);
void office_turn(void);
void office_receive(struct gv_link *link, struct gv_slice frame);
bool office_done(void);

/* ---- the database ---- */

struct ever {
    struct gv_cursor cursor;
    struct ever *next;
};
struct db_unit {
    gv_code code;
    struct gv_unit_log log;
    const gv_store *locked_by;
    int64_t seen_ms;
    bool disk_lost;            /* its agent has had another disk */
    struct ever *reports_ever; /* whatever was stored, lost or not */
};
struct db_order {
    gv_hash h;
    gv_id assignment;
    uint32_t epoch;
    struct gv_slice entry;
};
struct db_report {
    gv_hash h;
    uint32_t disposition;
    gv_err error;
    const char *text;
};
struct db_row {
    struct gv_assignment_row row;
    enum gv_state ledger; /* as the ledger's events leave it */
};
struct db_act {
    gv_id id;
    gv_hash envelope;
    uint32_t kind, seen, applied;
    struct gv_slice result;
};
struct db_rollup {
    int32_t unit_id;
    gv_id directive;
    uint32_t item;
    int outcome;
    int64_t due_us;
    int64_t n;
};

struct database {
    bool up;
    uint64_t generation, keys_version, ledger_n, commits;
    int64_t jump_us;                     /* of its clock */
    struct db_unit units[UNITS_MAX + 1]; /* by unit_id, from 1 */
    struct db_report reports[UNITS_MAX + 1][REPORTS_MAX + 1];
    struct db_order orders[UNITS_MAX + 1][ORDERS_MAX + 1];
    struct db_row rows[ROWS_MAX];
    size_t row_n;
    struct db_act acts[ACTS_MAX];
    size_t act_n;
    struct db_rollup rollups[ROLLUPS_MAX];
    size_t rollup_n;
    bool issued[DIRECTIVES_MAX];
    const gv_store *directive_locked[DIRECTIVES_MAX];
    bool reachable[SERVERS_MAX]; /* the path of a server to it */
    bool lost;                   /* history was lost in this seed */
    uint64_t notified, notified_seen[SERVERS_MAX];
    uint32_t issues[DIRECTIVES_MAX]; /* acts that issued it */
};
extern struct database db;

void db_begin(void);
void db_end(void);
void db_server_died(uint32_t server);
void db_fail(bool promote); /* all connections; with promote: another one takes its place */
int64_t db_business_us(void);
struct db_row *db_row_of(int32_t unit_id, const gv_id *assignment, uint32_t epoch);
struct db_act *db_act_of(const gv_id *id);
uint32_t directive_of(const gv_id *id);

/* ---- faults, checks ---- */

void fault_turn(void);
void heal_turn(void);
bool heal_done(void); /* every link that is to be healthy is */
bool converged(const char **why);
void check_end(void);
void check_tell(void);
void check_sent_by_agent(struct agent *agent, struct gv_link *link, struct gv_slice frame);
void check_sent_by_server(struct gv_link *link, struct gv_slice frame);
void fault_end(void *restore);
bool heal_keeps_bad(uint32_t server);

#endif
