/* links: gv_mutator gv_coordinator gv_store gv_trust gv_base */
/*
 * fuzz_entry.c - any bytes as an entry of a report log, decided over a row in every state, of the
 * entry's own epoch, of another, and over no row.
 */
#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "coordinator/entry.h"
#include "holds.h"
#include "mutator.h"
#include "wire/pb_arena.h"

#define NOW INT64_C(1707350400000000)

static Giaoviec__V1__Task body = GIAOVIEC__V1__TASK__INIT;
static Giaoviec__V1__Indicator indicator = GIAOVIEC__V1__INDICATOR__INIT;
static Giaoviec__V1__Indicator *indicators[] = {&indicator};
static Giaoviec__V1__Attestation clause = GIAOVIEC__V1__ATTESTATION__INIT;
static Giaoviec__V1__Attestation *clauses[] = {&clause};
static struct task task = {.task_id = 1, .task = &body};

static struct shape shape(uint8_t first)
{
    (void)first;
    return shape_of(&giaoviec__v1__report_entry__descriptor);
}

FUZZ_MUTATOR(0, shape);

static void make_task(void)
{
    static char code[] = "X", words[] = "điều khoản";

    indicator.code = code;
    body.indicators = indicators;
    body.n_indicators = 1;
    clause.clause = words;
    body.attestations = clauses;
    body.n_attestations = 1;
}

/* Postgres takes what the event says: texts, days, numbers. */
static void check_facts(const struct gv_event *event)
{
    const char *const texts[] = {event->text, event->person, event->narrative};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert(texts[i] == NULL || gv_text_valid(texts[i], strlen(texts[i]), NULL));
    assert(event->progress >= 0 && event->progress <= 101);
    for (size_t i = 0; i < event->value_count; i++) {
        assert(strcmp(event->values[i].code, "X") == 0);
        assert(event->values[i].not_known || gv_decimal_valid(event->values[i].value));
    }
    assert(event->attest == NULL || event->attest->clause == 0);
}

static void decide(const struct entry *entry, struct gv_assignment_row *row, gv_arena *arena)
{
    struct gv_event event = {0};
    struct gv_assignment before = {0};
    bool applied;

    if (row != NULL)
        before = row->a;
    entry_decide(entry, row, &task, NOW, arena, &event);
    applied = event.disposition == GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_APPLIED;
    assert(event.disposition >= GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_APPLIED &&
           event.disposition <= GIAOVIEC__V1__DISPOSITION_CODE__DISPOSITION_UNSUPPORTED);
    assert(applied == (event.error == GV_OK) && applied == event.changed);
    assert(!applied || (row != NULL && entry->named && entry->report.epoch == before.epoch));
    if (row != NULL && !applied)
        assert(row->a.state == before.state && row->a.epoch == before.epoch);
    if (applied)
        check_facts(&event);
}

static void decide_in_every_state(const struct entry *entry, gv_arena *arena)
{
    const uint32_t epochs[] = {entry->report.epoch, entry->report.epoch + 1, 1};

    decide(entry, NULL, arena);
    for (int state = 0; state < GV_STATE_END; state++) {
        for (size_t i = 0; i < sizeof epochs / sizeof epochs[0]; i++) {
            struct gv_assignment_row row = {.unit_id = 3, .task_id = 1, .role = 1};

            row.assignment = entry->report.assignment;
            row.a.state = (enum gv_state)state;
            row.a.epoch = epochs[i];
            row.a.issued_us = NOW - 1000000;
            row.a.due_us = state % 2 == 0 ? NOW + 1000000 : 0;
            decide(entry, &row, arena);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gv_arena *arena = gv_arena_new(64 * size + 65536);
    struct entry entry;

    make_task();
    if (arena == NULL)
        return 0;
    entry_read((struct gv_slice){data, size}, arena, &entry);
    assert((entry.kind != NULL) == (entry.err == GV_OK));
    assert(entry.err != GV_OK || entry.named);
    decide_in_every_state(&entry, arena);
    gv_arena_free(arena);
    return 0;
}
