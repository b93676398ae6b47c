/*
 * main.c - sim --seed N [-v]: one seed. sim --bytes FILE [-v]: an input of fuzz_sim. sim --seeds N
 * [--from A] [--jobs J] [--file FILE]: many, the regressions of FILE first. Exit 1: a seed broke a
 * promise; its number replays it. Of many seeds each hundredth runs twice, to see that it does.
 * They end with lines for the table of tests/run; a broken seed counts against every promise there.
 */
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "world.h"

#define TWICE_EVERY 100

struct options {
    uint64_t seed, seeds, from, jobs;
    bool one, verbose, keep_on;
    const char *file, *bytes;
};

struct sums {
    uint64_t seeds, broken, twice, events, frames, reports, orders, acts, acts_of_two, stale,
        refused, crashes, restarts, failovers, losses, unknown, offered, jumps, disks, lifted;
};

static int usage(void)
{
    fprintf(stderr, "sim --seed N [-v] | sim --bytes FILE [-v] | "
                    "sim --seeds N [--from A] [--jobs J] [--file FILE]"
                    " [--keep-on]\n");
    return 64;
}

static bool parse(int argc, char **argv, struct options *o)
{
    *o = (struct options){.seeds = 100, .from = 1, .jobs = 1};
    for (int i = 1; i < argc; i++) {
        uint64_t *number = strcmp(argv[i], "--seed") == 0    ? &o->seed
                           : strcmp(argv[i], "--seeds") == 0 ? &o->seeds
                           : strcmp(argv[i], "--from") == 0  ? &o->from
                           : strcmp(argv[i], "--jobs") == 0  ? &o->jobs
                                                             : NULL;

        if (number != NULL && i + 1 < argc) {
            o->one = o->one || number == &o->seed;
            *number = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--file") == 0 && i + 1 < argc) {
            o->file = argv[++i];
        } else if (strcmp(argv[i], "--bytes") == 0 && i + 1 < argc) {
            o->bytes = argv[++i];
        } else if (strcmp(argv[i], "-v") == 0) {
            o->verbose = true;
        } else if (strcmp(argv[i], "--keep-on") == 0) {
            o->keep_on = true;
        } else {
            return false;
        }
    }
    return o->jobs > 0 && o->jobs <= 64;
}

static void add(bool held, struct sums *sums)
{
    fflush(stdout);
    sums->seeds++;
    sums->broken += !held;
    sums->events += sim.events;
    sums->frames += sim.count.frames;
    sums->reports += sim.count.reports;
    sums->orders += sim.count.orders;
    sums->acts += sim.count.acts;
    sums->acts_of_two += sim.plan.servers > 1 ? sim.count.acts : 0;
    sums->stale += sim.count.stale;
    sums->refused += sim.count.refused;
    sums->crashes += sim.count.crashes;
    sums->restarts += sim.count.restarts;
    sums->failovers += sim.count.failovers;
    sums->losses += sim.count.losses;
    sums->unknown += sim.count.unknown;
    sums->offered += sim.count.offered;
    sums->jumps += sim.count.jumps;
    sums->disks += sim.count.disks;
    sums->lifted += sim.count.lifted;
}

static bool run_one(uint64_t seed, bool verbose, struct sums *sums)
{
    bool held = sim_run(seed, verbose);

    if (!held)
        printf("seed %" PRIu64 ": %s\n", seed, sim.why);
    add(held, sums);
    return held;
}

/* The seed that has just run, again. False: it was another run. */
static bool run_again(uint64_t seed, struct sums *sums)
{
    uint64_t digest = sim.digest;
    bool same = sim_run(seed, false) && sim.digest == digest;

    if (!same)
        printf("seed %" PRIu64 ": its second run differs\n", seed);
    fflush(stdout);
    sums->twice++;
    sums->broken += !same;
    return same;
}

static bool run_bytes(const char *path, bool verbose, struct sums *sums)
{
    struct gv_buf bytes;
    bool held;

    gv_buf_init(&bytes);
    held = gv_buf_read_file(&bytes, path, 1 << 20) == GV_OK &&
           sim_run_bytes(bytes.data, bytes.len, verbose);
    if (!held)
        printf("%s: %s\n", path, sim.why);
    add(held, sums);
    gv_buf_fini(&bytes);
    return held;
}

/* "SEED  what it was" a line. */
static bool run_file(const char *path, struct sums *sums)
{
    char line[512];
    bool held = true;
    FILE *file = fopen(path, "r");

    if (file == NULL) {
        fprintf(stderr, "sim: %s\n", path);
        return false;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] >= '0' && line[0] <= '9')
            held &= run_one(strtoull(line, NULL, 10), false, sums);
    }
    fclose(file);
    return held;
}

static bool run_share(const struct options *o, uint64_t share, struct sums *sums)
{
    bool held = true;

    for (uint64_t i = share; i < o->seeds && (held || o->keep_on); i += o->jobs) {
        uint64_t seed = o->from + i;
        bool one = run_one(seed, false, sums);

        held &= one && (seed % TWICE_EVERY != 0 || run_again(seed, sums));
    }
    return held;
}

/* Of this process, or of those that it has waited for. */
static double processor_s(int who)
{
    struct rusage used;

    if (getrusage(who, &used) != 0)
        return 0;
    return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void print(const struct sums *s, double seconds)
{
    printf("sim: %" PRIu64 " seeds, %" PRIu64 " of them twice, %" PRIu64
           " broken, %.1f s, %.1f s of processors; events %" PRIu64 ", frames %" PRIu64
           ", reports %" PRIu64 " (stale %" PRIu64 ", refused %" PRIu64 ", offered again %" PRIu64
           "), orders %" PRIu64 ", acts %" PRIu64 ", crashes %" PRIu64
           ", database restarted %" PRIu64 ", failovers %" PRIu64 ", with losses %" PRIu64
           ", unknown commits %" PRIu64 ", disks lost or old %" PRIu64
           ", units let in again %" PRIu64 "\n",
           s->seeds, s->twice, s->broken, seconds,
           processor_s(RUSAGE_SELF) + processor_s(RUSAGE_CHILDREN), s->events, s->frames,
           s->reports, s->stale, s->refused, s->offered, s->orders, s->acts, s->crashes,
           s->restarts, s->failovers, s->losses, s->unknown, s->disks, s->lifted);
}

static void print_promises(const struct sums *s)
{
    const struct {
        const char *promise, *what;
        uint64_t tries;
    } rows[] = {
        {"C1", "simulated reports, over crashes", s->reports},
        {"C2", "simulated COMMITs of unknown outcome, gone on after", s->unknown},
        {"C2", "simulated disks of agents lost or old, let in again", s->disks},
        {"C3", "simulated crashes of processes", s->crashes},
        {"C4", "simulated reports of former holders", s->stale},
        {"C5", "simulated orders, over cuts and crashes", s->orders},
        {"C6", "simulated acts on two coordinators", s->acts_of_two},
        {"C7", "simulated failovers", s->failovers},
        {"C8", "simulated failovers that lost history", s->losses},
        {"C10", "simulated jumps of clocks", s->jumps},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        printf("promise\t%s\t%s\t%" PRIu64 "\t%" PRIu64 "\n", rows[i].promise, rows[i].what,
               rows[i].tries, s->broken);
}

static double now_s(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static bool run_jobs(const struct options *o, struct sums *all)
{
    int pipes[64][2];
    bool held = true;

    for (uint64_t j = 0; j < o->jobs; j++) {
        pid_t pid;

        if (pipe(pipes[j]) != 0 || (pid = fork()) < 0) {
            perror("sim");
            exit(1);
        }
        if (pid == 0) {
            struct sums sums = {0};
            bool ok = run_share(o, j, &sums);

            if (write(pipes[j][1], &sums, sizeof sums) != sizeof sums)
                ok = false;
            deployment_free();
            exit(ok ? 0 : 1);
        }
        close(pipes[j][1]);
    }
    for (uint64_t j = 0; j < o->jobs; j++) {
        struct sums sums = {0};
        uint64_t *to = (uint64_t *)all, *from = (uint64_t *)&sums;

        held &= read(pipes[j][0], &sums, sizeof sums) == sizeof sums && sums.broken == 0;
        for (size_t i = 0; i < sizeof sums / sizeof *to; i++)
            to[i] += from[i];
        close(pipes[j][0]);
    }
    while (wait(NULL) > 0)
        continue;
    return held;
}

int main(int argc, char **argv)
{
    struct sums sums = {0};
    struct options o;
    double begun = now_s();
    bool held;

    if (!parse(argc, argv, &o))
        return usage();
    mallopt(M_MMAP_THRESHOLD,
            256 * 1024);      /* a lane's items: pages of zeros, not zeroed each time */
    signal(SIGTERM, SIG_IGN); /* coordinator_fail() sends it: a promise of its own */
    deployment_make();
    if (o.bytes != NULL) {
        held = run_bytes(o.bytes, o.verbose, &sums);
    } else if (o.one) {
        held = run_one(o.seed, o.verbose, &sums);
        printf("seed %" PRIu64 " digest %016" PRIx64 "\n", o.seed, sim.digest);
    } else {
        held = o.file == NULL || run_file(o.file, &sums);
        held &= o.jobs == 1 ? run_share(&o, 0, &sums) : run_jobs(&o, &sums);
    }
    print(&sums, now_s() - begun);
    if (!o.one)
        print_promises(&sums);
    deployment_free();
    return held ? 0 : 1;
}
