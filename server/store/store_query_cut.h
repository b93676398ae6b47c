/* store_query_cut.h - inside server/store only: a row that fits no frame, with its texts cut. */
#ifndef GV_STORE_QUERY_CUT_H
#define GV_STORE_QUERY_CUT_H

#include "base/buf.h"
#include "base/id.h"

#define GV_QUERY_CUT " […]"

/*
 * Appends the row, a JSON object, with its longest strings cut to 16 KiB, or, where it is longer
 * than max_bytes then, to less: what was cut ends in GV_QUERY_CUT. Strings of up to 256 bytes (ids,
 * digests, names) stay whole, so a row of very many may still be too long.
 */
void gv_query_cut(struct gv_slice row, size_t max_bytes, struct gv_buf *out);

#endif
