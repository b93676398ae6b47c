/*
 * replay.c - every frame of a run, those of the coordinator too, said again by everybody, with and
 * without a session, on both endpoints. What counts is the database before and after; here only an
 * answer that should not be is a violation: a session opened, a receipt given, an act done anew.
 */
#include "peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "giaoviec/v1/trust.pb-c.h"

#define FRAMES_MAX 20000
#define BURST      16

struct recorded {
    char direction, endpoint;
    char code[GV_CODE_MAX + 1];
    uint32_t len;
    uint8_t *bytes;
};

struct replay {
    struct world *world;
    struct recorded *all;
    size_t count;
    unsigned tries, violations;
};

static void load(struct replay *r, const char *path)
{
    FILE *file = fopen(path, "rb");
    struct recorded one;

    r->all = calloc(FRAMES_MAX, sizeof *r->all);
    if (file == NULL || r->all == NULL)
        die("cannot read", path);
    while (r->count < FRAMES_MAX && (one.direction = (char)fgetc(file)) != (char)EOF) {
        one.endpoint = (char)fgetc(file);
        if (fread(one.code, sizeof one.code, 1, file) != 1 ||
            fread(&one.len, sizeof one.len, 1, file) != 1 || one.len > GV_FRAME_MAX_BYTES)
            die("not a tap", path);
        one.bytes = malloc(one.len + 1);
        if (one.bytes == NULL || fread(one.bytes, 1, one.len, file) != one.len)
            die("not a tap", path);
        r->all[r->count++] = one;
    }
    fclose(file);
}

static bool is_effect(const struct peer *peer, uint32_t kind)
{
    switch (kind) {
    case GV_KIND_WELCOME:
    case GV_KIND_RECEIPT:
        return true;
    case GV_KIND_ACT_RESULT: /* a dry run has none, whatever it says */
        return !((const Giaoviec__V1__ActResult *)peer->message.body)->repeated_act &&
               !((const Giaoviec__V1__ActResult *)peer->message.body)->dry_run;
    default:
        return false;
    }
}

/* The answers to a burst come before the answer to the barrier; lanes apart are waited for shortly.
 */
static void listen(struct replay *r, struct peer *peer, const char *who)
{
    Giaoviec__V1__KeysetGet get = GIAOVIEC__V1__KEYSET_GET__INIT;
    int64_t until_ms = now_ms() + 5000;
    uint32_t got;
    gv_id barrier = {{0}};

    if (!peer->enrols && !peer_say(peer, GV_KIND_KEYSET_GET, &get.base, &barrier))
        return;
    if (peer->enrols)
        until_ms = now_ms() + 100;
    while ((got = peer_next(peer, until_ms)) != 0) {
        if (is_effect(peer, got)) {
            r->violations++;
            printf("  a replay by %s is answered by %s\n", who, gv_kind_row(got)->name);
        }
        if (!peer->enrols && gv_id_eq(&peer->message.head.in_reply_to, &barrier))
            return;
    }
}

static void say_all(struct replay *r, struct peer *peer, const char *who)
{
    for (size_t i = 0; i < r->count && !peer->is_over; i++) {
        if (peer->enrols && r->all[i].endpoint != 'e' && i % 10 != 0)
            continue; /* it understands one kind: a tenth of the others */
        peer_put(peer, (struct gv_slice){r->all[i].bytes, r->all[i].len});
        r->tries++;
        if (i % BURST == BURST - 1)
            listen(r, peer, who);
    }
    listen(r, peer, who);
}

static void replay_as(struct replay *r, const char *folder, const char *code, uint32_t role,
                      bool greets, bool enrols)
{
    struct gv_key *key = world_key(r->world, folder, code);
    struct peer peer;

    if (!peer_open(&peer, r->world, key, role, enrols))
        die("not admitted", code);
    if (greets && !peer_hello(&peer))
        die("no session", code);
    say_all(r, &peer, code);
    peer.connection = 0; /* no Goodbye; the log did not move */
    peer_close(&peer);
    gv_key_free(key);
}

/* A key that is to follow, or was followed: where there is one, and while it is admitted. */
static void replay_by(struct replay *r, const char *name)
{
    char path[1024];
    struct gv_key *key;
    struct peer peer;

    snprintf(path, sizeof path, "%s/units/%s.key", r->world->home, name);
    if (gv_key_load(path, &key) != GV_OK)
        return;
    if (peer_open(&peer, r->world, key, GV_ROLE_UNIT, false))
        say_all(r, &peer, name);
    peer.connection = 0;
    peer_close(&peer);
    gv_key_free(key);
}

int replay_main(struct world *world, const char *tap)
{
    struct replay r = {.world = world};
    char more[64];

    load(&r, tap);
    replay_as(&r, "units", "U1", GV_ROLE_UNIT, false, false);
    replay_as(&r, "units", "U1", GV_ROLE_UNIT, true, false);
    replay_by(&r, "U1-next");
    replay_by(&r, "U1-old");
    replay_as(&r, "units", "U2", GV_ROLE_UNIT, true, false);
    replay_as(&r, "keys", "admin", GV_ROLE_ADMIN, false, false);
    replay_as(&r, "keys", "vp1", GV_ROLE_OFFICE, false, false);
    replay_as(&r, "keys", "uv1", GV_ROLE_MEMBER, false, false);
    replay_as(&r, "keys", "xem", GV_ROLE_VIEWER, false, false);
    replay_as(&r, "keys", "kt", GV_ROLE_AUDITOR, false, false);
    replay_as(&r, "keys", "la", GV_ROLE_NOBODY, false, true);
    snprintf(more, sizeof more, "%zu frames", r.count);
    for (size_t i = 0; i < r.count; i++)
        free(r.all[i].bytes);
    free(r.all);
    return row_of("C11 replayed frames are not obeyed", r.tries, r.violations, more);
}

/* A newer keyset (the same people), and U1's key revoked, a new one enrolled. */
int renew_main(struct world *world)
{
    struct gv_key *admin_key = world_key(world, "keys", "admin");
    struct gv_key *root = world_key(world, ".", "root");
    struct gv_key *key = world_key(world, "units", "U1");
    Giaoviec__V1__Keyset set = *world->keyset->set;
    Giaoviec__V1__KeysetPut put = GIAOVIEC__V1__KEYSET_PUT__INIT;
    Giaoviec__V1__RevokeKey body = GIAOVIEC__V1__REVOKE_KEY__INIT;
    struct draft draft;
    struct gv_buf bytes;
    struct gv_key *key_after;
    struct peer admin, unit;
    char path[1024];

    set.version += 1000; /* above whatever the matrix put */
    gv_buf_init(&bytes);
    if (!peer_open(&admin, world, admin_key, GV_ROLE_ADMIN, false) ||
        gv_keyset_seal(&set, root, &bytes) != GV_OK)
        die("not admitted", "admin");
    put.keyset = gv_pb_bytes(bytes.data, bytes.len);
    if (peer_ask(&admin, GV_KIND_KEYSET_PUT, &put.base, 8000) != GV_KIND_KEYSET_RESULT)
        die("no new keyset", gv_err_name(peer_error(&admin)));
    body.unit = text("U1");
    body.key_id = gv_pb_bytes(key->key_id.b, 16);
    draft_init(&draft, GV_SIGNED_REVOKE_KEY);
    if (gv_pb_pack(&body.base, &draft.body) != GV_OK)
        die("cannot pack", "revocation");
    must_act(&admin, &draft);
    draft_fini(&draft);
    snprintf(path, sizeof path, "%s/units/U1.key", world->home);
    if (remove(path) != 0)
        die("cannot remove", path);
    unit_enrol(&admin, "U1");
    key_after = world_key(world, "units", "U1");
    if (!peer_open(&unit, world, key_after, GV_ROLE_UNIT, false) || !peer_hello(&unit))
        die("no session", "U1"); /* its logs agree: that it was enrolled anew is over */
    peer_close(&unit);
    gv_key_free(key_after);
    peer_close(&admin);
    gv_buf_fini(&bytes);
    gv_key_free(key);
    gv_key_free(root);
    gv_key_free(admin_key);
    return 0;
}

int second_main(struct world *world, const char *home, const char *endpoint, const char *enrol)
{
    Giaoviec__V1__Keyset set = *world->keyset->set;
    Giaoviec__V1__CoordinatorInfo c1 = *world->c1, *list[1] = {&c1};
    struct gv_key *root = NULL;
    struct gv_buf bytes;
    char path[1024];
    gv_id deployment;
    gv_code name;

    if (gv_code_from_str("root2", &name) != GV_OK || gv_key_new(&name, &root) != GV_OK)
        die("no key", "root2");
    gv_deployment_id(root->sign_pk, true, &deployment);
    c1.endpoint = text(endpoint);
    c1.enrol_endpoint = text(enrol);
    set.deployment = gv_pb_bytes(deployment.b, 16);
    set.root_key = gv_pb_bytes(root->sign_pk, 32);
    set.version = 1;
    set.coordinators = list;
    set.n_coordinators = 1;
    gv_buf_init(&bytes);
    snprintf(path, sizeof path, "%s/keyset", home);
    if (gv_keyset_seal(&set, root, &bytes) != GV_OK ||
        gv_file_write(path, bytes.data, bytes.len, 0600) != GV_OK)
        die("cannot write", path);
    gv_buf_fini(&bytes);
    gv_key_free(root);
    return 0;
}
