/* reload.c - what may change, what needs a restart, and what has to follow a change. */
#include "agent/reload.h"

#include <string.h>

#include "agent/source.h"
#include "agent/unit.h"
#include "base/lang.h"
#include "base/log.h"

static bool same_units(const struct config *a, const struct config *b)
{
    if (a->unit_count != b->unit_count)
        return false;
    for (size_t i = 0; i < a->unit_count; i++) {
        if (strcmp(a->units[i].code.s, b->units[i].code.s) != 0)
            return false;
    }
    return true;
}

static bool same_overrides(const struct config *a, const struct config *b)
{
    if (a->override_count != b->override_count)
        return false;
    for (size_t i = 0; i < a->override_count; i++) {
        if (strcmp(a->overrides[i].coordinator.s, b->overrides[i].coordinator.s) != 0 ||
            strcmp(a->overrides[i].endpoint, b->overrides[i].endpoint) != 0)
            return false;
    }
    return true;
}

/* The first setting that only a start can change; NULL: none. */
static const char *needs_restart(const struct config *old, const struct config *new)
{
    if (strcmp(old->data, new->data) != 0)
        return "data";
    return same_units(old, new) ? NULL : "[unit …]";
}

static void refuse(const char *path, const char *why)
{
    char text[1024];

    log_error("reload-refused", "file=\"%s\" why=%s do=\"the settings stay as they were\"", path,
              gv_log_escape(why, text, sizeof text));
}

/* The coordinators are elsewhere now. */
static void relink(struct unit *unit)
{
    struct gv_agent_event event = unit_event(unit, GV_AGENT_LINK_DOWN);

    if (unit->link == NULL)
        return;
    unit_goodbye(unit);
    unit_close_link(unit);
    unit_step(unit, &event);
}

static void take(struct host *host, const struct config *new)
{
    bool moved = !same_overrides(host->config, new);
    struct gv_buf why;

    gv_buf_init(&why);
    sources_close(host->sources);
    host->sources = NULL;
    host->config = new;
    for (size_t i = 0; i < host->unit_count; i++) {
        host->units[i]->sources = NULL;
        host->units[i]->config = &new->units[i];
    }
    if (sources_open(host, &host->sources, &why) != GV_OK)
        host_fail(host, GV_ENOMEM, why.len > 0 ? (const char *)why.data : "sources");
    for (size_t i = 0; moved && i < host->unit_count; i++)
        relink(host->units[i]);
    for (size_t i = 0; i < host->unit_count && host->failed == GV_OK; i++) {
        if (host->units[i]->started)
            unit_accept(host->units[i]);
    }
    gv_buf_fini(&why);
}

static void take_process(const struct config *new, const char *lang)
{
    if (gv_lang_set(new->lang != NULL ? new->lang : lang) != GV_OK)
        log_warn("lang", "value=%s", new->lang);
    gv_log_init("giaoviec-agent", new->log);
}

void reload(struct host *host, const char *path, const char *lang, struct config **config)
{
    struct config *new = NULL, *old = *config;
    struct gv_buf faults;
    const char *restart;
    gv_err err;

    gv_buf_init(&faults);
    err = config_load(path, &new, &faults);
    restart = err == GV_OK ? needs_restart(old, new) : NULL;
    if (err != GV_OK) {
        refuse(path, faults.len > 0 ? (const char *)faults.data : gv_err_text(err));
        sources_wake_all(host->sources);
    } else if (restart != NULL) {
        log_error(
            "reload-refused",
            "file=\"%s\" setting=\"%s\" do=\"it changes with a restart: nothing of the file is "
            "taken before\"",
            path, restart);
        config_free(new);
        sources_wake_all(host->sources);
    } else {
        if (old->reconnect_window_ms != new->reconnect_window_ms)
            gv_log(GV_LOG_NOTICE, "reload-later",
                   "setting=reconnect_window_ms when=\"next start\"");
        take(host, new);
        take_process(new, lang);
        *config = new;
        config_free(old);
        gv_log(GV_LOG_NOTICE, "reloaded", "file=\"%s\" sources=%zu", path, new->source_count);
    }
    gv_buf_fini(&faults);
}
