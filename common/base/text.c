/* text.c - normal form and search key by utf8proc. */
#include "base/text.h"

#include <stdlib.h>
#include <utf8proc.h>

gv_err gv_text_nfc(const char *s, size_t len, struct gv_buf *out)
{
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t n;

    if (!gv_text_valid(s, len, NULL))
        return GV_EBADMSG;
    n = utf8proc_map((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)len, &mapped,
                     UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (n < 0)
        return n == UTF8PROC_ERROR_NOMEM ? GV_ENOMEM : GV_EBADMSG;
    gv_buf_append(out, mapped, (size_t)n);
    free(mapped);
    return gv_buf_ok(out) ? GV_OK : GV_ENOMEM;
}

bool gv_text_is_blank(uint32_t cp)
{
    return cp == ' ' || (cp >= '\t' && cp <= '\r') || cp == 0xa0 || cp == 0x3000;
}

gv_err gv_text_fold(const char *s, size_t len, struct gv_buf *out)
{
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t n;
    size_t start = out->len;

    if (!gv_text_valid(s, len, NULL))
        return GV_EBADMSG;
    n = utf8proc_map((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)len, &mapped,
                     UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD);
    if (n < 0)
        return n == UTF8PROC_ERROR_NOMEM ? GV_ENOMEM : GV_EBADMSG;
    for (size_t i = 0; i < (size_t)n;) {
        uint32_t cp;
        size_t size = gv_utf8_next((const char *)mapped + i, (size_t)n - i, &cp);

        if (size == 0)
            break; /* utf8proc writes UTF-8 */
        if (gv_text_is_blank(cp)) {
            if (out->len > start && out->data[out->len - 1] != ' ')
                gv_buf_putc(out, ' ');
        } else if (cp == 0x111) {
            gv_buf_putc(out, 'd');
        } else {
            gv_buf_append(out, mapped + i, size);
        }
        i += size;
    }
    free(mapped);
    if (gv_buf_ok(out) && out->len > start && out->data[out->len - 1] == ' ')
        out->data[--out->len] = '\0';
    return gv_buf_ok(out) ? GV_OK : GV_ENOMEM;
}

static bool is_tone(uint32_t cp)
{
    return cp == 0x300 || cp == 0x301 || cp == 0x303 || cp == 0x309 || cp == 0x323;
}

static void put_tones(struct gv_buf *out, struct gv_buf *tones)
{
    gv_buf_append(out, tones->data, tones->len);
    gv_buf_reset(tones);
}

gv_err gv_text_tone_key(const char *s, size_t len, struct gv_buf *out)
{
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t n;
    struct gv_buf tones;

    if (!gv_text_valid(s, len, NULL))
        return GV_EBADMSG;
    n = utf8proc_map((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)len, &mapped,
                     UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD);
    if (n < 0)
        return n == UTF8PROC_ERROR_NOMEM ? GV_ENOMEM : GV_EBADMSG;
    gv_buf_init(&tones);
    for (size_t i = 0; i < (size_t)n;) {
        uint32_t cp;
        size_t size = gv_utf8_next((const char *)mapped + i, (size_t)n - i, &cp);

        if (size == 0)
            break; /* utf8proc writes UTF-8 */
        if (gv_text_is_blank(cp))
            put_tones(out, &tones);
        gv_buf_append(is_tone(cp) ? &tones : out, mapped + i, size);
        i += size;
    }
    put_tones(out, &tones);
    gv_buf_fini(&tones);
    free(mapped);
    return gv_buf_ok(out) ? GV_OK : GV_ENOMEM;
}

bool gv_text_begins_small(const char *s, size_t len)
{
    uint32_t cp;

    return len > 0 && gv_utf8_next(s, len, &cp) > 0 && utf8proc_islower((utf8proc_int32_t)cp) != 0;
}

size_t gv_text_width(const char *s, size_t len)
{
    size_t width = 0;

    for (size_t i = 0; i < len;) {
        uint32_t cp;
        size_t size = gv_utf8_next(s + i, len - i, &cp);

        if (size == 0) {
            width++;
            i++;
            continue;
        }
        width += (size_t)utf8proc_charwidth((utf8proc_int32_t)cp);
        i += size;
    }
    return width;
}
