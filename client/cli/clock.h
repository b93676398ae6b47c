/* clock.h - deployment clock, settle and step. */
#ifndef GV_CLI_CLOCK_H
#define GV_CLI_CLOCK_H

#include "cli/rpc.h"

/* Asks what a coordinator says with its clock, and writes what put makes of it. Exit status. */
int clock_show(const struct cli *cli,
               void (*put)(const struct cli *cli, const struct rpc_page *page, struct gv_buf *out));
int cmd_clock_show(const struct cli *cli);
int cmd_clock_settle(const struct cli *cli);
int cmd_clock_step(const struct cli *cli);

#endif
