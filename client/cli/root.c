/* root.c - the root key and what it signs. */
#include "cli/root.h"

#include <string.h>
#include <unistd.h>

#include "base/lang.h"
#include "cli/out.h"

gv_err root_public(gv_arena *arena, const struct gv_key *key, ProtobufCBinaryData *curve_key,
                   ProtobufCBinaryData *sign_key)
{
    curve_key->data = gv_arena_copy(arena, key->curve_pk, sizeof key->curve_pk);
    curve_key->len = sizeof key->curve_pk;
    sign_key->data = gv_arena_copy(arena, key->sign_pk, sizeof key->sign_pk);
    sign_key->len = sizeof key->sign_pk;
    return curve_key->data != NULL && sign_key->data != NULL ? GV_OK : GV_ENOMEM;
}

int root_make_key(const struct cli *cli, const char *code, const char *path,
                  ProtobufCBinaryData *curve_key, ProtobufCBinaryData *sign_key)
{
    struct gv_key *key = NULL;
    gv_code checked;
    gv_err err = path != NULL ? gv_code_from_str(code, &checked) : GV_ENOMEM;

    if (err == GV_OK)
        err = gv_key_new(&checked, &key);
    if (err == GV_OK)
        err = root_public(cli->arena, key, curve_key, sign_key);
    if (err == GV_OK && cli->dry_run)
        err = access(path, F_OK) == 0 ? GV_EEXISTS : GV_OK;
    else if (err == GV_OK)
        err = gv_key_save(key, path);
    gv_key_free(key);
    if (err == GV_EEXISTS)
        return out_error(err, path,
                         gv_tr("khóa không bao giờ bị ghi đè", "a key is never overwritten"));
    return err == GV_OK ? 0 : out_error(err, path, NULL);
}

void root_remove(const struct cli *cli, const char *path)
{
    if (path != NULL && !cli->dry_run)
        unlink(path);
}

bool root_has_admin(const Giaoviec__V1__Keyset *set)
{
    for (size_t i = 0; i < set->n_persons; i++) {
        for (size_t r = 0; r < set->persons[i]->n_roles; r++) {
            if (set->persons[i]->roles[r] == GIAOVIEC__V1__ROLE__ROLE_ADMIN)
                return true;
        }
    }
    return false;
}

int root_sign(const struct cli *cli, const Giaoviec__V1__Keyset *set, const struct gv_key *root)
{
    const char *path = home_path(cli, "keyset");
    struct gv_keyset *check = NULL;
    struct gv_buf out;
    gv_err err;

    gv_buf_init(&out);
    err = path != NULL ? gv_keyset_seal(set, root, &out) : GV_ENOMEM;
    if (err == GV_OK)
        err = gv_keyset_open((struct gv_slice){out.data, out.len}, NULL, &check);
    gv_keyset_free(check);
    if (err != GV_OK) {
        gv_buf_fini(&out);
        return out_error(err, path,
                         gv_tr("danh bạ khóa không hợp lệ: mã trùng nhau, hoặc khóa đã thu hồi?",
                               "the keyset does not hold: a code twice, or a revoked key?"));
    }
    if (!cli->dry_run)
        err = gv_file_write(path, out.data, out.len, 0644);
    gv_buf_fini(&out);
    return err == GV_OK ? 0 : out_error(err, path, NULL);
}

int root_load(const struct cli *cli, const struct gv_keyset *keyset, struct gv_key **out)
{
    const char *path = cli_text(cli, "root");
    struct gv_key *key = NULL;
    gv_err err;

    if (path == NULL)
        path = home_path(cli, "root.key");
    if (path == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    err = gv_key_load(path, &key);
    if (err == GV_ENOTFOUND)
        return out_error(
            err, path,
            gv_tr("khóa gốc ở nơi khác: --root TỆP", "the root key is elsewhere: --root FILE"));
    if (err != GV_OK)
        return out_error(err, path, NULL);
    if (memcmp(key->sign_pk, keyset->set->root_key.data, sizeof key->sign_pk) != 0) {
        gv_key_free(key);
        return out_error(
            GV_EDENIED, path,
            gv_tr("không phải khóa gốc của hệ thống này", "not the root key of this deployment"));
    }
    *out = key;
    return 0;
}
