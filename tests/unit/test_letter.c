/* links: gv_cli gv_letter gv_base */
/* test_letter.c - letters: the real one, an invented one, and both in other encodings of the same
 * text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "letter/letter.h"

#define REAL    GV_SOURCE_DIR "/deploy/examples/lam-dong-2024/3467-CV-TU.txt"
#define SECOND  GV_SOURCE_DIR "/tests/data/second-letter.txt"
#define PHRASES GV_SOURCE_DIR "/deploy/data/phrases.vi.txt"

struct fixture {
    gv_arena *arena;
    struct gv_buf text;
    struct gv_buf phrases;
    struct gv_letter letter;
    struct gv_place bad;
};

static void load(struct fixture *f, const char *path)
{
    memset(f, 0, sizeof *f);
    f->arena = gv_arena_new((size_t)1 << 28);
    assert_int_equal(gv_buf_read_file(&f->text, path, 1 << 20), GV_OK);
    assert_int_equal(gv_buf_read_file(&f->phrases, PHRASES, 1 << 20), GV_OK);
}

static gv_err read_it(struct fixture *f)
{
    return gv_letter_read((char *)f->text.data, f->text.len, (char *)f->phrases.data,
                          f->phrases.len, f->arena, &f->letter, &f->bad);
}

static void unload(struct fixture *f)
{
    gv_arena_free(f->arena);
    gv_buf_fini(&f->text);
    gv_buf_fini(&f->phrases);
}

/* Replaces the first `from` of the letter. */
static void edit(struct fixture *f, const char *from, const char *to)
{
    const char *at = f->text.len > 0 ? strstr((char *)f->text.data, from) : NULL;
    struct gv_buf out;

    if (at == NULL)
        fail_msg("not in the letter: %s", from);
    gv_buf_init(&out);
    gv_buf_append(&out, f->text.data, (size_t)(at - (char *)f->text.data));
    gv_buf_puts(&out, to);
    gv_buf_puts(&out, at + strlen(from));
    assert_true(gv_buf_ok(&out));
    gv_buf_fini(&f->text);
    f->text = out;
}

static size_t count_parts(const struct fixture *f, enum gv_part_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < f->letter.part_count; i++)
        n += f->letter.parts[i].kind == kind;
    return n;
}

static const struct gv_part *first(const struct fixture *f, enum gv_part_kind kind)
{
    for (size_t i = 0; i < f->letter.part_count; i++) {
        if (f->letter.parts[i].kind == kind)
            return &f->letter.parts[i];
    }
    fail_msg("no part %s", gv_part_name(kind));
    return NULL;
}

static size_t count_faults(const struct fixture *f, enum gv_fault_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < f->letter.fault_count; i++)
        n += f->letter.faults[i].kind == kind;
    return n;
}

static void test_the_real_letter_is_read_with_every_place(void **state)
{
    struct fixture f;
    const struct gv_part *number;

    (void)state;
    load(&f, REAL);
    assert_int_equal(read_it(&f), GV_OK);
    number = first(&f, GV_PART_NUMBER);
    assert_string_equal(number->text, "3467-CV/TU");
    assert_memory_equal(f.text.data + number->span.at.offset, "3467 - CV/TU", 12);
    assert_int_equal(number->span.at.line, 3);
    assert_int_equal(number->span.at.column, 4);
    assert_string_equal(first(&f, GV_PART_ABSTRACT)->text,
                        "Khẩn trương, tập trung triển khai thực hiện nhiệm vụ năm 2024");
    assert_int_equal(count_parts(&f, GV_PART_ADDRESSEE), 3);
    assert_int_equal(count_parts(&f, GV_PART_ITEM), 6);
    assert_int_equal(count_parts(&f, GV_PART_RECIPIENT), 6);
    assert_string_equal(first(&f, GV_PART_AUTHORITY)->text, "T/M BAN THƯỜNG VỤ");
    assert_string_equal(first(&f, GV_PART_TITLE)->text, "PHÓ BÍ THƯ");
    assert_string_equal(first(&f, GV_PART_SIGNER)->text, "Trần Đình Văn");
    unload(&f);
}

static void test_the_scan_of_the_real_letter_is_pointed_out_and_not_mended(void **state)
{
    struct fixture f;

    (void)state;
    load(&f, REAL);
    assert_int_equal(read_it(&f), GV_OK);
    assert_int_equal(count_faults(&f, GV_FAULT_NUMBER_BLANKS), 1);
    assert_int_equal(count_faults(&f, GV_FAULT_BROKEN_SENTENCE), 1);
    assert_int_equal(count_faults(&f, GV_FAULT_DIACRITICS), 3);
    assert_int_equal(count_faults(&f, GV_FAULT_MISSING), 0);
    assert_int_equal(count_faults(&f, GV_FAULT_ITEM_ORDER), 0);
    for (size_t i = 1; i < f.letter.fault_count; i++)
        assert_true(f.letter.faults[i - 1].span.at.offset < f.letter.faults[i].span.at.offset);
    assert_string_equal(f.letter.faults[f.letter.fault_count - 1].found, "xây dựng chính đồn Đảng");
    assert_string_equal(f.letter.faults[f.letter.fault_count - 1].expected,
                        "xây dựng, chỉnh đốn Đảng");
    unload(&f);
}

static const struct gv_fault *only_fault(const struct fixture *f, enum gv_fault_kind kind)
{
    const struct gv_fault *found = NULL;

    for (size_t i = 0; i < f->letter.fault_count; i++) {
        if (f->letter.faults[i].kind == kind) {
            assert_null(found);
            found = &f->letter.faults[i];
        }
    }
    assert_non_null(found);
    return found;
}

static void test_an_empty_line_inside_the_addressees_drops_nobody(void **state)
{
    static const struct {
        const char *from, *to;
        size_t faults;
    } breaks[] = {
        {"Mặt trận Tổ quốc,  \n", "Mặt trận Tổ quốc,\n\n", 1},
        {"ban, ngành, Mặt", "ban,\n\nngành, Mặt", 1},
        {"ngành, Mặt", "ngành,\n\nMặt", 1},
        {"xã hội tỉnh,", "xã\n \t\nhội tỉnh,", 1},
        {"- Các sở, ban,", "\n- Các sở, ban,", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        const struct gv_part *all;
        struct fixture f;

        load(&f, REAL);
        edit(&f, breaks[i].from, breaks[i].to);
        assert_int_equal(read_it(&f), GV_OK);
        assert_int_equal(count_parts(&f, GV_PART_ADDRESSEE), 3);
        all = first(&f, GV_PART_ADDRESSEE);
        assert_string_equal(all[1].text,
                            "Các sở, ban, ngành, Mặt trận Tổ quốc, tổ chức chính trị - "
                            "xã hội tỉnh,");
        assert_string_equal(all[2].text, "Thành ủy, huyện ủy, đảng ủy trực thuộc Tỉnh ủy.");
        assert_int_equal(count_faults(&f, GV_FAULT_BROKEN_SENTENCE), 1 + breaks[i].faults);
        unload(&f);
    }
}

static void test_the_preamble_is_no_addressee(void **state)
{
    struct fixture f;

    (void)state;
    load(&f, SECOND);
    edit(&f, "huyện Suối Mơ.", "huyện Suối Mơ");
    assert_int_equal(read_it(&f), GV_OK);
    assert_int_equal(count_parts(&f, GV_PART_ADDRESSEE), 1);
    assert_string_equal(first(&f, GV_PART_ADDRESSEE)->text,
                        "Các trường trên địa bàn huyện Suối Mơ");
    assert_int_equal(count_faults(&f, GV_FAULT_BROKEN_SENTENCE), 1);
    unload(&f);
}

static void test_an_item_that_was_not_read_is_pointed_out_at_the_next(void **state)
{
    static const struct {
        const char *from, *to;
        size_t items;
        const char *found, *expected;
    } scans[] = {
        {"1. Các cấp ủy", "l. Các cấp ủy", 5, "2.", "1."},
        {"3. Chú trọng", "3, Chú trọng", 5, "4.", "3."},
        {"các khâu đột phá", "\n12. các khâu đột phá", 7, "12.", "2."},
    };

    (void)state;
    for (size_t i = 0; i < sizeof scans / sizeof scans[0]; i++) {
        const struct gv_fault *fault;
        struct fixture f;

        load(&f, REAL);
        edit(&f, scans[i].from, scans[i].to);
        assert_int_equal(read_it(&f), GV_OK);
        assert_int_equal(count_parts(&f, GV_PART_ITEM), scans[i].items);
        fault = only_fault(&f, GV_FAULT_ITEM_ORDER);
        assert_string_equal(fault->found, scans[i].found);
        assert_string_equal(fault->expected, scans[i].expected);
        assert_memory_equal(f.text.data + fault->span.at.offset, scans[i].found,
                            fault->span.end - fault->span.at.offset);
        unload(&f);
    }
}

static void test_any_blank_stands_behind_the_point_of_an_item(void **state)
{
    static const char *const blanks[] = {"3.\tChú",
                                         "3.\xc2\xa0"
                                         "Chú",
                                         "3.\xe3\x80\x80"
                                         "Chú"};

    (void)state;
    for (size_t i = 0; i < sizeof blanks / sizeof blanks[0]; i++) {
        struct fixture f;

        load(&f, REAL);
        edit(&f, "3. Chú", blanks[i]);
        assert_int_equal(read_it(&f), GV_OK);
        assert_int_equal(count_parts(&f, GV_PART_ITEM), 6);
        assert_int_equal(count_faults(&f, GV_FAULT_ITEM_ORDER), 0);
        unload(&f);
    }
}

static gv_err find(struct fixture *f, const char *words, struct gv_span *span)
{
    struct gv_tokens tokens;

    assert_int_equal(gv_tokens_read(words, strlen(words), f->arena, &tokens, &f->bad), GV_OK);
    return gv_tokens_find(&f->letter.tokens, 0, &tokens, span);
}

static void
test_words_are_found_across_emphasis_and_a_page_break_but_not_with_other_letters(void **state)
{
    struct fixture f;
    struct gv_span span;

    (void)state;
    load(&f, REAL);
    assert_int_equal(read_it(&f), GV_OK);
    assert_int_equal(find(&f, "đi lễ hội (trừ trường hợp thực thi nhiệm vụ)", &span), GV_OK);
    assert_memory_equal(f.text.data + span.at.offset, "đi lễ hội (*trừ", strlen("đi lễ hội (*trừ"));
    assert_int_equal(find(&f, "phòng, chống cháy, nổ tại các cơ sở sản xuất", &span), GV_OK);
    assert_int_equal(span.at.line, 19);
    assert_int_equal(find(&f, "xây dựng chỉnh đốn Đảng", &span), GV_ENOTFOUND);
    assert_int_equal(find(&f, "", &span), GV_EBADMSG);
    unload(&f);
}

static void test_a_second_letter_in_the_form_of_the_state_with_bom_and_crlf(void **state)
{
    struct fixture f;

    (void)state;
    load(&f, SECOND);
    assert_int_equal(read_it(&f), GV_OK);
    assert_string_equal(first(&f, GV_PART_NUMBER)->text, "12/UBND-VX");
    assert_int_equal(first(&f, GV_PART_NUMBER)->span.at.offset, 3 + strlen("Số: "));
    assert_int_equal(first(&f, GV_PART_NUMBER)->span.at.column, 5);
    assert_int_equal(count_parts(&f, GV_PART_ITEM), 2);
    assert_int_equal(count_faults(&f, GV_FAULT_DIACRITICS), 1);
    assert_int_equal(count_faults(&f, GV_FAULT_BROKEN_SENTENCE), 1);
    unload(&f);
}

static void test_decomposed_text_reads_alike_and_places_point_into_the_original(void **state)
{
    struct gv_span span;
    struct fixture f;
    char *nfd;

    (void)state;
    load(&f, SECOND);
    nfd = strdup("So\xcc\x82\xcc\x81 1-CV/TU\n\nTho\xcc\x82ng ba\xcc\x81o\n\nKi\xcc\x81nh "
                 "gu\xcc\x9b\xcc\x89i: A\n");
    assert_non_null(nfd);
    gv_buf_reset(&f.text);
    gv_buf_puts(&f.text, nfd);
    assert_int_equal(read_it(&f), GV_OK);
    assert_string_equal(first(&f, GV_PART_NUMBER)->text, "1-CV/TU");
    assert_string_equal(first(&f, GV_PART_ABSTRACT)->text, "Thông báo");
    assert_int_equal(count_parts(&f, GV_PART_ADDRESSEE), 1);
    assert_int_equal(find(&f, "báo", &span), GV_OK);
    assert_memory_equal(f.text.data + span.at.offset, "ba\xcc\x81o", span.end - span.at.offset);
    free(nfd);
    unload(&f);
}

static void test_a_nul_and_broken_utf8_are_refused_at_their_byte(void **state)
{
    struct fixture f;

    (void)state;
    load(&f, REAL);
    for (size_t i = 0; i < f.text.len; i += 97) {
        uint8_t kept = f.text.data[i];

        f.text.data[i] = 0;
        if (i == 0 ||
            (kept & 0xc0) != 0x80) { /* not inside a sequence, where the sequence breaks first */
            assert_int_equal(read_it(&f), GV_EBADMSG);
            assert_int_equal(f.bad.offset, i);
        }
        f.text.data[i] = kept;
    }
    f.text.data[0] = 0xff;
    assert_int_equal(read_it(&f), GV_EBADMSG);
    assert_int_equal(f.bad.offset, 0);
    unload(&f);
}

static void test_a_text_without_any_part_says_what_is_missing(void **state)
{
    struct fixture f;

    (void)state;
    load(&f, REAL);
    gv_buf_reset(&f.text);
    assert_int_equal(read_it(&f), GV_OK);
    assert_int_equal(count_faults(&f, GV_FAULT_MISSING), GV_PART_COUNT);
    unload(&f);
}

static void test_folding_ignores_tones_and_the_tone_key_only_their_position(void **state)
{
    struct gv_buf a, b;

    (void)state;
    gv_buf_init(&a);
    gv_buf_init(&b);
    assert_int_equal(gv_text_fold("  HÀ  Đông\n", strlen("  HÀ  Đông\n"), &a), GV_OK);
    assert_string_equal((char *)a.data, "ha dong");
    gv_buf_reset(&a);
    assert_int_equal(gv_text_tone_key("thủy hòa", strlen("thủy hòa"), &a), GV_OK);
    assert_int_equal(gv_text_tone_key("thuỷ hoà", strlen("thuỷ hoà"), &b), GV_OK);
    assert_string_equal((char *)a.data, (char *)b.data);
    gv_buf_reset(&b);
    assert_int_equal(gv_text_tone_key("thúy hòa", strlen("thúy hòa"), &b), GV_OK);
    assert_string_not_equal((char *)a.data, (char *)b.data);
    gv_buf_fini(&a);
    gv_buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_real_letter_is_read_with_every_place),
        cmocka_unit_test(test_the_scan_of_the_real_letter_is_pointed_out_and_not_mended),
        cmocka_unit_test(test_an_empty_line_inside_the_addressees_drops_nobody),
        cmocka_unit_test(test_the_preamble_is_no_addressee),
        cmocka_unit_test(test_an_item_that_was_not_read_is_pointed_out_at_the_next),
        cmocka_unit_test(test_any_blank_stands_behind_the_point_of_an_item),
        cmocka_unit_test(
            test_words_are_found_across_emphasis_and_a_page_break_but_not_with_other_letters),
        cmocka_unit_test(test_a_second_letter_in_the_form_of_the_state_with_bom_and_crlf),
        cmocka_unit_test(test_decomposed_text_reads_alike_and_places_point_into_the_original),
        cmocka_unit_test(test_a_nul_and_broken_utf8_are_refused_at_their_byte),
        cmocka_unit_test(test_a_text_without_any_part_says_what_is_missing),
        cmocka_unit_test(test_folding_ignores_tones_and_the_tone_key_only_their_position),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
