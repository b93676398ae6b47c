/* links: gv_plan gv_letter gv_trust gv_base */
/* fuzz_units.c - any bytes as a list of units, and as a file of decisions; where memory is too
 * short for them, that is what is said. */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "plan/decisions.h"
#include "plan/units.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_unit(const struct gv_units *units, size_t i)
{
    const struct gv_unit_info *unit = &units->all[i];
    gv_code code;

    assert(gv_code_from_str(unit->code, &code) == GV_OK);
    assert(gv_units_find(units, unit->code) == i);
    assert(gv_text_valid(unit->name_vi, strlen(unit->name_vi), NULL));
    assert(unit->name_vi[0] != '\0' && unit->group[0] != '\0');
    assert(unit->field_count <= GV_UNIT_MAX_FIELDS);
}

static void check_problems(const struct gv_problems *problems)
{
    assert(problems->count > 0);
    for (size_t i = 0; i < problems->count; i++)
        assert(gv_text_valid(problems->all[i].text, strlen(problems->all[i].text), NULL));
}

static void read_short(struct gv_slice bytes, size_t cap)
{
    gv_arena *arena = gv_arena_new(cap);
    struct gv_problems problems;
    struct gv_units units;

    if (arena == NULL)
        return;
    gv_problems_init(&problems, arena);
    assert(gv_units_read("u", bytes, arena, &units, &problems) == GV_ENOMEM);
    gv_arena_free(arena);
}

static void load_short(struct gv_slice bytes, size_t cap)
{
    gv_arena *arena = gv_arena_new(cap);
    struct gv_problems problems;
    struct gv_decisions decisions;

    if (arena == NULL)
        return;
    gv_problems_init(&problems, arena);
    assert(gv_decisions_load("d", bytes, arena, &decisions, &problems) == GV_ENOMEM);
    gv_arena_free(arena);
}

/* A part of what it took. */
static size_t less_than(const gv_arena *arena, size_t size)
{
    return (gv_arena_used(arena) - 1) / 8 * (size % 9);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gv_arena *arena = gv_arena_new((size_t)1 << 28);
    struct gv_problems problems;
    struct gv_decisions decisions;
    struct gv_units units;

    if (arena == NULL)
        return 0;
    gv_problems_init(&problems, arena);
    if (gv_units_read("u", (struct gv_slice){data, size}, arena, &units, &problems) == GV_OK) {
        for (size_t i = 0; i < units.count; i++)
            check_unit(&units, i);
        read_short((struct gv_slice){data, size}, less_than(arena, size));
    } else {
        check_problems(&problems);
    }
    gv_arena_reset(arena);
    gv_problems_init(&problems, arena);
    if (gv_decisions_load("d", (struct gv_slice){data, size}, arena, &decisions, &problems) ==
        GV_OK) {
        assert(decisions.count > 0 && decisions.notation[0] != '\0');
        load_short((struct gv_slice){data, size}, less_than(arena, size));
    } else {
        check_problems(&problems);
    }
    gv_arena_free(arena);
    return 0;
}
