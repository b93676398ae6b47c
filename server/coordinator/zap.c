/* zap.c - one REP socket; the answer is a look-up. */
#include "coordinator/zap.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/plant.h"
#include "wire/link.h"
#include "wire/message.h"

#define ENDPOINT         "inproc://zeromq.zap.01"
#define REQUEST_FRAMES   7
#define FRAME_MAX        256
#define USER_SIZE        (2 * sizeof(gv_id) + 1)
#define SELFTEST_WAIT_MS 5000
#define CURVE_BYTES      (GV_ZMQ_MAXMSGSIZE - GV_FRAME_MAX_BYTES)

struct zap {
    void *socket;
    keyring_holder *keys;
    pthread_t thread;
};

struct request {
    uint8_t frame[REQUEST_FRAMES][FRAME_MAX];
    size_t len[REQUEST_FRAMES];
};

enum { F_VERSION, F_ID, F_DOMAIN, F_ADDRESS, F_IDENTITY, F_MECHANISM, F_KEY };

/* -1 with errno ETERM: the context ends. A request of another form has *count != REQUEST_FRAMES. */
static int receive(void *socket, struct request *request, size_t *count)
{
    int more = 1;
    size_t size = sizeof more;

    for (*count = 0; more; (*count)++) {
        uint8_t spare[FRAME_MAX];
        bool fits = *count < REQUEST_FRAMES;
        int n = zmq_recv(socket, fits ? request->frame[*count] : spare, FRAME_MAX, 0);

        if (n < 0)
            return -1;
        if (fits)
            request->len[*count] = (size_t)n < FRAME_MAX ? (size_t)n : FRAME_MAX;
        if (zmq_getsockopt(socket, ZMQ_RCVMORE, &more, &size) != 0)
            return -1;
    }
    return 0;
}

static bool frame_is(const struct request *request, int i, const char *text)
{
    return request->len[i] == strlen(text) && memcmp(request->frame[i], text, request->len[i]) == 0;
}

/* Is this key admitted? user is the id of the signing key that goes with it, as hex digits; "" on
 * the enrolment endpoint. */
static bool admit(const struct zap *zap, const struct request *request, char user[USER_SIZE])
{
    const struct principal *who;
    keyring *ring;

    user[0] = '\0';
    if (!frame_is(request, F_VERSION, "1.0") || !frame_is(request, F_MECHANISM, "CURVE") ||
        request->len[F_KEY] != 32)
        return false;
    if (frame_is(request, F_DOMAIN, ZAP_DOMAIN_ENROL))
        return true;
    if (!frame_is(request, F_DOMAIN, ZAP_DOMAIN_MAIN))
        return false;
    ring = keyring_take(zap->keys);
    who = ring != NULL ? keyring_by_curve(ring, request->frame[F_KEY]) : NULL;
    if (who != NULL)
        gv_hex(who->key_id.b, sizeof who->key_id.b, user);
    keyring_unref(ring);
    return who != NULL;
}

static int answer(void *socket, const struct request *request, bool admitted, const char *user)
{
    const char *code = admitted ? "200" : "400";
    const char *text = admitted ? "OK" : "this key is not admitted";
    size_t id_len = request->len[F_ID];

    if (zmq_send(socket, "1.0", 3, ZMQ_SNDMORE) < 0 ||
        zmq_send(socket, request->frame[F_ID], id_len, ZMQ_SNDMORE) < 0 ||
        zmq_send(socket, code, 3, ZMQ_SNDMORE) < 0 ||
        zmq_send(socket, text, strlen(text), ZMQ_SNDMORE) < 0 ||
        zmq_send(socket, user, strlen(user), ZMQ_SNDMORE) < 0)
        return -1;
    return zmq_send(socket, "", 0, 0);
}

static void *run(void *arg)
{
    struct zap *zap = arg;

    for (;;) {
        struct request request = {0};
        char user[USER_SIZE] = "";
        size_t count;

        if (receive(zap->socket, &request, &count) != 0) {
            if (errno == ETERM)
                break;
            continue;
        }
        if (answer(zap->socket, &request, count == REQUEST_FRAMES && admit(zap, &request, user),
                   user) < 0 &&
            errno == ETERM)
            break;
    }
    zmq_close(zap->socket);
    return NULL;
}

gv_err zap_start(void *zmq, keyring_holder *keys, struct zap **out)
{
    struct zap *zap = calloc(1, sizeof *zap);

    if (zap == NULL)
        return GV_ENOMEM;
    zap->keys = keys;
    zap->socket = zmq_socket(zmq, ZMQ_REP);
    if (zap->socket == NULL || zmq_bind(zap->socket, ENDPOINT) != 0 ||
        pthread_create(&zap->thread, NULL, run, zap) != 0) {
        if (zap->socket != NULL)
            zmq_close(zap->socket);
        free(zap);
        return GV_EIO;
    }
    *out = zap;
    return GV_OK;
}

void zap_join(struct zap *zap)
{
    if (zap == NULL)
        return;
    pthread_join(zap->thread, NULL);
    free(zap);
}

static bool set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

/*
 * Is the other host still there? The kernel asks, within a minute. libzmq would with a TTL in its
 * pings, but each frame of a unit then looks for its timer among those of all units.
 */
static bool keep_alive(void *socket)
{
    return set_int(socket, ZMQ_TCP_KEEPALIVE, 1) && set_int(socket, ZMQ_TCP_KEEPALIVE_IDLE, 30) &&
           set_int(socket, ZMQ_TCP_KEEPALIVE_INTVL, 10) &&
           set_int(socket, ZMQ_TCP_KEEPALIVE_CNT, 3) && set_int(socket, ZMQ_TCP_MAXRT, 60000);
}

gv_err zap_router_new(void *zmq, const char *domain, uint64_t io_threads,
                      const uint8_t curve_sk[32], void **out)
{
    void *socket = zmq_socket(zmq, ZMQ_ROUTER);
    /* Anybody may connect to the enrolment endpoint: so he may only leave little there. */
    bool anybody = strcmp(domain, ZAP_DOMAIN_ENROL) == 0;
    int64_t max_bytes =
        anybody ? (int64_t)gv_kind_row(GV_KIND_ENROL)->max_bytes + CURVE_BYTES : GV_ZMQ_MAXMSGSIZE;

    if (socket == NULL)
        return GV_EIO;
    if (GV_PLANTED(FRAME_UNBOUNDED))
        max_bytes = -1;
    if (zmq_setsockopt(socket, ZMQ_AFFINITY, &io_threads, sizeof io_threads) == 0 &&
        set_int(socket, ZMQ_CURVE_SERVER, 1) &&
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, curve_sk, 32) == 0 &&
        zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, domain, strlen(domain)) == 0 &&
        set_int(socket, GV_ZMQ_ZAP_ENFORCE_DOMAIN, 1) &&
        zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &max_bytes, sizeof max_bytes) == 0 &&
        keep_alive(socket) && set_int(socket, ZMQ_ROUTER_MANDATORY, 1) &&
        set_int(socket, ZMQ_SNDHWM, 64) &&
        set_int(socket, ZMQ_RCVHWM, anybody ? 2 : ZAP_MESSAGES) &&
        set_int(socket, ZMQ_RCVBUF, ZAP_RCVBUF) && set_int(socket, ZMQ_LINGER, 1000) &&
        set_int(socket, ZMQ_HANDSHAKE_IVL, GV_PLANTED(HANDSHAKE_UNENDED) ? 0 : 8000) &&
        set_int(socket, ZMQ_BACKLOG, 4096)) {
        *out = socket;
        return GV_OK;
    }
    zmq_close(socket);
    return GV_EIO;
}

/* What the link says first: UP, DOWN or REFUSED; NONE: nothing within the time. */
static enum gv_link_event first_word(gv_link *link)
{
    int64_t deadline = gv_clock_mono_ms() + SELFTEST_WAIT_MS;
    enum gv_link_event event = GV_LINK_NONE;
    struct gv_buf frame;

    gv_buf_init(&frame);
    while (event == GV_LINK_NONE) {
        struct pollfd fd = {gv_link_fd(link), POLLIN, 0};
        int64_t left = deadline - gv_clock_mono_ms();

        if (left <= 0 || (poll(&fd, 1, (int)left) < 0 && errno != EINTR))
            break;
        event = gv_link_next(link, &frame);
    }
    gv_buf_fini(&frame);
    return event;
}

static gv_err knock(void *zmq, const char *endpoint, const uint8_t server_sk[32])
{
    struct gv_link_options options = {.zmq = zmq, .endpoint = endpoint};
    enum gv_link_event event;
    gv_link *link = NULL;
    gv_err err;

    crypto_scalarmult_base(options.server_pk, server_sk);
    crypto_box_keypair(options.curve_pk, options.curve_sk);
    err = gv_link_open(&options, &link);
    if (err != GV_OK)
        return err;
    event = first_word(link);
    gv_link_close(link);
    sodium_memzero(options.curve_sk, sizeof options.curve_sk);
    return event == GV_LINK_UP ? GV_EDENIED : event == GV_LINK_NONE ? GV_EUNAVAILABLE : GV_OK;
}

gv_err zap_selftest(void *zmq, const uint8_t curve_sk[32])
{
    char endpoint[128];
    size_t size = sizeof endpoint;
    void *socket = NULL;
    gv_err err = zap_router_new(zmq, ZAP_DOMAIN_MAIN, 0, curve_sk, &socket);

    if (err != GV_OK)
        return err;
    if (zmq_bind(socket, "tcp://127.0.0.1:*") != 0 ||
        zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, endpoint, &size) != 0)
        err = GV_EIO;
    else
        err = knock(zmq, endpoint, curve_sk);
    zmq_close(socket);
    return err;
}
