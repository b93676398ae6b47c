/* entry.c - the five report bodies, and what each must hold. */
#include "trust/entry.h"

#include <string.h>

#include "wire/pb_arena.h"

#define DIGITS      "0123456789"
#define DECIMAL_MAX 40
#define WHOLE_MAX   30   /* digits before the point: below 10^30, as it is stored */
#define LIST_MAX    1000 /* values, periods, lines of an attestation */

const ProtobufCMessageDescriptor *gv_report_body(uint32_t kind)
{
    static const ProtobufCMessageDescriptor *const bodies[] = {
        [GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT] = &giaoviec__v1__accept__descriptor,
        [GIAOVIEC__V1__REPORT_KIND__REPORT_RETURN] = &giaoviec__v1__return__descriptor,
        [GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS] = &giaoviec__v1__status__descriptor,
        [GIAOVIEC__V1__REPORT_KIND__REPORT_SUBMIT] = &giaoviec__v1__submit__descriptor,
        [GIAOVIEC__V1__REPORT_KIND__REPORT_ATTEST] = &giaoviec__v1__attest__descriptor,
    };

    return kind < sizeof bodies / sizeof bodies[0] ? bodies[kind] : NULL;
}

bool gv_decimal_valid(const char *s)
{
    size_t len = strlen(s), zeros, whole, part;

    if (len > DECIMAL_MAX)
        return false;
    if (*s == '-')
        s++;
    zeros = strspn(s, "0");
    whole = strspn(s + zeros, DIGITS);
    if (zeros + whole == 0 || whole > WHOLE_MAX)
        return false;
    s += zeros + whole;
    if (*s == '\0')
        return true;
    part = *s == '.' ? strspn(s + 1, DIGITS) : 0;
    return part > 0 && s[1 + part] == '\0';
}

static bool text_holds(const char *s)
{
    return strlen(s) <= GV_REPORT_TEXT_MAX;
}

static bool values_hold(Giaoviec__V1__IndicatorValue *const *values, size_t count)
{
    if (count > LIST_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        const Giaoviec__V1__IndicatorValue *value = values[i];

        if (value->code[0] == '\0' || strlen(value->code) > 64)
            return false;
        if (value->not_known ? value->value[0] != '\0' : !gv_decimal_valid(value->value))
            return false;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(value->code, values[j]->code) == 0)
                return false;
        }
    }
    return true;
}

static bool periods_hold(Giaoviec__V1__PeriodDone *const *periods, size_t count)
{
    if (count > LIST_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!text_holds(periods[i]->note))
            return false;
    }
    return true;
}

static bool lines_hold(Giaoviec__V1__AttestException *const *lines, size_t count)
{
    if (count > LIST_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!text_holds(lines[i]->text))
            return false;
    }
    return true;
}

/* Who attests is named, and a clause that was broken was not kept. */
static bool attest_holds(const Giaoviec__V1__Attest *attest)
{
    return attest->person[0] != '\0' && text_holds(attest->person) &&
           lines_hold(attest->exceptions, attest->n_exceptions) &&
           lines_hold(attest->permits, attest->n_permits) &&
           lines_hold(attest->breaches, attest->n_breaches) &&
           !(attest->compliant && attest->n_breaches > 0);
}

static bool body_holds(struct gv_report *report, ProtobufCMessage *body)
{
    switch (report->kind) {
    case GIAOVIEC__V1__REPORT_KIND__REPORT_ACCEPT:
        report->accept = (Giaoviec__V1__Accept *)body;
        return report->accept->person[0] != '\0' && text_holds(report->accept->person) &&
               text_holds(report->accept->note);
    case GIAOVIEC__V1__REPORT_KIND__REPORT_RETURN:
        report->returned = (Giaoviec__V1__Return *)body;
        return report->returned->reason[0] != '\0' && text_holds(report->returned->reason);
    case GIAOVIEC__V1__REPORT_KIND__REPORT_STATUS:
        report->status = (Giaoviec__V1__Status *)body;
        return report->status->progress <= 101 && text_holds(report->status->narrative) &&
               periods_hold(report->status->periods, report->status->n_periods) &&
               values_hold(report->status->values, report->status->n_values);
    case GIAOVIEC__V1__REPORT_KIND__REPORT_SUBMIT:
        report->submit = (Giaoviec__V1__Submit *)body;
        return text_holds(report->submit->narrative) &&
               values_hold(report->submit->values, report->submit->n_values);
    default:
        report->attest = (Giaoviec__V1__Attest *)body;
        return attest_holds(report->attest);
    }
}

gv_err gv_report_open(struct gv_slice entry, gv_arena *arena, struct gv_report *out)
{
    const Giaoviec__V1__ReportEntry *pb;
    const ProtobufCMessageDescriptor *descriptor;
    ProtobufCMessage *body;

    *out = (struct gv_report){0};
    pb = gv_pb_unpack(&giaoviec__v1__report_entry__descriptor, entry, arena);
    if (pb == NULL)
        return gv_pb_fault(arena);
    out->kind = pb->kind;
    out->time_us = pb->time_us;
    out->epoch = pb->epoch;
    if (gv_id_from(gv_pb_slice(pb->assignment), &out->assignment) != GV_OK)
        return GV_EBADMSG;
    descriptor = gv_report_body(pb->kind);
    if (descriptor == NULL)
        return pb->kind == 0 ? GV_EBADMSG : GV_EUNSUPPORTED;
    if (pb->epoch == 0 || pb->epoch > INT32_MAX || pb->time_us <= 0 ||
        gv_id_is_zero(&out->assignment))
        return GV_EBADMSG;
    body = gv_pb_unpack(descriptor, gv_pb_slice(pb->body), arena);
    return body != NULL && body_holds(out, body) ? GV_OK : gv_pb_fault(arena);
}
