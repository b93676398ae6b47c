/*
 * unit_adopt.c - re-admission: an administrator's act let the unit in although its logs are not the
 * deployment's (the disk was lost, or an old backup was put back). The deployment's logs are taken,
 * and what it does not hold of ours comes after them. One transaction, in the turn.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/unit.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/plant.h"
#include "crypto/hash.h"

void unit_adopt_note_key(const struct unit *unit, char *out, size_t out_size)
{
    snprintf(out, out_size, "adopted/%s", unit->code.s);
}

static bool read_held(const struct unit_held *held, uint64_t reports_n)
{
    if (held->count == 0)
        return reports_n == 0;
    if (held->first == 0 || held->first > reports_n || held->count > reports_n - held->first + 1)
        return false;
    for (size_t i = 0; i < held->count; i++) {
        if (held->list[i].len != sizeof(gv_hash))
            return false;
    }
    return true;
}

gv_err unit_adopt_first(struct unit *unit, uint64_t reports_n, uint64_t *first)
{
    struct unit_held *held = &unit->held;

    if (!read_held(held, reports_n))
        return GV_EBADMSG;
    *first = held->count > 0 ? held->first : 1;
    if (*first > unit->side.receipted.n + 1) /* what is not receipted is never given up */
        *first = unit->side.receipted.n + 1;
    held->used = gv_arena_zalloc(unit->host->message_arena, held->count + 1);
    if (held->used == NULL)
        return GV_ENOMEM;
    for (size_t i = held->count; i-- > 0;) {
        struct gv_hash_at own;
        gv_err err = gv_spool_report_hash(unit->host->spool, unit->code.s, held->first + i, &own);

        if (err != GV_OK)
            return err;
        if (own.known && memcmp(own.h.b, held->list[i].data, sizeof own.h.b) == 0) {
            *first = held->first + i + 1; /* and with it all before it */
            return GV_OK;
        }
    }
    return GV_OK;
}

/*
 * Does the deployment hold this entry of ours, under whatever number? So it may, after an earlier
 * re-admission, where the same backup was put back twice.
 */
static bool is_held(void *ctx, struct gv_slice entry)
{
    struct unit_held *held = ctx;
    gv_hash before = {{0}};

    for (size_t i = 0; i < held->count; i++) {
        bool has_before = i > 0 || held->first == 1;
        gv_hash h;

        if (has_before && !held->used[i] && !GV_PLANTED(ADOPTION_REPEATS)) {
            gv_hash_chain(&before, entry, &h);
            held->used[i] = memcmp(h.b, held->list[i].data, sizeof h.b) == 0;
            if (held->used[i])
                return true;
        }
        memcpy(before.b, held->list[i].data, sizeof before.b);
    }
    return false;
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

void unit_adopt(struct unit *unit, const struct gv_agent_action *action)
{
    gv_spool *spool = unit->host->spool;
    struct gv_spool_unit before = unit->row;
    const struct gv_cursor *base = &action->cursor;
    struct gv_spool_adoption adoption = {.base = *base,
                                         .first = GV_PLANTED(ADOPTION_DROPS) ? before.reports.n + 1
                                                                             : action->first,
                                         .held = is_held,
                                         .ctx = &unit->held,
                                         .keep_orders = action->keep_orders};
    uint64_t carried = 0;
    gv_err err = gv_spool_adopt(spool, unit->code.s, &adoption, &unit->row, &carried);

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
    log_error("re-admitted",
              "unit=%s reports_were=%" PRIu64 " receipted_were=%" PRIu64 " orders_were=%" PRIu64
              " reports_after=%" PRIu64 " renumbered=%" PRIu64 " orders_kept=%" PRIu64
              " do=\"an administrator re-admitted this unit: its report log goes on after the "
              "deployment's, the orders that it does not hold come again\"",
              unit->code.s, before.reports.n, before.receipted.n, before.orders.n, base->n, carried,
              unit->row.orders.n);
    unit->row_dirty = true;
    unit->adopted_waits = true;
    unit->finished_waits = true;
    unit_touch(unit);
    if (action->keep_orders) {
        unit_restate(unit, unit->row.orders.n == unit->held.orders_n);
    } else {
        gv_work_fini(&unit->work);
        gv_work_init(&unit->work);
    }
}
