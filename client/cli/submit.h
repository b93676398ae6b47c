/*
 * submit.h - signs an act as --as, submits it (or asks what it would do, --dry-run), and shows the
 * answer.
 */
#ifndef GV_SUBMIT_H
#define GV_SUBMIT_H

#include "cli/rpc.h"
#include "giaoviec/v1/act.pb-c.h"

struct submission {
    uint32_t kind;                          /* GV_SIGNED_* */
    const ProtobufCMessage *body;           /* NULL: empty */
    const Giaoviec__V1__Item *const *items; /* acts over a list */
    size_t item_count;
    struct gv_slice blob; /* acts over a document */
};

/*
 * May --as sign such an act? By the keyset in HOME, before anything is asked or shown; the
 * coordinator decides again. Prints its own error; exit status.
 */
GV_MUSTCHECK int submit_may(gv_rpc *rpc, uint32_t kind);
/* Does a list of so many items fit an act? Asked before a person is. Prints its own error; exit
 * status. */
GV_MUSTCHECK int submit_fits(const gv_rpc *rpc, size_t items);
/* rpc_open() and submit_may(): on failure there is nothing to close. */
GV_MUSTCHECK int submit_open(const struct cli *cli, uint32_t kind, gv_rpc **out);

/*
 * Prints its own error, with --json also the act's id and its outcome ("refused", or "unknown": it
 * may have taken effect); exit status. *result lives in the command's arena.
 */
GV_MUSTCHECK int submit_act(gv_rpc *rpc, const struct submission *what,
                            Giaoviec__V1__ActResult **result);
/* The same, tried once, as the act *act_id: the error is the caller's to print by submit_failed().
 */
GV_MUSTCHECK gv_err submit_try(gv_rpc *rpc, const struct submission *what, int64_t signed_at_us,
                               gv_id *act_id, Giaoviec__V1__ActResult **result);
int submit_failed(const gv_rpc *rpc, const gv_id *act_id, gv_err err, const char *where);
/* A plain act's answer: `text` for people (a remark in front when it was a dry run or a repeat), or
 * JSON. Exit status: 0, that of the first refused item, or 74. */
GV_MUSTCHECK int submit_show(const struct cli *cli, const Giaoviec__V1__ActResult *result,
                             const char *text);
/* The answer of an act for which nothing was found, as any act gives it with --json; exit status.
 */
GV_MUSTCHECK int submit_nothing(const struct cli *cli);
/* "noun verb" of the command, for its error lines; NULL: no memory. */
const char *submit_where(const gv_rpc *rpc);
/* Only the exit status: 0, or that of the first refused item. */
int submit_status(const Giaoviec__V1__ActResult *result);
/* {"act":"…","done":…,"refused":…,"dry_run":…,"repeated":…,"items":[…]} and a line end. */
void submit_put_json(const Giaoviec__V1__ActResult *result, struct gv_buf *out);
/* The same without its end: for who adds members of its own. */
void submit_put_members(const Giaoviec__V1__ActResult *result, struct gv_buf *out);

#endif
