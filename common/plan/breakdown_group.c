/* breakdown_group.c - names of units and groups, groups spread to their units, and provenance. */
#include <string.h>

#include "plan/loader.h"

static const char *const origin_names[] = {"letter", "office"};

/* ---- names and provenance ---------------------------------------------------------------------
 */

const struct gv_breakdown_group *gv_load_group_find(const struct gv_loader *l, const char *name)
{
    for (size_t i = 0; i < l->group_count; i++) {
        if (strcmp(l->groups[i].name, name) == 0)
            return &l->groups[i];
    }
    return NULL;
}

static bool is_group_name(const char *s)
{
    return s[0] >= 'a' && s[0] <= 'z' && strlen(s) <= 64 &&
           s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static bool named(const struct gv_name *names, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i].text, text) == 0)
            return true;
    }
    return false;
}

void gv_load_names(struct gv_loader *l, yaml_node_t *node, bool one, struct gv_names *out)
{
    size_t count = gv_yaml_list(&l->y, node, GV_BREAKDOWN_MAX_MEMBERS, one);
    struct gv_name *all = gv_yaml_alloc(&l->y, count, sizeof *all);
    size_t used = 0;

    for (size_t i = 0; all != NULL && i < count; i++) {
        yaml_node_t *item = gv_yaml_item(&l->y, node, i);
        const char *text = gv_yaml_text(&l->y, item, 200);
        gv_code code;

        if (text[0] == '\0')
            continue;
        if (gv_code_from_str(text, &code) != GV_OK && !is_group_name(text)) {
            gv_yaml_problem(&l->y, item, "«%s» không phải là mã đơn vị hay tên nhóm",
                            "\"%s\" is neither a unit's code nor a group's name", text);
            continue;
        }
        if (named(all, used, text)) {
            gv_yaml_problem(&l->y, item, "«%s» viết hai lần; hãy giữ một",
                            "\"%s\" stands twice; keep one", text);
            continue;
        }
        all[used++] = (struct gv_name){text, gv_yaml_mark(item)};
    }
    *out = (struct gv_names){all, used};
}

char **gv_load_strings(struct gv_loader *l, const struct gv_names *names)
{
    char **all = gv_yaml_alloc(&l->y, names->count, sizeof *all);

    for (size_t i = 0; all != NULL && i < names->count; i++)
        all[i] = (char *)names->all[i].text;
    return all;
}

uint32_t gv_load_origin(struct gv_loader *l, yaml_node_t *node, uint32_t fallback)
{
    uint32_t index;

    if (node == NULL || !gv_yaml_word(&l->y, node, origin_names, 2, &index))
        return fallback;
    return index + 1;
}

/* letter | office | {origin:, by:, on:} */
static struct gv_origin load_one_origin(struct gv_loader *l, yaml_node_t *node)
{
    static const struct gv_yaml_key keys[] = {{"origin", true}, {"by", false}, {"on", false}};
    struct gv_origin origin = {0, "", 0};
    yaml_node_t *v[3] = {node, NULL, NULL};

    if (gv_yaml_is_map(node))
        (void)gv_yaml_map(&l->y, node, keys, 3, v);
    origin.origin = gv_load_origin(l, v[0], GIAOVIEC__V1__ORIGIN__ORIGIN_OFFICE);
    if (origin.origin == GIAOVIEC__V1__ORIGIN__ORIGIN_OFFICE) {
        origin.by = l->author;
        origin.on_day = l->written_day;
    }
    if (v[1] != NULL)
        origin.by = gv_yaml_text(&l->y, v[1], 200);
    if (v[2] != NULL)
        (void)gv_yaml_day(&l->y, v[2], &origin.on_day);
    return origin;
}

void gv_load_provenance(struct gv_loader *l, yaml_node_t *node, struct gv_origin *origins)
{
    static const struct gv_yaml_key keys[GV_FIELD_COUNT] = {
        [GV_FIELD_WORDS] = {"words", false},
        [GV_FIELD_GLOSS] = {"gloss", false},
        [GV_FIELD_KINDS] = {"kinds", false},
        [GV_FIELD_FIELD] = {"field", false},
        [GV_FIELD_LEAD] = {"lead", false},
        [GV_FIELD_COORDINATORS] = {"coordinators", false},
        [GV_FIELD_FOLLOWERS] = {"followers", false},
        [GV_FIELD_SUPERVISOR] = {"supervisor", false},
        [GV_FIELD_DUE] = {"due", false},
        [GV_FIELD_CALENDAR] = {"calendar", false},
        [GV_FIELD_INDICATORS] = {"indicators", false},
        [GV_FIELD_ATTEST] = {"attest", false},
    };
    yaml_node_t *v[GV_FIELD_COUNT];

    (void)gv_yaml_map(&l->y, node, keys, GV_FIELD_COUNT, v);
    for (size_t f = 0; f < GV_FIELD_COUNT; f++) {
        if (v[f] != NULL)
            origins[f] = load_one_origin(l, v[f]);
    }
    if (v[GV_FIELD_WORDS] != NULL &&
        origins[GV_FIELD_WORDS].origin == GIAOVIEC__V1__ORIGIN__ORIGIN_OFFICE)
        gv_yaml_problem(&l->y, v[GV_FIELD_WORDS],
                        "«words» luôn là nguyên văn công văn: hãy ghi «words: letter»",
                        "the words are always the letter's: write \"words: letter\"");
}

/* ---- groups -----------------------------------------------------------------------------------
 */

static bool add_member(struct gv_loader *l, struct gv_name *all, size_t *used, struct gv_name name,
                       yaml_node_t *node)
{
    if (named(all, *used, name.text))
        return true;
    if (*used == GV_BREAKDOWN_MAX_MEMBERS) {
        gv_yaml_problem(&l->y, node, "nhóm có quá %d đơn vị", "a group of more than %d units",
                        GV_BREAKDOWN_MAX_MEMBERS);
        return false;
    }
    all[(*used)++] = name;
    return true;
}

/* Groups named among the members stand above, and are spread. */
static void spread_members(struct gv_loader *l, yaml_node_t *node, const struct gv_names *names,
                           struct gv_breakdown_group *out)
{
    size_t room = 0, used = 0;
    struct gv_name *all;

    for (size_t i = 0; i < names->count; i++) {
        const struct gv_breakdown_group *inner = gv_load_group_find(l, names->all[i].text);

        room += inner != NULL ? inner->members.count : 1;
    }
    if (room > GV_BREAKDOWN_MAX_MEMBERS)
        room = GV_BREAKDOWN_MAX_MEMBERS;
    all = gv_yaml_alloc(&l->y, room, sizeof *all);
    for (size_t i = 0; all != NULL && i < names->count; i++) {
        const struct gv_breakdown_group *inner = gv_load_group_find(l, names->all[i].text);

        if (inner == NULL && !add_member(l, all, &used, names->all[i], node))
            break;
        for (size_t k = 0; inner != NULL && k < inner->members.count; k++) {
            struct gv_name name = {inner->members.all[k].text, names->all[i].at};

            if (!add_member(l, all, &used, name, node))
                break;
        }
    }
    out->members = (struct gv_names){all, used};
}

static void load_group(struct gv_loader *l, yaml_node_t *key, yaml_node_t *node)
{
    static const struct gv_yaml_key keys[] = {
        {"origin", true}, {"members", true}, {"title", false}};
    struct gv_breakdown_group group = {.title = "", .at = gv_yaml_mark(key)};
    struct gv_names names = {NULL, 0};
    yaml_node_t *v[3];

    group.name = gv_yaml_text(&l->y, key, 200);
    if (group.name[0] == '\0')
        return;
    if (!is_group_name(group.name)) {
        gv_yaml_problem(
            &l->y, key, "tên nhóm «%s» phải là chữ thường không dấu a–z, số, dấu nối; tối đa 64",
            "the group's name \"%s\" must be a-z, digits and hyphens, at most 64", group.name);
        return;
    }
    if (gv_load_group_find(l, group.name) != NULL) {
        gv_yaml_problem(&l->y, key, "khóa «%s» viết hai lần; hãy giữ một",
                        "the key \"%s\" stands twice; keep one", group.name);
        return;
    }
    (void)gv_yaml_map(&l->y, node, keys, 3, v);
    group.origin = gv_load_origin(l, v[0], GIAOVIEC__V1__ORIGIN__ORIGIN_OFFICE);
    if (v[1] != NULL)
        gv_load_names(l, v[1], false, &names);
    spread_members(l, node, &names, &group);
    if (v[2] != NULL)
        group.title = gv_yaml_text(&l->y, v[2], 300);
    l->groups[l->group_count++] = group;
}

void gv_load_groups(struct gv_loader *l, yaml_node_t *node)
{
    yaml_node_t *key, *value;

    if (!gv_yaml_is_map(node)) {
        gv_yaml_problem(&l->y, node, "«groups» phải là các dòng «tên-nhóm: …»",
                        "groups must be lines of \"name: ...\"");
        return;
    }
    l->groups = gv_yaml_alloc(&l->y, GV_BREAKDOWN_MAX_GROUPS, sizeof *l->groups);
    for (size_t i = 0; l->groups != NULL && gv_yaml_pair(&l->y, node, i, &key, &value); i++) {
        if (l->group_count == GV_BREAKDOWN_MAX_GROUPS) {
            gv_yaml_problem(&l->y, key, "quá %d nhóm", "more than %d groups",
                            GV_BREAKDOWN_MAX_GROUPS);
            return;
        }
        load_group(l, key, value);
    }
}
