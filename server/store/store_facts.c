/*
 * store_facts.c - what applied events say beside the lifecycle: planned periods and those
 * fulfilled, indicator values and their approval, attestations. One statement a table, only where
 * there is something; more where there is very much.
 */
#include <string.h>

#include "store/db.h"
#include "store/parts.h"
#include "store/store.h"

static void put_key(struct gv_args *args, const struct gv_assignment_row *row)
{
    gv_args_row(args);
    gv_put_int(args, row->unit_id);
    gv_put_id(args, &row->assignment);
    gv_put_int(args, row->a.epoch);
}

static void put_signed(struct gv_args *args, const struct gv_event *event)
{
    if (event->signed_us != 0)
        gv_put_int(args, event->signed_us);
    else
        gv_put_null(args);
    gv_put_int(args, event->business_us);
}

static size_t put_planned(struct gv_args *args, const struct gv_event *event)
{
    if (event->row == NULL)
        return 0;
    for (size_t i = 0; i < event->occurrence_count; i++) {
        put_key(args, event->row);
        gv_put_int(args, event->occurrences[i].first_day);
        gv_put_int(args, event->occurrences[i].last_day);
        gv_put_int(args, event->occurrences[i].due_day);
    }
    return event->occurrence_count;
}

static size_t put_done(struct gv_args *args, const struct gv_event *event)
{
    if (!gv_event_applies(event))
        return 0;
    for (size_t i = 0; i < event->period_count; i++) {
        put_key(args, event->row);
        gv_put_int(args, event->periods[i]);
        put_signed(args, event);
    }
    return event->period_count;
}

static size_t put_values(struct gv_args *args, const struct gv_event *event)
{
    if (!gv_event_applies(event))
        return 0;
    for (size_t i = 0; i < event->value_count; i++) {
        const struct gv_event_value *value = &event->values[i];

        put_key(args, event->row);
        gv_put_text(args, value->code);
        gv_put_text(args, value->not_known ? NULL : value->value);
        gv_put_int(args, value->as_of_day);
        gv_put_int(args, event->business_us);
    }
    return event->value_count;
}

static size_t put_approval(struct gv_args *args, const struct gv_event *event)
{
    if (event->row == NULL || !event->changed || event->from != GV_STATE_SUBMITTED ||
        event->after.state != GV_STATE_COMPLETED)
        return 0;
    put_key(args, event->row);
    gv_put_int(args, event->business_us);
    return 1;
}

static size_t put_attest(struct gv_args *args, const struct gv_event *event)
{
    const struct gv_event_attest *attest = event->attest;

    if (attest == NULL || !gv_event_applies(event))
        return 0;
    put_key(args, event->row);
    gv_put_int(args, attest->clause);
    gv_put_bool(args, attest->compliant);
    gv_put_int(args, attest->exceptions);
    gv_put_int(args, attest->permits);
    gv_put_int(args, attest->breaches);
    gv_put_text(args, attest->person != NULL ? attest->person : "");
    put_signed(args, event);
    return 1;
}

/* In this order: a value is reported before it is approved. */
static const struct {
    const char *statement;
    size_t (*put)(struct gv_args *args, const struct gv_event *event);
} tables[] = {
    {"occurrence_insert", put_planned}, {"occurrence_done", put_done},
    {"indicator_put", put_values},      {"indicator_approve", put_approval},
    {"attestation_put", put_attest},
};

static gv_err queue_table(gv_store *store, size_t t, const struct gv_event *events, size_t count)
{
    gv_err err = GV_OK;

    for (size_t i = 0; err == GV_OK && i < count;) {
        struct gv_args args;
        size_t rows = 0;

        gv_args_init(&args, store, tables[t].statement);
        for (; i < count && rows < GV_STATEMENT_ROWS; i++)
            rows += tables[t].put(&args, &events[i]);
        if (rows > 0)
            err = gv_db_queue(&args, NULL);
        else
            gv_args_fini(&args);
    }
    return err;
}

gv_err gv_store_facts_queue(gv_store *store, const struct gv_event *events, size_t count)
{
    gv_err err = GV_OK;

    for (size_t t = 0; err == GV_OK && t < sizeof tables / sizeof tables[0]; t++)
        err = queue_table(store, t, events, count);
    return err;
}
