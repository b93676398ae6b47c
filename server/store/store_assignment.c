/* store_assignment.c - loads assignments under lock: one row a unit, an assignment and an epoch. */
#include <string.h>

#include "store/db.h"
#include "store/parts.h"
#include "store/store.h"

static void read_assignment(const PGresult *result, int row, struct gv_assignment *out)
{
    memset(out, 0, sizeof *out);
    out->state = (enum gv_state)gv_get_int(result, row, 10);
    out->epoch = (uint32_t)gv_get_int(result, row, 11);
    out->has_due = !gv_get_null(result, row, 12);
    out->due_us = gv_get_int(result, row, 12);
    out->due_original_us = gv_get_int(result, row, 13);
    out->issued_us = gv_get_int(result, row, 14);
    out->has_submitted = !gv_get_null(result, row, 15);
    out->submitted_us = gv_get_int(result, row, 15);
    out->submit_seen_us = gv_get_int(result, row, 16);
    out->has_submit_due = !gv_get_null(result, row, 17);
    out->submit_due_us = gv_get_int(result, row, 17);
}

static void read_row(const PGresult *result, int row, struct gv_assignment_row *out)
{
    memset(out, 0, sizeof *out);
    out->unit_id = (int32_t)gv_get_int(result, row, 0);
    gv_get_id(result, row, 1, &out->assignment);
    gv_get_id(result, row, 2, &out->directive);
    out->task_id = (int32_t)gv_get_int(result, row, 3);
    out->item = (uint32_t)gv_get_int(result, row, 4);
    out->role = (uint32_t)gv_get_int(result, row, 5);
    out->from_unit_id = (int32_t)gv_get_int(result, row, 6);
    out->from_epoch = (uint32_t)gv_get_int(result, row, 7);
    out->to_unit_id = (int32_t)gv_get_int(result, row, 8);
    gv_get_id(result, row, 9, &out->act_id);
    read_assignment(result, row, &out->a);
    out->stored = out->a;
}

void gv_store_assignments_args(struct gv_args *args, gv_store *store,
                               const struct gv_assignment_key *keys, size_t count,
                               const struct gv_order_span *spans, size_t span_count)
{
    gv_args_init(args, store, "assignments_lock");
    for (size_t i = 0; i < count; i++) {
        gv_args_row(args);
        gv_put_int(args, keys[i].unit_id);
        gv_put_id(args, &keys[i].assignment);
        gv_put_null(args);
    }
    for (size_t i = 0; i < span_count; i++) {
        gv_args_row(args);
        gv_put_int(args, spans[i].unit_id);
        gv_put_null(args);
        gv_put_u64(args, spans[i].last);
    }
}

gv_err gv_store_assignments_read(gv_store *store, gv_arena *arena, const PGresult *result,
                                 struct gv_assignment_row **out, size_t *count)
{
    struct gv_assignment_row *rows =
        gv_arena_alloc(arena, (size_t)PQntuples(result) * sizeof *rows + 1);

    if (rows == NULL)
        return gv_db_nomem(store, "no room for the assignments");
    for (int i = 0; i < PQntuples(result); i++)
        read_row(result, i, &rows[i]);
    *out = rows;
    *count = (size_t)PQntuples(result);
    return GV_OK;
}

gv_err gv_store_assignments_lock(gv_store *store, gv_arena *arena,
                                 const struct gv_assignment_key *keys, size_t count,
                                 struct gv_assignment_row **out, size_t *out_count)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_err err;

    gv_store_assignments_args(&args, store, keys, count, NULL, 0);
    err = gv_db_exec(&args, &result);
    if (err == GV_OK)
        err = gv_store_assignments_read(store, arena, result, out, out_count);
    PQclear(result);
    return err;
}

gv_err gv_store_assignments_exist(gv_store *store, const gv_id *ids, size_t count, size_t *existing)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_err err;

    gv_args_init(&args, store, "assignments_exist");
    gv_put_ids(&args, ids, count);
    err = gv_db_exec(&args, &result);
    if (err == GV_OK)
        *existing = (size_t)gv_get_u64(result, 0, 0);
    PQclear(result);
    return err;
}
