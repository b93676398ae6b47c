/* status.c - checks of single values, and the entry to both forms of a status document. */
#include "agent/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/status_part.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"
#include "trust/entry.h"

gv_err status_fail(struct status_reader *r, const char *fmt, ...)
{
    va_list args;
    size_t at;

    va_start(args, fmt);
    vsnprintf(r->fault->why, sizeof r->fault->why, fmt, args);
    va_end(args);
    if (!gv_text_valid(r->fault->why, strlen(r->fault->why), &at))
        r->fault->why[at] = '\0'; /* cut in the middle of a letter */
    return GV_EBADMSG;
}

static bool is_control(unsigned char c, bool lines)
{
    if (lines && (c == '\n' || c == '\r' || c == '\t'))
        return false;
    return c < 0x20 || c == 0x7f;
}

gv_err status_text(struct status_reader *r, const char *s, size_t len, size_t max, bool lines,
                   const char **out)
{
    struct gv_buf nfc;
    char *copy = NULL;
    gv_err err;

    if (len == 0)
        return status_fail(r, "%s", gv_tr("không được để trống", "must not be empty"));
    if (len > max)
        return status_fail(r, gv_tr("dài quá %zu byte", "longer than %zu bytes"), max);
    for (size_t i = 0; i < len; i++) {
        if (is_control((unsigned char)s[i], lines))
            return status_fail(r, "%s", gv_tr("có ký tự điều khiển", "holds a control character"));
    }
    gv_buf_init(&nfc);
    err = gv_text_nfc(s, len, &nfc);
    if (err == GV_EBADMSG) {
        err = status_fail(r, "%s", gv_tr("không phải UTF-8", "not UTF-8"));
        goto out;
    }
    if (err != GV_OK)
        goto out;
    if (nfc.len > max) { /* a few letters grow */
        err = status_fail(r, gv_tr("dài quá %zu byte", "longer than %zu bytes"), max);
        goto out;
    }
    if (r->task != NULL)
        r->task->text_bytes += nfc.len;
    if (r->task != NULL && r->task->text_bytes > GV_STATUS_TASK_MAX_BYTES) {
        err = status_fail(r,
                          gv_tr("văn bản của một nhiệm vụ dài quá %d byte",
                                "the text of one task is longer than %d bytes"),
                          GV_STATUS_TASK_MAX_BYTES);
        goto out;
    }
    copy = gv_arena_alloc(r->arena, nfc.len + 1);
    if (copy == NULL) {
        err = GV_ENOMEM;
        goto out;
    }
    memcpy(copy, nfc.data, nfc.len);
    copy[nfc.len] = '\0';
    *out = copy;
out:
    gv_buf_fini(&nfc);
    return err;
}

gv_err status_decimal(struct status_reader *r, const char *s, size_t len, const char **out)
{
    if (!gv_decimal_valid(s))
        return status_fail(r, "%s",
                           gv_tr("không phải số thập phân như 12 hoặc 12.5 (dấu chấm)",
                                 "not a decimal number like 12 or 12.5 (with a point)"));
    return status_text(r, s, len, STATUS_DECIMAL_MAX, false, out);
}

gv_err status_day(struct status_reader *r, const char *s, int32_t *out)
{
    if (gv_day_parse(s, out) != GV_OK)
        return status_fail(r, "%s",
                           gv_tr("không phải ngày dạng 2024-02-08", "not a day like 2024-02-08"));
    if (*out < 0)
        return status_fail(r, "%s", gv_tr("là ngày trước năm 1970", "is a day before 1970"));
    return GV_OK;
}

gv_err status_unit(struct status_reader *r, const char *s, gv_code *out)
{
    if (gv_code_from_str(s, out) != GV_OK)
        return status_fail(r, "%s", gv_tr("không phải mã đơn vị", "not a unit's code"));
    return GV_OK;
}

gv_err status_task_name(struct status_reader *r, const char *s, size_t len, const char **out)
{
    const char *hash = memchr(s, '#', len);

    for (size_t i = 0; i < len; i++) {
        if (s[i] == ' ')
            return status_fail(
                r, "%s",
                gv_tr("số của nhiệm vụ không có dấu cách", "a task's number has no blanks"));
    }
    if (hash != NULL && (hash == s || hash == s + len - 1))
        return status_fail(r, "%s",
                           gv_tr("phải có dạng SỐ-KÝ-HIỆU#2.2", "must look like NOTATION#2.2"));
    return status_text(r, s, len, STATUS_TASK_MAX, false, out);
}

gv_err status_percent(struct status_reader *r, long long value, int *out)
{
    if (value < 0 || value > 100)
        return status_fail(r, "%s", gv_tr("phải từ 0 đến 100", "must be from 0 to 100"));
    *out = (int)value;
    return GV_OK;
}

void *status_grow(struct status_reader *r, void *list, size_t *count, size_t size, size_t max,
                  void **grown)
{
    size_t n = *count;

    if (n == max) {
        status_fail(r, gv_tr("nhiều hơn %zu phần tử", "more than %zu elements"), max);
        return NULL;
    }
    if ((n & (n - 1)) == 0) { /* full: 0, 1, 2, 4, 8 … */
        void *more = gv_arena_alloc(r->arena, (n == 0 ? 1 : 2 * n) * size);

        if (more == NULL) {
            status_fail(r, "%s", gv_tr("tài liệu quá lớn", "the document is too large"));
            return NULL;
        }
        if (n > 0)
            memcpy(more, list, n * size);
        list = more;
    }
    *grown = list;
    *count = n + 1;
    return memset((char *)list + n * size, 0, size);
}

gv_err gv_status_parse(enum gv_status_format format, const char *text, size_t len, gv_arena *arena,
                       struct gv_status *out, struct gv_status_fault *fault)
{
    struct status_reader r = {.arena = arena, .fault = fault};
    struct gv_status status = {0};
    size_t bad_at;
    gv_err err;

    memset(fault, 0, sizeof *fault);
    if (len > GV_STATUS_MAX_BYTES) {
        status_fail(&r, gv_tr("lớn hơn %zu byte", "larger than %zu bytes"), GV_STATUS_MAX_BYTES);
        return GV_ETOOBIG;
    }
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* what spreadsheets put in front */
        text += 3;
        len -= 3;
    }
    if (!gv_text_valid(text, len, &bad_at)) {
        fault->line = 1;
        fault->column = 1;
        for (size_t i = 0; i < bad_at; i++) {
            fault->column = text[i] == '\n' ? 1 : fault->column + 1;
            fault->line += text[i] == '\n';
        }
        return status_fail(&r, "%s", gv_tr("không phải UTF-8", "not UTF-8"));
    }
    err = format == GV_STATUS_CSV ? status_read_csv(&r, text, len, &status)
                                  : status_read_json(&r, text, len, &status);
    if (err == GV_OK)
        *out = status;
    else if (gv_arena_starved(arena))
        err = GV_ENOMEM; /* the document is not to blame */
    return err;
}

const char *gv_status_fault_format(const struct gv_status_fault *fault, const char *file, char *out,
                                   size_t out_size)
{
    if (fault->line > 0 && fault->column > 0)
        snprintf(out, out_size, "%s:%u:%u: %s", file, fault->line, fault->column, fault->why);
    else if (fault->line > 0)
        snprintf(out, out_size, "%s:%u: %s", file, fault->line, fault->why);
    else if (fault->pointer[0] != '\0')
        snprintf(out, out_size, "%s: %s: %s", file, fault->pointer, fault->why);
    else
        snprintf(out, out_size, "%s: %s", file, fault->why);
    return out;
}
