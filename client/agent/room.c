/* room.c - looks once a second; every change is told once. */
#include "agent/room.h"

#include <inttypes.h>

#include "agent/host.h"
#include "agent/source.h"
#include "base/log.h"

#define LOOK_MS    1000
#define FULL_MS    2000                /* at least: what was full once is so for a moment */
#define FULL_LEAST (UINT64_C(1) << 20) /* to go on, where there is no mark */
#define MIB        (UINT64_C(1) << 20)

static struct gv_space_mark mark_of(const struct host *host)
{
    return (struct gv_space_mark){host->config->low_space, host->config->low_space_percent};
}

static void tell_short(const struct host *host)
{
    const struct room *room = &host->room;
    const struct gv_space_mark mark = mark_of(host);

    if (room->is_short)
        log_error("disk-short",
                  "folder=\"%s\" free_mib=%" PRIu64 " mark_mib=%" PRIu64
                  " do=\"no new documents and orders are taken, what is there is sent: make room\"",
                  host->config->data, room->space.free_bytes / MIB,
                  gv_space_floor(&room->space, &mark) / MIB);
    else
        gv_log(GV_LOG_NOTICE, "disk-has-room", "folder=\"%s\" free_mib=%" PRIu64,
               host->config->data, room->space.free_bytes / MIB);
}

static void go_on(struct host *host)
{
    struct gv_buf why;
    gv_err err;

    host->room.is_full = false;
    gv_log(GV_LOG_NOTICE, "spool-goes-on", "folder=\"%s\" free_mib=%" PRIu64, host->config->data,
           host->room.space.free_bytes / MIB);
    gv_buf_init(&why);
    err = host_begin(host, &why);
    if (err != GV_OK)
        host_fail(host, err, gv_buf_ok(&why) && why.len > 0 ? (const char *)why.data : "units");
    gv_buf_fini(&why);
}

void room_look(struct host *host)
{
    struct room *room = &host->room;
    struct gv_space_mark mark = mark_of(host);
    bool was_short = room->is_short, was_full = room->is_full;

    room->known = gv_space_measure(host->config->data, &room->space) == GV_OK;
    room->is_short = room->known && gv_space_is_short(was_short, &room->space, &mark);
    if (room->is_short != was_short)
        tell_short(host);
    if (was_full && !room->is_short && gv_loop_now_ms(host->loop) >= room->full_until_ms &&
        (!room->known || gv_space_floor(&room->space, &mark) > 0 ||
         room->space.free_bytes >= FULL_LEAST))
        go_on(host);
    if ((was_short || was_full) && room_for_documents(host))
        sources_wake_all(host->sources); /* what was not taken meanwhile */
}

static void on_timer(void *ctx, int64_t now_ms)
{
    struct host *host = ctx;

    room_look(host);
    gv_loop_timer_set(host->loop, &host->room.timer, now_ms + LOOK_MS);
}

gv_err room_begin(struct host *host)
{
    gv_err err = gv_loop_timer_add(host->loop, &host->room.timer, on_timer, host);

    if (err != GV_OK)
        return err;
    host->room.has_timer = true;
    room_look(host);
    gv_loop_timer_set(host->loop, &host->room.timer, gv_loop_now_ms(host->loop) + LOOK_MS);
    return GV_OK;
}

void room_end(struct host *host)
{
    if (host->room.has_timer)
        gv_loop_timer_remove(host->loop, &host->room.timer);
    host->room.has_timer = false;
}

void room_full(struct host *host)
{
    host->room.is_full = true;
    host->room.full_until_ms = gv_loop_now_ms(host->loop) + FULL_MS;
    log_error("spool-full",
              "folder=\"%s\" do=\"nothing is taken or sent until there is room on this disk; "
              "nothing that was accepted is lost\"",
              host->config->data);
}

bool room_for_documents(const struct host *host)
{
    return !host->room.is_short && !host->room.is_full;
}

bool room_for_orders(struct host *host)
{
    struct room *room = &host->room;
    uint64_t most = host->config->spool_max;
    bool was_over = room->is_over;

    if (most > 0 && gv_spool_size(host->spool, &room->spool_bytes) != GV_OK) {
        host_fail(host, GV_EIO, "spool");
        return false;
    }
    room->is_over = most > 0 && room->spool_bytes >= (was_over ? most - most / 8 : most);
    if (room->is_over && !was_over)
        log_error(
            "spool-over",
            "mib=%" PRIu64 " most_mib=%" PRIu64
            " do=\"no more orders are taken: is it a coordinator that gives them without end? "
            "else raise spool_max\"",
            room->spool_bytes / MIB, most / MIB);
    else if (was_over && !room->is_over)
        gv_log(GV_LOG_NOTICE, "spool-has-room", "mib=%" PRIu64, room->spool_bytes / MIB);
    return !room->is_over && room_for_documents(host);
}
