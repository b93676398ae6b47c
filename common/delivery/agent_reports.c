/*
 * agent_reports.c - the report log at the agent: what may be sent, what a receipt is worth, what
 * has to be sent again.
 */
#include <assert.h>
#include <string.h>

#include "delivery/agent_internal.h"

#include "base/plant.h"

enum {
    LINK_FULL_MS = 100, /* the link would not take an envelope */
};

/* ---- reports -------------------------------------------------------------------------------- */

/* What we know ourselves of our running hashes completes what the owner looked up. */
struct gv_hash_at gv_agent_own_hash(const struct gv_agent_side *side, uint64_t n,
                                    const struct gv_hash_at *looked_up)
{
    struct gv_hash_at own = *looked_up;

    if (n == side->reports.n)
        own = (struct gv_hash_at){true, side->reports.h};
    else if (n == side->receipted.n)
        own = (struct gv_hash_at){true, side->receipted.h};
    else if (n > side->reports.n)
        own.known = false;
    return own;
}

/* Everything after n is to be sent again. */
void gv_agent_rewind(struct gv_agent_side *side, uint64_t n)
{
    side->sent = n;
    while (side->in_flight > 0 && side->flight[side->in_flight - 1].last > n)
        side->in_flight--;
}

void gv_agent_finish_day(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;

    if (!side->finishing || side->receipted.n < side->finishing_after)
        return;
    side->finishing = false;
    side->finished_known = true;
    side->finished_day = side->finishing_day;
    side->heartbeat_ms = turn->now_ms; /* tell at once */
}

void gv_agent_advance(struct gv_agent_turn *turn, const struct gv_cursor *to)
{
    struct gv_agent_side *side = turn->side;
    uint32_t done = 0;

    side->receipted = *to;
    while (done < side->in_flight && side->flight[done].last <= to->n)
        done++;
    side->in_flight -= done;
    memmove(side->flight, side->flight + done, side->in_flight * sizeof side->flight[0]);
    if (side->sent < to->n)
        side->sent = to->n;
    side->probing = false;
    side->slow = 0;
    gv_agent_emit(turn, GV_AGENT_DO_RECEIPTED)->cursor = *to;
    gv_agent_finish_day(turn);
}

void gv_agent_credits(struct gv_agent_turn *turn, uint32_t credits)
{
    struct gv_agent_side *side = turn->side;

    side->credits = gv_min_u32(credits, GV_AGENT_INFLIGHT_MAX);
    if (credits == 0) /* after a while one envelope asks again */
        side->hold_until_ms = gv_max_i64(side->hold_until_ms, turn->now_ms + side->redeliver_ms);
}

/* Does it contradict our log? Then that is the end. */
bool gv_agent_reports_freeze(struct gv_agent_turn *turn, const struct gv_cursor *reports,
                             const struct gv_hash_at *own)
{
    if (!GV_PLANTED(FORGET_UNCHECKED) && !gv_cursor_agrees(reports, own)) {
        gv_agent_freeze(turn, GV_FREEZE_REPORTS_FORK);
        return true;
    }
    if (reports->n > turn->side->reports.n) {
        gv_agent_freeze(turn, GV_FREEZE_REPORTS_AHEAD);
        return true;
    }
    return false;
}

static void obey_resume(struct gv_agent_turn *turn, uint64_t n)
{
    struct gv_agent_side *side = turn->side;

    /* Every envelope after a gap is answered so: the first answer counts. */
    if (side->resumed_ms >= 0 && side->resumed_at == n &&
        turn->now_ms - side->resumed_ms < side->redeliver_ms)
        return;
    side->resumed_at = n;
    side->resumed_ms = turn->now_ms;
    gv_agent_rewind(side, n);
}

void gv_agent_on_receipt(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;
    const struct gv_cursor *reports = &turn->event->u.receipt.reports;
    struct gv_hash_at own =
        gv_agent_own_hash(side, reports->n, &turn->event->u.receipt.own_reports);

    if (side->phase != GV_AGENT_LIVE || gv_agent_reports_freeze(turn, reports, &own))
        return;
    gv_agent_credits(turn, turn->event->u.receipt.credits);
    if (reports->n < side->receipted.n) {
        if (turn->event->u.receipt.resume) { /* history was lost: Hello and Welcome settle it */
            gv_agent_emit(turn, GV_AGENT_DO_CLOSE_LINK);
            gv_agent_wait(turn);
        }
        return;
    }
    if (reports->n > side->receipted.n) {
        if (!own.known)
            return; /* honoured only when its hash agrees with our own */
        gv_agent_advance(turn, reports);
    }
    if (turn->event->u.receipt.resume)
        obey_resume(turn, reports->n);
}

void gv_agent_on_busy_reports(struct gv_agent_turn *turn, int64_t until_ms)
{
    struct gv_agent_side *side = turn->side;
    uint64_t first = turn->event->u.busy.first;

    side->hold_until_ms = gv_max_i64(side->hold_until_ms, until_ms);
    side->probing = true;
    if (first == 0)
        gv_agent_rewind(side, side->receipted.n);
    else if (first > side->receipted.n && first <= side->sent)
        gv_agent_rewind(side, first - 1);
}

void gv_agent_on_sent(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;
    uint64_t first = turn->event->u.sent.first, last = turn->event->u.sent.last;

    if (!side->sending)
        return;
    side->sending = false;
    if (last < first) {
        side->hold_until_ms = gv_max_i64(side->hold_until_ms, turn->now_ms + LINK_FULL_MS);
        return;
    }
    assert(side->in_flight < GV_AGENT_INFLIGHT_MAX);
    if (first != side->sent + 1 || last > side->reports.n)
        return; /* rewound meanwhile: it is sent again */
    side->flight[side->in_flight++] = (struct gv_agent_flight){last, turn->now_ms};
    side->sent = last;
}

bool gv_agent_may_send(const struct gv_agent_side *side)
{
    uint32_t credits = side->probing || side->credits == 0 ? 1 : side->credits;

    return side->phase == GV_AGENT_LIVE && !side->sending && side->sent < side->reports.n &&
           side->in_flight < credits;
}

void gv_agent_pump(struct gv_agent_turn *turn)
{
    struct gv_agent_side *side = turn->side;
    uint64_t left = side->reports.n - side->sent;
    struct gv_agent_action *action;

    if (!gv_agent_may_send(side) || turn->now_ms < side->hold_until_ms)
        return;
    action = gv_agent_emit(turn, GV_AGENT_DO_SEND_REPORTS);
    action->first = side->sent + 1;
    action->max = left < GV_REPORTS_MAX_ENTRIES ? left : GV_REPORTS_MAX_ENTRIES;
    side->sending = true;
}
