/* agent.h - the program without its main(): tests call it. */
#ifndef GV_AGENT_H
#define GV_AGENT_H

/* The exit status. Call once a process. */
int agent_main(int argc, char **argv);

/* agent.c: serves until SIGTERM or SIGINT. The exit status. */
int agent_run(const char *config_path);

/* command*.c: those that talk to a running agent, or to none. argv[0] is the command's name. */
int command_report(int argc, char **argv);
int command_status(int argc, char **argv);
int command_rotate_key(int argc, char **argv);
int command_check(int argc, char **argv);
int command_sample(void);
/* Prints the reason on stderr; the exit status. */
int command_fail(int err, const char *where, const char *why);
/* Wrong usage, and where the help is. where may be NULL. */
int command_usage(const char *where, const char *why);

#endif
