/* feed_line.c - an event as people read it. */
#include "cli/feed_line.h"

#include <string.h>

#include "base/lang.h"
#include "cli/rpc.h"
#include "cli/words.h"

static void put_clean(struct gv_buf *out, const char *text)
{
    for (; *text != '\0'; text++)
        gv_buf_putc(out, (unsigned char)*text < ' ' || *text == 127 ? ' ' : *text);
}

static void put_move(struct gv_buf *out, const json_t *e)
{
    if (!row_has(e, "to"))
        return;
    gv_buf_puts(out, " (");
    if (row_has(e, "from"))
        gv_buf_printf(out, "%s → ", words_state(row_text(e, "from")));
    gv_buf_printf(out, "%s)", words_state(row_text(e, "to")));
}

void feed_line_put(struct gv_buf *out, const json_t *e)
{
    const char *actor = row_text(e, "actor"), *unit = row_text(e, "unit");
    const char *disposition = row_text(e, "disposition");

    gv_buf_printf(out, "%.16s  ", row_text(e, "at"));
    if (unit[0] != '\0')
        gv_buf_printf(out, "%s ", unit);
    put_clean(out, row_text(e, "unit_name"));
    if (row_has(e, "task"))
        gv_buf_printf(out, "%s%s", unit[0] != '\0' ? " · " : "", row_text(e, "task"));
    if (unit[0] != '\0' || row_has(e, "task"))
        gv_buf_puts(out, " · ");
    gv_buf_puts(out, words_event(row_text(e, "event"), row_text(e, "what")));
    put_move(out, e);
    if (row_has(e, "progress"))
        gv_buf_printf(out, " %lld%%", (long long)row_number(e, "progress"));
    if (actor[0] != '\0' && strcmp(actor, unit) != 0)
        gv_buf_printf(out, gv_tr(", do %s", ", by %s"), actor);
    if (disposition[0] != '\0' && strcmp(disposition, "APPLIED") != 0)
        gv_buf_printf(out, " [%s]", words_disposition(disposition));
    if (row_has(e, "narrative") && row_text(e, "narrative")[0] != '\0') {
        gv_buf_puts(out, " «");
        put_clean(out, row_text(e, "narrative"));
        gv_buf_puts(out, "»");
    }
    /* Of what was done, the text is the rule's; of what was not, the reason. */
    if (strcmp(disposition, "APPLIED") != 0 && row_text(e, "text")[0] != '\0') {
        gv_buf_puts(out, ": ");
        put_clean(out, gv_reason_say(row_text(e, "text")));
    }
    gv_buf_putc(out, '\n');
}
