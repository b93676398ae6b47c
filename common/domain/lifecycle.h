/*
 * lifecycle.h - what may happen to an assignment, and what follows. PURE: facts and the time come
 * in as arguments, the decision goes into the caller's memory. Any thread.
 */
#ifndef GV_LIFECYCLE_H
#define GV_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum gv_state {
    GV_STATE_NONE = 0,
#define STATE(name, number, vi, en) GV_STATE_##name = (number),
#include "domain/names.def"
#undef STATE
    GV_STATE_END
};

enum gv_act {
    GV_ACT_NONE = 0,
#define NAME(name, number, vi, en) GV_ACT_##name = (number),
#include "domain/names.def"
#undef NAME
    GV_ACT_END
};

/* One assignment as one unit holds it under one epoch. Times: microseconds since 1970 UTC, business
 * time. */
struct gv_assignment {
    enum gv_state state;
    uint32_t epoch;
    bool has_due;
    int64_t due_us;          /* in force; valid with has_due */
    int64_t due_original_us; /* never lost; valid with has_due */
    int64_t issued_us;       /* the order's issue; valid from ISSUED on */
    bool has_submitted;
    int64_t submitted_us;   /* what counts for "on time"; valid with has_submitted */
    int64_t submit_seen_us; /* when the submission was received */
    bool has_submit_due;    /* a due date was in force at submission */
    int64_t submit_due_us;  /* that date; valid with has_submit_due */
};

/* What somebody did, under which epoch, when they signed it and when it arrived. */
struct gv_act_facts {
    enum gv_act act;
    uint32_t epoch;
    int64_t signed_us;
    int64_t received_us;
};

/* Numbers that a deployment may set. */
struct gv_policy {
    int32_t
        backdate_days; /* a submission counts from its signing, at most so long before receipt */
    int32_t due_soon_days;
};

extern const struct gv_policy gv_policy_default; /* 4 and 3 days */

struct gv_decision {
    struct gv_assignment after;
    const char *why; /* static text of the row: for log and ledger */
};

/*
 * GV_ESTALE: the act names an older epoch. GV_ECONFLICT: a newer one than is known here. GV_ESTATE:
 * no row. *out is untouched on failure. The only place that changes a state.
 */
GV_MUSTCHECK gv_err gv_assignment_decide(const struct gv_assignment *before,
                                         const struct gv_act_facts *facts,
                                         const struct gv_policy *policy, struct gv_decision *out);

/* NULL where the table has no row. *to may be NULL. */
const char *gv_lifecycle_row(enum gv_state from, enum gv_act act, enum gv_state *to);

/* "?" for unknown numbers. The plain name is the English constant: IN_PROGRESS. */
const char *gv_state_name(enum gv_state state);
const char *gv_state_vi(enum gv_state state);
const char *gv_state_en(enum gv_state state);
const char *gv_act_name(enum gv_act act);
const char *gv_act_vi(enum gv_act act);
const char *gv_act_en(enum gv_act act);

#endif
