/*
 * report.c - a report: whether it may be made in the assignment's state (domain/lifecycle.def),
 * whether it says anything new, its bytes; acceptance and return.
 */
#include <stdio.h>
#include <string.h>

#include "agent/work_part.h"
#include "crypto/hash.h"

/* ---- small helpers ---- */

/* Room for one more; capacity is the next power of two. */
static void *grow(gv_arena *arena, void *list, size_t *count, size_t size)
{
    size_t n = *count;

    if ((n & (n - 1)) == 0) {
        void *more = gv_arena_alloc(arena, (n == 0 ? 1 : 2 * n) * size);

        if (more == NULL)
            return NULL;
        if (n > 0)
            memcpy(more, list, n * size);
        list = more;
    }
    *count = n + 1;
    return list;
}

gv_err report_stray(struct gv_work_result *result, const char *task, enum gv_work_why why,
                    const char *detail)
{
    struct gv_work_note *notes =
        grow(result->arena, result->notes, &result->note_count, sizeof *notes);

    if (notes == NULL)
        return GV_ENOMEM;
    result->notes = notes;
    notes[result->note_count - 1] = (struct gv_work_note){why, task, detail};
    return GV_OK;
}

gv_err report_note(struct maker *m, enum gv_work_why why, const char *detail)
{
    return report_stray(m->result, m->task->task, why, detail);
}

void report_digest(const char *const *texts, size_t count, gv_id *out)
{
    struct gv_slice parts[4];
    gv_hash hash;

    for (size_t i = 0; i < count; i++)
        parts[i] = (struct gv_slice){(const uint8_t *)texts[i], strlen(texts[i])};
    gv_hash_of(WORK_CTX_SENT, parts, count, &hash);
    memcpy(out->b, hash.b, sizeof out->b);
}

bool report_was_sent(const struct gv_work_item *item, const char *name, const gv_id *digest)
{
    const struct gv_sent *sent = work_sent_find(item, name);

    return sent != NULL && !sent->gone && gv_id_eq(&sent->digest, digest);
}

/* "SOURCE/what" or "SOURCE/what/which". */
const char *report_name(struct maker *m, const char *what, const char *which, char *out,
                        size_t out_size)
{
    snprintf(out, out_size, "%s/%s%s%s", m->document->source, what, which != NULL ? "/" : "",
             which != NULL ? which : "");
    return out;
}

/* ---- entries ---- */

gv_err report_pack(gv_arena *arena, const ProtobufCMessage *message, struct gv_slice *out)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *data = gv_arena_alloc(arena, len + 1);

    if (data == NULL)
        return GV_ENOMEM;
    protobuf_c_message_pack(message, data);
    *out = (struct gv_slice){data, len};
    return GV_OK;
}

static gv_err pack_entry(struct maker *m, uint32_t kind, const ProtobufCMessage *body,
                         struct gv_slice *out)
{
    Giaoviec__V1__ReportEntry entry = GIAOVIEC__V1__REPORT_ENTRY__INIT;
    struct gv_slice packed;
    gv_err err = report_pack(m->result->arena, body, &packed);

    if (err != GV_OK)
        return err;
    entry.kind = kind;
    entry.time_us = m->now->time_us;
    entry.assignment = (ProtobufCBinaryData){sizeof m->item->id.b, m->item->id.b};
    entry.epoch = m->item->epoch;
    entry.body = (ProtobufCBinaryData){packed.len, (uint8_t *)packed.data};
    return report_pack(m->result->arena, &entry.base, out);
}

/* What a person said before of the same is over: said again, it is a correction. */
static gv_err remember(struct gv_work_item *item, const struct said *fact)
{
    char by_hand[sizeof WORK_MANUAL + SENT_NAME_MAX];
    const char *what = strchr(fact->name, '/');
    struct gv_sent *sent;

    snprintf(by_hand, sizeof by_hand, WORK_MANUAL "%s", what != NULL ? what : "");
    sent = work_sent_find(item, by_hand);
    if (sent != NULL)
        sent->gone = true;
    return work_sent_put(item, fact->name, &fact->digest);
}

gv_err report_add(struct maker *m, uint32_t kind, enum gv_act act, const ProtobufCMessage *body,
                  const struct said *facts, size_t count)
{
    struct gv_work_result *result = m->result;
    struct gv_work_entry *entries;
    struct gv_slice bytes;
    enum gv_state to;
    gv_err err = pack_entry(m, kind, body, &bytes);

    if (err != GV_OK)
        return err;
    if (bytes.len > GV_WORK_ENTRIES_MAX_BYTES)
        return report_stray(result, m->item->number, GV_WORK_TOO_LARGE, "");
    entries = grow(result->arena, result->entries, &result->entry_count, sizeof *entries);
    if (entries == NULL)
        return GV_ENOMEM;
    result->entries = entries;
    entries[result->entry_count - 1] = (struct gv_work_entry){kind, m->item->id, bytes};
    if (gv_lifecycle_row(m->item->state, act, &to) != NULL && to != m->item->state) {
        m->item->state = to;
        m->item->dirty = true;
    }
    for (size_t i = 0; i < count && err == GV_OK; i++)
        err = remember(m->item, &facts[i]);
    return err;
}

bool report_may(const struct gv_work_item *item, enum gv_act act)
{
    return gv_lifecycle_row(item->state, act, NULL) != NULL;
}

/* ---- return and accept ---- */

gv_err report_return(struct maker *m)
{
    Giaoviec__V1__Return body = GIAOVIEC__V1__RETURN__INIT;
    const char *reason = m->task->return_reason;
    struct said fact;

    report_name(m, "return", NULL, fact.name, sizeof fact.name);
    report_digest(&reason, 1, &fact.digest);
    if (report_was_sent(m->item, fact.name, &fact.digest))
        return GV_OK; /* returned before with these words */
    if (!report_may(m->item, GV_ACT_RETURN)) {
        if (m->item->state == GV_STATE_RETURNED)
            return report_note(m, GV_WORK_RETURNED, "");
        return report_note(
            m, m->item->state == GV_STATE_SUBMITTED ? GV_WORK_IS_SUBMITTED : GV_WORK_BEGUN, "");
    }
    body.reason = (char *)reason;
    return report_add(m, GIAOVIEC__V1__REPORT_KIND__REPORT_RETURN, GV_ACT_RETURN, &body.base, &fact,
                      1);
}

/* Upheld by the office: it was returned, and is not. Whoever returned it has to stop saying so. */
static bool is_upheld(struct maker *m)
{
    char own[SENT_NAME_MAX] = "";
    bool upheld = false;

    if (m->document != NULL)
        report_name(m, "return", NULL, own, sizeof own);
    for (size_t i = 0; i < m->item->sent_count; i++) {
        struct gv_sent *sent = &m->item->sent[i];
        const char *slash = strrchr(sent->name, '/');

        if (sent->gone || slash == NULL || strcmp(slash, "/return") != 0)
            continue;
        if (strcmp(sent->name, own) == 0 && (m->task == NULL || m->task->return_reason == NULL))
            sent->gone = true; /* its document no longer says so */
        else
            upheld = true;
    }
    return upheld;
}

const char *report_person(struct maker *m)
{
    if (m->document != NULL && m->document->status->person != NULL)
        return m->document->status->person;
    return m->now->person;
}

gv_err report_accept(struct maker *m)
{
    Giaoviec__V1__Accept body = GIAOVIEC__V1__ACCEPT__INIT;
    const char *person = report_person(m);
    bool asked = m->task != NULL && m->task->accept;

    if (!report_may(m->item, GV_ACT_ACCEPT))
        return GV_OK;
    if (is_upheld(m) && !asked)
        return GV_OK;
    if (person == NULL)
        return m->task != NULL ? report_note(m, GV_WORK_NO_PERSON, "") : GV_OK;
    body.person = (char *)person;
    return report_add(m, GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT, GV_ACT_ACCEPT, &body.base, NULL,
                      0);
}
