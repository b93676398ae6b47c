/* store_task.c - approved tasks, as orders carry them. They never change. */
#include <string.h>

#include "store/db.h"
#include "store/store.h"

static gv_err read_task(gv_store *store, gv_arena *arena, const PGresult *result, int row,
                        struct gv_task_row *out)
{
    struct gv_task_row task = {0};
    gv_err err;

    task.task_id = (int32_t)gv_get_int(result, row, 0);
    gv_get_hash(result, row, 1, &task.digest);
    task.item = (uint32_t)gv_get_int(result, row, 2);
    task.has_due = !gv_get_null(result, row, 4);
    task.due_us = gv_get_int(result, row, 4);
    task.clause_count = (uint32_t)gv_get_int(result, row, 5);
    err = gv_get_text_dup(store, arena, result, row, 3, &task.number);
    if (err == GV_OK)
        err = gv_get_bytes_dup(store, arena, result, row, 6, &task.bytes);
    if (err == GV_OK)
        *out = task;
    return err;
}

gv_err gv_store_tasks(gv_store *store, gv_arena *arena, const gv_id *directive,
                      struct gv_task_row **out, size_t *count)
{
    struct gv_args args;
    PGresult *result = NULL;
    struct gv_task_row *tasks = NULL;
    gv_err err;

    gv_args_init(&args, store, "tasks");
    gv_put_id(&args, directive);
    err = gv_db_exec(&args, &result);
    if (err != GV_OK)
        return err;
    tasks = gv_arena_alloc(arena, (size_t)PQntuples(result) * sizeof *tasks + 1);
    if (tasks == NULL)
        err = gv_db_nomem(store, "no room for the tasks");
    for (int i = 0; err == GV_OK && i < PQntuples(result); i++)
        err = read_task(store, arena, result, i, &tasks[i]);
    if (err == GV_OK) {
        *out = tasks;
        *count = (size_t)PQntuples(result);
    }
    PQclear(result);
    return err;
}

gv_err gv_store_task(gv_store *store, gv_arena *arena, int32_t task_id, struct gv_task_row *out)
{
    struct gv_args args;
    PGresult *result = NULL;
    gv_err err;

    gv_args_init(&args, store, "task");
    gv_put_int(&args, task_id);
    err = gv_db_exec(&args, &result);
    if (err == GV_OK && PQntuples(result) == 0)
        err = gv_db_refuse(store, GV_ENOTFOUND, "no such task");
    if (err == GV_OK)
        err = read_task(store, arena, result, 0, out);
    PQclear(result);
    return err;
}
