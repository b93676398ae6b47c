/*
 * option.h - the command table's types, and what a command is given. Every option, operand and help
 * text of the program is a row; parsing, --help, completion and the manual page read the same rows.
 */
#ifndef GV_OPTION_H
#define GV_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum option_type {
    OPTION_FLAG,   /* no value */
    OPTION_TEXT,   /* users' words: UTF-8, made NFC, then at most max bytes (0: any); not empty */
    OPTION_NUMBER, /* decimal, min..max */
    OPTION_DAY,    /* 2024-02-10 */
    OPTION_FILE,   /* a path, taken as it is */
    OPTION_FOLDER, /* a path, taken as it is */
    OPTION_CHOICE, /* one of "a|b|c" in choices */
};

struct option_row {
    const char *name; /* without "--"; NULL ends a list */
    enum option_type type;
    const char *value_vi; /* "TỆP"; NULL: a flag */
    const char *value_en; /* "FILE" */
    const char *vi;
    const char *en;
    const char *choices; /* OPTION_CHOICE: "a|b|c" */
    int64_t min, max;    /* OPTION_NUMBER; OPTION_TEXT: max */
    bool many;           /* may be given more than once */
};

/* What a command needs or offers; the global options that fit are allowed by these. */
enum {
    COMMAND_HOME = 1 << 0,   /* --home */
    COMMAND_ASKS = 1 << 1,   /* talks to a coordinator: --home --as --timeout */
    COMMAND_WRITES = 1 << 2, /* --dry-run */
    COMMAND_YES = 1 << 3,    /* cannot be undone: asks, or --yes */
    COMMAND_REASON = 1 << 4, /* --reason is allowed */
    COMMAND_REASON_NEEDED = 1 << 5,
    COMMAND_HIDDEN = 1 << 6, /* not in --help, completion, manual */
    COMMAND_ALONE = 1 << 7,  /* its examples need no deployment, although it may use one */
    COMMAND_ACTS = COMMAND_ASKS | COMMAND_WRITES | COMMAND_REASON,
};

#define OPERANDS_ANY INT32_MAX

struct cli;

struct command {
    const char *noun;
    const char *verb;
    const char *operands_vi; /* "TỆP", "MÃ…"; NULL: none */
    const char *operands_en; /* "FILE", "CODE…" */
    int operands_min, operands_max;
    unsigned flags;                    /* COMMAND_* */
    const struct option_row *options;  /* its own; NULL: none */
    int (*run)(const struct cli *cli); /* exit status */
    const char *vi;                    /* one line: what it does */
    const char *en;
    const char
        *examples; /* behind "giaoviec "; one a line, at least one; a test runs or parses them */
};

struct option_value {
    const struct option_row *row;
    const char *text;
    int64_t number; /* NUMBER; DAY: days since 1970-01-01 */
};

/* What a command is given. Strings live as long as the command runs. */
struct cli {
    const struct command *command;
    gv_arena *arena;
    int argc; /* operands behind noun and verb */
    char **argv;
    const struct option_value *values;
    size_t value_count;
    bool json, yes, dry_run;
    const char *home;   /* --home, GIAOVIEC_HOME, or NULL */
    const char *as;     /* --as, GIAOVIEC_AS, or NULL */
    const char *reason; /* NULL: none */
    int timeout_s;      /* of one request, all tries together */
};

/* The command's own options, already checked against their rows. */
bool cli_flag(const struct cli *cli, const char *name);
const char *cli_text(const struct cli *cli, const char *name);              /* NULL: not given */
const char *cli_text_at(const struct cli *cli, const char *name, size_t i); /* NULL: no i-th one */
size_t cli_count(const struct cli *cli, const char *name);
int64_t cli_number(const struct cli *cli, const char *name, int64_t otherwise);
bool cli_day(const struct cli *cli, const char *name, int32_t *day);

/* SIGINT or SIGTERM came: end soon, with gv_err_exit(GV_EINTERRUPTED). */
bool cli_interrupted(void);

#endif
