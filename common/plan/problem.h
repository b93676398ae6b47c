/*
 * problem.h - what is wrong in a file that a person wrote: where, what, and what to do. The first
 * GV_PROBLEMS_MAX are kept, the rest counted.
 */
#ifndef GV_PROBLEM_H
#define GV_PROBLEM_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

#define GV_PROBLEMS_MAX 20

struct gv_mark { /* a place in a file, 1-based, columns in code points; line 0: the file as a whole
                  */
    uint32_t line;
    uint32_t column;
};

struct gv_problem {
    const char *file;
    struct gv_mark at;
    const char *text; /* in the language of gv_lang() */
};

struct gv_problems {
    gv_arena *arena; /* the texts live here */
    struct gv_problem all[GV_PROBLEMS_MAX];
    size_t count;
    size_t dropped; /* more than fit */
};

void gv_problems_init(struct gv_problems *problems, gv_arena *arena);
/* file is borrowed. vi and en take the same arguments. Long texts are cut. */
void gv_problem_add(struct gv_problems *problems, const char *file, struct gv_mark at,
                    const char *vi, const char *en, ...) GV_PRINTF(4, 6) GV_PRINTF(5, 6);
/* One line each: "file:line:column: text"; a last line counts those dropped. */
void gv_problems_print(const struct gv_problems *problems, struct gv_buf *out);

#endif
