/*
 * matrix.c - every role, every kind, whoever it claims to be, however it is signed. What is to be
 * expected is computed from the message table: nothing here says who may do what.
 */
#include "peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "giaoviec/v1/trust.pb-c.h"
#include "trust/rotation.h"

enum target { OWN, OTHERS, NOBODYS, TO_ANOTHER, ELSEWHERE, TARGETS };
enum signature { GOOD, NONE, ANOTHERS, SIGNATURES };

static const char *const target_names[] = {"own", "other's", "nobody's", "to another",
                                           "another deployment"};
static const char *const signature_names[] = {"signed", "unsigned", "signed by another"};

static const struct who {
    const char *code, *other;
    uint32_t role;
    bool greets; /* a unit that says Hello first */
} everybody[] = {
    {"U1", "U2", GV_ROLE_UNIT, true},    {"U2", "U1", GV_ROLE_UNIT, false},
    {"vp1", "admin", GV_ROLE_OFFICE, 0}, {"admin", "vp1", GV_ROLE_ADMIN, 0},
    {"uv1", "uv2", GV_ROLE_MEMBER, 0},   {"xem", "kt", GV_ROLE_VIEWER, 0},
    {"kt", "admin", GV_ROLE_AUDITOR, 0},
};

struct matrix {
    struct world *world;
    bool allowed_pass;
    unsigned tries, violations;
    struct gv_key *other_key, *admin, *root;
    unsigned serial;
};

/* ---- a body of each kind, which would have an effect ---- */

static void reports_body(struct peer *peer, Giaoviec__V1__Reports *out)
{
    ProtobufCBinaryData *entry = gv_arena_zalloc(peer->world->arena, sizeof *entry);
    struct gv_buf bytes;
    gv_id id;

    gv_buf_init(&bytes);
    named_id(peer->key->code.s, "D1", &id);
    report_entry(GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS, &id, 1, &bytes);
    *entry = gv_pb_bytes(gv_arena_copy(peer->world->arena, bytes.data, bytes.len), bytes.len);
    gv_buf_fini(&bytes);
    giaoviec__v1__reports__init(out);
    out->first = peer->reports.n + 1;
    out->entries = entry;
    out->n_entries = 1;
}

static void act_body(struct matrix *m, Giaoviec__V1__ActSubmit *out)
{
    Giaoviec__V1__RegisterUnits body = GIAOVIEC__V1__REGISTER_UNITS__INIT;
    Giaoviec__V1__UnitInfo info = GIAOVIEC__V1__UNIT_INFO__INIT, *list[1] = {&info};
    const struct gv_key *keys[1] = {m->admin};
    struct draft draft;
    struct gv_buf act;
    char code[16];

    snprintf(code, sizeof code, "N%u", ++m->serial);
    info.code = info.name_vi = code;
    body.units = list;
    body.n_units = 1;
    draft_init(&draft, GV_SIGNED_REGISTER_UNITS);
    gv_buf_init(&act);
    if (gv_pb_pack(&body.base, &draft.body) != GV_OK)
        die("cannot pack", code);
    draft_seal(&draft, &m->world->keyset->deployment, NULL, keys, 1,
               gv_clock_real_us() + 600 * GV_US_PER_S, &act);
    giaoviec__v1__act_submit__init(out);
    out->act = gv_pb_bytes(gv_arena_copy(m->world->arena, act.data, act.len), act.len);
    gv_buf_fini(&act);
    draft_fini(&draft);
}

static void blob_body(struct matrix *m, Giaoviec__V1__BlobPut *out)
{
    uint8_t *data = gv_arena_alloc(m->world->arena, 16);
    gv_hash *digest = gv_arena_alloc(m->world->arena, sizeof *digest);

    gv_random(data, 16);
    gv_blob_digest((struct gv_slice){data, 16}, digest);
    giaoviec__v1__blob_put__init(out);
    out->digest = gv_pb_bytes(digest->b, 32);
    out->size = 16;
    out->data = gv_pb_bytes(data, 16);
}

/* The next version, signed by the root: whoever may put it, puts it. */
static void keyset_body(struct matrix *m, Giaoviec__V1__KeysetPut *out)
{
    Giaoviec__V1__Keyset set = *m->world->keyset->set;
    struct gv_buf bytes;

    set.version += 1 + (m->allowed_pass ? m->serial : 0);
    gv_buf_init(&bytes);
    if (gv_keyset_seal(&set, m->root, &bytes) != GV_OK)
        die("cannot seal", "keyset");
    giaoviec__v1__keyset_put__init(out);
    out->keyset = gv_pb_bytes(gv_arena_copy(m->world->arena, bytes.data, bytes.len), bytes.len);
    gv_buf_fini(&bytes);
}

/* Keys that it has made, named by its own. */
static void rotate_body(struct matrix *m, struct peer *peer, Giaoviec__V1__RotateKey *out)
{
    struct gv_key *next = NULL;
    struct gv_buf bytes;

    gv_buf_init(&bytes);
    if (gv_key_new(&peer->key->code, &next) != GV_OK ||
        gv_rotation_seal(&m->world->keyset->deployment, peer->key, next, gv_clock_real_us(),
                         &bytes) != GV_OK)
        die("cannot seal", "rotation");
    giaoviec__v1__rotate_key__init(out);
    out->statement = gv_pb_bytes(gv_arena_copy(m->world->arena, bytes.data, bytes.len), bytes.len);
    gv_buf_fini(&bytes);
    gv_key_free(next);
}

static void cursor_of(struct peer *peer, Giaoviec__V1__OrdersReceipt *out)
{
    Giaoviec__V1__Cursor *cursor = gv_arena_alloc(peer->world->arena, sizeof *cursor);

    giaoviec__v1__cursor__init(cursor);
    cursor->number = peer->orders.n;
    cursor->hash = gv_pb_bytes(peer->orders.h.b, 32);
    giaoviec__v1__orders_receipt__init(out);
    out->orders = cursor;
    out->time_us = INT64_C(1704157200000000);
}

union any {
    ProtobufCMessage base;
    Giaoviec__V1__Hello hello;
    Giaoviec__V1__Reports reports;
    Giaoviec__V1__OrdersReceipt receipt;
    Giaoviec__V1__Heartbeat heartbeat;
    Giaoviec__V1__ActSubmit act;
    Giaoviec__V1__Query query;
    Giaoviec__V1__BlobPut blob;
    Giaoviec__V1__KeysetPut keyset;
    Giaoviec__V1__RotateKey rotate;
    uint8_t room[512];
};

static void body_of(struct matrix *m, struct peer *peer, uint32_t kind, union any *out)
{
    const struct gv_kind_row *row = gv_kind_row(kind);

    switch (kind) {
    case GV_KIND_REPORTS:
        reports_body(peer, &out->reports);
        return;
    case GV_KIND_ORDERS_RECEIPT:
        cursor_of(peer, &out->receipt);
        return;
    case GV_KIND_ACT_SUBMIT:
        act_body(m, &out->act);
        return;
    case GV_KIND_BLOB_PUT:
        blob_body(m, &out->blob);
        return;
    case GV_KIND_KEYSET_PUT:
        keyset_body(m, &out->keyset);
        return;
    case GV_KIND_ROTATE_KEY:
        rotate_body(m, peer, &out->rotate);
        return;
    case GV_KIND_QUERY:
        giaoviec__v1__query__init(&out->query);
        out->query.name = text("clock");
        return;
    case GV_KIND_HEARTBEAT:
        giaoviec__v1__heartbeat__init(&out->heartbeat);
        out->heartbeat.connection = peer->connection;
        out->heartbeat.finished_day = m->allowed_pass ? 40000 : 41000;
        out->heartbeat.finished_day_known = true;
        return;
    default:
        memset(out, 0, sizeof *out);
        protobuf_c_message_init(row != NULL ? row->body : &giaoviec__v1__keyset_get__descriptor,
                                out);
    }
}

/* ---- one try ---- */

static bool is_allowed(const struct who *who, uint32_t kind, enum target target,
                       enum signature signature)
{
    const struct gv_kind_row *row = gv_kind_row(kind);

    if (row == NULL || (row->senders & who->role) == 0 || (row->flags & GV_MSG_ENROL) != 0)
        return false;
    if (target != OWN || signature == ANOTHERS)
        return false;
    if ((row->flags & GV_MSG_SIGNED) != 0 && signature == NONE)
        return false;
    return (row->flags & GV_MSG_SESSION) == 0 || who->greets || kind == GV_KIND_HELLO;
}

static void violation(struct matrix *m, const struct who *who, uint32_t kind, enum target target,
                      enum signature signature, uint32_t got, const char *wanted)
{
    const struct gv_kind_row *row = gv_kind_row(kind);

    m->violations++;
    printf("  %s%s, %s (%u), %s, %s: answered by %u, wanted %s\n", who->code,
           who->role == GV_ROLE_UNIT && !who->greets ? " without Hello" : "",
           row != NULL ? row->name : "?", (unsigned)kind, target_names[target],
           signature_names[signature], (unsigned)got, wanted);
}

static void try_one(struct matrix *m, struct peer *peer, const struct who *who, uint32_t kind,
                    enum target target, enum signature signature)
{
    static const gv_id elsewhere = {{1, 2, 3}};
    struct twist twist = {.sign = signature == GOOD ? peer->key : NULL};
    struct gv_buf frame;
    union any body;
    uint32_t got;
    bool alive;
    gv_id id;

    twist.sender = target == OTHERS ? who->other : target == NOBODYS ? "KHONG-AI" : NULL;
    twist.recipient = target == TO_ANOTHER ? "c2" : NULL;
    twist.deployment = target == ELSEWHERE ? &elsewhere : NULL;
    if (signature == ANOTHERS)
        twist.sign = m->other_key;
    gv_buf_init(&frame);
    body_of(m, peer, kind, &body);
    peer_seal(peer, kind, &body.base, &twist, &id, &frame);
    if (!peer_put(peer, (struct gv_slice){frame.data, frame.len}))
        die("a frame would not go", who->code);
    gv_buf_fini(&frame);
    m->tries++;
    got = peer_verdict(peer, kind, &id, &alive);
    if (!alive)
        violation(m, who, kind, target, signature, got, "to be served after it");
    else if (got != 0 && got != GV_KIND_ERROR)
        violation(m, who, kind, target, signature, got, "a refusal");
}

static void refused_of(struct matrix *m, const struct who *who)
{
    struct gv_key *key =
        world_key(m->world, who->role == GV_ROLE_UNIT ? "units" : "keys", who->code);
    struct peer peer;

    if (!peer_open(&peer, m->world, key, who->role, false) || (who->greets && !peer_hello(&peer)))
        die("not admitted", who->code);
    if (who->greets) { /* what it holds of the orders, without a receipt so far */
        while (peer_next(&peer, now_ms() + 1000) != GV_KIND_ORDERS)
            ;
        for (size_t i = 0; i < ((Giaoviec__V1__Orders *)peer.message.body)->n_entries; i++) {
            gv_hash_chain(&peer.orders.h,
                          gv_pb_slice(((Giaoviec__V1__Orders *)peer.message.body)->entries[i]),
                          &peer.orders.h);
            peer.orders.n++;
        }
        while (peer_next(&peer, now_ms() + 400) != 0) /* a Clock that nobody asked for */
            ;
    }
    for (uint32_t kind = 1; kind < GV_KIND_END + 2; kind++) {
        for (int target = 0; target < TARGETS; target++) {
            for (int signature = 0; signature < SIGNATURES; signature++) {
                if (!is_allowed(who, kind, (enum target)target, (enum signature)signature))
                    try_one(m, &peer, who, kind, (enum target)target, (enum signature)signature);
            }
        }
    }
    if (who->greets) { /* none of the Goodbyes was believed */
        Giaoviec__V1__Heartbeat beat = GIAOVIEC__V1__HEARTBEAT__INIT;
        int64_t until_ms = now_ms() + 3000;
        uint32_t got;
        gv_id id;

        beat.connection = peer.connection;
        m->tries++;
        peer_say(&peer, GV_KIND_HEARTBEAT, &beat.base, &id);
        while ((got = peer_next(&peer, until_ms)) != 0 && got != GV_KIND_CLOCK)
            ;
        if (got != GV_KIND_CLOCK)
            violation(m, who, GV_KIND_GOODBYE, OWN, NONE, got, "the session to go on");
        peer.connection = 0; /* nothing happened: nothing to save */
    }
    peer_close(&peer);
    gv_key_free(key);
}

static uint32_t answer_of(uint32_t kind)
{
    switch (kind) {
    case GV_KIND_HELLO:
        return GV_KIND_WELCOME;
    case GV_KIND_REPORTS:
        return GV_KIND_RECEIPT;
    case GV_KIND_HEARTBEAT:
        return GV_KIND_CLOCK;
    case GV_KIND_ROTATE_KEY:
        return GV_KIND_KEY_ROTATED;
    case GV_KIND_ACT_SUBMIT:
        return GV_KIND_ACT_RESULT;
    case GV_KIND_QUERY:
        return GV_KIND_QUERY_RESULT;
    case GV_KIND_BLOB_PUT:
        return GV_KIND_BLOB_RESULT;
    case GV_KIND_KEYSET_PUT:
    case GV_KIND_KEYSET_GET:
        return GV_KIND_KEYSET_RESULT;
    default:
        return 0;
    }
}

static void allowed_one(struct matrix *m, struct peer *peer, const struct who *who, uint32_t kind)
{
    uint32_t got = 0, wanted = answer_of(kind);
    int64_t until_ms = now_ms() + 8000;
    union any body;
    bool alive = true;
    gv_id id;

    m->tries++;
    if (kind == GV_KIND_HELLO) {
        got = peer_hello(peer) ? GV_KIND_WELCOME : 0;
    } else {
        body_of(m, peer, kind, &body);
        peer_say(peer, kind, &body.base, &id);
        if (wanted == 0)
            got = peer_verdict(peer, kind, &id, &alive);
        while (wanted != 0 && (got = peer_next(peer, until_ms)) != 0) {
            if (peer_answers(peer, kind, &id))
                break;
        }
    }
    if (got != wanted || !alive)
        violation(m, who, kind, OWN, GOOD, got, "its answer");
    else if (kind == GV_KIND_REPORTS) {
        const Giaoviec__V1__Cursor *c = ((Giaoviec__V1__Receipt *)peer->message.body)->reports;

        peer->reports.n = c->number;
        memcpy(peer->reports.h.b, c->hash.data, 32);
    }
}

static void allowed_of(struct matrix *m, const struct who *who)
{
    /* Goodbye ends the session, a new keyset too: last. */
    static const uint32_t order[] = {GV_KIND_HELLO,      GV_KIND_REPORTS,    GV_KIND_ORDERS_RECEIPT,
                                     GV_KIND_HEARTBEAT,  GV_KIND_ROTATE_KEY, GV_KIND_QUERY,
                                     GV_KIND_KEYSET_GET, GV_KIND_ACT_SUBMIT, GV_KIND_BLOB_PUT,
                                     GV_KIND_GOODBYE,    GV_KIND_KEYSET_PUT};
    struct gv_key *key =
        world_key(m->world, who->role == GV_ROLE_UNIT ? "units" : "keys", who->code);
    struct peer peer;

    if (!peer_open(&peer, m->world, key, who->role, false))
        die("not admitted", who->code);
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
        if (is_allowed(who, order[i], OWN, GOOD))
            allowed_one(m, &peer, who, order[i]);
    }
    peer_close(&peer);
    gv_key_free(key);
}

/* Keys that no table names; and the enrolment endpoint, which understands one kind. */
static void strangers(struct matrix *m)
{
    static const char *const codes[] = {"c1", "c2", "root", "la"};
    struct gv_key *key;
    struct peer peer;

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        key = i == 2 ? world_key(m->world, ".", "root") : world_key(m->world, "keys", codes[i]);
        m->tries++;
        if (peer_open(&peer, m->world, key, GV_ROLE_NOBODY, false)) {
            m->violations++;
            printf("  the key of %s is admitted\n", codes[i]);
        }
        peer_close(&peer);
        gv_key_free(key);
    }
    for (size_t w = 0; w < sizeof everybody / sizeof everybody[0]; w++) {
        const struct who *who = &everybody[w];

        key = world_key(m->world, who->role == GV_ROLE_UNIT ? "units" : "keys", who->code);
        if (!peer_open(&peer, m->world, key, GV_ROLE_NOBODY, true))
            die("the enrolment endpoint does not answer", who->code);
        for (uint32_t kind = 1; kind < GV_KIND_END + 2; kind++) {
            struct twist twist = {.sign = NULL};
            struct gv_buf frame;
            union any body;
            uint32_t got;
            gv_id id;

            gv_buf_init(&frame);
            body_of(m, &peer, kind, &body);
            peer_seal(&peer, kind, &body.base, &twist, &id, &frame);
            peer_put(&peer, (struct gv_slice){frame.data, frame.len});
            gv_buf_fini(&frame);
            m->tries++;
            gv_clock_sleep_ms(6); /* it takes 200 a second */
            got = peer_next(&peer, now_ms() + 2000);
            if (got != GV_KIND_ERROR)
                violation(m, who, kind, OWN, NONE, got, "an error (enrolment endpoint)");
        }
        peer_close(&peer);
        gv_key_free(key);
    }
}

int matrix_main(struct world *world, bool allowed)
{
    struct matrix m = {.world = world, .allowed_pass = allowed};

    m.other_key = world_key(world, "keys", "la");
    m.admin = world_key(world, "keys", "admin");
    m.root = world_key(world, ".", "root");
    for (size_t i = 0; i < sizeof everybody / sizeof everybody[0]; i++) {
        if (allowed)
            allowed_of(&m, &everybody[i]);
        else
            refused_of(&m, &everybody[i]);
    }
    if (!allowed)
        strangers(&m);
    gv_key_free(m.other_key);
    gv_key_free(m.admin);
    gv_key_free(m.root);
    return row_of(allowed ? "C12 messages that the table allows are served"
                          : "C12 messages that the table refuses are refused",
                  m.tries, m.violations, "role x kind x target x signature");
}
