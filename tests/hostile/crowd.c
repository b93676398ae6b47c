/*
 * crowd.c - two thousand raw sockets, half of them at each door. The coordinator says ten bytes as
 * soon as it has taken one: only then does it count. Those that say nothing, or their greeting and
 * HELLO byte by byte, do nothing wrong: they are borne for some seconds, and then ended.
 */
#include "flood.h"

#include "curve.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "crypto/random.h"

#define SOCKETS   2000
#define TURN_MS   50
#define OPEN_MS   5000 /* until all are taken */
#define TAKEN     10   /* bytes that are said to each unasked */
#define PACE_MS   50   /* a byte: half of HELLO when the time for handshakes is up */
#define BORNE_MS  5000
#define ENDED_MS  12000 /* the coordinator allows eight seconds; a busy machine needs some more */
#define ROW_BYTES 96

struct line {
    int fd;                    /* -1: none */
    int64_t open_ms, taken_ms; /* 0: not yet */
    size_t said, heard;        /* bytes */
    bool is_late;
};

struct crowd {
    const struct flood *flood;
    uint8_t opening[CURVE_OPENING];
    uint8_t noise[4096];
    unsigned opened, ended, early, late; /* by the other side; before it should, too late */
    size_t deep;                         /* most that were in the handshake at once */
    struct line lines[SOCKETS];
};

static void line_open(struct crowd *c, size_t i)
{
    const struct world *world = c->flood->world;
    struct line *line = &c->lines[i];
    struct sockaddr_in to;
    int one = 1;

    *line = (struct line){.open_ms = now_ms()};
    curve_address(i % 2 == 0 ? world->c1->endpoint : world->c1->enrol_endpoint, &to);
    line->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (line->fd < 0)
        return;
    setsockopt(line->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(line->fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS) {
        c->opened++;
        return;
    }
    close(line->fd);
    line->fd = -1;
}

static void line_close(struct line *line)
{
    if (line->fd >= 0)
        close(line->fd);
    line->fd = -1;
}

static bool is_open(ssize_t n)
{
    return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN));
}

/* False: the other side has closed. */
static bool line_hear(struct line *line)
{
    uint8_t bytes[512];
    ssize_t n;

    while ((n = recv(line->fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        line->heard += (size_t)n;
    if (line->taken_ms == 0 && line->heard >= TAKEN)
        line->taken_ms = now_ms();
    return is_open(n);
}

/* The opening as far as it is due, one byte after the other. */
static bool say_slowly(struct crowd *c, struct line *line)
{
    size_t due = (size_t)((now_ms() - line->open_ms) / PACE_MS) + 1;
    ssize_t n;

    if (due > CURVE_OPENING)
        due = CURVE_OPENING;
    if (due <= line->said)
        return true;
    n = send(line->fd, c->opening + line->said, due - line->said, MSG_NOSIGNAL);
    line->said += n > 0 ? (size_t)n : 0;
    return is_open(n);
}

/* After the greeting. */
static bool say_rubbish(struct crowd *c, struct line *line)
{
    bool greets = line->said < CURVE_GREETING;
    ssize_t n;

    gv_random(c->noise, 64);
    n = greets ? send(line->fd, c->opening + line->said, CURVE_GREETING - line->said, MSG_NOSIGNAL)
               : send(line->fd, c->noise, sizeof c->noise, MSG_NOSIGNAL);
    line->said += n > 0 ? (size_t)n : 0;
    return is_open(n);
}

static bool line_say(struct crowd *c, struct line *line)
{
    switch (c->flood->kind->says) {
    case SAYS_SLOWLY:
        return say_slowly(c, line);
    case SAYS_RUBBISH:
        return say_rubbish(c, line);
    default:
        return true;
    }
}

static void line_ended(struct crowd *c, struct line *line)
{
    c->ended++;
    c->early += now_ms() - line->open_ms < BORNE_MS;
    line_close(line);
}

/* How many of them the coordinator has. */
static size_t count_taken(struct crowd *c)
{
    size_t taken = 0;

    for (size_t i = 0; i < SOCKETS; i++) {
        struct line *line = &c->lines[i];

        if (line->fd >= 0 && !line_hear(line))
            line_ended(c, line);
        if (line->fd < 0)
            line_open(c, i);
        taken += line->taken_ms != 0;
    }
    return taken;
}

static size_t gather(struct crowd *c)
{
    int64_t until_ms = now_ms() + OPEN_MS;
    size_t taken;

    for (size_t i = 0; i < SOCKETS; i++)
        line_open(c, i);
    while ((taken = count_taken(c)) < SOCKETS && now_ms() < until_ms)
        gv_clock_sleep_ms(5);
    return taken;
}

static void take_turn(struct crowd *c)
{
    size_t deep = 0;

    for (size_t i = 0; i < SOCKETS; i++) {
        struct line *line = &c->lines[i];

        if (line->fd < 0) {
            line_open(c, i);
            continue;
        }
        if (!line_hear(line) || !line_say(c, line)) {
            line_ended(c, line);
            continue;
        }
        /* Its greeting was answered to the end, and its HELLO has begun. */
        deep += line->heard >= CURVE_GREETING && line->said > CURVE_GREETING;
        if (!line->is_late && line->taken_ms != 0 && now_ms() - line->taken_ms > ENDED_MS) {
            line->is_late = true;
            c->late++;
        }
    }
    if (deep > c->deep)
        c->deep = deep;
}

static void row(const struct crowd *c, const char *promise, unsigned tries, unsigned violations,
                const char *more)
{
    char named[ROW_BYTES];

    snprintf(named, sizeof named, "C15 %s: %s", promise, c->flood->kind->name);
    row_of(named, tries, violations, more);
}

static void judge(const struct crowd *c, size_t taken)
{
    char more[64];

    row(c, "raw sockets are open at once", SOCKETS, (unsigned)(SOCKETS - taken),
        "taken by the coordinator");
    if (c->flood->kind->says == SAYS_RUBBISH)
        return;
    row(c, "slow handshakes are borne", c->opened, c->early, "5 s");
    if (c->flood->kind->says != SAYS_SLOWLY)
        return;
    row(c, "sockets are in their handshake at once", SOCKETS, (unsigned)(SOCKETS - c->deep),
        "in the middle of HELLO");
    snprintf(more, sizeof more, "%u ended, %u not within 12 s", c->ended, c->late);
    row(c, "half handshakes are ended", c->ended + c->late, c->late, more);
}

unsigned flood_crowd(struct flood *f)
{
    static struct crowd c;
    size_t taken;
    int64_t turn_ms;

    c = (struct crowd){.flood = f};
    gv_random(c.noise, sizeof c.noise);
    curve_opening(f->world->c1->curve_key.data, c.opening);
    taken = gather(&c);
    flood_stands(f);
    for (turn_ms = now_ms(); flood_goes_on(f); turn_ms += TURN_MS) {
        int64_t early_ms;

        take_turn(&c);
        early_ms = turn_ms + TURN_MS - now_ms();
        if (early_ms > 0)
            gv_clock_sleep_ms((int)early_ms);
        else
            turn_ms -= early_ms; /* it took longer */
    }
    for (size_t i = 0; i < SOCKETS; i++)
        line_close(&c.lines[i]);
    judge(&c, taken);
    return c.opened;
}
