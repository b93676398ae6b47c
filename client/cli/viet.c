/* viet.c - numbers and dates for people. */
#include "cli/viet.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/lang.h"

static bool vietnamese(void)
{
    return gv_lang() == GV_LANG_VI;
}

/* Groups of three digits. */
static void put_grouped(struct gv_buf *out, const char *digits, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            gv_buf_putc(out, vietnamese() ? '.' : ',');
        gv_buf_putc(out, digits[i]);
    }
}

void viet_count(struct gv_buf *out, int64_t n)
{
    char digits[24];

    if (n < 0) {
        gv_buf_printf(out, "%" PRId64, n);
        return;
    }
    if (vietnamese() && n > 0 && n < 10) {
        gv_buf_printf(out, "0%" PRId64, n);
        return;
    }
    snprintf(digits, sizeof digits, "%" PRId64, n);
    put_grouped(out, digits, strlen(digits));
}

bool viet_is_decimal(const char *text)
{
    const char *at = text + (text[0] == '-' ? 1 : 0);
    size_t whole = strspn(at, "0123456789");
    const char *rest = at + whole;

    return whole > 0 && (rest[0] == '\0' ||
                         (rest[0] == '.' && rest[1 + strspn(rest + 1, "0123456789")] == '\0'));
}

void viet_decimal(struct gv_buf *out, const char *decimal)
{
    const char *at = decimal + (decimal[0] == '-' ? 1 : 0);
    size_t whole = strspn(at, "0123456789");
    const char *rest = at + whole;

    if (!viet_is_decimal(decimal)) {
        gv_buf_puts(out, decimal);
        return;
    }
    if (at != decimal)
        gv_buf_putc(out, '-');
    put_grouped(out, at, whole);
    if (rest[0] == '.' && rest[1] != '\0') {
        gv_buf_putc(out, vietnamese() ? ',' : '.');
        gv_buf_puts(out, rest + 1);
    }
}

void viet_percent(struct gv_buf *out, int64_t part, int64_t whole)
{
    int64_t tenths;

    if (whole <= 0) {
        gv_buf_puts(out, "–");
        return;
    }
    tenths = (part * 2000 + whole) / (2 * whole);
    if (tenths % 10 == 0)
        gv_buf_printf(out, "%" PRId64 "%%", tenths / 10);
    else
        gv_buf_printf(out, "%" PRId64 "%c%" PRId64 "%%", tenths / 10, vietnamese() ? ',' : '.',
                      tenths % 10);
}

void viet_day(struct gv_buf *out, int32_t day)
{
    char iso[11];
    int year, month, mday;

    if (!vietnamese()) {
        gv_day_format(day, iso);
        gv_buf_puts(out, iso);
        return;
    }
    gv_day_to_ymd(day, &year, &month, &mday);
    gv_buf_printf(out, month <= 2 ? "ngày %02d tháng %02d năm %d" : "ngày %02d tháng %d năm %d",
                  mday, month, year);
}

void viet_day_text(struct gv_buf *out, const char *text)
{
    int32_t day;

    if (gv_day_parse(text, &day) == GV_OK)
        viet_day(out, day);
    else
        gv_buf_puts(out, text);
}

void viet_day_short(struct gv_buf *out, const char *iso)
{
    char text[11];
    int32_t day;

    if (strlen(iso) < 10) {
        gv_buf_puts(out, iso);
        return;
    }
    snprintf(text, sizeof text, "%.10s", iso);
    if (!vietnamese() || gv_day_parse(text, &day) != GV_OK)
        gv_buf_puts(out, text);
    else
        gv_buf_printf(out, "%.2s/%.2s/%.4s", text + 8, text + 5, text);
}

void viet_moment(struct gv_buf *out, int64_t time_us)
{
    int32_t day = gv_day_of(time_us);
    int64_t minutes = (time_us - gv_day_begin_us(day)) / (60 * GV_US_PER_S);
    char iso[26];

    if (!vietnamese()) {
        gv_time_format(time_us, iso);
        gv_buf_puts(out, iso);
        return;
    }
    if (minutes == 0) {
        minutes = 24 * 60;
        day--;
    }
    gv_buf_printf(out, "%02d giờ %02d ", (int)(minutes / 60), (int)(minutes % 60));
    viet_day(out, day);
}
