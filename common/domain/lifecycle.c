/* lifecycle.c - the table of what may happen, and the one function that applies it. */
#include "domain/lifecycle.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/plant.h"

struct rule {
    enum gv_state to;
    const char *why;
};

static const struct rule rules[GV_STATE_END][GV_ACT_END] = {
#define ACT(from, act, dest, reason) [GV_STATE_##from][GV_ACT_##act] = {GV_STATE_##dest, reason},
#include "domain/lifecycle.def"
#undef ACT
};

struct names {
    const char *name;
    const char *vi;
    const char *en;
};

static const struct names state_names[GV_STATE_END] = {
#define STATE(name, number, vi, en) [number] = {#name, vi, en},
#include "domain/names.def"
#undef STATE
};

static const struct names act_names[GV_ACT_END] = {
#define NAME(name, number, vi, en) [number] = {#name, vi, en},
#include "domain/names.def"
#undef NAME
};

const struct gv_policy gv_policy_default = {.backdate_days = 4, .due_soon_days = 3};

const char *gv_lifecycle_row(enum gv_state from, enum gv_act act, enum gv_state *to)
{
    if ((unsigned)from >= GV_STATE_END || (unsigned)act >= GV_ACT_END)
        return NULL;
    if (to != NULL && rules[from][act].why != NULL)
        *to = rules[from][act].to;
    return rules[from][act].why;
}

/*
 * The time that a submission counts from: when it was signed, but not before the order's issue and
 * at most backdate_days before receipt; else the receipt.
 */
static int64_t submission_us(const struct gv_assignment *a, const struct gv_act_facts *facts,
                             const struct gv_policy *policy)
{
    int64_t earliest = facts->received_us - policy->backdate_days * GV_US_PER_DAY;

    if (facts->signed_us > facts->received_us || facts->signed_us < earliest ||
        facts->signed_us < a->issued_us)
        return facts->received_us;
    return facts->signed_us;
}

static void note_submission(struct gv_assignment *a, const struct gv_act_facts *facts,
                            const struct gv_policy *policy)
{
    a->has_submitted = true;
    a->submitted_us = submission_us(a, facts, policy);
    a->submit_seen_us = facts->received_us;
    a->has_submit_due = a->has_due;
    a->submit_due_us = a->has_due ? a->due_us : 0;
}

static void forget_submission(struct gv_assignment *a)
{
    a->has_submitted = false;
    a->submitted_us = 0;
    a->submit_seen_us = 0;
    a->has_submit_due = false;
    a->submit_due_us = 0;
}

gv_err gv_assignment_decide(const struct gv_assignment *before, const struct gv_act_facts *facts,
                            const struct gv_policy *policy, struct gv_decision *out)
{
    struct gv_decision decision = {.after = *before};
    enum gv_state to = GV_STATE_NONE;

    if (facts->epoch < before->epoch && !GV_PLANTED(EPOCH_FROM_MESSAGE))
        return GV_ESTALE;
    if (facts->epoch > before->epoch)
        return GV_ECONFLICT;
    decision.why = gv_lifecycle_row(before->state, facts->act, &to);
    if (decision.why == NULL)
        return GV_ESTATE;
    decision.after.state = to;
    if (facts->act == GV_ACT_ISSUE)
        decision.after.issued_us = facts->received_us;
    else if (facts->act == GV_ACT_SUBMIT)
        note_submission(&decision.after, facts, policy);
    else if (facts->act == GV_ACT_REDO || facts->act == GV_ACT_REOPEN)
        forget_submission(&decision.after);
    *out = decision;
    return GV_OK;
}

static const struct names *names_of(const struct names *table, unsigned end, unsigned i)
{
    static const struct names unknown = {"?", "?", "?"};

    return i < end && table[i].name != NULL ? &table[i] : &unknown;
}

const char *gv_state_name(enum gv_state state)
{
    return names_of(state_names, GV_STATE_END, (unsigned)state)->name;
}

const char *gv_state_vi(enum gv_state state)
{
    return names_of(state_names, GV_STATE_END, (unsigned)state)->vi;
}

const char *gv_state_en(enum gv_state state)
{
    return names_of(state_names, GV_STATE_END, (unsigned)state)->en;
}

const char *gv_act_name(enum gv_act act)
{
    return names_of(act_names, GV_ACT_END, (unsigned)act)->name;
}

const char *gv_act_vi(enum gv_act act)
{
    return names_of(act_names, GV_ACT_END, (unsigned)act)->vi;
}

const char *gv_act_en(enum gv_act act)
{
    return names_of(act_names, GV_ACT_END, (unsigned)act)->en;
}
