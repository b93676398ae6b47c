/* judge.c - what a unit says of the two logs, against what is stored of them. */
#include <string.h>

#include "delivery/coordinator_side.h"

#include "base/plant.h"

static const gv_hash zero;

/* Our hash after n: the head's own where n is the head, zeros for 0, else what was looked up. */
static struct gv_hash_at hash_at(const struct gv_cursor *head, uint64_t n,
                                 const struct gv_hash_at *looked_up)
{
    if (n == head->n)
        return (struct gv_hash_at){true, head->h};
    if (n > head->n)
        return (struct gv_hash_at){false, zero};
    return *looked_up;
}

static bool forks(const struct gv_cursor *head, const struct gv_cursor *told,
                  const struct gv_hash_at *looked_up)
{
    struct gv_hash_at own = hash_at(head, told->n, looked_up);

    return !gv_cursor_agrees(told, &own);
}

static void refuse(struct gv_hello_judgement *out, enum gv_hello_verdict verdict,
                   enum gv_log_name log, uint64_t n)
{
    out->verdict = verdict;
    out->is_fork = verdict == GV_HELLO_FORK;
    out->log = log;
    out->n = n;
}

static bool is_bad(const struct gv_hello *hello)
{
    return hello->connection == 0 || hello->receipted.n > hello->reports.n ||
           !gv_cursor_valid(&hello->orders) || !gv_cursor_valid(&hello->reports) ||
           !gv_cursor_valid(&hello->receipted) ||
           (hello->receipted.n == hello->reports.n &&
            !gv_cursor_eq(&hello->receipted, &hello->reports));
}

/* Does a cursor of the Hello stand where our report log ends, so that all of it is compared? */
static bool is_compared(const struct gv_hello *hello, const struct gv_hello_facts *facts)
{
    return facts->reports.n <= hello->receipted.n || facts->reports.n == hello->reports.n;
}

/* An act re-admits the unit: what would put it into quarantine lets it adopt our logs. So does what
 * a Hello cannot show: its log may part from ours between the two cursors that it names. */
static void readmit(const struct gv_hello *hello, const struct gv_hello_facts *facts,
                    struct gv_hello_judgement *out)
{
    bool fits = out->verdict == GV_HELLO_OK || out->verdict == GV_HELLO_SAME;
    bool is_same = hello->connection == facts->connection;

    if (out->verdict == GV_HELLO_BAD || out->verdict == GV_HELLO_OLD)
        return;
    out->adopt = !fits || !is_compared(hello, facts) || hello->receipted.n > facts->reports.n;
    out->orders_agree = hello->orders.n <= facts->orders.n &&
                        !forks(&facts->orders, &hello->orders, &facts->at_orders);
    if (!fits)
        out->verdict = is_same ? GV_HELLO_SAME : GV_HELLO_OK;
}

void gv_hello_judge(const struct gv_hello *hello, const struct gv_hello_facts *facts,
                    struct gv_hello_judgement *out)
{
    bool is_same = hello->connection == facts->connection;

    memset(out, 0, sizeof *out);
    if (is_bad(hello))
        out->verdict = GV_HELLO_BAD;
    else if (hello->connection < facts->connection && !GV_PLANTED(REPLAY_ACCEPTED))
        out->verdict = GV_HELLO_OLD;
    else if (forks(&facts->reports, &hello->receipted, &facts->at_receipted))
        refuse(out, GV_HELLO_FORK, GV_LOG_REPORTS, hello->receipted.n);
    else if (forks(&facts->reports, &hello->reports, &facts->at_reports))
        refuse(out, GV_HELLO_FORK, GV_LOG_REPORTS, hello->reports.n);
    else if (forks(&facts->orders, &hello->orders, &facts->at_orders))
        refuse(out, GV_HELLO_FORK, GV_LOG_ORDERS, hello->orders.n);
    else if (is_same && !facts->readmit)
        out->verdict = GV_HELLO_SAME; /* a repeated one names fewer reports than came after it */
    else if (facts->reports.n > hello->reports.n)
        refuse(out, GV_HELLO_AHEAD, GV_LOG_REPORTS, hello->reports.n);
    else if (hello->orders.n > facts->orders.n)
        refuse(out, GV_HELLO_AHEAD, GV_LOG_ORDERS, facts->orders.n);
    else if (hello->contradicts)
        out->verdict = GV_HELLO_DISPUTED;
    else
        out->verdict = is_same ? GV_HELLO_SAME : GV_HELLO_OK;
    if (facts->readmit || GV_PLANTED(ADOPTION_UNASKED))
        readmit(hello, facts, out);
    if (out->verdict == GV_HELLO_OK || out->verdict == GV_HELLO_SAME) {
        out->reports_lost = hello->receipted.n > facts->reports.n;
        out->orders_again = hello->orders.n < facts->acked;
    }
}

bool gv_reports_need(const struct gv_cursor *stored, uint64_t first, uint64_t count,
                     uint64_t *before, uint64_t *end)
{
    uint64_t last = first + count - 1;

    if (first == 0 || count == 0 || last < first || first > stored->n + 1)
        return false;
    *before = first - 1;
    *end = last < stored->n ? last : stored->n;
    return true;
}

void gv_reports_judge(const struct gv_cursor *stored, uint64_t first, uint64_t count,
                      const gv_hash *chain, const gv_hash *at_end, struct gv_reports_judgement *out)
{
    uint64_t last = first + count - 1;
    uint64_t before, end, overlap;

    memset(out, 0, sizeof *out);
    out->head = *stored;
    if (!gv_reports_need(stored, first, count, &before, &end)) {
        out->verdict =
            first > stored->n + 1 && count > 0 && last >= first ? GV_REPORTS_GAP : GV_REPORTS_BAD;
        return;
    }
    overlap = end - before;
    if (overlap > 0 && !GV_PLANTED(DEDUP_BY_NUMBER) &&
        !gv_hash_eq(&chain[overlap - 1], end == stored->n ? &stored->h : at_end)) {
        out->verdict = GV_REPORTS_FORK;
        return;
    }
    if (overlap == count) {
        out->verdict = GV_REPORTS_REPEAT;
        return;
    }
    out->verdict = GV_REPORTS_STORE;
    out->skip = overlap;
    out->head.n = last;
    out->head.h = chain[count - 1];
}

enum gv_receipt_verdict gv_receipt_judge(const struct gv_cursor *head, uint64_t acked,
                                         const struct gv_cursor *receipt,
                                         const struct gv_hash_at *own)
{
    if (receipt->n > head->n)
        return GV_RECEIPT_AHEAD;
    if (forks(head, receipt, own))
        return GV_RECEIPT_FORK;
    return receipt->n > acked ? GV_RECEIPT_OK : GV_RECEIPT_REPEAT;
}
