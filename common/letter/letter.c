/*
 * letter.c - line by line: what a line begins with (folded, so that a scan's diacritics do not
 * matter) says which part it opens; everything else goes on with the part that is open.
 */
#include "letter/letter.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "letter/faults.h"

enum section { BEFORE, ABSTRACT, ADDRESSEES, PREAMBLE, ITEMS, RECIPIENTS, SIGNATURE };

struct line {
    size_t begin; /* first byte that is neither blank nor emphasis */
    size_t end;   /* one past the last such byte; begin == end: empty */
};

struct reader {
    const char *text;
    size_t len;
    gv_arena *arena;
    struct gv_buf parts; /* struct gv_part */
    enum section section;
    bool open;             /* the last part goes on with the next line */
    struct gv_place place; /* of the last part: places are asked for in order */
    gv_err err;
};

static bool is_edge(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '*';
}

static struct line take_line(const char *text, size_t len, size_t *at)
{
    const char *nl = memchr(text + *at, '\n', len - *at);
    size_t stop = nl != NULL ? (size_t)(nl - text) : len;
    struct line line = {*at, stop};

    while (line.begin < line.end && is_edge(text[line.begin]))
        line.begin++;
    while (line.end > line.begin && is_edge(text[line.end - 1]))
        line.end--;
    *at = nl != NULL ? stop + 1 : len;
    return line;
}

/* Does the folded line begin with the folded words? */
static bool begins(const struct reader *r, struct line line, const char *folded)
{
    struct gv_buf key;
    bool yes;

    gv_buf_init(&key);
    yes = gv_text_fold(r->text + line.begin, line.end - line.begin, &key) == GV_OK && key.len > 0 &&
          strncmp((char *)key.data, folded, strlen(folded)) == 0;
    gv_buf_fini(&key);
    return yes;
}

/* NFC, white space folded to one blank (none at all with drop), emphasis marks left out. */
static const char *clean(struct reader *r, size_t begin, size_t end, bool drop)
{
    struct gv_buf raw, out;
    const char *kept = NULL;

    gv_buf_init(&raw);
    gv_buf_init(&out);
    for (size_t i = begin; i < end; i++) {
        char c = r->text[i];

        if (c == '*')
            continue;
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            if (!drop && raw.len > 0 && raw.data[raw.len - 1] != ' ')
                gv_buf_putc(&raw, ' ');
            continue;
        }
        gv_buf_putc(&raw, c);
    }
    if (raw.len == 0)
        kept = "";
    else if (gv_text_nfc((char *)raw.data, raw.len, &out) == GV_OK)
        kept = gv_arena_copy(r->arena, out.data, out.len + 1);
    if (kept == NULL && r->err == GV_OK)
        r->err = GV_ENOMEM;
    gv_buf_fini(&raw);
    gv_buf_fini(&out);
    return kept;
}

static void open_part(struct reader *r, enum gv_part_kind kind, size_t begin, size_t end)
{
    struct gv_part part = {.kind = kind, .span = {{0, 0, 0}, end}};

    r->place = gv_place_of(r->text, r->len, r->place, begin);
    part.span.at = r->place;
    gv_buf_append(&r->parts, &part, sizeof part);
    r->open = true;
}

static struct gv_part *last_part(const struct reader *r)
{
    return gv_buf_ok(&r->parts) && r->parts.len > 0
               ? (void *)(r->parts.data + r->parts.len - sizeof(struct gv_part))
               : NULL;
}

static void extend_part(struct reader *r, size_t end)
{
    struct gv_part *last = last_part(r);

    if (last != NULL)
        last->span.end = end;
    r->open = true;
}

static size_t after_colon(const struct reader *r, struct line line)
{
    const char *colon = memchr(r->text + line.begin, ':', line.end - line.begin);
    size_t at = colon != NULL ? (size_t)(colon - r->text) + 1 : line.end;

    while (at < line.end && is_edge(r->text[at]))
        at++;
    return at;
}

/* «Số 3467 - CV/TU», «Số: 15/QĐ-BNV»: the part begins behind «Số» and its colon, and holds a slash.
 */
static bool take_number(struct reader *r, struct line line)
{
    size_t at = line.begin;

    if (r->section != BEFORE || (!begins(r, line, "so ") && !begins(r, line, "so:")))
        return false;
    while (at < line.end && !is_edge(r->text[at]) && r->text[at] != ':')
        at++; /* «Số», composed or not */
    while (at < line.end && (is_edge(r->text[at]) || r->text[at] == ':'))
        at++;
    if (memchr(r->text + at, '/', line.end - at) == NULL)
        return false;
    open_part(r, GV_PART_NUMBER, at, line.end);
    r->open = false;
    r->section = ABSTRACT;
    return true;
}

/* A list line "- text" in the given section. */
static bool take_dash(struct reader *r, enum gv_part_kind kind, size_t begin, size_t end)
{
    if (begin >= end || r->text[begin] != '-')
        return false;
    begin++;
    while (begin < end && is_edge(r->text[begin]))
        begin++;
    if (begin < end)
        open_part(r, kind, begin, end);
    return true;
}

static bool is_item(const struct reader *r, struct line line)
{
    size_t i = line.begin;
    uint32_t behind;

    while (i < line.end && r->text[i] >= '0' && r->text[i] <= '9')
        i++;
    return i > line.begin && i - line.begin <= 3 && i + 1 < line.end && r->text[i] == '.' &&
           gv_utf8_next(r->text + i + 1, line.end - i - 1, &behind) > 0 && gv_text_is_blank(behind);
}

static bool is_authority(const struct reader *r, struct line line)
{
    return begins(r, line, "t/m ") || begins(r, line, "tm. ") || begins(r, line, "k/t ") ||
           begins(r, line, "kt. ");
}

static void take_signature_line(struct reader *r, struct line line)
{
    const struct gv_part *last = last_part(r);
    enum gv_part_kind kind = GV_PART_AUTHORITY;

    if (last == NULL)
        return;
    if (last->kind == GV_PART_AUTHORITY)
        kind = GV_PART_TITLE;
    else if (last->kind == GV_PART_TITLE)
        kind = GV_PART_SIGNER;
    else if (last->kind == GV_PART_SIGNER) {
        extend_part(r, line.end);
        return;
    }
    open_part(r, kind, line.begin, line.end);
}

static void take_heading(struct reader *r, struct line line, enum section section,
                         enum gv_part_kind kind)
{
    size_t at = after_colon(r, line);

    r->section = section;
    r->open = false;
    if (at < line.end && !take_dash(r, kind, at, line.end))
        open_part(r, kind, at, line.end);
}

/* Behind an empty line: is this the rest of the last addressee, and not the preamble? */
static bool is_rest(const struct reader *r, struct line line)
{
    const struct gv_part *last = last_part(r);
    char end;

    if (r->section != ADDRESSEES || last == NULL || last->kind != GV_PART_ADDRESSEE)
        return false;
    end = r->text[last->span.end - 1];
    return end == ',' ||
           (end != '.' && gv_text_begins_small(r->text + line.begin, line.end - line.begin));
}

static void go_on(struct reader *r, struct line line)
{
    if (r->section == ABSTRACT && !r->open)
        open_part(r, GV_PART_ABSTRACT, line.begin, line.end);
    else if (r->section == SIGNATURE)
        take_signature_line(r, line);
    else if (r->section == RECIPIENTS && take_dash(r, GV_PART_RECIPIENT, line.begin, line.end))
        return;
    else if (r->section == ADDRESSEES && take_dash(r, GV_PART_ADDRESSEE, line.begin, line.end))
        return;
    else if (r->open || is_rest(r, line))
        extend_part(r, line.end);
    else if (r->section == ADDRESSEES && r->parts.len > 0)
        r->section = PREAMBLE;
}

static void take(struct reader *r, struct line line)
{
    if (line.begin == line.end) {
        if (r->section == ADDRESSEES)
            r->open = false;
        return;
    }
    if (take_number(r, line))
        return;
    if (r->section <= ABSTRACT && begins(r, line, "kinh gui")) {
        take_heading(r, line, ADDRESSEES, GV_PART_ADDRESSEE);
    } else if (r->section < RECIPIENTS && begins(r, line, "noi nhan")) {
        take_heading(r, line, RECIPIENTS, GV_PART_RECIPIENT);
    } else if (r->section >= ADDRESSEES && r->section < RECIPIENTS && is_item(r, line)) {
        r->section = ITEMS;
        open_part(r, GV_PART_ITEM, line.begin, line.end);
    } else if (r->section >= ITEMS && is_authority(r, line)) {
        r->section = SIGNATURE;
        open_part(r, GV_PART_AUTHORITY, line.begin, line.end);
    } else {
        go_on(r, line);
    }
}

static void name_parts(struct reader *r)
{
    struct gv_part *parts = (void *)r->parts.data;

    for (size_t i = 0; i < r->parts.len / sizeof *parts; i++)
        parts[i].text =
            clean(r, parts[i].span.at.offset, parts[i].span.end, parts[i].kind == GV_PART_NUMBER);
}

gv_err gv_letter_read(const char *text, size_t len, const char *phrases, size_t phrases_len,
                      gv_arena *arena, struct gv_letter *out, struct gv_place *bad)
{
    struct reader r = {.text = text, .len = len, .arena = arena};
    struct gv_letter letter = {0};
    size_t at = gv_place_start(text, len).offset;
    gv_err err = gv_tokens_read(text, len, arena, &letter.tokens, bad);

    if (err != GV_OK)
        return err;
    gv_buf_init(&r.parts);
    r.place = gv_place_start(text, len);
    while (at < len)
        take(&r, take_line(text, len, &at));
    if (!gv_buf_ok(&r.parts))
        r.err = GV_ENOMEM;
    if (r.err == GV_OK)
        name_parts(&r);
    letter.part_count = r.parts.len / sizeof(struct gv_part);
    if (r.err == GV_OK && letter.part_count > 0) {
        letter.parts = gv_arena_copy(arena, r.parts.data, r.parts.len);
        if (letter.parts == NULL)
            r.err = GV_ENOMEM;
    }
    gv_buf_fini(&r.parts);
    err = r.err;
    if (err == GV_OK)
        err = gv_letter_find_faults(text, len, phrases, phrases_len, arena, &letter);
    if (err == GV_OK)
        *out = letter;
    return err;
}

uint32_t gv_letter_item_number(const struct gv_part *item)
{
    uint32_t n = 0;

    for (size_t i = 0; i < 3 && item->text[i] >= '0' && item->text[i] <= '9'; i++)
        n = n * 10 + (uint32_t)(item->text[i] - '0');
    return n;
}

static const char *const part_names[GV_PART_COUNT] = {
    "number", "abstract", "addressee", "item", "recipient", "authority", "title", "signer"};
static const char *const fault_names[GV_FAULT_COUNT] = {"number-blanks", "broken-sentence",
                                                        "diacritics", "missing", "item-order"};

const char *gv_part_name(enum gv_part_kind kind)
{
    return (unsigned)kind < GV_PART_COUNT ? part_names[kind] : "?";
}

const char *gv_fault_name(enum gv_fault_kind kind)
{
    return (unsigned)kind < GV_FAULT_COUNT ? fault_names[kind] : "?";
}
