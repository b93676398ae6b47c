/* links: gv_store gv_cli gv_domain gv_proto gv_base */
/*
 * test_recount.c - the shipped recount of a summary on a real cluster: it must find nothing, and
 * must find what was tampered with.
 */
#include "query_fixture.h"

#include <sys/wait.h>

#include "cli/summary.h"

#define RECOUNT GV_SOURCE_DIR "/deploy/data/recount.sql"

static void load_section(struct summary *summary, enum summary_section section, const char *query)
{
    struct gv_query_result page;

    assert_int_equal(ask_page(query, NULL, "", 0, 0, &everything, &page), GV_OK);
    assert_string_equal(page.next, "");
    summary->rows[section] = json_array();
    for (size_t i = 0; i < page.count; i++) {
        gv_buf_puts(&summary->texts[section], i > 0 ? "," : "");
        gv_buf_append(&summary->texts[section], page.rows[i].data, page.rows[i].len);
        json_array_append_new(summary->rows[section], parse(page.rows[i]));
    }
}

/* summary.json, as the program writes it. */
static void write_summary(const char *path)
{
    static const char *const queries[SUMMARY_SECTIONS] = {
        "summary-items",        "summary-units",   "summary-indicators", "summary-periods",
        "summary-attestations", "summary-overdue", "summary-silent",     "summary-notmet"};
    struct gv_query_result head;
    struct summary summary;
    struct gv_buf out;

    summary_init(&summary);
    gv_buf_init(&out);
    summary.silent_after = 7;
    assert_int_equal(ask_page("summary-head", NULL, "", 0, 0, &everything, &head), GV_OK);
    summary.head = parse(head.rows[0]);
    gv_buf_append(&summary.head_text, head.rows[0].data, head.rows[0].len);
    for (int i = 0; i < SUMMARY_SECTIONS; i++)
        load_section(&summary, (enum summary_section)i, queries[i]);
    summary_put_json(&summary, &out);
    assert_true(gv_buf_ok(&out));
    assert_int_equal(gv_file_write(path, out.data, out.len, 0644), GV_OK);
    gv_buf_fini(&out);
    summary_fini(&summary);
}

/* Runs the shipped script as the reader; its exit status, its last line in last. */
static int recount(const char *json, char *last, size_t size)
{
    char command[1200], line[1024];
    FILE *pipe;
    int status;

    snprintf(command, sizeof command, "psql '%s' -X -q -v file='%s' -f '%s' 2>/dev/null",
             cluster.reader, json, RECOUNT);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    last[0] = '\0';
    while (fgets(line, sizeof line, pipe) != NULL)
        snprintf(last, size, "%.200s", line);
    status = pclose(pipe);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_the_recount_finds_no_difference_and_finds_each_tampering(void **state)
{
    static const char *const tamper[][2] = {
        {"UPDATE giaoviec.rollup SET n = n + 1 WHERE outcome = 3",
         "UPDATE giaoviec.rollup SET n = n - 1 WHERE outcome = 3"},
        {"UPDATE giaoviec.indicator_value SET approved_value = approved_value + 1",
         "UPDATE giaoviec.indicator_value SET approved_value = approved_value - 1"},
        {"UPDATE giaoviec.occurrence SET done_us = done_us + 864000000000",
         "UPDATE giaoviec.occurrence SET done_us = done_us - 864000000000"},
        {"UPDATE giaoviec.attestation SET breaches = breaches + 1",
         "UPDATE giaoviec.attestation SET breaches = breaches - 1"},
        {"UPDATE giaoviec.assignment SET due_us = due_us - 864000000000 WHERE state = 5",
         "UPDATE giaoviec.assignment SET due_us = due_us + 864000000000 WHERE state = 5"},
        {"UPDATE giaoviec.unit_log SET last_report_us = last_report_us - 864000000000",
         "UPDATE giaoviec.unit_log SET last_report_us = last_report_us + 864000000000"},
    };
    char path[64], last[256];

    (void)state;
    snprintf(path, sizeof path, "%s/summary.json", dir);
    write_summary(path);
    assert_int_equal(recount(path, last, sizeof last), 0);
    assert_string_equal(last, "chênh lệch: 0\n");
    for (size_t i = 0; i < sizeof tamper / sizeof tamper[0]; i++) {
        run_sql(tamper[i][0]);
        write_summary(path);
        if (recount(path, last, sizeof last) != 3 || strncmp(last, "chênh lệch: ", 14) != 0 ||
            strcmp(last, "chênh lệch: 0\n") == 0)
            fail_msg("not found: %s: %s", tamper[i][0], last);
        run_sql(tamper[i][1]);
    }
    write_summary(path);
    assert_int_equal(recount(path, last, sizeof last), 0);
}

/* What is recorded after the summary's snapshot does not disturb its recount. */
static void test_the_recount_sees_the_ledger_as_the_summary_saw_it(void **state)
{
    char path[64], last[256];

    (void)state;
    snprintf(path, sizeof path, "%s/summary.json", dir);
    write_summary(path);
    run_sql("SELECT t.event('2024-02-29 10:00', 'SO-TC', 31, 1, 1, 4, 6)");
    assert_int_equal(recount(path, last, sizeof last), 0);
    assert_string_equal(last, "chênh lệch: 0\n");
    write_summary(path);
    assert_int_equal(recount(path, last, sizeof last), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, fresh)
    const struct CMUnitTest tests[] = {
        TEST(test_the_recount_finds_no_difference_and_finds_each_tampering),
        TEST(test_the_recount_sees_the_ledger_as_the_summary_saw_it),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
