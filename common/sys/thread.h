/*
 * thread.h - threads that take no signals: those belong to the one loop that asked for them.
 */
#ifndef GV_THREAD_H
#define GV_THREAD_H

#include "base/err.h"

typedef struct gv_thread gv_thread;
typedef void gv_thread_fn(void *ctx);

/* name: at most 15 bytes are shown by ps -L. */
GV_MUSTCHECK gv_err gv_thread_start(const char *name, gv_thread_fn *fn, void *ctx, gv_thread **out);
void gv_thread_join(gv_thread *thread); /* waits and frees; NULL is fine */

/* Blocks every signal that can be blocked in the calling thread: before gv_loop_signals() and
 * before any library starts threads of its own. Ignores SIGPIPE for the process. */
void gv_signals_block(void);

#endif
