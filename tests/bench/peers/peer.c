/*
 * peer.c - loads somebody else's queue in a closed loop, as the fleet loads ours: each client has
 * WINDOW jobs of 200 bytes in flight, a confirmed one is followed by the next. One JSON object.
 *
 * usage: peer PROTOCOL PORT CLIENTS WINDOW SECONDS PID…    PID: whose CPU time counts as the
 * server's
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cpu.h"
#include "hist.h"
#include "peer.h"

#define CLIENTS_MAX 256
#define WARM_US     1000000

const uint8_t peer_job[JOB_BYTES] = "a job of two hundred bytes";

static struct {
    const struct protocol *protocol;
    struct conn *conns;
    size_t clients, window;
    bool recording;
    uint64_t confirmed;
    struct hist hist;
} load;

void peer_die(const char *what)
{
    fprintf(stderr, "peer: %.200s\n", what);
    exit(1);
}

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void peer_write(struct conn *conn, const void *data, size_t len)
{
    if (send(conn->fd, data, len, MSG_NOSIGNAL) != (ssize_t)len)
        peer_die("cannot send");
}

void peer_read(struct conn *conn, void *data, size_t len)
{
    if (recv(conn->fd, data, len, MSG_WAITALL) != (ssize_t)len)
        peer_die("connection lost while greeting");
}

static void done_one(struct conn *conn, uint64_t n, int64_t at_us)
{
    size_t place = (size_t)(n % WINDOW_MAX);

    if (n > conn->sent || !conn->open[place])
        return;
    conn->open[place] = false;
    conn->confirmed++;
    load.confirmed++;
    if (load.recording)
        hist_add(&load.hist, (uint64_t)(at_us - conn->begun_us[place]));
}

void peer_done(struct conn *conn, uint64_t n, bool upto)
{
    int64_t at_us = now_us();
    uint64_t first = n;

    if (upto)
        first = n > WINDOW_MAX - 1 ? n - (WINDOW_MAX - 1) : 1;
    for (uint64_t i = first; i <= n; i++)
        done_one(conn, i, at_us);
}

static void flush(struct conn *conn)
{
    ssize_t n = conn->out_len > 0 ? send(conn->fd, conn->out, conn->out_len, MSG_NOSIGNAL) : 0;

    if (n < 0 && errno != EAGAIN)
        peer_die("connection lost");
    if (n > 0) {
        conn->out_len -= (size_t)n;
        memmove(conn->out, conn->out + n, conn->out_len);
    }
}

static void fill(struct conn *conn)
{
    while (conn->sent - conn->confirmed < load.window &&
           !conn->open[(conn->sent + 1) % WINDOW_MAX] && conn->out_len + 512 <= sizeof conn->out) {
        size_t place = (size_t)(++conn->sent % WINDOW_MAX);

        conn->open[place] = true;
        conn->begun_us[place] = now_us();
        conn->out_len += load.protocol->put(conn, conn->out + conn->out_len);
    }
    flush(conn);
}

static void serve(struct conn *conn)
{
    ssize_t n = recv(conn->fd, conn->in + conn->in_len, sizeof conn->in - conn->in_len, 0);
    size_t used;

    if (n == 0 || (n < 0 && errno != EAGAIN))
        peer_die("connection lost");
    if (n > 0) {
        conn->in_len += (size_t)n;
        used = load.protocol->take(conn, conn->in, conn->in_len);
        conn->in_len -= used;
        memmove(conn->in, conn->in + used, conn->in_len);
    }
    fill(conn);
}

static void open_one(struct conn *conn, int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int on = 1;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    conn->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (conn->fd < 0 || connect(conn->fd, (struct sockaddr *)&to, sizeof to) != 0)
        peer_die("cannot connect");
    setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (load.protocol->greet != NULL)
        load.protocol->greet(conn);
    fcntl(conn->fd, F_SETFL, O_NONBLOCK);
}

static void run_until(int64_t end_us)
{
    struct pollfd fds[CLIENTS_MAX];

    while (now_us() < end_us) {
        for (size_t i = 0; i < load.clients; i++) {
            short events = POLLIN;

            if (load.conns[i].out_len > 0)
                events |= POLLOUT;
            fds[i] = (struct pollfd){load.conns[i].fd, events, 0};
        }
        poll(fds, load.clients, 10);
        for (size_t i = 0; i < load.clients; i++) {
            if (fds[i].revents != 0)
                serve(&load.conns[i]);
        }
    }
}

static void cpu_of_all(char **pids, struct cpu *out)
{
    memset(out, 0, sizeof *out);
    for (; *pids != NULL; pids++) {
        struct cpu one;

        cpu_of_cluster((pid_t)atoi(*pids), &one);
        out->ns += one.ns;
        out->rss_kib += one.rss_kib;
    }
}

int main(int argc, char **argv)
{
    int64_t begun_us, us;
    uint64_t before;
    struct cpu a, b;

    if (argc < 6)
        peer_die("usage: peer PROTOCOL PORT CLIENTS WINDOW SECONDS PID…");
    for (size_t i = 0; i < protocol_count; i++) {
        if (strcmp(protocols[i].name, argv[1]) == 0)
            load.protocol = &protocols[i];
    }
    load.clients = strtoul(argv[3], NULL, 10);
    load.window = strtoul(argv[4], NULL, 10);
    load.conns = calloc(load.clients + 1, sizeof *load.conns);
    if (load.protocol == NULL || load.clients < 1 || load.clients > CLIENTS_MAX ||
        load.window < 1 || load.window >= WINDOW_MAX || load.conns == NULL)
        peer_die("no such protocol, or too many");
    for (size_t i = 0; i < load.clients; i++)
        open_one(&load.conns[i], atoi(argv[2]));
    for (size_t i = 0; i < load.clients; i++)
        fill(&load.conns[i]);
    run_until(now_us() + WARM_US);
    before = load.confirmed;
    load.recording = true;
    cpu_of_all(argv + 6, &a);
    begun_us = now_us();
    run_until(begun_us + (int64_t)(atof(argv[5]) * 1e6));
    us = now_us() - begun_us;
    cpu_of_all(argv + 6, &b);
    printf("{\"clients\":%zu,\"window\":%zu,\"jobs_per_s\":%.1f,\"server_us\":%.2f,\"latency\":",
           load.clients, load.window, (double)(load.confirmed - before) * 1e6 / (double)us,
           (double)(b.ns - a.ns) / 1e3 / (double)(load.confirmed - before + 1));
    hist_json(&load.hist, stdout);
    printf("}\n");
    return 0;
}
