/* links: gv_server_include gv_trust gv_wire gv_crypto gv_domain gv_base */
/*
 * test_protocol.c - the tables of PROTOCOL.md are the tables of the program: message kinds, acts,
 * orders, the lifecycle of reports, queries, errors. A row too many or too few, on either side,
 * fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "domain/lifecycle.h"
#include "trust/act.h"
#include "wire/message.h"

#define PROTOCOL GV_SOURCE_DIR "/proto/PROTOCOL.md"

static struct gv_buf protocol;

/* The whole table stands in the text, and nothing of a table follows it. */
static void check(struct gv_buf *table)
{
    const char *at;

    assert_true(gv_buf_ok(table));
    at = strstr((char *)protocol.data, (char *)table->data);
    if (at == NULL || at[table->len] == '|')
        fail_msg("PROTOCOL.md has not just this table:\n%s", (char *)table->data);
    gv_buf_fini(table);
}

/* Words with ", " between them. */
static void word(struct gv_buf *out, bool *any, const char *s)
{
    gv_buf_printf(out, "%s%s", *any ? ", " : "", s);
    *any = true;
}

static void put_roles(struct gv_buf *out, uint32_t roles)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {{GV_ROLE_NOBODY, "nobody yet"}, {GV_ROLE_UNIT, "unit"},
                 {GV_ROLE_OFFICE, "office"},     {GV_ROLE_ADMIN, "admin"},
                 {GV_ROLE_MEMBER, "member"},     {GV_ROLE_VIEWER, "viewer"},
                 {GV_ROLE_AUDITOR, "auditor"},   {GV_ROLE_COORDINATOR, "coordinator"}};
    bool any = false;

    if ((roles & GV_ROLE_PERSON) == GV_ROLE_PERSON) {
        word(out, &any, "person");
        roles &= ~(uint32_t)GV_ROLE_PERSON;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((roles & names[i].bit) != 0)
            word(out, &any, names[i].name);
    }
}

static void put_flags(struct gv_buf *out, uint32_t flags)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {{GV_MSG_SIGNED, "signed"},   {GV_MSG_SESSION, "session"},
                 {GV_MSG_ENROL, "enrolment"}, {GV_MSG_REPORTS, "reports"},
                 {GV_MSG_ACTS, "acts"},       {GV_MSG_READS, "reads"},
                 {GV_MSG_ROOM, "room"}};
    bool any = false;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((flags & names[i].bit) != 0)
            word(out, &any, names[i].name);
    }
    if (!any)
        gv_buf_puts(out, "unsigned");
}

static void test_the_table_of_kinds_is_the_programs(void **state)
{
    struct gv_buf table;

    (void)state;
    gv_buf_init(&table);
    gv_buf_puts(&table,
                "| number | kind | sender | bytes | flags | body |\n|---|---|---|---|---|---|\n");
    for (uint32_t kind = 1; kind < GV_KIND_END; kind++) {
        const struct gv_kind_row *row = gv_kind_row(kind);

        if (row == NULL)
            continue;
        gv_buf_printf(&table, "| %u | %s | ", (unsigned)kind, row->name);
        put_roles(&table, row->senders);
        gv_buf_printf(&table, " | %zu | ", row->max_bytes);
        put_flags(&table, row->flags);
        gv_buf_printf(&table, " | `%s` |\n", row->body->short_name);
    }
    check(&table);
}

static void test_the_table_of_acts_is_the_programs(void **state)
{
    static const char *const with[] = {
        [GV_WITH_PLAIN] = "plain", [GV_WITH_LIST] = "list", [GV_WITH_BLOB] = "blob"};
    struct gv_buf table;

    (void)state;
    gv_buf_init(&table);
    gv_buf_puts(&table, "| number | act | signers | how many | with it | disk short | body "
                        "|\n|---|---|---|---|---|---|---|\n");
    for (uint32_t kind = 1; kind < GV_SIGNED_END; kind++) {
        const struct gv_act_row *row = gv_act_row(kind);

        if (row == NULL)
            continue;
        gv_buf_printf(&table, "| %u | %s | ", (unsigned)kind, row->name);
        put_roles(&table, row->signers);
        gv_buf_printf(&table, " | %u | %s | %s | `%s` |\n", (unsigned)row->signer_count,
                      with[row->with], row->when == GV_WHEN_URGENT ? "urgent" : "waits",
                      row->body->short_name);
    }
    check(&table);
}

static const char *order_name(uint32_t kind)
{
    static const char *const names[] = {"none", "ASSIGN", "END", "REDO", "APPROVED", "UPHELD"};

    return names[kind];
}

static void test_the_table_of_orders_is_the_programs(void **state)
{
    struct gv_buf table;

    (void)state;
    gv_buf_init(&table);
    gv_buf_puts(&table, "| act | to the holder before | to the holder after |\n|---|---|---|\n");
    for (uint32_t kind = 1; kind < GV_SIGNED_END; kind++) {
        const struct gv_act_row *row = gv_act_row(kind);

        if (row != NULL && row->with == GV_WITH_LIST)
            gv_buf_printf(&table, "| %s | %s | %s |\n", row->name,
                          order_name(gv_order_kind(kind, false)),
                          order_name(gv_order_kind(kind, true)));
    }
    check(&table);
}

static void test_what_reports_do_is_what_the_lifecycle_says(void **state)
{
    static const struct {
        const char *name;
        enum gv_act act;
    } reports[] = {{"ACCEPT", GV_ACT_ACCEPT},
                   {"RETURN", GV_ACT_RETURN},
                   {"STATUS", GV_ACT_REPORT},
                   {"SUBMIT", GV_ACT_SUBMIT},
                   {"ATTEST", GV_ACT_ATTEST}};
    struct gv_buf table;

    (void)state;
    gv_buf_init(&table);
    gv_buf_puts(&table, "| report | moves |\n|---|---|\n");
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        bool any = false;

        gv_buf_printf(&table, "| %s | ", reports[i].name);
        for (int from = 1; from < GV_STATE_END; from++) {
            enum gv_state to = GV_STATE_NONE;
            char move[64];

            if (gv_lifecycle_row((enum gv_state)from, reports[i].act, &to) == NULL)
                continue;
            snprintf(move, sizeof move, "%s → %s", gv_state_name((enum gv_state)from),
                     gv_state_name(to));
            word(&table, &any, move);
        }
        gv_buf_puts(&table, " |\n");
    }
    check(&table);
}

static void test_the_table_of_errors_is_the_programs(void **state)
{
    struct gv_buf table;

    (void)state;
    gv_buf_init(&table);
    gv_buf_puts(&table, "| code | name | try again? | text |\n|---|---|---|---|\n");
#define ERR(name, wire, exit_status, retry, text, vi)                                              \
    gv_buf_printf(&table, "| %d | %s | %s | %s |\n", wire, #name, retry ? "yes" : "no", text);
#include "base/err.def"
#undef ERR
    check(&table);
}

/* The words of queries.def. */
enum {
    PERSONS = GV_ROLE_PERSON,
    ALL = GV_ROLE_PERSON | GV_ROLE_UNIT,
};

static void put_query(struct gv_buf *out, const char *name, uint32_t roles, bool feed,
                      const char *args, const char *row)
{
    const char *quote = args[0] != '\0' ? "`" : "";

    gv_buf_printf(out, "| %s | ", name);
    put_roles(out, roles);
    gv_buf_printf(out, " | %s%s%s | %s%s |\n", quote, args[0] != '\0' ? args : "none", quote,
                  feed ? "a feed; " : "", row);
}

static void test_the_table_of_queries_is_the_programs(void **state)
{
    struct gv_buf table;

    (void)state;
    gv_buf_init(&table);
    gv_buf_puts(&table, "| query | who | arguments | a row |\n|---|---|---|---|\n");
#define QUERY(name, roles, feed, args, what) put_query(&table, name, roles, feed, args, what);
#include "store/queries.def"
#undef QUERY
    check(&table);
}

static int init(void **state)
{
    (void)state;
    gv_buf_init(&protocol);
    return gv_buf_read_file(&protocol, PROTOCOL, 1 << 20) == GV_OK ? 0 : -1;
}

static int fini(void **state)
{
    (void)state;
    gv_buf_fini(&protocol);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_of_kinds_is_the_programs),
        cmocka_unit_test(test_the_table_of_acts_is_the_programs),
        cmocka_unit_test(test_the_table_of_orders_is_the_programs),
        cmocka_unit_test(test_what_reports_do_is_what_the_lifecycle_says),
        cmocka_unit_test(test_the_table_of_queries_is_the_programs),
        cmocka_unit_test(test_the_table_of_errors_is_the_programs),
    };

    return cmocka_run_group_tests(tests, init, fini);
}
