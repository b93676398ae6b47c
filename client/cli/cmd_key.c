/* cmd_key.c - the noun "key": made here, shown without its secrets. */
#include <string.h>
#include <unistd.h>

#include "base/lang.h"
#include "cli/commands.h"
#include "cli/home.h"
#include "cli/out.h"
#include "crypto/hash.h"
#include "crypto/key.h"

static int show(const struct cli *cli, const struct gv_key *key, const char *path)
{
    char id[33], sign[65], curve[65];
    struct gv_buf out;
    int status;

    gv_hex(key->key_id.b, sizeof key->key_id.b, id);
    gv_hex(key->sign_pk, sizeof key->sign_pk, sign);
    gv_hex(key->curve_pk, sizeof key->curve_pk, curve);
    gv_buf_init(&out);
    if (cli->json)
        gv_buf_printf(&out,
                      "{\"code\":\"%s\",\"key_id\":\"%s\",\"sign\":\"%s\",\"curve\":\"%s\"}\n",
                      key->code.s, id, sign, curve);
    else
        gv_buf_printf(
            &out,
            gv_tr(
                "%s: khóa của %s\nmã khóa: %s\nkhóa công khai, ký: %s\nkhóa công khai, CURVE: %s\n",
                "%s: the key of %s\nkey id: %s\npublic key, signing: %s\npublic key, CURVE: %s\n"),
            path, key->code.s, id, sign, curve);
    status = out_write(&out);
    gv_buf_fini(&out);
    return status;
}

/* Makes none: somebody would send the public halves of a key that is kept nowhere. */
static int show_dry(const struct cli *cli, const char *code, const char *path)
{
    struct gv_buf out;
    int status;

    gv_buf_init(&out);
    if (cli->json)
        gv_buf_printf(&out, "{\"code\":\"%s\",\"dry_run\":true}\n", code);
    else
        gv_buf_printf(&out,
                      gv_tr("(chạy thử, không ghi gì) %s: khóa của %s\n",
                            "(dry run, nothing written) %s: the key of %s\n"),
                      path, code);
    status = out_write(&out);
    gv_buf_fini(&out);
    return status;
}

static int run_new(const struct cli *cli)
{
    const char *path = cli_text(cli, "out");
    struct gv_key *key = NULL;
    gv_code code;
    gv_err err;
    int status;

    if (gv_crypto_init() != GV_OK)
        return out_error(GV_EBUG, "libsodium", NULL);
    if (gv_code_from_str(cli->argv[0], &code) != GV_OK)
        return out_error(
            GV_EUSAGE, cli->argv[0],
            gv_tr("mã chỉ gồm chữ cái không dấu, chữ số, «.», «_», «-», tối đa 32 ký tự",
                  "a code is plain letters, digits, \".\", \"_\", \"-\", at most 32 of them"));
    if (path == NULL) {
        status = home_need(cli);
        if (status != 0)
            return status;
        path = home_key_path(cli, code.s);
    }
    if (path == NULL)
        err = GV_ENOMEM;
    else if (cli->dry_run)
        err = access(path, F_OK) == 0 ? GV_EEXISTS : GV_OK;
    else
        err = gv_key_new(&code, &key);
    if (err == GV_OK && !cli->dry_run)
        err = gv_key_save(key, path);
    if (err == GV_EEXISTS)
        status = out_error(err, path,
                           gv_tr("khóa không bao giờ bị ghi đè", "a key is never overwritten"));
    else if (err != GV_OK)
        status = out_error(err, path, NULL);
    else
        status = cli->dry_run ? show_dry(cli, code.s, path) : show(cli, key, path);
    gv_key_free(key);
    return status;
}

static int run_show(const struct cli *cli)
{
    struct gv_key *key = NULL;
    gv_err err = gv_crypto_init();
    int status;

    if (err == GV_OK)
        err = gv_key_load(cli->argv[0], &key);
    if (err == GV_EDENIED)
        return out_error(err, cli->argv[0],
                         gv_tr("tệp khóa phải có quyền 0600", "a key file must have mode 0600"));
    if (err != GV_OK)
        return out_error(err, cli->argv[0], NULL);
    status = show(cli, key, cli->argv[0]);
    gv_key_free(key);
    return status;
}

static const struct option_row new_options[] = {
    {"out", OPTION_FILE, "TỆP", "FILE", "tệp khóa (mặc định: HOME/keys/MÃ.key)",
     "the key file (default: HOME/keys/CODE.key)", NULL, 0, 0, false},
    {0},
};

const struct command commands_key[] = {
    {"key", "new", "MÃ", "CODE", 1, 1, COMMAND_HOME | COMMAND_WRITES, new_options, run_new,
     "tạo khóa cho một mã; in các khóa công khai", "make a key for a code; print its public halves",
     "key new uv2 --out uv2.key"},
    {"key", "show", "TỆP", "FILE", 1, 1, COMMAND_HOME, NULL, run_show,
     "xem các khóa công khai của một tệp khóa", "show the public halves of a key file",
     "key show uv2.key --json"},
    {0},
};
