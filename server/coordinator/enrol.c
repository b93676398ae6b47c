/* enrol.c - takes what waits, stores each enrolment, makes the keyring anew once, then answers all.
 */
#include "coordinator/enrol.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "coordinator/deliver.h"
#include "coordinator/keys.h"
#include "coordinator/lane.h"
#include "coordinator/parts.h"
#include "crypto/random.h"
#include "delivery/coordinator_side.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "trust/enrol.h"

#define BURST       64
#define POLL_MS     200
#define TRY_MS      5000
#define ARENA_BYTES ((size_t)512 << 10)

struct request {
    struct route route;
    struct gv_head head; /* kind 0: not readable, no answer */
    gv_err err;
    const char *why;         /* NULL: what the error says */
    uint32_t retry_after_ms; /* not 0: nothing of it was looked at, BUSY */
};

struct lane {
    struct enrol *enrol;
    gv_store *store;
    gv_arena *arena;
    struct gv_admission admission;
    struct gv_enrolment enrolment; /* of the request in work */
    int64_t until_ms;              /* for the database, of all that were taken together */
};

static gv_err enrol_once(void *ctx)
{
    struct lane *lane = ctx;
    gv_err err = gv_store_enrol(lane->store, &lane->enrolment, NULL);

    return err == GV_OK && GV_FAILPOINT(enrolment_stored) ? GV_EAGAIN : err;
}

static bool are_anothers(struct coordinator *c, const struct gv_enrol_statement *statement)
{
    keyring *ring = keyring_take(c->keys);
    bool anothers = ring == NULL || keyring_is_anothers(ring, &statement->unit, statement->curve_pk,
                                                        &statement->key_id);

    keyring_unref(ring);
    return anothers;
}

static gv_err refused(const struct gv_enrol_statement *statement, gv_err err)
{
    log_warn("enrolment-refused", "unit=%s error=%s", statement->unit.s, gv_err_name(err));
    return err;
}

static gv_err enrol_one(struct lane *lane, struct gv_slice frame, struct request *request)
{
    struct coordinator *c = lane->enrol->c;
    struct gv_sender nobody = {.roles = GV_ROLE_NOBODY};
    struct gv_enrol_statement statement;
    struct gv_message message = {0};
    gv_err err;

    gv_arena_reset(lane->arena);
    err = gv_message_open(frame, &nobody, &c->deployment, &c->self, lane->arena, &message);
    request->head = message.head;
    if (err != GV_OK)
        return err;
    lane->enrolment.statement =
        (struct gv_slice){((const Giaoviec__V1__Enrol *)message.body)->statement.data,
                          ((const Giaoviec__V1__Enrol *)message.body)->statement.len};
    err = gv_enrol_open(lane->enrolment.statement, &c->deployment, lane->arena, &statement);
    if (err != GV_OK)
        return err;
    if (are_anothers(c, &statement)) {
        request->why = "these keys were used before: make new ones";
        return refused(&statement, GV_EDENIED);
    }
    lane->enrolment.unit = statement.unit.s;
    lane->enrolment.token_hash = statement.token_hash;
    lane->enrolment.key_id = statement.key_id;
    memcpy(lane->enrolment.sign_key, statement.sign_pk, 32);
    memcpy(lane->enrolment.curve_key, statement.curve_pk, 32);
    err = lane_run(c, lane->store, enrol_once, lane, lane->until_ms, NULL);
    if (err != GV_OK)
        return refused(&statement, err);
    gv_log(GV_LOG_NOTICE, "unit-enrolled", "unit=%s", statement.unit.s);
    return GV_OK;
}

/* Only who asks, so that he can be told when to come again. */
static void turn_away(struct lane *lane, struct gv_slice frame, struct request *request)
{
    struct coordinator *c = lane->enrol->c;
    struct gv_sender nobody = {.roles = GV_ROLE_NOBODY};
    struct gv_message message = {0};

    gv_arena_reset(lane->arena);
    request->err = gv_message_open(frame, &nobody, &c->deployment, &c->self, lane->arena, &message);
    request->head = message.head;
    count(c, COUNT_BUSY, 1);
}

static void send(struct lane *lane, const struct request *request, enum gv_kind kind,
                 const ProtobufCMessage *body)
{
    struct coordinator *c = lane->enrol->c;
    struct gv_head head = {.deployment = c->deployment,
                           .sender = c->self,
                           .recipient = request->head.sender,
                           .kind = kind,
                           .in_reply_to = request->head.message_id,
                           .time_us = gv_clock_real_us()};
    struct gv_buf frame;

    head.sequence = atomic_fetch_add(&c->sequence, 1) + 1;
    gv_buf_init(&frame);
    if (gv_message_seal(&head, body,
                        (gv_kind_row(kind)->flags & GV_MSG_SIGNED) != 0 ? c->key : NULL,
                        &frame) == GV_OK &&
        zmq_send(lane->enrol->socket, request->route.id, request->route.len,
                 ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0 &&
        zmq_send(lane->enrol->socket, frame.data, frame.len, ZMQ_DONTWAIT) < 0)
        log_warn("enrolment-answer-lost", "to=%s", request->head.sender.s);
    gv_buf_fini(&frame);
}

static void answer(struct lane *lane, const struct request *request)
{
    keyring *ring = keyring_take(lane->enrol->c->keys);
    Giaoviec__V1__Enrolled enrolled = GIAOVIEC__V1__ENROLLED__INIT;
    Giaoviec__V1__Error error = GIAOVIEC__V1__ERROR__INIT;
    Giaoviec__V1__Busy busy = GIAOVIEC__V1__BUSY__INIT;

    if (request->retry_after_ms != 0) {
        busy.retry_after_ms = request->retry_after_ms;
        send(lane, request, GV_KIND_BUSY, &busy.base);
    } else if (request->err == GV_OK) {
        const struct gv_keyset *keyset = keyring_keyset(ring);

        enrolled.keyset = (ProtobufCBinaryData){keyset->bytes.len, (uint8_t *)keyset->bytes.data};
        send(lane, request, GV_KIND_ENROLLED, &enrolled.base);
    } else {
        error.code = request->err;
        error.retry = gv_err_retry(request->err);
        error.text = (char *)(request->why != NULL ? request->why : gv_err_text(request->err));
        send(lane, request, GV_KIND_ERROR, &error.base);
    }
    keyring_unref(ring);
}

/* False: nothing waits. */
static bool receive(struct lane *lane, struct request *request)
{
    struct parts parts;

    *request = (struct request){.err = GV_EBADMSG};
    if (!parts_receive(lane->enrol->socket, &parts))
        return false;
    request->route = parts.route;
    if (parts.count == 2 && parts.route.len > 0) {
        struct gv_slice frame = {zmq_msg_data(&parts.frame), zmq_msg_size(&parts.frame)};

        if (gv_admission_take(&lane->admission, gv_clock_mono_ms(), gv_random_u32(),
                              &request->retry_after_ms))
            request->err = enrol_one(lane, frame, request);
        else
            turn_away(lane, frame, request);
    }
    parts_close(&parts);
    return true;
}

static void serve(struct lane *lane)
{
    struct request requests[BURST];
    size_t n = 0;
    bool stored = false;

    lane->until_ms = gv_clock_mono_ms() + TRY_MS;
    while (n < BURST && receive(lane, &requests[n])) {
        stored = stored || (requests[n].err == GV_OK && requests[n].retry_after_ms == 0);
        n++;
    }
    if (stored && keys_refresh(lane->enrol->c, lane->store) != GV_OK)
        atomic_store(&lane->enrol->c->keys_changed, true);
    if (stored)
        deliver_wake(lane->enrol->c);
    for (size_t i = 0; i < n; i++) {
        if (requests[i].head.kind != 0)
            answer(lane, &requests[i]);
    }
}

void enrol_run(void *arg)
{
    struct lane lane = {.enrol = arg};
    uint32_t rate = (uint32_t)lane.enrol->c->config.enrol_rate;
    zmq_pollitem_t item = {lane.enrol->socket, 0, ZMQ_POLLIN, 0};

    gv_admission_init(&lane.admission, rate, rate, gv_clock_mono_ms());
    lane.arena = gv_arena_new(ARENA_BYTES);
    if (lane.arena == NULL ||
        coordinator_store(lane.enrol->c, "enrolment", 0, &lane.store) != GV_OK)
        goto out;
    while (!stopping(lane.enrol->c)) {
        if (zmq_poll(&item, 1, POLL_MS) > 0)
            serve(&lane);
    }
out:
    zmq_close(lane.enrol->socket);
    gv_store_close(lane.store);
    gv_arena_free(lane.arena);
}
