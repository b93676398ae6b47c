/* home.c - a deployment's folder: keyset and keys as files. */
#include "cli/home.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/lang.h"
#include "cli/out.h"
#include "crypto/hash.h"

int home_need(const struct cli *cli)
{
    if (cli->home != NULL)
        return 0;
    return out_error(GV_EUSAGE, "--home",
                     gv_tr("thiếu thư mục của hệ thống: --home THƯ-MỤC hoặc GIAOVIEC_HOME",
                           "the deployment's folder is missing: --home FOLDER or GIAOVIEC_HOME"));
}

static const char *joined(gv_arena *arena, const char *a, const char *b, const char *c)
{
    size_t len = strlen(a) + strlen(b) + strlen(c) + 2;
    char *path = gv_arena_alloc(arena, len);

    if (path != NULL)
        snprintf(path, len, "%s/%s%s", a, b, c);
    return path;
}

const char *home_path(const struct cli *cli, const char *name)
{
    return joined(cli->arena, cli->home, name, "");
}

const char *home_key_path(const struct cli *cli, const char *code)
{
    const char *folder = home_path(cli, "keys");

    return folder != NULL ? joined(cli->arena, folder, code, ".key") : NULL;
}

const char *home_next_key_path(const struct cli *cli, const char *code)
{
    const char *folder = home_path(cli, "keys");

    return folder != NULL ? joined(cli->arena, folder, code, ".next") : NULL;
}

static int load_keyset(const struct cli *cli, struct gv_keyset **out)
{
    const char *path = home_path(cli, "keyset");
    struct gv_buf bytes;
    gv_err err;
    int status = 0;

    if (path == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    gv_buf_init(&bytes);
    err = gv_buf_read_file(&bytes, path, HOME_KEYSET_MAX);
    if (err == GV_ENOTFOUND)
        status = out_error(err, path,
                           gv_tr("chưa có hệ thống ở đây: giaoviec deployment init --home …",
                                 "no deployment here yet: giaoviec deployment init --home …"));
    else if (err != GV_OK)
        status = out_error(err, path, NULL);
    else if ((err = gv_keyset_open((struct gv_slice){bytes.data, bytes.len}, NULL, out)) != GV_OK)
        status = out_error(err, path,
                           gv_tr("danh bạ khóa hỏng: chép lại từ máy của quản trị viên",
                                 "the keyset is damaged: copy it from an administrator again"));
    gv_buf_fini(&bytes);
    return status;
}

static int load_key_file(const char *path, struct gv_key **out)
{
    gv_err err = path != NULL ? gv_key_load(path, out) : GV_ENOMEM;

    if (err == GV_EDENIED)
        return out_error(err, path,
                         gv_tr("tệp khóa phải có quyền 0600", "a key file must have mode 0600"));
    return err == GV_OK ? 0 : out_error(err, path, NULL);
}

static bool is_key_of(const struct gv_key *key, const Giaoviec__V1__PersonInfo *person)
{
    return key != NULL && person != NULL && strcmp(key->code.s, person->code) == 0 &&
           memcmp(key->sign_pk, person->sign_key.data, sizeof key->sign_pk) == 0;
}

static bool are_keys_of(const struct home *home, const Giaoviec__V1__PersonInfo *person)
{
    return is_key_of(home->key, person) || is_key_of(home->next, person);
}

static int load_keys(const struct cli *cli, enum home_as as, struct home *home)
{
    const struct gv_keyset *keyset = home->keyset;
    const Giaoviec__V1__PersonInfo *person;
    const char *path, *next;
    gv_code code;
    int status;

    if (cli->as == NULL)
        return out_error(GV_EUSAGE, "--as",
                         gv_tr("thiếu mã người làm: --as MÃ hoặc GIAOVIEC_AS",
                               "who acts is missing: --as CODE or GIAOVIEC_AS"));
    if (gv_code_from_str(cli->as, &code) != GV_OK)
        return out_error(GV_EUSAGE, cli->as, gv_tr("không phải một mã", "not a code"));
    person = gv_keyset_person(keyset, cli->as);
    if (person == NULL && as == HOME_PERSON)
        return out_errorf(
            GV_EDENIED, cli->as,
            gv_tr("không có trong danh bạ khóa phiên bản %llu", "not in the keyset, version %llu"),
            (unsigned long long)keyset->version);
    path = home_key_path(cli, cli->as);
    status = load_key_file(path, &home->key);
    next = home_next_key_path(cli, cli->as);
    if (status == 0 && next != NULL && access(next, F_OK) == 0)
        status = load_key_file(next, &home->next);
    if (status == 0 &&
        (as == HOME_KEY ? strcmp(home->key->code.s, cli->as) != 0 : !are_keys_of(home, person)))
        status = out_errorf(GV_EDENIED, path, "%s%s",
                            gv_tr("không phải khóa của người này trong danh bạ khóa",
                                  "not the key that the keyset has for this person"),
                            as == HOME_PERSON ? gv_tr("; hãy chạy giaoviec keyset fetch",
                                                      "; run giaoviec keyset fetch")
                                              : "");
    return status;
}

gv_err home_key_follows(const struct cli *cli, struct home *home)
{
    const char *path = home_key_path(cli, cli->as), *next = home_next_key_path(cli, cli->as);

    if (path == NULL || next == NULL || rename(next, path) != 0 ||
        gv_file_sync_folder(path) != GV_OK)
        return GV_EIO;
    gv_key_free(home->key);
    home->key = home->next;
    home->next = NULL;
    return GV_OK;
}

int home_open(const struct cli *cli, enum home_as as, struct home *out)
{
    int status = home_need(cli);

    memset(out, 0, sizeof *out);
    if (status != 0)
        return status;
    if (gv_crypto_init() != GV_OK)
        return out_error(GV_EBUG, "libsodium", NULL);
    out->path = cli->home;
    status = load_keyset(cli, &out->keyset);
    if (status == 0 && as != HOME_ALONE)
        status = load_keys(cli, as, out);
    if (status != 0)
        home_close(out);
    return status;
}

void home_close(struct home *home)
{
    gv_keyset_free(home->keyset);
    gv_key_free(home->key);
    gv_key_free(home->next);
    memset(home, 0, sizeof *home);
}

gv_err home_keep_keyset(const struct cli *cli, struct home *home, struct gv_slice bytes,
                        bool *newer)
{
    struct gv_keyset *keyset = NULL;
    const char *path = home_path(cli, "keyset");
    gv_hash root;
    gv_err err;

    *newer = false;
    if (path == NULL)
        return GV_ENOMEM;
    gv_root_hash(home->keyset->set->root_key.data, &root);
    err = gv_keyset_open(bytes, &root, &keyset);
    if (err != GV_OK)
        return err;
    if (keyset->version <= home->keyset->version) {
        gv_keyset_free(keyset);
        return GV_OK;
    }
    err = gv_file_write(path, bytes.data, bytes.len, 0644);
    if (err != GV_OK) {
        gv_keyset_free(keyset);
        return err;
    }
    gv_keyset_free(home->keyset);
    home->keyset = keyset;
    *newer = true;
    return GV_OK;
}

void home_root_text(const struct gv_keyset *keyset, char out[65])
{
    gv_hash root;

    gv_root_hash(keyset->set->root_key.data, &root);
    gv_hex(root.b, sizeof root.b, out);
}
