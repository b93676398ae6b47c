/* directive_plan.h - a letter, its breakdown, the units and the decisions, as a plan; and how it is
 * shown. */
#ifndef GV_DIRECTIVE_PLAN_H
#define GV_DIRECTIVE_PLAN_H

#include "cli/rpc.h"
#include "plan/plan.h"

struct directive_plan {
    struct gv_breakdown breakdown;
    struct gv_units units;
    struct gv_decisions decisions;
    bool has_decisions;
    struct gv_plan plan;
};

/* From the operands LETTER BREAKDOWN and --decisions; units by --units, else those registered
 * (rpc). Prints its own errors; exit status. Everything lives in the command's arena. */
GV_MUSTCHECK int directive_plan_load(const struct cli *cli, gv_rpc *rpc,
                                     struct directive_plan *out);
/* 0, or 65: leads are undecided, each with a line of its own. */
GV_MUSTCHECK int directive_plan_settled(const struct cli *cli, const struct directive_plan *plan);
void directive_plan_put(const struct directive_plan *plan, struct gv_buf *out);
void directive_plan_put_json(const struct directive_plan *plan, struct gv_buf *out);

#endif
