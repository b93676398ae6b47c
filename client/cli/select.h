/*
 * select.h - assignments named on a command line, by id or by filter, resolved to what the
 * deployment has of them now. What is signed afterwards is this list with its epochs, never the
 * filter.
 */
#ifndef GV_SELECT_H
#define GV_SELECT_H

#include "cli/rpc.h"
#include "domain/lifecycle.h"

struct selected {
    gv_id id;
    gv_code unit;
    uint32_t epoch;
    enum gv_state state;
    const char *task;      /* number */
    const char *directive; /* its id, hex */
    const char *notation;  /* of the directive */
    const char *words;     /* of the letter */
    const char *part;      /* select_parts(): LEAD …, or NULL */
    bool has_digest;
    gv_hash task_digest;
};

struct selection {
    struct selected *all; /* in the command's arena */
    size_t count;
    size_t skipped; /* found by a filter, but their state does not allow the act */
    size_t held;    /* found by a filter, but where they are to go already */
    size_t doubled; /* select_parts(): of how many `to` has a part */
};

/* The filter options, for option tables: --unit --task --item --directive --state --class --role.
 */
#define SELECT_OPTIONS                                                                             \
    {"unit", OPTION_TEXT, "MÃ", "CODE", "chỉ đơn vị này", "this unit only", NULL, 0, 0, false},    \
        {"task",           OPTION_TEXT, "SỐ", "NUMBER", "chỉ nhiệm vụ này",                        \
         "this task only", NULL,        0,    0,        false},                                    \
        {"item",                                                                                   \
         OPTION_NUMBER,                                                                            \
         "MỤC",                                                                                    \
         "ITEM",                                                                                   \
         "chỉ mục này của công văn",                                                               \
         "this item of the letter only",                                                           \
         NULL,                                                                                     \
         1,                                                                                        \
         999,                                                                                      \
         false},                                                                                   \
        {"directive",                                                                              \
         OPTION_TEXT,                                                                              \
         "SỐ-KÝ-HIỆU",                                                                             \
         "NUMBER",                                                                                 \
         "chỉ văn bản này",                                                                        \
         "this directive only",                                                                    \
         NULL,                                                                                     \
         0,                                                                                        \
         0,                                                                                        \
         false},                                                                                   \
        {"state",                                                                                  \
         OPTION_CHOICE,                                                                            \
         "TRẠNG-THÁI",                                                                             \
         "STATE",                                                                                  \
         "chỉ trạng thái này",                                                                     \
         "this state only",                                                                        \
         "issued|delivered|accepted|in-progress|submitted|completed|returned|not-met|suspended",   \
         0,                                                                                        \
         0,                                                                                        \
         false},                                                                                   \
        {"class",                                                                                  \
         OPTION_CHOICE,                                                                            \
         "TIẾN-ĐỘ",                                                                                \
         "CLASS",                                                                                  \
         "chỉ tiến độ so với hạn này",                                                             \
         "this schedule class only",                                                               \
         "no-due|not-due|due-soon|overdue|done-on-time|done-late|done-no-due",                     \
         0,                                                                                        \
         0,                                                                                        \
         false},                                                                                   \
    {                                                                                              \
        "role", OPTION_CHOICE, "VAI-TRÒ", "ROLE", "chỉ vai trò này", "this role only",             \
            "lead|coordinate|follow", 0, 0, false                                                  \
    }

/*
 * Operands are ids (at least 8 hex digits); without any, at least one filter is wanted. Filters
 * hold for ids too. act: a lifecycle act that the states must allow (GV_ACT_NONE: any): of a
 * filter's results the others are skipped, an id that is named must fit. A filter that finds
 * nothing is no error: a remark, count 0. state (may be NULL): "SUBMITTED", a filter that a flag of
 * the command stands for. *out begins as zero. Prints its own error; exit status.
 */
GV_MUSTCHECK int select_assignments(gv_rpc *rpc, enum gv_act act, const char *state,
                                    struct selection *out);
/* Before a move: of each, the part that the unit `to` has of the same task already. Prints its own
 * error; exit status. */
GV_MUSTCHECK int select_parts(gv_rpc *rpc, const gv_code *to, struct selection *list);
/* Before an act: the list for people, and the question of out_confirm(). to: the unit that they
 * move to, NULL: they stay. Exit status. */
GV_MUSTCHECK int select_confirm(gv_rpc *rpc, const struct selection *list, enum gv_act act,
                                const gv_code *to);
/* "1a2b3c4d": enough for people and for --json's full id to be found. */
void select_short_id(const gv_id *id, char out[9]);

#endif
