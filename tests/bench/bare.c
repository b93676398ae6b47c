/*
 * bare.c - what libzmq itself takes, measured beside us in the same run: one ROUTER with CURVE and
 * nothing behind it (no keys are looked up, no message is understood), and so many DEALERs that all
 * connect at once until each got one echo. One JSON object.
 *
 * usage: bare PEERS PROCESSES SECONDS     SECONDS: how long they are idle then
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "cpu.h"
#include "wire/link.h"

#define PROCESSES_MAX 64
#define PATIENCE_S    300
#define HELLO_BYTES   300

static struct shared {
    char endpoint[128]; /* set before `ready` counts the server */
    char server_key[41];
    atomic_uint ready; /* server and clients; all: the clients go */
    atomic_uint echoed;
    _Atomic int64_t last_us;
    atomic_bool go;
} * shared;

static void die(const char *what)
{
    fprintf(stderr, "bare: %s: %s\n", what, zmq_strerror(zmq_errno()));
    _exit(1);
}

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static void set_int(void *socket, int option, int value)
{
    if (zmq_setsockopt(socket, option, &value, sizeof value) != 0)
        die("option");
}

static void raise_descriptors(void)
{
    struct rlimit most;

    if (getrlimit(RLIMIT_NOFILE, &most) == 0) {
        most.rlim_cur = most.rlim_max;
        setrlimit(RLIMIT_NOFILE, &most);
    }
}

/* Each part goes back as it came. */
static void serve(void)
{
    void *context = zmq_ctx_new(), *router = zmq_socket(context, ZMQ_ROUTER);
    size_t size = sizeof shared->endpoint;
    char public_key[41], secret_key[41];

    if (router == NULL || zmq_curve_keypair(public_key, secret_key) != 0)
        die("server");
    set_int(router, ZMQ_BACKLOG, 4096);
    set_int(router, ZMQ_CURVE_SERVER, 1);
    if (zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, secret_key, 41) != 0 ||
        zmq_bind(router, "tcp://127.0.0.1:*") != 0 ||
        zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, shared->endpoint, &size) != 0)
        die("bind");
    memcpy(shared->server_key, public_key, sizeof public_key);
    atomic_fetch_add(&shared->ready, 1);
    for (;;) {
        zmq_msg_t part;
        int more;

        zmq_msg_init(&part);
        if (zmq_msg_recv(&part, router, 0) < 0)
            die("receive");
        more = zmq_msg_more(&part);
        if (zmq_msg_send(&part, router, more != 0 ? ZMQ_SNDMORE : 0) < 0)
            die("send");
    }
}

static void *dealer_of(void *context, const char *public_key, const char *secret_key)
{
    static const char hello[HELLO_BYTES] = "hello";
    void *dealer = zmq_socket(context, ZMQ_DEALER);

    if (dealer == NULL)
        die("socket");
    set_int(dealer, ZMQ_LINGER, 0);
    set_int(dealer, ZMQ_HANDSHAKE_IVL, 0); /* all at once is what is tried */
    set_int(dealer, ZMQ_HEARTBEAT_IVL, GV_LINK_PING_MS);
    if (zmq_setsockopt(dealer, ZMQ_CURVE_SERVERKEY, shared->server_key, 41) != 0 ||
        zmq_setsockopt(dealer, ZMQ_CURVE_PUBLICKEY, public_key, 41) != 0 ||
        zmq_setsockopt(dealer, ZMQ_CURVE_SECRETKEY, secret_key, 41) != 0 ||
        zmq_connect(dealer, shared->endpoint) != 0 ||
        zmq_send(dealer, hello, sizeof hello, ZMQ_DONTWAIT) < 0)
        die("connect");
    return dealer;
}

/* 1: the echo is there. libzmq's descriptor tells only of what comes after an attempt in vain. */
static unsigned take_echo(void *dealer)
{
    char echo[HELLO_BYTES];

    if (zmq_recv(dealer, echo, sizeof echo, ZMQ_DONTWAIT) != HELLO_BYTES)
        return 0;
    atomic_store(&shared->last_us, now_us());
    atomic_fetch_add(&shared->echoed, 1);
    return 1;
}

static void run_clients(unsigned peers)
{
    void *context = zmq_ctx_new();
    char(*keys)[2][41] = calloc(peers, sizeof *keys);
    int epoll = epoll_create1(0);
    struct epoll_event events[256];
    unsigned left = peers;

    if (keys == NULL || epoll < 0 || zmq_ctx_set(context, ZMQ_MAX_SOCKETS, (int)peers + 64) != 0)
        die("clients");
    for (unsigned i = 0; i < peers; i++)
        zmq_curve_keypair(keys[i][0], keys[i][1]);
    atomic_fetch_add(&shared->ready, 1);
    while (!atomic_load(&shared->go))
        pause_ms(1);
    for (unsigned i = 0; i < peers; i++) {
        void *dealer = dealer_of(context, keys[i][0], keys[i][1]);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = dealer};
        size_t size = sizeof(int);
        int fd;

        if (zmq_getsockopt(dealer, ZMQ_FD, &fd, &size) != 0 ||
            epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
            die("watch");
        left -= take_echo(dealer);
    }
    while (left > 0) {
        int n = epoll_wait(epoll, events, 256, 1000);

        for (int i = 0; i < n; i++)
            left -= take_echo(events[i].data.ptr);
    }
    for (;;)
        pause();
}

/* Own or a child's work, which ends with us. */
static pid_t child(void)
{
    pid_t pid = fork();

    if (pid == 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (pid < 0)
        die("fork");
    return pid;
}

static void wait_for(atomic_uint *counter, unsigned least, const char *what)
{
    for (int64_t end_us = now_us() + PATIENCE_S * 1000000LL; atomic_load(counter) < least;) {
        if (now_us() > end_us || waitpid(-1, NULL, WNOHANG) != 0)
            die(what);
        pause_ms(1);
    }
}

/* Percent of a core that they take who only ping: from when the first ones do. */
static double idle(pid_t server, double seconds)
{
    struct cpu before, after;
    int64_t begun_us;

    pause_ms(GV_LINK_PING_MS);
    cpu_of_threads(server, &before);
    begun_us = now_us();
    pause_ms((long)(seconds * 1000));
    cpu_of_threads(server, &after);
    return (double)(after.ns - before.ns) / 10 / (double)(now_us() - begun_us);
}

int main(int argc, char **argv)
{
    unsigned peers, processes;
    struct cpu empty, full;
    double idle_percent = 0;
    int64_t begun_us;
    pid_t server;

    if (argc != 4) {
        fprintf(stderr, "usage: bare PEERS PROCESSES SECONDS\n");
        return 64;
    }
    peers = (unsigned)strtoul(argv[1], NULL, 10);
    processes = (unsigned)strtoul(argv[2], NULL, 10);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (processes < 1 || processes > PROCESSES_MAX || peers < processes || shared == MAP_FAILED)
        return 64;
    raise_descriptors();
    server = child();
    if (server == 0)
        serve();
    wait_for(&shared->ready, 1, "no server");
    for (unsigned i = 0; i < processes; i++) {
        if (child() == 0)
            run_clients(peers / processes + (i < peers % processes));
    }
    wait_for(&shared->ready, 1 + processes, "no clients");
    cpu_of_threads(server, &empty);
    begun_us = now_us();
    atomic_store(&shared->go, true);
    wait_for(&shared->echoed, peers, "not all connected");
    cpu_of_threads(server, &full);
    if (atof(argv[3]) > 0)
        idle_percent = idle(server, atof(argv[3]));
    printf("{\"peers\":%u,\"processes\":%u,\"connect_ms\":%.1f,\"kib_each\":%.1f,\"us_each\":%.1f,"
           "\"idle_percent\":%.3f}\n",
           peers, processes, (double)(shared->last_us - begun_us) / 1e3,
           (double)(full.rss_kib - empty.rss_kib) / peers,
           (double)(full.ns - empty.ns) / 1e3 / peers, idle_percent);
    return 0;
}
