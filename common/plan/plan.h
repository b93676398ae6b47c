/*
 * plan.h - who gets what: a breakdown, the units and the office's decisions give the allocation,
 * one row a (task, unit), with how it came about. Pure data in, pure data out; any thread.
 */
#ifndef GV_PLAN_H
#define GV_PLAN_H

#include "base/arena.h"
#include "base/err.h"
#include "plan/breakdown.h"
#include "plan/decisions.h"
#include "plan/problem.h"
#include "plan/units.h"

enum gv_plan_how {
    GV_HOW_NAME = 1, /* the breakdown names the unit */
    GV_HOW_GROUP,    /* … or a group that it belongs to */
    GV_HOW_FIELD,    /* proposed: its field of responsibility, then the least load */
    GV_HOW_DECISION, /* open by field, decided by a person */
    GV_HOW_END
};

struct gv_plan_row {
    const struct gv_breakdown_task *task;
    const struct gv_unit_info *unit;
    uint32_t role; /* Giaoviec__V1__AssignmentRole */
    enum gv_plan_how how;
    const char
        *source;     /* GROUP: the group's name; FIELD: the field; DECISION: who decided; else "" */
    uint32_t origin; /* Giaoviec__V1__Origin of the lead, co-ordinators or followers */
    /* Of a lead: the leads that the unit had before this one; named leads are given first, in the
     * order of the tasks, then those open by field. Else: the leads that it has in the end. */
    uint32_t load;
    bool candidate; /* one of several equal ones for an open lead: nothing is given to it */
    const char *why_vi;
    const char *why_en;
};

struct gv_plan_open { /* a lead that the breakdown left open by field */
    const struct gv_breakdown_task *task;
    bool ambiguous;                               /* several equal candidates, or none */
    bool decided;                                 /* a decision names the lead */
    const struct gv_unit_info *const *candidates; /* those with the field, least load first */
    const uint32_t *loads;                        /* of the candidates */
    size_t candidate_count;
    size_t tied;                     /* the first so many are equal */
    const struct gv_unit_info *lead; /* proposed or decided; NULL: open */
};

struct gv_plan {
    const struct gv_plan_row *rows; /* by task, role, then the order of the units */
    size_t row_count;               /* with candidates */
    size_t assignment_count;        /* without candidates: what an issue makes */
    size_t lead_count;
    size_t coordinate_count;
    size_t follow_count;
    const struct gv_plan_open *open;
    size_t open_count;
    size_t undecided; /* open ones without a lead */
};

/*
 * decisions may be NULL. GV_EBADMSG: a unit or group that is not known, a group that stands below
 * one that names it, a task that nobody leads, a decision that fits no open task: *problems says
 * where. An open lead that stays ambiguous is no error here: see below.
 */
GV_MUSTCHECK gv_err gv_plan_build(const struct gv_breakdown *breakdown,
                                  const struct gv_units *units,
                                  const struct gv_decisions *decisions, gv_arena *arena,
                                  struct gv_plan *out, struct gv_problems *problems);

/* What approving and issuing ask first. GV_ESTATE: a lead is undecided; one problem for each. */
GV_MUSTCHECK gv_err gv_plan_settled(const struct gv_plan *plan,
                                    const struct gv_breakdown *breakdown,
                                    struct gv_problems *problems);

/* "name", "group", "field", "decision": for machines. */
const char *gv_plan_how_name(enum gv_plan_how how);

#endif
