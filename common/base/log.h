/*
 * log.h - one line an event on stderr: "<prio>event key=value …" (logfmt; journald priority when
 * stderr is the journal, a time stamp otherwise). Any thread. Never log secrets.
 */
#ifndef GV_LOG_H
#define GV_LOG_H

#include <stddef.h>

#include "base/err.h"

enum gv_log_level {
    GV_LOG_ERROR = 3,
    GV_LOG_WARN = 4,
    GV_LOG_NOTICE = 5,
    GV_LOG_INFO = 6,
    GV_LOG_DEBUG = 7
};

/* What the settings of all programs take; GV_EUSAGE for another name. */
#define GV_LOG_LEVELS "error | warn | notice | info | debug"
GV_MUSTCHECK gv_err gv_log_level_of(const char *name, enum gv_log_level *out);

void gv_log_init(const char *program, enum gv_log_level max);
/* event is a stable-name; fmt gives the key=value pairs. Strings from peers: through gv_log_escape.
 */
void gv_log(enum gv_log_level level, const char *event, const char *fmt, ...) GV_PRINTF(3, 4);
/* Quoted and escaped into out (always terminated); returns out. */
const char *gv_log_escape(const char *s, char *out, size_t out_size);

#define log_error(...) gv_log(GV_LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  gv_log(GV_LOG_WARN, __VA_ARGS__)
#define log_info(...)  gv_log(GV_LOG_INFO, __VA_ARGS__)
#define log_debug(...) gv_log(GV_LOG_DEBUG, __VA_ARGS__)

#endif
