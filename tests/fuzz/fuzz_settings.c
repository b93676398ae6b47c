/* links: gv_conf gv_base */
/*
 * fuzz_settings.c - any bytes as a settings file; what was accepted and is shown is accepted again.
 * The same bytes as a file, and as a file beside an empty one, say the same; help and sample name
 * what there is, and the sample is accepted.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
        GV_SETTING_ROW(struct values, threads, INT, "2", 1, 64, 0, "b", "b")
            GV_SETTING_ROW(struct values, window, DURATION, "30s", 100, 600000, 0, "c", "c")
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

static char folder[] = "/tmp/fuzz-settings-XXXXXX", main_file[64], drop_ins[64], drop_in[64],
            hidden[64];

static void remove_files(void)
{
    unlink(main_file);
    unlink(drop_in);
    unlink(hidden);
    rmdir(drop_ins);
    rmdir(folder);
}

static void write_file(const char *path, const void *data, size_t size)
{
    FILE *file = fopen(path, "wb");

    assert(file != NULL && (size == 0 || fwrite(data, size, 1, file) == 1));
    assert(fclose(file) == 0);
}

static void make_folder(void)
{
    assert(mkdtemp(folder) != NULL);
    snprintf(main_file, sizeof main_file, "%s/f", folder);
    snprintf(drop_ins, sizeof drop_ins, "%s/f.d", folder);
    snprintf(drop_in, sizeof drop_in, "%s/f.d/1.conf", folder);
    snprintf(hidden, sizeof hidden, "%s/f.d/.2.conf", folder);
    assert(mkdir(drop_ins, 0700) == 0);
    atexit(remove_files);
}

/* As text it is good or not; so it is in either of the places that a file has. */
static void check_files(const uint8_t *data, size_t size, bool good)
{
    const void *contents[2][2] = {{data, ""}, {"", data}};

    if (main_file[0] == '\0')
        make_folder();
    write_file(hidden, "nonsense", 8); /* not looked at */
    for (int i = 0; i < 2; i++) {
        gv_settings *settings = gv_settings_new(sections, GV_COUNT(sections));
        struct gv_buf faults;

        assert(settings != NULL);
        gv_buf_init(&faults);
        write_file(main_file, contents[i][0], i == 0 ? size : 0);
        write_file(drop_in, contents[i][1], i == 1 ? size : 0);
        assert((gv_settings_read(settings, main_file, &faults) == GV_OK) == good);
        assert((faults.len == 0) == good);
        gv_buf_fini(&faults);
        gv_settings_free(settings);
    }
    unlink(main_file);
}

/* The rows, and not the bytes, say what these are: once is enough. */
static void check_words(void)
{
    gv_settings *settings = gv_settings_new(sections, GV_COUNT(sections));
    struct gv_buf sample, help, faults;

    gv_buf_init(&sample);
    gv_buf_init(&help);
    gv_buf_init(&faults);
    gv_settings_sample(sections, GV_COUNT(sections), &sample);
    gv_settings_help(sections, GV_COUNT(sections), &help);
    assert(settings != NULL);
    assert(gv_settings_read_text(settings, "sample", (char *)sample.data, sample.len, &faults) ==
           GV_OK);
    for (size_t i = 0; i < GV_COUNT(rows); i++)
        assert(strstr((char *)sample.data, rows[i].name) != NULL &&
               strstr((char *)help.data, rows[i].name) != NULL);
    assert(gv_settings_read(settings, "/nonexistent/f", &faults) == GV_ENOTFOUND);
    assert(faults.len > 0);
    gv_buf_fini(&faults);
    gv_buf_fini(&help);
    gv_buf_fini(&sample);
    gv_settings_free(settings);
}

/* What is in force, without where it comes from. */
static void put_values(const gv_settings *settings, struct gv_buf *out)
{
    struct gv_buf shown;
    char *rest = NULL;

    gv_buf_init(&shown);
    gv_settings_show(settings, &shown);
    assert(gv_buf_ok(&shown));
    for (char *line = strtok_r((char *)shown.data, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (line[0] != ';')
            gv_buf_printf(out, "%s\n", line);
    }
    gv_buf_fini(&shown);
}

static void check_same_values(const gv_settings *a, const gv_settings *b)
{
    struct gv_buf of_a, of_b;

    gv_buf_init(&of_a);
    gv_buf_init(&of_b);
    put_values(a, &of_a);
    put_values(b, &of_b);
    assert(of_a.len == of_b.len && memcmp(of_a.data, of_b.data, of_a.len) == 0);
    gv_buf_fini(&of_a);
    gv_buf_fini(&of_b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool said;
    gv_settings *settings = gv_settings_new(sections, GV_COUNT(sections));
    gv_settings *again = gv_settings_new(sections, GV_COUNT(sections));
    struct gv_buf faults, shown;
    gv_err err;

    gv_buf_init(&faults);
    gv_buf_init(&shown);
    if (!said)
        check_words();
    said = true;
    if (settings != NULL && again != NULL && size > 0) {
        err = gv_settings_read_text(settings, "file", (const char *)data, size, &faults);
        assert((err == GV_OK) == (faults.len == 0));
        check_files(data, size, err == GV_OK);
        check(gv_settings_get(settings, "server"));
        for (size_t i = 0; i < gv_settings_count(settings, "unit"); i++)
            check(gv_settings_item(settings, "unit", i, NULL));
        gv_settings_show(settings, &shown);
        err = gv_settings_read_text(again, "shown", (const char *)shown.data, shown.len, &faults);
        assert(err == GV_OK);
        check_same_values(settings, again);
    }
    gv_buf_fini(&shown);
    gv_buf_fini(&faults);
    gv_settings_free(again);
    gv_settings_free(settings);
    return 0;
}
