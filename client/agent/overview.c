/* overview.c - how every unit is, as JSON: what "giaoviec-agent status" shows. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/manual.h"
#include "agent/rotation.h"
#include "agent/source.h"
#include "agent/unit.h"
#include "base/clock.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "trust/entry.h"

#define ODD_MAX 20 /* reports that were not simply applied */

static void put_day(struct gv_buf *out, const char *name, bool known, int32_t day)
{
    char text[11];

    gv_day_format(day, text);
    if (known)
        gv_buf_printf(out, ",\"%s\":\"%s\"", name, text);
    else
        gv_buf_printf(out, ",\"%s\":null", name);
}

static void put_string(struct gv_buf *out, const char *name, const char *value)
{
    gv_buf_printf(out, ",\"%s\":", name);
    if (value == NULL)
        gv_buf_puts(out, "null");
    else
        gv_buf_json_str(out, value, strlen(value));
}

static void put_assignments(struct gv_buf *out, const struct unit *unit)
{
    bool first = true;

    gv_buf_puts(out, ",\"assignments\":{");
    for (int state = 1; state < GV_STATE_END; state++) {
        size_t count = 0;

        for (size_t i = 0; i < unit->work.count; i++)
            count += unit->work.items[i].state == (enum gv_state)state;
        if (count == 0)
            continue;
        gv_buf_printf(out, "%s\"%s\":%zu", first ? "" : ",", gv_state_name((enum gv_state)state),
                      count);
        first = false;
    }
    gv_buf_putc(out, '}');
}

struct odd {
    struct gv_buf *out;
    const struct unit *unit;
    bool any;
};

static const char *disposition_name(uint32_t code)
{
    switch (code) {
    case GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_STALE:
        return "STALE";
    case GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_UNSUPPORTED:
        return "UNSUPPORTED";
    default:
        return "REFUSED";
    }
}

static void put_odd(void *ctx, const struct gv_spool_disposition *one)
{
    struct odd *odd = ctx;
    struct gv_report report = {0};
    const struct gv_work_item *item;
    char id[33];

    gv_arena_reset(odd->unit->host->message_arena);
    if (gv_report_open(one->entry, odd->unit->host->message_arena, &report) == GV_ENOMEM)
        return;
    item = gv_work_find((struct gv_work *)&odd->unit->work, &report.assignment);
    gv_hex(report.assignment.b, 16, id);
    gv_buf_printf(odd->out,
                  "%s{\"n\":%" PRIu64 ",\"disposition\":\"%s\",\"error\":\"%s\","
                  "\"assignment\":\"%s\",\"epoch\":%u",
                  odd->any ? "," : "", one->n, disposition_name(one->code), gv_err_name(one->error),
                  id, (unsigned)report.epoch);
    put_string(odd->out, "task", item != NULL ? item->number : NULL);
    put_string(odd->out, "text", one->text);
    gv_buf_putc(odd->out, '}');
    odd->any = true;
}

struct source_faults {
    struct gv_buf *out;
    const struct unit *unit;
    bool any;
};

static gv_err put_source(void *ctx, const char *name, const struct gv_spool_document *document)
{
    struct source_faults *s = ctx;
    const struct source *source = s->unit->sources;
    char applied[26];

    while (source != NULL && strcmp(source->config->name, name) != 0)
        source = source->next_of_unit;
    if (source == NULL)
        return GV_OK; /* of a source that the settings no longer have */
    gv_buf_puts(s->out, s->any ? ",{\"source\":" : "{\"source\":");
    gv_buf_json_str(s->out, name, strlen(name));
    put_day(s->out, "as_of", source->has_as_of, source->as_of);
    gv_time_format(document->applied_us, applied);
    put_string(s->out, "applied_at", document->bytes.len > 0 ? applied : NULL);
    put_string(s->out, "fault", document->fault);
    gv_buf_putc(s->out, '}');
    s->any = true;
    return GV_OK;
}

/* When the unit was re-admitted last, and what came of its logs. */
static gv_err put_adopted(struct gv_buf *out, const struct unit *unit)
{
    char key[GV_CODE_MAX + 16];
    gv_err err;

    unit_adopt_note_key(unit, key, sizeof key);
    gv_buf_puts(out, ",\"re_admitted\":");
    err = gv_spool_meta(unit->host->spool, key, out);
    if (err == GV_ENOTFOUND)
        gv_buf_puts(out, "null");
    return err == GV_ENOTFOUND ? GV_OK : err;
}

static void put_key(struct gv_buf *out, const struct unit *unit)
{
    const struct gv_key *next = rotation_next(unit);
    int64_t made_us = rotation_made_us(unit);
    char id[33], next_id[33], made[26];

    if (unit->key != NULL)
        gv_hex(unit->key->key_id.b, sizeof unit->key->key_id.b, id);
    if (next != NULL)
        gv_hex(next->key_id.b, sizeof next->key_id.b, next_id);
    gv_time_format(made_us, made);
    put_string(out, "key_id", unit->key != NULL ? id : NULL);
    put_string(out, "key_made_at", made_us != 0 ? made : NULL);
    put_string(out, "next_key_id", next != NULL ? next_id : NULL);
}

static gv_err put_unit(struct gv_buf *out, const struct unit *unit)
{
    struct odd odd = {out, unit, false};
    struct source_faults sources = {out, unit, false};
    const struct gv_agent_side *side = &unit->side;
    bool known = unit->started;
    int32_t day = 0;
    bool has_day = unit_business_day(unit, &day);
    gv_err err;

    gv_buf_puts(out, "{\"unit\":");
    gv_buf_json_str(out, unit->code.s, strlen(unit->code.s));
    gv_buf_printf(out, ",\"enrolled\":%s,\"connected\":%s", unit->row.enrolled ? "true" : "false",
                  unit_is_live(unit) ? "true" : "false");
    put_string(out, "phase",
               known                      ? gv_agent_phase_name(side->phase)
               : unit->host->room.is_full ? "no-room"
                                          : "enrolling");
    put_string(out, "coordinator", unit_is_live(unit) ? unit->peer.code.s : NULL);
    put_string(out, "freeze",
               known && side->freeze != GV_FREEZE_NONE ? gv_freeze_name(side->freeze) : NULL);
    put_string(out, "error", unit->told != GV_OK ? gv_err_name(unit->told) : NULL);
    put_string(out, "person", unit->config->person);
    put_key(out, unit);
    err = put_adopted(out, unit);
    gv_buf_printf(out,
                  ",\"report_n\":%" PRIu64 ",\"receipted_n\":%" PRIu64 ",\"order_n\":%" PRIu64
                  ",\"order_faults\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"stale\":%" PRIu64,
                  unit->row.reports.n, unit->row.receipted.n, unit->row.orders.n,
                  unit->counts.order_faults, unit->counts.refused + unit->counts.unsupported,
                  unit->counts.stale);
    put_day(out, "finished_day", known && side->finished_known, side->finished_day);
    put_day(out, "business_day", has_day, day);
    put_assignments(out, unit);
    gv_buf_puts(out, ",\"sources\":[");
    if (err == GV_OK)
        err = gv_spool_documents(unit->host->spool, unit->code.s, put_source, &sources);
    gv_buf_puts(out, "],\"not_applied\":[");
    if (err == GV_OK)
        err = gv_spool_dispositions(unit->host->spool, unit->code.s, ODD_MAX, put_odd, &odd);
    gv_buf_puts(out, "]}");
    return err;
}

static void put_room(struct gv_buf *out, const struct host *host)
{
    const struct room *room = &host->room;

    gv_buf_printf(out,
                  "\"room\":{\"watched\":%s,\"short\":%s,\"full\":%s,\"spool_over\":%s,"
                  "\"free_bytes\":%" PRIu64 ",\"mark_bytes\":%" PRIu64
                  ",\"spool_max_bytes\":%" PRIu64 "},",
                  room->known ? "true" : "false", room->is_short ? "true" : "false",
                  room->is_full ? "true" : "false", room->is_over ? "true" : "false",
                  room->space.free_bytes, host->config->low_space, host->config->spool_max);
}

gv_err overview_json(const struct host *host, struct gv_buf *out)
{
    gv_buf_puts(out, "{\"ok\":true,\"version\":\"" GV_VERSION "\",\"keyset_version\":");
    gv_buf_printf(out, "%" PRIu64 ",", host->keyset != NULL ? host->keyset->version : (uint64_t)0);
    put_room(out, host);
    gv_buf_puts(out, "\"units\":[");
    for (size_t i = 0; i < host->unit_count; i++) {
        gv_err err;

        if (i > 0)
            gv_buf_putc(out, ',');
        err = put_unit(out, host->units[i]);
        if (err != GV_OK)
            return err;
    }
    gv_buf_puts(out, "]}\n");
    return gv_buf_ok(out) ? GV_OK : GV_ENOMEM;
}
