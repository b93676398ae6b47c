/* submit.c - acts: signed here, decided by a coordinator, shown to the person who signed. */
#include "cli/submit.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/lang.h"
#include "cli/out.h"
#include "cli/person.h"
#include "crypto/random.h"
#include "trust/act.h"

/* An act that did not arrive within the hour is not to surprise anybody later. */
#define VALID_US (INT64_C(3600) * GV_US_PER_S)

static gv_err fill_list(Giaoviec__V1__Act *act, const struct submission *what,
                        struct gv_buf *attachment, gv_hash *root)
{
    gv_err err = gv_items_pack(what->items, what->item_count, attachment, root);

    if (err != GV_OK)
        return err;
    act->list_root.data = root->b;
    act->list_root.len = sizeof root->b;
    act->list_count = (uint32_t)what->item_count;
    return gv_buf_ok(attachment) ? GV_OK : GV_ENOMEM;
}

static gv_err seal(gv_rpc *rpc, const struct submission *what, int64_t signed_at_us,
                   const gv_id *act_id, struct gv_buf *attachment, struct gv_buf *out)
{
    const struct gv_key *key = rpc_home(rpc)->key;
    const struct cli *cli = rpc_cli(rpc);
    Giaoviec__V1__Act act = GIAOVIEC__V1__ACT__INIT;
    gv_hash root, digest;
    struct gv_buf body;
    gv_err err = GV_OK;

    gv_buf_init(&body);
    if (what->body != NULL) {
        uint8_t *room = gv_buf_room(&body, protobuf_c_message_get_packed_size(what->body));

        if (room != NULL)
            protobuf_c_message_pack(what->body, room);
        act.body.data = body.data;
        act.body.len = body.len;
    }
    act.act_id.data = (uint8_t *)act_id->b;
    act.act_id.len = sizeof act_id->b;
    act.deployment.data = rpc_home(rpc)->keyset->deployment.b;
    act.deployment.len = sizeof rpc_home(rpc)->keyset->deployment.b;
    act.kind = what->kind;
    act.actor = (char *)key->code.s;
    act.signed_at_us = signed_at_us;
    act.not_after_us = gv_clock_real_us() + VALID_US;
    act.reason = (char *)(cli->reason != NULL ? cli->reason : "");
    if (what->item_count > 0)
        err = fill_list(&act, what, attachment, &root);
    else
        gv_buf_append(attachment, what->blob.data, what->blob.len);
    if (err == GV_OK && attachment->len > 0) {
        gv_blob_digest((struct gv_slice){attachment->data, attachment->len}, &digest);
        act.attachment_digest.data = digest.b;
        act.attachment_digest.len = sizeof digest.b;
    }
    if (err == GV_OK && (!gv_buf_ok(&body) || !gv_buf_ok(attachment)))
        err = GV_ENOMEM;
    if (err == GV_OK)
        err = gv_act_seal(&act, &key, 1, out);
    gv_buf_fini(&body);
    return err;
}

gv_err submit_try(gv_rpc *rpc, const struct submission *what, int64_t signed_at_us, gv_id *act_id,
                  Giaoviec__V1__ActResult **result)
{
    const struct cli *cli = rpc_cli(rpc);
    struct gv_buf attachment, act;
    gv_err err;

    gv_random_id(act_id);
    gv_buf_init(&attachment);
    gv_buf_init(&act);
    err = seal(rpc, what, signed_at_us, act_id, &attachment, &act);
    if (err == GV_OK)
        err = rpc_submit(rpc, (struct gv_slice){act.data, act.len},
                         (struct gv_slice){attachment.data, attachment.len}, cli->dry_run,
                         cli->arena, result);
    gv_buf_fini(&attachment);
    gv_buf_fini(&act);
    return err;
}

static void put_roles(uint32_t bits, struct gv_buf *out)
{
    for (uint32_t role = 1; role < 32; role++) {
        if ((bits & (UINT32_C(1) << role)) != 0)
            gv_buf_printf(out, "%s%s", out->len > 0 ? ", " : "", role_name(role));
    }
}

int submit_may(gv_rpc *rpc, uint32_t kind)
{
    const struct home *home = rpc_home(rpc);
    const Giaoviec__V1__PersonInfo *person = gv_keyset_person(home->keyset, home->key->code.s);
    const struct gv_act_row *row = gv_act_row(kind);
    struct gv_buf wanted;
    int status;

    if (row == NULL)
        return out_error(GV_EBUG, submit_where(rpc), NULL);
    if (person != NULL && (gv_person_roles(person) & row->signers) != 0)
        return 0;
    gv_buf_init(&wanted);
    put_roles(row->signers, &wanted);
    status = out_errorf(GV_EDENIED, submit_where(rpc),
                        gv_tr("%s không có vai trò cần thiết (%s)", "%s has not the role (%s)"),
                        home->key->code.s, gv_buf_ok(&wanted) ? (char *)wanted.data : "");
    gv_buf_fini(&wanted);
    return status;
}

int submit_fits(const gv_rpc *rpc, size_t items)
{
    if (items <= GV_ITEMS_MAX)
        return 0;
    return out_errorf(
        GV_ETOOBIG, submit_where(rpc),
        gv_tr("%zu lượt giao; một lần ký được nhiều nhất %d: hãy chia danh sách (hoặc bản phân rã) "
              "thành nhiều phần",
              "%zu assignments; an act holds at most %d: divide the list (or the breakdown)"),
        items, GV_ITEMS_MAX);
}

int submit_open(const struct cli *cli, uint32_t kind, gv_rpc **out)
{
    gv_rpc *rpc = NULL;
    int status = rpc_open(cli, &rpc);

    if (status == 0)
        status = submit_may(rpc, kind);
    if (status != 0)
        rpc_close(rpc);
    else
        *out = rpc;
    return status;
}

const char *submit_where(const gv_rpc *rpc)
{
    const struct command *command = rpc_cli(rpc)->command;
    size_t len = strlen(command->noun) + strlen(command->verb) + 2;
    char *where = gv_arena_alloc(rpc_cli(rpc)->arena, len);

    if (where != NULL)
        snprintf(where, len, "%s %s", command->noun, command->verb);
    return where;
}

/* For scripts: which act it was, and whether it may stand all the same. */
static void show_failed(const gv_rpc *rpc, const gv_id *act_id, gv_err err)
{
    const struct cli *cli = rpc_cli(rpc);
    char hex[2 * sizeof act_id->b + 1];
    struct gv_buf out;

    if (!cli->json)
        return;
    gv_hex(act_id->b, sizeof act_id->b, hex);
    gv_buf_init(&out);
    gv_buf_printf(&out, "{\"act\":\"%s\",\"dry_run\":%s,\"outcome\":\"%s\",\"error\":\"%s\"}\n",
                  hex, cli->dry_run ? "true" : "false", rpc_doubtful(rpc) ? "unknown" : "refused",
                  gv_err_name(err));
    out_write(&out); /* the exit status is that of the act's failure */
    gv_buf_fini(&out);
}

int submit_failed(const gv_rpc *rpc, const gv_id *act_id, gv_err err, const char *where)
{
    show_failed(rpc, act_id, err);
    return rpc_error(rpc, err, where);
}

int submit_act(gv_rpc *rpc, const struct submission *what, Giaoviec__V1__ActResult **result)
{
    struct rpc_page clock;
    gv_id act_id;
    gv_err err = rpc_clock(rpc, &clock);

    if (err != GV_OK)
        return rpc_error(rpc, err, submit_where(rpc));
    err = submit_try(rpc, what, clock.business_us, &act_id, result);
    return err == GV_OK ? 0 : submit_failed(rpc, &act_id, err, submit_where(rpc));
}

int submit_status(const Giaoviec__V1__ActResult *result)
{
    if (result->refused == 0)
        return 0;
    for (size_t i = 0; i < result->n_items; i++) {
        if (result->items[i]->error != 0)
            return gv_err_exit((gv_err)result->items[i]->error);
    }
    return gv_err_exit(GV_ESTATE);
}

static void put_item_json(const Giaoviec__V1__ItemResult *item, struct gv_buf *out)
{
    char hex[65] = "";

    if (item->assignment.len <= 32)
        gv_hex(item->assignment.data, item->assignment.len, hex);
    gv_buf_printf(out, "{\"assignment\":\"%s\",\"unit\":", hex);
    gv_buf_json_str(out, item->unit, strlen(item->unit));
    gv_buf_printf(out, ",\"epoch\":%u,\"error\":", item->epoch);
    if (item->error == 0)
        gv_buf_puts(out, "null");
    else
        gv_buf_printf(out, "\"%s\"", gv_err_name((gv_err)item->error));
    gv_buf_puts(out, ",\"text\":");
    gv_buf_json_str(out, item->text, strlen(item->text));
    gv_buf_putc(out, '}');
}

void submit_put_members(const Giaoviec__V1__ActResult *result, struct gv_buf *out)
{
    char hex[65] = "";

    if (result->act_id.len <= 32)
        gv_hex(result->act_id.data, result->act_id.len, hex);
    gv_buf_printf(
        out,
        "{\"act\":\"%s\",\"dry_run\":%s,\"repeated\":%s,\"done\":%u,\"refused\":%u,\"items\":[",
        hex, result->dry_run ? "true" : "false", result->repeated_act ? "true" : "false",
        result->done, result->refused);
    for (size_t i = 0; i < result->n_items; i++) {
        gv_buf_puts(out, i > 0 ? "," : "");
        put_item_json(result->items[i], out);
    }
    gv_buf_putc(out, ']');
}

void submit_put_json(const Giaoviec__V1__ActResult *result, struct gv_buf *out)
{
    submit_put_members(result, out);
    gv_buf_puts(out, "}\n");
}

static void put_refused(const Giaoviec__V1__ActResult *result)
{
    for (size_t i = 0; i < result->n_items; i++) {
        const Giaoviec__V1__ItemResult *item = result->items[i];

        if (item->error != 0)
            out_error((gv_err)item->error, item->unit,
                      strcmp(item->text, gv_err_text((gv_err)item->error)) != 0
                          ? gv_reason_say(item->text)
                          : NULL);
    }
}

int submit_show(const struct cli *cli, const Giaoviec__V1__ActResult *result, const char *text)
{
    struct gv_buf out;
    int status;

    gv_buf_init(&out);
    if (cli->json)
        submit_put_json(result, &out);
    else if (result->refused == 0)
        gv_buf_printf(&out, "%s%s\n",
                      result->dry_run
                          ? gv_tr("(chạy thử, không thay đổi gì) ", "(dry run, nothing changed) ")
                          : "",
                      text);
    put_refused(result);
    status = out_write(&out);
    gv_buf_fini(&out);
    return status != 0 ? status : submit_status(result);
}

int submit_nothing(const struct cli *cli)
{
    struct gv_buf out;
    int status;

    if (!cli->json)
        return 0;
    gv_buf_init(&out);
    gv_buf_printf(&out,
                  "{\"act\":null,\"dry_run\":%s,\"repeated\":false,\"done\":0,\"refused\":0,"
                  "\"items\":[]}\n",
                  cli->dry_run ? "true" : "false");
    status = out_write(&out);
    gv_buf_fini(&out);
    return status;
}
