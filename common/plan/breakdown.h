/*
 * breakdown.h - the office's breakdown of a letter: a YAML file (giaoviec-breakdown(5)) and the
 * letter give the Breakdown that a person approves, and the Tasks that orders carry. The same two
 * files give the same bytes, always. Any thread.
 */
#ifndef GV_BREAKDOWN_H
#define GV_BREAKDOWN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "giaoviec/v1/task.pb-c.h"
#include "plan/problem.h"

#define GV_CTX_DIRECTIVE "giaoviec/v1/directive"

#define GV_BREAKDOWN_MAX_BYTES      ((size_t)1 << 20) /* of the YAML */
#define GV_BREAKDOWN_MAX_TASKS      500
#define GV_BREAKDOWN_MAX_GROUPS     100
#define GV_BREAKDOWN_MAX_MEMBERS    2000 /* of a group; names in a list */
#define GV_BREAKDOWN_MAX_INDICATORS 20
#define GV_BREAKDOWN_MAX_ATTEST     20
#define GV_BREAKDOWN_MAX_WINDOWS    20
#define GV_BREAKDOWN_MAX_PERIODS    800 /* of a task's calendar */

struct gv_name { /* a unit code or a group's name, where the office wrote it */
    const char *text;
    struct gv_mark at;
};

struct gv_names {
    const struct gv_name *all;
    size_t count;
};

struct gv_breakdown_group {
    const char *name;
    const char *title; /* for people; "": none */
    uint32_t origin;   /* Giaoviec__V1__Origin */
    struct gv_mark at;
    struct gv_names members; /* unit codes, each once; groups inside it are spread */
};

struct gv_breakdown_task {
    Giaoviec__V1__Task *task;
    struct gv_slice bytes; /* the Task, serialised: what orders carry */
    gv_hash digest;        /* gv_blob_digest(bytes): Item.task_digest */
    struct gv_mark at;
    struct gv_names leads; /* empty with task->by_field */
    struct gv_names coordinators;
    struct gv_names followers;
    struct gv_name supervisor;    /* text "": none */
    struct gv_names among;        /* by_field: only these may be proposed; empty: every unit */
    struct gv_mark lead_at;       /* where the lead, or its field, is written */
    uint32_t lead_origin;         /* Giaoviec__V1__Origin */
    uint32_t coordinators_origin; /* 0: none named */
    uint32_t followers_origin;
};

struct gv_breakdown {
    const char *path; /* of the YAML file */
    gv_id directive;
    const char *notation;
    Giaoviec__V1__Breakdown *message; /* its letter is a copy in the arena */
    struct gv_slice bytes;            /* the attachment of APPROVE_BREAKDOWN */
    gv_hash digest;                   /* gv_blob_digest(bytes): Issue.breakdown_digest */
    const struct gv_breakdown_task *tasks;
    size_t task_count;
    const struct gv_breakdown_group *groups;
    size_t group_count;
};

struct gv_breakdown_in {
    const char *path; /* of the YAML, for messages; lives as long as the result */
    struct gv_slice yaml;
    const char *letter_path;
    struct gv_slice letter;
};

/*
 * GV_EBADMSG: *problems says what and where, *out is untouched. GV_ENOMEM. Everything lives in the
 * arena. Unit codes are not looked up here: gv_plan_build() does.
 */
GV_MUSTCHECK gv_err gv_breakdown_load(const struct gv_breakdown_in *in, gv_arena *arena,
                                      struct gv_breakdown *out, struct gv_problems *problems);

/* A document's natural key: who issued it, its date (else its term), its notation. */
void gv_directive_id(const char *issuer, const char *date_or_term, const char *notation,
                     gv_id *out);

/* NULL: none of this number. */
const struct gv_breakdown_task *gv_breakdown_task(const struct gv_breakdown *breakdown,
                                                  const char *number);

#endif
