/* load.c - what a coordinator under load tells its units: credits, when to come back. */
#include <assert.h>

#include "delivery/coordinator_side.h"

enum {
    CREDITS_MAX = 32, /* of a unit when nothing waits */
    WINDOW_MAX_MS = 150000,
    WINDOW_UNIT_MS =
        1250, /* of as many as are admitted in a second; agents leave an eighth of it empty */
    HEARTBEAT_MAX_MS = 600000,
    SILENCE_MAX_MS = 3600000, /* agents take no more */
    RETRY_MIN_MS = 100,
    RETRY_MAX_MS = 60000,
    TOKEN = 1000,
};

uint32_t gv_credits(size_t queued, size_t queue_cap)
{
    size_t free_parts = queued >= queue_cap ? 0 : (queue_cap - queued) * CREDITS_MAX / queue_cap;

    return free_parts < 1 ? 1 : (uint32_t)free_parts;
}

uint32_t gv_reconnect_window_ms(uint64_t connected, uint32_t rate_per_s, uint32_t min_ms)
{
    uint64_t ms;

    assert(rate_per_s > 0);
    if (connected > (uint64_t)rate_per_s * (WINDOW_MAX_MS / WINDOW_UNIT_MS))
        ms = WINDOW_MAX_MS;
    else
        ms = connected * WINDOW_UNIT_MS / rate_per_s;
    return ms < min_ms ? min_ms : (uint32_t)ms;
}

static uint32_t at_most(uint64_t ms, uint32_t most)
{
    return ms < most ? (uint32_t)ms : most;
}

struct gv_pace gv_pace_for(uint64_t units, uint32_t rate_per_s, const struct gv_pace *least)
{
    struct gv_pace pace = *least;
    uint32_t heartbeat_ms;

    assert(rate_per_s > 0 && least->heartbeat_ms > 0);
    heartbeat_ms = units > UINT32_MAX ? HEARTBEAT_MAX_MS
                                      : at_most(units * 1000 / rate_per_s, HEARTBEAT_MAX_MS);
    if (heartbeat_ms <= least->heartbeat_ms)
        return pace;
    pace.heartbeat_ms = heartbeat_ms;
    pace.silence_ms =
        at_most((uint64_t)least->silence_ms * heartbeat_ms / least->heartbeat_ms, SILENCE_MAX_MS);
    return pace;
}

void gv_admission_init(struct gv_admission *admission, uint32_t rate_per_s, uint32_t burst,
                       int64_t now_ms)
{
    assert(rate_per_s > 0 && burst > 0);
    *admission = (struct gv_admission){.rate_per_s = rate_per_s,
                                       .burst = burst,
                                       .milli = (int64_t)burst * TOKEN,
                                       .filled_ms = now_ms};
}

static void fill(struct gv_admission *admission, int64_t now_ms)
{
    int64_t full = (int64_t)admission->burst * TOKEN;
    int64_t passed_ms = now_ms - admission->filled_ms;

    if (passed_ms <= 0)
        return;
    admission->filled_ms = now_ms;
    if (passed_ms >= full / admission->rate_per_s + 1)
        admission->milli = full;
    else
        admission->milli += passed_ms * admission->rate_per_s;
    if (admission->milli >= full) {
        admission->milli = full;
        admission->turned = 0; /* nobody came for a while: nobody waits */
    }
}

bool gv_admission_take(struct gv_admission *admission, int64_t now_ms, uint32_t random,
                       uint32_t *retry_after_ms)
{
    uint64_t spread_ms;

    fill(admission, now_ms);
    if (admission->milli >= TOKEN) {
        admission->milli -= TOKEN;
        if (admission->turned > 0)
            admission->turned--;
        return true;
    }
    admission->turned++;
    spread_ms = 1000 + admission->turned * 1000 / admission->rate_per_s;
    if (spread_ms > RETRY_MAX_MS - RETRY_MIN_MS)
        spread_ms = RETRY_MAX_MS - RETRY_MIN_MS;
    *retry_after_ms = RETRY_MIN_MS + (uint32_t)(random % spread_ms);
    return false;
}
