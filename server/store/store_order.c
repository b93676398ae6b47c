/* store_order.c - both logs as they are stored: orders to deliver, reports to compare repeats with.
 */
#include <string.h>

#include "store/db.h"
#include "store/parts.h"
#include "store/store.h"

gv_err gv_store_reports(gv_store *store, gv_arena *arena, int32_t unit_id, uint64_t first,
                        uint64_t last, struct gv_report_stored **out, size_t *count)
{
    struct gv_args args;
    PGresult *result = NULL;
    struct gv_report_stored *reports = NULL;
    gv_err err;

    gv_args_init(&args, store, "reports");
    gv_put_int(&args, unit_id);
    gv_put_u64(&args, first);
    gv_put_u64(&args, last);
    err = gv_db_exec(&args, &result);
    if (err != GV_OK)
        return err;
    reports = gv_arena_zalloc(arena, (size_t)PQntuples(result) * sizeof *reports + 1);
    if (reports == NULL)
        err = gv_db_nomem(store, "no room for the reports");
    for (int i = 0; err == GV_OK && i < PQntuples(result); i++) {
        reports[i].n = gv_get_u64(result, i, 0);
        gv_get_hash(result, i, 1, &reports[i].h);
        reports[i].disposition = (uint32_t)gv_get_int(result, i, 2);
        reports[i].error = (gv_err)gv_get_int(result, i, 3);
        err = gv_get_text_dup(store, arena, result, i, 4, &reports[i].text);
    }
    if (err == GV_OK) {
        *out = reports;
        *count = (size_t)PQntuples(result);
    }
    PQclear(result);
    return err;
}

static gv_err hash_of(gv_store *store, const char *statement, int32_t unit_id, uint64_t n,
                      gv_hash *out)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_err err;

    if (n == 0) {
        memset(out, 0, sizeof *out);
        return GV_OK;
    }
    gv_args_init(&args, store, statement);
    gv_put_int(&args, unit_id);
    gv_put_u64(&args, n);
    err = gv_db_exec(&args, &result);
    if (err == GV_OK && PQntuples(result) == 0)
        err = gv_db_refuse(store, GV_ENOTFOUND, "no entry with that number");
    if (err == GV_OK)
        gv_get_hash(result, 0, 0, out);
    PQclear(result);
    return err;
}

gv_err gv_store_report_hash(gv_store *store, int32_t unit_id, uint64_t n, gv_hash *out)
{
    return hash_of(store, "report_hash", unit_id, n, out);
}

gv_err gv_store_order_hash(gv_store *store, int32_t unit_id, uint64_t n, gv_hash *out)
{
    return hash_of(store, "order_hash", unit_id, n, out);
}

/* entries: the statement answers the entry's bytes in a fifth column. */
static gv_err read_orders(gv_store *store, gv_arena *arena, const PGresult *result, bool entries,
                          struct gv_order **out)
{
    struct gv_order *orders =
        gv_arena_zalloc(arena, (size_t)PQntuples(result) * sizeof *orders + 1);
    gv_err err = GV_OK;

    if (orders == NULL)
        return gv_db_nomem(store, "no room for the orders");
    for (int i = 0; err == GV_OK && i < PQntuples(result); i++) {
        orders[i].n = gv_get_u64(result, i, 0);
        gv_get_hash(result, i, 1, &orders[i].h);
        gv_get_id(result, i, 2, &orders[i].assignment);
        orders[i].epoch = (uint32_t)gv_get_int(result, i, 3);
        if (entries)
            err = gv_get_bytes_dup(store, arena, result, i, 4, &orders[i].entry);
    }
    *out = orders;
    return err;
}

/* Rows and pages are in the order of their units. */
static void share_out(const PGresult *result, struct gv_order *orders, struct gv_order_page *pages,
                      size_t count)
{
    int row = 0;

    for (size_t i = 0; i < count; i++) {
        pages[i].orders = orders + row;
        pages[i].count = 0;
        for (; row < PQntuples(result) && gv_get_int(result, row, 5) == pages[i].unit_id; row++)
            pages[i].count++;
    }
}

gv_err gv_store_orders(gv_store *store, gv_arena *arena, struct gv_order_page *pages, size_t count,
                       size_t limit, size_t max_bytes)
{
    struct gv_args args;
    PGresult *result = NULL;
    struct gv_order *orders = NULL;
    gv_err err;

    gv_args_init(&args, store, "orders");
    gv_put_u64(&args, limit);
    gv_put_u64(&args, max_bytes);
    for (size_t i = 0; i < count; i++) {
        gv_args_row(&args);
        gv_put_int(&args, pages[i].unit_id);
        gv_put_u64(&args, pages[i].after);
    }
    err = gv_db_exec(&args, &result);
    if (err == GV_OK)
        err = read_orders(store, arena, result, true, &orders);
    if (err == GV_OK)
        share_out(result, orders, pages, count);
    PQclear(result);
    return err;
}

void gv_store_spans_args(struct gv_args *args, gv_store *store, const struct gv_order_span *spans,
                         size_t count)
{
    gv_args_init(args, store, "receipted_orders");
    for (size_t i = 0; i < count; i++) {
        gv_args_row(args);
        gv_put_int(args, spans[i].unit_id);
        gv_put_u64(args, spans[i].last);
    }
}

/* Rows and spans are in the order of their units. A log has no holes. */
gv_err gv_store_spans_read(gv_store *store, gv_arena *arena, const PGresult *result,
                           struct gv_order_span *spans, size_t count)
{
    struct gv_order *orders = NULL;
    gv_err err = read_orders(store, arena, result, false, &orders);
    int row = 0;

    for (size_t i = 0; err == GV_OK && i < count; i++) {
        spans[i].orders = orders + row;
        spans[i].count = 0;
        for (; row < PQntuples(result) && gv_get_int(result, row, 4) == spans[i].unit_id; row++) {
            if (orders[row].n != spans[i].orders[0].n + spans[i].count++)
                return gv_db_refuse(store, GV_EBUG, "an order is missing in the log");
        }
    }
    return err;
}

static gv_err read_pending(gv_store *store, gv_arena *arena, const PGresult *result,
                           struct gv_pending **out, size_t *count)
{
    struct gv_pending *pending =
        gv_arena_alloc(arena, (size_t)PQntuples(result) * sizeof *pending + 1);

    if (pending == NULL)
        return gv_db_nomem(store, "no room for the units");
    for (int i = 0; i < PQntuples(result); i++) {
        pending[i].unit_id = (int32_t)gv_get_int(result, i, 0);
        pending[i].order_n = gv_get_u64(result, i, 1);
        pending[i].ack_n = gv_get_u64(result, i, 2);
    }
    *out = pending;
    *count = (size_t)PQntuples(result);
    return GV_OK;
}

static gv_err ask_poll(gv_store *store, const char *coordinator, PGresult **clock,
                       PGresult **pending)
{
    struct gv_args args;
    gv_err err = gv_db_pipeline_begin(store);
    gv_err end;

    if (err != GV_OK)
        return err;
    gv_args_init(&args, store, "clock");
    err = gv_db_queue(&args, clock);
    if (err == GV_OK) {
        gv_args_init(&args, store, "orders_pending");
        gv_put_text(&args, coordinator);
        err = gv_db_queue(&args, pending);
    }
    if (err == GV_OK)
        return gv_db_pipeline_commit(store);
    end = gv_db_pipeline_end(store);
    return end != GV_OK ? end : err;
}

gv_err gv_store_poll(gv_store *store, gv_arena *arena, const char *coordinator, struct gv_poll *out)
{
    PGresult *clock = NULL, *pending = NULL;
    gv_err err = gv_store_begin(store);

    if (err == GV_OK)
        err = ask_poll(store, coordinator, &clock, &pending);
    if (err != GV_OK)
        gv_store_rollback(store);
    if (err == GV_OK)
        err = gv_store_clock_read(store, clock, &out->business_us, &out->step, &out->stepped);
    if (err == GV_OK)
        err = read_pending(store, arena, pending, &out->pending, &out->pending_count);
    PQclear(clock);
    PQclear(pending);
    return err;
}
