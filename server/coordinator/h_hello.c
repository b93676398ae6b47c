/* h_hello.c - HELLO: a unit connects. Both logs are compared; the newest connection wins. */
#include "coordinator/batch.h"
#include "coordinator/bounds.h"
#include "coordinator/deliver.h"
#include "coordinator/keys.h"
#include "coordinator/reply.h"
#include "coordinator/reports.h"

#include <assert.h>

#include "base/log.h"

/* Hashes that a re-admitted unit is told at once: of what it knows to be stored, and of all in all.
 */
#define HELD_BEFORE 1024
#define HELD_MAX    5000

enum { AT_ORDERS, AT_REPORTS, AT_RECEIPTED };

static bool cursor_from(const Giaoviec__V1__Cursor *from, struct gv_cursor *out)
{
    *out = (struct gv_cursor){0};
    if (from == NULL)
        return true; /* an empty log */
    out->n = from->number;
    if (from->number == 0 && from->hash.len == 0)
        return true;
    return gv_hash_from((struct gv_slice){from->hash.data, from->hash.len}, &out->h) == GV_OK;
}

static bool hello_from(const Giaoviec__V1__Hello *from, struct gv_hello *out)
{
    out->connection = from->connection;
    out->contradicts = from->contradicts;
    return from->connection <= INT64_MAX && cursor_from(from->orders, &out->orders) &&
           cursor_from(from->reports, &out->reports) &&
           cursor_from(from->receipted, &out->receipted);
}

static gv_err look_up(struct batch *batch, struct item *item, int which, uint64_t n,
                      uint64_t head_n, const gv_hash *head_h)
{
    gv_err err = GV_OK;

    if (n > head_n || n == 0)
        return GV_OK;
    item->at[which].known = true;
    if (n == head_n)
        item->at[which].h = *head_h;
    else if (which == AT_ORDERS)
        err = gv_store_order_hash(batch->store, item->unit->unit_id, n, &item->at[which].h);
    else
        err = gv_store_report_hash(batch->store, item->unit->unit_id, n, &item->at[which].h);
    return err;
}

/* Where most logs part. */
static uint64_t held_first(const struct gv_hello *hello, const struct gv_unit_log *unit,
                           size_t most)
{
    uint64_t both = hello->receipted.n < unit->report_n ? hello->receipted.n : unit->report_n;
    size_t before = most / 4 < HELD_BEFORE ? most / 4 : HELD_BEFORE;

    return both > before ? both - before + 1 : 1;
}

/* What it has not seen receipted may be here all the same, and what it has may not: our hashes tell
 * it. It asks on until it knows where its log parts from ours, and ours from there on. */
static gv_err load_held(struct batch *batch, struct item *item, const struct gv_hello *hello)
{
    const struct gv_unit_log *unit = item->unit;
    size_t told = batch->c->config.held_max;
    size_t most = told > 0 && told < HELD_MAX ? told : HELD_MAX;
    uint64_t asked = ((const Giaoviec__V1__Hello *)item->job->message.body)->held_first;
    uint64_t first, last;

    if (!unit->readmit || unit->report_n == 0)
        return GV_OK;
    first = asked > 0 && asked <= unit->report_n ? asked : held_first(hello, unit, most);
    last = first + most - 1;
    return gv_store_reports(batch->store, batch->arena, unit->unit_id, first,
                            last < unit->report_n ? last : unit->report_n, &item->stored,
                            &item->stored_count);
}

static gv_err hello_load(struct batch *batch, struct item *item)
{
    const struct gv_unit_log *unit = item->unit;
    const struct gv_hello *hello = &item->hello;
    gv_err err;

    if (!hello_from((const Giaoviec__V1__Hello *)item->job->message.body, &item->hello) ||
        hello->connection != item->job->message.head.connection) {
        item->outcome = OUTCOME_REFUSED;
        item->err = GV_EBADMSG;
        return GV_OK;
    }
    err = look_up(batch, item, AT_ORDERS, hello->orders.n, unit->order_n, &unit->order_h);
    if (err == GV_OK)
        err = look_up(batch, item, AT_REPORTS, hello->reports.n, unit->report_n, &unit->report_h);
    if (err == GV_OK)
        err =
            look_up(batch, item, AT_RECEIPTED, hello->receipted.n, unit->report_n, &unit->report_h);
    if (err == GV_OK)
        err = load_held(batch, item, hello);
    return err;
}

static const char *fork_text(const struct gv_hello_judgement *judged)
{
    if (judged->verdict == GV_HELLO_DISPUTED)
        return "the unit found that the logs contradict each other";
    if (judged->is_fork)
        return judged->log == GV_LOG_REPORTS ? "reports: the same number with another hash"
                                             : "orders: the same number with another hash";
    return judged->log == GV_LOG_REPORTS ? "reports: the unit knows fewer than are stored"
                                         : "orders: the unit holds more than are stored";
}

static void accept(struct batch *batch, struct item *item, const struct gv_hello *hello)
{
    const Giaoviec__V1__Hello *body = (const Giaoviec__V1__Hello *)item->job->message.body;
    struct gv_unit_log *unit = item->unit;

    unit->connection = hello->connection;
    unit->coordinator = batch->c->self;
    if (body->finished_day_known && day_holds(body->finished_day)) {
        unit->finished_known = true;
        unit->finished_day = body->finished_day;
    }
    unit->dirty = true;
    item->outcome = OUTCOME_DONE;
    item->cursor = (struct gv_cursor){unit->report_n, unit->report_h};
    item->order_head = unit->order_n;
    /* A receipt may have been lost with the connection before: what has none is sent again, and the
     * unit, which holds it, says so. */
    item->orders_held = hello->orders.n < unit->ack_n ? hello->orders.n : unit->ack_n;
}

static void note(struct batch *batch, const struct gv_unit_log *unit, const char *text)
{
    struct gv_event event = {.kind = GV_EVENT_SESSION,
                             .unit_id = unit->unit_id,
                             .disposition = GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_APPLIED,
                             .text = text,
                             .business_us = batch->business_us,
                             .actor = unit->code.s};

    changes_event(&batch->changes, &event);
}

/* An act re-admits it: no session until it has adopted our logs and says Hello again. */
static void accept_adopting(struct item *item, const struct gv_hello *hello,
                            const struct gv_hello_judgement *judged)
{
    struct gv_unit_log *unit = item->unit;

    log_error("unit-re-admitted",
              "unit=%s stored=%llu made=%llu receipted=%llu orders=%llu held=%llu "
              "do=\"it adopts these logs\"",
              unit->code.s, (unsigned long long)unit->report_n,
              (unsigned long long)hello->reports.n, (unsigned long long)hello->receipted.n,
              (unsigned long long)unit->order_n, (unsigned long long)hello->orders.n);
    unit->connection = hello->connection;
    unit->coordinator = (gv_code){{0}};
    unit->dirty = true;
    item->outcome = OUTCOME_DONE;
    item->adopt = true;
    item->keep_orders = judged->orders_agree;
    item->cursor = (struct gv_cursor){unit->report_n, unit->report_h};
    item->order_head = unit->order_n;
}

/* The logs agree: whatever re-admission there was is over. */
static void accept_agreeing(struct batch *batch, struct item *item, const struct gv_hello *hello)
{
    struct gv_unit_log *unit = item->unit;

    if (unit->readmit) {
        gv_log(GV_LOG_NOTICE, "unit-agrees", "unit=%s reports=%llu", unit->code.s,
               (unsigned long long)hello->reports.n);
        note(batch, unit, "re-admission ended: the logs agree");
        unit->readmit = false;
    }
    accept(batch, item, hello);
}

/* The key that was to follow has been used first: it takes the place of the other. */
static void use_key(struct batch *batch, struct item *item)
{
    struct gv_unit_log *unit = item->unit;
    struct gv_key_change key = {
        .unit_id = unit->unit_id, .key_id = item->job->who->key_id, .takes_place = true};

    if (gv_id_eq(&unit->key_id, &key.key_id))
        return;
    changes_key(&batch->changes, unit, &key);
    unit->key_id = key.key_id;
    unit->has_next = false;
}

static void accept_any(struct batch *batch, struct item *item, const struct gv_hello *hello,
                       const struct gv_hello_judgement *judged)
{
    use_key(batch, item);
    if (judged->adopt)
        accept_adopting(item, hello, judged);
    else
        accept_agreeing(batch, item, hello);
}

static void hello_decide(struct batch *batch, struct item *item)
{
    const struct gv_unit_log *unit = item->unit;
    struct gv_hello_facts facts = {.connection = unit->connection,
                                   .reports = {unit->report_n, unit->report_h},
                                   .orders = {unit->order_n, unit->order_h},
                                   .acked = unit->ack_n,
                                   .at_orders = item->at[AT_ORDERS],
                                   .at_reports = item->at[AT_REPORTS],
                                   .at_receipted = item->at[AT_RECEIPTED],
                                   .readmit = unit->readmit};
    const struct gv_hello *hello = &item->hello;
    struct gv_hello_judgement judged;

    if (!batch_key_holds(item)) { /* a Hello before it in the batch has ended its key */
        item->outcome = OUTCOME_REFUSED;
        item->err = GV_EDENIED;
        return;
    }
    gv_hello_judge(hello, &facts, &judged);
    switch (judged.verdict) {
    case GV_HELLO_SAME:
        if (batch->after_unknown == NULL || !*batch->after_unknown) {
            item->outcome = OUTCOME_REFUSED;
            item->err = GV_EREPLAY;
            return;
        }
        accept_any(batch, item, hello, &judged);
        break;
    case GV_HELLO_OK:
        if (judged.reports_lost)
            log_error("history-lost", "unit=%s stored=%llu receipted=%llu", unit->code.s,
                      (unsigned long long)unit->report_n, (unsigned long long)hello->receipted.n);
        accept_any(batch, item, hello, &judged);
        break;
    case GV_HELLO_OLD:
        item->outcome = OUTCOME_REFUSED;
        item->err = GV_EREPLAY;
        break;
    case GV_HELLO_BAD:
        item->outcome = OUTCOME_REFUSED;
        item->err = GV_EBADMSG;
        break;
    default: /* FORK, AHEAD, DISPUTED */
        item->outcome = OUTCOME_QUARANTINE;
        item->err = GV_EFORK;
        item->why = fork_text(&judged);
        break;
    }
}

static void put_adoption(const struct item *item, ProtobufCBinaryData *held,
                         Giaoviec__V1__Welcome *body)
{
    assert(item->stored_count <= HELD_MAX); /* load_held() */
    for (size_t i = 0; i < item->stored_count; i++)
        held[i] = (ProtobufCBinaryData){sizeof item->stored[i].h.b, item->stored[i].h.b};
    body->adopt = true;
    body->keep_orders = item->keep_orders;
    body->held = held;
    body->n_held = item->stored_count;
    if (item->stored_count > 0)
        body->held_first = item->stored[0].n;
}

static void hello_publish(struct batch *batch, struct item *item)
{
    struct coordinator *c = batch->c;
    const Giaoviec__V1__Hello *hello = (const Giaoviec__V1__Hello *)item->job->message.body;
    const struct gv_keyset *keyset = keyring_keyset(item->job->ring);
    Giaoviec__V1__Welcome body = GIAOVIEC__V1__WELCOME__INIT;
    Giaoviec__V1__Cursor reports = GIAOVIEC__V1__CURSOR__INIT;
    Giaoviec__V1__Cursor orders = GIAOVIEC__V1__CURSOR__INIT;
    Giaoviec__V1__BusinessTime time = GIAOVIEC__V1__BUSINESS_TIME__INIT;
    struct gv_pace pace = coordinator_pace(c, item->job->ring);
    gv_queue *queue = reports_queue(c, item->job->who->unit_id);
    ProtobufCBinaryData held[HELD_MAX];

    reports.number = item->cursor.n;
    reports.hash = (ProtobufCBinaryData){sizeof item->cursor.h.b, item->cursor.h.b};
    orders.number = item->order_head;
    orders.hash = (ProtobufCBinaryData){sizeof item->unit->order_h.b, item->unit->order_h.b};
    time.time_us = batch->business_us;
    time.stepped = batch->stepped;
    time.step = batch->step;
    body.reports = &reports;
    body.orders = &orders;
    body.business = &time;
    body.credits = gv_credits(gv_queue_len(queue), gv_queue_cap(queue));
    body.heartbeat_ms = pace.heartbeat_ms;
    body.silence_ms = pace.silence_ms;
    body.redeliver_ms = (uint32_t)c->config.redeliver_ms;
    body.reconnect_window_ms =
        gv_reconnect_window_ms(keyring_units(item->job->ring), (uint32_t)c->config.reconnect_rate,
                               (uint32_t)c->config.reconnect_min_ms);
    if (hello->keyset_version < keyset->version && !item->adopt) /* it says Hello again */
        body.keyset = (ProtobufCBinaryData){keyset->bytes.len, (uint8_t *)keyset->bytes.data};
    if (hello->keyset_version > keyset->version)
        keys_heard(c, hello->keyset_version);
    if (item->adopt)
        put_adoption(item, held, &body);
    reply(c, item->job, GV_KIND_WELCOME, &body.base);
    if (item->adopt)
        deliver_gone(c, item->unit->unit_id, 0);
    else
        deliver_hello(c, item->job, item->order_head, item->orders_held, batch->losses);
}

const struct handler h_hello = {NULL, hello_load, hello_decide, hello_publish};
