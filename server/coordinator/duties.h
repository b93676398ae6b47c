/* duties.h - what one coordinator does for all, under a lease (sealing the ledger), and what each
 * does for itself (keys, figures). */
#ifndef GV_DUTIES_H
#define GV_DUTIES_H

#include "coordinator/coordinator.h"

void duties_run(void *coordinator); /* until stopping */

#endif
