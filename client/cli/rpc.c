/* rpc.c - requests to the coordinators: links in turn, one request at a time, verified answers. */
#include "cli/rpc.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/lang.h"
#include "cli/out.h"
#include "crypto/random.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "wire/link.h"
#include "wire/message.h"

#define CONNECT_MS     5000  /* one coordinator's handshake */
#define ANSWER_MS      20000 /* one try; acts over a whole directive take seconds */
#define SLICE_MS       200   /* a signal between test and poll() waits at most so long */
#define BACKOFF_MS     150   /* doubles up to BACKOFF_MAX_MS */
#define BACKOFF_MAX_MS 2000
#define SCRATCH_CAP    ((size_t)64 << 20)

struct gv_rpc {
    const struct cli *cli;
    struct home home;
    void *zmq;
    gv_link *link;
    size_t coordinator; /* whose link it is, or who is tried next */
    bool up;
    size_t refused; /* coordinators in a row that did not admit our key */
    bool doubtful;  /* a try of an act was sent, and nobody said what came of it */
    uint64_t sequence;
    int timeout_ms;
    int64_t deadline_ms; /* of the request that runs */
    int backoff_ms;
    gv_arena *scratch; /* answers that are thrown away */
    struct gv_buf in;
    char text[512];
};

void rpc_close(gv_rpc *rpc)
{
    if (rpc == NULL)
        return;
    gv_link_close(rpc->link);
    if (rpc->zmq != NULL)
        zmq_ctx_term(rpc->zmq);
    gv_arena_free(rpc->scratch);
    gv_buf_fini(&rpc->in);
    home_close(&rpc->home);
    free(rpc);
}

struct home *rpc_home(gv_rpc *rpc)
{
    return &rpc->home;
}

const struct cli *rpc_cli(const gv_rpc *rpc)
{
    return rpc->cli;
}

const char *rpc_text(const gv_rpc *rpc)
{
    return rpc->text;
}

bool rpc_doubtful(const gv_rpc *rpc)
{
    return rpc->doubtful;
}

static const char *what_to_do(const gv_rpc *rpc, gv_err err)
{
    if (rpc->doubtful)
        return gv_tr("việc này có thể đã được ghi nhận: xem giaoviec feed rồi mới làm lại",
                     "it may have taken effect: see giaoviec feed before you repeat it");
    switch (err) {
    case GV_EUNAVAILABLE:
        return gv_tr("giaoviecd có chạy không? xem giaoviec keyset show",
                     "is giaoviecd running? see giaoviec keyset show");
    case GV_ESIGNATURE:
        return gv_tr("máy chủ trả lời bằng khóa khác với danh bạ khóa",
                     "the server answers with another key than the keyset has");
    case GV_EUNKNOWN:
    case GV_EAGAIN:
    case GV_EDB:
        return gv_tr("làm lại lệnh này là an toàn", "repeating this command is safe");
    case GV_ENOSPACE:
        return gv_tr(
            "máy chủ tạm không nhận việc mới: dọn chỗ trên ổ đĩa đó (cùng lắm thì giaoviecd "
            "db release), rồi làm lại lệnh này",
            "the server takes no new work for now: make room on that disk (giaoviecd db "
            "release if nothing else helps), then repeat this command");
    default:
        return NULL;
    }
}

int rpc_error(const gv_rpc *rpc, gv_err err, const char *where)
{
    const char *mend = what_to_do(rpc, err);

    /* The server's plain text of the error says nothing that ours does not. */
    if (rpc->text[0] == '\0' || strcmp(rpc->text, gv_err_text(err)) == 0)
        return out_error(err, where, mend);
    return out_errorf(err, where, "%s%s%s", gv_reason_say(rpc->text), mend != NULL ? "; " : "",
                      mend != NULL ? mend : "");
}

/* ---- the link ---------------------------------------------------------------------------------
 */

static const Giaoviec__V1__CoordinatorInfo *peer(const gv_rpc *rpc)
{
    const Giaoviec__V1__Keyset *set = rpc->home.keyset->set;

    return set->coordinators[rpc->coordinator % set->n_coordinators];
}

/* "c1 tcp://…, c2 tcp://…": each once, however often it is tried. */
static void add_failed(gv_rpc *rpc)
{
    size_t used = strlen(rpc->text);
    char one[192];

    snprintf(one, sizeof one, "%s %s", peer(rpc)->code, peer(rpc)->endpoint);
    if (strstr(rpc->text, one) == NULL)
        snprintf(rpc->text + used, sizeof rpc->text - used, "%s%s", used > 0 ? ", " : "", one);
}

static void drop_link(gv_rpc *rpc)
{
    gv_link_close(rpc->link);
    rpc->link = NULL;
    rpc->up = false;
    rpc->coordinator = (rpc->coordinator + 1) % rpc->home.keyset->set->n_coordinators;
}

/* Sleeps, but not past the deadline. GV_EINTERRUPTED, GV_EUNAVAILABLE: the time is over. */
static gv_err pause_ms(gv_rpc *rpc, int64_t ms)
{
    int64_t end = gv_clock_mono_ms() + ms;

    for (;;) {
        int64_t now = gv_clock_mono_ms();
        int64_t left = end - now;

        if (cli_interrupted())
            return GV_EINTERRUPTED;
        if (now >= rpc->deadline_ms)
            return GV_EUNAVAILABLE;
        if (left <= 0)
            return GV_OK;
        if (left > rpc->deadline_ms - now)
            left = rpc->deadline_ms - now;
        poll(NULL, 0, (int)(left < SLICE_MS ? left : SLICE_MS));
    }
}

static gv_err back_off(gv_rpc *rpc)
{
    int ms = rpc->backoff_ms;
    uint16_t jitter;

    gv_random(&jitter, sizeof jitter);
    rpc->backoff_ms = ms * 2 < BACKOFF_MAX_MS ? ms * 2 : BACKOFF_MAX_MS;
    return pause_ms(rpc, ms / 2 + jitter % (ms / 2 + 1));
}

/* Waits for one event until end_ms. NONE: the time is over, or a signal came. */
static enum gv_link_event next_event(gv_rpc *rpc, int64_t end_ms)
{
    for (;;) {
        enum gv_link_event event = gv_link_next(rpc->link, &rpc->in);
        struct pollfd fd = {gv_link_fd(rpc->link), POLLIN, 0};
        int64_t left = end_ms - gv_clock_mono_ms();

        if (event != GV_LINK_NONE || left <= 0 || cli_interrupted())
            return event;
        poll(&fd, 1, (int)(left < SLICE_MS ? left : SLICE_MS));
    }
}

static gv_err open_link(gv_rpc *rpc)
{
    const Giaoviec__V1__CoordinatorInfo *info = peer(rpc);
    const struct gv_key *key = rpc->home.key;
    struct gv_link_options options = {.zmq = rpc->zmq, .endpoint = info->endpoint};

    if (info->curve_key.len != sizeof options.server_pk)
        return GV_EBADMSG;
    memcpy(options.server_pk, info->curve_key.data, sizeof options.server_pk);
    memcpy(options.curve_pk, key->curve_pk, sizeof options.curve_pk);
    memcpy(options.curve_sk, key->curve_sk, sizeof options.curve_sk);
    return gv_link_open(&options, &rpc->link);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* One coordinator. GV_EUNAVAILABLE or GV_EDENIED: the link is dropped, the next one is next. */
static gv_err try_connect(gv_rpc *rpc)
{
    int64_t end_ms = earlier(rpc->deadline_ms, gv_clock_mono_ms() + CONNECT_MS);
    enum gv_link_event event;
    gv_err err;

    err = open_link(rpc);
    if (err != GV_OK) {
        add_failed(rpc);
        drop_link(rpc);
        return GV_EUNAVAILABLE;
    }
    do {
        event = next_event(rpc, end_ms);
    } while (event == GV_LINK_MESSAGE);
    if (event == GV_LINK_UP) {
        rpc->up = true;
        rpc->refused = 0;
        return GV_OK;
    }
    if (cli_interrupted())
        return GV_EINTERRUPTED;
    add_failed(rpc);
    drop_link(rpc);
    if (event != GV_LINK_REFUSED)
        return GV_EUNAVAILABLE;
    rpc->refused++;
    return GV_EDENIED;
}

/* Until a link is up. GV_EDENIED: every coordinator refuses our key. */
static gv_err need_link(gv_rpc *rpc)
{
    size_t all = rpc->home.keyset->set->n_coordinators;
    size_t tried = 0;

    while (rpc->link == NULL || !rpc->up) {
        gv_err err = all > 0 ? try_connect(rpc) : GV_EUNAVAILABLE;

        if (err == GV_OK)
            return GV_OK;
        if (err == GV_EINTERRUPTED || all == 0)
            return err;
        if (rpc->refused >= all) {
            rpc->refused = 0;
            snprintf(
                rpc->text, sizeof rpc->text,
                gv_tr("máy chủ không nhận khóa của %s", "the servers do not admit the key of %s"),
                rpc->home.key->code.s);
            return GV_EDENIED;
        }
        if (++tried % all == 0) {
            gv_err waited = back_off(rpc);

            if (waited != GV_OK)
                return waited;
        }
        if (gv_clock_mono_ms() >= rpc->deadline_ms)
            return GV_EUNAVAILABLE;
    }
    return GV_OK;
}

/* ---- open -------------------------------------------------------------------------------------
 */

static void swap_keys(struct home *home)
{
    struct gv_key *key = home->key;

    home->key = home->next;
    home->next = key;
}

/*
 * Somebody whose key changes has two: the servers admit one of them, the old one until the keyset
 * is published. Acts are signed by the one that they admit. Whoever cannot be reached now is told
 * later.
 */
static int settle_key(gv_rpc *rpc)
{
    gv_err err;

    if (rpc->home.next == NULL)
        return 0;
    rpc->deadline_ms = gv_clock_mono_ms() + rpc->timeout_ms;
    rpc->backoff_ms = BACKOFF_MS;
    if (need_link(rpc) != GV_EDENIED)
        return 0;
    swap_keys(&rpc->home);
    err = need_link(rpc);
    swap_keys(&rpc->home);
    if (err == GV_OK)
        err = home_key_follows(rpc->cli, &rpc->home);
    return err == GV_OK || err == GV_EUNAVAILABLE ? 0 : rpc_error(rpc, err, NULL);
}

static int open_as(const struct cli *cli, enum home_as as, gv_rpc **out)
{
    struct home home;
    gv_rpc *rpc = NULL;
    int status = home_open(cli, as, &home);

    if (status != 0)
        return status;
    rpc = calloc(1, sizeof *rpc);
    if (rpc == NULL) {
        home_close(&home);
        return out_error(GV_ENOMEM, NULL, NULL);
    }
    rpc->cli = cli;
    rpc->home = home;
    rpc->timeout_ms = cli->timeout_s * 1000;
    rpc->zmq = zmq_ctx_new();
    rpc->scratch = gv_arena_new(SCRATCH_CAP);
    gv_buf_init(&rpc->in);
    if (rpc->zmq == NULL || rpc->scratch == NULL) {
        rpc_close(rpc);
        return out_error(GV_ENOMEM, NULL, NULL);
    }
    status = settle_key(rpc);
    if (status != 0) {
        rpc_close(rpc);
        return status;
    }
    *out = rpc;
    return 0;
}

int rpc_open(const struct cli *cli, gv_rpc **out)
{
    return open_as(cli, HOME_PERSON, out);
}

int rpc_open_keyset(const struct cli *cli, gv_rpc **out)
{
    return open_as(cli, HOME_KEY, out);
}

/* ---- one request ------------------------------------------------------------------------------
 */

static gv_err send_frame(gv_rpc *rpc, const struct gv_buf *frame)
{
    for (;;) {
        gv_err err = gv_link_send(rpc->link, frame->data, frame->len);
        gv_err waited;

        if (err != GV_EAGAIN)
            return err;
        waited = pause_ms(rpc, 20);
        if (waited != GV_OK)
            return waited;
    }
}

/* What is to be done with an answer to our request: GV_OK: it is *answer; GV_EAGAIN: ask again
 * after *wait_ms. */
static gv_err judge(gv_rpc *rpc, const struct gv_message *message, uint32_t answer_kind,
                    int64_t *wait_ms)
{
    if (message->head.kind == answer_kind)
        return GV_OK;
    if (message->head.kind == GV_KIND_BUSY) {
        const Giaoviec__V1__Busy *busy = (const Giaoviec__V1__Busy *)message->body;

        *wait_ms = busy->retry_after_ms;
        return GV_EAGAIN;
    }
    if (message->head.kind == GV_KIND_ERROR) {
        const Giaoviec__V1__Error *error = (const Giaoviec__V1__Error *)message->body;

        snprintf(rpc->text, sizeof rpc->text, "%s", error->text);
        return error->code > GV_OK && error->code <= GV_ENOSPACE ? (gv_err)error->code
                                                                 : GV_EUNSUPPORTED;
    }
    snprintf(rpc->text, sizeof rpc->text, "%s", message->row->name);
    return GV_EBADMSG;
}

/* A coordinator that is too busy to read does not know what it answers. */
static bool is_answer(const struct gv_head *head, const struct gv_head *request)
{
    static const gv_id nothing;

    return gv_id_eq(&head->in_reply_to, &request->message_id) ||
           (head->kind == GV_KIND_BUSY && gv_id_eq(&head->in_reply_to, &nothing));
}

/*
 * Waits for the answer of one try. GV_EUNAVAILABLE: the link is gone or nothing came.
 * GV_ESIGNATURE: what came is not of the coordinator. *judged false: no answer of anybody.
 */
static gv_err wait_answer(gv_rpc *rpc, const struct gv_head *request, uint32_t answer_kind,
                          int64_t end_ms, gv_arena *arena, ProtobufCMessage **answer,
                          int64_t *wait_ms)
{
    const Giaoviec__V1__CoordinatorInfo *info = peer(rpc);
    struct gv_sender sender = {.roles = GV_ROLE_COORDINATOR};
    struct gv_message message;

    if (gv_code_from_str(info->code, &sender.code) != GV_OK || info->sign_key.len != 32)
        return GV_EBADMSG;
    gv_sender_key(&sender, info->sign_key.data);
    for (;;) {
        enum gv_link_event event = next_event(rpc, end_ms);
        struct gv_slice frame;
        gv_err err;

        if (event == GV_LINK_NONE)
            return cli_interrupted() ? GV_EINTERRUPTED : GV_EUNAVAILABLE;
        if (event != GV_LINK_MESSAGE)
            return GV_EUNAVAILABLE;
        /* The answer borrows from the frame: it must outlive rpc->in. */
        frame.len = rpc->in.len;
        frame.data = gv_arena_copy(arena, rpc->in.data, rpc->in.len);
        if (frame.data == NULL)
            return GV_ENOMEM;
        err = gv_message_open(frame, &sender, &rpc->home.keyset->deployment, &rpc->home.key->code,
                              arena, &message);
        if (err == GV_ESIGNATURE || err == GV_EDENIED)
            return GV_ESIGNATURE;
        if (err != GV_OK || !is_answer(&message.head, request))
            continue;
        err = judge(rpc, &message, answer_kind, wait_ms);
        if (err == GV_OK)
            *answer = message.body;
        return err;
    }
}

/* Can the same message help, asked again? */
static bool worth_repeating(gv_err err)
{
    return err == GV_EAGAIN || err == GV_EDB || err == GV_EUNKNOWN || err == GV_EUNAVAILABLE ||
           err == GV_ESIGNATURE;
}

/* Does a request that nobody answered for good leave it open whether it took effect? What the other
 * kinds do may be done again. */
static bool is_act(uint32_t kind, const ProtobufCMessage *body)
{
    return kind == GV_KIND_ACT_SUBMIT && !((const Giaoviec__V1__ActSubmit *)body)->dry_run;
}

/* BUSY and errors do not, but for UNKNOWN: nothing of it is stored. */
static bool leaves_doubt(gv_err err)
{
    return err == GV_EUNAVAILABLE || err == GV_EINTERRUPTED || err == GV_EUNKNOWN ||
           err == GV_ESIGNATURE;
}

static gv_err try_once(gv_rpc *rpc, const struct gv_buf *frame, const struct gv_head *head,
                       bool acts, uint32_t answer_kind, int64_t patience_ms, gv_arena *arena,
                       ProtobufCMessage **answer)
{
    int64_t wait_ms = 0, end_ms;
    gv_err err = need_link(rpc), waited;

    if (err != GV_OK)
        return err;
    err = send_frame(rpc, frame);
    end_ms = earlier(rpc->deadline_ms, gv_clock_mono_ms() + patience_ms);
    if (err == GV_OK) {
        err = wait_answer(rpc, head, answer_kind, end_ms, arena, answer, &wait_ms);
        rpc->doubtful = rpc->doubtful || (acts && leaves_doubt(err));
    }
    if (err == GV_EUNAVAILABLE || err == GV_ESIGNATURE) {
        add_failed(rpc);
        drop_link(rpc);
    }
    if (!worth_repeating(err))
        return err;
    waited = wait_ms > 0 ? pause_ms(rpc, wait_ms) : back_off(rpc);
    return waited == GV_EINTERRUPTED ? waited : err;
}

static gv_err call(gv_rpc *rpc, uint32_t kind, const ProtobufCMessage *body, uint32_t answer_kind,
                   int64_t patience_ms, gv_arena *arena, ProtobufCMessage **answer)
{
    struct gv_head head = {.deployment = rpc->home.keyset->deployment,
                           .sender = rpc->home.key->code,
                           .kind = kind,
                           .sequence = ++rpc->sequence,
                           .time_us = gv_clock_real_us()};
    struct gv_buf frame;
    gv_err err;

    gv_buf_init(&frame);
    rpc->text[0] = '\0';
    rpc->doubtful = false;
    rpc->deadline_ms = gv_clock_mono_ms() + rpc->timeout_ms + patience_ms - ANSWER_MS;
    rpc->backoff_ms = BACKOFF_MS;
    err = gv_message_seal(&head, body, rpc->home.key, &frame);
    if (err == GV_OK) {
        do {
            err = try_once(rpc, &frame, &head, is_act(kind, body), answer_kind, patience_ms, arena,
                           answer);
        } while (worth_repeating(err) && gv_clock_mono_ms() < rpc->deadline_ms);
    }
    gv_buf_fini(&frame);
    return err;
}

gv_err rpc_call(gv_rpc *rpc, uint32_t kind, const ProtobufCMessage *body, uint32_t answer_kind,
                gv_arena *arena, ProtobufCMessage **answer)
{
    return call(rpc, kind, body, answer_kind, ANSWER_MS, arena, answer);
}

gv_err rpc_call_patient(gv_rpc *rpc, uint32_t kind, const ProtobufCMessage *body,
                        uint32_t answer_kind, int64_t more_ms, gv_arena *arena,
                        ProtobufCMessage **answer)
{
    return call(rpc, kind, body, answer_kind, ANSWER_MS + more_ms, arena, answer);
}

/* ---- queries ----------------------------------------------------------------------------------
 */

static gv_err give_rows(gv_rpc *rpc, const Giaoviec__V1__QueryResult *result, rpc_row_fn *each,
                        void *arg, struct rpc_page *page)
{
    for (size_t i = 0; i < result->n_rows; i++) {
        struct rpc_row row = {(const char *)result->rows[i].data, result->rows[i].len, NULL};
        json_error_t bad;
        gv_err err;

        row.json = json_loadb(row.text, row.len, 0, &bad);
        if (row.json == NULL || !json_is_object(row.json)) {
            json_decref(row.json);
            snprintf(rpc->text, sizeof rpc->text, "%s",
                     gv_tr("hàng không phải JSON", "a row is not JSON"));
            return GV_EBADMSG;
        }
        err = each != NULL ? each(arg, &row) : GV_OK;
        json_decref(row.json);
        if (err != GV_OK)
            return err;
        page->rows++;
    }
    return GV_OK;
}

/* storage NULL: an older coordinator says nothing of it. */
static void keep_storage(const gv_rpc *rpc, const Giaoviec__V1__Storage *storage,
                         struct rpc_storage *out)
{
    *out = (struct rpc_storage){0};
    snprintf(out->coordinator, sizeof out->coordinator, "%s", peer(rpc)->code);
    if (storage == NULL)
        return;
    out->watched = storage->watched;
    out->is_short = storage->is_short;
    out->free_bytes = storage->free_bytes;
    out->total_bytes = storage->total_bytes;
    out->mark_bytes = storage->mark_bytes;
    out->ballast_bytes = storage->ballast_bytes;
}

static gv_err one_page(gv_rpc *rpc, const struct rpc_query *query, const char *after,
                       uint32_t limit, rpc_row_fn *each, void *arg, struct rpc_page *page)
{
    Giaoviec__V1__Query body = GIAOVIEC__V1__QUERY__INIT;
    const Giaoviec__V1__QueryResult *result;
    ProtobufCMessage *answer = NULL;
    gv_err err;

    body.name = (char *)query->name;
    body.args = (char **)query->args;
    body.n_args = query->arg_count;
    body.after = (char *)after;
    body.limit = limit;
    body.wait_ms = query->wait_ms;
    gv_arena_reset(rpc->scratch);
    err = call(rpc, GV_KIND_QUERY, &body.base, GV_KIND_QUERY_RESULT, ANSWER_MS + query->wait_ms,
               rpc->scratch, &answer);
    if (err != GV_OK)
        return err;
    result = (const Giaoviec__V1__QueryResult *)answer;
    if (strlen(result->next) >= sizeof page->next)
        return GV_ETOOBIG;
    snprintf(page->next, sizeof page->next, "%s", result->next);
    if (page->business_us == 0 && result->clock != NULL) {
        page->business_us = result->clock->business_us;
        page->stepped = result->clock->stepped;
        page->demonstration = result->clock->demonstration;
    }
    keep_storage(rpc, result->storage, &page->storage);
    return give_rows(rpc, result, each, arg, page);
}

gv_err rpc_query_page(gv_rpc *rpc, const struct rpc_query *query, rpc_row_fn *each, void *arg,
                      struct rpc_page *page)
{
    struct rpc_page unused;

    if (page == NULL)
        page = &unused;
    memset(page, 0, sizeof *page);
    return one_page(rpc, query, query->after != NULL ? query->after : "", query->limit, each, arg,
                    page);
}

gv_err rpc_query(gv_rpc *rpc, const struct rpc_query *query, rpc_row_fn *each, void *arg,
                 struct rpc_page *page)
{
    struct rpc_page all;
    char after[sizeof all.next];

    if (page == NULL)
        page = &all;
    memset(page, 0, sizeof *page);
    if (query->after != NULL && strlen(query->after) >= sizeof after)
        return GV_EUSAGE;
    snprintf(page->next, sizeof page->next, "%s", query->after != NULL ? query->after : "");
    for (;;) {
        size_t before = page->rows;
        uint32_t limit = query->limit > 0 ? query->limit - (uint32_t)before : 0;
        gv_err err;

        snprintf(after, sizeof after, "%s", page->next);
        err = one_page(rpc, query, after, limit, each, arg, page);
        if (err != GV_OK)
            return err;
        if (page->next[0] == '\0' || page->rows == before || strcmp(after, page->next) == 0 ||
            (query->limit > 0 && page->rows >= query->limit))
            return GV_OK;
    }
}

const char *row_text(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text != NULL ? text : "";
}

int64_t row_number(const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);

    return json_is_real(value) ? (int64_t)json_real_value(value) : json_integer_value(value);
}

bool row_flag(const json_t *row, const char *key)
{
    return json_is_true(json_object_get(row, key));
}

bool row_has(const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);

    return value != NULL && !json_is_null(value);
}
