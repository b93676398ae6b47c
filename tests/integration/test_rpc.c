/* links: gv_cli gv_trust gv_wire gv_base */
/* test_rpc.c - a person's requests against coordinators that answer as a script says: busy, silent,
 * forged, strange. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/lang.h"
#include "cli/cli.h"
#include "cli/commands.h"
#include "cli/rpc.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "giaoviec/v1/trust.pb-c.h"
#include "trust/act.h"
#include "wire/message.h"

enum step {
    END, /* nothing more is expected: an answer would be a surprise */
    SILENT,
    BUSY,
    TURNED_AWAY, /* BUSY of a coordinator that did not read the request */
    AGAIN,
    DENIED,
    PAGE_1,
    PAGE_2,
    FORGED,     /* right in everything but the signature */
    STRAY_PAGE, /* first an answer to somebody else's request */
    NOT_JSON,
    HELD,     /* an assignment of a body */
    BLOB,     /* all that came so far is held */
    BLOB_ALL, /* it was all there before */
    ACT,
    MOVING, /* from here on every page counts one row of the ledger more */
    STILL,  /* from here on every page counts as many */
};

#define SEEN_MAX 16
#define HELD_ID  "00000000000000000000000000000001"

struct fake {
    pthread_t thread;
    void *socket;
    char endpoint[64];
    struct gv_key *key;
    enum step script[SEEN_MAX];
    size_t at;
    gv_id seen[SEEN_MAX]; /* message ids, in order */
    uint64_t offsets[SEEN_MAX];
    size_t act_attachment; /* bytes that came inside ACT_SUBMIT */
};

static void *zmq;
static char folder[] = "/tmp/test-rpc-XXXXXX";
static struct fake fakes[2]; /* c1, c2 */
static struct gv_keyset *keyset;
static struct gv_key *person_key, *stranger;
static gv_arena *arena;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over the scripts */
static atomic_bool stop;

/* ---- coordinators -----------------------------------------------------------------------------
 */

static void send_body(struct fake *fake, zmq_msg_t *peer, const gv_id *in_reply_to, uint32_t kind,
                      const ProtobufCMessage *body, const struct gv_key *key)
{
    struct gv_head head = {.deployment = keyset->deployment,
                           .sender = fake->key->code,
                           .recipient = person_key->code,
                           .kind = kind,
                           .sequence = 1,
                           .in_reply_to = *in_reply_to,
                           .time_us = gv_clock_real_us()};
    struct gv_buf frame;

    gv_buf_init(&frame);
    assert_int_equal(gv_message_seal(&head, body, key, &frame), GV_OK);
    zmq_send(fake->socket, zmq_msg_data(peer), zmq_msg_size(peer), ZMQ_SNDMORE);
    zmq_send(fake->socket, frame.data, frame.len, 0);
    gv_buf_fini(&frame);
}

static void send_error(struct fake *fake, zmq_msg_t *peer, const gv_id *to, gv_err err,
                       const char *text)
{
    Giaoviec__V1__Error error = GIAOVIEC__V1__ERROR__INIT;

    error.code = err;
    error.retry = gv_err_retry(err);
    error.text = (char *)text;
    send_body(fake, peer, to, GV_KIND_ERROR, &error.base, fake->key);
}

static void send_page(struct fake *fake, zmq_msg_t *peer, const gv_id *to, const char *row,
                      const char *next, const struct gv_key *key)
{
    Giaoviec__V1__QueryResult result = GIAOVIEC__V1__QUERY_RESULT__INIT;
    Giaoviec__V1__BusinessClock clock = GIAOVIEC__V1__BUSINESS_CLOCK__INIT;
    ProtobufCBinaryData rows[1] = {{strlen(row), (uint8_t *)row}};

    clock.business_us = 42;
    clock.stepped = true;
    clock.demonstration = true;
    result.rows = rows;
    result.n_rows = 1;
    result.next = (char *)next;
    result.clock = &clock;
    send_body(fake, peer, to, GV_KIND_QUERY_RESULT, &result.base, key);
}

static void send_blob(struct fake *fake, zmq_msg_t *peer, const struct gv_message *message,
                      size_t step)
{
    const Giaoviec__V1__BlobPut *put = (const Giaoviec__V1__BlobPut *)message->body;
    Giaoviec__V1__BlobResult result = GIAOVIEC__V1__BLOB_RESULT__INIT;

    fake->offsets[step] = put->offset;
    result.digest = put->digest;
    result.have = fake->script[step] == BLOB_ALL ? put->size : put->offset + put->data.len;
    send_body(fake, peer, &message->head.message_id, GV_KIND_BLOB_RESULT, &result.base, fake->key);
}

static void send_act(struct fake *fake, zmq_msg_t *peer, const struct gv_message *message)
{
    Giaoviec__V1__ActResult result = GIAOVIEC__V1__ACT_RESULT__INIT;

    fake->act_attachment = ((const Giaoviec__V1__ActSubmit *)message->body)->attachment.len;
    result.done = 3;
    send_body(fake, peer, &message->head.message_id, GV_KIND_ACT_RESULT, &result.base, fake->key);
}

static void send_ledger(struct fake *fake, zmq_msg_t *peer, const gv_id *to, bool moves)
{
    static unsigned rows;
    char row[64];

    rows += moves;
    snprintf(row, sizeof row, "{\"business_us\":1,\"rows\":%u}", rows);
    send_page(fake, peer, to, row, "", fake->key);
}

static bool goes_on(enum step step)
{
    return step != END && step != MOVING && step != STILL;
}

static void answer(struct fake *fake, zmq_msg_t *peer, const struct gv_message *message,
                   size_t step)
{
    const gv_id *to = &message->head.message_id;
    Giaoviec__V1__Busy busy = GIAOVIEC__V1__BUSY__INIT;
    gv_id other = {{9}}, none = {{0}};

    switch (fake->script[step]) {
    case END:
    case SILENT:
        break;
    case BUSY:
    case TURNED_AWAY:
        busy.retry_after_ms = 30;
        send_body(fake, peer, fake->script[step] == BUSY ? to : &none, GV_KIND_BUSY, &busy.base,
                  NULL);
        break;
    case AGAIN:
        send_error(fake, peer, to, GV_EAGAIN, "later");
        break;
    case DENIED:
        send_error(fake, peer, to, GV_EDENIED, "not you");
        break;
    case PAGE_1:
        send_page(fake, peer, to, "{\"n\":1}", "p2", fake->key);
        break;
    case PAGE_2:
        send_page(fake, peer, to, "{\"n\":2}", "", fake->key);
        break;
    case FORGED:
        send_page(fake, peer, to, "{\"n\":666}", "", stranger);
        break;
    case STRAY_PAGE:
        send_page(fake, peer, &other, "{\"n\":666}", "", fake->key);
        send_page(fake, peer, to, "{\"n\":2}", "", fake->key);
        break;
    case NOT_JSON:
        send_page(fake, peer, to, "{\"n\":", "", fake->key);
        break;
    case HELD:
        send_page(fake, peer, to,
                  "{\"assignment\":\"" HELD_ID "\",\"unit\":\"CC-A\",\"epoch\":1,"
                  "\"state\":\"IN_PROGRESS\",\"task\":\"6.1\"}",
                  "", fake->key);
        break;
    case BLOB:
    case BLOB_ALL:
        send_blob(fake, peer, message, step);
        break;
    case ACT:
        send_act(fake, peer, message);
        break;
    case MOVING:
    case STILL:
        send_ledger(fake, peer, to, fake->script[step] == MOVING);
        break;
    }
}

static void serve_one(struct fake *fake)
{
    struct gv_sender sender = {.code = person_key->code, .roles = GV_ROLE_ADMIN};
    gv_arena *own = gv_arena_new((size_t)1 << 22);
    struct gv_message message;
    zmq_msg_t peer, frame;

    gv_sender_key(&sender, person_key->sign_pk);
    zmq_msg_init(&peer);
    zmq_msg_init(&frame);
    if (zmq_msg_recv(&peer, fake->socket, 0) >= 0 && zmq_msg_recv(&frame, fake->socket, 0) >= 0 &&
        fake->at < SEEN_MAX) {
        struct gv_slice bytes = {zmq_msg_data(&frame), zmq_msg_size(&frame)};
        size_t step = fake->at;

        assert_int_equal(
            gv_message_open(bytes, &sender, &keyset->deployment, &fake->key->code, own, &message),
            GV_OK);
        fake->seen[step] = message.head.message_id;
        if (goes_on(fake->script[step]))
            fake->at++; /* before whoever asked can look */
        answer(fake, &peer, &message, step);
    }
    zmq_msg_close(&peer);
    zmq_msg_close(&frame);
    gv_arena_free(own);
}

static void *serve(void *arg)
{
    struct fake *fake = arg;
    zmq_pollitem_t item = {fake->socket, 0, ZMQ_POLLIN, 0};

    while (!stop) {
        if (zmq_poll(&item, 1, 50) <= 0)
            continue;
        pthread_mutex_lock(&lock);
        serve_one(fake);
        pthread_mutex_unlock(&lock);
    }
    zmq_close(fake->socket);
    return NULL;
}

/* ---- the world --------------------------------------------------------------------------------
 */

static void path_of(const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s/home/%s", folder, name);
}

static struct gv_key *load_key(const char *code)
{
    struct gv_key *key = NULL;
    char name[64], path[256];

    snprintf(name, sizeof name, "keys/%s.key", code);
    path_of(name, path, sizeof path);
    assert_int_equal(gv_key_load(path, &key), GV_OK);
    return key;
}

/* A port that is free now: the socket is bound when the keys are there. */
static void find_endpoint(char *out, size_t size)
{
    void *socket = zmq_socket(zmq, ZMQ_ROUTER);

    assert_int_equal(zmq_bind(socket, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(socket, ZMQ_LAST_ENDPOINT, out, &size), 0);
    zmq_close(socket);
}

static void make_home(void)
{
    char home[256], c1[160], c2[160];
    const char *argv[] = {"giaoviec",
                          "deployment",
                          "init",
                          "--home",
                          home,
                          "--name",
                          "Thử",
                          "--coordinator",
                          c1,
                          "--coordinator",
                          c2,
                          "--person",
                          "admin=admin+member:Quản trị:bodies=CC-A",
                          NULL};
    int saved = dup(STDOUT_FILENO);

    snprintf(home, sizeof home, "%s/home", folder);
    snprintf(c1, sizeof c1, "c1=%s,tcp://127.0.0.1:1", fakes[0].endpoint);
    snprintf(c2, sizeof c2, "c2=%s,tcp://127.0.0.1:1", fakes[1].endpoint);
    fflush(stdout);
    assert_non_null(freopen("/dev/null", "w", stdout));
    assert_int_equal(gv_cli_run(13, (char **)argv), 0);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
}

static void begin_serving(struct fake *fake)
{
    int64_t until_ms = gv_clock_mono_ms() + 30000;
    int server = 1, linger = 0;

    fake->socket = zmq_socket(zmq, ZMQ_ROUTER);
    zmq_setsockopt(fake->socket, ZMQ_CURVE_SERVER, &server, sizeof server);
    zmq_setsockopt(fake->socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(fake->socket, ZMQ_CURVE_SECRETKEY, fake->key->curve_sk, 32);
    /* Of a socket that was closed the port is free once the thread of libzmq gets to it. */
    while (zmq_bind(fake->socket, fake->endpoint) != 0) {
        assert_int_equal(zmq_errno(), EADDRINUSE);
        assert_true(gv_clock_mono_ms() < until_ms);
        gv_clock_sleep_ms(10);
    }
    assert_int_equal(pthread_create(&fake->thread, NULL, serve, fake), 0);
}

static int set_up(void **state)
{
    struct gv_buf bytes;
    gv_code code;
    char path[256];

    (void)state;
    arena = gv_arena_new((size_t)64 << 20);
    zmq = zmq_ctx_new();
    assert_int_equal(gv_lang_set("vi"), GV_OK);
    assert_non_null(mkdtemp(folder));
    find_endpoint(fakes[0].endpoint, sizeof fakes[0].endpoint);
    find_endpoint(fakes[1].endpoint, sizeof fakes[1].endpoint);
    make_home();
    fakes[0].key = load_key("c1");
    fakes[1].key = load_key("c2");
    person_key = load_key("admin");
    assert_int_equal(gv_code_from_str("c1", &code), GV_OK);
    assert_int_equal(gv_key_new(&code, &stranger), GV_OK);
    gv_buf_init(&bytes);
    path_of("keyset", path, sizeof path);
    assert_int_equal(gv_buf_read_file(&bytes, path, 1 << 20), GV_OK);
    assert_int_equal(gv_keyset_open((struct gv_slice){bytes.data, bytes.len}, NULL, &keyset),
                     GV_OK);
    gv_buf_fini(&bytes);
    begin_serving(&fakes[0]);
    begin_serving(&fakes[1]);
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {
        "keys/c1.key", "keys/c2.key", "keys/admin.key", "keys", "keyset", "root.key", ""};
    char path[256];

    (void)state;
    stop = true;
    for (size_t i = 0; i < 2; i++) {
        pthread_join(fakes[i].thread, NULL);
        gv_key_free(fakes[i].key);
    }
    zmq_ctx_term(zmq);
    gv_key_free(person_key);
    gv_key_free(stranger);
    gv_keyset_free(keyset);
    gv_arena_free(arena);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        path_of(names[i], path, sizeof path);
        remove(path);
    }
    return remove(folder);
}

/* ---- what a person sees -----------------------------------------------------------------------
 */

static struct cli cli_of(int timeout_s)
{
    static char home[256];
    struct cli cli = {.command = command_find("deployment", "clock"),
                      .arena = arena,
                      .home = home,
                      .as = "admin",
                      .timeout_s = timeout_s};

    snprintf(home, sizeof home, "%s/home", folder);
    return cli;
}

static void play(struct fake *fake, const enum step *script, size_t count)
{
    pthread_mutex_lock(&lock);
    memset(fake->script, 0, sizeof fake->script);
    memcpy(fake->script, script, count * sizeof *script);
    fake->at = 0;
    pthread_mutex_unlock(&lock);
}

#define PLAY(fake, ...)                                                                            \
    play(fake, (const enum step[]){__VA_ARGS__},                                                   \
         sizeof((const enum step[]){__VA_ARGS__}) / sizeof(enum step))

static gv_err add_n(void *arg, const struct rpc_row *row)
{
    *(int64_t *)arg = *(int64_t *)arg * 10 + row_number(row->json, "n");
    return GV_OK;
}

/* The rows' numbers as decimal digits. */
static gv_err ask(int timeout_s, int64_t *digits, char *text, size_t text_size)
{
    struct rpc_query query = {.name = "units"};
    struct cli cli = cli_of(timeout_s);
    struct rpc_page page;
    gv_rpc *rpc = NULL;
    gv_err err;

    *digits = 0;
    assert_int_equal(rpc_open(&cli, &rpc), 0);
    err = rpc_query(rpc, &query, add_n, digits, &page);
    if (err == GV_OK) {
        assert_true(page.demonstration);
        assert_int_equal(page.business_us, 42);
    }
    if (text != NULL)
        snprintf(text, text_size, "%s", rpc_text(rpc));
    rpc_close(rpc);
    return err;
}

static void test_pages_follow_each_other(void **state)
{
    int64_t digits;

    (void)state;
    PLAY(&fakes[0], PAGE_1, PAGE_2);
    assert_int_equal(ask(5, &digits, NULL, 0), GV_OK);
    assert_int_equal(digits, 12);
    assert_int_equal(fakes[0].at, 2);
}

static void test_busy_is_waited_for_and_the_same_message_sent_again(void **state)
{
    int64_t digits;

    (void)state;
    PLAY(&fakes[0], BUSY, TURNED_AWAY, AGAIN, PAGE_2);
    assert_int_equal(ask(5, &digits, NULL, 0), GV_OK);
    assert_int_equal(digits, 2);
    assert_int_equal(fakes[0].at, 4);
    for (size_t i = 1; i < 4; i++)
        assert_true(gv_id_eq(&fakes[0].seen[0], &fakes[0].seen[i]));
}

static void test_a_refusal_ends_the_request_with_its_words(void **state)
{
    int64_t digits;
    char text[64];

    (void)state;
    PLAY(&fakes[0], DENIED);
    assert_int_equal(ask(5, &digits, text, sizeof text), GV_EDENIED);
    assert_string_equal(text, "not you");
}

static void test_a_forged_answer_is_no_answer(void **state)
{
    int64_t digits;

    (void)state;
    PLAY(&fakes[0], FORGED);
    PLAY(&fakes[1], PAGE_2);
    assert_int_equal(ask(5, &digits, NULL, 0), GV_OK);
    assert_int_equal(digits, 2);
    assert_int_equal(fakes[1].at, 1);
}

static void test_an_answer_to_another_request_is_passed_over(void **state)
{
    int64_t digits;

    (void)state;
    PLAY(&fakes[0], STRAY_PAGE);
    assert_int_equal(ask(5, &digits, NULL, 0), GV_OK);
    assert_int_equal(digits, 2);
}

static void test_what_is_not_json_is_refused(void **state)
{
    int64_t digits;

    (void)state;
    PLAY(&fakes[0], NOT_JSON);
    assert_int_equal(ask(5, &digits, NULL, 0), GV_EBADMSG);
}

static void test_silence_ends_with_the_time(void **state)
{
    int64_t digits, began_ms = gv_clock_mono_ms();
    char text[64];

    (void)state;
    PLAY(&fakes[0], SILENT);
    PLAY(&fakes[1], SILENT);
    assert_int_equal(ask(1, &digits, text, sizeof text), GV_EUNAVAILABLE);
    assert_non_null(strstr(text, "c1 tcp://"));
    assert_in_range(gv_clock_mono_ms() - began_ms, 900, 4000);
}

static void submit(size_t attachment_len, gv_err wanted)
{
    struct cli cli = cli_of(5);
    Giaoviec__V1__ActResult *result = NULL;
    struct gv_buf attachment;
    gv_rpc *rpc = NULL;

    gv_buf_init(&attachment);
    memset(gv_buf_room(&attachment, attachment_len), 'x', attachment_len);
    assert_int_equal(rpc_open(&cli, &rpc), 0);
    assert_int_equal(rpc_submit(rpc, (struct gv_slice){(const uint8_t *)"act", 3},
                                (struct gv_slice){attachment.data, attachment.len}, false, arena,
                                &result),
                     wanted);
    if (wanted == GV_OK)
        assert_int_equal(result->done, 3);
    rpc_close(rpc);
    gv_buf_fini(&attachment);
}

static void test_small_attachments_travel_with_the_act(void **state)
{
    (void)state;
    PLAY(&fakes[0], ACT);
    submit(RPC_INLINE_MAX, GV_OK);
    assert_int_equal(fakes[0].act_attachment, RPC_INLINE_MAX);
}

static void test_large_attachments_go_ahead_in_chunks(void **state)
{
    (void)state;
    PLAY(&fakes[0], BLOB, BLOB, BUSY, BLOB, ACT);
    submit(2 * RPC_INLINE_MAX + 1, GV_OK);
    assert_int_equal(fakes[0].offsets[0], 0);
    assert_int_equal(fakes[0].offsets[1], RPC_INLINE_MAX);
    assert_int_equal(fakes[0].offsets[3], 2 * RPC_INLINE_MAX);
    assert_int_equal(fakes[0].act_attachment, 0);
    PLAY(&fakes[0], BLOB_ALL, ACT); /* sent before: nothing is sent twice */
    submit(2 * RPC_INLINE_MAX + 1, GV_OK);
    PLAY(&fakes[0], BLOB, DENIED);
    submit(2 * RPC_INLINE_MAX + 1, GV_EDENIED);
}

/* ---- what the program says of it --------------------------------------------------------------
 */

#define SAID_MAX 4096

/* What it prints on standard output and standard error. */
static char said[2][SAID_MAX];

/* The words of a command line, in English, NULL behind the last. */
static int run_program(const char *const *words)
{
    const char *argv[24] = {"giaoviec"};
    FILE *files[2];
    int saved[2], argc = 1, status;
    struct cli cli = cli_of(0);

    for (; *words != NULL; words++)
        argv[argc++] = *words;
    argv[argc++] = "--lang=en";
    argv[argc++] = "--as=admin";
    argv[argc++] = "--home";
    argv[argc++] = cli.home;
    fflush(NULL);
    for (int i = 0; i < 2; i++) {
        files[i] = tmpfile();
        assert_non_null(files[i]);
        saved[i] = dup(i + 1);
        dup2(fileno(files[i]), i + 1);
    }
    status = gv_cli_run(argc, (char **)argv);
    fflush(NULL);
    for (int i = 0; i < 2; i++) {
        dup2(saved[i], i + 1);
        close(saved[i]);
        rewind(files[i]);
        said[i][fread(said[i], 1, SAID_MAX - 1, files[i])] = '\0';
        fclose(files[i]);
    }
    return status;
}

#define RUN(...) run_program((const char *const[]){__VA_ARGS__, NULL})
#define STEP_4S  "deployment", "step", "--to", "1970-01-02", "--timeout", "4", "--json"
#define UNKNOWN  "\"outcome\":\"unknown\""
#define REFUSED  "\"outcome\":\"refused\""
#define LOOK     "it may have taken effect: see giaoviec feed"

static void test_an_act_without_an_answer_may_have_taken_effect(void **state)
{
    int64_t began_ms = gv_clock_mono_ms();

    (void)state;
    PLAY(&fakes[1], END);
    PLAY(&fakes[0], PAGE_2, PAGE_2, SILENT); /* the clock, settled, the act */
    assert_int_equal(RUN(STEP_4S), gv_err_exit(GV_EUNAVAILABLE));
    assert_in_range(gv_clock_mono_ms() - began_ms, 3900, 15000);
    assert_non_null(strstr(said[0], UNKNOWN));
    assert_non_null(strstr(said[1], LOOK));
    PLAY(&fakes[0], HELD, PAGE_2, SILENT);
    assert_int_equal(
        RUN("assignment", "report", HELD_ID, "--progress", "5", "--timeout", "1", "--json"),
        gv_err_exit(GV_EUNAVAILABLE));
    assert_non_null(strstr(said[0], UNKNOWN));
    assert_non_null(strstr(said[1], LOOK));
}

static void test_what_is_refused_has_not_taken_effect(void **state)
{
    (void)state;
    PLAY(&fakes[1], END);
    PLAY(&fakes[0], PAGE_2, PAGE_2, BUSY, AGAIN, DENIED);
    assert_int_equal(RUN(STEP_4S), gv_err_exit(GV_EDENIED));
    assert_non_null(strstr(said[0], REFUSED));
    assert_null(strstr(said[1], LOOK));
    PLAY(&fakes[0], PAGE_2, PAGE_2, SILENT); /* a dry run has no effect */
    assert_int_equal(
        RUN("deployment", "step", "--to", "1970-01-02", "--timeout", "1", "--json", "--dry-run"),
        gv_err_exit(GV_EUNAVAILABLE));
    assert_non_null(strstr(said[0], REFUSED));
    PLAY(&fakes[0], SILENT); /* nor has a question */
    assert_int_equal(RUN("unit", "list", "--timeout", "1"), gv_err_exit(GV_EUNAVAILABLE));
    assert_null(strstr(said[1], LOOK));
}

static void test_a_summary_says_that_its_tables_may_disagree(void **state)
{
    (void)state;
    PLAY(&fakes[0], MOVING);
    assert_int_equal(RUN("summary", "--json"), gv_err_exit(GV_EAGAIN));
    assert_non_null(strstr(said[0], "\"moved\":true"));
    assert_non_null(strstr(said[1], "tables may disagree"));
    assert_int_equal(RUN("summary", "--csv"), gv_err_exit(GV_EAGAIN));
    assert_non_null(strstr(said[0], "head,,,,,,,moved,true\n"));
    assert_int_equal(setenv("GIAOVIEC_DATA", GV_SOURCE_DIR "/deploy/data", 1), 0);
    assert_int_equal(RUN("summary", "--recount"), gv_err_exit(GV_EAGAIN));
    assert_non_null(strstr(said[0], "\n\\echo 'the ledger kept moving"));
    PLAY(&fakes[0], STILL);
    assert_int_equal(RUN("summary", "--json"), 0);
    assert_non_null(strstr(said[0], "\"moved\":false"));
    assert_int_equal(RUN("summary", "--csv"), 0);
    assert_non_null(strstr(said[0], "head,,,,,,,moved,false\n"));
}

/* The last test: the first coordinator is gone from here on. */
static void test_the_second_coordinator_takes_over(void **state)
{
    int64_t digits;

    (void)state;
    stop = true;
    pthread_join(fakes[0].thread, NULL);
    pthread_join(fakes[1].thread, NULL);
    stop = false;
    begin_serving(&fakes[1]);
    PLAY(&fakes[1], PAGE_1, PAGE_2);
    assert_int_equal(ask(10, &digits, NULL, 0), GV_OK);
    assert_int_equal(digits, 12);
    begin_serving(&fakes[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_follow_each_other),
        cmocka_unit_test(test_busy_is_waited_for_and_the_same_message_sent_again),
        cmocka_unit_test(test_a_refusal_ends_the_request_with_its_words),
        cmocka_unit_test(test_a_forged_answer_is_no_answer),
        cmocka_unit_test(test_an_answer_to_another_request_is_passed_over),
        cmocka_unit_test(test_what_is_not_json_is_refused),
        cmocka_unit_test(test_silence_ends_with_the_time),
        cmocka_unit_test(test_small_attachments_travel_with_the_act),
        cmocka_unit_test(test_large_attachments_go_ahead_in_chunks),
        cmocka_unit_test(test_an_act_without_an_answer_may_have_taken_effect),
        cmocka_unit_test(test_what_is_refused_has_not_taken_effect),
        cmocka_unit_test(test_a_summary_says_that_its_tables_may_disagree),
        cmocka_unit_test(test_the_second_coordinator_takes_over),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
