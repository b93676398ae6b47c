/* session.c - a connected unit: which orders it holds, which are on their way, when to send again.
 */
#include <assert.h>
#include <string.h>

#include "delivery/coordinator_side.h"

#include "base/plant.h"

enum {
    RETRY_MS = 100, /* a send did not go out */
    SLOW_SHIFT_MAX = 2,
    WINDOW_ENTRIES = 1024,
    WINDOW_BYTES = 1024 * 1024,
    BATCH_ENTRIES = 256,
    BATCH_BYTES = 200 * 1024,
    WAITING_SHIFT = 2, /* SENT is not answered for four times redeliver_ms: ask again */
};

static int64_t min_i64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t min_u64(uint32_t a, uint64_t b)
{
    return b < a ? (uint32_t)b : a;
}

static uint32_t or_default(uint32_t value, uint32_t fallback)
{
    return value == 0 ? fallback : value;
}

static int64_t redeliver_ms(const struct gv_session *session)
{
    return (int64_t)session->params.redeliver_ms << min_u32(session->slow, SLOW_SHIFT_MAX);
}

static int64_t silent_at(const struct gv_session *session)
{
    return session->seen_ms + session->params.silence_ms + session->params.silence_ms / 2;
}

static int64_t waiting_until(const struct gv_session *session)
{
    return session->waiting_ms + ((int64_t)session->params.redeliver_ms << WAITING_SHIFT);
}

static void ground(struct gv_session *session) /* nothing is in flight */
{
    session->in_flight = 0;
    session->flight_entries = 0;
    session->flight_bytes = 0;
    session->redeliver_at_ms = INT64_MAX;
}

/* A connected session's. */
static bool may_send(const struct gv_session *session)
{
    uint32_t envelopes = session->probing ? 1 : GV_SESSION_FLIGHT_MAX;

    return !session->waiting && session->sent < session->head && session->in_flight < envelopes &&
           session->flight_entries < session->params.window_entries &&
           session->flight_bytes < session->params.window_bytes;
}

static struct gv_session_action pump(struct gv_session *session, int64_t now_ms)
{
    struct gv_session_action action = {.kind = GV_SESSION_NONE};

    if (!may_send(session) || now_ms < session->retry_ms)
        return action;
    action.kind = GV_SESSION_SEND_ORDERS;
    action.connection = session->connection;
    action.after = session->sent;
    action.max_entries = min_u32(session->params.batch_entries,
                                 session->params.window_entries - session->flight_entries);
    /* What is past the head may not last yet. */
    action.max_entries = min_u64(action.max_entries, session->head - session->sent);
    action.max_bytes =
        min_u32(session->params.batch_bytes, session->params.window_bytes - session->flight_bytes);
    session->waiting = true;
    session->waiting_ms = now_ms;
    return action;
}

static struct gv_session_action drop(struct gv_session *session)
{
    struct gv_session_action action = {.kind = GV_SESSION_DROP, .connection = session->connection};

    memset(session, 0, sizeof *session);
    return action;
}

static void on_hello(struct gv_session *session, const struct gv_session_event *event,
                     const struct gv_session_params *params)
{
    assert(params != NULL && params->redeliver_ms > 0 && params->silence_ms > 0);
    if (session->connected && event->connection < session->connection)
        return;
    memset(session, 0, sizeof *session);
    session->connected = true;
    session->params = *params;
    session->params.window_entries = or_default(params->window_entries, WINDOW_ENTRIES);
    session->params.window_bytes = or_default(params->window_bytes, WINDOW_BYTES);
    session->params.batch_entries = or_default(params->batch_entries, BATCH_ENTRIES);
    session->params.batch_bytes = or_default(params->batch_bytes, BATCH_BYTES);
    session->connection = event->connection;
    session->head = event->head;
    session->acked = event->n;
    session->sent = event->n;
    session->seen_ms = event->now_ms;
    ground(session);
}

static void on_acked(struct gv_session *session, const struct gv_session_event *event)
{
    uint32_t done = 0;

    if (event->n <= session->acked)
        return;
    session->acked = event->n;
    if (session->head < event->n)
        session->head = event->n;
    if (session->sent < event->n)
        session->sent = event->n;
    while (done < session->in_flight && session->flight[done].last <= event->n) {
        session->flight_entries -= session->flight[done].entries;
        session->flight_bytes -= session->flight[done].bytes;
        done++;
    }
    session->in_flight -= done;
    memmove(session->flight, session->flight + done,
            session->in_flight * sizeof session->flight[0]);
    session->probing = false;
    session->slow = 0;
    session->redeliver_at_ms =
        session->in_flight > 0 ? event->now_ms + redeliver_ms(session) : INT64_MAX;
}

static void on_sent(struct gv_session *session, const struct gv_session_event *event)
{
    struct gv_session_flight *flight;

    if (!session->waiting)
        return;
    session->waiting = false;
    if (event->n <= session->sent || event->n > session->head) {
        session->retry_ms = event->now_ms + RETRY_MS;
        return;
    }
    flight = &session->flight[session->in_flight++];
    flight->last = event->n;
    flight->entries = (uint32_t)(event->n - session->sent);
    flight->bytes = event->bytes;
    session->flight_entries += flight->entries;
    session->flight_bytes += flight->bytes;
    session->sent = event->n;
    if (session->redeliver_at_ms == INT64_MAX)
        session->redeliver_at_ms = event->now_ms + redeliver_ms(session);
}

static void on_time(struct gv_session *session, int64_t now_ms)
{
    if (session->waiting && now_ms >= waiting_until(session))
        session->waiting = false;
    if (session->waiting || now_ms < session->redeliver_at_ms || GV_PLANTED(NO_REDELIVERY))
        return;
    ground(session);
    session->sent = session->acked;
    session->probing = true;
    session->slow = min_u32(session->slow + 1, SLOW_SHIFT_MAX);
}

/* Does the event speak of another connection than the session's? */
static bool foreign(const struct gv_session *session, const struct gv_session_event *event)
{
    switch (event->kind) {
    case GV_SESSION_HELLO_OK:
        return false;
    case GV_SESSION_ACKED:
    case GV_SESSION_SEEN:
        return event->connection != session->connection;
    default:
        return event->connection != 0 && event->connection != session->connection;
    }
}

struct gv_session_action gv_session_step(struct gv_session *session,
                                         const struct gv_session_event *event,
                                         const struct gv_session_params *params)
{
    static const struct gv_session_action nothing = {.kind = GV_SESSION_NONE};

    if (foreign(session, event) || (!session->connected && event->kind != GV_SESSION_HELLO_OK))
        return nothing;
    switch (event->kind) {
    case GV_SESSION_HELLO_OK:
        on_hello(session, event, params);
        break;
    case GV_SESSION_HEAD:
        if (session->head < event->n)
            session->head = event->n;
        break;
    case GV_SESSION_ACKED:
        session->seen_ms = event->now_ms;
        on_acked(session, event);
        break;
    case GV_SESSION_SEEN:
        session->seen_ms = event->now_ms;
        break;
    case GV_SESSION_SENT:
        on_sent(session, event);
        break;
    case GV_SESSION_GONE:
        return drop(session);
    default: /* TICK: only time passes */
        break;
    }
    if (event->now_ms >= silent_at(session))
        return drop(session);
    on_time(session, event->now_ms);
    return pump(session, event->now_ms);
}

int64_t gv_session_deadline_ms(const struct gv_session *session)
{
    int64_t at;

    if (!session->connected)
        return INT64_MAX;
    at = silent_at(session);
    if (session->waiting)
        return min_i64(at, waiting_until(session));
    at = min_i64(at, session->redeliver_at_ms);
    return may_send(session) ? min_i64(at, session->retry_ms) : at;
}
