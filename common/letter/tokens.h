/*
 * tokens.h - a letter's words and punctuation, each with its place in the original file. White
 * space and emphasis marks ('*') are no tokens, so that matching folds them; LF, CRLF, a BOM and
 * NFD text are read alike.
 */
#ifndef GV_TOKENS_H
#define GV_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct gv_place {
    size_t offset;   /* bytes, in the original file */
    uint32_t line;   /* 1-based */
    uint32_t column; /* 1-based, in code points */
};

struct gv_token {
    struct gv_place at;
    size_t end; /* offset, one past the last byte */
    bool word;  /* else one punctuation mark */
    const char *nfc;
    const char *tone; /* gv_text_tone_key(); words only */
    const char *fold; /* gv_text_fold(); words only */
};

struct gv_tokens {
    const struct gv_token *all; /* in the arena */
    size_t count;
};

struct gv_span {
    struct gv_place at;
    size_t end;
};

#define GV_LETTER_MAX_BYTES ((size_t)1 << 20)

/* GV_EBADMSG: NUL or broken UTF-8 at *bad. GV_ETOOBIG, GV_ENOMEM. Strings live in the arena. */
GV_MUSTCHECK gv_err gv_tokens_read(const char *text, size_t len, gv_arena *arena,
                                   struct gv_tokens *out, struct gv_place *bad);

/* The first place from token `from` on where all the words stand in a row. GV_ENOTFOUND;
 * GV_EBADMSG: no words. */
GV_MUSTCHECK gv_err gv_tokens_find(const struct gv_tokens *tokens, size_t from,
                                   const struct gv_tokens *words, struct gv_span *out);

/* Where the file's text begins, behind a byte order mark. */
struct gv_place gv_place_start(const char *text, size_t len);
/* The place of a byte, walking on from an earlier place. */
struct gv_place gv_place_of(const char *text, size_t len, struct gv_place from, size_t offset);

#endif
