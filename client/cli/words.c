/* words.c - one table a set of constants. */
#include "cli/words.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/lang.h"
#include "domain/lifecycle.h"

struct word {
    const char *name;
    const char *vi, *en;
};

static const struct word classes[] = {
    {"NO_DUE", "không có hạn", "no due date"},
    {"NOT_DUE", "trong hạn", "not due"},
    {"DUE_SOON", "sắp đến hạn", "due soon"},
    {"OVERDUE", "quá hạn", "overdue"},
    {"DONE_ON_TIME", "hoàn thành đúng hạn", "done on time"},
    {"DONE_LATE", "hoàn thành trễ hạn", "done late"},
    {"DONE_NO_DUE", "hoàn thành, không có hạn", "done, no due date"},
    {0},
};

static const struct word roles[] = {
    {"LEAD", "chủ trì", "lead"},
    {"COORDINATE", "phối hợp", "co-ordinator"},
    {"FOLLOW", "theo dõi", "follower"},
    {0},
};

static const struct word cadences[] = {
    {"NONE", "không định kỳ", "none"},
    {"ONCE", "một lần", "once"},
    {"DAILY", "hằng ngày", "daily"},
    {"WEEKLY", "hằng tuần", "weekly"},
    {"MONTHLY", "hằng tháng", "monthly"},
    {"QUARTERLY", "hằng quý", "quarterly"},
    {"HALF_YEARLY", "sáu tháng", "half-yearly"},
    {"YEARLY", "hằng năm", "yearly"},
    {0},
};

static const struct word periods[] = {
    {"ON_TIME", "đúng hạn", "on time"},
    {"LATE", "trễ", "late"},
    {"MISSED", "không báo cáo", "missed"},
    {"PENDING", "chưa đến hạn", "pending"},
    {0},
};

static const struct word origins[] = {
    {"letter", "công văn", "letter"},
    {"office", "văn phòng bổ sung", "added by the office"},
    {0},
};

static const struct word directions[] = {
    {"UP", "tối thiểu", "at least"},
    {"DOWN", "tối đa", "at most"},
    {"RANGE", "trong khoảng", "between"},
    {0},
};

/* Kinds of tasks, as breakdowns name them. */
static const struct word kinds[] = {
    {"PLAN", "lập kế hoạch", "plan"},
    {"REMEDY", "khắc phục", "remedy"},
    {"INDICATOR", "chỉ tiêu", "indicator"},
    {"OUTCOME", "kết quả", "outcome"},
    {"CONTINUOUS", "thường xuyên", "continuous"},
    {"WINDOWED", "theo đợt", "windowed"},
    {"PATROL", "tuần tra, kiểm tra", "patrol"},
    {"INCIDENT", "sự việc đột xuất", "incident"},
    {"CASE", "vụ việc", "case"},
    {"CASELIST", "danh sách vụ việc", "list of cases"},
    {"PROHIBITION", "điều cấm", "prohibition"},
    {"EXCEPTION", "ngoại lệ", "exception"},
    {"PERMIT", "trường hợp được phép", "permit"},
    {"SERVICE", "phục vụ", "service"},
    {"CAMPAIGN", "đợt vận động", "campaign"},
    {"MILESTONE", "mốc", "milestone"},
    {"SUPERVISION", "giám sát", "supervision"},
    {0},
};

/* What a breakdown says of a task. */
static const struct word parts[] = {
    {"words", "nguyên văn", "words"},
    {"gloss", "bản tiếng Anh", "gloss"},
    {"kinds", "loại", "kinds"},
    {"field", "lĩnh vực", "field"},
    {"lead", "chủ trì", "lead"},
    {"coordinators", "phối hợp", "coordinators"},
    {"followers", "theo dõi", "followers"},
    {"supervisor", "người theo dõi", "supervisor"},
    {"due", "hạn", "due"},
    {"calendar", "lịch báo cáo", "calendar"},
    {"indicators", "chỉ tiêu", "indicators"},
    {"attest", "điều phải chấp hành", "attest"},
    {0},
};

static const struct word dispositions[] = {
    {"APPLIED", "đã ghi nhận", "applied"},
    {"STALE", "bằng chứng đến muộn, không làm thay đổi gì", "late evidence, changed nothing"},
    {"REFUSED", "không được ghi nhận", "refused"},
    {"UNSUPPORTED", "loại chưa biết, không làm thay đổi gì", "of an unknown kind, changed nothing"},
    {0},
};

/* What was reported or decided. */
static const struct word whats[] = {
    {"ACCEPT", "tiếp nhận nhiệm vụ", "accepted the task"},
    {"RETURN", "trả lại nhiệm vụ", "returned the task"},
    {"STATUS", "báo cáo tiến độ", "reported progress"},
    {"SUBMIT", "trình kết quả", "submitted a result"},
    {"ATTEST", "xác nhận chấp hành", "attested"},
    {"REGISTER_UNITS", "đăng ký đơn vị", "registered units"},
    {"ISSUE_TOKENS", "cấp mã ghi danh", "issued enrolment tokens"},
    {"APPROVE_BREAKDOWN", "phê duyệt bản phân rã", "approved a breakdown"},
    {"ISSUE", "giao nhiệm vụ", "issued"},
    {"UPHOLD", "giữ nguyên đơn vị thực hiện", "upheld"},
    {"REISSUE", "giao lại cho đơn vị khác", "re-issued"},
    {"APPROVE_RESULT", "duyệt kết quả", "approved the result"},
    {"REDO", "yêu cầu làm lại", "asked for it to be redone"},
    {"TRANSFER", "chuyển giao", "transferred"},
    {"REVOKE", "thu hồi", "revoked"},
    {"REVOKE_KEY", "thu hồi khóa", "revoked a key"},
    {"BODY_ENTRY", "tập thể báo cáo", "a body reported"},
    {"CLOCK_STEP", "chuyển ngày của đồng hồ trình diễn", "stepped the demonstration's clock"},
    {"LIFT_QUARANTINE", "bỏ cách ly", "lifted a quarantine"},
    {0},
};

static const struct word events[] = {
    {"REPORT", "báo cáo", "report"},
    {"RECEIPT", "xác nhận đã nhận lệnh", "confirmed receipt of orders"},
    {"ACT", "quyết định", "act"},
    {"ITEM", "quyết định", "act"},
    {"ENROL", "ghi danh", "enrolled"},
    {"DUTY", "việc định kỳ của hệ thống", "duty of the system"},
    {"REFUSAL", "bị từ chối", "refused"},
    {"SESSION", "kết nối", "session"},
    {"KEY", "thay khóa", "key change"},
    {0},
};

static const struct word *find(const struct word *words, const char *name)
{
    for (; words->name != NULL; words++) {
        if (strcmp(words->name, name) == 0)
            return words;
    }
    return NULL;
}

static const char *word_of(const struct word *words, const char *name)
{
    const struct word *word = find(words, name);

    return word != NULL ? gv_tr(word->vi, word->en) : name;
}

const char *words_state(const char *name)
{
    for (int s = GV_STATE_NONE + 1; s < GV_STATE_END; s++) {
        enum gv_state state = (enum gv_state)s;

        if (strcmp(gv_state_name(state), name) == 0)
            return gv_tr(gv_state_vi(state), gv_state_en(state));
    }
    return name;
}

const char *words_errno(int error)
{
    static const struct {
        int error;
        const char *vi;
    } rows[] = {
        {ENOENT, "không có tệp hoặc thư mục này"},
        {EACCES, "không đủ quyền"},
        {EPERM, "không được phép"},
        {ENOTDIR, "không phải thư mục"},
        {EISDIR, "là một thư mục"},
        {EEXIST, "đã có rồi"},
        {ENOSPC, "ổ đĩa đầy"},
        {EDQUOT, "hết hạn mức ổ đĩa"},
        {EFBIG, "tệp quá lớn"},
        {EROFS, "ổ đĩa chỉ đọc"},
        {ENAMETOOLONG, "tên quá dài"},
        {EIO, "ổ đĩa bị lỗi"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].error == error)
            return gv_tr(rows[i].vi, strerror(error));
    }
    return strerror(error);
}

const char *words_class(const char *name)
{
    return word_of(classes, name);
}

const char *words_role(const char *name)
{
    return word_of(roles, name);
}

const char *words_cadence(const char *name)
{
    return word_of(cadences, name);
}

const char *words_period(const char *name)
{
    return word_of(periods, name);
}

const char *words_origin(const char *name)
{
    return word_of(origins, name);
}

const char *words_direction(const char *name)
{
    return word_of(directions, name);
}

const char *words_kind(const char *name)
{
    return word_of(kinds, name);
}

const char *words_part(const char *name)
{
    return word_of(parts, name);
}

const char *words_disposition(const char *name)
{
    return word_of(dispositions, name);
}

const char *words_event(const char *event, const char *what)
{
    const struct word *word = find(whats, what);

    if (word != NULL)
        return gv_tr(word->vi, word->en);
    return what[0] != '\0' ? what : word_of(events, event);
}

const char *words_demonstration(void)
{
    return gv_tr("số liệu trình diễn: mọi con số và tên người đều là giả định",
                 "demonstration data: every figure and every name is invented");
}

const char *words_moved(void)
{
    return gv_tr(
        "sổ gốc vẫn tiếp tục ghi trong khi lập báo cáo: các bảng có thể lệch nhau; hãy lập "
        "lại",
        "the ledger kept moving while the summary was read: tables may disagree; make it "
        "again");
}
