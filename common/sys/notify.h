/* notify.h - tells the service manager how we are (sd_notify): "READY=1", "STOPPING=1", "STATUS=…".
 */
#ifndef GV_NOTIFY_H
#define GV_NOTIFY_H

#include "base/err.h"

/* Does nothing where no manager listens. Lines are separated by \n. */
void gv_notify(const char *state);
/* How often "WATCHDOG=1" is expected, in ms; 0: never. Half of what the manager asks for. */
int gv_notify_watchdog_ms(void);

#endif
