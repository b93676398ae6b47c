/*
 * fleet.c - units that report as fast as they can: either with as many full envelopes on their way
 * as their credits allow, or with many times their credits. Everything is new, so that everything
 * has to be stored.
 */
#include "flood.h"
#include "reporter.h"

#define MEMBERS   (sizeof codes / sizeof codes[0])
#define LEAST     1000 /* of each are receipted meanwhile; fewer are no fleet */
#define SETTLE_MS 15000
#define WAIT_MS   5

static const char *const codes[] = {"U1", "U2", "U3", "U4"};

/* False: all that was said is receipted. */
static bool work(struct reporter *all)
{
    bool open = false;

    for (size_t i = 0; i < MEMBERS; i++) {
        reporter_hear(&all[i]);
        reporter_send(&all[i]);
        open = open || all[i].peer.reports.n < all[i].made;
    }
    reporters_wait(all, MEMBERS, -1, WAIT_MS);
    return open;
}

/* What is on its way is waited for: the next Hellos have to know it. */
static void settle(struct reporter *all)
{
    int64_t until_ms = now_ms() + SETTLE_MS;

    for (size_t i = 0; i < MEMBERS; i++)
        all[i].due = all[i].made;
    while (work(all) && now_ms() < until_ms)
        continue;
}

unsigned flood_fleet(struct flood *f)
{
    static struct reporter all[MEMBERS];
    uint64_t before[MEMBERS], receipted = 0;
    unsigned violations = 0, busy = 0;
    char promise[96], more[96];

    for (size_t i = 0; i < MEMBERS; i++) {
        reporter_open(&all[i], f->world, codes[i]);
        before[i] = all[i].peer.reports.n;
        all[i].due = UINT64_MAX;
        all[i].entries = f->kind->entries;
        all[i].ahead = f->kind->ahead;
    }
    flood_stands(f);
    while (flood_goes_on(f))
        work(all);
    for (size_t i = 0; i < MEMBERS; i++)
        violations += all[i].peer.reports.n - before[i] < LEAST;
    settle(all);
    for (size_t i = 0; i < MEMBERS; i++) {
        receipted += all[i].peer.reports.n - before[i];
        violations += all[i].wrong + (all[i].peer.reports.n < all[i].made);
        busy += all[i].busy;
        reporter_close(&all[i]);
    }
    printf("RECEIPTED\t%llu\n", (unsigned long long)receipted);
    snprintf(promise, sizeof promise, "C15 a fleet's new reports are receipted: %s", f->kind->name);
    snprintf(more, sizeof more, "%zu units, %d s, %u Busys", MEMBERS, f->seconds, busy);
    row_of(promise, (unsigned)receipted, violations, more);
    return (unsigned)receipted;
}
