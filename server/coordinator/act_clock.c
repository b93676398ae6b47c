/* act_clock.c - a step of a demonstration's clock, when the day's work has settled. */
#include "base/clock.h"
#include "coordinator/acts.h"
#include "coordinator/bounds.h"
#include "trust/act.h"

gv_err act_clock_step(struct act *act)
{
    const Giaoviec__V1__ClockStep *body = (const Giaoviec__V1__ClockStep *)act->signed_act->body;
    struct gv_settle settle;
    uint64_t step;
    gv_err err;

    if (!act->c->demonstration) {
        act->text = "a real deployment's clock is the real time";
        return GV_ESTATE;
    }
    if (!time_holds(body->to_us) ||
        body->to_us - act->business_us > GV_CLOCK_STEP_MAX_DAYS * GV_US_PER_DAY) {
        act->text = "further than a year";
        return GV_EBADMSG;
    }
    err = gv_store_settle(act->store, gv_day_of(act->business_us), &settle);
    if (err != GV_OK)
        return err;
    if (settle.unfinished > 0) {
        act->text = "connected units have not finished the day";
        return GV_EAGAIN;
    }
    act->clock_moved = true;
    err = gv_store_clock_step(act->store, body->to_us, &step);
    act->done = err == GV_OK;
    return err;
}
