/*
 * main.c - the fleet's parent: reads commands, one a line, and answers each with one line of JSON.
 * links: gv_agent gv_delivery gv_trust gv_base
 *
 * usage: fleet TOKENS-FOLDER UNITS WORKERS SPOOLS-FOLDER
 *   watch COORDINATOR-PID POSTMASTER-PID        whose CPU time is told from now on
 *   connect AGENTS                              enrols and connects; answers when all are live
 *   orders N                                    answers when N orders have come in all
 *   mark                                        the moment from which span tells
 *   span NAME OPS                               what was spent since then, and by each of OPS
 *   closed AGENTS WINDOW ENTRIES SECONDS        the next envelope follows a receipt
 *   open AGENTS RATE ENTRIES SECONDS            RATE envelopes a second, whatever comes back
 *   storm RATE                                  answers when all that were lost are back; meanwhile
 *                                               those who are send RATE envelopes a second
 *   receipts FILE                               writes FILE.0, FILE.1, …: unit, number, hash
 *   end
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cpu.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "fleet.h"

#define PATIENCE_US 600000000 /* for whatever is waited for */
#define WARM_US     1000000

static struct {
    struct shared *shared;
    unsigned workers;
    pid_t pids[WORKERS_MAX];
    struct unit *units;
    size_t count;
    pid_t coordinator, postmaster;
    const char *spools;
} fleet;

/* ---- units ---------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The first `max` token files in order of name. *names is the caller's. */
static size_t list_tokens(const char *folder, size_t max, char ***names)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    char **list = NULL;
    size_t n = 0, cap = 0;

    if (dir == NULL)
        fleet_die("cannot read", folder);
    while ((entry = readdir(dir)) != NULL) {
        if (strstr(entry->d_name, ".token") == NULL)
            continue;
        if (n == cap) {
            cap = cap == 0 ? 1024 : cap * 2;
            list = realloc(list, cap * sizeof *list);
            if (list == NULL)
                fleet_die("no memory", folder);
        }
        list[n++] = strdup(entry->d_name);
    }
    closedir(dir);
    if (n == 0)
        fleet_die("no tokens", folder);
    qsort(list, n, sizeof *list, by_name);
    *names = list;
    return n < max ? n : max;
}

static void load_unit(struct unit *unit, const char *folder, const char *name)
{
    struct gv_buf path, text;

    gv_buf_init(&path);
    gv_buf_init(&text);
    gv_buf_printf(&path, "%s/%s", folder, name);
    if (gv_buf_read_file(&text, (char *)path.data, 4096) != GV_OK ||
        gv_token_parse((char *)text.data, text.len, &unit->token) != GV_OK ||
        gv_key_new(&unit->token.unit, &unit->key) != GV_OK)
        fleet_die("bad token", name);
    gv_buf_fini(&path);
    gv_buf_fini(&text);
}

/* Every n-th unit is this worker's. */
static void start_worker(unsigned index, const char *folder, char **names)
{
    struct worker *w;

    fleet.pids[index] = fork();
    if (fleet.pids[index] < 0)
        fleet_die("cannot fork", "worker");
    if (fleet.pids[index] > 0)
        return;
    w = calloc(1, sizeof *w);
    if (w == NULL)
        fleet_die("no memory", "worker");
    w->shared = fleet.shared;
    w->tally = &fleet.shared->tally[index];
    w->index = index;
    w->workers = fleet.workers;
    w->spools = fleet.spools;
    w->units = calloc(fleet.count / fleet.workers + 1, sizeof *w->units);
    if (w->units == NULL)
        fleet_die("no memory", "worker");
    for (size_t i = index; i < fleet.count; i += fleet.workers)
        load_unit(&w->units[w->count++], folder, names[i]);
    worker_run(w);
}

/* ---- adding up ------------------------------------------------------------------------------ */

#define SUM(field) sum_of(offsetof(struct tally, field))

static uint64_t sum_of(size_t offset)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < fleet.workers; i++)
        sum += atomic_load((atomic_ullong *)((char *)&fleet.shared->tally[i] + offset));
    return sum;
}

#define HIST(field) hist_of(offsetof(struct tally, field))

static const struct hist *hist_of(size_t offset)
{
    static struct hist sum;

    memset(&sum, 0, sizeof sum);
    for (unsigned i = 0; i < fleet.workers; i++)
        hist_sum(&sum, (const struct hist *)((char *)&fleet.shared->tally[i] + offset));
    return &sum;
}

static void tell(enum phase phase)
{
    fleet.shared->say.phase = phase;
    atomic_fetch_add(&fleet.shared->say.turn, 1);
}

static bool workers_live(void)
{
    for (unsigned i = 0; i < fleet.workers; i++) {
        if (waitpid(fleet.pids[i], NULL, WNOHANG) != 0)
            return false;
    }
    return true;
}

/* Until the counter is at least (or, with zero set, exactly 0); ends the program otherwise. */
static void wait_for(const char *what, size_t offset, uint64_t least, bool zero)
{
    int64_t deadline_us = fleet_now_us() + PATIENCE_US;

    for (;;) {
        uint64_t n = sum_of(offset);

        if (zero ? n == 0 : n >= least)
            return;
        if (!workers_live())
            fleet_die("a worker ended while waiting for", what);
        if (fleet_now_us() > deadline_us)
            fleet_die("in vain waited for", what);
        gv_clock_sleep_ms(2);
    }
}

#define WAIT_FOR(field, least) wait_for(#field, offsetof(struct tally, field), least, false)
#define WAIT_NONE(field)       wait_for("no " #field, offsetof(struct tally, field), 0, true)

static struct moment {
    int64_t us;
    uint64_t receipted, envelopes, busy, resumes;
    struct cpu coordinator, cluster, own;
} marked;

static void look(struct moment *m)
{
    m->us = fleet_now_us();
    m->receipted = SUM(receipted);
    m->envelopes = SUM(envelopes);
    m->busy = SUM(busy);
    m->resumes = SUM(resumes);
    cpu_of_threads(fleet.coordinator, &m->coordinator);
    cpu_of_cluster(fleet.postmaster, &m->cluster);
    memset(&m->own, 0, sizeof m->own);
    for (unsigned i = 0; i < fleet.workers; i++) {
        struct cpu one;

        cpu_of_threads(fleet.pids[i], &one);
        m->own.ns += one.ns;
        m->own.rss_kib += one.rss_kib;
    }
}

static void forget_hists(void)
{
    for (unsigned i = 0; i < fleet.workers; i++) {
        memset(&fleet.shared->tally[i].report, 0, sizeof(struct hist));
        memset(&fleet.shared->tally[i].late, 0, sizeof(struct hist));
    }
}

/* What happened between two moments, CPU time by `ops`. */
static void print_span(const struct moment *a, const struct moment *b, uint64_t ops)
{
    double s = (double)(b->us - a->us) / 1e6;

    printf("\"seconds\":%.3f,\"receipted\":%llu,\"reports_per_s\":%.1f,\"envelopes_per_s\":%.1f,"
           "\"busy\":%llu,\"resumes\":%llu,\"errors\":%llu,\"cpu\":{\"coordinator\":",
           s, (unsigned long long)(b->receipted - a->receipted),
           (double)(b->receipted - a->receipted) / s, (double)(b->envelopes - a->envelopes) / s,
           (unsigned long long)(b->busy - a->busy), (unsigned long long)(b->resumes - a->resumes),
           (unsigned long long)SUM(errors));
    cpu_json(&a->coordinator, &b->coordinator, ops, stdout);
    printf(",\"postgres\":");
    cpu_json(&a->cluster, &b->cluster, ops, stdout);
    printf(",\"fleet\":");
    cpu_json(&a->own, &b->own, ops, stdout);
    printf("}");
}

/* ---- commands ------------------------------------------------------------------------------- */

static void run_load(enum phase phase, double seconds)
{
    struct orders_to_workers *say = &fleet.shared->say;
    struct moment a, b;

    tell(phase);
    gv_clock_sleep_ms(WARM_US / 1000);
    forget_hists();
    look(&a);
    atomic_store(&say->recording, true);
    for (int64_t end_us = a.us + (int64_t)(seconds * 1e6); fleet_now_us() < end_us;) {
        if (!workers_live())
            fleet_die("a worker ended", "under load");
        gv_clock_sleep_ms(10);
    }
    look(&b);
    tell(PHASE_QUIET);
    WAIT_NONE(flying); /* what was begun counts, however late it ends */
    atomic_store(&say->recording, false);
    printf("{\"phase\":\"%s\",\"agents\":%u,\"window\":%u,\"entries\":%u,",
           phase == PHASE_OPEN ? "open" : "closed", say->agents, say->window, say->entries);
    if (phase == PHASE_OPEN)
        printf("\"rate\":%.1f,", say->rate);
    print_span(&a, &b, b.envelopes - a.envelopes);
    printf(",\"latency\":");
    hist_json(HIST(report), stdout);
    if (phase == PHASE_OPEN) {
        printf(",\"sent_late\":");
        hist_json(HIST(late), stdout);
    }
    printf(",\"receipted_ever\":%llu}\n", (unsigned long long)SUM(receipted));
}

static void run_span(const char *name, uint64_t ops)
{
    struct moment now;

    look(&now);
    printf("{\"phase\":\"%s\",\"agents\":%llu,\"ops\":%llu,", name, (unsigned long long)SUM(live),
           (unsigned long long)ops);
    print_span(&marked, &now, ops);
    printf("}\n");
}

static void run_connect(unsigned agents)
{
    int64_t begun_us = fleet_now_us();
    struct moment a, b;

    look(&a);
    fleet.shared->say.agents = agents;
    tell(PHASE_CONNECT);
    WAIT_FOR(live, agents);
    look(&b);
    tell(PHASE_QUIET);
    printf("{\"phase\":\"connect\",\"agents\":%u,\"ms\":%.1f,", agents,
           (double)(fleet_now_us() - begun_us) / 1e3);
    print_span(&a, &b, agents);
    printf("}\n");
}

static int64_t edge_us(bool first)
{
    int64_t found = 0;

    for (unsigned i = 0; i < fleet.workers; i++) {
        const struct tally *tally = &fleet.shared->tally[i];
        int64_t us = first ? tally->first_order_us : tally->last_order_us;

        if (us != 0 && (found == 0 || (first ? us < found : us > found)))
            found = us;
    }
    return found;
}

static void run_orders(uint64_t n)
{
    for (unsigned i = 0; i < fleet.workers; i++)
        fleet.shared->tally[i].first_order_us = 0;
    WAIT_FOR(orders, n);
    printf("{\"first_to_last_ms\":%.1f}\n", (double)(edge_us(false) - edge_us(true)) / 1e3);
}

/* Everybody who is live now is lost once, by what somebody else does, and comes back. */
static void run_storm(void)
{
    struct orders_to_workers *say = &fleet.shared->say;
    uint64_t agents = SUM(live), lost = SUM(lost);
    int64_t begun_us, back_us = 0;
    unsigned window_ms = 0;

    for (unsigned i = 0; i < fleet.workers; i++)
        memset(&fleet.shared->tally[i].back, 0, sizeof(struct hist));
    WAIT_FOR(lost, lost + 1);
    begun_us = fleet_now_us();
    WAIT_FOR(lost, lost + agents);
    forget_hists();
    say->agents = (uint32_t)agents;
    say->window = 0;
    say->entries = 1;
    atomic_store(&say->recording, true);
    tell(PHASE_STORM);
    WAIT_FOR(live, agents);
    for (unsigned i = 0; i < fleet.workers; i++) {
        const struct tally *tally = &fleet.shared->tally[i];

        back_us = tally->last_live_us > back_us ? tally->last_live_us : back_us;
        window_ms = tally->window_ms > window_ms ? tally->window_ms : window_ms;
    }
    tell(PHASE_QUIET);
    WAIT_NONE(flying);
    atomic_store(&say->recording, false);
    printf("{\"phase\":\"storm\",\"agents\":%llu,\"all_back_ms\":%.1f,\"window_ms\":%u,\"back\":",
           (unsigned long long)agents, (double)(back_us - begun_us) / 1e3, window_ms);
    hist_json(HIST(back), stdout);
    printf(",\"meanwhile\":");
    hist_json(HIST(report), stdout);
    printf("}\n");
}

static void run_receipts(const char *path)
{
    uint64_t told = SUM(told);

    snprintf(fleet.shared->say.path, sizeof fleet.shared->say.path, "%s", path);
    tell(PHASE_TELL);
    WAIT_FOR(told, told + fleet.workers);
    tell(PHASE_QUIET);
    printf("{\"phase\":\"receipts\",\"receipted_ever\":%llu}\n",
           (unsigned long long)SUM(receipted));
}

/* False: the end. */
static bool command(const char *line)
{
    struct orders_to_workers *say = &fleet.shared->say;
    char path[208];
    double seconds;
    unsigned long long n;
    int a, b;

    if (sscanf(line, "watch %d %d", &a, &b) == 2) {
        fleet.coordinator = a;
        fleet.postmaster = b;
        printf("{\"phase\":\"watch\"}\n");
    } else if (sscanf(line, "connect %u", &say->agents) == 1) {
        run_connect(say->agents);
    } else if (sscanf(line, "orders %llu", &n) == 1) {
        run_orders(n);
    } else if (sscanf(line, "closed %u %u %u %lf", &say->agents, &say->window, &say->entries,
                      &seconds) == 4 &&
               say->window <= WINDOW_MAX && say->entries <= ENTRIES_MAX) {
        run_load(PHASE_CLOSED, seconds);
    } else if (sscanf(line, "open %u %lf %u %lf", &say->agents, &say->rate, &say->entries,
                      &seconds) == 4 &&
               say->rate > 0 && say->entries <= ENTRIES_MAX) {
        say->window = 0;
        run_load(PHASE_OPEN, seconds);
    } else if (strncmp(line, "mark", 4) == 0) {
        look(&marked);
        printf("{}\n");
    } else if (sscanf(line, "span %200s %llu", path, &n) == 2) {
        run_span(path, n);
    } else if (sscanf(line, "receipts %200s", path) == 1) {
        run_receipts(path);
    } else if (sscanf(line, "storm %lf", &say->rate) == 1) {
        run_storm();
    } else if (strncmp(line, "end", 3) == 0) {
        return false;
    } else {
        fleet_die("what is", line);
    }
    fflush(stdout);
    return true;
}

static void raise_descriptors(void)
{
    struct rlimit most = {1000000, 1000000};

    if (setrlimit(RLIMIT_NOFILE, &most) != 0 && getrlimit(RLIMIT_NOFILE, &most) == 0) {
        most.rlim_cur = most.rlim_max;
        setrlimit(RLIMIT_NOFILE, &most);
    }
}

int main(int argc, char **argv)
{
    static char **names; /* as long as the process lives */
    char line[256];

    if (argc != 5 || gv_crypto_init() != GV_OK) {
        fprintf(stderr, "usage: fleet TOKENS-FOLDER UNITS WORKERS SPOOLS-FOLDER\n");
        return 64;
    }
    raise_descriptors();
    fleet.count = list_tokens(argv[1], strtoul(argv[2], NULL, 10), &names);
    fleet.spools = argv[4];
    fleet.workers = (unsigned)strtoul(argv[3], NULL, 10);
    if (fleet.workers < 1 || fleet.workers > WORKERS_MAX)
        return 64;
    fleet.shared =
        mmap(NULL, sizeof *fleet.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fleet.shared == MAP_FAILED)
        fleet_die("no memory", "shared");
    for (unsigned i = 0; i < fleet.workers; i++)
        start_worker(i, argv[1], names);
    while (fgets(line, sizeof line, stdin) != NULL && command(line))
        continue;
    tell(PHASE_END);
    while (wait(NULL) > 0)
        continue;
    return SUM(errors) == 0 ? 0 : 1;
}
