/*
 * status.h - a unit's status document: what its own systems say about its tasks, as JSON or as CSV
 * (giaoviec-status(5)). Strict: what is not understood is refused with its place. Any thread.
 */
#ifndef GV_STATUS_H
#define GV_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"

#define GV_STATUS_MAX_BYTES      ((size_t)1 << 20) /* of a document */
#define GV_STATUS_ARENA_CAP      ((size_t)64 << 20)
#define GV_STATUS_TASKS_MAX      1024
#define GV_STATUS_VALUES_MAX     64
#define GV_STATUS_PERIODS_MAX    1000
#define GV_STATUS_CLAUSES_MAX    32
#define GV_STATUS_NOTES_MAX      256
#define GV_STATUS_TASK_MAX_BYTES 65536 /* text of one task: its report must fit a frame */

struct gv_status_value {
    const char *code;
    const char *value; /* decimal; NULL: cannot be assessed yet */
};

struct gv_status_values {
    struct gv_status_value *list;
    size_t count;
};

struct gv_status_note {
    const char *text;
    bool has_day;
    int32_t day;
};

struct gv_status_notes {
    struct gv_status_note *list;
    size_t count;
};

struct gv_status_attest {
    uint32_t clause;
    const char *person; /* NULL: the document's, or the one in charge */
    bool compliant;
    struct gv_status_notes exceptions;
    struct gv_status_notes permits;
    struct gv_status_notes breaches;
};

struct gv_status_task {
    const char *task; /* "2.2" or "NOTATION#2.2" */
    bool has_assignment;
    gv_id assignment; /* one of several that the unit holds of this task */
    bool accept;
    const char *return_reason; /* NULL: not returned */
    int progress;              /* percent; -1: not said */
    const char *narrative;     /* NULL: not said */
    struct gv_status_values values;
    int32_t *periods; /* days */
    size_t period_count;
    struct gv_status_attest *attests;
    size_t attest_count;
    bool submit;
    const char *submit_narrative; /* NULL: none */
    struct gv_status_values submit_values;
    size_t text_bytes; /* of all its text */
};

struct gv_status {
    gv_code unit;
    bool has_as_of;
    int32_t as_of;      /* the sources are complete up to this day */
    const char *person; /* NULL: not said */
    struct gv_status_task *tasks;
    size_t task_count;
};

/* Where a document is wrong: a line (CSV, and JSON that is no JSON), else a JSON pointer. */
struct gv_status_fault {
    unsigned line; /* 1-based; 0: pointer says where */
    unsigned column;
    char pointer[192]; /* "": the whole document */
    char why[256];     /* in the user's language */
};

enum gv_status_format { GV_STATUS_JSON, GV_STATUS_CSV };

/*
 * Everything of *out lives in the arena. GV_EBADMSG with *fault filled; GV_ETOOBIG likewise;
 * GV_ENOMEM. Text is in NFC afterwards.
 */
GV_MUSTCHECK gv_err gv_status_parse(enum gv_status_format format, const char *text, size_t len,
                                    gv_arena *arena, struct gv_status *out,
                                    struct gv_status_fault *fault);
/* "FILE:12: why" or "FILE: /tasks/3/progress: why"; returns out. */
const char *gv_status_fault_format(const struct gv_status_fault *fault, const char *file, char *out,
                                   size_t out_size);

#endif
