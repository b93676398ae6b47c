/* base64.c - three bytes to four letters and back. */
#include "base/base64.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void gv_base64url_put(struct gv_buf *out, const void *data, size_t len)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < len; i += 3) {
        size_t left = len - i;
        uint32_t group = (uint32_t)bytes[i] << 16;

        if (left > 1)
            group |= (uint32_t)bytes[i + 1] << 8;
        if (left > 2)
            group |= bytes[i + 2];
        gv_buf_putc(out, letters[group >> 18]);
        gv_buf_putc(out, letters[group >> 12 & 63]);
        if (left > 1)
            gv_buf_putc(out, letters[group >> 6 & 63]);
        if (left > 2)
            gv_buf_putc(out, letters[group & 63]);
    }
}

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '-')
        return 62;
    return c == '_' ? 63 : -1;
}

gv_err gv_base64url_get(const char *s, size_t len, struct gv_buf *out)
{
    uint32_t bits = 0;
    unsigned count = 0;

    if (len % 4 == 1)
        return GV_EBADMSG;
    for (size_t i = 0; i < len; i++) {
        if (value_of(s[i]) < 0)
            return GV_EBADMSG;
    }
    for (size_t i = 0; i < len; i++) {
        bits = bits << 6 | (uint32_t)value_of(s[i]);
        count += 6;
        if (count >= 8) {
            count -= 8;
            gv_buf_putc(out, (char)(bits >> count & 0xff));
        }
        bits &= (1u << count) - 1;
    }
    if (bits != 0)
        return GV_EBADMSG;
    return gv_buf_ok(out) ? GV_OK : GV_ENOMEM;
}
