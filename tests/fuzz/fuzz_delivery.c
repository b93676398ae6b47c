/* links: gv_delivery gv_base */
/*
 * fuzz_delivery.c - the bytes drive two agents and two coordinators of one database: what is made,
 * sent, lost, doubled, turned round, cut, stopped. The first byte says whether the agents are two
 * units or one unit twice (a clone), whether the database may forget, and whether peers lie.
 *
 * Always: what is stored of a log is the beginning of what its writer wrote; what is receipted is
 * stored. When nobody lies and nobody is cloned: nobody freezes, and once the faults end, all is
 * stored and receipted on both sides.
 */
#include "delivery_agent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- a coordinator -------------------------------------------------------------------------- */

static void check_session(const struct gv_session *session)
{
    uint32_t entries = 0;

    assert(session->in_flight <= GV_SESSION_FLIGHT_MAX);
    for (uint32_t i = 0; i < session->in_flight; i++)
        entries += session->flight[i].entries;
    assert(entries == session->flight_entries);
    assert(session->acked <= session->sent && session->sent <= session->head);
}

static void session_step(struct world *w, unsigned agent, unsigned c, struct gv_session_event event)
{
    struct unit *unit = unit_of(w, agent);
    struct gv_session *session = &unit->session[c];
    struct gv_session_action action;
    struct frame frame;

    event.now_ms = w->now_ms;
    action = gv_session_step(session, &event, &session_params);
    check_session(session);
    while (action.kind == GV_SESSION_SEND_ORDERS) {
        uint64_t most = action.max_entries < ENTRIES_MAX ? action.max_entries : ENTRIES_MAX;
        struct gv_session_event sent = {
            .kind = GV_SESSION_SENT, .now_ms = w->now_ms, .connection = action.connection};

        frame = (struct frame){.kind = ORDERS,
                               .agent = agent,
                               .coordinator = c,
                               .link = unit->link[c],
                               .connection = action.connection,
                               .first = action.after + 1};
        frame.count = action.after < unit->orders.n ? unit->orders.n - action.after : 0;
        frame.count = frame.count < most ? frame.count : most;
        for (uint64_t k = 0; k < frame.count; k++)
            frame.entry[k] = unit->orders.entry[frame.first + k];
        if (frame.count > 0)
            send_frame(w, &frame);
        if (take(w) % 16 == 15)
            return; /* SENT is forgotten */
        sent.n = action.after + frame.count;
        sent.bytes = 50;
        action = gv_session_step(session, &sent, NULL);
        check_session(session);
    }
}

static void on_hello(struct world *w, const struct frame *frame)
{
    struct unit *unit = unit_of(w, frame->agent);
    const struct gv_hello *hello = &frame->hello;
    struct gv_hello_facts facts = {unit->connection,
                                   head(&unit->reports),
                                   head(&unit->orders),
                                   unit->acked,
                                   hash_at(&unit->orders, hello->orders.n),
                                   hash_at(&unit->reports, hello->reports.n),
                                   hash_at(&unit->reports, hello->receipted.n),
                                   false};
    struct gv_session_event event = {.kind = GV_SESSION_HELLO_OK,
                                     .connection = hello->connection,
                                     .n = hello->orders.n,
                                     .head = unit->orders.n};
    struct gv_hello_judgement judgement;
    struct frame out = answer(frame, WELCOME);

    gv_hello_judge(hello, &facts, &judgement);
    if (judgement.verdict == GV_HELLO_OLD) {
        out.kind = ERROR;
        send_frame(w, &out);
    }
    if (judgement.verdict == GV_HELLO_FORK || judgement.verdict == GV_HELLO_AHEAD ||
        judgement.verdict == GV_HELLO_DISPUTED) {
        assert(!honest(w));
        unit->quarantined = true;
    }
    assert(judgement.verdict != GV_HELLO_BAD);
    assert(!judgement.reports_lost || unit->forgot || !honest(w));
    if (judgement.verdict != GV_HELLO_OK)
        return;
    unit->connection = hello->connection;
    if (unit->acked < hello->orders.n)
        unit->acked = hello->orders.n;
    for (unsigned c = 0; c < COORDINATORS; c++) {
        if (c != frame->coordinator)
            session_step(w, frame->agent, c, (struct gv_session_event){.kind = GV_SESSION_GONE});
    }
    out.reports = head(&unit->reports);
    out.orders = head(&unit->orders);
    out.credits = 1 + take(w) % 4;
    send_frame(w, &out);
    unit->link[frame->coordinator] = frame->link;
    session_step(w, frame->agent, frame->coordinator, event);
}

static void on_reports(struct world *w, const struct frame *frame)
{
    struct unit *unit = unit_of(w, frame->agent);
    struct gv_cursor stored = head(&unit->reports);
    struct gv_reports_judgement judgement;
    gv_hash hashes[ENTRIES_MAX], before, at_end;
    struct frame out = answer(frame, RECEIPT);
    uint64_t from = 0, end = 0;

    if (gv_reports_need(&stored, frame->first, frame->count, &from, &end)) {
        before = unit->reports.h[from];
        for (uint64_t i = 0; i < frame->count; i++)
            hashes[i] = before = chain(&before, frame->entry[i]);
    }
    at_end = unit->reports.h[end];
    gv_reports_judge(&stored, frame->first, frame->count, hashes, &at_end, &judgement);
    assert(judgement.verdict != GV_REPORTS_BAD);
    if (judgement.verdict == GV_REPORTS_FORK) {
        assert(!honest(w));
        unit->quarantined = true;
        return;
    }
    if (judgement.verdict == GV_REPORTS_STORE) {
        for (uint64_t i = judgement.skip; i < frame->count; i++)
            append(&unit->reports, frame->entry[i]);
        stored = head(&unit->reports);
        assert(gv_cursor_eq(&judgement.head, &stored));
    }
    out.reports = stored;
    out.resume = judgement.verdict == GV_REPORTS_GAP;
    out.credits = w->healing ? 4 : take(w) % 5;
    send_frame(w, &out);
}

static void on_orders_receipt(struct world *w, const struct frame *frame)
{
    struct unit *unit = unit_of(w, frame->agent);
    struct gv_cursor orders = head(&unit->orders);
    struct gv_hash_at own = hash_at(&unit->orders, frame->orders.n);

    switch (gv_receipt_judge(&orders, unit->acked, &frame->orders, &own)) {
    case GV_RECEIPT_OK:
        unit->acked = frame->orders.n;
        break;
    case GV_RECEIPT_REPEAT:
        break;
    default:
        assert(!honest(w));
        unit->quarantined = true;
        return;
    }
    session_step(w, frame->agent, frame->coordinator,
                 (struct gv_session_event){.kind = GV_SESSION_ACKED,
                                           .connection = frame->connection,
                                           .n = frame->orders.n});
}

static void coordinator_hears(struct world *w, const struct frame *frame)
{
    struct unit *unit = unit_of(w, frame->agent);
    struct frame out = answer(frame, BUSY);

    if (unit->quarantined)
        return;
    if (take(w) % 32 == 31 && (frame->kind == HELLO || frame->kind == REPORTS)) {
        out.first = frame->first;
        send_frame(w, &out);
        return;
    }
    if (frame->kind == HELLO) {
        on_hello(w, frame);
        return;
    }
    session_step(
        w, frame->agent, frame->coordinator,
        (struct gv_session_event){.kind = GV_SESSION_SEEN, .connection = frame->connection});
    if (frame->kind == HEARTBEAT && unit->session[frame->coordinator].connected &&
        unit->session[frame->coordinator].connection == frame->connection) {
        out.kind = HEARTBEAT; /* a Clock: any frame is a sign of life */
        send_frame(w, &out);
    }
    if (frame->connection != unit->connection)
        return;
    if (frame->kind == REPORTS)
        on_reports(w, frame);
    else if (frame->kind == ORDERS_RECEIPT)
        on_orders_receipt(w, frame);
}

/* ---- what the bytes say --------------------------------------------------------------------- */

static void deliver(struct world *w, size_t i)
{
    struct frame frame = take_frame(w, i);

    if (frame.up)
        coordinator_hears(w, &frame);
    else
        agent_hears(w, &frame);
}

static void link_event(struct world *w, unsigned i, enum gv_agent_event_kind kind)
{
    struct agent *agent = &w->agent[i];

    if (agent->link == 0 || (kind == GV_AGENT_LINK_UP && agent->link_up))
        return;
    agent->link_up = kind == GV_AGENT_LINK_UP;
    if (kind != GV_AGENT_LINK_UP)
        agent->link = 0;
    agent_step(w, i, (struct gv_agent_event){.kind = kind}, NULL);
}

static void tick(struct world *w)
{
    for (unsigned i = 0; i < UNITS; i++) {
        struct unit *unit = &w->unit[i];

        if (gv_agent_deadline_ms(&w->agent[i].side) <= w->now_ms)
            agent_step(w, i, (struct gv_agent_event){.kind = GV_AGENT_TICK}, NULL);
        for (unsigned c = 0; c < COORDINATORS; c++) {
            if (gv_session_deadline_ms(&unit->session[c]) <= w->now_ms)
                session_step(w, i, c, (struct gv_session_event){.kind = GV_SESSION_TICK});
        }
    }
}

static void make_reports(struct world *w, unsigned i, unsigned count)
{
    struct gv_agent_event event = {.kind = GV_AGENT_APPENDED};
    struct log *log = &w->agent[i].reports;

    while (count-- > 0 && log->n < LOG_MAX)
        append(log, ++w->entries);
    event.u.appended = head(log);
    agent_step(w, i, event, NULL);
}

static void make_orders(struct world *w, unsigned i, unsigned count)
{
    struct unit *unit = unit_of(w, i);

    while (count-- > 0 && unit->orders.n < LOG_MAX)
        append(&unit->orders, ++w->entries);
    for (unsigned c = 0; c < COORDINATORS; c++)
        session_step(w, i, c,
                     (struct gv_session_event){.kind = GV_SESSION_HEAD, .n = unit->orders.n});
}

/* The tail of a report log is gone with a failover; sessions end with it. */
static void forget(struct world *w, unsigned i, unsigned count)
{
    struct unit *unit = unit_of(w, i);

    if ((w->mode & FORGETS) == 0 || count == 0 || unit->reports.n == 0)
        return;
    unit->forgot = true;
    unit->reports.n -= count < unit->reports.n ? count : unit->reports.n;
    memset(unit->session, 0, sizeof unit->session);
}

/* Any event with any numbers: only check_side() holds then. */
static void lie(struct world *w, unsigned i)
{
    struct gv_agent_event event = {.kind =
                                       (enum gv_agent_event_kind)(GV_AGENT_WELCOME + take(w) % 4)};
    struct agent *agent = &w->agent[i];
    struct frame frame = {.kind = (enum kind)(take(w) % 9), .agent = i, .link = agent->link};
    uint8_t edge = take(w);
    uint64_t n = edge >= 0xf0 ? UINT64_MAX - (edge & 15) : edge % (LOG_MAX + 4);

    if ((w->mode & LIARS) == 0)
        return;
    frame.reports = frame.orders =
        (struct gv_cursor){n, n <= agent->reports.n ? agent->reports.h[n] : agent->reports.h[0]};
    frame.connection = agent->connection;
    frame.first = n;
    frame.count = take(w) % (ENTRIES_MAX + 1);
    frame.credits = take(w);
    frame.resume = frame.credits % 2 == 1;
    if (event.kind == GV_AGENT_ORDERS && agent->orders.n + ENTRIES_MAX < LOG_MAX && edge < 0xf0) {
        frame.kind = ORDERS;
        agent_hears(w, &frame);
        return;
    }
    frame.count = 0;
    if (frame.kind != ORDERS)
        agent_hears(w, &frame);
}

static void one(struct world *w)
{
    uint8_t op = take(w), arg = take(w);
    unsigned i = arg & 1;
    size_t which = w->frame_count > 0 ? (arg >> 1) % w->frame_count : 0;

    switch (op % 16) {
    case 0:
    case 1:
    case 2:
    case 3:
        if (w->frame_count > 0)
            deliver(w, op % 16 == 3 ? which : 0);
        break;
    case 4:
        if (w->frame_count > 0)
            take_frame(w, which); /* lost */
        break;
    case 5:
        if (w->frame_count > 0)
            send_frame(w, &w->frames[which]); /* doubled */
        break;
    case 6:
    case 7:
        w->now_ms += 1 + (op % 16 == 6 ? arg : arg * 32);
        break;
    case 8:
        make_reports(w, i, 1 + arg / 32);
        break;
    case 9:
        make_orders(w, i, 1 + arg / 32);
        break;
    case 10:
        link_event(w, i, GV_AGENT_LINK_UP);
        break;
    case 11:
        link_event(w, i, arg % 8 < 4 ? GV_AGENT_LINK_DOWN : GV_AGENT_LINK_REFUSED);
        break;
    case 12:
        start_agent(w, i);
        break;
    case 13: /* a coordinator stops: its sessions are gone */
        for (unsigned u = 0; u < UNITS; u++)
            memset(&w->unit[u].session[i], 0, sizeof w->unit[u].session[i]);
        break;
    case 14:
        forget(w, i, arg / 16);
        break;
    default:
        lie(w, i);
        break;
    }
    tick(w);
    check_side(&w->agent[0]);
    check_side(&w->agent[1]);
}

/* ---- afterwards ----------------------------------------------------------------------------- */

static bool is_beginning(const struct log *of, const struct log *is)
{
    return is->n <= of->n && gv_hash_eq(&is->h[is->n], &of->h[is->n]);
}

static void check_logs(struct world *w)
{
    for (unsigned i = 0; i < UNITS; i++) {
        const struct agent *agent = &w->agent[i];
        const struct unit *unit = unit_of(w, i);

        assert(gv_hash_eq(&agent->receipted.h, &agent->reports.h[agent->receipted.n]));
        if (!honest(w))
            continue;
        assert(is_beginning(&agent->reports, &unit->reports));
        assert(is_beginning(&unit->orders, &agent->orders));
        assert(unit->acked <= agent->orders.n);
        assert(unit->forgot || agent->receipted.n <= unit->reports.n);
    }
}

static bool all_agrees(struct world *w)
{
    for (unsigned i = 0; i < UNITS; i++) {
        const struct agent *agent = &w->agent[i];
        const struct unit *unit = unit_of(w, i);

        if (unit->reports.n != agent->reports.n || agent->receipted.n != agent->reports.n ||
            agent->orders.n != unit->orders.n || unit->acked != unit->orders.n)
            return false;
    }
    return true;
}

/* No faults any more: every frame arrives in its turn, every link comes up, time goes on. */
static void heal(struct world *w)
{
    w->healing = true;
    for (unsigned step = 0; step < HEAL_STEPS && !all_agrees(w); step++) {
        while (w->frame_count > 0)
            deliver(w, 0);
        for (unsigned i = 0; i < UNITS; i++)
            link_event(w, i, GV_AGENT_LINK_UP);
        w->now_ms += 20;
        tick(w);
        if (step % 100 == 0) { /* the poll for heads that nobody told */
            make_orders(w, 0, 0);
            make_orders(w, 1, 0);
        }
    }
    assert(all_agrees(w));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;

    if (size == 0)
        return 0;
    memset(&w, 0, sizeof w);
    w.at = data + 1;
    w.left = size - 1 < INPUT_MAX ? size - 1 : INPUT_MAX;
    w.mode = data[0] & (CLONED | FORGETS | LIARS);
    for (unsigned i = 0; i < UNITS; i++)
        start_agent(&w, i);
    while (w.left > 0) {
        one(&w);
        check_logs(&w);
    }
    if (honest(&w))
        heal(&w);
    check_logs(&w);
    return 0;
}
