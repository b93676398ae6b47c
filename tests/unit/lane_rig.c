/* lane_rig.c - a coordinator without threads: jobs in, frames out. */
#include "lane_rig.h"

#include "base/clock.h"
#include "coordinator/acts.h"
#include "coordinator/deliver.h"
#include "coordinator/reads.h"
#include "coordinator/reports.h"
#include "crypto/hash.h"
#include "giaoviec/v1/envelope.pb-c.h"

static struct rig *self; /* for what stands in for functions that know no context */

/* Far apart, so that tables by unit id have to grow. */
int32_t rig_unit_id(int unit)
{
    static const int32_t ids[RIG_UNITS] = {1, 300, 1500};

    return ids[unit];
}

static void put_keyring(struct rig *rig)
{
    struct gv_unit_key units[RIG_UNITS] = {0};
    struct gv_keyset *keyset = NULL;
    keyring *ring = NULL;

    for (int i = 0; i < RIG_UNITS; i++) {
        units[i].unit_id = rig_unit_id(i);
        units[i].code = rig->key[i]->code;
        units[i].has_key = true;
        units[i].key_id = rig->key[i]->key_id;
        memcpy(units[i].sign_key, rig->key[i]->sign_pk, 32);
        memcpy(units[i].curve_key, rig->key[i]->curve_pk, 32);
    }
    if (rig->next != NULL) {
        units[0].has_next = true;
        units[0].next_key_id = rig->next->key_id;
        memcpy(units[0].next_sign_key, rig->next->sign_pk, 32);
        memcpy(units[0].next_curve_key, rig->next->curve_pk, 32);
    }
    assert_int_equal(gv_keyset_open(bytes_of(&rig->f.bytes), NULL, &keyset), GV_OK);
    assert_int_equal(keyring_new(keyset, units, RIG_UNITS, &ring), GV_OK);
    keyring_put(rig->c.keys, ring);
}

static void put_units(struct rig *rig)
{
    for (int i = 0; i < RIG_UNITS; i++) {
        db.units[i] = (struct gv_unit_log){.unit_id = rig_unit_id(i),
                                           .code = rig->key[i]->code,
                                           .has_key = true,
                                           .key_id = rig->key[i]->key_id,
                                           .connection = 1};
    }
}

int rig_begin(void **state)
{
    static const struct limit_rate rates[LIMIT_END] = {{1, 2}, {1, 3}, {1, 20}, {1, 40}};
    struct rig *rig = calloc(1, sizeof *rig);

    assert_non_null(rig);
    fixture_init(&rig->f);
    db_begin();
    rig->c.config = (struct config){.verifiers = 1,
                                    .report_lanes = 1,
                                    .pace = {200, 20000},
                                    .heartbeat_rate = 200,
                                    .redeliver_ms = 500,
                                    .reconnect_rate = 500,
                                    .batch_jobs = 64};
    rig->c.key = rig->f.c1;
    rig->c.self = rig->f.c1->code;
    rig->c.deployment = rig->f.deployment;
    gv_root_hash(rig->f.root->sign_pk, &rig->c.root_hash);
    assert_int_equal(pthread_mutex_init(&rig->c.keys_lock, NULL), 0);
    assert_int_equal(pthread_mutex_init(&rig->c.share_lock, NULL), 0);
    rig->reconnects = 3;
    rig->arena = gv_arena_new((size_t)64 << 20);
    assert_non_null(rig->arena);
    assert_int_equal(keyring_holder_new(&rig->c.keys), GV_OK);
    assert_int_equal(limits_new(rates, &rig->c.limits), GV_OK);
    assert_int_equal(gv_queue_new(2048, &rig->c.reports[0]), GV_OK);
    assert_int_equal(gv_queue_new(16, &rig->c.acts), GV_OK);
    assert_int_equal(gv_queue_new(16, &rig->c.reads), GV_OK);
    assert_int_equal(gv_queue_new(2048, &rig->c.out), GV_OK);
    for (int i = 0; i < RIG_UNITS; i++) {
        char code[8];

        snprintf(code, sizeof code, "U%d", i);
        rig->key[i] = fixture_key(code, (uint8_t)(0x80 + 16 * i));
    }
    put_keyring(rig);
    put_units(rig);
    db_keyset(&rig->f.bytes, rig->f.keyset->version);
    self = rig;
    *state = rig;
    return 0;
}

static void empty(gv_queue *queue)
{
    struct job *job;

    while ((job = gv_queue_pop(queue)) != NULL)
        job_free(job);
    gv_queue_free(queue);
}

int rig_end(void **state)
{
    struct rig *rig = *state;
    struct out *out;

    fault_disarm();
    empty(rig->c.reports[0]);
    empty(rig->c.acts);
    empty(rig->c.reads);
    while ((out = gv_queue_pop(rig->c.out)) != NULL)
        out_free(out);
    gv_queue_free(rig->c.out);
    keyring_holder_free(rig->c.keys);
    pthread_mutex_destroy(&rig->c.keys_lock);
    pthread_mutex_destroy(&rig->c.share_lock);
    limits_free(rig->c.limits);
    for (int i = 0; i < RIG_UNITS; i++)
        gv_key_free(rig->key[i]);
    gv_key_free(rig->next);
    gv_arena_free(rig->arena);
    db_end();
    fixture_fini(&rig->f);
    free(rig);
    self = NULL;
    return 0;
}

/* ---- in ---- */

static void seal_by(struct rig *rig, const struct gv_key *key, enum gv_kind kind,
                    uint64_t connection, const ProtobufCMessage *body, struct gv_buf *out)
{
    bool is_signed = (gv_kind_row(kind)->flags & GV_MSG_SIGNED) != 0;
    struct gv_head head = {.deployment = rig->f.deployment,
                           .sender = key->code,
                           .kind = kind,
                           .connection = connection,
                           .sequence = ++rig->sequence};

    gv_buf_init(out);
    assert_int_equal(gv_message_seal(&head, body, is_signed ? key : NULL, out), GV_OK);
}

void rig_seal(struct rig *rig, int unit, enum gv_kind kind, uint64_t connection,
              const ProtobufCMessage *body, struct gv_buf *out)
{
    seal_by(rig, rig->key[unit], kind, connection, body, out);
}

/* who is of ring, which it takes. */
static struct job *job_of(keyring *ring, const struct principal *who, uint8_t route,
                          const void *frame, size_t len)
{
    struct route way = {.len = 1, .id = {route}};
    struct job *job;

    assert_non_null(who);
    job = job_new(&way, ring, who, frame, len);
    assert_non_null(job);
    return job;
}

struct job *rig_job(struct rig *rig, const char *code, uint8_t route, const void *frame, size_t len)
{
    keyring *ring = keyring_take(rig->c.keys);

    return job_of(ring, keyring_by_code(ring, code), route, frame, len);
}

static struct job *message_by(struct rig *rig, const struct gv_key *key, uint8_t route,
                              enum gv_kind kind, uint64_t connection, const ProtobufCMessage *body)
{
    keyring *ring = keyring_take(rig->c.keys);
    struct gv_sender sender;
    struct gv_buf frame;
    struct job *job;

    seal_by(rig, key, kind, connection, body, &frame);
    job = job_of(ring, keyring_by_key(ring, &key->key_id), route, frame.data, frame.len);
    sender = (struct gv_sender){.code = job->who->code, .roles = job->who->roles};
    gv_sender_key(&sender, job->who->sign_pk);
    assert_int_equal(gv_message_open(bytes_of(&job->frame), &sender, &rig->c.deployment,
                                     &rig->c.self, job->arena, &job->message),
                     GV_OK);
    gv_buf_fini(&frame);
    return job;
}

struct job *rig_message(struct rig *rig, int unit, enum gv_kind kind, uint64_t connection,
                        const ProtobufCMessage *body)
{
    return message_by(rig, rig->key[unit], (uint8_t)(unit + 1), kind, connection, body);
}

struct job *rig_message_by(struct rig *rig, const struct gv_key *key, enum gv_kind kind,
                           uint64_t connection, const ProtobufCMessage *body)
{
    return message_by(rig, key, 1, kind, connection, body);
}

void rig_name_next(struct rig *rig, struct gv_key *next)
{
    rig->next = next;
    put_keyring(rig);
    db.units[0].has_next = true;
    db.units[0].next_key_id = next->key_id;
    memcpy(db.units[0].next_curve_key, next->curve_pk, sizeof next->curve_pk);
}

void rig_say(struct rig *rig, int unit, enum gv_kind kind, uint64_t connection,
             const ProtobufCMessage *body)
{
    assert_true(gv_queue_push(rig->c.reports[0], rig_message(rig, unit, kind, connection, body)));
}

void rig_lane(struct rig *rig)
{
    struct report_lane lane = {&rig->c, rig->c.reports[0], 0};

    gv_queue_close(lane.queue);
    reports_run(&lane);
    fault_aside(true);
    assert_int_equal(gv_queue_len(rig->c.reports[0]), 0);
    gv_queue_free(rig->c.reports[0]);
    assert_int_equal(gv_queue_new(2048, &rig->c.reports[0]), GV_OK);
    fault_aside(false);
}

void rig_reads(struct rig *rig)
{
    gv_queue_close(rig->c.reads);
    reads_run(&rig->c);
    assert_int_equal(gv_queue_len(rig->c.reads), 0);
    gv_queue_free(rig->c.reads);
    assert_int_equal(gv_queue_new(16, &rig->c.reads), GV_OK);
}

void rig_acts(struct rig *rig)
{
    gv_queue_close(rig->c.acts);
    acts_run(&rig->c);
    assert_int_equal(gv_queue_len(rig->c.acts), 0);
    gv_queue_free(rig->c.acts);
    assert_int_equal(gv_queue_new(16, &rig->c.acts), GV_OK);
}

static gv_hash after(int unit, uint64_t n)
{
    gv_hash h = {{0}};

    if (n > 0)
        h = db.reports[unit][n];
    return h;
}

void rig_entries(int unit, uint64_t first, size_t count, ProtobufCBinaryData *out)
{
    (void)unit;
    for (size_t i = 0; i < count; i++) {
        char *text = gv_arena_alloc(db.arena, 16);

        assert_non_null(text);
        snprintf(text, 16, "e%llu", (unsigned long long)(first + i));
        out[i] = gv_pb_bytes(text, strlen(text));
    }
}

void rig_stored(int unit, size_t count)
{
    struct gv_unit_log *log = &db.units[unit];

    assert_true(count < RIG_LOG);
    for (size_t i = 0; i < count; i++) {
        gv_hash before = after(unit, log->report_n);
        ProtobufCBinaryData entry;

        rig_entries(unit, ++log->report_n, 1, &entry);
        gv_hash_chain(&before, gv_pb_slice(entry), &db.reports[unit][log->report_n]);
    }
    log->report_h = after(unit, log->report_n);
}

/* ---- out ---- */

const struct gv_message *rig_hear(struct rig *rig, uint8_t *to)
{
    struct out *out = gv_queue_pop(rig->c.out);
    struct gv_sender sender = {.code = rig->c.self, .roles = GV_ROLE_COORDINATOR};
    struct gv_message *message;
    struct gv_slice frame;
    Giaoviec__V1__Payload *payload;
    struct gv_envelope envelope;
    gv_code recipient;

    if (out == NULL)
        return NULL;
    gv_sender_key(&sender, rig->f.c1->sign_pk);
    frame = (struct gv_slice){gv_arena_copy(rig->arena, out->frame.data, out->frame.len),
                              out->frame.len};
    message = gv_arena_zalloc(rig->arena, sizeof *message);
    assert_non_null(message);
    assert_int_equal(gv_envelope_read(frame, &envelope), GV_OK);
    payload = gv_pb_unpack(&giaoviec__v1__payload__descriptor, envelope.payload, rig->arena);
    assert_non_null(payload);
    assert_int_equal(gv_code_from(gv_pb_slice(payload->header->recipient), &recipient), GV_OK);
    assert_int_equal(
        gv_message_open(frame, &sender, &rig->c.deployment, &recipient, rig->arena, message),
        GV_OK);
    *to = out->route.id[0];
    out_free(out);
    return message;
}

const ProtobufCMessage *rig_expect(struct rig *rig, enum gv_kind kind)
{
    uint8_t to;
    const struct gv_message *message = rig_hear(rig, &to);

    assert_non_null(message);
    assert_int_equal(message->head.kind, kind);
    return message->body;
}

void rig_expect_error(struct rig *rig, gv_err code)
{
    const Giaoviec__V1__Error *error = (const Giaoviec__V1__Error *)rig_expect(rig, GV_KIND_ERROR);

    assert_int_equal(error->code, code);
}

void rig_expect_silence(struct rig *rig)
{
    uint8_t to;

    assert_null(rig_hear(rig, &to));
}

/* ---- what stands in for the rest of the coordinator ---- */

static void told(struct told what)
{
    assert_true(self->told_count < RIG_TOLD);
    self->told[self->told_count++] = what;
}

void __wrap_deliver_hello(struct coordinator *c, const struct job *job, uint64_t order_head,
                          uint64_t orders_held, uint64_t losses);
void __wrap_deliver_hello(struct coordinator *c, const struct job *job, uint64_t order_head,
                          uint64_t orders_held, uint64_t losses)
{
    (void)c;
    (void)order_head;
    (void)losses;
    told((struct told){
        TOLD_HELLO, job->who->unit_id, job->message.head.connection, orders_held, {0}});
}

void __wrap_deliver_acked(struct coordinator *c, int32_t unit_id, uint64_t connection, uint64_t n);
void __wrap_deliver_acked(struct coordinator *c, int32_t unit_id, uint64_t connection, uint64_t n)
{
    (void)c;
    told((struct told){TOLD_ACKED, unit_id, connection, n, {0}});
}

void __wrap_deliver_gone(struct coordinator *c, int32_t unit_id, uint64_t connection);
void __wrap_deliver_gone(struct coordinator *c, int32_t unit_id, uint64_t connection)
{
    (void)c;
    told((struct told){TOLD_GONE, unit_id, connection, 0, {0}});
}

void __wrap_deliver_heartbeat(struct coordinator *c, const struct gv_heartbeat *beat);
void __wrap_deliver_heartbeat(struct coordinator *c, const struct gv_heartbeat *beat)
{
    (void)c;
    told((struct told){TOLD_HEARTBEAT, beat->unit_id, beat->connection, 0, *beat});
}

void __wrap_deliver_head(struct coordinator *c, int32_t unit_id, uint64_t n);
void __wrap_deliver_head(struct coordinator *c, int32_t unit_id, uint64_t n)
{
    (void)c;
    (void)unit_id;
    (void)n;
}

void __wrap_deliver_wake(struct coordinator *c);
void __wrap_deliver_wake(struct coordinator *c)
{
    (void)c;
}

void __wrap_coordinator_fail(struct coordinator *c, const char *why);
void __wrap_coordinator_fail(struct coordinator *c, const char *why)
{
    (void)c;
    assert_non_null(why);
    self->failed++;
}

bool __real_coordinator_reconnect(struct coordinator *c, gv_store *store, int64_t until_ms);
bool __wrap_coordinator_reconnect(struct coordinator *c, gv_store *store, int64_t until_ms);
bool __wrap_coordinator_reconnect(struct coordinator *c, gv_store *store, int64_t until_ms)
{
    return self->waits ? __real_coordinator_reconnect(c, store, until_ms) : self->reconnects-- > 0;
}

bool __wrap_space_is_short(const space *s);
bool __wrap_space_is_short(const space *s)
{
    (void)s;
    return self->is_short;
}

void __wrap_gv_clock_sleep_ms(int ms);
void __wrap_gv_clock_sleep_ms(int ms)
{
    if (self != NULL && self->waits)
        self->slept_ms += ms; /* nobody else would do anything meanwhile */
}

int64_t __real_gv_clock_mono_ms(void);
int64_t __wrap_gv_clock_mono_ms(void);
int64_t __wrap_gv_clock_mono_ms(void)
{
    return __real_gv_clock_mono_ms() + (self != NULL ? self->slept_ms : 0);
}

/* ---- one batch ---- */

#define BATCH_ARENA ((size_t)64 << 20)

void rig_batch_begin(struct rig *rig, struct rig_batch *one, size_t arena_bytes)
{
    memset(one, 0, sizeof *one);
    gv_admission_init(&one->refusals, 1, 2, gv_clock_mono_ms());
    one->batch = (struct batch){.c = &rig->c,
                                .store = db_store(),
                                .arena = gv_arena_new(arena_bytes),
                                .items = one->items,
                                .lock = GV_LOCK_WAIT,
                                .refusals = &one->refusals};
    assert_non_null(one->batch.arena);
    assert_int_equal(tasks_new(&one->batch.tasks), GV_OK);
}

void rig_batch_add(struct rig_batch *one, struct job *job)
{
    assert_true(one->batch.count < RIG_BATCH);
    one->items[one->batch.count++].job = job;
}

struct item *rig_batch_one(struct rig *rig, struct rig_batch *one, struct job *job)
{
    rig_batch_begin(rig, one, BATCH_ARENA);
    rig_batch_add(one, job);
    assert_int_equal(batch_run(&one->batch), GV_OK);
    return &one->items[0];
}

void rig_batch_close(struct rig_batch *one)
{
    tasks_free(one->batch.tasks);
    gv_arena_free(one->batch.arena);
}

void rig_batch_end(struct rig_batch *one)
{
    for (size_t i = 0; i < one->batch.count; i++)
        job_free(one->items[i].job);
    rig_batch_close(one);
}

void rig_cursor(Giaoviec__V1__Cursor *out, gv_hash *h, uint64_t n, const gv_hash *hash)
{
    giaoviec__v1__cursor__init(out);
    *h = *hash;
    out->number = n;
    if (n > 0)
        out->hash = gv_pb_bytes(h->b, sizeof h->b);
}

void rig_greet(struct rig_hello *g, int unit, uint64_t connection)
{
    const struct gv_unit_log *log = &db.units[unit];

    giaoviec__v1__hello__init(&g->body);
    rig_cursor(&g->orders, &g->hash[0], log->order_n, &log->order_h);
    rig_cursor(&g->reports, &g->hash[1], log->report_n, &log->report_h);
    rig_cursor(&g->receipted, &g->hash[2], log->report_n, &log->report_h);
    g->body.connection = connection;
    g->body.keyset_version = 99;
    g->body.orders = &g->orders;
    g->body.reports = &g->reports;
    g->body.receipted = &g->receipted;
}
