/* cmd_directive.c - the noun "directive", what is written: plan, approve, issue. */
#include <stdio.h>
#include <string.h>

#include "base/lang.h"
#include "cli/commands.h"
#include "cli/directive_plan.h"
#include "cli/out.h"
#include "cli/submit.h"
#include "crypto/random.h"
#include "trust/act.h"

static int run_plan(const struct cli *cli)
{
    struct directive_plan plan;
    struct gv_buf out;
    gv_rpc *rpc = NULL;
    int status = 0;

    if (cli_text(cli, "units") == NULL)
        status = rpc_open(cli, &rpc);
    if (status == 0)
        status = directive_plan_load(cli, rpc, &plan);
    if (status == 0) {
        gv_buf_init(&out);
        if (cli->json)
            directive_plan_put_json(&plan, &out);
        else
            directive_plan_put(&plan, &out);
        status = out_write(&out);
        gv_buf_fini(&out);
    }
    if (status == 0)
        status = directive_plan_settled(cli, &plan);
    rpc_close(rpc);
    return status;
}

/* ---- approve ----------------------------------------------------------------------------------
 */

static int approve(gv_rpc *rpc, const struct directive_plan *plan)
{
    Giaoviec__V1__ApproveBreakdown body = GIAOVIEC__V1__APPROVE_BREAKDOWN__INIT;
    const struct gv_breakdown *breakdown = &plan->breakdown;
    struct submission what = {
        .kind = GV_SIGNED_APPROVE_BREAKDOWN, .body = &body.base, .blob = breakdown->bytes};
    Giaoviec__V1__ActResult *result = NULL;
    char text[256], digest[65];
    int status;

    body.directive =
        (ProtobufCBinaryData){sizeof breakdown->directive.b, (uint8_t *)breakdown->directive.b};
    body.version = breakdown->message->version;
    gv_hex(breakdown->digest.b, sizeof breakdown->digest.b, digest);
    snprintf(text, sizeof text,
             gv_tr("phê duyệt phân rã %s: %zu nhiệm vụ, %zu lượt giao (%.16s…)",
                   "approve the breakdown of %s: %zu tasks, %zu assignments (%.16s…)"),
             breakdown->notation, breakdown->task_count, plan->plan.assignment_count, digest);
    status = out_confirm(rpc_cli(rpc), text);
    if (status == 0)
        status = submit_act(rpc, &what, &result);
    return status == 0 ? submit_show(rpc_cli(rpc), result, text) : status;
}

/* ---- issue ------------------------------------------------------------------------------------
 */

struct issue_list {
    Giaoviec__V1__Item *items;
    const Giaoviec__V1__Item **order;
    const struct gv_plan_row **rows; /* of each item */
    size_t count;
};

struct item_ids {
    gv_id salt, assignment;
};

static void fill_item(const struct gv_plan_row *row, Giaoviec__V1__Item *item, struct item_ids *ids)
{
    giaoviec__v1__item__init(item);
    gv_random_id(&ids->salt);
    gv_random_id(&ids->assignment);
    item->salt = (ProtobufCBinaryData){sizeof ids->salt.b, ids->salt.b};
    item->assignment = (ProtobufCBinaryData){sizeof ids->assignment.b, ids->assignment.b};
    item->unit = (char *)row->unit->code;
    item->epoch = 1;
    item->task_digest =
        (ProtobufCBinaryData){sizeof row->task->digest.b, (uint8_t *)row->task->digest.b};
    item->role = row->role;
    item->note =
        (char *)(row->how == GV_HOW_DECISION || row->how == GV_HOW_FIELD ? row->why_vi : "");
}

static int make_items(gv_arena *arena, const struct gv_plan *plan, struct issue_list *out)
{
    struct item_ids *ids = gv_arena_alloc(arena, (plan->row_count + 1) * sizeof *ids);

    out->items = gv_arena_alloc(arena, (plan->row_count + 1) * sizeof *out->items);
    out->order = gv_arena_alloc(arena, (plan->row_count + 1) * sizeof *out->order);
    out->rows = gv_arena_alloc(arena, (plan->row_count + 1) * sizeof *out->rows);
    out->count = 0;
    if (ids == NULL || out->items == NULL || out->order == NULL || out->rows == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    for (size_t i = 0; i < plan->row_count; i++) {
        size_t at = out->count;

        if (plan->rows[i].candidate)
            continue;
        fill_item(&plan->rows[i], &out->items[at], &ids[at]);
        out->order[at] = &out->items[at];
        out->rows[at] = &plan->rows[i];
        out->count++;
    }
    return 0;
}

/* Refused items by what they stand for: an assignment that was not made has no name yet. */
static void put_refused(const struct issue_list *list, const Giaoviec__V1__ActResult *result)
{
    for (size_t i = 0; i < result->n_items; i++) {
        const Giaoviec__V1__ItemResult *item = result->items[i];
        const char *task = "?";

        for (size_t j = 0; j < list->count; j++) {
            if (item->assignment.len == 16 &&
                memcmp(item->assignment.data, list->items[j].assignment.data, 16) == 0)
                task = list->rows[j]->task->task->number;
        }
        if (item->error != 0)
            out_errorf((gv_err)item->error, item->unit, gv_tr("nhiệm vụ %s%s%s", "task %s%s%s"),
                       task, item->text[0] != '\0' ? ": " : "", gv_reason_say(item->text));
    }
}

static int show_issued(const struct cli *cli, const struct directive_plan *plan,
                       const struct issue_list *list, const Giaoviec__V1__ActResult *result)
{
    const struct gv_plan *p = &plan->plan;
    struct gv_buf out;
    int status;

    gv_buf_init(&out);
    if (cli->json)
        submit_put_json(result, &out);
    else
        gv_buf_printf(
            &out,
            gv_tr(
                "%s%s: đã giao %u lượt (%zu chủ trì, %zu phối hợp, %zu theo dõi), %u bị từ chối\n",
                "%s%s: %u assignments issued (%zu lead, %zu co-ordinate, %zu follow), %u "
                "refused\n"),
            result->dry_run ? gv_tr("(chạy thử, không thay đổi gì) ", "(dry run, nothing changed) ")
                            : "",
            plan->breakdown.notation, result->done, p->lead_count, p->coordinate_count,
            p->follow_count, result->refused);
    status = out_write(&out);
    gv_buf_fini(&out);
    put_refused(list, result);
    return status != 0 ? status : submit_status(result);
}

static int issue(gv_rpc *rpc, const struct directive_plan *plan)
{
    Giaoviec__V1__Issue body = GIAOVIEC__V1__ISSUE__INIT;
    const struct gv_breakdown *breakdown = &plan->breakdown;
    const struct cli *cli = rpc_cli(rpc);
    struct submission what = {.kind = GV_SIGNED_ISSUE, .body = &body.base};
    Giaoviec__V1__ActResult *result = NULL;
    struct issue_list list;
    char text[160];
    int status = make_items(cli->arena, &plan->plan, &list);

    if (status != 0)
        return status;
    body.directive =
        (ProtobufCBinaryData){sizeof breakdown->directive.b, (uint8_t *)breakdown->directive.b};
    body.version = breakdown->message->version;
    body.breakdown_digest =
        (ProtobufCBinaryData){sizeof breakdown->digest.b, (uint8_t *)breakdown->digest.b};
    what.items = list.order;
    what.item_count = list.count;
    snprintf(text, sizeof text,
             gv_tr("giao việc: %zu lượt giao của %s", "issue %zu assignments of %s"), list.count,
             breakdown->notation);
    status = submit_fits(rpc, list.count);
    if (status == 0)
        status = out_confirm(cli, text);
    if (status == 0)
        status = submit_act(rpc, &what, &result);
    return status == 0 ? show_issued(cli, plan, &list, result) : status;
}

/* Both sign over the same files, once every lead is decided. */
static int run_signed(const struct cli *cli, uint32_t kind,
                      int (*act)(gv_rpc *, const struct directive_plan *))
{
    struct directive_plan plan;
    gv_rpc *rpc = NULL;
    int status = submit_open(cli, kind, &rpc);

    if (status != 0)
        return status;
    status = directive_plan_load(cli, rpc, &plan);
    if (status == 0)
        status = directive_plan_settled(cli, &plan);
    if (status == 0)
        status = act(rpc, &plan);
    rpc_close(rpc);
    return status;
}

static int run_approve(const struct cli *cli)
{
    return run_signed(cli, GV_SIGNED_APPROVE_BREAKDOWN, approve);
}

static int run_issue(const struct cli *cli)
{
    return run_signed(cli, GV_SIGNED_ISSUE, issue);
}

#define DECISIONS_OPTION                                                                           \
    {                                                                                              \
        "decisions", OPTION_FILE, "TỆP", "FILE", "quyết định về đơn vị chủ trì còn để ngỏ",        \
            "decisions about leads that are open", NULL, 0, 0, false                               \
    }

static const struct option_row plan_options[] = {
    DECISIONS_OPTION,
    {"units", OPTION_FILE, "TỆP.tsv", "FILE.tsv",
     "đơn vị theo tệp này (mặc định: các đơn vị đã đăng ký)",
     "the units of this file (default: those registered)", NULL, 0, 0, false},
    {0},
};

static const struct option_row signed_options[] = {DECISIONS_OPTION, {0}};

#define EXAMPLE_FILES                                                                              \
    "deploy/examples/lam-dong-2024/3467-CV-TU.txt deploy/examples/lam-dong-2024/breakdown.yaml "   \
    "--decisions deploy/examples/lam-dong-2024/decisions.yaml"

const struct command commands_directive[] = {
    {"directive", "plan", "CÔNG-VĂN PHÂN-RÃ.yaml", "LETTER BREAKDOWN.yaml", 2, 2,
     COMMAND_ASKS | COMMAND_ALONE, plan_options, run_plan,
     "xem ai được giao việc gì và vì sao; việc nào còn phải quyết định",
     "show who gets what and why, and what is still to be decided",
     "directive plan " EXAMPLE_FILES " --units deploy/examples/lam-dong-2024/units.tsv"},
    {"directive", "approve", "CÔNG-VĂN PHÂN-RÃ.yaml", "LETTER BREAKDOWN.yaml", 2, 2,
     COMMAND_ACTS | COMMAND_YES, signed_options, run_approve, "ký phê duyệt bản phân rã",
     "approve the breakdown by a signature", "directive approve " EXAMPLE_FILES " --dry-run"},
    {"directive", "issue", "CÔNG-VĂN PHÂN-RÃ.yaml", "LETTER BREAKDOWN.yaml", 2, 2,
     COMMAND_ACTS | COMMAND_YES, signed_options, run_issue,
     "ký giao việc theo bản phân rã đã phê duyệt",
     "issue the assignments of the approved breakdown by a signature",
     "directive issue " EXAMPLE_FILES " --dry-run"},
    {0},
};
