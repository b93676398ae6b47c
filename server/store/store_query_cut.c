/* store_query_cut.c - JSON is passed on as it is but for what stands between quotes. */
#include "store/store_query_cut.h"

#include "base/text.h"

/* Bytes that a string keeps, as it is written; the next is tried where a row is too long still. */
static const size_t keeps[] = {16384, 4096, 1024, 256};

/* What is not cut apart: an escape, a letter. */
static size_t piece_len(const uint8_t *s, size_t len)
{
    size_t n =
        s[0] == '\\' ? (len > 1 && s[1] == 'u' ? 6 : 2) : gv_utf8_next((const char *)s, len, NULL);

    return n > 0 && n <= len ? n : 1;
}

/* s begins behind the opening quote; the answer: where the closing one is. */
static size_t put_string(struct gv_buf *out, const uint8_t *s, size_t len, size_t keep)
{
    size_t n = 0, kept = 0;

    while (n < len && s[n] != '"') {
        n += piece_len(s + n, len - n);
        if (n <= keep)
            kept = n;
    }
    gv_buf_append(out, s, kept);
    if (kept < n)
        gv_buf_puts(out, GV_QUERY_CUT);
    return n;
}

static void put_row(struct gv_buf *out, struct gv_slice row, size_t keep)
{
    for (size_t i = 0; i < row.len; i++) {
        gv_buf_putc(out, (char)row.data[i]);
        if (row.data[i] != '"')
            continue;
        i++;
        i += put_string(out, row.data + i, row.len - i, keep);
        if (i < row.len)
            gv_buf_putc(out, '"');
    }
}

void gv_query_cut(struct gv_slice row, size_t max_bytes, struct gv_buf *out)
{
    size_t before = out->len;

    for (size_t i = 0; i < sizeof keeps / sizeof keeps[0]; i++) {
        out->len = before;
        put_row(out, row, keeps[i]);
        if (!gv_buf_ok(out) || out->len - before <= max_bytes)
            return;
    }
}
