/*
 * act_body.h - what the body of an act must hold before anybody acts on it. Any thread.
 */
#ifndef GV_ACT_BODY_H
#define GV_ACT_BODY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "giaoviec/v1/act.pb-c.h"

/*
 * Unpacks an act's body by its kind. GV_EBADMSG: another message, or sizes of ids, codes, numbers,
 * times are not what they must be. GV_EUNSUPPORTED: no such kind, or (BODY_ENTRY) no such kind of
 * entry.
 */
GV_MUSTCHECK gv_err gv_act_body(uint32_t kind, struct gv_slice bytes, gv_arena *arena,
                                ProtobufCMessage **out);

/* Is the item well-formed for an act of this kind (with LIST)? */
bool gv_item_holds(uint32_t act_kind, const Giaoviec__V1__Item *item);

#endif
