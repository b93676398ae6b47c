/* clock.c - the business clock: shown, and in a demonstration stepped from day to day. */
#include "cli/clock.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/lang.h"
#include "cli/out.h"
#include "cli/submit.h"
#include "trust/act.h"

#define ASK_EVERY_MS 250

static void put_clock(const struct cli *cli, const struct rpc_page *clock, struct gv_buf *out)
{
    char time[26], day[11];

    gv_time_format(clock->business_us, time);
    gv_day_format(gv_day_of(clock->business_us), day);
    if (cli->json)
        gv_buf_printf(out, "{\"time\":\"%s\",\"day\":\"%s\",\"stepped\":%s,\"demonstration\":%s}\n",
                      time, day, clock->stepped ? "true" : "false",
                      clock->demonstration ? "true" : "false");
    else
        gv_buf_printf(out, "%s%s\n", time,
                      clock->stepped ? gv_tr(" (đồng hồ trình diễn)", " (demonstration clock)")
                                     : "");
}

int clock_show(const struct cli *cli,
               void (*put)(const struct cli *cli, const struct rpc_page *page, struct gv_buf *out))
{
    struct rpc_page page;
    struct gv_buf out;
    gv_rpc *rpc = NULL;
    gv_err err;
    int status = rpc_open(cli, &rpc);

    if (status != 0)
        return status;
    err = rpc_clock(rpc, &page);
    if (err != GV_OK) {
        status = rpc_error(rpc, err, NULL);
    } else {
        gv_buf_init(&out);
        put(cli, &page, &out);
        status = out_write(&out);
        gv_buf_fini(&out);
    }
    rpc_close(rpc);
    return status;
}

int cmd_clock_show(const struct cli *cli)
{
    return clock_show(cli, put_clock);
}

struct settle {
    bool known;
    int64_t connected, unfinished, unsealed;
    char units[256];   /* who has not finished, as many as fit */
    struct gv_buf row; /* as it was answered */
};

static void settle_fini(struct settle *settle)
{
    gv_buf_fini(&settle->row);
    memset(settle, 0, sizeof *settle);
}

static gv_err keep_settle(void *arg, const struct rpc_row *row)
{
    struct settle *settle = arg;
    const json_t *units = json_object_get(row->json, "units");
    size_t used = 0;

    settle->known = true;
    gv_buf_reset(&settle->row);
    gv_buf_append(&settle->row, row->text, row->len);
    settle->connected = row_number(row->json, "connected");
    settle->unfinished = row_number(row->json, "unfinished");
    settle->unsealed = row_number(row->json, "unsealed");
    for (size_t i = 0; i < json_array_size(units); i++) {
        const char *code = json_string_value(json_array_get(units, i));

        if (code == NULL || used + strlen(code) + 3 >= sizeof settle->units)
            break;
        used += (size_t)snprintf(settle->units + used, sizeof settle->units - used, "%s%s",
                                 used > 0 ? ", " : "", code);
    }
    return GV_OK;
}

static gv_err ask_settle(gv_rpc *rpc, int32_t day, struct settle *out)
{
    struct rpc_query query = {.name = "settle"};
    char text[11], arg[20];
    const char *args[] = {arg};

    settle_fini(out);
    gv_day_format(day, text);
    snprintf(arg, sizeof arg, "day=%s", text);
    query.args = args;
    query.arg_count = 1;
    return rpc_query_page(rpc, &query, keep_settle, out, NULL);
}

static bool is_settled(const struct settle *settle)
{
    return settle->known && settle->unfinished == 0 && settle->unsealed == 0;
}

static int not_settled(const struct settle *settle)
{
    return out_errorf(
        GV_EAGAIN, "deployment step",
        gv_tr("%lld trong %lld đơn vị đang nối chưa xong ngày hiện nay (%s), %lld sự kiện chưa "
              "chốt vào sổ gốc; thử lại, hoặc --wait lâu hơn",
              "%lld of %lld connected units have not finished the present day (%s), %lld events "
              "are not sealed; try again, or --wait longer"),
        (long long)settle->unfinished, (long long)settle->connected, settle->units,
        (long long)settle->unsealed);
}

static int put_settle(const struct cli *cli, int32_t day, const struct settle *settle)
{
    char text[11];
    struct gv_buf out;
    int status;

    gv_day_format(day, text);
    gv_buf_init(&out);
    if (cli->json) {
        gv_buf_append(&out, settle->row.data, settle->row.len);
        gv_buf_putc(&out, '\n');
    } else {
        gv_buf_printf(
            &out,
            gv_tr(
                "%s: %s; %lld đơn vị đang nối, %lld chưa xong ngày, %lld sự kiện chưa chốt vào sổ "
                "gốc\n",
                "%s: %s; %lld units connected, %lld have not finished, %lld events are not "
                "sealed\n"),
            text,
            is_settled(settle) ? gv_tr("đã xong", "settled") : gv_tr("chưa xong", "not settled"),
            (long long)settle->connected, (long long)settle->unfinished,
            (long long)settle->unsealed);
        if (settle->units[0] != '\0')
            gv_buf_printf(&out, "%s: %s\n", gv_tr("chưa xong", "not finished"), settle->units);
    }
    status = out_write(&out);
    gv_buf_fini(&out);
    return status;
}

int cmd_clock_settle(const struct cli *cli)
{
    struct settle settle = {0};
    struct rpc_page clock;
    gv_rpc *rpc = NULL;
    int32_t day;
    gv_err err;
    int status = rpc_open(cli, &rpc);

    if (status != 0)
        return status;
    err = rpc_clock(rpc, &clock);
    day = gv_day_of(clock.business_us);
    (void)cli_day(cli, "day", &day);
    if (err == GV_OK)
        err = ask_settle(rpc, day, &settle);
    status = err == GV_OK ? put_settle(cli, day, &settle) : rpc_error(rpc, err, NULL);
    settle_fini(&settle);
    rpc_close(rpc);
    return status;
}

static gv_err pause_a_little(void)
{
    poll(NULL, 0, ASK_EVERY_MS);
    return cli_interrupted() ? GV_EINTERRUPTED : GV_OK;
}

struct step {
    int32_t from, to;
    int64_t end_ms; /* of the patience */
};

/* Until the present day is settled. GV_EAGAIN: the patience is over. */
static gv_err wait_settled(gv_rpc *rpc, const struct step *step, struct settle *settle)
{
    for (;;) {
        gv_err err = ask_settle(rpc, step->from, settle);

        if (err != GV_OK || is_settled(settle))
            return err;
        if (gv_clock_mono_ms() >= step->end_ms)
            return GV_EAGAIN;
        err = pause_a_little();
        if (err != GV_OK)
            return err;
    }
}

/* Settled, signed, submitted; what the coordinator refuses with AGAIN is waited for and signed
 * again, unless it may have taken effect. */
static int do_step(gv_rpc *rpc, const struct step *step, int64_t now_us,
                   Giaoviec__V1__ActResult **result)
{
    Giaoviec__V1__ClockStep body = GIAOVIEC__V1__CLOCK_STEP__INIT;
    struct submission what = {.kind = GV_SIGNED_CLOCK_STEP, .body = &body.base};
    struct settle settle = {0};
    gv_id act_id;
    bool tried = false;
    gv_err err;
    int status;

    body.to_us = gv_day_begin_us(step->to);
    do {
        err = wait_settled(rpc, step, &settle);
        tried = err == GV_OK;
        if (!tried)
            break;
        err = submit_try(rpc, &what, now_us, &act_id, result);
        if (err == GV_OK && (*result)->refused > 0 && (*result)->n_items > 0)
            err = (gv_err)(*result)->items[0]->error;
        if (err == GV_EAGAIN && !rpc_doubtful(rpc) && pause_a_little() != GV_OK)
            err = GV_EINTERRUPTED;
    } while (err == GV_EAGAIN && !rpc_doubtful(rpc) && gv_clock_mono_ms() < step->end_ms);
    if (err == GV_OK)
        status = 0;
    else if (tried)
        status = submit_failed(rpc, &act_id, err, submit_where(rpc));
    else if (err == GV_EAGAIN && !is_settled(&settle))
        status = not_settled(&settle);
    else
        status = rpc_error(rpc, err, submit_where(rpc));
    settle_fini(&settle);
    return status;
}

static int check_step(const struct cli *cli, const struct rpc_page *clock, struct step *step)
{
    char day[11];

    step->from = gv_day_of(clock->business_us);
    step->end_ms = gv_clock_mono_ms() + cli_number(cli, "wait", 60) * 1000;
    gv_day_format(step->from, day);
    if (!clock->stepped)
        return out_error(
            GV_ESTATE, "deployment step",
            gv_tr("hệ thống này dùng đồng hồ thật", "this deployment uses the real clock"));
    if (step->to <= step->from)
        return out_errorf(GV_EVERSION, "--to",
                          gv_tr("đồng hồ đã ở ngày %s", "the clock is at %s already"), day);
    if (step->to - step->from > GV_CLOCK_STEP_MAX_DAYS)
        return out_error(GV_EUSAGE, "--to", gv_tr("xa hơn một năm", "further than a year"));
    return 0;
}

int cmd_clock_step(const struct cli *cli)
{
    Giaoviec__V1__ActResult *result = NULL;
    struct rpc_page clock;
    struct step step = {0};
    char from[11], to[11], text[128];
    gv_rpc *rpc = NULL;
    gv_err err;
    int status;

    if (!cli_day(cli, "to", &step.to))
        return out_error(GV_EUSAGE, "deployment step",
                         gv_tr("thiếu --to NGÀY", "--to DATE is missing"));
    status = submit_open(cli, GV_SIGNED_CLOCK_STEP, &rpc);
    if (status != 0)
        return status;
    err = rpc_clock(rpc, &clock);
    status = err == GV_OK ? check_step(cli, &clock, &step) : rpc_error(rpc, err, NULL);
    if (status == 0)
        status = do_step(rpc, &step, clock.business_us, &result);
    if (status == 0) {
        gv_day_format(step.from, from);
        gv_day_format(step.to, to);
        snprintf(text, sizeof text, "%s → %s", from, to);
        status = submit_show(cli, result, text);
    }
    rpc_close(rpc);
    return status;
}
