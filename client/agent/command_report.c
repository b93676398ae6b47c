/* command_report.c - report: a document made of options, or a file, to the running agent. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "agent/command_part.h"
#include "agent/work.h"
#include "base/lang.h"
#include "base/text.h"

enum {
    OPT_CONFIG = 256,
    OPT_UNIT,
    OPT_FILE,
    OPT_TASK,
    OPT_ASSIGNMENT,
    OPT_PERSON,
    OPT_ACCEPT,
    OPT_RETURN,
    OPT_PROGRESS,
    OPT_NARRATIVE,
    OPT_VALUE,
    OPT_PERIOD,
    OPT_ATTEST,
    OPT_SUBMIT,
    OPT_SUBMIT_VALUE,
    OPT_JSON
};

static const struct option report_options[] = {
    {"config", required_argument, NULL, OPT_CONFIG},
    {"unit", required_argument, NULL, OPT_UNIT},
    {"file", required_argument, NULL, OPT_FILE},
    {"task", required_argument, NULL, OPT_TASK},
    {"assignment", required_argument, NULL, OPT_ASSIGNMENT},
    {"person", required_argument, NULL, OPT_PERSON},
    {"accept", no_argument, NULL, OPT_ACCEPT},
    {"return", required_argument, NULL, OPT_RETURN},
    {"progress", required_argument, NULL, OPT_PROGRESS},
    {"narrative", required_argument, NULL, OPT_NARRATIVE},
    {"value", required_argument, NULL, OPT_VALUE},
    {"period", required_argument, NULL, OPT_PERIOD},
    {"attest", required_argument, NULL, OPT_ATTEST},
    {"submit", required_argument, NULL, OPT_SUBMIT},
    {"submit-value", required_argument, NULL, OPT_SUBMIT_VALUE},
    {"json", no_argument, NULL, OPT_JSON},
    {0},
};

struct report {
    const char *config_path, *unit, *file, *person;
    json_t *task;
    bool as_json;
};

static json_t *member(json_t *object, const char *key, json_t *fresh)
{
    json_t *found = json_object_get(object, key);

    if (found != NULL) {
        json_decref(fresh);
        return found;
    }
    json_object_set_new(object, key, fresh);
    return fresh;
}

static int unfit(const char *option, const char *value, const char *wanted)
{
    struct gv_buf where;
    int status;

    gv_buf_init(&where);
    gv_buf_printf(&where, gv_tr("%s: «%s»", "%s: \"%s\""), option, value);
    status = command_usage(gv_buf_ok(&where) ? (const char *)where.data : option, wanted);
    gv_buf_fini(&where);
    return status;
}

/* "CODE=12", "CODE=?" (not known; also "CODE="). */
static int put_value(json_t *values, const char *option, const char *text)
{
    const char *equals = strchr(text, '=');
    char code[128];
    bool known;

    if (equals == NULL || equals == text || (size_t)(equals - text) >= sizeof code)
        return unfit(option, text,
                     gv_tr("cần MÃ=SỐ, hoặc MÃ=? khi chưa đánh giá được",
                           "CODE=NUMBER is wanted, or CODE=? when it cannot be assessed yet"));
    memcpy(code, text, (size_t)(equals - text));
    code[equals - text] = '\0';
    known = equals[1] != '\0' && strcmp(equals + 1, "?") != 0;
    json_object_set_new(values, code, known ? json_string(equals + 1) : json_null());
    return 0;
}

/* "0=true" */
static int put_attest(json_t *task, const char *text)
{
    char *end;
    long clause = strtol(text, &end, 10);
    bool yes = strcmp(end, "=true") == 0;

    if (end == text || (!yes && strcmp(end, "=false") != 0))
        return unfit("--attest", text,
                     gv_tr("cần ĐIỀU=true hoặc ĐIỀU=false, các điều đếm từ 0",
                           "CLAUSE=true or CLAUSE=false is wanted, clauses counted from 0"));
    json_array_append_new(member(task, "attest", json_array()),
                          json_pack("{s:I,s:b}", "clause", (json_int_t)clause, "compliant", yes));
    return 0;
}

static int put_progress(json_t *task, const char *text)
{
    char *end;
    long progress = strtol(text, &end, 10);

    if (*text == '\0' || *end != '\0')
        return unfit("--progress", text,
                     gv_tr("cần một số từ 0 đến 100", "a number from 0 to 100 is wanted"));
    json_object_set_new(task, "progress", json_integer(progress));
    return 0;
}

static int put_task_option(json_t *task, int option, const char *value)
{
    switch (option) {
    case OPT_TASK:
        json_object_set_new(task, "task", json_string(value));
        return 0;
    case OPT_ASSIGNMENT:
        json_object_set_new(task, "assignment", json_string(value));
        return 0;
    case OPT_ACCEPT:
        json_object_set_new(task, "accept", json_true());
        return 0;
    case OPT_RETURN:
        json_object_set_new(task, "return", json_string(value));
        return 0;
    case OPT_PROGRESS:
        return put_progress(task, value);
    case OPT_NARRATIVE:
        json_object_set_new(task, "narrative", json_string(value));
        return 0;
    case OPT_VALUE:
        return put_value(member(task, "values", json_object()), "--value", value);
    case OPT_PERIOD:
        json_array_append_new(member(task, "periods", json_array()), json_string(value));
        return 0;
    case OPT_ATTEST:
        return put_attest(task, value);
    case OPT_SUBMIT:
        json_object_set_new(member(task, "submit", json_object()), "narrative", json_string(value));
        return 0;
    default: /* OPT_SUBMIT_VALUE */
        return put_value(member(member(task, "submit", json_object()), "values", json_object()),
                         "--submit-value", value);
    }
}

static int not_text(const char *name)
{
    char where[32];

    snprintf(where, sizeof where, "--%s", name);
    return command_fail((int)GV_EBADMSG, where, gv_tr("không phải UTF-8", "not UTF-8"));
}

static int put_option(struct report *report, int option, const char *value)
{
    switch (option) {
    case OPT_CONFIG:
        report->config_path = value;
        return 0;
    case OPT_UNIT:
        report->unit = value;
        return 0;
    case OPT_FILE:
        report->file = value;
        return 0;
    case OPT_PERSON:
        report->person = value;
        return 0;
    case OPT_JSON:
        report->as_json = true;
        return 0;
    default:
        return put_task_option(report->task, option, value);
    }
}

static int read_report_options(struct report *report, int argc, char **argv)
{
    int option, row = 0, status = 0;

    while (status == 0 && (option = getopt_long(argc, argv, ":", report_options, &row)) != -1) {
        const char *value = optarg != NULL ? optarg : "";

        if (option == '?' || option == ':')
            status = command_bad_option(argv, option);
        else if (option != OPT_CONFIG && option != OPT_FILE &&
                 !gv_text_valid(value, strlen(value), NULL))
            status = not_text(report_options[row].name);
        else
            status = put_option(report, option, value);
    }
    if (status != 0)
        return status;
    if (optind != argc)
        return command_usage(argv[optind], gv_tr("từ này thừa", "one word too many"));
    if ((report->file == NULL) == (json_object_size(report->task) == 0))
        return command_usage("report", gv_tr("cần --task … hoặc --file …, không cả hai",
                                             "--task … or --file … is wanted, not both"));
    return 0;
}

/* The document's text: the file's, or made of the options. */
static gv_err make_document(const struct report *report, struct gv_buf *out)
{
    json_t *document;
    char *text;

    if (report->file != NULL)
        return command_read(report->file, out);
    document = json_pack("{s:s,s:[O]}", "unit", report->unit, "tasks", report->task);
    if (document != NULL && report->person != NULL)
        json_object_set_new(document, "person", json_string(report->person));
    text = document != NULL ? json_dumps(document, JSON_COMPACT) : NULL;
    json_decref(document);
    if (text == NULL)
        return GV_ENOMEM;
    gv_buf_puts(out, text);
    free(text);
    return gv_buf_ok(out) ? GV_OK : GV_ENOMEM;
}

static const char *kind_words(const char *name)
{
    static const struct {
        const char *name, *vi, *en;
    } kinds[] = {
        {"ACCEPT", "tiếp nhận", "acceptance"},
        {"RETURN", "trả lại", "return"},
        {"STATUS", "tiến độ", "progress"},
        {"SUBMIT", "trình kết quả", "result"},
        {"ATTEST", "xác nhận chấp hành", "attestation"},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return gv_tr(kinds[i].vi, kinds[i].en);
    }
    return name;
}

/* In the language of who asks: the agent's may be another. */
static void print_note(const json_t *note)
{
    const char *why = gv_work_why_say(command_text(note, "why"));
    const char *detail = json_string_value(json_object_get(note, "detail"));
    bool has_detail = detail != NULL && detail[0] != '\0';

    printf("%s: %s%s%s\n", command_text(note, "task"),
           why != NULL ? why : command_text(note, "text"), has_detail ? ": " : "",
           has_detail ? detail : "");
}

static void print_report(const json_t *reply)
{
    json_t *one;
    size_t i;

    json_array_foreach(json_object_get(reply, "reports"), i, one)
    {
        printf(gv_tr("báo cáo %lld đã lưu: %s, lượt giao %s\n",
                     "report %lld is kept: %s, assignment %s\n"),
               command_number(one, "n"), kind_words(command_text(one, "kind")),
               command_text(one, "assignment"));
    }
    json_array_foreach(json_object_get(reply, "notes"), i, one)
    {
        print_note(one);
    }
    if (json_array_size(json_object_get(reply, "reports")) == 0)
        printf("%s\n", gv_tr("không có gì mới để báo cáo", "nothing new to report"));
}

static int send_report(const struct report *report, const struct config *config)
{
    gv_arena *arena = gv_arena_new(GV_STATUS_ARENA_CAP);
    const char *name = report->file != NULL ? report->file : "-";
    bool csv = report->file != NULL && command_format(report->file) == GV_STATUS_CSV;
    json_t *request, *reply = NULL;
    struct gv_status status;
    struct gv_buf text;
    int result;
    gv_err err;

    gv_buf_init(&text);
    err = arena == NULL ? GV_ENOMEM : make_document(report, &text);
    result = err != GV_OK ? command_fail((int)err, name, gv_err_say(err))
                          : command_check_text(name, csv ? GV_STATUS_CSV : GV_STATUS_JSON, &text,
                                               arena, &status);
    if (result == 0) {
        request = json_pack("{s:s,s:s,s:s,s:s%}", "do", "report", "unit",
                            report->unit != NULL ? report->unit : status.unit.s, "format",
                            csv ? "csv" : "json", "document", (const char *)text.data, text.len);
        result = command_show(config->data, request, report->as_json, print_report, &reply);
    }
    if (result == 0 && json_array_size(json_object_get(reply, "reports")) == 0 &&
        json_array_size(json_object_get(reply, "notes")) > 0)
        result = gv_err_exit(GV_ESTATE); /* nothing of it could be reported */
    json_decref(reply);
    gv_buf_fini(&text);
    gv_arena_free(arena);
    return result;
}

int command_report(int argc, char **argv)
{
    struct report report = {.task = json_object()};
    struct config *config = NULL;
    int status = read_report_options(&report, argc, argv);

    if (status == 0)
        status = command_config(report.config_path, &config);
    if (status == 0 && report.unit == NULL && config->unit_count == 1)
        report.unit = config->units[0].code.s;
    if (status == 0 && report.unit == NULL && report.file == NULL)
        status = command_unit_missing("report");
    if (status == 0)
        status = send_report(&report, config);
    json_decref(report.task);
    config_free(config);
    return status;
}
