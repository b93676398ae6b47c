/* links: gv_store gv_base */
/* test_store.c - the database: schema, transactions, units and keys, orders, acts, documents,
 * duties. */
#include <pthread.h>

#include "store/advisory.h"
#include "store_fixture.h"

static void test_migrating_twice_changes_nothing_the_second_time(void **state)
{
    struct world world;
    int applied = -1;
    char why[256];

    (void)state;
    world_begin(&world);
    assert_int_equal(gv_store_migrate(world.owner, &applied, why, sizeof why), GV_OK);
    assert_int_equal(applied, 0);
    assert_true(ask(&world, "SELECT count(*) FROM giaoviec.schema_version") >= 1);
    world_end(&world);
}

static void test_an_empty_database_and_a_newer_schema_are_refused(void **state)
{
    struct gv_store_options options = {0};
    struct world world;
    gv_store *store = NULL;
    char info[256];
    char why[256] = "";

    (void)state;
    world_begin(&world);
    assert_int_equal(gv_cluster_database(&fixture_cluster, "empty", NULL, info, NULL, sizeof info),
                     GV_OK);
    options.conninfo = info;
    assert_int_equal(gv_store_open(&options, &store, why, sizeof why), GV_EVERSION);
    assert_non_null(strstr(why, "migrate"));
    tell(&world, "INSERT INTO giaoviec.schema_version (version, name) VALUES (9999, 'later')");
    options.conninfo = world.coordinator;
    assert_int_equal(gv_store_open(&options, &store, why, sizeof why), GV_EVERSION);
    assert_int_equal(gv_store_migrate(world.owner, NULL, why, sizeof why), GV_EVERSION);
    assert_non_null(strstr(why, "9999"));
    assert_null(store);
    world_end(&world);
}

/* A coordinator that was stopped in the middle of its work. */
static void test_who_holds_an_advisory_lock_keeps_nobody_from_other_work(void **state)
{
    static const char hold[] = "BEGIN; SELECT pg_advisory_xact_lock(" GV_ADVISORY_TEXT(
        GV_ADVISORY_SEAL) ");"
                          "SELECT pg_advisory_xact_lock(" GV_ADVISORY_TEXT(GV_ADVISORY_BLOBS) ")";
    struct world world;
    char why[256];

    (void)state;
    world_begin(&world);
    tell(&world, hold);
    gv_store_close(open_store(&world, "second", 0));
    assert_int_equal(gv_store_migrate(world.owner, NULL, why, sizeof why), GV_OK);
    tell(&world, "ROLLBACK");
    world_end(&world);
}

static void test_a_reader_reads_and_writes_nothing_and_a_ledger_row_stays(void **state)
{
    struct world world;
    PGconn *conn;
    PGresult *result;

    (void)state;
    world_begin(&world);
    conn = PQconnectdb(world.reader);
    result = PQexec(conn, "SELECT count(*) FROM giaoviec.ledger");
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    PQclear(result);
    PQclear(PQexec(conn, "SET default_transaction_read_only = off"));
    result = PQexec(conn, "DELETE FROM giaoviec.ledger");
    assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "42501");
    PQclear(result);
    PQfinish(conn);
    conn = PQconnectdb(world.coordinator);
    result = PQexec(conn, "UPDATE giaoviec.ledger SET kind = 1");
    assert_string_equal(PQresultErrorField(result, PG_DIAG_SQLSTATE), "42501");
    PQclear(result);
    PQfinish(conn);
    world_end(&world);
}

static void test_a_database_holds_one_deployment_and_only_newer_keysets(void **state)
{
    struct world world;
    struct gv_deployment deployment;
    struct gv_deployment other;

    (void)state;
    world_begin(&world);
    assert_int_equal(gv_store_deployment(world.store, world.arena, &deployment), GV_ENOTFOUND);
    world_deploy(&world);
    world_deploy(&world); /* the same again changes nothing */
    must(&world, gv_store_deployment(world.store, world.arena, &deployment));
    assert_true(deployment.stepped);
    assert_int_equal(deployment.business_us, gv_day_begin_us(DAY_0));
    assert_int_equal(deployment.root_key.len, 32);
    assert_true(llabs(deployment.real_us - gv_clock_real_us()) < 60 * GV_US_PER_S);
    other = deployment;
    other.id = make_id('D', 2);
    assert_int_equal(gv_store_deployment_init(world.store, &other), GV_EEXISTS);
    must(&world, gv_store_keyset_put(world.store, 2, slice_of("keyset 2")));
    must(&world, gv_store_keyset_put(world.store, 2, slice_of("keyset 2"))); /* not answered */
    assert_int_equal(gv_store_keyset_put(world.store, 2, slice_of("other")), GV_EVERSION);
    assert_int_equal(gv_store_keyset_put(world.store, 1, slice_of("keyset 2")), GV_EVERSION);
    must(&world, gv_store_deployment(world.store, world.arena, &deployment));
    assert_int_equal(deployment.keyset_version, 2);
    assert_memory_equal(deployment.keyset.data, "keyset 2", 8);
    world_end(&world);
}

static void test_the_clock_steps_forward_only(void **state)
{
    struct world world;
    uint64_t step = 0;
    int64_t now_us = 0;
    bool stepped = false;

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    must(&world, gv_store_clock_step(world.store, gv_day_begin_us(DAY_0 + 1), &step));
    assert_int_equal(step, 1);
    assert_int_equal(gv_store_clock_step(world.store, gv_day_begin_us(DAY_0 + 1), &step),
                     GV_EVERSION);
    must(&world, gv_store_clock(world.store, &now_us, &step, &stepped));
    assert_int_equal(now_us, gv_day_begin_us(DAY_0 + 1));
    assert_true(stepped);
    tell(&world, "UPDATE giaoviec.deployment SET stepped = false");
    assert_int_equal(gv_store_clock_step(world.store, gv_day_begin_us(DAY_0 + 2), &step),
                     GV_ESTATE);
    world_end(&world);
}

static struct gv_enrolment enrolment_of(const char *unit, uint8_t token, uint8_t key)
{
    struct gv_enrolment enrolment = {.unit = unit, .statement = slice_of("statement")};

    memset(enrolment.token_hash.b, token, sizeof enrolment.token_hash.b);
    memset(enrolment.sign_key, key, sizeof enrolment.sign_key);
    memset(enrolment.curve_key, key + 1, sizeof enrolment.curve_key);
    enrolment.key_id = make_id('K', key);
    return enrolment;
}

static void issue_token(struct world *world, const char *unit, uint8_t token, int64_t expires_us)
{
    struct gv_token_new new = {.unit = unit, .expires_us = expires_us};
    gv_id act = make_id('A', 9);

    memset(new.hash.b, token, sizeof new.hash.b);
    must(world, gv_store_tokens_issue(world->store, &new, 1, &act, NULL));
}

static void test_a_token_enrols_once_in_time_and_for_its_unit(void **state)
{
    struct world world;
    struct gv_enrolment first = enrolment_of("U0", 1, 10);
    struct gv_enrolment other = enrolment_of("U0", 1, 20);
    struct gv_enrolment stranger = enrolment_of("U1", 1, 30);
    struct gv_enrolment late = enrolment_of("U1", 2, 40);
    struct gv_enrolment replaced = enrolment_of("U1", 3, 50);
    struct gv_token_new unknown = {.unit = "NOBODY"};
    gv_id act = make_id('A', 9);
    int64_t soon_us = gv_clock_real_us() + 3600 * GV_US_PER_S;
    size_t bad = 9;
    int32_t unit_id = 0;

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    world_units(&world, 2);
    issue_token(&world, "U0", 1, soon_us);
    issue_token(&world, "U1", 2, gv_clock_real_us() - 1);
    assert_int_equal(gv_store_enrol(world.store, &stranger, &unit_id), GV_EDENIED);
    assert_int_equal(gv_store_enrol(world.store, &late, &unit_id), GV_EEXPIRED);
    must(&world, gv_store_enrol(world.store, &first, &unit_id));
    assert_int_equal(unit_id, world.unit[0]);
    must(&world, gv_store_enrol(world.store, &first, &unit_id)); /* the answer was lost */
    assert_int_equal(gv_store_enrol(world.store, &other, &unit_id), GV_EREPLAY);
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.ledger WHERE kind = 5"), 1);
    issue_token(&world, "U1", 3, soon_us);
    issue_token(&world, "U1", 4, soon_us);
    assert_int_equal(gv_store_enrol(world.store, &replaced, &unit_id), GV_EDENIED);
    assert_int_equal(gv_store_tokens_issue(world.store, &unknown, 1, &act, &bad), GV_ENOTFOUND);
    assert_int_equal(bad, 0);
    world_end(&world);
}

static void test_keys_show_enrolment_revocation_and_quarantine(void **state)
{
    struct world world;
    struct gv_enrolment first = enrolment_of("U0", 1, 10);
    struct gv_unit_key *keys = NULL;
    gv_id act = make_id('A', 9);
    uint64_t before = 0, after = 0;
    size_t count = 9;

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    must(&world, gv_store_keys(world.store, world.arena, &keys, &count, &before));
    assert_int_equal(count, 0);
    assert_true(before > 0);
    world_units(&world, 2);
    issue_token(&world, "U0", 1, gv_clock_real_us() + GV_US_PER_DAY);
    must(&world, gv_store_enrol(world.store, &first, NULL));
    must(&world, gv_store_keys(world.store, world.arena, &keys, &count, &after));
    assert_int_equal(count, 2);
    assert_true(after > before && keys[0].has_key && !keys[0].revoked && !keys[1].has_key);
    assert_string_equal(keys[0].code.s, "U0");
    assert_memory_equal(keys[0].sign_key, first.sign_key, 32);
    must(&world,
         gv_store_quarantine(world.store, world.unit[0], "the same number with another hash"));
    must(&world, gv_store_quarantine(world.store, world.unit[0], "again"));
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.ledger WHERE kind = 8"), 1);
    must(&world, gv_store_key_revoke(world.store, "U0", &first.key_id, &act));
    assert_int_equal(gv_store_key_revoke(world.store, "U1", &first.key_id, &act), GV_ENOTFOUND);
    must(&world, gv_store_keys(world.store, world.arena, &keys, &count, &before));
    assert_true(before > after && keys[0].revoked && keys[0].quarantined);
    assert_int_equal(gv_store_enrol(world.store, &first, NULL), GV_EREPLAY);
    must(&world, gv_store_quarantine_lift(world.store, "U0"));
    assert_int_equal(gv_store_quarantine_lift(world.store, "U0"), GV_ESTATE);
    must(&world, gv_store_keys_version(world.store, &after));
    assert_int_equal(after, before + 1);
    world_end(&world);
}

static struct gv_unit_ref register_again(struct world *world, const char *code, bool body,
                                         int32_t from_day, size_t *created)
{
    struct gv_unit_new unit = {
        .code = code, .name_vi = "Đơn vị", .body = body, .valid_from_day = from_day};
    struct gv_unit_ref ref;
    gv_id act = make_id('A', 9);

    must(world, gv_store_units_register(world->store, &unit, 1, &act, created));
    must(world, gv_store_units_resolve(world->store, &code, 1, &ref));
    return ref;
}

static void test_a_unit_registered_again_gets_all_of_it_until_it_is_in_use(void **state)
{
    struct world world;
    struct gv_enrolment enrolment = enrolment_of("U0", 1, 10);
    size_t created = 9;

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    world_units(&world, 2);
    world_directive(&world, gv_day_end_us(DAY_0 + 30));
    assert_true(register_again(&world, "U0", true, DAY_0 + 3, &created).body);
    assert_int_equal(created, 0);
    assert_false(register_again(&world, "U0", false, 0, &created).body); /* the day stays */
    assert_int_equal(ask(&world, "SELECT valid_from_day FROM giaoviec.unit WHERE code = 'U0'"),
                     DAY_0 + 3);
    assert_true(register_again(&world, "NEW", true, 0, &created).body);
    assert_int_equal(created, 1);
    assert_int_equal(ask(&world, "SELECT max(unit_id) - count(*) FROM giaoviec.unit"),
                     0); /* no number is lost */
    issue_token(&world, "U0", 1, gv_clock_real_us() + GV_US_PER_DAY);
    must(&world, gv_store_enrol(world.store, &enrolment, NULL));
    assert_false(register_again(&world, "U0", true, 0, &created).body);
    assert_true(register_again(&world, "U1", true, 0, &created).body);
    world_issue(&world, 2, gv_day_end_us(DAY_0 + 30));
    assert_true(register_again(&world, "U1", false, 0, &created).body);
    world_end(&world);
}

static void test_a_busy_unit_is_skipped_or_waited_for(void **state)
{
    struct world world;
    struct world second;
    struct gv_unit_log *logs = NULL;
    int32_t backwards[3];
    size_t count = 0;

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    world_units(&world, 3);
    second = world;
    second.store = open_store(&world, "second", 0);
    for (int i = 0; i < 3; i++)
        backwards[i] = world.unit[2 - i];
    must(&world, gv_store_begin(world.store));
    must(&world, gv_store_units_lock(world.store, world.arena, &world.unit[1], 1, GV_LOCK_WAIT,
                                     &logs, &count));
    must(&second, gv_store_begin(second.store));
    must(&second,
         gv_store_units_lock(second.store, world.arena, backwards, 3, GV_LOCK_SKIP, &logs, &count));
    assert_int_equal(count, 2);
    assert_int_equal(logs[0].unit_id, world.unit[0]);
    assert_int_equal(logs[1].unit_id, world.unit[2]);
    assert_non_null(gv_unit_log_find(logs, count, world.unit[2]));
    assert_null(gv_unit_log_find(logs, count, world.unit[1]));
    assert_int_equal(
        gv_store_units_lock(second.store, world.arena, backwards, 3, GV_LOCK_WAIT, &logs, &count),
        GV_ECONFLICT); /* after lock_timeout */
    assert_string_equal(gv_store_sqlstate(second.store), "55P03");
    assert_int_equal(gv_store_failed(second.store), GV_ECONFLICT);
    assert_int_equal(gv_store_commit(second.store), GV_ECONFLICT);
    gv_store_rollback(second.store);
    assert_int_equal(gv_store_failed(second.store), GV_OK);
    must(&world, gv_store_commit(world.store));
    must(&second, gv_store_begin(second.store));
    must(&second,
         gv_store_units_lock(second.store, world.arena, backwards, 3, GV_LOCK_WAIT, &logs, &count));
    assert_int_equal(count, 3);
    must(&second, gv_store_commit(second.store));
    gv_store_close(second.store);
    world_end(&world);
}

static void test_orders_come_in_bounded_pages_and_stay_pending_until_receipted(void **state)
{
    struct world world;
    struct gv_unit_log *logs = NULL;
    struct gv_order_new new[7] = {0};
    struct gv_order_page alone, pages[3];
    struct gv_poll poll;
    struct gv_changes changes = {.unit_count = 2, .orders = new, .order_count = 7};
    struct gv_settle settle;
    gv_hash hash;
    size_t count = 0;

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    world_units(&world, 3);
    must(&world, gv_store_begin(world.store));
    must(&world,
         gv_store_units_lock(world.store, world.arena, world.unit, 2, GV_LOCK_WAIT, &logs, &count));
    for (uint32_t i = 0; i < 7; i++) {
        new[i] = (struct gv_order_new){.unit_id = world.unit[i < 5 ? 0 : 1],
                                       .n = i < 5 ? i + 1 : i - 4,
                                       .entry = slice_of("0123456789"),
                                       .assignment = make_id('a', i),
                                       .epoch = 1};
        new[i].h.b[0] = (uint8_t)(i + 1);
    }
    logs[0].order_n = 5;
    logs[0].order_h = new[4].h;
    logs[0].connection = 7;
    assert_int_equal(gv_code_from_str("c1", &logs[0].coordinator), GV_OK);
    logs[0].dirty = true;
    logs[1].order_n = 2;
    logs[1].order_h = new[6].h;
    logs[1].dirty = true;
    changes.units = logs;
    must(&world, gv_store_apply(world.store, &changes));
    must(&world, gv_store_commit(world.store));
    alone = (struct gv_order_page){.unit_id = world.unit[0], .after = 1};
    must(&world, gv_store_orders(world.store, world.arena, &alone, 1, 100, 25));
    assert_int_equal(alone.count, 2);
    assert_int_equal(alone.orders[0].n, 2);
    alone.after = 4;
    must(&world, gv_store_orders(world.store, world.arena, &alone, 1, 100, 1));
    assert_int_equal(alone.count, 1);
    assert_memory_equal(alone.orders[0].entry.data, "0123456789", 10);
    for (size_t i = 0; i < 3; i++)
        pages[i] = (struct gv_order_page){.unit_id = world.unit[i], .after = i == 0 ? 5 : 0};
    must(&world, gv_store_orders(world.store, world.arena, pages, 3, 100, 100));
    assert_int_equal(pages[0].count, 0);
    assert_int_equal(pages[1].count, 2);
    assert_int_equal(pages[1].orders[1].n, 2);
    assert_int_equal(pages[2].count, 0);
    pages[0].after = 2;
    must(&world, gv_store_orders(world.store, world.arena, pages, 2, 1, 100));
    assert_int_equal(pages[0].count, 1);
    assert_int_equal(pages[0].orders[0].n, 3);
    assert_int_equal(pages[1].count, 1);
    must(&world, gv_store_order_hash(world.store, world.unit[0], 5, &hash));
    assert_int_equal(hash.b[0], 5);
    assert_int_equal(gv_store_order_hash(world.store, world.unit[0], 6, &hash), GV_ENOTFOUND);
    must(&world, gv_store_poll(world.store, world.arena, "c1", &poll));
    assert_true(poll.business_us > 0);
    assert_int_equal(poll.pending_count, 1);
    assert_int_equal(poll.pending[0].unit_id, world.unit[0]);
    must(&world, gv_store_settle(world.store, DAY_0, &settle));
    assert_int_equal(settle.connected, 1);
    assert_int_equal(settle.unfinished, 1);
    must(&world, gv_store_begin(world.store));
    must(&world,
         gv_store_units_lock(world.store, world.arena, world.unit, 1, GV_LOCK_WAIT, &logs, &count));
    logs[0].ack_n = 5;
    logs[0].dirty = true;
    changes = (struct gv_changes){.units = logs, .unit_count = 1};
    must(&world, gv_store_apply(world.store, &changes));
    must(&world, gv_store_commit(world.store));
    must(&world, gv_store_poll(world.store, world.arena, "c1", &poll));
    assert_int_equal(poll.pending_count, 0);
    world_end(&world);
}

static void test_heartbeats_and_ends_count_for_their_own_session_only(void **state)
{
    struct world world;
    struct gv_settle settle;
    struct gv_heartbeat stale;
    struct gv_heartbeat beat;
    struct gv_session_end end, over;
    size_t taken, over_count;

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    world_units(&world, 2);
    tell(&world, "UPDATE giaoviec.unit_log SET connection_no = 7, coordinator = 'c1'");
    stale = (struct gv_heartbeat){world.unit[0], 6, true, DAY_0};
    beat = (struct gv_heartbeat){world.unit[0], 7, true, DAY_0};
    end = (struct gv_session_end){world.unit[0], 6};
    must(&world, gv_store_heartbeats(world.store, "c1", &stale, 1, &taken, &over, &over_count));
    assert_int_equal(taken, 0);
    assert_int_equal(over_count, 1); /* the unit has another connection */
    assert_int_equal(over.unit_id, world.unit[0]);
    assert_int_equal(over.connection, 6);
    must(&world, gv_store_heartbeats(world.store, "c2", &beat, 1, &taken, &over, &over_count));
    assert_int_equal(taken, 0);
    assert_int_equal(over_count, 0);
    must(&world, gv_store_settle(world.store, DAY_0, &settle));
    assert_int_equal(settle.unfinished, 2);
    must(&world, gv_store_heartbeats(world.store, "c1", &beat, 1, &taken, &over, &over_count));
    assert_int_equal(taken, 1);
    assert_int_equal(over_count, 0);
    must(&world, gv_store_settle(world.store, DAY_0, &settle));
    assert_int_equal(settle.unfinished, 1);
    must(&world, gv_store_sessions_end(world.store, "c1", &end, 1));
    must(&world, gv_store_settle(world.store, DAY_0, &settle));
    assert_int_equal(settle.connected, 2);
    end.connection = 7;
    must(&world, gv_store_sessions_end(world.store, "c1", &end, 1));
    must(&world, gv_store_settle(world.store, DAY_0, &settle));
    assert_int_equal(settle.connected, 1);
    must(&world, gv_store_sessions_clear(world.store, "c1"));
    must(&world, gv_store_settle(world.store, DAY_0, &settle));
    assert_int_equal(settle.connected, 0);
    world_end(&world);
}

static void test_a_repeated_act_gets_its_first_answer(void **state)
{
    struct world world;
    struct gv_act_new act = {.act_id = make_id('A', 5),
                             .kind = 9,
                             .actor = "admin",
                             .envelope = slice_of("signed"),
                             .business_us = 1};
    struct gv_slice result = {0};
    bool repeated = true;

    (void)state;
    world_begin(&world);
    must(&world, gv_store_begin(world.store));
    must(&world, gv_store_act_put(world.store, world.arena, &act, &repeated, &result));
    assert_false(repeated);
    must(&world, gv_store_act_result(world.store, &act.act_id, slice_of("done")));
    must(&world, gv_store_commit(world.store));
    must(&world, gv_store_act_put(world.store, world.arena, &act, &repeated, &result));
    assert_true(repeated);
    assert_int_equal(result.len, 4);
    assert_memory_equal(result.data, "done", 4);
    act.envelope = slice_of("other");
    assert_int_equal(gv_store_act_put(world.store, world.arena, &act, &repeated, &result),
                     GV_EREPLAY);
    world_end(&world);
}

static const struct gv_blob_bounds roomy = {1000, 1000, 3600000, false};

/* Of a document of which all bytes of the digest are `which`; *over: a bound was met. */
static gv_err put_chunk(struct world *world, const char *actor, uint8_t which, uint64_t size,
                        uint64_t offset, const char *data, const struct gv_blob_bounds *bounds,
                        uint64_t *have, struct gv_slice *whole, bool *over)
{
    struct gv_blob_chunk chunk = {.digest = {{which}},
                                  .size = size,
                                  .offset = offset,
                                  .data = slice_of(data),
                                  .actor = actor};
    struct gv_blob_bounds now = *bounds;
    gv_err err = gv_store_blob_chunk(world->store, world->arena, &chunk, &now, have, whole);

    *over = now.over;
    return err;
}

static void test_chunks_make_a_document_in_order_only(void **state)
{
    struct world world;
    gv_hash digest = {{3}};
    struct gv_slice whole = {0};
    uint64_t have = 9;
    bool over;

    (void)state;
    world_begin(&world);
    must(&world, put_chunk(&world, "vp1", 3, 10, 5, "56789", &roomy, &have, &whole, &over));
    assert_int_equal(have, 0);
    must(&world, put_chunk(&world, "vp1", 3, 10, 0, "01234", &roomy, &have, &whole, &over));
    must(&world, put_chunk(&world, "vp1", 3, 10, 0, "01234", &roomy, &have, &whole, &over));
    assert_int_equal(have, 5);
    assert_int_equal(whole.len, 0);
    assert_int_equal(gv_store_blob_use(world.store, world.arena, &digest, &whole), GV_ENOTFOUND);
    must(&world, put_chunk(&world, "vp1", 3, 10, 5, "56789", &roomy, &have, &whole, &over));
    assert_int_equal(have, 10);
    assert_int_equal(whole.len, 10);
    assert_memory_equal(whole.data, "0123456789", 10);
    must(&world, gv_store_blob_put(world.store, &digest, "vp1", whole));
    must(&world, gv_store_blob_put(world.store, &digest, "vp1", whole));
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.blob_chunk"), 0);
    must(&world, gv_store_blob_use(world.store, world.arena, &digest, &whole));
    assert_int_equal(whole.len, 10);
    must(&world, put_chunk(&world, "vp1", 3, 10, 0, "01234", &roomy, &have, &whole, &over));
    assert_int_equal(have, 10);
    assert_int_equal(whole.len, 0);
    assert_int_equal(put_chunk(&world, "vp1", 3, 1u << 30, 0, "0", &roomy, &have, &whole, &over),
                     GV_ETOOBIG);
    assert_false(over);
    world_end(&world);
}

static void test_attachments_that_no_act_uses_are_bounded_and_expire(void **state)
{
    static const struct {
        const char *actor, *data;
        uint8_t which;
        uint64_t size, offset;
        gv_err err;
    } rows[] = {
        {"vp1", "0123456789", 1, 20, 0, GV_OK},
        {"vp1", "0123456789", 2, 10, 0, GV_OK},      /* whole, and not used: it counts as well */
        {"vp1", "0123456789", 1, 20, 10, GV_EAGAIN}, /* 30 of 25 */
        {"vp1", "012345", 1, 20, 10, GV_EAGAIN},
        {"vp1", "01234", 1, 20, 10, GV_OK}, /* just so */
        {"vp1", "0", 3, 1, 0, GV_EAGAIN},
        {"vp2", "0123456789", 4, 11, 0, GV_OK},     /* somebody else's own bound */
        {"vp2", "0123456789", 5, 11, 0, GV_EAGAIN}, /* 45 of 40 of all */
        {"vp2", "0", 2, 10, 0, GV_OK},              /* what is there costs nothing */
    };
    const struct gv_blob_bounds bounds = {25, 40, 3600000, false};
    const struct gv_blob_bounds soon = {25, 40, 60000, false};
    gv_hash second = {{2}};
    struct gv_slice whole;
    struct world world;
    uint64_t have;
    bool over;

    (void)state;
    world_begin(&world);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        whole = (struct gv_slice){0};
        assert_int_equal(put_chunk(&world, rows[i].actor, rows[i].which, rows[i].size,
                                   rows[i].offset, rows[i].data, &bounds, &have, &whole, &over),
                         rows[i].err);
        assert_int_equal(over, rows[i].err == GV_EAGAIN);
        if (whole.len > 0)
            must(&world, gv_store_blob_put(world.store, &second, rows[i].actor, whole));
    }
    /* What an act has used is nobody's any more, and stays. */
    must(&world, gv_store_blob_use(world.store, world.arena, &second, &whole));
    must(&world, put_chunk(&world, "vp1", 3, 11, 0, "0123456789", &bounds, &have, &whole, &over));
    must(&world, gv_store_blob_put(world.store, &(gv_hash){{7}}, "vp2", slice_of("unused")));
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.blob"), 2);
    tell(&world, "UPDATE giaoviec.blob SET added = added - interval '1 hour'");
    tell(&world, "UPDATE giaoviec.blob_chunk SET added = added - interval '1 hour'");
    must(&world, put_chunk(&world, "vp2", 8, 9, 0, "0", &soon, &have, &whole, &over));
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.blob_chunk"), 1);
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.blob WHERE actor IS NULL"), 1);
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.blob"), 1);
    world_end(&world);
}

static void age_chunks(struct world *world, int seconds)
{
    char sql[128];

    snprintf(sql, sizeof sql,
             "UPDATE giaoviec.blob_chunk SET added = added - interval '%d seconds'", seconds);
    tell(world, sql);
}

/* Uploaded in several sittings: what came first is as new as what came last. */
static void test_the_chunks_of_a_document_expire_together(void **state)
{
    static const struct gv_blob_bounds minute = {1000, 1000, 60000, false};
    struct gv_slice whole = {0};
    struct world world;
    uint64_t have = 9;
    bool over;

    (void)state;
    world_begin(&world);
    must(&world, put_chunk(&world, "vp1", 3, 15, 0, "01234", &minute, &have, &whole, &over));
    age_chunks(&world, 40);
    must(&world, put_chunk(&world, "vp1", 3, 15, 5, "56789", &minute, &have, &whole, &over));
    assert_int_equal(have, 10);
    age_chunks(&world, 40); /* the first has waited for 80 s */
    must(&world, put_chunk(&world, "vp1", 3, 15, 10, "abcde", &minute, &have, &whole, &over));
    assert_int_equal(have, 15);
    assert_int_equal(whole.len, 15);
    assert_memory_equal(whole.data, "0123456789abcde", 15);
    age_chunks(&world, 70); /* nobody goes on: nothing of it stays */
    must(&world, put_chunk(&world, "vp1", 4, 10, 0, "01234", &minute, &have, &whole, &over));
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.blob_chunk"), 1);
    must(&world, put_chunk(&world, "vp1", 3, 15, 10, "abcde", &minute, &have, &whole, &over));
    assert_int_equal(have, 0); /* from the beginning */
    world_end(&world);
}

static void test_a_breakdown_is_approved_once_and_replaced_until_it_is_issued(void **state)
{
    struct world world;
    struct gv_directive directive;
    struct gv_task_row task;
    gv_id ids[2] = {make_id('a', 0), make_id('a', 77)};
    size_t existing = 9;

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    world_units(&world, 1);
    world_directive(&world, gv_day_end_us(DAY_0 + 5));
    must(&world, gv_store_directive(world.store, &world.directive, &directive));
    assert_int_equal(directive.version, 1);
    assert_false(directive.issued);
    must(&world, gv_store_task(world.store, world.arena, world_task(&world), &task));
    assert_string_equal(task.number, "2.2");
    assert_int_equal(task.clause_count, 1);
    assert_int_equal(task.due_us, gv_day_end_us(DAY_0 + 5));
    assert_int_equal(
        ask(&world, "SELECT count(*) FROM giaoviec.task WHERE fold LIKE '%tang cuong%'"), 1);
    world_issue(&world, 1, gv_day_end_us(DAY_0 + 5));
    must(&world, gv_store_directive(world.store, &world.directive, &directive));
    assert_true(directive.issued);
    must(&world, gv_store_assignments_exist(world.store, ids, 2, &existing));
    assert_int_equal(existing, 1);
    world_end(&world);
}

struct approval {
    gv_store *store;
    gv_id directive;
    gv_err err;
};

static void *approve(void *arg)
{
    struct approval *a = arg;

    a->err = put_directive(a->store, &a->directive, gv_day_end_us(DAY_0 + 5));
    return NULL;
}

/* Whoever is second waits until the first has ended, and only then looks. */
static void test_of_two_first_approvals_at_once_one_stands(void **state)
{
    struct gv_store_options options = {.application = "second", .lock_timeout_ms = 10000};
    struct approval second = {.directive = make_id('L', 1)};
    struct world world;
    char why[256] = "";
    pthread_t thread;

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    options.conninfo = world.coordinator;
    assert_int_equal(gv_store_open(&options, &second.store, why, sizeof why), GV_OK);
    must(&world, gv_store_begin(world.store));
    world_directive(&world, gv_day_end_us(DAY_0 + 5));
    assert_int_equal(pthread_create(&thread, NULL, approve, &second), 0);
    for (int i = 0; i < 500 && ask(&world, "SELECT count(*) FROM pg_locks WHERE NOT granted") == 0;
         i++)
        usleep(10000);
    must(&world, gv_store_commit(world.store));
    pthread_join(thread, NULL);
    assert_int_equal(second.err, GV_EEXISTS);
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.task"), 1);
    gv_store_close(second.store);
    world_end(&world);
}

static void test_a_duty_has_one_holder_and_its_epoch_rises(void **state)
{
    struct world world;
    uint64_t one = 0, two = 0;

    (void)state;
    world_begin(&world);
    must(&world, gv_store_lease_take(world.store, "seal", "c1", 60000, &one));
    assert_int_equal(gv_store_lease_take(world.store, "seal", "c2", 60000, &two), GV_ECONFLICT);
    must(&world, gv_store_lease_take(world.store, "seal", "c1", 60000, &two));
    assert_int_equal(one, two);
    must(&world, gv_store_lease_check(world.store, "seal", "c1", one));
    must(&world, gv_store_lease_drop(world.store, "seal", "c1"));
    must(&world, gv_store_lease_take(world.store, "seal", "c2", 60000, &two));
    assert_int_equal(two, one + 1);
    must(&world, gv_store_begin(world.store));
    assert_int_equal(gv_store_lease_check(world.store, "seal", "c1", one), GV_ESTALE);
    assert_int_equal(gv_store_failed(world.store), GV_OK); /* a refusal spoils nothing */
    must(&world, gv_store_commit(world.store));
    world_end(&world);
}

/* The clock of the server that wrote it was ahead. */
static void test_a_duty_held_until_a_far_future_is_free(void **state)
{
    struct world world;
    uint64_t one = 0, two = 0;

    (void)state;
    world_begin(&world);
    must(&world, gv_store_lease_take(world.store, "seal", "c1", 5000, &one));
    tell(&world, "UPDATE giaoviec.lease SET until = until + interval '1 day'");
    must(&world, gv_store_lease_take(world.store, "seal", "c2", 5000, &two));
    assert_int_equal(two, one + 1);
    assert_int_equal(gv_store_lease_take(world.store, "seal", "c1", 5000, &one), GV_ECONFLICT);
    world_end(&world);
}

static void test_a_wake_up_reaches_who_listens(void **state)
{
    struct world world;
    gv_store *listener;
    bool woken = false;

    (void)state;
    world_begin(&world);
    listener = open_store(&world, "listener", 0);
    must(&world, gv_store_listen(listener));
    must(&world, gv_store_notify(world.store, "orders"));
    for (int i = 0; i < 100 && !woken; i++) {
        assert_true(gv_store_socket(listener) >= 0);
        must(&world, gv_store_wakeups(listener, &woken));
        usleep(10000);
    }
    assert_true(woken);
    gv_store_close(listener);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_migrating_twice_changes_nothing_the_second_time),
        cmocka_unit_test(test_an_empty_database_and_a_newer_schema_are_refused),
        cmocka_unit_test(test_who_holds_an_advisory_lock_keeps_nobody_from_other_work),
        cmocka_unit_test(test_a_reader_reads_and_writes_nothing_and_a_ledger_row_stays),
        cmocka_unit_test(test_a_database_holds_one_deployment_and_only_newer_keysets),
        cmocka_unit_test(test_the_clock_steps_forward_only),
        cmocka_unit_test(test_a_token_enrols_once_in_time_and_for_its_unit),
        cmocka_unit_test(test_keys_show_enrolment_revocation_and_quarantine),
        cmocka_unit_test(test_a_unit_registered_again_gets_all_of_it_until_it_is_in_use),
        cmocka_unit_test(test_a_busy_unit_is_skipped_or_waited_for),
        cmocka_unit_test(test_orders_come_in_bounded_pages_and_stay_pending_until_receipted),
        cmocka_unit_test(test_heartbeats_and_ends_count_for_their_own_session_only),
        cmocka_unit_test(test_a_repeated_act_gets_its_first_answer),
        cmocka_unit_test(test_chunks_make_a_document_in_order_only),
        cmocka_unit_test(test_attachments_that_no_act_uses_are_bounded_and_expire),
        cmocka_unit_test(test_the_chunks_of_a_document_expire_together),
        cmocka_unit_test(test_a_breakdown_is_approved_once_and_replaced_until_it_is_issued),
        cmocka_unit_test(test_of_two_first_approvals_at_once_one_stands),
        cmocka_unit_test(test_a_duty_has_one_holder_and_its_epoch_rises),
        cmocka_unit_test(test_a_duty_held_until_a_far_future_is_free),
        cmocka_unit_test(test_a_wake_up_reaches_who_listens),
    };

    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
