/* help.h - help, completion and the manual page: all from the command table. */
#ifndef GV_HELP_H
#define GV_HELP_H

#include "base/buf.h"
#include "cli/option.h"

void help_put_program(struct gv_buf *out);
/* What an option is for, the values that it takes, and whether a command with these flags demands
 * it. */
void help_put_option_text(struct gv_buf *out, const struct option_row *row, unsigned flags);
void help_put_noun(struct gv_buf *out, const char *noun);
void help_put_command(struct gv_buf *out, const struct command *command);
/* One example a line, behind "giaoviec ": of all commands, or of those that need nothing but files
 * that are shipped. */
void help_put_examples(struct gv_buf *out, bool all);
void help_put_bash(struct gv_buf *out);
/* The manual page, in the language that is set. */
void help_put_man(struct gv_buf *out);

#endif
