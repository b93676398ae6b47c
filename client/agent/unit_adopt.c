/*
 * unit_adopt.c - re-admission: an administrator's act let the unit in although its logs are not the
 * deployment's (the disk was lost, or an old backup was put back). The deployment's logs are taken,
 * and what it does not hold of ours comes after them. One transaction, in the turn.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/unit.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/plant.h"
#include "crypto/hash.h"

void unit_adopt_note_key(const struct unit *unit, char *out, size_t out_size)
{
    snprintf(out, out_size, "adopted/%s", unit->code.s);
}

/* ---- what is held --------------------------------------------------------------------------- */

static size_t count_of(const struct unit_held *held)
{
    return held->list.len / sizeof(gv_hash);
}

static const gv_hash *hash_at(const struct unit_held *held, size_t i)
{
    return (const gv_hash *)held->list.data + i;
}

static bool can_be(const Giaoviec__V1__Welcome *body, uint64_t head)
{
    if (body->n_held == 0)
        return head == 0;
    if (body->held_first == 0 || body->held_first > head ||
        body->n_held > head - body->held_first + 1)
        return false;
    for (size_t i = 0; i < body->n_held; i++) {
        if (body->held[i].len != sizeof(gv_hash))
            return false;
    }
    return true;
}

/* Its first hash is the last one of before: the history is still the same up to there. */
static bool goes_on(const struct unit_held *held, const Giaoviec__V1__Welcome *body)
{
    size_t count = count_of(held);

    return count > 0 && body->n_held > 0 && body->held_first == held->first + count - 1 &&
           memcmp(hash_at(held, count - 1)->b, body->held[0].data, sizeof(gv_hash)) == 0;
}

static gv_err is_own(const struct unit *unit, const struct gv_cursor *stored, bool *own)
{
    const struct gv_spool_unit *row = &unit->row;
    struct gv_hash_at at = {0};
    gv_err err = gv_spool_report_hash(unit->host->spool, unit->code.s, stored->n, &at);

    if (err == GV_OK)
        *own = gv_cursor_eq(stored, &row->reports) || gv_cursor_eq(stored, &row->receipted) ||
               (at.known && gv_hash_eq(&at.h, &stored->h));
    return err;
}

/* The newest that is ours, the head first; and with it all before it. Those before `from` were
 * looked at. */
static gv_err find_own(struct unit *unit, size_t from, const struct gv_cursor *head)
{
    struct unit_held *held = &unit->held;
    struct gv_cursor at = *head;
    bool own = false;
    gv_err err = is_own(unit, &at, &own);

    for (size_t i = count_of(held); err == GV_OK && !own && i-- > from;) {
        at = (struct gv_cursor){held->first + i, *hash_at(held, i)};
        err = is_own(unit, &at, &own);
    }
    if (err == GV_OK && own)
        held->own = at.n;
    return err;
}

gv_err unit_adopt_learn(struct unit *unit, const Giaoviec__V1__Welcome *body,
                        const struct gv_cursor *reports, struct gv_held *out)
{
    struct unit_held *held = &unit->held;
    size_t known = 0;
    gv_err err;

    if (!can_be(body, reports->n))
        return GV_EBADMSG;
    if (goes_on(held, body)) {
        known = 1;
    } else {
        unit_adopt_forget(unit);
        held->first = body->held_first;
    }
    held->orders_n = body->orders->number;
    for (size_t i = known; i < body->n_held; i++)
        gv_buf_append(&held->list, body->held[i].data, sizeof(gv_hash));
    if (!gv_buf_ok(&held->list)) {
        unit_adopt_forget(unit);
        return GV_ENOMEM;
    }
    err = find_own(unit, count_of(held) - (body->n_held - known), reports);
    if (err == GV_OK)
        *out = (struct gv_held){held->first, count_of(held), held->own};
    return err;
}

void unit_adopt_forget(struct unit *unit)
{
    free(unit->held.used);
    gv_buf_fini(&unit->held.list);
    unit->held = (struct unit_held){0};
}

/*
 * Does the deployment hold this entry of ours past the place where the logs part, under whatever
 * number? So it may, after an earlier re-admission, where the same backup was put back twice. Up to
 * that place each entry that it holds is another one of ours, whatever it says.
 */
static bool is_held(void *ctx, struct gv_slice entry)
{
    struct unit_held *held = ctx;
    size_t count = count_of(held);

    for (size_t i = held->own >= held->first ? (size_t)(held->own - held->first + 1) : 0; i < count;
         i++) {
        gv_hash before = {{0}}, h; /* from the beginning, where the logs part there */

        if (held->used[i] || GV_PLANTED(ADOPTION_REPEATS))
            continue;
        if (i > 0)
            before = *hash_at(held, i - 1);
        gv_hash_chain(&before, entry, &h);
        held->used[i] = gv_hash_eq(&h, hash_at(held, i));
        if (held->used[i])
            return true;
    }
    return false;
}

/* ---- adoption ------------------------------------------------------------------------------- */

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

static gv_err take_logs(struct unit *unit, const struct gv_agent_action *action, uint64_t *carried)
{
    gv_spool *spool = unit->host->spool;
    const struct gv_cursor *base = &action->cursor;
    struct gv_spool_adoption adoption = {
        .base = *base,
        .first = GV_PLANTED(ADOPTION_DROPS) ? unit->row.reports.n + 1 : action->first,
        .held = is_held,
        .ctx = &unit->held,
        .keep_orders = action->keep_orders};
    gv_err err;

    unit->held.used = calloc(count_of(&unit->held) + 1, sizeof(bool));
    if (unit->held.used == NULL)
        return GV_ENOMEM;
    err = gv_spool_adopt(spool, unit->code.s, &adoption, &unit->row, carried);
    if (err == GV_OK)
        err = gv_spool_receipted(spool, unit->code.s, base->n, gv_clock_real_us());
    if (err == GV_OK)
        err = gv_spool_counts(spool, unit->code.s, &unit->counts);
    if (err == GV_OK)
        err = put_note(unit, base, *carried);
    return err == GV_OK && GV_FAILPOINT(adoption_written) ? GV_EIO : err;
}

void unit_adopt(struct unit *unit, const struct gv_agent_action *action)
{
    struct gv_spool_unit before = unit->row;
    const struct gv_cursor *base = &action->cursor;
    uint64_t orders_n = unit->held.orders_n, carried = 0;
    gv_err err = take_logs(unit, action, &carried);

    unit_adopt_forget(unit);
    if (err != GV_OK) {
        host_fail(unit->host, err == GV_ENOMEM ? err : GV_EIO, "spool");
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
        unit_restate(unit, unit->row.orders.n == orders_n);
    } else {
        gv_work_fini(&unit->work);
        gv_work_init(&unit->work);
    }
}
