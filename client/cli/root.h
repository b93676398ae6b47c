/* root.h - keysets are made here: by the root key, version by version. */
#ifndef GV_ROOT_H
#define GV_ROOT_H

#include "cli/home.h"

/* Makes a key for the code and writes it to path (HOME/keys/…). Prints its own error; exit status.
 * The public halves go into the two fields, which then live in the arena. */
GV_MUSTCHECK int root_make_key(const struct cli *cli, const char *code, const char *path,
                               ProtobufCBinaryData *curve_key, ProtobufCBinaryData *sign_key);
/* A key that was made here for a keyset that could not be signed. NULL is fine; not in a dry run.
 */
void root_remove(const struct cli *cli, const char *path);
/* Copies the public halves of a key into the arena. */
GV_MUSTCHECK gv_err root_public(gv_arena *arena, const struct gv_key *key,
                                ProtobufCBinaryData *curve_key, ProtobufCBinaryData *sign_key);
/* Without an administrator nobody could publish the next keyset. */
bool root_has_admin(const Giaoviec__V1__Keyset *set);
/* Signs and writes HOME/keyset. Prints its own error; exit status. */
GV_MUSTCHECK int root_sign(const struct cli *cli, const Giaoviec__V1__Keyset *set,
                           const struct gv_key *root);
/* The root key of --root, or HOME/root.key; it must be the one of the keyset. *out is the caller's:
 * gv_key_free(). Prints its own error; exit status. */
GV_MUSTCHECK int root_load(const struct cli *cli, const struct gv_keyset *keyset,
                           struct gv_key **out);

#endif
