/*
 * store_query.c - what readers ask: a row of queries.def, its statement, one read-only snapshot.
 * Rows are made by PostgreSQL; here arguments are checked, the scope is put in, pages are cut.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "giaoviec/v1/trust.pb-c.h"
#include "store/db.h"
#include "store/store.h"
#include "store/store_query_cut.h"
#include "store/store_query_task.h"

#define LIMIT_DEFAULT     2500
#define LIMIT_MAX         5000
#define REST_MAX_BYTES    ((size_t)16 << 20) /* more is not kept */
#define FEED_LIMIT        500
#define MAX_BYTES_DEFAULT ((size_t)200 * 1024)
#define ARG_MAX_BYTES     512
#define ROW_OVERHEAD      8                 /* of a row inside the answer: tag and length */
#define ROW_MAX_BYTES     MAX_BYTES_DEFAULT /* a page holds one row in any case */

#define ROLE_BIT(name) (UINT32_C(1) << GIAOVIEC__V1__ROLE__ROLE_##name)
#define PERSONS                                                                                    \
    (ROLE_BIT(OFFICE) | ROLE_BIT(ADMIN) | ROLE_BIT(MEMBER) | ROLE_BIT(VIEWER) | ROLE_BIT(AUDITOR))
#define ALL (PERSONS | ROLE_BIT(UNIT))

static const struct gv_query_info queries[] = {
#define QUERY(name, roles, feed, args, what) {name, roles, feed, args, what},
#include "store/queries.def"
#undef QUERY
};

#define QUERY_COUNT (sizeof queries / sizeof queries[0])

const struct gv_query_info *gv_store_query_at(size_t i)
{
    return i < QUERY_COUNT ? &queries[i] : NULL;
}

const struct gv_query_info *gv_store_query_info(const char *name)
{
    for (size_t i = 0; name != NULL && i < QUERY_COUNT; i++) {
        if (strcmp(queries[i].name, name) == 0)
            return &queries[i];
    }
    return NULL;
}

/* ---- arguments ----------------------------------------------------------------------------------
 */

struct arg_type {
    const char *name;
    size_t len;
};

/* The type of the key in "key:type key:type"; false: no such key. */
static bool find_type(const char *spec, const char *key, size_t key_len, struct arg_type *out)
{
    while (*spec != '\0') {
        size_t len = strcspn(spec, " ");
        const char *colon = memchr(spec, ':', len);

        if (colon != NULL && (size_t)(colon - spec) == key_len && memcmp(spec, key, key_len) == 0) {
            out->name = colon + 1;
            out->len = len - key_len - 1;
            return true;
        }
        spec += len;
        spec += strspn(spec, " ");
    }
    return false;
}

static bool type_is(const struct arg_type *type, const char *name)
{
    return strlen(name) == type->len && memcmp(name, type->name, type->len) == 0;
}

static bool all_of(const char *s, const char *set)
{
    return s[0] != '\0' && s[strspn(s, set)] == '\0';
}

static bool is_number(const char *s, long long max)
{
    return all_of(s, "0123456789") && strlen(s) <= 18 && strtoll(s, NULL, 10) <= max;
}

/* Appends the value as the statement wants it: a JSON string. False: not of the type. */
static bool put_value(struct gv_buf *out, const struct arg_type *type, const char *value)
{
    struct gv_buf fold;
    gv_code code;
    int32_t day;
    bool ok = true;

    if (strlen(value) > ARG_MAX_BYTES || !gv_text_valid(value, strlen(value), NULL))
        return false;
    if (type_is(type, "fold")) {
        gv_buf_init(&fold);
        ok = gv_text_fold(value, strlen(value), &fold) == GV_OK && gv_buf_ok(&fold);
        if (ok)
            gv_buf_json_str(out, fold.data != NULL ? (char *)fold.data : "", fold.len);
        gv_buf_fini(&fold);
        return ok;
    }
    if (type_is(type, "day")) {
        if (gv_day_parse(value, &day) != GV_OK)
            return false;
        gv_buf_printf(out, "\"%d\"", day);
        return true;
    }
    if (type_is(type, "code"))
        ok = gv_code_from_str(value, &code) == GV_OK;
    else if (type_is(type, "int"))
        ok = is_number(value, INT32_MAX);
    else if (type_is(type, "us"))
        ok = is_number(value, LLONG_MAX);
    else if (type_is(type, "hex"))
        ok = all_of(value, "0123456789abcdef") && strlen(value) <= 32;
    else if (type_is(type, "name"))
        ok = all_of(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    else if (type_is(type, "flag"))
        ok = strcmp(value, "0") == 0 || strcmp(value, "1") == 0;
    if (ok)
        gv_buf_json_str(out, value, strlen(value));
    return ok;
}

/* "key=value" … as a JSON object; *now_us is replaced by "at". */
static gv_err put_arguments(struct gv_buf *out, const struct gv_query_info *info,
                            const struct gv_query *query, int64_t *now_us)
{
    bool first = true;

    gv_buf_putc(out, '{');
    for (size_t i = 0; i < query->arg_count; i++) {
        const char *arg = query->args[i];
        const char *equals = strchr(arg, '=');
        struct arg_type type;
        size_t len;

        if (equals == NULL)
            return GV_EUSAGE;
        len = (size_t)(equals - arg);
        if (!find_type(info->args, arg, len, &type))
            return GV_EUSAGE;
        if (type_is(&type, "us")) {
            if (!is_number(equals + 1, LLONG_MAX))
                return GV_EUSAGE;
            *now_us = strtoll(equals + 1, NULL, 10);
            continue;
        }
        if (!first)
            gv_buf_putc(out, ',');
        first = false;
        gv_buf_json_str(out, arg, len);
        gv_buf_putc(out, ':');
        if (!put_value(out, &type, equals + 1))
            return GV_EUSAGE;
    }
    gv_buf_putc(out, '}');
    return gv_buf_ok(out) ? GV_OK : GV_ENOMEM;
}

static bool after_is_fine(const struct gv_query_info *info, const char *after)
{
    if (after == NULL || after[0] == '\0')
        return true;
    if (info->feed)
        return is_number(after, LLONG_MAX);
    return after[0] == '[' && gv_text_valid(after, strlen(after), NULL);
}

/* ---- the scope ----------------------------------------------------------------------------------
 */

/*
 * $2 and $3. A unit sees its own. A member sees the bodies it acts for and the fields it
 * supervises, a restriction that is not set does not count; everybody else who may ask at all sees
 * everything.
 */
static void put_scope(struct gv_args *args, const struct gv_scope *scope)
{
    bool member = scope->role == GIAOVIEC__V1__ROLE__ROLE_MEMBER;
    bool unit = scope->role == GIAOVIEC__V1__ROLE__ROLE_UNIT;
    bool by_field = member && !scope->all_fields;
    bool by_unit = unit || (member && !scope->all_units);

    if (!by_field && !by_unit)
        gv_put_null(args);
    else
        gv_put_ints(args, scope->unit_ids, by_unit ? scope->unit_count : 0);
    gv_put_texts(args, scope->fields, by_field ? scope->field_count : 0);
}

/* ---- rows ---------------------------------------------------------------------------------------
 */

struct page {
    gv_arena *arena;
    struct gv_slice *rows;
    size_t count;
    size_t bytes;
};

struct gv_query_rest {
    PGresult *result;
    int at;      /* rows before it were given */
    size_t left; /* so many may still be given: the last row only tells that there are more */
    bool feed;
    int64_t business_us;
    bool stepped, demonstration;
};

/* The row's text, completed where a third column holds a Task, and cut where it is longer than a
 * page: nobody would get past it. */
static gv_err read_row(const PGresult *result, int row, gv_arena *arena, struct gv_slice *out)
{
    struct gv_slice text = gv_get_bytes(result, row, 1);
    struct gv_buf buf, cut;
    gv_err err = GV_OK;
    void *copy;

    gv_buf_init(&buf);
    gv_buf_init(&cut);
    if (PQnfields(result) > 2 && !gv_get_null(result, row, 2) && text.len > 0) {
        gv_buf_append(&buf, text.data, text.len - 1); /* the object's end comes last */
        err = gv_query_put_task(&buf, gv_get_bytes(result, row, 2));
        gv_buf_putc(&buf, '}');
        if (err == GV_OK && !gv_buf_ok(&buf))
            err = GV_ENOMEM;
        text.data = buf.data;
        text.len = buf.len;
    }
    if (err == GV_OK && text.len > ROW_MAX_BYTES) {
        gv_query_cut(text, ROW_MAX_BYTES, &cut);
        err = gv_buf_ok(&cut) ? GV_OK : GV_ENOMEM;
        text = (struct gv_slice){cut.data, cut.len};
    }
    if (err == GV_OK) {
        copy = gv_arena_copy(arena, text.data, text.len);
        if (copy == NULL)
            err = GV_ENOMEM;
        out->data = copy;
        out->len = text.len;
    }
    gv_buf_fini(&cut);
    gv_buf_fini(&buf);
    return err;
}

/*
 * Takes rows until no more may be given or the bytes are full. A row without text (feeds) only says
 * how far was looked.
 */
static gv_err take_rows(struct gv_query_rest *rest, size_t most, size_t max_bytes,
                        struct page *page)
{
    int count = PQntuples(rest->result);

    if (most > rest->left)
        most = rest->left;
    if (most > (size_t)(count - rest->at))
        most = (size_t)(count - rest->at);

    page->rows = gv_arena_zalloc(page->arena, (most + 1) * sizeof *page->rows);
    if (page->rows == NULL)
        return GV_ENOMEM;
    for (; rest->at < count; rest->at++) {
        struct gv_slice text;
        gv_err err;

        if (gv_get_null(rest->result, rest->at, 1))
            continue;
        if (page->count == most)
            return GV_OK;
        err = read_row(rest->result, rest->at, page->arena, &text);
        if (err != GV_OK)
            return err;
        if (page->count > 0 && page->bytes + text.len + ROW_OVERHEAD > max_bytes)
            return GV_OK;
        page->rows[page->count++] = text;
        page->bytes += text.len + ROW_OVERHEAD;
        rest->left--;
    }
    return GV_OK;
}

bool gv_query_rest_ended(const struct gv_query_rest *rest)
{
    return rest->left == 0 || rest->at == PQntuples(rest->result);
}

void gv_query_rest_free(struct gv_query_rest *rest)
{
    if (rest == NULL)
        return;
    PQclear(rest->result);
    free(rest);
}

gv_err gv_query_rest_page(struct gv_query_rest *rest, gv_arena *arena, const struct gv_query *query,
                          struct gv_query_result *out)
{
    struct page page = {.arena = arena};
    int from = rest->at;
    gv_err err = take_rows(rest, query->limit > 0 ? query->limit : LIMIT_MAX,
                           query->max_bytes > 0 ? query->max_bytes : MAX_BYTES_DEFAULT, &page);

    if (err != GV_OK)
        return err;
    *out = (struct gv_query_result){.rows = page.rows,
                                    .count = page.count,
                                    .next = "",
                                    .business_us = rest->business_us,
                                    .stepped = rest->stepped,
                                    .demonstration = rest->demonstration};
    if (rest->at > from && (rest->feed || rest->at < PQntuples(rest->result)))
        out->next = gv_arena_strdup(arena, gv_get_text(rest->result, rest->at - 1, 0));
    return out->next != NULL ? GV_OK : GV_ENOMEM;
}

/* ---- the query ----------------------------------------------------------------------------------
 */

static gv_err read_now(gv_store *store, struct gv_query_rest *out)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_err err;

    gv_args_init(&args, store, "query_now");
    err = gv_db_exec(&args, &result);
    if (err == GV_OK && PQntuples(result) != 1)
        err = gv_db_refuse(store, GV_ENOTFOUND, "no deployment");
    if (err == GV_OK) {
        out->business_us = gv_get_int(result, 0, 0);
        out->stepped = gv_get_bool(result, 0, 1);
        out->demonstration = gv_get_bool(result, 0, 2);
    }
    PQclear(result);
    return err;
}

static void statement_name(const char *query, char *out, size_t size)
{
    size_t n = 0;

    for (const char *s = "query_"; *s != '\0' && n + 1 < size; s++)
        out[n++] = *s;
    for (; *query != '\0' && n + 1 < size; query++)
        out[n++] = *query == '-' ? '_' : *query;
    out[n] = '\0';
}

/* Runs the statement inside the snapshot: all its rows, none of which is given yet. */
static gv_err run(gv_store *store, const struct gv_query_info *info, const struct gv_query *query,
                  const struct gv_scope *scope, struct gv_query_rest *out)
{
    uint32_t limit = query->limit > 0 ? query->limit : info->feed ? FEED_LIMIT : LIMIT_DEFAULT;
    int64_t now_us;
    struct gv_buf text;
    struct gv_args args;
    char name[64];
    gv_err err;

    if (limit > LIMIT_MAX)
        limit = LIMIT_MAX;
    out->left = limit;
    out->feed = info->feed;
    err = read_now(store, out);
    if (err != GV_OK)
        return err;
    now_us = out->business_us;
    gv_buf_init(&text);
    err = put_arguments(&text, info, query, &now_us);
    if (err == GV_OK) {
        statement_name(info->name, name, sizeof name);
        gv_args_init(&args, store, name);
        gv_put_text(&args, (char *)text.data);
        put_scope(&args, scope);
        gv_put_text(&args, query->after != NULL && query->after[0] != '\0' ? query->after : NULL);
        gv_put_int(&args, info->feed ? (int64_t)limit : (int64_t)limit + 1);
        gv_put_int(&args, now_us);
        err = gv_db_exec(&args, &out->result);
        if (err == GV_EBADMSG) /* only what the reader gave can be at fault: "after" */
            err = GV_EUSAGE;
    }
    gv_buf_fini(&text);
    return err;
}

static gv_err first_page(gv_store *store, gv_arena *arena, const struct gv_query *query,
                         struct gv_query_rest *rest, struct gv_query_result *out)
{
    gv_err err = gv_query_rest_page(rest, arena, query, out);

    if (err == GV_OK && rest->feed && rest->at == 0) { /* nothing yet: the end stays where it is */
        const char *after = query->after != NULL ? query->after : "";

        out->next = gv_arena_strdup(arena, after[0] != '\0' ? after : "0");
        err = out->next != NULL ? GV_OK : GV_ENOMEM;
    }
    return err == GV_OK ? GV_OK : gv_db_fail(store, err, query->name);
}

gv_err gv_store_query_rest(gv_store *store, gv_arena *arena, const struct gv_query *query,
                           const struct gv_scope *scope, struct gv_query_result *out,
                           struct gv_query_rest **rest)
{
    const struct gv_query_info *info = gv_store_query_info(query->name);
    struct gv_query_rest *all;
    struct gv_query_result result;
    gv_err err;

    *rest = NULL;
    if (info == NULL)
        return GV_EUNSUPPORTED;
    if (scope->role > 31 || (info->roles & (UINT32_C(1) << scope->role)) == 0)
        return GV_EDENIED;
    if (!after_is_fine(info, query->after))
        return GV_EUSAGE;
    all = calloc(1, sizeof *all);
    if (all == NULL)
        return gv_db_nomem(store, query->name);
    err = gv_db_begin_snapshot(store);
    if (err == GV_OK)
        err = run(store, info, query, scope, all);
    gv_store_rollback(store);
    if (err == GV_OK)
        err = first_page(store, arena, query, all, &result);
    if (err == GV_OK)
        *out = result;
    if (err == GV_OK && !all->feed && !gv_query_rest_ended(all) &&
        PQresultMemorySize(all->result) <= REST_MAX_BYTES)
        *rest = all;
    else
        gv_query_rest_free(all);
    return err;
}

gv_err gv_store_query(gv_store *store, gv_arena *arena, const struct gv_query *query,
                      const struct gv_scope *scope, struct gv_query_result *out)
{
    struct gv_query_rest *rest;
    gv_err err = gv_store_query_rest(store, arena, query, scope, out, &rest);

    gv_query_rest_free(rest);
    return err;
}
