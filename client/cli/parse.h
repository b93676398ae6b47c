/* parse.h - the words of a command line, checked against the command table. */
#ifndef GV_PARSE_H
#define GV_PARSE_H

#include "cli/option.h"

struct parsed {
    struct cli cli;
    const char *noun; /* NULL: none was given */
    bool help, version, examples;
};

/*
 * Prints its own error; exit status. Everything lives in the arena or in argv. With --help or
 * --version nothing is demanded: cli.command may be NULL, noun says which help is meant.
 */
GV_MUSTCHECK int parse_line(int argc, char **argv, gv_arena *arena, struct parsed *out);

#endif
