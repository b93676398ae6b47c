/*
 * text.h - UTF-8 checks (pure), NFC and the folded search key (utf8proc).
 * Folding: NFC, lower case, no diacritics, đ -> d, white space to one blank: «Hà», «ha» and «HÀ» fold
 * alike, and so do «thủy» and «thuỷ».
 */
#ifndef GV_TEXT_H
#define GV_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Valid UTF-8 without NUL and without surrogates; *bad_at is the byte where it breaks (may be NULL). */
bool gv_text_valid(const char *s, size_t len, size_t *bad_at);
GV_MUSTCHECK gv_err gv_text_nfc(const char *s, size_t len, struct gv_buf *out);
GV_MUSTCHECK gv_err gv_text_fold(const char *s, size_t len, struct gv_buf *out);
/* Columns on a terminal. */
size_t gv_text_width(const char *s, size_t len);
size_t gv_text_code_points(const char *s, size_t len);

#endif
