/* lang.c - the language of what users read. */
#include "base/lang.h"

#include <stdlib.h>
#include <string.h>

static enum gv_lang current = GV_LANG_VI;

gv_err gv_lang_set(const char *name)
{
    if (name == NULL)
        name = getenv("GIAOVIEC_LANG");
    if (name == NULL || name[0] == '\0' || strcmp(name, "vi") == 0)
        current = GV_LANG_VI;
    else if (strcmp(name, "en") == 0)
        current = GV_LANG_EN;
    else
        return GV_EUSAGE;
    return GV_OK;
}

enum gv_lang gv_lang(void)
{
    return current;
}

const char *gv_tr(const char *vi, const char *en)
{
    return current == GV_LANG_EN ? en : vi;
}

const char *gv_err_say(gv_err err)
{
    return gv_tr(gv_err_vi(err), gv_err_text(err));
}
