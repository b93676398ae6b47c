/* embedded.h - the .sql files as they were at build time, in order of name; ended by a NULL name.
 */
#ifndef GV_EMBEDDED_H
#define GV_EMBEDDED_H

struct gv_embedded {
    const char *name; /* of the file, without folder and .sql */
    const char *text;
};

extern const struct gv_embedded gv_embedded_sql[];
extern const struct gv_embedded gv_embedded_migrations[];

#endif
