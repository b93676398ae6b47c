/*
 * cmd_body.c - a committee member acts for a body that has no agent: accept, return, report,
 * submit, attest. Each is an act that carries the same entry that an agent would have reported.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/lang.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/select.h"
#include "cli/submit.h"
#include "trust/act.h"
#include "trust/entry.h"

struct body_act {
    gv_rpc *rpc;
    const struct cli *cli;
    enum gv_act act;
    uint32_t kind; /* REPORT_* */
    int64_t now_us;
};

static const char *own_name(const struct body_act *act)
{
    const struct home *home = rpc_home(act->rpc);
    const Giaoviec__V1__PersonInfo *person = gv_keyset_person(home->keyset, home->key->code.s);

    return person != NULL ? person->name : "";
}

static const char *text_or(const struct cli *cli, const char *name, const char *otherwise)
{
    const char *text = cli_text(cli, name);

    return text != NULL ? text : otherwise;
}

/* ---- what is reported -------------------------------------------------------------------------
 */

static int bad_value(const char *text)
{
    return out_errorf(
        GV_EUSAGE, "--value",
        gv_tr("«%s»: cần MÃ=SỐ, hoặc MÃ=? khi chưa đánh giá được",
              "\"%s\": CODE=NUMBER is wanted, or CODE=? when it cannot be assessed yet"),
        text);
}

static int take_value(gv_arena *arena, const char *text, int32_t as_of_day,
                      Giaoviec__V1__IndicatorValue **out)
{
    size_t len = strcspn(text, "=");
    Giaoviec__V1__IndicatorValue *value = gv_arena_alloc(arena, sizeof *value);
    char *code = gv_arena_strdup(arena, text);

    if (value == NULL || code == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    if (len == 0 || text[len] != '=')
        return bad_value(text);
    code[len] = '\0';
    giaoviec__v1__indicator_value__init(value);
    value->code = code;
    value->as_of_day = as_of_day;
    value->not_known = strcmp(code + len + 1, "?") == 0;
    if (!value->not_known) {
        value->value = code + len + 1;
        if (!gv_decimal_valid(value->value))
            return bad_value(text);
    }
    *out = value;
    return 0;
}

static int take_values(const struct body_act *act, Giaoviec__V1__IndicatorValue ***out,
                       size_t *count)
{
    size_t given = cli_count(act->cli, "value");
    Giaoviec__V1__IndicatorValue **values =
        gv_arena_alloc(act->cli->arena, (given + 1) * sizeof *values);
    int32_t as_of_day = gv_day_of(act->now_us);
    int status = 0;

    if (values == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    (void)cli_day(act->cli, "as-of", &as_of_day);
    for (size_t i = 0; status == 0 && i < given; i++)
        status =
            take_value(act->cli->arena, cli_text_at(act->cli, "value", i), as_of_day, &values[i]);
    *out = values;
    *count = given;
    return status;
}

static int take_periods(const struct body_act *act, Giaoviec__V1__Status *status)
{
    size_t given = cli_count(act->cli, "period");
    Giaoviec__V1__PeriodDone *periods =
        gv_arena_alloc(act->cli->arena, (given + 1) * sizeof *periods);

    status->periods = gv_arena_alloc(act->cli->arena, (given + 1) * sizeof *status->periods);
    if (periods == NULL || status->periods == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    for (size_t i = 0; i < given; i++) {
        giaoviec__v1__period_done__init(&periods[i]);
        if (gv_day_parse(cli_text_at(act->cli, "period", i), &periods[i].period_day) != GV_OK)
            return out_error(GV_EUSAGE, "--period", cli_text_at(act->cli, "period", i));
        status->periods[status->n_periods++] = &periods[i];
    }
    return 0;
}

static int take_exceptions(const struct body_act *act, const char *option,
                           Giaoviec__V1__AttestException ***out, size_t *count)
{
    size_t given = cli_count(act->cli, option);
    Giaoviec__V1__AttestException *all = gv_arena_alloc(act->cli->arena, (given + 1) * sizeof *all);
    Giaoviec__V1__AttestException **list =
        gv_arena_alloc(act->cli->arena, (given + 1) * sizeof *list);

    if (all == NULL || list == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    for (size_t i = 0; i < given; i++) {
        giaoviec__v1__attest_exception__init(&all[i]);
        all[i].text = (char *)cli_text_at(act->cli, option, i);
        all[i].day = gv_day_of(act->now_us);
        list[i] = &all[i];
    }
    *out = list;
    *count = given;
    return 0;
}

static int pack(gv_arena *arena, const ProtobufCMessage *message, ProtobufCBinaryData *out)
{
    out->len = protobuf_c_message_get_packed_size(message);
    out->data = gv_arena_alloc(arena, out->len + 1);
    if (out->data == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    protobuf_c_message_pack(message, out->data);
    return 0;
}

static int pack_accept(const struct body_act *act, ProtobufCBinaryData *out)
{
    Giaoviec__V1__Accept accept = GIAOVIEC__V1__ACCEPT__INIT;

    accept.person = (char *)text_or(act->cli, "person", own_name(act));
    accept.note = (char *)text_or(act->cli, "narrative", "");
    return pack(act->cli->arena, &accept.base, out);
}

static int pack_return(const struct body_act *act, ProtobufCBinaryData *out)
{
    Giaoviec__V1__Return returned = GIAOVIEC__V1__RETURN__INIT;

    returned.reason = (char *)act->cli->reason;
    return pack(act->cli->arena, &returned.base, out);
}

static int pack_status(const struct body_act *act, ProtobufCBinaryData *out)
{
    Giaoviec__V1__Status body = GIAOVIEC__V1__STATUS__INIT;
    int status;

    body.progress = (uint32_t)(cli_number(act->cli, "progress", -1) + 1);
    body.narrative = (char *)text_or(act->cli, "narrative", "");
    status = take_values(act, &body.values, &body.n_values);
    if (status == 0)
        status = take_periods(act, &body);
    if (status == 0 && body.progress == 0 && body.narrative[0] == '\0' && body.n_values == 0 &&
        body.n_periods == 0)
        status = out_error(GV_EUSAGE, "assignment report",
                           gv_tr("báo cáo gì? --progress, --narrative, --value hoặc --period",
                                 "report what? --progress, --narrative, --value or --period"));
    return status == 0 ? pack(act->cli->arena, &body.base, out) : status;
}

static int pack_submit(const struct body_act *act, ProtobufCBinaryData *out)
{
    Giaoviec__V1__Submit body = GIAOVIEC__V1__SUBMIT__INIT;
    int status = take_values(act, &body.values, &body.n_values);

    body.narrative = (char *)text_or(act->cli, "narrative", "");
    if (status == 0 && body.narrative[0] == '\0')
        status = out_error(
            GV_EUSAGE, "assignment submit",
            gv_tr("thiếu --narrative «…»: kết quả", "--narrative \"…\" is missing: the result"));
    return status == 0 ? pack(act->cli->arena, &body.base, out) : status;
}

static int pack_attest(const struct body_act *act, ProtobufCBinaryData *out)
{
    Giaoviec__V1__Attest body = GIAOVIEC__V1__ATTEST__INIT;
    int status;

    if (cli_flag(act->cli, "compliant") == cli_flag(act->cli, "not-compliant"))
        return out_error(GV_EUSAGE, "assignment attest",
                         gv_tr("cần --compliant hoặc --not-compliant",
                               "--compliant or --not-compliant is wanted"));
    body.clause = (uint32_t)cli_number(act->cli, "clause", 0);
    body.person = (char *)text_or(act->cli, "person", own_name(act));
    body.compliant = cli_flag(act->cli, "compliant");
    status = take_exceptions(act, "exception", &body.exceptions, &body.n_exceptions);
    if (status == 0)
        status = take_exceptions(act, "permit", &body.permits, &body.n_permits);
    if (status == 0)
        status = take_exceptions(act, "breach", &body.breaches, &body.n_breaches);
    return status == 0 ? pack(act->cli->arena, &body.base, out) : status;
}

static int pack_body(const struct body_act *act, ProtobufCBinaryData *out)
{
    switch (act->kind) {
    case GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT:
        return pack_accept(act, out);
    case GIAOVIEC__V1__REPORT_KIND__REPORT_RETURN:
        return pack_return(act, out);
    case GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS:
        return pack_status(act, out);
    case GIAOVIEC__V1__REPORT_KIND__REPORT_SUBMIT:
        return pack_submit(act, out);
    default:
        return pack_attest(act, out);
    }
}

/* ---- the act ----------------------------------------------------------------------------------
 */

/* unit NULL: fine. */
static int check_body(const struct body_act *act, const char *unit)
{
    const struct home *home = rpc_home(act->rpc);
    const Giaoviec__V1__PersonInfo *person = gv_keyset_person(home->keyset, home->key->code.s);

    for (size_t i = 0; unit != NULL && person != NULL && i < person->n_bodies; i++) {
        if (strcmp(person->bodies[i], unit) == 0)
            return 0;
    }
    if (unit == NULL)
        return 0;
    return out_errorf(GV_EDENIED, unit,
                      gv_tr("%s không được thay mặt tập thể này", "%s does not act for this one"),
                      home->key->code.s);
}

static int submit_entry(const struct body_act *act, const struct selected *one,
                        ProtobufCBinaryData body, Giaoviec__V1__ActResult **result)
{
    Giaoviec__V1__ReportEntry entry = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    Giaoviec__V1__BodyEntry message = GIAOVIEC__V1__BODY_ENTRY__INIT;
    struct submission what = {.kind = GV_SIGNED_BODY_ENTRY, .body = &message.base};
    gv_id act_id;
    gv_err err;
    int status;

    entry.kind = act->kind;
    entry.time_us = act->now_us;
    entry.assignment = (ProtobufCBinaryData){sizeof one->id.b, (uint8_t *)one->id.b};
    entry.epoch = one->epoch;
    entry.body = body;
    message.unit = (char *)one->unit.s;
    status = pack(act->cli->arena, &entry.base, &message.entry);
    if (status != 0)
        return status;
    err = submit_try(act->rpc, &what, act->now_us, &act_id, result);
    return err == GV_OK ? 0 : submit_failed(act->rpc, &act_id, err, one->task);
}

/* What only the office can undo, where it falls on more than one. */
static int confirm(const struct body_act *act, const struct selection *list)
{
    if (list->count < 2 || (act->cli->command->flags & COMMAND_YES) == 0)
        return 0;
    return select_confirm(act->rpc, list, act->act, NULL);
}

static int act_on(const struct body_act *act, const struct selection *list)
{
    ProtobufCBinaryData body = {0};
    int status = pack_body(act, &body), worst = 0;

    for (size_t i = 0; status == 0 && i < list->count; i++)
        status = check_body(act, list->all[i].unit.s);
    if (status == 0)
        status = list->count > 0 ? confirm(act, list) : submit_nothing(act->cli);
    for (size_t i = 0; status == 0 && i < list->count; i++) {
        const struct selected *one = &list->all[i];
        Giaoviec__V1__ActResult *result = NULL;
        char text[200], id[9];
        int shown;

        select_short_id(&one->id, id);
        snprintf(text, sizeof text, "%s  %s  %s: %s", id, one->task, one->unit.s,
                 gv_tr(gv_act_vi(act->act), gv_act_en(act->act)));
        status = submit_entry(act, one, body, &result);
        if (status != 0)
            return status;
        shown = submit_show(act->cli, result, text);
        worst = shown != 0 ? shown : worst;
    }
    return status != 0 ? status : worst;
}

static int run_body(const struct cli *cli, enum gv_act act_name, uint32_t kind)
{
    struct body_act act = {.cli = cli, .act = act_name, .kind = kind};
    struct selection list = {0};
    struct rpc_page clock;
    gv_err err;
    int status = submit_open(cli, GV_SIGNED_BODY_ENTRY, &act.rpc);

    if (status != 0)
        return status;
    status = check_body(&act, cli_text(cli, "unit"));
    if (status == 0)
        status = select_assignments(act.rpc, act_name, NULL, &list);
    if (status == 0) {
        err = rpc_clock(act.rpc, &clock);
        act.now_us = clock.business_us;
        status = err == GV_OK ? act_on(&act, &list) : rpc_error(act.rpc, err, NULL);
    }
    rpc_close(act.rpc);
    return status;
}

static int run_accept(const struct cli *cli)
{
    return run_body(cli, GV_ACT_ACCEPT, GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT);
}

static int run_return(const struct cli *cli)
{
    return run_body(cli, GV_ACT_RETURN, GIAOVIEC__V1__REPORT_KIND__REPORT_RETURN);
}

static int run_report(const struct cli *cli)
{
    return run_body(cli, GV_ACT_REPORT, GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS);
}

static int run_submit(const struct cli *cli)
{
    return run_body(cli, GV_ACT_SUBMIT, GIAOVIEC__V1__REPORT_KIND__REPORT_SUBMIT);
}

static int run_attest(const struct cli *cli)
{
    return run_body(cli, GV_ACT_ATTEST, GIAOVIEC__V1__REPORT_KIND__REPORT_ATTEST);
}

#define PERSON_OPTION                                                                              \
    {                                                                                              \
        "person", OPTION_TEXT, "«HỌ TÊN»", "\"NAME\"", "người phụ trách (mặc định: người ký)",     \
            "who is in charge (default: who signs)", NULL, 0, GV_REPORT_TEXT_MAX, false            \
    }
#define NARRATIVE_OPTION                                                                           \
    {                                                                                              \
        "narrative", OPTION_TEXT, "«…»", "\"…\"", "lời báo cáo", "in words", NULL, 0,              \
            GV_REPORT_TEXT_MAX, false                                                              \
    }
#define VALUE_OPTIONS                                                                              \
    {"value",                                                                                      \
     OPTION_TEXT,                                                                                  \
     "MÃ=SỐ",                                                                                      \
     "CODE=NUMBER",                                                                                \
     "chỉ tiêu; MÃ=? khi chưa đánh giá được",                                                      \
     "an indicator; CODE=? when it cannot be assessed yet",                                        \
     NULL,                                                                                         \
     0,                                                                                            \
     0,                                                                                            \
     true},                                                                                        \
    {                                                                                              \
        "as-of", OPTION_DAY, "NGÀY", "DATE", "số liệu đến ngày (mặc định: hôm nay)",               \
            "figures as of this day (default: today)", NULL, 0, 0, false                           \
    }

static const struct option_row accept_options[] = {
    PERSON_OPTION, NARRATIVE_OPTION, SELECT_OPTIONS, {0}};

static const struct option_row return_options[] = {SELECT_OPTIONS, {0}};

static const struct option_row report_options[] = {
    {"progress", OPTION_NUMBER, "0–100", "0-100", "tiến độ, phần trăm", "progress in percent", NULL,
     0, 100, false},
    NARRATIVE_OPTION,
    VALUE_OPTIONS,
    {"period", OPTION_DAY, "NGÀY", "DATE", "kỳ báo cáo đã làm, theo ngày đầu kỳ",
     "a period that is done, by its first day", NULL, 0, 0, true},
    SELECT_OPTIONS,
    {0},
};

static const struct option_row submit_options[] = {
    {"narrative", OPTION_TEXT, "«…»", "\"…\"", "kết quả, bằng lời (bắt buộc)",
     "the result, in words (required)", NULL, 0, GV_REPORT_TEXT_MAX, false},
    VALUE_OPTIONS,
    SELECT_OPTIONS,
    {0},
};

static const struct option_row attest_options[] = {
    {"clause", OPTION_NUMBER, "SỐ", "NUMBER", "điều phải chấp hành, đếm từ 0 (mặc định: 0)",
     "the clause, counted from 0 (default: 0)", NULL, 0, 1000, false},
    PERSON_OPTION,
    {"compliant", OPTION_FLAG, NULL, NULL, "đã chấp hành", "complied with", NULL, 0, 0, false},
    {"not-compliant", OPTION_FLAG, NULL, NULL, "không chấp hành", "not complied with", NULL, 0, 0,
     false},
    {"exception", OPTION_TEXT, "«…»", "\"…\"", "một ngoại lệ", "an exception", NULL, 0,
     GV_REPORT_TEXT_MAX, true},
    {"permit", OPTION_TEXT, "«…»", "\"…\"", "một trường hợp được phép", "a permitted case", NULL, 0,
     GV_REPORT_TEXT_MAX, true},
    {"breach", OPTION_TEXT, "«…»", "\"…\"", "một vi phạm", "a breach", NULL, 0, GV_REPORT_TEXT_MAX,
     true},
    SELECT_OPTIONS,
    {0},
};

const struct command commands_body[] = {
    {"assignment", "accept", "[MÃ…]", "[ID…]", 0, OPERANDS_ANY, COMMAND_ACTS, accept_options,
     run_accept, "ủy viên tiếp nhận việc thay cho tập thể", "a member accepts for a body",
     "assignment accept --unit CC-BTVTU --dry-run --as uv1"},
    {"assignment", "return", "[MÃ…]", "[ID…]", 0, OPERANDS_ANY,
     COMMAND_ACTS | COMMAND_YES | COMMAND_REASON_NEEDED, return_options, run_return,
     "ủy viên trả lại việc thay cho tập thể", "a member returns for a body",
     "assignment return --unit CC-BTVTU --task 6.1 --reason 'không thuộc thẩm quyền' --dry-run "
     "--as uv1"},
    {"assignment", "report", "[MÃ…]", "[ID…]", 0, OPERANDS_ANY, COMMAND_ACTS, report_options,
     run_report, "ủy viên báo cáo thay cho tập thể", "a member reports for a body",
     "assignment report --unit CC-BTVTU --task 6.1 --progress 40 --narrative 'đã làm việc với hai "
     "huyện' --dry-run "
     "--as uv1"},
    {"assignment", "submit", "[MÃ…]", "[ID…]", 0, OPERANDS_ANY, COMMAND_ACTS | COMMAND_YES,
     submit_options, run_submit, "ủy viên trình kết quả thay cho tập thể",
     "a member submits a result for a body",
     "assignment submit --unit CC-BTVTU --task 6.1 --narrative 'đã hoàn thành' --dry-run --as uv1"},
    {"assignment", "attest", "[MÃ…]", "[ID…]", 0, OPERANDS_ANY, COMMAND_ACTS | COMMAND_YES,
     attest_options, run_attest, "ủy viên xác nhận chấp hành thay cho tập thể",
     "a member attests for a body",
     "assignment attest --unit CC-BTVTU --task 6.1 --compliant --dry-run --as uv1"},
    {0},
};
