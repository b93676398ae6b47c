/*
 * entry.h - a report entry as it stands in a log: kind, assignment, epoch, business time, body.
 * What it means is decided elsewhere; here only whether it is one. Any thread.
 */
#ifndef GV_TRUST_ENTRY_H
#define GV_TRUST_ENTRY_H

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "giaoviec/v1/entry.pb-c.h"

#define GV_REPORT_TEXT_MAX 16384 /* bytes of a text: what is told of a report fits a frame */

struct gv_report {
    uint32_t kind; /* ReportKind */
    int64_t time_us;
    gv_id assignment;
    uint32_t epoch;
    /* The one of the kind is set; all live in the arena. */
    Giaoviec__V1__Accept *accept;
    Giaoviec__V1__Return *returned;
    Giaoviec__V1__Status *status;
    Giaoviec__V1__Submit *submit;
    Giaoviec__V1__Attest *attest;
};

/* The body's descriptor; NULL: no such kind. */
const ProtobufCMessageDescriptor *gv_report_body(uint32_t kind);

/*
 * GV_EBADMSG: not a ReportEntry, or ids, epoch, time or body are not what they must be (who
 * accepts or attests is named, a return gives a reason, a progress is at most 100 percent, an
 * indicator is there once, a value is a decimal or not known, what was breached was not kept, no
 * text is longer than GV_REPORT_TEXT_MAX).
 * GV_EUNSUPPORTED: a kind that is not known here. *out holds what could be read also on failure:
 * kind, assignment (zero: not readable), epoch, time.
 */
GV_MUSTCHECK gv_err gv_report_open(struct gv_slice entry, gv_arena *arena, struct gv_report *out);

/* -?digits[.digits], at most 40 characters, at most 30 digits before the point (zeros in front do
 * not count). */
bool gv_decimal_valid(const char *s);

#endif
