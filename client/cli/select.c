/* select.c - ids and filters become assignments with their holders and epochs. */
#include "cli/select.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/lang.h"
#include "cli/out.h"
#include "cli/read.h"
#include "cli/submit.h"
#include "cli/table.h"
#include "cli/words.h"

#define ARGS_MAX 16

void select_short_id(const gv_id *id, char out[9])
{
    gv_hex(id->b, 4, out);
}

static enum gv_state state_of(const char *name)
{
    for (int state = 1; state < GV_STATE_END; state++) {
        if (strcmp(gv_state_name((enum gv_state)state), name) == 0)
            return (enum gv_state)state;
    }
    return GV_STATE_NONE;
}

struct filters { /* arguments of the query; one more is put behind them for an id */
    const char *args[ARGS_MAX];
    size_t count;
};

struct finding {
    gv_arena *arena;
    struct selection *out;
    size_t cap;
    enum gv_act act;
    bool by_id; /* what does not fit is an error later, not skipped */
};

static bool fits(enum gv_state state, enum gv_act act)
{
    return act == GV_ACT_NONE || gv_lifecycle_row(state, act, NULL) != NULL;
}

static gv_err grow(struct finding *finding)
{
    size_t cap = finding->cap * 2 + 64;
    struct selected *more;

    if (finding->out->count < finding->cap)
        return GV_OK;
    more = gv_arena_alloc(finding->arena, cap * sizeof *more);
    if (more == NULL)
        return GV_ENOMEM;
    if (finding->out->count > 0)
        memcpy(more, finding->out->all, finding->out->count * sizeof *more);
    finding->out->all = more;
    finding->cap = cap;
    return GV_OK;
}

static gv_err read_row(gv_arena *arena, const json_t *row, struct selected *out)
{
    memset(out, 0, sizeof *out);
    if (gv_unhex(row_text(row, "assignment"), out->id.b, sizeof out->id.b) != GV_OK ||
        gv_code_from_str(row_text(row, "unit"), &out->unit) != GV_OK)
        return GV_EBADMSG;
    out->epoch = (uint32_t)row_number(row, "epoch");
    out->state = state_of(row_text(row, "state"));
    out->task = gv_arena_strdup(arena, row_text(row, "task"));
    out->directive = gv_arena_strdup(arena, row_text(row, "directive"));
    out->notation = gv_arena_strdup(arena, row_text(row, "notation"));
    out->words = gv_arena_strdup(arena, row_text(row, "words"));
    out->has_digest = gv_unhex(row_text(row, "task_digest"), out->task_digest.b,
                               sizeof out->task_digest.b) == GV_OK;
    return out->task != NULL && out->directive != NULL && out->notation != NULL &&
                   out->words != NULL
               ? GV_OK
               : GV_ENOMEM;
}

static gv_err keep(void *arg, const struct rpc_row *row)
{
    struct finding *finding = arg;
    struct selected one;
    gv_err err = read_row(finding->arena, row->json, &one);

    if (err != GV_OK)
        return err;
    if (!finding->by_id && !fits(one.state, finding->act)) {
        finding->out->skipped++;
        return GV_OK;
    }
    for (size_t i = 0; finding->by_id && i < finding->out->count; i++) {
        const struct selected *had = &finding->out->all[i];

        if (gv_id_eq(&had->id, &one.id) && had->epoch == one.epoch)
            return GV_OK; /* an id that was named twice */
    }
    err = grow(finding);
    if (err == GV_OK)
        finding->out->all[finding->out->count++] = one;
    return err;
}

static bool is_id(const char *s)
{
    size_t len = strlen(s);

    for (size_t i = 0; i < len; i++) {
        if (!isxdigit((unsigned char)s[i]))
            return false;
    }
    return len >= 8 && len <= 32;
}

static int bad_state(const char *id, const struct selected *one, enum gv_act act)
{
    return out_errorf(
        GV_ESTATE, id,
        gv_tr("nhiệm vụ %s của %s: «%s», không thể %s", "task %s of %s: \"%s\", cannot %s"),
        one->task, one->unit.s, gv_tr(gv_state_vi(one->state), gv_state_en(one->state)),
        gv_tr(gv_act_vi(act), gv_act_en(act)));
}

static int find_id(gv_rpc *rpc, const char *id, struct filters *filters, struct finding *finding)
{
    char lower[33], arg[64];
    struct rpc_query query = {.name = "assignments", .args = filters->args};
    size_t before = finding->out->count, i;
    struct rpc_page page;
    gv_err err;

    if (!is_id(id))
        return out_error(GV_EUSAGE, id,
                         gv_tr("mã lượt giao là 8 đến 32 chữ số hệ 16: giaoviec assignment list",
                               "an assignment id is 8 to 32 hex digits: giaoviec assignment list"));
    for (i = 0; id[i] != '\0'; i++)
        lower[i] = (char)tolower((unsigned char)id[i]);
    lower[i] = '\0';
    snprintf(arg, sizeof arg, "assignment=%s", lower);
    filters->args[filters->count] = arg;
    query.arg_count = filters->count + 1;
    err = rpc_query(rpc, &query, keep, finding, &page);
    if (err != GV_OK)
        return rpc_error(rpc, err, id);
    if (page.rows == 0)
        return out_error(GV_ENOTFOUND, id,
                         gv_tr("không có lượt giao này, hoặc đã chuyển hay thu hồi",
                               "no such assignment, or it was transferred or revoked"));
    if (page.rows > 1)
        return out_errorf(GV_EUSAGE, id,
                          gv_tr("%zu lượt giao có mã bắt đầu như vậy: viết dài hơn",
                                "%zu assignments begin like this: write more of it"),
                          page.rows);
    for (i = before; i < finding->out->count; i++) {
        if (!fits(finding->out->all[i].state, finding->act))
            return bad_state(id, &finding->out->all[i], finding->act);
    }
    return 0;
}

/* "key=value"; of names "in-progress" becomes the constant IN_PROGRESS. */
static const char *make_arg(gv_arena *arena, const char *key, const char *value, bool name)
{
    size_t len = strlen(key) + strlen(value) + 2;
    char *arg = gv_arena_alloc(arena, len);

    if (arg == NULL)
        return NULL;
    snprintf(arg, len, "%s=%s", key, value);
    for (char *at = arg + strlen(key); name && *at != '\0'; at++)
        *at = *at == '-' ? '_' : (char)toupper((unsigned char)*at);
    return arg;
}

static int read_filters(const struct cli *cli, const char *state, struct filters *out)
{
    static const char *const names[] = {"unit",  "task",  "item", "directive",
                                        "state", "class", "role"};

    out->count = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = cli_text(cli, names[i]);

        if (value == NULL && state != NULL && strcmp(names[i], "state") == 0)
            value = state;
        if (value == NULL)
            continue;
        out->args[out->count] = make_arg(cli->arena, names[i], value, i >= 4);
        if (out->args[out->count++] == NULL)
            return out_error(GV_ENOMEM, NULL, NULL);
    }
    return 0;
}

static int find_by_filter(gv_rpc *rpc, const struct filters *filters, struct finding *finding)
{
    struct rpc_query query = {
        .name = "assignments", .args = filters->args, .arg_count = filters->count};
    gv_err err;

    if (query.arg_count == 0)
        return out_error(GV_EUSAGE, rpc_cli(rpc)->command->verb,
                         gv_tr("cần mã lượt giao, hoặc một bộ lọc: --unit, --task, --item …",
                               "assignment ids are wanted, or a filter: --unit, --task, --item …"));
    err = rpc_query(rpc, &query, keep, finding, NULL);
    return err == GV_OK ? 0 : rpc_error(rpc, err, NULL);
}

int select_assignments(gv_rpc *rpc, enum gv_act act, const char *state, struct selection *out)
{
    const struct cli *cli = rpc_cli(rpc);
    struct finding finding = {cli->arena, out, 0, act, cli->argc > 0};
    struct filters filters;
    int status = read_filters(cli, state, &filters);

    if (status == 0)
        status = read_named(rpc);
    if (status == 0 && cli->argc == 0)
        status = find_by_filter(rpc, &filters, &finding);
    for (int i = 0; status == 0 && i < cli->argc; i++)
        status = find_id(rpc, cli->argv[i], &filters, &finding);
    if (status == 0 && out->count == 0)
        out_note(gv_tr("không có lượt giao nào phù hợp (%zu lượt ở trạng thái khác)",
                       "no assignment fits (%zu are in another state)"),
                 out->skipped);
    return status;
}

struct parts {
    gv_arena *arena;
    struct selection *list;
};

static gv_err keep_part(void *arg, const struct rpc_row *row)
{
    struct parts *parts = arg;
    const char *role = gv_arena_strdup(parts->arena, row_text(row->json, "role"));

    if (role == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < parts->list->count; i++) {
        struct selected *one = &parts->list->all[i];

        if (one->part != NULL || strcmp(one->task, row_text(row->json, "task")) != 0 ||
            strcmp(one->directive, row_text(row->json, "directive")) != 0)
            continue;
        one->part = role;
        parts->list->doubled++;
    }
    return GV_OK;
}

int select_parts(gv_rpc *rpc, const gv_code *to, struct selection *list)
{
    struct parts parts = {rpc_cli(rpc)->arena, list};
    const char *args[] = {make_arg(parts.arena, "unit", to->s, false)};
    struct rpc_query query = {.name = "assignments", .args = args, .arg_count = 1};
    gv_err err = args[0] != NULL ? rpc_query(rpc, &query, keep_part, &parts, NULL) : GV_ENOMEM;

    return err == GV_OK ? 0 : rpc_error(rpc, err, to->s);
}

/* ---- before the act ---------------------------------------------------------------------------
 */

static void put_list(const struct selection *list, enum gv_act act, const gv_code *to,
                     struct gv_buf *out)
{
    struct table table;
    char id[9];

    table_init(&table);
    table_column(&table, gv_tr("Mã", "Assignment"), TABLE_LEFT, 0);
    table_column(&table, gv_tr("Nhiệm vụ", "Task"), TABLE_LEFT, 0);
    table_column(&table, gv_tr("Trạng thái", "State"), TABLE_LEFT, 20);
    table_column(&table, to != NULL ? gv_tr("Từ", "From") : gv_tr("Đơn vị", "Unit"), TABLE_LEFT, 0);
    if (to != NULL)
        table_column(&table, gv_tr("Sang", "To"), TABLE_LEFT, 0);
    table_column(&table, gv_tr("Lần giao", "Epoch"), TABLE_RIGHT, 0);
    if (list->doubled > 0)
        table_column(&table, gv_tr("Đã có phần", "Has a part"), TABLE_LEFT, 0);
    table_column(&table, gv_tr("Nguyên văn", "Words"), TABLE_LEFT, 48);
    for (size_t i = 0; i < list->count; i++) {
        const struct selected *one = &list->all[i];

        select_short_id(&one->id, id);
        table_cell(&table, id);
        table_cell(&table, one->task);
        table_cell(&table, gv_tr(gv_state_vi(one->state), gv_state_en(one->state)));
        table_cell(&table, one->unit.s);
        if (to != NULL) {
            table_cell(&table, to->s);
            table_cellf(&table, "%u→%u", one->epoch, one->epoch + 1);
        } else {
            table_cellf(&table, "%u", one->epoch);
        }
        if (list->doubled > 0)
            table_cell(&table, one->part != NULL ? words_role(one->part) : NULL);
        table_cell(&table, one->words);
    }
    table_put(&table, out);
    table_fini(&table);
    if (list->skipped > 0)
        gv_buf_printf(out,
                      gv_tr("%zu lượt giao khác ở trạng thái không thể %s: bỏ qua\n",
                            "%zu others are in a state that does not allow to %s: left out\n"),
                      list->skipped, gv_tr(gv_act_vi(act), gv_act_en(act)));
    if (to != NULL && list->held > 0)
        gv_buf_printf(out,
                      gv_tr("%zu lượt giao khác đã ở %s: bỏ qua\n",
                            "%zu others are with %s already: left out\n"),
                      list->held, to->s);
    if (to != NULL && list->doubled > 0)
        gv_buf_printf(
            out,
            gv_tr("%zu lượt giao: %s đã có phần trong cùng nhiệm vụ; cả hai đều được tính\n",
                  "%zu assignments: %s has a part in the same task already; both count\n"),
            list->doubled, to->s);
}

static int show_list(gv_rpc *rpc, const struct selection *list, enum gv_act act, const gv_code *to)
{
    struct gv_buf out;
    int status;

    if (rpc_cli(rpc)->json)
        return 0;
    gv_buf_init(&out);
    put_list(list, act, to, &out);
    if (rpc_home(rpc)->keyset->demonstration)
        gv_buf_printf(&out, "%s\n", words_demonstration());
    gv_buf_putc(&out, '\n');
    status = out_write(&out);
    gv_buf_fini(&out);
    return status;
}

int select_confirm(gv_rpc *rpc, const struct selection *list, enum gv_act act, const gv_code *to)
{
    const char *verb = gv_tr(gv_act_vi(act), gv_act_en(act));
    int status = submit_fits(rpc, list->count);
    char question[256];

    if (status == 0)
        status = show_list(rpc, list, act, to);
    if (to != NULL)
        snprintf(question, sizeof question,
                 gv_tr("%s %zu lượt giao sang %s", "%s %zu assignments to %s"), verb, list->count,
                 to->s);
    else
        snprintf(question, sizeof question, gv_tr("%s %zu lượt giao", "%s %zu assignments"), verb,
                 list->count);
    return status == 0 ? out_confirm(rpc_cli(rpc), question) : status;
}
