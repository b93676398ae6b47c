/* err.c - lookups in the one list of errors. */
#include "base/err.h"

#include <stddef.h>

struct row {
    const char *name;
    const char *text, *vi;
    int exit_status;
    bool retry;
};

static const struct row rows[] = {
    [0] = {"OK", "done", "xong", 0, false},
#define ERR(name, wire, exit_status, retry, text, vi)                                              \
    [wire] = {#name, text, vi, exit_status, retry},
#include "base/err.def"
#undef ERR
};

static const struct row unknown = {"?", "an error that this program does not know",
                                   "lỗi mà chương trình này không biết", 70, false};

static const struct row *row_of(gv_err err)
{
    size_t i = (size_t)err;

    if (i >= sizeof rows / sizeof rows[0] || rows[i].name == NULL)
        return &unknown;
    return &rows[i];
}

const char *gv_err_name(gv_err err)
{
    return row_of(err)->name;
}

const char *gv_err_text(gv_err err)
{
    return row_of(err)->text;
}

const char *gv_err_vi(gv_err err)
{
    return row_of(err)->vi;
}

int gv_err_exit(gv_err err)
{
    return row_of(err)->exit_status;
}

bool gv_err_retry(gv_err err)
{
    return row_of(err)->retry;
}
