/*
 * fleet.c - many units in one process, with real keys, CURVE connections and signatures: enrols
 * them, takes their orders, accepts, then reports with a window of envelopes in flight. No spool:
 * what is measured is the coordinator. Prints one JSON object. links: gv_delivery gv_trust gv_base
 *
 * usage: fleet TOKENS-FOLDER ORDERS WINDOW ENTRIES SECONDS
 *   ORDERS   how many orders all units get together; the time to the last receipt is printed
 *   WINDOW   envelopes in flight a unit;  ENTRIES  reports in an envelope
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "base/clock.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "delivery/cursor.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "trust/enrol.h"
#include "trust/entry.h"
#include "trust/keyset.h"
#include "wire/link.h"
#include "wire/message.h"
#include "wire/pb_arena.h"

#define UNITS_MAX   2000
#define WINDOW_MAX  256
#define ENTRIES_MAX 256
#define SAMPLES_MAX 4000000

struct unit {
    struct gv_token token;
    struct gv_key *key;
    gv_link *link;
    bool enrolled, live;
    uint64_t sequence;
    struct gv_cursor orders, reports;
    uint64_t receipted;
    gv_id assignment; /* the first that it was given; zero: none yet */
    uint32_t epoch;
    struct {
        uint64_t last;
        int64_t sent_us;
    } flight[WINDOW_MAX];
    size_t flying;
};

static struct {
    struct unit units[UNITS_MAX];
    size_t count;
    size_t window, entries;
    struct gv_keyset *keyset;
    const Giaoviec__V1__CoordinatorInfo *coordinator;
    void *zmq;
    int epoll;
    gv_arena *arena;
    uint64_t orders, orders_wanted, receipted, errors, envelopes;
    int64_t first_order_us, last_order_us;
    bool reporting;
    uint32_t *samples_us;
    size_t sample_count;
    int64_t business_us;
} fleet;

static void die(const char *what, const char *who)
{
    fprintf(stderr, "fleet: %s: %s\n", what, who);
    exit(1);
}

static int64_t mono_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void open_link(struct unit *unit, const char *endpoint, const uint8_t *server_pk)
{
    struct gv_link_options options = {.zmq = fleet.zmq, .endpoint = endpoint};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = unit};

    memcpy(options.server_pk, server_pk, 32);
    memcpy(options.curve_pk, unit->key->curve_pk, 32);
    memcpy(options.curve_sk, unit->key->curve_sk, 32);
    if (gv_link_open(&options, &unit->link) != GV_OK ||
        epoll_ctl(fleet.epoll, EPOLL_CTL_ADD, gv_link_fd(unit->link), &event) != 0)
        die("no link", unit->token.unit.s);
}

static bool send_message(struct unit *unit, enum gv_kind kind, const ProtobufCMessage *body)
{
    struct gv_head head = {.deployment = unit->token.deployment,
                           .sender = unit->token.unit,
                           .kind = kind,
                           .connection = kind == GV_KIND_ENROL ? 0 : 1,
                           .sequence = ++unit->sequence,
                           .time_us = gv_clock_real_us()};
    struct gv_buf frame;
    gv_err err;

    gv_buf_init(&frame);
    err = gv_message_seal(&head, body, kind == GV_KIND_ENROL ? NULL : unit->key, &frame);
    if (err == GV_OK)
        err = gv_link_send(unit->link, frame.data, frame.len);
    gv_buf_fini(&frame);
    return err == GV_OK;
}

static void say_enrol(struct unit *unit)
{
    Giaoviec__V1__Enrol body = GIAOVIEC__V1__ENROL__INIT;
    struct gv_buf statement;

    gv_buf_init(&statement);
    if (gv_enrol_seal(&unit->token, unit->key, gv_clock_real_us(), &statement) != GV_OK)
        die("no statement", unit->token.unit.s);
    body.statement = gv_pb_bytes(statement.data, statement.len);
    if (!send_message(unit, GV_KIND_ENROL, &body.base))
        die("cannot send", unit->token.unit.s);
    gv_buf_fini(&statement);
}

static void say_hello(struct unit *unit)
{
    Giaoviec__V1__Hello body = GIAOVIEC__V1__HELLO__INIT;

    body.connection = 1;
    body.keyset_version = fleet.keyset->version;
    unit->sequence = 0;
    if (!send_message(unit, GV_KIND_HELLO, &body.base))
        die("cannot send", unit->token.unit.s);
}

static void receipt_orders(struct unit *unit)
{
    Giaoviec__V1__OrdersReceipt body = GIAOVIEC__V1__ORDERS_RECEIPT__INIT;
    Giaoviec__V1__Cursor cursor = GIAOVIEC__V1__CURSOR__INIT;

    cursor.number = unit->orders.n;
    cursor.hash = gv_pb_bytes(unit->orders.h.b, 32);
    body.orders = &cursor;
    body.time_us = fleet.business_us;
    send_message(unit, GV_KIND_ORDERS_RECEIPT, &body.base);
}

static void take_orders(struct unit *unit, const Giaoviec__V1__Orders *orders)
{
    for (size_t i = 0; i < orders->n_entries; i++) {
        Giaoviec__V1__OrderEntry *entry;

        if (orders->first + i != unit->orders.n + 1)
            continue;
        unit->orders.n++;
        gv_hash_chain(&unit->orders.h, gv_pb_slice(orders->entries[i]), &unit->orders.h);
        entry = gv_pb_unpack(&giaoviec__v1__order_entry__descriptor,
                             gv_pb_slice(orders->entries[i]), fleet.arena);
        if (entry != NULL && gv_id_is_zero(&unit->assignment) &&
            gv_id_from(gv_pb_slice(entry->assignment), &unit->assignment) == GV_OK)
            unit->epoch = entry->epoch;
        if (fleet.orders++ == 0)
            fleet.first_order_us = mono_us();
        fleet.last_order_us = mono_us();
    }
    receipt_orders(unit);
}

static void put_entry(struct unit *unit, uint64_t n, struct gv_buf *out)
{
    Giaoviec__V1__ReportEntry entry = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    Giaoviec__V1__Accept accept = GIAOVIEC__V1__ACCEPT__INIT;
    Giaoviec__V1__Status status = GIAOVIEC__V1__STATUS__INIT;
    struct gv_buf body;

    gv_buf_init(&body);
    accept.person = (char *)"Nguyễn Văn A";
    status.progress = (uint32_t)(n % 100) + 1;
    status.narrative = (char *)"đang triển khai theo kế hoạch, chưa phát sinh vướng mắc";
    if (gv_pb_pack(n == 1 ? &accept.base : &status.base, &body) != GV_OK)
        die("no memory", unit->token.unit.s);
    entry.kind = n == 1 ? GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT
                        : GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS;
    entry.time_us = fleet.business_us;
    entry.assignment = gv_pb_bytes(unit->assignment.b, 16);
    entry.epoch = unit->epoch;
    entry.body = gv_pb_bytes(body.data, body.len);
    if (gv_pb_pack(&entry.base, out) != GV_OK)
        die("no memory", unit->token.unit.s);
    gv_buf_fini(&body);
}

static void send_reports(struct unit *unit)
{
    Giaoviec__V1__Reports body = GIAOVIEC__V1__REPORTS__INIT;
    ProtobufCBinaryData entries[ENTRIES_MAX];
    struct gv_buf bytes[ENTRIES_MAX];
    size_t count = unit->reports.n == 0 ? 1 : fleet.entries;

    body.first = unit->reports.n + 1;
    for (size_t i = 0; i < count; i++) {
        gv_buf_init(&bytes[i]);
        put_entry(unit, body.first + i, &bytes[i]);
        entries[i] = gv_pb_bytes(bytes[i].data, bytes[i].len);
    }
    body.entries = entries;
    body.n_entries = count;
    if (send_message(unit, GV_KIND_REPORTS, &body.base)) {
        for (size_t i = 0; i < count; i++)
            gv_hash_chain(&unit->reports.h, gv_pb_slice(entries[i]), &unit->reports.h);
        unit->reports.n += count;
        unit->flight[unit->flying].last = unit->reports.n;
        unit->flight[unit->flying++].sent_us = mono_us();
        fleet.envelopes++;
    }
    for (size_t i = 0; i < count; i++)
        gv_buf_fini(&bytes[i]);
}

static void fill_window(struct unit *unit)
{
    while (fleet.reporting && unit->live && !gv_id_is_zero(&unit->assignment) &&
           unit->flying < (unit->receipted == 0 ? 1 : fleet.window)) {
        size_t before = unit->flying;

        send_reports(unit);
        if (unit->flying == before)
            return;
    }
}

static void take_receipt(struct unit *unit, const Giaoviec__V1__Receipt *receipt)
{
    int64_t now_us = mono_us();
    size_t kept = 0;

    if (receipt->reports == NULL || receipt->resume || receipt->n_dispositions > 0) {
        fleet.errors++;
        return;
    }
    for (size_t i = 0; i < unit->flying; i++) {
        if (unit->flight[i].last <= receipt->reports->number) {
            if (fleet.sample_count < SAMPLES_MAX)
                fleet.samples_us[fleet.sample_count++] =
                    (uint32_t)(now_us - unit->flight[i].sent_us);
        } else {
            unit->flight[kept++] = unit->flight[i];
        }
    }
    unit->flying = kept;
    fleet.receipted += receipt->reports->number - unit->receipted;
    unit->receipted = receipt->reports->number;
    fill_window(unit);
}

static void take_enrolled(struct unit *unit, const struct gv_buf *frame)
{
    struct gv_enrol_answer answer = {0};

    if (gv_enrol_answer((struct gv_slice){frame->data, frame->len}, &unit->token, fleet.arena,
                        &answer) != GV_OK ||
        answer.keyset == NULL)
        die("not enrolled", unit->token.unit.s);
    unit->enrolled = true;
    epoll_ctl(fleet.epoll, EPOLL_CTL_DEL, gv_link_fd(unit->link), NULL);
    gv_link_close(unit->link);
    unit->link = NULL;
    if (fleet.keyset == NULL) {
        fleet.keyset = answer.keyset;
        fleet.coordinator = fleet.keyset->set->coordinators[0];
    } else {
        gv_keyset_free(answer.keyset);
    }
    open_link(unit, fleet.coordinator->endpoint, fleet.coordinator->curve_key.data);
}

static void take_message(struct unit *unit, const struct gv_buf *frame)
{
    struct gv_sender sender = {.roles = GV_ROLE_COORDINATOR};
    struct gv_message message = {0};

    if (!unit->enrolled) {
        take_enrolled(unit, frame);
        return;
    }
    memcpy(sender.sign_pk, fleet.coordinator->sign_key.data, 32);
    if (gv_code_from_str(fleet.coordinator->code, &sender.code) != GV_OK ||
        gv_message_open((struct gv_slice){frame->data, frame->len}, &sender,
                        &unit->token.deployment, &unit->token.unit, fleet.arena,
                        &message) != GV_OK) {
        fleet.errors++;
        return;
    }
    switch (message.head.kind) {
    case GV_KIND_WELCOME:
        unit->live = true;
        fleet.business_us = ((Giaoviec__V1__Welcome *)message.body)->business->time_us;
        break;
    case GV_KIND_ORDERS:
        take_orders(unit, (const Giaoviec__V1__Orders *)message.body);
        break;
    case GV_KIND_RECEIPT:
        take_receipt(unit, (const Giaoviec__V1__Receipt *)message.body);
        break;
    case GV_KIND_CLOCK:
        break;
    default:
        fleet.errors++;
    }
}

static void serve(struct unit *unit)
{
    struct gv_buf frame;

    gv_buf_init(&frame);
    for (;;) {
        enum gv_link_event event = gv_link_next(unit->link, &frame);

        if (event == GV_LINK_NONE)
            break;
        if (event == GV_LINK_DOWN || event == GV_LINK_REFUSED)
            die("connection lost", unit->token.unit.s);
        if (event == GV_LINK_UP && !unit->enrolled)
            say_enrol(unit);
        else if (event == GV_LINK_UP)
            say_hello(unit);
        else
            take_message(unit, &frame);
        gv_arena_reset(fleet.arena);
        fill_window(unit);
    }
    gv_buf_fini(&frame);
}

static void turn(int wait_ms)
{
    struct epoll_event events[256];
    int n = epoll_wait(fleet.epoll, events, 256, wait_ms);

    for (int i = 0; i < n; i++)
        serve(events[i].data.ptr);
}

static size_t live(void)
{
    size_t n = 0;

    for (size_t i = 0; i < fleet.count; i++)
        n += fleet.units[i].live;
    return n;
}

/* One heartbeat now and then: the loop below is busy for longer than a silence. */
static void beat(void)
{
    Giaoviec__V1__Heartbeat body = GIAOVIEC__V1__HEARTBEAT__INIT;

    body.connection = 1;
    for (size_t i = 0; i < fleet.count; i++)
        send_message(&fleet.units[i], GV_KIND_HEARTBEAT, &body.base);
}

static void load_tokens(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    if (dir == NULL)
        die("cannot read", folder);
    while ((entry = readdir(dir)) != NULL && fleet.count < UNITS_MAX) {
        struct unit *unit = &fleet.units[fleet.count];
        struct gv_buf path, text;

        if (strstr(entry->d_name, ".token") == NULL)
            continue;
        gv_buf_init(&path);
        gv_buf_init(&text);
        gv_buf_printf(&path, "%s/%s", folder, entry->d_name);
        if (gv_buf_read_file(&text, (char *)path.data, 4096) != GV_OK ||
            gv_token_parse((char *)text.data, text.len, &unit->token) != GV_OK ||
            gv_key_new(&unit->token.unit, &unit->key) != GV_OK)
            die("bad token", entry->d_name);
        gv_buf_fini(&path);
        gv_buf_fini(&text);
        fleet.count++;
    }
    closedir(dir);
}

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static double percentile_ms(double p)
{
    if (fleet.sample_count == 0)
        return 0;
    return fleet.samples_us[(size_t)(p * (double)(fleet.sample_count - 1))] / 1000.0;
}

/* What the machine itself can do, in the same run: verifications a second on one core. */
static double verifications_per_s(void)
{
    uint8_t payload[200] = {1}, signature[64];
    struct gv_slice slice = {payload, sizeof payload};
    int64_t begun = mono_us();
    int n = 0;

    if (gv_sign(GV_CTX_MESSAGE, slice, fleet.units[0].key, signature) != GV_OK)
        die("cannot sign", "self");
    for (; mono_us() - begun < 500000; n++) {
        if (gv_verify(GV_CTX_MESSAGE, slice, fleet.units[0].key->sign_pk, signature) != GV_OK)
            die("cannot verify", "self");
    }
    return n * 1e6 / (double)(mono_us() - begun);
}

/* … and durable writes: fdatasync after each 4 KiB, in the folder of the tokens. */
static double syncs_per_s(const char *folder)
{
    char path[1024], block[4096] = {0};
    int64_t begun = mono_us();
    int fd, n = 0;

    snprintf(path, sizeof path, "%s/sync-probe", folder);
    fd = open(path, O_CREAT | O_RDWR, 0600);
    if (fd < 0)
        die("cannot write", path);
    for (; mono_us() - begun < 500000; n++) {
        if (pwrite(fd, block, sizeof block, (n % 1024) * 4096) != sizeof block ||
            fdatasync(fd) != 0)
            die("cannot write", path);
    }
    close(fd);
    unlink(path);
    return n * 1e6 / (double)(mono_us() - begun);
}

static void wait_until_live(void)
{
    int64_t deadline = mono_us() + 60000000;

    for (size_t i = 0; i < fleet.count; i++) {
        struct unit *unit = &fleet.units[i];

        open_link(unit, unit->token.endpoint, unit->token.server_pk);
    }
    while (live() < fleet.count && mono_us() < deadline)
        turn(100);
    if (live() < fleet.count)
        die("not everybody connected", "60 s");
}

static void wait_for_orders(void)
{
    int64_t deadline = mono_us() + 60000000;

    while (fleet.orders < fleet.orders_wanted && mono_us() < deadline)
        turn(100);
    if (fleet.orders < fleet.orders_wanted)
        die("orders are missing", "60 s");
}

static double report_for(int seconds)
{
    int64_t begun, end, beat_us = 0;
    uint64_t before;

    fleet.reporting = true;
    for (size_t i = 0; i < fleet.count; i++)
        fill_window(&fleet.units[i]);
    begun = mono_us();
    while (mono_us() - begun < 1000000)
        turn(10);
    fleet.sample_count = 0;
    before = fleet.receipted;
    fleet.envelopes = 0;
    begun = mono_us();
    end = begun + (int64_t)seconds * 1000000;
    while (mono_us() < end) {
        turn(10);
        if (mono_us() > beat_us) {
            beat();
            beat_us = mono_us() + 5000000;
        }
    }
    return (double)(fleet.receipted - before) * 1e6 / (double)(mono_us() - begun);
}

int main(int argc, char **argv)
{
    double rate, verify, sync;

    if (argc != 6) {
        fprintf(stderr, "usage: fleet TOKENS-FOLDER ORDERS WINDOW ENTRIES SECONDS\n");
        return 64;
    }
    fleet.orders_wanted = strtoull(argv[2], NULL, 10);
    fleet.window = strtoull(argv[3], NULL, 10);
    fleet.entries = strtoull(argv[4], NULL, 10);
    if (fleet.window < 1 || fleet.window > WINDOW_MAX || fleet.entries < 1 ||
        fleet.entries > ENTRIES_MAX || gv_crypto_init() != GV_OK)
        return 64;
    fleet.zmq = zmq_ctx_new();
    zmq_ctx_set(fleet.zmq, ZMQ_MAX_SOCKETS, UNITS_MAX * 4);
    fleet.epoll = epoll_create1(0);
    fleet.arena = gv_arena_new((size_t)16 << 20);
    fleet.samples_us = malloc(SAMPLES_MAX * sizeof *fleet.samples_us);
    load_tokens(argv[1]);
    if (fleet.count == 0 || fleet.samples_us == NULL)
        die("no tokens", argv[1]);
    verify = verifications_per_s();
    sync = syncs_per_s(argv[1]);
    wait_until_live();
    printf("connected %zu\n", fleet.count);
    fflush(stdout);
    wait_for_orders();
    printf("orders %llu\n", (unsigned long long)fleet.orders);
    fflush(stdout);
    rate = report_for(atoi(argv[5]));
    qsort(fleet.samples_us, fleet.sample_count, sizeof *fleet.samples_us, by_value);
    printf("{\"units\":%zu,\"window\":%zu,\"entries\":%zu,\"orders\":%llu,\"orders_s\":%.3f,"
           "\"reports_per_s\":%.0f,\"envelopes_per_s\":%.0f,\"p50_ms\":%.2f,\"p99_ms\":%.2f,"
           "\"errors\":%llu,\"verify_per_s_core\":%.0f,\"fdatasync_per_s\":%.0f,"
           "\"envelopes_per_verify\":%.3f,\"receipted\":%llu}\n",
           fleet.count, fleet.window, fleet.entries, (unsigned long long)fleet.orders,
           (double)(fleet.last_order_us - fleet.first_order_us) / 1e6, rate,
           rate / (double)fleet.entries, percentile_ms(0.5), percentile_ms(0.99),
           (unsigned long long)fleet.errors, verify, sync, rate / (double)fleet.entries / verify,
           (unsigned long long)fleet.receipted);
    for (size_t i = 0; i < fleet.count; i++) {
        gv_link_close(fleet.units[i].link);
        gv_key_free(fleet.units[i].key);
    }
    gv_keyset_free(fleet.keyset);
    gv_arena_free(fleet.arena);
    free(fleet.samples_us);
    zmq_ctx_term(fleet.zmq);
    return fleet.errors == 0 ? 0 : 1;
}
