/* coordinator.c - what all threads use: the clock as last seen, connections to the database. */
#include "coordinator/coordinator.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "coordinator/lane.h"

#define BACKOFF_MAX_MS 2000

struct business coordinator_clock(struct coordinator *c)
{
    struct business now;

    pthread_mutex_lock(&c->clock_lock);
    now = c->clock;
    pthread_mutex_unlock(&c->clock_lock);
    if (!now.stepped)
        now.time_us = gv_clock_real_us();
    return now;
}

bool coordinator_clock_set(struct coordinator *c, int64_t business_us, uint64_t step, bool stepped)
{
    bool moved;

    pthread_mutex_lock(&c->clock_lock);
    moved = stepped && c->clock.step != step;
    c->clock = (struct business){stepped, business_us, step};
    pthread_mutex_unlock(&c->clock_lock);
    return moved;
}

struct gv_pace coordinator_pace(const struct coordinator *c, const keyring *ring)
{
    return gv_pace_for(ring != NULL ? keyring_units(ring) : 0, (uint32_t)c->config.heartbeat_rate,
                       &c->config.pace);
}

void coordinator_fail(struct coordinator *c, const char *why)
{
    if (atomic_exchange(&c->failed, true))
        return;
    log_error("cannot-go-on", "why=\"%s\"", why);
    kill(getpid(), SIGTERM); /* the main thread's: a clean end */
}

gv_err coordinator_store(struct coordinator *c, const char *lane, int lock_timeout_ms,
                         gv_store **out)
{
    struct gv_store_options options = {.conninfo = c->config.conninfo,
                                       .lock_timeout_ms = lock_timeout_ms};
    char name[64], why[512] = "", text[600];
    gv_err err;

    snprintf(name, sizeof name, "giaoviecd %s %s", c->self.s, lane);
    options.application = name;
    for (int wait_ms = 100;;
         wait_ms = wait_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : wait_ms * 2) {
        err = gv_store_open(&options, out, why, sizeof why);
        if (err != GV_EUNAVAILABLE || stopping(c))
            break;
        log_warn("database-away", "lane=%s text=%s", lane, gv_log_escape(why, text, sizeof text));
        lane_nap(wait_ms);
    }
    if (err != GV_OK && !stopping(c)) {
        log_error("database-refused", "lane=%s error=%s text=%s", lane, gv_err_name(err),
                  gv_log_escape(why, text, sizeof text));
        coordinator_fail(c, "a lane has no database");
    }
    return err;
}

bool coordinator_reconnect(struct coordinator *c, gv_store *store, int64_t until_ms)
{
    for (int wait_ms = 50; !stopping(c) && gv_clock_mono_ms() < until_ms;
         wait_ms = wait_ms * 2 > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : wait_ms * 2) {
        char text[512];

        if (gv_store_reconnect(store) == GV_OK)
            return true;
        if (wait_ms == BACKOFF_MAX_MS)
            log_warn("database-away", "text=%s",
                     gv_log_escape(gv_store_error(store), text, sizeof text));
        lane_nap(wait_ms);
    }
    return false;
}
