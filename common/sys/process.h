/*
 * process.h - other programs: no shell, a process group of their own, output to a bound, a time
 * limit after which the whole group is killed. A gv_process belongs to one thread.
 */
#ifndef GV_PROCESS_H
#define GV_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

struct gv_process_spec {
    const char *const
        *argv; /* NULL-terminated; argv[0] is looked up in PATH unless it holds a slash */
    const char *const *env; /* NULL-terminated "NAME=value"; NULL: ours */
    const char *folder;     /* working folder; NULL: ours */
    int64_t timeout_ms;     /* 0: none */
    size_t
        max_output_bytes; /* of stdout. 0: it goes to our stderr, like the program's own stderr */
    bool dies_with_us;    /* PR_SET_PDEATHSIG SIGKILL: when the starting thread ends */
    bool quiet;           /* stderr to /dev/null */
};

struct gv_process_result {
    int exit_status; /* 0..255; -1: ended by a signal */
    int signo;       /* 0: none */
    bool timed_out;
    bool overflowed; /* more than max_output_bytes: killed; the output is cut there */
};

typedef struct gv_process gv_process;

/* GV_ENOTFOUND: no such program, GV_EDENIED: not executable; GV_EIO. */
GV_MUSTCHECK gv_err gv_process_start(const struct gv_process_spec *spec, gv_process **out);
pid_t gv_process_pid(const gv_process *process);
/* For a loop: readable when gv_process_poll() has something to do. */
int gv_process_fd(const gv_process *process);
/* When to poll even if it is not readable; INT64_MAX: never. Monotonic ms. */
int64_t gv_process_deadline_ms(const gv_process *process);
/* Never blocks. GV_EAGAIN: it still runs. GV_OK: *result is set; the group has been killed, the
 * program reaped. */
GV_MUSTCHECK gv_err gv_process_poll(gv_process *process, int64_t now_ms,
                                    struct gv_process_result *result);
const struct gv_buf *gv_process_output(const gv_process *process); /* borrowed */
void gv_process_signal(gv_process *process, int signo);            /* to the group */
void gv_process_free(
    gv_process *process); /* kills the group and reaps when it still runs; NULL is fine */

/* Starts and waits. output (may be NULL) is appended to. */
GV_MUSTCHECK gv_err gv_process_run(const struct gv_process_spec *spec, struct gv_buf *output,
                                   struct gv_process_result *result);

#endif
