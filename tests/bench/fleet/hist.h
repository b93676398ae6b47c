/*
 * hist.h - a histogram of microseconds in buckets whose width is at most 1/64 of their value, as
 * HdrHistogram has them. One writer each; several are added up by the reader. PURE.
 */
#ifndef GV_BENCH_HIST_H
#define GV_BENCH_HIST_H

#include <stdint.h>
#include <stdio.h>

#define HIST_BITS    6
#define HIST_BUCKETS ((40 - HIST_BITS) << HIST_BITS) /* up to 2^39 us: six days */

struct hist {
    uint64_t count, max, sum;
    uint64_t at[HIST_BUCKETS];
};

void hist_add(struct hist *hist, uint64_t us);
void hist_sum(struct hist *into, const struct hist *from);
/* The upper end of the bucket in which the value of rank p (0..1) lies; 0: empty. */
uint64_t hist_at(const struct hist *hist, double p);
/* {"count":…,"mean_us":…,"p50_us":…,"p90_us":…,"p99_us":…,"p999_us":…,"max_us":…} */
void hist_json(const struct hist *hist, FILE *out);

#endif
