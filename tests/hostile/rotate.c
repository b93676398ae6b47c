/*
 * rotate.c - U1 changes its keys, in two halves: the next key is named, then it is used. What was
 * said under the old ones is said again in between and afterwards (replay.c).
 */
#include "peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "giaoviec/v1/trust.pb-c.h"
#include "trust/rotation.h"

#define READ_MS 1000 /* every door reads the keys twice a second */

static void move(const struct world *world, const char *from, const char *to)
{
    char old[1024], new[1024];

    snprintf(old, sizeof old, "%s/units/%s.key", world->home, from);
    snprintf(new, sizeof new, "%s/units/%s.key", world->home, to);
    if (rename(old, new) != 0)
        die("cannot rename", old);
}

/* Into HOME/units/U1-next.key. */
static void name_next(struct world *world)
{
    Giaoviec__V1__RotateKey body = GIAOVIEC__V1__ROTATE_KEY__INIT;
    struct gv_key *key = world_key(world, "units", "U1"), *next = NULL;
    struct gv_buf statement;
    struct peer peer;
    char path[1024];

    gv_buf_init(&statement);
    if (gv_key_new(&key->code, &next) != GV_OK ||
        gv_rotation_seal(&world->keyset->deployment, key, next, gv_clock_real_us(), &statement) !=
            GV_OK ||
        !peer_open(&peer, world, key, GV_ROLE_UNIT, false) || !peer_hello(&peer))
        die("no session", "U1");
    body.statement = gv_pb_bytes(statement.data, statement.len);
    if (peer_ask(&peer, GV_KIND_ROTATE_KEY, &body.base, 8000) != GV_KIND_KEY_ROTATED)
        die("not rotated", gv_err_name(peer_error(&peer)));
    peer_close(&peer);
    snprintf(path, sizeof path, "%s/units/U1-next.key", world->home);
    if (gv_key_save(next, path) != GV_OK || !peer_open_soon(&peer, world, "c1", next, GV_ROLE_UNIT))
        die("the next key is not admitted", "U1");
    peer.connection = 0; /* not used yet */
    peer_close(&peer);
    gv_buf_fini(&statement);
    gv_key_free(key);
    gv_key_free(next);
}

static unsigned wrong(bool is_wrong, const char *what)
{
    if (is_wrong)
        printf("  after a rotation: %s\n", what);
    return is_wrong;
}

/* The next key says Hello; the old one, which had a session, has had it. */
static int use_next(struct world *world)
{
    struct gv_key *old = world_key(world, "units", "U1");
    struct gv_key *next = world_key(world, "units", "U1-next");
    struct peer before, after, again;
    unsigned violations = 0;
    gv_id id;

    named_id("U1", "D1", &id);
    if (!peer_open(&before, world, old, GV_ROLE_UNIT, false) || !peer_hello(&before))
        die("the old key has no session", "U1");
    if (!peer_open_soon(&after, world, "c1", next, GV_ROLE_UNIT) || !peer_hello(&after))
        die("the next key has no session", "U1");
    violations += wrong(peer_report(&before, 3, &id, 1) != 0, "the old key reports");
    violations += wrong(peer_hello(&before), "the old key says Hello on its open connection");
    gv_clock_sleep_ms(READ_MS);
    violations +=
        wrong(peer_open(&again, world, old, GV_ROLE_UNIT, false), "the old key is admitted");
    violations += wrong(peer_report(&after, 3, &id, 1) != 1, "the new key does not report");
    again.connection = before.connection = 0;
    peer_close(&again);
    peer_close(&before);
    peer_close(&after);
    move(world, "U1", "U1-old");
    move(world, "U1-next", "U1");
    gv_key_free(old);
    gv_key_free(next);
    return row_of("C12 a key that was followed is without effect", 4, violations, "U1");
}

int rotate_main(struct world *world, const char *half)
{
    if (strcmp(half, "use") == 0)
        return use_next(world);
    name_next(world);
    return 0;
}
