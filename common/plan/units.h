/*
 * units.h - a list of units as an office keeps it: tab-separated, a heading line with code,
 * name_vi, name_en, group, fields (by commas) and, where wanted, body (yes or no). Without that
 * column units of the group "copy" are bodies of persons.
 */
#ifndef GV_UNITS_H
#define GV_UNITS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "plan/problem.h"

#define GV_UNITS_MAX_BYTES ((size_t)4 << 20)
#define GV_UNITS_MAX       20000
#define GV_UNIT_MAX_FIELDS 64

struct gv_unit_info {
    const char *code;
    const char *name_vi;
    const char *name_en;
    const char *group;
    const char *const *fields;
    size_t field_count;
    bool body;     /* a body of persons: no agent */
    uint32_t load; /* leads that it holds already, unfinished; 0 from a file */
};

struct gv_units {
    const struct gv_unit_info *all;
    size_t count;
};

/* GV_EBADMSG: *problems says what and where. All text is NFC and lives in the arena. */
GV_MUSTCHECK gv_err gv_units_read(const char *path, struct gv_slice text, gv_arena *arena,
                                  struct gv_units *out, struct gv_problems *problems);
/* The unit's index, or SIZE_MAX. */
size_t gv_units_find(const struct gv_units *units, const char *code);

#endif
