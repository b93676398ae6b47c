/* links: gv_trust gv_wire gv_crypto gv_base */
/* test_vectors.c - the table at the end of PROTOCOL.md is what this program computes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../fixture/trust.h"
#include "trust/rotation.h"

#define PROTOCOL GV_SOURCE_DIR "/proto/PROTOCOL.md"

static struct gv_buf protocol;
static struct fixture f;
static struct fixture_issue issue;

/* The row "| name | `value` |" must stand in the text. */
static void check_text(const char *name, const char *value)
{
    struct gv_buf row;

    gv_buf_init(&row);
    gv_buf_printf(&row, "| %s | `%s` |\n", name, value);
    if (strstr((char *)protocol.data, (char *)row.data) == NULL)
        fail_msg("PROTOCOL.md lacks this row:\n%s", (char *)row.data);
    gv_buf_fini(&row);
}

static void check(const char *name, const void *data, size_t len)
{
    char *hex = malloc(2 * len + 1);

    assert_non_null(hex);
    gv_hex(data, len, hex);
    check_text(name, hex);
    free(hex);
}

static void check_buf(const char *name, const struct gv_buf *buf)
{
    check(name, buf->data, buf->len);
}

static void test_keys_signatures_and_hashes(void **state)
{
    static const char payload[] = "giao việc";
    const struct gv_slice bytes = {(const uint8_t *)payload, sizeof payload - 1};
    const struct gv_key *keys[1] = {f.unit};
    uint8_t seed[32], curve_sk[32], signature[64];
    gv_hash chain = {{0}}, nodes[GV_TREE_NODES(3)];
    struct gv_buf envelope;
    struct gv_tree tree;

    (void)state;
    memset(seed, 1, sizeof seed);
    memset(curve_sk, 2, sizeof curve_sk);
    check("Ed25519 seed", seed, sizeof seed);
    check("Ed25519 public key", f.unit->sign_pk, 32);
    check("key id", f.unit->key_id.b, sizeof f.unit->key_id.b);
    check("X25519 secret key", curve_sk, sizeof curve_sk);
    check("X25519 public key", f.unit->curve_pk, 32);
    check("payload («giao việc»)", bytes.data, bytes.len);
    assert_int_equal(gv_sign(GV_CTX_MESSAGE, bytes, f.unit, signature), GV_OK);
    check("signature of the payload, context giaoviec/v1/message", signature, sizeof signature);
    gv_buf_init(&envelope);
    assert_int_equal(gv_envelope_seal(GV_CTX_MESSAGE, bytes, keys, 1, &envelope), GV_OK);
    check_buf("its envelope", &envelope);
    gv_buf_fini(&envelope);
    gv_hash_chain(&chain, bytes, &chain);
    check("h(1) of a log, entry 1 the payload", chain.b, sizeof chain.b);
    gv_hash_chain(&chain, bytes, &chain);
    check("h(2), entry 2 the same", chain.b, sizeof chain.b);
    for (int i = 0; i < 3; i++) {
        uint8_t item = (uint8_t)i;

        gv_tree_leaf((struct gv_slice){&item, 1}, &nodes[i]);
    }
    assert_int_equal(gv_tree_build(nodes, 3, &tree), GV_OK);
    check("root of the items 00, 01, 02", gv_tree_root(&tree)->b, sizeof(gv_hash));
}

static void test_a_deployment_its_keyset_and_an_enrolment(void **state)
{
    struct gv_key *next = fixture_key("SO-YT", 0x03);
    struct gv_token token;
    struct gv_buf out;
    gv_hash hash;

    (void)state;
    gv_buf_init(&out);
    check("root public key", f.root->sign_pk, 32);
    gv_root_hash(f.root->sign_pk, &hash);
    check("root hash", hash.b, sizeof hash.b);
    check("deployment id", f.deployment.b, sizeof f.deployment.b);
    check_buf("keyset, version 1", &f.bytes);
    fixture_token(&f, &token);
    assert_int_equal(gv_token_format(&token, &out), GV_OK);
    check_text("token, secret of bytes a5", (char *)out.data);
    gv_token_secret_hash(token.secret, &hash);
    check("hash of its secret", hash.b, sizeof hash.b);
    gv_buf_reset(&out);
    assert_int_equal(gv_enrol_seal(&token, f.unit, FIXTURE_TIME_US, &out), GV_OK);
    check_buf("enrolment statement of SO-YT", &out);
    gv_buf_reset(&out);
    assert_int_equal(gv_rotation_seal(&f.deployment, f.unit, next, FIXTURE_TIME_US, &out), GV_OK);
    check_buf("rotation statement of SO-YT", &out);
    gv_key_free(next);
    gv_buf_fini(&out);
}

static void test_an_act_with_its_items_and_a_proof(void **state)
{
    uint8_t proof[32 * GV_TREE_MAX_DEPTH];

    (void)state;
    check_buf("task", &issue.task);
    check("digest of the task", issue.task_digest.b, 32);
    check_buf("item 0, SO-YT", &issue.item_bytes[0]);
    check_buf("item 1, SO-CT", &issue.item_bytes[1]);
    check_buf("item 2, CATP-DL", &issue.item_bytes[2]);
    check_buf("item list", &issue.list);
    check("root of the list", issue.root.b, 32);
    check("digest of the list", issue.digest.b, 32);
    check_buf("ISSUE act, signed by admin", &issue.act_bytes);
    for (size_t i = 0; i < issue.proof.count; i++)
        memcpy(proof + 32 * i, issue.proof.hashes[i].b, 32);
    check("proof of item 0, hashes in a row", proof, 32 * issue.proof.count);
}

static void test_an_order_and_whether_a_unit_believes_it(void **state)
{
    gv_arena *arena = gv_arena_new(1 << 20);
    gv_hash chain = {{0}};
    struct gv_buf entry;
    gv_code other;

    (void)state;
    gv_buf_init(&entry);
    assert_int_equal(gv_pb_pack(&issue.order.base, &entry), GV_OK);
    check_buf("order entry, ASSIGN to SO-YT", &entry);
    gv_hash_chain(&chain, bytes_of(&entry), &chain);
    check("h(1) of SO-YT's order log", chain.b, 32);
    assert_int_equal(gv_order_check(&issue.order, f.keyset, &f.unit->code, arena, NULL), GV_OK);
    assert_int_equal(gv_code_from_str("SO-CT", &other), GV_OK);
    assert_int_equal(gv_order_check(&issue.order, f.keyset, &other, arena, NULL), GV_ERECIPIENT);
    gv_buf_fini(&entry);
    gv_arena_free(arena);
}

static void test_a_report_and_a_hello(void **state)
{
    Giaoviec__V1__ReportEntry entry = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    Giaoviec__V1__Accept accept = GIAOVIEC__V1__ACCEPT__INIT;
    struct gv_buf body, bytes;
    gv_hash chain = {{0}};

    (void)state;
    gv_buf_init(&body);
    gv_buf_init(&bytes);
    accept.person = text("Nguyễn Văn A");
    assert_int_equal(gv_pb_pack(&accept.base, &body), GV_OK);
    entry.kind = GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT;
    entry.time_us = FIXTURE_TIME_US;
    entry.assignment = gv_pb_bytes(issue.assignment[0], 16);
    entry.epoch = 1;
    entry.body = gv_pb_bytes(body.data, body.len);
    assert_int_equal(gv_pb_pack(&entry.base, &bytes), GV_OK);
    check_buf("report entry, ACCEPT by «Nguyễn Văn A»", &bytes);
    gv_hash_chain(&chain, bytes_of(&bytes), &chain);
    check("h(1) of SO-YT's report log", chain.b, 32);
    gv_buf_reset(&bytes);
    fixture_hello(&f, &bytes);
    check_buf("HELLO of SO-YT, the whole frame", &bytes);
    gv_buf_fini(&body);
    gv_buf_fini(&bytes);
}

static int init(void **state)
{
    (void)state;
    gv_buf_init(&protocol);
    fixture_init(&f);
    fixture_issue_init(&f, &issue);
    return gv_buf_read_file(&protocol, PROTOCOL, 1 << 20) == GV_OK ? 0 : -1;
}

static int fini(void **state)
{
    (void)state;
    fixture_issue_fini(&issue);
    fixture_fini(&f);
    gv_buf_fini(&protocol);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_signatures_and_hashes),
        cmocka_unit_test(test_a_deployment_its_keyset_and_an_enrolment),
        cmocka_unit_test(test_an_act_with_its_items_and_a_proof),
        cmocka_unit_test(test_an_order_and_whether_a_unit_believes_it),
        cmocka_unit_test(test_a_report_and_a_hello),
    };

    return cmocka_run_group_tests(tests, init, fini);
}
