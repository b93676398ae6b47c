/* protocols.c - beanstalkd, Redis, gearmand; RabbitMQ is in amqp.c. */
#include <stdio.h>
#include <string.h>

#include "peer.h"

/* Confirmed in order, by lines that begin with `good`. */
static size_t take_lines(struct conn *conn, const uint8_t *in, size_t len, const char *good)
{
    size_t used = 0;
    const uint8_t *end;

    while ((end = memchr(in + used, '\n', len - used)) != NULL) {
        if (memcmp(in + used, good, strlen(good)) != 0)
            peer_die((const char *)in + used);
        peer_done(conn, conn->confirmed + 1, false);
        used = (size_t)(end - in) + 1;
    }
    return used;
}

static size_t beanstalkd_put(struct conn *conn, uint8_t *out)
{
    int n = sprintf((char *)out, "put 0 0 60 %d\r\n", JOB_BYTES);

    (void)conn;
    memcpy(out + n, peer_job, JOB_BYTES);
    memcpy(out + n + JOB_BYTES, "\r\n", 2);
    return (size_t)n + JOB_BYTES + 2;
}

static size_t beanstalkd_take(struct conn *conn, const uint8_t *in, size_t len)
{
    return take_lines(conn, in, len, "INSERTED ");
}

static size_t redis_put(struct conn *conn, uint8_t *out)
{
    int n = sprintf((char *)out, "*5\r\n$4\r\nXADD\r\n$4\r\njobs\r\n$1\r\n*\r\n$1\r\nj\r\n$%d\r\n",
                    JOB_BYTES);

    (void)conn;
    memcpy(out + n, peer_job, JOB_BYTES);
    memcpy(out + n + JOB_BYTES, "\r\n", 2);
    return (size_t)n + JOB_BYTES + 2;
}

/* "$15\r\n1700000000000-0\r\n": one job in two lines. */
static size_t redis_take(struct conn *conn, const uint8_t *in, size_t len)
{
    size_t used = 0;

    for (;;) {
        const uint8_t *first = memchr(in + used, '\n', len - used);
        const uint8_t *second =
            first != NULL ? memchr(first + 1, '\n', len - (size_t)(first + 1 - in)) : NULL;

        if (first != NULL && in[used] != '$')
            peer_die((const char *)in + used);
        if (second == NULL)
            return used;
        peer_done(conn, conn->confirmed + 1, false);
        used = (size_t)(second - in) + 1;
    }
}

static void be32(uint8_t *out, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        out[i] = (uint8_t)(v >> (24 - 8 * i));
}

enum { GEARMAN_CREATED = 8, GEARMAN_SUBMIT_BACKGROUND = 18 };

static size_t gearman_put(struct conn *conn, uint8_t *out)
{
    int n = sprintf((char *)out + 12, "bench") + 1;

    n += sprintf((char *)out + 12 + n, "%d-%llu", conn->fd, (unsigned long long)conn->sent) + 1;
    memcpy(out, "\0REQ", 4);
    be32(out + 4, GEARMAN_SUBMIT_BACKGROUND);
    be32(out + 8, (uint32_t)n + JOB_BYTES);
    memcpy(out + 12 + n, peer_job, JOB_BYTES);
    return 12 + (size_t)n + JOB_BYTES;
}

static size_t gearman_take(struct conn *conn, const uint8_t *in, size_t len)
{
    size_t used = 0;

    while (len - used >= 12) {
        size_t size = (size_t)in[used + 10] << 8 | in[used + 11];

        if (len - used < 12 + size)
            break;
        if (in[used + 7] != GEARMAN_CREATED)
            peer_die("gearmand: not created");
        peer_done(conn, conn->confirmed + 1, false);
        used += 12 + size;
    }
    return used;
}

static void durable_greet(struct conn *conn)
{
    amqp_greet(conn, "durable", false);
}

static size_t durable_put(struct conn *conn, uint8_t *out)
{
    return amqp_put(conn, out, "durable");
}

static void quorum_greet(struct conn *conn)
{
    amqp_greet(conn, "quorum", true);
}

static size_t quorum_put(struct conn *conn, uint8_t *out)
{
    return amqp_put(conn, out, "quorum");
}

const struct protocol protocols[] = {
    {"beanstalkd", NULL, beanstalkd_put, beanstalkd_take},
    {"redis", NULL, redis_put, redis_take},
    {"gearmand", NULL, gearman_put, gearman_take},
    {"rabbitmq-durable", durable_greet, durable_put, amqp_take},
    {"rabbitmq-quorum", quorum_greet, quorum_put, amqp_take},
};
const size_t protocol_count = sizeof protocols / sizeof protocols[0];
