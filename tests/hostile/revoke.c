/* revoke.c - a key is revoked while its holder is connected: without effect within five seconds,
 * and nothing more is told to it. */
#include "peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "giaoviec/v1/trust.pb-c.h"

#define WITHIN_MS 5000

static void revoke(struct peer *admin, const struct gv_key *key)
{
    Giaoviec__V1__RevokeKey body = GIAOVIEC__V1__REVOKE_KEY__INIT;
    struct draft draft;

    body.unit = text(key->code.s);
    body.key_id = gv_pb_bytes(key->key_id.b, 16);
    draft_init(&draft, GV_SIGNED_REVOKE_KEY);
    if (gv_pb_pack(&body.base, &draft.body) != GV_OK)
        die("cannot pack", "revocation");
    must_act(admin, &draft);
    draft_fini(&draft);
}

/* An assignment of U4's goes to HR: an order for a key that is revoked. */
static void transfer(struct peer *admin)
{
    struct directive d;
    struct draft draft;
    gv_id id;

    directive_make(&d, "D1", 1);
    named_id("U4", "D1", &id);
    draft_init(&draft, GV_SIGNED_TRANSFER);
    draft_item(&draft, "HR", 2, "U4", &id, &d.task, 0);
    must_act(admin, &draft);
    draft_fini(&draft);
    gv_buf_fini(&d.breakdown);
}

static unsigned wrong(bool is_wrong, const char *what)
{
    if (is_wrong)
        printf("  a revoked key: %s\n", what);
    return is_wrong;
}

/* Until a heartbeat is not answered any more. */
static int64_t effect_ends_ms(struct peer *peer)
{
    int64_t begun_ms = now_ms();

    while (now_ms() < begun_ms + 3 * WITHIN_MS && !peer->is_over) {
        Giaoviec__V1__Heartbeat beat = GIAOVIEC__V1__HEARTBEAT__INIT;
        int64_t until_ms = now_ms() + 1500;
        int64_t said_ms = now_ms();
        uint32_t got;

        beat.connection = peer->connection;
        if (!peer_say(peer, GV_KIND_HEARTBEAT, &beat.base, NULL))
            return now_ms() - begun_ms;
        while ((got = peer_next(peer, until_ms)) != 0 && got != GV_KIND_CLOCK)
            ;
        if (got == 0)
            return said_ms - begun_ms;
        gv_clock_sleep_ms(50);
    }
    return now_ms() - begun_ms;
}

int revoke_main(struct world *world)
{
    struct gv_key *admin_key = world_key(world, "keys", "admin");
    struct gv_key *key = world_key(world, "units", "HR");
    Giaoviec__V1__Query query = GIAOVIEC__V1__QUERY__INIT;
    struct peer admin, peer, again;
    unsigned violations = 0;
    uint64_t orders;
    int64_t took_ms;
    char more[64];
    gv_id id;

    if (!peer_open(&admin, world, admin_key, GV_ROLE_ADMIN, false) ||
        !peer_open(&peer, world, key, GV_ROLE_UNIT, false) || !peer_hello(&peer) ||
        !peer_take_orders(&peer, peer.orders.n + 1))
        die("not admitted", "HR");
    revoke(&admin, key);
    took_ms = effect_ends_ms(&peer);
    violations += wrong(took_ms > WITHIN_MS, "has an effect after five seconds");
    orders = peer.orders_seen;
    transfer(&admin);
    named_id("HR", "D1", &id);
    query.name = text("clock");
    violations += wrong(peer_report(&peer, 3, &id, 1) != 0, "reports");
    violations +=
        wrong(peer_ask(&peer, GV_KIND_QUERY, &query.base, 1500) == GV_KIND_QUERY_RESULT, "reads");
    violations += wrong(peer_hello(&peer), "says Hello on the open connection");
    violations += wrong(peer.orders_seen != orders, "gets orders");
    violations += wrong(peer_open(&again, world, key, GV_ROLE_UNIT, false), "is admitted anew");
    again.connection = peer.connection = 0;
    peer_close(&again);
    peer_close(&peer);
    peer_close(&admin);
    gv_key_free(key);
    gv_key_free(admin_key);
    snprintf(more, sizeof more, "without effect after %lld ms", (long long)took_ms);
    return row_of("C12 a revoked key is without effect within 5 s", 6, violations, more);
}
