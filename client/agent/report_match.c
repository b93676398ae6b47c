/*
 * report_match.c - which assignments a status document speaks of, and the reports that follow. What
 * is not allowed yet is not forgotten: it is looked at again with the next document or order.
 */
#include <string.h>

#include "agent/work_part.h"

static bool names_item(const struct gv_status_task *task, const struct gv_work_item *item)
{
    const char *hash = strrchr(task->task, '#');

    if (item->number == NULL || item->number[0] == '\0')
        return false;
    if (task->has_assignment && !gv_id_eq(&task->assignment, &item->id))
        return false;
    if (hash == NULL)
        return strcmp(task->task, item->number) == 0;
    return strcmp(hash + 1, item->number) == 0 &&
           strlen(item->notation) == (size_t)(hash - task->task) &&
           strncmp(task->task, item->notation, (size_t)(hash - task->task)) == 0;
}

static bool is_ambiguous(const struct gv_work *work, const struct gv_status_task *task)
{
    const struct gv_work_item *first = NULL;

    for (size_t i = 0; i < work->count; i++) {
        const struct gv_work_item *item = &work->items[i];

        if (!gv_work_is_open(item) || !names_item(task, item))
            continue;
        if (first != NULL && !gv_id_eq(&first->directive, &item->directive))
            return true;
        first = item;
    }
    return false;
}

/* The entry of the document for the item; the one that names the assignment comes first. */
static const struct gv_status_task *task_for(const struct gv_status *status,
                                             const struct gv_work_item *item, const bool *skip)
{
    const struct gv_status_task *found = NULL;

    for (size_t i = 0; i < status->task_count; i++) {
        const struct gv_status_task *task = &status->tasks[i];

        if ((skip != NULL && skip[i]) || !names_item(task, item))
            continue;
        if (task->has_assignment)
            return task;
        if (found == NULL)
            found = task;
    }
    return found;
}

/* Notes about entries that reach no open assignment; marks the ambiguous ones. */
static gv_err look_for_strays(struct gv_work *work, const struct gv_status *status, bool *skip,
                              struct gv_work_result *result)
{
    for (size_t i = 0; i < status->task_count; i++) {
        const struct gv_status_task *task = &status->tasks[i];
        bool any = false, open = false;
        gv_err err = GV_OK;

        skip[i] = is_ambiguous(work, task);
        for (size_t k = 0; k < work->count; k++) {
            if (names_item(task, &work->items[k])) {
                any = true;
                open |= gv_work_is_open(&work->items[k]);
            }
        }
        if (skip[i])
            err = report_stray(result, task->task, GV_WORK_AMBIGUOUS, "");
        else if (!open)
            err = report_stray(result, task->task, any ? GV_WORK_ENDED : GV_WORK_UNKNOWN_TASK, "");
        if (err != GV_OK)
            return err;
    }
    return GV_OK;
}

gv_err gv_work_document(struct gv_work *work, const struct gv_work_document *document,
                        const struct gv_work_now *now, struct gv_work_result *result)
{
    bool *skip = gv_arena_zalloc(result->arena, document->status->task_count + 1);
    gv_err err;

    if (skip == NULL)
        return GV_ENOMEM;
    err = look_for_strays(work, document->status, skip, result);
    for (size_t i = 0; i < work->count && err == GV_OK; i++) {
        struct maker m = {&work->items[i], document, NULL, now, result};

        if (!gv_work_is_open(m.item))
            continue;
        m.task = task_for(document->status, m.item, skip);
        if (m.task == NULL && !document->standing)
            continue;
        if (m.task != NULL && m.task->return_reason != NULL)
            err = report_return(&m);
        if (err == GV_OK)
            err = report_accept(&m);
        if (err == GV_OK)
            err = report_facts(&m);
    }
    return err;
}

/* What a standing document says about the item, when it is clear that it means it. */
static struct maker standing(const struct gv_work *work, struct gv_work_item *item,
                             const struct gv_work_document *document, const struct gv_work_now *now,
                             struct gv_work_result *result)
{
    struct maker m = {item, document, NULL, now, result};

    m.task = task_for(document->status, item, NULL);
    if (m.task != NULL && is_ambiguous(work, m.task))
        m.task = NULL;
    return m;
}

static gv_err look_again(const struct gv_work *work, struct gv_work_item *item,
                         const struct gv_work_document *documents, size_t count,
                         const struct gv_work_now *now, struct gv_work_result *result)
{
    struct maker alone = {item, NULL, NULL, now, result};
    gv_err err = GV_OK;

    for (size_t i = 0; i < count && err == GV_OK; i++) {
        struct maker m = standing(work, item, &documents[i], now, result);

        if (m.task != NULL && m.task->return_reason != NULL)
            err = report_return(&m);
    }
    for (size_t i = 0; i < count && err == GV_OK; i++) {
        struct maker m = standing(work, item, &documents[i], now, result);

        if (documents[i].status->person != NULL || m.task != NULL)
            err = report_accept(&m);
    }
    if (err == GV_OK)
        err = report_accept(&alone);
    for (size_t i = 0; i < count && err == GV_OK; i++) {
        struct maker m = standing(work, item, &documents[i], now, result);

        err = report_facts(&m);
    }
    return err;
}

gv_err gv_work_orders_done(struct gv_work *work, const struct gv_work_document *documents,
                           size_t count, const struct gv_work_now *now,
                           struct gv_work_result *result)
{
    for (size_t i = 0; i < work->count; i++) {
        struct gv_work_item *item = &work->items[i];
        gv_err err;

        if (!item->fresh)
            continue;
        err = look_again(work, item, documents, count, now, result);
        if (err != GV_OK)
            return err;
        item->fresh = false;
    }
    return GV_OK;
}
