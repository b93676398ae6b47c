/* problem.c - a bounded list of problems. */
#include "plan/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/lang.h"
#include "base/text.h"

#define TEXT_MAX 1000

void gv_problems_init(struct gv_problems *problems, gv_arena *arena)
{
    memset(problems, 0, sizeof *problems);
    problems->arena = arena;
}

/* What files say goes to terminals: pieces of code points that a cut left are dropped, control
 * characters become '?'. In place. */
static void make_printable(char *text)
{
    size_t len = strlen(text), at = 0, used = 0;

    while (at < len) {
        uint32_t cp = 0;
        size_t size = gv_utf8_next(text + at, len - at, &cp);

        if (size == 0) {
            at++;
            continue;
        }
        if (cp < ' ' || (cp >= 0x7f && cp <= 0x9f))
            text[used++] = '?';
        else
            for (size_t i = 0; i < size; i++)
                text[used++] = text[at + i];
        at += size;
    }
    text[used] = '\0';
}

void gv_problem_add(struct gv_problems *problems, const char *file, struct gv_mark at,
                    const char *vi, const char *en, ...)
{
    char text[TEXT_MAX];
    const char *kept;
    va_list args;

    if (problems->count == GV_PROBLEMS_MAX) {
        problems->dropped++;
        return;
    }
    va_start(args, en);
    if (vsnprintf(text, sizeof text, gv_tr(vi, en), args) < 0)
        text[0] = '\0';
    va_end(args);
    make_printable(text);
    kept = gv_arena_strdup(problems->arena, text);
    problems->all[problems->count++] =
        (struct gv_problem){file, at, kept != NULL ? kept : gv_err_say(GV_ENOMEM)};
}

void gv_problems_print(const struct gv_problems *problems, struct gv_buf *out)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct gv_problem *p = &problems->all[i];

        gv_buf_puts(out, p->file);
        if (p->at.line > 0)
            gv_buf_printf(out, ":%u:%u", (unsigned)p->at.line, (unsigned)p->at.column);
        gv_buf_printf(out, ": %s\n", p->text);
    }
    if (problems->dropped > 0)
        gv_buf_printf(out, "… +%zu %s\n", problems->dropped, gv_tr("lỗi khác", "more problems"));
}
