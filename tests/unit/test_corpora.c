/* links: gv_trust gv_wire gv_crypto gv_base */
/*
 * test_corpora.c - the fuzz corpora made from the fixture are still what the fixture makes: a seed
 * that no longer opens teaches a fuzzer nothing. With GIAOVIEC_WRITE_CORPORA=1 it writes them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../fixture/trust.h"
#include "giaoviec/v1/query.pb-c.h"
#include "giaoviec/v1/trust.pb-c.h"
#include "trust/rotation.h"

#define CORPORA GV_SOURCE_DIR "/tests/fuzz/corpus/"

static struct fixture f;
static struct fixture_issue issue;

static void seed(const char *name, struct gv_slice bytes)
{
    struct gv_buf path, file;

    gv_buf_init(&path);
    gv_buf_init(&file);
    gv_buf_printf(&path, CORPORA "%s", name);
    if (getenv("GIAOVIEC_WRITE_CORPORA") != NULL)
        assert_int_equal(gv_file_write((char *)path.data, bytes.data, bytes.len, 0644), GV_OK);
    if (gv_buf_read_file(&file, (char *)path.data, 1 << 20) != GV_OK)
        fail_msg("no seed %s", (char *)path.data);
    if (file.len != bytes.len || memcmp(file.data, bytes.data, bytes.len) != 0)
        fail_msg("%s is not what the fixture makes", (char *)path.data);
    gv_buf_fini(&path);
    gv_buf_fini(&file);
}

/* With a first byte that says what follows. */
static void seed_as(const char *name, uint8_t first, struct gv_slice bytes)
{
    struct gv_buf all;

    gv_buf_init(&all);
    gv_buf_putc(&all, (char)first);
    gv_buf_append(&all, bytes.data, bytes.len);
    seed(name, bytes_of(&all));
    gv_buf_fini(&all);
}

static void seed_message(const char *name, uint32_t kind, const ProtobufCMessage *body)
{
    struct gv_head head = {.deployment = f.deployment,
                           .sender = f.unit->code,
                           .kind = kind,
                           .connection = 1,
                           .sequence = 2};
    struct gv_buf frame;

    memset(head.message_id.b, 0x22, sizeof head.message_id.b);
    gv_buf_init(&frame);
    assert_int_equal(
        gv_message_seal(&head, body,
                        (gv_kind_row(kind)->flags & GV_MSG_SIGNED) != 0 ? f.unit : NULL, &frame),
        GV_OK);
    seed(name, bytes_of(&frame));
    gv_buf_fini(&frame);
}

static void pack(const ProtobufCMessage *message, struct gv_buf *out)
{
    gv_buf_reset(out);
    assert_int_equal(gv_pb_pack(message, out), GV_OK);
}

static void test_seeds_of_messages(void **state)
{
    Giaoviec__V1__Heartbeat heartbeat = GIAOVIEC__V1__HEARTBEAT__INIT;
    Giaoviec__V1__Reports reports = GIAOVIEC__V1__REPORTS__INIT;
    Giaoviec__V1__Query query = GIAOVIEC__V1__QUERY__INIT;
    Giaoviec__V1__ActSubmit submit = GIAOVIEC__V1__ACT_SUBMIT__INIT;
    Giaoviec__V1__Enrol enrol = GIAOVIEC__V1__ENROL__INIT;
    ProtobufCBinaryData entries[2] = {gv_pb_bytes("a", 1), gv_pb_bytes("bc", 2)};
    char *args[1] = {text("unit=SO-YT")};
    struct gv_buf frame, statement;
    struct gv_token token;

    (void)state;
    gv_buf_init(&frame);
    gv_buf_init(&statement);
    fixture_hello(&f, &frame);
    seed("message/hello", bytes_of(&frame));
    heartbeat.connection = 1;
    heartbeat.finished_day = 19755;
    heartbeat.finished_day_known = true;
    seed_message("message/heartbeat", GV_KIND_HEARTBEAT, &heartbeat.base);
    reports.first = 1;
    reports.entries = entries;
    reports.n_entries = 2;
    seed_message("message/reports", GV_KIND_REPORTS, &reports.base);
    query.name = text("assignments");
    query.args = args;
    query.n_args = 1;
    seed_message("message/query", GV_KIND_QUERY, &query.base);
    submit.act = gv_pb_bytes(issue.act_bytes.data, issue.act_bytes.len);
    submit.attachment = gv_pb_bytes(issue.list.data, issue.list.len);
    seed_message("message/act-submit", GV_KIND_ACT_SUBMIT, &submit.base);
    fixture_token(&f, &token);
    assert_int_equal(gv_enrol_seal(&token, f.unit, FIXTURE_TIME_US, &statement), GV_OK);
    enrol.statement = gv_pb_bytes(statement.data, statement.len);
    seed_message("message/enrol", GV_KIND_ENROL, &enrol.base);
    gv_buf_fini(&statement);
    gv_buf_fini(&frame);
}

static void test_seeds_of_payloads(void **state)
{
    Giaoviec__V1__ReportEntry entry = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    Giaoviec__V1__Status status = GIAOVIEC__V1__STATUS__INIT;
    Giaoviec__V1__IndicatorValue value = GIAOVIEC__V1__INDICATOR_VALUE__INIT;
    Giaoviec__V1__IndicatorValue *values[1] = {&value};
    Giaoviec__V1__Welcome welcome = GIAOVIEC__V1__WELCOME__INIT;
    Giaoviec__V1__Receipt receipt = GIAOVIEC__V1__RECEIPT__INIT;
    Giaoviec__V1__Disposition disposition = GIAOVIEC__V1__DISPOSITION__INIT;
    Giaoviec__V1__Disposition *dispositions[1] = {&disposition};
    Giaoviec__V1__RevokeKey revoke = GIAOVIEC__V1__REVOKE_KEY__INIT;
    struct gv_buf body, bytes;

    (void)state;
    gv_buf_init(&body);
    gv_buf_init(&bytes);
    value.code = text("INSPECTIONS");
    value.value = text("12.5");
    status.progress = 41;
    status.narrative = text("đã kiểm tra 12 cơ sở");
    status.values = values;
    status.n_values = 1;
    pack(&status.base, &body);
    seed_as("payload/status", 128 + 3, bytes_of(&body));
    entry.kind = GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS;
    entry.time_us = FIXTURE_TIME_US;
    entry.assignment = gv_pb_bytes(issue.assignment[0], 16);
    entry.epoch = 1;
    entry.body = gv_pb_bytes(body.data, body.len);
    pack(&entry.base, &bytes);
    seed_as("payload/report-entry", 144, bytes_of(&bytes));
    pack(&issue.order.base, &bytes);
    seed_as("payload/order-entry", 145, bytes_of(&bytes));
    seed_as("payload/task", 146, bytes_of(&issue.task));
    seed_as("payload/item-list", 148, bytes_of(&issue.list));
    seed_as("payload/issue", 64 + GV_SIGNED_ISSUE, bytes_of(&issue.body));
    revoke.unit = text("SO-YT");
    revoke.key_id = gv_pb_bytes(f.unit->key_id.b, 16);
    pack(&revoke.base, &bytes);
    seed_as("payload/revoke-key", 64 + GV_SIGNED_REVOKE_KEY, bytes_of(&bytes));
    welcome.credits = 8;
    welcome.keyset = gv_pb_bytes(f.bytes.data, f.bytes.len);
    pack(&welcome.base, &bytes);
    seed_as("payload/welcome", GV_KIND_WELCOME, bytes_of(&bytes));
    disposition.number = 4;
    disposition.code = GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_STALE;
    disposition.text = text("nhiệm kỳ giao cũ");
    receipt.dispositions = dispositions;
    receipt.n_dispositions = 1;
    pack(&receipt.base, &bytes);
    seed_as("payload/receipt", GV_KIND_RECEIPT, bytes_of(&bytes));
    gv_buf_fini(&body);
    gv_buf_fini(&bytes);
}

/* Signed by the root without any check. */
static void seed_keyset(const char *name, const Giaoviec__V1__Keyset *set)
{
    const struct gv_key *const root[] = {f.root};
    struct gv_buf bytes;

    gv_buf_init(&bytes);
    fixture_sign(&set->base, GV_CTX_KEYSET, root, 1, &bytes);
    seed(name, bytes_of(&bytes));
    gv_buf_fini(&bytes);
}

/* Somebody has left; under the code of a server; with a key that is revoked. */
static void test_seeds_of_keysets(void **state)
{
    Giaoviec__V1__PersonInfo left = f.person[1], *former[1] = {&left};
    Giaoviec__V1__Keyset set = f.set;
    ProtobufCBinaryData revoked = gv_pb_bytes(f.other->key_id.b, sizeof f.other->key_id.b);

    (void)state;
    left.code = f.other->code.s;
    left.sign_key = gv_pb_bytes(f.other->sign_pk, 32);
    left.curve_key = gv_pb_bytes(f.other->curve_pk, 32);
    set.former = former;
    set.n_former = 1;
    seed_keyset("keyset/former", &set);
    left.code = f.c1->code.s;
    seed_keyset("keyset/former-server", &set);
    left.code = f.other->code.s;
    set.revoked = &revoked;
    set.n_revoked = 1;
    seed_keyset("keyset/former-revoked", &set);
}

static void test_seeds_of_trust(void **state)
{
    struct gv_token token;
    struct gv_buf s;

    (void)state;
    gv_buf_init(&s);
    seed("keyset/small", bytes_of(&f.bytes));
    fixture_token(&f, &token);
    assert_int_equal(gv_token_format(&token, &s), GV_OK);
    seed_as("token/token", 't', bytes_of(&s));
    gv_buf_reset(&s);
    assert_int_equal(gv_enrol_seal(&token, f.unit, FIXTURE_TIME_US, &s), GV_OK);
    seed_as("token/statement", 's', bytes_of(&s));
    seed_as("act/issue", 0, bytes_of(&issue.act_bytes));
    seed_as("act/list", GV_SIGNED_ISSUE, bytes_of(&issue.list));
    pack(&issue.order.base, &s);
    seed("order/assign", bytes_of(&s));
    gv_buf_fini(&s);
}

/* One of each kind of report. */
static void test_seeds_of_entries(void **state)
{
    Giaoviec__V1__ReportEntry entry = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    Giaoviec__V1__Accept accept = GIAOVIEC__V1__ACCEPT__INIT;
    Giaoviec__V1__Return returned = GIAOVIEC__V1__RETURN__INIT;
    Giaoviec__V1__Status status = GIAOVIEC__V1__STATUS__INIT;
    Giaoviec__V1__Submit submit = GIAOVIEC__V1__SUBMIT__INIT;
    Giaoviec__V1__Attest attest = GIAOVIEC__V1__ATTEST__INIT;
    Giaoviec__V1__IndicatorValue value = GIAOVIEC__V1__INDICATOR_VALUE__INIT;
    Giaoviec__V1__IndicatorValue *values[1] = {&value};
    Giaoviec__V1__PeriodDone period = GIAOVIEC__V1__PERIOD_DONE__INIT;
    Giaoviec__V1__PeriodDone *periods[1] = {&period};
    Giaoviec__V1__AttestException line = GIAOVIEC__V1__ATTEST_EXCEPTION__INIT;
    Giaoviec__V1__AttestException *lines[1] = {&line};
    const struct {
        const char *name;
        const ProtobufCMessage *body;
    } kinds[] = {{"entry/accept", &accept.base},
                 {"entry/return", &returned.base},
                 {"entry/status", &status.base},
                 {"entry/submit", &submit.base},
                 {"entry/attest", &attest.base}};
    struct gv_buf body, bytes;

    (void)state;
    gv_buf_init(&body);
    gv_buf_init(&bytes);
    accept.person = attest.person = text("Nguyễn Văn A");
    accept.note = status.narrative = submit.narrative = returned.reason = text("đã rõ");
    value.code = text("X");
    value.value = text("-12.5");
    value.as_of_day = period.period_day = line.day = 19755;
    status.progress = 41;
    status.values = submit.values = values;
    status.n_values = submit.n_values = 1;
    status.periods = periods;
    status.n_periods = 1;
    line.text = text("một trường hợp");
    attest.exceptions = attest.permits = attest.breaches = lines;
    attest.n_exceptions = attest.n_permits = attest.n_breaches = 1;
    entry.time_us = FIXTURE_TIME_US;
    entry.assignment = gv_pb_bytes(issue.assignment[0], 16);
    entry.epoch = 1;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        pack(kinds[i].body, &body);
        entry.kind = (uint32_t)i + 1;
        entry.body = gv_pb_bytes(body.data, body.len);
        pack(&entry.base, &bytes);
        seed(kinds[i].name, bytes_of(&bytes));
    }
    gv_buf_fini(&body);
    gv_buf_fini(&bytes);
}

static void seed_act(uint32_t kind, const char *actor, const struct gv_key *key,
                     const ProtobufCMessage *body)
{
    Giaoviec__V1__Act act = issue.act;
    struct gv_buf packed, bytes, name;

    gv_buf_init(&packed);
    gv_buf_init(&bytes);
    gv_buf_init(&name);
    assert_int_equal(gv_pb_pack(body, &packed), GV_OK);
    act.kind = kind;
    act.actor = text(actor);
    act.body = gv_pb_bytes(packed.data, packed.len);
    if (gv_act_row(kind)->with != GV_WITH_LIST) {
        act.list_root = gv_pb_bytes(NULL, 0);
        act.list_count = 0;
    }
    if (gv_act_row(kind)->with == GV_WITH_PLAIN)
        act.attachment_digest = gv_pb_bytes(NULL, 0);
    assert_int_equal(gv_act_seal(&act, &key, 1, &bytes), GV_OK);
    gv_buf_printf(&name, "act/%s", gv_act_row(kind)->name);
    seed_as((char *)name.data, 0, bytes_of(&bytes));
    gv_buf_fini(&packed);
    gv_buf_fini(&bytes);
    gv_buf_fini(&name);
}

/* One of each kind of act that has a body of its own. */
static void test_seeds_of_acts(void **state)
{
    Giaoviec__V1__RegisterUnits units = GIAOVIEC__V1__REGISTER_UNITS__INIT;
    Giaoviec__V1__UnitInfo unit = GIAOVIEC__V1__UNIT_INFO__INIT, *unit_list[1] = {&unit};
    Giaoviec__V1__IssueTokens tokens = GIAOVIEC__V1__ISSUE_TOKENS__INIT;
    Giaoviec__V1__TokenHash hash = GIAOVIEC__V1__TOKEN_HASH__INIT, *hash_list[1] = {&hash};
    Giaoviec__V1__ApproveBreakdown approve = GIAOVIEC__V1__APPROVE_BREAKDOWN__INIT;
    Giaoviec__V1__RevokeKey revoke = GIAOVIEC__V1__REVOKE_KEY__INIT;
    Giaoviec__V1__BodyEntry entry = GIAOVIEC__V1__BODY_ENTRY__INIT;
    Giaoviec__V1__ClockStep step = GIAOVIEC__V1__CLOCK_STEP__INIT;
    Giaoviec__V1__LiftQuarantine lift = GIAOVIEC__V1__LIFT_QUARANTINE__INIT;
    Giaoviec__V1__Empty empty = GIAOVIEC__V1__EMPTY__INIT;
    char *fields[1] = {text("y tế")};
    struct gv_buf report;

    (void)state;
    gv_buf_init(&report);
    assert_int_equal(gv_buf_read_file(&report, CORPORA "entry/accept", 4096), GV_OK);
    unit.code = hash.unit = revoke.unit = lift.unit = text("SO-YT");
    unit.name_vi = text("Sở Y tế");
    unit.fields = fields;
    unit.n_fields = 1;
    units.units = unit_list;
    units.n_units = 1;
    hash.hash = gv_pb_bytes(issue.digest.b, 32);
    hash.expires_us = step.to_us = FIXTURE_TIME_US;
    tokens.tokens = hash_list;
    tokens.n_tokens = 1;
    approve.directive = gv_pb_bytes(issue.directive, 16);
    approve.version = 1;
    revoke.key_id = gv_pb_bytes(f.unit->key_id.b, 16);
    entry.unit = text("CC-BTVTU");
    entry.entry = gv_pb_bytes(report.data, report.len);
    seed_act(GV_SIGNED_REGISTER_UNITS, "admin", f.admin, &units.base);
    seed_act(GV_SIGNED_ISSUE_TOKENS, "admin", f.admin, &tokens.base);
    seed_act(GV_SIGNED_APPROVE_BREAKDOWN, "admin", f.admin, &approve.base);
    seed_act(GV_SIGNED_REDO, "vp1", f.vp1, &empty.base);
    seed_act(GV_SIGNED_REVOKE_KEY, "admin", f.admin, &revoke.base);
    seed_act(GV_SIGNED_BODY_ENTRY, "uv1", f.uv1, &entry.base);
    seed_act(GV_SIGNED_CLOCK_STEP, "admin", f.admin, &step.base);
    seed_act(GV_SIGNED_LIFT_QUARANTINE, "admin", f.admin, &lift.base);
    gv_buf_fini(&report);
}

/* What a coordinator answers to an enrolment. */
static void seed_answer(const char *name, uint32_t kind, const ProtobufCMessage *body)
{
    struct gv_head head = {.deployment = f.deployment,
                           .sender = f.c1->code,
                           .kind = kind,
                           .sequence = 1,
                           .time_us = FIXTURE_TIME_US};
    struct gv_buf frame;

    memset(head.message_id.b, 0x33, sizeof head.message_id.b);
    gv_buf_init(&frame);
    assert_int_equal(gv_message_seal(&head, body, f.c1, &frame), GV_OK);
    seed_as(name, 'a', bytes_of(&frame));
    gv_buf_fini(&frame);
}

static void test_seeds_of_enrolment(void **state)
{
    Giaoviec__V1__EnrolToken packed = GIAOVIEC__V1__ENROL_TOKEN__INIT;
    Giaoviec__V1__Enrolled enrolled = GIAOVIEC__V1__ENROLLED__INIT;
    Giaoviec__V1__Error error = GIAOVIEC__V1__ERROR__INIT;
    Giaoviec__V1__Busy busy = GIAOVIEC__V1__BUSY__INIT;
    struct gv_token token;
    struct gv_buf bytes;

    (void)state;
    gv_buf_init(&bytes);
    fixture_token(&f, &token);
    packed.deployment = gv_pb_bytes(token.deployment.b, 16);
    packed.endpoint = token.endpoint;
    packed.server_key = gv_pb_bytes(token.server_pk, 32);
    packed.root_hash = gv_pb_bytes(token.root_hash.b, 32);
    packed.unit = token.unit.s;
    packed.secret = gv_pb_bytes(token.secret, 16);
    pack(&packed.base, &bytes);
    seed_as("token/packed", 'p', bytes_of(&bytes));
    enrolled.keyset = gv_pb_bytes(f.bytes.data, f.bytes.len);
    seed_answer("token/enrolled", GV_KIND_ENROLLED, &enrolled.base);
    error.code = GV_EDENIED;
    error.text = text("đã dùng");
    seed_answer("token/error", GV_KIND_ERROR, &error.base);
    busy.retry_after_ms = 500;
    seed_answer("token/busy", GV_KIND_BUSY, &busy.base);
    gv_buf_fini(&bytes);
}

static void seed_rotation(const char *name, const Giaoviec__V1__RotationStatement *statement,
                          size_t signers)
{
    const struct gv_key *const both[] = {f.unit, f.other};
    struct gv_buf bytes;

    gv_buf_init(&bytes);
    fixture_sign(&statement->base, GV_CTX_ROTATION, both, signers, &bytes);
    seed_as(name, 'r', bytes_of(&bytes));
    gv_buf_fini(&bytes);
}

/* A unit's key names the one that follows it; then each that is refused for another reason. */
static void test_seeds_of_rotations(void **state)
{
    const struct gv_key *const both[] = {f.unit, f.other};
    const struct gv_slice no_message = {(const uint8_t *)"\xff", 1};
    Giaoviec__V1__RotationStatement good = GIAOVIEC__V1__ROTATION_STATEMENT__INIT, one;
    struct gv_rotation rotation;
    struct gv_buf bytes;
    gv_arena *arena = gv_arena_new(1 << 16);

    (void)state;
    gv_buf_init(&bytes);
    good.deployment = gv_pb_bytes(f.deployment.b, sizeof f.deployment.b);
    good.unit = f.unit->code.s;
    good.from = gv_pb_bytes(f.unit->key_id.b, sizeof f.unit->key_id.b);
    good.sign_key = gv_pb_bytes(f.other->sign_pk, sizeof f.other->sign_pk);
    good.curve_key = gv_pb_bytes(f.other->curve_pk, sizeof f.other->curve_pk);
    good.time_us = FIXTURE_TIME_US;
    fixture_sign(&good.base, GV_CTX_ROTATION, both, 2, &bytes);
    assert_int_equal(gv_rotation_open(bytes_of(&bytes), &f.deployment, &f.unit->code,
                                      f.unit->sign_pk, arena, &rotation),
                     GV_OK);
    seed_as("token/rotation", 'r', bytes_of(&bytes));
    seed_rotation("token/rotation-one-signature", &good, 1);
    one = good;
    one.deployment = gv_pb_bytes(issue.digest.b, 32);
    seed_rotation("token/rotation-no-deployment", &one, 2);
    one.deployment = gv_pb_bytes(issue.directive, 16);
    seed_rotation("token/rotation-elsewhere", &one, 2);
    one = good;
    one.from = gv_pb_bytes(NULL, 0);
    seed_rotation("token/rotation-from-nothing", &one, 2);
    one = good;
    one.unit = text("SO-CT");
    seed_rotation("token/rotation-of-another", &one, 2);
    one = good;
    one.sign_key = gv_pb_bytes(f.unit->sign_pk, sizeof f.unit->sign_pk);
    seed_rotation("token/rotation-to-itself", &one, 2);
    gv_buf_reset(&bytes);
    assert_int_equal(gv_envelope_seal(GV_CTX_ROTATION, no_message, both, 2, &bytes), GV_OK);
    seed_as("token/rotation-no-message", 'r', bytes_of(&bytes));
    seed_as("token/rotation-no-envelope", 'r', no_message);
    gv_buf_fini(&bytes);
    gv_arena_free(arena);
}

static int init(void **state)
{
    (void)state;
    fixture_init(&f);
    fixture_issue_init(&f, &issue);
    return 0;
}

static int fini(void **state)
{
    (void)state;
    fixture_issue_fini(&issue);
    fixture_fini(&f);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeds_of_messages), cmocka_unit_test(test_seeds_of_payloads),
        cmocka_unit_test(test_seeds_of_trust),    cmocka_unit_test(test_seeds_of_entries),
        cmocka_unit_test(test_seeds_of_acts),     cmocka_unit_test(test_seeds_of_enrolment),
        cmocka_unit_test(test_seeds_of_keysets),  cmocka_unit_test(test_seeds_of_rotations),
    };

    return cmocka_run_group_tests(tests, init, fini);
}
