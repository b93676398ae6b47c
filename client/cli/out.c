/* out.c - one way to print a result, one way to print an error, one way to ask. */
#include "cli/out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/lang.h"

/* What came from outside may hold control characters: a terminal must not obey them. */
static void put_line(FILE *stream, const char *s)
{
    for (; *s != '\0'; s++)
        fputc((unsigned char)*s < ' ' || *s == 127 ? '?' : *s, stream);
}

int out_error_line(gv_err err, const char *where, const char *mend)
{
    const char *parts[] = {where, gv_err_say(err), mend};

    fputs("giaoviec", stderr);
    for (size_t i = 0; i < 3; i++) {
        if (parts[i] == NULL || parts[i][0] == '\0')
            continue;
        fputs(": ", stderr);
        put_line(stderr, parts[i]);
    }
    fputc('\n', stderr);
    return gv_err_exit(err);
}

int out_error_linef(gv_err err, const char *where, const char *fmt, ...)
{
    char *mend = NULL;
    va_list args;
    int status;

    va_start(args, fmt);
    if (vasprintf(&mend, fmt, args) < 0)
        mend = NULL;
    va_end(args);
    status = out_error(err, where, mend);
    free(mend);
    return status;
}

void out_note(const char *fmt, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, fmt);
    if (vasprintf(&text, fmt, args) < 0)
        text = NULL;
    va_end(args);
    fputs("giaoviec: ", stderr);
    put_line(stderr, text != NULL ? text : gv_err_say(GV_ENOMEM));
    fputc('\n', stderr);
    free(text);
}

int out_write(const struct gv_buf *buf)
{
    if (!gv_buf_ok(buf))
        return out_error(GV_ENOMEM, NULL, NULL);
    if ((buf->len > 0 && fwrite(buf->data, 1, buf->len, stdout) != buf->len) || fflush(stdout) != 0)
        return out_error(GV_EIO, gv_tr("đầu ra chuẩn", "standard output"), NULL);
    return 0;
}

size_t out_width(void)
{
    struct winsize size;

    if (isatty(STDOUT_FILENO) != 1 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
        return 0;
    return size.ws_col;
}

static bool is_yes(const char *answer)
{
    static const char *const yes[] = {"y\n", "Y\n", "yes\n", "c\n", "C\n", "có\n", "Có\n", "co\n"};

    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        if (strcmp(answer, yes[i]) == 0)
            return true;
    }
    return false;
}

int out_confirm(const struct cli *cli, const char *question)
{
    char answer[32] = "";

    if (cli->yes || cli->dry_run)
        return 0;
    if (isatty(STDIN_FILENO) != 1)
        return out_error(
            GV_EUSAGE, question,
            gv_tr("việc này không lấy lại được: thêm --yes, hoặc --dry-run để xem trước",
                  "this cannot be undone: add --yes, or --dry-run to look first"));
    fflush(stdout);
    fprintf(stderr, "%s? [%s] ", question, gv_tr("c = có, k = không", "y = yes, n = no"));
    fflush(stderr);
    if (fgets(answer, sizeof answer, stdin) != NULL && is_yes(answer))
        return 0;
    return out_error(GV_EINTERRUPTED, NULL, gv_tr("không làm gì", "nothing was done"));
}
