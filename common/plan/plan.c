/*
 * plan.c - named leads first, in the order of the tasks, then the open ones by field and load;
 * under each task its co-ordinators and followers that are not leads already.
 */
#include "plan/plan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "domain/allocate.h"
#include "giaoviec/v1/act.pb-c.h"

#define LEAD       GIAOVIEC__V1__ASSIGNMENT_ROLE__ASSIGNMENT_ROLE_LEAD
#define COORDINATE GIAOVIEC__V1__ASSIGNMENT_ROLE__ASSIGNMENT_ROLE_COORDINATE
#define FOLLOW     GIAOVIEC__V1__ASSIGNMENT_ROLE__ASSIGNMENT_ROLE_FOLLOW

struct builder {
    const struct gv_breakdown *breakdown;
    const struct gv_units *units;
    const struct gv_decisions *decisions;
    gv_arena *arena;
    struct gv_problems *problems;
    const struct gv_unit_info **by_code; /* sorted */
    struct gv_alloc_unit *alloc;         /* fields and loads, as the units stand */
    size_t *candidates;
    size_t *seen; /* per unit: 1 + the task it last got a row of */
    struct gv_buf rows;
    struct gv_buf open;
    bool no_memory;
};

struct why { /* what the rows of one name share */
    enum gv_plan_how how;
    const char *source;
    uint32_t origin;
    const char *vi;
    const char *en;
};

static void *take(struct builder *b, size_t count, size_t size)
{
    void *piece = gv_arena_zalloc(b->arena, count * size + 1);

    if (piece == NULL)
        b->no_memory = true;
    return piece;
}

static const char *text_of(struct builder *b, const char *fmt, ...) GV_PRINTF(2, 3);

static const char *text_of(struct builder *b, const char *fmt, ...)
{
    char text[1200];
    const char *kept;
    va_list args;

    va_start(args, fmt);
    if (vsnprintf(text, sizeof text, fmt, args) < 0)
        text[0] = '\0';
    va_end(args);
    kept = gv_arena_strdup(b->arena, text);
    if (kept == NULL)
        b->no_memory = true;
    return kept != NULL ? kept : "";
}

/* ---- looking up -------------------------------------------------------------------------------
 */

static int compare_units(const void *a, const void *b)
{
    const struct gv_unit_info *const *x = a, *const *y = b;

    return strcmp((*x)->code, (*y)->code);
}

static const struct gv_unit_info *find_unit(const struct builder *b, const char *code)
{
    const struct gv_unit_info wanted = {.code = code}, *key = &wanted;
    const struct gv_unit_info **hit =
        bsearch(&key, b->by_code, b->units->count, sizeof(void *), compare_units);

    return hit != NULL ? *hit : NULL;
}

static const struct gv_breakdown_group *find_group(const struct builder *b, const char *name)
{
    for (size_t i = 0; i < b->breakdown->group_count; i++) {
        if (strcmp(b->breakdown->groups[i].name, name) == 0)
            return &b->breakdown->groups[i];
    }
    return NULL;
}

static size_t index_of(const struct builder *b, const struct gv_unit_info *unit)
{
    return (size_t)(unit - b->units->all);
}

static void check_known(struct builder *b, const struct gv_name *name)
{
    if (name->text[0] != '\0' && find_group(b, name->text) == NULL &&
        find_unit(b, name->text) == NULL)
        gv_problem_add(b->problems, b->breakdown->path, name->at,
                       "«%s» không phải là đơn vị đã đăng ký, cũng không phải là nhóm; hãy sửa mã, "
                       "hoặc đăng ký đơn vị",
                       "\"%s\" is neither a registered unit nor a group; correct the code, or "
                       "register the unit",
                       name->text);
}

static void check_names(struct builder *b, const struct gv_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        check_known(b, &names->all[i]);
}

/* Groups that stand above were spread as the file was read: what is left must be units. */
static void check_members(struct builder *b, const struct gv_names *members)
{
    for (size_t i = 0; i < members->count; i++) {
        const struct gv_name *name = &members->all[i];

        if (find_group(b, name->text) == NULL)
            check_known(b, name);
        else
            gv_problem_add(b->problems, b->breakdown->path, name->at,
                           "nhóm «%s» phải đứng trên nhóm nêu tên nó; hãy chuyển lên trên",
                           "the group \"%s\" must stand above the group that names it; move it up",
                           name->text);
    }
}

static void check_all_names(struct builder *b)
{
    for (size_t i = 0; i < b->breakdown->group_count; i++) {
        const struct gv_breakdown_group *group = &b->breakdown->groups[i];

        check_members(b, &group->members);
        if (find_unit(b, group->name) != NULL)
            gv_problem_add(b->problems, b->breakdown->path, group->at,
                           "«%s» vừa là nhóm vừa là mã đơn vị; hãy đổi tên nhóm",
                           "\"%s\" is a group and a unit's code; rename the group", group->name);
    }
    for (size_t i = 0; i < b->breakdown->task_count; i++) {
        const struct gv_breakdown_task *task = &b->breakdown->tasks[i];

        check_names(b, &task->leads);
        check_names(b, &task->among);
        check_names(b, &task->coordinators);
        check_names(b, &task->followers);
        check_known(b, &task->supervisor);
    }
}

/* ---- rows -------------------------------------------------------------------------------------
 */

static void add_row(struct builder *b, const struct gv_breakdown_task *task,
                    const struct gv_unit_info *unit, uint32_t role, const struct why *why,
                    bool candidate)
{
    size_t u = index_of(b, unit);
    struct gv_plan_row row = {
        task,      unit,    role,   why->how, why->source, why->origin, b->alloc[u].load,
        candidate, why->vi, why->en};

    gv_buf_append(&b->rows, &row, sizeof row);
    if (candidate)
        return;
    b->seen[u] = 1 + (size_t)(task - b->breakdown->tasks);
    if (role == LEAD)
        b->alloc[u].load++;
}

static bool has_role(const struct builder *b, const struct gv_breakdown_task *task,
                     const struct gv_unit_info *unit)
{
    return b->seen[index_of(b, unit)] == 1 + (size_t)(task - b->breakdown->tasks);
}

static void add_named(struct builder *b, const struct gv_breakdown_task *task,
                      const struct gv_name *name, uint32_t role, uint32_t origin)
{
    bool letter = origin == GIAOVIEC__V1__ORIGIN__ORIGIN_LETTER;
    const struct gv_unit_info *unit = find_unit(b, name->text);
    struct why why = {GV_HOW_NAME, "", origin, NULL, NULL};

    why.vi = letter ? "công văn nêu tên" : "Văn phòng nêu tên khi phân rã";
    why.en = letter ? "named by the letter" : "named by the office";
    if (unit != NULL && !has_role(b, task, unit))
        add_row(b, task, unit, role, &why, false);
}

static void add_group(struct builder *b, const struct gv_breakdown_task *task,
                      const struct gv_breakdown_group *group, uint32_t role, uint32_t origin)
{
    bool letter = group->origin == GIAOVIEC__V1__ORIGIN__ORIGIN_LETTER;
    struct why why = {GV_HOW_GROUP, group->name, origin, NULL, NULL};

    why.vi =
        text_of(b, "thuộc nhóm %s%s%s%s (%s)", group->name, group->title[0] != '\0' ? " «" : "",
                group->title, group->title[0] != '\0' ? "»" : "",
                letter ? "nhóm theo công văn" : "nhóm do Văn phòng lập");
    why.en =
        text_of(b, "in the group %s (%s)", group->name, letter ? "the letter's" : "the office's");
    for (size_t i = 0; i < group->members.count; i++) {
        const struct gv_unit_info *unit = find_unit(b, group->members.all[i].text);

        if (unit != NULL && !has_role(b, task, unit))
            add_row(b, task, unit, role, &why, false);
    }
}

/* Units that are named come before those of groups: their reason is the stronger one. */
static void add_names(struct builder *b, const struct gv_breakdown_task *task,
                      const struct gv_names *names, uint32_t role, uint32_t origin)
{
    for (size_t i = 0; i < names->count; i++) {
        if (find_group(b, names->all[i].text) == NULL)
            add_named(b, task, &names->all[i], role, origin);
    }
    for (size_t i = 0; i < names->count; i++) {
        const struct gv_breakdown_group *group = find_group(b, names->all[i].text);

        if (group != NULL)
            add_group(b, task, group, role, origin);
    }
}

static void add_leads(struct builder *b, const struct gv_breakdown_task *task)
{
    size_t before = b->rows.len;

    add_names(b, task, &task->leads, LEAD, task->lead_origin);
    if (b->rows.len == before && gv_buf_ok(&b->rows))
        gv_problem_add(b->problems, b->breakdown->path, task->lead_at,
                       "nhiệm vụ %s không có đơn vị nào chủ trì; hãy nêu tên đơn vị",
                       "nobody leads task %s; name a unit", task->task->number);
}

static void add_others(struct builder *b, const struct gv_breakdown_task *task)
{
    add_names(b, task, &task->coordinators, COORDINATE, task->coordinators_origin);
    add_names(b, task, &task->followers, FOLLOW, task->followers_origin);
}

/* ---- open leads -------------------------------------------------------------------------------
 */

static bool is_among(const struct builder *b, const struct gv_names *among,
                     const struct gv_unit_info *unit)
{
    for (size_t i = 0; i < among->count; i++) {
        const struct gv_breakdown_group *group = find_group(b, among->all[i].text);

        if (group == NULL && strcmp(among->all[i].text, unit->code) == 0)
            return true;
        for (size_t k = 0; group != NULL && k < group->members.count; k++) {
            if (strcmp(group->members.all[k].text, unit->code) == 0)
                return true;
        }
    }
    return among->count == 0;
}

static const struct gv_decision_row *find_decision(const struct builder *b,
                                                   const struct gv_breakdown_task *task)
{
    for (size_t i = 0; b->decisions != NULL && i < b->decisions->count; i++) {
        if (strcmp(b->decisions->all[i].task.text, task->task->number) == 0)
            return &b->decisions->all[i];
    }
    return NULL;
}

static void keep_candidates(struct builder *b, const struct gv_allocation *a,
                            struct gv_plan_open *open)
{
    const struct gv_unit_info **units = take(b, a->fit, sizeof(void *));
    uint32_t *loads = take(b, a->fit, sizeof *loads);

    for (size_t i = 0; units != NULL && loads != NULL && i < a->fit; i++) {
        units[i] = &b->units->all[b->candidates[i]];
        loads[i] = b->alloc[b->candidates[i]].load;
    }
    open->candidates = units;
    open->loads = loads;
    open->candidate_count = a->fit;
    open->tied = a->tied;
}

static void add_decided(struct builder *b, const struct gv_breakdown_task *task,
                        const struct gv_decision_row *decision, struct gv_plan_open *open)
{
    struct why why = {GV_HOW_DECISION, decision->by, GIAOVIEC__V1__ORIGIN__ORIGIN_OFFICE, NULL,
                      NULL};

    why.vi = text_of(b, "%s quyết định: %s", decision->by, decision->why);
    why.en = text_of(b, "decided by %s: %s", decision->by, decision->why);
    open->decided = true;
    open->lead = find_unit(b, decision->lead.text);
    if (open->lead != NULL)
        add_row(b, task, open->lead, LEAD, &why, false);
}

static void add_proposed(struct builder *b, const struct gv_breakdown_task *task,
                         const struct gv_allocation *a, struct gv_plan_open *open)
{
    const char *field = task->task->field;
    struct why why = {GV_HOW_FIELD, field, task->lead_origin, NULL, NULL};

    if (a->reason == GV_ALLOC_ONLY) {
        why.vi = text_of(b, "đơn vị duy nhất phụ trách lĩnh vực %s", field);
        why.en = text_of(b, "the only unit with the field %s", field);
    } else if (a->reason == GV_ALLOC_LEAST_LOAD) {
        why.vi = text_of(b, "phụ trách lĩnh vực %s, đang chủ trì ít nhất: %u việc (kế tiếp: %u)",
                         field, (unsigned)a->load, (unsigned)a->runner_up);
        why.en = text_of(b, "has the field %s and the least load: %u leads (next: %u)", field,
                         (unsigned)a->load, (unsigned)a->runner_up);
    } else {
        why.vi = text_of(
            b, "phụ trách lĩnh vực %s, %zu đơn vị cùng đang chủ trì %u việc: cần quyết định", field,
            a->tied, (unsigned)a->load);
        why.en = text_of(b, "has the field %s; %zu units have %u leads each: to be decided", field,
                         a->tied, (unsigned)a->load);
    }
    if (a->lead != SIZE_MAX) {
        open->lead = &b->units->all[a->lead];
        add_row(b, task, open->lead, LEAD, &why, false);
    }
    for (size_t i = 0; a->reason == GV_ALLOC_TIE && i < a->tied; i++)
        add_row(b, task, &b->units->all[b->candidates[i]], LEAD, &why, true);
}

static void add_open(struct builder *b, const struct gv_breakdown_task *task)
{
    const struct gv_decision_row *decision = find_decision(b, task);
    struct gv_plan_open open = {.task = task};
    struct gv_allocation a;

    for (size_t u = 0; u < b->units->count; u++)
        b->alloc[u].eligible =
            !b->units->all[u].body && is_among(b, &task->among, &b->units->all[u]);
    gv_allocate(task->task->field, b->alloc, b->units->count, b->candidates, &a);
    open.ambiguous = a.reason == GV_ALLOC_TIE || a.reason == GV_ALLOC_NOBODY;
    keep_candidates(b, &a, &open);
    if (decision != NULL)
        add_decided(b, task, decision, &open);
    else
        add_proposed(b, task, &a, &open);
    gv_buf_append(&b->open, &open, sizeof open);
}

/* ---- decisions --------------------------------------------------------------------------------
 */

static void check_decision(struct builder *b, const struct gv_decision_row *row)
{
    const struct gv_breakdown_task *task = gv_breakdown_task(b->breakdown, row->task.text);
    const char *path = b->decisions->path;

    if (task == NULL)
        gv_problem_add(b->problems, path, row->task.at, "bản phân rã không có nhiệm vụ %s",
                       "the breakdown has no task %s", row->task.text);
    else if (!task->task->by_field)
        gv_problem_add(b->problems, path, row->task.at,
                       "nhiệm vụ %s đã có đơn vị chủ trì ở %s:%u; hãy bỏ quyết định này",
                       "task %s names its lead at %s:%u; leave this decision out", row->task.text,
                       b->breakdown->path, (unsigned)task->lead_at.line);
    if (find_unit(b, row->lead.text) == NULL)
        gv_problem_add(b->problems, path, row->lead.at,
                       "«%s» không phải là đơn vị đã đăng ký; hãy sửa mã",
                       "\"%s\" is not a registered unit; correct the code", row->lead.text);
}

static void check_decisions(struct builder *b)
{
    if (b->decisions == NULL)
        return;
    if (strcmp(b->decisions->notation, b->breakdown->notation) != 0)
        gv_problem_add(b->problems, b->decisions->path, b->decisions->notation_at,
                       "quyết định này cho công văn «%s», bản phân rã là của «%s»",
                       "these decisions are for \"%s\", the breakdown is of \"%s\"",
                       b->decisions->notation, b->breakdown->notation);
    for (size_t i = 0; i < b->decisions->count; i++)
        check_decision(b, &b->decisions->all[i]);
}

/* ---- the plan ---------------------------------------------------------------------------------
 */

static bool prepare(struct builder *b)
{
    size_t count = b->units->count;

    b->by_code = take(b, count, sizeof(void *));
    b->alloc = take(b, count, sizeof *b->alloc);
    b->candidates = take(b, count, sizeof *b->candidates);
    b->seen = take(b, count, sizeof *b->seen);
    if (b->no_memory)
        return false;
    for (size_t u = 0; u < count; u++) {
        const struct gv_unit_info *unit = &b->units->all[u];

        b->by_code[u] = unit;
        b->alloc[u] = (struct gv_alloc_unit){unit->fields, unit->field_count, unit->load, false};
    }
    if (count > 0)
        qsort(b->by_code, count, sizeof(void *), compare_units);
    return true;
}

static int compare_rows(const void *a, const void *b)
{
    const struct gv_plan_row *x = a, *y = b;

    if (x->task != y->task)
        return x->task < y->task ? -1 : 1;
    if (x->role != y->role)
        return x->role < y->role ? -1 : 1;
    return x->unit < y->unit ? -1 : x->unit > y->unit;
}

static void count_rows(const struct builder *b, struct gv_plan_row *rows, struct gv_plan *out)
{
    for (size_t i = 0; i < out->row_count; i++) {
        if (rows[i].candidate)
            continue;
        out->assignment_count++;
        out->lead_count += rows[i].role == LEAD;
        out->coordinate_count += rows[i].role == COORDINATE;
        out->follow_count += rows[i].role == FOLLOW;
        if (rows[i].role != LEAD)
            rows[i].load = b->alloc[index_of(b, rows[i].unit)].load;
    }
    for (size_t i = 0; i < out->open_count; i++)
        out->undecided += out->open[i].lead == NULL;
}

static gv_err finish(struct builder *b, struct gv_plan *out)
{
    struct gv_plan plan = {0};
    struct gv_plan_row *rows;

    if (b->no_memory || !gv_buf_ok(&b->rows) || !gv_buf_ok(&b->open))
        return GV_ENOMEM;
    plan.row_count = b->rows.len / sizeof *rows;
    plan.open_count = b->open.len / sizeof *plan.open;
    rows = gv_arena_copy(b->arena, plan.row_count > 0 ? (void *)b->rows.data : "", b->rows.len);
    plan.open =
        gv_arena_copy(b->arena, plan.open_count > 0 ? (void *)b->open.data : "", b->open.len);
    if (rows == NULL || plan.open == NULL)
        return GV_ENOMEM;
    if (plan.row_count > 0)
        qsort(rows, plan.row_count, sizeof *rows, compare_rows);
    plan.rows = rows;
    count_rows(b, rows, &plan);
    *out = plan;
    return GV_OK;
}

static bool said_more(const struct gv_problems *problems, size_t before)
{
    return problems->count + problems->dropped > before;
}

gv_err gv_plan_build(const struct gv_breakdown *breakdown, const struct gv_units *units,
                     const struct gv_decisions *decisions, gv_arena *arena, struct gv_plan *out,
                     struct gv_problems *problems)
{
    struct builder b = {.breakdown = breakdown,
                        .units = units,
                        .decisions = decisions,
                        .arena = arena,
                        .problems = problems};
    size_t before = problems->count + problems->dropped;
    gv_err err;

    if (!prepare(&b))
        return GV_ENOMEM;
    check_all_names(&b);
    check_decisions(&b);
    if (said_more(problems, before))
        return GV_EBADMSG;
    gv_buf_init(&b.rows);
    gv_buf_init(&b.open);
    for (size_t i = 0; i < breakdown->task_count; i++) {
        const struct gv_breakdown_task *task = &breakdown->tasks[i];

        if (task->task->by_field)
            continue;
        add_leads(&b, task);
        add_others(&b, task);
    }
    for (size_t i = 0; i < breakdown->task_count; i++) {
        if (!breakdown->tasks[i].task->by_field)
            continue;
        add_open(&b, &breakdown->tasks[i]);
        add_others(&b, &breakdown->tasks[i]);
    }
    err = said_more(problems, before) ? GV_EBADMSG : finish(&b, out);
    gv_buf_fini(&b.rows);
    gv_buf_fini(&b.open);
    return err;
}

gv_err gv_plan_settled(const struct gv_plan *plan, const struct gv_breakdown *breakdown,
                       struct gv_problems *problems)
{
    for (size_t i = 0; i < plan->open_count; i++) {
        const struct gv_plan_open *open = &plan->open[i];
        struct gv_buf codes;

        if (open->lead != NULL)
            continue;
        gv_buf_init(&codes);
        for (size_t k = 0; k < open->tied && k < 12; k++)
            gv_buf_printf(&codes, "%s%s", k > 0 ? ", " : "", open->candidates[k]->code);
        gv_buf_puts(&codes, open->tied == 0 ? "-" : open->tied > 12 ? ", …" : "");
        gv_problem_add(problems, breakdown->path, open->task->lead_at,
                       "nhiệm vụ %s chưa rõ đơn vị chủ trì (lĩnh vực %s, %zu đơn vị ngang nhau: "
                       "%s); hãy ghi quyết định vào tệp --decisions",
                       "task %s has no lead yet (field %s, %zu equal units: %s); write a decision "
                       "into the file of --decisions",
                       open->task->task->number, open->task->task->field, open->tied,
                       gv_buf_ok(&codes) ? (char *)codes.data : "");
        gv_buf_fini(&codes);
    }
    return plan->undecided > 0 ? GV_ESTATE : GV_OK;
}

const char *gv_plan_how_name(enum gv_plan_how how)
{
    static const char *const names[GV_HOW_END] = {"?", "name", "group", "field", "decision"};

    return (unsigned)how < GV_HOW_END ? names[how] : "?";
}
