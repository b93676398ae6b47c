/*
 * day.c - calendar arithmetic in +07:00, without a clock.
 * Days <-> civil dates: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
 */
#include "base/clock.h"

#include <stdbool.h>
#include <string.h>

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;

    return (a % b != 0 && (a < 0) != (b < 0)) ? q - 1 : q;
}

int32_t gv_day_of(int64_t time_us)
{
    return (int32_t)floor_div(time_us + GV_TZ_OFFSET_US, GV_US_PER_DAY);
}

int64_t gv_day_begin_us(int32_t day)
{
    return (int64_t)day * GV_US_PER_DAY - GV_TZ_OFFSET_US;
}

int64_t gv_day_end_us(int32_t day)
{
    return gv_day_begin_us(day) + GV_US_PER_DAY;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

int32_t gv_day_from_ymd(int year, int month, int mday)
{
    int64_t y, era, yoe, doy, doe;

    if (year < 1 || year > 9999 || month < 1 || month > 12)
        return INT32_MIN;
    if (mday < 1 || mday > month_days(year, month))
        return INT32_MIN;
    y = month <= 2 ? year - 1 : year;
    era = floor_div(y, 400);
    yoe = y - era * 400;
    doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + mday - 1;
    doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return (int32_t)(era * 146097 + doe - 719468);
}

void gv_day_to_ymd(int32_t day, int *year, int *month, int *mday)
{
    int64_t z = (int64_t)day + 719468;
    int64_t era = floor_div(z, 146097);
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;

    *mday = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2 ? 1 : 0));
}

int gv_day_weekday(int32_t day)
{
    int64_t w = ((int64_t)day + 3) % 7; /* 1970-01-01 was a Thursday */

    return (int)(w < 0 ? w + 7 : w);
}

/* Exactly `digits` decimal digits. */
static bool take_number(const char **s, int digits, int *out)
{
    int value = 0;

    for (int i = 0; i < digits; i++) {
        char c = **s;

        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
        (*s)++;
    }
    *out = value;
    return true;
}

static bool take_char(const char **s, char c)
{
    if (**s != c)
        return false;
    (*s)++;
    return true;
}

static bool take_day(const char **s, int32_t *out)
{
    int year, month, mday;

    if (!take_number(s, 4, &year) || !take_char(s, '-') || !take_number(s, 2, &month) ||
        !take_char(s, '-') || !take_number(s, 2, &mday))
        return false;
    *out = gv_day_from_ymd(year, month, mday);
    return *out != INT32_MIN;
}

gv_err gv_day_parse(const char *s, int32_t *out)
{
    int32_t day;

    if (!take_day(&s, &day) || *s != '\0')
        return GV_EBADMSG;
    *out = day;
    return GV_OK;
}

static void put_number(char *out, int value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

void gv_day_format(int32_t day, char out[11])
{
    int year, month, mday;

    gv_day_to_ymd(day, &year, &month, &mday);
    memcpy(out, "0000-00-00", 11);
    put_number(out, year, 4);
    put_number(out + 5, month, 2);
    put_number(out + 8, mday, 2);
}

void gv_time_format(int64_t time_us, char out[26])
{
    int32_t day = gv_day_of(time_us);
    int64_t s = (time_us - gv_day_begin_us(day)) / GV_US_PER_S;

    gv_day_format(day, out);
    memcpy(out + 10, "T00:00:00+07:00", 16);
    put_number(out + 11, (int)(s / 3600), 2);
    put_number(out + 14, (int)(s / 60 % 60), 2);
    put_number(out + 17, (int)(s % 60), 2);
}

gv_err gv_time_parse(const char *s, int64_t *out)
{
    int32_t day;
    int hour, minute, second;

    if (!take_day(&s, &day) || !take_char(&s, 'T') || !take_number(&s, 2, &hour) ||
        !take_char(&s, ':') || !take_number(&s, 2, &minute) || !take_char(&s, ':') ||
        !take_number(&s, 2, &second) || strcmp(s, "+07:00") != 0)
        return GV_EBADMSG;
    if (hour > 23 || minute > 59 || second > 59)
        return GV_EBADMSG;
    *out = gv_day_begin_us(day) + ((int64_t)hour * 3600 + minute * 60 + second) * GV_US_PER_S;
    return GV_OK;
}
