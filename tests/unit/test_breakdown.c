/* links: gv_plan gv_letter gv_trust gv_base */
/* test_breakdown.c - the office's file: the real one, a second one, and every way to write it
 * wrong, each with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/lang.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "domain/calendar.h"
#include "plan/breakdown.h"
#include "trust/act.h"
#include "wire/pb_arena.h"

#define EXAMPLE GV_SOURCE_DIR "/deploy/examples/lam-dong-2024/"
#define DATA    GV_SOURCE_DIR "/tests/data/"

struct fixture {
    gv_arena *arena;
    struct gv_buf letter;
    struct gv_buf yaml;
    struct gv_problems problems;
    struct gv_breakdown breakdown;
};

static void open_fixture(struct fixture *f, const char *letter, const char *yaml)
{
    memset(f, 0, sizeof *f);
    f->arena = gv_arena_new((size_t)1 << 28);
    assert_non_null(f->arena);
    gv_problems_init(&f->problems, f->arena);
    assert_int_equal(gv_buf_read_file(&f->letter, letter, 1 << 20), GV_OK);
    assert_int_equal(gv_buf_read_file(&f->yaml, yaml, 1 << 20), GV_OK);
}

static void close_fixture(struct fixture *f)
{
    gv_arena_free(f->arena);
    gv_buf_fini(&f->letter);
    gv_buf_fini(&f->yaml);
}

static gv_err load(struct fixture *f)
{
    const struct gv_breakdown_in in = {
        "b.yaml", {f->yaml.data, f->yaml.len}, "letter.txt", {f->letter.data, f->letter.len}};

    return gv_breakdown_load(&in, f->arena, &f->breakdown, &f->problems);
}

static void must_load(struct fixture *f)
{
    struct gv_buf out;
    gv_err err = load(f);

    gv_buf_init(&out);
    gv_problems_print(&f->problems, &out);
    if (err != GV_OK)
        fail_msg("%s: %s", gv_err_name(err), out.len > 0 ? (char *)out.data : "");
    gv_buf_fini(&out);
}

/* Replaces the first `from` of the YAML. */
static void edit(struct fixture *f, const char *from, const char *to)
{
    const char *at = f->yaml.len > 0 ? strstr((char *)f->yaml.data, from) : NULL;
    struct gv_buf out;

    if (at == NULL)
        fail_msg("not in the file: %s", from);
    gv_buf_init(&out);
    gv_buf_append(&out, f->yaml.data, (size_t)(at - (char *)f->yaml.data));
    gv_buf_puts(&out, to);
    gv_buf_puts(&out, at + strlen(from));
    assert_true(gv_buf_ok(&out));
    gv_buf_fini(&f->yaml);
    f->yaml = out;
}

/* ---- what is right ----------------------------------------------------------------------------
 */

static bool has_provenance(const Giaoviec__V1__Task *task, const char *field, uint32_t origin)
{
    for (size_t i = 0; i < task->n_provenance; i++) {
        if (strcmp(task->provenance[i]->field, field) == 0)
            return task->provenance[i]->origin == origin;
    }
    return false;
}

static void check_task(const struct fixture *f, const struct gv_breakdown_task *task)
{
    const Giaoviec__V1__Span *span = task->task->span;
    Giaoviec__V1__Task *again =
        gv_pb_unpack(&giaoviec__v1__task__descriptor, task->bytes, f->arena);
    gv_hash digest;

    assert_non_null(span);
    assert_true(span->begin < span->end && span->end <= f->letter.len);
    assert_non_null(again);
    assert_string_equal(again->words, task->task->words);
    assert_int_equal(again->item, atoi(again->number));
    assert_true(again->n_kinds > 0);
    assert_true(again->by_field == (again->n_leads == 0));
    gv_blob_digest(task->bytes, &digest);
    assert_true(gv_hash_eq(&digest, &task->digest));
    assert_true(has_provenance(again, "words", GIAOVIEC__V1__ORIGIN__ORIGIN_LETTER));
    assert_true(has_provenance(again, "kinds", GIAOVIEC__V1__ORIGIN__ORIGIN_OFFICE));
    assert_true(!again->due || has_provenance(again, "due", again->due->origin));
    assert_true(!again->calendar || has_provenance(again, "calendar", again->calendar->origin));
    for (size_t i = 0; i < again->n_provenance; i++) {
        bool office = again->provenance[i]->origin == GIAOVIEC__V1__ORIGIN__ORIGIN_OFFICE;

        assert_true(office == (again->provenance[i]->by[0] != '\0'));
        assert_true(office == (again->provenance[i]->on_day > 0));
    }
}

static void test_the_real_breakdown_is_of_the_real_letter(void **state)
{
    const struct gv_breakdown_task *task;
    struct fixture f;

    (void)state;
    open_fixture(&f, EXAMPLE "3467-CV-TU.txt", EXAMPLE "breakdown.yaml");
    must_load(&f);
    assert_int_equal(f.breakdown.task_count, 49);
    for (size_t i = 0; i < f.breakdown.task_count; i++)
        check_task(&f, &f.breakdown.tasks[i]);
    assert_string_equal(f.breakdown.notation, "3467-CV/TU");
    assert_string_equal(f.breakdown.message->meta->notation_raw, "3467 - CV/TU");
    assert_string_equal(f.breakdown.message->meta->signer, "Trần Đình Văn");
    assert_int_equal(f.breakdown.message->meta->n_addressees, 3);
    assert_int_equal(f.breakdown.message->meta->n_recipients, 6);
    task = gv_breakdown_task(&f.breakdown, "5.6");
    assert_non_null(task);
    assert_string_equal(task->task->words,
                        "không sử dụng xe công đi lễ hội (trừ trường hợp thực thi nhiệm vụ)");
    assert_true(task->task->n_attestations == 2 && task->task->attestations[0]->exceptions);
    task = gv_breakdown_task(&f.breakdown, "3.6"); /* across the page break */
    assert_non_null(strstr(task->task->words, "tại các cơ sở sản xuất"));
    assert_int_equal(task->task->span->line, 19);
    task = gv_breakdown_task(&f.breakdown, "2.5");
    assert_true(task->task->due->due_us == gv_day_end_us(gv_day_from_ymd(2024, 2, 8)));
    assert_null(gv_breakdown_task(&f.breakdown, "9.9"));
    close_fixture(&f);
}

static size_t periods(const struct fixture *f, const char *number, struct gv_occurrence *out,
                      size_t cap)
{
    const Giaoviec__V1__Calendar *in = gv_breakdown_task(&f->breakdown, number)->task->calendar;
    struct gv_window windows[GV_BREAKDOWN_MAX_WINDOWS];
    struct gv_calendar calendar = {
        (enum gv_cadence)in->cadence, in->from_day, in->to_day, windows, in->n_windows,
        (int32_t)in->grace_days};
    size_t count = 0;

    for (size_t i = 0; i < in->n_windows; i++)
        windows[i] = (struct gv_window){in->windows[i]->from_day, in->windows[i]->to_day,
                                        (enum gv_cadence)in->windows[i]->cadence};
    assert_int_equal(gv_calendar_occurrences(&calendar, out, cap, &count), GV_OK);
    return count;
}

static void test_its_calendars_are_daily_in_the_holiday_and_weekly_around_it(void **state)
{
    struct gv_occurrence all[GV_BREAKDOWN_MAX_PERIODS];
    const int32_t holiday = gv_day_from_ymd(2024, 2, 8);
    struct fixture f;

    (void)state;
    open_fixture(&f, EXAMPLE "3467-CV-TU.txt", EXAMPLE "breakdown.yaml");
    must_load(&f);
    assert_int_equal(periods(&f, "2.6", all, GV_BREAKDOWN_MAX_PERIODS), 7);
    assert_int_equal(all[0].first_day, holiday);
    assert_int_equal(all[0].due_day, holiday + 1);
    /* 2-21 January, four weeks, 19-29 February, ten months */
    assert_int_equal(periods(&f, "2.2", all, GV_BREAKDOWN_MAX_PERIODS), 1 + 4 + 1 + 10);
    assert_int_equal(all[1].first_day, gv_day_from_ymd(2024, 1, 22));
    assert_int_equal(all[4].last_day, gv_day_from_ymd(2024, 2, 18));
    /* weeks from Tuesday 2 January to Wednesday 7 February, 7 days, weeks to 31 March, 9 months */
    assert_int_equal(periods(&f, "3.7", all, GV_BREAKDOWN_MAX_PERIODS), 6 + 7 + 7 + 9);
    assert_int_equal(all[6].first_day, holiday);
    close_fixture(&f);
}

static void test_the_same_files_give_the_same_bytes(void **state)
{
    struct fixture f, g;

    (void)state;
    open_fixture(&f, EXAMPLE "3467-CV-TU.txt", EXAMPLE "breakdown.yaml");
    open_fixture(&g, EXAMPLE "3467-CV-TU.txt", EXAMPLE "breakdown.yaml");
    must_load(&f);
    must_load(&g);
    assert_int_equal(f.breakdown.bytes.len, g.breakdown.bytes.len);
    assert_memory_equal(f.breakdown.bytes.data, g.breakdown.bytes.data, f.breakdown.bytes.len);
    assert_true(gv_hash_eq(&f.breakdown.digest, &g.breakdown.digest));
    assert_true(gv_id_eq(&f.breakdown.directive, &g.breakdown.directive));
    close_fixture(&f);
    close_fixture(&g);
}

static void test_a_second_letter_with_bom_and_crlf_and_a_due_date_of_its_own(void **state)
{
    const struct gv_breakdown_task *task;
    struct fixture f;

    (void)state;
    open_fixture(&f, DATA "second-letter.txt", DATA "second-breakdown.yaml");
    must_load(&f);
    assert_int_equal(f.breakdown.task_count, 2);
    task = gv_breakdown_task(&f.breakdown, "2.1");
    assert_string_equal(task->task->words, "nêu rõ khó khăn trong cải cách hành chinh của đơn vị");
    assert_true(task->task->by_field);
    assert_int_equal(task->task->due->origin, GIAOVIEC__V1__ORIGIN__ORIGIN_LETTER);
    assert_int_equal(task->task->n_provenance, 8);
    assert_string_equal(task->task->provenance[7]->field, "calendar");
    assert_string_equal(task->task->provenance[7]->by, "Hiệu trưởng");
    assert_int_equal(task->task->provenance[7]->on_day, gv_day_from_ymd(2024, 2, 2));
    assert_int_equal(task->lead_at.line, 27);
    assert_int_equal(task->lead_at.column, 11);
    close_fixture(&f);
}

static void test_decomposed_text_a_bom_and_crlf_change_nothing(void **state)
{
    struct fixture f, g;
    struct gv_buf crlf;

    (void)state;
    open_fixture(&f, DATA "second-letter.txt", DATA "second-breakdown.yaml");
    must_load(&f);
    open_fixture(&g, DATA "second-letter.txt", DATA "second-breakdown.yaml");
    edit(&g, "bếp ăn", "be\xcc\x82\xcc\x81p a\xcc\x86n");
    edit(&g, "name: Bếp ăn", "name: \"Be\xcc\x82\xcc\x81p   a\xcc\x86n \"");
    gv_buf_init(&crlf);
    gv_buf_puts(&crlf, "\xef\xbb\xbf");
    for (size_t i = 0; i < g.yaml.len; i++) {
        if (g.yaml.data[i] == '\n')
            gv_buf_putc(&crlf, '\r');
        gv_buf_putc(&crlf, (char)g.yaml.data[i]);
    }
    gv_buf_fini(&g.yaml);
    g.yaml = crlf;
    must_load(&g);
    assert_true(gv_hash_eq(&f.breakdown.digest, &g.breakdown.digest));
    close_fixture(&f);
    close_fixture(&g);
}

static void test_an_occurrence_names_one_of_several_places(void **state)
{
    struct fixture f;
    uint64_t first;

    (void)state;
    open_fixture(&f, EXAMPLE "3467-CV-TU.txt", EXAMPLE "breakdown.yaml");
    edit(&f, "words: vệ sinh môi trường", "words: lễ hội\n    occurrence: 1");
    must_load(&f);
    first = gv_breakdown_task(&f.breakdown, "2.3")->task->span->begin;
    edit(&f, "occurrence: 1", "occurrence: 2");
    must_load(&f);
    assert_true(gv_breakdown_task(&f.breakdown, "2.3")->task->span->begin > first);
    close_fixture(&f);
}

/* ---- what is wrong ----------------------------------------------------------------------------
 */

struct wrong {
    const char *from; /* of second-breakdown.yaml */
    const char *to;
    uint32_t line;
    uint32_t column;
    const char *says;
};

static const struct wrong wrongs[] = {
    /* YAML itself */
    {"gloss: Inspect", "gloss: &x Inspect", 15, 12, "anchors and aliases"},
    {"gloss: Inspect the kitchens", "gloss: *x", 15, 12, "anchors and aliases"},
    {"gloss: Inspect", "gloss: !!str Inspect", 15, 12, "tags"},
    {"kinds: [INDICATOR]", "kinds: [INDICATOR", 17, 10, "not YAML"},
    {"Inspect the kitchens", "\"Inspect \\0\"", 15, 12, "control character"},
    {"Inspect the kitchens", "\"Inspect \\x07\"", 15, 12, "control character"},
    {"Inspect the kitchens", "Inspect \xff", 15, 20, "not UTF-8"},
    {"Inspect the kitchens", "Inspect \x01", 15, 20, "not YAML"},
    {"tasks:", "---\ntasks:", 12, 1, "one document"},
    {"[INDICATOR]", "[[[[[[[[[[[[[[INDICATOR]]]]]]]]]]]]]]", 16, 21, "nested deeper"},
    /* keys */
    {"gloss: Inspect", "glos: Inspect", 15, 5, "no such key: \"glos\""},
    {"    gloss: Inspect the kitchens\n", "", 13, 5, "\"gloss\" is missing"},
    {"    gloss: Inspect", "    field: X\n    gloss: Inspect", 18, 5, "stands twice"},
    {"    field: FOODSAFE", "    [a]: b\n    field: FOODSAFE", 17, 5, "a key must be a word"},
    {"Inspect the kitchens", "[a, b]", 15, 12, "must be one value"},
    {"Inspect the kitchens", "\"\"", 15, 12, "empty value"},
    {"format: giaoviec-breakdown/1", "format: giaoviec-breakdown/2", 1, 9, "choose"},
    {"version: 1", "version: 1.5", 2, 10, "whole number"},
    {"written: 2024-02-01", "written: 01/02/2024", 4, 10, "not a date"},
    {"notation: 12/UBND-VX", "notation: 13/UBND-VX", 6, 13, "has the number \"12/UBND-VX\""},
    {"  date: 2024-02-01\n", "", 6, 3, "is needed"},
    /* words */
    {"kiểm tra bếp ăn,", "kiểm tra nhà ăn,", 14, 12, "not in the letter"},
    {"words: kiểm tra bếp ăn, bảo đảm an toàn thực phẩm", "words: nêu rõ khó khăn", 14, 12,
     "letter.txt:11:43"},
    {"cải cách hành chinh của", "cải cách hành chính của", 23, 12, "other letters: \"nêu rõ"},
    {"words: kiểm tra bếp ăn, bảo đảm an toàn thực phẩm", "words: t\xc3\xb4i", 14, 12,
     "not in the letter"},
    {"words: kiểm tra bếp ăn, bảo đảm an toàn thực phẩm", "words: \"*\"", 14, 12, "no words"},
    {"words: kiểm tra", "occurrence: 2\n    words: kiểm tra", 15, 12, "no occurrence 2"},
    {"number: \"2.1\"", "number: \"3.1\"", 22, 13, "no item 3"},
    {"number: \"2.1\"", "number: \"2..1\"", 22, 13, "not a task's number"},
    {"number: \"2.1\"", "number: \"1.1\"\n    item: 2", 22, 5, "stands at line 13 already"},
    /* kinds, fields, people */
    {"kinds: [INDICATOR]", "kinds: [INDICATORS]", 16, 13, "choose"},
    {"kinds: [INDICATOR]", "kinds: [INDICATOR, PROHIBITION]", 16, 12, "needs \"attest\""},
    {"kinds: [INDICATOR]", "kinds: [INDICATOR, INDICATOR]", 16, 24, "stands twice"},
    {"kinds: [INDICATOR]", "kinds: []", 16, 12, "empty list"},
    {"kinds: [WINDOWED]", "kinds: [INDICATOR]", 25, 12, "needs \"indicators\""},
    {"kinds: [WINDOWED]", "kinds: [CONTINUOUS]", 29, 10, "CONTINUOUS alone has no due date"},
    {"field: FOODSAFE", "field: foodsafe", 17, 12, "must be A-Z"},
    {"lead: schools", "lead: các trường", 18, 11, "neither a unit's code nor a group's"},
    {"lead: schools", "lead: [schools, schools]", 18, 21, "stands twice"},
    {"{field: REPORT}", "{field: FOODSAFE}", 27, 19, "must be the task's field: REPORT"},
    {"lead: schools", "lead: schools\n    supervisor: schools", 19, 17, "supervisor is one code"},
    {"{origin: letter, title", "{origin: người, title", 11, 21, "choose"},
    {"  schools: {", "  schools: {origin: office, members: [A]}\n  schools: {", 12, 3,
     "stands twice"},
    {"  schools: {", "  Trường: {", 11, 3, "must be a-z"},
    {"provenance: {indicators: office}", "provenance: {kinds: office}", 13, 5,
     "where \"indicators\" comes from"},
    {"{words: letter,", "{words: office,", 9, 21, "always the letter's"},
    /* dates */
    {"due: 2024-03-14", "due: 2024-13-14", 29, 10, "not a date"},
    {"due: 2024-03-14", "due: 2024-01-14", 29, 10, "before the letter's (2024-02-01)"},
    {"      to: 2024-03-14", "      to: 2024-02-01", 33, 11, "before \"from\""},
    {"      to: 2024-03-14", "      to: 2044-03-14", 33, 11, "ten years"},
    {"to: 2024-02-18, cadence: weekly", "to: 2024-03-02, cadence: weekly", 36, 11, "overlaps"},
    {"from: 2024-02-05, to: 2024-02-18", "from: 2024-02-04, to: 2024-02-18", 35, 11, "outside"},
    {"cadence: none", "cadence: once", 31, 16, "does not go with windows"},
    {"cadence: weekly", "cadence: hourly", 35, 72, "choose"},
    {"      windows:\n        - {name: Tháng hai, from: 2024-02-05, to: 2024-02-18, cadence: "
     "weekly}\n        - {name: Tháng ba, from: 2024-03-01, to: 2024-03-03, cadence: daily}\n",
     "", 31, 7, "no period"},
    {"cadence: none\n      from: 2024-02-05\n      to: 2024-03-14",
     "cadence: daily\n      from: 2024-02-05\n      to: 2028-03-14", 31, 7, "periods, at most 800"},
    /* indicators */
    {"target: 1}", "target: 1,5}", 20, 95, "no such key: \"5\""},
    {"target: 1}", "target: \"1,5\"}", 20, 93, "not a decimal"},
    {"direction: up, target: 1}", "target: 1}", 20, 9, "needs \"direction"},
    {"direction: up, target: 1}", "direction: range, target: 1}", 20, 9, "needs both"},
    {"direction: up, target: 1}", "direction: range, target: 10, target_high: 9.5}", 20, 9,
     "above target_high"},
    {"direction: up, target: 1}", "target_high: 1}", 20, 9, "for \"direction: range\" only"},
    {"    provenance: {ind",
     "      - {code: KITCHENS, name: A, measure: b, aggregate: sum}\n    "
     "provenance: {ind",
     21, 9, "stands twice in this task"},
    /* attestation */
    {"    provenance: {ind",
     "    attest: [{clause: Không, from: 2024-02-10, to: 2024-02-20, due: 2024-02-15}]\n    "
     "provenance: {attest: office, ind",
     21, 69, "attested before its time"},
    {"    provenance: {ind",
     "    attest: [{clause: Không, from: 2024-01-31, to: 2024-02-20, due: 2024-02-25}]\n    "
     "provenance: {attest: office, ind",
     21, 36, "before the letter's (2024-02-01)"},
    {"    provenance: {ind",
     "    attest: [{clause: Không, origin: letter, from: 2024-02-10, to: 2024-02-20, due: "
     "2024-02-25}]\n    provenance: {attest: office, ind",
     21, 23, "not in the letter"},
    {"    provenance: {ind",
     "    attest: [{clause: Không, permits: yes, from: 2024-02-10, to: 2024-02-20, due: "
     "2024-02-25}]\n    provenance: {attest: office, ind",
     21, 39, "choose: false, true"},
};

/* The problem that says it, else the first one. */
static const struct gv_problem *find_problem(const struct fixture *f, const char *says)
{
    for (size_t i = 0; i < f->problems.count; i++) {
        if (strstr(f->problems.all[i].text, says) != NULL)
            return &f->problems.all[i];
    }
    return &f->problems.all[0];
}

static bool is_said(const struct wrong *wrong)
{
    const struct gv_problem *p;
    struct fixture f;
    bool good;

    open_fixture(&f, DATA "second-letter.txt", DATA "second-breakdown.yaml");
    edit(&f, wrong->from, wrong->to);
    good = load(&f) == GV_EBADMSG && f.problems.count > 0 && f.breakdown.message == NULL;
    if (!good)
        print_error("loaded: %s\n", wrong->to);
    p = find_problem(&f, wrong->says);
    if (good && (p->at.line != wrong->line || p->at.column != wrong->column ||
                 strstr(p->text, wrong->says) == NULL || strcmp(p->file, "b.yaml") != 0)) {
        print_error("%s: wanted %u:%u: %s, got %u:%u: %s\n", wrong->to, wrong->line, wrong->column,
                    wrong->says, p->at.line, p->at.column, p->text);
        good = false;
    }
    close_fixture(&f);
    return good;
}

static void test_each_mistake_is_said_at_its_place(void **state)
{
    size_t bad = 0;

    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++)
        bad += !is_said(&wrongs[i]);
    assert_int_equal(bad, 0);
}

static void test_words_that_stand_several_times_need_more_words(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, EXAMPLE "3467-CV-TU.txt", EXAMPLE "breakdown.yaml");
    edit(&f, "words: vệ sinh môi trường", "words: lễ hội");
    assert_int_equal(load(&f), GV_EBADMSG);
    assert_int_equal(f.problems.count, 1);
    assert_non_null(strstr(f.problems.all[0].text, "stand 2 times in item 2"));
    assert_non_null(strstr(f.problems.all[0].text, "occurrence: N"));
    close_fixture(&f);
}

static void test_several_mistakes_are_said_at_once_and_too_many_are_counted(void **state)
{
    struct gv_buf out;
    struct fixture f;

    (void)state;
    open_fixture(&f, DATA "second-letter.txt", DATA "second-breakdown.yaml");
    edit(&f, "gloss: Inspect", "glos: Inspect");
    edit(&f, "due: 2024-03-14", "due: soon");
    edit(&f, "field: FOODSAFE", "field: x");
    assert_int_equal(load(&f), GV_EBADMSG);
    assert_int_equal(f.problems.count, 4); /* glos is unknown and gloss is missing */
    assert_int_equal(f.problems.dropped, 0);
    gv_buf_init(&out);
    for (int i = 0; i < 30; i++)
        gv_buf_printf(&out, "    x%d: y\n", i);
    gv_buf_puts(&out, "    field: x\n");
    edit(&f, "    field: x\n", (char *)out.data);
    gv_problems_init(&f.problems, f.arena);
    assert_int_equal(load(&f), GV_EBADMSG);
    assert_int_equal(f.problems.count, GV_PROBLEMS_MAX);
    assert_int_equal(f.problems.dropped, 14);
    gv_buf_reset(&out);
    gv_problems_print(&f.problems, &out);
    assert_non_null(strstr((char *)out.data, "b.yaml:15:5: "));
    assert_non_null(strstr((char *)out.data, "+14 "));
    gv_buf_fini(&out);
    close_fixture(&f);
}

static void test_what_a_file_says_cannot_steer_a_terminal_and_is_cut_between_letters(void **state)
{
    struct fixture f;
    struct gv_buf key;

    (void)state;
    open_fixture(&f, DATA "second-letter.txt", DATA "second-breakdown.yaml");
    gv_buf_init(&key);
    gv_buf_puts(&key, "    \"\\e[31mx");
    for (int i = 0; i < 60; i++)
        gv_buf_puts(&key, "ế");
    gv_buf_puts(&key, "\": y\n    field: FOODSAFE\n");
    edit(&f, "    field: FOODSAFE\n", (char *)key.data);
    gv_buf_fini(&key);
    assert_int_equal(load(&f), GV_EBADMSG);
    assert_int_equal(f.problems.all[0].at.line, 17);
    assert_non_null(strstr(f.problems.all[0].text, "\"?[31mx"));
    assert_true(gv_text_valid(f.problems.all[0].text, strlen(f.problems.all[0].text), NULL));
    close_fixture(&f);
}

static void test_an_empty_file_and_a_large_one_are_refused(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, DATA "second-letter.txt", DATA "second-breakdown.yaml");
    gv_buf_reset(&f.yaml);
    assert_int_equal(load(&f), GV_EBADMSG);
    assert_non_null(strstr(f.problems.all[0].text, "empty"));
    while (f.yaml.len <= GV_BREAKDOWN_MAX_BYTES)
        gv_buf_puts(&f.yaml, "# a comment that goes on and on, line after line, to no end\n");
    assert_int_equal(load(&f), GV_EBADMSG);
    assert_non_null(strstr(f.problems.all[1].text, "larger than"));
    close_fixture(&f);
}

static void put_names(struct gv_buf *out, const char *key, size_t count)
{
    char name[160];

    gv_buf_puts(out, key);
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(name, sizeof name, "%sg%063zu", i > 0 ? ", " : ": [", i);
        gv_buf_puts(out, name);
    }
    gv_buf_puts(out, "]\n");
}

static void test_a_task_that_fits_no_order_is_refused(void **state)
{
    struct fixture f;
    struct gv_buf names;

    (void)state;
    open_fixture(&f, DATA "second-letter.txt", DATA "second-breakdown.yaml");
    gv_buf_init(&names);
    put_names(&names, "    field: FOODSAFE\n    followers", 1600);
    put_names(&names, "    coordinators", 1600);
    edit(&f, "    field: FOODSAFE\n", (char *)names.data);
    edit(&f, "{indicators: office}",
         "{indicators: office, followers: office, coordinators: office}");
    gv_buf_fini(&names);
    assert_int_equal(load(&f), GV_EBADMSG);
    assert_int_equal(f.problems.count, 1);
    assert_non_null(strstr(f.problems.all[0].text, "is larger than 196608 bytes"));
    close_fixture(&f);
}

static void test_too_little_memory_is_said_as_such(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, DATA "second-letter.txt", DATA "second-breakdown.yaml");
    for (size_t cap = 1 << 10; cap < 1 << 15; cap += 1 << 10) {
        gv_arena *small = gv_arena_new(cap);
        const struct gv_breakdown_in in = {
            "b.yaml", {f.yaml.data, f.yaml.len}, "letter.txt", {f.letter.data, f.letter.len}};
        gv_err err = gv_breakdown_load(&in, small, &f.breakdown, &f.problems);

        assert_true(err == GV_ENOMEM || err == GV_OK);
        gv_arena_free(small);
    }
    assert_int_equal(f.problems.count, 0);
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
        cmocka_unit_test(test_the_real_breakdown_is_of_the_real_letter),
        cmocka_unit_test(test_its_calendars_are_daily_in_the_holiday_and_weekly_around_it),
        cmocka_unit_test(test_the_same_files_give_the_same_bytes),
        cmocka_unit_test(test_a_second_letter_with_bom_and_crlf_and_a_due_date_of_its_own),
        cmocka_unit_test(test_decomposed_text_a_bom_and_crlf_change_nothing),
        cmocka_unit_test(test_an_occurrence_names_one_of_several_places),
        cmocka_unit_test(test_each_mistake_is_said_at_its_place),
        cmocka_unit_test(test_words_that_stand_several_times_need_more_words),
        cmocka_unit_test(test_several_mistakes_are_said_at_once_and_too_many_are_counted),
        cmocka_unit_test(test_what_a_file_says_cannot_steer_a_terminal_and_is_cut_between_letters),
        cmocka_unit_test(test_an_empty_file_and_a_large_one_are_refused),
        cmocka_unit_test(test_a_task_that_fits_no_order_is_refused),
        cmocka_unit_test(test_too_little_memory_is_said_as_such),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
