/* settings_internal.h - what settings.c, settings_file.c and settings_text.c share. */
#ifndef GV_SETTINGS_INTERNAL_H
#define GV_SETTINGS_INTERNAL_H

#include "base/arena.h"
#include "conf/settings.h"

struct given {
    const char *text;   /* as it was given; NULL: not */
    const char *origin; /* "file:12" */
};

struct item {            /* one section of a file, or all of those with one label */
    const char *label;   /* NULL: not repeated */
    void *values;        /* the program's struct */
    struct given *given; /* one a row */
};

struct group {
    const struct gv_section *section;
    struct item *items; /* exactly one where the section is not repeated */
    size_t count, cap;
};

struct gv_settings {
    gv_arena *arena; /* texts and values */
    struct group *groups;
    size_t group_count;
};

/* settings.c */
struct group *settings_group(const gv_settings *settings, const char *name);
/* Finds or makes the item. NULL with GV_OK never. */
gv_err settings_item_named(gv_settings *settings, struct group *group, const char *label,
                           struct item **out);
const struct gv_setting *settings_row(const struct gv_section *section, const char *name);
/* Parses and keeps a value; a fault is appended behind origin. folder: of relative paths; NULL:
 * leave them. */
gv_err settings_put(gv_settings *settings, struct group *group, struct item *item, const char *name,
                    const char *value, const char *folder, const char *origin,
                    struct gv_buf *faults);

/* settings_text.c */
/* False: not of this type or out of bounds, and why was appended (no line end). out: bool or
 * int64_t; ignored for texts. */
bool settings_parse(const struct gv_setting *row, const char *text, int64_t *out,
                    struct gv_buf *why);
void settings_duration(int64_t ms, struct gv_buf *out); /* "90s", "2h" */

#endif
