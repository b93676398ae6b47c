/* loader.h - what the files that load a breakdown share. Inside plan/ only. */
#ifndef GV_LOADER_H
#define GV_LOADER_H

#include "letter/letter.h"
#include "plan/breakdown.h"
#include "plan/yamldoc.h"

enum gv_task_field { /* those that have a provenance, by the name of their YAML key */
                     GV_FIELD_WORDS,
                     GV_FIELD_GLOSS,
                     GV_FIELD_KINDS,
                     GV_FIELD_FIELD,
                     GV_FIELD_LEAD,
                     GV_FIELD_COORDINATORS,
                     GV_FIELD_FOLLOWERS,
                     GV_FIELD_SUPERVISOR,
                     GV_FIELD_DUE,
                     GV_FIELD_CALENDAR,
                     GV_FIELD_INDICATORS,
                     GV_FIELD_ATTEST,
                     GV_FIELD_COUNT
};

struct gv_origin {
    uint32_t origin; /* Giaoviec__V1__Origin; 0: not said */
    const char *by;
    int32_t on_day;
};

struct gv_loader {
    struct gv_yaml y;
    const struct gv_breakdown_in *in;
    struct gv_letter letter;
    const char *author;
    int32_t written_day;
    bool letter_day_known;
    int32_t letter_day;
    uint32_t version;
    struct gv_origin defaults[GV_FIELD_COUNT];
    struct gv_breakdown_group *groups;
    size_t group_count;
    struct gv_breakdown_task *tasks;
    size_t task_count;
    struct gv_breakdown out;
};

/* All of these say what is wrong in the list of problems and go on. */

/* breakdown_group.c */
void gv_load_groups(struct gv_loader *l, yaml_node_t *node);
const struct gv_breakdown_group *gv_load_group_find(const struct gv_loader *l, const char *name);
void gv_load_names(struct gv_loader *l, yaml_node_t *node, bool one, struct gv_names *out);
/* origins[GV_FIELD_COUNT] gets what the mapping says. */
void gv_load_provenance(struct gv_loader *l, yaml_node_t *node, struct gv_origin *origins);
/* "letter" or "office" of a single value; fallback where node is NULL. */
uint32_t gv_load_origin(struct gv_loader *l, yaml_node_t *node, uint32_t fallback);
char **gv_load_strings(struct gv_loader *l, const struct gv_names *names);

/* breakdown_task.c */
void gv_load_task(struct gv_loader *l, yaml_node_t *node, struct gv_breakdown_task *out);

/* breakdown_when.c */
void gv_load_due(struct gv_loader *l, yaml_node_t *node, uint32_t origin, Giaoviec__V1__Task *task);
void gv_load_calendar(struct gv_loader *l, yaml_node_t *node, uint32_t origin,
                      Giaoviec__V1__Task *task);
void gv_load_attest(struct gv_loader *l, yaml_node_t *node, uint32_t origin,
                    Giaoviec__V1__Task *task);

/* breakdown_indicator.c */
void gv_load_indicators(struct gv_loader *l, yaml_node_t *node, uint32_t origin,
                        Giaoviec__V1__Task *task);

/* breakdown_words.c: looks for the words inside the letter's item. occurrence 0: not said. *span
 * may be NULL. The words as the letter has them on one line, in the arena; NULL: a problem. */
const char *gv_load_words(struct gv_loader *l, yaml_node_t *node, uint32_t item,
                          uint32_t occurrence, struct gv_span *span);
bool gv_load_has_item(const struct gv_loader *l, uint32_t item);

#endif
