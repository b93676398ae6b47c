/*
 * flood.c - too much of everything, for so many seconds, bounded in number; and four honest units
 * beside it, whose receipts are timed from the first sending of a report.
 */
#include "peer.h"

#include "curve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/random.h"
#include "giaoviec/v1/trust.pb-c.h"

#define SOCKETS     2000
#define SAMPLES_MAX 100000
#define P99_MAX_MS  2000
#define CARRIED_MAX 6000 /* parts of one message: 24 MB */

/* ---- raw TCP ---- */

static int raw_socket(const char *endpoint)
{
    struct sockaddr_in to = {.sin_family = AF_INET};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t)atoi(strrchr(endpoint, ':') + 1));
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* ZMTP 3.1, CURVE, a client: 64 bytes. */
static void greeting(uint8_t out[64])
{
    memset(out, 0, 64);
    out[0] = 0xff;
    out[8] = 1;
    out[9] = 0x7f;
    out[10] = 3;
    out[11] = 1;
    memcpy(out + 12, "CURVE", 5);
}

/* silent: nothing is said. slow: the greeting byte by byte. junk: rubbish after the greeting. */
static unsigned raw(struct world *world, const char *what, int64_t until_ms)
{
    static int fds[SOCKETS];
    bool slow = strcmp(what, "slow") == 0, junk = strcmp(what, "junk") == 0;
    uint8_t hello[64], noise[4096];
    unsigned opened = 0;

    greeting(hello);
    for (size_t i = 0; i < SOCKETS; i++)
        fds[i] = -1;
    for (int turn = 0; now_ms() < until_ms; turn++) {
        for (size_t i = 0; i < SOCKETS; i++) {
            ssize_t n = 0;

            if (fds[i] < 0) {
                fds[i] = raw_socket(i % 2 == 0 ? world->c1->endpoint : world->c1->enrol_endpoint);
                opened += fds[i] >= 0;
                continue;
            }
            if (slow)
                n = send(fds[i], hello + turn % 64, 1, MSG_NOSIGNAL);
            else if (junk && turn % 8 == 1)
                n = send(fds[i], hello, sizeof hello, MSG_NOSIGNAL);
            else if (junk) {
                gv_random(noise, 64);
                n = send(fds[i], noise, sizeof noise, MSG_NOSIGNAL);
            }
            if (n < 0 && errno != EAGAIN && errno != ENOTCONN) {
                close(fds[i]);
                fds[i] = -1;
            }
        }
        gv_clock_sleep_ms(50);
    }
    for (size_t i = 0; i < SOCKETS; i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    return opened;
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

/* big: too large. frames: as large as is legal, rubbish. */
static unsigned zmtp(struct world *world, const char *what, bool enrols, int64_t until_ms)
{
    struct gv_key *key = world_key(world, "units", "U3");
    bool big = strcmp(what, "big") == 0;
    static uint8_t bytes[300000];
    void *sockets[8];
    unsigned sent = 0;
    uint64_t total = 0;

    gv_random(bytes, sizeof bytes);
    for (size_t i = 0; i < 8; i++)
        sockets[i] = dealer(world, key, enrols);
    while (now_ms() < until_ms && total < (UINT64_C(1) << 31)) {
        unsigned before = sent;

        for (size_t i = 0; i < 8; i++) {
            size_t len = big ? sizeof bytes : GV_FRAME_MAX_BYTES;

            if (zmq_send(sockets[i], bytes, len, ZMQ_DONTWAIT) >= 0) {
                sent++;
                total += len;
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

/* parts: messages without a last part, of a unit or (parts-enrol) of anybody; closed connections
 * are made anew. */
static unsigned endless(struct world *world, bool enrols, int64_t until_ms)
{
    struct gv_key *key = world_key(world, enrols ? "keys" : "units", enrols ? "la" : "U3");
    const char *endpoint = enrols ? world->c1->enrol_endpoint : world->c1->endpoint;
    struct curve *all[4] = {NULL};
    unsigned sent = 0, carried[4] = {0}, violations = 0;

    while (now_ms() < until_ms && sent < 500000) { /* 2 GB */
        for (size_t i = 0; i < 4; i++) {
            if (all[i] == NULL) {
                all[i] = curve_open(endpoint, world->c1->curve_key.data, key);
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
    row_of(enrols ? "C15 endless messages of anybody are ended"
                  : "C15 endless messages of a unit are ended",
           sent, violations, "parts of 4,000 bytes");
    gv_key_free(key);
    return sent;
}

/* ---- enrolments with tokens that nobody issued ---- */

static unsigned enrolments(struct world *world, int64_t until_ms)
{
    struct gv_token token = {.deployment = world->keyset->deployment};
    struct gv_key *key = NULL;
    Giaoviec__V1__Enrol body = GIAOVIEC__V1__ENROL__INIT;
    struct gv_buf statement, frame;
    struct twist twist = {.sender = "U1"};
    struct peer peer = {.world = world, .enrols = true};
    void *sockets[16];
    unsigned sent = 0;
    gv_id id;

    if (gv_code_from_str("U1", &token.unit) != GV_OK || gv_key_new(&token.unit, &key) != GV_OK)
        die("no key", "U1");
    peer.key = key;
    for (size_t i = 0; i < 16; i++)
        sockets[i] = dealer(world, key, true);
    gv_buf_init(&statement);
    gv_buf_init(&frame);
    while (now_ms() < until_ms) {
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

/* reports: the same envelope again and again, whatever the credits. queries, waits: of a viewer. */
static unsigned members(struct world *world, const char *what, int64_t until_ms)
{
    bool reports = strcmp(what, "reports") == 0, waits = strcmp(what, "waits") == 0;
    struct gv_key *key = world_key(world, reports ? "units" : "keys", reports ? "U4" : "xem");
    Giaoviec__V1__Reports body = GIAOVIEC__V1__REPORTS__INIT;
    Giaoviec__V1__Query query = GIAOVIEC__V1__QUERY__INIT;
    ProtobufCBinaryData entry;
    struct gv_buf bytes;
    unsigned sent = 0;
    struct peer peer;
    gv_id id;

    if (!peer_open(&peer, world, key, reports ? GV_ROLE_UNIT : GV_ROLE_VIEWER, false) ||
        (reports && !peer_hello(&peer)))
        die("not admitted", key->code.s);
    gv_buf_init(&bytes);
    named_id("U4", "D1", &id);
    report_entry(3, &id, 1, &bytes);
    entry = gv_pb_bytes(bytes.data, bytes.len);
    body.first = peer.reports.n + 1;
    body.entries = &entry;
    body.n_entries = 1;
    query.name = text(waits ? "feed" : "assignments");
    query.after = text(waits ? "99999999" : "");
    query.wait_ms = waits ? 20000 : 0;
    while (now_ms() < until_ms && !peer.is_over) {
        if (peer_say(&peer, reports ? GV_KIND_REPORTS : GV_KIND_QUERY,
                     reports ? &body.base : &query.base, NULL))
            sent++;
        while (peer_next(&peer, now_ms()) != 0)
            ;
    }
    if (reports) { /* stored once, if at all */
        gv_hash_chain(&peer.reports.h, (struct gv_slice){bytes.data, bytes.len}, &peer.reports.h);
        peer.reports.n++;
    }
    gv_buf_fini(&bytes);
    peer_close(&peer);
    gv_key_free(key);
    return sent;
}

int flood_main(struct world *world, const char *what, int seconds)
{
    int64_t until_ms = now_ms() + seconds * 1000;
    unsigned n;

    if (strcmp(what, "silent") == 0 || strcmp(what, "slow") == 0 || strcmp(what, "junk") == 0)
        n = raw(world, what, until_ms);
    else if (strncmp(what, "parts", 5) == 0)
        n = endless(world, strcmp(what, "parts-enrol") == 0, until_ms);
    else if (strcmp(what, "enrolments") == 0)
        n = enrolments(world, until_ms);
    else if (strcmp(what, "reports") == 0 || strcmp(what, "queries") == 0 ||
             strcmp(what, "waits") == 0)
        n = members(world, what, until_ms);
    else
        n = zmtp(world, what, strcmp(what, "big") == 0, until_ms);
    printf("%u\n", n);
    return n > 0 ? 0 : 1;
}

/* ---- honest units meanwhile ---- */

struct honest {
    struct peer peer;
    struct gv_key *key;
    struct gv_buf entry;
    int64_t first_ms, again_ms; /* of the report that is on its way; 0: none */
};

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void send_report(struct honest *h)
{
    Giaoviec__V1__Reports body = GIAOVIEC__V1__REPORTS__INIT;
    ProtobufCBinaryData entry = gv_pb_bytes(h->entry.data, h->entry.len);

    body.first = h->peer.reports.n + 1;
    body.entries = &entry;
    body.n_entries = 1;
    h->again_ms = now_ms() + 5000;
    peer_say(&h->peer, GV_KIND_REPORTS, &body.base, NULL);
}

/* Repeats after Busy and after five seconds, as an agent does. True: receipted now. */
static bool serve(struct honest *h)
{
    uint32_t got;

    while ((got = peer_next(&h->peer, now_ms())) != 0) {
        if (got == GV_KIND_BUSY)
            h->again_ms =
                now_ms() + ((const Giaoviec__V1__Busy *)h->peer.message.body)->retry_after_ms;
        if (got == GV_KIND_RECEIPT && h->first_ms != 0 &&
            ((const Giaoviec__V1__Receipt *)h->peer.message.body)->reports->number ==
                h->peer.reports.n + 1) {
            gv_hash_chain(&h->peer.reports.h, (struct gv_slice){h->entry.data, h->entry.len},
                          &h->peer.reports.h);
            h->peer.reports.n++;
            return true;
        }
    }
    if (h->first_ms != 0 && now_ms() >= h->again_ms)
        send_report(h);
    return false;
}

/* Four units for so long; the last seconds are for the answers. */
int honest_main(struct world *world, int seconds)
{
    static const char *const codes[] = {"H1", "H2", "H3", "H4"};
    static uint32_t samples[SAMPLES_MAX];
    int64_t until_ms = now_ms() + seconds * 1000;
    struct honest all[4] = {0};
    unsigned violations = 0, count = 0, p99;
    char more[96];

    for (size_t i = 0; i < 4; i++) {
        gv_id id;

        all[i].key = world_key(world, "units", codes[i]);
        gv_buf_init(&all[i].entry);
        named_id(codes[i], "D1", &id);
        report_entry(3, &id, 1, &all[i].entry);
        if (!peer_open(&all[i].peer, world, all[i].key, GV_ROLE_UNIT, false) ||
            !peer_hello(&all[i].peer))
            die("not admitted", codes[i]);
    }
    while (now_ms() < until_ms) {
        for (size_t i = 0; i < 4; i++) {
            if (all[i].first_ms == 0 && now_ms() < until_ms - 2500) {
                all[i].first_ms = now_ms();
                send_report(&all[i]);
            }
            if (serve(&all[i]) && count < SAMPLES_MAX) {
                samples[count++] = (uint32_t)(now_ms() - all[i].first_ms);
                all[i].first_ms = 0;
            }
        }
        gv_clock_sleep_ms(5);
    }
    for (size_t i = 0; i < 4; i++) { /* what is still on its way counts as late */
        if (all[i].first_ms != 0 && count < SAMPLES_MAX) {
            samples[count++] = (uint32_t)(now_ms() - all[i].first_ms);
            violations++;
        }
        if (all[i].first_ms != 0) { /* perhaps it is stored: the next Hello must know it */
            gv_hash_chain(&all[i].peer.reports.h,
                          (struct gv_slice){all[i].entry.data, all[i].entry.len},
                          &all[i].peer.reports.h);
            all[i].peer.reports.n++;
        }
        peer_close(&all[i].peer);
        gv_buf_fini(&all[i].entry);
        gv_key_free(all[i].key);
    }
    if (count == 0)
        die("no sample", "honest");
    qsort(samples, count, sizeof samples[0], by_value);
    p99 = samples[(size_t)(0.99 * (count - 1))];
    violations += p99 > P99_MAX_MS;
    snprintf(more, sizeof more, "p50 %u ms, p99 %u ms, slowest %u ms", samples[count / 2], p99,
             samples[count - 1]);
    return row_of("honest", count, violations, more);
}
