/* words.h - the constants of rows (states, classes, roles, events) in the user's language. Any
 * thread. */
#ifndef GV_CLI_WORDS_H
#define GV_CLI_WORDS_H

/* All of them: static text; the name itself where it is not known, "" for "" . */
const char *words_state(const char *name);     /* IN_PROGRESS */
const char *words_class(const char *name);     /* OVERDUE */
const char *words_role(const char *name);      /* LEAD */
const char *words_cadence(const char *name);   /* WEEKLY */
const char *words_period(const char *name);    /* MISSED */
const char *words_origin(const char *name);    /* letter, office */
const char *words_direction(const char *name); /* UP */
/* What happened: of an event's kind and what, either may be "". */
const char *words_event(const char *event, const char *what);
const char *words_kind(const char *name);        /* of a task: INDICATOR */
const char *words_part(const char *name);        /* of a task in a breakdown: due */
const char *words_disposition(const char *name); /* STALE */

/* Of errno: why a file or a folder was not to be had. */
const char *words_errno(int error);

/* Of a demonstration deployment, in every output. */
const char *words_demonstration(void);
/* Of a summary whose tables may disagree. Without quotes: psql is given it between such. */
const char *words_moved(void);

#endif
