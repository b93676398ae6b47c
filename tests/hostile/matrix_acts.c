/*
 * matrix_acts.c - every kind of act, signed by everybody there is, about one's own, others' and
 * nobody's: what is expected comes from the act table and from the rule that a member acts for the
 * bodies that the keyset gives him. What must be refused is submitted in earnest.
 */
#include "peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "giaoviec/v1/trust.pb-c.h"

enum target { OWN, OTHERS, NOBODYS, TARGETS };
enum form { PLAIN, UNSIGNED, TWICE, ANOTHERS_NAME, ELSEWHERE, EXPIRED, BROKEN, FORMS };

static const char *const target_names[] = {"own", "other's", "nobody's"};
static const char *const form_names[] = {"",
                                         "unsigned",
                                         "signed twice by one",
                                         "in another's name",
                                         "elsewhere",
                                         "after its not_after",
                                         "one bit changed"};

static const struct signer {
    const char *folder, *code;
    uint32_t role;
    const char *body, *others_body;
} signers[] = {
    {"keys", "admin", GV_ROLE_ADMIN, "B1", "B2"}, {"keys", "vp1", GV_ROLE_OFFICE, "B1", "B2"},
    {"keys", "uv1", GV_ROLE_MEMBER, "B1", "B2"},  {"keys", "uv2", GV_ROLE_MEMBER, "B2", "B1"},
    {"keys", "xem", GV_ROLE_VIEWER, "B1", "B2"},  {"keys", "kt", GV_ROLE_AUDITOR, "B1", "B2"},
    {"units", "U1", GV_ROLE_UNIT, "B1", "U1"},    {"keys", "c1", GV_ROLE_COORDINATOR, "B1", "B2"},
    {"keys", "la", GV_ROLE_NOBODY, "B1", "B2"},   {".", "root", GV_ROLE_NOBODY, "B1", "B2"},
};
#define SIGNERS (sizeof signers / sizeof signers[0])

struct acts {
    struct world *world;
    struct peer submitter;
    struct gv_key *keys[SIGNERS];
    unsigned tries, violations, serial;
};

static void pack(struct draft *draft, const ProtobufCMessage *body)
{
    if (gv_pb_pack(body, &draft->body) != GV_OK)
        die("cannot pack", "act");
}

/* Acts over one assignment of U2's, which for OTHERS is said to be U3's. */
static void list_body(struct draft *draft, enum target target)
{
    static const char *const holders[TARGETS] = {"U2", "U3", "KHONG-AI"};
    bool moves = draft->kind == GV_SIGNED_TRANSFER || draft->kind == GV_SIGNED_REISSUE;
    const char *directive =
        draft->kind == GV_SIGNED_UPHOLD || draft->kind == GV_SIGNED_REISSUE        ? "D2"
        : draft->kind == GV_SIGNED_APPROVE_RESULT || draft->kind == GV_SIGNED_REDO ? "D3"
                                                                                   : "D1";
    struct directive d;
    gv_id id;

    directive_make(&d, directive, 1);
    named_id("U2", directive, &id);
    draft_item(draft, moves ? "U4" : holders[target], moves ? 2 : 1, moves ? holders[target] : NULL,
               &id, moves ? &d.task : NULL, 0);
    gv_buf_fini(&d.breakdown);
}

/* The directive N1 was never issued: its breakdown is approved and issued in dry runs only, so
 * ISSUE can be refused or named wrong, not tried whole (prepare did that). */
static void issue_body(struct draft *draft, enum target target)
{
    Giaoviec__V1__Issue body = GIAOVIEC__V1__ISSUE__INIT;
    struct directive d;
    gv_id id;

    directive_make(&d, target == OWN ? "D9" : target == OTHERS ? "D1" : "D8", 1);
    named_id("U2", "D9", &id);
    body.directive = gv_pb_bytes(d.id.b, 16);
    body.version = 1;
    body.breakdown_digest = gv_pb_bytes(d.digest.b, 32);
    pack(draft, &body.base);
    draft_item(draft, "U2", 1, NULL, &id, &d.task, 1);
    gv_buf_fini(&d.breakdown);
}

static void breakdown_body(struct draft *draft, enum target target)
{
    Giaoviec__V1__ApproveBreakdown body = GIAOVIEC__V1__APPROVE_BREAKDOWN__INIT;
    struct directive d, other;

    directive_make(&d, "D7", 1);
    directive_make(&other, "D6", 1);
    body.directive = gv_pb_bytes(target == OTHERS ? other.id.b : d.id.b, 16);
    body.version = 1;
    pack(draft, &body.base);
    draft->digest = target == NOBODYS ? other.digest : d.digest;
    draft->has_digest = true;
    gv_buf_append(&draft->list, d.breakdown.data, d.breakdown.len); /* the attachment */
    gv_buf_fini(&d.breakdown);
    gv_buf_fini(&other.breakdown);
}

static void body_entry(struct draft *draft, const struct signer *signer, enum target target)
{
    static const char *const others[TARGETS] = {NULL, NULL, "KHONG-AI"};
    Giaoviec__V1__BodyEntry body = GIAOVIEC__V1__BODY_ENTRY__INIT;
    struct gv_buf entry;
    gv_id id;

    body.unit = text(target == OWN      ? signer->body
                     : target == OTHERS ? signer->others_body
                                        : others[target]);
    gv_buf_init(&entry);
    named_id(body.unit, "D1", &id);
    report_entry(1, &id, 1, &entry); /* ACCEPT */
    body.entry = gv_pb_bytes(entry.data, entry.len);
    pack(draft, &body.base);
    gv_buf_fini(&entry);
}

static void unit_body(struct acts *a, struct draft *draft, enum target target)
{
    Giaoviec__V1__RegisterUnits reg = GIAOVIEC__V1__REGISTER_UNITS__INIT;
    Giaoviec__V1__UnitInfo info = GIAOVIEC__V1__UNIT_INFO__INIT, *infos[1] = {&info};
    Giaoviec__V1__IssueTokens issue = GIAOVIEC__V1__ISSUE_TOKENS__INIT;
    Giaoviec__V1__TokenHash token = GIAOVIEC__V1__TOKEN_HASH__INIT, *tokens[1] = {&token};
    Giaoviec__V1__RevokeKey revoke = GIAOVIEC__V1__REVOKE_KEY__INIT;
    struct gv_key *key = world_key(a->world, "units", "U2");
    gv_hash hash = {{0}};
    char code[16];

    snprintf(code, sizeof code, "A%u", ++a->serial);
    info.code = text(target == OWN ? code : target == OTHERS ? "vp1" : "-");
    info.name_vi = code;
    reg.units = infos;
    reg.n_units = 1;
    memcpy(hash.b, &a->serial, sizeof a->serial);
    token.unit = text(target == OWN ? "U2" : target == OTHERS ? "vp1" : "KHONG-AI");
    token.hash = gv_pb_bytes(hash.b, 32);
    token.expires_us = gv_clock_real_us() + 60 * GV_US_PER_S;
    issue.tokens = tokens;
    issue.n_tokens = 1;
    revoke.unit = text(target == OWN ? "U2" : target == OTHERS ? "U3" : "KHONG-AI");
    revoke.key_id = gv_pb_bytes(key->key_id.b, 16);
    pack(draft, draft->kind == GV_SIGNED_REGISTER_UNITS ? &reg.base
                : draft->kind == GV_SIGNED_ISSUE_TOKENS ? &issue.base
                                                        : &revoke.base);
    gv_key_free(key);
}

static void other_body(struct draft *draft, enum target target)
{
    Giaoviec__V1__ClockStep step = GIAOVIEC__V1__CLOCK_STEP__INIT;
    Giaoviec__V1__LiftQuarantine lift = GIAOVIEC__V1__LIFT_QUARANTINE__INIT;

    /* A day ahead; the day before; ten years ahead. */
    step.to_us = INT64_C(1704157200000000) + (target == OWN      ? GV_US_PER_DAY
                                              : target == OTHERS ? -GV_US_PER_DAY
                                                                 : 3650 * GV_US_PER_DAY);
    lift.unit = text(target == OWN ? "HQ" : target == OTHERS ? "U2" : "KHONG-AI");
    pack(draft, draft->kind == GV_SIGNED_CLOCK_STEP ? &step.base : &lift.base);
}

static void make(struct acts *a, struct draft *draft, const struct signer *signer,
                 enum target target)
{
    switch (draft->kind) {
    case GV_SIGNED_REGISTER_UNITS:
    case GV_SIGNED_ISSUE_TOKENS:
    case GV_SIGNED_REVOKE_KEY:
        unit_body(a, draft, target);
        break;
    case GV_SIGNED_APPROVE_BREAKDOWN:
        breakdown_body(draft, target);
        break;
    case GV_SIGNED_ISSUE:
        issue_body(draft, target);
        break;
    case GV_SIGNED_BODY_ENTRY:
        body_entry(draft, signer, target);
        break;
    case GV_SIGNED_CLOCK_STEP:
    case GV_SIGNED_LIFT_QUARANTINE:
        other_body(draft, target);
        break;
    default:
        list_body(draft, target);
    }
}

static bool is_allowed(const struct signer *signer, uint32_t kind, enum target target,
                       enum form form)
{
    return form == PLAIN && target == OWN && (gv_act_row(kind)->signers & signer->role) != 0;
}

static void seal(struct acts *a, const struct draft *draft, size_t who, enum form form,
                 struct gv_buf *out)
{
    static const gv_id elsewhere = {{1, 2, 3}};
    const struct gv_key *keys[2] = {a->keys[who], a->keys[who]};
    int64_t now_us = gv_clock_real_us();

    draft_seal(draft, form == ELSEWHERE ? &elsewhere : &a->world->keyset->deployment,
               form == ANOTHERS_NAME ? (who == 0 ? "vp1" : "admin") : NULL, keys,
               form == UNSIGNED ? 0
               : form == TWICE  ? 2
                                : 1,
               form == EXPIRED ? now_us - GV_US_PER_S : now_us + 600 * GV_US_PER_S, out);
    if (form == BROKEN)
        out->data[out->len / 3] ^= 4;
}

static void try_one(struct acts *a, uint32_t kind, size_t who, enum target target, enum form form,
                    bool allowed)
{
    const Giaoviec__V1__ActResult *result;
    struct draft draft;
    struct gv_buf act;
    bool done, dry;
    uint32_t got;

    draft_init(&draft, kind);
    gv_buf_init(&act);
    make(a, &draft, &signers[who], target);
    seal(a, &draft, who, form, &act);
    /* An act whose items are all refused is stored all the same: it was signed by who may. */
    dry = allowed ||
          (draft.has_list && form == PLAIN && (gv_act_row(kind)->signers & signers[who].role) != 0);
    got = peer_submit(&a->submitter, &draft, (struct gv_slice){act.data, act.len}, dry);
    result = (const Giaoviec__V1__ActResult *)a->submitter.message.body;
    done = got == GV_KIND_ACT_RESULT && result->refused == 0 && result->done > 0;
    a->tries++;
    if (done != allowed || (got != GV_KIND_ACT_RESULT && got != GV_KIND_ERROR)) {
        a->violations++;
        printf("  %s by %s, %s %s: answered by %u, error %s, wanted it %s\n",
               gv_act_row(kind)->name, signers[who].code, target_names[target], form_names[form],
               (unsigned)got, gv_err_name(peer_error(&a->submitter)), allowed ? "done" : "refused");
    }
    gv_buf_fini(&act);
    draft_fini(&draft);
}

/* ISSUE needs an approved breakdown that is not issued: D9. */
static void approve_d9(struct acts *a)
{
    Giaoviec__V1__ApproveBreakdown body = GIAOVIEC__V1__APPROVE_BREAKDOWN__INIT;
    struct directive d;
    struct draft draft;

    directive_make(&d, "D9", 1);
    body.directive = gv_pb_bytes(d.id.b, 16);
    body.version = 1;
    draft_init(&draft, GV_SIGNED_APPROVE_BREAKDOWN);
    pack(&draft, &body.base);
    draft.digest = d.digest;
    draft.has_digest = true;
    gv_buf_append(&draft.list, d.breakdown.data, d.breakdown.len);
    must_act(&a->submitter, &draft);
    draft_fini(&draft);
    gv_buf_fini(&d.breakdown);
}

int acts_main(struct world *world, bool allowed)
{
    struct acts a = {.world = world};

    for (size_t i = 0; i < SIGNERS; i++)
        a.keys[i] = world_key(world, signers[i].folder, signers[i].code);
    if (!peer_open(&a.submitter, world, a.keys[0], GV_ROLE_ADMIN, false))
        die("not admitted", "admin");
    if (allowed)
        approve_d9(&a);
    for (uint32_t kind = 1; kind < GV_SIGNED_END; kind++) {
        for (size_t who = 0; gv_act_row(kind) != NULL && who < SIGNERS; who++) {
            for (int target = 0; target < TARGETS; target++) {
                for (int form = 0; form < FORMS; form++) {
                    if (is_allowed(&signers[who], kind, (enum target)target, (enum form)form) ==
                        allowed)
                        try_one(&a, kind, who, (enum target)target, (enum form)form, allowed);
                }
            }
        }
    }
    peer_close(&a.submitter);
    for (size_t i = 0; i < SIGNERS; i++)
        gv_key_free(a.keys[i]);
    return row_of(allowed ? "C12 acts that the table allows are done (dry runs)"
                          : "C12 C14 acts that the table refuses are refused",
                  a.tries, a.violations, "signer x kind x target x form");
}
