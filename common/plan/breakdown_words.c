/*
 * breakdown_words.c - a task's words must stand in the letter, in its item, and at one place only;
 * what nearly stands there is pointed out, never taken for it.
 */
#include <string.h>

#include "base/text.h"
#include "plan/loader.h"

struct range { /* of tokens */
    size_t from;
    size_t to;
};

struct hits {
    size_t count;
    struct gv_span wanted; /* the one with the asked number */
    struct gv_span second;
};

static bool is_item(const struct gv_part *part, uint32_t item)
{
    return part->kind == GV_PART_ITEM && gv_letter_item_number(part) == item;
}

bool gv_load_has_item(const struct gv_loader *l, uint32_t item)
{
    for (size_t i = 0; i < l->letter.part_count; i++) {
        if (is_item(&l->letter.parts[i], item))
            return true;
    }
    return false;
}

static struct range tokens_of(const struct gv_tokens *tokens, const struct gv_span *span)
{
    struct range r = {0, 0};

    while (r.from < tokens->count && tokens->all[r.from].at.offset < span->at.offset)
        r.from++;
    r.to = r.from;
    while (r.to < tokens->count && tokens->all[r.to].end <= span->end)
        r.to++;
    return r;
}

static void count_hits(const struct gv_tokens *tokens, struct range range,
                       const struct gv_tokens *words, uint32_t occurrence, struct hits *hits)
{
    struct gv_tokens part = {tokens->all, range.to};
    struct gv_span span;
    size_t from = range.from;

    while (gv_tokens_find(&part, from, words, &span) == GV_OK) {
        hits->count++;
        if (hits->count == (occurrence > 0 ? occurrence : 1))
            hits->wanted = span;
        if (hits->count == 2)
            hits->second = span;
        while (from < part.count && part.all[from].at.offset <= span.at.offset)
            from++;
    }
}

/* Where the same letters stand with other diacritics or other capitals. */
static bool find_folded(const struct gv_tokens *tokens, const struct gv_tokens *words,
                        struct gv_span *out)
{
    for (size_t i = 0; i + words->count <= tokens->count; i++) {
        size_t k = 0;

        while (k < words->count && strcmp(tokens->all[i + k].fold, words->all[k].fold) == 0 &&
               (words->all[k].word || strcmp(tokens->all[i + k].nfc, words->all[k].nfc) == 0))
            k++;
        if (k == words->count) {
            *out = (struct gv_span){tokens->all[i].at, tokens->all[i + k - 1].end};
            return true;
        }
    }
    return false;
}

/* The letter's text of the span on one line, without emphasis marks. NULL: no memory. */
static const char *one_line(struct gv_loader *l, const struct gv_span *span)
{
    const char *text = (const char *)l->in->letter.data;
    struct gv_buf raw, nfc;
    const char *kept = NULL;
    bool blank = false;

    gv_buf_init(&raw);
    gv_buf_init(&nfc);
    for (size_t i = span->at.offset; i < span->end; i++) {
        char c = text[i];

        if (c == '*')
            continue;
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
            blank = true;
            continue;
        }
        if (blank)
            gv_buf_putc(&raw, ' ');
        blank = false;
        gv_buf_putc(&raw, c);
    }
    if (gv_buf_ok(&raw) && raw.len > 0 && gv_text_nfc((char *)raw.data, raw.len, &nfc) == GV_OK &&
        gv_buf_ok(&nfc))
        kept = gv_arena_strdup(l->y.arena, (char *)nfc.data);
    if (kept == NULL)
        l->y.no_memory = true;
    gv_buf_fini(&raw);
    gv_buf_fini(&nfc);
    return kept;
}

static void say_not_there(struct gv_loader *l, yaml_node_t *node, uint32_t item,
                          const struct gv_tokens *words)
{
    struct gv_span span;
    const char *found;

    if (gv_tokens_find(&l->letter.tokens, 0, words, &span) == GV_OK) {
        gv_yaml_problem(
            &l->y, node, "các từ này không có ở mục %u; chúng ở %s:%u:%u, hãy sửa số mục",
            "these words are not in item %u; they stand at %s:%u:%u, correct the item",
            (unsigned)item, l->in->letter_path, (unsigned)span.at.line, (unsigned)span.at.column);
        return;
    }
    if (find_folded(&l->letter.tokens, words, &span) && (found = one_line(l, &span)) != NULL) {
        gv_yaml_problem(
            &l->y, node,
            "công văn viết khác: «%.300s» (%s:%u:%u); hãy chép đúng như trong công văn",
            "the letter has other letters: \"%.300s\" (%s:%u:%u); copy them as they stand", found,
            l->in->letter_path, (unsigned)span.at.line, (unsigned)span.at.column);
        return;
    }
    gv_yaml_problem(&l->y, node, "các từ này không có trong công văn %s; hãy chép nguyên văn",
                    "these words are not in the letter %s; copy them word for word",
                    l->in->letter_path);
}

static bool one_place(struct gv_loader *l, yaml_node_t *node, uint32_t item, uint32_t occurrence,
                      const struct gv_tokens *words, const struct hits *hits)
{
    if (hits->count == 0) {
        say_not_there(l, node, item, words);
    } else if (occurrence > hits->count) {
        gv_yaml_problem(&l->y, node, "các từ này chỉ có %zu lần ở mục %u, không có lần thứ %u",
                        "these words stand %zu times in item %u, there is no occurrence %u",
                        hits->count, (unsigned)item, (unsigned)occurrence);
    } else if (occurrence == 0 && hits->count > 1) {
        gv_yaml_problem(&l->y, node,
                        "các từ này có %zu lần ở mục %u (%u:%u, %u:%u, …); hãy chép thêm từ, hoặc "
                        "thêm «occurrence: N»",
                        "these words stand %zu times in item %u (%u:%u, %u:%u, ...); copy more "
                        "words, or add \"occurrence: N\"",
                        hits->count, (unsigned)item, (unsigned)hits->wanted.at.line,
                        (unsigned)hits->wanted.at.column, (unsigned)hits->second.at.line,
                        (unsigned)hits->second.at.column);
    } else {
        return true;
    }
    return false;
}

const char *gv_load_words(struct gv_loader *l, yaml_node_t *node, uint32_t item,
                          uint32_t occurrence, struct gv_span *span)
{
    const char *text = gv_yaml_text(&l->y, node, 4000);
    struct hits hits = {0};
    struct gv_tokens words;
    struct gv_place bad;

    if (text[0] == '\0' || !gv_load_has_item(l, item))
        return NULL; /* both said already */
    if (gv_tokens_read(text, strlen(text), l->y.arena, &words, &bad) != GV_OK) {
        l->y.no_memory = true;
        return NULL;
    }
    if (words.count == 0) {
        gv_yaml_problem(&l->y, node, "không có từ nào", "there are no words here");
        return NULL;
    }
    for (size_t i = 0; i < l->letter.part_count; i++) {
        if (is_item(&l->letter.parts[i], item))
            count_hits(&l->letter.tokens, tokens_of(&l->letter.tokens, &l->letter.parts[i].span),
                       &words, occurrence, &hits);
    }
    if (!one_place(l, node, item, occurrence, &words, &hits))
        return NULL;
    if (span != NULL)
        *span = hits.wanted;
    return one_line(l, &hits.wanted);
}
