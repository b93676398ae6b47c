/*
 * summary_text.c - the report for the Standing Committee, under the headings of such reports. A
 * heading without data stays, empty. Items of a list end with ";", the last with "."; the text ends
 * "./.", and the annex follows.
 */
#include <string.h>

#include "base/lang.h"
#include "cli/cells.h"
#include "cli/summary.h"
#include "cli/table.h"
#include "cli/viet.h"
#include "cli/words.h"

#define WORDS_WIDTH 44
#define NAME_WIDTH  40

static void put_heading(struct gv_buf *out, const char *vi, const char *en)
{
    gv_buf_printf(out, "\n%s\n", gv_tr(vi, en));
}

static void put_number(struct gv_buf *out, const json_t *row, const char *key)
{
    viet_count(out, row_number(row, key));
}

static void count_cell(struct table *table, const json_t *row, const char *key)
{
    table_cellf(table, "%lld", (long long)row_number(row, key));
}

static void decimal_cell(struct table *table, const json_t *row, const char *key, const char *after)
{
    struct gv_buf text;

    gv_buf_init(&text);
    if (row_has(row, key)) {
        viet_decimal(&text, row_text(row, key));
        gv_buf_puts(&text, after);
    } else {
        gv_buf_puts(&text, "–");
    }
    table_cell(table, (const char *)text.data);
    gv_buf_fini(&text);
}

static void day_cell(struct table *table, const json_t *row, const char *key)
{
    struct gv_buf text;

    gv_buf_init(&text);
    viet_day_short(&text, row_text(row, key));
    table_cell(table, (const char *)text.data);
    gv_buf_fini(&text);
}

static bool is_empty(const struct summary *s, enum summary_section section, const char *by)
{
    size_t at = 0;

    return summary_next(s, section, by, &at) == NULL;
}

static bool many_directives(const struct summary *s)
{
    return json_array_size(json_object_get(s->head, "directives")) > 1;
}

/* The task's number, with its directive where there are several. */
static void task_cell(struct table *table, const struct summary *s, const json_t *row)
{
    if (many_directives(s))
        table_cellf(table, "%s (%s)", row_text(row, "task"), row_text(row, "notation"));
    else
        table_cell(table, row_text(row, "task"));
}

/* The same in a sentence. */
static void put_task(const struct summary *s, const json_t *row, struct gv_buf *out)
{
    gv_buf_printf(out, "%s %s", gv_tr("nhiệm vụ", "task"), row_text(row, "task"));
    if (many_directives(s))
        gv_buf_printf(out, " (%s)", row_text(row, "notation"));
}

/* ---- the head and I ---------------------------------------------------------------------------
 */

static void put_title(const struct summary *s, struct gv_buf *out)
{
    const json_t *directives = json_object_get(s->head, "directives");

    gv_buf_printf(out, "%s\n", gv_tr("BÁO CÁO TỔNG HỢP", "SUMMARY REPORT"));
    for (size_t i = 0; i < json_array_size(directives); i++) {
        const json_t *one = json_array_get(directives, i);

        gv_buf_printf(out, "%s %s",
                      gv_tr("kết quả thực hiện văn bản số", "of the work under directive"),
                      row_text(one, "notation"));
        if (row_text(one, "abstract")[0] != '\0')
            gv_buf_printf(out, " (%s)", row_text(one, "abstract"));
        gv_buf_putc(out, '\n');
    }
    gv_buf_puts(out, gv_tr("(số liệu đến ", "(as of "));
    viet_moment(out, row_number(s->head, "business_us"));
    gv_buf_puts(out, ")\n");
    if (row_flag(s->head, "demonstration"))
        gv_buf_printf(out, "(%s)\n", words_demonstration());
    if (!row_flag(s->head, "complete"))
        gv_buf_puts(out, gv_tr("(chỉ gồm phần người lập báo cáo được xem)\n",
                               "(only what the reader may see)\n"));
    if (s->moved)
        gv_buf_printf(out, "(%s)\n", words_moved());
}

static void put_unheard(const struct summary *s, struct gv_buf *out)
{
    const json_t *units = json_object_get(s->head, "not_reported_units");
    size_t count = json_array_size(units);

    gv_buf_puts(out,
                gv_tr("Đơn vị chưa có báo cáo nào: ", "Units that have not reported at all: "));
    put_number(out, s->head, "not_reported");
    gv_buf_puts(out, count > 0 ? gv_tr(", gồm:\n", ", namely:\n") : ".\n");
    for (size_t i = 0; i < count; i++)
        gv_buf_printf(out, "- %s%s\n", row_text(json_array_get(units, i), "name"),
                      i + 1 < count ? ";" : ".");
}

static void put_grasp(const struct summary *s, struct gv_buf *out)
{
    static const struct {
        const char *key;
        const char *vi, *en;
    } lines[] = {
        {"not_received", "chưa nhận lệnh", "order not received"},
        {"not_accepted", "đã nhận lệnh, chưa tiếp nhận", "received, not accepted"},
        {"accepted", "đã tiếp nhận, chưa báo cáo", "accepted, no report yet"},
        {"in_progress", "đang thực hiện", "in progress"},
        {"submitted", "đã trình kết quả, chờ duyệt", "result submitted, to be approved"},
        {"done", "đã hoàn thành", "completed"},
        {"returned", "trả lại vì không thuộc trách nhiệm", "returned as not their own"},
        {"not_met", "kết thúc không đạt", "ended with the target missed"},
        {"suspended", "tạm dừng", "suspended"},
    };
    const json_t *directives = json_object_get(s->head, "directives");
    int64_t tasks = 0;
    size_t count = sizeof lines / sizeof lines[0];

    put_heading(out, "I. TÌNH HÌNH QUÁN TRIỆT, TRIỂN KHAI", "I. GRASP AND START OF THE WORK");
    for (size_t i = 0; i < json_array_size(directives); i++)
        tasks += row_number(json_array_get(directives, i), "tasks");
    viet_count(out, tasks);
    gv_buf_puts(out, gv_tr(" nhiệm vụ được giao chủ trì cho ", " tasks, given to "));
    put_number(out, s->head, "units");
    gv_buf_puts(out, gv_tr(" đơn vị, tổng số ", " units to lead, in all "));
    put_number(out, s->head, "leads");
    gv_buf_puts(out, gv_tr(" lượt giao, trong đó:\n", " assignments, of which:\n"));
    for (size_t i = 0; i < count; i++) {
        gv_buf_puts(out, "- ");
        put_number(out, s->head, lines[i].key);
        gv_buf_printf(out, " %s%s\n", gv_tr(lines[i].vi, lines[i].en), i + 1 < count ? ";" : ".");
    }
    put_unheard(s, out);
}

/* ---- II ---------------------------------------------------------------------------------------
 */

static void put_items(const struct summary *s, struct gv_buf *out)
{
    json_int_t sum[CELLS + 1] = {0};
    const json_t *row;
    struct table table;
    size_t at = 0;

    put_heading(out, "1. Theo mục của văn bản", "1. By item of the directive");
    table_init(&table);
    table_column(&table, gv_tr("Mục", "Item"), TABLE_LEFT, NAME_WIDTH);
    cells_columns(&table);
    while ((row = summary_next(s, SUMMARY_ITEMS, NULL, &at)) != NULL) {
        if (many_directives(s))
            table_cellf(&table, "%lld (%s)", (long long)row_number(row, "item"),
                        row_text(row, "notation"));
        else
            table_cellf(&table, "%lld", (long long)row_number(row, "item"));
        cells_row(&table, row, sum);
    }
    table_cell(&table, gv_tr("Cộng", "Total"));
    cells_sum(&table, sum);
    table_put(&table, out);
    cells_legend(out);
    table_fini(&table);
}

static void put_indicators(const struct summary *s, struct gv_buf *out)
{
    const json_t *row;
    struct table table;
    size_t at = 0;

    put_heading(out, "2. Chỉ tiêu: kế hoạch và thực hiện", "2. Indicators: plan and actual");
    if (is_empty(s, SUMMARY_INDICATORS, NULL))
        return;
    table_init(&table);
    table_column(&table, gv_tr("Nhiệm vụ", "Task"), TABLE_LEFT, 0);
    table_column(&table, gv_tr("Chỉ tiêu", "Indicator"), TABLE_LEFT, NAME_WIDTH);
    table_column(&table, gv_tr("Đơn vị tính", "Measure"), TABLE_LEFT, 16);
    table_column(&table, gv_tr("Kế hoạch", "Plan"), TABLE_RIGHT, 0);
    table_column(&table, gv_tr("Thực hiện", "Actual"), TABLE_RIGHT, 0);
    table_column(&table, gv_tr("Tỷ lệ", "Rate"), TABLE_RIGHT, 0);
    table_column(&table, gv_tr("Đơn vị báo cáo", "As reported"), TABLE_RIGHT, 0);
    table_column(&table, gv_tr("Tỷ lệ", "Rate"), TABLE_RIGHT, 0);
    table_column(&table, gv_tr("Số đơn vị", "Units"), TABLE_RIGHT, 0);
    table_column(&table, gv_tr("Chưa rõ", "Unknown"), TABLE_RIGHT, 0);
    while ((row = summary_next(s, SUMMARY_INDICATORS, NULL, &at)) != NULL) {
        task_cell(&table, s, row);
        table_cell(&table, row_text(row, "name"));
        table_cell(&table, row_text(row, "measure"));
        decimal_cell(&table, row, "target", "");
        decimal_cell(&table, row, "official", "");
        decimal_cell(&table, row, "official_percent", "%");
        decimal_cell(&table, row, "reported", "");
        decimal_cell(&table, row, "reported_percent", "%");
        table_cellf(&table, "%lld/%lld", (long long)row_number(row, "reported_units"),
                    (long long)row_number(row, "units"));
        count_cell(&table, row, "unknown_units");
    }
    table_put(&table, out);
    table_fini(&table);
    gv_buf_puts(out, gv_tr("(Thực hiện: chỉ tính kết quả đã duyệt. Đơn vị báo cáo: số liệu chưa "
                           "duyệt cũng được tính. "
                           "Chưa rõ: đơn vị chưa đánh giá được, không coi là đạt.)\n",
                           "(Actual: approved results only. As reported: with figures not yet "
                           "approved. Unknown: cannot be "
                           "assessed yet, which is not fine.)\n"));
}

static void put_periods(const struct summary *s, const char *by, struct gv_buf *out)
{
    bool units = strcmp(by, "unit") == 0;
    const json_t *row;
    struct table table;
    size_t at = 0;

    table_init(&table);
    table_column(&table, units ? gv_tr("Đơn vị", "Unit") : gv_tr("Nhiệm vụ", "Task"), TABLE_LEFT,
                 NAME_WIDTH);
    table_column(&table, gv_tr("Đúng hạn", "On time"), TABLE_RIGHT, 0);
    table_column(&table, gv_tr("Trễ", "Late"), TABLE_RIGHT, 0);
    table_column(&table, gv_tr("Không báo cáo", "Missed"), TABLE_RIGHT, 0);
    table_column(&table, gv_tr("Chưa đến hạn", "Pending"), TABLE_RIGHT, 0);
    while ((row = summary_next(s, SUMMARY_PERIODS, by, &at)) != NULL) {
        if (units && row_number(row, "missed") == 0)
            continue;
        if (units)
            table_cell(&table, row_text(row, "name"));
        else
            task_cell(&table, s, row);
        count_cell(&table, row, "on_time");
        count_cell(&table, row, "late");
        count_cell(&table, row, "missed");
        count_cell(&table, row, "pending");
    }
    if (table.cell_count > 0)
        table_put(&table, out);
    table_fini(&table);
}

static void put_attestations(const struct summary *s, struct gv_buf *out)
{
    static const char *const keys[] = {"units",   "compliant",  "not_compliant", "missing",
                                       "pending", "exceptions", "permits",       "breaches"};
    const json_t *row;
    struct table table;
    size_t at = 0;

    put_heading(out, "4. Xác nhận chấp hành những điều không được làm",
                "4. Attestations of prohibitions");
    if (is_empty(s, SUMMARY_ATTESTATIONS, "clause"))
        return;
    table_init(&table);
    table_column(&table, gv_tr("Nhiệm vụ", "Task"), TABLE_LEFT, 0);
    table_column(&table, gv_tr("Nội dung", "Clause"), TABLE_LEFT, WORDS_WIDTH);
    table_column(&table, gv_tr("Đơn vị", "Units"), TABLE_RIGHT, 0);
    table_column(&table, gv_tr("Chấp hành", "Compliant"), TABLE_RIGHT, 0);
    table_column(&table, gv_tr("Không chấp hành", "Not"), TABLE_RIGHT, 0);
    table_column(&table, gv_tr("Thiếu", "Missing"), TABLE_RIGHT, 0);
    table_column(&table, gv_tr("Chưa đến hạn", "Pending"), TABLE_RIGHT, 0);
    table_column(&table, gv_tr("Ngoại lệ", "Exceptions"), TABLE_RIGHT, 0);
    table_column(&table, gv_tr("Được phép", "Permits"), TABLE_RIGHT, 0);
    table_column(&table, gv_tr("Vi phạm", "Breaches"), TABLE_RIGHT, 0);
    while ((row = summary_next(s, SUMMARY_ATTESTATIONS, "clause", &at)) != NULL) {
        task_cell(&table, s, row);
        table_cell(&table, row_text(row, "words"));
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
            count_cell(&table, row, keys[i]);
    }
    table_put(&table, out);
    table_fini(&table);
}

static void put_results(const struct summary *s, struct gv_buf *out)
{
    put_heading(out, "II. KẾT QUẢ THỰC HIỆN", "II. RESULTS");
    put_items(s, out);
    put_indicators(s, out);
    put_heading(out, "3. Báo cáo định kỳ", "3. Periodic reports");
    put_periods(s, "task", out);
    put_attestations(s, out);
}

/* ---- III --------------------------------------------------------------------------------------
 */

static void put_overdue(const struct summary *s, struct gv_buf *out)
{
    const json_t *row;
    struct table table;
    size_t at = 0;

    put_heading(out, "1. Nhiệm vụ quá hạn", "1. Overdue");
    if (is_empty(s, SUMMARY_OVERDUE, NULL))
        return;
    table_init(&table);
    table_column(&table, gv_tr("Đơn vị", "Unit"), TABLE_LEFT, NAME_WIDTH);
    table_column(&table, gv_tr("Nhiệm vụ", "Task"), TABLE_LEFT, 0);
    table_column(&table, gv_tr("Hạn", "Due"), TABLE_LEFT, 0);
    table_column(&table, gv_tr("Số ngày", "Days"), TABLE_RIGHT, 0);
    table_column(&table, gv_tr("Trạng thái", "State"), TABLE_LEFT, 0);
    table_column(&table, gv_tr("Phụ trách", "In charge"), TABLE_LEFT, 22);
    table_column(&table, gv_tr("Báo cáo gần nhất", "Last word"), TABLE_LEFT, WORDS_WIDTH);
    while ((row = summary_next(s, SUMMARY_OVERDUE, NULL, &at)) != NULL) {
        table_cell(&table, row_text(row, "name"));
        task_cell(&table, s, row);
        day_cell(&table, row, "due");
        count_cell(&table, row, "days");
        table_cell(&table, words_state(row_text(row, "state")));
        table_cell(&table, row_text(row, "person"));
        table_cell(&table, row_text(row, "narrative"));
    }
    table_put(&table, out);
    table_fini(&table);
}

/* What a unit attested to: the words of the clause, which stand in the clause's own row. */
static const char *clause_words(const struct summary *s, const json_t *attested)
{
    static const char *const keys[] = {"directive", "task", "clause"};
    const json_t *row;
    size_t at = 0;

    while ((row = summary_next(s, SUMMARY_ATTESTATIONS, "clause", &at)) != NULL) {
        size_t same = 0;

        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
            same += json_equal(json_object_get(row, keys[i]), json_object_get(attested, keys[i]));
        if (same == sizeof keys / sizeof keys[0])
            return row_text(row, "words");
    }
    return "";
}

static void put_breaches(const struct summary *s, struct gv_buf *out)
{
    const json_t *row, *next;
    size_t at = 0;

    put_heading(out, "3. Vi phạm, không chấp hành", "3. Breaches");
    row = summary_next(s, SUMMARY_ATTESTATIONS, "unit", &at);
    for (; row != NULL; row = next) {
        next = summary_next(s, SUMMARY_ATTESTATIONS, "unit", &at);
        gv_buf_printf(out, "- %s, ", row_text(row, "name"));
        put_task(s, row, out);
        if (clause_words(s, row)[0] != '\0')
            gv_buf_printf(out, gv_tr(", «%s»", ", \"%s\""), clause_words(s, row));
        gv_buf_puts(out, ": ");
        put_number(out, row, "breaches");
        gv_buf_printf(
            out,
            gv_tr(" vi phạm (%s, người xác nhận: %s)%s\n", " breaches (%s, attested by: %s)%s\n"),
            row_flag(row, "compliant") ? gv_tr("chấp hành", "compliant")
                                       : gv_tr("không chấp hành", "not compliant"),
            row_text(row, "person"), next != NULL ? ";" : ".");
    }
}

static void put_silent(const struct summary *s, struct gv_buf *out)
{
    const json_t *row, *next;
    size_t at = 0;

    gv_buf_printf(out, "\n%s ", gv_tr("4. Đơn vị không có tin từ", "4. Units not heard of for"));
    viet_count(out, s->silent_after);
    gv_buf_printf(out, " %s\n",
                  gv_tr("ngày trở lên (chưa rõ tình hình, không phải đã xong)",
                        "days or more (not known, which is not done)"));
    row = summary_next(s, SUMMARY_SILENT, NULL, &at);
    for (; row != NULL; row = next) {
        next = summary_next(s, SUMMARY_SILENT, NULL, &at);
        gv_buf_printf(out, "- %s: ", row_text(row, "name"));
        put_number(out, row, "days");
        gv_buf_puts(out, gv_tr(" ngày", " days"));
        if (row_flag(row, "never"))
            gv_buf_puts(out, gv_tr(", chưa báo cáo lần nào", ", never reported"));
        gv_buf_puts(out, gv_tr(", còn ", ", with "));
        put_number(out, row, "open");
        gv_buf_printf(out, "%s%s\n", gv_tr(" việc chưa xong", " open"), next != NULL ? ";" : ".");
    }
}

static void put_not_met(const struct summary *s, struct gv_buf *out)
{
    const json_t *row, *next;
    size_t at = 0;

    put_heading(out, "5. Kết thúc không đạt", "5. Ended with the target missed");
    row = summary_next(s, SUMMARY_NOT_MET, NULL, &at);
    for (; row != NULL; row = next) {
        next = summary_next(s, SUMMARY_NOT_MET, NULL, &at);
        gv_buf_printf(out, "- %s, ", row_text(row, "name"));
        put_task(s, row, out);
        if (row_text(row, "narrative")[0] != '\0')
            gv_buf_printf(out, ": %s", row_text(row, "narrative"));
        gv_buf_puts(out, next != NULL ? ";\n" : ".\n");
    }
}

static void put_shortcomings(const struct summary *s, struct gv_buf *out)
{
    put_heading(out, "III. HẠN CHẾ, KHÓ KHĂN, NGUYÊN NHÂN",
                "III. SHORTCOMINGS, DIFFICULTIES, CAUSES");
    put_overdue(s, out);
    put_heading(out, "2. Đơn vị không báo cáo định kỳ", "2. Units that missed periodic reports");
    put_periods(s, "unit", out);
    put_breaches(s, out);
    put_silent(s, out);
    put_not_met(s, out);
}

/* ---- IV, V and the annex ----------------------------------------------------------------------
 */

static void put_next(const struct summary *s, struct gv_buf *out)
{
    put_heading(out, "IV. NHIỆM VỤ THỜI GIAN TỚI", "IV. NEXT TASKS");
    gv_buf_puts(out, "- ");
    put_number(out, s->head, "submitted");
    gv_buf_puts(out, gv_tr(" kết quả cần duyệt;\n- ", " results to be approved;\n- "));
    put_number(out, s->head, "returned");
    gv_buf_puts(out, gv_tr(" việc bị trả lại cần giao lại hoặc giữ nguyên.\n",
                           " returned assignments to be re-issued or upheld.\n"));
    put_heading(out, "V. ĐỀ XUẤT, KIẾN NGHỊ", "V. PROPOSALS");
}

static void put_annex(const struct summary *s, struct gv_buf *out)
{
    json_int_t sum[CELLS + 1] = {0};
    const json_t *row;
    struct table table;
    size_t at = 0;

    put_heading(out, "PHỤ LỤC: KẾT QUẢ THEO ĐƠN VỊ", "ANNEX: RESULTS BY UNIT");
    table_init(&table);
    table_column(&table, gv_tr("Đơn vị", "Unit"), TABLE_LEFT, NAME_WIDTH);
    cells_columns(&table);
    while ((row = summary_next(s, SUMMARY_UNITS, NULL, &at)) != NULL) {
        table_cell(&table, row_text(row, "name"));
        cells_row(&table, row, sum);
    }
    table_cell(&table, gv_tr("Cộng", "Total"));
    cells_sum(&table, sum);
    table_put(&table, out);
    cells_legend(out);
    table_fini(&table);
}

void summary_put_text(const struct summary *s, struct gv_buf *out)
{
    put_title(s, out);
    put_grasp(s, out);
    put_results(s, out);
    put_shortcomings(s, out);
    put_next(s, out);
    gv_buf_puts(out, "./.\n");
    put_annex(s, out);
}
