/*
 * cmd_assignment.c - acts over assignments: transfer, reissue, revoke, uphold, redo, approve. One
 * mechanism: resolve the list, show it, ask, sign the list with its epochs, one result line each.
 */
#include <stdio.h>
#include <string.h>

#include "base/lang.h"
#include "cli/commands.h"
#include "cli/out.h"
#include "cli/select.h"
#include "cli/submit.h"
#include "crypto/random.h"
#include "trust/act.h"

struct bulk {
    const struct cli *cli;
    uint32_t kind;     /* GV_SIGNED_* */
    enum gv_act act;   /* what the lifecycle calls it */
    bool moves;        /* to another unit, under the next epoch */
    gv_code to;        /* with moves */
    const char *state; /* a flag that stands for a filter by this state; NULL: none */
};

/* ---- the act ----------------------------------------------------------------------------------
 */

static void fill_item(const struct bulk *bulk, const struct selected *one, Giaoviec__V1__Item *item,
                      gv_id *salt)
{
    giaoviec__v1__item__init(item);
    gv_random_id(salt);
    item->salt = (ProtobufCBinaryData){sizeof salt->b, salt->b};
    item->assignment = (ProtobufCBinaryData){sizeof one->id.b, (uint8_t *)one->id.b};
    item->unit = (char *)(bulk->moves ? bulk->to.s : one->unit.s);
    item->epoch = bulk->moves ? one->epoch + 1 : one->epoch;
    if (bulk->moves) {
        item->from_unit = (char *)one->unit.s;
        item->from_epoch = one->epoch;
    }
    if (one->has_digest)
        item->task_digest =
            (ProtobufCBinaryData){sizeof one->task_digest.b, (uint8_t *)one->task_digest.b};
}

static int submit_list(gv_rpc *rpc, const struct bulk *bulk, const struct selection *list,
                       Giaoviec__V1__ActResult **result)
{
    gv_arena *arena = bulk->cli->arena;
    Giaoviec__V1__Item *items = gv_arena_alloc(arena, list->count * sizeof *items);
    const Giaoviec__V1__Item **order = gv_arena_alloc(arena, list->count * sizeof *order);
    gv_id *salts = gv_arena_alloc(arena, list->count * sizeof *salts);
    struct submission what = {.kind = bulk->kind, .item_count = list->count};

    if (items == NULL || order == NULL || salts == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    for (size_t i = 0; i < list->count; i++) {
        fill_item(bulk, &list->all[i], &items[i], &salts[i]);
        order[i] = &items[i];
    }
    what.items = order;
    return submit_act(rpc, &what, result);
}

/* The answer names those refused, and of those done as many as fit. */
static const Giaoviec__V1__ItemResult *result_of(const Giaoviec__V1__ActResult *result,
                                                 const gv_id *id)
{
    for (size_t i = 0; i < result->n_items; i++) {
        const Giaoviec__V1__ItemResult *item = result->items[i];

        if (item->assignment.len == sizeof id->b &&
            memcmp(item->assignment.data, id->b, sizeof id->b) == 0)
            return item;
    }
    return NULL;
}

static void put_line(const struct bulk *bulk, const struct selected *one,
                     const Giaoviec__V1__ItemResult *item, struct gv_buf *out)
{
    const char *why = item != NULL ? gv_reason_say(item->text) : "";
    char id[9];

    if (item != NULL && strcmp(item->text, gv_err_text((gv_err)item->error)) == 0)
        why = "";
    select_short_id(&one->id, id);
    gv_buf_printf(out, "%s  %s  %s", id, one->task, one->unit.s);
    if (bulk->moves)
        gv_buf_printf(out, " → %s (%u→%u)", bulk->to.s, one->epoch, one->epoch + 1);
    if (item == NULL || item->error == 0)
        gv_buf_printf(out, ": %s\n",
                      bulk->cli->dry_run ? gv_tr("được", "can be done") : gv_tr("xong", "done"));
    else
        gv_buf_printf(out, ": %s: %s%s%s\n", gv_tr("từ chối", "refused"),
                      gv_err_say((gv_err)item->error), why[0] != '\0' ? ": " : "", why);
}

/* Of a move: what the unit that takes it has of the same tasks already. */
static void put_parts(const struct selection *list, struct gv_buf *out)
{
    const char *comma = "";
    char hex[2 * sizeof list->all->id.b + 1];

    gv_buf_puts(out, ",\"receiver_has\":[");
    for (size_t i = 0; i < list->count; i++) {
        if (list->all[i].part == NULL)
            continue;
        gv_hex(list->all[i].id.b, sizeof list->all[i].id.b, hex);
        gv_buf_printf(out, "%s{\"assignment\":\"%s\",\"role\":", comma, hex);
        gv_buf_json_str(out, list->all[i].part, strlen(list->all[i].part));
        gv_buf_putc(out, '}');
        comma = ",";
    }
    gv_buf_putc(out, ']');
}

static int show_result(const struct bulk *bulk, const struct selection *list,
                       const Giaoviec__V1__ActResult *result)
{
    struct gv_buf out;
    int status;

    gv_buf_init(&out);
    if (bulk->cli->json) {
        submit_put_members(result, &out);
        if (bulk->moves)
            put_parts(list, &out);
        gv_buf_puts(&out, "}\n");
    } else {
        for (size_t i = 0; i < list->count; i++)
            put_line(bulk, &list->all[i], result_of(result, &list->all[i].id), &out);
        gv_buf_printf(
            &out, gv_tr("%s%s: %u xong, %u bị từ chối\n", "%s%s: %u done, %u refused\n"),
            result->dry_run ? gv_tr("(chạy thử, không thay đổi gì) ", "(dry run, nothing changed) ")
                            : "",
            gv_tr(gv_act_vi(bulk->act), gv_act_en(bulk->act)), result->done, result->refused);
    }
    status = out_write(&out);
    gv_buf_fini(&out);
    return status != 0 ? status : submit_status(result);
}

/* A move to where it is already is none: an id that says so is a slip, a filter leaves it out. */
static int leave_held(const struct bulk *bulk, struct selection *list)
{
    size_t kept = 0;

    for (size_t i = 0; bulk->moves && i < list->count; i++) {
        if (strcmp(list->all[i].unit.s, bulk->to.s) != 0)
            list->all[kept++] = list->all[i];
        else if (bulk->cli->argc > 0)
            return out_error(
                GV_EUSAGE, list->all[i].task,
                gv_tr("đơn vị giao và đơn vị nhận là một", "from and to are the same unit"));
    }
    if (bulk->moves) {
        list->held = list->count - kept;
        list->count = kept;
    }
    if (list->held > 0 && kept == 0)
        out_note(gv_tr("%zu lượt giao đã ở %s, không có gì để chuyển",
                       "%zu assignments are with %s already, there is nothing to move"),
                 list->held, bulk->to.s);
    return 0;
}

static int run_bulk(struct bulk *bulk)
{
    Giaoviec__V1__ActResult *result = NULL;
    struct selection list = {0};
    gv_rpc *rpc = NULL;
    int status;

    if (bulk->moves && cli_text(bulk->cli, "to") == NULL)
        return out_error(GV_EUSAGE, bulk->cli->command->verb,
                         gv_tr("thiếu --to MÃ: đơn vị nhận", "--to CODE is missing: who takes it"));
    if (bulk->moves && gv_code_from_str(cli_text(bulk->cli, "to"), &bulk->to) != GV_OK)
        return out_error(GV_EUSAGE, "--to", gv_tr("không phải một mã", "not a code"));
    status = submit_open(bulk->cli, bulk->kind, &rpc);
    if (status != 0)
        return status;
    status = select_assignments(rpc, bulk->act, bulk->state, &list);
    if (status == 0)
        status = leave_held(bulk, &list);
    if (status != 0 || list.count == 0) {
        rpc_close(rpc);
        return status == 0 ? submit_nothing(bulk->cli) : status;
    }
    if (bulk->moves)
        status = select_parts(rpc, &bulk->to, &list);
    if (status == 0)
        status = select_confirm(rpc, &list, bulk->act, bulk->moves ? &bulk->to : NULL);
    if (status == 0)
        status = submit_list(rpc, bulk, &list, &result);
    if (status == 0)
        status = show_result(bulk, &list, result);
    rpc_close(rpc);
    return status;
}

static int run_transfer(const struct cli *cli)
{
    struct bulk bulk = {
        .cli = cli, .kind = GV_SIGNED_TRANSFER, .act = GV_ACT_TRANSFER, .moves = true};

    return run_bulk(&bulk);
}

static int run_reissue(const struct cli *cli)
{
    struct bulk bulk = {
        .cli = cli, .kind = GV_SIGNED_REISSUE, .act = GV_ACT_REISSUE, .moves = true};

    return run_bulk(&bulk);
}

static int run_revoke(const struct cli *cli)
{
    struct bulk bulk = {.cli = cli, .kind = GV_SIGNED_REVOKE, .act = GV_ACT_REVOKE};

    return run_bulk(&bulk);
}

static int run_uphold(const struct cli *cli)
{
    struct bulk bulk = {.cli = cli, .kind = GV_SIGNED_UPHOLD, .act = GV_ACT_UPHOLD};

    return run_bulk(&bulk);
}

static int run_redo(const struct cli *cli)
{
    struct bulk bulk = {.cli = cli, .kind = GV_SIGNED_REDO, .act = GV_ACT_REDO};

    return run_bulk(&bulk);
}

static int run_approve(const struct cli *cli)
{
    struct bulk bulk = {.cli = cli,
                        .kind = GV_SIGNED_APPROVE_RESULT,
                        .act = GV_ACT_APPROVE_RESULT,
                        .state = cli_flag(cli, "all-submitted") ? "SUBMITTED" : NULL};

    return run_bulk(&bulk);
}

static const struct option_row move_options[] = {
    {"to", OPTION_TEXT, "MÃ", "CODE", "đơn vị nhận (bắt buộc)", "the unit that takes it (required)",
     NULL, 0, 0, false},
    SELECT_OPTIONS,
    {0},
};

static const struct option_row list_options[] = {SELECT_OPTIONS, {0}};

static const struct option_row approve_options[] = {
    {"all-submitted", OPTION_FLAG, NULL, NULL, "mọi kết quả đang chờ duyệt",
     "every result that waits for approval", NULL, 0, 0, false},
    SELECT_OPTIONS,
    {0},
};

#define BULK (COMMAND_ACTS | COMMAND_YES)

const struct command commands_assignment[] = {
    {"assignment", "transfer", "[MÃ…]", "[ID…]", 0, OPERANDS_ANY, BULK | COMMAND_REASON_NEEDED,
     move_options, run_transfer,
     "chuyển lượt giao sang đơn vị khác: từng lượt, theo bộ lọc, hoặc mọi lượt của một đơn vị",
     "transfer assignments to another unit: one, by filter, or all of a unit",
     "assignment transfer --unit SO-XD --task 2.2 --to SO-KHDT --reason 'chậm báo cáo' --dry-run\n"
     "assignment transfer --unit SO-XD --item 2 --to SO-GTVT --reason 'sắp xếp lại' --dry-run\n"
     "assignment transfer --unit SO-XD --to SO-GTVT --reason 'hợp nhất' --yes"},
    {"assignment", "reissue", "[MÃ…]", "[ID…]", 0, OPERANDS_ANY, BULK | COMMAND_REASON_NEEDED,
     move_options, run_reissue, "giao lại cho đơn vị khác lượt giao bị trả lại",
     "give a returned assignment to another unit",
     "assignment reissue --unit SO-XD --task 2.2 --to SO-GTVT --reason 'đúng thẩm quyền' --yes "
     "--as vp1"},
    {"assignment", "uphold", "[MÃ…]", "[ID…]", 0, OPERANDS_ANY, BULK | COMMAND_REASON_NEEDED,
     list_options, run_uphold, "giữ nguyên ở đơn vị lượt giao bị trả lại",
     "uphold a returned assignment: it stays with the unit",
     "assignment uphold --unit SO-XD --task 2.2 --reason 'thuộc chức năng của Sở' --yes --as vp1"},
    {"assignment", "approve", "[MÃ…]", "[ID…]", 0, OPERANDS_ANY, BULK, approve_options, run_approve,
     "duyệt kết quả đã trình", "approve submitted results",
     "assignment approve --task 2.2 --dry-run --as vp1\n"
     "assignment approve --all-submitted --dry-run --as vp1"},
    {"assignment", "redo", "[MÃ…]", "[ID…]", 0, OPERANDS_ANY, BULK | COMMAND_REASON_NEEDED,
     list_options, run_redo, "trả kết quả đã trình về làm lại",
     "send submitted results back to work",
     "assignment redo --unit SO-XD --task 2.2 --reason 'thiếu số liệu' --dry-run --as vp1"},
    {"assignment", "revoke", "[MÃ…]", "[ID…]", 0, OPERANDS_ANY, BULK | COMMAND_REASON_NEEDED,
     list_options, run_revoke, "thu hồi lượt giao", "revoke assignments",
     "assignment revoke --unit SO-XD --task 2.2 --reason 'giao nhầm' --dry-run"},
    {0},
};
