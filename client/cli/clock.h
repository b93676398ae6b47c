/* clock.h - deployment clock, settle and step. */
#ifndef GV_CLI_CLOCK_H
#define GV_CLI_CLOCK_H

#include "cli/option.h"

int cmd_clock_show(const struct cli *cli);
int cmd_clock_settle(const struct cli *cli);
int cmd_clock_step(const struct cli *cli);

#endif
