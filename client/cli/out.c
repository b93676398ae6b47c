/* out.c - one way to print a result, one way to print an error. */
#include "cli/out.h"

#include <stdio.h>

#include "base/lang.h"

struct words {
    gv_err err;
    const char *vi;
};

/* What users read is Vietnamese first; errors that only a program can meet keep the English text.
 */
static const struct words vietnamese[] = {
    {GV_ENOMEM, "hết bộ nhớ"},
    {GV_EUSAGE, "sai cách dùng"},
    {GV_EBADMSG, "dữ liệu không hợp lệ"},
    {GV_ENOTFOUND, "không tìm thấy"},
    {GV_EEXISTS, "đã có rồi"},
    {GV_EDENIED, "không được phép"},
    {GV_ETOOBIG, "lớn hơn mức cho phép"},
    {GV_EIO, "lỗi đọc hoặc ghi"},
};

static const char *text_of(gv_err err)
{
    for (size_t i = 0; gv_lang() == GV_LANG_VI && i < sizeof vietnamese / sizeof vietnamese[0];
         i++) {
        if (vietnamese[i].err == err)
            return vietnamese[i].vi;
    }
    return gv_err_text(err);
}

int out_error(gv_err err, const char *where, const char *mend)
{
    fprintf(stderr, "giaoviec: %s%s%s%s%s\n", where ? where : "", where ? ": " : "", text_of(err),
            mend ? ": " : "", mend ? mend : "");
    return gv_err_exit(err);
}

int out_write(const struct gv_buf *buf)
{
    if (!gv_buf_ok(buf))
        return out_error(GV_ENOMEM, NULL, NULL);
    if (fwrite(buf->data, 1, buf->len, stdout) != buf->len || fflush(stdout) != 0)
        return out_error(GV_EIO, gv_tr("đầu ra chuẩn", "standard output"), NULL);
    return 0;
}
