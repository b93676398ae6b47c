/* reporter.c - goes back to what is receipted whenever something was not taken. */
#include "reporter.h"

#include <poll.h>
#include <string.h>

#include "crypto/hash.h"

#define AGAIN_MS         5000 /* nothing was receipted for so long: said again */
#define TOGETHER         8    /* that are waited for */
#define RECEIPT_OF(peer) ((const Giaoviec__V1__Receipt *)(peer)->message.body)
#define BUSY_OF(peer)    ((const Giaoviec__V1__Busy *)(peer)->message.body)

void reporter_open(struct reporter *r, struct world *world, const char *unit)
{
    gv_id assignment;

    memset(r, 0, sizeof *r);
    r->key = world_key(world, "units", unit);
    r->entries = 1;
    gv_buf_init(&r->entry);
    named_id(unit, "D1", &assignment);
    report_entry(GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS, &assignment, 1, &r->entry);
    if (!peer_open(&r->peer, world, r->key, GV_ROLE_UNIT, false) || !peer_hello(&r->peer))
        die("not admitted", unit);
    r->peer.patience_ms = 0; /* a link that is full holds up nobody else */
    r->due = r->sent = r->made = r->peer.reports.n;
}

/* Its own log, up to number n. */
static void hold(struct reporter *r, uint64_t n)
{
    struct gv_cursor *held = &r->peer.reports;

    for (; held->n < n; held->n++)
        gv_hash_chain(&held->h, (struct gv_slice){r->entry.data, r->entry.len}, &held->h);
}

void reporter_close(struct reporter *r)
{
    hold(r, r->made); /* perhaps it is stored: the next Hello must know it */
    peer_close(&r->peer);
    gv_buf_fini(&r->entry);
    gv_key_free(r->key);
}

static void go_back(struct reporter *r)
{
    r->sent = r->peer.reports.n;
    r->flying = 0;
}

static void take_cursor(struct reporter *r, const Giaoviec__V1__Cursor *cursor)
{
    size_t done = 0;

    if (cursor == NULL || cursor->number <= r->peer.reports.n)
        return;
    if (cursor->number > r->made) {
        r->wrong++;
        return;
    }
    hold(r, cursor->number);
    r->wrong += cursor->hash.len != sizeof r->peer.reports.h.b ||
                memcmp(cursor->hash.data, r->peer.reports.h.b, cursor->hash.len) != 0;
    while (done < r->flying && r->flight[done] <= cursor->number)
        done++;
    memmove(r->flight, r->flight + done, (r->flying - done) * sizeof r->flight[0]);
    r->flying -= done;
    if (r->sent < cursor->number)
        r->sent = cursor->number;
}

uint64_t reporter_hear(struct reporter *r)
{
    uint64_t before = r->peer.reports.n;
    int64_t now = now_ms();
    uint32_t got;

    while ((got = peer_next(&r->peer, now)) != 0) {
        if (got == GV_KIND_RECEIPT) {
            r->peer.credits = RECEIPT_OF(&r->peer)->credits;
            take_cursor(r, RECEIPT_OF(&r->peer)->reports);
        }
        if (got == GV_KIND_BUSY) {
            r->busy++;
            r->hold_ms = now + BUSY_OF(&r->peer)->retry_after_ms;
        }
        if (got == GV_KIND_BUSY || (got == GV_KIND_RECEIPT && RECEIPT_OF(&r->peer)->resume))
            go_back(r);
    }
    if (r->peer.reports.n > before)
        r->again_ms = now + AGAIN_MS;
    else if (r->flying > 0 && now >= r->again_ms)
        go_back(r);
    return r->peer.reports.n - before;
}

static size_t window_of(const struct reporter *r)
{
    size_t window = r->ahead > 0 ? r->ahead : r->peer.credits;

    if (window == 0)
        return 1;
    return window < AHEAD_MAX ? window : AHEAD_MAX;
}

void reporter_send(struct reporter *r)
{
    int64_t now = now_ms();

    if (r->ahead == 0 && now < r->hold_ms)
        return;
    while (r->sent < r->due && r->flying < window_of(r)) {
        uint64_t left = r->due - r->sent;
        size_t count = left < r->entries ? (size_t)left : r->entries;

        if (!peer_say_reports(&r->peer, r->sent + 1, &r->entry, count))
            return;
        if (r->flying == 0)
            r->again_ms = now + AGAIN_MS;
        r->sent += count;
        r->flight[r->flying++] = r->sent;
        if (r->made < r->sent)
            r->made = r->sent;
    }
}

bool reporters_wait(struct reporter *all, size_t count, int fd, int wait_ms)
{
    struct pollfd fds[TOGETHER + 1] = {{fd, POLLIN, 0}};

    if (count > TOGETHER)
        die("too many reporters", "wait");
    for (size_t i = 0; i < count; i++)
        fds[i + 1] = (struct pollfd){gv_link_fd(all[i].peer.link), POLLIN, 0};
    return poll(fds, count + 1, wait_ms) > 0 && fds[0].revents != 0;
}
