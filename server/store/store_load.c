/* store_load.c - what a batch starts from, in one round trip with its BEGIN. */
#include "store/db.h"
#include "store/parts.h"
#include "store/store.h"

struct answers {
    PGresult *units;
    PGresult *clock;
    PGresult *orders;
    PGresult *rows;
};

static gv_err ask(gv_store *store, const struct gv_load *load, struct answers *answers)
{
    struct gv_args args;
    gv_err err;

    gv_store_units_args(&args, store, load->unit_ids, load->unit_id_count, load->lock);
    err = gv_db_queue(&args, &answers->units);
    if (err != GV_OK)
        return err;
    gv_args_init(&args, store, "clock");
    err = gv_db_queue(&args, &answers->clock);
    if (err == GV_OK && load->span_count > 0) {
        gv_store_spans_args(&args, store, load->spans, load->span_count);
        err = gv_db_queue(&args, &answers->orders);
    }
    if (err != GV_OK || load->key_count + load->span_count == 0)
        return err;
    gv_store_assignments_args(&args, store, load->keys, load->key_count, load->spans,
                              load->span_count);
    return gv_db_queue(&args, &answers->rows);
}

static gv_err read_answers(gv_store *store, gv_arena *arena, const struct answers *answers,
                           struct gv_load *load)
{
    gv_err err = gv_store_units_read(store, arena, answers->units, &load->units, &load->unit_count);

    if (err == GV_OK)
        err = gv_store_clock_read(store, answers->clock, &load->business_us, &load->step,
                                  &load->stepped);
    if (err == GV_OK && answers->orders != NULL)
        err = gv_store_spans_read(store, arena, answers->orders, load->spans, load->span_count);
    load->rows = NULL;
    load->row_count = 0;
    if (err == GV_OK && answers->rows != NULL)
        err = gv_store_assignments_read(store, arena, answers->rows, &load->rows, &load->row_count);
    return err;
}

gv_err gv_store_load(gv_store *store, gv_arena *arena, struct gv_load *load)
{
    struct answers answers = {0};
    gv_err err = gv_db_pipeline_begin(store);
    gv_err end;

    if (err != GV_OK)
        return err;
    err = ask(store, load, &answers);
    end = gv_db_pipeline_end(store);
    if (err == GV_OK)
        err = end;
    if (err == GV_OK)
        err = read_answers(store, arena, &answers, load);
    PQclear(answers.units);
    PQclear(answers.clock);
    PQclear(answers.orders);
    PQclear(answers.rows);
    return err;
}
