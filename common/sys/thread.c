/* thread.c - threads with every signal blocked. */
#include "sys/thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct gv_thread {
    pthread_t thread;
    gv_thread_fn *fn;
    void *ctx;
    char name[16];
};

static void *run(void *arg)
{
    gv_thread *thread = arg;

    pthread_setname_np(pthread_self(), thread->name);
    thread->fn(thread->ctx);
    return NULL;
}

gv_err gv_thread_start(const char *name, gv_thread_fn *fn, void *ctx, gv_thread **out)
{
    gv_thread *thread = calloc(1, sizeof *thread);
    sigset_t all, before;
    int rc;

    if (thread == NULL)
        return GV_ENOMEM;
    thread->fn = fn;
    thread->ctx = ctx;
    snprintf(thread->name, sizeof thread->name, "%s", name);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before); /* inherited by the new thread */
    rc = pthread_create(&thread->thread, NULL, run, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0) {
        free(thread);
        return rc == EAGAIN ? GV_ENOMEM : GV_EIO;
    }
    *out = thread;
    return GV_OK;
}

void gv_thread_join(gv_thread *thread)
{
    if (thread == NULL)
        return;
    pthread_join(thread->thread, NULL);
    free(thread);
}

void gv_signals_block(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t set;

    sigaction(SIGPIPE, &ignore, NULL);
    sigfillset(&set); /* but those that a fault of our own raises */
    sigdelset(&set, SIGSEGV);
    sigdelset(&set, SIGBUS);
    sigdelset(&set, SIGFPE);
    sigdelset(&set, SIGILL);
    sigdelset(&set, SIGABRT);
    sigdelset(&set, SIGTRAP);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}
