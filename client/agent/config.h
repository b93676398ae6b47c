/* config.h - the settings of the program, checked and in plain structs. Immutable after loading. */
#ifndef GV_AGENT_CONFIG_H
#define GV_AGENT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/status.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "base/log.h"
#include "conf/settings.h"

#define CONFIG_ARGV_MAX 32

struct config_unit {
    gv_code code;
    const char *token;  /* NULL: none */
    const char *person; /* NULL: nobody */
};

struct config_source {
    const char *name;
    size_t unit; /* of config.units */
    bool is_exec;
    enum gv_status_format format;
    const char *path;                  /* file */
    char *argv_text;                   /* what argv points into */
    const char *argv[CONFIG_ARGV_MAX]; /* exec; NULL-terminated */
    int64_t every_ms, timeout_ms;
    size_t max_bytes;
};

struct config_override {
    gv_code coordinator;
    char endpoint[128];
};

struct config {
    gv_settings *settings; /* owns the texts */
    const char *data;
    uint32_t reconnect_window_ms;
    int64_t quiet_ms;
    int64_t look_ms; /* no setting: files are looked at so often, whatever their folders tell */
    int64_t keep_us;
    int64_t key_max_age_us; /* 0: keys stay */
    size_t exec_max;
    uint64_t low_space, spool_max; /* bytes; 0: no such mark, no bound */
    uint32_t low_space_percent;
    enum gv_log_level log;
    const char *lang;
    struct config_override *overrides;
    size_t override_count;
    struct config_unit *units;
    size_t unit_count;
    struct config_source *sources;
    size_t source_count;
};

/* Every fault is a line in faults. GV_EBADMSG, GV_ENOTFOUND, GV_EDENIED, GV_EIO, GV_ENOMEM. *out is
 * the caller's. */
GV_MUSTCHECK gv_err config_load(const char *path, struct config **out, struct gv_buf *faults);
void config_free(struct config *config); /* NULL is fine */
/* A commented file with every default. */
void config_sample(struct gv_buf *out);
void config_help(struct gv_buf *out);

#endif
