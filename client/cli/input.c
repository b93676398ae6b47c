/* input.c - files and registered units. */
#include "cli/input.h"

#include <stdio.h>
#include <string.h>

#include "base/lang.h"
#include "cli/out.h"

int input_file(const struct cli *cli, const char *path, size_t max_bytes, struct gv_slice *out)
{
    struct gv_buf buf;
    gv_err err;

    gv_buf_init(&buf);
    err = gv_buf_read_file(&buf, path, max_bytes);
    if (err == GV_OK) {
        out->len = buf.len;
        out->data = gv_arena_copy(cli->arena, buf.data != NULL ? buf.data : (const uint8_t *)"",
                                  buf.len + 1);
        err = out->data != NULL ? GV_OK : GV_ENOMEM;
    }
    gv_buf_fini(&buf);
    return err == GV_OK ? 0 : out_error(err, path, NULL);
}

int input_problems(const struct gv_problems *problems)
{
    struct gv_buf out;

    gv_buf_init(&out);
    gv_problems_print(problems, &out);
    if (out.len > 0)
        fwrite(out.data, 1, out.len, stderr);
    gv_buf_fini(&out);
    return out_errorf(GV_EBADMSG, NULL, gv_tr("%zu điểm phải sửa", "%zu points to be mended"),
                      problems->count + problems->dropped);
}

int input_units_file(const struct cli *cli, const char *path, struct gv_units *out)
{
    struct gv_problems problems;
    struct gv_slice text;
    gv_err err;
    int status = input_file(cli, path, GV_UNITS_MAX_BYTES, &text);

    if (status != 0)
        return status;
    gv_problems_init(&problems, cli->arena);
    err = gv_units_read(path, text, cli->arena, out, &problems);
    if (err == GV_EBADMSG)
        return input_problems(&problems);
    return err == GV_OK ? 0 : out_error(err, path, NULL);
}

struct reading {
    gv_arena *arena;
    struct gv_unit_info *all;
    size_t count, cap;
};

static gv_err take_fields(gv_arena *arena, const json_t *fields, struct gv_unit_info *unit)
{
    size_t count = json_array_size(fields);
    const char **names = gv_arena_alloc(arena, (count + 1) * sizeof *names);

    if (names == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(fields, i));

        names[i] = gv_arena_strdup(arena, name != NULL ? name : "");
        if (names[i] == NULL)
            return GV_ENOMEM;
    }
    unit->fields = names;
    unit->field_count = count;
    return GV_OK;
}

static gv_err keep_unit(void *arg, const struct rpc_row *row)
{
    struct reading *reading = arg;
    struct gv_unit_info *unit;

    if (reading->count == reading->cap) {
        size_t cap = reading->cap * 2 + 64;
        struct gv_unit_info *more = gv_arena_alloc(reading->arena, cap * sizeof *more);

        if (more == NULL)
            return GV_ENOMEM;
        if (reading->count > 0)
            memcpy(more, reading->all, reading->count * sizeof *more);
        reading->all = more;
        reading->cap = cap;
    }
    unit = &reading->all[reading->count++];
    memset(unit, 0, sizeof *unit);
    unit->code = gv_arena_strdup(reading->arena, row_text(row->json, "unit"));
    unit->name_vi = gv_arena_strdup(reading->arena, row_text(row->json, "name"));
    unit->name_en = gv_arena_strdup(reading->arena, row_text(row->json, "name_en"));
    unit->group = gv_arena_strdup(reading->arena, row_text(row->json, "group"));
    unit->body = row_flag(row->json, "body");
    if (unit->code == NULL || unit->name_vi == NULL || unit->name_en == NULL || unit->group == NULL)
        return GV_ENOMEM;
    return take_fields(reading->arena, json_object_get(row->json, "fields"), unit);
}

struct loading {
    struct reading *units;
    bool less; /* these are the directive's own, counted with the others before */
};

static gv_err add_load(void *arg, const struct rpc_row *row)
{
    static const char *const done[] = {"done_on_time", "done_late", "done_no_due", "not_met"};
    struct loading *loading = arg;
    const struct gv_units units = {loading->units->all, loading->units->count};
    size_t i = gv_units_find(&units, row_text(row->json, "unit"));
    int64_t open = row_number(row->json, "total"), sum;

    if (i == SIZE_MAX)
        return GV_OK;
    for (size_t k = 0; k < sizeof done / sizeof done[0]; k++)
        open -= row_number(row->json, done[k]);
    sum = loading->units->all[i].load + (loading->less ? -open : open);
    loading->units->all[i].load = sum > 0 ? (uint32_t)sum : 0; /* reports come in meanwhile */
    return GV_OK;
}

/* Open leads of every unit, without this directive's: two questions of a row a unit, for the
 * assignments themselves may be many. */
static gv_err load_leads(gv_rpc *rpc, const gv_id *directive, struct reading *units)
{
    char hex[33], arg[64];
    const char *args[] = {arg};
    struct rpc_query all = {.name = "summary-units"};
    struct rpc_query own = {.name = "summary-units", .args = args, .arg_count = 1};
    struct loading loading = {units, false};
    gv_err err = rpc_query(rpc, &all, add_load, &loading, NULL);

    gv_hex(directive->b, sizeof directive->b, hex);
    snprintf(arg, sizeof arg, "directive=%s", hex);
    loading.less = true;
    return err != GV_OK ? err : rpc_query(rpc, &own, add_load, &loading, NULL);
}

int input_units_registered(gv_rpc *rpc, const gv_id *directive, struct gv_units *out)
{
    struct reading reading = {rpc_cli(rpc)->arena, NULL, 0, 0};
    struct rpc_query query = {.name = "units"};
    gv_err err = rpc_query(rpc, &query, keep_unit, &reading, NULL);

    if (err == GV_OK)
        err = load_leads(rpc, directive, &reading);
    if (err != GV_OK)
        return rpc_error(rpc, err, gv_tr("đơn vị", "units"));
    if (reading.count == 0)
        return out_error(GV_ENOTFOUND, gv_tr("đơn vị", "units"),
                         gv_tr("chưa có đơn vị nào: giaoviec unit register TỆP.tsv",
                               "there are none yet: giaoviec unit register FILE.tsv"));
    out->all = reading.all;
    out->count = reading.count;
    return 0;
}
