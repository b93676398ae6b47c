/*
 * read.h - what the reading commands share: a query with arguments from options; JSON lines as sent
 * for scripts, a table for people; and the remark of a demonstration. One owner thread.
 */
#ifndef GV_CLI_READ_H
#define GV_CLI_READ_H

#include "cli/rpc.h"
#include "cli/table.h"

#define READ_ARGS_MAX 16

struct read {
    const struct cli *cli;
    gv_rpc *rpc;
    const char *args[READ_ARGS_MAX];
    size_t arg_count;
    struct gv_buf out;    /* the result */
    struct rpc_page page; /* of the last query */
};

/* Prints its own error; exit status, 0: read_close() later. */
GV_MUSTCHECK int read_open(const struct cli *cli, struct read *read);
void read_close(struct read *read);
/* The next query's argument; value NULL: none. Copied into the arena. */
void read_arg(struct read *read, const char *key, const char *value);
/* read_arg() of the command's option of the same name as the key. */
void read_option(struct read *read, const char *key);
/* The same; "done-late" becomes the constant "DONE_LATE". */
void read_name_option(struct read *read, const char *key);
/* All rows: to out as JSON lines with --json, else to each. Prints its own error; exit status. */
GV_MUSTCHECK int read_rows(struct read *read, const char *query, rpc_row_fn *each, void *arg);
/* Ends the command: the remark of a demonstration (below a table, or on standard error with
 * --json), out written. */
int read_end(struct read *read);

/* ---- a list: one query, one table ---- */

struct read_column {
    const char *vi, *en; /* the head */
    enum table_align align;
    size_t max_width; /* as in table.h */
};

struct read_list {
    const char *query;
    const struct read_column *columns;
    size_t column_count;
    /* Of the command, that are the query's arguments. "=…": read_name_option(); "?…": a flag. */
    const char *options[READ_ARGS_MAX];
    rpc_row_fn *add; /* (struct table *, row): the cells of a row */
    bool counts;     /* the number of rows below the table */
};

/* The whole command; exit status. */
int read_list(const struct cli *cli, const struct read_list *list);

/* Says that there is no such "directive", "unit" or "task", and where they are listed; exit status.
 */
int read_unknown(const char *noun, const char *what);
/* What --directive, --unit and --task name, where they are given, is there and may be seen: else a
 * filter that is mistyped would find nothing, and say so. Prints its own error; exit status. */
GV_MUSTCHECK int read_named(gv_rpc *rpc);

/* A cell that holds a day or time of a row, short. */
void read_day_cell(struct table *table, const json_t *row, const char *key);
/* "label: value" as a line, where there is a value. */
void read_line(struct gv_buf *out, const char *label, const char *value);

#endif
