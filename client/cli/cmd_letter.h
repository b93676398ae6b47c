/* cmd_letter.h - the noun "letter": needs a file, no coordinator. */
#ifndef GV_CMD_LETTER_H
#define GV_CMD_LETTER_H

#include "cli/out.h"

int cmd_letter_read(const struct cli *cli);
int cmd_letter_find(const struct cli *cli);

#endif
