/*
 * space.h - room for the database. Where there is little left, what would need more is not taken:
 * reports wait at their units, persons are told; whatever tells a state, and what is urgent, still
 * is. A file of ballast is there to be given back. A thread looks; any thread asks.
 */
#ifndef GV_COORDINATOR_SPACE_H
#define GV_COORDINATOR_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sys/space.h"

struct coordinator;
typedef struct space space;

struct space_options {
    const char *folders[2]; /* of the database: data, log. NULL: none */
    struct gv_space_mark mark;
    const char *ballast; /* its file; NULL: none */
    uint64_t ballast_bytes;
};

/* Copies the options, looks once, makes the ballast. *out is the caller's: space_free(). */
GV_MUSTCHECK gv_err space_new(const struct space_options *options, space **out);
void space_free(space *s); /* NULL is fine */

void space_run(void *coordinator); /* until it stops */
void space_look(space *s);         /* one look */

/* New work is not to be taken. NULL: nobody looks, there is room. */
bool space_is_short(const space *s);
/* The database itself said that there is no room: believed for a while, whatever was measured. */
void space_refused(space *s);

struct space_now {
    bool watched, is_short;
    struct gv_space least; /* of the volume with the least room above its mark */
    uint64_t floor;        /* its mark, in bytes */
    uint64_t ballast;      /* bytes that can be given back */
    char folder[512];
};
void space_get(space *s, struct space_now *out); /* NULL: not watched */
/* "/srv/db: 120 MiB < 256 MiB": where, what is left, what must be. */
void space_say(space *s, char *out, size_t size);

#endif
