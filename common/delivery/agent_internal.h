/*
 * agent_internal.h - one step of the agent's side, shared by agent_side.c (connecting, orders,
 * time) and agent_reports.c (the report log). PURE.
 */
#ifndef GV_AGENT_INTERNAL_H
#define GV_AGENT_INTERNAL_H

#include "delivery/agent_side.h"

struct gv_agent_turn {
    struct gv_agent_side *side;
    const struct gv_agent_event *event;
    struct gv_agent_actions *actions;
    int64_t now_ms;
};

static inline uint32_t gv_min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static inline uint32_t gv_max_u32(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static inline int64_t gv_min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t gv_max_i64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* agent_side.c */
struct gv_agent_action *gv_agent_emit(struct gv_agent_turn *turn, enum gv_agent_action_kind kind);
void gv_agent_freeze(struct gv_agent_turn *turn, enum gv_freeze why);
void gv_agent_wait(struct gv_agent_turn *turn); /* for the time of the next link */

/* agent_reports.c */
struct gv_hash_at gv_agent_own_hash(const struct gv_agent_side *side, uint64_t n,
                                    const struct gv_hash_at *looked_up);
bool gv_agent_reports_freeze(struct gv_agent_turn *turn, const struct gv_cursor *reports,
                             const struct gv_hash_at *own);
void gv_agent_rewind(struct gv_agent_side *side, uint64_t n);
void gv_agent_advance(struct gv_agent_turn *turn, const struct gv_cursor *to);
void gv_agent_finish_day(struct gv_agent_turn *turn);
void gv_agent_credits(struct gv_agent_turn *turn, uint32_t credits);
void gv_agent_on_receipt(struct gv_agent_turn *turn);
void gv_agent_on_busy_reports(struct gv_agent_turn *turn, int64_t until_ms);
void gv_agent_on_sent(struct gv_agent_turn *turn);
bool gv_agent_may_send(const struct gv_agent_side *side);
void gv_agent_pump(struct gv_agent_turn *turn);

#endif
