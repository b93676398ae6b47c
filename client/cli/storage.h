/* storage.h - what is known of the database's disk, in words. */
#ifndef GV_CLI_STORAGE_H
#define GV_CLI_STORAGE_H

#include "cli/rpc.h"

/* A line, where room is short: nothing else. */
void storage_warn(const struct rpc_storage *storage, struct gv_buf *out);
/* The command "deployment disk". */
int cmd_storage_show(const struct cli *cli);

#endif
