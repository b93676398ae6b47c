/* failpoint.c - which point is armed, with what, and doing it. */
#include "base/failpoint.h"

#ifdef GV_FAILPOINTS

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

#define VARIABLE "GIAOVIEC_FAILPOINT"
#define SLEEP_S  2
#define STOP_S   10

enum action { NOTHING, CRASH, SLEEP, ERROR, STOP, ACTION_COUNT };
enum load { REPORTS, RECEIPTS, ORDERS, LOAD_COUNT };

static const char *const actions[ACTION_COUNT] = {"", "crash", "sleep2s", "error", "stop10s"};
static const char *const loads[LOAD_COUNT] = {"reports", "receipts", "orders"};

static const struct {
    const char *name, *program, *where, *error;
} points[GV_FAILPOINT_COUNT] = {
#define FAILPOINT(name, program, where, error) {#name, program, where, error},
#include "base/failpoint.def"
#undef FAILPOINT
};

static struct {
    pthread_once_t once;
    enum action action;
    enum gv_failpoint point;
    int load; /* only passings with some of it count; LOAD_COUNT: all do */
    unsigned long nth;
    atomic_ulong passed;
} armed = {.once = PTHREAD_ONCE_INIT};

/* A name that is not there would be a test that tries nothing: the program does not start. */
static void refuse(const char *text)
{
    fprintf(stderr,
            VARIABLE "=%s: name:crash|sleep2s|error|stop10s[:nth|reports|receipts|orders], names "
                     "by --list-failpoints\n",
            text);
    _exit(64);
}

static void read_variable(void)
{
    const char *text = getenv(VARIABLE);
    char name[64], action[16], which[16] = "1", rest;
    char *end = which;
    int parts;

    if (text == NULL || text[0] == '\0')
        return;
    parts = sscanf(text, "%63[a-z_]:%15[a-z0-9]:%15[a-z0-9]%c", name, action, which, &rest);
    while (armed.load < LOAD_COUNT && strcmp(loads[armed.load], which) != 0)
        armed.load++;
    armed.nth = armed.load < LOAD_COUNT ? 1 : strtoul(which, &end, 10);
    if ((parts != 2 && parts != 3) || armed.nth == 0 || (armed.load == LOAD_COUNT && *end != '\0'))
        refuse(text);
    while (armed.point < GV_FAILPOINT_COUNT && strcmp(points[armed.point].name, name) != 0)
        armed.point++;
    for (int i = CRASH; i < ACTION_COUNT; i++) {
        if (strcmp(actions[i], action) == 0)
            armed.action = (enum action)i;
    }
    if (armed.point == GV_FAILPOINT_COUNT || armed.action == NOTHING)
        refuse(text);
}

/* Somebody outside has to wake us: a child of a child, which nobody waits for. */
static void stop_for_a_while(void)
{
    pid_t self = getpid();
    pid_t child = fork();

    if (child == 0) {
        if (fork() == 0) {
            sleep(STOP_S);
            kill(self, SIGCONT);
        }
        _exit(0);
    }
    if (child < 0 || waitpid(child, NULL, 0) != child)
        return;
    kill(self, SIGSTOP);
}

bool gv_failpoint(enum gv_failpoint point, size_t reports, size_t receipts, size_t orders)
{
    const size_t load[LOAD_COUNT + 1] = {reports, receipts, orders, 1};

    pthread_once(&armed.once, read_variable);
    if (armed.action == NOTHING || armed.point != point || load[armed.load] == 0 ||
        atomic_fetch_add(&armed.passed, 1) + 1 != armed.nth)
        return false;
    log_warn("failpoint", "name=%s action=%s reports=%zu receipts=%zu orders=%zu",
             points[point].name, actions[armed.action], reports, receipts, orders);
    switch (armed.action) {
    case CRASH:
        kill(getpid(), SIGKILL);
        break;
    case SLEEP:
        sleep(SLEEP_S);
        break;
    case STOP:
        stop_for_a_while();
        break;
    default:
        break;
    }
    return armed.action == ERROR;
}

void gv_failpoint_list(const char *program)
{
    for (int i = 0; i < GV_FAILPOINT_COUNT; i++) {
        if (strcmp(points[i].program, program) == 0)
            printf("%-24s %s; error: %s\n", points[i].name, points[i].where, points[i].error);
    }
}

#endif
