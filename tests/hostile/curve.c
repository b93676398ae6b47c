/*
 * curve.c - a ZMTP client with CURVE, by hand: libzmq's own does not send a message before its last
 * part, so that a message without one can only be tried like this (ZMTP 3.1, CurveZMQ: RFC 23, 26).
 */
#include "curve.h"

#include <errno.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define PART 4000 /* of a never-ending message */

enum { FLAG_LARGE = 2, FLAG_COMMAND = 4 }; /* of a frame */

/* ZMTP 3.1, CURVE, a client. */
static const uint8_t greeting[CURVE_GREETING] = {0xff, 0, 0, 0,   0,   0,   0,   0,  1,
                                                 0x7f, 3, 1, 'C', 'U', 'R', 'V', 'E'};

struct curve {
    int fd;
    bool is_up; /* the handshake is done */
    uint8_t session_sk[32], session_pk[32], server_session[32];
    uint64_t nonce;
};

static bool put(int fd, const void *data, size_t len)
{
    const uint8_t *bytes = data;

    while (len > 0) {
        struct pollfd wait = {fd, POLLOUT, 0};
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && (poll(&wait, 1, 200) <= 0 || (wait.revents & (POLLERR | POLLHUP)) != 0))
            return false;
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        }
    }
    return true;
}

static bool take(int fd, void *data, size_t len)
{
    uint8_t *bytes = data;

    while (len > 0) {
        struct pollfd wait = {fd, POLLIN, 0};
        ssize_t n = poll(&wait, 1, 8000) > 0 ? recv(fd, bytes, len, 0) : 0;

        if (n <= 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static void nonce_of(uint8_t out[24], const char *prefix, const uint8_t *rest, size_t len)
{
    memcpy(out, prefix, 24 - len);
    memcpy(out + 24 - len, rest, len);
}

static void put64(uint8_t out[8], uint64_t v)
{
    for (int i = 7; i >= 0; i--, v >>= 8)
        out[i] = (uint8_t)v;
}

/* Of a frame that is short or long; its size. */
static size_t frame_head(uint8_t out[9], uint8_t flag, uint64_t len)
{
    out[0] = len < 256 ? flag : flag | FLAG_LARGE;
    if (len < 256) {
        out[1] = (uint8_t)len;
        return 2;
    }
    put64(out + 1, len);
    return 9;
}

/* In one piece. */
static bool put_frame(int fd, uint8_t flag, const uint8_t *body, size_t len)
{
    uint8_t frame[9 + 16 + 1 + PART + 16];
    size_t head = frame_head(frame, flag, len);

    if (head + len > sizeof frame)
        return false;
    memcpy(frame + head, body, len);
    return put(fd, frame, head + len);
}

static size_t take_frame(int fd, uint8_t *body, size_t cap)
{
    uint8_t head[2];
    size_t len;

    if (!take(fd, head, 2))
        return 0;
    len = head[1];
    if ((head[0] & FLAG_LARGE) != 0) {
        uint8_t rest[7];

        if (!take(fd, rest, 7))
            return 0;
        for (int i = 0; i < 7; i++)
            len = len << 8 | rest[i];
    }
    return len <= cap && take(fd, body, len) ? len : 0;
}

static bool greet(int fd)
{
    uint8_t theirs[CURVE_GREETING];

    return put(fd, greeting, sizeof greeting) && take(fd, theirs, sizeof theirs);
}

static bool make_hello(const struct curve *c, const uint8_t server_pk[32], uint8_t body[200])
{
    uint8_t nonce[24], zeros[64] = {0};

    memset(body, 0, 200);
    memcpy(body, "\x05HELLO\x01", 7);
    put64(body + 112, c->nonce);
    memcpy(body + 80, c->session_pk, 32);
    nonce_of(nonce, "CurveZMQHELLO---", body + 112, 8);
    return crypto_box_easy(body + 120, zeros, 64, nonce, server_pk, c->session_sk) == 0;
}

static bool say_hello(struct curve *c, const uint8_t server_pk[32])
{
    uint8_t body[200];

    return make_hello(c, server_pk, body) && put_frame(c->fd, FLAG_COMMAND, body, sizeof body);
}

void curve_opening(const uint8_t server_pk[32], uint8_t out[CURVE_OPENING])
{
    struct curve c = {.nonce = 1};
    size_t head;

    crypto_box_keypair(c.session_pk, c.session_sk);
    memcpy(out, greeting, sizeof greeting);
    head = sizeof greeting + frame_head(out + sizeof greeting, FLAG_COMMAND, 200);
    if (!make_hello(&c, server_pk, out + head))
        abort(); /* the key of the keyset is none */
}

static bool take_welcome(struct curve *c, const uint8_t server_pk[32], uint8_t cookie[96])
{
    uint8_t body[256], plain[128], nonce[24];

    if (take_frame(c->fd, body, sizeof body) != 168 || memcmp(body, "\x07WELCOME", 8) != 0)
        return false;
    nonce_of(nonce, "WELCOME-", body + 8, 16);
    if (crypto_box_open_easy(plain, body + 24, 144, nonce, server_pk, c->session_sk) != 0)
        return false;
    memcpy(c->server_session, plain, 32);
    memcpy(cookie, plain + 32, 96);
    return true;
}

static bool say_initiate(struct curve *c, const struct gv_key *key, const uint8_t server_pk[32],
                         const uint8_t cookie[96])
{
    static const uint8_t metadata[] = "\x0bSocket-Type\0\0\0\x06"
                                      "DEALER";
    uint8_t plain[32 + 16 + 80 + sizeof metadata - 1], vouch[64], nonce[24], body[400];
    size_t len = sizeof plain;

    memcpy(vouch, c->session_pk, 32);
    memcpy(vouch + 32, server_pk, 32);
    memcpy(plain, key->curve_pk, 32);
    randombytes_buf(plain + 32, 16);
    nonce_of(nonce, "VOUCH---", plain + 32, 16);
    if (crypto_box_easy(plain + 48, vouch, 64, nonce, c->server_session, key->curve_sk) != 0)
        return false;
    memcpy(plain + 128, metadata, sizeof metadata - 1);
    memcpy(body, "\x08INITIATE", 9);
    memcpy(body + 9, cookie, 96);
    put64(body + 105, ++c->nonce);
    nonce_of(nonce, "CurveZMQINITIATE", body + 105, 8);
    return crypto_box_easy(body + 113, plain, len, nonce, c->server_session, c->session_sk) == 0 &&
           put_frame(c->fd, FLAG_COMMAND, body, 113 + len + 16);
}

void curve_address(const char *endpoint, struct sockaddr_in *out)
{
    *out = (struct sockaddr_in){.sin_family = AF_INET};
    out->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out->sin_port = htons((uint16_t)atoi(strrchr(endpoint, ':') + 1));
}

struct curve *curve_greet(const char *endpoint)
{
    struct curve *c = calloc(1, sizeof *c);
    struct sockaddr_in to;

    if (c == NULL)
        return NULL;
    curve_address(endpoint, &to);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    c->nonce = 1;
    if (c->fd >= 0 && connect(c->fd, (struct sockaddr *)&to, sizeof to) == 0 && greet(c->fd))
        return c;
    curve_close(c);
    return NULL;
}

struct curve *curve_open(const char *endpoint, const uint8_t server_pk[32],
                         const struct gv_key *key)
{
    struct curve *c = curve_greet(endpoint);
    uint8_t cookie[96], ready[512];

    if (c == NULL)
        return NULL;
    crypto_box_keypair(c->session_pk, c->session_sk);
    c->is_up = say_hello(c, server_pk) && take_welcome(c, server_pk, cookie) &&
               say_initiate(c, key, server_pk, cookie) &&
               take_frame(c->fd, ready, sizeof ready) > 6 && memcmp(ready, "\x05READY", 6) == 0;
    if (c->is_up)
        return c;
    curve_close(c);
    return NULL;
}

void curve_close(struct curve *c)
{
    if (c != NULL && c->fd >= 0)
        close(c->fd);
    free(c);
}

bool curve_part(struct curve *c)
{
    static uint8_t plain[1 + PART] = {1}; /* there is more */
    uint8_t body[16 + sizeof plain + 16], nonce[24];

    memcpy(body, "\x07MESSAGE", 8);
    put64(body + 8, ++c->nonce);
    nonce_of(nonce, "CurveZMQMESSAGEC", body + 8, 8);
    return crypto_box_easy(body + 16, plain, sizeof plain, nonce, c->server_session,
                           c->session_sk) == 0 &&
           put_frame(c->fd, 0, body, sizeof body);
}

bool curve_announce(struct curve *c, uint64_t len)
{
    uint8_t head[9];

    return put(c->fd, head, frame_head(head, c->is_up ? 0 : FLAG_COMMAND, len));
}

bool curve_ends(struct curve *c, int wait_ms)
{
    int64_t until_ms = gv_clock_mono_ms() + wait_ms, left;
    uint8_t bytes[256];

    while ((left = until_ms - gv_clock_mono_ms()) > 0) {
        struct pollfd wait = {c->fd, POLLIN, 0};
        ssize_t n = poll(&wait, 1, (int)left) > 0 ? recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT)
                                                  : 1; /* nothing, or something to pass over */

        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
            return true;
    }
    return false;
}
