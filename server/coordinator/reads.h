/* reads.h - the lane of questions: queries by name, feeds that wait, keysets. Its own connection,
 * read-only. */
#ifndef GV_READS_H
#define GV_READS_H

#include "coordinator/coordinator.h"

void reads_run(void *coordinator); /* until c->reads is closed and empty */

#endif
