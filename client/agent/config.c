/* config.c - settings.def made into a table, and its values into what the program works with. */
#include "agent/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/lang.h"

#define LOOK_MS 60000

struct agent_section {
#define AGENT(name, type, ...) GV_SETTING_C_##type name;
#define UNIT(...)
#define SOURCE(...)
#include "agent/settings.def"
#undef AGENT
#undef UNIT
#undef SOURCE
};

struct unit_section {
#define AGENT(...)
#define UNIT(name, type, ...) GV_SETTING_C_##type name;
#define SOURCE(...)
#include "agent/settings.def"
#undef AGENT
#undef UNIT
#undef SOURCE
};

struct source_section {
#define AGENT(...)
#define UNIT(...)
#define SOURCE(name, type, ...) GV_SETTING_C_##type name;
#include "agent/settings.def"
#undef AGENT
#undef UNIT
#undef SOURCE
};

static const struct gv_setting agent_rows[] = {
#define AGENT(name, ...) GV_SETTING_ROW(struct agent_section, name, __VA_ARGS__)
#define UNIT(...)
#define SOURCE(...)
#include "agent/settings.def"
#undef AGENT
#undef UNIT
#undef SOURCE
};

static const struct gv_setting unit_rows[] = {
#define AGENT(...)
#define UNIT(name, ...) GV_SETTING_ROW(struct unit_section, name, __VA_ARGS__)
#define SOURCE(...)
#include "agent/settings.def"
#undef AGENT
#undef UNIT
#undef SOURCE
};

static const struct gv_setting source_rows[] = {
#define AGENT(...)
#define UNIT(...)
#define SOURCE(name, ...) GV_SETTING_ROW(struct source_section, name, __VA_ARGS__)
#include "agent/settings.def"
#undef AGENT
#undef UNIT
#undef SOURCE
};

static const struct gv_section sections[] = {
    {"agent", agent_rows, GV_COUNT(agent_rows), sizeof(struct agent_section), false, "chương trình",
     "the program"},
    {"unit", unit_rows, GV_COUNT(unit_rows), sizeof(struct unit_section), true,
     "[unit MÃ]: một đơn vị do chương trình phục vụ",
     "[unit CODE]: a unit that the program serves"},
    {"source", source_rows, GV_COUNT(source_rows), sizeof(struct source_section), true,
     "[source TÊN]: nơi lấy trạng thái của một đơn vị",
     "[source NAME]: where a unit's status comes from"},
};

void config_sample(struct gv_buf *out)
{
    gv_settings_sample(sections, GV_COUNT(sections), out);
}

void config_help(struct gv_buf *out)
{
    gv_settings_help(sections, GV_COUNT(sections), out);
}

static gv_err fault(struct gv_buf *faults, const char *section, const char *label, const char *name,
                    const char *why)
{
    gv_buf_printf(faults, "[%s%s%s] %s: %s\n", section, label != NULL ? " " : "",
                  label != NULL ? label : "", name, why);
    return GV_EBADMSG;
}

/* ---- [agent] ---- */

static gv_err read_override(const char *text, size_t len, struct config_override *out)
{
    const char *equals = memchr(text, '=', len);
    struct gv_slice code;
    size_t endpoint_len;

    if (equals == NULL)
        return GV_EBADMSG;
    code = (struct gv_slice){(const uint8_t *)text, (size_t)(equals - text)};
    endpoint_len = len - code.len - 1;
    if (gv_code_from(code, &out->coordinator) != GV_OK || endpoint_len >= sizeof out->endpoint ||
        endpoint_len < 8 || strncmp(equals + 1, "tcp://", 6) != 0)
        return GV_EBADMSG;
    memcpy(out->endpoint, equals + 1, endpoint_len);
    out->endpoint[endpoint_len] = '\0';
    return GV_OK;
}

/* "c1=tcp://…, c2=tcp://…" */
static gv_err read_overrides(struct config *config, const char *text)
{
    while (text != NULL && *text != '\0') {
        size_t len = strcspn(text, ", \t");
        struct config_override *more;

        if (len > 0) {
            more = realloc(config->overrides, (config->override_count + 1) * sizeof *more);
            if (more == NULL)
                return GV_ENOMEM;
            config->overrides = more;
            if (read_override(text, len, &more[config->override_count]) != GV_OK)
                return GV_EBADMSG;
            config->override_count++;
        }
        text += len;
        text += strspn(text, ", \t");
    }
    return GV_OK;
}

static gv_err read_agent(struct config *config, struct gv_buf *faults)
{
    const struct agent_section *agent = gv_settings_get(config->settings, "agent");
    gv_err err;

    config->data = agent->data;
    config->reconnect_window_ms = (uint32_t)agent->reconnect_window_ms;
    config->quiet_ms = agent->quiet_ms;
    config->look_ms = LOOK_MS;
    config->keep_us = agent->keep_days * INT64_C(86400000000);
    config->key_max_age_us = agent->key_max_age_days * INT64_C(86400000000);
    config->exec_max = (size_t)agent->exec_max;
    config->low_space = (uint64_t)agent->low_space << 20;
    config->low_space_percent = (uint32_t)agent->low_space_percent;
    config->spool_max = (uint64_t)agent->spool_max << 20;
    config->lang = agent->lang;
    if (config->lang != NULL && strcmp(config->lang, "vi") != 0 && strcmp(config->lang, "en") != 0)
        return fault(faults, "agent", NULL, "lang", "vi | en");
    if (gv_log_level_of(agent->log, &config->log) != GV_OK)
        return fault(faults, "agent", NULL, "log", GV_LOG_LEVELS);
    err = read_overrides(config, agent->coordinator);
    if (err == GV_EBADMSG)
        return fault(faults, "agent", NULL, "coordinator", "c1=tcp://HOST:PORT, c2=…");
    return err;
}

/* ---- [unit …] ---- */

static gv_err read_units(struct config *config, struct gv_buf *faults)
{
    size_t count = gv_settings_count(config->settings, "unit");
    gv_err err = GV_OK;

    if (count == 0) {
        gv_buf_printf(faults, "%s\n",
                      gv_tr("chưa có đơn vị nào: cần ít nhất một mục [unit MÃ]",
                            "no unit: at least one section [unit CODE] is needed"));
        return GV_EBADMSG;
    }
    config->units = calloc(count, sizeof *config->units);
    if (config->units == NULL)
        return GV_ENOMEM;
    config->unit_count = count;
    for (size_t i = 0; i < count; i++) {
        const char *label;
        const struct unit_section *unit = gv_settings_item(config->settings, "unit", i, &label);

        if (gv_code_from_str(label, &config->units[i].code) != GV_OK)
            err = fault(faults, "unit", label, "",
                        gv_tr("không phải mã đơn vị", "not a unit's code"));
        config->units[i].token = unit->token;
        config->units[i].person = unit->person;
    }
    return err;
}

/* ---- [source …] ---- */

/* Blanks separate; "…" keeps them. The first must be an absolute path. */
static gv_err read_command(const char *command, struct config_source *out)
{
    char *write = strdup(command);
    size_t n = 0;

    out->argv_text = write;
    if (write == NULL)
        return GV_ENOMEM;
    while (*command != '\0') {
        bool quoted = false;

        command += strspn(command, " \t");
        if (*command == '\0')
            break;
        if (n == CONFIG_ARGV_MAX - 1)
            return GV_ETOOBIG;
        out->argv[n++] = write;
        for (; *command != '\0' && (quoted || (*command != ' ' && *command != '\t')); command++) {
            if (*command == '"')
                quoted = !quoted;
            else
                *write++ = *command;
        }
        if (quoted)
            return GV_EBADMSG;
        command += *command != '\0';
        *write++ = '\0';
    }
    out->argv[n] = NULL;
    return n > 0 && out->argv[0][0] == '/' ? GV_OK : GV_EBADMSG;
}

static gv_err find_unit(const struct config *config, const char *code, size_t *out)
{
    for (size_t i = 0; i < config->unit_count; i++) {
        if (strcmp(config->units[i].code.s, code) == 0) {
            *out = i;
            return GV_OK;
        }
    }
    return GV_ENOTFOUND;
}

/* It stands in file names and before '/' in the spool's names. */
static bool is_source_name(const char *name)
{
    gv_code code;

    return gv_code_from_str(name, &code) == GV_OK && strcmp(name, "manual") != 0;
}

static gv_err read_source(const struct config *config, const char *label,
                          const struct source_section *row, struct config_source *out,
                          struct gv_buf *faults)
{
    out->name = label;
    out->every_ms = row->every_s * 1000;
    out->timeout_ms = row->timeout_s * 1000;
    out->max_bytes = (size_t)row->max_kib * 1024;
    out->path = row->path;
    out->is_exec = strcmp(row->type, "exec") == 0;
    out->format = strcmp(row->format, "csv") == 0 ? GV_STATUS_CSV : GV_STATUS_JSON;
    if (!is_source_name(label))
        return fault(faults, "source", label, "",
                     gv_tr("tên chỉ gồm chữ, số, . _ - và khác manual",
                           "a name has only letters, digits, . _ - and is not manual"));
    if (find_unit(config, row->unit, &out->unit) != GV_OK)
        return fault(faults, "source", label, "unit",
                     gv_tr("không có mục [unit …] này", "there is no such section [unit …]"));
    if (!out->is_exec && strcmp(row->type, "file") != 0)
        return fault(faults, "source", label, "type", "file | exec");
    if (out->format == GV_STATUS_JSON && strcmp(row->format, "json") != 0)
        return fault(faults, "source", label, "format", "json | csv");
    if (!out->is_exec && row->path == NULL)
        return fault(faults, "source", label, "path", gv_tr("thiếu", "missing"));
    if (out->is_exec && row->command == NULL)
        return fault(faults, "source", label, "command", gv_tr("thiếu", "missing"));
    if (out->is_exec && read_command(row->command, out) != GV_OK)
        return fault(faults, "source", label, "command",
                     gv_tr("cần đường dẫn tuyệt đối, rồi tối đa 30 tham số",
                           "an absolute path is needed, then at most 30 arguments"));
    return GV_OK;
}

static gv_err read_sources(struct config *config, struct gv_buf *faults)
{
    size_t count = gv_settings_count(config->settings, "source");
    gv_err first = GV_OK;

    if (count == 0)
        return GV_OK;
    config->sources = calloc(count, sizeof *config->sources);
    if (config->sources == NULL)
        return GV_ENOMEM;
    config->source_count = count;
    for (size_t i = 0; i < count; i++) {
        const char *label;
        const struct source_section *row = gv_settings_item(config->settings, "source", i, &label);
        gv_err err = read_source(config, label, row, &config->sources[i], faults);

        if (first == GV_OK)
            first = err;
    }
    return first;
}

gv_err config_load(const char *path, struct config **out, struct gv_buf *faults)
{
    struct config *config = calloc(1, sizeof *config);
    gv_err err = GV_ENOMEM;

    if (config == NULL)
        return GV_ENOMEM;
    config->settings = gv_settings_new(sections, GV_COUNT(sections));
    if (config->settings == NULL)
        goto out;
    err = gv_settings_read(config->settings, path, faults);
    if (err == GV_OK)
        err = gv_settings_check(config->settings, faults);
    if (err == GV_OK)
        err = read_agent(config, faults);
    if (err == GV_OK)
        err = read_units(config, faults);
    if (err == GV_OK)
        err = read_sources(config, faults);
    if (err != GV_OK)
        goto out;
    *out = config;
    config = NULL;
out:
    config_free(config);
    return err;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->source_count; i++)
        free(config->sources[i].argv_text);
    free(config->sources);
    free(config->units);
    free(config->overrides);
    gv_settings_free(config->settings);
    free(config);
}
