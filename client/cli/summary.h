/*
 * summary.h - the summary as loaded: every section of one moment. One owner thread.
 */
#ifndef GV_CLI_SUMMARY_H
#define GV_CLI_SUMMARY_H

#include <jansson.h>

#include "cli/rpc.h"

enum summary_section {
    SUMMARY_ITEMS,
    SUMMARY_UNITS,
    SUMMARY_INDICATORS,
    SUMMARY_PERIODS,
    SUMMARY_ATTESTATIONS,
    SUMMARY_OVERDUE,
    SUMMARY_SILENT,
    SUMMARY_NOT_MET,
    SUMMARY_SECTIONS
};

struct summary {
    json_t *head;
    struct gv_buf head_text;        /* as sent */
    json_t *rows[SUMMARY_SECTIONS]; /* arrays */
    struct gv_buf
        texts[SUMMARY_SECTIONS]; /* the rows as sent, between commas: decimals stay exact */
    int silent_after;            /* days */
    bool moved; /* something was recorded while the sections were read: they may disagree */
};

void summary_init(struct summary *summary);
void summary_fini(struct summary *summary);
const char *summary_key(enum summary_section section); /* of summary.json: "not_met" */
/* All sections as of one moment: read again while the ledger moves on, a few times. directive may
 * be NULL. */
GV_MUSTCHECK gv_err summary_load(gv_rpc *rpc, const char *directive, int silent_after,
                                 struct summary *out);

/* summary_json.c: all of these append. */
void summary_put_json(const struct summary *summary, struct gv_buf *out);
void summary_put_csv(const struct summary *summary, struct gv_buf *out);
/* summary_text.c: the report for the Standing Committee. */
void summary_put_text(const struct summary *summary, struct gv_buf *out);

/* The rows of a part ("by" is that): NULL by: all. Borrowed; *at is moved on; NULL: no more. */
const json_t *summary_next(const struct summary *summary, enum summary_section section,
                           const char *by, size_t *at);

#endif
