/*
 * cpu.h - what processes have used so far, from /proc: CPU time in nanoseconds of every thread,
 * and memory. Threads that end in between take their time with them.
 */
#ifndef GV_BENCH_CPU_H
#define GV_BENCH_CPU_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define CPU_NAMES 32

/* Of threads (or processes) of the same name together. */
struct cpu {
    struct {
        char name[32];
        uint64_t ns;
    } by_name[CPU_NAMES];
    size_t names;
    uint64_t ns;
    uint64_t rss_kib;
};

void cpu_of_threads(pid_t pid, struct cpu *out);
/* The postmaster and all its children; memory shared between them counts once for each. */
void cpu_of_cluster(pid_t postmaster, struct cpu *out);
/* {"us_per_op":…,"us":…,"rss_kib_before":…,"rss_kib":…,"by":{"verify":us per op,…}} of what was
 * used since before. */
void cpu_json(const struct cpu *before, const struct cpu *after, uint64_t ops, FILE *out);

#endif
