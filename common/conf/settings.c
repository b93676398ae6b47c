/* settings.c - values by section, label and name, and where they came from. */
#include "conf/settings.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lang.h"
#include "conf/settings_internal.h"

#define ARENA_MAX_BYTES ((size_t)64 << 20)
#define ITEMS_MAX       100000

/* ---- rows and places ------------------------------------------------------------------------ */

struct group *settings_group(const gv_settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->group_count; i++) {
        if (strcmp(settings->groups[i].section->name, name) == 0)
            return &settings->groups[i];
    }
    return NULL;
}

/* '-' is as good as '_'. */
static bool same_name(const char *a, const char *b)
{
    for (; *a != '\0' && *b != '\0'; a++, b++) {
        if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
            return false;
    }
    return *a == *b;
}

const struct gv_setting *settings_row(const struct gv_section *section, const char *name)
{
    for (size_t i = 0; i < section->row_count; i++) {
        if (same_name(section->rows[i].name, name))
            return &section->rows[i];
    }
    return NULL;
}

static void *place_of(const struct item *item, const struct gv_setting *row)
{
    return (char *)item->values + row->offset;
}

/* text lives in the arena, or for ever. */
static void store(struct item *item, const struct gv_setting *row, int64_t number, const char *text)
{
    void *place = place_of(item, row);
    bool flag = number != 0;

    switch (row->type) {
    case GV_SETTING_BOOL:
        memcpy(place, &flag, sizeof flag);
        break;
    case GV_SETTING_INT:
    case GV_SETTING_DURATION:
        memcpy(place, &number, sizeof number);
        break;
    case GV_SETTING_STRING:
    case GV_SETTING_PATH:
        memcpy(place, &text, sizeof text);
        break;
    }
}

/* ---- items ---------------------------------------------------------------------------------- */

/* The table's own defaults must be right: the programmer promised. */
static void set_defaults(const struct gv_section *section, struct item *item)
{
    for (size_t i = 0; i < section->row_count; i++) {
        const struct gv_setting *row = &section->rows[i];
        struct gv_buf why;
        int64_t number = 0;
        bool good;

        if (row->fallback == NULL)
            continue;
        gv_buf_init(&why);
        good = settings_parse(row, row->fallback, &number, &why);
        gv_buf_fini(&why);
        assert(good);
        store(item, row, number, row->fallback);
    }
}

static gv_err add_item(gv_settings *settings, struct group *group, const char *label)
{
    const struct gv_section *section = group->section;
    struct item item = {0};

    if (group->count >= ITEMS_MAX)
        return GV_ETOOBIG;
    if (group->count == group->cap) {
        size_t cap = group->cap * 2 + 1;
        struct item *items = realloc(group->items, cap * sizeof *items);

        if (items == NULL)
            return GV_ENOMEM;
        group->items = items;
        group->cap = cap;
    }
    item.label = label == NULL ? NULL : gv_arena_strdup(settings->arena, label);
    item.values = gv_arena_zalloc(settings->arena, section->size);
    item.given = gv_arena_zalloc(settings->arena, (section->row_count + 1) * sizeof item.given[0]);
    if ((label != NULL && item.label == NULL) || item.values == NULL || item.given == NULL)
        return GV_ENOMEM;
    set_defaults(section, &item);
    group->items[group->count++] = item;
    return GV_OK;
}

static struct item *find_item(const struct group *group, const char *label)
{
    for (size_t i = 0; i < group->count; i++) {
        const char *have = group->items[i].label;

        if (have == label || (have != NULL && label != NULL && strcmp(have, label) == 0))
            return &group->items[i];
    }
    return NULL;
}

gv_err settings_item_named(gv_settings *settings, struct group *group, const char *label,
                           struct item **out)
{
    gv_err err = GV_OK;

    if (find_item(group, label) == NULL)
        err = add_item(settings, group, label);
    if (err == GV_OK)
        *out = find_item(group, label);
    return err;
}

gv_settings *gv_settings_new(const struct gv_section *sections, size_t count)
{
    gv_settings *settings = calloc(1, sizeof *settings);

    if (settings == NULL)
        return NULL;
    settings->arena = gv_arena_new(ARENA_MAX_BYTES);
    settings->groups = calloc(count + 1, sizeof settings->groups[0]);
    if (settings->arena == NULL || settings->groups == NULL)
        goto failed;
    for (size_t i = 0; i < count; i++) {
        settings->groups[settings->group_count++].section = &sections[i];
        if (!sections[i].repeated && add_item(settings, &settings->groups[i], NULL) != GV_OK)
            goto failed;
    }
    return settings;
failed:
    gv_settings_free(settings);
    return NULL;
}

void gv_settings_free(gv_settings *settings)
{
    if (settings == NULL)
        return;
    for (size_t i = 0; i < settings->group_count; i++)
        free(settings->groups[i].items);
    free(settings->groups);
    gv_arena_free(settings->arena);
    free(settings);
}

/* ---- setting -------------------------------------------------------------------------------- */

static char *in_folder(gv_settings *settings, const char *folder, const char *path)
{
    size_t size = strlen(folder) + strlen(path) + 2;
    char *joined = gv_arena_alloc(settings->arena, size);

    if (joined != NULL)
        snprintf(joined, size, "%s/%s", folder, path);
    return joined;
}

gv_err settings_put(gv_settings *settings, struct group *group, struct item *item, const char *name,
                    const char *value, const char *folder, const char *origin,
                    struct gv_buf *faults)
{
    const struct gv_setting *row = settings_row(group->section, name);
    struct given given;
    struct gv_buf why;
    int64_t number = 0;
    bool good;

    if (row == NULL) {
        gv_buf_printf(faults, "%s: [%s] %s: %s\n", origin, group->section->name,
                      gv_tr("không có mục này", "no such setting"), name);
        return GV_EBADMSG;
    }
    gv_buf_init(&why);
    good = settings_parse(row, value, &number, &why);
    if (!good)
        gv_buf_printf(faults, "%s: %s: %s\n", origin, row->name,
                      why.data == NULL ? "?" : (const char *)why.data);
    gv_buf_fini(&why);
    if (!good)
        return GV_EBADMSG;
    given.origin = gv_arena_strdup(settings->arena, origin);
    given.text =
        row->type == GV_SETTING_PATH && folder != NULL && value[0] != '/' && value[0] != '\0'
            ? in_folder(settings, folder, value)
            : gv_arena_strdup(settings->arena, value);
    if (given.origin == NULL || given.text == NULL)
        return GV_ENOMEM;
    store(item, row, number, given.text);
    item->given[row - group->section->rows] = given;
    return GV_OK;
}

static gv_err usage(struct gv_buf *faults, const char *vi, const char *en, const char *what)
{
    gv_buf_printf(faults, "%s: %s\n", what, gv_tr(vi, en));
    return GV_EUSAGE;
}

gv_err gv_settings_set(gv_settings *settings, const char *section, const char *label,
                       const char *name, const char *value, struct gv_buf *faults)
{
    struct group *group = settings_group(settings, section);
    struct item *item = NULL;
    gv_err err;

    if (group == NULL)
        return usage(faults, "không có nhóm cấu hình này", "no such section", section);
    if (label != NULL && label[0] == '\0')
        label = NULL;
    if (group->section->repeated && label == NULL)
        return usage(faults, "nhóm này cần một tên", "this section needs a label", section);
    if (!group->section->repeated && label != NULL)
        return usage(faults, "nhóm này không có tên riêng", "this section takes no label", section);
    err = settings_item_named(settings, group, label, &item);
    if (err == GV_OK)
        err = settings_put(settings, group, item, name, value, NULL,
                           gv_tr("dòng lệnh", "command line"), faults);
    return err == GV_EBADMSG ? GV_EUSAGE : err;
}

/* ---- reading them --------------------------------------------------------------------------- */

gv_err gv_settings_check(const gv_settings *settings, struct gv_buf *faults)
{
    gv_err err = GV_OK;

    for (size_t g = 0; g < settings->group_count; g++) {
        const struct group *group = &settings->groups[g];

        for (size_t i = 0; i < group->count * group->section->row_count; i++) {
            const struct item *item = &group->items[i / group->section->row_count];
            size_t r = i % group->section->row_count;
            const struct gv_setting *row = &group->section->rows[r];

            if (!(row->flags & GV_SETTING_REQUIRED) || item->given[r].text != NULL ||
                row->fallback != NULL)
                continue;
            gv_buf_printf(faults, "[%s%s%s] %s: %s\n", group->section->name,
                          item->label == NULL ? "" : " ", item->label == NULL ? "" : item->label,
                          row->name, gv_tr("bắt buộc phải có", "is required"));
            err = GV_EBADMSG;
        }
    }
    return err;
}

const void *gv_settings_get(const gv_settings *settings, const char *section)
{
    const struct group *group = settings_group(settings, section);

    assert(group != NULL && !group->section->repeated);
    return group->items[0].values;
}

size_t gv_settings_count(const gv_settings *settings, const char *section)
{
    const struct group *group = settings_group(settings, section);

    assert(group != NULL);
    return group->count;
}

const void *gv_settings_item(const gv_settings *settings, const char *section, size_t i,
                             const char **label)
{
    const struct group *group = settings_group(settings, section);

    assert(group != NULL && i < group->count);
    if (label != NULL)
        *label = group->items[i].label;
    return group->items[i].values;
}
