/*
 * lang.h - Vietnamese first, English on request. Set at start, and by the agent's loop when its
 * settings are read again; read by any thread.
 */
#ifndef GV_LANG_H
#define GV_LANG_H

#include "base/err.h"

enum gv_lang { GV_LANG_VI, GV_LANG_EN };

/* name: "vi" or "en"; NULL: GIAOVIEC_LANG, else Vietnamese. GV_EUSAGE for another name. */
GV_MUSTCHECK gv_err gv_lang_set(const char *name);
enum gv_lang gv_lang(void);
/* Either may be a format: the compiler checks both. */
const char *gv_tr(const char *vi, const char *en) __attribute__((format_arg(1), format_arg(2)));
/* The text of an error in the language of the user. */
const char *gv_err_say(gv_err err);
/* A reason that a coordinator gives beside an error, in English as it stands on the wire: in the
 * language of the user; one that is not known as it is. */
const char *gv_reason_say(const char *text);

#endif
