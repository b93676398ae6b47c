/* links: gv_store gv_base */
/* test_args.c - the parameters of a statement: what does not fit it is told, by its number, and
 * nothing is sent. One row alone goes as scalars. */
#include "store/connection.h"
#include "store/db.h"
#include "store/one_row.h"
#include "store_fixture.h"

/* tokens_issue: $1 uuid, then one row a token: $2 text[], $3 bytea[], $4 int8[]
 * clock_step: $1 int8          unit_quarantine: $1 int4, $2 text */

static const gv_id id = {{1}};
static const gv_id ids[] = {{{1}}, {{2}}};
static const int32_t ints[] = {1, 2};
static const char *const texts[] = {"a", "b"};

static void put_nothing(struct gv_args *args)
{
    (void)args;
}

static void put_another_type(struct gv_args *args)
{
    gv_put_int(args, 7);
    gv_put_text(args, "after a slip nothing is taken");
}

static void put_a_scalar_for_an_array(struct gv_args *args)
{
    gv_put_id(args, &id);
    gv_put_text(args, "x");
}

static void put_a_row_over_a_scalar(struct gv_args *args)
{
    gv_args_row(args);
    gv_put_id(args, &id);
    gv_args_row(args);
}

static void put_half_a_row(struct gv_args *args)
{
    gv_put_id(args, &id);
    gv_args_row(args);
    gv_put_text(args, "x");
}

static void put_a_row_after_half_a_row(struct gv_args *args)
{
    put_half_a_row(args);
    gv_args_row(args);
}

static void put_a_list_for_a_scalar(struct gv_args *args)
{
    gv_put_texts(args, texts, 2);
}

static void put_ids_for_texts(struct gv_args *args)
{
    gv_put_id(args, &id);
    gv_put_ids(args, ids, 2);
}

static void put_ints_for_texts(struct gv_args *args)
{
    gv_put_id(args, &id);
    gv_put_ints(args, ints, 2);
    gv_put_ints(args, ints, 2);
}

static void put_texts_for_bytes(struct gv_args *args)
{
    gv_put_id(args, &id);
    gv_put_texts(args, texts, 2);
    gv_put_texts(args, texts, 2);
}

static void put_too_many(struct gv_args *args)
{
    gv_put_int(args, 1);
    gv_put_int(args, 2);
}

static void put_a_number_above_all(struct gv_args *args)
{
    gv_put_u64(args, UINT64_MAX);
}

static void put_a_large_number(struct gv_args *args)
{
    gv_put_int(args, INT64_C(1) << 40);
}

static const struct {
    const char *statement;
    void (*put)(struct gv_args *args);
    gv_err err;
    const char *what;
} slips[] = {
    {"no_such", put_nothing, GV_EDB, "no statement no_such"},
    {"clock_step", put_nothing, GV_EDB, "parameter 1: was not given"},
    {"clock_step", put_too_many, GV_EDB, "parameter 2: there is none"},
    {"clock_step", put_a_number_above_all, GV_EBADMSG, "parameter 1: the number is too large"},
    {"unit_quarantine", put_a_large_number, GV_EBADMSG, "parameter 1: the number is too large"},
    {"tokens_issue", put_another_type, GV_EDB, "parameter 1: is of another type"},
    {"tokens_issue", put_a_list_for_a_scalar, GV_EDB, "parameter 1: no array is expected"},
    {"tokens_issue", put_a_scalar_for_an_array, GV_EDB, "parameter 2: is an array"},
    {"tokens_issue", put_a_row_over_a_scalar, GV_EDB, "parameter 1: is no array"},
    {"tokens_issue", put_half_a_row, GV_EDB, "parameter 3: the last row ended here"},
    {"tokens_issue", put_a_row_after_half_a_row, GV_EDB, "parameter 3: the row before ended here"},
    {"tokens_issue", put_ids_for_texts, GV_EDB, "parameter 2: is of another type"},
    {"tokens_issue", put_ints_for_texts, GV_EDB, "parameter 2: is of another type"},
    {"tokens_issue", put_texts_for_bytes, GV_EDB, "parameter 3: is of another type"},
};

static void test_what_does_not_fit_the_statement_is_told_and_not_sent(void **state)
{
    struct world world;

    (void)state;
    world_begin(&world);
    for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
        struct gv_args args;
        PGresult *result = NULL;

        gv_args_init(&args, world.store, slips[i].statement);
        slips[i].put(&args);
        assert_int_equal(gv_db_exec(&args, &result), slips[i].err);
        assert_null(result);
        if (strstr(gv_store_error(world.store), slips[i].what) == NULL)
            fail_msg("wanted «%s» in «%s»", slips[i].what, gv_store_error(world.store));
        gv_store_rollback(world.store);
    }
    assert_int_equal(ask(&world, "SELECT count(*) FROM giaoviec.enrol_token"), 0);
    world_end(&world);
}

static const struct {
    const char *text;
    gv_err err;
    const char *one;
} forms[] = {
    {"SELECT unnest($1::int4[])", GV_ENOTFOUND, ""},
    {GV_ONE_ROW_MARK "SELECT unnest($1::int4[]) AS a, unnest($12::bytea[]), $3::text", GV_OK,
     "\nSELECT $1::int4 AS a, $12::bytea, $3::text"},
    {GV_ONE_ROW_MARK "SELECT cardinality($1) FROM x -- unnest($1::int4[])\nWHERE y", GV_OK,
     "\nSELECT 1 FROM x \nWHERE y"},
    {GV_ONE_ROW_MARK "SELECT unnest($1::int4[], $2::int4[])", GV_EBUG, NULL},
    {GV_ONE_ROW_MARK "SELECT a = ANY ($1::int4[])", GV_EBUG, NULL},
    {GV_ONE_ROW_MARK "SELECT unnest($1::int4[]", GV_EBUG, NULL},
    {GV_ONE_ROW_MARK "SELECT unnest($1), cardinality($1", GV_OK,
     "\nSELECT unnest($1), cardinality($1"},
};

static void test_a_form_for_one_row_is_made_of_the_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct gv_buf one;

        gv_buf_init(&one);
        assert_int_equal(gv_one_row_sql(forms[i].text, &one), forms[i].err);
        if (forms[i].one != NULL)
            assert_string_equal(one.data != NULL ? (const char *)one.data : "", forms[i].one);
        gv_buf_fini(&one);
    }
}

static void put_evidence(struct world *world, uint64_t first, int rows, struct gv_slice bytes)
{
    struct gv_args args;

    gv_args_init(&args, world->store, "evidence_insert");
    for (int i = 0; i < rows; i++) {
        gv_args_row(&args);
        gv_put_int(&args, world->unit[0]);
        gv_put_int(&args, 5);
        gv_put_u64(&args, first + (uint64_t)i);
        gv_put_u64(&args, first + (uint64_t)i);
        gv_put_bytes(&args, bytes);
    }
    must(world, gv_db_exec(&args, NULL));
    assert_int_equal(gv_db_affected(world->store), rows);
}

/* Whole and empty bytes come through both forms alike. */
static void test_one_row_goes_as_scalars(void **state)
{
    static const char by_form[] =
        "SELECT sum((custom_plans + generic_plans) * CASE name WHEN 'evidence_insert' THEN 10"
        " WHEN 'evidence_insert/1' THEN 1 ELSE 0 END) FROM pg_prepared_statements";
    struct world world;
    PGresult *result;

    (void)state;
    world_begin(&world);
    world_deploy(&world);
    world_units(&world, 1);
    put_evidence(&world, 1, 2, (struct gv_slice){(const uint8_t *)"ab", 2});
    put_evidence(&world, 3, 1, (struct gv_slice){(const uint8_t *)"ab", 2});
    put_evidence(&world, 4, 1, (struct gv_slice){(const uint8_t *)"", 0});
    put_evidence(&world, 5, 0, (struct gv_slice){NULL, 0});
    assert_int_equal(ask(&world, "SELECT sum(first_n * 10 + length(envelope)) FROM "
                                 "giaoviec.evidence WHERE kind = 5 AND last_n = first_n"),
                     100 + 6);
    result = PQexec(world.store->conn, by_form);
    assert_string_equal(PQgetvalue(result, 0, 0), "22"); /* two rows, none; one, twice */
    PQclear(result);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_form_for_one_row_is_made_of_the_text),
        cmocka_unit_test(test_one_row_goes_as_scalars),
        cmocka_unit_test(test_what_does_not_fit_the_statement_is_told_and_not_sent),
    };

    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
