/* conf.h - giaoviecd's settings: one table (settings.def) for file, command line, help, sample. */
#ifndef GV_GIAOVIECD_CONF_H
#define GV_GIAOVIECD_CONF_H

#include "conf/settings.h"

struct coordinator_section {
#define COORDINATOR(name, type, ...) GV_SETTING_C_##type name;
#include "coordinator/settings.def"
#undef COORDINATOR
};

extern const struct gv_section coordinator_sections[];
#define COORDINATOR_SECTION_COUNT 1

#endif
