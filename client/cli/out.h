/*
 * out.h - what every command shares: options, error lines, results for people and for scripts.
 * Results go to standard output, everything else to standard error.
 */
#ifndef GV_OUT_H
#define GV_OUT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct cli {
    bool json;
    const char *phrases; /* --phrases, or NULL: the shipped list */
    const char *words;   /* --words, or NULL */
    int argc;            /* operands behind noun and verb */
    char **argv;
};

struct command {
    const char *noun;
    const char *verb;
    const char *operands;
    int operand_count;
    int (*run)(const struct cli *cli); /* exit status */
    const char *vi;
    const char *en;
    const char *example; /* a line that a test runs, behind "giaoviec " */
};

/* "giaoviec: where: what: mend", where and mend may be NULL; returns the error's exit status. */
int out_error(gv_err err, const char *where, const char *mend);
/* Writes and flushes; the exit status: 0, or 74 when standard output does not take it. */
int out_write(const struct gv_buf *buf);

#endif
