/* rests.c - a few lists, each under what was asked by whom may see what. */
#include "coordinator/rests.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

struct kept {
    struct gv_query_rest *rest; /* NULL: the place is free */
    struct gv_buf asked;        /* see put_asked() */
    char *next;                 /* the page before ended here */
    int64_t until_ms;
};

struct rests {
    struct kept all[RESTS_MAX];
};

static void put_text(struct gv_buf *out, const char *text)
{
    gv_buf_append(out, text, strlen(text) + 1);
}

/* Everything that an answer depends on beside the database. False: no memory. */
static bool put_asked(struct gv_buf *out, const gv_code *who, const struct gv_query *query,
                      const struct gv_scope *scope)
{
    put_text(out, who->s);
    gv_buf_printf(out, "%u %d %d %zu %zu ", scope->role, scope->all_units, scope->all_fields,
                  scope->unit_count, scope->field_count);
    if (scope->unit_count > 0)
        gv_buf_append(out, scope->unit_ids, scope->unit_count * sizeof *scope->unit_ids);
    for (size_t i = 0; i < scope->field_count; i++)
        put_text(out, scope->fields[i]);
    put_text(out, query->name);
    for (size_t i = 0; i < query->arg_count; i++)
        put_text(out, query->args[i]);
    return gv_buf_ok(out);
}

static bool same(const struct gv_buf *a, const struct gv_buf *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static void let_go(struct kept *k)
{
    gv_query_rest_free(k->rest);
    gv_buf_fini(&k->asked);
    free(k->next);
    k->rest = NULL;
    k->next = NULL;
    k->until_ms = 0;
}

void rests_tidy(rests *r, int64_t now_ms)
{
    for (size_t i = 0; i < RESTS_MAX; i++) {
        if (r->all[i].rest != NULL && r->all[i].until_ms <= now_ms)
            let_go(&r->all[i]);
    }
}

rests *rests_new(void)
{
    return calloc(1, sizeof(rests));
}

void rests_free(rests *r)
{
    if (r == NULL)
        return;
    rests_tidy(r, INT64_MAX);
    free(r);
}

static bool move_on(struct kept *k, const char *next, int64_t now_ms)
{
    char *copy = strdup(next);

    if (copy == NULL)
        return false;
    free(k->next);
    k->next = copy;
    k->until_ms = now_ms + RESTS_KEPT_MS;
    return true;
}

gv_err rests_page(rests *r, gv_arena *arena, const gv_code *who, const struct gv_query *query,
                  const struct gv_scope *scope, int64_t now_ms, struct gv_query_result *out)
{
    struct gv_buf asked;
    struct kept *found = NULL;
    gv_err err;

    rests_tidy(r, now_ms);
    if (query->after == NULL || query->after[0] == '\0')
        return GV_ENOTFOUND;
    gv_buf_init(&asked);
    if (!put_asked(&asked, who, query, scope)) {
        gv_buf_fini(&asked);
        return GV_ENOMEM;
    }
    for (size_t i = 0; i < RESTS_MAX && found == NULL; i++) {
        struct kept *k = &r->all[i];

        if (k->rest != NULL && same(&k->asked, &asked) && strcmp(k->next, query->after) == 0)
            found = k;
    }
    gv_buf_fini(&asked);
    if (found == NULL)
        return GV_ENOTFOUND;
    err = gv_query_rest_page(found->rest, arena, query, out);
    if (err != GV_OK || gv_query_rest_ended(found->rest) || !move_on(found, out->next, now_ms))
        let_go(found);
    return err;
}

static void let_go_of_same(rests *r, const struct gv_buf *asked)
{
    for (size_t i = 0; i < RESTS_MAX; i++) {
        if (r->all[i].rest != NULL && same(&r->all[i].asked, asked))
            let_go(&r->all[i]);
    }
}

/* A free place, or that of the list whose last page is the longest ago. */
static struct kept *place_for(rests *r)
{
    struct kept *best = &r->all[0];

    for (size_t i = 1; i < RESTS_MAX; i++) {
        if (r->all[i].until_ms < best->until_ms)
            best = &r->all[i];
    }
    return best;
}

void rests_keep(rests *r, const gv_code *who, const struct gv_query *query,
                const struct gv_scope *scope, const char *next, int64_t now_ms,
                struct gv_query_rest *rest)
{
    struct gv_buf asked;
    struct kept *k;

    gv_buf_init(&asked);
    if (!put_asked(&asked, who, query, scope)) {
        gv_buf_fini(&asked);
        gv_query_rest_free(rest);
        return;
    }
    let_go_of_same(r, &asked);
    if (rest == NULL) {
        gv_buf_fini(&asked);
        return;
    }
    k = place_for(r);
    let_go(k);
    k->rest = rest;
    k->asked = asked;
    if (!move_on(k, next, now_ms))
        let_go(k);
}
