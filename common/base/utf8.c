/* utf8.c - UTF-8 checked by hand (RFC 3629): no surrogates, no over-long forms. */
#include <string.h>

#include "base/text.h"

static bool is_tail(const char *s, size_t len, size_t i)
{
    return i < len && ((unsigned char)s[i] & 0xc0) == 0x80;
}

size_t gv_utf8_next(const char *s, size_t len, uint32_t *cp)
{
    unsigned char c = (unsigned char)s[0];
    uint32_t value, least;
    size_t size;

    if (c < 0x80) {
        value = c;
        least = 0;
        size = 1;
    } else if (c >= 0xc2 && c <= 0xdf) {
        value = c & 0x1fu;
        least = 0x80;
        size = 2;
    } else if (c >= 0xe0 && c <= 0xef) {
        value = c & 0x0fu;
        least = 0x800;
        size = 3;
    } else if (c >= 0xf0 && c <= 0xf4) {
        value = c & 0x07u;
        least = 0x10000;
        size = 4;
    } else {
        return 0;
    }
    for (size_t i = 1; i < size; i++) {
        if (!is_tail(s, len, i))
            return 0;
        value = value << 6 | ((unsigned char)s[i] & 0x3fu);
    }
    if (value < least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
        return 0;
    if (cp != NULL)
        *cp = value;
    return size;
}

/* Eight bytes of ASCII without NUL: most of what is said. */
static bool is_plain(const char *s)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    uint64_t v;

    memcpy(&v, s, sizeof v);
    return (v & tops) == 0 && ((v - ones) & tops) == 0;
}

bool gv_text_valid(const char *s, size_t len, size_t *bad_at)
{
    size_t i = 0;

    while (i < len) {
        size_t size;

        if (len - i >= 8 && is_plain(s + i)) {
            i += 8;
            continue;
        }
        size = s[i] == '\0' ? 0 : gv_utf8_next(s + i, len - i, NULL);
        if (size == 0) {
            if (bad_at != NULL)
                *bad_at = i;
            return false;
        }
        i += size;
    }
    return true;
}

size_t gv_text_code_points(const char *s, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)s[i] & 0xc0) != 0x80;
    return n;
}
