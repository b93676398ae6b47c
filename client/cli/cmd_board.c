/*
 * cmd_board.c - the noun "board": where every unit stands. On a terminal it is drawn again in place
 * whenever the feed moves; elsewhere it is printed once, and --follow adds a line an event.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/lang.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/feed_line.h"
#include "cli/out.h"
#include "cli/read.h"
#include "cli/storage.h"
#include "cli/viet.h"
#include "cli/words.h"

#define WAIT_MS      2000 /* for the next event; a signal is seen between two */
#define REDRAW_MS    5000 /* also without events: connections come and go */
#define RESTING      4    /* times as long as the last load took, for the others */
#define NARROW       110  /* columns: below, names of units are left out */
#define FRAME_LINES  11   /* title, head, rule, total, legend, remarks */
#define EVENTS_SHOWN 5
#define HOME_CURSOR  "\x1b[H"
#define CLEAR_LINE   "\x1b[K"
#define CLEAR_REST   "\x1b[J"

struct board {
    struct read read;
    json_t *rows; /* units */
    json_t *total;
    char after[512];                /* of the feed */
    char events[EVENTS_SHOWN][512]; /* the newest lines, a ring */
    size_t event_count;
    int64_t business_us;
};

/* ---- what is shown ----------------------------------------------------------------------------
 */

static gv_err keep_row(void *arg, const struct rpc_row *row)
{
    struct board *board = arg;

    if (row_flag(row->json, "total")) {
        json_decref(board->total);
        board->total = json_incref(row->json);
        return GV_OK;
    }
    return json_array_append(board->rows, row->json) == 0 ? GV_OK : GV_ENOMEM;
}

static gv_err load(struct board *board)
{
    struct read *read = &board->read;
    struct rpc_query ask = {.name = "board", .args = read->args, .arg_count = read->arg_count};
    gv_err err;

    json_array_clear(board->rows);
    err = rpc_query(read->rpc, &ask, keep_row, board, &read->page);
    if (err == GV_OK)
        board->business_us = read->page.business_us;
    return err;
}

/* The worst first: overdue, returned, silent; then as they came. */
static int compare(const void *a, const void *b)
{
    static const char *const keys[] = {"overdue", "returned", "silent_days"};
    const json_t *const *x = a, *const *y = b;

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        int64_t m = row_number(*x, keys[i]), n = row_number(*y, keys[i]);

        if (m != n)
            return m > n ? -1 : 1;
    }
    return strcmp(row_text(*x, "unit"), row_text(*y, "unit"));
}

static void columns(struct table *table, bool names)
{
    table_init(table);
    table_column(table, gv_tr("Mã", "Code"), TABLE_LEFT, 0);
    if (names)
        table_column(table, gv_tr("Đơn vị", "Unit"), TABLE_LEFT, 36);
    table_column(table, gv_tr("Nối", "Up"), TABLE_LEFT, 0);
    table_column(table, gv_tr("Lệnh tới", "Rcvd/orders"), TABLE_RIGHT, 0);
    table_column(table, gv_tr("Chủ trì", "Leads"), TABLE_RIGHT, 0);
    table_column(table, gv_tr("Chờ nhận", "Waiting"), TABLE_RIGHT, 0);
    table_column(table, gv_tr("Đã nhận", "Accepted"), TABLE_RIGHT, 0);
    table_column(table, gv_tr("Đang làm", "Working"), TABLE_RIGHT, 0);
    table_column(table, gv_tr("Chờ duyệt", "Submitted"), TABLE_RIGHT, 0);
    table_column(table, gv_tr("Xong", "Done"), TABLE_RIGHT, 0);
    table_column(table, gv_tr("Quá hạn", "Overdue"), TABLE_RIGHT, 0);
    table_column(table, gv_tr("Trả lại", "Returned"), TABLE_RIGHT, 0);
    table_column(table, gv_tr("Báo cáo", "Report"), TABLE_LEFT, 0);
    table_column(table, gv_tr("Im lặng", "Silent"), TABLE_RIGHT, 0);
}

static void add_row(struct table *table, const json_t *row, bool names)
{
    static const char *const counts[] = {"leads",     "waiting", "accepted", "in_progress",
                                         "submitted", "done",    "overdue",  "returned"};
    bool total = row_flag(row, "total");

    table_cell(table, total ? gv_tr("TỔNG", "TOTAL") : row_text(row, "unit"));
    if (names && total)
        table_cellf(table, gv_tr("%lld đơn vị", "%lld units"), (long long)row_number(row, "units"));
    else if (names)
        table_cell(table, row_text(row, "name"));
    if (total)
        table_cellf(table, "%lld", (long long)row_number(row, "connected_units"));
    else
        table_cell(table, row_flag(row, "quarantined") ? "!"
                          : row_flag(row, "body")      ? "–"
                          : row_flag(row, "connected") ? "●"
                                                       : "○");
    table_cellf(table, "%lld/%lld", (long long)row_number(row, "received"),
                (long long)row_number(row, "orders"));
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        table_cellf(table, "%lld", (long long)row_number(row, counts[i]));
    read_day_cell(table, row, "last_report");
    if (row_has(row, "silent_days") && !total)
        table_cellf(table, "%lld", (long long)row_number(row, "silent_days"));
    else
        table_cell(table, NULL);
}

static void put_title(const struct board *board, struct gv_buf *out)
{
    gv_buf_puts(out, gv_tr("BẢNG THEO DÕI — số liệu đến ", "BOARD - as of "));
    viet_moment(out, board->business_us);
    gv_buf_putc(out, '\n');
    if (board->read.page.demonstration)
        gv_buf_printf(out, "(%s)\n", words_demonstration());
    storage_warn(&board->read.page.storage, out);
    gv_buf_putc(out, '\n');
}

static void put_legend(struct gv_buf *out)
{
    gv_buf_puts(
        out,
        gv_tr("(● đang kết nối, ○ mất kết nối, – tập thể, ! bị cách ly. Lệnh tới: mọi vai trò; các "
              "cột sau chỉ tính chủ trì. Nhận: tiếp nhận nhiệm vụ.)\n",
              "(● connected, ○ not, – a body of persons, ! quarantined. Rcvd/orders: every role; "
              "what follows counts leads alone.)\n"));
}

/* At most limit units (0: all), the worst first where some are left out. */
static gv_err put_board(const struct board *board, size_t limit, bool names, struct gv_buf *out)
{
    size_t count = json_array_size(board->rows);
    size_t shown = limit > 0 && limit < count ? limit : count;
    const json_t **rows = calloc(count + 1, sizeof *rows);
    struct table table;

    if (rows == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < count; i++)
        rows[i] = json_array_get(board->rows, i);
    if (shown < count)
        qsort(rows, count, sizeof *rows, compare);
    put_title(board, out);
    columns(&table, names);
    for (size_t i = 0; i < shown; i++)
        add_row(&table, rows[i], names);
    if (board->total != NULL)
        add_row(&table, board->total, names);
    table_put(&table, out);
    put_legend(out);
    if (shown < count)
        gv_buf_printf(out,
                      gv_tr("… và %zu đơn vị khác (xem đủ: giaoviec board --once)\n",
                            "... and %zu more units (all: giaoviec board --once)\n"),
                      count - shown);
    table_fini(&table);
    free(rows);
    return GV_OK;
}

/* ---- the feed ---------------------------------------------------------------------------------
 */

static gv_err keep_event(void *arg, const struct rpc_row *row)
{
    struct board *board = arg;
    struct gv_buf line;

    gv_buf_init(&line);
    feed_line_put(&line, row->json);
    if (gv_buf_ok(&line)) {
        char *slot = board->events[board->event_count++ % EVENTS_SHOWN];
        size_t size = sizeof board->events[0],
               len = line.len > 0 ? line.len - 1 : 0; /* without the newline */

        while (len >= size || (len > 0 && !gv_text_valid((char *)line.data, len, NULL)))
            len = len >= size ? size - 1 : len - 1;
        memcpy(slot, line.data, len);
        slot[len] = '\0';
    }
    gv_buf_fini(&line);
    return GV_OK;
}

static gv_err print_event(void *arg, const struct rpc_row *row)
{
    struct board *board = arg;

    feed_line_put(&board->read.out, row->json);
    return GV_OK;
}

static gv_err keep_position(void *arg, const struct rpc_row *row)
{
    struct board *board = arg;

    snprintf(board->after, sizeof board->after, "%lld",
             (long long)row_number(row->json, "position"));
    return GV_OK;
}

static gv_err find_end(struct board *board)
{
    struct rpc_query ask = {.name = "seals"};

    return rpc_query(board->read.rpc, &ask, keep_position, board, NULL);
}

/* Waits for what is new. *moved: something is. */
static gv_err wait_events(struct board *board, rpc_row_fn *each, bool *moved)
{
    struct read *read = &board->read;
    struct rpc_query ask = {.name = "feed",
                            .args = read->args,
                            .arg_count = read->arg_count,
                            .after = board->after,
                            .wait_ms = WAIT_MS};
    struct rpc_page page;
    gv_err err = rpc_query_page(read->rpc, &ask, each, board, &page);

    *moved = err == GV_OK && page.rows > 0;
    if (err == GV_OK && page.next[0] != '\0')
        memcpy(board->after, page.next, sizeof page.next);
    return err;
}

/* ---- a terminal -------------------------------------------------------------------------------
 */

static void screen_size(size_t *lines, size_t *width)
{
    struct winsize size = {0};

    *lines = 24;
    *width = 80;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        *lines = size.ws_row;
        *width = size.ws_col;
    }
}

/* Bytes of a line that fit the width. */
static size_t cut(const char *line, size_t len, size_t width)
{
    size_t at = 0, used = 0;

    while (at < len) {
        size_t step = gv_utf8_next(line + at, len - at, NULL);
        size_t more = gv_text_width(line + at, step > 0 ? step : 1);

        if (used + more > width)
            break;
        used += more;
        at += step > 0 ? step : 1;
    }
    return at;
}

/* Each line cut to the width and its rest cleared, so that nothing of the drawing before stays. */
static void put_screen(const struct gv_buf *text, size_t lines, size_t width, struct gv_buf *out)
{
    const char *at = (const char *)text->data, *end = at + text->len;

    gv_buf_puts(out, HOME_CURSOR);
    for (size_t n = 0; at < end && n + 1 < lines; n++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t len = newline != NULL ? (size_t)(newline - at) : (size_t)(end - at);

        gv_buf_append(out, at, cut(at, len, width));
        gv_buf_puts(out, CLEAR_LINE "\n");
        at += len + 1;
    }
    gv_buf_puts(out, CLEAR_REST);
}

static void put_events(const struct board *board, struct gv_buf *out)
{
    size_t count = board->event_count < EVENTS_SHOWN ? board->event_count : EVENTS_SHOWN;

    if (count > 0)
        gv_buf_putc(out, '\n');
    for (size_t i = 0; i < count; i++)
        gv_buf_printf(out, "%s\n", board->events[(board->event_count - 1 - i) % EVENTS_SHOWN]);
}

static int draw(struct board *board)
{
    struct gv_buf text, screen;
    size_t lines, width;
    gv_err err;
    int status;

    screen_size(&lines, &width);
    gv_buf_init(&text);
    gv_buf_init(&screen);
    err = put_board(board,
                    lines > FRAME_LINES + EVENTS_SHOWN + 1 ? lines - FRAME_LINES - EVENTS_SHOWN : 1,
                    width >= NARROW, &text);
    put_events(board, &text);
    if (err == GV_OK && gv_buf_ok(&text))
        put_screen(&text, lines, width, &screen);
    status = err == GV_OK ? out_write(&screen) : out_error(err, NULL, NULL);
    gv_buf_fini(&text);
    gv_buf_fini(&screen);
    return status;
}

static int follow_on_terminal(struct board *board)
{
    int status = 0;

    fputs(HOME_CURSOR CLEAR_REST, stdout);
    while (status == 0) {
        int64_t asked_ms = gv_clock_mono_ms();
        gv_err err = load(board);
        int64_t loaded_ms = gv_clock_mono_ms(), now_ms = loaded_ms;
        int64_t soonest_ms = loaded_ms + RESTING * (loaded_ms - asked_ms);
        bool moved = false, more;

        if (err == GV_OK)
            status = draw(board);
        while (err == GV_OK && status == 0 && !cli_interrupted() &&
               (now_ms < soonest_ms || (!moved && now_ms < loaded_ms + REDRAW_MS))) {
            err = wait_events(board, keep_event, &more);
            moved = moved || more;
            now_ms = gv_clock_mono_ms();
        }
        if (cli_interrupted() || err == GV_EINTERRUPTED)
            return gv_err_exit(GV_EINTERRUPTED);
        if (err != GV_OK)
            return rpc_error(board->read.rpc, err, "board");
    }
    return status;
}

/* ---- elsewhere --------------------------------------------------------------------------------
 */

static int print_once(struct board *board)
{
    int status;

    status = read_rows(&board->read, "board", keep_row, board);
    if (status != 0)
        return status;
    board->business_us = board->read.page.business_us;
    if (board->read.cli->json)
        return read_end(&board->read);
    if (put_board(board, 0, true, &board->read.out) != GV_OK)
        return out_error(GV_ENOMEM, NULL, NULL);
    status = out_write(&board->read.out);
    gv_buf_reset(&board->read.out);
    return status;
}

static int follow_in_lines(struct board *board)
{
    int status = 0;

    while (status == 0) {
        bool moved;
        gv_err err = wait_events(board, print_event, &moved);

        if (cli_interrupted() || err == GV_EINTERRUPTED)
            return gv_err_exit(GV_EINTERRUPTED);
        if (err != GV_OK)
            return rpc_error(board->read.rpc, err, "feed");
        if (moved)
            status = out_write(&board->read.out);
        gv_buf_reset(&board->read.out);
    }
    return status;
}

static int show(struct board *board)
{
    const struct cli *cli = board->read.cli;
    bool terminal = out_width() > 0 && !cli->json;
    bool follow = cli_flag(cli, "follow") || (terminal && !cli_flag(cli, "once"));
    int status;
    gv_err err;

    if (follow && cli->json)
        return out_error(
            GV_EUSAGE, "--follow --json",
            gv_tr("dùng giaoviec feed --follow --json", "use giaoviec feed --follow --json"));
    if (follow) {
        err = find_end(board);
        if (err != GV_OK)
            return rpc_error(board->read.rpc, err, "seals");
    }
    if (follow && terminal)
        return follow_on_terminal(board);
    status = print_once(board);
    return status == 0 && follow ? follow_in_lines(board) : status;
}

static int board_show(const struct cli *cli)
{
    struct board board = {0};
    int status = read_open(cli, &board.read);

    if (status != 0)
        return status;
    board.rows = json_array();
    read_option(&board.read, "directive");
    read_option(&board.read, "item");
    status = board.rows != NULL ? read_named(board.read.rpc) : out_error(GV_ENOMEM, NULL, NULL);
    if (status == 0)
        status = show(&board);
    json_decref(board.rows);
    json_decref(board.total);
    read_close(&board.read);
    return status;
}

static const struct option_row options[] = {
    {"follow", OPTION_FLAG, NULL, NULL, "theo dõi liên tục (mặc định trên màn hình)",
     "go on showing changes (the default on a terminal)", NULL, 0, 0, false},
    {"once", OPTION_FLAG, NULL, NULL, "chỉ một lần, đủ mọi đơn vị", "once only, every unit", NULL,
     0, 0, false},
    {"directive", OPTION_TEXT, "SỐ-KÝ-HIỆU", "NUMBER", "chỉ văn bản này", "this directive only",
     NULL, 0, 0, false},
    {"item", OPTION_NUMBER, "MỤC", "ITEM", "chỉ mục này của công văn",
     "this item of the letter only", NULL, 1, 999, false},
    {0},
};

const struct command commands_board[] = {
    {"board", "", NULL, NULL, 0, 0, COMMAND_ASKS, options, board_show,
     "bảng theo dõi: từng đơn vị đã nhận, đang làm, xong, quá hạn, im lặng",
     "the board: what each unit received, is doing, has done, is late with, how long it is silent",
     "board --once\nboard --follow"},
    {0},
};
