/* keys.h - makes the keyring anew when the database's keys have changed. Any thread, with its own
 * connection. */
#ifndef GV_KEYS_H
#define GV_KEYS_H

#include "coordinator/coordinator.h"

/* GV_OK also when nothing had changed. A keyset in the database that does not hold (another root,
 * damaged) is refused and the old keyring stays: GV_ESIGNATURE, GV_EBADMSG. In place of one that is
 * older than ours, or another of its version, ours goes on, and an older one is put right. */
GV_MUSTCHECK gv_err keys_refresh(struct coordinator *c, gv_store *store);
/* A unit has a keyset of this version, which is newer than ours: the next refresh brings it, or
 * says that it is lost. */
void keys_heard(struct coordinator *c, uint64_t version);

#endif
