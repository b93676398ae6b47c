/*
 * buf.h - a growing byte buffer. The first error sticks: check gv_buf_ok() once at the end.
 */
#ifndef GV_BUF_H
#define GV_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"

struct gv_buf {
    uint8_t *data; /* malloc'd; after any append also NUL-terminated (not counted) */
    size_t len;
    size_t cap;
    bool failed;
};

void gv_buf_init(struct gv_buf *buf);
void gv_buf_fini(struct gv_buf *buf);
void gv_buf_reset(struct gv_buf *buf); /* keep the memory */
bool gv_buf_ok(const struct gv_buf *buf);
uint8_t *gv_buf_room(struct gv_buf *buf,
                     size_t len); /* len bytes appended, uninitialised; NULL: failed */
void gv_buf_append(struct gv_buf *buf, const void *data, size_t len);
void gv_buf_puts(struct gv_buf *buf, const char *s);
void gv_buf_putc(struct gv_buf *buf, char c);
void gv_buf_printf(struct gv_buf *buf, const char *fmt, ...) GV_PRINTF(2, 3);
void gv_buf_le64(struct gv_buf *buf, uint64_t v);
/* JSON string with quotes, escaped; bytes that are not UTF-8 become U+FFFD. */
void gv_buf_json_str(struct gv_buf *buf, const char *s, size_t len);
/* The whole file, at most max_bytes (GV_ETOOBIG). GV_ENOTFOUND, GV_EIO. */
GV_MUSTCHECK gv_err gv_buf_read_file(struct gv_buf *buf, const char *path, size_t max_bytes);
/* Atomic: temporary file beside it, fsync, rename, fsync of the folder. GV_ENOSPACE: the disk is
 * full. */
GV_MUSTCHECK gv_err gv_file_write(const char *path, const void *data, size_t len, unsigned mode);
/* The same for a file that must not be there yet. GV_EEXISTS, GV_EDENIED, GV_EIO. */
GV_MUSTCHECK gv_err gv_file_create(const char *path, const void *data, size_t len, unsigned mode);
/* Makes durable that something was made, renamed or removed in the folder that path lies in. */
GV_MUSTCHECK gv_err gv_file_sync_folder(const char *path);

#endif
