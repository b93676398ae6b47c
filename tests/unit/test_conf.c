/* links: gv_conf gv_base */
/* test_conf.c - settings: every type over its bounds, files with their faults, drop-ins, the
 * command line, what is shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/lang.h"
#include "conf/settings.h"

struct server {
    GV_SETTING_C_PATH data;
    GV_SETTING_C_INT threads;
    GV_SETTING_C_DURATION window;
    GV_SETTING_C_BOOL stepped;
    GV_SETTING_C_STRING title;
    GV_SETTING_C_STRING secret;
    GV_SETTING_C_INT limit; /* these two are unbounded */
    GV_SETTING_C_DURATION grace;
};

/* clang-format off */
static const struct gv_setting server_rows[] = {
    GV_SETTING_ROW(struct server, data, PATH, NULL, 0, 0, GV_SETTING_REQUIRED, "thư mục dữ liệu", "data folder")
    GV_SETTING_ROW(struct server, threads, INT, "2", 1, 64, 0, "số luồng", "threads")
    GV_SETTING_ROW(struct server, window, DURATION, "30s", 100, 600000, 0, "cửa sổ", "window")
    GV_SETTING_ROW(struct server, stepped, BOOL, "no", 0, 0, 0, "đồng hồ bước", "stepped clock")
    GV_SETTING_ROW(struct server, title, STRING, "Văn phòng", 0, 40, 0, "tên", "title")
    GV_SETTING_ROW(struct server, secret, STRING, NULL, 0, 0, GV_SETTING_HIDDEN, "bí mật", "secret")
    GV_SETTING_ROW(struct server, limit, INT, NULL, 0, 0, 0, "giới hạn", "limit")
    GV_SETTING_ROW(struct server, grace, DURATION, NULL, 0, 0, 0, "gia hạn", "grace")
};
/* clang-format on */

struct unit {
    GV_SETTING_C_PATH token;
    GV_SETTING_C_INT every_s;
};

/* clang-format off */
static const struct gv_setting unit_rows[] = {
    GV_SETTING_ROW(struct unit, token, PATH, NULL, 0, 0, 0, "mã ghi danh", "token")
    GV_SETTING_ROW(struct unit, every_s, INT, "60", -5, 86400, 0, "mỗi", "every")
};
/* clang-format on */

static const struct gv_section sections[] = {
    {"server", server_rows, GV_COUNT(server_rows), sizeof(struct server), false, "máy chủ",
     "the server"},
    {"unit", unit_rows, GV_COUNT(unit_rows), sizeof(struct unit), true, "một đơn vị", "one unit"},
};

struct rig {
    gv_settings *settings;
    struct gv_buf faults;
    const struct server *server;
};

static void begin(struct rig *rig)
{
    assert_int_equal(gv_lang_set("en"), GV_OK);
    gv_buf_init(&rig->faults);
    rig->settings = gv_settings_new(sections, GV_COUNT(sections));
    assert_non_null(rig->settings);
    rig->server = gv_settings_get(rig->settings, "server");
}

static void end(struct rig *rig)
{
    gv_settings_free(rig->settings);
    gv_buf_fini(&rig->faults);
}

static gv_err feed(struct rig *rig, const char *text)
{
    gv_buf_reset(&rig->faults);
    return gv_settings_read_text(rig->settings, "t.conf", text, strlen(text), &rig->faults);
}

static const char *faults(const struct rig *rig)
{
    return rig->faults.len == 0 ? "" : (const char *)rig->faults.data;
}

/* Does "config show" have these lines? */
static void assert_shows(const struct rig *rig, const char *lines)
{
    struct gv_buf shown;

    gv_buf_init(&shown);
    gv_settings_show(rig->settings, &shown);
    assert_true(gv_buf_ok(&shown));
    if (strstr((char *)shown.data, lines) == NULL)
        fail_msg("«%s» is not in:\n%s", lines, (char *)shown.data);
    gv_buf_fini(&shown);
}

/* What is in force, without where it comes from. */
static void put_values(const gv_settings *settings, struct gv_buf *out)
{
    struct gv_buf shown;
    char *rest = NULL;

    gv_buf_init(&shown);
    gv_settings_show(settings, &shown);
    assert_true(gv_buf_ok(&shown));
    for (char *line = strtok_r((char *)shown.data, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        if (line[0] != ';')
            gv_buf_printf(out, "%s\n", line);
    }
    gv_buf_fini(&shown);
}

static void assert_same_values(const struct rig *a, const struct rig *b)
{
    struct gv_buf of_a, of_b;

    gv_buf_init(&of_a);
    gv_buf_init(&of_b);
    put_values(a->settings, &of_a);
    put_values(b->settings, &of_b);
    assert_string_equal(of_a.data, of_b.data);
    gv_buf_fini(&of_a);
    gv_buf_fini(&of_b);
}

/* ---- values --------------------------------------------------------------------------------- */

static void test_defaults_are_in_force_until_something_is_given(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    assert_null(rig.server->data);
    assert_int_equal(rig.server->threads, 2);
    assert_int_equal(rig.server->window, 30000);
    assert_false(rig.server->stepped);
    assert_string_equal(rig.server->title, "Văn phòng");
    assert_int_equal(gv_settings_count(rig.settings, "unit"), 0);
    assert_shows(&rig, "; default\nthreads=2\n");
    end(&rig);
}

static const struct {
    const char *name, *text;
    bool good;
    int64_t value;
} value_rows[] = {
    {"limit", "-9223372036854775808", true, INT64_MIN},
    {"limit", "9223372036854775808", false, 0},
    {"grace", "-5s", false, 0},
    {"grace", "106751991168d", false, 0},
    {"grace", "7d", true, 604800000},

    {"threads", "1", true, 1},
    {"threads", "64", true, 64},
    {"threads", "0", false, 0},
    {"threads", "65", false, 0},
    {"threads", "", false, 0},
    {"threads", "x", false, 0},
    {"threads", "3x", false, 0},
    {"threads", " 3", false, 0},
    {"threads", "+3", false, 0},
    {"threads", "-", false, 0},
    {"threads", "0x10", false, 0},
    {"threads", "99999999999999999999", false, 0},
    {"window", "100", true, 100},
    {"window", "250ms", true, 250},
    {"window", "5s", true, 5000},
    {"window", "2m", true, 120000},
    {"window", "10m", true, 600000},
    {"window", "99ms", false, 0},
    {"window", "11m", false, 0},
    {"window", "1h", false, 0},
    {"window", "5 s", false, 0},
    {"window", "5sec", false, 0},
    {"window", "-5s", false, 0},
    {"window", "s", false, 0},
    {"window", "106751991168d", false, 0},
    {"stepped", "yes", true, 1},
    {"stepped", "true", true, 1},
    {"stepped", "on", true, 1},
    {"stepped", "1", true, 1},
    {"stepped", "no", true, 0},
    {"stepped", "false", true, 0},
    {"stepped", "off", true, 0},
    {"stepped", "0", true, 0},
    {"stepped", "có", false, 0},
    {"stepped", "", false, 0},
    {"title", "", true, 0},
    {"title", "a\xff", false, 0},
    {"title", "12345678901234567890123456789012345678901", false, 0},
};

static int64_t value_of(const struct rig *rig, const char *name)
{
    if (strcmp(name, "threads") == 0)
        return rig->server->threads;
    if (strcmp(name, "window") == 0)
        return rig->server->window;
    if (strcmp(name, "limit") == 0)
        return rig->server->limit;
    if (strcmp(name, "grace") == 0)
        return rig->server->grace;
    return strcmp(name, "stepped") == 0 ? rig->server->stepped : 0;
}

static void test_every_value_is_of_its_type_and_within_its_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_COUNT(value_rows); i++) {
        struct rig rig;
        int64_t before;
        gv_err err;

        begin(&rig);
        before = value_of(&rig, value_rows[i].name);
        err = gv_settings_set(rig.settings, "server", NULL, value_rows[i].name, value_rows[i].text,
                              &rig.faults);
        if (err != (value_rows[i].good ? GV_OK : GV_EUSAGE) ||
            value_of(&rig, value_rows[i].name) !=
                (value_rows[i].good ? value_rows[i].value : before) ||
            (rig.faults.len == 0) != value_rows[i].good)
            fail_msg("%s=%s: %s, %lld; %s", value_rows[i].name, value_rows[i].text,
                     gv_err_name(err), (long long)value_of(&rig, value_rows[i].name), faults(&rig));
        end(&rig);
    }
}

/* ---- files ---------------------------------------------------------------------------------- */

static void test_a_file_sets_what_it_names(void **state)
{
    const struct unit *unit;
    const char *label = NULL;
    struct rig rig;

    (void)state;
    begin(&rig);
    assert_int_equal(feed(&rig, "\xef\xbb\xbf; lời đầu\r\n"
                                "# another\n"
                                "[server]   ; here\r\n"
                                "  data = /var/lib/x  \n"
                                "\twindow=5s ; five\n"
                                "secret= ; none\n"
                                "title=Sở Y tế; và = hết\n"
                                "[unit SO-YT]\n"
                                "[ unit  Sở Y tế ]\n"
                                "every-s=5\n"
                                "[unit SO-YT]\n"
                                "token=a b\n"
                                "[server]\n"
                                "threads=3\n"
                                "threads=4"),
                     GV_OK);
    assert_string_equal(faults(&rig), "");
    assert_string_equal(rig.server->data, "/var/lib/x");
    assert_int_equal(rig.server->window, 5000);
    assert_string_equal(rig.server->secret, "");
    assert_string_equal(rig.server->title, "Sở Y tế; và = hết");
    assert_int_equal(rig.server->threads, 4);
    assert_int_equal(gv_settings_count(rig.settings, "unit"), 2);
    unit = gv_settings_item(rig.settings, "unit", 0, &label);
    assert_string_equal(label, "SO-YT");
    assert_string_equal(unit->token, "a b");
    assert_int_equal(unit->every_s, 60);
    unit = gv_settings_item(rig.settings, "unit", 1, &label);
    assert_string_equal(label, "Sở Y tế");
    assert_int_equal(unit->every_s, 5);
    assert_shows(&rig, "; t.conf:15\nthreads=4\n");
    assert_shows(&rig, "[unit SO-YT]\n; t.conf:12\ntoken=a b\n");
    end(&rig);
}

static const struct {
    const char *text, *fault;
} fault_rows[] = {
    {"[server]\nthreds=3\n", "t.conf:2: [server] no such setting: threds\n"},
    {"\n[sever]\nthreads=3\n", "t.conf:2: no such section: sever\n"},
    {"threads=3\n", "t.conf:1: this stands before any [section]: threads\n"},
    {"[server x]\n", "t.conf:1: this section takes no label: server\n"},
    {"[unit]\ntoken=x\n", "t.conf:1: this section needs a label: [section LABEL]: unit\n"},
    {"[server\nthreads=3\n", "t.conf:1: ] is missing\n"},
    {"[]\n", "t.conf:1: this is not [section] or [section LABEL]\n"},
    {"[server] x\n", "t.conf:1: this is not [section] or [section LABEL]\n"},
    {"[server]\nthreads 3\n", "t.conf:2: this is not name=value\n"},
    {"[server]\nx\nthreads: 3\n",
     "t.conf:2: this is not name=value\nt.conf:3: this is not name=value\n"},
    {"[server]\nthreads ; = 3\n", "t.conf:2: this is not name=value\n"},
    {"[server]\nthreads: 3 = 4\n", "t.conf:2: [server] no such setting: threads: 3\n"},
    {"[server]\n=3\n", "t.conf:2: [server] no such setting: \n"},
    {"[server]\nthreads=99\n", "t.conf:2: threads: must be from 1 to 64\n"},
    {"[server]\nwindow=1h\n", "t.conf:2: window: must be from 100ms to 10m\n"},
    {"[server]\nwindow=1x\n", "t.conf:2: window: must be a duration: 250ms, 5s, 2m, 1h, 7d\n"},
    {"[server]\ntitle=\xc3\n", "t.conf:2: not UTF-8 text\n"},
    {"[server]\na=1\nthreads=x\n[b]\nc=1\n",
     "t.conf:2: [server] no such setting: a\nt.conf:3: threads: must be a whole number\nt.conf:4: "
     "no such section: b\n"},
};

static void test_every_fault_has_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_COUNT(fault_rows); i++) {
        struct rig rig;

        begin(&rig);
        assert_int_equal(feed(&rig, fault_rows[i].text), GV_EBADMSG);
        assert_string_equal(faults(&rig), fault_rows[i].fault);
        end(&rig);
    }
}

static void test_a_line_is_as_long_as_its_value(void **state)
{
    static char text[6000];
    const size_t lengths[] = {1, 190, 198, 199, 200, 1023, 1024, 4096, 5000};

    (void)state;
    for (size_t i = 0; i < GV_COUNT(lengths); i++) {
        size_t len = lengths[i];
        struct rig rig;
        int at;

        begin(&rig);
        at = snprintf(text, sizeof text, "[server]\ndata=");
        memset(text + at, 'x', len);
        snprintf(text + at + len, sizeof text - (size_t)at - len, "y ; a comment\nthreads=7\n");
        assert_int_equal(feed(&rig, text), GV_OK);
        assert_int_equal(rig.server->threads, 7);
        assert_int_equal(strlen(rig.server->data), len + 1);
        assert_int_equal(rig.server->data[len], 'y');
        end(&rig);
    }
}

static void test_nul_is_a_fault(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    assert_int_equal(
        gv_settings_read_text(rig.settings, "t.conf", "[server]\nthreads=3\0", 19, &rig.faults),
        GV_EBADMSG);
    assert_int_equal(rig.server->threads, 2);
    end(&rig);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    assert_int_equal(gv_file_write(path, text, strlen(text), 0644), GV_OK);
}

static void remove_all(const char *folder)
{
    char command[128];

    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
}

static void test_drop_ins_come_after_the_file_in_the_order_of_their_names(void **state)
{
    char folder[] = "/tmp/gv-conf-XXXXXX", path[64], inside[64], want[96];
    struct rig rig;

    (void)state;
    begin(&rig);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.conf", folder);
    snprintf(inside, sizeof inside, "%s/a.conf.d", folder);
    assert_int_equal(mkdir(inside, 0755), 0);
    assert_int_equal(gv_settings_read(rig.settings, path, &rig.faults), GV_ENOTFOUND);
    write_file(folder, "a.conf", "[server]\ndata=data\nthreads=3\nwindow=1s\n");
    write_file(inside, "20.conf", "[server]\nthreads=20\n[unit A]\ntoken=t\n[unit B]\ntoken=/t\n");
    write_file(inside, "10.conf", "[server]\nthreads=10\nwindow=2s\n");
    write_file(inside, "30.conf~", "[server]\nthreads=30\n");
    write_file(inside, ".40.conf", "[server]\nstepped=on\n");
    gv_buf_reset(&rig.faults);
    assert_int_equal(gv_settings_read(rig.settings, path, &rig.faults), GV_OK);
    assert_int_equal(rig.server->threads, 20);
    assert_int_equal(rig.server->window, 2000);
    assert_false(rig.server->stepped);
    snprintf(want, sizeof want, "%s/data", folder); /* beside the file that names it */
    assert_string_equal(rig.server->data, want);
    snprintf(want, sizeof want, "%s/t", inside);
    assert_string_equal(
        ((const struct unit *)gv_settings_item(rig.settings, "unit", 0, NULL))->token, want);
    assert_string_equal(
        ((const struct unit *)gv_settings_item(rig.settings, "unit", 1, NULL))->token, "/t");
    write_file(inside, "20.conf", "[server]\nbad=20\n");
    write_file(folder, "a.conf", "[server]\nworse=1\n");
    assert_int_equal(gv_settings_read(rig.settings, path, &rig.faults), GV_EBADMSG);
    assert_non_null(strstr(faults(&rig), "a.conf:2: [server] no such setting: worse\n"));
    assert_non_null(strstr(faults(&rig), "20.conf:2: [server] no such setting: bad\n"));
    remove_all(folder);
    end(&rig);
}

/* What it says would be missing, and nobody would know. */
static void test_drop_ins_that_cannot_be_listed_are_a_fault(void **state)
{
    char folder[] = "/tmp/gv-conf-XXXXXX", path[64];
    struct rig rig;

    (void)state;
    begin(&rig);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a.conf", folder);
    write_file(folder, "a.conf", "[server]\ndata=data\n");
    assert_int_equal(gv_settings_read(rig.settings, path, &rig.faults), GV_OK);
    write_file(folder, "a.conf.d", "no folder");
    assert_int_equal(gv_settings_read(rig.settings, path, &rig.faults), GV_EIO);
    assert_non_null(strstr(faults(&rig), "/a.conf.d: "));
    remove_all(folder);
    end(&rig);
}

/* ---- the command line ----------------------------------------------------------------------- */

static const struct {
    const char *section, *label, *name, *value;
    gv_err err;
} given_rows[] = {
    {"server", NULL, "threads", "5", GV_OK},
    {"server", "", "data", "/x=y", GV_OK},
    {"unit", "SO-YT", "token", "t", GV_OK},
    {"unit", "P.7", "token", "t", GV_OK},
    {"server", "x", "threads", "5", GV_EUSAGE},
    {"unit", NULL, "token", "t", GV_EUSAGE},
    {"unit", "", "token", "t", GV_EUSAGE},
    {"nothing", NULL, "threads", "5", GV_EUSAGE},
    {"server", NULL, "nothing", "5", GV_EUSAGE},
    {"server", NULL, "threads", "many", GV_EUSAGE},
    {"", NULL, "", "", GV_EUSAGE},
};

static void test_the_command_line_wins_over_the_file(void **state)
{
    struct rig rig;
    const char *label = NULL;

    (void)state;
    begin(&rig);
    assert_int_equal(feed(&rig, "[server]\nthreads=9\n"), GV_OK);
    for (size_t i = 0; i < GV_COUNT(given_rows); i++) {
        gv_buf_reset(&rig.faults);
        assert_int_equal(gv_settings_set(rig.settings, given_rows[i].section, given_rows[i].label,
                                         given_rows[i].name, given_rows[i].value, &rig.faults),
                         given_rows[i].err);
        assert_int_equal(rig.faults.len > 0, given_rows[i].err != GV_OK);
    }
    assert_int_equal(rig.server->threads, 5);
    assert_string_equal(rig.server->data, "/x=y");
    assert_int_equal(gv_settings_count(rig.settings, "unit"), 2);
    (void)gv_settings_item(rig.settings, "unit", 1, &label);
    assert_string_equal(label, "P.7");
    assert_shows(&rig, "; command line\nthreads=5\n");
    end(&rig);
}

static void test_what_is_required_must_be_given(void **state)
{
    struct rig rig;

    (void)state;
    begin(&rig);
    assert_int_equal(gv_settings_check(rig.settings, &rig.faults), GV_EBADMSG);
    assert_string_equal(faults(&rig), "[server] data: is required\n");
    assert_int_equal(gv_settings_set(rig.settings, "server", NULL, "data", "x", &rig.faults),
                     GV_OK);
    assert_int_equal(gv_settings_check(rig.settings, &rig.faults), GV_OK);
    end(&rig);
}

/* ---- show, sample ------------------------------------------------------------------- */

static void test_what_is_shown_can_be_read_again(void **state)
{
    struct rig rig, again;
    struct gv_buf shown;

    (void)state;
    begin(&rig);
    begin(&again);
    gv_buf_init(&shown);
    assert_int_equal(feed(&rig, "[server]\ndata=/d\nwindow=90s\nstepped=on\ntitle=Tỉnh ủy\n[unit "
                                "A]\ntoken=t\n[unit B]\n"),
                     GV_OK);
    gv_settings_show(rig.settings, &shown);
    assert_non_null(strstr((char *)shown.data, "; t.conf:2\ndata=/d\n"));
    assert_non_null(strstr((char *)shown.data, "; default\nthreads=2\n"));
    assert_non_null(strstr((char *)shown.data, "; secret: not set\n"));
    assert_int_equal(feed(&again, (char *)shown.data), GV_OK);
    assert_same_values(&rig, &again);
    assert_int_equal(feed(&rig, "[server]\nsecret=hunter2\n"), GV_OK);
    gv_buf_reset(&shown);
    gv_settings_show(rig.settings, &shown);
    assert_null(strstr((char *)shown.data, "hunter2"));
    assert_non_null(strstr((char *)shown.data, "; secret: set, not shown\n"));
    gv_buf_fini(&shown);
    end(&rig);
    end(&again);
}

static void test_the_sample_is_a_file_that_changes_nothing(void **state)
{
    struct rig rig, plain;
    struct gv_buf sample, help;

    (void)state;
    begin(&rig);
    begin(&plain);
    gv_buf_init(&sample);
    gv_buf_init(&help);
    gv_settings_sample(sections, GV_COUNT(sections), &sample);
    gv_settings_help(sections, GV_COUNT(sections), &help);
    for (size_t s = 0; s < GV_COUNT(sections); s++) {
        for (size_t r = 0; r < sections[s].row_count; r++) {
            char line[64];

            snprintf(line, sizeof line, "\n;%s=", sections[s].rows[r].name);
            assert_non_null(strstr((char *)sample.data, line));
            assert_non_null(strstr((char *)sample.data, sections[s].rows[r].en));
            assert_non_null(strstr((char *)help.data, sections[s].rows[r].en));
        }
    }
    assert_non_null(strstr((char *)help.data, "(duration, from 100ms to 10m; default 30s)"));
    assert_int_equal(feed(&rig, (char *)sample.data), GV_OK);
    assert_same_values(&plain, &rig);
    gv_buf_fini(&sample);
    gv_buf_fini(&help);
    end(&rig);
    end(&plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_are_in_force_until_something_is_given),
        cmocka_unit_test(test_every_value_is_of_its_type_and_within_its_bounds),
        cmocka_unit_test(test_a_file_sets_what_it_names),
        cmocka_unit_test(test_every_fault_has_its_line),
        cmocka_unit_test(test_a_line_is_as_long_as_its_value),
        cmocka_unit_test(test_nul_is_a_fault),
        cmocka_unit_test(test_drop_ins_that_cannot_be_listed_are_a_fault),
        cmocka_unit_test(test_drop_ins_come_after_the_file_in_the_order_of_their_names),
        cmocka_unit_test(test_the_command_line_wins_over_the_file),
        cmocka_unit_test(test_what_is_required_must_be_given),
        cmocka_unit_test(test_what_is_shown_can_be_read_again),
        cmocka_unit_test(test_the_sample_is_a_file_that_changes_nothing),
    };

    return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
