/* decisions.c - who leads what the breakdown left open. */
#include "plan/decisions.h"

#include <string.h>

#include "plan/yamldoc.h"

#define FORMAT        "giaoviec-decisions/1"
#define MAX_DECISIONS GV_BREAKDOWN_MAX_TASKS

static void load_row(struct gv_yaml *y, yaml_node_t *node, struct gv_decision_row *out)
{
    static const struct gv_yaml_key keys[] = {
        {"task", true}, {"lead", true}, {"by", true}, {"why", true}, {"on", false}};
    yaml_node_t *v[5];
    gv_code code;

    (void)gv_yaml_map(y, node, keys, 5, v);
    out->task = (struct gv_name){gv_yaml_text(y, v[0], 16), gv_yaml_mark(v[0])};
    out->lead = (struct gv_name){gv_yaml_text(y, v[1], 200), gv_yaml_mark(v[1])};
    if (out->lead.text[0] != '\0' && gv_code_from_str(out->lead.text, &code) != GV_OK)
        gv_yaml_problem(y, v[1], "«%s» không phải là mã đơn vị", "\"%s\" is not a unit's code",
                        out->lead.text);
    out->by = gv_yaml_text(y, v[2], 300);
    out->why = gv_yaml_text(y, v[3], 500);
    out->day_known = v[4] != NULL && gv_yaml_day(y, v[4], &out->day);
}

static void load_rows(struct gv_yaml *y, yaml_node_t *node, struct gv_decisions *out)
{
    size_t count = gv_yaml_list(y, node, MAX_DECISIONS, false);
    struct gv_decision_row *all = gv_yaml_alloc(y, count, sizeof *all);

    for (size_t i = 0; all != NULL && i < count; i++) {
        yaml_node_t *item = gv_yaml_item(y, node, i);

        load_row(y, item, &all[i]);
        for (size_t k = 0; k < i; k++) {
            if (all[i].task.text[0] != '\0' && strcmp(all[k].task.text, all[i].task.text) == 0)
                gv_yaml_problem(y, item, "nhiệm vụ %s đã có quyết định ở dòng %u; hãy giữ một",
                                "task %s is decided at line %u already; keep one", all[i].task.text,
                                (unsigned)all[k].task.at.line);
        }
    }
    out->all = all;
    out->count = all != NULL ? count : 0;
}

static void load_file(struct gv_yaml *y, struct gv_decisions *out)
{
    static const struct gv_yaml_key keys[] = {
        {"format", true}, {"directive", true}, {"decisions", true}};
    static const char *const formats[] = {FORMAT};
    yaml_node_t *v[3];
    uint32_t format;

    (void)gv_yaml_map(y, gv_yaml_root(y), keys, 3, v);
    if (v[0] != NULL && !gv_yaml_word(y, v[0], formats, 1, &format))
        return; /* all else would be guesses */
    out->notation = gv_yaml_text(y, v[1], 100);
    out->notation_at = gv_yaml_mark(v[1]);
    if (v[2] != NULL)
        load_rows(y, v[2], out);
}

gv_err gv_decisions_load(const char *path, struct gv_slice yaml, gv_arena *arena,
                         struct gv_decisions *out, struct gv_problems *problems)
{
    size_t before = problems->count + problems->dropped;
    struct gv_decisions read = {.path = path, .notation = ""};
    struct gv_yaml y;
    gv_err err;

    if (yaml.len > GV_BREAKDOWN_MAX_BYTES) {
        gv_problem_add(problems, path, (struct gv_mark){0, 0}, "tệp lớn quá %zu byte",
                       "the file is larger than %zu bytes", GV_BREAKDOWN_MAX_BYTES);
        return GV_EBADMSG;
    }
    err = gv_yaml_open(&y, path, yaml, arena, problems);
    if (err != GV_OK)
        return err;
    load_file(&y, &read);
    if (y.no_memory)
        err = GV_ENOMEM;
    else if (problems->count + problems->dropped > before)
        err = GV_EBADMSG;
    else
        *out = read;
    gv_yaml_close(&y);
    return err;
}
