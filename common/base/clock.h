/*
 * clock.h - time. Instants: int64_t microseconds since 1970 UTC. Days: int32_t days since
 * 1970-01-01 in the +07:00 calendar. Only gv_clock_* read a clock or sleep; the rest is pure
 * arithmetic (day.c).
 */
#ifndef GV_CLOCK_H
#define GV_CLOCK_H

#include <stdint.h>

#include "base/err.h"

#define GV_US_PER_S     INT64_C(1000000)
#define GV_US_PER_DAY   (INT64_C(86400) * GV_US_PER_S)
#define GV_TZ_OFFSET_US (INT64_C(7) * 3600 * GV_US_PER_S)

int64_t gv_clock_real_us(void);
int64_t gv_clock_mono_ms(void);
void gv_clock_sleep_ms(int ms); /* the calling thread; a signal may end it early */

int32_t gv_day_of(int64_t time_us);   /* the +07:00 day that holds the instant */
int64_t gv_day_begin_us(int32_t day); /* 00:00 +07:00 */
int64_t gv_day_end_us(int32_t day);   /* 24:00 +07:00: what a due date means */
int32_t gv_day_from_ymd(int year, int month,
                        int mday); /* proleptic Gregorian; INT32_MIN when no such date */
void gv_day_to_ymd(int32_t day, int *year, int *month, int *mday);
int gv_day_weekday(int32_t day); /* 0 = Monday */
/* "2024-02-10"; GV_EBADMSG. */
GV_MUSTCHECK gv_err gv_day_parse(const char *s, int32_t *out);
void gv_day_format(int32_t day, char out[11]);
/* ISO 8601 with +07:00, seconds: "2024-02-10T08:00:00+07:00". */
void gv_time_format(int64_t time_us, char out[26]);
/* The same form back; GV_EBADMSG. */
GV_MUSTCHECK gv_err gv_time_parse(const char *s, int64_t *out);

#endif
