/*
 * input.h - what commands read before they sign: files that people wrote, and units as the
 * deployment or a file has them.
 */
#ifndef GV_INPUT_H
#define GV_INPUT_H

#include "cli/rpc.h"
#include "plan/problem.h"
#include "plan/units.h"

/* The whole file in the command's arena. Prints its own error; exit status. */
GV_MUSTCHECK int input_file(const struct cli *cli, const char *path, size_t max_bytes,
                            struct gv_slice *out);
/* A list of units in a file (tab-separated). Prints its own errors; exit status. */
GV_MUSTCHECK int input_units_file(const struct cli *cli, const char *path, struct gv_units *out);
/* The units that are registered, each with the unfinished leads that it holds of directives other
 * than this one. Prints its own error; exit status. */
GV_MUSTCHECK int input_units_registered(gv_rpc *rpc, const gv_id *directive, struct gv_units *out);
/* Prints the problems on standard error; the exit status of bad data. */
int input_problems(const struct gv_problems *problems);

#endif
