/* links: gv_wire gv_crypto gv_base */
/* test_vectors.c - the table at the end of PROTOCOL.md is what this program computes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/hash.h"
#include "crypto/sign.h"
#include "crypto/tree.h"
#include "wire/envelope.h"

#define PROTOCOL GV_SOURCE_DIR "/proto/PROTOCOL.md"

static struct gv_buf protocol;

/* The row "| name | `hex` |" must stand in the text. */
static void check(const char *name, const void *data, size_t len)
{
    char *hex = malloc(2 * len + 1);
    struct gv_buf row;

    assert_non_null(hex);
    gv_hex(data, len, hex);
    gv_buf_init(&row);
    gv_buf_printf(&row, "| %s | `%s` |\n", name, hex);
    if (strstr((char *)protocol.data, (char *)row.data) == NULL)
        fail_msg("PROTOCOL.md lacks this row:\n%s", (char *)row.data);
    gv_buf_fini(&row);
    free(hex);
}

static void test_every_vector_of_the_protocol_is_what_we_compute(void **state)
{
    static const char payload[] = "giao việc";
    const struct gv_slice bytes = {(const uint8_t *)payload, sizeof payload - 1};
    uint8_t sign_seed[32], curve_sk[32], signature[64];
    struct gv_key *key = NULL;
    const struct gv_key *keys[1];
    struct gv_buf envelope;
    gv_hash chain = {{0}}, leaves[GV_TREE_NODES(3)];
    struct gv_tree tree;
    gv_code code;

    (void)state;
    memset(sign_seed, 1, sizeof sign_seed);
    memset(curve_sk, 2, sizeof curve_sk);
    assert_int_equal(gv_code_from_str("SO-YT", &code), GV_OK);
    assert_int_equal(gv_key_from_seeds(&code, sign_seed, curve_sk, &key), GV_OK);
    keys[0] = key;

    check("Ed25519 seed", sign_seed, sizeof sign_seed);
    check("Ed25519 public key", key->sign_pk, sizeof key->sign_pk);
    check("key id", key->key_id.b, sizeof key->key_id.b);
    check("X25519 secret key", curve_sk, sizeof curve_sk);
    check("X25519 public key", key->curve_pk, sizeof key->curve_pk);
    check("payload («giao việc»)", bytes.data, bytes.len);
    assert_int_equal(gv_sign(GV_CTX_MESSAGE, bytes, key, signature), GV_OK);
    check("signature of the payload, context giaoviec/v1/message", signature, sizeof signature);
    gv_buf_init(&envelope);
    assert_int_equal(gv_envelope_seal(GV_CTX_MESSAGE, bytes, keys, 1, &envelope), GV_OK);
    check("its envelope", envelope.data, envelope.len);
    gv_buf_fini(&envelope);
    gv_hash_chain(&chain, bytes, &chain);
    check("h(1) of a log, entry 1 the payload", chain.b, sizeof chain.b);
    gv_hash_chain(&chain, bytes, &chain);
    check("h(2), entry 2 the same", chain.b, sizeof chain.b);
    for (int i = 0; i < 3; i++) {
        uint8_t item = (uint8_t)i;

        gv_tree_leaf((struct gv_slice){&item, 1}, &leaves[i]);
    }
    assert_int_equal(gv_tree_build(leaves, 3, &tree), GV_OK);
    check("root of the items 00, 01, 02", gv_tree_root(&tree)->b, sizeof(gv_hash));
    gv_key_free(key);
}

static int init(void **state)
{
    (void)state;
    gv_buf_init(&protocol);
    if (gv_crypto_init() != GV_OK)
        return -1;
    return gv_buf_read_file(&protocol, PROTOCOL, 1 << 20) == GV_OK ? 0 : -1;
}

static int fini(void **state)
{
    (void)state;
    gv_buf_fini(&protocol);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_vector_of_the_protocol_is_what_we_compute),
    };

    return cmocka_run_group_tests(tests, init, fini);
}
