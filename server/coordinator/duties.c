/* duties.c - a turn every 100 ms. */
#include "coordinator/duties.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/plant.h"
#include "coordinator/deliver.h"
#include "coordinator/keys.h"
#include "coordinator/lane.h"

#define TURN_MS        100
#define KEYS_MS        500
#define LEASE_MS       5000
#define LEASE_AGAIN_MS 1500
#define FIGURES_MS     60000
#define SEAL_MS        1000 /* from one seal to the next: they stay few in ten years */
#define LOOK_MS        500  /* at what others may have written, while we write nothing */
#define SILENT_MS      5000
#define DUE_KEYS_MS    2000
#define SILENT_TIMES   4 /* the silence that its own coordinator would have ended it after */
#define LAG_ALARM_US   INT64_C(10000000)

struct duties {
    struct coordinator *c;
    gv_store *store;
    bool sealing;   /* we hold the lease */
    uint64_t epoch; /* of it */
    int64_t keys_ms, lease_ms, seal_ms, look_ms, silent_ms, due_keys_ms, figures_ms; /* next */
};

static gv_err look_at_keys(struct duties *d, int64_t now_ms)
{
    if (now_ms < d->keys_ms && !atomic_load(&d->c->keys_changed))
        return GV_OK;
    d->keys_ms = now_ms + KEYS_MS;
    atomic_store(&d->c->keys_changed, false);
    return keys_refresh(d->c, d->store);
}

static gv_err look_at_lease(struct duties *d, int64_t now_ms)
{
    gv_err err;

    if (now_ms < d->lease_ms)
        return GV_OK;
    d->lease_ms = now_ms + LEASE_AGAIN_MS;
    err = gv_store_lease_take(d->store, "seal", d->c->self.s, LEASE_MS, &d->epoch);
    if (err == GV_OK && GV_FAILPOINT(lease_taken))
        err = GV_EUNKNOWN;
    d->sealing = err == GV_OK;
    return err == GV_ECONFLICT ? GV_OK : err;
}

/* In one transaction with the proof that the duty is still ours. */
static gv_err seal_held(struct duties *d, struct gv_seal *out)
{
    gv_err err = gv_store_begin(d->store);

    if (err == GV_OK)
        err = gv_store_seal(d->store, out);
    if (err == GV_OK && out->rows > 0 && GV_FAILPOINT(seal_written))
        err = GV_EDB;
    if (err == GV_OK && out->rows > 0 && /* an idle turn writes nothing */
        !GV_PLANTED(DUTY_UNLEASED))
        err = gv_store_lease_check(d->store, "seal", d->c->self.s, d->epoch);
    if (err == GV_OK)
        err = gv_store_commit(d->store);
    if (err == GV_OK && out->rows > 0 && GV_FAILPOINT(seal_committed))
        err = GV_EUNKNOWN;
    if (err != GV_OK)
        gv_store_rollback(d->store);
    return err;
}

/* Once nothing waits, we look on our own writing. Each step of a stepped clock waits until all is
 * sealed, whoever wrote it. */
static bool may_be_written(struct duties *d, int64_t now_ms)
{
    bool written = atomic_exchange(&d->c->written, false);

    return written || now_ms >= d->look_ms || coordinator_clock(d->c).stepped;
}

/* The first thing after a quiet second is sealed at once. */
static gv_err seal(struct duties *d, int64_t now_ms)
{
    struct gv_seal seal;
    gv_err err;

    if (!d->sealing || now_ms < d->seal_ms || !may_be_written(d, now_ms))
        return GV_OK;
    d->look_ms = 0;
    err = seal_held(d, &seal);
    if (err == GV_ESTALE || err == GV_ECONFLICT) { /* it has passed on, or is passing */
        d->sealing = false;
        d->lease_ms = 0;
        return GV_OK;
    }
    if (err != GV_OK)
        return err;
    if (seal.rows > 0 && seal.rows < GV_SEAL_ROWS && !coordinator_clock(d->c).stepped)
        d->seal_ms = now_ms + SEAL_MS;
    if (seal.rows == 0 && seal.waiting == 0)
        d->look_ms = now_ms + LOOK_MS;
    if (seal.lag_us > LAG_ALARM_US)
        log_warn("seal-lag", "rows=%llu lag_s=%lld", (unsigned long long)seal.waiting,
                 (long long)(seal.lag_us / GV_US_PER_S));
    return GV_OK;
}

/* Units whose coordinator was killed, and who came to no other, do not count as connected for ever.
 */
static gv_err look_at_silent(struct duties *d, int64_t now_ms)
{
    uint64_t ended = 0;
    keyring *ring;
    gv_err err;

    if (!d->sealing || now_ms < d->silent_ms)
        return GV_OK;
    d->silent_ms = now_ms + SILENT_MS;
    ring = keyring_take(d->c->keys);
    err = gv_store_sessions_silent(
        d->store, SILENT_TIMES * (int)coordinator_pace(d->c, ring).silence_ms, &ended);
    keyring_unref(ring);
    if (err == GV_OK && ended > 0)
        log_warn("sessions-silent", "units=%llu", (unsigned long long)ended);
    return err;
}

/* Units that were named a new key and never came back with it. */
static gv_err look_at_due_keys(struct duties *d, int64_t now_ms)
{
    size_t count = 0;
    gv_err err;

    if (!d->sealing || now_ms < d->due_keys_ms)
        return GV_OK;
    d->due_keys_ms = now_ms + DUE_KEYS_MS;
    err = gv_store_keys_due(d->store, &count);
    if (err == GV_OK && count > 0) {
        gv_log(GV_LOG_NOTICE, "keys-due", "units=%zu", count);
        d->due_keys_ms = now_ms; /* perhaps there are more */
    }
    return err == GV_ECONFLICT ? GV_OK : err;
}

static void figures(struct duties *d, int64_t now_ms)
{
    static const char *const names[COUNT_END] = {
        [COUNT_FRAMES] = "frames",   [COUNT_UNAUTHENTICATED] = "unauthenticated",
        [COUNT_BAD] = "bad",         [COUNT_BUSY] = "busy",
        [COUNT_ENTRIES] = "entries", [COUNT_BATCHES] = "batches",
        [COUNT_RETRIES] = "retries", [COUNT_BISECTED] = "bisected",
        [COUNT_SKIPPED] = "skipped",
    };
    struct gv_buf line;

    if (now_ms < d->figures_ms)
        return;
    d->figures_ms = now_ms + FIGURES_MS;
    gv_buf_init(&line);
    for (int i = 0; i < COUNT_END; i++)
        gv_buf_printf(&line, "%s%s=%llu", i > 0 ? " " : "", names[i],
                      (unsigned long long)atomic_load(&d->c->counters[i]));
    if (gv_buf_ok(&line))
        log_info("figures", "%s", (char *)line.data);
    gv_buf_fini(&line);
}

void duties_run(void *arg)
{
    struct duties d = {.c = arg};

    if (coordinator_store(d.c, "duties", 0, &d.store) != GV_OK)
        return;
    d.figures_ms = gv_clock_mono_ms() + FIGURES_MS;
    while (!stopping(d.c)) {
        int64_t now_ms = gv_clock_mono_ms();
        gv_err err = look_at_keys(&d, now_ms);

        if (err == GV_OK)
            err = look_at_lease(&d, now_ms);
        if (err == GV_OK)
            err = seal(&d, now_ms);
        if (err == GV_OK)
            err = look_at_silent(&d, now_ms);
        if (err == GV_OK)
            err = look_at_due_keys(&d, now_ms);
        if (err == GV_EUNAVAILABLE || err == GV_EUNKNOWN || err == GV_EDB) {
            d.sealing = false;
            if (!coordinator_reconnect(d.c, d.store, FOR_EVER))
                break;
        } else if (err == GV_ENOSPACE) {
            space_refused(d.c->space); /* it tells, once */
        } else if (err != GV_OK) {
            log_error("duty-failed", "error=%s", gv_err_name(err));
        }
        figures(&d, now_ms);
        lane_nap(TURN_MS);
    }
    if (d.sealing && gv_store_lease_drop(d.store, "seal", d.c->self.s) != GV_OK)
        log_info("lease-left", "duty=seal");
    gv_store_close(d.store);
}
