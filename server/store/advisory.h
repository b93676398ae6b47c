/*
 * advisory.h - the advisory locks: who takes one waits for who has it and for nobody else. Numbers
 * are arbitrary, each its own, and the same in every release.
 */
#ifndef GV_ADVISORY_H
#define GV_ADVISORY_H

#define GV_ADVISORY_MIGRATE 7308604895 /* one program at a time changes the schema */
#define GV_ADVISORY_SEAL    7308604896 /* one seals */
#define GV_ADVISORY_BLOBS   7308604897 /* one adds a chunk */
#define GV_ADVISORY_STANDBY 7308604898 /* one tries whether a standby answers */
#define GV_ADVISORY_APPROVE 7308604899 /* one approves a breakdown */

/* The number in a statement's text. */
#define GV_ADVISORY_TEXT(number)  GV_ADVISORY_QUOTE(number)
#define GV_ADVISORY_QUOTE(number) #number

#endif
