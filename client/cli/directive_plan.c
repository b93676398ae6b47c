/* directive_plan.c - loads a plan and shows it: by task, grouped by how each unit came to it. */
#include "cli/directive_plan.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/lang.h"
#include "base/text.h"
#include "cli/input.h"
#include "cli/out.h"
#include "cli/words.h"
#include "letter/letter.h"

static int load_breakdown(const struct cli *cli, struct gv_problems *problems,
                          struct gv_breakdown *out)
{
    struct gv_breakdown_in in = {.path = cli->argv[1], .letter_path = cli->argv[0]};
    gv_err err;
    int status = input_file(cli, cli->argv[0], GV_LETTER_MAX_BYTES, &in.letter);

    if (status == 0)
        status = input_file(cli, cli->argv[1], GV_BREAKDOWN_MAX_BYTES, &in.yaml);
    if (status != 0)
        return status;
    err = gv_breakdown_load(&in, cli->arena, out, problems);
    if (err == GV_EBADMSG)
        return input_problems(problems);
    return err == GV_OK ? 0 : out_error(err, cli->argv[1], NULL);
}

static int load_decisions(const struct cli *cli, struct gv_problems *problems,
                          struct directive_plan *out)
{
    const char *path = cli_text(cli, "decisions");
    struct gv_slice yaml;
    gv_err err;
    int status;

    out->has_decisions = path != NULL;
    if (path == NULL)
        return 0;
    status = input_file(cli, path, GV_BREAKDOWN_MAX_BYTES, &yaml);
    if (status != 0)
        return status;
    err = gv_decisions_load(path, yaml, cli->arena, &out->decisions, problems);
    if (err == GV_EBADMSG)
        return input_problems(problems);
    return err == GV_OK ? 0 : out_error(err, path, NULL);
}

int directive_plan_load(const struct cli *cli, gv_rpc *rpc, struct directive_plan *out)
{
    const char *units = cli_text(cli, "units");
    struct gv_problems problems;
    gv_err err;
    int status;

    memset(out, 0, sizeof *out);
    gv_problems_init(&problems, cli->arena);
    status = load_breakdown(cli, &problems, &out->breakdown);
    if (status == 0)
        status = load_decisions(cli, &problems, out);
    if (status == 0)
        status = units != NULL
                     ? input_units_file(cli, units, &out->units)
                     : input_units_registered(rpc, &out->breakdown.directive, &out->units);
    if (status != 0)
        return status;
    err = gv_plan_build(&out->breakdown, &out->units, out->has_decisions ? &out->decisions : NULL,
                        cli->arena, &out->plan, &problems);
    if (err == GV_EBADMSG)
        return input_problems(&problems);
    return err == GV_OK ? 0 : out_error(err, cli->argv[1], NULL);
}

int directive_plan_settled(const struct cli *cli, const struct directive_plan *plan)
{
    struct gv_problems problems;
    gv_err err;

    gv_problems_init(&problems, cli->arena);
    err = gv_plan_settled(&plan->plan, &plan->breakdown, &problems);
    if (err == GV_ESTATE) {
        (void)input_problems(&problems);
        return out_error(err, cli->argv[1],
                         gv_tr("hãy quyết định đơn vị chủ trì trong một tệp: --decisions TỆP",
                               "decide the leads in a file: --decisions FILE"));
    }
    return err == GV_OK ? 0 : out_error(err, cli->argv[1], NULL);
}

static const char *assignment_role_name(uint32_t role)
{
    static const char *const names[] = {"NONE", "LEAD", "COORDINATE", "FOLLOW"};

    return role < 4 ? names[role] : "NONE";
}

/* ---- for people -------------------------------------------------------------------------------
 */

#define CODES_SHOWN 8

/* The first columns of a text, cut where a character ends. */
static void put_cut(struct gv_buf *out, const char *s, size_t columns)
{
    size_t len = strlen(s), at = 0, used = 0;

    while (at < len && used < columns) {
        size_t step = gv_utf8_next(s + at, len - at, NULL);

        if (step == 0)
            break;
        used += gv_text_width(s + at, step);
        at += step;
    }
    for (size_t i = 0; i < at; i++)
        gv_buf_putc(out, (unsigned char)s[i] < ' ' ? ' ' : s[i]);
    if (at < len)
        gv_buf_puts(out, "…");
}

static void put_task(const struct gv_breakdown_task *task, struct gv_buf *out)
{
    char day[11];

    gv_buf_printf(out, "\n%s  «", task->task->number);
    put_cut(out, task->task->words, 90);
    gv_buf_puts(out, "»\n");
    if (task->task->due != NULL) {
        gv_day_format(gv_day_of(task->task->due->due_us - 1), day);
        gv_buf_printf(out, "    %s: %s\n", gv_tr("hạn", "due"), day);
    }
}

/* Do two rows belong on one line? */
static bool alike(const struct gv_plan_row *a, const struct gv_plan_row *b)
{
    return a->task == b->task && a->role == b->role && a->how == b->how &&
           a->candidate == b->candidate && strcmp(a->source, b->source) == 0;
}

static void put_rows(const struct gv_plan_row *rows, size_t count, struct gv_buf *out)
{
    const struct gv_plan_row *first = rows;

    gv_buf_printf(out, "    %s: ",
                  first->candidate ? gv_tr("ứng viên, chờ quyết định", "candidates, to be decided")
                                   : words_role(assignment_role_name(first->role)));
    if (count > CODES_SHOWN)
        gv_buf_printf(out, gv_tr("%zu đơn vị: ", "%zu units: "), count);
    for (size_t i = 0; i < count && i < CODES_SHOWN; i++) {
        gv_buf_printf(out, "%s%s", i > 0 ? ", " : "", rows[i].unit->code);
        if (first->candidate)
            gv_buf_printf(out, " (%s %u)", gv_tr("đang chủ trì", "leads"), rows[i].load);
    }
    gv_buf_printf(out, "%s — %s\n", count > CODES_SHOWN ? ", …" : "",
                  gv_tr(first->why_vi, first->why_en));
}

void directive_plan_put(const struct directive_plan *plan, struct gv_buf *out)
{
    const struct gv_plan *p = &plan->plan;
    const struct gv_breakdown_task *task = NULL;

    gv_buf_printf(
        out,
        gv_tr("%s: %zu nhiệm vụ, %zu lượt giao (%zu chủ trì, %zu phối hợp, %zu theo dõi)\n",
              "%s: %zu tasks, %zu assignments (%zu lead, %zu co-ordinate, %zu follow)\n"),
        plan->breakdown.notation, plan->breakdown.task_count, p->assignment_count, p->lead_count,
        p->coordinate_count, p->follow_count);
    for (size_t i = 0, count; i < p->row_count; i += count) {
        for (count = 1; i + count < p->row_count && alike(&p->rows[i], &p->rows[i + count]);
             count++)
            continue;
        if (p->rows[i].task != task)
            put_task(p->rows[i].task, out);
        task = p->rows[i].task;
        put_rows(&p->rows[i], count, out);
    }
    if (p->open_count > 0)
        gv_buf_printf(
            out,
            gv_tr("\n%zu đơn vị chủ trì do văn phòng xác định theo lĩnh vực; còn %zu phải quyết "
                  "định\n",
                  "\n%zu leads are chosen by the office by field; %zu are still to be decided\n"),
            p->open_count, p->undecided);
}

/* ---- for scripts ------------------------------------------------------------------------------
 */

static void put_string(struct gv_buf *out, const char *key, const char *value)
{
    gv_buf_printf(out, ",\"%s\":", key);
    gv_buf_json_str(out, value, strlen(value));
}

static void put_row_json(const struct gv_plan_row *row, struct gv_buf *out)
{
    gv_buf_puts(out, "{\"task\":");
    gv_buf_json_str(out, row->task->task->number, strlen(row->task->task->number));
    put_string(out, "unit", row->unit->code);
    put_string(out, "role", assignment_role_name(row->role));
    put_string(out, "how", gv_plan_how_name(row->how));
    put_string(out, "source", row->source);
    gv_buf_printf(out, ",\"origin\":\"%s\",\"load\":%u,\"candidate\":%s",
                  row->origin == GIAOVIEC__V1__ORIGIN__ORIGIN_LETTER ? "letter" : "office",
                  row->load, row->candidate ? "true" : "false");
    put_string(out, "why", gv_tr(row->why_vi, row->why_en));
    gv_buf_putc(out, '}');
}

static void put_open_json(const struct gv_plan_open *open, struct gv_buf *out)
{
    gv_buf_puts(out, "{\"task\":");
    gv_buf_json_str(out, open->task->task->number, strlen(open->task->task->number));
    gv_buf_printf(out,
                  ",\"ambiguous\":%s,\"decided\":%s,\"lead\":", open->ambiguous ? "true" : "false",
                  open->decided ? "true" : "false");
    if (open->lead != NULL)
        gv_buf_json_str(out, open->lead->code, strlen(open->lead->code));
    else
        gv_buf_puts(out, "null");
    gv_buf_puts(out, ",\"candidates\":[");
    for (size_t i = 0; i < open->candidate_count; i++)
        gv_buf_printf(out, "%s{\"unit\":\"%s\",\"load\":%u}", i > 0 ? "," : "",
                      open->candidates[i]->code, open->loads[i]);
    gv_buf_puts(out, "]}");
}

void directive_plan_put_json(const struct directive_plan *plan, struct gv_buf *out)
{
    const struct gv_plan *p = &plan->plan;
    char id[33], digest[65];

    gv_hex(plan->breakdown.directive.b, sizeof plan->breakdown.directive.b, id);
    gv_hex(plan->breakdown.digest.b, sizeof plan->breakdown.digest.b, digest);
    gv_buf_printf(out, "{\"directive\":\"%s\",\"breakdown_digest\":\"%s\"", id, digest);
    put_string(out, "notation", plan->breakdown.notation);
    gv_buf_printf(
        out,
        ",\"tasks\":%zu,\"assignments\":%zu,\"lead\":%zu,\"coordinate\":%zu,\"follow\":%zu,"
        "\"undecided\":%zu,\"rows\":[",
        plan->breakdown.task_count, p->assignment_count, p->lead_count, p->coordinate_count,
        p->follow_count, p->undecided);
    for (size_t i = 0; i < p->row_count; i++) {
        gv_buf_puts(out, i > 0 ? "," : "");
        put_row_json(&p->rows[i], out);
    }
    gv_buf_puts(out, "],\"open\":[");
    for (size_t i = 0; i < p->open_count; i++) {
        gv_buf_puts(out, i > 0 ? "," : "");
        put_open_json(&p->open[i], out);
    }
    gv_buf_puts(out, "]}\n");
}
