/* cmd_keyset.c - the noun "keyset": who may act, signed by the root key version by version. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/lang.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/person.h"
#include "cli/root.h"
#include "cli/rpc.h"
#include "cli/table.h"
#include "crypto/hash.h"

/* ---- show -------------------------------------------------------------------------------------
 */

static void key_text(const ProtobufCBinaryData *sign_key, char out[33])
{
    gv_id id;

    gv_key_id(sign_key->data, &id);
    gv_hex(id.b, sizeof id.b, out);
}

static void put_list(struct gv_buf *out, char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        gv_buf_printf(out, "%s%s", i > 0 ? " " : "", names[i]);
}

static void put_roles(struct gv_buf *out, const Giaoviec__V1__PersonInfo *person)
{
    for (size_t i = 0; i < person->n_roles; i++)
        gv_buf_printf(out, "%s%s", i > 0 ? "+" : "", role_name(person->roles[i]));
}

static void add_person(struct table *table, const Giaoviec__V1__PersonInfo *person)
{
    char id[33];
    struct gv_buf text;

    key_text(&person->sign_key, id);
    gv_buf_init(&text);
    table_cell(table, person->code);
    put_roles(&text, person);
    table_cell(table, (char *)text.data);
    table_cell(table, person->name);
    gv_buf_reset(&text);
    put_list(&text, person->bodies, person->n_bodies);
    if (person->n_bodies > 0 && person->n_fields > 0)
        gv_buf_puts(&text, "; ");
    put_list(&text, person->fields, person->n_fields);
    table_cell(table, (char *)text.data);
    table_cell(table, id);
    gv_buf_fini(&text);
}

static void put_tables(const Giaoviec__V1__Keyset *set, struct gv_buf *out)
{
    struct table servers, persons;

    table_init(&servers);
    table_column(&servers, gv_tr("Máy chủ", "Server"), TABLE_LEFT, 0);
    table_column(&servers, gv_tr("Cổng giao việc", "Work endpoint"), TABLE_LEFT, 0);
    table_column(&servers, gv_tr("Cổng ghi danh", "Enrolment endpoint"), TABLE_LEFT, 0);
    table_column(&servers, gv_tr("Mã khóa", "Key id"), TABLE_LEFT, 0);
    for (size_t i = 0; i < set->n_coordinators; i++) {
        char id[33];

        key_text(&set->coordinators[i]->sign_key, id);
        table_cell(&servers, set->coordinators[i]->code);
        table_cell(&servers, set->coordinators[i]->endpoint);
        table_cell(&servers, set->coordinators[i]->enrol_endpoint);
        table_cell(&servers, id);
    }
    table_put(&servers, out);
    table_fini(&servers);
    gv_buf_putc(out, '\n');
    table_init(&persons);
    table_column(&persons, gv_tr("Người", "Person"), TABLE_LEFT, 0);
    table_column(&persons, gv_tr("Vai trò", "Roles"), TABLE_LEFT, 0);
    table_column(&persons, gv_tr("Họ tên", "Name"), TABLE_LEFT, 40);
    table_column(&persons, gv_tr("Tập thể, lĩnh vực", "Bodies, fields"), TABLE_LEFT, 40);
    table_column(&persons, gv_tr("Mã khóa", "Key id"), TABLE_LEFT, 0);
    for (size_t i = 0; i < set->n_persons; i++)
        add_person(&persons, set->persons[i]);
    table_put(&persons, out);
    table_fini(&persons);
}

static void put_json_list(struct gv_buf *out, const char *key, char **names, size_t count)
{
    gv_buf_printf(out, ",\"%s\":[", key);
    for (size_t i = 0; i < count; i++) {
        gv_buf_puts(out, i > 0 ? "," : "");
        gv_buf_json_str(out, names[i], strlen(names[i]));
    }
    gv_buf_putc(out, ']');
}

static void put_json(const Giaoviec__V1__Keyset *set, struct gv_buf *out)
{
    char hex[65];

    gv_buf_printf(out, "{\"version\":%llu,\"demonstration\":%s,\"coordinators\":[",
                  (unsigned long long)set->version, set->demonstration ? "true" : "false");
    for (size_t i = 0; i < set->n_coordinators; i++) {
        const Giaoviec__V1__CoordinatorInfo *info = set->coordinators[i];

        key_text(&info->sign_key, hex);
        gv_buf_printf(out, "%s{\"code\":\"%s\",\"endpoint\":", i > 0 ? "," : "", info->code);
        gv_buf_json_str(out, info->endpoint, strlen(info->endpoint));
        gv_buf_puts(out, ",\"enrol_endpoint\":");
        gv_buf_json_str(out, info->enrol_endpoint, strlen(info->enrol_endpoint));
        gv_buf_printf(out, ",\"key_id\":\"%s\"}", hex);
    }
    gv_buf_puts(out, "],\"persons\":[");
    for (size_t i = 0; i < set->n_persons; i++) {
        const Giaoviec__V1__PersonInfo *person = set->persons[i];

        key_text(&person->sign_key, hex);
        gv_buf_printf(out, "%s{\"code\":\"%s\",\"roles\":\"", i > 0 ? "," : "", person->code);
        put_roles(out, person);
        gv_buf_puts(out, "\",\"name\":");
        gv_buf_json_str(out, person->name, strlen(person->name));
        put_json_list(out, "bodies", person->bodies, person->n_bodies);
        put_json_list(out, "fields", person->fields, person->n_fields);
        gv_buf_printf(out, ",\"key_id\":\"%s\"}", hex);
    }
    gv_buf_puts(out, "],\"revoked\":[");
    for (size_t i = 0; i < set->n_revoked; i++) {
        if (set->revoked[i].len > 32)
            continue;
        gv_hex(set->revoked[i].data, set->revoked[i].len, hex);
        gv_buf_printf(out, "%s\"%s\"", i > 0 ? "," : "", hex);
    }
    gv_buf_puts(out, "]}\n");
}

static int run_show(const struct cli *cli)
{
    struct home home;
    struct gv_buf out;
    int status = home_open(cli, HOME_ALONE, &home);

    if (status != 0)
        return status;
    gv_buf_init(&out);
    if (cli->json) {
        put_json(home.keyset->set, &out);
    } else {
        gv_buf_printf(&out,
                      gv_tr("danh bạ khóa phiên bản %llu; %zu khóa đã thu hồi\n\n",
                            "keyset version %llu; %zu keys revoked\n\n"),
                      (unsigned long long)home.keyset->version, home.keyset->set->n_revoked);
        put_tables(home.keyset->set, &out);
    }
    status = out_write(&out);
    gv_buf_fini(&out);
    home_close(&home);
    return status;
}

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
    else if (json == NULL)
        status = out_errorf(GV_EBADMSG, path, "%d:%d: %s", bad.line, bad.column, bad.text);
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

/* The set without the person: retired, or with the key revoked. Arrays live in the arena. */
static gv_err take_out(const struct cli *cli, Giaoviec__V1__Keyset *set,
                       Giaoviec__V1__PersonInfo *person, bool retire)
{
    Giaoviec__V1__PersonInfo **persons =
        gv_arena_alloc(cli->arena, (set->n_persons + 1) * sizeof(person));
    Giaoviec__V1__PersonInfo **former =
        gv_arena_alloc(cli->arena, (set->n_former + 1) * sizeof(person));
    ProtobufCBinaryData *revoked =
        gv_arena_alloc(cli->arena, (set->n_revoked + 1) * sizeof *revoked);
    gv_id *id = gv_arena_alloc(cli->arena, sizeof *id);
    size_t kept = 0;

    if (persons == NULL || former == NULL || revoked == NULL || id == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < set->n_persons; i++) {
        if (set->persons[i] != person)
            persons[kept++] = set->persons[i];
    }
    if (set->n_former > 0)
        memcpy(former, set->former, set->n_former * sizeof(person));
    if (set->n_revoked > 0)
        memcpy(revoked, set->revoked, set->n_revoked * sizeof *revoked);
    gv_key_id(person->sign_key.data, id);
    if (retire)
        former[set->n_former++] = person;
    else
        revoked[set->n_revoked++] = (ProtobufCBinaryData){sizeof id->b, id->b};
    set->persons = persons;
    set->n_persons = kept;
    set->former = former;
    set->revoked = revoked;
    return GV_OK;
}

static int remove_from(const struct cli *cli, const struct home *home, const char *code,
                       bool retire)
{
    Giaoviec__V1__Keyset set = *home->keyset->set;
    const Giaoviec__V1__PersonInfo *person = gv_keyset_person(home->keyset, code);
    char question[512];
    int status;

    if (person == NULL)
        return out_error(GV_ENOTFOUND, code,
                         gv_tr("không có trong danh bạ khóa", "not in the keyset"));
    snprintf(question, sizeof question, "%s (%s): %s", code, person->name,
             retire ? gv_tr("thôi nhiệm vụ: không ký được việc mới, lệnh đã ký vẫn có hiệu lực",
                            "leaves: may sign nothing new, orders signed before still hold")
                    : gv_tr("thu hồi khóa: mọi chữ ký, cả trên lệnh chưa tới nơi, bị từ chối",
                            "revoke the key: every signature is refused, also on orders that have "
                            "not arrived"));
    if (take_out(cli, &set, (Giaoviec__V1__PersonInfo *)person, retire) != GV_OK)
        return out_error(GV_ENOMEM, NULL, NULL);
    if (!root_has_admin(&set))
        return out_error(GV_ESTATE, code,
                         gv_tr("không còn quản trị viên nào: hãy giaoviec keyset add-person trước",
                               "no administrator would be left: giaoviec keyset add-person first"));
    status = out_confirm(cli, question);
    if (status != 0)
        return status;
    return sign_next(cli, home, &set, NULL);
}

static int run_remove(const struct cli *cli, bool retire)
{
    struct home home;
    int status = home_open(cli, HOME_ALONE, &home);

    if (status != 0)
        return status;
    status = remove_from(cli, &home, cli->argv[0], retire);
    home_close(&home);
    return status;
}

static int run_revoke(const struct cli *cli)
{
    return run_remove(cli, false);
}

static int run_retire(const struct cli *cli)
{
    return run_remove(cli, true);
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
        return out_error(GV_ENOTFOUND, code,
                         gv_tr("không có trong danh bạ khóa", "not in the keyset"));
    if (renewed == NULL || take_out(cli, &set, (Giaoviec__V1__PersonInfo *)person, true) != GV_OK)
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
    struct home home;
    int status = home_open(cli, HOME_ALONE, &home);

    if (status != 0)
        return status;
    status = rotate_in(cli, &home, cli->argv[0]);
    home_close(&home);
    return status;
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

static const struct option_row revoke_options[] = {
    {"root", OPTION_FILE, "TỆP", "FILE", "khóa gốc (mặc định: HOME/root.key)",
     "the root key (default: HOME/root.key)", NULL, 0, 0, false},
    {0},
};

const struct command commands_keyset[] = {
    {"keyset", "show", NULL, NULL, 0, 0, COMMAND_HOME, NULL, run_show,
     "xem danh bạ khóa: máy chủ, người, vai trò", "show the keyset: servers, persons, roles",
     "keyset show"},
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
     revoke_options, run_retire,
     "một người thôi nhiệm vụ: không ký được việc mới, lệnh đã ký vẫn có hiệu lực",
     "a person leaves: signs nothing new, orders signed before still hold",
     "keyset retire-person uv2 --yes"},
    {"keyset", "revoke-person", "MÃ", "CODE", 1, 1, COMMAND_HOME | COMMAND_WRITES | COMMAND_YES,
     revoke_options, run_revoke,
     "thu hồi khóa của một người (khóa bị lộ): mọi chữ ký của khóa đó bị từ chối",
     "revoke a person's key (it was exposed): every signature of it is refused",
     "keyset revoke-person uv2 --yes"},
    {0},
};
