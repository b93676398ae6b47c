/* prepare.c - units with keys, and assignments in every state that an act needs. */
#include "peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/random.h"
#include "domain/lifecycle.h"
#include "giaoviec/v1/entry.pb-c.h"
#include "giaoviec/v1/trust.pb-c.h"

static const char *const units[] = {"U1", "U2", "U3", "U4", "H1", "H2",
                                    "H3", "H4", "HR", "HS", "HQ"};
static const char *const bodies[] = {"B1", "B2"};
static const char *const everybody[] = {"U1", "U2", "U3", "U4", "H1", "H2", "H3",
                                        "H4", "HR", "HS", "HQ", "B1", "B2"};
#define UNITS (sizeof units / sizeof units[0])

void unit_register_draft(struct draft *draft, const char *const *codes, size_t count,
                         bool are_bodies)
{
    Giaoviec__V1__RegisterUnits body = GIAOVIEC__V1__REGISTER_UNITS__INIT;
    Giaoviec__V1__UnitInfo info[16], *list[16];

    for (size_t i = 0; i < count && i < 16; i++) {
        giaoviec__v1__unit_info__init(&info[i]);
        info[i].code = info[i].name_vi = info[i].name_en = text(codes[i]);
        info[i].body = are_bodies;
        list[i] = &info[i];
    }
    body.units = list;
    body.n_units = count;
    draft_init(draft, GV_SIGNED_REGISTER_UNITS);
    if (gv_pb_pack(&body.base, &draft->body) != GV_OK)
        die("cannot pack", "units");
}

void unit_register(struct peer *admin, const char *const *codes, size_t count, bool are_bodies)
{
    struct draft draft;

    unit_register_draft(&draft, codes, count, are_bodies);
    must_act(admin, &draft);
    draft_fini(&draft);
}

static void issue_token(struct peer *admin, const char *unit, struct gv_token *token)
{
    Giaoviec__V1__IssueTokens body = GIAOVIEC__V1__ISSUE_TOKENS__INIT;
    Giaoviec__V1__TokenHash hash = GIAOVIEC__V1__TOKEN_HASH__INIT, *list[1] = {&hash};
    struct draft draft;
    gv_hash secret;

    *token = (struct gv_token){.deployment = admin->world->keyset->deployment};
    snprintf(token->endpoint, sizeof token->endpoint, "%s", admin->world->c1->enrol_endpoint);
    memcpy(token->server_pk, admin->world->c1->curve_key.data, 32);
    gv_root_hash(admin->world->keyset->set->root_key.data, &token->root_hash);
    gv_random(token->secret, sizeof token->secret);
    if (gv_code_from_str(unit, &token->unit) != GV_OK)
        die("no code", unit);
    gv_token_secret_hash(token->secret, &secret);
    hash.unit = text(unit);
    hash.hash = gv_pb_bytes(secret.b, 32);
    hash.expires_us = gv_clock_real_us() + 3600 * GV_US_PER_S;
    body.tokens = list;
    body.n_tokens = 1;
    draft_init(&draft, GV_SIGNED_ISSUE_TOKENS);
    if (gv_pb_pack(&body.base, &draft.body) != GV_OK)
        die("cannot pack", "token");
    must_act(admin, &draft);
    draft_fini(&draft);
}

void unit_enrol(struct peer *admin, const char *unit)
{
    Giaoviec__V1__Enrol body = GIAOVIEC__V1__ENROL__INIT;
    struct gv_key *key = world_key(admin->world, "units", unit);
    struct gv_buf statement;
    struct gv_token token;
    struct peer peer;

    issue_token(admin, unit, &token);
    gv_buf_init(&statement);
    if (gv_enrol_seal(&token, key, gv_clock_real_us(), &statement) != GV_OK ||
        !peer_open(&peer, admin->world, key, GV_ROLE_NOBODY, true))
        die("cannot enrol", unit);
    body.statement = gv_pb_bytes(statement.data, statement.len);
    if (peer_ask(&peer, GV_KIND_ENROL, &body.base, 8000) != GV_KIND_ENROLLED)
        die("not enrolled", unit);
    peer_close(&peer);
    gv_buf_fini(&statement);
    gv_key_free(key);
}

static void put_blob(struct peer *admin, const struct gv_buf *bytes, const gv_hash *digest)
{
    Giaoviec__V1__BlobPut body = GIAOVIEC__V1__BLOB_PUT__INIT;

    body.digest = gv_pb_bytes(digest->b, 32);
    body.size = bytes->len;
    body.data = gv_pb_bytes(bytes->data, bytes->len);
    if (peer_ask(admin, GV_KIND_BLOB_PUT, &body.base, 8000) != GV_KIND_BLOB_RESULT)
        die("no blob", gv_err_name(peer_error(admin)));
}

static void approve(struct peer *admin, const struct directive *directive)
{
    Giaoviec__V1__ApproveBreakdown body = GIAOVIEC__V1__APPROVE_BREAKDOWN__INIT;
    struct draft draft;

    put_blob(admin, &directive->breakdown, &directive->digest);
    body.directive = gv_pb_bytes(directive->id.b, 16);
    body.version = 1;
    draft_init(&draft, GV_SIGNED_APPROVE_BREAKDOWN);
    draft.digest = directive->digest;
    draft.has_digest = true;
    if (gv_pb_pack(&body.base, &draft.body) != GV_OK)
        die("cannot pack", "approval");
    must_act(admin, &draft);
    draft_fini(&draft);
}

/* One assignment of the directive for each: named_id(unit, name). At most sixteen. */
static void issue(struct peer *admin, const char *name, const char *const *codes, size_t count)
{
    Giaoviec__V1__Issue body = GIAOVIEC__V1__ISSUE__INIT;
    Giaoviec__V1__Item items[16], *list[16];
    gv_id ids[16];
    struct directive directive;
    struct draft draft;

    directive_make(&directive, name, 1);
    approve(admin, &directive);
    for (size_t i = 0; i < count; i++) {
        named_id(codes[i], name, &ids[i]);
        giaoviec__v1__item__init(&items[i]);
        items[i].salt = items[i].assignment = gv_pb_bytes(ids[i].b, 16);
        items[i].unit = text(codes[i]);
        items[i].epoch = 1;
        items[i].task_digest = gv_pb_bytes(directive.task.b, 32);
        items[i].role = GIAOVIEC__V1__ASSIGNMENT_ROLE__ASSIGNMENT_ROLE_LEAD;
        list[i] = &items[i];
    }
    draft_init(&draft, GV_SIGNED_ISSUE);
    if (gv_items_pack((const Giaoviec__V1__Item *const *)list, count, &draft.list, &draft.root) !=
        GV_OK)
        die("cannot pack", "items");
    gv_blob_digest((struct gv_slice){draft.list.data, draft.list.len}, &draft.digest);
    draft.has_list = draft.has_digest = true;
    draft.count = (uint32_t)count;
    body.directive = gv_pb_bytes(directive.id.b, 16);
    body.version = 1;
    body.breakdown_digest = gv_pb_bytes(directive.digest.b, 32);
    if (gv_pb_pack(&body.base, &draft.body) != GV_OK)
        die("cannot pack", "issue");
    must_act(admin, &draft);
    draft_fini(&draft);
    gv_buf_fini(&directive.breakdown);
}

/* D1 in progress, D2 returned, D3 submitted. */
static void work(struct world *world, const char *unit)
{
    static const struct {
        const char *directive;
        uint32_t kind;
    } said[] = {{"D1", GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT},
                {"D1", GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS},
                {"D2", GIAOVIEC__V1__REPORT_KIND__REPORT_RETURN},
                {"D3", GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT},
                {"D3", GIAOVIEC__V1__REPORT_KIND__REPORT_SUBMIT}};
    struct gv_key *key = world_key(world, "units", unit);
    struct peer peer;

    if (!peer_open(&peer, world, key, GV_ROLE_UNIT, false) || !peer_hello(&peer) ||
        !peer_take_orders(&peer, 3))
        die("no orders", unit);
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        gv_id id;

        named_id(unit, said[i].directive, &id);
        if (peer_report(&peer, said[i].kind, &id, 1) != 1)
            die("a report was not applied", unit);
    }
    peer_close(&peer);
    gv_key_free(key);
}

/* Another entry under a number that is stored: a fork. */
static void quarantine(struct world *world, const char *unit)
{
    struct gv_key *key = world_key(world, "units", unit);
    struct peer peer;
    gv_id id;

    named_id(unit, "D1", &id);
    if (!peer_open(&peer, world, key, GV_ROLE_UNIT, false) || !peer_hello(&peer))
        die("no session", unit);
    peer.reports.n--;
    if (peer_report(&peer, GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS, &id, 1) != 0 ||
        peer_error(&peer) != GV_EFORK)
        die("a fork was not noticed", unit);
    peer.connection = 0; /* nothing is saved */
    peer_close(&peer);
    gv_key_free(key);
}

int prepare_main(struct world *world)
{
    struct gv_key *key = world_key(world, "keys", "admin");
    struct peer admin;

    if (!peer_open(&admin, world, key, GV_ROLE_ADMIN, false))
        die("not admitted", "admin");
    unit_register(&admin, units, UNITS, false);
    unit_register(&admin, bodies, 2, true);
    for (size_t i = 0; i < UNITS; i++)
        unit_enrol(&admin, units[i]);
    issue(&admin, "D1", everybody, UNITS + 2);
    issue(&admin, "D2", everybody, UNITS + 2);
    issue(&admin, "D3", everybody, UNITS + 2);
    for (size_t i = 0; i < UNITS; i++)
        work(world, units[i]);
    quarantine(world, "HQ");
    issue(&admin, "D4", everybody, UNITS + 2); /* whose orders wait */
    peer_close(&admin);
    gv_key_free(key);
    return 0;
}

int order_main(struct world *world, const char *unit)
{
    struct gv_key *key = world_key(world, "keys", "admin");
    struct peer admin;

    if (!peer_open(&admin, world, key, GV_ROLE_ADMIN, false))
        die("not admitted", "admin");
    issue(&admin, "DA", &unit, 1);
    peer_close(&admin);
    gv_key_free(key);
    return 0;
}
