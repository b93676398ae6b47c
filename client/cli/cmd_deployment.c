/* cmd_deployment.c - deployment init and show: the folder of a deployment. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lang.h"
#include "cli/clock.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/person.h"
#include "cli/root.h"
#include "cli/storage.h"
#include "cli/words.h"
#include "crypto/hash.h"

static int make_folder(const char *path)
{
    if (path == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return 0;
    return out_error(GV_EIO, path, words_errno(errno));
}

static int parse_people(const struct cli *cli, Giaoviec__V1__Keyset *set)
{
    size_t coordinators = cli_count(cli, "coordinator"), persons = cli_count(cli, "person");
    const char *why = NULL;

    set->coordinators = gv_arena_alloc(cli->arena, (coordinators + 1) * sizeof *set->coordinators);
    set->persons = gv_arena_alloc(cli->arena, (persons + 1) * sizeof *set->persons);
    if (set->coordinators == NULL || set->persons == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    for (size_t i = 0; i < coordinators; i++) {
        const char *text = cli_text_at(cli, "coordinator", i);

        if (coordinator_parse(text, cli->arena, &set->coordinators[i], &why) != GV_OK)
            return out_errorf(GV_EUSAGE, "--coordinator", "«%s»: %s", text, why);
        set->n_coordinators++;
    }
    for (size_t i = 0; i < persons; i++) {
        const char *text = cli_text_at(cli, "person", i);

        if (person_parse(text, cli->arena, &set->persons[i], &why) != GV_OK)
            return out_errorf(GV_EUSAGE, "--person", "«%s»: %s", text, why);
        set->n_persons++;
    }
    return 0;
}

/* Servers, then persons. */
static const char *code_at(const Giaoviec__V1__Keyset *set, size_t i)
{
    return i < set->n_coordinators ? set->coordinators[i]->code
                                   : set->persons[i - set->n_coordinators]->code;
}

static size_t code_count(const Giaoviec__V1__Keyset *set)
{
    return set->n_coordinators + set->n_persons;
}

/* Every code once, before the first file is written. */
static int check_codes(const Giaoviec__V1__Keyset *set)
{
    for (size_t i = 0; i < code_count(set); i++) {
        for (size_t j = i + 1; j < code_count(set); j++) {
            if (strcmp(code_at(set, i), code_at(set, j)) == 0)
                return out_error(GV_EUSAGE, code_at(set, i),
                                 gv_tr("mã này được dùng hai lần", "this code is used twice"));
        }
    }
    return 0;
}

static int check_request(const struct cli *cli, Giaoviec__V1__Keyset *set)
{
    int status;

    if (cli_text(cli, "name") == NULL)
        return out_error(GV_EUSAGE, "deployment init",
                         gv_tr("thiếu --name «…»", "--name \"…\" is missing"));
    status = parse_people(cli, set);
    if (status != 0)
        return status;
    if (set->n_coordinators == 0)
        return out_error(GV_EUSAGE, "deployment init",
                         gv_tr("thiếu --coordinator c1=tcp://MÁY:CỔNG,tcp://MÁY:CỔNG",
                               "--coordinator c1=tcp://HOST:PORT,tcp://HOST:PORT is missing"));
    if (!root_has_admin(set))
        return out_error(
            GV_EUSAGE, "deployment init",
            gv_tr("cần ít nhất một người có vai trò admin: --person admin=admin:«HỌ TÊN»",
                  "at least one admin is needed: --person admin=admin:\"NAME\""));
    return check_codes(set);
}

static int refuse_file(const char *path, const char *mend)
{
    if (path == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    return access(path, F_OK) != 0 ? 0 : out_error(GV_EEXISTS, path, mend);
}

/* Nothing that would be written is there: neither a deployment nor a part of one. */
static int refuse_second(const struct cli *cli, const Giaoviec__V1__Keyset *set)
{
    int status = refuse_file(home_path(cli, "keyset"),
                             gv_tr("ở đây đã có một hệ thống; chọn thư mục khác",
                                   "a deployment is here already; choose another folder"));

    if (status == 0)
        status = refuse_file(home_path(cli, "root.key"),
                             gv_tr("có khóa gốc mà không có danh bạ khóa: chọn thư mục khác, hoặc "
                                   "xóa nó nếu không hệ thống nào dùng",
                                   "a root key without a keyset: choose another folder, or remove "
                                   "it if no deployment has it"));
    for (size_t i = 0; status == 0 && i < code_count(set); i++)
        status = refuse_file(
            home_key_path(cli, code_at(set, i)),
            gv_tr("khóa không bao giờ bị ghi đè: đổi mã, hoặc chuyển tệp này đi nơi khác",
                  "a key is never overwritten: choose another code, or move this file away"));
    return status;
}

/* *made: how many, in the order of code_at(). */
static int make_keys(const struct cli *cli, Giaoviec__V1__Keyset *set, size_t *made)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < set->n_coordinators; i++) {
        status = root_make_key(cli, set->coordinators[i]->code,
                               home_key_path(cli, set->coordinators[i]->code),
                               &set->coordinators[i]->curve_key, &set->coordinators[i]->sign_key);
        *made += status == 0;
    }
    for (size_t i = 0; status == 0 && i < set->n_persons; i++) {
        status =
            root_make_key(cli, set->persons[i]->code, home_key_path(cli, set->persons[i]->code),
                          &set->persons[i]->curve_key, &set->persons[i]->sign_key);
        *made += status == 0;
    }
    return status;
}

static int make_root(const struct cli *cli, struct gv_key **out)
{
    const char *path = home_path(cli, "root.key");
    struct gv_key *root = NULL;
    gv_code code;
    gv_err err = path != NULL ? gv_code_from_str("root", &code) : GV_ENOMEM;

    if (err == GV_OK)
        err = gv_key_new(&code, &root);
    if (err == GV_OK && !cli->dry_run)
        err = gv_key_save(root, path);
    if (err != GV_OK) {
        gv_key_free(root);
        return out_error(err, path, NULL);
    }
    *out = root;
    return 0;
}

static void put_made(const struct cli *cli, const Giaoviec__V1__Keyset *set,
                     const gv_id *deployment, struct gv_buf *out)
{
    char hex[33];

    gv_hex(deployment->b, sizeof deployment->b, hex);
    if (cli->json) {
        gv_buf_printf(out,
                      "{\"deployment\":\"%s\",\"demonstration\":%s,\"dry_run\":%s,\"home\":", hex,
                      set->demonstration ? "true" : "false", cli->dry_run ? "true" : "false");
        gv_buf_json_str(out, cli->home, strlen(cli->home));
        gv_buf_printf(out, ",\"coordinators\":%zu,\"persons\":%zu}\n", set->n_coordinators,
                      set->n_persons);
        return;
    }
    gv_buf_printf(out, "%s%s «%s»: %s\n",
                  cli->dry_run ? gv_tr("(chạy thử, không ghi gì) ", "(dry run, nothing written) ")
                               : "",
                  set->demonstration ? gv_tr("hệ thống trình diễn", "demonstration deployment")
                                     : gv_tr("hệ thống", "deployment"),
                  set->name, hex);
    gv_buf_printf(out,
                  gv_tr("%s: %zu máy chủ, %zu người; khóa trong keys/, danh bạ khóa trong keyset\n",
                        "%s: %zu servers, %zu persons; keys in keys/, the keyset in keyset\n"),
                  cli->home, set->n_coordinators, set->n_persons);
    gv_buf_puts(
        out, gv_tr("root.key là khóa gốc: cất ở nơi không nối mạng; ai giữ nó, giữ cả hệ thống\n",
                   "root.key is the root key: keep it offline; who has it has the deployment\n"));
}

static int sign_first(const struct cli *cli, Giaoviec__V1__Keyset *set, const struct gv_key *root,
                      gv_id *deployment)
{
    set->name = (char *)cli_text(cli, "name");
    set->demonstration = cli_flag(cli, "demonstration");
    set->version = 1;
    set->created_us = gv_clock_real_us();
    set->root_key = (ProtobufCBinaryData){sizeof root->sign_pk, (uint8_t *)root->sign_pk};
    gv_deployment_id(root->sign_pk, set->demonstration, deployment);
    set->deployment = (ProtobufCBinaryData){sizeof deployment->b, deployment->b};
    return root_sign(cli, set, root);
}

/* What has failed half-way leaves no key behind that belongs to nothing. */
static void unmake(const struct cli *cli, const Giaoviec__V1__Keyset *set, size_t made)
{
    root_remove(cli, home_path(cli, "keyset"));
    for (size_t i = 0; i < made; i++)
        root_remove(cli, home_key_path(cli, code_at(set, i)));
    root_remove(cli, home_path(cli, "root.key"));
}

static int run_init(const struct cli *cli)
{
    Giaoviec__V1__Keyset set = GIAOVIEC__V1__KEYSET__INIT;
    struct gv_key *root = NULL;
    struct gv_buf out;
    gv_id deployment;
    size_t made = 0;
    int status = home_need(cli);

    if (status == 0 && gv_crypto_init() != GV_OK)
        status = out_error(GV_EBUG, "libsodium", NULL);
    if (status == 0)
        status = check_request(cli, &set);
    if (status == 0)
        status = refuse_second(cli, &set);
    if (status == 0 && !cli->dry_run)
        status = make_folder(cli->home);
    if (status == 0 && !cli->dry_run)
        status = make_folder(home_path(cli, "keys"));
    if (status == 0)
        status = make_root(cli, &root);
    if (status != 0)
        return status;
    status = make_keys(cli, &set, &made);
    if (status == 0)
        status = sign_first(cli, &set, root, &deployment);
    gv_key_free(root);
    if (status != 0) {
        unmake(cli, &set, made);
        return status;
    }
    gv_buf_init(&out);
    put_made(cli, &set, &deployment, &out);
    status = out_write(&out);
    gv_buf_fini(&out);
    return status;
}

static void put_show(const struct cli *cli, const struct home *home, struct gv_buf *out)
{
    const Giaoviec__V1__Keyset *set = home->keyset->set;
    char id[33], root[65], created[26];

    gv_hex(home->keyset->deployment.b, sizeof home->keyset->deployment.b, id);
    home_root_text(home->keyset, root);
    gv_time_format(set->created_us, created);
    if (cli->json) {
        gv_buf_printf(out, "{\"deployment\":\"%s\",\"name\":", id);
        gv_buf_json_str(out, set->name, strlen(set->name));
        gv_buf_printf(
            out,
            ",\"demonstration\":%s,\"keyset_version\":%llu,\"created\":\"%s\",\"root_hash\":\"%s\","
            "\"coordinators\":%zu,\"persons\":%zu}\n",
            set->demonstration ? "true" : "false", (unsigned long long)set->version, created, root,
            set->n_coordinators, set->n_persons);
        return;
    }
    gv_buf_printf(out,
                  gv_tr("%s%s\nmã hệ thống: %s\ndấu vân tay khóa gốc: %s\n",
                        "%s%s\ndeployment: %s\nroot key fingerprint: %s\n"),
                  set->name, set->demonstration ? gv_tr(" (trình diễn)", " (demonstration)") : "",
                  id, root);
    gv_buf_printf(out,
                  gv_tr("danh bạ khóa: phiên bản %llu, ký lúc %s; %zu máy chủ, %zu người\n",
                        "keyset: version %llu, signed at %s; %zu servers, %zu persons\n"),
                  (unsigned long long)set->version, created, set->n_coordinators, set->n_persons);
}

static int run_show(const struct cli *cli)
{
    struct home home;
    struct gv_buf out;
    int status = home_open(cli, HOME_ALONE, &home);

    if (status != 0)
        return status;
    gv_buf_init(&out);
    put_show(cli, &home, &out);
    status = out_write(&out);
    gv_buf_fini(&out);
    home_close(&home);
    return status;
}

static const struct option_row init_options[] = {
    {"name", OPTION_TEXT, "«…»", "\"…\"", "tên hệ thống (bắt buộc)",
     "name of the deployment (required)", NULL, 0, 0, false},
    {"demonstration", OPTION_FLAG, NULL, NULL,
     "hệ thống trình diễn, đồng hồ từng bước; không bao giờ thành hệ thống thật",
     "a demonstration with a stepped clock; it can never become a real one", NULL, 0, 0, false},
    {"coordinator", OPTION_TEXT, "MÃ=tcp://MÁY:CỔNG,tcp://MÁY:CỔNG",
     "CODE=tcp://HOST:PORT,tcp://HOST:PORT", "máy chủ: cổng giao việc, cổng ghi danh (bắt buộc)",
     "a server: work endpoint, enrolment endpoint (required)", NULL, 0, 0, true},
    {"person", OPTION_TEXT, "MÃ=VAI-TRÒ:HỌ-TÊN[:bodies=…,fields=…]",
     "CODE=ROLE:NAME[:bodies=…,fields=…]",
     "một người; vai trò: admin (bắt buộc có), office, member, viewer, auditor; nhiều vai trò nối "
     "bằng +",
     "a person; roles: admin (at least one), office, member, viewer, auditor; several roles joined "
     "by +",
     NULL, 0, 0, true},
    {0},
};

static const struct option_row settle_options[] = {
    {"day", OPTION_DAY, "NGÀY", "DATE", "ngày nào (mặc định: ngày hiện nay của hệ thống)",
     "which day (default: the deployment's present day)", NULL, 0, 0, false},
    {0},
};

static const struct option_row step_options[] = {
    {"to", OPTION_DAY, "NGÀY", "DATE", "ngày mới của đồng hồ (bắt buộc)",
     "the clock's new day (required)", NULL, 0, 0, false},
    {"wait", OPTION_NUMBER, "GIÂY", "SECONDS", "chờ các đơn vị xong ngày hiện nay (mặc định: 60)",
     "wait for the units to finish the present day (default: 60)", NULL, 0, 86400, false},
    {0},
};

const struct command commands_deployment[] = {
    {"deployment", "init", NULL, NULL, 0, 0, COMMAND_HOME | COMMAND_WRITES, init_options, run_init,
     "tạo hệ thống: khóa gốc, khóa của máy chủ và của mọi người, danh bạ khóa",
     "create a deployment: root key, keys of servers and persons, the keyset",
     "deployment init --home lam-dong --name 'Tỉnh ủy Lâm Đồng' --coordinator "
     "c1=tcp://127.0.0.1:5700,tcp://127.0.0.1:5701 --person admin=admin:'Nguyễn Văn A' --person "
     "vp1=office:'Trần Thị B'\n"
     "deployment init --home thu --name 'Trình diễn' --demonstration --coordinator "
     "c1=tcp://127.0.0.1:5700,tcp://127.0.0.1:5701 --person admin=admin:A --person "
     "uv1=member:B:bodies=CC-BTVTU"},
    {"deployment", "show", NULL, NULL, 0, 0, COMMAND_HOME, NULL, run_show,
     "xem hệ thống: tên, mã, dấu vân tay khóa gốc",
     "show the deployment: name, id, root key fingerprint", "deployment show"},
    {"deployment", "clock", NULL, NULL, 0, 0, COMMAND_ASKS, NULL, cmd_clock_show,
     "xem thời gian làm việc của hệ thống", "show the deployment's business time",
     "deployment clock"},
    {"deployment", "disk", NULL, NULL, 0, 0, COMMAND_ASKS, NULL, cmd_storage_show,
     "xem chỗ trống trên ổ đĩa cơ sở dữ liệu; máy chủ có đang nhận việc mới không",
     "show the room on the database's disk, and whether new work is taken", "deployment disk"},
    {"deployment", "settle", NULL, NULL, 0, 0, COMMAND_ASKS, settle_options, cmd_clock_settle,
     "các đơn vị đang nối đã xong việc của ngày chưa (mã kết thúc 0 cả khi chưa xong; xem settled "
     "khi dùng --json)",
     "have the connected units finished the day (exit status 0 either way; see settled with "
     "--json)",
     "deployment settle --json"},
    {"deployment", "step", NULL, NULL, 0, 0, COMMAND_ACTS, step_options, cmd_clock_step,
     "trình diễn: chuyển đồng hồ sang ngày khác, khi các đơn vị đã xong ngày hiện nay",
     "demonstration: step the clock to another day, once the units have finished the present one",
     "deployment step --to 2024-01-03 --wait 60"},
    {0},
};
