/*
 * agent_fixture.h - an agent in this process, and the coordinator that a test plays to it over real
 * sockets: it enrols the unit, greets it, gives it an order, takes its reports.
 */
#ifndef GV_AGENT_FIXTURE_H
#define GV_AGENT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "../fixture/trust.h"
#include "agent/config.h"
#include "agent/manual.h"
#include "agent/unit.h"
#include "base/clock.h"
#include "base/lang.h"
#include "base/log.h"
#include "trust/entry.h"

#define WAIT_MS 8000
#define NOON_US (INT64_C(1707368400) * 1000000) /* 2024-02-08 12:00 +07:00 */

static struct fixture f;
static struct fixture_issue issue;
static char folder[64];
static void *zmq, *router, *enrol_router;
static char endpoint[64], enrol_endpoint[64];
static struct config *config;
static struct host host;
static gv_arena *arena;

/* What the agent said last. */
static struct gv_buf frame;
static uint8_t peer[16];
static int peer_len;
static struct gv_message message;
static struct gv_cursor orders; /* head of the log that this coordinator keeps for the unit */

/* ---- the coordinator ---- */

static inline void *open_router(char *at, size_t size)
{
    void *socket = zmq_socket(zmq, ZMQ_ROUTER);
    int one = 1, zero = 0;

    assert_non_null(socket);
    zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &one, sizeof one);
    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, f.c1->curve_sk, 32);
    zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero);
    assert_int_equal(zmq_bind(socket, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, at, &size), 0);
    return socket;
}

/* A frame into frame; false: none is there. */
static inline bool take_frame(void *socket)
{
    zmq_msg_t part;
    int more;

    peer_len = zmq_recv(socket, peer, sizeof peer, ZMQ_DONTWAIT);
    if (peer_len < 0)
        return false;
    zmq_msg_init(&part);
    assert_true(zmq_msg_recv(&part, socket, 0) >= 0);
    more = zmq_msg_more(&part);
    gv_buf_reset(&frame);
    gv_buf_append(&frame, zmq_msg_data(&part), zmq_msg_size(&part));
    zmq_msg_close(&part);
    assert_int_equal(more, 0);
    return true;
}

static inline void turn(void)
{
    assert_int_equal(gv_loop_turn(host.loop, 5), GV_OK);
    host_turn_end(&host);
}

/* The agent's key, as it enrolled. */
static inline struct gv_sender unit_sender(void)
{
    struct gv_sender sender = {.code = host.units[0]->code, .roles = GV_ROLE_UNIT};

    gv_sender_key(&sender, host.units[0]->key->sign_pk);
    return sender;
}

/* Waits for a frame of the kind; heartbeats between are passed over, anything else is not expected.
 */
static inline const ProtobufCMessage *wait_for(uint32_t kind)
{
    int64_t until = gv_clock_mono_ms() + WAIT_MS;
    struct gv_sender sender = unit_sender();

    while (gv_clock_mono_ms() < until) {
        turn();
        if (!take_frame(router))
            continue;
        gv_arena_reset(arena);
        assert_int_equal(
            gv_message_open(bytes_of(&frame), &sender, &f.deployment, &f.c1->code, arena, &message),
            GV_OK);
        if (message.head.kind == kind)
            return message.body;
        if (message.head.kind != GV_KIND_HEARTBEAT)
            fail_msg("%s came, not %s", message.row->name, gv_kind_row(kind)->name);
    }
    fail_msg("%s did not come", gv_kind_row(kind)->name);
    return NULL;
}

/* The same of the unit's other key; whatever else comes, and by whomever, is passed over. */
static inline const ProtobufCMessage *wait_for_by(const uint8_t *sign_pk, uint32_t kind)
{
    int64_t until = gv_clock_mono_ms() + WAIT_MS;
    struct gv_sender sender = unit_sender();

    gv_sender_key(&sender, sign_pk);
    while (gv_clock_mono_ms() < until) {
        turn();
        if (!take_frame(router))
            continue;
        gv_arena_reset(arena);
        if (gv_message_open(bytes_of(&frame), &sender, &f.deployment, &f.c1->code, arena,
                            &message) == GV_OK &&
            message.head.kind == kind)
            return message.body;
    }
    fail_msg("%s by that key did not come", gv_kind_row(kind)->name);
    return NULL;
}

/* Nothing but heartbeats. */
static inline void wait_silence(int64_t ms)
{
    int64_t until = gv_clock_mono_ms() + ms;
    struct gv_sender sender = unit_sender();

    while (gv_clock_mono_ms() < until) {
        struct gv_message said;

        turn();
        if (!take_frame(router))
            continue;
        assert_int_equal(
            gv_message_open(bytes_of(&frame), &sender, &f.deployment, &f.c1->code, arena, &said),
            GV_OK);
        assert_int_equal(said.head.kind, GV_KIND_HEARTBEAT);
    }
}

static inline void send_as(const struct gv_key *key, uint32_t kind, const ProtobufCMessage *body,
                           void *socket)
{
    struct gv_head head = {.deployment = f.deployment,
                           .sender = f.c1->code,
                           .recipient = host.units[0]->code,
                           .kind = kind,
                           .connection = message.head.connection,
                           .sequence = 1,
                           .in_reply_to = message.head.message_id,
                           .time_us = FIXTURE_TIME_US};
    struct gv_buf out;

    gv_buf_init(&out);
    assert_int_equal(gv_message_seal(&head, body, key, &out), GV_OK);
    assert_int_equal(zmq_send(socket, peer, (size_t)peer_len, ZMQ_SNDMORE), peer_len);
    assert_int_equal(zmq_send(socket, out.data, out.len, 0), (int)out.len);
    gv_buf_fini(&out);
}

static inline void reply(uint32_t kind, const ProtobufCMessage *body)
{
    bool is_signed = (gv_kind_row(kind)->flags & GV_MSG_SIGNED) != 0;

    send_as(is_signed ? f.c1 : NULL, kind, body, router);
}

static inline void put_cursor(Giaoviec__V1__Cursor *out, const struct gv_cursor *cursor)
{
    giaoviec__v1__cursor__init(out);
    out->number = cursor->n;
    out->hash = gv_pb_bytes(cursor->h.b, 32);
}

/* Answers the Hello in message: we hold what the unit calls its head. */
static inline void welcome(const Giaoviec__V1__Hello *hello)
{
    Giaoviec__V1__Welcome body = GIAOVIEC__V1__WELCOME__INIT;
    Giaoviec__V1__BusinessTime business = GIAOVIEC__V1__BUSINESS_TIME__INIT;
    Giaoviec__V1__Cursor reports = *hello->receipted, own;

    put_cursor(&own, &orders);
    business.time_us = NOON_US;
    business.stepped = true;
    business.step = 1;
    body.reports = &reports;
    body.orders = &own;
    body.credits = 4;
    body.heartbeat_ms = 1000;
    body.silence_ms = 30000;
    body.reconnect_window_ms = 20;
    body.redeliver_ms = 5000;
    body.business = &business;
    reply(GV_KIND_WELCOME, &body.base);
}

static inline void greet(uint64_t connection)
{
    const Giaoviec__V1__Hello *hello = (const Giaoviec__V1__Hello *)wait_for(GV_KIND_HELLO);

    assert_int_equal(hello->connection, connection);
    assert_int_equal(message.head.sequence, 1);
    assert_int_equal(message.head.connection, connection);
    welcome(hello);
}

/* Sends the issue's order as it stands, as number orders.n + 1. */
static inline void give_order(void)
{
    Giaoviec__V1__Orders body = GIAOVIEC__V1__ORDERS__INIT;
    ProtobufCBinaryData entry;
    struct gv_buf packed;

    gv_buf_init(&packed);
    assert_int_equal(gv_pb_pack(&issue.order.base, &packed), GV_OK);
    entry = gv_pb_bytes(packed.data, packed.len);
    body.first = orders.n + 1;
    body.entries = &entry;
    body.n_entries = 1;
    orders.n++;
    gv_hash_chain(&orders.h, bytes_of(&packed), &orders.h);
    reply(GV_KIND_ORDERS, &body.base);
    gv_buf_fini(&packed);
}

static inline void expect_orders_receipt(void)
{
    const Giaoviec__V1__OrdersReceipt *body =
        (const Giaoviec__V1__OrdersReceipt *)wait_for(GV_KIND_ORDERS_RECEIPT);

    assert_int_equal(body->orders->number, orders.n);
    assert_memory_equal(body->orders->hash.data, orders.h.b, 32);
}

/* The one report that comes, and that it hangs together; receipted when said so. */
static inline struct gv_report expect_report(uint64_t n, uint32_t kind, uint32_t disposition)
{
    const Giaoviec__V1__Reports *body = (const Giaoviec__V1__Reports *)wait_for(GV_KIND_REPORTS);
    Giaoviec__V1__Receipt receipt = GIAOVIEC__V1__RECEIPT__INIT;
    Giaoviec__V1__Disposition one = GIAOVIEC__V1__DISPOSITION__INIT, *list[1] = {&one};
    Giaoviec__V1__Cursor at;
    struct gv_report report;

    assert_int_equal(body->first, n);
    assert_int_equal(body->n_entries, 1);
    assert_int_equal(gv_report_open((struct gv_slice){body->entries[0].data, body->entries[0].len},
                                    arena, &report),
                     GV_OK);
    assert_int_equal(report.kind, kind);
    put_cursor(&at, &host.units[0]->side.reports);
    receipt.reports = &at;
    receipt.credits = 4;
    if (disposition != 0) {
        one.number = n;
        one.code = disposition;
        one.error = GV_ESTATE;
        one.text = text("không được");
        receipt.dispositions = list;
        receipt.n_dispositions = 1;
    }
    reply(GV_KIND_RECEIPT, &receipt.base);
    return report;
}

/* ---- the agent ---- */

static inline void start(void)
{
    struct gv_buf why;
    char path[96];

    snprintf(path, sizeof path, "%s/agent.conf", folder);
    gv_buf_init(&why);
    if (config_load(path, &config, &why) != GV_OK || host_init(&host, config, &why) != GV_OK ||
        host_begin(&host, &why) != GV_OK)
        fail_msg("%s", why.len > 0 ? (const char *)why.data : "?");
    host_turn_end(&host);
    gv_buf_fini(&why);
}

static inline void stop(void)
{
    host_fini(&host);
    memset(&host, 0, sizeof host);
    host.lock_fd = -1;
    config_free(config);
    config = NULL;
}

static inline void put_file(const char *name, const void *data, size_t len)
{
    char path[96];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(gv_file_write(path, data, len, 0600), GV_OK);
}

static inline void reseal(void)
{
    gv_buf_reset(&f.bytes);
    assert_int_equal(gv_keyset_seal(&f.set, f.root, &f.bytes), GV_OK);
}

static inline int set_up(void **state)
{
    struct gv_buf token_text;
    struct gv_token token;
    char text_of_config[256];

    (void)state;
    strcpy(folder, "/tmp/giaoviec-agent.XXXXXX");
    if (mkdtemp(folder) == NULL || gv_lang_set("en") != GV_OK)
        return 1;
    gv_log_init("test", (enum gv_log_level)0);
    fixture_init(&f);
    fixture_issue_init(&f, &issue);
    gv_buf_init(&frame);
    arena = gv_arena_new((size_t)16 << 20);
    memset(&message, 0, sizeof message);
    memset(&orders, 0, sizeof orders);
    zmq = zmq_ctx_new();
    router = open_router(endpoint, sizeof endpoint);
    enrol_router = open_router(enrol_endpoint, sizeof enrol_endpoint);
    f.coordinator.endpoint = endpoint;
    f.coordinator.enrol_endpoint = enrol_endpoint;
    reseal();
    fixture_token(&f, &token);
    snprintf(token.endpoint, sizeof token.endpoint, "%s", enrol_endpoint);
    gv_buf_init(&token_text);
    assert_int_equal(gv_token_format(&token, &token_text), GV_OK);
    put_file("token", token_text.data, token_text.len);
    gv_buf_fini(&token_text);
    snprintf(text_of_config, sizeof text_of_config,
             "[agent]\ndata=data\nreconnect_window_ms=20\n[unit SO-YT]\ntoken=token\nperson=A\n");
    put_file("agent.conf", text_of_config, strlen(text_of_config));
    start();
    return 0;
}

static inline int tear_down(void **state)
{
    char command[96];

    (void)state;
    if (host.config != NULL)
        stop();
    zmq_close(router);
    zmq_close(enrol_router);
    zmq_ctx_term(zmq);
    gv_arena_free(arena);
    gv_buf_fini(&frame);
    fixture_issue_fini(&issue);
    fixture_fini(&f);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

/* The keys that an ENROL on the enrolment endpoint binds. */
static inline struct gv_enrol_statement wait_enrol(void)
{
    int64_t until = gv_clock_mono_ms() + WAIT_MS;
    struct gv_sender nobody = {.code = f.unit->code, .roles = GV_ROLE_NOBODY};
    struct gv_enrol_statement statement;
    const Giaoviec__V1__Enrol *body;

    while (!take_frame(enrol_router)) {
        assert_true(gv_clock_mono_ms() < until);
        turn();
    }
    gv_arena_reset(arena);
    assert_int_equal(
        gv_message_open(bytes_of(&frame), &nobody, &f.deployment, &f.c1->code, arena, &message),
        GV_OK);
    assert_int_equal(message.head.kind, GV_KIND_ENROL);
    body = (const Giaoviec__V1__Enrol *)message.body;
    assert_int_equal(gv_enrol_open((struct gv_slice){body->statement.data, body->statement.len},
                                   &f.deployment, arena, &statement),
                     GV_OK);
    return statement;
}

static inline void answer_enrol(const struct gv_key *signer)
{
    Giaoviec__V1__Enrolled body = GIAOVIEC__V1__ENROLLED__INIT;

    body.keyset = gv_pb_bytes(f.bytes.data, f.bytes.len);
    send_as(signer, GV_KIND_ENROLLED, &body.base, enrol_router);
}

static inline void enrol(void)
{
    wait_enrol();
    answer_enrol(f.c1);
}

#endif
