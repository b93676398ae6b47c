/* links: gv_agent gv_base */
/* fuzz_status.c - any bytes as a status document: the first says which form, the rest is the
 * document. */
#include <assert.h>
#include <string.h>

#include "agent/status.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gv_arena *arena = gv_arena_new(GV_STATUS_ARENA_CAP);
    struct gv_status_fault fault;
    struct gv_status status;
    char said[640];
    gv_err err;

    if (arena == NULL || size == 0) {
        gv_arena_free(arena);
        return 0;
    }
    err = gv_status_parse(data[0] == 'c' ? GV_STATUS_CSV : GV_STATUS_JSON, (const char *)data + 1,
                          size - 1, arena, &status, &fault);
    if (err == GV_OK) {
        assert(status.unit.s[0] != '\0');
        assert(status.task_count <= GV_STATUS_TASKS_MAX);
        for (size_t i = 0; i < status.task_count; i++) {
            assert(status.tasks[i].task[0] != '\0');
            assert(status.tasks[i].progress >= -1 && status.tasks[i].progress <= 100);
            assert(status.tasks[i].period_count <= GV_STATUS_PERIODS_MAX);
        }
    } else if (err == GV_EBADMSG) {
        gv_status_fault_format(&fault, "f", said, sizeof said);
        assert(fault.why[0] != '\0');
        assert(gv_text_valid(fault.why, strlen(fault.why), NULL));
    }
    gv_arena_free(arena);
    return 0;
}
