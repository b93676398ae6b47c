/* cmd_feed.c - the noun "feed": the ledger by position, without gaps, from where somebody stopped.
 */
#include <stdio.h>
#include <string.h>

#include "base/lang.h"
#include "cli/commands.h"
#include "cli/feed_line.h"
#include "cli/out.h"
#include "cli/read.h"
#include "cli/words.h"

#define WAIT_MS 5000 /* one question; a signal is seen between two */

static gv_err put_event(void *arg, const struct rpc_row *row)
{
    struct read *read = arg;

    if (read->cli->json) {
        gv_buf_append(&read->out, row->text, row->len);
        gv_buf_putc(&read->out, '\n');
        return GV_OK;
    }
    gv_buf_printf(&read->out, "%lld  ", (long long)row_number(row->json, "position"));
    feed_line_put(&read->out, row->json);
    return GV_OK;
}

/* Prints pages until there is nothing more, or for ever with --follow. */
static int follow(struct read *read, bool forever)
{
    char after[sizeof read->page.next];
    struct rpc_query ask = {
        .name = "feed", .args = read->args, .arg_count = read->arg_count, .after = after};
    const char *start = cli_text(read->cli, "after");
    bool marked = false;

    snprintf(after, sizeof after, "%s", start != NULL ? start : "");
    for (;;) {
        bool moved;
        int status;
        gv_err err = rpc_query_page(read->rpc, &ask, put_event, read, &read->page);

        if (err == GV_EINTERRUPTED && forever)
            return gv_err_exit(err);
        if (err != GV_OK)
            return rpc_error(read->rpc, err, "feed");
        if (!marked && read->page.demonstration)
            out_note("%s", words_demonstration());
        marked = true;
        status = out_write(&read->out);
        gv_buf_reset(&read->out);
        if (status != 0)
            return status;
        moved = strcmp(after, read->page.next) != 0 && read->page.next[0] != '\0';
        if (moved)
            snprintf(after, sizeof after, "%s", read->page.next);
        if (!moved && !forever)
            return 0;
        ask.wait_ms = forever ? WAIT_MS : 0;
        if (cli_interrupted())
            return gv_err_exit(GV_EINTERRUPTED);
    }
}

static int feed(const struct cli *cli)
{
    struct read read;
    int status = read_open(cli, &read);

    if (status != 0)
        return status;
    read_option(&read, "directive");
    read_option(&read, "item");
    read_option(&read, "unit");
    status = read_named(read.rpc);
    if (status == 0)
        status = follow(&read, cli_flag(cli, "follow"));
    read_close(&read);
    return status;
}

static const struct option_row options[] = {
    {"after", OPTION_NUMBER, "VỊ-TRÍ", "POSITION", "tiếp theo vị trí này (mặc định: từ đầu)",
     "go on after this position (default: from the beginning)", NULL, 0, INT64_MAX, false},
    {"follow", OPTION_FLAG, NULL, NULL, "chờ sự kiện mới", "wait for new events", NULL, 0, 0,
     false},
    {"directive", OPTION_TEXT, "SỐ-KÝ-HIỆU", "NUMBER", "chỉ văn bản này", "this directive only",
     NULL, 0, 0, false},
    {"item", OPTION_NUMBER, "MỤC", "ITEM", "chỉ mục này của công văn",
     "this item of the letter only", NULL, 1, 999, false},
    {"unit", OPTION_TEXT, "MÃ", "CODE", "chỉ đơn vị này", "this unit only", NULL, 0, 0, false},
    {0},
};

const struct command commands_feed[] = {
    {"feed", "", NULL, NULL, 0, 0, COMMAND_ASKS, options, feed,
     "dòng sự kiện theo vị trí, không sót: ai, làm gì, khi nào",
     "the stream of events by position, without gaps: who, what, when",
     "feed --after 0 --json\nfeed --follow"},
    {0},
};
