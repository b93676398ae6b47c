/*
 * source.h - where a unit's status documents come from. A source hands over bytes; what is no
 * document is refused with its place and reason and kept aside in DATA/rejected, and the last good
 * document stands. Owned by the host's loop.
 */
#ifndef GV_AGENT_SOURCE_H
#define GV_AGENT_SOURCE_H

#include "agent/host.h"
#include "agent/work.h"

struct sources; /* all of the process */

struct source {
    struct host *host;
    struct unit *unit;
    const struct config_source *config;
    struct source *next_of_unit;
    bool has_as_of;
    int32_t as_of; /* of the last good document */
    bool has_good, has_refused;
    gv_hash good;             /* of the bytes that were taken last */
    gv_hash refused;          /* of the bytes that were refused last */
    struct source_file *file; /* one of the two */
    struct source_exec *exec;
};

GV_MUSTCHECK gv_err sources_open(struct host *host, struct sources **out, struct gv_buf *why);
void sources_close(struct sources *sources); /* NULL is fine */
/* A business day began for the unit. */
void sources_wake(struct unit *unit);
/* Read everything again now. */
void sources_wake_all(struct sources *sources);
/* The last good documents of the unit's sources, parsed, in the order in which they came. In the
 * arena. */
GV_MUSTCHECK gv_err sources_standing(struct unit *unit, gv_arena *arena,
                                     struct gv_work_document **out, size_t *count);

/*
 * A document: GV_OK when it was taken. Otherwise *fault says where and why, and nothing happened
 * yet: try again, or source_refuse() it. name stands for it in messages.
 */
GV_MUSTCHECK gv_err source_offer(struct source *source, struct gv_slice bytes,
                                 struct gv_status_fault *fault);
/* Keeps the bytes aside, logs, remembers. bytes may be empty: there were none. */
void source_refuse(struct source *source, struct gv_slice bytes, const char *why);
/* Text for people: "FILE:12: …" in the source's own name. */
const char *source_name(const struct source *source);

/* ---- source_file.c, source_exec.c ---- */

struct source_files; /* one inotify descriptor for all */
GV_MUSTCHECK gv_err source_files_open(struct host *host, struct source_files **out);
void source_files_close(struct source_files *files);
GV_MUSTCHECK gv_err source_file_add(struct source_files *files, struct source *source);
void source_file_wake(struct source *source);

struct source_execs; /* the queue of programs that wait for their turn */
GV_MUSTCHECK gv_err source_execs_open(struct host *host, struct source_execs **out);
void source_execs_close(struct source_execs *execs);
GV_MUSTCHECK gv_err source_exec_add(struct source_execs *execs, struct source *source);
void source_exec_wake(struct source *source);

#endif
