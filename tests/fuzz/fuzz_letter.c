/* links: gv_cli gv_letter gv_base */
/* fuzz_letter.c - any bytes as a letter; what is found must lie inside them. */
#include <assert.h>

#include "letter/letter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char phrases[] = "chỉnh đốn Đảng\ntín dụng đen\n";
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
            assert(letter.faults[i].span.end <= size);
    }
    gv_arena_free(arena);
    return 0;
}
