/* flood.c - four looks a second at one number; at the links only where that has grown. */
#include "agent/flood.h"

#include <malloc.h>

#include "agent/enrol.h"
#include "agent/host.h"
#include "agent/unit.h"
#include "base/log.h"

#define LOOK_MS   250
#define GROWTH    ((int64_t)16 << 20)
#define ALL_BYTES ((uint64_t)64 << 20) /* of all links; the service file allows 512 MiB */

uint64_t flood_limit(uint64_t all, size_t links)
{
    uint64_t mean = links > 0 ? all / links : 0;

    if (all <= ALL_BYTES || mean > GV_LINK_UNREAD_BYTES)
        return GV_LINK_UNREAD_BYTES;
    return mean > 0 ? mean - 1 : 0; /* where all have the same, all are ended */
}

/* The links of the unit: its own, and the one over which it enrols. */
static gv_link *link_of(const struct unit *unit, int which)
{
    return which == 0 ? unit->link : enrolment_link(unit->enrolment);
}

static void end_above(struct host *host, uint64_t limit)
{
    for (size_t i = 0; i < host->unit_count; i++) {
        for (int which = 0; which < 2; which++) {
            gv_link *link = link_of(host->units[i], which);

            if (link == NULL || gv_link_unread(link) <= limit)
                continue;
            log_warn("link-ended", "unit=%s why=\"too much without a message\"",
                     host->units[i]->code.s);
            gv_link_end(link);
            host->flood.has_ended = true;
        }
    }
}

static void look(struct host *host)
{
    uint64_t all = 0;
    size_t links = 0;

    for (size_t i = 0; i < host->unit_count; i++) {
        for (int which = 0; which < 2; which++) {
            const gv_link *link = link_of(host->units[i], which);

            if (link == NULL)
                continue;
            all += gv_link_unread(link);
            links++;
        }
    }
    end_above(host, flood_limit(all, links));
}

static void on_timer(void *ctx, int64_t now_ms)
{
    struct host *host = ctx;

    if (host->flood.has_ended) /* libzmq has freed it by now, the heap keeps it */
        malloc_trim(0);
    host->flood.has_ended = false;
    if (gv_memory_has_grown(&host->flood.memory, GROWTH))
        look(host);
    gv_loop_timer_set(host->loop, &host->flood.timer, now_ms + LOOK_MS);
}

gv_err flood_begin(struct host *host)
{
    gv_err err = gv_memory_open(&host->flood.memory);

    if (err != GV_OK) {
        log_warn("memory-not-watched", "why=\"no /proc\"");
        return GV_OK;
    }
    err = gv_loop_timer_add(host->loop, &host->flood.timer, on_timer, host);
    if (err != GV_OK) {
        gv_memory_close(&host->flood.memory);
        return err;
    }
    host->flood.is_watched = true;
    gv_loop_timer_set(host->loop, &host->flood.timer, gv_loop_now_ms(host->loop) + LOOK_MS);
    return GV_OK;
}

void flood_end(struct host *host)
{
    if (!host->flood.is_watched)
        return;
    gv_loop_timer_remove(host->loop, &host->flood.timer);
    gv_memory_close(&host->flood.memory);
    host->flood.is_watched = false;
}
