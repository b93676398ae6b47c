/*
 * text.h - UTF-8 (utf8.c, pure), NFC and the folded search key (text.c, utf8proc).
 * Folding: NFC, lower case, no diacritics, đ -> d, white space to one blank: «Hà», «ha» and «HÀ»
 * fold alike, and so do «thủy» and «thuỷ».
 */
#ifndef GV_TEXT_H
#define GV_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* One code point at s (len > 0): its bytes, or 0 where the bytes are not UTF-8. *cp may be NULL. */
size_t gv_utf8_next(const char *s, size_t len, uint32_t *cp);
/* Valid UTF-8 without NUL; *bad_at (may be NULL) is the byte where it breaks. */
bool gv_text_valid(const char *s, size_t len, size_t *bad_at);
/* Code points of valid UTF-8. */
size_t gv_text_code_points(const char *s, size_t len);

/* All three: GV_EBADMSG when not UTF-8. */
GV_MUSTCHECK gv_err gv_text_nfc(const char *s, size_t len, struct gv_buf *out);
GV_MUSTCHECK gv_err gv_text_fold(const char *s, size_t len, struct gv_buf *out);
/*
 * Lower case, decomposed, each word's tone mark moved to its end: «thủy» and «thuỷ», «hòa» and
 * «hoà» agree, «chính đồn» and «chỉnh đốn» do not.
 */
GV_MUSTCHECK gv_err gv_text_tone_key(const char *s, size_t len, struct gv_buf *out);
/* White space, the blank that does not break and the wide one included. */
bool gv_text_is_blank(uint32_t cp);
/* Is the first code point of valid UTF-8 a small letter? */
bool gv_text_begins_small(const char *s, size_t len);
/* Columns on a terminal. */
size_t gv_text_width(const char *s, size_t len);

#endif
