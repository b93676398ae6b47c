/*
 * agent.c - giaoviec-agent as it ships, but for its link (link_model.c) and a coordinator in the
 * same process (peer.c).
 * usage: sweep_agent run FOLDER enrol|turn      until the goal is reached; exit status of the agent
 *        sweep_agent check FOLDER enrol|turn    is everything there, once, and whole?
 * Environment of run: SWEEP_FAULT=allocation|sqlite-allocation|short-write|torn-write:n. What was
 * counted is left in FOLDER/counts.
 */
#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/spool.h"
#include "crypto/hash.h"
#include "crypto/key.h"
#include "fault.h"
#include "peer.h"

#define UNIT "SO-YT"

static char folder[512];

static const char *in_folder(const char *name)
{
    static char path[640];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_text(const char *name, const char *bytes)
{
    FILE *file = fopen(in_folder(name), "we");

    if (file == NULL || fputs(bytes, file) < 0 || fclose(file) != 0)
        abort();
}

static void write_settings(void)
{
    char conf[2048];
    struct gv_buf token;

    snprintf(conf, sizeof conf,
             "[agent]\ndata = %s/data\nlang = en\nreconnect_window_ms = 0\nlog = debug\n"
             "[unit " UNIT "]\ntoken = %s/token\nperson = Somebody\n"
             "[source s]\nunit = " UNIT "\npath = %s/status.json\n",
             folder, folder, folder);
    write_text("agent.conf", conf);
    write_text("status.json", "{\"unit\":\"" UNIT "\",\"as_of\":\"2024-01-23\",\"tasks\":["
                              "{\"task\":\"2.2\",\"progress\":40,\"narrative\":\"n\"}]}\n");
    gv_buf_init(&token);
    peer_token(&token);
    write_text("token", (const char *)token.data);
    gv_buf_fini(&token);
}

static void arm(void)
{
    const char *text = getenv("SWEEP_FAULT");
    char name[32] = "";
    unsigned long nth = 0;
    enum fault_kind kind = FAULT_ALLOCATION;

    if (text != NULL && sscanf(text, "%31[a-z-]:%lu", name, &nth) != 2)
        abort();
    for (int i = 0; i < FAULT_KIND_COUNT; i++) {
        if (strcmp(fault_names[i], name) == 0)
            kind = (enum fault_kind)i;
    }
    fault_arm(kind, nth);
}

static int run(enum peer_goal goal)
{
    char conf[640], counts[256] = "";
    int status;

    peer_begin(folder, goal);
    write_settings();
    snprintf(conf, sizeof conf, "%s", in_folder("agent.conf"));
    alarm(60);
    arm();
    status = agent_run(conf);
    fault_disarm();
    for (int i = 0; i < FAULT_KIND_COUNT; i++)
        snprintf(counts + strlen(counts), sizeof counts - strlen(counts), "%s %lu\n",
                 fault_names[i], fault_count((enum fault_kind)i));
    write_text("counts", counts);
    peer_end();
    sqlite3_shutdown();
    return status;
}

/* ---- afterwards ---- */

static int faults;

static void hold(bool is_true, const char *what)
{
    if (is_true)
        return;
    faults++;
    printf("does not hold: %s\n", what);
}

static gv_err count_entries(void *ctx, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    sqlite3_int64 *out = ctx;
    sqlite3 *db = NULL;
    gv_err err = GV_EIO;

    if (sqlite3_open_v2(in_folder("data/spool.db"), &db, SQLITE_OPEN_READWRITE, NULL) ==
            SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        *out = sqlite3_column_int64(statement, 0);
        err = GV_OK;
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return err;
}

static bool counts_to(const char *sql, uint64_t wanted)
{
    sqlite3_int64 n = -1;

    return count_entries(&n, sql) == GV_OK && n == (sqlite3_int64)wanted;
}

static void check_key(void)
{
    struct gv_key *key = NULL;

    hold(gv_key_load(in_folder("data/keys/" UNIT ".key"), &key) == GV_OK, "the key can be read");
    if (key != NULL)
        hold(memcmp(key->sign_pk, peer_memory()->sign_pk, 32) == 0, "it is the key that enrolled");
    gv_key_free(key);
}

static void check_spool(enum peer_goal goal)
{
    const struct peer_memory *memory = peer_memory();
    struct gv_spool_unit row = {0};
    gv_spool *spool = NULL;
    struct gv_buf why;

    gv_buf_init(&why);
    hold(gv_spool_open(in_folder("data/spool.db"), &spool, &why) == GV_OK, "the spool opens");
    if (spool != NULL)
        hold(gv_spool_unit(spool, UNIT, &row) == GV_OK, "the unit is in it");
    gv_spool_close(spool);
    gv_buf_fini(&why);
    hold(row.enrolled, "enrolled");
    hold(row.connection >= memory->connection, "the connection number is kept");
    hold(gv_cursor_eq(&row.orders, &memory->held), "orders held are those receipted");
    hold(gv_cursor_eq(&row.reports, &memory->reports), "reports are those that arrived");
    hold(gv_cursor_eq(&row.receipted, &memory->reports), "and are receipted");
    hold(memory->reports.n == (goal == PEER_TURN ? PEER_REPORTS : 0),
         "no report twice, none missing");
    hold(memory->answered == (goal == PEER_TURN), "the report by hand was answered");
    hold(counts_to("SELECT count(*) FROM orders", memory->held.n), "as many rows of orders");
    hold(counts_to("SELECT count(*) FROM reports", memory->reports.n), "as many rows of reports");
    hold(counts_to("SELECT count(*) FROM assignments", goal == PEER_TURN), "one assignment");
    hold(counts_to("SELECT integrity_check = 'ok' FROM pragma_integrity_check", 1), "integrity");
}

static int check(enum peer_goal goal)
{
    if (gv_crypto_init() != GV_OK)
        abort();
    peer_begin(folder, goal);
    hold(peer_memory()->wrong == 0, "nothing that no agent may do (lines \"wrong\")");
    check_key();
    check_spool(goal);
    peer_end();
    return faults == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    enum peer_goal goal;

    if (argc != 4 || strlen(argv[2]) >= sizeof folder)
        return 64;
    snprintf(folder, sizeof folder, "%s", argv[2]);
    goal = strcmp(argv[3], "turn") == 0 ? PEER_TURN : PEER_ENROL;
    fault_sqlite_begin();
    return strcmp(argv[1], "check") == 0 ? check(goal) : run(goal);
}
