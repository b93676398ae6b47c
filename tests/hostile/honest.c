/*
 * honest.c - four units that report while others flood. Each has something to report every so many
 * milliseconds, whatever has come back, and the time of a report runs from that moment to its
 * receipt: a coordinator that stands still is charged with all that became due meanwhile, not only
 * with what had been sent. What counts is what became due while the flood was there.
 */
#include "reporter.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNITS          (sizeof codes / sizeof codes[0])
#define PERIOD_MS      20
#define APART_MS       (PERIOD_MS / (int)UNITS)
#define WAIT_MS        5
#define LAST_MS        120000 /* whatever is not said */
#define DRAIN_MS       8000   /* for what is on its way when the flood has ended */
#define SAMPLES_MAX    (UNITS * (LAST_MS / PERIOD_MS + 1))
#define P99_MAX_MS     2000
#define SLOWEST_MAX_MS 4000

static const char *const codes[] = {"H1", "H2", "H3", "H4"};

struct sample {
    int64_t due_ms;
    uint32_t took_ms;
};

struct honest {
    struct reporter units[UNITS];
    uint64_t base[UNITS]; /* their logs before the first report */
    int64_t begun_ms, until_ms;
    bool is_told; /* when the flood was there */
    int64_t flood_begun_ms, flood_ended_ms;
    struct sample samples[SAMPLES_MAX];
    size_t count;
};

static int64_t due_ms(const struct honest *h, size_t i, uint64_t n)
{
    return h->begun_ms + (int64_t)i * APART_MS + (int64_t)(n - h->base[i] - 1) * PERIOD_MS;
}

/* Report n of unit i has its receipt, or will not have one. */
static void add(struct honest *h, size_t i, uint64_t n, int64_t now)
{
    int64_t since_ms = due_ms(h, i, n);

    if (h->count < SAMPLES_MAX)
        h->samples[h->count++] = (struct sample){since_ms, (uint32_t)(now - since_ms)};
}

static void serve(struct honest *h, size_t i, int64_t now)
{
    struct reporter *r = &h->units[i];
    uint64_t got = reporter_hear(r);

    for (uint64_t n = r->peer.reports.n - got + 1; n <= r->peer.reports.n; n++)
        add(h, i, n, now);
    while (!h->is_told && due_ms(h, i, r->due + 1) <= now)
        r->due++;
    reporter_send(r);
}

/* «BEGUN ENDED», monotonic milliseconds. Nothing: whoever floods is gone, and nothing counts. */
static void hear_when(struct honest *h)
{
    char line[64];
    ssize_t n = read(STDIN_FILENO, line, sizeof line - 1);
    char *rest;

    line[n > 0 ? n : 0] = '\0';
    h->flood_begun_ms = strtoll(line, &rest, 10);
    h->flood_ended_ms = strtoll(rest, NULL, 10);
    h->is_told = true;
    h->until_ms = now_ms() + DRAIN_MS;
}

static bool in_flood(const struct honest *h, int64_t ms)
{
    return ms >= h->flood_begun_ms && ms <= h->flood_ended_ms;
}

static bool is_done(const struct honest *h)
{
    for (size_t i = 0; i < UNITS; i++) {
        if (h->units[i].peer.reports.n < h->units[i].due)
            return false;
    }
    return h->is_told;
}

/* Those that never came are as late as this is. */
static unsigned add_missing(struct honest *h)
{
    unsigned missing = 0;
    int64_t now = now_ms();

    for (size_t i = 0; i < UNITS; i++) {
        for (uint64_t n = h->units[i].peer.reports.n + 1; n <= h->units[i].due; n++) {
            add(h, i, n, now);
            missing += in_flood(h, due_ms(h, i, n));
        }
    }
    return missing;
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static int judge(struct honest *h, const char *what)
{
    static uint32_t took[SAMPLES_MAX];
    unsigned missing = add_missing(h), wrong = 0, violations;
    uint32_t p99 = 0, slowest = 0;
    char promise[160], more[128];
    size_t count = 0;

    for (size_t i = 0; i < UNITS; i++)
        wrong += h->units[i].wrong;
    for (size_t i = 0; i < h->count; i++) {
        if (in_flood(h, h->samples[i].due_ms))
            took[count++] = h->samples[i].took_ms;
    }
    if (count > 0) {
        qsort(took, count, sizeof took[0], by_value);
        p99 = took[(count - 1) * 99 / 100];
        slowest = took[count - 1];
    }
    violations = missing + wrong + (count == 0) + (p99 > P99_MAX_MS) + (slowest > SLOWEST_MAX_MS);
    snprintf(promise, sizeof promise, "C15 honest receipts, p99 in 2 s, each in 4 s: %s", what);
    snprintf(more, sizeof more, "p50 %u ms, p99 %u ms, slowest %u ms, %u missing",
             count > 0 ? took[count / 2] : 0, p99, slowest, missing);
    return row_of(promise, (unsigned)count, violations, more);
}

int honest_main(struct world *world, const char *what)
{
    static struct honest h;
    int status;

    for (size_t i = 0; i < UNITS; i++) {
        reporter_open(&h.units[i], world, codes[i]);
        h.units[i].entries = REPORTS_MAX;
        h.base[i] = h.units[i].peer.reports.n;
    }
    h.begun_ms = now_ms();
    h.until_ms = h.begun_ms + LAST_MS;
    printf("serving\n");
    while (!is_done(&h) && now_ms() < h.until_ms) {
        if (reporters_wait(h.units, UNITS, h.is_told ? -1 : STDIN_FILENO, WAIT_MS))
            hear_when(&h);
        for (size_t i = 0; i < UNITS; i++)
            serve(&h, i, now_ms());
    }
    status = judge(&h, what);
    for (size_t i = 0; i < UNITS; i++)
        reporter_close(&h.units[i]);
    return status;
}
