/* links: gv_plan gv_letter gv_trust gv_base */
/* test_plan.c - units, decisions and the allocation: the real letter's, and a second one's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/lang.h"
#include "crypto/hash.h"
#include "giaoviec/v1/act.pb-c.h"
#include "plan/plan.h"

#define EXAMPLE GV_SOURCE_DIR "/deploy/examples/lam-dong-2024/"
#define DATA    GV_SOURCE_DIR "/tests/data/"

#define LEAD       GIAOVIEC__V1__ASSIGNMENT_ROLE__ASSIGNMENT_ROLE_LEAD
#define COORDINATE GIAOVIEC__V1__ASSIGNMENT_ROLE__ASSIGNMENT_ROLE_COORDINATE
#define FOLLOW     GIAOVIEC__V1__ASSIGNMENT_ROLE__ASSIGNMENT_ROLE_FOLLOW

struct fixture {
    gv_arena *arena;
    struct gv_buf files[4]; /* letter, breakdown, units, decisions */
    struct gv_problems problems;
    struct gv_breakdown breakdown;
    struct gv_units units;
    struct gv_decisions decisions;
    struct gv_plan plan;
};

static struct gv_slice file(const struct fixture *f, size_t i)
{
    return (struct gv_slice){f->files[i].data, f->files[i].len};
}

static void open_fixture(struct fixture *f, const char *letter, const char *yaml, const char *units)
{
    memset(f, 0, sizeof *f);
    f->arena = gv_arena_new((size_t)1 << 28);
    assert_non_null(f->arena);
    gv_problems_init(&f->problems, f->arena);
    assert_int_equal(gv_buf_read_file(&f->files[0], letter, 1 << 20), GV_OK);
    assert_int_equal(gv_buf_read_file(&f->files[1], yaml, 1 << 20), GV_OK);
    assert_int_equal(gv_buf_read_file(&f->files[2], units, 1 << 20), GV_OK);
}

static void open_real(struct fixture *f)
{
    open_fixture(f, EXAMPLE "3467-CV-TU.txt", EXAMPLE "breakdown.yaml", EXAMPLE "units.tsv");
    assert_int_equal(gv_buf_read_file(&f->files[3], EXAMPLE "decisions.yaml", 1 << 20), GV_OK);
}

static void open_second(struct fixture *f)
{
    open_fixture(f, DATA "second-letter.txt", DATA "second-breakdown.yaml",
                 DATA "second-units.tsv");
}

static void close_fixture(struct fixture *f)
{
    gv_arena_free(f->arena);
    for (size_t i = 0; i < 4; i++)
        gv_buf_fini(&f->files[i]);
}

/* Replaces the first `from` of a file. */
static void edit(struct gv_buf *buf, const char *from, const char *to)
{
    const char *at = buf->len > 0 ? strstr((char *)buf->data, from) : NULL;
    struct gv_buf out;

    if (at == NULL)
        fail_msg("not in the file: %s", from);
    gv_buf_init(&out);
    gv_buf_append(&out, buf->data, (size_t)(at - (char *)buf->data));
    gv_buf_puts(&out, to);
    gv_buf_puts(&out, at + strlen(from));
    assert_true(gv_buf_ok(&out));
    gv_buf_fini(buf);
    *buf = out;
}

static gv_err load(struct fixture *f)
{
    const struct gv_breakdown_in in = {"b.yaml", file(f, 1), "letter.txt", file(f, 0)};
    gv_err err = gv_breakdown_load(&in, f->arena, &f->breakdown, &f->problems);

    if (err == GV_OK)
        err = gv_units_read("units.tsv", file(f, 2), f->arena, &f->units, &f->problems);
    if (err == GV_OK && f->files[3].len > 0)
        err = gv_decisions_load("d.yaml", file(f, 3), f->arena, &f->decisions, &f->problems);
    return err;
}

static gv_err build(struct fixture *f)
{
    gv_err err = load(f);

    return err != GV_OK
               ? err
               : gv_plan_build(&f->breakdown, &f->units, f->files[3].len > 0 ? &f->decisions : NULL,
                               f->arena, &f->plan, &f->problems);
}

static void must_build(struct fixture *f)
{
    struct gv_buf out;
    gv_err err = build(f);

    gv_buf_init(&out);
    gv_problems_print(&f->problems, &out);
    if (err != GV_OK)
        fail_msg("%s: %s", gv_err_name(err), out.len > 0 ? (char *)out.data : "");
    gv_buf_fini(&out);
}

static void must_say(struct fixture *f, gv_err wanted, const char *where, const char *says)
{
    gv_err err = build(f);
    struct gv_buf out;

    assert_int_equal(err, wanted);
    gv_buf_init(&out);
    gv_problems_print(&f->problems, &out);
    if (out.len == 0 || strstr((char *)out.data, where) == NULL ||
        strstr((char *)out.data, says) == NULL)
        fail_msg("wanted %s … %s, got: %s", where, says, out.len > 0 ? (char *)out.data : "");
    gv_buf_fini(&out);
}

static const struct gv_plan_row *find_row(const struct fixture *f, const char *task,
                                          const char *unit)
{
    for (size_t i = 0; i < f->plan.row_count; i++) {
        if (strcmp(f->plan.rows[i].task->task->number, task) == 0 &&
            strcmp(f->plan.rows[i].unit->code, unit) == 0)
            return &f->plan.rows[i];
    }
    return NULL;
}

/* ---- the real letter --------------------------------------------------------------------------
 */

/* Marks in has[] the units that the names mean. */
static void mark(const struct fixture *f, const struct gv_names *names, bool *has)
{
    for (size_t i = 0; i < names->count; i++) {
        size_t unit = gv_units_find(&f->units, names->all[i].text);

        if (unit != SIZE_MAX)
            has[unit] = true;
        for (size_t g = 0; g < f->breakdown.group_count; g++) {
            if (strcmp(f->breakdown.groups[g].name, names->all[i].text) == 0)
                mark(f, &f->breakdown.groups[g].members, has);
        }
    }
}

/* What the YAML asks for, counted another way: every unit that it names for a task, once. */
static size_t count_by_hand(const struct fixture *f)
{
    bool *has = calloc(f->units.count, sizeof *has);
    size_t total = 0;

    assert_non_null(has);
    for (size_t t = 0; t < f->breakdown.task_count; t++) {
        const struct gv_breakdown_task *task = &f->breakdown.tasks[t];

        memset(has, 0, f->units.count * sizeof *has);
        mark(f, &task->leads, has);
        mark(f, &task->coordinators, has);
        mark(f, &task->followers, has);
        for (size_t i = 0; i < f->plan.open_count; i++) {
            if (f->plan.open[i].task == task && f->plan.open[i].lead != NULL)
                has[f->plan.open[i].lead - f->units.all] = true;
        }
        for (size_t u = 0; u < f->units.count; u++)
            total += has[u];
    }
    free(has);
    return total;
}

static void test_the_real_plan_gives_each_task_and_unit_one_role(void **state)
{
    const struct gv_plan_row *row, *last = NULL;
    struct fixture f;

    (void)state;
    open_real(&f);
    must_build(&f);
    assert_int_equal(f.plan.assignment_count, count_by_hand(&f));
    assert_int_equal(f.plan.row_count, f.plan.assignment_count); /* all is decided */
    assert_int_equal(f.plan.lead_count + f.plan.coordinate_count + f.plan.follow_count,
                     f.plan.assignment_count);
    for (size_t i = 0; i < f.plan.row_count; i++) {
        row = &f.plan.rows[i];
        assert_true(row->why_vi[0] != '\0' && row->why_en[0] != '\0');
        assert_true(row->how >= GV_HOW_NAME && row->how < GV_HOW_END);
        for (size_t k = 0; k < i; k++)
            assert_false(f.plan.rows[k].task == row->task && f.plan.rows[k].unit == row->unit);
        assert_true(last == NULL || last->task <= row->task);
        last = row;
    }
    assert_int_equal(gv_plan_settled(&f.plan, &f.breakdown, &f.problems), GV_OK);
    row = find_row(&f, "1.1", "TU-BTC"); /* an addressee and a follower: the lead wins */
    assert_int_equal(row->role, LEAD);
    assert_int_equal(row->origin, GIAOVIEC__V1__ORIGIN__ORIGIN_LETTER);
    assert_string_equal(row->source, "all-addressees");
    row = find_row(&f, "2.2", "DU-682");
    assert_int_equal(row->role, COORDINATE);
    assert_int_equal(row->how, GV_HOW_GROUP);
    assert_string_equal(row->source, "city-and-district-committees");
    assert_int_equal(find_row(&f, "6.1", "CC-BTVTU")->role, LEAD);
    assert_true(find_row(&f, "6.1", "CC-BTVTU")->unit->body);
    assert_int_equal(find_row(&f, "3.7", "CC-LDUBND")->role, FOLLOW);
    close_fixture(&f);
}

static void test_its_open_leads_are_proposed_decided_or_left_open(void **state)
{
    const struct gv_plan_row *row;
    struct fixture f;

    (void)state;
    open_real(&f);
    must_build(&f);
    assert_int_equal(f.plan.open_count, 6);
    assert_int_equal(f.plan.undecided, 0);
    row = find_row(&f, "2.7", "SO-VHTTDL");
    assert_int_equal(row->how, GV_HOW_FIELD);
    assert_string_equal(row->source, "FESTIVAL");
    assert_non_null(strstr(row->why_en, "only unit"));
    row = find_row(&f, "3.4", "TT-TINH");
    assert_int_equal(row->how, GV_HOW_FIELD);
    assert_non_null(strstr(row->why_en, "least load"));
    assert_int_equal(find_row(&f, "3.4", "VP-UBND")->role, COORDINATE);
    row = find_row(&f, "2.2", "SO-YT"); /* named as co-ordinator too */
    assert_int_equal(row->role, LEAD);
    assert_int_equal(row->how, GV_HOW_DECISION);
    assert_string_equal(row->source, "Chánh Văn phòng Tỉnh ủy");
    assert_non_null(strstr(row->why_vi, "cơ quan thường trực"));
    /* a decision sets a proposal aside too: 3.8 would go to the park, which has less */
    assert_int_equal(find_row(&f, "3.8", "SO-NN")->how, GV_HOW_DECISION);
    assert_int_equal(find_row(&f, "3.8", "SO-NN")->load, find_row(&f, "3.7", "SO-NN")->load + 1);
    close_fixture(&f);
}

static void test_without_decisions_ties_are_shown_and_stop_an_issue(void **state)
{
    const struct gv_plan_row *row;
    size_t candidates = 0;
    struct fixture f;

    (void)state;
    open_real(&f);
    gv_buf_reset(&f.files[3]);
    must_build(&f);
    assert_int_equal(f.plan.undecided, 4);
    for (size_t i = 0; i < f.plan.row_count; i++)
        candidates += f.plan.rows[i].candidate;
    assert_int_equal(candidates, 8);
    assert_int_equal(f.plan.row_count, f.plan.assignment_count + candidates);
    assert_int_equal(f.plan.assignment_count, count_by_hand(&f));
    row = find_row(&f, "3.9", "BCHQS");
    assert_true(row->candidate);
    assert_non_null(strstr(row->why_en, "2 units"));
    assert_int_equal(f.problems.count, 0);
    assert_int_equal(gv_plan_settled(&f.plan, &f.breakdown, &f.problems), GV_ESTATE);
    assert_int_equal(f.problems.count, 4);
    assert_string_equal(f.problems.all[0].file, "b.yaml");
    assert_int_equal(f.problems.all[0].at.line,
                     gv_breakdown_task(&f.breakdown, "2.2")->lead_at.line);
    assert_int_equal(f.problems.all[0].at.column, 11);
    assert_non_null(strstr(f.problems.all[0].text, "SO-CT, SO-NN"));
    close_fixture(&f);
}

static void test_the_load_of_other_directives_counts(void **state)
{
    struct gv_unit_info *units;
    struct fixture f;

    (void)state;
    open_real(&f);
    gv_buf_reset(&f.files[3]);
    assert_int_equal(load(&f), GV_OK);
    units = gv_arena_copy(f.arena, f.units.all, f.units.count * sizeof *units);
    assert_non_null(units);
    units[gv_units_find(&f.units, "VQG-BDNB")].load = 5;
    f.units.all = units;
    assert_int_equal(gv_plan_build(&f.breakdown, &f.units, NULL, f.arena, &f.plan, &f.problems),
                     GV_OK);
    assert_int_equal(f.plan.undecided, 2);
    assert_int_equal(find_row(&f, "3.7", "SO-NN")->how, GV_HOW_FIELD);
    close_fixture(&f);
}

/* ---- the second letter, and mistakes ----------------------------------------------------------
 */

static void test_the_second_letter_is_planned_and_bodies_are_not_proposed(void **state)
{
    struct fixture f;

    (void)state;
    open_second(&f);
    must_build(&f);
    assert_int_equal(f.plan.assignment_count, 3 + 2);
    assert_int_equal(find_row(&f, "2.1", "PHONG-GD")->role, LEAD); /* 0 leads, TRUONG-1 has 1 */
    assert_int_equal(find_row(&f, "2.1", "TRUONG-1")->role, COORDINATE);
    assert_null(find_row(&f, "2.1", "HOI-DONG"));
    assert_true(f.units.all[gv_units_find(&f.units, "HOI-DONG")].body);
    close_fixture(&f);
}

static void test_nobody_with_the_field_is_ambiguous_too(void **state)
{
    struct fixture f;

    (void)state;
    open_second(&f);
    edit(&f.files[1], "field: REPORT", "field: NOBODY");
    edit(&f.files[1], "field: REPORT", "field: NOBODY");
    must_build(&f);
    assert_int_equal(f.plan.undecided, 1);
    assert_true(f.plan.open[0].ambiguous);
    assert_int_equal(gv_plan_settled(&f.plan, &f.breakdown, &f.problems), GV_ESTATE);
    close_fixture(&f);
}

static void test_names_that_nobody_registered_are_said_at_their_place(void **state)
{
    struct fixture f;

    (void)state;
    open_second(&f);
    edit(&f.files[1], "TRUONG-3]", "TRUONG-9]");
    edit(&f.files[1], "coordinators: [TRUONG-1, ", "coordinators: [TRUONG-1, teachers, ");
    edit(&f.files[1], "lead: schools", "lead: schools\n    supervisor: TRUONG-8");
    edit(&f.files[1], "lead: office", "lead: office, supervisor: office");
    edit(&f.files[1], "{indicators: office}", "{indicators: office, supervisor: office}");
    must_say(&f, GV_EBADMSG, "b.yaml:11:78: \"TRUONG-9\"", "neither a registered unit nor a group");
    assert_int_equal(f.problems.count, 3);
    assert_int_equal(f.problems.all[1].at.line, 19);
    assert_int_equal(f.problems.all[1].at.column, 17);
    assert_int_equal(f.problems.all[2].at.line, 29);
    assert_int_equal(f.problems.all[2].at.column, 30);
    close_fixture(&f);
}

static void test_a_group_that_names_another_stands_below_it(void **state)
{
    static const struct {
        const char *members, *where, *says;
    } wrongs[] = {
        {"[later, TRUONG-1]}\n  later: {origin: office, members: [TRUONG-2]",
         "b.yaml:11:58: ", "\"later\" must stand above"},
        {"[schools]", "b.yaml:11:58: ", "\"schools\" must stand above"},
    };
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        open_second(&f);
        edit(&f.files[1], "[TRUONG-1, TRUONG-2, TRUONG-3]", wrongs[i].members);
        must_say(&f, GV_EBADMSG, wrongs[i].where, wrongs[i].says);
        close_fixture(&f);
    }
    open_second(&f);
    edit(&f.files[1], "[TRUONG-1, TRUONG-2, TRUONG-3]}",
         "[TRUONG-1]}\n  all: {origin: office, members: [schools, TRUONG-2]}");
    edit(&f.files[1], "lead: schools", "lead: all");
    must_build(&f);
    assert_int_equal(f.plan.assignment_count, 2 + 2);
    close_fixture(&f);
}

static void test_a_task_that_nobody_leads_is_refused(void **state)
{
    struct gv_breakdown_group *groups;
    struct fixture f;

    (void)state;
    open_second(&f);
    assert_int_equal(load(&f), GV_OK);
    groups = gv_arena_copy(f.arena, f.breakdown.groups, f.breakdown.group_count * sizeof *groups);
    assert_non_null(groups);
    groups[0].members.count = 0;
    f.breakdown.groups = groups;
    assert_int_equal(gv_plan_build(&f.breakdown, &f.units, NULL, f.arena, &f.plan, &f.problems),
                     GV_EBADMSG);
    assert_int_equal(f.problems.count, 1);
    assert_int_equal(f.problems.all[0].at.line, 18);
    assert_non_null(strstr(f.problems.all[0].text, "nobody leads task 1.1"));
    close_fixture(&f);
}

static void test_a_group_must_not_bear_a_units_code(void **state)
{
    struct fixture f;

    (void)state;
    open_second(&f);
    edit(&f.files[2], "HOI-DONG", "schools");
    must_say(&f, GV_EBADMSG, "b.yaml:11:3: ", "rename the group");
    close_fixture(&f);
}

#define DECISIONS                                                                                  \
    "format: giaoviec-decisions/1\ndirective: 12/UBND-VX\ndecisions:\n"                            \
    "  - {task: \"2.1\", lead: TRUONG-1, by: Trưởng phòng, why: gần nhất, on: 2024-02-03}\n"

static void test_a_decision_settles_or_says_what_is_wrong_with_it(void **state)
{
    static const struct {
        const char *from, *to, *where, *says;
    } wrongs[] = {
        {"12/UBND", "13/UBND", "d.yaml:2:12: ", "the breakdown is of \"12/UBND-VX\""},
        {"\"2.1\"", "\"2.2\"", "d.yaml:4:12: ", "no task 2.2"},
        {"\"2.1\"", "\"1.1\"", "d.yaml:4:12: ", "names its lead at b.yaml:18"},
        {"lead: TRUONG-1", "lead: TRUONG-7", "d.yaml:4:25: ", "not a registered unit"},
        {"lead: TRUONG-1", "lead: Trường", "d.yaml:4:25: ", "not a unit's code"},
        {", why: gần nhất", "", "d.yaml:4:5: ", "\"why\" is missing"},
        {"2024-02-03}\n", "2024-02-03}\n  - {task: \"2.1\", lead: PHONG-GD, by: A, why: B}\n",
         "d.yaml:5:5: ", "decided at line 4 already"},
        {"decisions/1", "decisions/2", "d.yaml:1:9: ", "choose"},
    };
    struct fixture f;

    (void)state;
    open_second(&f);
    gv_buf_puts(&f.files[3], DECISIONS);
    must_build(&f);
    assert_int_equal(find_row(&f, "2.1", "TRUONG-1")->how, GV_HOW_DECISION);
    assert_int_equal(find_row(&f, "2.1", "PHONG-GD")->role, COORDINATE);
    assert_true(f.decisions.all[0].day_known);
    close_fixture(&f);
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        open_second(&f);
        gv_buf_puts(&f.files[3], DECISIONS);
        edit(&f.files[3], wrongs[i].from, wrongs[i].to);
        must_say(&f, GV_EBADMSG, wrongs[i].where, wrongs[i].says);
        close_fixture(&f);
    }
}

static void test_units_are_read_strictly(void **state)
{
    static const struct {
        const char *from, *to, *where, *says;
    } wrongs[] = {
        {"\tbody", "\tbodies", "units.tsv:1:35: ", "no column \"bodies\""},
        {"code\t", "", "units.tsv:1:1: ", "no column \"code\""},
        {"PHONG-GD\t", "Phòng\t", "units.tsv:2:1: ", "the code \"Phòng\""},
        {"TRUONG-2\t", "TRUONG-1\t", "units.tsv:4:1: ", "stands twice"},
        {"Phòng Giáo dục\t", "\t", "units.tsv:2:10: ", "\"name_vi\" is empty"},
        {"REPORT,EDU", "REPORT;EDU", "units.tsv:2:49: ", "the field \"REPORT;EDU\""},
        {"\tyes", "\tmaybe", "units.tsv:6:56: ", "yes or no"},
        {"\tyes", "", "units.tsv:6:1: ", "5 columns, the heading 6"},
        {"Hai", "Ha\xff", "units.tsv:4:19: ", "not UTF-8"},
    };
    struct fixture f;

    (void)state;
    open_real(&f);
    assert_int_equal(load(&f), GV_OK);
    assert_int_equal(f.units.count, 81);
    assert_false(f.units.all[0].body);
    assert_true(f.units.all[gv_units_find(&f.units, "CC-TUV")].body);
    assert_int_equal(f.units.all[gv_units_find(&f.units, "SO-NN")].field_count, 5);
    assert_true(gv_units_find(&f.units, "NOBODY") == SIZE_MAX);
    close_fixture(&f);
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        open_second(&f);
        edit(&f.files[2], wrongs[i].from, wrongs[i].to);
        must_say(&f, GV_EBADMSG, wrongs[i].where, wrongs[i].says);
        close_fixture(&f);
    }
    open_second(&f);
    gv_buf_reset(&f.files[2]);
    must_say(&f, GV_EBADMSG, "units.tsv: ", "empty");
    close_fixture(&f);
}

static int start(void **state)
{
    (void)state;
    return gv_crypto_init() != GV_OK || gv_lang_set("en") != GV_OK;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_real_plan_gives_each_task_and_unit_one_role),
        cmocka_unit_test(test_its_open_leads_are_proposed_decided_or_left_open),
        cmocka_unit_test(test_without_decisions_ties_are_shown_and_stop_an_issue),
        cmocka_unit_test(test_the_load_of_other_directives_counts),
        cmocka_unit_test(test_the_second_letter_is_planned_and_bodies_are_not_proposed),
        cmocka_unit_test(test_nobody_with_the_field_is_ambiguous_too),
        cmocka_unit_test(test_names_that_nobody_registered_are_said_at_their_place),
        cmocka_unit_test(test_a_group_that_names_another_stands_below_it),
        cmocka_unit_test(test_a_task_that_nobody_leads_is_refused),
        cmocka_unit_test(test_a_group_must_not_bear_a_units_code),
        cmocka_unit_test(test_a_decision_settles_or_says_what_is_wrong_with_it),
        cmocka_unit_test(test_units_are_read_strictly),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
