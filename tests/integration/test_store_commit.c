/* links: gv_store gv_base */
/* test_store_commit.c - COMMIT: what is known after it, and what is not. */
#include <pthread.h>

#include "store_fixture.h"

struct rescue {
    const char *owner;
    const char *sql;
};

/* Waits until somebody waits in COMMIT for a standby that will never come, then does something to
 * them. */
static void *interrupt_commit(void *arg)
{
    const struct rescue *rescue = arg;
    PGconn *conn = PQconnectdb(rescue->owner);

    for (int i = 0; i < 500; i++) {
        PGresult *result = PQexec(conn, rescue->sql);
        int n = PQntuples(result);

        PQclear(result);
        if (n > 0)
            break;
        usleep(10000);
    }
    PQfinish(conn);
    return NULL;
}

static void want_standby(struct world *world, bool wanted)
{
    tell(world, wanted ? "ALTER SYSTEM SET synchronous_standby_names = 'nobody'"
                       : "ALTER SYSTEM RESET synchronous_standby_names");
    tell(world, "SELECT pg_reload_conf()");
    usleep(200000);
}

/* A test that failed in between would leave all that follow waiting for nobody. */
static int begin_without_standby(void **state)
{
    struct world world = {.admin = PQconnectdb(fixture_cluster.owner)};

    (void)state;
    want_standby(&world, false);
    PQfinish(world.admin);
    return 0;
}

/* Both ways to end a transaction. */
static gv_err commit(struct world *world, bool with_changes)
{
    struct gv_changes none = {0};

    return with_changes ? gv_store_apply_commit(world->store, &none)
                        : gv_store_commit(world->store);
}

static gv_err commit_while(struct world *world, bool with_changes, const char *sql)
{
    struct rescue rescue = {world->owner, sql};
    struct gv_unit_log *logs;
    size_t count;
    pthread_t thread;
    gv_err err;

    must(world, gv_store_begin(world->store));
    /* Nothing but a lock: even a repeat that changes nothing has to wait. */
    must(world, gv_store_units_lock(world->store, world->arena, world->unit, 1, GV_LOCK_WAIT, &logs,
                                    &count));
    assert_int_equal(pthread_create(&thread, NULL, interrupt_commit, &rescue), 0);
    err = commit(world, with_changes);
    pthread_join(thread, NULL);
    return err;
}

static void test_a_warning_or_a_death_in_commit_means_unknown(void **state)
{
    struct world world;

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    world_units(&world, 1);
    for (int with_changes = 0; with_changes < 2; with_changes++) {
        want_standby(&world, true);
        assert_int_equal(commit_while(&world, with_changes,
                                      "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                                      " WHERE wait_event = 'SyncRep'"),
                         GV_EUNKNOWN);
        assert_non_null(strstr(gv_store_error(world.store), "COMMIT"));
        assert_int_equal(gv_store_begin(world.store), GV_EUNKNOWN); /* until the roll-back */
        gv_store_rollback(world.store);
        assert_int_equal(commit_while(&world, with_changes,
                                      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                                      " WHERE wait_event = 'SyncRep'"),
                         GV_EUNKNOWN);
        gv_store_rollback(world.store);
        want_standby(&world, false);
        if (gv_store_socket(world.store) < 0)
            must(&world, gv_store_reconnect(world.store));
        must(&world, gv_store_begin(world.store));
        must(&world, commit(&world, with_changes));
    }
    world_end(&world);
}

/* Everybody sees what was committed by a wait that was cancelled; an agent may not, before it
 * lasts. */
static void test_orders_are_not_given_before_they_are_on_the_standby(void **state)
{
    struct world world;
    struct rescue cancel = {NULL, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                                  " WHERE wait_event = 'SyncRep'"};
    struct gv_poll poll;
    pthread_t thread;

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    world_units(&world, 1);
    cancel.owner = world.owner;
    gv_store_close(world.store);
    world.store = open_store(&world, "impatient", 300);
    must(&world, gv_store_poll(world.store, world.arena, "c1", &poll));
    assert_int_equal(poll.pending_count, 0);
    want_standby(&world, true);
    must(&world, gv_store_poll(world.store, world.arena, "c1", &poll));
    tell(&world, "SET synchronous_commit = local");
    tell(&world, "UPDATE giaoviec.unit_log SET coordinator = 'c1', order_n = 1");
    assert_int_equal(gv_store_poll(world.store, world.arena, "c1", &poll), GV_EUNKNOWN);
    want_standby(&world, false);
    gv_store_close(world.store);
    world.store = open_store(&world, "patient", 0);
    want_standby(&world, true);
    assert_int_equal(pthread_create(&thread, NULL, interrupt_commit, &cancel), 0);
    assert_int_equal(gv_store_poll(world.store, world.arena, "c1", &poll), GV_EUNKNOWN);
    pthread_join(thread, NULL);
    want_standby(&world, false);
    must(&world, gv_store_poll(world.store, world.arena, "c1", &poll));
    assert_int_equal(poll.pending_count, 1);
    assert_int_equal(poll.pending[0].order_n, 1);
    world_end(&world);
}

static void test_commit_has_a_deadline_of_the_clients(void **state)
{
    struct world world;
    struct gv_unit_log *logs;
    size_t count;
    int64_t begun_ms;

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    world_units(&world, 1);
    gv_store_close(world.store);
    world.store = open_store(&world, "impatient", 300);
    for (int with_changes = 0; with_changes < 2; with_changes++) {
        want_standby(&world, true);
        must(&world, gv_store_begin(world.store));
        must(&world, gv_store_units_lock(world.store, world.arena, world.unit, 1, GV_LOCK_WAIT,
                                         &logs, &count));
        begun_ms = gv_clock_mono_ms();
        assert_int_equal(commit(&world, with_changes), GV_EUNKNOWN);
        assert_true(gv_clock_mono_ms() - begun_ms < 5000);
        gv_store_rollback(world.store);
        assert_int_equal(gv_store_socket(world.store), -1);
        want_standby(&world, false);
        must(&world, gv_store_reconnect(world.store));
    }
    world_end(&world);
}

/* Or the repeat would be answered while the act is on a primary alone that is about to be lost. */
static void test_a_repeated_act_waits_for_the_standby_like_the_first(void **state)
{
    struct gv_act_new act = {.act_id = make_id('A', 77),
                             .kind = 13,
                             .actor = "admin",
                             .envelope = slice_of("as it was signed"),
                             .business_us = 1};
    struct world world;
    struct gv_slice answer;
    bool repeated = false;

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    gv_store_close(world.store);
    world.store = open_store(&world, "impatient", 300);
    want_standby(&world, true);
    for (int i = 0; i < 2; i++) {
        gv_store *store = world.store;

        if (i == 1) { /* another coordinator, connected before the standby went */
            want_standby(&world, false);
            store = open_store(&world, "other", 300);
            want_standby(&world, true);
        }
        assert_int_equal(gv_store_begin(store), GV_OK);
        assert_int_equal(gv_store_act_put(store, world.arena, &act, &repeated, &answer), GV_OK);
        assert_int_equal(repeated, i == 1);
        assert_int_equal(gv_store_commit(store), GV_EUNKNOWN);
        gv_store_rollback(store);
        if (store != world.store)
            gv_store_close(store);
    }
    want_standby(&world, false);
    world_end(&world);
}

static void test_a_lost_connection_is_told_sticks_and_is_mended(void **state)
{
    struct world world;
    uint64_t version;

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    must(&world, gv_store_begin(world.store));
    assert_true(ask(&world,
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE application_name = 'test' AND datname = current_database()") == 1);
    usleep(100000);
    assert_int_equal(gv_store_keys_version(world.store, &version), GV_EUNAVAILABLE);
    assert_int_equal(gv_store_commit(world.store),
                     GV_EUNAVAILABLE); /* nothing was committed: known */
    gv_store_rollback(world.store);
    assert_int_equal(gv_store_begin(world.store), GV_EUNAVAILABLE);
    must(&world, gv_store_reconnect(world.store));
    must(&world, gv_store_keys_version(world.store, &version));
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_warning_or_a_death_in_commit_means_unknown,
                               begin_without_standby),
        cmocka_unit_test_setup(test_orders_are_not_given_before_they_are_on_the_standby,
                               begin_without_standby),
        cmocka_unit_test_setup(test_commit_has_a_deadline_of_the_clients, begin_without_standby),
        cmocka_unit_test_setup(test_a_repeated_act_waits_for_the_standby_like_the_first,
                               begin_without_standby),
        cmocka_unit_test_setup(test_a_lost_connection_is_told_sticks_and_is_mended,
                               begin_without_standby),
    };

    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
