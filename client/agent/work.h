/*
 * work.h - what a unit holds: what orders do to its assignments, and which reports a status
 * document makes. Only what differs from what was reported before becomes a report, so a document
 * may be repeated whole. No I/O, no clock; the owner stores what is marked dirty. One owner thread.
 */
#ifndef GV_WORK_H
#define GV_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/status.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "domain/lifecycle.h"
#include "giaoviec/v1/entry.pb-c.h"
#include "giaoviec/v1/task.pb-c.h"
#include "trust/entry.h"

/* One thing that was reported under the assignment's present epoch. */
struct gv_sent {
    char *name; /* "SOURCE/progress", "SOURCE/value/CODE", "period/19760", … */
    gv_id digest;
    bool dirty; /* to be stored */
    bool gone;  /* to be deleted from the store */
};

struct gv_work_item {
    gv_id id;
    uint32_t epoch;
    enum gv_state state; /* as this unit knows it */
    gv_id directive;
    char *notation; /* of the directive */
    char *number;   /* of the task: "2.2"; "" where the order of the task was never seen */
    char **codes;   /* of its indicators */
    size_t code_count;
    size_t clause_count;
    struct gv_sent *sent;
    size_t sent_count, sent_cap;
    bool fresh;  /* an order just changed it: gv_work_orders_done() looks at it */
    bool dirty;  /* epoch or state are to be stored */
    bool forget; /* what was sent under an older epoch is to be deleted from the store */
};

struct gv_work {
    struct gv_work_item *items;
    size_t count, cap;
};

void gv_work_init(struct gv_work *work);
void gv_work_fini(struct gv_work *work);

/* From the store. task NULL: the order of the task was never seen. */
GV_MUSTCHECK gv_err gv_work_restore(struct gv_work *work, const gv_id *id, uint32_t epoch,
                                    enum gv_state state, const Giaoviec__V1__Task *task);
GV_MUSTCHECK gv_err gv_work_restore_sent(struct gv_work *work, const gv_id *id, const char *name,
                                         const gv_id *digest);
/* NULL: not there. Borrowed until the next order. */
struct gv_work_item *gv_work_find(struct gv_work *work, const gv_id *id);
bool gv_work_is_open(const struct gv_work_item *item); /* held, and not completed */

/* An order that holds. GV_ESTALE: of an older epoch than is known, nothing changed.
 * GV_EUNSUPPORTED: its kind. */
struct gv_work_order {
    uint32_t kind; /* OrderKind */
    gv_id assignment;
    uint32_t epoch;
    enum gv_state ended;            /* ORDER_END: TRANSFERRED or REVOKED */
    const Giaoviec__V1__Task *task; /* ORDER_ASSIGN */
};
GV_MUSTCHECK gv_err gv_work_order(struct gv_work *work, const struct gv_work_order *order);

/*
 * The deployment may know another past of ours than we do: progress, narrative and values are told
 * anew, from the standing documents, after the next orders. What moves an assignment (return,
 * submission, attestation) is not repeated.
 */
void gv_work_restate(struct gv_work *work);

/* What was delivered and not accepted is looked at again as after orders: somebody may be in charge
 * by now. False: there is nothing of it. */
bool gv_work_waits(struct gv_work *work);

/*
 * A report of ours was refused: what it would have changed did not happen, and what it said is told
 * again by the next document that says it. Not so a return, whose document would return the task
 * each time and report nothing else of it, nor a result that there is a newer state than ours for
 * (GV_ESTATE). GV_ENOMEM.
 */
GV_MUSTCHECK gv_err gv_work_refused(struct gv_work *work, const struct gv_report *report,
                                    gv_err error, gv_arena *arena);

/* ---- reports ---- */

enum gv_work_why {
    GV_WORK_UNKNOWN_TASK, /* no assignment of that task here */
    GV_WORK_AMBIGUOUS,    /* tasks of that number in several directives */
    GV_WORK_ENDED,        /* completed, handed over or taken back */
    GV_WORK_RETURNED,     /* returned: waits for the office */
    GV_WORK_BEGUN,        /* cannot be returned any more */
    GV_WORK_IS_SUBMITTED, /* a result waits for the office: no second one */
    GV_WORK_NO_PERSON,    /* nobody in charge is known */
    GV_WORK_UNKNOWN_INDICATOR,
    GV_WORK_UNKNOWN_CLAUSE,
    GV_WORK_TOO_LARGE, /* no frame could carry the report */
    GV_WORK_WHY_END
};

struct gv_work_note {
    enum gv_work_why why;
    const char *task;   /* as the document names it */
    const char *detail; /* "" or the code, the clause */
};
const char *gv_work_why_name(enum gv_work_why why); /* "unknown-task" */
const char *gv_work_why_text(enum gv_work_why why); /* in the user's language */
const char *gv_work_why_say(const char *name);      /* the text of a name; NULL: no such name */

#define GV_WORK_ENTRIES_MAX_BYTES ((size_t)200 * 1024) /* in one envelope: its frame has room */

struct gv_work_entry { /* of at most that */
    uint32_t kind;     /* ReportKind */
    gv_id assignment;
    struct gv_slice bytes; /* ReportEntry */
};

/* What came out; in the arena. */
struct gv_work_result {
    gv_arena *arena;
    struct gv_work_entry *entries;
    size_t entry_count;
    struct gv_work_note *notes;
    size_t note_count;
};

struct gv_work_now {
    int64_t time_us;    /* business time */
    const char *person; /* in charge by the settings; NULL: none */
};

struct gv_work_document {
    const char *source;
    bool standing; /* it describes the present state and holds until the next one (not: manual) */
    const struct gv_status *status;
};

/* A new document of a source. result->arena is set by the caller, the rest zero. */
GV_MUSTCHECK gv_err gv_work_document(struct gv_work *work, const struct gv_work_document *document,
                                     const struct gv_work_now *now, struct gv_work_result *result);
/* After orders: the standing documents of all sources, for the assignments that the orders changed.
 */
GV_MUSTCHECK gv_err gv_work_orders_done(struct gv_work *work,
                                        const struct gv_work_document *documents, size_t count,
                                        const struct gv_work_now *now,
                                        struct gv_work_result *result);

#endif
