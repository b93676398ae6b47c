/* cmd_assignment_read.c - assignment list, assignment show. */
#include <string.h>

#include "base/lang.h"
#include "cli/commands.h"
#include "cli/feed_line.h"
#include "cli/out.h"
#include "cli/read.h"
#include "cli/viet.h"
#include "cli/words.h"

#define ID_SHOWN 12 /* hex digits: enough to tell them apart, and taken back as a prefix */

/* ---- list -------------------------------------------------------------------------------------
 */

static gv_err add_assignment(void *arg, const struct rpc_row *row)
{
    struct table *table = arg;
    const json_t *a = row->json;

    table_cellf(table, "%.*s", ID_SHOWN, row_text(a, "assignment"));
    table_cell(table, row_text(a, "task"));
    table_cell(table, row_text(a, "unit"));
    table_cell(table, words_role(row_text(a, "role")));
    table_cell(table, words_state(row_text(a, "state")));
    read_day_cell(table, a, "due");
    if (row_number(a, "overdue_days") > 0)
        table_cellf(table, gv_tr("quá hạn %lld ngày", "overdue %lld days"),
                    (long long)row_number(a, "overdue_days"));
    else
        table_cell(table, words_class(row_text(a, "class")));
    if (row_has(a, "progress"))
        table_cellf(table, "%lld%%", (long long)row_number(a, "progress"));
    else
        table_cell(table, NULL);
    table_cell(table, row_text(a, "person"));
    read_day_cell(table, a, "last_report");
    table_cellf(table, "%lld", (long long)row_number(a, "epoch"));
    return GV_OK;
}

static gv_err add_late(void *arg, const struct rpc_row *row)
{
    struct table *table = arg;
    const json_t *e = row->json;

    table_cellf(table, "%.*s", ID_SHOWN, row_text(e, "assignment"));
    table_cell(table, row_text(e, "task"));
    table_cell(table, row_text(e, "unit"));
    table_cellf(table, "%lld", (long long)row_number(e, "epoch"));
    table_cell(table, words_event(row_text(e, "event"), row_text(e, "what")));
    table_cell(table, row_text(e, "signed"));
    table_cell(table, row_text(e, "at"));
    table_cell(table, row_text(e, "holder"));
    table_cell(table, row_text(e, "narrative"));
    return GV_OK;
}

static int assignment_list(const struct cli *cli)
{
    static const struct read_column columns[] = {
        {"Mã", "Id", TABLE_LEFT, 0},
        {"Số", "Task", TABLE_LEFT, 0},
        {"Đơn vị", "Unit", TABLE_LEFT, 0},
        {"Vai trò", "Role", TABLE_LEFT, 0},
        {"Trạng thái", "State", TABLE_LEFT, 0},
        {"Hạn", "Due", TABLE_LEFT, 0},
        {"Tiến độ so với hạn", "Schedule", TABLE_LEFT, 0},
        {"%", "%", TABLE_RIGHT, 0},
        {"Phụ trách", "In charge", TABLE_LEFT, 24},
        {"Báo cáo", "Report", TABLE_LEFT, 0},
        {"Lần giao", "Epoch", TABLE_RIGHT, 0},
    };
    static const struct read_column late_columns[] = {
        {"Mã", "Id", TABLE_LEFT, 0},
        {"Số", "Task", TABLE_LEFT, 0},
        {"Đơn vị cũ", "Former holder", TABLE_LEFT, 0},
        {"Lần giao", "Epoch", TABLE_RIGHT, 0},
        {"Nội dung", "What", TABLE_LEFT, 0},
        {"Ký lúc", "Signed", TABLE_LEFT, 0},
        {"Nhận lúc", "Received", TABLE_LEFT, 0},
        {"Nay do", "Now with", TABLE_LEFT, 0},
        {"Thuyết minh", "Narrative", TABLE_LEFT, 40},
    };
    static const char *const held_only[] = {"state", "class", "cell", "role", "search", "ended"};
    static const struct read_list held = {
        .query = "assignments",
        .columns = columns,
        .column_count = sizeof columns / sizeof columns[0],
        .options = {"unit", "task", "item", "directive", "=state", "=class", "=cell", "=role",
                    "search", "?ended"},
        .add = add_assignment,
        .counts = true,
    };
    static const struct read_list late = {
        .query = "late-evidence",
        .columns = late_columns,
        .column_count = sizeof late_columns / sizeof late_columns[0],
        .options = {"unit", "task", "item", "directive"},
        .add = add_late,
        .counts = true,
    };

    if (!cli_flag(cli, "late-evidence"))
        return read_list(cli, &held);
    for (size_t i = 0; i < sizeof held_only / sizeof held_only[0]; i++) {
        if (cli_flag(cli, held_only[i]))
            return out_errorf(GV_EUSAGE, "--late-evidence",
                              gv_tr("không dùng được cùng --%s", "does not go with --%s"),
                              held_only[i]);
    }
    return read_list(cli, &late);
}

/* ---- show -------------------------------------------------------------------------------------
 */

struct show {
    struct gv_buf *out;
    char section[16]; /* whose title was put last */
    char first[40];   /* the assignment; another one: the prefix is not enough */
    bool many;
};

static const struct {
    const char *section;
    const char *vi, *en;
} titles[] = {
    {"holder", "Đơn vị giữ việc", "Holders"},
    {"event", "Lịch sử", "History"},
    {"period", "Kỳ báo cáo", "Reporting periods"},
    {"value", "Chỉ tiêu", "Figures"},
    {"attestation", "Xác nhận chấp hành", "Attestations"},
};

static void put_title(struct show *show, const char *section)
{
    if (strcmp(show->section, section) == 0)
        return;
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++) {
        if (strcmp(titles[i].section, section) == 0) {
            gv_buf_printf(show->out, "\n%s\n", gv_tr(titles[i].vi, titles[i].en));
            memcpy(show->section, section, strlen(section) + 1);
        }
    }
}

static void put_holder(struct gv_buf *out, const json_t *a)
{
    gv_buf_printf(out, gv_tr("  lần %lld: %s %s — %s, %s", "  epoch %lld: %s %s - %s, %s"),
                  (long long)row_number(a, "epoch"), row_text(a, "unit"), row_text(a, "unit_name"),
                  words_role(row_text(a, "role")), words_state(row_text(a, "state")));
    if (row_has(a, "from_unit"))
        gv_buf_printf(out, gv_tr(", nhận từ %s", ", from %s"), row_text(a, "from_unit"));
    if (row_has(a, "to_unit"))
        gv_buf_printf(out, gv_tr(", chuyển đến %s", ", to %s"), row_text(a, "to_unit"));
    gv_buf_puts(out, "\n");
    if (row_has(a, "due")) {
        gv_buf_printf(out, "    %s: ", gv_tr("hạn", "due"));
        viet_day_text(out, row_text(a, "due"));
        if (strcmp(row_text(a, "due"), row_text(a, "due_original")) != 0) {
            gv_buf_printf(out, ", %s ", gv_tr("hạn ban đầu", "originally"));
            viet_day_text(out, row_text(a, "due_original"));
        }
        gv_buf_printf(out, " (%s)\n", words_class(row_text(a, "class")));
    }
    if (row_has(a, "person"))
        gv_buf_printf(out, "    %s: %s\n", gv_tr("phụ trách", "in charge"), row_text(a, "person"));
    if (row_has(a, "submitted"))
        gv_buf_printf(out,
                      gv_tr("    trình: %s (nhận lúc %s)\n", "    submitted: %s (received %s)\n"),
                      row_text(a, "submitted"), row_text(a, "submission_seen"));
    if (row_has(a, "narrative"))
        gv_buf_printf(out, "    «%s»\n", row_text(a, "narrative"));
}

static void put_period(struct gv_buf *out, const json_t *p)
{
    gv_buf_puts(out, "  ");
    viet_day_short(out, row_text(p, "first"));
    gv_buf_puts(out, " – ");
    viet_day_short(out, row_text(p, "last"));
    gv_buf_printf(out, "  %s ", gv_tr("hạn", "due"));
    viet_day_short(out, row_text(p, "due"));
    gv_buf_printf(out, "  %s  %s", row_text(p, "unit"),
                  row_has(p, "class") ? words_period(row_text(p, "class"))
                                      : gv_tr("không tính", "not counted"));
    gv_buf_printf(out, row_has(p, "done") ? "  %s\n" : "%s\n", row_text(p, "done"));
}

static void put_value(struct gv_buf *out, const json_t *v)
{
    gv_buf_printf(out, "  %s (%s): ", row_text(v, "code"), row_text(v, "unit"));
    if (row_flag(v, "known"))
        viet_decimal(out, row_text(v, "value"));
    else
        gv_buf_puts(out, gv_tr("chưa đánh giá được", "cannot be assessed yet"));
    gv_buf_printf(out, ", %s ", gv_tr("đến", "as of"));
    viet_day_short(out, row_text(v, "as_of"));
    if (row_has(v, "official")) {
        gv_buf_printf(out, "; %s ", gv_tr("chính thức", "official"));
        viet_decimal(out, row_text(v, "official"));
    }
    gv_buf_putc(out, '\n');
}

static void put_attestation(struct gv_buf *out, const json_t *n)
{
    gv_buf_printf(
        out,
        gv_tr("  điều %lld (%s): %s, %s; ngoại lệ %lld, được phép %lld, vi phạm %lld; %s\n",
              "  clause %lld (%s): %s, %s; exceptions %lld, permits %lld, breaches %lld; %s\n"),
        (long long)row_number(n, "clause"), row_text(n, "unit"),
        row_flag(n, "compliant") ? gv_tr("chấp hành", "compliant")
                                 : gv_tr("không chấp hành", "not compliant"),
        row_text(n, "person"), (long long)row_number(n, "exceptions"),
        (long long)row_number(n, "permits"), (long long)row_number(n, "breaches"),
        row_text(n, "attested"));
}

static gv_err put_part(void *arg, const struct rpc_row *row)
{
    struct show *show = arg;
    const json_t *r = row->json;
    const char *section = row_text(r, "section");

    if (strcmp(section, "holder") == 0) {
        const char *id = row_text(r, "assignment");

        if (show->first[0] == '\0') {
            gv_buf_printf(show->out, "%s %s\n%s %s (%s): «%s»\n", gv_tr("Lượt giao", "Assignment"),
                          id, gv_tr("nhiệm vụ", "task"), row_text(r, "task"),
                          row_text(r, "notation"), row_text(r, "words"));
            memcpy(show->first, id, strlen(id) < sizeof show->first ? strlen(id) + 1 : 0);
        }
        show->many = show->many || strcmp(show->first, id) != 0;
    }
    put_title(show, section);
    if (strcmp(section, "holder") == 0) {
        put_holder(show->out, r);
    } else if (strcmp(section, "event") == 0) {
        gv_buf_puts(show->out, "  ");
        feed_line_put(show->out, r);
    } else if (strcmp(section, "period") == 0) {
        put_period(show->out, r);
    } else if (strcmp(section, "value") == 0) {
        put_value(show->out, r);
    } else {
        put_attestation(show->out, r);
    }
    return GV_OK;
}

static int assignment_show(const struct cli *cli)
{
    struct read read;
    struct show show = {0};
    int status;

    if (strlen(cli->argv[0]) < 8)
        return out_error(
            GV_EUSAGE, cli->argv[0],
            gv_tr("mã lượt giao: ít nhất 8 chữ số hệ 16; xem giaoviec assignment list",
                  "an assignment's id: at least 8 hex digits; see giaoviec assignment list"));
    status = read_open(cli, &read);
    if (status != 0)
        return status;
    show.out = &read.out;
    read_arg(&read, "assignment", cli->argv[0]);
    status = read_rows(&read, "assignment", put_part, &show);
    if (status == 0 && read.page.rows == 0)
        status = out_error(GV_ENOTFOUND, cli->argv[0],
                           gv_tr("xem giaoviec assignment list", "see giaoviec assignment list"));
    if (status == 0 && show.many)
        status = out_error(GV_EUSAGE, cli->argv[0],
                           gv_tr("nhiều lượt giao bắt đầu như vậy: ghi thêm chữ số",
                                 "several begin so: give more digits"));
    if (status == 0)
        status = read_end(&read);
    read_close(&read);
    return status;
}

/* ---- rows -------------------------------------------------------------------------------------
 */

static const struct option_row list_options[] = {
    {"unit", OPTION_TEXT, "MÃ", "CODE", "chỉ đơn vị này", "this unit only", NULL, 0, 0, false},
    {"task", OPTION_TEXT, "SỐ", "NUMBER", "chỉ nhiệm vụ này", "this task only", NULL, 0, 0, false},
    {"item", OPTION_NUMBER, "MỤC", "ITEM", "chỉ mục này của công văn",
     "this item of the letter only", NULL, 1, 999, false},
    {"directive", OPTION_TEXT, "SỐ-KÝ-HIỆU", "NUMBER", "chỉ văn bản này", "this directive only",
     NULL, 0, 0, false},
    {"state", OPTION_CHOICE, "TRẠNG-THÁI", "STATE", "chỉ trạng thái này", "this state only",
     "issued|delivered|accepted|in-progress|submitted|completed|returned|not-met|suspended|"
     "transferred|revoked",
     0, 0, false},
    {"class", OPTION_CHOICE, "TIẾN-ĐỘ", "CLASS", "chỉ tiến độ so với hạn này",
     "this schedule class only",
     "no-due|not-due|due-soon|overdue|done-on-time|done-late|done-no-due", 0, 0, false},
    {"cell", OPTION_CHOICE, "Ô", "CELL", "chỉ ô này của bảng sáu ô",
     "this one of the six cells only",
     "done-on-time|done-late|open-in-time|open-overdue|done-no-due|open-no-due|suspended", 0, 0,
     false},
    {"role", OPTION_CHOICE, "VAI-TRÒ", "ROLE", "chỉ vai trò này", "this role only",
     "lead|coordinate|follow", 0, 0, false},
    {"search", OPTION_TEXT, "«…»", "\"…\"", "tìm trong nội dung nhiệm vụ", "words of the task",
     NULL, 0, 0, false},
    {"ended", OPTION_FLAG, NULL, NULL, "cả những lượt đã chuyển hoặc thu hồi",
     "also those transferred away or revoked", NULL, 0, 0, false},
    {"late-evidence", OPTION_FLAG, NULL, NULL,
     "các báo cáo đến muộn của đơn vị cũ, không làm thay đổi gì",
     "late reports of former holders, which changed nothing", NULL, 0, 0, false},
    {0},
};

const struct command commands_assignment_read[] = {
    {"assignment", "list", NULL, NULL, 0, 0, COMMAND_ASKS, list_options, assignment_list,
     "các lượt giao việc: hạn, số ngày quá hạn, người phụ trách, tiến độ",
     "assignments: due date, days overdue, person in charge, progress",
     "assignment list --unit SO-YT\nassignment list --class overdue\nassignment list "
     "--late-evidence"},
    {"assignment", "show", "MÃ", "ID", 1, 1, COMMAND_ASKS, NULL, assignment_show,
     "một lượt giao: các đơn vị đã giữ, lịch sử, kỳ báo cáo, chỉ tiêu, xác nhận chấp hành",
     "one assignment: holders, history, periods, figures, attestations",
     "assignment show 3fa85f64"},
    {0},
};
