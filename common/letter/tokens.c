/* tokens.c - one pass over the original bytes; keys are made per token, so places never shift. */
#include "letter/tokens.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"

typedef gv_err (*key_fn)(const char *s, size_t len, struct gv_buf *out);

struct cursor {
    const char *text;
    size_t len;
    struct gv_place at;
};

static void step(struct cursor *c, size_t size)
{
    if (c->text[c->at.offset] == '\n') {
        c->at.line++;
        c->at.column = 1;
    } else {
        c->at.column++;
    }
    c->at.offset += size;
}

static struct cursor cursor_at_start(const char *text, size_t len)
{
    struct cursor c = {text, len, {0, 1, 1}};

    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        c.at.offset = 3; /* the byte order mark has no column */
    return c;
}

struct gv_place gv_place_start(const char *text, size_t len)
{
    return cursor_at_start(text, len).at;
}

struct gv_place gv_place_of(const char *text, size_t len, struct gv_place from, size_t offset)
{
    struct cursor c = {text, len, from};

    while (c.at.offset < offset && c.at.offset < len) {
        size_t size = gv_utf8_next(text + c.at.offset, len - c.at.offset, NULL);

        step(&c, size > 0 ? size : 1);
    }
    return c.at;
}

static bool is_skipped(uint32_t cp)
{
    return cp <= ' ' || cp == '*' || cp == 0xa0 || cp == 0x3000 || cp == 0xfeff;
}

static bool is_word(uint32_t cp)
{
    if (cp < 0x80)
        return (cp >= '0' && cp <= '9') || (cp >= 'a' && cp <= 'z') || (cp >= 'A' && cp <= 'Z');
    return (cp >= 0xc0 && cp <= 0x36f && cp != 0xd7 && cp != 0xf7) ||
           (cp >= 0x1e00 && cp <= 0x1eff);
}

static const char *keep_key(key_fn make, const char *s, size_t len, gv_arena *arena)
{
    struct gv_buf key;
    const char *kept = NULL;

    gv_buf_init(&key);
    if (make(s, len, &key) == GV_OK)
        kept = key.len > 0 ? gv_arena_copy(arena, key.data, key.len + 1) : "";
    gv_buf_fini(&key);
    return kept;
}

/* Reads one token at the cursor, which stands on its first code point. */
static gv_err take_token(struct cursor *c, gv_arena *arena, struct gv_token *out)
{
    struct gv_token token = {.at = c->at};
    const char *start = c->text + c->at.offset;
    uint32_t cp;
    size_t size = gv_utf8_next(start, c->len - c->at.offset, &cp);

    token.word = is_word(cp);
    do {
        step(c, size);
        if (!token.word || c->at.offset >= c->len)
            break;
        size = gv_utf8_next(c->text + c->at.offset, c->len - c->at.offset, &cp);
    } while (is_word(cp));
    token.end = c->at.offset;
    size = token.end - token.at.offset;
    token.nfc = keep_key(gv_text_nfc, start, size, arena);
    token.tone = token.word ? keep_key(gv_text_tone_key, start, size, arena) : "";
    token.fold = token.word ? keep_key(gv_text_fold, start, size, arena) : "";
    if (token.nfc == NULL || token.tone == NULL || token.fold == NULL)
        return GV_ENOMEM;
    *out = token;
    return GV_OK;
}

gv_err gv_tokens_read(const char *text, size_t len, gv_arena *arena, struct gv_tokens *out,
                      struct gv_place *bad)
{
    struct cursor c = cursor_at_start(text, len);
    struct gv_buf tokens;
    size_t bad_at;
    gv_err err = GV_OK;

    *out = (struct gv_tokens){0};
    if (len > GV_LETTER_MAX_BYTES)
        return GV_ETOOBIG;
    if (!gv_text_valid(text, len, &bad_at)) {
        *bad = gv_place_of(text, len, c.at, bad_at);
        return GV_EBADMSG;
    }
    gv_buf_init(&tokens);
    while (err == GV_OK && c.at.offset < len) {
        struct gv_token token;
        uint32_t cp;
        size_t size = gv_utf8_next(text + c.at.offset, len - c.at.offset, &cp);

        if (is_skipped(cp)) {
            step(&c, size);
            continue;
        }
        err = take_token(&c, arena, &token);
        if (err == GV_OK)
            gv_buf_append(&tokens, &token, sizeof token);
    }
    if (err == GV_OK && !gv_buf_ok(&tokens))
        err = GV_ENOMEM;
    if (err == GV_OK && tokens.len > 0) {
        out->all = gv_arena_copy(arena, tokens.data, tokens.len);
        if (out->all == NULL)
            err = GV_ENOMEM;
    }
    if (err == GV_OK)
        out->count = tokens.len / sizeof(struct gv_token);
    gv_buf_fini(&tokens);
    return err;
}

static bool stands_at(const struct gv_tokens *tokens, size_t i, const struct gv_tokens *words)
{
    for (size_t k = 0; k < words->count; k++) {
        if (strcmp(tokens->all[i + k].nfc, words->all[k].nfc) != 0)
            return false;
    }
    return true;
}

gv_err gv_tokens_find(const struct gv_tokens *tokens, size_t from, const struct gv_tokens *words,
                      struct gv_span *out)
{
    if (words->count == 0)
        return GV_EBADMSG;
    for (size_t i = from; i + words->count <= tokens->count; i++) {
        if (stands_at(tokens, i, words)) {
            out->at = tokens->all[i].at;
            out->end = tokens->all[i + words->count - 1].end;
            return GV_OK;
        }
    }
    return GV_ENOTFOUND;
}
