/* unit.c - one unit: birth, business time, what follows a commit, and the end. */
#include "agent/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/enrol.h"
#include "agent/rotation.h"
#include "agent/source.h"
#include "base/clock.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/plant.h"
#include "crypto/random.h"
#include "giaoviec/v1/delivery.pb-c.h"

static void on_timer(void *ctx, int64_t now_ms)
{
    struct unit *unit = ctx;
    struct gv_agent_event event;

    (void)now_ms;
    if (!unit->started)
        return;
    event = unit_event(unit, GV_AGENT_TICK);
    unit_step(unit, &event);
}

static gv_err load_key(struct unit *unit, struct gv_buf *why)
{
    char name[GV_CODE_MAX + 16];
    char *path;
    gv_err err;

    snprintf(name, sizeof name, "keys/%s.key", unit->code.s);
    path = host_path(unit->host, name);
    if (path == NULL)
        return GV_ENOMEM;
    err = gv_key_load(path, &unit->key);
    if (err == GV_ENOTFOUND && (!unit->row.enrolled || unit->config->token != NULL))
        err = GV_OK; /* enrolment makes it; also anew, when a revoked one was taken away */
    if (err == GV_OK && unit->key != NULL && strcmp(unit->key->code.s, unit->code.s) != 0)
        err = GV_EBADMSG;
    if (err != GV_OK)
        gv_buf_printf(why, "%s: %s", path, gv_err_say(err));
    free(path);
    return err;
}

gv_err unit_new(struct host *host, const struct config_unit *config, struct unit **out,
                struct gv_buf *why)
{
    struct unit *unit = calloc(1, sizeof *unit);
    gv_err err;

    if (unit == NULL)
        return GV_ENOMEM;
    unit->host = host;
    unit->config = config;
    unit->code = config->code;
    gv_buf_init(&unit->frame);
    gv_buf_init(&unit->out);
    gv_work_init(&unit->work);
    err = gv_loop_timer_add(host->loop, &unit->timer, on_timer, unit);
    if (err != GV_OK)
        goto out;
    err = gv_spool_unit(host->spool, unit->code.s, &unit->row);
    if (err == GV_ENOTFOUND) {
        unit->row_dirty = true;
        err = GV_OK;
    }
    unit->has_day = unit_business_day(unit, &unit->day);
    if (err == GV_OK)
        err = load_key(unit, why);
    if (err == GV_OK)
        err = rotation_load(unit, why);
    if (err == GV_OK)
        err = gv_spool_counts(host->spool, unit->code.s, &unit->counts);
    if (err == GV_OK)
        err = unit_load_work(unit);
    if (err != GV_OK)
        goto out;
    *out = unit;
    unit = NULL;
out:
    if (err != GV_OK && why->len == 0)
        gv_buf_printf(why, "%s: %s", config->code.s,
                      gv_spool_ok(host->spool) ? gv_err_say(err) : gv_spool_why(host->spool));
    unit_free(unit);
    return err;
}

void unit_free(struct unit *unit)
{
    if (unit == NULL)
        return;
    enrolment_free(unit->enrolment);
    rotation_free(unit->rotation);
    gv_loop_timer_remove(unit->host->loop, &unit->timer);
    unit_close_link(unit);
    gv_work_fini(&unit->work);
    unit_adopt_forget(unit);
    gv_buf_fini(&unit->frame);
    gv_buf_fini(&unit->out);
    gv_key_free(unit->key);
    free(unit->order);
    free(unit);
}

gv_err unit_start(struct unit *unit)
{
    struct gv_agent_params params = {0};
    gv_err err;

    if (unit->started)
        return GV_OK;
    err = unit_rank(unit);
    if (err != GV_OK)
        return err;
    params.endpoint_count = (uint32_t)unit->host->keyset->set->n_coordinators;
    params.reconnect_window_ms = unit->host->config->reconnect_window_ms;
    gv_agent_init(&unit->side, &params, &unit->row.orders, &unit->row.reports, &unit->row.receipted,
                  GV_PLANTED(SEQUENCE_RESET)      ? 0
                  : GV_PLANTED(NUMBERED_BY_CLOCK) ? (uint64_t)gv_clock_real_us()
                                                  : unit->row.connection,
                  gv_clock_mono_ms(), gv_random_u32());
    unit->started = true;
    unit->finished_waits = true;
    unit_touch(unit);
    if (unit->counts.order_faults > 0) /* the keyset may have been kept, and then we ended */
        unit_recheck_orders(unit);
    unit_accept(unit);
    gv_loop_timer_set(unit->host->loop, &unit->timer, gv_agent_deadline_ms(&unit->side));
    return GV_OK;
}

void unit_goodbye(struct unit *unit)
{
    Giaoviec__V1__Goodbye body = GIAOVIEC__V1__GOODBYE__INIT;

    if (unit_is_live(unit))
        unit_send(unit, GV_KIND_GOODBYE, &body.base);
}

bool unit_is_live(const struct unit *unit)
{
    return unit->started && unit->link != NULL && unit->side.phase == GV_AGENT_LIVE;
}

/* ---- business time ---- */

int64_t unit_business_us(const struct unit *unit)
{
    return unit->row.has_business && unit->row.stepped ? unit->row.business_us : gv_clock_real_us();
}

bool unit_business_day(const struct unit *unit, int32_t *day)
{
    if (!unit->row.has_business)
        return false;
    *day = gv_day_of(unit_business_us(unit));
    return true;
}

void unit_look_at_day(struct unit *unit)
{
    int32_t day;

    if (!unit_business_day(unit, &day) || (unit->has_day && unit->day == day))
        return;
    unit->has_day = true;
    unit->day = day;
    log_debug("business-day", "unit=%s day=%d", unit->code.s, (int)day);
    unit->finished_waits = true;
    unit_touch(unit);
    sources_wake(unit);
}

/* ---- the end of a turn ---- */

void unit_touch(struct unit *unit)
{
    if (unit->is_pending)
        return;
    unit->is_pending = true;
    unit->next_pending = unit->host->pending;
    unit->host->pending = unit;
}

/* The day that all sources are done with; without sources, the present one. */
static void tell_finished(struct unit *unit)
{
    struct gv_agent_event event = unit_event(unit, GV_AGENT_FINISHED_DAY);
    bool known = unit_business_day(unit, &event.u.finished.day);

    for (const struct source *source = unit->sources; source != NULL;
         source = source->next_of_unit) {
        if (!source->has_as_of)
            return;
        if (source == unit->sources || source->as_of < event.u.finished.day)
            event.u.finished.day = source->as_of;
        known = true;
    }
    if (!known)
        return;
    event.u.finished.after = unit->row.reports.n;
    unit_step(unit, &event);
}

void unit_turn_end(struct unit *unit)
{
    struct gv_agent_event event;

    if (unit->start_waits) {
        unit->start_waits = false;
        if (unit_start(unit) != GV_OK)
            host_fail(unit->host, GV_ENOMEM, "unit");
        if (unit->row_dirty) /* it made reports: first the commit */
            return;
    }
    if (!unit->started)
        return;
    if (unit->hello_waits) {
        unit->hello_waits = false;
        unit_send_hello(unit);
    }
    if (unit->adopted_waits) {
        unit->adopted_waits = false;
        event = unit_event(unit, GV_AGENT_ADOPTED);
        event.u.adopted.reports = unit->row.reports;
        event.u.adopted.receipted = unit->row.receipted;
        event.u.adopted.orders = unit->row.orders;
        unit_step(unit, &event);
    }
    if (unit->stored_waits) {
        unit->stored_waits = false;
        event = unit_event(unit, GV_AGENT_STORED);
        event.u.stored = unit->row.orders;
        unit_step(unit, &event);
    }
    if (unit->appended_waits) {
        unit->appended_waits = false;
        event = unit_event(unit, GV_AGENT_APPENDED);
        event.u.appended = unit->row.reports;
        unit_step(unit, &event);
    }
    if (unit->finished_waits) {
        unit->finished_waits = false;
        tell_finished(unit);
    }
    if (unit->drain_waits) {
        unit->drain_waits = false;
        unit_drain(unit);
    }
}

/* ---- the keyset ---- */

/* Is the coordinator that we are linked to still what it was? */
static bool peer_stands(const struct unit *unit)
{
    const Giaoviec__V1__CoordinatorInfo *info =
        gv_keyset_coordinator(unit->host->keyset, unit->peer.code.s);

    return info != NULL && info->sign_key.len == sizeof unit->peer.sign_pk &&
           memcmp(info->sign_key.data, unit->peer.sign_pk, sizeof unit->peer.sign_pk) == 0;
}

void unit_keyset_changed(struct unit *unit)
{
    struct gv_agent_event event;

    if (!unit->started)
        return;
    if (unit_rank(unit) != GV_OK) {
        host_fail(unit->host, GV_ENOMEM, "endpoints");
        return;
    }
    gv_agent_endpoints(&unit->side, (uint32_t)unit->host->keyset->set->n_coordinators);
    if (unit->counts.order_faults > 0)
        unit_recheck_orders(unit);
    if (unit->link != NULL && !peer_stands(unit)) {
        log_info("coordinator-left", "unit=%s coordinator=%s", unit->code.s, unit->peer.code.s);
        unit_close_link(unit);
        event = unit_event(unit, GV_AGENT_LINK_DOWN);
        unit_step(unit, &event);
    }
}
