/* check.c - promises about what is said, when it is said, and about the end. */
#include <stdlib.h>
#include <string.h>

#include "agent_model.h"
#include "crypto/hash.h"
#include "giaoviec/v1/act.pb-c.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "giaoviec/v1/envelope.pb-c.h"
#include "wire/pb_arena.h"

struct said {
    gv_arena *arena;
    const Giaoviec__V1__Header *header;
    ProtobufCMessage *body;
};

/* Without any check of the production code's. */
static bool read_frame(struct gv_slice frame, struct said *out)
{
    struct gv_envelope envelope;
    Giaoviec__V1__Payload *payload;

    out->arena = gv_arena_new((size_t)16 << 20);
    if (gv_envelope_read(frame, &envelope) != GV_OK)
        return false;
    payload = gv_pb_unpack(&giaoviec__v1__payload__descriptor, envelope.payload, out->arena);
    if (payload == NULL || gv_kind_row(payload->header->kind) == NULL)
        return false;
    out->header = payload->header;
    out->body =
        gv_pb_unpack(gv_kind_row(out->header->kind)->body, gv_pb_slice(payload->body), out->arena);
    return out->body != NULL;
}

static struct gv_cursor cursor_of(const Giaoviec__V1__Cursor *from)
{
    struct gv_cursor cursor = {.n = from->number};

    if (from->hash.len == sizeof cursor.h.b)
        memcpy(cursor.h.b, from->hash.data, sizeof cursor.h.b);
    return cursor;
}

/* ---- agents: nothing is said that a crash could unsay ---- */

static void check_hello(struct spool_unit *disk, const struct gv_spool_unit *row,
                        const Giaoviec__V1__Hello *hello)
{
    struct gv_cursor orders = cursor_of(hello->orders), reports = cursor_of(hello->reports),
                     receipted = cursor_of(hello->receipted);

    PROMISE(hello->connection == row->connection,
            "%s says connection %llu, its spool would say %llu", disk->code.s,
            (unsigned long long)hello->connection, (unsigned long long)row->connection);
    PROMISE(hello->connection > disk->connection, "%s says connection %llu after %llu",
            disk->code.s, (unsigned long long)hello->connection,
            (unsigned long long)disk->connection);
    disk->connection = hello->connection;
    PROMISE(gv_cursor_eq(&orders, &row->orders) && gv_cursor_eq(&reports, &row->reports) &&
                receipted.n <= row->receipted.n,
            "%s says Hello with what is not durable", disk->code.s);
}

static void check_reports(const struct gv_spool *spool, const struct spool_unit *disk,
                          const Giaoviec__V1__Reports *reports)
{
    for (size_t i = 0; i < reports->n_entries; i++) {
        uint64_t n = reports->first + i;
        const struct spool_report *own = &disk->reports[n <= REPORTS_MAX ? n : 0];

        PROMISE(n > 0 && n <= disk->report_n && spool_durable(spool, own) &&
                    own->entry.len == reports->entries[i].len &&
                    memcmp(own->entry.data, reports->entries[i].data, own->entry.len) == 0,
                "%s sends report %llu, which its spool could lose", disk->code.s,
                (unsigned long long)n);
    }
}

void check_sent_by_agent(struct agent *agent, struct gv_link *link, struct gv_slice frame)
{
    struct spool_unit *disk = spool_unit_of(&agent->spool, link->code.s);
    struct gv_spool_unit row = spool_durable_row(&agent->spool, disk);
    struct said said;

    if (!read_frame(frame, &said))
        broken("%s sends what cannot be read", disk->code.s);
    else if (said.header->kind == GV_KIND_HELLO)
        check_hello(disk, &row, (const Giaoviec__V1__Hello *)said.body);
    else if (said.header->kind == GV_KIND_REPORTS)
        check_reports(&agent->spool, disk, (const Giaoviec__V1__Reports *)said.body);
    else if (said.header->kind == GV_KIND_ORDERS_RECEIPT) {
        struct gv_cursor orders =
            cursor_of(((const Giaoviec__V1__OrdersReceipt *)said.body)->orders);

        PROMISE(gv_cursor_eq(&orders, &row.orders),
                "%s receipts orders up to %llu, its spool holds %llu", disk->code.s,
                (unsigned long long)orders.n, (unsigned long long)row.orders.n);
    }
    gv_arena_free(said.arena);
}

/* ---- servers: nothing is said that was not committed ---- */

static struct db_unit *unit_named(const char *code)
{
    for (uint32_t i = 1; i <= sim.plan.units; i++) {
        if (strcmp(db.units[i].code.s, code) == 0)
            return &db.units[i];
    }
    return NULL;
}

static void check_cursor(const struct db_unit *unit, const struct gv_cursor *said)
{
    bool stored = said->n == 0 || (said->n <= unit->log.report_n &&
                                   gv_hash_eq(&said->h, &db.reports[unit->log.unit_id][said->n].h));
    bool was = false;

    for (const struct ever *ever = unit->reports_ever; ever != NULL && !was; ever = ever->next)
        was = gv_cursor_eq(said, &ever->cursor);
    PROMISE(stored || (db.lost && was), "%s is told that reports up to %llu are stored",
            unit->code.s, (unsigned long long)said->n);
}

static void check_receipt(const struct db_unit *unit, const Giaoviec__V1__Receipt *receipt)
{
    struct gv_cursor said = cursor_of(receipt->reports);

    check_cursor(unit, &said);
    for (size_t i = 0; i < receipt->n_dispositions && !db.lost; i++) {
        const Giaoviec__V1__Disposition *one = receipt->dispositions[i];

        PROMISE(one->number <= unit->log.report_n &&
                    db.reports[unit->log.unit_id][one->number].disposition == one->code,
                "%s is told another disposition of report %llu than is stored", unit->code.s,
                (unsigned long long)one->number);
    }
}

static void check_orders(const struct db_unit *unit, const Giaoviec__V1__Orders *orders)
{
    for (size_t i = 0; i < orders->n_entries && !db.lost; i++) {
        uint64_t n = orders->first + i;
        const struct db_order *own = &db.orders[unit->log.unit_id][n <= ORDERS_MAX ? n : 0];

        PROMISE(own->entry.len == orders->entries[i].len &&
                    memcmp(own->entry.data, orders->entries[i].data, own->entry.len) == 0,
                "%s is sent order %llu, which is not stored so", unit->code.s,
                (unsigned long long)n);
    }
}

void check_sent_by_server(struct gv_link *link, struct gv_slice frame)
{
    struct db_unit *unit = unit_named(link->code.s);
    struct said said;

    if (!read_frame(frame, &said)) {
        broken("%s sends what cannot be read", server_process(link->server)->name);
    } else if (said.header->kind == GV_KIND_RECEIPT) {
        check_receipt(unit, (const Giaoviec__V1__Receipt *)said.body);
    } else if (said.header->kind == GV_KIND_WELCOME) {
        struct gv_cursor reports = cursor_of(((const Giaoviec__V1__Welcome *)said.body)->reports);

        check_cursor(unit, &reports);
    } else if (said.header->kind == GV_KIND_ORDERS) {
        check_orders(unit, (const Giaoviec__V1__Orders *)said.body);
    } else if (said.header->kind == GV_KIND_ACT_RESULT) {
        const Giaoviec__V1__ActResult *result = (const Giaoviec__V1__ActResult *)said.body;
        gv_id id;

        memcpy(id.b, result->act_id.data, sizeof id.b);
        PROMISE(db.lost || db_act_of(&id) != NULL, "an act was answered that is not stored");
    }
    gv_arena_free(said.arena);
}

/* ---- the end ---- */

static bool unit_converged(const struct db_unit *unit, const char **why)
{
    const struct gv_unit_log *log = &unit->log;
    struct unit *agent = NULL;
    struct gv_cursor stored = {log->report_n, log->report_h}, orders = {log->order_n, log->order_h};

    agent_of_unit(unit->code.s, &agent);
    *why = "an agent is down";
    if (agent == NULL)
        return false;
    if (agent->side.phase == GV_AGENT_FROZEN || log->quarantined) {
        PROMISE(db.lost || sim.plan.disks, "%s is frozen: %s", unit->code.s,
                gv_freeze_name(agent->side.freeze));
        *why = "a unit is not let in again";
        return !sim.plan.disks;
    }
    *why = "reports are not receipted";
    if (agent->row.receipted.n < agent->row.reports.n)
        return false;
    *why = "reports are not stored";
    if (!gv_cursor_eq(&stored, &agent->row.reports))
        return false;
    *why = "orders have not arrived";
    if (!gv_cursor_eq(&orders, &agent->row.orders))
        return false;
    *why = "orders are not receipted";
    return log->ack_n == log->order_n;
}

/* Every entry that was made and is on a disk is stored once, whatever became of its number. */
static void check_made(const struct db_unit *unit)
{
    struct agent *agent = agent_of_unit(unit->code.s, NULL);
    struct spool_unit *disk = spool_unit_of(&agent->spool, unit->code.s);
    const struct db_report *reports = db.reports[unit->log.unit_id];
    size_t next = 0;

    for (uint64_t n = 1; n <= unit->log.report_n; n++) {
        struct spool_made *found = NULL;

        for (size_t i = 0; i < disk->made_n && (found == NULL || found->stored); i++) {
            struct spool_made *made = &disk->made[(next + i) % disk->made_n];
            gv_hash h;

            gv_hash_chain(&reports[n - 1].h, made->entry, &h);
            if (gv_hash_eq(&h, &reports[n].h))
                found = made;
        }
        PROMISE(found != NULL, "%s: report %llu was never made", unit->code.s,
                (unsigned long long)n);
        if (found == NULL)
            return;
        PROMISE(!found->stored, "%s: what is stored as report %llu is stored twice", unit->code.s,
                (unsigned long long)n);
        found->stored = true;
        next = (size_t)(found - disk->made) + 1;
    }
    for (size_t i = 0; i < disk->made_n; i++)
        PROMISE(disk->made[i].stored || disk->made[i].lost,
                "%s: a report that was made never arrived", unit->code.s);
}

/* Does the agent know what it holds? */
static void check_items(const struct db_unit *unit)
{
    struct unit *agent = NULL;

    agent_of_unit(unit->code.s, &agent);
    if (agent == NULL || agent->side.phase == GV_AGENT_FROZEN || unit->log.quarantined)
        return;
    for (size_t i = 0; i < db.row_n; i++) {
        const struct gv_assignment_row *row = &db.rows[i].row;
        const struct gv_work_item *item;
        bool ended = row->a.state == GV_STATE_TRANSFERRED || row->a.state == GV_STATE_REVOKED;

        if (row->unit_id != unit->log.unit_id ||
            (item = gv_work_find(&agent->work, &row->assignment)) == NULL)
            continue;
        if (item->epoch != row->a.epoch)
            PROMISE(item->epoch > row->a.epoch && (ended || db.lost),
                    "%s believes in epoch %u, holds %u", unit->code.s, (unsigned)item->epoch,
                    (unsigned)row->a.epoch);
        else
            PROMISE(gv_work_is_open(item) == (!ended && row->a.state != GV_STATE_COMPLETED),
                    "%s believes %s, stored is %s", unit->code.s, gv_state_name(item->state),
                    gv_state_name(row->a.state));
        PROMISE(ended || row->a.state != GV_STATE_ISSUED, "an order was receipted, not delivered");
        PROMISE(item->epoch != row->a.epoch || row->a.state != GV_STATE_DELIVERED ||
                    item->state == GV_STATE_DELIVERED,
                "%s believes %s, stored is delivered", unit->code.s, gv_state_name(item->state));
    }
}

/* With -v: where everything stands. */
void check_tell(void)
{
    for (uint32_t i = 1; i <= sim.plan.units; i++) {
        const struct gv_unit_log *log = &db.units[i].log;
        struct unit *unit = NULL;

        agent_of_unit(log->code.s, &unit);
        say("%s stored: connection %llu at '%s', reports %llu, orders %llu receipted %llu%s%s",
            log->code.s, (unsigned long long)log->connection, log->coordinator.s,
            (unsigned long long)log->report_n, (unsigned long long)log->order_n,
            (unsigned long long)log->ack_n, log->quarantined ? ", in quarantine" : "",
            db.units[i].locked_by != NULL ? ", locked" : "");
        if (unit != NULL)
            say("%s agent: %s, connection %llu at %s, reports %llu receipted %llu, orders %llu",
                log->code.s, gv_agent_phase_name(unit->side.phase),
                (unsigned long long)unit->side.connection, unit->peer.code.s,
                (unsigned long long)unit->side.reports.n,
                (unsigned long long)unit->side.receipted.n,
                (unsigned long long)unit->side.orders.n);
    }
}

bool converged(const char **why)
{
    *why = "acts are not answered";
    if (!office_done())
        return false;
    for (uint32_t i = 1; i <= sim.plan.units; i++) {
        if (!unit_converged(&db.units[i], why))
            return false;
    }
    for (uint32_t i = 1; i <= sim.plan.units; i++) {
        check_items(&db.units[i]);
        if (sim.plan.disks && !db.lost)
            check_made(&db.units[i]);
    }
    return true;
}
