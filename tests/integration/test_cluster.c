/* links: gv_store gv_base */
/* test_cluster.c - the private cluster's life: started, adopted, killed, found again, stopped. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "base/lang.h"
#include "store/cluster.h"

static char dir[128];

static pid_t postmaster(const struct gv_cluster *cluster)
{
    char path[600];
    long pid = 0;
    FILE *file;

    snprintf(path, sizeof path, "%s/postmaster.pid", cluster->dir);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%ld", &pid), 1);
    fclose(file);
    return (pid_t)pid;
}

static void start(struct gv_cluster *cluster)
{
    char why[512] = "";

    if (gv_cluster_start(dir, cluster, why, sizeof why) != GV_OK)
        fail_msg("%s", why);
}

static long long ask(const struct gv_cluster *cluster, const char *sql)
{
    PGconn *conn = PQconnectdb(cluster->owner);
    PGresult *result = PQexec(conn, sql);
    long long n = PQntuples(result) == 1 ? strtoll(PQgetvalue(result, 0, 0), NULL, 10) : -1;

    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s%s", sql, PQerrorMessage(conn));
    PQclear(result);
    PQfinish(conn);
    return n;
}

static int setup(void **state)
{
    (void)state;
    /* A blank and a quote: names that people choose. */
    snprintf(dir, sizeof dir, "/tmp/gv-it's a test-XXXXXX");
    return mkdtemp(dir) == NULL || chmod(dir, 0711) != 0 || gv_lang_set("en") != GV_OK ? -1 : 0;
}

static int teardown(void **state)
{
    char command[256];

    (void)state;
    if (gv_cluster_stop(dir, false, NULL, 0) != GV_OK)
        return -1;
    snprintf(command, sizeof command, "rm -rf \"%s\"", dir);
    return system(command);
}

static void test_nothing_is_found_where_nothing_runs(void **state)
{
    struct gv_cluster cluster;

    (void)state;
    assert_int_equal(gv_cluster_find(dir, &cluster), GV_ENOTFOUND);
    assert_int_equal(gv_cluster_find("/nowhere/at/all", &cluster), GV_ENOTFOUND);
    assert_int_equal(gv_cluster_stop(dir, true, NULL, 0), GV_OK);
}

static void test_a_running_cluster_is_adopted(void **state)
{
    struct gv_cluster first, second, found;
    struct stat st;

    (void)state;
    start(&first);
    assert_true(first.started);
    start(&second);
    assert_false(second.started);
    assert_int_equal(postmaster(&first), postmaster(&second));
    assert_int_equal(gv_cluster_find(dir, &found), GV_OK);
    assert_string_equal(found.reader, first.reader);
    assert_int_equal(stat(first.socket_dir, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(
        ask(&first, "SELECT count(*) FROM pg_settings WHERE (name = 'fsync' AND setting = 'on')"
                    " OR (name = 'synchronous_commit' AND setting = 'on')"
                    " OR (name = 'full_page_writes' AND setting = 'on')"
                    " OR (name = 'listen_addresses' AND setting = '')"),
        4);
    if (geteuid() == 0) {
        char path[64];

        snprintf(path, sizeof path, "/proc/%ld", (long)postmaster(&first));
        assert_int_equal(stat(path, &st), 0);
        assert_int_not_equal(st.st_uid, 0);
    }
    assert_int_equal(getpgid(postmaster(&first)), postmaster(&first));
}

static void test_it_comes_back_after_kill_9_with_what_was_committed(void **state)
{
    struct gv_cluster cluster;
    pid_t pid;

    (void)state;
    start(&cluster);
    ask(&cluster, "CREATE TABLE kept AS SELECT 42 AS n");
    pid = postmaster(&cluster);
    assert_int_equal(kill(pid, SIGKILL), 0);
    start(&cluster); /* at once: children may still be there */
    assert_true(cluster.started);
    assert_int_not_equal(postmaster(&cluster), pid);
    assert_int_equal(ask(&cluster, "SELECT n FROM kept"), 42);
}

/* A number in a left-behind pid file may belong to anybody by now. */
static void test_a_pid_file_of_an_innocent_process_stops_nothing(void **state)
{
    struct gv_cluster cluster;
    struct stat st;
    char path[600];
    FILE *file;
    pid_t innocent;

    (void)state;
    start(&cluster);
    assert_int_equal(stat(cluster.dir, &st), 0);
    assert_int_equal(gv_cluster_stop(dir, false, NULL, 0), GV_OK);
    innocent = fork();
    if (innocent == 0) {
        if (setuid(st.st_uid) == 0)
            pause();
        _exit(0);
    }
    snprintf(path, sizeof path, "%s/postmaster.pid", cluster.dir);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "%ld\n%s\n0\n5432\n%s\n", (long)innocent, cluster.dir, cluster.socket_dir);
    assert_int_equal(fchown(fileno(file), st.st_uid, st.st_gid), 0);
    fclose(file);
    assert_int_equal(gv_cluster_find(dir, &cluster), GV_ENOTFOUND);
    assert_int_equal(gv_cluster_stop(dir, false, NULL, 0), GV_OK);
    assert_int_equal(kill(innocent, 0), 0); /* nobody signalled it */
    start(&cluster);
    assert_true(cluster.started);
    kill(innocent, SIGKILL);
    waitpid(innocent, NULL, 0);
}

static void test_it_is_not_stopped_under_others(void **state)
{
    struct gv_cluster cluster;
    PGconn *other;
    char why[256];

    (void)state;
    start(&cluster);
    other = PQconnectdb(cluster.owner);
    assert_int_equal(PQstatus(other), CONNECTION_OK);
    assert_int_equal(gv_cluster_stop(dir, true, why, sizeof why), GV_ESTATE);
    PQfinish(other);
    usleep(200000);
    assert_int_equal(gv_cluster_stop(dir, true, why, sizeof why), GV_OK);
    assert_int_equal(gv_cluster_find(dir, &cluster), GV_ENOTFOUND);
}

static void test_a_folder_that_the_server_cannot_reach_is_named(void **state)
{
    struct gv_cluster cluster;
    char closed[160];
    char inside[192];
    char why[512] = "";

    (void)state;
    if (geteuid() != 0)
        skip();
    snprintf(closed, sizeof closed, "%s/closed", dir);
    snprintf(inside, sizeof inside, "%s/data", closed);
    assert_int_equal(mkdir(closed, 0700), 0);
    assert_int_equal(gv_cluster_start(inside, &cluster, why, sizeof why), GV_EDENIED);
    assert_non_null(strstr(why, closed));
}

static void test_half_a_cluster_is_made_again(void **state)
{
    struct gv_cluster cluster;
    char outer[160];
    char path[200];
    FILE *file;

    (void)state;
    snprintf(outer, sizeof outer, "%s/second", dir);
    assert_int_equal(mkdir(outer, 0711), 0);
    snprintf(path, sizeof path, "%s/postgresql.new", outer);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/postgresql.new/PG_VERSION", outer);
    file = fopen(path, "w"); /* initdb was killed here */
    assert_non_null(file);
    fclose(file);
    assert_int_equal(gv_cluster_start(outer, &cluster, NULL, 0), GV_OK);
    assert_int_equal(gv_cluster_stop(outer, false, NULL, 0), GV_OK);
}

/* A folder in the test's own; the text is the path's. */
static const char *inside(const char *name, mode_t mode)
{
    static char path[1024];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    assert_true(mkdir(path, mode) == 0 && chmod(path, mode) == 0);
    return path;
}

static void put_text(const char *folder, const char *name, const char *text)
{
    char path[1200];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void refused(const char *folder, gv_err err, const char *words)
{
    struct gv_cluster cluster;
    char why[1024] = "";

    assert_int_equal(gv_cluster_start(folder, &cluster, why, sizeof why), err);
    if (strstr(why, words) == NULL)
        fail_msg("wanted «%s» in «%s»", words, why);
}

static void test_what_cannot_be_a_data_folder_is_named(void **state)
{
    char path[1024];

    (void)state;
    put_text(dir, "file", "");
    snprintf(path, sizeof path, "%s/file/data", dir);
    refused(path, GV_EIO, "Not a directory");
    snprintf(path, sizeof path, "%s/none/data", dir);
    refused(path, GV_EIO, "No such file");
    snprintf(path, sizeof path, "%s", dir);
    for (int i = 0; i < 5; i++) { /* each name may be, all together are too long */
        size_t len = strlen(path);

        snprintf(path + len, sizeof path - len, "/%0100d", i);
        assert_int_equal(mkdir(path, 0711), 0);
    }
    refused(path, GV_ETOOBIG, "the name is too long");
}

static void test_data_of_another_version_wants_that_version(void **state)
{
    const char *folder = inside("version", 0711);
    char path[1100];

    (void)state;
    snprintf(path, sizeof path, "%s/postgresql", folder);
    assert_int_equal(mkdir(path, 0700), 0);
    put_text(path, "PG_VERSION", "14\n");
    refused(folder, GV_EUNSUPPORTED, "was made by PostgreSQL 14: install that version");
}

static void test_a_socket_folder_that_others_may_write_is_refused(void **state)
{
    const char *folder = inside("open", 0711);
    char path[1100];

    (void)state;
    snprintf(path, sizeof path, "%s/postgresql.run", folder);
    assert_true(mkdir(path, 0777) == 0 && chmod(path, 0777) == 0);
    refused(folder, GV_EDENIED, "must be a folder of mode 0700");
}

static void test_a_long_name_has_its_socket_elsewhere_and_a_broken_server_says_why(void **state)
{
    const char *folder =
        inside("a name that is as long as the names of folders in an office sometimes are, and "
               "longer than a socket's may be",
               0711);
    struct gv_cluster cluster;
    char kept[1100];

    (void)state;
    snprintf(kept, sizeof kept, "%s", folder);
    assert_int_equal(gv_cluster_start(kept, &cluster, NULL, 0), GV_OK);
    assert_int_equal(strncmp(cluster.socket_dir, "/tmp/giaoviec-", 14), 0);
    assert_int_equal(ask(&cluster, "SELECT 7"), 7);
    assert_int_equal(gv_cluster_stop(kept, false, NULL, 0), GV_OK);
    put_text(cluster.dir, "postgresql.conf", "no_such_setting = 1\n");
    refused(kept, GV_EUNAVAILABLE, "no_such_setting");
    rmdir(cluster.socket_dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_is_found_where_nothing_runs),
        cmocka_unit_test(test_a_running_cluster_is_adopted),
        cmocka_unit_test(test_it_comes_back_after_kill_9_with_what_was_committed),
        cmocka_unit_test(test_a_pid_file_of_an_innocent_process_stops_nothing),
        cmocka_unit_test(test_it_is_not_stopped_under_others),
        cmocka_unit_test(test_a_folder_that_the_server_cannot_reach_is_named),
        cmocka_unit_test(test_half_a_cluster_is_made_again),
        cmocka_unit_test(test_what_cannot_be_a_data_folder_is_named),
        cmocka_unit_test(test_data_of_another_version_wants_that_version),
        cmocka_unit_test(test_a_socket_folder_that_others_may_write_is_refused),
        cmocka_unit_test(test_a_long_name_has_its_socket_elsewhere_and_a_broken_server_says_why),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
