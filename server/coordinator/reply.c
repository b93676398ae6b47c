/* reply.c - one way to write a message of the coordinator's. */
#include "coordinator/reply.h"

#include "base/clock.h"
#include "base/log.h"
#include "giaoviec/v1/delivery.pb-c.h"

static void push(struct coordinator *c, void *const *outs, size_t count)
{
    for (size_t i = gv_queue_push_many(c->out, outs, count); i < count; i++)
        out_free(outs[i]);
}

void outbox_send(struct coordinator *c, struct outbox *box)
{
    push(c, box->outs, box->count);
    box->count = 0;
}

static void put(struct coordinator *c, struct outbox *box, struct out *out)
{
    box->outs[box->count++] = out;
    if (box->count == sizeof box->outs / sizeof box->outs[0])
        outbox_send(c, box);
}

/* box NULL: at once. */
static gv_err send_head(struct coordinator *c, struct outbox *box, int32_t unit_id,
                        const struct route *route, struct gv_head *head,
                        const ProtobufCMessage *body)
{
    const struct gv_kind_row *row = gv_kind_row(head->kind);
    struct out *out = out_new(unit_id, route);
    gv_err err;

    if (out == NULL)
        return GV_ENOMEM;
    head->deployment = c->deployment;
    head->sender = c->self;
    head->sequence = atomic_fetch_add(&c->sequence, 1) + 1;
    head->time_us = gv_clock_real_us();
    err =
        gv_message_seal(head, body, (row->flags & GV_MSG_SIGNED) != 0 ? c->key : NULL, &out->frame);
    if (err != GV_OK) {
        log_error("reply-not-written", "kind=%s to=%s error=%s", row->name, head->recipient.s,
                  gv_err_name(err));
        out_free(out);
    } else if (box != NULL) {
        put(c, box, out);
    } else {
        push(c, (void *[]){out}, 1);
    }
    return err;
}

static gv_err answer(struct coordinator *c, const struct job *job, enum gv_kind kind,
                     const ProtobufCMessage *body)
{
    struct gv_head head = {.kind = kind,
                           .recipient = job->who->code,
                           .connection = job->message.head.connection,
                           .in_reply_to = job->message.head.message_id};

    return send_head(c, NULL, job->who->unit_id, &job->route, &head, body);
}

void reply(struct coordinator *c, const struct job *job, enum gv_kind kind,
           const ProtobufCMessage *body)
{
    if (answer(c, job, kind, body) == GV_ETOOBIG)
        reply_error(c, job, GV_ETOOBIG, NULL);
}

void reply_error(struct coordinator *c, const struct job *job, gv_err err, const char *text)
{
    Giaoviec__V1__Error body = GIAOVIEC__V1__ERROR__INIT;

    body.code = err;
    body.retry = gv_err_retry(err);
    body.text = (char *)(text != NULL ? text : gv_err_text(err));
    (void)answer(c, job, GV_KIND_ERROR, &body.base);
}

void reply_busy(struct coordinator *c, const struct job *job, uint32_t retry_after_ms,
                uint64_t first)
{
    Giaoviec__V1__Busy body = GIAOVIEC__V1__BUSY__INIT;

    body.retry_after_ms = retry_after_ms;
    body.first = first;
    count(c, COUNT_BUSY, 1);
    reply(c, job, GV_KIND_BUSY, &body.base);
}

void tell(struct coordinator *c, struct outbox *box, int32_t unit_id, const struct route *route,
          const gv_code *unit, uint64_t connection, enum gv_kind kind, const ProtobufCMessage *body)
{
    struct gv_head head = {.kind = kind, .recipient = *unit, .connection = connection};

    (void)send_head(c, box, unit_id, route, &head, body);
}
