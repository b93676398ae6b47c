/*
 * decisions.h - the office's decisions about leads that the breakdown left open: a YAML file.
 */
#ifndef GV_DECISIONS_H
#define GV_DECISIONS_H

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "plan/breakdown.h"
#include "plan/problem.h"

struct gv_decision_row {
    struct gv_name task; /* "3.7" */
    struct gv_name lead; /* a unit's code */
    const char *by;
    const char *why;
    int32_t day; /* with day_known */
    bool day_known;
};

struct gv_decisions {
    const char *path;
    const char *notation; /* of the directive they are about */
    struct gv_mark notation_at;
    const struct gv_decision_row *all;
    size_t count;
};

/* GV_EBADMSG: *problems says what and where. path lives as long as the result. */
GV_MUSTCHECK gv_err gv_decisions_load(const char *path, struct gv_slice yaml, gv_arena *arena,
                                      struct gv_decisions *out, struct gv_problems *problems);

#endif
