/*
 * cluster.h - a private PostgreSQL cluster in DIR/postgresql: Unix socket only, in a short 0700
 * folder, an unprivileged server user when started as root, a process group of its own. A running
 * one is adopted, also after kill -9 of whoever started it. It outlives this process until it is
 * stopped.
 *
 * Starting and stopping block: a start up to 5 minutes (recovery after a crash), a stop up to one,
 * both up to one more for another program's. From any thread; a lock file lets one in at a time.
 */
#ifndef GV_CLUSTER_H
#define GV_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct gv_cluster {
    char dir[512]; /* PGDATA */
    char socket_dir[128];
    char owner[256];       /* conninfo to migrate with: superuser of the private cluster */
    char coordinator[256]; /* conninfo for gv_store_open() */
    char reader[256];      /* conninfo for psql and reports */
    bool started;          /* by this call; false: adopted */
};

/* Makes the cluster when there is none, starts or adopts it, makes the database "giaoviec".
 * why gets what a person should do about a failure: the path that the server user cannot reach, …
 */
GV_MUSTCHECK gv_err gv_cluster_start(const char *data_dir, struct gv_cluster *out, char *why,
                                     size_t why_size);
/* GV_ENOTFOUND: none is running. Fills out without starting anything. */
GV_MUSTCHECK gv_err gv_cluster_find(const char *data_dir, struct gv_cluster *out);
/* if_idle: GV_ESTATE when others are connected. GV_OK when none is running. */
GV_MUSTCHECK gv_err gv_cluster_stop(const char *data_dir, bool if_idle, char *why, size_t why_size);
/* Another database in the same cluster (tests): owner conninfo for it in out[size]. */
GV_MUSTCHECK gv_err gv_cluster_database(const struct gv_cluster *cluster, const char *name,
                                        char *owner, char *coordinator, char *reader, size_t size);

#endif
