/* presence.h - when each unit was last heard, and under which connection: stamped where frames
 * arrive, before any queue. Any thread. */
#ifndef GV_PRESENCE_H
#define GV_PRESENCE_H

#include <stdint.h>

#include "base/err.h"

struct presence;

GV_MUSTCHECK gv_err presence_new(struct presence **out);
void presence_free(struct presence *presence); /* NULL is fine */
void presence_stamp(struct presence *presence, int32_t unit_id, int64_t now_ms);
int64_t presence_at(struct presence *presence, int32_t unit_id); /* 0: never */

#endif
