/*
 * out.h - one way to print a result, one way to print an error, one way to ask. Results go to
 * standard output, everything else to standard error.
 */
#ifndef GV_OUT_H
#define GV_OUT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/option.h"

/* "giaoviec: where: what: mend", where and mend may be NULL; returns the error's exit status, never
 * 0: a caller who returns it has not succeeded, and static analysis sees that too. */
#define out_error(err, where, mend) out_failed(out_error_line(err, where, mend))
/* The same; mend is formatted. */
#define out_errorf(err, where, ...) out_failed(out_error_linef(err, where, __VA_ARGS__))
int out_error_line(gv_err err, const char *where, const char *mend);
int out_error_linef(gv_err err, const char *where, const char *fmt, ...) GV_PRINTF(3, 4);
static inline int out_failed(int status)
{
    return status != 0 ? status : 70;
}
/* Writes and flushes; the exit status: 0, or 74 when standard output does not take it. */
int out_write(const struct gv_buf *buf);
/* A remark on standard error: "giaoviec: …". */
void out_note(const char *fmt, ...) GV_PRINTF(1, 2);

/* Columns of the terminal; 0: standard output is none. */
size_t out_width(void);

/*
 * Before what cannot be undone: 0 with --yes, or when a person at the terminal types yes; else the
 * exit status (64: no terminal and no --yes; 130: no). question without "?".
 */
GV_MUSTCHECK int out_confirm(const struct cli *cli, const char *question);

#endif
