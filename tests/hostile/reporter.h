/*
 * reporter.h - a unit that reports, one envelope after the other, as far ahead of its receipts as
 * it is told; what was not taken it says again. All its reports are the same entry, so that their
 * hashes can be made from their numbers.
 */
#ifndef HOSTILE_REPORTER_H
#define HOSTILE_REPORTER_H

#include "peer.h"

#define AHEAD_MAX 128

struct reporter {
    struct peer peer; /* peer.reports: what is receipted */
    struct gv_key *key;
    struct gv_buf entry;
    /* Set by whoever has it report. */
    uint64_t due;   /* it has reports up to this number */
    size_t entries; /* of an envelope, at most */
    size_t ahead; /* envelopes without a receipt, whatever Busy says; 0: as credits and Busy say */
    /* Its own. */
    uint64_t sent, made;        /* said since it last went back; said at all */
    uint64_t flight[AHEAD_MAX]; /* last numbers of the envelopes without a receipt */
    size_t flying;
    int64_t hold_ms, again_ms;
    unsigned busy, wrong; /* Busys; receipts that are of another log than its own */
};

/* In session, with nothing due. */
void reporter_open(struct reporter *r, struct world *world, const char *unit);
void reporter_close(struct reporter *r);
/* Takes what has come: how many reports are receipted that were not before. */
uint64_t reporter_hear(struct reporter *r);
void reporter_send(struct reporter *r); /* what is due and may go */
/* Until something comes for one of them, or at fd (-1: none), or so long. True: at fd. */
bool reporters_wait(struct reporter *all, size_t count, int fd, int wait_ms);

#endif
