/*
 * home.h - the folder of a deployment on a person's machine: HOME/keyset, HOME/keys/CODE.key and,
 * where the root is kept with it, HOME/root.key. One owner thread.
 */
#ifndef GV_HOME_H
#define GV_HOME_H

#include "cli/option.h"
#include "crypto/key.h"
#include "trust/keyset.h"

struct home {
    const char *path;         /* --home or GIAOVIEC_HOME */
    struct gv_keyset *keyset; /* newest known here */
    struct gv_key *key;       /* of --as; NULL when opened without a key */
    struct gv_key *next;      /* HOME/keys/CODE.next: to follow it; NULL: none */
};

#define HOME_KEYSET_MAX ((size_t)1 << 20)

/* With which key; HOME_KEY and HOME_PERSON need --as (or GIAOVIEC_AS) and its key file. */
enum home_as {
    HOME_ALONE,  /* none */
    HOME_KEY,    /* the key as it lies there: HOME may hold a keyset that is not in force yet */
    HOME_PERSON, /* a person of HOME's keyset, whose key it is, or the one that is to follow it */
};

/* Prints its own error; exit status, 0: *out is the caller's, home_close(). */
GV_MUSTCHECK int home_open(const struct cli *cli, enum home_as as, struct home *out);
/* The servers admit the key that is to follow: it takes the other one's name. GV_EIO. */
GV_MUSTCHECK gv_err home_key_follows(const struct cli *cli, struct home *home);
void home_close(struct home *home); /* zeroed is fine */

/* Exit status: 0, or 64 with a message that names --home and GIAOVIEC_HOME. */
GV_MUSTCHECK int home_need(const struct cli *cli);
/* "HOME/name" in the command's arena; NULL: no memory. After home_need(). */
const char *home_path(const struct cli *cli, const char *name);
const char *home_key_path(const struct cli *cli, const char *code);
const char *home_next_key_path(const struct cli *cli, const char *code);
/* Keeps a newer keyset (envelope bytes) of the same root in HOME and in *home. *newer: it was one.
 * GV_EBADMSG, GV_ESIGNATURE, GV_EIO. */
GV_MUSTCHECK gv_err home_keep_keyset(const struct cli *cli, struct home *home,
                                     struct gv_slice bytes, bool *newer);
/* "0123abcd…": the fingerprint of the root key by which people compare deployments. */
void home_root_text(const struct gv_keyset *keyset, char out[65]);

#endif
