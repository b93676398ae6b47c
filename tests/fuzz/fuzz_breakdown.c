/* links: gv_plan gv_letter gv_trust gv_base */
/* fuzz_breakdown.c - any bytes as a breakdown, a letter, units and decisions, cut at RS (0x1e)
 * bytes in this order; what loads is planned, and what it says of the letter must be so; where
 * memory is too short for it, that is what is said. */
#include <assert.h>
#include <string.h>

#include "crypto/hash.h"
#include "plan/plan.h"
#include "trust/act.h"
#include "wire/pb_arena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char small_letter[] = "Số: 12/UBND-VX\n\nV/v bếp ăn\n\nKính gửi: Các trường.\n\n"
                                   "1. Các trường kiểm tra bếp ăn, bảo đảm an toàn thực phẩm.\n\n"
                                   "2. Báo cáo kết quả.\n\nNơi nhận:\n\n- Như trên;\n";
static const char small_units[] = "code\tname_vi\tname_en\tgroup\tfields\n"
                                  "A\tA\tA\tg\tF,G\nB\tB\tB\tg\tF\nC\tC\tC\tcopy\tF\n";

static struct gv_slice take(struct gv_slice *rest)
{
    const uint8_t *cut = rest->len > 0 ? memchr(rest->data, 0x1e, rest->len) : NULL;
    struct gv_slice part = {rest->data, cut != NULL ? (size_t)(cut - rest->data) : rest->len};

    rest->len -= part.len + (cut != NULL);
    rest->data += part.len + (cut != NULL);
    return part;
}

static void check(const struct gv_breakdown *b, struct gv_slice letter, gv_arena *arena)
{
    gv_hash digest;

    assert(b->message != NULL && b->message->n_tasks == b->task_count);
    for (size_t i = 0; i < b->task_count; i++) {
        const struct gv_breakdown_task *task = &b->tasks[i];

        assert(task->task->span != NULL && task->task->span->begin < task->task->span->end);
        assert(task->task->span->end <= letter.len);
        assert(task->task->by_field == (task->leads.count == 0));
        gv_blob_digest(task->bytes, &digest);
        assert(gv_hash_eq(&digest, &task->digest));
    }
    assert(gv_pb_unpack(&giaoviec__v1__breakdown__descriptor, b->bytes, arena) != NULL);
}

static void load_short(const struct gv_breakdown_in *in, size_t cap)
{
    gv_arena *arena = gv_arena_new(cap);
    struct gv_problems problems;
    struct gv_breakdown b;

    if (arena == NULL)
        return;
    gv_problems_init(&problems, arena);
    assert(gv_breakdown_load(in, arena, &b, &problems) == GV_ENOMEM);
    gv_arena_free(arena);
}

static void plan(const struct gv_breakdown *b, struct gv_slice units_text, struct gv_slice decided,
                 gv_arena *arena)
{
    struct gv_problems problems;
    struct gv_decisions decisions;
    struct gv_units units;
    struct gv_plan out;
    bool has = decided.len > 0;

    gv_problems_init(&problems, arena);
    if (has && gv_decisions_load("d", decided, arena, &decisions, &problems) != GV_OK)
        has = false;
    if (gv_units_read("u", units_text, arena, &units, &problems) != GV_OK ||
        gv_plan_build(b, &units, has ? &decisions : NULL, arena, &out, &problems) != GV_OK)
        return;
    assert(out.assignment_count <= out.row_count && out.undecided <= out.open_count);
    for (size_t i = 1; i < out.row_count; i++)
        assert(out.rows[i].candidate || out.rows[i - 1].candidate ||
               out.rows[i - 1].task != out.rows[i].task ||
               out.rows[i - 1].unit != out.rows[i].unit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gv_arena *arena = gv_arena_new((size_t)1 << 28);
    struct gv_slice rest = {data, size};
    struct gv_problems problems;
    struct gv_breakdown_in in = {.path = "b", .letter_path = "l"};
    struct gv_slice units, decisions;
    struct gv_breakdown b;

    if (arena == NULL || gv_crypto_init() != GV_OK) {
        gv_arena_free(arena);
        return 0;
    }
    gv_problems_init(&problems, arena);
    in.yaml = take(&rest);
    in.letter = take(&rest);
    units = take(&rest);
    decisions = take(&rest);
    if (in.letter.len == 0)
        in.letter = (struct gv_slice){(const uint8_t *)small_letter, sizeof small_letter - 1};
    if (units.len == 0)
        units = (struct gv_slice){(const uint8_t *)small_units, sizeof small_units - 1};
    if (gv_breakdown_load(&in, arena, &b, &problems) == GV_OK) {
        assert(problems.count == 0);
        load_short(&in, (gv_arena_used(arena) - 1) / 64 * (size % 65));
        check(&b, in.letter, arena);
        plan(&b, units, decisions, arena);
    }
    gv_arena_free(arena);
    return 0;
}
