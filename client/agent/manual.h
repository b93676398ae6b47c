/*
 * manual.h - the local socket DATA/agent.sock (mode 0600): reports by hand, how the agent is, a
 * unit's key to be changed.
 * One JSON line in, one JSON line out. A report is answered when it is durable. Owned by the host's
 * loop.
 */
#ifndef GV_AGENT_MANUAL_H
#define GV_AGENT_MANUAL_H

#include "agent/host.h"
#include "base/buf.h"

struct manual;

GV_MUSTCHECK gv_err manual_open(struct host *host, struct manual **out, struct gv_buf *why);
void manual_close(struct manual *manual); /* NULL is fine */
/* After a commit: what waited for it is answered. */
void manual_committed(struct manual *manual);

/* overview.c: all units, as one JSON object. GV_EIO: the spool failed. */
GV_MUSTCHECK gv_err overview_json(const struct host *host, struct gv_buf *out);

/* The socket's path for a data folder; false: longer than a socket's path may be. */
GV_MUSTCHECK bool manual_path(const char *data, char *out, size_t out_size);

#endif
