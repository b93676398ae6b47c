/*
 * rests.h - lists of which more pages will be asked: what of an answer did not fit its page is kept
 * for a while, so that the database makes each list once and not once a page. The next page is then
 * of the same snapshot; who asks late, or after everybody's lists took its place, is answered anew.
 * One thread.
 */
#ifndef GV_RESTS_H
#define GV_RESTS_H

#include "store/store.h"

#define RESTS_MAX     16    /* lists at a time, of at most 16 MiB each */
#define RESTS_KEPT_MS 30000 /* from one page to the next */

typedef struct rests rests;

rests *rests_new(void); /* NULL: no memory */
void rests_free(rests *r);
/* The page that the query asks for, of a list that is kept, in the arena. GV_ENOTFOUND: none is:
 * the same reader, name, arguments and scope, with a page that ended at query->after. */
GV_MUSTCHECK gv_err rests_page(rests *r, gv_arena *arena, const gv_code *who,
                               const struct gv_query *query, const struct gv_scope *scope,
                               int64_t now_ms, struct gv_query_result *out);
/* Takes over what is left behind the page that ended at next, in the place of what was kept of this
 * list before; NULL: nothing is. */
void rests_keep(rests *r, const gv_code *who, const struct gv_query *query,
                const struct gv_scope *scope, const char *next, int64_t now_ms,
                struct gv_query_rest *rest);
/* Lets go of what nobody asked for in time. */
void rests_tidy(rests *r, int64_t now_ms);

#endif
