/*
 * reload.h - SIGHUP: the settings are read again. What can change while the program runs changes at
 * once, all of it or, where the file does not hold, nothing. Owned by the host's loop; between
 * turns.
 */
#ifndef GV_AGENT_RELOAD_H
#define GV_AGENT_RELOAD_H

#include "agent/host.h"

/* *config is the host's, and replaced; what it was is freed. Sources are read again in any case.
 * lang: "vi" or "en", where the file names none. */
void reload(struct host *host, const char *path, const char *lang, struct config **config);

#endif
