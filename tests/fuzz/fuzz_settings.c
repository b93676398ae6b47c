/* links: gv_conf gv_base */
/* fuzz_settings.c - any bytes as a settings file; what was accepted and is shown is accepted again.
 */
#include <assert.h>
#include <stdlib.h>

#include "conf/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct values {
    GV_SETTING_C_PATH data;
    GV_SETTING_C_INT threads;
    GV_SETTING_C_DURATION window;
    GV_SETTING_C_BOOL stepped;
    GV_SETTING_C_STRING title;
};

static const struct gv_setting rows[] = {
    GV_SETTING_ROW(struct values, data, PATH, NULL, 0, 0, GV_SETTING_REQUIRED, "a", "a")
        GV_SETTING_ROW(struct values, threads, INT, "2", 1, 64, 0, "b", "b") GV_SETTING_ROW(
            struct values, window, DURATION, "30s", 100, 600000, GV_SETTING_RELOAD, "c", "c")
            GV_SETTING_ROW(struct values, stepped, BOOL, "no", 0, 0, 0, "d", "d")
                GV_SETTING_ROW(struct values, title, STRING, "x", 0, 40, 0, "e", "e")};

static const struct gv_section sections[] = {
    {"server", rows, GV_COUNT(rows), sizeof(struct values), false, "s", "s"},
    {"unit", rows, GV_COUNT(rows), sizeof(struct values), true, "u", "u"},
};

static void check(const struct values *values)
{
    assert(values->threads >= 1 && values->threads <= 64);
    assert(values->window >= 100 && values->window <= 600000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gv_settings *settings = gv_settings_new(sections, GV_COUNT(sections));
    gv_settings *again = gv_settings_new(sections, GV_COUNT(sections));
    struct gv_buf faults, shown;
    gv_err err;

    gv_buf_init(&faults);
    gv_buf_init(&shown);
    if (settings != NULL && again != NULL && size > 0) {
        err = gv_settings_read_text(settings, "file", (const char *)data, size, &faults);
        assert((err == GV_OK) == (faults.len == 0));
        check(gv_settings_get(settings, "server"));
        for (size_t i = 0; i < gv_settings_count(settings, "unit"); i++)
            check(gv_settings_item(settings, "unit", i, NULL));
        gv_settings_show(settings, &shown);
        err = gv_settings_read_text(again, "shown", (const char *)shown.data, shown.len, &faults);
        assert(err == GV_OK);
        gv_buf_reset(&shown);
        err = gv_settings_compare(settings, again, &shown);
        assert(err == GV_OK && shown.len == 0);
    }
    gv_buf_fini(&shown);
    gv_buf_fini(&faults);
    gv_settings_free(again);
    gv_settings_free(settings);
    return 0;
}
