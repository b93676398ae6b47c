/* base64.h - base64url of RFC 4648, section 5, without padding: tokens that people copy by hand. */
#ifndef GV_BASE64_H
#define GV_BASE64_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

void gv_base64url_put(struct gv_buf *out, const void *data, size_t len);
/* Strict: no padding, no white space, unused bits zero, so each value has one spelling. GV_EBADMSG.
 */
GV_MUSTCHECK gv_err gv_base64url_get(const char *s, size_t len, struct gv_buf *out);

#endif
