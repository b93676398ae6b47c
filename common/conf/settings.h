/*
 * settings.h - one row a setting: its name, type, default, bounds and help. The file parser, the
 * command line, the sample file, the help and "config show" all come from these rows.
 *
 * A program writes its rows into a .def file, one macro a section:
 *
 *     AGENT(data,   PATH,     NULL,  1, 3000,   GV_SETTING_REQUIRED, "thư mục", "folder")
 *     AGENT(window, DURATION, "30s", 0, 600000, 0,                   "…",       "…")
 *     UNIT(token,   PATH,     NULL,  0, 0,      0,                   "…",       "…")
 *
 * and makes of them a struct and a table:
 *
 *     struct agent_section {
 *     #define AGENT(name, type, ...) GV_SETTING_C_##type name;
 *     #define UNIT(...)
 *     #include "agent/settings.def"
 *     };
 *     static const struct gv_setting agent_rows[] = {
 *     #define AGENT(name, ...) GV_SETTING_ROW(struct agent_section, name, __VA_ARGS__)
 *     …
 *     static const struct gv_section sections[] = {
 *         {"agent", agent_rows, GV_COUNT(agent_rows), sizeof(struct agent_section), false,
 *          "…", "…"},
 *         {"unit", unit_rows, GV_COUNT(unit_rows), sizeof(struct unit_section), true, "…", "…"}};
 *
 * Text form: INT 12, DURATION 250ms 5s 2m 1h 7d (a bare number is ms), BOOL
 * yes/no/true/false/on/off/1/0. Files: INI, "[section]" or "[section LABEL]" where it is repeated;
 * a line that begins with ; or #, and what follows a blank and ;, is a comment. FILE.d/ *.conf (in
 * the order of names) is read after FILE. A name given again wins; unknown names and sections are
 * errors.
 */
#ifndef GV_SETTINGS_H
#define GV_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum gv_setting_type {
    GV_SETTING_BOOL,
    GV_SETTING_INT,
    GV_SETTING_DURATION, /* ms */
    GV_SETTING_STRING,
    GV_SETTING_PATH, /* a relative one in a file is relative to the file's folder */
};

typedef bool GV_SETTING_C_BOOL;
typedef int64_t GV_SETTING_C_INT;
typedef int64_t GV_SETTING_C_DURATION;
typedef const char *GV_SETTING_C_STRING; /* NULL: not set and no default */
typedef const char *GV_SETTING_C_PATH;

enum {
    GV_SETTING_REQUIRED = 1,
    GV_SETTING_HIDDEN = 2 /* never shown: a secret */
};

struct gv_setting {
    const char *name; /* "reconnect_window"; in files and on the command line also with '-' */
    enum gv_setting_type type;
    const char *fallback; /* in text form; NULL: none (0, false, NULL) */
    int64_t min, max;     /* INT, DURATION, and the length of texts; both 0: unbounded */
    unsigned flags;
    const char *vi, *en;
    size_t offset; /* of the value in the section's struct */
};

#define GV_SETTING_ROW(strct, name, type, fallback, min, max, flags, vi, en)                       \
    {#name, GV_SETTING_##type, fallback, min, max, flags, vi, en, offsetof(strct, name)},
#define GV_COUNT(array) (sizeof(array) / sizeof(array)[0])

struct gv_section {
    const char *name;
    const struct gv_setting *rows;
    size_t row_count;
    size_t size;   /* of its struct */
    bool repeated; /* "[unit SO-YT]": any number, each with its label */
    const char *vi, *en;
};

typedef struct gv_settings gv_settings;

/* All defaults. sections must outlive it. NULL: no memory. */
gv_settings *gv_settings_new(const struct gv_section *sections, size_t count);
void gv_settings_free(gv_settings *settings); /* NULL is fine */

/*
 * FILE and FILE.d/ *.conf. Every fault is a line "FILE:12: …\n" in faults (in the user's language);
 * all of them are found, not the first alone. GV_ENOTFOUND, GV_EDENIED, GV_EIO: FILE, or a FILE.d
 * that is there, cannot be read; GV_EBADMSG: faults.
 */
GV_MUSTCHECK gv_err gv_settings_read(gv_settings *settings, const char *path,
                                     struct gv_buf *faults);
/* The same from memory; name stands for the file in faults. */
GV_MUSTCHECK gv_err gv_settings_read_text(gv_settings *settings, const char *name, const char *text,
                                          size_t len, struct gv_buf *faults);
/* One value of the command line. label NULL: not a repeated section. GV_EUSAGE with a line in
 * faults. */
GV_MUSTCHECK gv_err gv_settings_set(gv_settings *settings, const char *section, const char *label,
                                    const char *name, const char *value, struct gv_buf *faults);
/* When everything was read: required settings. GV_EBADMSG with lines in faults. */
GV_MUSTCHECK gv_err gv_settings_check(const gv_settings *settings, struct gv_buf *faults);

/* The struct of a section that is not repeated. Borrowed; texts in it too. Asserts that there is
 * one. */
const void *gv_settings_get(const gv_settings *settings, const char *section);
/* Of a repeated section, in the order in which they were first named. */
size_t gv_settings_count(const gv_settings *settings, const char *section);
const void *gv_settings_item(const gv_settings *settings, const char *section, size_t i,
                             const char **label);

/* "config show": everything in force, with where it comes from, as a file that can be read again.
 */
void gv_settings_show(const gv_settings *settings, struct gv_buf *out);
/* A commented file with every default. */
void gv_settings_sample(const struct gv_section *sections, size_t count, struct gv_buf *out);
/* For --help and the man page: one setting a paragraph. */
void gv_settings_help(const struct gv_section *sections, size_t count, struct gv_buf *out);

#endif
