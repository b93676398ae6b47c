/* feed_line.h - one event of the ledger in words: when, who, what. Any thread. */
#ifndef GV_CLI_FEED_LINE_H
#define GV_CLI_FEED_LINE_H

#include <jansson.h>

#include "base/buf.h"

/* Appends a line, newline included. */
void feed_line_put(struct gv_buf *out, const json_t *event);

#endif
