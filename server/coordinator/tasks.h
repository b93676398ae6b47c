/*
 * tasks.h - tasks by number, unpacked once: an approved task never changes as long as its history
 * is there. One lane's, one thread.
 */
#ifndef GV_TASKS_H
#define GV_TASKS_H

#include "giaoviec/v1/task.pb-c.h"
#include "store/store.h"

struct tasks;

struct task {
    int32_t task_id;
    struct gv_slice bytes; /* as approved */
    gv_hash digest;
    Giaoviec__V1__Task *task;
};

GV_MUSTCHECK gv_err tasks_new(struct tasks **out);
void tasks_free(struct tasks *tasks); /* NULL is fine */
/* Before a run of transactions: what was read over another connection is forgotten (a failover may
 * have lost a task, and given its number to another one), and all when memory runs low. */
void tasks_begin(struct tasks *tasks, const gv_store *store);
/* *out lives until the next tasks_begin(). GV_ENOTFOUND, and what the store says. */
GV_MUSTCHECK gv_err tasks_get(struct tasks *tasks, gv_store *store, int32_t task_id,
                              const struct task **out);

/* The occurrences of a task's calendar whose due day is not before from_day; *list lives in the
 * arena. */
GV_MUSTCHECK gv_err task_occurrences(const Giaoviec__V1__Task *task, int32_t from_day,
                                     gv_arena *arena, struct gv_occurrence **list, size_t *count);

#endif
