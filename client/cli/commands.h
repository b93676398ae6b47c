/*
 * commands.h - the one registry of commands. A cmd_*.c defines an array of rows that ends with an
 * empty row; commands.c lists the arrays, in the order of the help. A noun that is a command by
 * itself (board) has one row with the verb "".
 */
#ifndef GV_COMMANDS_H
#define GV_COMMANDS_H

#include "cli/option.h"

extern const struct command commands_letter[];
extern const struct command commands_deployment[];
extern const struct command commands_keyset_read[];
extern const struct command commands_keyset[];
extern const struct command commands_key[];
extern const struct command commands_unit[];
extern const struct command commands_unit_read[];
extern const struct command commands_directive[];
extern const struct command commands_directive_read[];
extern const struct command commands_task[];
extern const struct command commands_assignment[];
extern const struct command commands_assignment_read[];
extern const struct command commands_body[];
extern const struct command commands_board[];
extern const struct command commands_feed[];
extern const struct command commands_summary[];
extern const struct command commands_completion[];

/* The i-th command of all; NULL: past the end. */
const struct command *command_at(size_t i);
/* NULL: no such command. */
const struct command *command_find(const char *noun, const char *verb);
bool command_noun_known(const char *noun);
/* Does it stand in help, completion and manual? */
bool command_shown(const struct command *command);
/* Rows of one noun may stand in several arrays: is the i-th command the first of them that is
 * shown? */
bool command_begins_noun(size_t i);
/* What a noun is, for the help; "" where nothing is said. */
const char *command_noun_text(const char *noun);

/* Options that every command may take, where option_global_fits(). */
extern const struct option_row option_globals[];
/* --dry-run and --reason only where they mean something; the others anywhere. */
bool option_global_fits(const struct option_row *row, unsigned flags);
/* Is it worth a line in the help of a command with these flags? */
bool option_global_shown(const struct option_row *row, unsigned flags);
/* Does a command with these flags demand it? */
bool option_needed(const struct option_row *row, unsigned flags);

/* The row of an option of the command (its own, or a global one); NULL: none. command NULL: of any.
 */
const struct option_row *option_find(const struct command *command, const char *name, size_t len);

/* The nearest of the words by slips of the finger (swap, insert, delete, replace), or NULL when
 * none is near. */
struct nearest {
    const char *best;
    size_t distance;
};
void nearest_try(struct nearest *nearest, const char *typed, size_t typed_len, const char *word);

#endif
