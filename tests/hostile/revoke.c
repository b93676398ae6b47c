/*
 * revoke.c - keys are revoked while their holders are connected: a unit's by an act, a person's by
 * a keyset, both of which go to c1; the holder is at c1 or at c2. Within five seconds nothing that
 * he says has an effect, and nothing more is told to him.
 */
#include "peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "giaoviec/v1/trust.pb-c.h"

#define WITHIN_MS   5000
#define ANSWERED_MS 1500 /* what is not by then, is not */
#define LISTEN_MS   3000
#define VERSIONS    500 /* above whatever the matrix put */
#define PERSONS     64

static const struct holder {
    const char *name, *folder, *code;
    uint32_t role;
    const char *at;    /* the coordinator that he is connected to */
    const char *moved; /* a unit: directive of an assignment of U4's that it is given afterwards */
} holders[] = {
    {"a unit at c1", "units", "HR", GV_ROLE_UNIT, "c1", "D1"},
    {"a unit at c2", "units", "HS", GV_ROLE_UNIT, "c2", "D4"},
    {"a person at c1", "keys", "rv1", GV_ROLE_ADMIN, "c1", NULL},
    {"a person at c2", "keys", "rv2", GV_ROLE_ADMIN, "c2", NULL},
};
#define HOLDERS (sizeof holders / sizeof holders[0])

/* ---- the keyset that follows ---- */

struct next {
    struct world *world;
    struct gv_key *root;
    struct gv_buf bytes; /* of the last one that was sealed */
    Giaoviec__V1__Keyset set;
    Giaoviec__V1__CoordinatorInfo *coordinators[2]; /* c1, perhaps c2 */
    Giaoviec__V1__PersonInfo *persons[PERSONS];
    ProtobufCBinaryData revoked[HOLDERS];
    gv_id ids[HOLDERS];
};

static void next_begin(struct next *next, struct world *world)
{
    memset(next, 0, sizeof *next);
    next->world = world;
    next->root = world_key(world, ".", "root");
    next->set = *world->keyset->set;
    gv_buf_init(&next->bytes);
    if (next->set.n_persons + HOLDERS > PERSONS || next->set.n_revoked > 0 ||
        next->set.n_coordinators > 2)
        die("not the keyset of this run", world->home);
    memcpy(next->persons, next->set.persons, next->set.n_persons * sizeof next->persons[0]);
    memcpy(next->coordinators, next->set.coordinators,
           next->set.n_coordinators * sizeof next->coordinators[0]);
    next->set.persons = next->persons;
    next->set.coordinators = next->coordinators;
    next->set.revoked = next->revoked;
}

/* Into the folder too. */
static void next_seal(struct next *next)
{
    char path[1024];

    next->set.version++;
    gv_buf_reset(&next->bytes);
    snprintf(path, sizeof path, "%s/keyset", next->world->home);
    if (gv_keyset_seal(&next->set, next->root, &next->bytes) != GV_OK ||
        gv_file_write(path, next->bytes.data, next->bytes.len, 0600) != GV_OK)
        die("cannot seal", path);
}

static void next_end(struct next *next)
{
    gv_buf_fini(&next->bytes);
    gv_key_free(next->root);
}

static void next_without(struct next *next, const struct gv_key *key)
{
    size_t kept = 0, n = next->set.n_revoked++;

    for (size_t i = 0; i < next->set.n_persons; i++) {
        if (strcmp(next->persons[i]->code, key->code.s) != 0)
            next->persons[kept++] = next->persons[i];
    }
    next->set.n_persons = kept;
    next->ids[n] = key->key_id;
    next->revoked[n] = gv_pb_bytes(next->ids[n].b, sizeof next->ids[n].b);
}

int join_main(struct world *world, const char *endpoint, const char *enrol)
{
    Giaoviec__V1__CoordinatorInfo c2 = GIAOVIEC__V1__COORDINATOR_INFO__INIT;
    Giaoviec__V1__PersonInfo persons[HOLDERS];
    struct gv_key *key = world_key(world, "keys", "c2"), *keys[HOLDERS] = {NULL};
    uint32_t role = GIAOVIEC__V1__ROLE__ROLE_ADMIN;
    struct next next;

    next_begin(&next, world);
    c2.code = text("c2");
    c2.endpoint = text(endpoint);
    c2.enrol_endpoint = text(enrol);
    c2.curve_key = gv_pb_bytes(key->curve_pk, 32);
    c2.sign_key = gv_pb_bytes(key->sign_pk, 32);
    next.coordinators[next.set.n_coordinators++] = &c2;
    for (size_t i = 0; i < HOLDERS; i++) {
        if (holders[i].role == GV_ROLE_UNIT)
            continue;
        keys[i] = world_key(world, holders[i].folder, holders[i].code);
        giaoviec__v1__person_info__init(&persons[i]);
        persons[i].code = persons[i].name = text(holders[i].code);
        persons[i].roles = &role;
        persons[i].n_roles = 1;
        persons[i].curve_key = gv_pb_bytes(keys[i]->curve_pk, 32);
        persons[i].sign_key = gv_pb_bytes(keys[i]->sign_pk, 32);
        next.persons[next.set.n_persons++] = &persons[i];
    }
    next.set.version += VERSIONS;
    next_seal(&next);
    next_end(&next);
    for (size_t i = 0; i < HOLDERS; i++)
        gv_key_free(keys[i]);
    gv_key_free(key);
    return 0;
}

/* ---- who revokes ---- */

struct office {
    struct peer admin; /* at c1 */
    struct next next;
};

static void publish(struct office *office)
{
    Giaoviec__V1__KeysetPut put = GIAOVIEC__V1__KEYSET_PUT__INIT;

    next_seal(&office->next);
    put.keyset = gv_pb_bytes(office->next.bytes.data, office->next.bytes.len);
    if (peer_ask(&office->admin, GV_KIND_KEYSET_PUT, &put.base, 8000) != GV_KIND_KEYSET_RESULT)
        die("no new keyset", gv_err_name(peer_error(&office->admin)));
}

static void revoke_unit(struct peer *admin, const struct gv_key *key)
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

/* An order for a key that is revoked. */
static void transfer(struct peer *admin, const struct holder *holder)
{
    struct directive d;
    struct draft draft;
    gv_id id;

    directive_make(&d, holder->moved, 1);
    named_id("U4", holder->moved, &id);
    draft_init(&draft, GV_SIGNED_TRANSFER);
    draft_item(&draft, holder->code, 2, "U4", &id, &d.task, 0);
    must_act(admin, &draft);
    draft_fini(&draft);
    gv_buf_fini(&d.breakdown);
}

/* A figure of a unit's row, as the administrator is told it; -1: there is no such unit. */
static long long figure(struct peer *admin, const char *unit, const char *name)
{
    Giaoviec__V1__Query query = GIAOVIEC__V1__QUERY__INIT;
    const Giaoviec__V1__QueryResult *result;
    char arg[64], word[64], *args[1] = {arg};
    const char *found;
    char *row;
    long long n = -1;

    snprintf(arg, sizeof arg, "unit=%s", unit);
    snprintf(word, sizeof word, "\"%s\"", name);
    query.name = text("unit");
    query.args = args;
    query.n_args = 1;
    if (peer_ask(admin, GV_KIND_QUERY, &query.base, 8000) != GV_KIND_QUERY_RESULT)
        die("no answer", unit);
    result = (const Giaoviec__V1__QueryResult *)admin->message.body;
    if (result->n_rows == 0)
        return -1;
    row = strndup((const char *)result->rows[0].data, result->rows[0].len);
    found = row != NULL ? strstr(row, word) : NULL;
    if (found == NULL || (found = strchr(found, ':')) == NULL)
        die("no such figure", name);
    n = strtoll(found + 1, NULL, 10);
    free(row);
    return n;
}

/* ---- the holder ---- */

/* The unit that an act of this person registers. */
static void unit_of(const struct holder *holder, const char *when, char out[GV_CODE_MAX + 1])
{
    snprintf(out, GV_CODE_MAX + 1, "%s-%s", holder->code, when);
}

static void open_holder(struct office *office, const struct holder *holder, struct gv_key *key,
                        struct peer *peer)
{
    char code[GV_CODE_MAX + 1];
    const char *codes[1] = {code};

    if (!peer_open_soon(peer, office->next.world, holder->at, key, holder->role))
        die("not admitted", holder->code);
    if (holder->role == GV_ROLE_UNIT) {
        if (!peer_hello(peer) || !peer_take_orders(peer, peer->orders.n + 1))
            die("no session", holder->code);
        return;
    }
    unit_of(holder, "before", code);
    unit_register(peer, codes, 1, false);
    if (figure(&office->admin, code, "orders") < 0)
        die("an act without effect", holder->code);
}

static bool is_answered(struct peer *peer)
{
    Giaoviec__V1__Heartbeat beat = GIAOVIEC__V1__HEARTBEAT__INIT;
    Giaoviec__V1__Query query = GIAOVIEC__V1__QUERY__INIT;
    int64_t until_ms = now_ms() + ANSWERED_MS;
    uint32_t got;

    query.name = text("clock");
    if (peer->role != GV_ROLE_UNIT)
        return peer_ask(peer, GV_KIND_QUERY, &query.base, ANSWERED_MS) == GV_KIND_QUERY_RESULT;
    beat.connection = peer->connection;
    if (!peer_say(peer, GV_KIND_HEARTBEAT, &beat.base, NULL))
        return false;
    while ((got = peer_next(peer, until_ms)) != 0 && got != GV_KIND_CLOCK)
        ;
    return got != 0;
}

/* When it had an effect last, from now on. */
static int64_t effect_ends_ms(struct peer *peer)
{
    int64_t begun_ms = now_ms(), said_ms = begun_ms;

    while (said_ms < begun_ms + 3 * WITHIN_MS && !peer->is_over && is_answered(peer)) {
        gv_clock_sleep_ms(50);
        said_ms = now_ms();
    }
    return said_ms - begun_ms;
}

/* All that somebody with this key may say. How much it was. */
static unsigned say_all(struct peer *peer, const struct holder *holder)
{
    Giaoviec__V1__KeysetGet get = GIAOVIEC__V1__KEYSET_GET__INIT;
    Giaoviec__V1__Query query = GIAOVIEC__V1__QUERY__INIT;
    char code[GV_CODE_MAX + 1];
    const char *codes[1] = {code};
    struct draft draft;
    struct gv_buf entry;
    gv_id id;

    query.name = text("clock");
    peer_say(peer, GV_KIND_QUERY, &query.base, NULL);
    peer_say(peer, GV_KIND_KEYSET_GET, &get.base, NULL);
    if (holder->role == GV_ROLE_UNIT) {
        gv_buf_init(&entry);
        named_id(holder->code, "D1", &id);
        report_entry(GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS, &id, 1, &entry);
        peer_say_reports(peer, peer->reports.n + 1, &entry, 1);
        peer_say_hello(peer);
        gv_buf_fini(&entry);
        return 4;
    }
    unit_of(holder, "after", code);
    unit_register_draft(&draft, codes, 1, false);
    peer_say_act(peer, &draft);
    draft_fini(&draft);
    return 3;
}

static unsigned wrong(const struct holder *holder, bool is_wrong, const char *what)
{
    if (is_wrong)
        printf("  the revoked key of %s: %s\n", holder->name, what);
    return is_wrong;
}

/* That he is refused, or is to go, may be told. */
static unsigned hear_out(struct peer *peer, const struct holder *holder)
{
    int64_t until_ms = now_ms() + LISTEN_MS;
    unsigned violations = 0;
    uint32_t got;

    while ((got = peer_next(peer, until_ms)) != 0)
        violations +=
            wrong(holder, got != GV_KIND_ERROR && got != GV_KIND_GOODBYE, gv_kind_row(got)->name);
    return violations;
}

static unsigned reopen(struct world *world, const struct holder *holder, struct gv_key *key)
{
    static const char *const coordinators[] = {"c1", "c2"};
    unsigned violations = 0;

    for (size_t i = 0; i < 2; i++) {
        struct peer again;

        violations +=
            wrong(holder, peer_open_at(&again, world, coordinators[i], key, holder->role, false),
                  "is admitted anew");
        again.connection = 0;
        peer_close(&again);
    }
    return violations;
}

/* What was said is not in the database either. */
static unsigned look(struct office *office, const struct holder *holder, long long reports)
{
    char code[GV_CODE_MAX + 1];

    if (holder->role == GV_ROLE_UNIT)
        return wrong(holder, figure(&office->admin, holder->code, "reports") != reports,
                     "what it reports is stored");
    unit_of(holder, "after", code);
    return wrong(holder, figure(&office->admin, code, "orders") >= 0, "acts");
}

static int revoke_one(struct office *office, const struct holder *holder)
{
    struct world *world = office->next.world;
    struct gv_key *key = world_key(world, holder->folder, holder->code);
    bool is_unit = holder->role == GV_ROLE_UNIT;
    unsigned tries = 4, violations = 0; /* time, twice the door, the database */
    char promise[96], more[64];
    long long reports = 0;
    struct peer peer;
    int64_t took_ms;

    open_holder(office, holder, key, &peer);
    if (is_unit)
        reports = figure(&office->admin, holder->code, "reports");
    if (!is_answered(&peer))
        die("has no effect before", holder->name);
    if (is_unit) {
        revoke_unit(&office->admin, key);
    } else {
        next_without(&office->next, key);
        publish(office);
    }
    took_ms = effect_ends_ms(&peer);
    violations += wrong(holder, took_ms > WITHIN_MS, "has an effect after five seconds");
    while (peer_next(&peer, now_ms()) != 0) /* what was on its way */
        ;
    if (is_unit)
        transfer(&office->admin, holder);
    tries += say_all(&peer, holder);
    violations += hear_out(&peer, holder);
    violations += look(office, holder, reports);
    violations += reopen(world, holder, key);
    peer.connection = 0;
    peer_close(&peer);
    gv_key_free(key);
    snprintf(promise, sizeof promise, "C12 a revoked key is without effect within 5 s: %s",
             holder->name);
    snprintf(more, sizeof more, "after %lld ms", (long long)took_ms);
    return row_of(promise, tries, violations, more);
}

int revoke_main(struct world *world)
{
    struct gv_key *key = world_key(world, "keys", "admin");
    static struct office office;
    int status = 0;

    next_begin(&office.next, world);
    if (!peer_open(&office.admin, world, key, GV_ROLE_ADMIN, false))
        die("not admitted", "admin");
    for (size_t i = 0; i < HOLDERS; i++)
        status |= revoke_one(&office, &holders[i]);
    office.next.set.n_coordinators = 1; /* c2 goes */
    publish(&office);
    peer_close(&office.admin);
    next_end(&office.next);
    gv_key_free(key);
    return status;
}
