/* links: gv_cli gv_letter gv_base */
/* fuzz_letter.c - any bytes as a letter; what is found must lie inside them; where memory is too
 * short for it, that is what is said. */
#include <assert.h>
#include <string.h>

#include "letter/letter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char phrases[] = "chỉnh đốn Đảng\ntín dụng đen\nđốn Đảng\nkiểm tra\nKiểm tra\n";

/* The same with a part of the memory that it took. */
static void read_short(const uint8_t *data, size_t size, size_t cap)
{
    gv_arena *arena = gv_arena_new(cap);
    struct gv_letter letter;
    struct gv_place bad;

    if (arena == NULL)
        return;
    assert(gv_letter_read((const char *)data, size, phrases, sizeof phrases - 1, arena, &letter,
                          &bad) == GV_ENOMEM);
    gv_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gv_arena *arena = gv_arena_new(1024 * (size + 64));
    struct gv_letter letter;
    struct gv_place bad;

    if (arena == NULL)
        return 0;
    if (gv_letter_read((const char *)data, size, phrases, sizeof phrases - 1, arena, &letter,
                       &bad) == GV_OK) {
        for (size_t i = 0; i < letter.part_count; i++)
            assert(letter.parts[i].span.at.offset <= letter.parts[i].span.end &&
                   letter.parts[i].span.end <= size);
        for (size_t i = 0; i < letter.fault_count; i++)
            assert(letter.faults[i].span.end <= size &&
                   strcmp(gv_fault_name(letter.faults[i].kind), "?") != 0);
        if (gv_arena_used(arena) > 0)
            read_short(data, size, (gv_arena_used(arena) - 1) / 8 * (size % 9));
    }
    gv_arena_free(arena);
    return 0;
}
