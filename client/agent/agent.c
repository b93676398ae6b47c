/* agent.c - the loop: turns of events, each ended by one commit; start, stop and what ends it. */
#include "agent/agent.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/manual.h"
#include "agent/reload.h"
#include "agent/source.h"
#include "agent/unit.h"
#include "base/clock.h"
#include "base/lang.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "sys/notify.h"
#include "sys/thread.h"

#define GOODBYE_MS  250 /* for the farewells to leave */
#define WATCHDOG_MS 5000

struct agent {
    struct host host;
    const char *path; /* of the settings */
    const char *lang; /* of the command line, where the settings name none */
    struct config *config;
    bool reload_waits;
};

static void on_signal(void *ctx, int signo)
{
    struct agent *agent = ctx;

    if (signo == SIGHUP) {
        agent->reload_waits = true; /* between turns: nothing holds a source then */
        return;
    }
    log_info("stopping", "signal=%d", signo);
    agent->host.stopping = true;
}

static void serve(struct agent *agent)
{
    struct host *host = &agent->host;

    while (!host->stopping && host->failed == GV_OK) {
        if (gv_loop_turn(host->loop, WATCHDOG_MS) != GV_OK)
            host_fail(host, GV_EIO, "loop");
        else
            host_turn_end(host);
        if (agent->reload_waits && host->failed == GV_OK) {
            agent->reload_waits = false;
            reload(host, agent->path, agent->lang, &agent->config);
            host_turn_end(host);
        }
        gv_notify("WATCHDOG=1");
    }
}

/* Where the disk was full: as the spool has it, and on when there is room. */
static gv_err serve_all(struct agent *agent, struct gv_buf *why)
{
    struct host *host = &agent->host;

    serve(agent);
    while (host->failed == GV_ENOSPACE && !host->stopping) {
        gv_err err = gv_loop_run(host->loop); /* ends the stop that the failure asked for */

        if (err == GV_OK)
            err = host_restore(host, why);
        if (err != GV_OK)
            return err;
        serve(agent);
    }
    return host->failed;
}

static void say_goodbye(struct host *host)
{
    int64_t until_ms = gv_clock_mono_ms() + GOODBYE_MS;
    bool any = false;

    host_turn_end(host);
    for (size_t i = 0; i < host->unit_count && host->failed == GV_OK; i++) {
        any |= unit_is_live(host->units[i]);
        unit_goodbye(host->units[i]);
    }
    while (any && host->failed == GV_OK && gv_clock_mono_ms() < until_ms) {
        if (gv_loop_turn(host->loop, 20) != GV_OK)
            return;
        host_turn_end(host);
    }
}

static const char *what_to_do(gv_err err)
{
    switch (err) {
    case GV_EIO:
    case GV_ENOSPACE:
        return gv_tr(" — không mất gì đã được nhận: xem lại ổ đĩa (chỗ trống, quyền, hỏng hóc), "
                     "rồi chạy lại",
                     " — nothing that was accepted is lost: see to the disk (space, rights, "
                     "health), then start again");
    case GV_ENOMEM:
        return gv_tr(" — không mất gì đã được nhận: cho thêm bộ nhớ, rồi chạy lại",
                     " — nothing that was accepted is lost: give it more memory, then start again");
    default:
        return "";
    }
}

static int fail(const struct config *config, const struct gv_buf *why, gv_err err)
{
    bool told = why->len > 0 && gv_buf_ok(why);
    char text[1024];

    snprintf(text, sizeof text, "%s%s", told ? (const char *)why->data : gv_err_say(err),
             what_to_do(err));
    return command_fail((int)err, told ? NULL : config->data, text);
}

static int run(struct agent *agent)
{
    struct host *host = &agent->host;
    struct gv_buf why;
    int status = 0;
    gv_err err;

    gv_buf_init(&why);
    err = host_init(host, agent->config, &why);
    if (err == GV_OK)
        err = gv_loop_signals(host->loop, on_signal, agent);
    if (err == GV_OK)
        err = host_begin(host, &why);
    if (err == GV_OK) {
        host_turn_end(host);
        if (host->failed != GV_ENOSPACE)
            err = host->failed;
    }
    if (err == GV_OK) {
        printf("giaoviec-agent: ready units=%zu\n", host->unit_count);
        fflush(stdout);
        gv_notify("READY=1");
        err = serve_all(agent, &why);
        gv_notify("STOPPING=1");
        if (err == GV_OK)
            say_goodbye(host);
        if (err == GV_OK)
            err = host->failed;
        if (err == GV_OK)
            log_info("stopped", "units=%zu", host->unit_count);
        else
            gv_buf_puts(&why, gv_spool_ok(host->spool) ? "" : gv_spool_why(host->spool));
    }
    if (err != GV_OK)
        status = fail(agent->config, &why, err);
    gv_buf_fini(&why);
    return status;
}

int agent_run(const char *config_path)
{
    struct agent agent = {.host = {.lock_fd = -1},
                          .path = config_path,
                          .lang = gv_lang() == GV_LANG_EN ? "en" : "vi"};
    struct gv_buf faults;
    char text[512];
    int status;
    gv_err err;

    gv_log_init("giaoviec-agent", GV_LOG_INFO);
    umask(077);
    gv_signals_block(); /* before libraries start threads */
    err = gv_crypto_init();
    if (err != GV_OK)
        return command_fail((int)err, "libsodium", gv_err_say(err));
    gv_buf_init(&faults);
    err = config_load(config_path, &agent.config, &faults);
    if (err != GV_OK) {
        if (faults.len > 0)
            fprintf(stderr, "%s", (const char *)faults.data);
        snprintf(text, sizeof text, "%s%s", gv_err_say(err), what_to_do(err));
        status = command_fail((int)err, config_path, text);
        gv_buf_fini(&faults);
        return status;
    }
    gv_buf_fini(&faults);
    if (agent.config->lang != NULL && gv_lang_set(agent.config->lang) != GV_OK)
        log_warn("lang", "value=%s", agent.config->lang);
    gv_log_init("giaoviec-agent", agent.config->log);
    status = run(&agent);
    host_fini(&agent.host);
    config_free(agent.config);
    return status;
}
