/*
 * id.h - identifiers and byte slices as types of their own. PURE.
 */
#ifndef GV_ID_H
#define GV_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct gv_slice {
    const uint8_t *data; /* borrowed */
    size_t len;
};

typedef struct gv_id {
    uint8_t b[16];
} gv_id;

typedef struct gv_hash {
    uint8_t b[32];
} gv_hash;

/* A principal's code (unit, person, coordinator): [A-Za-z0-9][A-Za-z0-9._-]{0,31}, NUL-terminated.
 */
#define GV_CODE_MAX 32
typedef struct gv_code {
    char s[GV_CODE_MAX + 1];
} gv_code;

bool gv_id_eq(const gv_id *a, const gv_id *b);
int gv_id_cmp(const gv_id *a, const gv_id *b);
bool gv_id_is_zero(const gv_id *id);
bool gv_hash_eq(const gv_hash *a, const gv_hash *b);
/* GV_EBADMSG unless the slice has exactly the size. */
GV_MUSTCHECK gv_err gv_id_from(struct gv_slice bytes, gv_id *out);
GV_MUSTCHECK gv_err gv_hash_from(struct gv_slice bytes, gv_hash *out);
GV_MUSTCHECK gv_err gv_code_from(struct gv_slice bytes, gv_code *out);
GV_MUSTCHECK gv_err gv_code_from_str(const char *s, gv_code *out);

/* Lower-case hex; out has 2*len+1 bytes. */
void gv_hex(const uint8_t *data, size_t len, char *out);
GV_MUSTCHECK gv_err gv_unhex(const char *hex, uint8_t *out, size_t len); /* exactly len bytes */

#endif
