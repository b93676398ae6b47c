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
    return mkdtemp(dir) == NULL || chmod(dir, 0711) != 0 ? -1 : 0;
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
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
