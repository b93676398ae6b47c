/* cli.h - the program without its main(): tests call it. */
#ifndef GV_CLI_H
#define GV_CLI_H

/* The exit status. argv may be permuted, as by getopt_long. Call once a process. */
int gv_cli_run(int argc, char **argv);

#endif
