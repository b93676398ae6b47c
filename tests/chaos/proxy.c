/*
 * proxy.c - a TCP proxy that misbehaves: proxy LISTEN-PORT TARGET-HOST TARGET-PORT SEED.
 * SIGUSR1: every connection gets a fault, those that stand and those that come; SIGUSR2: new ones
 * are passed on again, and those with a fault end. Faults: every byte late; byte by byte; cut after
 * n bytes; half-open; said twice (all that the client says is said again over a connection of its
 * own, whose answers nobody reads; only for new ones). "fault: NAME" is printed once a connection,
 * when it is felt.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LINKS_MAX 128
#define ROOM      65536
#define LATE_MS   250
#define AGAIN_MAX (1 << 20)

enum fault { PASS, LATE, DRIP, CUT, HALF, TWICE, FAULTS };
static const char *const names[] = {"pass", "late", "drip", "cut", "half-open", "twice"};

struct way {
    uint8_t data[ROOM];
    size_t len;
    int64_t not_before_ms;
    bool ended; /* the reader said so */
};

struct link {
    enum fault fault;
    bool felt;
    int fd[2];         /* client, target */
    struct way way[2]; /* from fd[i] to fd[1 - i] */
    size_t left;       /* CUT, HALF: bytes until it happens */
    uint8_t *said;     /* TWICE */
    size_t said_len;
};

static struct link *links[LINKS_MAX];
static struct sockaddr_in target;
static volatile sig_atomic_t faulty, strike, heal;
static uint64_t state;

static void on_signal(int signo)
{
    faulty = signo == SIGUSR1;
    strike = signo == SIGUSR1;
    heal = signo == SIGUSR2;
}

static uint32_t draw(uint32_t below)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33) % below;
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int dial(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    struct timeval patience = {.tv_sec = 1};

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, (struct sockaddr *)&target, sizeof target) != 0) {
        close(fd);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static void felt(struct link *link)
{
    if (!link->felt)
        printf("fault: %s\n", names[link->fault]);
    link->felt = true;
}

/* The whole connection once more, as somebody would who recorded it. */
static void say_again(struct link *link)
{
    int fd = dial();
    size_t sent = 0;

    if (fd < 0)
        return;
    while (sent < link->said_len) {
        ssize_t n = send(fd, link->said + sent, link->said_len - sent, MSG_NOSIGNAL);

        if (n <= 0)
            break;
        sent += (size_t)n;
    }
    printf("said again: %zu of %zu bytes\n", sent, link->said_len);
    if (sent == link->said_len)
        felt(link);
    close(fd);
}

static void drop(size_t i)
{
    struct link *link = links[i];

    if (link->fault == TWICE && link->said_len > 0)
        say_again(link);
    close(link->fd[0]);
    close(link->fd[1]);
    free(link->said);
    free(link);
    links[i] = NULL;
}

/* One of the first `kinds` faults. */
static void afflict(struct link *link, const char *which, int kinds)
{
    link->fault = (enum fault)(1 + draw((uint32_t)kinds));
    link->left = 1 + draw(4000);
    printf("%s connection: %s\n", which, names[link->fault]);
}

static void take(int listener)
{
    int one = 1, fd = accept(listener, NULL, NULL);
    struct link *link;

    if (fd < 0)
        return;
    for (size_t i = 0; i < LINKS_MAX; i++) {
        if (links[i] != NULL)
            continue;
        link = calloc(1, sizeof *link);
        if (link == NULL)
            break;
        link->fd[0] = fd;
        link->fd[1] = dial();
        if (link->fd[1] < 0) {
            free(link);
            break;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        fcntl(fd, F_SETFL, O_NONBLOCK);
        fcntl(link->fd[1], F_SETFL, O_NONBLOCK);
        if (faulty)
            afflict(link, "new", FAULTS - 1);
        if (link->fault == TWICE)
            link->said = malloc(AGAIN_MAX);
        links[i] = link;
        return;
    }
    close(fd);
}

/* False: the connection is over. */
static bool read_some(struct link *link, int from, int64_t now)
{
    struct way *way = &link->way[from];
    ssize_t n;

    if (way->len == ROOM || way->ended)
        return true;
    n = recv(link->fd[from], way->data + way->len, ROOM - way->len, 0);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0) {
        way->ended = true;
        return way->len > 0;
    }
    if (link->said != NULL && from == 0 && link->said_len + (size_t)n <= AGAIN_MAX) {
        memcpy(link->said + link->said_len, way->data + way->len, (size_t)n);
        link->said_len += (size_t)n;
    }
    if (way->len == 0 && link->fault == LATE) {
        way->not_before_ms = now + 20 + draw(LATE_MS);
        felt(link);
    }
    way->len += (size_t)n;
    return true;
}

static bool write_some(struct link *link, int from, int64_t now)
{
    struct way *way = &link->way[from];
    size_t most = way->len;
    ssize_t n;

    if (way->len == 0 || now < way->not_before_ms)
        return true;
    if (link->fault == HALF && link->left == 0) {
        felt(link);
        return true; /* taken and never passed on; nobody is told */
    }
    if (link->fault == DRIP && most > 1) {
        felt(link);
        most = 1;
    }
    if ((link->fault == CUT || link->fault == HALF) && most > link->left)
        most = link->left;
    n = send(link->fd[1 - from], way->data, most, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    memmove(way->data, way->data + n, way->len - (size_t)n);
    way->len -= (size_t)n;
    if (link->fault == CUT || link->fault == HALF)
        link->left -= (size_t)n;
    if (link->fault == CUT && link->left == 0) {
        felt(link);
        return false;
    }
    return !(way->ended && way->len == 0);
}

static int wait_for_events(struct pollfd *fds, int listener)
{
    int count = 0, timeout = 1000;

    fds[count++] = (struct pollfd){.fd = listener, .events = POLLIN};
    for (size_t i = 0; i < LINKS_MAX; i++) {
        for (int side = 0; links[i] != NULL && side < 2; side++) {
            struct way *in = &links[i]->way[side], *out = &links[i]->way[1 - side];
            bool stuck = links[i]->fault == HALF && links[i]->left == 0;
            short events = 0;

            if (in->len < ROOM && !in->ended)
                events |= POLLIN;
            if (out->len > 0 && !stuck && (links[i]->fault == PASS || links[i]->fault > DRIP))
                events |= POLLOUT;
            if (out->len > 0 && (links[i]->fault == LATE || links[i]->fault == DRIP))
                timeout = links[i]->fault == DRIP ? 1 : 10;
            if (events != 0)
                fds[count++] = (struct pollfd){.fd = links[i]->fd[side], .events = events};
        }
    }
    poll(fds, (nfds_t)count, timeout);
    return count;
}

static void turn(int listener)
{
    static struct pollfd fds[1 + 2 * LINKS_MAX];
    bool striking, healing;
    int64_t now;

    wait_for_events(fds, listener);
    now = now_ms();
    striking = strike != 0;
    healing = heal != 0;
    strike = 0;
    heal = 0;
    for (size_t i = 0; i < LINKS_MAX; i++) {
        struct link *link = links[i];

        if (link == NULL)
            continue;
        if (striking && link->fault == PASS)
            afflict(link, "standing", TWICE - 1); /* of what it said before nothing is kept */
        if ((healing && link->fault != PASS) || !read_some(link, 0, now) ||
            !read_some(link, 1, now) || !write_some(link, 0, now) || !write_some(link, 1, now))
            drop(i);
    }
    if (fds[0].revents != 0)
        take(listener);
}

int main(int argc, char **argv)
{
    struct sockaddr_in own = {.sin_family = AF_INET};
    struct sigaction action = {.sa_handler = on_signal};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

    if (argc != 5 || inet_pton(AF_INET, argv[2], &target.sin_addr) != 1) {
        fprintf(stderr, "usage: proxy LISTEN-PORT TARGET-HOST TARGET-PORT SEED\n");
        return 64;
    }
    target.sin_family = AF_INET;
    target.sin_port = htons((uint16_t)atoi(argv[3]));
    own.sin_port = htons((uint16_t)atoi(argv[1]));
    state = strtoull(argv[4], NULL, 10);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&own, sizeof own) != 0 || listen(listener, 64) != 0) {
        perror("proxy");
        return 69;
    }
    for (;;)
        turn(listener);
}
