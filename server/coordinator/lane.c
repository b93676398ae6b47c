/* lane.c - trying again. */
#include "coordinator/lane.h"

#include "base/clock.h"
#include "base/log.h"

#define CONFLICT_TRIES 20
#define FAULT_TRIES    3    /* of what no new connection mends */
#define NAP_MAX_MS     1000 /* between connections that are lost again at once */

void lane_nap(int ms)
{
    gv_clock_sleep_ms(ms);
}

gv_err lane_run(struct coordinator *c, gv_store *store, gv_err (*once)(void *ctx), void *ctx,
                int64_t until_ms, bool *after_unknown)
{
    for (int conflicts = 0, losses = 0, faults = 0;; count(c, COUNT_RETRIES, 1)) {
        gv_err err = once(ctx);
        char text[512];

        switch (err) {
        case GV_OK:
            atomic_store(&c->written, true);
            return GV_OK;
        case GV_ECONFLICT:
            if (++conflicts > CONFLICT_TRIES || gv_clock_mono_ms() >= until_ms)
                return GV_EAGAIN;
            lane_nap(conflicts * 5);
            break;
        case GV_EUNAVAILABLE:
        case GV_EUNKNOWN:
        case GV_EDB:
            log_warn("transaction-again", "error=%s text=%s", gv_err_name(err),
                     gv_log_escape(gv_store_error(store), text, sizeof text));
            if (err == GV_EDB && ++faults > FAULT_TRIES)
                return GV_EDB;
            if (err == GV_EUNKNOWN && after_unknown != NULL)
                *after_unknown = true;
            if (!coordinator_reconnect(c, store, until_ms))
                return GV_EAGAIN;
            if (losses > 0)
                lane_nap(losses * 20 < NAP_MAX_MS ? losses * 20 : NAP_MAX_MS);
            losses++;
            break;
        case GV_ENOSPACE:
            space_refused(c->space);
            return err;
        default:
            return err;
        }
    }
}
