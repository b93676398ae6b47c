/*
 * viet.h - numbers and dates as Vietnamese official documents write them, and plainly in English.
 * All append to out. Days: since 1970-01-01, +07:00.
 */
#ifndef GV_CLI_VIET_H
#define GV_CLI_VIET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* «05», «12», «1.234»; nought is «0». English: 5, 12, 1,234. */
void viet_count(struct gv_buf *out, int64_t n);
bool viet_is_decimal(const char *text); /* as stored: "-12345.5" */
/* A decimal as stored ("12345.5"): «12.345,5»; as it is where it is none. */
void viet_decimal(struct gv_buf *out, const char *decimal);
/* part of whole: «33,3%»; «–» of nothing. */
void viet_percent(struct gv_buf *out, int64_t part, int64_t whole);
/* «ngày 05 tháng 01 năm 2024», «ngày 29 tháng 6 năm 2024»: a zero before days under 10 and months 1
 * and 2. */
void viet_day(struct gv_buf *out, int32_t day);
/* The same of "2024-01-05"; as it is where it is no day. */
void viet_day_text(struct gv_buf *out, const char *day);
/* «05/01/2024» of "2024-01-05" or a longer ISO 8601 time: for tables. "" stays empty. */
void viet_day_short(struct gv_buf *out, const char *iso);
/* «10 giờ 05 ngày 05 tháng 01 năm 2024»; midnight is «24 giờ 00» of the day that ends. */
void viet_moment(struct gv_buf *out, int64_t time_us);

#endif
