/*
 * status_json.c - the JSON form. Each object is read by a table of its fields; a field that the
 * table does not have is refused. The pointer of what is being read is kept, so that every refusal
 * can name its place.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "agent/status_part.h"

struct field {
    const char *name;
    bool required;
    gv_err (*read)(struct status_reader *r, json_t *value, void *target);
};

static size_t pointer_push(struct status_reader *r, const char *key)
{
    size_t before = strlen(r->fault->pointer);
    size_t n = before;

    if (n + 2 < sizeof r->fault->pointer)
        r->fault->pointer[n++] = '/';
    for (; *key != '\0' && n + 3 < sizeof r->fault->pointer; key++) {
        if (*key == '~' || *key == '/') {
            r->fault->pointer[n++] = '~';
            r->fault->pointer[n++] = *key == '~' ? '0' : '1';
        } else {
            r->fault->pointer[n++] = *key;
        }
    }
    r->fault->pointer[n] = '\0';
    return before;
}

static size_t pointer_push_index(struct status_reader *r, size_t index)
{
    char key[24];

    snprintf(key, sizeof key, "%zu", index);
    return pointer_push(r, key);
}

/* Only after success: a failure leaves the pointer at its place. */
static void pointer_pop(struct status_reader *r, size_t before)
{
    r->fault->pointer[before] = '\0';
}

static gv_err want(struct status_reader *r, const char *vi, const char *en)
{
    return status_fail(r, gv_tr("phải là %s", "must be %s"), gv_tr(vi, en));
}

static gv_err read_object(struct status_reader *r, json_t *json, const struct field *fields,
                          void *target)
{
    const char *key;
    json_t *value;

    if (!json_is_object(json))
        return want(r, "một đối tượng JSON", "a JSON object");
    json_object_foreach(json, key, value)
    {
        const struct field *field = fields;
        size_t before = pointer_push(r, key);
        gv_err err;

        while (field->name != NULL && strcmp(field->name, key) != 0)
            field++;
        if (field->name == NULL)
            return status_fail(r, "%s", gv_tr("trường không có trong định dạng", "no such field"));
        err = field->read(r, value, target);
        if (err != GV_OK)
            return err;
        pointer_pop(r, before);
    }
    for (const struct field *field = fields; field->name != NULL; field++) {
        if (field->required && json_object_get(json, field->name) == NULL) {
            pointer_push(r, field->name);
            return status_fail(r, "%s", gv_tr("thiếu", "missing"));
        }
    }
    return GV_OK;
}

static gv_err read_text(struct status_reader *r, json_t *value, size_t max, bool lines,
                        const char **out)
{
    if (!json_is_string(value))
        return want(r, "một chuỗi ký tự", "a string");
    return status_text(r, json_string_value(value), json_string_length(value), max, lines, out);
}

static gv_err read_day(struct status_reader *r, json_t *value, int32_t *out)
{
    if (!json_is_string(value))
        return want(r, "một ngày dạng \"2024-02-08\"", "a day like \"2024-02-08\"");
    return status_day(r, json_string_value(value), out);
}

/* An object of code: decimal or null. A whole number may stand without quotes; a fraction may not,
 * because it would go through floating point. */
static gv_err read_values(struct status_reader *r, json_t *json, struct gv_status_values *out)
{
    const char *code;
    json_t *value;

    if (!json_is_object(json))
        return want(r, "một đối tượng {\"MÃ\": \"số\"}", "an object {\"CODE\": \"number\"}");
    json_object_foreach(json, code, value)
    {
        size_t before = pointer_push(r, code);
        struct gv_status_value *one;
        char whole[24];
        gv_err err;

        one = status_grow(r, out->list, &out->count, sizeof *one, GV_STATUS_VALUES_MAX,
                          (void **)&out->list);
        if (one == NULL)
            return GV_EBADMSG;
        err = status_text(r, code, strlen(code), STATUS_CODE_MAX, false, &one->code);
        if (err != GV_OK)
            return err;
        for (size_t i = 0; i + 1 < out->count; i++) { /* the same only after NFC */
            if (strcmp(out->list[i].code, one->code) == 0)
                return status_fail(r, "%s", gv_tr("đã có ở trên", "named before"));
        }
        if (json_is_string(value)) {
            err =
                status_decimal(r, json_string_value(value), json_string_length(value), &one->value);
        } else if (json_is_integer(value)) {
            snprintf(whole, sizeof whole, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
            err = status_decimal(r, whole, strlen(whole), &one->value);
        } else if (!json_is_null(value)) {
            err = want(r, "số thập phân trong ngoặc kép (\"12.5\"), hoặc null",
                       "a decimal number in quotes (\"12.5\"), or null");
        }
        if (err != GV_OK)
            return err;
        pointer_pop(r, before);
    }
    return GV_OK;
}

/* ---- notes: exceptions, permits, breaches ---- */

static gv_err note_text(struct status_reader *r, json_t *value, void *target)
{
    return read_text(r, value, STATUS_NOTE_MAX, true, &((struct gv_status_note *)target)->text);
}

static gv_err note_day(struct status_reader *r, json_t *value, void *target)
{
    struct gv_status_note *note = target;

    note->has_day = true;
    return read_day(r, value, &note->day);
}

static const struct field note_fields[] = {
    {"text", true, note_text},
    {"day", false, note_day},
    {0},
};

static gv_err read_notes(struct status_reader *r, json_t *json, struct gv_status_notes *out)
{
    if (!json_is_array(json))
        return want(r, "một danh sách", "an array");
    for (size_t i = 0; i < json_array_size(json); i++) {
        size_t before = pointer_push_index(r, i);
        struct gv_status_note *note;
        gv_err err;

        note = status_grow(r, out->list, &out->count, sizeof *note, GV_STATUS_NOTES_MAX,
                           (void **)&out->list);
        if (note == NULL)
            return GV_EBADMSG;
        err = read_object(r, json_array_get(json, i), note_fields, note);
        if (err != GV_OK)
            return err;
        pointer_pop(r, before);
    }
    return GV_OK;
}

/* ---- attestations ---- */

static gv_err attest_clause(struct status_reader *r, json_t *value, void *target)
{
    json_int_t n = json_is_integer(value) ? json_integer_value(value) : -1;

    if (n < 0 || n >= GV_STATUS_CLAUSES_MAX)
        return want(r, "số thứ tự của điều phải chấp hành, từ 0", "a clause's number, from 0");
    ((struct gv_status_attest *)target)->clause = (uint32_t)n;
    return GV_OK;
}

static gv_err attest_person(struct status_reader *r, json_t *value, void *target)
{
    return read_text(r, value, STATUS_PERSON_MAX, false,
                     &((struct gv_status_attest *)target)->person);
}

static gv_err attest_compliant(struct status_reader *r, json_t *value, void *target)
{
    if (!json_is_boolean(value))
        return want(r, "true hoặc false", "true or false");
    ((struct gv_status_attest *)target)->compliant = json_is_true(value);
    return GV_OK;
}

static gv_err attest_exceptions(struct status_reader *r, json_t *value, void *target)
{
    return read_notes(r, value, &((struct gv_status_attest *)target)->exceptions);
}

static gv_err attest_permits(struct status_reader *r, json_t *value, void *target)
{
    return read_notes(r, value, &((struct gv_status_attest *)target)->permits);
}

static gv_err attest_breaches(struct status_reader *r, json_t *value, void *target)
{
    return read_notes(r, value, &((struct gv_status_attest *)target)->breaches);
}

static const struct field attest_fields[] = {
    {"clause", true, attest_clause},
    {"person", false, attest_person},
    {"compliant", true, attest_compliant},
    {"exceptions", false, attest_exceptions},
    {"permits", false, attest_permits},
    {"breaches", false, attest_breaches},
    {0},
};

/* ---- a task ---- */

static gv_err task_name(struct status_reader *r, json_t *value, void *target)
{
    if (!json_is_string(value))
        return want(r, "số của nhiệm vụ, dạng \"2.2\"", "a task's number like \"2.2\"");
    return status_task_name(r, json_string_value(value), json_string_length(value),
                            &((struct gv_status_task *)target)->task);
}

static gv_err task_assignment(struct status_reader *r, json_t *value, void *target)
{
    struct gv_status_task *task = target;

    if (!json_is_string(value) || json_string_length(value) != 32 ||
        gv_unhex(json_string_value(value), task->assignment.b, 16) != GV_OK)
        return want(r, "mã lượt giao gồm 32 chữ số hệ 16",
                    "an assignment's id, 32 hexadecimal digits");
    task->has_assignment = true;
    return GV_OK;
}

static gv_err task_accept(struct status_reader *r, json_t *value, void *target)
{
    if (!json_is_true(value))
        return status_fail(r, "%s",
                           gv_tr("chỉ có thể là true; muốn trả lại thì dùng \"return\"",
                                 "can only be true; to give it back, use \"return\""));
    ((struct gv_status_task *)target)->accept = true;
    return GV_OK;
}

static gv_err task_return(struct status_reader *r, json_t *value, void *target)
{
    return read_text(r, value, STATUS_REASON_MAX, true,
                     &((struct gv_status_task *)target)->return_reason);
}

static gv_err task_progress(struct status_reader *r, json_t *value, void *target)
{
    if (!json_is_integer(value))
        return want(r, "số nguyên từ 0 đến 100", "a whole number from 0 to 100");
    return status_percent(r, json_integer_value(value),
                          &((struct gv_status_task *)target)->progress);
}

static gv_err task_narrative(struct status_reader *r, json_t *value, void *target)
{
    return read_text(r, value, STATUS_NARRATIVE_MAX, true,
                     &((struct gv_status_task *)target)->narrative);
}

static gv_err task_values(struct status_reader *r, json_t *value, void *target)
{
    return read_values(r, value, &((struct gv_status_task *)target)->values);
}

static gv_err task_periods(struct status_reader *r, json_t *json, void *target)
{
    struct gv_status_task *task = target;

    if (!json_is_array(json))
        return want(r, "một danh sách ngày", "an array of days");
    for (size_t i = 0; i < json_array_size(json); i++) {
        size_t before = pointer_push_index(r, i);
        int32_t *day;
        gv_err err;

        day = status_grow(r, task->periods, &task->period_count, sizeof *day, GV_STATUS_PERIODS_MAX,
                          (void **)&task->periods);
        if (day == NULL)
            return GV_EBADMSG;
        err = read_day(r, json_array_get(json, i), day);
        if (err != GV_OK)
            return err;
        pointer_pop(r, before);
    }
    return GV_OK;
}

static gv_err task_attest(struct status_reader *r, json_t *json, void *target)
{
    struct gv_status_task *task = target;

    if (!json_is_array(json))
        return want(r, "một danh sách", "an array");
    for (size_t i = 0; i < json_array_size(json); i++) {
        size_t before = pointer_push_index(r, i);
        struct gv_status_attest *attest;
        gv_err err;

        attest = status_grow(r, task->attests, &task->attest_count, sizeof *attest,
                             GV_STATUS_CLAUSES_MAX, (void **)&task->attests);
        if (attest == NULL)
            return GV_EBADMSG;
        err = read_object(r, json_array_get(json, i), attest_fields, attest);
        if (err != GV_OK)
            return err;
        if (attest->compliant && attest->breaches.count > 0) {
            pointer_push(r, "breaches");
            return status_fail(r, "%s",
                               gv_tr("đã ghi chấp hành thì không thể có vi phạm",
                                     "whoever complied has no breaches"));
        }
        for (size_t k = 0; k < i; k++) {
            if (task->attests[k].clause == attest->clause) {
                pointer_push(r, "clause");
                return status_fail(r, "%s", gv_tr("đã có ở trên", "named before"));
            }
        }
        pointer_pop(r, before);
    }
    return GV_OK;
}

static gv_err submit_narrative(struct status_reader *r, json_t *value, void *target)
{
    return read_text(r, value, STATUS_NARRATIVE_MAX, true,
                     &((struct gv_status_task *)target)->submit_narrative);
}

static gv_err submit_values(struct status_reader *r, json_t *value, void *target)
{
    return read_values(r, value, &((struct gv_status_task *)target)->submit_values);
}

static const struct field submit_fields[] = {
    {"narrative", false, submit_narrative},
    {"values", false, submit_values},
    {0},
};

static gv_err task_submit(struct status_reader *r, json_t *value, void *target)
{
    ((struct gv_status_task *)target)->submit = true;
    return read_object(r, value, submit_fields, target);
}

static const struct field task_fields[] = {
    {"task", true, task_name},
    {"assignment", false, task_assignment},
    {"accept", false, task_accept},
    {"return", false, task_return},
    {"progress", false, task_progress},
    {"narrative", false, task_narrative},
    {"values", false, task_values},
    {"periods", false, task_periods},
    {"attest", false, task_attest},
    {"submit", false, task_submit},
    {0},
};

/* ---- the document ---- */

static gv_err doc_unit(struct status_reader *r, json_t *value, void *target)
{
    if (!json_is_string(value))
        return want(r, "mã đơn vị", "a unit's code");
    return status_unit(r, json_string_value(value), &((struct gv_status *)target)->unit);
}

static gv_err doc_as_of(struct status_reader *r, json_t *value, void *target)
{
    struct gv_status *status = target;

    status->has_as_of = true;
    return read_day(r, value, &status->as_of);
}

static gv_err doc_person(struct status_reader *r, json_t *value, void *target)
{
    return read_text(r, value, STATUS_PERSON_MAX, false, &((struct gv_status *)target)->person);
}

static bool same_task(const struct gv_status_task *a, const struct gv_status_task *b)
{
    return strcmp(a->task, b->task) == 0 && a->has_assignment == b->has_assignment &&
           gv_id_eq(&a->assignment, &b->assignment);
}

static gv_err doc_tasks(struct status_reader *r, json_t *json, void *target)
{
    struct gv_status *status = target;

    if (!json_is_array(json))
        return want(r, "một danh sách", "an array");
    for (size_t i = 0; i < json_array_size(json); i++) {
        size_t before = pointer_push_index(r, i);
        struct gv_status_task *task;
        gv_err err;

        task = status_grow(r, status->tasks, &status->task_count, sizeof *task, GV_STATUS_TASKS_MAX,
                           (void **)&status->tasks);
        if (task == NULL)
            return GV_EBADMSG;
        task->progress = -1;
        r->task = task;
        err = read_object(r, json_array_get(json, i), task_fields, task);
        r->task = NULL;
        if (err != GV_OK)
            return err;
        for (size_t k = 0; k < i; k++) {
            if (same_task(&status->tasks[k], task)) {
                pointer_push(r, "task");
                return status_fail(r, "%s", gv_tr("đã có ở trên", "named before"));
            }
        }
        pointer_pop(r, before);
    }
    return GV_OK;
}

static const struct field document_fields[] = {
    {"unit", true, doc_unit},
    {"as_of", false, doc_as_of},
    {"person", false, doc_person},
    {"tasks", false, doc_tasks},
    {0},
};

/* The parser's own words are English alone. */
static const char *no_json_vi(const json_error_t *error)
{
    return json_error_code(error) == json_error_duplicate_key ? "một trường ghi hai lần"
                                                              : "không phải JSON";
}

gv_err status_read_json(struct status_reader *r, const char *text, size_t len,
                        struct gv_status *out)
{
    json_error_t error;
    json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    gv_err err;

    if (json == NULL) {
        r->fault->line = error.line > 0 ? (unsigned)error.line : 1;
        r->fault->column = error.column > 0 ? (unsigned)error.column : 1;
        return status_fail(r, "%s%s", gv_tr(no_json_vi(&error), "not JSON: "),
                           gv_tr("", error.text));
    }
    err = read_object(r, json, document_fields, out);
    json_decref(json);
    return err;
}
