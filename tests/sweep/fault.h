/*
 * fault.h - the n-th allocation of our own code fails, or the n-th of SQLite, the n-th write of
 * SQLite is short, the n-th call of libpq fails. Counted on the thread that armed it only, and not
 * while it is put aside.
 */
#ifndef SWEEP_FAULT_H
#define SWEEP_FAULT_H

#include <stdbool.h>

enum fault_kind {
    FAULT_ALLOCATION, /* malloc, calloc, realloc, strdup, strndup of what is linked in */
    FAULT_SQLITE,     /* SQLite's own */
    FAULT_SHORT,      /* half of a write gets to the file, then: the disk is full */
    FAULT_TORN,       /* half of a write gets to the file, then: the power is gone */
    FAULT_CUT,        /* a call of libpq finds the connection cut */
    FAULT_CALL,       /* a call of libpq fails by itself */
    FAULT_KIND_COUNT
};

extern const char *const fault_names[FAULT_KIND_COUNT];

/* nth 0: only counts. */
void fault_arm(enum fault_kind kind, unsigned long nth);
void fault_disarm(void);
void fault_aside(bool aside); /* what the test itself does is not counted */
/* True: this one fails. */
bool fault_now(enum fault_kind kind);
unsigned long fault_count(enum fault_kind kind);

/* Before SQLite is first used. */
void fault_sqlite_begin(void);

#endif
