/* enrol.c - token file, keys, ENROL, ENROLLED. At most so many units at a time. */
#include "agent/enrol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "crypto/random.h"
#include "giaoviec/v1/trust.pb-c.h"
#include "trust/enrol.h"

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

static void again(struct enrolment *e, uint32_t after_ms)
{
    struct host *host = e->unit->host;

    close_link(e);
    gv_loop_timer_set(host->loop, &e->timer, gv_loop_now_ms(host->loop) + after_ms);
}

static void later(struct enrolment *e, bool patient)
{
    uint32_t window = RETRY_MIN_MS << (e->failures < 7 ? e->failures : 7);

    if (patient || window > RETRY_MAX_MS)
        window = RETRY_MAX_MS;
    e->failures++;
    again(e, window / 2 + gv_random_u32() % window);
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
    if (err == GV_OK && GV_FAILPOINT(key_saved))
        err = GV_EIO;
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
    gv_buf_fini(&statement);
    return err;
}

/* ---- the answer ---- */

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

static void refused(struct enrolment *e, const struct gv_enrol_answer *answer)
{
    char text[512];

    if (answer->error == GV_EAGAIN && answer->retry_after_ms > 0) { /* it says when */
        log_info("enrolment-busy", "unit=%s retry_ms=%u", e->unit->code.s,
                 (unsigned)answer->retry_after_ms);
        again(e, answer->retry_after_ms > RETRY_MAX_MS ? RETRY_MAX_MS : answer->retry_after_ms);
        return;
    }
    log_error("enrolment-refused",
              "unit=%s error=%s text=%s do=\"ask an administrator for a new token\"",
              e->unit->code.s, gv_err_name(answer->error),
              gv_log_escape(answer->text, text, sizeof text));
    later(e, !gv_err_retry(answer->error));
}

static void on_frame(struct enrolment *e)
{
    struct host *host = e->unit->host;
    struct gv_slice frame = {e->unit->frame.data, e->unit->frame.len};
    struct gv_enrol_answer answer;
    gv_err err;

    gv_arena_reset(host->message_arena);
    err = gv_enrol_answer(frame, &e->token, host->message_arena, &answer);
    if (err == GV_OK && answer.error != GV_OK) {
        refused(e, &answer);
        return;
    }
    if (err == GV_OK && GV_FAILPOINT(enrolment_answered)) {
        gv_keyset_free(answer.keyset);
        host_fail(host, GV_EIO, "failpoint");
        return;
    }
    if (err == GV_OK) {
        err = host_take_keyset(host, answer.keyset->bytes, &e->token.root_hash);
        gv_keyset_free(answer.keyset);
    }
    if (err == GV_OK || err == GV_EVERSION) { /* another unit brought it, or a newer one */
        enrolled(e);
        return;
    }
    log_error("enrolment-answer-refused", "unit=%s error=%s", e->unit->code.s, gv_err_name(err));
    later(e, !gv_err_retry(err));
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
        later(e, !gv_err_retry(err));
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

gv_link *enrolment_link(const struct enrolment *enrolment)
{
    return enrolment != NULL ? enrolment->link : NULL;
}

void enrolment_free(struct enrolment *enrolment)
{
    if (enrolment == NULL)
        return;
    close_link(enrolment);
    gv_loop_timer_remove(enrolment->unit->host->loop, &enrolment->timer);
    free(enrolment);
}
