/* links: gv_fault gv_crypto gv_base */
/* test_crypto.c - hashes, keys on disk, signatures in their contexts, item trees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/sign.h"
#include "crypto/tree.h"
#include "fault.h"

static struct gv_slice slice(const char *s)
{
    return (struct gv_slice){(const uint8_t *)s, strlen(s)};
}

static struct gv_key *new_key(const char *name)
{
    struct gv_key *key = NULL;
    gv_code code;

    assert_int_equal(gv_code_from_str(name, &code), GV_OK);
    assert_int_equal(gv_key_new(&code, &key), GV_OK);
    return key;
}

static void test_parts_cannot_be_shifted_into_each_other(void **state)
{
    struct gv_slice ab_c[2] = {slice("ab"), slice("c")};
    struct gv_slice a_bc[2] = {slice("a"), slice("bc")};
    gv_hash one, two;

    (void)state;
    gv_hash_of(GV_CTX_NODE, ab_c, 2, &one);
    gv_hash_of(GV_CTX_NODE, a_bc, 2, &two);
    assert_false(gv_hash_eq(&one, &two));
    gv_hash_of(GV_CTX_LEAF, ab_c, 2, &two);
    assert_false(gv_hash_eq(&one, &two));
}

static void test_a_signature_holds_in_its_context_for_its_bytes_and_key_only(void **state)
{
    struct gv_key *key = new_key("SO-YT"), *other = new_key("SO-TC");
    struct gv_slice payload = slice("báo cáo");
    uint8_t signature[64];

    (void)state;
    assert_int_equal(gv_sign(GV_CTX_MESSAGE, payload, key, signature), GV_OK);
    assert_int_equal(gv_verify(GV_CTX_MESSAGE, payload, key->sign_pk, signature), GV_OK);
    assert_int_equal(gv_verify(GV_CTX_ACT, payload, key->sign_pk, signature), GV_ESIGNATURE);
    assert_int_equal(gv_verify(GV_CTX_MESSAGE, slice("báo cao"), key->sign_pk, signature),
                     GV_ESIGNATURE);
    assert_int_equal(gv_verify(GV_CTX_MESSAGE, payload, other->sign_pk, signature), GV_ESIGNATURE);
    fault_arm(FAULT_ALLOCATION, 0);
    assert_int_equal(gv_sign(GV_CTX_MESSAGE, payload, key, signature), GV_OK);
    assert_int_equal(gv_verify(GV_CTX_MESSAGE, payload, key->sign_pk, signature), GV_OK);
    fault_disarm();
    assert_int_equal(fault_count(FAULT_ALLOCATION), 2); /* one each */
    for (int bit = 0; bit < 64 * 8; bit++) {
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(gv_verify(GV_CTX_MESSAGE, payload, key->sign_pk, signature),
                         GV_ESIGNATURE);
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    gv_key_free(key);
    gv_key_free(other);
}

static void test_a_key_file_is_private_whole_and_never_overwritten(void **state)
{
    char folder[] = "/tmp/gv-key-XXXXXX", path[64];
    struct gv_key *key = new_key("SO-YT"), *loaded = NULL, *none = NULL;
    struct gv_buf text;
    struct stat st;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/k.key", folder);
    assert_int_equal(gv_key_load(path, &none), GV_ENOTFOUND);
    assert_int_equal(gv_key_save(key, path), GV_OK);
    assert_int_equal(gv_key_save(key, path), GV_EEXISTS);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(gv_key_load(path, &loaded), GV_OK);
    assert_memory_equal(loaded, key, sizeof *key);
    gv_key_free(loaded);

    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(gv_key_load(path, &none), GV_EDENIED);
    assert_int_equal(chmod(path, 0600), 0);

    gv_buf_init(&text);
    assert_int_equal(gv_buf_read_file(&text, path, 1024), GV_OK);
    for (size_t cut = 0; cut < text.len; cut++) { /* every prefix */
        assert_int_equal(gv_file_write(path, text.data, cut, 0600), GV_OK);
        assert_int_equal(gv_key_load(path, &none), GV_EBADMSG);
    }
    for (size_t i = 0; i < text.len; i++) { /* every byte changed */
        text.data[i] ^= 1;
        assert_int_equal(gv_file_write(path, text.data, text.len, 0600), GV_OK);
        if (gv_key_load(path, &none) ==
            GV_OK) { /* the CURVE key and the code have no check of their own */
            assert_memory_equal(none->sign_sk, key->sign_sk, sizeof key->sign_sk);
            gv_key_free(none);
            none = NULL;
        }
        text.data[i] ^= 1;
    }
    gv_buf_fini(&text);
    unlink(path);
    rmdir(folder);
    gv_key_free(key);
}

#define LEAVES_MAX 70

static void fill(gv_hash *leaves, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t item[2] = {(uint8_t)i, 7};

        gv_tree_leaf((struct gv_slice){item, sizeof item}, &leaves[i]);
    }
}

static void test_every_leaf_of_every_small_tree_proves_its_own_place_and_no_other(void **state)
{
    gv_hash leaves[LEAVES_MAX], nodes[GV_TREE_NODES(LEAVES_MAX)], root;
    struct gv_proof proof;
    struct gv_tree tree;

    (void)state;
    fill(leaves, LEAVES_MAX);
    assert_int_equal(gv_tree_build(nodes, 0, &tree), GV_EBADMSG);
    for (size_t count = 1; count <= LEAVES_MAX; count++) {
        fill(nodes, count);
        assert_int_equal(gv_tree_build(nodes, count, &tree), GV_OK);
        root = *gv_tree_root(&tree);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(gv_tree_proof(&tree, i, &proof), GV_OK);
            proof.hashes[proof.count] = root;
            for (size_t j = 0; j < count; j++) {
                gv_err want = i == j ? GV_OK : GV_ESIGNATURE;

                assert_int_equal(
                    gv_tree_check(&root, count, i, &leaves[j], proof.hashes, proof.count), want);
            }
            assert_int_equal(
                gv_tree_check(&root, count, i, &leaves[i], proof.hashes, proof.count + 1),
                GV_ESIGNATURE);
            if (proof.count > 0)
                assert_int_equal(
                    gv_tree_check(&root, count, i, &leaves[i], proof.hashes, proof.count - 1),
                    GV_ESIGNATURE);
        }
        assert_int_equal(gv_tree_proof(&tree, count, &proof), GV_ENOTFOUND);
        assert_int_equal(gv_tree_check(&root, count, count, &leaves[0], proof.hashes, 0),
                         GV_ESIGNATURE);
    }
}

static int init(void **state)
{
    (void)state;
    return gv_crypto_init() == GV_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_cannot_be_shifted_into_each_other),
        cmocka_unit_test(test_a_signature_holds_in_its_context_for_its_bytes_and_key_only),
        cmocka_unit_test(test_a_key_file_is_private_whole_and_never_overwritten),
        cmocka_unit_test(test_every_leaf_of_every_small_tree_proves_its_own_place_and_no_other),
    };

    return cmocka_run_group_tests(tests, init, NULL);
}
