/* flood.h - too much of something, for so many seconds: kinds are rows of one table (flood.c). */
#ifndef HOSTILE_FLOOD_H
#define HOSTILE_FLOOD_H

#include "peer.h"

/* What a raw socket says. */
enum flood_says { SAYS_NOTHING, SAYS_SLOWLY, SAYS_RUBBISH };

struct flood;

struct flood_kind {
    const char *name;
    unsigned (*run)(struct flood *flood); /* how much was sent */
    bool enrols;                          /* at the enrolment endpoint */
    size_t bytes;                         /* frames: of each */
    enum flood_says says;                 /* flood_crowd */
    size_t entries;                       /* flood_fleet: of an envelope */
    size_t ahead;                         /* envelopes without a receipt; 0: as credits say */
    int least_s;                          /* what it is to show takes so long */
};

struct flood {
    struct world *world;
    const struct flood_kind *kind;
    int seconds;
    int64_t begun_ms, until_ms, ended_ms; /* monotonic */
};

/* All is ready: its time runs from now on. */
void flood_stands(struct flood *flood);
/* False: its time is up. */
bool flood_goes_on(struct flood *flood);

unsigned flood_crowd(struct flood *flood); /* raw sockets: crowd.c */
unsigned flood_fleet(struct flood *flood); /* units that report: fleet.c */

#endif
