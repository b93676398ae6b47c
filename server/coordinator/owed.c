/* owed.c - a small table of places by unit; a unit that finds its place taken is answered at once.
 */
#include "coordinator/owed.h"

#include <stdlib.h>

#define PLACES 4096 /* a power of two */

struct owed_table {
    struct owed place[PLACES];
    size_t count;
    size_t next;  /* owed_due(): where it goes on */
    size_t given; /* its last answer; PLACES: none */
};

gv_err owed_new(owed_table **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return GV_ENOMEM;
    (*out)->given = PLACES;
    return GV_OK;
}

static void clear(owed_table *table, struct owed *owed)
{
    if (owed->job == NULL)
        return;
    job_free(owed->job);
    *owed = (struct owed){0};
    table->count--;
}

void owed_free(owed_table *table)
{
    if (table == NULL)
        return;
    for (size_t i = 0; table->count > 0 && i < PLACES; i++)
        clear(table, &table->place[i]);
    free(table);
}

static size_t place_of(int32_t unit_id)
{
    return (size_t)unit_id & (PLACES - 1);
}

bool owed_may_wait(const owed_table *table, int32_t unit_id)
{
    const struct owed *owed = &table->place[place_of(unit_id)];

    return owed->job == NULL ||
           (owed->job->who->unit_id == unit_id && owed->batches < OWED_BATCHES);
}

size_t owed_jobs(const owed_table *table, int32_t unit_id)
{
    const struct owed *owed = &table->place[place_of(unit_id)];

    return owed->job != NULL && owed->job->who->unit_id == unit_id;
}

void owed_put(owed_table *table, struct job *job, const struct gv_cursor *cursor,
              int64_t business_us)
{
    struct owed *owed = &table->place[place_of(job->who->unit_id)];
    int batches = owed->batches;

    clear(table, owed);
    *owed = (struct owed){job, *cursor, business_us, batches};
    table->count++;
}

void owed_drop(owed_table *table, int32_t unit_id)
{
    struct owed *owed = &table->place[place_of(unit_id)];

    if (owed_jobs(table, unit_id) > 0)
        clear(table, owed);
}

/* Nothing else of its sender is here, or it has waited long enough. */
static bool is_due(struct owed *owed)
{
    return ++owed->batches > OWED_BATCHES || jobs_of_sender(owed->job) <= 1;
}

const struct owed *owed_due(owed_table *table, bool all)
{
    if (table->given < PLACES)
        clear(table, &table->place[table->given]);
    table->given = PLACES;
    while (table->count > 0 && table->next < PLACES) {
        size_t i = table->next++;

        if (table->place[i].job != NULL && (all || is_due(&table->place[i]))) {
            table->given = i;
            return &table->place[i];
        }
    }
    table->next = 0;
    return NULL;
}
