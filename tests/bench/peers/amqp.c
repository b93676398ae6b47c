/* amqp.c - as much of AMQP 0-9-1 as publishing with confirms needs. */
#include <string.h>

#include "peer.h"

enum { FRAME_METHOD = 1, FRAME_HEADER = 2, FRAME_BODY = 3, FRAME_END = 0xce };

struct writer {
    uint8_t *at;
    uint8_t *frame; /* where its size goes */
};

static void put(struct writer *w, uint64_t v, int bytes)
{
    for (int i = bytes - 1; i >= 0; i--)
        *w->at++ = (uint8_t)(v >> (8 * i));
}

static void put_short(struct writer *w, const char *s)
{
    size_t len = strlen(s);

    *w->at++ = (uint8_t)len;
    memcpy(w->at, s, len);
    w->at += len;
}

static void put_long(struct writer *w, const void *data, size_t len)
{
    put(w, len, 4);
    memcpy(w->at, data, len);
    w->at += len;
}

static void begin(struct writer *w, int type, int channel)
{
    *w->at++ = (uint8_t)type;
    put(w, (uint64_t)channel, 2);
    w->frame = w->at;
    w->at += 4;
}

static void method(struct writer *w, int channel, int class_id, int method_id)
{
    begin(w, FRAME_METHOD, channel);
    put(w, (uint64_t)class_id, 2);
    put(w, (uint64_t)method_id, 2);
}

static void end(struct writer *w)
{
    struct writer size = {w->frame, NULL};

    put(&size, (uint64_t)(w->at - w->frame - 4), 4);
    *w->at++ = FRAME_END;
}

static uint64_t number(const uint8_t *p, int bytes)
{
    uint64_t v = 0;

    for (int i = 0; i < bytes; i++)
        v = v << 8 | p[i];
    return v;
}

/* Waits for this method. */
static void expect(struct conn *conn, int class_id, int method_id)
{
    uint8_t head[7], body[4096];
    size_t size;

    peer_read(conn, head, sizeof head);
    size = (size_t)number(head + 3, 4);
    if (head[0] != FRAME_METHOD || size + 1 > sizeof body)
        peer_die("amqp: a frame that was not expected");
    peer_read(conn, body, size + 1);
    if (number(body, 2) != (uint64_t)class_id || number(body + 2, 2) != (uint64_t)method_id)
        peer_die("amqp: a method that was not expected");
}

static void say(struct conn *conn, const uint8_t *bytes, const struct writer *w)
{
    peer_write(conn, bytes, (size_t)(w->at - bytes));
}

static void open_connection(struct conn *conn)
{
    uint8_t bytes[512];
    struct writer w = {bytes, NULL};

    peer_write(conn, "AMQP\0\0\11\1", 8);
    expect(conn, 10, 10);
    method(&w, 0, 10, 11); /* start-ok */
    put(&w, 0, 4);
    put_short(&w, "PLAIN");
    put_long(&w, "\0guest\0guest", 12);
    put_short(&w, "en_US");
    end(&w);
    say(conn, bytes, &w);
    expect(conn, 10, 30);
    w.at = bytes;
    method(&w, 0, 10, 31); /* tune-ok: no heartbeats */
    put(&w, 16, 2);
    put(&w, 131072, 4);
    put(&w, 0, 2);
    end(&w);
    method(&w, 0, 10, 40); /* open */
    put_short(&w, "/");
    put_short(&w, "");
    put(&w, 0, 1);
    end(&w);
    say(conn, bytes, &w);
    expect(conn, 10, 41);
}

void amqp_greet(struct conn *conn, const char *queue, bool quorum)
{
    static const char quorum_type[] = "\14x-queue-typeS\0\0\0\6quorum";
    uint8_t bytes[512];
    struct writer w = {bytes, NULL};

    open_connection(conn);
    method(&w, 1, 20, 10); /* channel.open */
    put_short(&w, "");
    end(&w);
    say(conn, bytes, &w);
    expect(conn, 20, 11);
    w.at = bytes;
    method(&w, 1, 50, 10); /* queue.declare, durable */
    put(&w, 0, 2);
    put_short(&w, queue);
    put(&w, 2, 1);
    put_long(&w, quorum_type, quorum ? sizeof quorum_type - 1 : 0);
    end(&w);
    say(conn, bytes, &w);
    expect(conn, 50, 11);
    w.at = bytes;
    method(&w, 1, 85, 10); /* confirm.select */
    put(&w, 0, 1);
    end(&w);
    say(conn, bytes, &w);
    expect(conn, 85, 11);
}

size_t amqp_put(struct conn *conn, uint8_t *out, const char *queue)
{
    struct writer w = {out, NULL};

    (void)conn;
    method(&w, 1, 60, 40); /* publish */
    put(&w, 0, 2);
    put_short(&w, "");
    put_short(&w, queue);
    put(&w, 0, 1);
    end(&w);
    begin(&w, FRAME_HEADER, 1);
    put(&w, 60, 2);
    put(&w, 0, 2);
    put(&w, JOB_BYTES, 8);
    put(&w, 0x1000, 2); /* delivery mode: persistent */
    put(&w, 2, 1);
    end(&w);
    begin(&w, FRAME_BODY, 1);
    memcpy(w.at, peer_job, JOB_BYTES);
    w.at += JOB_BYTES;
    end(&w);
    return (size_t)(w.at - out);
}

size_t amqp_take(struct conn *conn, const uint8_t *in, size_t len)
{
    size_t used = 0;

    while (len - used >= 8) {
        const uint8_t *frame = in + used;
        size_t size = (size_t)number(frame + 3, 4);
        const uint8_t *body = frame + 7;

        if (len - used < size + 8)
            break;
        if (frame[0] == FRAME_METHOD && number(body, 2) == 60 && number(body + 2, 2) == 80)
            peer_done(conn, number(body + 4, 8), body[12] & 1);
        else if (frame[0] == FRAME_METHOD)
            peer_die("amqp: not confirmed");
        used += size + 8;
    }
    return used;
}
