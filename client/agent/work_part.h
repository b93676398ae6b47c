/* work_part.h - shared by work.c and report*.c only. */
#ifndef GV_WORK_PART_H
#define GV_WORK_PART_H

#include <protobuf-c/protobuf-c.h>

#include "agent/work.h"

#define WORK_CTX_SENT "giaoviec/agent/sent"
#define WORK_MANUAL   "manual" /* the source that is a person at the keyboard */

struct gv_sent *work_sent_find(const struct gv_work_item *item,
                               const char *name); /* gone ones too */
gv_err work_sent_put(struct gv_work_item *item, const char *name, const gv_id *digest);

/* One assignment under one document. */
struct maker {
    struct gv_work_item *item;
    const struct gv_work_document *document; /* NULL: the agent itself (accept) */
    const struct gv_status_task *task;       /* NULL: the document does not name the item's task */
    const struct gv_work_now *now;
    struct gv_work_result *result;
};

#define SENT_NAME_MAX 192 /* "SOURCE/what/which" */

struct said { /* a fact of a report, as it is remembered */
    char name[SENT_NAME_MAX];
    gv_id digest;
};

/* ---- report.c ---- */

/* Adds what the document says about the assignment, as far as it may be said now. */
gv_err report_return(struct maker *m);
gv_err report_accept(struct maker *m);
/* Who speaks: the document's person, or the one of the settings; NULL: nobody is known. */
const char *report_person(struct maker *m);
bool report_may(const struct gv_work_item *item, enum gv_act act);
bool report_was_sent(const struct gv_work_item *item, const char *name, const gv_id *digest);
/* "SOURCE/what" or "SOURCE/what/which". Returns out. */
const char *report_name(struct maker *m, const char *what, const char *which, char *out,
                        size_t out_size);
void report_digest(const char *const *texts, size_t count, gv_id *out);
gv_err report_note(struct maker *m, enum gv_work_why why, const char *detail);
gv_err report_pack(gv_arena *arena, const ProtobufCMessage *message, struct gv_slice *out);
/* Appends the report and remembers its facts; the item moves as the lifecycle says (ask
 * report_may() first). One that is too large is only noted. */
gv_err report_add(struct maker *m, uint32_t kind, enum gv_act act, const ProtobufCMessage *body,
                  const struct said *facts, size_t count);

/* report_match.c's: a note about an entry of the document that reaches no assignment. */
gv_err report_stray(struct gv_work_result *result, const char *task, enum gv_work_why why,
                    const char *detail);

/* ---- report_facts.c ---- */

/* Progress, values, periods, attestations, submission. */
gv_err report_facts(struct maker *m);
/* The refused report's facts are as if they had never been told: gv_work_refused(). */
gv_err report_untell(struct gv_work_item *item, const struct gv_report *report, gv_err error,
                     gv_arena *arena);

#endif
