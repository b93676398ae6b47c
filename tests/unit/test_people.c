/* links: gv_cli gv_domain gv_base */
/* test_people.c - what people read: numbers, dates, tables, words, events, the summary's text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/lang.h"
#include "base/text.h"
#include "cli/cells.h"
#include "cli/feed_line.h"
#include "cli/summary.h"
#include "cli/table.h"
#include "cli/viet.h"
#include "cli/words.h"
#include "domain/lifecycle.h"

static struct gv_buf out;

static int empty(void **state)
{
    (void)state;
    gv_buf_init(&out);
    return gv_lang_set("vi") == GV_OK ? 0 : -1;
}

static int drop(void **state)
{
    (void)state;
    gv_buf_fini(&out);
    return 0;
}

/* Compares what was appended and begins anew. */
static void is(const char *want)
{
    assert_true(gv_buf_ok(&out));
    assert_string_equal(out.data != NULL ? (char *)out.data : "", want);
    gv_buf_reset(&out);
    gv_buf_puts(&out, "");
}

static int32_t day_of(const char *text)
{
    int32_t day;

    assert_int_equal(gv_day_parse(text, &day), GV_OK);
    return day;
}

static void test_numbers_under_ten_have_a_zero_and_thousands_a_dot(void **state)
{
    (void)state;
    viet_count(&out, 0);
    is("0");
    viet_count(&out, 5);
    is("05");
    viet_count(&out, 10);
    is("10");
    viet_count(&out, 1287);
    is("1.287");
    viet_count(&out, 1234567);
    is("1.234.567");
    viet_decimal(&out, "13100");
    is("13.100");
    viet_decimal(&out, "-12345.50");
    is("-12.345,50");
    viet_decimal(&out, "0.5");
    is("0,5");
    viet_decimal(&out, "chưa rõ");
    is("chưa rõ");
    viet_percent(&out, 1, 3);
    is("33,3%");
    viet_percent(&out, 2, 4);
    is("50%");
    viet_percent(&out, 0, 0);
    is("–");
    assert_int_equal(gv_lang_set("en"), GV_OK);
    viet_count(&out, 5);
    is("5");
    viet_decimal(&out, "12345.5");
    is("12,345.5");
}

static void test_dates_have_a_zero_before_days_under_ten_and_two_months(void **state)
{
    (void)state;
    viet_day(&out, day_of("2024-01-05"));
    is("ngày 05 tháng 01 năm 2024");
    viet_day(&out, day_of("2024-06-29"));
    is("ngày 29 tháng 6 năm 2024");
    viet_day(&out, day_of("2024-02-10"));
    is("ngày 10 tháng 02 năm 2024");
    viet_day_text(&out, "2024-12-31");
    is("ngày 31 tháng 12 năm 2024");
    viet_day_text(&out, "mai");
    is("mai");
    viet_day_short(&out, "2024-02-12T10:00:00+07:00");
    is("12/02/2024");
    viet_day_short(&out, "");
    is("");
    viet_moment(&out, gv_day_begin_us(day_of("2024-01-05")) + 10 * 3600 * GV_US_PER_S +
                          5 * 60 * GV_US_PER_S);
    is("10 giờ 05 ngày 05 tháng 01 năm 2024");
    viet_moment(&out, gv_day_begin_us(day_of("2024-03-01")));
    is("24 giờ 00 ngày 29 tháng 02 năm 2024");
}

static void test_every_state_has_words(void **state)
{
    (void)state;
    for (int s = GV_STATE_NONE + 1; s < GV_STATE_END; s++) {
        enum gv_state one = (enum gv_state)s;

        assert_string_equal(words_state(gv_state_name(one)), gv_state_vi(one));
    }
    assert_string_equal(words_class("OVERDUE"), "quá hạn");
    assert_string_equal(words_class("no such"), "no such");
    assert_string_equal(words_event("REPORT", "SUBMIT"), "trình kết quả");
    assert_string_equal(words_event("ENROL", ""), "ghi danh");
    assert_string_equal(words_event("KEY", ""), "thay khóa");
}

/* Columns stand under their heads whatever the letters take in bytes. */
static void test_a_table_is_aligned_by_what_a_terminal_shows(void **state)
{
    struct table table;

    (void)state;
    table_init(&table);
    table_column(&table, "Đơn vị", TABLE_LEFT, 0);
    table_column(&table, "Số", TABLE_RIGHT, 0);
    table_cell(&table, "Thành ủy Đà Lạt");
    table_cell(&table, "7");
    table_cell(&table, "Sở");
    table_cell(&table, "12");
    table_put(&table, &out);
    table_fini(&table);
    is("Đơn vị           Số\n"
       "───────────────  ──\n"
       "Thành ủy Đà Lạt   7\n"
       "Sở               12\n");
}

static void test_an_event_is_one_line_without_control_characters(void **state)
{
    json_t *event = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "at",
                              "2024-02-12T10:00:00+07:00", "unit", "SO-TC", "unit_name",
                              "Sở Tài chính", "actor", "SO-TC", "task", "2.2", "event", "REPORT",
                              "what", "SUBMIT", "from", "IN_PROGRESS", "to", "SUBMITTED",
                              "disposition", "APPLIED", "narrative", "xong\x1b[2J\nhết");

    (void)state;
    assert_non_null(event);
    feed_line_put(&out, event);
    json_decref(event);
    is("2024-02-12T10:00  SO-TC Sở Tài chính · 2.2 · trình kết quả (đang thực hiện → chờ duyệt kết "
       "quả) "
       "«xong [2J hết»\n");
}

/* ---- the summary ------------------------------------------------------------------------------
 */

static void load(struct summary *summary, enum summary_section section, const char *rows)
{
    json_error_t bad;

    summary->rows[section] = json_loads(rows, 0, &bad);
    assert_non_null(summary->rows[section]);
    gv_buf_append(&summary->texts[section], rows + 1, strlen(rows) - 2);
}

static void invent(struct summary *summary)
{
    static const char head[] =
        "{\"business_us\":1709226000000000,\"at\":\"2024-03-01T00:00:00+07:00\",\"demonstration\":"
        "true,\"complete\":true,"
        "\"directives\":[{\"directive\":\"0a\",\"notation\":\"12-CV/TU\",\"abstract\":\"về một "
        "việc\",\"tasks\":49}],"
        "\"units\":2,\"leads\":15,\"accepted\":5,\"submitted\":1,\"not_reported\":1,"
        "\"not_reported_units\":[{\"unit\":\"HU-LH\",\"name\":\"Huyện ủy Lâm Hà\"}]}";
    json_error_t bad;

    summary_init(summary);
    summary->silent_after = 7;
    summary->head = json_loads(head, 0, &bad);
    assert_non_null(summary->head);
    gv_buf_puts(&summary->head_text, head);
    for (int i = 0; i < SUMMARY_SECTIONS; i++) {
        if (i == SUMMARY_ITEMS)
            load(summary, SUMMARY_ITEMS,
                 "[{\"directive\":\"0a\",\"notation\":\"12-CV/"
                 "TU\",\"item\":1,\"done_on_time\":1,\"done_late\":1,"
                 "\"open_overdue\":2,\"total\":4}]");
        else if (i == SUMMARY_INDICATORS)
            load(summary, SUMMARY_INDICATORS,
                 "[{\"task\":\"2.2\",\"notation\":\"12-CV/TU\",\"indicator\":\"X\",\"name\":\"=Thu "
                 "ngân sách\","
                 "\"measure\":\"tỷ "
                 "đồng\",\"target\":\"13000\",\"official\":\"12345.5\",\"official_percent\":\"95\"}"
                 "]");
        else if (i == SUMMARY_SILENT)
            load(summary, SUMMARY_SILENT,
                 "[{\"unit\":\"HU-LH\",\"name\":\"Huyện ủy Lâm "
                 "Hà\",\"days\":8,\"never\":true,\"open\":3}]");
        else
            load(summary, (enum summary_section)i, "[]");
    }
}

static void has(const char *text)
{
    if (strstr((const char *)out.data, text) == NULL)
        fail_msg("«%s» is not in:\n%s", text, (const char *)out.data);
}

static void test_the_summary_says_when_and_that_it_is_a_demonstration(void **state)
{
    struct summary summary;

    (void)state;
    invent(&summary);
    summary_put_text(&summary, &out);
    assert_true(gv_buf_ok(&out));
    has("(số liệu đến 24 giờ 00 ngày 29 tháng 02 năm 2024)");
    has("số liệu trình diễn");
    has("49 nhiệm vụ được giao chủ trì cho 02 đơn vị, tổng số 15 lượt giao");
    has("- 05 đã tiếp nhận, chưa báo cáo;\n");
    has("- 0 tạm dừng.\n");
    has("- Huyện ủy Lâm Hà: 08 ngày, chưa báo cáo lần nào, còn 03 việc chưa xong.\n");
    has("13.000");
    has("12.345,5");
    has("V. ĐỀ XUẤT, KIẾN NGHỊ\n./.\n\nPHỤ LỤC");
    has("50%");
    summary_fini(&summary);
}

static void test_csv_cells_are_quoted_and_never_formulas(void **state)
{
    struct summary summary;

    (void)state;
    invent(&summary);
    summary_put_csv(&summary, &out);
    has("section,notation,item,task,code,unit,name,figure,value\n");
    has("head,,,,,,,as_of,2024-03-01T00:00:00+07:00\n");
    has("items,12-CV/TU,1,,,,,done_on_time,1\n");
    has("indicators,12-CV/TU,,2.2,X,,\"'=Thu ngân sách\",official,12345.5\n");
    has("số liệu trình diễn");
    summary_fini(&summary);
}

static void test_json_keeps_rows_as_they_were_sent(void **state)
{
    struct summary summary;
    json_error_t bad;
    json_t *json;

    (void)state;
    invent(&summary);
    summary_put_json(&summary, &out);
    json = json_loads((char *)out.data, 0, &bad);
    assert_non_null(json);
    assert_int_equal(json_integer_value(json_object_get(json, "version")), 1);
    assert_true(json_is_true(json_object_get(json, "demonstration")));
    assert_int_equal(json_array_size(json_object_get(json, "items")), 1);
    has("\"official\":\"12345.5\"");
    json_decref(json);
    summary_fini(&summary);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, empty, drop)
    const struct CMUnitTest tests[] = {
        TEST(test_numbers_under_ten_have_a_zero_and_thousands_a_dot),
        TEST(test_dates_have_a_zero_before_days_under_ten_and_two_months),
        TEST(test_every_state_has_words),
        TEST(test_a_table_is_aligned_by_what_a_terminal_shows),
        TEST(test_an_event_is_one_line_without_control_characters),
        TEST(test_the_summary_says_when_and_that_it_is_a_demonstration),
        TEST(test_csv_cells_are_quoted_and_never_formulas),
        TEST(test_json_keeps_rows_as_they_were_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
