/* command.c - the command line: help, and the commands that talk to a running agent or check a
 * document. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/config.h"
#include "agent/manual.h"
#include "agent/status.h"
#include "base/buf.h"
#include "base/lang.h"

int command_fail(int err, const char *where, const char *why)
{
    fprintf(stderr, "giaoviec-agent: %s%s%s\n", where != NULL ? where : "",
            where != NULL ? ": " : "", why);
    return gv_err_exit((gv_err)err);
}

static int usage(const char *where)
{
    return command_fail((int)GV_EUSAGE, where,
                        gv_tr("xem giaoviec-agent --help", "see giaoviec-agent --help"));
}

/* ---- check ---- */

static gv_err read_any(const char *path, struct gv_buf *out)
{
    char bytes[16384];
    size_t n;

    if (strcmp(path, "-") != 0)
        return gv_buf_read_file(out, path, GV_STATUS_MAX_BYTES);
    while ((n = fread(bytes, 1, sizeof bytes, stdin)) > 0) {
        gv_buf_append(out, bytes, n);
        if (out->len > GV_STATUS_MAX_BYTES)
            return GV_ETOOBIG;
    }
    return ferror(stdin) ? GV_EIO : gv_buf_ok(out) ? GV_OK : GV_ENOMEM;
}

static enum gv_status_format format_of(const char *path)
{
    size_t len = strlen(path);

    return len > 4 && strcmp(path + len - 4, ".csv") == 0 ? GV_STATUS_CSV : GV_STATUS_JSON;
}

/* Prints where it is wrong; exit status. */
static int check_text(const char *path, enum gv_status_format format, const struct gv_buf *text,
                      gv_arena *arena, struct gv_status *status)
{
    struct gv_status_fault fault = {0};
    gv_err err = gv_status_parse(format, text->len > 0 ? (const char *)text->data : "", text->len,
                                 arena, status, &fault);
    char why[640];

    if (err == GV_OK)
        return 0;
    if (fault.why[0] == '\0')
        return command_fail((int)err, path, gv_err_text(err));
    fprintf(stderr, "%s\n", gv_status_fault_format(&fault, path, why, sizeof why));
    return gv_err_exit(err);
}

static int check_file(const char *path)
{
    gv_arena *arena = gv_arena_new(GV_STATUS_ARENA_CAP);
    struct gv_status status;
    struct gv_buf text;
    int result;
    gv_err err;

    if (arena == NULL)
        return command_fail((int)GV_ENOMEM, path, gv_err_text(GV_ENOMEM));
    gv_buf_init(&text);
    err = read_any(path, &text);
    if (err != GV_OK)
        result = command_fail((int)err, path, gv_err_text(err));
    else
        result = check_text(path, format_of(path), &text, arena, &status);
    if (result == 0)
        printf(gv_tr("%s: đúng, đơn vị %s, %zu nhiệm vụ\n", "%s: good, unit %s, %zu tasks\n"), path,
               status.unit.s, status.task_count);
    gv_buf_fini(&text);
    gv_arena_free(arena);
    return result;
}

int command_check(int argc, char **argv)
{
    int first = 0;

    if (argc < 2)
        return usage("check");
    for (int i = 1; i < argc; i++) {
        int status = check_file(argv[i]);

        if (first == 0)
            first = status;
    }
    return first;
}

int command_sample(void)
{
    struct gv_buf out;

    gv_buf_init(&out);
    config_sample(&out);
    fwrite(out.data, 1, out.len, stdout);
    gv_buf_fini(&out);
    return fflush(stdout) == 0 ? 0 : gv_err_exit(GV_EIO);
}

/* ---- talking to a running agent ---- */

static int connect_to(const char *data)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (!manual_path(data, address.sun_path, sizeof address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static gv_err exchange(int fd, const char *request, struct gv_buf *reply)
{
    size_t left = strlen(request);
    char bytes[16384];
    ssize_t n;

    while (left > 0) {
        n = send(fd, request, left, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return GV_EUNAVAILABLE;
        request += n;
        left -= (size_t)n;
    }
    while ((n = read(fd, bytes, sizeof bytes)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return GV_EUNAVAILABLE;
        gv_buf_append(reply, bytes, (size_t)n);
    }
    return !gv_buf_ok(reply) ? GV_ENOMEM : reply->len > 0 ? GV_OK : GV_EUNAVAILABLE;
}

/* One request; *out is the caller's (json_decref). Prints errors, also those that the agent
 * answers; exit status. */
static int ask(const char *data, json_t *request, json_t **out)
{
    char *line = json_dumps(request, JSON_COMPACT);
    struct gv_buf text, reply;
    int fd = connect_to(data), status = 0;
    json_t *json;
    gv_err err;

    gv_buf_init(&text);
    gv_buf_init(&reply);
    if (fd < 0 || line == NULL) {
        status =
            command_fail((int)GV_EUNAVAILABLE, data,
                         gv_tr("giaoviec-agent không chạy ở đây", "no giaoviec-agent runs here"));
        goto out;
    }
    gv_buf_puts(&text, line);
    gv_buf_putc(&text, '\n');
    err = gv_buf_ok(&text) ? exchange(fd, (const char *)text.data, &reply) : GV_ENOMEM;
    json = err == GV_OK ? json_loadb((const char *)reply.data, reply.len, 0, NULL) : NULL;
    if (json == NULL) {
        status = command_fail((int)(err != GV_OK ? err : GV_EBADMSG), data,
                              gv_err_text(err != GV_OK ? err : GV_EBADMSG));
    } else if (!json_is_true(json_object_get(json, "ok"))) {
        const char *why = json_string_value(json_object_get(json, "text"));

        status = command_fail((int)GV_EBADMSG, NULL, why != NULL ? why : "?");
        json_decref(json);
    } else {
        *out = json;
    }
out:
    free(line);
    if (fd >= 0)
        close(fd);
    gv_buf_fini(&text);
    gv_buf_fini(&reply);
    return status;
}

/* Exit status; *out is the caller's. */
static int load_config(const char *path, struct config **out)
{
    struct gv_buf faults;
    int status = 0;
    gv_err err;

    if (path == NULL)
        return usage("--config");
    gv_buf_init(&faults);
    err = config_load(path, out, &faults);
    if (err != GV_OK) {
        if (faults.len > 0)
            fprintf(stderr, "%s", (const char *)faults.data);
        status = command_fail((int)err, path, gv_err_text(err));
    }
    gv_buf_fini(&faults);
    return status;
}

/* ---- status ---- */

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    return text != NULL ? text : "-";
}

static long long number_of(const json_t *json, const char *key)
{
    return (long long)json_integer_value(json_object_get(json, key));
}

static void print_unit(const json_t *unit)
{
    json_t *one;
    size_t i;

    printf("%-16s %-10s %8lld %8lld %8lld  %-10s  %-10s\n", text_of(unit, "unit"),
           text_of(unit, "phase"), number_of(unit, "order_n"), number_of(unit, "report_n"),
           number_of(unit, "receipted_n"), text_of(unit, "business_day"),
           text_of(unit, "finished_day"));
    if (json_is_string(json_object_get(unit, "freeze")))
        printf(gv_tr("    ĐÓNG BĂNG (%s): quản trị viên cần đối chiếu sổ của đơn vị này\n",
                     "    FROZEN (%s): an administrator must compare the logs of this unit\n"),
               text_of(unit, "freeze"));
    if (number_of(unit, "order_faults") > 0)
        printf(gv_tr("    %lld lệnh không xác thực được: không thực hiện, báo quản trị viên\n",
                     "    %lld orders that do not hold: not acted on, tell an administrator\n"),
               number_of(unit, "order_faults"));
    json_array_foreach(json_object_get(unit, "sources"), i, one)
    {
        if (json_is_string(json_object_get(one, "fault")))
            printf(gv_tr("    nguồn %s: tài liệu bị từ chối: %s\n",
                         "    source %s: document refused: %s\n"),
                   text_of(one, "source"), text_of(one, "fault"));
    }
    json_array_foreach(json_object_get(unit, "not_applied"), i, one)
    {
        printf(gv_tr("    báo cáo %lld (nhiệm vụ %s): %s %s %s\n",
                     "    report %lld (task %s): %s %s %s\n"),
               number_of(one, "n"), text_of(one, "task"), text_of(one, "disposition"),
               text_of(one, "error"), text_of(one, "text"));
    }
}

static void print_status(const json_t *reply)
{
    json_t *unit;
    size_t i;

    printf("%-16s %-10s %8s %8s %8s  %-10s  %-10s\n", "unit", "phase", "orders", "reports",
           "receipts", "day", "finished");
    json_array_foreach(json_object_get(reply, "units"), i, unit)
    {
        print_unit(unit);
    }
}

int command_status(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"json", no_argument, NULL, 'j'}, {0}};
    struct config *config = NULL;
    const char *path = NULL;
    bool as_json = false;
    json_t *request, *reply = NULL;
    int option, status;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'c')
            path = optarg;
        else if (option == 'j')
            as_json = true;
        else
            return usage("status");
    }
    status = load_config(path, &config);
    if (status != 0)
        return status;
    request = json_pack("{s:s}", "do", "status");
    status = ask(config->data, request, &reply);
    if (status == 0 && as_json) {
        json_dumpf(reply, stdout, JSON_COMPACT);
        putchar('\n');
    } else if (status == 0) {
        print_status(reply);
    }
    json_decref(request);
    json_decref(reply);
    config_free(config);
    return status;
}

/* ---- report ---- */

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
    bool bad; /* an option's value cannot be used */
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

/* "CODE=12", "CODE=" (not known). */
static void put_value(struct report *report, json_t *values, const char *text)
{
    const char *equals = strchr(text, '=');
    char code[128];

    if (equals == NULL || equals == text || (size_t)(equals - text) >= sizeof code) {
        report->bad = true;
        return;
    }
    memcpy(code, text, (size_t)(equals - text));
    code[equals - text] = '\0';
    json_object_set_new(values, code, equals[1] != '\0' ? json_string(equals + 1) : json_null());
}

/* "0=true" */
static void put_attest(struct report *report, const char *text)
{
    char *end;
    long clause = strtol(text, &end, 10);
    bool yes = strcmp(end, "=true") == 0;

    if (end == text || (!yes && strcmp(end, "=false") != 0)) {
        report->bad = true;
        return;
    }
    json_array_append_new(member(report->task, "attest", json_array()),
                          json_pack("{s:I,s:b}", "clause", (json_int_t)clause, "compliant", yes));
}

static void put_task_option(struct report *report, int option, const char *value)
{
    json_t *task = report->task;
    char *end;

    switch (option) {
    case OPT_TASK:
        json_object_set_new(task, "task", json_string(value));
        break;
    case OPT_ASSIGNMENT:
        json_object_set_new(task, "assignment", json_string(value));
        break;
    case OPT_ACCEPT:
        json_object_set_new(task, "accept", json_true());
        break;
    case OPT_RETURN:
        json_object_set_new(task, "return", json_string(value));
        break;
    case OPT_PROGRESS:
        json_object_set_new(task, "progress", json_integer(strtol(value, &end, 10)));
        report->bad |= *value == '\0' || *end != '\0';
        break;
    case OPT_NARRATIVE:
        json_object_set_new(task, "narrative", json_string(value));
        break;
    case OPT_VALUE:
        put_value(report, member(task, "values", json_object()), value);
        break;
    case OPT_PERIOD:
        json_array_append_new(member(task, "periods", json_array()), json_string(value));
        break;
    case OPT_ATTEST:
        put_attest(report, value);
        break;
    case OPT_SUBMIT:
        json_object_set_new(member(task, "submit", json_object()), "narrative", json_string(value));
        break;
    case OPT_SUBMIT_VALUE:
        put_value(report, member(member(task, "submit", json_object()), "values", json_object()),
                  value);
        break;
    default:
        report->bad = true;
        break;
    }
}

static void read_report_options(struct report *report, int argc, char **argv)
{
    int option;

    while ((option = getopt_long(argc, argv, "", report_options, NULL)) != -1) {
        switch (option) {
        case OPT_CONFIG:
            report->config_path = optarg;
            break;
        case OPT_UNIT:
            report->unit = optarg;
            break;
        case OPT_FILE:
            report->file = optarg;
            break;
        case OPT_PERSON:
            report->person = optarg;
            break;
        case OPT_JSON:
            report->as_json = true;
            break;
        default:
            put_task_option(report, option, optarg);
            break;
        }
    }
    report->bad |= optind != argc;
}

/* The document's text: the file's, or made of the options. */
static gv_err make_document(const struct report *report, struct gv_buf *out)
{
    json_t *document;
    char *text;

    if (report->file != NULL)
        return read_any(report->file, out);
    document = json_pack("{s:s,s:[O]}", "unit", report->unit, "tasks", report->task);
    if (document != NULL && report->person != NULL)
        json_object_set_new(document, "person", json_string(report->person));
    text = document != NULL ? json_dumps(document, JSON_COMPACT) : NULL;
    json_decref(document);
    if (text == NULL)
        return GV_EBADMSG; /* not UTF-8 */
    gv_buf_puts(out, text);
    free(text);
    return gv_buf_ok(out) ? GV_OK : GV_ENOMEM;
}

static void print_report(const json_t *reply)
{
    json_t *one;
    size_t i;

    json_array_foreach(json_object_get(reply, "reports"), i, one)
    {
        printf(gv_tr("báo cáo %lld đã lưu: %s, giao việc %s\n",
                     "report %lld is kept: %s, assignment %s\n"),
               number_of(one, "n"), text_of(one, "kind"), text_of(one, "assignment"));
    }
    json_array_foreach(json_object_get(reply, "notes"), i, one)
    {
        printf("%s: %s %s\n", text_of(one, "task"), text_of(one, "text"), text_of(one, "detail"));
    }
    if (json_array_size(json_object_get(reply, "reports")) == 0)
        printf("%s\n", gv_tr("không có gì mới để báo cáo", "nothing new to report"));
}

static int send_report(const struct report *report, const struct config *config)
{
    gv_arena *arena = gv_arena_new(GV_STATUS_ARENA_CAP);
    const char *name = report->file != NULL ? report->file : "-";
    bool csv = report->file != NULL && format_of(report->file) == GV_STATUS_CSV;
    json_t *request = NULL, *reply = NULL;
    struct gv_status status;
    struct gv_buf text;
    int result;
    gv_err err;

    gv_buf_init(&text);
    err = arena == NULL ? GV_ENOMEM : make_document(report, &text);
    result = err != GV_OK
                 ? command_fail((int)err, name, gv_err_text(err))
                 : check_text(name, csv ? GV_STATUS_CSV : GV_STATUS_JSON, &text, arena, &status);
    if (result == 0) {
        request = json_pack("{s:s,s:s,s:s,s:s%}", "do", "report", "unit",
                            report->unit != NULL ? report->unit : status.unit.s, "format",
                            csv ? "csv" : "json", "document", (const char *)text.data, text.len);
        result = ask(config->data, request, &reply);
    }
    if (result == 0 && report->as_json) {
        json_dumpf(reply, stdout, JSON_COMPACT);
        putchar('\n');
    } else if (result == 0) {
        print_report(reply);
    }
    if (result == 0 && json_array_size(json_object_get(reply, "reports")) == 0 &&
        json_array_size(json_object_get(reply, "notes")) > 0)
        result = gv_err_exit(GV_ESTATE); /* nothing of it could be reported */
    json_decref(request);
    json_decref(reply);
    gv_buf_fini(&text);
    gv_arena_free(arena);
    return result;
}

int command_report(int argc, char **argv)
{
    struct report report = {.task = json_object()};
    struct config *config = NULL;
    int status;

    read_report_options(&report, argc, argv);
    if (report.bad || (report.file == NULL) == (json_object_size(report.task) == 0)) {
        json_decref(report.task);
        return usage("report");
    }
    status = load_config(report.config_path, &config);
    if (status == 0 && report.unit == NULL && config->unit_count == 1)
        report.unit = config->units[0].code.s;
    if (status == 0 && report.unit == NULL && report.file == NULL)
        status = usage("--unit");
    if (status == 0)
        status = send_report(&report, config);
    json_decref(report.task);
    config_free(config);
    return status;
}
