/*
 * letter.h - reads an official letter: its parts, each with its place in the file, and its faults,
 * pointed out and never mended. Forms: Party (Số 36-HD/VPTW, T/M, K/T) and State (Số: 15/QĐ-BNV,
 * TM., KT.).
 */
#ifndef GV_LETTER_H
#define GV_LETTER_H

#include "letter/tokens.h"

enum gv_part_kind {
    GV_PART_NUMBER,
    GV_PART_ABSTRACT,
    GV_PART_ADDRESSEE,
    GV_PART_ITEM,
    GV_PART_RECIPIENT,
    GV_PART_AUTHORITY,
    GV_PART_TITLE,
    GV_PART_SIGNER,
    GV_PART_COUNT
};

struct gv_part {
    enum gv_part_kind kind;
    struct gv_span span;
    const char
        *text; /* NFC, white space folded, emphasis marks left out; a number without its blanks */
};

enum gv_fault_kind {
    GV_FAULT_NUMBER_BLANKS,   /* blanks inside the number */
    GV_FAULT_BROKEN_SENTENCE, /* a sentence, or an addressee, goes on after an empty line */
    GV_FAULT_DIACRITICS,      /* differs from an official phrase only in diacritics */
    GV_FAULT_MISSING,         /* a part that a letter has is not there; no place */
    GV_FAULT_ITEM_ORDER,      /* an item's number does not follow on the one before */
    GV_FAULT_COUNT
};

struct gv_fault {
    enum gv_fault_kind kind;
    struct gv_span span;
    const char *found;    /* as it stands */
    const char *expected; /* the official phrase, the part's name, … ; may be "" */
};

struct gv_letter {
    const struct gv_part *parts; /* in the order of the file */
    size_t part_count;
    const struct gv_fault *faults;
    size_t fault_count;
    struct gv_tokens tokens;
};

/* phrases: official phrases, one a line, '#' comments; phrases_len 0: none. Everything lives in the
 * arena. */
GV_MUSTCHECK gv_err gv_letter_read(const char *text, size_t len, const char *phrases,
                                   size_t phrases_len, gv_arena *arena, struct gv_letter *out,
                                   struct gv_place *bad);

/* The number that an item begins with. */
uint32_t gv_letter_item_number(const struct gv_part *item);

/* Stable names: "number", "broken-sentence". */
const char *gv_part_name(enum gv_part_kind kind);
const char *gv_fault_name(enum gv_fault_kind kind);

#endif
