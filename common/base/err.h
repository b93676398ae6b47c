/*
 * err.h - the one list of errors, read by log, wire and exit status. PURE.
 */
#ifndef GV_ERR_H
#define GV_ERR_H

#include <stdbool.h>

#define GV_MUSTCHECK         __attribute__((warn_unused_result))
#define GV_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

typedef enum gv_err {
    GV_OK = 0,
#define ERR(name, wire, exit_status, retry, text, vi) GV_E##name = (wire),
#include "base/err.def"
#undef ERR
} gv_err;

const char *gv_err_name(gv_err err); /* "STATE"; "OK"; "?" for an unknown number */
const char *gv_err_text(gv_err err); /* English, as on the wire and in logs */
const char *gv_err_vi(gv_err err);   /* what people read: gv_err_say(), base/lang.h */
int gv_err_exit(gv_err err);
bool gv_err_retry(gv_err err); /* can the same thing succeed later? */

#endif
