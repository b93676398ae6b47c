/*
 * rotation.c - offered, answered, used, in force. DENIED to an offer has two meanings: these keys
 * are not taken, or the one that offers them has lost its place (the time of grace was over since
 * its Welcome), and then they are the only ones that are admitted. Which of the two it is, the
 * deployment tells by whom it welcomes next.
 */
#include "agent/rotation.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/lang.h"
#include "base/log.h"
#include "crypto/random.h"
#include "giaoviec/v1/trust.pb-c.h"
#include "trust/rotation.h"

#define AT_ONCE        8     /* of a process, by age */
#define OFFER_AGAIN_MS 30000 /* an answer that was lost with a busy coordinator */
#define USE_AFTER_MS   1500  /* every coordinator has read the new key by then */
#define USE_WINDOW_MS  1500
#define DAY_MS         INT64_C(86400000)
#define FUTURE_US      INT64_C(86400000000) /* a file from the future: its age is not known */

struct rotation {
    struct unit *unit;
    struct gv_key *next;
    bool in_use;    /* the link is opened with it */
    bool answered;  /* it is admitted */
    bool denied;    /* it is not, or the old one no longer is */
    gv_id offer_id; /* message id of the offer; zero: none is out */
    struct gv_timer timer;
};

static char *path_of(const struct unit *unit, const char *which)
{
    char name[GV_CODE_MAX + 16];

    snprintf(name, sizeof name, "keys/%s.%s", unit->code.s, which);
    return host_path(unit->host, name);
}

static char *key_path(const struct unit *unit)
{
    return path_of(unit, "key");
}

static char *next_path(const struct unit *unit)
{
    return path_of(unit, "next");
}

static void arm(struct rotation *r, int64_t after_ms)
{
    struct host *host = r->unit->host;

    gv_loop_timer_set(host->loop, &r->timer, gv_loop_now_ms(host->loop) + after_ms);
}

/* ---- the offer ---- */

static void offer(struct rotation *r)
{
    Giaoviec__V1__RotateKey body = GIAOVIEC__V1__ROTATE_KEY__INIT;
    struct unit *unit = r->unit;
    struct gv_buf statement;

    r->offer_id = (gv_id){{0}};
    gv_buf_init(&statement);
    if (gv_rotation_seal(&unit->host->keyset->deployment, unit->key, r->next, gv_clock_real_us(),
                         &statement) == GV_OK) {
        body.statement = (ProtobufCBinaryData){statement.len, statement.data};
        if (unit_send(unit, GV_KIND_ROTATE_KEY, &body.base))
            r->offer_id = unit->sent_id;
    }
    gv_buf_fini(&statement);
    arm(r, OFFER_AGAIN_MS);
}

/* Ends the session in order; the next link is opened with the new key. */
static void use_next(struct rotation *r)
{
    struct unit *unit = r->unit;
    struct gv_agent_event event = unit_event(unit, GV_AGENT_GOODBYE);

    log_info("key-used", "unit=%s", unit->code.s);
    unit_goodbye(unit); /* still by the old one */
    r->in_use = true;
    event.u.goodbye.reconnect_window_ms = unit->side.reconnect_window_ms;
    unit_step(unit, &event);
}

static void on_timer(void *ctx, int64_t now_ms)
{
    struct rotation *r = ctx;

    (void)now_ms;
    if (r->in_use || !unit_is_live(r->unit))
        return; /* its Welcome goes on */
    if (r->answered)
        use_next(r);
    else
        offer(r);
}

/* ---- begin and end ---- */

static gv_err attach(struct unit *unit, struct gv_key *next)
{
    struct rotation *r = calloc(1, sizeof *r);
    gv_err err = GV_ENOMEM;

    if (r != NULL) {
        r->unit = unit;
        err = gv_loop_timer_add(unit->host->loop, &r->timer, on_timer, r);
    }
    if (err != GV_OK) {
        free(r);
        gv_key_free(next);
        return err;
    }
    r->next = next;
    unit->rotation = r;
    unit->host->rotating++;
    return GV_OK;
}

void rotation_free(struct rotation *r)
{
    if (r == NULL)
        return;
    r->unit->host->rotating--;
    gv_loop_timer_remove(r->unit->host->loop, &r->timer);
    gv_key_free(r->next);
    free(r);
}

static void detach(struct unit *unit)
{
    rotation_free(unit->rotation);
    unit->rotation = NULL;
}

gv_err rotation_load(struct unit *unit, struct gv_buf *why)
{
    char *path = next_path(unit);
    struct gv_key *next = NULL;
    gv_err err = path != NULL ? gv_key_load(path, &next) : GV_ENOMEM;

    if (err == GV_OK && strcmp(next->code.s, unit->code.s) != 0) {
        gv_key_free(next);
        err = GV_EBADMSG;
    } else if (err == GV_OK) {
        err = attach(unit, next);
    }
    if (err == GV_ENOTFOUND)
        err = GV_OK; /* none is under way */
    if (err != GV_OK)
        gv_buf_printf(why, "%s: %s", path != NULL ? path : unit->code.s, gv_err_say(err));
    free(path);
    return err;
}

gv_err rotation_begin(struct unit *unit)
{
    struct gv_key *next = NULL;
    char *path, id[33];
    gv_err err;

    if (unit->rotation != NULL)
        return GV_EEXISTS;
    if (!unit->started)
        return GV_ESTATE;
    path = next_path(unit);
    err = path != NULL ? gv_key_new(&unit->code, &next) : GV_ENOMEM;
    if (err == GV_OK)
        err = gv_key_save(next, path);
    if (err == GV_OK && GV_FAILPOINT(next_key_saved))
        err = GV_EIO;
    if (err == GV_OK) {
        gv_hex(next->key_id.b, sizeof next->key_id.b, id);
        err = attach(unit, next);
    } else {
        gv_key_free(next);
    }
    if (err != GV_OK && path != NULL && remove(path) != 0 && errno != ENOENT)
        log_warn("key-left", "file=%s error=%s", path, strerror(errno));
    free(path);
    if (err != GV_OK)
        return err;
    log_info("key-made", "unit=%s next=%s", unit->code.s, id);
    if (unit_is_live(unit))
        offer(unit->rotation);
    return GV_OK;
}

/* The new file takes the old one's name: there is a whole key under it all the time. */
static gv_err rename_key(const struct unit *unit)
{
    char *next = next_path(unit), *path = key_path(unit);
    gv_err err = GV_ENOMEM;

    if (next != NULL && path != NULL)
        err = rename(next, path) == 0 ? gv_file_sync_folder(path) : GV_EIO;
    free(next);
    free(path);
    return err;
}

static void finish(struct unit *unit)
{
    struct rotation *r = unit->rotation;
    char id[33];

    if (GV_FAILPOINT(next_key_welcome) || rename_key(unit) != GV_OK ||
        GV_FAILPOINT(next_key_renamed)) {
        host_fail(unit->host, GV_EIO, "keys");
        return;
    }
    gv_key_free(unit->key);
    unit->key = r->next;
    r->next = NULL;
    detach(unit);
    gv_hex(unit->key->key_id.b, sizeof unit->key->key_id.b, id);
    log_info("key-in-force", "unit=%s key=%s", unit->code.s, id);
}

/* The old key was welcome after these keys were denied: they are not taken. Others are made, not at
 * once. */
static void give_up(struct unit *unit)
{
    char *path = next_path(unit);

    if (path == NULL || (remove(path) != 0 && errno != ENOENT) ||
        gv_file_sync_folder(path) != GV_OK)
        host_fail(unit->host, GV_EIO, "keys");
    free(path);
    unit->not_rotated_ms = gv_loop_now_ms(unit->host->loop);
    detach(unit);
}

/* ---- by age ---- */

int64_t rotation_made_us(const struct unit *unit)
{
    char *path = key_path(unit);
    struct stat st;
    int64_t us = 0;

    if (path != NULL && stat(path, &st) == 0)
        us = (int64_t)st.st_mtime * GV_US_PER_S;
    free(path);
    return us;
}

static bool is_old(const struct unit *unit, int64_t now_us)
{
    const struct host *host = unit->host;
    int64_t max_us = host->config->key_max_age_us, made_us;

    if (max_us == 0 || !unit->started || unit->rotation != NULL ||
        (unit->not_rotated_ms != 0 && gv_loop_now_ms(host->loop) < unit->not_rotated_ms + DAY_MS))
        return false;
    made_us = rotation_made_us(unit);
    return made_us != 0 && (now_us - made_us >= max_us || made_us - now_us > FUTURE_US);
}

/* Where no file can be written now, the old key goes on. */
static void begin_by_age(struct unit *unit, int64_t now_us)
{
    gv_err err;

    if (unit->host->rotating >= AT_ONCE || !is_old(unit, now_us))
        return;
    err = rotation_begin(unit);
    if (err == GV_OK)
        return;
    log_error("key-not-made", "unit=%s error=%s", unit->code.s, gv_err_name(err));
    unit->not_rotated_ms = gv_loop_now_ms(unit->host->loop);
}

void rotations_due(struct host *host)
{
    int64_t now_us = gv_clock_real_us();

    for (size_t i = 0; i < host->unit_count && host->rotating < AT_ONCE; i++)
        begin_by_age(host->units[i], now_us);
}

/* ---- what the link says ---- */

const struct gv_key *rotation_key(const struct unit *unit)
{
    return unit->rotation != NULL && unit->rotation->in_use ? unit->rotation->next : unit->key;
}

const struct gv_key *rotation_next(const struct unit *unit)
{
    return unit->rotation != NULL ? unit->rotation->next : NULL;
}

void rotation_refused(struct unit *unit)
{
    if (unit->rotation != NULL)
        unit->rotation->in_use = !unit->rotation->in_use;
}

void rotation_welcome(struct unit *unit)
{
    struct rotation *r = unit->rotation;

    if (r == NULL) {
        begin_by_age(unit, gv_clock_real_us());
    } else if (r->in_use) {
        finish(unit);
        rotations_due(unit->host); /* the next of those that are old */
    } else if (r->denied) {
        give_up(unit);
    } else if (unit_is_live(unit)) {
        offer(r);
    }
}

static void answered(struct rotation *r, const Giaoviec__V1__KeyRotated *body)
{
    struct gv_slice bytes = {body->key_id.data, body->key_id.len};
    gv_id key_id;

    if (gv_id_from(bytes, &key_id) != GV_OK || !gv_id_eq(&key_id, &r->next->key_id))
        return; /* of another key: the offer is repeated */
    if (GV_FAILPOINT(key_rotated)) {
        host_fail(r->unit->host, GV_EIO, "failpoint");
        return;
    }
    r->answered = true;
    arm(r, USE_AFTER_MS + gv_random_u32() % USE_WINDOW_MS);
}

bool rotation_answer(struct unit *unit, const struct gv_message *message)
{
    struct rotation *r = unit->rotation;
    gv_err err;

    if (r == NULL || gv_id_is_zero(&r->offer_id) ||
        !gv_id_eq(&message->head.in_reply_to, &r->offer_id))
        return false;
    if (message->head.kind == GV_KIND_KEY_ROTATED) {
        answered(r, (const Giaoviec__V1__KeyRotated *)message->body);
    } else if (message->head.kind == GV_KIND_ERROR) {
        err = (gv_err)((const Giaoviec__V1__Error *)message->body)->code;
        log_warn("key-refused", "unit=%s error=%s", unit->code.s, gv_err_name(err));
        if (err == GV_EDENIED) {
            r->denied = true;
            use_next(r);
        }
    }
    return true; /* BUSY, and what may work later: it is offered again */
}
