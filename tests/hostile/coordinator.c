/*
 * coordinator.c - a coordinator that has turned against its units: it has the real one's keys (in
 * one way not even those) and says what it should not. The agent opposite is a real one.
 */
#include "peer.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "crypto/sign.h"
#include "giaoviec/v1/entry.pb-c.h"
#include "giaoviec/v1/envelope.pb-c.h"
#include "giaoviec/v1/trust.pb-c.h"

#define BURST 200    /* orders in an envelope */
#define SAID  64     /* frames of a session that are kept to be said again */
#define PARTS 100000 /* of a message: 800 MB */

struct turned {
    struct world *world;
    const char *way;
    void *router;
    struct gv_key *key, *stranger, *admin; /* whose keys it has, has made, has stolen */
    uint8_t route[64];
    size_t route_len;
    /* Of the last Hello. */
    gv_code unit;
    uint64_t connection;
    gv_id hello_id;
    struct gv_cursor orders, reports, receipted;
    unsigned hellos, sent;
    struct gv_buf said[SAID]; /* again: of the first session */
    size_t said_count;
};

static bool is(const struct turned *t, const char *way)
{
    return strcmp(t->way, way) == 0;
}

static void put_bytes(struct turned *t, const void *data, size_t len)
{
    if (zmq_send(t->router, t->route, t->route_len, ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
        zmq_send(t->router, data, len, ZMQ_DONTWAIT) >= 0)
        t->sent++;
}

/* key NULL: unsigned. */
static void say(struct turned *t, uint32_t kind, const ProtobufCMessage *body,
                const struct gv_key *key)
{
    Giaoviec__V1__Header header = GIAOVIEC__V1__HEADER__INIT;
    Giaoviec__V1__Payload payload = GIAOVIEC__V1__PAYLOAD__INIT;
    const struct gv_key *keys[1] = {key};
    struct gv_buf inner, bytes, frame;
    gv_id id;

    gv_buf_init(&inner);
    gv_buf_init(&bytes);
    gv_buf_init(&frame);
    gv_random_id(&id);
    header.deployment = gv_pb_bytes(t->world->keyset->deployment.b, 16);
    header.sender = gv_pb_bytes("c1", 2);
    header.recipient = gv_pb_bytes(t->unit.s, strlen(t->unit.s));
    header.kind = kind;
    header.connection = t->connection;
    header.sequence = t->sent + 1;
    header.message_id = gv_pb_bytes(id.b, 16);
    if (kind == GV_KIND_WELCOME)
        header.in_reply_to = gv_pb_bytes(t->hello_id.b, 16);
    payload.header = &header;
    if (gv_pb_pack(body, &inner) != GV_OK)
        die("cannot pack", t->way);
    payload.body = gv_pb_bytes(inner.data, inner.len);
    if (gv_pb_pack(&payload.base, &bytes) != GV_OK ||
        gv_envelope_seal("giaoviec/v1/message", (struct gv_slice){bytes.data, bytes.len}, keys,
                         key != NULL, &frame) != GV_OK)
        die("cannot seal", t->way);
    put_bytes(t, frame.data, frame.len);
    if (is(t, "again") && t->hellos == 1 && t->said_count < SAID)
        gv_buf_append(&t->said[t->said_count++], frame.data, frame.len);
    gv_buf_fini(&inner);
    gv_buf_fini(&bytes);
    gv_buf_fini(&frame);
}

/* ---- Welcome ---- */

static void put_cursor(Giaoviec__V1__Cursor *out, const struct gv_cursor *cursor)
{
    giaoviec__v1__cursor__init(out);
    out->number = cursor->n;
    out->hash = gv_pb_bytes(cursor->h.b, 32);
}

/* Its own root, under the deployment's name: no sealer would do it. */
static void forge_keyset(struct turned *t, struct gv_buf *out)
{
    Giaoviec__V1__Keyset set = *t->world->keyset->set;
    const struct gv_key *keys[1] = {t->stranger};
    struct gv_buf bytes;

    set.version += 5000;
    set.root_key = gv_pb_bytes(t->stranger->sign_pk, 32);
    gv_buf_init(&bytes);
    if (gv_pb_pack(&set.base, &bytes) != GV_OK ||
        gv_envelope_seal(GV_CTX_KEYSET, (struct gv_slice){bytes.data, bytes.len}, keys, 1, out) !=
            GV_OK)
        die("cannot seal", "keyset");
    gv_buf_fini(&bytes);
}

static void welcome(struct turned *t, const struct gv_key *key)
{
    Giaoviec__V1__Welcome body = GIAOVIEC__V1__WELCOME__INIT;
    Giaoviec__V1__BusinessTime time = GIAOVIEC__V1__BUSINESS_TIME__INIT;
    Giaoviec__V1__Cursor reports, orders;
    struct gv_cursor ahead = t->receipted;
    struct gv_buf keyset;

    gv_buf_init(&keyset);
    if (is(t, "welcome-ahead"))
        ahead.n += 50;
    put_cursor(&reports, &ahead);
    put_cursor(&orders, &t->orders);
    time.time_us = INT64_C(1704157200000000);
    time.stepped = true;
    body.reports = &reports;
    body.orders = &orders;
    body.business = &time;
    body.credits = 1;
    body.heartbeat_ms = 500;
    body.silence_ms = 2000;
    body.redeliver_ms = 500;
    if (is(t, "windows")) {
        body.credits = body.silence_ms = body.redeliver_ms = body.reconnect_window_ms = UINT32_MAX;
        body.heartbeat_ms = 1;
        time.step = UINT64_MAX;
    }
    if (is(t, "parts"))
        body.silence_ms = 60000; /* else the agent is gone before it is full */
    if (is(t, "keyset")) {
        forge_keyset(t, &keyset);
        body.keyset = gv_pb_bytes(keyset.data, keyset.len);
    }
    say(t, GV_KIND_WELCOME, &body.base, key);
    gv_buf_fini(&keyset);
}

/* ---- receipts for what was not received ---- */

static void receipt(struct turned *t)
{
    Giaoviec__V1__Receipt body = GIAOVIEC__V1__RECEIPT__INIT;
    Giaoviec__V1__Cursor cursor;
    struct gv_cursor at = t->reports;

    if (is(t, "receipts"))
        at.n += 1000;
    gv_random(at.h.b, sizeof at.h.b);
    put_cursor(&cursor, &at);
    body.reports = &cursor;
    body.time_us = INT64_C(1704157200000000);
    body.credits = UINT32_MAX;
    say(t, GV_KIND_RECEIPT, &body.base, t->key);
}

/* ---- orders that nobody gave ---- */

enum forgery { BY_A_STRANGER, OF_ANOTHER, WITH_A_PROOF, WITH_A_TASK, RUBBISH, FORGERIES };

static void forge_order(struct turned *t, enum forgery how, struct gv_buf *out)
{
    Giaoviec__V1__OrderEntry entry = GIAOVIEC__V1__ORDER_ENTRY__INIT;
    const struct gv_key *keys[1] = {how == BY_A_STRANGER ? t->stranger : t->admin};
    const char *unit = how == OF_ANOTHER ? "U2" : t->unit.s;
    Giaoviec__V1__Issue body = GIAOVIEC__V1__ISSUE__INIT;
    uint8_t noise[700] = {0};
    ProtobufCBinaryData proof = gv_pb_bytes(noise, 32);
    Giaoviec__V1__ItemList *list;
    Giaoviec__V1__Breakdown *breakdown;
    struct directive d;
    struct draft draft;
    struct gv_buf act;
    gv_id id;

    gv_random(noise, sizeof noise);
    if (how == RUBBISH) {
        gv_buf_append(out, noise, sizeof noise);
        return;
    }
    directive_make(&d, "DX", 1);
    named_id(unit, "DX", &id);
    draft_init(&draft, GV_SIGNED_ISSUE);
    draft_item(&draft, unit, 1, NULL, &id, &d.task, 1);
    body.directive = gv_pb_bytes(d.id.b, 16);
    body.version = 1;
    body.breakdown_digest = gv_pb_bytes(d.digest.b, 32);
    gv_buf_init(&act);
    if (gv_pb_pack(&body.base, &draft.body) != GV_OK)
        die("cannot pack", "order");
    draft_seal(&draft, &t->world->keyset->deployment, "admin", keys, 1,
               gv_clock_real_us() + 600 * GV_US_PER_S, &act);
    list = gv_pb_unpack(&giaoviec__v1__item_list__descriptor,
                        (struct gv_slice){draft.list.data, draft.list.len}, t->world->arena);
    breakdown = gv_pb_unpack(&giaoviec__v1__breakdown__descriptor,
                             (struct gv_slice){d.breakdown.data, d.breakdown.len}, t->world->arena);
    entry.kind = GIAOVIEC__V1__ORDER_KIND__ORDER_ASSIGN;
    entry.time_us = INT64_C(1704157200000000);
    entry.assignment = gv_pb_bytes(id.b, 16);
    entry.epoch = 1;
    entry.act = gv_pb_bytes(act.data, act.len);
    entry.item = list->items[0];
    entry.proof = &proof;
    entry.n_proof = how == WITH_A_PROOF;
    entry.task = how == WITH_A_TASK ? gv_pb_bytes(noise, 40) : breakdown->tasks[0];
    if (gv_pb_pack(&entry.base, out) != GV_OK)
        die("cannot pack", "order");
    gv_buf_fini(&act);
    draft_fini(&draft);
    gv_buf_fini(&d.breakdown);
}

static void orders(struct turned *t, size_t count)
{
    Giaoviec__V1__Orders body = GIAOVIEC__V1__ORDERS__INIT;
    ProtobufCBinaryData entries[BURST];
    struct gv_buf bytes[BURST];

    body.first = t->orders.n + 1;
    body.entries = entries;
    body.n_entries = count;
    for (size_t i = 0; i < count; i++) {
        gv_buf_init(&bytes[i]);
        forge_order(t, count == FORGERIES ? (enum forgery)i : RUBBISH, &bytes[i]);
        entries[i] = gv_pb_bytes(bytes[i].data, bytes[i].len);
    }
    say(t, GV_KIND_ORDERS, &body.base, t->key);
    t->orders.n += count;
    for (size_t i = 0; i < count; i++)
        gv_buf_fini(&bytes[i]);
}

/* ---- what the agent says ---- */

static void read_cursor(const Giaoviec__V1__Cursor *in, struct gv_cursor *out)
{
    *out = (struct gv_cursor){0};
    if (in == NULL || in->hash.len != 32)
        return;
    out->n = in->number;
    memcpy(out->h.b, in->hash.data, 32);
}

/* Not verified: it will be lied to in any case. The kind; 0: not readable. */
static uint32_t hear(struct turned *t, struct gv_slice frame)
{
    Giaoviec__V1__Payload *payload;
    Giaoviec__V1__Hello *hello;
    struct gv_envelope envelope;

    if (gv_envelope_read(frame, &envelope) != GV_OK)
        return 0;
    gv_arena_reset(t->world->arena);
    payload = gv_pb_unpack(&giaoviec__v1__payload__descriptor, envelope.payload, t->world->arena);
    if (payload == NULL || payload->header == NULL)
        return 0;
    if (payload->header->kind != GV_KIND_HELLO)
        return payload->header->kind;
    hello =
        gv_pb_unpack(&giaoviec__v1__hello__descriptor, gv_pb_slice(payload->body), t->world->arena);
    if (hello == NULL || gv_code_from(gv_pb_slice(payload->header->sender), &t->unit) != GV_OK ||
        gv_id_from(gv_pb_slice(payload->header->message_id), &t->hello_id) != GV_OK)
        return 0;
    t->connection = hello->connection;
    read_cursor(hello->orders, &t->orders);
    read_cursor(hello->reports, &t->reports);
    read_cursor(hello->receipted, &t->receipted);
    t->hellos++;
    return GV_KIND_HELLO;
}

static void rubbish(struct turned *t, struct gv_slice frame)
{
    uint8_t noise[1000];

    for (size_t len = 0; len < sizeof noise; len += 37) {
        gv_random(noise, sizeof noise);
        put_bytes(t, noise, len);
        put_bytes(t, frame.data, len < frame.len ? len : frame.len); /* its own words, cut */
    }
    welcome(t, NULL);
    welcome(t, t->stranger);
    orders(t, FORGERIES);
}

/* What the real coordinator said to others, word for word. */
static void repeat(struct turned *t, const char *tap)
{
    FILE *file = fopen(tap, "rb");
    uint8_t *bytes = malloc(GV_FRAME_MAX_BYTES);
    char head[2 + GV_CODE_MAX + 1];
    uint32_t len;

    if (file == NULL || bytes == NULL)
        die("cannot read", tap);
    while (fread(head, sizeof head, 1, file) == 1 && fread(&len, sizeof len, 1, file) == 1 &&
           len <= GV_FRAME_MAX_BYTES && fread(bytes, 1, len, file) == len)
        put_bytes(t, bytes, len);
    fclose(file);
    free(bytes);
}

/* An honest first session, to its end; what was said in it is said again in the next ones, before
 * and after their Welcome: none of it may end them. */
static void again(struct turned *t, uint32_t kind)
{
    Giaoviec__V1__Clock clock = GIAOVIEC__V1__CLOCK__INIT;
    Giaoviec__V1__BusinessTime time = GIAOVIEC__V1__BUSINESS_TIME__INIT;
    Giaoviec__V1__Receipt receipt = GIAOVIEC__V1__RECEIPT__INIT;
    Giaoviec__V1__Error error = GIAOVIEC__V1__ERROR__INIT;
    Giaoviec__V1__Goodbye goodbye = GIAOVIEC__V1__GOODBYE__INIT;
    Giaoviec__V1__Cursor cursor;

    time.time_us = INT64_C(1704157200000000);
    time.stepped = true;
    clock.business = &time;
    if (kind != GV_KIND_HELLO) {
        say(t, GV_KIND_CLOCK, &clock.base, NULL);
        return;
    }
    if (t->hellos > 1) {
        for (int times = 0; times < 2; times++) {
            for (size_t i = 0; i < t->said_count; i++)
                put_bytes(t, t->said[i].data, t->said[i].len);
            if (times == 0)
                welcome(t, t->key);
        }
        return;
    }
    welcome(t, t->key);
    say(t, GV_KIND_CLOCK, &clock.base, NULL);
    put_cursor(&cursor, &t->receipted);
    receipt.reports = &cursor;
    receipt.time_us = time.time_us;
    receipt.resume = true;
    receipt.credits = 0; /* hold */
    say(t, GV_KIND_RECEIPT, &receipt.base, t->key);
    error.code = GV_EQUARANTINE;
    error.text = text("an error");
    say(t, GV_KIND_ERROR, &error.base, t->key);
    goodbye.reconnect_window_ms = 100;
    goodbye.text = text("goodbye");
    say(t, GV_KIND_GOODBYE, &goodbye.base, t->key);
}

/* One message of very many parts: nobody has room for it. libzmq sends what is whole, so it ends.
 */
static void parts(struct turned *t)
{
    static uint8_t part[8000];

    if (t->hellos > 1 || zmq_send(t->router, t->route, t->route_len, ZMQ_SNDMORE) < 0)
        return;
    for (int i = 0; i < PARTS; i++) {
        if (zmq_send(t->router, part, sizeof part, i + 1 < PARTS ? ZMQ_SNDMORE : 0) < 0)
            die("cannot send", t->way);
    }
    t->sent++;
}

static void answer(struct turned *t, uint32_t kind, struct gv_slice frame, const char *tap)
{
    if (is(t, "silent"))
        return;
    if (is(t, "garbage")) {
        rubbish(t, frame);
    } else if (kind == GV_KIND_HELLO && is(t, "replay")) {
        repeat(t, tap);
    } else if (is(t, "again")) {
        again(t, kind);
    } else if (kind == GV_KIND_HELLO) {
        welcome(t, t->key);
        if (is(t, "receipts") || is(t, "hashes"))
            receipt(t);
        if (is(t, "orders"))
            orders(t, FORGERIES);
        if (is(t, "parts"))
            parts(t);
    }
}

static void serve(struct turned *t, const char *tap, int64_t until_ms)
{
    while (now_ms() < until_ms) {
        zmq_pollitem_t item = {t->router, 0, ZMQ_POLLIN, 0};
        zmq_msg_t frame;
        int n;

        if (is(t, "endless") && t->hellos > 0 && t->orders.n < 200000)
            orders(t, BURST);
        if (zmq_poll(&item, 1, is(t, "endless") ? 5 : 100) <= 0)
            continue;
        n = zmq_recv(t->router, t->route, sizeof t->route, 0);
        t->route_len = n > 0 ? (size_t)n : 0;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, t->router, 0) > 0) {
            struct gv_slice bytes = {zmq_msg_data(&frame), zmq_msg_size(&frame)};

            answer(t, hear(t, bytes), bytes, tap);
        }
        zmq_msg_close(&frame);
    }
}

int coordinator_main(struct world *world, const char *endpoint, const char *way, int seconds,
                     const char *tap)
{
    struct turned t = {.world = world, .way = way};
    const struct gv_key *door;
    int one = 1, zero = 0;

    t.key = world_key(world, "keys", "c1");
    t.admin = world_key(world, "keys", "admin");
    t.stranger = world_key(world, "keys", "la");
    for (size_t i = 0; i < SAID; i++)
        gv_buf_init(&t.said[i]);
    door = is(&t, "wrong-key") ? t.stranger : t.key;
    t.router = zmq_socket(world->zmq, ZMQ_ROUTER);
    zmq_setsockopt(t.router, ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt(t.router, ZMQ_CURVE_SERVER, &one, sizeof one);
    zmq_setsockopt(t.router, ZMQ_CURVE_SECRETKEY, door->curve_sk, 32);
    if (zmq_bind(t.router, endpoint) != 0)
        die("cannot bind", endpoint);
    serve(&t, tap, now_ms() + seconds * 1000);
    zmq_close(t.router);
    for (size_t i = 0; i < SAID; i++)
        gv_buf_fini(&t.said[i]);
    printf("%u %u\n", t.hellos, t.sent);
    gv_key_free(t.key);
    gv_key_free(t.admin);
    gv_key_free(t.stranger);
    return 0;
}
