/* work.c - the assignments of a unit: orders change them, and so does what the unit reports. */
#include "agent/work.h"

#include <stdlib.h>
#include <string.h>

#include "agent/work_part.h"
#include "base/lang.h"

static const struct {
    const char *name, *vi, *en;
} whys[GV_WORK_WHY_END] = {
    [GV_WORK_UNKNOWN_TASK] = {"unknown-task", "đơn vị không được giao nhiệm vụ này",
                              "the unit has no such task"},
    [GV_WORK_AMBIGUOUS] = {"ambiguous-task",
                           "nhiều văn bản có nhiệm vụ mang số này: ghi SỐ-KÝ-HIỆU#số",
                           "several directives have a task of this number: write NOTATION#number"},
    [GV_WORK_ENDED] = {"ended", "nhiệm vụ đã kết thúc ở đơn vị này",
                       "the task has ended at this unit"},
    [GV_WORK_RETURNED] = {"returned", "đã trả lại, đang chờ văn phòng quyết định",
                          "was returned and waits for the office"},
    [GV_WORK_BEGUN] = {"begun", "đã báo cáo thực hiện nên không trả lại được nữa",
                       "work was reported: it cannot be returned any more"},
    [GV_WORK_IS_SUBMITTED] = {"submitted", "kết quả đã trình, đang chờ văn phòng duyệt",
                              "a result was submitted and waits for the office"},
    [GV_WORK_NO_PERSON] = {"no-person", "chưa biết người phụ trách", "nobody in charge is known"},
    [GV_WORK_UNKNOWN_INDICATOR] = {"unknown-indicator", "nhiệm vụ không có chỉ tiêu này",
                                   "the task has no such indicator"},
    [GV_WORK_UNKNOWN_CLAUSE] = {"unknown-clause", "nhiệm vụ không có điều phải chấp hành này",
                                "the task has no such attestation clause"},
    [GV_WORK_TOO_LARGE] = {"too-large", "báo cáo quá lớn, không gửi được: cần rút gọn nội dung",
                           "the report is too large to be sent: shorten what it says"},
};

const char *gv_work_why_name(enum gv_work_why why)
{
    return whys[why].name;
}

const char *gv_work_why_text(enum gv_work_why why)
{
    return gv_tr(whys[why].vi, whys[why].en);
}

const char *gv_work_why_say(const char *name)
{
    for (int why = 0; why < GV_WORK_WHY_END; why++) {
        if (strcmp(whys[why].name, name) == 0)
            return gv_work_why_text((enum gv_work_why)why);
    }
    return NULL;
}

void gv_work_init(struct gv_work *work)
{
    *work = (struct gv_work){0};
}

static void forget_task(struct gv_work_item *item)
{
    free(item->notation);
    free(item->number);
    for (size_t i = 0; i < item->code_count; i++)
        free(item->codes[i]);
    free(item->codes);
    item->notation = NULL;
    item->number = NULL;
    item->codes = NULL;
    item->code_count = 0;
}

static void forget_sent(struct gv_work_item *item)
{
    for (size_t i = 0; i < item->sent_count; i++)
        free(item->sent[i].name);
    free(item->sent);
    item->sent = NULL;
    item->sent_count = item->sent_cap = 0;
}

void gv_work_fini(struct gv_work *work)
{
    for (size_t i = 0; i < work->count; i++) {
        forget_task(&work->items[i]);
        forget_sent(&work->items[i]);
    }
    free(work->items);
    *work = (struct gv_work){0};
}

struct gv_work_item *gv_work_find(struct gv_work *work, const gv_id *id)
{
    for (size_t i = 0; i < work->count; i++) {
        if (gv_id_eq(&work->items[i].id, id))
            return &work->items[i];
    }
    return NULL;
}

bool gv_work_is_open(const struct gv_work_item *item)
{
    switch (item->state) {
    case GV_STATE_DELIVERED:
    case GV_STATE_ACCEPTED:
    case GV_STATE_IN_PROGRESS:
    case GV_STATE_SUBMITTED:
    case GV_STATE_RETURNED:
        return true;
    default:
        return false;
    }
}

/* ---- what was sent ---- */

struct gv_sent *work_sent_find(const struct gv_work_item *item, const char *name)
{
    for (size_t i = 0; i < item->sent_count; i++) {
        if (strcmp(item->sent[i].name, name) == 0)
            return &item->sent[i];
    }
    return NULL;
}

gv_err work_sent_put(struct gv_work_item *item, const char *name, const gv_id *digest)
{
    struct gv_sent *sent = work_sent_find(item, name);

    if (sent == NULL) {
        if (item->sent_count == item->sent_cap) {
            size_t cap = item->sent_cap == 0 ? 8 : 2 * item->sent_cap;
            struct gv_sent *more = realloc(item->sent, cap * sizeof *more);

            if (more == NULL)
                return GV_ENOMEM;
            item->sent = more;
            item->sent_cap = cap;
        }
        sent = &item->sent[item->sent_count];
        *sent = (struct gv_sent){.name = strdup(name)};
        if (sent->name == NULL)
            return GV_ENOMEM;
        item->sent_count++;
    }
    sent->digest = *digest;
    sent->dirty = true;
    sent->gone = false;
    return GV_OK;
}

/* ---- restore ---- */

static gv_err learn_task(struct gv_work_item *item, const Giaoviec__V1__Task *task)
{
    struct gv_slice directive;

    forget_task(item);
    item->notation = strdup(task != NULL ? task->notation : "");
    item->number = strdup(task != NULL ? task->number : "");
    if (item->notation == NULL || item->number == NULL)
        return GV_ENOMEM;
    item->clause_count = task != NULL ? task->n_attestations : 0;
    item->directive = (gv_id){0};
    if (task == NULL)
        return GV_OK;
    directive = (struct gv_slice){task->directive.data, task->directive.len};
    if (gv_id_from(directive, &item->directive) != GV_OK)
        return GV_EBADMSG;
    if (task->n_indicators == 0)
        return GV_OK;
    item->codes = calloc(task->n_indicators, sizeof *item->codes);
    if (item->codes == NULL)
        return GV_ENOMEM;
    for (size_t i = 0; i < task->n_indicators; i++) {
        item->codes[i] = strdup(task->indicators[i]->code);
        if (item->codes[i] == NULL)
            return GV_ENOMEM;
        item->code_count++;
    }
    return GV_OK;
}

static gv_err add_item(struct gv_work *work, const gv_id *id, struct gv_work_item **out)
{
    if (work->count == work->cap) {
        size_t cap = work->cap == 0 ? 8 : 2 * work->cap;
        struct gv_work_item *more = realloc(work->items, cap * sizeof *more);

        if (more == NULL)
            return GV_ENOMEM;
        work->items = more;
        work->cap = cap;
    }
    *out = &work->items[work->count++];
    **out = (struct gv_work_item){.id = *id};
    return GV_OK;
}

gv_err gv_work_restore(struct gv_work *work, const gv_id *id, uint32_t epoch, enum gv_state state,
                       const Giaoviec__V1__Task *task)
{
    struct gv_work_item *item;
    gv_err err = add_item(work, id, &item);

    if (err != GV_OK)
        return err;
    item->epoch = epoch;
    item->state = state;
    return learn_task(item, task);
}

gv_err gv_work_restore_sent(struct gv_work *work, const gv_id *id, const char *name,
                            const gv_id *digest)
{
    struct gv_work_item *item = gv_work_find(work, id);
    gv_err err;

    if (item == NULL)
        return GV_ENOTFOUND;
    err = work_sent_put(item, name, digest);
    if (err == GV_OK)
        work_sent_find(item, name)->dirty = false;
    return err;
}

/* ---- orders ---- */

/* A later epoch than any known, or an assignment never seen. */
static gv_err assign(struct gv_work *work, const struct gv_work_order *order)
{
    struct gv_work_item *item = gv_work_find(work, &order->assignment);
    gv_err err;

    if (order->task == NULL)
        return GV_EBADMSG;
    if (item != NULL && order->epoch <= item->epoch)
        return GV_ESTALE;
    if (item == NULL) {
        err = add_item(work, &order->assignment, &item);
        if (err != GV_OK)
            return err;
    }
    err = learn_task(item, order->task);
    if (err != GV_OK)
        return err;
    forget_sent(item);
    item->forget = true;
    item->epoch = order->epoch;
    item->state = GV_STATE_DELIVERED;
    item->fresh = item->dirty = true;
    return GV_OK;
}

/* Also of an assignment never seen: its order may not have held, and must not count any more. */
static gv_err end(struct gv_work *work, const struct gv_work_order *order)
{
    struct gv_work_item *item = gv_work_find(work, &order->assignment);
    gv_err err;

    if (item == NULL) {
        err = add_item(work, &order->assignment, &item);
        if (err == GV_OK)
            err = learn_task(item, NULL);
        if (err != GV_OK)
            return err;
        item->epoch = order->epoch;
    }
    if (order->epoch < item->epoch)
        return GV_ESTALE;
    forget_sent(item); /* it is not reported on again but under a later epoch */
    item->forget = true;
    item->epoch = order->epoch;
    item->state = order->ended;
    item->fresh = false;
    item->dirty = true;
    return GV_OK;
}

/* The office decided about what the unit did. Its word counts, whatever the unit believed before.
 */
static gv_err decided(struct gv_work *work, const struct gv_work_order *order, enum gv_state state)
{
    struct gv_work_item *item = gv_work_find(work, &order->assignment);
    struct gv_sent *manual;

    if (item == NULL)
        return GV_ENOTFOUND;
    if (order->epoch != item->epoch || !gv_work_is_open(item))
        return GV_ESTALE;
    item->state = state;
    item->dirty = true;
    item->fresh = state == GV_STATE_DELIVERED || state == GV_STATE_IN_PROGRESS;
    manual = state == GV_STATE_DELIVERED ? work_sent_find(item, WORK_MANUAL "/return") : NULL;
    if (manual != NULL) /* a person's word, not a standing document: upheld, it is over */
        manual->gone = true;
    return GV_OK;
}

gv_err gv_work_order(struct gv_work *work, const struct gv_work_order *order)
{
    switch (order->kind) {
    case GIAOVIEC__V1__ORDER_KIND__ORDER_ASSIGN:
        return assign(work, order);
    case GIAOVIEC__V1__ORDER_KIND__ORDER_END:
        return end(work, order);
    case GIAOVIEC__V1__ORDER_KIND__ORDER_REDO:
        return decided(work, order, GV_STATE_IN_PROGRESS);
    case GIAOVIEC__V1__ORDER_KIND__ORDER_APPROVED:
        return decided(work, order, GV_STATE_COMPLETED);
    case GIAOVIEC__V1__ORDER_KIND__ORDER_UPHELD:
        return decided(work, order, GV_STATE_DELIVERED);
    default:
        return GV_EUNSUPPORTED;
    }
}

/* "SOURCE/progress", "SOURCE/narrative", "SOURCE/value/CODE": report_facts.c */
static bool is_fact(const char *name)
{
    static const char *const facts[] = {"progress", "narrative", "value/"};
    const char *what = strchr(name, '/');

    for (size_t i = 0; what != NULL && i < sizeof facts / sizeof facts[0]; i++) {
        if (strncmp(what + 1, facts[i], strlen(facts[i])) == 0)
            return true;
    }
    return false;
}

void gv_work_restate(struct gv_work *work)
{
    for (size_t i = 0; i < work->count; i++) {
        struct gv_work_item *item = &work->items[i];

        if (!gv_work_is_open(item))
            continue;
        item->fresh = true;
        for (size_t k = 0; k < item->sent_count; k++)
            item->sent[k].gone = item->sent[k].gone || is_fact(item->sent[k].name);
    }
}

bool gv_work_waits(struct gv_work *work)
{
    bool any = false;

    for (size_t i = 0; i < work->count; i++) {
        if (work->items[i].state == GV_STATE_DELIVERED)
            any = work->items[i].fresh = true;
    }
    return any;
}

gv_err gv_work_refused(struct gv_work *work, const struct gv_report *report, gv_err error,
                       gv_arena *arena)
{
    struct gv_work_item *item = gv_work_find(work, &report->assignment);

    if (item == NULL || item->epoch != report->epoch)
        return GV_OK;
    if (report->kind == GIAOVIEC__V1__REPORT_KIND__REPORT_SUBMIT &&
        item->state == GV_STATE_SUBMITTED) {
        item->state = GV_STATE_IN_PROGRESS;
        item->dirty = true;
    } else if (report->kind == GIAOVIEC__V1__REPORT_KIND__REPORT_RETURN &&
               item->state == GV_STATE_RETURNED) {
        item->state = GV_STATE_ACCEPTED;
        item->dirty = true;
    }
    return report_untell(item, report, error, arena);
}
