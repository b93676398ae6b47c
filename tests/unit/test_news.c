/* test_news.c - what is gathered for the database: a session that has ended stays so. */
/* links: gv_coordinator gv_base */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "coordinator/news.h"

static struct news news;

static int begin(void **state)
{
    (void)state;
    memset(&news, 0, sizeof news);
    news.beats_ms = 1000;
    return 0;
}

static int end(void **state)
{
    (void)state;
    news_fini(&news);
    return 0;
}

static void beat(int32_t unit_id, uint64_t connection, bool at_once)
{
    struct gv_heartbeat one = {.unit_id = unit_id, .connection = connection};

    news_beat(&news, &one, at_once);
}

static void test_a_beat_does_not_outlive_its_session(void **state)
{
    (void)state;
    beat(1, 7, false);
    beat(2, 7, false);
    beat(1, 8, false);
    beat(1, 7, false);
    news_end(&news, 1, 7);
    assert_int_equal(news.beat_count, 2);
    assert_int_equal(news.beats[0].unit_id, 2);
    assert_int_equal(news.beats[1].connection, 8); /* it has connected anew */
    assert_int_equal(news.end_count, 1);
    assert_int_equal(news.ends[0].unit_id, 1);
    assert_int_equal(news.ends[0].connection, 7);
}

static void test_beats_wait_unless_there_is_news_or_no_room(void **state)
{
    (void)state;
    beat(1, 1, false);
    assert_int_equal(news.beats_ms, 1000);
    beat(2, 1, true);
    assert_int_equal(news.beats_ms, 0);
    news.beats_ms = 1000;
    for (int32_t unit_id = 3; news.beat_count < NEWS_BEATS_MAX; unit_id++)
        beat(unit_id, 1, false);
    assert_int_equal(news.beats_ms, 0);
    beat(1, 1, false); /* the next one says the same */
    assert_int_equal(news.beat_count, NEWS_BEATS_MAX);
}

static void test_every_end_is_kept(void **state)
{
    (void)state;
    for (int32_t unit_id = 1; unit_id <= 1000; unit_id++)
        news_end(&news, unit_id, 3);
    assert_int_equal(news.end_count, 1000);
    assert_int_equal(news.ends[999].unit_id, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_beat_does_not_outlive_its_session, begin, end),
        cmocka_unit_test_setup_teardown(test_beats_wait_unless_there_is_news_or_no_room, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_every_end_is_kept, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
