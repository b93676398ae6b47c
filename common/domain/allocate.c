/* allocate.c - fit by field, then least load; a tie is left to people. */
#include "domain/allocate.h"

#include <string.h>

static bool has_field(const struct gv_alloc_unit *unit, const char *field)
{
    for (size_t i = 0; i < unit->field_count; i++) {
        if (strcmp(unit->fields[i], field) == 0)
            return true;
    }
    return false;
}

/* Puts unit u behind those with the same load or less: the order of the units decides among equals.
 */
static void insert(const struct gv_alloc_unit *units, size_t *candidates, size_t count, size_t u)
{
    size_t at = count;

    while (at > 0 && units[candidates[at - 1]].load > units[u].load) {
        candidates[at] = candidates[at - 1];
        at--;
    }
    candidates[at] = u;
}

void gv_allocate(const char *field, const struct gv_alloc_unit *units, size_t count,
                 size_t *candidates, struct gv_allocation *out)
{
    struct gv_allocation a = {.reason = GV_ALLOC_NOBODY, .lead = SIZE_MAX};

    for (size_t u = 0; u < count; u++) {
        if (units[u].eligible && has_field(&units[u], field))
            insert(units, candidates, a.fit++, u);
    }
    if (a.fit > 0) {
        a.load = units[candidates[0]].load;
        while (a.tied < a.fit && units[candidates[a.tied]].load == a.load)
            a.tied++;
        a.reason = a.fit == 1 ? GV_ALLOC_ONLY : GV_ALLOC_LEAST_LOAD;
        if (a.tied > 1)
            a.reason = GV_ALLOC_TIE;
        else
            a.lead = candidates[0];
        if (a.reason == GV_ALLOC_LEAST_LOAD)
            a.runner_up = units[candidates[1]].load;
    }
    *out = a;
}
