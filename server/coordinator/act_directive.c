/* act_directive.c - an approved breakdown: checked against itself, stored whole with its letter. */
#include <string.h>

#include "base/text.h"
#include "coordinator/acts.h"
#include "coordinator/bounds.h"
#include "wire/pb_arena.h"

#define TASKS_MAX 2000

/* Every day and time of a task can be written as a date. */
static bool dates_hold(const Giaoviec__V1__Task *task)
{
    if (task->due != NULL && (task->due->due_us <= 0 || !time_holds(task->due->due_us)))
        return false;
    /* The windows lie within. */
    if (task->calendar != NULL &&
        (!day_holds(task->calendar->from_day) || !day_holds(task->calendar->to_day)))
        return false;
    for (size_t i = 0; i < task->n_attestations; i++) {
        const Giaoviec__V1__Attestation *clause = task->attestations[i];

        if (!day_holds(clause->from_day) || !day_holds(clause->to_day) ||
            !day_holds(clause->due_day))
            return false;
    }
    return true;
}

static gv_err check_task(struct act *act, const struct gv_task_in *in,
                         const Giaoviec__V1__Breakdown *breakdown)
{
    const Giaoviec__V1__Task *task = in->task;
    struct gv_occurrence *occurrences;
    size_t count;

    act->text = task->number;
    if (in->bytes.len > GV_TASK_MAX_BYTES)
        return GV_ETOOBIG;
    if (task->number[0] == '\0' || task->words[0] == '\0' || task->item == 0 ||
        task->version != breakdown->version || task->directive.len != breakdown->directive.len ||
        memcmp(task->directive.data, breakdown->directive.data, task->directive.len) != 0)
        return GV_EBADMSG;
    if (!dates_hold(task))
        return GV_EBADMSG;
    return task_occurrences(task, INT32_MIN, act->arena, &occurrences, &count);
}

static gv_err read_tasks(struct act *act, const Giaoviec__V1__Breakdown *breakdown,
                         struct gv_task_in *list)
{
    for (size_t i = 0; i < breakdown->n_tasks; i++) {
        Giaoviec__V1__Task *task;
        gv_err err;

        list[i].bytes = (struct gv_slice){breakdown->tasks[i].data, breakdown->tasks[i].len};
        gv_blob_digest(list[i].bytes, &list[i].digest);
        task = gv_pb_unpack(&giaoviec__v1__task__descriptor, list[i].bytes, act->arena);
        if (task == NULL)
            return gv_pb_fault(act->arena);
        list[i].task = task;
        err = check_task(act, &list[i], breakdown);
        if (err != GV_OK)
            return err;
        act->text = NULL;
    }
    return GV_OK;
}

static gv_err check_breakdown(struct act *act, const Giaoviec__V1__Breakdown *breakdown)
{
    const Giaoviec__V1__ApproveBreakdown *body =
        (const Giaoviec__V1__ApproveBreakdown *)act->signed_act->body;
    struct gv_slice letter = {breakdown->letter.data, breakdown->letter.len};
    gv_hash digest;

    if (breakdown->version != body->version || body->directive.len != sizeof(gv_id) ||
        breakdown->directive.len != sizeof(gv_id) ||
        memcmp(breakdown->directive.data, body->directive.data, sizeof(gv_id)) != 0 ||
        breakdown->meta == NULL || breakdown->n_tasks == 0 || breakdown->n_tasks > TASKS_MAX)
        return GV_EBADMSG;
    gv_blob_digest(letter, &digest);
    if (breakdown->letter_digest.len != sizeof digest.b ||
        memcmp(breakdown->letter_digest.data, digest.b, sizeof digest.b) != 0) {
        act->text = "the letter is not the one that was broken down";
        return GV_EBADMSG;
    }
    return GV_OK;
}

gv_err act_approve_breakdown(struct act *act)
{
    const Giaoviec__V1__Act *a = act->signed_act->act;
    Giaoviec__V1__Breakdown *breakdown;
    struct gv_task_in *list;
    gv_hash digest;
    gv_err err;

    gv_blob_digest(act->attachment, &digest);
    if (a->attachment_digest.len != sizeof digest.b ||
        memcmp(a->attachment_digest.data, digest.b, sizeof digest.b) != 0)
        return GV_ESIGNATURE;
    breakdown = gv_pb_unpack(&giaoviec__v1__breakdown__descriptor, act->attachment, act->arena);
    if (breakdown == NULL)
        return gv_pb_fault(act->arena);
    err = check_breakdown(act, breakdown);
    if (err != GV_OK)
        return err;
    list = gv_arena_zalloc(act->arena, breakdown->n_tasks * sizeof *list);
    if (list == NULL)
        return GV_ENOMEM;
    err = read_tasks(act, breakdown, list);
    if (err == GV_OK)
        err = gv_store_directive_put(act->store, breakdown, &digest, list, breakdown->n_tasks,
                                     &act->signed_act->act_id, act->business_us);
    act->done = (uint32_t)breakdown->n_tasks;
    return err;
}
