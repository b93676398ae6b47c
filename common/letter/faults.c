/* faults.c - one function a kind of fault; each only points. */
#include "letter/faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

struct finder {
    const char *text;
    size_t len;
    gv_arena *arena;
    const struct gv_letter *letter;
    struct gv_buf faults; /* struct gv_fault */
    gv_err err;
};

static void add(struct finder *f, enum gv_fault_kind kind, struct gv_span span,
                const char *expected)
{
    struct gv_fault fault = {kind, span, "", expected};
    struct gv_buf found;

    gv_buf_init(&found);
    gv_buf_append(&found, f->text + span.at.offset, span.end - span.at.offset);
    if (found.len > 0)
        fault.found = gv_arena_copy(f->arena, found.data, found.len + 1);
    gv_buf_fini(&found);
    if (fault.found == NULL || fault.expected == NULL)
        f->err = GV_ENOMEM;
    gv_buf_append(&f->faults, &fault, sizeof fault);
}

static void find_missing(struct finder *f)
{
    for (int kind = 0; kind < GV_PART_COUNT; kind++) {
        bool there = false;

        for (size_t i = 0; i < f->letter->part_count; i++)
            there = there || f->letter->parts[i].kind == (enum gv_part_kind)kind;
        if (!there)
            add(f, GV_FAULT_MISSING, (struct gv_span){{0, 0, 0}, 0},
                gv_part_name((enum gv_part_kind)kind));
    }
}

static void find_number_blanks(struct finder *f)
{
    for (size_t i = 0; i < f->letter->part_count; i++) {
        const struct gv_part *part = &f->letter->parts[i];

        if (part->kind == GV_PART_NUMBER && memchr(f->text + part->span.at.offset, ' ',
                                                   part->span.end - part->span.at.offset) != NULL)
            add(f, GV_FAULT_NUMBER_BLANKS, part->span, part->text);
    }
}

/* Two line ends with nothing but blanks between the tokens. */
static bool gap_is_empty_line(const struct finder *f, size_t begin, size_t end)
{
    size_t line_ends = 0;

    for (size_t i = begin; i < end; i++)
        line_ends += f->text[i] == '\n';
    return line_ends >= 2;
}

static void find_broken_in(struct finder *f, const struct gv_part *part, size_t *i)
{
    const struct gv_tokens *tokens = &f->letter->tokens;

    while (*i < tokens->count && tokens->all[*i].at.offset < part->span.at.offset)
        (*i)++;
    for (; *i + 1 < tokens->count && tokens->all[*i + 1].end <= part->span.end; (*i)++) {
        const struct gv_token *a = &tokens->all[*i], *b = &tokens->all[*i + 1];
        bool goes_on = part->kind == GV_PART_ADDRESSEE ||
                       (a->word && gv_text_begins_small(b->nfc, strlen(b->nfc)));

        if (goes_on && gap_is_empty_line(f, a->end, b->at.offset))
            add(f, GV_FAULT_BROKEN_SENTENCE, (struct gv_span){a->at, b->end}, "");
    }
}

/* Inside an item, a sentence that does not end before an empty line and goes on small behind it;
 * inside an addressee, any empty line. */
static void find_broken_sentences(struct finder *f)
{
    size_t i = 0;

    for (size_t p = 0; p < f->letter->part_count; p++) {
        const struct gv_part *part = &f->letter->parts[p];

        if (part->kind == GV_PART_ITEM || part->kind == GV_PART_ADDRESSEE)
            find_broken_in(f, part, &i);
    }
}

static void add_order(struct finder *f, const struct gv_part *item, uint32_t wanted)
{
    struct gv_span span = {item->span.at, item->span.at.offset};
    char expected[16];

    while (f->text[span.end] != '.')
        span.end++;
    span.end++;
    snprintf(expected, sizeof expected, "%u.", (unsigned)wanted);
    add(f, GV_FAULT_ITEM_ORDER, span, gv_arena_strdup(f->arena, expected));
}

/* 1, 2, 3 …: what does not follow was read wrongly, or one before it was not read at all. Behind it
 * the count goes on either way. */
static void find_item_order(struct finder *f)
{
    uint32_t wanted = 1, other = 1;

    for (size_t p = 0; p < f->letter->part_count; p++) {
        const struct gv_part *part = &f->letter->parts[p];
        uint32_t number;

        if (part->kind != GV_PART_ITEM)
            continue;
        number = gv_letter_item_number(part);
        if (number == wanted || number == other)
            wanted = number + 1;
        else
            add_order(f, part, wanted);
        other = number + 1;
    }
}

static size_t next_word(const struct gv_tokens *tokens, size_t i)
{
    while (i < tokens->count && !tokens->all[i].word)
        i++;
    return i;
}

/* The phrase's words at token i, punctuation passed over: *last is its last token. */
static bool phrase_at(const struct gv_tokens *tokens, size_t i, const struct gv_tokens *phrase,
                      bool *differs, size_t *last)
{
    size_t k = next_word(phrase, 0);

    *differs = false;
    while (k < phrase->count) {
        if (i >= tokens->count || strcmp(tokens->all[i].fold, phrase->all[k].fold) != 0)
            return false;
        *differs = *differs || strcmp(tokens->all[i].tone, phrase->all[k].tone) != 0;
        *last = i;
        i = next_word(tokens, i + 1);
        k = next_word(phrase, k + 1);
    }
    return true;
}

static const char *keep_line(gv_arena *arena, const char *line, size_t len)
{
    char *kept = gv_arena_alloc(arena, len + 1);

    if (kept == NULL)
        return NULL;
    memcpy(kept, line, len);
    kept[len] = '\0';
    return kept;
}

static void find_phrase(struct finder *f, const char *line, size_t len)
{
    const struct gv_tokens *tokens = &f->letter->tokens;
    struct gv_tokens phrase;
    struct gv_place bad;
    size_t last = 0;
    bool differs;

    f->err = gv_tokens_read(line, len, f->arena, &phrase, &bad);
    if (f->err != GV_OK || next_word(&phrase, 0) == phrase.count)
        return;
    for (size_t i = next_word(tokens, 0); i < tokens->count; i = next_word(tokens, i + 1)) {
        if (!phrase_at(tokens, i, &phrase, &differs, &last) || !differs)
            continue;
        add(f, GV_FAULT_DIACRITICS, (struct gv_span){tokens->all[i].at, tokens->all[last].end},
            keep_line(f->arena, line, len));
    }
}

static void find_phrases(struct finder *f, const char *phrases, size_t len)
{
    size_t at = 0;

    while (f->err == GV_OK && at < len) {
        const char *nl = memchr(phrases + at, '\n', len - at);
        size_t end = nl != NULL ? (size_t)(nl - phrases) : len;
        size_t next = nl != NULL ? end + 1 : len;

        while (end > at && (phrases[end - 1] == ' ' || phrases[end - 1] == '\r'))
            end--;
        if (end > at && phrases[at] != '#')
            find_phrase(f, phrases + at, end - at);
        at = next;
    }
}

static int by_place(const void *left, const void *right)
{
    const struct gv_fault *a = left, *b = right;

    if (a->span.at.offset != b->span.at.offset)
        return a->span.at.offset < b->span.at.offset ? -1 : 1;
    if (a->span.end != b->span.end)
        return a->span.end > b->span.end ? -1 : 1; /* the longer one first */
    return (int)a->kind - (int)b->kind;
}

/* In the order of the file; a fault of diacritics inside a longer one says nothing new. Answers the
 * count. */
static size_t sort_faults(struct gv_fault *faults, size_t count)
{
    size_t kept = 0, reach = 0;

    qsort(faults, count, sizeof *faults, by_place);
    for (size_t i = 0; i < count; i++) {
        if (faults[i].kind == GV_FAULT_DIACRITICS) {
            if (faults[i].span.end <= reach)
                continue;
            reach = faults[i].span.end;
        }
        faults[kept++] = faults[i];
    }
    return kept;
}

gv_err gv_letter_find_faults(const char *text, size_t len, const char *phrases, size_t phrases_len,
                             gv_arena *arena, struct gv_letter *letter)
{
    struct finder f = {.text = text, .len = len, .arena = arena, .letter = letter};

    gv_buf_init(&f.faults);
    find_missing(&f);
    find_number_blanks(&f);
    find_broken_sentences(&f);
    find_item_order(&f);
    if (f.err == GV_OK)
        find_phrases(&f, phrases, phrases_len);
    if (f.err == GV_OK && !gv_buf_ok(&f.faults))
        f.err = GV_ENOMEM;
    if (f.err == GV_OK && f.faults.len > 0) {
        struct gv_fault *faults = gv_arena_copy(arena, f.faults.data, f.faults.len);

        if (faults == NULL)
            f.err = GV_ENOMEM;
        else
            letter->fault_count = sort_faults(faults, f.faults.len / sizeof *faults);
        letter->faults = faults;
    }
    gv_buf_fini(&f.faults);
    return f.err;
}
