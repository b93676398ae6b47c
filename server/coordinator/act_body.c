/* act_body.c - a member acts for a body that has no agent: the same entries, decided by the same
 * rules. */
#include <string.h>

#include "coordinator/acts.h"
#include "coordinator/entry.h"
#include "wire/message.h"

static bool is_member_of(const struct gv_signed_act *a, const char *body)
{
    const Giaoviec__V1__PersonInfo *person = a->signers[0];

    for (size_t i = 0; i < person->n_bodies; i++) {
        if (strcmp(person->bodies[i], body) == 0)
            return true;
    }
    return false;
}

static gv_err lock_row(struct act *act, const char *code, const struct entry *entry,
                       struct gv_assignment_row **row)
{
    struct gv_unit_ref ref = {0};
    struct gv_assignment_key key;
    struct gv_assignment_row *rows;
    size_t count = 0;
    gv_err err = gv_store_units_resolve(act->store, &code, 1, &ref);

    if (err == GV_OK && (ref.unit_id == 0 || !ref.body)) {
        act->text = "not a body of persons";
        err = GV_ENOTFOUND;
    }
    if (err == GV_OK)
        err = gv_store_units_lock(act->store, act->arena, &ref.unit_id, 1, GV_LOCK_WAIT,
                                  &act->units, &act->unit_count);
    key = (struct gv_assignment_key){ref.unit_id, entry->report.assignment};
    if (err == GV_OK)
        err = gv_store_assignments_lock(act->store, act->arena, &key, 1, &rows, &count);
    if (err != GV_OK)
        return err;
    *row = gv_assignment_row_find(rows, count, ref.unit_id, &entry->report.assignment);
    if (*row == NULL)
        return GV_ENOTFOUND;
    changes_row(&act->changes, *row);
    return GV_OK;
}

gv_err act_body_entry(struct act *act)
{
    const Giaoviec__V1__BodyEntry *body = (const Giaoviec__V1__BodyEntry *)act->signed_act->body;
    struct gv_event event = act_event(act, GV_EVENT_REPORT);
    struct gv_assignment_row *row = NULL;
    const struct task *task;
    struct tasks *cache = NULL;
    struct entry entry;
    gv_err err;

    if (!is_member_of(act->signed_act, body->unit)) {
        act->text = "the signer does not act for this body";
        return GV_EDENIED;
    }
    entry_read((struct gv_slice){body->entry.data, body->entry.len}, act->arena, &entry);
    if (entry.err != GV_OK)
        return entry.err;
    err = lock_row(act, body->unit, &entry, &row);
    if (err == GV_OK)
        err = tasks_new(&cache);
    if (err == GV_OK)
        err = tasks_get(cache, act->store, row->task_id, &task);
    if (err == GV_OK) {
        event.unit_id = row->unit_id;
        entry_decide(&entry, row, task, act->business_us, act->arena, &event);
        err = event.error;
        act->text = event.text;
    }
    if (err == GV_OK) {
        changes_event(&act->changes, &event);
        act_result(act, &entry.report.assignment, body->unit, row->a.epoch, GV_OK, NULL);
    }
    tasks_free(cache);
    return err;
}
