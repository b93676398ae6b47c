/* news.c - beats once a second, ends until their unit is free. */
#include "coordinator/news.h"

#include <stdlib.h>

#include "base/failpoint.h"

#define BEATS_MS    1000 /* beats are written; those with news at once */
#define BEATS_TRIES 5    /* of beats whose unit is held meanwhile */
#define WAKE_MS     50   /* at the most so often */
#define ENDS_MS     500  /* ends that found their unit held are tried again */

void news_beat(struct news *news, const struct gv_heartbeat *beat, bool at_once)
{
    if (news->beat_count < NEWS_BEATS_MAX)
        news->beats[news->beat_count++] = *beat;
    if (news->beat_count == NEWS_BEATS_MAX || at_once)
        news->beats_ms = 0;
}

/* A beat that is written after its session's end would begin it again. */
static void drop_beats(struct news *news, int32_t unit_id, uint64_t connection)
{
    size_t kept = 0;

    for (size_t i = 0; i < news->beat_count; i++) {
        if (news->beats[i].unit_id != unit_id || news->beats[i].connection != connection)
            news->beats[kept++] = news->beats[i];
    }
    news->beat_count = kept;
}

void news_end(struct news *news, int32_t unit_id, uint64_t connection)
{
    drop_beats(news, unit_id, connection);
    if (news->end_count == news->end_cap) {
        size_t cap = news->end_cap == 0 ? 256 : news->end_cap * 2;
        struct gv_session_end *moved = realloc(news->ends, cap * sizeof *moved);

        if (moved == NULL)
            return;
        news->ends = moved;
        news->end_cap = cap;
    }
    news->ends[news->end_count++] = (struct gv_session_end){unit_id, connection};
}

void news_hurry(struct news *news)
{
    news->ends_ms = 0;
}

static gv_err store_ends(struct news *news, gv_store *store, const gv_code *self, int64_t now_ms)
{
    gv_err err;

    if (news->end_count == 0 || now_ms < news->ends_ms)
        return GV_OK;
    err = gv_store_sessions_end(store, self->s, news->ends, news->end_count);
    if (err == GV_OK && GV_FAILPOINT(sessions_ended))
        err = GV_EUNKNOWN;
    if (err == GV_OK)
        news->end_count = 0;
    else
        news->ends_ms = now_ms + ENDS_MS;
    return err;
}

/* Of those that found their unit held, what they say may be news. */
static gv_err store_beats(struct news *news, gv_store *store, const gv_code *self, int64_t now_ms)
{
    size_t taken = 0;
    gv_err err;

    if (news->beat_count == 0 || now_ms < news->beats_ms)
        return GV_OK;
    news->beats_ms = now_ms + BEATS_MS;
    err = gv_store_heartbeats(store, self->s, news->beats, news->beat_count, &taken, news->over,
                              &news->over_count);
    if (err == GV_OK && GV_FAILPOINT(beats_stored))
        err = GV_EUNKNOWN;
    if (err == GV_OK && taken < news->beat_count && ++news->beat_tries < BEATS_TRIES)
        return GV_OK;
    news->beat_count = 0; /* the next ones say the same */
    news->beat_tries = 0;
    return err;
}

gv_err news_wake(struct news *news, gv_store *store, const gv_code *self, int64_t now_ms)
{
    gv_err err;

    if (!news->wake_others || now_ms < news->wake_ms)
        return GV_OK;
    news->wake_ms = now_ms + WAKE_MS;
    err = gv_store_notify(store, self->s);
    news->wake_others = err != GV_OK;
    return err;
}

gv_err news_write(struct news *news, gv_store *store, const gv_code *self, int64_t now_ms)
{
    gv_err err = store_beats(news, store, self, now_ms);

    if (err == GV_OK || err == GV_ECONFLICT)
        err = store_ends(news, store, self, now_ms);
    return err;
}

void news_fini(struct news *news)
{
    free(news->ends);
}
