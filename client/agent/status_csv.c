/*
 * status_csv.c - the CSV form: a line "task,field,key,value" a fact, for units whose systems write
 * spreadsheets. RFC 4180, comma or semicolon (as the first line has it). Every refusal names its
 * line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/status_part.h"
#include "base/clock.h"

enum column { TASK, FIELD, KEY, VALUE, COLUMN_COUNT };

struct cell {
    char *s; /* NUL-terminated, in the arena */
    size_t len;
};

struct csv {
    struct status_reader *r;
    const char *at;
    const char *end;
    char separator;
    unsigned next_line;
    struct cell row[COLUMN_COUNT];
    struct gv_status *out;
    struct gv_status_task *task; /* of the row; NULL where its first cell is empty */
    bool unit_seen;
};

/* ---- rows ---- */

static bool at_line_end(const struct csv *csv)
{
    return csv->at == csv->end || *csv->at == '\n' ||
           (*csv->at == '\r' && (csv->at + 1 == csv->end || csv->at[1] == '\n'));
}

static gv_err read_quoted(struct csv *csv, char *out, size_t *len)
{
    size_t n = 0;

    csv->at++;
    for (;;) {
        if (csv->at == csv->end)
            return status_fail(csv->r, "%s",
                               gv_tr("dấu ngoặc kép không đóng", "a quotation mark is not closed"));
        if (*csv->at == '"') {
            csv->at++;
            if (csv->at == csv->end || *csv->at != '"')
                break;
        }
        csv->next_line += *csv->at == '\n';
        out[n++] = *csv->at++;
    }
    *len = n;
    if (!at_line_end(csv) && *csv->at != csv->separator)
        return status_fail(
            csv->r, "%s",
            gv_tr("có chữ sau dấu ngoặc kép đóng", "text after a closing quotation mark"));
    return GV_OK;
}

static gv_err read_plain(struct csv *csv, char *out, size_t *len)
{
    size_t n = 0;

    while (!at_line_end(csv) && *csv->at != csv->separator) {
        if (*csv->at == '"')
            return status_fail(csv->r, "%s",
                               gv_tr("dấu ngoặc kép ở giữa ô", "a quotation mark inside a cell"));
        out[n++] = *csv->at++;
    }
    *len = n;
    return GV_OK;
}

/* The longest that the cell can be: up to the separator or line end, quoted ones up to the end of
 * their text. */
static size_t cell_bound(const struct csv *csv)
{
    const char *s = csv->at;

    if (s < csv->end && *s == '"') {
        for (s++; s < csv->end && (*s != '"' || (s + 1 < csv->end && s[1] == '"')); s++)
            s += *s == '"';
        return (size_t)(s - csv->at);
    }
    while (s < csv->end && *s != '\n' && *s != csv->separator)
        s++;
    return (size_t)(s - csv->at);
}

static gv_err read_cell(struct csv *csv, struct cell *cell)
{
    char *text = gv_arena_alloc(csv->r->arena, cell_bound(csv) + 1);
    gv_err err;

    if (text == NULL)
        return GV_ENOMEM;
    err = csv->at < csv->end && *csv->at == '"' ? read_quoted(csv, text, &cell->len)
                                                : read_plain(csv, text, &cell->len);
    text[err == GV_OK ? cell->len : 0] = '\0';
    cell->s = text;
    return err;
}

/* GV_ENOTFOUND: no further row. Missing cells at the end of a row are empty. */
static gv_err read_row(struct csv *csv)
{
    static char empty[1];
    size_t n = 0;

    while (csv->at < csv->end && (*csv->at == '\n' || *csv->at == '\r')) {
        csv->next_line += *csv->at == '\n';
        csv->at++;
    }
    if (csv->at == csv->end)
        return GV_ENOTFOUND;
    csv->r->fault->line = csv->next_line;
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        csv->row[i] = (struct cell){empty, 0};
    for (;;) {
        gv_err err;

        if (n == COLUMN_COUNT)
            return status_fail(csv->r, "%s", gv_tr("nhiều hơn 4 cột", "more than 4 columns"));
        err = read_cell(csv, &csv->row[n++]);
        if (err != GV_OK)
            return err;
        if (at_line_end(csv))
            return GV_OK;
        csv->at++; /* the separator */
    }
}

static gv_err read_header(struct csv *csv)
{
    static const char *const names[COLUMN_COUNT] = {"task", "field", "key", "value"};
    gv_err err;

    csv->separator = csv->end - csv->at > 4 && csv->at[4] == ';' ? ';' : ',';
    err = read_row(csv);
    if (err == GV_EBADMSG || err == GV_ENOMEM)
        return err;
    csv->r->fault->line = csv->r->fault->line > 0 ? csv->r->fault->line : 1;
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (err != GV_OK || strcmp(csv->row[i].s, names[i]) != 0)
            return status_fail(csv->r, "%s",
                               gv_tr("dòng đầu phải là: task,field,key,value",
                                     "the first line must be: task,field,key,value"));
    }
    return GV_OK;
}

/* ---- fields ---- */

static gv_err need_no_key(struct csv *csv)
{
    if (csv->row[KEY].len == 0)
        return GV_OK;
    return status_fail(csv->r, "%s", gv_tr("cột key phải để trống", "column key must be empty"));
}

static gv_err cell_text(struct csv *csv, enum column column, size_t max, bool lines,
                        const char **out)
{
    if (*out != NULL)
        return status_fail(csv->r, "%s", gv_tr("đã có ở trên", "named before"));
    return status_text(csv->r, csv->row[column].s, csv->row[column].len, max, lines, out);
}

static gv_err line_unit(struct csv *csv)
{
    csv->unit_seen = true;
    return status_unit(csv->r, csv->row[VALUE].s, &csv->out->unit);
}

static gv_err line_as_of(struct csv *csv)
{
    csv->out->has_as_of = true;
    return status_day(csv->r, csv->row[VALUE].s, &csv->out->as_of);
}

static gv_err line_person(struct csv *csv)
{
    return cell_text(csv, VALUE, STATUS_PERSON_MAX, false, &csv->out->person);
}

static gv_err line_accept(struct csv *csv)
{
    if (strcmp(csv->row[VALUE].s, "true") != 0)
        return status_fail(csv->r, "%s",
                           gv_tr("chỉ có thể là true; muốn trả lại thì dùng return",
                                 "can only be true; to give it back, use return"));
    csv->task->accept = true;
    return GV_OK;
}

static gv_err line_return(struct csv *csv)
{
    return cell_text(csv, VALUE, STATUS_REASON_MAX, true, &csv->task->return_reason);
}

static gv_err line_progress(struct csv *csv)
{
    const char *s = csv->row[VALUE].s;
    char *end;
    long value = strtol(s, &end, 10);

    if (s[0] < '0' || s[0] > '9' || *end != '\0')
        return status_fail(
            csv->r, "%s",
            gv_tr("phải là số nguyên từ 0 đến 100", "must be a whole number from 0 to 100"));
    return status_percent(csv->r, value, &csv->task->progress);
}

static gv_err line_narrative(struct csv *csv)
{
    return cell_text(csv, VALUE, STATUS_NARRATIVE_MAX, true, &csv->task->narrative);
}

static gv_err add_value(struct csv *csv, struct gv_status_values *values)
{
    struct gv_status_value *one;
    const struct cell *cell = &csv->row[VALUE];
    gv_err err;

    one = status_grow(csv->r, values->list, &values->count, sizeof *one, GV_STATUS_VALUES_MAX,
                      (void **)&values->list);
    if (one == NULL)
        return GV_EBADMSG;
    err =
        status_text(csv->r, csv->row[KEY].s, csv->row[KEY].len, STATUS_CODE_MAX, false, &one->code);
    if (err != GV_OK)
        return err;
    for (size_t i = 0; i + 1 < values->count; i++) {
        if (strcmp(values->list[i].code, one->code) == 0)
            return status_fail(csv->r, "%s", gv_tr("đã có ở trên", "named before"));
    }
    if (cell->len == 0 || strcmp(cell->s, "null") == 0)
        return GV_OK; /* cannot be assessed yet */
    return status_decimal(csv->r, cell->s, cell->len, &one->value);
}

static gv_err line_value(struct csv *csv)
{
    return add_value(csv, &csv->task->values);
}

static gv_err line_period(struct csv *csv)
{
    struct gv_status_task *task = csv->task;
    int32_t *day = status_grow(csv->r, task->periods, &task->period_count, sizeof *day,
                               GV_STATUS_PERIODS_MAX, (void **)&task->periods);

    if (day == NULL)
        return GV_EBADMSG;
    return status_day(csv->r, csv->row[KEY].s, day);
}

static gv_err line_submit(struct csv *csv)
{
    csv->task->submit = true;
    if (csv->row[VALUE].len == 0)
        return GV_OK;
    return cell_text(csv, VALUE, STATUS_NARRATIVE_MAX, true, &csv->task->submit_narrative);
}

static gv_err line_submit_value(struct csv *csv)
{
    csv->task->submit = true;
    return add_value(csv, &csv->task->submit_values);
}

/* The attestation of the row's key; NULL after status_fail(). The line "attest" comes before those
 * that go with it. */
static struct gv_status_attest *find_attest(struct csv *csv, bool make)
{
    struct gv_status_task *task = csv->task;
    const char *s = csv->row[KEY].s;
    struct gv_status_attest *attest = NULL;
    char *end;
    long clause = strtol(s, &end, 10);

    if (s[0] < '0' || s[0] > '9' || *end != '\0' || clause >= GV_STATUS_CLAUSES_MAX) {
        status_fail(csv->r, "%s",
                    gv_tr("cột key phải là số thứ tự của điều phải chấp hành, từ 0",
                          "column key must be a clause's number, from 0"));
        return NULL;
    }
    for (size_t i = 0; i < task->attest_count && attest == NULL; i++) {
        if (task->attests[i].clause == (uint32_t)clause)
            attest = &task->attests[i];
    }
    if (make == (attest != NULL)) {
        status_fail(csv->r, "%s",
                    make ? gv_tr("đã có ở trên", "named before")
                         : gv_tr("phải có dòng attest của điều này ở trên",
                                 "a line attest of this clause must stand above"));
        return NULL;
    }
    if (!make)
        return attest;
    attest = status_grow(csv->r, task->attests, &task->attest_count, sizeof *attest,
                         GV_STATUS_CLAUSES_MAX, (void **)&task->attests);
    if (attest != NULL)
        attest->clause = (uint32_t)clause;
    return attest;
}

static gv_err line_attest(struct csv *csv)
{
    struct gv_status_attest *attest;
    bool yes = strcmp(csv->row[VALUE].s, "true") == 0;

    if (!yes && strcmp(csv->row[VALUE].s, "false") != 0)
        return status_fail(csv->r, "%s", gv_tr("phải là true hoặc false", "must be true or false"));
    attest = find_attest(csv, true);
    if (attest == NULL)
        return GV_EBADMSG;
    attest->compliant = yes;
    return GV_OK;
}

static gv_err line_attest_person(struct csv *csv)
{
    struct gv_status_attest *attest = find_attest(csv, false);

    return attest == NULL ? GV_EBADMSG
                          : cell_text(csv, VALUE, STATUS_PERSON_MAX, false, &attest->person);
}

/* "2024-02-05 text" or "text". */
static gv_err add_note(struct csv *csv, struct gv_status_notes *notes)
{
    const char *text = csv->row[VALUE].s;
    size_t len = csv->row[VALUE].len;
    struct gv_status_note *note = status_grow(csv->r, notes->list, &notes->count, sizeof *note,
                                              GV_STATUS_NOTES_MAX, (void **)&notes->list);

    if (note == NULL)
        return GV_EBADMSG;
    if (len > 11 && text[10] == ' ') {
        char day[11];

        memcpy(day, text, 10);
        day[10] = '\0';
        note->has_day = gv_day_parse(day, &note->day) == GV_OK && note->day >= 0;
        text += note->has_day ? 11 : 0;
        len -= note->has_day ? 11 : 0;
    }
    return status_text(csv->r, text, len, STATUS_NOTE_MAX, true, &note->text);
}

static gv_err line_exception(struct csv *csv)
{
    struct gv_status_attest *attest = find_attest(csv, false);

    return attest == NULL ? GV_EBADMSG : add_note(csv, &attest->exceptions);
}

static gv_err line_permit(struct csv *csv)
{
    struct gv_status_attest *attest = find_attest(csv, false);

    return attest == NULL ? GV_EBADMSG : add_note(csv, &attest->permits);
}

static gv_err line_breach(struct csv *csv)
{
    struct gv_status_attest *attest = find_attest(csv, false);

    if (attest != NULL && attest->compliant)
        return status_fail(
            csv->r, "%s",
            gv_tr("đã ghi chấp hành thì không thể có vi phạm", "whoever complied has no breaches"));
    return attest == NULL ? GV_EBADMSG : add_note(csv, &attest->breaches);
}

static const struct csv_field {
    const char *name;
    bool of_task; /* else of the document: the task column is empty */
    bool has_key;
    gv_err (*read)(struct csv *csv);
} csv_fields[] = {
    {"unit", false, false, line_unit},
    {"as_of", false, false, line_as_of},
    {"person", false, false, line_person},
    {"accept", true, false, line_accept},
    {"return", true, false, line_return},
    {"progress", true, false, line_progress},
    {"narrative", true, false, line_narrative},
    {"value", true, true, line_value},
    {"period", true, true, line_period},
    {"submit", true, false, line_submit},
    {"submit.value", true, true, line_submit_value},
    {"attest", true, true, line_attest},
    {"attest.person", true, true, line_attest_person},
    {"attest.exception", true, true, line_exception},
    {"attest.permit", true, true, line_permit},
    {"attest.breach", true, true, line_breach},
};

static gv_err find_task(struct csv *csv)
{
    struct gv_status *out = csv->out;
    const struct cell *cell = &csv->row[TASK];
    const char *name;
    gv_err err;

    if (csv->task != NULL && strcmp(csv->task->task, cell->s) == 0)
        return GV_OK;
    err = status_task_name(csv->r, cell->s, cell->len, &name);
    if (err != GV_OK)
        return err;
    for (size_t i = 0; i < out->task_count; i++) {
        if (strcmp(out->tasks[i].task, name) == 0) {
            csv->task = &out->tasks[i];
            return GV_OK;
        }
    }
    csv->task = status_grow(csv->r, out->tasks, &out->task_count, sizeof *csv->task,
                            GV_STATUS_TASKS_MAX, (void **)&out->tasks);
    if (csv->task == NULL)
        return GV_EBADMSG;
    csv->task->progress = -1;
    csv->task->task = name;
    return GV_OK;
}

static gv_err read_line(struct csv *csv)
{
    const struct csv_field *field = NULL;
    gv_err err;

    for (size_t i = 0; i < sizeof csv_fields / sizeof csv_fields[0] && field == NULL; i++) {
        if (strcmp(csv_fields[i].name, csv->row[FIELD].s) == 0)
            field = &csv_fields[i];
    }
    if (field == NULL)
        return status_fail(csv->r, gv_tr("không có trường «%.40s»", "no such field: \"%.40s\""),
                           csv->row[FIELD].s);
    if (!field->of_task && csv->row[TASK].len > 0)
        return status_fail(csv->r, "%s",
                           gv_tr("cột task phải để trống ở trường này",
                                 "column task must be empty for this field"));
    if (field->of_task) {
        err = find_task(csv);
        if (err != GV_OK)
            return err;
    }
    err = field->has_key ? GV_OK : need_no_key(csv);
    if (err != GV_OK)
        return err;
    csv->r->task = field->of_task ? csv->task : NULL;
    err = field->read(csv);
    csv->r->task = NULL;
    return err;
}

gv_err status_read_csv(struct status_reader *r, const char *text, size_t len, struct gv_status *out)
{
    struct csv csv = {.r = r, .at = text, .end = text + len, .next_line = 1, .out = out};
    gv_err err = read_header(&csv);

    if (err != GV_OK)
        return err;
    while ((err = read_row(&csv)) == GV_OK) {
        err = read_line(&csv);
        if (err != GV_OK)
            return err;
    }
    if (err != GV_ENOTFOUND)
        return err;
    if (!csv.unit_seen) {
        r->fault->line = 1;
        return status_fail(r, "%s",
                           gv_tr("thiếu dòng ,unit,,MÃ-ĐƠN-VỊ", "the line ,unit,,CODE is missing"));
    }
    return GV_OK;
}
