/* peer.c - what the coordinator answers, what it remembers, what it holds against the agent. */
#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../fixture/trust.h"

#define CONNECTION_MS 30 /* between heartbeats */

static struct {
    struct fixture f;
    struct fixture_issue issue;
    struct gv_buf order; /* the one order's bytes */
    struct gv_cursor orders;
    struct peer_memory memory;
    enum peer_goal goal;
    int fd;
    gv_arena *arena;
    uint64_t sequence;
    struct sockaddr_un local; /* where the agent takes reports by hand */
    int person;               /* connected to it; -1: not */
    char heard[512];          /* of its answer */
    size_t heard_len;
} p;

static void note(const char *fmt, ...) GV_PRINTF(1, 2);
static void note(const char *fmt, ...)
{
    char line[256];
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(line, sizeof line - 1, fmt, args);
    va_end(args);
    line[n++] = '\n';
    MUST(write(p.fd, line, (size_t)n) == n);
}

#define WRONG(...) (p.memory.wrong++, note("wrong " __VA_ARGS__))

static void note_cursor(const char *what, const struct gv_cursor *cursor)
{
    char hex[65];

    gv_hex(cursor->h.b, sizeof cursor->h.b, hex);
    note("%s %llu %s", what, (unsigned long long)cursor->n, hex);
}

static void remember(const char *line)
{
    char word[16] = "", hex[65] = "";
    unsigned long long n = 0;
    struct gv_cursor *cursor;

    if (sscanf(line, "wrong %15s", word) == 1) {
        p.memory.wrong++;
    } else if (strcmp(line, "answered\n") == 0) {
        p.memory.answered = true;
    } else if (sscanf(line, "key %64s", hex) == 1) {
        MUST(gv_unhex(hex, p.memory.sign_pk, 32) == GV_OK);
        p.memory.has_key = true;
    } else if (sscanf(line, "connection %llu", &n) == 1) {
        p.memory.connection = n;
    } else if (sscanf(line, "%15s %llu %64s", word, &n, hex) == 3) {
        cursor = strcmp(word, "report") == 0 ? &p.memory.reports : &p.memory.held;
        cursor->n = n;
        MUST(gv_unhex(hex, cursor->h.b, sizeof cursor->h.b) == GV_OK);
    }
}

static void path_in(const char *folder, const char *name, char *out, size_t out_size)
{
    int n = snprintf(out, out_size, "%s/%s", folder, name);

    MUST(n > 0 && (size_t)n < out_size);
}

void peer_begin(const char *folder, enum peer_goal goal)
{
    char line[256], memory[640];
    FILE *file;

    memset(&p, 0, sizeof p);
    p.goal = goal;
    p.person = -1;
    p.local.sun_family = AF_UNIX;
    path_in(folder, "data/agent.sock", p.local.sun_path, sizeof p.local.sun_path);
    path_in(folder, "peer", memory, sizeof memory);
    fixture_init(&p.f);
    fixture_issue_init(&p.f, &p.issue);
    gv_buf_init(&p.order);
    MUST(gv_pb_pack(&p.issue.order.base, &p.order) == GV_OK);
    if (goal == PEER_TURN) {
        gv_hash_chain(&p.orders.h, bytes_of(&p.order), &p.orders.h);
        p.orders.n = 1;
    }
    p.arena = gv_arena_new((size_t)16 << 20);
    MUST(p.arena != NULL);
    file = fopen(memory, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        remember(line);
    if (file != NULL)
        fclose(file);
    p.fd = open(memory, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    MUST(p.fd >= 0);
}

static void hang_up(void)
{
    if (p.person >= 0)
        close(p.person);
    p.person = -1;
    p.heard_len = 0;
}

void peer_end(void)
{
    hang_up();
    fixture_issue_fini(&p.issue);
    fixture_fini(&p.f);
    gv_buf_fini(&p.order);
    gv_arena_free(p.arena);
    close(p.fd);
}

const struct peer_memory *peer_memory(void)
{
    return &p.memory;
}

void peer_token(struct gv_buf *out)
{
    struct gv_token token;

    fixture_token(&p.f, &token);
    MUST(gv_token_format(&token, out) == GV_OK);
}

/* ---- answers ---- */

static void answer(gv_link *link, const struct gv_head *to, enum gv_kind kind,
                   const ProtobufCMessage *body)
{
    struct gv_head head = {.deployment = p.f.deployment,
                           .sender = p.f.c1->code,
                           .recipient = to->sender,
                           .kind = kind,
                           .connection = to->connection,
                           .sequence = ++p.sequence,
                           .in_reply_to = to->message_id,
                           .time_us = FIXTURE_TIME_US};
    struct gv_buf frame;

    gv_buf_init(&frame);
    MUST(gv_message_seal(&head, body, p.f.c1, &frame) == GV_OK);
    peer_answer(link, &frame);
    gv_buf_fini(&frame);
}

static void put_cursor(Giaoviec__V1__Cursor *out, const struct gv_cursor *cursor)
{
    giaoviec__v1__cursor__init(out);
    out->number = cursor->n;
    out->hash = gv_pb_bytes(cursor->h.b, sizeof cursor->h.b);
}

static struct gv_cursor cursor_of(const Giaoviec__V1__Cursor *in)
{
    struct gv_cursor out = {.n = in->number};

    MUST(gv_hash_from(gv_pb_slice(in->hash), &out.h) == GV_OK);
    return out;
}

static void business(Giaoviec__V1__BusinessTime *out)
{
    giaoviec__v1__business_time__init(out);
    out->time_us = FIXTURE_TIME_US;
    out->stepped = true;
    out->step = 1;
}

static void on_enrol(gv_link *link, const struct gv_message *message)
{
    Giaoviec__V1__Enrolled enrolled = GIAOVIEC__V1__ENROLLED__INIT;
    Giaoviec__V1__Error error = GIAOVIEC__V1__ERROR__INIT;
    const Giaoviec__V1__Enrol *body = (const Giaoviec__V1__Enrol *)message->body;
    struct gv_enrol_statement statement;
    char hex[65];

    MUST(gv_enrol_open(gv_pb_slice(body->statement), &p.f.deployment, p.arena, &statement) ==
         GV_OK);
    if (p.memory.has_key && memcmp(p.memory.sign_pk, statement.sign_pk, 32) != 0) {
        WRONG("another key: the token's is lost, the unit can never speak");
        error.code = GV_EREPLAY;
        error.text = text("");
        answer(link, &message->head, GV_KIND_ERROR, &error.base);
        return;
    }
    if (!p.memory.has_key) {
        memcpy(p.memory.sign_pk, statement.sign_pk, 32);
        p.memory.has_key = true;
        gv_hex(statement.sign_pk, 32, hex);
        note("key %s", hex);
    }
    enrolled.keyset = gv_pb_bytes(p.f.bytes.data, p.f.bytes.len);
    answer(link, &message->head, GV_KIND_ENROLLED, &enrolled.base);
}

static void send_orders(gv_link *link, const struct gv_head *head)
{
    Giaoviec__V1__Orders orders = GIAOVIEC__V1__ORDERS__INIT;
    ProtobufCBinaryData entry = gv_pb_bytes(p.order.data, p.order.len);

    orders.first = 1;
    orders.entries = &entry;
    orders.n_entries = 1;
    answer(link, head, GV_KIND_ORDERS, &orders.base);
}

static void on_hello(gv_link *link, const struct gv_message *message)
{
    const Giaoviec__V1__Hello *body = (const Giaoviec__V1__Hello *)message->body;
    struct gv_cursor orders = cursor_of(body->orders), reports = cursor_of(body->reports);
    Giaoviec__V1__Welcome welcome = GIAOVIEC__V1__WELCOME__INIT;
    Giaoviec__V1__Cursor stored, head;
    Giaoviec__V1__BusinessTime time;

    if (body->connection <= p.memory.connection)
        WRONG("connection %llu again", (unsigned long long)body->connection);
    p.memory.connection = body->connection;
    note("connection %llu", (unsigned long long)body->connection);
    if (orders.n < p.memory.held.n)
        WRONG("orders that it had receipted are gone");
    if (reports.n < p.memory.reports.n)
        WRONG("reports that it had sent are gone");
    if (reports.n == p.memory.reports.n && !gv_hash_eq(&reports.h, &p.memory.reports.h))
        WRONG("reports that it had sent are others");
    put_cursor(&stored, &p.memory.reports);
    put_cursor(&head, &p.orders);
    business(&time);
    welcome.reports = &stored;
    welcome.orders = &head;
    welcome.credits = 4;
    welcome.heartbeat_ms = CONNECTION_MS;
    welcome.silence_ms = 1000;
    welcome.redeliver_ms = 500;
    welcome.business = &time;
    answer(link, &message->head, GV_KIND_WELCOME, &welcome.base);
    if (p.memory.held.n < p.orders.n)
        send_orders(link, &message->head);
}

static void on_orders_receipt(const struct gv_message *message)
{
    const Giaoviec__V1__OrdersReceipt *body = (const Giaoviec__V1__OrdersReceipt *)message->body;
    struct gv_cursor held = cursor_of(body->orders);

    if (held.n > p.orders.n || (held.n == p.orders.n && !gv_hash_eq(&held.h, &p.orders.h)))
        WRONG("orders receipted that were never given");
    p.memory.held = held;
    note_cursor("held", &held);
}

static void on_reports(gv_link *link, const struct gv_message *message)
{
    const Giaoviec__V1__Reports *body = (const Giaoviec__V1__Reports *)message->body;
    Giaoviec__V1__Receipt receipt = GIAOVIEC__V1__RECEIPT__INIT;
    Giaoviec__V1__Cursor cursor;

    if (body->first > p.memory.reports.n + 1)
        WRONG("reports with a gap");
    for (size_t i = 0; i < body->n_entries; i++) {
        struct gv_cursor *head = &p.memory.reports;

        if (body->first + i != head->n + 1)
            continue;
        gv_hash_chain(&head->h, gv_pb_slice(body->entries[i]), &head->h);
        head->n++;
        note_cursor("report", head);
    }
    put_cursor(&cursor, &p.memory.reports);
    receipt.reports = &cursor;
    receipt.time_us = FIXTURE_TIME_US;
    receipt.credits = 4;
    answer(link, &message->head, GV_KIND_RECEIPT, &receipt.base);
}

/* ---- the person ---- */

static const char by_hand[] =
    "{\"do\":\"report\",\"unit\":\"SO-YT\",\"format\":\"json\",\"document\":"
    "\"{\\\"unit\\\":\\\"SO-YT\\\",\\\"as_of\\\":\\\"2024-01-23\\\",\\\"tasks\\\":["
    "{\\\"task\\\":\\\"2.2\\\",\\\"progress\\\":60,\\\"narrative\\\":\\\"by hand\\\"}]}\"}\n";

static void ask(void)
{
    const size_t len = sizeof by_hand - 1;

    p.person = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p.person >= 0 &&
        (connect(p.person, (const struct sockaddr *)&p.local, sizeof p.local) != 0 ||
         send(p.person, by_hand, len, MSG_NOSIGNAL) != (ssize_t)len))
        hang_up();
}

/* Whoever is refused, or not answered, asks again. */
static void listen_for_answer(void)
{
    ssize_t n =
        recv(p.person, p.heard + p.heard_len, sizeof p.heard - 1 - p.heard_len, MSG_DONTWAIT);

    if (n < 0 && errno == EAGAIN)
        return;
    if (n > 0) {
        p.heard_len += (size_t)n;
        p.heard[p.heard_len] = '\0';
        if (strchr(p.heard, '\n') == NULL)
            return;
        p.memory.answered = strncmp(p.heard, "{\"ok\":true,", 11) == 0;
        if (p.memory.answered)
            note("answered");
    }
    hang_up();
}

/* When all else is reported. The same again is told apart: it makes no other report. */
static void report_by_hand(void)
{
    if (p.goal != PEER_TURN || p.memory.answered || p.memory.reports.n < PEER_REPORTS - 1)
        return;
    if (p.person < 0)
        ask();
    else
        listen_for_answer();
}

static bool is_reached(const struct gv_message *message)
{
    const Giaoviec__V1__Heartbeat *body = (const Giaoviec__V1__Heartbeat *)message->body;

    return p.goal == PEER_ENROL ||
           (p.memory.held.n == p.orders.n && p.memory.reports.n >= PEER_REPORTS &&
            body->reports_number == p.memory.reports.n && p.memory.answered);
}

static void on_heartbeat(gv_link *link, const struct gv_message *message)
{
    Giaoviec__V1__Clock clock = GIAOVIEC__V1__CLOCK__INIT;
    Giaoviec__V1__BusinessTime time;

    business(&time);
    clock.business = &time;
    answer(link, &message->head, GV_KIND_CLOCK, &clock.base);
    if (p.memory.held.n < p.orders.n)
        send_orders(link, &message->head); /* until their receipt is here */
    report_by_hand();
    if (is_reached(message))
        kill(getpid(), SIGTERM);
}

void peer_take(gv_link *link, struct gv_slice frame)
{
    struct gv_sender sender = {.code = p.f.unit->code,
                               .roles = p.memory.has_key ? GV_ROLE_UNIT : GV_ROLE_NOBODY};
    struct gv_sender nobody = {.roles = GV_ROLE_NOBODY};
    struct gv_message message;
    gv_err err;

    gv_arena_reset(p.arena);
    gv_sender_key(&sender, p.memory.sign_pk);
    err = gv_message_open(frame, &nobody, &p.f.deployment, &p.f.c1->code, p.arena, &message);
    if (err != GV_OK)
        err = gv_message_open(frame, &sender, &p.f.deployment, &p.f.c1->code, p.arena, &message);
    if (err != GV_OK) {
        WRONG("a frame that does not open: %s", gv_err_name(err));
        return;
    }
    if (message.head.kind != GV_KIND_HEARTBEAT)
        note("sent %s", message.row->name);
    switch (message.head.kind) {
    case GV_KIND_ENROL:
        on_enrol(link, &message);
        break;
    case GV_KIND_HELLO:
        on_hello(link, &message);
        break;
    case GV_KIND_ORDERS_RECEIPT:
        on_orders_receipt(&message);
        break;
    case GV_KIND_REPORTS:
        on_reports(link, &message);
        break;
    case GV_KIND_HEARTBEAT:
        on_heartbeat(link, &message);
        break;
    default:
        break;
    }
}
