/*
 * limits.c - what the machine itself can do, measured beside us in the same run: signatures on one
 * core, durable writes of the disk, rows into PostgreSQL without us. One JSON object.
 *
 * usage: limits FOLDER SECONDS                      signatures, fdatasync in FOLDER
 *        limits FOLDER SECONDS CONNINFO STATEMENTS  also rows, into copies of the tables (schema
 *                                                   bench) by the statements in that folder
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

#include "base/buf.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "crypto/sign.h"
#include "hist.h"

#define ROWS      200 /* of a transaction */
#define JOB_BYTES 200
#define CORES_MAX 256

static void die(const char *what, const char *why)
{
    fprintf(stderr, "limits: %s: %s\n", what, why);
    exit(1);
}

static int64_t now_us(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* By CPU time, so that whoever else is on this core does not count. */
static double per_s_of_core(int64_t us, const struct gv_key *key, bool verify)
{
    uint8_t payload[JOB_BYTES] = {1}, signature[64];
    struct gv_slice slice = {payload, sizeof payload};
    int64_t begun = now_us(CLOCK_THREAD_CPUTIME_ID), spent = 0;
    int n = 0;

    if (gv_sign(GV_CTX_MESSAGE, slice, key, signature) != GV_OK)
        die("cannot sign", "self");
    for (; spent < us; n++) {
        gv_err err = verify ? gv_verify(GV_CTX_MESSAGE, slice, key->sign_pk, signature)
                            : gv_sign(GV_CTX_MESSAGE, slice, key, signature);

        if (err != GV_OK)
            die("cannot sign or verify", "self");
        spent = now_us(CLOCK_THREAD_CPUTIME_ID) - begun;
    }
    return n * 1e6 / (double)spent;
}

/* All other cores verify, too, as under load: cores may share what they are made of. */
static void burn(bool begin, const struct gv_key *key)
{
    static pid_t pids[CORES_MAX];
    static long count;

    for (long i = 0; !begin && i < count; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
    count = begin ? sysconf(_SC_NPROCESSORS_ONLN) - 1 : 0;
    if (count > CORES_MAX)
        count = CORES_MAX;
    fflush(stdout);
    for (long i = 0; i < count; i++) {
        pids[i] = fork();
        if (pids[i] < 0)
            die("cannot fork", "self");
        if (pids[i] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (;;)
                per_s_of_core(1000000, key, true);
        }
    }
}

static void signatures(int64_t us)
{
    gv_code code;
    struct gv_key *key = NULL;

    if (gv_crypto_init() != GV_OK || gv_code_from_str("BENCH", &code) != GV_OK ||
        gv_key_new(&code, &key) != GV_OK)
        die("no key", "self");
    printf("\"verify_per_s_core\":%.0f,\"sign_per_s_core\":%.0f", per_s_of_core(us, key, true),
           per_s_of_core(us, key, false));
    burn(true, key);
    printf(",\"verify_busy_us\":%.2f,\"sign_busy_us\":%.2f", 1e6 / per_s_of_core(us, key, true),
           1e6 / per_s_of_core(us, key, false));
    burn(false, key);
    gv_key_free(key);
}

/* As a log grows: 4 KiB at a time into a file that is there already. */
static void syncs(const char *folder, int64_t us)
{
    char path[1024], block[4096] = {0};
    struct hist hist = {0};
    int64_t begun, before, after;
    int fd;

    snprintf(path, sizeof path, "%s/sync-probe", folder);
    fd = open(path, O_CREAT | O_RDWR, 0600);
    if (fd < 0)
        die("cannot write", path);
    for (int i = 0; i < 4096; i++) {
        if (write(fd, block, sizeof block) != sizeof block)
            die("cannot write", path);
    }
    fsync(fd);
    begun = after = now_us(CLOCK_MONOTONIC);
    for (int i = 0; after - begun < us; i++) {
        before = after;
        if (pwrite(fd, block, sizeof block, (off_t)(i % 4096) * 4096) != sizeof block ||
            fdatasync(fd) != 0)
            die("cannot write", path);
        after = now_us(CLOCK_MONOTONIC);
        hist_add(&hist, (uint64_t)(after - before));
    }
    close(fd);
    unlink(path);
    printf(",\"fdatasync_per_s\":%.0f,\"fdatasync\":",
           (double)hist.count * 1e6 / (double)(after - begun));
    hist_json(&hist, stdout);
}

/* ---- PostgreSQL ----------------------------------------------------------------------------- */

/* CPU time of the connection's server process. */
static double backend_us(PGconn *conn)
{
    char path[64], line[128];
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/schedstat", PQbackendPID(conn));
    file = fopen(path, "r");
    if (file == NULL || fgets(line, sizeof line, file) == NULL)
        die("cannot read", path);
    fclose(file);
    return atof(line) / 1000;
}

static void run_sql(PGconn *conn, const char *sql)
{
    PGresult *result = PQexec(conn, sql);

    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
        die(sql, PQerrorMessage(conn));
    PQclear(result);
}

/* Our own statement, into the copy of the table. */
static void prepare(PGconn *conn, const char *statements, const char *name, const char *table)
{
    char path[1024], from[64], to[64];
    struct gv_buf text, sql;
    PGresult *result;
    char *at, *rest;

    snprintf(path, sizeof path, "%s/%s.sql", statements, name);
    snprintf(from, sizeof from, "INTO giaoviec.%s", table);
    snprintf(to, sizeof to, "INTO bench.%s", table);
    gv_buf_init(&text);
    gv_buf_init(&sql);
    if (gv_buf_read_file(&text, path, 65536) != GV_OK)
        die("cannot read", path);
    gv_buf_putc(&text, '\0');
    at = strstr((char *)text.data, from);
    if (at == NULL)
        die("no INSERT in", path);
    rest = at + strlen(from);
    *at = '\0';
    gv_buf_printf(&sql, "%s%s%s", (char *)text.data, to, rest);
    result = PQprepare(conn, name, (char *)sql.data, 0, NULL);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        die(name, PQerrorMessage(conn));
    PQclear(result);
    gv_buf_fini(&text);
    gv_buf_fini(&sql);
}

/* {element,element,…}; %ROW stands for the number of the row. */
static char *array_of(const char *element, int first)
{
    struct gv_buf out;
    char *text;

    gv_buf_init(&out);
    gv_buf_putc(&out, '{');
    for (int i = 0; i < ROWS; i++) {
        if (i > 0)
            gv_buf_putc(&out, ',');
        if (strcmp(element, "%ROW") == 0)
            gv_buf_printf(&out, "%d", first + i);
        else
            gv_buf_puts(&out, element);
    }
    gv_buf_putc(&out, '}');
    gv_buf_putc(&out, '\0');
    if (!gv_buf_ok(&out))
        die("no memory", element);
    text = strdup((char *)out.data);
    gv_buf_fini(&out);
    return text;
}

#define HASH "\"\\\\x000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f\""
#define UUID "00010203-0405-0607-0809-0a0b0c0d0e0f"

/* A report of progress as the ledger has it, and an envelope of one. */
static const char *const ledger_row[] = {
    "1704160800000000",
    "1704160800000000",
    "1",
    "3",
    "%ROW",
    "%ROW",
    HASH,
    "1",
    "0",
    "NULL",
    UUID,
    "1",
    UUID,
    "1",
    "1",
    "1",
    "4",
    "5",
    "1706720400000000",
    "NULL",
    "NULL",
    "NULL",
    "BENCH",
    "NULL",
    "\"đang triển khai theo kế hoạch, chưa phát sinh vướng mắc; số liệu đến hết ngày báo cáo\"",
    "50",
    "NULL"};
#define LEDGER_COLUMNS ((int)(sizeof ledger_row / sizeof ledger_row[0]))

static void put(PGconn *conn, const char *name, int n, char **values)
{
    PGresult *result = PQexecPrepared(conn, name, n, (const char *const *)values, NULL, NULL, 0);

    if (PQresultStatus(result) != PGRES_COMMAND_OK)
        die(name, PQerrorMessage(conn));
    PQclear(result);
}

static void rows(PGconn *conn, const char *statements, int64_t us)
{
    char *ledger[LEDGER_COLUMNS], *evidence[5], envelope[1024] = "\"\\\\x";
    int64_t begun, spent = 0;
    double cpu_us;
    int n = 0;

    run_sql(conn, "SET client_min_messages = warning; DROP SCHEMA IF EXISTS bench CASCADE; CREATE "
                  "SCHEMA bench;"
                  "CREATE TABLE bench.ledger (LIKE giaoviec.ledger INCLUDING ALL);"
                  "CREATE TABLE bench.evidence (LIKE giaoviec.evidence INCLUDING ALL)");
    run_sql(conn, "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan");
    prepare(conn, statements, "ledger_insert", "ledger");
    prepare(conn, statements, "evidence_insert", "evidence");
    for (int i = 0; i < 450; i++)
        strcat(envelope, "5a");
    strcat(envelope, "\"");
    for (int i = 0; i < LEDGER_COLUMNS; i++)
        ledger[i] = array_of(ledger_row[i], 1);
    evidence[0] = ledger[4];
    evidence[1] = array_of("0", 1);
    evidence[2] = array_of("1", 1);
    evidence[3] = evidence[2];
    evidence[4] = array_of(envelope, 1);
    cpu_us = backend_us(conn);
    begun = now_us(CLOCK_MONOTONIC);
    for (; spent < us; n += ROWS) {
        free(ledger[4]);
        ledger[4] = evidence[0] = array_of("%ROW", n + 1);
        run_sql(conn, "BEGIN");
        put(conn, "ledger_insert", LEDGER_COLUMNS, ledger);
        put(conn, "evidence_insert", 5, evidence);
        run_sql(conn, "COMMIT");
        spent = now_us(CLOCK_MONOTONIC) - begun;
    }
    printf(",\"unnest_rows_per_s\":%.0f,\"unnest_cpu_us\":%.2f", n * 1e6 / (double)spent,
           (backend_us(conn) - cpu_us) / n);
    for (int i = 0; i < LEDGER_COLUMNS; i++)
        free(ledger[i]);
    free(evidence[1]);
    free(evidence[2]);
    free(evidence[4]);
}

/* One durable row at a time. */
static void single(PGconn *conn, int64_t us)
{
    static const char job[JOB_BYTES] = "x";
    const char *values[] = {job};
    const int lengths[] = {JOB_BYTES}, formats[] = {1};
    struct hist hist = {0};
    int64_t begun, before, after;
    double cpu_us;

    run_sql(conn, "CREATE TABLE bench.job (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
                  "job bytea NOT NULL)");
    PQclear(PQprepare(conn, "job", "INSERT INTO bench.job (job) VALUES ($1::bytea)", 0, NULL));
    cpu_us = backend_us(conn);
    begun = after = now_us(CLOCK_MONOTONIC);
    while (after - begun < us) {
        PGresult *result = PQexecPrepared(conn, "job", 1, values, lengths, formats, 0);

        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            die("insert", PQerrorMessage(conn));
        PQclear(result);
        before = after;
        after = now_us(CLOCK_MONOTONIC);
        hist_add(&hist, (uint64_t)(after - before));
    }
    printf(",\"insert_per_s\":%.0f,\"insert_cpu_us\":%.1f,\"insert\":",
           (double)hist.count * 1e6 / (double)(after - begun),
           (backend_us(conn) - cpu_us) / (double)hist.count);
    hist_json(&hist, stdout);
}

int main(int argc, char **argv)
{
    int64_t us;

    if (argc != 3 && argc != 5) {
        fprintf(stderr, "usage: limits FOLDER SECONDS [CONNINFO STATEMENTS]\n");
        return 64;
    }
    us = (int64_t)(atof(argv[2]) * 1e6);
    printf("{");
    signatures(us);
    syncs(argv[1], us);
    if (argc == 5) {
        PGconn *conn = PQconnectdb(argv[3]);

        if (PQstatus(conn) != CONNECTION_OK)
            die("no database", PQerrorMessage(conn));
        rows(conn, argv[4], us);
        single(conn, us);
        PQfinish(conn);
    }
    printf("}\n");
    return 0;
}
