/* links: gv_wire gv_crypto gv_base */
/*
 * test_link.c - real sockets on a free port of the loopback: what a client is told when it is let
 * in, refused, cut off, or sent what it must not take. Everything waits on gv_link_fd() alone, so a
 * lost edge shows as a time-out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>
#include <zmq.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "wire/link.h"
#include "wire/message.h"

#define WAIT_MS 8000

static void *zmq;
static struct gv_key *server_key, *client_key, *other_key;

/* ---- the server's side --------------------------------------------------------------------------
 */

static pthread_t zap_thread;
static void *zap_socket;
static char zap_status[4]; /* set before a client connects */

static void *answer_zap(void *unused)
{
    char parts[8][256];
    size_t lens[8];

    (void)unused;
    for (;;) {
        int count = 0, more = 1;
        size_t size = sizeof more;

        while (more != 0) {
            int n = count < 8 ? zmq_recv(zap_socket, parts[count], sizeof parts[0], 0) : -1;

            if (n < 0)
                goto out;
            lens[count++] = (size_t)n;
            zmq_getsockopt(zap_socket, ZMQ_RCVMORE, &more, &size);
        }
        zmq_send(zap_socket, "1.0", 3, ZMQ_SNDMORE);
        zmq_send(zap_socket, parts[1], lens[1], ZMQ_SNDMORE);
        zmq_send(zap_socket, zap_status, 3, ZMQ_SNDMORE);
        zmq_send(zap_socket, "", 0, ZMQ_SNDMORE);
        zmq_send(zap_socket, "SO-YT", 5, ZMQ_SNDMORE);
        zmq_send(zap_socket, "", 0, 0);
    }
out:
    zmq_close(zap_socket);
    return NULL;
}

static void *open_server(char *endpoint, size_t size)
{
    void *router = zmq_socket(zmq, ZMQ_ROUTER);
    int one = 1, linger = 0;

    assert_non_null(router);
    zmq_setsockopt(router, ZMQ_CURVE_SERVER, &one, sizeof one);
    zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, server_key->curve_sk, 32);
    zmq_setsockopt(router, ZMQ_ZAP_DOMAIN, "test", 4);
    zmq_setsockopt(router, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(router, ZMQ_RCVTIMEO, &(int){WAIT_MS}, sizeof(int));
    assert_int_equal(zmq_bind(router, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &size), 0);
    return router;
}

struct peer {
    char id[16];
    size_t id_len;
};

/* The body of the next message; fills the peer. */
static size_t server_receive(void *router, struct peer *peer, char *body, size_t size)
{
    int n = zmq_recv(router, peer->id, sizeof peer->id, 0);

    assert_true(n > 0);
    peer->id_len = (size_t)n;
    n = zmq_recv(router, body, size, 0);
    assert_true(n >= 0);
    return (size_t)n;
}

static void server_send(void *router, const struct peer *peer, const void *body, size_t len)
{
    assert_true(zmq_send(router, peer->id, peer->id_len, ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(router, body, len, 0) >= 0);
}

/* ---- the client's side --------------------------------------------------------------------------
 */

static gv_link *open_link(const char *endpoint, const uint8_t server_pk[32])
{
    struct gv_link_options options = {.zmq = zmq, .endpoint = endpoint, .handshake_ms = 1000};
    gv_link *link = NULL;

    memcpy(options.server_pk, server_pk, 32);
    memcpy(options.curve_pk, client_key->curve_pk, 32);
    memcpy(options.curve_sk, client_key->curve_sk, 32);
    assert_int_equal(gv_link_open(&options, &link), GV_OK);
    return link;
}

/* Sleeps only on the link's descriptor, as a loop does. NONE: nothing came in time. */
static enum gv_link_event wait_event(gv_link *link, struct gv_buf *frame, int timeout_ms)
{
    int64_t until = gv_clock_mono_ms() + timeout_ms;

    for (;;) {
        struct pollfd fd = {.fd = gv_link_fd(link), .events = POLLIN};
        int64_t left = until - gv_clock_mono_ms();
        enum gv_link_event event;

        if (left <= 0 || poll(&fd, 1, (int)left) <= 0)
            return GV_LINK_NONE;
        event = gv_link_next(link, frame);
        if (event != GV_LINK_NONE)
            return event;
    }
}

/* The link is up, and the server knows its peer. */
static void meet(void *router, gv_link *link, struct gv_buf *frame, struct peer *peer)
{
    char body[64];

    assert_int_equal(wait_event(link, frame, WAIT_MS), GV_LINK_UP);
    assert_int_equal(gv_link_send(link, "hello", 5), GV_OK);
    assert_int_equal(server_receive(router, peer, body, sizeof body), 5);
    assert_memory_equal(body, "hello", 5);
}

static void test_up_then_messages_both_ways(void **state)
{
    char endpoint[256];
    void *router = open_server(endpoint, sizeof endpoint);
    gv_link *link = open_link(endpoint, server_key->curve_pk);
    struct gv_buf frame;
    struct peer peer;

    (void)state;
    gv_buf_init(&frame);
    assert_int_equal(gv_link_send(link, "early", 5), GV_EAGAIN);
    meet(router, link, &frame, &peer);
    server_send(router, &peer, "welcome", 7);
    assert_int_equal(wait_event(link, &frame, WAIT_MS), GV_LINK_MESSAGE);
    assert_int_equal(frame.len, 7);
    assert_memory_equal(frame.data, "welcome", 7);
    assert_int_equal(wait_event(link, &frame, 50), GV_LINK_NONE);
    gv_buf_fini(&frame);
    gv_link_close(link);
    zmq_close(router);
}

static void test_no_message_is_left_behind_when_sends_come_between(void **state)
{
    enum { COUNT = 2000 };
    char endpoint[256];
    void *router = open_server(endpoint, sizeof endpoint);
    gv_link *link = open_link(endpoint, server_key->curve_pk);
    uint32_t received = 0, number;
    struct gv_buf frame;
    struct peer peer;

    (void)state;
    gv_buf_init(&frame);
    assert_int_equal(wait_event(link, &frame, WAIT_MS), GV_LINK_UP);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_int_equal(gv_link_send(link, &i, sizeof i), GV_OK);
        assert_int_equal(server_receive(router, &peer, (char *)&number, sizeof number), 4);
        assert_int_equal(number, i);
        server_send(router, &peer, &i, sizeof i);
        if (i % 7 != 0)
            continue; /* let some wait while others are sent */
        while (received <= i) {
            assert_int_equal(wait_event(link, &frame, WAIT_MS), GV_LINK_MESSAGE);
            assert_memory_equal(frame.data, &received, sizeof received);
            received++;
        }
    }
    while (received < COUNT) {
        assert_int_equal(wait_event(link, &frame, WAIT_MS), GV_LINK_MESSAGE);
        received++;
    }
    gv_buf_fini(&frame);
    gv_link_close(link);
    zmq_close(router);
}

static void test_a_full_link_says_again_and_goes_on_when_the_server_reads(void **state)
{
    static char block[GV_FRAME_MAX_BYTES], body[GV_FRAME_MAX_BYTES];
    char endpoint[256];
    void *router = open_server(endpoint, sizeof endpoint);
    gv_link *link = open_link(endpoint, server_key->curve_pk);
    struct gv_buf frame;
    struct peer peer;
    gv_err err = GV_OK;
    int sent = 0;

    (void)state;
    gv_buf_init(&frame);
    assert_int_equal(gv_link_send(link, block, sizeof block + 1), GV_ETOOBIG);
    assert_int_equal(wait_event(link, &frame, WAIT_MS), GV_LINK_UP);
    while (sent < 5000 && err == GV_OK) {
        err = gv_link_send(link, block, sizeof block);
        sent += err == GV_OK;
    }
    assert_int_equal(err, GV_EAGAIN);
    for (int i = 0; i < sent; i++)
        assert_int_equal(server_receive(router, &peer, body, sizeof body), sizeof block);
    for (int i = 0; i < 100 && err == GV_EAGAIN; i++) {
        assert_int_equal(wait_event(link, &frame, 20), GV_LINK_NONE);
        err = gv_link_send(link, "more", 4);
    }
    assert_int_equal(err, GV_OK);
    assert_int_equal(server_receive(router, &peer, body, sizeof body), 4);
    gv_buf_fini(&frame);
    gv_link_close(link);
    zmq_close(router);
}

static void test_a_server_that_stops_is_down_after_its_last_message(void **state)
{
    char endpoint[256];
    void *router = open_server(endpoint, sizeof endpoint);
    gv_link *link = open_link(endpoint, server_key->curve_pk);
    struct gv_buf frame;
    struct peer peer;

    (void)state;
    gv_buf_init(&frame);
    meet(router, link, &frame, &peer);
    zmq_setsockopt(router, ZMQ_LINGER, &(int){1000}, sizeof(int));
    server_send(router, &peer, "goodbye", 7);
    zmq_close(router);
    assert_int_equal(wait_event(link, &frame, WAIT_MS), GV_LINK_MESSAGE);
    assert_memory_equal(frame.data, "goodbye", 7);
    assert_int_equal(wait_event(link, &frame, WAIT_MS), GV_LINK_DOWN);
    assert_int_equal(gv_link_send(link, "x", 1), GV_EUNAVAILABLE);
    assert_int_equal(wait_event(link, &frame, 50), GV_LINK_NONE);
    gv_buf_fini(&frame);
    gv_link_close(link);
}

static void test_nobody_listens_is_down(void **state)
{
    char endpoint[256];
    void *router = open_server(endpoint, sizeof endpoint);
    struct gv_buf frame;
    gv_link *link;

    (void)state;
    gv_buf_init(&frame);
    zmq_unbind(router, endpoint);
    zmq_close(router);
    link = open_link(endpoint, server_key->curve_pk);
    assert_int_equal(wait_event(link, &frame, WAIT_MS), GV_LINK_DOWN);
    assert_int_equal(wait_event(link, &frame, 50), GV_LINK_NONE);
    gv_buf_fini(&frame);
    gv_link_close(link);
}

/* expected NONE: DOWN or REFUSED. */
static void check_refused(const char *status, const uint8_t server_pk[32],
                          enum gv_link_event expected)
{
    char endpoint[256];
    void *router = open_server(endpoint, sizeof endpoint);
    enum gv_link_event event;
    struct gv_buf frame;
    gv_link *link;

    gv_buf_init(&frame);
    memcpy(zap_status, status, sizeof zap_status);
    link = open_link(endpoint, server_pk);
    event = wait_event(link, &frame, WAIT_MS);
    if (expected != GV_LINK_NONE)
        assert_int_equal(event, expected);
    else
        assert_true(event == GV_LINK_DOWN || event == GV_LINK_REFUSED);
    assert_int_equal(wait_event(link, &frame, 50), GV_LINK_NONE);
    memcpy(zap_status, "200", sizeof zap_status);
    gv_buf_fini(&frame);
    gv_link_close(link);
    zmq_close(router);
}

static void test_a_key_that_is_not_admitted_is_refused(void **state)
{
    (void)state;
    check_refused("400", server_key->curve_pk, GV_LINK_REFUSED);
    check_refused("500", server_key->curve_pk, GV_LINK_REFUSED);
}

/* ZAP's 300 shows as a closed connection or as silence, by chance: either way it is over. */
static void test_a_key_that_may_try_later_ends_too(void **state)
{
    (void)state;
    check_refused("300", server_key->curve_pk, GV_LINK_NONE);
}

static void test_another_server_key_is_refused(void **state)
{
    (void)state;
    check_refused("200", other_key->curve_pk, GV_LINK_REFUSED);
}

static void test_multipart_messages_are_dropped_and_the_next_is_taken(void **state)
{
    char endpoint[256];
    void *router = open_server(endpoint, sizeof endpoint);
    gv_link *link = open_link(endpoint, server_key->curve_pk);
    struct gv_buf frame;
    struct peer peer;

    (void)state;
    gv_buf_init(&frame);
    meet(router, link, &frame, &peer);
    assert_true(zmq_send(router, peer.id, peer.id_len, ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(router, "one", 3, ZMQ_SNDMORE) >= 0);
    assert_true(zmq_send(router, "two", 3, 0) >= 0);
    server_send(router, &peer, "single", 6);
    assert_int_equal(wait_event(link, &frame, WAIT_MS), GV_LINK_MESSAGE);
    assert_memory_equal(frame.data, "single", 6);
    gv_buf_fini(&frame);
    gv_link_close(link);
    zmq_close(router);
}

static void test_parts_of_which_no_message_comes_are_counted(void **state)
{
    static char block[GV_FRAME_MAX_BYTES];
    char endpoint[256];
    void *router = open_server(endpoint, sizeof endpoint);
    gv_link *link = open_link(endpoint, server_key->curve_pk);
    struct gv_buf frame;
    struct peer peer;

    (void)state;
    gv_buf_init(&frame);
    /* libzmq 4.3.4 aborts where it may drop the rest of a message that it has begun to send. */
    zmq_setsockopt(router, ZMQ_LINGER, &(int){WAIT_MS}, sizeof(int));
    assert_int_equal(gv_link_unread(link), 0); /* not connected yet */
    meet(router, link, &frame, &peer);
    for (int i = 0; i < 100; i++) { /* 26 MB that are taken are no flood */
        server_send(router, &peer, block, sizeof block);
        assert_int_equal(wait_event(link, &frame, WAIT_MS), GV_LINK_MESSAGE);
        assert_true(gv_link_unread(link) < GV_LINK_UNREAD_BYTES);
    }
    assert_true(zmq_send(router, peer.id, peer.id_len, ZMQ_SNDMORE) >= 0);
    for (int i = 0; i < 100; i++)
        assert_true(zmq_send(router, block, sizeof block, i < 99 ? ZMQ_SNDMORE : 0) >= 0);
    for (int i = 0; gv_link_unread(link) <= GV_LINK_UNREAD_BYTES && i < WAIT_MS / 10; i++)
        gv_clock_sleep_ms(10);
    assert_true(gv_link_unread(link) > GV_LINK_UNREAD_BYTES);
    gv_link_end(link);
    assert_int_equal(gv_link_unread(link), 0);
    assert_int_equal(wait_event(link, &frame, WAIT_MS), GV_LINK_DOWN);
    assert_int_equal(gv_link_send(link, "x", 1), GV_EUNAVAILABLE);
    gv_buf_fini(&frame);
    gv_link_close(link);
    zmq_close(router);
}

static void test_an_oversized_frame_costs_its_sender_the_connection(void **state)
{
    static char block[GV_FRAME_MAX_BYTES + 1];
    char endpoint[256];
    void *router = open_server(endpoint, sizeof endpoint);
    gv_link *link = open_link(endpoint, server_key->curve_pk);
    struct gv_buf frame;
    struct peer peer;

    (void)state;
    gv_buf_init(&frame);
    meet(router, link, &frame, &peer);
    server_send(router, &peer, block, GV_FRAME_MAX_BYTES);
    server_send(router, &peer, block, sizeof block);
    assert_int_equal(wait_event(link, &frame, WAIT_MS), GV_LINK_MESSAGE);
    assert_int_equal(frame.len, GV_FRAME_MAX_BYTES);
    assert_int_equal(wait_event(link, &frame, WAIT_MS), GV_LINK_DOWN);
    gv_buf_fini(&frame);
    gv_link_close(link);
    zmq_close(router);
}

static void test_what_is_no_endpoint_is_wrong_usage(void **state)
{
    struct gv_link_options options = {.zmq = zmq, .endpoint = "nonsense"};
    gv_link *link = NULL;

    (void)state;
    memcpy(options.server_pk, server_key->curve_pk, 32);
    memcpy(options.curve_pk, client_key->curve_pk, 32);
    memcpy(options.curve_sk, client_key->curve_sk, 32);
    assert_int_equal(gv_link_open(&options, &link), GV_EUSAGE);
    assert_null(link);
    gv_link_close(NULL);
}

static int init(void **state)
{
    gv_code code;

    (void)state;
    zmq = zmq_ctx_new();
    if (zmq == NULL || gv_crypto_init() != GV_OK || gv_code_from_str("SO-YT", &code) != GV_OK ||
        gv_key_new(&code, &server_key) != GV_OK || gv_key_new(&code, &client_key) != GV_OK ||
        gv_key_new(&code, &other_key) != GV_OK)
        return -1;
    memcpy(zap_status, "200", sizeof zap_status);
    zap_socket = zmq_socket(zmq, ZMQ_REP);
    if (zap_socket == NULL || zmq_bind(zap_socket, "inproc://zeromq.zap.01") != 0)
        return -1;
    return pthread_create(&zap_thread, NULL, answer_zap, NULL) == 0 ? 0 : -1;
}

static int fini(void **state)
{
    (void)state;
    zmq_ctx_shutdown(zmq);
    pthread_join(zap_thread, NULL);
    zmq_ctx_term(zmq);
    gv_key_free(server_key);
    gv_key_free(client_key);
    gv_key_free(other_key);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_up_then_messages_both_ways),
        cmocka_unit_test(test_no_message_is_left_behind_when_sends_come_between),
        cmocka_unit_test(test_a_full_link_says_again_and_goes_on_when_the_server_reads),
        cmocka_unit_test(test_a_server_that_stops_is_down_after_its_last_message),
        cmocka_unit_test(test_nobody_listens_is_down),
        cmocka_unit_test(test_a_key_that_is_not_admitted_is_refused),
        cmocka_unit_test(test_a_key_that_may_try_later_ends_too),
        cmocka_unit_test(test_another_server_key_is_refused),
        cmocka_unit_test(test_multipart_messages_are_dropped_and_the_next_is_taken),
        cmocka_unit_test(test_parts_of_which_no_message_comes_are_counted),
        cmocka_unit_test(test_an_oversized_frame_costs_its_sender_the_connection),
        cmocka_unit_test(test_what_is_no_endpoint_is_wrong_usage),
    };

    alarm(120); /* rather than hang */
    return cmocka_run_group_tests(tests, init, fini);
}
