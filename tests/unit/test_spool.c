/* links: gv_agent gv_crypto gv_base */
/* test_spool.c - what was called durable is there: after a restart, after kill -9, after a full
 * disk. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/spool_part.h"
#include "base/buf.h"
#include "crypto/hash.h"

#define UNIT "SO-YT"

static char folder[64], path[96];

static int set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/gv-spool-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/spool.db", folder);
    return 0;
}

static int tear_down(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[128];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    return rmdir(folder);
}

static gv_spool *open_spool(void)
{
    gv_spool *spool = NULL;
    struct gv_buf why;

    gv_buf_init(&why);
    if (gv_spool_open(path, &spool, &why) != GV_OK)
        fail_msg("%s", why.len > 0 ? (const char *)why.data : "?");
    gv_buf_fini(&why);
    return spool;
}

/* ---- a log that can be checked: entry n is its own number as text ---- */

static gv_err append(gv_spool *spool, struct gv_spool_unit *row)
{
    char text[32];
    struct gv_slice entry = {(const uint8_t *)text, 0};
    gv_err err;

    entry.len =
        (size_t)snprintf(text, sizeof text, "entry %llu", (unsigned long long)row->reports.n + 1);
    gv_hash_chain(&row->reports.h, entry, &row->reports.h);
    row->reports.n++;
    err = gv_spool_report_put(spool, UNIT, row->reports.n, entry, &row->reports.h, 1000);
    return err != GV_OK ? err : gv_spool_unit_put(spool, UNIT, row);
}

struct walk {
    struct gv_cursor at;
    bool good;
};

static bool walk_entry(void *ctx, uint64_t n, struct gv_slice entry)
{
    struct walk *walk = ctx;
    char text[32];

    snprintf(text, sizeof text, "entry %llu", (unsigned long long)n);
    walk->good = n == walk->at.n + 1 && entry.len == strlen(text) &&
                 memcmp(entry.data, text, entry.len) == 0;
    walk->at.n = n;
    gv_hash_chain(&walk->at.h, entry, &walk->at.h);
    return walk->good;
}

/* The log is whole, and the unit's cursor is its end; answers the head. */
static uint64_t check_log(gv_spool *spool)
{
    struct walk walk = {.good = true};
    struct gv_spool_unit row;

    assert_int_equal(gv_spool_unit(spool, UNIT, &row), GV_OK);
    assert_int_equal(gv_spool_reports(spool, UNIT, 1, UINT32_MAX, walk_entry, &walk), GV_OK);
    assert_true(walk.good);
    assert_true(gv_cursor_eq(&walk.at, &row.reports));
    return row.reports.n;
}

/* ---- tests ---- */

static void test_what_was_not_committed_is_gone(void **state)
{
    struct gv_spool_unit row = {.enrolled = true, .connection = 3};
    gv_spool *spool = open_spool();

    (void)state;
    assert_int_equal(gv_spool_unit(spool, UNIT, &row), GV_ENOTFOUND);
    assert_false(gv_spool_dirty(spool));
    assert_int_equal(append(spool, &row), GV_OK);
    assert_true(gv_spool_dirty(spool));
    assert_int_equal(gv_spool_commit(spool), GV_OK);
    assert_false(gv_spool_dirty(spool));
    assert_int_equal(append(spool, &row), GV_OK);
    gv_spool_close(spool);

    spool = open_spool();
    assert_int_equal(check_log(spool), 1);
    assert_int_equal(gv_spool_unit(spool, UNIT, &row), GV_OK);
    assert_true(row.enrolled);
    assert_int_equal(row.connection, 3);
    assert_false(row.has_business);
    gv_spool_close(spool);
}

/* Commits groups and says each one's end to the parent, until it is killed. */
static void write_until_killed(int to_parent)
{
    struct gv_spool_unit row = {0};
    gv_spool *spool = open_spool();

    if (gv_spool_unit(spool, UNIT, &row) == GV_EIO)
        _exit(1);
    for (;;) {
        for (int i = 0; i < 7; i++) {
            if (append(spool, &row) != GV_OK)
                _exit(2);
        }
        if (gv_spool_commit(spool) != GV_OK)
            _exit(3);
        if (write(to_parent, &row.reports.n, sizeof row.reports.n) != sizeof row.reports.n)
            _exit(4);
    }
}

static void test_kill_9_loses_nothing_that_was_called_durable(void **state)
{
    uint64_t durable = 0, said;

    (void)state;
    for (int round = 0; round < 12; round++) {
        gv_spool *spool;
        int pipe_fds[2], status;
        pid_t child;
        uint64_t head;

        assert_int_equal(pipe(pipe_fds), 0);
        child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            close(pipe_fds[0]);
            write_until_killed(pipe_fds[1]);
        }
        close(pipe_fds[1]);
        for (int i = 0; i < 3 + round; i++) { /* then anywhere in the next transaction */
            if (read(pipe_fds[0], &said, sizeof said) != sizeof said)
                break;
            durable = said;
        }
        usleep((useconds_t)(round * 137));
        kill(child, SIGKILL);
        while (read(pipe_fds[0], &said, sizeof said) == sizeof said)
            durable = said;
        close(pipe_fds[0]);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));

        spool = open_spool();
        head = check_log(spool);
        assert_true(head >= durable);
        assert_int_equal(head % 7, 0); /* whole groups only */
        gv_spool_close(spool);
    }
    assert_true(durable > 0);
}

/* No file may grow past a bound, as on a full disk; exit status 0: the failure stuck, and said why.
 */
static int write_until_full(void)
{
    struct rlimit limit = {256 * 1024, 256 * 1024};
    struct gv_spool_unit row = {0};
    gv_spool *spool = open_spool();
    gv_err err = GV_OK;
    bool good;

    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 1;
    for (int i = 0; i < 100000 && err == GV_OK; i++) {
        err = append(spool, &row);
        if (err == GV_OK && i % 10 == 9)
            err = gv_spool_commit(spool);
    }
    good = err == GV_EIO && !gv_spool_ok(spool) && gv_spool_why(spool)[0] != '\0' &&
           gv_spool_commit(spool) == GV_EIO && append(spool, &row) == GV_EIO;
    gv_spool_close(spool);
    return good ? 0 : 2;
}

static void test_a_write_that_fails_sticks(void **state)
{
    gv_spool *spool;
    int status;
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0)
        _exit(write_until_full());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    spool = open_spool();
    assert_int_equal(check_log(spool) % 10, 0);
    gv_spool_close(spool);
}

static void bound_pages(gv_spool *spool, int more)
{
    char sql[64];
    uint64_t bytes = 0;

    assert_int_equal(gv_spool_size(spool, &bytes), GV_OK);
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = %d", (int)(bytes / 4096) + more);
    assert_int_equal(sqlite3_exec(spool->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* SQLite's own bound answers like a disk without a free block. */
static void test_a_full_disk_takes_back_one_turn_and_no_more(void **state)
{
    struct gv_spool_unit row = {0}, kept = {0};
    gv_spool *spool = open_spool();
    uint64_t before, now;
    gv_err err = GV_OK;

    (void)state;
    for (int i = 0; i < 20; i++)
        assert_int_equal(append(spool, &row), GV_OK);
    assert_int_equal(gv_spool_commit(spool), GV_OK);
    kept = row;
    assert_int_equal(gv_spool_size(spool, &before), GV_OK);
    bound_pages(spool, 2);
    for (int i = 0; i < 10000 && err == GV_OK; i++)
        err = append(spool, &row);
    assert_int_equal(err, GV_EIO);
    assert_true(gv_spool_full(spool) && !gv_spool_ok(spool));
    assert_int_equal(gv_spool_commit(spool), GV_EIO); /* nothing of that turn is called durable */

    assert_int_equal(gv_spool_recover(spool), GV_OK);
    assert_true(gv_spool_ok(spool) && !gv_spool_full(spool) && !gv_spool_dirty(spool));
    assert_int_equal(gv_spool_size(spool, &now), GV_OK);
    assert_int_equal(now, before);
    assert_int_equal(gv_spool_unit(spool, UNIT, &row), GV_OK);
    assert_int_equal(row.reports.n, kept.reports.n);
    bound_pages(spool, 1000);
    for (int i = 0; i < 300; i++)
        assert_int_equal(append(spool, &row), GV_OK);
    assert_int_equal(gv_spool_commit(spool), GV_OK);
    assert_int_equal(gv_spool_size(spool, &now), GV_OK);
    assert_true(now > before);
    gv_spool_close(spool);
    spool = open_spool();
    assert_int_equal(check_log(spool), 320);
    gv_spool_close(spool);
}

static void test_receipts_offers_and_pruning(void **state)
{
    struct gv_spool_unit row = {0};
    struct gv_hash_at at;
    size_t deleted;
    gv_spool *spool = open_spool();

    (void)state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(append(spool, &row), GV_OK);
    assert_int_equal(gv_spool_receipted(spool, UNIT, 6, 5000), GV_OK);
    assert_int_equal(gv_spool_receipted(spool, UNIT, 8, 9000), GV_OK);
    assert_int_equal(gv_spool_unreceipted(spool, UNIT, 7), GV_OK); /* 8 is offered again */
    assert_int_equal(gv_spool_prune(spool, 5000, 100, &deleted), GV_OK);
    assert_int_equal(deleted, 0); /* not older than that */
    assert_int_equal(gv_spool_prune(spool, 6000, 4, &deleted), GV_OK);
    assert_int_equal(deleted, 4); /* a small slice */
    assert_int_equal(gv_spool_prune(spool, 6000, 4, &deleted), GV_OK);
    assert_int_equal(deleted, 2);
    assert_int_equal(gv_spool_prune(spool, INT64_MAX, 100, &deleted), GV_OK);
    assert_int_equal(deleted, 1); /* 7; what is not receipted stays */
    assert_int_equal(gv_spool_report_hash(spool, UNIT, 7, &at), GV_OK);
    assert_false(at.known);
    assert_int_equal(gv_spool_report_hash(spool, UNIT, 8, &at), GV_OK);
    assert_true(at.known);
    assert_int_equal(gv_spool_report_hash(spool, UNIT, 0, &at), GV_OK);
    assert_false(
        at.known); /* its beginning is gone: from the empty log it cannot be offered again */
    assert_int_equal(gv_spool_order_hash(spool, UNIT, 0, &at), GV_OK);
    assert_true(at.known); /* nothing was ever in it */
    gv_spool_close(spool);
}

static void count_disposition(void *ctx, const struct gv_spool_disposition *one)
{
    struct gv_buf *said = ctx;

    gv_buf_printf(said, "%llu:%u:%s:%s ", (unsigned long long)one->n, (unsigned)one->code,
                  gv_err_name(one->error), one->text);
}

static void test_dispositions_and_orders_that_do_not_hold(void **state)
{
    struct gv_spool_unit row = {0};
    struct gv_slice entry = {(const uint8_t *)"order", 5};
    struct gv_spool_counts counts;
    struct gv_buf said;
    gv_hash h = {{1}};
    uint64_t n = 0;
    size_t deleted;
    gv_spool *spool = open_spool();

    (void)state;
    gv_buf_init(&said);
    for (int i = 0; i < 3; i++)
        assert_int_equal(append(spool, &row), GV_OK);
    assert_int_equal(gv_spool_disposition(spool, UNIT, 2, 3, GV_ESTATE, "không được", &said),
                     GV_OK);
    assert_string_equal((const char *)said.data, "entry 2");
    gv_buf_reset(&said);
    assert_int_equal(gv_spool_disposition(spool, UNIT, 3, 2, GV_ESTALE, "", NULL), GV_OK);
    assert_int_equal(gv_spool_disposition(spool, UNIT, 9, 2, GV_ESTALE, "", NULL), GV_ENOTFOUND);
    assert_int_equal(gv_spool_dispositions(spool, UNIT, 10, count_disposition, &said), GV_OK);
    assert_string_equal((const char *)said.data, "3:2:STALE: 2:3:STATE:không được ");

    gv_buf_reset(&said);
    assert_int_equal(gv_spool_order_put(spool, UNIT, 1, entry, &h, GV_OK, 1), GV_OK);
    assert_int_equal(gv_spool_order_put(spool, UNIT, 2, entry, &h, GV_ESIGNATURE, 1), GV_OK);
    assert_int_equal(gv_spool_order_put(spool, UNIT, 3, entry, &h, GV_EDENIED, 1), GV_OK);
    assert_int_equal(gv_spool_order_put(spool, UNIT, 4, entry, &h, GV_EUNSUPPORTED, 1), GV_OK);
    assert_int_equal(gv_spool_order_fault(spool, UNIT, 3, GV_OK), GV_OK);
    assert_int_equal(gv_spool_order_faulty(spool, UNIT, &n, &said), GV_OK);
    assert_int_equal(n, 2);
    assert_int_equal(gv_spool_order_faulty(spool, UNIT, &n, &said), GV_OK);
    assert_int_equal(n, 4);
    assert_string_equal((const char *)said.data, "orderorder");
    assert_int_equal(gv_spool_order_faulty(spool, UNIT, &n, &said), GV_ENOTFOUND);
    assert_int_equal(gv_spool_order_fault(spool, UNIT, 4, GV_OK), GV_OK);
    assert_int_equal(gv_spool_counts(spool, UNIT, &counts), GV_OK);
    assert_int_equal(counts.order_faults, 1);
    assert_int_equal(counts.refused, 1);
    assert_int_equal(counts.stale, 1);
    assert_int_equal(gv_spool_prune(spool, 1000, 100, &deleted), GV_OK);
    assert_int_equal(deleted, 3); /* the one that does not hold is evidence */
    gv_buf_fini(&said);
    gv_spool_close(spool);
}

static gv_err put_assignment(void *ctx, const gv_id *id, uint32_t epoch, uint32_t number,
                             struct gv_slice task)
{
    gv_buf_printf(ctx, "%02x:%u:%u:%.*s ", id->b[0], (unsigned)epoch, (unsigned)number,
                  (int)task.len, (const char *)task.data);
    return GV_OK;
}

static gv_err put_sent(void *ctx, const gv_id *id, const char *name, const gv_id *digest)
{
    gv_buf_printf(ctx, "%02x:%s:%02x ", id->b[0], name, digest->b[0]);
    return GV_OK;
}

static gv_err put_document(void *ctx, const char *source, const struct gv_spool_document *document)
{
    gv_buf_printf(ctx, "%s:%.*s:%s ", source, (int)document->bytes.len,
                  (const char *)document->bytes.data,
                  document->fault != NULL ? document->fault : "-");
    return GV_OK;
}

static void test_assignments_and_documents_are_as_last_written(void **state)
{
    struct gv_slice task = {(const uint8_t *)"task", 4}, good = {(const uint8_t *)"good", 4};
    gv_id one = {{1}}, two = {{2}};
    struct gv_buf said;
    gv_spool *spool = open_spool();

    (void)state;
    gv_buf_init(&said);
    assert_int_equal(gv_spool_assignment_put(spool, UNIT, &one, 1, 3), GV_OK);
    assert_int_equal(gv_spool_assignment_task(spool, UNIT, &one, task), GV_OK);
    assert_int_equal(gv_spool_assignment_put(spool, UNIT, &two, 1, 3), GV_OK);
    assert_int_equal(gv_spool_assignment_put(spool, UNIT, &one, 3, 4), GV_OK);
    assert_int_equal(gv_spool_assignments(spool, UNIT, put_assignment, &said), GV_OK);
    assert_string_equal((const char *)said.data, "01:3:4:task 02:1:3: ");

    gv_buf_reset(&said);
    assert_int_equal(gv_spool_sent_put(spool, UNIT, &one, "a", &one), GV_OK);
    assert_int_equal(gv_spool_sent_put(spool, UNIT, &one, "a", &two), GV_OK);
    assert_int_equal(gv_spool_sent_put(spool, UNIT, &one, "b", &two), GV_OK);
    assert_int_equal(gv_spool_sent_put(spool, UNIT, &two, "a", &two), GV_OK);
    assert_int_equal(gv_spool_sent_delete(spool, UNIT, &one, "b"), GV_OK);
    assert_int_equal(gv_spool_sent_delete(spool, UNIT, &two, NULL), GV_OK);
    assert_int_equal(gv_spool_sents(spool, UNIT, put_sent, &said), GV_OK);
    assert_string_equal((const char *)said.data, "01:a:02 ");

    gv_buf_reset(&said);
    assert_int_equal(gv_spool_document_refused(spool, UNIT, "s", "bad", 1), GV_OK);
    assert_int_equal(gv_spool_documents(spool, UNIT, put_document, &said), GV_OK);
    assert_int_equal(gv_spool_document_put(spool, UNIT, "s", 0, good, 2), GV_OK);
    assert_int_equal(gv_spool_documents(spool, UNIT, put_document, &said), GV_OK);
    assert_int_equal(gv_spool_document_refused(spool, UNIT, "s", "worse", 3), GV_OK);
    assert_int_equal(gv_spool_documents(spool, UNIT, put_document, &said), GV_OK);
    assert_int_equal(gv_spool_document_again(spool, UNIT, "s"), GV_OK);
    assert_int_equal(gv_spool_documents(spool, UNIT, put_document, &said), GV_OK);
    assert_string_equal((const char *)said.data, "s::bad s:good:- s:good:worse s:good:- ");
    gv_buf_fini(&said);
    gv_spool_close(spool);
}

static void test_a_newer_file_is_refused(void **state)
{
    struct gv_slice value = {(const uint8_t *)"v", 1};
    struct gv_buf why, meta;
    gv_spool *spool = open_spool();
    char command[256];

    (void)state;
    gv_buf_init(&why);
    gv_buf_init(&meta);
    assert_int_equal(gv_spool_meta(spool, "k", &meta), GV_ENOTFOUND);
    assert_int_equal(gv_spool_meta_put(spool, "k", value), GV_OK);
    assert_int_equal(gv_spool_meta(spool, "k", &meta), GV_OK);
    assert_string_equal((const char *)meta.data, "v");
    assert_int_equal(gv_spool_commit(spool), GV_OK);
    gv_spool_close(spool);
    /* the header's user_version, big-endian at byte 60 */
    snprintf(command, sizeof command,
             "printf '\\000\\000\\000\\143' | dd of=%s bs=1 seek=60 conv=notrunc status=none",
             path);
    assert_int_equal(system(command), 0);
    assert_int_equal(gv_spool_open(path, &spool, &why), GV_EVERSION);
    assert_non_null(strstr((const char *)why.data, "mới hơn"));
    gv_buf_fini(&why);
    gv_buf_fini(&meta);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_was_not_committed_is_gone),
        TEST(test_kill_9_loses_nothing_that_was_called_durable),
        TEST(test_a_write_that_fails_sticks),
        TEST(test_a_full_disk_takes_back_one_turn_and_no_more),
        TEST(test_receipts_offers_and_pruning),
        TEST(test_dispositions_and_orders_that_do_not_hold),
        TEST(test_assignments_and_documents_are_as_last_written),
        TEST(test_a_newer_file_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
