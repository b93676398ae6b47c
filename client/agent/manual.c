/* manual.c - the local socket. A client that is slow or silent is dropped; none can stop the loop.
 */
#include "agent/manual.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/rotation.h"
#include "agent/unit.h"
#include "base/lang.h"
#include "base/log.h"
#include "base/plant.h"

#define CLIENTS_MAX 16
#define REQUEST_MAX (2 * GV_STATUS_MAX_BYTES + 4096)
#define PATIENCE_MS 10000

struct client {
    struct manual *manual;
    int fd; /* -1: free */
    struct gv_buf in, out;
    size_t sent;
    bool answered; /* out is complete … */
    bool waits;    /* … and leaves after the commit */
    struct gv_timer timer;
};

struct manual {
    struct host *host;
    int fd;
    char path[108];
    struct client clients[CLIENTS_MAX];
    size_t timers; /* of clients that have theirs in the loop */
};

bool manual_path(const char *data, char *out, size_t out_size)
{
    int n = snprintf(out, out_size, "%s/agent.sock", data);

    return n > 0 && (size_t)n < out_size && (size_t)n < sizeof((struct sockaddr_un *)0)->sun_path;
}

static void drop(struct client *client)
{
    if (client->fd < 0)
        return;
    gv_loop_unwatch(client->manual->host->loop, client->fd);
    gv_loop_timer_set(client->manual->host->loop, &client->timer, GV_NEVER_MS);
    close(client->fd);
    client->fd = -1;
    gv_buf_fini(&client->in);
    gv_buf_fini(&client->out);
    client->sent = 0;
    client->answered = client->waits = false;
}

/* ---- answers ---- */

static void on_client(void *ctx, unsigned events);

static void answer_error(struct client *client, gv_err err, const char *text)
{
    gv_buf_reset(&client->out);
    gv_buf_printf(&client->out, "{\"ok\":false,\"error\":\"%s\",\"text\":", gv_err_name(err));
    gv_buf_json_str(&client->out, text, strlen(text));
    gv_buf_puts(&client->out, "}\n");
}

static const char *report_kind(uint32_t kind)
{
    static const char *const names[] = {"?", "ACCEPT", "RETURN", "STATUS", "SUBMIT", "ATTEST"};

    return kind < sizeof names / sizeof names[0] ? names[kind] : names[0];
}

static void answer_report(struct client *client, const struct unit *unit,
                          const struct gv_work_result *result)
{
    uint64_t first = unit->row.reports.n - result->entry_count + 1;
    struct gv_buf *out = &client->out;

    gv_buf_puts(out, "{\"ok\":true,\"reports\":[");
    for (size_t i = 0; i < result->entry_count; i++) {
        char id[33];

        gv_hex(result->entries[i].assignment.b, 16, id);
        gv_buf_printf(out, "%s{\"n\":%" PRIu64 ",\"kind\":\"%s\",\"assignment\":\"%s\"}",
                      i > 0 ? "," : "", first + i, report_kind(result->entries[i].kind), id);
    }
    gv_buf_puts(out, "],\"notes\":[");
    for (size_t i = 0; i < result->note_count; i++) {
        const struct gv_work_note *note = &result->notes[i];
        const char *text = gv_work_why_text(note->why);

        gv_buf_printf(out, "%s{\"why\":\"%s\",\"task\":", i > 0 ? "," : "",
                      gv_work_why_name(note->why));
        gv_buf_json_str(out, note->task, strlen(note->task));
        gv_buf_puts(out, ",\"detail\":");
        gv_buf_json_str(out, note->detail, strlen(note->detail));
        gv_buf_puts(out, ",\"text\":");
        gv_buf_json_str(out, text, strlen(text));
        gv_buf_putc(out, '}');
    }
    gv_buf_puts(out, "]}\n");
}

/* ---- requests ---- */

static void do_report(struct client *client, json_t *request)
{
    const char *code = json_string_value(json_object_get(request, "unit"));
    const char *format = json_string_value(json_object_get(request, "format"));
    json_t *document = json_object_get(request, "document");
    struct host *host = client->manual->host;
    struct gv_work_result result = {.arena = host->work_arena};
    struct unit *unit = code != NULL ? host_unit(host, code) : NULL;
    struct gv_status_fault fault;
    struct gv_status status;
    char text[640];
    gv_err err;

    if (unit == NULL) {
        answer_error(client, GV_ENOTFOUND,
                     gv_tr("đơn vị không do chương trình này phục vụ",
                           "the unit is not served by this program"));
        return;
    }
    if (!json_is_string(document)) {
        answer_error(client, GV_EUSAGE, "report: unit, format, document");
        return;
    }
    if (!room_for_documents(host)) {
        answer_error(client, GV_ENOSPACE, gv_err_say(GV_ENOSPACE));
        return;
    }
    gv_arena_reset(host->work_arena);
    err = gv_status_parse(format != NULL && strcmp(format, "csv") == 0 ? GV_STATUS_CSV
                                                                       : GV_STATUS_JSON,
                          json_string_value(document), json_string_length(document),
                          host->work_arena, &status, &fault);
    if (err == GV_OK && strcmp(status.unit.s, unit->code.s) != 0) {
        err = GV_EBADMSG;
        fault = (struct gv_status_fault){.pointer = "/unit"};
        snprintf(fault.why, sizeof fault.why, "%s ≠ %s", status.unit.s, unit->code.s);
    }
    if (err == GV_OK)
        err = unit_check_day(unit, &status, &fault);
    if (err != GV_OK) {
        answer_error(client, err, gv_status_fault_format(&fault, "-", text, sizeof text));
        return;
    }
    err = unit_document(unit, "manual", false, &status, &result);
    if (err != GV_OK) {
        answer_error(client, err, gv_err_say(err));
        return;
    }
    answer_report(client, unit, &result);
    client->waits = !GV_PLANTED(ANSWER_BEFORE_COMMIT);
}

static void do_status(struct client *client)
{
    gv_err err = overview_json(client->manual->host, &client->out);

    if (err != GV_OK)
        answer_error(client, err, gv_err_say(err));
}

static void do_rotate_key(struct client *client, const json_t *request)
{
    const char *code = json_string_value(json_object_get(request, "unit"));
    struct unit *unit = code != NULL ? host_unit(client->manual->host, code) : NULL;
    gv_err err = unit != NULL ? rotation_begin(unit) : GV_ENOTFOUND;
    char id[33];

    if (err != GV_OK) {
        answer_error(client, err,
                     err == GV_ENOTFOUND ? gv_tr("đơn vị không do chương trình này phục vụ",
                                                 "the unit is not served by this program")
                     : err == GV_EEXISTS ? gv_tr("đang thay khóa rồi", "its key is being changed")
                     : err == GV_ESTATE ? gv_tr("đơn vị chưa ghi danh", "the unit is not enrolled")
                                        : gv_err_say(err));
        return;
    }
    gv_hex(rotation_next(unit)->key_id.b, sizeof(gv_id), id);
    gv_buf_printf(&client->out, "{\"ok\":true,\"unit\":\"%s\",\"next_key_id\":\"%s\"}\n",
                  unit->code.s, id);
}

static void answer(struct client *client)
{
    json_t *request =
        json_loadb((const char *)client->in.data, client->in.len, JSON_REJECT_DUPLICATES, NULL);
    const char *what = json_string_value(json_object_get(request, "do"));

    if (what != NULL && strcmp(what, "status") == 0)
        do_status(client);
    else if (what != NULL && strcmp(what, "report") == 0)
        do_report(client, request);
    else if (what != NULL && strcmp(what, "rotate-key") == 0)
        do_rotate_key(client, request);
    else
        answer_error(client, GV_EUSAGE, "do: status | report | rotate-key");
    json_decref(request);
    client->answered = true;
}

/* ---- sockets ---- */

static void flush(struct client *client)
{
    while (client->sent < client->out.len) {
        ssize_t n = send(client->fd, client->out.data + client->sent,
                         client->out.len - client->sent, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            if (gv_loop_watch(client->manual->host->loop, client->fd, GV_LOOP_WRITE, on_client,
                              client) != GV_OK)
                drop(client);
            return;
        }
        if (n < 0)
            break;
        client->sent += (size_t)n;
    }
    drop(client);
}

static void read_request(struct client *client)
{
    char bytes[16384];
    ssize_t n;

    while ((n = read(client->fd, bytes, sizeof bytes)) > 0) {
        gv_buf_append(&client->in, bytes, (size_t)n);
        if (!gv_buf_ok(&client->in) || client->in.len > REQUEST_MAX) {
            drop(client);
            return;
        }
        if (memchr(bytes, '\n', (size_t)n) == NULL)
            continue;
        gv_loop_unwatch(client->manual->host->loop, client->fd);
        answer(client);
        if (!client->waits)
            flush(client);
        return;
    }
    if (n == 0 || (errno != EAGAIN && errno != EINTR))
        drop(client);
}

static void on_client(void *ctx, unsigned events)
{
    struct client *client = ctx;

    (void)events;
    if (client->fd < 0)
        return;
    if (client->answered)
        flush(client);
    else
        read_request(client);
}

static void on_timer(void *ctx, int64_t now_ms)
{
    (void)now_ms;
    drop(ctx);
}

static void on_listen(void *ctx, unsigned events)
{
    struct manual *manual = ctx;
    int fd;

    (void)events;
    while ((fd = accept4(manual->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct client *client = NULL;

        for (size_t i = 0; i < CLIENTS_MAX && client == NULL; i++) {
            if (manual->clients[i].fd < 0)
                client = &manual->clients[i];
        }
        if (client == NULL ||
            gv_loop_watch(manual->host->loop, fd, GV_LOOP_READ, on_client, client) != GV_OK) {
            close(fd);
            continue;
        }
        client->fd = fd;
        gv_loop_timer_set(manual->host->loop, &client->timer,
                          gv_loop_now_ms(manual->host->loop) + PATIENCE_MS);
    }
}

void manual_committed(struct manual *manual)
{
    if (manual == NULL)
        return;
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        struct client *client = &manual->clients[i];

        if (client->fd >= 0 && client->waits) {
            client->waits = false;
            flush(client);
        }
    }
}

static gv_err listen_at(struct manual *manual, struct gv_buf *why)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (!manual_path(manual->host->config->data, manual->path, sizeof manual->path)) {
        manual->path[0] = '\0';
        gv_buf_printf(why, "%s: %s", manual->host->config->data,
                      gv_tr("đường dẫn quá dài cho một socket (tối đa 107 byte)",
                            "too long a path for a socket (at most 107 bytes)"));
        return GV_EUSAGE;
    }
    memcpy(address.sun_path, manual->path, strlen(manual->path) + 1);
    unlink(manual->path); /* the lock says that nobody uses it */
    manual->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (manual->fd < 0 ||
        bind(manual->fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(manual->path, 0600) != 0 || listen(manual->fd, CLIENTS_MAX) != 0) {
        gv_buf_printf(why, "%s: %s", manual->path, strerror(errno));
        return GV_EIO;
    }
    return gv_loop_watch(manual->host->loop, manual->fd, GV_LOOP_READ, on_listen, manual);
}

gv_err manual_open(struct host *host, struct manual **out, struct gv_buf *why)
{
    struct manual *manual = calloc(1, sizeof *manual);

    if (manual == NULL)
        return GV_ENOMEM;
    *out = manual; /* closed by the host, also after a failure */
    manual->host = host;
    manual->fd = -1;
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        manual->clients[i].manual = manual;
        manual->clients[i].fd = -1;
        gv_buf_init(&manual->clients[i].in);
        gv_buf_init(&manual->clients[i].out);
        if (gv_loop_timer_add(host->loop, &manual->clients[i].timer, on_timer,
                              &manual->clients[i]) != GV_OK)
            return GV_ENOMEM;
        manual->timers++;
    }
    return listen_at(manual, why);
}

void manual_close(struct manual *manual)
{
    if (manual == NULL)
        return;
    for (size_t i = 0; i < manual->timers; i++) {
        drop(&manual->clients[i]);
        gv_loop_timer_remove(manual->host->loop, &manual->clients[i].timer);
    }
    if (manual->fd >= 0) {
        gv_loop_unwatch(manual->host->loop, manual->fd);
        close(manual->fd);
        unlink(manual->path);
    }
    free(manual);
}
