/*
 * peer.h - other people's queues, spoken by hand: one job, and what confirms it. No library of
 * theirs, so that what is measured is the server.
 */
#ifndef GV_BENCH_PEER_H
#define GV_BENCH_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WINDOW_MAX 256
#define JOB_BYTES  200

struct conn {
    int fd;
    uint64_t sent, confirmed;      /* jobs */
    int64_t begun_us[WINDOW_MAX];  /* by number of the job, from 1 */
    bool open[WINDOW_MAX];         /* not confirmed yet */
    uint8_t out[WINDOW_MAX * 512]; /* to be written */
    size_t out_len;
    uint8_t in[65536]; /* read, not understood yet */
    size_t in_len;
};

struct protocol {
    const char *name;
    void (*greet)(struct conn *conn);               /* the socket still blocks; NULL: nothing */
    size_t (*put)(struct conn *conn, uint8_t *out); /* job number conn->sent; its bytes */
    /* Understands what it can of `in`: calls done() for each job; how many bytes it used. */
    size_t (*take)(struct conn *conn, const uint8_t *in, size_t len);
};

extern const struct protocol protocols[];
extern const size_t protocol_count;
extern const uint8_t peer_job[JOB_BYTES];

void peer_die(const char *what) __attribute__((noreturn));
/* Job number n is confirmed; upto: and all before it. */
void peer_done(struct conn *conn, uint64_t n, bool upto);
void peer_write(struct conn *conn, const void *data, size_t len); /* while greeting */
void peer_read(struct conn *conn, void *data, size_t len);

/* amqp.c */
void amqp_greet(struct conn *conn, const char *queue, bool quorum);
size_t amqp_put(struct conn *conn, uint8_t *out, const char *queue);
size_t amqp_take(struct conn *conn, const uint8_t *in, size_t len);

#endif
