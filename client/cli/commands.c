/* commands.c - the registry: arrays of rows, nouns, global options; finding and guessing. */
#include "cli/commands.h"

#include <string.h>

#include "base/lang.h"

static const struct command *const arrays[] = {
    commands_letter,
    commands_deployment,
    commands_keyset_read,
    commands_keyset,
    commands_key,
    commands_unit_read,
    commands_unit,
    commands_directive,
    commands_directive_read,
    commands_task,
    commands_assignment_read,
    commands_assignment,
    commands_body,
    commands_board,
    commands_feed,
    commands_summary,
    commands_completion,
};

struct noun {
    const char *name;
    const char *vi, *en;
};

static const struct noun nouns[] = {
    {"letter", "công văn", "an official letter"},
    {"deployment", "hệ thống giao việc: tạo, xem, đồng hồ", "a deployment: creation, state, clock"},
    {"keyset", "danh bạ khóa: máy chủ và những người có quyền, do khóa gốc ký",
     "the keyset: servers and persons with their roles, signed by the root key"},
    {"key", "khóa của một người hoặc một máy chủ", "the key of a person or a server"},
    {"unit", "đơn vị", "units"},
    {"directive", "văn bản chỉ đạo: phân rã, phê duyệt, giao việc",
     "a directive: breakdown, approval, issue"},
    {"task", "nhiệm vụ của văn bản", "tasks of a directive"},
    {"assignment", "lượt giao việc cho từng đơn vị", "assignments to units"},
    {"board", "bảng theo dõi", "the live board"},
    {"feed", "dòng sự kiện", "the stream of events"},
    {"summary", "báo cáo tổng hợp", "the summary"},
    {"completion", "bổ sung lệnh cho bash, trang hướng dẫn", "completion for bash, manual page"},
};

const struct option_row option_globals[] = {
    {"home", OPTION_FOLDER, "THƯ-MỤC", "FOLDER", "thư mục của hệ thống (mặc định: GIAOVIEC_HOME)",
     "the deployment's folder (default: GIAOVIEC_HOME)", NULL, 0, 0, false},
    {"as", OPTION_TEXT, "MÃ", "CODE", "làm với tư cách ai (mặc định: GIAOVIEC_AS)",
     "who acts (default: GIAOVIEC_AS)", NULL, 0, 0, false},
    {"timeout", OPTION_NUMBER, "GIÂY", "SECONDS", "chờ trả lời tối đa (mặc định: 30)",
     "wait at most so long for an answer (default: 30)", NULL, 1, 3600, false},
    {"dry-run", OPTION_FLAG, NULL, NULL, "chỉ kiểm tra và cho xem, không thay đổi gì",
     "check and show, change nothing", NULL, 0, 0, false},
    {"yes", OPTION_FLAG, NULL, NULL, "không hỏi lại", "do not ask", NULL, 0, 0, false},
    {"reason", OPTION_TEXT, "«…»", "\"…\"", "lý do, được ký và lưu cùng quyết định",
     "why: signed and kept with the act", NULL, 0, 0, false},
    {"json", OPTION_FLAG, NULL, NULL, "kết quả dạng JSON", "results as JSON", NULL, 0, 0, false},
    {"lang", OPTION_CHOICE, "NGÔN-NGỮ", "LANGUAGE",
     "ngôn ngữ (mặc định: GIAOVIEC_LANG, rồi tiếng Việt)",
     "language (default: GIAOVIEC_LANG, then Vietnamese)", "vi|en", 0, 0, false},
    {"help", OPTION_FLAG, NULL, NULL, "hướng dẫn này", "this help", NULL, 0, 0, false},
    {"version", OPTION_FLAG, NULL, NULL, "phiên bản", "the version", NULL, 0, 0, false},
    /* For the tests: the examples that need no deployment. */
    {"examples", OPTION_FLAG, NULL, NULL, NULL, NULL, NULL, 0, 0, false},
    {0},
};

const struct command *command_at(size_t i)
{
    for (size_t a = 0; a < sizeof arrays / sizeof arrays[0]; a++) {
        for (const struct command *row = arrays[a]; row->noun != NULL; row++) {
            if (i-- == 0)
                return row;
        }
    }
    return NULL;
}

const struct command *command_find(const char *noun, const char *verb)
{
    const struct command *row;

    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        if (strcmp(row->noun, noun) == 0 && strcmp(row->verb, verb) == 0)
            return row;
    }
    return NULL;
}

bool command_noun_known(const char *noun)
{
    const struct command *row;

    for (size_t i = 0; (row = command_at(i)) != NULL; i++) {
        if (strcmp(row->noun, noun) == 0)
            return true;
    }
    return false;
}

bool command_shown(const struct command *command)
{
    return (command->flags & COMMAND_HIDDEN) == 0;
}

bool command_begins_noun(size_t i)
{
    const struct command *command = command_at(i), *row;

    if (command == NULL || !command_shown(command))
        return false;
    for (size_t n = 0; n < i && (row = command_at(n)) != NULL; n++) {
        if (command_shown(row) && strcmp(row->noun, command->noun) == 0)
            return false;
    }
    return true;
}

const char *command_noun_text(const char *noun)
{
    for (size_t i = 0; i < sizeof nouns / sizeof nouns[0]; i++) {
        if (strcmp(nouns[i].name, noun) == 0)
            return gv_tr(nouns[i].vi, nouns[i].en);
    }
    return "";
}

bool option_global_fits(const struct option_row *row, unsigned flags)
{
    if (strcmp(row->name, "dry-run") == 0)
        return (flags & COMMAND_WRITES) != 0;
    if (strcmp(row->name, "reason") == 0)
        return (flags & (COMMAND_REASON | COMMAND_REASON_NEEDED)) != 0;
    return true;
}

bool option_global_shown(const struct option_row *row, unsigned flags)
{
    if (strcmp(row->name, "home") == 0)
        return (flags & (COMMAND_HOME | COMMAND_ASKS)) != 0;
    if (strcmp(row->name, "as") == 0 || strcmp(row->name, "timeout") == 0)
        return (flags & COMMAND_ASKS) != 0;
    if (strcmp(row->name, "yes") == 0)
        return (flags & COMMAND_YES) != 0;
    if (strcmp(row->name, "version") == 0 || row->vi == NULL)
        return false;
    return option_global_fits(row, flags);
}

bool option_needed(const struct option_row *row, unsigned flags)
{
    return strcmp(row->name, "reason") == 0 && (flags & COMMAND_REASON_NEEDED) != 0;
}

static const struct option_row *in_list(const struct option_row *rows, const char *name, size_t len)
{
    for (; rows != NULL && rows->name != NULL; rows++) {
        if (strlen(rows->name) == len && memcmp(rows->name, name, len) == 0)
            return rows;
    }
    return NULL;
}

const struct option_row *option_find(const struct command *command, const char *name, size_t len)
{
    const struct option_row *row;

    if (command != NULL) {
        row = in_list(command->options, name, len);
        return row != NULL ? row : in_list(option_globals, name, len);
    }
    row = in_list(option_globals, name, len);
    for (size_t i = 0; row == NULL && (command = command_at(i)) != NULL; i++)
        row = in_list(command->options, name, len);
    return row;
}

#define WORD_MAX 48

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Slips between two words: a swap of neighbours counts once. Longer words are far. */
static size_t slips(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[3][WORD_MAX + 1];

    if (a_len > WORD_MAX || b_len > WORD_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];

        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
    }
    return row[a_len % 3][b_len];
}

void nearest_try(struct nearest *nearest, const char *typed, size_t typed_len, const char *word)
{
    size_t len = strlen(word);
    size_t distance = slips(typed, typed_len, word, len);
    size_t allowed = len < 4 ? 1 : len < 9 ? 2 : 3;

    /* What was begun rightly is near, however much is missing. */
    if (typed_len >= 3 && typed_len < len && memcmp(word, typed, typed_len) == 0)
        distance = least(distance, 1);
    if (distance > allowed || (nearest->best != NULL && distance >= nearest->distance))
        return;
    nearest->best = word;
    nearest->distance = distance;
}
