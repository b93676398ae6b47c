/* store_rows.c - the tables, and every promise that a COMMIT must keep. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "giaoviec/v1/delivery.pb-c.h"
#include "store_model.h"

enum {
    APPLIED = GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_APPLIED,
    STALE = GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_STALE,
    LOST_MAX = 40, /* commits that a failover may lose */
};

/* ---- history that a failover can lose ---- */

static struct lost {
    void *at;
    size_t size;
    uint8_t *old;
    uint64_t commit;
} * losable;
static size_t losable_n, losable_room;

void db_change(void *place, size_t size)
{
    if (!sim.plan.loses || !sim.faulty)
        return;
    if (losable_n == losable_room) {
        losable_room = losable_room == 0 ? 1024 : losable_room * 2;
        losable = realloc(losable, losable_room * sizeof *losable);
        assert(losable != NULL);
    }
    losable[losable_n++] = (struct lost){place, size, keep(place, size), db.commits};
}

void db_committed(void)
{
    db.commits++;
}

void db_begin(void)
{
    memset(&db, 0, sizeof db);
    losable_n = 0;
    db.up = true;
    db.keys_version = 1;
    for (uint32_t i = 0; i < SERVERS_MAX; i++)
        db.reachable[i] = true;
    for (uint32_t i = 0; i < sim.plan.units; i++) {
        struct db_unit *unit = &db.units[i + 1];

        unit->code = deployment.unit[i]->code;
        unit->log = (struct gv_unit_log){.unit_id = (int32_t)i + 1,
                                         .code = unit->code,
                                         .has_key = true,
                                         .key_id = deployment.unit[i]->key_id};
    }
}

void db_end(void)
{
    free(losable);
    losable = NULL;
    losable_n = losable_room = 0;
}

void db_server_died(uint32_t server)
{
    store_drop_all(server);
}

void db_fail(bool promote)
{
    uint64_t keep_until =
        db.commits - below((uint32_t)(db.commits < LOST_MAX ? db.commits + 1 : LOST_MAX));

    say("the database fails%s", promote ? ", another one takes its place" : "");
    sim.count.restarts += !promote;
    sim.count.failovers += promote && !sim.plan.loses;
    store_drop_all(SERVERS_MAX);
    db.up = false;
    db.generation++;
    if (!promote || !sim.plan.loses)
        return;
    while (losable_n > 0 && losable[losable_n - 1].commit >= keep_until) {
        struct lost *one = &losable[--losable_n];

        memcpy(one->at, one->old, one->size);
        db.lost = true;
    }
    if (keep_until < db.commits) {
        say("it has lost %llu commits", (unsigned long long)(db.commits - keep_until));
        sim.count.losses++;
    }
}

int64_t db_business_us(void)
{
    return INT64_C(1706000000000000) + sim.now_ms * 1000 + db.jump_us;
}

/* ---- looking up ---- */

struct db_row *db_row_of(int32_t unit_id, const gv_id *assignment, uint32_t epoch)
{
    for (size_t i = 0; i < db.row_n; i++) {
        struct gv_assignment_row *row = &db.rows[i].row;

        if (row->unit_id == unit_id && row->a.epoch == epoch &&
            gv_id_eq(&row->assignment, assignment))
            return &db.rows[i];
    }
    return NULL;
}

struct db_act *db_act_of(const gv_id *id)
{
    for (size_t i = 0; i < db.act_n; i++) {
        if (gv_id_eq(&db.acts[i].id, id))
            return &db.acts[i];
    }
    return NULL;
}

/* ---- rollups: as giaoviec.outcome() and rollup_adjust.sql have them ---- */

static int outcome_of(const struct gv_assignment *a, uint32_t role)
{
    bool in_time = a->has_submitted && (!a->has_submit_due || a->submitted_us <= a->submit_due_us);

    if (role != GV_ASSIGN_LEAD)
        return 0;
    switch (a->state) {
    case GV_STATE_NONE:
    case GV_STATE_DRAFT:
    case GV_STATE_TRANSFERRED:
    case GV_STATE_REVOKED:
        return 0;
    case GV_STATE_SUSPENDED:
        return 6;
    case GV_STATE_NOT_MET:
        return 7;
    case GV_STATE_COMPLETED:
        return !a->has_due ? 5 : in_time ? 3 : 4;
    case GV_STATE_SUBMITTED:
        return in_time ? 2 : 1;
    default:
        return 1;
    }
}

static struct db_rollup *rollup_of(const struct gv_assignment_row *row, int outcome, int64_t due_us)
{
    struct db_rollup *r;

    for (size_t i = 0; i < db.rollup_n; i++) {
        r = &db.rollups[i];
        if (r->unit_id == row->unit_id && gv_id_eq(&r->directive, &row->directive) &&
            r->item == row->item && r->outcome == outcome && r->due_us == due_us)
            return r;
    }
    assert(db.rollup_n < ROLLUPS_MAX);
    DB_CHANGE(db.rollup_n);
    r = &db.rollups[db.rollup_n++];
    DB_CHANGE(*r);
    *r = (struct db_rollup){row->unit_id, row->directive, row->item, outcome, due_us, 0};
    return r;
}

static void roll(const struct gv_assignment_row *row, const struct gv_assignment *a, int64_t by)
{
    int outcome = outcome_of(a, row->role);
    struct db_rollup *r;

    if (outcome == 0)
        return;
    r = rollup_of(row, outcome, a->has_due ? a->due_us : 0);
    DB_CHANGE(r->n);
    r->n += by;
}

static void check_rollups(void)
{
    for (size_t i = 0; i < db.rollup_n; i++) {
        const struct db_rollup *r = &db.rollups[i];
        int64_t n = 0;

        for (size_t k = 0; k < db.row_n; k++) {
            const struct gv_assignment_row *row = &db.rows[k].row;

            n += row->unit_id == r->unit_id && gv_id_eq(&row->directive, &r->directive) &&
                 row->item == r->item && outcome_of(&row->a, row->role) == r->outcome &&
                 (row->a.has_due ? row->a.due_us : 0) == r->due_us;
        }
        PROMISE(n == r->n, "a rollup says %lld, a recount %lld", (long long)r->n, (long long)n);
    }
}

/* ---- what a COMMIT stores ---- */

static void store_units(const gv_store *store)
{
    const struct gv_changes *changes = &store->changes;

    for (size_t i = 0; i < changes->unit_count; i++) {
        const struct gv_unit_log *from = &changes->units[i];
        struct db_unit *unit = &db.units[from->unit_id];

        if (!store->dirty[i])
            continue;
        PROMISE(unit->locked_by == store, "%s is stored without its lock", from->code.s);
        DB_CHANGE(unit->log);
        PROMISE(from->connection >= unit->log.connection, "%s: connection %llu after %llu",
                from->code.s, (unsigned long long)from->connection,
                (unsigned long long)unit->log.connection);
        PROMISE(from->ack_n <= from->order_n && from->ack_n >= unit->log.ack_n,
                "%s: orders receipted fall back or run ahead", from->code.s);
        unit->log = *from;
        unit->seen_ms = sim.now_ms;
        unit->log.dirty = false;
    }
}

/* One row of an epoch, and only one that is held. */
static void check_holders(const gv_id *assignment)
{
    uint32_t held = 0;

    for (size_t i = 0; i < db.row_n; i++) {
        const struct gv_assignment_row *row = &db.rows[i].row;

        if (!gv_id_eq(&row->assignment, assignment))
            continue;
        held += row->a.state != GV_STATE_TRANSFERRED && row->a.state != GV_STATE_REVOKED;
        for (size_t k = 0; k < i; k++)
            PROMISE(!gv_id_eq(&db.rows[k].row.assignment, assignment) ||
                        db.rows[k].row.a.epoch != row->a.epoch,
                    "two units hold epoch %u of one assignment", (unsigned)row->a.epoch);
    }
    PROMISE(held <= 1, "an assignment is held by %u units", (unsigned)held);
}

static void store_rows(const gv_store *store)
{
    const struct gv_changes *changes = &store->changes;

    for (size_t i = 0; i < changes->row_count; i++) {
        const struct gv_assignment_row *from = changes->rows[i];
        const struct row_note *note = &store->notes[i];
        struct db_row *row = NULL;

        if (note->is_new) {
            assert(db.row_n < ROWS_MAX);
            PROMISE(db_row_of(from->unit_id, &from->assignment, from->a.epoch) == NULL,
                    "a row is made twice");
            DB_CHANGE(db.row_n);
            row = &db.rows[db.row_n++];
            DB_CHANGE(*row);
            *row = (struct db_row){.row = *from};
        } else {
            row = db_row_of(from->unit_id, &from->assignment, note->stored.epoch);
            PROMISE(row != NULL && row->row.a.state == note->stored.state,
                    "a row is not what it was when it was locked");
            if (row == NULL)
                return;
            PROMISE(from->a.epoch == note->stored.epoch, "a row's epoch was changed");
            DB_CHANGE(*row);
            roll(&row->row, &note->stored, -1);
            row->row = *from;
        }
        PROMISE(db.units[from->unit_id].locked_by == store, "a row is stored without its lock");
        row->row.stored = (struct gv_assignment){0};
        roll(&row->row, &from->a, 1);
    }
}

static struct ever *put_ever(struct ever *next, uint64_t n, const gv_hash *h)
{
    const struct ever ever = {{n, *h}, next};

    return keep(&ever, sizeof ever);
}

static void store_report(const gv_store *store, const struct gv_event *event)
{
    struct db_unit *unit = &db.units[event->unit_id];
    struct db_report *reports = db.reports[event->unit_id];
    uint64_t n = event->report_n;

    (void)store;
    assert(n <= REPORTS_MAX);
    PROMISE(reports[n].disposition == 0, "%s: report %llu is stored twice", unit->code.s,
            (unsigned long long)n);
    PROMISE(n == 1 || reports[n - 1].disposition != 0, "%s: report %llu is stored behind a gap",
            unit->code.s, (unsigned long long)n);
    PROMISE(event->disposition != 0, "%s: report %llu has no disposition", unit->code.s,
            (unsigned long long)n);
    DB_CHANGE(reports[n]);
    reports[n] =
        (struct db_report){event->report_h, event->disposition, event->error,
                           event->text != NULL ? keep(event->text, strlen(event->text) + 1) : ""};
    unit->reports_ever = put_ever(unit->reports_ever, n, &event->report_h);
    sim.count.stale += event->disposition == STALE;
    sim.count.refused += event->disposition > STALE;
}

/* C4: only the present holder's word under its present epoch moves a row. */
static void check_event(const struct gv_event *event)
{
    const struct gv_assignment_row *row = event->row;

    if (!event->changed) {
        PROMISE(event->kind != GV_EVENT_REPORT || event->disposition != APPLIED,
                "a report was applied and changed nothing");
        return;
    }
    PROMISE(row != NULL && event->disposition == APPLIED, "what was not applied moved a row");
    if (event->kind != GV_EVENT_REPORT && event->kind != GV_EVENT_RECEIPT)
        return;
    PROMISE(row->unit_id == event->unit_id && event->epoch == event->after.epoch,
            "unit %d moved the row of unit %d: epoch %u, the row's is %u", (int)event->unit_id,
            (int)row->unit_id, (unsigned)event->epoch, (unsigned)event->after.epoch);
    PROMISE(event->from != GV_STATE_TRANSFERRED && event->from != GV_STATE_REVOKED,
            "a report moved a row that has ended");
}

static void store_events(const gv_store *store)
{
    const struct gv_changes *changes = &store->changes;

    for (size_t i = 0; i < changes->event_count; i++) {
        const struct gv_event *event = &changes->events[i];
        struct db_row *row;

        DB_CHANGE(db.ledger_n);
        db.ledger_n++;
        check_event(event);
        if (event->report_n > 0)
            store_report(store, event);
        if (!event->changed)
            continue;
        row = db_row_of(event->row->unit_id, &event->row->assignment, event->after.epoch);
        if (row == NULL)
            continue; /* said above */
        DB_CHANGE(row->ledger);
        PROMISE(row->ledger == event->from ||
                    (row->ledger == GV_STATE_NONE && event->from == GV_STATE_DRAFT),
                "the ledger goes on from %s, the row was %s", gv_state_name(event->from),
                gv_state_name(row->ledger));
        row->ledger = event->after.state;
    }
    for (size_t i = 0; i < changes->row_count; i++) {
        const struct gv_assignment_row *from = changes->rows[i];
        const struct db_row *row = db_row_of(from->unit_id, &from->assignment, from->a.epoch);

        PROMISE(row == NULL || row->ledger == row->row.a.state ||
                    (row->ledger == GV_STATE_NONE && row->row.a.state == GV_STATE_DRAFT),
                "a recount of the ledger gives another state than the row");
        check_holders(&from->assignment);
    }
}

static void store_orders(const gv_store *store)
{
    for (size_t i = 0; i < store->changes.order_count; i++) {
        const struct gv_order_new *order = &store->changes.orders[i];
        struct db_order *orders = db.orders[order->unit_id];
        gv_hash h;

        assert(order->n <= ORDERS_MAX);
        gv_hash_chain(&orders[order->n - 1].h, order->entry, &h);
        PROMISE(orders[order->n].entry.data == NULL, "order %llu of unit %d is stored twice",
                (unsigned long long)order->n, (int)order->unit_id);
        PROMISE(gv_hash_eq(&h, &order->h), "order %llu of unit %d: its hash does not follow",
                (unsigned long long)order->n, (int)order->unit_id);
        DB_CHANGE(orders[order->n]);
        orders[order->n] =
            (struct db_order){order->h,
                              order->assignment,
                              order->epoch,
                              {keep(order->entry.data, order->entry.len), order->entry.len}};
        sim.count.orders++;
    }
}

static void store_act(const gv_store *store)
{
    struct db_act *act = db_act_of(&store->act.act_id);

    if (act == NULL) {
        assert(db.act_n < ACTS_MAX);
        DB_CHANGE(db.act_n);
        act = &db.acts[db.act_n++];
        DB_CHANGE(*act);
        *act = (struct db_act){.id = store->act.act_id, .kind = store->act.kind};
        gv_blob_digest(store->act.envelope, &act->envelope);
    } else {
        DB_CHANGE(*act);
    }
    act->seen++;
    if (store->has_changes) {
        act->applied++;
        PROMISE(act->applied == 1, "an act was done twice");
        act->result = store->act_result;
        sim.count.acts++;
    }
}

/* Both heads are what the logs hold. */
static void check_heads(const gv_store *store)
{
    for (size_t i = 0; i < store->changes.unit_count; i++) {
        const struct db_unit *unit = &db.units[store->changes.units[i].unit_id];
        const struct gv_unit_log *log = &unit->log;
        const struct db_report *reports = db.reports[log->unit_id];
        const struct db_order *orders = db.orders[log->unit_id];

        PROMISE(log->report_n == 0 || (reports[log->report_n].disposition != 0 &&
                                       gv_hash_eq(&reports[log->report_n].h, &log->report_h)),
                "%s: the head of the report log is another than its last entry", unit->code.s);
        PROMISE(reports[log->report_n + 1].disposition == 0,
                "%s: the report log has entries past its head", unit->code.s);
        PROMISE(log->order_n == 0 || gv_hash_eq(&orders[log->order_n].h, &log->order_h),
                "%s: the head of the order log is another than its last entry", unit->code.s);
        PROMISE(orders[log->order_n + 1].entry.data == NULL,
                "%s: the order log has entries past its head", unit->code.s);
    }
}

/* A directive is issued once. */
static void note_issued(const gv_store *store)
{
    bool seen[DIRECTIVES_MAX] = {false};

    for (size_t i = 0; i < store->changes.row_count; i++) {
        const struct gv_assignment_row *row = store->changes.rows[i];

        uint32_t d = directive_of(&row->directive);

        if (!store->notes[i].is_new || row->a.epoch != 1 || seen[d])
            continue;
        seen[d] = true;
        DB_CHANGE(db.issued[d]);
        DB_CHANGE(db.issues[d]);
        db.issued[d] = true;
        PROMISE(++db.issues[d] == 1, "a directive was issued twice");
    }
}

static void store_lift(struct db_unit *unit)
{
    say("%s is let in again", unit->code.s);
    sim.count.lifted++;
    DB_CHANGE(unit->log);
    unit->log.quarantined = false;
    unit->log.readmit = true;
    keys_changed();
}

void db_store(gv_store *store)
{
    if (store->lifted != NULL)
        store_lift(store->lifted);
    store->lifted = NULL;
    if (store->act_new || store->act_seen)
        store_act(store);
    if (store->has_changes) {
        store_units(store);
        store_rows(store);
        store_orders(store);
        store_events(store);
        note_issued(store);
        check_heads(store);
        if (below(8) == 0)
            check_rollups();
    }
    store->has_changes = store->act_new = store->act_seen = false;
    db_committed();
}

void check_end(void)
{
    check_rollups();
}
