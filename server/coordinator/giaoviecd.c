/* giaoviecd.c - the command line of giaoviecd. */
#include "coordinator/giaoviecd.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/failpoint.h"
#include "base/lang.h"
#include "base/log.h"
#include "store/cluster.h"
#include "store/store.h"
#include "sys/space.h"

#define SETTINGS_MAX 64

struct options {
    gv_settings *settings;
    const char *config;
    const char *given[SETTINGS_MAX]; /* by row of the settings; NULL: not on the command line */
    bool help;
};

struct verb {
    const char *name;
    int (*run)(const struct options *options);
    const char *vi, *en;
};

int giaoviecd_error(gv_err err, const char *where, const char *mend)
{
    fprintf(stderr, "giaoviecd: %s%s%s%s%s\n", where != NULL ? where : "",
            where != NULL ? ": " : "", gv_err_say(err), mend != NULL && mend[0] != '\0' ? ": " : "",
            mend != NULL ? mend : "");
    return gv_err_exit(err);
}

static const struct coordinator_section *section(const struct options *options)
{
    return gv_settings_get(options->settings, "coordinator");
}

static int need_data(const struct options *options)
{
    if (section(options)->data != NULL)
        return 0;
    return giaoviecd_error(GV_EUSAGE, "--data",
                           gv_tr("thiếu thư mục dữ liệu", "the data folder is missing"));
}

static int run(const struct options *options)
{
    struct gv_buf faults;
    int status = 0;

    gv_buf_init(&faults);
    if (gv_settings_check(options->settings, &faults) != GV_OK) {
        fprintf(stderr, "%s", gv_buf_ok(&faults) ? (char *)faults.data : "");
        status = gv_err_exit(GV_EUSAGE);
    }
    gv_buf_fini(&faults);
    return status != 0 ? status : service_run(section(options));
}

static int migrate(const struct options *options)
{
    const struct coordinator_section *s = section(options);
    const char *conninfo = s->database;
    struct gv_cluster cluster = {0};
    char why[1024] = "";
    int applied = 0;
    gv_err err = GV_OK;

    if (conninfo == NULL) {
        int status = need_data(options);

        if (status != 0)
            return status;
        err = gv_cluster_start(s->data, &cluster, why, sizeof why);
        conninfo = cluster.owner;
    }
    if (err == GV_OK)
        err = gv_store_migrate(conninfo, &applied, why, sizeof why);
    if (cluster.started && gv_cluster_stop(s->data, true, NULL, 0) != GV_OK)
        fprintf(stderr, "giaoviecd: %s\n",
                gv_tr("cụm PostgreSQL vẫn chạy: còn người kết nối",
                      "the PostgreSQL cluster stays up: somebody is connected"));
    if (err != GV_OK)
        return giaoviecd_error(err, s->database != NULL ? "--database" : s->data, why);
    printf("%s: %d\n", gv_tr("số lần chuyển đổi đã thực hiện", "migrations applied"), applied);
    return 0;
}

static int db_start(const struct options *options)
{
    const struct coordinator_section *s = section(options);
    struct gv_cluster cluster = {0};
    char why[1024] = "";
    int status = need_data(options);
    gv_err err;

    if (status != 0)
        return status;
    err = gv_cluster_start(s->data, &cluster, why, sizeof why);
    if (err == GV_OK)
        err = gv_store_migrate(cluster.owner, NULL, why, sizeof why);
    if (err != GV_OK)
        return giaoviecd_error(err, s->data, why);
    printf("%s\n%s\n%s\n", cluster.owner, cluster.coordinator, cluster.reader);
    return 0;
}

static int db_stop(const struct options *options)
{
    char why[1024] = "";
    int status = need_data(options);
    gv_err err;

    if (status != 0)
        return status;
    err = gv_cluster_stop(section(options)->data, false, why, sizeof why);
    return err == GV_OK ? 0 : giaoviecd_error(err, section(options)->data, why);
}

/* Works where nothing else does any more: it only deletes a file. */
static int db_release(const struct options *options)
{
    char path[4096];
    uint64_t freed;
    int status = need_data(options);
    gv_err err;

    if (status != 0)
        return status;
    snprintf(path, sizeof path, "%s/" BALLAST_NAME, section(options)->data);
    err = gv_ballast_drop(path, &freed);
    if (err != GV_OK)
        return giaoviecd_error(err, path, NULL);
    printf("%s: %llu MiB\n", path, (unsigned long long)(freed >> 20));
    if (freed == 0)
        return giaoviecd_error(GV_ENOTFOUND, path,
                               gv_tr("không còn gì để trả lại", "there is nothing to give back"));
    return 0;
}

static int print(void (*put)(const struct options *, struct gv_buf *),
                 const struct options *options)
{
    struct gv_buf out;
    int status = 0;

    gv_buf_init(&out);
    put(options, &out);
    if (!gv_buf_ok(&out) || fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0)
        status = giaoviecd_error(GV_EIO, NULL, NULL);
    gv_buf_fini(&out);
    return status;
}

static void put_show(const struct options *options, struct gv_buf *out)
{
    gv_settings_show(options->settings, out);
}

static void put_sample(const struct options *options, struct gv_buf *out)
{
    (void)options;
    gv_settings_sample(coordinator_sections, COORDINATOR_SECTION_COUNT, out);
}

static int config_show(const struct options *options)
{
    return print(put_show, options);
}

static int config_sample(const struct options *options)
{
    return print(put_sample, options);
}

static const struct verb verbs[] = {
    {"run", run, "chạy máy chủ", "run the coordinator"},
    {"migrate", migrate, "tạo hoặc nâng cấp cơ sở dữ liệu", "create or upgrade the database"},
    {"db start", db_start,
     "khởi động cụm PostgreSQL riêng trong --data, nâng cấp cơ sở dữ liệu; in ba chuỗi kết nối",
     "start the private PostgreSQL cluster in --data and upgrade its schema; prints three "
     "connection strings"},
    {"db stop", db_stop, "dừng cụm đó", "stop that cluster"},
    {"db release", db_release,
     "ổ đĩa đầy: xóa tệp giữ chỗ trong --data để PostgreSQL có chỗ chạy tiếp; tệp được tạo lại khi "
     "đủ "
     "chỗ",
     "the disk is full: delete the ballast in --data, so that PostgreSQL has room to go on; it is "
     "made again when there is room"},
    {"config show", config_show, "cấu hình đang có hiệu lực và nguồn gốc",
     "the settings in force and where they come from"},
    {"config sample", config_sample, "một tệp cấu hình mẫu", "a sample file of settings"},
};

#define VERB_COUNT (sizeof verbs / sizeof verbs[0])

static void put_help(const struct options *options, struct gv_buf *out)
{
    (void)options;
    gv_buf_puts(out, gv_tr("Cách dùng: giaoviecd ĐỘNG-TỪ [TÙY CHỌN]\n\n",
                           "Usage: giaoviecd VERB [OPTIONS]\n\n"));
    for (size_t i = 0; i < VERB_COUNT; i++)
        gv_buf_printf(out, "  giaoviecd %s\n      %s\n", verbs[i].name,
                      gv_tr(verbs[i].vi, verbs[i].en));
    gv_buf_puts(out, gv_tr("\nTùy chọn: --config TỆP, --lang vi|en, --help, --version, và mỗi mục "
                           "cấu hình dưới đây là một tùy chọn (--home THƯ-MỤC …):\n\n",
                           "\nOptions: --config FILE, --lang vi|en, --help, --version, and each "
                           "setting below is an option (--home FOLDER …):\n\n"));
    gv_settings_help(coordinator_sections, COORDINATOR_SECTION_COUNT, out);
    gv_buf_puts(out, gv_tr("\nVí dụ: giaoviecd run --home /etc/giaoviec --as c1 --data "
                           "/var/lib/giaoviec\n",
                           "\nExample: giaoviecd run --home /etc/giaoviec --as c1 --data "
                           "/var/lib/giaoviec\n"));
}

/* Every setting is an option: "clock_start" is --clock-start. */
static void make_long_options(struct option *out, char names[][64])
{
    const struct gv_section *s = &coordinator_sections[0];

    assert(s->row_count <= SETTINGS_MAX);
    for (size_t i = 0; i < s->row_count; i++) {
        snprintf(names[i], 64, "%s", s->rows[i].name);
        for (char *c = names[i]; *c != '\0'; c++) {
            if (*c == '_')
                *c = '-';
        }
        out[i] = (struct option){names[i], required_argument, NULL, (int)(1000 + i)};
    }
}

enum { OPT_CONFIG = 256, OPT_LANG, OPT_VERSION };

/* After getopt_long() said '?' or ':'. */
static int bad_option(char *const *argv, int option)
{
    char letter[] = {'-', (char)optopt, '\0'};
    bool is_letter = optopt > 0 && optopt < 256 && optopt != 'h';

    return giaoviecd_error(GV_EUSAGE, is_letter ? letter : argv[optind - 1],
                           option == ':' ? gv_tr("thiếu giá trị; xem giaoviecd --help",
                                                 "the value is missing; see giaoviecd --help")
                           : optopt != 0 && !is_letter
                               ? gv_tr("tùy chọn này không có giá trị; xem giaoviecd --help",
                                       "this option takes no value; see giaoviecd --help")
                               : gv_tr("không có tùy chọn này; xem giaoviecd --help",
                                       "there is no such option; see giaoviecd --help"));
}

static int parse(int argc, char **argv, struct options *options)
{
    static char names[SETTINGS_MAX][64];
    struct option table[SETTINGS_MAX + 5] = {
        {"config", required_argument, NULL, OPT_CONFIG},
        {"lang", required_argument, NULL, OPT_LANG},
        {"version", no_argument, NULL, OPT_VERSION},
        {"help", no_argument, NULL, 'h'},
    };
    int option;

    make_long_options(table + 4, names);
    while ((option = getopt_long(argc, argv, ":h", table, NULL)) != -1) {
        if (option >= 1000) {
            options->given[option - 1000] = optarg;
        } else if (option == OPT_CONFIG) {
            options->config = optarg;
        } else if (option == OPT_LANG) {
            if (gv_lang_set(optarg) != GV_OK)
                return giaoviecd_error(GV_EUSAGE, "--lang", "vi | en");
        } else if (option == OPT_VERSION) {
            puts("giaoviecd " GV_VERSION);
            return -1;
        } else if (option == 'h') {
            options->help = true;
        } else {
            return bad_option(argv, option);
        }
    }
    return 0;
}

static gv_err read_settings(struct options *options, struct gv_buf *faults)
{
    const struct gv_section *s = &coordinator_sections[0];
    gv_err err = GV_OK;

    options->settings = gv_settings_new(coordinator_sections, COORDINATOR_SECTION_COUNT);
    if (options->settings == NULL)
        return GV_ENOMEM;
    if (options->config != NULL)
        err = gv_settings_read(options->settings, options->config, faults);
    for (size_t i = 0; err == GV_OK && i < s->row_count; i++) {
        if (options->given[i] != NULL)
            err = gv_settings_set(options->settings, s->name, NULL, s->rows[i].name,
                                  options->given[i], faults);
    }
    return err;
}

static const struct verb *verb_of(int argc, char **argv)
{
    char name[64];

    if (argc < 1)
        return NULL;
    snprintf(name, sizeof name, "%s%s%s", argv[0], argc > 1 ? " " : "", argc > 1 ? argv[1] : "");
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    return NULL;
}

int giaoviecd_main(int argc, char **argv)
{
    static struct options options;
    const struct verb *verb;
    struct gv_buf faults;
    int status;
    gv_err err;

    gv_buf_init(&faults);
    if (gv_lang_set(NULL) != GV_OK)
        return giaoviecd_error(GV_EUSAGE, "GIAOVIEC_LANG", "vi | en");
#ifdef GV_FAILPOINTS
    if (argc == 2 && strcmp(argv[1], "--list-failpoints") == 0) {
        gv_failpoint_list("giaoviecd");
        return 0;
    }
#endif
    status = parse(argc, argv, &options);
    if (status != 0)
        return status < 0 ? 0 : status;
    if (options.help)
        return print(put_help, &options);
    verb = verb_of(argc - optind, argv + optind);
    if (verb == NULL)
        return giaoviecd_error(GV_EUSAGE, optind < argc ? argv[optind] : NULL,
                               gv_tr("xem giaoviecd --help", "see giaoviecd --help"));
    err = read_settings(&options, &faults);
    if (err != GV_OK) {
        if (faults.len > 0)
            fprintf(stderr, "%s", (char *)faults.data);
        else
            giaoviecd_error(err, options.config, NULL);
        status = gv_err_exit(err);
    } else {
        status = verb->run(&options);
    }
    gv_buf_fini(&faults);
    gv_settings_free(options.settings);
    return status;
}
