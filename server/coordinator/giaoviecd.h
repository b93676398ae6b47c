/* giaoviecd.h - the program without its main(). */
#ifndef GV_GIAOVIECD_H
#define GV_GIAOVIECD_H

#include "base/err.h"
#include "coordinator/conf.h"

#define BALLAST_NAME "ballast" /* in the data folder */

/* The command line: run, migrate, db start, db stop, db release, config show, config sample. The
 * exit status. */
int giaoviecd_main(int argc, char **argv);

/* service.c: starts everything, says "giaoviecd: ready …" on standard output, serves until SIGTERM
 * or SIGINT. */
int service_run(const struct coordinator_section *settings);
/* Says what, where and what to do on standard error; the exit status. */
int giaoviecd_error(gv_err err, const char *where, const char *mend);

#endif
