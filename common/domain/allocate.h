/*
 * allocate.h - who should lead a task that names no lead: units whose fields hold the task's field,
 * of those the one with the least load; equal ones are for people to decide. PURE.
 */
#ifndef GV_ALLOCATE_H
#define GV_ALLOCATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_alloc_unit {
    const char *const *fields; /* borrowed */
    size_t field_count;
    uint32_t load; /* leads that it has */
    bool eligible; /* may be proposed at all */
};

enum gv_alloc_reason {
    GV_ALLOC_NOBODY,     /* no eligible unit has the field */
    GV_ALLOC_ONLY,       /* one has it */
    GV_ALLOC_LEAST_LOAD, /* several have it, one has the least load */
    GV_ALLOC_TIE,        /* several have it, and the least load */
};

struct gv_allocation {
    enum gv_alloc_reason reason;
    size_t lead;        /* index of the unit proposed; SIZE_MAX with NOBODY and TIE */
    size_t fit;         /* how many have the field */
    size_t tied;        /* how many of them have the least load */
    uint32_t load;      /* the least */
    uint32_t runner_up; /* with LEAST_LOAD: the next load above it */
};

/* candidates[count] gets the indices of the units that fit, by load, then by index. */
void gv_allocate(const char *field, const struct gv_alloc_unit *units, size_t count,
                 size_t *candidates, struct gv_allocation *out);

#endif
