/*
 * settings_file.c - INI files through libinih. Its lines are at most 198 bytes, it folds indented
 * lines into the value before and tells no line numbers: so lines are handed to it one by one,
 * trimmed and counted here, and what it would misread is a fault.
 */
#include <dirent.h>
#include <ini.h>
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
    const char *at, *end;
    int line;
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

/* What libinih may see of a line: 0 where it is nothing, or was dealt with here. */
static size_t look_at(struct reader *reader, const char **line, size_t len, size_t room)
{
    size_t bad_at;

    if (!gv_text_valid(*line, len, &bad_at)) {
        fault(reader, gv_tr("không phải chữ UTF-8", "not UTF-8 text"), NULL);
        return 0;
    }
    len = trim(line, len);
    if (len == 0 || **line == ';' || **line == '#')
        return 0;
    if (**line == '[') {
        on_section(reader, *line, len);
        return 0;
    }
    if (memchr(*line, '=', len) == NULL) {
        fault(reader, gv_tr("dòng này không phải tên=giá-trị", "this is not name=value"), NULL);
        return 0;
    }
    if (len > room) {
        fault(reader, gv_tr("dòng dài quá 198 byte", "a line of more than 198 bytes"), NULL);
        return 0;
    }
    return len;
}

/* libinih's reader: the next line into buf. */
static char *next_line(char *buf, int size, void *stream)
{
    struct reader *reader = stream;
    const char *line = reader->at, *end;
    size_t len;

    if (reader->at >= reader->end)
        return NULL;
    end = memchr(line, '\n', (size_t)(reader->end - line));
    if (end == NULL)
        end = reader->end;
    reader->at = end < reader->end ? end + 1 : end;
    if (reader->line++ == 0 && end - line >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0)
        line += 3; /* byte order mark */
    len = look_at(reader, &line, (size_t)(end - line), (size_t)size - 2);
    memcpy(buf, line, len);
    buf[len] = '\0';
    return buf;
}

/* libinih's handler; sections are our own. */
static int on_value(void *user, const char *section, const char *name, const char *value)
{
    struct reader *reader = user;
    char origin[512];
    gv_err err;

    (void)section;
    if (reader->skip)
        return 1;
    if (reader->group == NULL) {
        fault(reader, gv_tr("mục này đứng trước mọi [nhóm]", "this stands before any [section]"),
              name);
        return 1;
    }
    snprintf(origin, sizeof origin, "%s:%d", reader->name, reader->line);
    err = settings_put(reader->settings, reader->group, reader->item, name, value, reader->folder,
                       origin, reader->faults);
    if (err != GV_OK && (reader->err == GV_OK || err != GV_EBADMSG))
        reader->err = err;
    return 1;
}

static gv_err read_text(gv_settings *settings, const char *name, const char *folder,
                        const char *text, size_t len, struct gv_buf *faults)
{
    struct reader reader = {.settings = settings,
                            .name = name,
                            .folder = folder,
                            .at = text,
                            .end = text + len,
                            .faults = faults};
    int line = ini_parse_stream(next_line, &reader, on_value, &reader);

    if (line > 0) { /* a name behind a comment: libinih tells the first such line */
        reader.line = line;
        fault(&reader, gv_tr("dòng này không phải tên=giá-trị", "this is not name=value"), NULL);
    } else if (line < 0 && reader.err == GV_OK) {
        reader.err = GV_ENOMEM;
    }
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

static gv_err read_drop_ins(gv_settings *settings, const char *path, struct gv_buf *faults)
{
    struct dirent **entries = NULL;
    struct gv_buf name;
    int count;
    gv_err err = GV_OK;

    gv_buf_init(&name);
    gv_buf_printf(&name, "%s.d", path);
    count = gv_buf_ok(&name) ? scandir((const char *)name.data, &entries, is_conf, by_name) : -1;
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
