/* migrate.h - inside server/store only: which schema this program knows. */
#ifndef GV_MIGRATE_H
#define GV_MIGRATE_H

int gv_migration_newest(void); /* number of the newest embedded migration */

#endif
