/* one_row.c - by the words alone: what is not written in the one form stays as it is. */
#include "store/one_row.h"

#include <ctype.h>
#include <string.h>

#define UNNEST      "unnest($"
#define CARDINALITY "cardinality($"

static size_t digits(const char *at)
{
    size_t n = 0;

    while (isdigit((unsigned char)at[n]))
        n++;
    return n;
}

/* unnest($1::int4[]): the length of it, and what is inside without "[]"; 0: something else. */
static size_t unnested(const char *at, const char **inside, size_t *len)
{
    size_t n = strlen(UNNEST);

    if (strncmp(at, UNNEST, n) != 0 || digits(at + n) == 0)
        return 0;
    n += digits(at + n);
    if (strncmp(at + n, "::", 2) != 0)
        return 0;
    n += 2;
    while (isalnum((unsigned char)at[n]))
        n++;
    if (strncmp(at + n, "[])", 3) != 0)
        return 0;
    *inside = at + strlen(UNNEST) - 1;
    *len = (size_t)(at + n - *inside);
    return n + 3;
}

/* cardinality($1) */
static size_t counted(const char *at)
{
    size_t n = strlen(CARDINALITY);

    if (strncmp(at, CARDINALITY, n) != 0)
        return 0;
    n += digits(at + n);
    return at[n] == ')' ? n + 1 : 0;
}

static size_t skip_comment(const char *at)
{
    return strncmp(at, "--", 2) == 0 ? strcspn(at, "\n") : 0;
}

gv_err gv_one_row_sql(const char *text, struct gv_buf *out)
{
    const char *inside;
    size_t len, n;

    if (strstr(text, GV_ONE_ROW_MARK) == NULL)
        return GV_ENOTFOUND;
    for (const char *at = text; *at != '\0'; at += n) {
        if (strncmp(at, "[]", 2) == 0)
            return GV_EBUG;
        if ((n = unnested(at, &inside, &len)) > 0) {
            gv_buf_append(out, inside, len);
        } else if ((n = counted(at)) > 0) {
            gv_buf_append(out, "1", 1);
        } else if ((n = skip_comment(at)) == 0) {
            n = 1;
            gv_buf_append(out, at, 1);
        }
    }
    return gv_buf_ok(out) ? GV_OK : GV_ENOMEM;
}
