/* cmd_keyset.c - the noun "keyset", what changes: signed by the root key version by version. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lang.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/person.h"
#include "cli/root.h"
#include "cli/rpc.h"
#include "crypto/hash.h"

/* ---- publish, fetch ---------------------------------------------------------------------------
 */

static int say_version(const struct cli *cli, const char *text, uint64_t version)
{
    struct gv_buf out;
    int status;

    gv_buf_init(&out);
    if (cli->json)
        gv_buf_printf(&out, "{\"version\":%llu,\"dry_run\":%s}\n", (unsigned long long)version,
                      cli->dry_run ? "true" : "false");
    else
        gv_buf_printf(&out, "%s%s %llu\n",
                      cli->dry_run
                          ? gv_tr("(chạy thử, không thay đổi gì) ", "(dry run, nothing changed) ")
                          : "",
                      text, (unsigned long long)version);
    status = out_write(&out);
    gv_buf_fini(&out);
    return status;
}

static int run_publish(const struct cli *cli)
{
    gv_rpc *rpc = NULL;
    gv_err err = GV_OK;
    int status = rpc_open_keyset(cli, &rpc);

    if (status != 0)
        return status;
    if (!cli->dry_run)
        err = rpc_keyset_put(rpc, rpc_home(rpc)->keyset->bytes);
    if (err == GV_EVERSION)
        status =
            out_error(err, NULL,
                      gv_tr("máy chủ đã có bản này hoặc bản mới hơn: giaoviec keyset fetch",
                            "the servers have this one or a newer one: giaoviec keyset fetch"));
    else if (err != GV_OK)
        status = rpc_error(rpc, err, NULL);
    else
        status = say_version(
            cli, gv_tr("đã công bố danh bạ khóa phiên bản", "published the keyset, version"),
            rpc_home(rpc)->keyset->version);
    rpc_close(rpc);
    return status;
}

static int run_fetch(const struct cli *cli)
{
    bool newer = false;
    gv_rpc *rpc = NULL;
    gv_err err;
    int status = rpc_open_keyset(cli, &rpc);

    if (status != 0)
        return status;
    err = rpc_keyset_get(rpc, &newer);
    if (err != GV_OK)
        status = rpc_error(rpc, err, NULL);
    else
        status = say_version(
            cli,
            newer ? gv_tr("đã nhận danh bạ khóa phiên bản", "fetched the keyset, version")
                  : gv_tr("không có bản mới hơn phiên bản", "nothing newer than version"),
            rpc_home(rpc)->keyset->version);
    rpc_close(rpc);
    return status;
}

/* ---- the next version -------------------------------------------------------------------------
 */

static int bad_public(const char *path)
{
    return out_error(GV_EBADMSG, path,
                     gv_tr("cần kết quả của: giaoviec key show TỆP --json",
                           "wanted: what giaoviec key show FILE "
                           "--json prints"));
}

/* The public halves that another person sent: what `key show --json` prints. */
static int read_public(const struct cli *cli, const char *path, Giaoviec__V1__PersonInfo *person)
{
    json_error_t bad;
    json_t *json = json_load_file(path, 0, &bad);
    const char *code = row_text(json, "code");
    uint8_t *sign = gv_arena_alloc(cli->arena, 32), *curve = gv_arena_alloc(cli->arena, 32);
    int status = 0;

    if (sign == NULL || curve == NULL)
        status = out_error(GV_ENOMEM, NULL, NULL);
    else if (json == NULL && bad.line < 0)
        status = out_error(access(path, F_OK) != 0 ? GV_ENOTFOUND : GV_EIO, path, NULL);
    else if (json == NULL)
        status = out_errorf(GV_EBADMSG, path, "%d:%d: %s", bad.line, bad.column,
                            gv_tr("không phải JSON", bad.text));
    else if (gv_unhex(row_text(json, "sign"), sign, 32) != GV_OK ||
             gv_unhex(row_text(json, "curve"), curve, 32) != GV_OK)
        status = bad_public(path);
    else if (strcmp(code, person->code) != 0)
        status = out_errorf(GV_EBADMSG, path,
                            gv_tr("khóa của «%s», không phải của «%s»", "the key of \"%s\", not of "
                                                                        "\"%s\""),
                            code, person->code);
    json_decref(json);
    person->sign_key = (ProtobufCBinaryData){32, sign};
    person->curve_key = (ProtobufCBinaryData){32, curve};
    return status;
}

/* made: the key file that was made for it; NULL: none. */
static int sign_next(const struct cli *cli, const struct home *home, Giaoviec__V1__Keyset *set,
                     const char *made)
{
    struct gv_key *root = NULL;
    int status = root_load(cli, home->keyset, &root);

    set->version = home->keyset->version + 1;
    set->created_us = gv_clock_real_us();
    if (status == 0)
        status = root_sign(cli, set, root);
    gv_key_free(root);
    if (status != 0) {
        root_remove(cli, made);
        return status;
    }
    return say_version(cli,
                       gv_tr("đã ký; công bố bằng giaoviec keyset publish: phiên bản",
                             "signed; publish it by giaoviec keyset publish: version"),
                       set->version);
}

static int add_to(const struct cli *cli, const struct home *home, Giaoviec__V1__PersonInfo *person)
{
    Giaoviec__V1__Keyset set = *home->keyset->set;
    Giaoviec__V1__PersonInfo **persons =
        gv_arena_alloc(cli->arena, (set.n_persons + 1) * sizeof(Giaoviec__V1__PersonInfo *));
    const char *public = cli_text(cli, "public");
    const char *path = public == NULL ? home_key_path(cli, person->code) : NULL;
    struct gv_key *root = NULL;
    int status;

    if (persons == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    if (gv_keyset_person(home->keyset, person->code) != NULL ||
        gv_keyset_coordinator(home->keyset, person->code) != NULL)
        return out_error(
            GV_EEXISTS, person->code,
            gv_tr("mã này đã có trong danh bạ khóa", "this code is in the keyset already"));
    /* Before a key is made: without the root key it would be of no use. */
    status = root_load(cli, home->keyset, &root);
    gv_key_free(root);
    if (status == 0)
        status = public != NULL ? read_public(cli, public, person)
                                : root_make_key(cli, person->code, path, &person->curve_key,
                                                &person->sign_key);
    if (status != 0)
        return status;
    if (set.n_persons > 0)
        memcpy(persons, set.persons, set.n_persons * sizeof(Giaoviec__V1__PersonInfo *));
    persons[set.n_persons++] = person;
    set.persons = persons;
    return sign_next(cli, home, &set, path);
}

static int run_add(const struct cli *cli)
{
    Giaoviec__V1__PersonInfo *person = NULL;
    const char *why = NULL;
    struct home home;
    struct gv_buf nfc;
    int status;

    gv_buf_init(&nfc);
    if (gv_text_nfc(cli->argv[0], strlen(cli->argv[0]), &nfc) != GV_OK || !gv_buf_ok(&nfc))
        status = out_error(GV_EBADMSG, cli->argv[0], gv_tr("không phải UTF-8", "not UTF-8"));
    else if (person_parse((char *)nfc.data, cli->arena, &person, &why) != GV_OK)
        status = out_errorf(GV_EUSAGE, cli->argv[0], "%s", why);
    else
        status = home_open(cli, HOME_ALONE, &home);
    gv_buf_fini(&nfc);
    if (status != 0)
        return status;
    status = add_to(cli, &home, person);
    home_close(&home);
    return status;
}

/* What is done about one person of the keyset in HOME. */
static int with_home(const struct cli *cli,
                     int (*change)(const struct cli *, const struct home *, const char *code))
{
    struct home home;
    int status = home_open(cli, HOME_ALONE, &home);

    if (status != 0)
        return status;
    status = change(cli, &home, cli->argv[0]);
    home_close(&home);
    return status;
}

/* The set without the person, whose key leaves in good standing. Arrays live in the arena. */
static gv_err retire_in(const struct cli *cli, Giaoviec__V1__Keyset *set,
                        Giaoviec__V1__PersonInfo *person)
{
    Giaoviec__V1__PersonInfo **persons =
        gv_arena_alloc(cli->arena, (set->n_persons + 1) * sizeof(person));
    Giaoviec__V1__PersonInfo **former =
        gv_arena_alloc(cli->arena, (set->n_former + 1) * sizeof(person));
    size_t kept = 0;

    if (persons == NULL || former == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < set->n_persons; i++) {
        if (set->persons[i] != person)
            persons[kept++] = set->persons[i];
    }
    if (set->n_former > 0)
        memcpy(former, set->former, set->n_former * sizeof(person));
    former[set->n_former++] = person;
    set->persons = persons;
    set->n_persons = kept;
    set->former = former;
    return GV_OK;
}

/* Whose keys are revoked: this one, or (NULL) every one that the person has or had. */
struct revocation {
    const char *code;
    const gv_id *key;
};

/* From one of the set's two lists of persons. */
static gv_err revoke_from(const struct cli *cli, Giaoviec__V1__Keyset *set,
                          const struct revocation *which, Giaoviec__V1__PersonInfo ***list,
                          size_t *count)
{
    Giaoviec__V1__PersonInfo **kept =
        gv_arena_alloc(cli->arena, (*count + 1) * sizeof(Giaoviec__V1__PersonInfo *));
    ProtobufCBinaryData *revoked =
        gv_arena_alloc(cli->arena, (set->n_revoked + *count + 1) * sizeof *revoked);
    gv_id *ids = gv_arena_alloc(cli->arena, (*count + 1) * sizeof *ids);
    size_t n = 0;

    if (kept == NULL || revoked == NULL || ids == NULL)
        return GV_ENOMEM;
    if (set->n_revoked > 0)
        memcpy(revoked, set->revoked, set->n_revoked * sizeof *revoked);
    set->revoked = revoked;
    for (size_t i = 0; i < *count; i++) {
        gv_key_id((*list)[i]->sign_key.data, &ids[i]);
        if (strcmp((*list)[i]->code, which->code) == 0 &&
            (which->key == NULL || gv_id_eq(which->key, &ids[i])))
            revoked[set->n_revoked++] = (ProtobufCBinaryData){sizeof ids[i].b, ids[i].b};
        else
            kept[n++] = (*list)[i];
    }
    *list = kept;
    *count = n;
    return GV_OK;
}

static int not_in_keyset(const char *code)
{
    return out_error(GV_ENOTFOUND, code, gv_tr("không có trong danh bạ khóa", "not in the keyset"));
}

static int confirm_and_sign(const struct cli *cli, const struct home *home,
                            Giaoviec__V1__Keyset *set, const char *question)
{
    int status;

    if (!root_has_admin(set))
        return out_error(
            GV_ESTATE, cli->argv[0],
            gv_tr("không còn quản trị viên nào: hãy chạy giaoviec keyset add-person trước",
                  "no administrator would be left: run giaoviec keyset add-person first"));
    status = out_confirm(cli, question);
    return status != 0 ? status : sign_next(cli, home, set, NULL);
}

static int retire_person(const struct cli *cli, const struct home *home, const char *code)
{
    Giaoviec__V1__Keyset set = *home->keyset->set;
    const Giaoviec__V1__PersonInfo *person = gv_keyset_person(home->keyset, code);
    char question[512];

    if (person == NULL)
        return not_in_keyset(code);
    if (retire_in(cli, &set, (Giaoviec__V1__PersonInfo *)person) != GV_OK)
        return out_error(GV_ENOMEM, NULL, NULL);
    snprintf(question, sizeof question, "%s (%s): %s", code, person->name,
             gv_tr("thôi nhiệm vụ: không ký được việc mới, lệnh đã ký vẫn có hiệu lực",
                   "leaves: may sign nothing new, orders signed before still hold"));
    return confirm_and_sign(cli, home, &set, question);
}

static int revoke_person(const struct cli *cli, const struct home *home, const char *code)
{
    const Giaoviec__V1__PersonInfo *person = gv_keyset_person(home->keyset, code);
    Giaoviec__V1__Keyset set = *home->keyset->set;
    const char *key = cli_text(cli, "key");
    struct revocation which = {.code = code};
    char question[512];
    gv_id id;

    if (key != NULL && gv_unhex(key, id.b, sizeof id.b) != GV_OK)
        return out_error(GV_EUSAGE, "--key",
                         gv_tr("cần 32 chữ số hệ 16", "32 hex digits are wanted"));
    if (key != NULL)
        which.key = &id;
    if (revoke_from(cli, &set, &which, &set.persons, &set.n_persons) != GV_OK ||
        revoke_from(cli, &set, &which, &set.former, &set.n_former) != GV_OK)
        return out_error(GV_ENOMEM, NULL, NULL);
    if (set.n_revoked == home->keyset->set->n_revoked)
        return not_in_keyset(key != NULL ? key : code);
    snprintf(question, sizeof question,
             gv_tr("%s (%s): thu hồi %zu khóa: mọi chữ ký, cả trên lệnh chưa tới nơi, bị từ chối",
                   "%s (%s): revoke %zu keys: every signature is refused, also on orders that have "
                   "not arrived"),
             code, person != NULL ? person->name : gv_tr("đã thôi", "has left"),
             set.n_revoked - home->keyset->set->n_revoked);
    return confirm_and_sign(cli, home, &set, question);
}

static int run_retire(const struct cli *cli)
{
    return with_home(cli, retire_person);
}

static int run_revoke(const struct cli *cli)
{
    return with_home(cli, revoke_person);
}

/* The person stays, under other keys: the old ones leave in good standing. */
static int rotate_in(const struct cli *cli, const struct home *home, const char *code)
{
    const Giaoviec__V1__PersonInfo *person = gv_keyset_person(home->keyset, code);
    Giaoviec__V1__PersonInfo *renewed = gv_arena_alloc(cli->arena, sizeof *renewed);
    const char *public = cli_text(cli, "public");
    const char *path = public == NULL ? home_next_key_path(cli, code) : NULL;
    Giaoviec__V1__Keyset set = *home->keyset->set;
    struct gv_key *root = NULL;
    int status;

    if (person == NULL)
        return not_in_keyset(code);
    if (renewed == NULL || retire_in(cli, &set, (Giaoviec__V1__PersonInfo *)person) != GV_OK)
        return out_error(GV_ENOMEM, NULL, NULL);
    *renewed = *person;
    status = root_load(cli, home->keyset, &root);
    gv_key_free(root);
    if (status == 0)
        status = public != NULL
                     ? read_public(cli, public, renewed)
                     : root_make_key(cli, code, path, &renewed->curve_key, &renewed->sign_key);
    if (status != 0)
        return status;
    set.persons[set.n_persons++] = renewed; /* there is room: one was taken out */
    return sign_next(cli, home, &set, path);
}

static int run_rotate(const struct cli *cli)
{
    return with_home(cli, rotate_in);
}

static const struct option_row add_options[] = {
    {"public", OPTION_FILE, "TỆP", "FILE",
     "tệp khóa công khai người đó gửi (key show --json); không có: tạo khóa mới trong HOME/keys",
     "the public halves that the person sent (key show --json); without: a new key in HOME/keys",
     NULL, 0, 0, false},
    {"root", OPTION_FILE, "TỆP", "FILE", "khóa gốc (mặc định: HOME/root.key)",
     "the root key (default: HOME/root.key)", NULL, 0, 0, false},
    {0},
};

static const struct option_row rotate_options[] = {
    {"public", OPTION_FILE, "TỆP", "FILE",
     "tệp khóa công khai người đó gửi (key new MÃ --out HOME/keys/MÃ.next); không có: tạo khóa mới "
     "ở đó",
     "the public halves that the person sent (key new CODE --out HOME/keys/CODE.next); without: a "
     "new key there",
     NULL, 0, 0, false},
    {"root", OPTION_FILE, "TỆP", "FILE", "khóa gốc (mặc định: HOME/root.key)",
     "the root key (default: HOME/root.key)", NULL, 0, 0, false},
    {0},
};

static const struct option_row retire_options[] = {
    {"root", OPTION_FILE, "TỆP", "FILE", "khóa gốc (mặc định: HOME/root.key)",
     "the root key (default: HOME/root.key)", NULL, 0, 0, false},
    {0},
};

static const struct option_row revoke_options[] = {
    {"key", OPTION_TEXT, "MÃ-KHÓA", "KEY-ID",
     "khóa nào (mặc định: mọi khóa của người đó, cả khóa cũ)",
     "which key (default: every one of the person, former ones too)", NULL, 0, 0, false},
    {"root", OPTION_FILE, "TỆP", "FILE", "khóa gốc (mặc định: HOME/root.key)",
     "the root key (default: HOME/root.key)", NULL, 0, 0, false},
    {0},
};

const struct command commands_keyset[] = {
    {"keyset", "publish", NULL, NULL, 0, 0, COMMAND_ASKS | COMMAND_WRITES, NULL, run_publish,
     "gửi danh bạ khóa trong HOME lên máy chủ; mọi đơn vị sẽ nhận",
     "send the keyset of HOME to the servers, which hand it to every unit", "keyset publish"},
    {"keyset", "fetch", NULL, NULL, 0, 0, COMMAND_ASKS, NULL, run_fetch,
     "nhận danh bạ khóa mới nhất vào HOME", "fetch the newest keyset into HOME", "keyset fetch"},
    {"keyset", "add-person", "MÃ=VAI-TRÒ:HỌ-TÊN[:bodies=…,fields=…]",
     "CODE=ROLE:NAME[:bodies=…,fields=…]", 1, 1, COMMAND_HOME | COMMAND_WRITES, add_options,
     run_add, "thêm một người: khóa gốc ký phiên bản kế tiếp",
     "add a person: the root key signs the next version",
     "keyset add-person uv2=member:'Lê Thị C':bodies=CC-TTTU,fields=ECON,BUDGET"},
    {"keyset", "rotate-person", "MÃ", "CODE", 1, 1, COMMAND_HOME | COMMAND_WRITES, rotate_options,
     run_rotate,
     "một người đổi khóa: khóa cũ không ký được việc mới, lệnh đã ký vẫn có hiệu lực; khóa mới "
     "dùng "
     "được sau keyset publish",
     "a person's keys change: the old ones sign nothing new, orders signed before still hold; the "
     "new "
     "ones are in force after keyset publish",
     "keyset rotate-person uv2"},
    {"keyset", "retire-person", "MÃ", "CODE", 1, 1, COMMAND_HOME | COMMAND_WRITES | COMMAND_YES,
     retire_options, run_retire,
     "một người thôi nhiệm vụ: không ký được việc mới, lệnh đã ký vẫn có hiệu lực",
     "a person leaves: signs nothing new, orders signed before still hold",
     "keyset retire-person uv2 --yes"},
    {"keyset", "revoke-person", "MÃ", "CODE", 1, 1, COMMAND_HOME | COMMAND_WRITES | COMMAND_YES,
     revoke_options, run_revoke,
     "thu hồi khóa của một người, cả người đã thôi (khóa bị lộ): mọi chữ ký của khóa đó bị từ chối",
     "revoke keys of a person, also of one who has left (they were exposed): every signature of "
     "them is refused",
     "keyset revoke-person uv2 --yes"},
    {0},
};
