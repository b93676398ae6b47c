/*
 * cluster_server.h - inside server/store only: the server's processes behind cluster.c: under which
 * user, with which programs, in which folder. Linux (/proc). Nothing here speaks SQL.
 */
#ifndef GV_CLUSTER_SERVER_H
#define GV_CLUSTER_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct gv_server {
    char data[512];       /* PGDATA, absolute, without symbolic links */
    char parent[512];     /* the folder around it */
    char log[512];        /* what the server says */
    char socket_dir[128]; /* 0700, the server user's */
    char bin[512];        /* folder of initdb and postgres; empty until gv_server_programs() */
    bool drop;            /* started as root: become uid, gid, groups first */
    uid_t uid;
    gid_t gid;
    gid_t groups[64];
    int group_count;
    char user[64];
    char *why; /* the caller's; NULL: nobody asks */
    size_t why_size;
};

/* For people: what is wrong and what to do. Answers err. */
gv_err gv_server_say(const struct gv_server *server, gv_err err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Names and user; create: makes the outer folder when it is missing. GV_ENOTFOUND without it. */
GV_MUSTCHECK gv_err gv_server_locate(struct gv_server *server, const char *data_dir, bool create);
/* One starts or stops at a time: *fd is the caller's to close. GV_ECONFLICT after a minute. */
GV_MUSTCHECK gv_err gv_server_lock(const struct gv_server *server, int *fd);
/* The newest programs, or those of the version that made the data. */
GV_MUSTCHECK gv_err gv_server_programs(struct gv_server *server);
/* The server user can reach every folder down to the data. */
GV_MUSTCHECK gv_err gv_server_reach(const struct gv_server *server);
bool gv_server_has_data(const struct gv_server *server);
/* Makes the data in a folder beside it and renames it: half a cluster is never found. */
GV_MUSTCHECK gv_err gv_server_init(const struct gv_server *server);
GV_MUSTCHECK gv_err gv_server_configure(const struct gv_server *server);
/* The postmaster of exactly this data, alive; 0: none. A pid file left behind by a dead one is
 * none. */
pid_t gv_server_pid(const struct gv_server *server);
/* A program with arguments as the server user, its output in the log; waits. GV_EIO unless it exits
 * with 0. */
GV_MUSTCHECK gv_err gv_server_run(const struct gv_server *server, const char *const argv[]);
/* Starts the postmaster in a session of its own; returns before it is ready. */
GV_MUSTCHECK gv_err gv_server_spawn(const struct gv_server *server);
/* The last lines of the log. */
void gv_server_log_tail(const struct gv_server *server, char *out, size_t size);
void gv_server_pause(int ms);

#endif
