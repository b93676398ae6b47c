/* summary.c - the sections of a summary, all of one moment. */
#include "cli/summary.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TRIES 5

static const struct {
    const char *key;
    const char *query;
} sections[SUMMARY_SECTIONS] = {
    [SUMMARY_ITEMS] = {"items", "summary-items"},
    [SUMMARY_UNITS] = {"units", "summary-units"},
    [SUMMARY_INDICATORS] = {"indicators", "summary-indicators"},
    [SUMMARY_PERIODS] = {"periods", "summary-periods"},
    [SUMMARY_ATTESTATIONS] = {"attestations", "summary-attestations"},
    [SUMMARY_OVERDUE] = {"overdue", "summary-overdue"},
    [SUMMARY_SILENT] = {"silent", "summary-silent"},
    [SUMMARY_NOT_MET] = {"not_met", "summary-notmet"},
};

void summary_init(struct summary *summary)
{
    memset(summary, 0, sizeof *summary);
    gv_buf_init(&summary->head_text);
    for (size_t i = 0; i < SUMMARY_SECTIONS; i++)
        gv_buf_init(&summary->texts[i]);
}

void summary_fini(struct summary *summary)
{
    json_decref(summary->head);
    gv_buf_fini(&summary->head_text);
    for (size_t i = 0; i < SUMMARY_SECTIONS; i++) {
        json_decref(summary->rows[i]);
        gv_buf_fini(&summary->texts[i]);
    }
    summary_init(summary);
}

const char *summary_key(enum summary_section section)
{
    return sections[section].key;
}

struct head {
    json_t *json;
    struct gv_buf *text; /* NULL: not wanted */
};

static gv_err keep_head(void *arg, const struct rpc_row *row)
{
    struct head *head = arg;

    json_decref(head->json);
    head->json = json_incref(row->json);
    if (head->text != NULL) {
        gv_buf_reset(head->text);
        gv_buf_append(head->text, row->text, row->len);
    }
    return GV_OK;
}

struct part {
    json_t *rows;
    struct gv_buf *text;
};

static gv_err keep_row(void *arg, const struct rpc_row *row)
{
    struct part *part = arg;

    gv_buf_puts(part->text, part->text->len > 0 ? ",\n  " : "\n  ");
    gv_buf_append(part->text, row->text, row->len);
    return json_array_append(part->rows, row->json) == 0 && gv_buf_ok(part->text) ? GV_OK
                                                                                  : GV_ENOMEM;
}

/* The arguments of every section: the moment of the head, and the directive. */
struct ask {
    char at[40];
    char days[40];
    char directive[300];
    const char *args[3];
    size_t count;
};

static void ask_of(struct ask *ask, const char *directive, int64_t at_us)
{
    ask->count = 0;
    if (at_us > 0) {
        snprintf(ask->at, sizeof ask->at, "at=%" PRId64, at_us);
        ask->args[ask->count++] = ask->at;
    }
    if (directive != NULL) {
        snprintf(ask->directive, sizeof ask->directive, "directive=%s", directive);
        ask->args[ask->count++] = ask->directive;
    }
}

static gv_err load_head(gv_rpc *rpc, const char *directive, int64_t at_us, struct head *head)
{
    struct ask ask;
    struct rpc_query query = {.name = "summary-head"};
    gv_err err;

    ask_of(&ask, directive, at_us);
    query.args = ask.args;
    query.arg_count = ask.count;
    err = rpc_query(rpc, &query, keep_head, head, NULL);
    return err == GV_OK && head->json == NULL ? GV_EBADMSG : err;
}

static gv_err load_section(gv_rpc *rpc, const char *directive, int64_t at_us,
                           enum summary_section section, struct summary *out)
{
    struct part part = {json_array(), &out->texts[section]};
    struct rpc_query query = {.name = sections[section].query};
    struct ask ask;

    if (part.rows == NULL)
        return GV_ENOMEM;
    ask_of(&ask, directive, at_us);
    if (section == SUMMARY_SILENT) {
        snprintf(ask.days, sizeof ask.days, "days=%d", out->silent_after);
        ask.args[ask.count++] = ask.days;
    }
    query.args = ask.args;
    query.arg_count = ask.count;
    json_decref(out->rows[section]);
    out->rows[section] = part.rows;
    gv_buf_reset(part.text);
    return rpc_query(rpc, &query, keep_row, &part, NULL);
}

/* *same: nothing was recorded between the head and the last section. */
static gv_err load_once(gv_rpc *rpc, const char *directive, struct summary *out, bool *same)
{
    struct head head = {NULL, &out->head_text}, again = {NULL, NULL};
    int64_t at_us = 0;
    gv_err err = load_head(rpc, directive, 0, &head);

    if (err == GV_OK && directive != NULL &&
        json_array_size(json_object_get(head.json, "directives")) == 0)
        err = GV_ENOTFOUND;
    if (err == GV_OK)
        at_us = row_number(head.json, "business_us");
    for (int i = 0; err == GV_OK && i < SUMMARY_SECTIONS; i++)
        err = load_section(rpc, directive, at_us, (enum summary_section)i, out);
    if (err == GV_OK)
        err = load_head(rpc, directive, at_us, &again);
    if (err == GV_OK) {
        *same = row_number(head.json, "rows") == row_number(again.json, "rows");
        json_decref(out->head);
        out->head = json_incref(head.json);
    }
    json_decref(head.json);
    json_decref(again.json);
    return err;
}

gv_err summary_load(gv_rpc *rpc, const char *directive, int silent_after, struct summary *out)
{
    bool same = false;
    gv_err err = GV_OK;

    if (directive != NULL && strlen(directive) > 256)
        return GV_EUSAGE;
    out->silent_after = silent_after;
    for (int i = 0; i < TRIES && err == GV_OK && !same; i++)
        err = load_once(rpc, directive, out, &same);
    out->moved = !same;
    return err;
}

const json_t *summary_next(const struct summary *summary, enum summary_section section,
                           const char *by, size_t *at)
{
    const json_t *rows = summary->rows[section];

    while (*at < json_array_size(rows)) {
        const json_t *row = json_array_get(rows, (*at)++);

        if (by == NULL || strcmp(row_text(row, "by"), by) == 0)
            return row;
    }
    return NULL;
}
