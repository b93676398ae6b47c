/* command.c - check, status, sample; and how a command talks to a running agent. */
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
#include "agent/command_part.h"
#include "agent/manual.h"
#include "agent/status.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/text.h"

#define MIB 1048576

int command_fail(int err, const char *where, const char *why)
{
    fprintf(stderr, "giaoviec-agent: %s%s%s\n", where != NULL ? where : "",
            where != NULL ? ": " : "", why);
    return gv_err_exit((gv_err)err);
}

int command_usage(const char *where, const char *why)
{
    fprintf(stderr, "giaoviec-agent: %s%s%s; %s\n", where != NULL ? where : "",
            where != NULL ? ": " : "", why,
            gv_tr("xem giaoviec-agent --help", "see giaoviec-agent --help"));
    return gv_err_exit(GV_EUSAGE);
}

int command_bad_option(char *const *argv, int option)
{
    char letter[] = {'-', (char)optopt, '\0'};
    bool is_letter = optopt > 0 && optopt < 256;

    return command_usage(is_letter ? letter : argv[optind - 1],
                         option == ':' ? gv_tr("thiếu giá trị", "the value is missing")
                         : optopt >= 256
                             ? gv_tr("tùy chọn này không có giá trị", "this option takes no value")
                             : gv_tr("không có tùy chọn này", "there is no such option"));
}

int command_unit_missing(const char *command)
{
    return command_usage(command, gv_tr("thiếu --unit MÃ: tệp cấu hình có nhiều đơn vị",
                                        "--unit CODE is missing: the settings have several units"));
}

/* ---- check ---- */

gv_err command_read(const char *path, struct gv_buf *out)
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

enum gv_status_format command_format(const char *path)
{
    size_t len = strlen(path);

    return len > 4 && strcmp(path + len - 4, ".csv") == 0 ? GV_STATUS_CSV : GV_STATUS_JSON;
}

int command_check_text(const char *path, enum gv_status_format format, const struct gv_buf *text,
                       gv_arena *arena, struct gv_status *status)
{
    struct gv_status_fault fault = {0};
    gv_err err = gv_status_parse(format, text->len > 0 ? (const char *)text->data : "", text->len,
                                 arena, status, &fault);
    char why[640];

    if (err == GV_OK)
        return 0;
    if (fault.why[0] == '\0')
        return command_fail((int)err, path, gv_err_say(err));
    fprintf(stderr, "%s\n", gv_status_fault_format(&fault, path, why, sizeof why));
    return gv_err_exit(err);
}

static int check_file(const char *path)
{
    gv_arena *arena = gv_arena_new(GV_STATUS_ARENA_CAP);
    struct gv_status status = {0};
    struct gv_buf text;
    int result;
    gv_err err;

    if (arena == NULL)
        return command_fail((int)GV_ENOMEM, path, gv_err_say(GV_ENOMEM));
    gv_buf_init(&text);
    err = command_read(path, &text);
    if (err != GV_OK)
        result = command_fail((int)err, path, gv_err_say(err));
    else
        result = command_check_text(path, command_format(path), &text, arena, &status);
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
        return command_usage("check", gv_tr("thiếu TÀI-LIỆU", "DOCUMENT is missing"));
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
    return 0;
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

/* By its name; GV_OK: not known here. */
static gv_err error_named(const char *name)
{
    for (int err = 1; strcmp(gv_err_name((gv_err)err), "?") != 0; err++) {
        if (strcmp(gv_err_name((gv_err)err), name) == 0)
            return (gv_err)err;
    }
    return GV_OK;
}

/* The answer's error is a name, so that it can be said in the language of who asks. */
static int refused(const json_t *answer)
{
    const char *text = command_text(answer, "text");
    gv_err err = error_named(command_text(answer, "error"));

    if (err == GV_ENOSPACE)
        return command_fail(
            (int)err, NULL,
            gv_tr("ổ đĩa của giaoviec-agent còn quá ít chỗ: chưa nhận gì; dọn chỗ rồi "
                  "báo cáo lại",
                  "the disk of giaoviec-agent has too little room: nothing was taken; "
                  "make room, then report again"));
    if (err == GV_ENOTFOUND)
        text = gv_tr("đơn vị không do chương trình này phục vụ",
                     "the unit is not served by this program");
    return command_fail((int)(err != GV_OK ? err : GV_EBADMSG), NULL, text);
}

int command_ask(const char *data, json_t *request, json_t **out)
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
                              gv_err_say(err != GV_OK ? err : GV_EBADMSG));
    } else if (!json_is_true(json_object_get(json, "ok"))) {
        status = refused(json);
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

int command_show(const char *data, json_t *request, bool as_json,
                 void (*print)(const json_t *reply), json_t **out)
{
    json_t *reply = NULL;
    int status = command_ask(data, request, &reply);

    if (status == 0 && as_json) {
        json_dumpf(reply, stdout, JSON_COMPACT);
        putchar('\n');
    } else if (status == 0) {
        print(reply);
    }
    json_decref(request);
    if (out != NULL)
        *out = reply;
    else
        json_decref(reply);
    return status;
}

int command_config(const char *path, struct config **out)
{
    struct gv_buf faults;
    int status = 0;
    gv_err err;

    if (path == NULL)
        return command_usage(NULL, gv_tr("thiếu --config TỆP", "--config FILE is missing"));
    gv_buf_init(&faults);
    err = config_load(path, out, &faults);
    if (err != GV_OK) {
        if (faults.len > 0)
            fprintf(stderr, "%s", (const char *)faults.data);
        status = command_fail((int)err, path, gv_err_say(err));
    }
    gv_buf_fini(&faults);
    return status;
}

/* ---- status ---- */

const char *command_text(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    return text != NULL ? text : "-";
}

long long command_number(const json_t *json, const char *key)
{
    return (long long)json_integer_value(json_object_get(json, key));
}

struct word {
    const char *name; /* as in the answer */
    const char *vi, *en;
};

static const struct word phases[] = {
    {"enrolling", "ghi danh", "enrolling"},
    {"waiting", "chờ", "waiting"},
    {"connecting", "đang nối", "connecting"},
    {"greeting", "đang chào", "greeting"},
    {"live", "kết nối", "live"},
    {"frozen", "đóng băng", "frozen"},
    {"no-room", "hết chỗ", "no room"},
    {0},
};

static const struct word freezes[] = {
    {"reports-fork", "sổ báo cáo hai bên trái nhau", "the report logs contradict each other"},
    {"reports-ahead", "máy chủ giữ nhiều báo cáo hơn ở đây",
     "the deployment holds more reports than this agent"},
    {"reports-lost", "máy chủ mất báo cáo mà ở đây không còn giữ",
     "the deployment lost reports that are no longer kept here"},
    {"orders-fork", "sổ lệnh hai bên trái nhau", "the order logs contradict each other"},
    {"orders-lost", "máy chủ mất lệnh mà ở đây đã nhận",
     "the deployment lost orders that were received here"},
    {"clone", "có máy khác dùng cùng khóa", "another agent uses the same key"},
    {0},
};

static const struct word dispositions[] = {
    {"STALE", "bằng chứng đến muộn", "late evidence"},
    {"REFUSED", "không được ghi nhận", "refused"},
    {"UNSUPPORTED", "loại báo cáo máy chủ chưa biết",
     "of a kind that the coordinator does not know"},
    {0},
};

static const char *word_of(const struct word *words, const char *name)
{
    for (; words->name != NULL; words++) {
        if (strcmp(words->name, name) == 0)
            return gv_tr(words->vi, words->en);
    }
    return name;
}

static const char *error_words(const char *name)
{
    gv_err err = error_named(name);

    return err != GV_OK ? gv_err_say(err) : name;
}

/* Columns as a terminal shows them: printf counts bytes. */
static void print_left(const char *text, size_t width)
{
    size_t used = gv_text_width(text, strlen(text));

    printf("%s%*s ", text, used < width ? (int)(width - used) : 0, "");
}

static void print_right(const char *text, size_t width)
{
    size_t used = gv_text_width(text, strlen(text));

    printf("%*s%s ", used < width ? (int)(width - used) : 0, "", text);
}

/* What the coordinator says beyond the error, in its own words. */
static void print_not_applied(const json_t *report)
{
    gv_err err = error_named(command_text(report, "error"));
    const char *text = json_string_value(json_object_get(report, "text"));

    printf(gv_tr("    báo cáo %lld (nhiệm vụ %s): %s", "    report %lld (task %s): %s"),
           command_number(report, "n"), command_text(report, "task"),
           word_of(dispositions, command_text(report, "disposition")));
    if (err != GV_OK)
        printf(": %s", gv_err_say(err));
    if (text != NULL && text[0] != '\0' && strcmp(text, gv_err_text(err)) != 0)
        printf(": %s", gv_reason_say(text));
    putchar('\n');
}

static void print_unit(const json_t *unit)
{
    json_t *one;
    size_t i;

    print_left(command_text(unit, "unit"), 16);
    print_left(word_of(phases, command_text(unit, "phase")), 10);
    printf("%8lld %8lld %9lld  %-10s  %s\n", command_number(unit, "order_n"),
           command_number(unit, "report_n"), command_number(unit, "receipted_n"),
           command_text(unit, "business_day"), command_text(unit, "finished_day"));
    if (json_is_string(json_object_get(unit, "freeze")))
        printf(gv_tr("    ĐÓNG BĂNG (%s): quản trị viên cần đối chiếu sổ của đơn vị này\n",
                     "    FROZEN (%s): an administrator must compare the logs of this unit\n"),
               word_of(freezes, command_text(unit, "freeze")));
    if (json_is_object(json_object_get(unit, "re_admitted"))) {
        const json_t *last = json_object_get(unit, "re_admitted");

        printf(
            gv_tr("    TIẾP NHẬN LẠI %s: sổ báo cáo nối tiếp từ số %lld của máy chủ, %lld báo cáo "
                  "mang số mới\n",
                  "    RE-ADMITTED %s: the report log goes on after the deployment's number %lld, "
                  "%lld reports under new numbers\n"),
            command_text(last, "at"), command_number(last, "after"),
            command_number(last, "renumbered"));
    }
    if (json_is_string(json_object_get(unit, "next_key_id")))
        printf(
            gv_tr("    đang thay khóa: khóa mới %s\n", "    its key is being changed: next %s\n"),
            command_text(unit, "next_key_id"));
    if (strcmp(command_text(unit, "error"), "QUARANTINE") == 0)
        printf(gv_tr("    BỊ CÁCH LY: quản trị viên cần xem giaoviec unit show %s\n",
                     "    QUARANTINED: an administrator must look: giaoviec unit show %s\n"),
               command_text(unit, "unit"));
    else if (json_is_string(json_object_get(unit, "error")))
        printf(gv_tr("    máy chủ không tiếp nhận: %s\n",
                     "    the coordinator does not admit it: %s\n"),
               error_words(command_text(unit, "error")));
    if (command_number(unit, "order_faults") > 0)
        printf(gv_tr("    %lld lệnh không xác thực được: không thực hiện, báo quản trị viên\n",
                     "    %lld orders that do not hold: not acted on, tell an administrator\n"),
               command_number(unit, "order_faults"));
    json_array_foreach(json_object_get(unit, "sources"), i, one)
    {
        if (json_is_string(json_object_get(one, "fault")))
            printf(gv_tr("    nguồn %s: tài liệu bị từ chối: %s\n",
                         "    source %s: document refused: %s\n"),
                   command_text(one, "source"), command_text(one, "fault"));
    }
    json_array_foreach(json_object_get(unit, "not_applied"), i, one)
    {
        print_not_applied(one);
    }
}

static void print_room(const json_t *room)
{
    if (json_is_true(json_object_get(room, "full")))
        puts(gv_tr("! Ổ đĩa đã đầy: chương trình đứng yên đến khi có chỗ; không mất gì đã nhận",
                   "! The disk is full: nothing is taken or sent until there is room; nothing that "
                   "was accepted is lost"));
    else if (json_is_true(json_object_get(room, "short")))
        printf(
            gv_tr("! Ổ đĩa chỉ còn %lld MiB: không nhận thêm tài liệu và lệnh, chỉ gửi cái đã có\n",
                  "! The disk has %lld MiB left: no new documents and orders are taken, what is "
                  "there is sent\n"),
            command_number(room, "free_bytes") / MIB);
    if (json_is_true(json_object_get(room, "spool_over")))
        printf(gv_tr("! Sổ gửi nhận đã quá %lld MiB: không nhận thêm lệnh; máy chủ có gửi lệnh vô "
                     "hạn không? nếu không, tăng spool_max\n",
                     "! The spool is past %lld MiB: no more orders are taken; does the coordinator "
                     "give them without end? else raise spool_max\n"),
               command_number(room, "spool_max_bytes") / MIB);
}

static void print_status(const json_t *reply)
{
    json_t *unit;
    size_t i;

    print_room(json_object_get(reply, "room"));
    print_left(gv_tr("đơn vị", "unit"), 16);
    print_left(gv_tr("trạng thái", "phase"), 10);
    print_right(gv_tr("lệnh", "orders"), 8);
    print_right(gv_tr("báo cáo", "reports"), 8);
    print_right(gv_tr("biên nhận", "receipts"), 9);
    printf(" ");
    print_left(gv_tr("ngày", "day"), 11);
    printf("%s\n", gv_tr("xong ngày", "finished"));
    json_array_foreach(json_object_get(reply, "units"), i, unit)
    {
        print_unit(unit);
    }
}

int command_status(int argc, char **argv)
{
    enum { OPT_CONFIG = 256, OPT_JSON };
    static const struct option options[] = {{"config", required_argument, NULL, OPT_CONFIG},
                                            {"json", no_argument, NULL, OPT_JSON},
                                            {0}};
    struct config *config = NULL;
    const char *path = NULL;
    bool as_json = false;
    int option, status;

    while ((option = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (option == OPT_CONFIG)
            path = optarg;
        else if (option == OPT_JSON)
            as_json = true;
        else
            return command_bad_option(argv, option);
    }
    status = command_config(path, &config);
    if (config == NULL)
        return status;
    status =
        command_show(config->data, json_pack("{s:s}", "do", "status"), as_json, print_status, NULL);
    config_free(config);
    return status;
}
