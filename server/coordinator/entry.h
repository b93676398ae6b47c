/*
 * entry.h - one report entry: reading it, and deciding it over the row that it names. No I/O. The
 * same for units (their report log) and for members who act for a body.
 */
#ifndef GV_ENTRY_H
#define GV_ENTRY_H

#include "base/arena.h"
#include "coordinator/changes.h"
#include "coordinator/tasks.h"
#include "giaoviec/v1/delivery.pb-c.h"
#include "trust/entry.h"

struct entry_kind; /* entry.c */

struct entry {
    struct gv_slice bytes;
    struct gv_report report;       /* what could be read of it */
    const struct entry_kind *kind; /* NULL: see err */
    bool named;                    /* assignment and epoch are there */
    gv_err err; /* what makes it refused, whatever the state: GV_OK, GV_EBADMSG, GV_EUNSUPPORTED */
};

/* Never fails: what is wrong is in err. Lives in the arena. */
void entry_read(struct gv_slice bytes, gv_arena *arena, struct entry *out);

/*
 * Fills event's disposition, error, text, assignment, times and typed facts; moves the row where it
 * applies. row NULL: the unit never held it. task NULL only where row is NULL.
 */
void entry_decide(const struct entry *entry, struct gv_assignment_row *row, const struct task *task,
                  int64_t business_us, gv_arena *arena, struct gv_event *event);

/* The entry is kept and changes nothing, whatever it says. */
void entry_refuse(const struct entry *entry, gv_err err, const char *text, int64_t business_us,
                  struct gv_event *event);

#endif
