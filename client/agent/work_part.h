/* work_part.h - shared by work.c and report.c only. */
#ifndef GV_WORK_PART_H
#define GV_WORK_PART_H

#include "agent/work.h"

#define WORK_MANUAL "manual" /* the source that is a person at the keyboard */

struct gv_sent *work_sent_find(const struct gv_work_item *item,
                               const char *name); /* gone ones too */
gv_err work_sent_put(struct gv_work_item *item, const char *name, const gv_id *digest);

#endif
