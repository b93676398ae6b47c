/* cmd_unit.c - the noun "unit", what changes: register, token, revoke-key, lift-quarantine. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/lang.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/out.h"
#include "cli/submit.h"
#include "cli/words.h"
#include "crypto/random.h"
#include "trust/act.h"
#include "trust/enrol.h"

/* ---- register ---------------------------------------------------------------------------------
 */

/* An act is one frame; a longer list becomes several acts. */
#define REGISTER_BYTES ((size_t)120 * 1024)

static Giaoviec__V1__UnitInfo *unit_message(gv_arena *arena, const struct gv_unit_info *unit,
                                            int32_t from_day)
{
    Giaoviec__V1__UnitInfo *info = gv_arena_alloc(arena, sizeof *info);

    if (info == NULL)
        return NULL;
    giaoviec__v1__unit_info__init(info);
    info->code = (char *)unit->code;
    info->name_vi = (char *)unit->name_vi;
    info->name_en = (char *)unit->name_en;
    info->group = (char *)unit->group;
    info->fields = (char **)unit->fields;
    info->n_fields = unit->field_count;
    info->body = unit->body;
    info->valid_from_day = from_day;
    return info;
}

static int register_slice(gv_rpc *rpc, Giaoviec__V1__UnitInfo **units, size_t count,
                          Giaoviec__V1__ActResult **result)
{
    Giaoviec__V1__RegisterUnits body = GIAOVIEC__V1__REGISTER_UNITS__INIT;
    struct submission what = {.kind = GV_SIGNED_REGISTER_UNITS, .body = &body.base};

    body.units = units;
    body.n_units = count;
    return submit_act(rpc, &what, result);
}

/* Several acts are answered as one: by the last, with what all of them did and refused. */
static gv_err add_result(gv_arena *arena, Giaoviec__V1__ActResult *result,
                         const Giaoviec__V1__ActResult *before)
{
    size_t count = before->n_items + result->n_items;
    Giaoviec__V1__ItemResult **items = gv_arena_alloc(arena, (count + 1) * sizeof(void *));

    if (items == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < count; i++)
        items[i] = i < before->n_items ? before->items[i] : result->items[i - before->n_items];
    result->items = items;
    result->n_items = count;
    result->done += before->done;
    result->refused += before->refused;
    return GV_OK;
}

/* The units of which the deployment has now what the file says. */
static int show_registered(const struct cli *cli, const Giaoviec__V1__ActResult *result,
                           size_t count, size_t bodies)
{
    size_t taken = count - result->refused;
    char text[256];

    snprintf(text, sizeof text,
             gv_tr("đã đăng ký %zu đơn vị: %u đơn vị mới, %zu đơn vị đã có được cập nhật; trong "
                   "tệp có %zu tập thể không có máy trạm",
                   "registered %zu units: %u new, %zu known ones brought up to date; %zu of the "
                   "file are bodies without an agent"),
             taken, result->done, taken - result->done, bodies);
    if (result->refused > 0 && !cli->json)
        out_note("%s", text);
    return submit_show(cli, result, text);
}

static int register_all(gv_rpc *rpc, const struct gv_units *units, int32_t from_day)
{
    const struct cli *cli = rpc_cli(rpc);
    Giaoviec__V1__UnitInfo **infos = gv_arena_alloc(cli->arena, (units->count + 1) * sizeof *infos);
    Giaoviec__V1__ActResult *result = NULL, *before = NULL;
    size_t first = 0, bytes = 0, bodies = 0;
    int status = 0;

    if (infos == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    for (size_t i = 0; status == 0 && i < units->count; i++) {
        infos[i] = unit_message(cli->arena, &units->all[i], from_day);
        if (infos[i] == NULL)
            return out_error(GV_ENOMEM, NULL, NULL);
        bodies += units->all[i].body;
        bytes += giaoviec__v1__unit_info__get_packed_size(infos[i]) + 8;
        if (bytes < REGISTER_BYTES && i + 1 < units->count)
            continue;
        status = register_slice(rpc, infos + first, i + 1 - first, &result);
        if (status == 0 && before != NULL && add_result(cli->arena, result, before) != GV_OK)
            return out_error(GV_ENOMEM, NULL, NULL);
        before = result;
        first = i + 1;
        bytes = 0;
    }
    return status != 0 ? status : show_registered(cli, result, units->count, bodies);
}

static int run_register(const struct cli *cli)
{
    struct gv_units units;
    gv_rpc *rpc = NULL;
    int32_t from_day = 0; /* new units: today; known ones keep theirs */
    int status = input_units_file(cli, cli->argv[0], &units);

    if (status == 0 && units.count == 0)
        status = out_error(GV_EBADMSG, cli->argv[0],
                           gv_tr("không có đơn vị nào", "there is no unit in it"));
    if (status == 0)
        status = submit_open(cli, GV_SIGNED_REGISTER_UNITS, &rpc);
    if (status != 0)
        return status;
    (void)cli_day(cli, "valid-from", &from_day);
    status = register_all(rpc, &units, from_day);
    rpc_close(rpc);
    return status;
}

/* ---- tokens -----------------------------------------------------------------------------------
 */

struct tokens {
    const char **codes;
    size_t count, cap;
    gv_arena *arena;
};

static gv_err add_code(struct tokens *tokens, const char *code)
{
    if (tokens->count == tokens->cap) {
        size_t cap = tokens->cap * 2 + 64;
        const char **more = gv_arena_alloc(tokens->arena, cap * sizeof *more);

        if (more == NULL)
            return GV_ENOMEM;
        if (tokens->count > 0)
            memcpy(more, tokens->codes, tokens->count * sizeof *more);
        tokens->codes = more;
        tokens->cap = cap;
    }
    tokens->codes[tokens->count] = gv_arena_strdup(tokens->arena, code);
    return tokens->codes[tokens->count++] != NULL ? GV_OK : GV_ENOMEM;
}

/* --all: those that have an agent and are not enrolled yet. */
static gv_err keep_without_key(void *arg, const struct rpc_row *row)
{
    if (row_flag(row->json, "body") || row_flag(row->json, "enrolled"))
        return GV_OK;
    return add_code(arg, row_text(row->json, "unit"));
}

static int choose_units(gv_rpc *rpc, struct tokens *tokens)
{
    const struct cli *cli = rpc_cli(rpc);
    struct rpc_query query = {.name = "units"};
    gv_err err = GV_OK;

    if (cli_flag(cli, "all") == (cli->argc > 0))
        return out_error(
            GV_EUSAGE, "unit token",
            gv_tr("cần MÃ… hoặc --all, không cả hai", "CODE… or --all is wanted, not both"));
    if (cli->argc == 0) {
        err = rpc_query(rpc, &query, keep_without_key, tokens, NULL);
        if (err == GV_OK && tokens->count == 0)
            return out_error(
                GV_ENOTFOUND, "--all",
                gv_tr("đơn vị nào cũng đã ghi danh", "every unit is enrolled already"));
    }
    for (int i = 0; err == GV_OK && i < cli->argc; i++)
        err = add_code(tokens, cli->argv[i]);
    return err == GV_OK ? 0 : rpc_error(rpc, err, NULL);
}

static int choose_coordinator(gv_rpc *rpc, const Giaoviec__V1__CoordinatorInfo **out)
{
    const struct gv_keyset *keyset = rpc_home(rpc)->keyset;
    const char *code = cli_text(rpc_cli(rpc), "coordinator");

    *out = code == NULL && keyset->set->n_coordinators > 0 ? keyset->set->coordinators[0]
           : code != NULL                                  ? gv_keyset_coordinator(keyset, code)
                                                           : NULL;
    if (*out == NULL)
        return out_error(GV_ENOTFOUND, "--coordinator", code != NULL ? code : "");
    return 0;
}

static gv_err make_token(gv_rpc *rpc, const Giaoviec__V1__CoordinatorInfo *server, const char *unit,
                         struct gv_token *out)
{
    const struct gv_keyset *keyset = rpc_home(rpc)->keyset;

    memset(out, 0, sizeof *out);
    out->deployment = keyset->deployment;
    if (strlen(server->enrol_endpoint) >= sizeof out->endpoint ||
        server->curve_key.len != sizeof out->server_pk)
        return GV_EBADMSG;
    strncpy(out->endpoint, server->enrol_endpoint, sizeof out->endpoint - 1);
    memcpy(out->server_pk, server->curve_key.data, sizeof out->server_pk);
    gv_root_hash(keyset->set->root_key.data, &out->root_hash);
    gv_random(out->secret, sizeof out->secret);
    return gv_code_from_str(unit, &out->unit);
}

static int write_token(const struct cli *cli, const struct gv_token *token, struct gv_buf *out)
{
    const char *folder = cli_text(cli, "out");
    struct gv_buf text, path;
    gv_err err;
    int status = 0;

    gv_buf_init(&text);
    gv_buf_init(&path);
    err = gv_token_format(token, &text);
    if (err == GV_OK && folder != NULL) {
        gv_buf_putc(&text, '\n');
        gv_buf_printf(&path, "%s/%s.token", folder, token->unit.s);
        err = gv_buf_ok(&text) && gv_buf_ok(&path)
                  ? gv_file_write((char *)path.data, text.data, text.len, 0600)
                  : GV_ENOMEM;
    } else if (err == GV_OK && cli->json) {
        gv_buf_printf(out, "{\"unit\":\"%s\",\"token\":\"%s\"}\n", token->unit.s,
                      (char *)text.data);
    } else if (err == GV_OK) {
        gv_buf_printf(out, "%s\t%s\n", token->unit.s, (char *)text.data);
    }
    if (err != GV_OK)
        status = out_error(err, path.len > 0 ? (char *)path.data : token->unit.s, NULL);
    gv_buf_fini(&text);
    gv_buf_fini(&path);
    return status;
}

static int write_tokens(const struct cli *cli, const struct gv_token *tokens, size_t count)
{
    const char *folder = cli_text(cli, "out");
    struct gv_buf out;
    int status = 0;

    if (folder != NULL && mkdir(folder, 0700) != 0 && errno != EEXIST)
        return out_error(GV_EIO, folder, words_errno(errno));
    gv_buf_init(&out);
    for (size_t i = 0; status == 0 && i < count; i++)
        status = write_token(cli, &tokens[i], &out);
    if (status == 0 && folder != NULL) {
        if (cli->json)
            gv_buf_printf(&out, "{\"tokens\":%zu,\"dry_run\":false}\n", count);
        else
            gv_buf_printf(&out,
                          gv_tr("%zu mã ghi danh dùng một lần trong %s\n",
                                "%zu one-time enrolment tokens in %s\n"),
                          count, folder);
    }
    if (status == 0)
        status = out_write(&out);
    gv_buf_fini(&out);
    return status;
}

#define TOKENS_AN_ACT 1000

/* Hashes of tokens first … first + count - 1 in one act; a unit that is not known stops everything.
 */
static int submit_tokens(gv_rpc *rpc, const struct gv_token *tokens, size_t count,
                         int64_t expires_us, Giaoviec__V1__ActResult **result)
{
    gv_arena *arena = rpc_cli(rpc)->arena;
    Giaoviec__V1__IssueTokens body = GIAOVIEC__V1__ISSUE_TOKENS__INIT;
    struct submission what = {.kind = GV_SIGNED_ISSUE_TOKENS, .body = &body.base};
    Giaoviec__V1__TokenHash *hashes = gv_arena_alloc(arena, count * sizeof *hashes);
    gv_hash *bytes = gv_arena_alloc(arena, count * sizeof *bytes);

    body.tokens = gv_arena_alloc(arena, count * sizeof *body.tokens);
    if (hashes == NULL || bytes == NULL || body.tokens == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    for (size_t i = 0; i < count; i++) {
        giaoviec__v1__token_hash__init(&hashes[i]);
        gv_token_secret_hash(tokens[i].secret, &bytes[i]);
        hashes[i].unit = (char *)tokens[i].unit.s;
        hashes[i].hash = (ProtobufCBinaryData){sizeof bytes[i].b, bytes[i].b};
        hashes[i].expires_us = expires_us;
        body.tokens[i] = &hashes[i];
    }
    body.n_tokens = count;
    return submit_act(rpc, &what, result);
}

static int issue_tokens(gv_rpc *rpc, const struct tokens *chosen)
{
    const struct cli *cli = rpc_cli(rpc);
    const Giaoviec__V1__CoordinatorInfo *server = NULL;
    struct gv_token *tokens = gv_arena_alloc(cli->arena, chosen->count * sizeof *tokens);
    int64_t expires_us = gv_clock_real_us() + cli_number(cli, "days", 14) * GV_US_PER_DAY;
    Giaoviec__V1__ActResult *result = NULL;
    int status = choose_coordinator(rpc, &server);

    if (tokens == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    for (size_t i = 0; status == 0 && i < chosen->count; i++) {
        if (make_token(rpc, server, chosen->codes[i], &tokens[i]) != GV_OK)
            status =
                out_error(GV_EUSAGE, chosen->codes[i], gv_tr("không phải một mã", "not a code"));
    }
    for (size_t i = 0; status == 0 && i < chosen->count; i += TOKENS_AN_ACT) {
        size_t left = chosen->count - i;

        status = submit_tokens(rpc, tokens + i, left < TOKENS_AN_ACT ? left : TOKENS_AN_ACT,
                               expires_us, &result);
        if (status == 0 && (cli->dry_run || result->refused > 0))
            status = submit_show(cli, result,
                                 gv_tr("mọi đơn vị đều đã đăng ký", "the units are all there"));
    }
    /* Only hashes were sent: the tokens themselves are nowhere but here. */
    if (status == 0 && !cli->dry_run)
        status = write_tokens(cli, tokens, chosen->count);
    return status;
}

static int run_token(const struct cli *cli)
{
    struct tokens chosen = {NULL, 0, 0, cli->arena};
    gv_rpc *rpc = NULL;
    int status = submit_open(cli, GV_SIGNED_ISSUE_TOKENS, &rpc);

    if (status != 0)
        return status;
    status = choose_units(rpc, &chosen);
    if (status == 0)
        status = issue_tokens(rpc, &chosen);
    rpc_close(rpc);
    return status;
}

/* ---- keys -------------------------------------------------------------------------------------
 */

struct unit_key {
    bool found;
    char hex[33];
};

static gv_err keep_key(void *arg, const struct rpc_row *row)
{
    struct unit_key *key = arg;

    key->found = true;
    snprintf(key->hex, sizeof key->hex, "%s", row_text(row->json, "key_id"));
    return GV_OK;
}

static int find_key(gv_rpc *rpc, const char *unit, gv_id *out)
{
    const char *given = cli_text(rpc_cli(rpc), "key");
    struct unit_key key = {0};
    char arg[GV_CODE_MAX + 16];
    const char *args[] = {arg};
    struct rpc_query query = {.name = "unit", .args = args, .arg_count = 1};
    gv_err err;

    if (given != NULL)
        return gv_unhex(given, out->b, sizeof out->b) == GV_OK
                   ? 0
                   : out_error(GV_EUSAGE, "--key",
                               gv_tr("cần 32 chữ số hệ 16", "32 hex digits are wanted"));
    snprintf(arg, sizeof arg, "unit=%s", unit);
    err = rpc_query_page(rpc, &query, keep_key, &key, NULL);
    if (err != GV_OK)
        return rpc_error(rpc, err, unit);
    if (!key.found)
        return out_error(GV_ENOTFOUND, unit, gv_tr("không có đơn vị này", "there is no such unit"));
    if (gv_unhex(key.hex, out->b, sizeof out->b) != GV_OK)
        return out_error(GV_ENOTFOUND, unit, gv_tr("đơn vị chưa có khóa", "the unit has no key"));
    return 0;
}

static int check_code(const char *code)
{
    gv_code checked;

    return gv_code_from_str(code, &checked) == GV_OK
               ? 0
               : out_error(GV_EUSAGE, code, gv_tr("không phải một mã", "not a code"));
}

static int run_revoke_key(const struct cli *cli)
{
    Giaoviec__V1__RevokeKey body = GIAOVIEC__V1__REVOKE_KEY__INIT;
    struct submission what = {.kind = GV_SIGNED_REVOKE_KEY, .body = &body.base};
    Giaoviec__V1__ActResult *result = NULL;
    char text[160], hex[33];
    gv_rpc *rpc = NULL;
    gv_id id;
    int status = check_code(cli->argv[0]);

    if (status == 0)
        status = submit_open(cli, GV_SIGNED_REVOKE_KEY, &rpc);
    if (status != 0)
        return status;
    status = find_key(rpc, cli->argv[0], &id);
    if (status == 0) {
        gv_hex(id.b, sizeof id.b, hex);
        snprintf(text, sizeof text, gv_tr("thu hồi khóa %s của %s", "revoke the key %s of %s"), hex,
                 cli->argv[0]);
        status = out_confirm(cli, text);
    }
    if (status == 0) {
        body.unit = cli->argv[0];
        body.key_id = (ProtobufCBinaryData){sizeof id.b, id.b};
        status = submit_act(rpc, &what, &result);
    }
    if (status == 0)
        status = submit_show(cli, result, text);
    rpc_close(rpc);
    return status;
}

static int run_lift(const struct cli *cli)
{
    Giaoviec__V1__LiftQuarantine body = GIAOVIEC__V1__LIFT_QUARANTINE__INIT;
    struct submission what = {.kind = GV_SIGNED_LIFT_QUARANTINE, .body = &body.base};
    Giaoviec__V1__ActResult *result = NULL;
    char text[160];
    gv_rpc *rpc = NULL;
    int status = check_code(cli->argv[0]);

    snprintf(text, sizeof text, gv_tr("bỏ cách ly %s", "lift the quarantine of %s"), cli->argv[0]);
    if (status == 0)
        status = out_confirm(cli, text);
    if (status == 0)
        status = submit_open(cli, GV_SIGNED_LIFT_QUARANTINE, &rpc);
    if (status != 0)
        return status;
    body.unit = cli->argv[0];
    status = submit_act(rpc, &what, &result);
    if (status == 0)
        status = submit_show(cli, result, text);
    rpc_close(rpc);
    return status;
}

static const struct option_row register_options[] = {
    {"valid-from", OPTION_DAY, "NGÀY", "DATE",
     "có hiệu lực từ ngày (mặc định: đơn vị mới từ hôm nay, đơn vị đã có giữ nguyên)",
     "valid from this day (default: new units from today, known ones as before)", NULL, 0, 0,
     false},
    {0},
};

static const struct option_row token_options[] = {
    {"all", OPTION_FLAG, NULL, NULL, "mọi đơn vị có máy trạm và chưa ghi danh",
     "every unit that has an agent and is not enrolled yet", NULL, 0, 0, false},
    {"out", OPTION_FOLDER, "THƯ-MỤC", "FOLDER", "ghi mỗi mã vào MÃ.token, quyền 0600",
     "write each token to CODE.token, mode 0600", NULL, 0, 0, false},
    {"days", OPTION_NUMBER, "NGÀY", "DAYS", "mã dùng được bao nhiêu ngày (mặc định: 14)",
     "how long a token can be used (default: 14)", NULL, 1, 365, false},
    {"coordinator", OPTION_TEXT, "MÃ", "CODE",
     "ghi danh ở máy chủ nào (mặc định: máy chủ đầu tiên)",
     "which server enrols (default: the first)", NULL, 0, 0, false},
    {0},
};

static const struct option_row revoke_options[] = {
    {"key", OPTION_TEXT, "MÃ-KHÓA", "KEY-ID", "khóa nào (mặc định: khóa hiện nay)",
     "which key (default: the present one)", NULL, 0, 0, false},
    {0},
};

const struct command commands_unit[] = {
    {"unit", "register", "TỆP.tsv", "FILE.tsv", 1, 1, COMMAND_ACTS, register_options, run_register,
     "đăng ký các đơn vị của một tệp (cột: code name_vi name_en group fields); đơn vị đã có được "
     "cập nhật",
     "register the units of a file (columns: code name_vi name_en group fields); known ones are "
     "brought up to date",
     "unit register deploy/examples/lam-dong-2024/units.tsv"},
    {"unit", "token", "[MÃ…]", "[CODE…]", 0, OPERANDS_ANY, COMMAND_ACTS, token_options, run_token,
     "cấp mã ghi danh dùng một lần cho máy trạm của đơn vị: chỉ hiện lần này; mã cũ chưa dùng của "
     "đơn vị hết hiệu lực",
     "issue one-time enrolment tokens for units' agents: shown only now; older unused ones of the "
     "unit end",
     "unit token SO-YT\n"
     "unit token --all --out tokens --days 7"},
    {"unit", "revoke-key", "MÃ", "CODE", 1, 1, COMMAND_ACTS | COMMAND_YES | COMMAND_REASON_NEEDED,
     revoke_options, run_revoke_key, "thu hồi khóa của một đơn vị", "revoke a unit's key",
     "unit revoke-key SO-YT --reason 'máy bị mất' --yes"},
    {"unit", "lift-quarantine", "MÃ", "CODE", 1, 1, COMMAND_ACTS | COMMAND_YES, NULL, run_lift,
     "bỏ cách ly một đơn vị, sau khi đã xem xét",
     "lift a unit's quarantine, once it was looked into",
     "unit lift-quarantine SO-YT --reason 'khôi phục từ bản sao lưu' --yes"},
    {0},
};
