/* status_part.h - what the two forms of a status document share: checks of single values, growing
 * lists. Private to status.c, status_json.c, status_csv.c. */
#ifndef GV_STATUS_PART_H
#define GV_STATUS_PART_H

#include "agent/status.h"
#include "base/lang.h"
#include "trust/entry.h"

#define STATUS_PERSON_MAX    256
#define STATUS_CODE_MAX      64
#define STATUS_DECIMAL_MAX   40
#define STATUS_TASK_MAX      96
#define STATUS_NOTE_MAX      2048
#define STATUS_REASON_MAX    4096
#define STATUS_NARRATIVE_MAX GV_REPORT_TEXT_MAX

struct status_reader {
    gv_arena *arena;
    struct gv_status_fault *fault;
    struct gv_status_task *task; /* whose text is being read; NULL: the document's own */
};

/* Fills the fault's why; GV_EBADMSG. */
gv_err status_fail(struct status_reader *r, const char *fmt, ...) GV_PRINTF(2, 3);

/* Each answers GV_OK, or GV_EBADMSG after status_fail(), or GV_ENOMEM. Text: not empty, NFC, at
 * most max bytes before and as NFC, no control characters (several lines: but tab and line ends).
 */
gv_err status_text(struct status_reader *r, const char *s, size_t len, size_t max, bool lines,
                   const char **out);
gv_err status_decimal(struct status_reader *r, const char *s, size_t len, const char **out);
gv_err status_day(struct status_reader *r, const char *s, int32_t *out);
gv_err status_unit(struct status_reader *r, const char *s, gv_code *out);
gv_err status_task_name(struct status_reader *r, const char *s, size_t len, const char **out);
gv_err status_percent(struct status_reader *r, long long value, int *out);

/* Room for one more in a list of the arena that holds count; NULL: past max (after status_fail())
 * or no memory. The new element is zeroed. Capacity is the next power of two, so the list itself is
 * all that is kept. */
void *status_grow(struct status_reader *r, void *list, size_t *count, size_t size, size_t max,
                  void **grown);

gv_err status_read_json(struct status_reader *r, const char *text, size_t len,
                        struct gv_status *out);
gv_err status_read_csv(struct status_reader *r, const char *text, size_t len,
                       struct gv_status *out);

#endif
