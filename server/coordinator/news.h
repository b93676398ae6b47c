/*
 * news.h - what the database is to be told of sessions: who beats, who has ended, and that others
 * should look. Gathered, and written when it is time; what is lost costs time, nothing else. One
 * thread.
 */
#ifndef GV_NEWS_H
#define GV_NEWS_H

#include "store/store.h"

#define NEWS_BEATS_MAX 1024

struct news { /* zero: nothing */
    struct gv_heartbeat beats[NEWS_BEATS_MAX];
    size_t beat_count;
    int beat_tries;
    int64_t beats_ms;                           /* not before */
    struct gv_session_end over[NEWS_BEATS_MAX]; /* whose beats are of a former connection */
    size_t over_count;                          /* the caller takes them */
    struct gv_session_end *ends;
    size_t end_count, end_cap;
    int64_t ends_ms;  /* not before */
    bool wake_others; /* the caller sets it */
    int64_t wake_ms;  /* not before */
};

/* at_once: it says something new. */
void news_beat(struct news *news, const struct gv_heartbeat *beat, bool at_once);
/* Until that is written the unit counts as connected. */
void news_end(struct news *news, int32_t unit_id, uint64_t connection);
void news_hurry(struct news *news); /* ends are written at the next chance */
/* The other coordinators look. */
GV_MUSTCHECK gv_err news_wake(struct news *news, gv_store *store, const gv_code *self,
                              int64_t now_ms);
/* GV_ECONFLICT: a unit was held; it is tried again. What else went wrong is the database's. */
GV_MUSTCHECK gv_err news_write(struct news *news, gv_store *store, const gv_code *self,
                               int64_t now_ms);
void news_fini(struct news *news);

#endif
