/* conf.c - the table. */
#include "coordinator/conf.h"

static const struct gv_setting rows[] = {
#define COORDINATOR(name, ...) GV_SETTING_ROW(struct coordinator_section, name, __VA_ARGS__)
#include "coordinator/settings.def"
#undef COORDINATOR
};

const struct gv_section coordinator_sections[COORDINATOR_SECTION_COUNT] = {
    {"coordinator", rows, GV_COUNT(rows), sizeof(struct coordinator_section), false, "máy chủ",
     "the coordinator"},
};
