/* links: gv_agent gv_base */
/* test_status.c - status documents: what is taken, and each refusal with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "agent/status.h"
#include "base/clock.h"
#include "base/lang.h"

static gv_arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = gv_arena_new(GV_STATUS_ARENA_CAP);
    return arena == NULL || gv_lang_set("en") != GV_OK;
}

static int tear_down(void **state)
{
    (void)state;
    gv_arena_free(arena);
    return 0;
}

static struct gv_status good(enum gv_status_format format, const char *text)
{
    struct gv_status status;
    struct gv_status_fault fault;
    char why[640];

    if (gv_status_parse(format, text, strlen(text), arena, &status, &fault) != GV_OK)
        fail_msg("%s", gv_status_fault_format(&fault, "document", why, sizeof why));
    return status;
}

static void test_a_whole_json_document_is_read(void **state)
{
    struct gv_status s = good(
        GV_STATUS_JSON,
        "{\"unit\":\"SO-YT\",\"as_of\":\"2024-02-08\",\"person\":\"Nguye\xcc\x82\xcc\x83n "
        "Va\xcc\x86n A\","
        "\"tasks\":[{\"task\":\"2.2\",\"accept\":true,\"progress\":40,\"narrative\":\"đã\\nlàm\","
        "\"values\":{\"INSPECTIONS\":\"12.5\",\"COUNT\":7,\"CASES\":null},"
        "\"periods\":[\"2024-02-05\",\"2024-02-12\"],"
        "\"attest\":[{\"clause\":1,\"compliant\":false,\"person\":\"B\",\"exceptions\":[{\"text\":"
        "\"x\","
        "\"day\":\"2024-02-06\"},{\"text\":\"y\"}],\"permits\":[],\"breaches\":[{\"text\":\"z\"}]}]"
        ","
        "\"submit\":{\"narrative\":\"xong\",\"values\":{\"INSPECTIONS\":\"13\"}}},"
        "{\"task\":\"36-HD/VPTW#2.2\",\"assignment\":\"000102030405060708090a0b0c0d0e0f\","
        "\"return\":\"không thuộc\"}]}");
    const struct gv_status_task *task = &s.tasks[0];

    (void)state;
    assert_string_equal(s.unit.s, "SO-YT");
    assert_true(s.has_as_of);
    assert_int_equal(s.as_of, gv_day_from_ymd(2024, 2, 8));
    assert_string_equal(s.person, "Nguyễn Văn A"); /* NFC now */
    assert_int_equal(s.task_count, 2);
    assert_true(task->accept);
    assert_int_equal(task->progress, 40);
    assert_string_equal(task->narrative, "đã\nlàm");
    assert_int_equal(task->values.count, 3);
    assert_string_equal(task->values.list[0].value, "12.5");
    assert_string_equal(task->values.list[1].value, "7");
    assert_null(task->values.list[2].value);
    assert_int_equal(task->period_count, 2);
    assert_int_equal(task->periods[1], gv_day_from_ymd(2024, 2, 12));
    assert_int_equal(task->attest_count, 1);
    assert_int_equal(task->attests[0].clause, 1);
    assert_false(task->attests[0].compliant);
    assert_int_equal(task->attests[0].exceptions.count, 2);
    assert_true(task->attests[0].exceptions.list[0].has_day);
    assert_false(task->attests[0].exceptions.list[1].has_day);
    assert_int_equal(task->attests[0].permits.count, 0);
    assert_string_equal(task->attests[0].breaches.list[0].text, "z");
    assert_true(task->submit);
    assert_string_equal(task->submit_values.list[0].value, "13");
    assert_int_equal(s.tasks[1].progress, -1);
    assert_false(s.tasks[1].submit);
    assert_true(s.tasks[1].has_assignment);
    assert_int_equal(s.tasks[1].assignment.b[15], 15);
    assert_string_equal(s.tasks[1].return_reason, "không thuộc");
}

static void test_a_whole_csv_document_means_the_same(void **state)
{
    static const char *const texts[2] = {
        "\xef\xbb\xbftask,field,key,value\r\n,unit,,SO-YT\r\n,as_of,,2024-02-08\r\n,person,,Nguyễn "
        "Văn A\r\n"
        "2.2,progress,,40\r\n2.2,narrative,,\"đã làm, \"\"tốt\"\"\nhai "
        "dòng\"\r\n2.2,value,X,12.5\r\n"
        "3.1,return,,không thuộc\r\n2.2,value,Y,\r\n2.2,period,2024-02-05,\r\n2.2,attest,0,true\r\n"
        "2.2,attest.exception,0,2024-02-06 họp muộn\r\n2.2,attest.permit,0,được phép\r\n"
        "2.2,attest.person,0,B\r\n2.2,submit,,xong\r\n2.2,submit.value,X,13\r\n2.2,accept,,"
        "true\r\n",
        "task;field;key;value\n;unit;;SO-YT\n;as_of;;2024-02-08\n;person;;Nguyễn Văn A\n"
        "2.2;progress;;40\n2.2;narrative;;\"đã làm, \"\"tốt\"\"\nhai dòng\"\n2.2;value;X;12.5\n"
        "3.1;return;;không thuộc\n2.2;value;Y\n2.2;period;2024-02-05\n2.2;attest;0;true\n"
        "2.2;attest.exception;0;2024-02-06 họp muộn\n2.2;attest.permit;0;được phép\n"
        "2.2;attest.person;0;B\n2.2;submit;;xong\n2.2;submit.value;X;13\n\n2.2;accept;;true",
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct gv_status s = good(GV_STATUS_CSV, texts[i]);
        const struct gv_status_task *task = &s.tasks[0];

        assert_string_equal(s.unit.s, "SO-YT");
        assert_int_equal(s.as_of, gv_day_from_ymd(2024, 2, 8));
        assert_string_equal(s.person, "Nguyễn Văn A");
        assert_int_equal(s.task_count, 2);
        assert_int_equal(task->progress, 40);
        assert_string_equal(task->narrative, "đã làm, \"tốt\"\nhai dòng");
        assert_string_equal(task->values.list[0].value, "12.5");
        assert_null(task->values.list[1].value);
        assert_int_equal(task->periods[0], gv_day_from_ymd(2024, 2, 5));
        assert_true(task->attests[0].compliant);
        assert_string_equal(task->attests[0].person, "B");
        assert_string_equal(task->attests[0].exceptions.list[0].text, "họp muộn");
        assert_true(task->attests[0].exceptions.list[0].has_day);
        assert_false(task->attests[0].permits.list[0].has_day);
        assert_string_equal(task->submit_narrative, "xong");
        assert_string_equal(task->submit_values.list[0].code, "X");
        assert_true(task->accept);
        assert_string_equal(s.tasks[1].return_reason, "không thuộc");
    }
}

static void test_the_smallest_documents_are_good(void **state)
{
    (void)state;
    assert_int_equal(good(GV_STATUS_JSON, "{\"unit\":\"A\"}").task_count, 0);
    assert_int_equal(good(GV_STATUS_CSV, "task,field,key,value\n,unit,,A\n").task_count, 0);
}

struct bad {
    const char *text;
    const char *where; /* as gv_status_fault_format() says it, up to the reason */
    const char *why;   /* a part of the reason */
};

#define DOC(tasks)   "{\"unit\":\"A\",\"tasks\":[" tasks "]}"
#define TASK(fields) DOC("{\"task\":\"2.2\"," fields "}")

static const struct bad bad_json[] = {
    {"", "d:1:1: ", "not JSON"},
    {"{\"unit\":\"A\",\n \"tasks\":[}", "d:2:", "not JSON"},
    {"{\"unit\":\"A\"", "d:1:", "not JSON"}, /* half written */
    {"[]", "d: ", "object"},
    {"{\"unit\":\"A\",\"unit\":\"B\"}", "d:1:", "duplicate"},
    {"{\"unit\":\"A\xff\"}", "d:1:11: ", "UTF-8"},
    {"{\"unit\":\"A\",\n\"person\":\"\xc3\"}", "d:2:11: ", "UTF-8"},
    {"{}", "d: /unit: ", "missing"},
    {"{\"unit\":1}", "d: /unit: ", "unit's code"},
    {"{\"unit\":\"SỞ\"}", "d: /unit: ", "unit's code"},
    {"{\"unit\":\"A\",\"as_of\":\"2024-02-30\"}", "d: /as_of: ", "not a day"},
    {"{\"unit\":\"A\",\"as_of\":\"1924-02-08\"}", "d: /as_of: ", "before 1970"},
    {"{\"unit\":\"A\",\"as_of\":20240208}", "d: /as_of: ", "day like"},
    {"{\"unit\":\"A\",\"person\":\"\"}", "d: /person: ", "empty"},
    {"{\"unit\":\"A\",\"person\":\"a\\nb\"}", "d: /person: ", "control"},
    {"{\"unit\":\"A\",\"task\":[]}", "d: /task: ", "no such field"},
    {"{\"unit\":\"A\",\"a/b~c\":1}", "d: /a~1b~0c: ", "no such field"},
    {"{\"unit\":\"A\",\"tasks\":{}}", "d: /tasks: ", "array"},
    {DOC("7"), "d: /tasks/0: ", "object"},
    {DOC("{}"), "d: /tasks/0/task: ", "missing"},
    {DOC("{\"task\":2.2}"), "d: /tasks/0/task: ", "number like"},
    {DOC("{\"task\":\"2 2\"}"), "d: /tasks/0/task: ", "blanks"},
    {DOC("{\"task\":\"#2.2\"}"), "d: /tasks/0/task: ", "NOTATION#2.2"},
    {DOC("{\"task\":\"2.1\"},{\"task\":\"2.1\"}"), "d: /tasks/1/task: ", "before"},
    {TASK("\"assignment\":\"00\""), "d: /tasks/0/assignment: ", "32"},
    {TASK("\"accept\":false"), "d: /tasks/0/accept: ", "only be true"},
    {TASK("\"return\":\"\""), "d: /tasks/0/return: ", "empty"},
    {TASK("\"progress\":101"), "d: /tasks/0/progress: ", "0 to 100"},
    {TASK("\"progress\":40.0"), "d: /tasks/0/progress: ", "whole"},
    {TASK("\"progress\":\"40\""), "d: /tasks/0/progress: ", "whole"},
    {TASK("\"values\":[]"), "d: /tasks/0/values: ", "object"},
    {TASK("\"values\":{\"X\":1.5}"), "d: /tasks/0/values/X: ", "quotes"},
    {TASK("\"values\":{\"X\":\"12,5\"}"), "d: /tasks/0/values/X: ", "decimal"},
    {TASK("\"values\":{\"X\":\"\"}"), "d: /tasks/0/values/X: ", "decimal"},
    {TASK("\"values\":{\"\":\"1\"}"), "d: /tasks/0/values/: ", "empty"},
    {TASK("\"periods\":[\"2024-02-05\",\"5/2\"]"), "d: /tasks/0/periods/1: ", "not a day"},
    {TASK("\"attest\":[{\"clause\":0}]"), "d: /tasks/0/attest/0/compliant: ", "missing"},
    {TASK("\"attest\":[{\"clause\":-1,\"compliant\":true}]"),
     "d: /tasks/0/attest/0/clause: ", "from 0"},
    {TASK("\"attest\":[{\"clause\":0,\"compliant\":1}]"),
     "d: /tasks/0/attest/0/compliant: ", "true or false"},
    {TASK("\"attest\":[{\"clause\":0,\"compliant\":true},{\"clause\":0,\"compliant\":true}]"),
     "d: /tasks/0/attest/1/clause: ", "before"},
    {TASK("\"attest\":[{\"clause\":0,\"compliant\":true,\"breaches\":[{\"day\":\"2024-01-01\"}]}]"),
     "d: /tasks/0/attest/0/breaches/0/text: ", "missing"},
    {TASK("\"attest\":[{\"clause\":0,\"compliant\":true,\"breaches\":[{\"text\":\"x\"}]}]"),
     "d: /tasks/0/attest/0/breaches: ", "no breaches"},
    {TASK("\"values\":{\"\u00e9\":\"1\",\"e\u0301\":\"1\"}"),
     "d: /tasks/0/values/e\u0301: ", "before"},
    {TASK("\"submit\":true"), "d: /tasks/0/submit: ", "object"},
    {TASK("\"submit\":{\"progress\":1}"), "d: /tasks/0/submit/progress: ", "no such field"},
};

#define HEAD "task,field,key,value\n,unit,,A\n"

static const struct bad bad_csv[] = {
    {"", "d:1: ", "first line"},
    {"task,field,value,key\n", "d:1: ", "first line"},
    {"task,field,key,value\n", "d:1: ", ",unit,,CODE"},
    {HEAD "2.2,progress,,40\n2.2,progres,,40\n", "d:4: ", "progres"},
    {HEAD "\n\n2.2,progress,,101\n", "d:5: ", "0 to 100"},
    {HEAD "2.2,progress,,4x\n", "d:3: ", "whole"},
    {HEAD "2.2,progress,x,40\n", "d:3: ", "key must be empty"},
    {HEAD "2.2,unit,,A\n", "d:3: ", "task must be empty"},
    {HEAD "2.2,progress,,40,5\n", "d:3: ", "4 columns"},
    {HEAD "2.2,narrative,,\"a\nb\n2.3,progress,,4\n", "d:3: ", "not closed"},
    {HEAD "2.2,narrative,,\"a\" b\n", "d:3: ", "after a closing"},
    {HEAD "2.2,narrative,,a\"b\n", "d:3: ", "inside"},
    {HEAD "2.2,narrative,,\"a\nb\"\n2.2,narrative,,c\n", "d:5: ", "before"},
    {HEAD "2.2,value,X,\"12,5\"\n", "d:3: ", "decimal"},
    {HEAD "2.2,value,X,1\n2.2,value,X,2\n", "d:4: ", "before"},
    {HEAD "2.2,value,,1\n", "d:3: ", "empty"},
    {HEAD "2.2,period,2024-13-01,\n", "d:3: ", "not a day"},
    {HEAD "2.2,period,1899-12-30,\n", "d:3: ", "before 1970"},
    {HEAD "2.2,attest,x,true\n", "d:3: ", "clause's number"},
    {HEAD "2.2,attest,0,yes\n", "d:3: ", "true or false"},
    {HEAD "2.2,attest,0,true\n2.2,attest,0,true\n", "d:4: ", "before"},
    {HEAD "2.2,attest.breach,0,x\n", "d:3: ", "must stand above"},
    {HEAD "2.2,attest,0,true\n2.2,attest.breach,0,x\n", "d:4: ", "no breaches"},
    {HEAD ",progress,,40\n", "d:3: ", "empty"},
    {HEAD "2.2,accept,,yes\n", "d:3: ", "only be true"},
    {HEAD "2.2,narrative,,\x01\n", "d:3: ", "control"},
};

static void refuse(enum gv_status_format format, const struct bad *bad)
{
    struct gv_status status = {.task_count = 77};
    struct gv_status_fault fault;
    char said[640];
    gv_err err = gv_status_parse(format, bad->text, strlen(bad->text), arena, &status, &fault);

    if (err != GV_EBADMSG)
        fail_msg("%s: %s", gv_err_name(err), bad->text);
    gv_status_fault_format(&fault, "d", said, sizeof said);
    if (strncmp(said, bad->where, strlen(bad->where)) != 0 || strstr(said, bad->why) == NULL)
        fail_msg("%s\n said: %s\n not:  %s… %s", bad->text, said, bad->where, bad->why);
    assert_int_equal(status.task_count, 77); /* untouched */
}

static void test_every_refusal_names_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_json / sizeof bad_json[0]; i++)
        refuse(GV_STATUS_JSON, &bad_json[i]);
    for (size_t i = 0; i < sizeof bad_csv / sizeof bad_csv[0]; i++)
        refuse(GV_STATUS_CSV, &bad_csv[i]);
}

static void test_a_reason_in_vietnamese_is_whole_letters(void **state)
{
    static const struct bad bad[] = {
        {TASK("\"accept\":false"), "d: /tasks/0/accept: ", "chỉ có thể là true"},
        {"{\"unit\":\"A\",\"unit\":\"B\"}", "d:1:", "một trường ghi hai lần"},
    };

    (void)state;
    assert_int_equal(gv_lang_set("vi"), GV_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refuse(GV_STATUS_JSON, &bad[i]);
    assert_int_equal(gv_lang_set("en"), GV_OK);
}

static void test_bounds_hold(void **state)
{
    struct gv_status status;
    struct gv_status_fault fault;
    size_t size = GV_STATUS_MAX_BYTES + 1, n;
    char *text = malloc(size);

    (void)state;
    assert_non_null(text);
    memset(text, ' ', size);
    assert_int_equal(gv_status_parse(GV_STATUS_JSON, text, size, arena, &status, &fault),
                     GV_ETOOBIG);
    /* one task too many */
    n = (size_t)sprintf(text, "{\"unit\":\"A\",\"tasks\":[");
    for (size_t i = 0; i <= GV_STATUS_TASKS_MAX; i++)
        n += (size_t)sprintf(text + n, "%s{\"task\":\"%zu\"}", i > 0 ? "," : "", i);
    n += (size_t)sprintf(text + n, "]}");
    assert_int_equal(gv_status_parse(GV_STATUS_JSON, text, n, arena, &status, &fault), GV_EBADMSG);
    assert_string_equal(fault.pointer, "/tasks/1024");
    /* the text of one task too long, though each part is not */
    n = (size_t)sprintf(text, "%s",
                        "{\"unit\":\"A\",\"tasks\":[{\"task\":\"1\",\"attest\":[{\"clause\":0,"
                        "\"compliant\":true,\"permits\":[");
    for (size_t i = 0; i < 40; i++) {
        n += (size_t)sprintf(text + n, "%s{\"text\":\"", i > 0 ? "," : "");
        memset(text + n, 'x', 2000);
        n += 2000;
        n += (size_t)sprintf(text + n, "\"}");
    }
    n += (size_t)sprintf(text + n, "]}]}]}");
    assert_int_equal(gv_status_parse(GV_STATUS_JSON, text, n, arena, &status, &fault), GV_EBADMSG);
    assert_string_equal(fault.pointer, "/tasks/0/attest/0/permits/32/text");
    /* 15,000 bytes that are 30,000 in NFC: a coordinator would refuse them */
    n = (size_t)sprintf(text, "%s", "{\"unit\":\"A\",\"tasks\":[{\"task\":\"1\",\"narrative\":\"");
    for (size_t i = 0; i < 5000; i++)
        n += (size_t)sprintf(text + n, "%s", "\u0958");
    n += (size_t)sprintf(text + n, "\"}]}");
    assert_int_equal(gv_status_parse(GV_STATUS_JSON, text, n, arena, &status, &fault), GV_EBADMSG);
    assert_string_equal(fault.pointer, "/tasks/0/narrative");
    assert_non_null(strstr(fault.why, "longer than 16384 bytes"));
    free(text);
}

/* Rows of a task need not stand together, and each task has its own measure of text. */
static void test_the_text_of_a_task_is_counted_over_all_its_rows(void **state)
{
    struct gv_status status;
    struct gv_status_fault fault;
    char *text = malloc(GV_STATUS_MAX_BYTES), note[2001];
    size_t n;

    (void)state;
    assert_non_null(text);
    n = (size_t)sprintf(text, "%s", HEAD "A,attest,0,true\n");
    memset(note, 'x', 2000);
    note[2000] = '\0';
    for (size_t i = 0; i < 33; i++) /* a new task between, each time: 64 KiB are past in the last */
        n += (size_t)sprintf(text + n, "A,attest.exception,0,%s\nB%zu,progress,,1\n", note, i);
    assert_int_equal(gv_status_parse(GV_STATUS_CSV, text, n, arena, &status, &fault), GV_EBADMSG);
    assert_int_equal(fault.line, 4 + 2 * 32);
    assert_non_null(strstr(fault.why, "the text of one task"));
    /* field after field */
    n = (size_t)sprintf(text, "%s", HEAD);
    for (size_t i = 0; i < 50; i++)
        n += (size_t)sprintf(text + n, "T%zu,accept,,true\n", i);
    for (size_t i = 0; i < 50; i++)
        n += (size_t)sprintf(text + n, "T%zu,narrative,,%s\n", i, note);
    assert_int_equal(good(GV_STATUS_CSV, text).task_count, 50);
    free(text);
}

static void test_a_task_is_one_however_its_name_is_written(void **state)
{
    struct gv_status s = good(GV_STATUS_CSV, HEAD "Đề-án#2.2,accept,,true\n"
                                                  "3.1,accept,,true\n"
                                                  "Đe\u0302\u0300-a\u0301n#2.2,progress,,40\n");

    (void)state;
    assert_int_equal(s.task_count, 2);
    assert_true(s.tasks[0].accept);
    assert_int_equal(s.tasks[0].progress, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_whole_json_document_is_read),
        cmocka_unit_test(test_a_whole_csv_document_means_the_same),
        cmocka_unit_test(test_the_smallest_documents_are_good),
        cmocka_unit_test(test_every_refusal_names_its_place),
        cmocka_unit_test(test_a_reason_in_vietnamese_is_whole_letters),
        cmocka_unit_test(test_bounds_hold),
        cmocka_unit_test(test_the_text_of_a_task_is_counted_over_all_its_rows),
        cmocka_unit_test(test_a_task_is_one_however_its_name_is_written),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
