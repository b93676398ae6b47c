/*
 * source_exec.c - documents from programs: run on a schedule and when a business day begins, with
 * fixed arguments, no shell, a time limit and an output limit. At most so many at once; the others
 * wait in line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/source.h"
#include "agent/unit.h"
#include "base/clock.h"
#include "base/lang.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "sys/process.h"

extern char **environ;

struct source_exec {
    struct source *source;
    struct source_execs *execs;
    struct gv_timer timer; /* the next run, or the time limit of the present one */
    gv_process *process;   /* NULL: it does not run */
    bool in_line;
    bool again;               /* woken while it ran */
    int64_t next_ms;          /* of the schedule */
    struct source_exec *next; /* in line */
};

struct source_execs {
    struct host *host;
    struct source_exec **list;
    size_t count;
    size_t running;
    struct source_exec *first, **last; /* those that wait for their turn */
};

static void start_waiting(struct source_execs *execs);

/* ---- the end of a run ---- */

static void judge(struct source_exec *exec, const struct gv_process_result *result)
{
    const struct gv_buf *output = gv_process_output(exec->process);
    struct gv_slice bytes = {output->data, output->len};
    struct source *source = exec->source;
    struct gv_status_fault fault = {0};
    char why[640];

    if (result->timed_out)
        snprintf(fault.why, sizeof fault.why,
                 gv_tr("chạy quá %lld giây nên bị dừng", "stopped: it ran longer than %lld s"),
                 (long long)source->config->timeout_ms / 1000);
    else if (result->overflowed)
        snprintf(fault.why, sizeof fault.why,
                 gv_tr("in ra quá %zu byte nên bị dừng", "stopped: it wrote more than %zu bytes"),
                 source->config->max_bytes);
    else if (result->signo != 0)
        snprintf(fault.why, sizeof fault.why,
                 gv_tr("kết thúc bởi tín hiệu %d", "ended by signal %d"), result->signo);
    else if (result->exit_status != 0)
        snprintf(fault.why, sizeof fault.why, gv_tr("kết thúc với mã %d", "ended with status %d"),
                 result->exit_status);
    else if (source_offer(source, bytes, &fault) == GV_OK)
        return;
    source_refuse(source, bytes,
                  gv_status_fault_format(&fault, source_name(source), why, sizeof why));
}

static void schedule(struct source_exec *exec)
{
    gv_loop_timer_set(exec->execs->host->loop, &exec->timer, exec->next_ms);
}

static void ended(struct source_exec *exec)
{
    struct source_execs *execs = exec->execs;

    gv_loop_unwatch(execs->host->loop, gv_process_fd(exec->process));
    gv_process_free(exec->process);
    exec->process = NULL;
    execs->running--;
    if (exec->again) {
        exec->again = false;
        source_exec_wake(exec->source);
    } else {
        schedule(exec);
    }
    start_waiting(execs);
}

static void poll_process(struct source_exec *exec, int64_t now_ms)
{
    struct gv_process_result result;
    gv_err err = gv_process_poll(exec->process, now_ms, &result);

    if (err == GV_EAGAIN) {
        gv_loop_timer_set(exec->execs->host->loop, &exec->timer,
                          gv_process_deadline_ms(exec->process));
        return;
    }
    if (err == GV_OK)
        judge(exec, &result);
    else
        log_error("source-failed", "unit=%s source=%s error=%s", exec->source->unit->code.s,
                  exec->source->config->name, gv_err_name(err));
    ended(exec);
}

static void on_process(void *ctx, unsigned events)
{
    struct source_exec *exec = ctx;

    (void)events;
    if (exec->process != NULL)
        poll_process(exec, gv_loop_now_ms(exec->execs->host->loop));
}

/* ---- the start of a run ---- */

/* Our environment, and for whom and when it runs. The strings live as long as texts does. */
static const char **make_environment(const struct source_exec *exec, char texts[3][128])
{
    const struct source *source = exec->source;
    size_t count = 0, n = 0;
    const char **env;
    int32_t day;

    while (environ[count] != NULL)
        count++;
    env = calloc(count + 4, sizeof *env);
    if (env == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(environ[i], "GIAOVIEC_UNIT=", 14) != 0 &&
            strncmp(environ[i], "GIAOVIEC_SOURCE=", 16) != 0 &&
            strncmp(environ[i], "GIAOVIEC_DAY=", 13) != 0)
            env[n++] = environ[i];
    }
    snprintf(texts[0], 128, "GIAOVIEC_UNIT=%s", source->unit->code.s);
    snprintf(texts[1], 128, "GIAOVIEC_SOURCE=%s", source->config->name);
    env[n++] = texts[0];
    env[n++] = texts[1];
    if (unit_business_day(source->unit, &day)) {
        char date[11];

        gv_day_format(day, date);
        snprintf(texts[2], 128, "GIAOVIEC_DAY=%s", date);
        env[n++] = texts[2];
    }
    env[n] = NULL;
    return env;
}

static void start(struct source_exec *exec)
{
    struct source_execs *execs = exec->execs;
    const struct config_source *config = exec->source->config;
    char texts[3][128];
    const char **env = make_environment(exec, texts);
    struct gv_process_spec spec = {.argv = config->argv,
                                   .env = env,
                                   .timeout_ms = config->timeout_ms,
                                   .max_output_bytes = config->max_bytes,
                                   .dies_with_us = true};
    gv_err err = env == NULL ? GV_ENOMEM : gv_process_start(&spec, &exec->process);
    char why[256];

    free(env);
    exec->next_ms = gv_loop_now_ms(execs->host->loop) + config->every_ms;
    if (err == GV_OK) {
        execs->running++;
        err = gv_loop_watch(execs->host->loop, gv_process_fd(exec->process), GV_LOOP_READ,
                            on_process, exec);
        if (err != GV_OK) {
            ended(exec);
            return;
        }
        gv_loop_timer_set(execs->host->loop, &exec->timer, gv_process_deadline_ms(exec->process));
        return;
    }
    snprintf(why, sizeof why, "%s: %s", config->argv[0], gv_err_say(err));
    source_refuse(exec->source, (struct gv_slice){NULL, 0}, why);
    schedule(exec);
}

static void start_waiting(struct source_execs *execs)
{
    while (execs->first != NULL && execs->running < execs->host->config->exec_max) {
        struct source_exec *exec = execs->first;

        execs->first = exec->next;
        if (execs->first == NULL)
            execs->last = &execs->first;
        exec->next = NULL;
        exec->in_line = false;
        start(exec);
    }
}

void source_exec_wake(struct source *source)
{
    struct source_exec *exec = source->exec;
    struct source_execs *execs = exec->execs;

    if (exec->process != NULL) {
        exec->again = true;
        return;
    }
    if (!exec->in_line) {
        exec->in_line = true;
        *execs->last = exec;
        execs->last = &exec->next;
    }
    start_waiting(execs);
}

static void on_timer(void *ctx, int64_t now_ms)
{
    struct source_exec *exec = ctx;

    if (exec->process != NULL)
        poll_process(exec, now_ms);
    else
        source_exec_wake(exec->source);
}

gv_err source_execs_open(struct host *host, struct source_execs **out)
{
    struct source_execs *execs = calloc(1, sizeof *execs);

    if (execs == NULL)
        return GV_ENOMEM;
    execs->host = host;
    execs->last = &execs->first;
    *out = execs;
    execs->list = calloc(host->config->source_count + 1, sizeof(struct source_exec *));
    return execs->list == NULL ? GV_ENOMEM : GV_OK;
}

void source_execs_close(struct source_execs *execs)
{
    if (execs == NULL)
        return;
    for (size_t i = 0; i < execs->count; i++) {
        struct source_exec *exec = execs->list[i];

        gv_loop_timer_remove(execs->host->loop, &exec->timer);
        if (exec->process != NULL)
            gv_loop_unwatch(execs->host->loop, gv_process_fd(exec->process));
        gv_process_free(exec->process);
        free(exec);
    }
    free(execs->list);
    free(execs);
}

gv_err source_exec_add(struct source_execs *execs, struct source *source)
{
    struct source_exec *exec = calloc(1, sizeof *exec);
    gv_err err;

    if (exec == NULL)
        return GV_ENOMEM;
    exec->source = source;
    exec->execs = execs;
    err = gv_loop_timer_add(execs->host->loop, &exec->timer, on_timer, exec);
    if (err != GV_OK) {
        free(exec);
        return err;
    }
    source->exec = exec;
    execs->list[execs->count++] = exec;
    gv_loop_timer_set(execs->host->loop, &exec->timer, 0);
    return GV_OK;
}
