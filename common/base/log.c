/* log.c - one line an event, written by one write(2). */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

static struct {
    const char *program;
    enum gv_log_level max;
    int journal; /* stderr is the journal: it stamps lines itself */
} state = {"giaoviec", GV_LOG_INFO, 0};

gv_err gv_log_level_of(const char *name, enum gv_log_level *out)
{
    static const char *const names[] = {"error", "warn", "notice", "info", "debug"};

    for (int i = 0; i < 5; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (enum gv_log_level)(GV_LOG_ERROR + i);
            return GV_OK;
        }
    }
    return GV_EUSAGE;
}

void gv_log_init(const char *program, enum gv_log_level max)
{
    state.program = program;
    state.max = max;
    state.journal = getenv("JOURNAL_STREAM") != NULL;
}

void gv_log(enum gv_log_level level, const char *event, const char *fmt, ...)
{
    char line[2048];
    char stamp[26];
    va_list args;
    int n;

    if (level > state.max)
        return;
    if (state.journal) {
        n = snprintf(line, sizeof line, "<%d>%s ", (int)level, event);
    } else {
        gv_time_format(gv_clock_real_us(), stamp);
        n = snprintf(line, sizeof line, "%s %s <%d>%s ", stamp, state.program, (int)level, event);
    }
    if (n < 0 || (size_t)n >= sizeof line - 1)
        return;
    va_start(args, fmt);
    vsnprintf(line + n, sizeof line - 1 - (size_t)n, fmt, args);
    va_end(args);
    n = (int)strlen(line);
    line[n++] = '\n';
    if (write(STDERR_FILENO, line, (size_t)n) < 0)
        return; /* nowhere to say so */
}

const char *gv_log_escape(const char *s, char *out, size_t out_size)
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;

    if (out_size < 8) {
        if (out_size > 0)
            out[0] = '\0';
        return out;
    }
    out[n++] = '"';
    for (; *s != '\0' && n + 6 < out_size; s++) {
        unsigned char c = (unsigned char)*s;

        if (c < 0x20 || c == 0x7f) {
            out[n++] = '\\';
            out[n++] = 'x';
            out[n++] = digits[c >> 4];
            out[n++] = digits[c & 15];
        } else {
            if (c == '"' || c == '\\')
                out[n++] = '\\';
            out[n++] = (char)c;
        }
    }
    out[n++] = '"';
    out[n] = '\0';
    return out;
}
