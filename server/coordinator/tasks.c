/* tasks.c - an array by task id; ids are small, they come from one sequence. */
#include "coordinator/tasks.h"

#include <stdlib.h>
#include <string.h>

#include "domain/calendar.h"
#include "wire/pb_arena.h"

#define CAP_BYTES ((size_t)256 << 20)

struct tasks {
    gv_arena *arena;
    struct task **by_id;
    size_t cap;
    uint64_t connection; /* of the store, that all was read over */
};

gv_err tasks_new(struct tasks **out)
{
    struct tasks *tasks = calloc(1, sizeof *tasks);

    if (tasks == NULL)
        return GV_ENOMEM;
    tasks->arena = gv_arena_new(CAP_BYTES);
    if (tasks->arena == NULL) {
        free(tasks);
        return GV_ENOMEM;
    }
    *out = tasks;
    return GV_OK;
}

void tasks_free(struct tasks *tasks)
{
    if (tasks == NULL)
        return;
    gv_arena_free(tasks->arena);
    free(tasks->by_id);
    free(tasks);
}

void tasks_begin(struct tasks *tasks, const gv_store *store)
{
    if (tasks->connection == gv_store_connection(store) &&
        gv_arena_used(tasks->arena) <= CAP_BYTES / 2)
        return;
    tasks->connection = gv_store_connection(store);
    if (tasks->cap > 0)
        memset(tasks->by_id, 0, tasks->cap * sizeof(struct task *));
    gv_arena_reset(tasks->arena);
}

static gv_err make_room(struct tasks *tasks, size_t id)
{
    size_t cap = tasks->cap == 0 ? 256 : tasks->cap;
    struct task **moved;

    if (id < tasks->cap)
        return GV_OK;
    while (cap <= id)
        cap *= 2;
    moved = realloc(tasks->by_id, cap * sizeof(struct task *));
    if (moved == NULL)
        return GV_ENOMEM;
    memset(moved + tasks->cap, 0, (cap - tasks->cap) * sizeof *moved);
    tasks->by_id = moved;
    tasks->cap = cap;
    return GV_OK;
}

static gv_err load(struct tasks *tasks, gv_store *store, int32_t task_id, struct task **out)
{
    struct task *task = gv_arena_zalloc(tasks->arena, sizeof *task);
    struct gv_task_row row;
    gv_err err;

    if (task == NULL)
        return GV_ENOMEM;
    err = gv_store_task(store, tasks->arena, task_id, &row);
    if (err != GV_OK)
        return err;
    task->task_id = task_id;
    task->bytes = row.bytes;
    task->digest = row.digest;
    task->task = gv_pb_unpack(&giaoviec__v1__task__descriptor, row.bytes, tasks->arena);
    if (task->task == NULL)
        return gv_pb_fault(tasks->arena) == GV_ENOMEM ? GV_ENOMEM : GV_EBUG;
    *out = task;
    return GV_OK;
}

gv_err tasks_get(struct tasks *tasks, gv_store *store, int32_t task_id, const struct task **out)
{
    gv_err err;

    if (task_id <= 0)
        return GV_ENOTFOUND;
    err = make_room(tasks, (size_t)task_id);
    if (err == GV_OK && tasks->by_id[task_id] == NULL)
        err = load(tasks, store, task_id, &tasks->by_id[task_id]);
    if (err == GV_OK)
        *out = tasks->by_id[task_id];
    return err;
}

static gv_err calendar_of(const Giaoviec__V1__Calendar *from, gv_arena *arena,
                          struct gv_calendar *out)
{
    struct gv_window *windows = gv_arena_alloc(arena, (from->n_windows + 1) * sizeof *windows);

    if (windows == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < from->n_windows; i++)
        windows[i] = (struct gv_window){from->windows[i]->from_day, from->windows[i]->to_day,
                                        (enum gv_cadence)from->windows[i]->cadence};
    *out = (struct gv_calendar){.cadence = (enum gv_cadence)from->cadence,
                                .from_day = from->from_day,
                                .to_day = from->to_day,
                                .windows = windows,
                                .window_count = from->n_windows,
                                .grace_days = (int32_t)from->grace_days};
    return GV_OK;
}

gv_err task_occurrences(const Giaoviec__V1__Task *task, int32_t from_day, gv_arena *arena,
                        struct gv_occurrence **list, size_t *count)
{
    struct gv_calendar calendar;
    struct gv_occurrence *all;
    size_t n = 0, kept = 0;
    gv_err err;

    *list = NULL;
    *count = 0;
    if (task->calendar == NULL)
        return GV_OK;
    err = calendar_of(task->calendar, arena, &calendar);
    if (err != GV_OK)
        return err;
    err = gv_calendar_occurrences(&calendar, NULL, 0, &n);
    if (err != GV_OK && err != GV_ETOOBIG)
        return err;
    all = gv_arena_alloc(arena, (n + 1) * sizeof *all);
    if (all == NULL)
        return GV_ENOMEM;
    err = gv_calendar_occurrences(&calendar, all, n, &n);
    for (size_t i = 0; err == GV_OK && i < n; i++) {
        if (all[i].due_day >= from_day)
            all[kept++] = all[i];
    }
    *list = all;
    *count = kept;
    return err;
}
