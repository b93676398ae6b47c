/* reason.c - what coordinators say beyond an error, in the language of the user. */
#include <string.h>

#include "base/lang.h"

static const struct reason {
    const char *text; /* as it stands on the wire */
    const char *vi;
} reasons[] = {
    {"a person has this code", "mã này đã là của một người"},
    {"a coordinator has this code", "mã này đã là của một máy chủ"},
    {"a real deployment's clock is the real time", "đồng hồ của hệ thống thật là giờ thật"},
    {"the unit has a key or an assignment: whether it is a body stays",
     "đơn vị đã có khóa hoặc đã được giao việc: không đổi được cột «body»"},
    {"a unit needs a code and a name", "đơn vị phải có mã và tên"},
    {"another breakdown was approved: read it again",
     "một bản phân rã khác đã được phê duyệt: hãy đọc lại"},
    {"connected units have not finished the day", "còn đơn vị đang nối chưa xong việc của ngày"},
    {"no breakdown of this directive is approved",
     "chưa phê duyệt bản phân rã nào của văn bản này"},
    {"enrolled anew", "ghi danh lại"},
    {"quarantine lifted", "đã bỏ cách ly"},
    {"it plans more than 5,000,000 reporting periods: divide the list (or the breakdown)",
     "tổng số kỳ báo cáo quá 5.000.000: hãy chia danh sách (hoặc bản phân rã) thành nhiều phần"},
    {"no such unit", "không có đơn vị này"},
    {"not a body of persons", "không phải một tập thể"},
    {"not a task of the approved breakdown", "không phải nhiệm vụ của bản phân rã đã phê duyệt"},
    {"the letter is not the one that was broken down", "công văn không phải bản đã được phân rã"},
    {"the signer does not act for this body", "người ký không thuộc tập thể này"},
    {"the unit has ended", "đơn vị đã kết thúc hoạt động"},
    {"this directive was issued before", "văn bản này đã được giao việc"},
    {"attachments that no act has used yet take all that is allowed",
     "tệp đính kèm đã gửi mà chưa có văn bản ký nào dùng đã chiếm hết mức cho phép"},
    {"an indicator that the task does not have", "nhiệm vụ không có chỉ tiêu này"},
    {"a clause that the task does not have", "nhiệm vụ không có điều phải chấp hành này"},
    {"the database refuses what this report says", "cơ sở dữ liệu không nhận nội dung báo cáo"},
    {"the statement does not hold", "tuyên bố đổi khóa không đúng"},
    {"these keys were used before: make new ones", "khóa này đã dùng trước đây: hãy tạo khóa mới"},
    {"the unit has named too many keys within an hour",
     "đơn vị đã đổi khóa quá nhiều lần trong một giờ"},
    {"this key is no longer the unit's", "khóa này không còn là khóa của đơn vị"},
    {"the unit has connected anew since", "đơn vị đã kết nối lại sau đó"},
    {"further than a year", "xa hơn một năm"},
    {"no such day", "không có ngày này"},
    {"a day that has not come", "ngày chưa đến"},
    {"the unit found that the logs contradict each other", "đơn vị nhận thấy sổ hai bên trái nhau"},
    {"reports: the unit knows fewer than are stored", "báo cáo: đơn vị biết ít hơn số đang lưu"},
    {"reports: the same number with another hash", "báo cáo: cùng một số nhưng khác nội dung"},
    {"orders: the unit holds more than are stored", "lệnh: đơn vị giữ nhiều hơn số đang lưu"},
    {"orders: the same number with another hash", "lệnh: cùng một số nhưng khác nội dung"},
    {"orders: the unit's receipt is of another log", "lệnh: biên nhận của đơn vị thuộc sổ khác"},
    {"re-admission ended: the logs agree", "đã nhận lại xong: hai sổ khớp nhau"},
};

const char *gv_reason_say(const char *text)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (strcmp(reasons[i].text, text) == 0)
            return gv_tr(reasons[i].vi, text);
    }
    for (int err = 1; strcmp(gv_err_name((gv_err)err), "?") != 0; err++) {
        if (strcmp(gv_err_text((gv_err)err), text) == 0)
            return gv_err_say((gv_err)err);
    }
    return text;
}
