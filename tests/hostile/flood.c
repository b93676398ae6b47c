/*
 * flood.c - too much of everything, for so many seconds, bounded in number: a row a kind. Beside it
 * honest.c reports.
 */
#include "flood.h"

#include "curve.h"

#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "giaoviec/v1/trust.pb-c.h"

#define CARRIED_MAX 6000 /* parts of one message: 24 MB */
#define ENDS_MS     2000 /* the handshake's time is four times as long */
#define CURVE_BYTES (GV_ZMQ_MAXMSGSIZE - GV_FRAME_MAX_BYTES)

void flood_stands(struct flood *f)
{
    f->begun_ms = f->ended_ms = now_ms();
    f->until_ms = f->begun_ms + f->seconds * INT64_C(1000);
}

bool flood_goes_on(struct flood *f)
{
    f->ended_ms = now_ms();
    return f->ended_ms < f->until_ms;
}

/* ---- CURVE clients that send what they should not ---- */

static void *dealer(struct world *world, const struct gv_key *key, bool enrols)
{
    void *socket = zmq_socket(world->zmq, ZMQ_DEALER);
    int zero = 0, hwm = 1000, again = 100;

    zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt(socket, ZMQ_SNDHWM, &hwm, sizeof hwm);
    zmq_setsockopt(socket, ZMQ_RECONNECT_IVL, &again, sizeof again);
    zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, world->c1->curve_key.data, 32);
    zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, key->curve_pk, 32);
    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, key->curve_sk, 32);
    if (zmq_connect(socket, enrols ? world->c1->enrol_endpoint : world->c1->endpoint) != 0)
        die("cannot connect", "dealer");
    return socket;
}

/* Rubbish in whole frames. */
static unsigned frames(struct flood *f)
{
    struct gv_key *key = world_key(f->world, "units", "U3");
    static uint8_t bytes[300000];
    void *sockets[8];
    unsigned sent = 0;
    uint64_t total = 0;

    gv_random(bytes, sizeof bytes);
    for (size_t i = 0; i < 8; i++)
        sockets[i] = dealer(f->world, key, f->kind->enrols);
    flood_stands(f);
    while (flood_goes_on(f) && total < (UINT64_C(1) << 31)) {
        unsigned before = sent;

        for (size_t i = 0; i < 8; i++) {
            if (zmq_send(sockets[i], bytes, f->kind->bytes, ZMQ_DONTWAIT) >= 0) {
                sent++;
                total += f->kind->bytes;
            }
        }
        if (sent == before)
            gv_clock_sleep_ms(1);
    }
    for (size_t i = 0; i < 8; i++)
        zmq_close(sockets[i]);
    gv_key_free(key);
    return sent;
}

/* A door, and who may pass it: a unit, or anybody. */
struct way_in {
    bool enrols;
    const char *endpoint;
    const uint8_t *server_pk;
    struct gv_key *key; /* the caller's */
};

static struct way_in way_in(const struct world *world, bool enrols)
{
    return (struct way_in){enrols, enrols ? world->c1->enrol_endpoint : world->c1->endpoint,
                           world->c1->curve_key.data,
                           world_key(world, enrols ? "keys" : "units", enrols ? "la" : "U3")};
}

/* Messages without a last part, of a unit or of anybody; closed connections are made anew. */
static unsigned endless(struct flood *f)
{
    struct way_in way = way_in(f->world, f->kind->enrols);
    struct curve *all[4] = {NULL};
    unsigned sent = 0, carried[4] = {0}, violations = 0;

    flood_stands(f);
    while (flood_goes_on(f) && sent < 500000) { /* 2 GB */
        for (size_t i = 0; i < 4; i++) {
            if (all[i] == NULL) {
                all[i] = curve_open(way.endpoint, way.server_pk, way.key);
                carried[i] = 0;
            }
            for (int n = 0; all[i] != NULL && n < 64; n++) {
                if (!curve_part(all[i])) {
                    curve_close(all[i]);
                    all[i] = NULL;
                    break;
                }
                sent++;
                violations += ++carried[i] == CARRIED_MAX;
            }
        }
    }
    for (size_t i = 0; i < 4; i++)
        curve_close(all[i]);
    row_of(way.enrols ? "C15 endless messages of anybody are ended"
                      : "C15 endless messages of a unit are ended",
           sent, violations, "parts of 4,000 bytes");
    gv_key_free(way.key);
    return sent;
}

/* One byte more than the door takes is announced, and nothing sent: nobody waits for the rest. */
static bool is_ended(const struct way_in *way, bool greets_only)
{
    uint64_t most =
        way->enrols ? gv_kind_row(GV_KIND_ENROL)->max_bytes + CURVE_BYTES : GV_ZMQ_MAXMSGSIZE;
    struct curve *c = greets_only ? curve_greet(way->endpoint)
                                  : curve_open(way->endpoint, way->server_pk, way->key);
    bool ended = c != NULL && (!curve_announce(c, most + 1) || curve_ends(c, ENDS_MS));

    if (!ended)
        printf("  a frame of %llu bytes, %s, %s: %s\n", (unsigned long long)most + 1,
               way->enrols ? "enrolment" : "main", greets_only ? "in the handshake" : "after it",
               c != NULL ? "waited for" : "not even connected");
    curve_close(c);
    return ended;
}

static unsigned announced(struct flood *f)
{
    struct way_in ways[] = {way_in(f->world, false), way_in(f->world, true)};
    unsigned tries = 0, violations = 0;

    flood_stands(f);
    while (flood_goes_on(f)) {
        violations += !is_ended(&ways[tries % 2], tries / 2 % 2 == 0);
        tries++;
    }
    row_of("C15 frames that announce too much are ended at once", tries, violations,
           "door x before and after the handshake");
    gv_key_free(ways[0].key);
    gv_key_free(ways[1].key);
    return tries;
}

/* ---- enrolments with tokens that nobody issued ---- */

static unsigned enrolments(struct flood *f)
{
    struct gv_token token = {.deployment = f->world->keyset->deployment};
    struct gv_key *key = NULL;
    Giaoviec__V1__Enrol body = GIAOVIEC__V1__ENROL__INIT;
    struct gv_buf statement, frame;
    struct twist twist = {.sender = "U1"};
    struct peer peer = {.world = f->world, .enrols = true};
    void *sockets[16];
    unsigned sent = 0;
    gv_id id;

    if (gv_code_from_str("U1", &token.unit) != GV_OK || gv_key_new(&token.unit, &key) != GV_OK)
        die("no key", "U1");
    peer.key = key;
    for (size_t i = 0; i < 16; i++)
        sockets[i] = dealer(f->world, key, f->kind->enrols);
    gv_buf_init(&statement);
    gv_buf_init(&frame);
    flood_stands(f);
    while (flood_goes_on(f)) {
        gv_buf_reset(&statement);
        gv_buf_reset(&frame);
        gv_random(token.secret, sizeof token.secret);
        if (gv_enrol_seal(&token, key, gv_clock_real_us(), &statement) != GV_OK)
            die("cannot seal", "enrolment");
        body.statement = gv_pb_bytes(statement.data, statement.len);
        peer_seal(&peer, GV_KIND_ENROL, &body.base, &twist, &id, &frame);
        for (size_t i = 0; i < 16; i++)
            sent += zmq_send(sockets[i], frame.data, frame.len, ZMQ_DONTWAIT) >= 0;
    }
    for (size_t i = 0; i < 16; i++)
        zmq_close(sockets[i]);
    gv_buf_fini(&statement);
    gv_buf_fini(&frame);
    gv_key_free(key);
    return sent;
}

/* ---- members of the deployment who do not stop ---- */

/* The same envelope again and again, whatever the credits. */
static unsigned repeated(struct flood *f)
{
    struct gv_key *key = world_key(f->world, "units", "U4");
    struct gv_buf entry;
    unsigned sent = 0;
    struct peer peer;
    gv_id id;

    if (!peer_open(&peer, f->world, key, GV_ROLE_UNIT, false) || !peer_hello(&peer))
        die("not admitted", key->code.s);
    gv_buf_init(&entry);
    named_id("U4", "D1", &id);
    report_entry(GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS, &id, 1, &entry);
    flood_stands(f);
    while (flood_goes_on(f) && !peer.is_over) {
        sent += peer_say_reports(&peer, peer.reports.n + 1, &entry, 1);
        while (peer_next(&peer, now_ms()) != 0)
            ;
    }
    /* Stored once, if at all. */
    gv_hash_chain(&peer.reports.h, (struct gv_slice){entry.data, entry.len}, &peer.reports.h);
    peer.reports.n++;
    gv_buf_fini(&entry);
    peer_close(&peer);
    gv_key_free(key);
    return sent;
}

/* Of a viewer: pages, or feeds that have nothing to say. */
static unsigned queries(struct flood *f)
{
    bool waits = strcmp(f->kind->name, "waits") == 0;
    struct gv_key *key = world_key(f->world, "keys", "xem");
    Giaoviec__V1__Query query = GIAOVIEC__V1__QUERY__INIT;
    unsigned sent = 0;
    struct peer peer;

    if (!peer_open(&peer, f->world, key, GV_ROLE_VIEWER, false))
        die("not admitted", key->code.s);
    query.name = text(waits ? "feed" : "assignments");
    query.after = text(waits ? "99999999" : "");
    query.wait_ms = waits ? 20000 : 0;
    flood_stands(f);
    while (flood_goes_on(f) && !peer.is_over) {
        sent += peer_say(&peer, GV_KIND_QUERY, &query.base, NULL);
        while (peer_next(&peer, now_ms()) != 0)
            ;
    }
    peer_close(&peer);
    gv_key_free(key);
    return sent;
}

/* ---- the kinds ---- */

static const struct flood_kind kinds[] = {
    {.name = "silent", .run = flood_crowd, .says = SAYS_NOTHING},
    /* Until half handshakes must have ended. */
    {.name = "slow", .run = flood_crowd, .says = SAYS_SLOWLY, .least_s = 14},
    {.name = "junk", .run = flood_crowd, .says = SAYS_RUBBISH},
    {.name = "frames", .run = frames, .bytes = GV_FRAME_MAX_BYTES},
    {.name = "big", .run = frames, .bytes = 300000, .enrols = true},
    {.name = "announced", .run = announced},
    {.name = "parts-enrol", .run = endless, .enrols = true},
    {.name = "parts", .run = endless},
    {.name = "enrolments", .run = enrolments, .enrols = true},
    {.name = "reports", .run = repeated},
    {.name = "fleet", .run = flood_fleet, .entries = REPORTS_MAX},
    {.name = "beyond", .run = flood_fleet, .entries = 16, .ahead = 120},
    {.name = "queries", .run = queries},
    {.name = "waits", .run = queries},
};

int flood_main(struct world *world, const char *what, int seconds)
{
    struct flood f = {.world = world, .seconds = seconds};
    unsigned sent;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, what) == 0)
            f.kind = &kinds[i];
    }
    if (f.kind == NULL)
        die("no such flood", what);
    if (f.seconds < f.kind->least_s)
        f.seconds = f.kind->least_s;
    sent = f.kind->run(&f);
    printf("SPAN\t%lld\t%lld\t%u\n", (long long)f.begun_ms, (long long)f.ended_ms, sent);
    return sent > 0 ? 0 : 1;
}
