/* parse.c - options and operands: the command is found first, then every word is checked by its
 * row. */
#include "cli/parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/lang.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/out.h"

#define VALUES_MAX 512

/* One word of the line: an option with its value, or a plain word. */
struct word {
    const char *name; /* behind "--"; NULL: a plain word */
    size_t name_len;
    const char *value; /* of "--name=value", or the plain word */
};

static struct word word_of(const char *arg, bool plain)
{
    struct word word = {NULL, 0, arg};

    if (plain || arg[0] != '-' || arg[1] == '\0')
        return word;
    if (strcmp(arg, "-h") == 0)
        arg = "--help";
    word.name = arg[1] == '-' ? arg + 2 : arg;
    word.name_len = strcspn(word.name, "=");
    word.value = word.name[word.name_len] == '=' ? word.name + word.name_len + 1 : NULL;
    return word;
}

/* "--name", or "-n" as it was typed. */
static const char *option_text(gv_arena *arena, const struct word *word)
{
    const char *dashes = word->name[0] != '-' ? "--" : "";
    size_t size = word->name_len + 3;
    char *text = gv_arena_alloc(arena, size);

    if (text == NULL)
        return "--";
    snprintf(text, size, "%s%.*s", dashes, (int)word->name_len, word->name);
    return text;
}

/* "noun verb" */
static const char *command_text(gv_arena *arena, const struct command *command)
{
    size_t noun = strlen(command->noun), verb = strlen(command->verb);
    char *text = gv_arena_zalloc(arena, noun + verb + 2);

    if (text == NULL)
        return command->noun;
    memcpy(text, command->noun, noun);
    if (verb > 0) {
        text[noun] = ' ';
        memcpy(text + noun + 1, command->verb, verb);
    }
    return text;
}

static int unknown_option(gv_arena *arena, const struct command *command, const struct word *word)
{
    const struct option_row *lists[] = {command != NULL ? command->options : NULL, option_globals};
    const char *name = option_text(arena, word);
    struct nearest near = {NULL, 0};

    for (size_t i = 0; i < 2; i++) {
        for (const struct option_row *row = lists[i]; row != NULL && row->name != NULL; row++)
            nearest_try(&near, word->name, word->name_len, row->name);
    }
    if (near.best != NULL)
        return out_errorf(GV_EUSAGE, name,
                          gv_tr("không có tùy chọn này; ý bạn là --%s?",
                                "there is no such option; do you mean --%s?"),
                          near.best);
    return out_errorf(GV_EUSAGE, name,
                      gv_tr("không có tùy chọn này; xem giaoviec %s --help",
                            "there is no such option; see giaoviec %s --help"),
                      command != NULL ? command_text(arena, command) : "");
}

static int unknown_noun(const char *noun)
{
    const struct command *row;
    struct nearest near = {NULL, 0};

    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        if (command_shown(row))
            nearest_try(&near, noun, strlen(noun), row->noun);
    }
    if (near.best != NULL)
        return out_errorf(GV_EUSAGE, noun,
                          gv_tr("không có danh từ này; ý bạn là «%s»? xem giaoviec --help",
                                "there is no such noun; do you mean \"%s\"? see giaoviec --help"),
                          near.best);
    return out_error(GV_EUSAGE, noun,
                     gv_tr("không có danh từ này; xem giaoviec --help",
                           "there is no such noun; see giaoviec --help"));
}

static int unknown_verb(const char *noun, const char *verb)
{
    const struct command *row;
    struct nearest near = {NULL, 0};
    struct gv_buf verbs;
    int status;

    gv_buf_init(&verbs);
    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        if (strcmp(row->noun, noun) != 0 || !command_shown(row))
            continue;
        gv_buf_printf(&verbs, "%s%s", verbs.len > 0 ? ", " : "", row->verb);
        nearest_try(&near, verb, strlen(verb), row->verb);
    }
    if (near.best != NULL && verb[0] != '\0')
        status =
            out_errorf(GV_EUSAGE, verb,
                       gv_tr("«%s» không có động từ này; ý bạn là «%s»? xem giaoviec --help",
                             "\"%s\" has no such verb; do you mean \"%s\"? see giaoviec --help"),
                       noun, near.best);
    else
        status = out_errorf(GV_EUSAGE, verb[0] != '\0' ? verb : noun,
                            gv_tr("«%s» cần một động từ: %s; xem giaoviec --help",
                                  "\"%s\" needs a verb: %s; see giaoviec --help"),
                            noun, gv_buf_ok(&verbs) ? (char *)verbs.data : "");
    gv_buf_fini(&verbs);
    return status;
}

/* Takes --lang ahead of everything, so that even the first error is in the right language. */
static int take_language(int argc, char **argv)
{
    if (gv_lang_set(NULL) != GV_OK)
        return out_error(GV_EUSAGE, "GIAOVIEC_LANG", "vi | en");
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        const char *name;

        if (strncmp(argv[i], "--lang=", 7) == 0)
            name = argv[i] + 7;
        else if (strcmp(argv[i], "--lang") == 0)
            name = i + 1 < argc ? argv[i + 1] : "";
        else
            continue;
        if (gv_lang_set(name) != GV_OK)
            return out_error(GV_EUSAGE, "--lang", "vi | en");
    }
    return 0;
}

/* The first two plain words, wherever options stand. */
static void find_words(int argc, char **argv, const char *words[2])
{
    bool plain = false;
    size_t count = 0;

    for (int i = 1; i < argc && count < 2; i++) {
        struct word word;

        if (!plain && strcmp(argv[i], "--") == 0) {
            plain = true;
            continue;
        }
        word = word_of(argv[i], plain);
        if (word.name == NULL) {
            words[count++] = word.value;
        } else if (word.value == NULL) {
            const struct option_row *row = option_find(NULL, word.name, word.name_len);

            if (row != NULL && row->type != OPTION_FLAG)
                i++;
        }
    }
}

static int take_text(gv_arena *arena, const struct option_row *row, const char *name,
                     const char *value, const char **out)
{
    struct gv_buf nfc;
    int status = 0;

    gv_buf_init(&nfc);
    if (value[0] == '\0')
        status = out_error(GV_EUSAGE, name, gv_tr("giá trị trống", "the value is empty"));
    else if (!gv_text_valid(value, strlen(value), NULL) ||
             gv_text_nfc(value, strlen(value), &nfc) != GV_OK || !gv_buf_ok(&nfc))
        status = out_error(GV_EBADMSG, name, gv_tr("không phải UTF-8", "not UTF-8"));
    else if (row->max > 0 && nfc.len > (size_t)row->max)
        status = out_errorf(GV_EUSAGE, name, gv_tr("dài quá %lld byte", "longer than %lld bytes"),
                            (long long)row->max);
    else if ((*out = gv_arena_strdup(arena, (char *)nfc.data)) == NULL)
        status = out_error(GV_ENOMEM, name, NULL);
    gv_buf_fini(&nfc);
    return status;
}

static int take_number(const struct option_row *row, const char *name, const char *value,
                       int64_t *out)
{
    char *end;
    long long number;

    errno = 0;
    number = strtoll(value, &end, 10);
    if (end == value || *end != '\0' || errno != 0 || number < row->min || number > row->max)
        return out_errorf(GV_EUSAGE, name,
                          gv_tr("«%s»: cần một số từ %lld đến %lld",
                                "\"%s\": a number from %lld to %lld is wanted"),
                          value, (long long)row->min, (long long)row->max);
    *out = number;
    return 0;
}

static bool is_choice(const char *choices, const char *value)
{
    size_t len = strlen(value);

    for (const char *at = choices; at != NULL && len > 0; at++) {
        size_t one = strcspn(at, "|");

        if (one == len && memcmp(at, value, len) == 0)
            return true;
        at += one;
        if (*at == '\0')
            break;
    }
    return false;
}

static int take_value(gv_arena *arena, const struct option_row *row, const char *name,
                      const char *text, struct option_value *out)
{
    int32_t day;

    out->row = row;
    out->text = text;
    switch (row->type) {
    case OPTION_FLAG:
        return 0;
    case OPTION_TEXT:
        return take_text(arena, row, name, text, &out->text);
    case OPTION_NUMBER:
        return take_number(row, name, text, &out->number);
    case OPTION_DAY:
        if (gv_day_parse(text, &day) != GV_OK)
            return out_errorf(GV_EUSAGE, name,
                              gv_tr("«%s»: cần một ngày như 2024-02-10",
                                    "\"%s\": a date like 2024-02-10 is wanted"),
                              text);
        out->number = day;
        return 0;
    case OPTION_CHOICE:
        if (!is_choice(row->choices, text))
            return out_errorf(GV_EUSAGE, name,
                              gv_tr("«%s»: cần một trong %s", "\"%s\": one of %s is wanted"), text,
                              row->choices);
        return 0;
    case OPTION_FILE:
    case OPTION_FOLDER:
        if (text[0] == '\0')
            return out_error(GV_EUSAGE, name, gv_tr("giá trị trống", "the value is empty"));
        return 0;
    }
    return 0;
}

static void keep_global(struct parsed *out, const struct option_value *value)
{
    const char *name = value->row->name;

    if (strcmp(name, "home") == 0)
        out->cli.home = value->text;
    else if (strcmp(name, "as") == 0)
        out->cli.as = value->text;
    else if (strcmp(name, "reason") == 0)
        out->cli.reason = value->text;
    else if (strcmp(name, "timeout") == 0)
        out->cli.timeout_s = (int)value->number;
    else if (strcmp(name, "json") == 0)
        out->cli.json = true;
    else if (strcmp(name, "yes") == 0)
        out->cli.yes = true;
    else if (strcmp(name, "dry-run") == 0)
        out->cli.dry_run = true;
    else if (strcmp(name, "help") == 0)
        out->help = true;
    else if (strcmp(name, "version") == 0)
        out->version = true;
    else if (strcmp(name, "examples") == 0)
        out->examples = true;
}

static bool is_global(const struct option_row *row)
{
    for (const struct option_row *at = option_globals; at->name != NULL; at++) {
        if (at == row)
            return true;
    }
    return false;
}

struct line {
    int argc;
    char **argv;
    int at;
    bool plain; /* behind "--" */
};

static int take_option(struct line *line, gv_arena *arena, const struct word *word,
                       struct option_value *values, struct parsed *out)
{
    const struct command *command = out->cli.command;
    const struct option_row *row = option_find(command, word->name, word->name_len);
    const char *name = option_text(arena, word);
    struct option_value value = {0};
    const char *text = word->value;
    int status;

    if (row == NULL || (command == NULL && !is_global(row)))
        return unknown_option(arena, command, word);
    if (row->type == OPTION_FLAG && text != NULL)
        return out_error(GV_EUSAGE, name,
                         gv_tr("tùy chọn này không có giá trị", "this option takes no value"));
    if (row->type != OPTION_FLAG && text == NULL) {
        if (line->at + 1 >= line->argc)
            return out_errorf(GV_EUSAGE, name, gv_tr("thiếu giá trị %s", "the value %s is missing"),
                              gv_tr(row->value_vi, row->value_en));
        text = line->argv[++line->at];
    }
    status = take_value(arena, row, name, text, &value);
    if (status != 0)
        return status;
    if (is_global(row)) {
        if (command != NULL && !option_global_fits(row, command->flags))
            return out_errorf(GV_EUSAGE, name,
                              gv_tr("không dùng với «%s»", "means nothing to \"%s\""),
                              command_text(arena, command));
        keep_global(out, &value);
        return 0;
    }
    if (!row->many && cli_count(&out->cli, row->name) > 0)
        return out_error(GV_EUSAGE, name, gv_tr("chỉ cho một lần", "may be given once only"));
    if (out->cli.value_count == VALUES_MAX)
        return out_error(GV_ETOOBIG, name, NULL);
    values[out->cli.value_count++] = value;
    return 0;
}

static int take_words(struct line *line, gv_arena *arena, struct parsed *out)
{
    size_t skip = out->cli.command == NULL ? 0 : out->cli.command->verb[0] != '\0' ? 2 : 1;
    struct option_value *values = gv_arena_alloc(arena, VALUES_MAX * sizeof *values);
    char **operands = gv_arena_zalloc(arena, ((size_t)line->argc + 1) * sizeof *operands);
    int status = 0;

    if (values == NULL || operands == NULL)
        return out_error(GV_ENOMEM, NULL, NULL);
    out->cli.values = values;
    out->cli.argv = operands;
    for (line->at = 1; status == 0 && line->at < line->argc; line->at++) {
        struct word word;

        if (!line->plain && strcmp(line->argv[line->at], "--") == 0) {
            line->plain = true;
            continue;
        }
        word = word_of(line->argv[line->at], line->plain);
        if (word.name != NULL)
            status = take_option(line, arena, &word, values, out);
        else if (skip > 0)
            skip--;
        else
            operands[out->cli.argc++] = line->argv[line->at];
    }
    return status;
}

static int check_demands(const struct parsed *out, gv_arena *arena)
{
    const struct command *command = out->cli.command;
    const char *name = command_text(arena, command);
    const char *operands = gv_tr(command->operands_vi, command->operands_en);

    if (out->cli.argc < command->operands_min || out->cli.argc > command->operands_max)
        return out_errorf(GV_EUSAGE, name,
                          out->cli.argc < command->operands_min
                              ? gv_tr("thiếu: giaoviec %s %s; xem giaoviec %s --help",
                                      "missing: giaoviec %s %s; see giaoviec %s --help")
                              : gv_tr("thừa: giaoviec %s %s; xem giaoviec %s --help",
                                      "too many words: giaoviec %s %s; see giaoviec %s --help"),
                          name, operands != NULL ? operands : "", name);
    if ((command->flags & COMMAND_REASON_NEEDED) != 0 && out->cli.reason == NULL)
        return out_errorf(GV_EUSAGE, name,
                          gv_tr("thiếu --reason «…»: lý do được ký và lưu cùng quyết định",
                                "--reason \"…\" is missing: it is signed and kept with the act"));
    return 0;
}

static const char *from_environment(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

int parse_line(int argc, char **argv, gv_arena *arena, struct parsed *out)
{
    const char *words[2] = {NULL, NULL};
    struct line line = {argc, argv, 1, false};
    int status = take_language(argc, argv);

    if (status != 0)
        return status;
    memset(out, 0, sizeof *out);
    find_words(argc, argv, words);
    out->noun = words[0];
    out->cli.arena = arena;
    out->cli.timeout_s = 30;
    out->cli.home = from_environment("GIAOVIEC_HOME");
    out->cli.as = from_environment("GIAOVIEC_AS");
    if (words[0] != NULL) {
        if (!command_noun_known(words[0]))
            return unknown_noun(words[0]);
        out->cli.command = command_find(words[0], "");
        if (out->cli.command == NULL && words[1] != NULL) {
            out->cli.command = command_find(words[0], words[1]);
            if (out->cli.command == NULL)
                return unknown_verb(words[0], words[1]);
        }
    }
    status = take_words(&line, arena, out);
    if (status != 0 || out->help || out->version || out->examples)
        return status;
    if (words[0] == NULL)
        return out_error(GV_EUSAGE, NULL, gv_tr("xem giaoviec --help", "see giaoviec --help"));
    if (out->cli.command == NULL)
        return unknown_verb(words[0], "");
    return check_demands(out, arena);
}

static const struct option_value *value_at(const struct cli *cli, const char *name, size_t i)
{
    for (size_t v = 0; v < cli->value_count; v++) {
        if (strcmp(cli->values[v].row->name, name) == 0 && i-- == 0)
            return &cli->values[v];
    }
    return NULL;
}

bool cli_flag(const struct cli *cli, const char *name)
{
    return value_at(cli, name, 0) != NULL;
}

const char *cli_text(const struct cli *cli, const char *name)
{
    return cli_text_at(cli, name, 0);
}

const char *cli_text_at(const struct cli *cli, const char *name, size_t i)
{
    const struct option_value *value = value_at(cli, name, i);

    return value != NULL ? value->text : NULL;
}

size_t cli_count(const struct cli *cli, const char *name)
{
    size_t count = 0;

    while (value_at(cli, name, count) != NULL)
        count++;
    return count;
}

int64_t cli_number(const struct cli *cli, const char *name, int64_t otherwise)
{
    const struct option_value *value = value_at(cli, name, 0);

    return value != NULL ? value->number : otherwise;
}

bool cli_day(const struct cli *cli, const char *name, int32_t *day)
{
    const struct option_value *value = value_at(cli, name, 0);

    if (value == NULL)
        return false;
    *day = (int32_t)value->number;
    return true;
}
