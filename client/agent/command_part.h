/* command_part.h - shared by command*.c only. Each prints its own error and
 * answers an exit status. */
#ifndef GV_AGENT_COMMAND_PART_H
#define GV_AGENT_COMMAND_PART_H

#include <jansson.h>

#include "agent/config.h"
#include "agent/status.h"

/* After getopt_long() said '?' or ':'; its options are ":" and long ones from 256 on. */
int command_bad_option(char *const *argv, int option);
/* Nobody said which of several units. */
int command_unit_missing(const char *command);
/* *out is the caller's: config_free(). */
int command_config(const char *path, struct config **out);
/* A document's bytes; "-": standard input. */
gv_err command_read(const char *path, struct gv_buf *out);
enum gv_status_format command_format(const char *path); /* by the end of its name */
/* Is it a document? Says where it is wrong. */
int command_check_text(const char *path, enum gv_status_format format, const struct gv_buf *text,
                       gv_arena *arena, struct gv_status *status);
/* One request; *out is the caller's (json_decref). Also what the agent answers as an error is
 * printed. */
int command_ask(const char *data, json_t *request, json_t **out);
/* The same, and the answer is shown: as JSON, or by print. request is taken. out may be NULL. */
int command_show(const char *data, json_t *request, bool as_json,
                 void (*print)(const json_t *reply), json_t **out);
/* Of an answer; "-" and 0 where it is not there. */
const char *command_text(const json_t *json, const char *key);
long long command_number(const json_t *json, const char *key);

#endif
