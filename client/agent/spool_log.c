/* spool_log.c - a unit's row and its two logs. */
#include <string.h>

#include "agent/spool_part.h"
#include "crypto/hash.h"
#include "giaoviec/v1/delivery.pb-c.h"

static gv_err column_hash(gv_spool *spool, sqlite3_stmt *statement, int at, gv_hash *out)
{
    if (gv_hash_from(spool_column(statement, at), out) != GV_OK)
        return spool_fail(spool, "a hash of another size");
    return GV_OK;
}

static gv_err column_cursor(gv_spool *spool, sqlite3_stmt *statement, int at, struct gv_cursor *out)
{
    out->n = (uint64_t)sqlite3_column_int64(statement, at);
    return column_hash(spool, statement, at + 1, &out->h);
}

gv_err gv_spool_unit(gv_spool *spool, const char *unit, struct gv_spool_unit *out)
{
    sqlite3_stmt *statement = spool_read(spool, SPOOL_UNIT_GET);
    struct gv_spool_unit row = {0};
    gv_err err;

    spool_text(statement, 1, unit);
    err = spool_next(spool, statement);
    if (err != GV_OK)
        return spool_done(statement, err);
    row.enrolled = sqlite3_column_int(statement, 0) != 0;
    row.connection = (uint64_t)sqlite3_column_int64(statement, 1);
    err = column_cursor(spool, statement, 2, &row.orders);
    if (err == GV_OK)
        err = column_cursor(spool, statement, 4, &row.reports);
    if (err == GV_OK)
        err = column_cursor(spool, statement, 6, &row.receipted);
    row.has_business = sqlite3_column_type(statement, 8) != SQLITE_NULL;
    row.business_us = sqlite3_column_int64(statement, 8);
    row.stepped = sqlite3_column_int(statement, 9) != 0;
    row.step = (uint64_t)sqlite3_column_int64(statement, 10);
    if (err == GV_OK)
        *out = row;
    return spool_done(statement, err);
}

static void bind_cursor(sqlite3_stmt *statement, int at, const struct gv_cursor *cursor)
{
    spool_number(statement, at, cursor->n);
    spool_blob(statement, at + 1, cursor->h.b, sizeof cursor->h.b);
}

gv_err gv_spool_unit_put(gv_spool *spool, const char *unit, const struct gv_spool_unit *row)
{
    sqlite3_stmt *statement = spool_write(spool, SPOOL_UNIT_PUT);

    spool_text(statement, 1, unit);
    spool_number(statement, 2, row->enrolled);
    spool_number(statement, 3, row->connection);
    bind_cursor(statement, 4, &row->orders);
    bind_cursor(statement, 6, &row->reports);
    bind_cursor(statement, 8, &row->receipted);
    if (row->has_business)
        spool_number(statement, 10, (uint64_t)row->business_us);
    spool_number(statement, 11, row->stepped);
    spool_number(statement, 12, row->step);
    return spool_run(spool, statement);
}

static gv_err put_entry(gv_spool *spool, sqlite3_stmt *statement, const char *unit, uint64_t n,
                        struct gv_slice entry, const gv_hash *h)
{
    spool_text(statement, 1, unit);
    spool_number(statement, 2, n);
    spool_blob(statement, 3, entry.data, entry.len);
    spool_blob(statement, 4, h->b, sizeof h->b);
    return spool_run(spool, statement);
}

/* The empty log: 32 zero bytes. Known while nothing of the log's beginning was pruned, or nothing
 * was ever in it. */
static gv_err empty_at(gv_spool *spool, enum spool_sql sql, const char *unit,
                       struct gv_hash_at *out)
{
    sqlite3_stmt *statement = spool_read(spool, sql);
    struct gv_spool_unit row = {0};
    uint64_t head, first = 0;
    gv_err err;

    spool_text(statement, 1, unit);
    err = spool_next(spool, statement);
    if (err == GV_OK)
        first = (uint64_t)sqlite3_column_int64(statement, 0); /* NULL: 0 */
    spool_done(statement, err);
    if (err == GV_OK)
        err = gv_spool_unit(spool, unit, &row);
    if (err != GV_OK && err != GV_ENOTFOUND)
        return err;
    head = sql == SPOOL_ORDERS_BEGIN ? row.orders.n : row.reports.n;
    *out = (struct gv_hash_at){.known = first == 1 || (first == 0 && head == 0)};
    return GV_OK;
}

static gv_err hash_at(gv_spool *spool, enum spool_sql sql, const char *unit, uint64_t n,
                      struct gv_hash_at *out)
{
    sqlite3_stmt *statement = spool_read(spool, sql);
    struct gv_hash_at at = {0};
    gv_err err;

    spool_text(statement, 1, unit);
    spool_number(statement, 2, n);
    err = spool_next(spool, statement);
    if (err == GV_OK) {
        err = column_hash(spool, statement, 0, &at.h);
        at.known = err == GV_OK;
    } else if (err == GV_ENOTFOUND) {
        err = GV_OK;
    }
    if (err == GV_OK)
        *out = at;
    return spool_done(statement, err);
}

/* ---- orders ---- */

gv_err gv_spool_order_put(gv_spool *spool, const char *unit, uint64_t n, struct gv_slice entry,
                          const gv_hash *h, gv_err fault, int64_t real_us)
{
    sqlite3_stmt *statement = spool_write(spool, SPOOL_ORDER_PUT);

    spool_number(statement, 5, (uint64_t)fault);
    spool_number(statement, 6, (uint64_t)real_us);
    return put_entry(spool, statement, unit, n, entry, h);
}

gv_err gv_spool_order_hash(gv_spool *spool, const char *unit, uint64_t n, struct gv_hash_at *out)
{
    return n == 0 ? empty_at(spool, SPOOL_ORDERS_BEGIN, unit, out)
                  : hash_at(spool, SPOOL_ORDER_HASH, unit, n, out);
}

gv_err gv_spool_order_fault(gv_spool *spool, const char *unit, uint64_t n, gv_err fault)
{
    sqlite3_stmt *statement = spool_write(spool, SPOOL_ORDER_FAULT);

    spool_text(statement, 1, unit);
    spool_number(statement, 2, n);
    spool_number(statement, 3, (uint64_t)fault);
    return spool_run(spool, statement);
}

gv_err gv_spool_order_faulty(gv_spool *spool, const char *unit, uint64_t *n, struct gv_buf *entry)
{
    sqlite3_stmt *statement = spool_read(spool, SPOOL_ORDER_FAULTY);
    gv_err err;

    spool_text(statement, 1, unit);
    spool_number(statement, 2, *n);
    err = spool_next(spool, statement);
    if (err == GV_OK) {
        struct gv_slice bytes = spool_column(statement, 1);

        *n = (uint64_t)sqlite3_column_int64(statement, 0);
        gv_buf_append(entry, bytes.data, bytes.len);
        if (!gv_buf_ok(entry))
            err = GV_ENOMEM;
    }
    return spool_done(statement, err);
}

/* ---- reports ---- */

gv_err gv_spool_report_put(gv_spool *spool, const char *unit, uint64_t n, struct gv_slice entry,
                           const gv_hash *h, int64_t real_us)
{
    sqlite3_stmt *statement = spool_write(spool, SPOOL_REPORT_PUT);

    spool_number(statement, 5, (uint64_t)real_us);
    return put_entry(spool, statement, unit, n, entry, h);
}

gv_err gv_spool_report_hash(gv_spool *spool, const char *unit, uint64_t n, struct gv_hash_at *out)
{
    return n == 0 ? empty_at(spool, SPOOL_REPORTS_BEGIN, unit, out)
                  : hash_at(spool, SPOOL_REPORT_HASH, unit, n, out);
}

gv_err gv_spool_reports(gv_spool *spool, const char *unit, uint64_t first, uint64_t max,
                        gv_spool_report_fn *fn, void *ctx)
{
    sqlite3_stmt *statement = spool_read(spool, SPOOL_REPORTS);
    gv_err err;

    spool_text(statement, 1, unit);
    spool_number(statement, 2, first);
    spool_number(statement, 3, max);
    while ((err = spool_next(spool, statement)) == GV_OK) {
        if (!fn(ctx, (uint64_t)sqlite3_column_int64(statement, 0), spool_column(statement, 1)))
            return spool_done(statement, GV_OK);
    }
    return spool_done(statement, err == GV_ENOTFOUND ? GV_OK : err);
}

gv_err gv_spool_receipted(gv_spool *spool, const char *unit, uint64_t n, int64_t real_us)
{
    sqlite3_stmt *statement = spool_write(spool, SPOOL_RECEIPTED);

    spool_text(statement, 1, unit);
    spool_number(statement, 2, n);
    spool_number(statement, 3, (uint64_t)real_us);
    return spool_run(spool, statement);
}

gv_err gv_spool_unreceipted(gv_spool *spool, const char *unit, uint64_t n)
{
    sqlite3_stmt *statement = spool_write(spool, SPOOL_UNRECEIPTED);

    spool_text(statement, 1, unit);
    spool_number(statement, 2, n);
    return spool_run(spool, statement);
}

gv_err gv_spool_disposition(gv_spool *spool, const char *unit, uint64_t n, uint32_t code,
                            gv_err error, const char *text, struct gv_buf *entry)
{
    sqlite3_stmt *statement = spool_write(spool, SPOOL_DISPOSITION);
    gv_err err;

    spool_text(statement, 1, unit);
    spool_number(statement, 2, n);
    spool_number(statement, 3, code);
    spool_number(statement, 4, (uint64_t)error);
    spool_text(statement, 5, text);
    err = spool_next(spool, statement);
    if (err == GV_OK && entry != NULL) {
        struct gv_slice bytes = spool_column(statement, 0);

        gv_buf_append(entry, bytes.data, bytes.len);
        if (!gv_buf_ok(entry))
            err = GV_ENOMEM;
    }
    return spool_done(statement, err);
}

gv_err gv_spool_dispositions(gv_spool *spool, const char *unit, size_t max,
                             gv_spool_disposition_fn *fn, void *ctx)
{
    sqlite3_stmt *statement = spool_read(spool, SPOOL_DISPOSITIONS);
    gv_err err;

    spool_text(statement, 1, unit);
    spool_number(statement, 2, max);
    while ((err = spool_next(spool, statement)) == GV_OK) {
        struct gv_spool_disposition one = {
            .n = (uint64_t)sqlite3_column_int64(statement, 0),
            .code = (uint32_t)sqlite3_column_int(statement, 1),
            .error = (gv_err)sqlite3_column_int(statement, 2),
            .text = (const char *)sqlite3_column_text(statement, 3),
            .entry = spool_column(statement, 4),
        };

        fn(ctx, &one);
    }
    return spool_done(statement, err == GV_ENOTFOUND ? GV_OK : err);
}

gv_err gv_spool_counts(gv_spool *spool, const char *unit, struct gv_spool_counts *out)
{
    sqlite3_stmt *statement = spool_read(spool, SPOOL_COUNT_FAULTS);
    struct gv_spool_counts counts = {0};
    gv_err err;

    spool_text(statement, 1, unit);
    err = spool_next(spool, statement);
    if (err == GV_OK)
        counts.order_faults = (uint64_t)sqlite3_column_int64(statement, 0);
    spool_done(statement, err);
    if (err != GV_OK)
        return err;
    statement = spool_read(spool, SPOOL_COUNT_DISPOSITIONS);
    spool_text(statement, 1, unit);
    while ((err = spool_next(spool, statement)) == GV_OK) {
        uint64_t n = (uint64_t)sqlite3_column_int64(statement, 1);

        switch (sqlite3_column_int(statement, 0)) {
        case GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_STALE:
            counts.stale = n;
            break;
        case GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_UNSUPPORTED:
            counts.unsupported = n;
            break;
        default:
            counts.refused += n;
            break;
        }
    }
    if (err == GV_ENOTFOUND)
        *out = counts;
    return spool_done(statement, err == GV_ENOTFOUND ? GV_OK : err);
}

/* ---- re-admission ---- */

/* Is base the running hash of our own log after its number? */
static gv_err is_own(gv_spool *spool, const char *unit, const struct gv_cursor *base,
                     const struct gv_spool_unit *row, bool *own)
{
    struct gv_hash_at at = {0};
    gv_err err = gv_spool_report_hash(spool, unit, base->n, &at);

    if (err == GV_OK)
        *own = gv_cursor_eq(base, &row->reports) || gv_cursor_eq(base, &row->receipted) ||
               (at.known && gv_hash_eq(&at.h, &base->h));
    return err;
}

static gv_err run_with(gv_spool *spool, enum spool_sql sql, const char *unit, uint64_t number)
{
    sqlite3_stmt *statement = spool_write(spool, sql);

    spool_text(statement, 1, unit);
    if (number != 0)
        spool_number(statement, 2, number);
    return spool_run(spool, statement);
}

static gv_err put_after(gv_spool *spool, const char *unit, sqlite3_int64 n, struct gv_cursor *head)
{
    sqlite3_stmt *statement = spool_write(spool, SPOOL_ADOPT_RENUMBER);

    spool_text(statement, 1, unit);
    spool_number(statement, 2, (uint64_t)n);
    spool_number(statement, 3, head->n);
    spool_blob(statement, 4, head->h.b, sizeof head->h.b);
    return spool_run(spool, statement);
}

/* The next of those set aside comes after head, or is held. GV_ENOTFOUND: there is none. */
static gv_err renumber(gv_spool *spool, const char *unit, const struct gv_spool_adoption *adoption,
                       struct gv_cursor *head)
{
    sqlite3_stmt *next = spool_write(spool, SPOOL_ADOPT_NEXT);
    struct gv_cursor after = {head->n + 1, head->h};
    sqlite3_int64 n;
    bool held;
    gv_err err;

    spool_text(next, 1, unit);
    err = spool_next(spool, next);
    if (err != GV_OK)
        return spool_done(next, err);
    n = sqlite3_column_int64(next, 0);
    held = adoption->held(adoption->ctx, spool_column(next, 1));
    gv_hash_chain(&head->h, spool_column(next, 1), &after.h);
    spool_done(next, GV_OK);
    if (held)
        return run_with(spool, SPOOL_ADOPT_DROP_ONE, unit, (uint64_t)n);
    err = put_after(spool, unit, n, &after);
    if (err == GV_OK)
        *head = after;
    return err;
}

/* With them goes what they, or what was reported of them, led to. */
static gv_err drop_orders(gv_spool *spool, const char *unit)
{
    gv_err err = run_with(spool, SPOOL_ADOPT_DROP_ORDERS, unit, 0);

    if (err == GV_OK)
        err = run_with(spool, SPOOL_ADOPT_DROP_ASSIGNMENTS, unit, 0);
    return err != GV_OK ? err : run_with(spool, SPOOL_ADOPT_DROP_SENT, unit, 0);
}

gv_err gv_spool_adopt(gv_spool *spool, const char *unit, const struct gv_spool_adoption *adoption,
                      struct gv_spool_unit *row, uint64_t *carried)
{
    struct gv_cursor head = adoption->base;
    bool own = false;
    gv_err err = is_own(spool, unit, &adoption->base, row, &own);

    if (err == GV_OK)
        err = run_with(spool, SPOOL_ADOPT_SET_ASIDE, unit, adoption->first);
    if (err == GV_OK && !own)
        err = run_with(spool, SPOOL_ADOPT_DROP_OLD, unit, 0);
    while (err == GV_OK)
        err = renumber(spool, unit, adoption, &head);
    if (err == GV_ENOTFOUND)
        err = adoption->keep_orders ? GV_OK : drop_orders(spool, unit);
    if (err != GV_OK)
        return err;
    *carried = head.n - adoption->base.n;
    row->reports = head;
    row->receipted = adoption->base;
    if (!adoption->keep_orders)
        row->orders = (struct gv_cursor){0};
    return gv_spool_unit_put(spool, unit, row);
}

static gv_err prune(gv_spool *spool, enum spool_sql sql, int64_t before_us, size_t max,
                    size_t *deleted)
{
    sqlite3_stmt *statement = spool_write(spool, sql);
    gv_err err;

    spool_number(statement, 1, (uint64_t)before_us);
    spool_number(statement, 2, max);
    err = spool_run(spool, statement);
    if (err == GV_OK)
        *deleted += (size_t)sqlite3_changes(spool->db);
    return err;
}

gv_err gv_spool_prune(gv_spool *spool, int64_t before_us, size_t max, size_t *deleted)
{
    size_t n = 0;
    gv_err err = prune(spool, SPOOL_PRUNE_REPORTS, before_us, max, &n);

    if (err == GV_OK)
        err = prune(spool, SPOOL_PRUNE_ORDERS, before_us, max, &n);
    if (err == GV_OK)
        *deleted = n;
    return err;
}
