/*
 * store_ledger.c - the ledger: one row an event, never updated, with typed columns for all that
 * counting needs and, as JSON, the facts that have no column.
 */
#include <string.h>

#include "base/buf.h"
#include "store/db.h"
#include "store/parts.h"
#include "store/store.h"

static void json_values(struct gv_buf *out, const struct gv_event *event)
{
    gv_buf_puts(out, "\"values\":[");
    for (size_t i = 0; i < event->value_count; i++) {
        const struct gv_event_value *value = &event->values[i];

        gv_buf_puts(out, i > 0 ? ",{\"code\":" : "{\"code\":");
        gv_buf_json_str(out, value->code, strlen(value->code));
        gv_buf_puts(out, ",\"value\":");
        if (value->not_known)
            gv_buf_puts(out, "null,\"not_known\":true");
        else
            gv_buf_json_str(out, value->value, strlen(value->value));
        gv_buf_printf(out, ",\"as_of\":%d}", value->as_of_day);
    }
    gv_buf_putc(out, ']');
}

static void json_periods(struct gv_buf *out, const struct gv_event *event)
{
    gv_buf_puts(out, "\"periods\":[");
    for (size_t i = 0; i < event->period_count; i++)
        gv_buf_printf(out, "%s%d", i > 0 ? "," : "", event->periods[i]);
    gv_buf_putc(out, ']');
}

static void json_attest(struct gv_buf *out, const struct gv_event_attest *attest)
{
    gv_buf_printf(out,
                  "\"attest\":{\"clause\":%u,\"compliant\":%s,\"exceptions\":%u,\"permits\":%u,"
                  "\"breaches\":%u,\"person\":",
                  attest->clause, attest->compliant ? "true" : "false", attest->exceptions,
                  attest->permits, attest->breaches);
    gv_buf_json_str(out, attest->person != NULL ? attest->person : "",
                    attest->person != NULL ? strlen(attest->person) : 0);
    gv_buf_putc(out, '}');
}

static void json_occurrences(struct gv_buf *out, const struct gv_event *event)
{
    gv_buf_puts(out, "\"occurrences\":[");
    for (size_t i = 0; i < event->occurrence_count; i++)
        gv_buf_printf(out, "%s[%d,%d,%d]", i > 0 ? "," : "", event->occurrences[i].first_day,
                      event->occurrences[i].last_day, event->occurrences[i].due_day);
    gv_buf_putc(out, ']');
}

static void next_member(struct gv_buf *out)
{
    gv_buf_putc(out, out->len == 0 ? '{' : ',');
}

static void put_facts(struct gv_args *args, const struct gv_event *event, struct gv_buf *json)
{
    gv_buf_reset(json);
    if (event->value_count > 0) {
        next_member(json);
        json_values(json, event);
    }
    if (event->period_count > 0) {
        next_member(json);
        json_periods(json, event);
    }
    if (event->attest != NULL) {
        next_member(json);
        json_attest(json, event->attest);
    }
    if (event->occurrence_count > 0) {
        next_member(json);
        json_occurrences(json, event);
    }
    if (json->len == 0) {
        gv_put_null(args);
        return;
    }
    gv_buf_putc(json, '}');
    gv_put_text(args, gv_buf_ok(json) ? (const char *)json->data : NULL);
}

static void put_int_or_null(struct gv_args *args, bool given, int64_t v)
{
    if (given)
        gv_put_int(args, v);
    else
        gv_put_null(args);
}

/* Numbers that the sender chose: the evidence has them as they were. */
static int64_t bounded(uint32_t v)
{
    return v > INT32_MAX ? INT32_MAX : (int64_t)v;
}

static void put_assignment(struct gv_args *args, const struct gv_event *event)
{
    const struct gv_assignment_row *row = event->row;
    const struct gv_assignment *a = row == NULL ? NULL : event->changed ? &event->after : &row->a;
    bool changed = row != NULL && event->changed;

    gv_put_id(args, event->has_assignment ? &event->assignment
                    : row != NULL         ? &row->assignment
                                          : NULL);
    put_int_or_null(args, event->has_assignment || row != NULL,
                    bounded(event->has_assignment ? event->epoch
                            : row != NULL         ? row->a.epoch
                                                  : 0));
    gv_put_id(args, row != NULL ? &row->directive : NULL);
    put_int_or_null(args, row != NULL, row != NULL ? row->task_id : 0);
    put_int_or_null(args, row != NULL, row != NULL ? row->item : 0);
    put_int_or_null(args, row != NULL, row != NULL ? row->role : 0);
    put_int_or_null(args, changed, event->from);
    put_int_or_null(args, changed, event->after.state);
    put_int_or_null(args, a != NULL && a->has_due, a != NULL ? a->due_us : 0);
    put_int_or_null(args, a != NULL && a->has_submitted, a != NULL ? a->submitted_us : 0);
    put_int_or_null(args, a != NULL && a->has_submitted && a->has_submit_due,
                    a != NULL ? a->submit_due_us : 0);
}

static void put_event(struct gv_args *args, const struct gv_event *event, struct gv_buf *json)
{
    bool numbered = event->kind == GV_EVENT_REPORT && event->report_n > 0;

    gv_args_row(args);
    gv_put_int(args, event->business_us);
    put_int_or_null(args, event->signed_us != 0, event->signed_us);
    gv_put_int(args, event->kind);
    gv_put_int(args, bounded(event->entry_kind));
    put_int_or_null(args, event->unit_id != 0, event->unit_id);
    if (numbered)
        gv_put_u64(args, event->report_n);
    else
        gv_put_null(args);
    gv_put_hash(args, numbered ? &event->report_h : NULL);
    gv_put_int(args, bounded(event->disposition));
    gv_put_int(args, event->error);
    gv_put_text(args, event->text);
    put_assignment(args, event);
    gv_put_id(args, event->has_act ? &event->act_id : NULL);
    gv_put_text(args, event->actor);
    gv_put_text(args, event->person);
    gv_put_text(args, event->narrative);
    put_int_or_null(args, event->progress != 0, event->progress);
    put_facts(args, event, json);
}

gv_err gv_store_ledger_put(gv_store *store, const struct gv_event *events, size_t count, bool queue)
{
    struct gv_buf json;
    gv_err err = GV_OK;
    size_t i = 0;

    gv_buf_init(&json);
    do {
        struct gv_args args;
        size_t rows = 0;

        gv_args_init(&args, store, "ledger_insert");
        for (; i < count && rows < GV_STATEMENT_ROWS; i++) {
            put_event(&args, &events[i], &json);
            rows += 1 + events[i].occurrence_count;
        }
        err = queue ? gv_db_queue(&args, NULL) : gv_db_exec(&args, NULL);
    } while (err == GV_OK && i < count);
    gv_buf_fini(&json);
    return err;
}
