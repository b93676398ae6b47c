/* store_query_task.c - places in the letter, calendars and provenance of a task for its reader. */
#include "store/store_query_task.h"

#include <string.h>

#include "base/clock.h"
#include "giaoviec/v1/task.pb-c.h"

static const char *const cadence_names[] = {"NONE",    "ONCE",      "DAILY",       "WEEKLY",
                                            "MONTHLY", "QUARTERLY", "HALF_YEARLY", "YEARLY"};

static const char *cadence_name(uint32_t cadence)
{
    return cadence < sizeof cadence_names / sizeof cadence_names[0] ? cadence_names[cadence] : "?";
}

static const char *origin_name(uint32_t origin)
{
    switch (origin) {
    case GIAOVIEC__V1__ORIGIN__ORIGIN_LETTER:
        return "letter";
    case GIAOVIEC__V1__ORIGIN__ORIGIN_OFFICE:
        return "office";
    default:
        return "";
    }
}

static void put_str(struct gv_buf *out, const char *lead, const char *s)
{
    gv_buf_puts(out, lead);
    gv_buf_json_str(out, s, strlen(s));
}

static void put_day(struct gv_buf *out, const char *lead, int32_t day)
{
    char text[11];

    gv_day_format(day, text);
    put_str(out, lead, text);
}

static void put_list(struct gv_buf *out, const char *lead, char *const *items, size_t count)
{
    gv_buf_puts(out, lead);
    gv_buf_putc(out, '[');
    for (size_t i = 0; i < count; i++)
        put_str(out, i > 0 ? "," : "", items[i]);
    gv_buf_putc(out, ']');
}

static void put_calendar(struct gv_buf *out, const Giaoviec__V1__Calendar *calendar)
{
    gv_buf_puts(out, ",\"calendar\":");
    if (calendar == NULL) {
        gv_buf_puts(out, "null");
        return;
    }
    put_str(out, "{\"cadence\":", cadence_name(calendar->cadence));
    put_day(out, ",\"from\":", calendar->from_day);
    put_day(out, ",\"to\":", calendar->to_day);
    gv_buf_printf(out, ",\"grace_days\":%u", (unsigned)calendar->grace_days);
    put_str(out, ",\"origin\":", origin_name(calendar->origin));
    gv_buf_puts(out, ",\"windows\":[");
    for (size_t i = 0; i < calendar->n_windows; i++) {
        const Giaoviec__V1__Window *window = calendar->windows[i];

        put_str(out, i > 0 ? ",{\"name\":" : "{\"name\":", window->name);
        put_day(out, ",\"from\":", window->from_day);
        put_day(out, ",\"to\":", window->to_day);
        put_str(out, ",\"cadence\":", cadence_name(window->cadence));
        gv_buf_putc(out, '}');
    }
    gv_buf_puts(out, "]}");
}

static void put_origins(struct gv_buf *out, const Giaoviec__V1__Task *task)
{
    gv_buf_puts(out, ",\"indicator_origins\":{");
    for (size_t i = 0; i < task->n_indicators; i++) {
        put_str(out, i > 0 ? "," : "", task->indicators[i]->code);
        put_str(out, ":", origin_name(task->indicators[i]->origin));
    }
    gv_buf_puts(out, "},\"clause_logs\":[");
    for (size_t i = 0; i < task->n_attestations; i++) {
        const Giaoviec__V1__Attestation *clause = task->attestations[i];

        gv_buf_printf(out, "%s{\"clause\":%zu,\"exceptions\":%s,\"permits\":%s", i > 0 ? "," : "",
                      i, clause->exceptions ? "true" : "false", clause->permits ? "true" : "false");
        put_str(out, ",\"origin\":", origin_name(clause->origin));
        gv_buf_putc(out, '}');
    }
    gv_buf_puts(out, "],\"provenance\":[");
    for (size_t i = 0; i < task->n_provenance; i++) {
        const Giaoviec__V1__Provenance *one = task->provenance[i];

        put_str(out, i > 0 ? ",{\"field\":" : "{\"field\":", one->field);
        put_str(out, ",\"origin\":", origin_name(one->origin));
        put_str(out, ",\"by\":", one->by);
        gv_buf_putc(out, '}');
    }
    gv_buf_putc(out, ']');
}

gv_err gv_query_put_task(struct gv_buf *out, struct gv_slice bytes)
{
    Giaoviec__V1__Task *task = giaoviec__v1__task__unpack(NULL, bytes.len, bytes.data);

    if (task == NULL)
        return GV_EDB;
    gv_buf_puts(out, ",\"span\":");
    if (task->span != NULL)
        gv_buf_printf(out, "{\"offset\":%llu,\"end\":%llu,\"line\":%u,\"column\":%u}",
                      (unsigned long long)task->span->begin, (unsigned long long)task->span->end,
                      (unsigned)task->span->line, (unsigned)task->span->column);
    else
        gv_buf_puts(out, "null");
    put_str(out, ",\"due_origin\":", task->due != NULL ? origin_name(task->due->origin) : "");
    put_calendar(out, task->calendar);
    put_list(out, ",\"lead_names\":", task->leads, task->n_leads);
    put_list(out, ",\"coordinator_names\":", task->coordinators, task->n_coordinators);
    put_list(out, ",\"follower_names\":", task->followers, task->n_followers);
    gv_buf_printf(out, ",\"by_field\":%s", task->by_field ? "true" : "false");
    put_origins(out, task);
    giaoviec__v1__task__free_unpacked(task, NULL);
    return GV_OK;
}
