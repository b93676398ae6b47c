/* buf.c - growing buffers, JSON strings, whole files. */
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

void gv_buf_init(struct gv_buf *buf)
{
    memset(buf, 0, sizeof *buf);
}

void gv_buf_fini(struct gv_buf *buf)
{
    free(buf->data);
    gv_buf_init(buf);
}

void gv_buf_reset(struct gv_buf *buf)
{
    buf->len = 0;
    buf->failed = false;
    if (buf->data != NULL)
        buf->data[0] = '\0';
}

bool gv_buf_ok(const struct gv_buf *buf)
{
    return !buf->failed;
}

uint8_t *gv_buf_room(struct gv_buf *buf, size_t len)
{
    uint8_t *room;

    if (buf->failed || len > SIZE_MAX / 4 || buf->len > SIZE_MAX / 4) {
        buf->failed = true;
        return NULL;
    }
    if (buf->len + len + 1 > buf->cap) {
        size_t cap = (buf->len + len + 1) * 2;
        uint8_t *data = realloc(buf->data, cap);

        if (data == NULL) {
            buf->failed = true;
            return NULL;
        }
        buf->data = data;
        buf->cap = cap;
    }
    room = buf->data + buf->len;
    buf->len += len;
    buf->data[buf->len] = '\0';
    return room;
}

void gv_buf_append(struct gv_buf *buf, const void *data, size_t len)
{
    uint8_t *room = gv_buf_room(buf, len);

    if (room != NULL && len > 0)
        memcpy(room, data, len);
}

void gv_buf_puts(struct gv_buf *buf, const char *s)
{
    gv_buf_append(buf, s, strlen(s));
}

void gv_buf_putc(struct gv_buf *buf, char c)
{
    gv_buf_append(buf, &c, 1);
}

void gv_buf_printf(struct gv_buf *buf, const char *fmt, ...)
{
    va_list args, again;
    int len;
    uint8_t *room;

    va_start(args, fmt);
    va_copy(again, args);
    len = vsnprintf(NULL, 0, fmt, args);
    if (len < 0) {
        buf->failed = true;
    } else {
        room = gv_buf_room(buf, (size_t)len);
        if (room != NULL)
            vsnprintf((char *)room, (size_t)len + 1, fmt, again);
    }
    va_end(again);
    va_end(args);
}

void gv_buf_le64(struct gv_buf *buf, uint64_t v)
{
    uint8_t bytes[8];

    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(v >> (8 * i));
    gv_buf_append(buf, bytes, sizeof bytes);
}

static void json_char(struct gv_buf *buf, const char *s, size_t size)
{
    unsigned char c = (unsigned char)s[0];

    if (c == '"' || c == '\\')
        gv_buf_printf(buf, "\\%c", c);
    else if (c == '\n')
        gv_buf_puts(buf, "\\n");
    else if (c < 0x20 || c == 0x7f)
        gv_buf_printf(buf, "\\u%04x", c);
    else
        gv_buf_append(buf, s, size);
}

void gv_buf_json_str(struct gv_buf *buf, const char *s, size_t len)
{
    gv_buf_putc(buf, '"');
    for (size_t i = 0; i < len;) {
        size_t size = gv_utf8_next(s + i, len - i, NULL);

        if (size == 0) {
            gv_buf_puts(buf, "\xef\xbf\xbd");
            i++;
            continue;
        }
        json_char(buf, s + i, size);
        i += size;
    }
    gv_buf_putc(buf, '"');
}

gv_err gv_buf_read_file(struct gv_buf *buf, const char *path, size_t max_bytes)
{
    FILE *file = fopen(path, "rbe");
    size_t start = buf->len;
    gv_err err = GV_OK;

    if (file == NULL)
        return errno == ENOENT ? GV_ENOTFOUND : errno == EACCES ? GV_EDENIED : GV_EIO;
    for (;;) {
        uint8_t chunk[16384];
        size_t n = fread(chunk, 1, sizeof chunk, file);

        gv_buf_append(buf, chunk, n);
        if (buf->len - start > max_bytes) {
            err = GV_ETOOBIG;
            break;
        }
        if (n < sizeof chunk)
            break;
    }
    if (err == GV_OK && ferror(file))
        err = GV_EIO;
    if (err == GV_OK && !gv_buf_ok(buf))
        err = GV_ENOMEM;
    fclose(file);
    return err;
}

static bool write_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

gv_err gv_file_sync_folder(const char *path)
{
    char *folder = strdup(path);
    char *slash;
    int fd;
    gv_err err = GV_EIO;

    if (folder == NULL)
        return GV_ENOMEM;
    slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[slash == folder ? 1 : 0] = '\0';
    fd = open(slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        if (fsync(fd) == 0)
            err = GV_OK;
        close(fd);
    }
    free(folder);
    return err;
}

/* A whole, durable file beside path, under a name of its own: appended to tmp. */
static gv_err write_beside(const char *path, const void *data, size_t len, unsigned mode,
                           struct gv_buf *tmp)
{
    bool written, full;
    int fd, error;

    gv_buf_printf(tmp, "%s.tmp.XXXXXX", path);
    if (!gv_buf_ok(tmp))
        return GV_ENOMEM;
    fd = mkostemp((char *)tmp->data, O_CLOEXEC);
    if (fd < 0)
        return errno == EACCES ? GV_EDENIED : errno == ENOSPC ? GV_ENOSPACE : GV_EIO;
    errno = 0;
    written = fchmod(fd, (mode_t)mode) == 0 && write_all(fd, data, len) && fsync(fd) == 0;
    full = !written && errno == ENOSPC;
    error = close(fd);
    if (written && (error == 0 || errno == EINTR))
        return GV_OK;
    unlink((char *)tmp->data);
    return full ? GV_ENOSPACE : GV_EIO;
}

gv_err gv_file_write(const char *path, const void *data, size_t len, unsigned mode)
{
    struct gv_buf tmp;
    gv_err err;

    gv_buf_init(&tmp);
    err = write_beside(path, data, len, mode, &tmp);
    if (err == GV_OK && rename((char *)tmp.data, path) != 0) {
        unlink((char *)tmp.data);
        err = GV_EIO;
    }
    if (err == GV_OK)
        err = gv_file_sync_folder(path);
    gv_buf_fini(&tmp);
    return err;
}

/* link() instead of rename(): it never replaces. */
gv_err gv_file_create(const char *path, const void *data, size_t len, unsigned mode)
{
    struct gv_buf tmp;
    gv_err err;

    gv_buf_init(&tmp);
    err = write_beside(path, data, len, mode, &tmp);
    if (err == GV_OK) {
        if (link((char *)tmp.data, path) != 0)
            err = errno == EEXIST ? GV_EEXISTS : GV_EIO;
        unlink((char *)tmp.data);
    }
    if (err == GV_OK)
        err = gv_file_sync_folder(path);
    gv_buf_fini(&tmp);
    return err;
}
