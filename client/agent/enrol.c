/* enrol.c - token file, keys, ENROL, ENROLLED. At most so many units at a time. */
#include "agent/enrol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/random.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "giaoviec/v1/envelope.pb-c.h"
#include "giaoviec/v1/trust.pb-c.h"
#include "trust/enrol.h"
#include "wire/pb_arena.h"

#define TOKEN_MAX_BYTES 4096
#define AT_ONCE         32
#define ANSWER_MS       15000
#define RETRY_MIN_MS    500
#define RETRY_MAX_MS    60000

struct enrolment {
    struct unit *unit;
    struct gv_token token;
    gv_link *link;
    bool counted; /* among host->enrolling */
    struct gv_timer timer;
    unsigned failures;
    gv_id message_id;
};

static void close_link(struct enrolment *e)
{
    struct host *host = e->unit->host;

    if (e->link != NULL) {
        gv_loop_unwatch(host->loop, gv_link_fd(e->link));
        gv_link_close(e->link);
        e->link = NULL;
    }
    if (e->counted)
        host->enrolling--;
    e->counted = false;
}

static void later(struct enrolment *e, bool patient)
{
    struct host *host = e->unit->host;
    uint32_t window = RETRY_MIN_MS << (e->failures < 7 ? e->failures : 7);

    close_link(e);
    if (patient || window > RETRY_MAX_MS)
        window = RETRY_MAX_MS;
    e->failures++;
    gv_loop_timer_set(host->loop, &e->timer,
                      gv_loop_now_ms(host->loop) + window / 2 + gv_random_u32() % window);
}

/* ---- before ---- */

static gv_err read_token(struct enrolment *e)
{
    const char *path = e->unit->config->token;
    struct gv_buf file;
    gv_err err;

    if (path == NULL)
        return GV_EUSAGE;
    gv_buf_init(&file);
    err = gv_buf_read_file(&file, path, TOKEN_MAX_BYTES);
    if (err == GV_OK)
        err = gv_token_parse((const char *)file.data, file.len, &e->token);
    if (err == GV_OK && strcmp(e->token.unit.s, e->unit->code.s) != 0)
        err = GV_ERECIPIENT;
    gv_buf_fini(&file);
    return err;
}

/* Kept before they are sent, so that a lost answer can be asked for again. */
static gv_err make_key(struct unit *unit)
{
    char name[GV_CODE_MAX + 16];
    char *path;
    gv_err err;

    if (unit->key != NULL)
        return GV_OK;
    snprintf(name, sizeof name, "keys/%s.key", unit->code.s);
    path = host_path(unit->host, name);
    if (path == NULL)
        return GV_ENOMEM;
    err = gv_key_new(&unit->code, &unit->key);
    if (err == GV_OK)
        err = gv_key_save(unit->key, path);
    if (err != GV_OK) {
        gv_key_free(unit->key);
        unit->key = NULL;
    }
    free(path);
    return err;
}

/* ---- the question ---- */

static gv_err send_enrol(struct enrolment *e)
{
    Giaoviec__V1__Enrol body = GIAOVIEC__V1__ENROL__INIT;
    struct unit *unit = e->unit;
    struct gv_head head = {.deployment = e->token.deployment,
                           .sender = unit->code,
                           .kind = GV_KIND_ENROL,
                           .sequence = 1,
                           .time_us = gv_clock_real_us()};
    struct gv_buf statement;
    gv_err err;

    gv_buf_init(&statement);
    gv_buf_reset(&unit->out);
    err = gv_enrol_seal(&e->token, unit->key, gv_clock_real_us(), &statement);
    body.statement = (ProtobufCBinaryData){statement.len, statement.data};
    if (err == GV_OK)
        err = gv_message_seal(&head, &body.base, NULL, &unit->out);
    if (err == GV_OK)
        err = gv_link_send(e->link, unit->out.data, unit->out.len);
    e->message_id = head.message_id;
    gv_buf_fini(&statement);
    return err;
}

/* ---- the answer ---- */

/* Reads a frame of the endpoint whose CURVE key the token names, before anybody's signing key is
 * known. */
static gv_err read_unverified(struct gv_slice frame, gv_arena *arena, Giaoviec__V1__Payload **out)
{
    struct gv_envelope envelope;
    gv_err err = gv_envelope_read(frame, &envelope);

    if (err != GV_OK)
        return err;
    *out = gv_pb_unpack(&giaoviec__v1__payload__descriptor, envelope.payload, arena);
    return *out != NULL && (*out)->header != NULL ? GV_OK : GV_EBADMSG;
}

/* The keyset says who its coordinators are; one of them must have signed the frame that brought it.
 */
static gv_err check_enrolled(struct enrolment *e, struct gv_slice frame,
                             const Giaoviec__V1__Payload *payload)
{
    gv_arena *arena = e->unit->host->message_arena;
    const Giaoviec__V1__CoordinatorInfo *info;
    struct gv_sender sender = {.roles = GV_ROLE_COORDINATOR};
    struct gv_keyset *keyset = NULL;
    struct gv_message message;
    Giaoviec__V1__Enrolled *body;
    gv_err err;

    body = gv_pb_unpack(&giaoviec__v1__enrolled__descriptor,
                        (struct gv_slice){payload->body.data, payload->body.len}, arena);
    if (body == NULL)
        return GV_EBADMSG;
    err = gv_keyset_open((struct gv_slice){body->keyset.data, body->keyset.len},
                         &e->token.root_hash, &keyset);
    if (err != GV_OK)
        return err;
    err = gv_code_from((struct gv_slice){payload->header->sender.data, payload->header->sender.len},
                       &sender.code);
    info = err == GV_OK ? gv_keyset_coordinator(keyset, sender.code.s) : NULL;
    if (info == NULL || !gv_id_eq(&keyset->deployment, &e->token.deployment)) {
        err = GV_EDENIED;
        goto out;
    }
    memcpy(sender.sign_pk, info->sign_key.data, sizeof sender.sign_pk);
    err = gv_message_open(frame, &sender, &e->token.deployment, &e->unit->code, arena, &message);
    if (err == GV_OK && !gv_id_eq(&message.head.in_reply_to, &e->message_id))
        err = GV_ERECIPIENT;
    if (err != GV_OK)
        goto out;
    err = host_take_keyset(e->unit->host, (struct gv_slice){body->keyset.data, body->keyset.len},
                           &e->token.root_hash);
    if (err == GV_EVERSION)
        err = GV_OK; /* another unit brought it, or a newer one */
out:
    gv_keyset_free(keyset);
    return err;
}

static void enrolled(struct enrolment *e)
{
    struct unit *unit = e->unit;
    char id[33];

    close_link(e);
    gv_loop_timer_set(unit->host->loop, &e->timer, GV_NEVER_MS);
    gv_hex(unit->key->key_id.b, sizeof unit->key->key_id.b, id);
    log_info("enrolled", "unit=%s key=%s", unit->code.s, id);
    unit->row.enrolled = true;
    unit->row_dirty = true;
    unit->start_waits = true;
    unit_touch(unit);
}

static void refused(struct enrolment *e, const Giaoviec__V1__Payload *payload)
{
    Giaoviec__V1__Error *body = gv_pb_unpack(
        &giaoviec__v1__error__descriptor, (struct gv_slice){payload->body.data, payload->body.len},
        e->unit->host->message_arena);
    char text[512];

    log_error("enrolment-refused",
              "unit=%s error=%s text=%s do=\"ask an administrator for a new token\"",
              e->unit->code.s, body != NULL ? gv_err_name((gv_err)body->code) : "?",
              body != NULL ? gv_log_escape(body->text, text, sizeof text) : "-");
    later(e, body == NULL || !body->retry);
}

static void on_frame(struct enrolment *e)
{
    struct gv_slice frame = {e->unit->frame.data, e->unit->frame.len};
    Giaoviec__V1__Payload *payload;
    gv_err err;

    gv_arena_reset(e->unit->host->message_arena);
    err = read_unverified(frame, e->unit->host->message_arena, &payload);
    if (err == GV_OK && payload->header->kind == GV_KIND_ENROLLED) {
        err = check_enrolled(e, frame, payload);
        if (err == GV_OK) {
            enrolled(e);
            return;
        }
    } else if (err == GV_OK && payload->header->kind == GV_KIND_ERROR) {
        refused(e, payload);
        return;
    } else if (err == GV_OK) {
        later(e, false); /* BUSY, or nothing for us */
        return;
    }
    log_error("enrolment-answer-refused", "unit=%s error=%s", e->unit->code.s, gv_err_name(err));
    later(e, true);
}

static void on_link(void *ctx, unsigned events)
{
    struct enrolment *e = ctx;

    (void)events;
    while (e->link != NULL) {
        switch (gv_link_next(e->link, &e->unit->frame)) {
        case GV_LINK_NONE:
            return;
        case GV_LINK_UP:
            if (send_enrol(e) != GV_OK)
                later(e, false);
            break;
        case GV_LINK_MESSAGE:
            on_frame(e);
            break;
        case GV_LINK_DOWN:
            log_info("enrolment-down", "unit=%s endpoint=%s", e->unit->code.s, e->token.endpoint);
            later(e, false);
            break;
        case GV_LINK_REFUSED:
            log_warn("enrolment-link-refused",
                     "unit=%s endpoint=%s hint=\"is the token of this server?\"", e->unit->code.s,
                     e->token.endpoint);
            later(e, false);
            break;
        }
    }
}

/* ---- begin ---- */

static gv_err connect_now(struct enrolment *e)
{
    struct gv_link_options options = {.zmq = e->unit->host->zmq, .endpoint = e->token.endpoint};
    struct host *host = e->unit->host;
    gv_err err;

    memcpy(options.server_pk, e->token.server_pk, sizeof options.server_pk);
    memcpy(options.curve_pk, e->unit->key->curve_pk, sizeof options.curve_pk);
    memcpy(options.curve_sk, e->unit->key->curve_sk, sizeof options.curve_sk);
    err = gv_link_open(&options, &e->link);
    if (err == GV_OK)
        err = gv_loop_watch(host->loop, gv_link_fd(e->link), GV_LOOP_READ, on_link, e);
    if (err != GV_OK)
        return err;
    host->enrolling++;
    e->counted = true;
    gv_loop_timer_set(host->loop, &e->timer, gv_loop_now_ms(host->loop) + ANSWER_MS);
    return GV_OK;
}

static void on_timer(void *ctx, int64_t now_ms)
{
    struct enrolment *e = ctx;
    struct unit *unit = e->unit;
    gv_err err;

    if (e->link != NULL) {
        log_warn("enrolment-no-answer", "unit=%s endpoint=%s", unit->code.s, e->token.endpoint);
        later(e, false);
        return;
    }
    if (unit->host->enrolling >= AT_ONCE) {
        gv_loop_timer_set(unit->host->loop, &e->timer, now_ms + 50 + gv_random_u32() % 200);
        return;
    }
    err = read_token(e);
    if (err != GV_OK) {
        log_error("token-unusable", "unit=%s file=%s error=%s", unit->code.s,
                  unit->config->token != NULL ? unit->config->token : "-", gv_err_name(err));
        later(e, true);
        return;
    }
    err = make_key(unit);
    if (err != GV_OK) {
        host_fail(unit->host, err, "key");
        return;
    }
    err = connect_now(e);
    if (err != GV_OK) {
        log_error("enrolment-link-failed", "unit=%s endpoint=%s error=%s", unit->code.s,
                  e->token.endpoint, gv_err_name(err));
        later(e, false);
    }
}

gv_err enrolment_begin(struct unit *unit)
{
    struct enrolment *e;
    gv_err err;

    if (unit->config->token == NULL)
        return GV_EUSAGE;
    e = calloc(1, sizeof *e);
    if (e == NULL)
        return GV_ENOMEM;
    e->unit = unit;
    err = gv_loop_timer_add(unit->host->loop, &e->timer, on_timer, e);
    if (err != GV_OK) {
        free(e);
        return err;
    }
    unit->enrolment = e;
    gv_loop_timer_set(unit->host->loop, &e->timer, 0);
    return GV_OK;
}

void enrolment_free(struct enrolment *enrolment)
{
    if (enrolment == NULL)
        return;
    close_link(enrolment);
    gv_loop_timer_remove(enrolment->unit->host->loop, &enrolment->timer);
    free(enrolment);
}
