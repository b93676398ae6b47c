/*
 * lanes_fixture.h - the report and delivery lanes of a coordinator over a real database, and two
 * units that speak: what they send is pushed into the queues as verified messages, what is said to
 * them is taken from the way out.
 */
#ifndef GV_LANES_FIXTURE_H
#define GV_LANES_FIXTURE_H

#include "../fixture/trust.h"
#define must world_must
#include "store_fixture.h"

#include <pthread.h>
#include <time.h>

#include "coordinator/coordinator.h"
#include "coordinator/deliver.h"
#include "coordinator/reports.h"
#include "delivery/cursor.h"
#include "sys/thread.h"

#define WAIT_MS 8000

struct rig {
    struct world world;
    struct fixture f;
    struct coordinator c;
    struct gv_key *key[2]; /* of U0, U1 */
    uint64_t sequence;
    struct report_lane lane;
    gv_thread *reports, *deliver, *duties; /* duties: where a test wants them */
};

/* The key is the unit's in force. */
static inline void put_key(struct rig *r, int unit)
{
    const struct gv_key *key = r->key[unit];
    gv_id id;
    char hex[3][65], sql[512];
    const uint8_t *parts[] = {id.b, key->sign_pk, key->curve_pk};

    gv_key_id(key->sign_pk, &id);
    for (int k = 0; k < 3; k++) {
        for (int b = 0; b < (k == 0 ? 16 : 32); b++)
            snprintf(hex[k] + 2 * (size_t)b, 3, "%02x", parts[k][b]);
    }
    snprintf(sql, sizeof sql,
             "UPDATE giaoviec.unit_log SET key_id = '%s', sign_key = '\\x%s', curve_key = '\\x%s', "
             "connection_no = 0, coordinator = '' WHERE unit_id = %d",
             hex[0], hex[1], hex[2], r->world.unit[unit]);
    tell(&r->world, sql);
}

/* The keyring as the database has it. */
static inline void put_keyring(struct rig *r)
{
    struct gv_unit_key *units = NULL;
    struct gv_keyset *keyset = NULL;
    uint64_t version;
    keyring *ring = NULL;
    size_t n = 0;

    world_must(&r->world, gv_store_keys(r->world.store, r->world.arena, &units, &n, &version));
    assert_int_equal(gv_keyset_open(bytes_of(&r->f.bytes), NULL, &keyset), GV_OK);
    assert_int_equal(keyring_new(keyset, units, n, &ring), GV_OK);
    keyring_put(r->c.keys, ring);
}

static inline int begin(void **state)
{
    struct rig *r = calloc(1, sizeof *r);

    world_begin(&r->world);
    world_deploy(&r->world);
    world_units(&r->world, 2);
    world_directive(&r->world, gv_day_end_us(DAY_0 + 30));
    world_issue(&r->world, 2, gv_day_end_us(DAY_0 + 30));
    fixture_init(&r->f);
    r->c.config = (struct config){.conninfo = r->world.coordinator,
                                  .report_lanes = 1,
                                  .pace = {200, 20000},
                                  .heartbeat_rate = 200,
                                  .redeliver_ms = 500,
                                  .reconnect_rate = 500,
                                  .reconnect_min_ms = 0,
                                  .batch_jobs = 64,
                                  .backlog_bytes = (size_t)64 << 20};
    r->c.key = r->f.c1;
    r->c.self = r->f.c1->code;
    r->c.deployment = r->f.deployment;
    pthread_mutex_init(&r->c.clock_lock, NULL);
    pthread_mutex_init(&r->c.keys_lock, NULL);
    assert_int_equal(keyring_holder_new(&r->c.keys), GV_OK);
    assert_int_equal(presence_new(&r->c.presence), GV_OK);
    assert_int_equal(gv_queue_new(256, &r->c.reports[0]), GV_OK);
    assert_int_equal(gv_queue_new(1024, &r->c.deliver), GV_OK);
    assert_int_equal(gv_queue_new(1024, &r->c.out), GV_OK);
    for (int i = 0; i < 2; i++) {
        r->key[i] = fixture_key(i == 0 ? "U0" : "U1", (uint8_t)(0x80 + 16 * i));
        put_key(r, i);
    }
    put_keyring(r);
    r->lane = (struct report_lane){&r->c, r->c.reports[0], 0};
    assert_int_equal(gv_thread_start("reports", reports_run, &r->lane, &r->reports), GV_OK);
    assert_int_equal(gv_thread_start("deliver", deliver_run, &r->c, &r->deliver), GV_OK);
    *state = r;
    return 0;
}

static inline int end(void **state)
{
    struct rig *r = *state;
    void *item;

    atomic_store(&r->c.stopping, true);
    gv_thread_join(r->duties);
    gv_queue_close(r->c.reports[0]);
    gv_thread_join(r->reports);
    gv_queue_close(r->c.deliver);
    gv_thread_join(r->deliver);
    while ((item = gv_queue_pop(r->c.out)) != NULL)
        out_free(item);
    while ((item = gv_queue_pop(r->c.deliver)) != NULL)
        free(item);
    gv_queue_free(r->c.reports[0]);
    gv_queue_free(r->c.deliver);
    gv_queue_free(r->c.out);
    keyring_holder_free(r->c.keys);
    presence_free(r->c.presence);
    gv_key_free(r->key[0]);
    gv_key_free(r->key[1]);
    fixture_fini(&r->f);
    world_end(&r->world);
    free(r);
    return 0;
}

/* As the verifier would pass it on. */
static inline struct job *job_of(struct rig *r, int unit, enum gv_kind kind, uint64_t connection,
                                 const ProtobufCMessage *body)
{
    struct route route = {.len = 1, .id = {(uint8_t)(unit + 1)}};
    struct gv_head head = {.deployment = r->f.deployment,
                           .sender = r->key[unit]->code,
                           .kind = kind,
                           .connection = connection,
                           .sequence = ++r->sequence};
    keyring *ring = keyring_take(r->c.keys);
    const struct principal *who = keyring_by_key(ring, &r->key[unit]->key_id);
    struct gv_sender sender = {.code = who->code, .roles = who->roles};
    struct gv_buf frame;
    struct job *job;

    gv_buf_init(&frame);
    assert_int_equal(gv_message_seal(&head, body, r->key[unit], &frame), GV_OK);
    job = job_new(&route, ring, who, frame.data, frame.len);
    assert_non_null(job);
    gv_sender_key(&sender, who->sign_pk);
    assert_int_equal(gv_message_open((struct gv_slice){job->frame.data, job->frame.len}, &sender,
                                     &r->c.deployment, &r->c.self, job->arena, &job->message),
                     GV_OK);
    gv_buf_fini(&frame);
    return job;
}

static inline void say(struct rig *r, int unit, enum gv_kind kind, uint64_t connection,
                       const ProtobufCMessage *body)
{
    assert_true(gv_queue_push(r->c.reports[0], job_of(r, unit, kind, connection, body)));
}

static inline void hello(struct rig *r, int unit, uint64_t connection, struct gv_cursor orders)
{
    Giaoviec__V1__Hello body = GIAOVIEC__V1__HELLO__INIT;
    Giaoviec__V1__Cursor none = GIAOVIEC__V1__CURSOR__INIT, held = GIAOVIEC__V1__CURSOR__INIT;

    body.connection = connection;
    body.keyset_version = 1;
    held.number = orders.n;
    if (orders.n > 0)
        held.hash = gv_pb_bytes(orders.h.b, sizeof orders.h.b);
    body.orders = &held;
    body.reports = body.receipted = &none;
    say(r, unit, GV_KIND_HELLO, connection, &body.base);
}

/* The next message of this kind to the unit, within the time; others are dropped. NULL: none came.
 */
static inline ProtobufCMessage *hear(struct rig *r, int unit, enum gv_kind kind, int wait_ms)
{
    int64_t until = gv_clock_mono_ms() + wait_ms;
    struct gv_sender sender = {.code = r->c.self, .roles = GV_ROLE_COORDINATOR};

    gv_sender_key(&sender, r->f.c1->sign_pk);
    for (int64_t left = wait_ms; left > 0; left = until - gv_clock_mono_ms()) {
        struct out *out = gv_queue_take(r->c.out, (int)left);
        struct gv_message message;
        ProtobufCMessage *body = NULL;

        if (out == NULL)
            continue;
        if (out->route.id[0] == unit + 1 &&
            gv_message_open(
                (struct gv_slice){gv_arena_copy(r->world.arena, out->frame.data, out->frame.len),
                                  out->frame.len},
                &sender, &r->c.deployment, &r->key[unit]->code, r->world.arena,
                &message) == GV_OK &&
            message.head.kind == kind)
            body = message.body;
        out_free(out);
        if (body != NULL)
            return body;
    }
    return NULL;
}

#endif
