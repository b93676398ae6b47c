/*
 * settings_file.c - INI files, a line at a time. Not through libinih: it cuts lines at 198 bytes,
 * folds indented ones into the value before and tells no line numbers.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/lang.h"
#include "base/text.h"
#include "conf/settings_internal.h"

#define FILE_MAX_BYTES  ((size_t)16 << 20)
#define LABEL_MAX_BYTES 64

struct reader {
    gv_settings *settings;
    const char *name;
    const char *folder;
    int line;
    struct gv_buf words; /* a line's name and value, each with its end */
    struct group *group; /* NULL: no section yet, or an unknown one */
    struct item *item;
    bool skip; /* the section was a fault: one is enough */
    struct gv_buf *faults;
    gv_err err;
};

static void fault(struct reader *reader, const char *text, const char *what)
{
    gv_buf_printf(reader->faults, "%s:%d: %s", reader->name, reader->line, text);
    if (what != NULL)
        gv_buf_printf(reader->faults, ": %s", what);
    gv_buf_puts(reader->faults, "\n");
    if (reader->err == GV_OK)
        reader->err = GV_EBADMSG;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static size_t trim(const char **line, size_t len)
{
    while (len > 0 && is_blank((*line)[0])) {
        (*line)++;
        len--;
    }
    while (len > 0 && is_blank((*line)[len - 1]))
        len--;
    return len;
}

/* ---- sections ------------------------------------------------------------------------------- */

static void enter(struct reader *reader, const char *name, const char *label)
{
    struct group *group = settings_group(reader->settings, name);
    gv_err err;

    if (group == NULL) {
        fault(reader, gv_tr("không có nhóm cấu hình này", "no such section"), name);
    } else if (group->section->repeated && label == NULL) {
        fault(reader,
              gv_tr("nhóm này cần một tên: [nhóm TÊN]",
                    "this section needs a label: [section LABEL]"),
              name);
    } else if (!group->section->repeated && label != NULL) {
        fault(reader, gv_tr("nhóm này không có tên riêng", "this section takes no label"), name);
    } else {
        err = settings_item_named(reader->settings, group, label, &reader->item);
        if (err == GV_OK) {
            reader->group = group;
            reader->skip = false;
        } else {
            reader->err = err;
        }
    }
}

/* "[section]" or "[section LABEL]"; a comment may follow. */
static void on_section(struct reader *reader, const char *line, size_t len)
{
    const char *close = memchr(line, ']', len);
    char text[LABEL_MAX_BYTES * 2];
    const char *inside = line + 1, *rest;
    size_t inside_len, rest_len;
    char *label;

    reader->group = NULL;
    reader->item = NULL;
    reader->skip = true;
    if (close == NULL) {
        fault(reader, gv_tr("thiếu dấu ]", "] is missing"), NULL);
        return;
    }
    rest = close + 1;
    rest_len = trim(&rest, (size_t)(line + len - rest));
    inside_len = trim(&inside, (size_t)(close - inside));
    if (inside_len == 0 || inside_len >= sizeof text ||
        (rest_len > 0 && *rest != ';' && *rest != '#')) {
        fault(reader,
              gv_tr("dòng này không phải [nhóm] hay [nhóm TÊN]",
                    "this is not [section] or [section LABEL]"),
              NULL);
        return;
    }
    memcpy(text, inside, inside_len);
    text[inside_len] = '\0';
    label = strpbrk(text, " \t");
    if (label != NULL) {
        *label++ = '\0';
        label += strspn(label, " \t");
        if (strlen(label) > LABEL_MAX_BYTES) {
            fault(reader, gv_tr("tên quá dài", "the label is too long"), label);
            return;
        }
    }
    enter(reader, text, label);
}

/* ---- lines ---------------------------------------------------------------------------------- */

/* A ';' behind a blank begins a comment. */
static size_t before_comment(const char *line, size_t len)
{
    for (size_t i = 1; i < len; i++) {
        if (line[i] == ';' && is_blank(line[i - 1]))
            return i;
    }
    return len;
}

static void put(struct reader *reader, const char *name, const char *value)
{
    char origin[512];
    gv_err err;

    if (reader->group == NULL) {
        fault(reader, gv_tr("mục này đứng trước mọi [nhóm]", "this stands before any [section]"),
              name);
        return;
    }
    snprintf(origin, sizeof origin, "%s:%d", reader->name, reader->line);
    err = settings_put(reader->settings, reader->group, reader->item, name, value, reader->folder,
                       origin, reader->faults);
    if (err != GV_OK && (reader->err == GV_OK || err != GV_EBADMSG))
        reader->err = err;
}

static void on_value(struct reader *reader, const char *line, size_t len)
{
    const char *equals, *name = line, *value;
    size_t name_len, value_len;

    len = before_comment(line, len);
    equals = memchr(line, '=', len);
    if (equals == NULL) {
        fault(reader, gv_tr("dòng này không phải tên=giá-trị", "this is not name=value"), NULL);
        return;
    }
    if (reader->skip)
        return;
    value = equals + 1;
    name_len = trim(&name, (size_t)(equals - name));
    value_len = trim(&value, (size_t)(line + len - value));
    gv_buf_reset(&reader->words);
    gv_buf_append(&reader->words, name, name_len);
    gv_buf_putc(&reader->words, '\0');
    gv_buf_append(&reader->words, value, value_len);
    gv_buf_putc(&reader->words, '\0');
    if (gv_buf_ok(&reader->words))
        put(reader, (char *)reader->words.data, (char *)reader->words.data + name_len + 1);
    else
        reader->err = GV_ENOMEM;
}

static void on_line(struct reader *reader, const char *line, size_t len)
{
    if (!gv_text_valid(line, len, NULL)) {
        fault(reader, gv_tr("không phải chữ UTF-8", "not UTF-8 text"), NULL);
        return;
    }
    len = trim(&line, len);
    if (len == 0 || *line == ';' || *line == '#')
        return;
    if (*line == '[')
        on_section(reader, line, len);
    else
        on_value(reader, line, len);
}

static gv_err read_text(gv_settings *settings, const char *name, const char *folder,
                        const char *text, size_t len, struct gv_buf *faults)
{
    struct reader reader = {.settings = settings, .name = name, .folder = folder, .faults = faults};
    const char *at = text, *end = text + len;

    gv_buf_init(&reader.words);
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        at += 3; /* byte order mark */
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));

        reader.line++;
        on_line(&reader, at, (size_t)((newline != NULL ? newline : end) - at));
        at = newline != NULL ? newline + 1 : end;
    }
    gv_buf_fini(&reader.words);
    if (!gv_buf_ok(faults))
        reader.err = GV_ENOMEM;
    return reader.err;
}

gv_err gv_settings_read_text(gv_settings *settings, const char *name, const char *text, size_t len,
                             struct gv_buf *faults)
{
    return read_text(settings, name, NULL, text, len, faults);
}

/* ---- files ---------------------------------------------------------------------------------- */

static gv_err read_file(gv_settings *settings, const char *path, struct gv_buf *faults)
{
    char *folder = strdup(path);
    struct gv_buf file;
    char *slash;
    gv_err err;

    if (folder == NULL)
        return GV_ENOMEM;
    slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder] = '\0';
    gv_buf_init(&file);
    err = gv_buf_read_file(&file, path, FILE_MAX_BYTES);
    if (err != GV_OK)
        gv_buf_printf(faults, "%s: %s\n", path, gv_err_say(err));
    else if (file.len > 0)
        err = read_text(settings, path, slash == NULL ? NULL : folder, (const char *)file.data,
                        file.len, faults);
    gv_buf_fini(&file);
    free(folder);
    return err;
}

static int is_conf(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);

    return entry->d_name[0] != '.' && len > 5 && strcmp(entry->d_name + len - 5, ".conf") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* not by the locale */
}

/* No such folder is no fault: there are no drop-ins. */
static gv_err list_drop_ins(const char *folder, struct dirent ***entries, int *count,
                            struct gv_buf *faults)
{
    gv_err err;

    *count = scandir(folder, entries, is_conf, by_name);
    if (*count >= 0 || errno == ENOENT)
        return GV_OK;
    err = errno == EACCES ? GV_EDENIED : errno == ENOMEM ? GV_ENOMEM : GV_EIO;
    gv_buf_printf(faults, "%s: %s\n", folder, gv_err_say(err));
    return err;
}

static gv_err read_drop_ins(gv_settings *settings, const char *path, struct gv_buf *faults)
{
    struct dirent **entries = NULL;
    struct gv_buf name;
    int count = 0;
    gv_err err;

    gv_buf_init(&name);
    gv_buf_printf(&name, "%s.d", path);
    err = gv_buf_ok(&name) ? list_drop_ins((const char *)name.data, &entries, &count, faults)
                           : GV_ENOMEM;
    for (int i = 0; i < count; i++) {
        gv_err one;

        gv_buf_reset(&name);
        gv_buf_printf(&name, "%s.d/%s", path, entries[i]->d_name);
        one = gv_buf_ok(&name) ? read_file(settings, (const char *)name.data, faults) : GV_ENOMEM;
        if (err == GV_OK)
            err = one;
        free(entries[i]);
    }
    free(entries);
    gv_buf_fini(&name);
    return err;
}

gv_err gv_settings_read(gv_settings *settings, const char *path, struct gv_buf *faults)
{
    gv_err err = read_file(settings, path, faults), more;

    if (err != GV_OK && err != GV_EBADMSG)
        return err;
    more = read_drop_ins(settings, path, faults);
    return err != GV_OK ? err : more;
}
