/* id.c - identifiers: comparison, conversion, hex. */
#include "base/id.h"

#include <string.h>

bool gv_id_eq(const gv_id *a, const gv_id *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

int gv_id_cmp(const gv_id *a, const gv_id *b)
{
    return memcmp(a->b, b->b, sizeof a->b);
}

bool gv_id_is_zero(const gv_id *id)
{
    static const gv_id zero;

    return gv_id_eq(id, &zero);
}

bool gv_hash_eq(const gv_hash *a, const gv_hash *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

gv_err gv_id_from(struct gv_slice bytes, gv_id *out)
{
    if (bytes.len != sizeof out->b)
        return GV_EBADMSG;
    memcpy(out->b, bytes.data, sizeof out->b);
    return GV_OK;
}

gv_err gv_hash_from(struct gv_slice bytes, gv_hash *out)
{
    if (bytes.len != sizeof out->b)
        return GV_EBADMSG;
    memcpy(out->b, bytes.data, sizeof out->b);
    return GV_OK;
}

static bool is_alnum(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

gv_err gv_code_from(struct gv_slice bytes, gv_code *out)
{
    if (bytes.len == 0 || bytes.len > GV_CODE_MAX || !is_alnum(bytes.data[0]))
        return GV_EBADMSG;
    for (size_t i = 1; i < bytes.len; i++) {
        uint8_t c = bytes.data[i];

        if (!is_alnum(c) && c != '.' && c != '_' && c != '-')
            return GV_EBADMSG;
    }
    memset(out, 0, sizeof *out); /* codes are compared and hashed as a whole */
    memcpy(out->s, bytes.data, bytes.len);
    return GV_OK;
}

gv_err gv_code_from_str(const char *s, gv_code *out)
{
    return gv_code_from((struct gv_slice){(const uint8_t *)s, strlen(s)}, out);
}

void gv_hex(const uint8_t *data, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
    out[2 * len] = '\0';
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

gv_err gv_unhex(const char *hex, uint8_t *out, size_t len)
{
    if (strlen(hex) != 2 * len)
        return GV_EBADMSG;
    for (size_t i = 0; i < 2 * len; i++) {
        if (hex_value(hex[i]) < 0)
            return GV_EBADMSG;
    }
    for (size_t i = 0; i < len; i++)
        out[i] =
            (uint8_t)((unsigned)hex_value(hex[2 * i]) << 4 | (unsigned)hex_value(hex[2 * i + 1]));
    return GV_OK;
}
