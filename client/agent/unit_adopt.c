/*
 * unit_adopt.c - re-admission: an administrator's act let the unit in although its logs are not the
 * deployment's (the disk was lost, or an old backup was put back). The deployment's logs are taken,
 * and what it does not hold of ours comes after them. One transaction, in the turn.
 */
#include <inttypes.h>
#include <stdio.h>

#include "agent/unit.h"
#include "base/clock.h"
#include "base/log.h"

void unit_adopt_note_key(const struct unit *unit, char *out, size_t out_size)
{
    snprintf(out, out_size, "adopted/%s", unit->code.s);
}

gv_err unit_adopt_agreed(struct unit *unit, const ProtobufCBinaryData *held, size_t count,
                         uint64_t *agreed)
{
    uint64_t receipted = unit->side.receipted.n;
    uint64_t found = 0;

    for (size_t i = 0; i < count; i++) {
        struct gv_slice bytes = {held[i].data, held[i].len};
        struct gv_hash_at own;
        gv_hash theirs;
        gv_err err = gv_hash_from(bytes, &theirs);

        if (err != GV_OK)
            return err;
        err = gv_spool_report_hash(unit->host->spool, unit->code.s, receipted + 1 + i, &own);
        if (err != GV_OK)
            return err;
        if (!own.known || !gv_hash_eq(&own.h, &theirs))
            break; /* a running hash that differs differs from there on */
        found = receipted + 1 + i;
    }
    *agreed = found;
    return GV_OK;
}

/* For "giaoviec-agent status". */
static gv_err put_note(struct unit *unit, const struct gv_cursor *base, uint64_t carried)
{
    char key[GV_CODE_MAX + 16], at[26], text[160];
    int len;

    gv_time_format(gv_clock_real_us(), at);
    unit_adopt_note_key(unit, key, sizeof key);
    len = snprintf(text, sizeof text,
                   "{\"at\":\"%s\",\"after\":%" PRIu64 ",\"renumbered\":%" PRIu64 "}", at, base->n,
                   carried);
    return gv_spool_meta_put(unit->host->spool, key,
                             (struct gv_slice){(const uint8_t *)text, (size_t)len});
}

void unit_adopt(struct unit *unit, const struct gv_cursor *base, uint64_t first)
{
    gv_spool *spool = unit->host->spool;
    struct gv_spool_unit before = unit->row;
    uint64_t carried = 0;
    gv_err err = gv_spool_adopt(spool, unit->code.s, base, first, &unit->row, &carried);

    if (err == GV_OK)
        err = gv_spool_receipted(spool, unit->code.s, base->n, gv_clock_real_us());
    if (err == GV_OK)
        err = gv_spool_counts(spool, unit->code.s, &unit->counts);
    if (err == GV_OK)
        err = put_note(unit, base, carried);
    if (err != GV_OK) {
        host_fail(unit->host, GV_EIO, "spool");
        return;
    }
    unit_restate(unit);
    log_error("re-admitted",
              "unit=%s reports_were=%" PRIu64 " receipted_were=%" PRIu64 " orders_were=%" PRIu64
              " reports_after=%" PRIu64 " renumbered=%" PRIu64
              " do=\"an administrator re-admitted this unit: its logs begin anew after the "
              "deployment's, all orders come again\"",
              unit->code.s, before.reports.n, before.receipted.n, before.orders.n, base->n,
              carried);
    unit->row_dirty = true;
    unit->adopted_waits = true;
    unit->finished_waits = true;
    unit_touch(unit);
}
