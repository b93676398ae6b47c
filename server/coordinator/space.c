/* space.c - the volumes of the database, looked at four times a second; told once a change. */
#include "coordinator/space.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "coordinator/coordinator.h"
#include "coordinator/lane.h"

#define FOLDERS    2
#define LOOK_MS    250
#define BELIEVE_MS 5000
#define MIB        (UINT64_C(1) << 20)

struct space {
    char *folders[FOLDERS];
    struct gv_space_mark mark;
    char *ballast;
    uint64_t ballast_bytes;
    atomic_bool is_short;
    atomic_llong refused_until_ms;
    bool told_blind, told_ballast; /* the looking thread's */
    pthread_mutex_t lock;
    struct space_now now; /* under lock */
};

static gv_err copy(const char *text, char **out)
{
    *out = text != NULL ? strdup(text) : NULL;
    return text == NULL || *out != NULL ? GV_OK : GV_ENOMEM;
}

gv_err space_new(const struct space_options *options, space **out)
{
    space *s = calloc(1, sizeof *s);
    gv_err err = GV_OK;

    if (s == NULL)
        return GV_ENOMEM;
    if (pthread_mutex_init(&s->lock, NULL) != 0) {
        free(s);
        return GV_ENOMEM;
    }
    s->mark = options->mark;
    s->ballast_bytes = options->ballast_bytes;
    for (int i = 0; err == GV_OK && i < FOLDERS; i++)
        err = copy(options->folders[i], &s->folders[i]);
    if (err == GV_OK)
        err = copy(options->ballast, &s->ballast);
    if (err != GV_OK) {
        space_free(s);
        return err;
    }
    if (s->folders[0] == NULL)
        log_warn("disk-not-watched",
                 "do=\"name a folder on the database's volume: database_folder\"");
    space_look(s);
    *out = s;
    return GV_OK;
}

void space_free(space *s)
{
    if (s == NULL)
        return;
    for (int i = 0; i < FOLDERS; i++)
        free(s->folders[i]);
    free(s->ballast);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* ---- looking ---- */

/* How far it is above its mark; below: negative. */
static int64_t margin(const struct gv_space *volume, const struct gv_space_mark *mark)
{
    return (int64_t)volume->free_bytes - (int64_t)gv_space_floor(volume, mark);
}

/* Of the folders that can be looked at, the one with the least room. */
static void measure(space *s, struct space_now *now)
{
    *now = (struct space_now){0};
    for (int i = 0; i < FOLDERS && s->folders[i] != NULL; i++) {
        struct gv_space one;

        if (gv_space_measure(s->folders[i], &one) != GV_OK ||
            (now->watched && margin(&one, &s->mark) >= margin(&now->least, &s->mark)))
            continue;
        now->watched = true;
        now->least = one;
        now->floor = gv_space_floor(&one, &s->mark);
        snprintf(now->folder, sizeof now->folder, "%s", s->folders[i]);
    }
    now->ballast = s->ballast != NULL ? gv_ballast_size(s->ballast) : 0;
    if (!now->watched && s->folders[0] != NULL && !s->told_blind)
        log_error("disk-not-watched", "folder=\"%s\" why=\"it cannot be looked at\"",
                  s->folders[0]);
    s->told_blind = !now->watched;
}

/* Only where there is room for both: what was given back is not taken back at once. */
static void keep_ballast(space *s, struct space_now *now)
{
    uint64_t size = s->ballast_bytes;
    gv_err err;

    if (s->ballast == NULL || now->ballast == size || now->is_short || !now->watched)
        return;
    if (size == 0) {
        err = gv_ballast_drop(s->ballast, &now->ballast);
    } else {
        uint64_t more = size > now->ballast ? size - now->ballast : 0;

        if (now->least.free_bytes < gv_space_enough(&now->least, &s->mark) + more + more / 8)
            return;
        err = gv_ballast_make(s->ballast, size);
    }
    now->ballast = gv_ballast_size(s->ballast);
    if (err == GV_OK)
        log_info("ballast", "file=\"%s\" mib=%" PRIu64, s->ballast, now->ballast / MIB);
    else if (!s->told_ballast)
        log_warn("ballast-not-made", "file=\"%s\" error=%s", s->ballast, gv_err_name(err));
    s->told_ballast = err != GV_OK;
}

static void tell(const space *s, const struct space_now *now)
{
    if (now->is_short)
        log_error(
            "disk-short",
            "folder=\"%s\" free_mib=%" PRIu64 " mark_mib=%" PRIu64 " ballast_mib=%" PRIu64
            " do=\"no new work is taken: make room there; if nothing else helps, giaoviecd db "
            "release\"",
            now->folder, now->least.free_bytes / MIB, now->floor / MIB, now->ballast / MIB);
    else
        gv_log(GV_LOG_NOTICE, "disk-has-room",
               "folder=\"%s\" free_mib=%" PRIu64 " mark_mib=%" PRIu64, now->folder,
               now->least.free_bytes / MIB, gv_space_enough(&now->least, &s->mark) / MIB);
}

void space_look(space *s)
{
    bool was = atomic_load(&s->is_short);
    struct space_now now;

    measure(s, &now);
    now.is_short = (now.watched && gv_space_is_short(was, &now.least, &s->mark)) ||
                   gv_clock_mono_ms() < atomic_load(&s->refused_until_ms);
    keep_ballast(s, &now);
    pthread_mutex_lock(&s->lock);
    s->now = now;
    pthread_mutex_unlock(&s->lock);
    atomic_store(&s->is_short, now.is_short);
    if (now.is_short != was)
        tell(s, &now);
}

void space_run(void *arg)
{
    struct coordinator *c = arg;

    while (!stopping(c)) {
        space_look(c->space);
        lane_nap(LOOK_MS);
    }
}

/* ---- asking ---- */

bool space_is_short(const space *s)
{
    return s != NULL && atomic_load_explicit(&s->is_short, memory_order_relaxed);
}

void space_refused(space *s)
{
    if (s != NULL)
        atomic_store(&s->refused_until_ms, gv_clock_mono_ms() + BELIEVE_MS);
}

void space_get(space *s, struct space_now *out)
{
    *out = (struct space_now){0};
    if (s == NULL)
        return;
    pthread_mutex_lock(&s->lock);
    *out = s->now;
    pthread_mutex_unlock(&s->lock);
}

void space_say(space *s, char *out, size_t size)
{
    struct space_now now;
    uint64_t enough;

    space_get(s, &now);
    enough = now.watched ? gv_space_enough(&now.least, &s->mark) : 0;
    if (now.least.free_bytes >= enough)
        snprintf(out, size, "PostgreSQL: disk full (53100)"); /* it says so, whatever we measure */
    else
        snprintf(out, size, "%s: %" PRIu64 " MiB < %" PRIu64 " MiB", now.folder,
                 now.least.free_bytes / MIB,
                 (now.least.free_bytes < now.floor ? now.floor : enough) / MIB);
}
