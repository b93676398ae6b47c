/* peer.c - a connection, and the frames on it. */
#include "peer.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zmq.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "giaoviec/v1/envelope.pb-c.h"
#include "giaoviec/v1/trust.pb-c.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define PATIENCE_MS 3000
#define ADMITTED_MS 3000 /* every door reads the keys twice a second */

void die(const char *what, const char *who)
{
    fprintf(stderr, "hostile: %s: %s\n", what, who);
    exit(2);
}

int64_t now_ms(void)
{
    return gv_clock_mono_ms();
}

char *text(const char *s)
{
    return (char *)(uintptr_t)s;
}

void named_id(const char *a, const char *b, gv_id *out)
{
    struct gv_slice parts[2] = {{(const uint8_t *)a, strlen(a)}, {(const uint8_t *)b, strlen(b)}};
    gv_hash h;

    gv_hash_of("hostile/id", parts, 2, &h);
    memcpy(out->b, h.b, sizeof out->b);
}

/* ---- the folder ---- */

void world_keyset(struct world *world)
{
    struct gv_buf bytes;
    char path[1024];

    gv_buf_init(&bytes);
    snprintf(path, sizeof path, "%s/keyset", world->home);
    gv_keyset_free(world->keyset);
    if (gv_buf_read_file(&bytes, path, 1 << 20) != GV_OK ||
        gv_keyset_open((struct gv_slice){bytes.data, bytes.len}, NULL, &world->keyset) != GV_OK)
        die("no keyset", path);
    gv_buf_fini(&bytes);
    world->c1 = gv_keyset_coordinator(world->keyset, "c1");
    if (world->c1 == NULL)
        die("no coordinator", "c1");
}

void world_open(struct world *world, const char *home)
{
    const char *tap = getenv("HOSTILE_TAP");
    char path[1024];

    *world = (struct world){.home = home};
    if (gv_crypto_init() != GV_OK)
        die("no crypto", home);
    world_keyset(world);
    snprintf(path, sizeof path, "%s/units", home);
    mkdir(path, 0700);
    world->arena = gv_arena_new((size_t)256 << 20);
    world->zmq = zmq_ctx_new();
    zmq_ctx_set(world->zmq, ZMQ_MAX_SOCKETS, 8000);
    if (tap != NULL && (world->tap = fopen(tap, "ab")) == NULL)
        die("cannot write", tap);
}

void world_close(struct world *world)
{
    if (world->tap != NULL)
        fclose(world->tap);
    gv_keyset_free(world->keyset);
    gv_arena_free(world->arena);
    zmq_ctx_term(world->zmq);
}

struct gv_key *world_key(const struct world *world, const char *folder, const char *code)
{
    struct gv_key *key = NULL;
    char path[1024];
    gv_code name;

    snprintf(path, sizeof path, "%s/%s/%s.key", world->home, folder, code);
    if (gv_key_load(path, &key) == GV_OK)
        return key;
    if (gv_code_from_str(code, &name) != GV_OK || gv_key_new(&name, &key) != GV_OK ||
        gv_key_save(key, path) != GV_OK)
        die("no key", path);
    return key;
}

static void put_tap(struct peer *peer, char direction, struct gv_slice frame)
{
    uint32_t len = (uint32_t)frame.len;
    char code[GV_CODE_MAX + 1] = {0};

    if (peer->world->tap == NULL)
        return;
    memcpy(code, peer->key->code.s, sizeof code);
    fputc(direction, peer->world->tap);
    fputc(peer->enrols ? 'e' : 'm', peer->world->tap);
    fwrite(code, sizeof code, 1, peer->world->tap);
    fwrite(&len, sizeof len, 1, peer->world->tap);
    fwrite(frame.data, frame.len, 1, peer->world->tap);
}

/* ---- the connection ---- */

static enum gv_link_event step(struct peer *peer, int64_t until_ms)
{
    for (;;) {
        enum gv_link_event event = gv_link_next(peer->link, &peer->frame);
        struct pollfd fd = {gv_link_fd(peer->link), POLLIN, 0};
        int64_t left = until_ms - now_ms();

        if (event == GV_LINK_UP)
            peer->is_up = true;
        if (event == GV_LINK_DOWN || event == GV_LINK_REFUSED) {
            peer->is_over = true;
            peer->was_refused = event == GV_LINK_REFUSED;
        }
        if (event != GV_LINK_NONE)
            return event;
        if (left <= 0 || peer->is_over)
            return GV_LINK_NONE;
        poll(&fd, 1, (int)left);
    }
}

bool peer_open_at(struct peer *peer, struct world *world, const char *coordinator,
                  struct gv_key *key, uint32_t role, bool enrols)
{
    struct gv_link_options options = {.zmq = world->zmq};
    int64_t until_ms = now_ms() + 12000;

    *peer = (struct peer){.world = world,
                          .at = gv_keyset_coordinator(world->keyset, coordinator),
                          .key = key,
                          .role = role,
                          .enrols = enrols,
                          .patience_ms = PATIENCE_MS};
    if (peer->at == NULL)
        die("no coordinator", coordinator);
    options.endpoint = enrols ? peer->at->enrol_endpoint : peer->at->endpoint;
    memcpy(options.server_pk, peer->at->curve_key.data, 32);
    memcpy(options.curve_pk, key->curve_pk, 32);
    memcpy(options.curve_sk, key->curve_sk, 32);
    gv_buf_init(&peer->frame);
    peer->arena = gv_arena_new(ARENA_BYTES);
    if (peer->arena == NULL || gv_link_open(&options, &peer->link) != GV_OK)
        die("no link", key->code.s);
    if (role == GV_ROLE_UNIT)
        unit_load(peer);
    while (!peer->is_up && !peer->is_over && now_ms() < until_ms)
        step(peer, until_ms);
    return peer->is_up;
}

bool peer_open(struct peer *peer, struct world *world, struct gv_key *key, uint32_t role,
               bool enrols)
{
    return peer_open_at(peer, world, "c1", key, role, enrols);
}

bool peer_open_soon(struct peer *peer, struct world *world, const char *coordinator,
                    struct gv_key *key, uint32_t role)
{
    int64_t until_ms = now_ms() + ADMITTED_MS;

    while (!peer_open_at(peer, world, coordinator, key, role, false)) {
        peer->connection = 0;
        peer_close(peer);
        if (now_ms() > until_ms)
            return false;
        gv_clock_sleep_ms(100);
    }
    return true;
}

void peer_close(struct peer *peer)
{
    Giaoviec__V1__Goodbye body = GIAOVIEC__V1__GOODBYE__INIT;

    if (peer->link != NULL && peer->role == GV_ROLE_UNIT && peer->connection > 0) {
        if (peer->is_up && !peer->is_over && peer_say(peer, GV_KIND_GOODBYE, &body.base, NULL))
            peer_next(peer, now_ms() + 20); /* lets it go: closing does not linger */
        unit_save(peer);
    }
    gv_link_close(peer->link);
    gv_buf_fini(&peer->frame);
    gv_arena_free(peer->arena);
    memset(peer, 0, sizeof *peer);
}

void peer_seal(struct peer *peer, uint32_t kind, const ProtobufCMessage *body,
               const struct twist *twist, gv_id *id, struct gv_buf *out)
{
    Giaoviec__V1__Header header = GIAOVIEC__V1__HEADER__INIT;
    Giaoviec__V1__Payload payload = GIAOVIEC__V1__PAYLOAD__INIT;
    const gv_id *deployment =
        twist->deployment != NULL ? twist->deployment : &peer->world->keyset->deployment;
    const char *sender = twist->sender != NULL ? twist->sender : peer->key->code.s;
    const struct gv_key *keys[1] = {twist->sign};
    struct gv_buf bytes, inner;

    gv_buf_init(&bytes);
    gv_buf_init(&inner);
    gv_random_id(id);
    header.deployment = gv_pb_bytes(deployment->b, 16);
    header.sender = gv_pb_bytes(sender, strlen(sender));
    if (twist->recipient != NULL)
        header.recipient = gv_pb_bytes(twist->recipient, strlen(twist->recipient));
    header.kind = kind;
    header.connection = peer->connection;
    header.sequence = ++peer->sequence;
    header.message_id = gv_pb_bytes(id->b, 16);
    header.time_us = gv_clock_real_us();
    if (gv_pb_pack(body, &inner) != GV_OK)
        die("cannot pack", peer->key->code.s);
    payload.header = &header;
    payload.body = gv_pb_bytes(inner.data, inner.len);
    if (gv_pb_pack(&payload.base, &bytes) != GV_OK ||
        gv_envelope_seal("giaoviec/v1/message", (struct gv_slice){bytes.data, bytes.len}, keys,
                         twist->sign != NULL, out) != GV_OK)
        die("cannot seal", peer->key->code.s);
    gv_buf_fini(&bytes);
    gv_buf_fini(&inner);
}

bool peer_put(struct peer *peer, struct gv_slice frame)
{
    int64_t until_ms = now_ms() + peer->patience_ms;
    gv_err err;

    while ((err = gv_link_send(peer->link, frame.data, frame.len)) == GV_EAGAIN &&
           now_ms() < until_ms)
        gv_clock_sleep_ms(1);
    if (err == GV_OK)
        put_tap(peer, '>', frame);
    return err == GV_OK;
}

static void take_welcome(struct peer *peer)
{
    const Giaoviec__V1__Welcome *body = (const Giaoviec__V1__Welcome *)peer->message.body;

    peer->credits = body->credits;
}

uint32_t peer_next(struct peer *peer, int64_t until_ms)
{
    struct gv_sender sender = {.roles = GV_ROLE_COORDINATOR};
    enum gv_link_event event;

    if (gv_code_from_str(peer->at->code, &sender.code) != GV_OK)
        die("not a code", peer->at->code);
    gv_sender_key(&sender, peer->at->sign_key.data);
    while ((event = step(peer, until_ms)) != GV_LINK_NONE) {
        if (event != GV_LINK_MESSAGE)
            continue;
        put_tap(peer, '<', (struct gv_slice){peer->frame.data, peer->frame.len});
        gv_arena_reset(peer->arena);
        if (gv_message_open((struct gv_slice){peer->frame.data, peer->frame.len}, &sender,
                            &peer->world->keyset->deployment, &peer->key->code, peer->arena,
                            &peer->message) != GV_OK)
            continue;
        if (peer->message.head.kind == GV_KIND_ORDERS)
            peer->orders_seen++;
        if (peer->message.head.kind == GV_KIND_WELCOME)
            take_welcome(peer);
        return peer->message.head.kind;
    }
    return 0;
}

bool peer_say(struct peer *peer, uint32_t kind, const ProtobufCMessage *body, gv_id *id)
{
    struct twist honest = {.sign = peer->enrols ? NULL : peer->key};
    struct gv_buf frame;
    gv_id own;
    bool sent;

    gv_buf_init(&frame);
    peer_seal(peer, kind, body, &honest, id != NULL ? id : &own, &frame);
    sent = peer_put(peer, (struct gv_slice){frame.data, frame.len});
    gv_buf_fini(&frame);
    return sent;
}

uint32_t peer_ask(struct peer *peer, uint32_t kind, const ProtobufCMessage *body, int wait_ms)
{
    int64_t until_ms = now_ms() + wait_ms;
    uint32_t got;
    gv_id id;

    if (!peer_say(peer, kind, body, &id))
        return 0;
    while ((got = peer_next(peer, until_ms)) != 0) {
        if (gv_id_eq(&peer->message.head.in_reply_to, &id))
            return got;
    }
    return 0;
}

bool peer_answers(const struct peer *peer, uint32_t said, const gv_id *id)
{
    const struct gv_head *head = &peer->message.head;

    return gv_id_eq(&head->in_reply_to, id) ||
           (said == GV_KIND_HEARTBEAT && head->kind == GV_KIND_CLOCK);
}

uint32_t peer_verdict(struct peer *peer, uint32_t said, const gv_id *id, bool *alive)
{
    Giaoviec__V1__KeysetGet get = GIAOVIEC__V1__KEYSET_GET__INIT;
    int64_t until_ms = now_ms() + 5000;
    uint32_t got, verdict = 0;
    gv_id barrier;

    *alive = false;
    if (!peer_say(peer, GV_KIND_KEYSET_GET, &get.base, &barrier))
        return 0;
    while ((got = peer_next(peer, until_ms)) != 0) {
        if (gv_id_eq(&peer->message.head.in_reply_to, &barrier)) {
            *alive = got == GV_KIND_KEYSET_RESULT;
            return verdict;
        }
        if (peer_answers(peer, said, id))
            verdict = got;
    }
    return verdict;
}

gv_err peer_error(const struct peer *peer)
{
    return peer->message.head.kind == GV_KIND_ERROR
               ? (gv_err)((const Giaoviec__V1__Error *)peer->message.body)->code
               : GV_OK;
}

/* ---- a unit's two logs ---- */

struct unit_state {
    struct gv_cursor orders, reports;
};

void unit_load(struct peer *peer)
{
    struct unit_state state = {0};
    char path[1024];
    FILE *file;

    snprintf(path, sizeof path, "%s/units/%s.state", peer->world->home, peer->key->code.s);
    file = fopen(path, "rb");
    if (file != NULL && fread(&state, sizeof state, 1, file) == 1) {
        peer->orders = state.orders;
        peer->reports = state.reports;
    }
    if (file != NULL)
        fclose(file);
}

void unit_save(const struct peer *peer)
{
    struct unit_state state = {peer->orders, peer->reports};
    char path[1024];

    snprintf(path, sizeof path, "%s/units/%s.state", peer->world->home, peer->key->code.s);
    if (gv_file_write(path, &state, sizeof state, 0600) != GV_OK)
        die("cannot write", path);
}

static void put_cursor(Giaoviec__V1__Cursor *out, const struct gv_cursor *cursor)
{
    giaoviec__v1__cursor__init(out);
    out->number = cursor->n;
    out->hash = gv_pb_bytes(cursor->h.b, 32);
}

bool peer_say_hello(struct peer *peer)
{
    Giaoviec__V1__Hello body = GIAOVIEC__V1__HELLO__INIT;
    Giaoviec__V1__Cursor orders, reports, receipted;
    uint64_t connection = (uint64_t)gv_clock_real_us() / 1000;

    peer->connection = connection > peer->connection ? connection : peer->connection + 1;
    peer->sequence = 0;
    put_cursor(&orders, &peer->orders);
    put_cursor(&reports, &peer->reports);
    put_cursor(&receipted, &peer->reports);
    body.connection = peer->connection;
    body.orders = &orders;
    body.reports = &reports;
    body.receipted = &receipted;
    body.agent_version = text("hostile");
    body.keyset_version = peer->world->keyset->version;
    body.finished_day = 40000;
    body.finished_day_known = true;
    return peer_say(peer, GV_KIND_HELLO, &body.base, NULL);
}

bool peer_hello(struct peer *peer)
{
    int64_t until_ms = now_ms() + 8000;
    uint32_t got;

    if (!peer_say_hello(peer))
        return false;
    while ((got = peer_next(peer, until_ms)) != 0 && got != GV_KIND_ERROR) {
        if (got == GV_KIND_WELCOME)
            return true;
    }
    return false;
}

void report_entry(uint32_t kind, const gv_id *assignment, uint32_t epoch, struct gv_buf *out)
{
    Giaoviec__V1__ReportEntry entry = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    Giaoviec__V1__Accept accept = GIAOVIEC__V1__ACCEPT__INIT;
    Giaoviec__V1__Return returned = GIAOVIEC__V1__RETURN__INIT;
    Giaoviec__V1__Status status = GIAOVIEC__V1__STATUS__INIT;
    Giaoviec__V1__Submit submit = GIAOVIEC__V1__SUBMIT__INIT;
    Giaoviec__V1__Attest attest = GIAOVIEC__V1__ATTEST__INIT;
    const ProtobufCMessage *const bodies[] = {&status.base, &accept.base, &returned.base,
                                              &status.base, &submit.base, &attest.base};
    struct gv_buf body;

    accept.person = attest.person = text("Nguyễn Văn A");
    returned.reason = text("không thuộc thẩm quyền");
    status.progress = 41;
    submit.narrative = text("đã xong");
    attest.compliant = true;
    gv_buf_init(&body);
    if (gv_pb_pack(bodies[kind < 6 ? kind : 0], &body) != GV_OK)
        die("cannot pack", "entry");
    entry.kind = kind;
    entry.time_us = INT64_C(1704157200000000); /* 2024-01-02 */
    entry.assignment = gv_pb_bytes(assignment->b, 16);
    entry.epoch = epoch;
    entry.body = gv_pb_bytes(body.data, body.len);
    if (gv_pb_pack(&entry.base, out) != GV_OK)
        die("cannot pack", "entry");
    gv_buf_fini(&body);
}

bool peer_say_reports(struct peer *peer, uint64_t first, const struct gv_buf *entry, size_t count)
{
    Giaoviec__V1__Reports body = GIAOVIEC__V1__REPORTS__INIT;
    ProtobufCBinaryData entries[REPORTS_MAX];

    for (size_t i = 0; i < count && i < REPORTS_MAX; i++)
        entries[i] = gv_pb_bytes(entry->data, entry->len);
    body.first = first;
    body.entries = entries;
    body.n_entries = count < REPORTS_MAX ? count : REPORTS_MAX;
    return peer_say(peer, GV_KIND_REPORTS, &body.base, NULL);
}

uint32_t peer_report(struct peer *peer, uint32_t kind, const gv_id *assignment, uint32_t epoch)
{
    Giaoviec__V1__Reports body = GIAOVIEC__V1__REPORTS__INIT;
    const Giaoviec__V1__Receipt *receipt;
    ProtobufCBinaryData entry;
    struct gv_buf bytes;
    uint32_t code = 1;

    gv_buf_init(&bytes);
    report_entry(kind, assignment, epoch, &bytes);
    entry = gv_pb_bytes(bytes.data, bytes.len);
    body.first = peer->reports.n + 1;
    body.entries = &entry;
    body.n_entries = 1;
    if (peer_ask(peer, GV_KIND_REPORTS, &body.base, 5000) != GV_KIND_RECEIPT) {
        gv_buf_fini(&bytes);
        return 0;
    }
    receipt = (const Giaoviec__V1__Receipt *)peer->message.body;
    for (size_t i = 0; i < receipt->n_dispositions; i++) {
        if (receipt->dispositions[i]->number == body.first)
            code = receipt->dispositions[i]->code;
    }
    gv_hash_chain(&peer->reports.h, (struct gv_slice){bytes.data, bytes.len}, &peer->reports.h);
    peer->reports.n++;
    gv_buf_fini(&bytes);
    return code;
}

bool peer_take_orders(struct peer *peer, uint64_t head)
{
    Giaoviec__V1__OrdersReceipt body = GIAOVIEC__V1__ORDERS_RECEIPT__INIT;
    Giaoviec__V1__Cursor cursor;
    int64_t until_ms = now_ms() + 8000;
    bool alive;
    gv_id id;

    while (peer->orders.n < head) {
        uint32_t got = peer_next(peer, until_ms);
        const Giaoviec__V1__Orders *orders = (const Giaoviec__V1__Orders *)peer->message.body;

        if (got == 0)
            return false;
        for (size_t i = 0; got == GV_KIND_ORDERS && i < orders->n_entries; i++) {
            if (orders->first + i != peer->orders.n + 1)
                continue;
            gv_hash_chain(&peer->orders.h, gv_pb_slice(orders->entries[i]), &peer->orders.h);
            peer->orders.n++;
        }
    }
    put_cursor(&cursor, &peer->orders);
    body.orders = &cursor;
    body.time_us = INT64_C(1704157200000000);
    return peer_say(peer, GV_KIND_ORDERS_RECEIPT, &body.base, &id) &&
           peer_verdict(peer, GV_KIND_ORDERS_RECEIPT, &id, &alive) == 0 && alive;
}
