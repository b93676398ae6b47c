/* units.c - a tab-separated list of units, read strictly. */
#include "plan/units.h"

#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "letter/tokens.h"

enum column { C_CODE, C_NAME_VI, C_NAME_EN, C_GROUP, C_FIELDS, C_BODY, C_COUNT };

static const char *const column_names[C_COUNT] = {"code",  "name_vi", "name_en",
                                                  "group", "fields",  "body"};

#define COLUMNS_MAX 32

struct cell {
    const char *text; /* in the NFC copy, not terminated */
    size_t len;
    struct gv_mark at;
};

struct reader {
    const char *path;
    gv_arena *arena;
    struct gv_problems *problems;
    size_t place_of[C_COUNT]; /* column's place in a line; SIZE_MAX: not there */
    size_t columns;
    struct gv_unit_info *units;
    size_t count;
    bool no_memory;
};

static char *keep(struct reader *r, const char *s, size_t len)
{
    char *kept = gv_arena_alloc(r->arena, len + 1);

    if (kept == NULL) {
        r->no_memory = true;
        return NULL;
    }
    memcpy(kept, s, len);
    kept[len] = '\0';
    return kept;
}

/* Cuts a line at its tabs; how many cells there are (more than fit are counted only). */
static size_t cut_line(const char *line, size_t len, uint32_t number, struct cell *cells)
{
    size_t count = 0, begin = 0;
    uint32_t column = 1;

    for (size_t i = 0; i <= len; i++) {
        if (i < len && line[i] != '\t')
            continue;
        if (count < COLUMNS_MAX)
            cells[count] = (struct cell){line + begin, i - begin, {number, column}};
        count++;
        column += (uint32_t)gv_text_code_points(line + begin, i - begin) + 1;
        begin = i + 1;
    }
    return count;
}

static bool cell_is(const struct cell *cell, const char *word)
{
    return cell->len == strlen(word) && memcmp(cell->text, word, cell->len) == 0;
}

/* false: nothing below it can be read. */
static bool read_heading(struct reader *r, const struct cell *cells, size_t count, uint32_t line)
{
    size_t before = r->problems->count + r->problems->dropped;

    r->columns = count;
    for (size_t c = 0; c < C_COUNT; c++)
        r->place_of[c] = SIZE_MAX;
    for (size_t i = 0; i < count && i < COLUMNS_MAX; i++) {
        size_t c = 0;

        while (c < C_COUNT && !cell_is(&cells[i], column_names[c]))
            c++;
        if (c == C_COUNT || r->place_of[c] != SIZE_MAX)
            gv_problem_add(r->problems, r->path, cells[i].at,
                           "không có cột «%.*s», hoặc cột viết hai lần; các cột: code, name_vi, "
                           "name_en, group, fields, body",
                           "no column \"%.*s\", or it stands twice; columns: code, name_vi, "
                           "name_en, group, fields, body",
                           (int)(cells[i].len < 100 ? cells[i].len : 100), cells[i].text);
        else
            r->place_of[c] = i;
    }
    for (size_t c = 0; c < C_BODY; c++) {
        if (r->place_of[c] == SIZE_MAX)
            gv_problem_add(r->problems, r->path, (struct gv_mark){line, 1},
                           "thiếu cột «%s» ở dòng tiêu đề", "the heading has no column \"%s\"",
                           column_names[c]);
    }
    return r->problems->count + r->problems->dropped == before;
}

static const char *required(struct reader *r, const struct cell *cell, enum column column)
{
    if (cell->len == 0)
        gv_problem_add(r->problems, r->path, cell->at, "cột «%s» để trống; hãy điền vào",
                       "the column \"%s\" is empty; fill it in", column_names[column]);
    return keep(r, cell->text, cell->len);
}

static bool is_field(const char *s)
{
    return s[0] >= 'A' && s[0] <= 'Z' && strlen(s) <= 32 &&
           s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")] == '\0';
}

/* "A,B,C": each a field of responsibility. */
static void read_fields(struct reader *r, const struct cell *cell, struct gv_unit_info *out)
{
    const char **fields = gv_arena_alloc(r->arena, GV_UNIT_MAX_FIELDS * sizeof *fields);
    char *list = keep(r, cell->text, cell->len), *next;
    size_t count = 0;

    if (fields == NULL || list == NULL) {
        r->no_memory = true;
        return;
    }
    for (; list != NULL && list[0] != '\0'; list = next) {
        next = strchr(list, ',');
        if (next != NULL)
            *next++ = '\0';
        if (!is_field(list) || count == GV_UNIT_MAX_FIELDS) {
            gv_problem_add(r->problems, r->path, cell->at,
                           "lĩnh vực «%.100s» phải là chữ in hoa không dấu, số, dấu nối; tối đa %d "
                           "lĩnh vực, cách nhau bằng dấu phẩy",
                           "the field \"%.100s\" must be A-Z, digits and hyphens; at most %d, with "
                           "commas between",
                           list, GV_UNIT_MAX_FIELDS);
            break;
        }
        fields[count++] = list;
    }
    out->fields = fields;
    out->field_count = count;
}

static void check_code(struct reader *r, const struct cell *cell, const char *code)
{
    const struct gv_units so_far = {r->units, r->count};
    gv_code checked;

    if (cell->len == 0)
        return;
    if (gv_code_from_str(code, &checked) != GV_OK)
        gv_problem_add(r->problems, r->path, cell->at,
                       "mã «%.100s» phải là chữ không dấu, số, dấu chấm, gạch; tối đa %d ký tự",
                       "the code \"%.100s\" must be letters, digits, '.', '_', '-'; at most %d",
                       code, GV_CODE_MAX);
    else if (gv_units_find(&so_far, code) != SIZE_MAX)
        gv_problem_add(r->problems, r->path, cell->at, "mã «%s» dùng hai lần; hãy đổi mã",
                       "the code \"%s\" stands twice; change it", code);
}

static bool read_body(struct reader *r, const struct cell *cells, const char *group)
{
    const struct cell *cell;

    if (r->place_of[C_BODY] == SIZE_MAX)
        return strcmp(group, "copy") == 0;
    cell = &cells[r->place_of[C_BODY]];
    if (!cell_is(cell, "yes") && !cell_is(cell, "no"))
        gv_problem_add(r->problems, r->path, cell->at, "cột «body» phải là yes hoặc no",
                       "the column \"body\" must be yes or no");
    return cell_is(cell, "yes");
}

static void read_unit(struct reader *r, const struct cell *cells, size_t count, uint32_t line)
{
    struct gv_unit_info unit = {0};

    if (count != r->columns) {
        gv_problem_add(r->problems, r->path, (struct gv_mark){line, 1},
                       "dòng có %zu cột, tiêu đề có %zu; hãy xem lại các dấu tab",
                       "the line has %zu columns, the heading %zu; look at the tabs", count,
                       r->columns);
        return;
    }
    unit.code = required(r, &cells[r->place_of[C_CODE]], C_CODE);
    unit.name_vi = required(r, &cells[r->place_of[C_NAME_VI]], C_NAME_VI);
    unit.name_en = required(r, &cells[r->place_of[C_NAME_EN]], C_NAME_EN);
    unit.group = required(r, &cells[r->place_of[C_GROUP]], C_GROUP);
    read_fields(r, &cells[r->place_of[C_FIELDS]], &unit);
    if (r->no_memory)
        return;
    check_code(r, &cells[r->place_of[C_CODE]], unit.code);
    unit.body = read_body(r, cells, unit.group);
    r->units[r->count++] = unit;
}

static void read_lines(struct reader *r, const char *text, size_t len)
{
    struct cell cells[COLUMNS_MAX];
    uint32_t number = 0;
    size_t at = 0;
    bool heading = false;

    while (at < len && !r->no_memory) {
        const char *nl = memchr(text + at, '\n', len - at);
        size_t stop = nl != NULL ? (size_t)(nl - text) : len, end = stop, count;

        number++;
        if (end > at && text[end - 1] == '\r')
            end--;
        if (end > at) {
            count = cut_line(text + at, end - at, number, cells);
            if (!heading && !read_heading(r, cells, count, number))
                return;
            if (!heading)
                heading = true;
            else if (r->count == GV_UNITS_MAX)
                gv_problem_add(r->problems, r->path, (struct gv_mark){number, 1}, "quá %d đơn vị",
                               "more than %d units", GV_UNITS_MAX);
            else
                read_unit(r, cells, count, number);
        }
        at = stop + 1;
    }
    if (!heading && !r->no_memory)
        gv_problem_add(r->problems, r->path, (struct gv_mark){0, 0}, "tệp không có dòng nào",
                       "the file is empty");
}

static size_t count_lines(const char *text, size_t len)
{
    size_t lines = 1;

    for (size_t i = 0; i < len; i++)
        lines += text[i] == '\n';
    return lines < GV_UNITS_MAX ? lines : GV_UNITS_MAX;
}

gv_err gv_units_read(const char *path, struct gv_slice text, gv_arena *arena, struct gv_units *out,
                     struct gv_problems *problems)
{
    struct reader r = {.path = path, .arena = arena, .problems = problems};
    size_t before = problems->count + problems->dropped, bad_at, skip;
    const char *s = text.len > 0 ? (const char *)text.data : "";
    struct gv_buf nfc;
    gv_err err;

    if (text.len > GV_UNITS_MAX_BYTES) {
        gv_problem_add(problems, path, (struct gv_mark){0, 0}, "tệp lớn quá %zu byte",
                       "the file is larger than %zu bytes", GV_UNITS_MAX_BYTES);
        return GV_EBADMSG;
    }
    skip = gv_place_start(s, text.len).offset;
    if (!gv_text_valid(s, text.len, &bad_at)) {
        struct gv_place bad = gv_place_of(s, text.len, gv_place_start(s, text.len), bad_at);

        gv_problem_add(problems, path, (struct gv_mark){bad.line, bad.column},
                       "byte không phải UTF-8, hoặc NUL; hãy chuyển tệp sang UTF-8",
                       "a byte that is not UTF-8, or NUL; convert the file to UTF-8");
        return GV_EBADMSG;
    }
    gv_buf_init(&nfc);
    err = gv_text_nfc(s + skip, text.len - skip, &nfc);
    if (err == GV_OK) {
        r.units = gv_arena_alloc(arena, count_lines((char *)nfc.data, nfc.len) * sizeof *r.units);
        r.no_memory = r.units == NULL || !gv_buf_ok(&nfc);
        read_lines(&r, (char *)nfc.data, nfc.len);
    }
    gv_buf_fini(&nfc);
    if (err != GV_OK || r.no_memory)
        return err != GV_OK ? err : GV_ENOMEM;
    if (problems->count + problems->dropped > before)
        return GV_EBADMSG;
    *out = (struct gv_units){r.units, r.count};
    return GV_OK;
}

size_t gv_units_find(const struct gv_units *units, const char *code)
{
    for (size_t i = 0; i < units->count; i++) {
        if (strcmp(units->all[i].code, code) == 0)
            return i;
    }
    return SIZE_MAX;
}
