/* links: gv_agent gv_crypto gv_base */
/* test_sources.c - documents from files and programs, as they come in real life: replaced, half
 * written, wrong, late. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/config.h"
#include "agent/manual.h"
#include "agent/source.h"
#include "agent/unit.h"
#include "base/clock.h"
#include "base/lang.h"
#include "base/log.h"
#include "crypto/hash.h"

#define QUIET_MS 150

static char folder[64];
static int64_t look_ms; /* 0: as it is */
static struct config *config;
static struct host host;

static const char *in_folder(const char *name)
{
    static char paths[4][128];
    static size_t turn;
    char *path = paths[turn++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void put_file(const char *name, const char *text, const char *mode)
{
    FILE *file = fopen(in_folder(name), mode);

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    (void)state;
    look_ms = 0;
    strcpy(folder, "/tmp/gv-sources-XXXXXX");
    gv_log_init("test", (enum gv_log_level)0);
    return mkdtemp(folder) == NULL || gv_lang_set("en") != GV_OK || gv_crypto_init() != GV_OK;
}

/* A process that serves SO-YT, which holds task 2.2 and is not connected. */
static void start(const char *sources)
{
    Giaoviec__V1__Task task = GIAOVIEC__V1__TASK__INIT;
    struct gv_buf why;
    gv_id id = {{9}}, directive = {{8}};
    char head[256];

    snprintf(head, sizeof head,
             "[agent]\ndata=%s\nquiet_ms=%d\nexec_max=1\n[unit SO-YT]\nperson=A\n",
             in_folder("data"), QUIET_MS);
    put_file("agent.conf", head, "w");
    put_file("agent.conf", sources, "a");
    gv_buf_init(&why);
    if (config_load(in_folder("agent.conf"), &config, &why) != GV_OK)
        fail_msg("%s", why.len > 0 ? (const char *)why.data : "?");
    if (look_ms != 0)
        config->look_ms = look_ms;
    if (host_init(&host, config, &why) != GV_OK)
        fail_msg("%s", why.len > 0 ? (const char *)why.data : "?");
    gv_buf_fini(&why);
    task.directive = (ProtobufCBinaryData){16, directive.b};
    task.notation = (char *)"1-CV/TU";
    task.number = (char *)"2.2";
    assert_int_equal(gv_work_restore(&host.units[0]->work, &id, 1, GV_STATE_IN_PROGRESS, &task),
                     GV_OK);
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    host_fini(&host);
    config_free(config);
    config = NULL;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void turn(void)
{
    assert_int_equal(gv_loop_turn(host.loop, 10), GV_OK);
    host_turn_end(&host);
    assert_int_equal(host.failed, GV_OK);
}

static void wait_ms(int64_t ms)
{
    int64_t until = gv_clock_mono_ms() + ms;

    while (gv_clock_mono_ms() < until)
        turn();
}

static uint64_t reports(void)
{
    return host.units[0]->row.reports.n;
}

/* Turns until there are n reports; not many more seconds than it should take. */
static void wait_reports(uint64_t n)
{
    int64_t until = gv_clock_mono_ms() + 10000;

    while (reports() < n && gv_clock_mono_ms() < until)
        turn();
    assert_int_equal(reports(), n);
}

static gv_err keep_fault(void *ctx, const char *source, const struct gv_spool_document *document)
{
    (void)source;
    gv_buf_reset(ctx);
    if (document->fault != NULL)
        gv_buf_puts(ctx, document->fault);
    return GV_OK;
}

/* Turns until the source's newest document was refused for a reason with these words; NULL: until
 * it is not refused any more. */
static void wait_fault(const char *words)
{
    int64_t until = gv_clock_mono_ms() + 10000;
    struct gv_buf fault;
    bool found = false;

    gv_buf_init(&fault);
    while (!found && gv_clock_mono_ms() < until) {
        turn();
        assert_int_equal(gv_spool_documents(host.spool, "SO-YT", keep_fault, &fault), GV_OK);
        found = words == NULL ? fault.len == 0
                              : fault.len > 0 && strstr((const char *)fault.data, words) != NULL;
    }
    if (!found)
        fail_msg("not refused with %s, but: %s", words != NULL ? words : "nothing",
                 fault.len > 0 ? (const char *)fault.data : "nothing");
    gv_buf_fini(&fault);
}

static size_t rejected(void)
{
    DIR *dir = opendir(in_folder("data/rejected"));
    struct dirent *entry;
    size_t count = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL)
        count += entry->d_name[0] != '.' && strstr(entry->d_name, ".why") == NULL;
    closedir(dir);
    return count;
}

#define FILE_SOURCE "[source s]\nunit=SO-YT\npath=in/status.json\n"
#define PROGRESS(n)                                                                                \
    "{\"unit\":\"SO-YT\",\"as_of\":\"2024-02-08\",\"tasks\":[{\"task\":\"2.2\",\"progress\":" #n   \
    "}]}"

static void make_in(void)
{
    assert_int_equal(mkdir(in_folder("in"), 0700), 0);
}

/* ---- files ---- */

static void test_a_file_that_is_there_is_read_and_one_renamed_over_it_too(void **state)
{
    (void)state;
    make_in();
    put_file("in/status.json", PROGRESS(10), "w");
    start(FILE_SOURCE);
    wait_reports(1);
    assert_true(host.units[0]->sources->has_as_of);
    put_file("in/new", PROGRESS(20), "w");
    assert_int_equal(rename(in_folder("in/new"), in_folder("in/status.json")), 0);
    wait_reports(2);
    put_file("in/new", PROGRESS(20), "w"); /* the same again */
    assert_int_equal(rename(in_folder("in/new"), in_folder("in/status.json")), 0);
    wait_ms(100);
    assert_int_equal(reports(), 2);
    put_file("in/status.json", PROGRESS(30), "w"); /* written in place */
    wait_reports(3);
    assert_int_equal(rejected(), 0);
}

static void test_a_folder_may_come_later(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_folder("other"), 0700), 0);
    start(FILE_SOURCE "[source t]\nunit=SO-YT\npath=other/status.json\n");
    wait_ms(50);
    make_in();
    put_file("in/status.json", PROGRESS(10), "w");
    wait_reports(1);
    put_file("other/status.json", PROGRESS(11), "w"); /* the one that was there is still heard */
    wait_reports(2);
    put_file("in/status.json", PROGRESS(12), "w");
    wait_reports(3);
}

static void test_a_folder_that_is_replaced_is_watched_again(void **state)
{
    (void)state;
    make_in();
    put_file("in/status.json", PROGRESS(10), "w");
    start(FILE_SOURCE);
    wait_reports(1);
    assert_int_equal(rename(in_folder("in"), in_folder("old")), 0);
    wait_ms(50);
    make_in();
    put_file("in/status.json", PROGRESS(11), "w");
    wait_reports(2);
    put_file("in/status.json", PROGRESS(12), "w");
    wait_reports(3);
    assert_int_equal(unlink(in_folder("in/status.json")), 0); /* gone: the last good one stands */
    wait_ms(50);
    sources_wake_all(host.sources);
    turn();
    assert_int_equal(rejected(), 0);
    assert_int_equal(rmdir(in_folder("in")), 0);
    wait_ms(50);
    make_in();
    put_file("in/status.json", PROGRESS(13), "w");
    wait_reports(4);
}

static void test_what_changes_where_no_event_tells_it_is_seen_all_the_same(void **state)
{
    (void)state;
    look_ms = 100;
    assert_int_equal(mkdir(in_folder("above"), 0700), 0);
    assert_int_equal(mkdir(in_folder("above/in"), 0700), 0);
    assert_int_equal(mkdir(in_folder("other"), 0700), 0);
    put_file("other/real.json", PROGRESS(10), "w");
    assert_int_equal(symlink("../../other/real.json", in_folder("above/in/status.json")), 0);
    start("[source s]\nunit=SO-YT\npath=above/in/status.json\n");
    wait_reports(1);
    put_file("other/real.json", PROGRESS(11), "w"); /* behind a link */
    wait_reports(2);
    assert_int_equal(rename(in_folder("above"), in_folder("before")), 0);
    assert_int_equal(mkdir(in_folder("above"), 0700), 0);
    assert_int_equal(mkdir(in_folder("above/in"), 0700), 0);
    put_file("above/in/status.json", PROGRESS(12), "w"); /* the folder itself was not moved */
    wait_reports(3);
    config->look_ms = 3600000;
    wait_ms(300);
    put_file("above/in/status.json", PROGRESS(13), "w"); /* its new folder is watched */
    wait_reports(4);
}

static void test_a_folder_that_is_lost_hides_no_event_of_another(void **state)
{
    (void)state;
    make_in();
    assert_int_equal(mkdir(in_folder("other"), 0700), 0);
    start(FILE_SOURCE "[source t]\nunit=SO-YT\npath=other/status.json\n");
    wait_ms(50);
    assert_int_equal(rename(in_folder("in"), in_folder("old")), 0);
    make_in();
    put_file("in/status.json", PROGRESS(10), "w");
    wait_reports(1); /* it is watched anew, and sorts behind the other one */
    assert_int_equal(rename(in_folder("in"), in_folder("older")), 0);
    put_file("other/status.json", PROGRESS(11), "w"); /* before anybody reads what became of it */
    wait_reports(2);
}

static void test_a_file_that_cannot_be_reached_is_refused_with_a_reason(void **state)
{
    (void)state;
    make_in();
    assert_int_equal(symlink("status.json", in_folder("in/status.json")), 0);
    start(FILE_SOURCE);
    wait_fault("in/status.json: the file cannot be read");
    assert_int_equal(unlink(in_folder("in/status.json")), 0);
    put_file("in/status.json", PROGRESS(10), "w");
    wait_reports(1);
}

static void test_what_is_no_document_at_all_is_refused(void **state)
{
    char *big = malloc(GV_STATUS_MAX_BYTES + 2);

    (void)state;
    make_in();
    start(FILE_SOURCE);
    assert_int_equal(mkdir(in_folder("new"), 0700), 0);
    assert_int_equal(rename(in_folder("new"), in_folder("in/status.json")), 0);
    wait_fault("not a regular file");
    assert_int_equal(rmdir(in_folder("in/status.json")), 0);
    assert_non_null(big);
    memset(big, ' ', GV_STATUS_MAX_BYTES + 1);
    big[GV_STATUS_MAX_BYTES + 1] = '\0';
    put_file("in/status.json", big, "w");
    free(big);
    wait_fault("larger than");
    put_file("in/status.json", PROGRESS(10), "w");
    wait_reports(1);
}

static void test_only_the_newest_refused_documents_are_kept(void **state)
{
    char text[32];

    (void)state;
    make_in();
    start(FILE_SOURCE);
    for (int i = 0; i < 25; i++) {
        snprintf(text, sizeof text, "document %02d", i);
        source_refuse(host.units[0]->sources, (struct gv_slice){(uint8_t *)text, strlen(text)},
                      "wrong");
    }
    turn();
    assert_int_equal(rejected(), 20);
    source_refuse(host.units[0]->sources, (struct gv_slice){(uint8_t *)text, strlen(text)},
                  "wrong"); /* said before */
    assert_int_equal(rejected(), 20);
}

static void test_another_sources_refused_documents_do_not_count(void **state)
{
    struct source *s;
    char text[32];

    (void)state;
    make_in();
    start(FILE_SOURCE "[source s.csv]\nunit=SO-YT\npath=in/status.csv\nformat=csv\n");
    s = host.units[0]->sources;
    for (int i = 0; i < 23; i++) {
        struct source *of = i < 20 ? s->next_of_unit : s;

        snprintf(text, sizeof text, "document %02d", i);
        source_refuse(of, (struct gv_slice){(uint8_t *)text, strlen(text)}, "wrong");
    }
    turn();
    assert_string_equal(s->config->name, "s");
    assert_int_equal(rejected(), 23);
}

static void test_what_a_source_said_stands_until_it_is_taken_away(void **state)
{
    struct gv_work_document *documents;
    gv_arena *arena = gv_arena_new((size_t)1 << 20);
    size_t count;

    (void)state;
    make_in();
    put_file("in/status.json", PROGRESS(10), "w");
    start(FILE_SOURCE);
    wait_reports(1);
    assert_int_equal(sources_standing(host.units[0], arena, &documents, &count), GV_OK);
    assert_int_equal(count, 1);
    assert_string_equal(documents[0].source, "s");
    assert_true(documents[0].status->has_as_of);
    host_fini(&host);
    config_free(config);
    start("[source other]\nunit=SO-YT\npath=in/other.json\n");
    assert_int_equal(sources_standing(host.units[0], arena, &documents, &count), GV_OK);
    assert_int_equal(count, 0);
    gv_arena_free(arena);
}

static void test_a_half_written_file_is_read_when_it_is_whole(void **state)
{
    static const char text[] = PROGRESS(10);
    FILE *file;

    (void)state;
    make_in();
    start(FILE_SOURCE);
    turn();
    file = fopen(in_folder("in/status.json"), "w");
    assert_non_null(file);
    for (size_t i = 0; i < sizeof text - 1; i += 20) { /* slower than one quiet time in all */
        assert_true(fprintf(file, "%.20s", text + i) > 0);
        fflush(file);
        wait_ms(QUIET_MS / 3);
        sources_wake_all(host.sources); /* somebody asks in the middle */
        turn();
    }
    assert_int_equal(reports(), 0);
    assert_int_equal(rejected(), 0);
    fclose(file);
    wait_reports(1);
    wait_ms(2 * QUIET_MS);
    assert_int_equal(rejected(), 0);
}

static void test_a_wrong_file_is_kept_aside_and_the_last_good_one_stands(void **state)
{
    (void)state;
    make_in();
    put_file("in/status.json", PROGRESS(10), "w");
    start(FILE_SOURCE);
    wait_reports(1);
    put_file("in/status.json", "{\"unit\":\"SO-YT\",\n\"tasks\":[", "w");
    wait_fault("in/status.json:2:");
    put_file("in/status.json", PROGRESS(101), "w");
    wait_fault("in/status.json: /tasks/0/progress: must be");
    put_file("in/status.json", "{\"unit\":\"SO-TC\"}", "w");
    wait_fault("/unit: is SO-TC");
    assert_int_equal(rejected(), 3);
    assert_true(host.units[0]->sources->has_as_of);
    assert_int_equal(host.units[0]->sources->as_of, gv_day_from_ymd(2024, 2, 8));
    put_file("in/status.json", PROGRESS(10), "w"); /* good again, and nothing new */
    wait_ms(100);
    assert_int_equal(reports(), 1);
    put_file("in/status.json", PROGRESS(11), "w");
    wait_reports(2);
}

static void put_day(int32_t day)
{
    char text[128], said[11];

    gv_day_format(day, said);
    snprintf(text, sizeof text,
             "{\"unit\":\"SO-YT\",\"as_of\":\"%s\",\"tasks\":[{\"task\":\"2.2\",\"progress\":%d}]}",
             said, (int)day % 101);
    put_file("in/status.json", text, "w");
}

/* Nothing of a document whose day has not come; but a stepped clock may have gone on without us. */
static void test_a_document_of_a_day_that_has_not_come_is_refused(void **state)
{
    int32_t today = gv_day_of(gv_clock_real_us());

    (void)state;
    make_in();
    start(FILE_SOURCE);
    host.units[0]->row.has_business = true;
    put_day(today + 30);
    wait_fault("/as_of: ");
    assert_int_equal(reports(), 0);
    assert_int_equal(rejected(), 1);
    put_day(today + 1);
    wait_reports(1);
    host.units[0]->row.stepped = true;
    host.units[0]->row.business_us = gv_clock_real_us();
    put_day(today + 29);
    wait_reports(2);
    assert_int_equal(host.units[0]->sources->as_of, today + 29);
}

static void test_a_csv_file_without_a_last_line_end_may_go_on(void **state)
{
    FILE *file;

    (void)state;
    make_in();
    start("[source s]\nunit=SO-YT\npath=in/status.csv\nformat=csv\n");
    turn();
    file = fopen(in_folder("in/status.csv"), "w");
    assert_non_null(file);
    fputs("task,field,key,value\n,unit,,SO-YT\n2.2,progress,,1", file);
    fclose(file); /* a writer that opens the file for each part */
    wait_ms(QUIET_MS / 3);
    assert_int_equal(reports(), 0);
    put_file("in/status.csv", "0\n", "a");
    wait_reports(1);
    put_file("in/status.csv", "2.2,narrative,,x",
             "a"); /* nothing more comes: it is taken as it is */
    wait_reports(2);
}

static void test_what_was_taken_is_known_after_a_restart(void **state)
{
    (void)state;
    make_in();
    put_file("in/status.json", PROGRESS(10), "w");
    start(FILE_SOURCE);
    wait_reports(1);
    host_fini(&host);
    config_free(config);
    start(FILE_SOURCE);
    wait_ms(100);
    assert_true(host.units[0]->sources->has_as_of);
    assert_int_equal(reports(), 2); /* this test put the assignment in without what was sent */
}

/* ---- programs ---- */

static void put_program(const char *text)
{
    put_file("program", text, "w");
    assert_int_equal(chmod(in_folder("program"), 0755), 0);
}

static void start_program(const char *text, const char *settings)
{
    char sources[512];

    put_program(text);
    snprintf(sources, sizeof sources,
             "[source p]\nunit=SO-YT\ntype=exec\ncommand=%s one \"two three\"\n%s",
             in_folder("program"), settings);
    start(sources);
}

static void test_a_program_gets_its_arguments_and_environment(void **state)
{
    (void)state;
    start_program(
        "#!/bin/sh\n"
        "[ $# = 2 ] && [ \"$2\" = 'two three' ] || exit 9\n"
        "printf "
        "'{\"unit\":\"%s\",\"person\":\"%s\",\"tasks\":[{\"task\":\"2.2\",\"progress\":7}]}' "
        "\"$GIAOVIEC_UNIT\" \"$GIAOVIEC_SOURCE\"\n",
        "every_s=3600\n");
    wait_reports(1);
    sources_wake(host.units[0]); /* a business day begins */
    wait_ms(300);
    assert_int_equal(reports(), 1);
    put_program("#!/bin/sh\necho '" PROGRESS(8) "'\n");
    sources_wake(host.units[0]);
    wait_reports(2);
}

static void test_a_program_runs_on_schedule(void **state)
{
    (void)state;
    start_program(
        "#!/bin/sh\nn=$(cat \"$0.n\" 2>/dev/null || echo 0)\nn=$((n + 1))\necho $n >\"$0.n\"\n"
        "echo '{\"unit\":\"SO-YT\",\"tasks\":[{\"task\":\"2.2\",\"progress\":'$n'}]}'\n",
        "every_s=1\n");
    wait_reports(2);
}

static void test_programs_wait_for_their_turn(void **state)
{
    char sources[512];

    (void)state;
    put_program(
        "#!/bin/sh\n[ ! -e \"$0.busy\" ] || exit 8\n>\"$0.busy\"\nsleep 0.2\nrm \"$0.busy\"\n"
        "printf '{\"unit\":\"SO-YT\",\"tasks\":[{\"task\":\"2.2\",\"progress\":%s}]}' $1\n");
    snprintf(sources, sizeof sources,
             "[source p]\nunit=SO-YT\ntype=exec\nevery_s=3600\ncommand=%s 7\n"
             "[source q]\nunit=SO-YT\ntype=exec\nevery_s=3600\ncommand=%s 8\n",
             in_folder("program"), in_folder("program"));
    start(sources); /* exec_max=1 */
    turn();
    sources_wake_all(host.sources); /* while one runs and one waits */
    sources_wake_all(host.sources);
    wait_reports(2);
    wait_ms(700);
    assert_int_equal(rejected(), 0);
}

static void test_a_program_that_hangs_is_stopped(void **state)
{
    int64_t before = gv_clock_mono_ms();

    (void)state;
    start_program("#!/bin/sh\necho '" PROGRESS(7) "'\nsleep 600\n", "timeout_s=1\nevery_s=3600\n");
    wait_fault("longer than 1 s");
    assert_true(gv_clock_mono_ms() - before < 8000);
    assert_int_equal(reports(), 0); /* what it said before counts for nothing */
}

static void test_a_program_that_talks_too_much_is_stopped(void **state)
{
    (void)state;
    start_program("#!/bin/sh\nexec cat /dev/zero\n", "max_kib=4\nevery_s=3600\n");
    wait_fault("more than 4096 bytes");
    assert_int_equal(reports(), 0);
}

static void test_a_program_that_fails_says_so(void **state)
{
    (void)state;
    start_program("#!/bin/sh\necho '" PROGRESS(7) "'\nexit 3\n", "every_s=1\n");
    wait_fault("ended with status 3");
    assert_int_equal(reports(), 0);
    put_program("#!/bin/sh\nkill -9 $$\n");
    wait_fault("signal 9");
    put_program("#!/bin/sh\necho '{'\n");
    wait_fault("program:");
    assert_int_equal(unlink(in_folder("program")), 0);
    wait_fault("no such object");
    put_program("#!/bin/sh\necho '" PROGRESS(7) "'\n");
    wait_reports(1);
}

static void test_a_fault_that_is_over_is_not_shown(void **state)
{
    static const char good[] = "#!/bin/sh\necho '" PROGRESS(7) "'\n";
    struct gv_buf overview;

    (void)state;
    start_program(good, "every_s=1\n");
    wait_reports(1);
    put_program("#!/bin/sh\nexit 3\n");
    wait_fault("ended with status 3");
    put_program(good); /* as before */
    wait_fault(NULL);
    assert_int_equal(reports(), 1);
    assert_int_equal(gv_spool_document_refused(host.spool, "SO-YT", "former", "wrong", 1), GV_OK);
    gv_buf_init(&overview);
    assert_int_equal(overview_json(&host, &overview), GV_OK);
    assert_non_null(strstr((const char *)overview.data, "{\"source\":\"p\""));
    assert_null(strstr((const char *)overview.data, "former"));
    gv_buf_fini(&overview);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_file_that_is_there_is_read_and_one_renamed_over_it_too),
        TEST(test_a_folder_may_come_later),
        TEST(test_a_folder_that_is_replaced_is_watched_again),
        TEST(test_what_changes_where_no_event_tells_it_is_seen_all_the_same),
        TEST(test_a_folder_that_is_lost_hides_no_event_of_another),
        TEST(test_a_file_that_cannot_be_reached_is_refused_with_a_reason),
        TEST(test_what_is_no_document_at_all_is_refused),
        TEST(test_only_the_newest_refused_documents_are_kept),
        TEST(test_another_sources_refused_documents_do_not_count),
        TEST(test_what_a_source_said_stands_until_it_is_taken_away),
        TEST(test_a_half_written_file_is_read_when_it_is_whole),
        TEST(test_a_wrong_file_is_kept_aside_and_the_last_good_one_stands),
        TEST(test_a_document_of_a_day_that_has_not_come_is_refused),
        TEST(test_a_csv_file_without_a_last_line_end_may_go_on),
        TEST(test_what_was_taken_is_known_after_a_restart),
        TEST(test_a_program_gets_its_arguments_and_environment),
        TEST(test_a_program_runs_on_schedule),
        TEST(test_programs_wait_for_their_turn),
        TEST(test_a_program_that_hangs_is_stopped),
        TEST(test_a_program_that_talks_too_much_is_stopped),
        TEST(test_a_program_that_fails_says_so),
        TEST(test_a_fault_that_is_over_is_not_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
