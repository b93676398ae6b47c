/* breakdown_task.c - one task of a breakdown. */
#include <string.h>

#include "plan/loader.h"

enum task_key {
    K_NUMBER,
    K_ITEM,
    K_WORDS,
    K_OCCURRENCE,
    K_GLOSS,
    K_KINDS,
    K_FIELD,
    K_LEAD,
    K_COORDINATORS,
    K_FOLLOWERS,
    K_SUPERVISOR,
    K_DUE,
    K_CALENDAR,
    K_INDICATORS,
    K_ATTEST,
    K_PROVENANCE,
    K_COUNT
};

static const struct gv_yaml_key task_keys[K_COUNT] = {
    [K_NUMBER] = {"number", true},
    [K_ITEM] = {"item", false},
    [K_WORDS] = {"words", true},
    [K_OCCURRENCE] = {"occurrence", false},
    [K_GLOSS] = {"gloss", true},
    [K_KINDS] = {"kinds", true},
    [K_FIELD] = {"field", true},
    [K_LEAD] = {"lead", true},
    [K_COORDINATORS] = {"coordinators", false},
    [K_FOLLOWERS] = {"followers", false},
    [K_SUPERVISOR] = {"supervisor", false},
    [K_DUE] = {"due", false},
    [K_CALENDAR] = {"calendar", false},
    [K_INDICATORS] = {"indicators", false},
    [K_ATTEST] = {"attest", false},
    [K_PROVENANCE] = {"provenance", false},
};

/* The key that each field with a provenance stands under. */
static const enum task_key field_key[GV_FIELD_COUNT] = {
    [GV_FIELD_WORDS] = K_WORDS,
    [GV_FIELD_GLOSS] = K_GLOSS,
    [GV_FIELD_KINDS] = K_KINDS,
    [GV_FIELD_FIELD] = K_FIELD,
    [GV_FIELD_LEAD] = K_LEAD,
    [GV_FIELD_COORDINATORS] = K_COORDINATORS,
    [GV_FIELD_FOLLOWERS] = K_FOLLOWERS,
    [GV_FIELD_SUPERVISOR] = K_SUPERVISOR,
    [GV_FIELD_DUE] = K_DUE,
    [GV_FIELD_CALENDAR] = K_CALENDAR,
    [GV_FIELD_INDICATORS] = K_INDICATORS,
    [GV_FIELD_ATTEST] = K_ATTEST,
};

static const char *const kinds[] = {
    "PLAN",   "REMEDY",   "INDICATOR", "OUTCOME",   "CONTINUOUS",  "WINDOWED",
    "PATROL", "INCIDENT", "CASE",      "CASELIST",  "PROHIBITION", "EXCEPTION",
    "PERMIT", "SERVICE",  "CAMPAIGN",  "MILESTONE", "SUPERVISION",
};
#define KIND_COUNT (sizeof kinds / sizeof kinds[0])

/* ---- number, kinds ----------------------------------------------------------------------------
 */

/* 2, 2.2, 2.2.1: digits and single points, at most 16 characters. */
static bool is_number(const char *s)
{
    size_t len = strlen(s);

    if (len == 0 || len > 16 || s[0] < '1' || s[0] > '9' || s[len - 1] == '.')
        return false;
    return s[strspn(s, "0123456789.")] == '\0' && strstr(s, "..") == NULL && strcspn(s, ".") <= 3;
}

static void load_number(struct gv_loader *l, yaml_node_t *number, yaml_node_t *item,
                        Giaoviec__V1__Task *task)
{
    const char *text = gv_yaml_text(&l->y, number, 100);

    if (text[0] == '\0')
        return;
    if (!is_number(text)) {
        gv_yaml_problem(&l->y, number, "«%s» không phải là số của nhiệm vụ; hãy viết như 2.2",
                        "\"%s\" is not a task's number; write it like 2.2", text);
        return;
    }
    task->number = (char *)text;
    if (item != NULL) {
        if (!gv_yaml_number(&l->y, item, 1, 999, &task->item))
            return;
    } else {
        for (; *text >= '0' && *text <= '9'; text++)
            task->item = task->item * 10 + (uint32_t)(*text - '0');
    }
    if (!gv_load_has_item(l, task->item))
        gv_yaml_problem(&l->y, item != NULL ? item : number,
                        "công văn không có mục %u; hãy sửa số của nhiệm vụ, hoặc thêm «item: N»",
                        "the letter has no item %u; correct the task's number, or add \"item: N\"",
                        (unsigned)task->item);
}

static bool has_kind(const Giaoviec__V1__Task *task, const char *kind)
{
    for (size_t i = 0; i < task->n_kinds; i++) {
        if (strcmp(task->kinds[i], kind) == 0)
            return true;
    }
    return false;
}

static void load_kinds(struct gv_loader *l, yaml_node_t *node, Giaoviec__V1__Task *task)
{
    size_t count = gv_yaml_list(&l->y, node, KIND_COUNT, true);
    char **all = gv_yaml_alloc(&l->y, count, sizeof *all);

    task->kinds = all;
    for (size_t i = 0; all != NULL && i < count; i++) {
        yaml_node_t *item = gv_yaml_item(&l->y, node, i);
        uint32_t kind;

        if (!gv_yaml_word(&l->y, item, kinds, KIND_COUNT, &kind))
            continue;
        if (has_kind(task, kinds[kind]))
            gv_yaml_problem(&l->y, item, "«%s» viết hai lần; hãy giữ một",
                            "\"%s\" stands twice; keep one", kinds[kind]);
        else
            all[task->n_kinds++] = (char *)kinds[kind];
    }
}

static bool any_clause(const Giaoviec__V1__Task *task, bool permits)
{
    for (size_t i = 0; i < task->n_attestations; i++) {
        if (permits ? task->attestations[i]->permits : task->attestations[i]->exceptions)
            return true;
    }
    return false;
}

static void need(struct gv_loader *l, yaml_node_t *node, const char *kind, bool there,
                 const char *key)
{
    if (!there)
        gv_yaml_problem(&l->y, node, "nhiệm vụ loại %s cần có «%s»; hãy thêm vào, hoặc đổi loại",
                        "a task of kind %s needs \"%s\"; add it or change the kind", kind, key);
}

/* What each kind asks for (the values themselves may have been refused above: keys count). */
static void check_kinds(struct gv_loader *l, yaml_node_t **v, const Giaoviec__V1__Task *task)
{
    bool windowed = has_kind(task, "WINDOWED"), patrol = has_kind(task, "PATROL");

    if (has_kind(task, "INDICATOR"))
        need(l, v[K_KINDS], "INDICATOR", v[K_INDICATORS] != NULL, "indicators");
    if (has_kind(task, "PROHIBITION"))
        need(l, v[K_KINDS], "PROHIBITION", v[K_ATTEST] != NULL, "attest");
    if (has_kind(task, "EXCEPTION"))
        need(l, v[K_KINDS], "EXCEPTION", any_clause(task, false), "exceptions: true");
    if (has_kind(task, "PERMIT"))
        need(l, v[K_KINDS], "PERMIT", any_clause(task, true), "permits: true");
    if (windowed || patrol)
        need(l, v[K_KINDS], windowed ? "WINDOWED" : "PATROL",
             v[K_CALENDAR] != NULL && (task->calendar == NULL || task->calendar->n_windows > 0),
             "calendar: windows");
    if (has_kind(task, "CONTINUOUS") && task->n_kinds == 1 && v[K_DUE] != NULL)
        gv_yaml_problem(
            &l->y, v[K_DUE],
            "nhiệm vụ chỉ có loại CONTINUOUS thì không có hạn; hãy bỏ «due», hoặc thêm "
            "loại có hạn như PLAN",
            "a task of kind CONTINUOUS alone has no due date; leave \"due\" out, or add "
            "a kind that has one, like PLAN");
}

/* ---- who --------------------------------------------------------------------------------------
 */

/* lead: {field: F, among: [...]} leaves the lead open. */
static void load_open_lead(struct gv_loader *l, yaml_node_t *node, struct gv_breakdown_task *out)
{
    static const struct gv_yaml_key keys[] = {{"field", true}, {"among", false}};
    yaml_node_t *v[2];
    const char *field;

    out->task->by_field = true;
    (void)gv_yaml_map(&l->y, node, keys, 2, v);
    field = v[0] != NULL ? gv_yaml_upper(&l->y, v[0]) : "";
    if (field[0] != '\0' && out->task->field[0] != '\0' && strcmp(field, out->task->field) != 0)
        gv_yaml_problem(&l->y, v[0],
                        "lĩnh vực của đơn vị chủ trì phải là lĩnh vực của nhiệm vụ: %s",
                        "the lead's field must be the task's field: %s", out->task->field);
    if (v[1] != NULL)
        gv_load_names(l, v[1], true, &out->among);
}

static void load_supervisor(struct gv_loader *l, yaml_node_t *node, struct gv_breakdown_task *out)
{
    const char *text = gv_yaml_text(&l->y, node, 200);
    gv_code code;

    out->supervisor = (struct gv_name){"", gv_yaml_mark(node)};
    if (text[0] == '\0')
        return;
    if (gv_code_from_str(text, &code) != GV_OK || gv_load_group_find(l, text) != NULL) {
        gv_yaml_problem(&l->y, node, "«%s» không phải là mã đơn vị; người theo dõi là một mã",
                        "\"%s\" is not a unit's code; the supervisor is one code", text);
        return;
    }
    out->supervisor.text = text;
    out->task->supervisor = (char *)text;
}

static void load_who(struct gv_loader *l, yaml_node_t **v, struct gv_breakdown_task *out)
{
    Giaoviec__V1__Task *task = out->task;

    out->supervisor = (struct gv_name){"", {0, 0}};
    if (v[K_LEAD] != NULL) {
        out->lead_at = gv_yaml_mark(v[K_LEAD]);
        if (gv_yaml_is_map(v[K_LEAD]))
            load_open_lead(l, v[K_LEAD], out);
        else
            gv_load_names(l, v[K_LEAD], true, &out->leads);
    }
    if (v[K_COORDINATORS] != NULL)
        gv_load_names(l, v[K_COORDINATORS], true, &out->coordinators);
    if (v[K_FOLLOWERS] != NULL)
        gv_load_names(l, v[K_FOLLOWERS], true, &out->followers);
    if (v[K_SUPERVISOR] != NULL)
        load_supervisor(l, v[K_SUPERVISOR], out);
    task->leads = gv_load_strings(l, &out->leads);
    task->n_leads = task->leads != NULL ? out->leads.count : 0;
    task->coordinators = gv_load_strings(l, &out->coordinators);
    task->n_coordinators = task->coordinators != NULL ? out->coordinators.count : 0;
    task->followers = gv_load_strings(l, &out->followers);
    task->n_followers = task->followers != NULL ? out->followers.count : 0;
}

/* ---- provenance -------------------------------------------------------------------------------
 */

/* Each field that is there says where it comes from. */
static void load_provenance(struct gv_loader *l, yaml_node_t *node, yaml_node_t **v,
                            struct gv_origin *origins, Giaoviec__V1__Task *task)
{
    memcpy(origins, l->defaults, sizeof l->defaults);
    if (v[K_PROVENANCE] != NULL)
        gv_load_provenance(l, v[K_PROVENANCE], origins);
    task->provenance = gv_yaml_alloc(&l->y, GV_FIELD_COUNT, sizeof(void *));
    for (size_t f = 0; task->provenance != NULL && f < GV_FIELD_COUNT; f++) {
        const char *name = task_keys[field_key[f]].name;
        Giaoviec__V1__Provenance *p;

        if (v[field_key[f]] == NULL)
            continue;
        if (origins[f].origin == GIAOVIEC__V1__ORIGIN__ORIGIN_NONE) {
            gv_yaml_problem(&l->y, node,
                            "chưa rõ «%s» từ đâu: hãy ghi letter hoặc office ở «provenance»",
                            "where \"%s\" comes from is not said: write letter or office under "
                            "provenance",
                            name);
            continue;
        }
        p = gv_yaml_alloc(&l->y, 1, sizeof *p);
        if (p == NULL)
            return;
        giaoviec__v1__provenance__init(p);
        p->field = (char *)name;
        p->origin = origins[f].origin;
        p->by = (char *)origins[f].by;
        p->on_day = origins[f].on_day;
        task->provenance[task->n_provenance++] = p;
    }
}

/* ---- the task ---------------------------------------------------------------------------------
 */

static void load_words(struct gv_loader *l, yaml_node_t **v, Giaoviec__V1__Task *task)
{
    Giaoviec__V1__Span *span;
    struct gv_span at;
    uint32_t occurrence = 0;
    const char *words;

    if (v[K_OCCURRENCE] != NULL && !gv_yaml_number(&l->y, v[K_OCCURRENCE], 1, 1000, &occurrence))
        return;
    if (v[K_WORDS] == NULL || task->item == 0)
        return;
    words = gv_load_words(l, v[K_WORDS], task->item, occurrence, &at);
    span = words != NULL ? gv_yaml_alloc(&l->y, 1, sizeof *span) : NULL;
    if (span == NULL)
        return;
    giaoviec__v1__span__init(span);
    span->begin = at.at.offset;
    span->end = at.end;
    span->line = at.at.line;
    span->column = at.at.column;
    task->words = (char *)words;
    task->span = span;
}

void gv_load_task(struct gv_loader *l, yaml_node_t *node, struct gv_breakdown_task *out)
{
    Giaoviec__V1__Task *task = gv_yaml_alloc(&l->y, 1, sizeof *task);
    struct gv_origin origins[GV_FIELD_COUNT];
    yaml_node_t *v[K_COUNT];

    if (task == NULL)
        return;
    giaoviec__v1__task__init(task);
    out->task = task;
    out->at = gv_yaml_mark(node);
    (void)gv_yaml_map(&l->y, node, task_keys, K_COUNT, v);
    if (!gv_yaml_is_map(node))
        return;
    load_number(l, v[K_NUMBER], v[K_ITEM], task);
    load_provenance(l, node, v, origins, task);
    load_words(l, v, task);
    task->gloss = (char *)gv_yaml_text(&l->y, v[K_GLOSS], 1000);
    if (v[K_KINDS] != NULL)
        load_kinds(l, v[K_KINDS], task);
    task->field = v[K_FIELD] != NULL ? (char *)gv_yaml_upper(&l->y, v[K_FIELD]) : (char *)"";
    load_who(l, v, out);
    out->lead_origin = origins[GV_FIELD_LEAD].origin;
    out->coordinators_origin =
        v[K_COORDINATORS] != NULL ? origins[GV_FIELD_COORDINATORS].origin : 0;
    out->followers_origin = v[K_FOLLOWERS] != NULL ? origins[GV_FIELD_FOLLOWERS].origin : 0;
    if (v[K_DUE] != NULL)
        gv_load_due(l, v[K_DUE], origins[GV_FIELD_DUE].origin, task);
    if (v[K_CALENDAR] != NULL)
        gv_load_calendar(l, v[K_CALENDAR], origins[GV_FIELD_CALENDAR].origin, task);
    if (v[K_INDICATORS] != NULL)
        gv_load_indicators(l, v[K_INDICATORS], origins[GV_FIELD_INDICATORS].origin, task);
    if (v[K_ATTEST] != NULL)
        gv_load_attest(l, v[K_ATTEST], origins[GV_FIELD_ATTEST].origin, task);
    check_kinds(l, v, task);
}
